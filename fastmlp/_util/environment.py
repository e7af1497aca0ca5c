"""Variables of the environment: what they choose, or a warning that says why not.

None of them is worth an `import fastmlp` that fails: what makes no sense is ignored,
and a warning says so.
"""

import os
from collections.abc import Sequence

from fastmlp._util.warn import warn

# All that fastmlp reads, its tests and its build included.
_KNOWN = (
    "FASTMLP_BACKEND",
    "FASTMLP_BUILD_VARIANTS",
    "FASTMLP_HOME",
    "FASTMLP_ISA",
    "FASTMLP_NUM_THREADS",
    "FASTMLP_TEST_MNIST",
)


def chosen(variable: str, choices: Sequence[str]) -> str | None:
    """Return which of the choices a variable names, or None.

    Example:
        >>> chosen("FASTMLP_EXAMPLE", ["compiled", "numpy"]) is None
        True
    """
    value = os.environ.get(variable)
    if not value or value in choices:
        return value or None
    ignore(variable, value, f"it can be {' or '.join(choices)}")
    return None


def ignore(variable: str, value: str, why: str) -> None:
    """Warn that a variable is ignored."""
    warn(f"{variable}={value} is ignored: {why}.", RuntimeWarning)


def warn_of_unknown_variables() -> None:
    """Warn of variables that look as if fastmlp read them."""
    for name in os.environ:
        if name.startswith("FASTMLP_") and name not in _KNOWN:
            # Only here: most environments have none.
            from fastmlp._check.lookup import nearest

            advice = nearest(name, _KNOWN) or f"It reads {', '.join(_KNOWN)}."
            warn(f"fastmlp reads no variable {name}. {advice}", RuntimeWarning)
