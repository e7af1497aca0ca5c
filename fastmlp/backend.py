"""What older Keras scripts call `K`: the operations of `fastmlp.ops` by older names.

Most are the same functions. Where arguments had other names or defaults, they have them
here, too.

Example:
    >>> import numpy as np
    >>> from fastmlp import backend as K
    >>> y_true, y_pred = np.float32([[1.0, 3.0]]), np.float32([[2.0, 3.0]])
    >>> K.mean(K.square(y_pred - y_true), axis=-1)
    array([0.5], dtype=float32)
    >>> K.clip(y_pred, min_value=K.epsilon(), max_value=1.0)
    array([[1., 1.]], dtype=float32)
"""

from __future__ import annotations

import inspect
import string
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fastmlp import ops
from fastmlp._check.numbers import describe
from fastmlp._util.random import generator
from fastmlp.activations import relu_kernel
from fastmlp.config import (
    backend,
    epsilon,
    floatx,
    image_data_format,
    set_epsilon,
    set_floatx,
)
from fastmlp.ops import (
    abs,
    all,
    any,
    binary_crossentropy,
    cast,
    categorical_crossentropy,
    cos,
    elu,
    exp,
    log,
    logsumexp,
    max,
    mean,
    min,
    ndim,
    prod,
    round,
    shape,
    sigmoid,
    sign,
    sin,
    softmax,
    softplus,
    softsign,
    sparse_categorical_crossentropy,
    sqrt,
    square,
    squeeze,
    stack,
    std,
    sum,
    tanh,
    transpose,
    var,
)
from fastmlp.ops._nn import kernel_activation
from fastmlp.ops._tape import computed
from fastmlp.ops._traced import TensorLike
from fastmlp.utils import clear_session

__all__ = [
    "abs", "all", "any", "arange", "argmax", "argmin", "backend", "batch_dot",
    "batch_flatten", "binary_crossentropy", "cast", "cast_to_floatx",
    "categorical_crossentropy",
    "clear_session", "clip", "concatenate", "constant", "cos", "count_params",
    "cumsum", "dot", "dtype", "elu", "epsilon", "equal", "eval", "exp",
    "expand_dims", "eye", "flatten", "floatx", "gather", "get_value", "greater",
    "greater_equal", "hard_sigmoid", "image_data_format", "in_top_k", "int_shape",
    "l2_normalize", "less", "less_equal", "log", "logsumexp", "max", "maximum",
    "mean", "min", "minimum", "ndim", "not_equal", "one_hot", "ones", "ones_like",
    "permute_dimensions", "pow", "prod", "random_normal", "random_uniform", "relu",
    "repeat_elements", "reshape", "reverse", "round", "set_epsilon", "set_floatx",
    "set_value", "shape", "sigmoid", "sign", "sin", "softmax", "softplus",
    "softsign", "sparse_categorical_crossentropy", "sqrt", "square", "squeeze",
    "stack", "std", "stop_gradient", "sum", "switch", "tanh", "tile", "transpose",
    "var", "variable", "zeros", "zeros_like",
]  # fmt: skip


def __dir__() -> list[str]:
    return __all__


# -- The same operations, with older arguments ------------------------------------

Operation: TypeAlias = Callable[..., Any]


def _older(older: str, operation: Any, *names: str, **defaults: Any) -> Operation:
    """Return an operation under its older name, with older arguments.

    Args:
        older: The name.
        operation: The operation.
        names: What its first arguments were called.
        defaults: Defaults that were others, by the name that the argument has now.
    """
    known = inspect.signature(operation).parameters.values()
    order = [one.name for one in known]
    newer = dict(zip(names, order, strict=False))

    def call(*arguments: Any, **settings: Any) -> Any:
        settings.pop("name", None)  # Tensors had names.
        given = {newer.get(name, name): value for name, value in settings.items()}
        for name in order[len(arguments) :]:
            if name in defaults:
                given.setdefault(name, defaults[name])
        return operation(*arguments, **given)

    shown = [
        one.replace(name=name, default=defaults.get(one.name, one.default))
        for one, name in zip(known, [*names, *order[len(names) :]], strict=True)
    ]
    call.__name__ = call.__qualname__ = older
    call.__doc__ = f"Compute what `fastmlp.ops.{operation.__name__}` does."
    call.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
    return call


arange: Operation = _older("arange", ops.arange, dtype="int32")
argmax: Operation = _older("argmax", ops.argmax, axis=-1)
argmin: Operation = _older("argmin", ops.argmin, axis=-1)
clip: Operation = _older("clip", ops.clip, "x", "min_value", "max_value")
concatenate: Operation = _older("concatenate", ops.concatenate, "tensors", axis=-1)
constant: Operation = _older("constant", ops.convert_to_tensor, "value")
count_params: Operation = ops.size
cumsum: Operation = _older("cumsum", ops.cumsum, axis=0)
dot: Operation = _older("dot", ops.dot, "x", "y")
equal: Operation = _older("equal", ops.equal, "x", "y")
eval: Operation = ops.convert_to_numpy
expand_dims: Operation = _older("expand_dims", ops.expand_dims, axis=-1)
eye: Operation = _older("eye", ops.eye, "size")
flatten: Operation = ops.ravel
gather: Operation = _older("gather", ops.take, "reference", axis=0)
greater: Operation = _older("greater", ops.greater, "x", "y")
greater_equal: Operation = _older("greater_equal", ops.greater_equal, "x", "y")
int_shape: Operation = ops.shape
l2_normalize: Operation = _older("l2_normalize", ops.normalize, axis=None, epsilon=1e-6)
less: Operation = _older("less", ops.less, "x", "y")
less_equal: Operation = _older("less_equal", ops.less_equal, "x", "y")
maximum: Operation = _older("maximum", ops.maximum, "x", "y")
minimum: Operation = _older("minimum", ops.minimum, "x", "y")
not_equal: Operation = _older("not_equal", ops.not_equal, "x", "y")
one_hot: Operation = _older("one_hot", ops.one_hot, "indices")
ones: Operation = _older("ones", ops.ones)
ones_like: Operation = _older("ones_like", ops.ones_like)
permute_dimensions: Operation = _older(
    "permute_dimensions", ops.transpose, "x", "pattern"
)
pow: Operation = _older("pow", ops.power, "x", "a")
repeat_elements: Operation = _older("repeat_elements", ops.repeat, "x", "rep")
reshape: Operation = _older("reshape", ops.reshape, "x", "shape")
reverse: Operation = _older("reverse", ops.flip, "x", "axes")
stop_gradient: Operation = _older("stop_gradient", ops.stop_gradient, "variables")
tile: Operation = _older("tile", ops.tile, "x", "n")
variable: Operation = _older("variable", ops.convert_to_tensor, "value")
zeros: Operation = _older("zeros", ops.zeros)
zeros_like: Operation = _older("zeros_like", ops.zeros_like)


# -- What is no operation any more ------------------------------------------------


def batch_dot(
    x: TensorLike, y: TensorLike, axes: int | Sequence[int] | None = None
) -> Any:
    """Compute for each row the product of what x and y have there.

    Args:
        x: Numbers (rows, ...).
        y: Numbers (rows, ...).
        axes: Which axis of x meets which of y, both 1 or more. Default None: the last
            of x, and the last but one of y, or its only one.

    Example:
        >>> batch_dot([[1.0, 2.0]], [[3.0, 4.0]])
        array([[11.]], dtype=float32)
    """
    dims = ops.ndim(x), ops.ndim(y)
    if axes is None:
        axes = (dims[0] - 1, 1 if dims[1] == 2 else dims[1] - 2)
    first, second = (axes, axes) if isinstance(axes, int) else axes
    letters = string.ascii_lowercase
    a, b = [*letters[: dims[0]]], [letters[0], *letters[dims[0] : sum(dims) - 1]]
    b[second] = a[first]
    left = "".join(one for one in a + b[1:] if one != a[first])
    y = ops.einsum(f"{''.join(a)},{''.join(b)}->{left}", x, y)
    return ops.expand_dims(y, 1) if dims == (2, 2) else y


def batch_flatten(x: TensorLike) -> Any:
    """Return the numbers of each row along a single axis: (rows, numbers).

    Example:
        >>> batch_flatten([[[1.0], [2.0]]])
        array([[1., 2.]], dtype=float32)
    """
    return ops.reshape(x, (len(x), -1))


def cast_to_floatx(x: TensorLike) -> Any:
    """Return x as float32.

    Example:
        >>> cast_to_floatx([1, 2])
        array([1., 2.], dtype=float32)
    """
    return ops.cast(x, "float32")


def dtype(x: TensorLike) -> str:
    """Return the name of the dtype.

    Example:
        >>> dtype([1.0])
        'float32'
    """
    return str(ops.convert_to_tensor(x).dtype.name)


def hard_sigmoid(x: TensorLike) -> Any:
    """Compute 0.2 x + 0.5, held between 0 and 1: `ops.hard_sigmoid` has slope 1/6.

    Example:
        >>> hard_sigmoid([-4.0, 1.0])
        array([0. , 0.7], dtype=float32)
    """
    return ops.clip(ops.add(ops.multiply(x, 0.2), 0.5), 0.0, 1.0)


def in_top_k(predictions: TensorLike, targets: TensorLike, k: int) -> Any:
    """Tell what `fastmlp.ops.in_top_k` does, which takes the targets first.

    Example:
        >>> in_top_k([[0.1, 0.6, 0.3]], [2], 2)
        array([ True])
    """
    return ops.in_top_k(targets, predictions, k)


def relu(
    x: TensorLike,
    alpha: float = 0.0,
    max_value: float | None = None,
    threshold: float = 0.0,
) -> Any:
    """Compute what `fastmlp.activations.relu` does; alpha is its negative_slope.

    Example:
        >>> relu([-1.0, 9.0], alpha=0.5, max_value=6.0)
        array([-0.5,  6. ], dtype=float32)
    """
    return kernel_activation(x, relu_kernel(alpha, max_value, threshold))


def random_normal(
    shape: Sequence[int],
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: DTypeLike | None = None,
    seed: int | None = None,
) -> Any:
    """Draw from a normal distribution.

    Args:
        shape: The lengths of the axes.
        mean: Default 0.
        stddev: The standard deviation. Default 1.
        dtype: Default None: float32.
        seed: Default None: that of `utils.set_random_seed`.

    Example:
        >>> random_normal((2, 3)).shape
        (2, 3)
    """
    return _drawn("normal", mean, stddev, shape, seed).astype(dtype or "float32")


def random_uniform(
    shape: Sequence[int],
    minval: float = 0.0,
    maxval: float = 1.0,
    dtype: DTypeLike | None = None,
    seed: int | None = None,
) -> Any:
    """Draw numbers that are equally likely between two limits.

    Args:
        shape: The lengths of the axes.
        minval: The lower limit. Default 0.
        maxval: The upper limit. Default 1.
        dtype: Default None: float32.
        seed: Default None: that of `utils.set_random_seed`.

    Example:
        >>> random_uniform((2, 3)).shape
        (2, 3)
    """
    return _drawn("uniform", minval, maxval, shape, seed).astype(dtype or "float32")


def _drawn(
    kind: str, first: float, second: float, shape: Any, seed: int | None
) -> NDArray[Any]:
    """Draw from a distribution that is set by two numbers."""
    random = generator() if seed is None else np.random.default_rng(seed)
    draw = getattr(random, kind)
    drawn: NDArray[Any] = computed(
        f"backend.random_{kind}", [], draw, first, second, shape
    )
    return drawn


def get_value(x: Any) -> NDArray[Any]:
    """Return the numbers of a weight, of a learning rate, or of an array.

    Example:
        >>> from fastmlp.optimizers import SGD
        >>> get_value(SGD(0.5).learning_rate)
        np.float32(0.5)
    """
    found: NDArray[Any]
    found = x.numpy() if hasattr(x, "numpy") else ops.convert_to_numpy(x)
    return found


def set_value(x: Any, value: TensorLike) -> None:
    """Write a value into a weight, a learning rate, or an array.

    Args:
        x: What is written into: what has `assign`, or a NumPy array.
        value: What its numbers become.

    Raises:
        TypeError: x is neither.

    Example:
        >>> from fastmlp.optimizers import SGD
        >>> optimizer = SGD(0.5)
        >>> set_value(optimizer.learning_rate, 0.25)
        >>> optimizer.learning_rate
        0.25
    """
    if hasattr(x, "assign"):
        x.assign(value)
    elif isinstance(x, np.ndarray):
        x[...] = value
    else:
        raise TypeError(
            f"x must be a weight, the learning rate of an optimizer, or a NumPy array "
            f"to be written into, not {describe(x)}."
        )


def switch(condition: TensorLike, then_expression: Any, else_expression: Any) -> Any:
    """Return one of two, as a condition says, or element by element.

    Args:
        condition: True or False, or an array of them; its axes are the first ones of
            what is chosen from.
        then_expression: What is taken where it is true, or a function that makes it.
        else_expression: What is taken elsewhere, or a function that makes it.

    Example:
        >>> switch([True, False], [[1.0], [1.0]], [[0.0], [0.0]])
        array([[1.],
               [0.]], dtype=float32)
    """
    condition = ops.cast(condition, "bool")
    if not ops.ndim(condition):
        chosen = then_expression if condition else else_expression
        return chosen() if callable(chosen) else chosen
    one, other = (
        each() if callable(each) else each
        for each in (then_expression, else_expression)
    )
    missing = ops.ndim(one) - ops.ndim(condition)
    return ops.where(
        np.reshape(condition, np.shape(condition) + (1,) * missing), one, other
    )
