"""Penalties for weights. What they do in training is tested with the kernels."""

import numpy as np
import pytest

import fastmlp
from fastmlp import layers, regularizers

WEIGHTS = [[1.0, -2.0], [0.0, 3.0]]


@pytest.mark.parametrize(
    ("regularizer", "expected"),
    [
        (regularizers.L1(), 0.06),
        (regularizers.L1(0.5), 3.0),
        (regularizers.L2(), 0.14),
        (regularizers.L2(0.5), 7.0),
        (regularizers.L1L2(), 0.0),
        (regularizers.L1L2(l1=0.5, l2=0.25), 6.5),
        (regularizers.l1(0.5), 3.0),
        (regularizers.l2(0.5), 7.0),
        (regularizers.l1_l2(0.5, 0.25), 6.5),
    ],
)
def test_a_penalty_is_the_weighted_sum_of_sizes_and_squares(regularizer, expected):
    assert regularizer(np.array(WEIGHTS)) == pytest.approx(expected)
    assert regularizer(WEIGHTS) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("identifier", "expected"),
    [
        ("l1", "L1(l1=0.01)"),
        ("L2", "L2(l2=0.01)"),
        ("l1_l2", "L1L2(l1=0.0, l2=0.0)"),
        ("L1L2", "L1L2(l1=0.0, l2=0.0)"),
        (regularizers.L2, "L2(l2=0.01)"),
        ({"class_name": "L2", "config": {"l2": 0.5}}, "L2(l2=0.5)"),
        (None, "None"),
    ],
)
def test_regularizers_are_known_by_the_names_of_keras(identifier, expected):
    assert repr(regularizers.get(identifier)) == expected


@pytest.mark.parametrize(
    "regularizer",
    [regularizers.L1(0.5), regularizers.L2(0.5), regularizers.L1L2(0.5, 0.25)],
)
def test_the_config_makes_the_regularizer_again(regularizer):
    twin = type(regularizer).from_config(regularizer.get_config())
    assert vars(twin) == vars(regularizer)


@pytest.mark.parametrize("method", ["train_on_batch", "test_on_batch"])
@pytest.mark.parametrize(
    ("arguments", "penalty"),
    [
        ({"kernel_regularizer": "l2"}, 0.14),
        ({"bias_regularizer": regularizers.L1(0.5)}, 1.5),
        # That of outputs, 0.5 * 6 here, is divided by the two rows.
        ({"activity_regularizer": regularizers.L1(0.5)}, 1.5),
    ],
)
def test_the_loss_has_the_penalty_in_training_and_in_evaluation(
    arguments, penalty, method
):
    model = fastmlp.Sequential([layers.Input((2,)), layers.Dense(2, **arguments)])
    model.compile("sgd", "mse")
    model.set_weights([WEIGHTS, [-1.0, 2.0]])
    x, outputs = np.eye(2), [[0.0, 0.0], [-1.0, 5.0]]
    assert model.predict(x, verbose=0).tolist() == outputs
    assert getattr(model, method)(x, outputs) == pytest.approx(penalty)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: regularizers.L1(-1), ValueError, "l1 must be at least 0, not -1"),
        (lambda: regularizers.L2(float("nan")), ValueError, "l2 must be finite"),
        (lambda: regularizers.L1L2(l2="a"), TypeError, "l2 must be a number, not 'a'"),
        (lambda: regularizers.get("l3"), ValueError, "Could not interpret regularizer"),
        (
            lambda: layers.Dense(2, kernel_regularizer=len),
            ValueError,
            "One of your own is a function",
        ),
    ],
)
def test_what_cannot_be_a_regularizer_is_said_at_once(make, error, message):
    with pytest.raises(error, match=message):
        make()
