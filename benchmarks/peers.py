"""How each library does a job of compare.py, as its documentation would have it.

A peer is a function that takes the job, builds the network, and returns what can be
done with it (`Network`). It imports its library itself, so that a process holds one.
"""

import importlib.util
from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np


class Network(NamedTuple):
    """What compare.py times of a network; x is float64, y one-hot."""

    fit: Callable[..., Any]  # (x, y, epochs)
    evaluate: Callable[..., Any]  # (x, y): loss and accuracy
    predict: Callable[..., Any]  # (x): probabilities


def by_predicting(predict):
    """Return an `evaluate` for a library that has none: of what it predicts."""

    def evaluate(x, y):
        p, labels = predict(x), y.argmax(axis=1)
        right = np.take_along_axis(p, labels[:, None], axis=1)
        loss = -np.log(np.maximum(right, 1e-7)).mean()
        return float(loss), float((p.argmax(axis=1) == labels).mean())

    return evaluate


def fastmlp_peer(job):
    from fastmlp import Sequential, layers

    return _keras_like(Sequential, layers, job)


def keras_peer(job):
    import keras

    return _keras_like(keras.Sequential, keras.layers, job)


def _keras_like(model_class, layers, job):
    """The notebook's code, for fastmlp and Keras alike."""
    model = model_class([layers.Input((784,))])
    for units in job.hidden:
        model.add(layers.Dense(units, activation="relu"))
    model.add(layers.Dense(10, activation="softmax"))
    model.compile("rmsprop", "categorical_crossentropy", metrics=["accuracy"])

    def fit(x, y, epochs):
        model.fit(x, y, epochs=epochs, batch_size=job.batch_size, verbose=0)

    return Network(
        fit,
        lambda x, y: model.evaluate(x, y, verbose=0),
        lambda x: model.predict(x, verbose=0),
    )


def numpy_peer(job):
    from numpy_mlp import NumpyMLP

    model = NumpyMLP(job.sizes, job.batch_size)
    return Network(model.fit, by_predicting(model.predict), model.predict)


def torch_peer(job):
    import torch
    from torch import nn

    parts, inputs = [], 784
    for units in job.hidden:
        parts += [nn.Linear(inputs, units), nn.ReLU()]
        inputs = units
    model = nn.Sequential(*parts, nn.Linear(inputs, 10))
    # alpha is Keras's rho.
    optimizer = torch.optim.RMSprop(model.parameters(), lr=0.001, alpha=0.9, eps=1e-7)
    loss_function = nn.CrossEntropyLoss()

    def fit(x, y, epochs):
        x, y = torch.from_numpy(x).float(), torch.from_numpy(y).float()
        for _ in range(epochs):
            for rows in torch.randperm(len(x)).split(job.batch_size):
                optimizer.zero_grad(set_to_none=True)
                loss_function(model(x[rows]), y[rows]).backward()
                optimizer.step()

    def evaluate(x, y):
        x, y = torch.from_numpy(x).float(), torch.from_numpy(y).float()
        with torch.no_grad():
            logits = model(x)
            accuracy = (logits.argmax(1) == y.argmax(1)).float().mean()
            return float(loss_function(logits, y)), float(accuracy)

    def predict(x):
        with torch.no_grad():
            return model(torch.from_numpy(x).float()).softmax(1).numpy()

    return Network(fit, evaluate, predict)


def jax_peer(job):
    """Plain JAX: a whole epoch is one compiled scan."""
    import jax
    import jax.numpy as jnp

    rng = np.random.default_rng(0)
    parameters = []
    for inputs, outputs in pairwise(job.sizes):
        limit = np.sqrt(6 / (inputs + outputs))
        w = rng.uniform(-limit, limit, (inputs, outputs)).astype(np.float32)
        parameters.append((jnp.asarray(w), jnp.zeros(outputs)))
    state = {
        "parameters": parameters,
        "mean_square": jax.tree.map(jnp.zeros_like, parameters),
    }

    def logits(parameters, x):
        for w, b in parameters[:-1]:
            x = jax.nn.relu(x @ w + b)
        w, b = parameters[-1]
        return x @ w + b

    def loss(parameters, x, t):
        return -(t * jax.nn.log_softmax(logits(parameters, x))).sum(axis=1).mean()

    @jax.jit
    def epoch(parameters, mean_square, x, y, order):
        def step(carry, rows):
            parameters, mean_square = carry
            gradients = jax.grad(loss)(parameters, x[rows], y[rows])
            mean_square = jax.tree.map(
                lambda v, g: 0.9 * v + 0.1 * g * g, mean_square, gradients
            )
            parameters = jax.tree.map(
                lambda w, g, v: w - 0.001 * g / jnp.sqrt(v + 1e-7),
                parameters,
                gradients,
                mean_square,
            )
            return (parameters, mean_square), None

        return jax.lax.scan(step, (parameters, mean_square), order)[0]

    def fit(x, y, epochs):
        x, y = jnp.asarray(x, jnp.float32), jnp.asarray(y, jnp.float32)
        # A scan takes batches of one size; the rest of the rows sits out an epoch.
        whole = len(x) // job.batch_size * job.batch_size
        for _ in range(epochs):
            order = rng.permutation(len(x))[:whole].reshape(-1, job.batch_size)
            carry = epoch(state["parameters"], state["mean_square"], x, y, order)
            state["parameters"], state["mean_square"] = carry
        jax.block_until_ready(state["parameters"])

    @jax.jit
    def probabilities(parameters, x):
        return jax.nn.softmax(logits(parameters, x))

    def predict(x):
        return np.asarray(
            probabilities(state["parameters"], jnp.asarray(x, jnp.float32))
        )

    return Network(fit, by_predicting(predict), predict)


def sklearn_peer(job):
    """Adam, since scikit-learn has no RMSprop."""
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier(job.hidden, batch_size=job.batch_size, max_iter=1)

    def fit(x, y, epochs):
        model.set_params(max_iter=epochs, warm_start=True)
        model.fit(x, y)

    return Network(fit, by_predicting(model.predict_proba), model.predict_proba)


class Peer(NamedTuple):
    """A library to compare with."""

    title: str
    modules: tuple[str, ...]  # it takes part if all of them can be imported
    build: Callable[..., Network]
    environment: dict[str, str] = {}  # noqa: RUF012 - never changed
    # For the first guess of how long a run takes: seconds to start, and how many times
    # as long as fastmlp it trains.
    start: float = 3.0
    pace: float = 1.0

    def missing(self):
        """Return the modules that cannot be imported here."""
        return [name for name in self.modules if importlib.util.find_spec(name) is None]


PEERS = {
    "fastmlp": Peer("fastmlp", ("fastmlp",), fastmlp_peer),
    "numpy": Peer("NumPy", ("numpy",), numpy_peer, pace=3),
    "torch": Peer("PyTorch", ("torch",), torch_peer, start=5, pace=5),
    "jax": Peer("JAX", ("jax",), jax_peer, start=5, pace=3),
    "sklearn": Peer("scikit-learn", ("sklearn",), sklearn_peer, start=5, pace=8),
    "keras-jax": Peer(
        "Keras on JAX",
        ("keras", "jax"),
        keras_peer,
        {"KERAS_BACKEND": "jax"},
        start=10,
        pace=5,
    ),
    "keras-tensorflow": Peer(
        "Keras on TensorFlow",
        ("keras", "tensorflow"),
        keras_peer,
        {"KERAS_BACKEND": "tensorflow"},
        start=12,
        pace=12,
    ),
    "keras-torch": Peer(
        "Keras on PyTorch",
        ("keras", "torch"),
        keras_peer,
        {"KERAS_BACKEND": "torch"},
        start=12,
        pace=15,
    ),
}
