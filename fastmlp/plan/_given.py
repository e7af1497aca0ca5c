"""Rows of samples as the user has them."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp.plan._arrays import refuse_names, require
from fastmlp.plan._csr import pair_count

__all__ = ["GivenRows"]

# What compiled code converts batch by batch, and the number that says so there.
_GIVEN = {np.dtype(name): at for at, name in enumerate(("float32", "float64", "uint8"))}


class _GivenRowsFields(NamedTuple):
    data: NDArray[Any]
    in_pairs: bool
    # What follows from these.
    kind: int
    row_count: int
    inputs: int


class GivenRows(_GivenRowsFields):
    """Rows as the user has them, which are converted batch by batch.

    That is for what is used once: to predict the 10,000 images of MNIST's test takes
    7 % less than if all are compressed before.

    Args:
        data: Of float32, float64 or uint8, (rows, inputs), C-contiguous.
        in_pairs: Whether their zeros are left out.

    Attributes:
        kind: The number of its type.
        row_count: How many rows there are.
        inputs: How many columns there are.

    Raises:
        ValueError: data are of another type, or lie otherwise.

    Example:
        >>> GivenRows(np.zeros((2, 5)), in_pairs=True).most_pairs()
        3
    """

    __slots__ = ()

    def __new__(cls, data: NDArray[Any], in_pairs: bool) -> "GivenRows":
        """Look at the array: compiled code reads it without another look."""
        kind, flags = _GIVEN.get(data.dtype), data.flags
        require(
            kind is not None
            and data.ndim == 2
            and flags.c_contiguous
            and flags.aligned,
            "data must be an aligned, C-contiguous table of float32, float64 or uint8.",
        )
        return tuple.__new__(cls, (data, in_pairs, kind, *data.shape))

    @classmethod
    def _make(cls, iterable: Any) -> "GivenRows":  # type: ignore[override]
        """Check what `_replace` makes as well, and find anew what follows from it."""
        return cls(*tuple(iterable)[:2])

    def _replace(self, /, **changes: Any) -> "GivenRows":
        """Change what can be given; what follows from it cannot be changed alone."""
        refuse_names(changes, self._fields[2:])
        return super()._replace(**changes)

    def __getnewargs__(self) -> tuple[Any, ...]:
        """Return what a copy is made of."""
        return tuple(self)[:2]

    def most_pairs(self) -> int:
        """Return how many pairs of columns a row may have; 0: it is no row of pairs."""
        return pair_count(self.inputs) if self.in_pairs else 0

    def rows(self, first: int, stop: int) -> "GivenRows":
        """Return rows `first` to `stop`: a view, no copy."""
        return GivenRows(self.data[first:stop], self.in_pairs)
