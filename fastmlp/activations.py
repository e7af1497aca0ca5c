"""Activations: the functions that a layer applies to x w + b.

The equations and their derivatives are in src/activations.pxi.
"""

import math
from collections.abc import Callable
from typing import TypeAlias

from numpy.typing import ArrayLike

from fastmlp import kernels
from fastmlp._lookup import look_up
from fastmlp._numbers import as_float32, real_numbers
from fastmlp.plan import Float32

ActivationFunction: TypeAlias = Callable[[ArrayLike], Float32]


def linear(x: ArrayLike) -> Float32:
    """Return x as it is.

    Args:
        x: Numbers of any shape.

    Example:
        >>> linear([-1.0, 2.0])
        array([-1.,  2.], dtype=float32)
    """
    return as_float32("x", real_numbers("x", x), finite=False)


def relu(x: ArrayLike) -> Float32:
    """Return max(x, 0), element by element.

    Args:
        x: Numbers of any shape.

    Example:
        >>> relu([-1.0, 2.0])
        array([0., 2.], dtype=float32)
    """
    return kernels.relu(x)


def sigmoid(x: ArrayLike) -> Float32:
    """Return 1 / (1 + e^-x), between 0 and 1, element by element.

    Args:
        x: Numbers of any shape.

    Example:
        >>> sigmoid([0.0])
        array([0.5], dtype=float32)
    """
    return kernels.sigmoid(x)


def tanh(x: ArrayLike) -> Float32:
    """Return (e^2x - 1) / (e^2x + 1), between -1 and 1, element by element.

    Args:
        x: Numbers of any shape.

    Example:
        >>> tanh([0.0])
        array([0.], dtype=float32)
    """
    return kernels.tanh(x)


def softmax(x: ArrayLike) -> Float32:
    """Return e^x_j / sum_k e^x_k: the last axis becomes a distribution.

    Args:
        x: Numbers of any shape with at least one axis.

    Example:
        >>> softmax([1.0, 1.0])
        array([0.5, 0.5], dtype=float32)
    """
    x = real_numbers("x", x)
    if x.ndim == 0:
        raise ValueError("softmax needs at least one axis; x is a single number.")
    rows = math.prod(x.shape[:-1])
    return kernels.softmax(x.reshape(rows, x.shape[-1])).reshape(x.shape)


_BY_NAME: dict[str, ActivationFunction] = {
    "linear": linear,
    "relu": relu,
    "sigmoid": sigmoid,
    "softmax": softmax,
    "tanh": tanh,
}


def get(identifier: str | ActivationFunction | None) -> ActivationFunction:
    """Return the activation that a name stands for.

    Args:
        identifier: A name, one of this module's functions, or None for linear.

    Raises:
        ValueError: There is no such activation.

    Example:
        >>> get("relu").__name__
        'relu'
    """
    if identifier is None:
        return linear
    if isinstance(identifier, str):
        return look_up("activation", identifier, _BY_NAME)
    for function in _BY_NAME.values():
        if identifier is function:
            return function
    raise ValueError(
        f"Could not interpret activation function identifier of type "
        f"{type(identifier).__name__}: activations are compiled, so only these can be "
        f"used, by name or as functions of this module: {', '.join(_BY_NAME)}."
    )
