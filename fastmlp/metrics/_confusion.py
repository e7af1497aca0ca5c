"""Which mistakes are made, where yes is rare: counts of them, precision and recall."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp import kernels
from fastmlp._check.names import name_of
from fastmlp._check.numbers import as_count, if_given, number_between
from fastmlp.metrics._metric import Metric

if TYPE_CHECKING:
    from fastmlp.typing import DType

__all__ = [
    "FalseNegatives",
    "FalsePositives",
    "Precision",
    "Recall",
    "TrueNegatives",
    "TruePositives",
]

# Below all outputs, as Keras has it: what is among the k best says yes.
_BELOW_ALL = -1e10


class Counts(NamedTuple):
    """Yes and no, right and wrong, at each threshold: arrays of one shape."""

    true_positives: NDArray[Any]
    false_positives: NDArray[Any]
    true_negatives: NDArray[Any]
    false_negatives: NDArray[Any]

    @property
    def recall(self) -> NDArray[Any]:
        """Of the targets that are yes, the share that is found."""
        return share(self.true_positives, self.true_positives + self.false_negatives)

    @property
    def precision(self) -> NDArray[Any]:
        """Of the outputs that say yes, the share that is right."""
        return share(self.true_positives, self.true_positives + self.false_positives)

    @property
    def specificity(self) -> NDArray[Any]:
        """Of the targets that are no, the share that is found."""
        return share(self.true_negatives, self.true_negatives + self.false_positives)

    @property
    def fall_out(self) -> NDArray[Any]:
        """Of the targets that are no, the share that is taken for a yes."""
        return share(self.false_positives, self.true_negatives + self.false_positives)


def share(part: NDArray[Any], whole: NDArray[Any]) -> NDArray[Any]:
    """Return part / whole, or 0 where there is nothing."""
    found = np.zeros_like(part)
    np.divide(part, whole, out=found, where=whole != 0)
    return found


class AtThresholds(Metric):
    """What follows from how many outputs are above each threshold.

    Attributes:
        top_k: How many outputs of a row can say yes, or None.
        class_id: The only class that counts, or None.
        from_logits: Whether outputs are logits.
    """

    kernel = "confusion"
    top_k: int | None = None
    class_id: int | None = None
    from_logits: bool = False

    def settings(self, columns: int) -> dict[str, float]:
        """Return how the outputs are sorted into what lies between the thresholds.

        Raises:
            ValueError: There are not so many columns.
        """
        top_k, class_id = self.top_k or 0, self.class_id
        if top_k > columns:
            raise ValueError(
                f"The metric {self.name!r} has top_k={top_k}, but the outputs have "
                f"only {columns} column{'s' if columns > 1 else ''}."
            )
        if class_id is not None and class_id >= columns:
            raise ValueError(
                f"The metric {self.name!r} has class_id={class_id}, but the classes of "
                f"{columns} column{'s' if columns > 1 else ''} are 0..{columns - 1}."
            )
        return {
            "buckets": len(self.cuts) + 1,
            "top_k": top_k,
            "class_id": -1 if class_id is None else class_id,
            "from_logits": self.from_logits,
        }

    def totals_by_entry(
        self, t: NDArray[Any], y: NDArray[Any], weights: NDArray[Any]
    ) -> NDArray[np.float64]:
        """Return the weights between thresholds, one column after the other."""
        settings = self.settings(y.shape[1])
        columns = range(y.shape[1]) if self.class_id is None else [self.class_id]
        return np.ravel(
            sum(
                kernels.confusion(
                    y, t, self.cuts, weights[:, j], **{**settings, "class_id": j}
                )
                for j in columns
            )
        )

    def buckets(self, totals: Sequence[float]) -> NDArray[np.float64]:
        """Return weights between thresholds, (yes and no, columns, buckets)."""
        return np.reshape(totals, (2, -1, len(self.cuts) + 1))

    def counts(self, totals: Sequence[float]) -> Counts:
        """Return the mistakes at each threshold, (thresholds,); all columns are one."""
        return counts_of(self.buckets(totals).sum(axis=1))


def counts_of(buckets: NDArray[np.float64]) -> Counts:
    """Return the mistakes at thresholds from the weights between them.

    Args:
        buckets: Weights of the yes, then of the no, (2, ..., thresholds + 1).

    Example:
        >>> counts_of(np.array([[1.0, 2.0], [3.0, 4.0]]))[:2]
        (array([2.]), array([4.]))
    """
    above = np.cumsum(buckets[..., ::-1], axis=-1)[..., ::-1]
    (hits, mistakes), (yes, no) = above[..., 1:], above[..., :1]
    return Counts(hits, mistakes, no - mistakes, yes - hits)


class _AtOwnThresholds(AtThresholds):
    """What those have in common that are asked for at one threshold or several.

    Args:
        thresholds: What yes is larger than, or several of them; None: `default`.
        name: Its name.
        dtype: Accepted as "float32" only.
        default: The threshold if there is none.
    """

    def __init__(
        self,
        thresholds: float | Sequence[float] | None,
        name: str | None,
        dtype: DType,
        default: float = 0.5,
    ) -> None:
        super().__init__(name_of(self, name), dtype)
        several = isinstance(thresholds, (list, tuple, np.ndarray))
        given: Any = thresholds if several else [thresholds]
        if thresholds is not None:
            given = [number_between("thresholds", one, 0, 1) for one in given]
        if not given:
            raise ValueError("thresholds is empty: give a number from 0 to 1, or more.")
        self.init_thresholds: Any = given if several else given[0]
        self.thresholds: list[float] = [default] if thresholds is None else given
        self.cuts: Sequence[float] = tuple(sorted(self.thresholds))

    def value(self, totals: Sequence[float]) -> Any:
        """Return a number for each threshold, or the one of the only one."""
        found = self.of_counts(self.counts(totals))
        if len(found) == 1:
            return float(found[0])
        return found[np.searchsorted(self.cuts, self.thresholds)]

    def of_counts(self, counts: Counts) -> NDArray[Any]:
        """Return what is asked for, (thresholds,)."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this metric again."""
        return {**super().get_config(), "thresholds": self.init_thresholds}


class _Count(_AtOwnThresholds):
    """What the counts of one kind of outputs have in common."""

    def __init__(
        self,
        thresholds: float | Sequence[float] | None = None,
        name: str | None = None,
        dtype: DType = None,
    ) -> None:
        super().__init__(thresholds, name, dtype)


class TruePositives(_Count):
    """How many outputs say yes, and are right; by weight, where there is one.

    Args:
        thresholds: What yes is larger than: a number from 0 to 1, or several in a list,
            each of which gets a number of its own. Default None: 0.5.
        name: Its name. Default "true_positives", "true_positives_1" and so on.
        dtype: Accepted as "float32" only.

    Raises:
        TypeError: A threshold is no number.
        ValueError: A threshold is not from 0 to 1.

    Example:
        >>> TruePositives()([0, 1, 1, 1], [1, 0, 1, 1])
        2.0
    """

    direction = "up"

    def of_counts(self, counts: Counts) -> NDArray[Any]:
        """Return how many there are."""
        return counts.true_positives


class FalsePositives(_Count):
    """How many outputs say yes, and are wrong; by weight, where there is one.

    Args:
        thresholds: What yes is larger than: a number from 0 to 1, or several in a list,
            each of which gets a number of its own. Default None: 0.5.
        name: Its name. Default "false_positives", "false_positives_1" and so on.
        dtype: Accepted as "float32" only.

    Raises:
        TypeError: A threshold is no number.
        ValueError: A threshold is not from 0 to 1.

    Example:
        >>> FalsePositives([0.5, 0.8])([0, 1, 0, 0], [0.1, 0.2, 0.7, 0.9])
        array([2., 1.])
    """

    direction = "down"

    def of_counts(self, counts: Counts) -> NDArray[Any]:
        """Return how many there are."""
        return counts.false_positives


class TrueNegatives(_Count):
    """How many outputs say no, and are right; by weight, where there is one.

    Args:
        thresholds: What yes is larger than: a number from 0 to 1, or several in a list,
            each of which gets a number of its own. Default None: 0.5.
        name: Its name. Default "true_negatives", "true_negatives_1" and so on.
        dtype: Accepted as "float32" only.

    Raises:
        TypeError: A threshold is no number.
        ValueError: A threshold is not from 0 to 1.

    Example:
        >>> TrueNegatives()([0, 1, 0, 0], [1, 1, 0, 0])
        2.0
    """

    direction = "up"

    def of_counts(self, counts: Counts) -> NDArray[Any]:
        """Return how many there are."""
        return counts.true_negatives


class FalseNegatives(_Count):
    """How many outputs say no, and are wrong; by weight, where there is one.

    Args:
        thresholds: What yes is larger than: a number from 0 to 1, or several in a list,
            each of which gets a number of its own. Default None: 0.5.
        name: Its name. Default "false_negatives", "false_negatives_1" and so on.
        dtype: Accepted as "float32" only.

    Raises:
        TypeError: A threshold is no number.
        ValueError: A threshold is not from 0 to 1.

    Example:
        >>> FalseNegatives()([0, 1, 1, 1], [0, 1, 0, 0])
        2.0
    """

    direction = "down"

    def of_counts(self, counts: Counts) -> NDArray[Any]:
        """Return how many there are."""
        return counts.false_negatives


class _Share(_AtOwnThresholds):
    """What precision and recall have in common: which outputs can say yes."""

    direction = "up"

    def __init__(
        self,
        thresholds: float | Sequence[float] | None = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: DType = None,
    ) -> None:
        self.top_k: int | None = if_given(as_count, "top_k", top_k, 1)
        self.class_id: int | None = if_given(as_count, "class_id", class_id, 0)
        default = 0.5 if top_k is None else _BELOW_ALL
        super().__init__(thresholds, name, dtype, default)


class Precision(_Share):
    """Of the outputs that say yes, the share that is right.

    Args:
        thresholds: What yes is larger than: a number from 0 to 1, or several in a list,
            each of which gets a number of its own. Default None: 0.5, or with `top_k`
            none at all.
        top_k: Only so many outputs of a row can say yes, the largest ones. Default: all
            that are above the threshold.
        class_id: The column that counts. Default: all do, as one long one.
        name: Its name. Default "precision", "precision_1" and so on.
        dtype: Accepted as "float32" only.

    Raises:
        TypeError: A threshold is no number, or another argument no whole number.
        ValueError: A threshold is not from 0 to 1, `top_k` is below 1 or `class_id`
            below 0.

    Example:
        >>> Precision()([[1], [0], [1]], [[0.9], [0.8], [0.1]])
        0.5
        >>> Precision([0.5, 0.85])([[1], [0], [1]], [[0.9], [0.8], [0.1]])
        array([0.5, 1. ])
    """

    def of_counts(self, counts: Counts) -> NDArray[Any]:
        """Return the share of the yeses that are right."""
        return counts.precision


class Recall(_Share):
    """Of the targets that are yes, the share that the outputs say yes to.

    Args:
        thresholds: What yes is larger than: a number from 0 to 1, or several in a list,
            each of which gets a number of its own. Default None: 0.5, or with `top_k`
            none at all.
        top_k: Only so many outputs of a row can say yes, the largest ones. Default: all
            that are above the threshold.
        class_id: The column that counts. Default: all do, as one long one.
        name: Its name. Default "recall", "recall_1" and so on.
        dtype: Accepted as "float32" only.

    Raises:
        TypeError: A threshold is no number, or another argument no whole number.
        ValueError: A threshold is not from 0 to 1, `top_k` is below 1 or `class_id`
            below 0.

    Example:
        >>> Recall()([[1], [0], [1]], [[0.9], [0.8], [0.1]])
        0.5
    """

    def of_counts(self, counts: Counts) -> NDArray[Any]:
        """Return the share of the targets that are found."""
        return counts.recall
