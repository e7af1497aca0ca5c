"""What standard output can show, and a line on it that moves.

A terminal draws a line over itself. A notebook has an output whose text is replaced, so
that a saved one holds what was last shown and nothing else. Files, pipes and dumb
terminals get the last state alone, in plain text.
"""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Sequence
from typing import Any

# Text in one color, by the number of its escape code; 0 for none.
Piece = tuple[int, str]
# What one line of the screen shows.
Row = Sequence[Piece]

# The packages whose standard output goes to a notebook.
_KERNELS = ("ipykernel", "pyodide_kernel")
# An output is sent whole each time, so it ends some day.
_MOST_LINES = 100

_times_said = 0


def say(text: str, end: str = "\n") -> None:
    """Print at once; or, where standard output is closed, nothing, as `print` of None.

    What is printed by the way is not worth a training that ends in an error.
    """
    global _times_said
    _times_said += 1
    if not _is_closed():
        print(text, end=end, flush=True)


def stdout_can_show(text: str) -> bool:
    """Tell whether the encoding of standard output has all characters of `text`."""
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def stdout_redraws() -> bool:
    """Tell whether a line on standard output can move: on a terminal, in a notebook."""
    return _is_terminal() or _is_notebook()


def line_on_stdout() -> Line:
    """Return a line that moves, where standard output lets it."""
    if _is_notebook():
        return NotebookLine()
    return TerminalLine() if _is_terminal() else Line()


def columns() -> int:
    """Return how many cells the terminal has in a line, at this moment.

    It may have become narrower than a variable COLUMNS says.
    """
    import shutil  # takes 3 ms, which not every program should pay

    said = shutil.get_terminal_size().columns
    try:
        return min(said, os.get_terminal_size(sys.stdout.fileno()).columns or said)
    except (AttributeError, OSError, ValueError):
        return said


def cells(text: str) -> int:
    """Return the width of a text on screen, where Chinese takes two cells a sign.

    Example:
        >>> cells("loss"), cells("损失")
        (4, 4)
    """
    if text.isascii():
        return len(text)
    import unicodedata  # only here: hardly any text has such signs

    return sum(
        2 if unicodedata.east_asian_width(sign) in "WF" else 1
        for sign in text
        if not unicodedata.combining(sign)
    )


class Line:
    """A line that is shown once it is finished, and what every other one can do."""

    # Seconds between two drawings, at least.
    interval: float = math.inf
    # Whether the next line may stand in the same output of a notebook: not where
    # something may be printed in between.
    stays: bool = False

    # Cells of a row that it need not keep to: where a window may be wider, or not.
    usual_room: float = math.inf

    def room(self) -> float:
        """Return how many cells a row may have."""
        return math.inf

    def running_has_colors(self) -> bool:
        """Tell whether colors tell the parts of a running line from each other."""
        return self.interval < math.inf and _wants_colors()

    def begin(self, heading: str) -> None:
        """Print what stands above the line; "" prints nothing."""
        if heading:
            say(heading)

    def draw(self, row: Row) -> None:
        """Show a state of the line in place of the one before."""

    def finish(self, rows: Sequence[Row]) -> None:
        """Show the last state, which may take several rows."""
        for row in rows:
            say(_plain(row))

    def close(self) -> None:
        """Show what was not shown yet, because too little time had passed."""


class TerminalLine(Line):
    r"""A line of a terminal, which backspaces and `\r` draw again, as Keras does it."""

    interval = 0.0

    def __init__(self) -> None:
        self._width = 0  # of what is there

    def room(self) -> float:
        """Return one cell less than there are: some terminals wrap at the last one."""
        return columns() - 1

    def draw(self, row: Row) -> None:
        """Draw over what is there."""
        text, old, room = _painted(row), self._width, columns()
        self._width = sum(cells(part) for _, part in row)
        if old <= room:
            say("\b" * old + "\r" + text, end=" " * (old - self._width))
        else:
            # The terminal was made narrower, and has wrapped what is there.
            say(f"\x1b[{(old - 1) // room}A\r\x1b[J{text}", end="")

    def finish(self, rows: Sequence[Row]) -> None:
        """Draw the first row over what is there, and the others below it."""
        self.draw(rows[0])
        for row in rows[1:]:
            say("\n" + _painted(row), end="")
        say("")
        self._width = 0


class NotebookLine(Line):
    """A line in an output of a notebook, below those that are finished.

    The output has a display id, by which its text is replaced. What is finished has no
    colors: it is kept, and read by people and programs.
    """

    interval = 0.1
    usual_room = 100.0

    def __init__(self) -> None:
        self._finished: list[str] = []
        self._running: list[str] = []
        self._handle: Any = None
        self._said = _times_said
        self._last_time = -math.inf

    def begin(self, heading: str) -> None:
        """Go on in the same output, unless something was printed below it."""
        full = len(self._finished) >= _MOST_LINES
        if not self.stays or full or self._said != _times_said:
            self.close()
            self._finished, self._handle = [], None
            self._said = _times_said
        if heading:
            self._finished.append(heading)

    def draw(self, row: Row) -> None:
        """Replace the text of the output."""
        self._running = [_painted(row)]
        if self._is_due():
            self.close()

    def finish(self, rows: Sequence[Row]) -> None:
        """Add the rows to what is finished."""
        self._finished += map(_plain, rows)
        self._running = []
        if not self.stays or self._is_due():
            self.close()

    def close(self) -> None:
        """Show all that is finished, and what is not."""
        lines = self._finished + self._running
        if not lines:
            return
        from IPython.display import display  # is there: this is a notebook

        content = {"text/plain": "\n".join(lines)}
        if self._handle is None:
            self._handle = display(content, raw=True, display_id=True)
        else:
            self._handle.update(content, raw=True)
        self._last_time = time.perf_counter()

    def _is_due(self) -> bool:
        return time.perf_counter() - self._last_time >= self.interval


def _plain(row: Row) -> str:
    return "".join(text for _, text in row)


def _painted(row: Row) -> str:
    """Return a row in its colors, where these are wanted."""
    if not _wants_colors():
        return _plain(row)
    return "".join(
        f"\x1b[{color}m{text}\x1b[0m" if color else text for color, text in row
    )


def _wants_colors() -> bool:
    """Tell whether there may be colors: the variable is that of no-color.org."""
    return not os.environ.get("NO_COLOR")


def _is_closed() -> bool:
    return bool(getattr(sys.stdout, "closed", False))


def _is_terminal() -> bool:
    """Tell whether standard output is a terminal that can go back in a line.

    It may be None, or anything; the shell window of IDLE calls itself a terminal.
    """
    isatty = getattr(sys.stdout, "isatty", None)
    if _is_closed() or not (isatty and isatty()) or _package_of_stdout() == "idlelib":
        return False
    return os.environ.get("TERM") != "dumb"


def _is_notebook() -> bool:
    """Tell whether standard output goes to a notebook, and IPython is there to help."""
    if _package_of_stdout() not in _KERNELS:
        return False
    shell = sys.modules.get("IPython")
    return shell is not None and shell.get_ipython() is not None


def _package_of_stdout() -> str:
    return type(sys.stdout).__module__.partition(".")[0]
