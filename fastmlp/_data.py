"""From what a user has to what the kernels take: converted once, checked once.

Every array that comes into the library passes through here before anything is
changed. Messages name shapes and positions; they never print data.
"""

import operator
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp import kernels
from fastmlp.losses import Loss, MeanSquaredError
from fastmlp.plan import Float32

# From this value on, whole numbers look like pixels that nobody divided by 255.
_RAW_PIXEL = 100


def as_inputs(x: Any, inputs: int | None, *, finite: bool = True) -> Float32:
    """Return x as C-contiguous float32, (rows, inputs).

    Args:
        x: What the user gave.
        inputs: How many inputs the model has; None if it does not know yet.
        finite: Whether NaN and infinity are refused.

    Raises:
        TypeError: x does not hold real numbers.
        ValueError: Its shape does not fit, or a value is not finite.
    """
    array = _real_numbers("x", x)
    if array.ndim != 2:
        raise ValueError(_wrong_dimensions(array, inputs))
    if array.shape[1] == 0:
        raise ValueError(f"x has no features: its shape is {array.shape}.")
    if inputs is not None and array.shape[1] != inputs:
        raise ValueError(
            f"The model expects {inputs} features, but x has {array.shape[1]} "
            f"(shape {array.shape})."
        )
    _warn_of_raw_pixels(array)
    return _as_float32("x", array, finite)


def as_targets(
    y: Any, loss: Loss, rows: int, outputs: int
) -> tuple[Float32 | None, NDArray[np.intc] | None]:
    """Return the targets as rows, (rows, outputs), or as labels, (rows,).

    Args:
        y: What the user gave.
        loss: The loss, which decides what targets are.
        rows: How many samples x has.
        outputs: How many outputs the model has.

    Returns:
        (t, None) or (None, labels).

    Raises:
        TypeError: y is missing or does not hold real numbers.
        ValueError: Length, shape or values do not fit the loss.
    """
    if y is None:
        raise TypeError("There are no targets: pass y, one for each row of x.")
    array = _real_numbers("y", y)
    if array.ndim == 0 or len(array) != rows:
        found = "a single number" if array.ndim == 0 else f"{len(array)} rows"
        raise ValueError(f"x has {rows} rows, but y has {found}; they must be as many.")
    if loss.sparse:
        return None, as_labels(array, outputs)
    if isinstance(loss, MeanSquaredError):
        if array.ndim == 1 and outputs == 1:
            array = array.reshape(-1, 1)
        _check_columns(array, outputs)
        return _as_float32("y", array, finite=True), None
    looks_like_labels = array.ndim == 1 or (array.shape[1:] == (1,) and outputs > 1)
    if looks_like_labels and array.dtype.kind in "biuf":
        raise ValueError(
            f"y has shape {array.shape}: it looks like integer labels, but the loss "
            f"{loss.name!r} takes one-hot rows. Use "
            "loss='sparse_categorical_crossentropy', or y = "
            f"fastmlp.utils.to_categorical(y, {outputs})."
        )
    _check_columns(array, outputs)
    t = _as_float32("y", array, finite=True)
    if t.size and t.min() < 0:
        row = int((t < 0).any(axis=1).argmax())
        raise ValueError(
            f"One-hot targets cannot be negative, but row {row} of y has a negative "
            "value."
        )
    return t, None


def as_labels(y: Any, classes: int) -> NDArray[np.intc]:
    """Return integer labels, (rows,), from 0 to classes - 1.

    Raises:
        TypeError: y does not hold real numbers.
        ValueError: y is not one label a row, or a label is not one of the classes.
    """
    array = _real_numbers("y", y)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array.reshape(-1)
    if array.ndim != 1:
        raise ValueError(
            f"y has shape {array.shape}: it looks one-hot, but the loss "
            "'sparse_categorical_crossentropy' takes one integer label a row. Use "
            "loss='categorical_crossentropy', or y = y.argmax(axis=1)."
        )
    if array.dtype.kind == "f":
        whole = array == np.floor(array)  # False for NaN, too
        if not whole.all():
            raise ValueError(
                f"Labels must be whole numbers, but y[{int((~whole).argmax())}] is "
                f"{array[(~whole).argmax()]}."
            )
    wrong = (array < 0) | (array >= classes)
    if wrong.any():
        index = int(wrong.argmax())
        raise ValueError(
            f"Labels must be 0..{classes - 1}, since the model has {classes} outputs, "
            f"but found {array[index]} at index {index}."
        )
    return array.astype(np.intc)


def as_count(name: str, value: Any, least: int) -> int:
    """Return a whole number that is not below `least`.

    Raises:
        TypeError: It is not a whole number.
        ValueError: It is too small.
    """
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(
            f"{name} must be a whole number, not {type(value).__name__}."
        ) from None
    if number < least:
        raise ValueError(f"{name} must be at least {least}, not {number}.")
    return number


def _real_numbers(name: str, value: Any) -> NDArray[Any]:
    """Return `value` as an array of real numbers, or say why it is none."""
    if value is None or isinstance(value, (str, bytes, dict)) or _is_iterator(value):
        raise TypeError(
            f"{name} must be an array of numbers, not {type(value).__name__}."
        )
    if hasattr(value, "toarray"):
        raise TypeError(
            f"{name} is a sparse matrix ({type(value).__name__}), which fastmlp does "
            f"not take. Use {name}.toarray()."
        )
    if getattr(getattr(value, "device", None), "type", "cpu") != "cpu":
        raise TypeError(
            f"{name} is a tensor on another device. Use {name}.cpu() to bring it to "
            "this one."
        )
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(
            f"{name} cannot be made into an array: its rows differ in length."
        ) from None
    if array.dtype.kind == "O":
        array = _from_objects(name, value, array)
    if array.dtype.kind in "US":
        hint = (
            " Turn the classes into numbers first, such as with np.unique(y, "
            "return_inverse=True)[1] or scikit-learn's LabelEncoder."
            if name == "y"
            else ""
        )
        raise TypeError(f"{name} holds text, but it must hold numbers.{hint}")
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} must hold real numbers, not {array.dtype}.")
    return array


def _is_iterator(value: Any) -> bool:
    """Tell a generator and the like from an array."""
    return hasattr(value, "__next__")


def _from_objects(name: str, value: Any, array: NDArray[Any]) -> NDArray[Any]:
    """Convert an array of Python objects if all of them are numbers."""
    # float() would read numbers out of text; that is more likely a mistake.
    is_text = [isinstance(item, (str, bytes)) for item in array.flat]
    try:
        if not any(is_text):
            return array.astype(np.float64)
    except (TypeError, ValueError):
        pass
    for column, dtype in getattr(getattr(value, "dtypes", None), "items", dict)():
        if dtype.kind not in "biuf":
            raise TypeError(
                f"Column {column!r} of {name} does not hold numbers (its dtype is "
                f"{dtype}). Leave it out or turn it into numbers."
            )
    raise TypeError(
        f"{name} holds Python objects that are not all numbers; it must be an array of "
        "numbers, with rows of one length."
    )


def _as_float32(name: str, array: NDArray[Any], finite: bool) -> Float32:
    """Return a C-contiguous float32 array, the given one where it is that already."""
    if array.dtype == np.float32 and array.flags.c_contiguous:
        converted = np.asarray(array)
        # One pass, no copy: a float64 sum of float32 values cannot overflow.
        clean = not finite or np.isfinite(array.sum(dtype=np.float64))
        bad = -1 if clean else int((~np.isfinite(array)).argmax())
    elif array.dtype in (np.uint8, np.float64) and array.flags.c_contiguous:
        converted, bad = kernels.convert(array)
    else:
        with np.errstate(over="ignore"):
            converted = np.ascontiguousarray(array, np.float32)
        converted, bad = kernels.convert(converted)
    if finite and bad >= 0:
        where = ", ".join(str(i) for i in np.unravel_index(bad, array.shape))
        kind = "NaN" if np.isnan(converted.flat[bad]) else "infinite in float32"
        raise ValueError(
            f"{name}[{where}] is {kind}. Training needs finite numbers: leave such "
            "rows out, or replace the value."
        )
    return converted


def _check_columns(array: NDArray[Any], outputs: int) -> None:
    """Check that the targets have one column for each output."""
    if array.ndim != 2 or array.shape[1] != outputs:
        raise ValueError(
            f"y has shape {array.shape}, but the model has {outputs} outputs, so y "
            f"must have shape ({len(array)}, {outputs})."
        )


def _wrong_dimensions(array: NDArray[Any], inputs: int | None) -> str:
    """Say how to give x two dimensions."""
    wanted = "(rows, features)" if inputs is None else f"(rows, {inputs})"
    if array.ndim == 1:
        hint = (
            "Use x[None] if it is one sample, or x.reshape(-1, 1) if it is one feature "
            "of many samples."
        )
    elif array.ndim == 0:
        hint = "It is a single number."
    else:
        hint = "Make each sample a row: x.reshape(len(x), -1)."
    return f"x must have shape {wanted}, but it has shape {array.shape}. {hint}"


def _warn_of_raw_pixels(array: NDArray[Any]) -> None:
    """Warn if x looks like pixels from 0 to 255, which train badly."""
    some = array[:256]
    if array.dtype.kind not in "iuf" or not some.size:
        return
    largest = some.max()
    if largest >= _RAW_PIXEL and some.min() >= 0 and (some == np.floor(some)).all():
        warnings.warn(
            f"x holds whole numbers up to {int(largest)}. If they are pixels, divide "
            "by 255: networks learn best from numbers around 1.",
            UserWarning,
            stacklevel=4,
        )
