"""Labels as one-hot rows."""

from __future__ import annotations

import contextlib

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp._check.numbers import as_count, refuse_masked
from fastmlp._util.keywords import suggesting
from fastmlp._util.one_hot import one_hot
from fastmlp._util.warn import warn

__all__ = ["to_categorical"]


@suggesting
def to_categorical(x: ArrayLike, num_classes: int | None = None) -> NDArray[np.float64]:
    """Turn integer labels into one-hot rows.

    Args:
        x: Labels from 0 to `num_classes - 1`, an array of any shape. A last axis
            of length 1 is dropped: shape (n, 1) counts as (n,). Numbers with a
            fraction are cut off (1.9 is class 1) and text is read as numbers.
        num_classes: Number of classes; None (the default) or 0 takes the
            largest label plus one.

    Returns:
        An array of shape `x.shape + (num_classes,)` that holds a single 1 in
        each row, float64 as in Keras.

    Raises:
        ValueError: A label is negative or no number, `num_classes` is negative,
            or there is neither a label nor `num_classes`.
        IndexError: A label is `num_classes` or larger.
        TypeError: `num_classes` is not a whole number.

    Example:
        >>> to_categorical([0, 2, 1])
        array([[1., 0., 0.],
               [0., 0., 1.],
               [0., 1., 0.]])
    """
    labels = _whole_labels(x)
    shape = labels.shape
    if len(shape) == 2 and shape[1] > 1 and _is_one_hot(labels):
        warn(
            f"to_categorical was given shape {shape}, whose rows are one-hot already: "
            f"they become shape {(*shape, 2)}. Was that line run two times? Use them "
            "as they are."
        )
    if len(shape) > 1 and shape[-1] == 1:
        shape = shape[:-1]
    labels = labels.reshape(-1)
    if labels.size and labels.min() < 0:
        raise ValueError(
            "to_categorical needs labels of 0 and above, but the smallest label is "
            f"{labels.min()}. Shift the labels so that they start at 0."
        )
    classes = as_count("num_classes", num_classes, 1) if num_classes else 0
    if classes == 0:
        if labels.size == 0:
            raise ValueError(
                "to_categorical got no labels, so it cannot tell how many classes "
                "there are. Give it num_classes."
            )
        classes = int(labels.max()) + 1
    if labels.size and labels.max() >= classes:
        raise IndexError(
            f"With num_classes={classes} the labels must lie in 0..{classes - 1}, "
            f"but the largest label is {labels.max()}. Raise num_classes, or check "
            "the labels: they count from 0."
        )
    return one_hot(labels.reshape(shape), classes, np.float64)


def _is_one_hot(labels: NDArray[np.int64]) -> bool:
    """Tell whether each row has a single 1, and 0 elsewhere."""
    return bool(
        labels.size
        and labels.min() >= 0
        and (labels.max(axis=1) == 1).all()
        and (labels.sum(axis=1) == 1).all()
    )


def _whole_labels(x: ArrayLike) -> NDArray[np.int64]:
    """Return labels as int64, cut off after the point, or say why they are none."""
    refuse_masked("x", x)
    labels = np.asarray(x)
    # In float64, since 2**63 is beyond float16.
    if labels.dtype.kind == "f" and not (abs(labels.astype(float)) < 2.0**63).all():
        raise ValueError(
            "to_categorical needs a class number for every label, but some labels are "
            "NaN, infinite or too large. Drop those rows, or number them anew."
        )
    if labels.dtype.kind in "biufUSO":
        with contextlib.suppress(TypeError, ValueError, OverflowError):
            return labels.astype(np.int64)
    raise ValueError(
        "to_categorical needs whole numbers as labels, but it got values of type "
        f"{labels.dtype}. Number the classes first, for example with "
        "numpy.unique(labels, return_inverse=True)[1]."
    )
