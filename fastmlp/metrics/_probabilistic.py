"""How badly shares, probabilities and expected counts guess."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastmlp import losses
from fastmlp.metrics._loss_metric import LossMetric
from fastmlp.metrics._metric import Metric

if TYPE_CHECKING:
    from fastmlp.typing import DType

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "KLDivergence",
    "Poisson",
    "SparseCategoricalCrossentropy",
]


class KLDivergence(Metric):
    """How far outputs are from a distribution: see `losses.kl_divergence`.

    Args:
        name: Its name.
        dtype: Accepted as "float32" only.

    Example:
        >>> round(KLDivergence()([[0.0, 1.0]], [[0.5, 0.5]]), 4)
        0.6931
    """

    kernel = "kl_divergence"
    direction = "down"


class Poisson(Metric):
    """How unlikely counts are where others are expected: see `losses.poisson`.

    Args:
        name: Its name.
        dtype: Accepted as "float32" only.

    Example:
        >>> round(Poisson()([[3.0, 1.0]], [[1.0, 2.0]]), 4)
        1.1534
    """

    kernel = "poisson"
    direction = "down"


class CategoricalCrossentropy(LossMetric):
    """Cross-entropy with one-hot targets: see `losses.categorical_crossentropy`.

    Args:
        name: Its name.
        dtype: Accepted as "float32" only.
        from_logits: Whether outputs are logits. Default False.
        label_smoothing: The share of each target that is spread evenly over all
            classes, from 0 to 1. Default 0.
        axis: Accepted as -1 only.

    Raises:
        ValueError: A setting is out of its range.

    Example:
        >>> round(CategoricalCrossentropy()([[0, 1]], [[0.5, 0.5]]), 4)
        0.6931
    """

    def __init__(
        self,
        name: str = "categorical_crossentropy",
        dtype: DType = None,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
    ) -> None:
        loss = losses.CategoricalCrossentropy(from_logits, label_smoothing, axis)
        super().__init__(loss, name, dtype)
        self.from_logits: bool = loss.from_logits
        self.label_smoothing: float = loss.label_smoothing
        self.axis: int = axis


class SparseCategoricalCrossentropy(LossMetric):
    """Cross-entropy with labels: see `losses.sparse_categorical_crossentropy`.

    Args:
        name: Its name.
        dtype: Accepted as "float32" only.
        from_logits: Whether outputs are logits. Default False.
        axis: Accepted as -1 only.

    Raises:
        ValueError: The axis is another.

    Example:
        >>> round(SparseCategoricalCrossentropy()([1], [[0.5, 0.5]]), 4)
        0.6931
    """

    def __init__(
        self,
        name: str = "sparse_categorical_crossentropy",
        dtype: DType = None,
        from_logits: bool = False,
        axis: int = -1,
    ) -> None:
        loss = losses.SparseCategoricalCrossentropy(from_logits, axis=axis)
        super().__init__(loss, name, dtype)
        self.from_logits: bool = loss.from_logits
        self.axis: int = axis


class BinaryCrossentropy(LossMetric):
    """Cross-entropy of answers of yes or no: see `losses.binary_crossentropy`.

    Args:
        name: Its name.
        dtype: Accepted as "float32" only.
        from_logits: Whether outputs are logits. Default False.
        label_smoothing: How far targets are moved to 1/2, from 0 to 1. Default 0.

    Raises:
        ValueError: A setting is out of its range.

    Example:
        >>> round(BinaryCrossentropy()([[1], [0]], [[0.5], [0.5]]), 4)
        0.6931
    """

    def __init__(
        self,
        name: str = "binary_crossentropy",
        dtype: DType = None,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
    ) -> None:
        loss = losses.BinaryCrossentropy(from_logits, label_smoothing)
        super().__init__(loss, name, dtype)
        self.from_logits: bool = loss.from_logits
        self.label_smoothing: float = loss.label_smoothing
