"""The binding of everything that is compiled, and the place to try a kernel out.

Each function takes plain arrays, checks their shapes, allocates what is not given as
`out`, and calls the kernel of the same name: compiled from src/ for the best
instruction set that this processor has, or, where `FASTMLP_BACKEND=numpy` asks for it
or nothing compiled loads, that of `fastmlp.reference`, where its equation and an
example stand. What each takes says `_texts.py`, and `_binding.py` makes a function
of that where one is first asked for.

The letters are those of the equations in src/: x are inputs, w weights, b a bias, y
outputs, t targets, and d<name> the gradient of the loss with respect to <name>. All
arrays are float32.

Attributes:
    backend: "compiled" or "numpy".
    instruction_set: "x86-64-v4" (AVX-512), "x86-64-v3" (AVX2), "x86-64", the name of
        another processor, or "none" on the NumPy backend.
"""

from collections.abc import Callable
from typing import Any, Literal

import numpy as np  # noqa: F401, for the examples of the kernels

from fastmlp.kernels import _loading, _texts
from fastmlp.kernels._data import (
    compress,
    convert,
    count_pairs,
    draw_digits,
    penalty,
)
from fastmlp.kernels._loading import instruction_set, load_variant, supported_variants
from fastmlp.kernels._run import run, works_in_blocks
from fastmlp.kernels._threads import num_threads, threads_for

__all__ = [
    "backend",
    "compress",
    "convert",
    "count_pairs",
    "draw_digits",
    "instruction_set",
    "load_variant",
    "num_threads",
    "penalty",
    "run",
    "supported_variants",
    "threads_for",
    "works_in_blocks",
]
__all__ += list(_texts.TEXTS)


def __dir__() -> list[str]:
    return __all__


backend: Literal["compiled", "numpy"] = (
    "numpy" if _loading.compiled is None else "compiled"
)


def __getattr__(name: str) -> Callable[..., Any]:
    """Return the kernel of that name, and keep it."""
    if name not in _texts.TEXTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from fastmlp.kernels import _binding  # Only here: most programs name none.

    function = globals()[name] = _binding.bind(name)
    return function
