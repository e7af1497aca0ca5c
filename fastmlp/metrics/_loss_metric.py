"""Losses as metrics: their mean over the rows.

A loss that is set to nothing is a metric by its kernel alone, which each row of the
table of losses is in that of metrics, too. Others, and those that the user gives to
`compile`, are in a `LossMetric`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastmlp import kernels, losses
from fastmlp._check.lookup import is_function
from fastmlp.losses._loss import weighted_sum
from fastmlp.losses._own import is_own
from fastmlp.metrics._metric import Metric
from fastmlp.metrics._own import MetricFunction

if TYPE_CHECKING:
    from fastmlp.typing import DType


class LossMetric(Metric):
    """A loss as a metric.

    Args:
        loss: One of fastmlp's.
        name: Its name. Default: that of the loss.
        dtype: Accepted as "float32" only.
    """

    direction = "down"

    def __init__(
        self, loss: losses.Loss, name: str | None = None, dtype: DType = None
    ) -> None:
        super().__init__(loss.name if name is None else name, dtype)
        if loss.reduction == "sum":
            raise ValueError(
                f"The loss {loss.name!r} has reduction='sum', but a metric is the mean "
                "over the rows: leave `reduction` out."
            )
        if loss.ignore_class is not None:
            raise ValueError(
                f"The loss {loss.name!r} has ignore_class, but a metric is the mean "
                "over all rows: leave `ignore_class` out."
            )
        self.loss: losses.Loss = loss
        self.kernel: str = loss.kernel("")
        self.sparse: bool = loss.targets == "labels"

    def totals(
        self, t: NDArray[Any], y: NDArray[Any], weights: NDArray[Any] | None
    ) -> NDArray[np.float64]:
        """Return the sum of the losses of some rows, and what these count as."""
        found = getattr(kernels, self.kernel)(y, t, **self.settings(y.shape[1]))
        # Of logits, their probabilities come first.
        values = found[-1] if isinstance(found, tuple) else found
        ones = np.ones_like(values)
        return np.array([weighted_sum(values, weights), weighted_sum(ones, weights)])

    def settings(self, columns: int) -> dict[str, float]:
        """Return what the loss is set to."""
        return self.loss.settings()


def is_loss(identifier: Any) -> bool:
    """Tell whether what stands for a metric is a loss: an object, or a description."""
    if isinstance(identifier, Mapping):
        return identifier.get("module") == "keras.losses"
    if isinstance(identifier, type):
        return issubclass(identifier, losses.Loss)
    if is_function(identifier) and hasattr(identifier, "__name__"):
        return getattr(losses, identifier.__name__, None) is identifier
    return isinstance(identifier, losses.Loss)


def metric_of(identifier: Any) -> Metric:
    """Return a loss as a metric.

    Args:
        identifier: What `losses.get` takes.
    """
    loss = losses.get(identifier)
    if is_own(loss):
        own: Any = loss
        return MetricFunction(getattr(own, "call", None) or own.forward, loss.name)
    named = is_function(identifier)
    return LossMetric(loss, identifier.__name__ if named else None)
