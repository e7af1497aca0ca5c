"""Samples: the data of a run, dense or with the zeros of their inputs left out."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp.plan._arrays import Float32, pinned, refuse_names, require
from fastmlp.plan._csr import Csr, SparseRows
from fastmlp.plan._given import GivenRows

if TYPE_CHECKING:
    from fastmlp.plan._plan import Layout

__all__ = [
    "Samples",
    "Share",
    "Target",
]

_REAL = (np.dtype(np.float32), np.dtype(np.float64))
_LABELS = (np.dtype(np.intc),)
_PLACES = (np.dtype(np.intp),)


class Target(NamedTuple):
    """What one output of a network should be; either `t` or `labels`, or neither.

    Args:
        t: float32, (count, outputs).
        labels: As classes, intc, (count,), from 0. Of tables, (count, steps).
        weights: How much each sample counts, float32, (count,). Default: all the same.
            Of tables, (count, steps).
    """

    t: Float32 | None = None
    labels: NDArray[np.intc] | None = None
    weights: Float32 | None = None

    def rows(self, part: slice) -> "Target":
        """Return the targets of some samples: views, no copies."""
        t, labels, weights = self
        return Target(
            None if t is None else t[part],
            None if labels is None else labels[part],
            None if weights is None else weights[part],
        )


class Share(NamedTuple):
    """Which rows of each batch these samples are, where other processes have the rest.

    Args:
        begins: Which sample, in their order, is the first of each batch, and behind the
            last one, intp, (batches + 1,).
        rows: How many rows each batch has in all, intp, (batches,).
        noise_begin: Which numbers of chance are this process's: from here on.
    """

    begins: NDArray[np.intp]
    rows: NDArray[np.intp]
    noise_begin: int = 0


class _SamplesFields(NamedTuple):
    # A field named like tuple's method, which nobody needs here.
    count: int  # type: ignore[assignment]
    inputs: tuple[Float32 | Csr | SparseRows | GivenRows, ...]
    targets: tuple[Target, ...]
    order: NDArray[np.intp] | None  # which sample comes when; None: as they lie
    share: Share | None
    # What follows from these.
    widths: tuple[int, ...]
    columns: tuple[int, ...]
    sparse: tuple[int, ...]
    pairs: tuple[int, ...]
    kind: tuple[Any, ...]
    pins: list[Any]  # what keeps all arrays in their places


class Samples(_SamplesFields):
    """The data: an entry for each input of a network, and for each of its outputs.

    Args:
        count: How many samples there are.
        inputs: Each float32, (count, columns), C-contiguous; or rows without zeros.
        targets: What the outputs should be. Default: nobody knows.
        order: Which sample comes when, intp, (count,). Default: as they lie.
        share: Which rows of each batch they are. Default: all.

    Attributes:
        widths: How many columns the inputs have.
        columns: How many columns the targets have, at least.
        sparse: Which of the inputs are without their zeros.
        pairs: For each input how many pairs of columns a row of a batch has room for,
            if zeros are left out; else 0, or -1 if a batch is converted.
        kind: What of a workspace depends on which of the arrays there are.
        pins: What keeps the arrays in their places.

    Raises:
        ValueError: An array does not fit the others.

    Example:
        >>> Samples(2, (np.zeros((2, 3), np.float32),)).widths
        (3,)
    """

    __slots__ = ()

    def __new__(
        cls,
        count: int,
        inputs: tuple[Float32 | Csr | SparseRows | GivenRows, ...],
        targets: tuple[Target, ...] = (),
        order: NDArray[np.intp] | None = None,
        share: Share | None = None,
    ) -> "Samples":
        """Check the arrays against each other."""
        # A prediction for a row has two microseconds for this.
        pins: list[Any] = []
        widths: tuple[int, ...] = ()
        sparse: tuple[int, ...] = ()
        pairs: tuple[int, ...] = ()
        for one in inputs:
            if isinstance(one, np.ndarray):
                _require_rows("x", one, _REAL, count, 2)
                pins.append(pinned(one))
                widths += (one.shape[1],)
                pairs += (0,)
            elif isinstance(one, GivenRows):
                _require_count(one, count)
                pins.append(pinned(one.data))
                sparse += (len(widths),) if one.in_pairs else ()
                widths += (one.inputs,)
                pairs += (one.most_pairs() or -1,)
            elif isinstance(one, (Csr, SparseRows)):
                _require_count(one, count)
                pins += [pinned(one.data), pinned(one.indices), pinned(one.indptr)]
                sparse += (len(widths),)
                widths += (one.inputs,)
                pairs += (one.most_pairs(),)
            else:
                _require_rows("x", one, _REAL, count, 2)  # raises
        if not widths:
            raise ValueError("Samples need an input.")
        if order is not None:
            _require_rows("order", order, _PLACES, count, 1)
            if order.min(initial=0) < 0 or order.max(initial=0) >= max(count, 1):
                raise ValueError(f"order must hold numbers from 0 to below {count}.")
            order.flags.writeable = False
        if share is not None:
            _check_share(share, count)
        columns: tuple[int, ...] = ()
        kind: tuple[Any, ...] = (order is not None, pairs)
        for target in targets:
            columns += (_check_target(target, count, pins),)
            t, labels, weights = target
            kind += ((t is not None, labels is not None, weights is not None),)
        found = (widths, columns, sparse, pairs, kind, pins)
        return tuple.__new__(cls, (count, inputs, targets, order, share, *found))

    @classmethod
    def _make(cls, iterable: Any) -> "Samples":  # type: ignore[override]
        """Check what `_replace` makes as well, and find anew what follows from it."""
        return cls(*tuple(iterable)[:5])

    def _replace(self, /, **changes: Any) -> "Samples":
        """Change what can be given; what follows from it cannot be changed alone."""
        refuse_names(changes, self._fields[5:])
        return super()._replace(**changes)

    def __getnewargs__(self) -> tuple[Any, ...]:
        """Return what a copy is made of: its arrays are kept in their places, too."""
        return tuple(self)[:5]

    def targets_fit(self, layout: "Layout") -> bool:
        """Tell whether the outputs of a plan have a column for each target."""
        if len(layout.outputs) != len(self.columns):
            return False
        for k, (t, labels, weights) in enumerate(self.targets):
            columns, width, steps = self.columns[k], layout.outputs[k], layout.steps[k]
            if columns != width if t is not None else columns > width // steps:
                return False
            if labels is not None and _row_size(labels) != steps:
                return False
            if weights is not None and _row_size(weights) != steps:
                return False
        return True

    def rows_of(self, first: int, last: int, batch_size: int) -> int:
        """Return how many rows there are in batches `first` to `last`."""
        if self.share is not None:
            return int(self.share.begins[last] - self.share.begins[first])
        return min(last * batch_size, self.count) - first * batch_size

    def rows(self, first: int, stop: int) -> "Samples":
        """Return samples `first` to `stop` as they lie: views, no copies."""
        part = slice(first, stop)
        return Samples(
            stop - first,
            tuple(
                one[part] if isinstance(one, np.ndarray) else one.rows(first, stop)
                for one in self.inputs
            ),
            tuple(target.rows(part) for target in self.targets),
        )


def _require_count(given: GivenRows | Csr | SparseRows, count: int) -> None:
    if given.row_count != count:
        raise ValueError(f"There must be {count} rows, not {given.row_count}.")


def _check_share(share: Share, count: int) -> None:
    """Check which rows of each batch there are."""
    _require_rows("rows", share.rows, _PLACES, len(share.rows), 1)
    _require_rows("begins", share.begins, _PLACES, len(share.rows) + 1, 1)
    own = np.diff(share.begins)
    if not (share.begins[0] == 0 and share.begins[-1] <= count and (own >= 0).all()):
        raise ValueError(f"begins must ascend from 0 to at most {count}.")
    if (own > share.rows).any() or (share.rows < 1).any():
        raise ValueError("A batch has a row at least, and all that are here.")
    share.begins.flags.writeable = share.rows.flags.writeable = False


def _check_target(target: Target, count: int, pins: list[Any]) -> int:
    """Check what an output should be; return how many columns it has, at least."""
    t, labels, weights = target
    if weights is not None:
        _require_rows("weights", weights, _REAL, count, _axes(weights))
        pins.append(pinned(weights))
    if t is not None:
        require(labels is None, "A target is either t or labels.")
        _require_rows("t", t, _REAL, count, 2)
        pins.append(pinned(t))
        return int(t.shape[1])
    if labels is None:
        return 0
    _require_rows("labels", labels, _LABELS, count, _axes(labels))
    writeable = labels.flags.writeable
    labels.setflags(write=False)  # They are looked at for the last time.
    pins.append(pinned(labels))
    if not labels.size:
        return 0
    if labels.item(labels.argmin()) < 0:
        labels.setflags(write=writeable)
        raise ValueError("labels must be numbers from 0.")
    return int(labels.item(labels.argmax())) + 1


def _axes(array: Any) -> int:
    """Return the axes that labels or weights must have: two are those of tables."""
    return 2 if getattr(array, "ndim", 1) == 2 else 1


def _row_size(array: NDArray[Any]) -> int:
    return 1 if array.ndim == 1 else array.shape[1]


def _require_rows(
    name: str,
    array: NDArray[Any],
    dtypes: tuple[np.dtype[Any], ...],
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
        and (flags := array.flags).c_contiguous
        and flags.aligned
    ):
        columns = ", columns" if dimensions == 2 else ","
        raise ValueError(
            f"{name} must be an aligned, C-contiguous array of shape ({rows}{columns}) "
            f"and of {' or '.join(sorted(map(str, dtypes)))}."
        )
