"""Layers: the pieces of a network.

A layer describes itself: its sizes, its initial weights, its settings. It does not
loop over samples; `fastmlp._engine.build` makes one flat plan of all layers for that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastmlp._check.lookup import classes_by_name, from_description, own_or_same
from fastmlp._check.numbers import describe
from fastmlp.layers import (
    _activation,
    _dense,
    _embedding,
    _input,
    _merging,
    _noise,
    _normalization,
    _own,
    _pooling,
    _reshaping,
)
from fastmlp.layers._activation import *
from fastmlp.layers._dense import *
from fastmlp.layers._embedding import *
from fastmlp.layers._input import *
from fastmlp.layers._layer import Layer
from fastmlp.layers._merging import *
from fastmlp.layers._noise import *
from fastmlp.layers._normalization import *
from fastmlp.layers._own import *
from fastmlp.layers._pooling import *
from fastmlp.layers._reshaping import *

_MODULES = (
    _activation, _dense, _embedding, _input, _merging, _noise, _normalization, _own,
    _pooling, _reshaping,
)  # fmt: skip

__all__ = [
    "ELU",
    "Activation",
    "Add",
    "Average",
    "BatchNormalization",
    "Concatenate",
    "Dense",
    "Dot",
    "Dropout",
    "Embedding",
    "Flatten",
    "GaussianNoise",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalAvgPool1D",
    "GlobalAvgPool2D",
    "GlobalMaxPool1D",
    "GlobalMaxPool2D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "Input",
    "InputLayer",
    "Lambda",
    "Layer",
    "LeakyReLU",
    "Maximum",
    "Minimum",
    "Multiply",
    "Normalization",
    "Permute",
    "ReLU",
    "RepeatVector",
    "Rescaling",
    "Reshape",
    "Softmax",
    "Subtract",
    "add",
    "average",
    "concatenate",
    "deserialize",
    "dot",
    "maximum",
    "minimum",
    "multiply",
    "subtract",
]


def __dir__() -> list[str]:
    return __all__


# All that a model can be made of, by the name that files have it under.
KNOWN = classes_by_name(Layer, _MODULES, str)


def deserialize(description: Mapping[str, Any]) -> Layer:
    """Return the layer that {"class_name": ..., "config": {...}} describes.

    Raises:
        ValueError: There is no such layer, or its configuration does not fit it.

    Example:
        >>> deserialize({"class_name": "Dense", "config": {"units": 3}}).units
        3
    """
    found = own_or_same("layer", description, KNOWN)
    if found is description:
        return from_description("layer", description, KNOWN)
    if not isinstance(found, Layer):
        raise ValueError(
            f"{description.get('class_name')!r} should be a layer, but what is "
            f"registered under this name is {describe(found)}."
        )
    return found
