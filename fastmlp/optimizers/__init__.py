"""Optimizers: how a gradient changes the parameters.

The equations are in src/optimizers.pxi; here are their settings, with Keras's names
and defaults.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastmlp._check.lookup import classes_by_name, find
from fastmlp.optimizers import _adam, _adaptive, _ftrl, _lion, _sgd, schedules
from fastmlp.optimizers._adam import *
from fastmlp.optimizers._adaptive import *
from fastmlp.optimizers._ftrl import *
from fastmlp.optimizers._lion import *
from fastmlp.optimizers._optimizer import Optimizer
from fastmlp.optimizers._sgd import *

if TYPE_CHECKING:
    from fastmlp.typing import OptimizerLike

_MODULES = (_adam, _adaptive, _ftrl, _lion, _sgd)

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
    "get",
    "schedules",
]


def __dir__() -> list[str]:
    return __all__


_BY_NAME = classes_by_name(Optimizer, _MODULES, str.lower)
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
