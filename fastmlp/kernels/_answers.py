"""What Python answers compiled code, where equations are the user's own: src/own.pxi.

Compiled code says what it asks for, of which operation or head, and of which rows. The
numbers of the batch lie in the workspace. Users get copies, which they may keep.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp import tables
from fastmlp.plan import (
    TRAIN,
    Backward,
    Edge,
    Float32,
    Op,
    OwnConstraints,
    Plan,
    Samples,
    Workspace,
    added_losses,
    ask_backward,
    ask_forward,
    ask_loss,
    ask_penalties,
    learnable,
    strip_of,
)
from fastmlp.reference import dense_rows
from fastmlp.reference.heads import row_scales

Array = NDArray[Any]


class Answers:
    """The answers of one run: nothing of it is kept by the plan, which others run, too.

    Attributes:
        error: The exception that ended the run, if one did.
        penalizes: Whether compiled code is to ask for penalties.
        constrains: Whether it is to ask for constraints.
        reduces: Whether other processes are to add to each gradient.
        penalty_gradients: The gradients of the penalties, laid out as `Plan.gradients`.
    """

    def __init__(
        self,
        plan: Plan,
        samples: Samples,
        workspace: Workspace,
        mode: int,
        totals: NDArray[np.float64] | None,
        add_gradients: Callable[[Float32], None] | None,
    ) -> None:
        self.error: BaseException | None = None
        self._plan, self._samples, self._workspace = plan, samples, workspace
        self._learns = mode == TRAIN
        self._backwards: dict[int, Backward] = {}
        self._totals = totals
        self._constraints = OwnConstraints(plan.array_functions, plan.arrays)
        self._add_gradients = add_gradients
        self.reduces = add_gradients is not None
        self.penalizes = len(plan.array_functions) > 0
        self.constrains = self._learns and bool(self._constraints)
        size = plan.gradients.size if self._learns and plan.penalized else 1
        self.penalty_gradients: Float32 = np.zeros(size, np.float32)

    def answer(self, question: int, number: int, begin: int, rows: int) -> float:
        """Answer a question about one batch, by its number in `tables.QUESTIONS`.

        Args:
            question: What is asked for.
            number: Of which operation, or head.
            begin: Which sample, in their order, is the first of the batch.
            rows: How many there are.
        """
        answer = getattr(self, tables.QUESTIONS[question])
        # Numbers that grow beyond all bounds are the user's to see, in the loss.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            return float(answer(number, begin, rows))

    def raise_error(self) -> None:
        """Raise the exception that ended the run, if one did."""
        error, self.error = self.error, None
        if error is not None:
            try:
                raise error
            finally:
                del error  # Its traceback has this frame: a circle.

    def forward(self, number: int, begin: int, rows: int) -> float:
        """Let a function compute its outputs."""
        op = self._plan.ops[number]
        function = self._plan.functions[op.state]
        inputs = [self._source(edge, begin, rows) for edge in self._edges(number)]
        y, backward = ask_forward(function, inputs, (rows, op.outputs), self._learns)
        self._outputs(op, rows)[...] = y
        if self._plan.graph.links[number].learns and backward is not None:
            self._backwards[number] = backward
        return 0

    def backward(self, number: int, _: int, rows: int) -> float:
        """Let a function compute the gradients of its inputs, and of its arrays."""
        plan, edges = self._plan, self._edges(number)
        op, link = plan.ops[number], plan.graph.links[number]
        places = learnable(op)
        shapes = [(rows, edge.columns) for edge in edges]
        gradients = ask_backward(
            plan.functions[op.state].name,
            self._backwards.pop(number),
            _copy(self._deltas(op, rows)),
            [*shapes, *(plan.arrays[place].shape for place in places)],
        )
        for edge, dx in zip(edges, gradients, strict=False):
            if edge.learns:
                _put(self._deltas(plan.ops[edge.source], rows), dx, edge.adds)
        for place, dw in zip(places, gradients[len(edges) :], strict=True):
            begin = plan.starts[place]
            to = plan.gradients[begin : begin + dw.size]
            _put(to, dw.reshape(-1), link.next_use >= 0)
        return 0

    def score(self, number: int, begin: int, rows: int) -> float:
        """Let a head compute its loss, and its metrics take note of the batch."""
        plan = self._plan
        head, op = plan.heads[number], plan.ops[plan.graph.outputs[number]]
        t, labels, weights = self._samples.targets[number]
        y = _copy(self._outputs(op, rows))
        target = self._rows_of(labels if t is None else t, begin, rows)
        if weights is not None:
            weights = self._rows_of(weights, begin, rows)
        if head.own_loss is not None:
            upstream = None
            if self._learns:
                upstream = row_scales(head, y, weights)
            losses, dy = ask_loss(head.own_loss, y, target, upstream)
            first = strip_of(plan.heads, number) * self._workspace.batch_size
            self._workspace.row_values[first : first + rows] = losses
            if dy is not None:
                adds = added_losses(plan.heads, plan.graph.outputs)[number]
                _put(self._deltas(op, rows), dy, adds)
        for metric in head.own_metrics:
            metric.update(y, target, weights)
        return 0

    def penalize(self, *_: int) -> float:
        """Return the penalties of all arrays, and keep their gradients."""
        plan, total = self._plan, 0.0
        penalties = ask_penalties(plan.array_functions, plan.arrays)
        for place, (penalty, dw) in penalties.items():
            total += penalty
            if self._learns:
                begin = plan.starts[place]
                self.penalty_gradients[begin : begin + dw.size] = dw.reshape(-1)
        if self.constrains:
            assert self._totals is not None
            self._constraints.save(plan.memory, self._totals)
        return total

    def reduce(self, *_: int) -> float:
        """Let the other processes add their gradients."""
        assert self._add_gradients is not None
        self._add_gradients(self._plan.gradients)
        return 0

    def constrain(self, *_: int) -> float:
        """Move arrays to where they may be."""
        self._constraints.apply()
        return 0

    def _edges(self, number: int) -> list[Edge]:
        link = self._plan.graph.links[number]
        return self._plan.graph.edges[link.edge : link.edge + link.edges]

    def _source(self, edge: Edge, begin: int, rows: int) -> Array:
        """What an edge leads to: the outputs of an operation, or an input."""
        if edge.source >= 0:
            return _copy(self._outputs(self._plan.ops[edge.source], rows))
        x = self._samples.inputs[-1 - edge.source]
        if isinstance(x, np.ndarray):
            return self._rows_of(x, begin, rows)
        return dense_rows(x, self._rows_of(np.arange(x.row_count), begin, rows))

    def _rows_of(self, array: Any, begin: int, rows: int) -> Array:
        """Copy the rows of a batch out of an array of all samples."""
        here, order = slice(begin, begin + rows), self._samples.order
        return _copy(array[here if order is None else order[here]])

    def _outputs(self, op: Op, rows: int) -> Float32:
        return self._strip(self._workspace.outputs, op, rows)

    def _deltas(self, op: Op, rows: int) -> Float32:
        return self._strip(self._workspace.deltas, op, rows)

    def _strip(self, room: Float32, op: Op, rows: int) -> Float32:
        """What of a workspace's array is one operation's, for one batch."""
        begin = op.offset * self._workspace.batch_size
        return room[begin : begin + rows * op.outputs].reshape(rows, op.outputs)


def _copy(array: Array) -> Array:
    copy = array.copy()
    copy.flags.writeable = False
    return copy


def _put(to: Float32, gradient: Array, adds: int) -> None:
    """Write a gradient down, or add it to those before it."""
    if adds:
        to += gradient
    else:
        to[...] = gradient
