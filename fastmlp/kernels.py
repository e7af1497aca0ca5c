"""The door to everything that is compiled, and the place to try a kernel out.

Each function takes plain arrays, checks their shapes, allocates what is not given as
`out`, and calls the kernel of the same name: compiled from src/ for the best
instruction set that this processor has, or, where `FASTMLP_BACKEND=numpy` asks for it
or nothing compiled loads, its twin in `fastmlp.reference`.

The letters are those of the equations in src/: x are inputs, w weights, b a bias, y
outputs, t targets, and d<name> the gradient of the loss with respect to <name>. All
arrays are float32.

Attributes:
    backend: "compiled" or "numpy".
    instruction_set: "x86-64-v4" (AVX-512), "x86-64-v3" (AVX2), "x86-64", the name of
        another processor, or "none" on the NumPy backend.
"""

import os
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp import config, reference
from fastmlp._loading import compiled as _compiled
from fastmlp._loading import instruction_set, load_variant, supported_variants
from fastmlp.plan import (
    PANEL_SIZE,
    Float32,
    Plan,
    Samples,
    Workspace,
    aligned_zeros,
    block_count,
    pair_count,
)

__all__ = [
    "MOST_COMPRESSED_INPUTS",
    "backend",
    "binary_accuracy",
    "categorical_accuracy",
    "compress",
    "convert",
    "crossentropy",
    "crossentropy_backward",
    "dense_backward",
    "dense_forward",
    "draw_digits",
    "instruction_set",
    "load_variant",
    "mean_absolute_error",
    "mean_squared_error",
    "mean_squared_error_backward",
    "num_threads",
    "relu",
    "relu_backward",
    "rmsprop",
    "run",
    "sgd",
    "sigmoid",
    "sigmoid_backward",
    "softmax",
    "softmax_backward",
    "softmax_crossentropy",
    "softmax_crossentropy_backward",
    "supported_variants",
    "tanh",
    "tanh_backward",
]

backend = "numpy" if _compiled is None else "compiled"

_scratch = threading.local()

_forked = threading.Event()
if hasattr(os, "register_at_fork"):
    # GNU OpenMP hangs in a forked child whose parent has used it.
    os.register_at_fork(after_in_child=_forked.set)


def num_threads() -> int:
    """Return how many threads share large work: see `fastmlp.config`.

    It is 1 in a process that was forked, and where nothing compiled is in use.

    Example:
        >>> num_threads() >= 1
        True
    """
    if _compiled is None or _forked.is_set() or not _compiled.has_openmp():
        return 1
    return config.get_num_threads()


# ---------------------------------------------------------------------------
# Checks that the doors share
# ---------------------------------------------------------------------------


def _array(name: str, value: ArrayLike, *shape: int | None) -> Float32:
    """Return `value` as a C-contiguous float32 array of that shape (None: any)."""
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} must hold real numbers, not {array.dtype}.")
    fits = array.ndim == len(shape) and all(
        wanted in (None, found)
        for wanted, found in zip(shape, array.shape, strict=True)
    )
    if not fits:
        words = ", ".join("any" if size is None else str(size) for size in shape)
        words += "," if len(shape) == 1 else ""
        raise ValueError(f"{name} must have shape ({words}), not {array.shape}.")
    return np.ascontiguousarray(array, np.float32)


def _rows(name: str, value: ArrayLike) -> Float32:
    """Return `value` as float32 rows of at least one column."""
    array = _array(name, value, None, None)
    if array.shape[1] == 0:
        raise ValueError(
            f"{name} must have at least one column, but its shape is {array.shape}."
        )
    return array


def _result(name: str, out: Float32 | None, *shape: int) -> Float32:
    """Return `out`, checked, or a new array of that shape."""
    if out is None:
        return np.empty(shape, np.float32)
    return _in_place(name, out, *shape)


def _in_place(
    name: str,
    array: NDArray[Any] | None,
    *shape: int,
    dtype: type[np.generic] = np.float32,
) -> NDArray[Any]:
    """Check an array that a kernel is to write into."""
    if not (
        isinstance(array, np.ndarray)
        and array.dtype == dtype
        and array.shape == shape
        and array.flags.c_contiguous
        and array.flags.writeable
    ):
        raise ValueError(
            f"{name} is written to, so it must be a writable, C-contiguous "
            f"{dtype.__name__} array of shape {shape}."
        )
    return array


def _apart(out: NDArray[Any], arguments: dict[str, NDArray[Any]]) -> None:
    """Refuse a result that would overwrite what the kernel still reads."""
    for name, array in arguments.items():
        if np.may_share_memory(out, array):
            raise ValueError(
                f"The result would be written over {name} while {name} is still being "
                "read: give an array of its own, or leave `out` away."
            )


def _panel() -> Float32:
    """Return the scratch space of a matrix product, one for each thread."""
    if not hasattr(_scratch, "panel"):
        _scratch.panel = aligned_zeros(PANEL_SIZE)
    panel: Float32 = _scratch.panel
    return panel


def _call(
    kernel: str,
    arguments: Sequence[object],
    results: Sequence[NDArray[Any]],
    *scratch: Float32,
) -> None:
    """Let a compiled kernel fill `results`, or the reference return them."""
    if _compiled is None:
        values = getattr(reference, kernel)(*arguments)
        for result, value in zip(
            results, values if isinstance(values, tuple) else (values,), strict=True
        ):
            result[...] = value
    else:
        getattr(_compiled, f"py_{kernel}")(*arguments, *scratch, *results)


def _elementwise(
    kernel: str, arrays: dict[str, ArrayLike], out: Float32 | None
) -> Float32:
    """Call a kernel whose arrays all have one shape, whatever it is."""
    shape = np.shape(next(iter(arrays.values())))
    flat = [_array(name, value, *shape).ravel() for name, value in arrays.items()]
    out = _result("out", out, *shape)
    _call(kernel, flat, [out.reshape(-1)])
    return out


# ---------------------------------------------------------------------------
# The dense layer
# ---------------------------------------------------------------------------


def dense_forward(
    x: ArrayLike, w: ArrayLike, b: ArrayLike | None, out: Float32 | None = None
) -> Float32:
    """Compute y = x w + b.

    Args:
        x: Inputs, (rows, inputs).
        w: Weights, (inputs, units).
        b: Bias, (units,), or None.
        out: Where to put y; a new array if None.

    Returns:
        y, (rows, units).

    Example:
        >>> dense_forward([[1.0, 2.0]], [[3.0], [4.0]], [5.0])
        array([[16.]], dtype=float32)
    """
    w = _array("w", w, None, None)
    x = _array("x", x, None, w.shape[0])
    b = None if b is None else _array("b", b, w.shape[1])
    out = _result("out", out, x.shape[0], w.shape[1])
    _apart(out, {"x": x, "w": w})
    _call("dense_forward", (x, w, b), [out], _panel())
    return out


def dense_backward(
    x: ArrayLike,
    w: ArrayLike,
    dy: ArrayLike,
    out: tuple[Float32, Float32, Float32] | None = None,
) -> tuple[Float32, Float32, Float32]:
    """Compute dx = dy w^T, dw = x^T dy and db = the sum over the rows of dy.

    Args:
        x: Inputs, (rows, inputs).
        w: Weights, (inputs, units).
        dy: Gradient of the outputs, (rows, units).
        out: Where to put (dx, dw, db); new arrays if None.

    Returns:
        dx (rows, inputs), dw (inputs, units) and db (units,).

    Example:
        >>> dx, dw, db = dense_backward([[1.0, 2.0]], [[3.0], [4.0]], [[10.0]])
        >>> dx.tolist(), dw.tolist(), db.tolist()
        ([[30.0, 40.0]], [[10.0], [20.0]], [10.0])
    """
    w = _array("w", w, None, None)
    x = _array("x", x, None, w.shape[0])
    dy = _array("dy", dy, x.shape[0], w.shape[1])
    dx, dw, db = (None, None, None) if out is None else out
    dx = _result("dx", dx, *x.shape)
    dw = _result("dw", dw, *w.shape)
    db = _result("db", db, w.shape[1])
    _call("dense_backward", (x, w, dy), [dx, dw, db], _panel())
    return dx, dw, db


# ---------------------------------------------------------------------------
# Activations
# ---------------------------------------------------------------------------


def relu(x: ArrayLike, out: Float32 | None = None) -> Float32:
    """Compute y = max(x, 0), element by element.

    Example:
        >>> relu([-1.0, 2.0])
        array([0., 2.], dtype=float32)
    """
    return _elementwise("relu", {"x": x}, out)


def relu_backward(y: ArrayLike, dy: ArrayLike, out: Float32 | None = None) -> Float32:
    """Compute dx = dy where y > 0, else 0.

    Example:
        >>> relu_backward([0.0, 2.0], [5.0, 5.0])
        array([0., 5.], dtype=float32)
    """
    return _elementwise("relu_backward", {"y": y, "dy": dy}, out)


def sigmoid(x: ArrayLike, out: Float32 | None = None) -> Float32:
    """Compute y = 1 / (1 + e^-x), element by element.

    Example:
        >>> sigmoid([0.0])
        array([0.5], dtype=float32)
    """
    return _elementwise("sigmoid", {"x": x}, out)


def sigmoid_backward(
    y: ArrayLike, dy: ArrayLike, out: Float32 | None = None
) -> Float32:
    """Compute dx = dy y (1 - y).

    Example:
        >>> sigmoid_backward([0.5], [8.0])
        array([2.], dtype=float32)
    """
    return _elementwise("sigmoid_backward", {"y": y, "dy": dy}, out)


def tanh(x: ArrayLike, out: Float32 | None = None) -> Float32:
    """Compute y = (e^2x - 1) / (e^2x + 1), element by element.

    Example:
        >>> tanh([0.0, 100.0])
        array([0., 1.], dtype=float32)
    """
    return _elementwise("tanh", {"x": x}, out)


def tanh_backward(y: ArrayLike, dy: ArrayLike, out: Float32 | None = None) -> Float32:
    """Compute dx = dy (1 - y^2).

    Example:
        >>> tanh_backward([0.5], [4.0])
        array([3.], dtype=float32)
    """
    return _elementwise("tanh_backward", {"y": y, "dy": dy}, out)


def softmax(x: ArrayLike, out: Float32 | None = None) -> Float32:
    """Compute y_j = e^x_j / sum_k e^x_k for each row of x, (rows, classes).

    The largest x of a row is subtracted first, so that no power overflows.

    Example:
        >>> softmax([[1.0, 1.0]])
        array([[0.5, 0.5]], dtype=float32)
    """
    x = _rows("x", x)
    out = _result("out", out, *x.shape)
    _call("softmax", (x,), [out])
    return out


def softmax_backward(
    y: ArrayLike, dy: ArrayLike, out: Float32 | None = None
) -> Float32:
    """Compute dx_j = y_j (dy_j - sum_k dy_k y_k) for each row.

    Example:
        >>> softmax_backward([[0.5, 0.5]], [[4.0, 0.0]])
        array([[ 1., -1.]], dtype=float32)
    """
    y = _rows("y", y)
    dy = _array("dy", dy, *y.shape)
    out = _result("out", out, *y.shape)
    _call("softmax_backward", (y, dy), [out])
    return out


# ---------------------------------------------------------------------------
# Losses and metrics: one number a row
# ---------------------------------------------------------------------------


def softmax_crossentropy(
    x: ArrayLike, t: ArrayLike, out: tuple[Float32, Float32] | None = None
) -> tuple[Float32, Float32]:
    """Compute p = softmax(x) and loss = -sum_j t_j log p_j in one.

    The logarithm is taken of the sum of powers, never of a probability that was
    rounded to zero, so that the loss is finite for logits up to 1e38.

    Args:
        x: Logits, (rows, classes).
        t: Targets, (rows, classes), each row a distribution.
        out: Where to put (p, losses); new arrays if None.

    Returns:
        p (rows, classes) and the losses (rows,).

    Example:
        >>> p, losses = softmax_crossentropy([[0.0, 0.0]], [[1.0, 0.0]])
        >>> p, losses.round(4)
        (array([[0.5, 0.5]], dtype=float32), array([0.6931], dtype=float32))
    """
    x = _rows("x", x)
    t = _array("t", t, *x.shape)
    p, losses = (None, None) if out is None else out
    p = _result("p", p, *x.shape)
    losses = _result("losses", losses, x.shape[0])
    _call("softmax_crossentropy", (x, t), [p, losses])
    return p, losses


def softmax_crossentropy_backward(
    p: ArrayLike, t: ArrayLike, scale: float = 1.0, out: Float32 | None = None
) -> Float32:
    """Compute dx = scale (p sum_k t_k - t), the gradient with respect to the logits.

    For targets that are distributions, that is scale (p - t).

    Example:
        >>> softmax_crossentropy_backward([[0.5, 0.5]], [[1.0, 0.0]])
        array([[-0.5,  0.5]], dtype=float32)
    """
    return _loss_gradient("softmax_crossentropy_backward", "p", p, t, scale, out)


def crossentropy(y: ArrayLike, t: ArrayLike, out: Float32 | None = None) -> Float32:
    """Compute loss = -sum_j t_j log q_j, with q = y / sum_k y_k, as Keras does.

    q is clipped to [1e-7, 1 - 1e-7]. For outputs that are not a softmax.

    Example:
        >>> crossentropy([[1.0, 3.0]], [[0.0, 1.0]]).round(4)
        array([0.2877], dtype=float32)
    """
    return _row_values("crossentropy", y, t, out)


def crossentropy_backward(
    y: ArrayLike, t: ArrayLike, scale: float = 1.0, out: Float32 | None = None
) -> Float32:
    """Compute dy_j = scale (dq_j - sum_k dq_k q_k) / sum_k y_k, with dq = -t / q.

    Where q was clipped, dq is 0.

    Example:
        >>> crossentropy_backward([[0.25, 0.75]], [[0.0, 1.0]]).round(4)
        array([[ 1.    , -0.3333]], dtype=float32)
    """
    return _loss_gradient("crossentropy_backward", "y", y, t, scale, out)


def mean_squared_error(
    y: ArrayLike, t: ArrayLike, out: Float32 | None = None
) -> Float32:
    """Compute the mean over the columns of (y - t)^2, for each row.

    Example:
        >>> mean_squared_error([[1.0, 3.0]], [[1.0, 1.0]])
        array([2.], dtype=float32)
    """
    return _row_values("mean_squared_error", y, t, out)


def mean_squared_error_backward(
    y: ArrayLike, t: ArrayLike, scale: float = 1.0, out: Float32 | None = None
) -> Float32:
    """Compute dy = scale 2 (y - t) / columns.

    Example:
        >>> mean_squared_error_backward([[1.0, 3.0]], [[1.0, 1.0]])
        array([[0., 2.]], dtype=float32)
    """
    return _loss_gradient("mean_squared_error_backward", "y", y, t, scale, out)


def mean_absolute_error(
    y: ArrayLike, t: ArrayLike, out: Float32 | None = None
) -> Float32:
    """Compute the mean over the columns of |y - t|, for each row.

    Example:
        >>> mean_absolute_error([[1.0, 3.0]], [[1.0, 1.0]])
        array([1.], dtype=float32)
    """
    return _row_values("mean_absolute_error", y, t, out)


def categorical_accuracy(
    y: ArrayLike, t: ArrayLike, out: Float32 | None = None
) -> Float32:
    """Compute 1 where the largest output is the largest target, else 0, for each row.

    Example:
        >>> categorical_accuracy([[0.1, 0.9]], [[0.0, 1.0]])
        array([1.], dtype=float32)
    """
    return _row_values("categorical_accuracy", y, t, out)


def binary_accuracy(y: ArrayLike, t: ArrayLike, out: Float32 | None = None) -> Float32:
    """Compute the share of columns in which (y > 0.5) equals t, for each row.

    Example:
        >>> binary_accuracy([[0.6, 0.4]], [[1.0, 1.0]])
        array([0.5], dtype=float32)
    """
    return _row_values("binary_accuracy", y, t, out)


def _row_values(
    kernel: str, y: ArrayLike, t: ArrayLike, out: Float32 | None
) -> Float32:
    """Call a kernel that makes one number of each row of y and t."""
    y = _rows("y", y)
    t = _array("t", t, *y.shape)
    out = _result("out", out, y.shape[0])
    _call(kernel, (y, t), [out])
    return out


def _loss_gradient(
    kernel: str,
    name: str,
    y: ArrayLike,
    t: ArrayLike,
    scale: float,
    out: Float32 | None,
) -> Float32:
    """Call a kernel that computes the gradient of a loss."""
    y = _rows(name, y)
    t = _array("t", t, *y.shape)
    out = _result("out", out, *y.shape)
    _call(kernel, (y, t, scale), [out])
    return out


# ---------------------------------------------------------------------------
# Optimizers: they change w and their memory in place
# ---------------------------------------------------------------------------


def sgd(
    w: Float32,
    dw: ArrayLike,
    m: Float32 | None = None,
    learning_rate: float = 0.01,
    momentum: float = 0.0,
    nesterov: bool = False,
) -> None:
    """Take one step of gradient descent: w <- w - learning_rate dw.

    With momentum: m <- momentum m - learning_rate dw, then w <- w + m, or with
    Nesterov's look ahead w <- w + momentum m - learning_rate dw.

    Args:
        w: Parameters, (size,); changed in place.
        dw: Their gradient, (size,).
        m: The momentum, (size,), changed in place; None if `momentum` is zero.
        learning_rate: The length of a step.
        momentum: The share of the last step that is taken again.
        nesterov: Whether to look ahead.

    Example:
        >>> w = np.array([1.0], np.float32)
        >>> sgd(w, [2.0], learning_rate=0.25)
        >>> w
        array([0.5], dtype=float32)
    """
    dw = _array("dw", dw, None)
    w = _in_place("w", w, *dw.shape)
    if m is not None or momentum != 0:
        m = _in_place("m", m, *dw.shape)
    _call("sgd", (w, dw, m, learning_rate, momentum, nesterov), [])


def rmsprop(
    w: Float32,
    dw: ArrayLike,
    v: Float32,
    m: Float32 | None = None,
    a: Float32 | None = None,
    learning_rate: float = 0.001,
    rho: float = 0.9,
    epsilon: float = 1e-7,
    momentum: float = 0.0,
) -> None:
    """Take one step of RMSprop, with epsilon inside the root as in Keras 3.

    v <- rho v + (1 - rho) dw^2, then w <- w - learning_rate dw / sqrt(v + epsilon).

    Args:
        w: Parameters, (size,); changed in place.
        dw: Their gradient, (size,).
        v: The running mean of dw^2, (size,); changed in place.
        m: The momentum, (size,), changed in place, or None.
        a: The running mean of dw, (size,), changed in place, or None: with it, the
            root is taken of the variance v - a^2 + epsilon.
        learning_rate: The length of a step.
        rho: How slowly the running means forget.
        epsilon: Keeps the root away from zero.
        momentum: The share of the last step that is taken again; needs m.

    Example:
        >>> w, v = np.array([1.0], np.float32), np.zeros(1, np.float32)
        >>> rmsprop(w, [6.0], v, learning_rate=0.5)
        >>> v.round(4), w.round(4)
        (array([3.6], dtype=float32), array([-0.5811], dtype=float32))
    """
    dw = _array("dw", dw, None)
    w = _in_place("w", w, *dw.shape)
    v = _in_place("v", v, *dw.shape)
    m = None if m is None else _in_place("m", m, *dw.shape)
    a = None if a is None else _in_place("a", a, *dw.shape)
    _call("rmsprop", (w, dw, v, m, a, learning_rate, rho, epsilon, momentum), [])


# ---------------------------------------------------------------------------
# Data, and the network as a whole
# ---------------------------------------------------------------------------


# Pairs of inputs are counted in 16 bits.
MOST_COMPRESSED_INPUTS = 2 * (np.iinfo(np.uint16).max + 1)
_CONVERTIBLE = [np.dtype(name) for name in ("uint8", "float32", "float64")]


def _share_rows(
    work: Callable[[int, int], Any], rows: int, threads: int
) -> list[tuple[int, Any]]:
    """Call work(first, stop) for ranges of rows, one a thread; return (first, result).

    For what is done once and takes milliseconds, a thread of Python's is soon enough.
    """
    ends = [rows * thread // threads for thread in range(threads + 1)]
    results: list[Any] = [None] * threads

    def run(thread: int) -> None:
        results[thread] = work(ends[thread], ends[thread + 1])

    workers = [threading.Thread(target=run, args=(i,)) for i in range(1, threads)]
    for worker in workers:
        worker.start()
    run(0)
    for worker in workers:
        worker.join()
    return list(zip(ends, results, strict=False))


def convert(x: NDArray[np.generic], threads: int = 1) -> tuple[Float32, int]:
    """Copy x into a new float32 array, and look for NaN and infinity on the way.

    Args:
        x: A C-contiguous array of uint8, float32 or float64.
        threads: How many threads share the work.

    Returns:
        The copy, and the flat index of the first NaN or infinity in it, or -1.

    Raises:
        TypeError: x has another dtype.

    Example:
        >>> convert(np.array([1.0, np.nan]))
        (array([ 1., nan], dtype=float32), 1)
    """
    if x.dtype not in _CONVERTIBLE:
        raise TypeError(
            f"x must be an array of uint8, float32 or float64, not {x.dtype}."
        )
    y = np.empty(x.shape, np.float32)
    kernel = reference.convert if _compiled is None else _compiled.py_convert
    flat_x, flat_y = x.reshape(-1), y.reshape(-1)

    def work(first: int, stop: int) -> int:
        return int(kernel(flat_x[first:stop], flat_y[first:stop]))

    found = _share_rows(work, x.size, threads)
    return y, next((first + index for first, index in found if index >= 0), -1)


def compress(
    x: ArrayLike, threads: int = 1
) -> tuple[Float32, NDArray[np.uint16], NDArray[np.intp], bool]:
    """Keep the pairs of neighbouring columns of x in which something is not zero.

    Args:
        x: Samples, (rows, inputs), with at most 131,072 inputs. C-contiguous uint8,
            float32 and float64 are read as they are, without a copy.
        threads: How many threads share the work. Between what two of them write there
            may be a gap that nothing points to.

    Returns:
        values, pairs, starts, finite: entry e is about columns 2 pairs[e] and
        2 pairs[e] + 1, whose values are values[2 e] and values[2 e + 1]. Row i holds,
        of its block b of columns (see `fastmlp.plan.INPUT_BLOCK`), entries starts[i, b]
        to starts[i, b + 1]. `finite` says that no value is NaN or infinite.

    Example:
        >>> values, pairs, starts, _ = compress(np.array([[0, 7, 0, 0, 8]], np.float32))
        >>> values.tolist(), pairs.tolist(), starts.tolist()
        ([0.0, 7.0, 8.0, 0.0], [0, 2], [[0, 2]])
    """
    x = np.ascontiguousarray(x)
    if x.ndim != 2 or x.dtype not in _CONVERTIBLE:
        x = _array("x", x, None, None)
    rows, inputs = x.shape
    if inputs > MOST_COMPRESSED_INPUTS:
        raise ValueError(
            f"x must have at most {MOST_COMPRESSED_INPUTS:,} inputs, not {inputs:,}: "
            "their pairs are counted in 16 bits."
        )
    room = pair_count(inputs)
    starts = np.empty((rows, block_count(inputs) + 1), np.intp)
    # One more than can be needed: the last pair is written before it is judged. What
    # is not needed is never touched, and so takes no memory.
    values = np.empty(2 * (rows * room + 1), np.float32)
    pairs = np.empty(rows * room + 1, np.uint16)
    kernel = reference.compress if _compiled is None else _compiled.py_compress

    def work(first: int, stop: int) -> tuple[int, bool]:
        part = slice(first, stop)
        end, finite = kernel(x[part], values, pairs, starts[part], first * room)
        return int(end), bool(finite)

    parts = [part for _, part in _share_rows(work, rows, threads)]
    end = parts[-1][0]
    finite = all(finite for _, finite in parts)
    return values[: 2 * end], pairs[:end], starts, finite


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
    _in_place("out", out, *shape, dtype=np.uint8)
    _call("draw_digits", (points, pens), [out])
    return out


def run(
    plan: Plan,
    samples: Samples,
    workspace: Workspace,
    mode: int,
    first: int,
    last: int,
    totals: NDArray[np.float64] | None,
    predictions: Float32 | None = None,
    threads: int = 1,
) -> None:
    """Send batches `first` to `last` through the network.

    Args:
        plan: The network; training changes its parameters, gradients and memory.
        samples: The data.
        workspace: Room for one batch, from `fastmlp.plan.make_workspace`.
        mode: `fastmlp.plan.PREDICT`, `EVALUATE` or `TRAIN`.
        first: The first batch; batch k begins at sample k times the batch size.
        last: One more than the last batch.
        totals: (1 + metrics,): the sums over all rows of the loss and of each metric
            are added to it; None where `PREDICT` needs none.
        predictions: (count, outputs): where `PREDICT` puts the outputs.
        threads: How many threads share the work.
    """
    arguments = (plan, samples, workspace, mode, first, last, totals, predictions)
    if _compiled is None:
        reference.run(*arguments)
    else:
        _compiled.py_run(*arguments, threads)
