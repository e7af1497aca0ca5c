"""How batches are run: the plan, scratch space, chunks, and how many threads."""

from typing import TYPE_CHECKING

from fastmlp._util.on_demand import import_on_demand

if TYPE_CHECKING:
    from fastmlp._engine import own as own

# Few networks have equations of the user's own.
import_on_demand(__name__, modules=["own"])
