"""Samples: the data of a run, dense or with the zeros of their inputs left out."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp.plan._arrays import Float32, pinned, require

__all__ = [
    "INPUT_BLOCK",
    "MOST_CSR_INPUTS",
    "MOST_CSR_ROWS",
    "Csr",
    "Samples",
    "block_count",
    "pair_count",
]

# CSR rows cut their columns into blocks of this width.
INPUT_BLOCK = 128

# Pairs of inputs, and the rows of a batch, are counted in 16 bits.
MOST_CSR_INPUTS = 2 * (np.iinfo(np.uint16).max + 1)
MOST_CSR_ROWS = np.iinfo(np.uint16).max

_REAL = frozenset(np.dtype(name) for name in ("float32", "float64"))
_LABELS = frozenset([np.dtype(np.intc)])
_PLACES = frozenset([np.dtype(np.intp)])


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

    Entry e is about columns 2 indices[e] and 2 indices[e] + 1, whose values are
    data[2 e] and data[2 e + 1]. Row i holds, of its block b of `INPUT_BLOCK` columns,
    entries indptr[i, b] to indptr[i, b + 1], in ascending order.

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
            array.flags.writeable = False
        return tuple.__new__(cls, (data, indices, indptr, inputs))

    @classmethod
    def _make(cls, iterable: Any) -> "Csr":  # type: ignore[override]
        """Refuse what `_replace` makes as well."""
        return cls(*iterable)

    def rows(self, first: int, stop: int) -> "Csr":
        """Return rows `first` to `stop`: a view, no copy."""
        return self.written(
            self.data, self.indices, self.indptr[first:stop], self.inputs
        )


class _SamplesFields(NamedTuple):
    # A field named like tuple's method, which nobody needs here.
    count: int  # type: ignore[assignment]
    x: Float32 | None = None  # (count, inputs)
    csr: Csr | None = None
    t: Float32 | None = None  # (count, outputs)
    labels: NDArray[np.intc] | None = None  # (count,)
    weights: Float32 | None = None  # (count,): how much each sample counts
    order: NDArray[np.intp] | None = None  # which sample comes when; None: as they lie


class Samples(_SamplesFields):
    """The data: inputs either dense (`x`) or `csr`, targets either `t` or `labels`.

    Args:
        count: How many samples there are.
        x: float32, (count, inputs), C-contiguous.
        csr: The same inputs without their zeros.
        t: Targets, float32, (count, outputs).
        labels: Targets as classes, intc, (count,), from 0.
        weights: How much each sample counts, float32, (count,). Default: all the same.
        order: Which sample comes when, intp, (count,). Default: as they lie.

    Attributes:
        inputs: How many numbers a sample has.
        outputs: How many columns targets have, at least.
        kind: What of a workspace depends on which of the arrays there are.

    Raises:
        ValueError: An array does not fit the others.

    Example:
        >>> Samples(2, x=np.zeros((2, 3), np.float32)).inputs
        3
    """

    inputs: int
    outputs: int
    kind: tuple[bool, ...]
    _pins: tuple[Any, ...]

    def __new__(
        cls,
        count: int,
        x: Float32 | None = None,
        csr: Csr | None = None,
        t: Float32 | None = None,
        labels: NDArray[np.intc] | None = None,
        weights: Float32 | None = None,
        order: NDArray[np.intp] | None = None,
    ) -> "Samples":
        """Check the arrays against each other."""
        self = super().__new__(cls, count, x, csr, t, labels, weights, order)
        self._pins = ()
        if x is not None:
            self._pins = (pinned(x),)
            _require_rows("x", x, _REAL, count, 2)
            self.inputs = x.shape[1]
        elif csr is not None:
            require(type(csr) is Csr, "csr must be made by kernels.compress.")
            _require_rows("indptr", csr.indptr, _PLACES, count, 2)
            self.inputs = csr.inputs
        if (x is None) == (csr is None) or (t is not None and labels is not None):
            raise ValueError("Samples have either x or csr, and either t or labels.")
        self.outputs = 0
        if t is not None:
            self._pins += (pinned(t),)
            _require_rows("t", t, _REAL, count, 2)
            self.outputs = t.shape[1]
        if labels is not None:
            _require_rows("labels", labels, _LABELS, count, 1)
            require(labels.min(initial=0) >= 0, "labels must be numbers from 0.")
            labels.flags.writeable = False  # They were looked at for the last time.
            self.outputs = int(labels.max(initial=-1)) + 1
        if weights is not None:
            self._pins += (pinned(weights),)
            _require_rows("weights", weights, _REAL, count, 1)
        if order is not None:
            _require_rows("order", order, _PLACES, count, 1)
            if order.min(initial=0) < 0 or order.max(initial=0) >= max(count, 1):
                raise ValueError(f"order must hold numbers from 0 to below {count}.")
            order.flags.writeable = False
        gathered = order is not None
        self.kind = (csr is not None, gathered, labels is not None, weights is not None)
        return self

    @classmethod
    def _make(cls, iterable: Any) -> "Samples":  # type: ignore[override]
        """Check what `_replace` makes as well."""
        return cls(*iterable)

    def targets_fit(self, outputs: int) -> bool:
        """Tell whether a network with so many outputs has one for each target."""
        exact = self.t is not None
        return self.outputs == outputs if exact else self.outputs <= outputs

    def rows(self, first: int, stop: int) -> "Samples":
        """Return samples `first` to `stop` as they lie: views, no copies."""
        part = slice(first, stop)
        return Samples(
            count=stop - first,
            x=None if self.x is None else self.x[part],
            csr=None if self.csr is None else self.csr.rows(first, stop),
            t=None if self.t is None else self.t[part],
            labels=None if self.labels is None else self.labels[part],
            weights=None if self.weights is None else self.weights[part],
        )


def _require_rows(
    name: str,
    array: NDArray[Any],
    dtypes: frozenset[np.dtype[Any]],
    rows: int,
    dimensions: int,
) -> None:
    """Require an array with one row a sample, as compiled code walks through it."""
    # One question after the other: a prediction for a row has a microsecond for this.
    if not (
        isinstance(array, np.ndarray)
        and array.dtype in dtypes
        and array.ndim == dimensions
        and len(array) == rows
        and array.flags.c_contiguous
        and array.flags.aligned
    ):
        columns = ", columns" if dimensions == 2 else ","
        raise ValueError(
            f"{name} must be an aligned, C-contiguous array of shape ({rows}{columns}) "
            f"and of {' or '.join(sorted(map(str, dtypes)))}."
        )
