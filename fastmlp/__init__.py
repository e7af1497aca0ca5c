"""fastmlp: a multilayer perceptron that is fast, exact, and made to be read.

It has the words of Keras, so that the classic notebook runs after changing its
imports. The equations are in src/, compiled, and once more in `fastmlp.reference`, in
NumPy.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

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
from fastmlp._util.elsewhere import answer, answer_in
from fastmlp._util.keywords import suggest_in
from fastmlp._version import __version__
from fastmlp.initializers import Initializer
from fastmlp.layers import Input, Layer
from fastmlp.layers._tensor import KerasTensor
from fastmlp.losses import Loss
from fastmlp.metrics import Metric
from fastmlp.models import Model, Sequential
from fastmlp.optimizers import Optimizer
from fastmlp.regularizers import Regularizer

if TYPE_CHECKING:
    from fastmlp import backend, inspect, ops, random, tree, wrappers
    from fastmlp._as_keras import install_as_keras

__all__ = [
    "Initializer",
    "Input",
    "KerasTensor",
    "Layer",
    "Loss",
    "Metric",
    "Model",
    "Optimizer",
    "Regularizer",
    "Sequential",
    "__version__",
    "activations",
    "backend",
    "callbacks",
    "config",
    "constraints",
    "datasets",
    "initializers",
    "inspect",
    "install_as_keras",
    "layers",
    "losses",
    "metrics",
    "models",
    "ops",
    "optimizers",
    "plot",
    "preprocessing",
    "random",
    "regularizers",
    "saving",
    "tree",
    "utils",
    "version",
    "wrappers",
]


def __dir__() -> list[str]:
    """List public names alone, here and in each module: the Tab key shows these."""
    return __all__


def version() -> str:
    """Return the version of fastmlp.

    Example:
        >>> version() == __version__
        True
    """
    return __version__


# What few programs need, and is imported when it is first named.
_LAZY = (
    "backend",
    "inspect",
    "ops",
    "plot",
    "preprocessing",
    "random",
    "tree",
    "wrappers",
)


def __getattr__(name: str) -> Any:
    """Import what few programs need when it is first used."""
    if name in _LAZY:
        return importlib.import_module(f"fastmlp.{name}")
    if name == "install_as_keras":
        return importlib.import_module("fastmlp._as_keras").install_as_keras
    return answer("fastmlp", name)


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
answer_in(
    callbacks,
    initializers,
    layers,
    losses,
    models,
    optimizers,
    saving,
    utils,
)
