"""Losses: what training makes small.

Equations and gradients: src/losses.pxi, src/crossentropy.pxi, src/focal.pxi,
src/hinge.pxi, src/likelihood.pxi. Each loss is a class, for `compile(loss=...)`, and a
function that gives the loss of every row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fastmlp._check.lookup import (
    classes_by_name,
    find,
    is_function,
    name_of_function,
    own_or_same,
)
from fastmlp._check.names import snake_case
from fastmlp._util.described import describe_object
from fastmlp._util.keywords import suggesting
from fastmlp._util.registered import CustomObjectScope
from fastmlp.losses import _crossentropy, _focal, _hinge, _likelihood, _own, _regression
from fastmlp.losses._crossentropy import *
from fastmlp.losses._focal import *
from fastmlp.losses._hinge import *
from fastmlp.losses._likelihood import *
from fastmlp.losses._loss import Loss, Reduction
from fastmlp.losses._regression import *

if TYPE_CHECKING:
    from fastmlp.typing import LossLike

_MODULES = (_crossentropy, _regression, _hinge, _likelihood, _focal)

__all__ = [
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
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
    "Reduction",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_hinge",
    "cosine_similarity",
    "deserialize",
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
    "serialize",
    "sparse_categorical_crossentropy",
    "squared_hinge",
]


def __dir__() -> list[str]:
    return __all__


_BY_NAME = {
    **classes_by_name(Loss, _MODULES, snake_case),
    # What "accuracy" is among metrics; it is none that could be told more.
    "crossentropy": _crossentropy.Crossentropy,
    "ce": _crossentropy.Crossentropy,
}
_FUNCTIONS = {
    name: getattr(module, name)
    for module in _MODULES
    for name in module.__all__
    if name.islower()
}


# Names of functions that scripts for older versions of Keras have.
bce = BCE = binary_crossentropy
mse = MSE = mean_squared_error
mae = MAE = mean_absolute_error
mape = MAPE = mean_absolute_percentage_error
msle = MSLE = mean_squared_logarithmic_error
kld = KLD = kl_divergence
kullback_leibler_divergence = kl_divergence
cosine_proximity = cosine_similarity
logcosh = log_cosh

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


def serialize(loss: LossLike) -> dict[str, Any]:
    """Return the description of a loss: a dictionary that JSON can hold.

    Args:
        loss: What `get` takes.

    Raises:
        ValueError: There is no such loss.

    Example:
        >>> serialize(Huber(2.0))["config"]["delta"]
        2.0
    """
    if is_function(loss):
        known = describe_object(loss)
        if isinstance(known, Mapping):
            return dict(known)
        return {
            "module": "builtins",
            "class_name": "function",
            "config": name_of_function(loss),
            "registered_name": "function",
        }
    description: dict[str, Any] = describe_object(get(loss))
    return description


@suggesting
def deserialize(
    name: LossLike, custom_objects: Mapping[str, Any] | None = None
) -> Loss:
    """Return the loss that a description, or a name, stands for.

    Args:
        name: What `serialize` returned, or a name.
        custom_objects: What of your own it may name, by name.

    Raises:
        ValueError: There is no such loss.

    Example:
        >>> deserialize(serialize(Huber(2.0))).delta
        2.0
    """
    with CustomObjectScope(custom_objects):
        return get(name)
