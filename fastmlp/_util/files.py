"""Where fastmlp keeps its files, and how a file is written whole or not at all."""

import contextlib
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


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a new file that takes the place of `path` when the block ends well.

    Until then `path` is as it was, and after an error or Ctrl-C nothing is left
    behind. Several processes may do this at once: each writes a file of its own,
    and the last to finish wins. Devices and pipes are written directly.

    Raises:
        OSError: The file cannot be written; `path` is as it was.
    """
    if os.path.isdir(path):
        raise IsADirectoryError(f"{path} is a folder; give the name of a file in it.")
    if os.path.exists(path) and not os.path.isfile(path):
        with open(path, "wb") as device:
            yield device
        return
    # A link stays a link: the file that it points to is the one replaced.
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    # Not tempfile's: its files are for their owner only, and a class may share these.
    temporary = os.path.join(folder, f"fastmlp-{secrets.token_hex(8)}.part")
    try:
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
