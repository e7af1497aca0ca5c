"""One training in several processes: each has some rows of every batch.

Rank 0 has the say: its weights are those of all at the start, it draws the order of
the rows, and its callbacks decide what goes on. In each batch the gradients of all
ranks are added before they are used (src/update.pxi), so that all go on with the same
weights: they learn what one process learns of all rows, but for roundings.

What MPI is, nobody knows here: `comm` is asked for what mpi4py's communicators can do.
"""

from __future__ import annotations

import math
import os
import platform
import sys
import time
import traceback
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp import kernels
from fastmlp._check.numbers import describe
from fastmlp._engine.runs import BLOCK_ROWS, Run, WorkspacePool, drawn_order
from fastmlp._util.cores import usable_cores
from fastmlp._util.warn import warn
from fastmlp.plan import KINDS, REDUCTIONS, TRAIN, Float32, Plan, Samples, Share
from fastmlp.reference import dense_rows

_METHODS = ("rank", "size", "Bcast", "Allreduce", "Abort")

# About as long does a chunk take, after which rank 0 says how it goes on.
_SECONDS = 0.05

_GIVE = "give each rank x[comm.rank::comm.size] and y[comm.rank::comm.size]."

# So many rows are looked at to see whether all ranks have the same.
_LOOKED_AT = 64


class Ranks:
    """The processes that share a training.

    Args:
        comm: mpi4py's communicator, or what has its `rank`, `size`, `Bcast`,
            `Allreduce` and `Abort`.

    Raises:
        TypeError: It has not.
        ValueError: This process has no part in it.
    """

    def __init__(self, comm: Any) -> None:
        try:
            missing = [name for name in _METHODS if not hasattr(comm, name)]
        except RuntimeError as error:  # What mpi4py raises is one.
            raise ValueError(
                f"This process has no part in comm ({error}): call fit on those only "
                "that have one."
            ) from None
        if missing:
            raise TypeError(
                f"comm must be a communicator of mpi4py, such as MPI.COMM_WORLD, but "
                f"{describe(comm)} has no {' and no '.join(missing)}."
            )
        self._comm = comm
        self.rank, self.size = int(comm.rank), int(comm.size)
        self._sent: Float32 = np.empty(0, np.float32)

    def broadcast(self, *arrays: NDArray[Any]) -> None:
        """Make arrays those of rank 0."""
        for array in arrays:
            if array.size:
                self._comm.Bcast(array)

    def agree(self, *numbers: float) -> list[float]:
        """Return the numbers of rank 0."""
        said = np.array(numbers, np.float64)
        self._comm.Bcast(said)
        return list(map(float, said))

    def add(self, array: NDArray[Any]) -> None:
        """Make an array the sum of those of all ranks."""
        self._comm.Allreduce(array.copy(), array)

    def add_gradients(self, gradients: Float32) -> None:
        """Do the same in each batch, without new memory."""
        if len(self._sent) != len(gradients):
            self._sent = np.empty_like(gradients)
        self._sent[...] = gradients
        self._comm.Allreduce(self._sent, gradients)

    def gather(self, number: float) -> list[float]:
        """Return the numbers of all ranks."""
        numbers = np.zeros(self.size)
        numbers[self.rank] = number
        self.add(numbers)
        return list(map(float, numbers))

    def is_alike(self, thing: Any) -> bool:
        """Tell whether all ranks have the same, as far as its text goes."""
        return len(set(self.gather(zlib.crc32(repr(thing).encode())))) == 1

    def place_of_split(self, count: int, share: float) -> int:
        """Return where this rank's rows are split, so that all are where all are.

        Args:
            count: How many rows this rank has.
            share: The share of all rows that is split off.
        """
        whole = int(sum(self.gather(count)))
        return len(range(self.rank, math.floor(whole * (1 - share)), self.size))

    def share_training(self, pool: WorkspacePool) -> None:
        """Give all ranks the weights of rank 0, and what its optimizer knows."""
        assert pool.training is not None
        optimizer = pool.training.optimizer
        rate = 0.0 if optimizer.has_schedule else float(optimizer.learning_rate)
        done, rate = self.agree(optimizer.batches_done, rate)
        if self.rank:
            optimizer.batches_done = int(done)
            if not optimizer.has_schedule:
                optimizer.learning_rate = rate
        self.broadcast(*pool.plan.arrays, pool.plan.memory)

    def most_threads(self) -> int:
        """Return how many threads this process may have beside those it shares with."""
        own = [platform.node()]
        if hasattr(os, "sched_getaffinity"):
            own += map(str, sorted(os.sched_getaffinity(0)))
        here = float(zlib.crc32(" ".join(own).encode()))
        sharing = self.gather(here).count(here)
        wanted, cores = kernels.num_threads(), usable_cores()
        # Another number is the user's.
        return wanted if wanted != cores else max(1, cores // sharing)

    def end_all(self) -> None:
        """End the processes of all ranks, and say why: an exception."""
        try:
            traceback.print_exc()
            print(f"fastmlp: rank {self.rank} of {self.size} ends all", file=sys.stderr)
            sys.stdout.flush()
        finally:  # Whatever is wrong: the others wait for this one, and would for ever.
            self._comm.Abort(1)


def ranks_of(comm: Any) -> Ranks | None:
    """Return the processes of a communicator; None: there is one.

    Raises:
        TypeError: It is none.
    """
    ranks = None if comm is None else Ranks(comm)
    return None if ranks is None or ranks.size == 1 else ranks


def refuse_other_settings(ranks: Ranks, settings: dict[str, Any]) -> None:
    """Refuse arguments of `fit` that are not those of all ranks.

    Args:
        ranks: The processes.
        settings: The arguments by name; of data, whether they are given.

    Raises:
        ValueError: They are others, or not for several processes.
    """
    for name, value in settings.items():
        if not ranks.is_alike(value):
            raise ValueError(
                f"{name} is not the same on all ranks, on which `fit` has to be called "
                f"with the same arguments, but for x and y: on rank {ranks.rank}, it "
                f"is {describe(value)}."
            )


def refuse_comm(pool: WorkspacePool, ranks: Ranks) -> None:
    """Refuse networks in which a row has to know of rows that others have.

    Raises:
        ValueError: It is one; or ranks have networks that differ.
    """
    plan = pool.plan
    what = None
    if not plan.is_by_rows:
        what = "what is written in Python, or asked of whole batches,"
    elif any(
        op.kind == KINDS["batch_normalization"] and op.trainable for op in plan.ops
    ):
        what = "BatchNormalization, which takes the moments of a whole batch,"
    elif any(
        head.reduction == REDUCTIONS["mean_with_sample_weight"] for head in plan.heads
    ):
        what = "reduction='mean_with_sample_weight'"
    if what is not None:
        raise ValueError(
            f"With comm, each process has some rows of a batch only, so that {what} "
            "cannot be used; train without comm, or leave it out of the model."
        )
    if not ranks.is_alike(_text_of(plan)):
        raise ValueError(
            "The models of the ranks differ in their layers, or in what `compile` was "
            f"given: build the same one on each. That of rank {ranks.rank} has "
            f"{plan.size:,} weights."
        )


def _text_of(plan: Plan) -> list[Any]:
    """Return all of a plan that ranks have to have in common."""
    tables = {
        name: table.tolist()
        for name, table in vars(plan).items()
        # Where arrays lie, and seeds, are each rank's own.
        if name.endswith("_table") and name not in ("op_table", "array_table")
    }
    shapes = [array.shape for array in plan.arrays]
    ops = [op._replace(seed=0) for op in plan.ops]
    return [shapes, ops, plan.graph, plan.optimizer, plan.memory_letters, tables]


class SharedRun(Run):
    """The work on samples of which each rank has every so many-th.

    Args:
        pool: The plan.
        samples: Those of this rank: of all, the rows `rank`, `rank + size`, and so on.
        batch_size: Rows of a batch, those of all ranks together.
        mode: `fastmlp.plan.EVALUATE` or `TRAIN`.
        ranks: The processes.
        first: Which row of all is the first: where some were split off, it need not be
            that of rank 0.

    Attributes:
        whole_count: How many samples all ranks have together.

    Raises:
        ValueError: A rank has more rows, or fewer, than its share.
    """

    def __init__(
        self,
        pool: WorkspacePool,
        samples: Samples,
        batch_size: int,
        mode: int,
        ranks: Ranks,
        first: int = 0,
    ) -> None:
        super().__init__(pool, samples, batch_size, mode)
        self._ranks = ranks
        self._turns = [(rank - first) % ranks.size for rank in range(ranks.size)]
        name = "x" if mode == TRAIN else "validation_data"
        self.whole_count = _whole_count(ranks, samples, self._turns, name)
        self._most_threads = ranks.most_threads()
        self._share_size = batch_size
        self._chunk = 1
        self.batches = -(-self.whole_count // batch_size)

    def work(
        self,
        every: int | None = None,
        before: Callable[[int], None] | None = None,
        after: Callable[[int], Any] | None = None,
        shuffle: bool | str = False,
    ) -> None:
        """Work through all batches; the arguments are those of `Run.work`."""
        ranks, pool = self._ranks, self.pool
        ranks.share_training(pool)
        (size,) = map(int, ranks.agree(self._size(every)))
        samples = self._shared(shuffle, size)
        threads = kernels.threads_for(size // ranks.size * pool.work)
        threads = min(threads, self._most_threads)
        kind, space = pool.borrow(samples, min(size, max(samples.count, 1)), threads)
        first, stop = 0, -(-self.whole_count // size)
        own, kept = self.totals.copy(), self._copies(every)
        while True:
            if before is not None and first < stop:
                before(first)
            last = min(first + (every or self._chunk), stop)
            changed = not all(map(np.array_equal, kept, pool.plan.arrays))
            last, shares = map(int, ranks.agree(last, changed))
            if first == last:
                break
            if shares:
                ranks.share_training(pool)
            # However many batches a chunk has, each rank adds up its own, so that the
            # bits are the same.
            self.totals[:] = own
            started = time.perf_counter()
            self.run(samples, space, range(first, last), threads, ())
            if time.perf_counter() - started < _SECONDS:
                self._chunk = max(self._chunk, 2 * (last - first))
            else:
                self._chunk = -(-(last - first) // 2)
            own = self.totals.copy()
            ranks.add(self.totals)
            self.rows_done = int(self.totals[1])
            kept = self._copies(every)
            done = min(last * size, self.whole_count)
            if after is not None and after(-(-done // self._share_size) - 1):
                stop = last
            first = last
        pool.release(kind, space)

    def add_gradients(self, gradients: Float32) -> None:
        """Add those of the other ranks."""
        self._ranks.add_gradients(gradients)

    def rates(self, batches: int) -> NDArray[np.float64]:
        """Return the rates of rank 0, whose callbacks may change them."""
        rates = super().rates(batches)
        self._ranks.broadcast(rates)
        return rates

    def _copies(self, every: int | None) -> list[Float32]:
        """Return the weights, where callbacks look at batches, and may change them."""
        if every is None or self._ranks.rank > 0:
            return []
        return [array.copy() for array in self.pool.plan.arrays]

    def _size(self, every: int | None) -> int:
        """Return how many rows to work on at a time: a batch, or what suits caches."""
        mean = REDUCTIONS["sum_over_batch_size"]
        sums = any(head.reduction != mean for head in self.pool.plan.heads)
        if self.mode == TRAIN or every is not None or sums:
            return self._share_size
        most = BLOCK_ROWS * self._ranks.size * self._most_threads
        return max(self._share_size, most)

    def _shared(self, shuffle: bool | str, size: int) -> Samples:
        """Return the samples in an order of all ranks, drawn anew, if at all."""
        ranks, count = self._ranks, self.whole_count
        order = np.arange(count)
        if shuffle and ranks.rank == 0:
            order = drawn_order(count, size, within_batches=shuffle == "batch")
        ranks.broadcast(order)
        own = np.flatnonzero(order % ranks.size == self._turns[ranks.rank])
        edges = np.minimum(np.arange(-(-count // size) + 1) * size, count)
        # Numbers of chance are counted in 32 bits.
        noise_begin = ranks.rank * (2**32 // ranks.size)
        share = Share(np.searchsorted(own, edges), np.diff(edges), noise_begin)
        return self.samples._replace(order=order[own] // ranks.size, share=share)


def _whole_count(ranks: Ranks, samples: Samples, turns: list[int], name: str) -> int:
    """Return how many samples all ranks have together, and warn if they are the same.

    Raises:
        ValueError: A rank has more than its share, or less.
    """
    counts = [int(count) for count in ranks.gather(samples.count)]
    whole = sum(counts)
    for rank, (found, turn) in enumerate(zip(counts, turns, strict=True)):
        share = len(range(turn, whole, ranks.size))
        if found != share:
            raise ValueError(
                f"Rank {rank} has {found} rows of {name}, but of {whole} rows that "
                f"{ranks.size} ranks share its are {share}: {_GIVE}"
            )
    x = samples.inputs[0]
    some = np.linspace(0, samples.count - 1, _LOOKED_AT).astype(np.intp)
    rows = x[some] if isinstance(x, np.ndarray) else dense_rows(x, some)
    sums = ranks.gather(float(rows.sum(dtype=np.float64)))
    if len(set(sums)) == 1 and ranks.rank == 0:
        warn(
            f"All ranks seem to have the same rows of {name}, so that each counts "
            f"several times: {_GIVE}"
        )
    return whole
