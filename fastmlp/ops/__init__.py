"""What a loss, a metric or a layer of your own is written with: Keras's `ops`.

Of plain arrays each function returns plain arrays. In a loss that is trained, the
arguments are arrays that remember how they came about, so that the gradient of what you
wrote is known: operators and NumPy's functions work on them, too. `gradient` shows it:

Example:
    >>> import numpy as np
    >>> from fastmlp import ops
    >>> def loss(y):
    ...     return ops.mean(ops.square(y - 1.0))
    >>> float(loss(np.float32([2.0, 4.0])))
    5.0
    >>> ops.gradient(loss, np.float32([2.0, 4.0]))
    array([1., 3.], dtype=float32)

How it is done is in `_tape.py`, which is short and made to be read; the rules are in
the files beside it, forward and backward side by side.

float32 stays float32, float64 stays float64; numbers of Python's take the dtype of the
arrays beside them, and lists of them are float32 or int32. Infinities and NaN pass
without a warning, as in Keras.
"""

import functools
from typing import Any

from fastmlp._util.operators import OPERATIONS
from fastmlp.layers._tensor import NoNumbersYet
from fastmlp.ops._comparing import *
from fastmlp.ops._elementwise import *
from fastmlp.ops._linear_algebra import *
from fastmlp.ops._making import *
from fastmlp.ops._nn import *
from fastmlp.ops._reductions import *
from fastmlp.ops._shapes import *
from fastmlp.ops._tape import gradient

__all__ = [
    "abs",
    "absolute",
    "add",
    "all",
    "amax",
    "amin",
    "any",
    "arange",
    "arccos",
    "arcsin",
    "arctan",
    "arctan2",
    "argmax",
    "argmin",
    "argsort",
    "array",
    "average",
    "binary_crossentropy",
    "broadcast_to",
    "cast",
    "categorical_crossentropy",
    "ceil",
    "clip",
    "concatenate",
    "convert_to_numpy",
    "convert_to_tensor",
    "cos",
    "cosh",
    "count_nonzero",
    "cumsum",
    "divide",
    "divide_no_nan",
    "dot",
    "einsum",
    "elu",
    "equal",
    "erf",
    "exp",
    "expand_dims",
    "expm1",
    "eye",
    "flip",
    "floor",
    "floor_divide",
    "full",
    "full_like",
    "gelu",
    "get_item",
    "gradient",
    "greater",
    "greater_equal",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "identity",
    "in_top_k",
    "isclose",
    "isfinite",
    "isinf",
    "isnan",
    "leaky_relu",
    "less",
    "less_equal",
    "linspace",
    "log",
    "log1p",
    "log2",
    "log10",
    "log_sigmoid",
    "log_softmax",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "logsumexp",
    "matmul",
    "max",
    "maximum",
    "mean",
    "median",
    "min",
    "minimum",
    "mod",
    "moveaxis",
    "multiply",
    "ndim",
    "negative",
    "norm",
    "normalize",
    "not_equal",
    "one_hot",
    "ones",
    "ones_like",
    "outer",
    "power",
    "prod",
    "ravel",
    "reciprocal",
    "relu",
    "relu6",
    "repeat",
    "reshape",
    "roll",
    "round",
    "rsqrt",
    "selu",
    "shape",
    "sigmoid",
    "sign",
    "silu",
    "sin",
    "sinh",
    "size",
    "softmax",
    "softplus",
    "softsign",
    "sort",
    "sparse_categorical_crossentropy",
    "split",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "stop_gradient",
    "subtract",
    "sum",
    "swapaxes",
    "swish",
    "take",
    "take_along_axis",
    "tan",
    "tanh",
    "tensordot",
    "tile",
    "top_k",
    "transpose",
    "true_divide",
    "var",
    "where",
    "zeros",
    "zeros_like",
]  # fmt: skip


def __dir__() -> list[str]:
    return __all__


@functools.cache  # Another name of an operation is the same one.
def _noting(operation: Any) -> Any:
    """Let an operation make a layer of itself where it gets symbolic tensors."""

    @functools.wraps(operation)
    def operation_or_layer(*arguments: Any, **settings: Any) -> Any:
        try:
            return operation(*arguments, **settings)
        except NoNumbersYet:
            pass  # What comes now is no part of this error.
        from fastmlp.layers._own import noted

        return noted(operation_or_layer, arguments, settings)

    return operation_or_layer


for _name in __all__:
    globals()[_name] = OPERATIONS[_name] = _noting(globals()[_name])
# What NumPy calls them besides.
OPERATIONS["remainder"] = mod
