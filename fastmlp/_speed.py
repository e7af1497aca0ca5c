"""How long a job will take here: what `fastmlp info --speed` prints."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fastmlp import kernels
from fastmlp._engine.cost import KINDS, Job, by_kind, fit_here, predict
from fastmlp._engine.rates import Rates, measure_rates
from fastmlp._model.samples import skips_zeros

# What most images of digits have.
_ZEROS = 0.8

# Of measuring a rate: half a second in all.
_SECONDS = 0.03


def print_speed(
    sizes: tuple[int, ...],
    rows: int,
    batch_size: int,
    threads: int | None,
    epochs: int | None,
) -> None:
    """Measure what the machine can do, and print what an epoch will take.

    Args:
        sizes: How many inputs, and how many units each layer has.
        rows: The rows of an epoch.
        batch_size: Rows of a batch.
        threads: How many threads there may be; None takes all.
        epochs: How many epochs to tell the time of, too; None tells it of one.

    Raises:
        ValueError: Nothing compiled is in use, or there are not so many threads.
    """
    if kernels.backend != "compiled":
        raise ValueError(
            "--speed predicts what compiled kernels take, and this process runs on "
            "NumPy, as `fastmlp info` says under backend."
        )
    at_hand = kernels.num_threads()
    if threads is not None and threads > at_hand:
        raise ValueError(
            f"--threads {threads}: there are {at_hand} at hand, as `fastmlp info` says "
            f"under threads. With OMP_NUM_THREADS={threads} set, there are more."
        )
    job = Job(sizes, rows, min(batch_size, rows))
    counts = sorted({1, min(job.threads(), threads or at_hand)})
    rates = {count: measure_rates(count, _SECONDS) for count in counts}
    jobs = {"any": job}
    if _skips_zeros(job):
        sparse = job._replace(density=1 - _ZEROS)
        jobs = {"no zeros": job, f"{_ZEROS:.0%} zeros": sparse}

    print(
        f"{'-'.join(map(str, sizes))} ({job.parameters:,} parameters), {rows:,} rows "
        f"in batches of {job.batch_size:,}\n"
    )
    _print_table(jobs, rates, sorted({1, epochs or 1}))
    if len(jobs) == 1:
        print("Zeros are not skipped in such a job.")
    if len(counts) == 1 and (threads or at_hand) > 1:
        print("Its batches are worth no more than one thread.")
    for count, rate in rates.items():
        print(
            f"Measured now, {count} thread{'s' * (count > 1)}: "
            f"{rate.multiply_adds / 1e9:.1f} billion multiply-adds, "
            f"{rate.updates / 1e9:.1f} billion updates, "
            f"{rate.bytes_copied / 1e9:.1f} GB copied a second"
        )
    fit = fit_here()
    print(
        f"Of jobs that the formula was not fitted to, half were predicted within "
        f"{fit.median:.0%}, all within {fit.worst:.0%}\n"
        f"({fit.source}). Other programs make a job longer."
    )


def _print_table(
    jobs: Mapping[str, Job], rates: Mapping[int, Rates], times: list[int]
) -> None:
    titles = [f"{many:,} epochs" if many > 1 else "an epoch" for many in times]
    table = [["inputs", "threads", *titles, "bound by", *KINDS]]
    for inputs, job in jobs.items():
        for most in rates:
            used, parts = predict(
                job, {count: rate for count, rate in rates.items() if count <= most}
            )
            kinds = by_kind(parts)
            seconds = sum(kinds.values())
            table.append(
                [
                    inputs,
                    f"{most}" if used == most else f"{used} of {most}",
                    *(in_words(many * seconds) for many in times),
                    max(kinds, key=lambda kind: kinds[kind]),
                    *(f"{part / seconds:.0%}" for part in kinds.values()),
                ]
            )
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        print("  ".join(map(str.rjust, row, widths)))
    print()


def _skips_zeros(job: Job) -> bool:
    """Tell whether zeros would be skipped, were there many."""
    # Some columns stand for any number of them.
    columns = min(job.sizes[0], 1000)
    x = np.zeros((1, columns), np.float32)
    x[:, : round((1 - _ZEROS) * columns)] = 1
    return skips_zeros(x, job.sizes[1], once=False, learns=True)


def in_words(seconds: float) -> str:
    """Return a time as one says it.

    Example:
        >>> in_words(0.0123), in_words(1.968), in_words(400), in_words(8000)
        ('12.3 ms', '1.97 s', '6 min 40 s', '2 h 13 min')
        >>> in_words(500_000)
        '138 h'
    """
    if seconds < 0.1:
        return f"{1000 * seconds:#.3g} ms"
    if seconds < 100:
        return f"{seconds:#.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours < 100 else f"{hours:,} h"
