"""Every kernel once more, in a few lines of NumPy.

Read this beside src/: the names and the equations are the same. Here each function
returns its result instead of writing it somewhere, and computes in the dtype of its
inputs, so that float64 in gives float64 out: the tests check gradients that way. With
`FASTMLP_BACKEND=numpy` the whole library runs on this module.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fastmlp import plan as plan_module
from fastmlp.plan import (
    INPUT_BLOCK,
    Float32,
    Plan,
    Samples,
    Step,
    Workspace,
    pair_count,
)

Array: TypeAlias = NDArray[Any]

# ---------------------------------------------------------------------------
# The dense layer
# ---------------------------------------------------------------------------


def dense_forward(x: Array, w: Array, b: Array | None) -> Array:
    """y = x w + b."""
    y = x @ w
    return y if b is None else y + b


def dense_backward(x: Array, w: Array, dy: Array) -> tuple[Array, Array, Array]:
    """dx = dy w^T, dw = x^T dy, db = sum over the rows of dy."""
    return dy @ w.T, x.T @ dy, dy.sum(axis=0)


# ---------------------------------------------------------------------------
# Activations, each beside its derivative in terms of the output y
# ---------------------------------------------------------------------------


def linear(x: Array) -> Array:
    """y = x."""
    return x


def linear_backward(y: Array, dy: Array) -> Array:
    """dx = dy."""
    return dy


def relu(x: Array) -> Array:
    """y = max(x, 0)."""
    return np.maximum(x, 0)


def relu_backward(y: Array, dy: Array) -> Array:
    """dx = dy where y > 0, else 0."""
    return np.where(y > 0, dy, 0)


def sigmoid(x: Array) -> Array:
    """y = 1 / (1 + e^-x)."""
    # e^88 is the largest power of e that float32 holds; 1 / e^88 is next to nothing.
    return 1 / (1 + np.exp(np.minimum(-x, 88)))


def sigmoid_backward(y: Array, dy: Array) -> Array:
    """dx = dy y (1 - y)."""
    return dy * (y * (1 - y))


def tanh(x: Array) -> Array:
    """y = (e^2x - 1) / (e^2x + 1), which is np.tanh."""
    return np.tanh(x)


def tanh_backward(y: Array, dy: Array) -> Array:
    """dx = dy (1 - y^2)."""
    return dy * (1 - y * y)


def softmax(x: Array) -> Array:
    """y_j = e^(x_j - max x) / sum_k e^(x_k - max x), for each row."""
    y = np.exp(x - x.max(axis=1, keepdims=True))
    return y / y.sum(axis=1, keepdims=True)


def softmax_backward(y: Array, dy: Array) -> Array:
    """dx_j = y_j (dy_j - sum_k dy_k y_k), for each row."""
    return y * (dy - (dy * y).sum(axis=1, keepdims=True))


# ---------------------------------------------------------------------------
# Losses, each beside its gradient, and metrics: one number a row
# ---------------------------------------------------------------------------


def softmax_crossentropy(x: Array, t: Array) -> tuple[Array, Array]:
    """p = softmax(x); loss = sum_j t_j (log sum_k e^x_k - x_j)."""
    x = x - x.max(axis=1, keepdims=True)
    p = np.exp(x)
    total = p.sum(axis=1, keepdims=True)
    return p / total, (t * (np.log(total) - x)).sum(axis=1)


def softmax_crossentropy_backward(p: Array, t: Array, scale: float) -> Array:
    """dx_j = scale (p_j sum_k t_k - t_j): scale (p - t) for distributions t."""
    return (p * t.sum(axis=1, keepdims=True) - t) * p.dtype.type(scale)


def crossentropy(y: Array, t: Array) -> Array:
    """loss = -sum_j t_j log q_j, with q = y / sum_k y_k, clipped."""
    q = y / y.sum(axis=1, keepdims=True)
    return -(t * np.log(_clipped(q))).sum(axis=1)


def crossentropy_backward(y: Array, t: Array, scale: float) -> Array:
    """dy_j = scale (dq_j - sum_k dq_k q_k) / sum_k y_k, dq = -t / q or 0 if clipped."""
    total = y.sum(axis=1, keepdims=True)
    q = y / total
    dq = np.where(q == _clipped(q), -t / _clipped(q), 0)
    return (dq - (dq * q).sum(axis=1, keepdims=True)) / total * y.dtype.type(scale)


def _clipped(q: Array) -> Array:
    """Return q, but at least 1e-7 and at most 1 - 1e-7."""
    return np.clip(q, q.dtype.type(1e-7), q.dtype.type(1 - 1e-7))


def mean_squared_error(y: Array, t: Array) -> Array:
    """loss = sum_j (y_j - t_j)^2 / columns."""
    return np.square(y - t).mean(axis=1)


def mean_squared_error_backward(y: Array, t: Array, scale: float) -> Array:
    """dy_j = scale 2 (y_j - t_j) / columns."""
    return (y - t) * y.dtype.type(scale * 2 / y.shape[1])


def mean_absolute_error(y: Array, t: Array) -> Array:
    """error = sum_j |y_j - t_j| / columns."""
    return np.abs(y - t).mean(axis=1)


def categorical_accuracy(y: Array, t: Array) -> Array:
    """1 where the largest output is the largest target, else 0."""
    return (y.argmax(axis=1) == t.argmax(axis=1)).astype(y.dtype)


def binary_accuracy(y: Array, t: Array) -> Array:
    """The share of columns in which (y_j > 0.5) is t_j."""
    return ((y > 0.5) == t).mean(axis=1, dtype=y.dtype)


# ---------------------------------------------------------------------------
# Optimizers: they change w and their memory in place
# ---------------------------------------------------------------------------


def sgd(
    w: Array,
    dw: Array,
    m: Array | None,
    learning_rate: float,
    momentum: float,
    nesterov: bool,
) -> tuple[()]:
    """w <- w - learning_rate dw, or with momentum m (see src/optimizers.pxi)."""
    step = dw * w.dtype.type(learning_rate)
    if m is None or momentum == 0:
        w -= step
        return ()
    m *= w.dtype.type(momentum)
    m -= step
    w += w.dtype.type(momentum) * m - step if nesterov else m
    return ()


def rmsprop(
    w: Array,
    dw: Array,
    v: Array,
    m: Array | None,
    a: Array | None,
    learning_rate: float,
    rho: float,
    epsilon: float,
    momentum: float,
) -> tuple[()]:
    """v <- rho v + (1 - rho) dw^2; w <- w - learning_rate dw / sqrt(v + epsilon)."""
    real = w.dtype.type
    v *= real(rho)
    v += real(1 - rho) * (dw * dw)
    variance = v
    if a is not None:
        a *= real(rho)
        a += real(1 - rho) * dw
        variance = v - a * a
    step = real(learning_rate) * dw / np.sqrt(variance + real(epsilon))
    if m is not None:
        m *= real(momentum)
        m += step
        step = m
    w -= step
    return ()


# ---------------------------------------------------------------------------
# Data
# ---------------------------------------------------------------------------


def convert(x: NDArray[np.generic], y: Array) -> int:
    """y = x as float32; return the first index where y is NaN or infinite, or -1."""
    with np.errstate(over="ignore"):
        y[:] = x
    bad = ~np.isfinite(y)
    return int(bad.argmax()) if bad.any() else -1


def compress(
    x: NDArray[np.generic],
    values: Float32,
    pairs: NDArray[np.uint16],
    starts: NDArray[np.intp],
    position: int,
) -> tuple[int, bool]:
    """Write entries from `position` on; return their end and if all are finite."""
    with np.errstate(over="ignore"):
        x = x.astype(np.float32)
    both = np.pad(x, [(0, 0), (0, x.shape[1] % 2)]).reshape(
        len(x), pair_count(x.shape[1]), 2
    )
    rows, kept = np.nonzero(both.any(axis=2))
    end = position + len(rows)
    values[2 * position : 2 * end] = both[rows, kept].ravel()
    pairs[position:end] = kept
    per_block = np.zeros((len(x), starts.shape[1] - 1), np.intp)
    np.add.at(per_block, (rows, 2 * kept // INPUT_BLOCK), 1)
    ends = per_block.cumsum().reshape(per_block.shape) + position
    starts[:, 1:] = ends
    starts[:, 0] = ends[:, -1] - per_block.sum(axis=1)
    return end, bool(np.isfinite(x).all())


def draw_digits(
    points: NDArray[np.int16], pens: NDArray[np.int32]
) -> NDArray[np.uint8]:
    """Draw points (n, p, 2) with pens (n, 2) and move the ink to the middle.

    ink = min(255, max(0, outer - d^2) gain / 2^16), d = distance to the nearest
    point; then by whole pixels, until the center of mass is at row and column 14.
    In integers: the same bytes as the compiled kernel.
    """
    images = np.empty((len(points), 28, 28), np.uint8)
    pixels = np.arange(28, dtype=np.int32)
    # Few images at a time, so that their distances stay in the processor's cache.
    for start in range(0, len(points), 128):
        part = slice(start, start + 128)
        held = np.clip(points[part].astype(np.int32), 0, 28 * 256 - 1)
        nearest = np.full(images[part].shape, 1 << 22, np.int32)
        for point in held.transpose(1, 2, 0):
            dx, dy = point[:, :, None] - 256 * pixels
            squares = (dx * dx)[:, None, :] + (dy * dy)[:, :, None]
            np.minimum(nearest, squares, out=nearest)
        outer, gain = pens[part].T[:, :, None, None]
        ink = np.minimum(255, np.maximum(0, outer - nearest) * gain >> 16)
        mass = np.maximum(1, ink.sum(axis=(1, 2)))
        right = 14 - (2 * ink.sum(axis=1) @ pixels + mass) // (2 * mass)
        down = 14 - (2 * ink.sum(axis=2) @ pixels + mass) // (2 * mass)
        sheet = np.pad(ink, [(0, 0), (14, 14), (14, 14)])
        image = np.arange(len(ink))[:, None, None]
        rows = 14 + pixels[:, None] - down[:, None, None]
        columns = 14 + pixels - right[:, None, None]
        images[part] = sheet[image, rows, columns]
    return images


def decompress(samples: Samples, rows: NDArray[np.intp], inputs: int) -> Float32:
    """The chosen rows of compressed samples, (rows, inputs), zeros included."""
    assert samples.values is not None
    assert samples.pairs is not None
    assert samples.starts is not None
    both = np.zeros((len(rows), pair_count(inputs), 2), np.float32)
    values = samples.values.reshape(-1, 2)
    for to, row in enumerate(rows):
        entries = slice(samples.starts[row, 0], samples.starts[row, -1])
        both[to, samples.pairs[entries]] = values[entries]
    return both.reshape(len(rows), 2 * pair_count(inputs))[:, :inputs]


# ---------------------------------------------------------------------------
# The network
# ---------------------------------------------------------------------------


def run(
    plan: Plan,
    samples: Samples,
    workspace: Workspace,
    mode: int,
    first: int,
    last: int,
    totals: NDArray[np.float64] | None,
    predictions: Float32 | None,
) -> None:
    """Send batches `first` to `last` through the network (see src/network.pxi)."""
    # Numbers that grow beyond all bounds are the user's to see, in the loss.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        _run(
            plan, samples, workspace.batch_size, mode, first, last, totals, predictions
        )


def _run(
    plan: Plan,
    samples: Samples,
    size: int,
    mode: int,
    first: int,
    last: int,
    totals: NDArray[np.float64] | None,
    predictions: Float32 | None,
) -> None:
    """The work of `run`."""
    steps = [Step(*map(int, row)) for row in plan.steps]
    for number in range(first, last):
        here = slice(number * size, min((number + 1) * size, samples.count))
        x, t = _gather(samples, here, steps[0].inputs, steps[-1].outputs)
        outputs = _forward(plan, steps, x, mode)
        if mode == plan_module.PREDICT:
            assert predictions is not None
            predictions[here] = outputs[-1]
            continue
        assert totals is not None
        outputs[-1], losses, delta = _score(plan, steps[-1], outputs[-1], t)
        totals[0] += losses.sum(dtype=np.float64)
        for k, metric in enumerate(plan.metrics, 1):
            totals[k] += _METRICS[int(metric)](outputs[-1], t).sum(dtype=np.float64)
        if mode == plan_module.TRAIN:
            _backward(plan, steps, x, outputs, delta)
            _update(plan)


def _gather(
    samples: Samples, here: slice, inputs: int, columns: int
) -> tuple[Array, Array]:
    """The inputs and targets of one batch, in the order of `samples.order`."""
    rows = np.arange(here.start, here.stop)
    if samples.order is not None:
        rows = samples.order[rows]
    if samples.x is None:
        x = decompress(samples, rows, inputs)
    else:
        x = samples.x[rows]
    if samples.labels is not None:
        return x, np.eye(columns, dtype=np.float32)[samples.labels[rows]]
    return x, x[:, :0] if samples.t is None else samples.t[rows]


def _parameters(flat: Array, step: Step) -> tuple[Array | None, Array | None]:
    """A layer's w and b (or dw and db), as views of the flat array."""
    w = b = None
    if step.kernel >= 0:
        end = step.kernel + step.inputs * step.outputs
        w = flat[step.kernel : end].reshape(step.inputs, step.outputs)
    if step.bias >= 0:
        b = flat[step.bias : step.bias + step.outputs]
    return w, b


def _is_fused(plan: Plan, step: Step) -> bool:
    """Whether a last layer's softmax is left to the loss, which does both in one."""
    return (
        plan.loss == plan_module.LOSSES["softmax_crossentropy"]
        and step.activation == plan_module.ACTIVATIONS["softmax"]
    )


def _forward(plan: Plan, steps: list[Step], x: Array, mode: int) -> list[Array]:
    """y = f(x w + b), layer by layer; the outputs of every layer."""
    outputs = []
    for step in steps:
        w, b = _parameters(plan.parameters, step)
        x = x if w is None else dense_forward(x, w, b)
        last = step is steps[-1]
        if not (last and mode != plan_module.PREDICT and _is_fused(plan, step)):
            x = _ACTIVATIONS[step.activation](x)
        outputs.append(x)
    return outputs


def _score(plan: Plan, step: Step, y: Array, t: Array) -> tuple[Array, Array, Array]:
    """The outputs, the loss of each row, and its gradient, divided by the rows."""
    scale = 1 / len(y)
    if plan.loss == plan_module.LOSSES["softmax_crossentropy"]:
        p, losses = softmax_crossentropy(y, t)
        delta = softmax_crossentropy_backward(p, t, scale)
        return p if _is_fused(plan, step) else y, losses, delta
    if plan.loss == plan_module.LOSSES["crossentropy"]:
        return y, crossentropy(y, t), crossentropy_backward(y, t, scale)
    return y, mean_squared_error(y, t), mean_squared_error_backward(y, t, scale)


def _backward(
    plan: Plan, steps: list[Step], x: Array, outputs: list[Array], delta: Array
) -> None:
    """Leave the gradient of every parameter in `plan.gradients`."""
    for i in reversed(range(len(steps))):
        step, y = steps[i], outputs[i]
        if not (step is steps[-1] and _is_fused(plan, step)):
            delta = _ACTIVATION_GRADIENTS[step.activation](y, delta)
        w, _ = _parameters(plan.parameters, step)
        dw, db = _parameters(plan.gradients, step)
        if w is not None and dw is not None:
            inputs = outputs[i - 1] if i else x
            delta, dw[...], bias_gradient = dense_backward(inputs, w, delta)
            if db is not None:
                db[...] = bias_gradient


def _update(plan: Plan) -> None:
    """Let the optimizer take one step with all parameters."""
    w, dw, settings = plan.parameters, plan.gradients, plan.settings
    memory = list(plan.memory)
    if plan.optimizer == plan_module.OPTIMIZERS["sgd"]:
        learning_rate, momentum, nesterov = settings
        m = memory.pop(0) if momentum > 0 else None
        sgd(w, dw, m, learning_rate, momentum, bool(nesterov))
        return
    learning_rate, rho, epsilon, momentum, centered = settings
    v = memory.pop(0)
    m = memory.pop(0) if momentum > 0 else None
    a = memory.pop(0) if centered else None
    rmsprop(w, dw, v, m, a, learning_rate, rho, epsilon, momentum)


_ACTIVATIONS: dict[int, Callable[[Array], Array]] = {
    plan_module.ACTIVATIONS["linear"]: linear,
    plan_module.ACTIVATIONS["relu"]: relu,
    plan_module.ACTIVATIONS["sigmoid"]: sigmoid,
    plan_module.ACTIVATIONS["tanh"]: tanh,
    plan_module.ACTIVATIONS["softmax"]: softmax,
}
_ACTIVATION_GRADIENTS: dict[int, Callable[[Array, Array], Array]] = {
    plan_module.ACTIVATIONS["linear"]: linear_backward,
    plan_module.ACTIVATIONS["relu"]: relu_backward,
    plan_module.ACTIVATIONS["sigmoid"]: sigmoid_backward,
    plan_module.ACTIVATIONS["tanh"]: tanh_backward,
    plan_module.ACTIVATIONS["softmax"]: softmax_backward,
}
_METRICS: dict[int, Callable[[Array, Array], Array]] = {
    plan_module.METRICS["categorical_accuracy"]: categorical_accuracy,
    plan_module.METRICS["binary_accuracy"]: binary_accuracy,
    plan_module.METRICS["squared_error"]: mean_squared_error,
    plan_module.METRICS["absolute_error"]: mean_absolute_error,
}
