"""The doors to src/optimizers.pxi and src/regularizers.pxi: they work in place."""

import numpy as np
from numpy.typing import ArrayLike

from fastmlp import reference
from fastmlp.kernels import _door
from fastmlp.kernels._door import as_array, call, elementwise, in_place, panel
from fastmlp.plan import Float32


def sgd(
    w: Float32,
    dw: ArrayLike,
    m: Float32 | None = None,
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
        >>> sgd(w, [2.0], learning_rate=0.25)
        >>> w
        array([0.5], dtype=float32)
    """
    dw = as_array("dw", dw, None)
    w = in_place("w", w, *dw.shape)
    if m is not None or momentum != 0:
        m = in_place("m", m, *dw.shape)
    call("sgd", (w, dw, m, learning_rate, momentum, nesterov), [])


def rmsprop(
    w: Float32,
    dw: ArrayLike,
    v: Float32,
    m: Float32 | None = None,
    a: Float32 | None = None,
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
        >>> rmsprop(w, [6.0], v, learning_rate=0.5)
        >>> v.round(4), w.round(4)
        (array([3.6], dtype=float32), array([-0.5811], dtype=float32))
    """
    dw = as_array("dw", dw, None)
    w = in_place("w", w, *dw.shape)
    v = in_place("v", v, *dw.shape)
    m = None if m is None else in_place("m", m, *dw.shape)
    a = None if a is None else in_place("a", a, *dw.shape)
    call("rmsprop", (w, dw, v, m, a, learning_rate, rho, epsilon, momentum), [])


def adam(
    w: Float32,
    dw: ArrayLike,
    m: Float32,
    v: Float32,
    highest: Float32 | None = None,
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
        highest: The largest v so far, (size,), changed in place, or None: with it,
            it takes the place of v (AMSGrad).
        step: The learning rate times sqrt(1 - beta_2^n) / (1 - beta_1^n), n = 1, 2, ...
        beta_1: How slowly m forgets.
        beta_2: How slowly v forgets.
        epsilon: Keeps the divisor away from zero.

    Example:
        >>> w, m, v = np.array([1.0], np.float32), *np.zeros((2, 1), np.float32)
        >>> adam(w, [2.0], m, v, step=0.5)
        >>> [round(float(array[0]), 4) for array in (m, v, w)]
        [0.2, 0.004, -0.5811]
    """
    dw = as_array("dw", dw, None)
    w = in_place("w", w, *dw.shape)
    m, v = in_place("m", m, *dw.shape), in_place("v", v, *dw.shape)
    highest = None if highest is None else in_place("highest", highest, *dw.shape)
    call("adam", (w, dw, m, v, highest, step, beta_1, beta_2, epsilon), [])


def decay_weights(w: Float32, share: float) -> None:
    """Make weights smaller: w <- w - share w.

    Args:
        w: Parameters, (size,); changed in place.
        share: The learning rate times the decay.

    Example:
        >>> w = np.array([4.0], np.float32)
        >>> decay_weights(w, 0.25)
        >>> w
        array([3.], dtype=float32)
    """
    w = in_place("w", w, np.size(w))
    call("decay_weights", (w, share), [])


def clip_values(dw: Float32, most: float) -> None:
    """Hold each number of a gradient, (size,), to [-most, most], in place.

    Example:
        >>> dw = np.array([-3.0, 0.5], np.float32)
        >>> clip_values(dw, 1.0)
        >>> dw
        array([-1. ,  0.5], dtype=float32)
    """
    dw = in_place("dw", dw, np.size(dw))
    call("clip_values", (dw, most), [])


def clip_norm(dw: Float32, norm: float, most: float) -> None:
    """Scale a gradient, (size,), in place, so that its norm is at most `most`.

    Args:
        dw: The gradient.
        norm: Its norm, or that of a larger gradient of which it is a part.
        most: The limit.

    Example:
        >>> dw = np.array([3.0, 4.0], np.float32)
        >>> clip_norm(dw, norm=5.0, most=2.5)
        >>> dw
        array([1.5, 2. ], dtype=float32)
    """
    dw = in_place("dw", dw, np.size(dw))
    call("clip_norm", (dw, norm, most), [])


def penalty(w: ArrayLike, l1: float = 0.0, l2: float = 0.0) -> float:
    """Compute l1 sum |w| + l2 sum w^2, what a regularizer adds to the loss.

    Example:
        >>> penalty([1.0, -2.0], l1=0.5, l2=0.25)
        2.75
    """
    w = as_array("w", w, *np.shape(w)).reshape(-1)
    if _door.compiled is None:
        return reference.penalty(w, l1, l2)
    return float(_door.compiled.py_penalty(w, l1, l2)) if w.size else 0.0


def penalty_backward(
    w: ArrayLike, l1: float = 0.0, l2: float = 0.0, out: Float32 | None = None
) -> Float32:
    """Compute dw = l1 sign(w) + 2 l2 w, the gradient of `penalty`.

    Example:
        >>> penalty_backward([1.0, -2.0], l1=0.5, l2=0.25)
        array([ 1. , -1.5], dtype=float32)
    """
    return elementwise("penalty_backward", {"w": w}, out, l1, l2)


def keep_non_negative(w: Float32) -> None:
    """Set negative weights, (rows, columns), to zero, in place.

    Example:
        >>> w = np.array([[-1.0, 2.0]], np.float32)
        >>> keep_non_negative(w)
        >>> w
        array([[0., 2.]], dtype=float32)
    """
    w = _table(w)
    if w.size:
        call("keep_non_negative", (w,), [])


def limit_norms(
    w: Float32, least: float = 0.0, most: float = 1.0, rate: float = 1.0
) -> None:
    """Move the norm of each column of w, (rows, columns), to between two limits.

    Args:
        w: Weights, changed in place.
        least: The smallest norm that a column may have.
        most: The largest.
        rate: How far a norm is moved; 1 is all the way.

    Example:
        >>> w = np.array([[3.0], [4.0]], np.float32)
        >>> limit_norms(w, most=1.0)
        >>> w.round(4)
        array([[0.6],
               [0.8]], dtype=float32)
    """
    w = _table(w)
    if w.size:
        call("limit_norms", (w, least, most, rate), [], panel(w.shape[1]))


def _table(w: Float32) -> Float32:
    """Check weights, (rows, columns), that a kernel is to change."""
    if np.ndim(w) != 2:
        raise ValueError(
            f"w must have shape (rows, columns), not {np.shape(w)}: "
            "w.reshape(len(w), -1) makes it so."
        )
    return in_place("w", w, *np.shape(w))
