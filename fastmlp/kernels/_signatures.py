"""What each kernel takes and gives, as its text in `_texts.py` says it."""

import re
from typing import NamedTuple

from fastmlp.kernels._texts import TEXTS


class Array(NamedTuple):
    """One array of a signature."""

    name: str
    sizes: tuple[str, ...] | None  # None: any shape
    optional: bool
    changed: bool
    overwritable: bool
    double: bool


class Signature(NamedTuple):
    """A kernel: the arrays that it gets, those that it returns, and its numbers."""

    kernel: str
    arrays: list[Array]
    results: list[Array]
    numbers: dict[str, type]  # and what they are: float, int or bool
    scratch: bool


def signature(kernel: str) -> Signature:
    """Return the signature of a kernel; its numbers are those of the reference.

    Example:
        >>> signature("elu").numbers
        {'alpha': <class 'float'>}
    """
    text, _, scratch = TEXTS[kernel].partition(" ; ")
    arrays, results = (
        [
            Array(name, tuple(sizes.split(",")) if sizes else None, *_marks(marks))
            for name, marks, sizes in re.findall(
                r"(\w+)([?!~*]*)(?:\(([\w,]+)\))?", part
            )
        ]
        for part in text.partition("->")[::2]
    )
    # Only here: where the kernels are compiled, few programs need the reference.
    from fastmlp import reference

    kinds = getattr(reference, kernel).__annotations__
    numbers = {name: kind for name, kind in kinds.items() if kind in (float, int, bool)}
    return Signature(kernel, arrays, results, numbers, bool(scratch))


def _marks(marks: str) -> tuple[bool, bool, bool, bool]:
    return "?" in marks, "!" in marks, "~" in marks, "*" in marks
