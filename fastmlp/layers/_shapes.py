"""Shapes: of a batch, (None, 28, 28), and of one sample of it, (28, 28)."""

from __future__ import annotations

import math
import operator
from typing import Any

from fastmlp._check.numbers import describe

Shape = tuple[int | None, ...]


def sizes_of(shape: Shape) -> tuple[int, ...]:
    """Return the shape of one sample of a batch of that shape.

    Example:
        >>> sizes_of((None, 28, 28))
        (28, 28)
    """
    return tuple(size for size in shape[1:] if size is not None)


def row_size(shape: Shape) -> int:
    """Return how many numbers one sample of a batch of that shape is.

    Example:
        >>> row_size((None, 28, 28))
        784
    """
    return math.prod(sizes_of(shape))


def steps_of(shape: Shape) -> int:
    """Return how many vectors one sample is: those along its last axis.

    Example:
        >>> steps_of((None, 28, 28)), steps_of((None, 784))
        (28, 1)
    """
    return math.prod(sizes_of(shape)[:-1])


def batch_shape(input_shape: Any) -> Shape:
    """Return the shape of a batch, checked: (None, inputs) or (None, rows, columns).

    Raises:
        ValueError: It has no sizes for a sample, or one is not positive.
    """
    if not isinstance(input_shape, (tuple, list)) or len(input_shape) < 2:
        raise ValueError(
            f"input_shape must be (None, inputs), such as (None, 784), not "
            f"{describe(input_shape)}."
        )
    return (None, *sample_shape(input_shape[1:]))


def sample_shape(shape: Any) -> tuple[int, ...]:
    """Return the shape of one sample, checked.

    Raises:
        ValueError: The shape is not a tuple of positive whole numbers.
    """
    if not isinstance(shape, (tuple, list)):
        raise ValueError(
            f"Cannot convert {describe(shape)} to a shape: write a tuple, such as "
            "(784,)."
        )
    if None in shape:
        raise ValueError(
            f"Cannot convert {describe(tuple(shape))} to a shape: it must have "
            "positive whole numbers, since all samples are of one size. Pad those that "
            "are shorter, and write their length, such as (256,)."
        )
    try:
        sizes = tuple(operator.index(size) for size in shape)
    except TypeError:
        sizes = ()
    if not sizes or min(sizes) < 1:
        raise ValueError(
            f"Cannot convert {describe(tuple(shape))} to a shape: it must have "
            "positive whole numbers, such as (784,) for samples of 784 numbers."
        )
    return sizes


def declared_shape(
    input_shape: Any, input_dim: Any, batch_input_shape: Any
) -> tuple[int, ...] | None:
    """Return the shape of one sample that a layer was told, in one of three ways.

    Raises:
        ValueError: It was told in several, or what it was told is no shape.

    Example:
        >>> declared_shape(None, 4, None), declared_shape(None, None, (None, 2, 3))
        ((4,), (2, 3))
    """
    ways = {
        "input_dim": input_dim,
        "input_shape": input_shape,
        "batch_input_shape": batch_input_shape,
    }
    said = [name for name, shape in ways.items() if shape is not None]
    if len(said) > 1:
        raise ValueError(f"{' and '.join(said)} say the same: leave one of them out.")
    if batch_input_shape is not None:
        return sizes_of(batch_shape(batch_input_shape))
    if input_dim is not None:
        input_shape = (input_dim,)
    return None if input_shape is None else sample_shape(input_shape)


def with_rows_of(input_shape: Any, shapes: Any) -> Any:
    """Return the shapes of batches with as many rows as the inputs have.

    Args:
        input_shape: The shape of a batch of inputs, where the number of rows may be
            None; of several inputs, such shapes in a list or a dictionary.
        shapes: The same of outputs, with None for the rows.

    Raises:
        ValueError: The number of rows is neither None nor a whole number from 1 on.

    Example:
        >>> with_rows_of((32, 784), (None, 10))
        (32, 10)
    """
    rows = input_shape
    while isinstance(rows, (tuple, list, dict)):
        rows = next(iter(rows.values() if isinstance(rows, dict) else rows))
    if rows is None:
        return shapes
    if isinstance(shapes, dict):
        return {name: with_rows_of(rows, shape) for name, shape in shapes.items()}
    if isinstance(shapes[0], (tuple, list)):
        return type(shapes)(with_rows_of(rows, shape) for shape in shapes)
    return (*sample_shape((rows,)), *shapes[1:])
