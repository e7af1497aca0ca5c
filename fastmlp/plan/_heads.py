"""Heads: what is asked of an output of the network, a loss and metrics."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp import tables
from fastmlp.plan._arrays import require
from fastmlp.plan._rows import NO_SETTINGS, Settings, params_row, totals_of

__all__ = ["LOSSES", "METRICS", "REDUCTIONS", "Head"]

LOSSES = {name: code for code, name in enumerate(tables.LOSSES)}
METRICS = {name: code for code, name in enumerate(tables.METRICS)}
REDUCTIONS = {name: code for code, name in enumerate(tables.REDUCTIONS)}


class Head(NamedTuple):
    """What is asked of an output of the network.

    A loss that computes an activation too, such as softmax_crossentropy, takes that of
    the output's operation over, if it is the same.

    Args:
        loss: The number of the loss; -1: nothing is learnt of this output.
        loss_settings: What it is set to.
        reduction: The number of the reduction.
        weight: What the loss is multiplied by in that of the whole network.
        metrics: For each its number, its settings, and whether rows count by weight.
    """

    loss: int = -1
    loss_settings: Settings = NO_SETTINGS
    reduction: int = 0
    weight: float = 1.0
    metrics: Sequence[tuple[int, Settings, bool]] = ()

    @property
    def is_scored(self) -> bool:
        """Whether anything looks at targets."""
        return self.loss >= 0 or len(self.metrics) > 0

    def fuses(self, activation: str) -> bool:
        """Tell whether the loss computes this activation, too."""
        return self.loss >= 0 and _name_of(self.loss) == f"{activation}_crossentropy"


def _name_of(loss: int) -> str:
    return list(tables.LOSSES)[loss]


def check_heads(heads: Sequence[Head]) -> None:
    """Check the numbers by which heads name losses, reductions and metrics."""
    for number, head in enumerate(heads):
        what = f"head {number}"
        require(
            head.loss == -1 or head.loss in LOSSES.values(),
            f"The loss of {what} is one that nobody knows.",
        )
        require(head.reduction in REDUCTIONS.values(), f"No such reduction: {what}.")
        require(np.isfinite(head.weight), f"The weight of {what} must be a number.")
        for metric, settings, _ in head.metrics:
            _check_metric(metric, settings)


def _check_metric(number: int, settings: Settings) -> None:
    require(
        number in METRICS.values() and np.isfinite([*settings.values()]).all(),
        "A metric is one that nobody knows, or is set to what is no number.",
    )
    name, row = list(tables.METRICS.items())[number]
    require(
        settings.keys() == set(row),
        f"{name} is set by {', '.join(row) or 'nothing'}.",
    )
    # Compiled code looks for its totals where this says that they are.
    thresholds = settings.get("num_thresholds", 2)
    require(
        thresholds == int(thresholds) and thresholds >= 2,
        f"{name} needs two thresholds or more.",
    )


def total_sizes(heads: Sequence[Head]) -> list[int]:
    """Return how many totals the losses and the metrics keep, in their order.

    They are those of the whole loss; where there are several heads, those of each
    head's loss; and those of the metrics of each head.

    Example:
        >>> total_sizes([Head(0), Head(1, metrics=[(1, {"threshold": 0.5}, False)])])
        [2, 2, 2, 2]
    """
    losses = [2 for head in heads if head.loss >= 0] if len(heads) > 1 else []
    metrics = [totals_of(one[1]) for head in heads for one in head.metrics]
    return [2, *losses, *metrics]


def head_table(heads: Sequence[Head], outputs: Sequence[int]) -> NDArray[np.float64]:
    """Return heads as compiled code reads them, (heads, 8 + settings of losses)."""
    rows, metrics, strips, seen = [], 0, 1, set[int]()
    for head, op in zip(heads, outputs, strict=bool(heads)):
        adds = head.loss >= 0 and op in seen
        count = len(head.metrics)
        rows.append(
            [
                op,
                head.loss,
                head.reduction,
                head.weight,
                adds,
                metrics,
                count,
                strips,
                *params_row(tables.LOSSES, head.loss_settings),
            ]
        )
        seen |= {op} if head.loss >= 0 else set()
        metrics += count
        strips += 1 + 2 * count
    width = 8 + len(tables.fields(tables.LOSSES))
    return np.array(rows, np.float64).reshape(-1, width)


def metric_table(heads: Sequence[Head]) -> NDArray[np.float64]:
    """Return the metrics of all heads as compiled code reads them."""
    rows: list[list[Any]] = [
        [number, weighted, totals_of(settings), *params_row(tables.METRICS, settings)]
        for head in heads
        for number, settings, weighted in head.metrics
    ]
    width = 3 + len(tables.fields(tables.METRICS))
    return np.array(rows, np.float64).reshape(-1, width)
