"""Learning rates after so many batches. The numbers are those of Keras."""

import numpy as np
import pytest

import fastmlp
from fastmlp import layers, optimizers
from fastmlp.optimizers import schedules

BATCHES = (0, 1, 3, 4, 5, 8, 9, 10, 15, 30)
RATES = {
    "exponential": (
        schedules.ExponentialDecay(0.1, 10, 0.5),
        [
            *(0.1, 0.0933033, 0.0812252, 0.0757858, 0.0707107),
            *(0.0574349, 0.0535887, 0.05, 0.0353553, 0.0125),
        ],
    ),
    "staircase": (
        schedules.ExponentialDecay(0.1, 10, 0.5, staircase=True),
        [0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.05, 0.05, 0.0125],
    ),
    "cosine": (
        schedules.CosineDecay(0.1, 10, alpha=0.2),
        [
            *(0.1, 0.0980423, 0.0835114, 0.0723607, 0.06),
            *(0.0276393, 0.0219577, 0.02, 0.02, 0.02),
        ],
    ),
    "cosine after warm-up": (
        schedules.CosineDecay(0.05, 10, alpha=0.1, warmup_target=0.1, warmup_steps=5),
        [0.05, 0.06, 0.08, 0.09, 0.1, 0.0814503, 0.0689058, 0.055, 0.01, 0.01],
    ),
    "piecewise": (
        schedules.PiecewiseConstantDecay([3, 8], [0.1, 0.05, 0.01]),
        [0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.01, 0.01, 0.01, 0.01],
    ),
}


@pytest.mark.parametrize(("schedule", "expected"), RATES.values(), ids=RATES)
def test_rates_are_those_of_keras(schedule, expected):
    rates = [schedule(batches) for batches in BATCHES]
    assert rates == pytest.approx(expected, abs=1e-7)


def test_boundaries_and_values_may_be_arrays_and_ranges():
    rates = np.array([0.1, 0.05, 0.01])
    listed = schedules.PiecewiseConstantDecay([3, 8], rates.tolist())
    for boundaries in (range(3, 13, 5), np.array([3, 8])):
        schedule = schedules.PiecewiseConstantDecay(boundaries, rates)
        assert schedule.get_config() == listed.get_config()


@pytest.mark.parametrize("schedule", [one for one, _ in RATES.values()], ids=RATES)
def test_the_config_makes_the_schedule_again(schedule):
    config = schedule.get_config()
    twin = type(schedule).from_config(config)
    assert twin.get_config() == config
    named = schedules.get({"class_name": type(schedule).__name__, "config": config})
    assert named(7) == twin(7) == schedule(7)


def test_each_batch_is_learnt_at_its_own_rate():
    model = fastmlp.Sequential([layers.Input((1,)), layers.Dense(1, use_bias=False)])
    schedule = schedules.PiecewiseConstantDecay([0, 1], [0.5, 0.25, 0.125])
    model.compile(optimizers.SGD(schedule), "mae")
    model.set_weights([[[10.0]]])
    # The gradient of the error is 1 throughout.
    model.fit([[1.0]] * 4, [[0.0]] * 4, batch_size=1, verbose=0)
    assert model.get_weights()[0].item() == 10 - 0.5 - 0.25 - 0.125 - 0.125


def test_the_learning_rate_of_an_optimizer_is_that_of_its_next_batch():
    model = fastmlp.Sequential([layers.Input((1,)), layers.Dense(1)])
    model.compile(optimizers.SGD(schedules.ExponentialDecay(0.5, 1, 0.5)), "mse")
    rates = []
    for _ in range(3):
        rates.append(model.optimizer.learning_rate)
        model.train_on_batch([[1.0]], [[0.0]])
    assert rates == [0.5, 0.25, 0.125]


def test_a_class_of_the_users_own_is_a_schedule_too():
    class Counting(schedules.LearningRateSchedule):
        def __call__(self, step):
            return 1.0 + step

    optimizer = optimizers.SGD(Counting())
    optimizer.iterations = 4
    assert optimizer.learning_rate == 5


def test_a_schedule_cannot_be_overruled_but_a_number_can_become_one():
    schedule = schedules.CosineDecay(0.5, 10)
    with pytest.raises(TypeError, match="was given a learning-rate schedule"):
        optimizers.SGD(schedule).learning_rate = 0.1
    optimizer = optimizers.SGD(0.1)
    optimizer.learning_rate = schedule
    assert optimizer.learning_rate == 0.5


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: schedules.ExponentialDecay(0.1, 0, 0.5), ValueError, "decay_steps"),
        (lambda: schedules.ExponentialDecay(0.1, 5, -1), ValueError, "decay_rate"),
        (lambda: schedules.CosineDecay(0.1, 0), ValueError, "decay_steps"),
        (lambda: schedules.CosineDecay("a", 5), TypeError, "initial_learning_rate"),
        (
            lambda: schedules.PiecewiseConstantDecay([1], [0.1]),
            ValueError,
            "one value more than boundaries",
        ),
        (lambda: schedules.get("foo"), ValueError, "Could not interpret schedule"),
        (
            lambda: schedules.LearningRateSchedule()(0),
            NotImplementedError,
            "must define __call__",
        ),
    ],
)
def test_what_a_schedule_cannot_be_is_said_at_once(make, error, message):
    with pytest.raises(error, match=message):
        make()
