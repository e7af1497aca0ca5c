"""Optimizers and schedules: twenty steps in fastmlp and in real Keras, side by side."""

import numpy as np
import pytest

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

STEPS, ROWS, INPUTS, CLASSES = 20, 64, 20, 5
BATCH = 16


@pytest.fixture(scope="module")
def data():
    """Some inputs are zero for whole batches, for which zero-skipping leaves rows."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(ROWS, INPUTS)).astype("float32")
    x[:, 12:] *= rng.uniform(size=(ROWS, 8)) < 0.05
    return x, rng.integers(0, CLASSES, ROWS)


def weights_after_each_step(K, data, make_optimizer):
    """Return the weights after each step, of batches that come again and again."""
    x, y = data
    model = K.Sequential(
        [
            K.layers.Input((INPUTS,)),
            K.layers.Dense(16, activation="tanh"),
            K.layers.Dense(CLASSES, activation="softmax"),
        ]
    )
    rng = np.random.default_rng(3)
    model.set_weights([0.3 * rng.normal(size=w.shape) for w in model.get_weights()])
    # Without run_eagerly, Keras takes longer to compile the steps than to take them.
    model.compile(
        make_optimizer(K.optimizers),
        "sparse_categorical_crossentropy",
        run_eagerly=True,
    )
    found = []
    for step in range(STEPS):
        rows = slice(step % 4 * BATCH, (step % 4 + 1) * BATCH)
        model.train_on_batch(x[rows], y[rows])
        found.append(model.get_weights())
    return found


def falling(K):
    return K.schedules.ExponentialDecay(0.02, 5, 0.7)


def without_decay(K, optimizer):
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    return optimizer


CASES = {
    "adadelta": lambda K: K.Adadelta(),
    "adadelta of the paper": lambda K: K.Adadelta(1.0, 0.5, 1e-3),
    "adadelta, clipped": lambda K: K.Adadelta(0.5, clipnorm=0.1, weight_decay=0.05),
    "adamax": lambda K: K.Adamax(),
    "adamax, set otherwise": lambda K: K.Adamax(0.01, 0.5, 0.6, 1e-3),
    "adamax, clipped": lambda K: K.Adamax(falling(K), clipvalue=0.02),
    "nadam": lambda K: K.Nadam(),
    "nadam, set otherwise": lambda K: K.Nadam(0.01, 0.5, 0.6, 1e-3),
    "nadam, clipped": lambda K: K.Nadam(falling(K), global_clipnorm=0.2),
    "lion": lambda K: K.Lion(),
    "lion, decaying": lambda K: K.Lion(0.005, 0.8, 0.9, weight_decay=0.1),
    "lion, clipped": lambda K: K.Lion(falling(K), clipnorm=0.1),
    "ftrl": lambda K: K.Ftrl(),
    "ftrl, set otherwise": lambda K: K.Ftrl(0.1, -0.3, 0.0, 0.01, 0.02, 0.03, 0.1),
    "ftrl, clipped": lambda K: K.Ftrl(falling(K), clipnorm=0.1, weight_decay=0.05),
    "ftrl, never shorter": lambda K: K.Ftrl(0.01, 0.0, 0.1, 0.01),
    "average": lambda K: K.Adam(use_ema=True),
    "average that takes over": lambda K: K.RMSprop(
        use_ema=True, ema_momentum=0.7, ema_overwrite_frequency=3
    ),
    "steps of batches": lambda K: K.Nadam(gradient_accumulation_steps=3),
    "steps of batches, clipped": lambda K: K.Adam(
        0.002, gradient_accumulation_steps=3, clipnorm=0.05, weight_decay=0.1
    ),
    "averages": lambda K: K.Adam(
        falling(K),
        epsilon=1e-3,
        use_ema=True,
        ema_momentum=0.7,
        ema_overwrite_frequency=3,
        gradient_accumulation_steps=2,
        global_clipnorm=0.1,
    ),
    "weights that do not decay": lambda K: without_decay(K, K.AdamW(weight_decay=0.5)),
    "adagrad": lambda K: K.Adagrad(0.05, 0.0, clipnorm=0.1, weight_decay=0.05),
}


@pytest.mark.parametrize("make_optimizer", CASES.values(), ids=CASES)
def test_twenty_steps_are_those_of_keras(data, make_optimizer):
    found = weights_after_each_step(fastmlp, data, make_optimizer)
    expected = weights_after_each_step(keras, data, make_optimizer)
    assert np.abs(found[0][0] - found[-1][0]).max() > 1e-5
    for step, (arrays, wanted) in enumerate(zip(found, expected, strict=True)):
        for one, other in zip(arrays, wanted, strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-6, err_msg=step)
