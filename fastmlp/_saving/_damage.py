"""Files that are damaged, or lie about their sizes: each is named in one sentence."""

import contextlib
import struct
import sys
import tokenize
import zipfile
import zlib
from collections.abc import Iterator

# In bytes; what describes the largest network layer by layer is smaller.
LARGEST_DESCRIPTION = 1 << 24

# The compression of neither a zip nor HDF5 makes anything smaller than by this factor.
_MOST_COMPRESSION = 1100

# What zipfile, zlib, NumPy and h5py raise when a file is not what it should be.
_SYMPTOMS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    tokenize.TokenError,
    EOFError,
    KeyError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)


class UnfitFile(ValueError):
    """What is wrong with a file, in a sentence for its user."""


@contextlib.contextmanager
def damage_named(what: str) -> Iterator[None]:
    """Turn the errors of those who read a damaged file into one that names it.

    Args:
        what: The file, or a part of it.

    Raises:
        UnfitFile: The one that the block has raised, or else, if it has found damage, a
            new one.

    Example:
        >>> with damage_named("m.npz"):
        ...     raise zipfile.BadZipFile
        Traceback (most recent call last):
        fastmlp._saving._damage.UnfitFile: m.npz is damaged, or not what its name says.
    """
    try:
        with unmasked():
            yield
    except UnfitFile:
        raise
    except _SYMPTOMS:
        raise UnfitFile(f"{what} is damaged, or not what its name says.") from None


@contextlib.contextmanager
def unmasked() -> Iterator[None]:
    """Let Ctrl-C, and memory that runs out, be what a block raises.

    A zip that is left half-way, and HDF5, have errors of their own, which come of these
    and say nothing of them.

    Example:
        >>> with unmasked():
        ...     try:
        ...         raise MemoryError
        ...     finally:
        ...         raise ValueError("This is a zip, and it was not closed.")
        Traceback (most recent call last):
        MemoryError
    """
    # A program may save its model because of Ctrl-C: that one is handled already.
    known = sys.exc_info()[1]
    try:
        yield
    except Exception as error:
        cause = error.__context__
        while cause is not None and cause is not known:
            if isinstance(cause, (KeyboardInterrupt, MemoryError)):
                raise cause from None
            cause = cause.__context__
        raise


def refuse_more_than_held(what: str, declared: int, held: int) -> None:
    """Refuse an array that a file cannot hold, before memory is taken for it.

    Args:
        what: The array.
        declared: How many bytes it is said to have.
        held: How many bytes the file has for it, perhaps compressed.

    Raises:
        UnfitFile: It is larger than any compression can explain.
    """
    if declared > _MOST_COMPRESSION * held:
        raise UnfitFile(
            f"{what} declares {declared:,} bytes, but the file holds fewer."
        )
