import random
import tracemalloc

import numpy as np
import pytest

from fastmlp import initializers, layers, losses, metrics, models
from fastmlp.utils import set_random_seed, to_categorical


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((1,), (1, 5)),
        ((3,), (3, 5)),
        ((4, 3), (4, 3, 5)),
        ((5, 4, 3), (5, 4, 3, 5)),
        ((3, 1), (3, 5)),
        ((3, 2, 1), (3, 2, 5)),
        ((), (5,)),
    ],
)
def test_one_hot_shapes_are_those_of_keras(shape, expected):
    labels = np.random.default_rng(0).integers(0, 5, shape)
    one_hot = to_categorical(labels, 5)
    assert one_hot.shape == expected
    assert one_hot.dtype == np.float64
    np.testing.assert_array_equal(one_hot.sum(axis=-1), np.ones(expected[:-1]))
    np.testing.assert_array_equal(
        one_hot.argmax(axis=-1).reshape(-1), labels.reshape(-1)
    )


@pytest.mark.parametrize("num_classes", [None, 0])
def test_the_number_of_classes_is_found_in_the_labels(num_classes):
    np.testing.assert_array_equal(
        to_categorical([0, 2, 5], num_classes), np.eye(6)[[0, 2, 5]]
    )


@pytest.mark.parametrize(
    "labels",
    [
        [0, 2, 1],
        (0, 2, 1),
        [0.0, 2.9, 1.1],
        ["0", "2", "1"],
        np.array([0, 2, 1], dtype=np.uint8),
        np.array([0, 2, 1], dtype=object),
        np.array([[0, 9], [2, 9], [1, 9]])[:, 0],
    ],
)
def test_labels_may_come_in_many_forms(labels):
    np.testing.assert_array_equal(to_categorical(labels), np.eye(3)[[0, 2, 1]])


def test_boolean_labels_are_two_classes():
    np.testing.assert_array_equal(to_categorical([True, False]), [[0, 1], [1, 0]])


def test_no_labels_and_a_number_of_classes_give_no_rows():
    assert to_categorical([], 4).shape == (0, 4)


@pytest.mark.parametrize(
    ("labels", "num_classes", "error", "message"),
    [
        ([0, -1, 2], None, ValueError, "the smallest label is -1"),
        ([0, 3], 3, IndexError, "must lie in 0..2, but the largest label is 3"),
        ([], None, ValueError, "Give it num_classes"),
        ([0, np.nan], None, ValueError, "some labels are NaN, infinite or too large"),
        ([0, np.inf], None, ValueError, "some labels are NaN, infinite or too large"),
        ([0, 1e30], None, ValueError, "some labels are NaN, infinite or too large"),
        (["cat", "dog"], None, ValueError, "values of type <U3. Number the classes"),
        ([1j], None, ValueError, "values of type complex128"),
        ([None, 1], None, ValueError, "values of type object"),
        ([0, 1], -2, ValueError, "num_classes must be at least 1, not -2"),
        ([0, 1], 2.5, TypeError, "num_classes must be a whole number, not 2.5"),
        ([0, 1], "2", TypeError, "must be a whole number, not '2'"),
    ],
)
def test_labels_that_make_no_sense_are_refused(labels, num_classes, error, message):
    with pytest.raises(error, match=message):
        to_categorical(labels, num_classes)


def test_the_labels_are_left_as_they_were():
    labels = np.array([[1], [0]])
    labels.flags.writeable = False
    to_categorical(labels)
    np.testing.assert_array_equal(labels, [[1], [0]])


def test_a_seed_makes_initial_weights_repeat():
    set_random_seed(12)
    first = initializers.HeNormal()((4, 4))
    set_random_seed(12)
    np.testing.assert_array_equal(initializers.HeNormal()((4, 4)), first)


def test_the_seed_is_that_of_numpy_and_python_too_as_in_keras():
    def drawn():
        set_random_seed(12)
        return np.random.rand(), random.random()  # noqa: NPY002

    assert drawn() == drawn()
    assert drawn() == (np.random.RandomState(12).rand(), random.Random(12).random())


@pytest.mark.parametrize(
    ("seed", "error"),
    [(-1, ValueError), (2**32, ValueError), (1.5, TypeError), (None, TypeError)],
)
def test_a_seed_that_is_none_is_refused_and_changes_nothing(seed, error):
    set_random_seed(12)
    expected = initializers.HeNormal()((4, 4))
    set_random_seed(12)
    others = random.getstate(), np.random.get_state()[1].tobytes()  # noqa: NPY002
    with pytest.raises(error, match="seed must be"):
        set_random_seed(seed)
    assert others == (random.getstate(), np.random.get_state()[1].tobytes())  # noqa: NPY002
    np.testing.assert_array_equal(initializers.HeNormal()((4, 4)), expected)


@pytest.mark.parametrize(
    "use",
    [
        lambda labels, y: to_categorical(labels, y.shape[1]),
        lambda labels, y: losses.sparse_categorical_crossentropy(labels, y),
        lambda labels, y: losses.SparseCategoricalCrossentropy()(labels, y),
        lambda labels, y: metrics.SparseCategoricalAccuracy()(labels, y),
        lambda labels, y: metrics.SparseTopKCategoricalAccuracy()(labels, y),
    ],
    ids=["to_categorical", "loss", "loss object", "accuracy", "top k"],
)
def test_one_row_of_many_classes_takes_little_memory(variant, use):
    y = np.full((1, 20_000), 1 / 20_000, np.float32)
    tracemalloc.start()
    try:
        use(np.array([19_999]), y)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # An identity matrix of this size takes 1.5 GiB.
    assert most < 2**21


def test_a_model_with_many_classes_learns_one_row_with_little_memory(variant):
    model = models.Sequential(
        [layers.Input((1,)), layers.Dense(20_000, "softmax", use_bias=False)]
    )
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    tracemalloc.start()
    try:
        model.fit([[1.0]], [19_999], verbose=0)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 2**24
