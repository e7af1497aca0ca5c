import numpy as np
import pytest

from fastmlp import activations

X = np.array([[-3.0, -0.5, 0.0], [0.5, 2.0, 40.0]])

FORMULAS = {
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": np.tanh,
    "softmax": lambda x: np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True),
}


@pytest.mark.parametrize(("name", "formula"), FORMULAS.items(), ids=FORMULAS)
def test_every_activation_is_its_formula(name, formula):
    activation = activations.get(name)
    assert activation is getattr(activations, name)
    outputs = activation(X)
    assert outputs.dtype == np.float32
    assert outputs == pytest.approx(formula(X), abs=1e-6)


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("shape", [(5,), (2, 3, 4), (0, 3), (2, 0, 3), (1, 1)])
def test_any_shape_will_do(name, shape):
    assert activations.get(name)(np.zeros(shape)).shape == shape


@pytest.mark.parametrize("name", ["linear", "relu", "sigmoid", "tanh"])
@pytest.mark.parametrize("shape", [(), (0,), (3, 0)])
def test_what_works_number_by_number_takes_one_or_none(name, shape):
    assert activations.get(name)(np.zeros(shape)).shape == shape


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("x", [[1, 2], [True, False], np.arange(4.0)[::2]])
def test_lists_integers_and_slices_will_do(name, x):
    x = np.asarray(x)
    assert activations.get(name)(x) == pytest.approx(FORMULAS[name](x * 1.0), abs=1e-6)


@pytest.mark.parametrize("name", FORMULAS)
def test_the_argument_is_not_changed(name):
    x = X.astype(np.float32)
    before = x.copy()
    activations.get(name)(x)
    assert np.array_equal(x, before)


def test_softmax_does_not_overflow():
    outputs = activations.softmax([1e38, 1e38, -1e38])
    assert outputs == pytest.approx([0.5, 0.5, 0], abs=1e-37)


def test_softmax_works_along_the_last_axis():
    outputs = activations.softmax(np.arange(24.0).reshape(2, 3, 4))
    assert outputs.sum(axis=-1) == pytest.approx(np.ones((2, 3)), abs=1e-6)


def test_names_come_in_any_case_and_none_is_linear():
    assert activations.get("ReLU") is activations.relu
    assert activations.get(None) is activations.linear
    assert activations.get(activations.tanh) is activations.tanh
