"""The flat plan: a network, its data and its scratch space as plain arrays.

`compile` turns the layers into a `Plan`; `fit`, `evaluate` and `predict` add
`Samples` and a `Workspace` and hand all three to `kernels.run`, which works on many
batches in one call. Kernels know these arrays and nothing of `fastmlp.models`.

The words of Keras become the letters of mathematics here: a layer's kernel is w, its
bias b, its units are the columns of y.
"""

import math
from typing import Any, NamedTuple

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
INPUT_BLOCK = 128

# Scratch space of a matrix product, in floats: blocks of both of its factors.
PANEL_SIZE = 1024 * (64 + 192)

# In bytes.
_ALIGNMENT = 64


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

    # A field named like tuple's method, which nobody needs here.
    count: int  # type: ignore[assignment]
    x: Float32 | None = None  # (count, inputs)
    values: Float32 | None = None  # (2 * entries,): see src/sparse.pxi
    pairs: NDArray[np.uint16] | None = None  # (entries,)
    starts: NDArray[np.intp] | None = None  # (count, blocks + 1)
    t: Float32 | None = None  # (count, outputs)
    labels: NDArray[np.intc] | None = None  # (count,)
    inputs: int = 0  # of compressed samples
    order: NDArray[np.intp] | None = None  # which sample comes when; None: as they lie


class Workspace(NamedTuple):
    """Scratch space for one batch, allocated once and used for every batch."""

    batch_size: int
    x: Float32
    values: Float32
    pairs: NDArray[np.uint16]
    starts: NDArray[np.intp]
    t: Float32
    outputs: Float32
    deltas: Float32
    row_values: Float32  # (1 + metrics) * batch_size: the loss and metrics of each row
    panels: Float32  # (threads, scratch space of one)
    size: int  # of all of it, in bytes


def block_count(inputs: int) -> int:
    """Return how many blocks of `INPUT_BLOCK` the columns of compressed samples make.

    Example:
        >>> block_count(784)
        7
    """
    return -(-inputs // INPUT_BLOCK)


def pair_count(inputs: int) -> int:
    """Return how many pairs of neighbours the columns of compressed samples make.

    Example:
        >>> pair_count(5)
        3
    """
    return -(-inputs // 2)


def aligned_zeros(*shape: int) -> Float32:
    """Return float32 zeros that begin at a multiple of 64 bytes.

    That is a cache line and the widest register: a load that spans two lines costs
    two. Aligned, an epoch of MNIST takes an eighth less time.

    Example:
        >>> aligned_zeros(3, 2).ctypes.data % 64
        0
    """
    size = math.prod(shape)
    room = np.zeros(size + _ALIGNMENT // 4, np.float32)
    begin = -room.ctypes.data % _ALIGNMENT // 4
    return room[begin : begin + size].reshape(shape)


def make_workspace(
    plan: Plan, samples: Samples, batch_size: int, threads: int
) -> Workspace:
    """Allocate what `kernels.run` needs for batches of `batch_size` rows."""
    steps = [Step(*map(int, row)) for row in plan.steps]
    inputs, outputs = steps[0].inputs, steps[-1].outputs
    pairs = pair_count(inputs)
    widths = sum(step.outputs for step in steps)
    compressed = samples.starts is not None
    gathered = samples.order is not None

    def room(needed: bool, size: int) -> int:
        # Never empty: compiled code takes the address of the first element.
        return size if needed else 1

    arrays: dict[str, NDArray[Any]] = {
        "x": aligned_zeros(room(gathered and not compressed, batch_size * inputs)),
        "values": aligned_zeros(room(compressed, batch_size * 2 * pairs)),
        "pairs": np.empty(room(compressed, batch_size * pairs), np.uint16),
        "starts": np.empty(
            room(compressed, batch_size * (block_count(inputs) + 1)), np.intp
        ),
        "t": aligned_zeros(
            room(gathered or samples.labels is not None, batch_size * outputs)
        ),
        "outputs": aligned_zeros(batch_size * widths),
        "deltas": aligned_zeros(batch_size * widths),
        "row_values": aligned_zeros((1 + len(plan.metrics)) * batch_size),
        "panels": aligned_zeros(threads, max(PANEL_SIZE, 2 * INPUT_BLOCK * batch_size)),
    }
    size = sum(array.nbytes for array in arrays.values())
    return Workspace(batch_size=batch_size, size=size, **arrays)
