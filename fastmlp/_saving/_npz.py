"""Groups of arrays in NumPy's .npz: a zip of .npy files, which needs no h5py."""

import io
from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from fastmlp._saving._damage import parsed
from fastmlp._saving._groups import Group, Reader, refuse_names
from fastmlp._saving._npy import read_array, read_header
from fastmlp._saving._sizes import UnfitFile, refuse_long_description
from fastmlp._saving._zip import Zip

_DESCRIPTION = "description"


def pack_model(groups: Sequence[Group], name: str, description: str) -> bytes:
    """Return a file with groups of arrays, and a description of the model in JSON."""
    arrays = _named(groups)
    arrays[_DESCRIPTION] = np.frombuffer(description.encode(), np.uint8)
    return _packed(arrays)


def pack_weights(groups: Sequence[Group], name: str) -> bytes:
    """Return a file with groups of arrays."""
    return _packed(_named(groups))


def _packed(arrays: dict[str, Any]) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def _named(groups: Sequence[Group]) -> dict[str, Any]:
    return {
        f"{group.path}/vars/{number}": array
        for group in groups
        for number, array in enumerate(group.arrays)
    }


class NpzReader:
    """An .npz file with groups of arrays; what is pickled in it is refused.

    Args:
        file: The file, at its beginning.
        source: Its name, for messages.

    Attributes:
        size: How many bytes the file has.

    Raises:
        UnfitFile: It is no .npz file.
    """

    def __init__(self, file: BinaryIO, source: str) -> None:
        self._source = source
        self._zip = Zip(file, source)
        self.size = self._zip.size

    def description(self) -> Any:
        """Return the description of the model."""
        what = self._what(_DESCRIPTION)
        header = read_header(self._zip, _DESCRIPTION, what)
        if len(header.shape) != 1 or header.dtype != np.uint8:
            raise UnfitFile(f"{self._source} holds no description of a model.")
        held = self._zip.held(f"{_DESCRIPTION}.npy")
        refuse_long_description(what, header.size, held)
        return parsed(read_array(self._zip, _DESCRIPTION, what).tobytes(), self._source)

    def weights(self, layers: Sequence[Any], by_name: bool = False) -> Reader:
        """Return what reads the weights of some layers; each is checked before.

        Raises:
            UnfitFile: They are to be found by name.
        """
        refuse_names(self._source, by_name)
        return self

    def close(self) -> None:
        """Let go of the file, which stays open."""
        self._zip.close()

    def shapes(self, path: str) -> list[tuple[int, ...]]:
        """Return the shapes of a group's arrays, in order; none are read."""
        found: list[tuple[int, ...]] = []
        while f"{path}/vars/{len(found)}.npy" in self._zip.names:
            name = f"{path}/vars/{len(found)}"
            found.append(read_header(self._zip, name, self._what(name)).shape)
        return found

    def read(self, path: str, number: int) -> NDArray[Any]:
        """Return an array of a group."""
        name = f"{path}/vars/{number}"
        return read_array(self._zip, name, self._what(name))

    def _what(self, name: str) -> str:
        return f"In {self._source}, {name!r}"


open_weights = open_model = NpzReader
