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
KINDS = {
    "dense": 0,
    "activation": 1,
    "affine": 2,
    "dropout": 3,
    "batch_normalization": 4,
}
ACTIVATIONS = {
    "linear": 0,
    "relu": 1,
    "sigmoid": 2,
    "tanh": 3,
    "softmax": 4,
    "leaky_relu": 5,
    "elu": 6,
    "selu": 7,
    "softplus": 8,
    "silu": 9,
    "gelu": 10,
    "approximate_gelu": 11,
    "bent_relu": 12,
}
# The derivatives of these are written in terms of the input, which has to be kept.
ACTIVATIONS_OF_INPUT = frozenset({"silu", "gelu", "approximate_gelu", "bent_relu"})
LOSSES = {
    "softmax_crossentropy": 0,
    "crossentropy": 1,
    "sigmoid_crossentropy": 2,
    "binary_crossentropy": 3,
    "mean_squared_error": 4,
    "mean_absolute_error": 5,
    "huber": 6,
}
REDUCTIONS = {"sum_over_batch_size": 0, "sum": 1, "mean_with_sample_weight": 2}
METRICS = {
    "categorical_accuracy": 0,
    "binary_accuracy": 1,
    "mean_squared_error": 2,
    "mean_absolute_error": 3,
    "top_k_accuracy": 4,
    "precision": 5,
    "recall": 6,
    "accuracy": 7,
}
OPTIMIZERS = {"sgd": 0, "rmsprop": 1, "adam": 2}
CONSTRAINTS = {"none": 0, "limited_norm": 1, "non_negative": 2}
PREDICT, EVALUATE, TRAIN = 0, 1, 2

# Compressed samples cut their columns into blocks of this width.
INPUT_BLOCK = 128

# Scratch space of a matrix product, in floats: blocks of both of its factors.
PANEL_SIZE = 1024 * (64 + 192)

# In bytes.
_ALIGNMENT = 64


class Step(NamedTuple):
    """One layer, y = f(x); a row of `Plan.steps`."""

    kind: int
    inputs: int
    outputs: int
    kernel: int = -1  # where w, or gamma, begins among the parameters; -1: none
    bias: int = -1  # where b, or beta, begins; -1: none
    state: int = -1  # where moving averages begin there, or an affine's constants
    activation: int = 0
    learns: int = 0  # whether the optimizer changes w and b
    seed: int = 0  # of the chance by which outputs are left out
    offset: int = 0  # the sum of `outputs` of the layers before


class Numbers(NamedTuple):
    """The settings of a layer; a row of `Plan.numbers`."""

    bend: tuple[float, ...] = (0, 0, 0)  # what an activation is set to
    rate: float = 0  # of dropout
    momentum: float = 0  # of the moving averages of batch normalization
    epsilon: float = 0
    kernel: tuple[float, float] = (0, 0)  # l1 and l2 of regularizers
    bias: tuple[float, float] = (0, 0)
    activity: tuple[float, float] = (0, 0)
    # A constraint's number, and least, most and rate of a norm.
    kernel_constraint: tuple[float, float, float, float] = (0, 0, 0, 0)
    bias_constraint: tuple[float, float, float, float] = (0, 0, 0, 0)

    def row(self) -> list[float]:
        """Return all of them in one list."""
        parts = (part if isinstance(part, tuple) else (part,) for part in self)
        return [float(number) for part in parts for number in part]


class Plan(NamedTuple):
    """The network: its layers, its parameters and how they are trained."""

    steps: NDArray[np.intp]  # (layers, 10): one Step a row
    numbers: NDArray[np.float64]  # (layers, 20): one Numbers a row
    constants: Float32 | None  # center, scale and offset of the layers that have them
    parameters: Float32  # every w and b, one after the other
    gradients: Float32  # the same of every dw and db
    memory: Float32  # (arrays, parameters): what the optimizer remembers
    loss: int
    loss_setting: float  # label smoothing, or delta
    reduction: int
    metrics: NDArray[np.float64]  # (metrics, 3): number, setting, whether weighted
    optimizer: int
    clipping: NDArray[np.float64]  # weight decay, limits of value, norm, global norm
    settings: NDArray[np.float64]  # those of the optimizer, as it has them


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
    weights: Float32 | None = None  # (count,): how much each sample counts
    inputs: int = 0  # of compressed samples
    order: NDArray[np.intp] | None = None  # which sample comes when; None: as they lie

    def in_rows(self) -> "Samples":
        """Return dense samples with each of them a row, whatever its shape was."""
        assert self.x is not None
        if self.x.ndim == 2:
            return self  # Where a single row is predicted, a microsecond counts.
        return self._replace(x=self.x.reshape(self.count, math.prod(self.x.shape[1:])))


class Workspace(NamedTuple):
    """Scratch space for one batch, allocated once and used for every batch."""

    batch_size: int
    x: Float32
    values: Float32
    pairs: NDArray[np.uint16]
    starts: NDArray[np.intp]
    t: Float32
    weights: Float32
    outputs: Float32
    deltas: Float32
    row_values: Float32  # loss, penalty, and two numbers for each metric, of each row
    statistics: Float32  # four numbers for each output of batch normalization
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
    widest = max(step.outputs for step in steps)
    compressed = samples.starts is not None
    gathered = samples.order is not None
    normalizes = any(step.kind == KINDS["batch_normalization"] for step in steps)

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
        "weights": aligned_zeros(
            room(gathered and samples.weights is not None, batch_size)
        ),
        "outputs": aligned_zeros(batch_size * widths),
        "deltas": aligned_zeros(batch_size * widths),
        "row_values": aligned_zeros(2 * (1 + len(plan.metrics)) * batch_size),
        "statistics": aligned_zeros(room(normalizes, 4 * widths)),
        "panels": aligned_zeros(
            threads, max(PANEL_SIZE, 2 * INPUT_BLOCK * batch_size, 2 * widest)
        ),
    }
    size = sum(array.nbytes for array in arrays.values())
    return Workspace(batch_size=batch_size, size=size, **arrays)
