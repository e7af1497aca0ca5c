"""What all optimizers have in common: the learning rate, weight decay and clipping."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fastmlp import tables
from fastmlp._check.lookup import nearest
from fastmlp._check.names import as_text, snake_case
from fastmlp._check.numbers import (
    finite_float32,
    finite_number,
    if_given,
    number_from_0,
    positive_number,
    whole_number_between,
)
from fastmlp._util.described import Described, arguments_of, describe_object
from fastmlp.optimizers.schedules import LearningRateSchedule
from fastmlp.optimizers.schedules import get as get_schedule
from fastmlp.plan import Clipping

if TYPE_CHECKING:
    from fastmlp.typing import LearningRate

# All other settings decide how much memory an optimizer needs, or were checked
# together: they stay as they were made.
_CHANGEABLE = ("learning_rate", "_learning_rate", "iterations")

# As many as a double can count.
_MOST_ITERATIONS = 2**53

# What every optimizer takes beside its own.
_COMMON = ("name", "weight_decay", "clipnorm", "clipvalue", "global_clipnorm")

# What Keras writes into every configuration, and what fastmlp can do of it.
_NOT_SUPPORTED = {
    "use_ema": False,
    "ema_momentum": 0.99,
    "ema_overwrite_frequency": None,
    "loss_scale_factor": None,
    "gradient_accumulation_steps": None,
}


class Optimizer(Described):
    """What all optimizers have in common.

    Each takes, beside its own, these arguments by name:

    Args:
        weight_decay: The share of each weight, times the learning rate, that is taken
            off before each step. Default None: nothing.
        clipnorm: The largest norm that the gradient of an array may have; a larger one
            is scaled down. Default None: no limit.
        clipvalue: The largest size that an element of a gradient may have.
            Default None: no limit.
        global_clipnorm: As `clipnorm`, for all gradients together. Default None.
        name: Its name.

    Attributes:
        learning_rate: The length of a step; it may be changed at any time.
        iterations: How many batches it has been used for since `compile`.
    """

    kernel: ClassVar[str]
    # How many of the arrays that it remembers stand side by side in Keras's files.
    kinds_together: ClassVar[int] = 1
    clipnorm: float | None
    clipvalue: float | None
    global_clipnorm: float | None

    def __init__(self, learning_rate: LearningRate, **extra: Any) -> None:
        name = extra.pop("name", None) or snake_case(type(self).__name__)
        self.name: str = as_text("name", name)
        self.weight_decay: float | None = if_given(
            number_from_0, "weight_decay", extra.pop("weight_decay", None)
        )
        limits = [
            if_given(positive_number, limit, extra.pop(limit, None))
            for limit in _COMMON[2:]
        ]
        self.clipnorm, self.clipvalue, self.global_clipnorm = limits
        if sum(limit is not None for limit in limits) > 1:
            raise ValueError(
                "Only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set."
            )
        self._refuse_the_rest(extra)
        self._learning_rate: float | LearningRateSchedule = 0.0
        self.learning_rate = learning_rate
        self.iterations: int = 0  # Last of all: from now on, settings are fixed.

    def _refuse_the_rest(self, extra: dict[str, Any]) -> None:
        """Refuse arguments that nobody knows, or that fastmlp does not support."""
        for name, supported in _NOT_SUPPORTED.items():
            value = extra.pop(name, supported)
            # The momentum matters with use_ema only.
            if value != supported and name != "ema_momentum":
                raise ValueError(
                    f"fastmlp does not support `{name}` of optimizers; leave it out."
                )
        if extra:
            hint = "`lr` is called `learning_rate`."
            if "lr" not in extra:
                known = [*arguments_of(type(self)), *_COMMON]
                hint = nearest(next(iter(extra)), known)
            raise ValueError(
                f"Argument(s) not recognized by {type(self).__name__}: "
                f"{', '.join(extra)}. {hint or 'Leave what it does not know out.'}"
            )

    def __setattr__(self, name: str, value: Any) -> None:
        """Change the learning rate, or refuse to change another setting."""
        if name not in _CHANGEABLE and hasattr(self, "iterations"):
            hint = " `lr` is called `learning_rate`." if name == "lr" else ""
            raise AttributeError(
                f"Only the learning_rate of an optimizer can be changed, not {name!r}."
                f"{hint} For other settings, make a new {type(self).__name__} and "
                "compile the model again."
            )
        if name == "iterations":
            value = whole_number_between("iterations", value, 0, _MOST_ITERATIONS)
        super().__setattr__(name, value)

    @property
    def learning_rate(self) -> float:
        """The length of the next step, as float32 has it."""
        return self._rate_at(self.iterations)

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        if isinstance(value, (LearningRateSchedule, Mapping)):
            self._learning_rate = get_schedule(value)
            return
        if isinstance(self._learning_rate, LearningRateSchedule):
            raise TypeError(
                "This optimizer was given a learning-rate schedule, so its "
                "learning_rate cannot be set. Make the optimizer with a number, such "
                "as learning_rate=0.001, if you want to set it yourself."
            )
        self._learning_rate = learning_rate_of("learning_rate", value)

    def _rate_at(self, iteration: int) -> float:
        """Return the learning rate after so many batches."""
        if isinstance(self._learning_rate, LearningRateSchedule):
            rate = self._learning_rate(iteration)
            return learning_rate_of("The learning rate of the schedule", rate)
        return self._learning_rate

    def rates(self, batches: int) -> NDArray[np.float64]:
        """Return the learning rate, and what is made of it, for the batches to come.

        Returns:
            (batches, rates), as `fastmlp.tables.RATES` names them.
        """
        rates = np.zeros((batches, len(tables.RATES)))
        if isinstance(self._learning_rate, LearningRateSchedule):
            rates[:, 0] = [self._rate_at(self.iterations + i) for i in range(batches)]
        else:
            rates[:, 0] = self._learning_rate
        steps = self.steps(rates[:, 0], self.iterations + 1 + np.arange(batches))
        for name, numbers in steps.items():
            rates[:, tables.RATES.index(name)] = numbers
        return rates

    def steps(
        self, rates: NDArray[np.float64], n: NDArray[np.intp]
    ) -> dict[str, NDArray[np.float64]]:
        """Return what is made of the learning rates at steps n, from 1 on, by name."""
        return {}

    def settings(self) -> dict[str, float]:
        """Return what the kernel is set to: attributes, by the names in its row."""
        return {name: getattr(self, name) for name in tables.OPTIMIZERS[self.kernel]}

    def memory_names(self) -> dict[str, str]:
        """Return what it remembers of every parameter: the kernel's letter, its name.

        In the order in which Keras's files have the arrays.
        """
        raise NotImplementedError

    def initial_memory(self) -> dict[str, float]:
        """Return what it remembers begins with, by letter, where that is not 0."""
        return {}

    def scalars(self) -> list[float]:
        """Return what Keras's files have behind all that is remembered: numbers."""
        return []

    def clipping(self) -> Clipping:
        """Return weight decay and the limits of gradients, as the plan has them."""
        return Clipping(
            self.weight_decay or 0.0,
            self.clipvalue or 0.0,
            self.clipnorm or 0.0,
            self.global_clipnorm or 0.0,
        )

    @property
    def has_schedule(self) -> bool:
        """Whether a schedule sets the learning rate."""
        return isinstance(self._learning_rate, LearningRateSchedule)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this optimizer again."""
        return {
            "name": self.name,
            "learning_rate": describe_object(self._learning_rate),
            "weight_decay": self.weight_decay,
            "clipnorm": self.clipnorm,
            "global_clipnorm": self.global_clipnorm,
            "clipvalue": self.clipvalue,
            **_NOT_SUPPORTED,
            **super().get_config(),
        }

    def __repr__(self) -> str:
        """Return the call that makes this optimizer, as short as it can be."""
        config = {
            key: value
            for key, value in self.get_config().items()
            if value is not None and key not in _NOT_SUPPORTED
        }
        if self.has_schedule:
            config["learning_rate"] = self._learning_rate
        arguments = ", ".join(f"{key}={value!r}" for key, value in config.items())
        return f"{type(self).__name__}({arguments})"


def learning_rate_of(name: str, value: Any) -> float:
    """Return a learning rate as float32 has it: finite and at least 0."""
    number_from_0(name, value)
    return float(finite_float32(name, value))


def positive_float32(name: str, value: Any) -> float:
    """Return a number that is positive even in float32."""
    number = finite_number(name, value)
    if finite_float32(name, value) <= 0:
        raise ValueError(f"{name} must be positive in float32, not {number}.")
    return number


def share_below_one(name: str, value: Any) -> float:
    """Return a number that is at least 0 and below 1."""
    number = finite_number(name, value)
    if not 0 <= number < 1:
        raise ValueError(f"{name} must be at least 0 and below 1, not {number}.")
    return number
