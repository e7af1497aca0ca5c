"""Is a gradient right? What `fastmlp.utils.check_gradient` does.

Whoever has written y = f(x) can tell the slope without any calculus: move one number
of x a little up and a little down, and see how y follows. In float64, with a step of
6e-6, that is right to ten digits, too slow to learn with, and all that is needed to
find a mistake.

With y of many numbers, their gradients dy are drawn, and f stands for sum(dy y).
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from fastmlp import activations, losses, reference
from fastmlp._check.numbers import as_labels, describe, real_numbers
from fastmlp._util.one_hot import one_hot
from fastmlp.ops._nn import kernel_activation
from fastmlp.ops._tape import pull_back
from fastmlp.ops._traced import Array, Traced, untraced

Arrays = dict[str, Array]

# Of larger arrays, this many entries are tried one by one, the others all at once.
_MOST_ENTRIES = 1000
_DIRECTIONS = 4


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
        rows = [("gradient of", "shape", "tried", "error")]
        rows += [
            (part.name, str(part.shape), str(part.tried), f"{part.error:.0e}")
            for part in self.parts
        ]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join(
                text.ljust(width) for text, width in zip(row, widths, strict=True)
            )
            for row in rows
        ]
        message = textwrap.wrap(self.message, 88)
        return "\n".join([*message, *(line.rstrip() for line in lines)])


class Part(NamedTuple):
    """One array, and how well its gradient agrees with differences."""

    name: str
    shape: tuple[int, ...]
    tried: int
    error: float
    complaint: str  # "" if there is none


class Subject(NamedTuple):
    """What is checked.

    Attributes:
        arrays: What its gradient is asked of, by name, in float64.
        forward: From such arrays to y.
        backward: From them, y and dy to the gradients, by name.
        draws: Whether dy is drawn; that of losses is 1.
    """

    arrays: Arrays
    forward: Callable[[Arrays], Any]
    backward: Callable[[Arrays, Array, Array], dict[str, Any]]
    draws: bool = True


def check_gradient(thing: Any, *inputs: Any, seed: int = 0) -> GradientReport:
    """Compare a gradient with finite differences; `fastmlp.utils` has the words."""
    subject = _subject(thing, inputs)
    rng = np.random.default_rng(seed)
    y = _result(subject)
    dy = rng.uniform(0.5, 1.5, y.shape) if subject.draws else np.ones(y.shape)
    found = subject.backward(subject.arrays, y, dy)
    parts = [
        _part(subject, name, found.get(name), y, dy, rng) for name in subject.arrays
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
    if hasattr(thing, "forward") and hasattr(thing, "backward"):
        by_hand = _loss_by_hand if len(inputs) == 2 else _layer_by_hand
        return by_hand(thing, *inputs)
    if isinstance(thing, losses.Loss) and not hasattr(thing, "call"):
        return _compiled_loss(thing, *inputs)
    if thing in losses._FUNCTIONS.values():
        return _compiled_loss(losses.get(thing), *inputs)
    if thing in activations._KERNELS:
        kernel = activations.kernel_of(thing)
        return _function(lambda x: kernel_activation(x, kernel), inputs)
    function = getattr(thing, "call", thing)
    if not callable(function):
        raise TypeError(
            f"{describe(thing)} has no gradient: give check_gradient a function of "
            "arrays, or an object with forward and backward."
        )
    return _function(function, inputs)


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

    def backward(arrays: Arrays, y: Array, dy: Array) -> dict[str, Any]:
        traced = {name: Traced(x) for name, x in arrays.items()}
        outputs = [function(*{**given, **traced}.values())]
        found = pull_back(outputs, [dy], [*traced.values()])
        return dict(zip(traced, found, strict=True))

    return Subject(
        arrays, lambda arrays: function(*{**given, **arrays}.values()), backward
    )


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
    y = thing.forward(x)
    thing.backward(x, y, np.ones_like(y))
    names = [*getattr(thing, "gradients", {})]
    weights = {name: np.array(getattr(thing, name), np.float64) for name in names}

    def with_weights(arrays: Arrays, call: Callable[[], Any]) -> Any:
        """Call with weights in float64, and put back those that were there."""
        kept = {name: getattr(thing, name) for name in names}
        try:
            for name in names:
                setattr(thing, name, arrays[name])
            return call()
        finally:
            for name, weight in kept.items():
                setattr(thing, name, weight)

    def backward(arrays: Arrays, y: Array, dy: Array) -> dict[str, Any]:
        dx = with_weights(arrays, lambda: thing.backward(arrays["x"], y, dy))
        return {"x": dx, **getattr(thing, "gradients", {})}

    def forward(arrays: Arrays) -> Any:
        return with_weights(arrays, lambda: thing.forward(arrays["x"]))

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


def _result(subject: Subject) -> Array:
    """Return y, or say why it is none."""
    y = untraced(subject.forward(subject.arrays))
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


# -- Differences ----------------------------------------------------------------


class Tries(NamedTuple):
    """What was tried on one array: its entries, or some, and then whole directions."""

    places: list[tuple[int, ...]]  # of the entries
    given: Array  # the gradient that is checked
    left: Array  # the slopes on both sides, which differ at a kink
    right: Array
    allowed: Array  # how large an error may be

    @property
    def slope(self) -> Array:
        """What the gradient should be."""
        return (self.left + self.right) / 2

    @property
    def error(self) -> Array:
        """How far off the gradient is; at a kink, it may be anything in between."""
        low, high = np.minimum(self.left, self.right), np.maximum(self.left, self.right)
        outside = np.maximum(np.maximum(low - self.given, self.given - high), 0)
        is_kink = high - low > self.allowed
        return np.where(is_kink, outside, np.abs(self.given - self.slope))


def _part(
    subject: Subject,
    name: str,
    dx: Any,
    y: Array,
    dy: Array,
    rng: np.random.Generator,
) -> Part:
    """Compare the gradient of one array with differences."""
    x = subject.arrays[name]
    complaint = _unfit(name, dx, x)
    if complaint:
        return Part(name, x.shape, 0, np.inf, complaint)
    tries = _tried(subject, name, np.asarray(dx, np.float64), y, dy, rng)
    wrong = tries.error > tries.allowed
    largest = float(np.abs(tries.slope).max(initial=0)) or 1.0
    error = float(tries.error.max(initial=0)) / largest
    complaint = _complaint(name, x, dx, dy, tries, wrong) if wrong.any() else ""
    return Part(name, x.shape, len(tries.places), error, complaint)


def _tried(
    subject: Subject,
    name: str,
    dx: Array,
    y: Array,
    dy: Array,
    rng: np.random.Generator,
) -> Tries:
    """Measure slopes: entry by entry, and of many entries along directions, too."""
    x = subject.arrays[name]
    entries, directions = np.arange(x.size), []
    if x.size > _MOST_ENTRIES:
        entries = np.sort(rng.choice(x.size, _MOST_ENTRIES, replace=False))
        directions = [rng.normal(size=x.shape) for _ in range(_DIRECTIONS)]

    # What computes in float32, whatever it is given, rounds more and needs more room.
    epsilon = np.finfo(y.dtype if y.dtype.kind == "f" else np.float64).eps
    step = float(epsilon ** (1 / 3))

    def loss(moved: Array) -> float:
        result = subject.forward({**subject.arrays, name: moved})
        return float((dy * np.asarray(result, np.float64)).sum())

    here = loss(x)

    def slopes(direction: Array) -> tuple[float, float]:
        moves = direction != 0
        h = step * np.abs(x[moves]).max(initial=1) / np.abs(direction).max()
        left, right = loss(x - h * direction), loss(x + h * direction)
        return (here - left) / h, (right - here) / h

    tried = [*(_one_hot(x, int(i)) for i in entries), *directions]
    measured = np.array([slopes(one) for one in tried]).reshape(-1, 2)
    given = np.array([(dx * one).sum() for one in tried])
    size = np.abs(measured).sum(axis=1) / 2
    noise = 10 * epsilon * float(np.abs(dy * y).sum()) / step
    allowed = step * (size + 0.1 * size.max(initial=0)) + noise
    places = [tuple(map(int, np.unravel_index(i, x.shape))) for i in entries]
    return Tries(places, given, measured[:, 0], measured[:, 1], allowed)


def _one_hot(x: Array, entry: int) -> Array:
    """Return an array that is 1 in one entry, and 0 elsewhere."""
    direction = np.zeros_like(x)
    direction.flat[entry] = 1
    return direction


# -- What is wrong --------------------------------------------------------------


def _unfit(name: str, dx: Any, x: Array) -> str:
    """Say why something cannot be the gradient of x; "" if it can."""
    if dx is None:
        return f"The gradient of {name} is None: backward does not return it."
    dx = np.asarray(dx)
    if dx.shape != x.shape:
        hint = "A gradient has the shape of what it is the gradient of."
        if dx.shape[1:] == x.shape:
            hint += " Is a sum over the rows missing, .sum(axis=0)?"
        elif dx.shape == x.shape[::-1]:
            hint += " It looks transposed."
        return f"The gradient of {name} has shape {dx.shape}, not {x.shape}. {hint}"
    if dx.dtype.kind not in "biuf":
        return f"The gradient of {name} holds {dx.dtype}, and no real numbers."
    if not np.isfinite(dx).all():
        odd = tuple(int(i) for i in np.argwhere(~np.isfinite(dx))[0])
        return f"The gradient of {name} is {dx[odd]} at {list(odd)}."
    return ""


def _complaint(
    name: str, x: Array, dx: Array, dy: Array, tries: Tries, wrong: Array
) -> str:
    """Say which entry is wrong, by how much, and what the mistake may be."""
    count = len(tries.places)
    if not wrong[:count].any():
        return (
            f"The gradient of {name} is wrong somewhere: all of {count} entries that "
            "were tried agree with differences, but not the sum of all others."
        )
    wrong = wrong[:count]
    worst = int((tries.error[:count] * wrong).argmax())
    found, slope = tries.given[worst], tries.slope[worst]
    place = list(tries.places[worst])
    return (
        f"The gradient of {name} is wrong in {wrong.sum()} of {count} entries. At "
        f"{place} it is {found:.6g}, but differences give {slope:.6g}. "
        f"{_suspicion(x, np.asarray(dx), dy, tries, wrong)}"
    )


def _suspicion(x: Array, dx: Array, dy: Array, tries: Tries, wrong: Array) -> str:
    """Say what the sign, or a factor, of what is wrong suggests."""
    count = len(tries.places)
    at = tuple(np.array(tries.places, int).T)
    found, slope = tries.given[:count][wrong], tries.slope[:count][wrong]
    where = _where(x[at], wrong)
    if not dx.any():
        return (
            "It is 0 everywhere: is something missing in between? No gradient passes "
            "floor, round, argmax, comparisons and stop_gradient."
        )
    if not found.any():
        return f"It is 0{where or ' there'}: is a term missing, or a condition wrong?"
    ratio = _ratio(found, slope)
    if ratio is not None:
        return _of_factor(ratio, x, where)
    if dx.shape == dy.shape and _is_close(_ratio(found * dy[at][wrong], slope), 1):
        return f"It is right but for dy{where}: by the chain rule, dx = f'(x) dy."
    if count == x.size and x.ndim == 2:
        turned = dx.reshape(x.shape[::-1]).T.ravel()
        if np.allclose(turned, tries.slope[:count], 1e-4):
            return "Its entries are right, but in the order of the transpose."
    rest = found - slope
    if np.ptp(rest) < 1e-3 * np.abs(rest).max():
        return f"It is too large by {rest.mean():.4g}{where}: is a term too much in it?"
    return (
        f"No sign and no factor alone mends it{where}: is a term missing? The slope of "
        "a product has two, and that of a chain as many factors as it has links."
    )


def _where(x: Array, wrong: Array) -> str:
    """Say what sign x has in all entries that are wrong, if in no others."""
    if not wrong.all():
        for is_there, name in ((x < 0, "negative"), (x > 0, "positive")):
            if np.array_equal(is_there, wrong):
                return f", where x is {name}"
    return ""


def _ratio(found: Array, slope: Array) -> float | None:
    """Return how many times the slope was found, if it is the same everywhere."""
    is_large = np.abs(slope) > 1e-3 * np.abs(slope).max(initial=0)
    if not is_large.any():
        return None
    ratios = found[is_large] / slope[is_large]
    mean = float(ratios.mean())
    return mean if np.ptp(ratios) <= 1e-3 * abs(mean) else None


def _is_close(ratio: float | None, wanted: float) -> bool:
    return ratio is not None and abs(ratio - wanted) < 1e-3 * abs(wanted)


def _of_factor(ratio: float, x: Array, where: str) -> str:
    """Say what a factor suggests that all entries have too much."""
    if _is_close(ratio, -1):
        return f"Its sign is wrong{where}: is a minus missing, or one too many?"
    sign = " with the wrong sign" if ratio < 0 else ""
    text = f"It is {abs(ratio):.4g} times what it should be{sign}{where}"
    for name, count in (("rows", len(x)), ("columns", x.shape[-1])):
        if count > 2 and _is_close(abs(ratio), count):
            return f"{text}, the number of {name}: is 1 / {name} of a mean missing?"
        if count > 2 and _is_close(abs(ratio), 1 / count):
            return f"{text}, 1 / {name}: is it divided by their number once too often?"
    if _is_close(abs(ratio), 0.5):
        return f"{text}: is a 2 missing? The slope of x^2 is 2 x."
    return f"{text}: is a factor missing, or one too many?"
