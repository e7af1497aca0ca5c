"""Which argument was meant: an old word of Keras's, or one that is misspelled.

Of the latter, Python says "Did you mean" from 3.13 on; this does before.
"""

import functools
import inspect
import re
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any, TypeVar

from fastmlp._util.old_words import OLD_WORDS, in_words_of_today

Function = TypeVar("Function", bound=Callable[..., Any])

_PYTHON_SUGGESTS = sys.version_info >= (3, 13)

# A small network takes a few microseconds for these, which a call more would lengthen.
_FAST = ("predict", "predict_on_batch", "test_on_batch", "train_on_batch")

_UNKNOWN = re.compile(r"unexpected keyword argument '(\w+)'$")


def suggesting(function: Function) -> Function:
    """Return a function that knows the old words of its arguments.

    It says "Did you mean" of those that it does not have.
    """
    owner = function.__qualname__.removesuffix(".__init__")
    words = OLD_WORDS.get(owner, {})
    if _PYTHON_SUGGESTS and not words:
        return function

    @functools.wraps(function)
    def call(*arguments: Any, **named: Any) -> Any:
        if not words.keys().isdisjoint(named):
            named = in_words_of_today(owner, named)
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


def suggest_in(module: ModuleType) -> None:
    """Do so for the classes of a module when they are made, for models later, too."""
    classes = {
        base
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
            # What another module is derived from knows it already.
            if inspect.isfunction(function) and not hasattr(function, "__wrapped__"):
                setattr(kind, name, suggesting(function))
