"""The whole jobs of compare.py, and how each library does them.

A job is a network and what it is trained on. A peer is a function that takes the job,
builds the network, and returns two functions: `fit(x, y, epochs)` and
`predict(x)`. It imports its library itself, so that a process holds one library only.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np


class Job(NamedTuple):
    """What is trained."""

    title: str
    hidden: tuple[int, ...] = (128,)
    batch_size: int = 128
    epochs: int = 5
    standardized: bool = False  # pixels with mean 0 and deviation 1: hardly any zeros
    rows: int = 60_000
    tolerance: float = 0.006  # how far apart two accuracies are by chance


JOBS = {
    "seed": Job("784-128-10, batch 128, 5 epochs"),
    "standardized": Job(
        "784-128-10 on standardized pixels, batch 128, 5 epochs", standardized=True
    ),
    "wide": Job("784-512-512-10, batch 128, 5 epochs", hidden=(512, 512)),
    "small-batch": Job("784-128-10, batch 16, 5 epochs", batch_size=16),
    "large": Job(
        "784-4096-4096-10, batch 512, 4 epochs of 10,240 rows",
        hidden=(4096, 4096),
        batch_size=512,
        epochs=4,
        rows=10_240,
        tolerance=0.1,
    ),
}


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

    return fit, lambda x: model.predict(x, verbose=0)


def numpy_peer(job):
    from numpy_mlp import NumpyMLP

    model = NumpyMLP([784, *job.hidden, 10], job.batch_size)
    return model.fit, model.predict


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

    def predict(x):
        with torch.no_grad():
            return model(torch.from_numpy(x).float()).numpy()

    return fit, predict


def jax_peer(job):
    """Plain JAX: a whole epoch is one compiled scan."""
    import jax
    import jax.numpy as jnp

    rng = np.random.default_rng(0)
    sizes = [784, *job.hidden, 10]
    parameters = []
    for inputs, outputs in pairwise(sizes):
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

    def predict(x):
        return np.asarray(logits(state["parameters"], jnp.asarray(x, jnp.float32)))

    return fit, predict


def sklearn_peer(job):
    """Adam, since scikit-learn has no RMSprop."""
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier(job.hidden, batch_size=job.batch_size, max_iter=1)

    def fit(x, y, epochs):
        model.set_params(max_iter=epochs, warm_start=True)
        model.fit(x, y)

    return fit, model.predict_proba


class Peer(NamedTuple):
    """A library to compare with."""

    title: str
    modules: tuple[str, ...]  # it takes part if all of them can be imported
    build: object
    environment: dict[str, str] = {}  # noqa: RUF012 - never changed


PEERS = {
    "fastmlp": Peer("fastmlp", ("fastmlp",), fastmlp_peer),
    "numpy": Peer("NumPy", ("numpy",), numpy_peer),
    "torch": Peer("PyTorch", ("torch",), torch_peer),
    "jax": Peer("JAX", ("jax",), jax_peer),
    "sklearn": Peer("scikit-learn", ("sklearn",), sklearn_peer),
    "keras-jax": Peer(
        "Keras on JAX", ("keras", "jax"), keras_peer, {"KERAS_BACKEND": "jax"}
    ),
    "keras-tensorflow": Peer(
        "Keras on TensorFlow",
        ("keras", "tensorflow"),
        keras_peer,
        {"KERAS_BACKEND": "tensorflow"},
    ),
    "keras-torch": Peer(
        "Keras on PyTorch", ("keras", "torch"), keras_peer, {"KERAS_BACKEND": "torch"}
    ),
}
