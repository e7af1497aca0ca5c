"""Arguments of `fit` and its kin: each checked, with a sentence for what is wrong."""

import math
import numbers
from collections.abc import Callable
from typing import Any

from fastmlp._data import as_count
from fastmlp.plan import Samples

_DEFAULT_BATCH_SIZE = 32


def refuse(**arguments: Any) -> None:
    """Refuse what Keras has and fastmlp has not."""
    for name, value in arguments.items():
        if value is not None:
            raise ValueError(f"fastmlp does not support `{name}`; leave it out.")


def as_batch_size(value: Any) -> int:
    """Return the batch size, checked."""
    return as_count("batch_size", _DEFAULT_BATCH_SIZE if value is None else value, 1)


def as_verbosity(value: Any) -> str | int:
    """Return `verbose`, checked: "auto", or a number from 0 to 3."""
    if value == "auto" or (isinstance(value, int) and 0 <= value <= 3):
        known: str | int = value
        return known
    raise ValueError(f"verbose must be 'auto', 0, 1 or 2, not {value!r}.")


def validation_epochs(frequency: Any) -> Callable[[int], bool]:
    """Return a function that tells whether to evaluate after an epoch."""
    if isinstance(frequency, (list, tuple, set)):
        return lambda epoch: epoch + 1 in frequency
    every = as_count("validation_freq", frequency, 1)
    return lambda epoch: (epoch + 1) % every == 0


def validation_pair(data: Any) -> tuple[Any, Any]:
    """Return x and y of `validation_data`."""
    if isinstance(data, (tuple, list)) and len(data) == 2:
        return data[0], data[1]
    raise ValueError(
        "validation_data must be a tuple (x, y), not "
        + (f"{len(data)} things." if hasattr(data, "__len__") else f"{type(data)}.")
    )


def split(samples: Samples, share: Any) -> tuple[Samples, Samples]:
    """Keep the last rows for validation."""
    if not isinstance(share, numbers.Real) or not 0 < float(share) < 1:
        raise ValueError(
            f"validation_split must be at least 0 and below 1, not {share!r}."
        )
    kept = math.floor(samples.count * (1 - float(share)))
    if not 0 < kept < samples.count:
        raise ValueError(
            f"{samples.count} samples cannot be split with validation_split={share}: "
            "one of the two parts would be empty."
        )

    return _rows(samples, 0, kept), _rows(samples, kept, samples.count)


def _rows(samples: Samples, first: int, stop: int) -> Samples:
    """Return rows `first` to `stop` of dense samples: views, no copies."""
    part = slice(first, stop)
    return Samples(
        count=stop - first,
        x=None if samples.x is None else samples.x[part],
        t=None if samples.t is None else samples.t[part],
        labels=None if samples.labels is None else samples.labels[part],
    )
