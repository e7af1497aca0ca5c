"""Noise: what chance does to outputs while a network learns."""

import numpy as np
from numpy.typing import NDArray

from fastmlp.reference._array import Array


def _mixed(h: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """A hash of 32 bits: each bit of the result depends on each bit of h."""
    h = (h ^ (h >> np.uint32(16))) * np.uint32(0x7FEB352D)
    h = (h ^ (h >> np.uint32(15))) * np.uint32(0x846CA68B)
    return h ^ (h >> np.uint32(16))


def noise_key(seed: int, iteration: int) -> NDArray[np.uint32]:
    """Another key for each layer, by its seed, and for each batch."""
    words = [seed, seed >> 32, iteration, iteration >> 32]
    key = np.zeros(1, np.uint32)
    for word in words:
        key = _mixed(key ^ np.uint32(word & 0xFFFFFFFF))
    return key


def _noise_bits(x: Array, seed: int, iteration: int, place: int) -> NDArray[np.uint32]:
    """32 bits of chance for each number of x."""
    places = np.arange(x.size, dtype=np.uint32) + np.uint32(place & 0xFFFFFFFF)
    key = noise_key(seed, iteration)
    return _mixed(key ^ places * np.uint32(0x9E3779B9)).reshape(x.shape)


def dropout(
    x: Array, rate: float, seed: int = 0, iteration: int = 0, place: int = 0
) -> Array:
    """Compute y = x / (1 - rate), or 0 with probability `rate`.

    Chance is a hash of seed, iteration and place; so with dy for x it is dx as well.

    Args:
        x: Numbers of any shape.
        rate: The share that is left out, from 0 to below 1.
        seed: Of the layer, 0 to 2^63 - 1.
        iteration: How many batches came before.
        place: Where x begins in the batch.

    Raises:
        ValueError: `rate` is out of its range.

    Example:
        >>> sorted(set(dropout(np.ones(100, np.float32), rate=0.5).tolist()))
        [0.0, 2.0]
    """
    kept = _noise_bits(x, seed, iteration, place) >= np.uint32(rate * 2**32)
    return np.where(kept, x * x.dtype.type(1 / (1 - rate)), 0)


def _standard_normal(
    x: Array, seed: int, iteration: int, place: int
) -> NDArray[np.floating]:
    """A number of the normal distribution for each number of x, by Box and Muller."""
    bits = _noise_bits(x, seed, iteration, place)
    hashes = _mixed(bits), _mixed(~bits)
    # Exact in float32 too: numbers of 24 bits.
    u, v = [((h >> np.uint32(9)).astype(x.dtype) + 0.5) * 2**-23 for h in hashes]
    sign = 1 - 2 * (hashes[1] & np.uint32(1)).astype(x.dtype)
    return sign * np.sqrt(-2 * np.log(u)) * np.sin(v * (np.pi / 2))


def gaussian_noise(
    x: Array, stddev: float, seed: int = 0, iteration: int = 0, place: int = 0
) -> Array:
    """Compute y = x + stddev n, with n of the normal distribution, by Box and Muller.

    Chance is a hash of seed, iteration and place; dx is dy.

    Args:
        x: Numbers of any shape.
        stddev: The standard deviation of what is added.
        seed: Of the layer, 0 to 2^63 - 1.
        iteration: How many batches came before.
        place: Where x begins in the batch.

    Example:
        >>> y = gaussian_noise(np.ones(10_000, np.float32), stddev=0.5)
        >>> bool(abs(y.mean() - 1) < 0.02), bool(abs(y.std() - 0.5) < 0.02)
        (True, True)
    """
    normal = _standard_normal(x, seed, iteration, place)
    return (x + stddev * normal).astype(x.dtype, copy=False)


def gaussian_dropout(
    x: Array, rate: float, seed: int = 0, iteration: int = 0, place: int = 0
) -> Array:
    """Compute y = x (1 + sqrt(rate / (1 - rate)) n), n of the normal distribution.

    Chance is a hash of seed, iteration and place; so with dy for x it is dx as well.

    Args:
        x: Numbers of any shape.
        rate: The share that a dropout as strong leaves out, from 0 to below 1.
        seed: Of the layer, 0 to 2^63 - 1.
        iteration: How many batches came before.
        place: Where x begins in the batch.

    Example:
        >>> y = gaussian_dropout(np.ones(10_000, np.float32), rate=0.5)
        >>> bool(abs(y.mean() - 1) < 0.04), bool(abs(y.std() - 1) < 0.04)
        (True, True)
    """
    normal = _standard_normal(x, seed, iteration, place)
    stddev = x.dtype.type(np.sqrt(rate / (1 - rate)))
    return (x * (1 + stddev * normal)).astype(x.dtype, copy=False)


# The least that selu gives.
_C = -1.6732632423543772 * 1.0507009873554805


def _alpha_dropout_scale(rate: float) -> float:
    return float(((1 - rate) * (1 + rate * _C**2)) ** -0.5)


def alpha_dropout(
    x: Array, rate: float, seed: int = 0, iteration: int = 0, place: int = 0
) -> Array:
    """Compute y = a x + b, or a c + b with probability `rate`.

    c is the least that selu gives, a = 1 / sqrt((1 - rate) (1 + rate c^2)), and
    b = -a c rate, so that mean 0 and variance 1 stay as they are.

    Args:
        x: Numbers of any shape.
        rate: The share that is left out, from 0 to below 1.
        seed: Of the layer, 0 to 2^63 - 1.
        iteration: How many batches came before.
        place: Where x begins in the batch.

    Example:
        >>> y = alpha_dropout(np.zeros(100, np.float32), 0.5)
        >>> sorted({round(one, 4) for one in y.tolist()})
        [-0.7792, 0.7792]
    """
    kept = _noise_bits(x, seed, iteration, place) >= np.uint32(rate * 2**32)
    real, a = x.dtype.type, _alpha_dropout_scale(rate)
    b = -a * _C * rate
    return np.where(kept, real(a) * x + real(b), real(a * _C + b))


def alpha_dropout_backward(
    dy: Array, rate: float, seed: int = 0, iteration: int = 0, place: int = 0
) -> Array:
    """Compute dx = a dy, or 0 where x was left out: see `alpha_dropout`.

    Example:
        >>> dx = alpha_dropout_backward(np.ones(100, np.float32), 0.5)
        >>> sorted({round(one, 4) for one in dx.tolist()})
        [0.0, 0.8864]
    """
    kept = _noise_bits(dy, seed, iteration, place) >= np.uint32(rate * 2**32)
    return np.where(kept, dy.dtype.type(_alpha_dropout_scale(rate)) * dy, 0)
