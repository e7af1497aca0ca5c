"""`fastmlp.inspect.explain_step` tells the step that training takes."""

import copy
import inspect
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from keras_graphs import NETWORKS

import fastmlp
from fastmlp import (
    Input,
    Sequential,
    layers,
    ops,
    optimizers,
    reference,
    tables,
)
from fastmlp._util.random import generator
from fastmlp.inspect import explain_step
from fastmlp.inspect._equations import optimizer_steps, with_numbers
from fastmlp.inspect._model import all_weights
from fastmlp.kernels import _loading

rng = np.random.default_rng(11)
X = rng.normal(size=(6, 4)).astype(np.float32)
Y = rng.normal(size=(6, 3)).astype(np.float32)
LABELS = np.array([0, 2, 1, 1, 0, 2])


@pytest.fixture(autouse=True)
def the_same_weights():
    """Where a gradient is nearly 0, Adam makes steps of what it is rounded to."""
    fastmlp.utils.set_random_seed(4)


def a_row(*hidden, optimizer="sgd", loss="mse", activation=None):
    last = layers.Dense(3, activation, name="last")
    model = Sequential([Input((4,)), *hidden, last], name="row")
    model.compile(optimizer, loss)
    return model


def assert_is_the_step(model, x, y, *data, bits=False, **shown):
    """Assert that a model then takes the step that was explained; return the story."""
    before = [one.copy() for one in model.get_weights()]
    random = generator().bit_generator.state
    found = explain_step(model, x, y, *data, **shown)
    for old, now in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, now)
    assert generator().bit_generator.state == random
    logs = model.train_on_batch(x, y, *data, return_dict=True)
    np.testing.assert_allclose(found.loss, logs["loss"], rtol=1e-5)
    after = all_weights(model._network)
    assert found.weights
    for name, weight in found.weights.items():
        if bits:
            np.testing.assert_array_equal(weight, after[name], name)
        else:
            np.testing.assert_allclose(weight, after[name], rtol=1e-5, atol=1e-6)
    return repr(found)


# -- The step is the real one -----------------------------------------------------


@pytest.mark.parametrize("name", NETWORKS)
def test_it_is_the_step_of_any_network(name):
    task = NETWORKS[name](fastmlp)
    text = assert_is_the_step(task.model, task.x, task.y, task.sample_weight)
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "gelu"])
@pytest.mark.parametrize("optimizer", ["rmsprop", "adam", "sgd"])
def test_it_is_the_step_again_and_again(activation, optimizer):
    model = a_row(layers.Dense(8, activation), optimizer=optimizer)
    for _ in range(3):
        assert_is_the_step(model, X, Y)


@pytest.mark.parametrize("bits", [False, True])
def test_on_numpy_it_is_the_step_to_the_last_bit(bits, monkeypatch):
    if bits:
        monkeypatch.setattr(_loading, "compiled", None)
    model = a_row(
        # A bias here has a gradient of roundings alone, which Adam makes steps of.
        layers.Dense(8, use_bias=False, kernel_regularizer="l2"),
        layers.BatchNormalization(),
        layers.Activation("relu"),
        layers.Dropout(0.5),
        optimizer="adam",
        loss="sparse_categorical_crossentropy",
        activation="softmax",
    )
    for _ in range(3):
        assert_is_the_step(model, X, LABELS, bits=bits)


@pytest.mark.parametrize(
    "optimizer",
    [
        optimizers.SGD(0.01, momentum=0.9),
        optimizers.SGD(0.01, momentum=0.9, nesterov=True),
        optimizers.RMSprop(0.01, momentum=0.5, centered=True),
        optimizers.Adam(0.01, amsgrad=True),
        optimizers.AdamW(0.01, weight_decay=0.1),
        optimizers.Adam(0.01, global_clipnorm=0.1),
        optimizers.Adam(0.01, clipnorm=0.1),
        optimizers.Adam(0.01, clipvalue=0.01),
        optimizers.SGD(0.01, use_ema=True),
        optimizers.Adam(0.01, gradient_accumulation_steps=2),
        *(optimizers.Nadam(0.01), optimizers.Adamax(0.01), optimizers.Lion(0.01)),
        *(optimizers.Adagrad(0.01), optimizers.Adadelta(0.01), optimizers.Ftrl(0.01)),
    ],
    ids=repr,
)
def test_it_is_the_step_of_any_optimizer(optimizer):
    model = a_row(layers.Dense(4, "tanh"), optimizer=copy.deepcopy(optimizer))
    for _ in range(3):
        text = assert_is_the_step(model, X, Y)
        for line in re.findall(r"\n    \S+\[[\d, ]+\] <- (?:[^\n]|\n      )+", text):
            equation = " ".join(line.split("<- ")[1].split())
            *right, result = equation.split(" = ")
            assert_close(evaluated(right[0]), float(result), right[0])


def assert_close(found, shown, equation):
    """Assert that a number is what was shown, but for the digits that were not."""
    numbers = map(float, re.findall(r"\d[\d.]*(?:e-\d+)?", equation))
    assert abs(found - shown) <= 2e-3 * max(abs(shown), *numbers), equation


def evaluated(equation):
    """Return what an equation in numbers comes to."""
    code = equation.replace("·", "*").replace("^", "**")
    names = {"sqrt": np.sqrt, "sign": np.sign, "clip": np.clip, "max": max, "abs": abs}
    return eval(code, names)  # It is ours.


@pytest.mark.filterwarnings("ignore:The loss")  # A sigmoid is odd for some.
@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
@pytest.mark.parametrize(
    "loss",
    [
        *("categorical_crossentropy", "binary_crossentropy", "kl_divergence"),
        *("categorical_focal_crossentropy", "binary_focal_crossentropy", "poisson"),
        *("mean_squared_error", "mean_absolute_error", "huber", "log_cosh"),
        *("mean_absolute_percentage_error", "mean_squared_logarithmic_error"),
        *("cosine_similarity", "hinge", "squared_hinge", "categorical_hinge"),
    ],
)
def test_it_is_the_step_of_any_loss(loss, activation):
    model = a_row(loss=loss, activation=activation)
    y = np.eye(3)[LABELS] + (0.5 if "percentage" in loss else 0)
    assert "loss =" in assert_is_the_step(model, X, y)


# -- The story --------------------------------------------------------------------

HAND_X = np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 1.0]])
HAND_LABELS = np.array([0, 1, 1])


def by_hand():
    """Return the network of ONE_BATCH.md."""
    hidden = layers.Dense(3, "relu", name="hidden")
    model = Sequential([Input((2,)), hidden, layers.Dense(2, "softmax", name="last")])
    model.compile(optimizers.RMSprop(0.1), "sparse_categorical_crossentropy")
    w1 = [[0.5, -1.0, 1.0], [1.0, 0.5, -0.5]]
    w2 = [[0.5, -0.5], [-1.0, 1.0], [1.0, 0.0]]
    model.set_weights([w1, [0.0, 0.5, 0.0], w2, [0.0, 0.5]])
    return model


def test_it_has_the_numbers_of_one_batch_by_hand():
    text = assert_is_the_step(by_hand(), HAND_X, HAND_LABELS)
    for line in (
        "z1 = x w1 + b1",
        "z1[0, 0] = 1 · 0.5 + 0 · 1 + 0 = 0.5",
        "h1 = max(z1, 0), element by element",
        "z2[0, 0] = 0.5 · 0.5 + 0 · (-1) + 1 · 1 + 0 = 1.25",
        "p = softmax(z2) and loss = -sum_j t_j log p_j in one",
        "row 0     1     0  0.7311   0.2689  0.3133",
        "loss = 0.3333 · (0.3133 + 0.2014 + 3.049) = 1.188",
        "dh1 = dz2 w2^T",
        "dw2[0, 0] = 0.5 · (-0.08965) + 1 · 0.06081 + 2 · 0.3175 = 0.651",
        "dz1 = dh1 where h1 > 0, else 0",
        "v <- rho v + (1 - rho) dw^2",
        "v[0, 0] <- 0.9 · 0 + (1 - 0.9) · 0.5454^2 = 0.02975",
        "w1[0, 0] <- 0.5 - 0.1 · 0.5454 / sqrt(0.02975 + 1e-07) = 0.1838",
        "loss = 0.565 with these weights, 1.188 before",
    ):
        assert re.search(rf"\n +{re.escape(line)}(\n|$)", text), line


def test_of_several_sources_those_that_learn_get_a_gradient():
    inputs = Input((4,))
    hidden = layers.Dense(4, "tanh", name="hidden")(inputs)
    both = layers.Concatenate(name="both")([hidden, inputs])
    left, right = layers.Dense(3)(both), layers.Dense(3)(hidden)
    for merge, words in (
        (layers.Add, "dh3 = dh4 = dh5"),
        (layers.Subtract, "dh3 = dh5, dh4 = -dh5"),
        (layers.Average, "dh3 = dh4 = dh5 / 2"),
        (layers.Multiply, "dh3 = dh5 h4, dh4 = dh5 h3"),
        (layers.Maximum, "dh5 goes to the one of h3, h4 that was taken"),
    ):
        model = fastmlp.Model(inputs, merge()([left, right]))
        model.compile("sgd", "mse")
        text = assert_is_the_step(model, X, Y)
        # Which of both layers is called h3 is the graph's choice.
        assert re.sub("h[34]", "h", f"\n    {words}\n") in re.sub("h[34]", "h", text)
        assert "dh1 is its part of dh" in text
        assert "dh1 is the sum of what 2 places say" in text


def test_rows_and_units_can_be_chosen():
    found = explain_step(a_row(layers.Dense(9, "relu")), X, Y, rows=[4], units=[0, 7])
    text = repr(found)
    assert "row 4" in text
    assert "row 0" not in text
    assert re.search(r"h1 +unit 0 +unit 7\n", text)


def test_the_right_classes_are_in_sight():
    model = Sequential([Input((4,)), layers.Dense(50, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    text = repr(explain_step(model, X, [40, 41, 42, 0, 0, 0], rows=3, units=3))
    assert re.search(r"t\[40\] +t\[41\] +t\[42\]", text)


def test_what_cannot_be_explained_is_said():
    def swish(x):
        return x * ops.sigmoid(x)

    def cubic(y_true, y_pred):
        return ops.mean(ops.abs(y_true - y_pred) ** 3, axis=-1)

    own = layers.Lambda(lambda x: x * 2, name="double")
    model = a_row(layers.Dense(3, swish, name="first"), own, loss=cubic)
    text = " ".join(assert_is_the_step(model, X, Y).split())
    for words in (
        "The activation of layer 'first' is Python code of your own",
        "Layer 'double' is Python code of your own",
        "The loss 'cubic' is Python code of your own",
        "gives its gradient itself",
    ):
        assert words in text


class OfAnyShape(layers.Layer):
    """A layer with a weight that is a number, and one of three axes."""

    def build(self, input_shape):
        self.scale = self.add_weight((), "ones", name="scale")
        self.cube = self.add_weight((2, 3, input_shape[-1]), "ones", name="cube")

    def call(self, x):
        return x * self.scale + ops.sum(self.cube, axis=(0, 1))


def test_weights_of_ones_own_may_have_any_shape():
    text = assert_is_the_step(a_row(OfAnyShape(name="own")), X, Y)
    assert re.search(r"\ndcube1 +\[0, 0, 0\] +\[0, 0, 1\]", text.replace("      ", ""))
    assert "scale1: own/scale" in text


def test_a_row_for_each_step_of_a_table():
    kinds = [layers.PReLU(), layers.LayerNormalization(), layers.Permute((2, 1))]
    pooled = layers.GlobalMaxPooling1D()
    model = Sequential([Input((4, 3)), layers.Dense(3), *kinds, pooled])
    model.compile("adam", "mse")
    assert_is_the_step(model, rng.normal(size=(6, 4, 3)), rng.normal(size=(6, 4)))


def test_every_layer_has_its_heading_both_ways():
    model = a_row(
        layers.Rescaling(0.5, name="scaled"),
        layers.Dense(3, name="frozen", trainable=False),
        layers.Reshape((1, 3), name="shape"),
        layers.Flatten(name="flat"),
    )
    text = assert_is_the_step(model, X, Y)
    for name in ("scaled", "frozen", "shape", "flat", "last"):
        assert len(re.findall(rf"\n\d {name}: ", text)) == 2
    assert "Neither it nor what comes before it learns" in text


def test_weights_of_rows_and_penalties_are_part_of_the_loss():
    hidden = layers.Dense(3, kernel_regularizer="l1", activity_regularizer="l2")
    text = assert_is_the_step(a_row(hidden), X, Y, np.arange(6.0))
    assert "weight\n" in text
    assert re.search(r"\+ 0.01 sum \|w1\| = \S+, the penalty for w1\n", text)
    assert re.search(r"\+ \(0.01 sum h1\^2\) / 6 rows = ", text)


def test_wide_tables_are_cut_at_80_columns():
    model = a_row(layers.Dense(30, "relu"))
    text = repr(explain_step(model, X, Y, units=20))
    assert max(map(len, text.splitlines())) <= 80


class Tags(HTMLParser):
    """Counts the tags that are open, and keeps the text."""

    def __init__(self):
        super().__init__()
        self.open, self.text = [], ""

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_in_a_notebook_it_is_a_page_without_scripts_and_addresses():
    html = explain_step(by_hand(), HAND_X, HAND_LABELS)._repr_html_()
    tags = Tags()
    tags.feed(html)
    assert tags.open == []
    assert "z1[0, 0] = 1 · 0.5 + 0 · 1 + 0 = 0.5" in tags.text
    assert "<i>z</i><sub>1</sub> = <i>x</i> <i>w</i><sub>1</sub>" in html
    for part in ("<script", "http", "src=", "<style", "<img"):
        assert part not in html


def test_names_of_ones_own_are_escaped_in_html():
    model = Sequential([Input((4,)), layers.Dense(3, name="a<b")])
    model.compile("sgd", "mse")
    html = explain_step(model, X, Y)._repr_html_()
    assert "a<b" not in html
    assert "a&lt;b" in html


# -- Equations --------------------------------------------------------------------


@pytest.mark.parametrize("name", tables.OPTIMIZERS)
def test_the_steps_of_an_optimizer_are_those_of_its_kernel(name):
    """In float64, so that nothing but a wrong equation makes a difference."""
    function = getattr(reference, name)
    settings = {
        one.name: one.default
        for one in inspect.signature(function).parameters.values()
        if isinstance(one.default, (int, float))
    }
    settings |= {"momentum": 0.5} if "momentum" in settings else {}
    settings |= {"correction": 1.5} if "correction" in settings else {}
    letters = [letter.rstrip("?") for letter in tables.MEMORY[name]]
    memory = {letter: np.full(1, 0.5) for letter in letters}
    values = {"w": 0.25, "dw": -0.75, **{k: 0.5 for k in memory}, **settings}
    for step in optimizer_steps(name, settings, memory):
        target, right = step.split(" <- ")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("fastmlp.inspect._equations.number", lambda v: repr(float(v)))
            values[target] = float(evaluated(with_numbers(right, values)))
    w = np.array([0.25])
    function(w, np.array([-0.75]), **memory, **settings)
    np.testing.assert_allclose(values["w"], w[0], rtol=1e-12)
    for letter, array in memory.items():
        np.testing.assert_allclose(values[letter], array[0], rtol=1e-12)
