"""Heads: what compares an output of the network with targets."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp import reference, tables
from fastmlp.plan import Head, totals_of
from fastmlp.reference import Array


class BatchTarget(NamedTuple):
    """What an output should be for one batch, and how much each row counts."""

    t: Array
    weights: Array | None


def loss_of(
    head: Head, y: Array, target: BatchTarget, rows: int
) -> tuple[float, Array, Array]:
    """Return the loss of a batch, its gradient, and y, activated if the loss does."""
    t, weights = target
    name = list(tables.LOSSES)[head.loss]
    losses = getattr(reference, name)(y, t, **head.loss_settings)
    if isinstance(losses, tuple):
        y, losses = losses
    scale = _loss_scale(head, rows, weights)
    derivative = getattr(reference, f"{name}_backward")
    gradient = derivative(y, t, **head.loss_settings, scale=head.weight * scale)
    losses = np.float64(losses)
    if weights is not None:
        losses, gradient = losses * weights, gradient * weights[:, None]
    return float(losses.sum()) * scale, gradient, y


def _loss_scale(head: Head, rows: int, weights: Array | None) -> float:
    """What the losses of the rows are multiplied by before they are summed."""
    reduction = tables.REDUCTIONS[head.reduction]
    if reduction == "sum":
        return 1.0
    if reduction == "sum_over_batch_size" or weights is None:
        return 1 / rows
    total = float(weights.sum(dtype=np.float64))
    return 1 / total if total else 0.0


def add_up_metrics(
    head: Head, y: Array, target: BatchTarget, totals: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Add the metrics of a head; return the totals behind them."""
    ones = np.ones(len(y))
    weights = ones if target.weights is None else target.weights.astype(np.float64)
    for code, settings, weighted in head.metrics:
        metric = getattr(reference, list(tables.METRICS)[code])
        here, totals = np.split(totals, [totals_of(settings)])
        factors = weights if weighted else ones
        if "weights" in metric.__annotations__:
            here += metric(y, target.t, factors, **settings).ravel()
            continue
        values = metric(y, target.t, **settings)
        values, counts = values if isinstance(values, tuple) else (values, ones)
        here += (values * factors).sum(), (counts * factors).sum()
    return totals
