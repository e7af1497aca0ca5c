"""Values of the losses. The numbers are those that Keras tests its own with."""

import numpy as np
import pytest

from fastmlp import losses

TARGETS = np.eye(3)
LABELS = [0, 1, 2]
OUTPUTS = np.array([[0.9, 0.05, 0.05], [0.5, 0.89, 0.6], [0.05, 0.01, 0.94]])
LOGITS = np.array([[8.0, 1, 1], [0, 9, 1], [2, 3, 5]])


def test_crossentropy_of_probabilities():
    # Rows are made to sum to one first, as in Keras.
    for loss, y in (
        (losses.CategoricalCrossentropy(), TARGETS),
        (losses.SparseCategoricalCrossentropy(), LABELS),
    ):
        assert loss(y, OUTPUTS) == pytest.approx(0.3239, abs=1e-4)


def test_crossentropy_of_logits():
    for loss, y in (
        (losses.CategoricalCrossentropy(from_logits=True), TARGETS),
        (losses.SparseCategoricalCrossentropy(from_logits=True), LABELS),
    ):
        assert loss(y, LOGITS) == pytest.approx(0.0573, abs=1e-4)


def test_crossentropy_row_by_row():
    expected = pytest.approx([0.001822, 0.000459, 0.169846], abs=1e-6)
    assert losses.categorical_crossentropy(TARGETS, LOGITS, True) == expected
    assert losses.sparse_categorical_crossentropy(LABELS, LOGITS, True) == expected


def test_labels_may_stand_in_a_column():
    column = np.array(LABELS)[:, None]
    loss = losses.SparseCategoricalCrossentropy()
    assert loss(column, OUTPUTS) == loss(LABELS, OUTPUTS)


def test_the_mean_squared_error():
    targets = [[1, 9, 2], [-5, -2, 6]]
    outputs = [[4, 8, 12], [8, 1, 3]]
    assert losses.MeanSquaredError()(targets, outputs) == 49.5
    expected = pytest.approx([36.6666, 62.3333], abs=1e-3)
    assert losses.mean_squared_error(targets, outputs) == expected


def test_nothing_is_lost_on_the_right_answer():
    assert losses.MeanSquaredError()(OUTPUTS, OUTPUTS) == 0
    assert losses.CategoricalCrossentropy(from_logits=True)(TARGETS, TARGETS * 200) == 0


def test_huge_logits_cost_a_finite_loss():
    loss = losses.categorical_crossentropy([[1, 0]], [[-1e4, 1e4]], from_logits=True)
    assert loss == pytest.approx([2e4])


def test_a_loss_is_one_number_a_row_in_float32():
    for function, y in (
        (losses.categorical_crossentropy, TARGETS),
        (losses.sparse_categorical_crossentropy, LABELS),
        (losses.mean_squared_error, TARGETS),
    ):
        values = function(y, OUTPUTS)
        assert values.shape == (3,)
        assert values.dtype == np.float32
    assert type(losses.MeanSquaredError()(TARGETS, OUTPUTS)) is float


@pytest.mark.parametrize(
    ("identifier", "expected"),
    [
        ("mse", losses.MeanSquaredError),
        ("MSE", losses.MeanSquaredError),
        ("mean_squared_error", losses.MeanSquaredError),
        ("MeanSquaredError", losses.MeanSquaredError),
        (losses.mean_squared_error, losses.MeanSquaredError),
        ("categorical_crossentropy", losses.CategoricalCrossentropy),
        ("CategoricalCrossentropy", losses.CategoricalCrossentropy),
        (losses.categorical_crossentropy, losses.CategoricalCrossentropy),
        ("sparse_categorical_crossentropy", losses.SparseCategoricalCrossentropy),
        ("SparseCategoricalCrossentropy", losses.SparseCategoricalCrossentropy),
        (losses.sparse_categorical_crossentropy, losses.SparseCategoricalCrossentropy),
    ],
)
def test_losses_are_known_by_the_names_of_keras(identifier, expected):
    assert type(losses.get(identifier)) is expected


def test_a_loss_object_is_taken_as_it_is():
    loss = losses.CategoricalCrossentropy(from_logits=True, name="mine")
    assert losses.get(loss) is loss
    assert loss.name == "mine"


@pytest.mark.parametrize(
    "loss",
    [
        losses.MeanSquaredError(),
        losses.CategoricalCrossentropy(from_logits=True),
        losses.SparseCategoricalCrossentropy(name="mine"),
    ],
)
def test_the_config_makes_the_loss_again(loss):
    twin = type(loss)(**loss.get_config())
    assert vars(twin) == vars(loss)
