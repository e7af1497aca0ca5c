"""Numbers of chance as arrays: `keras.random`, on NumPy's generators.

Without a seed, they come from the library's generator, which `utils.set_random_seed`
sets; a whole number gives the same numbers in each call; a `SeedGenerator` gives others
each time, in an order that repeats.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from fastmlp._check.names import as_text, next_name
from fastmlp._check.numbers import (
    as_count,
    describe,
    if_given,
    number_between,
    real_numbers,
)
from fastmlp._util.keywords import suggesting
from fastmlp._util.random import generator
from fastmlp.initializers import truncated_normal_of
from fastmlp.layers._tensor import KerasTensor

__all__ = [
    "SeedGenerator",
    "beta",
    "binomial",
    "categorical",
    "dropout",
    "gamma",
    "normal",
    "randint",
    "shuffle",
    "truncated_normal",
    "uniform",
]

Shape: TypeAlias = Sequence[int] | int


def __dir__() -> list[str]:
    return __all__


class SeedGenerator:
    """Seeds one after the other: give it to each call that is to draw other numbers.

    Args:
        seed: A whole number of 0 or more. Default None: another each time.
        name: Its name.

    Example:
        >>> seeds = SeedGenerator(42)
        >>> first, second = normal((2,), seed=seeds), normal((2,), seed=seeds)
        >>> bool((first == second).any())
        False
        >>> again = normal((2,), seed=SeedGenerator(42))
        >>> bool((first == again).all())
        True
    """

    @suggesting
    def __init__(self, seed: int | None = None, name: str | None = None) -> None:
        self.seed: int | None = if_given(as_count, "seed", seed, 0)
        self.name: str = as_text("name", name or next_name("seed_generator"))
        if seed is None:
            seed = int(generator().integers(1, 10**9))
        self.state: list[int] = [seed, 0]

    def next(self, ordered: bool = True) -> NDArray[np.int64]:
        """Return a seed of two numbers, another in each call; `ordered` is Keras's."""
        seed = np.array(self.state)
        self.state[1] += 1
        return seed

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this again, from its beginning."""
        return {"seed": self.seed, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> SeedGenerator:
        """Return one that `get_config` described."""
        return cls(**config)


Seed: TypeAlias = int | SeedGenerator | None


def _generator(seed: Seed) -> np.random.Generator:
    if seed is None:
        return generator()
    if isinstance(seed, SeedGenerator):
        return np.random.default_rng(seed.next())
    return np.random.default_rng(as_count("seed", seed, 0))


def _shape(shape: Shape) -> tuple[int, ...]:
    """Return a shape whose sizes are known."""
    sizes = shape if isinstance(shape, Sequence) else [shape]
    return tuple(as_count("A size in shape", size, 0) for size in sizes)


@suggesting
def normal(
    shape: Shape,
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: DTypeLike = "float32",
    seed: Seed = None,
) -> NDArray[Any]:
    """Return numbers of the normal distribution.

    Args:
        shape: How many, such as (2, 3).
        mean: Their mean. Default 0.
        stddev: Their standard deviation. Default 1.
        dtype: Their type. Default "float32".
        seed: A whole number, or a `SeedGenerator`. Default None.

    Example:
        >>> normal((2, 3), seed=1).shape
        (2, 3)
    """
    drawn = _generator(seed).standard_normal(_shape(shape))
    return _as(mean + stddev * drawn, dtype)


@suggesting
def truncated_normal(
    shape: Shape,
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: DTypeLike = "float32",
    seed: Seed = None,
) -> NDArray[Any]:
    """Return numbers of a normal distribution that ends at two standard deviations.

    Args:
        shape: How many.
        mean: The mean. Default 0.
        stddev: The standard deviation of the whole distribution. Default 1.
        dtype: Their type. Default "float32".
        seed: A whole number, or a `SeedGenerator`. Default None.

    Example:
        >>> bool(abs(truncated_normal((1000,), seed=1)).max() < 2)
        True
    """
    drawn = truncated_normal_of(_generator(seed), _shape(shape))
    return _as(mean + stddev * drawn, dtype)


@suggesting
def uniform(
    shape: Shape,
    minval: float = 0.0,
    maxval: float = 1.0,
    dtype: DTypeLike = "float32",
    seed: Seed = None,
) -> NDArray[Any]:
    """Return numbers that are equally likely from `minval` to below `maxval`.

    Args:
        shape: How many.
        minval: The least. Default 0.
        maxval: What they stay below. Default 1.
        dtype: Their type. Default "float32".
        seed: A whole number, or a `SeedGenerator`. Default None.

    Example:
        >>> bool((uniform((9,), 5, 6, seed=1) >= 5).all())
        True
    """
    drawn = _generator(seed).random(_shape(shape), np.float32)
    return _as(minval + (maxval - minval) * drawn, dtype)


@suggesting
def randint(
    shape: Shape,
    minval: int,
    maxval: int,
    dtype: DTypeLike = "int32",
    seed: Seed = None,
) -> NDArray[Any]:
    """Return whole numbers from `minval` to below `maxval`.

    Args:
        shape: How many.
        minval: The least.
        maxval: What they stay below.
        dtype: Their type. Default "int32".
        seed: A whole number, or a `SeedGenerator`. Default None.

    Raises:
        ValueError: There is none between them.

    Example:
        >>> sorted(set(randint((99,), 0, 3, seed=1).tolist()))
        [0, 1, 2]
    """
    if not minval < maxval:
        raise ValueError(f"minval must be below maxval, not {minval} and {maxval}.")
    return _as(_generator(seed).integers(minval, maxval, _shape(shape)), dtype)


@suggesting
def categorical(
    logits: ArrayLike, num_samples: int, dtype: DTypeLike = "int32", seed: Seed = None
) -> NDArray[Any]:
    """Return classes that are drawn with probabilities softmax(logits).

    Args:
        logits: (rows, classes).
        num_samples: How many are drawn for each row.
        dtype: Their type. Default "int32".
        seed: A whole number, or a `SeedGenerator`. Default None.

    Returns:
        (rows, num_samples), from 0.

    Raises:
        ValueError: The logits are no table.

    Example:
        >>> categorical([[0.0, 50.0]], 3)
        array([[1, 1, 1]], dtype=int32)
    """
    table = real_numbers("logits", logits).astype(float)
    if table.ndim != 2 or not table.shape[1]:
        raise ValueError(
            f"logits must be a table, (rows, classes), but its shape is {table.shape}."
        )
    count = as_count("num_samples", num_samples, 0)
    # The largest of logits and noise of Gumbel's is a class with its probability.
    noise = _generator(seed).gumbel(size=(len(table), count, table.shape[1]))
    return _as((table[:, None] + noise).argmax(axis=2), dtype)


@suggesting
def dropout(
    inputs: Any,
    rate: float,
    noise_shape: Sequence[int | None] | None = None,
    seed: Seed = None,
) -> Any:
    """Return inputs of which some are 0, and the others larger, so that means stay.

    Args:
        inputs: An array. In an equation of yours, its gradient is that of dropout.
        rate: How likely an entry is 0, from 0 to below 1.
        noise_shape: The shape of what is drawn, where entries along an axis share it:
            there it is 1; None is the size of the inputs. Default None: all of it.
        seed: A whole number, or a `SeedGenerator`. Default None.

    Raises:
        TypeError: The inputs are a symbolic tensor.
        ValueError: The rate is out of its range.

    Example:
        >>> sorted(set(dropout(np.ones(99), 0.5, seed=1).tolist()))
        [0.0, 2.0]
    """
    rate = number_between("rate", rate, 0, 1)
    if rate == 1:
        raise ValueError("rate must be below 1: with 1, nothing is left.")
    if isinstance(inputs, KerasTensor):
        raise TypeError(
            f"{inputs!r} is a symbolic tensor, for which this would draw one mask for "
            "ever. Call layers.Dropout(rate) on it."
        )
    if not hasattr(inputs, "shape"):
        inputs = real_numbers("inputs", inputs)
    shape = inputs.shape
    if noise_shape is not None:
        pairs = zip(noise_shape, shape, strict=True)
        shape = tuple(there if size is None else size for size, there in pairs)
    kept = _generator(seed).random(shape, np.float32) >= rate
    return inputs * (kept / np.float32(1 - rate)).astype(np.float32)


@suggesting
def shuffle(x: ArrayLike, axis: int = 0, seed: Seed = None) -> NDArray[Any]:
    """Return an array whose entries along an axis come in an order of chance.

    Args:
        x: An array.
        axis: Along which one. Default 0.
        seed: A whole number, or a `SeedGenerator`. Default None.

    Example:
        >>> sorted(shuffle([1, 2, 3]).tolist())
        [1, 2, 3]
    """
    return _generator(seed).permutation(np.asarray(x), axis)


@suggesting
def gamma(
    shape: Shape, alpha: float, dtype: DTypeLike = "float32", seed: Seed = None
) -> NDArray[Any]:
    """Return numbers of the gamma distribution of scale 1.

    Args:
        shape: How many.
        alpha: The distribution's shape, its mean: positive.
        dtype: Their type. Default "float32".
        seed: A whole number, or a `SeedGenerator`. Default None.

    Raises:
        ValueError: `alpha` is not positive.

    Example:
        >>> bool(gamma((5,), 2.0).min() > 0)
        True
    """
    _positive("alpha", alpha)
    return _as(_generator(seed).gamma(alpha, size=_shape(shape)), dtype)


@suggesting
def beta(
    shape: Shape,
    alpha: ArrayLike,
    beta: ArrayLike,
    dtype: DTypeLike = "float32",
    seed: Seed = None,
) -> NDArray[Any]:
    """Return numbers of the beta distribution, from 0 to 1.

    Args:
        shape: How many.
        alpha: The first parameter, or one for each: positive.
        beta: The second.
        dtype: Their type. Default "float32".
        seed: A whole number, or a `SeedGenerator`. Default None.

    Raises:
        ValueError: A parameter is not positive.

    Example:
        >>> bool(beta((5,), 2.0, 3.0).max() < 1)
        True
    """
    _positive("alpha", alpha)
    _positive("beta", beta)
    first, second = np.asarray(alpha, float), np.asarray(beta, float)
    return _as(_generator(seed).beta(first, second, _shape(shape)), dtype)


@suggesting
def binomial(
    shape: Shape,
    counts: ArrayLike,
    probabilities: ArrayLike,
    dtype: DTypeLike = "float32",
    seed: Seed = None,
) -> NDArray[Any]:
    """Return how many of some trials succeed.

    Args:
        shape: How many.
        counts: The number of trials, or one for each.
        probabilities: How likely one succeeds, or one for each, from 0 to 1.
        dtype: Their type. Default "float32".
        seed: A whole number, or a `SeedGenerator`. Default None.

    Raises:
        ValueError: A count is negative, or a probability out of its range.

    Example:
        >>> binomial((2,), 5, [0.0, 1.0])
        array([0., 5.], dtype=float32)
    """
    trials, chances = np.asarray(counts, float), np.asarray(probabilities, float)
    if (trials < 0).any() or ((chances < 0) | (chances > 1)).any():
        raise ValueError(
            "counts must be 0 or more, and probabilities from 0 to 1, but "
            f"{describe(counts)} and {describe(probabilities)} are not."
        )
    drawn = _generator(seed).binomial(trials.astype(int), chances, _shape(shape))
    return _as(drawn, dtype)


def _positive(name: str, value: ArrayLike) -> None:
    if not (np.asarray(value, float) > 0).all():
        raise ValueError(f"{name} must be positive, not {describe(value)}.")


def _as(drawn: Any, dtype: DTypeLike) -> NDArray[Any]:
    """Return what was drawn in a dtype; None is float32."""
    found: NDArray[Any] = np.asarray(drawn, np.float32 if dtype is None else dtype)
    return found
