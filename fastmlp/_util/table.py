"""A table of text, drawn as Keras 3 draws it.

Keras leaves the drawing to the library rich. What rich does with such a table
takes three rules: columns that are too wide together lose the same number of
characters each, text wraps between words, and a word that is too long for its
column ends in an ellipsis.
"""

import itertools
import math
import re
from collections.abc import Sequence

from fastmlp._util.screen import cells, stdout_can_show

# One line of the box each: left end, filling, crossing, right end.
_BOX = {
    "top": "┏━┳┓",
    "header": "┃ ┃┃",
    "under header": "┡━╇┩",
    "row": "│ ││",
    "between rows": "├─┼┤",
    "bottom": "└─┴┘",
    "ellipsis": "…",
    "inside": "└",
}
_ASCII_BOX = {
    "top": "+--+",
    "header": "| ||",
    "under header": "|-+|",
    "row": "| ||",
    "between rows": "|-+|",
    "bottom": "+--+",
    "ellipsis": "~",
    "inside": "+",
}

# What numbers stand right of, and what stands in the middle.
_TO_THE_RIGHT, _CENTERED = "Param #", "Trainable"


def inner_prefix(level: int) -> str:
    """Return what stands before a row that belongs to another, so many levels deep."""
    return f"{level * '   '}{_box()['inside']} " if level else ""


def _box() -> dict[str, str]:
    return _BOX if stdout_can_show("".join(_BOX.values())) else _ASCII_BOX


def column_widths(
    line_length: int, positions: Sequence[float], count: int
) -> list[int]:
    """Return how many characters there are between the lines of the box.

    Raises:
        ValueError: A column would have no room for text, or has no position.
    """
    if len(positions) < count:
        raise ValueError(
            f"positions must say where each of the {count} columns ends, but it has "
            f"{len(positions)} numbers."
        )
    ends = [0, *(int(end * line_length) for end in positions[:count])]
    # Every text has a space on either side.
    widths = [end - start + 2 for start, end in itertools.pairwise(ends)]
    room = line_length - (count + 1)
    surplus = sum(widths) - room
    for at in range(count):
        if surplus > 0:
            loss = round(surplus / (count - at))
            widths[at] -= loss
            surplus -= loss
        elif surplus < 0:
            rest = sum(widths[at:])
            gain = math.ceil(-surplus * widths[at] / rest)
            widths[at] += gain
            surplus += gain
    if min(widths) < 3:
        raise ValueError(
            f"A summary of {line_length} characters has no room for {count} columns. "
            "Give summary a larger line_length, other positions, or widen the window."
        )
    return widths


def draw(header: list[str], rows: list[list[str]], widths: list[int]) -> str:
    """Return the table: a heavy header, and a line between the rows."""
    box = _box()
    columns = list(zip(header, widths, strict=True))
    lines = [
        _rule(box["top"], widths),
        *_row(header, columns, box["header"], box["ellipsis"], to_bottom=True),
        _rule(box["under header"], widths),
    ]
    for at, row in enumerate(rows):
        if at > 0:
            lines.append(_rule(box["between rows"], widths))
        lines += _row(row, columns, box["row"], box["ellipsis"])
    lines.append(_rule(box["bottom"], widths))
    return "\n".join(lines) + "\n"


def _rule(pieces: str, widths: list[int]) -> str:
    """Return a horizontal line of the box."""
    left, filling, crossing, right = tuple(pieces)
    return left + crossing.join(filling * width for width in widths) + right


def _row(
    texts: list[str],
    columns: list[tuple[str, int]],
    pieces: str,
    ellipsis: str,
    to_bottom: bool = False,
) -> list[str]:
    """Return the lines of a row, as many as its longest text needs."""
    cells = [
        [_crop(line, width - 2, ellipsis) for line in _wrap(text, width - 2)]
        for text, (_, width) in zip(texts, columns, strict=True)
    ]
    height = max(len(cell) for cell in cells)
    left, _, divider, right = tuple(pieces)
    lines = []
    for at in range(height):
        fields = []
        for cell, (title, width) in zip(cells, columns, strict=True):
            line = at - (height - len(cell)) if to_bottom else at
            text = cell[line] if 0 <= line < len(cell) else ""
            fields.append(f" {_align(text, width - 2, title)} ")
        lines.append(left + divider.join(fields) + right)
    return lines


def _wrap(text: str, width: int) -> list[str]:
    """Break a text between words, so that each line fits if its words do."""
    lines = [""]
    for word in re.findall(r"\s*\S+\s*", text):
        if lines[-1] and cells(lines[-1]) + cells(word.rstrip()) > width:
            lines.append("")
        lines[-1] += word
    return [line.rstrip() for line in lines]


def _crop(line: str, width: int, ellipsis: str) -> str:
    """Cut a line that is too long, and show that something is missing."""
    if cells(line) <= width:
        return line
    while cells(line) > width - 1:
        line = line[:-1]
    # Where a sign of two cells had to go, one cell is left over.
    return line + " " * (width - 1 - cells(line)) + ellipsis


def _align(text: str, width: int, title: str) -> str:
    """Fill up with spaces: numbers stand right, `Trainable` in the middle."""
    spare = width - cells(text)
    left = {_TO_THE_RIGHT: spare, _CENTERED: spare // 2}.get(title, 0)
    return " " * left + text + " " * (spare - left)
