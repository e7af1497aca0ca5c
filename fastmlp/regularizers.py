"""Regularizers: penalties for large weights, or for large outputs, in the loss.

The equations are in src/regularizers.pxi.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike

from fastmlp import kernels
from fastmlp._check.lookup import find, is_function, own_or_same, spelled_small
from fastmlp._check.numbers import number_from_0
from fastmlp._util.described import Described

if TYPE_CHECKING:
    from fastmlp.typing import RegularizerLike

__all__ = [
    "L1",
    "L1L2",
    "L2",
    "Regularizer",
    "get",
    "l1",
    "l1_l2",
    "l2",
]


def __dir__() -> list[str]:
    return __all__


class Regularizer(Described):
    """What all regularizers have in common: l1 sum |w| + l2 sum w^2.

    Attributes:
        l1: The weight of the sum of sizes.
        l2: The weight of the sum of squares.
    """

    l1: float = 0.0
    l2: float = 0.0

    def __call__(self, x: ArrayLike) -> float:
        """Return the penalty for some weights."""
        return kernels.penalty(x, self.l1, self.l2)


class L1(Regularizer):
    """l1 sum |w|: it moves weights that do not matter to zero.

    Args:
        l1: The weight of the penalty. Default 0.01.

    Raises:
        TypeError: It is no number.
        ValueError: It is negative or not finite.

    Example:
        >>> L1(0.5)([1.0, -2.0])
        1.5
    """

    def __init__(self, l1: float = 0.01) -> None:
        self.l1: float = number_from_0("l1", l1)


class L2(Regularizer):
    """l2 sum w^2: it keeps all weights small.

    Args:
        l2: The weight of the penalty. Default 0.01.

    Raises:
        TypeError: It is no number.
        ValueError: It is negative or not finite.

    Example:
        >>> L2(0.5)([1.0, -2.0])
        2.5
    """

    def __init__(self, l2: float = 0.01) -> None:
        self.l2: float = number_from_0("l2", l2)


class L1L2(Regularizer):
    """l1 sum |w| + l2 sum w^2: both in one.

    Args:
        l1: The weight of the sum of sizes. Default 0.
        l2: The weight of the sum of squares. Default 0.

    Raises:
        TypeError: One is no number.
        ValueError: One is negative or not finite.

    Example:
        >>> L1L2(l1=0.5, l2=0.25)([1.0, -2.0])
        2.75
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        self.l1: float = number_from_0("l1", l1)
        self.l2: float = number_from_0("l2", l2)


# As in Keras, functions are spelled in small letters too.
l2 = L2
l1 = L1
l1_l2 = L1L2

_BY_NAME = spelled_small(globals(), Regularizer)

_OWN = "One of your own is a function, or a Regularizer with a `__call__`."


def get(identifier: RegularizerLike) -> Regularizer | None:
    """Return the regularizer that a name stands for; None is none.

    Args:
        identifier: A name, a configuration, or an object of this module. Or of your
            own: a `Regularizer` with a `__call__`, or a function, from weights to a
            number, in terms of `fastmlp.ops`; or with forward(w) and backward(w).

    Raises:
        ValueError: There is no such regularizer.

    Example:
        >>> get("l2").l2
        0.01
    """
    if identifier is None:
        return None
    identifier = own_or_same("regularizer", identifier, _BY_NAME)
    if is_own(identifier):
        return identifier  # type: ignore[return-value]
    return find("regularizer", identifier, _BY_NAME, own=_OWN)


def is_own(regularizer: Any) -> bool:
    """Tell whether a regularizer is the user's, and computed in Python."""
    if hasattr(regularizer, "forward") and hasattr(regularizer, "backward"):
        return not isinstance(regularizer, type)
    if isinstance(regularizer, Regularizer):
        return type(regularizer) not in _BY_NAME.values()
    return is_function(regularizer)
