"""fastmlp: a multilayer perceptron that is fast, exact, and made to be read.

It has the words of Keras, so that the classic notebook runs after changing its
imports. The equations are in src/, compiled, and once more in `fastmlp.reference`, in
NumPy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastmlp import (
    activations,
    config,
    constraints,
    initializers,
    layers,
    losses,
    metrics,
    models,
    optimizers,
    regularizers,
)
from fastmlp._util.on_demand import import_on_demand
from fastmlp._version import __version__
from fastmlp.initializers import Initializer
from fastmlp.layers import Input, Layer
from fastmlp.losses import Loss
from fastmlp.metrics import Metric
from fastmlp.models import Model, Sequential
from fastmlp.optimizers import Optimizer
from fastmlp.regularizers import Regularizer

if TYPE_CHECKING:
    from fastmlp import (
        backend,
        callbacks,
        datasets,
        inspect,
        ops,
        plot,
        preprocessing,
        random,
        saving,
        tree,
        utils,
        wrappers,
    )
    from fastmlp._as_keras import install_as_keras
    from fastmlp.layers._tensor import KerasTensor

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


# Modules that few programs need, or that `import fastmlp` does not need yet.
import_on_demand(
    __name__,
    {"_as_keras": ["install_as_keras"], "layers._tensor": ["KerasTensor"]},
    modules=[
        "backend",
        "callbacks",
        "datasets",
        "inspect",
        "kernels",
        "ops",
        "plan",
        "plot",
        "preprocessing",
        "random",
        "reference",
        "saving",
        "tables",
        "tree",
        "utils",
        "wrappers",
    ],
)
