"""Callbacks are called when Keras calls them, with the same logs, and do the same."""

import csv
import functools
import os

import numpy as np
import pytest

import fastmlp

keras = pytest.importorskip(
    "keras", reason="Keras is not installed: pip install keras jax"
)

# Keras compiles its step anew for every model.
pytestmark = [
    pytest.mark.slow,
    # Keras converts its variables the way that NumPy 1 wanted it.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

BEGIN_AND_END = ["on_train_begin", "on_train_end", "on_test_begin", "on_test_end"]
BEGIN_AND_END += ["on_predict_begin", "on_predict_end"]
NUMBERED = ["on_epoch_begin", "on_epoch_end", "on_batch_begin", "on_batch_end"]
NUMBERED += [
    f"on_{kind}_batch_{end}"
    for kind in ("train", "test", "predict")
    for end in ("begin", "end")
]

rng = np.random.default_rng(5)
ROWS = rng.normal(size=(70, 4)).astype("float32")
TARGETS = (ROWS.sum(axis=1, keepdims=True) > 0).astype("float32")
WEIGHTS = [rng.normal(size=shape) for shape in [(4, 3), (3,), (3, 1), (1,)]]


def make_model(library):
    model = library.Sequential(
        [
            library.layers.Input((4,)),
            library.layers.Dense(3, activation="tanh"),
            library.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.set_weights(WEIGHTS)
    model.compile(
        optimizer=library.optimizers.SGD(0.5),
        loss="binary_crossentropy",
        metrics=["accuracy"],
    )
    return model


def fit(library, callbacks, **settings):
    """Train a model on 56 rows, and validate it on 14."""
    given = {"epochs": 3, "validation_split": 0.2, "verbose": 0, **settings}
    return make_model(library).fit(
        ROWS, TARGETS, batch_size=32, shuffle=False, callbacks=callbacks, **given
    )


def make_recorder(library, stop_at=None):
    """Return a callback that writes down each call, and may end the training at one."""

    class Recorder(library.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.calls = []

        def set_params(self, params):
            super().set_params(params)
            self.calls.append(("set_params", params))

    def record(hook, self, *args, logs=None):
        number, logs = (*args, logs)[:2] if hook in NUMBERED else (None, *args, logs)[:2]
        self.calls.append((hook, number, comparable(logs)))
        if (hook, number) == stop_at:
            self.model.stop_training = True

    for hook in BEGIN_AND_END + NUMBERED:
        # Keras asks hooks for marks of its own, which a partialmethod has not.
        setattr(Recorder, hook, functools.partialmethod(record, hook).__get__(None, Recorder))
    return Recorder()


def comparable(logs):
    """Return the names of the logs in their order, with numbers that may be off a bit."""
    return [
        (name, pytest.approx(np.asarray(value), rel=1e-5, abs=1e-6))
        for name, value in logs.items()
    ]
