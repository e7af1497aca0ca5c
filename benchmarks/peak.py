"""What one core can do at most: the yardstick behind "share of peak".

The multiply-add peak is measured with fastmlp's own register tile on operands that stay
in the nearest cache, many thousand multiply-adds for each number stored. With AVX2 and
AVX-512 that is within 1 % of a loop of nothing but multiply-adds in registers. SSE2 has
no such instruction: there a loop of multiplications and additions reaches a third more
than the tile, which also has to spread numbers over its registers.

The read rate is that of a BLAS dot product over an array that no cache holds.

`python benchmarks/peak.py` prints both.
"""

import time

import numpy as np

from fastmlp import kernels
from fastmlp.plan import PANEL_SIZE, aligned_zeros

PANEL = aligned_zeros(PANEL_SIZE)
DEPTH = 20_000


def best_seconds(work, seconds=0.05):
    """Return the shortest time that `work()` took, trying for about `seconds`."""
    best, stop = float("inf"), time.perf_counter() + seconds
    while time.perf_counter() < stop:
        started = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - started)
    return best


def multiply_add_peak(variant):
    """Return the peak of one core in GFLOP/s, a multiply-add counted as two.

    Args:
        variant: Which kernels, a name from `kernels.supported_variants()`.
    """
    module = kernels.load_variant(variant)
    count = module.py_multiply_adds(DEPTH, PANEL)
    return 2e-9 * count / best_seconds(lambda: module.py_multiply_adds(DEPTH, PANEL))


def read_rate():
    """Return how fast one core reads memory, in GB/s."""
    x = np.ones(1 << 26, np.float32)
    return 1e-9 * x.nbytes / best_seconds(lambda: np.dot(x, x), seconds=0.5)


if __name__ == "__main__":
    for name in kernels.supported_variants():
        print(f"{name}: {multiply_add_peak(name):.0f} GFLOP/s, one core")
    print(f"memory: {read_rate():.0f} GB/s, one core")
