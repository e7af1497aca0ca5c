import copy
import pickle

import numpy as np
import pytest

import fastmlp
from fastmlp import activations, initializers, layers
from fastmlp._check import names


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


SECOND = {"array": np.ones((2, 3)), "list": [[1, 2], [3, 4]], "tensor": None}


@pytest.mark.parametrize("kind", SECOND)
@pytest.mark.parametrize("owner", ["layer", "own layer", "model"])
def test_a_second_input_is_not_taken_for_training(owner, kind):
    class Own(layers.Layer):
        def call(self, x):
            return x

    called = {
        "layer": layers.Dense(3),
        "own layer": Own(),
        "model": fastmlp.Sequential([layers.Input((3,)), layers.Dense(3)]),
    }[owner]
    other = layers.Input((3,)) if kind == "tensor" else SECOND[kind]
    with pytest.raises(TypeError, match=r"then told `training`.*layer\(\[a, b\]\)"):
        called(np.ones((2, 3)), other)
    with pytest.raises(TypeError, match="must be True or False, not 'no'"):
        called(np.ones((2, 3)), training="no")


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


def test_declared_inputs_of_later_layers_are_ignored_as_in_keras_with_a_warning():
    first, other = layers.Dense(3, input_shape=(4,)), layers.Dense(2, input_shape=(9,))
    with pytest.warns(UserWarning, match=r"input_shape=\(9,\), but .* run twice"):
        model = fastmlp.Sequential([first, other])
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


def test_input_gives_the_symbolic_tensor_of_an_input_layer():
    tensor = layers.Input(shape=(4,), name="in")
    assert (tensor.shape, tensor.name) == ((None, 4), "in")
    assert isinstance(tensor.node.operation, layers.InputLayer)
    assert layers.InputLayer((4,), name="in").output.name == "in"


@pytest.mark.parametrize(
    ("layer", "inputs", "expected"),
    [
        (layers.ReLU(), [[-1, 0, 2]], [[0, 0, 2]]),
        (layers.ReLU(max_value=1.5), [[-1, 1, 2]], [[0, 1, 1.5]]),
        (layers.ReLU(negative_slope=0.5), [[-1, 1, 2]], [[-0.5, 1, 2]]),
        (
            layers.ReLU(6.0, negative_slope=0.5, threshold=1.0),
            [[-1, 1, 2, 9]],
            [[-1, 0, 2, 6]],
        ),
        (layers.LeakyReLU(), [[-1, 2]], [[-0.3, 2]]),
        (layers.LeakyReLU(0.5), [[-1, 2]], [[-0.5, 2]]),
        (layers.ELU(), [[-1, 2]], [[-0.6321206, 2]]),
        (layers.ELU(0.5), [[-1, 2]], [[-0.3160603, 2]]),
        (layers.Softmax(), [[-1, 2, 3]], [[0.0132129, 0.2653879, 0.7213992]]),
        (layers.Activation("silu"), [[-3, 2]], [[-0.1422776, 1.7615941]]),
        (layers.Activation(None), [[-3, 2]], [[-3, 2]]),
        (layers.Rescaling(0.5), [[-3, 2]], [[-1.5, 1]]),
        (layers.Rescaling(0.5, 1.0), [[-3, 2]], [[-0.5, 2]]),
        (layers.Rescaling([1, 2], offset=[3, 4]), [[-3, 2]], [[0, 8]]),
        (layers.Flatten(), [[[1, 2], [3, 4]]], [[1, 2, 3, 4]]),
        (layers.Dropout(0.5), [[-3, 2]], [[-3, 2]]),
        (layers.GaussianNoise(0.5), [[-3, 2]], [[-3, 2]]),
        (
            layers.Normalization(mean=[1.0, 2.0], variance=[4.0, 9.0]),
            [[3, -1]],
            [[1, -1]],
        ),
        (
            layers.Normalization(mean=1.0, variance=4.0, invert=True),
            [[3, -1]],
            [[7, -1]],
        ),
    ],
)
def test_a_layer_alone_computes_what_keras_does(layer, inputs, expected):
    outputs = layer(inputs)
    assert outputs.dtype == np.float32
    assert outputs == pytest.approx(np.array(expected), abs=1e-6)
    assert layer.trainable_weights == []


@pytest.mark.parametrize(
    "make",
    [
        layers.ReLU,
        layers.LeakyReLU,
        layers.ELU,
        lambda: layers.Activation("tanh"),
        lambda: layers.Dropout(0.5),
        lambda: layers.GaussianNoise(0.5),
        lambda: layers.Rescaling(0.5),
        lambda: layers.Normalization(axis=None),
    ],
)
def test_tables_keep_their_shape(make):
    layer = make()
    assert layer(np.ones((5, 2, 3))).shape == (5, 2, 3)
    assert layer.output_shape == (None, 2, 3)


def test_the_slope_of_leaky_relu_goes_by_its_old_name_too():
    with pytest.warns(UserWarning, match="`alpha` .* is called `negative_slope`"):
        layer = layers.LeakyReLU(alpha=0.5)
    assert layer.negative_slope == 0.5


# -- Dropout ----------------------------------------------------------------------


def test_dropout_leaves_out_its_share_and_scales_up_the_rest():
    outputs = layers.Dropout(0.2, seed=1)(np.ones((100, 100)), training=True)
    assert set(np.unique(outputs)) == {0, np.float32(1.25)}
    # Four standard deviations of the share.
    assert (outputs == 0).mean() == pytest.approx(0.2, abs=0.016)


def test_dropout_of_nothing_leaves_all():
    x = np.ones((3, 4), np.float32)
    assert np.array_equal(layers.Dropout(0.0)(x, training=True), x)


NOISE = pytest.mark.parametrize("layer", [layers.Dropout, layers.GaussianNoise])


@NOISE
def test_a_seed_makes_noise_the_same_again_and_each_call_another(layer):
    x = np.ones((5, 20))
    one, other = layer(0.5, seed=7), layer(0.5, seed=7)
    first, second = one(x, training=True), one(x, training=True)
    assert not np.array_equal(first, second)
    assert np.array_equal(first, other(x, training=True))
    assert np.array_equal(second, other(x, training=True))
    assert not np.array_equal(first, layer(0.5, seed=8)(x, training=True))


@NOISE
def test_without_a_seed_noise_starts_from_that_of_the_library(layer):
    x = np.ones((5, 20))

    def disturbed():
        return layer(0.5)(x, training=True)

    fastmlp.utils.set_random_seed(3)
    first, second = disturbed(), disturbed()
    assert not np.array_equal(first, second)
    fastmlp.utils.set_random_seed(3)
    assert np.array_equal(first, disturbed())


# -- Normalization ----------------------------------------------------------------

X = np.array([[1.0, 10.0], [3.0, -10.0], [5.0, 3.0]])


@pytest.mark.parametrize(
    ("axis", "expected", "mean", "variance"),
    [
        (
            -1,
            [[-1.2247448, 1.0860993], [0, -1.3274547], [1.2247448, 0.2413554]],
            [3, 1],
            [2.6666667, 68.666664],
        ),
        (
            None,
            [[-0.1651446, 1.3211565], [0.1651446, -1.9817348], [0.4954337, 0.1651446]],
            2,
            36.666668,
        ),
    ],
)
def test_normalization_takes_the_moments_of_its_data(axis, expected, mean, variance):
    layer = layers.Normalization(axis)
    layer.adapt(X)
    assert layer(X) == pytest.approx(np.array(expected), abs=1e-6)
    assert layer.get_weights()[0] == pytest.approx(np.array(mean))
    assert layer.get_weights()[1] == pytest.approx(np.array(variance))
    back = layers.Normalization(axis, invert=True)
    back.adapt(X)
    assert back(layer(X)) == pytest.approx(X, abs=1e-5)


def test_normalization_of_tables_has_a_mean_for_each_place_on_its_axes():
    x = np.arange(12.0).reshape(3, 2, 2) ** 1.5
    layer = layers.Normalization(axis=1)
    layer.adapt(x)
    assert layer.get_weights()[0] == pytest.approx([11.634626, 18.224571])
    assert layer.get_weights()[1] == pytest.approx([103.135475, 155.365])
    first = [[-1.1456407, -1.0471725], [-1.2351946, -1.0452378]]
    assert layer(x)[0] == pytest.approx(np.array(first), abs=1e-6)
    each = layers.Normalization(axis=(1, 2))
    each.adapt(x)
    expected = (x - x.mean(axis=0)) / x.std(axis=0)
    assert each(x) == pytest.approx(expected, abs=1e-5)


def test_a_column_that_never_changes_is_divided_by_very_little():
    layer = layers.Normalization()
    layer.adapt([[1.0], [1.0]])
    assert layer([[1.0], [2.0]]) == pytest.approx(np.array([[0], [1e7]]))


def test_before_adapt_normalization_does_nothing():
    assert layers.Normalization()(X) == pytest.approx(X)


def test_a_second_adapt_forgets_the_first():
    layer = layers.Normalization()
    layer.adapt(X * 100)
    layer.adapt(X)
    assert layer.mean.ravel() == pytest.approx([3, 1])


def test_a_failed_adapt_changes_nothing():
    layer = layers.Normalization()
    layer.adapt(X)
    with pytest.raises(ValueError, match="takes inputs of shape"):
        layer.adapt(np.ones((3, 5)))
    assert layer.mean.ravel() == pytest.approx([3, 1])


# -- Batch normalization ----------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "training", "moving", "after"),
    [
        (
            {},
            [[-1.2245152, 1.0860914], [0, -1.3274451], [1.2245154, 0.2413537]],
            [[0.03, 0.01], [1.0166667, 1.6766666]],
            [[0.9615435, 7.712811], [2.9441075, -7.728252], [4.9266715, 2.3084388]],
        ),
        (
            {
                "momentum": 0.5,
                "epsilon": 0.1,
                "gamma_initializer": initializers.Constant(2.0),
                "beta_initializer": "ones",
            },
            [[-1.4048144, 3.1706185], [1, -1.6529783], [3.4048147, 1.4823596]],
            [[1.5, 0.5], [1.8333334, 34.833332]],
            [[0.280805, 4.214649], [3.157585, -2.5530334], [6.0343647, 1.8459603]],
        ),
    ],
)
def test_batch_normalization_goes_by_the_batch_and_then_by_what_it_remembers(
    arguments, training, moving, after
):
    layer = layers.BatchNormalization(**arguments)
    assert layer(X, training=True) == pytest.approx(np.array(training), abs=1e-5)
    assert np.array(layer.get_weights()[2:]) == pytest.approx(np.array(moving))
    assert layer(X) == pytest.approx(np.array(after), rel=1e-5)
    assert np.array(layer.get_weights()[2:]) == pytest.approx(np.array(moving))


def test_a_frozen_batch_normalization_goes_by_what_it_remembers():
    layer = layers.BatchNormalization(trainable=False, epsilon=1e-9)
    assert layer(X, training=True) == pytest.approx(X)
    assert layer.trainable_weights == []
    assert [weight.tolist() for weight in layer.get_weights()[2:]] == [[0, 0], [1, 1]]


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ({}, ["gamma", "beta", "moving_mean", "moving_variance"]),
        ({"scale": False}, ["beta", "moving_mean", "moving_variance"]),
        ({"center": False}, ["gamma", "moving_mean", "moving_variance"]),
        ({"center": False, "scale": False}, ["moving_mean", "moving_variance"]),
    ],
)
def test_batch_normalization_has_the_weights_that_it_needs(arguments, names):
    layer = layers.BatchNormalization(**arguments)
    layer.build((None, 3))
    assert layer.weight_names == names
    assert layer.count_params() == 3 * len(names)
    assert len(layer.trainable_weights) == len(names) - 2
    assert len(layer.non_trainable_weights) == 2


# -- Configurations ---------------------------------------------------------------

ZEROS, ONES = (
    {
        "module": "keras.initializers",
        "class_name": name,
        "config": {},
        "registered_name": None,
    }
    for name in ("Zeros", "Ones")
)
CONFIGS = [
    (layers.Activation("leaky_relu", name="n"), {"activation": "leaky_relu"}),
    (
        layers.ReLU(6, 0.1, name="n"),
        {"max_value": 6.0, "negative_slope": 0.1, "threshold": 0.0},
    ),
    (layers.LeakyReLU(name="n"), {"negative_slope": 0.3}),
    (layers.ELU(name="n"), {"alpha": 1.0}),
    (layers.Softmax(name="n"), {"axis": -1}),
    (
        layers.Dropout(0.5, seed=3, name="n"),
        {"rate": 0.5, "seed": 3, "noise_shape": None},
    ),
    (layers.GaussianNoise(0.5, 3, name="n"), {"stddev": 0.5, "seed": 3}),
    (layers.Flatten(name="n"), {"data_format": "channels_last"}),
    (layers.Rescaling(0.5, name="n"), {"scale": 0.5, "offset": 0.0}),
    (
        layers.Normalization(name="n"),
        {"axis": [-1], "invert": False, "mean": None, "variance": None},
    ),
    (
        layers.Dense(3, "relu", kernel_initializer="ones", name="n"),
        {
            "units": 3,
            "activation": "relu",
            "use_bias": True,
            "kernel_initializer": ONES,
            "bias_initializer": ZEROS,
            "kernel_regularizer": None,
            "bias_regularizer": None,
            "kernel_constraint": None,
            "bias_constraint": None,
        },
    ),
    (
        layers.BatchNormalization(name="n"),
        {
            "axis": -1,
            "momentum": 0.99,
            "epsilon": 0.001,
            "center": True,
            "scale": True,
            "beta_initializer": ZEROS,
            "gamma_initializer": ONES,
            "moving_mean_initializer": ZEROS,
            "moving_variance_initializer": ONES,
            "beta_regularizer": None,
            "gamma_regularizer": None,
            "beta_constraint": None,
            "gamma_constraint": None,
            "synchronized": False,
        },
    ),
]


@pytest.mark.parametrize(("layer", "settings"), CONFIGS)
def test_the_config_is_that_of_keras_and_makes_the_layer_again(layer, settings):
    config = layer.get_config()
    dtype = config.pop("dtype")
    assert config == {"name": "n", "trainable": True, **settings}
    twin = layers.deserialize(
        {"class_name": type(layer).__name__, "config": {**config, "dtype": dtype}}
    )
    assert type(twin) is type(layer)
    assert twin.get_config() == layer.get_config()


def test_the_config_of_an_input_is_that_of_keras():
    config = layers.InputLayer((28, 28), name="n").get_config()
    assert config == {
        "batch_shape": [None, 28, 28],
        "dtype": "float32",
        "sparse": False,
        "ragged": False,
        "name": "n",
        "optional": False,
    }
    assert layers.InputLayer.from_config(config).get_config() == config


def test_a_config_keeps_regularizers_and_constraints():
    layer = layers.Dense(
        3,
        kernel_regularizer="l2",
        activity_regularizer="l1",
        bias_constraint="non_neg",
    )
    twin = layers.Dense.from_config(layer.get_config())
    assert twin.get_config() == layer.get_config()
    assert repr(twin.activity_regularizer) == "L1(l1=0.01)"


def test_what_newer_versions_of_keras_write_is_read_where_it_says_nothing():
    config = layers.Dense(3).get_config()
    assert layers.Dense.from_config({**config, "quantization_config": None}).units == 3
    config = layers.BatchNormalization().get_config()
    newer = {"renorm": False, "renorm_clipping": None, "renorm_momentum": 0.99}
    twin = layers.BatchNormalization.from_config({**config, **newer})
    assert twin.get_config() == config


# -- What all have in common ------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", np.float32, np.dtype("float32")])
def test_float32_may_be_said(dtype):
    assert layers.Dense(3, dtype=dtype).units == 3
    assert layers.Input((1,), dtype=dtype).shape == (None, 1)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: layers.Dense(0), ValueError, "expected a positive integer"),
        (lambda: layers.Dense(2.5), TypeError, "expected a positive integer"),
        (lambda: layers.Dense(3, foo=4), ValueError, "passed to Dense: foo"),
        (lambda: layers.Dense(3, "foo"), ValueError, "activation function.*'foo'"),
        (
            lambda: layers.Dense(3, kernel_initializer="foo"),
            ValueError,
            "Could not interpret initializer identifier: 'foo'",
        ),
        (lambda: layers.Dense(3, dtype="float64"), ValueError, "float32"),
        (lambda: layers.Dense(3, dtype=np.float64), ValueError, "float32.*'float64'"),
        (lambda: layers.Dense(3, name="a/b"), ValueError, "without '/'"),
        (lambda: layers.Dropout(1.0), ValueError, "below 1, not 1"),
        (lambda: layers.GaussianNoise(1.5), ValueError, "from 0 to 1, not 1.5"),
        (lambda: layers.GaussianNoise("a"), TypeError, "stddev"),
        (
            lambda: layers.GaussianNoise(0.5, seed="a"),
            TypeError,
            "seed must be a whole",
        ),
        (lambda: layers.Dropout("a"), TypeError, "rate must be a number"),
        (lambda: layers.Dropout(0.5, seed="a"), TypeError, "seed must be a whole"),
        (lambda: layers.ReLU(max_value=-1), ValueError, "max_value must be at least 0"),
        (lambda: layers.LeakyReLU(-1), ValueError, "negative_slope must be at least"),
        (lambda: layers.Softmax(axis=1), ValueError, "axis must be -1"),
        (lambda: layers.Flatten("channels_first"), ValueError, "'channels_last'"),
        (
            lambda: layers.BatchNormalization(axis=2).build((None, 3)),
            ValueError,
            "axis must be -1",
        ),
        (lambda: layers.BatchNormalization(renorm=True), ValueError, "`renorm`"),
        (lambda: layers.BatchNormalization(epsilon=0), ValueError, "epsilon must be"),
        (lambda: layers.Rescaling("a"), TypeError, "scale must be a number"),
        (lambda: layers.Normalization(mean=3.0), ValueError, "go together"),
        (
            lambda: layers.Normalization(mean=3.0, variance=1.0).adapt(X),
            ValueError,
            "nothing to adapt",
        ),
        (
            lambda: layers.Normalization(axis=(1, -1)).build((None, 3)),
            ValueError,
            "each of them once",
        ),
        (
            lambda: layers.Rescaling([1, 2, 3]).build((None, 4)),
            ValueError,
            r"scale has shape \(3,\), but a sample .* has shape \(4,\)",
        ),
        (lambda: layers.Input(4), ValueError, r"Cannot convert 4 to a shape"),
        (lambda: layers.Input(), ValueError, "needs the shape of a sample"),
        (
            lambda: layers.deserialize({"class_name": "Conv2D", "config": {}}),
            ValueError,
            "Could not interpret layer identifier: 'Conv2D'",
        ),
    ],
)
def test_what_a_layer_cannot_be_is_said_at_once(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_names_count_up_for_each_class():
    names.forget_names()
    made = [layers.Dense(1), layers.Activation("relu"), layers.Dense(1)]
    assert [layer.name for layer in made] == ["dense", "activation", "dense_1"]


def test_repr_says_what_it_is():
    layer = layers.Dense(3, name="hidden")
    assert repr(layer) == "<Dense name=hidden, built=False>"
    layer.build((None, 4))
    assert repr(layer) == "<Dense name=hidden, built=True>"


def test_a_frozen_layer_has_nothing_to_learn():
    layer = built()
    assert len(layer.trainable_weights) == 2
    layer.trainable = False
    assert layer.trainable_weights == []
    assert len(layer.non_trainable_weights) == 2
    assert not layers.Dense(3, trainable=False).trainable


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


def test_a_layer_that_cannot_take_some_inputs_takes_others():
    layer = layers.Rescaling([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="scale has shape"):
        layer(np.ones((2, 4)))
    assert not layer.built
    assert layer(np.ones((1, 3))).tolist() == [[1, 2, 3]]


def test_without_an_initializer_weights_start_as_in_keras():
    layer = layers.Dense(50, kernel_initializer=None)
    layer.build((None, 50))
    assert 0.2 < np.abs(layer.kernel).max() <= np.sqrt(6 / 100)


def test_the_rows_of_a_batch_may_be_declared():
    assert layers.Input((4,), batch_size=32).shape == (None, 4)


@pytest.mark.parametrize(
    ("layer", "name", "value"),
    [
        (layers.Dropout(0.5), "rate", 2.0),
        (layers.GaussianNoise(0.5), "stddev", 2.0),
        (layers.Dense(3), "kernel_regularizer", "l2"),
        (layers.BatchNormalization(), "momentum", "a"),
        (layers.Rescaling(0.5), "scale", None),
    ],
)
def test_the_arguments_of_a_layer_stay_as_they_were_checked(layer, name, value):
    with pytest.raises(AttributeError, match=f"keeps its {name}"):
        setattr(layer, name, value)


@pytest.mark.parametrize("name", ["units", "activation", "use_bias", "output_shape"])
def test_a_layer_keeps_what_compiled_code_relies_on(name):
    layer = layers.Dense(3, "relu")
    layer.build((None, 4))
    before = getattr(layer, name)
    with pytest.raises(AttributeError, match=f"keeps its {name}: make a new Dense"):
        setattr(layer, name, 100_000_000)
    assert getattr(layer, name) == before


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: layers.Input((3,), batch_shape=(None, 3)),
            ValueError,
            "shape and batch_shape say the same",
        ),
        (lambda: layers.Normalization().mean, AttributeError, "has no moments yet"),
    ],
)
def test_what_a_layer_cannot_be_or_know_is_said(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("of_pairs", [False, True])
@pytest.mark.parametrize("begin", [list, iter])
def test_normalization_adapts_to_batches(begin, of_pairs):
    whole, parted = layers.Normalization(), layers.Normalization()
    whole.adapt(X)
    parted.adapt(begin([(one, 0) if of_pairs else one for one in (X[:2], X[2:])]))
    assert np.array_equal(parted.mean, whole.mean)
    assert np.array_equal(parted(X), whole(X))


def test_normalization_adapts_to_numbers_in_a_row():
    layer = layers.Normalization(axis=None)
    layer.adapt([1.0, 3.0])
    np.testing.assert_array_equal(layer(np.float32([[1], [3]])), [[-1], [1]])


# -- Normalizing each sample, learnt ramps, and noise that keeps moments --------------


@pytest.mark.parametrize(
    ("axis", "steps", "size"),
    [(-1, 3, 4), (2, 3, 4), ([1, 2], 1, 12), ((-1, -2), 1, 12)],
)
def test_a_layer_normalization_takes_the_last_axes_together(axis, steps, size):
    x = np.random.default_rng(0).normal(3, 5, (2, 3, 4)).astype(np.float32)
    layer = layers.LayerNormalization(axis=axis, epsilon=1e-6)
    y = layer(x).reshape(2 * steps, size)
    assert y.mean(axis=1) == pytest.approx(np.zeros(2 * steps), abs=1e-6)
    assert y.std(axis=1) == pytest.approx(np.ones(2 * steps), abs=1e-5)
    assert layer.gamma.shape == ((4,) if steps == 3 else (3, 4))


def test_a_layer_without_scale_and_center_has_no_weights():
    layer = layers.LayerNormalization(center=False, scale=False)
    layer.build((None, 4))
    assert layer.weights == []
    assert layer.gamma is layer.beta is None


def test_a_learnt_ramp_has_an_alpha_for_each_input_or_one_that_is_shared():
    for shared, shape in [(None, (3, 4)), (1, (1, 4)), ([1, 2], (1, 1))]:
        layer = layers.PReLU("ones", shared_axes=shared)
        layer.build((None, 3, 4))
        assert layer.alpha.shape == shape
    x = np.float32([[-1, 2]])
    layer = layers.PReLU(layers.PReLU().alpha_initializer)
    assert layer(x).tolist() == [[0, 2]]
    layer.set_weights([[0.5, 0.25]])
    assert layer(x).tolist() == [[-0.5, 2]]


def test_alpha_dropout_keeps_mean_and_variance():
    x = np.random.default_rng(0).normal(size=(200, 500)).astype(np.float32)
    y = layers.AlphaDropout(0.3, seed=1)(x, training=True)
    assert y.mean() == pytest.approx(0, abs=0.02)
    assert y.std() == pytest.approx(1, abs=0.02)
    # What is left out is one number.
    _, counts = np.unique(y, return_counts=True)
    assert counts.max() == pytest.approx(0.3 * x.size, rel=0.02)


def test_gaussian_dropout_is_as_strong_as_a_dropout_of_its_rate():
    x = np.full((200, 500), 2, np.float32)
    y = layers.GaussianDropout(0.2, seed=1)(x, training=True)
    assert y.mean() == pytest.approx(2, abs=0.02)
    assert y.std() == pytest.approx(2 * 0.5, abs=0.02)
    assert layers.GaussianDropout(0.2)(x).tolist() == x.tolist()


def test_any_layer_may_have_a_penalty_for_its_outputs():
    x, y = np.float32([[1, 2], [3, 4]]), np.float32([[0], [0]])

    def loss(*between):
        model = fastmlp.Sequential([layers.Input((2,)), *between, layers.Dense(1)])
        model.layers[-1].set_weights([np.zeros((2, 1)), [0]])
        model.compile("sgd", "mse")
        return model.evaluate(x, y, verbose=0)

    assert loss() == 0
    # 30 is the sum of the squares, of two rows.
    assert loss(layers.ActivityRegularization(l2=0.1)) == pytest.approx(0.1 * 30 / 2)
    penalty = {"activity_regularizer": fastmlp.regularizers.L2(0.1)}
    for layer in (
        layers.Activation("linear", **penalty),
        layers.Identity(**penalty),
        layers.Lambda(lambda x: x * 1, **penalty),
        layers.Dropout(0.5, **penalty),
    ):
        assert loss(layer) == pytest.approx(0.1 * 30 / 2), layer
