"""Inside the numbers: what a model computes, layer by layer, and what it learns from.

Nothing here changes a model.
"""

from typing import TYPE_CHECKING

from fastmlp._util.on_demand import import_on_demand

if TYPE_CHECKING:
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


# The page that draws asks for traces only: to explain takes many more modules.
import_on_demand(
    __name__,
    {
        "_check_gradients": ["check_gradients"],
        "_dead_units": ["count_dead_units"],
        "_explain_step": ["explain_step"],
        "_gradients": ["gradients"],
        "_source": ["source"],
        "_trace": ["trace"],
    },
)
