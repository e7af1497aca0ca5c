"""Which compiled kernels to load: the best ones that this processor runs.

The same source is compiled once for each level of x86-64; elsewhere there is one
variant for the compiler's default.

Attributes:
    compiled: The module with the kernels, or None: then NumPy does the work.
    instruction_set: What they were compiled for; "none" on NumPy.
"""

import importlib
import os
import platform
import warnings
from types import ModuleType

_AVX2 = ("AVX2", "FMA3", "F16C")
_AVX512 = ("AVX512F", "AVX512BW", "AVX512CD", "AVX512DQ", "AVX512VL")

# Best first: the instruction set, and the features of the processor that it needs.
_VARIANTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "v4": ("x86-64-v4", (*_AVX2, *_AVX512)),
    "v3": ("x86-64-v3", _AVX2),
    "base": ("", ()),
}


def _processor_features() -> dict[str, bool]:
    """Return what NumPy found out about the processor; {} if it does not tell."""
    for module in ("numpy._core._multiarray_umath", "numpy.core._multiarray_umath"):
        try:
            return dict(importlib.import_module(module).__cpu_features__)
        except (ImportError, AttributeError):
            continue
    return {}


def supported_variants() -> list[str]:
    """Return the kernel variants that this processor can run, best first.

    Example:
        >>> "base" in supported_variants()
        True
    """
    features = _processor_features()
    return [
        variant
        for variant, (_, needed) in _VARIANTS.items()
        if all(features.get(feature, False) for feature in needed)
    ]


def load_variant(variant: str) -> ModuleType:
    """Import the kernels that were compiled for one instruction set.

    Args:
        variant: "v4", "v3" or "base"; only names from `supported_variants()` may be
            loaded, since another's code would stop the interpreter.

    Raises:
        ImportError: That variant was not built, or does not load here.
    """
    return importlib.import_module(f"fastmlp._kernels_{variant}")


def _why_no_kernel_loads() -> str:
    """Say what is the matter, and what to do."""
    folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    compiled_here = any(name.startswith("_kernels_") for name in os.listdir(folder))
    setup = os.path.join(os.path.dirname(folder), "setup.py")
    if not compiled_here and os.path.exists(setup):
        return (
            "This is the fastmlp of the source folder, which has no compiled kernels "
            "and hides the installed one: start Python in another folder, or build "
            "the kernels here with `pip install -e .`."
        )
    return (
        "No compiled kernel of fastmlp loads on this machine; installing it anew from "
        "source builds them."
    )


def _chosen(variable: str, choices: list[str]) -> str | None:
    """Return what an environment variable chooses, or None if it is not set."""
    value = os.environ.get(variable)
    if value and value not in choices:
        raise ValueError(f"{variable} must be {' or '.join(choices)}, not {value!r}.")
    return value or None


def _load() -> tuple[ModuleType | None, str]:
    """Return the compiled kernels and their instruction set, or (None, "none")."""
    if _chosen("FASTMLP_BACKEND", ["compiled", "numpy"]) == "numpy":
        return None, "none"
    candidates = supported_variants()
    wanted = _chosen("FASTMLP_ISA", list(_VARIANTS))
    if wanted:
        if wanted not in candidates:
            raise ValueError(
                f"FASTMLP_ISA asks for {wanted!r}, which this processor does not "
                f"support. It supports: {', '.join(candidates)}."
            )
        candidates = [wanted]
    reasons = []
    for variant in candidates:
        try:
            module = load_variant(variant)
        except ImportError as error:
            reasons.append(str(error))
            continue
        return module, _VARIANTS[variant][0] or platform.machine().replace("_", "-")
    warnings.warn(
        f"{_why_no_kernel_loads()} So fastmlp runs on NumPy, which is several times "
        f"slower. What was tried: {'; '.join(reasons)}",
        RuntimeWarning,
        stacklevel=2,
    )
    return None, "none"


compiled, instruction_set = _load()
