"""Metrics as functions: the numbers of single rows, of which a metric is the mean.

Those of losses are among them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp import kernels
from fastmlp._check.numbers import as_count, as_labels
from fastmlp._util.keywords import suggesting
from fastmlp._util.one_hot import one_hot
from fastmlp.losses import (
    binary_crossentropy,
    binary_focal_crossentropy,
    categorical_crossentropy,
    categorical_focal_crossentropy,
    categorical_hinge,
    hinge,
    huber,
    kl_divergence,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    poisson,
    sparse_categorical_crossentropy,
    squared_hinge,
)
from fastmlp.losses._loss import as_rows, outputs_of, targets_and_outputs

__all__ = [
    "binary_accuracy",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_accuracy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_hinge",
    "concordance_correlation",
    "hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "pearson_correlation",
    "poisson",
    "sparse_categorical_accuracy",
    "sparse_categorical_crossentropy",
    "sparse_top_k_categorical_accuracy",
    "squared_hinge",
    "top_k_categorical_accuracy",
]


@suggesting
def binary_accuracy(
    y_true: ArrayLike, y_pred: ArrayLike, threshold: float = 0.5
) -> NDArray[Any]:
    """Return 1 where an output is on the right side of the threshold, else 0.

    Args:
        y_true: Targets, 0 or 1.
        y_pred: Outputs, in the same shape.
        threshold: What yes is larger than.

    Returns:
        Numbers in that shape.

    Example:
        >>> binary_accuracy([[1], [0]], [[0.8], [0.6]]).ravel()
        array([1., 0.], dtype=float32)
    """
    t, y = targets_and_outputs(y_true, y_pred)
    found: NDArray[Any] = kernels.binary_accuracy(
        y.reshape(-1, 1), t.reshape(-1, 1), threshold
    )
    return found.reshape(y.shape)


@suggesting
def categorical_accuracy(y_true: ArrayLike, y_pred: ArrayLike) -> NDArray[Any]:
    """Return 1 where the largest output is that of the right class, else 0.

    Args:
        y_true: One-hot rows, (rows, classes).
        y_pred: Outputs, (rows, classes).

    Returns:
        A number for each row, (rows,).

    Example:
        >>> categorical_accuracy([[0, 1], [0, 1]], [[0.1, 0.9], [0.8, 0.2]])
        array([1., 0.], dtype=float32)
    """
    return _of_rows("categorical_accuracy", *targets_and_outputs(y_true, y_pred))


@suggesting
def sparse_categorical_accuracy(y_true: ArrayLike, y_pred: ArrayLike) -> NDArray[Any]:
    """Return 1 where the largest output is that of the right class, else 0.

    Args:
        y_true: Labels, (rows,).
        y_pred: Outputs, (rows, classes).

    Returns:
        A number for each row, (rows,).

    Example:
        >>> sparse_categorical_accuracy([1, 1], [[0.1, 0.9], [0.8, 0.2]])
        array([1., 0.], dtype=float32)
    """
    return _of_rows("categorical_accuracy", *_one_hot(y_true, y_pred))


@suggesting
def top_k_categorical_accuracy(
    y_true: ArrayLike, y_pred: ArrayLike, k: int = 5
) -> NDArray[Any]:
    """Return 1 where the right class is among the k largest outputs, else 0.

    Args:
        y_true: One-hot rows, (rows, classes).
        y_pred: Outputs, (rows, classes).
        k: How many outputs are looked at.

    Returns:
        A number for each row, (rows,).

    Example:
        >>> top_k_categorical_accuracy([[0, 0, 1]], [[0.1, 0.6, 0.3]], k=2)
        array([1.], dtype=float32)
    """
    k = as_count("k", k, 1)
    return _of_rows("top_k_accuracy", *targets_and_outputs(y_true, y_pred), k)


@suggesting
def sparse_top_k_categorical_accuracy(
    y_true: ArrayLike, y_pred: ArrayLike, k: int = 5
) -> NDArray[Any]:
    """Return 1 where the right class is among the k largest outputs, else 0.

    Args:
        y_true: Labels, (rows,).
        y_pred: Outputs, (rows, classes).
        k: How many outputs are looked at.

    Returns:
        A number for each row, (rows,).

    Example:
        >>> sparse_top_k_categorical_accuracy([2], [[0.1, 0.6, 0.3]], k=2)
        array([1.], dtype=float32)
    """
    k = as_count("k", k, 1)
    return _of_rows("top_k_accuracy", *_one_hot(y_true, y_pred), k)


@suggesting
def pearson_correlation(
    y_true: ArrayLike, y_pred: ArrayLike, axis: int = -1
) -> NDArray[Any]:
    """Return the Pearson correlations of targets and outputs along an axis.

    Args:
        y_true: Targets.
        y_pred: Outputs, in the same shape.
        axis: That along which numbers are compared. Default: the last.

    Returns:
        Numbers in the shape that is left without the axis.

    Example:
        >>> pearson_correlation([[0, 1, 0.5]], [[1, 3, 2]]).round(6)
        array([1.])
    """
    return _correlations(y_true, y_pred, axis, concordance=False)


@suggesting
def concordance_correlation(
    y_true: ArrayLike, y_pred: ArrayLike, axis: int = -1
) -> NDArray[Any]:
    """Return the concordance correlations of targets and outputs along an axis.

    Args:
        y_true: Targets.
        y_pred: Outputs, in the same shape.
        axis: That along which numbers are compared. Default: the last.

    Returns:
        Numbers in the shape that is left without the axis.

    Example:
        >>> concordance_correlation([[0, 1, 0.5]], [[0, 1, 0.5]]).round(6)
        array([1.])
    """
    return _correlations(y_true, y_pred, axis, concordance=True)


def _one_hot(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    y = outputs_of(y_pred)
    return one_hot(as_labels("y_true", y_true, y.shape[-1]), y.shape[-1]), y


def _of_rows(
    kernel: str, t: NDArray[Any], y: NDArray[Any], *settings: Any
) -> NDArray[Any]:
    """Return what a kernel makes of each row, in the shape in which they lie."""
    found: NDArray[Any] = getattr(kernels, kernel)(as_rows(y), as_rows(t), *settings)
    return found.reshape(y.shape[:-1])


def _correlations(
    y_true: ArrayLike, y_pred: ArrayLike, axis: int, *, concordance: bool
) -> NDArray[Any]:
    t, y = targets_and_outputs(y_true, y_pred)
    t, y = np.moveaxis(t, axis, -1), np.moveaxis(y, axis, -1)
    pairs = zip(as_rows(y), as_rows(t), strict=True)
    found = [
        kernels.correlation(row, target, concordance=concordance)[0]
        for row, target in ((one[None], other[None]) for one, other in pairs)
    ]
    return np.array(found).reshape(y.shape[:-1])
