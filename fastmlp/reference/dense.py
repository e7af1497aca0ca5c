"""The dense layer: y = x w + b."""

from fastmlp.reference._array import Array


def dense_forward(x: Array, w: Array, b: Array | None) -> Array:
    """y = x w + b."""
    y = x @ w
    return y if b is None else y + b


def dense_backward(x: Array, w: Array, dy: Array) -> tuple[Array, Array, Array]:
    """dx = dy w^T, dw = x^T dy, db = sum over the rows of dy."""
    return dy @ w.T, x.T @ dy, dy.sum(axis=0)
