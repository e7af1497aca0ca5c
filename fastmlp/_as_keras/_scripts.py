"""Running the scripts and notebooks of others: `fastmlp run`."""

from __future__ import annotations

import ast
import json
import linecache
import os
import runpy
import sys
import traceback
from typing import Any

from fastmlp._as_keras import install_as_keras


def run(path: str, arguments: list[str], shadow: bool = False) -> int:
    """Run a Keras script, or the cells of a notebook, as a program of its own.

    Args:
        path: The file: `.ipynb` is a notebook, all else a script.
        arguments: What the program finds in `sys.argv` behind its name.
        shadow: As in `install_as_keras`.

    Returns:
        The exit status: 0, or that of `sys.exit`, or 1 after an error, whose lines in
        the program are printed.

    Raises:
        OSError: The file cannot be read.
        RuntimeError: As in `install_as_keras`.
        ValueError: It is no notebook.
    """
    is_notebook = path.endswith(".ipynb")
    cells = read_cells(path) if is_notebook else []
    if not is_notebook:
        with open(path, "rb"):
            pass  # It can be read, or an error says why not.
    install_as_keras(shadow)
    sys.argv = [path, *arguments]
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    try:
        if is_notebook:
            run_cells(path, cells)
        else:
            runpy.run_path(path, run_name="__main__")
    except SystemExit as stopped:
        return _status(stopped.code)
    except Exception as error:
        _print_error(error, path)
        return 1
    return 0


def _status(code: Any) -> int:
    """Return the exit status of what `sys.exit` was given, as Python has it."""
    if isinstance(code, str):
        print(code, file=sys.stderr)
        return 1
    return code or 0


def _print_error(error: BaseException, path: str) -> None:
    """Print where in the program an error arose, without the lines that ran it."""
    trace = error.__traceback__
    # The cells of a notebook have its name, and their number behind it.
    while trace and not trace.tb_frame.f_code.co_filename.startswith(path):
        trace = trace.tb_next
    traceback.print_exception(type(error), error, trace)


def read_cells(path: str) -> list[tuple[int, str]]:
    """Return the code of a notebook's cells, each with its number from 0 on.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is no notebook.
    """
    with open(path, encoding="utf-8") as file:
        try:
            return [
                (number, "".join(cell["source"]))
                for number, cell in enumerate(json.load(file)["cells"])
                if cell["cell_type"] == "code"
            ]
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(
                f"{path} is no notebook of Jupyter's: {error}. It should be JSON with "
                "a list of cells."
            ) from None


def run_cells(path: str, cells: list[tuple[int, str]]) -> None:
    """Run cells in their order, as one program; show the last value of each.

    Args:
        path: The notebook.
        cells: The number and the code of each cell.
    """
    names: dict[str, Any] = {"__name__": "__main__", "__file__": path}
    names["display"] = lambda *values: print(*values, sep="\n")
    for number, code in cells:
        python, left_out = without_magics(code)
        if left_out:
            print(f"fastmlp: cell {number}: left out {left_out}", file=sys.stderr)
        _run_cell(f"{path}: cell {number}", python, names)


def _run_cell(where: str, code: str, names: dict[str, Any]) -> None:
    """Run a cell, and print what its last line is, unless that is None."""
    # Where a traceback looks for its lines.
    linecache.cache[where] = (len(code), None, code.splitlines(keepends=True), where)
    tree = ast.parse(code, where)
    last = tree.body[-1] if tree.body else None
    is_quiet = not isinstance(last, ast.Expr) or code.rstrip().endswith(";")
    tree.body = tree.body if is_quiet else tree.body[:-1]
    exec(compile(tree, where, "exec"), names)
    if isinstance(last, ast.Expr) and not is_quiet:
        value = eval(compile(ast.Expression(last.value), where, "eval"), names)
        if value is not None:
            print(repr(value))


def without_magics(code: str) -> tuple[str, str]:
    r"""Return a cell without what only IPython understands, and what that was.

    Those are lines that begin with `%`, `!` or `?`, or end with `?`, and whole cells
    that begin with `%%`, other than `%%time` and its like.

    Example:
        >>> without_magics("%matplotlib inline\nx = 1")
        ('pass\nx = 1', '%matplotlib inline')
    """
    try:
        ast.parse(code)
        return code, ""  # Python's alone, with a % in a text, maybe.
    except SyntaxError:
        lines, left_out = code.split("\n"), []
    first = lines[0].strip()
    if first.startswith("%%") and first.split()[0] not in ("%%time", "%%timeit"):
        return "", first
    for number, line in enumerate(lines):
        word = line.strip()
        if word.startswith(("%", "!", "?")) or word.endswith("?"):
            left_out.append(word)
            lines[number] = line[: len(line) - len(line.lstrip())] + "pass"
    return "\n".join(lines), ", ".join(left_out)
