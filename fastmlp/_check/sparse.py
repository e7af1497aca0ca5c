"""Matrices of scipy.sparse, which is not imported: known by what they can do."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp._check.numbers import as_float32, real_numbers
from fastmlp.plan import SparseRows, are_ascending


def is_sparse(value: Any) -> bool:
    """Tell whether a value is a matrix or an array of scipy.sparse, of any format.

    Example:
        >>> is_sparse(np.zeros((2, 2)))
        False
    """
    return hasattr(value, "tocsr") and hasattr(value, "format")


def filled(value: Any) -> Any:
    """Return what scipy.sparse has with its zeros, and anything else as it is."""
    return value.toarray() if is_sparse(value) else value


def sparse_rows(name: str, value: Any) -> SparseRows:
    """Return a table of scipy.sparse as float32 rows without their zeros.

    Numbers that are float32 already are used where they are; other formats than CSR
    convert themselves. What a row has twice for a column is added up.

    Raises:
        TypeError: It does not hold real numbers.
        ValueError: It has no columns or too many, or is damaged.
    """
    csr = value if value.format == "csr" else value.tocsr()
    data = real_numbers(name, csr.data)
    indices, indptr = np.asarray(csr.indices), np.asarray(csr.indptr)
    if not are_ascending(indices, indptr):
        data, indices, indptr = _in_order(data, indices, indptr)
    try:
        return SparseRows(
            as_float32(name, data, finite=False), indices, indptr, int(csr.shape[1])
        )
    except ValueError as error:
        raise ValueError(
            f"{name} is a sparse matrix of shape {csr.shape} that is damaged: {error}"
        ) from None


def _in_order(
    data: NDArray[Any], indices: NDArray[Any], indptr: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Sort each row by columns, and add up what is there for the same one."""
    rows = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    order = np.lexsort((indices[: len(rows)], rows))
    rows, columns, numbers = rows[order], indices[order], data[order]
    is_new = np.ones(len(rows), bool)
    is_new[1:] = (rows[1:] != rows[:-1]) | (columns[1:] != columns[:-1])
    total = np.zeros(np.count_nonzero(is_new), data.dtype)
    np.add.at(total, is_new.cumsum() - 1, numbers)
    starts = np.searchsorted(rows[is_new], np.arange(len(indptr)))
    return total, columns[is_new], starts


def refuse_lost_entries(name: str, rows: SparseRows) -> None:
    """Refuse NaN and infinity among the entries.

    Raises:
        ValueError: There is one; the message says where the first is.
    """
    begin, end = rows.indptr[[0, -1]]
    odd = ~np.isfinite(rows.data[begin:end])
    if odd.any():
        entry = begin + int(odd.argmax())
        row = int(np.searchsorted(rows.indptr, entry, "right")) - 1
        kind = "NaN" if np.isnan(rows.data[entry]) else "infinite in float32"
        raise ValueError(
            f"{name}[{row}, {rows.indices[entry]}] is {kind}. Training needs finite "
            "numbers: leave such rows out, or replace the value."
        )
