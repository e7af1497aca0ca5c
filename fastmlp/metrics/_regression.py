"""Errors: how far numbers are from what they should be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fastmlp.losses._loss import refuse_other_axes
from fastmlp.metrics._metric import Metric

if TYPE_CHECKING:
    from fastmlp.typing import DType

__all__ = [
    "CosineSimilarity",
    "LogCoshError",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "RootMeanSquaredError",
]


class MeanSquaredError(Metric):
    """The mean of the squared differences.

    Args:
        name: Its name.
        dtype: Accepted as "float32" only.

    Example:
        >>> MeanSquaredError()([[0.0], [0.0]], [[1.0], [3.0]])
        5.0
    """

    kernel = "mean_squared_error"
    direction = "down"


class RootMeanSquaredError(MeanSquaredError):
    """The root of the mean of the squared differences, in the unit of the targets.

    Args:
        name: Its name.
        dtype: Accepted as "float32" only.

    Example:
        >>> RootMeanSquaredError()([[0.0], [0.0]], [[1.0], [7.0]])
        5.0
    """

    entrywise = True

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

    kernel = "mean_absolute_error"
    direction = "down"


class MeanAbsolutePercentageError(Metric):
    """By how many percent outputs are off.

    A target that is nearer to 0 than 1e-7 counts as 1e-7, so that its error is huge.

    Args:
        name: Its name.
        dtype: Accepted as "float32" only.

    Example:
        >>> round(MeanAbsolutePercentageError()([[10.0], [4.0]], [[11.0], [5.0]]), 4)
        17.5
    """

    kernel = "mean_absolute_percentage_error"
    direction = "down"


class MeanSquaredLogarithmicError(Metric):
    """The mean of (log(1 + y_pred) - log(1 + y_true))^2: an error of magnitudes.

    Args:
        name: Its name.
        dtype: Accepted as "float32" only.

    Example:
        >>> round(MeanSquaredLogarithmicError()([[9.0], [99.0]], [[19.0], [199.0]]), 4)
        0.4805
    """

    kernel = "mean_squared_logarithmic_error"
    direction = "down"


class LogCoshError(Metric):
    """The mean of log(cosh(y_pred - y_true)).

    Args:
        name: Its name. Default "logcosh".
        dtype: Accepted as "float32" only.

    Example:
        >>> round(LogCoshError()([[0.0], [0.0]], [[0.5], [3.0]]), 4)
        1.2147
    """

    kernel = "log_cosh"
    direction = "down"

    def __init__(self, name: str = "logcosh", dtype: DType = None) -> None:
        super().__init__(name, dtype)


class CosineSimilarity(Metric):
    """The cosine of the angle between targets and outputs: 1 for one direction.

    The loss of that name is minus this. A row of zeros has no direction: 0.

    Args:
        name: Its name.
        dtype: Accepted as "float32" only.
        axis: Accepted as -1 only.

    Raises:
        ValueError: The axis is another.

    Example:
        >>> round(CosineSimilarity()([[0.0, 1.0]], [[3.0, 4.0]]), 4)
        0.8
    """

    kernel = "cosine_similarity"
    direction = "up"

    def __init__(
        self, name: str = "cosine_similarity", dtype: DType = None, axis: int = -1
    ) -> None:
        super().__init__(name, dtype)
        refuse_other_axes(axis)

    def value(self, totals: Sequence[float]) -> float:
        """Return the mean of the cosines, which are minus the losses."""
        return -float(super().value(totals))
