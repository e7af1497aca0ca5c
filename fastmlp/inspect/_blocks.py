"""What a story of numbers is told in: headings, lines and tables, as text."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

from fastmlp._util.columns import in_columns

WIDTH = 80


class Heading(NamedTuple):
    """A title; level 1 is that of the whole story, 2 of a part, 3 of a layer."""

    level: int
    text: str


class Line(NamedTuple):
    """An equation, the same with numbers, or a note."""

    kind: Literal["equation", "numbers", "note"]
    text: str


class Table(NamedTuple):
    """Numbers with their rows and columns: the first row and column are labels."""

    rows: list[list[str]]


Block: TypeAlias = Heading | Line | Table


def number(value: float) -> str:
    """Return a number as it is shown, with four digits that count.

    Example:
        >>> [number(one) for one in (0.5, -1 / 3, 1234567.0, -0.0)]
        ['0.5', '-0.3333', '1.235e+06', '0']
    """
    text = f"{value:.4g}"
    return "0" if text == "-0" else text


def as_text(blocks: Sequence[Block]) -> str:
    """Return a story as lines of at most 80 characters."""
    lines = [line for block in blocks for line in _lines(block)]
    # One empty line is enough.
    shown = [
        line for before, line in itertools.pairwise(["", *lines]) if line or before
    ]
    return "\n".join(shown).rstrip("\n")


def _lines(block: Block) -> list[str]:
    if isinstance(block, Heading):
        line = {1: "=", 2: "-"}.get(block.level)
        text = textwrap.wrap(block.text, WIDTH)
        return ["", *text, *([line * max(map(len, text))] if line else [])]
    if isinstance(block, Line):
        indent = "  " if block.kind == "note" else "    "
        return textwrap.wrap(
            block.text,
            WIDTH,
            initial_indent=indent,
            subsequent_indent=indent if block.kind == "note" else f"{indent}  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    lines = []
    for part in _narrow(block.rows):
        lines += ["", *(f"      {line}" for line in in_columns(part).split("\n")), ""]
    return lines


def _narrow(rows: list[list[str]]) -> list[list[list[str]]]:
    """Cut a table that is too wide into several, each with the labels of the rows."""
    widths = [max(map(len, column)) + 2 for column in zip(*rows, strict=True)]
    parts: list[list[int]] = [[]]
    room = WIDTH - 6 - widths[0] + 2
    for at, width in enumerate(widths[1:], 1):
        if parts[-1] and sum(widths[k] for k in parts[-1]) + width > room:
            parts.append([])
        parts[-1].append(at)
    return [[[row[0], *(row[k] for k in part)] for row in rows] for part in parts]
