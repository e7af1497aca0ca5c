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


def test_centered_rmsprop_goes_on_where_the_gradient_stays_the_same():
    weights = Weights(optimizers.RMSprop(centered=True), np.ones(3))
    steps = [weights.step(np.ones(3)) for _ in range(500)]
    assert np.isfinite(steps).all()


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


# Three steps from 1, 2, 3, 4 with these gradients, as Keras takes them.
GRADIENTS = [[0.01, 0.01, 0.01, 0.01], [0.1, -0.2, 0.3, 1.0], [0.5, 0.4, -1.0, 0.0]]
STEPS = {
    "momentum": (
        optimizers.SGD(0.1, momentum=0.9),
        [
            [0.999, 1.999, 2.999, 3.999],
            [0.9881, 2.0181, 2.9681, 3.8981],
            [0.92829, 1.99529, 3.04029, 3.80729],
        ],
    ),
    "nesterov": (
        optimizers.SGD(0.1, momentum=0.9, nesterov=True),
        [
            [0.9981, 1.9981, 2.9981, 3.9981],
            [0.97829, 2.03529, 2.94029, 3.80729],
            [0.874461, 1.974761, 3.105261, 3.725561],
        ],
    ),
    "weight decay": (
        optimizers.SGD(0.1, weight_decay=0.5),
        [
            [0.949, 1.899, 2.849, 3.799],
            [0.89155, 1.82405, 2.67655, 3.50905],
            [0.796972, 1.692848, 2.642722, 3.333598],
        ],
    ),
    "clipped norm": (
        optimizers.SGD(1.0, clipnorm=1.0),
        [
            [0.99, 1.99, 2.99, 3.99],
            [0.896341, 2.177317, 2.709024, 3.053414],
            [0.475265, 1.840456, 3.551176, 3.053414],
        ],
    ),
    "clipped values": (
        optimizers.SGD(1.0, clipvalue=0.25),
        [
            [0.99, 1.99, 2.99, 3.99],
            [0.89, 2.19, 2.74, 3.74],
            [0.64, 1.94, 2.99, 3.74],
        ],
    ),
    "clipped global norm": (
        optimizers.SGD(1.0, global_clipnorm=0.5),
        [
            [0.99, 1.99, 2.99, 3.99],
            [0.943171, 2.083659, 2.849512, 3.521707],
            [0.732633, 1.915228, 3.270588, 3.521707],
        ],
    ),
    "rmsprop": (
        optimizers.RMSprop(0.1),
        [
            [0.685342, 1.685342, 2.685342, 3.685342],
            [0.370543, 2.00121, 2.369274, 3.369128],
            [0.059907, 1.715556, 2.673412, 3.369128],
        ],
    ),
    "rmsprop with momentum": (
        optimizers.RMSprop(0.1, momentum=0.9),
        [
            [0.685342, 1.685342, 2.685342, 3.685342],
            [0.08735, 1.718018, 2.086081, 3.085936],
            [-0.761478, 1.461772, 1.850884, 2.54647],
        ],
    ),
    "rmsprop, centered": (
        optimizers.RMSprop(0.1, centered=True),
        [
            [0.668503, 1.668503, 2.668503, 3.668503],
            [0.333357, 1.999805, 2.334226, 3.334852],
            [-0.001236, 1.710283, 2.64597, 3.334852],
        ],
    ),
    "rmsprop with all": (
        optimizers.RMSprop(0.1, rho=0.5, momentum=0.5, centered=True, epsilon=1e-3),
        [
            [0.968765, 1.968765, 2.968765, 3.968765],
            [0.77824, 2.139497, 2.754332, 3.752553],
            [0.46413, 2.071623, 2.817626, 3.644446],
        ],
    ),
    "adagrad": (
        optimizers.Adagrad(0.1),
        [
            [0.996839, 1.996839, 2.996839, 3.996839],
            [0.966702, 2.050272, 2.928033, 3.901497],
            [0.88338, 1.977255, 3.019699, 3.901497],
        ],
    ),
    "adagrad with other settings": (
        optimizers.Adagrad(0.1, 0.0, 1e-2, weight_decay=0.5),
        [
            [0.94005, 1.89005, 2.84005, 3.79005],
            [0.822513, 1.884901, 2.603226, 3.501048],
            [0.68518, 1.703389, 2.568407, 3.325996],
        ],
    ),
    "adam": (
        optimizers.Adam(0.1),
        [
            [0.900032, 1.900032, 2.900032, 3.900032],
            [0.819327, 1.971007, 2.82343, 3.824954],
            [0.74441, 1.93843, 2.867601, 3.766917],
        ],
    ),
    "amsgrad": (
        optimizers.Adam(0.1, amsgrad=True),
        [
            [0.900032, 1.900032, 2.900032, 3.900032],
            [0.819327, 1.971007, 2.82343, 3.824954],
            [0.74441, 1.93843, 2.867601, 3.766946],
        ],
    ),
    "adam with other settings": (
        optimizers.Adam(0.1, 0.5, 0.6, 1e-2),
        [
            [0.961257, 1.961258, 2.961258, 3.961258],
            [0.885, 2.0374, 2.879843, 3.87783],
            [0.800295, 1.982994, 2.94488, 3.826972],
        ],
    ),
    "adamw": (
        optimizers.AdamW(0.1, weight_decay=0.5),
        [
            [0.850032, 1.800032, 2.750032, 3.700032],
            [0.726825, 1.781005, 2.535928, 3.43994],
            [0.615567, 1.659378, 2.453302, 3.209918],
        ],
    ),
    "adam, clipped, with decay": (
        optimizers.Adam(0.1, weight_decay=0.5, clipnorm=0.5),
        [
            [0.850032, 1.800032, 2.750032, 3.700032],
            [0.720776, 1.776911, 2.533552, 3.439206],
            [0.60758, 1.657529, 2.448102, 3.208632],
        ],
    ),
    "adadelta": (
        optimizers.Adadelta(1.0),
        [
            [0.9986, 1.9986, 2.9986, 3.9986],
            [0.996619, 2.000587, 2.996611, 3.99661],
            [0.993881, 1.998075, 2.999295, 3.99661],
        ],
    ),
    "adadelta with other settings": (
        optimizers.Adadelta(1.0, 0.5, 1e-2, weight_decay=0.5),
        [
            [0.490025, 0.990025, 1.490025, 1.990025],
            [0.163228, 0.610721, 0.616803, 0.85464],
            [-0.074288, 0.141815, 0.493495, 0.42732],
        ],
    ),
    "adamax": (
        optimizers.Adamax(0.1),
        [
            [0.900001, 1.900001, 2.900001, 3.900001],
            [0.842633, 1.950264, 2.845791, 3.846896],
            [0.798492, 1.929222, 2.872429, 3.813353],
        ],
    ),
    "adamax with other settings": (
        optimizers.Adamax(0.1, 0.5, 0.6, 1e-2),
        [
            [0.95, 1.95, 2.95, 3.95],
            [0.886364, 2.011905, 2.884409, 3.883663],
            [0.824459, 1.969744, 2.932358, 3.836591],
        ],
    ),
    "nadam": (
        optimizers.Nadam(0.1),
        [
            [0.893722, 1.893722, 2.893722, 3.893722],
            [0.791345, 1.995402, 2.791372, 3.791488],
            [0.68475, 1.903503, 2.891183, 3.782834],
        ],
    ),
    "nadam with other settings": (
        optimizers.Nadam(0.1, 0.5, 0.6, 1e-2, clipnorm=0.5),
        [
            [0.942752, 1.942752, 2.942752, 3.942752],
            [0.849849, 2.044976, 2.834669, 3.828327],
            [0.733616, 1.944424, 2.946965, 3.815609],
        ],
    ),
    "lion": (
        optimizers.Lion(0.1),
        [
            [0.9, 1.9, 2.9, 3.9],
            [0.8, 2.0, 2.8, 3.8],
            [0.7, 1.9, 2.9, 3.7],
        ],
    ),
    "lion with other settings": (
        optimizers.Lion(0.1, 0.2, 0.6, weight_decay=0.5),
        [
            [0.85, 1.8, 2.75, 3.7],
            [0.7075, 1.81, 2.5125, 3.415],
            [0.572125, 1.6195, 2.486875, 3.14425],
        ],
    ),
    "ftrl": (
        optimizers.Ftrl(0.1),
        [
            [-0.002661, -0.002161, -0.001662, -0.001162],
            [-0.032799, 0.051272, -0.070468, -0.096504],
            [-0.11612, -0.021746, 0.021198, -0.096504],
        ],
    ),
    "ftrl with other settings": (
        optimizers.Ftrl(0.1, -0.75, 0.2, 0.1, 0.2, 0.3, 0.4),
        [
            [-0.068843, -0.149863, -0.230882, -0.311901],
            [-0.076666, -0.112836, -0.250213, -0.363134],
            [-0.122127, -0.148072, -0.18053, -0.349401],
        ],
    ),
}


@pytest.mark.parametrize(("optimizer", "expected"), STEPS.values(), ids=STEPS)
def test_steps_are_those_of_keras(optimizer, expected):
    weights = Weights(optimizer, [1.0, 2.0, 3.0, 4.0])
    for gradients, after in zip(GRADIENTS, expected, strict=True):
        assert weights.step(gradients) == pytest.approx(after, abs=2e-5)


@pytest.mark.parametrize(
    ("clipping", "kernel", "bias"),
    [
        ({"clipnorm": 1.0}, -1.0, -1.0),
        ({"global_clipnorm": 1.0}, -(0.2**0.5), -(0.8**0.5)),
        ({"global_clipnorm": 100.0}, -3.0, -6.0),
    ],
)
def test_a_norm_is_that_of_each_array_or_of_all_together(clipping, kernel, bias):
    model = fastmlp.Sequential([layers.Input((1,)), layers.Dense(1)])
    model.compile(optimizers.SGD(1.0, **clipping), "mse")
    model.set_weights([[[0.0]], [0.0]])
    # The gradients are 3 for the kernel and 6 for the bias.
    model.train_on_batch([[0.5]], [[-3.0]])
    found = [float(weight.item()) for weight in model.get_weights()]
    assert found == pytest.approx([kernel, bias], rel=1e-5)


COMMON = {
    "weight_decay": None,
    "clipnorm": None,
    "global_clipnorm": None,
    "clipvalue": None,
    "use_ema": False,
    "ema_momentum": 0.99,
    "ema_overwrite_frequency": None,
    "loss_scale_factor": None,
    "gradient_accumulation_steps": None,
}
NADAM = {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}
ADAM = {**NADAM, "amsgrad": False}


@pytest.mark.parametrize(
    ("optimizer", "name", "rate", "others"),
    [
        (
            optimizers.RMSprop,
            "rm_sprop",
            0.0010000000474974513,
            {"rho": 0.9, "momentum": 0.0, "epsilon": 1e-7, "centered": False},
        ),
        (
            optimizers.SGD,
            "sgd",
            0.009999999776482582,
            {"momentum": 0.0, "nesterov": False},
        ),
        (
            optimizers.Adagrad,
            "adagrad",
            0.0010000000474974513,
            {"initial_accumulator_value": 0.1, "epsilon": 1e-7},
        ),
        (optimizers.Adam, "adam", 0.0010000000474974513, ADAM),
        (
            optimizers.AdamW,
            "adam_w",
            0.0010000000474974513,
            {**ADAM, "weight_decay": 0.004},
        ),
        (optimizers.Adamax, "adamax", 0.0010000000474974513, NADAM),
        (optimizers.Nadam, "nadam", 0.0010000000474974513, NADAM),
        (
            optimizers.Adadelta,
            "adadelta",
            0.0010000000474974513,
            {"rho": 0.95, "epsilon": 1e-7},
        ),
        (
            optimizers.Lion,
            "lion",
            0.0010000000474974513,
            {"beta_1": 0.9, "beta_2": 0.99},
        ),
        (
            optimizers.Ftrl,
            "ftrl",
            0.0010000000474974513,
            {
                "learning_rate_power": -0.5,
                "initial_accumulator_value": 0.1,
                "l1_regularization_strength": 0.0,
                "l2_regularization_strength": 0.0,
                "l2_shrinkage_regularization_strength": 0.0,
                "beta": 0.0,
            },
        ),
    ],
)
def test_the_defaults_are_those_of_keras(optimizer, name, rate, others):
    expected = {"name": name, "learning_rate": rate, **COMMON, **others}
    assert optimizer().get_config() == expected


@pytest.mark.parametrize(
    ("optimizer", "arguments", "names"),
    [
        (
            optimizers.RMSprop,
            (0.5, 0.8, 0.1, 1e-6, True),
            ("learning_rate", "rho", "momentum", "epsilon", "centered"),
        ),
        (optimizers.SGD, (0.5, 0.1, True), ("learning_rate", "momentum", "nesterov")),
        (
            optimizers.Adagrad,
            (0.5, 0.25, 1e-6),
            ("learning_rate", "initial_accumulator_value", "epsilon"),
        ),
        (
            optimizers.Adam,
            (0.5, 0.8, 0.7, 1e-6, True),
            ("learning_rate", "beta_1", "beta_2", "epsilon", "amsgrad"),
        ),
        (
            optimizers.AdamW,
            (0.5, 0.1, 0.8, 0.7, 1e-6, True),
            ("learning_rate", "weight_decay", "beta_1", "beta_2", "epsilon", "amsgrad"),
        ),
        (
            optimizers.Adamax,
            (0.5, 0.8, 0.7, 1e-6),
            ("learning_rate", "beta_1", "beta_2", "epsilon"),
        ),
        (
            optimizers.Nadam,
            (0.5, 0.8, 0.7, 1e-6),
            ("learning_rate", "beta_1", "beta_2", "epsilon"),
        ),
        (optimizers.Adadelta, (0.5, 0.8, 1e-6), ("learning_rate", "rho", "epsilon")),
        (optimizers.Lion, (0.5, 0.8, 0.7), ("learning_rate", "beta_1", "beta_2")),
        (
            optimizers.Ftrl,
            (0.5, -0.25, 0.25, 0.125, 0.1, 0.2, 0.3),
            (
                "learning_rate",
                "learning_rate_power",
                "initial_accumulator_value",
                "l1_regularization_strength",
                "l2_regularization_strength",
                "l2_shrinkage_regularization_strength",
                "beta",
            ),
        ),
    ],
)
def test_arguments_come_in_the_order_of_keras(optimizer, arguments, names):
    config = optimizer(*arguments).get_config()
    assert tuple(config[name] for name in names) == arguments


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: optimizers.SGD(foo=1), ValueError, "not recognized by SGD: foo"),
        (
            lambda: optimizers.SGD(loss_scale_factor=2.0),
            ValueError,
            "not support `loss_scale_factor`",
        ),
        (lambda: optimizers.SGD(ema_momentum=2), ValueError, "ema_momentum.*0 to 1"),
        (
            lambda: optimizers.SGD(ema_overwrite_frequency=2),
            ValueError,
            "use_ema=True: add that",
        ),
        (
            lambda: optimizers.SGD(gradient_accumulation_steps=1),
            ValueError,
            "gradient_accumulation_steps .*2",
        ),
        (lambda: optimizers.SGD(momentum=2.0), ValueError, "from 0 to 1, not 2"),
        (lambda: optimizers.SGD("fast"), TypeError, "learning_rate must be a number"),
        (lambda: optimizers.RMSprop(rho=1.0), ValueError, "rho .*below 1"),
        (lambda: optimizers.RMSprop(epsilon=0), ValueError, "epsilon must be positive"),
        (lambda: optimizers.Adagrad(0.1, -1), ValueError, "accumulator_value .*0"),
        (
            lambda: optimizers.Adagrad(0.1, 1e39),
            ValueError,
            "accumulator_value .*float32",
        ),
        (lambda: optimizers.Adam(beta_2=1.0), ValueError, "beta_2 .*below 1"),
        (lambda: optimizers.Adam(clipnorm=0), ValueError, "clipnorm must be positive"),
        (
            lambda: optimizers.Adam(clipnorm=1, clipvalue=1),
            ValueError,
            "Only one of `clipnorm`, `clipvalue` and `global_clipnorm`",
        ),
        (lambda: optimizers.AdamW(weight_decay=None), TypeError, "weight_decay"),
        (lambda: optimizers.Lion(beta_1=0), ValueError, "beta_1 .*above 0"),
        (lambda: optimizers.Ftrl(0.1, 0.5), ValueError, "power .*at most 0"),
        (
            lambda: optimizers.Ftrl(l1_regularization_strength=-1),
            ValueError,
            "l1_regularization_strength .*at least 0",
        ),
        (lambda: optimizers.get("lamb"), ValueError, "has no lamb.*sgd"),
        (lambda: optimizers.get("addam"), ValueError, "Did you mean 'adam'"),
    ],
)
def test_what_an_optimizer_cannot_do_is_said_at_once(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_the_learning_rate_reads_back_as_float32():
    optimizer = optimizers.SGD()
    for value in (0.1, np.float32(0.1), np.float64(0.1), np.array(0.1)):
        optimizer.learning_rate = value
        assert isinstance(optimizer.learning_rate, float)
        assert optimizer.learning_rate == float(np.float32(0.1))


def test_learning_rate_and_iterations_have_the_words_of_variables():
    optimizer = optimizers.SGD(0.5)
    rate, count = optimizer.learning_rate, optimizer.iterations
    assert (rate.name, rate.path, rate.shape) == (
        "learning_rate", "sgd/learning_rate", (),
    )  # fmt: skip
    assert (count.name, count.path) == ("iteration", "sgd/iteration")
    assert rate.assign(0.25) == optimizer.learning_rate == 0.25
    assert rate.assign_add(0.25) == 0.5
    assert rate.assign_sub(0.375) == 0.125
    assert count.assign(3) == optimizer.iterations == 3
    # As numbers they are what they were; asked again, what the optimizer has.
    assert (rate, count) == (0.5, 0)
    assert (rate.numpy(), rate.value, count.numpy()) == (0.125, 0.125, 3)
    assert rate.numpy().dtype == np.float32
    with pytest.raises(ValueError, match="at least 0"):
        rate.assign(-1)
    for one in (pickle.loads(pickle.dumps(rate)), copy.deepcopy(rate)):
        assert type(one) is float


def test_the_learning_rate_has_its_older_name_with_a_warning():
    optimizer = optimizers.SGD(0.5)
    with pytest.warns(UserWarning, match="`lr` of optimizers is called"):
        optimizer.lr = 0.25
    with pytest.warns(UserWarning, match="`lr` of optimizers is called"):
        assert optimizer.lr == optimizer.learning_rate == 0.25


def test_decay_divides_the_learning_rate_as_keras_2_did():
    with pytest.warns(UserWarning, match="`decay` of SGD is a schedule.*`lr`") as said:
        optimizer = optimizers.SGD(lr=0.5, decay=0.25)
    assert len(said) == 1
    weights = Weights(optimizer, [10.0])
    steps = np.diff([10.0, *(weights.step([1.0])[0] for _ in range(3))])
    assert steps == pytest.approx([-0.5, -0.5 / 1.25, -0.5 / 1.5], abs=1e-6)
    # What is read and set is what the division starts from.
    assert optimizer.learning_rate == 0.5
    optimizer.learning_rate = 1.75
    assert weights.step([1.0]) - weights.values() == 0
    assert optimizer.rates(1)[0, 0] == 1.75 / 2
    twin = type(optimizer).from_config(optimizer.get_config())
    twin.iterations = 4
    assert twin.learning_rate == 1.75 / 2
    assert eval(repr(optimizer), vars(optimizers) | vars(optimizers.schedules))


def test_what_keras_2_wrote_into_configurations_is_read_in_silence():
    words = {"lr": 0.5, "decay": 0.0, "jit_compile": True, "is_legacy_optimizer": False}
    assert optimizers.Adam.from_config(words).learning_rate == 0.5


@pytest.mark.parametrize(
    "older", ["legacy.Adam", "experimental.Adam", "adam_v2.Adam", "adam"]
)
def test_optimizers_are_found_in_their_older_places(older):
    *places, name = older.split(".")
    place = optimizers
    for one in places:
        place = getattr(place, one)
    with pytest.warns(UserWarning, match=r"is optimizers\.Adam now"):
        assert getattr(place, name) is optimizers.Adam


def test_places_that_never_were_are_refused():
    with pytest.raises(AttributeError, match="no attribute 'foo'"):
        _ = optimizers.foo
    with pytest.raises(AttributeError, match=r"There is no optimizer 'Foo'.*Adam"):
        _ = optimizers.legacy.Foo


@pytest.mark.filterwarnings("ignore:`decay` of SGD is a schedule")
def test_decay_is_a_number_from_0_beside_a_number():
    with pytest.raises(ValueError, match="decay must be at least 0"):
        optimizers.SGD(decay=-1)
    with pytest.raises(ValueError, match=r"set by a schedule .* leave decay out"):
        optimizers.SGD(optimizers.schedules.CosineDecay(0.1, 5), decay=0.1)
    optimizer = optimizers.SGD(0.1, decay=0.5)
    optimizer.learning_rate = optimizers.schedules.CosineDecay(0.25, 5)
    assert optimizer.rates(1)[0, 0] == optimizer.learning_rate == 0.25


def test_whole_numbers_are_settings_too():
    optimizer = optimizers.RMSprop(1, rho=0, momentum=1, epsilon=1)
    assert optimizer.settings() == {"rho": 0, "epsilon": 1, "momentum": 1}
    assert optimizer.learning_rate == 1


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("rmsprop", optimizers.RMSprop),
        ("RMSprop", optimizers.RMSprop),
        ("RMSPROP", optimizers.RMSprop),
        ("sgd", optimizers.SGD),
        ("SGD", optimizers.SGD),
        ("adagrad", optimizers.Adagrad),
        ("adam", optimizers.Adam),
        ("ADAM", optimizers.Adam),
        ("AdamW", optimizers.AdamW),
        ("nadam", optimizers.Nadam),
        ("Ftrl", optimizers.Ftrl),
        ({"class_name": "Adam", "config": {"beta_1": 0.5}}, optimizers.Adam),
    ],
)
def test_names_come_in_any_case(name, expected):
    assert type(optimizers.get(name)) is expected


def test_an_optimizer_object_is_taken_as_it_is():
    optimizer = optimizers.SGD(0.5)
    assert optimizers.get(optimizer) is optimizer


OPTIMIZERS = [
    optimizers.RMSprop(0.5, 0.8, 0.1, 1e-6, True, name="mine"),
    optimizers.SGD(0.5, momentum=0.9, nesterov=True, clipvalue=1.0),
    optimizers.Adagrad(0.5, 0.25),
    optimizers.Adam(0.5, amsgrad=True, weight_decay=0.1, global_clipnorm=1.0),
    optimizers.AdamW(0.5, clipnorm=1.0),
    optimizers.Adadelta(0.5, 0.8),
    optimizers.Adamax(0.5, 0.8),
    optimizers.Nadam(0.5, 0.8),
    optimizers.Lion(0.5, 0.8),
    optimizers.Ftrl(0.5, -0.25, l1_regularization_strength=0.125),
    optimizers.SGD(0.5, use_ema=True, ema_momentum=0.9, ema_overwrite_frequency=3),
    optimizers.SGD(0.5, gradient_accumulation_steps=3),
]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_config_and_repr_make_the_optimizer_again(optimizer):
    expected = optimizer.get_config()
    assert type(optimizer).from_config(expected).get_config() == expected
    assert eval(repr(optimizer), vars(optimizers)).get_config() == expected
    assert (
        optimizers.deserialize(optimizers.serialize(optimizer)).get_config() == expected
    )


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
        twin.epsilon = 0.3


# -- Averages ----------------------------------------------------------------------


def test_the_weights_become_their_average_when_fit_ends():
    model = fastmlp.Sequential([layers.Input((1,)), layers.Dense(1, use_bias=False)])
    model.compile(optimizers.SGD(0.5, use_ema=True, ema_momentum=0.75), "mae")
    model.set_weights([[[10.0]]])
    # The gradient is 1 throughout, so the weights are 9.5, 9, 8.5.
    model.fit([[1.0]] * 3, [[0.0]] * 3, batch_size=1, verbose=0)
    average = 0.75 * (0.75 * 9.5 + 0.25 * 9) + 0.25 * 8.5
    assert model.get_weights()[0].item() == average
    # And go on from there.
    model.train_on_batch([[1.0]], [[0.0]])
    assert model.get_weights()[0].item() == average - 0.5
    model.optimizer.finalize_variable_values(model.trainable_weights)
    average = 0.75 * average + 0.25 * (average - 0.5)
    assert model.get_weights()[0].item() == pytest.approx(average, abs=1e-6)


def test_the_average_takes_over_after_so_many_steps():
    optimizer = optimizers.SGD(
        0.5, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=2
    )
    weights = Weights(optimizer, [10.0])
    after = [weights.step([1.0])[0] for _ in range(3)]
    # The average is 9.5, then (9.5 + 9) / 2, which the weight becomes.
    assert after == pytest.approx([9.5, 9.25, 8.75], abs=1e-5)


def test_a_step_of_several_batches_takes_their_mean_gradient():
    optimizer = optimizers.SGD(0.5, gradient_accumulation_steps=3)
    weights = Weights(optimizer, [10.0])
    after = [weights.step([gradient])[0] for gradient in (1, 2, 6, 1, 1, 4)]
    assert after == pytest.approx([10, 10, 8.5, 8.5, 8.5, 7.5], abs=1e-5)
    assert optimizer.iterations == 2
    assert optimizer.batches_done == 6
    optimizer.iterations = 5
    assert optimizer.batches_done == 15


def test_layers_that_no_output_needs_keep_their_weights():
    x = layers.Input((1,))
    needed, other = layers.Dense(1), layers.Dense(1)
    both = fastmlp.Model(x, [needed(x), other(x)])
    inputs = layers.Input((1,))
    model = fastmlp.Model(inputs, both(inputs)[0])
    model.compile(optimizers.SGD(use_ema=True), "mse")
    before = other.get_weights()
    model.fit([[1.0]], [[5.0]], verbose=0)
    assert [one.tolist() for one in before] == [
        one.tolist() for one in other.get_weights()
    ]
    assert needed.bias != 0


# -- Steps by hand -----------------------------------------------------------------

MORE_STEPS = {
    "an average": lambda: optimizers.Adam(0.1, use_ema=True, ema_overwrite_frequency=2),
    "several batches": lambda: optimizers.SGD(0.1, gradient_accumulation_steps=2),
    "decay": lambda: optimizers.Nadam(0.1, weight_decay=0.5, clipvalue=0.25),
}


@pytest.mark.parametrize(
    "make",
    [
        *(lambda one=one: copy.deepcopy(one) for one, _ in STEPS.values()),
        *MORE_STEPS.values(),
    ],
    ids=[*STEPS, *MORE_STEPS],
)
def test_apply_takes_the_steps_that_a_model_takes(make):
    optimizer = make()
    optimizer.forget()
    by_hand, weights = make(), Weights(optimizer, [1.0, 2.0, 3.0, 4.0])
    by_hand.forget()
    w = np.float32([1, 2, 3, 4])
    for step, gradients in enumerate([*GRADIENTS, *GRADIENTS]):
        if step % 2:
            by_hand.apply([gradients], [w])
        else:
            assert by_hand.apply_gradients([(gradients, w)]) == step + 1
        assert w == pytest.approx(weights.step(gradients), abs=2e-5)
    assert by_hand.iterations == optimizer.iterations


def test_apply_changes_the_weights_of_a_model_and_what_its_optimizer_remembers():
    model = fastmlp.Sequential(
        [
            layers.Input((1,)),
            layers.Dense(2, kernel_constraint="non_neg", bias_initializer="ones"),
        ]
    )
    model.compile(optimizers.SGD(0.5, momentum=0.5), "mse")
    model.set_weights([[[1.0, 0.25]], [1.0, 1.0]])
    kernel, bias = model.trainable_weights
    gradients = [np.ones((1, 2)), None]
    with pytest.warns(UserWarning, match="Without gradients.*bias"):
        model.optimizer.apply_gradients(zip(gradients, [kernel, bias], strict=True))
    assert kernel.numpy().tolist() == [[0.5, 0.0]]
    assert bias.numpy().tolist() == [1.0, 1.0]
    # `fit` goes on with the momentum: -0.25 - 0.5 times a gradient of 0.
    model.fit([[0.0]], [[1.0, 1.0]], verbose=0)
    assert kernel.numpy().tolist() == [[0.25, 0.0]]
    assert model.optimizer.iterations == 2


def test_variables_are_what_files_have():
    model = fastmlp.Sequential(
        [layers.Input((1,)), layers.Dense(2, name="only")], name="model"
    )
    model.compile(optimizers.Adam(0.5, use_ema=True), "mse")
    assert [int(one.numpy()) for one in model.optimizer.variables[:1]] == [0]
    model.train_on_batch([[1.0]], [[1.0, 1.0]])
    found = [(one.path, one.shape) for one in model.optimizer.variables]
    assert found == [
        ("adam/iteration", ()),
        ("adam/learning_rate", ()),
        *((f"adam/model_only_{one}", shape) for one, shape in [
            ("kernel_average", (1, 2)), ("bias_average", (2,)),
            ("kernel_momentum", (1, 2)), ("kernel_velocity", (1, 2)),
            ("bias_momentum", (2,)), ("bias_velocity", (2,)),
        ]),
    ]  # fmt: skip
    model.optimizer.variables[-1].assign([0.5, 0.25])
    assert model.optimizer.memory()[-1].tolist() == [0.5, 0.25]


def test_weights_may_be_left_out_of_weight_decay():
    weights = [[[1.0, 2.0]], [3.0, 4.0]]
    kept = []
    for choose in (
        lambda one, model: one.exclude_from_weight_decay(var_names=["bias"]),
        lambda one, model: one.exclude_from_weight_decay([model.weights[1]]),
    ):
        model = fastmlp.Sequential([layers.Input((1,)), layers.Dense(2)])
        model.set_weights(weights)
        optimizer = optimizers.AdamW(0.5, weight_decay=0.5)
        choose(optimizer, model)
        model.compile(optimizer, "mse")
        # Without an error, Adam does not move.
        model.fit([[1.0]], [[4.0, 6.0]], verbose=0)
        kept.append([one.tolist() for one in model.get_weights()])
        with pytest.raises(ValueError, match="comes before the first step"):
            optimizer.exclude_from_weight_decay(var_names=["kernel"])
    assert kept == [[[[0.75, 1.5]], [3.0, 4.0]]] * 2


def test_a_weight_that_is_no_row_is_remembered_as_all_others_are():
    # A plan has the alpha of a PReLU as a row, whatever the shape of a sample.
    prelu = layers.PReLU(alpha_initializer="ones")
    model = fastmlp.Sequential([layers.Input((2, 3)), prelu, layers.Flatten()])
    optimizer = optimizers.AdamW(0.5, weight_decay=0.5)
    optimizer.exclude_from_weight_decay([prelu.weights[0]])
    model.compile(optimizer, "mse")
    x = -np.ones((1, 2, 3))
    model.train_on_batch(x, x.reshape(1, 6))  # Without an error, Adam does not move.
    assert (prelu.get_weights()[0] == 1).all()
    model.train_on_batch(x, np.zeros((1, 6)))
    momentum, velocity = optimizer.memory()
    assert momentum.shape == velocity.shape == (2, 3)
    assert momentum.all() and velocity.all()


@pytest.mark.parametrize(
    ("mistake", "error", "message"),
    [
        (lambda o, w: o.apply([[1.0, 2.0]]), ValueError, "needs the weights"),
        (lambda o, w: o.apply([[1.0]], [w]), ValueError, r"shape, \(2,\), not \(1,\)"),
        (lambda o, w: o.apply(["a"], [w]), TypeError, "gradient of variable"),
        (lambda o, w: o.apply([None], [w]), ValueError, "No gradients provided"),
        (lambda o, w: o.apply([[1, 2], [1, 2]], [w]), ValueError, "2 gradients, but 1"),
        (lambda o, w: o.apply([[1.0]], [[1.0]]), TypeError, "in their places: .*list"),
        (lambda o, w: o.apply_gradients([1.0]), ValueError, "pairs of a gradient"),
        (lambda o, w: o.apply_gradients([(w,)]), ValueError, "pairs of a gradient"),
    ],
)
def test_what_apply_cannot_do_changes_nothing(mistake, error, message):
    optimizer, w = optimizers.SGD(), np.ones(2, np.float32)
    with pytest.raises(error, match=message):
        mistake(optimizer, w)
    assert (optimizer.iterations, w.tolist(), optimizer.built) == (0, [1, 1], False)


def test_other_variables_than_those_of_the_first_step_are_refused():
    optimizer, w = optimizers.SGD(), np.ones(2, np.float32)
    optimizer.apply([[1.0, 2.0]], [w])
    with pytest.raises(ValueError, match=r"Unknown variable.*make a new one"):
        optimizer.apply([[1.0, 2.0]], [w.copy()])
    assert optimizer.built


def test_a_copy_of_an_optimizer_that_was_used_by_hand_goes_on():
    optimizer, w = optimizers.SGD(0.5, momentum=0.5), np.zeros(1, np.float32)
    optimizer.apply([[1.0]], [w])
    twin = copy.deepcopy(optimizer)
    assert twin.memory()[0].tolist() == [-0.5]
