"""Which argument was meant: what Python says from 3.13 on, for those before it."""

import functools
import inspect
import re
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

_PYTHON_SUGGESTS = sys.version_info >= (3, 13)

# A small network takes a few microseconds for these, which a call more would lengthen.
_FAST = ("predict", "predict_on_batch", "test_on_batch", "train_on_batch")

_UNKNOWN = re.compile(r"unexpected keyword argument '(\w+)'$")


def suggesting(function: Function) -> Function:
    """Return a function that says "Did you mean" of an argument it does not have."""
    if _PYTHON_SUGGESTS:
        return function

    @functools.wraps(function)
    def call(*arguments: Any, **named: Any) -> Any:
        try:
            return function(*arguments, **named)
        except TypeError as error:
            unknown = _UNKNOWN.search(str(error))
            trace = error.__traceback__
            # Only if it is about this call, and not one within.
            if unknown and trace is not None and trace.tb_next is None:
                # Only here: most calls make no mistake.
                from fastmlp._check.lookup import nearest

                advice = nearest(unknown[1], inspect.signature(function).parameters)
                error.args = (f"{error}. {advice}".rstrip(". "),)
            raise

    return call  # type: ignore[return-value]


def suggest_in(*modules: ModuleType) -> None:
    """Let the classes of modules say it when they are made, and models later, too."""
    if _PYTHON_SUGGESTS:
        return
    classes = {
        base
        for module in modules
        for kind in vars(module).values()
        if isinstance(kind, type)
        for base in kind.__mro__
        if base.__module__.startswith("fastmlp.")
    }
    for kind in classes:
        names = ["__init__"]
        if kind.__module__.startswith("fastmlp.models."):
            names += [one for one in vars(kind) if one[0] != "_" and one not in _FAST]
        for name in names:
            function = vars(kind).get(name)
            if inspect.isfunction(function):
                setattr(kind, name, suggesting(function))
