"""Focal cross-entropies: what is guessed well already counts less."""

from __future__ import annotations

from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from fastmlp._check.numbers import number_from_0, true_or_false
from fastmlp._util.keywords import suggesting
from fastmlp.losses._crossentropy import BinaryCrossentropy, CategoricalCrossentropy
from fastmlp.plan import Float32

if TYPE_CHECKING:
    from fastmlp.typing import DType, Reduction

__all__ = [
    "BinaryFocalCrossentropy",
    "CategoricalFocalCrossentropy",
    "binary_focal_crossentropy",
    "categorical_focal_crossentropy",
]


@suggesting
def binary_focal_crossentropy(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Float32:
    """Return the mean over the columns of m^gamma times cross-entropy, for each row.

    m is by how much an output misses its target: what is guessed well counts less.

    Source: T.-Y. Lin et al., Focal Loss for Dense Object Detection, 2017.

    Args:
        y_true: Targets, 0 for no and 1 for yes, (rows, columns).
        y_pred: Probabilities of yes, or logits if `from_logits`, (rows, columns).
        apply_class_balancing: Whether a yes counts `alpha` times and a no
            1 - `alpha` times.
        alpha: How much a yes counts.
        gamma: How much less counts what is guessed well; 0 is cross-entropy.
        from_logits: Whether sigmoid is still to be applied to `y_pred`.
        label_smoothing: How far the targets are moved to 1/2, from 0 to 1.
        axis: Accepted as -1 only: the mean is over the last axis.

    Returns:
        The losses, (rows,), in nats.

    Raises:
        ValueError: The shapes differ, or a setting is out of its range.

    Example:
        >>> binary_focal_crossentropy([[1], [0]], [[0.5], [0.9]]).round(4)
        array([0.1733, 1.8651], dtype=float32)
    """
    loss = BinaryFocalCrossentropy(
        apply_class_balancing, alpha, gamma, from_logits, label_smoothing, axis
    )
    return loss.of_rows(y_true, y_pred)


@suggesting
def categorical_focal_crossentropy(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Float32:
    """Return -alpha sum_j t_j (1 - p_j)^gamma log p_j for each row.

    Source: T.-Y. Lin et al., Focal Loss for Dense Object Detection, 2017.

    Args:
        y_true: Targets t, (rows, classes), each row a distribution.
        y_pred: Probabilities p, or logits if `from_logits`, (rows, classes).
        alpha: What all losses are multiplied by.
        gamma: How much less counts what is guessed well; 0 is cross-entropy.
        from_logits: Whether softmax is still to be applied to `y_pred`.
        label_smoothing: The share of each target that is spread evenly over all
            classes, from 0 to 1.
        axis: Accepted as -1 only: the classes are the last axis.

    Returns:
        The losses, (rows,), in nats.

    Raises:
        ValueError: The shapes differ, or a setting is out of its range.

    Example:
        >>> categorical_focal_crossentropy([[0, 1]], [[0.5, 0.5]]).round(4)
        array([0.0433], dtype=float32)
    """
    loss = CategoricalFocalCrossentropy(
        alpha, gamma, from_logits, label_smoothing, axis
    )
    return loss.of_rows(y_true, y_pred)


class BinaryFocalCrossentropy(BinaryCrossentropy):
    """Focal cross-entropy of yes or no; see `binary_focal_crossentropy`.

    Args:
        apply_class_balancing: Whether a yes counts `alpha` times and a no
            1 - `alpha` times. Default False.
        alpha: How much a yes counts, from 0 on. Default 0.25.
        gamma: How much less counts what is guessed well, from 0 on. Default 2.
        from_logits: Whether the last layer has no sigmoid of its own. Default False.
        label_smoothing: How far the targets are moved to 1/2, from 0 to 1. Default 0.
        axis: Accepted as -1 only.
        reduction: See `Loss`. Default "sum_over_batch_size".
        name: Its name.
        dtype: Accepted as "float32" only.

    Raises:
        TypeError: alpha or gamma is no number.
        ValueError: A setting is out of its range.

    Example:
        >>> round(BinaryFocalCrossentropy()([[1], [0]], [[0.9], [0.9]]), 4)
        0.9331
    """

    with_activation = "sigmoid_focal_crossentropy"
    without = "binary_focal_crossentropy"

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: Reduction | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: DType = None,
    ) -> None:
        super().__init__(from_logits, label_smoothing, axis, reduction, name, dtype)
        self.apply_class_balancing: bool = true_or_false(
            "apply_class_balancing", apply_class_balancing
        )
        self.alpha: float = number_from_0("alpha", alpha)
        self.gamma: float = number_from_0("gamma", gamma)

    def settings(self) -> dict[str, float]:
        """Return what its kernels are set to."""
        balanced = self.apply_class_balancing
        focus = {"balanced": balanced, "alpha": self.alpha, "gamma": self.gamma}
        return {**focus, **super().settings()}


class CategoricalFocalCrossentropy(CategoricalCrossentropy):
    """Focal cross-entropy with one-hot targets; see `categorical_focal_crossentropy`.

    Args:
        alpha: What all losses are multiplied by, from 0 on. Default 0.25. A number for
            each class is `class_weight` of `fit`.
        gamma: How much less counts what is guessed well, from 0 on. Default 2.
        from_logits: Whether the last layer has no softmax of its own. Default False.
        label_smoothing: The share of each target that is spread evenly over all
            classes, from 0 to 1. Default 0.
        axis: Accepted as -1 only.
        reduction: See `Loss`. Default "sum_over_batch_size".
        name: Its name.
        dtype: Accepted as "float32" only.

    Raises:
        TypeError: alpha or gamma is no number.
        ValueError: A setting is out of its range.

    Example:
        >>> round(CategoricalFocalCrossentropy()([[0, 1]], [[0.5, 0.5]]), 4)
        0.0433
    """

    with_activation = "softmax_focal_crossentropy"
    without = "focal_crossentropy"

    def __init__(
        self,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: Reduction | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: DType = None,
    ) -> None:
        super().__init__(from_logits, label_smoothing, axis, reduction, name, dtype)
        if isinstance(alpha, (list, tuple)):
            raise ValueError(
                "alpha must be one number for all classes. A number for each is "
                "`fit(..., class_weight={0: 1.0, 1: 5.0})`."
            )
        self.alpha: float = number_from_0("alpha", alpha)
        self.gamma: float = number_from_0("gamma", gamma)

    def settings(self) -> dict[str, float]:
        """Return what its kernels are set to."""
        return {"alpha": self.alpha, "gamma": self.gamma, **super().settings()}
