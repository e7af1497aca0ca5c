"""Errors: how far numbers are from what they should be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar

from fastmlp.metrics._metric import Metric

__all__ = ["MeanAbsoluteError", "MeanSquaredError", "RootMeanSquaredError"]


class MeanSquaredError(Metric):
    """The mean of the squared differences.

    Args:
        name: Its name.
        dtype: Accepted as "float32" only.

    Example:
        >>> MeanSquaredError()([[0.0], [0.0]], [[1.0], [3.0]])
        5.0
    """

    aliases: ClassVar[tuple[str, ...]] = ("mse",)
    kernel = "mean_squared_error"


class RootMeanSquaredError(MeanSquaredError):
    """The root of the mean of the squared differences, in the unit of the targets.

    Args:
        name: Its name.
        dtype: Accepted as "float32" only.

    Example:
        >>> RootMeanSquaredError()([[0.0], [0.0]], [[1.0], [7.0]])
        5.0
    """

    def value(self, totals: Sequence[float]) -> float:
        """Return the root of the mean."""
        return math.sqrt(super().value(totals))


class MeanAbsoluteError(Metric):
    """The mean of the sizes of the differences.

    Args:
        name: Its name.
        dtype: Accepted as "float32" only.

    Example:
        >>> MeanAbsoluteError()([[0.0], [0.0]], [[1.0], [-3.0]])
        2.0
    """

    aliases: ClassVar[tuple[str, ...]] = ("mae",)
    kernel = "mean_absolute_error"
