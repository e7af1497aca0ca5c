"""What a model is made of: layers, samples, the plan, the loops, a description."""

from typing import TYPE_CHECKING

from fastmlp._util.on_demand import import_on_demand

if TYPE_CHECKING:
    from fastmlp._model import description as description
    from fastmlp._model import files as files
    from fastmlp._model import fitting as fitting
    from fastmlp._model import graph as graph
    from fastmlp._model import inference as inference
    from fastmlp._model import reading as reading
    from fastmlp._model import summary as summary
    from fastmlp._model import traced as traced

# What models do when they are asked, and what layers in a row do without.
import_on_demand(
    __name__,
    modules=[
        "description",
        "files",
        "fitting",
        "graph",
        "inference",
        "reading",
        "summary",
        "traced",
    ],
)
