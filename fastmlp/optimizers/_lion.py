"""Lion: up or down, by the learning rate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastmlp._check.numbers import number_between
from fastmlp.optimizers._optimizer import Optimizer
from fastmlp.optimizers._settings import share_below_one

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fastmlp.typing import LearningRate, OptimizerOptions

__all__ = ["Lion"]


class Lion(Optimizer):
    """Step by the learning rate, up or down, as a mean of the gradients says.

    w <- w - learning_rate sign(beta_1 m + (1 - beta_1) g), then
    m <- beta_2 m + (1 - beta_2) g. All weights move by the same length, so that the
    learning rate is best a third to a tenth of Adam's.

    Source: X. Chen et al., Symbolic Discovery of Optimization Algorithms, 2023.

    Args:
        learning_rate: The length of a step, or a schedule of
            `fastmlp.optimizers.schedules`. Default 0.001.
        beta_1: How much of m there is in what says where to go, above 0 and at most 1.
            Default 0.9.
        beta_2: How slowly m forgets, from 0 to below 1. Default 0.99.
        **extra: What all optimizers take: see `Optimizer`.

    Raises:
        TypeError: A setting is not a number.
        ValueError: A setting is out of its range or unknown.

    Example:
        >>> Lion(1e-4, weight_decay=0.1).beta_2
        0.99
    """

    kernel = "lion"

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
        **extra: Unpack[OptimizerOptions],
    ) -> None:
        self.beta_1: float = number_between("beta_1", beta_1, 0, 1)
        if self.beta_1 == 0:
            raise ValueError(
                "beta_1 of Lion must be above 0: at 0, it remembers nothing, and its "
                "steps are the signs of single gradients."
            )
        self.beta_2: float = share_below_one("beta_2", beta_2)
        super().__init__(learning_rate, **extra)

    def memory_names(self) -> dict[str, str]:
        """Return momentum."""
        return {"m": "momentum"}
