"""Files that are damaged: each is named in one sentence."""

import contextlib
import json
import sys
from collections.abc import Iterator
from typing import Any

from fastmlp._saving._sizes import UnfitFile


@contextlib.contextmanager
def damage_named(what: str) -> Iterator[None]:
    """Turn the errors of those who read a damaged file into one that names it.

    Args:
        what: The file, or a part of it.

    Raises:
        UnfitFile: The one that the block has raised, or a new one for any other error
            but MemoryError.

    Example:
        >>> with damage_named("m.npz"):
        ...     raise EOFError
        Traceback (most recent call last):
        fastmlp._saving._sizes.UnfitFile: m.npz is damaged or truncated, or not what \
its name says.
    """
    try:
        with unmasked():
            yield
    except (UnfitFile, MemoryError):
        raise
    # zipfile, zlib, struct, NumPy and h5py have each their own words for damage.
    except Exception:
        raise UnfitFile(
            f"{what} is damaged or truncated, or not what its name says."
        ) from None


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


def parsed(text: bytes, source: str) -> Any:
    """Return what the description of a model says in JSON.

    Raises:
        UnfitFile: It is damaged.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise UnfitFile(f"The description in {source} is damaged.") from None
