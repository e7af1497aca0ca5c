"""Helpers beside those of real Keras."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")

from fastmlp import utils  # noqa: E402

TEXTS = [[1], [2, 3, 4, 5], [], [6, 7]]


@pytest.mark.parametrize("padding", ["pre", "post"])
@pytest.mark.parametrize("truncating", ["pre", "post"])
@pytest.mark.parametrize("maxlen", [None, 1, 3, 9])
def test_padded_rows_are_those_of_keras(padding, truncating, maxlen):
    options = {"padding": padding, "truncating": truncating, "maxlen": maxlen}
    ours = utils.pad_sequences(TEXTS, value=-1, **options)
    theirs = keras.utils.pad_sequences(TEXTS, value=-1, **options)
    np.testing.assert_array_equal(ours, theirs)
    assert ours.dtype == theirs.dtype


@pytest.mark.parametrize("order", [1, 2, np.inf])
@pytest.mark.parametrize("axis", [-1, 1])
def test_normalized_rows_are_those_of_keras(order, axis):
    x = np.random.default_rng(0).normal(size=(5, 4))
    x[2] = 0
    ours = utils.normalize(x, axis, order)
    np.testing.assert_allclose(ours, keras.utils.normalize(x, axis, order))


@pytest.mark.parametrize(
    "data", ["x", ("x",), ("x", "y"), ("x", "y", "w"), ["x", "y"], [["a", "b"], "y"]]
)
def test_batches_are_taken_apart_as_by_keras(data):
    ours = utils.unpack_x_y_sample_weight(data)
    assert ours == keras.utils.unpack_x_y_sample_weight(data)
    assert utils.pack_x_y_sample_weight(*ours) == keras.utils.pack_x_y_sample_weight(
        *ours
    )


@pytest.mark.parametrize("dtype", ["float32", np.float16, int, float, np.dtype("i2")])
def test_names_of_dtypes_are_those_of_keras(dtype):
    assert utils.standardize_dtype(dtype) == keras.utils.standardize_dtype(dtype)
