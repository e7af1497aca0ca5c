"""Groups of arrays in HDF5, as Keras writes them; by h5py, which is an extra."""

import io
import math
from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from fastmlp._saving._damage import damage_named
from fastmlp._saving._groups import Group
from fastmlp._saving._sizes import UnfitFile


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


def pack_weights(groups: Sequence[Group], name: str) -> bytes:
    """Return a file with groups of arrays; `name` is the model's.

    A flipped bit would make other numbers, so that there is a sum for each: arrays have
    fletcher32, and the format of HDF5 1.10 has one for each header, with single numbers
    in it. A later format could not be read by whoever has an older HDF5.
    """
    file = io.BytesIO()
    with _require_h5py().File(file, "w", libver=("v110", "v110")) as h5:
        for group in groups:
            variables = h5.create_group(f"{group.path}/vars")
            variables.attrs["name"] = group.name
            for number, array in enumerate(group.arrays):
                if array.ndim:
                    variables.create_dataset(
                        str(number), data=array, chunks=_chunk(array), fletcher32=True
                    )
                else:
                    _add_to_header(variables, str(number), array)
        h5.create_group("vars").attrs["name"] = name
    return file.getvalue()


def _chunk(array: NDArray[Any]) -> tuple[int, ...]:
    """Return the shape of as many rows as HDF5 takes in a chunk: less than 4 GiB.

    Example:
        >>> _chunk(np.zeros((784, 128), np.float32))
        (784, 128)
        >>> _chunk(np.broadcast_to(np.float32(0), (1 << 20, 1 << 14)))
        (16384, 16384)
    """
    rows = (1 << 30) // (array.nbytes // len(array))
    return (min(len(array), max(rows, 1)), *array.shape[1:])


def _add_to_header(place: Any, name: str, number: NDArray[Any]) -> None:
    """Put a single number into a group; of this, h5py has only HDF5's functions."""
    h5py = _require_h5py()
    made = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    made.set_layout(h5py.h5d.COMPACT)
    space = h5py.h5s.create(h5py.h5s.SCALAR)
    dtype = h5py.h5t.py_create(number.dtype)
    h5py.h5d.create(place.id, name.encode(), dtype, space, made).write(
        h5py.h5s.ALL, h5py.h5s.ALL, number
    )


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
        with damage_named(self._what(path)):
            place = self._entries(path)
            return [
                self._dataset(place, path, number).shape for number in range(len(place))
            ]

    def read(self, path: str, number: int) -> NDArray[Any]:
        """Return an array of a group."""
        with damage_named(self._what(path, number)):
            return np.asarray(self._dataset(self._entries(path), path, number)[()])

    def _what(self, path: str, number: int | None = None) -> str:
        array = "" if number is None else f"array {number} of "
        return f"In {self._source}, {array}{path!r}"

    def _entries(self, path: str) -> Any:
        """Return a group, or nothing if there is none; every step is in this file."""
        place = self._file
        for name in (*path.split("/"), "vars"):
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

    def _dataset(self, place: Any, path: str, number: int) -> Any:
        """Return an array of a group, not read yet, if the file holds all of it."""
        what = self._what(path, number)
        if str(number) not in place:
            raise UnfitFile(f"{what} is missing.")
        self._refuse_links(place, str(number))
        found = place[str(number)]
        if not isinstance(found, self._h5py.Dataset) or found.dtype.kind not in "fiu":
            raise UnfitFile(f"{what} does not hold numbers.")
        if found.is_virtual or found.external:
            raise UnfitFile(f"{what} lies in another file, which is not read.")
        if not self._is_plain(found):
            raise UnfitFile(
                f"{what} is compressed, which neither Keras nor fastmlp does, and HDF5 "
                "would unpack it without bounds. `h5repack -f NONE` makes it plain."
            )
        # HDF5 takes room for a whole chunk, even if the array is smaller.
        chunk = math.prod(found.chunks or ()) * found.dtype.itemsize
        declared, held = max(found.nbytes, chunk), found.id.get_storage_size()
        if declared > min(held, self._size):
            raise UnfitFile(
                f"{what} declares {declared:,} bytes, but the file holds {held:,}."
            )
        return found

    def _is_plain(self, dataset: Any) -> bool:
        """Tell whether an array is stored as it is, perhaps shuffled or with a sum."""
        h5z, made = self._h5py.h5z, dataset.id.get_create_plist()
        filters = {made.get_filter(place)[0] for place in range(made.get_nfilters())}
        return filters <= {h5z.FILTER_SHUFFLE, h5z.FILTER_FLETCHER32}


open_weights = H5Reader
