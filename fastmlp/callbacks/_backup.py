"""A training that goes on where it was interrupted."""

from __future__ import annotations

import contextlib
import os
from typing import Any, Literal

from fastmlp._check.numbers import true_or_false
from fastmlp._util.files import path_of, replacing
from fastmlp._util.random import generator
from fastmlp._util.warn import warn
from fastmlp.callbacks._callback import Callback, Logs, is_that_of
from fastmlp.callbacks._frequency import SaveFrequency

__all__ = ["BackupAndRestore"]

_STATE = "training_metadata.json"
_KEYS = ("epoch", "weights", "generator")


class BackupAndRestore(Callback):
    """Lets a training that was interrupted go on, when the program runs once more.

    After each epoch, a folder gets the weights, what the optimizer remembers, the
    number of the epoch, and the state of the library's chance. A `fit` that finds them
    goes on from there: with `utils.set_random_seed` at the top of the program, it ends
    with the bits of a training that nobody interrupted. What callbacks remember is not
    kept.

    Args:
        backup_dir: The folder, for this training alone. It is made if it is missing.
        save_freq: "epoch" (default), or after how many batches to save, too; the epoch
            that was interrupted then begins anew with what it had learnt.
        double_checkpoint: Whether to keep the state before the last as well, for a last
            one that is damaged. Default False.
        delete_checkpoint: Whether a training that has ended deletes what it kept.
            Default True.

    Raises:
        TypeError: An argument is of the wrong kind.
        ValueError: `save_freq` is none; or, when the training begins: what is kept is
            not that of this model.
        OSError: The folder cannot be written.

    Example:
        >>> import tempfile
        >>> from fastmlp import Sequential, callbacks, layers
        >>> class Interrupting(callbacks.Callback):
        ...     def on_epoch_begin(self, epoch, logs=None):
        ...         if epoch == 2:
        ...             raise KeyboardInterrupt
        >>> model = Sequential([layers.Dense(1, input_shape=(1,))])
        >>> model.compile("sgd", "mse")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     data = {"x": [[1.0]], "y": [[2.0]], "epochs": 5, "verbose": 0}
        ...     backup = callbacks.BackupAndRestore(folder)
        ...     try:
        ...         model.fit(**data, callbacks=[backup, Interrupting()])
        ...     except KeyboardInterrupt:
        ...         model.fit(**data, callbacks=[backup]).epoch
        [2, 3, 4]
    """

    def __init__(
        self,
        backup_dir: str | os.PathLike[str],
        save_freq: int | Literal["epoch"] = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ) -> None:
        self.backup_dir: str = path_of("backup_dir", backup_dir)
        self.save_freq = save_freq
        self._frequency = SaveFrequency(save_freq)
        self.double_checkpoint: bool = true_or_false(
            "double_checkpoint", double_checkpoint
        )
        self.delete_checkpoint: bool = true_or_false(
            "delete_checkpoint", delete_checkpoint
        )
        self._epoch = 0

    def needs_every_batch(self, hook: str) -> bool:
        """Batches have to be counted only if they decide when to save."""
        if not self._frequency.counts_batches:
            return not is_that_of(self, hook, BackupAndRestore)
        return super().needs_every_batch(hook)

    def on_train_begin(self, logs: Logs = None) -> None:
        """Go on where an earlier training ended, if there is one."""
        states = self._states()
        for place, state in enumerate(states):
            try:
                self.model.load_weights(os.path.join(self.backup_dir, state["weights"]))
            except (OSError, ValueError) as error:
                if place + 1 < len(states):
                    warn(f"The last state cannot be read, the one before is: {error}")
                    continue
                raise type(error)(
                    f"{error} It is what BackupAndRestore has found in "
                    f"{self.backup_dir!r}: delete this folder to begin anew."
                ) from None
            generator().bit_generator.state = state["generator"]
            self.model._initial_epoch = state["epoch"]
            return

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Take note of the epoch, whose batches have no number of their own."""
        self._epoch = epoch
        self._frequency.begin_epoch()

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Save, if `save_freq` batches have passed since it was last done."""
        if self._frequency.is_due(batch):
            self._save(self._epoch)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Save: the next epoch is the one to go on with."""
        self._save(epoch + 1)

    def on_train_end(self, logs: Logs = None) -> None:
        """Delete what was kept, unless it is to stay."""
        if self.delete_checkpoint:
            self._delete_all_but([])
            with contextlib.suppress(OSError):
                os.unlink(os.path.join(self.backup_dir, _STATE))
            # What else may be in the folder is not the callback's.
            with contextlib.suppress(OSError):
                os.rmdir(self.backup_dir)

    def _states(self) -> list[dict[str, Any]]:
        """Return what is kept, the latest first."""
        import json  # Not every program should pay for loading it.

        path = os.path.join(self.backup_dir, _STATE)
        if not os.path.exists(path):
            return []
        with open(path, encoding="utf-8") as file:
            text = file.read()
        try:
            states = json.loads(text)
            return [{key: state[key] for key in _KEYS} for state in states]
        except (KeyError, TypeError, ValueError):
            raise ValueError(
                f"{path!r} is none that BackupAndRestore has written: give the "
                "training a backup_dir of its own, or delete this one."
            ) from None

    def _save(self, epoch: int) -> None:
        import importlib.util
        import json

        os.makedirs(self.backup_dir, exist_ok=True)
        kept = self._states()[: int(self.double_checkpoint)]
        ending = ".weights.h5" if importlib.util.find_spec("h5py") else ".npz"
        # Another name each time: the list of states always names whole files.
        name = f"{self.model.optimizer.iterations:012d}-{epoch}{ending}"
        self.model.save_weights(os.path.join(self.backup_dir, name), overwrite=True)
        state = {
            "epoch": epoch,
            "weights": name,
            "generator": generator().bit_generator.state,
        }
        states = [state, *(one for one in kept if one["weights"] != name)]
        with replacing(os.path.join(self.backup_dir, _STATE)) as file:
            file.write(json.dumps(states).encode())
        self._delete_all_but([one["weights"] for one in states])

    def _delete_all_but(self, names: list[str]) -> None:
        """Delete the callback's files of weights, but for some."""
        with contextlib.suppress(OSError), os.scandir(self.backup_dir) as entries:
            for entry in entries:
                is_ours = entry.name[:12].isdigit() and entry.name[12:13] == "-"
                if is_ours and entry.name not in names:
                    os.unlink(entry.path)
