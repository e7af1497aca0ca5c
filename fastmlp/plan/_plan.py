"""The network: its layers as a table of operations, and how they are trained."""

from collections.abc import Collection, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp import tables
from fastmlp.plan._arrays import Float32, addresses_of, aligned_zeros, pinned, require
from fastmlp.plan._graph import Graph, Sources, make_graph
from fastmlp.plan._heads import (
    Head,
    check_heads,
    columns_of,
    head_table,
    strip_of,
    total_sizes,
)
from fastmlp.plan._metrics import check_metric, metric_table, threshold_table
from fastmlp.plan._ops import KINDS, check_arrays, check_ops, learnable
from fastmlp.plan._own import (
    NO_FUNCTIONS,
    ArrayFunction,
    Function,
    check_array_functions,
)
from fastmlp.plan._rows import (
    NO_SETTINGS,
    Averaging,
    Clipping,
    LayerSettings,
    Op,
    Settings,
    params_row,
)

__all__ = ["EVALUATE", "OPTIMIZERS", "PREDICT", "TRAIN", "Plan"]

OPTIMIZERS = {name: code for code, name in enumerate(tables.OPTIMIZERS)}
PREDICT, EVALUATE, TRAIN = range(len(tables.MODES))


# What compiled code is told the places of, in the order of `PlanArrays` in src/.
_TOLD = (
    "table",
    "settings_table",
    "head_table",
    "metric_table",
    "threshold_table",
    "clipping_table",
    "averaging_table",
    "optimizer_table",
    "slot_table",
    "gradients",
    "memory",
)

# In float32 numbers: gradients of arrays begin at a cache line, as the arrays do.
_GRADIENT_STEP = 16


class Layout(NamedTuple):
    """What of a plan the sizes of a workspace depend on."""

    inputs: tuple[int, ...]  # how wide each of them is
    outputs: tuple[int, ...]
    steps: tuple[int, ...]  # of each output: how many rows of targets a sample has
    widths: int  # the sum of the outputs of all operations
    widest: int
    spare: int  # the widest gradient that is added to another
    row_values: int  # numbers that a row keeps: a penalty, losses, one a metric
    # Two of each loss, and those of all metrics; and, at the end, what is known of a
    # batch that has not ended: its penalty, and two numbers a head.
    totals: int
    arrays: int
    normalizes: bool
    takes_csr: tuple[bool, ...]  # of each input: whether it may come in pairs


class _PlanFields(NamedTuple):
    ops: Sequence[Op]
    settings: Sequence[LayerSettings]
    arrays: Sequence[Float32]
    sources: Sources | None = None
    inputs: Sequence[int] | None = None
    heads: Sequence[Head] = ()
    outputs: Sequence[int] | None = None
    optimizer: int = -1
    clipping: Clipping = Clipping()
    averaging: Averaging = Averaging()
    undecayed: Collection[int] = ()
    optimizer_settings: Settings = NO_SETTINGS
    memory_letters: Sequence[str] = ()
    initial_memory: Mapping[str, float] = NO_SETTINGS
    functions: Sequence[Function] = ()
    array_functions: Mapping[int, ArrayFunction] = NO_FUNCTIONS


class Plan(_PlanFields):
    """A network: its operations, its arrays, and how it is trained.

    A plan is checked once, row by row, against the arrays that it points to; then its
    tables are made, which compiled code works through without another look.

    Args:
        ops: An `Op` for each operation, none before those that it works on.
        settings: `LayerSettings` for each of them.
        arrays: The arrays that the operations name by their place: float32, aligned;
            training changes them where they are. Operations that are equal may name the
            same ones: what they learn is learnt together.
        sources: For each operation where its inputs lie, side by side: k is what comes
            out of operation k, -1 - j is input j of the samples. Default: a row, in
            which each operation works on the one before.
        inputs: How wide the inputs of the samples are. Default: one, the first
            operation's.
        heads: A `Head` for each output. Default: a plan that can only predict.
        outputs: The operations whose outputs are the network's. Default: the last one.
        optimizer: The number of the optimizer; -1 for a plan that cannot learn.
        clipping: Weight decay, and the limits of gradients.
        averaging: What gradients and weights are averaged over.
        undecayed: The places of arrays that weight decay leaves alone.
        optimizer_settings: What the optimizer is set to.
        memory_letters: Which of the arrays that its kernel may have it remembers, and
            of those that any optimizer may.
        initial_memory: What they begin with, by their letters, where it is not 0.
        functions: What operations of the kind "function" ask Python for.
        array_functions: Penalties and constraints in Python, of arrays that are learnt,
            by their places.

    Attributes:
        layout: What the sizes of a workspace depend on.
        graph: How the operations hang together, with nothing left out.
        gradients: Room for the gradients of the arrays that are learnt, one after the
            other. Compiled code leaves them there only if all of them are needed at
            once: where norms are clipped, and for `add_gradients` of `kernels.run`.
        memory: What the optimizer remembers, (memory_letters, gradients).
        starts: Where the gradient of each array begins there; -1: it has none.
        learnt: Which of the arrays the optimizer changes, by their places.
        penalized: Which of the arrays have a penalty in Python.
        asks: Whether Python has a word in it.
        is_by_rows: Whether all that is asked is found row by row: nothing in Python,
            and no metric of a whole batch.
        table: All whole numbers that compiled code reads: five sizes, `op_table`, the
            links and edges of the graph, the outputs, `array_table`.
        op_table: `ops` as compiled code reads them, (operations, 12).
        settings_table: `settings`, in the same way.
        array_table: Of each array its address, its start, its size, whether Python has
            a penalty for it, and whether it decays, (arrays, 5).
        addresses: Where the tables, the gradients and the memory lie.

    Raises:
        ValueError: An operation, or an array, is not what it should be.

    Example:
        >>> w = aligned_zeros(4, 3)
        >>> plan = Plan([Op(KINDS["dense"], 4, 3, kernel=0)], [LayerSettings()], [w])
        >>> plan.layout.inputs, plan.layout.outputs
        ((4,), (3,))
    """

    layout: Layout
    graph: Graph
    starts: list[int]
    learnt: set[int]
    penalized: set[int]
    asks: bool
    is_by_rows: bool
    gradients: Float32
    memory: Float32
    table: NDArray[np.intp]
    op_table: NDArray[np.intp]
    array_table: NDArray[np.intp]
    settings_table: NDArray[np.float64]
    head_table: NDArray[np.float64]
    metric_table: NDArray[np.float64]
    threshold_table: Float32
    clipping_table: NDArray[np.float64]
    averaging_table: NDArray[np.float64]
    optimizer_table: NDArray[np.float64]
    slot_table: NDArray[np.intp]
    addresses: NDArray[np.intp]

    def __init__(self, *_: Any, **__: Any) -> None:
        """Check the rows, and make the tables."""
        ops, arrays, heads = self.ops, self.arrays, self.heads
        check_arrays(arrays)
        check_ops(ops, self.settings, arrays, self.functions)
        check_heads(heads)
        _check_training(self)
        self.graph = make_graph(
            ops, self.settings, self.sources, self.inputs, self.outputs, heads
        )
        self.layout = _layout(ops, heads, self.graph, len(arrays))
        ends = list(accumulate(total_sizes(heads, self.layout.outputs), initial=0))
        self._totals = [slice(*part) for part in pairwise(ends)]
        self._asked = [
            (one, columns)
            for head, columns in zip(
                heads, columns_of(heads, self.layout.outputs), strict=True
            )
            for one in head.asked
        ]
        for one, columns in self._asked:
            check_metric(one, columns)
        self.starts, size = _gradient_starts(ops, arrays)
        size = size if self.optimizer >= 0 else 0
        self.learnt = {place for op in ops if op.trainable for place in learnable(op)}
        functions = self.array_functions
        check_array_functions(functions, self.learnt)
        self.penalized = {place for place, one in functions.items() if one.penalty}
        self.asks = bool(
            any(op.kind == KINDS["function"] for op in ops)
            or any(head.asks for head in heads)
            or functions
        )
        self.is_by_rows = not self.asks and not any(
            one.settings.get("by_columns") for one, _ in self._asked
        )
        dtype = arrays[0].dtype if arrays else np.float32
        self.gradients = aligned_zeros(size).astype(dtype, copy=False)
        memory = aligned_zeros(len(self.memory_letters), size)
        self.memory = memory.astype(dtype, copy=False)
        self._begin_memory()
        self._make_tables()
        self._told = [getattr(self, name) for name in _TOLD]
        self.addresses = addresses_of(self._told)
        self._pins = [pinned(array) for array in (*arrays, *self._told)]

    def _begin_memory(self) -> None:
        """Fill what the optimizer remembers with what it begins with.

        Zeros that nobody touched take no room, so they are left as they are.
        """
        for letter, number in self.initial_memory.items():
            self.memory[self.memory_letters.index(letter)] = number

    def forget(self) -> None:
        """Let the optimizer begin anew."""
        self.memory[...] = 0
        self._begin_memory()

    def _make_tables(self) -> None:
        """Write all down as compiled code reads it."""
        graph = self.graph
        rows = [
            (
                array.ctypes.data,
                start,
                array.size,
                place in self.penalized,
                place not in self.undecayed,
            )
            for place, (array, start) in enumerate(
                zip(self.arrays, self.starts, strict=True)
            )
        ]
        require(
            len({address for address, *_ in rows}) == len(rows),
            "An array is given twice: let its operations name one place.",
        )
        sizes = [len(self.ops), len(graph.edges), len(graph.outputs), len(rows)]
        parts = [[*sizes, graph.spare], self.ops, graph.links, graph.edges]
        parts += [graph.outputs, rows]
        flat = [np.array(part, np.intp).ravel() for part in parts]
        self.table = np.concatenate(flat)
        self.table.flags.writeable = False
        begin = flat[0].size
        self.op_table = self.table[begin : begin + flat[1].size]
        self.op_table = self.op_table.reshape(len(self.ops), -1)
        self.array_table = self.table[self.table.size - flat[-1].size :].reshape(-1, 5)
        self.settings_table = np.array([one.row() for one in self.settings])
        self.head_table = head_table(self.heads, graph.outputs)
        self.metric_table = metric_table(self._asked)
        self.threshold_table = threshold_table([one for one, _ in self._asked])
        self.clipping_table = np.array(self.clipping, np.float64)
        self.averaging_table = np.array(self.averaging, np.float64)
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
        """Return the totals of the loss, of each head's, and of each metric.

        Those of heads' losses are there if there is more than one head; the metrics are
        those of the first head, and so on.
        """
        numbers = totals.tolist()
        return [numbers[part] for part in self._totals]

    def takes_sparse(self, inputs: Sequence[int]) -> bool:
        """Tell whether zeros of these inputs are skipped, if they are left out."""
        return all(self.graph.takes_csr[j] for j in inputs)

    @property
    def size(self) -> int:
        """How many numbers the arrays hold."""
        return sum(array.size for array in self.arrays)

    @property
    def work(self) -> int:
        """About how many multiplications a row takes: which arrays it meets, how often.

        Each step of a table meets the whole kernel of a dense layer, but of an
        embedding only one vector.
        """
        work = self.size
        for op in self.ops:
            if op.kind == KINDS["dense"]:
                work += (op.steps - 1) * self.arrays[op.kernel].size
            elif op.kind == KINDS["embedding"]:
                work += op.outputs - self.arrays[op.kernel].size
        return work


def _layout(
    ops: Sequence[Op], heads: Sequence[Head], graph: Graph, array_count: int
) -> Layout:
    outputs = tuple(ops[one].outputs for one in graph.outputs)
    return Layout(
        inputs=tuple(graph.inputs),
        outputs=outputs,
        steps=tuple(head.steps for head in heads) or (1,) * len(graph.outputs),
        widths=sum(op.outputs for op in ops),
        widest=max(op.outputs for op in ops),
        spare=graph.spare,
        row_values=strip_of(heads, len(heads)),
        totals=sum(total_sizes(heads, outputs)) + 1 + 2 * len(heads),
        arrays=array_count,
        normalizes=any(op.kind == KINDS["batch_normalization"] for op in ops),
        takes_csr=tuple(graph.takes_csr),
    )


def _check_training(plan: Plan) -> None:
    """Check the numbers by which a plan names an optimizer."""
    require(
        plan.optimizer == -1 or plan.optimizer in OPTIMIZERS.values(),
        "The optimizer is one that nobody knows.",
    )
    require(len(plan.clipping) == 4, "clipping has four numbers.")
    require(len(plan.averaging) == 3, "averaging has three numbers.")
    require(
        ("gradient_sum" in plan.memory_letters) == (plan.averaging.gradient_steps > 0),
        "Steps of several batches, and only those, need their gradients' sum.",
    )


def _slots(optimizer: int, used: Sequence[str], settings: Settings) -> list[int]:
    """Return for each array that the optimizer may have its place in memory, or -1."""
    memory = tables.MEMORY[list(OPTIMIZERS)[optimizer]] if optimizer >= 0 else ()
    letters = {letter.rstrip("?"): letter.endswith("?") for letter in memory}
    shared = [letter for letter in used if letter in tables.SHARED_MEMORY]
    require(
        set(used) <= {*letters, *shared}
        and len(set(used)) == len(used)
        and all(optional or letter in used for letter, optional in letters.items()),
        f"The optimizer remembers {', '.join(letters)}, not {', '.join(used)}.",
    )
    require(
        "m" in used or not settings.get("momentum", 0),
        "The optimizer has a momentum, but does not remember m.",
    )
    own = [*letters, *[""] * (tables.MOST_MEMORY - len(letters))]
    slots = [*own, *tables.SHARED_MEMORY]
    return [used.index(one) if one in used else -1 for one in slots]


def _gradient_starts(
    ops: Sequence[Op], arrays: Sequence[Float32]
) -> tuple[list[int], int]:
    """Return where the gradient of each array begins, and how long they all are.

    Frozen weights have their places as well: what an optimizer remembers stays in its
    place when a layer is frozen and learns again.
    """
    places = {place for op in ops for place in learnable(op)}
    starts, size = [], 0
    for place, array in enumerate(arrays):
        starts.append(size if place in places else -1)
        if place in places:
            size += -(-array.size // _GRADIENT_STEP) * _GRADIENT_STEP
    return starts, size
