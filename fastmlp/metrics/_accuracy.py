"""Accuracies: how often the answer is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastmlp._check.numbers import as_count, finite_number
from fastmlp.metrics._metric import Metric

if TYPE_CHECKING:
    from fastmlp.typing import DType

__all__ = [
    "Accuracy",
    "BinaryAccuracy",
    "CategoricalAccuracy",
    "SparseCategoricalAccuracy",
    "SparseTopKCategoricalAccuracy",
    "TopKCategoricalAccuracy",
]


class Accuracy(Metric):
    """How often an output is the target itself, number by number.

    `compile(metrics=["accuracy"])` is something else: it takes the one of the other
    accuracies that fits the outputs.

    Args:
        name: Its name.
        dtype: Accepted as "float32" only.

    Example:
        >>> Accuracy()([[1], [2], [3], [4]], [[0], [2], [3], [4]])
        0.75
    """

    kernel = "accuracy"
    direction = "up"
    entrywise = True


class _OfClasses(Metric):
    """What accuracies have in common that ask where among the outputs the class is."""

    direction = "up"

    def settings(self, columns: int) -> dict[str, float]:
        """Return what the kernel is set to.

        Raises:
            ValueError: There is one output, which is the largest whatever it is.
        """
        if columns == 1:
            raise ValueError(
                f"The metric {self.name!r} chooses between classes, but there is one "
                "output only, so that it would always be 1, right or wrong. Use "
                "'accuracy' or 'binary_accuracy'."
            )
        return super().settings(columns)


class CategoricalAccuracy(_OfClasses):
    """How often the largest output is that of the right class; targets are one-hot.

    Args:
        name: Its name.
        dtype: Accepted as "float32" only.

    Example:
        >>> CategoricalAccuracy()([[0, 1], [0, 1]], [[0.1, 0.9], [0.8, 0.2]])
        0.5
    """

    kernel = "categorical_accuracy"


class SparseCategoricalAccuracy(_OfClasses):
    """How often the largest output is that of the right class; targets are labels.

    Args:
        name: Its name.
        dtype: Accepted as "float32" only.

    Example:
        >>> SparseCategoricalAccuracy()([1, 1], [[0.1, 0.9], [0.8, 0.2]])
        0.5
    """

    kernel = "categorical_accuracy"
    sparse = True


class BinaryAccuracy(Metric):
    """How often an output is on the right side of the threshold.

    Args:
        name: Its name.
        dtype: Accepted as "float32" only.
        threshold: What yes is larger than. Default 0.5.

    Raises:
        TypeError: The threshold is no number.

    Example:
        >>> BinaryAccuracy()([[1], [0], [1]], [[0.8], [0.3], [0.4]]) == 2 / 3
        True
    """

    kernel = "binary_accuracy"
    direction = "up"
    entrywise = True

    def __init__(
        self, name: str = "binary_accuracy", dtype: DType = None, threshold: float = 0.5
    ) -> None:
        super().__init__(name, dtype)
        self.threshold: float = finite_number("threshold", threshold)


class TopKCategoricalAccuracy(_OfClasses):
    """How often the right class is among the k largest outputs; targets are one-hot.

    Args:
        k: How many outputs are looked at. Default 5.
        name: Its name.
        dtype: Accepted as "float32" only.

    Raises:
        TypeError: k is not a whole number.
        ValueError: k is below 1.

    Example:
        >>> TopKCategoricalAccuracy(k=2)([[0, 0, 1]], [[0.1, 0.6, 0.3]])
        1.0
    """

    kernel = "top_k_accuracy"

    def __init__(
        self, k: int = 5, name: str = "top_k_categorical_accuracy", dtype: DType = None
    ) -> None:
        super().__init__(name, dtype)
        self.k: int = as_count("k", k, 1)


class SparseTopKCategoricalAccuracy(TopKCategoricalAccuracy):
    """How often the right class is among the k largest outputs; targets are labels.

    Args:
        k: How many outputs are looked at. Default 5.
        name: Its name.
        dtype: Accepted as "float32" only.
        from_sorted_ids: Accepted as False only.

    Raises:
        TypeError: k is not a whole number.
        ValueError: k is below 1.

    Example:
        >>> SparseTopKCategoricalAccuracy(k=2)([2], [[0.1, 0.6, 0.3]])
        1.0
    """

    sparse = True

    def __init__(
        self,
        k: int = 5,
        name: str = "sparse_top_k_categorical_accuracy",
        dtype: DType = None,
        from_sorted_ids: bool = False,
    ) -> None:
        if from_sorted_ids:
            raise ValueError("fastmlp does not support `from_sorted_ids`.")
        super().__init__(k, name, dtype)
