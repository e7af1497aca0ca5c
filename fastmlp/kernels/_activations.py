"""The doors to src/activations.pxi: each function beside its derivative."""

import numpy as np
from numpy.typing import ArrayLike

from fastmlp.kernels._door import as_array, as_result, as_rows, call, elementwise
from fastmlp.plan import Float32


def relu(x: ArrayLike, out: Float32 | None = None) -> Float32:
    """Compute y = max(x, 0), element by element.

    Example:
        >>> relu([-1.0, 2.0])
        array([0., 2.], dtype=float32)
    """
    return elementwise("relu", {"x": x}, out)


def relu_backward(y: ArrayLike, dy: ArrayLike, out: Float32 | None = None) -> Float32:
    """Compute dx = dy where y > 0, else 0.

    Example:
        >>> relu_backward([0.0, 2.0], [5.0, 5.0])
        array([0., 5.], dtype=float32)
    """
    return elementwise("relu_backward", {"y": y, "dy": dy}, out)


def sigmoid(x: ArrayLike, out: Float32 | None = None) -> Float32:
    """Compute y = 1 / (1 + e^-x), element by element.

    Example:
        >>> sigmoid([0.0])
        array([0.5], dtype=float32)
    """
    return elementwise("sigmoid", {"x": x}, out)


def sigmoid_backward(
    y: ArrayLike, dy: ArrayLike, out: Float32 | None = None
) -> Float32:
    """Compute dx = dy y (1 - y).

    Example:
        >>> sigmoid_backward([0.5], [8.0])
        array([2.], dtype=float32)
    """
    return elementwise("sigmoid_backward", {"y": y, "dy": dy}, out)


def tanh(x: ArrayLike, out: Float32 | None = None) -> Float32:
    """Compute y = (e^2x - 1) / (e^2x + 1), element by element.

    Example:
        >>> tanh([0.0, 100.0])
        array([0., 1.], dtype=float32)
    """
    return elementwise("tanh", {"x": x}, out)


def tanh_backward(y: ArrayLike, dy: ArrayLike, out: Float32 | None = None) -> Float32:
    """Compute dx = dy (1 - y^2).

    Example:
        >>> tanh_backward([0.5], [4.0])
        array([3.], dtype=float32)
    """
    return elementwise("tanh_backward", {"y": y, "dy": dy}, out)


def softmax(x: ArrayLike, out: Float32 | None = None) -> Float32:
    """Compute y_j = e^x_j / sum_k e^x_k for each row of x, (rows, classes).

    The largest x of a row is subtracted first, so that no power overflows.

    Example:
        >>> softmax([[1.0, 1.0]])
        array([[0.5, 0.5]], dtype=float32)
    """
    x = as_rows("x", x)
    out = as_result("out", out, *x.shape)
    call("softmax", (x,), [out])
    return out


def softmax_backward(
    y: ArrayLike, dy: ArrayLike, out: Float32 | None = None
) -> Float32:
    """Compute dx_j = y_j (dy_j - sum_k dy_k y_k) for each row.

    Example:
        >>> softmax_backward([[0.5, 0.5]], [[4.0, 0.0]])
        array([[ 1., -1.]], dtype=float32)
    """
    y = as_rows("y", y)
    dy = as_array("dy", dy, *y.shape)
    out = as_result("out", out, *y.shape)
    call("softmax_backward", (y, dy), [out])
    return out


def leaky_relu(x: ArrayLike, slope: float = 0.2, out: Float32 | None = None) -> Float32:
    """Compute y = x where x > 0, else slope x.

    Example:
        >>> leaky_relu([-1.0, 2.0])
        array([-0.2,  2. ], dtype=float32)
    """
    return elementwise("leaky_relu", {"x": x}, out, slope)


def leaky_relu_backward(
    y: ArrayLike, dy: ArrayLike, slope: float = 0.2, out: Float32 | None = None
) -> Float32:
    """Compute dx = dy where y > 0, else slope dy.

    Example:
        >>> leaky_relu_backward([-0.2, 2.0], [5.0, 5.0])
        array([1., 5.], dtype=float32)
    """
    return elementwise("leaky_relu_backward", {"y": y, "dy": dy}, out, slope)


def elu(x: ArrayLike, alpha: float = 1.0, out: Float32 | None = None) -> Float32:
    """Compute y = x where x > 0, else alpha (e^x - 1).

    Example:
        >>> elu([-100.0, 2.0])
        array([-1.,  2.], dtype=float32)
    """
    return elementwise("elu", {"x": x}, out, alpha)


def elu_backward(
    y: ArrayLike, dy: ArrayLike, alpha: float = 1.0, out: Float32 | None = None
) -> Float32:
    """Compute dx = dy where y > 0, else dy (y + alpha).

    Example:
        >>> elu_backward([-0.5, 2.0], [4.0, 4.0])
        array([2., 4.], dtype=float32)
    """
    return elementwise("elu_backward", {"y": y, "dy": dy}, out, alpha)


def selu(x: ArrayLike, out: Float32 | None = None) -> Float32:
    """Compute y = scale elu(x, alpha), with scale 1.0507 and alpha 1.6733.

    Example:
        >>> selu([0.0, 1.0])
        array([0.      , 1.050701], dtype=float32)
    """
    return elementwise("selu", {"x": x}, out)


def selu_backward(y: ArrayLike, dy: ArrayLike, out: Float32 | None = None) -> Float32:
    """Compute dx = scale dy where y > 0, else dy (y + scale alpha).

    Example:
        >>> selu_backward([1.0], [2.0])
        array([2.101402], dtype=float32)
    """
    return elementwise("selu_backward", {"y": y, "dy": dy}, out)


def softplus(x: ArrayLike, out: Float32 | None = None) -> Float32:
    """Compute y = log(1 + e^x).

    Example:
        >>> softplus([0.0, 100.0]).round(4)
        array([  0.6931, 100.    ], dtype=float32)
    """
    return elementwise("softplus", {"x": x}, out)


def softplus_backward(
    y: ArrayLike, dy: ArrayLike, out: Float32 | None = None
) -> Float32:
    """Compute dx = dy (1 - e^-y), which is dy sigmoid(x).

    Example:
        >>> softplus_backward([100.0], [2.0])
        array([2.], dtype=float32)
    """
    return elementwise("softplus_backward", {"y": y, "dy": dy}, out)


def silu(x: ArrayLike, out: Float32 | None = None) -> Float32:
    """Compute y = x sigmoid(x).

    Example:
        >>> silu([0.0, 100.0])
        array([  0., 100.], dtype=float32)
    """
    return elementwise("silu", {"x": x}, out)


def silu_backward(x: ArrayLike, dy: ArrayLike, out: Float32 | None = None) -> Float32:
    """Compute dx = dy s (1 + x (1 - s)), with s = sigmoid(x) of the input x.

    Example:
        >>> silu_backward([0.0], [2.0])
        array([1.], dtype=float32)
    """
    return elementwise("silu_backward", {"x": x, "dy": dy}, out)


def gelu(x: ArrayLike, out: Float32 | None = None) -> Float32:
    """Compute y = x F(x), F(x) = the share of a normal distribution that is below x.

    Example:
        >>> gelu([0.0, 1.0]).round(4)
        array([0.    , 0.8413], dtype=float32)
    """
    return elementwise("gelu", {"x": x}, out)


def gelu_backward(x: ArrayLike, dy: ArrayLike, out: Float32 | None = None) -> Float32:
    """Compute dx = dy (F(x) + x e^(-x^2 / 2) / sqrt(2 pi)) of the input x.

    Example:
        >>> gelu_backward([0.0], [2.0])
        array([1.], dtype=float32)
    """
    return elementwise("gelu_backward", {"x": x, "dy": dy}, out)


def approximate_gelu(x: ArrayLike, out: Float32 | None = None) -> Float32:
    """Compute y = x (1 + tanh u) / 2, u = sqrt(2 / pi) (x + 0.044715 x^3).

    Example:
        >>> approximate_gelu([0.0, 1.0]).round(4)
        array([0.    , 0.8412], dtype=float32)
    """
    return elementwise("approximate_gelu", {"x": x}, out)


def approximate_gelu_backward(
    x: ArrayLike, dy: ArrayLike, out: Float32 | None = None
) -> Float32:
    """Compute dx = dy (s + x s (1 - s) d(2 u)/dx), s = sigmoid(2 u), of the input x.

    Example:
        >>> approximate_gelu_backward([0.0], [2.0])
        array([1.], dtype=float32)
    """
    return elementwise("approximate_gelu_backward", {"x": x, "dy": dy}, out)


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
    return elementwise("bent_relu", {"x": x}, out, slope, highest, threshold)


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
    return elementwise("bent_relu_backward", arrays, out, slope, highest, threshold)
