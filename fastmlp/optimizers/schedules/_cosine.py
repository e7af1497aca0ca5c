"""Learning rates that follow a cosine: down, down again and again, or up and down."""

from __future__ import annotations

import math

from fastmlp._check.names import as_text
from fastmlp._check.numbers import (
    as_count,
    finite_number,
    if_given,
    number_between,
    number_from_0,
    positive_number,
)
from fastmlp.optimizers.schedules._schedule import LearningRateSchedule

__all__ = ["CosineDecay", "CosineDecayRestarts", "OneCycle"]


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


class CosineDecayRestarts(LearningRateSchedule):
    """Half a cosine, as `CosineDecay`, that begins anew each time that it has fallen.

    Restart i lasts t_mul^i times as long as the first decay, and starts m_mul^i times
    as high. With p as the share of it that is over:
    initial_learning_rate ((1 - alpha) m_mul^i (1 + cos(pi p)) / 2 + alpha).

    Source: I. Loshchilov and F. Hutter, SGDR: Stochastic Gradient Descent with Warm
    Restarts, 2016.

    Args:
        initial_learning_rate: The learning rate of the first batch.
        first_decay_steps: How many batches the first decay lasts.
        t_mul: How many times longer each decay is than the one before; at least 1.
            Default 2.
        m_mul: How many times higher each starts. Default 1.
        alpha: The share of the initial learning rate that is left in the end.
            Default 0.
        name: Its name.

    Raises:
        TypeError: A setting is no number.
        ValueError: `first_decay_steps` is not positive, `t_mul` is below 1, or another
            number is negative.

    Example:
        >>> schedule = CosineDecayRestarts(0.5, first_decay_steps=10)
        >>> [round(schedule(step), 3) for step in (0, 5, 10, 20, 30)]
        [0.5, 0.25, 0.5, 0.25, 0.5]
    """

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: float,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str = "SGDRDecay",
    ) -> None:
        self.initial_learning_rate: float = number_from_0(
            "initial_learning_rate", initial_learning_rate
        )
        self.first_decay_steps: float = positive_number(
            "first_decay_steps", first_decay_steps
        )
        self.t_mul: float = finite_number("t_mul", t_mul)
        if self.t_mul < 1:
            raise ValueError(
                "t_mul must be at least 1, so that decays do not become shorter and "
                f"shorter until none is left, not {self.t_mul}."
            )
        self.m_mul: float = number_from_0("m_mul", m_mul)
        self.alpha: float = number_from_0("alpha", alpha)
        self.name: str = as_text("name", name)

    def __call__(self, step: int) -> float:
        """Return the learning rate after `step` batches."""
        over, length = float(step), self.first_decay_steps
        restarts = 0.0
        if self.t_mul == 1:
            restarts, over = divmod(over, length)
        else:
            while over >= length:
                over -= length
                length *= self.t_mul
                restarts += 1
        cosine = self.m_mul**restarts * 0.5 * (1 + math.cos(math.pi * over / length))
        return float(
            self.initial_learning_rate * ((1 - self.alpha) * cosine + self.alpha)
        )


class OneCycle(LearningRateSchedule):
    """Up to a learning rate that is almost too high, and down to almost nothing.

    The rate rises along half a cosine from max_learning_rate / initial_divisor, in the
    first `warmup_fraction` of all steps, and falls along another one to
    max_learning_rate / final_divisor, where it stays. High rates keep a network away
    from narrow minima, so that it often learns in a fraction of the epochs; find the
    highest at which the loss still falls.

    Source: L. Smith, A Disciplined Approach to Neural Network Hyper-Parameters, 2018.

    Args:
        max_learning_rate: The highest learning rate.
        total_steps: After how many batches it has fallen: epochs times batches each.
        warmup_fraction: The share of them in which it rises, from 0 to below 1.
            Default 0.3.
        initial_divisor: How many times lower it begins. Default 25.
        final_divisor: How many times lower it ends. Default 250000.
        name: Its name.

    Raises:
        TypeError: A setting is no number.
        ValueError: A setting is out of its range.

    Example:
        >>> schedule = OneCycle(1.0, total_steps=100, initial_divisor=10)
        >>> [round(schedule(step), 3) for step in (0, 15, 30, 65, 100)]
        [0.1, 0.55, 1.0, 0.5, 0.0]
    """

    def __init__(
        self,
        max_learning_rate: float,
        total_steps: float,
        warmup_fraction: float = 0.3,
        initial_divisor: float = 25.0,
        final_divisor: float = 250_000.0,
        name: str = "OneCycle",
    ) -> None:
        self.max_learning_rate: float = number_from_0(
            "max_learning_rate", max_learning_rate
        )
        self.total_steps: float = positive_number("total_steps", total_steps)
        self.warmup_fraction: float = number_between(
            "warmup_fraction", warmup_fraction, 0, 1
        )
        if self.warmup_fraction == 1:
            raise ValueError(
                "warmup_fraction must be below 1, so that steps are left in which the "
                "learning rate falls."
            )
        self.initial_divisor: float = positive_number(
            "initial_divisor", initial_divisor
        )
        self.final_divisor: float = positive_number("final_divisor", final_divisor)
        self.name: str = as_text("name", name)

    def __call__(self, step: int) -> float:
        """Return the learning rate after `step` batches."""
        rising = self.warmup_fraction * self.total_steps
        high = self.max_learning_rate
        if step < rising:
            low, over = high / self.initial_divisor, 1 - step / rising
        else:
            low = high / self.final_divisor
            over = min((step - rising) / (self.total_steps - rising), 1.0)
        return low + (high - low) * 0.5 * (1 + math.cos(math.pi * over))
