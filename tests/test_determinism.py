"""Weights after a short training, to the last bit: one hash for all processors.

AVX2, AVX-512 and arm64 share one. x86-64 without AVX2 cannot fuse a product with a sum,
so it rounds twice what they round once, and has hashes of its own. Whoever changes a
kernel so that the last bit differs changes the hashes as well, and says so in
CHANGELOG.md.
"""

import hashlib
import platform

import numpy as np
import pytest
import test_graph
from test_network import train

from fastmlp import Sequential, config, layers, optimizers, utils
from fastmlp.datasets import synthetic_digits

ROWS = 1000


@pytest.fixture(scope="module")
def digits():
    (x, labels), _ = synthetic_digits.load_data(n_train=ROWS, n_test=0)
    return x.reshape(ROWS, -1) / np.float32(255), labels


def two_layers():
    return [layers.Dense(64, "relu"), layers.Dense(10, "softmax")]


def with_dropout_and_noise():
    return [
        layers.GaussianNoise(0.2),
        layers.Dense(130, "relu"),
        layers.Dropout(0.3),
        layers.Dense(10, "softmax"),
    ]


def with_batch_normalization():
    return [
        layers.Dense(64, use_bias=False),
        layers.BatchNormalization(),
        layers.Activation("relu"),
        layers.Dense(10, "softmax"),
    ]


def with_tanh_and_sigmoid():
    return [
        layers.Dense(50, "tanh", kernel_regularizer="l2"),
        layers.Dense(30, "sigmoid", kernel_constraint="max_norm"),
        layers.Dense(10, "softmax"),
    ]


def with_one_output(*activations):
    return lambda: [
        *(layers.Dense(24, activation) for activation in activations),
        layers.Dense(1),
    ]


# Layers, optimizer and loss; the hash with fused products, and without.
TRAININGS = {
    "rmsprop": (
        two_layers,
        optimizers.RMSprop,
        "sparse_categorical_crossentropy",
        "e527908b21f8270f",
        "c0939025e447d70a",
    ),
    "dropout and noise": (
        with_dropout_and_noise,
        lambda: optimizers.RMSprop(centered=True, momentum=0.5),
        "sparse_categorical_crossentropy",
        "b530cf988c3d8274",
        "23d026b6198a072c",
    ),
    "batch normalization": (
        with_batch_normalization,
        optimizers.Adam,
        "sparse_categorical_crossentropy",
        "5f46e61f51098458",
        "c2a0f02abd2cf265",
    ),
    "tanh and sigmoid": (
        with_tanh_and_sigmoid,
        lambda: optimizers.SGD(0.1, momentum=0.9, nesterov=True, clipnorm=1.0),
        "sparse_categorical_crossentropy",
        "213abfabf3001800",
        "52d63cf9a81eb219",
    ),
    "regression": (
        with_one_output("gelu", "softplus", "mish"),
        lambda: optimizers.Adagrad(0.01),
        "mse",
        "41c690d5aea24be9",
        "00e575211e82c8c6",
    ),
    "robust regression": (
        with_one_output("elu", "silu", "leaky_relu"),
        lambda: optimizers.AdamW(global_clipnorm=1.0, amsgrad=True),
        "log_cosh",
        "172e5ef95c55ff54",
        "0145ce125f5f5bf0",
    ),
    "averages": (
        with_tanh_and_sigmoid,
        lambda: optimizers.Nadam(use_ema=True, gradient_accumulation_steps=2),
        "sparse_categorical_crossentropy",
        "c2fb7d279799085e",
        "838524d51334c321",
    ),
    "the leader": (
        two_layers,
        lambda: optimizers.Ftrl(0.1, -0.75, l1_regularization_strength=1e-3),
        "sparse_categorical_crossentropy",
        "5ac7c5c867c4d71d",
        "9f7c40863e8f4c91",
    ),
    "largest gradients": (
        two_layers,
        lambda: optimizers.Adamax(0.01, ema_overwrite_frequency=3, use_ema=True),
        "sparse_categorical_crossentropy",
        "cbda16b583bbd8da",
        "89cf1a2b17546525",
    ),
    "signs": (
        two_layers,
        lambda: optimizers.Lion(weight_decay=0.1),
        "sparse_categorical_crossentropy",
        "d61e64b3e482428d",
        "d61e64b3e482428d",
    ),
    "as long as before": (
        two_layers,
        lambda: optimizers.Adadelta(1.0),
        "sparse_categorical_crossentropy",
        "b72b55b52de390a3",
        "a3a389dbca2467c4",
    ),
}


def fuses_products(variant):
    return variant != "base" or platform.machine() not in ("x86_64", "AMD64")


def hash_of(weights):
    """Return the first 16 digits of sha256 over all weights, as float32."""
    return hashlib.sha256(b"".join(w.tobytes() for w in weights)).hexdigest()[:16]


@pytest.mark.skipif(platform.system() == "Windows", reason="MSVC fuses as it likes")
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("training", TRAININGS)
def test_a_seed_gives_the_same_weights_on_every_processor(
    compiled_variant, digits, monkeypatch, threads_for_all, training, threads
):
    make_layers, make_optimizer, loss, fused, rounded_twice = TRAININGS[training]
    monkeypatch.setattr(config, "_threads", threads)
    utils.set_random_seed(1)
    model = Sequential(make_layers())
    model.compile(make_optimizer(), loss)
    model.fit(*digits, batch_size=50, epochs=2, verbose=0)
    expected = fused if fuses_products(compiled_variant) else rounded_twice
    assert hash_of(model.get_weights()) == expected


# Networks of tests/test_graph.py, with hashes in the same way.
GRAPHS = {
    "shared dense": ("49c5681e98416445", "44daf9e6946a5e8f"),
    "three outputs": ("b5bc8e6fdb0f6765", "6846ef6e75ebf45c"),
    "siamese": ("7f173f58e40a7308", "c2fddd06110e07f5"),
}


@pytest.mark.skipif(platform.system() == "Windows", reason="MSVC fuses as it likes")
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("network", GRAPHS)
def test_so_does_a_network_that_is_not_a_row(compiled_variant, network, threads):
    fused, rounded_twice = GRAPHS[network]
    plan = test_graph.NETWORKS[network]()
    samples = test_graph.draw_samples(plan, 80, shuffled=False)
    trained, _ = train(plan, samples, 32, threads)
    expected = fused if fuses_products(compiled_variant) else rounded_twice
    assert hash_of(trained.arrays) == expected
