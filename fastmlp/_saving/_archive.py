"""Keras's archive: a zip of a description in JSON and weights in HDF5."""

import io
import json
import time
import zipfile
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO

from fastmlp._saving._damage import damage_named, parsed
from fastmlp._saving._groups import Group, Reader, refuse_names
from fastmlp._saving._h5 import H5Reader, pack_weights
from fastmlp._saving._sizes import refuse_long_description, refuse_more_than_held
from fastmlp._saving._zip import Zip
from fastmlp._version import __version__

# The Keras whose format this is.
FORMAT = "3.15.1"

_CONFIG = "config.json"
_WEIGHTS = "model.weights.h5"


def pack_model(groups: Sequence[Group], name: str, description: str) -> bytes:
    """Return a file with a model: its groups of arrays, its name, its description."""
    file = io.BytesIO()
    metadata = {
        "keras_version": FORMAT,
        "date_saved": time.strftime("%Y-%m-%d@%H:%M:%S"),
        "fastmlp_version": __version__,
    }
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("metadata.json", json.dumps(metadata))
        archive.writestr(_CONFIG, description)
        archive.writestr(_WEIGHTS, pack_weights(groups, name))
    return file.getvalue()


class Archive:
    """A file that Keras or fastmlp has written.

    Args:
        file: The file, at its beginning.
        source: Its name, for messages.

    Attributes:
        size: How many bytes the file has.

    Raises:
        UnfitFile: It is no such archive.
    """

    def __init__(self, file: BinaryIO, source: str) -> None:
        self._source = source
        self._zip = Zip(file, source)
        self.size = self._zip.size
        self._weights: H5Reader | None = None

    def description(self) -> Any:
        """Return the description of the model."""
        return parsed(self._member(_CONFIG, refuse_long_description), self._source)

    def weights(self, layers: Sequence[Any], by_name: bool = False) -> Reader:
        """Return what reads the weights of some layers.

        Raises:
            UnfitFile: They are to be found by name.
        """
        refuse_names(self._source, by_name)
        file = io.BytesIO(self._member(_WEIGHTS, refuse_more_than_held))
        self._weights = H5Reader(file, self._source)
        return self._weights

    def close(self) -> None:
        """Let go of the file, and of the weights in it."""
        if self._weights is not None:
            self._weights.close()
        self._zip.close()

    def _member(self, name: str, check: Callable[[str, int, int], None]) -> bytes:
        what = f"In {self._source}, {name!r}"
        with damage_named(what), self._zip.open(name) as member:
            size = self._zip.declared(name)
            check(what, size, self._zip.held(name))
            # No more than declared: a file may lie.
            return member.read(size)


open_model = open_weights = Archive
