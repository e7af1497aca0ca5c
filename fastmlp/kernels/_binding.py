"""The binding: a checked Python function for each kernel, made from its signature."""

import inspect
import operator
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from fastmlp._check.numbers import true_or_false
from fastmlp.kernels import _loading
from fastmlp.kernels._arrays import as_array, in_place
from fastmlp.kernels._signatures import Array, Signature, signature
from fastmlp.plan import PANEL_SIZE, Float32, aligned_zeros, check_totals

_room = threading.local()

_FLOAT32 = np.dtype(np.float32)

# In place of a default: the argument has to be given.
_REQUIRED = inspect.Parameter.empty

Sizes = dict[str, Any]


def bind(kernel: str) -> Callable[..., Any]:
    """Return a kernel as a function: `fastmlp.kernels` has it by its name.

    Arguments are those of its reference, and `out` for results. It converts inputs,
    holds all sizes together, allocates or checks results, refuses those that overlap
    what is still read, and calls compiled code or the reference.
    """
    # Only here: where the kernels are compiled, few programs need the reference.
    from fastmlp import reference

    its = signature(kernel)
    its_reference = getattr(reference, kernel)
    parameters = _parameters(its, its_reference)
    names = [one.name for one in parameters]
    defaults = [one.default for one in parameters]
    required = defaults.count(_REQUIRED)
    arrays, kinds = len(its.arrays), list(its.numbers.values())
    # What is changed comes last: its sizes follow from what is only read.
    order = sorted(range(arrays), key=lambda i: its.arrays[i].changed)
    changes = any(one.changed for one in its.arrays)
    adds = any(one.double for one in its.results)
    # Sizes of results that no array has: written in the signature, or given as numbers.
    others = {size for one in its.results for size in one.sizes or ()} - {
        size for one in its.arrays for size in one.sizes or ()
    }
    check = _CHECKS.get(kernel)

    def bound(*arguments: Any, **named: Any) -> Any:
        values = [*arguments, *defaults[len(arguments) :]]
        if named or not required <= len(arguments) <= len(names):
            _name_arguments(kernel, names, len(arguments), values, named)
        sizes: Sizes = {}
        for i in order:
            values[i] = _argument(its.arrays[i], values[i], sizes)
        if sizes.get("columns") == 0:
            raise ValueError(
                f"{names[0]} must have at least one column, but its shape is "
                f"{values[0].shape}."
            )
        numbers = values[arrays : arrays + len(kinds)]
        for i, kind in enumerate(kinds):
            if type(numbers[i]) is not kind:
                numbers[i] = _number(names[arrays + i], kind, numbers[i])
        if check is not None:
            check(dict(zip(names, [*values[:arrays], *numbers], strict=False)))
        if others:
            sizes.update({size: int(size) for size in others if size.isdigit()})
            sizes.update(zip(its.numbers, numbers, strict=True))
        out = values[-1] if its.results else None
        results = _results(its.results, out, sizes)
        operands = (*values[:arrays], *results)
        if changes or out is not None:
            _refuse_overlaps(its, operands)
        if adds:
            results[0][...] = 0
        compiled = _loading.compiled
        if compiled is None:
            found = its_reference(*values[:arrays], *numbers)
            found = found if isinstance(found, tuple) else (found,)
            for result, value in zip(results, found, strict=False):
                result[...] = value
        else:
            compiled.call_kernel(
                compiled.KERNELS[kernel],
                operands,
                numbers,
                scratch(2 * sizes.get("columns", 0)) if its.scratch else None,
            )
        if len(results) == 1:
            return results[0]
        return tuple(results) if results else None

    bound.__name__ = bound.__qualname__ = kernel
    bound.__module__ = "fastmlp.kernels"
    bound.__doc__ = its_reference.__doc__
    bound.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return bound


def _parameters(
    its: Signature, its_reference: Callable[..., Any]
) -> list[inspect.Parameter]:
    """Return what a bound kernel takes: what its reference does, and `out`."""
    given = inspect.signature(its_reference).parameters.values()
    # What the reference calls an array may be a list here.
    parameters = [
        one if one.name in its.numbers else one.replace(annotation=_REQUIRED)
        for one in given
    ]
    if its.results:
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        parameters.append(inspect.Parameter("out", kind, default=None))
    return parameters


def _name_arguments(
    kernel: str, names: list[str], count: int, values: list[Any], named: dict[str, Any]
) -> None:
    """Put arguments that were given by name into their places, or say what is wrong."""
    if count > len(names):
        raise TypeError(f"{kernel}() takes {len(names)} arguments, not {count}.")
    for name, value in named.items():
        if name not in names:
            raise TypeError(f"{kernel}() has no argument {name!r}: {', '.join(names)}.")
        if names.index(name) < count:
            raise TypeError(f"{kernel}() was given {name!r} twice.")
        values[names.index(name)] = value
    for name, value in zip(names, values, strict=True):
        if value is _REQUIRED:
            raise TypeError(f"{kernel}() needs the argument {name!r}.")


def _number(name: str, kind: type, value: Any) -> Any:
    """Return a number of a kind: float, int or bool."""
    if kind is bool:
        return true_or_false(name, value)
    try:
        return operator.index(value) if kind is int else float(value + 0.0)
    except TypeError:
        wanted = "a whole number" if kind is int else "a number"
        raise TypeError(f"{name} must be {wanted}, not {value!r}.") from None


def _argument(its: Array, value: Any, sizes: Sizes) -> Float32 | None:
    """Return an argument, checked, and take note of its sizes."""
    if value is None and its.optional:
        return None
    array = value
    if not _is_ready(value, its.changed):
        if its.changed:
            array = in_place(its.name, value, _expected(its, np.shape(value), sizes))
        else:
            array = as_array(its.name, value)
    shape = array.shape
    if its.sizes is None:
        fits = sizes.setdefault("any shape", shape) == shape
    else:
        fits = len(shape) == len(its.sizes)
        for size, found in zip(its.sizes, shape, strict=False):
            fits = fits and sizes.get(size, found) == found
        if fits:
            sizes.update(zip(its.sizes, shape, strict=True))
    if not fits and its.changed:
        in_place(its.name, value, _expected(its, shape, sizes))
    if not fits:
        raise ValueError(
            f"{its.name} must have shape {_in_words(its, sizes)}, not {shape}."
        )
    return array  # type: ignore[no-any-return]


def _is_ready(value: Any, changed: bool) -> bool:
    """Tell whether a kernel can take an argument as it is, as most are."""
    if type(value) is not np.ndarray or value.dtype is not _FLOAT32:
        return False
    flags = value.flags
    return flags.carray if changed else flags.c_contiguous and flags.aligned


def _expected(its: Array, shape: tuple[int, ...], sizes: Sizes) -> tuple[int, ...]:
    """Return the shape of an array that is changed; what is not known is as it is."""
    assert its.sizes is not None
    if len(shape) != len(its.sizes):
        if len(its.sizes) == 2:
            raise ValueError(
                f"{its.name} must have shape (rows, columns), not {shape}: "
                f"{its.name}.reshape(len({its.name}), -1) makes it so."
            )
        return (sizes.get(its.sizes[0], int(np.prod(shape))),)
    return tuple(
        sizes.get(size, found) for size, found in zip(its.sizes, shape, strict=True)
    )


def _in_words(its: Array, sizes: Sizes) -> str:
    """Return the shape that an array must have, as far as it is known."""
    if its.sizes is None:
        return str(sizes["any shape"])
    words = [str(sizes.get(size, "any")) for size in its.sizes]
    return f"({', '.join(words)}{',' if len(words) == 1 else ''})"


def _results(results: list[Array], out: Any, sizes: Sizes) -> list[Float32]:
    """Return arrays for the results: new ones, or those of `out`, checked."""
    names = ["out"] if len(results) == 1 else [one.name for one in results]
    if out is None:
        out = [None] * len(results)
    elif len(results) == 1:
        out = [out]
    elif not isinstance(out, (tuple, list)) or len(out) != len(results):
        raise ValueError(
            f"out must be None, or a tuple of arrays: ({', '.join(names)})."
        )
    found: list[Float32] = []
    for name, one, array in zip(names, results, out, strict=True):
        if one.sizes is None:
            shape = sizes["any shape"]
        else:
            shape = tuple(sizes[size] for size in one.sizes)
        dtype: Any = np.float64 if one.double else np.float32
        given = np.empty(shape, dtype) if array is None else array
        found.append(in_place(name, given, shape, dtype))
    return found


def _refuse_overlaps(its: Signature, operands: tuple[Any, ...]) -> None:
    """Refuse what is written if it lies over something that it must not change.

    A result may be an argument itself where the signature says so; parts of one
    another no two arrays may be.
    """
    compiled = _loading.compiled
    if compiled is not None and not compiled.any_overlap(operands):
        return
    arrays = [*its.arrays, *its.results]
    pairs = list(zip(arrays, operands, strict=True))
    for i, (one, array) in enumerate(pairs):
        is_result = i >= len(its.arrays)
        if array is None or not (is_result or one.changed):
            continue
        for j, (other, place) in enumerate(pairs):
            if j == i or place is None or not np.may_share_memory(array, place):
                continue
            fits = is_result and other.overwritable and one.sizes == other.sizes
            if not (fits and (array is place or _are_one(array, place))):
                name = "out" if is_result and len(its.results) == 1 else one.name
                raise ValueError(
                    f"{name} would be written over {other.name}, which is still being "
                    "read, or is written as well: give an array of its own."
                )


def _are_one(one: Float32, other: Float32) -> bool:
    """Tell whether two arrays are the same place in memory."""
    return one.shape == other.shape and one.ctypes.data == other.ctypes.data


def scratch(size: int = PANEL_SIZE) -> Float32:
    """Return scratch space, enough for a matrix product, one for each thread.

    Args:
        size: How many floats are needed, if they are more than a product needs.
    """
    room: Float32 | None = getattr(_room, "scratch", None)
    if room is None or room.size < size:
        room = _room.scratch = aligned_zeros(max(size, PANEL_SIZE))
    return room


def _has_rate(values: dict[str, Any]) -> None:
    if not 0 <= values["rate"] < 1:
        raise ValueError(f"rate must be at least 0 and below 1, not {values['rate']}.")


def _fits_columns(values: dict[str, Any]) -> None:
    kernel = "confusion" if "thresholds" in values else "class_pairs"
    columns = values["y"].shape[1]
    check_totals(kernel, values, columns, values.get("thresholds", ()))


def _has_memory(values: dict[str, Any]) -> None:
    if values["momentum"] != 0 and values["m"] is None:
        in_place("m", None, values["w"].shape)


def _fits_beside(values: dict[str, Any]) -> None:
    begin = values["begin"]
    wide = values["y"] if "y" in values else values["dy"]
    width = values["width"] if "width" in values else values["x"].shape[1]
    if begin < 0 or width < 0 or begin + width > wide.shape[1]:
        raise ValueError(
            f"{width} columns from {begin} on must lie within {wide.shape[1]}."
        )


def _has_terms(values: dict[str, Any]) -> None:
    if values["count"] < 1:
        raise ValueError(f"count must be at least 1, not {values['count']}.")


def _has_vectors(values: dict[str, Any]) -> None:
    table = values["x"].shape[1] if "x" in values else values["table"]
    sizes = [values[name] for name in ("width", "height") if name in values]
    size = sizes[0] if sizes else values["dy"].shape[1]
    if size < 1 or table < size or table % size:
        raise ValueError(
            f"A table of {table} numbers has no vectors of {size}: its size must be a "
            "multiple of theirs."
        )


def _has_ids(values: dict[str, Any]) -> None:
    if values["vocabulary"] < 1:
        raise ValueError(f"vocabulary must be at least 1, not {values['vocabulary']}.")


# What a kernel asks of its arguments beside their sizes.
_CHECKS: dict[str, Callable[[dict[str, Any]], None]] = {
    "confusion": _fits_columns,
    "class_pairs": _fits_columns,
    "average": _has_terms,
    "concatenate": _fits_beside,
    "concatenate_backward": _fits_beside,
    "dropout": _has_rate,
    "embedding_backward": _has_ids,
    "global_average_pooling": _has_vectors,
    "global_average_pooling_backward": _has_vectors,
    "global_max_pooling": _has_vectors,
    "global_max_pooling_backward": _has_vectors,
    "transpose": _has_vectors,
    "gaussian_dropout": _has_rate,
    "alpha_dropout": _has_rate,
    "alpha_dropout_backward": _has_rate,
    "sgd": _has_memory,
    "rmsprop": _has_memory,
}
