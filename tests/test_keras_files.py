"""Files go both ways between fastmlp and real Keras, and training goes on."""

import json
import zipfile

import numpy as np
import pytest

import fastmlp
from fastmlp import tables

keras = pytest.importorskip(
    "keras", reason="Keras is not installed: pip install keras jax"
)
pytest.importorskip("h5py", reason="h5py is not installed: pip install h5py")

# Keras compiles its step anew for every model.
pytestmark = [
    pytest.mark.slow,
    # Keras converts its variables the way that NumPy 1 wanted it.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    # All layers are tried in a few networks, which are none that one would make.
    pytest.mark.filterwarnings("ignore:.* is a softmax, but other layers follow it"),
]

ROWS, INPUTS, CLASSES = 40, 6, 3


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(7)
    x = rng.normal(size=(ROWS, INPUTS)).astype("float32")
    return x, np.eye(CLASSES, dtype="float32")[rng.integers(0, CLASSES, ROWS)]


def classifier(library):
    layers = library.layers
    normalization = layers.Normalization()
    model = library.Sequential(
        [
            layers.Input((INPUTS,)),
            normalization,
            # Before batch normalization, a bias has no gradient but rounding.
            layers.Dense(
                8,
                activation="relu",
                use_bias=False,
                kernel_regularizer="l2",
                name="zed",
            ),
            layers.Dropout(0.0),
            layers.GaussianNoise(0.0),
            layers.BatchNormalization(),
            layers.Dense(7, activation="gelu"),
            layers.LeakyReLU(negative_slope=0.1),
            layers.Dense(5, activation="silu", trainable=False),
            layers.Dense(4, kernel_constraint="unit_norm"),
            layers.Activation("tanh"),
            layers.Dense(CLASSES, activation="softmax"),
        ]
    )
    normalization.adapt(np.linspace(-1, 3, 10 * INPUTS).reshape(10, INPUTS))
    return model


def images(library):
    layers = library.layers
    return library.Sequential(
        [
            layers.Input((2, 3)),
            layers.Rescaling(1 / 2, offset=0.25),
            layers.Flatten(),
            layers.Dense(5, activation="sigmoid"),
            layers.Softmax(),
            layers.Dense(6),
            layers.ReLU(),
            layers.Dense(CLASSES),
        ]
    )


def numbers(library):
    layers = library.layers
    model = library.Sequential(
        [
            layers.Dense(6, activation="elu", activity_regularizer="l2"),
            layers.Dense(CLASSES),
        ]
    )
    model.build((None, INPUTS))
    return model


MODELS = {"classifier": classifier, "images": images, "numbers": numbers}

LOSSES = {
    "classifier": lambda make: make.CategoricalCrossentropy(label_smoothing=0.1),
    "images": lambda make: make.BinaryCrossentropy(from_logits=True),
    "numbers": lambda make: make.Huber(),
}

OPTIMIZERS = {
    **{name: lambda make, name=name: make.get(name) for name in tables.OPTIMIZERS},
    "centered rmsprop": lambda make: make.RMSprop(0.001, momentum=0.5, centered=True),
    "sgd": lambda make: make.SGD(0.1, clipnorm=0.5),
    "nesterov": lambda make: make.SGD(0.1, momentum=0.9, nesterov=True),
    "adam": lambda make: make.Adam(0.01),
    "amsgrad": lambda make: make.Adam(0.01, amsgrad=True, global_clipnorm=1.0),
    "adamw": lambda make: make.AdamW(0.01, weight_decay=0.1),
    "steps of batches": lambda make: make.RMSprop(gradient_accumulation_steps=2),
    "schedule": lambda make: make.Adam(make.schedules.ExponentialDecay(0.01, 5, 0.5)),
}


def trained(library, data, build, optimizer):
    """Return a model after six steps."""
    model = MODELS[build](library)
    rng = np.random.default_rng(3)
    for layer in model.layers:
        if not isinstance(layer, library.layers.Normalization):
            layer.set_weights(
                [
                    rng.uniform(0.1, 0.6, array.shape)
                    * rng.choice([-1, 1], array.shape)
                    if array.ndim > 1
                    else rng.uniform(0.5, 1.0, array.shape)
                    for array in layer.get_weights()
                ]
            )
    model.compile(
        OPTIMIZERS[optimizer](library.optimizers),
        LOSSES[build](library.losses),
        metrics=["accuracy", library.metrics.Precision(name="exact")],
        weighted_metrics=["mse"],
    )
    fit(model, data, 6)
    return model


def fit(model, data, steps):
    x, y = data
    x = x.reshape(-1, *model.input_shape[1:])
    return model.fit(x, y, batch_size=20, epochs=steps // 2, shuffle=False, verbose=0)


def predict(model, data):
    return model.predict(data[0].reshape(-1, *model.input_shape[1:]), verbose=0)


def assert_goes_on_alike(model, other, data):
    np.testing.assert_allclose(predict(model, data), predict(other, data), atol=1e-6)
    assert int(model.optimizer.iterations) == int(other.optimizer.iterations)
    history, expected = fit(other, data, 10).history, fit(model, data, 10).history
    assert list(history) == list(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(history[name], values, rtol=1e-5, atol=2e-6)
    for array, wanted in zip(other.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(array, wanted, atol=1e-6)
    np.testing.assert_allclose(predict(model, data), predict(other, data), atol=1e-6)


cases = pytest.mark.parametrize(
    ("build", "optimizer"),
    [("classifier", name) for name in OPTIMIZERS]
    + [("images", "rmsprop"), ("numbers", "sgd")],
)


both_ways = pytest.mark.parametrize(
    ("writer", "reader"), [(fastmlp, keras), (keras, fastmlp)]
)


@cases
def test_keras_loads_what_fastmlp_saved_and_trains_on(tmp_path, data, build, optimizer):
    model = trained(fastmlp, data, build, optimizer)
    model.save(tmp_path / "m.keras")
    other = keras.models.load_model(tmp_path / "m.keras")
    assert_goes_on_alike(model, other, data)


@cases
def test_fastmlp_loads_what_keras_saved_and_trains_on(tmp_path, data, build, optimizer):
    model = trained(keras, data, build, optimizer)
    model.save(tmp_path / "m.keras")
    other = fastmlp.models.load_model(tmp_path / "m.keras")
    assert_goes_on_alike(model, other, data)


@both_ways
def test_weights_and_optimizer_go_through_a_weights_file(
    tmp_path, data, writer, reader
):
    model = trained(writer, data, "classifier", "adam")
    model.save_weights(tmp_path / "m.weights.h5")
    other = trained(reader, data, "classifier", "adam")
    fit(other, data, 2)
    other.load_weights(tmp_path / "m.weights.h5")
    assert_goes_on_alike(model, other, data)


@both_ways
def test_averages_of_weights_go_through_a_file(tmp_path, data, writer, reader):
    # Without `fit`, after which Keras on JAX cannot train on: they share their memory.
    models = []
    for library in (writer, reader):
        model = MODELS["numbers"](library)
        optimizer = library.optimizers.RMSprop(
            use_ema=True, ema_momentum=0.8, gradient_accumulation_steps=2
        )
        model.compile(optimizer, "mse")
        models.append(model)
    for _ in range(7):
        models[0].train_on_batch(data[0][:20], data[1][:20])
    models[0].save_weights(tmp_path / "m.weights.h5")
    models[1].optimizer.build(models[1].trainable_variables)
    models[1].load_weights(tmp_path / "m.weights.h5")
    found, wanted = (
        [np.array(one) for one in [*model.weights, *model.optimizer.variables]]
        for model in (models[1], models[0])
    )
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(one, other)


@both_ways
def test_a_description_in_json_makes_the_same_layers(data, writer, reader):
    model = trained(writer, data, "classifier", "rmsprop")
    other = reader.models.model_from_json(model.to_json())
    assert [layer.name for layer in other.layers] == [
        layer.name for layer in model.layers
    ]
    assert [array.shape for array in other.get_weights()] == [
        array.shape for array in model.get_weights()
    ]
    assert other.compiled


def test_a_file_of_fastmlp_has_the_members_and_groups_of_one_of_keras(tmp_path, data):
    import h5py

    found = []
    for library in (fastmlp, keras):
        path = tmp_path / f"{library.__name__}.keras"
        trained(library, data, "classifier", "adam").save(path)
        entries = []

        def note(name, entry, entries=entries):
            # Iterations are int64 in Keras on TensorFlow, and int32 elsewhere.
            kind = entry.dtype.kind if isinstance(entry, h5py.Dataset) else None
            entries.append((name, getattr(entry, "shape", None), kind))

        with zipfile.ZipFile(path) as archive:
            members = [(one.filename, one.compress_type) for one in archive.infolist()]
            description = json.loads(archive.read("config.json"))
            with archive.open("model.weights.h5") as file, h5py.File(file) as h5:
                h5.visititems(note)
        found.append((members, set(description), entries))
    assert found[0] == found[1]


@both_ways
def test_an_unfitted_model_with_noise_predicts_the_same_and_learns(
    tmp_path, data, writer, reader
):
    layers = writer.layers
    model = writer.Sequential(
        [
            layers.Input((INPUTS,)),
            layers.Dense(8, activation="relu"),
            layers.Dropout(0.3, seed=5),
            layers.GaussianNoise(0.1, seed=6),
            layers.Dense(CLASSES, activation="softmax"),
        ]
    )
    model.compile(writer.optimizers.Adam(0.05), "categorical_crossentropy")
    model.save(tmp_path / "m.keras")
    other = reader.models.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(predict(other, data), predict(model, data), atol=1e-6)
    losses = fit(other, data, 100).history["loss"]
    assert losses[-1] < 0.8 * losses[0]


def test_a_layer_that_fastmlp_lacks_is_named(tmp_path):
    layers = keras.layers
    model = keras.Sequential(
        [layers.Input((8, 1)), layers.Conv1D(2, 3, name="eyes"), layers.Flatten()]
    )
    model.save(tmp_path / "m.keras")
    with pytest.raises(ValueError, match="'eyes' of class 'Conv1D'"):
        fastmlp.models.load_model(tmp_path / "m.keras")


# -- Graphs --------------------------------------------------------------------------


def wide_and_deep(library):
    layers = library.layers
    wide, deep = layers.Input((3,), name="wide"), layers.Input((INPUTS,), name="deep")
    hidden = layers.Dense(5, activation="relu")(deep)
    hidden = layers.Dropout(0.0)(layers.Dense(4, activation="tanh")(hidden))
    both = layers.Concatenate()([wide, hidden])
    return library.Model({"wide": wide, "deep": deep}, layers.Dense(2)(both))


def residual(library):
    layers = library.layers
    inputs = layers.Input((INPUTS,))
    hidden = layers.Dense(4, activation="relu")(inputs)
    gate = layers.Dense(1, activation="sigmoid", name="gate")(inputs)
    added = layers.Add()([hidden, layers.Dense(4)(hidden)])
    gated = layers.Multiply()([gate, added])
    return library.Model(inputs, layers.Dense(2)(layers.Average()([gated, hidden])))


def siamese(library):
    layers = library.layers
    left, right = layers.Input((INPUTS,)), layers.Input((INPUTS,))
    shared = layers.Dense(INPUTS, activation="tanh", name="shared")
    one, other = shared(left), shared(right)
    apart = layers.Subtract()([layers.Maximum()([one, other]), other])
    alike = layers.Dot(axes=1, normalize=True)([shared(apart), one])
    return library.Model([left, right], alike)


def nested(library):
    layers = library.layers
    row = library.Sequential(
        [
            layers.Input((INPUTS,)),
            layers.Dense(5, activation="relu", use_bias=False),
            layers.BatchNormalization(),
            layers.Dense(4, activation="tanh", trainable=False),
        ],
        name="row",
    )
    inputs = layers.Input((INPUTS,))
    ends = [layers.Dense(3, activation="tanh")(inputs), layers.Dense(2)(inputs)]
    twice = library.Model(inputs, ends, name="twice")
    inputs = layers.Input((INPUTS,))
    used, _ = twice(inputs)
    both = layers.Concatenate()([row(inputs), used])
    return library.Model(inputs, layers.Dense(2)(both), name="outer")


def autoencoder(library):
    layers = library.layers
    inputs, code = layers.Input((INPUTS,)), layers.Input((2,))
    encode = library.Model(inputs, layers.Dense(2, activation="tanh")(inputs))
    decode = library.Model(code, layers.Dense(INPUTS)(code))
    return library.Model(inputs, decode(encode(inputs)))


def three_ends(library):
    layers = library.layers
    inputs = layers.Input((INPUTS,))
    trunk = layers.Dense(6, activation="tanh", name="trunk")(inputs)
    price = layers.Dense(1, name="price")(trunk)
    kind = layers.Dense(CLASSES, activation="softmax", name="kind")(trunk)
    return library.Model(inputs, [price, kind, layers.Dense(2, name="rest")(trunk)])


def ends_by_name(library):
    layers = library.layers
    old, new = layers.Input((3,), name="old"), layers.Input((3,), name="new")
    apart = layers.Subtract()([new, old])
    ends = {"z": layers.Dense(2, name="zz")(apart), "k": layers.Dense(1)(apart)}
    return library.Model({"old": old, "new": new}, ends)


GRAPHS = {
    make.__name__: make
    for make in (
        wide_and_deep,
        residual,
        siamese,
        nested,
        autoencoder,
        three_ends,
        ends_by_name,
    )
}

SETTINGS = {
    "three_ends": {
        "loss": ["mse", "sparse_categorical_crossentropy", "mae"],
        "loss_weights": [0.5, 2.0, 1.0],
        "metrics": [["mae"], ["accuracy"], []],
    },
    "ends_by_name": {
        "loss": {"z": "mse", "k": "log_cosh"},
        "loss_weights": {"z": 0.25, "k": 1.0},
        "metrics": {"k": ["mae"]},
    },
}


def drawn_for(model, seed=11):
    """Return inputs and targets of a model, in the structures that it has."""
    rng = np.random.default_rng(seed)

    def rows(tensor):
        return rng.normal(size=(ROWS, tensor.shape[1])).astype("float32")

    def filled(ends):
        if isinstance(ends, dict):
            return {name: rows(ends[name]) for name in sorted(ends)}
        return [rows(one) for one in ends] if isinstance(ends, list) else rows(ends)

    x, y = filled(model.input), filled(model.output)
    if isinstance(y, list):
        y[1] = rng.integers(0, CLASSES, ROWS)
    return x, y


def trained_graph(library, build, freeze=None):
    """Return a graph after six steps; perhaps with a frozen layer."""
    model = GRAPHS[build](library)
    if freeze:
        model.get_layer(freeze).trainable = False
    rng = np.random.default_rng(5)
    model.set_weights(
        [
            rng.uniform(-0.6, 0.6, array.shape)
            if array.ndim > 1
            else rng.uniform(0.5, 1.0, array.shape)
            for array in model.get_weights()
        ]
    )
    settings = SETTINGS.get(build, {"loss": "mse", "metrics": ["mae"]})
    model.compile(library.optimizers.Adam(0.01), **settings)
    fit_graph(model, 2)
    return model


def fit_graph(model, epochs):
    x, y = drawn_for(model)
    return model.fit(
        x, y, batch_size=14, epochs=epochs, shuffle=False, verbose=0
    ).history


def predict_graph(model):
    found = model.predict(drawn_for(model)[0], verbose=0)
    if isinstance(found, dict):
        found = [found[name] for name in sorted(found)]
    return found if isinstance(found, list) else [found]


def assert_graph_goes_on_alike(model, other):
    for wanted, found in zip(predict_graph(model), predict_graph(other), strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-6)
    assert int(model.optimizer.iterations) == int(other.optimizer.iterations) == 6
    history, expected = fit_graph(other, 4), fit_graph(model, 4)
    assert sorted(history) == sorted(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(history[name], values, rtol=1e-5, atol=2e-6)
    for array, wanted in zip(other.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(array, wanted, atol=2e-6)


@both_ways
@pytest.mark.parametrize("build", GRAPHS)
def test_a_graph_goes_through_a_file_and_is_trained_on(tmp_path, writer, reader, build):
    model = trained_graph(writer, build)
    model.save(tmp_path / "m.keras")
    other = reader.models.load_model(tmp_path / "m.keras")
    assert_graph_goes_on_alike(model, other)


@both_ways
def test_weights_of_a_graph_meet_their_layers_whatever_is_frozen(
    tmp_path, writer, reader
):
    model = trained_graph(writer, "nested", freeze="row")
    model.save_weights(tmp_path / "m.weights.h5")
    other = GRAPHS["nested"](reader)
    other.load_weights(tmp_path / "m.weights.h5")
    for wanted, found in zip(predict_graph(model), predict_graph(other), strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-6)


@pytest.mark.parametrize("build", GRAPHS)
def test_a_graph_has_the_groups_and_the_words_that_it_has_in_keras(tmp_path, build):
    import h5py

    found = []
    for library in (fastmlp, keras):
        library.backend.clear_session()
        path = tmp_path / f"{library.__name__}.keras"
        trained_graph(library, build).save(path)
        entries = []

        def note(name, entry, entries=entries):
            entries.append((name, getattr(entry, "shape", None)))

        with zipfile.ZipFile(path) as archive:
            config = json.loads(archive.read("config.json"))["config"]
            with archive.open("model.weights.h5") as file, h5py.File(file) as h5:
                h5.visititems(note)
        ends = [config["input_layers"], config["output_layers"]]
        found.append((entries, ends, [calls_of(one) for one in config["layers"]]))
    assert found[0] == found[1]


def test_what_keras_adds_without_a_layer_is_read_as_one(tmp_path):
    inputs = keras.Input((INPUTS,))
    hidden = keras.layers.Dense(4, activation="tanh")(inputs)
    added = hidden + keras.layers.Dense(4)(hidden)
    model = keras.Model(inputs, keras.ops.maximum(keras.ops.relu(added), hidden))
    model.save(tmp_path / "m.keras")
    other = fastmlp.models.load_model(tmp_path / "m.keras")
    for wanted, found in zip(predict_graph(model), predict_graph(other), strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-6)
    other.save(tmp_path / "n.keras")
    again = keras.models.load_model(tmp_path / "n.keras")
    for wanted, found in zip(predict_graph(model), predict_graph(again), strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-6)


def calls_of(layer):
    """Return what a description says of a layer, and of the layers inside it."""
    nodes = [node["args"] for node in layer.get("inbound_nodes", [])]
    inner = layer["config"].get("layers", [])
    return layer["class_name"], layer["module"], nodes, [calls_of(one) for one in inner]


# -- What is the user's own ------------------------------------------------------------


def own_things(library):
    """Return a classifier with a layer, an activation and more of one's own."""
    ops, registered = library.ops, library.saving.register_keras_serializable("both")

    @registered
    class Scale(library.layers.Layer):
        def __init__(self, power=1, **common):
            super().__init__(**common)
            self.power = power

        def build(self, input_shape):
            self.factor = self.add_weight(
                shape=input_shape[1:], initializer="ones", name="factor"
            )

        def call(self, x):
            return self.factor * x**self.power

        def get_config(self):
            return {**super().get_config(), "power": self.power}

    @registered
    def bend(x):
        return x * ops.sigmoid(x)

    @registered
    class Size(library.regularizers.Regularizer):
        def __init__(self, weight=0.1):
            self.weight = weight

        def __call__(self, w):
            return self.weight * ops.sum(ops.square(w))

        def get_config(self):
            return {"weight": self.weight}

    @registered
    def cubic(y_true, y_pred):
        return ops.mean(ops.abs(y_true - y_pred) ** 3, axis=-1)

    layers = library.layers
    model = library.Sequential(
        [
            layers.Input((INPUTS,)),
            Scale(2),
            layers.Dense(5, activation=bend, kernel_regularizer=Size(0.01)),
            layers.Dense(CLASSES),
        ]
    )
    model.compile("adam", cubic, metrics=[cubic])
    return model


@pytest.mark.parametrize("libraries", [(fastmlp, keras), (keras, fastmlp)])
def test_what_is_registered_in_both_goes_both_ways(tmp_path, data, libraries):
    saved, _ = (own_things(library) for library in libraries)
    x, y = data
    saved.fit(x, y, batch_size=20, epochs=2, shuffle=False, verbose=0)
    saved.save(tmp_path / "m.keras")
    loaded = libraries[1].saving.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(
        loaded.evaluate(x, y, verbose=0), saved.evaluate(x, y, verbose=0), rtol=1e-5
    )
    for one in (saved, loaded):
        one.fit(x, y, batch_size=20, epochs=2, shuffle=False, verbose=0)
    for mine, other in zip(loaded.get_weights(), saved.get_weights(), strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-6)


@pytest.mark.filterwarnings("ignore:.*legacy:UserWarning")
@pytest.mark.parametrize("build", list(MODELS))
def test_keras_loads_the_older_format(tmp_path, data, build):
    model = trained(fastmlp, data, build, "adam")
    model.save(tmp_path / "m.h5")
    # On JAX, Keras 3 cannot train on what it loads from such a file, its own included.
    loaded = keras.models.load_model(tmp_path / "m.h5")
    np.testing.assert_allclose(predict(model, data), predict(loaded, data), atol=1e-6)
    assert int(loaded.optimizer.iterations) == int(model.optimizer.iterations)


@pytest.mark.parametrize(
    ("build", "optimizer"),
    [
        ("classifier", "adam"),
        ("classifier", "centered rmsprop"),
        ("images", "rmsprop"),
        ("numbers", "sgd"),
    ],
)
def test_fastmlp_loads_the_older_format_and_trains_on(tmp_path, data, build, optimizer):
    model = trained(keras, data, build, optimizer)
    model.save(tmp_path / "m.h5")
    loaded = fastmlp.models.load_model(tmp_path / "m.h5")
    assert_goes_on_alike(model, loaded, data)


@both_ways
@pytest.mark.parametrize("by_name", [False, True])
def test_weights_in_the_older_format(tmp_path, data, writer, reader, by_name):
    model, other = numbers(writer), numbers(reader)
    model.compile("sgd", "mse")
    for layer, same in zip(other.layers, model.layers, strict=True):
        same.name = layer.name  # Both libraries count.
    model.save(tmp_path / "m.h5")
    other.load_weights(tmp_path / "m.h5", **({"by_name": True} if by_name else {}))
    np.testing.assert_allclose(predict(model, data), predict(other, data), atol=1e-6)
