"""The network once more in NumPy: what src/network.pxi runs, from the same plan.

It computes in the dtype of the plan's parameters, so that float64 in gives float64 out.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp import reference
from fastmlp.plan import (
    ACTIVATIONS,
    ACTIVATIONS_OF_INPUT,
    CONSTRAINTS,
    KINDS,
    LOSSES,
    METRICS,
    OPTIMIZERS,
    PREDICT,
    REDUCTIONS,
    TRAIN,
    Float32,
    Numbers,
    Plan,
    Samples,
    Step,
    Workspace,
)
from fastmlp.reference import Array


class _Layer(NamedTuple):
    """One row of the plan: a step, its settings, and views of its parameters."""

    step: Step
    numbers: Numbers
    kernel: Array | None
    bias: Array | None
    state: list[Array]  # moving mean and variance, or center, scale and offset


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
    layers = _layers(plan, plan.parameters)
    gradients = _layers(plan, plan.gradients) if mode == TRAIN else []
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
                _backward(plan, layers, gradients, batch, outputs, delta)
                _update(plan, layers, gradients, batch)


def _layers(plan: Plan, flat: Array) -> list[_Layer]:
    """The layers of a plan, with their part of some flat array."""
    layers = []
    for row, numbers in zip(plan.steps, plan.numbers, strict=True):
        step = Step(*map(int, row))
        dense = step.kind == KINDS["dense"]
        shape = (step.inputs, step.outputs) if dense else (step.outputs,)
        kernel = _part(flat, step.kernel, shape)
        bias = _part(flat, step.bias, (step.outputs,))
        state: list[Array] = []
        if step.kind == KINDS["affine"]:
            assert plan.constants is not None
            state = list(_view(plan.constants, step.state, (3, step.outputs)))
        elif step.kind == KINDS["batch_normalization"]:
            state = list(_view(flat, step.state, (2, step.outputs)))
        layers.append(_Layer(step, _numbers(numbers), kernel, bias, state))
    return layers


def _numbers(row: NDArray[np.float64]) -> Numbers:
    """The settings of a layer, from a row of the plan."""
    bend, rest, pairs = row[:3], row[3:6], row[6:12].reshape(3, 2)
    constraints = row[12:].reshape(2, 4)
    return Numbers(tuple(bend), *rest, *map(tuple, pairs), *map(tuple, constraints))


def _view(flat: Array, begin: int, shape: tuple[int, ...]) -> Array:
    size = int(np.prod(shape))
    return flat[begin : begin + size].reshape(shape)


def _part(flat: Array, begin: int, shape: tuple[int, ...]) -> Array | None:
    return None if begin < 0 else _view(flat, begin, shape)


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
    if samples.x is None:
        x = reference.decompress(samples, rows, layers[0].step.inputs)
    else:
        x = samples.x[rows]
    if samples.labels is not None:
        one_hot = np.eye(layers[-1].step.outputs, dtype=np.float32)
        t = one_hot[samples.labels[rows]]
    else:
        t = x[:, :0] if samples.t is None else samples.t[rows]
    weights = None if samples.weights is None else samples.weights[rows]
    return _Batch(x, t, weights, iteration, rates)


def _is_fused(plan: Plan, layer: _Layer) -> bool:
    """Whether a last layer's activation is left to the loss, which does both in one."""
    return (plan.loss, layer.step.activation) in (
        (LOSSES["softmax_crossentropy"], ACTIVATIONS["softmax"]),
        (LOSSES["sigmoid_crossentropy"], ACTIVATIONS["sigmoid"]),
    )


def _forward(plan: Plan, layers: list[_Layer], batch: _Batch, mode: int) -> list[Array]:
    """y = f(x), layer by layer; the outputs of every layer."""
    outputs, x = [], batch.x
    for layer in layers:
        step, numbers = layer.step, layer.numbers
        if step.kind == KINDS["affine"]:
            x = reference.affine(x, *layer.state)
        elif step.kind == KINDS["dropout"]:
            if mode == TRAIN:
                x = reference.dropout(x, numbers.rate, step.seed, batch.iteration)
        elif step.kind == KINDS["batch_normalization"]:
            x = _normalize(layer, x, mode)
        else:
            if layer.kernel is not None:
                x = reference.dense_forward(x, layer.kernel, layer.bias)
            if not (layer is layers[-1] and mode != PREDICT and _is_fused(plan, layer)):
                x = _ACTIVATIONS[step.activation](x, *numbers.bend)
        outputs.append(x)
    return outputs


def _normalize(layer: _Layer, x: Array, mode: int) -> Array:
    """Batch normalization, by the batch's own moments where the layer learns."""
    mean, variance = layer.state
    if mode == TRAIN and layer.step.learns:
        keep = x.dtype.type(layer.numbers.momentum)
        for moving, now in zip(layer.state, reference.moments(x), strict=True):
            moving[:] = moving * keep + now * (1 - keep)
        mean, variance = reference.moments(x)
    return reference.normalize(
        x, mean, variance, layer.kernel, layer.bias, layer.numbers.epsilon
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
    has_setting = name not in ("mean_squared_error", "mean_absolute_error")
    settings = (plan.loss_setting,) if has_setting else ()
    losses = getattr(reference, name)(y, t, *settings)
    if isinstance(losses, tuple):
        p, losses = losses
        outputs[-1] = p if _is_fused(plan, layer) else y
        y = p
    scale = _loss_scale(plan, batch)
    delta = getattr(reference, f"{name}_backward")(y, t, *settings, scale)
    return losses, delta if batch.weights is None else delta * batch.weights[:, None]


def _add_up(
    plan: Plan,
    layers: list[_Layer],
    outputs: list[Array],
    batch: _Batch,
    losses: Array,
    totals: NDArray[np.float64],
) -> None:
    """Add a batch to the totals: of loss and metrics, a sum and what it counts."""
    ones = np.ones(len(losses))
    weights = ones if batch.weights is None else batch.weights
    loss = float((losses * weights).sum(dtype=np.float64)) * _loss_scale(plan, batch)
    for layer, y in zip(layers, outputs, strict=True):
        numbers = layer.numbers
        if layer.kernel is not None and any(numbers.kernel):
            loss += reference.penalty(layer.kernel, *numbers.kernel)
        if layer.bias is not None and any(numbers.bias):
            loss += reference.penalty(layer.bias, *numbers.bias)
        if any(numbers.activity):
            loss += reference.penalty(y, *numbers.activity) / len(y)
    totals[:2] += len(losses) * loss, len(losses)
    for k, (code, setting, weighted) in enumerate(plan.metrics, 1):
        values = _METRICS[int(code)](outputs[-1], batch.t, setting)
        values, counts = values if isinstance(values, tuple) else (values, ones)
        factors = weights if weighted else ones
        totals[2 * k] += (values * factors).sum(dtype=np.float64)
        totals[2 * k + 1] += (counts * factors).sum(dtype=np.float64)


def _backward(
    plan: Plan,
    layers: list[_Layer],
    gradients: list[_Layer],
    batch: _Batch,
    outputs: list[Array],
    delta: Array,
) -> None:
    """Leave the gradient of every parameter that learns in `plan.gradients`."""
    inputs = [batch.x, *outputs[:-1]]
    for layer, gradient, x, y in reversed(
        list(zip(layers, gradients, inputs, outputs, strict=True))
    ):
        step, numbers = layer.step, layer.numbers
        if any(numbers.activity):
            shares = [share / len(y) for share in numbers.activity]
            delta = delta + reference.penalty_backward(y, *shares)
        if step.kind == KINDS["affine"]:
            delta = reference.affine_backward(delta, layer.state[1])
        elif step.kind == KINDS["dropout"]:
            delta = reference.dropout(delta, numbers.rate, step.seed, batch.iteration)
        elif step.kind == KINDS["batch_normalization"]:
            delta = _normalize_backward(layer, gradient, x, delta)
        else:
            if not (layer is layers[-1] and _is_fused(plan, layer)):
                of_input = step.activation in _OF_INPUT
                slope = _ACTIVATION_GRADIENTS[step.activation]
                delta = slope(x if of_input else y, delta, *numbers.bend)
            if layer.kernel is not None:
                delta, dw, db = reference.dense_backward(x, layer.kernel, delta)
                _keep(gradient, dw, db)


def _normalize_backward(layer: _Layer, gradient: _Layer, x: Array, dy: Array) -> Array:
    """Dx of batch normalization; its other gradients are kept."""
    epsilon = layer.numbers.epsilon
    if not layer.step.learns:
        mean, variance = layer.state
        zero = np.zeros_like(mean)
        return reference.normalize(dy, zero, variance, layer.kernel, None, epsilon)
    mean, variance = reference.moments(x)
    dx, dgamma, dbeta = reference.normalize_backward(
        x, dy, mean, variance, layer.kernel, epsilon
    )
    _keep(gradient, dgamma, dbeta)
    return dx


def _keep(gradient: _Layer, dw: Array, db: Array) -> None:
    """Keep the gradients of a layer that learns."""
    if gradient.step.learns:
        if gradient.kernel is not None:
            gradient.kernel[...] = dw
        if gradient.bias is not None:
            gradient.bias[...] = db


def _update(
    plan: Plan, layers: list[_Layer], gradients: list[_Layer], batch: _Batch
) -> None:
    """Let the optimizer take one step with every array that learns."""
    decay, most, norm, global_norm = plan.clipping
    arrays = []
    for layer, gradient in zip(layers, gradients, strict=True):
        numbers, step = layer.numbers, layer.step
        for w, dw, begin, shrinkage, constraint in [
            (
                layer.kernel,
                gradient.kernel,
                step.kernel,
                numbers.kernel,
                numbers.kernel_constraint,
            ),
            (
                layer.bias,
                gradient.bias,
                step.bias,
                numbers.bias,
                numbers.bias_constraint,
            ),
        ]:
            if step.learns and w is not None and dw is not None:
                if any(shrinkage):
                    dw += reference.penalty_backward(w, *shrinkage)
                arrays.append((w, dw, begin, constraint))
    norms = [float(np.sqrt(np.square(dw).sum())) for _, dw, _, _ in arrays]
    total = float(np.sqrt(np.square(norms).sum()))
    for (w, dw, begin, constraint), own_norm in zip(arrays, norms, strict=True):
        if norm:
            reference.clip_norm(dw, own_norm, norm)
        elif global_norm:
            reference.clip_norm(dw, total, global_norm)
        if most:
            reference.clip_values(dw, most)
        if decay:
            reference.decay_weights(w, decay * batch.rates[0])
        _optimize(plan, w.reshape(-1), dw.reshape(-1), begin, batch)
        if constraint[0] == CONSTRAINTS["limited_norm"]:
            reference.limit_norms(w.reshape(len(w), -1), *constraint[1:])
        elif constraint[0] == CONSTRAINTS["non_negative"]:
            reference.keep_non_negative(w)


def _optimize(plan: Plan, w: Array, dw: Array, begin: int, batch: _Batch) -> None:
    """One step of the optimizer with one array."""
    memory = [array[begin : begin + w.size] for array in plan.memory]
    rate, step = batch.rates
    if plan.optimizer == OPTIMIZERS["sgd"]:
        momentum, nesterov = plan.settings
        m = memory.pop(0) if momentum > 0 else None
        reference.sgd(w, dw, m, rate, momentum, bool(nesterov))
    elif plan.optimizer == OPTIMIZERS["rmsprop"]:
        rho, epsilon, momentum, centered = plan.settings
        v = memory.pop(0)
        m = memory.pop(0) if momentum > 0 else None
        a = memory.pop(0) if centered else None
        reference.rmsprop(w, dw, v, m, a, rate, rho, epsilon, momentum)
    else:
        beta_1, beta_2, epsilon, amsgrad = plan.settings
        m, v = memory[:2]
        highest = memory[2] if amsgrad else None
        reference.adam(w, dw, m, v, highest, step, beta_1, beta_2, epsilon)


# Functions by their code; those that take settings get as many as they have.
_SETTINGS = {"leaky_relu": 1, "elu": 1, "bent_relu": 3}


def _with_settings(function: Callable[..., Array], count: int) -> Callable[..., Array]:
    def call(*arguments: Array | float) -> Array:
        arrays, settings = arguments[:-3], arguments[-3:]
        return function(*arrays, *settings[:count])

    return call


_ACTIVATIONS = {
    code: _with_settings(getattr(reference, name), _SETTINGS.get(name, 0))
    for name, code in ACTIVATIONS.items()
}
_ACTIVATION_GRADIENTS = {
    code: _with_settings(getattr(reference, f"{name}_backward"), _SETTINGS.get(name, 0))
    for name, code in ACTIVATIONS.items()
}
_OF_INPUT = {ACTIVATIONS[name] for name in ACTIVATIONS_OF_INPUT}


def _without_setting(
    function: Callable[[Array, Array], Array], y: Array, t: Array, setting: float
) -> Array:
    return function(y, t)


_METRICS: dict[int, Callable[[Array, Array, float], Array | tuple[Array, Array]]] = {
    METRICS["accuracy"]: partial(_without_setting, reference.accuracy),
    METRICS["categorical_accuracy"]: partial(
        _without_setting, reference.categorical_accuracy
    ),
    METRICS["binary_accuracy"]: reference.binary_accuracy,
    METRICS["mean_squared_error"]: partial(
        _without_setting, reference.mean_squared_error
    ),
    METRICS["mean_absolute_error"]: partial(
        _without_setting, reference.mean_absolute_error
    ),
    METRICS["top_k_accuracy"]: lambda y, t, k: reference.top_k_accuracy(y, t, int(k)),
    METRICS["precision"]: reference.precision,
    METRICS["recall"]: reference.recall,
}
