"""Find a thing by its Keras name, or say which names there are."""

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import Any, TypeGuard, TypeVar

Found = TypeVar("Found")


def look_up(
    kind: str,
    name: str,
    table: Mapping[str, Found],
    hints: Mapping[str, str] | None = None,
) -> Found:
    """Return `table[name]`, in either of Keras's spellings.

    Upper and lower case are the same, and underscores do not count: "he_normal" and
    "HeNormal" are one name.

    Args:
        kind: What the names stand for, such as "optimizer"; used in the message.
        name: The name that the user gave.
        table: Every known name, in lower case.
        hints: What to say to names that Keras knows and fastmlp does not, in lower
            case and without underscores.

    Raises:
        ValueError: No such name; the message has the hint or suggests the nearest
            name, and lists them all.

    Example:
        >>> look_up("loss", "MeanSquaredError", {"mean_squared_error": 1})
        1
    """
    plain = _plain(name)
    for known, found in table.items():
        if _plain(known) == plain:
            return found
    advice = (hints or {}).get(plain) or nearest(name, table)
    sentences = [
        f"Could not interpret {kind} identifier: {name!r}.",
        advice,
        f"The names are: {', '.join(sorted(table))}.",
    ]
    raise ValueError(" ".join(filter(None, sentences)))


def classes_by_name(
    base: type[Found], modules: Iterable[ModuleType], spell: Callable[[str], str]
) -> dict[str, type[Found]]:
    """Return the classes that modules have in `__all__`, by what Keras calls them.

    Args:
        base: Of which they are subclasses.
        modules: Where they are.
        spell: How a class's name becomes Keras's; what the class has as `aliases` are
            names as well.
    """
    table = {}
    for module in modules:
        for name in module.__all__:
            found = getattr(module, name)
            if isinstance(found, type) and issubclass(found, base):
                # Not those of the class that it is derived from.
                aliases = vars(found).get("aliases", ())
                table.update(dict.fromkeys((spell(name), *aliases), found))
    return table


def spelled_small(
    names: Mapping[str, Any], base: type[Found]
) -> dict[str, type[Found]]:
    """Return the classes that a module has under a name in small letters too.

    Args:
        names: The names of the module, `globals()`.
        base: Of which they are subclasses.

    Example:
        >>> spelled_small({"one": int, "Two": int, "three": 3}, int)
        {'one': <class 'int'>}
    """
    return {
        name: found
        for name, found in names.items()
        if name.islower() and isinstance(found, type) and issubclass(found, base)
    }


def find(
    kind: str,
    identifier: Any,
    table: Mapping[str, type[Found]],
    hints: Mapping[str, str] | None = None,
    own: str = "None of your own can be used: they are compiled.",
) -> Found:
    """Return the object that a name, a configuration, a class or an object stands for.

    Args:
        kind: What it is, such as "optimizer"; used in messages.
        identifier: What the user gave: "adam", {"class_name": "Adam", "config": {}},
            Adam or Adam().
        table: The class of every known name.
        hints: As in `look_up`.
        own: What to say of one of the user's own.

    Raises:
        ValueError: It is none of these, or its class is the user's own.
    """
    if isinstance(identifier, Mapping) and isinstance(identifier.get("config"), str):
        identifier = identifier["config"]  # A function, as Keras's files have it.
    if isinstance(identifier, str):
        return look_up(kind, identifier, table, hints)()
    if isinstance(identifier, Mapping):
        return from_description(kind, identifier, table, hints)
    if isinstance(identifier, type) and identifier in table.values():
        return identifier()  # type: ignore[no-any-return]
    if type(identifier) in table.values():
        return identifier  # type: ignore[no-any-return]
    raise ValueError(
        f"Could not interpret {kind} identifier of type {type(identifier).__name__}. "
        f"Give a name ({', '.join(sorted(table))}), or an object such as "
        f"{next(iter(table.values())).__name__}(). {own}"
    )


def is_function(thing: Any) -> TypeGuard[Callable[..., Any]]:
    """Tell whether it is a function of the user's, and none that is compiled."""
    return (
        inspect.isfunction(thing)
        or inspect.ismethod(thing)
        or isinstance(thing, functools.partial)
    )


def from_description(
    kind: str,
    description: Mapping[str, Any],
    table: Mapping[str, type[Found]],
    hints: Mapping[str, str] | None = None,
) -> Found:
    """Return the object that {"class_name": ..., "config": {...}} describes.

    Raises:
        ValueError: There is no such class, or its configuration does not fit it.
    """
    name, config = description.get("class_name"), description.get("config") or {}
    if not isinstance(name, str) or not isinstance(config, Mapping):
        raise ValueError(
            f"The {kind} is given as a dictionary, so it needs the keys 'class_name' "
            "and 'config', as `get_config` and Keras write them."
        )
    found = look_up(kind, name, table, hints)
    try:
        return found.from_config(config)  # type: ignore[attr-defined,no-any-return]
    except TypeError as error:
        raise ValueError(f"The configuration of {kind} {name!r}: {error}") from None


def _plain(name: str) -> str:
    return name.lower().replace("_", "")


def nearest(name: str, names: Iterable[str]) -> str:
    """Ask whether the most similar name was meant; "" if none is similar."""
    # Only here: it takes a while to load, and most programs make no mistake.
    import difflib

    spelled = {one.lower(): one for one in names}
    near = difflib.get_close_matches(name.lower(), spelled, n=1)
    return f"Did you mean {spelled[near[0]]!r}?" if near else ""
