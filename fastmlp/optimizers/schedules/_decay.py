"""Learning rates that fall: by a factor, by a power, by the steps, or all at once."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from fastmlp._check.names import as_text
from fastmlp._check.numbers import (
    describe,
    finite_number,
    number_from_0,
    positive_number,
    true_or_false,
)
from fastmlp.optimizers.schedules._schedule import LearningRateSchedule

__all__ = [
    "ExponentialDecay",
    "InverseTimeDecay",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
]


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


class InverseTimeDecay(LearningRateSchedule):
    """initial_learning_rate / (1 + decay_rate step / decay_steps).

    Args:
        initial_learning_rate: The learning rate of the first batch.
        decay_steps: How many batches count as one.
        decay_rate: How fast it falls; what older scripts call `decay` is this, with
            `decay_steps=1`.
        staircase: Whether it falls all at once, every `decay_steps` batches.
            Default False.
        name: Its name.

    Raises:
        TypeError: A setting is no number.
        ValueError: `decay_steps` is not positive, or a rate is negative.

    Example:
        >>> InverseTimeDecay(0.1, decay_steps=1, decay_rate=0.5)(2)
        0.05
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str = "InverseTimeDecay",
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
        return self.initial_learning_rate / (1 + self.decay_rate * periods)


class PolynomialDecay(LearningRateSchedule):
    """From one learning rate to another, along a power of what is left of the way.

    With p = step / decay_steps, at most 1:
    (initial_learning_rate - end_learning_rate) (1 - p)^power + end_learning_rate.

    Args:
        initial_learning_rate: The learning rate of the first batch.
        decay_steps: After how many batches it has fallen.
        end_learning_rate: Where it falls to. Default 0.0001.
        power: 1 (default) is a straight line; more falls faster at first.
        cycle: Whether it rises again when it has fallen: `decay_steps` is then twice,
            three times ... as large. Default False.
        name: Its name.

    Raises:
        TypeError: A setting is no number.
        ValueError: `decay_steps` or `power` is not positive, or a rate is negative.

    Example:
        >>> schedule = PolynomialDecay(0.5, decay_steps=10, end_learning_rate=0.0)
        >>> [schedule(step) for step in (0, 5, 10, 20)]
        [0.5, 0.25, 0.0, 0.0]
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str = "PolynomialDecay",
    ) -> None:
        self.initial_learning_rate: float = number_from_0(
            "initial_learning_rate", initial_learning_rate
        )
        self.decay_steps: float = positive_number("decay_steps", decay_steps)
        self.end_learning_rate: float = number_from_0(
            "end_learning_rate", end_learning_rate
        )
        self.power: float = positive_number("power", power)
        self.cycle: bool = true_or_false("cycle", cycle)
        self.name: str = as_text("name", name)

    def __call__(self, step: int) -> float:
        """Return the learning rate after `step` batches."""
        cycles = max(1, math.ceil(step / self.decay_steps)) if self.cycle else 1
        left = 1 - min(step / (self.decay_steps * cycles), 1.0)
        way = self.initial_learning_rate - self.end_learning_rate
        return float(way * left**self.power + self.end_learning_rate)


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
