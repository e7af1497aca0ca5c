"""Optimizers: how a gradient changes the parameters.

The equations are in src/optimizers.pxi; here are their settings, with Keras's names
and defaults.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fastmlp._check.lookup import ClassesByName, find
from fastmlp._util.described import describe_object
from fastmlp._util.keywords import suggesting
from fastmlp._util.on_demand import import_on_demand
from fastmlp._util.registered import CustomObjectScope
from fastmlp._util.warn import warn
from fastmlp.optimizers import schedules
from fastmlp.optimizers._optimizer import Optimizer

if TYPE_CHECKING:
    from fastmlp.optimizers._adam import *
    from fastmlp.optimizers._adaptive import *
    from fastmlp.optimizers._ftrl import *
    from fastmlp.optimizers._lion import *
    from fastmlp.optimizers._sgd import *
    from fastmlp.typing import OptimizerLike

__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lion",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "deserialize",
    "get",
    "schedules",
    "serialize",
]


def __dir__() -> list[str]:
    return __all__


_FILES = {
    "_adam": ["Adam", "AdamW", "Adamax", "Nadam"],
    "_adaptive": ["Adadelta", "Adagrad", "RMSprop"],
    "_ftrl": ["Ftrl"],
    "_lion": ["Lion"],
    "_sgd": ["SGD"],
}
_CLASSES = [one for found in _FILES.values() for one in found]
_BY_NAME: ClassesByName[Optimizer] = ClassesByName(__name__, _CLASSES, str.lower)
# What is said of Keras's others.
_HINTS = {
    name: f"fastmlp has no {name}."
    for name in ("adafactor", "lamb", "muon", "multioptimizer", "schedulefreeadamw")
}


def get(identifier: OptimizerLike) -> Optimizer:
    """Return the optimizer that a name stands for, with its default settings.

    Args:
        identifier: A name, a configuration, or an optimizer.

    Raises:
        ValueError: There is no such optimizer, or its class is the user's own.

    Example:
        >>> get("rmsprop").learning_rate == RMSprop().learning_rate
        True
    """
    return find("optimizer", identifier, _BY_NAME, _HINTS)


def serialize(optimizer: Optimizer) -> dict[str, Any]:
    """Return the configuration of an optimizer, which `deserialize` makes it of again.

    Example:
        >>> serialize(SGD(0.5))["config"]["learning_rate"]
        0.5
    """
    description: dict[str, Any] = describe_object(get(optimizer))
    return description


@suggesting
def deserialize(
    config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None
) -> Optimizer:
    """Return the optimizer that a configuration stands for.

    Args:
        config: What `serialize` returns.
        custom_objects: Classes of your own, such as that of a schedule, by their names.

    Raises:
        ValueError: There is no such optimizer.

    Example:
        >>> deserialize(serialize(SGD(0.5)))
        SGD(name='sgd', learning_rate=0.5, momentum=0.0, nesterov=False)
    """
    with CustomObjectScope(custom_objects):
        return get(config)


def __getattr__(name: str) -> Any:
    """Return what older scripts call an optimizer, or the place that it was in."""
    if name in ("experimental", "legacy") or name.endswith("_v2"):
        return importlib.import_module("fastmlp.optimizers.legacy")
    if name in _BY_NAME:
        today = _BY_NAME[name].__name__
        warn(f"What older scripts call optimizers.{name} is optimizers.{today} now.")
        return _BY_NAME[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


import_on_demand(__name__, _FILES)
