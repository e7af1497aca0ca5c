import math

import numpy as np
import pytest

from fastmlp import activations, kernels, tables

X = np.array([[-3.0, -0.5, 0.0], [0.5, 2.0, 40.0]])

FORMULAS = {
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": np.tanh,
    "softmax": lambda x: np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.2 * x),
    "elu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "selu": lambda x: 1.05070098 * np.where(x > 0, x, 1.67326324 * np.expm1(x)),
    "softplus": lambda x: np.log1p(np.exp(x)),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "mish": lambda x: x * np.tanh(np.log1p(np.exp(x))),
    "gelu": lambda x: x * (1 + np.vectorize(math.erf)(x / 2**0.5)) / 2,
    "relu6": lambda x: np.clip(x, 0, 6),
    "celu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "exponential": np.exp,
    "hard_shrink": lambda x: np.where(np.abs(x) > 0.5, x, 0),
    "hard_sigmoid": lambda x: np.clip(x / 6 + 0.5, 0, 1),
    "hard_silu": lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
    "hard_tanh": lambda x: np.clip(x, -1, 1),
    "log_sigmoid": lambda x: -np.log1p(np.exp(-x)),
    "log_softmax": lambda x: x - np.log(np.exp(x).sum(axis=-1, keepdims=True)),
    "soft_shrink": lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "sparse_plus": lambda x: np.where(x >= 1, x, np.maximum(x + 1, 0) ** 2 / 4),
    "sparse_sigmoid": lambda x: np.clip((x + 1) / 2, 0, 1),
    "sparsemax": lambda x: np.maximum(x - sparsemax_threshold(x), 0),
    "squareplus": lambda x: (x + np.sqrt(x**2 + 4)) / 2,
    "tanh_shrink": lambda x: x - np.tanh(x),
}
BY_NUMBER = [
    name
    for name in FORMULAS
    if activations.kernel_of(activations.get(name)).name not in tables.ROW_WISE
]


def sparsemax_threshold(x):
    """Return t with sum max(x - t, 0) = 1 along the last axis, by bisection."""
    low, high = x.max(axis=-1, keepdims=True) - 1, x.max(axis=-1, keepdims=True)
    for _ in range(60):
        middle = (low + high) / 2
        too_low = np.maximum(x - middle, 0).sum(axis=-1, keepdims=True) > 1
        low, high = np.where(too_low, middle, low), np.where(too_low, high, middle)
    return low


@pytest.mark.parametrize(("name", "formula"), FORMULAS.items(), ids=FORMULAS)
def test_every_activation_is_its_formula(name, formula):
    activation = activations.get(name)
    assert activation is getattr(activations, name)
    outputs = activation(X)
    assert outputs.dtype == np.float32
    assert outputs == pytest.approx(formula(X), rel=1e-6, abs=1e-6)


def test_every_name_has_a_formula():
    functions = {function.__name__ for function in activations.BY_NAME.values()}
    assert functions == FORMULAS.keys()


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("shape", [(5,), (2, 3, 4), (0, 3), (2, 0, 3), (1, 1)])
def test_any_shape_will_do(name, shape):
    assert activations.get(name)(np.zeros(shape)).shape == shape


@pytest.mark.parametrize("name", BY_NUMBER)
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


# What Keras makes of these.
NUMBERS = [-40, -3, -0.5, 0, 0.5, 2, 40]
VALUES = {
    "elu": [-1, -0.95021296, -0.39346933, 0, 0.5, 2, 40],
    "gelu": [0, -0.0040497, -0.15426877, 0, 0.34573123, 1.95449972, 40],
    "leaky_relu": [-8, -0.6, -0.1, 0, 0.5, 2, 40],
    "mish": [0, -0.14564745, -0.22074378, 0, 0.37524524, 1.943959, 40],
    "selu": [
        -1.75809932,
        -1.67056882,
        -0.69175822,
        0,
        0.52535051,
        2.10140204,
        42.028042,
    ],
    "silu": [0, -0.14227763, -0.18877034, 0, 0.31122968, 1.76159406, 40],
    "softplus": [0, 0.04858735, 0.47407699, 0.69314718, 0.97407699, 2.12692809, 40],
    "sigmoid": [0, 0.04742587, 0.37754068, 0.5, 0.62245935, 0.88079703, 1],
    "tanh": [-1, -0.99505472, -0.46211717, 0, 0.46211717, 0.96402758, 1],
    "relu6": [0, 0, 0, 0, 0.5, 2, 6],
    "celu": [-1, -0.95021296, -0.39346933, 0, 0.5, 2, 40],
    "exponential": [
        4.2483541e-18,
        0.049787067,
        0.60653067,
        1,
        1.6487212,
        7.3890562,
        2.3538527e17,
    ],
    "hard_shrink": [-40, -3, 0, 0, 0, 2, 40],
    "hard_sigmoid": [0, 0, 0.41666669, 0.5, 0.58333337, 0.83333337, 1],
    "hard_silu": [0, 0, -0.20833334, 0, 0.29166669, 1.6666667, 40],
    "hard_tanh": [-1, -1, -0.5, 0, 0.5, 1, 1],
    "log_sigmoid": [
        -40,
        -3.0485873,
        -0.97407699,
        -0.69314718,
        -0.47407699,
        -0.126928,
        -4.2483541e-18,
    ],
    "log_softmax": [-80, -43, -40.5, -40, -39.5, -38, 0],
    "soft_shrink": [-39.5, -2.5, 0, 0, 0, 1.5, 39.5],
    "softsign": [-0.97560978, -0.75, -0.33333334, 0, 0.33333334, 0.66666669, 0.9756098],
    "sparse_plus": [0, 0, 0.0625, 0.25, 0.5625, 2, 40],
    "sparse_sigmoid": [0, 0, 0.25, 0.5, 0.75, 1, 1],
    "sparsemax": [0, 0, 0, 0, 0, 0, 1],
    "squareplus": [
        0.02498436,
        0.30277562,
        0.78077638,
        1,
        1.2807764,
        2.4142137,
        40.024986,
    ],
    "tanh_shrink": [
        -39,
        -2.0049453,
        -0.037882835,
        0,
        0.037882835,
        1.0359724,
        39,
    ],
}


@pytest.mark.parametrize(("name", "expected"), VALUES.items(), ids=VALUES)
def test_values_are_those_of_keras(name, expected):
    outputs = activations.get(name)(NUMBERS)
    assert outputs == pytest.approx(np.array(expected), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(
    ("function", "settings", "expected"),
    [
        (
            "gelu",
            {"approximate": True},
            [-0.00363734, -0.1542860, 0.3457140, 1.9545977],
        ),
        ("elu", {"alpha": 0.5}, [-0.47510648, -0.19673467, 0.5, 2]),
        ("leaky_relu", {"negative_slope": 0.5}, [-1.5, -0.25, 0.5, 2]),
        ("celu", {"alpha": 0.5}, [-0.4987606, -0.3160603, 0.5, 2]),
        ("squareplus", {"b": 1}, [0.0811388, 0.309017, 0.809017, 2.118034]),
        ("soft_shrink", {"threshold": 1.0}, [-2, 0, 0, 1]),
        ("hard_shrink", {"threshold": 2.0}, [-3, 0, 0, 0]),
        ("threshold", {"threshold": 0.5, "default_value": -7.0}, [-7, -7, -7, 2]),
        ("relu", {"max_value": 1.0}, [0, 0, 0.5, 1]),
        ("relu", {"negative_slope": 0.1}, [-0.3, -0.05, 0.5, 2]),
        ("relu", {"negative_slope": 0.1, "threshold": 0.5}, [-0.35, -0.1, 0, 2]),
        (
            "relu",
            {"negative_slope": 0.5, "max_value": 1.5, "threshold": -1.0},
            [-1, -0.5, 0.5, 1.5],
        ),
    ],
)
def test_settings_bend_as_in_keras(function, settings, expected):
    outputs = getattr(activations, function)([-3, -0.5, 0.5, 2], **settings)
    assert outputs == pytest.approx(np.array(expected), abs=1e-6)


def test_softmax_does_not_overflow():
    outputs = activations.softmax([1e38, 1e38, -1e38])
    assert outputs == pytest.approx([0.5, 0.5, 0], abs=1e-37)


def test_softmax_works_along_the_last_axis():
    outputs = activations.softmax(np.arange(24.0).reshape(2, 3, 4))
    assert outputs.sum(axis=-1) == pytest.approx(np.ones((2, 3)), abs=1e-6)


def test_softmax_works_along_another_axis_too():
    outputs = activations.softmax(np.arange(24.0).reshape(2, 3, 4), axis=0)
    assert outputs[1] == pytest.approx(np.full((3, 4), 0.9999939))
    with pytest.raises(ValueError, match="axis must be from -3 to 2, not 3"):
        activations.softmax(np.ones((2, 3, 4)), axis=3)


def test_the_logarithm_of_a_softmax_is_finite_where_the_softmax_is_0():
    outputs = activations.log_softmax([[0.0, 1000.0]])
    assert outputs.tolist() == [[-1000, 0]]
    assert activations.log_sigmoid([-1000.0]) == [-1000]


def test_sparsemax_gives_shares_that_sum_to_1():
    outputs = activations.sparsemax([[0.1, 0.5, 0.2, 0.9], [1.0, 1.0, 1.0, 1.0]])
    expected = [[0, 0.3, 0, 0.7], [0.25] * 4]
    assert outputs == pytest.approx(np.array(expected), abs=1e-7)
    many = activations.sparsemax(np.random.default_rng(0).normal(size=(50, 300)))
    assert many.sum(axis=1) == pytest.approx(np.ones(50), abs=1e-6)


def test_glu_multiplies_one_half_by_the_sigmoid_of_the_other():
    x = np.float32([[-3, -0.5, 0.5, 2]])
    outputs = activations.glu(x)
    assert outputs == pytest.approx(np.array([[-1.867378, -0.4403985]]), abs=1e-6)
    assert activations.glu(x.T, axis=0).shape == (2, 1)
    with pytest.raises(ValueError, match="axis -1 of x has 3 entries"):
        activations.glu([1.0, 2.0, 3.0])


@pytest.mark.parametrize("name", ["glu", "threshold"])
def test_what_is_an_activation_of_no_layer_says_what_to_do(name):
    for identifier in (name, getattr(activations, name)):
        with pytest.raises(ValueError, match=f"'{name}'.*layers"):
            activations.get(identifier)


@pytest.mark.parametrize("name", ["hard_silu", "sparse_plus"])
def test_a_ramp_of_infinity_is_nothing_or_infinity(name):
    assert getattr(activations, name)([-np.inf, np.inf]).tolist() == [0, np.inf]


@pytest.mark.parametrize("name", ["silu", "gelu", "approximate_gelu", "mish"])
def test_a_smooth_ramp_is_nothing_or_x_far_from_zero(variant, name):
    x = np.float32([-3e38, -1e38, -1000, 1000, 1e38, 3e38])
    outputs = getattr(kernels, name)(x)
    assert outputs == pytest.approx(np.maximum(x, 0), abs=1e-30)
    slopes = getattr(kernels, f"{name}_backward")(x, np.ones_like(x))
    assert slopes == pytest.approx([0, 0, 0, 1, 1, 1], abs=1e-30)


@pytest.mark.parametrize(
    ("kernel", "settings", "slopes"),
    [
        ("relu_backward", (), [1, 0, 0]),
        ("leaky_relu_backward", (0.25,), [1, 0.25, 0.25]),
        ("elu_backward", (0.5,), [1, 0.5, 0.5]),
        ("clipped_relu_backward", (0.25, 1.0, 0.0), [0, 0.25, 0.25]),
    ],
)
def test_a_bend_belongs_to_what_is_left_of_it_and_the_largest_value_to_the_right(
    variant, kernel, settings, slopes
):
    # At 1, at 0 and at -0 all of these are what they are given.
    at = np.float32([1, 0, -0.0])
    found = getattr(kernels, kernel)(at, np.ones(3, np.float32), *settings)
    np.testing.assert_array_equal(found, np.float32(slopes))


def test_names_come_in_any_case_and_none_is_linear():
    assert activations.get("ReLU") is activations.relu
    assert activations.get(None) is activations.linear
    assert activations.get(activations.tanh) is activations.tanh
    assert activations.get("swish") is activations.swish is activations.silu


@pytest.mark.parametrize("name", FORMULAS)
def test_an_activation_is_found_again_by_the_name_that_files_have(name):
    function = activations.get(name)
    assert activations.get(activations.serialize(function)) is function


def test_an_activation_may_be_described_as_keras_files_do():
    description = {"class_name": "function", "config": "tanh"}
    assert activations.get(description) is activations.tanh


@pytest.mark.parametrize(
    ("identifier", "message"),
    [
        ("rellu", "Could not interpret activation function identifier: 'rellu'.*relu"),
        (3, "identifier of type int"),
        (len, "These are compiled"),
    ],
)
def test_what_is_no_activation_is_said_at_once(identifier, message):
    with pytest.raises(ValueError, match=message):
        activations.get(identifier)
