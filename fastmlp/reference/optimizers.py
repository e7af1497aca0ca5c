"""Optimizers: they change w and their memory in place."""

import numpy as np

from fastmlp.reference._array import Array


def sgd(
    w: Array,
    dw: Array,
    m: Array | None = None,
    learning_rate: float = 0.01,
    momentum: float = 0.0,
    nesterov: bool = False,
) -> None:
    """Take one step of gradient descent: w <- w - learning_rate dw.

    With momentum: m <- momentum m - learning_rate dw, then w <- w + m, or with
    Nesterov's look ahead w <- w + momentum m - learning_rate dw.

    Args:
        w: Parameters, (size,); changed in place.
        dw: Their gradient, (size,).
        m: The momentum, (size,), changed in place; None if `momentum` is zero.
        learning_rate: The length of a step.
        momentum: The share of the last step that is taken again.
        nesterov: Whether to look ahead.

    Example:
        >>> w = np.array([1.0], np.float32)
        >>> sgd(w, np.float32([2]), learning_rate=0.25)
        >>> w
        array([0.5], dtype=float32)
    """
    step = dw * w.dtype.type(learning_rate)
    if m is None or momentum == 0:
        w -= step
        return
    m *= w.dtype.type(momentum)
    m -= step
    w += w.dtype.type(momentum) * m - step if nesterov else m


def rmsprop(
    w: Array,
    dw: Array,
    v: Array,
    m: Array | None = None,
    a: Array | None = None,
    learning_rate: float = 0.001,
    rho: float = 0.9,
    epsilon: float = 1e-7,
    momentum: float = 0.0,
) -> None:
    """Take one step of RMSprop, with epsilon inside the root as in Keras 3.

    v <- rho v + (1 - rho) dw^2, then w <- w - learning_rate dw / sqrt(v + epsilon).

    Args:
        w: Parameters, (size,); changed in place.
        dw: Their gradient, (size,).
        v: The running mean of dw^2, (size,); changed in place.
        m: The momentum, (size,), changed in place, or None.
        a: The running mean of dw, (size,), changed in place, or None: with it, the
            root is taken of the variance v - a^2 + epsilon.
        learning_rate: The length of a step.
        rho: How slowly the running means forget.
        epsilon: Keeps the root away from zero.
        momentum: The share of the last step that is taken again; needs m.

    Example:
        >>> w, v = np.array([1.0], np.float32), np.zeros(1, np.float32)
        >>> rmsprop(w, np.float32([6]), v, learning_rate=0.5)
        >>> v.round(4), w.round(4)
        (array([3.6], dtype=float32), array([-0.5811], dtype=float32))
    """
    real = w.dtype.type
    v *= real(rho)
    v += real(1 - rho) * (dw * dw)
    variance = v
    if a is not None:
        a *= real(rho)
        a += real(1 - rho) * dw
        # Of a gradient that stays the same, rounding can make it negative.
        variance = np.where(v > a * a, v - a * a, real(0))
    step = real(learning_rate) * dw / np.sqrt(variance + real(epsilon))
    if m is not None:
        m *= real(momentum)
        m += step
        step = m
    w -= step


def adagrad(
    w: Array, dw: Array, v: Array, learning_rate: float = 0.001, epsilon: float = 1e-7
) -> None:
    """Take one step of Adagrad: each gradient is divided by its size so far.

    v <- v + dw^2, then w <- w - learning_rate dw / sqrt(v + epsilon).

    Args:
        w: Parameters, (size,); changed in place.
        dw: Their gradient, (size,).
        v: The sum of dw^2, (size,); changed in place.
        learning_rate: The length of a step.
        epsilon: Keeps the root away from zero.

    Example:
        >>> w, v = np.array([1.0], np.float32), np.zeros(1, np.float32)
        >>> adagrad(w, np.float32([6]), v, learning_rate=0.5)
        >>> v, w
        (array([36.], dtype=float32), array([0.5], dtype=float32))
    """
    real = w.dtype.type
    v += dw * dw
    w -= real(learning_rate) * dw / np.sqrt(v + real(epsilon))


def adam(
    w: Array,
    dw: Array,
    m: Array,
    v: Array,
    v_max: Array | None = None,
    step: float = 0.001,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-7,
) -> None:
    """Take one step of Adam, along the running mean of the gradient.

    m and v are running means of dw and dw^2; w <- w - step m / (sqrt(v) + epsilon).

    Args:
        w: Parameters, (size,); changed in place.
        dw: Their gradient, (size,).
        m: The running mean of dw, (size,); changed in place.
        v: The running mean of dw^2, (size,); changed in place.
        v_max: The largest v so far, (size,), changed in place, or None: with it,
            it takes the place of v (AMSGrad).
        step: The learning rate times sqrt(1 - beta_2^n) / (1 - beta_1^n), n = 1, 2, ...
        beta_1: How slowly m forgets.
        beta_2: How slowly v forgets.
        epsilon: Keeps the divisor away from zero.

    Example:
        >>> w, m, v = np.array([1.0], np.float32), *np.zeros((2, 1), np.float32)
        >>> adam(w, np.float32([2]), m, v, step=0.5)
        >>> [round(float(array[0]), 4) for array in (m, v, w)]
        [0.2, 0.004, -0.5811]
    """
    real = w.dtype.type
    m += real(1 - beta_1) * (dw - m)
    v += real(1 - beta_2) * (dw * dw - v)
    if v_max is not None:
        np.copyto(v_max, v, where=v > v_max)
        v = v_max
    w -= real(step) * m / (np.sqrt(v) + real(epsilon))


def adadelta(
    w: Array,
    dw: Array,
    v: Array,
    u: Array,
    learning_rate: float = 0.001,
    rho: float = 0.95,
    epsilon: float = 1e-7,
) -> None:
    """Take one step of Adadelta: by as much as earlier steps were long.

    v <- rho v + (1 - rho) dw^2, d = -sqrt(u + epsilon) / sqrt(v + epsilon) dw,
    u <- rho u + (1 - rho) d^2, then w <- w + learning_rate d.

    Args:
        w: Parameters, (size,); changed in place.
        dw: Their gradient, (size,).
        v: The running mean of dw^2, (size,); changed in place.
        u: The running mean of d^2, (size,); changed in place.
        learning_rate: What d is multiplied by; 1 in the paper.
        rho: How slowly the running means forget.
        epsilon: Lets the first steps be longer than 0.

    Example:
        >>> w, v, u = np.array([1.0], np.float32), *np.zeros((2, 1), np.float32)
        >>> adadelta(w, np.float32([2]), v, u, learning_rate=1.0, epsilon=0.01)
        >>> [round(float(array[0]), 4) for array in (v, u, w)]
        [0.2, 0.0095, 0.5636]
    """
    real = w.dtype.type
    v *= real(rho)
    v += real(1 - rho) * (dw * dw)
    d = -np.sqrt(u + real(epsilon)) * dw / np.sqrt(v + real(epsilon))
    u *= real(rho)
    u += real(1 - rho) * (d * d)
    w += real(learning_rate) * d


def adamax(
    w: Array,
    dw: Array,
    m: Array,
    u: Array,
    step: float = 0.001,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-7,
) -> None:
    """Take one step of Adamax: Adam by the largest gradient, not the mean square.

    m is the running mean of dw, u <- max(beta_2 u, |dw|); w <- w - step m / (u +
    epsilon).

    Args:
        w: Parameters, (size,); changed in place.
        dw: Their gradient, (size,).
        m: The running mean of dw, (size,); changed in place.
        u: The largest |dw| of late, (size,); changed in place.
        step: The learning rate divided by 1 - beta_1^n, n = 1, 2, ...
        beta_1: How slowly m forgets.
        beta_2: How slowly u forgets.
        epsilon: Keeps the divisor away from zero.

    Example:
        >>> w, m, u = np.array([1.0], np.float32), *np.zeros((2, 1), np.float32)
        >>> adamax(w, np.float32([2]), m, u, step=0.5)
        >>> [round(float(array[0]), 4) for array in (m, u, w)]
        [0.2, 2.0, 0.95]
    """
    real = w.dtype.type
    m += real(1 - beta_1) * (dw - m)
    np.maximum(real(beta_2) * u, np.abs(dw), out=u)
    w -= real(step) * m / (u + real(epsilon))


def nadam(
    w: Array,
    dw: Array,
    m: Array,
    v: Array,
    step: float = 0.001,
    gradient_step: float = 0.001,
    correction: float = 1.0,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-7,
) -> None:
    """Take one step of Nadam: that of Adam, with Nesterov's look ahead.

    m and v are running means of dw and dw^2; w <- w - (step m + gradient_step dw) /
    (correction sqrt(v) + epsilon). With u_n = beta_1 (1 - 0.96^n / 2) and
    U_n = u_1 u_2 ... u_n, n = 1, 2, ...:

    Args:
        w: Parameters, (size,); changed in place.
        dw: Their gradient, (size,).
        m: The running mean of dw, (size,); changed in place.
        v: The running mean of dw^2, (size,); changed in place.
        step: The learning rate times u_{n+1} / (1 - U_{n+1}).
        gradient_step: The learning rate times (1 - u_n) / (1 - U_n).
        correction: 1 / sqrt(1 - beta_2^n).
        beta_1: How slowly m forgets.
        beta_2: How slowly v forgets.
        epsilon: Keeps the divisor away from zero.

    Example:
        >>> w, m, v = np.array([1.0], np.float32), *np.zeros((2, 1), np.float32)
        >>> nadam(w, np.float32([2]), m, v, step=0.5, gradient_step=0.25)
        >>> [round(float(array[0]), 4) for array in (m, v, w)]
        [0.2, 0.004, -8.4868]
    """
    real = w.dtype.type
    m += real(1 - beta_1) * (dw - m)
    v += real(1 - beta_2) * (dw * dw - v)
    ahead = real(step) * m + real(gradient_step) * dw
    w -= ahead / (real(correction) * np.sqrt(v) + real(epsilon))


def lion(
    w: Array,
    dw: Array,
    m: Array,
    learning_rate: float = 0.001,
    beta_1: float = 0.9,
    beta_2: float = 0.99,
) -> None:
    """Take one step of Lion: by the learning rate, up or down.

    w <- w - learning_rate sign(beta_1 m + (1 - beta_1) dw), then
    m <- beta_2 m + (1 - beta_2) dw.

    Args:
        w: Parameters, (size,); changed in place.
        dw: Their gradient, (size,).
        m: The running mean of dw, (size,); changed in place.
        learning_rate: The length of a step.
        beta_1: How much of m there is in the mean that says where to go.
        beta_2: How slowly m forgets.

    Example:
        >>> w, m = np.array([1.0], np.float32), np.zeros(1, np.float32)
        >>> lion(w, np.float32([2]), m, learning_rate=0.25)
        >>> w, m.round(4)
        (array([0.75], dtype=float32), array([0.02], dtype=float32))
    """
    real = w.dtype.type
    w -= real(learning_rate) * np.sign(real(beta_1) * m + real(1 - beta_1) * dw)
    m *= real(beta_2)
    m += real(1 - beta_2) * dw


def ftrl(
    w: Array,
    dw: Array,
    v: Array,
    z: Array,
    learning_rate: float = 0.001,
    power: float = 0.5,
    l1: float = 0.0,
    l2: float = 0.0,
    shrinkage: float = 0.0,
    beta: float = 0.0,
) -> None:
    """Follow the leader: the weights that were best for all gradients so far.

    v' = v + dw^2,
    z <- z + dw + 2 shrinkage w - (v'^power - v^power) / learning_rate w,
    w <- (clip(z, -l1, l1) - z) / ((v'^power + beta) / learning_rate + 2 l2), v <- v'.
    With a learning rate of 0, nothing changes.

    Args:
        w: Parameters, (size,); changed in place.
        dw: Their gradient, (size,).
        v: The sum of dw^2, (size,); changed in place.
        z: What the gradients add up to, (size,); changed in place.
        learning_rate: The length of a step.
        power: How fast steps become shorter as v grows.
        l1: A penalty that makes weights exactly 0.
        l2: A penalty that makes weights small.
        shrinkage: Another one, which is part of the gradient.
        beta: Makes the first steps shorter.

    Example:
        >>> w, v, z = np.array([1.0], np.float32), *np.zeros((2, 1), np.float32)
        >>> ftrl(w, np.float32([2]), v, z, learning_rate=0.5)
        >>> [float(array[0]) for array in (v, z, w)]
        [4.0, -2.0, 0.5]
    """
    if learning_rate == 0:
        return
    real = w.dtype.type
    rate, limit = real(learning_rate), real(l1)
    sum_of_squares = v + dw * dw
    before, after = v ** real(power), sum_of_squares ** real(power)
    z += dw + real(2 * shrinkage) * w - (after - before) / rate * w
    w[...] = (np.clip(z, -limit, limit) - z) / (
        (after + real(beta)) / rate + real(2 * l2)
    )
    v[...] = sum_of_squares
