"""Data sets, ready for training: `mnist`, and `synthetic_digits` without a download."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastmlp.datasets import mnist, synthetic_digits

__all__ = ["mnist", "synthetic_digits"]


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> ModuleType:
    """Import a data set when it is first used: most programs use one or none."""
    if name in __all__:
        return importlib.import_module(f"fastmlp.datasets.{name}")
    raise AttributeError(
        f"fastmlp.datasets has no data set {name!r}; it has {', '.join(__all__)}."
    )
