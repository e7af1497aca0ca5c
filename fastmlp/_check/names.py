"""Automatic names: dense, dense_1, ... in the order in which things are made."""

import re
from collections import Counter
from typing import Any

from fastmlp._check.numbers import describe

_used: Counter[str] = Counter()


def snake_case(name: str) -> str:
    """Return a class's name in small letters.

    Example:
        >>> snake_case("InputLayer"), snake_case("RMSprop"), snake_case("Pooling1D")
        ('input_layer', 'rm_sprop', 'pooling1d')
    """
    starts = r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z0-9])(?=[A-Z][a-z])"
    return re.sub(starts, "_", name).lower()


def name_of(owner: object, name: str | None) -> str:
    """Return `name`, checked, or the next automatic name for the owner's class.

    Raises:
        ValueError: It is not a string, or has a slash.
    """
    if name is None:
        return next_name(snake_case(type(owner).__name__))
    if not isinstance(name, str) or "/" in name:
        raise ValueError(f"`name` must be a string without '/', not {describe(name)}.")
    return name


def next_name(base: str) -> str:
    """Return the next automatic name: without a number, then with 1, 2, ..."""
    number = _used[base]
    _used[base] += 1
    return f"{base}_{number}" if number else base


def as_text(argument: str, value: Any) -> str:
    """Return a text.

    Raises:
        TypeError: It is none.
    """
    if not isinstance(value, str):
        raise TypeError(f"{argument} must be text, not {describe(value)}.")
    return value


def forget_names() -> None:
    """Start counting anew."""
    _used.clear()
