"""Keras's archive: a zip of a description in JSON and weights in HDF5."""

import io
import json
import time
import zipfile
from collections.abc import Sequence
from typing import BinaryIO

from fastmlp._saving._damage import LARGEST_DESCRIPTION, UnfitFile, damage_named
from fastmlp._saving._groups import Group, Reader
from fastmlp._saving._h5 import H5Reader, pack_weights
from fastmlp._saving._zip import Zip
from fastmlp._version import __version__

# The Keras whose format this is.
_FORMAT = "3.15.1"

_CONFIG = "config.json"
_WEIGHTS = "model.weights.h5"


def pack_model(groups: Sequence[Group], name: str, description: str) -> memoryview:
    """Return a file with a model: its groups of arrays, its name, its description."""
    file = io.BytesIO()
    metadata = {
        "keras_version": _FORMAT,
        "date_saved": time.strftime("%Y-%m-%d@%H:%M:%S"),
        "fastmlp_version": __version__,
    }
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("metadata.json", json.dumps(metadata))
        archive.writestr(_CONFIG, description)
        archive.writestr(_WEIGHTS, pack_weights(groups, name))
    return file.getbuffer()


class Archive:
    """A file that Keras or fastmlp has written.

    Args:
        file: The file, at its beginning.
        source: Its name, for messages.

    Raises:
        UnfitFile: It is no such archive.
    """

    def __init__(self, file: BinaryIO, source: str) -> None:
        self._source = source
        self._zip = Zip(file, source)
        self._weights: H5Reader | None = None

    def description(self) -> bytes:
        """Return the description of the model, in JSON."""
        return self._member(_CONFIG, LARGEST_DESCRIPTION)

    def weights(self, largest: int) -> Reader:
        """Return the weights, if they have at most `largest` bytes.

        Or as many as the file: Keras packs none, so that no more memory is taken than
        the file had room for.
        """
        file = io.BytesIO(self._member(_WEIGHTS, max(largest, self._zip.size)))
        self._weights = H5Reader(file, self._source)
        return self._weights

    def close(self) -> None:
        """Let go of the file, and of the weights in it."""
        if self._weights is not None:
            self._weights.close()
        self._zip.close()

    def _member(self, name: str, largest: int) -> bytes:
        with (
            damage_named(f"In {self._source}, {name!r}"),
            self._zip.open(name) as member,
        ):
            size = self._zip.declared(name)
            if size > largest:
                raise UnfitFile(
                    f"In {self._source}, {name!r} declares {size:,} bytes, but the "
                    f"model needs {largest:,} at most."
                )
            # No more than declared: a file may lie.
            return member.read(size)


open_model = Archive
