"""Groups of arrays in NumPy's .npz: a zip of .npy files, which needs no h5py."""

import io
import math
from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from fastmlp._saving._damage import (
    LARGEST_DESCRIPTION,
    UnfitFile,
    damage_named,
    refuse_more_than_held,
)
from fastmlp._saving._groups import Group
from fastmlp._saving._zip import Zip

_DESCRIPTION = "description"


def pack_model(groups: Sequence[Group], name: str, description: str) -> memoryview:
    """Return a file with groups of arrays, and a description of the model in JSON."""
    arrays = _named(groups)
    arrays[_DESCRIPTION] = np.frombuffer(description.encode(), np.uint8)
    return _packed(arrays)


def pack_weights(groups: Sequence[Group], name: str) -> memoryview:
    """Return a file with groups of arrays."""
    return _packed(_named(groups))


def _packed(arrays: dict[str, Any]) -> memoryview:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getbuffer()


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

    Raises:
        UnfitFile: It is no .npz file.
    """

    def __init__(self, file: BinaryIO, source: str) -> None:
        self._source = source
        self._zip = Zip(file, source)

    def description(self) -> bytes:
        """Return the description of the model, in JSON."""
        shape = self._shape(_DESCRIPTION)
        if len(shape) == 1 and shape[0] <= LARGEST_DESCRIPTION:
            text = self._array(_DESCRIPTION)
            if text.dtype == np.uint8:
                return text.tobytes()
        raise UnfitFile(f"{self._source} holds no description of a model.")

    def weights(self, largest: int) -> "NpzReader":
        """Return the groups of arrays; each is checked before it is read."""
        return self

    def close(self) -> None:
        """Let go of the file, which stays open."""
        self._zip.close()

    def shapes(self, path: str) -> list[tuple[int, ...]]:
        """Return the shapes of a group's arrays, in order; none are read."""
        found: list[tuple[int, ...]] = []
        while f"{path}/vars/{len(found)}.npy" in self._zip.names:
            found.append(self._shape(f"{path}/vars/{len(found)}"))
        return found

    def read(self, path: str, number: int) -> NDArray[Any]:
        """Return an array of a group."""
        return self._array(f"{path}/vars/{number}")

    def _shape(self, name: str) -> tuple[int, ...]:
        """Return the shape that an array declares, if it holds plain numbers."""
        what = f"In {self._source}, {name!r}"
        with damage_named(what), self._zip.open(f"{name}.npy") as member:
            if np.lib.format.read_magic(member) != (1, 0):
                raise UnfitFile(f"{what} is not of the version that fastmlp writes.")
            shape, _, dtype = np.lib.format.read_array_header_1_0(member)
        if dtype.kind not in "fiu":
            raise UnfitFile(f"{what} does not hold numbers.")
        declared = math.prod(shape) * dtype.itemsize
        refuse_more_than_held(what, declared, self._zip.held(f"{name}.npy"))
        return tuple(shape)

    def _array(self, name: str) -> NDArray[Any]:
        what = f"In {self._source}, {name!r}"
        with damage_named(what), self._zip.open(f"{name}.npy") as member:
            return np.asarray(np.lib.format.read_array(member, allow_pickle=False))


open_weights = open_model = NpzReader
