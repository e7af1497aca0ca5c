"""A user's CSV file: its text becomes numbers and classes, or a sentence with the line.

Every column of numbers is learnt from. Columns of words are left out, and said to be.
"""

from __future__ import annotations

import csv
import io
import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp._draw.recipe import quoted

MOST_CLASSES = 8  # that colours and signs tell apart
_MOST_ROWS = 20_000
_MOST_COLUMNS = 100
_DELIMITERS = ",;\t|"


class Table(NamedTuple):
    """What a CSV file says."""

    name: str  # of the file
    delimiter: str
    has_header: bool
    columns: list[str]  # names of all columns
    features: list[int]  # the columns that are learnt from
    label: int  # the column that holds the classes
    x: NDArray[np.float64]  # (rows, features)
    y: NDArray[np.intp]
    classes: list[str]

    @property
    def label_name(self) -> str:
        """The name of the column that holds the classes."""
        return self.columns[self.label]

    @property
    def left_out(self) -> list[str]:
        """The names of columns that are neither numbers nor the label."""
        used = {*self.features, self.label}
        return [one for at, one in enumerate(self.columns) if at not in used]

    def written(self) -> tuple[str, str]:
        """Return code that reads the file as it was read here."""
        number = "float(row[i])"
        if self.delimiter != ",":
            number = 'float(row[i].replace(",", "."))'
        names = "_, *rows = rows  # the names of the columns" if self.has_header else ""
        return (
            f"""
            with open({quoted(self.name)}, encoding="utf-8-sig", newline="") as file:
                rows = list(csv.reader(file, delimiter={quoted(self.delimiter)}))
            rows = [row for row in rows if any(cell.strip() for cell in row)]
            {names}
            """,
            f"""
            x = np.array([[{number} for i in {self.features}] for row in rows])
            classes = sorted({{row[{self.label}].strip() for row in rows}})
            y = np.array([classes.index(row[{self.label}].strip()) for row in rows])
            """,
        )


def read_table(name: str, text: str, label: str | None = None) -> Table:
    r"""Read a CSV file.

    Cells may be separated by commas, semicolons, tabs or bars; where it is no comma, a
    number may have a decimal comma. A first line without any number has the names.

    Args:
        name: The file's name.
        text: What is in it.
        label: The column that holds the classes; None takes the last one that has 2 to
            8 different values.

    Raises:
        ValueError: It is no such table; the sentence says in which line.

    Example:
        >>> table = read_table("a.csv", "width,height,kind\n1,2,cat\n3,4,dog\n")
        >>> table.columns, table.x.tolist(), table.classes
        (['width', 'height', 'kind'], [[1.0, 2.0], [3.0, 4.0]], ['cat', 'dog'])
    """
    delimiter = _delimiter_of(text)
    numbered = _rows_of(name, text, delimiter)
    comma = delimiter != ","
    first = numbered[0][1]
    has_header = len(numbered) > 1 and all(_number(one, comma) is None for one in first)
    columns = [f"column {at + 1}" for at in range(len(first))]
    if has_header:
        columns = [one or columns[at] for at, one in enumerate(first)]
        numbered = numbered[1:]
    if len(numbered) > _MOST_ROWS:
        raise ValueError(
            f"{name} has {len(numbered):,} rows, and the playground takes "
            f"{_MOST_ROWS:,}. For more there is fastmlp itself."
        )
    at = _label_of(name, columns, numbered, label)
    features = _features_of(name, columns, numbered, at, comma)
    x = np.array([[_number(row[i], comma) for i in features] for _, row in numbered])
    labels = [row[at] for _, row in numbered]
    classes = sorted(set(labels))
    y = np.array([classes.index(one) for one in labels])
    return Table(name, delimiter, has_header, columns, features, at, x, y, classes)


def _delimiter_of(text: str) -> str:
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(_DELIMITERS, key=first.count)


def _rows_of(name: str, text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """Return the rows that are not empty, each with the number of its line."""
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=delimiter)
    rows: list[tuple[int, list[str]]] = []
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells):
                rows.append((reader.line_num, cells))
    except csv.Error as error:
        raise ValueError(f"Line {reader.line_num} of {name}: {error}.") from None
    if not rows:
        raise ValueError(f"{name} is empty: it needs a line for each point.")
    first_line, first = rows[0]
    if len(first) < 3:
        raise ValueError(
            f"Line {first_line} of {name} has {_cells(len(first))}, and at least 3 are "
            "needed: two columns of numbers and one with the class, with commas, "
            "semicolons or tabs between them."
        )
    for line, row in rows:
        if len(row) != len(first):
            raise ValueError(
                f"Line {line} of {name} has {_cells(len(row))}, but line {first_line} "
                f"has {len(first)}. Each line needs as many."
            )
    return rows


def _cells(count: int) -> str:
    return f"{count} cell{'s' if count != 1 else ''}"


def _number(cell: str, decimal_comma: bool) -> float | None:
    try:
        number = float(cell.replace(",", ".") if decimal_comma else cell)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _label_of(
    name: str,
    columns: list[str],
    numbered: list[tuple[int, list[str]]],
    label: str | None,
) -> int:
    """Return which column holds the classes."""
    counts = [
        len({row[at] for _, row in numbered} - {""}) for at in range(len(columns))
    ]
    if label is not None:
        if label not in columns:
            raise ValueError(f"{name} has no column {label!r}: {', '.join(columns)}.")
        at = columns.index(label)
        if not 2 <= counts[at] <= MOST_CLASSES:
            raise ValueError(
                f"Column {label!r} of {name} has {counts[at]:,} different values, and "
                f"classes may be 2 to {MOST_CLASSES}. Choose another as the label."
            )
    else:
        known = [k for k, count in enumerate(counts) if 2 <= count <= MOST_CLASSES]
        if not known:
            raise ValueError(
                f"No column of {name} can be the class: one with 2 to {MOST_CLASSES} "
                f"different values is needed, and the last one, {columns[-1]!r}, has "
                f"{counts[-1]:,}."
            )
        at = known[-1]
    empty = next((line for line, row in numbered if not row[at]), None)
    if empty is not None:
        raise ValueError(
            f"Line {empty} of {name} has no class in the column {columns[at]!r}. Fill "
            "it in, or delete the line."
        )
    return at


def _features_of(
    name: str,
    columns: list[str],
    numbered: list[tuple[int, list[str]]],
    label: int,
    comma: bool,
) -> list[int]:
    """Return which columns hold numbers: in all of their cells, or it is a mistake."""
    features = []
    for at, column in enumerate(columns):
        missing = [line for line, row in numbered if _number(row[at], comma) is None]
        if at == label or len(missing) == len(numbered):
            continue
        if missing:
            cell = next(row[at] for line, row in numbered if line == missing[0])
            found = f"{cell!r}" if cell else "nothing"
            raise ValueError(
                f"Line {missing[0]} of {name} has {found} in the column {column!r}, "
                "and a number was expected. Fill it in, or delete the line."
            )
        features.append(at)
    if len(features) > _MOST_COLUMNS:
        raise ValueError(
            f"{name} has {len(features):,} columns of numbers, and the playground "
            f"takes {_MOST_COLUMNS}. For more there is fastmlp itself."
        )
    if len(features) < 2:
        raise ValueError(
            f"{name} has {len(features)} column{'s' if len(features) != 1 else ''} of "
            f"numbers besides its label {columns[label]!r}, and the picture needs 2."
        )
    return features


def table_of(given: Any) -> Table:
    """Return the table of what the page sends: name, text and label.

    Raises:
        TypeError: It is nothing of the kind.
        ValueError: It is no such table.
    """
    if not isinstance(given, dict) or not {"name", "text"} <= set(given):
        raise TypeError("Choose a CSV file first.")
    name, text, label = given["name"], given["text"], given.get("label")
    if not isinstance(name, str) or not isinstance(text, str):
        raise TypeError("The name and the text of a CSV file must be text.")
    return read_table(name, text, label or None)
