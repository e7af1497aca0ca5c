"""Settings of the whole library. None of them changes a result, only its speed.

That is so bit for bit, on one instruction set, for any number of threads; for the
skipping of zeros as long as all numbers are finite, since zero times infinity is NaN.

`floatx` and `set_floatx` are there for Keras's sake: fastmlp computes in float32.

Example:
    >>> from fastmlp import config
    >>> config.set_num_threads(1)
    >>> config.get_num_threads()
    1
    >>> config.set_num_threads(None)
"""

import operator
import os

from fastmlp._util.cores import usable_cores

_threads: int | None = None
_zero_skipping = "auto"


def set_num_threads(threads: int | None) -> None:
    """Set how many threads share large work.

    Args:
        threads: Their number, or None for the default: `FASTMLP_NUM_THREADS`, or else
            `OMP_NUM_THREADS`, or else all physical cores that the process may use.

    Raises:
        TypeError: It is not a whole number.
        ValueError: It is below 1.
    """
    global _threads
    if threads is not None:
        try:
            threads = operator.index(threads)
        except TypeError:
            raise TypeError(
                f"threads must be a whole number, not {type(threads).__name__}."
            ) from None
        if threads < 1:
            raise ValueError(f"threads must be at least 1, not {threads}.")
    _threads = threads


def get_num_threads() -> int:
    """Return how many threads are to share large work; see `set_num_threads`."""
    if _threads is not None:
        return _threads
    for variable in ("FASTMLP_NUM_THREADS", "OMP_NUM_THREADS"):
        text = os.environ.get(variable, "").split(",")[0].strip()
        if text.isdigit() and int(text) > 0:
            return int(text)
    return usable_cores()


def set_zero_skipping(mode: str) -> None:
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
    if mode not in ("auto", "on", "off"):
        raise ValueError(f"mode must be 'auto', 'on' or 'off', not {mode!r}.")
    _zero_skipping = mode


def get_zero_skipping() -> str:
    """Return "auto", "on" or "off"; see `set_zero_skipping`."""
    return _zero_skipping


def floatx() -> str:
    """Return the dtype that everything is computed in: "float32".

    Example:
        >>> floatx()
        'float32'
    """
    return "float32"


def set_floatx(value: str) -> None:
    """Accept "float32", and nothing else: kernels are compiled for it.

    Args:
        value: "float32".

    Raises:
        ValueError: It is another dtype.
    """
    if value != "float32":
        raise ValueError(
            f"fastmlp computes in float32, so that set_floatx({value!r}) is not "
            "possible. float64 data are converted, so that you can pass them as they "
            "are."
        )
