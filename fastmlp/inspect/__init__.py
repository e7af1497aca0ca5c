"""Inside the numbers: what a model computes, layer by layer, and what it learns from.

Nothing here changes a model.
"""

from fastmlp.inspect._check_gradients import check_gradients
from fastmlp.inspect._dead_units import count_dead_units
from fastmlp.inspect._explain_step import explain_step
from fastmlp.inspect._gradients import gradients
from fastmlp.inspect._source import source
from fastmlp.inspect._trace import trace

__all__ = [
    "check_gradients",
    "count_dead_units",
    "explain_step",
    "gradients",
    "source",
    "trace",
]


def __dir__() -> list[str]:
    return __all__
