"""The door to everything that is compiled, and the place to try a kernel out.

Each function takes plain arrays, checks their shapes, allocates what is not given as
`out`, and calls the kernel of the same name: compiled from src/ for the best
instruction set that this processor has, or, where `FASTMLP_BACKEND=numpy` asks for it
or nothing compiled loads, its twin in `fastmlp.reference`.

The letters are those of the equations in src/: x are inputs, w weights, b a bias, y
outputs, t targets, and d<name> the gradient of the loss with respect to <name>. All
arrays are float32.

Attributes:
    backend: "compiled" or "numpy".
    instruction_set: "x86-64-v4" (AVX-512), "x86-64-v3" (AVX2), "x86-64", the name of
        another processor, or "none" on the NumPy backend.
"""

from fastmlp.kernels import _door
from fastmlp.kernels._activations import (
    approximate_gelu,
    approximate_gelu_backward,
    bent_relu,
    bent_relu_backward,
    elu,
    elu_backward,
    gelu,
    gelu_backward,
    leaky_relu,
    leaky_relu_backward,
    relu,
    relu_backward,
    selu,
    selu_backward,
    sigmoid,
    sigmoid_backward,
    silu,
    silu_backward,
    softmax,
    softmax_backward,
    softplus,
    softplus_backward,
    tanh,
    tanh_backward,
)
from fastmlp.kernels._data import (
    compress,
    convert,
    draw_digits,
)
from fastmlp.kernels._dense import (
    dense_backward,
    dense_forward,
)
from fastmlp.kernels._loading import instruction_set, load_variant, supported_variants
from fastmlp.kernels._losses import (
    binary_crossentropy,
    binary_crossentropy_backward,
    crossentropy,
    crossentropy_backward,
    huber,
    huber_backward,
    mean_absolute_error,
    mean_absolute_error_backward,
    mean_squared_error,
    mean_squared_error_backward,
    sigmoid_crossentropy,
    sigmoid_crossentropy_backward,
    softmax_crossentropy,
    softmax_crossentropy_backward,
)
from fastmlp.kernels._metrics import (
    accuracy,
    binary_accuracy,
    categorical_accuracy,
    precision,
    recall,
    top_k_accuracy,
)
from fastmlp.kernels._network import (
    run,
)
from fastmlp.kernels._normalization import (
    affine,
    affine_backward,
    dropout,
    moments,
    move_towards,
    normalize,
    normalize_backward,
)
from fastmlp.kernels._optimizers import (
    adam,
    clip_norm,
    clip_values,
    decay_weights,
    keep_non_negative,
    limit_norms,
    penalty,
    penalty_backward,
    rmsprop,
    sgd,
)
from fastmlp.kernels._threads import num_threads, threads_for

__all__ = [
    "accuracy",
    "adam",
    "affine",
    "affine_backward",
    "approximate_gelu",
    "approximate_gelu_backward",
    "backend",
    "bent_relu",
    "bent_relu_backward",
    "binary_accuracy",
    "binary_crossentropy",
    "binary_crossentropy_backward",
    "categorical_accuracy",
    "clip_norm",
    "clip_values",
    "compress",
    "convert",
    "crossentropy",
    "crossentropy_backward",
    "decay_weights",
    "dense_backward",
    "dense_forward",
    "draw_digits",
    "dropout",
    "elu",
    "elu_backward",
    "gelu",
    "gelu_backward",
    "huber",
    "huber_backward",
    "instruction_set",
    "keep_non_negative",
    "leaky_relu",
    "leaky_relu_backward",
    "limit_norms",
    "load_variant",
    "mean_absolute_error",
    "mean_absolute_error_backward",
    "mean_squared_error",
    "mean_squared_error_backward",
    "moments",
    "move_towards",
    "normalize",
    "normalize_backward",
    "num_threads",
    "penalty",
    "penalty_backward",
    "precision",
    "recall",
    "relu",
    "relu_backward",
    "rmsprop",
    "run",
    "selu",
    "selu_backward",
    "sgd",
    "sigmoid",
    "sigmoid_backward",
    "sigmoid_crossentropy",
    "sigmoid_crossentropy_backward",
    "silu",
    "silu_backward",
    "softmax",
    "softmax_backward",
    "softmax_crossentropy",
    "softmax_crossentropy_backward",
    "softplus",
    "softplus_backward",
    "supported_variants",
    "tanh",
    "tanh_backward",
    "threads_for",
    "top_k_accuracy",
]

backend = "numpy" if _door.compiled is None else "compiled"
