"""Equations of the user's own: what a plan asks Python for, a whole batch at a time.

The protocols say what a plan may be given. Both runners make the calls below, which
check what comes back before anything is done with it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from fastmlp.plan._arrays import require

__all__ = [
    "NO_FUNCTIONS",
    "ArrayFunction",
    "Backward",
    "Function",
    "OwnConstraints",
    "OwnLoss",
    "OwnMetric",
    "ask_backward",
    "ask_forward",
    "ask_loss",
    "ask_penalties",
    "read_only",
]

Array = NDArray[Any]
Shape = tuple[int, ...]

# From the gradient of the outputs to those of the inputs, and then of the arrays.
Backward = Callable[[Array], Sequence[Array]]


class Function(Protocol):
    """y = f(x), and what goes back: an operation of the kind "function"."""

    @property
    def name(self) -> str:
        """What messages call it, such as "The layer 'swish'"."""

    def forward(
        self, inputs: Sequence[Array], training: bool, /
    ) -> tuple[Array, Backward | None]:
        """Return the outputs, (rows, outputs), and the way back.

        Args:
            inputs: Each (rows, columns); read-only copies, which may be kept.
            training: Whether the network learns; if not, nothing goes back.
        """


class OwnLoss(Protocol):
    """A loss: a number a row, and its gradient."""

    @property
    def name(self) -> str:
        """What messages call it."""

    def __call__(
        self, y: Array, target: Array, upstream: Array | None, /
    ) -> tuple[Array, Array | None]:
        """Return the losses, (rows,), and the gradient of y, (rows, outputs).

        Args:
            y: What came out, (rows, outputs).
            target: What should, (rows, outputs), or labels, (rows,).
            upstream: By how much the loss of each row counts in that of the network,
                (rows,), by which its gradient is multiplied; None: none is needed.
        """


class OwnMetric(Protocol):
    """A metric, which keeps its totals itself."""

    def update(self, y: Array, target: Array, weights: Array | None, /) -> Any:
        """Take note of a batch; `weights`: how much rows count, None: all the same."""


class ArrayFunction(NamedTuple):
    """What Python asks of an array that is learnt.

    Args:
        name: What messages call it.
        penalty: From w to a number, which is added to the loss, and its gradient.
        constraint: From w to the array that takes its place after each step.
    """

    name: str
    penalty: Callable[[Array], tuple[float, Array]] | None = None
    constraint: Callable[[Array], Array] | None = None


NO_FUNCTIONS: Mapping[int, ArrayFunction] = {}


def is_named(given: Any, method: str) -> bool:
    """Tell whether something has a name for messages, and a method."""
    named = isinstance(getattr(given, "name", None), str)
    return named and callable(getattr(given, method, None))


def check_array_functions(
    functions: Mapping[int, ArrayFunction], learnt: set[int]
) -> None:
    """Check penalties and constraints, and whether their arrays are learnt."""
    for place, one in functions.items():
        require(
            isinstance(one, ArrayFunction)
            and all(part is None or callable(part) for part in one[1:])
            and place in learnt,
            f"There is no ArrayFunction for array {place}, or it learns nothing.",
        )


def read_only(array: Array) -> Array:
    """Return a view that cannot be written to."""
    view = array.view()
    view.flags.writeable = False
    return view


def ask_forward(
    function: Function,
    inputs: Sequence[Array],
    shape: Shape,
    training: bool,
) -> tuple[Array, Backward | None]:
    """Return y = f(x), and the way back."""
    who = f"{function.name}: forward"
    y, backward = _pair(who, function.forward(inputs, training), "y and a way back")
    if training and not callable(backward):
        raise TypeError(
            f"{who} gave {_in_words(backward)} as its way back, but it should give a "
            "function of the gradient of its outputs."
        )
    return _floats(who, y, shape, inputs[0].dtype), backward


def ask_backward(
    name: str, backward: Backward, dy: Array, shapes: Sequence[Shape]
) -> list[Array]:
    """Return the gradients that go back, of inputs and of arrays."""
    who = f"{name}: backward"
    gradients = backward(dy)
    if not isinstance(gradients, (tuple, list)) or len(gradients) != len(shapes):
        raise TypeError(
            f"{who} gave {_in_words(gradients)}, but it should give a tuple of "
            f"{len(shapes)}: a gradient for each input, then one for each array."
        )
    return [
        _floats(who, gradient, shape, dy.dtype)
        for gradient, shape in zip(gradients, shapes, strict=True)
    ]


def ask_loss(
    loss: OwnLoss, y: Array, target: Array, upstream: Array | None
) -> tuple[Array, Array | None]:
    """Return the losses of the rows, and, if there is an upstream, the gradient."""
    who = loss.name
    losses, dy = _pair(who, loss(y, target, upstream), "losses and a gradient")
    losses = _floats(who, losses, (len(y),), y.dtype)
    if upstream is None:
        return losses, None
    return losses, _floats(f"{who}: its gradient", dy, y.shape, y.dtype)


def ask_penalties(
    functions: Mapping[int, ArrayFunction], arrays: Sequence[Array]
) -> dict[int, tuple[float, Array]]:
    """Return the penalties of arrays and their gradients, by the arrays' places."""
    found = {}
    for place, one in functions.items():
        if one.penalty is None:
            continue
        who, w = one.name, arrays[place]
        number, dw = _pair(who, one.penalty(read_only(w)), "a number and a gradient")
        if np.ndim(number) != 0 or np.asarray(number).dtype.kind not in "fiu":
            raise TypeError(
                f"{who} gave {_in_words(number)}, but it should give a number."
            )
        dw = _floats(f"{who}: its gradient", dw, w.shape, w.dtype)
        found[place] = float(number), dw
    return found


class OwnConstraints:
    """The constraints in Python, which come last of all in a batch.

    What the batch changed before is put back if one of them fails: it counts as if it
    had not been.
    """

    def __init__(
        self, functions: Mapping[int, ArrayFunction], arrays: Sequence[Array]
    ) -> None:
        self._constrained = [
            (one, arrays[place])
            for place, one in functions.items()
            if one.constraint is not None
        ]
        self._arrays = arrays
        self._saved: list[tuple[Array, Array]] = []  # what changes, and how it was

    def __bool__(self) -> bool:
        """Tell whether there are any."""
        return bool(self._constrained)

    def save(self, *others: Array) -> None:
        """Note the arrays, and others that the batch changes, as they are."""
        if self and not self._saved:
            changing = (*self._arrays, *others)
            self._saved = [(array, np.empty_like(array)) for array in changing]
        for array, saved in self._saved:
            saved[...] = array

    def apply(self) -> None:
        """Move arrays to where they may be."""
        try:
            for function, w in self._constrained:
                assert function.constraint is not None
                given = function.constraint(read_only(w))
                w[...] = _floats(function.name, given, w.shape, w.dtype)
        except BaseException:
            for array, saved in self._saved:
                array[...] = saved
            raise


def _pair(who: str, given: Any, what: str) -> tuple[Any, Any]:
    if not isinstance(given, tuple) or len(given) != 2:
        raise TypeError(
            f"{who} gave {_in_words(given)}, but it should give a tuple of two: {what}."
        )
    return given


def _floats(who: str, given: Any, shape: Shape, dtype: np.dtype[Any]) -> Array:
    """Return what a function gave, if that is an array of floats of that shape."""
    if not isinstance(given, np.ndarray) or given.dtype.kind != "f":
        error: type[Exception] = TypeError
    elif given.shape != shape:
        error = ValueError
    else:
        return given.astype(dtype, copy=False)
    raise error(
        f"{who} gave {_in_words(given)}, but it should give a NumPy array of floats "
        f"of shape {shape}."
    )


def _in_words(given: Any) -> str:
    if isinstance(given, np.ndarray):
        return f"an array of {given.dtype} of shape {given.shape}"
    if isinstance(given, (tuple, list)):
        return f"a {type(given).__name__} of {len(given)}"
    return "None" if given is None else f"a {type(given).__name__}"
