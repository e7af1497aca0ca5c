"""The callback that every `fit` has, and returns."""

from __future__ import annotations

import weakref
from typing import Any

from fastmlp.callbacks._callback import Callback, Logs
from fastmlp.callbacks._logs import Curves

__all__ = ["History"]


class History(Callback):
    """Records loss and metrics of every epoch; `fit` returns it.

    Attributes:
        history: Dictionary of lists, one value an epoch for each name, such as
            `"loss"`, `"accuracy"`, `"val_loss"`. Older names, such as `"acc"`, find
            the same list, with a warning.
        epoch: The numbers of the epochs that were run, from 0.

    Example:
        >>> history = History()
        >>> history.on_epoch_end(0, {"accuracy": 0.9, "loss": 0.4})
        >>> history.on_epoch_end(1, {"accuracy": 0.95, "loss": 0.2})
        >>> history.history["loss"]
        [0.4, 0.2]
    """

    # On the class, so that a subclass may forget to call super().__init__().
    _model: Any = None

    def __init__(self) -> None:
        self.history: dict[str, list[Any]] = Curves()
        self.epoch: list[int] = []

    @property
    def model(self) -> Any:
        """The model, as long as it is there: it has its history, not the other way."""
        return None if self._model is None else self._model()

    @model.setter
    def model(self, model: Any) -> None:
        self._model = weakref.ref(model)

    def __getstate__(self) -> dict[str, Any]:
        """Return what pickle and deepcopy are to keep: the model belongs to itself."""
        return {key: value for key, value in vars(self).items() if key != "_model"}

    def __repr__(self) -> str:
        """Return how long it is, and of what."""
        epochs = max(map(len, self.history.values()), default=0)
        return f"<History of {epochs} epochs: {', '.join(self.history) or 'nothing'}>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows of it: a table with a small curve a row."""
        from fastmlp.callbacks._curves import as_html  # only in notebooks

        return as_html(self.history, self.epoch, self.model)

    def on_train_begin(self, logs: Logs = None) -> None:
        """Start the list of epochs anew."""
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Append the values of the epoch."""
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
