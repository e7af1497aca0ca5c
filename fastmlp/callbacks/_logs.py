"""Loss and metrics by name, under the names of older scripts, too."""

from __future__ import annotations

import re
from typing import Any

from fastmlp._util.warn import warn

# What Keras 1 and 2 wrote, where no metric has the name.
_TODAY = {"acc": "accuracy", "lr": "learning_rate"}


class Curves(dict[str, Any]):
    """Values by name, which are found under their older names, with a warning.

    Keras 1 wrote `metrics=["accuracy"]` as "acc" and "mae" as "mean_absolute_error",
    and Keras 2 the learning rate as "lr".

    Example:
        >>> curves = Curves({"val_accuracy": [0.5], "loss": [2.0]})
        >>> curves["loss"], curves.get("auc")
        ([2.0], None)
    """

    def __missing__(self, name: str) -> Any:
        today = self.today(name)
        if today is None:
            recorded = ", ".join(self) or "none, as no epoch has ended"
            raise KeyError(
                f"{name!r} was not recorded; the recorded names: {recorded}."
            )
        return self[today]

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of a name, or of what it is called today."""
        today = name if name in self else self.today(name)
        return default if today is None else self[today]

    def today(self, name: str) -> str | None:
        """Return the name of today of what an older script calls `name`, and warn.

        That is the one recorded name that stands for the same metric, or None.
        """
        found = [one for one in self if _meaning(one) == _meaning(name)]
        if len(found) != 1:
            return None
        warn(f"What older scripts call {name!r} is {found[0]!r} today, which is taken.")
        return found[0]


def _meaning(name: str) -> tuple[bool, str]:
    """Return whether a name is one of validation, and which metric it means."""
    from fastmlp.metrics import get  # metrics are no part of what callbacks need

    kind: Any = str(name).removeprefix("val_").lower()
    kind = _TODAY.get(kind, kind)
    try:
        kind = get(kind).name
    except ValueError:
        pass  # the loss, the learning rate, or a name that the user gave
    # Which accuracy "accuracy" is, the outputs decide.
    kind = re.sub("^(binary|(sparse_)?categorical)_accuracy", "accuracy", kind)
    return str(name).startswith("val_"), kind
