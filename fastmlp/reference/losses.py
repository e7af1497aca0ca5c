"""Losses, each beside its gradient: one number a row."""

import numpy as np

from fastmlp.reference._array import Array
from fastmlp.reference.activations import sigmoid


def _smoothed(t: Array, smoothing: float, classes: int) -> Array:
    """t (1 - smoothing) + smoothing / classes."""
    return t * t.dtype.type(1 - smoothing) + t.dtype.type(smoothing / classes)


def softmax_crossentropy(
    x: Array, t: Array, smoothing: float = 0.0
) -> tuple[Array, Array]:
    """Compute p = softmax(x) and loss = -sum_j t_j log p_j in one.

    The logarithm is taken of the sum of powers, never of a probability that was
    rounded to zero, so that the loss is finite for logits up to 1e38.

    Args:
        x: Logits, (rows, classes).
        t: Targets, (rows, classes), each row a distribution.
        smoothing: The share of a target that is spread evenly over all classes.

    Returns:
        p (rows, classes) and the losses (rows,).

    Example:
        >>> x, t = np.float32([[0, 0]]), np.float32([[1, 0]])
        >>> p, losses = softmax_crossentropy(x, t)
        >>> p, losses.round(4)
        (array([[0.5, 0.5]], dtype=float32), array([0.6931], dtype=float32))
    """
    t = _smoothed(t, smoothing, t.shape[1])
    x = x - x.max(axis=1, keepdims=True)
    p = np.exp(x)
    total = p.sum(axis=1, keepdims=True)
    return p / total, (t * (np.log(total) - x)).sum(axis=1)


def softmax_crossentropy_backward(
    p: Array, t: Array, smoothing: float = 0.0, scale: float = 1.0
) -> Array:
    """Compute dx = scale (p sum_k t_k - t), the gradient with respect to the logits.

    For targets that are distributions, that is scale (p - t).

    Example:
        >>> p, t = np.float32([[0.5, 0.5]]), np.float32([[1, 0]])
        >>> softmax_crossentropy_backward(p, t)
        array([[-0.5,  0.5]], dtype=float32)
    """
    t = _smoothed(t, smoothing, t.shape[1])
    return (p * t.sum(axis=1, keepdims=True) - t) * p.dtype.type(scale)


def crossentropy(y: Array, t: Array, smoothing: float = 0.0) -> Array:
    """Compute loss = -sum_j t_j log q_j, with q = y / sum_k y_k, as Keras does.

    q is clipped to [1e-7, 1 - 1e-7]. For outputs that are not a softmax.

    Example:
        >>> crossentropy(np.float32([[1, 3]]), np.float32([[0, 1]])).round(4)
        array([0.2877], dtype=float32)
    """
    t = _smoothed(t, smoothing, t.shape[1])
    q = y / y.sum(axis=1, keepdims=True)
    return -(t * np.log(_clipped(q))).sum(axis=1)


def crossentropy_backward(
    y: Array, t: Array, smoothing: float = 0.0, scale: float = 1.0
) -> Array:
    """Compute dy_j = scale (dq_j - sum_k dq_k q_k) / sum_k y_k, with dq = -t / q.

    Where q was clipped, dq is 0.

    Example:
        >>> y, t = np.float32([[0.25, 0.75]]), np.float32([[0, 1]])
        >>> crossentropy_backward(y, t).round(4)
        array([[ 1.    , -0.3333]], dtype=float32)
    """
    t = _smoothed(t, smoothing, t.shape[1])
    total = y.sum(axis=1, keepdims=True)
    q = y / total
    dq = np.where(q == _clipped(q), -t / _clipped(q), 0)
    return (dq - (dq * q).sum(axis=1, keepdims=True)) / total * y.dtype.type(scale)


def sigmoid_crossentropy(
    x: Array, t: Array, smoothing: float = 0.0
) -> tuple[Array, Array]:
    """Compute p = sigmoid(x) and the mean of -t log p - (1 - t) log(1 - p) in one.

    Args:
        x: Logits, (rows, columns).
        t: Targets, (rows, columns): 1 is yes, 0 is no.
        smoothing: The share of a target that is moved to one half.

    Returns:
        p (rows, columns) and the losses (rows,).

    Example:
        >>> p, losses = sigmoid_crossentropy(np.float32([[0]]), np.float32([[1]]))
        >>> p, losses.round(4)
        (array([[0.5]], dtype=float32), array([0.6931], dtype=float32))
    """
    t = _smoothed(t, smoothing, 2)
    losses = np.maximum(x, 0) - x * t + np.log1p(np.exp(-np.abs(x)))
    return sigmoid(x), losses.mean(axis=1)


def sigmoid_crossentropy_backward(
    p: Array, t: Array, smoothing: float = 0.0, scale: float = 1.0
) -> Array:
    """Compute dx = scale (p - t) / columns, the gradient with respect to the logits.

    Example:
        >>> p, t = np.float32([[0.5, 0.5]]), np.float32([[1, 0]])
        >>> sigmoid_crossentropy_backward(p, t)
        array([[-0.25,  0.25]], dtype=float32)
    """
    return (p - _smoothed(t, smoothing, 2)) * p.dtype.type(scale / p.shape[1])


def binary_crossentropy(y: Array, t: Array, smoothing: float = 0.0) -> Array:
    """Compute the mean of -t log q - (1 - t) log(1 - q), q = y in [1e-7, 1 - 1e-7].

    For outputs that are not a sigmoid.

    Example:
        >>> binary_crossentropy(np.float32([[0.5, 0.5]]), np.float32([[1, 0]])).round(4)
        array([0.6931], dtype=float32)
    """
    t, q = _smoothed(t, smoothing, 2), _clipped(y)
    return -(t * np.log(q) + (1 - t) * np.log(1 - q)).mean(axis=1)


def binary_crossentropy_backward(
    y: Array, t: Array, smoothing: float = 0.0, scale: float = 1.0
) -> Array:
    """Compute dy = scale ((1 - t) / (1 - y) - t / y) / columns, or 0 where clipped.

    Example:
        >>> y, t = np.float32([[0.5, 0.5]]), np.float32([[1, 0]])
        >>> binary_crossentropy_backward(y, t)
        array([[-1.,  1.]], dtype=float32)
    """
    t, q = _smoothed(t, smoothing, 2), _clipped(y)
    dy = ((1 - t) / (1 - q) - t / q) * y.dtype.type(scale / y.shape[1])
    return np.where((y < q) | (y > q), 0, dy)


def _clipped(q: Array) -> Array:
    """Return q, but at least 1e-7 and at most 1 - 1e-7."""
    return np.clip(q, q.dtype.type(1e-7), q.dtype.type(1 - 1e-7))


def mean_squared_error(y: Array, t: Array) -> Array:
    """Compute the mean over the columns of (y - t)^2, for each row.

    Example:
        >>> mean_squared_error(np.float32([[1, 3]]), np.float32([[1, 1]]))
        array([2.], dtype=float32)
    """
    return np.square(y - t).mean(axis=1)


def mean_squared_error_backward(y: Array, t: Array, scale: float = 1.0) -> Array:
    """Compute dy = scale 2 (y - t) / columns.

    Example:
        >>> mean_squared_error_backward(np.float32([[1, 3]]), np.float32([[1, 1]]))
        array([[0., 2.]], dtype=float32)
    """
    return (y - t) * y.dtype.type(scale * 2 / y.shape[1])


def mean_absolute_error(y: Array, t: Array) -> Array:
    """Compute the mean over the columns of |y - t|, for each row.

    Example:
        >>> mean_absolute_error(np.float32([[1, 3]]), np.float32([[1, 1]]))
        array([1.], dtype=float32)
    """
    return np.abs(y - t).mean(axis=1)


def mean_absolute_error_backward(y: Array, t: Array, scale: float = 1.0) -> Array:
    """Compute dy = scale sign(y - t) / columns.

    Example:
        >>> mean_absolute_error_backward(np.float32([[1, 3]]), np.float32([[1, 1]]))
        array([[0. , 0.5]], dtype=float32)
    """
    return np.sign(y - t) * y.dtype.type(scale / y.shape[1])


def huber(y: Array, t: Array, delta: float = 1.0) -> Array:
    """Compute the mean of e^2 / 2 where e = |y - t| <= delta, else delta (e - delta/2).

    Example:
        >>> huber(np.float32([[1, 3]]), np.float32([[1, 1]]))
        array([0.75], dtype=float32)
    """
    e, real = np.abs(y - t), y.dtype.type
    far = real(delta) * (e - real(delta / 2))
    return np.where(e <= delta, real(0.5) * e * e, far).mean(axis=1)


def huber_backward(y: Array, t: Array, delta: float = 1.0, scale: float = 1.0) -> Array:
    """Compute dy = scale (y - t) / columns, held to [-delta, delta] before the scale.

    Example:
        >>> huber_backward(np.float32([[1, 3]]), np.float32([[1, 1]]))
        array([[0. , 0.5]], dtype=float32)
    """
    real = y.dtype.type
    return np.clip(y - t, real(-delta), real(delta)) * real(scale / y.shape[1])


def log_cosh(y: Array, t: Array) -> Array:
    """Compute the mean of log cosh e = e + log(1 + (e^(-2 e) - 1) / 2), e = |y - t|.

    Example:
        >>> log_cosh(np.float32([[1, 3]]), np.float32([[1, 1]])).round(4)
        array([0.6625], dtype=float32)
    """
    e = np.abs(y - t)
    return (e + np.log1p(np.expm1(-2 * e) / 2)).mean(axis=1)


def log_cosh_backward(y: Array, t: Array, scale: float = 1.0) -> Array:
    """Compute dy = scale tanh(y - t) / columns.

    Example:
        >>> log_cosh_backward(np.float32([[1, 3]]), np.float32([[1, 1]])).round(4)
        array([[0.   , 0.482]], dtype=float32)
    """
    return np.tanh(y - t) * y.dtype.type(scale / y.shape[1])


def mean_absolute_percentage_error(y: Array, t: Array) -> Array:
    """Compute 100 times the mean of |y - t| / max(|t|, 1e-7), for each row.

    Example:
        >>> mean_absolute_percentage_error(np.float32([[1, 3]]), np.float32([[1, 2]]))
        array([25.], dtype=float32)
    """
    return 100 * (np.abs(y - t) / _at_least_epsilon(np.abs(t))).mean(axis=1)


def mean_absolute_percentage_error_backward(
    y: Array, t: Array, scale: float = 1.0
) -> Array:
    """Compute dy = 100 scale sign(y - t) / max(|t|, 1e-7) / columns.

    Example:
        >>> y, t = np.float32([[1, 3]]), np.float32([[1, 2]])
        >>> mean_absolute_percentage_error_backward(y, t)
        array([[ 0., 25.]], dtype=float32)
    """
    factor = y.dtype.type(100 * scale / y.shape[1])
    return np.sign(y - t) * factor / _at_least_epsilon(np.abs(t))


def mean_squared_logarithmic_error(y: Array, t: Array) -> Array:
    """Compute the mean of (log(1 + y) - log(1 + t))^2, with both at least 1e-7.

    Example:
        >>> y, t = np.float32([[1, 3]]), np.float32([[1, 1]])
        >>> mean_squared_logarithmic_error(y, t).round(4)
        array([0.2402], dtype=float32)
    """
    return np.square(_logarithmic_error(y, t)).mean(axis=1)


def mean_squared_logarithmic_error_backward(
    y: Array, t: Array, scale: float = 1.0
) -> Array:
    """Compute dy = scale 2 (log(1 + y) - log(1 + t)) / (1 + y) / columns.

    Where y is below 1e-7, dy is 0.

    Example:
        >>> y, t = np.float32([[1, 3]]), np.float32([[1, 1]])
        >>> mean_squared_logarithmic_error_backward(y, t).round(4)
        array([[0.    , 0.1733]], dtype=float32)
    """
    e, factor = _logarithmic_error(y, t), y.dtype.type(scale * 2 / y.shape[1])
    return np.where(y < 1e-7, 0, factor * e / (1 + _at_least_epsilon(y)))


def cosine_similarity(y: Array, t: Array) -> Array:
    """Compute -sum_j t_j y_j / (|t| |y|), with |y| = max(sqrt(sum_j y_j^2), 1e-7).

    Example:
        >>> cosine_similarity(np.float32([[3, 4]]), np.float32([[0, 1]]))
        array([-0.8], dtype=float32)
    """
    return -(t / _length(t) * (y / _length(y))).sum(axis=1)


def cosine_similarity_backward(y: Array, t: Array, scale: float = 1.0) -> Array:
    """Compute dy = scale (u (u . v) - v) / |y|, with u = y / |y| and v = t / |t|.

    Where |y| counts as 1e-7, dy = -scale v / 1e-7.

    Example:
        >>> cosine_similarity_backward(np.float32([[0, 2]]), np.float32([[1, 0]]))
        array([[-0.5,  0. ]], dtype=float32)
    """
    size = _length(y)
    u, v = y / size, t / _length(t)
    along = np.where(size <= 1e-7, 0, (u * v).sum(axis=1, keepdims=True))
    return y.dtype.type(scale) / size * (u * along - v)


def _at_least_epsilon(x: Array) -> Array:
    return np.maximum(x, x.dtype.type(1e-7))


def _logarithmic_error(y: Array, t: Array) -> Array:
    return np.log(_at_least_epsilon(y) + 1) - np.log(_at_least_epsilon(t) + 1)


def _length(x: Array) -> Array:
    return _at_least_epsilon(np.sqrt(np.square(x).sum(axis=1, keepdims=True)))
