"""What this machine does in a second at most: the yardsticks of the cost of a job.

- Multiply-adds, by fastmlp's own register tile on operands that stay in the nearest
  cache, many thousand for each number stored. With AVX2 and AVX-512 that is within 1 %
  of a loop of nothing but multiply-adds in registers. SSE2 has no such instruction:
  there a loop of multiplications and additions reaches a third more than the tile,
  which also has to spread numbers over its registers.
- Updates by RMSprop, by fastmlp's kernel on parameters that stay in a near cache.
- Copying, of arrays that no cache holds.
"""

import itertools
import threading
import time
from collections.abc import Callable
from functools import partial
from math import inf, isinf
from typing import Any, NamedTuple

import numpy as np

from fastmlp import kernels
from fastmlp.kernels import _loading
from fastmlp.plan import PANEL_SIZE, Float32, aligned_zeros

_DEPTH = 20_000
# Parameters: the w, v and dw of many fit into a second cache of 256 KB.
_FEW, _MANY = 64, 16_384
# Bytes that are copied, or read, in a call; and the pieces of an array, of all threads
# together, that no cache holds.
PIECE = 1 << 20
_PIECES = 64
_FEWEST_PIECES = 4
_FEWEST_CALLS = 20


class Rates(NamedTuple):
    """What some threads do in a second, together."""

    multiply_adds: float
    updates: float
    bytes_copied: float


def measure_rates(threads: int, seconds: float = 0.1) -> Rates:
    """Return the rates of so many threads.

    Args:
        threads: How many, all at once.
        seconds: How long to measure each, about.
    """
    alone = multiply_add_rate(seconds=seconds)
    together = multiply_add_rate(threads, seconds=seconds) if threads > 1 else alone
    return Rates(
        together,
        # Threads share the units that divide as they share those that multiply.
        update_rate(seconds) * together / alone,
        copy_rate(threads, seconds),
    )


def multiply_add_rate(
    threads: int = 1, variant: str | None = None, seconds: float = 0.1
) -> float:
    """Return how many multiply-adds so many threads do in a second.

    Args:
        threads: How many cores, if each thread has one.
        variant: Which kernels, a name from `kernels.supported_variants()`; as a rule
            those in use.
        seconds: How long to try, about.
    """
    module: Any = kernels.load_variant(variant) if variant else _loading.compiled

    def make_work() -> tuple[Callable[[], object], float]:
        panel = aligned_zeros(PANEL_SIZE)
        count = module.py_multiply_adds(_DEPTH, panel)
        return lambda: module.py_multiply_adds(_DEPTH, panel), count

    return best_rate(make_work, threads, seconds)


def update_rate(seconds: float = 0.1) -> float:
    """Return how many parameters one core updates by RMSprop in a second.

    Few are taken from many, so that the call itself does not count.
    """
    best = []
    for size in (_FEW, _MANY):
        # Not whole pages apart, or loads wait for stores that they take for their own.
        w, v, dw = np.full((3, size + 80), 0.5, np.float32)[:, :size]
        step = partial(kernels.rmsprop, w, dw, v, None, None, 1e-3, 0.9, 1e-7, 0.0)
        best.append(best_seconds(step, seconds))
    return (_MANY - _FEW) / (best[1] - best[0])


def copy_rate(threads: int = 1, seconds: float = 0.1) -> float:
    """Return how many bytes are copied from memory to memory in a second."""

    def make_work() -> tuple[Callable[[], object], float]:
        both = far_pieces(threads), far_pieces(threads)
        pieces = itertools.cycle(zip(*both, strict=True))
        return lambda: np.copyto(*next(pieces)), PIECE

    return best_rate(make_work, threads, seconds)


def far_pieces(threads: int = 1) -> Float32:
    """Return pieces of an array, each of which has left the caches when it is next.

    Args:
        threads: How many have such an array each.
    """
    count = max(_FEWEST_PIECES, _PIECES // threads)
    return np.ones(count * PIECE // 4, np.float32).reshape(count, -1)


def best_seconds(work: Callable[[], object], seconds: float) -> float:
    """Return the shortest time that `work()` took, trying for about `seconds`."""
    best, stop, calls = inf, time.perf_counter() + seconds, 0
    # On a busy machine this thread may sleep for most of the time.
    while time.perf_counter() < stop or calls < _FEWEST_CALLS:
        calls += 1
        started = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - started)
    return best


def best_rate(
    make_work: Callable[[], tuple[Callable[[], object], float]],
    threads: int = 1,
    seconds: float = 0.1,
) -> float:
    """Return how much so many threads do in a second, the best call of each.

    No call counts while another thread may not have begun, or have ended.

    Args:
        make_work: Called by each thread; returns a function that works on arrays of its
            own without the interpreter's lock, and how much that is.
        threads: How many, all at once: they may share a core, or the way to memory.
        seconds: How long to try, about.
    """
    together, rates, edge = threading.Barrier(threads), [], 0.2 * seconds

    def measure() -> None:
        work, amount = make_work()
        work()
        together.wait()
        first, best = time.perf_counter(), inf
        while (begun := time.perf_counter() - first) < seconds + edge or isinf(best):
            work()
            # On a busy machine a thread may have slept all the time.
            if edge < begun and (begun < seconds or isinf(best)):
                best = min(best, time.perf_counter() - first - begun)
        rates.append(amount / best)

    workers = [threading.Thread(target=measure) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(rates)
