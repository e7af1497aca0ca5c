"""Where weights may be. What they do in training is tested with the kernels."""

import numpy as np
import pytest

import fastmlp
from fastmlp import constraints, layers, optimizers

# Columns of the norms 5, 0.5 and 0.
WEIGHTS = np.array([[3.0, 0.3, 0.0], [-4.0, -0.4, 0.0]], np.float32)


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        (constraints.MaxNorm(1.0), [[0.6, 0.3, 0], [-0.8, -0.4, 0]]),
        (constraints.MaxNorm(), [[1.2, 0.3, 0], [-1.6, -0.4, 0]]),
        (constraints.UnitNorm(), [[0.6, 0.6, 0], [-0.8, -0.8, 0]]),
        (constraints.MinMaxNorm(1.0, 2.0), [[1.2, 0.6, 0], [-1.6, -0.8, 0]]),
        (constraints.MinMaxNorm(1.0, 2.0, 0.5), [[2.1, 0.45, 0], [-2.8, -0.6, 0]]),
        (constraints.NonNeg(), [[3, 0.3, 0], [0, 0, 0]]),
    ],
)
def test_the_weights_of_each_unit_are_moved_to_where_they_may_be(constraint, expected):
    before = WEIGHTS.copy()
    moved = constraint(WEIGHTS)
    assert moved.dtype == np.float32
    assert moved == pytest.approx(np.array(expected), abs=1e-6)
    assert np.array_equal(before, WEIGHTS)


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        (constraints.MaxNorm(1.0), [0.6, -0.8]),
        (constraints.UnitNorm(), [0.6, -0.8]),
        (constraints.MinMaxNorm(0.0, 2.5), [1.5, -2.0]),
        (constraints.NonNeg(), [3, 0]),
    ],
)
def test_the_norm_of_a_bias_is_that_of_all_of_it(constraint, expected):
    assert constraint([3.0, -4.0]) == pytest.approx(np.array(expected), abs=1e-6)


@pytest.mark.parametrize(
    ("identifier", "expected"),
    [
        ("max_norm", "MaxNorm(max_value=2.0, axis=0)"),
        ("MaxNorm", "MaxNorm(max_value=2.0, axis=0)"),
        ("min_max_norm", "MinMaxNorm(min_value=0.0, max_value=1.0, rate=1.0, axis=0)"),
        ("unit_norm", "UnitNorm(axis=0)"),
        ("NonNeg", "NonNeg()"),
        (constraints.max_norm(3), "MaxNorm(max_value=3.0, axis=0)"),
        ({"class_name": "UnitNorm", "config": {"axis": 0}}, "UnitNorm(axis=0)"),
        (None, "None"),
    ],
)
def test_constraints_are_known_by_the_names_of_keras(identifier, expected):
    assert repr(constraints.get(identifier)) == expected


@pytest.mark.parametrize(
    "constraint",
    [
        constraints.MaxNorm(3.0),
        constraints.MinMaxNorm(0.5, 3.0, 0.25),
        constraints.UnitNorm(),
        constraints.NonNeg(),
    ],
)
def test_the_config_makes_the_constraint_again(constraint):
    twin = type(constraint).from_config(constraint.get_config())
    assert vars(twin) == vars(constraint)


def test_each_step_of_the_optimizer_ends_within_the_constraints():
    hidden = layers.Dense(3, kernel_constraint="unit_norm", bias_constraint="non_neg")
    model = fastmlp.Sequential([layers.Input((2,)), hidden])
    model.compile(optimizers.SGD(0.5), "mse")
    kernel = hidden.kernel.copy()
    model.train_on_batch([[1.0, 2.0]], [[-5.0, -5.0, -5.0]])
    assert not np.array_equal(kernel, hidden.kernel)
    norms = np.linalg.norm(hidden.kernel, axis=0)
    assert norms == pytest.approx(np.ones(3), abs=1e-5)
    assert hidden.bias.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: constraints.MaxNorm(1.0, axis=1), ValueError, "axis must be 0"),
        (lambda: constraints.MaxNorm("a"), TypeError, "max_value must be a number"),
        (lambda: constraints.MaxNorm(-1), ValueError, "max_value must be at least 0"),
        (
            lambda: constraints.MinMaxNorm(5, 1),
            ValueError,
            "min_value must not be above max_value",
        ),
        (lambda: constraints.MinMaxNorm(rate=7), ValueError, "`rate` must be"),
        (lambda: constraints.get("norm"), ValueError, "Could not interpret constraint"),
        (
            lambda: layers.Dense(2, kernel_constraint=len),
            ValueError,
            "One of your own is a function",
        ),
    ],
)
def test_what_cannot_be_a_constraint_is_said_at_once(make, error, message):
    with pytest.raises(error, match=message):
        make()
