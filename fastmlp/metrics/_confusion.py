"""Precision, recall and their curve: which mistakes are made, where yes is rare."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastmlp import kernels
from fastmlp._check.arguments import refuse
from fastmlp._check.names import name_of
from fastmlp._check.numbers import (
    as_count,
    describe,
    if_given,
    number_between,
    true_or_false,
)
from fastmlp.metrics._metric import Metric

if TYPE_CHECKING:
    from fastmlp.typing import DType

__all__ = ["AUC", "Precision", "Recall"]


class _OfYes(Metric):
    """What both have in common: the threshold above which an output says yes."""

    def __init__(
        self,
        thresholds: float | None = None,
        top_k: None = None,
        class_id: None = None,
        name: str | None = None,
        dtype: DType = None,
    ) -> None:
        refuse(top_k=top_k, class_id=class_id)
        if isinstance(thresholds, (list, tuple)):
            raise ValueError(
                "fastmlp takes a single number for `thresholds`: make a metric for "
                "each of them."
            )
        super().__init__(name_of(self, name), dtype)
        self.top_k = top_k
        self.class_id = class_id
        self.thresholds: float | None = if_given(
            number_between, "thresholds", thresholds, 0, 1
        )

    def settings(self) -> dict[str, float]:
        """Return the threshold."""
        return {"threshold": 0.5 if self.thresholds is None else self.thresholds}


class Precision(_OfYes):
    """Of the outputs that say yes, the share that is right.

    Args:
        thresholds: What yes is larger than. Default None: 0.5.
        top_k: Accepted as None only.
        class_id: Accepted as None only.
        name: Its name. Default "precision", "precision_1" and so on.
        dtype: Accepted as "float32" only.

    Raises:
        ValueError: The threshold is not one number from 0 to 1.

    Example:
        >>> Precision()([[1], [0], [1]], [[0.9], [0.8], [0.1]])
        0.5
    """

    kernel = "precision"


class Recall(_OfYes):
    """Of the targets that are yes, the share that the outputs say yes to.

    Args:
        thresholds: What yes is larger than. Default None: 0.5.
        top_k: Accepted as None only.
        class_id: Accepted as None only.
        name: Its name. Default "recall", "recall_1" and so on.
        dtype: Accepted as "float32" only.

    Raises:
        ValueError: The threshold is not one number from 0 to 1.

    Example:
        >>> Recall()([[1], [0], [1]], [[0.9], [0.8], [0.1]])
        0.5
    """

    kernel = "recall"


class AUC(Metric):
    """The area under a curve: how well outputs tell yes from no, at any threshold.

    The curve goes through the mistakes at every threshold: for "ROC", recall over the
    share of the nos that are taken for a yes; for "PR", precision over recall. 1 is the
    best; of "ROC", 0.5 is what guessing gives. Outputs are sorted into buckets between
    thresholds, so that the area is exact to about one part in `num_thresholds`; those
    beyond 0 and 1 count as 0 and 1. Several columns are taken as one long one.

    Args:
        num_thresholds: How many thresholds, evenly spread from 0 to 1. Default 200.
        curve: "ROC" or "PR".
        summation_method: What is between two points: "interpolation", "minoring" (the
            lower of both) or "majoring" (the higher).
        name: Its name. Default "auc", "auc_1" and so on.
        dtype: Accepted as "float32" only.
        thresholds: Accepted as None only.
        multi_label: Accepted as False only.
        num_labels: Accepted as None only.
        label_weights: Accepted as None only.
        from_logits: Whether outputs are logits, of which the sigmoid is taken.

    Raises:
        TypeError: `num_thresholds` is not a whole number.
        ValueError: There are less than two, or a word is not one of those above.

    Example:
        >>> AUC(num_thresholds=3)([0, 0, 1, 1], [0, 0.5, 0.3, 0.9])
        0.75
    """

    kernel = "auc"

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: DType = None,
        thresholds: None = None,
        multi_label: bool = False,
        num_labels: None = None,
        label_weights: None = None,
        from_logits: bool = False,
    ) -> None:
        for argument, value, instead in [
            ("thresholds", thresholds, "`num_thresholds` says how many there are"),
            ("multi_label", multi_label or None, "all columns count as one"),
            ("num_labels", num_labels, "it belongs to `multi_label`"),
            ("label_weights", label_weights, "`sample_weight` has weights for rows"),
        ]:
            if value is not None:
                raise ValueError(
                    f"fastmlp does not support `{argument}`; leave it out: {instead}."
                )
        super().__init__(name_of(self, name), dtype)
        self.multi_label = multi_label
        self.num_labels = num_labels
        self.label_weights = label_weights
        self.num_thresholds: int = as_count("num_thresholds", num_thresholds, 2)
        self.curve: str = _known("curve", curve, ("ROC", "PR"))
        self.summation_method: str = _known(
            "summation_method",
            summation_method,
            ("interpolation", "minoring", "majoring"),
        )
        self.from_logits: bool = true_or_false("from_logits", from_logits)

    def totals(
        self, t: NDArray[Any], y: NDArray[Any], weights: NDArray[Any] | None
    ) -> NDArray[np.float64]:
        """Return the weights between thresholds: of each yes, then of each no."""
        return np.ravel(kernels.auc(y, t, weights, **self.settings()))

    def value(self, totals: Sequence[float]) -> float:
        """Return the area, from the weights between thresholds."""
        between = np.reshape(totals, (2, -1))
        hits, mistakes = np.cumsum(between[:, ::-1], axis=1)[:, ::-1]
        recall, precision = _share(hits, hits[0]), _share(hits, hits + mistakes)
        if self.curve == "PR" and self.summation_method == "interpolation":
            return _area_of_precision(hits, hits + mistakes)
        x, y = recall, precision
        if self.curve == "ROC":
            x, y = _share(mistakes, mistakes[0]), recall
        heights = {
            "interpolation": (y[:-1] + y[1:]) / 2,
            "minoring": np.minimum(y[:-1], y[1:]),
            "majoring": np.maximum(y[:-1], y[1:]),
        }
        return float(((x[:-1] - x[1:]) * heights[self.summation_method]).sum())


def _known(argument: str, word: Any, words: Sequence[str]) -> str:
    """Return a word as it is written in `words`, in small letters or in large ones."""
    for one in words:
        if isinstance(word, str) and word.lower() == one.lower():
            return one
    raise ValueError(
        f"`{argument}` must be {' or '.join(map(repr, words))}, not {describe(word)}."
    )


def _share(part: NDArray[Any], whole: NDArray[Any]) -> NDArray[Any]:
    """Return part / whole, or 0 where there is nothing."""
    found = np.zeros_like(part)
    np.divide(part, whole, out=found, where=whole != 0)
    return found


def _area_of_precision(hits: NDArray[Any], chosen: NDArray[Any]) -> float:
    """Return the area under precision over recall, interpolated.

    Between two thresholds, not precision is taken to be a straight line, but the hits
    over what is chosen. Source: J. Davis, M. Goadrich, The Relationship Between
    Precision-Recall and ROC Curves, 2006; the integral is that of Keras.
    """
    new_hits = hits[:-1] - hits[1:]
    slope = _share(new_hits, np.maximum(chosen[:-1] - chosen[1:], 0))
    intercept = hits[1:] - slope * chosen[1:]
    growth = _share(chosen[:-1], chosen[1:])
    growth = np.where(growth > 0, growth, 1)
    return float(
        _share(slope * (new_hits + intercept * np.log(growth)), hits[:1]).sum()
    )
