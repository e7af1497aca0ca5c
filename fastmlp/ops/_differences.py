"""Slopes by differences, what a gradient is off by, and what that suggests.

Whoever has written y = f(x) can tell the slope without any calculus: move one number
of x a little up and a little down, and see how y follows. In float64, with a step of
6e-6, that is right to ten digits, too slow to learn with, and all that is needed to
find a mistake.

With y of many numbers, their gradients dy are drawn, and f stands for sum(dy y).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from fastmlp.ops._traced import Array

Arrays: TypeAlias = dict[str, Array]

# Of larger arrays, this many entries are tried one by one, the others all at once.
MOST_ENTRIES = 1000
_DIRECTIONS = 4


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


def compared(
    subject: Subject,
    name: str,
    dx: Any,
    y: Array,
    dy: Array,
    rng: np.random.Generator,
    entries: int = MOST_ENTRIES,
    least: float = 0.0,
) -> Part:
    """Compare the gradient of one array with differences.

    Args:
        subject: What is checked.
        name: The array.
        dx: Its gradient.
        y: What the subject makes of its arrays.
        dy: The gradient of that.
        rng: Draws what is tried of a large array.
        entries: Of an array with more, this many are tried one by one.
        least: The error is a share of the largest slope, or of this if it is larger.
    """
    x = subject.arrays[name]
    complaint = _unfit(name, dx, x)
    if complaint:
        return Part(name, x.shape, 0, np.inf, complaint)
    tries = _tried(subject, name, np.asarray(dx, np.float64), y, dy, rng, entries)
    wrong = tries.error > tries.allowed
    largest = float(np.abs(tries.slope).max(initial=least)) or 1.0
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
    most: int,
) -> Tries:
    """Measure slopes: entry by entry, and of many entries along directions, too."""
    x = subject.arrays[name]
    entries, directions = np.arange(x.size), []
    if x.size > most:
        entries = np.sort(rng.choice(x.size, most, replace=False))
        directions = [rng.normal(size=x.shape) for _ in range(_DIRECTIONS)]

    # What computes in float32, whatever it is given, rounds more and needs more room.
    epsilon = np.finfo(y.dtype if y.dtype.kind == "f" else np.float64).eps
    step = float(epsilon ** (1 / 3))

    def loss(moved: Array) -> float:
        result = subject.forward({**subject.arrays, name: moved})
        return float((dy * np.asarray(result, np.float64)).sum())

    here = loss(x)

    # Many numbers that move at once meet many kinks, unless they move very little.
    steps = np.array([step] * len(entries) + [epsilon**0.5] * len(directions))

    def slopes(direction: Array, step: float) -> tuple[float, float]:
        moves = direction != 0
        h = step * np.abs(x[moves]).max(initial=1) / np.abs(direction).max()
        left, right = loss(x - h * direction), loss(x + h * direction)
        return (here - left) / h, (right - here) / h

    tried = [*(_one_hot(x, int(i)) for i in entries), *directions]
    measured = np.array(list(map(slopes, tried, steps))).reshape(-1, 2)
    given = np.array([(dx * one).sum() for one in tried])
    size = np.abs(measured).sum(axis=1) / 2
    noise = 10 * epsilon * float(np.abs(dy * y).sum()) / steps
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
    if not slope.any():
        return f"It must be 0{where or ' there'}: the result does not depend on it."
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
    is_large = np.abs(slope) > 1e-3 * np.abs(slope).max()
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
