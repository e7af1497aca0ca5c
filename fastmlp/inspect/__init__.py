"""Inside the numbers: what a model computes, layer by layer, and what it learns from.

Nothing here changes a model.
"""

from fastmlp.inspect._trace import trace

__all__ = ["trace"]


def __dir__() -> list[str]:
    return __all__
