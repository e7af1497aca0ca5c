"""Schedules: learning rates that change from batch to batch.

A schedule is called with the number of batches learnt from so far. Make a class of your
own for another one: `LearningRateSchedule` with a `__call__`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fastmlp._check.lookup import ClassesByName, find, is_function, own_or_same
from fastmlp._check.names import snake_case
from fastmlp._util.described import describe_object
from fastmlp._util.keywords import suggesting
from fastmlp._util.on_demand import import_on_demand
from fastmlp._util.registered import CustomObjectScope
from fastmlp.optimizers.schedules._schedule import LearningRateSchedule

if TYPE_CHECKING:
    from fastmlp.optimizers.schedules._cosine import *
    from fastmlp.optimizers.schedules._decay import *

__all__ = [
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "OneCycle",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "deserialize",
    "get",
    "serialize",
]


def __dir__() -> list[str]:
    return __all__


_FILES = {
    "_cosine": ["CosineDecay", "CosineDecayRestarts", "OneCycle"],
    "_decay": [
        "ExponentialDecay",
        "InverseTimeDecay",
        "PiecewiseConstantDecay",
        "PolynomialDecay",
    ],
}
_CLASSES = [one for found in _FILES.values() for one in found]
_BY_NAME: ClassesByName[LearningRateSchedule] = ClassesByName(
    __name__, _CLASSES, snake_case
)

import_on_demand(__name__, _FILES)


def get(identifier: Any) -> Any:
    """Return the schedule that a configuration stands for, or the schedule itself.

    Returns:
        A `LearningRateSchedule`; or a registered function of the user's, which a
        configuration may describe as well.

    Raises:
        ValueError: There is no such schedule.

    Example:
        >>> config = CosineDecay(0.1, 10).get_config()
        >>> get({"class_name": "CosineDecay", "config": config}).decay_steps
        10.0
    """
    identifier = own_or_same("schedule", identifier, _BY_NAME)
    if isinstance(identifier, LearningRateSchedule) or is_function(identifier):
        return identifier
    return find("schedule", identifier, _BY_NAME)


def serialize(learning_rate_schedule: LearningRateSchedule) -> dict[str, Any]:
    """Return the configuration of a schedule, which `deserialize` makes it of again.

    Example:
        >>> serialize(CosineDecay(0.1, 10))["class_name"]
        'CosineDecay'
    """
    description: dict[str, Any] = describe_object(get(learning_rate_schedule))
    return description


@suggesting
def deserialize(
    config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None
) -> Any:
    """Return the schedule that a configuration stands for.

    Args:
        config: What `serialize` returns.
        custom_objects: Classes of your own, by their names.

    Raises:
        ValueError: There is no such schedule.

    Example:
        >>> deserialize(serialize(CosineDecay(0.1, 10))).decay_steps
        10.0
    """
    with CustomObjectScope(custom_objects):
        return get(config)
