"""Objects that can describe themselves, in the words of Keras's files."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np

from fastmlp._check.numbers import describe
from fastmlp._util.registered import name_of

Self = TypeVar("Self", bound="Described")


class Described:
    """What has a configuration: the arguments that make it again.

    An object keeps the arguments of its constructor in attributes of the same names, so
    that the signature says what the configuration is. An argument that Keras's files
    do not have is not kept under its name; where they say something else than the
    attribute, the class overrides `get_config`.
    """

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this object again, as JSON can hold them."""
        kept = vars(self)
        return {
            name: describe_object(kept[name])
            for name in arguments_of(type(self))
            if name in kept
        }

    @classmethod
    def from_config(cls: type[Self], config: Mapping[str, Any]) -> Self:
        """Return an object made with the arguments that `get_config` gave."""
        return cls(**config)

    def __repr__(self) -> str:
        """Return the call that makes this object."""
        arguments = (f"{key}={value!r}" for key, value in self.get_config().items())
        return f"{type(self).__name__}({', '.join(arguments)})"


def arguments_of(described: type) -> list[str]:
    """Return the names of the arguments that the constructor of a class takes.

    Where it passes others on, as `**common`, those of its base are among them. The base
    of a whole family, such as `Layer`, describes its own in its own `get_config`.
    """
    names: list[str] = []
    for kind in described.__mro__:
        if Described in kind.__bases__:
            break
        if "__init__" in vars(kind):
            found = inspect.getfullargspec(inspect.unwrap(vars(kind)["__init__"]))
            names += [*found.args[1:], *found.kwonlyargs]
            if found.varkw is None:
                break
    return names


def describe_object(thing: Any) -> Any:
    """Return the description of an object, as it stands in Keras's files.

    Args:
        thing: An object that has `get_config`, an activation, or what JSON can hold.

    Returns:
        Its description; an activation's is its name, and that of a function of the
        user's the name that it is registered under. NumPy's numbers and arrays become
        plain numbers and lists. What JSON can hold is returned as
        it is. So are functions and classes without such a name: a configuration may
        hold them, and `as_json` refuses them.

    Example:
        >>> from fastmlp.regularizers import L2
        >>> description = describe_object(L2(0.5))
        >>> description["module"], description["class_name"], description["config"]
        ('keras.regularizers', 'L2', {'l2': 0.5})
    """
    is_function = inspect.isfunction(thing)
    package, *modules = (thing if is_function else type(thing)).__module__.split(".")
    # A function within another is none that a name stands for.
    if package != "fastmlp" or (is_function and "<locals>" in thing.__qualname__):
        return _describe_own(thing)
    if is_function:
        return thing.__name__
    public = [name for name in modules if not name.startswith("_")]
    return {
        "module": ".".join(["keras", *public]),
        "class_name": type(thing).__name__,
        "config": thing.get_config(),
        "registered_name": None,
    }


def _describe_own(thing: Any) -> Any:
    """Return the description of what may be the user's own."""
    if isinstance(thing, (list, tuple)):
        return [describe_object(one) for one in thing]
    if isinstance(thing, (np.generic, np.ndarray)):
        return thing.tolist()
    if isinstance(thing, type):
        return thing
    if hasattr(thing, "get_config"):
        kind = type(thing)
        name = name_of(kind)
        config = thing.get_config()
        if not isinstance(config, Mapping):
            raise TypeError(
                f"`get_config` of {kind.__name__!r} must return the arguments that "
                f"make it again, a dictionary, not {describe(config)}."
            )
        return {
            "module": None if kind.__module__ == "__main__" else kind.__module__,
            "class_name": kind if name is None else kind.__name__,
            "config": {key: describe_object(value) for key, value in config.items()},
            "registered_name": name,
        }
    known_as = name_of(thing) if hasattr(thing, "__name__") else None
    if known_as is None:
        return thing
    return {
        "module": "builtins",
        "class_name": "function",
        "config": known_as,
        "registered_name": "function",
    }


def as_json(description: Mapping[str, Any], **options: Any) -> str:
    """Return a description as JSON.

    Args:
        description: Of a model, or of a part of it.
        **options: What `json.dumps` takes, such as indent=2.

    Raises:
        TypeError: `json.dumps` does not know an option.
        ValueError: Something in it is the user's own and not registered, so that no
            file can name it.
    """
    import json  # Only here: it takes a while to load.

    try:
        return json.dumps(description, **{"default": _plain, **options})
    except TypeError as error:
        raise TypeError(f"The options are those of json.dumps: {error}.") from None


def _plain(thing: Any) -> Any:
    """Return what JSON can hold of NumPy's numbers, and refuse all else."""
    if isinstance(thing, (np.generic, np.ndarray)):
        return thing.tolist()
    name = getattr(thing, "__name__", type(thing).__name__)
    raise ValueError(
        f"{name!r} is not of fastmlp, and a file holds no code: it can only name it. "
        "Put @fastmlp.utils.register_keras_serializable() before its definition: that "
        "of a function with `def`, or of a class with `get_config`. `save_weights` "
        "keeps the numbers alone, and `copy.deepcopy` copies everything."
    )
