"""What all optimizers have in common: the learning rate, weight decay and clipping."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

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
from fastmlp._util.registered import CustomObjectScope
from fastmlp._util.warn import warn
from fastmlp.optimizers._rates import AnyRate, Iterations, Rate, number_of, rate_of
from fastmlp.optimizers.schedules import InverseTimeDecay, LearningRateSchedule
from fastmlp.plan import Clipping

if TYPE_CHECKING:
    from fastmlp.typing import LearningRate

Self = TypeVar("Self", bound="Optimizer")

# All other settings decide how much memory an optimizer needs, or were checked
# together: they stay as they were made.
_CHANGEABLE = ("learning_rate", "_learning_rate", "lr", "iterations", "batches_done")

# As many as a double can count.
_MOST_ITERATIONS = 2**53

_LR = "`lr` of optimizers is called `learning_rate` now."

# What every optimizer takes beside its own.
_COMMON = ("name", "weight_decay", "clipnorm", "clipvalue", "global_clipnorm")

# What Keras 2 writes into configurations: today's word, or none where it says nothing.
_OF_KERAS_2 = {"lr": "learning_rate", "jit_compile": "", "is_legacy_optimizer": ""}

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
        iterations: How many steps it has taken since `compile`.
        batches_done: How many batches it has been used for.
        decay: How fast the learning rate falls, for older scripts: it is divided by
            1 + decay batches_done. 0 if that was not asked for.
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
        self.decay: float = number_from_0("decay", extra.pop("decay", 0.0))
        self._refuse_the_rest(extra)
        self._learning_rate: AnyRate = rate_of(learning_rate)
        if self.decay and not isinstance(self._learning_rate, float):
            raise ValueError(
                "decay makes the learning rate fall, which is set by a schedule or a "
                "function already: leave decay out."
            )
        self.batches_done: int = 0  # Last of all: from now on, settings are fixed.

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
            hint = nearest(next(iter(extra)), [*arguments_of(type(self)), *_COMMON])
            raise ValueError(
                f"Argument(s) not recognized by {type(self).__name__}: "
                f"{', '.join(extra)}. {hint or 'Leave what it does not know out.'}"
            )

    def __setattr__(self, name: str, value: Any) -> None:
        """Change the learning rate, or refuse to change another setting."""
        if name not in _CHANGEABLE and "batches_done" in vars(self):
            raise AttributeError(
                f"Only the learning_rate of an optimizer can be changed, not {name!r}. "
                f"For other settings, make a new {type(self).__name__} and compile the "
                "model again."
            )
        super().__setattr__(name, value)

    @property
    def iterations(self) -> Iterations:
        """How many steps it has taken, an int that has `numpy()` and `assign`, too."""
        return Iterations(self, self.batches_done)

    @iterations.setter
    def iterations(self, value: Any) -> None:
        self.batches_done = whole_number_between(
            "iterations", value, 0, _MOST_ITERATIONS
        )

    @property
    def learning_rate(self) -> Rate:
        """The length of the next step, as float32 has it.

        It is a float, which has `numpy()` and `assign`, too.
        """
        return Rate(self, self._rate_at(self.batches_done))

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        rate = rate_of(value)
        if isinstance(rate, float) and not isinstance(self._learning_rate, float):
            raise TypeError(
                "This optimizer was given a learning-rate schedule, so its "
                "learning_rate cannot be set. Make the optimizer with a number, such "
                "as learning_rate=0.001, if you want to set it yourself."
            )
        self._learning_rate = rate

    @property
    def lr(self) -> Rate:
        """What older scripts call the learning rate."""
        warn(_LR)
        return self.learning_rate

    @lr.setter
    def lr(self, value: Any) -> None:
        self.learning_rate = value
        warn(_LR)

    def _rate_at(self, batch: int) -> float:
        """Return the learning rate after so many batches, without `decay`."""
        rate = self._learning_rate
        if isinstance(rate, float):
            return rate
        if isinstance(rate, LearningRateSchedule):
            return number_of("The learning rate of the schedule", rate(batch))
        return number_of("The learning rate that the function returned", rate())

    def rates(self, batches: int) -> NDArray[np.float64]:
        """Return the learning rate, and what is made of it, for the batches to come.

        Returns:
            (batches, rates), as `fastmlp.tables.RATES` names them.
        """
        rates = np.zeros((batches, len(tables.RATES)))
        done = self.batches_done + np.arange(batches)
        if isinstance(self._learning_rate, float):
            rates[:, 0] = self._learning_rate
            if self.decay:
                rates[:, 0] /= 1 + self.decay * done
        else:
            rates[:, 0] = [self._rate_at(batch) for batch in done.tolist()]
        steps = self.steps(rates[:, 0], done + 1)
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

    def _whole_rate(self) -> AnyRate:
        """Return the learning rate in today's words: `decay` is a schedule."""
        rate = self._learning_rate
        if self.decay and isinstance(rate, float):
            return InverseTimeDecay(rate, 1, self.decay)
        return rate

    @property
    def has_schedule(self) -> bool:
        """Whether the learning rate is more than a number that somebody sets."""
        return not isinstance(self._whole_rate(), float)

    @property
    def asks_before_each_batch(self) -> bool:
        """Whether a function of the user's says the learning rate."""
        rate = self._learning_rate
        return not isinstance(rate, (float, LearningRateSchedule))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this optimizer again."""
        return {
            "name": self.name,
            "learning_rate": describe_object(self._whole_rate()),
            "weight_decay": self.weight_decay,
            "clipnorm": self.clipnorm,
            "global_clipnorm": self.global_clipnorm,
            "clipvalue": self.clipvalue,
            **_NOT_SUPPORTED,
            **super().get_config(),
        }

    @classmethod
    def from_config(
        cls: type[Self],
        config: Mapping[str, Any],
        custom_objects: Mapping[str, Any] | None = None,
    ) -> Self:
        """Return an optimizer made of what `get_config` gave, of Keras 2's as well.

        Args:
            config: The arguments.
            custom_objects: Classes of your own, such as that of a schedule, by name.
        """
        words = {_OF_KERAS_2.get(word, word): value for word, value in config.items()}
        words.pop("", None)
        if not words.get("decay"):
            words.pop("decay", None)
        with CustomObjectScope(custom_objects):
            return cls(**words)

    def __repr__(self) -> str:
        """Return the call that makes this optimizer, as short as it can be."""
        config = {
            key: value
            for key, value in self.get_config().items()
            if value is not None and key not in _NOT_SUPPORTED
        }
        if self.has_schedule:
            config["learning_rate"] = self._whole_rate()
        arguments = ", ".join(f"{key}={value!r}" for key, value in config.items())
        return f"{type(self).__name__}({arguments})"


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
