"""Every kernel once more, in a few lines of NumPy.

Read this beside src/: the names and the equations are the same. Here each function
returns its result instead of writing it somewhere, and computes in the dtype of its
inputs, so that float64 in gives float64 out: the tests check gradients that way. With
`FASTMLP_BACKEND=numpy` the whole library runs on this module.
"""

import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fastmlp.plan import INPUT_BLOCK, Float32, Samples, pair_count

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


# ---------------------------------------------------------------------------
# Losses, each beside its gradient: one number a row
# ---------------------------------------------------------------------------


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
    return np.where(y == q, dy, 0)


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


# ---------------------------------------------------------------------------
# Metrics: for each row what is summed, and what it counts as
# ---------------------------------------------------------------------------


def accuracy(y: Array, t: Array) -> Array:
    """The share of columns in which y_j is t_j."""
    return (y == t).mean(axis=1, dtype=y.dtype)


def categorical_accuracy(y: Array, t: Array) -> Array:
    """1 where the largest output is the largest target, else 0."""
    return (y.argmax(axis=1) == t.argmax(axis=1)).astype(y.dtype)


def binary_accuracy(y: Array, t: Array, threshold: float = 0.5) -> Array:
    """The share of columns in which (y_j > threshold) is t_j."""
    return ((y > threshold) == t).mean(axis=1, dtype=y.dtype)


def top_k_accuracy(y: Array, t: Array, k: int) -> Array:
    """1 where fewer than k outputs exceed that of the largest target, else 0."""
    chosen = np.take_along_axis(y, t.argmax(axis=1, keepdims=True), axis=1)
    hits = ((y > chosen).sum(axis=1) < k) & ~np.isnan(chosen[:, 0])
    return hits.astype(y.dtype)


def precision(y: Array, t: Array, threshold: float = 0.5) -> tuple[Array, Array]:
    """Of the outputs above the threshold (counts), those whose target is yes (hits)."""
    chosen = y > threshold
    hits, counts = (chosen & (t != 0)).sum(axis=1), chosen.sum(axis=1)
    return hits.astype(y.dtype), counts.astype(y.dtype)


def recall(y: Array, t: Array, threshold: float = 0.5) -> tuple[Array, Array]:
    """Of the targets that are yes (counts), those with outputs above the threshold."""
    there = t != 0
    hits, counts = (there & (y > threshold)).sum(axis=1), there.sum(axis=1)
    return hits.astype(y.dtype), counts.astype(y.dtype)


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
        # Of a gradient that stays the same, rounding can make it negative.
        variance = np.maximum(v - a * a, 0)
    step = real(learning_rate) * dw / np.sqrt(variance + real(epsilon))
    if m is not None:
        m *= real(momentum)
        m += step
        step = m
    w -= step
    return ()


def adam(
    w: Array,
    dw: Array,
    m: Array,
    v: Array,
    highest: Array | None,
    step: float,
    beta_1: float,
    beta_2: float,
    epsilon: float,
) -> tuple[()]:
    """m, v <- running means of dw, dw^2; w <- w - step m / (sqrt(v) + epsilon)."""
    real = w.dtype.type
    m += real(1 - beta_1) * (dw - m)
    v += real(1 - beta_2) * (dw * dw - v)
    if highest is not None:
        np.maximum(highest, v, out=highest)
        v = highest
    w -= real(step) * m / (np.sqrt(v) + real(epsilon))
    return ()


def decay_weights(w: Array, share: float) -> tuple[()]:
    """w <- w - share w."""
    w -= w * w.dtype.type(share)
    return ()


def clip_values(dw: Array, most: float) -> tuple[()]:
    """dw <- dw, but at least -most and at most most."""
    np.clip(dw, -most, most, out=dw)
    return ()


def clip_norm(dw: Array, norm: float, most: float) -> tuple[()]:
    """dw <- dw most / norm, if its norm is larger than `most`."""
    if norm > most:
        dw *= dw.dtype.type(most / norm)
    return ()


# ---------------------------------------------------------------------------
# Regularizers and constraints
# ---------------------------------------------------------------------------


def penalty(w: Array, l1: float, l2: float) -> float:
    """l1 sum_i |w_i| + l2 sum_i w_i^2."""
    return float(l1 * np.abs(w).sum() + l2 * np.square(w).sum())


def penalty_backward(w: Array, l1: float, l2: float) -> Array:
    """dw = l1 sign(w) + 2 l2 w."""
    real = w.dtype.type
    return real(l1) * np.sign(w) + 2 * real(l2) * w


def limit_norms(w: Array, least: float, most: float, rate: float) -> tuple[()]:
    """Move the norm of each column of w to between `least` and `most`, by `rate`."""
    real = w.dtype.type
    norms = np.sqrt(np.square(w).sum(axis=0))
    wanted = np.clip(norms, real(least), real(most))
    w *= (real(rate) * wanted + real(1 - rate) * norms) / (real(1e-7) + norms)
    return ()


def keep_non_negative(w: Array) -> tuple[()]:
    """w <- max(w, 0)."""
    np.maximum(w, 0, out=w)
    return ()


# ---------------------------------------------------------------------------
# Dropout and normalization
# ---------------------------------------------------------------------------


def _mixed(h: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """A hash of 32 bits: each bit of the result depends on each bit of h."""
    h = (h ^ (h >> np.uint32(16))) * np.uint32(0x7FEB352D)
    h = (h ^ (h >> np.uint32(15))) * np.uint32(0x846CA68B)
    return h ^ (h >> np.uint32(16))


def dropout_key(seed: int, iteration: int) -> NDArray[np.uint32]:
    """Another key for each layer, by its seed, and for each batch."""
    words = [seed, seed >> 32, iteration, iteration >> 32]
    key = np.zeros(1, np.uint32)
    for word in words:
        key = _mixed(key ^ np.uint32(word & 0xFFFFFFFF))
    return key


def dropout(x: Array, rate: float, seed: int, iteration: int) -> Array:
    """y = x / (1 - rate), or 0 with probability `rate`; dx of dy is the same."""
    places = np.arange(x.size, dtype=np.uint32) * np.uint32(0x9E3779B9)
    hashes = _mixed(dropout_key(seed, iteration) ^ places).reshape(x.shape)
    kept = hashes >= np.uint32(rate * 2**32)
    return np.where(kept, x * x.dtype.type(1 / (1 - rate)), 0)


def affine(x: Array, center: Array, scale: Array, offset: Array) -> Array:
    """y_j = (x_j - center_j) scale_j + offset_j."""
    return (x - center) * scale + offset


def affine_backward(dy: Array, scale: Array) -> Array:
    """dx_j = dy_j scale_j."""
    return dy * scale


def moments(x: Array) -> tuple[Array, Array]:
    """The mean of each column, and its variance."""
    return x.mean(axis=0), x.var(axis=0)


def normalize(
    x: Array,
    mean: Array,
    variance: Array,
    gamma: Array | None,
    beta: Array | None,
    epsilon: float,
) -> Array:
    """y_j = gamma_j (x_j - mean_j) / sqrt(variance_j + epsilon) + beta_j."""
    y = (x - mean) / np.sqrt(variance + x.dtype.type(epsilon))
    y = y if gamma is None else y * gamma
    return y if beta is None else y + beta


def normalize_backward(
    x: Array,
    dy: Array,
    mean: Array,
    variance: Array,
    gamma: Array | None,
    epsilon: float,
) -> tuple[Array, Array, Array]:
    """dx, dgamma and dbeta, where mean and variance are those of x itself."""
    root = np.sqrt(variance + x.dtype.type(epsilon))
    n = (x - mean) / root
    dgamma, dbeta = (dy * n).sum(axis=0), dy.sum(axis=0)
    dx = (dy - (dbeta + n * dgamma) / len(x)) / root
    return dx if gamma is None else dx * gamma, dgamma, dbeta


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
