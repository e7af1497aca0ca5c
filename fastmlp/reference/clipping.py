"""Clipping, weight decay, means: what is done before a step."""

import numpy as np

from fastmlp.reference._array import Array


def decay_weights(w: Array, rate: float) -> None:
    """Make weights smaller: w <- w - rate w.

    Args:
        w: Parameters, (size,); changed in place.
        rate: The learning rate times the weight decay.

    Example:
        >>> w = np.array([4.0], np.float32)
        >>> decay_weights(w, 0.25)
        >>> w
        array([3.], dtype=float32)
    """
    w -= w * w.dtype.type(rate)


def clip_value(dw: Array, clipvalue: float) -> None:
    """Hold each number of a gradient, (size,), to [-clipvalue, clipvalue], in place.

    Example:
        >>> dw = np.array([-3.0, 0.5], np.float32)
        >>> clip_value(dw, 1.0)
        >>> dw
        array([-1. ,  0.5], dtype=float32)
    """
    np.clip(dw, -clipvalue, clipvalue, out=dw)


def clip_norm(dw: Array, norm: float, clipnorm: float) -> None:
    """Scale a gradient, (size,), in place, so that its norm is at most `clipnorm`.

    Args:
        dw: The gradient.
        norm: Its norm, or that of a larger gradient of which it is a part.
        clipnorm: The limit.

    Example:
        >>> dw = np.array([3.0, 4.0], np.float32)
        >>> clip_norm(dw, norm=5.0, clipnorm=2.5)
        >>> dw
        array([1.5, 2. ], dtype=float32)
    """
    if norm > clipnorm:
        dw *= dw.dtype.type(clipnorm / norm)


def mean_gradient(dw: Array, total: Array, steps: float) -> None:
    """Make a gradient, (size,), the mean of those of several batches, in place.

    Args:
        dw: The gradient of the last one.
        total: The sum of those before, (size,); it becomes 0.
        steps: How many batches there are.

    Example:
        >>> dw, total = np.array([[1.0], [5.0]], np.float32)
        >>> mean_gradient(dw, total, 3)
        >>> dw, total
        (array([2.], dtype=float32), array([0.], dtype=float32))
    """
    dw += total
    dw /= dw.dtype.type(steps)
    total[...] = 0
