"""Find a thing by its Keras name, or say which names there are."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import BuiltinFunctionType
from typing import Any, TypeGuard, TypeVar

import numpy as np

from fastmlp._check.names import snake_case
from fastmlp._check.numbers import describe
from fastmlp._util.registered import find_own

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
            name, and lists them.

    Example:
        >>> look_up("loss", "MeanSquaredError", {"mean_squared_error": 1})
        1
    """
    known = _known_as(name, table)
    if known is not None:
        return table[known]
    advice = (hints or {}).get(_plain(name)) or nearest(name, table)
    sentences = [
        f"Could not interpret {kind} identifier: {name!r}.",
        advice,
        f"The names are: {listed(table)}.",
    ]
    raise ValueError(" ".join(filter(None, sentences)))


def listed(table: Mapping[str, Any], letters: int = 200) -> str:
    """Return the names of a table in one line: of each thing one, or its short form.

    Args:
        table: Things by their names.
        letters: As many as a message has room for.
    """
    chosen: dict[int, str] = {}
    for name, thing in table.items():
        if len(name) <= 4 or id(thing) not in chosen:
            chosen[id(thing)] = name
    names = sorted(chosen.values())
    kept = list(names)
    while len(", ".join(kept)) > letters:
        del kept[-1]
    rest = len(names) - len(kept)
    return ", ".join(kept) + (f" and {rest} more" if rest else "")


def _known_as(name: str, table: Iterable[str]) -> str | None:
    plain = _plain(name)
    return next((known for known in table if _plain(known) == plain), None)


def own_or_same(kind: str, identifier: Any, table: Mapping[str, Any]) -> Any:
    """Return the user's own thing that something stands for, or what was given.

    Args:
        kind: As in `look_up`.
        identifier: A name; a description, as configurations and files have it, of an
            object or a function; or anything else, which stands for itself.
        table: All names of fastmlp's.

    Returns:
        A function or an object of the user's. Of fastmlp's own, a name or the
        description of an object.

    Raises:
        ValueError: A description names what is neither, or does not fit it; or it is
            another library's, and there is nothing of the name here.
    """
    identifier = from_elsewhere(kind, identifier, table)
    if isinstance(identifier, str):
        found = find_own(identifier)
        if isinstance(found, type):
            return _made(kind, found, {})
        return identifier if found is None else found
    if not isinstance(identifier, Mapping):
        return identifier
    name, config = identifier.get("class_name"), identifier.get("config")
    is_a_function = isinstance(config, str)
    names = [config] if is_a_function else [identifier.get("registered_name"), name]
    if isinstance(name, type):
        found = name  # It has no name, and was never in a file.
    else:
        found = next(filter(None, map(find_own, names)), None)
    if found is not None:
        return found if is_a_function else _made(kind, found, config or {})
    said = names[-1]
    if isinstance(said, str) and _known_as(said, table) is None:
        advice = nearest(said, table)
        if advice and names[0] is None:
            return identifier  # By all appearance, one of fastmlp's.
        raise ValueError(
            f"Could not interpret {kind} identifier: {said!r}. One of your own is "
            "found once it is registered under the name that it was saved with, by "
            "@fastmlp.utils.register_keras_serializable(); or give it: "
            f"custom_objects={{{said!r}: ...}}."
        )
    return said if is_a_function else identifier


# Those whose names an MLP script uses; and what describes itself in full.
_LIBRARIES = ("keras", "tf_keras", "tensorflow", "jax", "torch")
_DESCRIBED = ("initializer", "regularizer", "constraint")


def elsewhere(thing: Any) -> tuple[str, str] | None:
    """Return module and name of what is another library's, or None.

    Nothing is imported for it.

    Args:
        thing: A function or a class, or an object, which has the name of its class.

    Example:
        >>> elsewhere(find) is None
        True
    """
    named = thing if hasattr(thing, "__name__") else type(thing)
    module = getattr(named, "__module__", None)
    if not isinstance(module, str) or module.partition(".")[0] not in _LIBRARIES:
        return None
    # As TensorFlow calls `softmax` inside.
    return module, re.sub(r"_v\d$", "", named.__name__)


def from_elsewhere(kind: str, identifier: Any, table: Mapping[str, Any]) -> Any:
    """Return what stands here for another library's: a name, or a description.

    A function or a class has that of its name; an object, what it describes itself as.
    All else is returned as it is.

    Args:
        kind: As in `look_up`.
        identifier: What the user gave.
        table: All names of fastmlp's.

    Raises:
        ValueError: There is nothing of this name here, or not enough is known of it.
    """
    found = elsewhere(identifier)
    if found is None:
        return identifier
    module, name = found
    known = _known_as(name, table)
    library = module.partition(".")[0]
    if known is None:
        raise ValueError(
            f"Could not interpret the {kind} {name!r} of {library}. "
            f"{nearest(name, table)} The names are: {listed(table)}."
        )
    if hasattr(identifier, "__name__"):
        return known
    if kind in _DESCRIBED and hasattr(identifier, "get_config"):
        return {"class_name": known, "config": identifier.get_config()}
    raise ValueError(
        f"This {name} is an object of {library}, which keeps for itself what it is set "
        f"to. Make it with fastmlp's {name}, or give the name {known!r}."
    )


def _made(kind: str, found: Any, config: Any) -> Any:
    """Return an object of a class of the user's.

    Raises:
        ValueError: It cannot be made of this configuration.
    """
    name = getattr(found, "__name__", describe(found))
    if not isinstance(found, type) or not isinstance(config, Mapping):
        raise ValueError(
            f"The {kind} {name!r} is described as an object of a class, which has "
            "the keys 'class_name' and 'config'; but it is none."
        )
    make = getattr(found, "from_config", lambda arguments: found(**arguments))
    try:
        return make(dict(config))
    except Exception as error:  # It may be anyone's code.
        raise ValueError(
            f"The {kind} {name!r}, one of your own, could not be made again of "
            f"{', '.join(config) or 'no arguments'}: {error}. Its `__init__` takes "
            "what `get_config` returns: its own arguments, and **kwargs, which it "
            "passes on."
        ) from error


class ClassesByName(Mapping[str, type[Found]]):
    """The classes of a package by what Keras calls them; a lookup imports one alone.

    Args:
        package: The `__name__` of the package.
        classes: Their names.
        spell: How a class's name becomes Keras's.
        aliases: Other names of Keras's, and the class of each.

    Example:
        >>> table = ClassesByName(
        ...     "fastmlp.losses", ["Hinge"], str.lower, aliases={"h": "Hinge"}
        ... )
        >>> table["h"] is table["hinge"]
        True
    """

    def __init__(
        self,
        package: str,
        classes: Iterable[str],
        spell: Callable[[str], str],
        aliases: Mapping[str, str] | None = None,
    ) -> None:
        self._package = sys.modules[package]
        self._classes = {**{spell(one): one for one in classes}, **(aliases or {})}

    def __getitem__(self, name: str) -> type[Found]:
        found: type[Found] = getattr(self._package, self._classes[name])
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._classes

    def __iter__(self) -> Iterator[str]:
        return iter(self._classes)

    def __len__(self) -> int:
        return len(self._classes)


def has_class(table: Mapping[str, type[Any]], kind: type[Any]) -> bool:
    """Tell whether a class is in a table, where it stands under its own name.

    Example:
        >>> has_class({"one_class": int}, int), has_class({"int": int}, int)
        (False, True)
    """
    name = _known_as(kind.__name__, table)
    return name is not None and table[name] is kind


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
    identifier = from_elsewhere(kind, identifier, table)
    if isinstance(identifier, str):
        return look_up(kind, identifier, table, hints)()
    if isinstance(identifier, Mapping):
        return from_description(kind, identifier, table, hints)
    if isinstance(identifier, type) and has_class(table, identifier):
        return identifier()  # type: ignore[no-any-return]
    if has_class(table, type(identifier)):
        return identifier  # type: ignore[no-any-return]
    raise ValueError(
        f"Could not interpret {kind} identifier of type {type(identifier).__name__}. "
        f"Give a name ({listed(table)}), or an object such as "
        f"{next(iter(table.values())).__name__}(). {own}"
    )


def is_function(thing: Any) -> TypeGuard[Callable[..., Any]]:
    """Tell whether it is a function, or an object of the user's that is called as one.

    An object whose class is fastmlp's, or made of one, is what that class says instead;
    and what is compiled, as `len` and NumPy's ufuncs are, knows no symbolic numbers.

    Example:
        >>> from functools import partial
        >>> is_function(partial(max, 0)), is_function(nearest)
        (True, True)
        >>> is_function(partial), is_function(max), is_function("max")
        (False, False, False)
    """
    if isinstance(thing, (type, np.ufunc, BuiltinFunctionType)) or not callable(thing):
        return False
    return not any(kind.__module__.startswith("fastmlp.") for kind in type(thing).mro())


def name_of_function(function: Callable[..., Any]) -> str:
    """Return the name of a function; of an object that is one, that of its class.

    Example:
        >>> from functools import partial
        >>> name_of_function(partial(max, 0)), name_of_function(nearest)
        ('partial', 'nearest')
    """
    name = getattr(function, "__name__", None) or snake_case(type(function).__name__)
    return str(name)


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
        config = {key: _plain_value(value) for key, value in config.items()}
        return found.from_config(config)  # type: ignore[attr-defined,no-any-return]
    except TypeError as error:
        raise ValueError(f"The configuration of {kind} {name!r}: {error}") from None


# What Keras's files say of a value that JSON has no word for, and which part is it.
_VALUES = {"__numpy__": "value", "__tensor__": "value", "SeedGenerator": "seed"}


def _plain_value(value: Any) -> Any:
    """Return the numbers of what Keras describes as an array, or as a source of chance.

    Example:
        >>> _plain_value({"class_name": "__numpy__", "config": {"value": [1.0, 2.0]}})
        [1.0, 2.0]
    """
    if isinstance(value, Mapping) and isinstance(value.get("config"), Mapping):
        part = _VALUES.get(str(value.get("class_name")))
        if part is not None:
            return value["config"].get(part)
    return value


def _plain(name: str) -> str:
    return name.lower().replace("_", "")


def nearest(name: str, names: Iterable[str]) -> str:
    """Ask whether the most similar name was meant; "" if none is similar.

    That is the first that begins like it, or the one that has most letters in common.
    """
    # Only here: it takes a while to load, and most programs make no mistake.
    import difflib

    spelled = {one.lower(): one for one in names}
    for one in spelled:
        if len(name) > 3 and one.startswith(name.lower()):
            return f"Did you mean {spelled[one]!r}?"
    near = difflib.get_close_matches(name.lower(), spelled, n=1)
    return f"Did you mean {spelled[near[0]]!r}?" if near else ""
