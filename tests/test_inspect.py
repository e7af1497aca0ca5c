"""`fastmlp.inspect.trace`: what each layer makes of some inputs."""

import numpy as np
import pytest
from keras_graphs import NETWORKS

import fastmlp
from fastmlp import Input, Model, Sequential, layers
from fastmlp.inspect import trace

rng = np.random.default_rng(5)
X = rng.normal(size=(6, 4)).astype(np.float32)


def a_row(*hidden):
    return Sequential([Input((4,)), *hidden, layers.Dense(3, "softmax", name="last")])


def flat_outputs(model, x):
    found = model.predict(x, verbose=0)
    if isinstance(found, dict):
        found = list(found.values())
    return found if isinstance(found, list) else [found]


# -- Tracing ----------------------------------------------------------------------


@pytest.mark.parametrize("name", NETWORKS)
def test_what_comes_out_last_is_what_predict_returns_to_the_bit(name, backend):
    task = NETWORKS[name](fastmlp)
    traced = [layer.output for layer in trace(task.model, task.x).values()]
    for y in flat_outputs(task.model, task.x):
        assert any(np.array_equal(y, one, equal_nan=True) for one in traced)


def test_layers_come_by_name_in_the_order_of_their_work():
    model = a_row(layers.Dense(5, "relu", name="first"), layers.Dropout(0.5, name="d"))
    assert list(trace(model, X)) == ["first", "d", "last"]
    assert len(trace(model, X)) == 3


@pytest.mark.parametrize("kind", ["relu", "tanh", "gelu", "softmax", None, "own"])
def test_a_dense_layer_has_what_its_activation_gets_and_gives(kind):
    activation = (lambda x: x * x) if kind == "own" else kind
    model = a_row(layers.Dense(5, activation, name="first", activity_regularizer="l2"))
    before, after = trace(model, X)["first"]
    layer = model.get_layer("first")
    np.testing.assert_allclose(before, X @ layer.kernel + layer.bias, atol=1e-6)
    np.testing.assert_array_equal(after, layer(X))
    if kind is None:
        np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize(
    "layer", [layers.Activation("tanh"), layers.ReLU(), layers.PReLU()]
)
@pytest.mark.parametrize("is_first", [True, False])
def test_an_activation_alone_has_what_it_gets(layer, is_first):
    layer = layer.from_config(layer.get_config())
    first = [] if is_first else [layers.Dense(5, name="first")]
    traced = trace(a_row(*first, layer), X)
    given = X if is_first else traced["first"].output
    np.testing.assert_array_equal(traced[layer.name].pre_activation, given)


def test_a_layer_without_an_activation_has_none():
    model = a_row(layers.BatchNormalization(name="norm"), layers.Flatten(name="flat"))
    traced = trace(model, X)
    assert traced["norm"].pre_activation is None
    np.testing.assert_array_equal(traced["flat"].output, traced["norm"].output)


def test_outputs_have_the_shape_of_samples():
    dense = layers.Dense(2, "relu", name="dense")
    table = [Input((5, 3)), dense, layers.Reshape((2, 5), name="turned")]
    traced = trace(Sequential(table), np.ones((7, 5, 3)))
    assert traced["dense"].pre_activation.shape == (7, 5, 2)
    assert traced["turned"].output.shape == (7, 2, 5)


def test_each_call_of_a_shared_layer_has_a_key_of_its_own():
    twin = layers.Dense(3, "tanh", name="twin")
    left, right = Input((4,)), Input((4,))
    model = Model([left, right], layers.Add(name="sum")([twin(left), twin(right)]))
    traced = trace(model, [X, 2 * X])
    assert list(traced) == ["twin[0]", "twin[1]", "sum"]
    np.testing.assert_array_equal(traced["twin[1]"].output, twin(2 * X))
    with pytest.raises(KeyError, match=r"called 2 times: ask for twin\[0\] or twin"):
        traced["twin"]


def test_layers_of_inner_models_with_one_name_are_told_apart():
    inner = Sequential([Input((4,)), layers.Dense(4, name="same")], name="inner")
    model = Sequential([inner, layers.Dense(4, name="same")], name="whole")
    assert list(trace(model, X)) == ["inner/same", "whole/same"]


def test_a_name_that_is_not_there_is_told_what_was_meant():
    with pytest.raises(KeyError, match="Did you mean 'last'"):
        trace(a_row(), X)["lats"]


def test_weights_and_layers_that_change_are_seen():
    model = a_row(layers.Dense(5, "relu", name="first"))
    model.compile("sgd", "mse")
    before = trace(model, X)["first"].output
    model.fit(X, np.ones((6, 3)), verbose=0)
    assert (trace(model, X)["first"].output != before).any()
    model.add(layers.Dense(2, name="new"))
    traced = trace(model, X)
    np.testing.assert_array_equal(traced["new"].output, model.predict(X, verbose=0))


def test_a_trace_is_printed_as_a_table():
    model = a_row(layers.Dense(2, "relu", name="first"))
    model.get_layer("first").set_weights([np.zeros((4, 2)), [-1, 2]])
    header, first, *_ = repr(trace(model, X)).splitlines()
    assert header.split() == ["layer", "output", "least", "mean", "largest", "zeros"]
    assert first.split() == ["first", "(6,", "2)", "0", "1", "2", "50%"]


def test_no_rows_are_no_mistake():
    assert trace(a_row(), X[:0])["last"].output.shape == (0, 3)
    assert "(0, 3)" in repr(trace(a_row(), X[:0]))
