"""Lists, tuples and dictionaries within each other: `keras.tree`.

Dictionaries are gone through in the order of their keys, as Keras does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fastmlp._util.keywords import suggesting

__all__ = [
    "assert_same_structure",
    "flatten",
    "is_nested",
    "map_structure",
    "pack_sequence_as",
]


def __dir__() -> list[str]:
    return __all__


@suggesting
def is_nested(structure: Any) -> bool:
    """Tell whether something is a list, a tuple or a dictionary.

    Example:
        >>> is_nested([1, 2]), is_nested("12")
        (True, False)
    """
    return isinstance(structure, (list, tuple, Mapping))


@suggesting
def flatten(structure: Any) -> list[Any]:
    """Return all that is in a structure, in one list.

    Example:
        >>> flatten({"b": [1, (2, 3)], "a": 0})
        [0, 1, 2, 3]
    """
    if not is_nested(structure):
        return [structure]
    return [leaf for part in _parts(structure) for leaf in flatten(part)]


@suggesting
def map_structure(func: Callable[..., Any], *structures: Any) -> Any:
    """Return a structure of what a function makes of all that is in others like it.

    Args:
        func: The function; it gets one thing of each structure.
        structures: One or more, all alike.

    Raises:
        ValueError: They are not alike, or there is none.

    Example:
        >>> map_structure(lambda x, y: x + y, {"a": 1, "b": [2]}, {"a": 3, "b": [4]})
        {'a': 4, 'b': [6]}
    """
    if not structures:
        raise ValueError("map_structure needs a structure behind the function.")
    first, *others = structures
    for other in others:
        assert_same_structure(first, other)
    rows = zip(*map(flatten, structures), strict=True)
    return pack_sequence_as(first, [func(*row) for row in rows])


@suggesting
def pack_sequence_as(structure: Any, flat_sequence: Any) -> Any:
    """Return a flat list in the form of a structure; the way back from `flatten`.

    Raises:
        ValueError: There are not as many things in both.

    Example:
        >>> pack_sequence_as({"b": [1, 2], "a": 0}, ["x", "y", "z"])
        {'b': ['y', 'z'], 'a': 'x'}
    """
    flat = list(flat_sequence)
    count = len(flatten(structure))
    if len(flat) != count:
        raise ValueError(
            f"The structure has {count} places, but the sequence {len(flat)} entries."
        )
    return _filled(structure, iter(flat))


@suggesting
def assert_same_structure(a: Any, b: Any) -> None:
    """Refuse two structures that are not alike, of the same types and keys.

    Raises:
        ValueError: They are not.

    Example:
        >>> assert_same_structure([1, (2, 3)], [4, (5, 6)])
    """
    if not is_nested(a) and not is_nested(b):
        return
    if (
        type(a) is not type(b)
        or len(a) != len(b)
        or (isinstance(a, Mapping) and set(a) != set(b))
    ):
        raise ValueError(f"These structures are not alike: {_form(a)} and {_form(b)}.")
    for one, other in zip(_parts(a), _parts(b), strict=True):
        assert_same_structure(one, other)


def _parts(structure: Any) -> list[Any]:
    if isinstance(structure, Mapping):
        return [structure[key] for key in sorted(structure)]
    return list(structure)


def _filled(structure: Any, leaves: Iterator[Any]) -> Any:
    if not is_nested(structure):
        return next(leaves)
    if isinstance(structure, Mapping):
        filled = {key: _filled(structure[key], leaves) for key in sorted(structure)}
        return {key: filled[key] for key in structure}
    kind: Any = type(structure)
    parts = [_filled(part, leaves) for part in structure]
    return kind(*parts) if hasattr(structure, "_fields") else kind(parts)


def _form(structure: Any) -> str:
    """Return what a structure is like, without what is in it."""
    if not is_nested(structure):
        return "a single thing"
    kind = type(structure).__name__
    if isinstance(structure, Mapping):
        return f"a {kind} of the keys {', '.join(map(str, sorted(structure)))}"
    return f"a {kind} of {len(structure)}"
