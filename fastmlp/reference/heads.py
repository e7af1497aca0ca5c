"""Heads: what compares an output of the network with targets."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp import reference, tables
from fastmlp.plan import Head, ask_loss, read_only, totals_of
from fastmlp.reference import Array
from fastmlp.reference.steps import by_samples, by_steps


class BatchTarget(NamedTuple):
    """What an output should be for one batch, and how much each row counts.

    Of tables, the weights are (rows, steps).
    """

    t: Array
    weights: Array | None
    labels: NDArray[np.intc] | None

    @property
    def given(self) -> Array:
        """Labels or t, as the samples have it, for a loss or a metric in Python."""
        return read_only(self.t if self.labels is None else self.labels)

    @property
    def given_weights(self) -> Array | None:
        """The weights of the rows, for the same."""
        return None if self.weights is None else read_only(self.weights)

    def by_steps(self, steps: int) -> tuple[Array, Array | None]:
        """t and weights, a row for each step of a sample."""
        t = by_steps(self.t, steps)
        return t, None if self.weights is None else self.weights.ravel()


def loss_of(
    head: Head, y: Array, target: BatchTarget, rows: int
) -> tuple[float, Array, Array]:
    """Return the loss of a batch, its gradient, and y, activated if the loss does."""
    t, weights = target.by_steps(head.steps)
    y = by_steps(y, head.steps)
    name = list(tables.LOSSES)[head.loss]
    losses = getattr(reference, name)(y, t, **head.loss_settings)
    if isinstance(losses, tuple):
        y, losses = losses
    scale = loss_scale(head, rows * head.steps, weights)
    derivative = getattr(reference, f"{name}_backward")
    gradient = derivative(y, t, **head.loss_settings, scale=head.weight * scale)
    losses = np.float64(losses)
    if weights is not None:
        losses, gradient = losses * weights, gradient * weights[:, None]
    total = float(losses.sum()) * scale
    return total, by_samples(gradient, head.steps), by_samples(y, head.steps)


def own_loss_of(
    head: Head, y: Array, target: BatchTarget, training: bool
) -> tuple[float, Array | None]:
    """Return the loss of a batch, which Python has, and in training its gradient."""
    assert head.own_loss is not None
    weights = target.weights
    upstream = row_scales(head, y, weights) if training else None
    losses, gradient = ask_loss(head.own_loss, y, target.given, upstream)
    counts = np.ones(len(y)) if weights is None else weights
    total = float(np.dot(losses.astype(np.float64), counts))
    return total * loss_scale(head, len(y), weights), gradient


def row_scales(head: Head, y: Array, weights: Array | None) -> Array:
    """Return by how much the loss of each row counts in that of the network."""
    scale = head.weight * loss_scale(head, len(y), weights)
    scales = np.full(len(y), scale, y.dtype)
    return scales if weights is None else scales * weights


def loss_scale(head: Head, rows: int, weights: Array | None) -> float:
    """Return what the losses of the rows are multiplied by before they are summed."""
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
    y = by_steps(y, head.steps)
    t, given = target.by_steps(head.steps)
    ones = np.ones(len(y))
    weights = ones if given is None else given.astype(np.float64)
    for one in head.asked:
        metric = getattr(reference, one.kernel)
        kept = totals_of(one.kernel, one.settings, y.shape[1])
        here, totals = np.split(totals, [kept])
        factors = weights if one.weighted else ones
        if one.kernel in tables.TOTALS:
            extra = {"thresholds": one.thresholds} if one.thresholds else {}
            found = metric(y, t, weights=factors, **one.settings, **extra)
            here += found.ravel()
        else:
            found = metric(y, t, **one.settings)
            # One that computes an activation, too, gives its probabilities first.
            values = found[-1] if isinstance(found, tuple) else found
            here += (values * factors).sum(), factors.sum()
    return totals
