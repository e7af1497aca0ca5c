"""Targets and weights of samples whose outputs are tables: a row for each step."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp._check.inputs import Loss, as_targets, as_weights
from fastmlp._check.numbers import real_numbers
from fastmlp.plan import Float32

Shape = tuple[int, ...]


def table_targets(
    y: Any, loss: Loss, rows: int, shape: Shape
) -> tuple[Float32 | None, NDArray[np.intc] | None]:
    """Return the targets of outputs of any shape, as `as_targets` does those of rows.

    Args:
        y: What the user gave.
        loss: The loss, which decides what targets are.
        rows: How many samples x has.
        shape: The shape of what comes out of one of them.

    Returns:
        (t, None), t of shape (rows, outputs), or (None, labels), labels (rows, steps).

    Raises:
        TypeError: y is missing or does not hold real numbers.
        ValueError: Length, shape or values do not fit the loss.
    """
    *axes, columns = shape
    if not axes or y is None:
        return as_targets(y, loss, rows, columns)
    array = real_numbers("y", y)
    wanted = (*axes,) if loss.targets == "labels" else shape
    # As in Keras, an axis of length 1 may be missing at the end, or one too many.
    if array.shape[1:] not in (wanted, (*wanted, 1)) and not (
        wanted[-1:] == (1,) and array.shape[1:] == wanted[:-1]
    ):
        raise ValueError(_wrong_shape(array.shape, wanted, rows, shape))
    steps = math.prod(axes)
    by_steps = array.reshape(len(array) * steps, -1)
    t, labels = as_targets(by_steps, loss, rows * steps, columns)
    return (
        None if t is None else t.reshape(rows, steps * columns),
        None if labels is None else labels.reshape(rows, steps),
    )


def table_weights(sample_weight: Any, rows: int, shape: Shape) -> Float32:
    """Return how much each row of targets counts: (rows,), or of tables (rows, steps).

    Raises:
        TypeError: It does not hold real numbers.
        ValueError: There is not one finite weight of at least 0 for each sample, or for
            each step.
    """
    axes = shape[:-1]
    if not axes:
        return as_weights(sample_weight, rows)
    steps = math.prod(axes)
    array = real_numbers("sample_weight", sample_weight)
    if array.shape in ((rows, *axes), (rows, *axes, 1)):
        return as_weights(array.reshape(-1), rows * steps).reshape(rows, steps)
    return np.repeat(as_weights(array, rows)[:, None], steps, axis=1)


def _wrong_shape(found: Shape, wanted: Shape, rows: int, shape: Shape) -> str:
    """Say what shape y must have, and what may be meant instead."""
    hint = ""
    if len(found) <= 2:
        hint = (
            " If a sample is to have one row of outputs, put layers.Flatten() or a "
            "pooling layer somewhere before the end of the model."
        )
    return (
        f"y has shape {found}, but what comes out of a sample has shape {shape}. Give "
        f"y the shape {(rows, *wanted)}.{hint}"
    )
