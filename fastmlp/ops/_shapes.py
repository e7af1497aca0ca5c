"""Shapes: the same numbers in another order, or in other places.

None of them computes anything. So the gradient of each number is that of the place
where it went, or the sum of several, if it was copied: `_moved` says so for all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fastmlp._check.numbers import describe
from fastmlp.ops._arrays import axes_of
from fastmlp.ops._making import Shape, shape
from fastmlp.ops._tape import Rule, computed, differentiable, record
from fastmlp.ops._traced import Array, Axis, Backward, TensorLike

__all__ = [
    "broadcast_to", "concatenate", "expand_dims", "flip", "get_item", "moveaxis",
    "ravel", "repeat", "reshape", "roll", "split", "squeeze", "stack", "swapaxes",
    "take", "take_along_axis", "tile", "transpose",
]  # fmt: skip


def _moved(move: Callable[[Array], Array], x: Array) -> Rule:
    """y holds numbers of x in other places: dx_i is the sum of dy where x_i went."""

    def backward(dy: Array) -> Array:
        origins = move(np.arange(x.size).reshape(x.shape))
        dx = np.zeros(x.size, dy.dtype)
        np.add.at(dx, np.ravel(origins), np.ravel(dy))
        return dx.reshape(x.shape)

    return move(x), backward


# -- The same order -------------------------------------------------------------


@differentiable
def reshape(x: TensorLike, newshape: Shape) -> Rule:
    """Return the numbers in the same order in another shape.

    Args:
        x: Numbers of any shape.
        newshape: The lengths of the axes; one may be -1, which is what is left.

    Example:
        >>> reshape([1.0, 2.0, 3.0, 4.0], (2, -1))
        array([[1., 2.],
               [3., 4.]], dtype=float32)
    """
    return np.reshape(x, newshape), lambda dy: dy.reshape(x.shape)


@differentiable
def ravel(x: TensorLike) -> Rule:
    """Return the numbers row by row along a single axis.

    Example:
        >>> ravel([[1.0, 2.0], [3.0, 4.0]])
        array([1., 2., 3., 4.], dtype=float32)
    """
    return np.ravel(x), lambda dy: dy.reshape(x.shape)


@differentiable
def expand_dims(x: TensorLike, axis: int | Sequence[int]) -> Rule:
    """Return the numbers with new axes of length 1.

    Args:
        x: Numbers of any shape.
        axis: Where the new axis stands afterwards, or several of them.

    Example:
        >>> expand_dims([1.0, 2.0], -1)
        array([[1.],
               [2.]], dtype=float32)
    """
    return np.expand_dims(x, axis), lambda dy: dy.reshape(x.shape)


@differentiable
def squeeze(x: TensorLike, axis: Axis = None) -> Rule:
    """Return the numbers without axes of length 1.

    Args:
        x: Numbers of any shape.
        axis: Which axis, or axes. Default None: all that have length 1.

    Example:
        >>> squeeze([[1.0], [2.0]])
        array([1., 2.], dtype=float32)
    """
    return np.squeeze(x, axis), lambda dy: dy.reshape(x.shape)


@differentiable
def broadcast_to(x: TensorLike, shape: Shape) -> Rule:
    """Return the numbers stretched to a shape, as + does for what it adds.

    Args:
        x: Numbers.
        shape: Its last axes are those of x, or longer where those have length 1.

    Example:
        >>> broadcast_to([1.0, 2.0], (2, 2))
        array([[1., 2.],
               [1., 2.]], dtype=float32)
    """
    return np.broadcast_to(x, shape), lambda dy: dy


# -- Another order --------------------------------------------------------------


@differentiable
def transpose(x: TensorLike, axes: Sequence[int] | None = None) -> Rule:
    """Return the numbers with their axes in another order.

    Args:
        x: Numbers of any shape.
        axes: The order. Default None: the reverse.

    Example:
        >>> transpose([[1.0, 2.0], [3.0, 4.0]])
        array([[1., 3.],
               [2., 4.]], dtype=float32)
    """
    back = None if axes is None else np.argsort(axes_of(axes, x))
    return np.transpose(x, axes), lambda dy: np.transpose(dy, back)


@differentiable
def moveaxis(
    x: TensorLike, source: int | Sequence[int], destination: int | Sequence[int]
) -> Rule:
    """Return the numbers with an axis, or several, in another place.

    Args:
        x: Numbers of any shape.
        source: Where the axis is.
        destination: Where it shall be.

    Example:
        >>> shape(moveaxis(np.ones((2, 3, 4)), 0, -1))
        (3, 4, 2)
    """
    y = np.moveaxis(x, source, destination)
    return y, lambda dy: np.moveaxis(dy, destination, source)


@differentiable
def swapaxes(x: TensorLike, axis1: int, axis2: int) -> Rule:
    """Return the numbers with two axes exchanged.

    Args:
        x: Numbers of any shape.
        axis1: One of them.
        axis2: The other.

    Example:
        >>> shape(swapaxes(np.ones((2, 3, 4)), 0, 1))
        (3, 2, 4)
    """
    return np.swapaxes(x, axis1, axis2), lambda dy: np.swapaxes(dy, axis1, axis2)


@differentiable
def flip(x: TensorLike, axis: Axis = None) -> Rule:
    """Return the numbers in reverse order.

    Args:
        x: Numbers of any shape.
        axis: Along which axis, or axes. Default None: all.

    Example:
        >>> flip([1.0, 2.0, 3.0])
        array([3., 2., 1.], dtype=float32)
    """
    axes = axes_of(axis, x)
    return np.flip(x, axes), lambda dy: np.flip(dy, axes)


@differentiable
def roll(x: TensorLike, shift: int, axis: int | None = None) -> Rule:
    """Return the numbers further on; what falls off at the end comes in at the front.

    Args:
        x: Numbers of any shape.
        shift: How far.
        axis: Along which axis. Default None: row by row.

    Example:
        >>> roll([1.0, 2.0, 3.0], 1)
        array([3., 1., 2.], dtype=float32)
    """
    return np.roll(x, shift, axis), lambda dy: np.roll(dy, -shift, axis)


# -- Some of them, or some several times ----------------------------------------


@differentiable
def get_item(x: TensorLike, key: Any) -> Rule:
    """Return x[key].

    Args:
        x: Numbers of any shape.
        key: What may stand between the brackets.

    Example:
        >>> get_item([1.0, 2.0, 3.0], slice(1, None))
        array([2., 3.], dtype=float32)
    """
    return _moved(lambda x: x[key], x)


@differentiable
def take(x: TensorLike, indices: Any, axis: int | None = None) -> Rule:
    """Return what stands at some indices.

    Args:
        x: Numbers of any shape.
        indices: Whole numbers of any shape.
        axis: Along which axis. Default None: row by row.

    Example:
        >>> take([1.0, 2.0, 3.0], [2, 0, 0])
        array([3., 1., 1.], dtype=float32)
    """
    return _moved(lambda x: np.take(x, indices, axis), x)


@differentiable
def take_along_axis(x: TensorLike, indices: Any, axis: int | None = None) -> Rule:
    """Return, of each row, what stands at its own indices.

    Args:
        x: Numbers of any shape.
        indices: Whole numbers: the shape of x but for one axis.
        axis: That axis. Default None: of all, row by row.

    Example:
        >>> take_along_axis([[1.0, 2.0], [3.0, 4.0]], [[1], [0]], 1)
        array([[2.],
               [3.]], dtype=float32)
    """
    places = np.asarray(indices)
    return _moved(lambda x: np.take_along_axis(x, places, axis), x)


@differentiable
def repeat(x: TensorLike, repeats: Any, axis: int | None = None) -> Rule:
    """Return each element several times, side by side.

    Args:
        x: Numbers of any shape.
        repeats: How often: one number, or one for each element of the axis.
        axis: Along which axis. Default None: row by row.

    Example:
        >>> repeat([1.0, 2.0], 2)
        array([1., 1., 2., 2.], dtype=float32)
    """
    return _moved(lambda x: np.repeat(x, repeats, axis), x)


@differentiable
def tile(x: TensorLike, repeats: Shape) -> Rule:
    """Return the whole several times, side by side.

    Args:
        x: Numbers of any shape.
        repeats: How often along each axis.

    Example:
        >>> tile([1.0, 2.0], 2)
        array([1., 2., 1., 2.], dtype=float32)
    """
    return _moved(lambda x: np.tile(x, repeats), x)


# -- Several arrays -------------------------------------------------------------


def concatenate(xs: Sequence[TensorLike], axis: int = 0) -> Any:
    """Join arrays end to end; each gets its part of dy.

    Args:
        xs: Arrays of the same shape, but for one axis.
        axis: That axis. Default 0.

    Example:
        >>> concatenate([[1.0, 2.0], [3.0]])
        array([1., 2., 3.], dtype=float32)
    """
    return record(_concatenate, _names(xs), xs, axis)


def _concatenate(*arguments: Any) -> Rule:
    *xs, axis = arguments
    ends = np.cumsum([x.shape[axis] for x in xs])[:-1]

    def part(i: int) -> Backward:
        return lambda dy: np.split(dy, ends, axis)[i]

    return np.concatenate(xs, axis), *map(part, range(len(xs)))


def stack(x: Sequence[TensorLike], axis: int = 0) -> Any:
    """Join arrays of one shape along a new axis.

    Args:
        x: The arrays.
        axis: Where the new axis stands. Default 0.

    Example:
        >>> stack([[1.0, 2.0], [3.0, 4.0]])
        array([[1., 2.],
               [3., 4.]], dtype=float32)
    """
    _names(x)
    return concatenate([expand_dims(one, axis) for one in x], axis)


def _names(xs: Sequence[TensorLike]) -> list[str]:
    """Return what messages call the arrays of a list, or say that it is none.

    Raises:
        TypeError: It is no list.
        ValueError: It is empty.
    """
    if not isinstance(xs, (list, tuple)):
        raise TypeError(
            f"xs must be a list of arrays to be joined, such as [a, b], not "
            f"{describe(xs)}."
        )
    if not xs:
        raise ValueError("xs must hold at least one array to be joined, but has none.")
    return [f"xs[{i}]" for i in range(len(xs))]


def split(
    x: TensorLike, indices_or_sections: int | Sequence[int], axis: int = 0
) -> list[Any]:
    """Cut an array into parts along an axis.

    Args:
        x: Numbers with at least one axis.
        indices_or_sections: How many parts of equal length, or where the second, the
            third ... begins.
        axis: The axis. Default 0.

    Example:
        >>> split([1.0, 2.0, 3.0], [1])
        [array([1.], dtype=float32), array([2., 3.], dtype=float32)]
    """
    parts = computed(
        "split", [x], np.split, np.arange(shape(x)[axis]), indices_or_sections
    )
    return [take(x, places, axis) for places in parts]
