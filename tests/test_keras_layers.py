"""Activations and layers step by step beside real Keras, and their files both ways.

Each case is a function of the library `K`, `fastmlp` or `keras`, which is all that
changes: the layers between the inputs and the last one. Both start from the same
weights, get the same data, and take twenty steps.
"""

import numpy as np
import pytest
from keras_graphs import DEEP, ROWS, VALUE, with_weights

import fastmlp

keras = pytest.importorskip(
    "keras", reason="Keras is not installed: pip install keras jax"
)

# Keras compiles its step anew for every model.
pytestmark = [
    pytest.mark.slow,
    # Keras converts its variables the way that NumPy 1 wanted it.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

BATCH, STEPS = 20, 20


def dense(*activations):
    """Return what makes a row of dense layers with these activations."""
    return lambda K: [K.layers.Dense(6, activation=one) for one in activations]


CASES = {
    "ramps": dense("relu6", "celu", "squareplus", "sparse_plus", "hard_silu"),
    "bounds": dense(
        "hard_tanh", "hard_sigmoid", "softsign", "exponential", "sparse_sigmoid"
    ),
    "logarithms": dense("log_softmax", "log_sigmoid"),
    "shrinking": dense("hard_shrink", "linear", "soft_shrink", "tanh_shrink"),
    "normalization": lambda K: [
        K.layers.LayerNormalization(),
        K.layers.Dense(6),
        K.layers.LayerNormalization(center=False, epsilon=0.1),
        K.layers.Dense(6, activation="tanh"),
        K.layers.RMSNormalization(),
        K.layers.Dense(6),
        K.layers.LayerNormalization(scale=False, axis=[1]),
        K.layers.UnitNormalization(),
    ],
    "learnt ramps": lambda K: [
        K.layers.Dense(6),
        K.layers.PReLU(),
        K.layers.Dense(6),
        K.layers.PReLU(shared_axes=[1], alpha_regularizer="l2"),
    ],
    "penalties": lambda K: [
        K.layers.Dense(6, activation="tanh"),
        K.layers.ActivityRegularization(l1=0.01, l2=0.02),
        K.layers.Identity(),
        K.layers.Dense(6, activation="gelu", activity_regularizer="l2"),
        K.layers.LayerNormalization(activity_regularizer=K.regularizers.L1(0.01)),
    ],
    "tables": lambda K: [
        K.layers.Dense(12),
        K.layers.Reshape((3, 4)),
        K.layers.LayerNormalization(),
        K.layers.Dense(4),
        K.layers.PReLU(shared_axes=[1]),
        K.layers.LayerNormalization(axis=[1, 2], gamma_regularizer="l2"),
        K.layers.PReLU(),
        K.layers.UnitNormalization(),
        K.layers.Flatten(),
    ],
    "layers as activations": lambda K: [
        K.layers.Dense(6, activation=K.layers.LeakyReLU(0.1)),
        K.layers.Activation(K.layers.ELU(0.5)),
        K.layers.Dense(6, activation=K.layers.ReLU(max_value=0.5)),
    ],
}


@pytest.mark.parametrize("mode", ["rows", "columns"])
def test_an_orthogonal_regularizer_has_the_values_and_the_steps_of_keras(mode):
    w = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    here, there = (
        K.regularizers.OrthogonalRegularizer(0.5, mode) for K in (fastmlp, keras)
    )
    expected = float(there(keras.ops.convert_to_tensor(w)))
    assert here(w) == pytest.approx(expected, rel=1e-6)
    assert here.get_config() == there.get_config()
    weights = []
    for K in (fastmlp, keras):
        penalty = K.regularizers.OrthogonalRegularizer(0.5, mode)
        rows = [K.layers.Input((5,)), K.layers.Dense(1, kernel_regularizer="l2")]
        rows.insert(1, K.layers.Dense(4, kernel_regularizer=penalty))
        model = with_weights(K.Sequential(rows))
        model.compile(K.optimizers.SGD(0.01), "mse")
        fit(model)
        weights.append(model.get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=2e-6)


def compiled(K, between):
    rows = [K.layers.Input((5,)), *between(K), K.layers.Dense(1)]
    model = with_weights(K.Sequential(rows))
    model.compile(K.optimizers.Adam(0.002), "mse")
    return model


def fit(model):
    settings = {"shuffle": False, "verbose": 0, "validation_split": 0.5}
    return model.fit(
        DEEP, VALUE, batch_size=BATCH, epochs=2 * BATCH * STEPS // ROWS, **settings
    ).history


@pytest.mark.parametrize("between", CASES.values(), ids=CASES)
def test_twenty_steps_lead_to_the_weights_and_numbers_of_keras(between, tmp_path):
    here, there = compiled(fastmlp, between), compiled(keras, between)
    history, expected = fit(here), fit(there)
    for name, values in expected.items():
        np.testing.assert_allclose(
            history[name], values, rtol=1e-5, atol=2e-6, err_msg=name
        )
    for one, other in zip(here.get_weights(), there.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-6)
    found, wanted = (model.predict(DEEP, verbose=0) for model in (here, there))
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=2e-5)
    # And through a file, from each library to the other.
    here.save(tmp_path / "here.keras")
    there.save(tmp_path / "there.keras")
    taken = keras.models.load_model(tmp_path / "here.keras")
    np.testing.assert_allclose(taken.predict(DEEP, verbose=0), found, atol=5e-6)
    given = fastmlp.models.load_model(tmp_path / "there.keras")
    np.testing.assert_allclose(given.predict(DEEP, verbose=0), wanted, atol=5e-6)


@pytest.mark.parametrize("between", CASES.values(), ids=CASES)
def test_a_layer_describes_itself_as_in_keras(between):
    for one, other in zip(between(fastmlp), between(keras), strict=True):
        config, expected = one.get_config(), other.get_config()
        assert config.keys() | {"quantization_config"} == expected.keys() | {
            "quantization_config"
        }


# Those that an MLP can use are all here; the others have their reasons in KERAS.md.
LEFT_OUT = {"initializers": {"STFT", "STFTInitializer", "stft"}}


@pytest.mark.parametrize(
    "module", ["activations", "constraints", "initializers", "regularizers"]
)
def test_every_name_of_keras_is_here(module):
    names = {one for one in dir(getattr(keras, module)) if not one.startswith("_")}
    missing = names - set(dir(getattr(fastmlp, module)))
    assert missing == LEFT_OUT.get(module, set())
