"""Noise: layers by which chance changes what goes through while a network learns."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from fastmlp import kernels
from fastmlp._check.arguments import refuse
from fastmlp._check.numbers import as_count, finite_number, number_between
from fastmlp._util.random import generator, salt
from fastmlp.layers._layer import Layer
from fastmlp.plan import Float32, LayerSettings

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fastmlp.typing import LayerOptions

__all__ = ["AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise"]


_MOST_SEED = 2**63 - 1


class _Noise(Layer):
    """What these layers have in common: a seed, and another draw in each batch."""

    kind: ClassVar[str | None] = None
    counted_at_once = True

    def __init__(self, seed: int | None, **common: Unpack[LayerOptions]) -> None:
        self.seed: int | None = (
            None if seed is None else as_count("seed", seed, 0) % _MOST_SEED
        )
        self._drawn = int(generator().integers(_MOST_SEED)) if seed is None else 0
        self._calls = 0
        super().__init__(**common)

    @property
    def start(self) -> int:  # type: ignore[override]
        """Where its chance starts from: the seed or a number, another in each fork."""
        return self._drawn ^ salt() if self.seed is None else self.seed

    def call(self, x: Float32, training: bool) -> Float32:
        """Return x, changed by chance if it is in training."""
        if not training:
            return x
        self._calls += 1
        return self.disturbed(x, self._calls)

    def disturbed(self, x: Float32, iteration: int) -> Float32:
        """Return what chance makes of x in a batch."""
        raise NotImplementedError


class Dropout(_Noise):
    """Leaves out inputs by chance in `fit`, so that no unit relies on another.

    What stays is divided by 1 - rate, so that sums stay the same on average. In
    `evaluate` and `predict` nothing is left out.

    Chance is a hash of the seed, the number of the batch and the place in it: the same
    for any number of threads. Source: N. Srivastava et al., Dropout, 2014.

    Args:
        rate: The share that is left out, from 0 to below 1.
        noise_shape: Accepted as None only.
        seed: Where chance starts from. Default None: it is drawn, see
            `fastmlp.utils.set_random_seed`.
        **common: What all layers take: see `Layer`.

    Raises:
        TypeError: `rate` is no number, or `seed` no whole number.
        ValueError: One is out of its range.

    Example:
        >>> sorted(set(Dropout(0.5, seed=1)([[1.0] * 100], training=True)[0].tolist()))
        [0.0, 2.0]
    """

    kind: ClassVar[str | None] = "dropout"

    def __init__(
        self,
        rate: float,
        noise_shape: None = None,
        seed: int | None = None,
        **common: Unpack[LayerOptions],
    ) -> None:
        self.rate: float = _share(rate)
        refuse(noise_shape=noise_shape)
        self.noise_shape = noise_shape
        super().__init__(seed, **common)

    def settings(self) -> LayerSettings:
        """Return the rate."""
        return LayerSettings(rate=self.rate)

    def disturbed(self, x: Float32, iteration: int) -> Float32:
        """Return x, some of it left out."""
        return kernels.dropout(x, self.rate, self.start, iteration)


class GaussianNoise(_Noise):
    """Adds normally distributed numbers to its inputs in `fit`: no sample comes twice.

    In `evaluate` and `predict` nothing is added. Chance is a hash as that of `Dropout`.

    Args:
        stddev: The standard deviation of what is added, from 0 to 1.
        seed: Where chance starts from. Default None: it is drawn, see
            `fastmlp.utils.set_random_seed`.
        **common: What all layers take: see `Layer`.

    Raises:
        TypeError: `stddev` is no number, or `seed` no whole number.
        ValueError: One is out of its range.

    Example:
        >>> noise = GaussianNoise(0.5, seed=1)([[0.0] * 10_000], training=True)
        >>> bool(0.45 < noise.std() < 0.55)
        True
    """

    kind: ClassVar[str | None] = "gaussian_noise"

    def __init__(
        self, stddev: float, seed: int | None = None, **common: Unpack[LayerOptions]
    ) -> None:
        self.stddev: float = number_between("stddev", stddev, 0, 1)
        super().__init__(seed, **common)

    def settings(self) -> LayerSettings:
        """Return the standard deviation."""
        return LayerSettings(stddev=self.stddev)

    def disturbed(self, x: Float32, iteration: int) -> Float32:
        """Return x and what is added."""
        return kernels.gaussian_noise(x, self.stddev, self.start, iteration)


class GaussianDropout(_Noise):
    """Multiplies its inputs by normally distributed numbers around 1 in `fit`.

    Their standard deviation is sqrt(rate / (1 - rate)), as that of what `Dropout`
    multiplies by. In `evaluate` and `predict` nothing is changed. Chance is a hash as
    that of `Dropout`. Source: N. Srivastava et al., Dropout, 2014, section 10.

    Args:
        rate: As that of `Dropout`, from 0 to below 1.
        seed: Where chance starts from. Default None: it is drawn, see
            `fastmlp.utils.set_random_seed`.
        **common: What all layers take: see `Layer`.

    Raises:
        TypeError: `rate` is no number, or `seed` no whole number.
        ValueError: One is out of its range.

    Example:
        >>> noise = GaussianDropout(0.5, seed=1)([[1.0] * 10_000], training=True)
        >>> bool(0.95 < noise.std() < 1.05)
        True
    """

    kind: ClassVar[str | None] = "gaussian_dropout"

    def __init__(
        self, rate: float, seed: int | None = None, **common: Unpack[LayerOptions]
    ) -> None:
        self.rate: float = _share(rate)
        super().__init__(seed, **common)

    def settings(self) -> LayerSettings:
        """Return the rate."""
        return LayerSettings(rate=self.rate)

    def disturbed(self, x: Float32, iteration: int) -> Float32:
        """Return x, each number multiplied by one that is drawn."""
        return kernels.gaussian_dropout(x, self.rate, self.start, iteration)


class AlphaDropout(_Noise):
    """Sets inputs to the least that selu gives by chance in `fit`, and keeps moments.

    What goes through a network of "selu" has mean 0 and variance 1; so it has behind
    this layer. In `evaluate` and `predict` nothing is changed. Chance is a hash as that
    of `Dropout`. Source: G. Klambauer et al., Self-Normalizing Neural Networks, 2017.

    Args:
        rate: The share that is left out, from 0 to below 1.
        noise_shape: Accepted as None only.
        seed: Where chance starts from. Default None: it is drawn, see
            `fastmlp.utils.set_random_seed`.
        **common: What all layers take: see `Layer`.

    Raises:
        TypeError: `rate` is no number, or `seed` no whole number.
        ValueError: One is out of its range.

    Example:
        >>> dropped = AlphaDropout(0.5, seed=1)([[0.0] * 100], training=True)
        >>> sorted({round(one, 4) for one in dropped[0].tolist()})
        [-0.7792, 0.7792]
    """

    kind: ClassVar[str | None] = "alpha_dropout"

    def __init__(
        self,
        rate: float,
        noise_shape: None = None,
        seed: int | None = None,
        **common: Unpack[LayerOptions],
    ) -> None:
        self.rate: float = _share(rate)
        refuse(noise_shape=noise_shape)
        self.noise_shape = noise_shape
        super().__init__(seed, **common)

    def settings(self) -> LayerSettings:
        """Return the rate."""
        return LayerSettings(rate=self.rate)

    def disturbed(self, x: Float32, iteration: int) -> Float32:
        """Return x, some of it left out."""
        return kernels.alpha_dropout(x, self.rate, self.start, iteration)


def _share(rate: float) -> float:
    """Return the share that is left out."""
    share = finite_number("rate", rate)
    if not 0 <= share < 1:
        raise ValueError(f"rate must be at least 0 and below 1, not {share:g}.")
    return share
