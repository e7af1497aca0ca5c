"""Intersection over union: how much of each class is found, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp import kernels
from fastmlp._check.names import name_of
from fastmlp._check.numbers import (
    as_count,
    describe,
    finite_number,
    if_given,
    real_numbers,
    true_or_false,
    whole_number_between,
)
from fastmlp.losses._loss import outputs_of
from fastmlp.metrics._confusion import AtThresholds
from fastmlp.metrics._metric import Metric

if TYPE_CHECKING:
    from fastmlp.typing import DType

__all__ = ["BinaryIoU", "IoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU"]

_EPSILON = 1e-7


def _mean_iou(pairs: NDArray[Any], classes: Sequence[int]) -> float:
    """Return the mean over some classes of those that come up.

    Args:
        pairs: How often each class is taken for each, (classes, classes).
        classes: Those that are asked for.

    Example:
        >>> round(_mean_iou(np.array([[3.0, 1.0], [0.0, 0.0]]), [0]), 6)
        0.75
    """
    hits = pairs.diagonal()
    union = pairs.sum(axis=0) + pairs.sum(axis=1) - hits
    there = [one for one in classes if union[one] > 0]
    shares = [hits[one] / (union[one] + _EPSILON) for one in there]
    return float(sum(shares) / (len(shares) + _EPSILON))


def _float32(dtype: Any) -> Any:
    """Return the dtype; Keras's own default here, which cuts weights off, is none."""
    return None if dtype in ("int", "int32") else dtype


def _classes_of(given: Any, most: int) -> list[int]:
    """Return the classes that are asked for."""
    if isinstance(given, (str, int)) or not len(given):
        raise ValueError(
            "target_class_ids must be a list of classes, such as [0], not "
            f"{describe(given)}."
        )
    name = "A class in target_class_ids"
    return [whole_number_between(name, one, 0, most) for one in given]


class IoU(Metric):
    """The intersection over the union of targets and outputs, for some classes.

    IoU = true positives / (true positives + false positives + false negatives), the
    mean over those of the classes that come up.

    Args:
        num_classes: How many classes there are; what is none of 0..num_classes - 1 does
            not count.
        target_class_ids: The classes that it is asked for.
        name: Its name. Default "io_u", "io_u_1" and so on.
        dtype: Accepted as "float32" only.
        ignore_class: A class whose targets do not count, or None.
        sparse_y_true: Whether targets are classes; else, one-hot rows.
        sparse_y_pred: Whether outputs are classes (fractions are left out); else, a
            row's class is the place of its largest number.
        axis: Where the classes of rows are: accepted as -1, the last, only.

    Raises:
        TypeError: An argument is not what it says above.
        ValueError: A class is none of `num_classes`.

    Example:
        >>> metric = IoU(num_classes=2, target_class_ids=[0])
        >>> round(metric([0, 0, 1, 1], [0, 1, 0, 1]), 6)
        0.333333
    """

    kernel = "class_pairs"
    direction = "up"

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: DType = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        super().__init__(name_of(self, name), _float32(dtype))
        self.num_classes: int = as_count("num_classes", num_classes, 1)
        self.target_class_ids: list[int] = _classes_of(
            target_class_ids, self.num_classes - 1
        )
        self.ignore_class: int | None = if_given(
            whole_number_between, "ignore_class", ignore_class, -(2**31), 2**31
        )
        self.sparse_y_true: bool = true_or_false("sparse_y_true", sparse_y_true)
        self.sparse_y_pred: bool = true_or_false("sparse_y_pred", sparse_y_pred)
        if axis != -1:
            raise ValueError(
                "fastmlp has the classes of a row along its last axis: axis=-1. "
                f"np.moveaxis(y, {describe(axis)}, -1) puts them there."
            )
        self.axis: int = axis
        self.entrywise: bool = self.sparse_y_pred
        # Labels that go with rows of outputs; both labels are numbers like others.
        self.sparse: bool = self.sparse_y_true and not self.sparse_y_pred

    def settings(self, columns: int) -> dict[str, float]:
        """Return how targets and outputs are told apart.

        Raises:
            ValueError: There are fewer columns than a class needs.
        """
        ignored = -1 if self.ignore_class is None else self.ignore_class
        if not self.sparse_y_pred and columns == 1:
            raise ValueError(
                f"The metric {self.name!r} takes the largest output of a row for its "
                "class, but there is only one. Use BinaryIoU, which has a threshold."
            )
        return {
            "classes": self.num_classes,
            "ignored": ignored,
            "entries": self.sparse_y_pred,
        }

    def _rows(
        self, y_true: ArrayLike, y_pred: ArrayLike
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return the classes of targets and outputs, (rows, 1) both."""
        t, y = real_numbers("y_true", y_true), outputs_of(y_pred)
        t = t if self.sparse_y_true else t.argmax(axis=-1)
        y = y if self.sparse_y_pred else y.argmax(axis=-1)
        if t.size != y.size:
            raise ValueError(
                f"The metric {self.name!r} found {t.size} classes of targets and "
                f"{y.size} of outputs. Are the outputs rows of probabilities? Then "
                "give it sparse_y_pred=False; and sparse_y_true=False, if targets are "
                "one-hot."
            )
        return t.reshape(-1, 1), y.reshape(-1, 1)

    def totals(
        self, t: NDArray[Any], y: NDArray[Any], weights: NDArray[Any] | None
    ) -> NDArray[np.float64]:
        """Return how often each class is taken for each; both are classes already."""
        if weights is not None:
            weights = np.repeat(weights, len(y) // max(len(weights), 1))
        settings = {**self.settings(2), "entries": True}
        return np.ravel(kernels.class_pairs(y, t, weights, **settings))

    def value(self, totals: Sequence[float]) -> float:
        """Return the mean over the classes that are asked for."""
        count = self.num_classes
        return _mean_iou(np.reshape(totals, (count, count)), self.target_class_ids)


class BinaryIoU(AtThresholds):
    """The intersection over the union of yes and no, told apart at a threshold.

    Args:
        target_class_ids: [0], the no; [1], the yes; or [0, 1], the mean of both.
        threshold: From where on an output is a yes. Default 0.5.
        name: Its name. Default "binary_io_u", "binary_io_u_1" and so on.
        dtype: Accepted as "float32" only.

    Raises:
        TypeError: The threshold is no number.
        ValueError: A class is neither 0 nor 1.

    Example:
        >>> metric = BinaryIoU(threshold=0.3)
        >>> round(metric([0, 1, 0, 1], [0.1, 0.2, 0.4, 0.7]), 6)
        0.333333
    """

    direction = "up"

    def __init__(
        self,
        target_class_ids: Sequence[int] = (0, 1),
        threshold: float = 0.5,
        name: str | None = None,
        dtype: DType = None,
    ) -> None:
        super().__init__(name_of(self, name), _float32(dtype))
        self.target_class_ids: list[int] = _classes_of(target_class_ids, 1)
        self.threshold: float = finite_number("threshold", threshold)
        # At the threshold is a yes here: above the number before it.
        before = np.nextafter(np.float32(threshold), np.float32(-np.inf))
        self.cuts: Sequence[float] = (float(before),)

    def value(self, totals: Sequence[float]) -> float:
        """Return the mean over the classes that are asked for."""
        hits, mistakes, right, missed = (one.item() for one in self.counts(totals))
        pairs = np.array([[right, mistakes], [missed, hits]])
        return _mean_iou(pairs, self.target_class_ids)


class MeanIoU(IoU):
    """The mean over all classes of the intersection over the union.

    Args:
        num_classes: How many classes there are; what is none of 0..num_classes - 1 does
            not count, and a class that never comes up neither.
        name: Its name. Default "mean_io_u", "mean_io_u_1" and so on.
        dtype: Accepted as "float32" only.
        ignore_class: A class whose targets do not count, or None.
        sparse_y_true: Whether targets are classes; else, one-hot rows.
        sparse_y_pred: Whether outputs are classes (fractions are left out); else, a
            row's class is the place of its largest number.
        axis: Where the classes of rows are: accepted as -1, the last, only.

    Raises:
        TypeError: An argument is not what it says above.

    Example:
        >>> metric = MeanIoU(3, sparse_y_pred=False)
        >>> round(metric([0, 1], [[0.9, 0.1, 0], [0.2, 0.7, 0.1]]), 6)
        1.0
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: DType = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        count = as_count("num_classes", num_classes, 1)
        super().__init__(
            *(count, range(count), name, dtype, ignore_class),
            *(sparse_y_true, sparse_y_pred, axis),
        )


class OneHotIoU(IoU):
    """The intersection over the union for some classes; targets are one-hot.

    Args:
        num_classes: How many classes there are.
        target_class_ids: The classes that it is asked for.
        name: Its name. Default "one_hot_io_u", "one_hot_io_u_1" and so on.
        dtype: Accepted as "float32" only.
        ignore_class: A class whose targets do not count, or None.
        sparse_y_pred: Whether outputs are classes. Default: a row's class is the place
            of its largest number.
        axis: Where the classes of rows are: accepted as -1, the last, only.

    Raises:
        TypeError: An argument is not what it says above.
        ValueError: A class is none of `num_classes`.

    Example:
        >>> metric = OneHotIoU(num_classes=2, target_class_ids=[1])
        >>> round(metric([[0, 1], [1, 0]], [[0.4, 0.6], [0.3, 0.7]]), 6)
        0.5
    """

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: DType = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(
            *(num_classes, target_class_ids, name, dtype, ignore_class),
            *(False, sparse_y_pred, axis),
        )


class OneHotMeanIoU(MeanIoU):
    """The mean of the intersection over the union; targets are one-hot.

    Args:
        num_classes: How many classes there are; one that never comes up does not count.
        name: Its name. Default "one_hot_mean_io_u", "one_hot_mean_io_u_1" and so on.
        dtype: Accepted as "float32" only.
        ignore_class: A class whose targets do not count, or None.
        sparse_y_pred: Whether outputs are classes. Default: a row's class is the place
            of its largest number.
        axis: Where the classes of rows are: accepted as -1, the last, only.

    Raises:
        TypeError: An argument is not what it says above.

    Example:
        >>> metric = OneHotMeanIoU(num_classes=2)
        >>> round(metric([[0, 1], [1, 0]], [[0.4, 0.6], [0.3, 0.7]]), 6)
        0.25
    """

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: DType = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        super().__init__(
            *(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)
        )
