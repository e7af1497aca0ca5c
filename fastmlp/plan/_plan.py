"""The network: its layers as a table of operations, and how they are trained."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp import tables
from fastmlp.plan._arrays import Float32, aligned_zeros, pinned, require, require_plain
from fastmlp.plan._rows import (
    NO_SETTINGS,
    Clipping,
    LayerSettings,
    Op,
    Settings,
    params_row,
    totals_of,
)

__all__ = [
    "ACTIVATIONS",
    "CONSTRAINTS",
    "EVALUATE",
    "KINDS",
    "LOSSES",
    "METRICS",
    "OPTIMIZERS",
    "PREDICT",
    "REDUCTIONS",
    "TRAIN",
    "Plan",
]

# The numbers by which compiled code knows each function.
KINDS = {name: code for code, name in enumerate(tables.KINDS)}
ACTIVATIONS = {name: code for code, name in enumerate(tables.ACTIVATIONS)}
LOSSES = {name: code for code, name in enumerate(tables.LOSSES)}
REDUCTIONS = {name: code for code, name in enumerate(tables.REDUCTIONS)}
METRICS = {name: code for code, name in enumerate(tables.METRICS)}
OPTIMIZERS = {name: code for code, name in enumerate(tables.OPTIMIZERS)}
CONSTRAINTS = {name: code for code, name in enumerate(tables.CONSTRAINTS)}
PREDICT, EVALUATE, TRAIN = range(len(tables.MODES))


# In float32 numbers: gradients of arrays begin at a cache line, as the arrays do.
_GRADIENT_STEP = 16


class Layout(NamedTuple):
    """What of a plan the sizes of a workspace depend on."""

    inputs: int
    outputs: int
    widths: int  # the sum of the outputs of all operations
    widest: int
    metrics: int
    totals: int  # two of the loss, and those of all metrics
    depth: int
    normalizes: bool


class _PlanFields(NamedTuple):
    ops: Sequence[Op]
    settings: Sequence[LayerSettings]
    arrays: Sequence[Float32]
    loss: int = 0
    loss_settings: Settings = NO_SETTINGS
    reduction: int = 0
    metrics: Sequence[tuple[int, Settings, bool]] = ()
    optimizer: int = -1
    clipping: Clipping = Clipping()
    optimizer_settings: Settings = NO_SETTINGS
    memory_letters: Sequence[str] = ()
    initial_memory: float = 0.0


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
        loss_settings: What it is set to.
        reduction: The number of the reduction.
        metrics: For each its number, its settings, and whether rows count by weight.
        optimizer: The number of the optimizer; -1 for a plan that cannot learn.
        clipping: Weight decay, and the limits of gradients.
        optimizer_settings: What the optimizer is set to.
        memory_letters: Which of the arrays that its kernel may have it remembers.
        initial_memory: What they begin with.

    Attributes:
        layout: What the sizes of a workspace depend on.
        gradients: The gradients of the arrays that are learnt, one after the other.
        memory: What the optimizer remembers, (memory_letters, gradients).
        starts: Where the gradient of each array begins there; -1: it has none.
        learnt: Which of the arrays the optimizer changes, by their places.
        op_table: `ops` as compiled code reads them, (operations, 10).
        settings_table: `settings`, in the same way.
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
    starts: list[int]
    learnt: set[int]
    gradients: Float32
    memory: Float32
    op_table: NDArray[np.intp]
    settings_table: NDArray[np.float64]
    metric_table: NDArray[np.float64]
    array_table: NDArray[np.intp]
    clipping_table: NDArray[np.float64]
    loss_table: NDArray[np.float64]
    optimizer_table: NDArray[np.float64]
    slot_table: NDArray[np.intp]

    def __init__(self, *_: Any, **__: Any) -> None:
        """Check the rows, and make the tables."""
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
            totals=2 + sum(totals_of(settings) for _, settings, _ in self.metrics),
            depth=len(ops),
            normalizes=any(op.kind == KINDS["batch_normalization"] for op in ops),
        )
        self.starts, size = _gradient_starts(ops, arrays)
        size = size if self.optimizer >= 0 else 0
        self.learnt = {
            place for op in ops if op.trainable for place in (op.kernel, op.bias)
        } - {-1}
        dtype = arrays[0].dtype if arrays else np.float32
        self.gradients = aligned_zeros(size).astype(dtype, copy=False)
        memory = aligned_zeros(len(self.memory_letters), size)
        self.memory = memory.astype(dtype, copy=False)
        if self.initial_memory:  # Zeros that nobody touched take no room.
            self.memory[...] = self.initial_memory
        self._pins = [pinned(array) for array in arrays]
        self.op_table = np.array(ops, np.intp)
        self.settings_table = np.array([one.row() for one in self.settings])
        metrics = [
            [
                number,
                weighted,
                totals_of(settings),
                *params_row(tables.METRICS, settings),
            ]
            for number, settings, weighted in self.metrics
        ]
        width = 3 + len(tables.fields(tables.METRICS))
        self.metric_table = np.array(metrics, np.float64).reshape(-1, width)
        places = zip(arrays, self.starts, strict=True)
        rows = [(array.ctypes.data, start) for array, start in places]
        self.array_table = np.array(rows, np.intp).reshape(-1, 2)
        self.clipping_table = np.array(self.clipping, np.float64)
        self.loss_table = np.array(params_row(tables.LOSSES, self.loss_settings))
        self.optimizer_table = np.array(
            params_row(tables.OPTIMIZERS, self.optimizer_settings)
        )
        slots = _slots(self.optimizer, self.memory_letters, self.optimizer_settings)
        self.slot_table = np.array(slots, np.intp)
        for name, table in vars(self).items():
            if name.endswith("_table"):
                table.flags.writeable = False

    @classmethod
    def _make(cls, iterable: Any) -> "Plan":  # type: ignore[override]
        """Check what `_replace` makes as well."""
        return cls(*iterable)

    def __reduce__(self) -> tuple[Any, ...]:
        """Make tables of its own for a copy, whose arrays lie elsewhere."""
        return type(self), tuple(self)

    def split(self, totals: NDArray[np.float64]) -> list[list[float]]:
        """Return the totals of the loss, and those of each metric."""
        numbers = iter(totals.tolist())
        sizes = [2, *(totals_of(settings) for _, settings, _ in self.metrics)]
        return [[next(numbers) for _ in range(size)] for size in sizes]

    @property
    def size(self) -> int:
        """How many numbers the arrays hold."""
        return sum(array.size for array in self.arrays)


def _slots(optimizer: int, used: Sequence[str], settings: Settings) -> list[int]:
    """Return for each array that the optimizer may have its place in memory, or -1."""
    # The reference works on plans, so it has to be imported after this module.
    from fastmlp.reference.optimizers import memory_of

    letters = memory_of(list(OPTIMIZERS)[optimizer]) if optimizer >= 0 else {}
    require(
        set(used) <= set(letters)
        and len(set(used)) == len(used)
        and all(optional or letter in used for letter, optional in letters.items()),
        f"The optimizer remembers {', '.join(letters)}, not {', '.join(used)}.",
    )
    require(
        "m" in used or not settings.get("momentum", 0),
        "The optimizer has a momentum, but does not remember m.",
    )
    found = [used.index(one) if one in used else -1 for one in letters]
    return found + [-1] * (tables.MOST_MEMORY - len(found))


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
            op.kind == KINDS["dense"] or op.inputs == op.outputs,
            f"{what} must have as many outputs as inputs.",
        )
        require(
            op.kind in KINDS.values() and op.activation in ACTIVATIONS.values(),
            f"{what} has a kind or an activation that nobody knows.",
        )
        require(
            op.kind != KINDS["dense"] or not _needs_input(op),
            f"The activation of {what.lower()} needs its input: make it one by itself.",
        )
        require(
            len(settings.row()) == len(LayerSettings().row())
            and np.isfinite(settings._replace(activation=NO_SETTINGS).row()).all()
            and 0 <= settings.rate < 1
            and settings.kernel_constraint.kind in CONSTRAINTS.values()
            and settings.bias_constraint.kind in CONSTRAINTS.values()
            and settings.activation.keys() == _activation_row(op),
            f"The settings of {what.lower()} are not what they should be.",
        )
        for place, shape in _shapes_of(op):
            array = plan.arrays[place] if 0 <= place < len(plan.arrays) else None
            require(
                array is not None and array.shape == shape and place not in named,
                f"{what} needs an array of its own at {place}, of shape {shape}.",
            )
            named.add(place)
        inputs, offset = op.outputs, offset + op.outputs


def _activation_row(op: Op) -> set[str]:
    return set(list(tables.ACTIVATIONS.values())[op.activation])


def _needs_input(op: Op) -> bool:
    from fastmlp.reference.activations import needs_input

    return needs_input(list(ACTIVATIONS)[op.activation])


def _shapes_of(op: Op) -> list[tuple[int, tuple[int, ...]]]:
    """Return which arrays an operation names, and the shape that each must have."""
    row = (op.outputs,)
    shapes: list[tuple[int, tuple[int, ...]]] = []
    if op.kind == KINDS["dense"]:
        shapes.append((op.kernel, (op.inputs, op.outputs)))
    elif op.kernel >= 0:
        shapes.append((op.kernel, row))
    if op.bias >= 0:
        shapes.append((op.bias, row))
    if op.kind == KINDS["affine"]:
        shapes.append((op.state, (3, op.outputs)))
    elif op.kind == KINDS["batch_normalization"]:
        shapes += [(op.state, row), (op.state + 1, row)]
    return shapes


def _check_training(plan: Plan) -> None:
    """Check the numbers by which a plan names loss, metrics and optimizer."""
    require(plan.loss in LOSSES.values(), "The loss is one that nobody knows.")
    require(plan.reduction in REDUCTIONS.values(), "No such reduction.")
    for number, settings, _ in plan.metrics:
        require(
            number in METRICS.values() and np.isfinite([*settings.values()]).all(),
            "A metric is one that nobody knows, or is set to what is no number.",
        )
        name, row = list(tables.METRICS.items())[number]
        require(
            settings.keys() == set(row),
            f"{name} is set by {', '.join(row) or 'nothing'}.",
        )
        # Compiled code looks for its totals where this says that they are.
        thresholds = settings.get("num_thresholds", 2)
        require(
            thresholds == int(thresholds) and thresholds >= 2,
            f"{name} needs two thresholds or more.",
        )
    require(
        plan.optimizer == -1 or plan.optimizer in OPTIMIZERS.values(),
        "The optimizer is one that nobody knows.",
    )
    require(len(plan.clipping) == 4, "clipping has four numbers.")
