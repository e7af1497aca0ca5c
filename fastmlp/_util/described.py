"""Objects that can describe themselves, in the words of Keras's files."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from typing import Any, TypeVar

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
        Its description; an activation's is its name. What JSON can hold is returned as
        it is, and so is what is the user's own, such as an initializer: a configuration
        may hold it, and `as_json` refuses it.

    Example:
        >>> from fastmlp.regularizers import L2
        >>> description = describe_object(L2(0.5))
        >>> description["module"], description["class_name"], description["config"]
        ('keras.regularizers', 'L2', {'l2': 0.5})
    """
    is_function = inspect.isfunction(thing)
    package, *modules = (thing if is_function else type(thing)).__module__.split(".")
    if package != "fastmlp":
        return thing
    if is_function:
        return thing.__name__
    public = [name for name in modules if not name.startswith("_")]
    return {
        "module": ".".join(["keras", *public]),
        "class_name": type(thing).__name__,
        "config": thing.get_config(),
        "registered_name": None,
    }


def as_json(description: Mapping[str, Any], **options: Any) -> str:
    """Return a description as JSON.

    Args:
        description: Of a model, or of a part of it.
        **options: What `json.dumps` takes, such as indent=2.

    Raises:
        TypeError: `json.dumps` does not know an option.
        ValueError: Something in it is the user's own, so that no file can name it.
    """
    try:
        return json.dumps(description, **{"default": _refuse_code, **options})
    except TypeError as error:
        raise TypeError(f"The options are those of json.dumps: {error}.") from None


def _refuse_code(thing: Any) -> None:
    name = getattr(thing, "__name__", type(thing).__name__)
    raise ValueError(
        f"{name!r} is not of fastmlp, and a file holds no code: it can only name what "
        "both fastmlp and Keras know. `save_weights` keeps the numbers alone, and "
        "`copy.deepcopy` copies everything."
    )
