"""Activations that are a ramp: about x above zero, and about nothing below."""

from __future__ import annotations

import math

from numpy.typing import ArrayLike

from fastmlp._check.numbers import (
    finite_number,
    number_from_0,
    positive_number,
    true_or_false,
)
from fastmlp.activations._kernel import Kernel, activation, apply
from fastmlp.plan import Float32

__all__ = [
    "celu", "elu", "exponential", "gelu", "hard_silu", "hard_swish", "leaky_relu",
    "linear", "mish", "relu", "relu6", "selu", "silu", "softplus", "sparse_plus",
    "squareplus", "swish",
]  # fmt: skip

# What bounds a line to the ramp from 0 to 6.
RELU6 = {"slope": 1.0, "offset": 0.0, "min_value": 0.0, "max_value": 6.0}


@activation()
def linear(x: ArrayLike) -> Float32:
    """Return x as it is.

    Args:
        x: Numbers of any shape.

    Example:
        >>> linear([-1.0, 2.0])
        array([-1.,  2.], dtype=float32)
    """
    return apply(Kernel("linear"), x)


@activation()
def relu(
    x: ArrayLike,
    negative_slope: float = 0.0,
    max_value: float | None = None,
    threshold: float = 0.0,
) -> Float32:
    """Return max(x, 0), element by element, or a line with other bends.

    Args:
        x: Numbers of any shape.
        negative_slope: The slope below the threshold. Default 0.
        max_value: What no result exceeds. Default None: there is no limit.
        threshold: x counts as it is above; elsewhere, the result is
            negative_slope (x - threshold). Default 0.

    Example:
        >>> relu([-1.0, 2.0])
        array([0., 2.], dtype=float32)
        >>> relu([-1.0, 9.0], negative_slope=0.5, max_value=6.0)
        array([-0.5,  6. ], dtype=float32)
    """
    return apply(relu_kernel(negative_slope, max_value, threshold), x)


def relu_kernel(
    negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0
) -> Kernel:
    """Return the simplest kernel that bends like this; see `relu`."""
    slope = finite_number("negative_slope", negative_slope)
    threshold = finite_number("threshold", threshold)
    if max_value is not None or threshold != 0:
        settings = {
            "slope": slope,
            "max_value": math.inf
            if max_value is None
            else number_from_0("max_value", max_value),
            "threshold": threshold,
        }
        return Kernel("clipped_relu", settings)
    if slope != 0:
        return Kernel("leaky_relu", {"slope": slope})
    return Kernel("relu")


@activation(kernel="clipped_linear", **RELU6)
def relu6(x: ArrayLike) -> Float32:
    """Return max(x, 0), but at most 6, element by element.

    Args:
        x: Numbers of any shape.

    Example:
        >>> relu6([-1.0, 2.0, 9.0])
        array([0., 2., 6.], dtype=float32)
    """
    return apply(Kernel("clipped_linear", RELU6), x)


@activation("leakyrelu", slope=0.2)
def leaky_relu(x: ArrayLike, negative_slope: float = 0.2) -> Float32:
    """Return x where it is positive, else negative_slope x.

    Args:
        x: Numbers of any shape.
        negative_slope: The slope below zero, at least 0. Default 0.2.

    Example:
        >>> leaky_relu([-1.0, 2.0])
        array([-0.2,  2. ], dtype=float32)
    """
    slope = finite_number("negative_slope", negative_slope)
    return apply(Kernel("leaky_relu", {"slope": slope}), x)


@activation(alpha=1.0)
def elu(x: ArrayLike, alpha: float = 1.0) -> Float32:
    """Return x where it is positive, else alpha (e^x - 1).

    Source: D. Clevert et al., Fast and Accurate Deep Network Learning by Exponential
    Linear Units, 2015.

    Args:
        x: Numbers of any shape.
        alpha: How far below zero it goes, at least 0. Default 1.

    Example:
        >>> elu([-1.0, 2.0]).round(4)
        array([-0.6321,  2.    ], dtype=float32)
    """
    return apply(Kernel("elu", {"alpha": finite_number("alpha", alpha)}), x)


@activation(alpha=1.0)
def celu(x: ArrayLike, alpha: float = 1.0) -> Float32:
    """Return x where it is positive, else alpha (e^(x / alpha) - 1): smooth at 0.

    Source: J. T. Barron, Continuously Differentiable Exponential Linear Units, 2017.

    Args:
        x: Numbers of any shape.
        alpha: How far below zero it goes, above 0. Default 1.

    Example:
        >>> celu([-1.0, 2.0], alpha=2.0).round(4)
        array([-0.7869,  2.    ], dtype=float32)
    """
    return apply(Kernel("celu", {"alpha": positive_number("alpha", alpha)}), x)


@activation()
def selu(x: ArrayLike) -> Float32:
    """Return 1.0507 elu(x, 1.6733), which keeps mean 0 and variance 1.

    Source: G. Klambauer et al., Self-Normalizing Neural Networks, 2017. It wants
    the initializer "lecun_normal".

    Args:
        x: Numbers of any shape.

    Example:
        >>> selu([-1.0, 2.0]).round(4)
        array([-1.1113,  2.1014], dtype=float32)
    """
    return apply(Kernel("selu"), x)


@activation()
def softplus(x: ArrayLike) -> Float32:
    """Return log(1 + e^x), a smooth max(x, 0), element by element.

    Args:
        x: Numbers of any shape.

    Example:
        >>> softplus([0.0]).round(4)
        array([0.6931], dtype=float32)
    """
    return apply(Kernel("softplus"), x)


@activation()
def sparse_plus(x: ArrayLike) -> Float32:
    """Return x from 1 on, 0 up to -1, and (x + 1)^2 / 4 between.

    Source: M. Blondel et al., Learning with Fenchel-Young Losses, 2019.

    Args:
        x: Numbers of any shape.

    Example:
        >>> sparse_plus([-2.0, 0.0, 3.0])
        array([0.  , 0.25, 3.  ], dtype=float32)
    """
    return apply(Kernel("sparse_plus"), x)


@activation(b=4.0)
def squareplus(x: ArrayLike, b: float = 4.0) -> Float32:
    """Return (x + sqrt(x^2 + b)) / 2, a smooth max(x, 0), element by element.

    Source: J. T. Barron, Squareplus: A Softplus-Like Algebraic Rectifier, 2021.

    Args:
        x: Numbers of any shape.
        b: How smooth it is, above 0. Default 4.

    Example:
        >>> squareplus([0.0, 3.0]).round(4)
        array([1.    , 3.3028], dtype=float32)
    """
    return apply(Kernel("squareplus", {"b": positive_number("b", b)}), x)


@activation("swish")
def silu(x: ArrayLike) -> Float32:
    """Return x sigmoid(x), also known as swish, element by element.

    Source: S. Elfwing et al., Sigmoid-Weighted Linear Units, 2017.

    Args:
        x: Numbers of any shape.

    Example:
        >>> silu([1.0]).round(4)
        array([0.7311], dtype=float32)
    """
    return apply(Kernel("silu"), x)


swish = silu


@activation("hard_swish")
def hard_silu(x: ArrayLike) -> Float32:
    """Return x hard_sigmoid(x), also known as hard_swish, element by element.

    Source: A. Howard et al., Searching for MobileNetV3, 2019.

    Args:
        x: Numbers of any shape.

    Example:
        >>> hard_silu([-4.0, 1.0, 4.0]).round(4)
        array([0.    , 0.6667, 4.    ], dtype=float32)
    """
    return apply(Kernel("hard_silu"), x)


hard_swish = hard_silu


@activation()
def mish(x: ArrayLike) -> Float32:
    """Return x tanh(softplus(x)), element by element.

    Source: D. Misra, Mish: A Self Regularized Non-Monotonic Activation Function, 2019.

    Args:
        x: Numbers of any shape.

    Example:
        >>> mish([1.0]).round(4)
        array([0.8651], dtype=float32)
    """
    return apply(Kernel("mish"), x)


@activation()
def gelu(x: ArrayLike, approximate: bool = False) -> Float32:
    """Return x F(x), with F the part of a normal distribution that is below x.

    Source: D. Hendrycks and K. Gimpel, Gaussian Error Linear Units, 2016.

    Args:
        x: Numbers of any shape.
        approximate: Whether to take x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2
            instead. Default False.

    Example:
        >>> gelu([1.0]).round(4)
        array([0.8413], dtype=float32)
    """
    is_approximate = true_or_false("approximate", approximate)
    return apply(Kernel("approximate_gelu" if is_approximate else "gelu"), x)


@activation(kernel="exp")
def exponential(x: ArrayLike) -> Float32:
    """Return e^x, element by element.

    Args:
        x: Numbers of any shape.

    Example:
        >>> exponential([0.0, 1.0]).round(4)
        array([1.    , 2.7183], dtype=float32)
    """
    return apply(Kernel("exp"), x)
