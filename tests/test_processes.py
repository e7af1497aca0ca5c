"""Training beside other threads and processes: forks, signals, two models at once."""

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from fastmlp import kernels, layers, models, utils

# A shell that starts a job in the background may have it, and its children, ignore
# SIGINT.
TRAINED = """
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)
import numpy as np
from fastmlp import callbacks, config, kernels, layers, models
config.set_num_threads(2)
x = np.random.default_rng(0).random((4096, 256), np.float32)
y = np.arange(4096) % 10
model = models.Sequential(
    [layers.Dense(256, "relu", input_shape=(256,)), layers.Dense(10, "softmax")]
)
model.compile("rmsprop", "sparse_categorical_crossentropy")
model.fit(x, y, batch_size=512, verbose=0)
"""


def run(code, **options):
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", TRAINED + code],
        capture_output=True,
        text=True,
        timeout=60,
        **options,
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_that_is_forked_after_training_trains_and_predicts_alike():
    result = run(
        """
expected = model.predict(x, verbose=0)
child = os.fork()
if child == 0:
    signal.alarm(20)  # a hang ends here
    same = np.array_equal(model.predict(x, verbose=0), expected)
    model.fit(x, y, batch_size=512, verbose=0)
    os._exit(0 if same and kernels.num_threads() == 1 else 1)
_, status = os.waitpid(child, 0)
print(os.waitstatus_to_exitcode(status))
"""
    )
    assert result.stdout.strip() == "0", result.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_computes_functions_of_ones_own_alike():
    result = run(
        """
import copy
def bent(x):
    return x + np.sin(x)
own = models.Sequential(
    [layers.Dense(64, bent, input_shape=(256,)), layers.Dense(10, "softmax")]
)
own.compile("sgd", "sparse_categorical_crossentropy")
own.fit(x, y, batch_size=512, verbose=0)
parents = copy.deepcopy(own)
parents.fit(x, y, batch_size=512, shuffle=False, verbose=0)
child = os.fork()
if child == 0:
    signal.alarm(20)  # a hang ends here
    own.fit(x, y, batch_size=512, shuffle=False, verbose=0)
    same = map(np.array_equal, own.get_weights(), parents.get_weights())
    os._exit(0 if all(same) and kernels.num_threads() == 1 else 1)
_, status = os.waitpid(child, 0)
print(os.waitstatus_to_exitcode(status))
"""
    )
    assert result.stdout.strip() == "0", result.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_that_is_forked_while_a_thread_trains_has_a_model_that_is_free():
    # With threads of its own, OpenBLAS, which multiplies for the NumPy backend, may
    # wait forever for one of them in a fork beside a product.
    one_blas_thread = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    result = run(
        """
import threading
training = threading.Event()
class Tell(callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        training.set()
worker = threading.Thread(
    target=model.fit, args=(x, y, 512),
    kwargs=dict(epochs=100_000, verbose=0, callbacks=[Tell()]),
)
worker.start()
failed = 0
for _ in range(3):
    training.clear()
    training.wait()
    child = os.fork()
    if child == 0:
        signal.alarm(20)  # a hang ends here
        model.fit(x, y, batch_size=512, verbose=0)
        os._exit(0 if np.isfinite(model.predict(x, verbose=0)).all() else 1)
    failed += os.waitpid(child, 0)[1] != 0
model.stop_training = True
worker.join()
print(failed)
""",
        env=one_blas_thread,
    )
    assert result.stdout.strip() == "0", result.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_that_is_forked_while_another_thread_draws_can_draw():
    result = run(
        """
import threading
from fastmlp._util.random import generator
lock = generator().bit_generator.lock
drawing, drawn = threading.Event(), threading.Event()
def draw():
    with lock:
        drawing.set()
        drawn.wait()
threading.Thread(target=draw).start()
drawing.wait()
child = os.fork()
if child == 0:
    signal.alarm(20)  # a hang ends here
    model.fit(x, y, batch_size=512, verbose=0)
    os._exit(0)
drawn.set()
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    )
    assert result.stdout.strip() == "0", result.stderr


IN_CHILDREN = """
from fastmlp import utils
def in_a_child(work):
    "Return what work() returns in a forked child: an array of float32."
    reads, writes = os.pipe()
    if os.fork() == 0:
        signal.alarm(20)  # a hang ends here
        with os.fdopen(writes, "wb") as pipe:
            pipe.write(work().tobytes())
        os._exit(0)
    os.close(writes)
    with os.fdopen(reads, "rb") as pipe:
        found = pipe.read()
    os.wait()
    return found
dropout = models.Sequential([layers.Dropout(0.5), layers.Dense(10, "softmax")])
dropout.compile("sgd", "sparse_categorical_crossentropy")
dropout.fit(x, y, batch_size=512, verbose=0)
def initial():
    return layers.Dense(3)(np.ones((1, 8)))
def shuffled():
    model.fit(x, y, batch_size=512, verbose=0)
    return model.get_weights()[0]
def left_out():
    dropout.fit(x, y, batch_size=512, shuffle=False, verbose=0)
    return dropout.get_weights()[0]
def left_out_of_a_layer():
    return dropout.layers[0](x[:1], training=True)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.parametrize(
    "draw", ["initial", "shuffled", "left_out", "left_out_of_a_layer"]
)
@pytest.mark.parametrize("seed", ["None", "1"])
def test_forked_children_draw_alike_only_if_the_user_has_set_a_seed(draw, seed):
    result = run(
        IN_CHILDREN
        + f"""
if {seed} is not None:
    utils.set_random_seed({seed})
first, second = in_a_child({draw}), in_a_child({draw})
print(len(first) > 0, first == second, {draw}().tobytes() == first)
"""
    )
    alike = str(seed != "None")
    assert result.stdout.split() == ["True", alike, alike], result.stderr


@pytest.mark.skipif(os.name == "nt", reason="SIGINT cannot be sent to one process")
def test_ctrl_c_ends_a_long_fit_soon_and_the_model_goes_on():
    result = run(
        """
import threading
before = model.history
def interrupt():
    while model.history is before or not model.history.epoch:
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=interrupt).start()
started = time.perf_counter()
try:
    model.fit(x, y, batch_size=512, epochs=100_000, verbose=0)
except KeyboardInterrupt:
    print("interrupted")
assert time.perf_counter() - started < 10
assert len(model.history.history["loss"]) == len(model.history.epoch) > 0
model.fit(x, y, batch_size=512, verbose=0)
print("goes on")
"""
    )
    assert result.stdout.split() == ["interrupted", "goes", "on"], result.stderr


def small_model(seed):
    utils.set_random_seed(seed)
    model = models.Sequential(
        [layers.Dense(64, "relu", input_shape=(100,)), layers.Dense(4, "softmax")]
    )
    model.compile("rmsprop", "sparse_categorical_crossentropy")
    return model


def test_two_models_train_in_two_threads_as_they_do_one_after_the_other():
    rng = np.random.default_rng(0)
    x, y = rng.random((500, 100), np.float32), rng.integers(0, 4, 500)

    def train(model):
        model.fit(x, y, epochs=3, shuffle=False, verbose=0)

    alone = [small_model(seed) for seed in (1, 2)]
    for model in alone:
        train(model)
    together = [small_model(seed) for seed in (1, 2)]
    workers = [threading.Thread(target=train, args=(model,)) for model in together]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for one, other in zip(alone, together, strict=True):
        for w, v in zip(one.get_weights(), other.get_weights(), strict=True):
            np.testing.assert_array_equal(w, v)


@pytest.mark.skipif(kernels.backend == "numpy", reason="NumPy holds the interpreter")
def test_the_interpreter_is_free_while_a_model_trains():
    rng = np.random.default_rng(0)
    x, y = rng.random((2000, 400), np.float32), rng.integers(0, 4, 2000)
    model = models.Sequential(
        [layers.Dense(400, "relu", input_shape=(400,)), layers.Dense(4, "softmax")]
    )
    model.compile("rmsprop", "sparse_categorical_crossentropy")
    worker = threading.Thread(
        target=model.fit, args=(x, y), kwargs={"epochs": 500, "verbose": 0}
    )
    # Far above the 50 ms of a chunk: Python would only come to its turn between two.
    interval = sys.getswitchinterval()
    sys.setswitchinterval(10)
    try:
        worker.start()
        turns = 0
        while turns < 10 and worker.is_alive():
            time.sleep(0.001)
            turns += 1
        model.stop_training = True
        worker.join()
    finally:
        sys.setswitchinterval(interval)
    assert turns == 10


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there is no timer here")
def test_a_signal_is_served_while_a_model_trains():
    served = []
    previous = signal.signal(signal.SIGALRM, lambda *_: served.append(True))
    rng = np.random.default_rng(0)
    x, y = rng.random((2000, 400), np.float32), rng.integers(0, 4, 2000)
    model = models.Sequential(
        [layers.Dense(400, "relu", input_shape=(400,)), layers.Dense(4, "softmax")]
    )
    model.compile("rmsprop", "sparse_categorical_crossentropy")
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        started = time.perf_counter()
        while not served and time.perf_counter() - started < 20:
            model.fit(x, y, epochs=2, verbose=0)
    finally:
        signal.signal(signal.SIGALRM, previous)
    assert served


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="Linux alone tells")
def test_memory_stays_flat_over_500_fits():
    # The system may turn what NumPy allows it to into pages of 2 MiB at any time.
    small_pages = {**os.environ, "NUMPY_MADVISE_HUGEPAGE": "0"}
    result = run(
        """
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
def fit():
    model.fit(x[:200], y[:200], validation_split=0.1, verbose=0)
    model.evaluate(x[:50], y[:50], verbose=0)
    model.predict(x[:50], verbose=0)
for _ in range(20):
    fit()
before = resident()
for _ in range(500):
    fit()
print(resident() - before)
""",
        env=small_pages,
    )
    assert int(result.stdout) < 2**20, result.stderr
