"""Zero-skipping: whether it pays for some samples, and the samples without their zeros.

The kernels are in src/sparse.pxi. They give the dense result to the last bit as long
as all numbers are finite, so that all there is to choose is which is faster.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp import config, kernels
from fastmlp._check.numbers import as_float32
from fastmlp.plan import MOST_CSR_INPUTS, MOST_CSR_ROWS, Samples

# A pair of inputs without zeros takes nearly twice as long as in a dense product; so
# zeros are skipped if at most this share of the pairs has to be kept.
_MOST_PAIRS = 0.5

# Below these numbers of inputs, rows of a batch and units, skipping has too little to
# gain. What is used once has to earn the compression as well.
_FEWEST_INPUTS = 64
_FEWEST_ROWS = 8
_FEWEST_UNITS = 16
_FEWEST_UNITS_ONCE = 64
_FEWEST_SAMPLES_ONCE = 256

_LOOKED_AT = 256


def prepare(
    samples: Samples, units: int, batch_size: int, *, once: bool, finite: bool = True
) -> Samples:
    """Return the samples without their zeros, if that is faster, or as float32.

    Some rows are looked at. `fastmlp.config.set_zero_skipping` overrides the choice.

    Args:
        samples: Dense samples of any shape; x is uint8, float32 or float64, and not
            checked yet.
        units: The units of the first layer, or 0 if it has no weights.
        batch_size: Rows of a batch.
        once: Whether the samples are used once, as in `predict`.
        finite: Whether NaN and infinity are refused.

    Raises:
        ValueError: A value of x is NaN or infinite.
    """
    samples = samples.in_rows()
    x = samples.x
    assert x is not None
    if not _skips(x, units, batch_size, once):
        if x.dtype == np.float32 and not finite:
            return samples
        return samples._replace(x=as_float32("x", x, finite=finite))
    csr, all_finite = kernels.compress(x, kernels.threads_for(x.size))
    if finite and not all_finite:
        as_float32("x", x)  # raises, and says where
    return samples._replace(x=None, csr=csr)


def _skips(x: NDArray[Any], units: int, batch_size: int, once: bool) -> bool:
    """Choose whether to skip zeros."""
    rows, inputs = x.shape
    mode = config.get_zero_skipping()
    possible = units and inputs <= MOST_CSR_INPUTS and batch_size <= MOST_CSR_ROWS
    if mode == "off" or not possible:
        return False
    if mode == "on":
        return True
    if inputs < _FEWEST_INPUTS or batch_size < _FEWEST_ROWS or units < _FEWEST_UNITS:
        return False
    if once and (units < _FEWEST_UNITS_ONCE or rows < _FEWEST_SAMPLES_ONCE):
        return False
    return share_of_pairs(x) <= _MOST_PAIRS


def share_of_pairs(x: NDArray[Any]) -> float:
    """Return in which share of the pairs of neighbouring columns something is not zero.

    A few hundred rows, evenly spread, stand for all.

    Example:
        >>> share_of_pairs(np.array([[0, 0, 0, 5, 6, 7, 0, 0]]))
        0.5
    """
    some = x[:: max(1, len(x) // _LOOKED_AT)] != 0
    left, right = some[:, ::2], some[:, 1::2]
    kept = left.copy()
    kept[:, : right.shape[1]] |= right
    return float(kept.mean()) if kept.size else 0.0
