"""Weights as users see them: arrays that know their names, and can be assigned."""

import copy
import gc
import pickle
import threading
import weakref

import numpy as np
import pytest

from fastmlp import callbacks, layers, ops
from fastmlp.models import Model, Sequential


def a_model(**options):
    model = Sequential(
        [
            layers.Input((4,)),
            layers.Dense(3, "relu", name="first", **options),
            layers.BatchNormalization(name="middle"),
            layers.Dropout(0.5),
            layers.Dense(2, name="last"),
        ],
        name="net",
    )
    model.compile("sgd", "mse")
    return model


def a_layer():
    layer = layers.Dense(3, name="alone")
    layer.build((None, 4))
    return layer


def test_each_weight_has_name_path_shape_and_dtype():
    model = a_model()
    assert [one.path for one in model.weights] == [
        "net/first/kernel",
        "net/first/bias",
        "net/middle/gamma",
        "net/middle/beta",
        "net/middle/moving_mean",
        "net/middle/moving_variance",
        "net/last/kernel",
        "net/last/bias",
    ]
    kernel = model.weights[0]
    assert (kernel.name, kernel.shape, kernel.dtype) == ("kernel", (4, 3), "float32")


def test_the_path_of_a_layer_alone_is_its_name():
    assert [one.path for one in a_layer().weights] == ["alone/kernel", "alone/bias"]


def test_the_path_in_a_graph_is_that_of_the_layer():
    inputs = layers.Input((4,))
    model = Model(inputs, layers.Dense(2, name="out")(inputs))
    assert [one.path for one in model.weights] == ["out/kernel", "out/bias"]


def test_the_path_of_a_row_in_a_row_names_both():
    inner = Sequential([layers.Dense(2, name="dense")], name="inner")
    outer = Sequential([layers.Input((4,)), inner], name="outer")
    assert outer.weights[0].path == "outer/inner/dense/kernel"


def test_a_weight_is_one_object_however_it_is_asked_for():
    model = a_model()
    assert model.layers[0].kernel is model.weights[0]
    assert model.trainable_variables[1] is model.layers[0].bias
    middle = model.get_layer("middle")
    assert middle.gamma is model.weights[2]
    assert middle.beta is middle.trainable_weights[1]
    assert middle.moving_mean is middle.non_trainable_variables[0]
    assert middle.moving_variance is middle.variables[3]


def test_what_a_layer_has_not_is_none():
    layer = layers.BatchNormalization(scale=False, center=False)
    assert layer.moving_mean is None
    layer.build((None, 3))
    assert layer.gamma is None
    assert layer.beta is None
    assert layer.moving_mean.shape == (3,)
    assert layers.Dense(2, use_bias=False).bias is None


def test_which_weights_learn_follows_from_layer_and_place():
    model = a_model()
    learns = [True] * 4 + [False] * 2 + [True] * 2
    assert [one.trainable for one in model.weights] == learns
    model.layers[0].trainable = False
    assert not model.weights[0].trainable
    assert len(model.trainable_weights) == 4
    model.trainable = False
    assert model.trainable_weights == []
    assert len(model.non_trainable_weights) == len(model.weights) == 8


def test_numpy_returns_a_copy():
    layer = a_layer()
    copied = layer.kernel.numpy()
    copied[...] = 7
    assert type(copied) is np.ndarray
    assert not (layer.kernel == 7).any()


def test_value_is_the_memory_itself():
    layer = a_layer()
    layer.kernel.value[0] = 7
    assert type(layer.kernel.value) is np.ndarray
    assert (layer.kernel[0] == 7).all()


def test_assign_replaces_the_numbers_and_returns_the_weight():
    layer = a_layer()
    ones = np.ones((4, 3))
    assert layer.kernel.assign(ones) is layer.kernel
    assert (layer.get_weights()[0] == 1).all()
    layer.kernel.assign_add(ones).assign_sub(3 * ones)
    assert (layer.kernel == -1).all()
    layer.kernel.assign(layer.kernel * 2)
    assert (layer([[1, 1, 1, 1]]) == -8).all()


def test_what_is_assigned_counts_in_the_model():
    model = a_model()
    before = model.predict(np.ones((1, 4)), verbose=0)
    model.layers[-1].bias.assign(model.layers[-1].bias + 2)
    after = model.predict(np.ones((1, 4)), verbose=0)
    np.testing.assert_allclose(after, before + 2, rtol=1e-6)


def test_what_follows_from_a_weight_follows():
    layer = layers.Normalization()
    layer.adapt([[0.0], [2.0]])
    layer.weights[0].assign([5.0])
    assert layer([[5.0]]) == 0


@pytest.mark.parametrize(
    ("value", "error", "sentence"),
    [
        (np.zeros(3), ValueError, r"shape \(4, 3\), which is not compatible"),
        (1.0, ValueError, r"with the shape \(\)"),
        ("x", TypeError, "numbers"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(value, error, sentence):
    layer = a_layer()
    before = layer.kernel.numpy()
    with pytest.raises(error, match=sentence):
        layer.kernel.assign(value)
    assert (layer.kernel == before).all()


def test_nan_gets_a_warning():
    with pytest.warns(RuntimeWarning, match="NaN"):
        a_layer().bias.assign([0, np.nan, 0])


def test_another_thread_cannot_assign_during_fit():
    model, found = a_model(), []

    def assign():
        try:
            model.layers[0].bias.assign(np.ones(3))
        except RuntimeError as error:
            found.append(str(error))

    def in_another_thread(*_):
        thread = threading.Thread(target=assign)
        thread.start()
        thread.join()

    hook = callbacks.LambdaCallback(on_epoch_end=in_another_thread)
    model.fit(np.ones((8, 4)), np.ones((8, 2)), verbose=0, callbacks=[hook])
    assert "being trained by another thread" in found[0]


def test_a_callback_can_assign():
    model = a_model()

    def assign(*_):
        model.layers[0].kernel.assign(np.zeros((4, 3)))

    hook = callbacks.LambdaCallback(on_epoch_end=assign)
    model.fit(np.ones((8, 4)), np.ones((8, 2)), verbose=0, callbacks=[hook])
    assert not model.layers[0].kernel.any()


def test_it_prints_as_in_keras():
    layer = a_layer()
    layer.bias.assign([1, 2, 3])
    expected = "<Variable path=alone/bias, shape=(3,), dtype=float32, value=[1. 2. 3.]>"
    assert repr(layer.bias) == expected
    assert str(layer.bias) == "[1. 2. 3.]"


def test_what_numpy_makes_of_it_is_an_array():
    bias = a_layer().bias
    made = bias + 1
    assert repr(made) == "array([1., 1., 1.], dtype=float32)"
    made.assign([4, 5, 6])
    assert not bias.any()
    assert (made.name, made.path, made.trainable) == ("", "", False)


def test_what_is_written_into_it_the_layer_has():
    layer = a_layer()
    layer.bias[1] = 5
    assert layer.get_weights()[1].tolist() == [0, 5, 0]


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))]
)
def test_copies(copied):
    layer = a_layer()
    assert type(copied(layer.kernel)) is np.ndarray
    other = copied(layer)
    other.kernel.assign(np.zeros((4, 3)))
    assert other.kernel.path == "alone/kernel"
    assert layer.kernel.any()


def test_it_outlives_its_layer_and_keeps_no_layer_alive():
    gc.disable()
    try:
        layer = a_layer()
        bias, gone = layer.bias, weakref.ref(layer)
        del layer
        assert gone() is None
    finally:
        gc.enable()
    bias.assign([1, 2, 3])
    assert (bias.sum(), bias.path, bias.trainable) == (6, "alone/bias", False)


def test_a_layer_of_ones_own_has_them_too():
    class Scale(layers.Layer):
        def build(self, input_shape):
            self.factor = self.add_weight(input_shape[1:], "ones", name="factor")

        def call(self, x):
            return ops.multiply(x, self.factor)

    layer = Scale(name="scale")
    layer.build((None, 2))
    layer.weights[0].assign([2, 3])
    assert layer([[1, 1]]).tolist() == [[2, 3]]
    layer.factor.assign_sub([1, 1])
    assert layer.weights[0].numpy().tolist() == [1, 2]
    assert layer.weights[0].path == "scale/factor"


def test_losses_are_the_penalties_of_what_learns():
    model = a_model(kernel_regularizer="l2", bias_regularizer="l1")
    model.layers[0].kernel.assign(np.ones((4, 3)))
    model.layers[0].bias.assign(np.full(3, 2.0))
    np.testing.assert_allclose(model.losses, [0.12, 0.06], rtol=1e-6)
    np.testing.assert_allclose(model.layers[0].losses, [0.12, 0.06], rtol=1e-6)
    model.layers[0].trainable = False
    assert model.losses == model.layers[0].losses == []


def test_losses_know_penalties_of_ones_own():
    class Penalty:
        def forward(self, w):
            return abs(w).max()

        def backward(self, w):
            return np.zeros_like(w)

    model = a_model(
        kernel_regularizer=Penalty(), bias_regularizer=lambda w: ops.sum(w) + 3
    )
    model.layers[0].kernel.assign(np.full((4, 3), -2.0))
    assert model.losses == [2, 3]


def test_layers_and_models_compute_in_float32():
    model = a_model()
    for one in (model, model.layers[0]):
        found = (one.dtype, one.compute_dtype, one.variable_dtype)
        assert found == ("float32",) * 3


def test_the_loss_of_a_model_is_what_compile_was_given():
    model = a_model()
    assert model.loss == "mse"
    loss = model.loss
    model.compile("sgd", loss)
    assert model.loss is loss


@pytest.mark.parametrize(
    ("layer", "inputs", "outputs"),
    [
        (layers.Dense(3), (None, 784), (None, 3)),
        (layers.Dense(3), (32, 784), (32, 3)),
        (layers.Flatten(), (32, 4, 5), (32, 20)),
        (layers.Add(), [(32, 4), (32, 4)], (32, 4)),
        (layers.Lambda(lambda x: x * 2), (32, 4), (32, 4)),
        (Sequential([layers.Input((4,)), layers.Dense(3)]), (32, 4), (32, 3)),
    ],
)
def test_shapes_of_outputs_have_as_many_rows_as_inputs(layer, inputs, outputs):
    assert layer.compute_output_shape(inputs) == outputs


def test_shapes_of_several_outputs_have_them_too():
    inputs = layers.Input((4,))
    outputs = {"a": layers.Dense(1)(inputs), "b": layers.Dense(2)(inputs)}
    model = Model([inputs], outputs)
    assert model.compute_output_shape([(8, 4)]) == {"a": (8, 1), "b": (8, 2)}


@pytest.mark.parametrize("rows", [0, -1, 2.5, "many"])
def test_a_shape_of_so_many_rows_is_none(rows):
    with pytest.raises(ValueError, match="positive whole numbers"):
        layers.Dense(3).compute_output_shape((rows, 4))


def test_build_needs_no_shape_where_inputs_are_known():
    model = a_model()
    model.build()
    with pytest.raises(ValueError, match=r"model.build\(\(None, inputs\)\)"):
        Sequential([layers.Dense(3)]).build()
