"""Several callbacks that are called like one."""

from collections.abc import Iterator
from typing import Any, Literal

from fastmlp.callbacks._callback import Callback, Logs
from fastmlp.callbacks._history import History
from fastmlp.callbacks._progbar_logger import ProgbarLogger

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
            callback.needs_every_batch(hook)
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

    def _call(self, hook: str, *positional: Any, **named: Any) -> None:
        for callback in self.callbacks:
            getattr(callback, hook)(*positional, **named)

    # As in Keras, the hooks of batches get their logs by name, the others by place.

    def on_train_begin(self, logs: Logs = None) -> None:
        """Call `on_train_begin` of all callbacks."""
        self._call("on_train_begin", _sorted_copy(logs))

    def on_train_end(self, logs: Logs = None) -> None:
        """Call `on_train_end` of all callbacks."""
        self._call("on_train_end", _sorted_copy(logs))

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Call `on_epoch_begin` of all callbacks."""
        self._call("on_epoch_begin", epoch, _sorted_copy(logs))

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Call `on_epoch_end` of all callbacks."""
        self._call("on_epoch_end", epoch, _sorted_copy(logs))

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Call `on_train_batch_begin` of all callbacks."""
        self._call("on_train_batch_begin", batch, logs=_sorted_copy(logs))

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Call `on_train_batch_end` of all callbacks."""
        self._call("on_train_batch_end", batch, logs=_sorted_copy(logs))

    def on_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Call `on_batch_begin` of all callbacks."""
        self._call("on_batch_begin", batch, logs=_sorted_copy(logs))

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Call `on_batch_end` of all callbacks."""
        self._call("on_batch_end", batch, logs=_sorted_copy(logs))

    def on_test_begin(self, logs: Logs = None) -> None:
        """Call `on_test_begin` of all callbacks."""
        self._call("on_test_begin", _sorted_copy(logs))

    def on_test_end(self, logs: Logs = None) -> None:
        """Call `on_test_end` of all callbacks."""
        self._call("on_test_end", _sorted_copy(logs))

    def on_test_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Call `on_test_batch_begin` of all callbacks."""
        self._call("on_test_batch_begin", batch, logs=_sorted_copy(logs))

    def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Call `on_test_batch_end` of all callbacks."""
        self._call("on_test_batch_end", batch, logs=_sorted_copy(logs))

    def on_predict_begin(self, logs: Logs = None) -> None:
        """Call `on_predict_begin` of all callbacks."""
        self._call("on_predict_begin", _sorted_copy(logs))

    def on_predict_end(self, logs: Logs = None) -> None:
        """Call `on_predict_end` of all callbacks."""
        self._call("on_predict_end", _sorted_copy(logs))

    def on_predict_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Call `on_predict_batch_begin` of all callbacks."""
        self._call("on_predict_batch_begin", batch, logs=_sorted_copy(logs))

    def on_predict_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Call `on_predict_batch_end` of all callbacks."""
        self._call("on_predict_batch_end", batch, logs=_sorted_copy(logs))


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


def _sorted_copy(logs: Logs) -> dict[str, Any]:
    """Return `logs` by name, so that callbacks may change it without harm."""
    return dict(sorted((logs or {}).items()))
