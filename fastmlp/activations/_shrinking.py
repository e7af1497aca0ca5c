"""Activations that take something of x away, or a part of its entries."""

from __future__ import annotations

from numpy.typing import ArrayLike

from fastmlp._check.numbers import finite_number, number_from_0
from fastmlp._util.keywords import suggesting
from fastmlp.activations._kernel import Kernel, activation, apply
from fastmlp.plan import Float32

__all__ = ["glu", "hard_shrink", "soft_shrink", "tanh_shrink", "threshold"]


@activation(threshold=0.5)
def soft_shrink(x: ArrayLike, threshold: float = 0.5) -> Float32:
    """Return x moved towards 0, and 0 where it would go beyond, element by element.

    Args:
        x: Numbers of any shape.
        threshold: How far it is moved, at least 0. Default 0.5.

    Example:
        >>> soft_shrink([-2.0, 0.25, 2.0])
        array([-1.5,  0. ,  1.5], dtype=float32)
    """
    most = number_from_0("threshold", threshold)
    return apply(Kernel("soft_shrink", {"threshold": most}), x)


@activation(threshold=0.5)
def hard_shrink(x: ArrayLike, threshold: float = 0.5) -> Float32:
    """Return x, or 0 where it is near 0, element by element.

    Args:
        x: Numbers of any shape.
        threshold: What |x| has to be above, at least 0. Default 0.5.

    Example:
        >>> hard_shrink([-2.0, 0.25, 2.0])
        array([-2.,  0.,  2.], dtype=float32)
    """
    most = number_from_0("threshold", threshold)
    return apply(Kernel("hard_shrink", {"threshold": most}), x)


@activation()
def tanh_shrink(x: ArrayLike) -> Float32:
    """Return x - tanh(x), element by element.

    Args:
        x: Numbers of any shape.

    Example:
        >>> tanh_shrink([0.0, 2.0]).round(4)
        array([0.   , 1.036], dtype=float32)
    """
    return apply(Kernel("tanh_shrink"), x)


@suggesting
def threshold(x: ArrayLike, threshold: float, default_value: float) -> Float32:
    """Return x above the threshold, else another value, element by element.

    As `activation=`, it needs what it is set to: ReLU(threshold=...) is a layer that
    has it.

    Args:
        x: Numbers of any shape.
        threshold: What x has to be above.
        default_value: What stands for the others.

    Example:
        >>> threshold([-1.0, 2.0], threshold=1.0, default_value=5.0)
        array([5., 2.], dtype=float32)
    """
    settings = {
        "threshold": finite_number("threshold", threshold),
        "default_value": finite_number("default_value", default_value),
    }
    return apply(Kernel("threshold", settings), x)


@suggesting
def glu(x: ArrayLike, axis: int = -1) -> Float32:
    """Return a sigmoid(b), with a and b the two halves of x along an axis.

    It halves the width, which no `activation=` may: in a network, multiply
    Dense(units)(x) by Dense(units, "sigmoid")(x), with layers.Multiply.

    Source: Y. Dauphin et al., Language Modeling with Gated Convolutional Networks,
    2016.

    Args:
        x: Numbers of any shape with at least one axis.
        axis: Which axis. Default -1, the last.

    Raises:
        ValueError: x has no such axis, or an odd number of entries along it.

    Example:
        >>> glu([3.0, 0.0])
        array([1.5], dtype=float32)
    """
    # Only here: to import the operations takes longer than most programs need.
    from fastmlp import ops

    width = ops.shape(x)[axis] if ops.ndim(x) else 1
    if width is None or width % 2:
        raise ValueError(
            f"glu multiplies one half of an axis by the other, but axis {axis} of x "
            f"has {width} entries."
        )
    a, b = ops.split(x, 2, axis)
    return ops.multiply(a, ops.sigmoid(b))  # type: ignore[no-any-return]
