"""Means and sums of any values: what loops of one's own keep count with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp._check.inputs import refuse_negative_weights
from fastmlp._check.numbers import as_float32, real_numbers
from fastmlp._util.result import ResultNumber
from fastmlp.metrics._confusion import share
from fastmlp.metrics._metric import Metric

if TYPE_CHECKING:
    from fastmlp.typing import DType

__all__ = ["Mean", "MeanTensor", "Sum"]


def _sums(
    values: ArrayLike, sample_weight: ArrayLike | None, *, means: bool
) -> tuple[float, float]:
    """Return the sum of some values, one for each row, and what the rows count as.

    Args:
        values: (rows, ...), or a single number, which is a row.
        sample_weight: Weights for the first axes of the values, or None.
        means: Whether a row of several values is their mean; else it is their sum.

    Raises:
        TypeError: They are no numbers.
        ValueError: The shapes do not fit.
    """
    x = real_numbers("values", values).astype(np.float64)
    x = x.reshape(1) if x.ndim == 0 else x
    reduced = np.mean if means else np.sum
    weights: Any = np.ones(len(x))
    if sample_weight is not None:
        weights = as_float32(
            "sample_weight", real_numbers("sample_weight", sample_weight)
        )
        refuse_negative_weights(weights)
        if weights.shape == (*x.shape, 1):
            weights = weights[..., 0]
        if weights.shape != x.shape[: weights.ndim]:
            raise ValueError(
                f"sample_weight of shape {weights.shape} does not fit values of shape "
                f"{x.shape}: give a weight for each row, or for each value."
            )
        x = reduced(x, axis=tuple(range(max(weights.ndim, 1), x.ndim))) * weights
        weights = np.broadcast_to(weights, x.shape)
        weights = reduced(weights, axis=tuple(range(1, weights.ndim)))
    x = reduced(x, axis=tuple(range(1, x.ndim)))
    return float(x.sum()), float(weights.sum(dtype=np.float64))


class _OfValues(Metric):
    """What metrics of any values have in common."""

    def __call__(self, *values: Any, **named: Any) -> Any:
        """Take in some values and return the metric of all so far.

        Args:
            *values: What `update_state` takes.
            **named: The same.
        """
        self.update_state(*values, **named)
        return self.result()


class Sum(_OfValues):
    """The sum of all values; for loops of your own.

    Args:
        name: Its name.
        dtype: Accepted as "float32" only.

    Example:
        >>> total = Sum()
        >>> total.update_state([1, 3, 5, 7])
        >>> total.result()
        16.0
    """

    def __init__(self, name: str = "sum", dtype: DType = None) -> None:
        super().__init__(name, dtype)
        self.total: Any = self.add_weight(name="total")

    def update_state(  # type: ignore[override]
        self, values: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> None:
        """Take in some values.

        Args:
            values: Numbers of any shape.
            sample_weight: How much each counts, for some of their axes, the first ones.
                Default: all the same.

        Raises:
            TypeError: They are no numbers.
            ValueError: The shapes do not fit.
        """
        self.total.assign_add(_sums(values, sample_weight, means=False)[0])

    def result(self) -> Any:
        """Return the sum of all values since the last `reset_state`."""
        return ResultNumber(self.total.numpy())


class Mean(_OfValues):
    """The mean of all values; for loops of your own.

    Of a row with several values, it is the mean of these that counts.

    Args:
        name: Its name.
        dtype: Accepted as "float32" only.

    Example:
        >>> mean = Mean()
        >>> mean.update_state([1, 3, 5, 7], sample_weight=[1, 1, 0, 0])
        >>> mean.result()
        2.0
    """

    def __init__(self, name: str = "mean", dtype: DType = None) -> None:
        super().__init__(name, dtype)
        self.total: Any = self.add_weight(name="total")
        self.count: Any = self.add_weight(name="count")

    def update_state(  # type: ignore[override]
        self, values: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> None:
        """Take in some values.

        Args:
            values: Numbers of any shape.
            sample_weight: How much each counts, for some of their axes, the first ones.
                Default: all the same.

        Raises:
            TypeError: They are no numbers.
            ValueError: The shapes do not fit.
        """
        total, count = _sums(values, sample_weight, means=True)
        self.total.assign_add(total)
        self.count.assign_add(count)

    def result(self) -> Any:
        """Return the mean of all values since the last `reset_state`; of none, 0."""
        total, count = self.total.numpy(), self.count.numpy()
        return ResultNumber(total / count if count else 0.0)


class MeanTensor(_OfValues):
    """The mean of arrays, number by number; for loops of your own.

    Args:
        name: Its name.
        dtype: Accepted as "float32" only.
        shape: The shape of the arrays. Default: that of the first one.

    Example:
        >>> mean = MeanTensor()
        >>> mean.update_state([0, 1, 2, 3])
        >>> mean.update_state([4, 5, 6, 7])
        >>> mean.result()
        array([2., 3., 4., 5.])
    """

    def __init__(
        self,
        name: str = "mean_tensor",
        dtype: DType = None,
        shape: Sequence[int] | None = None,
    ) -> None:
        super().__init__(name, dtype)
        self.shape: list[int] | None = None if shape is None else list(shape)
        self._sums: NDArray[Any] = np.zeros((2, *(shape or ())))

    def update_state(  # type: ignore[override]
        self, values: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> None:
        """Take in an array.

        Args:
            values: Of the same shape each time.
            sample_weight: How much each of its numbers counts; fewer are for its first
                axes. Default: all the same.

        Raises:
            TypeError: It holds no numbers.
            ValueError: The shapes do not fit.
        """
        x = real_numbers("values", values)
        weights = np.ones(()) if sample_weight is None else sample_weight
        weights = real_numbers("sample_weight", weights)
        if weights.shape != x.shape[: weights.ndim]:
            raise ValueError(
                f"sample_weight of shape {weights.shape} does not fit values of shape "
                f"{x.shape}."
            )
        refuse_negative_weights(np.ravel(weights))
        weights = np.expand_dims(weights, tuple(range(weights.ndim, x.ndim)))
        if self.shape is None:
            self.shape = list(x.shape)
            self._sums = np.zeros((2, *x.shape))
        if list(x.shape) != self.shape:
            raise ValueError(
                f"The metric {self.name!r} is the mean of arrays of shape "
                f"{tuple(self.shape)}, so that one of shape {x.shape} is none of them."
            )
        self._sums += np.stack([x * weights, np.broadcast_to(weights, x.shape)])

    def result(self) -> NDArray[Any]:
        """Return the mean of all arrays since the last `reset_state`; of none, 0."""
        return share(*self._sums)

    def reset_state(self) -> None:
        """Forget all arrays, but not their shape."""
        self._sums[...] = 0
