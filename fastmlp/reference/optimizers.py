"""Optimizers: they change w and their memory in place."""

import numpy as np

from fastmlp.reference._array import Array


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
