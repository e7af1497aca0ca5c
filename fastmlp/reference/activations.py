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


def leaky_relu(x: Array, slope: float) -> Array:
    """y = x where x > 0, else slope x."""
    return np.where(x > 0, x, x.dtype.type(slope) * x)


def leaky_relu_backward(y: Array, dy: Array, slope: float) -> Array:
    """dx = dy where y > 0, else slope dy."""
    return np.where(y > 0, dy, dy.dtype.type(slope) * dy)


def elu(x: Array, alpha: float) -> Array:
    """y = x where x > 0, else alpha (e^x - 1)."""
    return np.where(x > 0, x, x.dtype.type(alpha) * np.expm1(np.minimum(x, 0)))


def elu_backward(y: Array, dy: Array, alpha: float) -> Array:
    """dx = dy where y > 0, else dy (y + alpha)."""
    return dy * np.where(y > 0, y.dtype.type(1), y + y.dtype.type(alpha))


_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772, 1.0507009873554805


def selu(x: Array) -> Array:
    """y = scale elu(x, alpha), with the numbers of self-normalizing networks."""
    return x.dtype.type(_SELU_SCALE) * elu(x, _SELU_ALPHA)


def selu_backward(y: Array, dy: Array) -> Array:
    """dx = scale dy where y > 0, else dy (y + scale alpha)."""
    scale = y.dtype.type(_SELU_SCALE)
    return dy * np.where(y > 0, scale, y + scale * y.dtype.type(_SELU_ALPHA))


def softplus(x: Array) -> Array:
    """y = log(1 + e^x) = max(x, 0) + log(1 + e^-|x|)."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def softplus_backward(y: Array, dy: Array) -> Array:
    """dx = dy (1 - e^-y), which is dy sigmoid(x)."""
    return dy * -np.expm1(-y)


# The derivatives of these are written in terms of the input x.


def silu(x: Array) -> Array:
    """y = x sigmoid(x)."""
    return x * sigmoid(x)


def silu_backward(x: Array, dy: Array) -> Array:
    """dx = dy s (1 + x (1 - s)), s = sigmoid(x)."""
    # sigmoid(-x) = 1 - s, with nothing lost where s is nearly 1.
    s, rest = sigmoid(x), sigmoid(-x)
    return dy * (s * (1 + x * rest))


def _normal_share(x: Array) -> Array:
    """The share of a normal distribution below x: (1 + erf(x / sqrt 2)) / 2."""
    # Of -x, where that is below zero: what is rounded is then small.
    shares = [0.5 * math.erfc(-number / math.sqrt(2)) for number in x.ravel()]
    return np.array(shares, x.dtype).reshape(x.shape)


def gelu(x: Array) -> Array:
    """y = x F(x), F(x) = the share of a normal distribution that is below x."""
    return x * _normal_share(x)


def gelu_backward(x: Array, dy: Array) -> Array:
    """dx = dy (F(x) + x e^(-x^2 / 2) / sqrt(2 pi))."""
    density = np.exp(-(x * x) / 2) / x.dtype.type(math.sqrt(2 * math.pi))
    return dy * (_normal_share(x) + x * density)


def _twice_u(x: Array) -> Array:
    """2 u = 2 sqrt(2 / pi) (x + 0.044715 x^3)."""
    real = x.dtype.type
    return real(2 * math.sqrt(2 / math.pi)) * (x + real(0.044715) * x * x * x)


def approximate_gelu(x: Array) -> Array:
    """y = x (1 + tanh u) / 2 = x sigmoid(2 u), u = sqrt(2 / pi) (x + 0.044715 x^3)."""
    return x * sigmoid(_twice_u(x))


def approximate_gelu_backward(x: Array, dy: Array) -> Array:
    """dx = dy (s + x s (1 - s) d(2 u)/dx), s = sigmoid(2 u)."""
    s, rest = sigmoid(_twice_u(x)), sigmoid(-_twice_u(x))
    slope = 2 * math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x * x)
    return dy * (s + x * (s * rest) * slope.astype(x.dtype))


def bent_relu(x: Array, slope: float, highest: float, threshold: float) -> Array:
    """y = min(x, highest) above the threshold, else slope (x - threshold)."""
    real = x.dtype.type
    # The sum makes 0 of -0, which looks odd in print.
    bent = np.where(x > threshold, x, real(slope) * (x - real(threshold)) + 0)
    return np.where(x >= highest, real(highest), bent)


def bent_relu_backward(
    x: Array, dy: Array, slope: float, highest: float, threshold: float
) -> Array:
    """dx = 0 where x >= highest, dy above the threshold, else slope dy."""
    bent = np.where(x > threshold, dy, dy.dtype.type(slope) * dy)
    return np.where(x >= highest, 0, bent)
