"""Warnings that point at the user's line, however deep in the library they arise."""

import os
import sys
import warnings

_IMPORT = "<frozen importlib"
_LIBRARY = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


def _is_passed_by(filename: str) -> bool:
    return filename.startswith((_LIBRARY, _IMPORT))


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn whoever called the library."""
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and _is_passed_by(frame.f_code.co_filename):
        # Those of an import, `warnings` does not count.
        level += not frame.f_code.co_filename.startswith(_IMPORT)
        frame = frame.f_back
    warnings.warn(message, category, stacklevel=level)
