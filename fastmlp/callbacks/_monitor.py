"""What callbacks have in common that watch a value for getting better."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fastmlp._check.names import as_text
from fastmlp._check.numbers import finite_number
from fastmlp._util.warn import warn
from fastmlp.callbacks._callback import Callback, Logs

if TYPE_CHECKING:
    from fastmlp.typing import MonitorMode


class Monitor(Callback):
    """What callbacks have in common that watch a value for getting better.

    Args:
        monitor: The value to watch, a key of `logs`.
        mode: "min", "max" or "auto".
        min_delta: Smallest change that counts as better; its sign does not matter.
        best: A value that has to be beaten from the start, or None.
    """

    def __init__(
        self,
        monitor: str,
        mode: MonitorMode,
        min_delta: float = 0,
        best: float | None = None,
    ) -> None:
        finite_number("min_delta", min_delta)
        if mode not in ("auto", "min", "max"):
            warn(
                f"{type(self).__name__} knows the modes auto, min and max, not "
                f"{mode!r}; it goes on with auto."
            )
            mode = "auto"
        self.monitor: str = as_text("monitor", monitor)
        self.mode = mode
        self.min_delta: float = abs(min_delta)
        self.best = best
        self.monitor_op: Callable[[Any, Any], Any] | None = None
        self._has_warned = False

    def on_train_begin(self, logs: Logs = None) -> None:
        """Decide what counts as better."""
        direction = self.mode if self.mode != "auto" else self._direction()
        self.monitor_op = operator.lt if direction == "min" else operator.gt
        self._has_warned = False

    def _is_better(self, value: float, reference: float | None) -> bool:
        """Tell whether `value` beats `reference` by more than `min_delta`.

        NaN beats nothing, not even that there was no value before.
        """
        if reference is None:
            return bool(value == value)
        assert self.monitor_op is not None
        margin = self.min_delta if self.monitor_op is operator.gt else -self.min_delta
        return bool(self.monitor_op(value - margin, reference))

    def _value_in(self, logs: Logs, otherwise: str) -> Any:
        """Return the value to watch, or None with a warning, once in each `fit`.

        Args:
            logs: Loss and metrics of the epoch.
            otherwise: What the callback does if there is no such value.
        """
        value = (logs or {}).get(self.monitor)
        if value is None and not self._has_warned:
            self._has_warned = True
            remedy = (
                "Give fit validation_data or validation_split, or watch another value"
                if self.monitor.startswith("val_")
                else "Watch another value"
            )
            warn(
                f"{type(self).__name__} watches {self.monitor!r}, which is not there, "
                f"so it {otherwise}. {remedy}: {', '.join(logs or {}) or 'none'}."
            )
        return value

    def _direction(self) -> str:
        """Tell whether the value should become small or large, by what it is."""
        direction = direction_in(self.model, self.monitor)
        if direction is not None:
            return "max" if direction == "up" else "min"
        raise ValueError(
            f"{type(self).__name__} cannot tell whether {self.monitor!r} should become "
            'small or large. Say so with mode="min" or mode="max".'
        )


def direction_in(model: Any, logged: str) -> str | None:
    """Return whether a value in `logs` should go "up" or "down", or None.

    Args:
        model: The model that is trained, or what stands in for one in a test.
        logged: The value's name.
    """
    name = logged.removeprefix("val_")
    metric = model.metric_named(name) if hasattr(model, "metric_named") else None
    return getattr(metric, "direction", None) or _direction_of(name)


def _direction_of(name: str) -> str | None:
    """Return whether what has such a name should go up or down, or None."""
    # A second metric of the same name is logged as accuracy_1.
    name = re.sub(r"_\d+$", "", name.lower())
    if name.endswith("accuracy") or name in ("acc", "auc", "precision", "recall"):
        return "up"
    if name.endswith(("loss", "error", "crossentropy")) or name in ("mse", "mae"):
        return "down"
    return None
