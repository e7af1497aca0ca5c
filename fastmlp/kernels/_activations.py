"""The doors to src/activations.pxi: each function beside its derivative."""

import numpy as np
from numpy.typing import ArrayLike

from fastmlp import reference
from fastmlp.kernels import _door
from fastmlp.kernels._door import as_array, as_result, as_rows
from fastmlp.plan import ACTIVATIONS, Float32

# As many settings as any activation has.
_MOST_SETTINGS = 3


def _forward(name: str, x: ArrayLike, out: Float32 | None, *settings: float) -> Float32:
    """Return what the activation of that name makes of x."""
    rows = _as_table(as_array("x", x, *np.shape(x)))
    out = as_result("out", out, *np.shape(x))
    if _door.compiled is None:
        _as_table(out)[...] = getattr(reference, name)(rows, *settings)
    else:
        bend = _padded(settings)
        _door.compiled.py_activation(ACTIVATIONS[name], rows, *bend, _as_table(out))
    return out


def _backward(
    name: str, arrays: dict[str, ArrayLike], out: Float32 | None, *settings: float
) -> Float32:
    """Return dx, from dy and from x or y, whichever the derivative looks at."""
    shape = np.shape(next(iter(arrays.values())))
    given, dy = (
        _as_table(as_array(name, array, *shape)) for name, array in arrays.items()
    )
    out = as_result("out", out, *shape)
    if _door.compiled is None:
        derivative = getattr(reference, f"{name}_backward")
        _as_table(out)[...] = derivative(given, dy, *settings)
    else:
        _door.compiled.py_activation_backward(
            ACTIVATIONS[name], given, dy, *_padded(settings), _as_table(out)
        )
    return out


def _as_table(array: Float32) -> Float32:
    """Return a view in rows; where rows mean nothing, all of it is one."""
    return array if array.ndim == 2 else array.reshape(1, -1)


def _padded(settings: tuple[float, ...]) -> list[float]:
    return [*settings, *[0.0] * (_MOST_SETTINGS - len(settings))]


def relu(x: ArrayLike, out: Float32 | None = None) -> Float32:
    """Compute y = max(x, 0), element by element.

    Example:
        >>> relu([-1.0, 2.0])
        array([0., 2.], dtype=float32)
    """
    return _forward("relu", x, out)


def relu_backward(y: ArrayLike, dy: ArrayLike, out: Float32 | None = None) -> Float32:
    """Compute dx = dy where y > 0, else 0.

    Example:
        >>> relu_backward([0.0, 2.0], [5.0, 5.0])
        array([0., 5.], dtype=float32)
    """
    return _backward("relu", {"y": y, "dy": dy}, out)


def sigmoid(x: ArrayLike, out: Float32 | None = None) -> Float32:
    """Compute y = 1 / (1 + e^-x), element by element.

    Example:
        >>> sigmoid([0.0])
        array([0.5], dtype=float32)
    """
    return _forward("sigmoid", x, out)


def sigmoid_backward(
    y: ArrayLike, dy: ArrayLike, out: Float32 | None = None
) -> Float32:
    """Compute dx = dy y (1 - y).

    Example:
        >>> sigmoid_backward([0.5], [8.0])
        array([2.], dtype=float32)
    """
    return _backward("sigmoid", {"y": y, "dy": dy}, out)


def tanh(x: ArrayLike, out: Float32 | None = None) -> Float32:
    """Compute y = (e^2x - 1) / (e^2x + 1), element by element.

    Example:
        >>> tanh([0.0, 100.0])
        array([0., 1.], dtype=float32)
    """
    return _forward("tanh", x, out)


def tanh_backward(y: ArrayLike, dy: ArrayLike, out: Float32 | None = None) -> Float32:
    """Compute dx = dy (1 - y^2).

    Example:
        >>> tanh_backward([0.5], [4.0])
        array([3.], dtype=float32)
    """
    return _backward("tanh", {"y": y, "dy": dy}, out)


def softmax(x: ArrayLike, out: Float32 | None = None) -> Float32:
    """Compute y_j = e^x_j / sum_k e^x_k for each row of x, (rows, classes).

    The largest x of a row is subtracted first, so that no power overflows.

    Example:
        >>> softmax([[1.0, 1.0]])
        array([[0.5, 0.5]], dtype=float32)
    """
    return _forward("softmax", as_rows("x", x), out)


def softmax_backward(
    y: ArrayLike, dy: ArrayLike, out: Float32 | None = None
) -> Float32:
    """Compute dx_j = y_j (dy_j - sum_k dy_k y_k) for each row.

    Example:
        >>> softmax_backward([[0.5, 0.5]], [[4.0, 0.0]])
        array([[ 1., -1.]], dtype=float32)
    """
    return _backward("softmax", {"y": as_rows("y", y), "dy": dy}, out)


def leaky_relu(x: ArrayLike, slope: float = 0.2, out: Float32 | None = None) -> Float32:
    """Compute y = x where x > 0, else slope x.

    Example:
        >>> leaky_relu([-1.0, 2.0])
        array([-0.2,  2. ], dtype=float32)
    """
    return _forward("leaky_relu", x, out, slope)


def leaky_relu_backward(
    y: ArrayLike, dy: ArrayLike, slope: float = 0.2, out: Float32 | None = None
) -> Float32:
    """Compute dx = dy where y > 0, else slope dy.

    Example:
        >>> leaky_relu_backward([-0.2, 2.0], [5.0, 5.0])
        array([1., 5.], dtype=float32)
    """
    return _backward("leaky_relu", {"y": y, "dy": dy}, out, slope)


def elu(x: ArrayLike, alpha: float = 1.0, out: Float32 | None = None) -> Float32:
    """Compute y = x where x > 0, else alpha (e^x - 1).

    Example:
        >>> elu([-100.0, 2.0])
        array([-1.,  2.], dtype=float32)
    """
    return _forward("elu", x, out, alpha)


def elu_backward(
    y: ArrayLike, dy: ArrayLike, alpha: float = 1.0, out: Float32 | None = None
) -> Float32:
    """Compute dx = dy where y > 0, else dy (y + alpha).

    Example:
        >>> elu_backward([-0.5, 2.0], [4.0, 4.0])
        array([2., 4.], dtype=float32)
    """
    return _backward("elu", {"y": y, "dy": dy}, out, alpha)


def selu(x: ArrayLike, out: Float32 | None = None) -> Float32:
    """Compute y = scale elu(x, alpha), with scale 1.0507 and alpha 1.6733.

    Example:
        >>> selu([0.0, 1.0])
        array([0.      , 1.050701], dtype=float32)
    """
    return _forward("selu", x, out)


def selu_backward(y: ArrayLike, dy: ArrayLike, out: Float32 | None = None) -> Float32:
    """Compute dx = scale dy where y > 0, else dy (y + scale alpha).

    Example:
        >>> selu_backward([1.0], [2.0])
        array([2.101402], dtype=float32)
    """
    return _backward("selu", {"y": y, "dy": dy}, out)


def softplus(x: ArrayLike, out: Float32 | None = None) -> Float32:
    """Compute y = log(1 + e^x).

    Example:
        >>> softplus([0.0, 100.0]).round(4)
        array([  0.6931, 100.    ], dtype=float32)
    """
    return _forward("softplus", x, out)


def softplus_backward(
    y: ArrayLike, dy: ArrayLike, out: Float32 | None = None
) -> Float32:
    """Compute dx = dy (1 - e^-y), which is dy sigmoid(x).

    Example:
        >>> softplus_backward([100.0], [2.0])
        array([2.], dtype=float32)
    """
    return _backward("softplus", {"y": y, "dy": dy}, out)


def silu(x: ArrayLike, out: Float32 | None = None) -> Float32:
    """Compute y = x sigmoid(x).

    Example:
        >>> silu([0.0, 100.0])
        array([  0., 100.], dtype=float32)
    """
    return _forward("silu", x, out)


def silu_backward(x: ArrayLike, dy: ArrayLike, out: Float32 | None = None) -> Float32:
    """Compute dx = dy s (1 + x (1 - s)), with s = sigmoid(x) of the input x.

    Example:
        >>> silu_backward([0.0], [2.0])
        array([1.], dtype=float32)
    """
    return _backward("silu", {"x": x, "dy": dy}, out)


def gelu(x: ArrayLike, out: Float32 | None = None) -> Float32:
    """Compute y = x F(x), F(x) = the share of a normal distribution that is below x.

    Example:
        >>> gelu([0.0, 1.0]).round(4)
        array([0.    , 0.8413], dtype=float32)
    """
    return _forward("gelu", x, out)


def gelu_backward(x: ArrayLike, dy: ArrayLike, out: Float32 | None = None) -> Float32:
    """Compute dx = dy (F(x) + x e^(-x^2 / 2) / sqrt(2 pi)) of the input x.

    Example:
        >>> gelu_backward([0.0], [2.0])
        array([1.], dtype=float32)
    """
    return _backward("gelu", {"x": x, "dy": dy}, out)


def approximate_gelu(x: ArrayLike, out: Float32 | None = None) -> Float32:
    """Compute y = x (1 + tanh u) / 2, u = sqrt(2 / pi) (x + 0.044715 x^3).

    Example:
        >>> approximate_gelu([0.0, 1.0]).round(4)
        array([0.    , 0.8412], dtype=float32)
    """
    return _forward("approximate_gelu", x, out)


def approximate_gelu_backward(
    x: ArrayLike, dy: ArrayLike, out: Float32 | None = None
) -> Float32:
    """Compute dx = dy (s + x s (1 - s) d(2 u)/dx), s = sigmoid(2 u), of the input x.

    Example:
        >>> approximate_gelu_backward([0.0], [2.0])
        array([1.], dtype=float32)
    """
    return _backward("approximate_gelu", {"x": x, "dy": dy}, out)


def bent_relu(
    x: ArrayLike,
    slope: float = 0.0,
    highest: float = np.inf,
    threshold: float = 0.0,
    out: Float32 | None = None,
) -> Float32:
    """Compute y = min(x, highest) above the threshold, else slope (x - threshold).

    Example:
        >>> bent_relu([-1.0, 0.5, 8.0], slope=0.5, highest=6.0)
        array([-0.5,  0.5,  6. ], dtype=float32)
    """
    return _forward("bent_relu", x, out, slope, highest, threshold)


def bent_relu_backward(
    x: ArrayLike,
    dy: ArrayLike,
    slope: float = 0.0,
    highest: float = np.inf,
    threshold: float = 0.0,
    out: Float32 | None = None,
) -> Float32:
    """Compute dx = dy above the threshold, 0 from `highest` on, else slope dy.

    Example:
        >>> bent_relu_backward([-1.0, 0.5, 8.0], [2.0, 2.0, 2.0], 0.5, 6.0)
        array([1., 2., 0.], dtype=float32)
    """
    arrays = {"x": x, "dy": dy}
    return _backward("bent_relu", arrays, out, slope, highest, threshold)
