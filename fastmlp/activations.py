"""Activations: the functions that a layer applies to x w + b.

The equations and their derivatives are in src/activations.pxi.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from fastmlp import kernels
from fastmlp._check.lookup import look_up, own_or_same
from fastmlp._check.numbers import (
    as_float32,
    finite_number,
    number_from_0,
    real_numbers,
    true_or_false,
    whole_number_between,
)
from fastmlp._util.keywords import suggesting
from fastmlp.plan import Float32

if TYPE_CHECKING:
    from fastmlp.typing import ActivationLike

__all__ = [
    "elu",
    "gelu",
    "get",
    "leaky_relu",
    "linear",
    "mish",
    "relu",
    "selu",
    "serialize",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "swish",
    "tanh",
]


def __dir__() -> list[str]:
    return __all__


ActivationFunction: TypeAlias = Callable[[ArrayLike], Float32]
Function = TypeVar("Function", bound=Callable[..., Float32])


class Kernel(NamedTuple):
    """The kernel behind an activation, by its name, and what it is set to."""

    name: str
    settings: Mapping[str, float] = MappingProxyType({})


# What stands for an activation of the user's.
OWN = Kernel("own")

# The functions by their names, and the kernel of each without further arguments.
_BY_NAME: dict[str, ActivationFunction] = {}
_KERNELS: dict[ActivationFunction, Kernel] = {}


def _activation(*aliases: str, **settings: float) -> Callable[[Function], Function]:
    """Make a function known by its name, which is that of its kernel, and by others."""

    def register(function: Function) -> Function:
        name = function.__name__
        function = _of_traced(suggesting(function))
        _BY_NAME.update(dict.fromkeys((name, *aliases), function))
        _KERNELS[function] = Kernel(name, settings)
        return function

    return register


def _of_traced(function: Function) -> Function:
    """Let an activation be part of an equation, or of a network that is drawn."""

    @functools.wraps(function)
    def activation(*arguments: Any, **settings: Any) -> Any:
        if arguments and hasattr(arguments[0], "node"):
            return _noted(function.__name__, *arguments, **settings)
        # What is traced remembers how it came about.
        if not (arguments and hasattr(arguments[0], "parents")):
            return function(*arguments, **settings)
        from fastmlp import ops
        from fastmlp.ops._nn import kernel_activation

        if len(arguments) > 1 or settings:
            return getattr(ops, function.__name__)(*arguments, **settings)
        return kernel_activation(arguments[0], _KERNELS[_BY_NAME[function.__name__]])

    return activation  # type: ignore[return-value]


def _noted(name: Any, tensor: Any, **settings: Any) -> Any:
    """Return the symbolic tensor of what an activation makes of another one."""
    from fastmlp import layers, ops

    if settings:
        return getattr(ops, name)(tensor, **settings)
    return layers.Activation(name)(tensor)


@_activation()
def linear(x: ArrayLike) -> Float32:
    """Return x as it is.

    Args:
        x: Numbers of any shape.

    Example:
        >>> linear([-1.0, 2.0])
        array([-1.,  2.], dtype=float32)
    """
    return as_float32("x", real_numbers("x", x), finite=False)


@_activation()
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
    kernel = relu_kernel(negative_slope, max_value, threshold)
    return apply(kernel, x)


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


@_activation("leakyrelu", slope=0.2)
def leaky_relu(x: ArrayLike, negative_slope: float = 0.2) -> Float32:
    """Return x where it is positive, else negative_slope x.

    Args:
        x: Numbers of any shape.
        negative_slope: The slope below zero, at least 0. Default 0.2.

    Example:
        >>> leaky_relu([-1.0, 2.0])
        array([-0.2,  2. ], dtype=float32)
    """
    return kernels.leaky_relu(x, negative_slope)


@_activation(alpha=1.0)
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
    return kernels.elu(x, alpha)


@_activation()
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
    return kernels.selu(x)


@_activation()
def softplus(x: ArrayLike) -> Float32:
    """Return log(1 + e^x), a smooth max(x, 0), element by element.

    Args:
        x: Numbers of any shape.

    Example:
        >>> softplus([0.0]).round(4)
        array([0.6931], dtype=float32)
    """
    return kernels.softplus(x)


@_activation("swish")
def silu(x: ArrayLike) -> Float32:
    """Return x sigmoid(x), also known as swish, element by element.

    Source: S. Elfwing et al., Sigmoid-Weighted Linear Units, 2017.

    Args:
        x: Numbers of any shape.

    Example:
        >>> silu([1.0]).round(4)
        array([0.7311], dtype=float32)
    """
    return kernels.silu(x)


swish = silu


@_activation()
def mish(x: ArrayLike) -> Float32:
    """Return x tanh(softplus(x)), element by element.

    Source: D. Misra, Mish: A Self Regularized Non-Monotonic Activation Function, 2019.

    Args:
        x: Numbers of any shape.

    Example:
        >>> mish([1.0]).round(4)
        array([0.8651], dtype=float32)
    """
    return kernels.mish(x)


@_activation()
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
    if true_or_false("approximate", approximate):
        return kernels.approximate_gelu(x)
    return kernels.gelu(x)


@_activation()
def sigmoid(x: ArrayLike) -> Float32:
    """Return 1 / (1 + e^-x), between 0 and 1, element by element.

    Args:
        x: Numbers of any shape.

    Example:
        >>> sigmoid([0.0])
        array([0.5], dtype=float32)
    """
    return kernels.sigmoid(x)


@_activation()
def tanh(x: ArrayLike) -> Float32:
    """Return (e^2x - 1) / (e^2x + 1), between -1 and 1, element by element.

    Args:
        x: Numbers of any shape.

    Example:
        >>> tanh([0.0])
        array([0.], dtype=float32)
    """
    return kernels.tanh(x)


@_activation()
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
    x = real_numbers("x", x)
    if x.ndim == 0:
        raise ValueError("softmax needs at least one axis; x is a single number.")
    axis = whole_number_between("axis", axis, -x.ndim, x.ndim - 1)
    x = np.moveaxis(x, axis, -1)
    rows = math.prod(x.shape[:-1])
    y = kernels.softmax(x.reshape(rows, x.shape[-1])).reshape(x.shape)
    return np.moveaxis(y, -1, axis)


def kernel_of(function: ActivationFunction) -> Kernel:
    """Return the kernel behind a function of this module.

    Example:
        >>> kernel_of(tanh).name
        'tanh'
    """
    return _KERNELS[function] if is_compiled(function) else OWN


def is_compiled(function: Any) -> bool:
    """Tell whether an activation is one of this module."""
    return inspect.isfunction(function) and function in _KERNELS


def called(function: Any, x: Float32) -> Float32:
    """Return what an activation makes of numbers, which may be the user's own."""
    if is_compiled(function):
        found: Float32 = function(x)
        return found
    found = function.forward(x) if hasattr(function, "forward") else function(x)
    what = f"The outputs of the activation {function!r}"
    y = as_float32(what, real_numbers(what, found), finite=False)
    if y.shape != x.shape:
        raise ValueError(f"{what} have shape {y.shape}, but x has shape {x.shape}.")
    return y


def apply(kernel: Kernel, x: ArrayLike) -> Float32:
    """Return what a kernel makes of x.

    Example:
        >>> apply(relu_kernel(max_value=6.0), [-1.0, 9.0])
        array([0., 6.], dtype=float32)
    """
    if kernel.name in ("linear", "softmax"):
        function: ActivationFunction = _BY_NAME[kernel.name]
        return function(x)
    result: Float32 = getattr(kernels, kernel.name)(x, **kernel.settings)
    return result


def get(identifier: ActivationLike) -> ActivationFunction:
    """Return the activation that a name stands for.

    Args:
        identifier: A name, one of this module's functions, None for linear, or what
            Keras's files have for a function: {"class_name": "function", "config":
            "relu"}. Or of your own: a function in terms of `fastmlp.ops` or NumPy's
            functions; or an object with forward(x), which returns y, and
            backward(x, y, dy), which returns dx.

    Raises:
        ValueError: There is no such activation.

    Example:
        >>> get("relu").__name__
        'relu'
    """
    if identifier is None:
        return linear
    identifier = own_or_same("activation function", identifier, _BY_NAME)
    if isinstance(identifier, str):
        return look_up("activation function", identifier, _BY_NAME)
    if is_compiled(identifier) or _is_own(identifier):
        return identifier  # type: ignore[return-value]
    raise ValueError(
        f"Could not interpret activation function identifier of type "
        f"{type(identifier).__name__}. These are compiled: "
        f"{', '.join(sorted(_BY_NAME))}. One of your own is a function, or an object "
        "with forward and backward; and one with settings a layer, such as "
        "layers.LeakyReLU(0.1)."
    )


def _is_own(function: Any) -> bool:
    """Tell whether it is an activation of the user's: a function, or both ways."""
    if hasattr(function, "forward") and hasattr(function, "backward"):
        return not isinstance(function, type)
    return inspect.isfunction(function) or isinstance(
        function, (np.ufunc, functools.partial)
    )


def serialize(function: ActivationFunction) -> str:
    """Return the name of an activation, which `get` takes.

    Example:
        >>> serialize(relu)
        'relu'
    """
    return get(function).__name__
