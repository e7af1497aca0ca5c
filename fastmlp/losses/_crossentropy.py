"""Cross-entropies: for answers that are a class, or yes and no."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp import kernels
from fastmlp._check.inputs import refuse_no_distributions, refuse_no_probabilities
from fastmlp._check.numbers import (
    as_float32,
    if_given,
    number_between,
    true_or_false,
    whole_number_between,
)
from fastmlp._util.keywords import suggesting
from fastmlp._util.warn import warn
from fastmlp.losses._loss import (
    Loss,
    Targets,
    as_rows,
    outputs_of,
    refuse_other_axes,
    targets_and_outputs,
)
from fastmlp.plan import Float32

if TYPE_CHECKING:
    from fastmlp.typing import DType, Reduction

__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "SparseCategoricalCrossentropy",
    "binary_crossentropy",
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
]


# Between which numbers labels lie.
_LABELS = (-(2**31), 2**31 - 1)


@suggesting
def categorical_crossentropy(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Float32:
    """Return -sum_j t_j log p_j for each row, with one-hot (or soft) targets t.

    Args:
        y_true: Targets, (rows, classes), each row a distribution.
        y_pred: Probabilities, or logits if `from_logits`, (rows, classes).
        from_logits: Whether softmax is still to be applied to `y_pred`.
        label_smoothing: The share of each target that is spread evenly over all
            classes, from 0 to 1.
        axis: Accepted as -1 only: the classes are the last axis.

    Returns:
        The losses, (rows,), in nats.

    Raises:
        ValueError: The shapes differ, or a setting is out of its range.

    Example:
        >>> categorical_crossentropy([[0, 1]], [[0.5, 0.5]]).round(4)
        array([0.6931], dtype=float32)
    """
    loss = CategoricalCrossentropy(from_logits, label_smoothing, axis)
    return loss.of_rows(y_true, y_pred)


@suggesting
def sparse_categorical_crossentropy(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    from_logits: bool = False,
    ignore_class: int | None = None,
    axis: int = -1,
) -> Float32:
    """Return -log p_label for each row, with integer labels.

    Args:
        y_true: Labels, (rows,) or (rows, 1), from 0 to classes - 1.
        y_pred: Probabilities, or logits if `from_logits`, (rows, classes).
        from_logits: Whether softmax is still to be applied to `y_pred`.
        ignore_class: The label of rows that do not count, such as -1, or None. It may
            be no class.
        axis: Accepted as -1 only: the classes are the last axis.

    Returns:
        The losses, (rows,), in nats.

    Raises:
        ValueError: A label is not one of the classes.

    Example:
        >>> sparse_categorical_crossentropy([1], [[0.5, 0.5]]).round(4)
        array([0.6931], dtype=float32)
    """
    loss = SparseCategoricalCrossentropy(from_logits, ignore_class, axis=axis)
    return loss.of_rows(y_true, y_pred)


@suggesting
def binary_crossentropy(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Float32:
    """Return the mean over the columns of -t log p - (1 - t) log(1 - p), for each row.

    Args:
        y_true: Targets, 0 for no and 1 for yes, (rows, columns).
        y_pred: Probabilities of yes, or logits if `from_logits`, (rows, columns).
        from_logits: Whether sigmoid is still to be applied to `y_pred`.
        label_smoothing: How far the targets are moved to 1/2, from 0 to 1.
        axis: Accepted as -1 only: the mean is over the last axis.

    Returns:
        The losses, (rows,), in nats.

    Raises:
        ValueError: The shapes differ, or a setting is out of its range.

    Example:
        >>> binary_crossentropy([[1], [0]], [[0.5], [0.75]]).round(4)
        array([0.6931, 1.3863], dtype=float32)
    """
    loss = BinaryCrossentropy(from_logits, label_smoothing, axis)
    return loss.of_rows(y_true, y_pred)


class FusedLoss(Loss):
    """What these have in common: behind their activation, both are computed in one."""

    activation: ClassVar[str | None] = "softmax"
    with_activation: ClassVar[str] = "softmax_crossentropy"
    without: ClassVar[str] = "crossentropy"

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: Reduction | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: DType = None,
    ) -> None:
        super().__init__(name, reduction, dtype)
        refuse_other_axes(axis)
        self.from_logits: bool = true_or_false("from_logits", from_logits)
        self.label_smoothing: float = number_between(
            "label_smoothing", label_smoothing, 0, 1
        )
        self.axis = axis

    def of_rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Float32:
        """Return the loss of each row, (rows,)."""
        t, y = targets_and_outputs(y_true, y_pred)
        targets = as_float32("y_true", as_rows(t), finite=False)
        if self.targets == "probabilities":
            refuse_no_probabilities("y_true", targets, self.name)
        else:
            refuse_no_distributions("y_true", targets, self.name)
        return self._of_kernel(targets, y)

    def _of_kernel(self, t: NDArray[Any], y: NDArray[Any]) -> Float32:
        """Return what the kernel says of targets that were looked at."""
        kernel = getattr(kernels, self.kernel(""))
        losses = kernel(as_rows(y), as_rows(t), **self.settings())
        if self.from_logits:
            _, losses = losses  # The probabilities come with them.
        rows: Float32 = losses.reshape(y.shape[:-1])
        return rows

    def kernel(self, activation: str) -> str:
        """Return the kernel that computes the loss behind an activation."""
        fuses = self.from_logits or activation == self.activation
        return self.with_activation if fuses else self.without

    def settings(self) -> dict[str, float]:
        """Return the label smoothing."""
        return {"smoothing": self.label_smoothing}


class CategoricalCrossentropy(FusedLoss):
    """Cross-entropy with one-hot targets.

    After a softmax layer both are computed in one, from the logits: the loss stays
    finite and its gradient p - t exact however sure the network is.

    Args:
        from_logits: Whether the last layer has no softmax of its own. Default False.
        label_smoothing: The share of each target that is spread evenly over all
            classes, from 0 to 1. Default 0.
        axis: Accepted as -1 only.
        reduction: See `Loss`. Default "sum_over_batch_size".
        name: Its name.
        dtype: Accepted as "float32" only.

    Raises:
        ValueError: A setting is out of its range.

    Example:
        >>> loss = CategoricalCrossentropy()
        >>> round(loss([[0, 1]], [[0.5, 0.5]]), 4)
        0.6931
    """

    targets: ClassVar[Targets] = "distributions"

    def of_rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Float32:
        """Return the loss of each row, (rows,)."""
        t, y = targets_and_outputs(y_true, y_pred)
        if y.shape[-1] == 1:
            warn(
                f"categorical_crossentropy chooses between classes, but y_pred of "
                f"shape {y.shape} has one, so it is always 0. For yes and no, use "
                "'binary_crossentropy'.",
                SyntaxWarning,
            )
        return super().of_rows(t, y)


class SparseCategoricalCrossentropy(FusedLoss):
    """Cross-entropy with integer labels; see `CategoricalCrossentropy`.

    Args:
        from_logits: Whether the last layer has no softmax of its own. Default False.
        ignore_class: The label of rows that do not count, such as -1, or None. It may
            be no class.
        reduction: See `Loss`. Default "sum_over_batch_size".
        axis: Accepted as -1 only.
        name: Its name.
        dtype: Accepted as "float32" only.

    Example:
        >>> loss = SparseCategoricalCrossentropy()
        >>> round(loss([1], [[0.5, 0.5]]), 4)
        0.6931
    """

    targets: ClassVar[Targets] = "labels"

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: Reduction | None = "sum_over_batch_size",
        axis: int = -1,
        name: str | None = None,
        dtype: DType = None,
    ) -> None:
        super().__init__(from_logits, 0.0, axis, reduction, name, dtype)
        self.ignore_class: int | None = if_given(
            whole_number_between, "ignore_class", ignore_class, *_LABELS
        )

    def of_rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Float32:
        """Return the loss of each row, (rows,)."""
        y = outputs_of(y_pred)
        t, y = targets_and_outputs(self.target_rows(y_true, y.shape[-1]), y)
        return self._of_kernel(t, y)

    @property
    def batch_reduction(self) -> str | None:
        """Return the reduction, where ignored rows weigh nothing."""
        is_mean = self.reduction == "sum_over_batch_size"
        if is_mean and self.ignore_class is not None:
            return "mean_with_sample_weight"
        return self.reduction

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this loss again."""
        config = super().get_config()
        del config["axis"]  # Keras's files do not have it.
        return config


class BinaryCrossentropy(FusedLoss):
    """Cross-entropy of answers of yes or no, one a column.

    After a sigmoid layer both are computed in one, from the logits.

    Args:
        from_logits: Whether the last layer has no sigmoid of its own. Default False.
        label_smoothing: How far the targets are moved to 1/2, from 0 to 1. Default 0.
        axis: Accepted as -1 only.
        reduction: See `Loss`. Default "sum_over_batch_size".
        name: Its name.
        dtype: Accepted as "float32" only.

    Raises:
        ValueError: A setting is out of its range.

    Example:
        >>> round(BinaryCrossentropy()([[1], [0]], [[0.5], [0.5]]), 4)
        0.6931
    """

    targets: ClassVar[Targets] = "probabilities"
    activation: ClassVar[str | None] = "sigmoid"
    with_activation = "sigmoid_crossentropy"
    without = "binary_crossentropy"


class Crossentropy(CategoricalCrossentropy):
    """The cross-entropy that fits the outputs, and the targets, by their shapes.

    `compile(loss="crossentropy")` takes it: of one output that is
    `BinaryCrossentropy`, else one of classes, which are labels or one-hot.

    Args:
        reduction: See `Loss`. Default "sum_over_batch_size".
        name: Its name.
    """

    targets: ClassVar[Targets] = "classes"

    def __init__(
        self,
        reduction: Reduction | None = "sum_over_batch_size",
        name: str | None = None,
    ) -> None:
        super().__init__(reduction=reduction, name=name)

    def for_outputs(self, count: int) -> Loss:
        """Return the loss for that many outputs."""
        return BinaryCrossentropy(name=self.name) if count == 1 else self

    def of_rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Float32:
        """Return the loss of each row, (rows,)."""
        y = outputs_of(y_pred)
        if y.ndim == 1 or y.shape[-1] == 1:
            return BinaryCrossentropy().of_rows(y_true, y)
        if np.shape(y_true) == y.shape:
            return CategoricalCrossentropy().of_rows(y_true, y)
        return SparseCategoricalCrossentropy().of_rows(y_true, y)
