"""What a model is made of: layers, samples, the plan, the loops, a description."""

from typing import TYPE_CHECKING

from fastmlp._util.on_demand import import_on_demand

if TYPE_CHECKING:
    from fastmlp._model import description as description
    from fastmlp._model import files as files
    from fastmlp._model import reading as reading
    from fastmlp._model import summary as summary

# What models do beside learning, if they are asked.
import_on_demand(__name__, modules=["description", "files", "reading", "summary"])
