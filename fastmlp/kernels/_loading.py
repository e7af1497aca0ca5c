"""Which compiled kernels to load: the best ones that this processor runs.

The same source is compiled once for each level of x86-64, and the base variant tells
which of them this processor runs; elsewhere there is one variant for the compiler's
default.

Attributes:
    compiled: The module with the kernels, or None: then NumPy does the work.
    instruction_set: What they were compiled for; "none" on NumPy.
"""

import importlib
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import ModuleType

from fastmlp import tables
from fastmlp._util.environment import chosen, ignore, warn_of_unknown_variables
from fastmlp._util.warn import warn
from fastmlp.plan import _rows

# Best first: the instruction set, and the level of x86-64 that it is.
_VARIANTS = {"v4": ("x86-64-v4", 4), "v3": ("x86-64-v3", 3), "base": ("", 1)}

# A thread that waits for work looks for it this often, about 50 microseconds, before it
# sleeps; one of LLVM's OpenMP sleeps after a millisecond. By default they look for much
# longer, while other programs wait for their core.
_SHORT_WAITS = {"GOMP_SPINCOUNT": "2000", "KMP_BLOCKTIME": "1"}


def supported_variants() -> list[str]:
    """Return the kernel variants that this processor can run, best first.

    Example:
        >>> "base" in supported_variants()
        True
    """
    try:
        level: int = load_variant("base").supported_level()
    except ImportError:
        return ["base"]
    return [variant for variant, (_, needed) in _VARIANTS.items() if needed <= level]


def load_variant(variant: str) -> ModuleType:
    """Import the kernels that were compiled for one instruction set.

    Args:
        variant: "v4", "v3" or "base"; only names from `supported_variants()` may be
            loaded, since another's code would stop the interpreter.

    Raises:
        ImportError: That variant was not built, or does not load here.
    """
    with _short_waits():
        module = importlib.import_module(f"fastmlp._kernels_{variant}")
        # GNU's OpenMP reads the environment as it is loaded, LLVM's at the first call.
        module.openmp_limit()
    rows = {
        name: one._fields
        for name, one in vars(_rows).items()
        if hasattr(one, "_fields")
    }
    if getattr(module, "ROWS", None) != rows or any(
        getattr(tables, name) != row for name, row in module.TABLES.items()
    ):
        raise ImportError(
            f"The kernels {variant!r} were compiled for other tables than those of "
            "fastmlp/tables.py and fastmlp/plan/_rows.py: build them again, as with "
            "`pip install -e .`."
        )
    return module


def loadable_variants() -> list[str]:
    """Return those of them that were built, too.

    Example:
        >>> set(loadable_variants()) <= set(supported_variants())
        True
    """
    loadable = []
    for variant in supported_variants():
        with suppress(ImportError):
            load_variant(variant)
            loadable.append(variant)
    return loadable


@contextmanager
def _short_waits() -> Iterator[None]:
    """Ask OpenMP, while it is loaded, not to wait long, if the user asks for nothing.

    Programs that are started later do not inherit it.
    """
    if any(name in os.environ for name in ("OMP_WAIT_POLICY", *_SHORT_WAITS)):
        yield
        return
    os.environ.update(_SHORT_WAITS)
    try:
        yield
    finally:
        for name in _SHORT_WAITS:
            os.environ.pop(name, None)


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


def _load() -> tuple[ModuleType | None, str]:
    """Return the compiled kernels and their instruction set, or (None, "none")."""
    if chosen("FASTMLP_BACKEND", ["compiled", "numpy"]) == "numpy":
        return None, "none"
    candidates = supported_variants()
    wanted = chosen("FASTMLP_ISA", list(_VARIANTS))
    if wanted in candidates:
        candidates = [wanted]
    elif wanted is not None:
        why = f"this processor supports {', '.join(candidates)}"
        ignore("FASTMLP_ISA", wanted, why)
    reasons = []
    for variant in candidates:
        try:
            module = load_variant(variant)
        except ImportError as error:
            reasons.append(str(error))
            continue
        return module, _VARIANTS[variant][0] or platform.machine().replace("_", "-")
    warn(
        f"{_why_no_kernel_loads()} So fastmlp runs on NumPy, which is several times "
        f"slower. What was tried: {'; '.join(reasons)}",
        RuntimeWarning,
    )
    return None, "none"


compiled: ModuleType | None
instruction_set: str
warn_of_unknown_variables()
compiled, instruction_set = _load()
