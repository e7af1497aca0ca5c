"""How many threads work is worth, and what limits them."""

import ctypes
import threading

import numpy as np
import pytest

from fastmlp import config, kernels, layers, models
from fastmlp.kernels import _loading

needs_openmp = pytest.mark.skipif(
    _loading.compiled is None or not _loading.compiled.has_openmp(),
    reason="nothing here has threads",
)


@pytest.fixture(autouse=True)
def eight_threads():
    config.set_num_threads(8)
    yield
    config.set_num_threads(None)


@pytest.fixture
def set_limit():
    """The function of the run-time that threadpoolctl calls."""
    # Whoever has linked a library finds its functions.
    openmp = ctypes.CDLL(_loading.compiled.__file__)
    usual = openmp.omp_get_max_threads()
    yield openmp.omp_set_num_threads
    openmp.omp_set_num_threads(usual)


@needs_openmp
def test_small_work_is_worth_one_thread_and_large_work_all():
    assert kernels.threads_for(0) == 1
    assert kernels.threads_for(784) == 1
    assert kernels.threads_for(399_999) == 1
    assert kernels.threads_for(400_000) == 2
    assert kernels.threads_for(10**9) == 8


@needs_openmp
@pytest.mark.parametrize(
    ("rows", "columns", "threads"), [(1, 784, 1), (1000, 784, 3), (10_000, 784, 8)]
)
@pytest.mark.parametrize("skipping", ["off", "on"])
def test_conversion_and_compression_start_threads_for_large_arrays_only(
    monkeypatch, rows, columns, threads, skipping
):
    started = []

    class Counted(threading.Thread):
        def start(self):
            started.append(self)
            super().start()

    monkeypatch.setattr(threading, "Thread", Counted)
    config.set_zero_skipping(skipping)
    try:
        model = models.Sequential([layers.Dense(1, input_shape=(columns,))])
        model.predict(np.zeros((rows, columns)), verbose=0)
    finally:
        config.set_zero_skipping("auto")
    assert len(started) == threads - 1


@needs_openmp
def test_a_limit_of_openmp_is_heeded_as_long_as_it_stands(set_limit):
    set_limit(1)
    assert kernels.num_threads() == kernels.threads_for(10**9) == 1
    set_limit(1000)
    assert kernels.num_threads() == 8
