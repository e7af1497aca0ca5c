"""Scores of each class or column: F, R2, correlations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from fastmlp._check.names import as_text
from fastmlp._check.numbers import (
    as_count,
    describe,
    if_given,
    number_between,
    positive_number,
)
from fastmlp._util.warn import warn
from fastmlp.metrics._metric import Metric

if TYPE_CHECKING:
    from fastmlp.typing import DType

__all__ = [
    "ConcordanceCorrelation",
    "F1Score",
    "FBetaScore",
    "PearsonCorrelation",
    "R2Score",
]

_EPSILON = 1e-7

Average = Literal["micro", "macro", "weighted"]
Aggregation = Literal["uniform_average", "variance_weighted_average"]


class FBetaScore(Metric):
    """Precision and recall in one number, for each class: their weighted harmonic mean.

    F = (1 + beta^2) precision recall / (beta^2 precision + recall)

    Args:
        average: None gives a number for each column. "macro" is the mean of these,
            "weighted" that by how often the targets are yes, "micro" the score of all
            columns taken as one.
        beta: How much more recall counts than precision. Default 1.0.
        threshold: What yes is larger than, above 0 and at most 1. Default None: the
            largest output of a row says yes, and the others no.
        name: Its name.
        dtype: Accepted as "float32" only.

    Raises:
        TypeError: A number is none.
        ValueError: `average` is none of these, or a number out of its range.

    Source: C. J. van Rijsbergen, Information Retrieval, 1979.

    Example:
        >>> score = FBetaScore(beta=2.0, threshold=0.5)
        >>> t = [[1, 1, 1], [1, 0, 0], [1, 1, 0]]
        >>> y = [[0.2, 0.6, 0.7], [0.2, 0.6, 0.6], [0.6, 0.8, 0.0]]
        >>> score(t, y).round(4).tolist()
        [0.3846, 0.9091, 0.8333]
    """

    kernel = "f_score"
    direction = "up"

    def __init__(
        self,
        average: Average | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str = "fbeta_score",
        dtype: DType = None,
    ) -> None:
        super().__init__(name, dtype)
        self.average: str | None = _one_of(
            "average", average, ("micro", "macro", "weighted")
        )
        self.beta: float = positive_number("beta", beta)
        self.threshold: float | None = if_given(
            number_between, "threshold", threshold, 0, 1
        )
        if self.threshold == 0:
            raise ValueError("threshold must be above 0, not 0: more than it is yes.")

    def settings(self, columns: int) -> dict[str, float]:
        """Return the threshold, or 0 if there is none."""
        return {"threshold": self.threshold or 0.0}

    def value(self, totals: Sequence[float]) -> Any:
        """Return the score, or that of each column."""
        sums = np.reshape(totals, (3, -1))
        if self.average == "micro":
            sums = sums.sum(axis=1, keepdims=True)
        hits, chosen, yes = sums
        precision, recall = hits / (chosen + _EPSILON), hits / (yes + _EPSILON)
        squared = self.beta**2
        score: NDArray[Any] = (1 + squared) * precision * recall
        score = score / (squared * precision + recall + _EPSILON)
        if self.average is None:
            return score
        if self.average == "weighted":
            return float((score * yes).sum() / (yes.sum() + _EPSILON))
        return float(score.mean())

    def totals_by_entry(
        self, t: NDArray[Any], y: NDArray[Any], weights: NDArray[Any]
    ) -> NDArray[np.float64]:
        """Refuse weights of single numbers: the largest of a row is chosen as one."""
        raise ValueError(
            f"The metric {self.name!r} looks at rows: sample_weight must have one "
            f"weight a row, shape ({len(y)},), not {weights.shape}."
        )


class F1Score(FBetaScore):
    """Precision and recall in one number, for each class: their harmonic mean.

    F = 2 precision recall / (precision + recall)

    Args:
        average: None gives a number for each column. "macro" is the mean of these,
            "weighted" that by how often the targets are yes, "micro" the score of all
            columns taken as one.
        threshold: What yes is larger than, above 0 and at most 1. Default None: the
            largest output of a row says yes, and the others no.
        name: Its name.
        dtype: Accepted as "float32" only.

    Raises:
        TypeError: The threshold is no number.
        ValueError: `average` is none of these, or the threshold not above 0 and at most
            1.

    Example:
        >>> score = F1Score()
        >>> score([[1, 0], [0, 1]], [[0.9, 0.1], [0.6, 0.4]]).round(4)
        array([0.6667, 0.    ])
    """

    def __init__(
        self,
        average: Average | None = None,
        threshold: float | None = None,
        name: str = "f1_score",
        dtype: DType = None,
    ) -> None:
        super().__init__(average, 1.0, threshold, name, dtype)


class R2Score(Metric):
    """The share of the targets' variance that is explained; 1 is the best.

    R2 = 1 - sum_i (t_i - y_i)^2 / sum_i (t_i - mean(t))^2, below 0 for what is worse
    than the mean. A column whose targets are all the same has 0.

    Args:
        class_aggregation: What becomes of the scores of several columns: their mean,
            "uniform_average"; that by the variance of the targets,
            "variance_weighted_average"; or None, a number for each.
        num_regressors: Of how many independent variables the outputs are made, for the
            adjusted score. Default 0: it is not adjusted.
        name: Its name.
        dtype: Accepted as "float32" only.

    Raises:
        TypeError: `num_regressors` is not a whole number.
        ValueError: It is below 0, or `class_aggregation` none of these.

    Source: S. Wright, Correlation and Causation, 1921.

    Example:
        >>> round(R2Score()([[1], [4], [3]], [[2], [4], [4]]), 6)
        0.571429
    """

    kernel = "r2_score"
    direction = "up"

    def __init__(
        self,
        class_aggregation: Aggregation | None = "uniform_average",
        num_regressors: int = 0,
        name: str = "r2_score",
        dtype: DType = None,
    ) -> None:
        super().__init__(name, dtype)
        self.class_aggregation: str | None = _one_of(
            "class_aggregation",
            class_aggregation,
            ("uniform_average", "variance_weighted_average"),
        )
        self.num_regressors: int = as_count("num_regressors", num_regressors, 0)

    def value(self, totals: Sequence[float]) -> Any:
        """Return the score, or that of each column."""
        of_t, of_squares, residual, count, rows = np.reshape(totals, (5, -1))
        with np.errstate(divide="ignore", invalid="ignore"):
            variance = of_squares - of_t * (of_t / count)
            # What is left of equal targets are roundings.
            variance[variance <= 1e-14 * of_squares] = 0
            scores = 1 - residual / variance
            scores[np.isinf(scores)] = 0
            found: Any = scores
            if self.class_aggregation == "uniform_average":
                found = scores.mean()
            elif self.class_aggregation == "variance_weighted_average":
                found = (variance * scores).sum() / variance.sum()
        return self._adjusted(found, rows.sum())

    def _adjusted(self, found: Any, entries: float) -> Any:
        """Return a score that does not grow with the number of variables."""
        count = self.num_regressors
        if count and count >= entries - 1:
            warn(
                f"The adjusted R2 score of {count} regressors needs more than "
                f"{count + 1} numbers, but there are {entries:.0f}: it is not adjusted."
            )
        elif count:
            found = 1 - (1 - found) * (entries - 1) / (entries - count - 1)
        return found if np.ndim(found) else float(found)

    def totals_by_entry(
        self, t: NDArray[Any], y: NDArray[Any], weights: NDArray[Any]
    ) -> NDArray[np.float64]:
        """Return the sums of the columns, each with weights of its own."""
        sums = [
            self.totals(t[:, [j]], y[:, [j]], weights[:, j]) for j in range(y.shape[1])
        ]
        return np.stack(sums, axis=1).ravel()


class PearsonCorrelation(Metric):
    """The mean of the Pearson correlations of targets and outputs; 1 is the best.

    r = cov(t, y) / (std(t) std(y)), NaN where one of them does not vary.

    Args:
        name: Its name.
        dtype: Accepted as "float32" only.
        axis: -1, the default: of each row; 0: of each column over the rows of a batch.

    Raises:
        ValueError: The axis is none of these.

    Source: K. Pearson, Notes on Regression and Inheritance, 1895.

    Example:
        >>> metric = PearsonCorrelation()
        >>> round(metric([[0, 1, 0.5], [1, 1, 0.2]], [[0, 1, 1], [1, 0.9, 0.2]]), 4)
        0.9297
    """

    kernel = "correlation"
    direction = "up"
    concordance: bool = False

    def __init__(
        self, name: str = "pearson_correlation", dtype: DType = None, axis: int = -1
    ) -> None:
        super().__init__(name, dtype)
        if axis not in (-1, 0, 1) or isinstance(axis, bool):
            raise ValueError(
                "axis must be -1, for the correlation of each row, or 0, for that of "
                f"each column, not {describe(axis)}."
            )
        self.axis: int = axis
        self.by_columns: bool = axis == 0

    def settings(self, columns: int) -> dict[str, float]:
        """Return of what the correlation is.

        Raises:
            ValueError: It is that of rows of one number.
        """
        if columns == 1 and not self.by_columns:
            raise ValueError(
                f"The metric {self.name!r} is that of each row, but rows of one number "
                "have no correlation. Give it axis=0: that of the column."
            )
        return super().settings(columns)

    def totals(
        self, t: NDArray[Any], y: NDArray[Any], weights: NDArray[Any] | None
    ) -> NDArray[np.float64]:
        """Return the sum of the correlations, and how many there are.

        Raises:
            ValueError: Rows have weights, but columns are measured.
        """
        if self.by_columns and weights is not None:
            raise ValueError(
                f"The metric {self.name!r} with axis=0 is that of whole columns: it "
                "takes no sample_weight."
            )
        return super().totals(t, y, weights)


class ConcordanceCorrelation(PearsonCorrelation):
    """The mean of the concordance correlations of targets and outputs; 1 is the best.

    c = 2 cov(t, y) / (var(t) + var(y) + (mean(t) - mean(y))^2): unlike Pearson's, it is
    1 only if both are equal.

    Args:
        name: Its name.
        dtype: Accepted as "float32" only.
        axis: -1, the default: of each row; 0: of each column over the rows of a batch.

    Raises:
        ValueError: The axis is none of these.

    Source: L. I-K. Lin, A Concordance Correlation Coefficient to Evaluate
    Reproducibility, 1989.

    Example:
        >>> metric = ConcordanceCorrelation()
        >>> round(metric([[0, 1, 0.5], [1, 1, 0.2]], [[0, 1, 1], [1, 0.9, 0.2]]), 4)
        0.8938
    """

    concordance = True

    def __init__(
        self, name: str = "concordance_correlation", dtype: DType = None, axis: int = -1
    ) -> None:
        super().__init__(name, dtype, axis)


def _one_of(argument: str, word: Any, words: Sequence[str]) -> Any:
    """Return a word that is one of these, or None."""
    if word is not None and as_text(argument, word) not in words:
        raise ValueError(
            f"`{argument}` must be {', '.join(map(repr, words))} or None, not {word!r}."
        )
    return word
