"""Regularizers: penalties for large weights, or for large outputs, in the loss.

The equations are in src/regularizers.pxi.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from fastmlp import kernels
from fastmlp._check.lookup import find, is_function, own_or_same, spelled_small
from fastmlp._check.numbers import as_float32, number_from_0, real_numbers
from fastmlp._util.described import Described, describe_object
from fastmlp._util.keywords import suggesting
from fastmlp._util.on_demand import import_on_demand
from fastmlp._util.registered import CustomObjectScope

if TYPE_CHECKING:
    from fastmlp.typing import RegularizerLike

__all__ = [
    "L1",
    "L1L2",
    "L2",
    "OrthogonalRegularizer",
    "Regularizer",
    "deserialize",
    "get",
    "l1",
    "l1_l2",
    "l2",
    "orthogonal_regularizer",
    "serialize",
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


class OrthogonalRegularizer(Regularizer):
    """factor mean |cos(r, s)| over all pairs of rows: it turns them apart.

    It is computed in NumPy, as one of your own would be: `forward` beside `backward`.

    Args:
        factor: The weight of the penalty. Default 0.01.
        mode: "rows", those of each input, or "columns", those of each unit.

    Raises:
        TypeError: The factor is no number.
        ValueError: It is negative or not finite, or the mode is another.

    Example:
        >>> OrthogonalRegularizer(1.0)([[1.0, 0.0], [3.0, 4.0]]).round(4)
        np.float32(0.6)
    """

    def __init__(
        self, factor: float = 0.01, mode: Literal["rows", "columns"] = "rows"
    ) -> None:
        self.factor: float = number_from_0("factor", factor)
        if mode not in ("rows", "columns"):
            raise ValueError(f"mode must be 'rows' or 'columns', not {mode!r}.")
        self.mode: str = mode

    def __call__(self, x: ArrayLike) -> Any:
        """Return the penalty for some weights, a table."""
        return self.forward(as_float32("x", real_numbers("x", x), finite=False))

    def forward(self, w: Any) -> Any:
        """Return factor sum |u_i . u_j| / pairs, u_i the rows, of length 1."""
        _, _, cosines, share = self._parts(w)
        return share * np.abs(cosines).sum()

    def backward(self, w: Any) -> Any:
        """Return dw: what turns rows, of du_i = 2 share sum_j sign(u_i . u_j) u_j."""
        u, lengths, cosines, share = self._parts(w)
        du = 2 * share * np.sign(cosines) @ u
        dw = (du - u * (u * du).sum(axis=1, keepdims=True)) / lengths
        return np.ascontiguousarray(dw if self.mode == "rows" else dw.T)

    def _parts(self, w: Any) -> tuple[Any, Any, Any, Any]:
        """Return rows of length 1, their lengths and products, and a pair's share."""
        if w.ndim != 2:
            raise ValueError(
                "OrthogonalRegularizer is one of tables, such as a kernel, but it gets "
                f"an array of shape {w.shape}."
            )
        rows = w if self.mode == "rows" else w.T
        squares = np.square(rows).sum(axis=1, keepdims=True)
        lengths = np.sqrt(np.maximum(squares, w.dtype.type(1e-12)))
        u = rows / lengths
        cosines = u @ u.T
        np.fill_diagonal(cosines, 0)
        pairs = len(u) * (len(u) - 1)
        return u, lengths, cosines, w.dtype.type(self.factor / max(pairs, 1))


# As in Keras, functions are spelled in small letters too.
l2 = L2
l1 = L1
l1_l2 = L1L2
orthogonal_regularizer = OrthogonalRegularizer

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


def serialize(regularizer: RegularizerLike) -> Any:
    """Return the description of a regularizer, as JSON can hold it.

    Raises:
        ValueError: There is no such regularizer.

    Example:
        >>> serialize('l2')["class_name"]
        'L2'
    """
    return describe_object(get(regularizer))


@suggesting
def deserialize(
    config: RegularizerLike, custom_objects: Mapping[str, Any] | None = None
) -> Regularizer | None:
    """Return the regularizer that a description, or a name, stands for.

    Args:
        config: What `serialize` returned, or a name.
        custom_objects: What of your own it may name, by name.

    Raises:
        ValueError: There is no such regularizer.

    Example:
        >>> serialize(deserialize('l2'))["class_name"]
        'L2'
    """
    with CustomObjectScope(custom_objects):
        return get(config)


import_on_demand(__name__)
