"""What all metrics have in common: totals, and what they come to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp import kernels, tables
from fastmlp._check.names import as_text, snake_case
from fastmlp._check.numbers import as_labels, refuse_other_dtypes
from fastmlp._util.described import Described
from fastmlp._util.one_hot import one_hot
from fastmlp.losses._loss import (
    as_rows,
    outputs_of,
    targets_and_outputs,
    weighted_sum,
    weights_of,
)

if TYPE_CHECKING:
    from fastmlp.layers._variable import Variable
    from fastmlp.typing import DType, InitializerLike


def checked_result(metric: Metric) -> float:
    """Return the result of a metric, which may be anyone's code, as a number.

    Raises:
        TypeError: It is none.
    """
    found: Any = metric.result()
    value = np.asarray(getattr(found, "value", found))
    if value.ndim or value.dtype.kind not in "biuf":
        raise TypeError(
            f"`result` of the metric {metric.name!r} must return a number, not an "
            f"object of type {type(found).__name__} and shape {value.shape}."
        )
    return float(value)


class Metric(Described):
    """What all metrics have in common.

    A subclass of your own has an `update_state(self, y_true, y_pred, sample_weight)`,
    which takes in a batch, and a `result(self)`; what it keeps, `add_weight` makes.

    `fit` and `evaluate` compute metrics as they go. An object can be used by itself as
    well: give it targets and outputs, as often as you like, and ask for the result.

    Attributes:
        name: The name that it is reported under.
    """

    kernel: str  # its name in `fastmlp.plan`
    _totals: NDArray[np.float64] | None  # None: no rows yet
    sparse: bool = False  # whether the targets are integer labels
    aliases: ClassVar[tuple[str, ...]] = ()  # other names of Keras's

    def __init__(self, name: str | None = None, dtype: DType = None) -> None:
        refuse_other_dtypes(dtype)
        # Each with what it begins with.
        self._variables: list[tuple[Variable, NDArray[Any]]] = []
        given = snake_case(type(self).__name__) if name is None else name
        self.name: str = as_text("name", given)
        # Not by `reset_state`: that of a subclass may need what it has not made yet.
        self._totals = None

    def update_state(
        self,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        sample_weight: ArrayLike | None = None,
    ) -> None:
        """Take in some rows.

        Args:
            y_true: Targets, (rows, columns) or, for sparse metrics, labels, (rows,).
            y_pred: Outputs, (rows, columns).
            sample_weight: How much each row counts, (rows,). Default: all the same.

        Raises:
            ValueError: The shapes do not go together; then the state is as it was.
        """
        t, y = self._rows(y_true, y_pred)
        weights = None
        if sample_weight is not None:
            weights = weights_of((len(y),), sample_weight)
        found = self.totals(t, y, weights)
        self._totals = found if self._totals is None else self._totals + found

    def _rows(
        self, y_true: ArrayLike, y_pred: ArrayLike
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return targets and outputs, (rows, columns) both."""
        if self.sparse:
            y = outputs_of(y_pred)
            classes = y.shape[-1]
            t = one_hot(as_labels("y_true", y_true, classes), classes)
        else:
            t, y = targets_and_outputs(y_true, y_pred)
            if y.ndim == 1:
                t, y = t[:, None], y[:, None]
        return as_rows(t), as_rows(y)

    def totals(
        self, t: NDArray[Any], y: NDArray[Any], weights: NDArray[Any] | None
    ) -> NDArray[np.float64]:
        """Return what the metric keeps of some rows: a sum, and what they count as.

        Args:
            t: Targets, (rows, columns).
            y: Outputs, (rows, columns).
            weights: How much each row counts, (rows,), or None.
        """
        found = getattr(kernels, self.kernel)(y, t, **self.settings())
        values, counts = (
            found if isinstance(found, tuple) else (found, np.ones_like(found))
        )
        return np.array([weighted_sum(values, weights), weighted_sum(counts, weights)])

    def settings(self) -> dict[str, float]:
        """Return what the kernel is set to: attributes, by the names in its row."""
        return {name: getattr(self, name) for name in tables.METRICS[self.kernel]}

    def value(self, totals: Sequence[float]) -> float:
        """Return the metric, from what it keeps."""
        total, count = totals
        return total / count if count else 0.0

    def result(self) -> float:
        """Return the metric of all rows since the last `reset_state`."""
        return 0.0 if self._totals is None else self.value(self._totals.tolist())

    def reset_state(self) -> None:
        """Forget all rows: what a metric of your own keeps begins anew."""
        self._totals = None
        for variable, beginning in self._variables:
            variable.assign(beginning)

    def add_weight(
        self,
        shape: Sequence[int] = (),
        initializer: InitializerLike = None,
        dtype: DType = None,
        name: str | None = None,
    ) -> Any:
        """Give a metric of your own something to keep, in its `__init__`.

        Args:
            shape: Its shape. Default (), a single number.
            initializer: What it begins with. Default "zeros".
            dtype: Accepted as "float32" only.
            name: Its name.

        Returns:
            A variable: it has `assign`, `assign_add` and `numpy`.

        Example:
            >>> from fastmlp import metrics
            >>> class Rows(metrics.Metric):
            ...     def __init__(self, name="rows"):
            ...         super().__init__(name)
            ...         self.total = self.add_weight(name="total")
            ...
            ...     def update_state(self, y_true, y_pred, sample_weight=None):
            ...         self.total.assign_add(len(y_pred))
            ...
            ...     def result(self):
            ...         return self.total
            >>> Rows()([1, 2, 3], [1, 2, 3])
            3.0
        """
        from fastmlp import initializers
        from fastmlp.layers._variable import Variable

        refuse_other_dtypes(dtype)
        sizes = (shape,) if isinstance(shape, int) else tuple(shape)
        begin: Any = initializers.get("zeros" if initializer is None else initializer)
        values = np.asarray(begin(sizes), np.float64)
        variable = Variable(values.copy(), name or "variable", trainable=False)
        self._variables.append((variable, values))
        return variable

    add_variable = add_weight

    def __call__(
        self,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        sample_weight: ArrayLike | None = None,
    ) -> float:
        """Take in some rows and return the metric of all so far."""
        self.update_state(y_true, y_pred, sample_weight)
        return checked_result(self)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this metric again."""
        return {"name": self.name, "dtype": "float32", **super().get_config()}
