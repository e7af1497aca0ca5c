"""A callback for which no class has to be written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastmlp.callbacks._callback import HOOKS, Callback

__all__ = ["LambdaCallback"]

Hook = Callable[..., Any] | None


class LambdaCallback(Callback):
    """A callback made of functions, for which no class has to be written.

    A function takes what the hook of `Callback` takes: `(epoch, logs)`,
    `(batch, logs)` or `(logs)`. As there, a function for single batches costs speed.

    Args:
        on_epoch_begin: Called before each epoch. Default None, as for all: nothing is.
        on_epoch_end: Called after each epoch.
        on_train_begin: Called when `fit` begins.
        on_train_end: Called when `fit` ends.
        on_train_batch_begin: Called before each batch of `fit`.
        on_train_batch_end: Called after each batch of `fit`.
        **hooks: The other hooks of `Callback`, such as `on_test_end`.

    Raises:
        TypeError: There is no such hook, or what is given cannot be called.

    Example:
        >>> speaks = LambdaCallback(
        ...     on_epoch_end=lambda epoch, logs: print(epoch, logs["loss"])
        ... )
        >>> speaks.on_epoch_end(3, {"loss": 0.25})
        3 0.25
    """

    def __init__(
        self,
        on_epoch_begin: Hook = None,
        on_epoch_end: Hook = None,
        on_train_begin: Hook = None,
        on_train_end: Hook = None,
        on_train_batch_begin: Hook = None,
        on_train_batch_end: Hook = None,
        **hooks: Hook,
    ) -> None:
        given = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
            **hooks,
        }
        for name, function in given.items():
            if name not in HOOKS:
                raise TypeError(
                    f"LambdaCallback knows no hook {name!r}. The hooks are "
                    f"{', '.join(HOOKS)}."
                )
            if function is None:
                continue
            if not callable(function):
                raise TypeError(
                    f"LambdaCallback needs a function for {name}, but it is of type "
                    f"{type(function).__name__}."
                )
            setattr(self, name, function)
