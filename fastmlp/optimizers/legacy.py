"""Where TensorFlow kept the optimizers of Keras 2: they are today's.

`experimental` and `adam_v2` and the like, by which scripts of those years name them,
are this module, too.
"""

from __future__ import annotations

from fastmlp import optimizers
from fastmlp._util.warn import warn


def __dir__() -> list[str]:
    return [name for name in optimizers.__all__ if name[0].isupper()]


def __getattr__(name: str) -> type[optimizers.Optimizer]:
    """Return the optimizer of that name."""
    if name not in __dir__():
        raise AttributeError(
            f"There is no optimizer {name!r}; there are: {', '.join(__dir__())}."
        )
    warn(f"What older scripts call optimizers.legacy.{name} is optimizers.{name} now.")
    found: type[optimizers.Optimizer] = getattr(optimizers, name)
    return found
