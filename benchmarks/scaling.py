"""The cost of an epoch, measured and fitted: `python benchmarks/scaling.py`.

Small jobs are trained over threads, width, depth, batch size, rows and density of their
inputs, in turns; the best epoch of many counts. The formula of fastmlp/_engine/cost.py
is fitted to these, by non-negative least squares of relative errors, and then predicts
jobs that it has not seen, the whole ones of jobs.py among them. Printed are the terms
and their coefficients, as they stand in cost.py for `fastmlp info --speed`, and how far
off it is. FASTMLP_ISA chooses the instruction set.

On one thread the time of an epoch is the processor's, which other programs lengthen
little. On more it is the clock's: those want a machine that has nothing else to do.
"""

import argparse
import time
from typing import NamedTuple

import numpy as np
from fitting import fit
from floor import Stopwatch, build, density_of, load
from jobs import JOBS
from machine import machine_name
from report import as_seconds
from schedule import in_words

from fastmlp import config, kernels
from fastmlp._engine.cost import OVERHEAD, TERMS, Job, predict
from fastmlp._engine.rates import Rates, measure_rates
from fastmlp._util.cores import usable_cores

# Inputs that are not zero lie side by side, as strokes do.
RUN = 8


class Case(NamedTuple):
    """A job, and what it may learn from."""

    job: Job
    digits: str | None = None  # The job of jobs.py whose data it has; None draws some.

    def in_words(self):
        """Return the job as one says it."""
        sizes = "-".join(map(str, self.job.sizes))
        title = f"{sizes}, {self.job.rows:,} rows, batch {self.job.batch_size}"
        density = self.job.density
        return title if density is None else f"{title}, {1 - density:.0%} zeros"

    def load(self):
        """Return x, as float32, and y."""
        if self.digits:
            x, y, _ = load(JOBS[self.digits])
            return x, y
        sizes, rows, _, density = self.job
        rng = np.random.default_rng(0)
        x = rng.uniform(0.1, 1, (rows, sizes[0])).astype(np.float32)
        if density is not None:
            runs = rng.random((rows, -(-sizes[0] // RUN))) < density
            x *= np.repeat(runs, RUN, axis=1)[:, : sizes[0]]
        return x, rng.integers(0, sizes[-1], rows)


def fitted_cases():
    """Return what the formula is fitted to."""
    found = []
    for density in (0.2, None):
        found += [
            Job((784, width, width, 10), 1024, 128, density)
            for width in (64, 128, 256, 512, 1024)
        ]
        found += [
            Job((784, 128, 10), min(2048, 64 * size), size, density)
            for size in (1, 4, 8, 16, 32, 64, 256, 512)
        ]
        found += [Job((784, 512, 512, 10), 1024, size, density) for size in (8, 32)]
        found += [
            Job((784, 128, 10), rows, 128, density) for rows in (256, 512, 8192, 60_000)
        ]
    found += [Job((784, *[256] * depth, 10), 1024, 128) for depth in (1, 4, 8)]
    found += [Job((64, *[64] * depth, 10), 2048, 32) for depth in (1, 4, 8)]
    found += [
        Job((784, width, 10), 2048, 128, density)
        for width in (128, 512)
        for density in (0.03, 0.08, 0.4)
    ]
    found += [Job((3072, 256, 10), 1024, 128, density) for density in (0.1, None)]
    found += [Job((20, 64, 64, 2), 4096, size) for size in (32, 128)]
    found += [Job((784, 2048, 2048, 10), 256, 128), Job((784, 2048, 10), 512, 64)]
    # Zeros are not skipped for batches as small as these.
    return [
        Case(job._replace(density=None) if job.batch_size < 8 else job) for job in found
    ]


def held_out_cases(quick):
    """Return what the formula is tried on: whole jobs on digits, and odd ones."""
    found = [
        Case(Job((784, 300, 100, 10), 2000, 50, 0.15)),
        Case(Job((784, 300, 100, 10), 2000, 50)),
        Case(Job((784, 200, 200, 200, 10), 1500, 100, 0.25)),
        Case(Job((784, 512, 10), 1024, 256)),
        Case(Job((784, 128, 10), 1000, 24, 0.1)),
        Case(Job((1000, 700, 20), 1000, 100)),
        Case(Job((100, 100, 100, 5), 5000, 40)),
        Case(Job((30, 32, 3), 5000, 32)),
    ]
    if quick:
        return found
    for name in ("seed", "standardized", "small-batch", "wide"):
        job = JOBS[name]
        density = None if job.standardized else density_of(load(job)[0])
        found.append(Case(Job(job.sizes, job.rows, job.batch_size, density), name))
    return [*found, Case(Job((784, 4096, 4096, 10), 512, 512))]


class Limited(Stopwatch):
    """Ends the training after so many seconds, and three epochs."""

    def __init__(self, clock, seconds):
        super().__init__(clock)
        self.seconds = seconds

    def on_train_begin(self, logs=None):
        """Note when it is to end."""
        self.stop = time.perf_counter() + self.seconds

    def on_epoch_end(self, epoch, logs=None):
        """Note how long it took, and end it if it is time."""
        super().on_epoch_end(epoch, logs)
        if epoch >= 2 and time.perf_counter() > self.stop:
            self.model.stop_training = True


def best_epoch(job, x, y, threads, seconds):
    """Return the seconds of the best epoch on so many threads at most."""
    config.set_num_threads(threads)
    watch = Limited(time.thread_time if threads == 1 else time.perf_counter, seconds)
    build(job.sizes).fit(x, y, job.batch_size, 100_000, verbose=0, callbacks=[watch])
    return watch.best


def measure(cases, counts, turns, seconds):
    """Return the best epochs, by case and number of threads, and the best rates."""
    epochs, rates = {}, {}
    started = time.perf_counter()
    for turn in range(turns):
        for threads in counts:
            now = measure_rates(threads)
            before = rates.get(threads, now)
            rates[threads] = Rates(*map(max, now, before))
        for case in cases:
            x, y = case.load()
            for threads in counts:
                best = best_epoch(case.job, x, y, threads, seconds)
                key = case, threads
                epochs[key] = min(best, epochs.get(key, best))
        passed = time.perf_counter() - started
        left = passed / (turn + 1) * (turns - turn - 1)
        print(f"turn {turn + 1} of {turns}, {in_words(left)} left", flush=True)
    return epochs, rates


def as_cases(epochs, rates):
    """Return what `fit` takes: jobs, rates of the threads they may have, seconds."""
    found = []
    for (case, most), seconds in epochs.items():
        config.set_num_threads(most)
        counts = {1, case.job.threads()} & set(rates)
        found.append((case.job, {count: rates[count] for count in counts}, seconds))
    return found


def errors_of(cases, coefficients):
    """Return by what share each prediction is too long."""
    return np.array(
        [
            sum(predict(job, rates, coefficients)[1].values()) / seconds - 1
            for job, rates, seconds in cases
        ]
    )


def print_errors(title, epochs, errors):
    """Print how far off predictions are, the worst by name."""
    sizes = np.abs(errors)
    print(
        f"\n{title}: half of {len(sizes)} are off by less than "
        f"{np.median(sizes):.0%}, nine of ten by less than "
        f"{np.quantile(sizes, 0.9):.0%}, the worst by {sizes.max():.0%}"
    )
    order = np.argsort(-sizes)
    for place in order[:5] if title == "Fitted" else order:
        (case, threads), seconds = list(epochs.items())[place]
        print(
            f"  {errors[place]:+5.0%} of {as_seconds(seconds):>7}, "
            f"threads {threads}: {case.in_words()}"
        )


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--threads",
        nargs="+",
        type=int,
        default=sorted({1, usable_cores()}),
        help="as a rule one, and all cores",
    )
    parser.add_argument("--turns", type=int, default=3, help="how often to measure all")
    parser.add_argument("--quick", action="store_true", help="little, to try it out")
    return parser.parse_args()


def main():
    if kernels.backend != "compiled":
        raise SystemExit("The formula is of compiled kernels, and there are none.")
    options = parse_arguments()
    turns, seconds = (1, 0.01) if options.quick else (options.turns, 0.2)
    fitted, held_out = fitted_cases(), held_out_cases(options.quick)
    cases = [*fitted, *held_out]
    guess = 2 * turns * seconds * len(cases) * len(options.threads)
    print(
        f"{machine_name()}, {kernels.instruction_set}. {len(cases)} jobs, "
        f"{turns} times: about {in_words(guess)}.",
        flush=True,
    )
    epochs, rates = measure(cases, options.threads, turns, seconds)
    for threads, one in rates.items():
        print(
            f"threads {threads}: {one.multiply_adds / 1e9:.1f} G multiply-adds, "
            f"{one.updates / 1e9:.2f} G updates, "
            f"{one.bytes_copied / 1e9:.1f} GB copied in a second"
        )
    parts = {
        title: {key: best for key, best in epochs.items() if key[0] in some}
        for title, some in (("Fitted", fitted), ("Held out", held_out))
    }
    coefficients = fit(as_cases(parts["Fitted"], rates))
    print("\nAn epoch takes, each at the rates above or in microseconds:")
    for name, kind in TERMS.items():
        efficiency = ""
        if kind != OVERHEAD and coefficients[name]:
            efficiency = f", {1 / coefficients[name]:.0%} of the rate"
        print(
            f'    "{name}": {coefficients[name]:.3g},'.ljust(40)
            + f"# {kind}{efficiency}"
        )
    if max(options.threads) == 1:
        print("The last two are of several threads, which were not measured.")
    for title, some in parts.items():
        errors = errors_of(as_cases(some, rates), coefficients)
        print_errors(title, some, errors)


if __name__ == "__main__":
    main()
