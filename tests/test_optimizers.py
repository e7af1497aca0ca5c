"""Steps of the optimizers. The numbers are those that Keras tests its own with."""

import copy
import pickle

import numpy as np
import pytest

import fastmlp
from fastmlp import layers, optimizers


class Weights:
    """Trains a row of weights with gradients that are chosen.

    With the inputs 0.5 for a single row and a mean squared error over n outputs, the
    gradient of weight i is (w_i / 2 - t_i) / n, and t can be chosen to make it g_i.
    """

    def __init__(self, optimizer, weights):
        self.model = fastmlp.Sequential(
            [layers.Input((1,)), layers.Dense(len(weights), use_bias=False)]
        )
        self.model.compile(optimizer, "mse")
        self.model.set_weights([[weights]])

    def step(self, gradients):
        weights = self.values()
        targets = weights / 2 - np.asarray(gradients) * len(weights)
        self.model.train_on_batch([[0.5]], [targets])
        return self.values()

    def values(self):
        return self.model.get_weights()[0][0].astype(np.float64)


def test_a_step_of_rmsprop():
    weights = Weights(optimizers.RMSprop(0.5), [1, 2, 3, 4])
    expected = [-0.5811, 0.4189, 1.4189, 2.4189]
    assert weights.step([1, 6, 7, 2]) == pytest.approx(expected, abs=1e-4)


def test_epsilon_stands_inside_the_root():
    weights = Weights(optimizers.RMSprop(0.5), [0, 0, 0, 0])
    expected = [-0.1573292, -1.1180340, -1.5811381, 0]
    assert weights.step([1e-4, 1e-3, 1, 0]) == pytest.approx(expected, abs=1e-5)


def test_many_steps_of_centered_rmsprop():
    weights = Weights(optimizers.RMSprop(centered=True), np.ones(10))
    steps = [np.full(10, 0.01), *[np.arange(0.1, 1.1, 0.1)] * 4]
    expected = [0.9967, 0.9933, 0.9908, 0.9885, 0.9864]
    for gradients, weight in zip(steps, expected, strict=True):
        assert weights.step(gradients) == pytest.approx(np.full(10, weight), abs=5e-4)


def test_rmsprop_with_momentum_adds_its_steps_up():
    plain = Weights(optimizers.RMSprop(0.5), [0.0])
    pushed = Weights(optimizers.RMSprop(0.5, momentum=0.5), [0.0])
    first, second = plain.step([1.0])[0], plain.step([1.0])[0]
    assert pushed.step([1.0]) == pytest.approx([first], abs=1e-5)
    expected = first + (second - first) + 0.5 * first
    assert pushed.step([1.0]) == pytest.approx([expected], abs=1e-5)


def test_a_step_of_gradient_descent():
    weights = Weights(optimizers.SGD(0.5), [1, 2, 3, 4])
    expected = [0.5, -1, -0.5, 3]
    assert weights.step([1, 6, 7, 2]) == pytest.approx(expected, abs=1e-5)


def test_gradient_descent_with_momentum():
    # m = 0.5 m - 0.1 g: -0.1, -0.15, -0.175.
    weights = Weights(optimizers.SGD(0.1, momentum=0.5), [0.0])
    for expected in (-0.1, -0.25, -0.425):
        assert weights.step([1.0]) == pytest.approx([expected], abs=1e-6)


def test_gradient_descent_with_the_look_ahead_of_nesterov():
    # w + 0.5 m - 0.1 g, with m as above: steps of -0.15, -0.175, -0.1875.
    weights = Weights(optimizers.SGD(0.1, momentum=0.5, nesterov=True), [0.0])
    for expected in (-0.15, -0.325, -0.5125):
        assert weights.step([1.0]) == pytest.approx([expected], abs=1e-6)


def test_nesterov_without_momentum_is_plain():
    weights = Weights(optimizers.SGD(0.1, nesterov=True), [1.0])
    assert weights.step([1.0]) == pytest.approx([0.9], abs=1e-6)


@pytest.mark.parametrize("optimizer", [optimizers.SGD(0), optimizers.RMSprop(0)])
def test_without_a_learning_rate_nothing_is_learnt(optimizer):
    weights = Weights(optimizer, [1.0, 2.0])
    assert weights.step([3.0, 4.0]).tolist() == [1, 2]


def test_a_negative_learning_rate_goes_up_as_in_keras():
    assert Weights(optimizers.SGD(-0.5), [0.0]).step([1.0]) == pytest.approx([0.5])


def test_the_defaults_are_those_of_keras():
    assert optimizers.RMSprop().get_config() == {
        "learning_rate": 0.0010000000474974513,
        "rho": 0.9,
        "momentum": 0.0,
        "epsilon": 1e-7,
        "centered": False,
        "name": "rmsprop",
    }
    assert optimizers.SGD().get_config() == {
        "learning_rate": 0.009999999776482582,
        "momentum": 0.0,
        "nesterov": False,
        "name": "SGD",
    }


def test_arguments_come_in_the_order_of_keras():
    config = optimizers.RMSprop(0.5, 0.8, 0.1, 1e-6, True).get_config()
    assert list(config.values()) == [0.5, 0.8, 0.1, 1e-6, True, "rmsprop"]
    config = optimizers.SGD(0.5, 0.1, True).get_config()
    assert list(config.values()) == [0.5, 0.1, True, "SGD"]


def test_the_learning_rate_reads_back_as_float32():
    optimizer = optimizers.SGD()
    for value in (0.1, np.float32(0.1), np.float64(0.1), np.array(0.1)):
        optimizer.learning_rate = value
        assert type(optimizer.learning_rate) is float
        assert optimizer.learning_rate == float(np.float32(0.1))


def test_whole_numbers_are_settings_too():
    optimizer = optimizers.RMSprop(1, rho=0, momentum=1, epsilon=1)
    assert optimizer.settings() == [1, 0, 1, 1, False]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("rmsprop", optimizers.RMSprop),
        ("RMSprop", optimizers.RMSprop),
        ("RMSPROP", optimizers.RMSprop),
        ("sgd", optimizers.SGD),
        ("SGD", optimizers.SGD),
    ],
)
def test_names_come_in_any_case(name, expected):
    assert type(optimizers.get(name)) is expected


def test_an_optimizer_object_is_taken_as_it_is():
    optimizer = optimizers.SGD(0.5)
    assert optimizers.get(optimizer) is optimizer


OPTIMIZERS = [
    optimizers.RMSprop(0.5, 0.8, 0.1, 1e-6, True, name="mine"),
    optimizers.SGD(0.5, momentum=0.9, nesterov=True),
]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_config_and_repr_make_the_optimizer_again(optimizer):
    expected = optimizer.get_config()
    assert type(optimizer)(**expected).get_config() == expected
    assert eval(repr(optimizer), vars(optimizers)).get_config() == expected


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize(
    "make_copy", [copy.deepcopy, copy.copy, lambda one: pickle.loads(pickle.dumps(one))]
)
def test_copies_have_settings_of_their_own(optimizer, make_copy):
    twin = make_copy(optimizer)
    assert twin.get_config() == optimizer.get_config()
    twin.learning_rate = 2
    assert optimizer.learning_rate == 0.5
    with pytest.raises(AttributeError, match="learning_rate"):
        twin.momentum = 0.3
