"""The network: its layers as a table of operations, and how they are trained."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp.plan._arrays import Float32, aligned_zeros, require, require_plain

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


# In float32 numbers: gradients of arrays begin at a cache line, as the arrays do.
_GRADIENT_STEP = 16


class Op(NamedTuple):
    """One operation, y = f(x); a row of `Plan.ops`."""

    kind: int
    inputs: int
    outputs: int
    kernel: int = -1  # which of the arrays is w, or gamma; -1: none
    bias: int = -1  # which is b, or beta; -1: none
    state: int = -1  # which is the first moving average, or an affine's constants
    activation: int = 0
    learns: int = 0  # whether the optimizer changes w and b
    seed: int = 0  # of the chance by which outputs are left out
    offset: int = 0  # the sum of `outputs` of the operations before


class LayerSettings(NamedTuple):
    """What an operation is set to; a row of `Plan.settings`."""

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


class Layout(NamedTuple):
    """What of a plan the sizes of a workspace depend on."""

    inputs: int
    outputs: int
    widths: int  # the sum of the outputs of all operations
    widest: int
    metrics: int
    depth: int
    normalizes: bool


class _PlanFields(NamedTuple):
    ops: Sequence[Op]
    settings: Sequence[LayerSettings]
    arrays: Sequence[Float32]
    loss: int = 0
    loss_setting: float = 0.0
    reduction: int = 0
    metrics: Sequence[tuple[float, float, float]] = ()
    optimizer: int = -1
    clipping: Sequence[float] = (0.0, 0.0, 0.0, 0.0)
    optimizer_settings: Sequence[float] = ()
    memory_arrays: int = 0


class Plan(_PlanFields):
    """A network: its operations, its arrays, and how it is trained.

    A plan is checked once, row by row, against the arrays that it points to; then its
    tables are made, which compiled code works through without another look.

    Args:
        ops: An `Op` for each operation, the first one first.
        settings: `LayerSettings` for each of them.
        arrays: The arrays that the operations name by their place: float32, aligned;
            training changes them where they are.
        loss: The number of the loss.
        loss_setting: Label smoothing, or delta.
        reduction: The number of the reduction.
        metrics: For each its number, its setting, and whether rows count by weight.
        optimizer: The number of the optimizer; -1 for a plan that cannot learn.
        clipping: Weight decay, and limits of value, norm and global norm; 0 is none.
        optimizer_settings: What the optimizer is set to.
        memory_arrays: How many numbers the optimizer remembers of each parameter.

    Attributes:
        layout: What the sizes of a workspace depend on.
        gradients: The gradients of the arrays that are learnt, one after the other.
        memory: What the optimizer remembers, (memory_arrays, gradients).
        starts: Where the gradient of each array begins there; -1: it has none.
        learnt: Which of the arrays the optimizer changes, by their places.
        op_table: `ops` as compiled code reads them, (operations, 10).
        settings_table: `settings`, (operations, 20).
        array_table: Of each array its address and its start, (arrays, 2).

    Raises:
        ValueError: An operation, or an array, is not what it should be.

    Example:
        >>> w = aligned_zeros(4, 3)
        >>> plan = Plan([Op(KINDS["dense"], 4, 3, kernel=0)], [LayerSettings()], [w])
        >>> plan.layout.inputs, plan.layout.outputs
        (4, 3)
    """

    layout: Layout
    gradients: Float32
    memory: Float32
    starts: list[int]
    learnt: set[int]
    op_table: NDArray[np.intp]
    settings_table: NDArray[np.float64]
    array_table: NDArray[np.intp]
    metric_table: NDArray[np.float64]
    clipping_table: NDArray[np.float64]
    optimizer_table: NDArray[np.float64]

    def __new__(cls, *fields: Any, **named: Any) -> "Plan":
        """Check the rows, and make the tables."""
        self = super().__new__(cls, *fields, **named)
        _check_arrays(self.arrays)
        _check_ops(self)
        _check_training(self)
        ops, arrays = self.ops, self.arrays
        self.layout = Layout(
            inputs=ops[0].inputs,
            outputs=ops[-1].outputs,
            widths=sum(op.outputs for op in ops),
            widest=max(op.outputs for op in ops),
            metrics=len(self.metrics),
            depth=len(ops),
            normalizes=any(op.kind == KINDS["batch_normalization"] for op in ops),
        )
        self.starts, size = _gradient_starts(ops, arrays)
        size = size if self.optimizer >= 0 else 0
        self.learnt = {
            place for op in ops if op.learns for place in (op.kernel, op.bias)
        } - {-1}
        dtype = arrays[0].dtype if arrays else np.float32
        self.gradients = aligned_zeros(size).astype(dtype, copy=False)
        self.memory = aligned_zeros(self.memory_arrays, size).astype(dtype, copy=False)
        self.op_table = np.array(ops, np.intp)
        self.settings_table = np.array([one.row() for one in self.settings])
        self.metric_table = np.array(self.metrics, np.float64).reshape(-1, 3)
        places = zip(arrays, self.starts, strict=True)
        rows = [(array.ctypes.data, start) for array, start in places]
        self.array_table = np.array(rows, np.intp).reshape(-1, 2)
        self.clipping_table = np.array(self.clipping, np.float64)
        self.optimizer_table = np.array(self.optimizer_settings, np.float64)
        return self

    @classmethod
    def _make(cls, iterable: Any) -> "Plan":  # type: ignore[override]
        """Check what `_replace` makes as well."""
        return cls(*iterable)

    @property
    def size(self) -> int:
        """How many numbers the arrays hold."""
        return sum(array.size for array in self.arrays)


def _gradient_starts(
    ops: Sequence[Op], arrays: Sequence[Float32]
) -> tuple[list[int], int]:
    """Return where the gradient of each array begins, and how long they all are.

    Frozen weights have their places as well: what an optimizer remembers stays in its
    place when a layer is frozen and learns again.
    """
    learnable = {place for op in ops for place in (op.kernel, op.bias)}
    starts, size = [], 0
    for place, array in enumerate(arrays):
        starts.append(size if place in learnable else -1)
        if place in learnable:
            size += -(-array.size // _GRADIENT_STEP) * _GRADIENT_STEP
    return starts, size


def _check_arrays(arrays: Sequence[Float32]) -> None:
    for place, array in enumerate(arrays):
        require_plain(f"Array {place}", array, "float32", "float64")
        require(array.flags.writeable, f"Array {place} cannot be written to.")
    require(
        len({array.dtype for array in arrays}) <= 1, "All arrays must have one dtype."
    )


# How many numbers the arrays of each kind of operation hold: of its kernel, its bias,
# and each array of its state. Those of w are as many as inputs times outputs.
_DENSE, _ACTIVATION, _AFFINE, _DROPOUT, _BATCH_NORMALIZATION = range(len(KINDS))
_OF_INPUT = frozenset(ACTIVATIONS[name] for name in ACTIVATIONS_OF_INPUT)


def _check_ops(plan: Plan) -> None:
    """Check every operation against the one before and the arrays that it names."""
    require(plan.ops, "A plan needs an operation.")
    require(
        len(plan.settings) == len(plan.ops), "Each operation needs a row of settings."
    )
    offset, inputs, named = 0, plan.ops[0].inputs, set[int]()
    for number, (op, settings) in enumerate(zip(plan.ops, plan.settings, strict=True)):
        what = f"Operation {number}"
        require(
            op.inputs == inputs and op.inputs > 0 and op.outputs > 0,
            f"{what} must have the {inputs} inputs that it gets, and an output.",
        )
        require(op.offset == offset, f"{what} must have the offset {offset}.")
        require(
            op.kind == _DENSE or op.inputs == op.outputs,
            f"{what} must have as many outputs as inputs.",
        )
        require(
            op.kind in KINDS.values() and op.activation in ACTIVATIONS.values(),
            f"{what} has a kind or an activation that nobody knows.",
        )
        require(
            op.kind != _DENSE or op.activation not in _OF_INPUT,
            f"The activation of {what.lower()} needs its input: make it one by itself.",
        )
        require(
            len(settings.row()) == len(LayerSettings().row())
            and np.isfinite(settings.row()[len(settings.bend) :]).all()
            and 0 <= settings.rate < 1,
            f"The settings of {what.lower()} are not what they should be.",
        )
        for place, size in _sizes_of(op):
            array = plan.arrays[place] if 0 <= place < len(plan.arrays) else None
            require(
                array is not None and array.size == size and place not in named,
                f"{what} needs an array of its own at {place}, of {size} numbers.",
            )
            named.add(place)
        inputs, offset = op.outputs, offset + op.outputs


def _sizes_of(op: Op) -> list[tuple[int, int]]:
    """Return which arrays an operation names, and how many numbers each must hold."""
    sizes = []
    if op.kind == _DENSE:
        sizes.append((op.kernel, op.inputs * op.outputs))
    elif op.kernel >= 0:
        sizes.append((op.kernel, op.outputs))
    if op.bias >= 0:
        sizes.append((op.bias, op.outputs))
    if op.kind == _AFFINE:
        sizes.append((op.state, 3 * op.outputs))
    elif op.kind == _BATCH_NORMALIZATION:
        sizes += [(op.state, op.outputs), (op.state + 1, op.outputs)]
    return sizes


def _check_training(plan: Plan) -> None:
    """Check the numbers by which a plan names loss, metrics and optimizer."""
    require(plan.loss in LOSSES.values(), "The loss is one that nobody knows.")
    require(plan.reduction in REDUCTIONS.values(), "No such reduction.")
    for number, setting, _ in plan.metrics:
        require(
            number in METRICS.values() and np.isfinite(setting),
            "A metric is one that nobody knows, or is set to what is no number.",
        )
    require(
        plan.optimizer == -1 or plan.optimizer in OPTIMIZERS.values(),
        "The optimizer is one that nobody knows.",
    )
    require(len(plan.clipping) == 4, "clipping has four numbers.")
