"""The doors to src/dropout.pxi and src/normalization.pxi."""

from numpy.typing import ArrayLike

from fastmlp.kernels._door import (
    as_array,
    as_result,
    as_rows,
    call,
    elementwise,
    in_place,
    panel,
)
from fastmlp.plan import Float32


def dropout(
    x: ArrayLike,
    rate: float,
    seed: int = 0,
    iteration: int = 0,
    out: Float32 | None = None,
) -> Float32:
    """Compute y = x / (1 - rate), or 0 with probability `rate`.

    Chance is a hash of seed, iteration and place; so with dy for x it is dx as well.

    Args:
        x: Numbers of any shape.
        rate: The share that is left out, from 0 to below 1.
        seed: Of the layer, 0 to 2^63 - 1.
        iteration: How many batches came before.
        out: Where to put y; a new array if None.

    Raises:
        ValueError: `rate` is out of its range.

    Example:
        >>> sorted(set(dropout([1.0] * 100, rate=0.5).tolist()))
        [0.0, 2.0]
    """
    if not 0 <= rate < 1:
        raise ValueError(f"rate must be at least 0 and below 1, not {rate}.")
    return elementwise("dropout", {"x": x}, out, rate, seed, iteration)


def affine(
    x: ArrayLike,
    center: ArrayLike,
    scale: ArrayLike,
    offset: ArrayLike,
    out: Float32 | None = None,
) -> Float32:
    """Compute y_j = (x_j - center_j) scale_j + offset_j, for each row of x.

    Example:
        >>> affine([[3.0, 4.0]], center=[1.0, 0.0], scale=[2.0, 1.0], offset=[0.0, 5.0])
        array([[4., 9.]], dtype=float32)
    """
    x = as_rows("x", x)
    numbers = [
        as_array(name, value, x.shape[1])
        for name, value in [("center", center), ("scale", scale), ("offset", offset)]
    ]
    out = as_result("out", out, *x.shape)
    call("affine", (x, *numbers), [out])
    return out


def affine_backward(
    dy: ArrayLike, scale: ArrayLike, out: Float32 | None = None
) -> Float32:
    """Compute dx_j = dy_j scale_j, for each row of dy.

    Example:
        >>> affine_backward([[3.0, 4.0]], scale=[2.0, 1.0])
        array([[6., 4.]], dtype=float32)
    """
    dy = as_rows("dy", dy)
    scale = as_array("scale", scale, dy.shape[1])
    out = as_result("out", out, *dy.shape)
    call("affine_backward", (dy, scale), [out])
    return out


def moments(
    x: ArrayLike, out: tuple[Float32, Float32] | None = None
) -> tuple[Float32, Float32]:
    """Compute the mean of each column of x, (rows, columns), and its variance.

    Example:
        >>> moments([[1.0], [3.0]])
        (array([2.], dtype=float32), array([1.], dtype=float32))
    """
    x = as_rows("x", x)
    mean, variance = (None, None) if out is None else out
    mean = as_result("mean", mean, x.shape[1])
    variance = as_result("variance", variance, x.shape[1])
    call("moments", (x,), [mean, variance])
    return mean, variance


def move_towards(moving: Float32, now: ArrayLike, momentum: float) -> None:
    """Take one step of a moving average.

    moving <- momentum moving + (1 - momentum) now.

    Args:
        moving: The average so far, (size,); changed in place.
        now: What it moves towards, (size,).
        momentum: How slowly it forgets, from 0 to 1.

    Example:
        >>> import numpy as np
        >>> mean = np.array([1.0], np.float32)
        >>> move_towards(mean, [3.0], momentum=0.75)
        >>> mean
        array([1.5], dtype=float32)
    """
    now = as_array("now", now, None)
    moving = in_place("moving", moving, *now.shape)
    call("move_towards", (moving, now, momentum), [])


def normalize(
    x: ArrayLike,
    mean: ArrayLike,
    variance: ArrayLike,
    gamma: ArrayLike | None = None,
    beta: ArrayLike | None = None,
    epsilon: float = 1e-3,
    out: Float32 | None = None,
) -> Float32:
    """Compute y_j = gamma_j (x_j - mean_j) / sqrt(variance_j + epsilon) + beta_j.

    Example:
        >>> normalize([[5.0]], [1.0], [4.0], epsilon=0.0)
        array([[2.]], dtype=float32)
    """
    x = as_rows("x", x)
    numbers = _columns(x, mean=mean, variance=variance, gamma=gamma, beta=beta)
    out = as_result("out", out, *x.shape)
    call("normalize", (x, *numbers, epsilon), [out], panel(x.shape[1]))
    return out


def normalize_backward(
    x: ArrayLike,
    dy: ArrayLike,
    mean: ArrayLike,
    variance: ArrayLike,
    gamma: ArrayLike | None = None,
    epsilon: float = 1e-3,
    out: tuple[Float32, Float32, Float32] | None = None,
) -> tuple[Float32, Float32, Float32]:
    """Compute the gradients of `normalize` by the moments of x itself.

    Args:
        x: Inputs, (rows, columns).
        dy: Gradient of the outputs, of the same shape.
        mean: The mean of each column of x, (columns,).
        variance: Its variance.
        gamma: What is multiplied by, (columns,), or None.
        epsilon: Keeps the root away from zero.
        out: Where to put (dx, dgamma, dbeta); new arrays if None.

    Returns:
        dx (rows, columns), dgamma and dbeta (columns,).

    Example:
        >>> x, dy = [[1.0], [3.0]], [[1.0], [1.0]]
        >>> dx, _, dbeta = normalize_backward(x, dy, [2.0], [1.0])
        >>> dx.tolist(), dbeta.tolist()
        ([[0.0], [0.0]], [2.0])
    """
    x = as_rows("x", x)
    dy = as_array("dy", dy, *x.shape)
    numbers = _columns(x, mean=mean, variance=variance, gamma=gamma)
    dx, dgamma, dbeta = (None, None, None) if out is None else out
    dx = as_result("dx", dx, *x.shape)
    dgamma = as_result("dgamma", dgamma, x.shape[1])
    dbeta = as_result("dbeta", dbeta, x.shape[1])
    arguments, results = (x, dy, *numbers, epsilon), [dx, dgamma, dbeta]
    call("normalize_backward", arguments, results, panel(2 * x.shape[1]))
    return dx, dgamma, dbeta


def _columns(x: Float32, **values: ArrayLike | None) -> list[Float32 | None]:
    """Return arrays of one number for each column of x, or None."""
    return [
        None if value is None else as_array(name, value, x.shape[1])
        for name, value in values.items()
    ]
