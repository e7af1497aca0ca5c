"""Losses: what training makes small.

Equations and gradients: src/losses.pxi, src/crossentropy.pxi, src/focal.pxi,
src/hinge.pxi, src/likelihood.pxi. Each loss is a class, for `compile(loss=...)`, and a
function that gives the loss of every row.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeGuard

from fastmlp._check.lookup import (
    ClassesByName,
    find,
    has_class,
    is_function,
    name_of_function,
    own_or_same,
)
from fastmlp._check.names import snake_case
from fastmlp._util.described import describe_object
from fastmlp._util.keywords import suggesting
from fastmlp._util.on_demand import import_on_demand
from fastmlp._util.registered import CustomObjectScope
from fastmlp.losses import _crossentropy, _own
from fastmlp.losses._crossentropy import *
from fastmlp.losses._likelihood import *
from fastmlp.losses._loss import Loss, Reduction
from fastmlp.losses._regression import *

if TYPE_CHECKING:
    from fastmlp.losses._focal import *
    from fastmlp.losses._hinge import *
    from fastmlp.typing import LossLike

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


import_on_demand(
    __name__,
    {
        "_focal": [
            "BinaryFocalCrossentropy",
            "CategoricalFocalCrossentropy",
            "binary_focal_crossentropy",
            "categorical_focal_crossentropy",
        ],
        "_hinge": [
            "CategoricalHinge",
            "Hinge",
            "SquaredHinge",
            "categorical_hinge",
            "hinge",
            "squared_hinge",
        ],
    },
)

# What "accuracy" is among metrics; it is none that could be told more.
_Crossentropy = _crossentropy.Crossentropy
# What else Keras calls them.
_ALIASES = {
    "bce": "BinaryCrossentropy",
    "ce": "_Crossentropy",
    "cosine_proximity": "CosineSimilarity",
    "crossentropy": "_Crossentropy",
    "huber_loss": "Huber",
    "kld": "KLDivergence",
    "kullback_leibler_divergence": "KLDivergence",
    "mae": "MeanAbsoluteError",
    "mape": "MeanAbsolutePercentageError",
    "mse": "MeanSquaredError",
    "msle": "MeanSquaredLogarithmicError",
}
_CLASSES = [
    one for one in __all__ if one[0].isupper() and one not in ("Loss", "Reduction")
]
_BY_NAME: ClassesByName[Loss] = ClassesByName(__name__, _CLASSES, snake_case, _ALIASES)


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
    if is_compiled(identifier):
        return find("loss", name_of_function(identifier), _BY_NAME)
    if isinstance(identifier, type) and issubclass(identifier, Loss):
        identifier = identifier if has_class(_BY_NAME, identifier) else identifier()
    if isinstance(identifier, Loss) and _own.is_own(identifier):
        return identifier
    if is_function(identifier):
        return _own.LossFunction(identifier)
    return find("loss", identifier, _BY_NAME, own=_OWN)


def is_compiled(function: Any) -> TypeGuard[Callable[..., Any]]:
    """Tell whether it is a function of this module, which stands for its class."""
    name = getattr(function, "__name__", "")
    return name in _BY_NAME and function is getattr(sys.modules[__name__], name, None)


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
