"""The code of an equation, as it stands in the files."""

from __future__ import annotations

import ast
import html
import inspect
import re
from pathlib import Path
from typing import Any

from fastmlp import reference
from fastmlp._check.lookup import nearest
from fastmlp._check.numbers import describe

# Where the kernels are, in a clone; an installed package has them compiled only.
_KERNELS = Path(__file__).parents[2] / "src"
# Side by side where there is room for both.
_HTML = (
    '<div style="max-width:100%"><div><em>{}</em></div><pre style="overflow-x:auto;'
    'white-space:pre;font:0.9em/1.35 monospace;margin:0.3em 0">{}</pre></div>'
)


class Source:
    """The code of an equation: printed, in NumPy and, in a clone, as it is compiled.

    Attributes:
        equation: The first line of its docstring.
        reference: Its code in NumPy, without the docstring.
        kernel: Its code in Cython; "" where `src/` is not at hand.
        files: The file of each, as far as it is there.
    """

    def __init__(self, function: Any) -> None:
        name = function.__name__
        self.equation: str = inspect.getdoc(function).partition("\n")[0]  # type: ignore[union-attr]
        self.reference: str = _without_docstring(inspect.getsource(function))
        module = function.__module__.replace(".", "/")
        self.files: list[str] = [f"{module}.py"]
        file, kernel = _kernel(name)
        self.kernel: str = kernel
        self.files += [file] if file else []

    def _parts(self) -> list[tuple[str, str]]:
        return list(zip(self.files, (self.reference, self.kernel), strict=False))

    def __repr__(self) -> str:
        parts = [f"{file}:\n\n{code}" for file, code in self._parts()]
        return "\n\n".join([self.equation, *parts])

    def _repr_html_(self) -> str:
        parts = [_HTML.format(file, html.escape(code)) for file, code in self._parts()]
        return (
            f"<div><strong>{html.escape(self.equation)}</strong></div>"
            f'<div style="display:flex;flex-wrap:wrap;gap:0 3em">{"".join(parts)}</div>'
        )


def source(name: str) -> Source:
    """Show the code of an equation: the reference in NumPy, and the compiled kernel.

    The tests hold each kernel to its reference. In a clone of the repository both are
    shown, side by side in a notebook; an installed package has the reference alone.

    Args:
        name: That of a function of `fastmlp.reference`, such as "relu_backward".

    Raises:
        TypeError: The name is no string.
        ValueError: The reference has no such function.

    Example:
        >>> print(source("relu").reference)
        def relu(x: Array) -> Array:
            return np.maximum(x, 0)
    """
    if not isinstance(name, str):
        raise TypeError(
            "source takes the name of a function of fastmlp.reference, such as 'relu', "
            f"not {describe(name)}."
        )
    function = getattr(reference, name, None)
    if not inspect.isfunction(function):
        names = [one for one, _ in inspect.getmembers(reference, inspect.isfunction)]
        raise ValueError(
            f"fastmlp.reference has no function {name!r}. "
            f"{nearest(name, names) or 'dir(fastmlp.reference) lists those it has.'}"
        )
    return Source(function)


def _without_docstring(code: str) -> str:
    """Return a function's code without its docstring, as it stands otherwise."""
    first = ast.parse(code).body[0]
    assert isinstance(first, ast.FunctionDef)
    docstring = first.body[0]
    lines = code.rstrip().split("\n")
    del lines[docstring.lineno - 1 : docstring.end_lineno]
    return "\n".join(lines)


def _kernel(name: str) -> tuple[str, str]:
    """Return the file and the code of a kernel, or of all that its name begins."""
    for wanted in (name, rf"{name}_\w+"):
        # From a line that begins at the margin to the next one that does: the end of
        # a long signature does, too.
        function = re.compile(
            rf"^cdef [\w ]*?\b{wanted}\((?:.*\n|\n)(?:[ )].*\n|\n)*", re.MULTILINE
        )
        for file in sorted(_KERNELS.glob("*.pxi")):
            found = function.findall(file.read_text(encoding="utf-8"))
            if found:
                code = "\n\n\n".join(one.rstrip() for one in found)
                return f"src/{file.name}", code
    return "", ""
