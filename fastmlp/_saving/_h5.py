"""Groups of arrays in HDF5, as Keras writes them; by h5py, which is an extra."""

import io
from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from fastmlp._saving._damage import UnfitFile, damage_named, refuse_more_than_held
from fastmlp._saving._groups import Group


def _require_h5py() -> Any:
    """Return h5py.

    Raises:
        ImportError: It is not installed.
    """
    try:
        import h5py
    except ImportError:
        raise ImportError(
            "Keras's files are HDF5, which takes h5py: pip install 'fastmlp[keras]'. "
            "A file that ends in .npz needs nothing more, but only fastmlp reads it."
        ) from None
    return h5py


def pack_weights(groups: Sequence[Group], name: str) -> memoryview:
    """Return a file with groups of arrays; `name` is the model's."""
    file = io.BytesIO()
    with _require_h5py().File(file, "w") as h5:
        for group in groups:
            variables = h5.create_group(f"{group.path}/vars")
            variables.attrs["name"] = group.name
            for number, array in enumerate(group.arrays):
                variables.create_dataset(str(number), data=array)
        h5.create_group("vars").attrs["name"] = name
    return file.getbuffer()


class H5Reader:
    """An HDF5 file, and nothing but the plain arrays in it.

    HDF5 can refer to other files, and declare arrays that it does not hold; such are
    refused.

    Args:
        file: The file, at its beginning.
        source: Its name, for messages.

    Raises:
        UnfitFile: It is no HDF5 file.
    """

    def __init__(self, file: BinaryIO, source: str) -> None:
        self._h5py = _require_h5py()
        self._source = source
        with damage_named(source):
            self._size = file.seek(0, 2)
            self._file = self._h5py.File(file, "r")

    def close(self) -> None:
        """Let go of the file, which stays open."""
        self._file.close()

    def shapes(self, path: str) -> list[tuple[int, ...]]:
        """Return the shapes of a group's arrays, in order; none are read."""
        with damage_named(f"In {self._source}, {path!r}"):
            count = len(self._entries(f"{path}/vars"))
            return [self._dataset(path, number).shape for number in range(count)]

    def read(self, path: str, number: int) -> NDArray[Any]:
        """Return an array of a group."""
        with damage_named(f"In {self._source}, array {number} of {path!r}"):
            return np.asarray(self._dataset(path, number)[()])

    def _entries(self, path: str) -> Any:
        """Return a group, or nothing if there is none; every step is in this file."""
        place = self._file
        for name in path.split("/"):
            if not isinstance(place, self._h5py.Group) or name not in place:
                return ()
            self._refuse_links(place, name)
            place = place[name]
        return place if isinstance(place, self._h5py.Group) else ()

    def _refuse_links(self, place: Any, name: str) -> None:
        if not isinstance(place.get(name, getlink=True), self._h5py.HardLink):
            raise UnfitFile(
                f"{self._source} refers to another place for {name!r}. Only files "
                "that hold everything themselves are read."
            )

    def _dataset(self, path: str, number: int) -> Any:
        place = self._entries(f"{path}/vars")
        what = f"In {self._source}, array {number} of {path!r}"
        if str(number) not in place:
            raise UnfitFile(f"{what} is missing.")
        self._refuse_links(place, str(number))
        found = place[str(number)]
        if not isinstance(found, self._h5py.Dataset) or found.dtype.kind not in "fiu":
            raise UnfitFile(f"{what} does not hold numbers.")
        if found.is_virtual or found.external:
            raise UnfitFile(f"{what} lies in another file, which is not read.")
        held = min(found.id.get_storage_size(), self._size)
        refuse_more_than_held(what, found.nbytes, held)
        return found


open_weights = H5Reader
