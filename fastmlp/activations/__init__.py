"""Activations: the functions that a layer applies to x w + b.

The equations and their derivatives are in src/activations.pxi.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from fastmlp._check.lookup import elsewhere, is_function, listed, look_up, own_or_same
from fastmlp._check.numbers import as_float32, real_numbers
from fastmlp._util.described import describe_object
from fastmlp.activations._bounded import *
from fastmlp.activations._kernel import BY_NAME as BY_NAME
from fastmlp.activations._kernel import KERNELS
from fastmlp.activations._kernel import OWN as OWN
from fastmlp.activations._kernel import ActivationFunction as ActivationFunction
from fastmlp.activations._kernel import Kernel as Kernel
from fastmlp.activations._kernel import apply as apply
from fastmlp.activations._ramps import *
from fastmlp.activations._ramps import relu_kernel as relu_kernel
from fastmlp.activations._shrinking import *
from fastmlp.plan import Float32

if TYPE_CHECKING:
    from fastmlp.typing import ActivationLike

__all__ = [
    "celu", "deserialize", "elu", "exponential", "gelu", "get", "glu",
    "hard_shrink", "hard_sigmoid", "hard_silu", "hard_swish", "hard_tanh",
    "leaky_relu", "linear", "log_sigmoid", "log_softmax", "mish", "relu", "relu6",
    "selu", "serialize", "sigmoid", "silu", "soft_shrink", "softmax", "softplus",
    "softsign", "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus", "swish",
    "tanh", "tanh_shrink", "threshold",
]  # fmt: skip


def __dir__() -> list[str]:
    return __all__


# What is an activation of no layer, and what to do instead.
_OF_NO_LAYER = {
    "glu": "It halves the width: use layers.Multiply of two Dense layers.",
    "threshold": "It needs to be set: layers.ReLU(threshold=...) is one that is.",
}

# What others call those that are called otherwise here.
_ELSEWHERE = {"exp": "exponential", "expit": "sigmoid", "identity": "linear"}

_KERAS_2 = (
    "keras.activations",
    "keras.src.activations",
    "tf_keras.src.activations",
    "tensorflow.python.keras.activations",
)

# Where another library's defaults are others.
_APPROXIMATE = "lambda x: fastmlp.activations.gelu(x, approximate=True)"
_SET_OTHERWISE = {
    ("jax", "leaky_relu"): "layers.LeakyReLU(0.01)",
    ("torch", "leaky_relu"): "layers.LeakyReLU(0.01)",
    ("jax", "gelu"): _APPROXIMATE,
    ("keras.src.ops", "gelu"): _APPROXIMATE,
}


def kernel_of(function: Any) -> Kernel:
    """Return the kernel behind a function of this module, or a layer as one.

    Example:
        >>> kernel_of(tanh).name
        'tanh'
    """
    if _is_layer(function):
        kernel: Kernel = function.activation_kernel()
        return kernel
    return KERNELS[function] if is_compiled(function) else OWN


def is_compiled(function: Any) -> bool:
    """Tell whether an activation is one of this module."""
    return inspect.isfunction(function) and function in KERNELS


def _is_layer(thing: Any) -> bool:
    """Tell whether it is a layer that applies an activation and nothing else."""
    return hasattr(thing, "activation_kernel") and thing.kind == "activation"


def called(function: Any, x: Float32) -> Float32:
    """Return what an activation makes of numbers, which may be the user's own."""
    if is_compiled(function) or _is_layer(function):
        y: Float32 = apply(kernel_of(function), x)
        return y
    found = function.forward(x) if hasattr(function, "forward") else function(x)
    what = f"The outputs of the activation {function!r}"
    y = as_float32(what, real_numbers(what, found), finite=False)
    if y.shape != x.shape:
        raise ValueError(f"{what} have shape {y.shape}, but x has shape {x.shape}.")
    return y


def get(identifier: ActivationLike) -> ActivationFunction:
    """Return the activation that a name stands for.

    Args:
        identifier: A name, one of this module's functions, None for linear, or what
            Keras's files have for a function: {"class_name": "function", "config":
            "relu"}. A layer that is one, such as layers.LeakyReLU(0.1). A function of
            TensorFlow, Keras, JAX or PyTorch, such as tf.nn.relu, stands for that of
            its name. Or of your own: a function in terms of `fastmlp.ops` or NumPy's
            functions; or an object with forward(x), which returns y, and
            backward(x, y, dy), which returns dx.

    Raises:
        ValueError: There is no such activation.

    Example:
        >>> get("relu").__name__
        'relu'
    """
    if identifier is None:
        return linear
    found: Any = own_or_same("activation function", _as_here(identifier), BY_NAME)
    if isinstance(found, str):
        return look_up("activation function", found, BY_NAME, _OF_NO_LAYER)
    if _is_layer(found):
        # Of a layer with an activation of its own, that is what is meant.
        return getattr(found, "activation", found)
    if is_compiled(found) or _is_own(found):
        return found
    if hasattr(found, "compute_output_shape"):
        raise ValueError(
            f"{type(found).__name__} is no activation, which has nothing to learn "
            "and nothing to forget: put it behind this layer, as a layer of its own."
        )
    raise ValueError(
        f"Could not interpret activation function identifier of type "
        f"{type(found).__name__}. These are compiled: "
        f"{listed(BY_NAME, 120)}. One of your own is a function, or an object "
        "with forward and backward; and one with settings a layer, such as "
        "layers.LeakyReLU(0.1)."
    )


def _as_here(identifier: Any) -> Any:
    """Return what is meant here by what other libraries have, and files have of layers.

    Raises:
        ValueError: It is not the same here, or an activation of no layer.
    """
    if isinstance(identifier, Mapping) and identifier.get("class_name") != "function":
        from fastmlp import layers

        is_layer = identifier.get("class_name") in layers.KNOWN
        return layers.deserialize(identifier) if is_layer else identifier
    if identifier is glu or identifier is threshold:
        return identifier.__name__
    if isinstance(identifier, np.ufunc):
        # NumPy's others, and SciPy's, are equations of the user's own.
        name = _ELSEWHERE.get(identifier.__name__, identifier.__name__)
        return name if name in BY_NAME else identifier
    found = elsewhere(identifier)
    if found is None:
        return identifier
    module, name = found
    library = module.partition(".")[0]
    if name == "hard_sigmoid" and module in _KERAS_2:
        raise ValueError(
            "The hard_sigmoid of Keras 2 is 0.2 x + 0.5 between 0 and 1. That of "
            "today, x / 6 + 0.5, goes by its name: 'hard_sigmoid'."
        )
    for (owner, other), here in _SET_OTHERWISE.items():
        if other == name and module.startswith(owner):
            raise ValueError(
                f"The {name} of {library} is set otherwise than that of Keras, "
                f"{name!r}. For the same numbers, write: activation={here}."
            )
    name = _ELSEWHERE.get(name, name)
    return name if name in (*BY_NAME, *_OF_NO_LAYER) else identifier


def _is_own(function: Any) -> bool:
    """Tell whether it is an activation of the user's: a function, or both ways."""
    if hasattr(function, "forward") and hasattr(function, "backward"):
        return not isinstance(function, type) and not getattr(function, "weights", ())
    return is_function(function) or isinstance(function, np.ufunc)


def serialize(function: Any) -> Any:
    """Return the name of an activation, which `get` takes; of a layer, what it is.

    Example:
        >>> serialize(relu)
        'relu'
    """
    return describe_object(get(function))


def deserialize(config: ActivationLike) -> ActivationFunction:
    """Return the activation that `serialize` described: see `get`.

    Example:
        >>> deserialize("relu").__name__
        'relu'
    """
    return get(config)
