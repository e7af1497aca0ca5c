"""One training in several processes: each has some rows of every batch.

Rank 0 has the say: its weights are those of all at the start, it draws the order of
the rows, and its callbacks decide what goes on. In each batch the gradients of all
ranks are added before they are used (src/update.pxi), so that all go on with the same
weights: they learn what one process learns of all rows, but for roundings.

What MPI is, nobody knows here: `comm` is asked for what mpi4py's communicators can do.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp import kernels
from fastmlp._engine.runs import Run, WorkspacePool, drawn_order
from fastmlp._util.warn import warn
from fastmlp.plan import EVALUATE, KINDS, REDUCTIONS, TRAIN, Float32, Samples, Share
from fastmlp.reference import dense_rows

# Batches of a chunk, after which rank 0 says how it goes on.
_CHUNK = 16


class Ranks:
    """The processes that share a training.

    Args:
        comm: mpi4py's communicator, or what has its `rank`, `size`, `Bcast`,
            `Allreduce` and `Abort`.
    """

    def __init__(self, comm: Any) -> None:
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

    def abort(self) -> None:
        """End the processes of all ranks."""
        self._comm.Abort(1)


def refuse_comm(pool: WorkspacePool) -> None:
    """Refuse networks in which a row has to know of rows that others have.

    Raises:
        ValueError: It is one.
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


class SharedRun(Run):
    """The training on samples of which each rank has every so many-th.

    Args:
        pool: The plan.
        samples: Those of this rank: of all, the rows `rank`, `rank + size`, and so on.
        batch_size: Rows of a batch, those of all ranks together.
        ranks: The processes.

    Raises:
        ValueError: A rank has more rows, or fewer, than its share.
    """

    def __init__(
        self, pool: WorkspacePool, samples: Samples, batch_size: int, ranks: Ranks
    ) -> None:
        super().__init__(pool, samples, batch_size, TRAIN)
        self._ranks = ranks
        self._count = _whole_count(ranks, samples)
        self._share_size = batch_size
        self._all = self.batches = -(-self._count // batch_size)

    def work(
        self,
        every: int | None = None,
        before: Callable[[int], None] | None = None,
        after: Callable[[int], Any] | None = None,
        shuffle: bool | str = False,
    ) -> None:
        """Work through all batches; the arguments are those of `Run.work`.

        Callbacks see the totals of rank 0 on the way, and those of all at the end.
        """
        ranks, pool = self._ranks, self.pool
        samples = self._shared(shuffle)
        threads = kernels.threads_for(self._share_size // ranks.size * pool.work)
        kind, space = pool.borrow(samples, self.batch_size, threads)
        first, stop = 0, self._all
        (chunk,) = map(int, ranks.agree(every or _CHUNK))
        while first < stop:
            if before is not None:
                before(first)
            last = min(first + chunk, stop)
            self.run(samples, space, range(first, last), threads, ())
            ended = after is not None and after(last - 1)
            first, stop = map(int, ranks.agree(last, last if ended else stop))
        pool.release(kind, space)
        _add_totals(self, ranks)

    def add_gradients(self, gradients: Float32) -> None:
        """Add those of the other ranks."""
        self._ranks.add_gradients(gradients)

    def rates(self, batches: int) -> NDArray[np.float64]:
        """Return the rates of rank 0, whose callbacks may change them."""
        rates = super().rates(batches)
        self._ranks.broadcast(rates)
        return rates

    def _shared(self, shuffle: bool | str) -> Samples:
        """Return the samples in an order of all ranks, drawn anew, if at all."""
        ranks, size = self._ranks, self._share_size
        order = np.arange(self._count)
        if shuffle and ranks.rank == 0:
            order = drawn_order(self._count, size, within_batches=shuffle == "batch")
        ranks.broadcast(order)
        own = np.flatnonzero(order % ranks.size == ranks.rank)
        edges = np.minimum(np.arange(self._all + 1) * size, self._count)
        # Numbers of chance are counted in 32 bits.
        noise_begin = ranks.rank * (2**32 // ranks.size)
        share = Share(np.searchsorted(own, edges), np.diff(edges), noise_begin)
        return self.samples._replace(order=order[own] // ranks.size, share=share)


class SharedTests(Run):
    """An evaluation of which each rank has some rows; the results are those of all."""

    def __init__(
        self, pool: WorkspacePool, samples: Samples, batch_size: int, ranks: Ranks
    ) -> None:
        super().__init__(pool, samples, batch_size, EVALUATE)
        self._ranks = ranks

    def work(self, *arguments: Any, **rest: Any) -> None:
        """Work through all batches."""
        super().work(*arguments, **rest)
        _add_totals(self, self._ranks)


def _add_totals(run: Run, ranks: Ranks) -> None:
    """Make what a run found that of all ranks."""
    ranks.add(run.totals)
    run.rows_done = int(sum(ranks.gather(run.rows_done)))


def _whole_count(ranks: Ranks, samples: Samples) -> int:
    """Return how many samples all ranks have together, and warn if they are the same.

    Raises:
        ValueError: A rank has more than its share, or less.
    """
    counts = [int(count) for count in ranks.gather(samples.count)]
    whole = sum(counts)
    for rank, found in enumerate(counts):
        share = len(range(rank, whole, ranks.size))
        if found != share:
            raise ValueError(
                f"Rank {rank} has {found} rows, but of {whole} rows that {ranks.size} "
                f"ranks share its are {share}: give each rank "
                "x[comm.rank::comm.size] and y[comm.rank::comm.size]."
            )
    x = samples.inputs[0]
    some = np.arange(min(samples.count, 4))
    rows = x[some] if isinstance(x, np.ndarray) else dense_rows(x, some)
    if len(set(ranks.gather(float(rows.sum(dtype=np.float64))))) == 1:
        warn(
            "All ranks seem to have the same rows, so that each counts several times: "
            "give each rank x[comm.rank::comm.size] and y[comm.rank::comm.size]."
        )
    return whole
