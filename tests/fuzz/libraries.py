"""The same small network in three libraries: made, saved, and loaded again.

What is loaded comes back as a list of arrays, with all that training would go on from,
so that what a damaged file turns into can be compared with what was saved.
"""

import importlib.util
import itertools
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

ROWS, INPUTS, CLASSES = 24, 6, 3
Arrays = list[Any]


class Library(NamedTuple):
    """How a library saves and loads.

    Attributes:
        endings: Of the names of its files.
        make: Returns a trained model of a seed, and what `load` would return for it.
        save: Writes a model to a file.
        load: Reads a file.
        refusals: What the library says that it raises for a file that is no good.
    """

    endings: tuple[str, ...]
    make: Callable[[int], tuple[Any, Arrays]]
    save: Callable[[Any, Path], None]
    load: Callable[[Path], Arrays]
    refusals: tuple[type[Exception], ...]


def data(seed: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    return rng.random((ROWS, INPUTS), np.float32), np.arange(ROWS) % CLASSES


def same(found: Arrays, wanted: Arrays) -> bool:
    return len(found) == len(wanted) and all(
        np.array_equal(a, b, equal_nan=True) for a, b in zip(found, wanted, strict=True)
    )


def _of_keras_s_names(layers: Any, models: Any) -> Any:
    """Return layers in a row in a graph, so that files have to say both."""
    row = models.Sequential(
        [
            layers.Input((INPUTS,)),
            layers.Rescaling(2.0),
            layers.Dense(5, activation="relu"),
            layers.BatchNormalization(),
        ]
    )
    inputs = layers.Input((INPUTS,))
    both = layers.Concatenate()([inputs, row(inputs)])
    model = models.Model(inputs, layers.Dense(CLASSES, activation="softmax")(both))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def _save(model: Any, path: Path) -> None:
    if path.name.endswith(".weights.h5"):
        model.save_weights(path)
    else:
        model.save(path)


def fastmlp() -> Library:
    from fastmlp import layers, models, utils
    from fastmlp._model.files import memory_of

    def state(model: Any) -> Arrays:
        optimizer = model.optimizer
        steps = [optimizer.iterations, optimizer.learning_rate]
        return [*model.get_weights(), *steps, *memory_of(model._network)]

    def make(seed: int) -> tuple[Any, Arrays]:
        utils.set_random_seed(seed)
        model = _of_keras_s_names(layers, models)
        model.fit(*data(seed), verbose=0)
        return model, [np.array(one) for one in state(model)]

    def load(path: Path) -> Arrays:
        if path.name.endswith(".weights.h5"):
            model = _of_keras_s_names(layers, models)
            model.load_weights(path)
        else:
            model = models.load_model(path)
            if not model.compiled or not model.built:
                return []
        return state(model)

    has_h5py = importlib.util.find_spec("h5py") is not None
    endings = (".npz", ".keras", ".h5", ".weights.h5") if has_h5py else (".npz",)
    return Library(endings, make, _save, load, (ValueError,))


def keras() -> Library:
    import keras

    def state(model: Any) -> Arrays:
        optimizer = getattr(model, "optimizer", None)
        variables = itertools.chain(
            model.variables, getattr(optimizer, "variables", [])
        )
        return [np.asarray(one.value) for one in variables]

    def make(seed: int) -> tuple[Any, Arrays]:
        keras.utils.set_random_seed(seed)
        model = _of_keras_s_names(keras.layers, keras.models)
        model.fit(*data(seed), verbose=0)
        return model, state(model)

    def load(path: Path) -> Arrays:
        if path.name.endswith(".weights.h5"):
            model = _of_keras_s_names(keras.layers, keras.models)
            model.optimizer.build(model.trainable_variables)
            model.load_weights(path)
        else:
            model = keras.models.load_model(path)
        return state(model)

    return Library((".keras", ".weights.h5"), make, _save, load, (Exception,))


def scikit_learn() -> Library:
    import joblib
    from sklearn.neural_network import MLPClassifier

    def state(model: Any) -> Arrays:
        return [*model.coefs_, *model.intercepts_, *model._optimizer.ms]

    def make(seed: int) -> tuple[Any, Arrays]:
        model = MLPClassifier((5,), max_iter=2, random_state=seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(*data(seed))
        return model, state(model)

    return Library(
        (".joblib",),
        make,
        lambda model, path: joblib.dump(model, path),
        lambda path: state(joblib.load(path)),
        (Exception,),
    )


LIBRARIES = {"fastmlp": fastmlp, "keras": keras, "scikit-learn": scikit_learn}
