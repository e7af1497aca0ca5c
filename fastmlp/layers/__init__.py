"""Layers: the pieces of a network.

A layer describes itself: its sizes, its initial weights, its settings. It does not
loop over samples; `fastmlp._engine.build` makes one flat plan of all layers for that.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fastmlp._check.lookup import classes_by_name, from_description, own_or_same
from fastmlp._check.numbers import describe
from fastmlp._util.described import describe_object
from fastmlp.layers import (
    _activation,
    _dense,
    _embedding,
    _identity,
    _input,
    _merging,
    _noise,
    _normalization,
    _own,
    _pooling,
    _reshaping,
    _row_normalization,
)
from fastmlp.layers._activation import *
from fastmlp.layers._dense import *
from fastmlp.layers._embedding import *
from fastmlp.layers._identity import *
from fastmlp.layers._input import *
from fastmlp.layers._layer import Layer
from fastmlp.layers._merging import *
from fastmlp.layers._noise import *
from fastmlp.layers._normalization import *
from fastmlp.layers._own import *
from fastmlp.layers._pooling import *
from fastmlp.layers._reshaping import *
from fastmlp.layers._row_normalization import *

if TYPE_CHECKING:
    from fastmlp.layers._categories import *
    from fastmlp.layers._lookup import *
    from fastmlp.layers._text_vectorization import *

# Where layers are that few programs need, and that are no part of a network.
_ON_DEMAND = {
    "CategoryEncoding": "_categories",
    "Discretization": "_categories",
    "HashedCrossing": "_categories",
    "Hashing": "_categories",
    "IntegerLookup": "_lookup",
    "StringLookup": "_lookup",
    "TextVectorization": "_text_vectorization",
}

_MODULES = (
    _activation, _dense, _embedding, _identity, _input, _merging, _noise,
    _normalization, _own, _pooling, _reshaping, _row_normalization,
)  # fmt: skip

__all__ = [
    "ELU",
    "Activation",
    "ActivityRegularization",
    "Add",
    "AlphaDropout",
    "Average",
    "BatchNormalization",
    "CategoryEncoding",
    "Concatenate",
    "Dense",
    "Discretization",
    "Dot",
    "Dropout",
    "Embedding",
    "Flatten",
    "GaussianDropout",
    "GaussianNoise",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalAvgPool1D",
    "GlobalAvgPool2D",
    "GlobalMaxPool1D",
    "GlobalMaxPool2D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "HashedCrossing",
    "Hashing",
    "Identity",
    "Input",
    "InputLayer",
    "IntegerLookup",
    "Lambda",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "Maximum",
    "Minimum",
    "Multiply",
    "Normalization",
    "PReLU",
    "Permute",
    "RMSNormalization",
    "ReLU",
    "RepeatVector",
    "Rescaling",
    "Reshape",
    "Softmax",
    "StringLookup",
    "Subtract",
    "TextVectorization",
    "ThresholdedReLU",
    "UnitNormalization",
    "add",
    "average",
    "concatenate",
    "deserialize",
    "dot",
    "maximum",
    "minimum",
    "multiply",
    "serialize",
    "subtract",
]


def __dir__() -> list[str]:
    return __all__


def _on_demand(name: str) -> Any:
    return getattr(importlib.import_module(f"fastmlp.layers.{_ON_DEMAND[name]}"), name)


if not TYPE_CHECKING:

    def __getattr__(name: str) -> type[Layer]:
        """Import a layer that makes numbers of data when it is first used."""
        if name in _ON_DEMAND:
            return _on_demand(name)
        raise AttributeError(f"module 'fastmlp.layers' has no attribute {name!r}")


# All that a model can be made of, by the name that files have it under.
KNOWN = classes_by_name(Layer, _MODULES, str)


def serialize(layer: Layer) -> dict[str, Any]:
    """Return the description of a layer: a dictionary that JSON can hold.

    Args:
        layer: The layer.

    Raises:
        TypeError: It is no layer.

    Example:
        >>> serialize(Dense(3))["class_name"]
        'Dense'
    """
    if not isinstance(layer, Layer):
        raise TypeError(f"layer must be a layer, not {describe(layer)}.")
    description: dict[str, Any] = describe_object(layer)
    return description


def deserialize(description: Mapping[str, Any]) -> Layer:
    """Return the layer that {"class_name": ..., "config": {...}} describes.

    Raises:
        ValueError: There is no such layer, or its configuration does not fit it.

    Example:
        >>> deserialize({"class_name": "Dense", "config": {"units": 3}}).units
        3
    """
    name = description.get("class_name")
    known = {**KNOWN, name: _on_demand(name)} if name in _ON_DEMAND else KNOWN
    found = own_or_same("layer", description, known)
    if found is description:
        return from_description("layer", description, known)
    if not isinstance(found, Layer):
        raise ValueError(
            f"{description.get('class_name')!r} should be a layer, but what is "
            f"registered under this name is {describe(found)}."
        )
    return found
