"""Adam and its kin: along the running mean of the gradient, divided by its size."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fastmlp._check.numbers import number_from_0, true_or_false
from fastmlp.optimizers._optimizer import Optimizer
from fastmlp.optimizers._settings import positive_float32, share_below_one

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fastmlp.typing import ClippingOptions, LearningRate, OptimizerOptions

__all__ = ["Adam", "AdamW", "Adamax", "Nadam"]

# So many powers are multiplied up, one from the other, before the next begin anew.
_BLOCK = 1024

# Of Nadam: its momentum rises from half of beta_1, as the powers of this fall.
_WARMING = 0.96


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

    def steps(self, rates: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        """Return learning_rate sqrt(1 - beta_2^n) / (1 - beta_1^n)."""
        n = self.numbers_of_steps(len(rates))
        factors = np.sqrt(1 - powers(self.beta_2, n)) / (1 - powers(self.beta_1, n))
        return {"step": rates * factors}

    def memory_names(self) -> dict[str, str]:
        """Return momentum, velocity and, where it is used, the largest velocity."""
        names = {"m": "momentum", "v": "velocity"}
        return {**names, "v_max": "velocity_hat"} if self.amsgrad else names


def powers(base: float, n: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return base^n for whole numbers n that rise, by multiplications alone.

    Those are rounded alike everywhere, where each C library's pow has bits of its own.
    """
    first, last = int(n[0]) // _BLOCK, int(n[-1]) // _BLOCK
    found = _block_of_powers(base, first)
    if last > first:
        blocks = range(first, last + 1)
        found = np.concatenate([_block_of_powers(base, block) for block in blocks])
    return found[n - first * _BLOCK]


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


class Adamax(Optimizer):
    """Step along the running mean of the gradient, divided by its largest size.

    m <- m + (1 - beta_1) (g - m), u <- max(beta_2 u, |g|),
    w <- w - alpha m / (u + epsilon). At step n, alpha is
    learning_rate / (1 - beta_1^n), because m starts from 0.

    Source: D. Kingma and J. Ba, Adam: A Method for Stochastic Optimization, 2014,
    section 7.1.

    Args:
        learning_rate: As in `Adam`. Default 0.001.
        beta_1: How slowly the mean of g forgets, from 0 to below 1. Default 0.9.
        beta_2: How slowly the largest g is forgotten, from 0 to below 1. Default 0.999.
        epsilon: Keeps the divisor away from zero. Default 1e-7.
        **extra: What all optimizers take: see `Optimizer`.

    Raises:
        TypeError: A setting is not a number.
        ValueError: A setting is out of its range or unknown.

    Example:
        >>> Adamax().beta_2
        0.999
    """

    kernel = "adamax"
    kinds_together = 2

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **extra: Unpack[OptimizerOptions],
    ) -> None:
        self.beta_1: float = share_below_one("beta_1", beta_1)
        self.beta_2: float = share_below_one("beta_2", beta_2)
        self.epsilon: float = positive_float32("epsilon", epsilon)
        super().__init__(learning_rate, **extra)

    def steps(self, rates: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        """Return learning_rate / (1 - beta_1^n)."""
        n = self.numbers_of_steps(len(rates))
        return {"step": rates / (1 - powers(self.beta_1, n))}

    def memory_names(self) -> dict[str, str]:
        """Return momentum and the largest gradient."""
        return {"m": "momentum", "u": "norm"}


class Nadam(Optimizer):
    """Step as Adam does, with Nesterov's look ahead.

    m <- m + (1 - beta_1) (g - m), v <- v + (1 - beta_2) (g^2 - v), and at step n, with
    u_n = beta_1 (1 - 0.96^n / 2) and U_n = u_1 u_2 ... u_n:

    m' = u_{n+1} m / (1 - U_{n+1}) + (1 - u_n) g / (1 - U_n),
    w <- w - learning_rate m' / (sqrt(v / (1 - beta_2^n)) + epsilon).

    Source: T. Dozat, Incorporating Nesterov Momentum into Adam, 2016.

    Args:
        learning_rate: As in `Adam`. Default 0.001.
        beta_1: As in `Adam`. Default 0.9.
        beta_2: As in `Adam`. Default 0.999.
        epsilon: As in `Adam`. Default 1e-7.
        **extra: What all optimizers take: see `Optimizer`.

    Raises:
        TypeError: A setting is not a number.
        ValueError: A setting is out of its range or unknown.

    Example:
        >>> Nadam().beta_1
        0.9
    """

    kernel = "nadam"
    kinds_together = 2

    def __init__(
        self,
        learning_rate: LearningRate = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **extra: Unpack[OptimizerOptions],
    ) -> None:
        self.beta_1: float = share_below_one("beta_1", beta_1)
        self.beta_2: float = share_below_one("beta_2", beta_2)
        self.epsilon: float = positive_float32("epsilon", epsilon)
        super().__init__(learning_rate, **extra)

    def steps(self, rates: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        """Return what m, g and the root of v are multiplied by."""
        n = self.numbers_of_steps(len(rates))
        now = self.beta_1 * (1 - 0.5 * powers(_WARMING, n))
        ahead = self.beta_1 * (1 - 0.5 * powers(_WARMING, n + 1))
        return {
            "step": rates * ahead / (1 - self._product(n + 1)),
            "gradient_step": rates * (1 - now) / (1 - self._product(n)),
            "correction": 1 / np.sqrt(1 - powers(self.beta_2, n)),
        }

    def _product(self, n: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return U_n: a power of beta_1, times a product that ends as it is."""
        return powers(self.beta_1, n) * _warming_products()[np.minimum(n, _BLOCK - 1)]

    def memory_names(self) -> dict[str, str]:
        """Return momentum and velocity."""
        return {"m": "momentum", "v": "velocity"}

    def scalars(self) -> list[float]:
        """Return U_n, which Keras's files have behind all other arrays."""
        return [float(self._product(np.array([self.iterations]))[0])]


@lru_cache(maxsize=1)
def _warming_products() -> NDArray[np.float64]:
    """Return the products of 1 - 0.96^n / 2 up to each n of the first block."""
    factors = 1 - 0.5 * _block_of_powers(_WARMING, 0)
    factors[0] = 1
    return np.cumprod(factors, dtype=np.float64)
