"""Metrics of one's own: a function, or a `Metric` with an `update_state`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp._check.lookup import name_of_function, own_or_same
from fastmlp._check.names import name_of
from fastmlp._check.numbers import describe, real_numbers
from fastmlp._util.described import describe_object
from fastmlp.losses._loss import as_rows, targets_and_outputs
from fastmlp.metrics._metric import Metric

if TYPE_CHECKING:
    from fastmlp.typing import DType

__all__ = ["MeanMetricWrapper"]


class MeanMetricWrapper(Metric):
    """A function as a metric: its mean over the rows.

    Args:
        fn: From targets and outputs to a number a row, or to one for all.
        name: Its name. Default "mean_metric_wrapper" and so on.
        dtype: Accepted as "float32" only.
        **kwargs: What else the function takes.

    Raises:
        TypeError: `fn` cannot be called.

    Example:
        >>> from fastmlp import ops
        >>> def error(y_true, y_pred, factor):
        ...     return factor * ops.mean(ops.abs(y_true - y_pred), axis=-1)
        >>> MeanMetricWrapper(error, factor=2)([[1.0], [2.0]], [[2.0], [4.0]])
        3.0
    """

    def __init__(
        self,
        fn: Callable[..., Any],
        name: str | None = None,
        dtype: DType = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name_of(self, name), dtype)
        if not callable(fn):
            raise TypeError(f"fn must be a function, not {describe(fn)}.")
        self.function: Callable[..., Any] = fn
        self._options = kwargs

    def _rows(
        self, y_true: ArrayLike, y_pred: ArrayLike
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return targets and outputs; targets of another shape may be labels."""
        t, y = real_numbers("y_true", y_true), real_numbers("y_pred", y_pred)
        if t.ndim == y.ndim or (t.ndim == y.ndim - 1 and y.shape[-1] == 1):
            t, y = targets_and_outputs(t, y)
            return (t, y) if y.ndim == 1 else (as_rows(t), as_rows(y))
        return t, y

    def totals(
        self, t: NDArray[Any], y: NDArray[Any], weights: NDArray[Any] | None
    ) -> NDArray[np.float64]:
        """Return the sum of what the function gives, and what the rows count as."""
        from fastmlp.ops._tape import trace
        from fastmlp.ops._traced import untraced

        found = trace(partial(self.function, **self._options), [t, y])[0]
        values = np.asarray(untraced(found), np.float64)
        if values.ndim and len(values) != len(y):
            raise ValueError(
                f"The metric {self.name!r} gave shape {values.shape} for {len(y)} "
                f"rows, but it should give ({len(y)},), a number a row, or one number. "
                "Reduce along the last axis, as ops.mean(..., axis=-1) does."
            )
        counts = np.ones(len(y)) if weights is None else weights.astype(np.float64)
        if values.ndim == 0:
            return np.array([values * counts.sum(), counts.sum()])
        of_rows = values.reshape(len(y), -1).mean(axis=1)
        return np.array([(of_rows * counts).sum(), counts.sum()])

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this metric again."""
        return {
            **super().get_config(),
            "fn": describe_object(self.function),
            **self._options,
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Any:
        """Return a metric made with the arguments that `get_config` gave."""
        from fastmlp import losses, metrics

        found = own_or_same("metric", config.get("fn"), {})
        if isinstance(found, str):
            found = getattr(losses, found, None) or getattr(metrics, found)
        return cls(**{**config, "fn": found})


class MetricFunction(MeanMetricWrapper):
    """A function of the user's as `compile` takes it.

    Args:
        function: From targets and outputs to a number a row, or to one for all.
        name: Its name. Default: that of the function, or of its class.
    """

    def __init__(self, function: Callable[..., Any], name: str | None = None) -> None:
        super().__init__(function, name or name_of_function(function))


def is_own(metric: Any) -> bool:
    """Tell whether a metric is computed in Python."""
    return isinstance(metric, MeanMetricWrapper) or keeps_totals(metric)


def keeps_totals(metric: Any) -> bool:
    """Tell whether a metric has an `update_state` of its own, and counts in itself."""
    return isinstance(metric, Metric) and (
        type(metric).update_state is not Metric.update_state
    )
