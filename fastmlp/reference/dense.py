"""The dense layer: y = x w + b."""

import numpy as np  # noqa: F401, for the examples

from fastmlp.reference._array import Array


def dense_forward(x: Array, w: Array, b: Array | None) -> Array:
    """Compute y = x w + b.

    Args:
        x: Inputs, (rows, inputs).
        w: Weights, (inputs, units).
        b: Bias, (units,), or None.

    Returns:
        y, (rows, units).

    Example:
        >>> dense_forward(np.float32([[1, 2]]), np.float32([[3], [4]]), np.float32([5]))
        array([[16.]], dtype=float32)
    """
    y = x @ w
    return y if b is None else y + b


def dense_backward(x: Array, w: Array, dy: Array) -> tuple[Array, Array, Array]:
    """Compute dx = dy w^T, dw = x^T dy and db = the sum over the rows of dy.

    Args:
        x: Inputs, (rows, inputs).
        w: Weights, (inputs, units).
        dy: Gradient of the outputs, (rows, units).

    Returns:
        dx (rows, inputs), dw (inputs, units) and db (units,).

    Example:
        >>> x, w = np.float32([[1, 2]]), np.float32([[3], [4]])
        >>> dx, dw, db = dense_backward(x, w, np.float32([[10]]))
        >>> dx.tolist(), dw.tolist(), db.tolist()
        ([[30.0, 40.0]], [[10.0], [20.0]], [10.0])
    """
    return dy @ w.T, x.T @ dy, dy.sum(axis=0)
