"""The network once more in NumPy: what src/network.pxi runs, from the same plan.

It computes in the dtype of the plan's parameters, so that float64 in gives float64 out.
"""

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
    Float32,
    LayerSettings,
    Op,
    Plan,
    Samples,
    Workspace,
    totals_of,
)
from fastmlp.reference import Array


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
        layer = _Layer(op, settings, [], [])
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
    loss = list(tables.LOSSES)[plan.loss]
    return loss == f"{layer.activation}_crossentropy"


def _forward(plan: Plan, layers: list[_Layer], batch: _Batch, mode: int) -> list[Array]:
    """y = f(x), layer by layer; the outputs of every layer."""
    outputs, x = [], batch.x
    for layer in layers:
        op, settings = layer.op, layer.settings
        if layer.kind == "affine":
            x = reference.affine(x, *layer.state)
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
            if not (layer is layers[-1] and mode != PREDICT and _is_fused(plan, layer)):
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


def _loss_scale(plan: Plan, batch: _Batch) -> float:
    """What the losses of the rows are multiplied by before they are summed."""
    reduction = tables.REDUCTIONS[plan.reduction]
    if reduction == "sum":
        return 1.0
    if reduction == "sum_over_batch_size" or batch.weights is None:
        return 1 / len(batch.x)
    total = float(batch.weights.sum(dtype=np.float64))
    return 1 / total if total else 0.0


def _score(
    plan: Plan, layer: _Layer, outputs: list[Array], batch: _Batch
) -> tuple[Array, Array]:
    """The loss of each row, and the gradient of the batch's; activates the outputs."""
    y, t = outputs[-1], batch.t
    name = list(tables.LOSSES)[plan.loss]
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
        for one in layer.weights:
            if one is not None and any(one.regularizer):
                loss += reference.penalty(one.w, *one.regularizer)
        if any(layer.settings.activity):
            loss += reference.penalty(y, *layer.settings.activity) / len(y)
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
    plan: Plan, layers: list[_Layer], batch: _Batch, outputs: list[Array], delta: Array
) -> None:
    """Leave the gradient of every parameter that learns in `plan.gradients`."""
    inputs = [batch.x, *outputs[:-1]]
    for layer, x, y in reversed(list(zip(layers, inputs, outputs, strict=True))):
        op, settings = layer.op, layer.settings
        if any(settings.activity):
            shares = [share / len(y) for share in settings.activity]
            delta = delta + reference.penalty_backward(y, *shares)
        if layer.kind == "affine":
            delta = reference.affine_backward(delta, layer.state[1])
        elif layer.kind == "dropout":
            delta = reference.dropout(delta, settings.rate, op.seed, batch.iteration)
        elif layer.kind == "batch_normalization":
            delta = _normalize_backward(layer, x, delta)
        else:
            if not (layer is layers[-1] and _is_fused(plan, layer)):
                derivative = getattr(reference, f"{layer.activation}_backward")
                given = x if reference.needs_input(layer.activation) else y
                delta = derivative(given, delta, **settings.activation)
            if layer.kind == "dense":
                delta, dw, db = reference.dense_backward(x, layer.arrays[0], delta)
                _keep(layer, dw, db)


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
    """Keep the gradients of a layer that learns."""
    for one, gradient in zip(layer.weights, gradients, strict=True):
        if one is not None and layer.op.trainable:
            one.dw[...] = gradient.ravel()


def _update(plan: Plan, layers: list[_Layer], batch: _Batch) -> None:
    """Let the optimizer take one step with every array that learns."""
    weight_decay, clipvalue, clipnorm, global_clipnorm = plan.clipping
    learning = [layer.weights for layer in layers if layer.op.trainable]
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
