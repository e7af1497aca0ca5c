"""The end of a training that has lost its loss."""

from __future__ import annotations

import math

from fastmlp._check.numbers import true_or_false
from fastmlp._util.screen import say
from fastmlp.callbacks._callback import Callback, Logs

__all__ = ["TerminateOnNaN"]


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
        self.raise_error: bool = true_or_false("raise_error", raise_error)

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Look at the loss so far."""
        loss = (logs or {}).get("loss")
        if loss is None or math.isfinite(loss):
            return
        if self.raise_error:
            raise RuntimeError(f"Batch {batch}: the loss is not finite any more.")
        say(f"Batch {batch}: Invalid loss, terminating training")
        self.model.stop_training = True
