"""Activations, each beside its derivative."""

import math

import numpy as np

from fastmlp.reference._array import Array


def linear(x: Array) -> Array:
    """y = x."""
    return x


def linear_backward(y: Array, dy: Array) -> Array:
    """dx = dy."""
    return dy


def relu(x: Array) -> Array:
    """Compute y = max(x, 0), element by element.

    Example:
        >>> relu(np.float32([-1, 2]))
        array([0., 2.], dtype=float32)
    """
    return np.maximum(x, 0)


def relu_backward(y: Array, dy: Array) -> Array:
    """Compute dx = dy where y > 0, else 0.

    Example:
        >>> relu_backward(np.float32([0, 2]), np.float32([5, 5]))
        array([0., 5.], dtype=float32)
    """
    return np.where(y > 0, dy, 0)


def sigmoid(x: Array) -> Array:
    """Compute y = 1 / (1 + e^-x), element by element.

    Example:
        >>> sigmoid(np.float32([0]))
        array([0.5], dtype=float32)
    """
    # e^88 is the largest power of e that float32 holds; 1 / e^88 is next to nothing.
    return 1 / (1 + np.exp(np.minimum(-x, 88)))


def sigmoid_backward(y: Array, dy: Array) -> Array:
    """Compute dx = dy y (1 - y).

    Example:
        >>> sigmoid_backward(np.float32([0.5]), np.float32([8]))
        array([2.], dtype=float32)
    """
    return dy * (y * (1 - y))


def tanh(x: Array) -> Array:
    """Compute y = (e^(2 x) - 1) / (e^(2 x) + 1), element by element.

    Example:
        >>> tanh(np.float32([0, 100]))
        array([0., 1.], dtype=float32)
    """
    return np.tanh(x)


def tanh_backward(y: Array, dy: Array) -> Array:
    """Compute dx = dy (1 - y^2).

    Example:
        >>> tanh_backward(np.float32([0.5]), np.float32([4]))
        array([3.], dtype=float32)
    """
    return dy * (1 - y * y)


def softmax(x: Array) -> Array:
    """Compute y_j = e^x_j / sum_k e^x_k for each row of x, (rows, classes).

    The largest x of a row is subtracted first, so that no power overflows.

    Example:
        >>> softmax(np.float32([[1, 1]]))
        array([[0.5, 0.5]], dtype=float32)
    """
    y = np.exp(x - x.max(axis=1, keepdims=True))
    return y / y.sum(axis=1, keepdims=True)


def softmax_backward(y: Array, dy: Array) -> Array:
    """Compute dx_j = y_j (dy_j - sum_k dy_k y_k) for each row.

    Example:
        >>> softmax_backward(np.float32([[0.5, 0.5]]), np.float32([[4, 0]]))
        array([[ 1., -1.]], dtype=float32)
    """
    return y * (dy - (dy * y).sum(axis=1, keepdims=True))


def leaky_relu(x: Array, slope: float = 0.2) -> Array:
    """Compute y = x where x > 0, else slope x.

    Example:
        >>> leaky_relu(np.float32([-1, 2]))
        array([-0.2,  2. ], dtype=float32)
    """
    return np.where(x > 0, x, x.dtype.type(slope) * x)


def leaky_relu_backward(y: Array, dy: Array, slope: float = 0.2) -> Array:
    """Compute dx = dy where y > 0, else slope dy.

    Example:
        >>> leaky_relu_backward(np.float32([-0.2, 2]), np.float32([5, 5]))
        array([1., 5.], dtype=float32)
    """
    return np.where(y > 0, dy, dy.dtype.type(slope) * dy)


def elu(x: Array, alpha: float = 1.0) -> Array:
    """Compute y = x where x > 0, else alpha (e^x - 1).

    Example:
        >>> elu(np.float32([-100, 2]))
        array([-1.,  2.], dtype=float32)
    """
    return np.where(x > 0, x, x.dtype.type(alpha) * np.expm1(np.minimum(x, 0)))


def elu_backward(y: Array, dy: Array, alpha: float = 1.0) -> Array:
    """Compute dx = dy where y > 0, else dy (y + alpha).

    Example:
        >>> elu_backward(np.float32([-0.5, 2]), np.float32([4, 4]))
        array([2., 4.], dtype=float32)
    """
    return dy * np.where(y > 0, y.dtype.type(1), y + y.dtype.type(alpha))


_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772, 1.0507009873554805


def selu(x: Array) -> Array:
    """Compute y = scale elu(x, alpha), with scale 1.0507 and alpha 1.6733.

    Example:
        >>> selu(np.float32([0, 1]))
        array([0.      , 1.050701], dtype=float32)
    """
    return x.dtype.type(_SELU_SCALE) * elu(x, _SELU_ALPHA)


def selu_backward(y: Array, dy: Array) -> Array:
    """Compute dx = scale dy where y > 0, else dy (y + scale alpha).

    Example:
        >>> selu_backward(np.float32([1]), np.float32([2]))
        array([2.101402], dtype=float32)
    """
    scale = y.dtype.type(_SELU_SCALE)
    return dy * np.where(y > 0, scale, y + scale * y.dtype.type(_SELU_ALPHA))


def softplus(x: Array) -> Array:
    """Compute y = log(1 + e^x).

    Example:
        >>> softplus(np.float32([0, 100])).round(4)
        array([  0.6931, 100.    ], dtype=float32)
    """
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def softplus_backward(y: Array, dy: Array) -> Array:
    """Compute dx = dy (1 - e^-y), which is dy sigmoid(x).

    Example:
        >>> softplus_backward(np.float32([100]), np.float32([2]))
        array([2.], dtype=float32)
    """
    return dy * -np.expm1(-y)


def clipped_linear(
    x: Array,
    slope: float = 1.0,
    offset: float = 0.0,
    min_value: float = -1.0,
    max_value: float = 1.0,
) -> Array:
    """Compute y = slope (x + offset), but at least min_value and at most max_value.

    Example:
        >>> clipped_linear(np.float32([-9, 0, 9]), slope=0.5, offset=1.0, min_value=0.0)
        array([0. , 0.5, 1. ], dtype=float32)
    """
    real = x.dtype.type
    line = real(slope) * (x + real(offset))
    return np.clip(line, real(min_value), real(max_value))


def clipped_linear_backward(
    y: Array,
    dy: Array,
    slope: float = 1.0,
    offset: float = 0.0,
    min_value: float = -1.0,
    max_value: float = 1.0,
) -> Array:
    """Compute dx = slope dy where min_value < y < max_value, else 0.

    Example:
        >>> clipped_linear_backward(np.float32([-1, 0, 1]), np.float32([4, 4, 4]))
        array([0., 4., 0.], dtype=float32)
    """
    real = y.dtype.type
    between = (y > real(min_value)) & (y < real(max_value))
    return np.where(between, real(slope) * dy, 0)


def softsign(x: Array) -> Array:
    """Compute y = x / (1 + |x|).

    Example:
        >>> softsign(np.float32([-1, 3]))
        array([-0.5 ,  0.75], dtype=float32)
    """
    return x / (1 + np.abs(x))


def softsign_backward(y: Array, dy: Array) -> Array:
    """Compute dx = dy (1 - |y|)^2.

    Example:
        >>> softsign_backward(np.float32([-0.5]), np.float32([8]))
        array([2.], dtype=float32)
    """
    return dy * np.square(1 - np.abs(y))


def exp(x: Array) -> Array:
    """Compute y = e^x.

    Example:
        >>> exp(np.float32([0, 100]))
        array([ 1., inf], dtype=float32)
    """
    with np.errstate(over="ignore"):
        return np.exp(x)


def exp_backward(y: Array, dy: Array) -> Array:
    """Compute dx = dy y.

    Example:
        >>> exp_backward(np.float32([3]), np.float32([2]))
        array([6.], dtype=float32)
    """
    return dy * y


def log_sigmoid(x: Array) -> Array:
    """Compute y = log(1 / (1 + e^-x)), which is -softplus(-x).

    Example:
        >>> log_sigmoid(np.float32([-100, 0])).round(4)
        array([-100.    ,   -0.6931], dtype=float32)
    """
    return -softplus(-x)


def log_sigmoid_backward(y: Array, dy: Array) -> Array:
    """Compute dx = dy (1 - e^y), which is dy sigmoid(-x).

    Example:
        >>> log_sigmoid_backward(np.float32([-100]), np.float32([2]))
        array([2.], dtype=float32)
    """
    return dy * -np.expm1(y)


def celu(x: Array, alpha: float = 1.0) -> Array:
    """Compute y = x where x > 0, else alpha (e^(x / alpha) - 1).

    Example:
        >>> celu(np.float32([-100, 2]), alpha=0.5)
        array([-0.5,  2. ], dtype=float32)
    """
    real = x.dtype.type(alpha)
    return np.where(x > 0, x, real * np.expm1(np.minimum(x, 0) / real))


def celu_backward(y: Array, dy: Array, alpha: float = 1.0) -> Array:
    """Compute dx = dy where y > 0, else dy (y / alpha + 1).

    Example:
        >>> celu_backward(np.float32([-0.25, 2]), np.float32([4, 4]), alpha=0.5)
        array([2., 4.], dtype=float32)
    """
    return dy * np.where(y > 0, y.dtype.type(1), y / y.dtype.type(alpha) + 1)


def soft_shrink(x: Array, threshold: float = 0.5) -> Array:
    """Compute y = x moved towards 0 by the threshold, and 0 where it would go beyond.

    Example:
        >>> soft_shrink(np.float32([-2, 0.25, 2]))
        array([-1.5,  0. ,  1.5], dtype=float32)
    """
    most = x.dtype.type(threshold)
    return x - np.clip(x, -most, most)


def soft_shrink_backward(y: Array, dy: Array, threshold: float = 0.5) -> Array:
    """Compute dx = dy where y is not 0, else 0.

    Example:
        >>> soft_shrink_backward(np.float32([-1.5, 0]), np.float32([4, 4]))
        array([4., 0.], dtype=float32)
    """
    return np.where(y != 0, dy, 0)


def hard_shrink(x: Array, threshold: float = 0.5) -> Array:
    """Compute y = x where |x| > threshold, else 0.

    Example:
        >>> hard_shrink(np.float32([-2, 0.25, 2]))
        array([-2.,  0.,  2.], dtype=float32)
    """
    return np.where(np.abs(x) <= x.dtype.type(threshold), 0, x)


def hard_shrink_backward(y: Array, dy: Array, threshold: float = 0.5) -> Array:
    """Compute dx = dy where y is not 0, else 0.

    Example:
        >>> hard_shrink_backward(np.float32([-2, 0]), np.float32([4, 4]))
        array([4., 0.], dtype=float32)
    """
    return soft_shrink_backward(y, dy, threshold)


def sparse_plus(x: Array) -> Array:
    """Compute y = x from 1 on, 0 up to -1, and (x + 1)^2 / 4 between.

    Example:
        >>> sparse_plus(np.float32([-2, 0, 3]))
        array([0.  , 0.25, 3.  ], dtype=float32)
    """
    return np.where(x >= 1, x, np.square(np.clip(x, -1, 1) + 1) / 4)


def sparse_plus_backward(y: Array, dy: Array) -> Array:
    """Compute dx = dy min(sqrt y, 1), which is dy (x + 1) / 2 between -1 and 1.

    Example:
        >>> sparse_plus_backward(np.float32([0, 0.25, 3]), np.float32([4, 4, 4]))
        array([0., 2., 4.], dtype=float32)
    """
    return dy * np.sqrt(np.minimum(y, 1))


def squareplus(x: Array, b: float = 4.0) -> Array:
    """Compute y = (x + sqrt(x^2 + b)) / 2.

    Example:
        >>> squareplus(np.float32([0, 100])).round(2)
        array([  1.  , 100.01], dtype=float32)
    """
    real = x.dtype.type(b)
    # Below 0 the sum would cancel: there it is written as b / 4 over its partner.
    larger = (np.abs(x) + np.sqrt(x * x + real)) / 2
    return np.where(x < 0, real / 4 / larger, larger)


def squareplus_backward(y: Array, dy: Array, b: float = 4.0) -> Array:
    """Compute dx = dy y / (y + b / (4 y)), which is dy y / sqrt(x^2 + b).

    Example:
        >>> squareplus_backward(np.float32([1]), np.float32([4]))
        array([2.], dtype=float32)
    """
    return dy * (y / (y + y.dtype.type(b) / 4 / y))


# These two work row by row, as softmax does.


def log_softmax(x: Array) -> Array:
    """Compute y_j = x_j - log sum_k e^x_k for each row of x, (rows, classes).

    Example:
        >>> log_softmax(np.float32([[1, 1]])).round(4)
        array([[-0.6931, -0.6931]], dtype=float32)
    """
    x = x - x.max(axis=1, keepdims=True)
    return x - np.log(np.exp(x).sum(axis=1, keepdims=True))


def log_softmax_backward(y: Array, dy: Array) -> Array:
    """Compute dx_j = dy_j - e^y_j sum_k dy_k for each row.

    Example:
        >>> y = np.log(np.float32([[0.25, 0.75]]))
        >>> log_softmax_backward(y, np.float32([[4, 0]])).round(4)
        array([[ 3., -3.]], dtype=float32)
    """
    return dy - np.exp(y) * dy.sum(axis=1, keepdims=True)


def sparsemax(x: Array) -> Array:
    """Compute y_j = max(x_j - t, 0) for each row, with t such that y sums to 1.

    Of the k largest, t = (their sum - 1) / k, for the largest k of which the smallest
    is above it.

    Example:
        >>> sparsemax(np.float32([[1, 0.5, -3]]))
        array([[0.75, 0.25, 0.  ]], dtype=float32)
    """
    x = x - x.max(axis=1, keepdims=True)
    falling = -np.sort(-x, axis=1)
    sums = falling.cumsum(axis=1, dtype=x.dtype)
    k = np.arange(1, x.shape[1] + 1, dtype=x.dtype)
    t = (sums - 1) / k
    last = np.maximum((falling > t).sum(axis=1, keepdims=True) - 1, 0)
    return np.maximum(x - np.take_along_axis(t, last, axis=1), 0)


def sparsemax_backward(y: Array, dy: Array) -> Array:
    """Compute dx_j = dy_j - the mean of dy where y > 0, and 0 elsewhere, for each row.

    Example:
        >>> sparsemax_backward(np.float32([[0.75, 0.25, 0]]), np.float32([[4, 2, 9]]))
        array([[ 1., -1.,  0.]], dtype=float32)
    """
    above = y > 0
    count = np.maximum(above.sum(axis=1, keepdims=True), 1).astype(y.dtype)
    total = np.where(above, dy, 0).sum(axis=1, keepdims=True)
    return np.where(above, dy - total / count, 0)


# The derivatives of these are written in terms of the input x.


def silu(x: Array) -> Array:
    """Compute y = x sigmoid(x).

    Example:
        >>> silu(np.float32([0, 100]))
        array([  0., 100.], dtype=float32)
    """
    # sigmoid is held away from 0, and a huge x would make something of that.
    return np.maximum(x, -88) * sigmoid(x)


def silu_backward(x: Array, dy: Array) -> Array:
    """Compute dx = dy s (1 + x (1 - s)), with s = sigmoid(x) of the input x.

    Example:
        >>> silu_backward(np.float32([0]), np.float32([2]))
        array([1.], dtype=float32)
    """
    # sigmoid(-x) = 1 - s, with nothing lost where s is nearly 1.
    s, rest = sigmoid(x), sigmoid(-x)
    return dy * (s * (1 + np.clip(x, -88, 88) * rest))


def mish(x: Array) -> Array:
    """Compute y = x tanh(log(1 + e^x)).

    Example:
        >>> mish(np.float32([0, 1, 100])).round(4)
        array([  0.    ,   0.8651, 100.    ], dtype=float32)
    """
    return x * np.tanh(softplus(x))


def mish_backward(x: Array, dy: Array) -> Array:
    """Compute dx = dy (n / d + 4 x e^x (1 + e^x) / d^2), with x the input.

    Where n = e^x (e^x + 2) and d = n + 2.

    Example:
        >>> mish_backward(np.float32([0, 100]), np.float32([5, 5]))
        array([3., 5.], dtype=float32)
    """
    # From 20 on, the slope is 1 to the last bit.
    x = np.minimum(x, 20)
    e = np.exp(x)
    n = e * (e + 2)
    d = n + 2
    return dy * ((n + 4 * e * (1 + e) / d * x) / d)


def _normal_cdf(x: Array) -> Array:
    """The part of a normal distribution below x: (1 + erf(x / sqrt 2)) / 2."""
    # Of -x, where that is below zero: what is rounded is then small.
    shares = [0.5 * math.erfc(-number / math.sqrt(2)) for number in x.ravel()]
    return np.array(shares, x.dtype).reshape(x.shape)


def gelu(x: Array) -> Array:
    """Compute y = x F(x), F(x) = the part of a normal distribution that is below x.

    Example:
        >>> gelu(np.float32([0, 1])).round(4)
        array([0.    , 0.8413], dtype=float32)
    """
    return x * _normal_cdf(x)


def gelu_backward(x: Array, dy: Array) -> Array:
    """Compute dx = dy (F(x) + x e^(-x^2 / 2) / sqrt(2 pi)) of the input x.

    Example:
        >>> gelu_backward(np.float32([0]), np.float32([2]))
        array([1.], dtype=float32)
    """
    x = np.clip(x, -14, 14)
    density = np.exp(-(x * x) / 2) / x.dtype.type(math.sqrt(2 * math.pi))
    return dy * (_normal_cdf(x) + x * density)


def _twice_u(x: Array) -> Array:
    """2 u = 2 sqrt(2 / pi) (x + 0.044715 x^3)."""
    real = x.dtype.type
    return real(2 * math.sqrt(2 / math.pi)) * (x + real(0.044715) * x * x * x)


def approximate_gelu(x: Array) -> Array:
    """Compute y = x (1 + tanh u) / 2, u = sqrt(2 / pi) (x + 0.044715 x^3).

    Example:
        >>> approximate_gelu(np.float32([0, 1])).round(4)
        array([0.    , 0.8412], dtype=float32)
    """
    return np.maximum(x, -14) * sigmoid(_twice_u(np.clip(x, -14, 14)))


def approximate_gelu_backward(x: Array, dy: Array) -> Array:
    """Compute dx = dy (s + x s (1 - s) d(2 u)/dx), s = sigmoid(2 u), of the input x.

    Example:
        >>> approximate_gelu_backward(np.float32([0]), np.float32([2]))
        array([1.], dtype=float32)
    """
    x = np.clip(x, -14, 14)
    s, rest = sigmoid(_twice_u(x)), sigmoid(-_twice_u(x))
    slope = 2 * math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x * x)
    return dy * (s + x * (s * rest) * slope.astype(x.dtype))


def clipped_relu(
    x: Array, slope: float = 0.0, max_value: float = math.inf, threshold: float = 0.0
) -> Array:
    """Compute y = min(x, max_value) above the threshold, else slope (x - threshold).

    Example:
        >>> clipped_relu(np.float32([-1, 0.5, 8]), slope=0.5, max_value=6.0)
        array([-0.5,  0.5,  6. ], dtype=float32)
    """
    real = x.dtype.type
    # The sum makes 0 of -0, which looks odd in print.
    bent = np.where(x > threshold, x, real(slope) * (x - real(threshold)) + 0)
    return np.where(x >= max_value, real(max_value), bent)


def clipped_relu_backward(
    x: Array,
    dy: Array,
    slope: float = 0.0,
    max_value: float = math.inf,
    threshold: float = 0.0,
) -> Array:
    """Compute dx = dy above the threshold, 0 from `max_value` on, else slope dy.

    Example:
        >>> x, dy = np.float32([-1, 0.5, 8]), np.float32([2, 2, 2])
        >>> clipped_relu_backward(x, dy, slope=0.5, max_value=6.0)
        array([1., 2., 0.], dtype=float32)
    """
    bent = np.where(x > threshold, dy, dy.dtype.type(slope) * dy)
    return np.where(x >= max_value, 0, bent)


def hard_silu(x: Array) -> Array:
    """Compute y = x from 3 on, 0 up to -3, and x (x + 3) / 6 between.

    Example:
        >>> hard_silu(np.float32([-4, -1, 4])).round(4)
        array([ 0.    , -0.3333,  4.    ], dtype=float32)
    """
    near = np.clip(x, -3, 3)
    # The sum makes 0 of -0, which looks odd in print.
    return np.where(x >= 3, x, near * (near + 3) / 6 + 0)


def hard_silu_backward(x: Array, dy: Array) -> Array:
    """Compute dx = dy from 3 on, 0 up to -3, and dy (x / 3 + 1 / 2) between.

    Example:
        >>> hard_silu_backward(np.float32([-4, 0, 4]), np.float32([2, 2, 2]))
        array([0., 1., 2.], dtype=float32)
    """
    slope = np.where(x <= -3, 0, x / 3 + x.dtype.type(0.5))
    return dy * np.where(x >= 3, 1, slope)


def tanh_shrink(x: Array) -> Array:
    """Compute y = x - tanh(x).

    Example:
        >>> tanh_shrink(np.float32([0, 100]))
        array([ 0., 99.], dtype=float32)
    """
    return x - np.tanh(x)


def tanh_shrink_backward(x: Array, dy: Array) -> Array:
    """Compute dx = dy tanh(x)^2.

    Example:
        >>> tanh_shrink_backward(np.float32([0, 100]), np.float32([2, 2]))
        array([0., 2.], dtype=float32)
    """
    return dy * np.square(np.tanh(x))


def threshold(x: Array, threshold: float = 0.0, default_value: float = 0.0) -> Array:
    """Compute y = x above the threshold, else default_value.

    Example:
        >>> threshold(np.float32([-1, 2]), threshold=1.0, default_value=5.0)
        array([5., 2.], dtype=float32)
    """
    real = x.dtype.type
    return np.where(x <= real(threshold), real(default_value), x)


def threshold_backward(
    x: Array, dy: Array, threshold: float = 0.0, default_value: float = 0.0
) -> Array:
    """Compute dx = dy above the threshold, else 0.

    Example:
        >>> threshold_backward(np.float32([-1, 2]), np.float32([4, 4]))
        array([0., 4.], dtype=float32)
    """
    return np.where(x > x.dtype.type(threshold), dy, 0)
