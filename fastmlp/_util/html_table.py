"""A table as HTML, for notebooks.

It has no color and no font of its own: what shows it has those, light or dark.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

_CELL = "padding:0.2em 0.8em;text-align:{};vertical-align:middle"
_HEAD = ";border-bottom:1px solid currentColor"


class Markup(str):
    """Text that is HTML already."""


def table(
    header: Sequence[str], rows: Iterable[Sequence[str]], to_the_right: Sequence[str]
) -> str:
    """Return a table; whatever is no `Markup` is escaped.

    Args:
        header: The names of the columns.
        rows: Their cells.
        to_the_right: The columns whose cells stand right, as numbers do.
    """
    sides = ["right" if name in to_the_right else "left" for name in header]
    body = "".join(_row("td", row, sides) for row in rows)
    return (
        '<table style="border-collapse:collapse;margin:0">'
        f"<thead>{_row('th', header, sides, _HEAD)}</thead>"
        f"<tbody>{body}</tbody></table>"
    )


def _row(tag: str, texts: Sequence[str], sides: Sequence[str], more: str = "") -> str:
    cells = [
        f'<{tag} style="{_CELL.format(side)}{more}">{_escaped(text)}</{tag}>'
        for text, side in zip(texts, sides, strict=True)
    ]
    return f"<tr>{''.join(cells)}</tr>"


def _escaped(text: str) -> str:
    return text if isinstance(text, Markup) else html.escape(text)
