"""Data sets, ready for training: Keras's, and drawn ones that need no download."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastmlp.datasets import (
        boston_housing,
        california_housing,
        cifar10,
        cifar100,
        fashion_mnist,
        imdb,
        mnist,
        reuters,
        synthetic_boston_housing,
        synthetic_california_housing,
        synthetic_cifar10,
        synthetic_cifar100,
        synthetic_digits,
        synthetic_fashion_mnist,
        synthetic_imdb,
        synthetic_reuters,
    )

__all__ = [
    "boston_housing",
    "california_housing",
    "cifar10",
    "cifar100",
    "fashion_mnist",
    "imdb",
    "mnist",
    "reuters",
    "synthetic_boston_housing",
    "synthetic_california_housing",
    "synthetic_cifar10",
    "synthetic_cifar100",
    "synthetic_digits",
    "synthetic_fashion_mnist",
    "synthetic_imdb",
    "synthetic_reuters",
]


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> ModuleType:
    """Import a data set when it is first used: most programs use one or none."""
    if name in __all__:
        return importlib.import_module(f"fastmlp.datasets.{name}")
    raise AttributeError(
        f"fastmlp.datasets has no data set {name!r}; it has {', '.join(__all__)}."
    )
