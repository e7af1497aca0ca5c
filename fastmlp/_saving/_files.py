"""Which file a name means, and how it is opened: the one place that knows formats."""

import contextlib
import importlib
import json
import os
from collections.abc import Iterator, Sequence
from typing import Any

from fastmlp._saving._damage import unmasked
from fastmlp._saving._groups import Group, OpenModel, Reader
from fastmlp._util.files import path_of, replacing

Path = str | os.PathLike[str]

# The module that knows each format.
_MODEL_FILES = {".keras": "_archive", ".npz": "_npz"}
_WEIGHT_FILES = {".weights.h5": "_h5", ".npz": "_npz"}


def write_model(
    filepath: Path,
    overwrite: bool,
    groups: Sequence[Group],
    name: str,
    description: str,
) -> None:
    """Write a whole model, which the description says in JSON.

    Raises:
        ValueError: The file's name has another ending.
        FileExistsError: The file is there, and is not to be overwritten.
        ImportError: h5py is missing.
    """
    path, form = _format_of(filepath, _MODEL_FILES, "a model")
    _refuse_existing(path, overwrite)
    with unmasked():
        content = form.pack_model(groups, name, description)
    _write(path, content)


def write_weights(
    filepath: Path, overwrite: bool, groups: Sequence[Group], name: str
) -> None:
    """Write weights and the state of the optimizer; errors as in `write_model`."""
    path, form = _format_of(filepath, _WEIGHT_FILES, "weights")
    _refuse_existing(path, overwrite)
    with unmasked():
        content = form.pack_weights(groups, name)
    _write(path, content)


def _write(path: str, content: bytes) -> None:
    """Write a file that was made in memory.

    So a disk that is full is met by Python alone, and not by HDF5 or a zip, which have
    words and leftovers of their own for it.
    """
    with replacing(path) as file:
        file.write(content)


@contextlib.contextmanager
def open_model(filepath: Path) -> Iterator[tuple[Any, OpenModel]]:
    """Open a file with a whole model; return what describes it, and the file.

    Raises:
        ValueError: It is no such file.
        FileNotFoundError: It is not there.
    """
    path, form = _format_of(filepath, _MODEL_FILES, "a model")
    with (
        _opened(path) as file,
        contextlib.closing(form.open_model(file, path)) as opened,
    ):
        yield _parsed(opened.description(), path), opened


@contextlib.contextmanager
def open_weights(filepath: Path) -> Iterator[Reader]:
    """Open a file with weights; errors as in `open_model`."""
    path, form = _format_of(filepath, _WEIGHT_FILES, "weights")
    with (
        _opened(path) as file,
        contextlib.closing(form.open_weights(file, path)) as reader,
    ):
        yield reader


def _opened(path: str) -> Any:
    if not os.path.isfile(path):
        raise FileNotFoundError(
            f"There is no file {path!r}. Is its name complete, and does it lie in "
            f"{os.path.abspath(os.path.dirname(path))!r}?"
        )
    return open(path, "rb")


def _format_of(filepath: Path, modules: dict[str, str], what: str) -> tuple[str, Any]:
    """Return the name of a file, and the module that knows its format."""
    path = path_of("filepath", filepath)
    for ending, module in modules.items():
        if path.endswith(ending):
            # Only now: it takes a while to load, and most programs use no files.
            return path, importlib.import_module(f"fastmlp._saving.{module}")
    accepted = " or ".join(f"`{ending}`" for ending in modules)
    raise ValueError(
        f"The name of a file for {what} must end in {accepted}. Received: {filepath!r}."
    )


def _refuse_existing(path: str, overwrite: bool) -> None:
    if not overwrite and os.path.exists(path):
        raise FileExistsError(
            f"{path} is there already. Choose another name, or write overwrite=True."
        )


def _parsed(text: bytes, source: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError(f"The description in {source} is damaged.") from None
