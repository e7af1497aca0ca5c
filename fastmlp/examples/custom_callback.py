"""A callback of your own: train for so many seconds.

fit calls the methods of a callback at their time: on_train_begin, on_epoch_begin,
on_train_batch_end, on_epoch_end, and others. There, you see the model and what has been
measured, and can print, keep, change or stop what you like.

    python custom_callback.py 2.5
"""

import sys
import time

from fastmlp import callbacks, layers, models, utils
from fastmlp.datasets import synthetic_digits


class TimeBudget(callbacks.Callback):
    """Ends the training when the seconds are over, in the middle of an epoch, too."""

    def __init__(self, seconds):
        super().__init__()
        self.seconds = seconds
        self.batches = 0

    def on_train_begin(self, logs=None):
        """Look at the clock."""
        self.start = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        """Stop when time is over; `logs` has the mean loss of the epoch so far."""
        self.batches += 1
        if time.perf_counter() - self.start > self.seconds:
            self.model.stop_training = True

    def on_epoch_end(self, epoch, logs=None):
        """Say how it goes; after the last batch of each epoch, whole or not."""
        values = ", ".join(f"{name} {value:.4f}" for name, value in logs.items())
        seconds = time.perf_counter() - self.start
        print(f"{seconds:5.2f} s, {self.batches:5} batches: {values}")


seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 2.0
utils.set_random_seed(1)

(x_train, y_train), (x_test, y_test) = synthetic_digits.load_data()
x_train = x_train.reshape(len(x_train), 784) / 255.0
x_test = x_test.reshape(len(x_test), 784) / 255.0

model = models.Sequential(
    [
        layers.Dense(128, activation="relu", input_shape=(784,)),
        layers.Dense(10, activation="softmax"),
    ]
)
model.compile("rmsprop", "sparse_categorical_crossentropy", metrics=["accuracy"])

budget = TimeBudget(seconds)
# More epochs than anybody waits for: the budget ends it.
model.fit(x_train, y_train, epochs=1000, batch_size=128, callbacks=budget, verbose=0)

accuracy = model.evaluate(x_test, y_test, verbose=0)[1]
print(f"{budget.batches} batches in {seconds:g} s: {accuracy:.1%} are read right")
