"""Adam and AdamW: along the running mean of the gradient, divided by its usual size."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fastmlp._check.numbers import number_from_0, true_or_false
from fastmlp.optimizers._optimizer import Optimizer, positive_float32, share_below_one

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fastmlp.typing import ClippingOptions, LearningRate, OptimizerOptions

__all__ = ["Adam", "AdamW"]

# So many powers are multiplied up, one from the other, before the next begin anew.
_BLOCK = 1024


class Adam(Optimizer):
    """Step along the running mean of the gradient, divided by its usual size.

    m <- m + (1 - beta_1) (g - m), v <- v + (1 - beta_2) (g^2 - v),
    w <- w - alpha m / (sqrt(v) + epsilon). At step n, alpha is
    learning_rate sqrt(1 - beta_2^n) / (1 - beta_1^n), because both means start from 0.

    Source: D. Kingma and J. Ba, Adam: A Method for Stochastic Optimization, 2014; as in
    Keras, epsilon is the "epsilon hat" of the end of its section 2.

    Args:
        learning_rate: The length of a step, or a schedule of
            `fastmlp.optimizers.schedules`. Default 0.001.
        beta_1: How slowly the mean of g forgets, from 0 to below 1. Default 0.9.
        beta_2: How slowly the mean of g^2 forgets, from 0 to below 1. Default 0.999.
        epsilon: Keeps the divisor away from zero. Default 1e-7.
        amsgrad: Whether the largest v so far takes the place of v. Default False.
        **extra: What all optimizers take: see `Optimizer`.

    Raises:
        TypeError: A setting is not a number.
        ValueError: A setting is out of its range or unknown.

    Example:
        >>> Adam(beta_1=0.8).beta_1
        0.8
    """

    kernel = "adam"
    kinds_together = 2

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **extra: Unpack[OptimizerOptions],
    ) -> None:
        self.beta_1: float = share_below_one("beta_1", beta_1)
        self.beta_2: float = share_below_one("beta_2", beta_2)
        self.epsilon: float = positive_float32("epsilon", epsilon)
        self.amsgrad: bool = true_or_false("amsgrad", amsgrad)
        super().__init__(learning_rate, **extra)

    def step_factors(self, iterations: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return sqrt(1 - beta_2^n) / (1 - beta_1^n)."""
        remembered_1 = _powers(self.beta_1, iterations)
        remembered_2 = _powers(self.beta_2, iterations)
        factors: NDArray[np.float64] = np.sqrt(1 - remembered_2) / (1 - remembered_1)
        return factors

    def memory_names(self) -> dict[str, str]:
        """Return momentum, velocity and, where it is used, the largest velocity."""
        names = {"m": "momentum", "v": "velocity"}
        return {**names, "v_max": "velocity_hat"} if self.amsgrad else names


def _powers(base: float, n: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return base^n for whole numbers n in a row, by multiplications alone.

    Those are rounded alike everywhere, where each C library's pow has bits of its own.
    """
    first, last = int(n[0]), int(n[-1])
    powers = _block_of_powers(base, first // _BLOCK)
    if last // _BLOCK > first // _BLOCK:
        blocks = range(first // _BLOCK, last // _BLOCK + 1)
        powers = np.concatenate([_block_of_powers(base, block) for block in blocks])
    return powers[first % _BLOCK :][: n.size]


@lru_cache(maxsize=8)
def _block_of_powers(base: float, block: int) -> NDArray[np.float64]:
    """Return base^n for the _BLOCK numbers n from block * _BLOCK on."""
    powers = np.full(_BLOCK, base)
    powers[0], square, n = 1.0, base, block * _BLOCK
    while n > 0:
        if n % 2:
            powers[0] *= square
        square *= square
        n //= 2
    return np.cumprod(powers)


class AdamW(Adam):
    """Adam whose weights shrink by themselves: w <- w - weight_decay learning_rate w.

    Source: I. Loshchilov and F. Hutter, Decoupled Weight Decay Regularization, 2017.

    Args:
        learning_rate: As in `Adam`. Default 0.001.
        weight_decay: How fast the weights shrink. Default 0.004.
        beta_1: As in `Adam`. Default 0.9.
        beta_2: As in `Adam`. Default 0.999.
        epsilon: As in `Adam`. Default 1e-7.
        amsgrad: As in `Adam`. Default False.
        **extra: What all optimizers take: see `Optimizer`.

    Raises:
        TypeError: A setting is not a number.
        ValueError: A setting is out of its range or unknown.

    Example:
        >>> AdamW().weight_decay
        0.004
    """

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **extra: Unpack[ClippingOptions],
    ) -> None:
        super().__init__(
            learning_rate,
            beta_1,
            beta_2,
            epsilon,
            amsgrad,
            weight_decay=number_from_0("weight_decay", weight_decay),
            **extra,
        )
