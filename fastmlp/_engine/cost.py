"""What an epoch of dense layers takes: a formula, and what was measured for it.

    seconds = sum over TERMS of coefficient * amount / rate

A coefficient of a work term says how many times as long as at the rate of the machine
(rates.py) it takes: 1.25 is an efficiency of 80 %. Those of the overheads are in
microseconds. `benchmarks/scaling.py` fits them all, and shows how far off they are;
`fastmlp info --speed` predicts with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

from fastmlp import kernels
from fastmlp._engine.rates import Rates

# What w, v and dw of a network take in bytes each, and how many of those stay in a near
# cache: the rest comes from far for each batch.
_BYTES_OF_PARAMETER = 12
_NEAR_BYTES = 3_000_000

# Of what is as long as a batch, or an epoch, whatever they have to do.
_MICROSECOND = 1e-6

# What a term is about, for those who read a prediction.
PRODUCTS, UPDATES, ROWS, OVERHEAD = KINDS = "products", "updates", "rows", "overhead"
TERMS = {
    "dense products": PRODUCTS,
    "products of nonzeros": PRODUCTS,
    "updates": UPDATES,
    "parameters from far": UPDATES,
    "activations": ROWS,
    "samples": ROWS,
    "a layer of a batch": OVERHEAD,
    "an epoch": OVERHEAD,
    "a thread more in it": OVERHEAD,
    "waiting for others": OVERHEAD,
}


class Fit(NamedTuple):
    """Coefficients, and how far from what was measured they are.

    Attributes:
        coefficients: By the names of `TERMS`.
        median: Of jobs that were not fitted, half are off by less, as a share.
        worst: By how much the worst of those is off.
        source: Where they are from.
    """

    coefficients: Mapping[str, float]
    median: float
    worst: float
    source: str


# By `kernels.instruction_set`, as benchmarks/scaling.py prints it.
FITS = {
    "x86-64-v4": Fit(
        coefficients={
            "dense products": 1.10,
            "products of nonzeros": 1.80,
            "updates": 1.52,
            "parameters from far": 0.241,
            "activations": 3.93,
            "samples": 0.187,
            "a layer of a batch": 0.831,
            "an epoch": 41.4,
            "a thread more in it": 16.7,
            "waiting for others": 0.108,
        },
        median=0.06,
        worst=0.34,
        source="two cores of an AMD EPYC, Zen 4, with AVX-512",
    ),
    "x86-64-v3": Fit(
        coefficients={
            "dense products": 1.09,
            "products of nonzeros": 1.78,
            "updates": 1.44,
            "parameters from far": 0.508,
            "activations": 3.59,
            "samples": 2.04,
            "a layer of a batch": 1.10,
            "an epoch": 35.2,
            "a thread more in it": 18.1,
            "waiting for others": 0.107,
        },
        median=0.05,
        worst=0.27,
        source="two cores of an AMD EPYC, Zen 4, with AVX2",
    ),
    "x86-64": Fit(
        coefficients={
            "dense products": 1.58,
            "products of nonzeros": 2.33,
            "updates": 1.44,
            "parameters from far": 0.992,
            "activations": 8.96,
            "samples": 0.0,
            "a layer of a batch": 0.0,
            "an epoch": 0.0,
            "a thread more in it": 18.1,
            "waiting for others": 0.107,
        },
        median=0.06,
        worst=0.13,
        source="one thread of an AMD EPYC, Zen 4, with SSE2; more, with AVX2",
    ),
}


def fit_here() -> Fit:
    """Return what was fitted for the instruction set in use, or for one like it."""
    return FITS.get(kernels.instruction_set, FITS["x86-64-v3"])


class Job(NamedTuple):
    """A network of dense layers, and what it learns from.

    Attributes:
        sizes: How many inputs, and how many units each layer has.
        rows: The rows of an epoch.
        batch_size: Rows of a batch.
        density: The share of inputs that are not zero, where zeros are skipped; None
            where they are not.
    """

    sizes: tuple[int, ...]
    rows: int
    batch_size: int
    density: float | None = None

    @property
    def parameters(self) -> int:
        """How many numbers are learnt."""
        return sum((inputs + 1) * units for inputs, units in pairwise(self.sizes))

    @property
    def batches(self) -> int:
        """How many batches an epoch has."""
        return -(-self.rows // self.batch_size)

    def threads(self) -> int:
        """Return how many threads its batches are worth, of those that there may be."""
        return kernels.threads_for(min(self.batch_size, self.rows) * self.parameters)


class Work(NamedTuple):
    """What has to be done."""

    multiply_adds: float
    updates: float
    bytes_copied: float

    def floor(self, rates: Rates) -> float:
        """Return the seconds that it takes at these rates."""
        return sum(amount / rate for amount, rate in zip(self, rates, strict=True))


def work_of_epoch(job: Job) -> Work:
    """Return the work of an epoch.

    Example:
        >>> work_of_epoch(Job((784, 128, 10), 1000, 100, density=0.25))
        Work(multiply_adds=54016000.0, updates=1017700, bytes_copied=1568000.0)
    """
    first, *later = (inputs * units for inputs, units in pairwise(job.sizes))
    density = 1.0 if job.density is None else job.density
    return Work(
        # Forward, and for the gradient of its weights; later layers have that of their
        # inputs, too.
        job.rows * (2 * density * first + 3 * sum(later)),
        job.batches * job.parameters,
        # A number; or, of each that is not zero, the number and its place.
        job.rows * job.sizes[0] * min(4, 8 * density),
    )


def amounts(job: Job, rates: Rates, threads: int) -> dict[str, float]:
    """Return the seconds of each of `TERMS` of an epoch, with coefficients of 1.

    Args:
        job: What is trained.
        rates: Those of as many threads.
        threads: How many share each batch.
    """
    work = work_of_epoch(job)
    first = job.sizes[0] * job.sizes[1]
    nonzeros = spared = 0.0
    if job.density is not None:
        nonzeros = job.rows * 2 * job.density * first
        # Inputs are updated in pairs, but those that are zero in the whole batch.
        spared = job.batches * first * (1 - job.density) ** (2 * job.batch_size)
    far = max(0, _BYTES_OF_PARAMETER * job.parameters - _NEAR_BYTES)
    layers = job.batches * (len(job.sizes) - 1) * _MICROSECOND
    products = work.multiply_adds / rates.multiply_adds
    return {
        "dense products": (work.multiply_adds - nonzeros) / rates.multiply_adds,
        "products of nonzeros": nonzeros / rates.multiply_adds,
        "updates": (work.updates - spared) / rates.updates,
        "parameters from far": job.batches * far / rates.bytes_copied,
        "activations": job.rows * sum(job.sizes[1:]) / rates.updates,
        "samples": work.bytes_copied / rates.bytes_copied,
        "a layer of a batch": layers,
        "an epoch": _MICROSECOND,
        "a thread more in it": layers * (threads - 1),
        # Each waits for the others, the longer the more there is to be done.
        "waiting for others": products * (1 - 1 / threads),
    }


def predict(
    job: Job,
    rates: Mapping[int, Rates],
    coefficients: Mapping[str, float] | None = None,
) -> tuple[int, dict[str, float]]:
    """Return how many threads are the fastest, and the seconds of each of `TERMS`.

    Args:
        job: What is trained.
        rates: Those of each number of threads that there may be.
        coefficients: Those of `TERMS`; None takes those of `fit_here`.

    Example:
        >>> rates = {1: Rates(50e9, 5e9, 10e9)}
        >>> once = dict.fromkeys(TERMS, 1.0)
        >>> threads, parts = predict(Job((784, 128, 10), 60_000, 128), rates, once)
        >>> threads, round(parts["dense products"], 4), round(parts["updates"], 4)
        (1, 0.2455, 0.0095)
    """
    factors = fit_here().coefficients if coefficients is None else coefficients
    parts = {
        threads: {
            name: factors[name] * amount
            for name, amount in amounts(job, one, threads).items()
        }
        for threads, one in rates.items()
    }
    fastest = min(parts, key=lambda threads: sum(parts[threads].values()))
    return fastest, parts[fastest]


def by_kind(parts: Mapping[str, float]) -> dict[str, float]:
    """Return the seconds of each of `KINDS`."""
    return {
        kind: sum(parts[name] for name, one in TERMS.items() if one == kind)
        for kind in KINDS
    }
