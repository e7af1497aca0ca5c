"""Find a thing by its Keras name, or say which names there are."""

from collections.abc import Mapping
from typing import Any, TypeVar

Found = TypeVar("Found")


def names_in(table: Mapping[str, Any]) -> list[str]:
    """Return the names of a table that a user is told, in alphabetical order.

    Names of classes are known as well: they are those that another name becomes
    without its underscores.

    Example:
        >>> names_in({"mse": 1, "mean_squared_error": 1, "meansquarederror": 1})
        ['mean_squared_error', 'mse']
    """
    classes = {name.replace("_", "") for name in table if "_" in name}
    return sorted(set(table) - classes)


def look_up(
    kind: str,
    name: str,
    table: Mapping[str, Found],
    hints: Mapping[str, str] | None = None,
) -> Found:
    """Return `table[name]`; upper and lower case are the same, as in Keras.

    Args:
        kind: What the names stand for, such as "optimizer"; used in the message.
        name: The name that the user gave.
        table: Every known name, in lower case.
        hints: What to say to names that Keras knows and fastmlp does not, in lower
            case and without underscores.

    Raises:
        ValueError: No such name; the message has the hint or suggests the nearest
            name, and lists them all.
    """
    if name.lower() in table:
        return table[name.lower()]
    names = names_in(table)
    advice = (hints or {}).get(name.lower().replace("_", "")) or _nearest(name, names)
    sentences = [
        f"Could not interpret {kind} identifier: {name!r}.",
        advice,
        f"The names are: {', '.join(names)}.",
    ]
    raise ValueError(" ".join(filter(None, sentences)))


def _nearest(name: str, names: list[str]) -> str:
    """Ask whether the most similar name was meant; "" if none is similar."""
    # Only here: it takes a while to load, and most programs make no mistake.
    import difflib

    near = difflib.get_close_matches(name.lower(), names, n=1)
    return f"Did you mean {near[0]!r}?" if near else ""
