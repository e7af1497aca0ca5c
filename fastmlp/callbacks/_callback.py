"""The base class of all callbacks, with every hook that a run calls."""

from __future__ import annotations

from typing import Any

__all__ = ["Callback"]

Logs = dict[str, Any] | None


class Callback:
    """Base class: every hook is there and does nothing.

    `logs` is a dictionary of the loss and the metrics so far. A key that you add
    in `on_epoch_end` appears in the history and in the progress line. Set
    `self.model.stop_training = True` to end the training after this batch.

    A callback that overrides a hook for single batches costs speed: the library
    then leaves its compiled loop after each batch to call it.

    Attributes:
        model: The model that is trained, evaluated or predicts.
        params: Dictionary with `verbose`, `epochs` and `steps` of that run.

    Example:
        >>> class Diary(Callback):
        ...     def on_epoch_end(self, epoch, logs=None):
        ...         print(f"epoch {epoch}: loss {logs['loss']:.2f}")
        >>> Diary().on_epoch_end(0, {"loss": 0.25})
        epoch 0: loss 0.25
    """

    # On the class, so that a subclass may forget to call super().__init__().
    model: Any = None
    params: dict[str, Any] | None = None
    # Whether it is a `ProgbarLogger`.
    _shows_progress = False

    def set_params(self, params: dict[str, Any]) -> None:
        """Take note of the settings of the run, before it begins."""
        self.params = params

    def set_model(self, model: Any) -> None:
        """Take note of the model, before the run begins."""
        self.model = model

    def on_train_begin(self, logs: Logs = None) -> None:
        """Called once, when `fit` begins."""

    def on_train_end(self, logs: Logs = None) -> None:
        """Called once, when `fit` ends; `logs` are those of the last epoch."""

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Called before each epoch of `fit`; epochs count from 0."""

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Called after each epoch and its validation; `logs` hold both."""

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Called before each batch of `fit`; batches count from 0 in each epoch."""
        self.on_batch_begin(batch, logs=logs)

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Called after each batch of `fit`; `logs` are the means so far."""
        self.on_batch_end(batch, logs=logs)

    def on_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """An older name for `on_train_batch_begin`."""

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        """An older name for `on_train_batch_end`."""

    def on_test_begin(self, logs: Logs = None) -> None:
        """Called when `evaluate`, or the validation in `fit`, begins."""

    def on_test_end(self, logs: Logs = None) -> None:
        """Called when `evaluate`, or the validation in `fit`, ends."""

    def on_test_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Called before each batch of `evaluate` or of the validation."""

    def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Called after each batch of `evaluate` or of the validation."""

    def on_predict_begin(self, logs: Logs = None) -> None:
        """Called when `predict` begins."""

    def on_predict_end(self, logs: Logs = None) -> None:
        """Called when `predict` ends."""

    def on_predict_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Called before each batch of `predict`."""

    def on_predict_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Called after each batch of `predict`; `logs["outputs"]` are its results."""

    def needs_every_batch(self, hook: str) -> bool:
        """Tell whether a hook for batches has to be called for every single one.

        It has to as soon as a subclass, or the object itself, brings its own. If no
        callback of a run has such a hook, the library calls them all now and then.

        Args:
            hook: The name of a hook, such as "on_train_batch_end".
        """
        return not is_that_of(self, hook, Callback)


# The names of all hooks.
HOOKS = [name for name in vars(Callback) if name.startswith("on_")]


def is_that_of(callback: Callback, hook: str, kind: type[Callback]) -> bool:
    """Tell whether a hook of an object is still the one that class `kind` has."""
    # A function that was set on the object itself has no __func__.
    function = getattr(getattr(callback, hook), "__func__", None)
    return function is getattr(kind, hook)
