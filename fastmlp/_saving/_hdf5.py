"""HDF5: the one place that knows it; by h5py, which is an extra."""

import contextlib
import io
import math
from collections.abc import Iterator
from typing import Any, BinaryIO

from numpy.typing import NDArray

from fastmlp._saving._damage import damage_named
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


@contextlib.contextmanager
def new_file(content: io.BytesIO) -> Iterator[Any]:
    """Write a file into memory.

    A flipped bit would make other numbers, so that there is a sum for each: arrays have
    fletcher32, and the format of HDF5 1.10 has one for each header, with single numbers
    and texts in it. A later format could not be read by whoever has an older HDF5.
    """
    with _require_h5py().File(content, "w", libver=("v110", "v110")) as h5:
        yield h5


def put(place: Any, name: str, array: NDArray[Any]) -> None:
    """Put an array into a group."""
    if array.ndim:
        place.create_dataset(name, data=array, chunks=_chunk(array), fletcher32=True)
    else:
        _add_to_header(place, name, array)


def _chunk(array: NDArray[Any]) -> tuple[int, ...]:
    """Return the shape of as many rows as HDF5 takes in a chunk: less than 4 GiB.

    Example:
        >>> import numpy as np
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
    links = h5py.h5p.create(h5py.h5p.LINK_CREATE)
    links.set_create_intermediate_group(True)
    h5py.h5d.create(place.id, name.encode(), dtype, space, made, lcpl=links).write(
        h5py.h5s.ALL, h5py.h5s.ALL, number
    )


# How a heap of texts begins, and the bytes in front of it, and of each of its texts.
_HEAP, _IN_FRONT = b"GCOL\x01\0\0\0", 16


def refuse_damaged_heaps(file: BinaryIO, source: str) -> None:
    """Refuse texts of which HDF5 would never find the end.

    Texts of any length lie in heaps without a sum. HDF5 goes from one to the next, by
    lengths that it believes, and there are lengths with which it stays where it is.

    Args:
        file: The file, at its beginning, where it is left.
        source: Its name, for messages.

    Raises:
        UnfitFile: There is such a text.
    """
    content = file.read()
    file.seek(0)
    begin = content.find(_HEAP)
    while begin >= 0:
        size = int.from_bytes(content[begin + 8 : begin + _IN_FRONT], "little")
        place, end = begin + _IN_FRONT, begin + size
        while place + _IN_FRONT <= end:
            number = int.from_bytes(content[place : place + 2], "little")
            length = int.from_bytes(content[place + 8 : place + _IN_FRONT], "little")
            # What is free has number 0, and counts itself.
            step = length if number == 0 else _IN_FRONT + (length + 7) // 8 * 8
            if step < _IN_FRONT or place + step > min(end, len(content)):
                raise UnfitFile(f"{source} is damaged: its texts have no end.")
            place += step
        begin = content.find(_HEAP, begin + 1)


class H5File:
    """An HDF5 file, and nothing but the plain arrays and texts in it.

    HDF5 can refer to other files, and declare arrays that it does not hold; such are
    refused.

    Args:
        file: The file, at its beginning.
        source: Its name, for messages.

    Attributes:
        root: The group that all others are in.
        size: How many bytes the file has.

    Raises:
        UnfitFile: It is no HDF5 file.
    """

    def __init__(self, file: BinaryIO, source: str) -> None:
        self._h5py = _require_h5py()
        self._source = source
        with damage_named(source):
            self.size = file.seek(0, 2)
            self.root = self._h5py.File(file, "r")

    def close(self) -> None:
        """Let go of the file, which stays open."""
        self.root.close()

    def group(self, place: Any, *names: str) -> Any:
        """Return a group within another one, or None; every step is in this file."""
        for name in names:
            if name not in place:
                return None
            self._refuse_links(place, name)
            place = place[name]
            if not isinstance(place, self._h5py.Group):
                return None
        return place

    def _refuse_links(self, place: Any, name: str) -> None:
        if not isinstance(place.get(name, getlink=True), self._h5py.HardLink):
            raise UnfitFile(
                f"{self._source} refers to another place for {name!r}. Only files "
                "that hold everything themselves are read."
            )

    def array(self, place: Any, name: str, what: str) -> Any:
        """Return an array in a group, not read yet, if the file holds all of it."""
        if place is None or name not in place:
            raise UnfitFile(f"{what} is missing.")
        self._refuse_links(place, name)
        found = place[name]
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
        if declared > min(held, self.size):
            raise UnfitFile(
                f"{what} declares {declared:,} bytes, but the file holds {held:,}."
            )
        return found

    def _is_plain(self, dataset: Any) -> bool:
        """Tell whether an array is stored as it is, perhaps shuffled or with a sum."""
        h5z, made = self._h5py.h5z, dataset.id.get_create_plist()
        filters = {made.get_filter(place)[0] for place in range(made.get_nfilters())}
        return filters <= {h5z.FILTER_SHUFFLE, h5z.FILTER_FLETCHER32}

    def attribute(self, place: Any, name: str) -> Any:
        """Return what a group says of itself under a name, or None."""
        if name not in place.attrs:
            return None
        what = f"In {self._source}, {name!r} of {place.name!r}"
        told = place.attrs.get_id(name)
        declared = math.prod(told.shape) * told.dtype.itemsize
        if declared > self.size:
            raise UnfitFile(
                f"{what} declares {declared:,} bytes, but the file holds {self.size:,}."
            )
        return place.attrs[name]
