"""How batches are run: the plan, scratch space, chunks, and how many threads."""

from typing import TYPE_CHECKING

from fastmlp._util.on_demand import import_on_demand

if TYPE_CHECKING:
    from fastmlp._engine import build as build
    from fastmlp._engine import oddities as oddities
    from fastmlp._engine import own as own

# What is done once for a model, and equations of the user's own, which few have.
import_on_demand(__name__, modules=["build", "oddities", "own"])
