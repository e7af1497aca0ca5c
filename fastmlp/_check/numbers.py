"""From anything to numbers, arrays or labels, or a sentence that says what is wrong.

Messages name shapes, positions and types; they never print data.
"""

import math
import numbers
import operator
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from fastmlp.plan import Float32

Checked = TypeVar("Checked")

_LONGEST_SHOWN = 40


def describe(value: Any) -> str:
    """Return what an argument was, for a message: itself if short, else its type.

    Example:
        >>> describe(2.5), describe(np.zeros(3))
        ('2.5', 'an object of type ndarray')
    """
    if value is None or isinstance(value, (str, numbers.Number, tuple)):
        text = repr(value)
        if len(text) <= _LONGEST_SHOWN:
            return text
    return f"an object of type {type(value).__name__}"


def _is_numpys(dtype: Any) -> bool:
    """Tell whether it is a dtype of NumPy's, or a class of its numbers."""
    is_class = isinstance(dtype, type) and issubclass(dtype, np.generic)
    return is_class or isinstance(dtype, np.dtype)


def is_of_whole_numbers(dtype: Any) -> bool:
    """Tell whether it is a dtype of whole numbers, or the name of one.

    Example:
        >>> is_of_whole_numbers("int32"), is_of_whole_numbers(np.float32)
        (True, False)
    """
    try:
        return np.dtype(dtype).kind in "iu"
    except TypeError:
        return False


def refuse_other_dtypes(dtype: Any) -> None:
    """Refuse to compute in anything but float32, by name or as NumPy has it.

    Raises:
        ValueError: It is another dtype.
    """
    name = np.dtype(dtype).name if _is_numpys(dtype) else dtype
    if isinstance(dtype, dict) and isinstance(dtype.get("config"), dict):
        name = dtype["config"].get("name")  # as Keras's files have it
    if name is not None and name != "float32":
        raise ValueError(
            f"fastmlp computes in float32, so that dtype={describe(name)} is not "
            "possible: leave it out."
        )


def true_or_false(name: str, value: Any) -> bool:
    """Return a truth value: True or False, or 1 or 0, of Python or of NumPy.

    Raises:
        TypeError: It is something else: of the word "no", Python would make True.

    Example:
        >>> true_or_false("use_bias", np.True_), true_or_false("use_bias", 0)
        (True, False)
    """
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, numbers.Integral) and value in (0, 1):
        return value == 1
    raise TypeError(f"{name} must be True or False, not {describe(value)}.")


def if_given(
    check: Callable[..., Checked], name: str, value: Any, *limits: float
) -> Checked | None:
    """Return None for None, else what a check makes of a value.

    Example:
        >>> if_given(number_between, "rate", 0.5, 0, 1)
        0.5
    """
    return None if value is None else check(name, value, *limits)


def finite_number(name: str, value: Any) -> float:
    """Return a finite number.

    Raises:
        TypeError: It is no number.
        ValueError: It is NaN or infinite.
    """
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} must be a number, not {describe(value)}.")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"{name} must be finite, not {number}.")
    return number


def finite_numbers(name: str, value: Any) -> Any:
    """Return a finite number, or a list of them, as JSON can hold it.

    Raises:
        TypeError: It is neither a number nor an array of numbers.
        ValueError: One is NaN or infinite, or rows differ in length.

    Example:
        >>> finite_numbers("value", np.float32(0.5)), finite_numbers("value", [1, 2])
        (0.5, [1, 2])
    """
    if not (isinstance(value, (list, tuple)) or getattr(value, "ndim", None)):
        return finite_number(name, value)
    array = real_numbers(name, value)
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must hold finite numbers.")
    return array.tolist()


def number_or_infinity(name: str, value: Any) -> float:
    """Return a number that others are compared with: finite, or beyond all of them.

    Raises:
        TypeError: It is no number.
        ValueError: It is NaN.

    Example:
        >>> number_or_infinity("baseline", np.inf)
        inf
    """
    if isinstance(value, (float, np.floating)) and math.isinf(value):
        return float(value)
    return finite_number(name, value)


def positive_number(name: str, value: Any) -> float:
    """Return a positive number.

    Raises:
        TypeError: It is no number.
        ValueError: It is not positive.
    """
    number = finite_number(name, value)
    if number <= 0:
        raise ValueError(f"{name} must be positive, not {number:g}.")
    return number


def number_from_0(name: str, value: Any) -> float:
    """Return a number that is not negative.

    Raises:
        TypeError: It is no number.
        ValueError: It is negative.
    """
    number = finite_number(name, value)
    if number < 0:
        raise ValueError(f"{name} must be at least 0, not {number:g}.")
    return number


def number_between(name: str, value: Any, least: float, most: float) -> float:
    """Return a number from `least` to `most`.

    Raises:
        TypeError: It is no number.
        ValueError: It is out of its range.
    """
    number = finite_number(name, value)
    if not least <= number <= most:
        raise ValueError(
            f"`{name}` must be a number from {least:g} to {most:g}, not {number}."
        )
    return number


def finite_float32(name: str, value: Any) -> np.float32:
    """Return a number that is finite in float32.

    Raises:
        TypeError: It is no number.
        ValueError: It is NaN, infinite, or too large for float32.
    """
    number = finite_number(name, value)
    if abs(number) > float(np.finfo(np.float32).max):
        raise ValueError(f"{name} must be finite in float32, not {number}.")
    return np.float32(number)


def as_count(name: str, value: Any, least: int) -> int:
    """Return a whole number that is not below `least`.

    Raises:
        TypeError: It is not a whole number; True, which Python counts as 1, is none.
        ValueError: It is too small.
    """
    try:
        truth = isinstance(value, (bool, np.bool_))
        number = None if truth else operator.index(value)
    except TypeError:
        number = None
    if number is None:
        raise TypeError(f"{name} must be a whole number, not {describe(value)}.")
    if number < least:
        raise ValueError(f"{name} must be at least {least}, not {number}.")
    return number


def whole_number_between(name: str, value: Any, least: int, most: int) -> int:
    """Return a whole number from `least` to `most`.

    Raises:
        TypeError: It is not a whole number.
        ValueError: It is out of its range.
    """
    number = as_count(name, value, least)
    if number > most:
        raise ValueError(f"{name} must be from {least} to {most}, not {number}.")
    return number


def positive_whole(name: str, value: Any) -> int:
    """Return a positive whole number, or say in Keras's words what is wrong with it."""
    try:
        return as_count(name, value, 1)
    except (TypeError, ValueError) as error:
        raise type(error)(
            f"Received an invalid value for `{name}`, expected a positive integer. "
            f"Received: {describe(value)}."
        ) from None


def real_numbers(name: str, value: Any) -> NDArray[Any]:
    """Return `value` as an array of real numbers.

    Args:
        name: What the user calls it.
        value: An array, a list, a DataFrame, a tensor ...

    Raises:
        TypeError: It is nothing of the kind, or holds something else than numbers.
        ValueError: Its rows differ in length, or some of its values are masked or
            missing.
    """
    if type(value) is np.ndarray and value.dtype.kind in "biuf":
        return value
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
    refuse_masked(name, value)
    if not (isinstance(value, np.ndarray) or _can_be_read(value)):
        raise TypeError(_no_array(name, value))
    try:
        array = np.asarray(value)
    except ValueError:
        if hasattr(value, "__array__"):
            raise
        raise ValueError(_no_table(name, value)) from None
    if array.ndim == 0 and array.dtype.kind in "OUS":
        raise TypeError(_no_array(name, value))
    if array.dtype.kind == "O":
        array = _from_objects(name, value, array)
    if array.dtype.kind not in "biuf":
        raise TypeError(_no_real_numbers(name, array))
    return array


def _can_be_read(value: Any) -> bool:
    """Tell whether NumPy finds an end in a value.

    It would ask what has items, but no `__iter__`, for more and more of them.
    """
    return (
        not hasattr(value, "__getitem__")
        or hasattr(value, "__iter__")
        or hasattr(value, "__array__")
    )


def _no_array(name: str, value: Any) -> str:
    """Say that a value is nothing that holds numbers."""
    call = (
        " If it makes the data, call it, with () behind it." if callable(value) else ""
    )
    return (
        f"{name} must be an array of numbers, not {type(value).__name__}: a NumPy "
        f"array, a list of rows or a DataFrame.{call}"
    )


def refuse_masked(name: str, value: Any) -> None:
    """Refuse an array of which some values are masked: `np.asarray` would forget that.

    Raises:
        ValueError: It is one.
    """
    if _is_masked(value):
        raise ValueError(
            f"{name} is a masked array, and some of its values are masked. Leave those "
            f"rows out, or put something there: {_in_code(name)}.filled(0)."
        )


def _is_masked(value: Any) -> bool:
    """Tell whether some values of an array, or of a list of arrays, are masked."""
    if isinstance(value, (list, tuple)):
        return any(_is_masked(one) for one in value if hasattr(one, "filled"))
    return hasattr(value, "filled") and bool(np.any(value.mask))


def _no_table(name: str, value: Any) -> str:
    """Say why NumPy can make no array of a value."""
    if isinstance(value, tuple) and all(hasattr(one, "shape") for one in value):
        shapes = " and ".join(str(one.shape) for one in value)
        return (
            f"{name} is a tuple of {len(value)} arrays, of shapes {shapes}, but it "
            "must be one array. Write fit(x, y), without parentheses around both."
        )
    if isinstance(value, tuple) and all(isinstance(one, tuple) for one in value):
        return (
            f"{name} is a tuple of {len(value)} tuples, as `load_data` returns it: "
            "(x_train, y_train), (x_test, y_test) = ... takes it apart."
        )
    found = ""
    lengths = [len(row) for row in value if hasattr(row, "__len__")]
    if lengths and len(lengths) == len(value) and len(set(lengths)) > 1:
        odd = next(row for row, length in enumerate(lengths) if length != lengths[0])
        found = f" Row 0 has {lengths[0]}, and row {odd} has {lengths[odd]}."
    return (
        f"{name} cannot be made into an array: its rows differ in length.{found} Give "
        "each the same number of values."
    )


def _no_real_numbers(name: str, array: NDArray[Any]) -> str:
    """Say what an array holds instead of real numbers, and what to do about it."""
    kind, it = array.dtype.kind, _in_code(name)
    if kind in "US":
        return f"{name} holds text, but it must hold numbers.{_hint(name)}"
    if kind == "c":
        remedy = f"np.real({it}) or np.abs({it}) are real."
    elif kind in "mM":
        remedy = (
            f"Count the time from some moment on, as ({it} - {it}[0]) / "
            "np.timedelta64(1, 'D') does in days."
        )
    elif array.dtype.names:
        remedy = (
            "numpy.lib.recfunctions.structured_to_unstructured makes columns of its "
            "fields."
        )
    else:
        remedy = f"Perhaps {it}.astype(float) makes numbers of them."
    return f"{name} must hold real numbers, not {array.dtype}. {remedy}"


def _from_objects(name: str, value: Any, array: NDArray[Any]) -> NDArray[Any]:
    """Convert an array of Python objects if all of them are numbers."""
    # NumPy would read numbers out of text; that is more likely a mistake.
    if not any(isinstance(item, (str, bytes)) for item in array.flat):
        try:
            return array.astype(np.float64)
        except (TypeError, ValueError, OverflowError):
            pass
    if array.ndim == 2 and hasattr(getattr(value, "dtypes", None), "items"):
        raise _no_column(name, value, array)
    odd = next(i for i, item in enumerate(array.flat) if not _is_number(item))
    kind = type(array.flat[odd]).__name__
    if kind == "NAType":  # that of pandas, which need not be installed
        raise ValueError(
            f"{_place(name, array, odd)} is missing (NA). Leave such rows out, or put "
            f"a number there, as {name}.fillna(0) of pandas does."
        )
    remedy = " Leave its row out, or put a number there."
    if kind in ("str", "bytes", "str_", "bytes_"):
        remedy = _hint(name)
    raise TypeError(
        f"{_place(name, array, odd)} is of type {kind} and cannot be made a float; "
        f"{name} must be an array of numbers.{remedy}"
    )


def _no_column(name: str, value: Any, array: NDArray[Any]) -> Exception:
    """Return the error that names the first column of a DataFrame without numbers."""
    for (column, dtype), items in zip(value.dtypes.items(), array.T, strict=True):
        odd = [
            row
            for row, item in enumerate(items)
            if not (item is None or _is_number(item))
        ]
        if not odd:
            continue
        kind = type(items[odd[0]]).__name__
        if kind in ("NAType", "NaTType"):
            return ValueError(
                f"Column {column!r} of {name} is missing (NA) in row {odd[0]}. Leave "
                f"such rows out, or put a number there, as {name}.fillna(0) does."
            )
        if len(odd) < len(items):
            return TypeError(
                f"Column {column!r} of {name} does not hold numbers only: row {odd[0]} "
                f"is of type {kind}. Leave it out, or put a number there, as "
                f"pandas.to_numeric({name}[{column!r}], errors='coerce') does for NaN."
            )
        remedy = "Leave it out or turn it into numbers."
        if kind in ("Timestamp", "Timedelta"):
            remedy += f" {name}[{column!r}].astype('int64') counts time."
        return TypeError(
            f"Column {column!r} of {name} does not hold numbers (its dtype is "
            f"{dtype}). {remedy}"
        )
    raise AssertionError("All of them are numbers.")


def _is_number(item: Any) -> bool:
    try:
        float(item)
    except (TypeError, ValueError, OverflowError):
        return False
    return not isinstance(item, (str, bytes))


def _in_code(name: str) -> str:
    """Return a name as it may stand in a line of code: that of an argument does."""
    return name if name.isidentifier() else "array"


def _hint(name: str) -> str:
    """Say what to do with text."""
    if name == "y":
        return (
            " Turn the classes into numbers first, such as with np.unique(y, "
            "return_inverse=True)[1] or scikit-learn's LabelEncoder."
        )
    return (
        f" If it is numbers that are written as text, np.asarray({_in_code(name)}, "
        "float) reads them; else leave it out, or give each word a number."
    )


def _place(name: str, array: NDArray[Any], flat: int) -> str:
    """Return where an element is, such as "x[3, 1]"."""
    return f"{name}[{', '.join(str(i) for i in np.unravel_index(flat, array.shape))}]"


def as_float32(name: str, array: NDArray[Any], *, finite: bool = True) -> Float32:
    """Return real numbers as C-contiguous float32: the given array if it is that.

    Raises:
        ValueError: A value is NaN or infinite, and `finite` says that none may be.
    """
    flags = array.flags
    if array.dtype != np.float32 or not (flags.c_contiguous and flags.aligned):
        with np.errstate(over="ignore", invalid="ignore"):
            array = array.astype(np.float32, order="C")
    if finite:
        refuse_lost_values(name, array)
    return array


def span(array: NDArray[Any]) -> tuple[Any, Any]:
    """Return the least and the largest of some numbers; both are NaN if one is.

    `min` and `max` of NumPy take three times as long where the numbers are few, and one
    and a half times where they are many.

    Example:
        >>> span(np.array([[2, 0], [7, 1]]))
        (0, 7)
    """
    return array.item(array.argmin()), array.item(array.argmax())


def refuse_lost_values(name: str, array: Float32) -> None:
    """Refuse NaN and infinity.

    Raises:
        ValueError: There is one; the message says where the first is.
    """
    least, most = span(array) if array.size else (0, 0)
    if not -math.inf < least <= most < math.inf:
        odd = int((~np.isfinite(array)).argmax())
        kind = "NaN" if np.isnan(array.flat[odd]) else "infinite in float32"
        raise ValueError(
            f"{_place(name, array, odd)} is {kind}. Training needs finite numbers: "
            "leave such rows out, or replace the value."
        )


# What to do about one output that is to choose between classes.
ONE_OUTPUT = (
    "Use activation='sigmoid' and the loss 'binary_crossentropy' for yes and no, or "
    "one unit a class and 'sparse_categorical_crossentropy'."
)


def as_labels(name: str, y: Any, classes: int) -> NDArray[np.intc]:
    """Return integer labels, (rows,), from 0 to classes - 1.

    Raises:
        TypeError: y does not hold real numbers.
        ValueError: y is not one label a row, or a label is not one of the classes.
    """
    array = real_numbers(name, y)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array.reshape(-1)
    if array.ndim != 1:
        raise ValueError(
            f"{name} has shape {array.shape}: it looks one-hot, but "
            "'sparse_categorical_crossentropy' takes one integer label a row. Use "
            f"'categorical_crossentropy', or {name}.argmax(axis=1)."
        )
    if array.dtype.kind == "f":
        whole = array == np.floor(array)  # False for NaN, too
        if not whole.all():
            index = int((~whole).argmax())
            raise ValueError(
                f"Labels must be whole numbers, but {name}[{index}] is {array[index]}."
            )
    least, most = span(array) if array.size else (0, 0)
    if least < 0 or most >= classes:
        index = int(((array < 0) | (array >= classes)).argmax())
        from_1 = classes > 1 and (least, most) == (1, classes)
        advice = f" They count from 1: use {name} - 1." if from_1 else ""
        advice = f" {ONE_OUTPUT}" if classes == 1 else advice
        raise ValueError(
            f"Labels must be 0..{classes - 1}, since there "
            f"{'is 1 output' if classes == 1 else f'are {classes} outputs'}, but "
            f"found {array[index]} at index {index} of {name}.{advice}"
        )
    return array.astype(np.intc)
