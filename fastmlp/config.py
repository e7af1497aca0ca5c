"""Settings of the whole library. None of them changes a result, only its speed.

That is so bit for bit for any number of threads; for the skipping of zeros as long as
all numbers are finite, since zero times infinity is NaN.

`backend`, `floatx`, `epsilon`, `image_data_format` and what sets them are there for
Keras's sake: fastmlp computes in float32.

Example:
    >>> from fastmlp import config
    >>> config.set_num_threads(1)
    >>> config.get_num_threads()
    1
    >>> config.set_num_threads(None)
"""

from __future__ import annotations

import os
from typing import Literal

from fastmlp._check.numbers import as_count, describe
from fastmlp._util.cores import usable_cores, usable_processors
from fastmlp._util.environment import ignore
from fastmlp._util.keywords import suggesting

__all__ = [
    "backend",
    "disable_traceback_filtering",
    "epsilon",
    "floatx",
    "get_num_threads",
    "get_zero_skipping",
    "image_data_format",
    "is_traceback_filtering_enabled",
    "set_epsilon",
    "set_floatx",
    "set_num_threads",
    "set_zero_skipping",
]


def __dir__() -> list[str]:
    return __all__


# More than any machine has cores; a mistake is not to start a million.
_MOST_THREADS = 512

# Probabilities are held this far from 0 and 1 before a logarithm is taken.
_EPSILON = 1e-7

_threads: int | None = None
_zero_skipping: Literal["auto", "on", "off"] = "auto"


@suggesting
def set_num_threads(threads: int | None) -> None:
    """Set how many threads share large work.

    Args:
        threads: Their number, at most 512, or None for the default:
            `FASTMLP_NUM_THREADS`, or else `OMP_NUM_THREADS`, or else all physical cores
            that the process may use. Of the two variables, no more counts than there
            are processors. A limit that `threadpoolctl` sets counts, too, unless it is
            that of `OMP_NUM_THREADS`, which OpenMP does not tell from it.

    Raises:
        TypeError: It is not a whole number.
        ValueError: It is below 1 or above 512.
    """
    global _threads
    if threads is not None:
        threads = as_count("threads", threads, 1)
        if threads > _MOST_THREADS:
            raise ValueError(f"threads must be at most {_MOST_THREADS}, not {threads}.")
    _threads = threads


def get_num_threads() -> int:
    """Return how many threads are to share large work; see `set_num_threads`.

    A `FASTMLP_NUM_THREADS` that is no number is ignored, with a warning.
    """
    if _threads is not None:
        return _threads
    wanted = _threads_of_environment() or omp_num_threads() or usable_cores()
    return min(wanted, _MOST_THREADS)


def _threads_of_environment() -> int | None:
    """Return what `FASTMLP_NUM_THREADS` asks for; None, with a warning, if it errs."""
    text = os.environ.get("FASTMLP_NUM_THREADS", "")
    wanted = _as_count(text)
    if text and wanted is None:
        ignore("FASTMLP_NUM_THREADS", text, "it must be a whole number of at least 1")
    return wanted


def omp_num_threads() -> int | None:
    """Return what `OMP_NUM_THREADS` asks for, or None.

    It is not fastmlp's own: OpenMP itself complains of one that is no number.
    """
    return _as_count(os.environ.get("OMP_NUM_THREADS", "").split(",")[0])


def _as_count(text: str) -> int | None:
    """Return the number of threads that a text asks for, or None if it is none."""
    try:
        threads = int(text)
    except ValueError:
        return None
    return min(threads, usable_processors(), _MOST_THREADS) if threads > 0 else None


@suggesting
def set_zero_skipping(mode: Literal["auto", "on", "off"]) -> None:
    """Set whether the first layer skips the zeros of its inputs.

    So it is for `fit`, `evaluate` and `predict`. With a weight that is infinite or NaN,
    a zero that is not skipped makes the sum NaN; one that is skipped adds nothing.

    Args:
        mode: "auto" (the default) skips them where that is faster, which is decided by
            looking at some rows of the data; "on" wherever it is possible; "off"
            never.

    Raises:
        ValueError: It is none of these.
    """
    global _zero_skipping
    if not isinstance(mode, str) or mode not in ("auto", "on", "off"):
        raise ValueError(f"mode must be 'auto', 'on' or 'off', not {describe(mode)}.")
    _zero_skipping = mode


def get_zero_skipping() -> Literal["auto", "on", "off"]:
    """Return "auto", "on" or "off"; see `set_zero_skipping`."""
    return _zero_skipping


def floatx() -> Literal["float32"]:
    """Return the dtype that everything is computed in: "float32".

    Example:
        >>> floatx()
        'float32'
    """
    return "float32"


def set_floatx(value: Literal["float32"]) -> None:
    """Accept "float32", and nothing else: kernels are compiled for it.

    Args:
        value: "float32".

    Raises:
        ValueError: It is another dtype.
    """
    if not isinstance(value, str) or value != "float32":
        raise ValueError(
            f"fastmlp computes in float32, so that {describe(value)} is not possible. "
            "float64 data are converted, so that you can pass them as they are."
        )


def epsilon() -> float:
    """Return what is added where something must not be 0: 1e-7.

    Example:
        >>> epsilon()
        1e-07
    """
    return _EPSILON


def set_epsilon(value: float) -> None:
    """Accept 1e-7, and nothing else: kernels are compiled for it.

    Args:
        value: 1e-7.

    Raises:
        ValueError: It is another number.
    """
    if value != _EPSILON:
        raise ValueError(
            f"fastmlp's epsilon is {_EPSILON}, which kernels are compiled for, so that "
            f"{describe(value)} is not possible. Use a number of your own where you "
            "need one."
        )


def backend() -> str:
    """Return whose arrays results are: "numpy".

    Example:
        >>> backend()
        'numpy'
    """
    return "numpy"


def is_traceback_filtering_enabled() -> bool:
    """Return whether errors hide lines of the library: never.

    Example:
        >>> is_traceback_filtering_enabled()
        False
    """
    return False


def disable_traceback_filtering() -> None:
    """Do nothing: no line of an error is hidden.

    Example:
        >>> disable_traceback_filtering()
    """


def image_data_format() -> Literal["channels_last"]:
    """Return where an image has its channels: "channels_last".

    Example:
        >>> image_data_format()
        'channels_last'
    """
    return "channels_last"


# A mistake in it is told now, and not in the middle of the first training.
_threads_of_environment()
