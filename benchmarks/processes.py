"""Whole programs, from start to exit: `python benchmarks/processes.py`.

1. `fastmlp mnist` beside the same notebook as a Keras script, both on MNIST from the
   cache and in turns: seconds and peak memory of the process.
2. The memory that the job of the notebook takes: the peak of `fit` beyond the caller's
   arrays, and how much a process grows over 500 more fits.

Keras takes part if the interpreter that runs this can import it, with each of its
backends. The digits are those of compare.py. Linux and macOS only: the operating system
is asked what a finished process took; and Linux alone tells what the second needs.
"""

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# The notebook, with Keras's imports; Keras's own loader takes no path.
KERAS_SCRIPT = """
import sys
import numpy as np
from keras import layers, models, utils

with np.load(sys.argv[1]) as arrays:
    train_images, train_labels = arrays["x_train"], arrays["y_train"]
    test_images, test_labels = arrays["x_test"], arrays["y_test"]
train_images = train_images.reshape((60000, 784)) / 255.0
test_images = test_images.reshape((10000, 784)) / 255.0
train_labels = utils.to_categorical(train_labels)
test_labels = utils.to_categorical(test_labels)
network = models.Sequential()
network.add(layers.Input((784,)))
network.add(layers.Dense(128, activation="relu"))
network.add(layers.Dense(10, activation="softmax"))
network.summary()
network.compile("rmsprop", "categorical_crossentropy", metrics=["accuracy"])
network.fit(train_images, train_labels, epochs=5, batch_size=128)
print(network.evaluate(test_images, test_labels))
"""

# What one process does to tell how much memory the job of the notebook takes.
MEMORY_SCRIPT = """
import json, resource, sys
import numpy as np
from fastmlp import layers, models

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 2**20

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10

with np.load(sys.argv[1]) as arrays:
    x = arrays["x_train"].reshape(60000, 784) / 255.0
    y = np.eye(10)[arrays["y_train"]]
network = models.Sequential()
network.add(layers.Dense(128, activation="relu", input_shape=(784,)))
network.add(layers.Dense(10, activation="softmax"))
network.compile("rmsprop", "categorical_crossentropy", metrics=["accuracy"])
# Peaks only ever rise: memory is filled up to the one that loading left behind.
filler = np.ones(int((peak() - resident()) * 2**17))
before = resident()
network.fit(x, y, epochs=5, batch_size=128, verbose=0)
fit = peak() - before
del filler
network.fit(x[:1000], y[:1000], verbose=0)
after = resident()
for _ in range(500):
    network.fit(x[:1000], y[:1000], verbose=0)
print(json.dumps({"fit": fit, "growth": resident() - after}))
"""


def run(command, environment):
    """Run a command; return its seconds and its peak memory in MiB."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.stderr.close()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{errors.decode()}")
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return seconds, usage.ru_maxrss / unit


def contestants(folder, data):
    """Return the programs: a name, a command and its environment each."""
    base = {**os.environ, "FASTMLP_HOME": str(folder)}
    yield (
        "fastmlp mnist",
        [sys.executable, "-m", "fastmlp", "mnist", "--data", data],
        base,
    )
    if importlib.util.find_spec("keras") is None:
        return
    script = folder / "keras_mnist.py"
    script.write_text(KERAS_SCRIPT)
    for backend in ("jax", "tensorflow", "torch"):
        if importlib.util.find_spec(backend) is not None:
            environment = {**base, "KERAS_BACKEND": backend}
            yield (
                f"Keras on {backend}",
                [sys.executable, str(script), data],
                environment,
            )


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    import numpy as np
    from digits import load_images

    (train, test), name = load_images()
    print(f"Digits: {name}. Medians of {options.repeats} runs in turns.\n")
    with tempfile.TemporaryDirectory() as folder:
        data = str(Path(folder) / "mnist.npz")
        np.savez(
            data, x_train=train[0], y_train=train[1], x_test=test[0], y_test=test[1]
        )
        programs = list(contestants(Path(folder), data))
        measured = {program: [] for program, _, _ in programs}
        for _ in range(options.repeats):
            for program, command, environment in programs:
                measured[program].append(run(command, environment))
        print("| whole process | seconds | ratio | peak memory | ratio |")
        print("|---|---|---|---|---|")
        medians = {
            program: [statistics.median(column) for column in zip(*runs, strict=True)]
            for program, runs in measured.items()
        }
        own_seconds, own_memory = medians["fastmlp mnist"]
        for program, (seconds, memory) in medians.items():
            print(
                f"| {program} | {seconds:.2f} s | {seconds / own_seconds:.1f} "
                f"| {memory:.0f} MiB | {memory / own_memory:.2f} |"
            )
        done = subprocess.run(
            [sys.executable, "-c", MEMORY_SCRIPT, data], capture_output=True, text=True
        )
        if done.returncode:
            raise SystemExit(done.stderr)
        memory = json.loads(done.stdout)
    print(
        f"\nThe notebook takes {memory['fit']:.0f} MiB beyond its arrays. After "
        f"500 more fits the process has grown by {memory['growth']:.1f} MiB."
    )


if __name__ == "__main__":
    main()
