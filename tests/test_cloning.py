"""Copies of models that are made by functions of the user's, as Keras makes them."""

import numpy as np
import pytest

from fastmlp import layers
from fastmlp.models import Model, Sequential, clone_model


def a_row():
    model = Sequential(
        [
            layers.Input((4,), name="x"),
            layers.Dense(3, "relu", name="first"),
            layers.Dropout(0.5, name="drop"),
            layers.Dense(2, name="last"),
        ]
    )
    model.compile("adam", "mse", metrics=["mae"])
    return model


def a_graph():
    left, right = layers.Input((2,), name="left"), layers.Input((2,), name="right")
    shared = layers.Dense(3, name="shared")
    inner = Sequential([layers.Input((3,)), layers.Dense(3, name="within")], name="in")
    both = layers.Add(name="sum")([shared(left), inner(shared(right))])
    outputs = {"a": layers.Dense(1, name="a")(both), "b": both}
    model = Model([left, right], outputs)
    model.compile("sgd", {"a": "mse", "b": "mae"})
    return model


def same(layer):
    return layer


def seeded(layer):
    config = layer.get_config()
    if "seed" in config:
        config["seed"] = 1337
    return type(layer).from_config(config)


def test_each_layer_becomes_what_the_function_returns():
    copy = clone_model(a_row(), clone_function=seeded)
    assert [layer.name for layer in copy.layers] == ["first", "drop", "last"]
    assert copy.layers[1].seed == 1337
    assert copy.input_names == ["x"]
    assert copy.metrics_names == ["loss", "mae"]


def test_layers_that_are_returned_as_they_are_are_shared():
    model = a_row()
    copy = clone_model(model, clone_function=same)
    assert copy.layers == model.layers
    copy.layers[0].bias.assign([1, 2, 3])
    assert model.get_weights()[1].tolist() == [1, 2, 3]


def test_a_graph_keeps_its_form():
    model = a_graph()
    copy = clone_model(model, clone_function=seeded)
    assert [one.name for one in copy.layers] == [one.name for one in model.layers]
    assert not set(copy.layers[2:]) & set(model.layers[2:])
    copy.set_weights(model.get_weights())
    x = [np.ones((3, 2)), np.arange(6).reshape(3, 2)]
    expected, found = model.predict(x, verbose=0), copy.predict(x, verbose=0)
    assert list(found) == ["a", "b"]
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values)
    assert copy.metrics_names == model.metrics_names


def test_a_call_can_put_layers_in_between():
    """Dropout behind each dense layer, as in the guide of Keras."""

    def call(layer, *arguments, **options):
        outputs = layer(*arguments, **options)
        if isinstance(layer, layers.Dense):
            outputs = layers.Dropout(0.5)(outputs)
        return outputs

    inputs = layers.Input((4,))
    model = Model(inputs, layers.Dense(2)(layers.Dense(3)(inputs)))
    copy = clone_model(model, clone_function=same, call_function=call)
    kinds = [type(layer).__name__ for layer in copy.layers]
    assert kinds == ["InputLayer", "Dense", "Dropout", "Dense", "Dropout"]


@pytest.mark.parametrize("recursive", [False, True])
def test_inner_models_are_cloned_whole_or_layer_by_layer(recursive):
    seen = []

    def clone(layer):
        seen.append(layer.name)
        return seeded(layer)

    clone_model(a_graph(), clone_function=clone, recursive=recursive)
    assert ("within" in seen, "in" in seen) == (recursive, not recursive)
    assert len(seen) == len(set(seen))


def test_copies_begin_with_the_tensors_that_are_given():
    x = layers.Input((4,), name="mine")
    assert clone_model(a_row(), x).input_names == ["mine"]
    assert clone_model(a_row(), [x]).input_names == ["mine"]
    pair = [layers.Input((2,), name="p"), layers.Input((2,), name="q")]
    assert clone_model(a_graph(), input_tensors=pair).input_names == ["p", "q"]


def test_a_row_that_knows_no_inputs_is_cloned():
    copy = clone_model(Sequential([layers.Dense(3)]), clone_function=seeded)
    assert not copy.built


class Own(Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(2)

    def call(self, x):
        return self.dense(x)


@pytest.mark.parametrize(
    ("make", "options", "error", "sentence"),
    [
        (a_row, {"clone_function": lambda _: None}, TypeError, "return a layer for"),
        (a_row, {"clone_function": 3}, TypeError, "clone_function must be a function"),
        (a_row, {"call_function": same}, ValueError, "not with a Sequential"),
        (a_row, {"input_tensors": np.ones(4)}, TypeError, "are symbolic tensors"),
        (a_graph, {"input_tensors": [1, 2]}, TypeError, "are symbolic tensors"),
        (a_graph, {"input_tensors": [1]}, ValueError, "input_tensors"),
        (a_graph, {"recursive": "yes"}, TypeError, "recursive"),
        (Own, {"clone_function": same}, ValueError, "a `call` of its own"),
    ],
)
def test_what_cannot_be_cloned_so_is_refused(make, options, error, sentence):
    with pytest.raises(error, match=sentence):
        clone_model(make(), **options)


def test_an_output_of_a_layer_is_no_beginning_of_a_row():
    hidden = layers.Dense(4)(layers.Input((4,)))
    with pytest.raises(ValueError, match="begins with an Input"):
        clone_model(a_row(), hidden)
