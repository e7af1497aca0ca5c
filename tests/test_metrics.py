import numpy as np
import pytest

import fastmlp
from fastmlp import layers, metrics


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (None, []),
        ([], []),
        ((), []),
        (["accuracy"], ["accuracy"]),
        (("acc", "MSE"), ["acc", "MSE"]),
        (["acc", "acc", "acc"], ["acc", "acc_1", "acc_2"]),
        (["mse", "mean_squared_error"], ["mse", "mean_squared_error"]),
        (["CategoricalAccuracy"], ["CategoricalAccuracy"]),
    ],
)
def test_history_gets_the_names_that_were_given(given, names):
    assert metrics.check(given) == names


@pytest.mark.parametrize(
    ("name", "outputs", "kernel"),
    [
        ("accuracy", 1, "binary_accuracy"),
        ("accuracy", 2, "categorical_accuracy"),
        ("ACC", 10, "categorical_accuracy"),
        ("binary_accuracy", 3, "binary_accuracy"),
        ("categorical_accuracy", 1, "categorical_accuracy"),
        ("sparse_categorical_accuracy", 3, "categorical_accuracy"),
        ("mse", 3, "squared_error"),
        ("mae", 3, "absolute_error"),
    ],
)
def test_accuracy_depends_on_the_number_of_outputs(name, outputs, kernel):
    assert metrics.resolve(name, outputs) == kernel


def values_of(names, outputs, y):
    """Return the metrics of a model that passes its inputs through."""
    outputs = np.asarray(outputs, np.float32)
    model = fastmlp.Sequential([layers.Activation("linear")])
    model.compile("sgd", "mse", metrics=names)
    return model.evaluate(outputs, y, verbose=0)[1:]


def test_categorical_accuracy_counts_the_rows_whose_largest_output_is_right():
    y = [[0, 0, 1], [0, 1, 0]]
    outputs = [[0.1, 0.1, 0.8], [0.05, 0, 0.95]]
    assert values_of(["accuracy", "categorical_accuracy"], outputs, y) == [0.5, 0.5]


def test_of_equal_outputs_the_first_counts():
    y = np.eye(3)
    outputs = np.full((3, 3), 0.5)
    assert values_of(["accuracy"], outputs, y) == [pytest.approx(1 / 3)]


def test_binary_accuracy_wants_more_than_one_half():
    y = [1, 1, 0, 0]
    outputs = [[0.98], [0.5], [0.5], [0.6]]
    assert values_of(["accuracy", "binary_accuracy"], outputs, y) == [0.5, 0.5]


def test_errors_are_means_over_rows_and_columns():
    y = [[0, 0], [0, 0], [0, 0]]
    outputs = [[1, 3], [2, 0], [0, 0]]
    mse, mae = values_of(["mse", "mae"], outputs, y)
    assert mse == pytest.approx((1 + 9 + 4) / 6)
    assert mae == pytest.approx((1 + 3 + 2) / 6)


def test_labels_and_one_hot_rows_are_measured_alike():
    x = np.random.default_rng(0).random((20, 4))
    labels = np.arange(20) % 3
    results = []
    for loss, y in (
        ("categorical_crossentropy", np.eye(3)[labels]),
        ("sparse_categorical_crossentropy", labels),
    ):
        fastmlp.utils.set_random_seed(1)
        model = fastmlp.Sequential([layers.Dense(3, "softmax")])
        model.compile("sgd", loss, metrics=["accuracy", "mse", "mae"])
        results.append(model.evaluate(x, y, verbose=0))
    assert results[0] == results[1]
