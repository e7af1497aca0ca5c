"""Keras's archive: a zip of a description in JSON and weights in HDF5."""

import io
import json
import time
import zipfile
import zlib
from collections.abc import Sequence
from typing import BinaryIO

from fastmlp._saving import _h5
from fastmlp._saving._groups import Group, Reader
from fastmlp._version import __version__

# The Keras whose format this is.
_FORMAT = "3.15.1"

_CONFIG = "config.json"
_WEIGHTS = "model.weights.h5"

# In bytes; the largest model that anyone describes layer by layer needs less.
_LARGEST_CONFIG = 1 << 24


def write_model(
    file: BinaryIO, groups: Sequence[Group], name: str, description: str
) -> None:
    """Write a model: its groups of arrays, its name and its description."""
    weights = io.BytesIO()
    _h5.write_weights(weights, groups, name)
    metadata = {
        "keras_version": _FORMAT,
        "date_saved": time.strftime("%Y-%m-%d@%H:%M:%S"),
        "fastmlp_version": __version__,
    }
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("metadata.json", json.dumps(metadata))
        archive.writestr(_CONFIG, description)
        archive.writestr(_WEIGHTS, weights.getbuffer())


def open_model(file: BinaryIO, source: str) -> "_Archive":
    """Return the model in a file; errors as in `_Archive`."""
    return _Archive(file, source)


class _Archive:
    """A file that Keras or fastmlp has written.

    Args:
        file: The file, at its beginning.
        source: Its name, for messages.

    Raises:
        ValueError: It is no such archive.
    """

    def __init__(self, file: BinaryIO, source: str) -> None:
        self._source = source
        try:
            self._zip = zipfile.ZipFile(file)
        except zipfile.BadZipFile:
            raise ValueError(
                f"{source} is damaged, or no `.keras` file at all."
            ) from None

    def description(self) -> str:
        """Return the description of the model, in JSON."""
        return self._member(_CONFIG, _LARGEST_CONFIG).decode(errors="replace")

    def weights(self, largest: int) -> Reader:
        """Return the weights, if they have at most `largest` bytes."""
        weights = io.BytesIO(self._member(_WEIGHTS, largest))
        return _h5.open_weights(weights, self._source)

    def _member(self, name: str, largest: int) -> bytes:
        if name not in self._zip.namelist():
            raise ValueError(f"{self._source} is no `.keras` file: it has no {name!r}.")
        size = self._zip.getinfo(name).file_size
        if size > largest:
            raise ValueError(
                f"In {self._source}, {name!r} declares {size:,} bytes, but the model "
                f"needs {largest:,} at most."
            )
        try:
            return self._zip.read(name)
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError):
            raise ValueError(f"In {self._source}, {name!r} is damaged.") from None
