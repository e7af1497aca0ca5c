"""Batches by the chunk: one call into compiled code for about 50 ms of work.

Between two chunks Python gets its turn: signals are served, the progress line moves,
and callbacks are called. Where a callback wants to see every batch, a chunk is one.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp import config, kernels
from fastmlp._numbers import as_float32
from fastmlp.plan import Float32, Plan, Samples, Workspace, make_workspace

_CHUNK_SECONDS = 0.05

# Less work than this many multiplications a batch is done before a second thread
# would have woken up.
_SERIAL_WORK = 400_000

_MOST_COUNTED = np.iinfo(np.uint16).max

# Samples with a smaller share of nonzero values are compressed.
_SPARSE_SHARE = 0.45

# Scratch space is kept for the next call if it is not larger than this, in bytes.
_LARGEST_SPARE = 1 << 24
_MOST_SPARES = 8


def check(plan: Plan, samples: Samples) -> None:
    """Make sure that samples fit the plan, before compiled code relies on it.

    They were checked against the layers; this is for a model that another thread
    changed in between.
    """
    inputs, outputs = int(plan.steps[0][0]), int(plan.steps[-1][1])
    fits = (
        (samples.x is None or samples.x.shape == (samples.count, inputs))
        and (samples.t is None or samples.t.shape == (samples.count, outputs))
        and (samples.labels is None or samples.labels.shape == (samples.count,))
        and (samples.labels is None or int(samples.labels.max(initial=0)) < outputs)
    )
    if not fits:
        raise RuntimeError(
            "The model was changed while it was being used; call it again."
        )


def batch_count(samples: Samples, batch_size: int) -> int:
    """Return how many batches the samples make; the last one may be smaller.

    Example:
        >>> batch_count(Samples(count=300), 128)
        3
    """
    return -(-samples.count // batch_size)


def threads_for(plan: Plan, batch_size: int) -> int:
    """Return how many threads to share the work on one batch by."""
    if batch_size * len(plan.parameters) < _SERIAL_WORK:
        return 1
    return kernels.num_threads()


def ready_to_train(samples: Samples, units: int, batch_size: int) -> Samples:
    """Return the samples without their zeros, if training is faster so, or as float32.

    That depends on the share of zeros, of which some rows are looked at, and on the
    first layer's width: skipping pays where a nonzero value stands for many products.
    `fastmlp.config.set_zero_skipping` overrides the choice.

    Args:
        samples: Dense samples; x is uint8, float32 or float64, and not checked yet.
        units: The units of the first layer, or 0 if it has no weights.
        batch_size: Rows of a batch.

    Raises:
        ValueError: A value of x is NaN or infinite.
    """
    assert samples.x is not None
    if not _skips_zeros(samples.x, units, batch_size):
        return samples._replace(x=as_float32("x", samples.x))
    values, columns, starts = kernels.compress(samples.x)
    # A float64 sum of float32 values cannot overflow.
    if not np.isfinite(values.sum(dtype=np.float64)):
        as_float32("x", samples.x)  # raises, and says where
    return samples._replace(x=None, values=values, columns=columns, starts=starts)


def _skips_zeros(x: NDArray[Any], units: int, batch_size: int) -> bool:
    """Choose whether to skip zeros."""
    mode = config.get_zero_skipping()
    # Columns and rows of a batch are counted in 16 bits.
    if mode == "off" or not units or max(x.shape[1], batch_size) > _MOST_COUNTED:
        return False
    if mode == "on":
        return True
    if units < 16 or batch_size < 8 or x.shape[1] < 64:
        return False
    some = x[:: max(1, len(x) // 256)]
    return bool(np.count_nonzero(some) <= _SPARSE_SHARE * some.size)


class Spare:
    """Scratch space of one plan that is free, to be used again.

    A loop over `predict` so allocates only once. Each call takes its own, so that
    several threads may predict with one model; only spaces of the kind that was used
    last are kept.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kind: tuple[object, ...] = ()
        self._free: list[Workspace] = []

    def take(
        self, plan: Plan, samples: Samples, batch_size: int, threads: int
    ) -> Workspace:
        """Return scratch space for these samples, free or new."""
        with self._lock:
            if self._kind == _kind(samples, batch_size, threads) and self._free:
                return self._free.pop()
        return make_workspace(plan, samples, batch_size, threads)

    def give_back(self, samples: Samples, workspace: Workspace) -> None:
        """Keep scratch space for the next call, unless it is large."""
        size = sum(array.nbytes for array in workspace[1:])
        kind = _kind(samples, workspace.batch_size, len(workspace.panels))
        with self._lock:
            if kind != self._kind:
                self._kind, self._free = kind, []
            if size <= _LARGEST_SPARE and len(self._free) < _MOST_SPARES:
                self._free.append(workspace)


def _kind(samples: Samples, batch_size: int, threads: int) -> tuple[object, ...]:
    """Return all that the sizes of scratch space depend on, for one plan."""
    return (
        batch_size,
        threads,
        samples.x is None,
        samples.order is None,
        samples.labels is None,
    )


class Run:
    """The work on some samples: a plan, the data, scratch space and running totals.

    Attributes:
        batches: How many batches there are.
        rows_done: How many rows the totals are about.
        outputs: How many outputs the network has.
    """

    def __init__(
        self, plan: Plan, spare: Spare, samples: Samples, batch_size: int, mode: int
    ) -> None:
        check(plan, samples)
        self.plan = plan
        self.spare = spare
        self.samples = samples
        self.mode = mode
        self.batch_size = min(batch_size, max(samples.count, 1))
        self.batches = batch_count(samples, self.batch_size)
        self.threads = threads_for(plan, self.batch_size)
        self.totals: NDArray[np.float64] = np.zeros(1 + len(plan.metrics))
        self.rows_done = 0
        self.outputs = int(plan.steps[-1][1])
        self._chunk = 1

    def means(self) -> list[float]:
        """Return loss and metrics, averaged over the rows so far."""
        return [float(total) / max(self.rows_done, 1) for total in self.totals]

    def start_over(self, order: NDArray[np.intp] | None = None) -> None:
        """Set the totals to zero; in training, take the samples in another order."""
        self.totals[:] = 0
        self.rows_done = 0
        if order is not None:
            self.samples = self.samples._replace(order=order)

    def work(
        self,
        predictions: Float32 | None = None,
        every_batch: bool = False,
        before: Callable[[int], None] | None = None,
        after: Callable[[int], Any] | None = None,
    ) -> None:
        """Work through all batches, chunk by chunk.

        Args:
            predictions: Where the outputs go, when predicting.
            every_batch: Whether each chunk is to be a single batch.
            before: Called with the number of the first batch of each chunk.
            after: Called with the number of its last batch; True ends the work.
        """
        space = self.spare.take(self.plan, self.samples, self.batch_size, self.threads)
        first = 0
        while first < self.batches:
            last = min(first + (1 if every_batch else self._chunk), self.batches)
            if before is not None:
                before(first)
            self._run_chunk(space, first, last, predictions)
            if after is not None and after(last - 1):
                break
            first = last
        self.spare.give_back(self.samples, space)

    def _run_chunk(
        self, space: Workspace, first: int, last: int, predictions: Float32 | None
    ) -> None:
        """Work on batches `first` to `last`, and learn how many make a chunk."""
        started = time.perf_counter()
        kernels.run(
            self.plan,
            self.samples,
            space,
            self.mode,
            first,
            last,
            self.totals,
            predictions,
            self.threads,
        )
        seconds = max(time.perf_counter() - started, 1e-6)
        self._chunk = max(1, int((last - first) * _CHUNK_SECONDS / seconds))
        self.rows_done += (
            min(last * self.batch_size, self.samples.count) - first * self.batch_size
        )
