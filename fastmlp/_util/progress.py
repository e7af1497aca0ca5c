"""The progress bar.

The line is Keras 3's, character by character, where it fits; Keras also sends its
colors and backspaces into files, pipes and notebooks.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from fastmlp._check.arguments import verbosity
from fastmlp._check.names import as_text
from fastmlp._check.numbers import as_count, if_given, number_from_0
from fastmlp._util.screen import (
    Line,
    Piece,
    cells,
    line_on_stdout,
    say,
    stdout_can_show,
)

_BOLD, _GREEN, _WHITE = 1, 32, 37
# A bar of a notebook has so many signs at least.
_SHORT = 5
# What the second row of a line that is too long begins with.
_INDENT = "    "


class Progbar:
    """A progress bar on standard output, with the time and the metrics so far.

    On a terminal and in a notebook the bar is drawn again and again in one
    line. Elsewhere, on a dumb terminal (`TERM=dumb`) too, only its last state is
    printed, without colors. `NO_COLOR=1` keeps colors from all of it.

    Args:
        target: Number of steps to come; None if that is not known.
        width: Width of the bar in characters. Default 20.
        verbose: 0 prints nothing, 1 (default) the bar, 2 one line at the end.
        interval: Shortest time between two drawings, in seconds. Default 0.05; in a
            notebook it is 0.1 at least.
        stateful_metrics: Names of the metrics to show as they are given; all
            others are averaged over the steps. Default: every one is averaged.
        stateless_metrics: The other way round: names of the metrics to average,
            all others are shown as they are given.
        unit_name: What a step is called. Default "step".

    Raises:
        TypeError: An argument is of the wrong kind.
        ValueError: A number is negative, or both lists of metrics are given.

    Example:
        >>> bar = Progbar(target=20, verbose=1)
        >>> for step in range(1, 21):
        ...     bar.update(step, [("loss", 1.0 / step)])  # doctest: +ELLIPSIS
        20/20 ━━━━━━━━━━━━━━━━━━━━ 0s ...s/step - loss: 0.0500
    """

    def __init__(
        self,
        target: int | None,
        width: int = 20,
        verbose: int = 1,
        interval: float = 0.05,
        stateful_metrics: Iterable[str] | None = None,
        stateless_metrics: Iterable[str] | None = None,
        unit_name: str = "step",
    ) -> None:
        if stateful_metrics is not None and stateless_metrics is not None:
            raise ValueError(
                "Progbar takes stateful_metrics or stateless_metrics, but both are "
                "given. The first names the metrics to show as they are, the "
                "second those to average; leave one of them out."
            )
        self.target: int | None = if_given(as_count, "target", target, 0)
        self.width: int = as_count("width", width, 0)
        self.verbose: int = verbosity(verbose)
        self.interval: float = number_from_0("interval", interval)
        self.unit_name: str = as_text("unit_name", unit_name)
        self._stateful = set(stateful_metrics or ())
        self._stateless = None if stateless_metrics is None else set(stateless_metrics)
        self._line: Line = line_on_stdout()
        self._seen_so_far = 0
        self._sums: dict[str, tuple[Any, int]] = {}
        self._start = time.perf_counter()
        self._time_after_first_step: float | None = None
        self._last_update = -math.inf

    def update(
        self,
        current: int,
        values: Iterable[tuple[str, Any]] | None = None,
        finalize: bool | None = None,
    ) -> None:
        """Show that `current` steps are done.

        Args:
            current: Number of steps that are done.
            values: Pairs of a metric's name and its value in the last steps.
            finalize: Whether this is the last call, which ends the line. None
                (the default) means: if `current` has reached the target.
        """
        if finalize is None:
            finalize = self.target is not None and current >= self.target
        self._take_in(current, values or (), finalize)
        now = time.perf_counter()
        step_time = self._step_time(current, now)
        if self.verbose == 1:
            interval = max(self.interval, self._line.interval)
            if finalize or now - self._last_update >= interval:
                self._draw(current, now, step_time, finalize)
                self._last_update = now
        elif self.verbose == 2 and finalize and self.target:
            elapsed = f"{now - self._start:.0f}s"
            pace = _format_pace(step_time, self.unit_name)
            head = f"{_count(current, self.target)} - {elapsed} - {pace}"
            say(" ".join([head, *self._format_metrics()]))

    def add(self, n: int, values: Iterable[tuple[str, Any]] | None = None) -> None:
        """Show that `n` more steps are done; `values` as for `update`."""
        self.update(self._seen_so_far + n, values)

    def _take_in(
        self, current: int, values: Iterable[tuple[str, Any]], finalize: bool
    ) -> None:
        """Add the new values to the sums, weighted by the steps they stand for."""
        steps = max(current - self._seen_so_far, 1)
        for name, value in values:
            if self._stateless is None:
                averaged = name not in self._stateful
            else:
                averaged = name in self._stateless
            if averaged and not finalize:
                total, count = self._sums.get(name, (0.0, 0))
                self._sums[name] = total + np.multiply(value, steps), count + steps
            else:
                # The last values of an epoch are its means already.
                self._sums[name] = value, 1
        self._seen_so_far = current

    def _step_time(self, current: int, now: float) -> float:
        """Return the seconds a step takes, without the first where that is known.

        The first step of a run is slower: memory is allocated, caches are cold.
        """
        if current == 0:
            return 0.0
        if self._time_after_first_step is not None and current > 1:
            return (now - self._time_after_first_step) / (current - 1)
        if current == 1:
            self._time_after_first_step = now
        return (now - self._start) / current

    def _draw(self, current: int, now: float, step_time: float, finalize: bool) -> None:
        """Show the bar, with as many of the metrics as have room; at last with all."""
        if self.target and not finalize:
            clock = _format_remaining(step_time * (self.target - current))
        else:
            clock = f"{now - self._start:.0f}s"
        head = [[(_BOLD, clock)], [(0, _format_pace(step_time, self.unit_name))]]
        metrics = [[(0, text)] for text in self._format_metrics()]
        room = self._line.room()
        needed = sum(1 + _width(part) for part in head)
        # A bar that is a little shorter keeps a notebook from breaking the line.
        left = self._line.usual_room - needed - sum(1 + _width(one) for one in metrics)
        shortest = len(f"{self.target}/{self.target} ") + _SHORT
        same = not finalize and self._line.running_has_colors()
        for_bar = min(room - needed, max(left, shortest))
        bar = self._format_bar(current, for_bar, "━=" if same else "─-")
        rows = _in_rows([bar, *head, *metrics], room)
        if finalize:
            self._line.finish(rows)
        else:
            self._line.draw(rows[0])

    def _format_bar(self, current: int, room: float, to_do: str) -> list[Piece]:
        """Return how many steps are done, and a bar that is shorter if it has to be.

        Args:
            current: Number of steps that are done.
            room: How many cells all of it may have.
            to_do: The sign for what is still to come, and the same for ASCII.
        """
        if not self.target:
            return [(0, f"{current:7d}/Unknown")]
        count = _count(current, self.target)
        width = max(0, min(self.width, room - len(count) - 1))
        done = int(width * current / self.target)
        ascii_only = not stdout_can_show("━─")
        filled = [(_GREEN, "━="[ascii_only] * done)] if done else []
        rest = (_WHITE, to_do[ascii_only] * int(width - done))
        return [(_BOLD, count), (0, " "), *filled, rest]

    def _format_metrics(self) -> list[str]:
        """Return `- name: value` for every metric."""
        parts = []
        for name, (total, count) in self._sums.items():
            mean = float(np.mean(total)) / count
            # As in Keras, only the bar takes the sign off before it decides.
            size = abs(mean) if self.verbose == 1 else mean
            parts.append(f"- {name}: {mean:{'.4f' if size > 1e-3 else '.4e'}}")
        return parts


def _in_rows(parts: Sequence[list[Piece]], room: float) -> list[list[Piece]]:
    """Put a space between the parts, and break the row where the next has no room."""
    rows: list[list[Piece]] = [[]]
    left = room
    for part in parts:
        needed = _width(part) + bool(rows[-1])
        if needed > left and rows[-1]:
            rows.append([(0, _INDENT)])
            left, needed = room - len(_INDENT), needed - 1
        elif rows[-1]:
            rows[-1].append((0, " "))
        rows[-1] += part
        left -= needed
    return rows


def _width(pieces: Sequence[Piece]) -> int:
    return sum(cells(text) for _, text in pieces)


def _count(current: int, target: int) -> str:
    """Return ` 9/10`: the steps done, as wide as the target is."""
    return f"{current:{len(str(target))}d}/{target}"


def _format_remaining(seconds: float) -> str:
    """Return a time to come as `59s`, `1:05` or `1:00:05`."""
    whole = int(seconds)
    if seconds > 3600:
        return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
    if seconds > 60:
        return f"{whole // 60}:{whole % 60:02d}"
    return f"{whole}s"


def _format_pace(seconds: float, unit_name: str) -> str:
    """Return the time of one step in the unit that leaves it readable."""
    if seconds >= 1 or seconds == 0:
        return f"{seconds:.0f}s/{unit_name}"
    if seconds >= 1e-3:
        return f"{seconds * 1e3:.0f}ms/{unit_name}"
    return f"{seconds * 1e6:.0f}us/{unit_name}"
