"""The progress bar, and what standard output can show of it.

The line is Keras 3's, character by character. Keras also sends its colors and
backspaces into files and pipes; here those get one plain line, the last one.
"""

from __future__ import annotations

import math
import re
import sys
import time
from collections.abc import Iterable
from typing import Any

import numpy as np

from fastmlp._check.arguments import verbosity
from fastmlp._check.names import as_text
from fastmlp._check.numbers import as_count, if_given, number_from_0

_BOLD, _GREEN, _WHITE = 1, 32, 37
_COLOR_CODE = re.compile(r"\x1b\[\d+m")


def stdout_redraws() -> bool:
    r"""Tell whether a line on standard output can be drawn again with `\r`.

    True on a terminal and in a notebook; not in a file, in a pipe, or in the
    shell window of IDLE, which calls itself a terminal and is none.
    """
    kind = type(sys.stdout).__module__.partition(".")[0]
    if kind in ("ipykernel", "idlelib"):
        return kind == "ipykernel"
    return _is_terminal()


def _is_terminal() -> bool:
    """Tell whether standard output is a terminal; it may be None, or anything."""
    isatty = getattr(sys.stdout, "isatty", None)
    return not _is_closed() and bool(isatty and isatty())


def _is_closed() -> bool:
    return bool(getattr(sys.stdout, "closed", False))


def say(text: str, end: str = "\n") -> None:
    """Print at once; or, where standard output is closed, nothing, as `print` of None.

    What is printed by the way is not worth a training that ends in an error.
    """
    if not _is_closed():
        print(text, end=end, flush=True)


def stdout_can_show(text: str) -> bool:
    """Tell whether the encoding of standard output has all characters of `text`."""
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


class Progbar:
    """A progress bar on standard output, with the time and the metrics so far.

    On a terminal and in a notebook the bar is drawn again and again in one
    line. Elsewhere only its last state is printed, without colors.

    Args:
        target: Number of steps to come; None if that is not known.
        width: Width of the bar in characters. Default 20.
        verbose: 0 prints nothing, 1 (default) the bar, 2 one line at the end.
        interval: Shortest time between two drawings, in seconds. Default 0.05.
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
        self._redraws = stdout_redraws()
        self._seen_so_far = 0
        self._sums: dict[str, tuple[Any, int]] = {}
        self._start = time.perf_counter()
        self._time_after_first_step: float | None = None
        self._last_update = -math.inf
        self._drawn_width = 0

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
            due = self._redraws and now - self._last_update >= self.interval
            if due or finalize:
                self._draw(current, now, step_time, finalize)
                self._last_update = now
        elif self.verbose == 2 and finalize and self.target:
            elapsed = f"{now - self._start:.0f}s"
            pace = _format_pace(step_time, self.unit_name)
            say(
                f"{_count(current, self.target)} - {elapsed} - {pace}"
                f"{self._format_metrics()}"
            )

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
        """Print the bar over the one that is there."""
        if self.target:
            done = int(self.width * current / self.target)
            line = "━" if stdout_can_show("━") else "="
            bar = self._paint(_BOLD, _count(current, self.target)) + " "
            if done > 0:
                bar += self._paint(_GREEN, line * done)
            bar += self._paint(_WHITE, line * (self.width - done))
        else:
            bar = f"{current:7d}/Unknown"
        if self.target and not finalize:
            clock = _format_remaining(step_time * (self.target - current))
        else:
            clock = f"{now - self._start:.0f}s"
        pace = _format_pace(step_time, self.unit_name)
        head = f"{bar} {self._paint(_BOLD, clock)} {pace}"
        metrics = self._format_metrics()
        if not self._redraws:
            say(head + metrics)
            return
        head_width = len(_COLOR_CODE.sub("", head))
        if not finalize and _is_terminal():
            # A line longer than the terminal could not be drawn over.
            import shutil  # takes 3 ms, which not every program should pay

            metrics = metrics[: max(0, shutil.get_terminal_size().columns - head_width)]
        width = head_width + len(metrics)
        say(
            "\b" * self._drawn_width + "\r" + head + metrics,
            end=" " * (self._drawn_width - width) + ("\n" if finalize else ""),
        )
        self._drawn_width = width

    def _paint(self, code: int, text: str) -> str:
        """Return `text` in bold or in a color, where colors are seen."""
        return f"\x1b[{code}m{text}\x1b[0m" if self._redraws else text

    def _format_metrics(self) -> str:
        """Return ` - name: value` for every metric."""
        parts = []
        for name, (total, count) in self._sums.items():
            mean = float(np.mean(total)) / count
            # As in Keras, only the bar takes the sign off before it decides.
            size = abs(mean) if self.verbose == 1 else mean
            parts.append(f" - {name}: {mean:{'.4f' if size > 1e-3 else '.4e'}}")
        return "".join(parts)


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
