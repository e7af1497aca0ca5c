"""Layers: the pieces of a network.

A layer describes itself: its sizes, its initial weights, its settings. It does not
loop over samples; `fastmlp._engine.build` makes one flat plan of all layers for that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fastmlp._check.lookup import ClassesByName, from_description, own_or_same
from fastmlp._check.numbers import describe
from fastmlp._util.described import describe_object
from fastmlp._util.on_demand import import_on_demand
from fastmlp.layers._activation import *
from fastmlp.layers._dense import *
from fastmlp.layers._input import *
from fastmlp.layers._layer import Layer

if TYPE_CHECKING:
    from fastmlp.layers._categories import *
    from fastmlp.layers._embedding import *
    from fastmlp.layers._identity import *
    from fastmlp.layers._lookup import *
    from fastmlp.layers._merging import *
    from fastmlp.layers._noise import *
    from fastmlp.layers._normalization import *
    from fastmlp.layers._own import *
    from fastmlp.layers._pooling import *
    from fastmlp.layers._reshaping import *
    from fastmlp.layers._row_normalization import *
    from fastmlp.layers._text_vectorization import *

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


import_on_demand(
    __name__,
    {
        "_categories": [
            "CategoryEncoding",
            "Discretization",
            "HashedCrossing",
            "Hashing",
        ],
        "_embedding": ["Embedding"],
        "_identity": ["ActivityRegularization", "Identity"],
        "_lookup": ["IntegerLookup", "StringLookup"],
        "_merging": [
            "Add",
            "Average",
            "Concatenate",
            "Dot",
            "Maximum",
            "Minimum",
            "Multiply",
            "Subtract",
            "add",
            "average",
            "concatenate",
            "dot",
            "maximum",
            "minimum",
            "multiply",
            "subtract",
        ],
        "_noise": ["AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise"],
        "_normalization": ["BatchNormalization", "Normalization", "Rescaling"],
        "_own": ["Lambda"],
        "_pooling": [
            "GlobalAveragePooling1D",
            "GlobalAveragePooling2D",
            "GlobalAvgPool1D",
            "GlobalAvgPool2D",
            "GlobalMaxPool1D",
            "GlobalMaxPool2D",
            "GlobalMaxPooling1D",
            "GlobalMaxPooling2D",
        ],
        "_reshaping": ["Flatten", "Permute", "RepeatVector", "Reshape"],
        "_row_normalization": [
            "LayerNormalization",
            "RMSNormalization",
            "UnitNormalization",
        ],
        "_text_vectorization": ["TextVectorization"],
    },
)

# All that a model can be made of, by the name that files have it under.
_CLASSES = [
    one for one in __all__ if one[0].isupper() and one not in ("Input", "Layer")
]
KNOWN: ClassesByName[Layer] = ClassesByName(__name__, _CLASSES, str)


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
    found = own_or_same("layer", description, KNOWN)
    if found is description:
        return from_description("layer", description, KNOWN)
    if not isinstance(found, Layer):
        raise ValueError(
            f"{description.get('class_name')!r} should be a layer, but what is "
            f"registered under this name is {describe(found)}."
        )
    return found
