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
    "inverse time": (
        schedules.InverseTimeDecay(0.1, 10, 0.5),
        [
            0.1,
            0.0952381,
            0.0869565,
            0.0833333,
            0.08,
            0.0714286,
            0.0689655,
            0.0666667,
            0.0571429,
            0.04,
        ],
    ),
    "inverse time, staircase": (
        schedules.InverseTimeDecay(0.1, 4, 0.5, staircase=True),
        [0.1, 0.1, 0.1, 0.0666667, 0.0666667, 0.05, 0.05, 0.05, 0.04, 0.0222222],
    ),
    "polynomial": (
        schedules.PolynomialDecay(0.1, 10),
        [
            0.1,
            0.09001,
            0.07003,
            0.06004,
            0.05005,
            0.02008,
            0.01009,
            0.0001,
            0.0001,
            0.0001,
        ],
    ),
    "polynomial, squared": (
        schedules.PolynomialDecay(0.1, 10, 0.01, power=2.0),
        [0.1, 0.0829, 0.0541, 0.0424, 0.0325, 0.0136, 0.0109, 0.01, 0.01, 0.01],
    ),
    "polynomial, again and again": (
        schedules.PolynomialDecay(0.1, 4, 0.01, power=0.5, cycle=True),
        [
            0.1,
            0.0879423,
            0.055,
            0.01,
            0.0651135,
            0.01,
            0.055,
            0.0467423,
            0.0325,
            0.0325,
        ],
    ),
    "restarts": (
        schedules.CosineDecayRestarts(0.1, 3),
        [0.1, 0.075, 0.1, 0.0933013, 0.075, 0.0066987, 0.1, 0.0982963, 0.05, 0.0691342],
    ),
    "restarts, as long as the first": (
        schedules.CosineDecayRestarts(0.1, 4, t_mul=1.0, m_mul=0.5),
        [
            0.1,
            0.0853553,
            0.0146447,
            0.05,
            0.0426777,
            0.025,
            0.0213388,
            0.0125,
            0.0018306,
            0.0003906,
        ],
    ),
    "restarts, lower and lower": (
        schedules.CosineDecayRestarts(0.1, 4, t_mul=1.5, m_mul=0.8, alpha=0.1),
        [
            0.1,
            0.0868198,
            0.0231802,
            0.082,
            0.0771769,
            0.028,
            0.0148231,
            0.0676,
            0.0337989,
            0.0137904,
        ],
    ),
}


@pytest.mark.parametrize(("schedule", "expected"), RATES.values(), ids=RATES)
def test_rates_are_those_of_keras(schedule, expected):
    rates = [schedule(batches) for batches in BATCHES]
    assert rates == pytest.approx(expected, abs=1e-7)


def test_one_cycle_rises_to_its_rate_and_falls_to_almost_nothing():
    schedule = schedules.OneCycle(0.5, 100, 0.2, initial_divisor=10, final_divisor=1000)
    rates = [schedule(batches) for batches in range(120)]
    assert rates[0] == pytest.approx(0.05)
    assert rates[20] == max(rates) == 0.5
    assert rates[10] == pytest.approx((0.05 + 0.5) / 2)
    assert rates[60] == pytest.approx((0.5 + 0.0005) / 2)
    assert rates[100] == rates[119] == pytest.approx(0.0005)
    assert (np.diff(rates[:21]) > 0).all()
    assert (np.diff(rates[20:101]) < 0).all()
    assert schedules.OneCycle(0.5, 100, warmup_fraction=0)(0) == 0.5


def test_restarts_come_at_their_batch_and_not_one_later():
    # Keras computes with logarithms of float32, which may be a batch late.
    schedule = schedules.CosineDecayRestarts(0.1, 3, t_mul=3.0)
    assert [schedule(3 * (3**n - 1) // 2) for n in range(12)] == [0.1] * 12


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


def test_a_plain_function_is_asked_before_each_batch():
    asked = []

    def falling():
        asked.append(int(model.optimizer.iterations))
        return 0.5 ** len(asked)

    model = fastmlp.Sequential([layers.Input((1,)), layers.Dense(1, use_bias=False)])
    model.compile(optimizers.SGD(falling), "mae")
    model.set_weights([[[10.0]]])
    model.fit([[1.0]] * 3, [[0.0]] * 3, batch_size=1, verbose=0)
    assert asked == [0, 1, 2]
    assert model.get_weights()[0].item() == 10 - 0.5 - 0.25 - 0.125
    assert model.optimizer.learning_rate == 0.0625
    with pytest.raises(TypeError, match="was given a learning-rate schedule"):
        model.optimizer.learning_rate = 0.1


def test_what_a_function_returns_is_a_learning_rate():
    with pytest.raises(ValueError, match="function returned must be at least 0"):
        _ = optimizers.SGD(lambda: -1.0).learning_rate
    with pytest.raises(TypeError, match="function returned must be a number"):
        _ = optimizers.SGD(lambda: "fast").learning_rate


def test_schedules_go_through_serialize_and_back():
    for schedule, _ in RATES.values():
        twin = schedules.deserialize(schedules.serialize(schedule))
        assert twin.get_config() == schedule.get_config()


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
        (lambda: schedules.PolynomialDecay(0.1, 5, power=0), ValueError, "power"),
        (lambda: schedules.InverseTimeDecay(0.1, 0, 1), ValueError, "decay_steps"),
        (
            lambda: schedules.CosineDecayRestarts(0.1, 5, t_mul=0.5),
            ValueError,
            "t_mul must be at least 1",
        ),
        (lambda: schedules.OneCycle(0.1, 0), ValueError, "total_steps"),
        (lambda: schedules.OneCycle(0.1, 5, 1), ValueError, "warmup_fraction .*below"),
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
