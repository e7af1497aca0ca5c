"""Mistakes of a first lesson: type checkers find each one, in the line that is marked.

Nobody calls it.
"""

from typing import Any

from fastmlp import (
    Sequential,
    callbacks,
    config,
    constraints,
    initializers,
    layers,
    losses,
    metrics,
    models,
    optimizers,
    regularizers,
    utils,
)
from fastmlp.datasets import mnist


def in_layers() -> None:
    """Make layers."""
    layers.Dense("32")  # wrong
    layers.Dense(32, activation="rleu")  # wrong
    layers.Dense(32, activation=3)  # wrong
    layers.Dense(32, kernel_initializer="he")  # wrong
    layers.Dense(32, kernel_regularizer="l3")  # wrong
    layers.Dense(32, bias_constraint="positive")  # wrong
    layers.Dense(32, use_bias="no")  # wrong
    layers.Dense(32, nmae="hidden")  # wrong
    layers.Dense(32, input_shape=784)  # wrong
    layers.Dense(32, dtype="float64")  # wrong
    layers.Activation("rleu")  # wrong
    layers.Dropout("0.5")  # wrong
    layers.ReLU(max_value="6")  # wrong
    layers.Conv2D(32, 3)  # wrong
    initializers.HeNormal(sed=1)  # wrong
    initializers.VarianceScaling(mode="fan")  # wrong
    regularizers.L2(l1=0.1)  # wrong
    constraints.MaxNorm("3")  # wrong


def in_networks() -> None:
    """Put layers together, and look into them."""
    model = Sequential(["Dense"])  # wrong
    model = Sequential([layers.Dense(3)], "name")  # wrong
    model.add("relu")  # wrong
    print(model.layers[0].kernel.shpae)  # wrong
    model.layers[0].bias.mean()  # wrong
    print(model.layer)  # wrong
    model.name = 3  # wrong
    model.set_weights(3)  # wrong
    model.get_layer(number=1)  # wrong


def in_training(model: Sequential, x: Any, y: Any) -> None:
    """Compile and train."""
    model.compile(optimizer=3)  # wrong
    model.compile("adamm", "mse")  # wrong
    model.compile("adam", "mss")  # wrong
    model.compile("adam", loss=0.5)  # wrong
    model.compile("adam", "mse", ["accuracy"])  # wrong
    model.compile("adam", "mse", metrics="accuracy")  # wrong
    model.compile("adam", "mse", metrics=["acuracy"])  # wrong
    model.compile(optimizers.Adam(lr=0.1))  # wrong
    model.compile(optimizers.Adam("fast"))  # wrong
    model.compile(optimizers.SGD(clipnrom=1.0))  # wrong
    model.compile(loss=losses.Huber(reduction="average"))  # wrong
    model.compile(loss=metrics.AUC(curve="roc"))  # wrong
    model.fit(x, y, epoch=3)  # wrong
    model.fit(x, y, epochs="3")  # wrong
    model.fit(x, y, verbose="yes")  # wrong
    model.fit(x, y, shuffle="rows")  # wrong
    model.fit(x, y, class_weight=[1.0, 2.0])  # wrong
    model.fit(x, y, callbacks=callbacks.EarlyStopping)  # wrong
    model.fit(x, y, callbacks=[print])  # wrong
    print(model.fit(x, y).loss)  # wrong
    print(model.fit(x, y).history["loss"].last)  # wrong
    print(model.evaluate(x, y, return_dict=True)[0])  # wrong
    model.test_on_batch(x, y, return_dict=True)["loss"].mean()  # wrong
    model.predict(x).argmx(axis=1)  # wrong
    model.save(3)  # wrong


def in_callbacks() -> None:
    """Make callbacks."""
    callbacks.EarlyStopping(3)  # wrong
    callbacks.EarlyStopping(mode="least")  # wrong
    callbacks.ReduceLROnPlateau(patience="long")  # wrong
    callbacks.ModelCheckpoint("best.keras", save_freq="batch")  # wrong
    callbacks.LearningRateScheduler(0.1)  # wrong
    optimizers.schedules.ExponentialDecay(0.1)  # wrong


def elsewhere() -> None:
    """Call what is beside networks."""
    config.set_zero_skipping("yes")  # wrong
    config.set_num_threads("two")  # wrong
    utils.set_random_seed("one")  # wrong
    utils.to_categorical([0, 1], num_classes="two")  # wrong
    mnist.load(path="mnist.npz")  # wrong
    mnist.load_data(3)  # wrong
    models.load_model(3)  # wrong
    optimizers.get("adamm")  # wrong
