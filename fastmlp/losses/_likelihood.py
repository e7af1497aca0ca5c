"""Losses of likelihood: for answers that are distributions, or counts."""

from __future__ import annotations

import math
from typing import ClassVar

from numpy.typing import ArrayLike

from fastmlp._util.keywords import suggesting
from fastmlp.losses._loss import KernelLoss
from fastmlp.plan import Float32

__all__ = ["KLDivergence", "Poisson", "kl_divergence", "poisson"]


@suggesting
def kl_divergence(y_true: ArrayLike, y_pred: ArrayLike) -> Float32:
    """Return sum_j t_j log(t_j / y_j) for each row: how far y is from distribution t.

    What is below 1e-7 counts as 1e-7, and what is above 1 as 1.

    Source: S. Kullback, R. A. Leibler, On Information and Sufficiency, 1951.

    Args:
        y_true: Targets t, (rows, columns), from 0 to 1.
        y_pred: Outputs y, (rows, columns), such as those of a softmax.

    Returns:
        The losses, (rows,), in nats.

    Raises:
        ValueError: The shapes differ.

    Example:
        >>> kl_divergence([[0.0, 1.0]], [[0.5, 0.5]]).round(4)
        array([0.6931], dtype=float32)
    """
    return KLDivergence().of_rows(y_true, y_pred)


@suggesting
def poisson(y_true: ArrayLike, y_pred: ArrayLike) -> Float32:
    """Return the mean over the columns of y - t log(y + 1e-7), for each row.

    That is -log of the chance of counts t where y are expected, but for what only
    depends on t. Of outputs below 0 it is NaN: let the last activation be "exponential"
    or "softplus".

    Args:
        y_true: Counts t, (rows, columns), from 0.
        y_pred: Expected counts y, (rows, columns), above 0.

    Returns:
        The losses, (rows,), in nats.

    Raises:
        ValueError: The shapes differ.

    Example:
        >>> poisson([[3.0, 1.0]], [[1.0, 2.0]]).round(4)
        array([1.1534], dtype=float32)
    """
    return Poisson().of_rows(y_true, y_pred)


class KLDivergence(KernelLoss):
    """How far outputs are from a distribution; see `kl_divergence`.

    Args:
        reduction: See `Loss`. Default "sum_over_batch_size".
        name: Its name.
        dtype: Accepted as "float32" only.

    Example:
        >>> round(KLDivergence()([[0.0, 1.0]], [[0.5, 0.5]]), 4)
        0.6931
    """

    target_range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    kernel_name = "kl_divergence"


class Poisson(KernelLoss):
    """How unlikely counts are where others are expected; see `poisson`.

    Args:
        reduction: See `Loss`. Default "sum_over_batch_size".
        name: Its name.
        dtype: Accepted as "float32" only.

    Example:
        >>> round(Poisson()([[3.0, 1.0]], [[1.0, 2.0]]), 4)
        1.1534
    """

    target_range: ClassVar[tuple[float, float]] = (0.0, math.inf)
    kernel_name = "poisson"
