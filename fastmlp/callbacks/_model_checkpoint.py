"""Files with the model as it was while it was trained."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from fastmlp._check.arguments import verbosity
from fastmlp._check.numbers import if_given, number_or_infinity, true_or_false
from fastmlp._util.files import path_of
from fastmlp._util.screen import say
from fastmlp._util.warn import warn
from fastmlp.callbacks._callback import Logs, is_that_of
from fastmlp.callbacks._frequency import SaveFrequency
from fastmlp.callbacks._logs import Curves
from fastmlp.callbacks._monitor import Monitor

if TYPE_CHECKING:
    from fastmlp.typing import MonitorMode

__all__ = ["ModelCheckpoint"]


class ModelCheckpoint(Monitor):
    """Saves the model, or its weights, again and again while it is trained.

    Args:
        filepath: The file. It may have placeholders, which Python's `str.format` fills
            in: the number of the epoch, counted from 1, and the values of `logs`, such
            as "model-{epoch:02d}-{val_loss:.2f}.keras"; between epochs also `{batch}`.
            Without any, each file takes the place of the one before. Folders that are
            missing are made.
        monitor: The value that tells which model is best, a key of `logs`. Default
            "val_loss", for which `fit` needs `validation_data` or `validation_split`.
        verbose: 1 prints what it does. Default 0.
        save_best_only: Whether to save only what is better than all before, also in
            earlier runs of `fit`. Default False.
        save_weights_only: Whether to save weights and the state of the optimizer, with
            `save_weights`, and not the whole model, with `save`. Default False.
        mode: "min" if smaller is better, "max" if larger is; "auto" (default) knows
            it of the losses and metrics of the library.
        save_freq: "epoch" (default), or after how many batches to save.
        initial_value_threshold: A value that has to be beaten from the start on.
            Default None.

    Attributes:
        best: The best value so far.

    Raises:
        TypeError: An argument is of the wrong kind.
        ValueError: `filepath` has another ending than `.keras`, `.h5` or `.npz`, or,
            for weights, than `.weights.h5` and these; `save_freq` is none; or, when the
            training begins: "auto" does not know whether `monitor` should become
            small or large.
        KeyError: In the training: a placeholder has a name that `logs` has not.

    Example:
        >>> from types import SimpleNamespace
        >>> keeps = ModelCheckpoint("best-{epoch}.keras", "loss", save_best_only=True)
        >>> show = lambda path, overwrite: print(path)
        >>> keeps.set_model(SimpleNamespace(save=show, to_json=str))
        >>> keeps.on_train_begin()
        >>> for epoch, loss in enumerate([3.0, 2.0, 2.5, 1.0]):
        ...     keeps.on_epoch_begin(epoch)
        ...     keeps.on_epoch_end(epoch, {"loss": loss})
        best-1.keras
        best-2.keras
        best-4.keras
    """

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: MonitorMode = "auto",
        save_freq: int | Literal["epoch"] = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        name = "initial_value_threshold"
        best = if_given(number_or_infinity, name, initial_value_threshold)
        super().__init__(monitor, mode, best=best)
        save_weights_only = true_or_false("save_weights_only", save_weights_only)
        self.filepath: str = path_of("filepath", filepath)
        # Only here: to import what knows files takes longer than most programs need.
        from fastmlp._saving._files import refuse_other_endings

        refuse_other_endings(self.filepath, save_weights_only)
        self.save_freq = save_freq
        self._frequency = SaveFrequency(save_freq)
        self.save_best_only: bool = true_or_false("save_best_only", save_best_only)
        self.save_weights_only = save_weights_only
        self.verbose: int = verbosity(verbose)
        self._epoch = 0

    def needs_every_batch(self, hook: str) -> bool:
        """Batches have to be counted only if they decide when to save."""
        if not self._frequency.counts_batches:
            return not is_that_of(self, hook, ModelCheckpoint)
        return super().needs_every_batch(hook)

    def on_train_begin(self, logs: Logs = None) -> None:
        """Decide what counts as better, where that matters.

        Raises:
            ValueError: The model has something of your own that no file can hold.
        """
        if not self.save_weights_only:
            self.model.to_json()
        if self.save_best_only:
            super().on_train_begin(logs)

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Take note of the epoch, whose batches have no number of their own."""
        self._epoch = epoch
        self._frequency.begin_epoch()

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Save the model, if `save_freq` batches have passed since it was last done."""
        if self._frequency.is_due(batch):
            self._save(self._epoch, logs, batch=batch + 1)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Save the model, unless `save_freq` counts batches."""
        if not self._frequency.counts_batches:
            self._save(epoch, logs)

    def _save(self, epoch: int, logs: Logs, **more: int) -> None:
        """Save the model, if it is to be saved."""
        path = self._path(Curves({**more, **(logs or {}), "epoch": epoch + 1}))
        current = self._value_to_beat(logs) if self.save_best_only else None
        if not self._is_due(epoch, current, path):
            return
        folder = os.path.dirname(path)
        if folder:
            os.makedirs(folder, exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(path, overwrite=True)
        else:
            self.model.save(path, overwrite=True)
        if current is not None:
            self.best = current  # Not before the file is there.
        self._tell(epoch, f"finished saving model to {path}")

    def _path(self, values: Curves) -> str:
        """Return the name of the file, with its placeholders filled in."""
        try:
            return self.filepath.format_map(values)
        except (KeyError, IndexError, ValueError) as error:
            reason = str(error.args[0]).rstrip(".")
            raise type(error)(
                f"ModelCheckpoint cannot fill in the placeholders of "
                f"{self.filepath!r}: {reason}. There are {', '.join(values)}."
            ) from None

    def _value_to_beat(self, logs: Logs) -> Any:
        """Return the value that tells which model is best, or None with a warning."""
        current = self._value_in(logs, otherwise="saves the model each time")
        if np.ndim(current):
            warn(
                f"ModelCheckpoint needs a number to tell which model is best, but "
                f"{self.monitor!r} is an array; it saves the model each time."
            )
            return None
        return current

    def _is_due(self, epoch: int, current: Any, path: str) -> bool:
        """Tell whether to save the model, and print why.

        Args:
            epoch: The number of the epoch.
            current: The value to compare with the best, or None to save each time.
            path: The name of the file.
        """
        if current is None:
            if not self.save_best_only:
                self._tell(epoch, f"saving model to {path}")
            return True
        best = "None" if self.best is None else f"{self.best:.5f}"
        if not self._is_better(current, self.best):
            self._tell(epoch, f"{self.monitor} did not improve from {best}")
            return False
        self._tell(
            epoch,
            f"{self.monitor} improved from {best} to {current:.5f}, "
            f"saving model to {path}",
        )
        return True

    def _tell(self, epoch: int, what: str) -> None:
        """Print a line, below the progress bar, which has not ended its own yet."""
        if self.verbose > 0:
            say(f"\nEpoch {epoch + 1}: {what}")
