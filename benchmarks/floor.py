"""How close fastmlp is to what the machine can do: `python benchmarks/floor.py`.

The floor of a job is the time that its arithmetic takes at the rates of peak.py, which
are measured beside it and on as many threads:

- multiply-adds at the peak. In the first layer those with inputs that are not zero
  count: forward, and for the gradient of its weights. Later layers have the gradient of
  their inputs, too.
- updates by RMSprop in a near cache, one for each parameter and batch;
- the samples copied once from memory: 4 bytes an entry, or 8 (the number and its place)
  for each that is not zero where that is less. `predict` reads all of its rows instead.

Printed are the best epoch, or call of `predict` with Keras's batches of 32; the floor;
how many times the floor it takes; and the share of the peak that its multiply-adds
reach.
"""

import argparse
import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from digits import load_images
from jobs import INPUTS, JOBS
from machine import machine_name
from one_run import seconds
from report import as_seconds
from schedule import in_words

from fastmlp import callbacks, config, kernels, layers, models
from fastmlp._engine import cost
from fastmlp._engine.cost import Work
from fastmlp._engine.rates import measure_rates
from fastmlp._util.cores import usable_processors


def work_of_epoch(job, density):
    """Return the work of an epoch.

    Args:
        job: A job of jobs.py.
        density: The share of inputs that are not zero.
    """
    return cost.work_of_epoch(cost.Job(job.sizes, job.rows, job.batch_size, density))


def work_of_predict(job, density):
    """Return the work of predicting the test rows."""
    first, *later = (inputs * units for inputs, units in pairwise(job.sizes))
    return Work(
        job.test_rows * (density * first + sum(later)), 0, job.test_rows * INPUTS * 4
    )


class Stopwatch(callbacks.Callback):
    """Remembers how long the best epoch took, by some clock."""

    def __init__(self, clock=time.perf_counter):
        super().__init__()
        self.clock, self.best = clock, float("inf")

    def on_epoch_begin(self, epoch, logs=None):
        """Note when it began."""
        self.begun = self.clock()

    def on_epoch_end(self, epoch, logs=None):
        """Note how long it took."""
        self.best = min(self.best, self.clock() - self.begun)


def load(job):
    """Return x and y of the training rows, and x of the test rows, as float32."""
    ((x, y), (x_test, _)), _ = load_images()
    x = x[: job.rows].reshape(-1, INPUTS) / np.float32(255)
    x_test = x_test[: job.test_rows].reshape(-1, INPUTS) / np.float32(255)
    if job.standardized:
        center, spread = x.mean(axis=0), x.std(axis=0) + np.float32(0.1)
        x, x_test = (x - center) / spread, (x_test - center) / spread
    return x, y[: job.rows], x_test


def density_of(x):
    """Return the share of entries that are not zero."""
    return int(np.count_nonzero(x)) / x.size


def build(sizes):
    """Return the network of dense layers, compiled."""
    inputs, *hidden, classes = sizes
    model = models.Sequential([layers.Input((inputs,))])
    for units in hidden:
        model.add(layers.Dense(units, "relu"))
    model.add(layers.Dense(classes, "softmax"))
    model.compile("rmsprop", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


class Task(NamedTuple):
    """Something to time: an epoch, or a call of predict."""

    title: str
    work: Work
    best_seconds: Callable[[int], float]  # of so many times


def tasks_of(job):
    """Return the tasks of a job: an epoch of its training, and predicting."""
    x, y, x_test = load(job)

    def best_epoch(count):
        watch = Stopwatch()
        build(job.sizes).fit(x, y, job.batch_size, count, verbose=0, callbacks=[watch])
        return watch.best

    def best_predict(count):
        model = build(job.sizes)
        predict = partial(model.predict, x_test, verbose=0)
        return min(seconds(predict) for _ in range(count))

    network = job.network.split(", ")[0]
    return [
        Task(
            f"{job.network}: epoch of {job.rows:,} rows",
            work_of_epoch(job, density_of(x)),
            best_epoch,
        ),
        Task(
            f"{network}: predict {job.test_rows:,} rows",
            work_of_predict(job, density_of(x_test)),
            best_predict,
        ),
    ]


def print_line(cells, widths):
    """Print a line of a table in Markdown, at once."""
    name, *numbers = (str(cell) for cell in cells)
    padded = [name.ljust(widths[0]), *map(str.rjust, numbers, widths[1:])]
    print(f"| {' | '.join(padded)} |", flush=True)


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--jobs", nargs="+", choices=JOBS, default=list(JOBS))
    parser.add_argument(
        "--threads",
        nargs="+",
        type=int,
        default=sorted({1, usable_processors()}),
        help="as a rule one, and all processors",
    )
    parser.add_argument("--repeats", type=int, default=5, help="the best of so many")
    parser.add_argument("--quick", action="store_true", help="few rows, to try it out")
    return parser.parse_args()


def main():
    if kernels.backend != "compiled":
        raise SystemExit("The floor is that of compiled kernels, and there are none.")
    options = parse_arguments()
    jobs = [JOBS[name] for name in options.jobs]
    if options.quick:
        jobs = [job.quick() for job in jobs]
    # Jobs that differ in their batches predict the same.
    tasks = {task.title: task for job in jobs for task in tasks_of(job)}.values()
    rates = {threads: measure_rates(threads) for threads in options.threads}
    floors = sum(task.work.floor(rate) for task in tasks for rate in rates.values())
    print(
        f"{machine_name()}, {kernels.instruction_set}. "
        f"About {in_words(2.5 * options.repeats * floors)}.\n"
    )
    header = ("", "threads", "best time", "floor", "ratio", "share of peak")
    widths = [
        max(len(task.title) for task in tasks),
        *(max(8, len(name)) for name in header[1:]),
    ]
    print_line(header, widths)
    print_line(["-" * widths[0], *("-" * (w - 1) + ":" for w in widths[1:])], widths)
    for task in tasks:
        for threads in options.threads:
            config.set_num_threads(threads)
            now = measure_rates(threads)
            best, floor = task.best_seconds(options.repeats), task.work.floor(now)
            share = task.work.multiply_adds / now.multiply_adds / best
            cells = (task.title, threads, as_seconds(best), as_seconds(floor))
            print_line((*cells, f"{best / floor:.2f}", f"{share:.0%}"), widths)


if __name__ == "__main__":
    main()
