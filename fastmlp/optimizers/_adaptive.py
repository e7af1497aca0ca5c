"""Each gradient is divided by its usual size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastmlp._check.numbers import (
    finite_float32,
    number_between,
    number_from_0,
    true_or_false,
)
from fastmlp.optimizers._optimizer import Optimizer
from fastmlp.optimizers._settings import positive_float32, share_below_one

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fastmlp.typing import LearningRate, OptimizerOptions

__all__ = ["Adadelta", "Adagrad", "RMSprop"]


class RMSprop(Optimizer):
    """Divide each gradient by the root of the running mean of its square.

    v <- rho v + (1 - rho) g^2, w <- w - learning_rate g / sqrt(v + epsilon).

    Source: G. Hinton, Neural Networks for Machine Learning, lecture 6e. As in Keras 3,
    epsilon stands inside the root.

    Args:
        learning_rate: The length of a step, or a schedule of
            `fastmlp.optimizers.schedules`. Default 0.001.
        rho: How slowly the running mean forgets, from 0 to below 1. Default 0.9.
        momentum: The share of the last step that is taken again, from 0 to 1.
            Default 0.
        epsilon: Keeps the root away from zero. Default 1e-7.
        centered: Whether the root is taken of the variance v - mean(g)^2, which costs
            one more array. Default False.
        **extra: What all optimizers take: see `Optimizer`.

    Raises:
        TypeError: A setting is not a number.
        ValueError: A setting is out of its range or unknown.

    Example:
        >>> optimizer = RMSprop(learning_rate=0.01)
        >>> optimizer.learning_rate = 0.5
        >>> optimizer.learning_rate
        0.5
    """

    kernel = "rmsprop"

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **extra: Unpack[OptimizerOptions],
    ) -> None:
        self.rho: float = share_below_one("rho", rho)
        self.momentum: float = number_between("momentum", momentum, 0, 1)
        self.epsilon: float = positive_float32("epsilon", epsilon)
        self.centered: bool = true_or_false("centered", centered)
        super().__init__(learning_rate, **extra)

    def memory_names(self) -> dict[str, str]:
        """Return velocity and, where they are used, momentum and mean gradient."""
        names = {"v": "velocity"}
        if self.momentum > 0:
            names["m"] = "momentum"
        if self.centered:
            names["a"] = "average_gradient"
        return names


class Adagrad(Optimizer):
    """Divide each gradient by the root of the sum of all its squares so far.

    v <- v + g^2, w <- w - learning_rate g / sqrt(v + epsilon).

    Source: J. Duchi et al., Adaptive Subgradient Methods for Online Learning and
    Stochastic Optimization, 2011.

    Args:
        learning_rate: The length of a step, or a schedule of
            `fastmlp.optimizers.schedules`. Default 0.001.
        initial_accumulator_value: What the sum begins with, at least 0. Default 0.1.
        epsilon: Keeps the root away from zero. Default 1e-7.
        **extra: What all optimizers take: see `Optimizer`.

    Raises:
        TypeError: A setting is not a number.
        ValueError: A setting is out of its range or unknown.

    Example:
        >>> Adagrad().initial_accumulator_value
        0.1
    """

    kernel = "adagrad"

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        **extra: Unpack[OptimizerOptions],
    ) -> None:
        name, value = "initial_accumulator_value", initial_accumulator_value
        finite_float32(name, value)  # The accumulator has to hold it.
        self.initial_accumulator_value: float = number_from_0(name, value)
        self.epsilon: float = positive_float32("epsilon", epsilon)
        super().__init__(learning_rate, **extra)

    def memory_names(self) -> dict[str, str]:
        """Return the accumulator."""
        return {"v": "accumulator"}

    def initial_memory(self) -> dict[str, float]:
        """Return what the accumulator begins with."""
        return {"v": self.initial_accumulator_value}


class Adadelta(Optimizer):
    """Step by as much as earlier steps were long, along the gradient by its usual size.

    v <- rho v + (1 - rho) g^2, d = -sqrt(u + epsilon) / sqrt(v + epsilon) g,
    u <- rho u + (1 - rho) d^2, w <- w + learning_rate d.

    Source: M. Zeiler, ADADELTA: An Adaptive Learning Rate Method, 2012, where the
    learning rate is 1; with the default, Adadelta learns slowly.

    Args:
        learning_rate: What steps are multiplied by, or a schedule of
            `fastmlp.optimizers.schedules`. Default 0.001.
        rho: How slowly both running means forget, from 0 to below 1. Default 0.95.
        epsilon: Lets the first steps be longer than 0. Default 1e-7.
        **extra: What all optimizers take: see `Optimizer`.

    Raises:
        TypeError: A setting is not a number.
        ValueError: A setting is out of its range or unknown.

    Example:
        >>> Adadelta(1.0).rho
        0.95
    """

    kernel = "adadelta"
    kinds_together = 2

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        rho: float = 0.95,
        epsilon: float = 1e-7,
        **extra: Unpack[OptimizerOptions],
    ) -> None:
        self.rho: float = share_below_one("rho", rho)
        self.epsilon: float = positive_float32("epsilon", epsilon)
        super().__init__(learning_rate, **extra)

    def memory_names(self) -> dict[str, str]:
        """Return both running means."""
        return {"v": "accumulated_grad", "u": "accumulated_delta_var"}
