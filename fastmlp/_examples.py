"""The lessons and scripts of the package, and the way to a copy of them."""

from __future__ import annotations

import ast
import json
import os
from pathlib import Path

from fastmlp._util.files import path_of

FOLDER = Path(__file__).parent / "examples"


def titles() -> dict[str, str]:
    """Return what each example is about, by the name of its file.

    Example:
        >>> titles()["mnist.ipynb"]
        'Reading digits: MNIST, step by step'
    """
    return {
        path.name: _title(path) for path in sorted(FOLDER.iterdir()) if _is_one(path)
    }


def copy_into(folder: str | os.PathLike[str]) -> list[Path]:
    """Copy the examples into a folder, which is made if it is not there.

    What is there already and the same is left; nothing is ever written over.

    Args:
        folder: Where to.

    Returns:
        The files, those that were there already included.

    Raises:
        FileExistsError: One of them is there and is another; then none is copied.
        NotADirectoryError: The folder is a file.
        OSError: They cannot be written.
    """
    into = Path(path_of("folder", folder)).expanduser()
    if into.exists() and not into.is_dir():
        raise NotADirectoryError(f"{into} is a file: name a folder, or one to make.")
    new = {}
    for name in titles():
        content, target = (FOLDER / name).read_bytes(), into / name
        if not target.exists():
            new[target] = content
        elif target.is_dir() or target.read_bytes() != content:
            raise FileExistsError(
                f"{target} is there already and is another file, so nothing is "
                "copied: yours may hold your work. Name another folder, or move it."
            )
    into.mkdir(parents=True, exist_ok=True)
    for target, content in new.items():
        with open(target, "xb") as file:  # x: even now, none is written over
            file.write(content)
    return [into / name for name in titles()]


def _is_one(path: Path) -> bool:
    return path.suffix in (".ipynb", ".py")


def _title(path: Path) -> str:
    """Return the first line: of a notebook's first cell, or of a script's docstring."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        first = json.loads(text)["cells"][0]["source"][0]
        return str(first).strip("# \n")
    return (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]
