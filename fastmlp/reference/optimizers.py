"""Optimizers: they change w and their memory in place."""

import numpy as np

from fastmlp.reference._array import ARRAYS, Array


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


def memory_of(optimizer: str) -> dict[str, bool]:
    """Return the letters of what an optimizer remembers, the arrays after dw.

    Returns:
        For each letter, whether the optimizer can do without.

    Example:
        >>> memory_of("rmsprop")
        {'v': False, 'm': True, 'a': True}
    """
    kinds = globals()[optimizer].__annotations__
    arrays = {name: kind != Array for name, kind in kinds.items() if kind in ARRAYS}
    return {name: arrays[name] for name in arrays if name not in ("w", "dw")}
