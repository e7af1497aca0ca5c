"""Models for scikit-learn: in its pipelines, searches and cross-validations.

`SKLearnClassifier`, `SKLearnRegressor` and `SKLearnTransformer` are those of Keras 3,
`KerasClassifier` and `KerasRegressor` those of older scripts. They need scikit-learn:
`pip install 'fastmlp[sklearn]'`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastmlp._util.on_demand import import_on_demand

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


# They import scikit-learn, which takes a second.
import_on_demand(
    __name__,
    {
        "_keras_3": ["SKLearnClassifier", "SKLearnRegressor", "SKLearnTransformer"],
        "_older": ["KerasClassifier", "KerasRegressor"],
    },
    modules=["scikit_learn"],  # Where Keras 2 had the older ones.
)
