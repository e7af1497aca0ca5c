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
from fastmlp._engine.training import Training, metrics_of
from fastmlp._engine.tuner import ThreadTuner
from fastmlp._util.random import generator, salt
from fastmlp._util.warn import warn
from fastmlp.metrics import Metric
from fastmlp.metrics._metric import checked_result
from fastmlp.metrics._own import is_own
from fastmlp.plan import (
    EVALUATE,
    PREDICT,
    TRAIN,
    Float32,
    Plan,
    Samples,
    Workspace,
    make_workspace,
    pinned,
)

# What takes no longer than this many multiplications, less than a millisecond, is one
# chunk, by one thread: others sleep between two calls, and to wake one takes up to 0.2
# milliseconds where the machine is a virtual one. To begin an operation takes as long
# as so many of them.
_SHORT_WORK = 40_000_000
_WORK_OF_BEGINNING = 40_000

# A batch of more multiplications, some five milliseconds, is always worth all threads.
_LONG_WORK = 450_000_000

# A batch meets each weight as often as its rows, three times as often where they teach;
# and to fetch a weight, or to update it, takes as long as about so many rows.
_PASSES = {PREDICT: 1, EVALUATE: 1, TRAIN: 3}
_ROWS_OF_WEIGHTS = 16

# Rows that a thread works on at a time where nothing is learnt: what all layers make of
# them stays in a near cache, and each panel of weights serves all of them. Of 32 rows
# instead, a network of 784-4096-4096-10 takes 2.4 times as long; of 1,024, 1.0 times,
# and one of 784-128-10 1.05 times.
BLOCK_ROWS = 256

# Scratch space is kept for later calls: the latest of it, and no more than this, in
# bytes.
_MOST_SPARE = 1 << 24

Kind = tuple[object, ...]

_FLOAT32 = np.dtype(np.float32)


def _mean(totals: list[float]) -> float:
    """Return a loss of its sum and of what that is divided by."""
    total, count = totals
    return total / max(count, 1.0)


class WorkspacePool:
    """A plan, with scratch space to work on batches, which is used again.

    A loop over `train_on_batch` and `predict` so allocates only once. Each call borrows
    a space of its own, so that several threads may predict with one model.

    Args:
        plan: The plan.
        training: What `compile` was told when it was made, or None.

    Attributes:
        outputs: How many numbers each output has.
        work: About how many multiplications a row takes.
        salt: That of the chance of the layers when it was made.
        metrics: The compiled metrics, by the names that `History` has them under.
        own_metrics: Those of the user's.
        values: What makes a loss or a compiled metric of its totals, by the same names,
            in the order of `Plan.split`.
        names: Those of all that is reported, in the order in which it is.
    """

    def __init__(self, plan: Plan, training: Training | None) -> None:
        self.plan = plan
        self.training = training
        self.outputs = plan.layout.outputs
        self.metrics: dict[str, Metric] = {}
        self.own_metrics: dict[str, Metric] = {}
        self.values: dict[str, Callable[[list[float]], Any]] = {"loss": _mean}
        self.names = [] if training is None else training.names()
        if training is not None:
            self.values |= dict.fromkeys(training.losses_of_heads(), _mean)
            sizes = zip(self.outputs, plan.layout.steps, strict=True)
            for head, (width, steps) in zip(training.heads, sizes, strict=True):
                names = [head.key(one.name) for one in head.metrics]
                found = metrics_of(head, width // steps)
                for name, one in zip(names, found, strict=True):
                    kind = self.own_metrics if is_own(one) else self.metrics
                    kind[name] = one
        for name, one in self.metrics.items():
            self.values[name] = one.value
        self.work = plan.work
        self._work_of_beginning = len(plan.ops) * _WORK_OF_BEGINNING
        self.salt = salt()
        self._free: list[tuple[Kind, Workspace]] = []

    def check(self, samples: Samples) -> None:
        """Make sure that samples fit the plan, before compiled code relies on it.

        They were checked against the layers; this is for a model that another thread
        changed in between.
        """
        layout = self.plan.layout
        if samples.widths != layout.inputs or not (
            samples.targets_fit(layout) or not samples.targets
        ):
            raise RuntimeError(
                "The model was changed while it was being used; call it again."
            )

    def is_short(self, mode: int, rows: int, batch_size: int) -> bool:
        """Tell whether a call that works on so many rows is too short for threads."""
        batches = -(-rows // batch_size)
        weighed = _PASSES[mode] * rows + _ROWS_OF_WEIGHTS * batches
        return weighed * self.work + batches * self._work_of_beginning <= _SHORT_WORK

    def is_long(self, mode: int, batch_size: int) -> bool:
        """Tell whether a batch is always worth all threads."""
        return _PASSES[mode] * batch_size * self.work > _LONG_WORK

    def block_size(self, mode: int, rows: int, batch_size: int) -> int:
        """Return how many rows to work on at a time, where nobody looks at batches."""
        if mode == TRAIN or not kernels.works_in_blocks(self.plan):
            return batch_size
        blocks = -(-rows // (BLOCK_ROWS * kernels.num_threads()))
        return -(-rows // blocks) if blocks else batch_size

    def threads(self, mode: int, rows: int, size: int) -> int:
        """Return how many threads so many rows are worth, `size` of them at a time."""
        short = self.is_short(mode, rows, size)
        return 1 if short else kernels.threads_for(size * self.work)

    def borrow(
        self, samples: Samples, batch_size: int, threads: int
    ) -> tuple[Kind, Workspace]:
        """Return scratch space for these samples, free or new, and of what kind it is.

        The kind is all that the sizes of the space depend on, for one plan.
        """
        kind = (samples.kind, batch_size, threads)
        free = self._free
        for at, (known, _) in enumerate(free):
            if known == kind:
                try:
                    found = free.pop(at)
                except IndexError:  # Another thread was faster: that needs no lock.
                    break
                if found[0] == kind:
                    return found
        return kind, make_workspace(self.plan, samples, batch_size, threads)

    def release(self, kind: Kind, space: Workspace) -> None:
        """Keep scratch space for a later call, unless it is large."""
        if space.size > _MOST_SPARE:
            return
        free = self._free
        free.append((kind, space))
        # Most often it is the only one.
        while len(free) > 1 and sum([one.size for _, one in free]) > _MOST_SPARE:
            try:
                free.pop(0)
            except IndexError:  # Another thread has taken the last one.
                break

    def predict(self, samples: Samples) -> tuple[Float32, ...]:
        """Return the outputs for samples as one batch: the short way for a few rows."""
        rows = samples.count
        outputs = self.room(rows)
        if rows:
            threads = self.threads(PREDICT, rows, rows)
            kind, space = self.borrow(samples, rows, threads)
            kernels.run(
                self.plan, samples, space, PREDICT, 0, 1, None, outputs, threads
            )
            self.release(kind, space)
        return outputs

    def room(self, rows: int) -> tuple[Float32, ...]:
        """Return arrays for the outputs of so many samples."""
        if len(self.outputs) == 1:  # A thirtieth of a small prediction is saved so.
            return (np.empty((rows, self.outputs[0]), _FLOAT32),)
        return tuple([np.empty((rows, width), _FLOAT32) for width in self.outputs])


class Work:
    """Batches through a plan: in what mode, and the totals that they leave.

    Args:
        pool: The plan.
        mode: `fastmlp.plan.PREDICT`, `EVALUATE` or `TRAIN`.

    Attributes:
        rows_done: How many rows the totals are about.
    """

    # What adds the gradients of other processes, where some share the work.
    add_gradients: Callable[[Float32], None] | None = None

    def __init__(self, pool: WorkspacePool, mode: int) -> None:
        self.pool = pool
        self.mode = mode
        self.totals: NDArray[np.float64] = np.zeros(pool.plan.layout.totals)
        self.rows_done = 0
        for metric in pool.own_metrics.values():
            metric.reset_state()

    def rates(self, batches: int) -> NDArray[np.float64]:
        """Return the rates of the next batches, by `fastmlp.tables.RATES`."""
        assert self.pool.training is not None
        return self.pool.training.optimizer.rates(batches)

    def loss_and_metrics(self) -> dict[str, float]:
        """Return loss and metrics of the rows so far, by name; of none, nothing."""
        if not self.rows_done:
            return {}
        pool = self.pool
        found: dict[str, Any] = {}
        for (name, value_of), totals in zip(
            pool.values.items(), pool.plan.split(self.totals), strict=True
        ):
            found[name] = value_of(totals)
        for name, metric in pool.own_metrics.items():
            found[name] = checked_result(metric)
        logs: dict[str, Any] = {}
        for name in pool.names:
            value = found[name]
            # One of the user's may give several numbers, each with its own name.
            if isinstance(value, dict):
                logs.update(value)
            else:
                logs[name] = value
        return logs

    def reset(self) -> None:
        """Set the totals to zero."""
        self.totals[:] = 0
        self.rows_done = 0
        for metric in self.pool.own_metrics.values():
            metric.reset_state()

    def run(
        self,
        samples: Samples,
        space: Workspace,
        batches: range,
        threads: int,
        predictions: tuple[Float32, ...],
        loss_rows: int | None = None,
    ) -> None:
        """Send some batches of some samples through the network."""
        first, last = batches.start, batches.stop
        if self.mode == TRAIN:
            self._learn(samples, space, batches, threads)
        else:
            kernels.run(
                self.pool.plan, samples, space, self.mode, first, last, self.totals,
                predictions, threads, loss_rows=loss_rows,
            )  # fmt: skip
        self.rows_done += samples.rows_of(first, last, space.batch_size)

    def run_batch(self, samples: Samples) -> tuple[Float32, ...]:
        """Send some samples through the network as one batch; return what it predicts.

        That is nothing, unless the mode says so.
        """
        pool, rows = self.pool, samples.count
        pool.check(samples)
        outputs = pool.room(rows) if self.mode == PREDICT else ()
        if rows:
            size = pool.block_size(self.mode, rows, rows)
            threads = pool.threads(self.mode, rows, size)
            kind, space = pool.borrow(samples, size, threads)
            self.run(samples, space, range(-(-rows // size)), threads, outputs, rows)
            pool.release(kind, space)
        return outputs

    def _learn(
        self, samples: Samples, space: Workspace, batches: range, threads: int
    ) -> None:
        """Run some batches that the optimizer counts if, and only if, they are run."""
        pool, size = self.pool, space.batch_size
        assert pool.training is not None
        optimizer = pool.training.optimizer
        iteration, rates = optimizer.batches_done, self.rates(len(batches))
        rows, settings = self.totals.item(1), vars(optimizer)
        try:
            # Before the work: Ctrl+C may be served as soon as that is done.
            settings["batches_done"] = iteration + len(batches)
            kernels.run(
                pool.plan, samples, space, TRAIN, batches.start, batches.stop,
                self.totals, (), threads, iteration, rates,
                add_gradients=self.add_gradients,
            )  # fmt: skip
        except BaseException:
            done = int(self.totals.item(1) - rows)
            # If there is no memory, there is none for a sum either.
            if done:
                iteration += -(-done // size)  # The last one may be smaller.
            settings["batches_done"] = iteration
            raise


class Run(Work):
    """The work on samples that are all there: as many batches a call as possible.

    Args:
        pool: The plan.
        samples: The samples.
        batch_size: Rows of a batch; the last one may be smaller.
        mode: `fastmlp.plan.PREDICT`, `EVALUATE` or `TRAIN`.
        steps: How many batches to work on at a time; None: all.

    Attributes:
        batches: How many batches `work` works on, unless the samples end before.
    """

    def __init__(
        self,
        pool: WorkspacePool,
        samples: Samples,
        batch_size: int,
        mode: int,
        steps: int | None = None,
    ) -> None:
        pool.check(samples)
        super().__init__(pool, mode)
        self.samples = samples
        self.batch_size = min(batch_size, max(samples.count, 1))
        # The last one may be smaller.
        self._all = -(-samples.count // self.batch_size)
        self.batches: int | None = steps or self._all
        self._next = 0  # Where the last call ended, if it did not reach the end.
        self._outputs: tuple[Float32, ...] = ()
        if mode == PREDICT:
            self._outputs = pool.room(samples.count)
            # Callbacks see parts of them.
            self._pins = [pinned(array) for array in self._outputs]
        self._rows_before = 0  # Those of the chunks before the latest.
        self._tuner: ThreadTuner | None = None

    def work(
        self,
        every: int | None = None,
        before: Callable[[int], None] | None = None,
        after: Callable[[int], Any] | None = None,
        shuffle: bool | str = False,
    ) -> None:
        """Work through the batches, chunk by chunk.

        Where nothing is learnt and nobody wants to see every batch, the rows that are
        worked on at a time are those that suit the caches.

        Args:
            every: How many batches a chunk is to have; None: as many as suit.
            before: Called with the number of the first batch of each chunk.
            after: Called with the number of its last batch; True ends the work.
            shuffle: Whether the samples get another order when they begin anew; with
                "batch", they stay in their batches.
        """
        assert self.batches is not None
        if shuffle and self._next == 0:
            order = drawn_order(
                self.samples.count, self.batch_size, within_batches=shuffle == "batch"
            )
            self.samples = self.samples._replace(order=order)
        begin, count = self._next, self.samples.count
        end = min((begin + self.batches) * self.batch_size, count)
        size = self.batch_size
        if not every and self.batches == self._all:
            size = self.pool.block_size(self.mode, count, size)
        if self.pool.is_short(self.mode, end - begin * self.batch_size, size):
            threads, self._tuner = 1, None
        else:
            threads = kernels.threads_for(size * self.pool.work)
            # A callback may have set another number.
            if self._tuner is None or self._tuner.counts[0] != threads:
                is_long = self.pool.is_long(self.mode, size)
                self._tuner = ThreadTuner(threads, all_the_time=is_long)
        kind, space = self.pool.borrow(self.samples, size, threads)
        first, stop = begin * self.batch_size // size, -(-end // size)
        while first < stop:
            if before is not None:
                before(first * size // self.batch_size - begin)
            self._rows_before = self.rows_done
            most = min(first + every, stop) if every else stop
            first = self._work_on_chunk(space, first, most)
            self._next = -(-min(first * size, count) // self.batch_size)
            if after is not None and after(self._next - 1 - begin):
                break
        self.pool.release(kind, space)
        done = self._next - begin
        if self._next == self._all:
            self._next = 0
        if first == stop and done < self.batches:
            warn_of_end(done, self.batches)

    def _work_on_chunk(self, space: Workspace, first: int, stop: int) -> int:
        """Work on batches from `first` on, at most to `stop`; return where it ended."""
        rest = (self._outputs, self.batch_size)
        if self._tuner is None:
            self.run(self.samples, space, range(first, stop), 1, *rest)
            return stop
        threads, batches = self._tuner.next_chunk(stop - first)
        chunk = range(first, min(first + batches, stop))
        started = time.perf_counter()
        self.run(self.samples, space, chunk, threads, *rest)
        self._tuner.learn(threads, len(chunk), time.perf_counter() - started)
        return chunk.stop

    def skips_zeros(self) -> bool:
        """Tell whether zeros of an input are skipped."""
        samples = self.samples
        return bool(samples.sparse) and self.pool.plan.takes_sparse(samples.sparse)

    def rewind(self) -> None:
        """Begin with the first sample again."""
        self._next = 0

    def latest_outputs(self) -> list[Float32]:
        """Return what was predicted for the latest chunk."""
        return [array[self._rows_before : self.rows_done] for array in self._outputs]

    def all_outputs(self) -> list[Float32]:
        """Return what was predicted so far."""
        return [array[: self.rows_done] for array in self._outputs]


def drawn_order(
    count: int, batch_size: int, *, within_batches: bool
) -> NDArray[np.intp]:
    """Return which sample comes when, drawn anew."""
    if not within_batches:
        return generator().permutation(count)
    order = np.arange(count)
    for first in range(0, count, batch_size):
        generator().shuffle(order[first : first + batch_size])
    return order


def warn_of_end(done: int, wanted: int) -> None:
    """Warn that there were not as many batches as there should have been."""
    warn(
        f"Your input ran out of data after {done} of {wanted} steps. Make the number "
        "of steps smaller, or see to it that there are as many batches in each epoch.",
        UserWarning,
    )
