"""Variables: the weights of layers of one's own, and what metrics of one's own keep."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp._check.numbers import real_numbers
from fastmlp.layers._weight import Assignable
from fastmlp.ops._traced import Traced, untraced

Array = NDArray[Any]


class Variable(Traced, Assignable):
    """A weight of a layer of one's own, or what a metric keeps: numbers that change.

    In a `call` it takes part in what `fastmlp.ops` computes, and so gets its gradient.

    Attributes:
        value: The numbers, in their place.
        name: Its name.
        trainable: Whether the optimizer changes it.
    """

    __slots__ = ("name", "trainable")

    def __init__(self, value: Array, name: str, trainable: bool = True) -> None:
        super().__init__(value)
        self.name = name
        self.trainable = trainable

    def assign(self, value: Any) -> Variable:
        """Take other numbers, and return itself.

        Raises:
            TypeError: They are no numbers.
            ValueError: Their shape does not fit.
        """
        given = real_numbers(self.name, untraced(value))
        if given.shape != self.value.shape:
            raise ValueError(
                f"{self.name!r} has shape {self.value.shape}, so that it cannot take "
                f"numbers of shape {given.shape}."
            )
        self.value[...] = given
        return self

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.value, dtype)

    def __repr__(self) -> str:
        return f"<Variable name={self.name}, shape={self.shape}, value={self.value}>"
