"""Ftrl: the weights that were best for all gradients so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastmlp._check.numbers import finite_float32, finite_number, number_from_0
from fastmlp.optimizers._optimizer import Optimizer

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fastmlp.typing import LearningRate, OptimizerOptions

__all__ = ["Ftrl"]


class Ftrl(Optimizer):
    """Follow the leader: the weights that were best for all gradients so far.

    With p = -learning_rate_power and v' = v + g^2:

    z <- z + g + 2 shrinkage w - (v'^p - v^p) / learning_rate w,
    w <- (clip(z, -l1, l1) - z) / ((v'^p + beta) / learning_rate + 2 l2), v <- v'.

    An l1 above 0 makes weights exactly 0. With a learning rate of 0, nothing changes.

    Source: H. B. McMahan et al., Ad Click Prediction: a View from the Trenches, 2013.

    Args:
        learning_rate: The length of a step, or a schedule of
            `fastmlp.optimizers.schedules`. Default 0.001.
        learning_rate_power: How fast steps become shorter as gradients add up; at most
            0, which is never. Default -0.5.
        initial_accumulator_value: What v begins with, at least 0. Default 0.1.
        l1_regularization_strength: l1, at least 0. Default 0.
        l2_regularization_strength: l2, at least 0. Default 0.
        l2_shrinkage_regularization_strength: The shrinkage, at least 0. Default 0.
        beta: Makes the first steps shorter; at least 0. Default 0.
        **extra: What all optimizers take: see `Optimizer`.

    Raises:
        TypeError: A setting is not a number.
        ValueError: A setting is out of its range or unknown.

    Example:
        >>> Ftrl(0.1, l1_regularization_strength=0.01).settings()["power"]
        0.5
    """

    kernel = "ftrl"
    kinds_together = 2

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
        **extra: Unpack[OptimizerOptions],
    ) -> None:
        power = finite_number("learning_rate_power", learning_rate_power)
        if power > 0:
            raise ValueError(
                "learning_rate_power must be at most 0, such as -0.5, so that steps "
                f"become shorter, not {power}."
            )
        self.learning_rate_power: float = power
        name, value = "initial_accumulator_value", initial_accumulator_value
        finite_float32(name, value)  # The accumulator has to hold it.
        self.initial_accumulator_value: float = number_from_0(name, value)
        self.l1_regularization_strength: float = number_from_0(
            "l1_regularization_strength", l1_regularization_strength
        )
        self.l2_regularization_strength: float = number_from_0(
            "l2_regularization_strength", l2_regularization_strength
        )
        self.l2_shrinkage_regularization_strength: float = number_from_0(
            "l2_shrinkage_regularization_strength", l2_shrinkage_regularization_strength
        )
        self.beta: float = number_from_0("beta", beta)
        super().__init__(learning_rate, **extra)

    def settings(self) -> dict[str, float]:
        """Return what the kernel is set to, by its own short names."""
        return {
            "power": -self.learning_rate_power,
            "l1": self.l1_regularization_strength,
            "l2": self.l2_regularization_strength,
            "shrinkage": self.l2_shrinkage_regularization_strength,
            "beta": self.beta,
        }

    def memory_names(self) -> dict[str, str]:
        """Return the accumulator, and what the gradients add up to."""
        return {"v": "accumulator", "z": "linear"}

    def initial_memory(self) -> dict[str, float]:
        """Return what the accumulator begins with."""
        return {"v": self.initial_accumulator_value}
