"""Schedules: learning rates that change from batch to batch.

A schedule is called with the number of batches learnt from so far. Make a class of your
own for another one: `LearningRateSchedule` with a `__call__`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from fastmlp._check.lookup import find, own_or_same
from fastmlp._check.names import as_text, snake_case
from fastmlp._check.numbers import (
    as_count,
    describe,
    finite_number,
    if_given,
    number_from_0,
    positive_number,
    true_or_false,
)
from fastmlp._util.described import Described

__all__ = [
    "CosineDecay",
    "ExponentialDecay",
    "LearningRateSchedule",
    "PiecewiseConstantDecay",
    "get",
]


def __dir__() -> list[str]:
    return __all__


class LearningRateSchedule(Described):
    """Base class: a subclass says what the learning rate is after so many batches.

    Example:
        >>> class Halving(LearningRateSchedule):
        ...     def __call__(self, step):
        ...         return 0.1 * 0.5**step
        >>> Halving()(1)
        0.05
    """

    def __call__(self, step: int) -> float:
        """Return the learning rate after `step` batches."""
        raise NotImplementedError(
            f"{type(self).__name__} must define __call__(self, step) and return a "
            "learning rate."
        )


class ExponentialDecay(LearningRateSchedule):
    """initial_learning_rate decay_rate^(step / decay_steps).

    Args:
        initial_learning_rate: The learning rate of the first batch.
        decay_steps: After how many batches it has fallen by `decay_rate`.
        decay_rate: The factor.
        staircase: Whether it falls all at once, every `decay_steps` batches.
            Default False.
        name: Its name.

    Raises:
        TypeError: A setting is no number.
        ValueError: `decay_steps` is not positive, or a rate is negative.

    Example:
        >>> ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5)(20)
        0.025
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str = "ExponentialDecay",
    ) -> None:
        self.initial_learning_rate: float = number_from_0(
            "initial_learning_rate", initial_learning_rate
        )
        self.decay_steps: float = positive_number("decay_steps", decay_steps)
        self.decay_rate: float = number_from_0("decay_rate", decay_rate)
        self.staircase: bool = true_or_false("staircase", staircase)
        self.name: str = as_text("name", name)

    def __call__(self, step: int) -> float:
        """Return the learning rate after `step` batches."""
        periods = step / self.decay_steps
        if self.staircase:
            periods = math.floor(periods)
        return float(self.initial_learning_rate * self.decay_rate**periods)


class CosineDecay(LearningRateSchedule):
    """Half a cosine, from the initial learning rate to alpha times that.

    With p = step / decay_steps, at most 1:
    initial_learning_rate ((1 - alpha) (1 + cos(pi p)) / 2 + alpha). With
    `warmup_target`, the rate first rises to that in a line of `warmup_steps` batches.

    Source: I. Loshchilov and F. Hutter, SGDR: Stochastic Gradient Descent with Warm
    Restarts, 2016.

    Args:
        initial_learning_rate: The learning rate of the first batch.
        decay_steps: After how many batches, beyond the warm-up, it has fallen.
        alpha: The share that is left in the end. Default 0.
        name: Its name.
        warmup_target: What the learning rate rises to first. Default None: it does not.
        warmup_steps: In how many batches it rises. Default 0.

    Raises:
        TypeError: A setting is no number.
        ValueError: `decay_steps` is not positive, or a rate is negative.

    Example:
        >>> schedule = CosineDecay(0.1, decay_steps=10)
        >>> [round(schedule(step), 3) for step in (0, 5, 10, 20)]
        [0.1, 0.05, 0.0, 0.0]
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: int = 0,
    ) -> None:
        self.initial_learning_rate: float = number_from_0(
            "initial_learning_rate", initial_learning_rate
        )
        self.decay_steps: float = positive_number("decay_steps", decay_steps)
        self.alpha: float = number_from_0("alpha", alpha)
        self.name: str = as_text("name", name)
        self.warmup_target: float | None = if_given(
            number_from_0, "warmup_target", warmup_target
        )
        self.warmup_steps: int = as_count("warmup_steps", warmup_steps, 0)

    def __call__(self, step: int) -> float:
        """Return the learning rate after `step` batches."""
        peak = self.initial_learning_rate
        if self.warmup_target is not None:
            if step < self.warmup_steps:
                rise = self.warmup_target - peak
                return peak + rise * step / self.warmup_steps
            step, peak = step - self.warmup_steps, self.warmup_target
        cosine = math.cos(math.pi * min(step / self.decay_steps, 1.0))
        return peak * ((1 - self.alpha) * 0.5 * (1 + cosine) + self.alpha)


class PiecewiseConstantDecay(LearningRateSchedule):
    """values[0] up to batch boundaries[0], then values[1] up to boundaries[1] ...

    Args:
        boundaries: Numbers of batches, increasing.
        values: Learning rates, one more than there are boundaries.
        name: Its name.

    Raises:
        TypeError: A setting is no number.
        ValueError: There are too few or too many values, one of them is negative, or
            the boundaries do not increase.

    Example:
        >>> schedule = PiecewiseConstantDecay([10, 20], [0.1, 0.01, 0.001])
        >>> [schedule(step) for step in (0, 10, 11, 21)]
        [0.1, 0.1, 0.01, 0.001]
    """

    def __init__(
        self,
        boundaries: Sequence[float],
        values: Sequence[float],
        name: str = "PiecewiseConstant",
    ) -> None:
        for argument, given in [("boundaries", boundaries), ("values", values)]:
            if not isinstance(given, (list, tuple, range, np.ndarray)):
                raise TypeError(
                    f"{argument} must be a list of numbers, not {describe(given)}."
                )
        if len(boundaries) != len(values) - 1:
            raise ValueError(
                "There must be one value more than boundaries, but there are "
                f"{len(values)} values and {len(boundaries)} boundaries."
            )
        self.boundaries: list[float] = [
            finite_number("A boundary", one) for one in boundaries
        ]
        self.values: list[float] = [number_from_0("A value", one) for one in values]
        if any(later <= one for one, later in itertools.pairwise(self.boundaries)):
            raise ValueError(
                "boundaries must increase, since each says after which batch its value "
                "ends. Sort them, and the values with them."
            )
        self.name: str = as_text("name", name)

    def __call__(self, step: int) -> float:
        """Return the learning rate after `step` batches."""
        return self.values[sum(step > boundary for boundary in self.boundaries)]


_BY_NAME = {
    snake_case(kind.__name__): kind
    for kind in (ExponentialDecay, CosineDecay, PiecewiseConstantDecay)
}


def get(identifier: Any) -> LearningRateSchedule:
    """Return the schedule that a configuration stands for, or the schedule itself.

    Raises:
        ValueError: There is no such schedule.

    Example:
        >>> config = CosineDecay(0.1, 10).get_config()
        >>> get({"class_name": "CosineDecay", "config": config}).decay_steps
        10.0
    """
    identifier = own_or_same("schedule", identifier, _BY_NAME)
    if isinstance(identifier, LearningRateSchedule):
        return identifier
    return find("schedule", identifier, _BY_NAME)
