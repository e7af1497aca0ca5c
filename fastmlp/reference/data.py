"""Data: converted, and compressed."""

import numpy as np
from numpy.typing import NDArray

from fastmlp.plan import (
    INPUT_BLOCK,
    Csr,
    Float32,
    GivenRows,
    SparseRows,
    pair_count,
)
from fastmlp.reference._array import Array


def convert(x: NDArray[np.generic], y: Array) -> int:
    """y = x as float32; return the first index where y is NaN or infinite, or -1."""
    with np.errstate(over="ignore"):
        y[:] = x
    bad = ~np.isfinite(y)
    return int(bad.argmax()) if bad.any() else -1


def count_pairs(x: NDArray[np.generic]) -> int:
    """How many pairs of neighbouring columns have something that is not zero."""
    some = np.pad(x != 0, [(0, 0), (0, x.shape[1] % 2)])
    return int(np.count_nonzero(some[:, ::2] | some[:, 1::2]))


def compress(
    x: NDArray[np.generic],
    data: Float32,
    indices: NDArray[np.uint16],
    indptr: NDArray[np.intp],
    position: int,
) -> tuple[int, bool]:
    """Write entries from `position` on; return their end and if all are finite."""
    with np.errstate(over="ignore"):
        x = x.astype(np.float32)
    both = np.pad(x, [(0, 0), (0, x.shape[1] % 2)]).reshape(
        len(x), pair_count(x.shape[1]), 2
    )
    rows, kept = np.nonzero(both.any(axis=2))
    end = position + len(rows)
    data[2 * position : 2 * end] = both[rows, kept].ravel()
    indices[position:end] = kept % (INPUT_BLOCK // 2)
    per_block = np.zeros((len(x), indptr.shape[1] - 1), np.intp)
    np.add.at(per_block, (rows, 2 * kept // INPUT_BLOCK), 1)
    ends = per_block.cumsum().reshape(per_block.shape) + position
    indptr[:, 1:] = ends
    indptr[:, 0] = ends[:, -1] - per_block.sum(axis=1)
    return end, bool(np.isfinite(x).all())


def decompress(csr: Csr, rows: NDArray[np.intp]) -> Float32:
    """The chosen rows, (rows, inputs), zeros included."""
    both = np.zeros((len(rows), pair_count(csr.inputs), 2), np.float32)
    data = csr.data.reshape(-1, 2)
    for to, row in enumerate(rows):
        starts = csr.indptr[row]
        entries = slice(starts[0], starts[-1])
        block = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
        both[to, block * (INPUT_BLOCK // 2) + csr.indices[entries]] = data[entries]
    return both.reshape(len(rows), 2 * pair_count(csr.inputs))[:, : csr.inputs]


def scatter(given: SparseRows, rows: NDArray[np.intp]) -> Float32:
    """The chosen rows, (rows, inputs), zeros included."""
    dense = np.zeros((len(rows), given.inputs), np.float32)
    for to, row in enumerate(rows):
        entries = slice(given.indptr[row], given.indptr[row + 1])
        dense[to, given.indices[entries]] = given.data[entries]
    return dense


def dense_rows(given: Csr | SparseRows | GivenRows, rows: NDArray[np.intp]) -> Float32:
    """The chosen rows of any kind, (rows, inputs), zeros included."""
    if isinstance(given, GivenRows):
        with np.errstate(over="ignore"):
            return given.data[rows].astype(np.float32)
    return decompress(given, rows) if isinstance(given, Csr) else scatter(given, rows)
