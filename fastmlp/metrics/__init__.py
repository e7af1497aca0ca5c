"""Metrics: what `fit` and `evaluate` report beside the loss.

Each is a sum over the rows divided by what the rows count as, or what its own totals
come to; the equations are in src/metrics.pxi and src/totals.pxi.
"""

from __future__ import annotations

import inspect
import sys
from collections import ChainMap, Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from fastmlp import losses
from fastmlp._check.lookup import (
    ClassesByName,
    find,
    is_function,
    look_up,
    own_or_same,
)
from fastmlp._check.names import snake_case
from fastmlp._check.numbers import describe
from fastmlp._util.described import describe_object
from fastmlp._util.keywords import suggesting
from fastmlp._util.on_demand import import_on_demand
from fastmlp._util.registered import CustomObjectScope
from fastmlp.metrics import _own
from fastmlp.metrics._accuracy import *
from fastmlp.metrics._accuracy import BinaryAccuracy, CategoricalAccuracy
from fastmlp.metrics._loss_metric import LossMetric as _LossMetric
from fastmlp.metrics._loss_metric import is_loss, metric_of
from fastmlp.metrics._metric import Metric
from fastmlp.metrics._own import MeanMetricWrapper

if TYPE_CHECKING:
    from fastmlp.metrics._confusion import *
    from fastmlp.metrics._curves import *
    from fastmlp.metrics._functions import *
    from fastmlp.metrics._hinge import *
    from fastmlp.metrics._iou import *
    from fastmlp.metrics._means import *
    from fastmlp.metrics._probabilistic import *
    from fastmlp.metrics._regression import *
    from fastmlp.metrics._scores import *
    from fastmlp.typing import MetricLike

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


import_on_demand(
    __name__,
    {
        "_confusion": [
            "FalseNegatives",
            "FalsePositives",
            "Precision",
            "Recall",
            "TrueNegatives",
            "TruePositives",
        ],
        "_curves": [
            "AUC",
            "PrecisionAtRecall",
            "RecallAtPrecision",
            "SensitivityAtSpecificity",
            "SpecificityAtSensitivity",
        ],
        "_functions": [
            "binary_accuracy",
            "binary_crossentropy",
            "binary_focal_crossentropy",
            "categorical_accuracy",
            "categorical_crossentropy",
            "categorical_focal_crossentropy",
            "categorical_hinge",
            "concordance_correlation",
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
            "sparse_categorical_accuracy",
            "sparse_categorical_crossentropy",
            "sparse_top_k_categorical_accuracy",
            "squared_hinge",
            "top_k_categorical_accuracy",
        ],
        "_hinge": ["CategoricalHinge", "Hinge", "SquaredHinge"],
        "_iou": ["BinaryIoU", "IoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU"],
        "_means": ["Mean", "MeanTensor", "Sum"],
        "_probabilistic": [
            "BinaryCrossentropy",
            "CategoricalCrossentropy",
            "KLDivergence",
            "Poisson",
            "SparseCategoricalCrossentropy",
        ],
        "_regression": [
            "CosineSimilarity",
            "LogCoshError",
            "MeanAbsoluteError",
            "MeanAbsolutePercentageError",
            "MeanSquaredError",
            "MeanSquaredLogarithmicError",
            "RootMeanSquaredError",
        ],
        "_scores": [
            "ConcordanceCorrelation",
            "F1Score",
            "FBetaScore",
            "PearsonCorrelation",
            "R2Score",
        ],
    },
)

# What else Keras calls them.
_ALIASES = {
    "bce": "BinaryCrossentropy",
    "cosine_proximity": "CosineSimilarity",
    "kld": "KLDivergence",
    "kullback_leibler_divergence": "KLDivergence",
    "mae": "MeanAbsoluteError",
    "mape": "MeanAbsolutePercentageError",
    "mse": "MeanSquaredError",
    "msle": "MeanSquaredLogarithmicError",
}
_CLASSES = [one for one in __all__ if one[0].isupper() and one != "Metric"]
_BY_NAME: ClassesByName[Metric] = ClassesByName(
    __name__, _CLASSES, snake_case, _ALIASES
)
# Each loss is a metric as well. Nothing is written into these.
_WITH_LOSSES: Mapping[str, Any] = ChainMap(_BY_NAME, losses._BY_NAME)  # type: ignore[arg-type]
# What `compile` knows: which accuracy "accuracy" is depends on the outputs.
_ACCURACIES: dict[str, Any] = {"accuracy": None, "acc": None}
_COMPILED: Mapping[str, Any] = ChainMap(_ACCURACIES, _WITH_LOSSES)  # type: ignore[arg-type]


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
    identifier = own_or_same("metric", identifier, _WITH_LOSSES)
    if isinstance(identifier, str):
        return _made(look_up("metric", identifier, _WITH_LOSSES))
    if isinstance(identifier, type) and issubclass(identifier, Metric):
        return _made(identifier)
    if isinstance(identifier, Metric):
        return identifier
    if is_function(identifier):
        # One of the library's stands for the metric of its name, which is compiled.
        name = getattr(identifier, "__name__", "")
        is_known = name in __all__ and identifier is getattr(
            sys.modules[__name__], name
        )
        return _BY_NAME[name]() if is_known else _own.MetricFunction(identifier)
    return find("metric", identifier, _BY_NAME, own=_OWN)


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
    if issubclass(kind, losses.Loss):
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
        identifier = own_or_same("metric", identifier, _COMPILED)
        if isinstance(identifier, str):
            found = look_up("metric", identifier, _COMPILED)
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
