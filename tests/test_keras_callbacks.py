"""Callbacks are called when Keras calls them, with the same logs, and do the same."""

import csv

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

HOOKS = [name for name in dir(keras.callbacks.Callback) if name.startswith("on_")]

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
    """Train a model on 56 rows, and validate it on 14; return it and its history."""
    given = {"epochs": 3, "validation_split": 0.2, "verbose": 0, **settings}
    model = make_model(library)
    history = model.fit(
        ROWS, TARGETS, batch_size=32, shuffle=False, callbacks=callbacks, **given
    )
    return model, history


def make_recorder(library, stop_at=None):
    """Return a callback that writes down each call, and may end the training at one."""
    base = library.callbacks.Callback

    class Recorder(base):
        def __init__(self):
            super().__init__()
            self.calls = []

        def set_params(self, params):
            super().set_params(params)
            self.calls.append(("set_params", None, params))

        def set_model(self, model):
            super().set_model(model)
            self.calls.append(("set_model", None, {}))

    def recording(hook):
        def record(self, *args, **kwargs):
            *number, logs = [*args, *kwargs.values()]
            self.calls.append((hook, *(number or [None]), dict(logs)))
            if (hook, *number) == stop_at:
                self.model.stop_training = True
            # That of a batch calls the hook of the older name.
            getattr(base, hook)(self, *args, **kwargs)

        return record

    for hook in HOOKS:
        setattr(Recorder, hook, recording(hook))
    return Recorder()


def run(library, stop_at=None):
    """Train, evaluate and predict; return all calls of a callback."""
    recorder = make_recorder(library, stop_at)
    model, _ = fit(library, [recorder])
    settings = {"batch_size": 32, "verbose": 0, "callbacks": [recorder]}
    model.evaluate(ROWS, TARGETS, **settings)
    model.predict(ROWS, **settings)
    return recorder.calls


def assert_same_values(found, expected):
    """Compare logs, or a history: the same names in the same order, and the values."""
    assert list(found) == list(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(
            np.asarray(found[name]), np.asarray(value), rtol=1e-5, atol=1e-6
        )


@pytest.mark.parametrize(
    "stop_at",
    [
        None,
        ("on_train_begin",),
        ("on_epoch_begin", 1),
        ("on_train_batch_begin", 0),
        ("on_batch_end", 0),
        ("on_test_batch_end", 0),
        ("on_epoch_end", 1),
    ],
    ids=str,
)
def test_the_hooks_are_called_in_keras_order_with_keras_logs(stop_at):
    found, expected = run(fastmlp, stop_at), run(keras, stop_at)
    assert [call[:2] for call in found] == [call[:2] for call in expected]
    for (_, _, found_logs), (_, _, expected_logs) in zip(found, expected, strict=True):
        assert_same_values(found_logs, expected_logs)


def halve(epoch, rate):
    return float(rate) / 2


# Each makes the callbacks of a run, all of which print what they do.
CALLBACKS = {
    "every epoch": lambda c: [
        c.ModelCheckpoint("new/{epoch:02d}-{val_loss:.2f}.keras", verbose=1)
    ],
    "best weights": lambda c: [
        c.ModelCheckpoint(
            "best.weights.h5", save_best_only=True, save_weights_only=True, verbose=1
        )
    ],
    "best accuracy": lambda c: [
        c.ModelCheckpoint(
            "{epoch}-{accuracy:.1f}.keras", "accuracy", 1, True,
            initial_value_threshold=0.7,
        )
    ],
    "worst loss": lambda c: [
        c.ModelCheckpoint("{epoch}.keras", "loss", 1, save_best_only=True, mode="max")
    ],
    "every third batch": lambda c: [
        c.ModelCheckpoint("{epoch}-{batch}.keras", save_freq=3, verbose=1)
    ],
    "schedule": lambda c: [c.LearningRateScheduler(halve, verbose=1)],
    "plateau": lambda c: [
        c.ReduceLROnPlateau(
            "loss", 0.3, patience=1, min_delta=9, cooldown=1, min_lr=0.02, verbose=1
        )
    ],
    "early stopping": lambda c: [
        c.EarlyStopping(
            min_delta=9, patience=1, verbose=1, restore_best_weights=True
        ),
    ],
    "curves": lambda c: [
        c.LearningRateScheduler(halve),
        c.CSVLogger("curves.csv"),
    ],
    "functions": lambda c: [
        c.LambdaCallback(
            on_train_begin=lambda logs: print("begin", logs),
            on_epoch_begin=lambda epoch, logs: print("epoch", epoch, logs),
            on_train_batch_begin=lambda batch, logs: print("batch", batch, logs),
            on_test_end=lambda logs: print("validated", *logs),
            on_train_end=lambda logs: print("end", *logs),
        )
    ],
}  # fmt: skip


@pytest.fixture
def run_both(tmp_path, monkeypatch, capsys):
    """Return a function that trains with both, each in a folder of its own.

    It returns (model, history, what was printed, files) of fastmlp and of Keras.
    """

    def run_in_both(make_callbacks, **settings):
        results = []
        for library in (fastmlp, keras):
            folder = tmp_path / library.__name__
            folder.mkdir(exist_ok=True)
            monkeypatch.chdir(folder)
            trained = fit(library, make_callbacks(library.callbacks), **settings)
            files = sorted(str(one.relative_to(folder)) for one in folder.rglob("*.*"))
            results.append((*trained, capsys.readouterr().out, files))
        return results

    return run_in_both


@pytest.mark.parametrize("make_callbacks", CALLBACKS.values(), ids=CALLBACKS)
def test_a_callback_prints_records_and_leaves_what_it_does_in_keras(
    make_callbacks, run_both
):
    if "Checkpoint" in str(make_callbacks.__code__.co_names):
        pytest.importorskip("h5py", reason="h5py is not installed: pip install h5py")
    here, there = run_both(make_callbacks, epochs=4)
    model, found, printed, files = here
    keras_model, expected, printed_there, files_there = there
    assert found.epoch == expected.epoch
    assert_same_values(found.history, expected.history)
    assert printed == printed_there
    assert files == files_there
    for weights, expected_weights in zip(
        model.get_weights(), keras_model.get_weights(), strict=True
    ):
        np.testing.assert_allclose(weights, expected_weights, atol=1e-6)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"validation_split": 0.0},
        {"validation_freq": 2},
    ],
    ids=str,
)
def test_the_text_of_a_csv_file_is_that_of_keras(settings, tmp_path, run_both):
    for append in (False, True):
        run_both(
            lambda callbacks, append=append: [
                callbacks.LearningRateScheduler(lambda epoch: 0.25),
                callbacks.CSVLogger("curves.csv", separator=";", append=append),
            ],
            **settings,
        )
    found, expected = (
        (tmp_path / name / "curves.csv").read_bytes().decode()
        for name in ("fastmlp", "keras")
    )
    assert found.count("\r\n") == expected.count("\r\n") == 7
    rows = zip(
        csv.reader(found.splitlines(), delimiter=";"),
        csv.reader(expected.splitlines(), delimiter=";"),
        strict=True,
    )
    for here, there in rows:
        for cell, expected_cell in zip(here, there, strict=True):
            assert cell == expected_cell or float(cell) == pytest.approx(
                float(expected_cell), rel=1e-5
            )


@pytest.mark.parametrize(
    "make",
    [
        lambda c: c.ModelCheckpoint("m.h6"),
        lambda c: c.ModelCheckpoint("m.keras", save_weights_only=True),
        lambda c: c.ModelCheckpoint("m.keras", save_freq="batch"),
        lambda c: c.ReduceLROnPlateau(factor=1.0),
    ],
)
def test_what_keras_refuses_when_a_callback_is_made_is_refused_here(make):
    for library in (keras, fastmlp):
        with pytest.raises(ValueError):
            make(library.callbacks)


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda c: c.LearningRateScheduler(lambda epoch: 1), ValueError),
        (lambda c: c.ModelCheckpoint("{missing}.keras"), KeyError),
        (lambda c: c.EarlyStopping(monitor="missing"), ValueError),
        (lambda c: c.ReduceLROnPlateau(monitor="missing"), ValueError),
    ],
)
def test_what_keras_refuses_in_the_training_is_refused_here(make, error):
    for library in (keras, fastmlp):
        with pytest.raises(error):
            fit(library, [make(library.callbacks)])
