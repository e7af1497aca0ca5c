"""Which rows and units of a step are shown, and what they are called."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastmlp import tables
from fastmlp._check.numbers import as_count, describe
from fastmlp.inspect._replay import Replay
from fastmlp.reference import Array

# Where number k of what comes out is made of number k of what goes in.
_PLACE_BY_PLACE = (
    *("activation", "affine", "batch_normalization", "unit_normalization"),
    *("layer_normalization", "rms_normalization", "prelu", "add", "subtract"),
    *("multiply", "average", "maximum", "minimum", *tables.NOISE),
)

# What the letters of an equation are here; all others have the names that they have.
_LETTERS = {"kernel": "w", "embeddings": "w", "bias": "b"}


class Choice:
    """The rows and units that a story shows, and its letters.

    Args:
        replay: The step.
        rows: Which rows of the batch, or how many, the first ones.
        units: Which units of each layer, or how many: those that matter most, which
            have the largest gradients; of inputs, those that are largest.

    Attributes:
        rows: Which rows.

    Raises:
        TypeError: They are no whole numbers.
        ValueError: There are no such rows or units.
    """

    def __init__(self, replay: Replay, rows: Any, units: Any) -> None:
        self._replay = replay
        count = replay.batch.rows
        if isinstance(rows, (list, tuple, range, np.ndarray)):
            self.rows = _places("rows", rows, count, "the batch has {} rows")
        else:
            self.rows = list(range(min(as_count("rows", rows, 1), count)))
        self._given: list[int] | None = None
        self._most = 0
        if isinstance(units, (list, tuple, range, np.ndarray)):
            widest = max(op.outputs for op in replay.plan.ops)
            self._given = _places("units", units, widest, "no layer has more than {}")
        else:
            self._most = as_count("units", units, 1)
        self._chosen: dict[int, list[int]] = {}
        self._choose()
        self._names: dict[int, str] = {}
        self._array_names: dict[int, str] = {}
        self._name()

    def units(self, place: int) -> list[int]:
        """Return which numbers are shown of what lies at a place of the plan."""
        return self._chosen[place]

    def name(self, place: int) -> str:
        """Return the letter of what lies at a place: h1 is what layer 1 gives."""
        return self._names[place]

    def array_name(self, place: int) -> str:
        """Return the letter of an array of the plan, such as w1."""
        return self._array_names[place]

    def numbers_at(self, place: int) -> Array:
        """Return what lies there: inputs, or what came out of an operation."""
        replay = self._replay
        if place < 0:
            return replay.batch.inputs[-1 - place]
        return replay.passed.outputs[place]

    # -- Choosing -----------------------------------------------------------------

    def _choose(self) -> None:
        replay = self._replay
        graph, deltas = replay.plan.graph, replay.passed.deltas
        # From the last operation on, so that a unit stays in sight as far as it goes.
        targets = dict(zip(graph.outputs, replay.batch.targets, strict=True))
        for op in reversed(range(len(replay.layers))):
            sizes = np.abs(deltas.get(op, self.numbers_at(op)))
            t = targets[op].t if op in targets else sizes
            if t.shape == sizes.shape and op in targets:
                # What should have come out is of interest, however small the blame.
                sizes = np.where(t == t.max(axis=1, keepdims=True), np.inf, sizes)
            self._pick(op, sizes)
            if replay.layers[op].kind in _PLACE_BY_PLACE:
                for source in graph.sources[op]:
                    self._chosen.setdefault(source, self._chosen[op])
        for j, x in enumerate(replay.batch.inputs):
            self._pick(-1 - j, x)

    def _pick(self, place: int, numbers: Array) -> None:
        if place in self._chosen:
            return
        width = numbers.shape[1]
        if self._given is not None:
            chosen = [one for one in self._given if one < width] or [0]
        elif width <= self._most:
            chosen = list(range(width))
        else:
            sizes = np.abs(numbers[self.rows]).sum(axis=0)
            # Of equal ones the first.
            order = np.argsort(-np.where(np.isnan(sizes), 0, sizes), kind="stable")
            chosen = sorted(map(int, order[: self._most]))
        self._chosen[place] = chosen

    # -- Naming -------------------------------------------------------------------

    def _name(self) -> None:
        replay = self._replay
        inputs = len(replay.batch.inputs)
        for j in range(inputs):
            self._names[-1 - j] = "x" if inputs == 1 else f"x{j + 1}"
        for number, span in enumerate(replay.spans.values(), 1):
            for at, op in enumerate(span):
                last = at == len(span) - 1
                letter = f"z{number}" + "'" * at
                self._names[op] = f"h{number}" if last else letter
                self._name_arrays(op, number)
        heads = replay.plan.graph.outputs
        for op, layer in enumerate(replay.layers):
            self._names.setdefault(op, f"o{op}")  # Added for the loss.
            if layer.link.is_fused:
                which = str(heads.index(op) + 1) if len(heads) > 1 else ""
                self._names[op] = f"p{which}"

    def _name_arrays(self, op: int, number: int) -> None:
        for one in self._replay.layers[op].weights:
            if one is not None and one.place not in self._array_names:
                path = self._replay.paths[one.place]
                name = path.rpartition("/")[2]
                self._array_names[one.place] = f"{_LETTERS.get(name, name)}{number}"


def _places(name: str, given: Any, count: int, known: str) -> list[int]:
    """Return places that somebody named, counted from 0."""
    found = [as_count(f"A number in {name}", one, 0) for one in list(given)]
    if not found:
        raise ValueError(f"{name} is empty: name at least one, such as {name}=[0].")
    if max(found) >= count:
        raise ValueError(
            f"{name} names {describe(max(found))}, but {known.format(count)}, counted "
            "from 0."
        )
    return list(dict.fromkeys(found))
