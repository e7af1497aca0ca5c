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

from fastmlp import kernels
from fastmlp._team import Team
from fastmlp.plan import (
    PREDICT,
    Float32,
    Plan,
    Samples,
    Workspace,
    make_workspace,
)

# Less work than this many multiplications a batch is done before a second thread
# would have woken up.
_SERIAL_WORK = 400_000

# Scratch space is kept for the next call if it is not larger than this, in bytes.
_LARGEST_SPARE = 1 << 24
_MOST_SPARES = 8


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


class Bench:
    """Where batches of one plan are worked on: its scratch space, to be used again.

    A loop over `predict` so allocates only once. Each call takes a space of its own, so
    that several threads may predict with one model; only spaces of the kind that was
    used last are kept.

    Args:
        plan: The plan.

    Attributes:
        inputs: How many inputs the network has.
        outputs: How many outputs it has.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.inputs = int(plan.steps[0][0])
        self.outputs = int(plan.steps[-1][1])
        self._lock = threading.Lock()
        self._kind: tuple[object, ...] = ()
        self._free: list[Workspace] = []

    def check(self, samples: Samples) -> None:
        """Make sure that samples fit the plan, before compiled code relies on it.

        They were checked against the layers; this is for a model that another thread
        changed in between.
        """
        fits = (
            (samples.inputs if samples.x is None else samples.x.shape[1]) == self.inputs
            and (samples.t is None or samples.t.shape == (samples.count, self.outputs))
            and (samples.labels is None or samples.labels.shape == (samples.count,))
            and (
                samples.labels is None
                or int(samples.labels.max(initial=0)) < self.outputs
            )
        )
        if not fits:
            raise RuntimeError(
                "The model was changed while it was being used; call it again."
            )

    def take(self, samples: Samples, batch_size: int, threads: int) -> Workspace:
        """Return scratch space for these samples, free or new."""
        kind = _kind(samples, batch_size, threads)
        with self._lock:
            if self._kind == kind and self._free:
                return self._free.pop()
        return make_workspace(self.plan, samples, batch_size, threads)

    def give_back(self, samples: Samples, workspace: Workspace) -> None:
        """Keep scratch space for the next call, unless it is large."""
        kind = _kind(samples, workspace.batch_size, len(workspace.panels))
        with self._lock:
            if kind != self._kind:
                self._kind, self._free = kind, []
            if workspace.size <= _LARGEST_SPARE and len(self._free) < _MOST_SPARES:
                self._free.append(workspace)

    def predict(self, samples: Samples) -> Float32:
        """Return the outputs for samples as one batch: the short way for a few rows."""
        self.check(samples)
        rows = samples.count
        outputs = np.empty((rows, self.outputs), np.float32)
        if rows:
            threads = threads_for(self.plan, rows)
            space = self.take(samples, rows, threads)
            kernels.run(
                self.plan, samples, space, PREDICT, 0, 1, None, outputs, threads
            )
            self.give_back(samples, space)
        return outputs


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
    """

    def __init__(
        self, bench: Bench, samples: Samples, batch_size: int, mode: int
    ) -> None:
        bench.check(samples)
        self.plan = plan = bench.plan
        self.bench = bench
        self.samples = samples
        self.mode = mode
        self.batch_size = min(batch_size, max(samples.count, 1))
        self.batches = batch_count(samples, self.batch_size)
        self.threads = threads_for(plan, self.batch_size)
        self.totals: NDArray[np.float64] = np.zeros(1 + len(plan.metrics))
        self.rows_done = 0
        self._team = Team(self.threads)

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
        space = self.bench.take(self.samples, self.batch_size, self.threads)
        first = 0
        while first < self.batches:
            threads, batches = self._team.next_chunk()
            last = min(first + (1 if every_batch else batches), self.batches)
            if before is not None:
                before(first)
            self._run_chunk(space, first, last, predictions, threads)
            if after is not None and after(last - 1):
                break
            first = last
        self.bench.give_back(self.samples, space)

    def _run_chunk(
        self,
        space: Workspace,
        first: int,
        last: int,
        predictions: Float32 | None,
        threads: int,
    ) -> None:
        """Work on batches `first` to `last`, and tell the team how long it took."""
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
            threads,
        )
        self._team.learn(threads, last - first, time.perf_counter() - started)
        self.rows_done += (
            min(last * self.batch_size, self.samples.count) - first * self.batch_size
        )
