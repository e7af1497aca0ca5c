"""Losses for regression: for answers that are numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from numpy.typing import ArrayLike

from fastmlp import kernels
from fastmlp._check.numbers import positive_number
from fastmlp._util.keywords import suggesting
from fastmlp.losses._loss import Loss, Targets, as_rows, targets_and_outputs
from fastmlp.plan import Float32

if TYPE_CHECKING:
    from fastmlp.typing import DType, Reduction

__all__ = [
    "Huber",
    "LogCosh",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "huber",
    "log_cosh",
    "mean_absolute_error",
    "mean_squared_error",
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


class _Errors(Loss):
    """What these have in common: each has one kernel, whatever the last activation."""

    targets: ClassVar[Targets] = "numbers"
    kernel_name: ClassVar[str]

    def __init__(
        self,
        reduction: Reduction | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: DType = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def of_rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Float32:
        """Return the loss of each row, (rows,)."""
        t, y = targets_and_outputs(y_true, y_pred)
        kernel = getattr(kernels, self.kernel_name)
        losses: Float32 = kernel(as_rows(y), as_rows(t), **self.settings())
        return losses.reshape(y.shape[:-1])

    def kernel(self, activation: str) -> str:
        """Return the kernel that computes the loss behind an activation."""
        return self.kernel_name


class MeanSquaredError(_Errors):
    """The mean of the squared differences.

    Args:
        reduction: See `Loss`. Default "sum_over_batch_size".
        name: Its name.
        dtype: Accepted as "float32" only.

    Example:
        >>> MeanSquaredError()([[0.0], [0.0]], [[1.0], [3.0]])
        5.0
    """

    aliases: ClassVar[tuple[str, ...]] = ("mse",)
    kernel_name = "mean_squared_error"


class MeanAbsoluteError(_Errors):
    """The mean of the sizes of the differences.

    Args:
        reduction: See `Loss`. Default "sum_over_batch_size".
        name: Its name.
        dtype: Accepted as "float32" only.

    Example:
        >>> MeanAbsoluteError()([[0.0], [0.0]], [[1.0], [-3.0]])
        2.0
    """

    aliases: ClassVar[tuple[str, ...]] = ("mae",)
    kernel_name = "mean_absolute_error"


class Huber(_Errors):
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

    aliases: ClassVar[tuple[str, ...]] = ("huber_loss",)
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


class LogCosh(_Errors):
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
