"""Operators and NumPy's functions on what stands for an array.

Each is the operation of that name in `fastmlp.ops`: of a traced array, computed and
remembered; of a symbolic tensor, noted as a layer.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

# Every operation by its name, which is NumPy's where NumPy has it, too: `fastmlp.ops`
# fills it.
OPERATIONS: dict[str, Callable[..., Any]] = {}


def _operator(name: str) -> tuple[Any, Any]:
    """Return what an operator does, and what it does if `self` stands on the right."""

    def left(self: Operators, other: Any) -> Any:
        return self._operation(name)(self, other)

    def right(self: Operators, other: Any) -> Any:
        return self._operation(name)(other, self)

    return left, right


class Operators:
    """What has the operators of an array, and is taken by NumPy's functions."""

    __slots__ = ()

    @staticmethod
    @abstractmethod
    def _operation(name: str, /) -> Callable[..., Any]:
        """Return the operation of that name.

        Raises:
            KeyError: There is none.
        """

    # For checkers, which do not look into `_operator`.
    __add__: Any
    __radd__: Any
    __sub__: Any
    __rsub__: Any
    __mul__: Any
    __rmul__: Any
    __truediv__: Any
    __rtruediv__: Any
    __floordiv__: Any
    __rfloordiv__: Any
    __mod__: Any
    __rmod__: Any
    __pow__: Any
    __rpow__: Any
    __matmul__: Any
    __rmatmul__: Any
    __eq__: Any
    __ne__: Any
    __lt__: Any
    __gt__: Any
    __le__: Any
    __ge__: Any

    __add__, __radd__ = _operator("add")
    __sub__, __rsub__ = _operator("subtract")
    __mul__, __rmul__ = _operator("multiply")
    __truediv__, __rtruediv__ = _operator("divide")
    __floordiv__, __rfloordiv__ = _operator("floor_divide")
    __mod__, __rmod__ = _operator("mod")
    __pow__, __rpow__ = _operator("power")
    __matmul__, __rmatmul__ = _operator("matmul")
    __eq__, __ne__ = _operator("equal")[0], _operator("not_equal")[0]
    __lt__, __gt__ = _operator("less")[0], _operator("greater")[0]
    __le__, __ge__ = _operator("less_equal")[0], _operator("greater_equal")[0]

    def __hash__(self) -> int:
        """Return what tells it from others, which `==` does not: that compares."""
        return id(self)

    def __neg__(self) -> Any:
        """Return its negative."""
        return self._operation("negative")(self)

    def __abs__(self) -> Any:
        """Return its absolute value."""
        return self._operation("absolute")(self)

    def __getitem__(self, key: Any) -> Any:
        """Return a part of it."""
        return self._operation("get_item")(self, key)

    def __array_ufunc__(
        self, ufunc: Any, method: str, *inputs: Any, **settings: Any
    ) -> Any:
        """Do what a function of NumPy's does number by number."""
        name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
        return self._of_numpy(name)(*inputs, **settings)

    def __array_function__(
        self, function: Any, types: Any, arguments: Any, settings: Any
    ) -> Any:
        """Do what another function of NumPy's does."""
        return self._of_numpy(function.__name__)(*arguments, **settings)

    def _of_numpy(self, name: str) -> Callable[..., Any]:
        try:
            return self._operation(name)
        except KeyError:
            raise TypeError(
                f"np.{name} has no derivative here: compute it with the functions of "
                "fastmlp.ops, or write a class with forward and backward by hand."
            ) from None
