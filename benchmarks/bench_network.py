"""The whole network beside NumPy: a step, an epoch, predictions.

Both sides have one thread; the rows "all threads" show what fastmlp gains by more.
"""

import numpy as np
import pytest
from numpy_mlp import NumpyMLP

from fastmlp import Sequential, kernels, layers, losses, ops, optimizers

SEED_NETWORK = [784, 128, 10]


def network(sizes):
    """The same network in fastmlp, compiled."""
    model = Sequential([layers.Input((sizes[0],))])
    for units in sizes[1:-1]:
        model.add(layers.Dense(units, activation="relu"))
    model.add(layers.Dense(sizes[-1], activation="softmax"))
    model.compile("rmsprop", "categorical_crossentropy", metrics=["accuracy"])
    return model


@pytest.fixture(params=["fastmlp", "fastmlp, all threads", "numpy"])
def library(request, threads):
    """Run a benchmark on fastmlp, with one thread and with all, and on NumPy."""
    if request.param == "fastmlp":
        threads(1)
    elif request.param != "numpy" and kernels.num_threads() == 1:
        pytest.skip("there is one thread only")
    return request.param


@pytest.mark.parametrize("rows", [1, 32, 128, 1024])
@pytest.mark.benchmark(max_time=0.3, min_rounds=5, warmup=True)
def bench_train_step(benchmark, library, digits, rows):
    x, t = digits.x[:rows].astype(np.float32), digits.y[:rows].astype(np.float32)
    benchmark.group = f"train step, batch of {rows:,}"
    if library == "numpy":
        benchmark(NumpyMLP(SEED_NETWORK, rows).train_on_batch, x, t)
    else:
        benchmark(network(SEED_NETWORK).train_on_batch, x, t)


@pytest.mark.parametrize("batch_size", [16, 128])
def bench_epoch(benchmark, library, digits, batch_size):
    if batch_size < 128 and library == "fastmlp, all threads":
        pytest.skip("on a busy machine, threads wait for each other at every batch")
    benchmark.group = f"one epoch from float64 arrays, batch of {batch_size}"
    if library == "numpy":
        model = NumpyMLP(SEED_NETWORK, batch_size)
        benchmark.pedantic(model.fit, (digits.x, digits.y), rounds=3)
    else:
        model = network(SEED_NETWORK)
        settings = {"batch_size": batch_size, "verbose": 0}
        benchmark.pedantic(model.fit, (digits.x, digits.y), settings, rounds=3)


@pytest.mark.parametrize("rows", [1, 10_000])
@pytest.mark.benchmark(max_time=0.3, min_rounds=5, warmup=True)
def bench_predict(benchmark, library, digits, rows):
    x = digits.x[:rows].astype(np.float32)
    benchmark.group = f"predict {rows:,} rows" if rows > 1 else "predict one row"
    if library == "numpy":
        benchmark(NumpyMLP(SEED_NETWORK).predict, x)
    elif rows == 1:
        benchmark(network(SEED_NETWORK), x)
    else:
        benchmark(network(SEED_NETWORK).predict, x, verbose=0)


def between(make):
    """The network of the notebook, with another layer behind its hidden one."""
    model = network(SEED_NETWORK)
    last = model.pop()
    model.add(make())
    model.add(layers.Dense(last.units, activation="softmax"))
    return model


def scaling(first):
    """The network of the notebook behind a layer that scales its inputs."""
    hidden = layers.Dense(128, activation="relu")
    last = layers.Dense(10, activation="softmax")
    return Sequential([layers.Input((784,)), first, hidden, last])


# What else a network may have, to be compared with the first row.
VARIANTS = {
    "plain": (lambda: network(SEED_NETWORK), "rmsprop"),
    "rescaling": (lambda: scaling(layers.Rescaling(0.5)), "rmsprop"),
    "dropout": (lambda: between(lambda: layers.Dropout(0.5)), "rmsprop"),
    "batch normalization": (lambda: between(layers.BatchNormalization), "rmsprop"),
    "gelu": (lambda: between(lambda: layers.Activation("gelu")), "rmsprop"),
    "sgd": (lambda: network(SEED_NETWORK), "sgd"),
    "adam": (lambda: network(SEED_NETWORK), "adam"),
    "clipped": (
        lambda: network(SEED_NETWORK),
        optimizers.RMSprop(global_clipnorm=1.0),
    ),
}


@pytest.mark.parametrize("variant", VARIANTS)
def bench_variant(benchmark, digits, threads, variant):
    threads(1)
    benchmark.group = "one epoch of 12,800 digits, batch of 128, one thread"
    build, optimizer = VARIANTS[variant]
    model = build()
    model.compile(optimizer, "categorical_crossentropy", metrics=["accuracy"])
    x, y = digits.x[:12_800].astype(np.float32), digits.y[:12_800].astype(np.float32)
    settings = {"batch_size": 128, "verbose": 0}
    benchmark.pedantic(model.fit, (x, y), settings, rounds=5, warmup_rounds=1)


class OwnCrossentropy(losses.Loss):
    """Cross-entropy by hand."""

    def forward(self, t, y):
        """Return the loss of each row."""
        return -(t * np.log(y + 1e-7)).sum(axis=1)

    def backward(self, t, y):
        """Return the gradient of y."""
        return -t / (y + 1e-7)


class OwnRelu:
    """ReLU by hand."""

    def forward(self, x):
        """Return y."""
        return np.maximum(x, 0)

    def backward(self, x, y, dy):
        """Return dx."""
        return dy * (x > 0)


def own_crossentropy(t, y):
    """Cross-entropy in terms of `ops`."""
    return -ops.sum(t * ops.log(y + 1e-7), axis=-1)


BUILT_IN = "categorical_crossentropy"

# The hidden layer's activation, and the loss.
OWN = {
    "built in": ("relu", BUILT_IN),
    "loss by hand": ("relu", OwnCrossentropy()),
    "loss by ops": ("relu", own_crossentropy),
    "activation by hand": (OwnRelu(), BUILT_IN),
    "activation by ops": (ops.relu, BUILT_IN),
}


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("own", OWN)
def bench_own_equation(benchmark, digits, threads, own, count):
    threads(count)
    benchmark.group = f"one epoch with an own equation, batch of 128, threads: {count}"
    activation, loss = OWN[own]
    rows = [layers.Dense(128, activation), layers.Dense(10, "softmax")]
    model = Sequential([layers.Input((784,)), *rows])
    model.compile("rmsprop", loss)
    x, y = digits.x[:12_800].astype(np.float32), digits.y[:12_800].astype(np.float32)
    settings = {"batch_size": 128, "verbose": 0}
    benchmark.pedantic(model.fit, (x, y), settings, rounds=5, warmup_rounds=1)
