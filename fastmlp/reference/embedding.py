"""Embedding: ids become vectors, which are learnt."""

import numpy as np
from numpy.typing import NDArray

from fastmlp.reference._array import Array


def embedding(ids: Array, w: Array) -> Array:
    """Look up the vectors of ids: y_i = w_k with k = ids_i.

    Args:
        ids: Whole numbers from 0, (rows,).
        w: A vector for each id, (inputs, units).

    Returns:
        y, (rows, units); NaN where w has no such vector.

    Example:
        >>> embedding(np.float32([1, 0, 2]), np.float32([[1, 2], [3, 4]]))
        array([[ 3.,  4.],
               [ 1.,  2.],
               [nan, nan]], dtype=float32)
    """
    rows = _rows_of(ids, len(w))
    y = np.full((len(ids), w.shape[1]), np.nan, w.dtype)
    y[rows >= 0] = w[rows[rows >= 0]]
    return y


def embedding_backward(ids: Array, dy: Array, vocabulary: int) -> Array:
    """Add up what comes back to each vector: dw_k = sum of dy_i with ids_i = k.

    Args:
        ids: Whole numbers from 0, (rows,).
        dy: Gradient of the vectors that were looked up, (rows, units).
        vocabulary: How many ids, and so vectors, there are.

    Returns:
        dw, (vocabulary, units).

    Example:
        >>> embedding_backward(np.float32([1, 1]), np.float32([[1, 2], [3, 4]]), 2)
        array([[0., 0.],
               [4., 6.]], dtype=float32)
    """
    rows = _rows_of(ids, vocabulary)
    dw = np.zeros((vocabulary, dy.shape[1]), dy.dtype)
    np.add.at(dw, rows[rows >= 0], dy[rows >= 0])
    return dw


def _rows_of(ids: Array, rows: int) -> NDArray[np.intp]:
    """Return the rows of ids; -1 where there is none."""
    known = (ids > -1) & (ids < rows)
    return np.where(known, ids, -1).astype(np.intp)
