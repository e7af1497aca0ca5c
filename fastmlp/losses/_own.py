"""Losses of one's own: a function or a `call` in terms of ops, or both ways by hand.

By hand, a loss has `forward(y_true, y_pred)`, which returns a number a row, and
`backward(y_true, y_pred)`, the gradient of their sum, (rows, outputs).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp._check.lookup import name_of_function
from fastmlp._check.numbers import real_numbers
from fastmlp.losses._loss import Loss, as_rows, targets_and_outputs
from fastmlp.plan import Float32

Array = NDArray[Any]

# From targets and outputs to losses, a number a row or one for all, and the way back
# from what these count to the gradient of the outputs.
Equation = Callable[[Array, Array], tuple[Array, Callable[[Array], Array]]]


class LossFunction(Loss):
    """A function of the user's as a loss.

    Args:
        function: From targets and outputs to losses.
        name: Its name. Default: that of the function, or of its class.
    """

    def __init__(self, function: Callable[..., Any], name: str | None = None) -> None:
        super().__init__(name or name_of_function(function))
        self.function: Callable[..., Any] = function

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the losses."""
        return self.function(y_true, y_pred)


def is_own(loss: Any) -> bool:
    """Tell whether a loss is computed in Python."""
    return hasattr(loss, "call") or hasattr(loss, "forward")


def equation_of(loss: Any) -> Equation:
    """Return what a loss of one's own computes, with the shape of that checked."""
    return _by_hand(loss) if hasattr(loss, "forward") else _by_ops(loss)


def _by_hand(loss: Any) -> Equation:
    def equation(t: Array, y: Array) -> tuple[Array, Callable[[Array], Array]]:
        values = _checked(loss, np.asarray(loss.forward(t, y)), len(y))

        def back(weights: Array) -> Array:
            dy = np.asarray(loss.backward(t, y))
            if dy.shape != y.shape:
                raise ValueError(
                    f"`backward` of the loss {loss.name!r} gave shape {dy.shape}, but "
                    f"the outputs have {y.shape}, and so must their gradient."
                )
            return dy * (weights[:, None] if weights.ndim else weights)

        return values, back

    return equation


def _by_ops(loss: Any) -> Equation:
    from fastmlp import ops
    from fastmlp.ops._tape import depends_on, pull_back, trace
    from fastmlp.ops._traced import untraced

    is_tried = False

    def equation(t: Array, y: Array) -> tuple[Array, Callable[[Array], Array]]:
        values, (_, traced) = trace(loss.call, [t, y])
        _checked(loss, np.asarray(untraced(values)), len(y))
        if np.ndim(untraced(values)) > 1:
            # Of a table of losses, each row has the mean of its own.
            values = ops.mean(values, axis=tuple(range(1, values.ndim)))

        def back(weights: Array) -> Array:
            nonlocal is_tried
            if not (is_tried or depends_on(values, traced)):
                raise TypeError(
                    f"The loss {loss.name!r} has no gradient: it does not depend on "
                    "y_pred, or only by what has no slope, such as ops.round."
                )
            is_tried = True
            return pull_back([values], [weights], [traced])[0]

        return np.asarray(untraced(values)), back

    return equation


def _checked(loss: Any, values: Array, rows: int) -> Array:
    """Return losses, if they are a number a row, or a single one."""
    if values.dtype.kind not in "biuf":
        raise TypeError(
            f"The loss {loss.name!r} must give an array of floats, a number a row, not "
            f"{values.dtype}."
        )
    if values.ndim and len(values) != rows:
        raise ValueError(
            f"The loss {loss.name!r} gave shape {values.shape} for {rows} rows, but "
            f"it should give ({rows},), a number a row, or one for all. Reduce "
            "along the last axis, as ops.mean(..., axis=-1) does."
        )
    return values


def of_rows(loss: Any, y_true: ArrayLike, y_pred: ArrayLike) -> Float32:
    """Return the loss of each row, or the one of all in an array without axes."""
    t, y = real_numbers("y_true", y_true), real_numbers("y_pred", y_pred)
    if t.ndim >= y.ndim or (t.ndim == y.ndim - 1 and y.shape[-1] == 1):
        t, y = targets_and_outputs(t, y)
        t, y = as_rows(t), as_rows(y)
    values: Float32 = equation_of(loss)(t, y)[0]
    return values
