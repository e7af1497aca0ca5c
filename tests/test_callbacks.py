import json
import math
import pickle
import re
import sys
from unittest import mock

import numpy as np
import pytest

import fastmlp
from fastmlp.callbacks import (
    Callback,
    CallbackList,
    CSVLogger,
    EarlyStopping,
    History,
    LambdaCallback,
    LearningRateScheduler,
    ModelCheckpoint,
    ProgbarLogger,
    ReduceLROnPlateau,
    TerminateOnNaN,
)

HOOKS = [
    "on_train_begin",
    "on_train_end",
    "on_epoch_begin",
    "on_epoch_end",
    "on_train_batch_begin",
    "on_train_batch_end",
    "on_batch_begin",
    "on_batch_end",
    "on_test_begin",
    "on_test_end",
    "on_test_batch_begin",
    "on_test_batch_end",
    "on_predict_begin",
    "on_predict_end",
    "on_predict_batch_begin",
    "on_predict_batch_end",
]


class Model:
    """What callbacks see of a model: weights that hold the number of the epoch."""

    def __init__(self):
        self.stop_training = False
        self.history = None
        self.weights = -1

    def get_weights(self):
        return [np.full(2, self.weights)]

    def set_weights(self, weights):
        self.weights = int(weights[0][0])


def fit(callbacks, epoch_logs):
    """Drive callbacks through the hooks of `fit`, an epoch for each of the logs."""
    model = Model()
    callbacks = CallbackList(
        callbacks,
        add_history=True,
        model=model,
        verbose=0,
        epochs=len(epoch_logs),
        steps=1,
    )
    callbacks.on_train_begin()
    for epoch, logs in enumerate(epoch_logs):
        callbacks.on_epoch_begin(epoch)
        callbacks.on_train_batch_begin(0)
        callbacks.on_train_batch_end(0, logs)
        model.weights = epoch
        callbacks.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
    callbacks.on_train_end(logs)
    return model


def losses(*values, name="val_loss"):
    return [{name: value} for value in values]


class Recorder(Callback):
    """Writes down every hook that is called, and with what."""

    def __init__(self, name="", diary=None):
        self.name = name
        self.diary = [] if diary is None else diary

    def set_model(self, model):
        super().set_model(model)
        self.diary.append((self.name, "set_model", (), {}))

    def set_params(self, params):
        super().set_params(params)
        self.diary.append((self.name, "set_params", (params,), {}))


def _recording(hook):
    def record(self, *args, **kwargs):
        self.diary.append((self.name, hook, args, kwargs))

    return record


for _hook in HOOKS:
    setattr(Recorder, _hook, _recording(_hook))


# -- Callback ---------------------------------------------------------------------


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_of_the_base_class_does_nothing(hook):
    callback = Callback()
    if "batch" in hook or "epoch" in hook:
        assert getattr(callback, hook)(0, {}) is None
        assert getattr(callback, hook)(0) is None
    else:
        assert getattr(callback, hook)({}) is None
        assert getattr(callback, hook)() is None


def test_the_older_names_are_called_for_training_batches():
    calls = []

    class Old(Callback):
        def on_batch_begin(self, batch, logs=None):
            calls.append(("begin", batch, logs))

        def on_batch_end(self, batch, logs=None):
            calls.append(("end", batch, logs))

    fit(Old(), losses(0.5))
    assert calls == [("begin", 0, {}), ("end", 0, {"val_loss": 0.5})]


def test_a_subclass_may_forget_the_base_class_constructor():
    class Forgetful(Callback):
        def __init__(self):
            self.seen = []

        def on_epoch_end(self, epoch, logs=None):
            self.seen.append((epoch, self.params["epochs"], self.model.weights))

    callback = Forgetful()
    assert callback.model is None
    assert callback.params is None
    fit(callback, losses(1, 2))
    assert callback.seen == [(0, 2, 0), (1, 2, 1)]


# -- CallbackList -----------------------------------------------------------------


def test_the_hooks_of_a_fit_come_in_keras_order():
    recorder = Recorder()
    fit(recorder, losses(0.5, name="loss"))
    logs = {"loss": 0.5}
    assert [call[1:] for call in recorder.diary] == [
        ("set_model", (), {}),
        ("set_params", ({"verbose": 0, "epochs": 1, "steps": 1},), {}),
        ("on_train_begin", ({},), {}),
        ("on_epoch_begin", (0, {}), {}),
        ("on_train_batch_begin", (0,), {"logs": {}}),
        ("on_train_batch_end", (0,), {"logs": logs}),
        ("on_epoch_end", (0, logs), {}),
        ("on_train_end", (logs,), {}),
    ]


@pytest.mark.parametrize("hook", HOOKS)
def test_a_list_passes_every_hook_on_to_all_in_their_order(hook):
    diary = []
    both = CallbackList([Recorder("a", diary), Recorder("b", diary)])
    before = (3,) if "batch" in hook or "epoch" in hook else ()
    getattr(both, hook)(*before, {"loss": 0.5})
    assert [(name, called) for name, called, *_ in diary] == [("a", hook), ("b", hook)]
    for _, _, args, kwargs in diary:
        assert args[: len(before)] == before
        assert [*args[len(before) :], *kwargs.values()] == [{"loss": 0.5}]


def test_the_callbacks_of_a_user_come_before_history_and_progress():
    mine = Callback()
    callbacks = CallbackList([mine], add_history=True, add_progbar=True)
    kinds = [type(one) for one in callbacks.callbacks]
    assert kinds == [Callback, History, ProgbarLogger]
    assert callbacks.callbacks[0] is mine
    assert callbacks.history is callbacks.callbacks[1]


def test_history_and_progress_are_not_added_twice():
    history, logger = History(), ProgbarLogger()
    callbacks = CallbackList([logger, history], add_history=True, add_progbar=True)
    assert callbacks.callbacks == [logger, history]
    assert callbacks.history is history


def test_nothing_is_added_that_was_not_asked_for():
    callbacks = CallbackList()
    assert callbacks.callbacks == []
    assert callbacks.history is None


def test_a_value_that_a_callback_adds_is_seen_by_the_next_and_by_history():
    class Adds(Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["extra"] = 1.5

    given = {"loss": 0.5}
    later = Recorder()
    model = fit([Adds(), later], [given])
    assert model.history.history == {"loss": [0.5], "extra": [1.5]}
    assert later.diary[-2][2] == (0, {"loss": 0.5, "extra": 1.5})
    assert given == {"loss": 0.5}


def test_the_logs_are_sorted_by_name():
    model = fit([], [{"val_loss": 1, "loss": 2, "accuracy": 3, "val_accuracy": 4}])
    names = ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert list(model.history.history) == names


def test_a_single_callback_and_nested_lists_are_taken():
    one, two, three = Callback(), Callback(), Callback()
    assert CallbackList(one).callbacks == [one]
    assert CallbackList((one, [two, (three,)])).callbacks == [one, two, three]
    assert CallbackList([]).callbacks == []


@pytest.mark.parametrize("wrong", [3, "x", [3], [Callback(), None], {"a": Callback()}])
def test_a_thing_that_is_no_callback_is_named_by_its_type(wrong):
    with pytest.raises(TypeError, match=r"but got one of type (int|str|NoneType|dict)"):
        CallbackList(wrong)


def test_a_class_in_the_place_of_an_object_gets_its_parentheses():
    with pytest.raises(TypeError, match=r"Make an object of it: EarlyStopping\(\)"):
        CallbackList([EarlyStopping])


@pytest.mark.parametrize(
    "quiet",
    [
        Callback(),
        CSVLogger("curves.csv"),
        EarlyStopping(),
        History(),
        LambdaCallback(on_epoch_end=print, on_test_end=print),
        LearningRateScheduler(lambda epoch: 0.5),
        ModelCheckpoint("model.keras"),
        ProgbarLogger(),
        ReduceLROnPlateau(),
    ],
    ids=lambda callback: type(callback).__name__,
)
def test_who_overrides_no_batch_hook_does_not_cost_a_call_for_every_batch(quiet):
    for kind in ("train", "test", "predict"):
        assert not CallbackList(quiet).every_batch(kind)


@pytest.mark.parametrize(
    "watchful",
    [
        LambdaCallback(on_train_batch_end=print),
        LambdaCallback(on_batch_begin=print),
        ModelCheckpoint("model.keras", save_freq=100),
        TerminateOnNaN(),
    ],
    ids=lambda callback: type(callback).__name__,
)
def test_who_looks_at_every_batch_of_fit_is_called_for_them_alone(watchful):
    callbacks = CallbackList([watchful])
    assert callbacks.every_batch("train")
    assert not callbacks.every_batch("test")
    assert not callbacks.every_batch("predict")


@pytest.mark.parametrize(
    ("hook", "kind"),
    [
        ("on_train_batch_begin", "train"),
        ("on_train_batch_end", "train"),
        ("on_batch_begin", "train"),
        ("on_batch_end", "train"),
        ("on_test_batch_begin", "test"),
        ("on_test_batch_end", "test"),
        ("on_predict_batch_begin", "predict"),
        ("on_predict_batch_end", "predict"),
    ],
)
@pytest.mark.parametrize(
    "base",
    [Callback, ProgbarLogger, EarlyStopping, lambda: ModelCheckpoint("model.keras")],
)
def test_a_batch_hook_is_found_on_a_class_and_on_an_object(hook, kind, base):
    def function(self, batch, logs=None):
        pass

    by_object = base()
    by_class = base()
    by_class.__class__ = type("Mine", (type(by_class),), {hook: function})
    setattr(by_object, hook, lambda batch, logs=None: None)
    for callback in (by_class, by_object):
        callbacks = CallbackList([History(), callback])
        wants = {k for k in ("train", "test", "predict") if callbacks.every_batch(k)}
        assert wants == {kind}


# -- History ----------------------------------------------------------------------


def test_history_keeps_a_list_for_every_name():
    model = fit([], [{"loss": 0.5, "accuracy": 0.1}, {"loss": 0.25, "accuracy": 0.2}])
    assert model.history.history == {"accuracy": [0.1, 0.2], "loss": [0.5, 0.25]}
    assert model.history.epoch == [0, 1]
    assert model.history.params == {"verbose": 0, "epochs": 2, "steps": 1}
    assert model.history.model is model


def test_values_that_are_not_there_every_time_make_shorter_lists():
    model = fit([], [{"loss": 2.0}, {"loss": 1.0, "val_loss": 3.0}])
    assert model.history.history == {"loss": [2.0, 1.0], "val_loss": [3.0]}


def test_the_model_has_its_history_while_it_is_trained():
    seen = []

    class Looks(Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append(list(self.model.history.epoch))

    fit(Looks(), losses(2.0, 1.0, name="loss"))
    assert seen == [[], [0]]


def test_a_name_that_was_not_recorded_lists_those_that_were():
    model = fit([], [{"loss": 2.0, "accuracy": 0.5}])
    with pytest.raises(KeyError, match=r"'auc' was not recorded.*: accuracy, loss"):
        model.history.history["auc"]
    with pytest.raises(KeyError, match="no epoch has ended"):
        History().history["loss"]
    assert model.history.history.get("auc") is None
    assert "auc" not in model.history.history


@pytest.mark.parametrize(
    ("recorded", "asked"),
    [
        ("accuracy", "acc"),
        ("acc", "accuracy"),
        ("val_accuracy", "val_acc"),
        ("binary_accuracy", "acc"),
        ("accuracy", "sparse_categorical_accuracy"),
        ("mae", "mean_absolute_error"),
        ("val_mse", "val_mean_squared_error"),
        ("mean_squared_error", "mse"),
        ("learning_rate", "lr"),
    ],
)
def test_an_older_name_finds_the_curve_of_today_with_a_warning(recorded, asked):
    curves = fit([], [{"loss": 2.0, recorded: 0.5}]).history.history
    with pytest.warns(UserWarning, match=f"{asked!r} is {recorded!r} today"):
        assert curves[asked] == [0.5]
    with pytest.warns(UserWarning, match=f"{asked!r} is {recorded!r} today"):
        assert curves.get(asked) == [0.5]
    assert sorted(curves) == sorted(["loss", recorded])


@pytest.mark.parametrize(
    ("recorded", "asked"),
    [
        (["accuracy", "binary_accuracy"], "acc"),
        (["val_accuracy"], "acc"),
        (["top_k_categorical_accuracy"], "acc"),
        (["mae"], "mse"),
    ],
)
def test_an_older_name_that_might_be_another_is_not_recorded(recorded, asked):
    curves = fit([], [dict.fromkeys(recorded, 0.5)]).history.history
    with pytest.raises(KeyError, match="was not recorded"):
        curves[asked]


def test_callbacks_find_values_under_older_names_too():
    seen = []

    class Looks(Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append(logs.get("val_acc"))

    with pytest.warns(UserWarning, match="today"):
        fit([Looks(), EarlyStopping("val_acc")], [{"val_accuracy": 0.5}])
    assert seen == [0.5]


def test_nan_is_never_the_best_value():
    callback = EarlyStopping("loss", patience=9)
    fit(callback, losses(np.nan, 2.0, 3.0, name="loss"))
    assert callback.best == 2.0


def test_the_curves_are_an_ordinary_dictionary_to_others():
    curves = fit([], [{"loss": 2.0}]).history.history
    assert json.loads(json.dumps(curves)) == {"loss": [2.0]}
    assert pickle.loads(pickle.dumps(curves)) == curves
    assert repr(curves) == "{'loss': [2.0]}"


# -- EarlyStopping ----------------------------------------------------------------


@pytest.mark.parametrize("patience", [0, 1, 2, 3])
def test_the_patience_of_keras(patience):
    stopping = EarlyStopping(monitor="loss", patience=patience)
    values = losses(10.0, 9.0, 8.0, 9.0, 8.9, 8.8, 8.7, 8.6, 8.5, name="loss")
    model = fit(stopping, values)
    assert stopping.stopped_epoch == max(patience, 1) + 2
    assert model.history.epoch[-1] == stopping.stopped_epoch


# Settings, values, and what Keras 3.15.1 made of them: epochs run, epoch whose weights
# the model has at the end, stopped_epoch, best, best_epoch, wait.
KERAS = [
    ({}, [5, 4, 3, 4, 3, 2], (4, 3, 3, 3, 2, 1)),
    ({}, [5, 5, 5, 5], (2, 1, 1, 5, 0, 1)),
    ({"patience": 1.5}, [5, 5, 5], (3, 2, 2, 5, 0, 2)),
    ({"patience": 2}, [5, 4, 5, 5, 5], (4, 3, 3, 4, 1, 2)),
    (
        {"patience": 2, "restore_best_weights": True},
        [5, 4, 4.5, 4.2, 4.1, 1],
        (4, 1, 3, 4, 1, 2),
    ),
    ({"patience": 2, "restore_best_weights": True}, [5, 4, 3, 3.5], (4, 2, 0, 3, 2, 1)),
    ({"patience": 1, "baseline": 1.0}, [5, 4, 3, 2], (4, 3, 0, 2, 3, 4)),
    ({"patience": 2, "baseline": 1.0}, [0.5, 4, 3, 2], (3, 2, 2, 0.5, 0, 2)),
    (
        {"patience": 2, "baseline": 1.0},
        [2, 0.9, 1.2, 0.8, 0.95, 3, 4],
        (6, 5, 5, 0.8, 3, 2),
    ),
    (
        {"patience": 5, "baseline": 0.5, "restore_best_weights": True},
        [0.9, 0.8, 0.7, 0.71, 0.72, 0.73],
        (5, 2, 4, 0.7, 2, 5),
    ),
    ({"patience": 1, "start_from_epoch": 3}, [5, 6, 7, 8, 9, 10], (5, 4, 4, 8, 3, 1)),
    ({"start_from_epoch": 2}, [5, 6, 7, 8, 9, 10], (4, 3, 3, 7, 2, 1)),
    (
        {"patience": 1, "start_from_epoch": 2, "restore_best_weights": True},
        [1, 6, 7, 8, 9, 10],
        (4, 2, 3, 7, 2, 1),
    ),
    (
        {"patience": 1, "start_from_epoch": 9, "restore_best_weights": True},
        [5, 6, 7],
        (3, 2, 0, None, 0, 0),
    ),
    ({"patience": 1, "min_delta": 0.1}, [5, 4.95, 4.9, 4.85], (2, 1, 1, 5, 0, 1)),
    ({"patience": 1, "min_delta": -0.1}, [5, 4.95, 4.9, 4.85], (2, 1, 1, 5, 0, 1)),
    ({"patience": 1, "min_delta": 0.25}, [5, 4.75, 4.7], (2, 1, 1, 5, 0, 1)),
    ({"mode": "max", "patience": 1}, [0.5, 0.6, 0.6, 0.7], (3, 2, 2, 0.6, 1, 1)),
    (
        {"mode": "max", "patience": 1, "min_delta": 0.25},
        [0.5, 0.75, 1.0, 1.5],
        (2, 1, 1, 0.5, 0, 1),
    ),
    (
        {"patience": 1, "restore_best_weights": True},
        [1, math.nan, math.nan],
        (2, 0, 1, 1, 0, 1),
    ),
]


@pytest.mark.parametrize(("settings", "values", "expected"), KERAS)
def test_early_stopping_does_what_keras_does(settings, values, expected):
    stopping = EarlyStopping(**settings)
    model = fit(stopping, losses(*values))
    assert (
        len(model.history.epoch),
        model.weights,
        stopping.stopped_epoch,
        stopping.best,
        stopping.best_epoch,
        stopping.wait,
    ) == expected


def test_the_best_weights_come_back_when_somebody_else_ends_the_training():
    class Stops(Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = epoch == 3

    stopping = EarlyStopping(patience=5, baseline=0.5, restore_best_weights=True)
    model = fit([stopping, Stops()], losses(0.9, 0.8, 0.7, 0.71, 0.72))
    assert model.history.epoch == [0, 1, 2, 3]
    assert model.weights == 2


@pytest.mark.parametrize(
    ("monitor", "better"),
    [
        ("loss", "min"),
        ("val_loss", "min"),
        ("mse", "min"),
        ("val_MSE", "min"),
        ("mean_absolute_error", "min"),
        ("val_categorical_crossentropy", "min"),
        ("acc", "max"),
        ("val_accuracy", "max"),
        ("accuracy_1", "max"),
        ("val_sparse_categorical_accuracy", "max"),
    ],
)
def test_auto_knows_what_should_become_small_and_what_large(monitor, better):
    stopping = EarlyStopping(monitor=monitor)
    model = fit(stopping, losses(1.0, 2.0, 1.0, 1.0, name=monitor))
    assert len(model.history.epoch) == (2 if better == "min" else 3)


def test_auto_says_that_it_does_not_know_before_the_training_begins():
    with pytest.raises(ValueError, match='Say so with mode="min" or mode="max"'):
        fit(EarlyStopping(monitor="my_score"), losses(1.0, name="my_score"))
    model = fit(
        EarlyStopping(monitor="my_score", mode="min"), losses(1, name="my_score")
    )
    assert model.history.epoch == [0]


def test_one_object_serves_several_runs():
    stopping = EarlyStopping(patience=1, restore_best_weights=True)
    first = fit(stopping, losses(0.1, 0.2, 0.3))
    second = fit(stopping, losses(9.0, 8.0, 7.0))
    assert first.history.epoch == [0, 1]
    assert second.history.epoch == [0, 1, 2]
    assert (stopping.stopped_epoch, stopping.best) == (0, 7.0)


@pytest.mark.parametrize(
    ("settings", "values", "printed"),
    [
        (
            {"restore_best_weights": True},
            [5, 4, 4.5, 4.2],
            "Epoch 4: early stopping\n"
            "Restoring model weights from the end of the best epoch: 2.\n",
        ),
        ({}, [5, 4, 4.5, 4.2], "Epoch 4: early stopping\n"),
        (
            {"restore_best_weights": True},
            [5, 4, 3],
            "Restoring model weights from the end of the best epoch: 3.\n",
        ),
        ({}, [5, 4, 3], ""),
    ],
)
def test_verbose_prints_keras_lines(settings, values, printed, capsys):
    fit(EarlyStopping(patience=2, verbose=1, **settings), losses(*values))
    assert capsys.readouterr().out == printed


def test_without_verbose_nothing_is_printed(capsys):
    fit(EarlyStopping(restore_best_weights=True), losses(1, 2))
    assert capsys.readouterr().out == ""


def test_a_missing_value_is_named_once_a_fit_with_its_remedy():
    with pytest.warns(UserWarning, match="Give fit validation_data or") as caught:
        model = fit(EarlyStopping(), [{"loss": 1.0, "accuracy": 0.5}] * 3)
    assert len(caught) == 1
    assert "watches 'val_loss'" in str(caught[0].message)
    assert str(caught[0].message).endswith("accuracy, loss.")
    assert model.history.epoch == [0, 1, 2]
    with pytest.warns(UserWarning, match=r"does nothing\. Watch another value: loss"):
        fit(EarlyStopping("acc"), losses(1.0, name="loss"))


def test_an_unknown_mode_is_taken_for_auto_with_a_warning():
    with pytest.warns(UserWarning, match="not 'least'; it goes on with auto"):
        stopping = EarlyStopping(mode="least")
    assert stopping.mode == "auto"


@pytest.mark.parametrize(
    "name", ["min_delta", "patience", "start_from_epoch", "baseline"]
)
def test_a_number_that_is_none_is_refused_at_once(name):
    with pytest.raises(TypeError, match=f"{name} must be a number, not '3'"):
        EarlyStopping(**{name: "3"})


def test_numbers_may_come_from_numpy():
    stopping = EarlyStopping(
        min_delta=np.float32(0.25), patience=np.int64(1), baseline=np.float64(9)
    )
    fit(stopping, losses(5, 4.875, 4.75))
    assert stopping.stopped_epoch == 1


def test_weights_are_only_copied_when_they_are_to_be_restored():
    with mock.patch.object(Model, "get_weights") as get_weights:
        fit(EarlyStopping(), losses(3, 2, 1))
    get_weights.assert_not_called()


@pytest.mark.parametrize(
    ("metric", "epochs"),
    [(fastmlp.metrics.Precision(name="mine"), 3), ("mse", 2)],
)
def test_auto_knows_the_metrics_of_the_model_by_any_name(metric, epochs):
    model = fastmlp.Sequential([fastmlp.layers.Dense(1, "sigmoid", input_shape=(2,))])
    model.compile("sgd", "mse", metrics=[metric])
    name = model.metrics_names[1]
    values = iter([1.0, 2.0, 1.0, 1.0])
    history = model.fit(
        np.ones((4, 2)),
        np.ones(4),
        epochs=4,
        verbose=0,
        callbacks=[
            LambdaCallback(
                on_epoch_end=lambda _, logs: logs.update({name: next(values)})
            ),
            EarlyStopping(monitor=name),
        ],
    )
    assert len(history.epoch) == epochs


# -- TerminateOnNaN ---------------------------------------------------------------


def diverging_model():
    model = fastmlp.Sequential([fastmlp.layers.Dense(1, input_shape=(2,))])
    model.compile(fastmlp.optimizers.SGD(1e12), "mse")
    return model


DIVERGING = (np.ones((8, 2)), np.ones(8))


def test_a_loss_that_is_lost_ends_the_training_at_once(capsys):
    model = diverging_model()
    with pytest.warns(RuntimeWarning, match="TerminateOnNaN"):
        history = model.fit(*DIVERGING, 1, 3, verbose=0, callbacks=TerminateOnNaN())
    assert history.epoch == [0]
    printed = capsys.readouterr().out
    assert re.fullmatch(r"Batch \d: Invalid loss, terminating training\n", printed)


def test_a_loss_that_is_lost_can_be_an_error():
    guard = TerminateOnNaN(raise_error=True)
    with pytest.raises(RuntimeError, match="not finite"):
        diverging_model().fit(*DIVERGING, 1, 3, verbose=0, callbacks=[guard])


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("hook", ["on_train_batch_end", "on_batch_end"])
def test_a_lost_loss_is_seen_by_the_old_name_of_the_hook_and_the_new(loss, hook):
    guard = TerminateOnNaN(raise_error=True)
    with pytest.raises(RuntimeError, match="Batch 7: "):
        getattr(guard, hook)(7, {"loss": loss})


@pytest.mark.parametrize("logs", [None, {}, {"loss": 1e30}])
def test_a_loss_that_is_finite_or_not_there_does_not_end_the_training(logs):
    guard = TerminateOnNaN()
    guard.set_model(Model())
    guard.on_train_batch_end(0, logs)
    assert not guard.model.stop_training


# -- LambdaCallback ---------------------------------------------------------------


@pytest.mark.parametrize("hook", HOOKS)
def test_a_function_takes_the_place_of_a_hook(hook):
    calls = []

    def function(*args, **kwargs):
        calls.append((args, kwargs))

    callback = LambdaCallback(**{hook: function})
    before = (3,) if "batch" in hook or "epoch" in hook else ()
    getattr(callback, hook)(*before, {"loss": 0.5})
    assert calls == [((*before, {"loss": 0.5}), {})]


def test_the_functions_of_training_may_be_given_in_keras_order():
    names = ["epoch_begin", "epoch_end", "train_begin", "train_end"]
    names += ["train_batch_begin", "train_batch_end"]
    calls = []
    functions = [lambda *_, name=name, **__: calls.append(name) for name in names]
    fit(LambdaCallback(*functions), losses(0.5))
    assert calls == [
        "train_begin",
        "epoch_begin",
        "train_batch_begin",
        "train_batch_end",
        "epoch_end",
        "train_end",
    ]


def test_none_in_the_place_of_a_function_is_no_hook():
    fit(LambdaCallback(on_epoch_end=None, on_batch_end=None), losses(0.5))


def test_a_hook_that_is_unknown_names_those_that_are_known():
    with pytest.raises(TypeError, match=r"no hook 'on_epoch'\. .*on_epoch_begin, on_"):
        LambdaCallback(on_epoch=print)


def test_what_cannot_be_called_is_named_by_its_type():
    with pytest.raises(TypeError, match=r"a function for on_epoch_end, .* type int"):
        LambdaCallback(on_epoch_end=3)


def test_tensorboard_names_the_extra_that_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard.compat.proto", None)
    with pytest.raises(ImportError, match=r"pip install 'fastmlp\[tensorboard\]'"):
        fastmlp.callbacks.TensorBoard("logs")
