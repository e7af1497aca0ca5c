"""What cores can do at most: the yardsticks behind "share of peak" and floor.py.

- Multiply-adds, by fastmlp's own register tile on operands that stay in the nearest
  cache, many thousand for each number stored. With AVX2 and AVX-512 that is within 1 %
  of a loop of nothing but multiply-adds in registers. SSE2 has no such instruction:
  there a loop of multiplications and additions reaches a third more than the tile,
  which also has to spread numbers over its registers.
- Updates by RMSprop, by fastmlp's kernel on parameters that stay in a near cache.
- Copying, and reading (a BLAS dot product), of arrays that no cache holds.

`python benchmarks/peak.py` prints all of it.
"""

import itertools
import threading
import time
from functools import partial

import numpy as np
from machine import machine_name

from fastmlp import kernels
from fastmlp._util.cores import usable_processors
from fastmlp.kernels import _binding
from fastmlp.plan import PANEL_SIZE, aligned_zeros

DEPTH = 20_000
# Parameters: the w, v and dw of many fit into a second cache of 256 KB.
FEW, MANY = 64, 16_384
# Bytes that are copied, or read, in a call.
PIECE = 1 << 20


def best_seconds(work, seconds=0.05):
    """Return the shortest time that `work()` took, trying for about `seconds`."""
    best, stop = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < stop:
        started = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - started)
    return best


def best_rate(make_work, threads=1, seconds=0.1):
    """Return how much so many threads do in a second, the best call of each.

    No call counts while another thread may not have begun, or have ended.

    Args:
        make_work: Called by each thread; returns a function that works on arrays of its
            own without the interpreter's lock, and how much that is.
        threads: How many, all at once: they may share a core, or the way to memory.
        seconds: How long to try, about.
    """
    together, rates, edge = threading.Barrier(threads), [], 0.02

    def measure():
        work, amount = make_work()
        work()
        together.wait()
        first, best = time.perf_counter(), float("inf")
        while (begun := time.perf_counter() - first) < seconds + edge:
            work()
            if edge < begun < seconds:
                best = min(best, time.perf_counter() - first - begun)
        rates.append(amount / best)

    workers = [threading.Thread(target=measure) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(rates)


def multiply_add_peak(variant=None, threads=1):
    """Return the peak in GFLOP/s, a multiply-add counted as two.

    Args:
        variant: Which kernels, a name from `kernels.supported_variants()`; as a rule
            those in use.
        threads: How many cores, if each thread has one.
    """
    module = kernels.load_variant(variant) if variant else _binding.compiled

    def make_work():
        panel = aligned_zeros(PANEL_SIZE)
        count = module.py_multiply_adds(DEPTH, panel)
        return lambda: module.py_multiply_adds(DEPTH, panel), 2e-9 * count

    return best_rate(make_work, threads)


def update_rate():
    """Return how many parameters one core updates by RMSprop, in billions a second.

    Few are taken from many, so that the call itself does not count.
    """
    seconds = []
    for size in (FEW, MANY):
        # Not whole pages apart, or loads wait for stores that they take for their own.
        w, v, dw = np.full((3, size + 80), 0.5, np.float32)[:, :size]
        step = partial(kernels.rmsprop, w, dw, v, None, None, 1e-3, 0.9, 1e-7, 0.0)
        seconds.append(best_seconds(step, 0.1))
    return 1e-9 * (MANY - FEW) / (seconds[1] - seconds[0])


def copy_rate(threads=1):
    """Return how much is copied from memory to memory, in GB/s."""

    def make_work():
        pieces = itertools.cycle(zip(far_pieces(), far_pieces(), strict=True))
        return lambda: np.copyto(*next(pieces)), 1e-9 * PIECE

    return best_rate(make_work, threads)


def read_rate():
    """Return how fast one core reads memory, in GB/s."""

    def make_work():
        pieces = itertools.cycle(far_pieces())
        return lambda: np.dot(piece := next(pieces), piece), 1e-9 * PIECE

    return best_rate(make_work)


def far_pieces():
    """Return pieces of an array, each of which has left the caches when it is next."""
    return np.ones(64 * PIECE // 4, np.float32).reshape(64, -1)


def main():
    """Print all of it, for one thread and for as many as there are processors."""
    counts = sorted({1, usable_processors()})
    print(f"{machine_name()}\n{'threads':32}" + "".join(f"{n:8}" for n in counts))

    def line(name, rates):
        print(f"{name:32}" + "".join(f"{rate:8.1f}" for rate in rates), flush=True)

    for variant in kernels.supported_variants():
        try:
            peaks = [multiply_add_peak(variant, count) for count in counts]
        except ImportError:
            continue
        line(f"multiply-adds, {variant}: GFLOP/s", peaks)
    line("updates by RMSprop: billions/s", [update_rate()])
    line("copying: GB/s", [copy_rate(count) for count in counts])
    line("reading: GB/s", [read_rate()])


if __name__ == "__main__":
    main()
