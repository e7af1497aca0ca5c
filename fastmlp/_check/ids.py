"""Ids: whole numbers, each of which an embedding has a vector for."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

# Up to here float32, in which all inputs are, counts one by one.
MOST_IDS = 2**24


def refuse_unknown_ids(ids: NDArray[Any], layer: str, known: int) -> None:
    """Refuse numbers that are no ids, or ids beyond the last one.

    Args:
        ids: Numbers of any shape, as the user gave them.
        layer: The name of the embedding.
        known: How many ids it knows, from 0 on.

    Raises:
        ValueError: One is negative, too large, NaN, or no whole number.
    """
    if not ids.size or ids.dtype.kind == "b":
        return
    if ids.min() >= 0 and ids.max() < known and ids.dtype.kind in "iu":
        return
    wrong = ~((ids >= 0) & (ids < known))
    if wrong.any():
        hint = (
            f"Give it input_dim={int(ids.max()) + 1} or more"
            if np.isfinite(ids.max()) and ids.max() >= known
            else "Count them from 0"
        )
        raise ValueError(
            f"{_place(wrong)} is no id that layer {layer!r} knows: these are the whole "
            f"numbers from 0 to {known - 1}. {hint}."
        )
    if ids.dtype.kind not in "iu":
        wrong = ids != np.floor(ids)
        if wrong.any():
            raise ValueError(
                f"{_place(wrong)} is no whole number, as the ids of layer {layer!r} "
                "are: give numbers that are to be scaled and summed an input of their "
                "own."
            )


def _place(wrong: NDArray[np.bool_]) -> str:
    """Return where the first of some numbers stands."""
    first = np.unravel_index(int(wrong.argmax()), wrong.shape)
    return f"x[{', '.join(map(str, first))}]"
