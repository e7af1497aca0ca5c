"""The layers of a plan, and one batch: what the network of the reference works with."""

from typing import Any, NamedTuple

import numpy as np

from fastmlp import reference, tables
from fastmlp._util.one_hot import one_hot
from fastmlp.plan import (
    L1L2,
    PREDICT,
    Backward,
    Constraint,
    Edge,
    LayerSettings,
    Link,
    Op,
    Plan,
    Samples,
    learnable,
)
from fastmlp.reference import Array
from fastmlp.reference.heads import BatchTarget
from fastmlp.reference.steps import by_steps


class Weights(NamedTuple):
    """An array that a layer can learn: w or gamma, b or beta, or one of a function."""

    place: int
    w: Array
    dw: Array  # where its gradient goes, in one row; empty if the plan cannot learn
    regularizer: L1L2
    constraint: Constraint


class Layer(NamedTuple):
    """One row of the plan: an operation, its settings, and its arrays."""

    op: Op
    settings: LayerSettings
    link: Link
    edges: list[Edge]
    weights: list[Weights | None]
    state: list[Array]  # moving mean and variance, or center, scale and offset

    @property
    def kind(self) -> str:
        """The name of its kind."""
        return tables.KINDS[self.op.kind]

    @property
    def activation(self) -> str:
        """The name of its activation."""
        return list(tables.ACTIVATIONS)[self.op.activation]

    @property
    def arrays(self) -> Any:
        """W and b, or gamma and beta; None for one that is not there. Or its own."""
        return [None if one is None else one.w for one in self.weights]


class Batch(NamedTuple):
    """The samples of one batch."""

    rows: int
    inputs: list[Array]
    targets: list[BatchTarget]
    iteration: int
    rates: tuple[float, ...]  # as `tables.RATES` names them
    backwards: dict[int, Backward]  # of each function, once it has computed y
    all_rows: int  # with those that other processes have
    noise_begin: int = 0

    @property
    def chance(self) -> tuple[int, int]:
        """What numbers of chance depend on beside the seed: batch and place."""
        return self.iteration, self.noise_begin


def layers_of(plan: Plan) -> list[Layer]:
    """The operations of a plan, each with its arrays and room for their gradients."""
    layers = []
    graph = plan.graph
    for op, settings, link in zip(plan.ops, plan.settings, graph.links, strict=True):
        edges = graph.edges[link.edge : link.edge + link.edges]
        layer = Layer(op, settings, link, edges, [], [])
        places = [
            (op.kernel, settings.kernel, settings.kernel_constraint),
            (op.bias, settings.bias, settings.bias_constraint),
        ]
        if layer.kind == "function":
            places = [(place, L1L2(), Constraint()) for place in learnable(op)]
        for place, regularizer, constraint in places:
            weights = None
            if place >= 0:
                w = plan.arrays[place]
                dw = plan.gradients[plan.starts[place] :][: w.size]
                weights = Weights(place, w, dw, regularizer, constraint)
            layer.weights.append(weights)
        if layer.kind == "affine":
            layer.state.extend(plan.arrays[op.state].reshape(3, -1))
        elif layer.kind == "batch_normalization":
            layer.state.extend(plan.arrays[op.state : op.state + 2])
        layers.append(layer)
    return layers


def gather(
    plan: Plan,
    samples: Samples,
    here: slice,
    mode: int,
    iteration: int,
    rates: tuple[float, ...],
) -> Batch:
    """The samples of one batch, in the order of `samples.order`."""
    rows = np.arange(here.start, here.stop)
    if samples.order is not None:
        rows = samples.order[rows]
    inputs = [
        one[rows] if isinstance(one, np.ndarray) else reference.dense_rows(one, rows)
        for one in samples.inputs
    ]
    targets = []
    layout = plan.layout
    widths = () if mode == PREDICT else zip(layout.outputs, layout.steps, strict=True)
    for target, (columns, steps) in zip(samples.targets, widths, strict=False):
        if target.labels is not None:
            t = one_hot(target.labels[rows], columns // steps)
            t = t.reshape(len(rows), columns)
        else:
            t = inputs[0][:, :0] if target.t is None else target.t[rows]
        weights = None if target.weights is None else target.weights[rows]
        labels = None if target.labels is None else target.labels[rows]
        targets.append(BatchTarget(t, weights, labels))
    return Batch(len(rows), inputs, targets, iteration, rates, {}, len(rows))


def sources_of(layer: Layer, outputs: list[Array], batch: Batch) -> list[Array]:
    """What a layer works on, step by step: outputs of others, or inputs."""
    places = [edge.source for edge in layer.edges]
    found = [outputs[k] if k >= 0 else batch.inputs[-1 - k] for k in places]
    return [by_steps(x, layer.op.steps) for x in found]
