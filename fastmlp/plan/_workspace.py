"""The workspace: scratch space for one batch, used again for every batch."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp.plan._arrays import (
    Float32,
    addresses_of,
    aligned_zeros,
    pinned,
    require,
    require_plain,
)
from fastmlp.plan._csr import INPUT_BLOCK, block_count
from fastmlp.plan._plan import Layout, Plan
from fastmlp.plan._samples import Samples

__all__ = [
    "INPUT_WORDS",
    "PANEL_SIZE",
    "TARGET_WORDS",
    "TRANSPOSED_ROWS",
    "Workspace",
    "make_workspace",
]

# What compiled code notes about an input and a target, in places for whole numbers.
INPUT_WORDS, TARGET_WORDS = 17, 7

# Scratch space of a matrix product, in floats: blocks of both of its factors.
PANEL_SIZE = 1024 * (64 + 192)

# Rows whose entries are sorted by columns at a time; they are counted in 16 bits.
TRANSPOSED_ROWS = 4096


class _WorkspaceFields(NamedTuple):
    layout: Layout
    kind: tuple[Any, ...]
    batch_size: int
    threads: int
    notes: NDArray[np.intp]  # where inputs, targets and predictions lie
    x: Float32
    data: Float32
    indices: NDArray[np.uint16]
    indptr: NDArray[np.intp]
    t: Float32
    weights: Float32
    outputs: Float32
    deltas: Float32
    spare: Float32  # for a gradient that is to be added to another
    row_values: Float32  # of each row a penalty, losses, and a number a metric
    statistics: Float32  # four numbers for each output of batch normalization
    scratch: Float32  # (threads, scratch space of one)


# The arrays, in the order of `SpaceArrays` in src/.
_ARRAYS = _WorkspaceFields._fields[4:]


class Workspace(_WorkspaceFields):
    """Scratch space for batches of one plan and one kind of samples.

    `make_workspace` allocates it.

    Args:
        layout: `Plan.layout` of the plan that it is for.
        kind: `Samples.kind` of the samples that it is for.
        batch_size: The most rows of a batch.
        threads: The most threads that may share it.
        **arrays: Its arrays, each with room enough for that.

    Attributes:
        size: How many bytes its arrays have.
        addresses: Where they lie.

    Raises:
        ValueError: An array is missing, of another type, or too small.
    """

    size: int
    addresses: NDArray[np.intp]
    _pins: list[Any]

    def __new__(
        cls,
        layout: Layout,
        kind: tuple[Any, ...],
        batch_size: int,
        threads: int,
        **arrays: NDArray[Any],
    ) -> "Workspace":
        """Check that there is room for everything."""
        self = super().__new__(cls, layout, kind, batch_size, threads, **arrays)
        self.size = 0
        for name, (shape, dtype) in _rooms(layout, kind, batch_size, threads).items():
            array = arrays[name]
            require_plain(name, array, dtype)
            require(array.shape == shape, f"{name} must have shape {shape}.")
            self.size += array.nbytes
        told = [arrays[name] for name in _ARRAYS]
        self.addresses, self._pins = addresses_of(told), [pinned(one) for one in told]
        return self

    @classmethod
    def _make(cls, iterable: Any) -> "Workspace":  # type: ignore[override]
        """Check what `_replace` makes as well."""
        return cls(**dict(zip(cls._fields, iterable, strict=True)))


def make_workspace(
    plan: Plan, samples: Samples, batch_size: int, threads: int
) -> Workspace:
    """Allocate what `kernels.run` needs for batches of `batch_size` rows.

    Example:
        >>> from fastmlp.plan import LayerSettings, Op
        >>> op, w = Op(0, 4, 3, kernel=0), aligned_zeros(4, 3)
        >>> plan = Plan([op], [LayerSettings()], [w])
        >>> samples = Samples(10, (np.zeros((10, 4), np.float32),))
        >>> make_workspace(plan, samples, 5, threads=1).outputs.shape
        (15,)
    """
    key = (plan.layout, samples.kind, batch_size, threads)
    arrays: dict[str, NDArray[Any]] = {
        name: aligned_zeros(*shape) if dtype == "float32" else np.zeros(shape, dtype)
        for name, (shape, dtype) in _rooms(*key).items()
    }
    return Workspace(*key, **arrays)  # type: ignore[arg-type]


def _rooms(
    layout: Layout, kind: tuple[Any, ...], batch_size: int, threads: int
) -> dict[str, tuple[tuple[int, ...], str]]:
    """Return shape and dtype of every array; none is empty, as each has an address."""
    gathered, in_pairs, *targets = kind
    require(batch_size > 0 and threads > 0, "A batch needs a row, and a thread.")
    require(len(targets) in (0, len(layout.outputs)), "The plan has other outputs.")
    rows = batch_size
    dense = columns = pairs = starts = weights = 0
    for width, room, takes_csr in zip(
        layout.inputs, in_pairs, layout.takes_csr, strict=True
    ):
        if room > 0 and takes_csr:
            pairs += room
            starts += block_count(width) + 1
        else:
            dense += width if gathered or room else 0
    for width, steps, (given, labelled, weighted) in zip(
        layout.outputs, layout.steps, targets, strict=bool(targets)
    ):
        columns += width if labelled or (given and gathered) else 0
        weights += steps if weighted and gathered else 0
    notes = len(layout.inputs) * INPUT_WORDS + len(layout.outputs) * (TARGET_WORDS + 1)
    floats = {
        "x": rows * dense,
        "data": rows * 2 * pairs,
        "t": rows * columns,
        "weights": rows * weights,
        "outputs": rows * layout.widths,
        "deltas": rows * layout.widths,
        "spare": rows * layout.spare,
        "row_values": rows * layout.row_values,
        "statistics": 4 * layout.widths if layout.normalizes else 0,
    }
    transposed = 2 * INPUT_BLOCK * min(rows, TRANSPOSED_ROWS)
    scratch = max(PANEL_SIZE, transposed, 2 * layout.widest, layout.arrays)
    return {
        **{name: ((max(size, 1),), "float32") for name, size in floats.items()},
        "scratch": ((threads, scratch), "float32"),
        "notes": ((notes,), "intp"),
        "indices": ((max(rows * pairs, 1),), "uint16"),
        "indptr": ((max(rows * starts, 1),), "intp"),
    }
