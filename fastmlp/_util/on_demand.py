"""What is imported when it is first named: a program uses few of all the names.

A package lists all its names in `__all__`, and here says which file each stands in.
Type checkers and editors read `if TYPE_CHECKING: from ... import *` instead; no module
has a `__getattr__` in its own text, since then they would take any name for one of it.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from fastmlp._util.keywords import suggest_in


def import_on_demand(
    module: str,
    files: Mapping[str, Sequence[str]] | None = None,
    modules: Sequence[str] = (),
) -> None:
    """Let a module look for the names that it does not have.

    First in the files that are given here, then by its own `__getattr__`, which may
    know older names, and last in the table of what Keras has and fastmlp has not.

    Args:
        module: Its `__name__`.
        files: The names that each file has, by the file's own name within the package,
            such as {"_dense": ["Dense"]}.
        modules: The modules within the package that go by their own names.

    Example:
        >>> import fastmlp
        >>> fastmlp.layers.Embedding  # which imports fastmlp.layers._embedding
        <class 'fastmlp.layers._embedding.Embedding'>
    """
    names = vars(sys.modules[module])
    own = names.get("__getattr__")
    places = {name: file for file, found in (files or {}).items() for name in found}

    def find(name: str) -> Any:
        if name in modules:
            return importlib.import_module(f"{module}.{name}")
        if name in places:
            file = importlib.import_module(f"{module}.{places[name]}")
            suggest_in(file)
            # Python finds it by itself from now on.
            names[name] = getattr(file, name)
            return names[name]
        if name.startswith("_") or "._" in module:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        # Only here: few programs ask for what there is not.
        from fastmlp._util.elsewhere import answer

        return answer(module, name, own)

    names["__getattr__"] = find
    suggest_in(sys.modules[module])
