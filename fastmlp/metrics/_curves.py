"""Curves through the mistakes at many thresholds: their area, and single points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp._check.names import name_of
from fastmlp._check.numbers import (
    as_count,
    as_float32,
    describe,
    if_given,
    number_between,
    real_numbers,
    true_or_false,
)
from fastmlp.metrics._confusion import AtThresholds, Counts, counts_of, share

if TYPE_CHECKING:
    from fastmlp.typing import DType

__all__ = [
    "AUC",
    "PrecisionAtRecall",
    "RecallAtPrecision",
    "SensitivityAtSpecificity",
    "SpecificityAtSensitivity",
]

_EPSILON = 1e-7


class AUC(AtThresholds):
    """The area under a curve: how well outputs tell yes from no, at any threshold.

    The curve goes through the mistakes at every threshold: for "ROC", recall over the
    share of the nos that are taken for a yes; for "PR", precision over recall; for
    "PRGAIN", both as gains over what saying yes to all gives. 1 is the best; of "ROC",
    0.5 is what guessing gives. Outputs are sorted into buckets between thresholds, so
    that the area is exact to about one part in `num_thresholds`; those beyond 0 and 1
    count as 0 and 1.

    Args:
        num_thresholds: How many thresholds, evenly spread from 0 to 1. Default 200.
        curve: "ROC", "PR" or "PRGAIN".
        summation_method: What is between two points: "interpolation", "minoring" (the
            lower of both) or "majoring" (the higher).
        name: Its name. Default "auc", "auc_1" and so on.
        dtype: Accepted as "float32" only.
        thresholds: Those between 0 and 1, if they are not to be evenly spread.
        multi_label: Whether each column has a curve of its own; the mean of their areas
            is the result. Default: all are taken as one long column.
        num_labels: How many columns there are, of several curves; others are refused.
        label_weights: How much each column counts, (columns,). Default: all the same.
        from_logits: Whether outputs are logits, of which the sigmoid is taken.

    Raises:
        TypeError: `num_thresholds` is not a whole number, or weights are no numbers.
        ValueError: There are less than two, a threshold is not from 0 to 1, or a word
            is not one of those above.

    Source: P. Flach, M. Kull, Precision-Recall-Gain Curves: PR Analysis Done Right,
    2015.

    Example:
        >>> AUC(num_thresholds=3)([0, 0, 1, 1], [0, 0.5, 0.3, 0.9])
        0.75
    """

    direction = "up"

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: DType = None,
        thresholds: Sequence[float] | None = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: ArrayLike | None = None,
        from_logits: bool = False,
    ) -> None:
        super().__init__(name_of(self, name), dtype)
        self.multi_label: bool = true_or_false("multi_label", multi_label)
        self.num_labels: int | None = if_given(as_count, "num_labels", num_labels, 1)
        if self.num_labels and not self.multi_label:
            raise ValueError("num_labels is for curves of their own: multi_label=True.")
        self.label_weights: list[float] | None = _label_weights(label_weights)
        if thresholds is None:
            count = as_count("num_thresholds", num_thresholds, 2)
            cuts = _evenly(count)[1:-1]
        else:
            given = [number_between("thresholds", one, 0, 1) for one in thresholds]
            cuts = sorted(given)
        self.cuts: Sequence[float] = tuple(cuts)
        self._own_thresholds = thresholds is not None
        self.num_thresholds: int = len(self.cuts) + 2
        self.curve: str = _known("curve", curve, ("ROC", "PR", "PRGAIN"))
        self.summation_method: str = _known(
            "summation_method",
            summation_method,
            ("interpolation", "minoring", "majoring"),
        )
        self.from_logits: bool = true_or_false("from_logits", from_logits)

    @property
    def thresholds(self) -> list[float]:
        """All thresholds: below the first is nothing, above the last neither."""
        return [-_EPSILON, *self.cuts, 1 + _EPSILON]

    def settings(self, columns: int) -> dict[str, float]:
        """Return how the outputs are sorted into what lies between the thresholds.

        Raises:
            ValueError: There is another number of labels.
        """
        weights = self.label_weights
        labels = self.num_labels if weights is None else len(weights)
        if labels is not None and labels != columns:
            raise ValueError(
                f"The metric {self.name!r} is for {labels} labels, but the outputs "
                f"have {columns} column{'s' if columns > 1 else ''}."
            )
        return super().settings(columns)

    def value(self, totals: Sequence[float]) -> float:
        """Return the area, from the weights between thresholds."""
        buckets = self.buckets(totals)
        weights = np.ones(buckets.shape[1])
        if self.label_weights is not None:
            weights = np.asarray(self.label_weights)
        if not self.multi_label:
            return float(self._area(np.einsum("kjb,j->kb", buckets, weights)))
        areas = self._area(buckets)
        return float((areas * weights).sum() / weights.sum()) if weights.any() else 0.0

    def _area(self, buckets: NDArray[Any]) -> NDArray[Any]:
        """Return areas, (...,), from the weights between thresholds, (2, ..., n)."""
        # Above the first threshold are all outputs, above the last none.
        ends = np.zeros((*buckets.shape[:-1], 1))
        counts = counts_of(np.concatenate([ends, buckets, ends], axis=-1))
        if self.curve == "PR" and self.summation_method == "interpolation":
            return _area_of_precision(counts)
        if self.curve == "ROC":
            x, y = counts.fall_out, counts.recall
        elif self.curve == "PR":
            x, y = counts.recall, counts.precision
        else:
            x, y = _gains(counts)
        before, after = y[..., :-1], y[..., 1:]
        heights = {
            "interpolation": (before + after) / 2,
            "minoring": np.minimum(before, after),
            "majoring": np.maximum(before, after),
        }
        widths = x[..., :-1] - x[..., 1:]
        found: NDArray[Any] = (widths * heights[self.summation_method]).sum(axis=-1)
        return found

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this metric again."""
        own = {"thresholds": list(self.cuts)} if self._own_thresholds else {}
        return {**super().get_config(), **own}


def _evenly(count: int) -> list[float]:
    """Return so many thresholds, evenly spread from 0 to 1."""
    return [place / (count - 1) for place in range(count)]


def _label_weights(given: ArrayLike | None) -> list[float] | None:
    """Return how much each label counts."""
    if given is None:
        return None
    weights = as_float32("label_weights", real_numbers("label_weights", given))
    if weights.ndim != 1 or not weights.size or weights.min() < 0:
        raise ValueError(
            "label_weights must hold a weight of at least 0 for each column, not "
            f"{describe(given)}."
        )
    return [float(one) for one in weights]


def _known(argument: str, word: Any, words: Sequence[str]) -> str:
    """Return a word as it is written in `words`, in small letters or in large ones."""
    for one in words:
        if isinstance(word, str) and word.lower() == one.lower():
            return one
    raise ValueError(
        f"`{argument}` must be {' or '.join(map(repr, words))}, not {describe(word)}."
    )


def _gains(counts: Counts) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the gains of recall and of precision."""
    hits, mistakes, right, missed = counts
    odds = share(hits + missed, right + mistakes)
    recall_gain = np.where(hits == 0, 0, 1 - odds * share(missed, hits))
    precision_gain = np.where(hits == 0, 1, 1 - odds * share(mistakes, hits))
    return np.maximum(recall_gain, 0), precision_gain


def _area_of_precision(counts: Counts) -> NDArray[Any]:
    """Return the area under precision over recall, interpolated.

    Between two thresholds, not precision is taken to be a straight line, but the hits
    over what is chosen. Source: J. Davis, M. Goadrich, The Relationship Between
    Precision-Recall and ROC Curves, 2006; the integral is that of Keras.
    """
    hits, chosen = counts.true_positives, counts.true_positives + counts.false_positives
    new_hits = hits[..., :-1] - hits[..., 1:]
    slope = share(new_hits, np.maximum(chosen[..., :-1] - chosen[..., 1:], 0))
    intercept = hits[..., 1:] - slope * chosen[..., 1:]
    growth = share(chosen[..., :-1], chosen[..., 1:])
    growth = np.where(growth > 0, growth, 1)
    area = slope * (new_hits + intercept * np.log(growth))
    found: NDArray[Any] = share(area, np.broadcast_to(hits[..., :1], area.shape)).sum(
        axis=-1
    )
    return found


class _Point(AtThresholds):
    """What those have in common that look for the best threshold under a condition.

    Args:
        least: The name of the argument, and what it says.
        num_thresholds: How many thresholds are tried.
        class_id: The column that counts, or None.
        name: Its name.
        dtype: Accepted as "float32" only.
    """

    direction = "up"

    def __init__(
        self,
        least: tuple[str, float],
        num_thresholds: int,
        class_id: int | None,
        name: str | None,
        dtype: DType,
    ) -> None:
        super().__init__(name_of(self, name), dtype)
        self._least: float = number_between(*least, 0, 1)
        self.num_thresholds: int = as_count("num_thresholds", num_thresholds, 1)
        self.class_id: int | None = if_given(as_count, "class_id", class_id, 0)
        several = self.num_thresholds > 1
        self.thresholds: list[float] = _evenly(num_thresholds) if several else [0.5]
        self.cuts: Sequence[float] = tuple(self.thresholds)

    def value(self, totals: Sequence[float]) -> float:
        """Return the best of those that are good enough, or 0."""
        held, wanted = self.held_and_wanted(self.counts(totals))
        return float(np.where(held >= self._least, wanted, 0).max())

    def held_and_wanted(self, counts: Counts) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return what has to be large enough, and what should be as large as can be."""
        raise NotImplementedError


class SensitivityAtSpecificity(_Point):
    """The best sensitivity (recall) of thresholds with enough specificity.

    Sensitivity is the share of the yes targets that are found, specificity that of the
    no targets.

    Args:
        specificity: The least that is enough, from 0 to 1.
        num_thresholds: How many thresholds are tried, evenly spread from 0 to 1.
            Default 200.
        class_id: The column that counts. Default: all do, as one long one.
        name: Its name. Default "sensitivity_at_specificity" and so on.
        dtype: Accepted as "float32" only.

    Raises:
        TypeError: An argument is no number.
        ValueError: `specificity` is not from 0 to 1, `num_thresholds` below 1, or
            `class_id` below 0.

    Example:
        >>> SensitivityAtSpecificity(0.5)([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])
        0.5
    """

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: DType = None,
    ) -> None:
        least = "specificity", specificity
        super().__init__(least, num_thresholds, class_id, name, dtype)
        self.specificity: float = self._least

    def held_and_wanted(self, counts: Counts) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return specificity and sensitivity."""
        return counts.specificity, counts.recall


class SpecificityAtSensitivity(_Point):
    """The best specificity of thresholds with enough sensitivity (recall).

    Sensitivity is the share of the yes targets that are found, specificity that of the
    no targets.

    Args:
        sensitivity: The least that is enough, from 0 to 1.
        num_thresholds: How many thresholds are tried, evenly spread from 0 to 1.
            Default 200.
        class_id: The column that counts. Default: all do, as one long one.
        name: Its name. Default "specificity_at_sensitivity" and so on.
        dtype: Accepted as "float32" only.

    Raises:
        TypeError: An argument is no number.
        ValueError: `sensitivity` is not from 0 to 1, `num_thresholds` below 1, or
            `class_id` below 0.

    Example:
        >>> metric = SpecificityAtSensitivity(0.5)
        >>> metric([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8]) == 2 / 3
        True
    """

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: DType = None,
    ) -> None:
        least = "sensitivity", sensitivity
        super().__init__(least, num_thresholds, class_id, name, dtype)
        self.sensitivity: float = self._least

    def held_and_wanted(self, counts: Counts) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return sensitivity and specificity."""
        return counts.recall, counts.specificity


class PrecisionAtRecall(_Point):
    """The best precision of thresholds with enough recall.

    Args:
        recall: The least that is enough, from 0 to 1.
        num_thresholds: How many thresholds are tried, evenly spread from 0 to 1.
            Default 200.
        class_id: The column that counts. Default: all do, as one long one.
        name: Its name. Default "precision_at_recall" and so on.
        dtype: Accepted as "float32" only.

    Raises:
        TypeError: An argument is no number.
        ValueError: `recall` is not from 0 to 1, `num_thresholds` below 1, or `class_id`
            below 0.

    Example:
        >>> PrecisionAtRecall(0.5)([0, 0, 0, 1, 1], [0, 0.3, 0.8, 0.3, 0.8])
        0.5
    """

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: DType = None,
    ) -> None:
        super().__init__(("recall", recall), num_thresholds, class_id, name, dtype)
        self.recall: float = self._least

    def held_and_wanted(self, counts: Counts) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return recall and precision."""
        return counts.recall, counts.precision


class RecallAtPrecision(_Point):
    """The best recall of thresholds with enough precision; 0 if none has.

    Args:
        precision: The least that is enough, from 0 to 1.
        num_thresholds: How many thresholds are tried, evenly spread from 0 to 1.
            Default 200.
        class_id: The column that counts. Default: all do, as one long one.
        name: Its name. Default "recall_at_precision" and so on.
        dtype: Accepted as "float32" only.

    Raises:
        TypeError: An argument is no number.
        ValueError: `precision` is not from 0 to 1, `num_thresholds` below 1, or
            `class_id` below 0.

    Example:
        >>> RecallAtPrecision(0.8)([0, 0, 1, 1], [0, 0.5, 0.3, 0.9])
        0.5
    """

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: DType = None,
    ) -> None:
        least = "precision", precision
        super().__init__(least, num_thresholds, class_id, name, dtype)
        self.precision: float = self._least

    def held_and_wanted(self, counts: Counts) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return precision and recall."""
        return counts.precision, counts.recall
