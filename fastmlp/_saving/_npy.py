"""Arrays in a zip, each an .npy as NumPy writes it: a line about it, and its numbers.

NumPy reads that line as an expression of Python, and one from anywhere may take
Python's parser to its limits. Here it is the text that NumPy writes, or damage.
"""

import math
import re
from typing import IO, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp._saving._damage import damage_named
from fastmlp._saving._sizes import UnfitFile, refuse_more_than_held
from fastmlp._saving._zip import Zip

_MAGIC = b"\x93NUMPY\x01\x00"
# NumPy writes 128 bytes at most for arrays of plain numbers.
_LONGEST_LINE = 1000
_LINE = re.compile(
    r"\{'descr': (?P<dtype>.*), 'fortran_order': (?P<fortran>True|False), "
    r"'shape': \((?P<shape>[0-9, ]*)\), \} *\n"
)
_NUMBERS = re.compile(r"'[<>|=][fiu][0-9]+'")


class Header(NamedTuple):
    """What a file says of its array."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    order: Literal["C", "F"]
    size: int  # in bytes, of the array


def read_header(archive: Zip, name: str, what: str) -> Header:
    """Return what a member says of its array, and read nothing more.

    Args:
        archive: The zip.
        name: The member's, without its ending.
        what: What to call it in messages.

    Raises:
        UnfitFile: It holds no plain numbers, or not as many as it says.
    """
    with damage_named(what), archive.open(f"{name}.npy") as member:
        return _header(archive, name, what, member)


def read_array(archive: Zip, name: str, what: str) -> NDArray[Any]:
    """Return the array of a member; arguments and errors as in `read_header`."""
    with damage_named(what), archive.open(f"{name}.npy") as member:
        header = _header(archive, name, what, member)
        content = member.read(header.size)
        found: NDArray[Any] = np.ndarray(
            header.shape, header.dtype, content, order=header.order
        )
        return found.copy()


def _header(archive: Zip, name: str, what: str, member: IO[bytes]) -> Header:
    start = member.read(len(_MAGIC) + 2)
    if not start.startswith(_MAGIC):
        raise UnfitFile(f"{what} is not of the version that fastmlp writes.")
    length = int.from_bytes(start[len(_MAGIC) :], "little")
    line = member.read(min(length, _LONGEST_LINE)).decode("latin1")
    found = _LINE.fullmatch(line)
    if found is None:
        raise ValueError
    if not _NUMBERS.fullmatch(found["dtype"]):
        raise UnfitFile(f"{what} does not hold numbers.")
    shape = tuple(int(size) for size in found["shape"].split(",") if size.strip())
    dtype = np.dtype(found["dtype"].strip("'"))
    size = math.prod(shape) * dtype.itemsize
    rest = archive.declared(f"{name}.npy") - len(start) - length
    if size != rest:
        raise UnfitFile(f"{what} declares {size:,} bytes, but holds {rest:,}.")
    refuse_more_than_held(what, size, archive.held(f"{name}.npy"))
    return Header(shape, dtype, "F" if found["fortran"] == "True" else "C", size)
