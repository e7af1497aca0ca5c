"""Equations of the user's own, as the plan asks for them.

Here are the layers, losses, metrics, regularizers and constraints in Python, in the
words of `fastmlp.plan`. What they compute is written in terms of `fastmlp.ops`, whose
tape finds the gradients, or by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp import constraints, kernels, reference, regularizers
from fastmlp.layers import Layer
from fastmlp.layers._own import WayBack, run
from fastmlp.layers._shapes import sizes_of
from fastmlp.losses._own import equation_of
from fastmlp.plan import ArrayFunction

Array = NDArray[Any]


class LayerFunction:
    """A layer of one's own, as an operation of a plan.

    Args:
        layer: The layer.
        learns: Whether the gradients of its weights are asked for.
    """

    def __init__(self, layer: Layer, learns: bool) -> None:
        self.name = f"Layer {layer.name!r}"
        self._layer = layer
        self._learns = learns
        self._is_tried = False

    def forward(
        self, inputs: Sequence[Array], training: bool
    ) -> tuple[Array, WayBack | None]:
        """Return the outputs, (rows, outputs), and the way back."""
        given: Any = self._layer.input_shape
        shapes = given if isinstance(given, list) else [given]
        shaped = [
            x.reshape(len(x), *sizes_of(shape))
            for x, shape in zip(inputs, shapes, strict=True)
        ]
        y, back = run(self._layer, shaped, training, self._learns)
        rows = len(inputs[0])
        if np.shape(y) == (rows, *sizes_of(self._layer.output_shape)):
            y = np.reshape(y, (rows, -1))
        if back is None or not training:
            return y, None
        return y, partial(self._backward, back, [x.shape for x in inputs])

    def _backward(
        self, back: WayBack, shapes: list[tuple[int, ...]], dy: Array
    ) -> list[Array]:
        found = back(dy.reshape(len(dy), *sizes_of(self._layer.output_shape)))
        for at, shape in enumerate(shapes):
            if np.size(found[at]) == np.prod(shape):
                found[at] = np.reshape(found[at], shape)
        if not self._is_tried:
            _refuse_nan(f"The backward of layer {self._layer.name!r}", [dy], found)
            self._is_tried = True
        return found


class ActivationEquation:
    """An activation of one's own, as an operation of a plan.

    Args:
        layer: The layer that has it, for messages.
        function: The activation.
    """

    def __init__(self, layer: Layer, function: Any) -> None:
        self.name = f"The activation of layer {layer.name!r}"
        self._sample = sizes_of(layer.output_shape)
        self._function = function
        self._is_tried = False

    def forward(
        self, inputs: Sequence[Array], training: bool
    ) -> tuple[Array, WayBack | None]:
        """Return y = f(x), and the way back; f gets samples in their shape."""
        (x,) = inputs
        if len(self._sample) == 1:
            return self._apply(x)
        shaped = x.reshape(len(x), *self._sample)
        y, back = self._apply(shaped)
        if np.shape(y) == shaped.shape:
            y = np.reshape(y, x.shape)

        def flat(dy: Array) -> list[Array]:
            (dx,) = back(dy.reshape(shaped.shape))
            return [np.reshape(dx, x.shape) if np.size(dx) == x.size else dx]

        return y, flat

    def _apply(self, x: Array) -> tuple[Array, WayBack]:
        if hasattr(self._function, "forward"):
            y = self._function.forward(x)
            return y, partial(self._by_hand, x, y)
        from fastmlp.ops._tape import pull_back, trace
        from fastmlp.ops._traced import untraced

        y, traced = trace(self._function, [x])
        return untraced(y), lambda dy: pull_back([y], [dy], traced)

    def _by_hand(self, x: Array, y: Array, dy: Array) -> list[Array]:
        dx = self._function.backward(x, y, dy)
        if not self._is_tried:
            _refuse_nan(f"{self.name}: its backward", [x, y, dy], [dx])
            self._is_tried = True
        return [dx]


class LossEquation:
    """A loss of one's own, as a plan asks for it: see `fastmlp.plan.OwnLoss`.

    Args:
        loss: The loss.
    """

    def __init__(self, loss: Any) -> None:
        self.name = f"The loss {loss.name!r}"
        self._equation = equation_of(loss)
        self._is_sum = loss.reduction == "sum"

    def __call__(
        self, y: Array, target: Array, upstream: Array | None
    ) -> tuple[Array, Array | None]:
        """Return the losses of the rows, and the gradient of y."""
        rows = len(y)
        values, back = self._equation(target, y)
        if values.ndim == 0:
            # One number for the whole batch, of which each row has its share.
            share = 1 / rows if self._is_sum else 1.0
            losses = np.full(rows, values * share, y.dtype)
            weights = None if upstream is None else upstream.sum() * share
        else:
            losses, weights = values, upstream
        if weights is None:
            return losses, None
        return losses, back(np.asarray(weights, y.dtype))


class MetricUpdate:
    """A metric of one's own, which a plan shows each batch.

    Args:
        metric: The metric.
        weighted: Whether rows count by their weights.
    """

    def __init__(self, metric: Any, weighted: bool) -> None:
        self._metric = metric
        self._weighted = weighted

    def update(self, y: Array, target: Array, weights: Array | None) -> None:
        """Take in a batch."""
        given = weights if self._weighted else None
        self._metric.update_state(target, y, sample_weight=given)


def array_function(what: str, regularizer: Any, constraint: Any) -> ArrayFunction:
    """Return what Python does with an array.

    Args:
        what: What the array is called in messages.
        regularizer: Any, or None.
        constraint: Any, or None.
    """
    return ArrayFunction(
        what,
        None if regularizer is None else partial(_penalty, regularizer),
        None if constraint is None else partial(_constrained, constraint),
    )


def _penalty(regularizer: Any, w: Array) -> tuple[float, Array]:
    if not regularizers.is_own(regularizer):
        # Kernels work on float32; gradients are checked in float64.
        family: Any = kernels if w.dtype == np.float32 else reference
        l1, l2 = regularizer.l1, regularizer.l2
        return family.penalty(w, l1, l2), family.penalty_backward(w, l1, l2)
    if hasattr(regularizer, "backward"):
        return float(regularizer.forward(w)), regularizer.backward(w)
    from fastmlp.ops._tape import pull_back, trace
    from fastmlp.ops._traced import untraced

    total, traced = trace(regularizer, [w])
    return float(untraced(total)), pull_back([total], [np.ones((), w.dtype)], traced)[0]


def _constrained(constraint: Any, w: Array) -> Array:
    if not constraints.is_own(constraint):
        return np.asarray(constraint(w))
    from fastmlp.ops._tape import trace
    from fastmlp.ops._traced import untraced

    return np.asarray(untraced(trace(constraint, [w])[0]))


def _refuse_nan(what: str, given: Sequence[Array], found: Sequence[Any]) -> None:
    """Refuse a gradient that is no number where all that it is made of are."""
    if all(np.isfinite(one).all() for one in given):
        for one in found:
            is_floats = isinstance(one, np.ndarray) and one.dtype.kind == "f"
            if is_floats and not np.isfinite(one).all():
                raise ValueError(
                    f"{what} gave NaN or infinity where all numbers were finite. Look "
                    "for a division by zero, a logarithm or a root of 0."
                )
