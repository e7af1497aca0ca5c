"""Dropout: outputs that are left out by chance."""

import numpy as np
from numpy.typing import NDArray

from fastmlp.reference._array import Array


def _mixed(h: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """A hash of 32 bits: each bit of the result depends on each bit of h."""
    h = (h ^ (h >> np.uint32(16))) * np.uint32(0x7FEB352D)
    h = (h ^ (h >> np.uint32(15))) * np.uint32(0x846CA68B)
    return h ^ (h >> np.uint32(16))


def dropout_key(seed: int, iteration: int) -> NDArray[np.uint32]:
    """Another key for each layer, by its seed, and for each batch."""
    words = [seed, seed >> 32, iteration, iteration >> 32]
    key = np.zeros(1, np.uint32)
    for word in words:
        key = _mixed(key ^ np.uint32(word & 0xFFFFFFFF))
    return key


def dropout(x: Array, rate: float, seed: int, iteration: int) -> Array:
    """y = x / (1 - rate), or 0 with probability `rate`; dx of dy is the same."""
    places = np.arange(x.size, dtype=np.uint32) * np.uint32(0x9E3779B9)
    hashes = _mixed(dropout_key(seed, iteration) ^ places).reshape(x.shape)
    kept = hashes >= np.uint32(rate * 2**32)
    return np.where(kept, x * x.dtype.type(1 / (1 - rate)), 0)
