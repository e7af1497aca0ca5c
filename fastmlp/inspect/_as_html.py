"""The story of a step as HTML, for notebooks: one piece, without scripts or pictures.

It has the colors of what shows it, light or dark, but for the edge of each part.
"""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Iterator, Sequence

from fastmlp._util.html_table import Markup, table
from fastmlp.inspect._blocks import Block, Heading, Line, Table

# Colors that the color-blind tell apart, and that are seen on white and on black.
_EDGES = {
    "Forward": "#0072B2",
    "Loss": "#E69F00",
    "Backward": "#D55E00",
    "Update": "#009E73",
}
_MATH = "font-family:Cambria,'STIX Two Math',Georgia,'Times New Roman',serif"
_STYLES = {
    "equation": f"{_MATH};font-size:1.15em;margin:0.35em 0",
    "numbers": "font-variant-numeric:tabular-nums;margin:0.35em 0;opacity:0.9",
    "note": "margin:0.35em 0;opacity:0.75",
}
# Their names are those of HTML.
_GREEK = ("alpha", "beta", "gamma", "delta", "epsilon", "rho")
_LETTERS = "abceghkmnopqstuvwxyz"

# What a power is: in brackets, a letter with its index, or a number.
_POWER = re.compile(r"\^(?:\(([^()]*)\)|(-?[A-Za-z]\w*|-?[\d.]+))")
_WORD = re.compile(r"(?<![0-9.])[A-Za-z][A-Za-z0-9_]*'?")
_NAME = re.compile(
    rf"(d?)({'|'.join(_GREEK)}|[{_LETTERS}])(\d*)((?:_[A-Za-z0-9]{{1,2}})*)('?)$"
)


def as_html(blocks: Sequence[Block]) -> str:
    """Return a story as HTML."""
    parts: list[str] = []
    is_open = False
    for kind, group in itertools.groupby(blocks, key=type):
        if kind is Table:
            tables = "".join(_table(one) for one in group)  # type: ignore[arg-type]
            parts.append(
                '<div style="display:flex;flex-wrap:wrap;gap:0.6em 2.5em;'
                f'margin:0.5em 0 0.9em">{tables}</div>'
            )
            continue
        for block in group:
            if isinstance(block, Heading) and block.level == 2:
                parts.append("</section>" if is_open else "")
                edge = _EDGES[block.text]
                parts.append(
                    f'<section style="border-left:4px solid {edge};'
                    'padding:0 0 0.1em 1em;margin:1.2em 0">'
                )
                is_open = True
            parts.append(_element(block))  # type: ignore[arg-type]
    parts.append("</section>" if is_open else "")
    return (
        '<div style="max-width:60em;line-height:1.45;overflow-wrap:break-word">'
        f"{''.join(parts)}</div>"
    )


def _element(block: Heading | Line) -> str:
    if isinstance(block, Heading):
        size = {1: "1.3em", 2: "1.2em", 3: "1.05em"}[block.level]
        style = f"font-size:{size};font-weight:600;margin:0.9em 0 0.3em"
        text = html.escape(block.text)
        level = block.level + 2
        return f'<h{level} style="{style}">{text}</h{level}>'
    text = html.escape(block.text) if block.kind == "note" else math(block.text)
    return f'<div style="{_STYLES[block.kind]}">{text}</div>'


def _table(block: Table) -> str:
    header, *rows = block.rows
    head = [Markup(math(header[0])), *header[1:]]
    named = [[Markup(math(row[0])), *map(_number, row[1:])] for row in rows]
    found = table(head, named, to_the_right=header[1:])
    return (
        f'<div style="max-width:100%;overflow-x:auto;white-space:nowrap">{found}</div>'
    )


def _number(text: str) -> Markup:
    return Markup(re.sub(r"^-|(?<=e)-", "&minus;", text))


def math(text: str) -> str:
    """Return an equation as HTML, with indices, powers and Greek letters.

    Example:
        >>> math("w <- w - rho dz1^2")
        '<i>w</i> ← <i>w</i> &minus; <i>&rho;</i> <i>dz</i><sub>1</sub><sup>2</sup>'
        >>> math("epsilon = 1e-07")
        '<i>&epsilon;</i> = 1e&minus;07'
    """
    return "".join(_parts(text))


def _parts(text: str) -> Iterator[str]:
    end = 0
    for match in _POWER.finditer(text):
        yield _flat(text[end : match.start()])
        yield f"<sup>{_flat(match[1] or match[2])}</sup>"
        end = match.end()
    yield _flat(text[end:])


def _flat(text: str) -> str:
    """Return a text without powers."""
    parts, end = [], 0
    for match in _WORD.finditer(text):
        parts.append(_signs(text[end : match.start()]))
        parts.append(_named(match[0]))
        end = match.end()
    parts.append(_signs(text[end:]))
    return "".join(parts)


def _signs(text: str) -> str:
    text = html.escape(text.replace("<-", "←"), quote=False)
    return text.replace("-", "&minus;")


def _named(word: str) -> str:
    if word == "sqrt":
        return "√"
    if word.startswith("sum_"):
        return f"Σ<sub><i>{word[4:]}</i></sub>"
    found = _NAME.match(word)
    if found is None or word == "a":
        name, _, index = word.rpartition("_")
        indexed = name and len(index) == 1
        return f"{name}<sub>{index}</sub>" if indexed else html.escape(word)
    d, letter, number, index, prime = found.groups()
    below = ",".join([*filter(None, [number]), *index.split("_")[1:]])
    name = f"<i>{d}{f'&{letter};' if letter in _GREEK else letter}{prime}</i>"
    return f"{name}<sub>{below}</sub>" if below else name
