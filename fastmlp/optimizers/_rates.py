"""Learning rate and iterations: numbers that know the optimizer they are of."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from fastmlp._check.numbers import finite_float32, number_from_0
from fastmlp.optimizers.schedules import LearningRateSchedule
from fastmlp.optimizers.schedules import get as get_schedule

if TYPE_CHECKING:
    from fastmlp.optimizers._settings import OptimizerSettings

# What an optimizer may have for a learning rate.
AnyRate = float | LearningRateSchedule | Callable[[], float]


class _OfOptimizer:
    """A number of an optimizer's, with the words of Keras's variables.

    As a number, it is what it was when it was looked at: `value` and `numpy()` ask the
    optimizer again.
    """

    _attribute: str
    _optimizer: OptimizerSettings
    name: str
    dtype: str
    shape: tuple[int, ...] = ()
    trainable = False

    @property
    def value(self) -> Any:
        """What the optimizer has now, a number of NumPy's."""
        return np.dtype(self.dtype).type(getattr(self._optimizer, self._attribute))

    @property
    def path(self) -> str:
        """Its name, behind the optimizer's."""
        return f"{self._optimizer.name}/{self.name}"

    def numpy(self) -> Any:
        """Return what the optimizer has now, a number of NumPy's."""
        return self.value

    def assign(self, value: Any) -> Any:
        """Give the optimizer another number, and return it.

        Raises:
            TypeError: It is no number, or a schedule sets the learning rate.
            ValueError: It is out of its range.
        """
        setattr(self._optimizer, self._attribute, value)
        return getattr(self._optimizer, self._attribute)

    def assign_add(self, value: Any) -> Any:
        """Add a number, and return the sum; errors are those of `assign`."""
        return self.assign(self.value + value)

    def assign_sub(self, value: Any) -> Any:
        """Subtract a number, and return the rest; errors are those of `assign`."""
        return self.assign(self.value - value)


class Rate(_OfOptimizer, float):
    """A learning rate: a float like any other, that can be assigned to.

    Example:
        >>> from fastmlp.optimizers import SGD
        >>> optimizer = SGD(0.5)
        >>> optimizer.learning_rate.assign(0.25)
        0.25
        >>> optimizer.learning_rate / 2, optimizer.learning_rate.numpy()
        (0.125, np.float32(0.25))
    """

    _attribute = "learning_rate"
    name: str = "learning_rate"
    dtype: str = "float32"

    def __new__(cls, optimizer: OptimizerSettings, number: float) -> Rate:
        rate = super().__new__(cls, number)
        rate._optimizer = optimizer
        return rate

    def __reduce__(self) -> Any:
        """Make a plain float for a copy."""
        return float, (float(self),)


class Iterations(_OfOptimizer, int):
    """A count of steps: an int like any other, that can be assigned to."""

    name: str = "iteration"
    dtype: str = "int64"

    def __new__(
        cls,
        optimizer: OptimizerSettings,
        number: int,
        attribute: str = "iterations",
    ) -> Iterations:
        count = super().__new__(cls, number)
        count._optimizer, count._attribute = optimizer, attribute
        return count

    def __reduce__(self) -> Any:
        """Make a plain int for a copy."""
        return int, (int(self),)


def number_of(name: str, value: Any) -> float:
    """Return a learning rate as float32 has it: finite and at least 0."""
    number_from_0(name, value)
    return float(finite_float32(name, value))


def rate_of(value: Any) -> AnyRate:
    """Return a learning rate as it was given: a number, a schedule, or a function.

    Raises:
        TypeError: It is none of these, or a function that needs an argument.
        ValueError: It is out of its range, or describes no schedule.
    """
    if isinstance(value, (LearningRateSchedule, Mapping)):
        value = get_schedule(value)
        if isinstance(value, LearningRateSchedule):
            return value
    if isinstance(value, type):
        raise TypeError(
            f"learning_rate is the class {value.__name__}: call it, with its arguments."
        )
    if callable(value):
        _refuse_arguments(value)
        return value  # type: ignore[no-any-return]
    return number_of("learning_rate", value)


def _refuse_arguments(function: Callable[..., Any]) -> None:
    """Refuse a function that cannot be called as it is before each batch."""
    try:
        inspect.signature(function).bind()
    except TypeError:
        raise TypeError(
            "A function that is given as learning_rate is called before each batch, "
            "without arguments. For a rate that depends on the batch, write a class of "
            "your own, a LearningRateSchedule with __call__(self, step); for one that "
            "depends on the epoch, take the callback LearningRateScheduler."
        ) from None
    except ValueError:  # Nothing is known of it.
        return
