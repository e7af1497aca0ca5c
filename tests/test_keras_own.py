"""Equations of one's own: the same networks in fastmlp and in real Keras, side by side.

Each is a function of the library `K`, `fastmlp` or `keras`, which is all that changes.
Both start from the same weights, get the same data, and take twenty steps.
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
CASES = {}


def case(build):
    """Enter a function that makes a compiled model with the given library."""
    CASES[build.__name__] = build
    return build


def compiled(K, *between, loss="mse", metrics=None, activation="tanh"):
    first = K.layers.Dense(6, activation=activation)
    rows = [K.layers.Input((5,)), first, *between, K.layers.Dense(1)]
    model = with_weights(K.Sequential(rows))
    model.compile(K.optimizers.Adam(0.002), loss, metrics=metrics)
    return model


@case
def loss_function(K):
    def log_cosh(y_true, y_pred):
        error = y_pred - y_true
        return K.ops.mean(K.ops.log(K.ops.cosh(error)), axis=-1)

    return compiled(K, loss=log_cosh)


@case
def loss_that_is_one_number(K):
    def rooted(y_true, y_pred):
        return K.ops.sqrt(K.ops.mean(K.ops.square(y_true - y_pred)))

    return compiled(K, loss=rooted)


class Called:
    def __init__(self, function):
        self.function = function

    def __call__(self, *arguments):
        return self.function(*arguments)


@case
def objects_that_are_called_as_functions(K):
    def squares(y_true, y_pred):
        return K.ops.mean(K.ops.square(y_true - y_pred), axis=-1)

    hidden = K.layers.Dense(
        4,
        activation=Called(lambda x: K.ops.tanh(x)),
        kernel_regularizer=Called(lambda w: 0.01 * K.ops.sum(K.ops.square(w))),
        kernel_constraint=Called(lambda w: K.ops.clip(w, -0.5, 0.5)),
    )
    return compiled(K, hidden, loss=Called(squares), metrics=[Called(squares)])


@case
def loss_class(K):
    class Pinball(K.losses.Loss):
        def __init__(self, quantile, name="pinball"):
            super().__init__(name=name)
            self.quantile = quantile

        def call(self, y_true, y_pred):
            error = y_true - y_pred
            q = self.quantile
            return K.ops.mean(K.ops.maximum(q * error, (q - 1) * error), axis=-1)

    return compiled(K, loss=Pinball(0.3))


@case
def loss_of_losses(K):
    def both(y_true, y_pred):
        square = K.losses.mean_squared_error(y_true, y_pred)
        return square + 0.5 * K.losses.mean_absolute_error(y_true, y_pred)

    return compiled(K, loss=both)


@case
def layer_with_weights(K):
    class Linear(K.layers.Layer):
        def __init__(self, units=4):
            super().__init__()
            self.units = units

        def build(self, input_shape):
            self.w = self.add_weight(
                shape=(input_shape[-1], self.units),
                initializer="random_normal",
                regularizer="l2",
                trainable=True,
                name="w",
            )
            self.b = self.add_weight(
                shape=(self.units,), initializer="zeros", trainable=True, name="b"
            )

        def call(self, inputs):
            return K.ops.matmul(inputs, self.w) + self.b

    return compiled(K, Linear(5), Linear())


@case
def layer_that_behaves_otherwise_in_training(K):
    class Halved(K.layers.Layer):
        def call(self, inputs, training=False):
            return inputs * 0.5 if training else inputs

    return compiled(K, Halved())


@case
def layer_of_two_inputs(K):
    class Gate(K.layers.Layer):
        def build(self, input_shape):
            width = input_shape[0][-1]
            self.steepness = self.add_weight(
                shape=(width,), initializer="ones", name="steepness"
            )

        def call(self, inputs):
            x, gate = inputs
            return x * K.ops.sigmoid(self.steepness * gate)

        def compute_output_shape(self, input_shape):
            return input_shape[0]

    inputs = K.layers.Input((5,))
    x, gate = (K.layers.Dense(4, activation="tanh")(inputs) for _ in range(2))
    model = K.Model(inputs, K.layers.Dense(1)(Gate()([x, gate])))
    with_weights(model).compile(K.optimizers.SGD(0.05, momentum=0.9), "mse")
    return model


@case
def metric_class_and_function(K):
    class WithinReach(K.metrics.Metric):
        def __init__(self, name="within_reach", **settings):
            super().__init__(name=name, **settings)
            self.hits = self.add_weight(name="hits", initializer="zeros")
            self.rows = self.add_weight(name="rows", initializer="zeros")

        def update_state(self, y_true, y_pred, sample_weight=None):
            hits = K.ops.cast(K.ops.abs(y_true - y_pred) < 0.5, "float32")
            self.hits.assign_add(K.ops.sum(hits))
            self.rows.assign_add(K.ops.cast(K.ops.size(hits), "float32"))

        def result(self):
            return self.hits / self.rows

        def reset_state(self):
            self.hits.assign(0.0)
            self.rows.assign(0.0)

    def largest(y_true, y_pred):
        return K.ops.max(K.ops.abs(y_true - y_pred), axis=-1)

    return compiled(K, metrics=[WithinReach(), largest])


@case
def activation_function(K):
    def snake(x):
        return x + K.ops.square(K.ops.sin(x))

    return compiled(K, K.layers.Activation(snake), activation=snake)


@case
def lambda_layer(K):
    return compiled(K, K.layers.Lambda(lambda x: K.ops.square(x) - 1))


@case
def regularizer_and_constraint(K):
    class Quartic(K.regularizers.Regularizer):
        def __call__(self, x):
            return 0.01 * K.ops.sum(K.ops.power(x, 4))

    class Clipped(K.constraints.Constraint):
        def __call__(self, w):
            return K.ops.clip(w, -0.4, 0.4)

    hidden = K.layers.Dense(
        4, kernel_regularizer=Quartic(), kernel_constraint=Clipped()
    )
    return compiled(K, hidden)


@case
def operations_between_layers(K):
    inputs = K.layers.Input((5,))
    x = K.layers.Dense(4)(inputs)
    x = K.ops.tanh(x) * 2 + K.ops.relu(x)
    model = with_weights(K.Model(inputs, K.layers.Dense(1)(x)))
    model.compile(K.optimizers.Adam(0.002), "mse")
    return model


@case
def model_with_a_call(K):
    class Residual(K.Model):
        def __init__(self):
            super().__init__()
            self.first = K.layers.Dense(4, activation="tanh")
            self.second = K.layers.Dense(4, activation="tanh")
            self.last = K.layers.Dense(1)

        def call(self, inputs):
            x = self.first(inputs)
            return self.last(x + self.second(x))

    model = Residual()
    model(DEEP[:2])
    with_weights(model).compile(K.optimizers.Adam(0.002), "mse")
    return model


def fit(model):
    settings = {"shuffle": False, "verbose": 0, "validation_split": 0.5}
    return model.fit(
        DEEP, VALUE, batch_size=BATCH, epochs=2 * BATCH * STEPS // ROWS, **settings
    ).history


@pytest.mark.parametrize("build", CASES.values(), ids=CASES)
def test_twenty_steps_lead_to_the_weights_and_numbers_of_keras(build):
    here, there = build(fastmlp), build(keras)
    history, expected = fit(here), fit(there)
    assert history.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(
            history[name], values, rtol=1e-5, atol=2e-6, err_msg=name
        )
    for one, other in zip(here.get_weights(), there.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-6)
    found, wanted = (model.predict(DEEP, verbose=0) for model in (here, there))
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=5e-6)
