"""Metrics: what `fit` and `evaluate` report beside the loss.

Each is a sum over the rows divided by what the rows count as, or what its own totals
come to; the equations are in src/metrics.pxi.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from fastmlp._check.lookup import (
    classes_by_name,
    find,
    is_function,
    look_up,
    own_or_same,
)
from fastmlp._check.names import snake_case
from fastmlp.losses import _BY_NAME as _LOSSES
from fastmlp.losses import Loss
from fastmlp.metrics import (
    _accuracy,
    _confusion,
    _hinge,
    _own,
    _probabilistic,
    _regression,
)
from fastmlp.metrics._accuracy import *
from fastmlp.metrics._accuracy import BinaryAccuracy, CategoricalAccuracy
from fastmlp.metrics._confusion import *
from fastmlp.metrics._hinge import *
from fastmlp.metrics._loss_metric import LossMetric, is_loss, metric_of
from fastmlp.metrics._metric import Metric
from fastmlp.metrics._probabilistic import *
from fastmlp.metrics._regression import *

if TYPE_CHECKING:
    from fastmlp.typing import MetricLike

_MODULES = (_accuracy, _confusion, _regression, _hinge, _probabilistic)

__all__ = [
    "AUC",
    "Accuracy",
    "BinaryAccuracy",
    "BinaryCrossentropy",
    "CategoricalAccuracy",
    "CategoricalCrossentropy",
    "CategoricalHinge",
    "CosineSimilarity",
    "Hinge",
    "KLDivergence",
    "LogCoshError",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Metric",
    "Poisson",
    "Precision",
    "Recall",
    "RootMeanSquaredError",
    "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy",
    "SparseTopKCategoricalAccuracy",
    "SquaredHinge",
    "TopKCategoricalAccuracy",
    "get",
]


def __dir__() -> list[str]:
    return __all__


_BY_NAME = classes_by_name(Metric, _MODULES, snake_case)

# What `get` knows: each loss is a metric as well.
_ALL: dict[str, Any] = {**_LOSSES, **_BY_NAME}
# What `compile` knows: which accuracy "accuracy" is depends on the outputs.
_NAMES: dict[str, Any] = {**_ALL, "accuracy": None, "acc": None}


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
    if is_loss(identifier):
        return metric_of(identifier)
    identifier = own_or_same("metric", identifier, _ALL)
    if isinstance(identifier, str):
        return _made(look_up("metric", identifier, _ALL))
    if isinstance(identifier, type) and issubclass(identifier, Metric):
        identifier = identifier if identifier in _BY_NAME.values() else identifier()
    if isinstance(identifier, Metric) and (
        isinstance(identifier, LossMetric) or _own.is_own(identifier)
    ):
        return identifier
    if is_function(identifier):
        return _own.MetricFunction(identifier)
    return find("metric", identifier, _BY_NAME, own=_OWN)


def _made(kind: type[Any]) -> Metric:
    """Return a metric of a class, which may be that of a loss."""
    return metric_of(kind) if issubclass(kind, Loss) else kind()


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
    identifier = own_or_same("metric", identifier, _NAMES)
    if isinstance(identifier, str):
        found = look_up("metric", identifier, _NAMES)
        return "accuracy" if found is None else _made(found)
    return get(identifier)


def resolve(metric: Metric | str, outputs: int) -> Metric:
    """Return a metric; "accuracy" is binary for a single output, else categorical.

    Example:
        >>> resolve("accuracy", outputs=1).name
        'binary_accuracy'
    """
    if type(metric) is LossMetric:
        return LossMetric(metric.loss.for_outputs(outputs), metric.name)
    if isinstance(metric, Metric):
        return metric
    return BinaryAccuracy() if outputs == 1 else CategoricalAccuracy()
