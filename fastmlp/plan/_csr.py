"""Rows without their zeros: as compiled code wants them, and as scipy.sparse does."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp.plan._arrays import Float32, require, require_plain

__all__ = [
    "INPUT_BLOCK",
    "Csr",
    "SparseRows",
    "are_ascending",
    "block_count",
    "pair_count",
]

# CSR rows cut their columns into blocks of this width.
INPUT_BLOCK = 128


def block_count(inputs: int) -> int:
    """Return how many blocks of `INPUT_BLOCK` the columns of CSR rows make.

    Example:
        >>> block_count(784)
        7
    """
    return -(-inputs // INPUT_BLOCK)


def pair_count(inputs: int) -> int:
    """Return how many pairs of neighbours the columns of CSR rows make.

    Example:
        >>> pair_count(5)
        3
    """
    return -(-inputs // 2)


class _CsrFields(NamedTuple):
    data: Float32  # (2 * entries,)
    indices: NDArray[np.uint16]  # (entries,)
    indptr: NDArray[np.intp]  # (rows, blocks + 1)
    inputs: int  # how many columns the rows have


class Csr(_CsrFields):
    """Rows without their zeros: compressed sparse rows, of pairs of columns.

    Row i holds, of its block b of `INPUT_BLOCK` columns, entries indptr[i, b] to
    indptr[i, b + 1], in ascending order. Entry e is about columns 2 indices[e] and
    2 indices[e] + 1 of its block, whose values are data[2 e] and data[2 e + 1].

    Raises:
        TypeError: It is made by anyone but `kernels.compress`, whose rows are right as
            they are: to look at every entry again takes longer than to write them.
    """

    def __new__(cls, *_: Any, **__: Any) -> "Csr":
        """Refuse what nobody has checked."""
        raise TypeError("Rows without their zeros are made by kernels.compress.")

    @classmethod
    def written(
        cls,
        data: Float32,
        indices: NDArray[np.uint16],
        indptr: NDArray[np.intp],
        inputs: int,
    ) -> "Csr":
        """Return what `kernels.compress` has written, which stays as it is."""
        for array in (data, indices, indptr):
            array.setflags(write=False)
        return tuple.__new__(cls, (data, indices, indptr, inputs))

    @classmethod
    def _make(cls, iterable: Any) -> "Csr":  # type: ignore[override]
        """Refuse what `_replace` makes as well."""
        return cls(*iterable)

    @property
    def row_count(self) -> int:
        """How many rows there are."""
        return len(self.indptr)

    def most_pairs(self) -> int:
        """Return how many entries a row may have."""
        return pair_count(self.inputs)

    def rows(self, first: int, stop: int) -> "Csr":
        """Return rows `first` to `stop`: a view, no copy."""
        return self.written(
            self.data, self.indices, self.indptr[first:stop], self.inputs
        )


class _SparseRowsFields(NamedTuple):
    data: Float32  # (entries,)
    indices: NDArray[np.intc]  # (entries,)
    indptr: NDArray[np.intp]  # (rows + 1,)
    inputs: int


class SparseRows(_SparseRowsFields):
    """Rows without their zeros: compressed sparse rows, as scipy.sparse has them.

    Row i holds entries indptr[i] to indptr[i + 1]; entry e is data[e], of column
    indices[e]. Compiled code makes pairs of them batch by batch, or dense rows for
    what takes no pairs.

    Args:
        data: float32, (entries,), used where it is.
        indices: Which columns, in ascending order within each row; copied.
        indptr: Where the rows begin, and where the last one ends; copied.
        inputs: How many columns the rows have.

    Raises:
        ValueError: The arrays do not fit each other.

    Example:
        >>> rows = SparseRows(np.float32([7, 8]), [1, 4], [0, 2, 2], 5)
        >>> rows.shape, rows.most_pairs()
        ((2, 5), 2)
    """

    ndim = 2

    def __new__(
        cls, data: Float32, indices: Any, indptr: Any, inputs: int
    ) -> "SparseRows":
        """Look at every place: compiled code goes there without another look."""
        require_plain("data", data, "float32")
        require(
            0 < inputs <= np.iinfo(np.intc).max,
            f"x must have 1 to {np.iinfo(np.intc).max:,} inputs, not {inputs:,}.",
        )
        places, starts = np.array(indices), np.array(indptr, np.intp)
        require(
            places.ndim == starts.ndim == data.ndim == 1
            and len(places) == len(data)
            and len(starts) > 0
            and starts[0] >= 0
            and starts[-1] <= len(places)
            and (np.diff(starts) >= 0).all(),
            "indptr must say where rows of data and indices begin.",
        )
        used = places[starts[0] : starts[-1]]
        require(
            used.min(initial=0) >= 0 and used.max(initial=0) < inputs,
            f"indices must hold numbers from 0 to below {inputs}.",
        )
        places = np.ascontiguousarray(places, np.intc)
        require(are_ascending(places, starts), "The columns of a row must be in order.")
        return cls._written(data, places, starts, inputs)

    @classmethod
    def _written(
        cls,
        data: Float32,
        indices: NDArray[np.intc],
        indptr: NDArray[np.intp],
        inputs: int,
    ) -> "SparseRows":
        """Return what was looked at, which stays as it is."""
        indices.flags.writeable = indptr.flags.writeable = False
        return tuple.__new__(cls, (data, indices, indptr, inputs))

    @classmethod
    def _make(cls, iterable: Any) -> "SparseRows":  # type: ignore[override]
        """Check what `_replace` makes as well."""
        return cls(*iterable)

    @property
    def row_count(self) -> int:
        """How many rows there are."""
        return len(self.indptr) - 1

    @property
    def shape(self) -> tuple[int, int]:
        """How many rows and columns there are."""
        return self.row_count, self.inputs

    def most_pairs(self) -> int:
        """Return how many pairs of columns a row may have.

        It is a power of two, so that batches of a stream fit the same workspace.
        """
        longest = int(np.diff(self.indptr).max(initial=1))
        return min(1 << (longest - 1).bit_length(), pair_count(self.inputs))

    def rows(self, first: int, stop: int) -> "SparseRows":
        """Return rows `first` to `stop`: a view, no copy."""
        return self._written(
            self.data, self.indices, self.indptr[first : stop + 1], self.inputs
        )


def are_ascending(indices: NDArray[Any], indptr: NDArray[Any]) -> bool:
    """Tell whether within each row columns ascend, so that none is there twice.

    Example:
        >>> are_ascending(np.array([1, 4, 0]), np.array([0, 2, 3]))
        True
    """
    ascends = indices[1:] > indices[:-1]
    # From a row to the next one they may fall.
    starts = indptr[(indptr > 0) & (indptr < len(indices))]
    ascends[starts - 1] = True
    return bool(ascends.all())
