"""Arguments of `fit` and its kin: each checked, with a sentence for what is wrong."""

import math
import numbers
from collections.abc import Callable
from typing import Any

from fastmlp._check.numbers import as_count, describe
from fastmlp.plan import Samples

_DEFAULT_BATCH_SIZE = 32


def refuse(**arguments: Any) -> None:
    """Refuse what Keras has and fastmlp has not."""
    for name, value in arguments.items():
        if value is not None:
            raise ValueError(f"fastmlp does not support `{name}`; leave it out.")


def batch_size_for(wanted: int | None, rows: int, steps: int | None) -> int:
    """Return the batch size: as it is wanted, else what gives that many steps, or 32.

    Example:
        >>> batch_size_for(None, rows=100, steps=3), batch_size_for(None, 100, None)
        (34, 32)
    """
    if wanted is None and steps is not None:
        return max(math.ceil(rows / steps), 1)
    return wanted or _DEFAULT_BATCH_SIZE


def as_verbosity(value: Any) -> str | int:
    """Return `verbose`, checked: "auto", or a number from 0 to 3."""
    if isinstance(value, str) and value == "auto":
        return "auto"
    if isinstance(value, numbers.Integral) and 0 <= int(value) <= 3:
        return int(value)
    raise ValueError(f"verbose must be 'auto', 0, 1, 2 or 3, not {describe(value)}.")


def as_shuffle(value: Any) -> bool | str:
    """Return `shuffle`, checked: True, False or "batch"."""
    if not isinstance(value, str):
        return bool(value)
    if value != "batch":
        raise ValueError(
            f"shuffle must be True, False or 'batch', not {describe(value)}."
        )
    return value


def validation_epochs(frequency: Any) -> Callable[[int], bool]:
    """Return a function that tells whether to evaluate after an epoch."""
    if isinstance(frequency, (list, tuple, set)):
        epochs = {as_count("An epoch in validation_freq", one, 1) for one in frequency}
        return lambda epoch: epoch + 1 in epochs
    every = as_count("validation_freq", frequency, 1)
    return lambda epoch: (epoch + 1) % every == 0


def parts_of_validation(data: Any) -> tuple[Any, ...]:
    """Return x, y and perhaps weights of `validation_data`."""
    if isinstance(data, (tuple, list)) and len(data) in (2, 3):
        return tuple(data)
    length = f" of {len(data)}" if isinstance(data, (tuple, list)) else ""
    raise ValueError(
        "validation_data must be a tuple (x, y) or (x, y, sample_weight), not a "
        f"{type(data).__name__}{length}."
    )


def as_optional_count(name: str, value: Any) -> int | None:
    """Return a number of steps or rows, checked, or None."""
    return None if value is None else as_count(name, value, 1)


def as_share(value: Any) -> float:
    """Return `validation_split`, checked."""
    if not isinstance(value, numbers.Real) or not 0 <= float(value) < 1:
        raise ValueError(
            f"validation_split must be at least 0 and below 1, not {describe(value)}."
        )
    return float(value)


def split(samples: Samples, share: float) -> tuple[Samples, Samples | None]:
    """Keep the last rows for validation, if a share is to be kept."""
    if share == 0:
        return samples, None
    kept = math.floor(samples.count * (1 - share))
    if not 0 < kept < samples.count:
        raise ValueError(
            f"{samples.count} samples cannot be split with validation_split={share}: "
            "one of the two parts would be empty."
        )
    return samples.rows(0, kept), samples.rows(kept, samples.count)
