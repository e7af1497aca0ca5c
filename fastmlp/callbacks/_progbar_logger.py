"""The callback that prints how far a run is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastmlp import kernels
from fastmlp._util.progress import Progbar
from fastmlp._util.screen import Line, line_on_stdout, say, stdout_redraws
from fastmlp.callbacks._callback import Callback, Logs, is_that_of

__all__ = ["ProgbarLogger"]

# The callbacks that call a function of the user's.
_CALLING = ("LambdaCallback", "LearningRateScheduler")


class ProgbarLogger(Callback):
    """Prints the progress of `fit`, `evaluate` and `predict`, as `verbose` says.

    The runs add it themselves unless `verbose=0`. What is printed: 1 the bar, 2 one
    line an epoch, 3 what `fit` runs on and the number of each epoch, "auto" the bar on
    a terminal and in a notebook and one line an epoch elsewhere.

    In a notebook all epochs of a run share one output; where other callbacks may print
    between them, each has its own. `jupyter console` and `qtconsole` replace no output
    and stay at the first state: take `verbose=2` there.

    Example:
        >>> logger = ProgbarLogger()
        >>> logger.set_params({"verbose": 2, "epochs": 5, "steps": 10})
        >>> logger.on_epoch_begin(0)
        Epoch 1/5
        >>> logger.on_epoch_end(0, {"loss": 0.25})  # doctest: +ELLIPSIS
        10/10 - 0s - ...s/step - loss: 0.2500
    """

    _shows_progress = True

    def __init__(self) -> None:
        self.seen: int = 0
        self.target: int | None = None
        self.verbose: int = 1
        self.epochs: int = 1
        self.progbar: Progbar = Progbar(None, verbose=0)
        self._in_fit = False
        self._others_print = False
        self._line = Line()

    def stand_with(self, callbacks: Iterable[Callback]) -> None:
        """Take note of the callbacks of the run: some print what they like."""
        self._others_print = any(map(_may_print, callbacks))

    def set_params(self, params: dict[str, Any]) -> None:
        """Take note of the settings of the run, and decide what "auto" means."""
        super().set_params(params)
        self.verbose = params["verbose"]
        if params["verbose"] == "auto":
            self.verbose = 1 if stdout_redraws() else 2
        self.epochs = params["epochs"]
        self.target = params["steps"]

    def needs_every_batch(self, hook: str) -> bool:
        """The bar is content to be moved now and then; what a subclass adds is not."""
        return not is_that_of(self, hook, ProgbarLogger)

    def on_train_begin(self, logs: Logs = None) -> None:
        """Keep the validation inside `fit` from printing a bar of its own."""
        self._in_fit = True
        self._line = line_on_stdout()
        self._line.stays = not self._others_print
        if self.verbose == 3:
            compiled = kernels.backend == "compiled"
            zeros = "skipped" if self.model.zero_skipping else "not skipped"
            say(
                f"Training on {kernels.instruction_set if compiled else 'NumPy'}, "
                f"threads: up to {kernels.num_threads()}, zeros: {zeros}"
            )

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Print the number of the epoch, if there are several, and start a bar."""
        self._start()
        heading = f"Epoch {epoch + 1}/{self.epochs}" if self.epochs > 1 else ""
        if self.verbose == 1:
            self.progbar._line = self._line
            self._line.begin(heading)
        elif self.verbose and heading:
            say(heading)

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Move the bar on."""
        self._move_to(batch, logs)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Print the last state of the bar, with the validation's values."""
        self._finish(logs)

    def on_train_end(self, logs: Logs = None) -> None:
        """Show all, at last."""
        self.show_progress()

    def show_progress(self) -> None:
        """Show what a notebook was not sent yet, because too little time had passed."""
        self._line.close()

    def on_test_begin(self, logs: Logs = None) -> None:
        """Start a bar."""
        if not self._in_fit:
            self._start()

    def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Move the bar on."""
        if not self._in_fit:
            self._move_to(batch, logs)

    def on_test_end(self, logs: Logs = None) -> None:
        """Print the last state of the bar."""
        if not self._in_fit:
            self._finish(logs)

    def on_predict_begin(self, logs: Logs = None) -> None:
        """Start a bar."""
        self._start()

    def on_predict_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Move the bar on; the predictions in `logs` are not for printing."""
        self._move_to(batch, None)

    def on_predict_end(self, logs: Logs = None) -> None:
        """Print the last state of the bar."""
        self._finish(logs)

    def _start(self) -> None:
        self.seen = 0
        # No metric is averaged here: the values that come are means already.
        self.progbar = Progbar(self.target, verbose=self.verbose, stateless_metrics=())

    def _move_to(self, batch: int, logs: Logs) -> None:
        self.seen = batch + 1
        if self.verbose == 1:
            self.progbar.update(self.seen, (logs or {}).items(), finalize=False)

    def _finish(self, logs: Logs) -> None:
        if self.target is None:
            # The first epoch has counted the steps of data of unknown length.
            self.target = self.progbar.target = self.seen
        self.progbar.update(self.target, (logs or {}).items(), finalize=True)


def _may_print(callback: Callback) -> bool:
    """Tell whether a callback, or a function that it calls, is none of fastmlp's.

    What these print goes through `say`, which the line knows of.
    """
    kind = type(callback)
    return not kind.__module__.startswith("fastmlp.") or kind.__name__ in _CALLING
