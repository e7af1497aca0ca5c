"""Write the files of one version of Keras into `keras_files.zip`.

To be run by hand, with each version in turn; no Keras is needed for the tests. What
the file in the repository was made with, and how each version was installed::

    python3.7   pip install tensorflow==1.15.5 keras==2.2.4 'h5py<3' 'protobuf<3.21'
    python3.8   pip install tensorflow-cpu==2.4.4                     (tf.keras 2.4.0)
    python3.11  pip install tensorflow-cpu==2.13.1, and ==2.15.1      (tf.keras)
    python3.11  pip install 'jax[cpu]==0.4.30' 'numpy<2' h5py keras==3.0.5
    python3.11  ... keras==3.3.3, keras==3.6.0, keras==3.9.2
    python3.11  pip install keras==3.15.1 jax h5py

then, with KERAS_BACKEND=jax for Keras 3::

    python tests/golden/make_keras_files.py            ("alone" for Keras 2.2.4)

Of each version there are a row and a graph, compiled and trained for three batches:
whole models (.h5, .keras), weights alone, descriptions in JSON; and as `answers.json`,
what the model predicts, and what it predicts after one batch more.
"""

import json
import os
import sys
import tempfile
import zipfile

import numpy as np

# The .keras of Keras 3 is in those of tf.keras from this version on.
_FIRST_ARCHIVE = (2, 13)


def the_keras():
    """Return the Keras to run: TensorFlow's, if there is one, or with "alone" not."""
    # Not above: pytest imports this file as well, to look for doctests.
    try:
        from tensorflow import keras
    except ImportError:
        import keras
    if sys.argv[1:] == ["alone"] or not hasattr(keras, "layers"):
        import keras
    return keras


def version_of(keras):
    """Return the version of Keras, as text."""
    found = getattr(keras, "__version__", None)
    if found is None:  # That of TensorFlow 2.15.
        import keras as alone

        found = alone.__version__
    return found


def data():
    """Return inputs and targets: whole numbers, divided by a power of two."""
    x = (np.arange(60).reshape(12, 5) * 7 % 31 - 15).astype("float32") / 16
    y = np.eye(3, dtype="float32")[np.arange(12) * 5 % 3]
    return x, y


def a_row(keras):
    """Return layers in a row, with weights that learn and weights that do not."""
    layers = keras.layers
    model = keras.models.Sequential(
        [
            layers.Dense(4, activation="relu", input_shape=(5,), name="hidden"),
            layers.BatchNormalization(momentum=0.9),
            layers.Dropout(0.25),
            layers.LeakyReLU(),
            layers.Dense(3, kernel_regularizer=keras.regularizers.l2(0.01)),
            layers.Activation("softmax"),
        ]
    )
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model


def a_graph(keras):
    """Return a graph with two inputs, a shared layer, and a model as a layer."""
    layers = keras.layers
    left = layers.Input((2,), name="left")
    right = layers.Input((3,), name="right")
    shared = layers.Dense(3, activation="tanh", name="shared")
    inner = keras.models.Sequential(
        [layers.Dense(3, input_shape=(3,), name="within")], name="inner"
    )
    a, b = shared(right), shared(inner(right))
    joined = layers.concatenate([left, a, b], name="joined")
    added = layers.add([layers.Dense(3, name="narrow")(joined), a])
    outputs = layers.Dense(1, name="out")(added)
    model = keras.models.Model(inputs=[left, right], outputs=outputs)
    options = {} if version_of(keras) == "2.2.4" else {"momentum": 0.5}
    model.compile(keras.optimizers.RMSprop(0.01, **options), loss="mse")
    return model


def main():
    """Write the files."""
    keras = the_keras()
    version = version_of(keras)
    numbers = tuple(int(part) for part in version.split(".")[:2])
    x, y = data()
    answers = {}
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name, make in [("row", a_row), ("graph", a_graph)]:
            model = make(keras)
            # Small whole numbers: the file is packed, and no seed is the same anywhere.
            model.set_weights(
                [
                    (np.arange(w.size).reshape(w.shape) * 5 % 11 - 5) / 16 + (w > 0.99)
                    for w in model.get_weights()
                ]
            )
            given = x if name == "row" else [x[:, :2], x[:, 2:]]
            targets = y if name == "row" else y[:, :1]
            if name == "row":  # Chance is another one in each version.
                model.layers[2].rate = 0.0
            # Not by `train_on_batch`: on JAX, Keras does not save what it does.
            options = {"batch_size": len(x), "shuffle": False, "verbose": 0}
            model.fit(given, targets, epochs=3, **options)
            if numbers >= _FIRST_ARCHIVE:
                model.save(name + ".keras")
            ending = ".weights.h5" if numbers >= (3, 0) else ".h5"
            model.save_weights(name + "_weights" + ending)
            with open(name + ".json", "w") as file:
                file.write(model.to_json())
            # Last, since having written that, Keras 3 forgets the optimizer.
            model.save(name + ".h5")
            answers[name] = {
                "weights": [w.tolist() for w in model.get_weights()],
                "predictions": model.predict(given).tolist(),
            }
            model.fit(given, targets, epochs=1, **options)
            answers[name]["afterwards"] = model.predict(given).tolist()
        with open("answers.json", "w") as file:
            json.dump(answers, file)
        add(version)


def add(folder):
    """Put all files here into the zip, in the place of those of the same version."""
    path = os.path.join(_HERE, "keras_files.zip")
    kept = {}
    if os.path.exists(path):
        with zipfile.ZipFile(path) as old:
            kept = {one: old.read(one) for one in old.namelist()}
    kept = {one: kept[one] for one in kept if not one.startswith(folder + "/")}
    for name in os.listdir("."):
        with open(name, "rb") as file:
            kept[folder + "/" + name] = file.read()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new:
        for name in sorted(kept):
            new.writestr(zipfile.ZipInfo(name), kept[name], zipfile.ZIP_DEFLATED)
    print(folder, os.path.getsize(path), "bytes in all")


_HERE = os.path.dirname(os.path.abspath(__file__))

if __name__ == "__main__":
    main()
