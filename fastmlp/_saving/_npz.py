"""Groups of arrays in NumPy's .npz: a zip of .npy files, which needs no h5py."""

import math
import zipfile
from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from fastmlp._saving._groups import Group

_DESCRIPTION = "description"
_LARGEST_DESCRIPTION = 1 << 24

# A zip makes nothing smaller than by this factor.
_MOST_COMPRESSION = 1100


def write_model(
    file: BinaryIO, groups: Sequence[Group], name: str, description: str
) -> None:
    """Write groups of arrays, and a description of the model in JSON."""
    arrays = _named(groups)
    arrays[_DESCRIPTION] = np.frombuffer(description.encode(), np.uint8)
    np.savez(file, **arrays)


def write_weights(file: BinaryIO, groups: Sequence[Group], name: str) -> None:
    """Write groups of arrays."""
    np.savez(file, **_named(groups))


def _named(groups: Sequence[Group]) -> dict[str, Any]:
    return {
        f"{group.path}/vars/{number}": array
        for group in groups
        for number, array in enumerate(group.arrays)
    }


def open_weights(file: BinaryIO, source: str) -> "_NpzReader":
    """Return a reader of the groups in a file; errors as in `_NpzReader`."""
    return _NpzReader(file, source)


open_model = open_weights


class _NpzReader:
    """An .npz file with groups of arrays; what is pickled in it is refused.

    Args:
        file: The file, at its beginning.
        source: Its name, for messages.

    Raises:
        ValueError: It is no .npz file.
    """

    def __init__(self, file: BinaryIO, source: str) -> None:
        self._source = source
        try:
            self._zip = zipfile.ZipFile(file)
        except zipfile.BadZipFile:
            raise ValueError(f"{source} is damaged, or no .npz file at all.") from None

    def description(self) -> str:
        """Return the description of the model."""
        shape = self._header(_DESCRIPTION)
        if len(shape) != 1 or shape[0] > _LARGEST_DESCRIPTION:
            raise ValueError(f"{self._source} holds no description of a model.")
        return self._array(_DESCRIPTION).astype(np.uint8).tobytes().decode()

    def weights(self, largest: int) -> "_NpzReader":
        """Return the groups of arrays; each is checked before it is read."""
        return self

    def shapes(self, path: str) -> list[tuple[int, ...]]:
        """Return the shapes of a group's arrays, in order; none are read."""
        found: list[tuple[int, ...]] = []
        while f"{path}/vars/{len(found)}.npy" in self._zip.namelist():
            found.append(self._header(f"{path}/vars/{len(found)}"))
        return found

    def read(self, path: str, number: int) -> NDArray[Any]:
        """Return an array of a group."""
        return self._array(f"{path}/vars/{number}")

    def _open(self, name: str) -> Any:
        try:
            return self._zip.open(f"{name}.npy")
        except KeyError:
            raise ValueError(
                f"{self._source} was not written by fastmlp: it has no {name!r}."
            ) from None

    def _header(self, name: str) -> tuple[int, ...]:
        """Return the shape that an array declares, if it holds plain numbers."""
        with self._open(name) as member:
            try:
                version = np.lib.format.read_magic(member)
                if version != (1, 0):
                    raise ValueError
                shape, _, dtype = np.lib.format.read_array_header_1_0(member)
            except ValueError:
                raise ValueError(
                    f"In {self._source}, {name!r} is damaged, or no array of NumPy's."
                ) from None
        if dtype.kind not in "fiu":
            raise ValueError(f"In {self._source}, {name!r} does not hold numbers.")
        declared = math.prod(shape) * dtype.itemsize
        if (
            declared
            > _MOST_COMPRESSION * self._zip.getinfo(f"{name}.npy").compress_size
        ):
            raise ValueError(
                f"In {self._source}, {name!r} declares {declared:,} bytes, but holds "
                "fewer."
            )
        return tuple(shape)

    def _array(self, name: str) -> NDArray[Any]:
        with self._open(name) as member:
            return np.asarray(np.lib.format.read_array(member, allow_pickle=False))
