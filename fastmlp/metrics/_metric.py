"""What all metrics have in common: totals, and what they come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp import kernels, tables
from fastmlp._check.names import as_text, snake_case
from fastmlp._check.numbers import (
    as_labels,
    is_of_whole_numbers,
    real_numbers,
    refuse_other_dtypes,
)
from fastmlp._util.described import Described
from fastmlp._util.one_hot import one_hot
from fastmlp._util.result import ResultNumber
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


def checked_result(metric: Metric) -> Any:
    """Return the result of a metric, which may be anyone's code.

    Returns:
        A number, an array of some, or a dictionary of such.

    Raises:
        TypeError: It is none.
    """
    found: Any = metric.result()
    if isinstance(found, Mapping):
        return {key: _as_result(metric, value) for key, value in found.items()}
    return _as_result(metric, found)


def _as_result(metric: Metric, found: Any) -> Any:
    value = np.asarray(getattr(found, "value", found))
    if value.dtype.kind not in "biuf":
        raise TypeError(
            f"`result` of the metric {metric.name!r} must return a number, or several "
            f"in an array, not an object of type {type(found).__name__}."
        )
    return value if value.ndim else ResultNumber(value)


def _weights_for(shape: tuple[int, ...], sample_weight: ArrayLike) -> NDArray[Any]:
    """Return how much each row counts, (rows,), or each number, (rows, columns).

    Args:
        shape: That of the outputs; all axes but the last are of rows.
        sample_weight: Weights for some of its axes, the first ones.
    """
    weights = real_numbers("sample_weight", sample_weight)
    rows = shape[:-1] if len(shape) > 1 else shape
    if len(shape) > 1 and shape[-1] > 1 and weights.shape == shape:
        return weights_of(shape, weights).reshape(-1, shape[-1])
    if weights.shape == rows[: weights.ndim]:
        axes = range(weights.ndim, len(rows))
        weights = np.broadcast_to(np.expand_dims(weights, tuple(axes)), rows)
    return weights_of(rows, weights).ravel()


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
    cuts: Sequence[float] = ()  # the thresholds of a kernel that has some
    # Whether each number counts by itself: it can have a weight of its own.
    entrywise: bool = False
    # Whether it should go "up" or "down"; "": nobody knows.
    direction: ClassVar[str] = ""

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
            sample_weight: How much each row counts, (rows,), or each number, (rows,
                columns). Default: all the same.

        Raises:
            ValueError: The shapes do not go together; then the state is as it was.
        """
        t, y = self._rows(y_true, y_pred)
        weights = None
        if sample_weight is not None:
            weights = _weights_for(np.shape(y_pred), sample_weight)
        if weights is not None and weights.ndim == 2:
            found = self.totals_by_entry(t, y, weights)
        else:
            found = self.totals(t, y, weights)
        if self._totals is not None and self._totals.shape != found.shape:
            raise ValueError(
                f"The metric {self.name!r} has seen rows of another length before than "
                f"those of {y.shape[1]} columns: call its reset_state() to begin anew."
            )
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
        kernel = getattr(kernels, self.kernel)
        settings = self.settings(y.shape[1])
        if self.kernel in tables.TOTALS:
            given = {"thresholds": self.cuts} if self.cuts else {}
            return np.ravel(kernel(y, t, weights=weights, **given, **settings))
        values = kernel(y, t, **settings)
        count = weighted_sum(np.ones_like(values), weights)
        return np.array([weighted_sum(values, weights), count])

    def totals_by_entry(
        self, t: NDArray[Any], y: NDArray[Any], weights: NDArray[Any]
    ) -> NDArray[np.float64]:
        """Return what the metric keeps where each number has a weight of its own.

        Of a metric that knows rows alone, that of a row is the mean of them.

        Args:
            t: Targets, (rows, columns).
            y: Outputs, (rows, columns).
            weights: How much each number counts, (rows, columns).
        """
        if self.entrywise:
            return self.totals(t.reshape(-1, 1), y.reshape(-1, 1), weights.ravel())
        return self.totals(t, y, weights.mean(axis=1))

    def settings(self, columns: int) -> dict[str, float]:
        """Return what the kernel is set to: attributes, by the names in its row.

        Args:
            columns: How many outputs it looks at.

        Raises:
            ValueError: The metric does not fit so many.
        """
        return {name: getattr(self, name) for name in tables.METRICS[self.kernel]}

    def value(self, totals: Sequence[float]) -> Any:
        """Return the metric, a number or an array, from what it keeps."""
        total, count = totals
        return total / count if count else 0.0

    def result(self) -> Any:
        """Return the metric of all rows since the last `reset_state`.

        That is a number or, of metrics that say so, an array.
        """
        found = 0.0 if self._totals is None else self.value(self._totals.tolist())
        return found if np.ndim(found) else ResultNumber(found)

    def reset_state(self) -> None:
        """Forget all rows: what a metric of your own keeps begins anew."""
        self._totals = None
        for variable, beginning in self._variables:
            variable.assign(beginning)

    def reset_states(self) -> None:
        """Call `reset_state`, by its older name."""
        self.reset_state()

    @property
    def variables(self) -> list[Any]:
        """What it keeps: variables of your own, or a copy of its totals."""
        from fastmlp.layers._variable import Variable

        found = [variable for variable, _ in self._variables]
        if found or self._totals is None:
            return found
        return [Variable(self._totals.copy(), "totals", trainable=False)]

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
            dtype: Accepted as "float32", or as one of whole numbers: all are kept in
                float64, in which counts are exact.
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

        if not is_of_whole_numbers(dtype):
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
    ) -> float | NDArray[Any]:
        """Take in some rows and return the metric of all so far."""
        self.update_state(y_true, y_pred, sample_weight)
        found: float | NDArray[Any] = checked_result(self)
        return found

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this metric again."""
        return {"name": self.name, "dtype": "float32", **super().get_config()}
