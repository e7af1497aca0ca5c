"""Layers: the pieces of a network.

A layer describes itself: its sizes, its initial weights, its settings. It does not
loop over samples; `fastmlp.models` turns all layers into one flat plan for that.
"""

from collections.abc import Mapping
from typing import Any

from fastmlp._check.lookup import from_description
from fastmlp.layers._activation import ELU, Activation, LeakyReLU, ReLU, Softmax
from fastmlp.layers._dense import Dense
from fastmlp.layers._dropout import Dropout
from fastmlp.layers._input import Input, InputLayer
from fastmlp.layers._layer import Layer
from fastmlp.layers._normalization import (
    BatchNormalization,
    Normalization,
    Rescaling,
)
from fastmlp.layers._reshaping import Flatten

__all__ = [
    "ELU",
    "Activation",
    "BatchNormalization",
    "Dense",
    "Dropout",
    "Flatten",
    "Input",
    "InputLayer",
    "Layer",
    "LeakyReLU",
    "Normalization",
    "ReLU",
    "Rescaling",
    "Softmax",
    "deserialize",
]

# All that a model can be made of, by the name that files have it under.
KNOWN: dict[str, type[Layer]] = {
    kind.__name__: kind
    for kind in (
        Activation,
        BatchNormalization,
        Dense,
        Dropout,
        ELU,
        Flatten,
        InputLayer,
        LeakyReLU,
        Normalization,
        ReLU,
        Rescaling,
        Softmax,
    )
}


def deserialize(description: Mapping[str, Any]) -> Layer:
    """Return the layer that {"class_name": ..., "config": {...}} describes.

    Raises:
        ValueError: There is no such layer, or its configuration does not fit it.

    Example:
        >>> deserialize({"class_name": "Dense", "config": {"units": 3}}).units
        3
    """
    return from_description("layer", description, KNOWN)
