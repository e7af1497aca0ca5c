"""How a file is named, and written whole or not at all."""

import contextlib
import errno
import os
import re
import stat
from collections.abc import Iterator
from typing import BinaryIO


def path_of(argument: str, path: str | os.PathLike[str]) -> str:
    """Return the name of a file as text.

    Raises:
        TypeError: It is none; bytes are not taken for one.
        ValueError: It is empty, or has a character that no name can have.
    """
    name = os.fspath(path) if isinstance(path, os.PathLike) else path
    if not isinstance(name, str):
        raise TypeError(
            f"{argument} must be the name of a file, a text or a pathlib.Path, not of "
            f"type {type(path).__name__}."
        )
    if not name or "\0" in name:
        found = "has a null character" if name else "is empty"
        raise ValueError(f"{argument} must be the name of a file, but it {found}.")
    return name


# What goes wrong with a file that is open already; such an error names none.
_WRITE_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


@contextlib.contextmanager
def naming(
    path: str | os.PathLike[str], temporary: str | None = None
) -> Iterator[None]:
    """Let what goes wrong in writing a file name the one that the user gave.

    Args:
        path: The file, as the user gave it.
        temporary: The file that is written in its place, which the user never sees.

    Raises:
        OSError: The one that the block has raised, with `path` for its file name if
            that was `temporary`, or if it had none, as where the disk is full.
    """
    try:
        yield
    except OSError as error:
        nameless = error.filename is None and error.errno in _WRITE_ERRORS
        if nameless or (temporary is not None and error.filename == temporary):
            raise OSError(error.errno, error.strerror, os.fspath(path)) from None
        raise


# What is being written has such a name. Nobody pauses for a day between two writes: one
# that is older was left by a program that was killed.
_PART = "fastmlp-{}.part"
_PARTS = re.compile(_PART.format("[0-9a-f]{16}"))
_ABANDONED_SECONDS = 24 * 60 * 60


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a new file that takes the place of `path` when the block ends well.

    Until then `path` is as it was, and after an error or Ctrl-C nothing is left
    behind. Several processes may do this at once: each writes a file of its own,
    and the last to finish wins. Who may read and write `path` stays the same. What a
    program that was killed has left in the folder is deleted a day later. Devices and
    pipes are written directly.

    Raises:
        OSError: The file cannot be written; `path`, which it names, is as it was.
    """
    path = path_of("The path", path)
    # A link stays a link: the file that it points to is the one replaced.
    target = os.path.realpath(path)
    if os.path.isdir(target):
        raise IsADirectoryError(f"{path!r} is a folder; give the name of a file in it.")
    if os.path.exists(path) and not os.path.isfile(path):
        with naming(path), open(path, "wb") as device:
            yield device
        return
    folder = os.path.dirname(target)
    if not os.path.exists(folder):
        raise FileNotFoundError(
            errno.ENOENT, f"There is no folder {folder!r}; make it first", path
        )
    # Not tempfile's: its files are for their owner only, and a class may share these.
    temporary = os.path.join(folder, _PART.format(os.urandom(8).hex()))
    try:
        with naming(path, temporary):
            with open(temporary, "xb") as file:
                # Before there is something to read in it; some disks have no modes.
                with contextlib.suppress(FileNotFoundError, PermissionError):
                    os.chmod(temporary, stat.S_IMODE(os.stat(target).st_mode))
                _sweep(folder, os.fstat(file.fileno()).st_mtime)
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _sweep(folder: str, now: float) -> None:
    """Delete what killed programs have left in a folder, by the clock of its disk."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            # Whatever goes wrong with one, such as one that is another user's.
            with contextlib.suppress(OSError):
                if (
                    _PARTS.fullmatch(entry.name)
                    and now - entry.stat().st_mtime > _ABANDONED_SECONDS
                ):
                    os.unlink(entry.path)
