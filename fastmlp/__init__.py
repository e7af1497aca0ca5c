"""fastmlp: a multilayer perceptron that is fast, exact, and made to be read.

It has the words of Keras, so that the classic notebook runs after changing its
imports. The equations are in src/, compiled, and once more in `fastmlp.reference`, in
NumPy.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

from fastmlp import (
    activations,
    callbacks,
    config,
    constraints,
    datasets,
    initializers,
    layers,
    losses,
    metrics,
    models,
    optimizers,
    regularizers,
    saving,
    utils,
)
from fastmlp._util.keywords import suggest_in
from fastmlp._version import __version__
from fastmlp.layers import Input
from fastmlp.models import Model, Sequential

if TYPE_CHECKING:
    from fastmlp import backend, ops

__all__ = [
    "Input",
    "Model",
    "Sequential",
    "__version__",
    "activations",
    "backend",
    "callbacks",
    "config",
    "constraints",
    "datasets",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "ops",
    "optimizers",
    "regularizers",
    "saving",
    "utils",
]


def __dir__() -> list[str]:
    """List public names alone, here and in each module: the Tab key shows these."""
    return __all__


def __getattr__(name: str) -> ModuleType:
    """Import what equations of one's own are made of when it is first used."""
    if name in ("backend", "ops"):
        return importlib.import_module(f"fastmlp.{name}")
    raise AttributeError(f"module 'fastmlp' has no attribute {name!r}")


suggest_in(
    callbacks,
    constraints,
    initializers,
    layers,
    losses,
    metrics,
    models,
    optimizers,
    optimizers.schedules,
    regularizers,
    utils,
)
