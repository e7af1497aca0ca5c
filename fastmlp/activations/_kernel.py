"""The kernel behind each activation, and how it is applied to whatever x is."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from fastmlp import kernels, tables
from fastmlp._check.numbers import as_float32, real_numbers, whole_number_between
from fastmlp._util.keywords import suggesting
from fastmlp._util.result import as_result
from fastmlp.plan import Float32

ActivationFunction: TypeAlias = Callable[[ArrayLike], Float32]
Function = TypeVar("Function", bound=Callable[..., Float32])


class Kernel(NamedTuple):
    """The kernel behind an activation, by its name, and what it is set to."""

    name: str
    settings: Mapping[str, float] = MappingProxyType({})


# What stands for an activation of the user's.
OWN = Kernel("own")

# The functions by their names, and the kernel of each without further arguments.
BY_NAME: dict[str, ActivationFunction] = {}
KERNELS: dict[ActivationFunction, Kernel] = {}


def activation(
    *aliases: str, kernel: str = "", **settings: float
) -> Callable[[Function], Function]:
    """Make a function known by its name, and by others.

    Args:
        *aliases: The others.
        kernel: What its kernel is called. Default: as the function is.
        **settings: What that is set to, unless the function is told otherwise.
    """

    def register(function: Function) -> Function:
        name = function.__name__
        function = suggesting(function)
        BY_NAME.update(dict.fromkeys((name, *aliases), function))
        KERNELS[function] = Kernel(kernel or name, settings)
        return function

    return register


def apply(kernel: Kernel, x: Any, axis: int = -1) -> Float32:
    """Return what a kernel makes of x: numbers, or what stands for them in an equation.

    Args:
        kernel: Which, and what it is set to.
        x: Numbers of any shape; or traced, or a symbolic tensor.
        axis: Of one that works on rows, along which axis.

    Raises:
        ValueError: x has no such axis.

    Example:
        >>> apply(Kernel("clipped_relu", {"max_value": 6.0}), [-1.0, 9.0])
        array([0., 6.], dtype=float32)
    """
    if hasattr(x, "node") or hasattr(x, "parents"):
        noted: Float32 = _noted(kernel, x, axis)
        return noted
    y: Float32 = as_result(_computed(kernel, x, axis))
    return y


def _computed(kernel: Kernel, x: Any, axis: int) -> Any:
    """Return what a kernel makes of numbers."""
    if kernel.name == "linear":
        return as_float32("x", real_numbers("x", x), finite=False)
    function = getattr(kernels, kernel.name)
    if kernel.name not in tables.ROW_WISE:
        return function(x, **kernel.settings)
    x = real_numbers("x", x)
    if x.ndim == 0:
        raise ValueError(
            f"{kernel.name} needs at least one axis; x is a single number."
        )
    axis = whole_number_between("axis", axis, -x.ndim, x.ndim - 1)
    x = np.moveaxis(x, axis, -1)
    rows = math.prod(x.shape[:-1])
    y = function(x.reshape(rows, x.shape[-1])).reshape(x.shape)
    return np.moveaxis(y, -1, axis)


def _noted(kernel: Kernel, x: Any, axis: int) -> Any:
    """Take note of an activation in an equation, or in a network that is drawn."""
    if hasattr(x, "node"):
        return _as_layer(kernel, x, axis)
    # Only here: to import the operations takes longer than most programs need.
    from fastmlp.ops._nn import along_rows, kernel_activation

    if kernel.name in tables.ROW_WISE:
        return along_rows(x, kernel, axis)
    return kernel_activation(x, kernel)


def _as_layer(kernel: Kernel, tensor: Any, axis: int) -> Any:
    """Return the symbolic tensor of what an activation makes of another one."""
    from fastmlp import layers
    from fastmlp.layers._own import noted

    for name, function in BY_NAME.items():
        if KERNELS[function] == kernel and axis == -1:
            return layers.Activation(name)(tensor)  # type: ignore[arg-type]

    def operation(x: Any, axis: int, **settings: float) -> Any:
        return apply(Kernel(kernel.name, settings), x, axis)

    operation.__name__ = kernel.name
    return noted(operation, (tensor,), {"axis": axis, **kernel.settings})
