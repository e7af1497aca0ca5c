"""Several callbacks that are called like one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Literal

from fastmlp.callbacks._callback import HOOKS, Callback, Logs
from fastmlp.callbacks._history import History
from fastmlp.callbacks._logs import Curves

if TYPE_CHECKING:
    from fastmlp.typing import Callbacks

__all__ = ["CallbackList"]

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
        callbacks: Callbacks = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: Any = None,
        **params: Any,
    ) -> None:
        found = [] if callbacks is None else _flatten(callbacks)
        self.callbacks: list[Callback] = list(found)
        histories = [one for one in self.callbacks if isinstance(one, History)]
        if add_history and not histories:
            histories = [History()]
            self.callbacks += histories
        self.history: History | None = histories[-1] if histories else None
        bars: list[Any] = [one for one in self.callbacks if one._shows_progress]
        if add_progbar and not bars:
            # Only here: with verbose=0, nothing is shown.
            from fastmlp.callbacks._progbar_logger import ProgbarLogger

            bars = [ProgbarLogger()]
            self.callbacks += bars
        self._bars = bars
        for bar in bars:
            bar.stand_with(self.callbacks)
        # Those that have a hook of their own, by hook: the base class's does nothing.
        self._listeners: dict[str, list[Callback]] = {hook: [] for hook in HOOKS}
        for callback in self.callbacks:
            kind = type(callback)
            for hook in HOOKS:
                # The base class passes some on to their older names.
                for name in (hook, hook.replace("train_batch", "batch")):
                    own = getattr(kind, name) is not getattr(Callback, name)
                    if own or name in vars(callback):
                        self._listeners[hook].append(callback)
                        break
        self.model: Any = None
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
        return self.batch_hooks(kind)[2]

    def batch_hooks(
        self, kind: Literal["train", "test", "predict"]
    ) -> tuple[bool, bool, bool]:
        """Tell who listens to batches: as they begin, as they end, and to every one."""
        every_batch = False
        for hook in _BATCH_HOOKS[kind]:
            for callback in self._listeners[hook]:
                every_batch = every_batch or callback.needs_every_batch(hook)
        begins, ends = (self._listeners[hook] for hook in _BATCH_HOOKS[kind][:2])
        return bool(begins), bool(ends), every_batch

    def show_progress(self) -> None:
        """Show how far a run has come which ends with an error, or by Ctrl-C."""
        for bar in self._bars:
            bar.show_progress()

    def set_model(self, model: Any) -> None:
        """Show the model to all callbacks, and the history to the model."""
        self.model = model
        if self.history is not None:
            model.history = self.history
        for callback in self.callbacks:
            callback.set_model(model)

    def set_params(self, params: dict[str, Any]) -> None:
        """Show the settings to all callbacks."""
        self.params: dict[str, Any] | None = params
        for callback in self.callbacks:
            callback.set_params(params)

    def _call(self, hook: str, logs: Logs, *number: int) -> None:
        """Call a hook of those that have one of their own.

        Callbacks may change the logs without harm: they are a copy.
        """
        if not self._listeners[hook]:
            return
        logs = in_order(logs or {}, self.model)
        for callback in self._listeners[hook]:
            # As in Keras, the hooks of batches get them by name, the others by place.
            if "batch" in hook:
                getattr(callback, hook)(*number, logs=logs)
            else:
                getattr(callback, hook)(*number, logs)


def in_order(logs: dict[str, Any], model: Any) -> dict[str, Any]:
    """Return logs in the order in which they are shown.

    That of Keras, the alphabet; but those of a model of several outputs as they come:
    the loss, that of each output, and metrics.
    """
    if len(getattr(model, "output_names", ())) > 1:
        return Curves(logs)
    return Curves(sorted(logs.items()))


def _calling(hook: str) -> Callable[..., None]:
    """Return the method of `CallbackList` that calls a hook of all callbacks."""

    def call(self: CallbackList, logs: Logs = None) -> None:
        self._call(hook, logs)

    def call_of_epoch(self: CallbackList, epoch: int, logs: Logs = None) -> None:
        self._call(hook, logs, epoch)

    def call_of_batch(self: CallbackList, batch: int, logs: Logs = None) -> None:
        self._call(hook, logs, batch)

    method: Callable[..., None] = call
    if "batch" in hook:
        method = call_of_batch
    elif "epoch" in hook:
        method = call_of_epoch
    method.__name__, method.__doc__ = hook, f"Call `{hook}` of all callbacks."
    return method


for _hook in HOOKS:
    setattr(CallbackList, _hook, _calling(_hook))


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
