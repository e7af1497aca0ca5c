"""Rows of one length, made of rows of several."""

from fastmlp.utils import pad_sequences

__all__ = ["pad_sequences"]


def __dir__() -> list[str]:
    return __all__
