"""Weights that change places with their running averages."""

from __future__ import annotations

from fastmlp._check.numbers import true_or_false
from fastmlp.callbacks._callback import Callback, Logs

__all__ = ["SwapEMAWeights"]


class SwapEMAWeights(Callback):
    """Lets the averages of the weights be evaluated, and not the weights.

    The optimizer keeps averages with `use_ema=True`. They change places with the
    weights while the model is evaluated or predicts, so that `val_loss` is theirs.

    Args:
        swap_on_epoch: Whether they change places at the end of each epoch, too, and
            back at the beginning of the next one, so that callbacks behind this one,
            such as `ModelCheckpoint`, find the averages. Default False.

    Raises:
        TypeError: `swap_on_epoch` is no truth value.
        ValueError: When it is called: the optimizer keeps no averages.

    Example:
        >>> import fastmlp
        >>> model = fastmlp.Sequential([fastmlp.layers.Dense(1, input_shape=(1,))])
        >>> optimizer = fastmlp.optimizers.SGD(use_ema=True)
        >>> model.compile(optimizer, "mse")
        >>> history = model.fit(
        ...     [[1.0], [2.0]], [3.0, 4.0], validation_split=0.5, verbose=0,
        ...     callbacks=[SwapEMAWeights()],
        ... )
        >>> list(history.history)
        ['loss', 'val_loss']
    """

    def __init__(self, swap_on_epoch: bool = False) -> None:
        self.swap_on_epoch: bool = true_or_false("swap_on_epoch", swap_on_epoch)

    def on_train_begin(self, logs: Logs = None) -> None:
        """Find the weights in their places, whatever was interrupted before."""
        self.model.optimizer.show_averages(False)

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Go on with the weights."""
        self.model.optimizer.show_averages(False)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Show the averages to callbacks behind this one."""
        if self.swap_on_epoch:
            self.model.optimizer.show_averages(True)

    def on_test_begin(self, logs: Logs = None) -> None:
        """Evaluate the averages."""
        self.model.optimizer.show_averages(True)

    def on_test_end(self, logs: Logs = None) -> None:
        """Go on with the weights."""
        self.model.optimizer.show_averages(False)

    def on_predict_begin(self, logs: Logs = None) -> None:
        """Predict with the averages."""
        self.model.optimizer.show_averages(True)

    def on_predict_end(self, logs: Logs = None) -> None:
        """Go on with the weights."""
        self.model.optimizer.show_averages(False)
