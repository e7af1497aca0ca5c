"""Data sets, ready for training: Keras's, and drawn ones that need no download."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from fastmlp._util.on_demand import import_on_demand

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


def __getattr__(name: str) -> NoReturn:
    raise AttributeError(
        f"fastmlp.datasets has no data set {name!r}; it has {', '.join(__all__)}."
    )


# Most programs use one of them or none.
import_on_demand(__name__, modules=__all__)
