"""The network once more in NumPy: what src/network.pxi runs, from the same plan.

It computes in the dtype of the plan's parameters, so that float64 in gives float64 out.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp import reference, tables
from fastmlp.plan import (
    OWN_LOSS,
    PREDICT,
    TRAIN,
    Float32,
    OwnConstraints,
    Plan,
    Samples,
    Workspace,
    ask_backward,
    ask_forward,
    ask_penalties,
    read_only,
)
from fastmlp.reference import Array
from fastmlp.reference.batch import Batch, Layer, gather, layers_of, sources_of
from fastmlp.reference.graph import merged, merged_backward
from fastmlp.reference.heads import (
    add_up_metrics,
    loss_of,
    own_loss_of,
)
from fastmlp.reference.steps import by_samples, by_steps
from fastmlp.reference.update import add_penalties, move_averages, update

_POOLING = ("global_average_pooling", "global_max_pooling")
_ROW_NORMALIZATIONS = ("layer_normalization", "rms_normalization")


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
    add_gradients: Callable[[Float32], None] | None = None,
) -> None:
    """Send batches `first` to `last` through the network."""
    layers = layers_of(plan)
    constraints = OwnConstraints(plan.array_functions, plan.arrays)
    size = workspace.batch_size
    # Numbers that grow beyond all bounds are the user's to see, in the loss.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for number in range(first, last):
            here = slice(number * size, min((number + 1) * size, samples.count))
            if samples.share is not None:
                here = slice(*samples.share.begins[number : number + 2])
            now = () if rates is None else tuple(rates[number - first])
            batch = gather(plan, samples, here, mode, iteration + number - first, now)
            if samples.share is not None:
                batch = batch._replace(
                    all_rows=int(samples.share.rows[number]),
                    noise_begin=samples.share.noise_begin,
                )
            if mode == PREDICT:
                outputs = _forward(plan, layers, batch, mode)
                for array, op in zip(predictions, plan.graph.outputs, strict=True):
                    array[here] = outputs[op]
                continue
            assert totals is not None
            passed = pass_forward(plan, layers, batch, mode)
            if mode == TRAIN:
                pass_back(plan, layers, batch, passed)
                constraints.save(plan.memory, totals)
            # If Python raised an exception up to here, nothing has changed.
            add_up(plan, layers, batch, passed, totals)
            if mode == TRAIN:
                if add_gradients is not None:
                    add_gradients(plan.gradients)
                learn(plan, layers, batch, passed)
                constraints.apply()


class Passed(NamedTuple):
    """What a batch left behind on its way through the network."""

    outputs: list[Array]  # of every operation
    losses: list[float]  # of every head that has one
    # The gradients of outputs, by their operations: those of the heads, and, once it
    # has passed back, all others.
    deltas: dict[int, Array]
    penalties: Mapping[int, tuple[float, Array]]  # those that Python has


def pass_forward(plan: Plan, layers: list[Layer], batch: Batch, mode: int) -> Passed:
    """Forward, and the loss: nothing changes."""
    outputs = _forward(plan, layers, batch, mode)
    losses, deltas = _score(plan, layers, outputs, batch, mode)
    penalties = ask_penalties(plan.array_functions, plan.arrays)
    return Passed(outputs, losses, deltas, penalties)


def learn(plan: Plan, layers: list[Layer], batch: Batch, passed: Passed) -> None:
    """Let moving averages and weights take their step."""
    move_averages(layers, passed.outputs, batch)
    add_penalties(layers, passed.penalties)
    update(plan, layers, batch)


def _forward(plan: Plan, layers: list[Layer], batch: Batch, mode: int) -> list[Array]:
    """y = f(x), layer by layer; the outputs of every layer."""
    outputs: list[Array] = []
    for layer in layers:
        op, settings = layer.op, layer.settings
        sources = sources_of(layer, outputs, batch)
        x = sources[0]
        if layer.kind == "function":
            x = _ask_forward(plan, len(outputs), sources, batch, mode)
        elif len(sources) > 1:
            x = merged(layer.kind, sources)
        elif layer.kind == "affine":
            x = reference.affine(x, *layer.state)
        elif layer.kind == "unit_normalization":
            x = reference.unit_normalization(x)
        elif layer.kind == "embedding":
            x = reference.embedding(x[:, 0], layer.arrays[0])
        elif layer.kind in _POOLING:
            x = getattr(reference, layer.kind)(x, op.outputs // op.steps)
        elif layer.kind == "transpose":
            x = reference.transpose(x, op.state)
        elif layer.kind in tables.NOISE:
            if mode == TRAIN:
                noise = getattr(reference, layer.kind)
                strength = settings.stddev or settings.rate
                x = noise(x, strength, op.seed, *batch.chance)
        elif layer.kind in _ROW_NORMALIZATIONS:
            is_centered = layer.kind == "layer_normalization"
            gamma, beta = layer.arrays
            x = reference.layer_normalization(
                x, gamma, beta, settings.epsilon, is_centered
            )
        elif layer.kind == "prelu":
            x = reference.prelu(x, layer.arrays[0])
        elif layer.kind == "batch_normalization":
            x = _normalize(layer, x, mode)
        else:
            if layer.kind == "dense":
                x = reference.dense_forward(x, *layer.arrays)
            if mode == PREDICT or not layer.link.is_fused:
                activation = getattr(reference, layer.activation)
                x = activation(x, **settings.activation)
        outputs.append(by_samples(x, op.steps))
    return outputs


def _ask_forward(
    plan: Plan, number: int, sources: list[Array], batch: Batch, mode: int
) -> Array:
    """The outputs of a function, whose way back is kept for this batch."""
    op = plan.ops[number]
    y, backward = ask_forward(
        plan.functions[op.state],
        [read_only(x.copy()) for x in sources],
        (batch.rows, op.outputs),
        mode == TRAIN,
    )
    if backward is not None:
        batch.backwards[number] = backward
    return y


def _normalize(layer: Layer, x: Array, mode: int) -> Array:
    """Batch normalization, by the batch's own moments where the layer learns."""
    mean, variance = layer.state
    if mode == TRAIN and layer.op.trainable:
        mean, variance = reference.moments(x)
    gamma, beta = layer.arrays
    return reference.normalize(x, mean, variance, gamma, beta, layer.settings.epsilon)


def _score(
    plan: Plan, layers: list[Layer], outputs: list[Array], batch: Batch, mode: int
) -> tuple[list[float], dict[int, Array]]:
    """The loss at each head, and its gradient; activates outputs that are fused."""
    found: list[float] = []
    deltas: dict[int, Array] = {}
    for head, op, target in zip(
        plan.heads, plan.graph.outputs, batch.targets, strict=True
    ):
        gradient: Array | None = None
        y = read_only(outputs[op].copy()) if head.asks else outputs[op]
        if head.loss == OWN_LOSS:
            loss, gradient = own_loss_of(head, y, target, mode == TRAIN)
        elif head.has_loss:
            loss, gradient, p = loss_of(head, y, target, batch.all_rows)
            if layers[op].link.is_fused:
                outputs[op] = y = p
        if head.has_loss:
            found.append(loss)
        if gradient is not None:
            _hand_on(deltas, op, gradient)
        for metric in head.own_metrics:
            metric.update(read_only(y), target.given, target.given_weights)
    return found, deltas


def _hand_on(deltas: dict[int, Array], op: int, gradient: Array) -> None:
    """Add a gradient of an operation's output to those that came before."""
    deltas[op] = reference.add(deltas[op], gradient) if op in deltas else gradient


def add_up(
    plan: Plan,
    layers: list[Layer],
    batch: Batch,
    passed: Passed,
    totals: NDArray[np.float64],
) -> None:
    """Add a batch to the totals: of losses and metrics, what each keeps."""
    outputs, losses, _, penalties = passed
    weights = [head.weight for head in plan.heads if head.has_loss]
    loss = sum(w * one for w, one in zip(weights, losses, strict=True))
    # A penalty of the weights counts once a row, whoever has it.
    own = batch.rows / batch.all_rows
    loss += own * sum(penalty for penalty, _ in penalties.values())
    for layer, y in zip(layers, outputs, strict=True):
        for one in layer.weights if layer.link.is_first_use else ():
            if one is not None and any(one.regularizer):
                loss += own * reference.penalty(one.w, *one.regularizer)
        if any(layer.settings.activity):
            loss += reference.penalty(y, *layer.settings.activity) / batch.all_rows
    for part in [loss, *(losses if len(plan.heads) > 1 else ())]:
        totals[:2] += batch.all_rows * part, batch.rows
        totals = totals[2:]
    for head, op, target in zip(
        plan.heads, plan.graph.outputs, batch.targets, strict=True
    ):
        totals = add_up_metrics(head, outputs[op], target, totals)


def pass_back(plan: Plan, layers: list[Layer], batch: Batch, passed: Passed) -> None:
    """Leave the gradient of every parameter that learns in `plan.gradients`."""
    outputs, deltas = passed.outputs, passed.deltas
    for number in reversed(range(len(layers))):
        layer, y = layers[number], outputs[number]
        if not layer.link.learns:
            continue
        delta = deltas.get(number, np.zeros_like(y))
        if any(layer.settings.activity):
            shares = [share / batch.all_rows for share in layer.settings.activity]
            delta = delta + reference.penalty_backward(y, *shares)
        deltas[number] = delta
        steps = layer.op.steps
        y, delta = by_steps(y, steps), by_steps(delta, steps)
        sources = sources_of(layer, outputs, batch)
        if layer.kind == "function":
            gradients = _ask_backward(plan, number, layer, sources, delta, batch)
        else:
            gradients = _layer_backward(layer, sources, y, delta, batch)
        for edge, gradient in zip(layer.edges, gradients, strict=True):
            if edge.learns:
                _hand_on(deltas, edge.source, by_samples(gradient, steps))


def _ask_backward(
    plan: Plan,
    number: int,
    layer: Layer,
    sources: list[Array],
    dy: Array,
    batch: Batch,
) -> list[Array]:
    """Dx of each source of a function; the gradients of its arrays are kept."""
    shapes = [x.shape for x in [*sources, *layer.arrays]]
    name = plan.functions[layer.op.state].name
    backward = batch.backwards.pop(number)
    gradients = ask_backward(name, backward, read_only(dy.copy()), shapes)
    _keep(layer, *gradients[len(sources) :])
    return gradients[: len(sources)]


def _layer_backward(
    layer: Layer, sources: list[Array], y: Array, dy: Array, batch: Batch
) -> list[Array]:
    """Dx of each source of a layer; the gradients of what it learns are kept."""
    if len(sources) > 1:
        return merged_backward(layer.kind, sources, dy)
    op, settings, x = layer.op, layer.settings, sources[0]
    if layer.kind == "affine":
        return [reference.affine_backward(dy, layer.state[1])]
    if layer.kind in ("dropout", "gaussian_dropout"):
        noise = getattr(reference, layer.kind)
        return [noise(dy, settings.rate, op.seed, *batch.chance)]
    if layer.kind == "alpha_dropout":
        rate, seed = settings.rate, op.seed
        return [reference.alpha_dropout_backward(dy, rate, seed, *batch.chance)]
    if layer.kind in _ROW_NORMALIZATIONS:
        is_centered = layer.kind == "layer_normalization"
        dx, dgamma, dbeta = reference.layer_normalization_backward(
            x, dy, layer.arrays[0], settings.epsilon, is_centered
        )
        _keep(layer, dgamma, dbeta)
        return [dx]
    if layer.kind == "prelu":
        dx, dalpha = reference.prelu_backward(x, dy, layer.arrays[0])
        _keep(layer, dalpha, dalpha)
        return [dx]
    if layer.kind == "unit_normalization":
        return [reference.unit_normalization_backward(x, dy)]
    if layer.kind == "embedding":
        dw = reference.embedding_backward(x[:, 0], dy, len(layer.arrays[0]))
        _keep(layer, dw, None)
        return [np.zeros_like(x)]
    if layer.kind == "global_average_pooling":
        return [reference.global_average_pooling_backward(dy, x.shape[1])]
    if layer.kind == "global_max_pooling":
        return [reference.global_max_pooling_backward(x, y, dy)]
    if layer.kind == "transpose":
        return [reference.transpose(dy, x.shape[1] // op.state)]
    if layer.kind == "batch_normalization":
        return [_normalize_backward(layer, x, dy)]
    if not layer.link.is_fused:
        derivative = getattr(reference, f"{layer.activation}_backward")
        given = x if layer.activation in tables.NEED_INPUT else y
        dy = derivative(given, dy, **settings.activation)
    if layer.kind == "dense":
        dy, dw, db = reference.dense_backward(x, layer.arrays[0], dy)
        _keep(layer, dw, db)
    return [dy]


def _normalize_backward(layer: Layer, x: Array, dy: Array) -> Array:
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


def _keep(layer: Layer, *gradients: Array | None) -> None:
    """Keep the gradients of a layer that learns, summed over the places it works at."""
    for one, gradient in zip(layer.weights, gradients, strict=True):
        if one is not None and gradient is not None and layer.op.trainable:
            before = one.dw if layer.link.next_use >= 0 else 0
            one.dw[...] = before + gradient.ravel()
