"""What all losses have in common: rows, weights and how they become one number."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp import kernels
from fastmlp._check.inputs import labels_or_rows, refuse_negative_weights
from fastmlp._check.names import as_text, snake_case
from fastmlp._check.numbers import (
    as_float32,
    describe,
    real_numbers,
    refuse_other_dtypes,
)
from fastmlp._util.described import Described
from fastmlp._util.one_hot import one_hot
from fastmlp._util.result import ResultNumber, as_result
from fastmlp.plan import REDUCTIONS, Float32

if TYPE_CHECKING:
    from fastmlp.typing import DType
    from fastmlp.typing import Reduction as ReductionName

# What the targets of a loss are: one class a row, a distribution over the classes,
# either of both, probabilities of yes, -1 for no and 1 for yes, numbers; or, of a loss
# of the user's, whatever it takes.
Targets = Literal[
    "labels", "distributions", "classes", "probabilities", "signs", "numbers", "any"
]


class Loss(Described):
    """What all losses have in common: called on arrays, they give one number.

    A subclass of your own has a `call(self, y_true, y_pred)` in terms of `fastmlp.ops`,
    which returns a number a row, or one for all. Or, by hand, a `forward(self, y_true,
    y_pred)`, which returns a number a row, and a `backward(self, y_true, y_pred)`: the
    gradient of their sum, (rows, outputs).

    Attributes:
        name: The name that `compile` knows the loss by.
        reduction: How the losses of the rows become one number:
            "sum_over_batch_size", the sum divided by their number, is the default;
            "sum"; "mean_with_sample_weight", the sum divided by that of the weights;
            None, not at all.
        targets: What the targets are.
        from_logits: Whether the outputs that it takes are logits.
    """

    targets: ClassVar[Targets] = "any"
    # Between which numbers targets may lie.
    target_range: ClassVar[tuple[float, float]] = (-math.inf, math.inf)
    # The activation that it can compute along with itself, from the logits.
    activation: ClassVar[str | None] = None
    from_logits = False
    # The label of rows that do not count.
    ignore_class: int | None = None

    def __init__(
        self,
        name: str | None = None,
        reduction: ReductionName | None = "sum_over_batch_size",
        dtype: DType = None,
    ) -> None:
        refuse_other_dtypes(dtype)
        given = snake_case(type(self).__name__) if name is None else name
        self.name: str = as_text("name", given)
        self.reduction: str | None = _known_reduction(reduction)

    def __call__(
        self,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        sample_weight: ArrayLike | None = None,
    ) -> Any:
        """Return the loss, or, without reduction, that of each row.

        Args:
            y_true: Targets, (rows, columns) or, for labels, (rows,).
            y_pred: Outputs, (rows, columns).
            sample_weight: How much each row counts, (rows,). Default: all the same.

        Raises:
            ValueError: The shapes do not go together.
        """
        losses = self.of_rows(y_true, y_pred)
        if is_traced(losses):
            return self._reduced(losses, y_true, sample_weight)
        if losses.ndim == 0:  # One of the user's own, which reduced it itself.
            return ResultNumber(losses)
        weights = None
        if sample_weight is not None:
            weights = weights_of(losses.shape, sample_weight)
        if self.reduction is None:
            return losses if weights is None else losses * weights
        total = weighted_sum(losses, weights)
        if self.reduction == "sum":
            return ResultNumber(total)
        count = self._count(y_true, losses.shape, weights)
        return ResultNumber(total / count if count else 0.0)

    def _count(
        self, y_true: ArrayLike, shape: tuple[int, ...], weights: NDArray[Any] | None
    ) -> float:
        """Return what a mean of losses of that shape is divided by."""
        counts = np.ones(shape)
        if self.reduction == "mean_with_sample_weight" and weights is not None:
            counts = weights.astype(np.float64)
        if self.ignore_class is not None:
            counts = counts * (np.reshape(y_true, shape) != self.ignore_class)
        return float(counts.sum())

    def _reduced(self, losses: Any, y_true: Any, sample_weight: Any) -> Any:
        """Return what `__call__` does within another loss, whose gradient is asked."""
        weights = None
        if sample_weight is not None:
            weights = weights_of(losses.shape, sample_weight)
            losses = losses * weights
        if self.reduction is None:
            return losses
        if self.reduction == "sum":
            return losses.sum()
        return losses.sum() / self._count(y_true, losses.shape, weights)

    def __init_subclass__(cls, **options: Any) -> None:
        """Let losses of rows be part of other equations."""
        super().__init_subclass__(**options)
        if "of_rows" in vars(cls):
            cls.of_rows = _tracing(vars(cls)["of_rows"])  # type: ignore[method-assign]

    def of_rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Float32:
        """Return the loss of each row, (rows,)."""
        from fastmlp.losses import _own

        if _own.is_own(self):
            return _own.of_rows(self, y_true, y_pred)
        raise NotImplementedError(
            f"{type(self).__name__} must define call(self, y_true, y_pred) and return "
            "a loss for each row."
        )

    @property
    def batch_reduction(self) -> str | None:
        """How the losses of a batch become one, by the weights that its rows have."""
        return self.reduction

    def for_outputs(self, count: int) -> Loss:
        """Return what it is for that many outputs: itself, unless that decides it."""
        return self

    def kernel(self, activation: str) -> str:
        """Return the kernel that computes the loss behind an activation."""
        raise NotImplementedError

    def target_rows(self, y_true: ArrayLike, classes: int) -> Float32:
        """Return labels as one-hot rows; those that do not count are rows of zeros."""
        t, labels = labels_or_rows("y_true", y_true, classes, self.ignore_class)
        if t is None:
            t = one_hot(labels, classes)
            t[labels == self.ignore_class] = 0
        return t

    def settings(self) -> dict[str, float]:
        """Return what the kernel is set to, by the names of its parameters."""
        return {}

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this loss again."""
        return {"name": self.name, "reduction": self.reduction, **super().get_config()}


def is_traced(value: Any) -> bool:
    """Tell whether a value remembers how it came about: see `fastmlp.ops`."""
    # Not by its class, which would load the operations for nothing.
    return hasattr(value, "parents")


def _tracing(of_rows: Callable[..., Any]) -> Callable[..., Any]:
    """Return the losses of rows as an operation whose gradient the tape knows."""

    @functools.wraps(of_rows)
    def traced(self: Loss, y_true: Any, y_pred: Any) -> Any:
        if not (is_traced(y_true) or is_traced(y_pred)):
            return as_result(of_rows(self, y_true, y_pred))
        from fastmlp.ops._traced import Traced, untraced

        t, y = untraced(y_true), untraced(y_pred)
        losses = of_rows(self, t, y)
        back = functools.partial(_backward, self, t, y)
        return Traced(losses, [(y_pred, back)]) if is_traced(y_pred) else losses

    return traced


def _backward(loss: Loss, t: Any, y: NDArray[Any], dy: NDArray[Any]) -> NDArray[Any]:
    """Return the gradient of the outputs, from that of the losses of rows."""
    from fastmlp import reference

    if loss.targets == "labels":
        t = loss.target_rows(t, y.shape[-1])
    else:
        t, y = targets_and_outputs(t, y)
    rows = as_rows(y)
    if loss.from_logits:
        rows = getattr(reference, str(loss.activation))(rows)
    derivative = getattr(reference, f"{loss.kernel('')}_backward")
    dx: NDArray[Any] = derivative(rows, as_rows(t), **loss.settings())
    return (dx * dy.reshape(-1, 1)).reshape(y.shape)


class Reduction:
    """Names of reductions, as scripts for Keras 2 have them."""

    AUTO = "auto"
    NONE = "none"
    SUM = "sum"
    SUM_OVER_BATCH_SIZE = "sum_over_batch_size"


def refuse_other_axes(axis: Any) -> None:
    """Refuse an axis that is not the last one, by its usual name.

    Raises:
        ValueError: It is another, or said in another way.
    """
    if axis != -1 or isinstance(axis, bool):
        raise ValueError(f"axis must be -1, the last one, not {axis!r}.")


def _known_reduction(reduction: str | None) -> str | None:
    """Return a reduction by its one name."""
    if reduction in (None, "none"):
        return None
    if reduction in ("mean", Reduction.AUTO):
        return "sum_over_batch_size"
    if reduction not in REDUCTIONS:
        raise ValueError(
            f"reduction must be {', '.join(map(repr, REDUCTIONS))} or None, not "
            f"{describe(reduction)}."
        )
    return reduction


def weights_of(shape: tuple[int, ...], sample_weight: ArrayLike) -> NDArray[Any]:
    """Return weights for rows that lie in that shape."""
    weights = real_numbers("sample_weight", sample_weight)
    if weights.shape == (*shape, 1):
        weights = weights[..., 0]
    if weights.ndim and weights.shape != shape:
        raise ValueError(
            f"sample_weight must have shape {shape}, one weight a row, not "
            f"{weights.shape}."
        )
    weights = as_float32("sample_weight", weights)
    refuse_negative_weights(weights)
    return np.broadcast_to(weights, shape)


def weighted_sum(values: NDArray[Any], weights: NDArray[Any] | None) -> float:
    """Return the sum of what rows have, times what they count, as compiled code does.

    Products and sum are in double precision.
    """
    numbers = values.astype(np.float64)
    return float((numbers if weights is None else numbers * weights).sum())


def outputs_of(y_pred: ArrayLike) -> NDArray[Any]:
    """Return outputs as an array of at least one axis."""
    y = real_numbers("y_pred", y_pred)
    if y.ndim == 0:
        raise ValueError("y_pred must have at least one axis: it is a single number.")
    return y


def targets_and_outputs(
    y_true: ArrayLike, y_pred: ArrayLike
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return both as arrays of one shape; a last axis of length 1 may be missing."""
    t, y = real_numbers("y_true", y_true), outputs_of(y_pred)
    if t.shape == (*y.shape, 1):
        # As in Keras, a single axis is that of the rows.
        t, y = (t, y[:, None]) if y.ndim == 1 else (t[..., 0], y)
    elif (*t.shape, 1) == y.shape:
        t = t[..., None]
    if t.shape != y.shape:
        raise ValueError(
            f"y_true and y_pred must have the same shape, but they have {t.shape} and "
            f"{y.shape}."
        )
    return t, y


def as_rows(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array with one row for each place on all axes but the last."""
    return array.reshape(-1, array.shape[-1])


class KernelLoss(Loss):
    """What losses have in common that have one kernel, whatever the last activation."""

    targets: ClassVar[Targets] = "numbers"
    kernel_name: ClassVar[str]

    def __init__(
        self,
        reduction: ReductionName | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: DType = None,
    ) -> None:
        super().__init__(name, reduction, dtype)

    def of_rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Float32:
        """Return the loss of each row, (rows,)."""
        t, y = targets_and_outputs(y_true, y_pred)
        kernel = getattr(kernels, self.kernel_name)
        losses: Float32 = kernel(as_rows(y), as_rows(t), **self.settings())
        return losses.reshape(y.shape[:-1])

    def kernel(self, activation: str) -> str:
        """Return the kernel that computes the loss behind an activation."""
        return self.kernel_name
