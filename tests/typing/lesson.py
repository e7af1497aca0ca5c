"""A lesson as a student writes it: type checkers find nothing in it, and it runs."""

from pathlib import Path
from typing import Any

import numpy as np

from fastmlp import (
    Input,
    Model,
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
from fastmlp.datasets import synthetic_digits
from fastmlp.typing import ActivationName, OptimizerLike

utils.set_random_seed(1)
config.set_zero_skipping("auto")


def first_network() -> float:
    """Train the network of every first lesson, and look into it."""
    (x_train, y_train), (x_test, y_test) = synthetic_digits.load_data(0, 2000, 200)
    x_train = x_train.reshape(len(x_train), 784).astype("float32") / 255
    x_test = x_test.reshape(len(x_test), 784).astype("float32") / 255
    network = Sequential()
    network.add(layers.Dense(32, activation="relu", input_shape=(784,)))
    network.add(layers.Dense(10, activation="softmax"))
    network.compile(
        optimizer="rmsprop", loss="categorical_crossentropy", metrics=["accuracy"]
    )
    network.summary(print_fn=str.splitlines)
    y_train, t_test = utils.to_categorical(y_train), utils.to_categorical(y_test, 10)
    history = network.fit(
        x_train, y_train, epochs=2, batch_size=128, validation_split=0.1, verbose=0
    )
    best = max(history.history["val_accuracy"])
    loss, accuracy = network.evaluate(x_test, t_test, verbose=0)
    by_name = network.evaluate(x_test, t_test, verbose=0, return_dict=True)
    assert by_name["loss"] == loss
    wrong = network.predict(x_test, verbose=0).argmax(axis=1) != y_test
    kernel = network.layers[0].kernel
    picture = kernel[:, 0].reshape(28, 28)
    bias = network.layers[0].bias
    assert bias is not None and picture.shape == (28, 28)
    print(f"{best:.2f} {accuracy:.2f} {wrong.sum()} wrong, {bias.mean():.3f}")
    return float(accuracy)


def many_networks() -> dict[str, float]:
    """Compare activations and optimizers, with labels that are numbers."""
    (x, y), _ = synthetic_digits.load_data(n_train=500, n_test=0)
    activations: list[ActivationName] = ["relu", "tanh", "sigmoid"]
    choices: list[OptimizerLike] = [
        "adam",
        optimizers.SGD(0.1, momentum=0.9, nesterov=True, clipnorm=1.0),
        optimizers.AdamW(optimizers.schedules.CosineDecay(0.01, 10), weight_decay=0.1),
    ]
    found: dict[str, float] = {}
    for activation, optimizer in zip(activations, choices, strict=True):
        model = Sequential(
            [
                Input((28, 28)),
                layers.Rescaling(1 / 255),
                layers.Flatten(),
                layers.Dense(16, use_bias=False, kernel_initializer="he_normal"),
                layers.BatchNormalization(),
                layers.Activation(activation),
                layers.Dropout(0.1, seed=3),
                layers.Dense(
                    10,
                    activation=None,
                    kernel_initializer=initializers.HeNormal(seed=1),
                    bias_initializer=small_numbers,
                    kernel_regularizer=regularizers.L2(1e-4),
                    kernel_constraint=constraints.MaxNorm(3),
                    name="logits",
                ),
            ],
            name=activation,
        )
        model.compile(
            optimizer,
            losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["sparse_categorical_accuracy", metrics.MeanSquaredError()],
        )
        model.fit(x, y, epochs=1, verbose=0, class_weight={0: 2, 1: 1.5})
        found[activation] = model.train_on_batch(x, y, return_dict=True)["loss"]
    return found


def small_numbers(shape: tuple[int, ...], dtype: str | None = None) -> np.ndarray:
    """Start from these: an initializer of one's own."""
    return np.full(shape, 0.01, dtype)


class Diary(callbacks.Callback):
    """Write down how an epoch went."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Add a line."""
        self.lines.append(f"{epoch}: {(logs or {})['loss']:.2f}")


def kept_network(folder: Path) -> Model:
    """Train with callbacks, keep the best network in a file, and read it again."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(200, 4))
    y = (x.sum(axis=1) > 0).astype(int)
    model = Sequential([layers.Dense(8, "tanh"), layers.Dense(1, "sigmoid")])
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy", metrics.AUC()])
    diary = Diary()
    model.fit(
        x,
        y,
        epochs=3,
        verbose=0,
        validation_data=(x[:50], y[:50]),
        callbacks=[
            diary,
            callbacks.EarlyStopping(patience=2, restore_best_weights=True),
            callbacks.ReduceLROnPlateau("loss", factor=0.5, patience=1),
            callbacks.LearningRateScheduler(lambda epoch: 0.1 * 0.9**epoch),
            callbacks.ModelCheckpoint(folder / "best.npz", save_best_only=True),
            callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: None),
        ],
    )
    model.optimizer.learning_rate = 0.5
    model.fit(((x[i : i + 50], y[i : i + 50]) for i in (0, 50)), verbose=0)
    copied = models.clone_model(model)
    copied.set_weights(model.get_weights())
    again = models.load_model(folder / "best.npz")
    assert again.count_params() == copied.count_params() and diary.lines
    return models.model_from_json(again.to_json(indent=2))
