"""What cores can do at most: the yardsticks behind "share of peak" and floor.py.

Multiply-adds, updates and copying are those of fastmlp/_engine/rates.py, which says how
they are measured; reading is a BLAS dot product of arrays that no cache holds.

`python benchmarks/peak.py` prints all of it.
"""

import itertools

import numpy as np
from machine import machine_name

from fastmlp._engine.rates import (
    PIECE,
    best_rate,
    copy_rate,
    far_pieces,
    multiply_add_rate,
    update_rate,
)
from fastmlp._util.cores import usable_processors
from fastmlp.kernels._loading import loadable_variants


def multiply_add_peak(variant=None, threads=1):
    """Return the peak in GFLOP/s, a multiply-add counted as two.

    Args:
        variant: Which kernels, a name from `loadable_variants()`; as a rule those in
            use.
        threads: How many cores, if each thread has one.
    """
    return 2e-9 * multiply_add_rate(threads, variant)


def read_rate():
    """Return how fast one core reads memory, in GB/s."""

    def make_work():
        pieces = itertools.cycle(far_pieces())
        return lambda: np.dot(piece := next(pieces), piece), 1e-9 * PIECE

    return best_rate(make_work)


def main():
    """Print all of it, for one thread and for as many as there are processors."""
    counts = sorted({1, usable_processors()})
    print(f"{machine_name()}\n{'threads':32}" + "".join(f"{n:8}" for n in counts))

    def line(name, rates):
        print(f"{name:32}" + "".join(f"{rate:8.1f}" for rate in rates), flush=True)

    for variant in loadable_variants():
        peaks = [multiply_add_peak(variant, count) for count in counts]
        line(f"multiply-adds, {variant}: GFLOP/s", peaks)
    line("updates by RMSprop: billions/s", [1e-9 * update_rate()])
    line("copying: GB/s", [1e-9 * copy_rate(count) for count in counts])
    line("reading: GB/s", [read_rate()])


if __name__ == "__main__":
    main()
