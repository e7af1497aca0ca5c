"""SGD: plain gradient descent, with momentum if one likes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastmlp._check.numbers import number_between, true_or_false
from fastmlp.optimizers._optimizer import Optimizer

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fastmlp.typing import LearningRate, OptimizerOptions

__all__ = ["SGD"]


class SGD(Optimizer):
    """Go down the gradient: w <- w - learning_rate g.

    With momentum: m <- momentum m - learning_rate g, then w <- w + m, or with
    `nesterov` w <- w + momentum m - learning_rate g.

    Source: I. Sutskever et al., On the importance of initialization and momentum in
    deep learning, 2013.

    Args:
        learning_rate: The length of a step, or a schedule of
            `fastmlp.optimizers.schedules`. Default 0.01.
        momentum: The share of the last step that is taken again, from 0 to 1.
            Default 0.
        nesterov: Whether the momentum looks ahead. Default False.
        **extra: What all optimizers take: see `Optimizer`.

    Raises:
        TypeError: A setting is not a number.
        ValueError: A setting is out of its range or unknown.

    Example:
        >>> SGD(momentum=0.9).momentum
        0.9
    """

    kernel = "sgd"

    def __init__(
        self,
        learning_rate: LearningRate = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        **extra: Unpack[OptimizerOptions],
    ) -> None:
        self.momentum: float = number_between("momentum", momentum, 0, 1)
        self.nesterov: bool = true_or_false("nesterov", nesterov)
        super().__init__(learning_rate, **extra)

    def memory_names(self) -> dict[str, str]:
        """Return momentum, where it is used."""
        return {"m": "momentum"} if self.momentum > 0 else {}
