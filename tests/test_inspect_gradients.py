"""`fastmlp.inspect.gradients` and `count_dead_units`, which change nothing."""

import copy
import threading

import numpy as np
import pytest
from keras_graphs import NETWORKS

import fastmlp
from fastmlp import Input, Model, Sequential, inspect, layers, ops, optimizers
from fastmlp._util.random import generator
from fastmlp.inspect import count_dead_units, gradients

rng = np.random.default_rng(5)
X = rng.normal(size=(6, 4)).astype(np.float32)
Y = rng.normal(size=(6, 2)).astype(np.float32)


def a_row(*hidden, optimizer="sgd", loss="mse", **last):
    rows = [Input((4,)), *hidden, layers.Dense(2, name="last", **last)]
    model = Sequential(rows)
    model.compile(optimizer, loss)
    return model


def step_of_sgd(model, *data, **options):
    """Return by how much one step changes the weights that learn, minus that."""
    model = copy.deepcopy(model)
    model.compile(optimizers.SGD(1.0), model.loss)
    before = [one.numpy() for one in model.trainable_weights]
    model.train_on_batch(*data, **options)
    return [
        old - new.numpy()
        for old, new in zip(before, model.trainable_weights, strict=True)
    ]


def state_of(model):
    """Return all that training changes."""
    kept = [one.numpy() for one in model.weights]
    kept += [np.array(one.value) for one in model.optimizer.variables]
    return [one.tolist() for one in kept]


# -- Gradients --------------------------------------------------------------------


@pytest.mark.parametrize("name", NETWORKS)
def test_they_are_what_a_step_of_gradient_descent_takes_off(name):
    task = NETWORKS[name](fastmlp)
    data = (task.x, task.y, task.sample_weight)
    found = gradients(task.model, *data).values()
    model = copy.deepcopy(task.model)
    training = model._network.training
    model._network.compile(training._replace(optimizer=optimizers.SGD(1.0)))
    before = [one.numpy() for one in model.trainable_weights]
    model.train_on_batch(*data)
    for dw, old, new in zip(found, before, model.trainable_weights, strict=True):
        if new.constraint is None:  # Which moves it once more.
            np.testing.assert_allclose(dw, old - new, rtol=1e-4, atol=1e-6)


def test_they_have_the_names_and_shapes_of_weights():
    found = gradients(a_row(layers.Dense(3, name="first")), X, Y)
    shapes = {name: dw.shape for name, dw in found.items()}
    assert shapes == {
        "first/kernel": (4, 3),
        "first/bias": (3,),
        "last/kernel": (3, 2),
        "last/bias": (2,),
    }


def test_a_layer_that_does_not_learn_has_none():
    model = a_row(layers.Dense(3, name="first"))
    model.layers[0].trainable = False
    with pytest.raises(ValueError, match="`trainable` of a layer was changed"):
        gradients(model, X, Y)
    model.compile("sgd", "mse")
    assert list(gradients(model, X, Y)) == ["last/kernel", "last/bias"]


def test_regularizers_add_their_part():
    model = a_row(kernel_regularizer="l2")
    plain = a_row()
    plain.set_weights(model.get_weights())
    added = (
        gradients(model, X, Y)["last/kernel"] - gradients(plain, X, Y)["last/kernel"]
    )
    np.testing.assert_allclose(added, 0.02 * model.layers[0].kernel, atol=1e-6)


def test_they_are_not_clipped():
    limited = a_row(optimizer=optimizers.SGD(1.0, clipnorm=1e-3, weight_decay=0.5))
    plain = a_row()
    plain.set_weights(limited.get_weights())
    for one, other in zip(
        gradients(limited, X, Y).values(), gradients(plain, X, Y).values(), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_weights_of_rows_and_classes_count():
    model = a_row(activation="softmax", loss="sparse_categorical_crossentropy")
    labels = np.array([0, 1, 1, 0, 1, 1])
    weights = np.arange(6.0)
    for options in ({"sample_weight": weights}, {"class_weight": {0: 2.0, 1: 0.5}}):
        found = gradients(model, X, labels, **options)
        expected = step_of_sgd(model, X, labels, **options)
        for dw, step in zip(found.values(), expected, strict=True):
            np.testing.assert_allclose(dw, step, rtol=1e-4, atol=1e-6)


def test_dropout_leaves_out_what_the_next_step_leaves_out():
    model = a_row(layers.Dense(50, "relu"), layers.Dropout(0.5))
    for _ in range(3):
        found = list(gradients(model, X, Y).values())
        for dw, step in zip(found, step_of_sgd_as_it_is(model), strict=True):
            np.testing.assert_allclose(dw, step, rtol=1e-4, atol=1e-6)
        model.train_on_batch(X, Y)


def step_of_sgd_as_it_is(model):
    before = [one.numpy() for one in model.trainable_weights]
    twin = copy.deepcopy(model)
    twin.optimizer.learning_rate = 1.0
    twin.train_on_batch(X, Y)
    pairs = zip(before, twin.trainable_weights, strict=True)
    return [old - new.numpy() for old, new in pairs]


class Drawing(layers.Layer):
    """A layer that draws, counts, and has a metric's memory beside its weights."""

    def __init__(self, **common):
        super().__init__(**common)
        self.calls = 0

    def build(self, input_shape):
        self.w = self.add_weight((4,), name="w")
        self.seen = self.add_weight((1,), "zeros", trainable=False, name="seen")

    def call(self, x, training=False):
        self.calls += 1
        if not training:
            return x * self.w
        self.seen.assign_add([1.0])
        return x * self.w + fastmlp.random.normal((4,))


def test_nothing_of_the_model_and_of_chance_changes():
    drawing = Drawing(name="own")
    model = Sequential(
        [Input((4,)), drawing, layers.BatchNormalization(), layers.Dropout(0.3)]
    )
    model.compile(optimizers.Adam(use_ema=True), "mse", metrics=["mae", "r2_score"])
    targets = rng.normal(size=(6, 4))
    model.fit(X, targets, verbose=0)
    before, calls = state_of(model), drawing.calls
    random = generator().bit_generator.state
    assert len(gradients(model, X, targets)) == 3
    count_dead_units(model, X)
    assert state_of(model) == before
    assert generator().bit_generator.state == random
    assert drawing.calls == calls + 1  # By the trace alone, as `predict` does.


@pytest.mark.parametrize(
    "look", [inspect.gradients, inspect.check_gradients, inspect.explain_step]
)
def test_what_cannot_be_copied_is_said(look):
    class Locked(layers.Layer):
        def __init__(self):
            super().__init__()
            self.shut = threading.Lock()

        def call(self, x):
            return x

    model = Sequential([Locked(), layers.Dense(1)], name="shut")
    model.compile("sgd", "mse")
    complaint = f"^{look.__name__} takes the step on a copy.*'shut' holds.*lock"
    with pytest.raises(TypeError, match=complaint):
        look(model, np.ones((2, 3)), np.ones((2, 1)))


def test_a_model_that_is_not_built_yet_is_built_as_by_predict():
    model = Sequential([layers.Dense(2, name="only")])
    model.compile("sgd", "mse")
    found = gradients(model, X, Y)
    assert model.built
    np.testing.assert_allclose(found["only/kernel"], step_of_sgd(model, X, Y)[0], 1e-4)


def test_a_weight_that_no_output_needs_has_a_gradient_of_zeros():
    left, right = Input((4,)), Input((4,))
    inner = Model([left, right], [layers.Dense(2)(left), layers.Dense(3)(right)])
    first, second = Input((4,)), Input((4,))
    model = Model([first, second], inner([first, second])[0])
    model.compile("sgd", "mse")
    found = list(gradients(model, [X, X], Y).values())
    assert [dw.any() for dw in found] == [True, True, False, False]


def test_a_callback_may_ask_between_two_batches():
    found = []

    class Asking(fastmlp.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            found.append(gradients(self.model, X, Y)["last/bias"].tolist())

    a_row().fit(X, Y, batch_size=3, epochs=2, verbose=0, callbacks=[Asking()])
    assert len({tuple(one) for one in found}) == 4


def test_they_are_printed_as_a_table():
    model = a_row()
    model.set_weights([np.zeros((4, 2)), [0, 0]])
    header, _, last = repr(gradients(model, X, Y * [0, 1])).splitlines()
    assert header.split() == ["gradient", "of", "shape", "norm", "largest", "zeros"]
    assert last.split()[0] == "last/bias"
    assert last.split()[-1] == "50%"


def test_a_name_that_is_not_there_is_told_what_was_meant():
    with pytest.raises(KeyError, match="Did you mean 'last/kernel'"):
        gradients(a_row(), X, Y)["last/kernl"]


# -- Dead units -------------------------------------------------------------------


def with_biases(layer, *biases):
    """Return a model of one layer that adds biases to the number it gets."""
    model = Sequential([Input((1,)), layers.Dense(len(biases), layer)])
    model.set_weights([np.ones((1, len(biases))), biases])
    return model


@pytest.mark.parametrize(
    ("activation", "dead"),
    [
        ("relu", [0]),
        ("relu6", [0, 3]),
        ("hard_sigmoid", [0, 3]),
        ("hard_tanh", [0, 2, 3]),
        ("soft_shrink", [1]),
        ("hard_shrink", [1]),
        ("leaky_relu", []),
        ("elu", [0]),  # e^x is 0 beside 1 in float32.
        ("sigmoid", [3]),  # 1 - y is 0; at the other end, y is not quite.
        (lambda x: ops.maximum(x, 0.0), [0]),
    ],
)
def test_a_unit_is_dead_where_the_slope_is_zero(activation, dead):
    model = with_biases(activation, -1000, 0.25, 2, 1000)
    (found,) = count_dead_units(model, [[0.0]]).values()
    assert found.which.tolist() == dead
    assert (found.dead, found.units) == (len(dead), 4)


def test_a_unit_that_one_row_wakes_is_alive():
    model = with_biases("relu", -2, -3)
    (found,) = count_dead_units(model, [[1.0], [2.5]]).values()
    assert found.which.tolist() == [1]


def test_activations_as_layers_count_and_others_do_not():
    model = Sequential(
        [
            Input((4,)),
            layers.Dense(3, name="linear"),
            layers.ReLU(name="relu"),
            layers.PReLU(name="prelu"),
            layers.Dense(2, "softmax", name="softmax"),
        ]
    )
    model.layers[0].set_weights([np.zeros((4, 3)), [-1, 0, 1]])
    found = count_dead_units(model, X)
    assert {name: one.dead for name, one in found.items()} == {"relu": 2, "prelu": 2}


def test_a_shared_unit_is_dead_if_it_is_so_everywhere():
    twin = layers.Dense(2, "relu", name="twin")
    left, right = Input((1,)), Input((1,))
    model = Model([left, right], layers.Add()([twin(left), twin(right)]))
    twin.set_weights([[[1, 1]], [0, -9]])
    found = count_dead_units(model, [[[-1.0]], [[1.0]]])
    assert found["twin"].which.tolist() == [1]


def test_units_of_tables_are_on_the_last_axis():
    model = Sequential([Input((5, 3)), layers.Dense(2, "relu", name="table")])
    model.set_weights([np.zeros((3, 2)), [-1, 1]])
    assert count_dead_units(model, np.ones((7, 5, 3)))["table"][:2] == (1, 2)
