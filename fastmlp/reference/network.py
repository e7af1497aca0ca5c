"""The network once more in NumPy: what src/network.pxi runs, from the same plan.

It computes in the dtype of the plan's parameters, so that float64 in gives float64 out.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp import reference, tables
from fastmlp._util.one_hot import one_hot
from fastmlp.plan import (
    L1L2,
    PREDICT,
    TRAIN,
    Constraint,
    Csr,
    Edge,
    Float32,
    LayerSettings,
    Link,
    Op,
    Plan,
    Samples,
    Workspace,
)
from fastmlp.reference import Array
from fastmlp.reference.graph import merged, merged_backward
from fastmlp.reference.heads import BatchTarget, add_up_metrics, loss_of


class _Weights(NamedTuple):
    """An array that a layer can learn: w or gamma, b or beta."""

    place: int
    w: Array
    dw: Array  # where its gradient goes, in one row; empty if the plan cannot learn
    regularizer: L1L2
    constraint: Constraint


class _Layer(NamedTuple):
    """One row of the plan: an operation, its settings, and its arrays."""

    op: Op
    settings: LayerSettings
    link: Link
    edges: list[Edge]
    weights: list[_Weights | None]
    state: list[Array]  # moving mean and variance, or center, scale and offset

    @property
    def kind(self) -> str:
        return tables.KINDS[self.op.kind]

    @property
    def activation(self) -> str:
        return list(tables.ACTIVATIONS)[self.op.activation]

    @property
    def arrays(self) -> Any:
        """Both arrays, w and b, or gamma and beta; None for one that is not there."""
        return [None if one is None else one.w for one in self.weights]


class _Batch(NamedTuple):
    """The samples of one batch."""

    rows: int
    inputs: list[Array]
    targets: list[BatchTarget]
    iteration: int
    rates: tuple[float, float]  # the learning rate, and the length of a step


def run(
    plan: Plan,
    samples: Samples,
    workspace: Workspace,
    mode: int,
    first: int,
    last: int,
    iteration: int,
    rates: NDArray[np.float64] | None,
    totals: NDArray[np.float64] | None,
    predictions: Sequence[Float32],
) -> None:
    """Send batches `first` to `last` through the network."""
    layers = _layers(plan)
    size = workspace.batch_size
    # Numbers that grow beyond all bounds are the user's to see, in the loss.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for number in range(first, last):
            here = slice(number * size, min((number + 1) * size, samples.count))
            step = (0.0, 0.0) if rates is None else tuple(rates[number - first])
            batch = _gather(plan, samples, here, mode, iteration + number - first, step)
            outputs = _forward(layers, batch, mode)
            if mode == PREDICT:
                for array, op in zip(predictions, plan.graph.outputs, strict=True):
                    array[here] = outputs[op]
                continue
            assert totals is not None
            losses, deltas = _score(plan, layers, outputs, batch)
            _add_up(plan, layers, outputs, batch, losses, totals)
            if mode == TRAIN:
                _backward(layers, batch, outputs, deltas)
                _update(plan, layers, batch)


def _layers(plan: Plan) -> list[_Layer]:
    """The operations of a plan, each with its arrays and room for their gradients."""
    layers = []
    graph = plan.graph
    for op, settings, link in zip(plan.ops, plan.settings, graph.links, strict=True):
        edges = graph.edges[link.edge : link.edge + link.edges]
        layer = _Layer(op, settings, link, edges, [], [])
        shape = (op.inputs, op.outputs) if layer.kind == "dense" else (op.outputs,)
        for place, size, regularizer, constraint in [
            (op.kernel, shape, settings.kernel, settings.kernel_constraint),
            (op.bias, (op.outputs,), settings.bias, settings.bias_constraint),
        ]:
            weights = None
            if place >= 0:
                w = plan.arrays[place].reshape(size)
                dw = plan.gradients[plan.starts[place] :][: w.size]
                weights = _Weights(place, w, dw, regularizer, constraint)
            layer.weights.append(weights)
        if layer.kind == "affine":
            layer.state.extend(plan.arrays[op.state].reshape(3, op.outputs))
        elif layer.kind == "batch_normalization":
            layer.state.extend(plan.arrays[op.state : op.state + 2])
        layers.append(layer)
    return layers


def _gather(
    plan: Plan,
    samples: Samples,
    here: slice,
    mode: int,
    iteration: int,
    rates: tuple[float, float],
) -> _Batch:
    """The samples of one batch, in the order of `samples.order`."""
    rows = np.arange(here.start, here.stop)
    if samples.order is not None:
        rows = samples.order[rows]
    inputs = [
        reference.decompress(one, rows) if isinstance(one, Csr) else one[rows]
        for one in samples.inputs
    ]
    targets = []
    widths = () if mode == PREDICT else plan.layout.outputs
    for target, columns in zip(samples.targets, widths, strict=False):
        if target.labels is not None:
            t = one_hot(target.labels[rows], columns)
        else:
            t = inputs[0][:, :0] if target.t is None else target.t[rows]
        weights = None if target.weights is None else target.weights[rows]
        targets.append(BatchTarget(t, weights))
    return _Batch(len(rows), inputs, targets, iteration, rates)


def _sources_of(layer: _Layer, outputs: list[Array], batch: _Batch) -> list[Array]:
    """What a layer works on: outputs of others, or inputs of the samples."""
    places = [edge.source for edge in layer.edges]
    return [outputs[k] if k >= 0 else batch.inputs[-1 - k] for k in places]


def _forward(layers: list[_Layer], batch: _Batch, mode: int) -> list[Array]:
    """y = f(x), layer by layer; the outputs of every layer."""
    outputs: list[Array] = []
    for layer in layers:
        op, settings = layer.op, layer.settings
        sources = _sources_of(layer, outputs, batch)
        x = sources[0]
        if len(sources) > 1:
            x = merged(layer.kind, sources)
        elif layer.kind == "affine":
            x = reference.affine(x, *layer.state)
        elif layer.kind == "unit_normalization":
            x = reference.unit_normalization(x)
        elif layer.kind == "dropout":
            if mode == TRAIN:
                x = reference.dropout(x, settings.rate, op.seed, batch.iteration)
        elif layer.kind == "gaussian_noise" and mode == TRAIN:
            stddev, seed = settings.stddev, op.seed
            x = reference.gaussian_noise(x, stddev, seed, batch.iteration)
        elif layer.kind == "batch_normalization":
            x = _normalize(layer, x, mode)
        else:
            if layer.kind == "dense":
                x = reference.dense_forward(x, *layer.arrays)
            if mode == PREDICT or not layer.link.is_fused:
                activation = getattr(reference, layer.activation)
                x = activation(x, **settings.activation)
        outputs.append(x)
    return outputs


def _normalize(layer: _Layer, x: Array, mode: int) -> Array:
    """Batch normalization, by the batch's own moments where the layer learns."""
    mean, variance = layer.state
    if mode == TRAIN and layer.op.trainable:
        moving, (mean, variance) = layer.state, reference.moments(x)
        reference.move_towards(moving[0], mean, layer.settings.momentum)
        reference.move_towards(moving[1], variance, layer.settings.momentum)
    gamma, beta = layer.arrays
    return reference.normalize(x, mean, variance, gamma, beta, layer.settings.epsilon)


def _score(
    plan: Plan, layers: list[_Layer], outputs: list[Array], batch: _Batch
) -> tuple[list[float], dict[int, Array]]:
    """The loss at each head, and its gradient; activates outputs that are fused."""
    found: list[float] = []
    deltas: dict[int, Array] = {}
    for head, op, target in zip(
        plan.heads, plan.graph.outputs, batch.targets, strict=True
    ):
        if head.loss < 0:
            continue
        loss, gradient, p = loss_of(head, outputs[op], target, batch.rows)
        if layers[op].link.is_fused:
            outputs[op] = p
        found.append(loss)
        _hand_on(deltas, op, gradient)
    return found, deltas


def _hand_on(deltas: dict[int, Array], op: int, gradient: Array) -> None:
    """Add a gradient of an operation's output to those that came before."""
    deltas[op] = reference.add(deltas[op], gradient) if op in deltas else gradient


def _add_up(
    plan: Plan,
    layers: list[_Layer],
    outputs: list[Array],
    batch: _Batch,
    losses: list[float],
    totals: NDArray[np.float64],
) -> None:
    """Add a batch to the totals: of losses and metrics, what each keeps."""
    weights = [head.weight for head in plan.heads if head.loss >= 0]
    loss = sum(w * one for w, one in zip(weights, losses, strict=True))
    for layer, y in zip(layers, outputs, strict=True):
        for one in layer.weights if layer.link.is_first_use else ():
            if one is not None and any(one.regularizer):
                loss += reference.penalty(one.w, *one.regularizer)
        if any(layer.settings.activity):
            loss += reference.penalty(y, *layer.settings.activity) / len(y)
    for part in [loss, *(losses if len(plan.heads) > 1 else ())]:
        totals[:2] += batch.rows * part, batch.rows
        totals = totals[2:]
    for head, op, target in zip(
        plan.heads, plan.graph.outputs, batch.targets, strict=True
    ):
        totals = add_up_metrics(head, outputs[op], target, totals)


def _backward(
    layers: list[_Layer],
    batch: _Batch,
    outputs: list[Array],
    deltas: dict[int, Array],
) -> None:
    """Leave the gradient of every parameter that learns in `plan.gradients`."""
    for number in reversed(range(len(layers))):
        layer, y = layers[number], outputs[number]
        if not layer.link.learns:
            continue
        delta = deltas.pop(number, np.zeros_like(y))
        if any(layer.settings.activity):
            shares = [share / len(y) for share in layer.settings.activity]
            delta = delta + reference.penalty_backward(y, *shares)
        sources = _sources_of(layer, outputs, batch)
        gradients = _layer_backward(layer, sources, y, delta, batch.iteration)
        for edge, gradient in zip(layer.edges, gradients, strict=True):
            if edge.learns:
                _hand_on(deltas, edge.source, gradient)


def _layer_backward(
    layer: _Layer, sources: list[Array], y: Array, dy: Array, iteration: int
) -> list[Array]:
    """Dx of each source of a layer; the gradients of what it learns are kept."""
    if len(sources) > 1:
        return merged_backward(layer.kind, sources, dy)
    op, settings, x = layer.op, layer.settings, sources[0]
    if layer.kind == "affine":
        return [reference.affine_backward(dy, layer.state[1])]
    if layer.kind == "dropout":
        return [reference.dropout(dy, settings.rate, op.seed, iteration)]
    if layer.kind == "unit_normalization":
        return [reference.unit_normalization_backward(x, dy)]
    if layer.kind == "batch_normalization":
        return [_normalize_backward(layer, x, dy)]
    if not layer.link.is_fused:
        derivative = getattr(reference, f"{layer.activation}_backward")
        given = x if reference.needs_input(layer.activation) else y
        dy = derivative(given, dy, **settings.activation)
    if layer.kind == "dense":
        dy, dw, db = reference.dense_backward(x, layer.arrays[0], dy)
        _keep(layer, dw, db)
    return [dy]


def _normalize_backward(layer: _Layer, x: Array, dy: Array) -> Array:
    """Dx of batch normalization; its other gradients are kept."""
    gamma, epsilon = layer.arrays[0], layer.settings.epsilon
    if not layer.op.trainable:
        mean, variance = layer.state
        zero = np.zeros_like(mean)
        return reference.normalize(dy, zero, variance, gamma, None, epsilon)
    mean, variance = reference.moments(x)
    dx, dgamma, dbeta = reference.normalize_backward(
        x, dy, mean, variance, gamma, epsilon
    )
    _keep(layer, dgamma, dbeta)
    return dx


def _keep(layer: _Layer, *gradients: Array) -> None:
    """Keep the gradients of a layer that learns, summed over the places it works at."""
    for one, gradient in zip(layer.weights, gradients, strict=True):
        if one is not None and layer.op.trainable:
            before = one.dw if layer.link.next_use >= 0 else 0
            one.dw[...] = before + gradient.ravel()


def _update(plan: Plan, layers: list[_Layer], batch: _Batch) -> None:
    """Let the optimizer take one step with every array that learns."""
    weight_decay, clipvalue, clipnorm, global_clipnorm = plan.clipping
    learning = [
        layer.weights
        for layer in layers
        if layer.op.trainable and layer.link.is_first_use
    ]
    arrays = [one for weights in learning for one in weights if one is not None]
    for _, w, dw, regularizer, _ in arrays:
        if any(regularizer):
            dw += reference.penalty_backward(w.ravel(), *regularizer)
    norms = [float(np.sqrt(np.square(one.dw).sum())) for one in arrays]
    total = float(np.sqrt(np.square(norms).sum()))
    for (place, w, dw, _, constraint), own_norm in zip(arrays, norms, strict=True):
        if clipnorm:
            reference.clip_norm(dw, own_norm, clipnorm)
        elif global_clipnorm:
            reference.clip_norm(dw, total, global_clipnorm)
        if clipvalue:
            reference.clip_value(dw, clipvalue)
        if weight_decay:
            reference.decay_weights(w, weight_decay * batch.rates[0])
        _optimize(plan, place, w.reshape(-1), dw, batch)
        kind = tables.CONSTRAINTS[int(constraint.kind)]
        if kind == "limited_norm":
            reference.limit_norms(w.reshape(len(w), -1), *constraint[1:])
        elif kind == "non_negative":
            reference.keep_non_negative(w)


def _optimize(plan: Plan, place: int, w: Array, dw: Array, batch: _Batch) -> None:
    """One step of the optimizer with one array."""
    begin = plan.starts[place]
    name = list(tables.OPTIMIZERS)[plan.optimizer]
    memory = {
        letter: array[begin : begin + w.size]
        for letter, array in zip(plan.memory_letters, plan.memory, strict=True)
    }
    rate, step = batch.rates
    optimizer = getattr(reference, name)
    # Adam's step is made of the learning rate beforehand.
    by_step = "step" in optimizer.__annotations__
    length = {"step": step} if by_step else {"learning_rate": rate}
    optimizer(w, dw, **memory, **length, **plan.optimizer_settings)
