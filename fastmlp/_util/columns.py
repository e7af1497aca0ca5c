"""Rows of text as a plain table."""

from collections.abc import Sequence


def in_columns(rows: Sequence[Sequence[str]], left: int = 1) -> str:
    """Return rows of text as a table; the first `left` columns stand left.

    Example:
        >>> print(in_columns([["name", "size"], ["w", "12"]]))
        name  size
        w       12
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = zip(row, widths, strict=True)
        fields = [
            text.ljust(width) if at < left else text.rjust(width)
            for at, (text, width) in enumerate(cells)
        ]
        lines.append("  ".join(fields).rstrip())
    return "\n".join(lines)
