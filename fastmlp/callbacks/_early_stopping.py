"""The end of a training that gets no better."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastmlp._check.arguments import verbosity
from fastmlp._check.numbers import (
    if_given,
    number_from_0,
    number_or_infinity,
    true_or_false,
)
from fastmlp._util.screen import say
from fastmlp.callbacks._callback import Logs
from fastmlp.callbacks._monitor import Monitor

if TYPE_CHECKING:
    from fastmlp.typing import MonitorMode

__all__ = ["EarlyStopping"]


class EarlyStopping(Monitor):
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
        TypeError: An argument is of the wrong kind.
        ValueError: A number is out of its range; or, when the training begins: "auto"
            does not know whether `monitor` should become small or large.

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
        mode: MonitorMode = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        self.patience: float = number_from_0("patience", patience)
        self.verbose: int = verbosity(verbose)
        self.baseline: float | None = if_given(number_or_infinity, "baseline", baseline)
        self.restore_best_weights: bool = true_or_false(
            "restore_best_weights", restore_best_weights
        )
        self.start_from_epoch: float = number_from_0(
            "start_from_epoch", start_from_epoch
        )
        self._forget()

    def _forget(self) -> None:
        """Start watching anew, so that one object serves several runs of `fit`."""
        self.wait: int = 0
        self.stopped_epoch: int = 0
        self.best: float | None = None
        self.best_epoch: int = 0
        self.best_weights: Any = None

    def on_train_begin(self, logs: Logs = None) -> None:
        """Start watching anew, and decide what counts as better."""
        super().on_train_begin(logs)
        self._forget()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Look at the value of this epoch and decide whether to go on."""
        current = self._value_in(logs, otherwise="does nothing")
        if current is None or epoch < self.start_from_epoch:
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
            say(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.best_weights is not None:
            if self.verbose > 0:
                say(
                    "Restoring model weights from the end of the best epoch: "
                    f"{self.best_epoch + 1}."
                )
            self.model.set_weights(self.best_weights)
