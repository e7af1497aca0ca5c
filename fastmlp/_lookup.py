"""Find a thing by its Keras name, or say which names there are."""

import difflib
from collections.abc import Mapping
from typing import TypeVar

Found = TypeVar("Found")


def look_up(kind: str, name: str, table: Mapping[str, Found]) -> Found:
    """Return `table[name]`; upper and lower case are the same, as in Keras.

    Args:
        kind: What the names stand for, such as "optimizer"; used in the message.
        name: The name that the user gave.
        table: Every known name, in lower case.

    Raises:
        ValueError: No such name; the message suggests the nearest one and
            lists them all.
    """
    if name.lower() in table:
        return table[name.lower()]
    near = difflib.get_close_matches(name.lower(), table, n=1)
    suggestion = f" Did you mean {near[0]!r}?" if near else ""
    raise ValueError(
        f"Could not interpret {kind} identifier: {name!r}.{suggestion} "
        f"The names are: {', '.join(sorted(table))}."
    )
