"""The default number of threads on a busy machine: `python benchmarks/neighbour.py`.

Programs that only look at the clock keep every core busy, none, one, two and four of
them a core; beside them, networks are trained with one thread and with the default, in
turns. Printed are the medians of the ratios of each pair: of wall time, where at most
1.1 is wanted, and of processor time, at most 1.3. The load ends with the script, or by
itself after ten minutes.
"""

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from machine import machine_name

from fastmlp import config, layers, models, utils
from fastmlp._util.cores import usable_processors

BUSY = "import time\nend = time.monotonic() + 600\nwhile time.monotonic() < end: pass"

# Name: units of the hidden layers, rows, batch size, epochs.
JOBS = {
    "784-128-10, batch 128": ([128], 20_000, 128, 5),
    "784-128-10, batch 16": ([128], 5_000, 16, 5),
    "784-512-512-10, batch 128": ([512, 512], 4_000, 128, 3),
    "784-2048-10, batch 512": ([2048], 4_096, 512, 3),
}


@contextmanager
def load(programs: int) -> Iterator[None]:
    """Keep that many programs busy."""
    busy = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(programs)]
    try:
        yield
    finally:
        for program in busy:
            program.kill()
            program.wait()


def job(
    units: list[int], rows: int, batch_size: int, epochs: int
) -> Callable[[], None]:
    """Return a function that trains a new network on images with a fifth of ink."""
    rng = np.random.default_rng(0)
    x = (rng.random((rows, 784)) * (rng.random((rows, 784)) < 0.2)).astype(np.float32)
    y = rng.integers(0, 10, rows)

    def train() -> None:
        utils.set_random_seed(0)
        model = models.Sequential([layers.Input((784,))])
        for count in units:
            model.add(layers.Dense(count, "relu"))
        model.add(layers.Dense(10, "softmax"))
        model.compile("rmsprop", "sparse_categorical_crossentropy")
        model.fit(x, y, batch_size, epochs, verbose=0)

    return train


def seconds(train: Callable[[], None], threads: int | None) -> tuple[float, float]:
    """Return the wall time and the processor time of a training."""
    config.set_num_threads(threads)
    wall, processor = time.perf_counter(), time.process_time()
    train()
    return time.perf_counter() - wall, time.process_time() - processor


def compare(train: Callable[[], None], repeats: int) -> tuple[float, ...]:
    """Return seconds with one thread and with the default, and their two ratios."""
    train()
    pairs = [(seconds(train, 1), seconds(train, None)) for _ in range(repeats)]
    medians = [statistics.median(pair[i][0] for pair in pairs) for i in (0, 1)]
    ratios = [statistics.median(b[i] / a[i] for a, b in pairs) for i in (0, 1)]
    return (*medians, *ratios)


def main() -> None:
    """Print a table for each load, a line a job."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--load",
        nargs="+",
        type=float,
        default=[0, 1, 2, 4],
        help="busy programs a core, one table each",
    )
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    jobs = {name: job(*settings) for name, settings in JOBS.items()}
    print(f"{machine_name()}; the default is {config.get_num_threads()} threads")
    for share in options.load:
        programs = round(share * usable_processors())
        print(f"\n{programs} busy programs, {share:g} a core")
        print(f"{'':28}{'1 thread':>10}{'default':>10}{'wall':>8}{'processor':>11}")
        with load(programs):
            for name, train in jobs.items():
                one, default, wall, processor = compare(train, options.repeats)
                line = (
                    f"{name:28}{one:8.2f} s{default:8.2f} s{wall:8.2f}{processor:11.2f}"
                )
                print(line, flush=True)


if __name__ == "__main__":
    main()
