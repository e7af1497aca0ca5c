"""Learning rates that change from epoch to epoch."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from fastmlp._check.arguments import verbosity
from fastmlp._check.numbers import number_from_0
from fastmlp._util.screen import say
from fastmlp.callbacks._callback import Callback, Logs
from fastmlp.callbacks._monitor import Monitor

if TYPE_CHECKING:
    from fastmlp.typing import MonitorMode

__all__ = ["LearningRateScheduler", "ReduceLROnPlateau"]


class LearningRateScheduler(Callback):
    """Sets the learning rate before each epoch to what a function of yours says.

    `History` has it as "learning_rate".

    Args:
        schedule: A function of the number of the epoch, from 0; or of that and the
            learning rate so far. It returns the new one, a float.
        verbose: 1 prints a line for each epoch. Default 0.

    Raises:
        TypeError: `schedule` is no function.
        ValueError: When an epoch begins: `schedule` does not return a float.

    Example:
        >>> from types import SimpleNamespace
        >>> from fastmlp.optimizers import SGD
        >>> halve = LearningRateScheduler(lambda epoch, rate: rate / 2, verbose=1)
        >>> halve.set_model(SimpleNamespace(optimizer=SGD(0.5)))
        >>> halve.on_epoch_begin(0)
        <BLANKLINE>
        Epoch 1: LearningRateScheduler setting learning rate to 0.25.
        >>> halve.model.optimizer.learning_rate
        0.25
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        if not callable(schedule):
            raise TypeError(
                "LearningRateScheduler needs a function for schedule, such as "
                "lambda epoch: 0.01 * 0.9**epoch, but it is of type "
                f"{type(schedule).__name__}."
            )
        self.schedule = schedule
        self.verbose: int = verbosity(verbose)

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Set the learning rate."""
        optimizer = self.model.optimizer
        so_far = [float(optimizer.learning_rate)] if _takes_two(self.schedule) else []
        rate = self.schedule(epoch, *so_far)
        if not isinstance(rate, (float, np.float32)):
            raise ValueError(
                "LearningRateScheduler: schedule must return a float, such as 0.01, "
                f"but for epoch {epoch} it returned {rate!r}."
            )
        optimizer.learning_rate = rate
        if self.verbose > 0:
            say(
                f"\nEpoch {epoch + 1}: LearningRateScheduler setting learning rate "
                f"to {rate}."
            )

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Add the learning rate to the values of the epoch."""
        _add_learning_rate(logs, self.model)


class ReduceLROnPlateau(Monitor):
    """Makes the learning rate smaller when a value has stopped getting better.

    `History` has the rate that an epoch was trained with as "learning_rate".

    Args:
        monitor: The value to watch, a key of `logs`. Default "val_loss", for which
            `fit` needs `validation_data` or `validation_split`.
        factor: What the learning rate is multiplied by; below 1. Default 0.1.
        patience: Epochs without a better value after which that is done. Default 10.
        verbose: 1 prints a line when it is done. Default 0.
        mode: "min" if smaller is better, "max" if larger is; "auto" (default) knows
            it of the losses and metrics of the library.
        min_delta: Smallest change that counts as better. Default 1e-4.
        cooldown: Epochs to let pass after each reduction before the patience counts
            again. Default 0.
        min_lr: The learning rate does not become smaller than this. Default 0.

    Raises:
        TypeError: An argument is of the wrong kind.
        ValueError: A number is out of its range; or, when the training begins: "auto"
            does not know whether `monitor` should become small or large.

    Example:
        >>> from types import SimpleNamespace
        >>> from fastmlp.optimizers import SGD
        >>> reduces = ReduceLROnPlateau("loss", factor=0.5, patience=2, verbose=1)
        >>> reduces.set_model(SimpleNamespace(optimizer=SGD(0.5)))
        >>> reduces.on_train_begin()
        >>> for epoch, loss in enumerate([3.0, 2.0, 2.0, 2.0]):
        ...     reduces.on_epoch_end(epoch, {"loss": loss})
        <BLANKLINE>
        Epoch 4: ReduceLROnPlateau reducing learning rate to 0.25.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: MonitorMode = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        self.factor: float = number_from_0("factor", factor)
        if self.factor >= 1:
            raise ValueError(
                "ReduceLROnPlateau multiplies the learning rate by factor, which must "
                f"be below 1 to make it smaller. Received: factor={factor}."
            )
        self.patience: float = number_from_0("patience", patience)
        self.verbose: int = verbosity(verbose)
        self.cooldown: float = number_from_0("cooldown", cooldown)
        self.min_lr: float = number_from_0("min_lr", min_lr)
        self._forget()

    def _forget(self) -> None:
        """Start watching anew, so that one object serves several runs of `fit`."""
        self.best: float | None = None
        self.wait: int = 0
        self.cooldown_counter: float = 0

    def on_train_begin(self, logs: Logs = None) -> None:
        """Start watching anew, and decide what counts as better."""
        super().on_train_begin(logs)
        self._forget()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Look at the value of this epoch, and make the learning rate smaller."""
        _add_learning_rate(logs, self.model)
        current = self._value_in(logs, otherwise="does nothing")
        if current is None:
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self._is_better(current, self.best):
            self.best = current
            self.wait = 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience:
                self._reduce(epoch)

    def in_cooldown(self) -> bool:
        """Tell whether the last reduction is too recent for another one."""
        return self.cooldown_counter > 0

    def _reduce(self, epoch: int) -> None:
        """Make the learning rate smaller, if it is not at its smallest already."""
        optimizer = self.model.optimizer
        # The learning rate is a float32, so that it can equal min_lr as one only.
        if optimizer.learning_rate <= np.float32(self.min_lr):
            return
        rate = max(optimizer.learning_rate * self.factor, self.min_lr)
        optimizer.learning_rate = rate
        self.cooldown_counter = self.cooldown
        self.wait = 0
        if self.verbose > 0:
            say(
                f"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing learning rate "
                f"to {rate}."
            )


def _takes_two(schedule: Callable[..., Any]) -> bool:
    """Tell whether a function can be called with an epoch and a learning rate."""
    try:
        inspect.signature(schedule).bind(0, 0.0)
    except (TypeError, ValueError):  # A ValueError: nothing is known of it.
        return False
    return True


def _add_learning_rate(logs: Logs, model: Any) -> None:
    """Add the learning rate to the values of an epoch."""
    if logs is not None:
        logs["learning_rate"] = float(model.optimizer.learning_rate)
