"""What the comparison with Keras trains, and how: the inputs, the weights, the table.

`make_keras_golden.py` runs this recipe with Keras and keeps the answers in
`keras.npz`; `tests/test_keras_parity.py` runs the same recipe with fastmlp and
compares. Only answers are stored: inputs and initial weights are made here out of
integer arithmetic, so every NumPy on every machine makes the same bits.

A ReLU whose input is zero but for rounding would be open in one library and closed in
the other, and the runs would part. In none of these runs does an input of a ReLU come
nearer to zero than 1.7e-6, ten times what rounding does; look again when you change
the data.
"""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

ROWS = 456  # batches of 128, 128, 128 and 72: the last one is partial
BATCH_SIZE = 128
EPOCHS = 5
PREDICTED_ROWS = 16

# The seed network's first kernel, 400 kB, would be most of the file: of arrays above
# this size only some rows are stored, and means.
LARGE_ARRAY = 10_000
STORED_ROWS = slice(None, None, 8)


def uniform(stream: int, *shape: int) -> np.ndarray:
    """Return float32 numbers in [0, 1), all multiples of 2**-24.

    SplitMix64 (Steele, Lea and Flood 2014) with the element's index as its counter.
    """
    counter = np.arange(1, math.prod(shape) + 1, dtype=np.uint64)
    z = (counter + np.uint64(stream << 32)) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return (z >> np.uint64(40)).astype(np.float32).reshape(shape) / np.float32(2**24)


def signed_inputs(width: int) -> np.ndarray:
    """Return a table of numbers in [-1, 1), shape (ROWS, width)."""
    return 2 * uniform(1, ROWS, width) - 1


def pixel_inputs(width: int) -> np.ndarray:
    """Return numbers in [0, 1) of which 81 % are zero, as in MNIST."""
    return np.where(uniform(2, ROWS, width) < 0.19, uniform(3, ROWS, width), 0)


def block_means(x: np.ndarray, blocks: int) -> np.ndarray:
    """Return the means of equal blocks of columns: something that can be learnt.

    The sums are exact in float64, so the order of summation cannot change a bit.
    """
    width = x.shape[1] // blocks
    columns = x[:, : blocks * width].reshape(len(x), blocks, width)
    return columns.mean(axis=2, dtype=np.float64).astype(np.float32)


def labels(x: np.ndarray, classes: int) -> np.ndarray:
    """Return integer labels, shape (rows,): the block with the largest mean."""
    return block_means(x, classes).argmax(axis=1)


def one_hot(x: np.ndarray, classes: int) -> np.ndarray:
    """Return the labels as rows with a single one, shape (rows, classes)."""
    return np.eye(classes, dtype=np.float32)[labels(x, classes)]


def vector(x: np.ndarray, outputs: int) -> np.ndarray:
    """Return one value a row, shape (rows,): not a column."""
    return block_means(x, outputs)[:, 0]


def yes_or_no(x: np.ndarray, outputs: int) -> np.ndarray:
    """Return zeros and ones, shape (rows, outputs)."""
    return (block_means(x, outputs) > 0).astype(np.float32)


@dataclass(frozen=True)
class Dense:
    """A `layers.Dense` to be made."""

    units: int
    activation: str | None = None
    use_bias: bool = True

    def make(self, library: Any) -> Any:
        """Return the layer of the given library."""
        return library.layers.Dense(
            self.units, activation=self.activation, use_bias=self.use_bias
        )


@dataclass(frozen=True)
class Activation:
    """A `layers.Activation` to be made."""

    activation: str

    def make(self, library: Any) -> Any:
        """Return the layer of the given library."""
        return library.layers.Activation(self.activation)


@dataclass(frozen=True)
class Case:
    """One network, trained for five epochs from fixed weights.

    Attributes:
        name: what the case is about; the first part of its keys in `keras.npz`.
        layers: the layers after the input.
        loss: a name, or a function that makes the loss from the library's `losses`.
        optimizer: the class's name, followed by its arguments.
        metrics: as in `compile`.
        target: makes `y` from `x` and the width of the last layer.
        inputs: makes `x` from its width.
        width: number of inputs.
        validation_split: as in `fit`.
    """

    name: str
    layers: tuple[Any, ...] = (
        Dense(16, "relu"),
        Dense(12, "relu"),
        Dense(5, "softmax"),
    )
    loss: Any = "categorical_crossentropy"
    optimizer: tuple[str, dict[str, Any]] = ("RMSprop", {})
    metrics: list[str] = field(default_factory=lambda: ["accuracy"])
    target: Any = one_hot
    inputs: Any = signed_inputs
    width: int = 20
    validation_split: float = 0.0

    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """Return `x` and `y`."""
        outputs = [layer.units for layer in self.layers if isinstance(layer, Dense)][-1]
        x = self.inputs(self.width)
        return x, self.target(x, outputs)


def hidden(activation: str) -> tuple[Dense, ...]:
    """Return the usual layers, with another activation in the hidden ones."""
    return Dense(16, activation), Dense(12, activation), Dense(5, "softmax")


def ending_in(last: Dense) -> tuple[Dense, ...]:
    """Return the usual layers, with another last one."""
    return Dense(16, "relu"), Dense(12, "relu"), last


CASES = [
    Case(
        "seed network",
        layers=(Dense(128, "relu"), Dense(10, "softmax")),
        inputs=pixel_inputs,
        width=784,
    ),
    # Optimizers
    Case("rmsprop"),
    Case("rmsprop momentum", optimizer=("RMSprop", {"momentum": 0.9})),
    Case("rmsprop centered", optimizer=("RMSprop", {"centered": True})),
    Case(
        "rmsprop centered momentum",
        optimizer=("RMSprop", {"centered": True, "momentum": 0.9}),
    ),
    Case(
        "rmsprop all arguments",
        optimizer=("RMSprop", {"learning_rate": 0.003, "rho": 0.7, "epsilon": 1e-4}),
    ),
    Case("sgd", optimizer=("SGD", {"learning_rate": 0.1})),
    Case("sgd momentum", optimizer=("SGD", {"learning_rate": 0.1, "momentum": 0.9})),
    Case(
        "sgd nesterov",
        optimizer=("SGD", {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}),
    ),
    # Layers
    Case(
        "sigmoid hidden",
        layers=hidden("sigmoid"),
        optimizer=("RMSprop", {"learning_rate": 0.01}),
    ),
    Case("tanh hidden", layers=hidden("tanh")),
    Case("linear hidden", layers=hidden("linear")),
    Case(
        "no bias",
        layers=(
            Dense(16, "relu", use_bias=False),
            Dense(12, "relu"),
            Dense(5, "softmax", use_bias=False),
        ),
    ),
    Case(
        "activation layers",
        layers=(
            Dense(16),
            Activation("relu"),
            Dense(12),
            Activation("tanh"),
            Dense(5),
            Activation("softmax"),
        ),
    ),
    # Losses, and what they are paired with
    Case(
        "sparse labels",
        loss="sparse_categorical_crossentropy",
        target=labels,
    ),
    Case(
        "cross-entropy on logits",
        layers=ending_in(Dense(5)),
        loss=lambda losses: losses.CategoricalCrossentropy(from_logits=True),
    ),
    Case(
        "sparse cross-entropy on logits",
        layers=ending_in(Dense(5)),
        loss=lambda losses: losses.SparseCategoricalCrossentropy(from_logits=True),
        target=labels,
    ),
    Case("cross-entropy on sigmoid", layers=ending_in(Dense(5, "sigmoid"))),
    Case("squared error on softmax", loss="mean_squared_error"),
    Case(
        "binary accuracy",
        layers=ending_in(Dense(1, "sigmoid")),
        loss="mean_squared_error",
        optimizer=("RMSprop", {"learning_rate": 0.01}),
        target=yes_or_no,
    ),
    Case(
        "regression",
        layers=ending_in(Dense(3, "linear")),
        loss="mean_squared_error",
        metrics=["mae", "mse"],
        target=block_means,
    ),
    Case(
        "regression on a vector",
        layers=ending_in(Dense(1)),
        loss="mse",
        metrics=["mae"],
        target=vector,
    ),
    # Fit
    Case("validation split", validation_split=0.25),
]


def build(library: Any, case: Case) -> Any:
    """Return the compiled model of a case, with its initial weights.

    Args:
        library: Keras, or a library with its names.
        case: which network.
    """
    model = library.models.Sequential([library.layers.Input((case.width,))])
    for layer in case.layers:
        model.add(layer.make(library))
    optimizer, arguments = case.optimizer
    model.compile(
        optimizer=getattr(library.optimizers, optimizer)(**arguments),
        loss=case.loss(library.losses) if callable(case.loss) else case.loss,
        metrics=case.metrics,
    )
    model.set_weights(
        [
            (2 * uniform(10 + i, *w.shape) - 1) * np.float32(1 / math.sqrt(w.shape[0]))
            for i, w in enumerate(model.get_weights())
        ]
    )
    return model


def summarize(weight: np.ndarray) -> dict[str, np.ndarray]:
    """Return what is kept of a weight array: all of it, or every eighth row and means.

    The means hold the rows that are not kept: float64, over both axes, with and
    without signs.
    """
    if weight.size < LARGE_ARRAY:
        return {"all": weight}
    w = weight.astype(np.float64)
    return {
        "rows": weight[STORED_ROWS],
        "row_means": w.mean(axis=1),
        "column_means": w.mean(axis=0),
        "absolute_row_means": np.abs(w).mean(axis=1),
        "absolute_column_means": np.abs(w).mean(axis=0),
    }


def run(library: Any, case: Case) -> dict[str, np.ndarray]:
    """Train the network of a case and return all that is compared.

    Args:
        library: Keras, or a library with its names.
        case: which network.

    Returns:
        `weights/<number>/<part>` (see `summarize`), `history/<key>` with one value
        an epoch, `evaluate` and `predict`.
    """
    x, y = case.data()
    model = build(library, case)
    history = model.fit(
        x,
        y,
        batch_size=BATCH_SIZE,
        epochs=EPOCHS,
        verbose=0,
        validation_split=case.validation_split,
        shuffle=False,
    ).history
    answers = {
        f"weights/{i}/{part}": values
        for i, weight in enumerate(model.get_weights())
        for part, values in summarize(weight).items()
    }
    answers |= {f"history/{key}": np.array(values) for key, values in history.items()}
    answers["evaluate"] = np.array(model.evaluate(x, y, verbose=0))
    answers["predict"] = model.predict(x[:PREDICTED_ROWS], verbose=0)
    return answers
