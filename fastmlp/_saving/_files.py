"""Which file a name means, and how it is opened: the one place that knows formats."""

import contextlib
import importlib
import os
from collections.abc import Iterator, Sequence
from typing import Any

from fastmlp._saving._damage import unmasked
from fastmlp._saving._groups import Group, OpenModel, OpenWeights
from fastmlp._util.files import path_of, replacing

Path = str | os.PathLike[str]

# The module that knows each format, by the ending of a file that is written.
_LEGACY = {".h5": "_legacy", ".hdf5": "_legacy"}
MODEL_FILES = {".keras": "_archive", ".npz": "_npz", **_LEGACY}
WEIGHT_FILES = {".weights.h5": "_h5", ".npz": "_npz", **_LEGACY}

# The same for files that are read, of which more is known once they are open.
_READERS = {".keras": "_archive", ".npz": "_npz", **_LEGACY}

# How files begin that are read: Keras 2 wrote HDF5 into `.keras`, too.
_HDF5, _ZIP = b"\x89HDF\r\n\x1a\n", b"PK"


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
    path, form = _format_of(filepath, MODEL_FILES, "a model")
    _refuse_existing(path, overwrite)
    with unmasked():
        content = form.pack_model(groups, name, description)
    _write(path, content)


def write_weights(
    filepath: Path, overwrite: bool, groups: Sequence[Group], name: str
) -> None:
    """Write weights and the state of the optimizer; errors as in `write_model`."""
    path, form = _format_of(filepath, WEIGHT_FILES, "weights")
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
    with (
        _opened(filepath, MODEL_FILES, "a model") as (file, path, form),
        contextlib.closing(form.open_model(file, path)) as opened,
    ):
        yield opened.description(), opened


@contextlib.contextmanager
def open_weights(filepath: Path) -> Iterator[OpenWeights]:
    """Open a file with weights; errors as in `open_model`."""
    with (
        _opened(filepath, WEIGHT_FILES, "weights") as (file, path, form),
        contextlib.closing(form.open_weights(file, path)) as opened,
    ):
        yield opened


@contextlib.contextmanager
def _opened(
    filepath: Path, modules: dict[str, str], what: str
) -> Iterator[tuple[Any, str, Any]]:
    """Open a file to read it; return it with its name, and who knows its format.

    That is told by how it begins; only where it begins as nothing known does, by its
    name.
    """
    path = path_of("filepath", filepath)
    if os.path.isdir(path):
        raise ValueError(
            f"{path!r} is a folder, such as TensorFlow makes of a model. Load it there "
            "and save it as a file that ends in `.keras`."
        )
    known = path.endswith(tuple(_READERS))
    if not os.path.isfile(path) and known:
        raise FileNotFoundError(
            f"There is no file {path!r}. Is its name complete, and does it lie in "
            f"{os.path.abspath(os.path.dirname(path))!r}?"
        )
    if not os.path.isfile(path):
        _format_of(filepath, modules, what)
    with open(path, "rb") as file:
        begin = file.read(len(_HDF5))
        file.seek(0)
        if begin == _HDF5:
            form = _module("_legacy")
        elif begin.startswith(_ZIP) and not path.endswith(".npz"):
            form = _module("_archive")
        else:
            _, form = _format_of(filepath, modules if not known else _READERS, what)
        yield file, path, form


def _module(name: str) -> Any:
    # Only now: it takes a while to load, and most programs use no files.
    return importlib.import_module(f"fastmlp._saving.{name}")


def _format_of(filepath: Path, modules: dict[str, str], what: str) -> tuple[str, Any]:
    """Return the name of a file, and the module that knows the format it stands for."""
    path = path_of("filepath", filepath)
    for ending, module in modules.items():
        if path.endswith(ending):
            return path, _module(module)
    raise ValueError(_needs_ending(path, modules, what))


def refuse_other_endings(path: str, weights_only: bool) -> None:
    """Refuse the name of a file that is yet to be written, if it has another ending.

    Raises:
        ValueError: It has.
    """
    modules = WEIGHT_FILES if weights_only else MODEL_FILES
    if not path.endswith(tuple(modules)):
        what = "weights" if weights_only else "a model"
        raise ValueError(_needs_ending(path, modules, what))


def _needs_ending(path: str, modules: dict[str, str], what: str) -> str:
    first, *others, last = [f"`{ending}`" for ending in modules]
    suggested = f"{path.removesuffix('.keras')}{next(iter(modules))}"
    return (
        f"The name of a file for {what} must end in {', '.join([first, *others])} or "
        f"{last}. Received: {path!r}. Write {suggested!r}."
    )


def _refuse_existing(path: str, overwrite: bool) -> None:
    if not overwrite and os.path.exists(path):
        raise FileExistsError(
            f"{path} is there already. Choose another name, or write overwrite=True."
        )
