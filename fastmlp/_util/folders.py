"""Where fastmlp keeps what it downloads; apart, since few programs need a `Path`."""

import os
from pathlib import Path


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
    return folder_named_by("FASTMLP_HOME") or home_folder() / ".fastmlp"


def folder_named_by(variable: str) -> Path | None:
    """Return the folder that a variable of the environment names, or None.

    Raises:
        ValueError: It begins with the home folder of someone who has none.
    """
    named = os.environ.get(variable)
    try:
        return Path(named).expanduser() if named else None
    except RuntimeError:
        raise ValueError(
            f"{variable}={named} begins with a home folder that nobody knows. Give the "
            "whole name of the folder."
        ) from None
