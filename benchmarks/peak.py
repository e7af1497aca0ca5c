"""What one core can do at most: the yardstick behind "share of peak".

The multiply-add peak is the best rate that the register tile reaches on the products
that suit it best: whole tiles, operands that stay in a near cache, thousands of
multiply-adds for each number stored. It is therefore measured with fastmlp's own code,
and comes within a few percent of a loop of nothing but multiply-adds: a kernel at 100 %
is as fast as our best case, not as fast as the data sheet.

The read rate is that of a BLAS dot product over an array that no cache holds.

`python benchmarks/peak.py` prints both.
"""

import time

import numpy as np

from fastmlp import kernels
from fastmlp.plan import PANEL_SIZE

# Multiples of every tile's rows and columns (126 = 6 * 21, 3 * 42).
PANEL = np.zeros(PANEL_SIZE, np.float32)
IDEAL_SIZES = [(126, 256, 64), (126, 512, 64), (126, 784, 128)]


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
    best = 0.0
    for rows, depth, columns in IDEAL_SIZES:
        x = np.ones((rows, depth), np.float32)
        w = np.ones((depth, columns), np.float32)
        y = np.empty((rows, columns), np.float32)
        seconds = best_seconds(lambda x=x, w=w, y=y: _product(module, x, w, y))
        best = max(best, 2e-9 * rows * depth * columns / seconds)
    return best


def _product(module, x, w, y):
    module.py_dense_forward(x, w, None, PANEL, y)


def read_rate():
    """Return how fast one core reads memory, in GB/s."""
    x = np.ones(1 << 26, np.float32)
    return 1e-9 * x.nbytes / best_seconds(lambda: np.dot(x, x), seconds=0.5)


if __name__ == "__main__":
    for name in kernels.supported_variants():
        print(f"{name}: {multiply_add_peak(name):.0f} GFLOP/s, one core")
    print(f"memory: {read_rate():.0f} GB/s, one core")
