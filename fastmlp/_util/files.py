"""Where fastmlp keeps its files, and how a file is written whole or not at all."""

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


def home_folder() -> Path:
    """Return the user's home folder, or the temporary one where there is none.

    A container may run under a user id that has neither `HOME` nor an account.
    """
    try:
        return Path.home()
    except RuntimeError:
        # Only here: it takes a while to load, and nearly everyone has a home.
        import tempfile

        return Path(tempfile.gettempdir())


def cache_folder() -> Path:
    """Return the folder that fastmlp keeps downloads in.

    `FASTMLP_HOME` if that is set, else `.fastmlp` in the home folder. The folder
    need not exist.
    """
    chosen = os.environ.get("FASTMLP_HOME")
    return Path(chosen).expanduser() if chosen else home_folder() / ".fastmlp"


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


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a new file that takes the place of `path` when the block ends well.

    Until then `path` is as it was, and after an error or Ctrl-C nothing is left
    behind. Several processes may do this at once: each writes a file of its own,
    and the last to finish wins. Devices and pipes are written directly.

    Raises:
        OSError: The file cannot be written; `path`, which it names, is as it was.
    """
    if os.path.isdir(path):
        raise IsADirectoryError(f"{path} is a folder; give the name of a file in it.")
    if os.path.exists(path) and not os.path.isfile(path):
        with naming(path), open(path, "wb") as device:
            yield device
        return
    # A link stays a link: the file that it points to is the one replaced.
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    # Not tempfile's: its files are for their owner only, and a class may share these.
    temporary = os.path.join(folder, f"fastmlp-{secrets.token_hex(8)}.part")
    try:
        with naming(path, temporary):
            with open(temporary, "xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
