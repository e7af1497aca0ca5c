"""Arguments of `fit` and its kin: each checked, with a sentence for what is wrong."""

import numbers
from collections.abc import Collection
from typing import Any, NamedTuple

from fastmlp._check.numbers import as_count, describe, if_given, true_or_false
from fastmlp._util.warn import warn

_DEFAULT_BATCH_SIZE = 32


# Batch size, steps and verbosity of `evaluate` and `predict`.
UseSettings = tuple[int | None, int | None, str | int]


class FitSettings(NamedTuple):
    """What `fit` was told, beside what it learns from."""

    batch_size: int | None
    steps: int | None
    validation_split: float
    validation_data: Any
    validation_batch_size: int | None
    validation_steps: int | None
    validation_freq: int | Collection[int]
    epochs: int
    initial_epoch: int
    verbose: str | int
    shuffle: bool | str
    comm: Any

    def checked(self) -> "FitSettings":
        """Return the settings, checked; errors are those of `check_use`."""
        share, shuffle, every = (
            self.validation_split, self.shuffle, self.validation_freq
        )  # fmt: skip
        if not isinstance(share, numbers.Real) or not 0 <= float(share) < 1:
            raise ValueError(
                "validation_split must be at least 0 and below 1, not "
                f"{describe(share)}."
            )
        if isinstance(shuffle, str) and shuffle != "batch":
            raise ValueError(
                f"shuffle must be True, False or 'batch', not {describe(shuffle)}."
            )
        if isinstance(every, (list, tuple, set)):
            every = {as_count("An epoch in validation_freq", one, 1) for one in every}
        else:
            every = as_count("validation_freq", every, 1)
        epochs = as_count("epochs", self.epochs, 0)
        initial_epoch = as_count("initial_epoch", self.initial_epoch, 0)
        if epochs and initial_epoch >= epochs:
            warn(
                f"Nothing is trained: with initial_epoch={initial_epoch}, epochs="
                f"{epochs} is reached already. epochs is the number at which the "
                "training ends, not how many are added."
            )
        if share and self.validation_data is not None:
            warn(
                "validation_split is not used, since validation_data is given: leave "
                "one of them out."
            )
        batch_size = if_given(as_count, "batch_size", self.batch_size, 1)
        tests = if_given(
            as_count, "validation_batch_size", self.validation_batch_size, 1
        )
        return FitSettings(
            batch_size,
            if_given(as_count, "steps_per_epoch", self.steps, 1),
            float(share),
            self.validation_data,
            tests or batch_size,
            if_given(as_count, "validation_steps", self.validation_steps, 1),
            every,
            epochs,
            initial_epoch,
            _verbosity(self.verbose),
            shuffle if shuffle == "batch" else true_or_false("shuffle", shuffle),
            self.comm,
        )

    def validates_after(self, epoch: int) -> bool:
        """Tell whether to evaluate after an epoch."""
        if isinstance(self.validation_freq, int):
            return (epoch + 1) % self.validation_freq == 0
        return epoch + 1 in self.validation_freq


def check_use(batch_size: Any, steps: Any, verbose: Any) -> UseSettings:
    """Return arguments of `evaluate` and `predict`, checked.

    Raises:
        TypeError: One is of the wrong kind.
        ValueError: One is out of its range.
    """
    # Most give neither: to find that out in a function takes as long as a small layer.
    if batch_size is not None:
        batch_size = as_count("batch_size", batch_size, 1)
    if steps is not None:
        steps = as_count("steps", steps, 1)
    return batch_size, steps, _verbosity(verbose)


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
        return max(-(-rows // steps), 1)
    return wanted or _DEFAULT_BATCH_SIZE


def parts_of_validation(data: Any) -> tuple[Any, ...]:
    """Return x, y and perhaps weights of `validation_data`."""
    if isinstance(data, (tuple, list)) and len(data) in (2, 3):
        return tuple(data)
    length = f" of {len(data)}" if isinstance(data, (tuple, list)) else ""
    hint = ""
    if isinstance(data, float):
        hint = " To keep a share of the rows, use validation_split."
    raise ValueError(
        "validation_data must be a tuple (x, y) or (x, y, sample_weight), not a "
        f"{type(data).__name__}{length}.{hint}"
    )


def _verbosity(value: Any) -> str | int:
    """Return `verbose` of a run: "auto", or a number from 0 to 3."""
    if isinstance(value, str) and value == "auto":
        return "auto"
    return verbosity(value, "'auto', ")


def verbosity(value: Any, word: str = "") -> int:
    """Return `verbose` as a number from 0 to 3.

    Args:
        value: What the user gave.
        word: What may stand there as well, for the message.

    Raises:
        ValueError: It is something else.
    """
    # An int is one, but to ask for that first takes a third of the time.
    if isinstance(value, (int, numbers.Integral)) and 0 <= int(value) <= 3:
        return int(value)
    raise ValueError(f"verbose must be {word}0, 1, 2 or 3, not {describe(value)}.")
