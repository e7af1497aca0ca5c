"""What each part of the story of a step is told with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from fastmlp import tables
from fastmlp.inspect._blocks import Block, Line, Table, number
from fastmlp.inspect._choice import Choice
from fastmlp.inspect._equations import equation_of
from fastmlp.inspect._replay import Replay
from fastmlp.layers import Layer as KerasLayer
from fastmlp.reference import Array
from fastmlp.reference.batch import Layer

# How many numbers of a weight are shown, one by one.
MOST_PLACES = 4


class Teller:
    """A step, and which of its numbers are shown.

    Args:
        replay: The step.
        choice: Which rows and units are shown, and what they are called.
    """

    def __init__(self, replay: Replay, choice: Choice) -> None:
        self.replay = replay
        self.choice = choice

    # -- Layers -------------------------------------------------------------------

    def calls(self) -> Iterator[tuple[int, KerasLayer, list[int]]]:
        """Go through the calls of layers: the number, the layer, its operations."""
        for at, (number_of_call, span) in enumerate(self.replay.spans.items(), 1):
            yield at, self.replay.calls[number_of_call].layer, list(span)

    def letters(self, op: int) -> dict[str, str]:
        """Return what the letters of an operation's equations are called here."""
        layer, name = self.replay.layers[op], self.choice.name
        sources = self.replay.plan.graph.sources[op]
        found = {"x": name(sources[0]), "y": name(op)}
        if len(sources) > 1:
            found["z"] = name(sources[1])
        letters = {
            "dense": ("w", "b"),
            "embedding": ("w",),
            "batch_normalization": ("gamma", "beta"),
            "layer_normalization": ("gamma", "beta"),
            "rms_normalization": ("gamma", "beta"),
            "prelu": ("alpha",),
        }.get(layer.kind, ())
        for letter, one in zip(letters, layer.weights, strict=False):
            if one is not None:
                found[letter] = self.choice.array_name(one.place)
        return found

    def equation(self, kernel: str, op: int) -> Line:
        """Return the equation of a kernel, with the letters of an operation."""
        letters = self.letters(op)
        text = equation_of(kernel, letters)
        if "=" not in text and text[0].islower():  # Else it is a sentence.
            text = f"{letters['y']} = {text}"
        return Line("equation", text)

    # -- Tables -------------------------------------------------------------------

    def grid(self, name: str, numbers: Array, columns: Sequence[int]) -> Table:
        """Return the rows and columns that are shown of something, a row a sample."""
        rows = [[name, *(f"unit {k}" for k in columns)]]
        for row in self.choice.rows:
            shown = [number(numbers[row, k]) for k in columns]
            rows.append([f"row {row}", *shown])
        return Table(rows)

    def outputs(self, place: int) -> Table:
        """Return what is shown of what lies at a place."""
        numbers, units = self.choice.numbers_at(place), self.choice.units(place)
        return self.grid(self.choice.name(place), numbers, units)

    def array(self, op: int, numbers: Array, name: str) -> Table:
        """Return what is shown of an array of an operation, or of its gradient."""
        if self.replay.layers[op].kind == "function":
            some = first_places(numbers)
            shown = [number(numbers[place]) for place in some]
            return Table([[name, *map(index_of, some)], ["", *shown]])
        columns = self.columns_of(op, numbers)
        if numbers.ndim == 1:
            shown = [number(numbers[k]) for k in columns]
            return Table([[name, *(f"unit {k}" for k in columns)], ["", *shown]])
        rows = [[name, *(f"unit {k}" for k in columns)]]
        for i in self.rows_of(op, numbers):
            rows.append([f"from {i}", *(number(numbers[i, k]) for k in columns)])
        return Table(rows)

    def columns_of(self, op: int, numbers: Array) -> list[int]:
        """Return which columns of an array of an operation are shown."""
        width = numbers.shape[-1]
        return [k for k in self.choice.units(op) if k < width] or [0]

    def rows_of(self, op: int, numbers: Array) -> list[int]:
        """Return which rows of a w are shown: of inputs that are, or of ids."""
        layer = self.replay.layers[op]
        source = layer.edges[0].source
        if layer.kind == "embedding":
            ids = self.choice.numbers_at(source)[self.choice.rows].ravel()
            return sorted({int(one) for one in ids[: len(self.choice.rows)]})
        return [i for i in self.choice.units(source) if i < len(numbers)] or [0]

    # -- Numbers ------------------------------------------------------------------

    def settings(self, values: Mapping[str, float]) -> Line:
        """Return what something is set to."""
        text = ", ".join(f"{name} = {number(one)}" for name, one in values.items())
        return Line("numbers", text)

    def sum_of_products(
        self, name: str, x: Array, w: Array, shown: Sequence[int], bias: Array | None
    ) -> Line:
        """Write one number as the sum that it is, as far as its terms are shown.

        Args:
            name: The number.
            x: One factor of each term.
            w: The other.
            shown: Which terms are shown; the others are summed up.
            bias: What is added at last, or None.
        """
        products = np.float64(x) * np.float64(w)
        terms = [f"{_held(x[i])} · {_held(w[i])}" for i in shown]
        others = np.delete(products, shown)
        if others.size:
            more = "other" if others.size == 1 else f"{others.size} others"
            terms.append(f"{_held(float(others.sum()))} (the {more})")
        total = float(products.sum())
        if bias is not None:
            terms.append(_held(float(bias)))
            total += float(bias)
        return Line("numbers", f"{name} = {' + '.join(terms)} = {number(total)}")


def first_places(numbers: Array) -> list[tuple[int, ...]]:
    """Return where the first numbers of an array of any shape are."""
    count = min(numbers.size, MOST_PLACES)
    return [tuple(map(int, np.unravel_index(k, numbers.shape))) for k in range(count)]


def index_of(place: tuple[int, ...]) -> str:
    """Return a place as it is written: "[0, 2]"; that of a single number is ""."""
    return f"[{', '.join(map(str, place))}]" if place else ""


def _held(value: float) -> str:
    """Return a number that stands behind a sign: in brackets if it is negative."""
    text = number(value)
    return f"({text})" if text.startswith("-") else text


def forward_kernel(layer: Layer) -> str:
    """Return the function of the reference that computes an operation."""
    if layer.kind == "activation":
        return layer.activation
    return {
        "dense": "dense_forward",
        "batch_normalization": "normalize",
        "rms_normalization": "layer_normalization",
    }.get(layer.kind, layer.kind)


def backward_kernel(layer: Layer) -> str:
    """Return the function of the reference whose docstring says what goes back."""
    if layer.kind == "activation":
        return f"{layer.activation}_backward"
    return {
        "batch_normalization": "normalize_backward",
        "rms_normalization": "layer_normalization_backward",
    }.get(layer.kind, f"{layer.kind}_backward")


_MERGING = tables.KINDS[tables.KINDS.index("concatenate") :]


def is_merging(layer: Layer) -> bool:
    """Tell whether an operation brings several sources together."""
    return layer.kind in _MERGING


def all_of(*parts: Sequence[Block]) -> list[Block]:
    """Return the blocks of several parts."""
    return [block for part in parts for block in part]
