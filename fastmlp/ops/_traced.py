"""The traced array: what a function of the user's gets instead of plain numbers.

All that can be done with it is an operation of `fastmlp.ops`, which writes itself down;
`_tape.py` says how, and what for.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fastmlp._util.operators import OPERATIONS, Operators

Array: TypeAlias = NDArray[Any]

# What an operation takes in the place of an array: an array, a list, a number, or what
# is traced. Its rule gets an array, so that no narrower type is true of both.
TensorLike: TypeAlias = Any

# Along which axes: one, several, or None for all.
Axis: TypeAlias = "int | Sequence[int] | None"

# From the gradient of what a step made to the gradient of what it was made of.
Backward: TypeAlias = Callable[[Array], Array]

_NUMBERS = itertools.count()


def _method(name: str) -> Callable[..., Any]:
    """Return a method that is the operation of that name."""

    def method(self: Traced, *arguments: Any, **settings: Any) -> Any:
        return OPERATIONS[name](self, *arguments, **settings)

    return method


class Traced(Operators):
    """An array that remembers how it came about.

    It has the operators and some methods of an array, and NumPy's functions take it:
    each is the operation of that name in `fastmlp.ops`.

    Attributes:
        value: The numbers. Nobody changes them.
        parents: The traced arrays that it was made of, each with the function that
            makes its gradient of the gradient of this one.
        number: Its place on the tape: all that it was made of has lower ones.
    """

    __slots__ = ("number", "parents", "value")

    def __init__(
        self, value: Any, parents: Sequence[tuple[Traced, Backward]] = ()
    ) -> None:
        self.value = value
        self.parents = parents
        self.number = next(_NUMBERS)

    _operation = staticmethod(OPERATIONS.__getitem__)

    sum, mean, prod, std, var = map(_method, ("sum", "mean", "prod", "std", "var"))
    max, min, any, all = map(_method, ("max", "min", "any", "all"))
    argmax, argmin, cumsum = map(_method, ("argmax", "argmin", "cumsum"))
    clip, round, squeeze = map(_method, ("clip", "round", "squeeze"))
    flatten, astype = map(_method, ("ravel", "cast"))

    def reshape(self, *shape: Any) -> Any:
        """Return it in another shape, given as lengths or as one tuple."""
        return OPERATIONS["reshape"](self, shape if len(shape) != 1 else shape[0])

    def transpose(self, *axes: Any) -> Any:
        """Return it with its axes in another order: the reverse, or as given."""
        if len(axes) == 1:
            axes = axes[0]
        return OPERATIONS["transpose"](self, axes or None)

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of its axes."""
        return np.shape(self.value)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of its numbers."""
        return self.value.dtype

    @property
    def ndim(self) -> int:
        """How many axes it has."""
        return np.ndim(self.value)

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        return np.size(self.value)

    @property
    def T(self) -> Any:
        """It with its axes reversed."""
        return self.transpose()

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        return bool(self.value)

    def __int__(self) -> int:
        return int(self.value)

    def __float__(self) -> float:
        return float(self.value)

    def __repr__(self) -> str:
        return f"Traced({self.value!r})"

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"An array of which the gradient is asked has no attribute {name!r}. What "
            "has a derivative is in fastmlp.ops."
        )

    def __setitem__(self, key: Any, value: Any) -> None:
        raise TypeError(
            "An array of which the gradient is asked cannot be changed: what was "
            "computed from it would be no longer true. Make a new one, as "
            "ops.where(condition, a, b) does."
        )

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        raise TypeError(
            "An array of which the gradient is asked does not become a NumPy array: "
            "its gradient would be lost. Use the functions of fastmlp.ops on it, such "
            "as ops.stack on a list of them; where no gradient is wanted, "
            "ops.convert_to_numpy."
        )


def untraced(x: Any) -> Any:
    """Return the numbers of what may be traced."""
    return x.value if isinstance(x, Traced) else x
