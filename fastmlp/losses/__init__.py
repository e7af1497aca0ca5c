"""Losses: what training makes small.

Equations and gradients: src/losses.pxi, src/crossentropy.pxi. Each loss is a class, for
`compile(loss=...)`, and a function that gives the loss of every row.
"""

from typing import Any

from fastmlp._check.lookup import find
from fastmlp.losses._crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
    binary_crossentropy,
    categorical_crossentropy,
    sparse_categorical_crossentropy,
)
from fastmlp.losses._loss import Loss
from fastmlp.losses._regression import (
    Huber,
    MeanAbsoluteError,
    MeanSquaredError,
    huber,
    mean_absolute_error,
    mean_squared_error,
)

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "Huber",
    "Loss",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "SparseCategoricalCrossentropy",
    "binary_crossentropy",
    "categorical_crossentropy",
    "get",
    "huber",
    "mean_absolute_error",
    "mean_squared_error",
    "sparse_categorical_crossentropy",
]

_BY_NAME: dict[str, type[Loss]] = {
    "categorical_crossentropy": CategoricalCrossentropy,
    "sparse_categorical_crossentropy": SparseCategoricalCrossentropy,
    "binary_crossentropy": BinaryCrossentropy,
    "bce": BinaryCrossentropy,
    "mse": MeanSquaredError,
    "mean_squared_error": MeanSquaredError,
    "mae": MeanAbsoluteError,
    "mean_absolute_error": MeanAbsoluteError,
    "huber": Huber,
    "huber_loss": Huber,
}
_FUNCTIONS = (
    binary_crossentropy,
    categorical_crossentropy,
    huber,
    mean_absolute_error,
    mean_squared_error,
    sparse_categorical_crossentropy,
)


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
