"""Data before they are learned from: put together, taken apart, of one length."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from fastmlp._check.numbers import as_count, describe, if_given, true_or_false
from fastmlp._util.keywords import suggesting
from fastmlp._util.random import generator
from fastmlp.layers._tensor import KerasTensor

__all__ = [
    "is_keras_tensor",
    "normalize",
    "pack_x_y_sample_weight",
    "pad_sequences",
    "split_dataset",
    "standardize_dtype",
    "unpack_x_y_sample_weight",
]


@suggesting
def normalize(x: ArrayLike, axis: int | None = -1, order: float = 2) -> NDArray[Any]:
    """Divide an array by its norm along an axis; where that is 0, nothing changes.

    Args:
        x: Numbers.
        axis: Along which one, the last by default; None for that of NumPy's
            `linalg.norm` of all of a vector or a matrix.
        order: Of the norm: 2, the default, is the Euclidean one, 1 the sum of absolute
            values.

    Returns:
        An array of the same shape.

    Example:
        >>> normalize([[3.0, 4.0], [0.0, 0.0]])
        array([[0.6, 0.8],
               [0. , 0. ]])
    """
    array = np.asarray(x)
    norm = np.linalg.norm(array, order, axis, keepdims=True)
    quotient: NDArray[Any] = array / np.where(norm == 0, 1, norm)
    return quotient


@suggesting
def pad_sequences(
    sequences: Sequence[Any],
    maxlen: int | None = None,
    dtype: DTypeLike = "int32",
    padding: Literal["pre", "post"] = "pre",
    truncating: Literal["pre", "post"] = "pre",
    value: Any = 0.0,
) -> NDArray[Any]:
    """Return lists of different lengths as rows of one length.

    Args:
        sequences: Lists, such as the texts of `datasets.imdb`.
        maxlen: How long rows are. Default None: as the longest list.
        dtype: That of the result. Default "int32".
        padding: "pre", the default, fills up in front, "post" behind.
        truncating: "pre", the default, cuts off in front, "post" behind.
        value: What it is filled up with. Default 0.

    Returns:
        An array (lists, maxlen), with further axes if the entries of lists have some.

    Raises:
        TypeError: They are no lists.
        ValueError: Entries differ in shape, or an option has no such value.

    Example:
        >>> pad_sequences([[1], [2, 3], [4, 5, 6]], maxlen=2)
        array([[0, 1],
               [2, 3],
               [5, 6]], dtype=int32)
    """
    for name, side in (("padding", padding), ("truncating", truncating)):
        if side not in ("pre", "post"):
            raise ValueError(f"{name} must be 'pre' or 'post', not {describe(side)}.")
    lists = list(sequences)
    for place, one in enumerate(lists):
        if not hasattr(one, "__len__"):
            raise TypeError(
                f"sequences must be a list of lists, but entry {place} is "
                f"{describe(one)}. Put a single list into another: [sequence]."
            )
    longest = max(map(len, lists), default=0)
    length = if_given(as_count, "maxlen", maxlen, 0)
    length = longest if length is None else length
    shape = next((np.shape(one[0]) for one in lists if len(one)), ())
    rows = np.full((len(lists), length, *shape), value, dtype)
    for place, one in enumerate(lists):
        cut = one[max(0, len(one) - length) :] if truncating == "pre" else one[:length]
        if not len(cut):
            continue
        entries = np.asarray(cut, dtype)
        if entries.shape[1:] != shape:
            raise ValueError(
                f"The entries of sequence {place} have shape {entries.shape[1:]}, "
                f"those before {shape}: they have to be alike."
            )
        start = 0 if padding == "post" else length - len(entries)
        rows[place, start : start + len(entries)] = entries
    return rows


@suggesting
def split_dataset(
    dataset: Any,
    left_size: float | None = None,
    right_size: float | None = None,
    shuffle: bool = False,
    seed: int | None = None,
) -> tuple[Any, Any]:
    """Split arrays in two, such as for training and for testing.

    Args:
        dataset: An array, or a list, tuple or dictionary of arrays of as many rows.
        left_size: How many rows, or which part of them as a fraction, the first part
            has. Default None: what the second leaves.
        right_size: The same of the second part.
        shuffle: Whether rows are shuffled first. Default False.
        seed: Of that shuffling. Default None: that of `set_random_seed`.

    Returns:
        Both parts, in the form of `dataset`; Keras returns data sets of a framework,
        which iterate over rows.

    Raises:
        TypeError: It holds no arrays, or a size is no number.
        ValueError: Arrays differ in length, or a size is out of its range.

    Example:
        >>> left, right = split_dataset((np.arange(5), np.arange(5) ** 2), 0.6)
        >>> left
        (array([0, 1, 2]), array([0, 1, 4]))
    """
    arrays = _arrays_of(dataset)
    rows = len(arrays[0])
    if any(len(array) != rows for array in arrays):
        lengths = ", ".join(str(len(array)) for array in arrays)
        raise ValueError(f"Arrays to split have to be of one length, not {lengths}.")
    left = _rows("left_size", left_size, rows)
    right = _rows("right_size", right_size, rows)
    if left is None and right is None:
        raise ValueError("split_dataset needs left_size or right_size, such as 0.8.")
    left = rows - (right or 0) if left is None else left
    right = rows - left if right is None else right
    if left + right > rows:
        raise ValueError(
            f"left_size and right_size ask for {left} and {right} rows, but there are "
            f"{rows}."
        )
    order = np.arange(rows)
    if true_or_false("shuffle", shuffle):
        rng = generator() if seed is None else np.random.default_rng(seed)
        rng.shuffle(order)
    parts = order[:left], order[left : left + right]
    first, second = (_taken(dataset, part) for part in parts)
    return first, second


def _arrays_of(dataset: Any) -> list[Any]:
    """Return the arrays that a data set holds, or say that there are none."""
    if isinstance(dataset, Mapping):
        dataset = list(dataset.values())
    arrays = list(dataset) if isinstance(dataset, (list, tuple)) else [dataset]
    if not arrays or not all(np.ndim(one) for one in arrays):
        raise TypeError(
            "split_dataset takes an array, or a list, tuple or dictionary of arrays, "
            f"not {describe(dataset)}."
        )
    return arrays


def _rows(name: str, size: float | None, rows: int) -> int | None:
    """Return a number of rows, given as such or as a fraction."""
    if size is None:
        return None
    if isinstance(size, (float, np.floating)):
        if not 0 < size < 1:
            raise ValueError(
                f"{name} as a fraction must be between 0 and 1, not {size}; a number "
                "of rows is a whole number."
            )
        return round(float(size) * rows)
    count = as_count(name, size, 1)
    if count >= rows:
        raise ValueError(
            f"{name} must be below {rows}, the number of rows, not {count}."
        )
    return count


def _taken(dataset: Any, part: NDArray[Any]) -> Any:
    if isinstance(dataset, Mapping):
        return {name: np.asarray(one)[part] for name, one in dataset.items()}
    if isinstance(dataset, (list, tuple)):
        return type(dataset)([np.asarray(one)[part] for one in dataset])
    return np.asarray(dataset)[part]


@suggesting
def pack_x_y_sample_weight(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """Return a batch as `fit` takes it: x, (x, y) or (x, y, sample_weight).

    Example:
        >>> pack_x_y_sample_weight("x", "y")
        ('x', 'y')
    """
    if y is None:
        return (x,) if isinstance(x, (tuple, list)) else x
    return (x, y) if sample_weight is None else (x, y, sample_weight)


def unpack_x_y_sample_weight(data: Any) -> tuple[Any, Any, Any]:
    """Return x, y and sample weights of a batch; what it does not have is None.

    Raises:
        ValueError: It has more than three parts.

    Example:
        >>> unpack_x_y_sample_weight(("x", "y"))
        ('x', 'y', None)
    """
    if not isinstance(data, (tuple, list)):
        return data, None, None
    if not 1 <= len(data) <= 3:
        raise ValueError(
            "A batch is x, (x,), (x, y) or (x, y, sample_weight), but this one has "
            f"{len(data)} parts. Put several inputs into a list: ([a, b], y)."
        )
    x, y, sample_weight = (*data, None, None)[:3]
    return x, y, sample_weight


@suggesting
def is_keras_tensor(x: Any) -> bool:
    """Tell whether something is a symbolic tensor, which `Input` and layers give.

    Example:
        >>> from fastmlp import Input
        >>> is_keras_tensor(Input((4,))), is_keras_tensor(np.zeros(4))
        (True, False)
    """
    return isinstance(x, KerasTensor)


def standardize_dtype(dtype: Any) -> str:
    """Return the name of a dtype; None is float32.

    Raises:
        ValueError: There is no such dtype.

    Example:
        >>> standardize_dtype(int), standardize_dtype(np.float16)
        ('int32', 'float16')
    """
    if dtype is int:
        return "int32"  # On every system, as in Keras.
    if dtype is float or dtype is None:
        return "float32"
    try:
        return str(np.dtype(dtype).name)
    except TypeError:
        raise ValueError(f"There is no dtype {describe(dtype)}.") from None
