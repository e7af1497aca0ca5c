"""The network once more in NumPy: what src/network.pxi runs, from the same plan.

It computes in the dtype of the plan's parameters, so that float64 in gives float64 out.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp import reference, tables
from fastmlp._util.one_hot import one_hot
from fastmlp.plan import (
    ACTIVATIONS,
    CONSTRAINTS,
    KINDS,
    LOSSES,
    PREDICT,
    REDUCTIONS,
    TRAIN,
    Float32,
    LayerSettings,
    Op,
    Plan,
    Samples,
    Workspace,
    totals_of,
)
from fastmlp.reference import Array


class _Layer(NamedTuple):
    """One row of the plan: an operation, its settings, and its arrays."""

    op: Op
    settings: LayerSettings
    kernel: Array | None
    bias: Array | None
    state: list[Array]  # moving mean and variance, or center, scale and offset
    dkernel: Array | None  # where the gradients go
    dbias: Array | None


class _Batch(NamedTuple):
    """The samples of one batch."""

    x: Array
    t: Array
    weights: Array | None
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
    predictions: Float32 | None,
) -> None:
    """Send batches `first` to `last` through the network."""
    layers = _layers(plan)
    size = workspace.batch_size
    # Numbers that grow beyond all bounds are the user's to see, in the loss.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for number in range(first, last):
            here = slice(number * size, min((number + 1) * size, samples.count))
            step = (0.0, 0.0) if rates is None else tuple(rates[number - first])
            batch = _gather(samples, here, layers, iteration + number - first, step)
            outputs = _forward(plan, layers, batch, mode)
            if mode == PREDICT:
                assert predictions is not None
                predictions[here] = outputs[-1]
                continue
            assert totals is not None
            losses, delta = _score(plan, layers[-1], outputs, batch)
            _add_up(plan, layers, outputs, batch, losses, totals)
            if mode == TRAIN:
                _backward(plan, layers, batch, outputs, delta)
                _update(plan, layers, batch)


def _layers(plan: Plan) -> list[_Layer]:
    """The operations of a plan, each with its arrays and room for their gradients."""
    layers = []
    for op, settings in zip(plan.ops, plan.settings, strict=True):
        dense = op.kind == KINDS["dense"]
        shape = (op.inputs, op.outputs) if dense else (op.outputs,)
        state: list[Array] = []
        if op.kind == KINDS["affine"]:
            state = list(plan.arrays[op.state].reshape(3, op.outputs))
        elif op.kind == KINDS["batch_normalization"]:
            state = list(plan.arrays[op.state : op.state + 2])
        layers.append(
            _Layer(
                op,
                settings,
                None if op.kernel < 0 else plan.arrays[op.kernel].reshape(shape),
                None if op.bias < 0 else plan.arrays[op.bias],
                state,
                _part(plan.gradients, plan, op.kernel, shape),
                _part(plan.gradients, plan, op.bias, (op.outputs,)),
            )
        )
    return layers


def _part(flat: Array, plan: Plan, place: int, shape: tuple[int, ...]) -> Array | None:
    """What belongs to one array in a flat one like the gradients, if it is learnt."""
    if place < 0 or plan.starts[place] < 0 or not flat.size:
        return None
    begin = plan.starts[place]
    return flat[begin : begin + math.prod(shape)].reshape(shape)


def _gather(
    samples: Samples,
    here: slice,
    layers: list[_Layer],
    iteration: int,
    rates: tuple[float, float],
) -> _Batch:
    """The samples of one batch, in the order of `samples.order`."""
    rows = np.arange(here.start, here.stop)
    if samples.order is not None:
        rows = samples.order[rows]
    if samples.csr is not None:
        x = reference.decompress(samples.csr, rows)
    else:
        assert samples.x is not None
        x = samples.x[rows]
    if samples.labels is not None:
        t = one_hot(samples.labels[rows], layers[-1].op.outputs)
    else:
        t = x[:, :0] if samples.t is None else samples.t[rows]
    weights = None if samples.weights is None else samples.weights[rows]
    return _Batch(x, t, weights, iteration, rates)


def _is_fused(plan: Plan, layer: _Layer) -> bool:
    """Whether a last layer's activation is left to the loss, which does both in one."""
    return (plan.loss, layer.op.activation) in (
        (LOSSES["softmax_crossentropy"], ACTIVATIONS["softmax"]),
        (LOSSES["sigmoid_crossentropy"], ACTIVATIONS["sigmoid"]),
    )


def _forward(plan: Plan, layers: list[_Layer], batch: _Batch, mode: int) -> list[Array]:
    """y = f(x), layer by layer; the outputs of every layer."""
    outputs, x = [], batch.x
    for layer in layers:
        op, settings = layer.op, layer.settings
        if op.kind == KINDS["affine"]:
            x = reference.affine(x, *layer.state)
        elif op.kind == KINDS["dropout"]:
            if mode == TRAIN:
                x = reference.dropout(x, settings.rate, op.seed, batch.iteration)
        elif op.kind == KINDS["gaussian_noise"] and mode == TRAIN:
            stddev, seed = settings.stddev, op.seed
            x = reference.gaussian_noise(x, stddev, seed, batch.iteration)
        elif op.kind == KINDS["batch_normalization"]:
            x = _normalize(layer, x, mode)
        else:
            if layer.kernel is not None:
                x = reference.dense_forward(x, layer.kernel, layer.bias)
            if not (layer is layers[-1] and mode != PREDICT and _is_fused(plan, layer)):
                activation = getattr(reference, _activation_of(op))
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
    return reference.normalize(
        x, mean, variance, layer.kernel, layer.bias, layer.settings.epsilon
    )


def _loss_scale(plan: Plan, batch: _Batch) -> float:
    """What the losses of the rows are multiplied by before they are summed."""
    if plan.reduction == REDUCTIONS["sum"]:
        return 1.0
    if plan.reduction == REDUCTIONS["sum_over_batch_size"] or batch.weights is None:
        return 1 / len(batch.x)
    total = float(batch.weights.sum(dtype=np.float64))
    return 1 / total if total else 0.0


def _score(
    plan: Plan, layer: _Layer, outputs: list[Array], batch: _Batch
) -> tuple[Array, Array]:
    """The loss of each row, and the gradient of the batch's; activates the outputs."""
    y, t = outputs[-1], batch.t
    name = next(name for name, code in LOSSES.items() if code == plan.loss)
    settings = plan.loss_settings
    losses = getattr(reference, name)(y, t, **settings)
    if isinstance(losses, tuple):
        p, losses = losses
        outputs[-1] = p if _is_fused(plan, layer) else y
        y = p
    scale = _loss_scale(plan, batch)
    derivative = getattr(reference, f"{name}_backward")
    delta = derivative(y, t, **settings, scale=scale)
    return losses, delta if batch.weights is None else delta * batch.weights[:, None]


def _add_up(
    plan: Plan,
    layers: list[_Layer],
    outputs: list[Array],
    batch: _Batch,
    losses: Array,
    totals: NDArray[np.float64],
) -> None:
    """Add a batch to the totals: of loss and metrics, what each keeps."""
    ones = np.ones(len(losses))
    weights = ones if batch.weights is None else batch.weights.astype(np.float64)
    loss = float((losses * weights).sum()) * _loss_scale(plan, batch)
    for layer, y in zip(layers, outputs, strict=True):
        settings = layer.settings
        if layer.kernel is not None and any(settings.kernel):
            loss += reference.penalty(layer.kernel, *settings.kernel)
        if layer.bias is not None and any(settings.bias):
            loss += reference.penalty(layer.bias, *settings.bias)
        if any(settings.activity):
            loss += reference.penalty(y, *settings.activity) / len(y)
    totals[:2] += len(losses) * loss, len(losses)
    begin = 2
    for code, settings_of, weighted in plan.metrics:
        metric = getattr(reference, list(tables.METRICS)[code])
        here = slice(begin, begin := begin + totals_of(settings_of))
        factors = weights if weighted else ones
        if "weights" in metric.__annotations__:
            found = metric(outputs[-1], batch.t, factors, **settings_of)
            totals[here] += found.ravel()
            continue
        values = metric(outputs[-1], batch.t, **settings_of)
        values, counts = values if isinstance(values, tuple) else (values, ones)
        totals[here] += (values * factors).sum(), (counts * factors).sum()


def _backward(
    plan: Plan,
    layers: list[_Layer],
    batch: _Batch,
    outputs: list[Array],
    delta: Array,
) -> None:
    """Leave the gradient of every parameter that learns in `plan.gradients`."""
    inputs = [batch.x, *outputs[:-1]]
    for layer, x, y in reversed(list(zip(layers, inputs, outputs, strict=True))):
        op, settings = layer.op, layer.settings
        if any(settings.activity):
            shares = [share / len(y) for share in settings.activity]
            delta = delta + reference.penalty_backward(y, *shares)
        if op.kind == KINDS["affine"]:
            delta = reference.affine_backward(delta, layer.state[1])
        elif op.kind == KINDS["dropout"]:
            delta = reference.dropout(delta, settings.rate, op.seed, batch.iteration)
        elif op.kind == KINDS["batch_normalization"]:
            delta = _normalize_backward(layer, x, delta)
        else:
            if not (layer is layers[-1] and _is_fused(plan, layer)):
                name = _activation_of(op)
                derivative = getattr(reference, f"{name}_backward")
                given = x if reference.needs_input(name) else y
                delta = derivative(given, delta, **settings.activation)
            if layer.kernel is not None:
                delta, dw, db = reference.dense_backward(x, layer.kernel, delta)
                _keep(layer, dw, db)


def _normalize_backward(layer: _Layer, x: Array, dy: Array) -> Array:
    """Dx of batch normalization; its other gradients are kept."""
    epsilon = layer.settings.epsilon
    if not layer.op.trainable:
        mean, variance = layer.state
        zero = np.zeros_like(mean)
        return reference.normalize(dy, zero, variance, layer.kernel, None, epsilon)
    mean, variance = reference.moments(x)
    dx, dgamma, dbeta = reference.normalize_backward(
        x, dy, mean, variance, layer.kernel, epsilon
    )
    _keep(layer, dgamma, dbeta)
    return dx


def _keep(layer: _Layer, dw: Array, db: Array) -> None:
    """Keep the gradients of a layer that learns."""
    if layer.op.trainable:
        if layer.dkernel is not None:
            layer.dkernel[...] = dw
        if layer.dbias is not None:
            layer.dbias[...] = db


class _Learnt(NamedTuple):
    """An array that learns, its gradient, and what holds it."""

    place: int
    w: Array
    dw: Array
    penalty: tuple[float, float]
    constraint: tuple[float, float, float, float]


def _learnt(layers: list[_Layer]) -> list[_Learnt]:
    found = []
    for layer in layers:
        op, settings = layer.op, layer.settings
        for place, w, dw, penalty, constraint in [
            (
                op.kernel,
                layer.kernel,
                layer.dkernel,
                settings.kernel,
                settings.kernel_constraint,
            ),
            (
                op.bias,
                layer.bias,
                layer.dbias,
                settings.bias,
                settings.bias_constraint,
            ),
        ]:
            if op.trainable and w is not None and dw is not None:
                found.append(_Learnt(place, w, dw, penalty, constraint))
    return found


def _update(plan: Plan, layers: list[_Layer], batch: _Batch) -> None:
    """Let the optimizer take one step with every array that learns."""
    decay, most, norm, global_norm = plan.clipping
    arrays = _learnt(layers)
    for _, w, dw, penalty, _ in arrays:
        if any(penalty):
            dw += reference.penalty_backward(w, *penalty)
    norms = [float(np.sqrt(np.square(one.dw).sum())) for one in arrays]
    total = float(np.sqrt(np.square(norms).sum()))
    for (place, w, dw, _, constraint), own_norm in zip(arrays, norms, strict=True):
        if norm:
            reference.clip_norm(dw, own_norm, norm)
        elif global_norm:
            reference.clip_norm(dw, total, global_norm)
        if most:
            reference.clip_value(dw, most)
        if decay:
            reference.decay_weights(w, decay * batch.rates[0])
        _optimize(plan, place, w.reshape(-1), dw.reshape(-1), batch)
        if constraint[0] == CONSTRAINTS["limited_norm"]:
            reference.limit_norms(w.reshape(len(w), -1), *constraint[1:])
        elif constraint[0] == CONSTRAINTS["non_negative"]:
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


def _activation_of(op: Op) -> str:
    """The name of an operation's activation."""
    return list(tables.ACTIVATIONS)[op.activation]
