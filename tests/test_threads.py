"""How many threads work is worth, and what limits them."""

import ctypes
import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from fastmlp import callbacks, config, kernels, layers, models, utils
from fastmlp._engine import runs
from fastmlp.kernels import _data, _loading
from fastmlp.plan import PREDICT, TRAIN

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
    ("mode", "rows", "batch_size", "threads"),
    [(TRAIN, 100, 32, 1), (TRAIN, 200, 32, 8), (PREDICT, 256, 256, 1),
     (PREDICT, 1000, 256, 8)],
)  # fmt: skip
def test_a_short_call_wakes_no_thread(monkeypatch, mode, rows, batch_size, threads):
    model = models.Sequential(
        [layers.Input((784,)), layers.Dense(128, "relu"), layers.Dense(10, "softmax")]
    )
    model.compile("rmsprop", "sparse_categorical_crossentropy")
    asked = []
    borrow = runs.WorkspacePool.borrow

    def borrow_noting(self, samples, size, threads):
        asked.append(threads)
        return borrow(self, samples, size, threads)

    monkeypatch.setattr(runs.WorkspacePool, "borrow", borrow_noting)
    x = np.zeros((rows, 784), np.float32)
    if mode == TRAIN:
        model.fit(x, np.zeros(rows), batch_size, verbose=0)
    else:
        model.predict(x, batch_size, verbose=0)
    assert asked == [threads]


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
        model.compile(loss="mse")
        model.evaluate(np.zeros((rows, columns)), np.zeros(rows), verbose=0)
    finally:
        config.set_zero_skipping("auto")
    assert len(started) == threads - 1


@needs_openmp
def test_a_limit_of_openmp_is_heeded_as_long_as_it_stands(set_limit):
    set_limit(1)
    assert kernels.num_threads() == kernels.threads_for(10**9) == 1
    set_limit(1000)
    assert kernels.num_threads() == 8


@needs_openmp
def test_a_callback_may_set_another_number_of_threads(threads_for_all):
    class Sets(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            config.set_num_threads(1 + epoch % 3)

    rng = np.random.default_rng(0)
    x, y = rng.random((600, 200)), rng.random(600)

    def weights(given):
        utils.set_random_seed(1)
        model = models.Sequential([layers.Dense(100), layers.Dense(1)])
        model.compile("sgd", "mse")
        model.fit(
            x, y, 200, 6, verbose=0, callbacks=given, validation_data=(x, y)
        )  # fmt: skip
        return model.get_weights()

    wanted = weights([])
    assert all(map(np.array_equal, weights([Sets()]), wanted))


# A training before the limit loads what another user may not be able to read.
LIMITED = """
import os, resource, warnings
import numpy as np
from fastmlp import callbacks, config, kernels, layers, models, utils
x, y = np.random.default_rng(0).random((2048, 256), dtype), np.arange(2048) % 10
config.set_num_threads(1)
def trained():
    model = models.Sequential([
        layers.Dense(256, "relu", kernel_initializer=initializer, input_shape=(256,)),
        layers.Dense(10, "softmax", kernel_initializer=initializer),
    ])
    model.compile("rmsprop", "sparse_categorical_crossentropy")
    model.fit(x, y, batch_size=512, shuffle=False, verbose=0)
    return model
from fastmlp.initializers import GlorotUniform
initializer = GlorotUniform(seed=1)
expected = trained().get_weights()
config.set_num_threads(8)
"""
LIMITS = {
    "processes": """
if os.getuid() == 0:
    os.setuid(65534)
resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
""",
    "memory": """
with open("/proc/self/statm") as file:
    size = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
resource.setrlimit(resource.RLIMIT_AS, (size + 2**25,) * 2)
""",
}


@needs_openmp
@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="Linux alone tells")
@pytest.mark.parametrize("limit", LIMITS.values(), ids=LIMITS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_where_no_thread_can_be_started_one_does_the_work(dtype, limit):
    # Python's threads convert float64; on float32, the first to start are OpenMP's.
    code = """
with warnings.catch_warnings(record=True) as warned:
    warnings.simplefilter("always")
    models_trained = [trained(), trained()]
print(len(warned), warned[0].category.__name__, kernels.num_threads())
for model in models_trained:
    for one, other in zip(model.get_weights(), expected, strict=True):
        assert np.array_equal(one, other)
"""
    # A thread needs more memory for its stack than is left.
    shell = ["sh", "-c", 'ulimit -s 65536 && exec "$@"', "sh", sys.executable, "-c"]
    result = subprocess.run(
        [*shell, f"dtype = {dtype!r}" + LIMITED + limit + code],
        capture_output=True,
        text=True,
    )
    assert result.stdout.split() == ["1", "RuntimeWarning", "1"], result.stderr


@needs_openmp
def test_an_error_in_a_thread_that_converts_is_raised():
    def fail_in_the_second(first, stop):
        if first:
            raise MemoryError
        return first

    with pytest.raises(MemoryError):
        _data._share_rows(fail_in_the_second, 2, 2)
