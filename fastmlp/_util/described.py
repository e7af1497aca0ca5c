"""Objects that can describe themselves, in the words of Keras's files."""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

Self = TypeVar("Self", bound="Described")


class Described:
    """What has a configuration: the arguments that make it again."""

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this object again, as JSON can hold them."""
        return {}

    @classmethod
    def from_config(cls: type[Self], config: Mapping[str, Any]) -> Self:
        """Return an object made with the arguments that `get_config` gave."""
        return cls(**config)

    def __repr__(self) -> str:
        """Return the call that makes this object."""
        arguments = (f"{key}={value!r}" for key, value in self.get_config().items())
        return f"{type(self).__name__}({', '.join(arguments)})"


def describe_object(thing: Any) -> Any:
    """Return the description of an object, as it stands in Keras's files.

    Args:
        thing: An object that has `get_config`, a function, or None.

    Returns:
        Its description. What is the user's own, such as an initializer, is returned as
        it is: a configuration may hold it, and `as_json` refuses it.

    Example:
        >>> from fastmlp.regularizers import L2
        >>> description = describe_object(L2(0.5))
        >>> description["module"], description["class_name"], description["config"]
        ('keras.regularizers', 'L2', {'l2': 0.5})
    """
    if thing is None:
        return None
    package, *modules = type(thing).__module__.split(".")
    if package != "fastmlp":
        return thing
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
        ValueError: Something in it is the user's own, so that no file can name it.
    """
    return json.dumps(description, **{"default": _refuse_code, **options})


def _refuse_code(thing: Any) -> None:
    name = getattr(thing, "__name__", type(thing).__name__)
    raise ValueError(
        f"{name!r} is not of fastmlp, and a file holds no code: it can only name what "
        "both fastmlp and Keras know. `save_weights` keeps the numbers alone, and "
        "`copy.deepcopy` copies everything."
    )
