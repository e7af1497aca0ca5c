"""What scripts for dense networks touch of TensorFlow beside Keras: one table.

Each name stands for one of fastmlp's or of NumPy's, or for a function of this file.
Anything else is answered by a sentence that names it.
"""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp._util.elsewhere import NotHere
from fastmlp._util.result import as_result
from fastmlp._version import __version__

Array = NDArray[Any]

# Whose names these are: scripts ask for a version at least.
VERSION = f"2.20.0+fastmlp.{__version__}"


# -- Numbers ------------------------------------------------------------------------


def constant(value: Any, dtype: Any = None, shape: Any = None, name: Any = None) -> Any:
    """Return numbers as an array: integers as int32, others as float32."""
    array = np.asarray(value, dtype)
    if dtype is None and not isinstance(value, np.ndarray):
        narrow = {np.dtype(np.int64): np.int32, np.dtype(np.float64): np.float32}
        array = array.astype(narrow.get(array.dtype, array.dtype))
    if shape is not None:
        array = np.broadcast_to(array, shape) if array.ndim == 0 else array
        array = array.reshape(shape)
    return array


def argmax(input: Any, axis: int = 0, output_type: Any = np.int64) -> Array:
    """Return where the largest entries are; TensorFlow goes along the first axis."""
    return np.asarray(np.argmax(input, axis), output_type)


def argmin(input: Any, axis: int = 0, output_type: Any = np.int64) -> Array:
    """Return where the smallest entries are."""
    return np.asarray(np.argmin(input, axis), output_type)


def one_hot(
    indices: Any, depth: int, axis: int = -1, dtype: Any = np.float32, name: Any = None
) -> Any:
    """Return a 1 at the place of each label, among `depth` numbers."""
    from fastmlp import ops

    return ops.one_hot(indices, depth, axis, dtype)


def split(
    value: Any,
    num_or_size_splits: Any,
    axis: int = 0,
    num: Any = None,
    name: Any = None,
) -> Any:
    """Return so many parts of a size, or, of a list, parts of these sizes."""
    from fastmlp import ops

    parts = num_or_size_splits
    places = parts if np.ndim(parts) == 0 else np.cumsum(parts)[:-1].tolist()
    return ops.split(value, places, axis)


def confusion_matrix(
    labels: Any,
    predictions: Any,
    num_classes: int | None = None,
    weights: Any = None,
    dtype: Any = np.int32,
    name: Any = None,
) -> Array:
    """Count how often a class, the row, was taken for another, the column."""
    true = np.asarray(labels).reshape(-1).astype(np.intp)
    found = np.asarray(predictions).reshape(-1).astype(np.intp)
    classes = num_classes or int(max(true.max(initial=-1), found.max(initial=-1))) + 1
    table = np.zeros((classes, classes), dtype)
    counts = 1 if weights is None else np.asarray(weights).reshape(-1)
    np.add.at(table, (true, found), counts)
    return table


def normal(
    shape: Any,
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: Any = np.float32,
    seed: int | None = None,
    name: Any = None,
) -> Array:
    """Draw from a normal distribution."""
    return np.asarray(_random(seed).normal(mean, stddev, tuple(shape)), dtype)


def uniform(
    shape: Any,
    minval: float = 0,
    maxval: float | None = None,
    dtype: Any = np.float32,
    seed: int | None = None,
    name: Any = None,
) -> Array:
    """Draw evenly between two numbers; of integers, the second is left out."""
    most = 1 if maxval is None else maxval
    if np.issubdtype(dtype, np.integer):
        whole = _random(seed).integers(int(minval), int(most), tuple(shape))
        return np.asarray(whole, dtype)
    return np.asarray(_random(seed).uniform(minval, most, tuple(shape)), dtype)


def shuffle(value: Any, seed: int | None = None, name: Any = None) -> Array:
    """Return rows in another order."""
    return np.asarray(_random(seed).permutation(np.asarray(value)))


def _random(seed: int | None) -> Any:
    from fastmlp._util.random import generator

    return generator() if seed is None else np.random.default_rng(seed)


# -- What changes nothing -------------------------------------------------------------


def nothing(*_: Any, **__: Any) -> None:
    """Do nothing: fastmlp has no devices, sessions and logs to be set."""


def no_devices(device_type: str | None = None) -> list[Any]:
    """Return which graphics processors there are: fastmlp uses none."""
    return []


def false(*_: Any, **__: Any) -> bool:
    """Return False: whether there is a GPU, or a build for one."""
    return False


def true(*_: Any, **__: Any) -> bool:
    """Return True: whether each line is computed at once."""
    return True


def logger(name: str | None = None) -> Any:
    """Return TensorFlow's log, to which nobody writes."""
    import logging

    return logging.getLogger(name or "tensorflow")


def _with_results(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that takes TensorFlow's words and gives what has `numpy()`."""
    known = inspect.signature(function).parameters

    @functools.wraps(function)
    def call(*arguments: Any, **named: Any) -> Any:
        for word in named.keys() - known.keys():
            if word == "name":  # That of a node in a graph, which there is none of.
                del named[word]
            elif word in _FIRST and not arguments:
                arguments = (named.pop(word),)
        y = function(*arguments, **named)
        return as_result(np.asarray(y) if isinstance(y, np.generic) else y)

    return call


def _under(path: str, module: str, names: str) -> dict[str, str]:
    """Return rows for names that another module has, some with another name there."""
    rows = {}
    for name in names.split():
        here, _, there = name.partition("=")
        rows[f"{path}.{here}".lstrip(".")] = f"{module}:{there or here}"
    return rows


_HERE = __name__
# What TensorFlow calls the first argument of operations.
_FIRST = ("input", "input_tensor", "params", "t", "tensor", "value", "values")
_MATH = (
    "abs add ceil cos divide equal erf exp expm1 floor greater greater_equal less "
    "less_equal log log1p logical_and logical_not logical_or maximum minimum multiply "
    "negative not_equal pow=power reciprocal reduce_max=max reduce_mean=mean "
    "reduce_min=min reduce_prod=prod reduce_std=std reduce_sum=sum reduce_variance=var "
    "round rsqrt sigmoid sign sin sqrt square subtract tan tanh top_k cumsum"
)
_NN = "elu gelu leaky_relu relu selu sigmoid silu softmax softplus swish tanh"

# Where each name is: "module:name".
_TABLE: dict[str, str] = {
    **_under("", "fastmlp.ops", _MATH),
    **_under("math", "fastmlp.ops", _MATH),
    **_under("nn", "fastmlp.activations", _NN),
    **_under("nn", "fastmlp.ops", "log_softmax relu6 softsign"),
    **_under(
        "",
        "fastmlp.ops",
        "cast clip_by_value=clip concat=concatenate convert_to_tensor expand_dims eye "
        "gather=take identity linspace matmul norm ones ones_like range=arange "
        "repeat reshape shape sort squeeze stack stop_gradient tensordot tile "
        "transpose where zeros zeros_like",
    ),
    **_under(
        "",
        "numpy",
        "Tensor=ndarray bool=bool_ float16 float32 float64 int8 int16 int32 int64 "
        "newaxis string=str_ uint8",
    ),
    **_under("", _HERE, "argmax argmin constant executing_eagerly=true "
        "get_logger=logger one_hot split"),
    **_under("", "contextlib", "device=nullcontext"),
    **_under("version", _HERE, "VERSION"),
    **_under("math", _HERE, "argmax argmin confusion_matrix"),
    **_under("linalg", "fastmlp.ops", "matmul norm"),
    **_under("random", _HERE, "normal uniform shuffle"),
    **_under("random", "fastmlp.utils", "set_seed=set_random_seed"),
    **_under("compat.v1", "fastmlp.utils", "set_random_seed"),
    **_under("", "fastmlp.utils", "set_random_seed"),
    **_under("config", _HERE, "list_physical_devices=no_devices "
        "list_logical_devices=no_devices run_functions_eagerly=nothing "
        "set_visible_devices=nothing"),
    **_under("config.experimental", _HERE, "list_physical_devices=no_devices "
        "set_memory_growth=nothing enable_op_determinism=nothing "
        "enable_tensor_float_32_execution=nothing"),
    **_under("config.threading", _HERE, "set_inter_op_parallelism_threads=nothing "
        "set_intra_op_parallelism_threads=nothing"),
    **_under("config.optimizer", _HERE, "set_jit=nothing"),
    **_under("test", _HERE, "is_gpu_available=false is_built_with_cuda=false "
        "gpu_device_name=nothing"),
    **_under("autograph", _HERE, "set_verbosity=nothing"),
    **_under("logging", _HERE, "set_verbosity=nothing"),
    **_under("compat.v1.logging", _HERE, "set_verbosity=nothing"),
    **_under("compat.v1", _HERE, "disable_eager_execution=nothing "
        "disable_v2_behavior=nothing enable_eager_execution=nothing "
        "reset_default_graph=nothing"),
}  # fmt: skip
_LEVELS = {"DEBUG": 10, "INFO": 20, "WARN": 30, "WARNING": 30, "ERROR": 40, "FATAL": 50}

# The modules among them.
NAMESPACES = {""} | {
    path.rsplit(".", depth)[0]
    for path in _TABLE
    for depth in range(1, path.count(".") + 1)
}


def find(path: str, name: str) -> Any:
    """Return what a name of TensorFlow's stands for.

    Args:
        path: The module, such as "nn"; "" for TensorFlow itself.
        name: The name in it.

    Raises:
        AttributeError: There is nothing that it stands for.

    Example:
        >>> find("math", "confusion_matrix")([0, 1, 1], [0, 1, 0])
        array([[1, 0],
               [1, 1]], dtype=int32)
    """
    whole = f"{path}.{name}".lstrip(".")
    if whole in _TABLE:
        module, _, found = _TABLE[whole].partition(":")
        value = getattr(importlib.import_module(module), found)
        is_of_numbers = module in ("fastmlp.ops", __name__)
        is_function = isinstance(value, FunctionType) and is_of_numbers
        return _with_results(value) if is_function else value
    if path.endswith("logging") and name in _LEVELS:
        return _LEVELS[name]
    raise NotHere(
        f"tensorflow.{whole} is TensorFlow's own, and fastmlp stands in for Keras "
        "alone, with what its scripts touch beside it. Leave it out where it is not "
        "needed, write it in NumPy, or take the script to TensorFlow."
    )
