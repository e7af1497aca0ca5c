"""`Sequential.summary`: the table of layers, drawn as Keras 3 draws it.

Keras leaves the drawing to the library rich. What rich does with such a table
takes three rules: columns that are too wide together lose the same number of
characters each, text wraps between words, and a word that is too long for its
column ends in an ellipsis.
"""

import itertools
import math
import re
import unicodedata
from collections.abc import Sequence
from typing import Any, Protocol

from fastmlp._check.numbers import (
    as_count,
    describe,
    if_given,
    number_between,
    true_or_false,
)
from fastmlp._util.progress import stdout_can_show
from fastmlp.layers import Layer
from fastmlp.plan import Float32


class Summarized(Protocol):
    """What a summary is made of: a model."""

    name: str

    @property
    def layers(self) -> list[Layer]:
        """The layers."""

    @property
    def trainable_weights(self) -> list[Float32]:
        """What the optimizer changes."""


# One line of the box each: left end, filling, crossing, right end.
_BOX = {
    "top": "┏━┳┓",
    "header": "┃ ┃┃",
    "under header": "┡━╇┩",
    "row": "│ ││",
    "between rows": "├─┼┤",
    "bottom": "└─┴┘",
    "ellipsis": "…",
}
_ASCII_BOX = {
    "top": "+--+",
    "header": "| ||",
    "under header": "|-+|",
    "row": "| ||",
    "between rows": "|-+|",
    "bottom": "+--+",
    "ellipsis": "~",
}


def render_summary(
    model: Summarized,
    line_length: int | None = None,
    positions: Sequence[float] | None = None,
    show_trainable: bool = False,
    layer_range: Sequence[str] | None = None,
) -> str:
    """Return the summary of a model as text that ends with a line break.

    The parameters of the optimizer are not counted, so that the figures are the
    same before and after training.

    Args:
        model: The model; it need not be built.
        line_length: Width of the table. Default: 88 (100 with the column of
            `show_trainable`), or what the terminal has room for.
        positions: Where each column ends, as fractions of `line_length`.
            Default: `[0.45, 0.80, 1.0]`.
        show_trainable: Whether to add a column that tells which layers learn.
        layer_range: Names, or regular expressions for the names, of the first
            and the last layer to show. Default: all. The sums below the table
            always count the whole model.

    Raises:
        ValueError: The table has no room for a column, or `layer_range` does not
            name two layers of the model.
    """
    show_trainable = true_or_false("show_trainable", show_trainable)
    line_length = if_given(as_count, "line_length", line_length, 1)
    header = ["Layer (type)", "Output Shape", "Param #"]
    if not isinstance(positions or [], (list, tuple)):
        raise TypeError(
            "positions must be a list of shares of the width, such as [0.45, 0.8, 1.0],"
            f" not {describe(positions)}."
        )
    positions = [
        number_between("A position", end, 0, 1) for end in positions or (0.45, 0.8, 1)
    ]
    width = 88
    if show_trainable:
        header.append("Trainable")
        positions = [0.9 * end for end in positions] + [1.0]
        width += 12
    import shutil  # takes 3 ms, which not every program should pay

    width = line_length or min(width, shutil.get_terminal_size().columns - 4)
    widths = _column_widths(width, positions, len(header))
    rows = [
        _describe(layer, show_trainable)
        for layer in _layers_between(model, layer_range)
    ]
    return f'Model: "{model.name}"\n{_draw(header, rows, widths)}{_count(model)}'


def _describe(layer: Any, show_trainable: bool) -> list[str]:
    """Return the fields of a layer's row."""
    shape = getattr(layer, "output_shape", None)
    parameters = layer.count_params() if layer.built else 0
    is_ready = layer.built or layer.counted_at_once
    row = [
        f"{layer.name} ({type(layer).__name__})",
        "?" if shape is None else f"({', '.join(map(str, shape))})",
        f"{parameters:,}" if is_ready else "0 (unbuilt)",
    ]
    if show_trainable:
        learns = "Y" if layer.trainable else "N"
        row.append(learns if parameters else "-")
    return row


def _layers_between(model: Summarized, layer_range: Sequence[str] | None) -> Any:
    """Return the layers from the first to the last that `layer_range` names."""
    if layer_range is None:
        return model.layers
    if (
        not isinstance(layer_range, (list, tuple))
        or len(layer_range) != 2
        or not all(isinstance(name, str) for name in layer_range)
    ):
        raise ValueError(
            "layer_range takes a list of two names, those of the first and the last "
            'layer to show, such as ["dense", "dense_1"].'
        )
    try:
        first, last = (
            [at for at, layer in enumerate(model.layers) if re.match(name, layer.name)]
            for name in layer_range
        )
    except re.error as error:
        raise ValueError(
            f"layer_range holds no names, nor patterns of names: {error}."
        ) from None
    if not first or not last:
        names = ", ".join(layer.name for layer in model.layers)
        raise ValueError(
            f"layer_range names {layer_range[0]!r} and {layer_range[1]!r}, but the "
            f"model does not have both. Its layers are: {names or 'none'}."
        )
    if first[0] > last[-1]:
        first, last = last, first
    return model.layers[first[0] : last[-1] + 1]


def _count(model: Summarized) -> str:
    """Return the lines with the numbers of parameters below the table."""
    total = sum(layer.count_params() for layer in model.layers if layer.built)
    trainable = sum(weight.size for weight in model.trainable_weights)
    counts = {
        "Total": total,
        "Trainable": trainable,
        "Non-trainable": total - trainable,
    }
    return "".join(
        f" {kind} params: {count:,} ({_format_size(4.0 * count)})\n"
        for kind, count in counts.items()
    )


def _format_size(size: float) -> str:
    """Return a number of bytes as `397.54 KB`."""
    units = ["B", "KB", "MB", "GB", "TB", "PB"]
    while size >= 1024 and len(units) > 1:
        size /= 1024
        del units[0]
    return f"{size:.2f} {units[0]}"


def _column_widths(
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


def _draw(header: list[str], rows: list[list[str]], widths: list[int]) -> str:
    """Return the table: a heavy header, and a line between the rows."""
    box = _BOX if stdout_can_show("".join(_BOX.values())) else _ASCII_BOX
    lines = [
        _rule(box["top"], widths),
        *_row(header, widths, box["header"], box["ellipsis"], to_bottom=True),
        _rule(box["under header"], widths),
    ]
    for at, row in enumerate(rows):
        if at > 0:
            lines.append(_rule(box["between rows"], widths))
        lines += _row(row, widths, box["row"], box["ellipsis"])
    lines.append(_rule(box["bottom"], widths))
    return "\n".join(lines) + "\n"


def _rule(pieces: str, widths: list[int]) -> str:
    """Return a horizontal line of the box."""
    left, filling, crossing, right = tuple(pieces)
    return left + crossing.join(filling * width for width in widths) + right


def _row(
    texts: list[str],
    widths: list[int],
    pieces: str,
    ellipsis: str,
    to_bottom: bool = False,
) -> list[str]:
    """Return the lines of a row, as many as its longest text needs."""
    cells = [
        [_crop(line, width - 2, ellipsis) for line in _wrap(text, width - 2)]
        for text, width in zip(texts, widths, strict=True)
    ]
    height = max(len(cell) for cell in cells)
    left, _, divider, right = tuple(pieces)
    lines = []
    for at in range(height):
        fields = []
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True)):
            line = at - (height - len(cell)) if to_bottom else at
            text = cell[line] if 0 <= line < len(cell) else ""
            fields.append(f" {_align(text, width - 2, column)} ")
        lines.append(left + divider.join(fields) + right)
    return lines


def _wrap(text: str, width: int) -> list[str]:
    """Break a text between words, so that each line fits if its words do."""
    lines = [""]
    for word in re.findall(r"\s*\S+\s*", text):
        if lines[-1] and _cells(lines[-1]) + _cells(word.rstrip()) > width:
            lines.append("")
        lines[-1] += word
    return [line.rstrip() for line in lines]


def _crop(line: str, width: int, ellipsis: str) -> str:
    """Cut a line that is too long, and show that something is missing."""
    if _cells(line) <= width:
        return line
    while _cells(line) > width - 1:
        line = line[:-1]
    # Where a sign of two cells had to go, one cell is left over.
    return line + " " * (width - 1 - _cells(line)) + ellipsis


def _align(text: str, width: int, column: int) -> str:
    """Fill up with spaces: numbers stand right, `Trainable` in the middle."""
    spare = width - _cells(text)
    left = {2: spare, 3: spare // 2}.get(column, 0)
    return " " * left + text + " " * (spare - left)


def _cells(text: str) -> int:
    """Return the width of a text on screen, where Chinese takes two cells a sign."""
    return sum(
        2 if unicodedata.east_asian_width(sign) in "WF" else 1
        for sign in text
        if not unicodedata.combining(sign)
    )
