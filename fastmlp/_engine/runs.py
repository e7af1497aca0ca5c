"""Batches by the chunk: one call into compiled code for about 50 ms of work.

Between two chunks Python gets its turn: signals are served, the progress line moves,
and callbacks are called. Where a callback wants to see every batch, a chunk is one.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp import kernels
from fastmlp._engine.build import Training
from fastmlp._engine.tuner import ThreadTuner
from fastmlp._util.locks import Lock
from fastmlp._util.random import generator
from fastmlp._util.warn import warn
from fastmlp.plan import (
    PREDICT,
    TRAIN,
    Float32,
    Plan,
    Samples,
    Workspace,
    make_workspace,
)

# Scratch space is kept for the next call if it is not larger than this, in bytes.
_LARGEST_SPARE = 1 << 24
_MOST_SPARES = 8


def batch_count(samples: Samples, batch_size: int) -> int:
    """Return how many batches the samples make; the last one may be smaller.

    Example:
        >>> batch_count(Samples(300, x=np.zeros((300, 1), np.float32)), 128)
        3
    """
    return -(-samples.count // batch_size)


def threads_for(plan: Plan, batch_size: int) -> int:
    """Return how many threads to share the work on one batch by."""
    return kernels.threads_for(batch_size * plan.size)


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
        self.inputs, self.outputs = plan.layout.inputs, plan.layout.outputs
        self._lock = Lock()
        self._kind: tuple[object, ...] = ()
        self._free: list[Workspace] = []

    def check(self, samples: Samples) -> None:
        """Make sure that samples fit the plan, before compiled code relies on it.

        They were checked against the layers; this is for a model that another thread
        changed in between.
        """
        outputs = samples.outputs
        if samples.t is not None and outputs < self.outputs:
            outputs = self.outputs + 1
        if samples.inputs != self.inputs or outputs > self.outputs:
            raise RuntimeError(
                "The model was changed while it was being used; call it again."
            )

    def take(self, samples: Samples, batch_size: int, threads: int) -> Workspace:
        """Return scratch space for these samples, free or new."""
        kind = (samples.kind, batch_size, threads)
        with self._lock:
            if self._kind == kind and self._free:
                return self._free.pop()
        return make_workspace(self.plan, samples, batch_size, threads)

    def give_back(self, samples: Samples, workspace: Workspace) -> None:
        """Keep scratch space for the next call, unless it is large."""
        kind = (workspace.kind, workspace.batch_size, workspace.threads)
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


class Work:
    """Batches through a plan: in what mode, and the totals that they leave.

    Args:
        bench: Where they are worked on.
        mode: `fastmlp.plan.PREDICT`, `EVALUATE` or `TRAIN`.
        training: What `compile` was told; None where nothing is scored.

    Attributes:
        rows_done: How many rows the totals are about.
    """

    def __init__(self, bench: Bench, mode: int, training: Training | None) -> None:
        self.bench = bench
        self.mode = mode
        self.totals: NDArray[np.float64] = np.zeros(2 + 2 * len(bench.plan.metrics))
        self.rows_done = 0
        self._optimizer = training.optimizer if training and mode == TRAIN else None
        self._metrics = training.metrics_for(bench.outputs) if training else []

    def means(self) -> list[float]:
        """Return loss and metrics of the rows so far."""
        loss, *metrics = self.totals.reshape(-1, 2).tolist()
        return [
            loss[0] / max(loss[1], 1.0),
            *(
                metric.value(*pair)
                for metric, pair in zip(self._metrics, metrics, strict=True)
            ),
        ]

    def forget(self) -> None:
        """Set the totals to zero."""
        self.totals[:] = 0
        self.rows_done = 0

    def run(
        self,
        samples: Samples,
        space: Workspace,
        first: int,
        last: int,
        threads: int,
        predictions: Float32 | None,
    ) -> None:
        """Send batches `first` to `last` of some samples through the network."""
        iteration, rates = 0, None
        if self._optimizer is not None:
            iteration = self._optimizer.iterations
            rates = self._optimizer.rates(last - first)
        kernels.run(
            self.bench.plan,
            samples,
            space,
            self.mode,
            first,
            last,
            self.totals,
            predictions,
            threads,
            iteration,
            rates,
        )
        if self._optimizer is not None:
            self._optimizer.iterations += last - first
        size = space.batch_size
        self.rows_done += min(last * size, samples.count) - first * size


class Run(Work):
    """The work on samples that are all there: as many batches a call as possible.

    Args:
        bench: Where they are worked on.
        samples: The samples.
        batch_size: Rows of a batch; the last one may be smaller.
        mode: `fastmlp.plan.PREDICT`, `EVALUATE` or `TRAIN`.
        training: What `compile` was told; None where nothing is scored.
        steps: How many batches to work on at a time; None: all.

    Attributes:
        batches: How many batches `work` works on, unless the samples end before.
    """

    def __init__(
        self,
        bench: Bench,
        samples: Samples,
        batch_size: int,
        mode: int,
        training: Training | None = None,
        steps: int | None = None,
    ) -> None:
        bench.check(samples)
        super().__init__(bench, mode, training)
        self.samples = samples
        self.batch_size = min(batch_size, max(samples.count, 1))
        self.batches: int | None = steps or batch_count(samples, self.batch_size)
        self.threads = threads_for(bench.plan, self.batch_size)
        self._all = batch_count(samples, self.batch_size)
        self._next = 0  # Where the last call ended, if it did not reach the end.
        self._outputs: Float32 | None = None
        if mode == PREDICT:
            self._outputs = np.empty((samples.count, bench.outputs), np.float32)
        self._rows_before = 0  # Those of the chunks before the latest.
        self._tuner = ThreadTuner(self.threads)

    def work(
        self,
        every_batch: bool = False,
        before: Callable[[int], None] | None = None,
        after: Callable[[int], Any] | None = None,
        shuffle: bool | str = False,
    ) -> None:
        """Work through the batches, chunk by chunk.

        Args:
            every_batch: Whether each chunk is to be a single batch.
            before: Called with the number of the first batch of each chunk.
            after: Called with the number of its last batch; True ends the work.
            shuffle: Whether the samples get another order when they begin anew; with
                "batch", they stay in their batches.
        """
        assert self.batches is not None
        if shuffle and self._next == 0:
            order = self._another_order(within_batches=shuffle == "batch")
            self.samples = self.samples._replace(order=order)
        space = self.bench.take(self.samples, self.batch_size, self.threads)
        begin = first = self._next
        stop = min(begin + self.batches, self._all)
        while first < stop:
            threads, batches = self._tuner.next_chunk()
            last = min(first + (1 if every_batch else batches), stop)
            if before is not None:
                before(first - begin)
            started = time.perf_counter()
            self._rows_before = self.rows_done
            self.run(self.samples, space, first, last, threads, self._outputs)
            self._tuner.learn(threads, last - first, time.perf_counter() - started)
            first = last
            if after is not None and after(last - 1 - begin):
                break
        self.bench.give_back(self.samples, space)
        self._next = first % self._all if self._all else 0
        if first == stop and stop - begin < self.batches:
            warn_of_end(stop - begin, self.batches)

    def _another_order(self, *, within_batches: bool) -> NDArray[np.intp]:
        """Return which sample comes when, drawn anew."""
        if not within_batches:
            return generator().permutation(self.samples.count)
        order = np.arange(self.samples.count)
        for first in range(0, len(order), self.batch_size):
            generator().shuffle(order[first : first + self.batch_size])
        return order

    def rewind(self) -> None:
        """Begin with the first sample again."""
        self._next = 0

    def latest_outputs(self) -> Float32:
        """Return what was predicted for the latest chunk."""
        assert self._outputs is not None
        return self._outputs[self._rows_before : self.rows_done]

    def all_outputs(self) -> Float32:
        """Return what was predicted so far."""
        assert self._outputs is not None
        return self._outputs[: self.rows_done]


def warn_of_end(done: int, wanted: int) -> None:
    """Warn that there were not as many batches as there should have been."""
    warn(
        f"Your input ran out of data after {done} of {wanted} steps. Make the number "
        "of steps smaller, or see to it that there are as many batches in each epoch.",
        UserWarning,
    )
