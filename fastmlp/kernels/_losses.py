"""The doors to src/crossentropy.pxi and src/losses.pxi: losses and their gradients."""

from numpy.typing import ArrayLike

from fastmlp import reference
from fastmlp.kernels import _door
from fastmlp.kernels._door import as_array, as_result, as_rows
from fastmlp.plan import LOSSES, Float32


def _loss(
    name: str, y: ArrayLike, t: ArrayLike, setting: float | None, out: Float32 | None
) -> Float32:
    """Call a kernel that makes one number of each row of y and t."""
    y = as_rows("y", y)
    t = as_array("t", t, *y.shape)
    out = as_result("out", out, y.shape[0])
    if _door.compiled is None:
        settings = () if setting is None else (setting,)
        out[...] = getattr(reference, name)(y, t, *settings)
    else:
        _door.compiled.py_loss(LOSSES[name], y, t, setting or 0.0, None, out)
    return out


def _activated_loss(
    name: str,
    x: ArrayLike,
    t: ArrayLike,
    smoothing: float,
    out: tuple[Float32, Float32] | None,
) -> tuple[Float32, Float32]:
    """Call a kernel that computes an activation and a loss in one."""
    x = as_rows("x", x)
    t = as_array("t", t, *x.shape)
    p, losses = (None, None) if out is None else out
    p = as_result("p", p, *x.shape)
    losses = as_result("losses", losses, x.shape[0])
    if _door.compiled is None:
        p[...], losses[...] = getattr(reference, name)(x, t, smoothing)
    else:
        _door.compiled.py_loss(LOSSES[name], x, t, smoothing, p, losses)
    return p, losses


def _loss_gradient(
    loss: str,
    name: str,
    y: ArrayLike,
    t: ArrayLike,
    setting: float | None,
    scale: float,
    out: Float32 | None,
) -> Float32:
    """Call a kernel that computes the gradient of a loss."""
    y = as_rows(name, y)
    t = as_array("t", t, *y.shape)
    out = as_result("out", out, *y.shape)
    if _door.compiled is None:
        settings = () if setting is None else (setting,)
        out[...] = getattr(reference, f"{loss}_backward")(y, t, *settings, scale)
    else:
        _door.compiled.py_loss_backward(LOSSES[loss], y, t, setting or 0.0, scale, out)
    return out


def softmax_crossentropy(
    x: ArrayLike,
    t: ArrayLike,
    smoothing: float = 0.0,
    out: tuple[Float32, Float32] | None = None,
) -> tuple[Float32, Float32]:
    """Compute p = softmax(x) and loss = -sum_j t_j log p_j in one.

    The logarithm is taken of the sum of powers, never of a probability that was
    rounded to zero, so that the loss is finite for logits up to 1e38.

    Args:
        x: Logits, (rows, classes).
        t: Targets, (rows, classes), each row a distribution.
        smoothing: The share of a target that is spread evenly over all classes.
        out: Where to put (p, losses); new arrays if None.

    Returns:
        p (rows, classes) and the losses (rows,).

    Example:
        >>> p, losses = softmax_crossentropy([[0.0, 0.0]], [[1.0, 0.0]])
        >>> p, losses.round(4)
        (array([[0.5, 0.5]], dtype=float32), array([0.6931], dtype=float32))
    """
    return _activated_loss("softmax_crossentropy", x, t, smoothing, out)


def softmax_crossentropy_backward(
    p: ArrayLike,
    t: ArrayLike,
    smoothing: float = 0.0,
    scale: float = 1.0,
    out: Float32 | None = None,
) -> Float32:
    """Compute dx = scale (p sum_k t_k - t), the gradient with respect to the logits.

    For targets that are distributions, that is scale (p - t).

    Example:
        >>> softmax_crossentropy_backward([[0.5, 0.5]], [[1.0, 0.0]])
        array([[-0.5,  0.5]], dtype=float32)
    """
    return _loss_gradient("softmax_crossentropy", "p", p, t, smoothing, scale, out)


def crossentropy(
    y: ArrayLike, t: ArrayLike, smoothing: float = 0.0, out: Float32 | None = None
) -> Float32:
    """Compute loss = -sum_j t_j log q_j, with q = y / sum_k y_k, as Keras does.

    q is clipped to [1e-7, 1 - 1e-7]. For outputs that are not a softmax.

    Example:
        >>> crossentropy([[1.0, 3.0]], [[0.0, 1.0]]).round(4)
        array([0.2877], dtype=float32)
    """
    return _loss("crossentropy", y, t, smoothing, out)


def crossentropy_backward(
    y: ArrayLike,
    t: ArrayLike,
    smoothing: float = 0.0,
    scale: float = 1.0,
    out: Float32 | None = None,
) -> Float32:
    """Compute dy_j = scale (dq_j - sum_k dq_k q_k) / sum_k y_k, with dq = -t / q.

    Where q was clipped, dq is 0.

    Example:
        >>> crossentropy_backward([[0.25, 0.75]], [[0.0, 1.0]]).round(4)
        array([[ 1.    , -0.3333]], dtype=float32)
    """
    return _loss_gradient("crossentropy", "y", y, t, smoothing, scale, out)


def sigmoid_crossentropy(
    x: ArrayLike,
    t: ArrayLike,
    smoothing: float = 0.0,
    out: tuple[Float32, Float32] | None = None,
) -> tuple[Float32, Float32]:
    """Compute p = sigmoid(x) and the mean of -t log p - (1 - t) log(1 - p) in one.

    Args:
        x: Logits, (rows, columns).
        t: Targets, (rows, columns): 1 is yes, 0 is no.
        smoothing: The share of a target that is moved to one half.
        out: Where to put (p, losses); new arrays if None.

    Returns:
        p (rows, columns) and the losses (rows,).

    Example:
        >>> p, losses = sigmoid_crossentropy([[0.0]], [[1.0]])
        >>> p, losses.round(4)
        (array([[0.5]], dtype=float32), array([0.6931], dtype=float32))
    """
    return _activated_loss("sigmoid_crossentropy", x, t, smoothing, out)


def sigmoid_crossentropy_backward(
    p: ArrayLike,
    t: ArrayLike,
    smoothing: float = 0.0,
    scale: float = 1.0,
    out: Float32 | None = None,
) -> Float32:
    """Compute dx = scale (p - t) / columns, the gradient with respect to the logits.

    Example:
        >>> sigmoid_crossentropy_backward([[0.5, 0.5]], [[1.0, 0.0]])
        array([[-0.25,  0.25]], dtype=float32)
    """
    return _loss_gradient("sigmoid_crossentropy", "p", p, t, smoothing, scale, out)


def binary_crossentropy(
    y: ArrayLike, t: ArrayLike, smoothing: float = 0.0, out: Float32 | None = None
) -> Float32:
    """Compute the mean of -t log q - (1 - t) log(1 - q), q = y in [1e-7, 1 - 1e-7].

    For outputs that are not a sigmoid.

    Example:
        >>> binary_crossentropy([[0.5, 0.5]], [[1.0, 0.0]]).round(4)
        array([0.6931], dtype=float32)
    """
    return _loss("binary_crossentropy", y, t, smoothing, out)


def binary_crossentropy_backward(
    y: ArrayLike,
    t: ArrayLike,
    smoothing: float = 0.0,
    scale: float = 1.0,
    out: Float32 | None = None,
) -> Float32:
    """Compute dy = scale ((1 - t) / (1 - y) - t / y) / columns, or 0 where clipped.

    Example:
        >>> binary_crossentropy_backward([[0.5, 0.5]], [[1.0, 0.0]])
        array([[-1.,  1.]], dtype=float32)
    """
    return _loss_gradient("binary_crossentropy", "y", y, t, smoothing, scale, out)


def mean_squared_error(
    y: ArrayLike, t: ArrayLike, out: Float32 | None = None
) -> Float32:
    """Compute the mean over the columns of (y - t)^2, for each row.

    Example:
        >>> mean_squared_error([[1.0, 3.0]], [[1.0, 1.0]])
        array([2.], dtype=float32)
    """
    return _loss("mean_squared_error", y, t, None, out)


def mean_squared_error_backward(
    y: ArrayLike, t: ArrayLike, scale: float = 1.0, out: Float32 | None = None
) -> Float32:
    """Compute dy = scale 2 (y - t) / columns.

    Example:
        >>> mean_squared_error_backward([[1.0, 3.0]], [[1.0, 1.0]])
        array([[0., 2.]], dtype=float32)
    """
    return _loss_gradient("mean_squared_error", "y", y, t, None, scale, out)


def mean_absolute_error(
    y: ArrayLike, t: ArrayLike, out: Float32 | None = None
) -> Float32:
    """Compute the mean over the columns of |y - t|, for each row.

    Example:
        >>> mean_absolute_error([[1.0, 3.0]], [[1.0, 1.0]])
        array([1.], dtype=float32)
    """
    return _loss("mean_absolute_error", y, t, None, out)


def mean_absolute_error_backward(
    y: ArrayLike, t: ArrayLike, scale: float = 1.0, out: Float32 | None = None
) -> Float32:
    """Compute dy = scale sign(y - t) / columns.

    Example:
        >>> mean_absolute_error_backward([[1.0, 3.0]], [[1.0, 1.0]])
        array([[0. , 0.5]], dtype=float32)
    """
    return _loss_gradient("mean_absolute_error", "y", y, t, None, scale, out)


def huber(
    y: ArrayLike, t: ArrayLike, delta: float = 1.0, out: Float32 | None = None
) -> Float32:
    """Compute the mean of e^2 / 2 where e = |y - t| <= delta, else delta (e - delta/2).

    Example:
        >>> huber([[1.0, 3.0]], [[1.0, 1.0]])
        array([0.75], dtype=float32)
    """
    return _loss("huber", y, t, delta, out)


def huber_backward(
    y: ArrayLike,
    t: ArrayLike,
    delta: float = 1.0,
    scale: float = 1.0,
    out: Float32 | None = None,
) -> Float32:
    """Compute dy = scale (y - t) / columns, held to [-delta, delta] before the scale.

    Example:
        >>> huber_backward([[1.0, 3.0]], [[1.0, 1.0]])
        array([[0. , 0.5]], dtype=float32)
    """
    return _loss_gradient("huber", "y", y, t, delta, scale, out)
