"""Callbacks: code of yours that `fit`, `evaluate` and `predict` call as they run.

Subclass `Callback` and override the hooks you need. `History` and `ProgbarLogger`,
which every `fit` has, are built in the same way.
"""

import math
import numbers
import operator
import re
from collections.abc import Iterator
from typing import Any, Literal

from fastmlp._callback import Callback, Logs
from fastmlp._progress import ProgbarLogger
from fastmlp._warn import warn

__all__ = [
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "ProgbarLogger",
    "TerminateOnNaN",
]


class _Curves(dict[str, list[Any]]):
    """A dictionary that says which names it has when it is asked for another."""

    def __missing__(self, name: str) -> list[Any]:
        recorded = ", ".join(self) or "none, as no epoch has ended"
        raise KeyError(f"{name!r} was not recorded; the recorded names: {recorded}")


class History(Callback):
    """Records loss and metrics of every epoch; `fit` returns it.

    Attributes:
        history: Dictionary of lists, one value an epoch for each name, such as
            `"loss"`, `"accuracy"`, `"val_loss"`.
        epoch: The numbers of the epochs that were run, from 0.

    Example:
        >>> history = History()
        >>> history.on_epoch_end(0, {"accuracy": 0.9, "loss": 0.4})
        >>> history.on_epoch_end(1, {"accuracy": 0.95, "loss": 0.2})
        >>> history.history["loss"]
        [0.4, 0.2]
    """

    def __init__(self) -> None:
        self.history: dict[str, list[Any]] = _Curves()
        self.epoch: list[int] = []

    def on_train_begin(self, logs: Logs = None) -> None:
        """Start the list of epochs anew."""
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Append the values of the epoch."""
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)


class EarlyStopping(Callback):
    """Ends the training when a value has stopped getting better.

    Args:
        monitor: The value to watch, a key of `logs`. Default "val_loss", for
            which `fit` needs `validation_data` or `validation_split`.
        min_delta: Smallest change that counts as better. Default 0.
        patience: Epochs without a better value after which the training ends.
            Default 0, which does the same as 1.
        verbose: 1 prints a line when it acts. Default 0.
        mode: "min" if smaller is better, "max" if larger is; "auto" (default)
            knows it of the losses and metrics of the library.
        baseline: A value that has to be beaten: as long as it is not, every
            epoch counts against the patience. Default None.
        restore_best_weights: Whether the model gets back the weights of its best
            epoch when the training ends, also if it ends because all epochs
            have run. Default False.
        start_from_epoch: Epochs to let pass before watching. Default 0.

    Attributes:
        stopped_epoch: The epoch that ended the training; 0 if none did.
        best_epoch: The epoch of the best value.

    Raises:
        TypeError: A number is expected and something else given.
        ValueError: When the training begins: "auto" does not know whether
            `monitor` should become small or large.

    Example:
        >>> from types import SimpleNamespace
        >>> stopping = EarlyStopping(monitor="loss", patience=2, verbose=1)
        >>> stopping.set_model(SimpleNamespace(stop_training=False))
        >>> stopping.on_train_begin()
        >>> for epoch, loss in enumerate([0.5, 0.3, 0.4, 0.35]):
        ...     stopping.on_epoch_end(epoch, {"loss": loss})
        >>> stopping.model.stop_training
        True
        >>> stopping.on_train_end()
        Epoch 4: early stopping
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        _check_number("min_delta", min_delta)
        _check_number("patience", patience)
        _check_number("start_from_epoch", start_from_epoch)
        if baseline is not None:
            _check_number("baseline", baseline)
        if mode not in ("auto", "min", "max"):
            warn(
                f"EarlyStopping knows the modes auto, min and max, not {mode!r}; "
                "it goes on with auto.",
            )
            mode = "auto"
        self.monitor = monitor
        self.min_delta = abs(min_delta)
        self.patience = patience
        self.verbose = verbose
        self.mode = mode
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self.monitor_op: Any = None
        self._forget()

    def _forget(self) -> None:
        """Start watching anew, so that one object serves several runs of `fit`."""
        self.wait = 0
        self.stopped_epoch = 0
        self.best: float | None = None
        self.best_epoch = 0
        self.best_weights: Any = None
        self._has_warned = False

    def on_train_begin(self, logs: Logs = None) -> None:
        """Start watching anew, and decide what counts as better."""
        direction = self.mode if self.mode != "auto" else _direction(self.monitor)
        self.monitor_op = operator.lt if direction == "min" else operator.gt
        self._forget()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Look at the value of this epoch and decide whether to go on."""
        current = (logs or {}).get(self.monitor)
        if current is None:
            if not self._has_warned:
                self._has_warned = True
                self._warn_of_missing_value(logs)
            return
        if epoch < self.start_from_epoch:
            return
        self.wait += 1
        if self._is_better(current, self.best):
            self.best = current
            self.best_epoch = epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self._is_better(current, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs = None) -> None:
        """Give the model its best weights back, if that was asked for."""
        if self.stopped_epoch > 0 and self.verbose > 0:
            print(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.best_weights is not None:
            if self.verbose > 0:
                print(
                    "Restoring model weights from the end of the best epoch: "
                    f"{self.best_epoch + 1}."
                )
            self.model.set_weights(self.best_weights)

    def _is_better(self, value: float, reference: float | None) -> bool:
        """Tell whether `value` beats `reference` by more than `min_delta`."""
        if reference is None:
            return True
        margin = self.min_delta if self.monitor_op is operator.gt else -self.min_delta
        return bool(self.monitor_op(value - margin, reference))

    def _warn_of_missing_value(self, logs: Logs) -> None:
        """Say which value there is none of, and how to get it."""
        remedy = (
            "Give fit validation_data or validation_split, or watch another value"
            if self.monitor.startswith("val_")
            else "Watch another value"
        )
        warn(
            f"EarlyStopping watches {self.monitor!r}, which this epoch does not have, "
            f"so it does nothing. {remedy}: {', '.join(logs or {}) or 'none'}.",
        )


def _check_number(name: str, value: Any) -> None:
    """Raise a TypeError that names the argument if its value is no number."""
    if not isinstance(value, numbers.Real):
        raise TypeError(
            f"EarlyStopping needs a number for {name}, "
            f"but it is of type {type(value).__name__}."
        )


def _direction(monitor: str) -> Literal["min", "max"]:
    """Tell whether a logged value should become small or large, by its name."""
    # A second metric of the same name is logged as accuracy_1.
    name = re.sub(r"_\d+$", "", monitor.removeprefix("val_").lower())
    if name.endswith("accuracy") or name in ("acc", "auc", "precision", "recall"):
        return "max"
    if name.endswith(("loss", "error", "crossentropy")) or name in ("mse", "mae"):
        return "min"
    raise ValueError(
        f"EarlyStopping cannot tell whether {monitor!r} should become small or large. "
        'Say so with mode="min" or mode="max".'
    )


_BATCH_HOOKS = {
    "train": (
        "on_train_batch_begin",
        "on_train_batch_end",
        "on_batch_begin",
        "on_batch_end",
    ),
    "test": ("on_test_batch_begin", "on_test_batch_end"),
    "predict": ("on_predict_batch_begin", "on_predict_batch_end"),
}


class TerminateOnNaN(Callback):
    """Ends the training as soon as the loss is NaN or infinite.

    Args:
        raise_error: Whether to raise an error instead of ending `fit` quietly.
            Default False.

    Raises:
        RuntimeError: The loss is not finite, and `raise_error` is True.

    Example:
        >>> from types import SimpleNamespace
        >>> guard = TerminateOnNaN()
        >>> guard.set_model(SimpleNamespace(stop_training=False))
        >>> guard.on_train_batch_end(3, {"loss": float("nan")})
        Batch 3: Invalid loss, terminating training
        >>> guard.model.stop_training
        True
    """

    def __init__(self, raise_error: bool = False) -> None:
        self.raise_error = raise_error

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Look at the loss so far."""
        loss = (logs or {}).get("loss")
        if loss is None or math.isfinite(loss):
            return
        if self.raise_error:
            raise RuntimeError(f"Batch {batch}: the loss is not finite any more.")
        print(f"Batch {batch}: Invalid loss, terminating training")
        self.model.stop_training = True


class CallbackList(Callback):
    """Several callbacks that are called like one, in their order.

    All callbacks of one call get the same `logs`, sorted by name: what one of
    them adds, the next ones see. `History` and `ProgbarLogger` come last.

    Args:
        callbacks: A callback, a list of callbacks, or None.
        add_history: Whether to add a `History` if there is none. Default False.
        add_progbar: Whether to add a `ProgbarLogger` if there is none.
            Default False.
        model: The model that the callbacks get to see.
        **params: The settings that they get to see: `verbose`, `epochs`, `steps`.

    Attributes:
        callbacks: The list of callbacks.
        history: The `History` among them, or None.

    Raises:
        TypeError: Something in `callbacks` is no callback.

    Example:
        >>> class Greeter(Callback):
        ...     def on_epoch_begin(self, epoch, logs=None):
        ...         print(f"hello, epoch {epoch}")
        >>> CallbackList([Greeter(), Greeter()]).on_epoch_begin(3)
        hello, epoch 3
        hello, epoch 3
    """

    def __init__(
        self,
        callbacks: Any = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: Any = None,
        **params: Any,
    ) -> None:
        self.callbacks = [] if callbacks is None else list(_flatten(callbacks))
        histories = [one for one in self.callbacks if isinstance(one, History)]
        if add_history and not histories:
            histories = [History()]
            self.callbacks += histories
        self.history = histories[-1] if histories else None
        if add_progbar and not any(
            isinstance(one, ProgbarLogger) for one in self.callbacks
        ):
            self.callbacks.append(ProgbarLogger())
        if model is not None:
            self.set_model(model)
        if params:
            self.set_params(params)

    def every_batch(self, kind: Literal["train", "test", "predict"]) -> bool:
        """Tell whether a callback wants to be called after every single batch.

        The progress bar does not: it is content to be called now and then.

        Args:
            kind: Whose batches: those of "train", "test" or "predict".
        """
        return any(
            _overrides(callback, hook)
            for callback in self.callbacks
            for hook in _BATCH_HOOKS[kind]
        )

    def set_model(self, model: Any) -> None:
        """Show the model to all callbacks, and the history to the model."""
        super().set_model(model)
        if self.history is not None:
            model.history = self.history
        for callback in self.callbacks:
            callback.set_model(model)

    def set_params(self, params: dict[str, Any]) -> None:
        """Show the settings to all callbacks."""
        super().set_params(params)
        for callback in self.callbacks:
            callback.set_params(params)

    def on_train_begin(self, logs: Logs = None) -> None:
        """Call `on_train_begin` of all callbacks."""
        shared = _sorted_copy(logs)
        for callback in self.callbacks:
            callback.on_train_begin(shared)

    def on_train_end(self, logs: Logs = None) -> None:
        """Call `on_train_end` of all callbacks."""
        shared = _sorted_copy(logs)
        for callback in self.callbacks:
            callback.on_train_end(shared)

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Call `on_epoch_begin` of all callbacks."""
        shared = _sorted_copy(logs)
        for callback in self.callbacks:
            callback.on_epoch_begin(epoch, shared)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Call `on_epoch_end` of all callbacks."""
        shared = _sorted_copy(logs)
        for callback in self.callbacks:
            callback.on_epoch_end(epoch, shared)

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Call `on_train_batch_begin` of all callbacks."""
        shared = _sorted_copy(logs)
        for callback in self.callbacks:
            callback.on_train_batch_begin(batch, logs=shared)

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Call `on_train_batch_end` of all callbacks."""
        shared = _sorted_copy(logs)
        for callback in self.callbacks:
            callback.on_train_batch_end(batch, logs=shared)

    def on_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Call `on_batch_begin` of all callbacks."""
        shared = _sorted_copy(logs)
        for callback in self.callbacks:
            callback.on_batch_begin(batch, logs=shared)

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Call `on_batch_end` of all callbacks."""
        shared = _sorted_copy(logs)
        for callback in self.callbacks:
            callback.on_batch_end(batch, logs=shared)

    def on_test_begin(self, logs: Logs = None) -> None:
        """Call `on_test_begin` of all callbacks."""
        shared = _sorted_copy(logs)
        for callback in self.callbacks:
            callback.on_test_begin(shared)

    def on_test_end(self, logs: Logs = None) -> None:
        """Call `on_test_end` of all callbacks."""
        shared = _sorted_copy(logs)
        for callback in self.callbacks:
            callback.on_test_end(shared)

    def on_test_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Call `on_test_batch_begin` of all callbacks."""
        shared = _sorted_copy(logs)
        for callback in self.callbacks:
            callback.on_test_batch_begin(batch, logs=shared)

    def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Call `on_test_batch_end` of all callbacks."""
        shared = _sorted_copy(logs)
        for callback in self.callbacks:
            callback.on_test_batch_end(batch, logs=shared)

    def on_predict_begin(self, logs: Logs = None) -> None:
        """Call `on_predict_begin` of all callbacks."""
        shared = _sorted_copy(logs)
        for callback in self.callbacks:
            callback.on_predict_begin(shared)

    def on_predict_end(self, logs: Logs = None) -> None:
        """Call `on_predict_end` of all callbacks."""
        shared = _sorted_copy(logs)
        for callback in self.callbacks:
            callback.on_predict_end(shared)

    def on_predict_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Call `on_predict_batch_begin` of all callbacks."""
        shared = _sorted_copy(logs)
        for callback in self.callbacks:
            callback.on_predict_batch_begin(batch, logs=shared)

    def on_predict_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Call `on_predict_batch_end` of all callbacks."""
        shared = _sorted_copy(logs)
        for callback in self.callbacks:
            callback.on_predict_batch_end(batch, logs=shared)


def _flatten(callbacks: Any) -> Iterator[Callback]:
    """Go through a callback, or lists of callbacks inside each other."""
    if isinstance(callbacks, (list, tuple)):
        for one in callbacks:
            yield from _flatten(one)
    elif isinstance(callbacks, Callback):
        yield callbacks
    elif isinstance(callbacks, type) and issubclass(callbacks, Callback):
        raise TypeError(
            f"callbacks takes objects, but got the class {callbacks.__name__}. "
            f"Make an object of it: {callbacks.__name__}()."
        )
    else:
        raise TypeError(
            "callbacks takes objects of fastmlp.callbacks.Callback or a list of them, "
            f"but got one of type {type(callbacks).__name__}. "
            "Make its class a subclass of Callback."
        )


def _overrides(callback: Callback, hook: str) -> bool:
    """Tell whether a hook does anything beyond moving the progress bar on."""
    # A function that was set on the object itself has no __func__.
    function = getattr(getattr(callback, hook), "__func__", None)
    return function not in (getattr(Callback, hook), getattr(ProgbarLogger, hook))


def _sorted_copy(logs: Logs) -> dict[str, Any]:
    """Return `logs` by name, so that callbacks may change it without harm."""
    return dict(sorted((logs or {}).items()))
