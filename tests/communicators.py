"""Threads with a communicator of their own, which stand for the processes of MPI."""

import threading


class Ended(Exception):
    """What a process gets that another one has ended."""


class Hub:
    """What the communicators of all ranks share."""

    def __init__(self, size):
        self.barrier = threading.Barrier(size)
        self.sent = [None] * size
        self.aborted_by = []

    def wait(self):
        try:
            self.barrier.wait(timeout=60)
        except threading.BrokenBarrierError:
            raise Ended from None


class Comm:
    """As much of mpi4py's communicator as `fit` asks for."""

    def __init__(self, hub, rank):
        self.hub, self.rank, self.size = hub, rank, len(hub.sent)

    def Bcast(self, array):
        self.hub.sent[self.rank] = array
        self.hub.wait()
        if self.rank:
            array[...] = self.hub.sent[0]
        self.hub.wait()

    def Allreduce(self, sent, received):
        self.hub.sent[self.rank] = sent
        self.hub.wait()
        # Always in the order of the ranks: so are the sums of an MPI.
        received[...] = sum(self.hub.sent[1:], self.hub.sent[0])
        self.hub.wait()

    def Abort(self, code):
        self.hub.aborted_by.append((self.rank, code))
        self.hub.barrier.abort()


def on_all_ranks(size, work):
    """Return work(comm) of each rank; if one fails, raise what it raised."""
    hub = Hub(size)
    results, errors = [None] * size, [None] * size

    def run(rank):
        try:
            results[rank] = work(Comm(hub, rank))
        except BaseException as error:
            errors[rank] = error

    threads = [threading.Thread(target=run, args=(rank,)) for rank in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for error in errors:
        if error is not None and not isinstance(error, Ended):
            raise error
    return results
