"""Metrics: what `fit` and `evaluate` report beside the loss.

Each is a sum over the rows divided by what the rows count as, or what its own totals
come to; the equations are in src/metrics.pxi and src/totals.pxi.
"""

from __future__ import annotations

import functools
import importlib
import inspect
from collections import Counter
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from fastmlp._check.lookup import (
    classes_by_name,
    find,
    is_function,
    look_up,
    own_or_same,
)
from fastmlp._check.names import snake_case
from fastmlp._check.numbers import describe
from fastmlp._util.described import describe_object
from fastmlp._util.keywords import suggest_in, suggesting
from fastmlp._util.registered import CustomObjectScope
from fastmlp.losses import _BY_NAME as _LOSSES
from fastmlp.losses import Loss as _Loss
from fastmlp.losses import (
    binary_crossentropy,
    binary_focal_crossentropy,
    categorical_crossentropy,
    categorical_focal_crossentropy,
    categorical_hinge,
    hinge,
    huber,
    kl_divergence,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    poisson,
    sparse_categorical_crossentropy,
    squared_hinge,
)
from fastmlp.metrics import _own
from fastmlp.metrics._accuracy import *
from fastmlp.metrics._accuracy import BinaryAccuracy, CategoricalAccuracy
from fastmlp.metrics._hinge import *
from fastmlp.metrics._loss_metric import LossMetric as _LossMetric
from fastmlp.metrics._loss_metric import is_loss, metric_of
from fastmlp.metrics._metric import Metric
from fastmlp.metrics._own import MeanMetricWrapper
from fastmlp.metrics._probabilistic import *
from fastmlp.metrics._regression import *

if TYPE_CHECKING:
    from fastmlp.metrics._confusion import *
    from fastmlp.metrics._curves import *
    from fastmlp.metrics._functions import *
    from fastmlp.metrics._iou import *
    from fastmlp.metrics._means import *
    from fastmlp.metrics._scores import *
    from fastmlp.typing import MetricLike

# Where the classes are; those that are seldom used are imported when they are named.
_MODULES = (
    *("_accuracy", "_regression", "_hinge", "_probabilistic", "_own"),
    *("_confusion", "_curves", "_iou", "_means", "_scores"),
)

__all__ = [
    "AUC",
    "Accuracy",
    "BinaryAccuracy",
    "BinaryCrossentropy",
    "BinaryIoU",
    "CategoricalAccuracy",
    "CategoricalCrossentropy",
    "CategoricalHinge",
    "ConcordanceCorrelation",
    "CosineSimilarity",
    "F1Score",
    "FBetaScore",
    "FalseNegatives",
    "FalsePositives",
    "Hinge",
    "IoU",
    "KLDivergence",
    "LogCoshError",
    "Mean",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanIoU",
    "MeanMetricWrapper",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "MeanTensor",
    "Metric",
    "OneHotIoU",
    "OneHotMeanIoU",
    "PearsonCorrelation",
    "Poisson",
    "Precision",
    "PrecisionAtRecall",
    "R2Score",
    "Recall",
    "RecallAtPrecision",
    "RootMeanSquaredError",
    "SensitivityAtSpecificity",
    "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy",
    "SparseTopKCategoricalAccuracy",
    "SpecificityAtSensitivity",
    "SquaredHinge",
    "Sum",
    "TopKCategoricalAccuracy",
    "TrueNegatives",
    "TruePositives",
    "binary_accuracy",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_accuracy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_hinge",
    "concordance_correlation",
    "deserialize",
    "get",
    "hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "pearson_correlation",
    "poisson",
    "serialize",
    "sparse_categorical_accuracy",
    "sparse_categorical_crossentropy",
    "sparse_top_k_categorical_accuracy",
    "squared_hinge",
    "top_k_categorical_accuracy",
]


def __dir__() -> list[str]:
    return __all__


@functools.cache
def _module(name: str) -> ModuleType:
    """Import a module of classes."""
    found = importlib.import_module(f"fastmlp.metrics.{name}")
    suggest_in(found)
    return found


def __getattr__(name: str) -> Any:
    """Import what is seldom used when it is first named."""
    if name in __all__:
        for module in map(_module, (*_MODULES, "_functions")):
            if name in module.__all__:
                globals()[name] = getattr(module, name)
                return globals()[name]
    raise AttributeError(f"module 'fastmlp.metrics' has no attribute {name!r}")


@functools.cache
def _by_name() -> Mapping[str, type[Metric]]:
    """Return the class of every name that Keras has for one."""
    return classes_by_name(Metric, map(_module, _MODULES), snake_case)


@functools.cache
def _all() -> Mapping[str, type[Any]]:
    """Return what `get` knows: each loss is a metric as well."""
    return {**_LOSSES, **_by_name()}


# What `compile` knows: which accuracy "accuracy" is depends on the outputs.
_ACCURACIES: dict[str, Any] = {"accuracy": None, "acc": None}


_OWN = "Or a function of your own."


class Named(NamedTuple):
    """A metric that `compile` was given, and the name that `History` has it under."""

    name: str
    metric: Metric | str  # "accuracy" until the outputs are known
    weighted: bool


def get(identifier: MetricLike) -> Metric:
    """Return the metric that a name stands for.

    Args:
        identifier: A name, a configuration, or a metric of this module; a loss; or of
            your own: a function of targets and outputs, or a `Metric` with an
            `update_state`.

    Raises:
        ValueError: There is no such metric.

    Example:
        >>> get("mse").name
        'mean_squared_error'
    """
    if isinstance(identifier, Metric):
        return identifier
    if is_loss(identifier):
        return metric_of(identifier)
    identifier = own_or_same("metric", identifier, _all())
    if isinstance(identifier, str):
        return _made(look_up("metric", identifier, _all()))
    if isinstance(identifier, type) and issubclass(identifier, Metric):
        return _made(identifier)
    if isinstance(identifier, Metric):
        return identifier
    if is_function(identifier):
        # One of the library's stands for the metric of its name, which is compiled.
        name = getattr(identifier, "__name__", "")
        is_known = identifier is globals().get(name)
        return _by_name()[name]() if is_known else _own.MetricFunction(identifier)
    return find("metric", identifier, _by_name(), own=_OWN)


def serialize(metric: Metric) -> dict[str, Any]:
    """Return the description of a metric, as Keras's files have it.

    Raises:
        TypeError: It is none.

    Example:
        >>> serialize(MeanSquaredError())["class_name"]
        'MeanSquaredError'
    """
    if not isinstance(metric, Metric):
        raise TypeError(
            f"What is no metric has no description as one: {describe(metric)}."
        )
    description: dict[str, Any] = describe_object(metric)
    return description


@suggesting
def deserialize(
    config: MetricLike, custom_objects: Mapping[str, Any] | None = None
) -> Metric:
    """Return the metric of a description.

    Args:
        config: As `serialize` gives it, or a name.
        custom_objects: Classes and functions of your own, by the names in it.

    Raises:
        ValueError: There is no such metric.

    Example:
        >>> deserialize({"class_name": "Recall", "config": {"name": "r"}}).name
        'r'
    """
    with CustomObjectScope(custom_objects):
        return get(config)


def _made(kind: type[Any]) -> Metric:
    """Return a metric of a class, which may be that of a loss."""
    if issubclass(kind, _Loss):
        return metric_of(kind)
    needed = [
        one.name
        for one in inspect.signature(kind).parameters.values()
        if one.default is one.empty and one.kind is one.POSITIONAL_OR_KEYWORD
    ]
    if needed:
        raise ValueError(
            f"The metric {kind.__name__} needs {' and '.join(needed)}, which a name "
            f"does not say: give an object, {kind.__name__}({needed[0]}=...)."
        )
    found: Metric = kind()
    return found


def check(
    metrics: Sequence[Any] | None, weighted_metrics: Sequence[Any] | None = None
) -> list[Named]:
    """Return the metrics that `compile` was given, by the names that they go under.

    Those are the strings as they were given, or the names of objects. A repeated one
    gets "_1" and so on; among `weighted_metrics`, it gets "weighted_" before its name.

    Args:
        metrics: Names or objects, in a list or tuple, or None.
        weighted_metrics: The same; these weight rows by their `sample_weight`.

    Raises:
        ValueError: It is no list, or a name is unknown.

    Example:
        >>> [one.name for one in check(["accuracy", "mse", "mse"])]
        ['accuracy', 'mse', 'mse_1']
    """
    found: list[Named] = []
    names: set[str] = set()
    repeats: Counter[str] = Counter()
    for argument, given in [
        ("metrics", metrics),
        ("weighted_metrics", weighted_metrics),
    ]:
        if given is not None and not isinstance(given, (list, tuple)):
            raise ValueError(
                f"Expected `{argument}` to be a list or tuple, such as ['accuracy'], "
                f"but received an object of type {type(given).__name__}."
            )
        for one in given or []:
            metric = _known(one)
            name = base = one if isinstance(one, str) else metric.name  # type: ignore[union-attr]
            if argument == "weighted_metrics" and name in names:
                name = base = f"weighted_{name}"
            while name in names:
                repeats[base] += 1
                name = f"{base}_{repeats[base]}"
            names.add(name)
            found.append(Named(name, metric, argument == "weighted_metrics"))
    return found


def _known(identifier: MetricLike) -> Metric | str:
    """Return a metric, or "accuracy"."""
    if isinstance(identifier, str):
        known = {**_all(), **_ACCURACIES}
        identifier = own_or_same("metric", identifier, known)
        if isinstance(identifier, str):
            found = look_up("metric", identifier, known)
            identifier = "accuracy" if found is None else _made(found)
    metric = "accuracy" if identifier == "accuracy" else get(identifier)
    if isinstance(metric, Metric) and _own.keeps_totals(metric):
        parameters = inspect.signature(metric.update_state).parameters
        if next(iter(parameters), "") == "values":
            raise ValueError(
                f"The metric {metric.name!r} is one of any values, so that it knows "
                "nothing of targets and outputs: use it in a loop of your own, by its "
                "`update_state`; or give a function of both, such as lambda y_true, "
                "y_pred: ..., whose mean is taken."
            )
    return metric


def resolve(metric: Metric | str, outputs: int) -> Metric:
    """Return a metric; "accuracy" is binary for a single output, else categorical.

    Example:
        >>> resolve("accuracy", outputs=1).name
        'binary_accuracy'
    """
    if type(metric) is _LossMetric:
        return _LossMetric(metric.loss.for_outputs(outputs), metric.name)
    if isinstance(metric, Metric):
        return metric
    return BinaryAccuracy() if outputs == 1 else CategoricalAccuracy()
