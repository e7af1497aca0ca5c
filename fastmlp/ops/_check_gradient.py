"""Is a gradient right? What `fastmlp.utils.check_gradient` takes, and reports."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from typing import Any

import numpy as np

from fastmlp import activations, losses, reference
from fastmlp._check.numbers import as_labels, describe, real_numbers
from fastmlp._util.columns import in_columns
from fastmlp._util.one_hot import one_hot
from fastmlp.ops._differences import Arrays, Part, Subject, compared
from fastmlp.ops._nn import kernel_activation
from fastmlp.ops._tape import pull_back, trace
from fastmlp.ops._traced import Array, untraced


class GradientReport:
    """What `check_gradient` has found: true if the gradient is right.

    Attributes:
        ok: Whether all that was tried agrees with differences.
        message: What was found, in a sentence.
        parts: For each array of which the gradient was asked: its name, its shape, how
            many entries were tried, and the largest error, as a share of the largest
            slope.
    """

    def __init__(self, message: str, parts: list[Part], ok: bool) -> None:
        self.ok = ok
        self.message = message
        self.parts = parts

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        table = in_columns(self._rows(), left=2)
        return "\n".join([*textwrap.wrap(self.message, 88), table])

    def _rows(self) -> list[list[str]]:
        """Return the rows of the table below the message."""
        return [
            ["gradient of", "shape", "tried", "error"],
            *(
                [part.name, str(part.shape), str(part.tried), f"{part.error:.0e}"]
                for part in self.parts
            ),
        ]


def check_gradient(thing: Any, *inputs: Any, seed: int = 0) -> GradientReport:
    """Compare a gradient with finite differences; `fastmlp.utils` has the words."""
    subject = _subject(thing, inputs)
    rng = np.random.default_rng(seed)
    arrays = {name: x.copy() for name, x in subject.arrays.items()}
    y = _finite(subject.forward(arrays))
    dy = rng.uniform(0.5, 1.5, y.shape) if subject.draws else np.ones(y.shape)
    y_given, dy_given = y.copy(), dy.copy()
    found = subject.backward(arrays, y_given, dy_given)
    given = [("y", y_given, y), ("dy", dy_given, dy)]
    given += [(name, arrays[name], x) for name, x in subject.arrays.items()]
    for name, after, before in given:
        if not np.array_equal(after, before):
            return GradientReport(_changed(name), [], ok=False)
    parts = [
        compared(subject, name, found.get(name), y, dy, rng) for name in subject.arrays
    ]
    wrong = [part for part in parts if part.complaint]
    if wrong:
        return GradientReport(wrong[0].complaint, parts, ok=False)
    error = max(part.error for part in parts)
    message = f"The gradient is right: it agrees with differences to {error:.0e}."
    return GradientReport(message, parts, ok=True)


# -- What is checked ------------------------------------------------------------


def _subject(thing: Any, inputs: tuple[Any, ...]) -> Subject:
    """Return what there is to be checked of a function, an object or a loss."""
    if not inputs:
        raise TypeError(
            "check_gradient needs the arrays at which the gradient is to be checked: "
            "check_gradient(thing, x), or check_gradient(loss, y_true, y_pred)."
        )
    if isinstance(thing, type):
        raise TypeError(
            f"{thing.__name__} is a class, but check_gradient needs an object of it: "
            f"{thing.__name__}()."
        )
    if not getattr(thing, "built", True):  # A layer, which has no weights before.
        thing.build(np.shape(inputs[0]))
    if hasattr(thing, "forward") and hasattr(thing, "backward"):
        if len(inputs) == 2:
            return _loss_by_hand(thing, *inputs)
        return _layer_by_hand(thing, *_all_of(inputs, "x"))
    function = getattr(thing, "call", thing)
    if not callable(function):
        raise TypeError(
            f"{describe(thing)} has no gradient: give check_gradient a function of "
            "arrays, or an object with forward and backward."
        )
    if losses.is_compiled(function):
        function = losses.get(function)
    if isinstance(function, losses.Loss):
        return _compiled_loss(function, *_all_of(inputs, "y_true", "y_pred"))
    if activations.is_compiled(function):
        kernel = activations.kernel_of(function)
        return _function(lambda x: kernel_activation(x, kernel), _all_of(inputs, "x"))
    return _function(function, inputs)


def _all_of(inputs: tuple[Any, ...], *names: str) -> tuple[Any, ...]:
    """Return the inputs if they are as many as there are names."""
    if len(inputs) != len(names):
        raise TypeError(
            f"check_gradient needs {' and '.join(names)} here, after what is to be "
            f"checked, but it was given {len(inputs)} arrays."
        )
    return inputs


def _in_float64(name: str, value: Any) -> Array:
    return real_numbers(name, value).astype(np.float64)


def _function(function: Callable[..., Any], inputs: tuple[Any, ...]) -> Subject:
    """Check the tape: in all inputs but whole numbers, which may be labels."""
    given = {}
    for name, value in zip(_names(function, len(inputs)), inputs, strict=True):
        array = real_numbers(name, value)
        is_fixed = array.dtype.kind != "f" and len(inputs) > 1
        given[name] = array if is_fixed else array.astype(np.float64)
    arrays = {name: one for name, one in given.items() if one.dtype.kind == "f"}

    def forward(arrays: Arrays) -> Any:
        y, _ = trace(function, [*{**given, **arrays}.values()])
        return untraced(y)

    def backward(arrays: Arrays, y: Array, dy: Array) -> dict[str, Any]:
        result, inputs = trace(function, [*{**given, **arrays}.values()])
        return dict(zip(given, pull_back([result], [dy], inputs), strict=True))

    return Subject(arrays, forward, backward)


def _names(function: Callable[..., Any], count: int) -> list[str]:
    """Return what a function calls its first arguments."""
    try:
        names = [*inspect.signature(function).parameters][:count]
    except (TypeError, ValueError):  # Not every callable tells.
        names = []
    return names if len(names) == count else [f"input {i}" for i in range(count)]


def _layer_by_hand(thing: Any, x: Any) -> Subject:
    """Check backward(x, y, dy), and the gradients of weights that it leaves."""
    x = _in_float64("x", x)
    y = _finite(untraced(thing.forward(x.copy())))
    thing.backward(x.copy(), y, np.ones_like(y))  # It tells which weights there are.
    names = [*getattr(thing, "gradients", {})]
    # Of a layer, they are the numbers of its variables, else attributes of the thing.
    variables = {one.name: one for one in getattr(thing, "_variables", [])}
    places = {
        name: (variables[name], "value") if name in variables else (thing, name)
        for name in names
    }
    weights = {
        name: np.array(getattr(*place), np.float64) for name, place in places.items()
    }

    def with_weights(arrays: Arrays, call: Callable[[], Any]) -> Any:
        """Call with weights in float64, and put back those that were there."""
        kept = {name: getattr(*place) for name, place in places.items()}
        try:
            for name, (owner, attribute) in places.items():
                setattr(owner, attribute, arrays[name])
            return call()
        finally:
            for name, (owner, attribute) in places.items():
                setattr(owner, attribute, kept[name])

    def backward(arrays: Arrays, y: Array, dy: Array) -> dict[str, Any]:
        dx = with_weights(arrays, lambda: thing.backward(arrays["x"], y, dy))
        found = {"x": dx, **getattr(thing, "gradients", {})}
        return {name: untraced(one) for name, one in found.items()}

    def forward(arrays: Arrays) -> Any:
        # It is traced where weights of a layer, which are, took part.
        return untraced(with_weights(arrays, lambda: thing.forward(arrays["x"])))

    return Subject({"x": x, **weights}, forward, backward)


def _loss_by_hand(thing: Any, y_true: Any, y_pred: Any) -> Subject:
    """Check backward(y_true, y_pred): the gradient of the sum over the rows."""
    y_pred = _in_float64("y_pred", y_pred)
    t = real_numbers("y_true", y_true)
    t = t.astype(np.float64) if t.dtype.kind == "f" else t

    def forward(arrays: Arrays) -> Any:
        rows = thing.forward(t, arrays["y_pred"])
        if np.shape(rows) != y_pred.shape[:1]:
            raise ValueError(
                f"forward must return one loss a row, an array of shape "
                f"{y_pred.shape[:1]}, but it returned {np.shape(rows)}. Sum, or take "
                "the mean, over the last axis alone: axis=-1."
            )
        return rows

    def backward(arrays: Arrays, y: Array, dy: Array) -> dict[str, Any]:
        return {"y_pred": thing.backward(t, arrays["y_pred"])}

    return Subject({"y_pred": y_pred}, forward, backward, draws=False)


def _compiled_loss(loss: losses.Loss, y_true: Any, y_pred: Any) -> Subject:
    """Check the reference of a loss of fastmlp, in which float64 can be computed."""
    y_pred = _in_float64("y_pred", y_pred)
    if loss.targets == "labels":
        classes = y_pred.shape[-1]
        t = one_hot(as_labels("y_true", y_true, classes), classes, np.float64)
    else:
        t = _in_float64("y_true", y_true)
    name, settings = loss.kernel(""), loss.settings()
    compute = getattr(reference, name)
    gradient = getattr(reference, f"{name}_backward")

    def results(arrays: Arrays) -> tuple[Array, Array]:
        """Return what the derivative takes, y_pred or probabilities, and the losses."""
        found = compute(arrays["y_pred"], t, **settings)
        return found if isinstance(found, tuple) else (arrays["y_pred"], found)

    def backward(arrays: Arrays, y: Array, dy: Array) -> dict[str, Any]:
        return {"y_pred": gradient(results(arrays)[0], t, **settings)}

    return Subject(
        {"y_pred": y_pred}, lambda arrays: results(arrays)[1], backward, draws=False
    )


def _finite(y: Any) -> Array:
    """Return y as an array, or say why it has no slope."""
    if y is None:
        raise TypeError("The result is None: the function has no `return`.")
    y = real_numbers("the result", y)
    if not np.isfinite(y).all():
        odd = tuple(int(i) for i in np.argwhere(~np.isfinite(y))[0])
        raise ValueError(
            f"The result is {y[odd]} at {list(odd)}, where there is no slope: check "
            "the gradient at other inputs."
        )
    return y


def _changed(name: str) -> str:
    """Say that something was written into that others need."""
    return (
        f"forward or backward changes {name} itself, which others still need: both "
        f"{name}[...] = 0 and {name} *= 2 write into it. Make a new array, as np.where "
        "does."
    )
