"""What other libraries have under Keras's names, recognised without importing them."""

import functools
import sys
import types

import numpy as np
import pytest

import fastmlp
from fastmlp import activations, initializers, layers, losses, metrics, regularizers
from fastmlp._check.lookup import elsewhere

# Where a function of the name stands for the same one here.
THE_SAME = {
    "tensorflow.python.ops.gen_nn_ops": {"relu": "relu", "elu": "elu", "tanh": "tanh"},
    "tensorflow.python.ops.nn_ops": {"softmax_v2": "softmax", "relu6": "relu6"},
    "tensorflow.python.ops.nn_impl": {"swish": "silu"},
    "tensorflow.python.ops.array_ops": {"identity": "linear"},
    "keras.src.activations.activations": {"relu": "relu", "hard_silu": "hard_silu"},
    "keras.activations": {"sigmoid": "sigmoid"},
    "jax._src.nn.functions": {"relu": "relu", "soft_sign": "softsign"},
    "jax.numpy": {"exp": "exponential"},
    "torch.nn.functional": {"hardtanh": "hard_tanh", "gelu": "gelu"},
    "torch": {"sigmoid": "sigmoid"},
}


def made(module, name):
    """Return a function as it would be another library's."""

    def function(x):
        raise AssertionError("It is never called.")

    function.__module__, function.__name__ = module, name
    return function


@pytest.mark.parametrize(
    ("module", "name", "here"),
    [(module, *pair) for module, pairs in THE_SAME.items() for pair in pairs.items()],
)
def test_an_activation_of_another_library_is_that_of_its_name(module, name, here):
    found = activations.get(made(module, name))
    assert found is activations.get(here)
    assert layers.Dense(3, activation=made(module, name)).activation is found


def test_a_callable_object_counts_as_a_function_of_its_name():
    class PjitFunction:
        def __call__(self, x):
            raise AssertionError("It is never called.")

    one = PjitFunction()
    one.__module__, one.__name__ = "jax._src.nn.functions", "silu"
    assert activations.get(one) is activations.silu


def test_functions_of_numpy_with_a_kernel_are_compiled():
    assert activations.get(np.tanh) is activations.tanh
    assert activations.get(np.exp) is activations.exponential
    assert activations.get(np.sin) is np.sin


@pytest.mark.parametrize(
    ("module", "name", "sentence"),
    [
        ("tensorflow.python.ops.nn_ops", "crelu_v2", "'crelu' of tensorflow.*relu"),
        ("jax._src.nn.functions", "leaky_relu", r"layers.LeakyReLU\(0.01\)"),
        ("jax._src.nn.functions", "gelu", "approximate=True"),
        ("torch.nn.functional", "leaky_relu", r"layers.LeakyReLU\(0.01\)"),
        ("tf_keras.src.activations", "hard_sigmoid", "of Keras 2 is 0.2 x"),
        ("keras.src.activations.activations", "glu", "halves the width"),
    ],
)
def test_what_is_not_the_same_here_gets_a_sentence(module, name, sentence):
    with pytest.raises(ValueError, match=sentence):
        layers.Dense(3, activation=made(module, name))


def test_a_function_of_ones_own_is_nobody_elses():
    def relu(x):
        return x

    assert elsewhere(relu) is None
    assert activations.get(relu) is relu
    relu.__module__ = "keras_tricks"
    assert activations.get(relu) is relu


def test_losses_and_metrics_of_another_library_go_by_their_names():
    module = "keras.src.losses.losses"
    loss = losses.get(made(module, "mean_squared_error"))
    assert loss.name == "mean_squared_error"
    kind = type("BinaryCrossentropy", (), {"__module__": module})
    assert isinstance(losses.get(kind), losses.BinaryCrossentropy)
    with pytest.raises(ValueError, match=r"is an object of keras.*fastmlp's Binary"):
        losses.get(kind())
    metric = metrics.get(made("keras.src.metrics", "binary_accuracy"))
    assert isinstance(metric, metrics.BinaryAccuracy)
    optimizer = type("Adam", (), {"__module__": "keras.src.optimizers.adam"})
    model = fastmlp.Sequential([layers.Dense(1)])
    model.compile(optimizer, "mse")
    assert isinstance(model.optimizer, fastmlp.optimizers.Adam)
    with pytest.raises(ValueError, match="fastmlp's Adam"):
        model.compile(optimizer(), "mse")


def test_what_describes_itself_in_full_is_made_again_here():
    def described(name, **config):
        names = {"__module__": "keras.src", "get_config": lambda self: config}
        return type(name, (), names)()

    assert regularizers.get(described("L2", l2=0.25)).l2 == 0.25
    found = initializers.get(described("HeNormal", seed=3))
    assert isinstance(found, initializers.HeNormal)
    assert found.seed == 3
    with pytest.raises(ValueError, match="regularizer 'Spectral' of keras"):
        regularizers.get(described("Spectral"))


def test_nothing_is_imported():
    before = {name.partition(".")[0] for name in sys.modules}
    activations.get(made("tensorflow.python.ops.gen_nn_ops", "relu"))
    after = {name.partition(".")[0] for name in sys.modules}
    assert "tensorflow" not in after - before


# -- Layers as activations ----------------------------------------------------------

X = np.float32([[-2, 0.5], [1, -0.25]])
AS_ACTIVATIONS = {
    "LeakyReLU": layers.LeakyReLU(0.1),
    "ELU": layers.ELU(0.5),
    "ReLU": layers.ReLU(max_value=0.5),
}


@pytest.mark.parametrize("name", AS_ACTIVATIONS)
def test_a_layer_as_activation_is_that_layer_behind(name):
    layer = AS_ACTIVATIONS[name]
    inside = fastmlp.Sequential([layers.Dense(4, activation=layer), layers.Dense(1)])
    behind = fastmlp.Sequential([layers.Dense(4), layer, layers.Dense(1)])
    fastmlp.utils.set_random_seed(1)
    inside.build((None, 2))
    behind.build((None, 2))
    behind.set_weights(inside.get_weights())
    for model in (inside, behind):
        model.compile("sgd", "mse")
        model.fit(X, [1.0, 2.0], epochs=3, verbose=0)
    for one, other in zip(inside.get_weights(), behind.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(inside.predict(X), behind.predict(X))


def test_a_layer_as_activation_goes_through_files(tmp_path):
    model = fastmlp.Sequential(
        [layers.Input((2,)), layers.Dense(4, activation=layers.LeakyReLU(0.1))]
    )
    model.save(tmp_path / "m.keras")
    again = fastmlp.models.load_model(tmp_path / "m.keras")
    assert again.layers[0].activation.negative_slope == 0.1
    np.testing.assert_array_equal(again.predict(X), model.predict(X))


def test_an_activation_layer_stands_for_what_it_applies():
    assert activations.get(layers.Activation("tanh")) is activations.tanh
    assert layers.Activation(layers.ELU(0.5))(X).min() > -0.5


@pytest.mark.parametrize("make", [lambda: layers.Dropout(0.5), lambda: layers.Dense(2)])
def test_a_layer_that_is_no_activation_is_to_be_put_behind(make):
    with pytest.raises(ValueError, match="put it behind this layer"):
        layers.Dense(3, activation=make())


def test_partial_functions_are_equations_of_ones_own():
    leaky = functools.partial(activations.leaky_relu, negative_slope=0.5)
    layer = layers.Dense(2, activation=leaky, kernel_initializer="identity")
    assert layer([[-2.0, 4.0]]).tolist() == [[-1, 4]]
    assert isinstance(activations.get(leaky), functools.partial)
    assert isinstance(activations.relu, types.FunctionType)
