"""Each public name of real Keras is here, or answers with the way to go."""

import pytest

import fastmlp
from fastmlp._util.elsewhere import advice

keras = pytest.importorskip("keras")

MODULES = [
    "activations",
    "callbacks",
    "constraints",
    "datasets",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "optimizers.schedules",
    "random",
    "regularizers",
    "saving",
    "utils",
    "wrappers",
]


def find(library, path):
    for name in path.split("."):
        library = getattr(library, name)
    return library


@pytest.mark.parametrize("path", MODULES)
def test_each_name_of_a_module_of_keras_is_here_or_answers(path):
    here, there = find(fastmlp, path), find(keras, path)
    missing = []
    for name in dir(there):
        if name.startswith("_"):
            continue
        try:
            getattr(here, name)
        except AttributeError:
            missing.append(name)
    assert missing == []


def test_each_name_of_keras_itself_is_here_or_answers():
    names = [name for name in dir(keras) if not name.startswith("_")]
    assert [name for name in names if not is_here(fastmlp, "fastmlp", name)] == []


def test_each_method_of_a_model_is_here_or_answers():
    names = [name for name in dir(keras.Model) if not name.startswith("_")]
    here = fastmlp.Sequential([fastmlp.layers.Dense(1, input_shape=(1,))])
    here.compile("sgd", "mse")
    assert [name for name in names if not is_here(here, "Model", name)] == []


def is_here(thing, owner, name):
    return hasattr(thing, name) or advice(owner, name) is not None
