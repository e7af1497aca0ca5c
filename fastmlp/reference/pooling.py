"""Pooling: a table of vectors becomes one; and tables that are turned around."""

import numpy as np

from fastmlp.reference._array import Array


def global_average_pooling(x: Array, width: int) -> Array:
    """Compute the mean of the vectors of each table.

    Args:
        x: Tables, (rows, vectors * width).
        width: How long a vector is.

    Returns:
        y, (rows, width).

    Example:
        >>> global_average_pooling(np.float32([[1, 2, 3, 6]]), 2)
        array([[2., 4.]], dtype=float32)
    """
    return x.reshape(len(x), x.shape[1] // width, width).sum(axis=1) / (
        x.shape[1] // width
    )


def global_average_pooling_backward(dy: Array, table: int) -> Array:
    """Give each vector its share of dy.

    Args:
        dy: Gradient of the means, (rows, width).
        table: How many numbers a table has.

    Returns:
        dx, (rows, table).

    Example:
        >>> global_average_pooling_backward(np.float32([[2, 4]]), 4)
        array([[1., 2., 1., 2.]], dtype=float32)
    """
    vectors = table // dy.shape[1]
    return np.tile(dy / vectors, vectors)


def global_max_pooling(x: Array, width: int) -> Array:
    """Compute the largest of the numbers of a table's vectors, place by place.

    Args:
        x: Tables, (rows, vectors * width).
        width: How long a vector is.

    Returns:
        y, (rows, width).

    Example:
        >>> global_max_pooling(np.float32([[1, 7, 3, 6]]), 2)
        array([[3., 7.]], dtype=float32)
    """
    return np.maximum.reduce(x.reshape(len(x), x.shape[1] // width, width), axis=1)


def global_max_pooling_backward(x: Array, y: Array, dy: Array) -> Array:
    """Give dy to the largest numbers; if there are several, each gets its share.

    Args:
        x: Tables, (rows, vectors * width).
        y: The largest numbers, (rows, width).
        dy: Their gradient, (rows, width).

    Returns:
        dx, (rows, vectors * width).

    Example:
        >>> x, y, dy = np.float32([[1, 7, 3, 7]]), np.float32([[3, 7]]), [[2, 4]]
        >>> global_max_pooling_backward(x, y, np.float32(dy))
        array([[0., 2., 2., 2.]], dtype=float32)
    """
    tables = x.reshape(len(x), x.shape[1] // y.shape[1], y.shape[1])
    largest = tables == y[:, None]
    shares = dy / np.maximum(largest.sum(axis=1), 1).astype(dy.dtype)
    return np.where(largest, shares[:, None], dy.dtype.type(0)).reshape(x.shape)


def transpose(x: Array, height: int) -> Array:
    """Turn each table around: its rows become its columns.

    Args:
        x: Tables, (rows, height * width).
        height: How many rows a table has.

    Returns:
        y, (rows, width * height).

    Example:
        >>> transpose(np.float32([[1, 2, 3, 4, 5, 6]]), 2)
        array([[1., 4., 2., 5., 3., 6.]], dtype=float32)
    """
    tables = x.reshape(len(x), height, x.shape[1] // height)
    return np.ascontiguousarray(tables.transpose(0, 2, 1)).reshape(x.shape)
