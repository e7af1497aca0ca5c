"""Metrics of one's own: a function, or a `Metric` with an `update_state`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.metrics._metric import Metric


class MetricFunction(Metric):
    """A function of the user's as a metric: its mean over the rows.

    Args:
        function: From targets and outputs to a number a row, or to one for all.
        name: Its name. Default: that of the function.
    """

    def __init__(self, function: Callable[..., Any], name: str | None = None) -> None:
        super().__init__(name or getattr(function, "__name__", "metric"))
        self.function: Callable[..., Any] = function

    def totals(
        self, t: NDArray[Any], y: NDArray[Any], weights: NDArray[Any] | None
    ) -> NDArray[np.float64]:
        """Return the sum of what the function gives, and what the rows count as."""
        from fastmlp.ops._tape import trace
        from fastmlp.ops._traced import untraced

        values = np.asarray(untraced(trace(self.function, [t, y])[0]), np.float64)
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


def is_own(metric: Any) -> bool:
    """Tell whether a metric is computed in Python."""
    return isinstance(metric, MetricFunction) or keeps_totals(metric)


def keeps_totals(metric: Any) -> bool:
    """Tell whether a metric has an `update_state` of its own, and counts in itself."""
    return isinstance(metric, Metric) and (
        type(metric).update_state is not Metric.update_state
    )
