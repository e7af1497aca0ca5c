"""Networks: activations and cross-entropies, by the kernels that layers use.

Of float32, `fastmlp.kernels` computes them, so that every bit is that of a compiled
network; of other dtypes, `fastmlp.reference` does, which has the same equations.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from fastmlp import kernels, reference, tables
from fastmlp._check.numbers import as_labels
from fastmlp.activations import Kernel
from fastmlp.activations._bounded import HARD_SIGMOID, HARD_TANH
from fastmlp.activations._ramps import RELU6
from fastmlp.ops._making import ndim, one_hot, shape
from fastmlp.ops._shapes import moveaxis, reshape
from fastmlp.ops._tape import Rule, differentiable_of_floats
from fastmlp.ops._traced import Array, TensorLike, untraced

__all__ = [
    "binary_crossentropy", "categorical_crossentropy", "elu", "gelu", "hard_sigmoid",
    "hard_silu", "hard_swish", "hard_tanh", "leaky_relu", "log_sigmoid", "log_softmax",
    "relu", "relu6", "selu", "sigmoid", "silu", "softmax", "softplus", "softsign",
    "sparse_categorical_crossentropy", "swish", "tanh",
]  # fmt: skip


def _kernel(name: str, dtype: np.dtype[Any]) -> Callable[..., Any]:
    """Return the kernel of that name for a dtype."""
    function: Callable[..., Any] = getattr(
        kernels if dtype == np.float32 else reference, name
    )
    return function


def _activation(name: str, x: Array, **settings: float) -> Rule:
    """y is what the kernel says, and dx what its derivative says of y, or of x."""
    y = _kernel(name, x.dtype)(x, **settings)
    known = x if name in tables.NEED_INPUT else y
    backward = _kernel(f"{name}_backward", x.dtype)
    return y, lambda dy: backward(known, dy, **settings)


@differentiable_of_floats
def kernel_activation(x: TensorLike, kernel: Kernel) -> Rule:
    """Compute what a kernel with its settings makes of x, as a layer does."""
    return _activation(kernel.name, x, **kernel.settings)


# -- Activations that layers have -----------------------------------------------


@differentiable_of_floats
def relu(x: TensorLike) -> Rule:
    """Compute y = max(x, 0); dx = dy where x > 0, else 0.

    Example:
        >>> relu([-1.0, 2.0])
        array([0., 2.], dtype=float32)
    """
    return _activation("relu", x)


@differentiable_of_floats
def relu6(x: TensorLike) -> Rule:
    """Compute y = min(max(x, 0), 6); dx = dy where 0 < x < 6, else 0.

    Example:
        >>> relu6([-1.0, 2.0, 8.0])
        array([0., 2., 6.], dtype=float32)
    """
    return _activation("clipped_linear", x, **RELU6)


@differentiable_of_floats
def leaky_relu(x: TensorLike, negative_slope: float = 0.2) -> Rule:
    """Compute y = x where x > 0, else negative_slope x.

    Args:
        x: Numbers of any shape.
        negative_slope: Default 0.2.

    Example:
        >>> leaky_relu([-1.0, 2.0])
        array([-0.2,  2. ], dtype=float32)
    """
    return _activation("leaky_relu", x, slope=negative_slope)


@differentiable_of_floats
def elu(x: TensorLike, alpha: float = 1.0) -> Rule:
    """Compute y = x where x > 0, else alpha (e^x - 1).

    Args:
        x: Numbers of any shape.
        alpha: How far below zero it goes. Default 1.

    Example:
        >>> elu([-100.0, 2.0])
        array([-1.,  2.], dtype=float32)
    """
    return _activation("elu", x, alpha=alpha)


@differentiable_of_floats
def selu(x: TensorLike) -> Rule:
    """Compute y = 1.0507 elu(x, 1.6733).

    Example:
        >>> selu([0.0, 1.0])
        array([0.      , 1.050701], dtype=float32)
    """
    return _activation("selu", x)


@differentiable_of_floats
def softplus(x: TensorLike) -> Rule:
    """Compute y = log(1 + e^x), a smooth max(x, 0).

    Example:
        >>> softplus([0.0, 100.0]).round(4)
        array([  0.6931, 100.    ], dtype=float32)
    """
    return _activation("softplus", x)


@differentiable_of_floats
def sigmoid(x: TensorLike) -> Rule:
    """Compute y = 1 / (1 + e^-x); dx = y (1 - y) dy.

    Example:
        >>> sigmoid([0.0])
        array([0.5], dtype=float32)
    """
    return _activation("sigmoid", x)


@differentiable_of_floats
def tanh(x: TensorLike) -> Rule:
    """Compute y = tanh x; dx = (1 - y^2) dy.

    Example:
        >>> tanh([0.0, 100.0])
        array([0., 1.], dtype=float32)
    """
    return _activation("tanh", x)


@differentiable_of_floats
def silu(x: TensorLike) -> Rule:
    """Compute y = x sigmoid(x), which is swish, too.

    Example:
        >>> silu([0.0, 100.0])
        array([  0., 100.], dtype=float32)
    """
    return _activation("silu", x)


swish = silu


@differentiable_of_floats
def gelu(x: TensorLike, approximate: bool = True) -> Rule:
    """Compute x times the part of a normal distribution that is below x.

    Args:
        x: Numbers of any shape.
        approximate: Whether to take x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2
            instead. Default True, other than that of `activations.gelu`, as in Keras.

    Example:
        >>> gelu([1.0]).round(4), gelu([1.0], approximate=False).round(4)
        (array([0.8412], dtype=float32), array([0.8413], dtype=float32))
    """
    return _activation("approximate_gelu" if approximate else "gelu", x)


@differentiable_of_floats
def softsign(x: TensorLike) -> Rule:
    """Compute x / (1 + |x|).

    Example:
        >>> softsign([-1.0, 3.0])
        array([-0.5 ,  0.75], dtype=float32)
    """
    return _activation("softsign", x)


@differentiable_of_floats
def log_sigmoid(x: TensorLike) -> Rule:
    """Compute log sigmoid(x) = -softplus(-x), which is finite where sigmoid is 0.

    Example:
        >>> log_sigmoid([-1000.0])
        array([-1000.], dtype=float32)
    """
    return _activation("log_sigmoid", x)


@differentiable_of_floats
def hard_sigmoid(x: TensorLike) -> Rule:
    """Compute relu6(x + 3) / 6: a sigmoid of straight lines.

    Example:
        >>> hard_sigmoid([-4.0, 0.0, 4.0])
        array([0. , 0.5, 1. ], dtype=float32)
    """
    return _activation("clipped_linear", x, **HARD_SIGMOID)


@differentiable_of_floats
def hard_silu(x: TensorLike) -> Rule:
    """Compute x hard_sigmoid(x), which is hard_swish, too.

    Example:
        >>> hard_silu([-4.0, 3.0])
        array([0., 3.], dtype=float32)
    """
    return _activation("hard_silu", x)


hard_swish = hard_silu


@differentiable_of_floats
def hard_tanh(x: TensorLike) -> Rule:
    """Compute x, but at least -1 and at most 1.

    Example:
        >>> hard_tanh([-4.0, 0.5])
        array([-1. ,  0.5], dtype=float32)
    """
    return _activation("clipped_linear", x, **HARD_TANH)


# -- Those that work along an axis ----------------------------------------------


def softmax(x: TensorLike, axis: int = -1) -> Any:
    """Compute y_j = e^x_j / sum_k e^x_k; dx_j = y_j (dy_j - sum_k dy_k y_k).

    Args:
        x: Numbers with at least one axis.
        axis: Which axis becomes a distribution. Default -1, the last.

    Example:
        >>> softmax([1.0, 1.0])
        array([0.5, 0.5], dtype=float32)
    """
    return along_rows(x, Kernel("softmax"), axis)


def log_softmax(x: TensorLike, axis: int = -1) -> Any:
    """Compute log softmax(x) = x - log sum e^x, which is finite where softmax is 0.

    Args:
        x: Numbers with at least one axis.
        axis: Which axis becomes a distribution. Default -1, the last.

    Example:
        >>> log_softmax([0.0, 1000.0])
        array([-1000.,     0.], dtype=float32)
    """
    return along_rows(x, Kernel("log_softmax"), axis)


def along_rows(x: TensorLike, kernel: Kernel, axis: int) -> Any:
    """Compute what a kernel that works on rows makes of the vectors of an axis."""
    if axis == -1 and ndim(x) == 2:
        return kernel_activation(x, kernel)  # Most calls: there is nothing to move.
    last = moveaxis(x, axis, -1)
    y = reshape(kernel_activation(_rows(last), kernel), shape(last))
    return moveaxis(y, -1, axis)


def _rows(x: TensorLike) -> Any:
    """Return the vectors of the last axis as rows."""
    return reshape(x, (-1, shape(x)[-1]))


# -- Cross-entropies ------------------------------------------------------------
#
# Their targets t may be traced as well: dt is what the equation says.


def categorical_crossentropy(
    target: TensorLike, output: TensorLike, from_logits: bool = False, axis: int = -1
) -> Any:
    """Compute -sum_j t_j log q_j for each row: of probabilities, or of logits.

    Probabilities are divided by their sum, and held between 1e-7 and 1 - 1e-7.

    Args:
        target: t, one-hot or soft, (..., classes).
        output: Probabilities, or logits if `from_logits`, in the same shape.
        from_logits: Whether softmax is still to be applied to `output`.
        axis: The axis of the classes. Default -1, the last.

    Returns:
        The losses, without that axis. (Here the target comes first, as in Keras.)

    Raises:
        ValueError: The shapes differ.

    Example:
        >>> categorical_crossentropy([[0.0, 1.0]], [[0.5, 0.5]]).round(4)
        array([0.6931], dtype=float32)
    """
    _refuse_other_shapes(target, output)
    rule = _softmax_crossentropy if from_logits else _crossentropy
    if axis == -1 and ndim(output) == 2:
        return rule(output, target)
    t, y = moveaxis(target, axis, -1), moveaxis(output, axis, -1)
    return reshape(rule(_rows(y), _rows(t)), shape(y)[:-1])


def sparse_categorical_crossentropy(
    target: TensorLike, output: TensorLike, from_logits: bool = False, axis: int = -1
) -> Any:
    """Compute -log q_label for each row, with integer labels.

    Args:
        target: Labels from 0 to classes - 1, (rows,) or (rows, 1).
        output: Probabilities, or logits if `from_logits`, (rows, classes).
        from_logits: Whether softmax is still to be applied to `output`.
        axis: The axis of the classes. Default -1, the last.

    Returns:
        The losses, (rows,).

    Raises:
        ValueError: A label is no class, or there is not one label a row.

    Example:
        >>> sparse_categorical_crossentropy([1], [[0.5, 0.5]]).round(4)
        array([0.6931], dtype=float32)
    """
    output = moveaxis(output, axis, -1)
    labels = as_labels("target", untraced(target), shape(output)[-1])
    t = one_hot(labels, shape(output)[-1])
    return categorical_crossentropy(t, output, from_logits)


def binary_crossentropy(
    target: TensorLike, output: TensorLike, from_logits: bool = False
) -> Any:
    """Compute -t log q - (1 - t) log(1 - q) for each element: no mean is taken.

    Probabilities are held between 1e-7 and 1 - 1e-7.

    Args:
        target: t, 0 for no and 1 for yes, of any shape.
        output: Probabilities of yes, or logits if `from_logits`, in the same shape.
        from_logits: Whether sigmoid is still to be applied to `output`.

    Raises:
        ValueError: The shapes differ.

    Example:
        >>> binary_crossentropy([1.0, 0.0], [0.5, 0.5]).round(4)
        array([0.6931, 0.6931], dtype=float32)
    """
    _refuse_other_shapes(target, output)
    rule = _sigmoid_crossentropy if from_logits else _binary_crossentropy
    # Each element is a row of one column, of which a kernel takes the mean.
    losses = rule(reshape(output, (-1, 1)), reshape(target, (-1, 1)))
    return reshape(losses, shape(output))


def _refuse_other_shapes(target: TensorLike, output: TensorLike) -> None:
    """Refuse targets and outputs that would be stretched to each other.

    Raises:
        ValueError: Their shapes differ.
    """
    if shape(target) != shape(output):
        raise ValueError(
            f"target has shape {shape(target)}, and output {shape(output)}: they must "
            "be the same. ops.one_hot makes vectors of labels, and ops.reshape turns "
            "(n,) into (n, 1)."
        )


@differentiable_of_floats
def _crossentropy(y: TensorLike, t: TensorLike) -> Rule:
    losses = _kernel("crossentropy", y.dtype)(y, t)
    backward = _kernel("crossentropy_backward", y.dtype)
    q = y / y.sum(axis=1, keepdims=True)
    return (
        losses,
        lambda dy: backward(y, t) * dy[:, None],
        lambda dy: -np.log(_held(q)) * dy[:, None],
    )


@differentiable_of_floats
def _softmax_crossentropy(x: TensorLike, t: TensorLike) -> Rule:
    p, losses = _kernel("softmax_crossentropy", x.dtype)(x, t)
    backward = _kernel("softmax_crossentropy_backward", x.dtype)
    return (
        losses,
        lambda dy: backward(p, t) * dy[:, None],
        lambda dy: -log_softmax(x) * dy[:, None],
    )


@differentiable_of_floats
def _binary_crossentropy(y: TensorLike, t: TensorLike) -> Rule:
    losses = _kernel("binary_crossentropy", y.dtype)(y, t)
    backward = _kernel("binary_crossentropy_backward", y.dtype)
    q = _held(y)
    return (
        losses,
        lambda dy: backward(y, t) * dy[:, None],
        lambda dy: (np.log(1 - q) - np.log(q)) * dy[:, None],
    )


@differentiable_of_floats
def _sigmoid_crossentropy(x: TensorLike, t: TensorLike) -> Rule:
    p, losses = _kernel("sigmoid_crossentropy", x.dtype)(x, t)
    backward = _kernel("sigmoid_crossentropy_backward", x.dtype)
    return losses, lambda dy: backward(p, t) * dy[:, None], lambda dy: -x * dy[:, None]


def _held(q: Array) -> Array:
    """Return q, but at least 1e-7 and at most 1 - 1e-7."""
    return np.clip(q, q.dtype.type(1e-7), q.dtype.type(1 - 1e-7))
