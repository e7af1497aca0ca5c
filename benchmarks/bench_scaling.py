"""How the time of a fit grows with width, depth, batch and threads.

Every row trains on some thousand digits once, beside NumPy on one thread.
"""

import numpy as np
import pytest
from bench_network import network
from numpy_mlp import NumpyMLP

from fastmlp import kernels


@pytest.fixture(params=["fastmlp", "numpy"])
def library(request, threads):
    """Run a benchmark on both libraries, with one thread each."""
    threads(1)
    return request.param


def run_one_epoch(benchmark, library, digits, sizes, rows, batch_size=128):
    """Time one epoch on the first `rows` digits; tell rows per second."""
    x, y = digits.x[:rows].astype(np.float32), digits.y[:rows].astype(np.float32)
    if library == "numpy":
        benchmark.pedantic(NumpyMLP(sizes, batch_size).fit, (x, y), rounds=3)
    else:
        settings = {"batch_size": batch_size, "verbose": 0}
        benchmark.pedantic(network(sizes).fit, (x, y), settings, rounds=3)
    if not benchmark.disabled:
        benchmark.extra_info["rows_per_second"] = round(
            rows / benchmark.stats.stats.min
        )


@pytest.mark.parametrize("width", [128, 256, 512, 1024, 2048, 4096])
def bench_width(benchmark, library, digits, width):
    benchmark.group = f"width: 784-{width}-{width}-10"
    rows = 2048 if width < 1024 else 512
    run_one_epoch(benchmark, library, digits, [784, width, width, 10], rows)


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def bench_depth(benchmark, library, digits, depth):
    benchmark.group = f"depth: {depth} hidden layers of 256"
    sizes = [784, *[256] * depth, 10]
    run_one_epoch(benchmark, library, digits, sizes, rows=2048)


@pytest.mark.parametrize("batch_size", [1, 8, 32, 128, 512, 2048])
def bench_batch(benchmark, library, digits, batch_size):
    benchmark.group = f"batch of {batch_size:,}: 784-128-10"
    rows = 512 if batch_size == 1 else 4096
    run_one_epoch(benchmark, library, digits, [784, 128, 10], rows, batch_size)


@pytest.mark.parametrize("hidden", [[128], [512, 512]], ids=["128", "512-512"])
@pytest.mark.parametrize("count", range(1, kernels.num_threads() + 1))
def bench_threads(benchmark, digits, threads, count, hidden):
    benchmark.group = f"threads: 784-{'-'.join(map(str, hidden))}-10"
    threads(count)
    run_one_epoch(benchmark, "fastmlp", digits, [784, *hidden, 10], rows=4096)
