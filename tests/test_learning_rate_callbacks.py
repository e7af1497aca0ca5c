import numpy as np
import pytest

import fastmlp
from fastmlp.callbacks import (
    LambdaCallback,
    LearningRateScheduler,
    ReduceLROnPlateau,
)
from fastmlp.optimizers import SGD
from fastmlp.optimizers.schedules import ExponentialDecay


def make_model(rate=0.5):
    model = fastmlp.Sequential([fastmlp.layers.Dense(1, input_shape=(2,))])
    model.compile(SGD(rate), "mse")
    return model


def fit(callbacks, epochs, rate=0.5):
    """Train a small model; return the learning rate of each of its epochs."""
    x = np.ones((4, 2), np.float32)
    history = make_model(rate).fit(
        x, x[:, 0], epochs=epochs, verbose=0, callbacks=callbacks
    )
    return history.history["learning_rate"]


def say(*values, name="loss"):
    """Return a callback that puts values of ours in the place of those measured."""
    return LambdaCallback(
        on_epoch_end=lambda epoch, logs: logs.update({name: values[epoch]})
    )


# -- LearningRateScheduler --------------------------------------------------------


@pytest.mark.parametrize(
    ("schedule", "rates"),
    [
        (lambda epoch: 0.25 / (epoch + 1), [0.25, 0.125, np.float32(0.25 / 3)]),
        (lambda epoch, rate: rate / 2, [0.25, 0.125, 0.0625]),
        (lambda epoch, rate=1.0: rate / 2, [0.25, 0.125, 0.0625]),
        (lambda *args: args[1] / 2, [0.25, 0.125, 0.0625]),
        (lambda epoch: np.float32(0.25), [0.25] * 3),
        (lambda epoch: np.float64(0.25), [0.25] * 3),
        ([0.25, 0.5, 1.0].__getitem__, [0.25, 0.5, 1.0]),
    ],
)
def test_an_epoch_is_trained_with_what_the_schedule_returns(schedule, rates):
    assert fit(LearningRateScheduler(schedule), 3) == rates


def test_the_schedule_sees_the_number_of_the_epoch_and_the_rate_so_far():
    seen = []

    def schedule(epoch, rate):
        seen.append((epoch, rate))
        return rate / 2

    fit(LearningRateScheduler(schedule), 3)
    assert seen == [(0, 0.5), (1, 0.25), (2, 0.125)]


def test_the_weights_move_by_the_rate_that_was_set():
    x = np.ones((4, 2), np.float32)
    steps = []
    for rate in (0.5, 0.25):
        model = make_model(rate=0.125)
        model.set_weights([np.zeros((2, 1)), np.zeros(1)])
        scheduler = LearningRateScheduler([rate].__getitem__)
        model.fit(x, x[:, 0], verbose=0, callbacks=scheduler)
        steps.append(float(model.get_weights()[1][0]))
    # The gradient of mean((0 - 1)^2) is -2.
    assert steps == [1.0, 0.5]


def test_the_scheduler_prints_keras_line(capsys):
    fit(LearningRateScheduler(lambda epoch: 0.1 / (epoch + 1), verbose=1), 2)
    assert capsys.readouterr().out == (
        "\nEpoch 1: LearningRateScheduler setting learning rate to 0.1.\n"
        "\nEpoch 2: LearningRateScheduler setting learning rate to 0.05.\n"
    )


@pytest.mark.parametrize("wrong", [1, "0.1", None, [0.1]])
def test_a_schedule_has_to_return_a_float(wrong):
    with pytest.raises(ValueError, match=r"must return a float.* for epoch 0 it "):
        fit(LearningRateScheduler(lambda epoch: wrong), 1)


def test_an_error_inside_the_schedule_is_the_users_to_see():
    def schedule(epoch, rate):
        return "a" + rate

    with pytest.raises(TypeError, match="str"):
        fit(LearningRateScheduler(schedule), 1)


def test_what_is_no_function_is_refused_at_once():
    with pytest.raises(TypeError, match=r"a function for schedule, .* type float"):
        LearningRateScheduler(0.1)


def test_a_schedule_of_the_optimizer_is_not_overruled():
    with pytest.raises(TypeError, match="learning-rate schedule"):
        fit(
            LearningRateScheduler(lambda epoch: 0.1),
            1,
            rate=ExponentialDecay(0.1, 10, 0.9),
        )


# -- ReduceLROnPlateau ------------------------------------------------------------

# Settings, values of the loss, and the learning rates of the epochs in Keras 3.15.1.
KERAS = [
    ({"patience": 2}, [4, 3, 3, 3, 3, 3], [0.5] * 4 + [0.25] * 2),
    ({"patience": 1}, [4, 4, 4, 4], [0.5, 0.5, 0.25, 0.125]),
    ({"patience": 0}, [4, 4, 4], [0.5, 0.5, 0.25]),
    ({"patience": 1, "cooldown": 1}, [4] * 5, [0.5, 0.5, 0.25, 0.125, 0.0625]),
    ({"patience": 1, "cooldown": 2}, [4] * 5, [0.5, 0.5, 0.25, 0.25, 0.125]),
    ({"patience": 1, "min_lr": 0.2}, [4] * 5, [0.5, 0.5, 0.25, 0.2, 0.2]),
    ({"patience": 1, "min_delta": 2}, [9, 8, 7, 6, 1], [0.5, 0.5, 0.25, 0.125, 0.125]),
    ({"patience": 1, "min_delta": -2}, [9, 8, 7], [0.5, 0.5, 0.25]),
    ({"patience": 1}, [4, 3.99995, 3.9999], [0.5, 0.5, 0.25]),
    ({"patience": 1, "mode": "max"}, [4, 5, 5, 6], [0.5, 0.5, 0.5, 0.25]),
    ({"patience": 1, "mode": "max"}, [4, 3, 2], [0.5, 0.5, 0.25]),
    ({"patience": 1, "factor": 0.1}, [4, 4, 4], [0.5, 0.5, 0.05]),
]


@pytest.mark.parametrize(("settings", "values", "rates"), KERAS)
def test_the_rate_is_reduced_when_keras_reduces_it(settings, values, rates):
    reduces = ReduceLROnPlateau("loss", **{"factor": 0.5, **settings})
    found = fit([say(*values), reduces], len(values))
    assert found == [float(np.float32(rate)) for rate in rates]


def test_reducing_prints_keras_line(capsys):
    reduces = ReduceLROnPlateau("loss", 0.3, patience=1, min_lr=0.02, verbose=1)
    fit([say(*[4] * 6), reduces], 6)
    # A learning rate is a float32, but what it is set to may have more digits.
    assert capsys.readouterr().out == (
        "\nEpoch 2: ReduceLROnPlateau reducing learning rate to 0.15.\n"
        "\nEpoch 3: ReduceLROnPlateau reducing learning rate to 0.04500000178813934.\n"
        "\nEpoch 4: ReduceLROnPlateau reducing learning rate to 0.02.\n"
    )


def test_a_plateau_is_forgotten_before_the_next_fit():
    reduces = ReduceLROnPlateau("loss", 0.5, patience=2, cooldown=5)
    fit([say(4, 4, 4), reduces], 3)
    assert (reduces.best, reduces.wait, reduces.cooldown_counter) == (4, 0, 5)
    assert fit([say(9, 8, 7), reduces], 3) == [0.5, 0.5, 0.5]
    assert (reduces.best, reduces.wait, reduces.cooldown_counter) == (7, 0, 0)


def test_a_value_that_is_missing_is_named_and_the_rate_is_recorded_all_the_same():
    with pytest.warns(
        UserWarning, match="ReduceLROnPlateau watches 'val_loss'"
    ) as all_:
        rates = fit(ReduceLROnPlateau(patience=1), 3)
    assert len(all_) == 1
    assert str(all_[0].message).endswith("another value: loss, learning_rate.")
    assert rates == [0.5, 0.5, 0.5]


@pytest.mark.parametrize("factor", [1, 1.0, 1.5])
def test_a_factor_that_does_not_reduce_is_refused(factor):
    with pytest.raises(ValueError, match=f"below 1.* Received: factor={factor}"):
        ReduceLROnPlateau(factor=factor)


@pytest.mark.parametrize(
    "name", ["factor", "patience", "min_delta", "cooldown", "min_lr"]
)
def test_a_setting_that_is_no_number_is_refused(name):
    with pytest.raises(TypeError, match=f"{name} must be a number, not '3'"):
        ReduceLROnPlateau(**{name: "3"})


def test_a_direction_that_nobody_knows_is_asked_for_before_the_training():
    with pytest.raises(ValueError, match=r"ReduceLROnPlateau cannot tell.*'score'"):
        fit(ReduceLROnPlateau("score"), 1)
