"""Losses for regression: for answers that are numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

from numpy.typing import ArrayLike

from fastmlp._check.numbers import positive_number
from fastmlp._util.keywords import suggesting
from fastmlp.losses._loss import KernelLoss, refuse_other_axes
from fastmlp.plan import Float32

if TYPE_CHECKING:
    from fastmlp.typing import DType, Reduction

__all__ = [
    "CosineSimilarity",
    "Huber",
    "LogCosh",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "cosine_similarity",
    "huber",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
]


@suggesting
def mean_squared_error(y_true: ArrayLike, y_pred: ArrayLike) -> Float32:
    """Return the mean over the columns of (y_pred - y_true)^2, for each row.

    Args:
        y_true: Targets, (rows, columns).
        y_pred: Outputs, (rows, columns).

    Returns:
        The losses, (rows,).

    Raises:
        ValueError: The shapes differ.

    Example:
        >>> mean_squared_error([[0.0, 0.0]], [[1.0, 3.0]])
        array([5.], dtype=float32)
    """
    return MeanSquaredError().of_rows(y_true, y_pred)


@suggesting
def mean_absolute_error(y_true: ArrayLike, y_pred: ArrayLike) -> Float32:
    """Return the mean over the columns of |y_pred - y_true|, for each row.

    Args:
        y_true: Targets, (rows, columns).
        y_pred: Outputs, (rows, columns).

    Returns:
        The losses, (rows,).

    Raises:
        ValueError: The shapes differ.

    Example:
        >>> mean_absolute_error([[0.0, 0.0]], [[1.0, -3.0]])
        array([2.], dtype=float32)
    """
    return MeanAbsoluteError().of_rows(y_true, y_pred)


@suggesting
def huber(y_true: ArrayLike, y_pred: ArrayLike, delta: float = 1.0) -> Float32:
    """Return the mean over the columns of a loss that forgives outliers, for each row.

    With e = |y_pred - y_true|: e^2 / 2 up to delta, delta (e - delta / 2) beyond.

    Source: P. J. Huber, Robust Estimation of a Location Parameter, 1964.

    Args:
        y_true: Targets, (rows, columns).
        y_pred: Outputs, (rows, columns).
        delta: From which error on the loss grows in a line, positive.

    Returns:
        The losses, (rows,).

    Raises:
        ValueError: The shapes differ, or delta is not positive.

    Example:
        >>> huber([[0.0], [0.0]], [[0.5], [3.0]])
        array([0.125, 2.5  ], dtype=float32)
    """
    return Huber(delta).of_rows(y_true, y_pred)


@suggesting
def log_cosh(y_true: ArrayLike, y_pred: ArrayLike) -> Float32:
    """Return the mean over the columns of log(cosh(y_pred - y_true)), for each row.

    For a small error e that is e^2 / 2, for a large one |e| - log 2.

    Args:
        y_true: Targets, (rows, columns).
        y_pred: Outputs, (rows, columns).

    Returns:
        The losses, (rows,).

    Raises:
        ValueError: The shapes differ.

    Example:
        >>> log_cosh([[0.0], [0.0]], [[0.5], [3.0]]).round(4)
        array([0.1201, 2.3093], dtype=float32)
    """
    return LogCosh().of_rows(y_true, y_pred)


@suggesting
def mean_absolute_percentage_error(y_true: ArrayLike, y_pred: ArrayLike) -> Float32:
    """Return 100 times the mean of |y_pred - y_true| / |y_true|, for each row.

    A target that is nearer to 0 than 1e-7 counts as 1e-7, so that its error is huge.

    Args:
        y_true: Targets, (rows, columns).
        y_pred: Outputs, (rows, columns).

    Returns:
        The losses, (rows,), in percent.

    Raises:
        ValueError: The shapes differ.

    Example:
        >>> mean_absolute_percentage_error([[10.0, 4.0]], [[11.0, 5.0]]).round(4)
        array([17.5], dtype=float32)
    """
    return MeanAbsolutePercentageError().of_rows(y_true, y_pred)


@suggesting
def mean_squared_logarithmic_error(y_true: ArrayLike, y_pred: ArrayLike) -> Float32:
    """Return the mean of (log(1 + y_pred) - log(1 + y_true))^2, for each row.

    It asks for the right order of magnitude. What is below 1e-7 counts as 1e-7.

    Args:
        y_true: Targets, (rows, columns).
        y_pred: Outputs, (rows, columns).

    Returns:
        The losses, (rows,).

    Raises:
        ValueError: The shapes differ.

    Example:
        >>> mean_squared_logarithmic_error([[9.0], [99.0]], [[19.0], [199.0]]).round(4)
        array([0.4805, 0.4805], dtype=float32)
    """
    return MeanSquaredLogarithmicError().of_rows(y_true, y_pred)


@suggesting
def cosine_similarity(y_true: ArrayLike, y_pred: ArrayLike, axis: int = -1) -> Float32:
    """Return minus the cosine of the angle between y_true and y_pred, for each row.

    That is -1 for one direction, 0 for a right angle, and 1 for opposite directions. A
    row of zeros has no direction: 0.

    Args:
        y_true: Targets, (rows, columns).
        y_pred: Outputs, (rows, columns).
        axis: Accepted as -1 only: the columns are the last axis.

    Returns:
        The losses, (rows,).

    Raises:
        ValueError: The shapes differ.

    Example:
        >>> cosine_similarity([[0.0, 1.0], [0.0, 1.0]], [[0.0, 4.0], [3.0, -4.0]])
        array([-1. ,  0.8], dtype=float32)
    """
    return CosineSimilarity(axis).of_rows(y_true, y_pred)


class MeanSquaredError(KernelLoss):
    """The mean of the squared differences.

    Args:
        reduction: See `Loss`. Default "sum_over_batch_size".
        name: Its name.
        dtype: Accepted as "float32" only.

    Example:
        >>> MeanSquaredError()([[0.0], [0.0]], [[1.0], [3.0]])
        5.0
    """

    kernel_name = "mean_squared_error"


class MeanAbsoluteError(KernelLoss):
    """The mean of the sizes of the differences.

    Args:
        reduction: See `Loss`. Default "sum_over_batch_size".
        name: Its name.
        dtype: Accepted as "float32" only.

    Example:
        >>> MeanAbsoluteError()([[0.0], [0.0]], [[1.0], [-3.0]])
        2.0
    """

    kernel_name = "mean_absolute_error"


class Huber(KernelLoss):
    """A loss that is squared for small errors and linear for large ones; see `huber`.

    Args:
        delta: From which error on the loss grows in a line, positive. Default 1.
        reduction: See `Loss`. Default "sum_over_batch_size".
        name: Its name.
        dtype: Accepted as "float32" only.

    Raises:
        TypeError: delta is no number.
        ValueError: delta is not positive.

    Example:
        >>> Huber()([[0.0], [0.0]], [[0.5], [3.0]])
        1.3125
    """

    kernel_name = "huber"

    def __init__(
        self,
        delta: float = 1.0,
        reduction: Reduction | None = "sum_over_batch_size",
        name: str = "huber_loss",
        dtype: DType = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        self.delta: float = positive_number("delta", delta)

    def settings(self) -> dict[str, float]:
        """Return delta."""
        return {"delta": self.delta}


class LogCosh(KernelLoss):
    """A smooth loss, squared for small errors, linear for large ones; see `log_cosh`.

    Args:
        reduction: See `Loss`. Default "sum_over_batch_size".
        name: Its name.
        dtype: Accepted as "float32" only.

    Example:
        >>> round(LogCosh()([[0.0], [0.0]], [[0.5], [3.0]]), 4)
        1.2147
    """

    kernel_name = "log_cosh"


class MeanAbsolutePercentageError(KernelLoss):
    """By how many percent outputs are off; see `mean_absolute_percentage_error`.

    Args:
        reduction: See `Loss`. Default "sum_over_batch_size".
        name: Its name.
        dtype: Accepted as "float32" only.

    Example:
        >>> round(MeanAbsolutePercentageError()([[10.0], [4.0]], [[11.0], [5.0]]), 4)
        17.5
    """

    kernel_name = "mean_absolute_percentage_error"


class MeanSquaredLogarithmicError(KernelLoss):
    """An error of magnitudes, of targets from 0; see `mean_squared_logarithmic_error`.

    Args:
        reduction: See `Loss`. Default "sum_over_batch_size".
        name: Its name.
        dtype: Accepted as "float32" only.

    Example:
        >>> round(MeanSquaredLogarithmicError()([[9.0], [99.0]], [[19.0], [199.0]]), 4)
        0.4805
    """

    target_range: ClassVar[tuple[float, float]] = (0.0, math.inf)
    kernel_name = "mean_squared_logarithmic_error"


class CosineSimilarity(KernelLoss):
    """Minus the cosine of the angle to the targets; see `cosine_similarity`.

    Args:
        axis: Accepted as -1 only.
        reduction: See `Loss`. Default "sum_over_batch_size".
        name: Its name.
        dtype: Accepted as "float32" only.

    Example:
        >>> round(CosineSimilarity()([[0.0, 1.0]], [[3.0, 4.0]]), 4)
        -0.8
    """

    kernel_name = "cosine_similarity"

    def __init__(
        self,
        axis: int = -1,
        reduction: Reduction | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: DType = None,
    ) -> None:
        super().__init__(reduction, name, dtype)
        refuse_other_axes(axis)
        self.axis = axis

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this loss again."""
        config = super().get_config()
        del config["axis"]  # Keras's files do not have it.
        return config
