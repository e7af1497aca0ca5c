"""Losses: what training makes small.

Equations and gradients: src/losses.pxi, src/crossentropy.pxi, src/hinge.pxi,
src/likelihood.pxi. Each loss is a class, for `compile(loss=...)`, and a function that
gives the loss of every row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastmlp._check.lookup import classes_by_name, find, is_function, own_or_same
from fastmlp._check.names import snake_case
from fastmlp.losses import _crossentropy, _hinge, _likelihood, _own, _regression
from fastmlp.losses._crossentropy import *
from fastmlp.losses._hinge import *
from fastmlp.losses._likelihood import *
from fastmlp.losses._loss import Loss
from fastmlp.losses._regression import *

if TYPE_CHECKING:
    from fastmlp.typing import LossLike

_MODULES = (_crossentropy, _regression, _hinge, _likelihood)

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalHinge",
    "CosineSimilarity",
    "Hinge",
    "Huber",
    "KLDivergence",
    "LogCosh",
    "Loss",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
    "binary_crossentropy",
    "categorical_crossentropy",
    "categorical_hinge",
    "cosine_similarity",
    "get",
    "hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "poisson",
    "sparse_categorical_crossentropy",
    "squared_hinge",
]


def __dir__() -> list[str]:
    return __all__


_BY_NAME = classes_by_name(Loss, _MODULES, snake_case)
_FUNCTIONS = {
    name: getattr(module, name)
    for module in _MODULES
    for name in module.__all__
    if name.islower()
}


_OWN = "One of your own is a function, or a Loss with a `call`."


def get(identifier: LossLike) -> Loss:
    """Return the loss that a name stands for.

    Args:
        identifier: A name, a configuration, a function or a loss of this module; or
            of your own: a function of targets and outputs, or a `Loss` with a `call`.

    Raises:
        ValueError: There is no such loss.

    Example:
        >>> get("mse").name
        'mean_squared_error'
    """
    identifier = own_or_same("loss", identifier, _BY_NAME)
    for name, function in _FUNCTIONS.items():
        if identifier is function:
            return find("loss", name, _BY_NAME)
    if isinstance(identifier, type) and issubclass(identifier, Loss):
        identifier = identifier if identifier in _BY_NAME.values() else identifier()
    if isinstance(identifier, Loss) and _own.is_own(identifier):
        return identifier
    if is_function(identifier):
        return _own.LossFunction(identifier)
    return find("loss", identifier, _BY_NAME, own=_OWN)
