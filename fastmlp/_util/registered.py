"""The names by which files know what is the user's own: they hold no code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar, Token
from types import MappingProxyType
from typing import Any, TypeVar

from fastmlp._check.names import as_text
from fastmlp._check.numbers import describe
from fastmlp._util.keywords import suggesting

Own = TypeVar("Own")

# What is known by name everywhere, and what it was registered as.
_registered: dict[str, Any] = {}
_names: dict[Any, str] = {}
# What is known within `CustomObjectScope`, in this thread.
_scope: ContextVar[Mapping[str, Any]] = ContextVar(
    "custom objects", default=MappingProxyType({})
)


@suggesting
def register_keras_serializable(
    package: str = "Custom", name: str | None = None
) -> Callable[[Own], Own]:
    """Give a class or a function of your own a name, by which files know it.

    A file holds no code. It says which class, and what `get_config` returns; where it
    is loaded, the class must be registered too, under the same name.

    Args:
        package: The first part of the name, such as that of your project. Default
            "Custom".
        name: The second part. Default: that of the class or function.

    Returns:
        A decorator.

    Raises:
        TypeError: A part of the name is no text, or what is decorated is neither a
            class nor a function with a name.
        ValueError: It is a class without `get_config`.

    Example:
        >>> from fastmlp import activations
        >>> @register_keras_serializable("docs")
        ... def cube(x):
        ...     return x**3
        >>> get_registered_name(cube)
        'docs>cube'
        >>> activations.get("docs>cube") is cube
        True
    """
    if not isinstance(package, str) and callable(package):
        raise TypeError(
            "The decorator is called: write @register_keras_serializable(), with "
            "brackets."
        )
    package = as_text("package", package)
    second = None if name is None else as_text("name", name)

    def register(thing: Own) -> Own:
        own_name = _own_name(thing)
        if isinstance(thing, type) and not hasattr(thing, "get_config"):
            raise ValueError(
                f"Class {thing.__name__!r} has no `get_config`, which returns the "
                "arguments that make such an object again."
            )
        known_as = f"{package}>{second or own_name}"
        _registered[known_as] = thing
        _names[thing] = known_as
        return thing

    return register


def get_custom_objects() -> dict[str, Any]:
    """Return all that is registered, by name: what is put in is known as well.

    Example:
        >>> from fastmlp import activations
        >>> def cube(x):
        ...     return x**3
        >>> get_custom_objects()["cube"] = cube
        >>> activations.get("cube") is cube
        True
        >>> del get_custom_objects()["cube"]
    """
    return _registered


def get_registered_name(obj: Any) -> str:
    """Return the name that a class or a function is registered under, or its own.

    Raises:
        TypeError: It is neither.

    Example:
        >>> get_registered_name(int)
        'int'
    """
    own_name = _own_name(obj)
    return name_of(obj) or own_name


@suggesting
def get_registered_object(
    name: str,
    custom_objects: Mapping[str, Any] | None = None,
    module_objects: Mapping[str, Any] | None = None,
) -> Any:
    """Return what is registered under a name; None if nothing is.

    Args:
        name: The name.
        custom_objects: What is known by name beside that.
        module_objects: The same.

    Example:
        >>> get_registered_object("mine", {"mine": 3})
        3
    """
    found = find_own(name)
    for objects in (custom_objects, module_objects):
        if found is None:
            found = _checked(objects).get(name)
    return found


class CustomObjectScope:
    """Within it, classes and functions of your own are known by name.

    Args:
        custom_objects: They, by their names.

    Raises:
        TypeError: It is no dictionary with texts as its keys.

    Example:
        >>> from fastmlp import activations
        >>> def cube(x):
        ...     return x**3
        >>> with CustomObjectScope({"cube": cube}):
        ...     print(activations.get("cube") is cube)
        True
    """

    def __init__(self, custom_objects: Mapping[str, Any] | None) -> None:
        self.custom_objects: dict[str, Any] = dict(_checked(custom_objects))
        self._before: list[Token[Mapping[str, Any]]] = []

    def __enter__(self) -> CustomObjectScope:
        """Let them be known."""
        self._before.append(_scope.set({**_scope.get(), **self.custom_objects}))
        return self

    def __exit__(self, *error: object) -> None:
        """Forget them."""
        _scope.reset(self._before.pop())


# Keras has both names.
custom_object_scope = CustomObjectScope


def find_own(name: Any) -> Any:
    """Return what is the user's own under a name, or None."""
    if not isinstance(name, str):
        return None
    scope = _scope.get()
    return scope[name] if name in scope else _registered.get(name)


def name_of(own: Any) -> str | None:
    """Return the name that a class or a function is known by, or None."""
    if own in _names:
        return _names[own]
    known = {**_registered, **_scope.get()}
    return next((name for name, one in known.items() if one is own), None)


def _own_name(thing: Any) -> str:
    """Return the name of a class or a function, and refuse all else."""
    if not callable(thing) or not hasattr(thing, "__name__"):
        raise TypeError(
            "What is registered is a class or a function with a name, not "
            f"{describe(thing)}."
        )
    return str(thing.__name__)


def _checked(custom_objects: Any) -> Mapping[str, Any]:
    """Return classes and functions by name; None is none of them.

    Raises:
        TypeError: It is something else.
    """
    if custom_objects is None:
        return {}
    if isinstance(custom_objects, Mapping) and all(
        isinstance(name, str) for name in custom_objects
    ):
        return custom_objects
    raise TypeError(
        "custom_objects are your classes and functions by name, such as "
        f"{{'Double': Double}}, not {describe(custom_objects)}."
    )
