"""Activations that are bounded: sigmoids, their logarithms, and distributions."""

from __future__ import annotations

from numpy.typing import ArrayLike

from fastmlp.activations._kernel import Kernel, activation, apply
from fastmlp.plan import Float32

__all__ = [
    "hard_sigmoid", "hard_tanh", "log_sigmoid", "log_softmax", "sigmoid", "softmax",
    "softsign", "sparse_sigmoid", "sparsemax", "tanh",
]  # fmt: skip

# What bounds a line to a sigmoid, to a tanh, and to a steeper sigmoid.
HARD_SIGMOID = {"slope": 1 / 6, "offset": 3.0, "min_value": 0.0, "max_value": 1.0}
HARD_TANH = {"slope": 1.0, "offset": 0.0, "min_value": -1.0, "max_value": 1.0}
SPARSE_SIGMOID = {"slope": 0.5, "offset": 1.0, "min_value": 0.0, "max_value": 1.0}


@activation()
def sigmoid(x: ArrayLike) -> Float32:
    """Return 1 / (1 + e^-x), between 0 and 1, element by element.

    Args:
        x: Numbers of any shape.

    Example:
        >>> sigmoid([0.0])
        array([0.5], dtype=float32)
    """
    return apply(Kernel("sigmoid"), x)


@activation(kernel="clipped_linear", **HARD_SIGMOID)
def hard_sigmoid(x: ArrayLike) -> Float32:
    """Return (x + 3) / 6, but at least 0 and at most 1: a sigmoid of straight lines.

    Args:
        x: Numbers of any shape.

    Example:
        >>> hard_sigmoid([-4.0, 0.0, 4.0])
        array([0. , 0.5, 1. ], dtype=float32)
    """
    return apply(Kernel("clipped_linear", HARD_SIGMOID), x)


@activation(kernel="clipped_linear", **SPARSE_SIGMOID)
def sparse_sigmoid(x: ArrayLike) -> Float32:
    """Return (x + 1) / 2, but at least 0 and at most 1, element by element.

    Source: M. Blondel et al., Learning with Fenchel-Young Losses, 2019.

    Args:
        x: Numbers of any shape.

    Example:
        >>> sparse_sigmoid([-4.0, 0.5, 4.0])
        array([0.  , 0.75, 1.  ], dtype=float32)
    """
    return apply(Kernel("clipped_linear", SPARSE_SIGMOID), x)


@activation()
def log_sigmoid(x: ArrayLike) -> Float32:
    """Return log sigmoid(x), which is finite where sigmoid is 0, element by element.

    Args:
        x: Numbers of any shape.

    Example:
        >>> log_sigmoid([-100.0, 0.0]).round(4)
        array([-100.    ,   -0.6931], dtype=float32)
    """
    return apply(Kernel("log_sigmoid"), x)


@activation()
def tanh(x: ArrayLike) -> Float32:
    """Return (e^2x - 1) / (e^2x + 1), between -1 and 1, element by element.

    Args:
        x: Numbers of any shape.

    Example:
        >>> tanh([0.0])
        array([0.], dtype=float32)
    """
    return apply(Kernel("tanh"), x)


@activation(kernel="clipped_linear", **HARD_TANH)
def hard_tanh(x: ArrayLike) -> Float32:
    """Return x, but at least -1 and at most 1, element by element.

    Args:
        x: Numbers of any shape.

    Example:
        >>> hard_tanh([-4.0, 0.5])
        array([-1. ,  0.5], dtype=float32)
    """
    return apply(Kernel("clipped_linear", HARD_TANH), x)


@activation()
def softsign(x: ArrayLike) -> Float32:
    """Return x / (1 + |x|), between -1 and 1, element by element.

    Args:
        x: Numbers of any shape.

    Example:
        >>> softsign([-1.0, 3.0])
        array([-0.5 ,  0.75], dtype=float32)
    """
    return apply(Kernel("softsign"), x)


@activation()
def softmax(x: ArrayLike, axis: int = -1) -> Float32:
    """Return e^x_j / sum_k e^x_k: one axis becomes a distribution.

    Args:
        x: Numbers of any shape with at least one axis.
        axis: Which axis. Default -1, the last.

    Raises:
        ValueError: x has no such axis.

    Example:
        >>> softmax([1.0, 1.0])
        array([0.5, 0.5], dtype=float32)
    """
    return apply(Kernel("softmax"), x, axis)


@activation()
def log_softmax(x: ArrayLike, axis: int = -1) -> Float32:
    """Return log softmax(x), which is finite where softmax is 0.

    Args:
        x: Numbers of any shape with at least one axis.
        axis: Which axis. Default -1, the last.

    Raises:
        ValueError: x has no such axis.

    Example:
        >>> log_softmax([0.0, 1000.0])
        array([-1000.,     0.], dtype=float32)
    """
    return apply(Kernel("log_softmax"), x, axis)


@activation()
def sparsemax(x: ArrayLike, axis: int = -1) -> Float32:
    """Return max(x_j - t, 0), with t such that one axis becomes a distribution.

    Other than those of softmax, small shares are 0.

    Source: A. Martins and R. Astudillo, From Softmax to Sparsemax, 2016.

    Args:
        x: Numbers of any shape with at least one axis.
        axis: Which axis. Default -1, the last.

    Raises:
        ValueError: x has no such axis.

    Example:
        >>> sparsemax([1.0, 0.5, -3.0])
        array([0.75, 0.25, 0.  ], dtype=float32)
    """
    return apply(Kernel("sparsemax"), x, axis)
