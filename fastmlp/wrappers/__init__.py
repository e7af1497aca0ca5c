"""Models for scikit-learn: in its pipelines, searches and cross-validations.

`SKLearnClassifier`, `SKLearnRegressor` and `SKLearnTransformer` are those of Keras 3,
`KerasClassifier` and `KerasRegressor` those of older scripts. They need scikit-learn:
`pip install 'fastmlp[sklearn]'`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastmlp.wrappers._keras_3 import (
        SKLearnClassifier,
        SKLearnRegressor,
        SKLearnTransformer,
    )
    from fastmlp.wrappers._older import KerasClassifier, KerasRegressor

__all__ = [
    "KerasClassifier",
    "KerasRegressor",
    "SKLearnClassifier",
    "SKLearnRegressor",
    "SKLearnTransformer",
]


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> Any:
    """Import scikit-learn when a wrapper is first named: it takes a second."""
    if name in __all__:
        place = "_older" if name.startswith("Keras") else "_keras_3"
        return getattr(importlib.import_module(f"fastmlp.wrappers.{place}"), name)
    if name == "scikit_learn":  # Where Keras 2 had the older ones.
        return importlib.import_module("fastmlp.wrappers.scikit_learn")
    raise AttributeError(f"module 'fastmlp.wrappers' has no attribute {name!r}")
