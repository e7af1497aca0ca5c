"""What all optimizers are set to: learning rate, decay, clipping, averages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from fastmlp import tables
from fastmlp._check.lookup import nearest
from fastmlp._check.names import as_text, snake_case
from fastmlp._check.numbers import (
    as_count,
    finite_float32,
    finite_number,
    if_given,
    number_between,
    number_from_0,
    positive_number,
    true_or_false,
    whole_number_between,
)
from fastmlp._util.described import Described, arguments_of, describe_object
from fastmlp._util.registered import CustomObjectScope
from fastmlp._util.warn import warn
from fastmlp.optimizers import schedules
from fastmlp.optimizers._rates import AnyRate, Iterations, Rate, number_of, rate_of
from fastmlp.optimizers.schedules import LearningRateSchedule
from fastmlp.plan import Averaging, Clipping

if TYPE_CHECKING:
    from fastmlp.typing import LearningRate

Self = TypeVar("Self", bound="OptimizerSettings")

# All other settings decide how much memory an optimizer needs, or were checked
# together: they stay as they were made.
_CHANGEABLE = (
    *("learning_rate", "_learning_rate", "lr", "iterations", "batches_done"),
    *("state", "owner", "_undecayed"),
)

# As many as a double can count.
_MOST_ITERATIONS = 2**53

_LR = "`lr` of optimizers is called `learning_rate` now."

# What every optimizer takes beside its own.
_LIMITS = ("clipnorm", "clipvalue", "global_clipnorm")
_COMMON = (
    *("name", "weight_decay", *_LIMITS, "use_ema", "ema_momentum"),
    *("ema_overwrite_frequency", "gradient_accumulation_steps"),
)

# What Keras 2 writes into configurations: today's word, or none where it says nothing.
_OF_KERAS_2 = {"lr": "learning_rate", "jit_compile": "", "is_legacy_optimizer": ""}

# What is said of averages in every configuration, where nothing is averaged.
_NO_AVERAGES = {
    "use_ema": False,
    "ema_momentum": 0.99,
    "ema_overwrite_frequency": None,
    "loss_scale_factor": None,
    "gradient_accumulation_steps": None,
}


class OptimizerSettings(Described):
    """What an optimizer is set to, and its learning rates: see `Optimizer`."""

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
            for limit in _LIMITS
        ]
        self.clipnorm, self.clipvalue, self.global_clipnorm = limits
        if sum(limit is not None for limit in limits) > 1:
            raise ValueError(
                "Only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set."
            )
        self._set_averages(extra)
        self.decay: float = number_from_0("decay", extra.pop("decay", 0.0))
        self._refuse_the_rest(extra)
        self._learning_rate: AnyRate = rate_of(learning_rate)
        if self.decay and not isinstance(self._learning_rate, float):
            raise ValueError(
                "decay makes the learning rate fall, which is set by a schedule or a "
                "function already: leave decay out."
            )
        self.batches_done: int = 0  # Last of all: from now on, settings are fixed.

    def _set_averages(self, extra: dict[str, Any]) -> None:
        """Take what is said about averages out of the arguments."""
        name = "gradient_accumulation_steps"
        self.gradient_accumulation_steps: int | None = if_given(
            as_count, name, extra.pop(name, None), 2
        )
        self.use_ema: bool = true_or_false("use_ema", extra.pop("use_ema", False))
        self.ema_momentum: float = number_between(
            "ema_momentum", extra.pop("ema_momentum", 0.99), 0, 1
        )
        name = "ema_overwrite_frequency"
        self.ema_overwrite_frequency: int | None = if_given(
            as_count, name, extra.pop(name, None), 1
        )
        if self.ema_overwrite_frequency and not self.use_ema:
            raise ValueError(
                "ema_overwrite_frequency says when the weights become their average, "
                "which is kept with use_ema=True: add that, or leave it out."
            )

    def _refuse_the_rest(self, extra: dict[str, Any]) -> None:
        """Refuse arguments that nobody knows, or that fastmlp does not support."""
        if extra.pop("loss_scale_factor", None) is not None:
            raise ValueError(
                "fastmlp does not support `loss_scale_factor` of optimizers: gradients "
                "in float32 need no scale. Leave it out."
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
        if name == "batches_done":
            value = whole_number_between("iterations", value, 0, _MOST_ITERATIONS)
        super().__setattr__(name, value)

    @property
    def iterations(self) -> Iterations:
        """How many steps it has taken, an int that has `numpy()` and `assign`, too."""
        return Iterations(self, self.batches_done // self._batches_a_step)

    @iterations.setter
    def iterations(self, value: Any) -> None:
        steps = whole_number_between("iterations", value, 0, _MOST_ITERATIONS)
        self.batches_done = steps * self._batches_a_step

    @property
    def _batches_a_step(self) -> int:
        return self.gradient_accumulation_steps or 1

    @property
    def takes_step(self) -> bool:
        """Whether a step follows on the next batch."""
        return (self.batches_done + 1) % self._batches_a_step == 0

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
        first, rate = rates[:, 0], self._learning_rate
        done = range(self.batches_done, self.batches_done + batches)
        if isinstance(rate, float):
            first[:] = rate
            if self.decay:
                first /= 1 + self.decay * np.array(done)
        else:
            first[:] = [self._rate_at(batch) for batch in done]
        for name, numbers in self.steps(first).items():
            rates[:, tables.RATES.index(name)] = numbers
        return rates

    def steps(self, rates: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        """Return what is made of the learning rates of the next batches, by name."""
        return {}

    def numbers_of_steps(self, batches: int) -> NDArray[np.intp]:
        """Return which step, from 1 on, each of the next batches is a part of."""
        return (self.batches_done + np.arange(batches)) // self._batches_a_step + 1

    def settings(self) -> dict[str, float]:
        """Return what the kernel is set to: attributes, by the names in its row."""
        return {name: getattr(self, name) for name in tables.OPTIMIZERS[self.kernel]}

    def memory_names(self) -> dict[str, str]:
        """Return what it remembers of every parameter: the kernel's letter, its name.

        In the order in which Keras's files have the arrays.
        """
        raise NotImplementedError

    def all_memory_names(self) -> dict[str, str]:
        """Return these, and before them what any optimizer may remember."""
        shared = {}
        if self.use_ema:
            shared["average"] = "average"
        if self.gradient_accumulation_steps:
            shared["gradient_sum"] = "gradient_accumulator"
        return {**shared, **self.memory_names()}

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

    def averaging(self) -> Averaging:
        """Return what is averaged, as the plan has it."""
        return Averaging(
            self.gradient_accumulation_steps or 0,
            self.ema_momentum,
            self.ema_overwrite_frequency or 0,
        )

    def _whole_rate(self) -> AnyRate:
        """Return the learning rate in today's words: `decay` is a schedule."""
        rate = self._learning_rate
        if self.decay and isinstance(rate, float):
            return schedules.InverseTimeDecay(rate, 1, self.decay)
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
            "use_ema": self.use_ema,
            "ema_momentum": self.ema_momentum,
            "ema_overwrite_frequency": self.ema_overwrite_frequency,
            "loss_scale_factor": None,
            "gradient_accumulation_steps": self.gradient_accumulation_steps,
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
            if value is not None and value != _NO_AVERAGES.get(key)
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
