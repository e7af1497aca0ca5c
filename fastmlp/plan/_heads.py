"""Heads: what is asked of an output of the network, a loss and metrics."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp import tables
from fastmlp.plan._arrays import require
from fastmlp.plan._metrics import METRICS, Asked, totals_of
from fastmlp.plan._own import OwnLoss, OwnMetric, is_named
from fastmlp.plan._rows import NO_SETTINGS, Settings, params_row

__all__ = [
    "LOSSES",
    "NO_LOSS",
    "OWN_LOSS",
    "REDUCTIONS",
    "Head",
    "added_losses",
    "strip_of",
]

LOSSES = {name: code for code, name in enumerate(tables.LOSSES)}
REDUCTIONS = {name: code for code, name in enumerate(tables.REDUCTIONS)}

# What stands for the number of a loss where there is none, and for one in Python.
NO_LOSS, OWN_LOSS = -1, -2


class Head(NamedTuple):
    """What is asked of an output of the network.

    A loss that computes an activation too, such as softmax_crossentropy, takes that of
    the output's operation over, if it is the same.

    Args:
        loss: The number of the loss; `NO_LOSS`: nothing is learnt of this output;
            `OWN_LOSS`: it is `own_loss`.
        loss_settings: What it is set to.
        reduction: The number of the reduction.
        weight: What the loss is multiplied by in that of the whole network.
        metrics: An `Asked` for each, or a tuple of what that has.
        own_loss: A loss in Python, or None.
        own_metrics: Metrics in Python, which keep their totals themselves.
        steps: How many rows of targets a sample has: of a table, a row a step.
    """

    loss: int = NO_LOSS
    loss_settings: Settings = NO_SETTINGS
    reduction: int = 0
    weight: float = 1.0
    metrics: Sequence[Asked | tuple[Any, ...]] = ()
    own_loss: OwnLoss | None = None
    own_metrics: Sequence[OwnMetric] = ()
    steps: int = 1

    @property
    def has_loss(self) -> bool:
        """Whether there is a loss, built in or in Python."""
        return self.loss != NO_LOSS

    @property
    def asked(self) -> list[Asked]:
        """The metrics, each with all that it has."""
        return [Asked(*one) for one in self.metrics]

    @property
    def asks(self) -> bool:
        """Whether Python has the loss, or a metric."""
        return self.own_loss is not None or len(self.own_metrics) > 0

    @property
    def is_scored(self) -> bool:
        """Whether anything looks at targets."""
        return self.has_loss or len(self.metrics) > 0 or self.asks

    def fuses(self, activation: str) -> bool:
        """Tell whether the loss computes this activation, too: its name says so."""
        return self.loss >= 0 and _name_of(self.loss).startswith(f"{activation}_")


def _name_of(loss: int) -> str:
    return list(tables.LOSSES)[loss]


def check_heads(heads: Sequence[Head]) -> None:
    """Check the numbers by which heads name losses, reductions and metrics."""
    for number, head in enumerate(heads):
        what = f"head {number}"
        require(
            head.loss in (NO_LOSS, OWN_LOSS) or head.loss in LOSSES.values(),
            f"The loss of {what} is one that nobody knows.",
        )
        require(
            (head.own_loss is not None) == (head.loss == OWN_LOSS)
            and (head.own_loss is None or is_named(head.own_loss, "__call__")),
            f"The loss of {what} must be OWN_LOSS where, and only where, it has an "
            "own_loss, which has a name and can be called.",
        )
        require(
            all(callable(getattr(one, "update", None)) for one in head.own_metrics),
            f"Each of the own_metrics of {what} needs a method `update`.",
        )
        require(
            all(one.metric in METRICS.values() for one in head.asked),
            f"A metric of {what} is one that nobody knows.",
        )
        require(head.reduction in REDUCTIONS.values(), f"No such reduction: {what}.")
        require(np.isfinite(head.weight), f"The weight of {what} must be a number.")
        require(
            head.steps == 1 or (head.steps > 1 and not head.asks),
            f"The steps of {what} must be at least 1, and 1 where Python has a word.",
        )


def columns_of(heads: Sequence[Head], outputs: Sequence[int]) -> list[int]:
    """Return how many columns each head looks at: of a table, those of a step.

    Args:
        heads: The heads.
        outputs: How many numbers each of their operations gives.
    """
    pairs = zip(heads, outputs, strict=bool(heads))
    return [width // head.steps for head, width in pairs]


def total_sizes(heads: Sequence[Head], outputs: Sequence[int]) -> list[int]:
    """Return how many totals the losses and the metrics keep, in their order.

    They are those of the whole loss; where there are several heads, those of each
    head's loss; and those of the metrics of each head.

    Args:
        heads: The heads.
        outputs: How many numbers each of their operations gives.

    Example:
        >>> total_sizes([Head(0), Head(1, metrics=[(1, {}, False)])], [3, 4])
        [2, 2, 2, 2]
    """
    losses = [2 for head in heads if head.has_loss] if len(heads) > 1 else []
    metrics = [
        totals_of(one.kernel, one.settings, columns)
        for head, columns in zip(heads, columns_of(heads, outputs), strict=True)
        for one in head.asked
    ]
    return [2, *losses, *metrics]


def added_losses(heads: Sequence[Head], outputs: Sequence[int]) -> list[bool]:
    """Tell of each head whether its gradient is added to that of one before it."""
    seen = set[int]()
    added = []
    for head, op in zip(heads, outputs, strict=bool(heads)):
        added.append(head.has_loss and op in seen)
        seen |= {op} if head.has_loss else set()
    return added


def strip_of(heads: Sequence[Head], number: int) -> int:
    """Return which of the numbers that rows keep is the first of a head's: its loss."""
    return 1 + sum(head.steps * (1 + len(head.metrics)) for head in heads[:number])


def head_table(heads: Sequence[Head], outputs: Sequence[int]) -> NDArray[np.float64]:
    """Return heads as compiled code reads them, (heads, 10 + settings of losses)."""
    rows, metrics = [], 0
    added = added_losses(heads, outputs)
    for k, (head, adds) in enumerate(zip(heads, added, strict=True)):
        count = len(head.metrics)
        rows.append(
            [
                outputs[k],
                head.loss,
                head.reduction,
                head.weight,
                adds,
                metrics,
                count,
                strip_of(heads, k),
                head.asks,
                head.steps,
                *params_row(tables.LOSSES, head.loss_settings),
            ]
        )
        metrics += count
    width = 10 + len(tables.fields(tables.LOSSES))
    return np.array(rows, np.float64).reshape(-1, width)
