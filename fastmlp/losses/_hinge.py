"""Hinges: for scores that are to be right by a margin of 1."""

from __future__ import annotations

from typing import ClassVar

from numpy.typing import ArrayLike

from fastmlp._util.keywords import suggesting
from fastmlp.losses._loss import KernelLoss, Targets
from fastmlp.plan import Float32

__all__ = [
    "CategoricalHinge",
    "Hinge",
    "SquaredHinge",
    "categorical_hinge",
    "hinge",
    "squared_hinge",
]


@suggesting
def hinge(y_true: ArrayLike, y_pred: ArrayLike) -> Float32:
    """Return the mean over the columns of max(1 - y_true y_pred, 0), for each row.

    Args:
        y_true: Targets, -1 (or 0) for no and 1 for yes, (rows, columns).
        y_pred: Scores: above 0 is yes, (rows, columns).

    Returns:
        The losses, (rows,).

    Raises:
        ValueError: The shapes differ.

    Example:
        >>> hinge([[1], [-1]], [[0.25], [0.5]])
        array([0.75, 1.5 ], dtype=float32)
    """
    return Hinge().of_rows(y_true, y_pred)


@suggesting
def squared_hinge(y_true: ArrayLike, y_pred: ArrayLike) -> Float32:
    """Return the mean over the columns of max(1 - y_true y_pred, 0)^2, for each row.

    Args:
        y_true: Targets, -1 (or 0) for no and 1 for yes, (rows, columns).
        y_pred: Scores: above 0 is yes, (rows, columns).

    Returns:
        The losses, (rows,).

    Raises:
        ValueError: The shapes differ.

    Example:
        >>> squared_hinge([[1], [-1]], [[0.25], [0.5]])
        array([0.5625, 2.25  ], dtype=float32)
    """
    return SquaredHinge().of_rows(y_true, y_pred)


@suggesting
def categorical_hinge(y_true: ArrayLike, y_pred: ArrayLike) -> Float32:
    """Return by how much the right class does not lead by 1, for each row.

    That is max(1 + max((1 - y_true) y_pred) - sum(y_true y_pred), 0).

    Source: K. Crammer, Y. Singer, On the Algorithmic Implementation of Multiclass
    Kernel-based Vector Machines, 2001.

    Args:
        y_true: Targets, one-hot, (rows, classes).
        y_pred: Scores, (rows, classes).

    Returns:
        The losses, (rows,).

    Raises:
        ValueError: The shapes differ.

    Example:
        >>> categorical_hinge([[1, 0, 0], [0, 1, 0]], [[3, 2.5, 0], [0, 4, 1]])
        array([0.5, 0. ], dtype=float32)
    """
    return CategoricalHinge().of_rows(y_true, y_pred)


class Hinge(KernelLoss):
    """How far scores are from being right by a margin of 1; see `hinge`.

    Args:
        reduction: See `Loss`. Default "sum_over_batch_size".
        name: Its name.
        dtype: Accepted as "float32" only.

    Example:
        >>> Hinge()([[1], [-1]], [[0.25], [0.5]])
        1.125
    """

    targets: ClassVar[Targets] = "signs"
    kernel_name = "hinge"


class SquaredHinge(KernelLoss):
    """The same, squared; see `squared_hinge`.

    Args:
        reduction: See `Loss`. Default "sum_over_batch_size".
        name: Its name.
        dtype: Accepted as "float32" only.

    Example:
        >>> SquaredHinge()([[1], [-1]], [[0.25], [0.5]])
        1.40625
    """

    targets: ClassVar[Targets] = "signs"
    kernel_name = "squared_hinge"


class CategoricalHinge(KernelLoss):
    """By how much the right class does not lead by 1; see `categorical_hinge`.

    Args:
        reduction: See `Loss`. Default "sum_over_batch_size".
        name: Its name.
        dtype: Accepted as "float32" only.

    Example:
        >>> CategoricalHinge()([[1, 0, 0], [0, 1, 0]], [[3, 2.5, 0], [0, 4, 1]])
        0.25
    """

    targets: ClassVar[Targets] = "distributions"
    kernel_name = "categorical_hinge"
