"""Losses, each beside its gradient: one number a row."""

import numpy as np

from fastmlp.reference._array import Array
from fastmlp.reference.activations import sigmoid


def _smoothed(t: Array, smoothing: float, classes: int) -> Array:
    """t (1 - smoothing) + smoothing / classes."""
    return t * t.dtype.type(1 - smoothing) + t.dtype.type(smoothing / classes)


def softmax_crossentropy(
    x: Array, t: Array, smoothing: float = 0
) -> tuple[Array, Array]:
    """p = softmax(x); loss = sum_j t_j (log sum_k e^x_k - x_j)."""
    t = _smoothed(t, smoothing, t.shape[1])
    x = x - x.max(axis=1, keepdims=True)
    p = np.exp(x)
    total = p.sum(axis=1, keepdims=True)
    return p / total, (t * (np.log(total) - x)).sum(axis=1)


def softmax_crossentropy_backward(
    p: Array, t: Array, smoothing: float = 0, scale: float = 1
) -> Array:
    """dx_j = scale (p_j sum_k t_k - t_j): scale (p - t) for distributions t."""
    t = _smoothed(t, smoothing, t.shape[1])
    return (p * t.sum(axis=1, keepdims=True) - t) * p.dtype.type(scale)


def crossentropy(y: Array, t: Array, smoothing: float = 0) -> Array:
    """loss = -sum_j t_j log q_j, with q = y / sum_k y_k, clipped."""
    t = _smoothed(t, smoothing, t.shape[1])
    q = y / y.sum(axis=1, keepdims=True)
    return -(t * np.log(_clipped(q))).sum(axis=1)


def crossentropy_backward(
    y: Array, t: Array, smoothing: float = 0, scale: float = 1
) -> Array:
    """dy_j = scale (dq_j - sum_k dq_k q_k) / sum_k y_k, dq = -t / q or 0 if clipped."""
    t = _smoothed(t, smoothing, t.shape[1])
    total = y.sum(axis=1, keepdims=True)
    q = y / total
    dq = np.where(q == _clipped(q), -t / _clipped(q), 0)
    return (dq - (dq * q).sum(axis=1, keepdims=True)) / total * y.dtype.type(scale)


def sigmoid_crossentropy(
    x: Array, t: Array, smoothing: float = 0
) -> tuple[Array, Array]:
    """p = sigmoid(x); loss = mean_j max(x_j, 0) - x_j t_j + log(1 + e^-|x_j|)."""
    t = _smoothed(t, smoothing, 2)
    losses = np.maximum(x, 0) - x * t + np.log1p(np.exp(-np.abs(x)))
    return sigmoid(x), losses.mean(axis=1)


def sigmoid_crossentropy_backward(
    p: Array, t: Array, smoothing: float = 0, scale: float = 1
) -> Array:
    """dx_j = scale (p_j - t_j) / columns."""
    return (p - _smoothed(t, smoothing, 2)) * p.dtype.type(scale / p.shape[1])


def binary_crossentropy(y: Array, t: Array, smoothing: float = 0) -> Array:
    """loss = mean_j -t_j log q_j - (1 - t_j) log(1 - q_j), with q = y, clipped."""
    t, q = _smoothed(t, smoothing, 2), _clipped(y)
    return -(t * np.log(q) + (1 - t) * np.log(1 - q)).mean(axis=1)


def binary_crossentropy_backward(
    y: Array, t: Array, smoothing: float = 0, scale: float = 1
) -> Array:
    """dy_j = scale ((1 - t_j) / (1 - y_j) - t_j / y_j) / columns, or 0 if clipped."""
    t, q = _smoothed(t, smoothing, 2), _clipped(y)
    dy = ((1 - t) / (1 - q) - t / q) * y.dtype.type(scale / y.shape[1])
    return np.where((y < q) | (y > q), 0, dy)


def _clipped(q: Array) -> Array:
    """Return q, but at least 1e-7 and at most 1 - 1e-7."""
    return np.clip(q, q.dtype.type(1e-7), q.dtype.type(1 - 1e-7))


def mean_squared_error(y: Array, t: Array) -> Array:
    """loss = sum_j (y_j - t_j)^2 / columns."""
    return np.square(y - t).mean(axis=1)


def mean_squared_error_backward(y: Array, t: Array, scale: float = 1) -> Array:
    """dy_j = scale 2 (y_j - t_j) / columns."""
    return (y - t) * y.dtype.type(scale * 2 / y.shape[1])


def mean_absolute_error(y: Array, t: Array) -> Array:
    """loss = sum_j |y_j - t_j| / columns."""
    return np.abs(y - t).mean(axis=1)


def mean_absolute_error_backward(y: Array, t: Array, scale: float = 1) -> Array:
    """dy_j = scale sign(y_j - t_j) / columns."""
    return np.sign(y - t) * y.dtype.type(scale / y.shape[1])


def huber(y: Array, t: Array, delta: float = 1) -> Array:
    """loss = mean_j e^2 / 2 if e = |y_j - t_j| <= delta, else delta (e - delta / 2)."""
    e, real = np.abs(y - t), y.dtype.type
    far = real(delta) * (e - real(delta / 2))
    return np.where(e <= delta, real(0.5) * e * e, far).mean(axis=1)


def huber_backward(y: Array, t: Array, delta: float = 1, scale: float = 1) -> Array:
    """dy_j = scale e / columns, e = y_j - t_j held to [-delta, delta]."""
    real = y.dtype.type
    return np.clip(y - t, real(-delta), real(delta)) * real(scale / y.shape[1])
