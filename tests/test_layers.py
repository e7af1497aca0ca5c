import copy
import pickle

import numpy as np
import pytest

import fastmlp
from fastmlp import _names, activations, initializers, layers


def built(units=3, inputs=4, **arguments):
    layer = layers.Dense(units, **arguments)
    layer.build((None, inputs))
    return layer


# -- Dense ------------------------------------------------------------------------


def with_weights(weights, **arguments):
    layer = built(len(weights[0][0]), len(weights[0]), **arguments)
    layer.set_weights(weights)
    return layer


@pytest.mark.parametrize(
    ("arguments", "weights", "expected"),
    [
        ({}, [[[1, -2], [3, -4]], [5, -6]], [[10, -12]]),
        ({"activation": "relu"}, [[[1, -2], [3, -4]], [5, -6]], [[10, 0]]),
        ({"use_bias": False}, [[[1, -2], [3, -4]]], [[5, -6]]),
        ({"activation": "relu", "use_bias": False}, [[[1, -2], [3, -4]]], [[5, 0]]),
    ],
)
def test_a_dense_layer_computes_what_keras_tests(arguments, weights, expected):
    outputs = with_weights(weights, **arguments)([[-1, 2]])
    assert outputs.dtype == np.float32
    assert outputs.tolist() == expected


def test_a_dense_layer_starts_as_in_keras():
    fastmlp.utils.set_random_seed(0)
    layer = built(128, 784)
    limit = np.sqrt(6 / (784 + 128))
    assert layer.kernel.dtype == layer.bias.dtype == np.float32
    assert layer.kernel.flags.c_contiguous
    assert 0.999 * limit < np.abs(layer.kernel).max() <= limit
    assert not layer.bias.any()


def test_initializers_are_given_by_name_as_objects_or_as_functions():
    for initializer in (
        "ones",
        initializers.Ones(),
        initializers.Ones,
        lambda shape, dtype=None: np.ones(shape, dtype),
        lambda shape, dtype=None: np.ones(shape).tolist(),
        lambda shape, dtype=None: np.broadcast_to(1, shape),
    ):
        layer = built(kernel_initializer=initializer, bias_initializer=initializer)
        for weight in layer.weights:
            assert weight.dtype == np.float32
            assert (weight == 1).all()
            weight[...] = 2


def test_arguments_come_in_the_order_of_keras():
    layer = layers.Dense(3, "tanh", False, "ones", "zeros")
    assert layer.activation is activations.tanh
    assert not layer.use_bias
    assert isinstance(layer.kernel_initializer, initializers.Ones)
    assert isinstance(layer.bias_initializer, initializers.Zeros)


@pytest.mark.parametrize("units", [3, np.int64(3), np.uint8(3)])
def test_units_may_be_any_whole_number(units):
    layer = layers.Dense(units)
    assert type(layer.units) is int
    assert layer.units == 3


def test_a_layer_has_its_weights_once_it_is_built():
    layer = layers.Dense(3)
    assert not layer.built
    assert layer.weights == layer.get_weights() == []
    assert layer.bias is None
    layer.build((None, 4))
    assert layer.built
    assert layer.input_shape == (None, 4)
    assert layer.output_shape == (None, 3)
    assert layer.count_params() == 15
    assert layer.weights[0] is layer.kernel
    assert layer.weights[1] is layer.bias


def test_a_layer_without_bias_has_none():
    layer = built(use_bias=False)
    assert layer.bias is None
    assert len(layer.get_weights()) == 1
    assert layer.count_params() == 12


def test_a_layer_is_built_by_its_first_inputs():
    layer = layers.Dense(3)
    assert layer(np.ones((2, 4))).shape == (2, 3)
    assert layer.input_shape == (None, 4)
    with pytest.raises(ValueError, match=r"Layer 'dense.*' expects 4 features.*5"):
        layer(np.ones((2, 5)))


def test_weights_of_a_layer_come_out_as_copies():
    layer = built()
    layer.get_weights()[0][...] = 7
    assert (layer.kernel != 7).all()


@pytest.mark.parametrize(
    "declare", [{"input_shape": (4,)}, {"input_shape": [4]}, {"input_dim": 4}]
)
def test_the_inputs_of_the_first_layer_may_be_declared(declare):
    model = fastmlp.Sequential([layers.Dense(3, **declare), layers.Dense(2)])
    assert model.built
    assert model.input_shape == (None, 4)


def test_declared_inputs_of_later_layers_are_ignored_as_in_keras():
    model = fastmlp.Sequential(
        [layers.Dense(3, input_shape=(4,)), layers.Dense(2, input_shape=(9,))]
    )
    assert model.layers[1].input_shape == (None, 3)


# -- The others -------------------------------------------------------------------


def test_an_activation_layer_has_no_weights():
    layer = layers.Activation("relu")
    assert layer([[-1.0, 2.0]]).tolist() == [[0, 2]]
    assert layer.count_params() == 0
    assert layer.get_weights() == []
    layer.set_weights([])


def test_a_layer_of_its_own_or_an_argument_the_activation_is_the_same():
    def outputs_of(*stack):
        fastmlp.utils.set_random_seed(3)
        model = fastmlp.Sequential([layers.Input((4,)), *stack])
        model.compile("rmsprop", "categorical_crossentropy")
        x = np.linspace(-1, 1, 24).reshape(6, 4)
        model.fit(x, np.eye(3)[[0, 1, 2, 0, 1, 2]], verbose=0, epochs=3)
        return model.predict(x, verbose=0).tobytes()

    inside = outputs_of(layers.Dense(5, "tanh"), layers.Dense(3, "softmax"))
    outside = outputs_of(
        layers.Dense(5),
        layers.Activation("tanh"),
        layers.Dense(3),
        layers.Activation("softmax"),
    )
    assert inside == outside


def test_input_is_known_by_both_names():
    assert layers.InputLayer is layers.Input
    assert layers.Input(shape=(4,), name="in").name == "in"


# -- What all have in common ------------------------------------------------------


def test_names_count_up_for_each_class():
    _names.forget_names()
    made = [layers.Dense(1), layers.Activation("relu"), layers.Dense(1)]
    assert [layer.name for layer in made] == ["dense", "activation", "dense_1"]


def test_repr_says_what_it_is():
    layer = layers.Dense(3, name="hidden")
    assert repr(layer) == "<Dense name=hidden, built=False>"
    layer.build((None, 4))
    assert repr(layer) == "<Dense name=hidden, built=True>"


def test_every_layer_learns():
    layer = layers.Dense(3)
    layer.trainable = True
    assert layer.trainable


@pytest.mark.parametrize(
    "make_copy", [copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))]
)
def test_a_copy_of_a_layer_has_weights_of_its_own(make_copy):
    layer = built(activation="relu", name="hidden")
    twin = make_copy(layer)
    assert twin.name == "hidden"
    assert twin.activation is activations.relu
    assert np.array_equal(twin.kernel, layer.kernel)
    twin.kernel[...] = 7
    assert (layer.kernel != 7).all()


@pytest.mark.parametrize("name", ["units", "activation", "use_bias", "output_shape"])
def test_a_layer_keeps_what_compiled_code_relies_on(name):
    layer = layers.Dense(3, "relu")
    layer.build((None, 4))
    before = getattr(layer, name)
    with pytest.raises(AttributeError, match=f"keeps its {name}: make a new Dense"):
        setattr(layer, name, 100_000_000)
    assert getattr(layer, name) == before
