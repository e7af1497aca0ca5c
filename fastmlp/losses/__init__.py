"""Losses: what training makes small.

Equations and gradients: src/losses.pxi, src/crossentropy.pxi. Each loss is a class, for
`compile(loss=...)`, and a function that gives the loss of every row.
"""

from typing import Any

from fastmlp._check.lookup import classes_by_name, find
from fastmlp._check.names import snake_case
from fastmlp.losses import _crossentropy, _regression
from fastmlp.losses._crossentropy import *
from fastmlp.losses._loss import Loss
from fastmlp.losses._regression import *

_MODULES = (_crossentropy, _regression)

__all__ = ["Loss", "get"]
__all__ += [name for module in _MODULES for name in module.__all__]

_BY_NAME = classes_by_name(Loss, _MODULES, snake_case)
_FUNCTIONS = [
    getattr(module, name)
    for module in _MODULES
    for name in module.__all__
    if name.islower()
]


def get(identifier: Any) -> Loss:
    """Return the loss that a name stands for.

    Args:
        identifier: A name, a configuration, a function or a loss of this module.

    Raises:
        ValueError: There is no such loss, or its class is the user's own.

    Example:
        >>> get("mse").name
        'mean_squared_error'
    """
    if any(identifier is function for function in _FUNCTIONS):
        identifier = identifier.__name__
    return find("loss", identifier, _BY_NAME)
