"""Focal cross-entropy, each form beside its gradient: one number a row."""

import numpy as np

from fastmlp.reference._array import Array
from fastmlp.reference.activations import sigmoid, softmax
from fastmlp.reference.losses import _at_least_epsilon, _clipped, _smoothed


def softmax_focal_crossentropy(
    x: Array, t: Array, alpha: float = 0.25, gamma: float = 2.0, smoothing: float = 0.0
) -> tuple[Array, Array]:
    """Compute p = softmax(x) and -alpha sum_j t_j (1 - p_j)^gamma log p_j in one.

    Args:
        x: Logits, (rows, classes).
        t: Targets, (rows, classes), each row a distribution.
        alpha: What all losses are multiplied by.
        gamma: How much less counts what is guessed well.
        smoothing: The share of a target that is spread evenly over all classes.

    Returns:
        p (rows, classes) and the losses (rows,).

    Example:
        >>> x, t = np.float32([[0, 0]]), np.float32([[1, 0]])
        >>> p, losses = softmax_focal_crossentropy(x, t)
        >>> p, losses.round(4)
        (array([[0.5, 0.5]], dtype=float32), array([0.0433], dtype=float32))
    """
    t = _smoothed(t, smoothing, t.shape[1])
    z = x - x.max(axis=1, keepdims=True)
    logarithms = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    p = softmax(x)
    losses = -(t * _focus(1 - p, gamma) * logarithms).sum(axis=1)
    return p, losses * x.dtype.type(alpha)


def softmax_focal_crossentropy_backward(
    p: Array,
    t: Array,
    alpha: float = 0.25,
    gamma: float = 2.0,
    smoothing: float = 0.0,
    scale: float = 1.0,
) -> Array:
    """Compute dx_j = scale alpha (d_j - p_j sum_k d_k), the gradient of the logits.

    d_j is p_j times the slope of -t_j (1 - p_j)^gamma log p_j.

    Example:
        >>> p, t = np.float32([[0.5, 0.5]]), np.float32([[1, 0]])
        >>> softmax_focal_crossentropy_backward(p, t).round(4)
        array([[-0.0746,  0.0746]], dtype=float32)
    """
    d = _focal_slope(p, _smoothed(t, smoothing, t.shape[1]), gamma)
    return (d - p * d.sum(axis=1, keepdims=True)) * p.dtype.type(scale * alpha)


def focal_crossentropy(
    y: Array, t: Array, alpha: float = 0.25, gamma: float = 2.0, smoothing: float = 0.0
) -> Array:
    """Compute -alpha sum_j t_j (1 - q_j)^gamma log q_j, with q = y / sum_k y_k.

    q is clipped to [1e-7, 1 - 1e-7]. For outputs that are not a softmax.

    Example:
        >>> focal_crossentropy(np.float32([[1, 1]]), np.float32([[0, 1]])).round(4)
        array([0.0433], dtype=float32)
    """
    t = _smoothed(t, smoothing, t.shape[1])
    q = _clipped(y / y.sum(axis=1, keepdims=True))
    losses = -(t * _focus(1 - q, gamma) * np.log(q)).sum(axis=1)
    return losses * y.dtype.type(alpha)


def focal_crossentropy_backward(
    y: Array,
    t: Array,
    alpha: float = 0.25,
    gamma: float = 2.0,
    smoothing: float = 0.0,
    scale: float = 1.0,
) -> Array:
    """Compute dy_j = scale alpha (dq_j - sum_k dq_k q_k) / sum_k y_k.

    dq_j is the slope of -t_j (1 - q_j)^gamma log q_j, or 0 where q was clipped.

    Example:
        >>> y, t = np.float32([[1, 1]]), np.float32([[0, 1]])
        >>> focal_crossentropy_backward(y, t).round(4)
        array([[ 0.0746, -0.0746]], dtype=float32)
    """
    t = _smoothed(t, smoothing, t.shape[1])
    total = y.sum(axis=1, keepdims=True)
    q = y / total
    dq = np.where(q == _clipped(q), _focal_slope(q, t, gamma) / q, 0)
    mean = (dq * q).sum(axis=1, keepdims=True)
    return (dq - mean) / total * y.dtype.type(scale * alpha)


def sigmoid_focal_crossentropy(
    x: Array,
    t: Array,
    balanced: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    smoothing: float = 0.0,
) -> tuple[Array, Array]:
    """Compute p = sigmoid(x) and the mean of a m^gamma times its cross-entropy in one.

    Args:
        x: Logits, (rows, columns).
        t: Targets, (rows, columns): 1 is yes, 0 is no.
        balanced: Whether a is alpha for yes and 1 - alpha for no; else it is 1.
        alpha: What a yes counts as.
        gamma: How much less counts what is guessed well: its miss m is small.
        smoothing: The share of a target that is moved to one half.

    Returns:
        p (rows, columns) and the losses (rows,).

    Example:
        >>> p, losses = sigmoid_focal_crossentropy(np.float32([[0]]), np.float32([[1]]))
        >>> p, losses.round(4)
        (array([[0.5]], dtype=float32), array([0.1733], dtype=float32))
    """
    t, p = _smoothed(t, smoothing, 2), sigmoid(x)
    losses = np.maximum(x, 0) - x * t + np.log1p(np.exp(-np.abs(x)))
    losses = _balance(t, alpha, balanced) * _focus(_miss(p, t), gamma) * losses
    return p, losses.mean(axis=1)


def sigmoid_focal_crossentropy_backward(
    p: Array,
    t: Array,
    balanced: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    smoothing: float = 0.0,
    scale: float = 1.0,
) -> Array:
    """Compute dx = scale a (m^gamma (p - t) + dm loss) / columns.

    dm is gamma m^(gamma - 1) (1 - 2 t) p (1 - p), and loss that of cross-entropy.

    Example:
        >>> p, t = np.float32([[0.5]]), np.float32([[1]])
        >>> sigmoid_focal_crossentropy_backward(p, t).round(4)
        array([[-0.2983]], dtype=float32)
    """
    t = _smoothed(t, smoothing, 2)
    dm = _focus_slope(_miss(p, t), gamma) * (1 - 2 * t) * p * (1 - p)
    dx = _focus(_miss(p, t), gamma) * (p - t) + dm * _surprise(_clipped(p), t)
    return _balance(t, alpha, balanced) * dx * p.dtype.type(scale / p.shape[1])


def binary_focal_crossentropy(
    y: Array,
    t: Array,
    balanced: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    smoothing: float = 0.0,
) -> Array:
    """Compute the mean of a m^gamma times cross-entropy, y held to [1e-7, 1 - 1e-7].

    For outputs that are not a sigmoid.

    Example:
        >>> y, t = np.float32([[0.5, 0.5]]), np.float32([[1, 0]])
        >>> binary_focal_crossentropy(y, t).round(4)
        array([0.1733], dtype=float32)
    """
    t, q = _smoothed(t, smoothing, 2), _clipped(y)
    losses = _focus(_miss(q, t), gamma) * _surprise(q, t)
    return (_balance(t, alpha, balanced) * losses).mean(axis=1)


def binary_focal_crossentropy_backward(
    y: Array,
    t: Array,
    balanced: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    smoothing: float = 0.0,
    scale: float = 1.0,
) -> Array:
    """Compute dy = scale a (m^gamma dloss + dm loss) / columns, or 0 where clipped.

    dm is gamma m^(gamma - 1) (1 - 2 t), and loss that of cross-entropy.

    Example:
        >>> y, t = np.float32([[0.5]]), np.float32([[1]])
        >>> binary_focal_crossentropy_backward(y, t).round(4)
        array([[-1.1931]], dtype=float32)
    """
    t, q = _smoothed(t, smoothing, 2), _clipped(y)
    dy = _focus(_miss(q, t), gamma) * ((1 - t) / (1 - q) - t / q)
    dy = dy + _focus_slope(_miss(q, t), gamma) * (1 - 2 * t) * _surprise(q, t)
    dy = _balance(t, alpha, balanced) * dy * y.dtype.type(scale / y.shape[1])
    return np.where((y < q) | (y > q), 0, dy)


def _focus(miss: Array, gamma: float) -> Array:
    return np.power(_at_least_epsilon(miss), miss.dtype.type(gamma))


def _focus_slope(miss: Array, gamma: float) -> Array:
    return miss.dtype.type(gamma) * _focus(miss, gamma - 1)


def _focal_slope(q: Array, t: Array, gamma: float) -> Array:
    """Return q_j times the slope of -t_j (1 - q_j)^gamma log q_j."""
    inner = q * _focus_slope(1 - q, gamma) * np.log(_at_least_epsilon(q))
    return t * (inner - _focus(1 - q, gamma))


def _balance(t: Array, alpha: float, balanced: bool) -> Array:
    real = t.dtype.type
    return t * real(alpha) + (1 - t) * real(1 - alpha) if balanced else np.ones_like(t)


def _miss(q: Array, t: Array) -> Array:
    """Return by how much q misses t: 1 - q for yes, q for no."""
    return t * (1 - q) + (1 - t) * q


def _surprise(q: Array, t: Array) -> Array:
    return -t * np.log(q) - (1 - t) * np.log(1 - q)
