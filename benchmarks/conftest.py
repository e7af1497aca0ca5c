"""What the benchmark suites share: one BLAS thread, the machine, the digits."""

import os

# Before NumPy is loaded: kernel against kernel on one core. Whole jobs with several
# BLAS threads are the business of compare.py.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pytest
from digits import load_digits
from groups import natural_key, shorten
from peak import multiply_add_peak, read_rate

from fastmlp import config, kernels
from fastmlp.kernels._loading import loadable_variants


def pytest_benchmark_update_machine_info(config, machine_info):
    """Let every saved result say what it was measured with."""
    machine_info["fastmlp"] = {
        "instruction_set": kernels.instruction_set,
        "threads": kernels.num_threads(),
        "numpy": np.__version__,
        "read_gigabytes_per_second": round(read_rate(), 1),
    }


def pytest_configure(config):
    """Let tables fit 100 columns, unless other columns are asked for."""
    if config.option.benchmark_columns is None:
        config.option.benchmark_columns = ["min", "median", "iqr"]


@pytest.hookimpl(wrapper=True)
def pytest_benchmark_group_stats(config):
    """Sort groups by the numbers in their names; name rows by what differs."""
    groups = yield
    for _, benchmarks in groups:
        names = shorten([bench["name"] for bench in benchmarks])
        for bench, name in zip(benchmarks, names, strict=True):
            bench["name"] = name
    return sorted(groups, key=lambda group: natural_key(group[0] or ""))


rates = []


def pytest_terminal_summary(terminalreporter):
    """Print what the dense products reach, best run of each."""
    if rates:
        terminalreporter.section("dense products: GFLOP/s (share of peak)")
    for line in rates:
        terminalreporter.write_line(line)


@pytest.fixture
def report_rate(benchmark):
    """Return a function that puts GFLOP/s and share of peak beside the times."""

    def report(implementation, operations):
        if benchmark.disabled:
            return
        rate = 1e-9 * operations / benchmark.stats.stats.min
        benchmark.extra_info["gflops"] = round(rate, 1)
        line = f"{benchmark.group:32} {implementation:6} {rate:6.0f}"
        if implementation in loadable_variants():
            # Measured here and now, because a shared machine changes its speed.
            share = rate / multiply_add_peak(implementation)
            benchmark.extra_info["share_of_peak"] = round(share, 3)
            line += f" ({share:.0%})"
        rates.append(line)

    return report


@pytest.fixture(scope="session")
def digits():
    """60,000 training images as the notebook has them, and one-hot targets."""
    return load_digits()


@pytest.fixture
def threads():
    """Return a function that sets how many threads fastmlp uses in this benchmark."""
    yield config.set_num_threads
    config.set_num_threads(None)
