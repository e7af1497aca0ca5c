"""A network as calls of Keras's names: they are made, and they are written as code.

Both come from one description, so that the code is what was done.
"""

from __future__ import annotations

import inspect
import json
import re
import textwrap
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import fastmlp


class Call(NamedTuple):
    """A call of something in Keras, such as `layers.Dense(8, activation="relu")`."""

    name: str  # behind `keras.`
    arguments: tuple[Any, ...] = ()
    options: Mapping[str, Any] = MappingProxyType({})

    def made(self) -> Any:
        """Return what the call returns."""
        function: Any = fastmlp
        for part in self.name.split("."):
            function = getattr(function, part)
        return function(
            *map(_made, self.arguments),
            **{name: _made(value) for name, value in self.options.items()},
        )

    def written(self) -> str:
        """Return the call as code.

        Example:
            >>> Call("layers.Dense", (8,), {"activation": "relu"}).written()
            'keras.layers.Dense(8, activation="relu")'
        """
        parts = [_written(value) for value in self.arguments]
        parts += [f"{name}={_written(value)}" for name, value in self.options.items()]
        return f"keras.{self.name}({', '.join(parts)})"


def _made(value: Any) -> Any:
    if isinstance(value, Call):
        return value.made()
    return [_made(one) for one in value] if isinstance(value, list) else value


def _written(value: Any) -> str:
    if isinstance(value, Call):
        return value.written()
    if isinstance(value, list):
        lines = "".join(f"    {_written(one)},\n" for one in value)
        return f"[\n{lines}]"
    return quoted(value) if isinstance(value, str) else repr(value)


def quoted(text: str) -> str:
    r"""Return text as code, in double quotes.

    Example:
        >>> quoted('my "own".csv')
        '"my \\"own\\".csv"'
    """
    return json.dumps(text, ensure_ascii=False)


def source_of(function: Callable[..., Any]) -> str:
    """Return a function's code without its types, for readers who know none.

    Example:
        >>> print(source_of(source_of).splitlines()[0])
        def source_of(function):
    """
    body = inspect.getsource(function).partition("\n")[2]
    arguments = ", ".join(inspect.signature(function).parameters)
    return f"def {function.__name__}({arguments}):\n{body}"


def lines(*parts: str) -> str:
    """Return a script of parts, with an empty line between two: at functions, two."""
    stripped = [textwrap.dedent(part).strip() for part in parts]
    spaced = [f"\n{one}\n" if one.startswith("def ") else one for one in stripped]
    script = re.sub("\n +\n", "\n", "\n\n".join(spaced))
    return re.sub("\n{4,}", "\n\n\n", script) + "\n"
