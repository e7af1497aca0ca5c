"""The binding of src/pairs.pxi and src/digits.pxi: what is done with data once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp.kernels import _loading
from fastmlp.kernels._arrays import as_array, in_place
from fastmlp.kernels._threads import go_on_alone
from fastmlp.plan import (
    Csr,
    Float32,
    block_count,
    pair_count,
    pinned,
)

_CONVERTIBLE = [np.dtype(name) for name in ("float32", "float64", "uint8")]


def _kernel(name: str) -> Callable[..., Any]:
    """Return what does the work: compiled code, or the reference."""
    if _loading.compiled is not None:
        found: Callable[..., Any] = getattr(_loading.compiled, f"py_{name}")
        return found
    # Only here: where the kernels are compiled, few programs need the reference.
    from fastmlp import reference

    return getattr(reference, name)  # type: ignore[no-any-return]


def _share_rows(
    work: Callable[[int, int], Any], rows: int, threads: int, pin: object = None
) -> list[tuple[int, Any]]:
    """Call work(first, stop) for ranges of rows, one a thread; return (first, result).

    For what is done once and takes milliseconds, a thread of Python's is soon enough.
    `pin` keeps in its place what is read.
    """
    if threads < 1:
        raise ValueError(f"threads must be at least 1, not {threads}.")
    if threads == 1:
        return [(0, work(0, rows))]
    import threading  # Only here: it takes a while to load.

    ends = [rows * thread // threads for thread in range(threads + 1)]
    results: list[Any] = [None] * threads

    def run(thread: int) -> None:
        try:
            results[thread] = work(ends[thread], ends[thread + 1])
        except BaseException as error:
            results[thread] = error

    workers: list[threading.Thread] = []
    for thread in range(1, threads):
        worker = threading.Thread(target=run, args=(thread,))
        try:
            worker.start()
        except RuntimeError:
            go_on_alone()
            break
        workers.append(worker)
    for thread in [0, *range(len(workers) + 1, threads)]:
        run(thread)
    for worker in workers:
        worker.join()
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return list(zip(ends, results, strict=False))


def convert(x: NDArray[np.generic], threads: int = 1) -> tuple[Float32, int]:
    """Copy x into a new float32 array, and look for NaN and infinity on the way.

    Args:
        x: An array of uint8, float32 or float64.
        threads: How many threads share the work.

    Returns:
        The copy, and the flat index of the first NaN or infinity in it, or -1.

    Raises:
        TypeError: x has another dtype.

    Example:
        >>> convert(np.array([1.0, np.nan]))
        (array([ 1., nan], dtype=float32), 1)
    """
    x = np.require(x, requirements=["C", "A"])
    if x.dtype not in _CONVERTIBLE:
        raise TypeError(
            f"x must be an array of uint8, float32 or float64, not {x.dtype}."
        )
    y = np.empty(x.shape, np.float32)
    kernel = _kernel("convert")
    flat_x, flat_y = x.reshape(-1), y.reshape(-1)

    def work(first: int, stop: int) -> int:
        return int(kernel(flat_x[first:stop], flat_y[first:stop]))

    found = _share_rows(work, x.size, threads, pinned(x))
    return y, next((first + index for first, index in found if index >= 0), -1)


def count_pairs(x: ArrayLike) -> int:
    """Count the pairs of neighbouring columns in which something is not zero.

    Args:
        x: Samples, (rows, inputs), read as by `compress`.

    Raises:
        ValueError: x is no table.

    Example:
        >>> count_pairs(np.array([[0, 7, 0, 0, 8]]))
        2
    """
    table = _table(x)
    pin = pinned(table)
    count = int(_kernel("count_pairs")(table))
    del pin
    return count


def _table(x: ArrayLike) -> NDArray[Any]:
    """Return samples as compiled code reads them.

    Raises:
        ValueError: They are no table.
    """
    table = np.asarray(x)
    if table.dtype not in _CONVERTIBLE:
        table = as_array("x", table)
    if table.ndim != 2:
        raise ValueError(f"x must have shape (any, any), not {table.shape}.")
    flags = table.flags
    if not (flags.c_contiguous and flags.aligned):
        table = np.require(table, requirements=["C", "A"])
    return table


def compress(x: ArrayLike, threads: int = 1) -> tuple[Csr, bool]:
    """Keep the pairs of neighbouring columns of x in which something is not zero.

    Args:
        x: Samples, (rows, inputs). C-contiguous uint8, float32 and float64 are read as
            they are, without a copy.
        threads: How many threads share the work. Between what two of them write there
            may be a gap that nothing points to.

    Returns:
        The rows without their zeros (see `fastmlp.plan.Csr`), and whether no value is
        NaN or infinite.

    Raises:
        ValueError: x is no table, or has no inputs.

    Example:
        >>> csr, _ = compress(np.array([[0, 7, 0, 0, 8]], np.float32))
        >>> csr.data.tolist(), csr.indices.tolist(), csr.indptr.tolist()
        ([0.0, 7.0, 8.0, 0.0], [0, 2], [[0, 2]])
    """
    x = _table(x)
    rows, inputs = x.shape
    if not inputs:
        raise ValueError("x has no inputs.")
    room = pair_count(inputs)
    indptr = np.empty((rows, block_count(inputs) + 1), np.intp)
    # One more than can be needed: the last pair is written before it is judged. What
    # is not needed is never touched, and so takes no memory.
    data = np.empty(2 * (rows * room + 1), np.float32)
    indices = np.empty(rows * room + 1, np.uint16)
    kernel = _kernel("compress")

    def work(first: int, stop: int) -> tuple[int, bool]:
        part = slice(first, stop)
        end, finite = kernel(x[part], data, indices, indptr[part], first * room)
        return int(end), bool(finite)

    parts = [part for _, part in _share_rows(work, rows, threads, pinned(x))]
    end = parts[-1][0]
    finite = all(finite for _, finite in parts)
    return Csr.written(data[: 2 * end], indices[:end], indptr, inputs), finite


def draw_digits(
    points: NDArray[np.int16],
    pens: NDArray[np.int32],
    out: NDArray[np.uint8] | None = None,
) -> NDArray[np.uint8]:
    """Draw digits along points, each with its pen, and move them to the middle.

    ink = min(255, max(0, outer - d^2) gain / 2^16), d = distance of a pixel's center
    to the nearest point; then each digit is moved by whole pixels until its center
    of mass is at row and column 14.

    Args:
        points: int16, (n, points, 2): x and y in 1/256 pixel.
        pens: int32, (n, 2): outer, the square of the radius beyond which there is no
            ink, in (1/256 pixel)^2 and at most 2^20; and gain, with
            outer * gain < 2^31.
        out: uint8, (n, 28, 28): where to put the images; a new array if None.

    Returns:
        The images, uint8, (n, 28, 28).

    Example:
        >>> dot = np.full((1, 1, 2), 14 * 256, np.int16)
        >>> pen = np.array([[2**20, 16]], np.int32)
        >>> draw_digits(dot, pen)[0, 14, 14:19]
        array([255, 240, 192, 112,   0], dtype=uint8)
    """
    points = np.ascontiguousarray(points)
    if points.dtype != np.int16 or points.ndim != 3 or points.shape[2] != 2:
        raise ValueError(
            "points must be int16 of shape (n, points, 2), not "
            f"{points.dtype} of shape {points.shape}."
        )
    pens = np.ascontiguousarray(pens)
    if pens.dtype != np.int32 or pens.shape != (len(points), 2):
        raise ValueError(
            f"pens must be int32 of shape ({len(points)}, 2), not {pens.dtype} of "
            f"shape {pens.shape}."
        )
    shape = (len(points), 28, 28)
    out = np.empty(shape, np.uint8) if out is None else out
    in_place("out", out, shape, dtype=np.uint8)
    kernel = _kernel("draw_digits")
    if _loading.compiled is None:
        out[...] = kernel(points, pens)
    else:
        kernel(points, pens, out)
    return out


def penalty(w: ArrayLike, l1: float = 0.0, l2: float = 0.0) -> float:
    """Compute l1 sum |w| + l2 sum w^2, what a regularizer adds to the loss.

    Example:
        >>> penalty([1.0, -2.0], l1=0.5, l2=0.25)
        2.75
    """
    numbers = as_array("w", w).reshape(-1)
    return float(_kernel("penalty")(numbers, l1, l2)) if numbers.size else 0.0
