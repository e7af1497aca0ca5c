"""A zip from anywhere, whose members are read no further than they may reach."""

import zipfile
from typing import IO, BinaryIO

from fastmlp._saving._damage import damage_named
from fastmlp._saving._sizes import UnfitFile

# The others are not bounded as they unpack, and neither Keras nor NumPy uses them.
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Zip:
    """The members of a zip, by name.

    Args:
        file: The file, at its beginning.
        source: Its name, for messages.

    Attributes:
        names: The names of all members.
        size: How many bytes the file has.

    Raises:
        UnfitFile: It is no zip.
    """

    def __init__(self, file: BinaryIO, source: str) -> None:
        self._source = source
        with damage_named(source):
            self._zip = zipfile.ZipFile(file)
            self.size = file.seek(0, 2)
            self.names = frozenset(self._zip.namelist())
            # A name that is damaged hides its member: each has it once more in front.
            for name in self.names:
                self._zip.open(name).close()

    def open(self, name: str) -> IO[bytes]:
        """Return a member, to be read.

        Raises:
            UnfitFile: It is not there, or packed in another way than usual.
        """
        if name not in self.names:
            raise UnfitFile(f"{self._source} has no {name!r}: something else wrote it.")
        packing = self._zip.getinfo(name).compress_type
        if packing not in _PACKINGS:
            raise UnfitFile(
                f"In {self._source}, {name!r} is packed by method {packing}, which is "
                "not read: only plain and deflated members are."
            )
        return self._zip.open(name)

    def declared(self, name: str) -> int:
        """Return how many bytes a member is said to have."""
        return self._zip.getinfo(name).file_size

    def held(self, name: str) -> int:
        """Return how many bytes of the file a member takes."""
        return min(self._zip.getinfo(name).compress_size, self.size)

    def close(self) -> None:
        """Let go of the file, which stays open."""
        self._zip.close()
