"""Files, descriptions, and the names that they know what is your own by.

Keras 3's address of what `fastmlp.models` and `fastmlp.utils` have, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fastmlp._check.numbers import describe, true_or_false
from fastmlp._util.described import describe_object
from fastmlp._util.keywords import suggesting
from fastmlp._util.on_demand import import_on_demand
from fastmlp._util.registered import (
    CustomObjectScope,
    custom_object_scope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)
from fastmlp.models import load_model, save_model

if TYPE_CHECKING:
    import os

    from fastmlp.models import Model

__all__ = [
    "CustomObjectScope",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "load_model",
    "load_weights",
    "register_keras_serializable",
    "save_model",
    "save_weights",
    "serialize_keras_object",
]


def __dir__() -> list[str]:
    return __all__


@suggesting
def save_weights(
    model: Model, filepath: str | os.PathLike[str], overwrite: bool = True
) -> None:
    """Save the weights of a model: `model.save_weights`.

    Args:
        model: The model.
        filepath: Where to.
        overwrite: Whether a file that is there may be replaced. Default True.

    Raises:
        TypeError: It is no model.
        ValueError: See `Model.save_weights`, which says what else may go wrong.
    """
    _refuse_no_model(model)
    model.save_weights(filepath, overwrite)


@suggesting
def load_weights(
    model: Model, filepath: str | os.PathLike[str], skip_mismatch: bool = False
) -> None:
    """Load weights into a model: `model.load_weights`.

    Args:
        model: The model.
        filepath: Where from.
        skip_mismatch: Whether layers whose weights do not fit keep theirs. Default
            False.

    Raises:
        TypeError: It is no model.
        ValueError: See `Model.load_weights`, which says what else may go wrong.
    """
    _refuse_no_model(model)
    model.load_weights(filepath, skip_mismatch)


def _refuse_no_model(model: Any) -> None:
    from fastmlp.models import Model

    if not isinstance(model, Model):
        raise TypeError(f"model must be a model, not {describe(model)}.")


@suggesting
def serialize_keras_object(obj: Any) -> Any:
    """Return the description of a layer, a loss and so on, as it stands in files.

    Args:
        obj: The object.

    Example:
        >>> from fastmlp.regularizers import L2
        >>> serialize_keras_object(L2(0.5))["config"]
        {'l2': 0.5}
    """
    return describe_object(obj)


@suggesting
def deserialize_keras_object(
    config: Any,
    custom_objects: Mapping[str, Any] | None = None,
    safe_mode: bool = True,
) -> Any:
    """Return the object that a description is of.

    Args:
        config: What `serialize_keras_object` returns.
        custom_objects: What is your own, by its names. Default None.
        safe_mode: Descriptions hold no code here: True.

    Raises:
        TypeError: It is no description.
        ValueError: It is one of nothing that fastmlp has.

    Example:
        >>> from fastmlp.layers import Dense
        >>> deserialize_keras_object(serialize_keras_object(Dense(3))).units
        3
    """
    if not true_or_false("safe_mode", safe_mode):
        raise ValueError(
            "Descriptions hold no code here: leave `safe_mode` out, and give what is "
            "your own in `custom_objects`."
        )
    if not isinstance(config, Mapping) or "class_name" not in config:
        raise TypeError(
            "config must be a description, a dictionary with a class_name, not "
            f"{describe(config)}."
        )
    with CustomObjectScope(custom_objects):
        return _read(config)


def _read(config: Mapping[str, Any]) -> Any:
    """Return what a description is of, as the module that it names reads it."""
    # Only here: few programs read descriptions by themselves.
    import fastmlp
    from fastmlp._model.reading import read_config

    own = config.get("registered_name")
    found = get_registered_object(own) if own else None
    if found is not None:
        return found.from_config(dict(config.get("config", {})))
    module = str(config.get("module")).removeprefix("keras.")
    if module == "models" or module.startswith("src.models"):
        return read_config(config["class_name"], config["config"])
    if module == "layers":
        return fastmlp.layers.deserialize(config)
    if module == "optimizers.schedules":
        return fastmlp.optimizers.schedules.deserialize(config)
    if module in _FAMILIES:
        return getattr(fastmlp, module).get(config)
    raise ValueError(
        f"{config['class_name']!r} of {config.get('module')!r} is nothing that fastmlp "
        "has. If it is your own, give it in `custom_objects`."
    )


_FAMILIES = (
    "constraints",
    "initializers",
    "losses",
    "metrics",
    "optimizers",
    "regularizers",
)

import_on_demand(__name__)
