"""The flat plan: a network, its data and its scratch space as plain arrays.

`compile` turns the layers into a `Plan`; `fit`, `evaluate` and `predict` add
`Samples` and a `Workspace` and hand all three to `kernels.run`, which works on many
batches in one call. Kernels know these arrays and nothing of `fastmlp.models`.

The words of Keras become the letters of mathematics here: a layer's kernel is w, its
bias b, its units are the columns of y.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]

# The numbers by which compiled code knows each function.
ACTIVATIONS = {"linear": 0, "relu": 1, "sigmoid": 2, "tanh": 3, "softmax": 4}
LOSSES = {"softmax_crossentropy": 0, "crossentropy": 1, "mean_squared_error": 2}
METRICS = {
    "categorical_accuracy": 0,
    "binary_accuracy": 1,
    "squared_error": 2,
    "absolute_error": 3,
}
OPTIMIZERS = {"sgd": 0, "rmsprop": 1}
PREDICT, EVALUATE, TRAIN = 0, 1, 2

# Compressed samples cut their columns into blocks of this width.
INPUT_BLOCK = 64


class Step(NamedTuple):
    """One layer, y = f(x w + b); a row of `Plan.steps`."""

    inputs: int
    outputs: int
    kernel: int  # where w begins among the parameters; -1: the layer is y = f(x)
    bias: int  # where b begins; -1: there is none
    activation: int
    offset: int  # the sum of `outputs` of the layers before


class Plan(NamedTuple):
    """The network: its layers, its parameters and how they are trained."""

    steps: NDArray[np.intp]  # (layers, 6): one Step a row
    parameters: Float32  # every w and b, one after the other
    gradients: Float32  # the same of every dw and db
    memory: Float32  # (arrays, parameters): what the optimizer remembers
    loss: int
    metrics: NDArray[np.intc]
    optimizer: int
    settings: NDArray[np.float64]  # learning rate and so on, as the optimizer has them


class Samples(NamedTuple):
    """The data: inputs either dense (`x`) or compressed, targets either t or labels."""

    count: int
    x: Float32 | None = None  # (count, inputs)
    values: Float32 | None = None
    columns: NDArray[np.uint16] | None = None
    starts: NDArray[np.intp] | None = None  # (count, blocks + 1)
    t: Float32 | None = None  # (count, outputs)
    labels: NDArray[np.intc] | None = None  # (count,)
    order: NDArray[np.intp] | None = None  # which sample comes when; None: as they lie


class Workspace(NamedTuple):
    """Scratch space for one batch, allocated once and used for every batch."""

    batch_size: int
    x: Float32
    values: Float32
    columns: NDArray[np.uint16]
    starts: NDArray[np.intp]
    t: Float32
    outputs: Float32
    deltas: Float32
    row_values: Float32  # (1 + metrics) * batch_size: the loss and metrics of each row
    panels: Float32  # (threads, size of one panel)


def block_count(inputs: int) -> int:
    """Return how many blocks of `INPUT_BLOCK` the columns of compressed samples make.

    Example:
        >>> block_count(784)
        13
    """
    return -(-inputs // INPUT_BLOCK)


def make_workspace(
    plan: Plan, samples: Samples, batch_size: int, threads: int
) -> Workspace:
    """Allocate what `kernels.run` needs for batches of `batch_size` rows."""
    steps = [Step(*map(int, row)) for row in plan.steps]
    inputs, outputs = steps[0].inputs, steps[-1].outputs
    widths = sum(step.outputs for step in steps)
    compressed = samples.starts is not None
    gathered = samples.order is not None
    longest = max(batch_size, *(max(step.inputs, step.outputs) for step in steps))

    def room(needed: bool, size: int) -> int:
        # Never empty: compiled code takes the address of the first element.
        return size if needed else 1

    return Workspace(
        batch_size=batch_size,
        x=np.empty(room(gathered and not compressed, batch_size * inputs), np.float32),
        values=np.empty(room(compressed, batch_size * inputs), np.float32),
        columns=np.empty(room(compressed, batch_size * inputs), np.uint16),
        starts=np.empty(
            room(compressed, batch_size * (block_count(inputs) + 1)), np.intp
        ),
        t=np.empty(
            room(gathered or samples.labels is not None, batch_size * outputs),
            np.float32,
        ),
        outputs=np.empty(batch_size * widths, np.float32),
        deltas=np.empty(batch_size * widths, np.float32),
        row_values=np.empty((1 + len(plan.metrics)) * batch_size, np.float32),
        panels=np.empty((threads, 2 * INPUT_BLOCK * longest), np.float32),
    )
