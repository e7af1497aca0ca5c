"""Inputs, targets and weights: arrays that fit each other, or a sentence why not.

Every array that comes into a model passes through here before anything is changed.
Messages name shapes and positions; they never print data.
"""

import math
import sys
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fastmlp._check.numbers import (
    ONE_OUTPUT,
    as_count,
    as_float32,
    as_labels,
    describe,
    finite_float32,
    number_from_0,
    real_numbers,
    refuse_lost_values,
    span,
)
from fastmlp._check.sparse import is_sparse, sparse_rows
from fastmlp._util.one_hot import one_hot
from fastmlp._util.warn import warn
from fastmlp.plan import Float32, SparseRows

# Whole numbers that reach this far look like pixels that nobody divided by 255.
_RAW_PIXELS = (100, 65535)

# Numbers that reach this far, all of them steps of 1 / 255^2, like pixels that were
# divided by 255 twice.
_STEP = 1 / 255**2
_TINY_PIXELS = (100 * _STEP, 255.01 * _STEP)

# How far the sum of a distribution may be from 1: its numbers may be rounded ones.
_ROUNDED_BY = 0.05


def checked_inputs(
    x: Any,
    shape: tuple[int, ...] | None,
    *,
    owner: str = "The model",
    of_any_size: bool = False,
    one_feature: bool = False,
) -> NDArray[Any]:
    """Return x as an array of real numbers, (rows, *shape), not converted yet.

    Args:
        x: What the user gave.
        shape: The shape of one sample; None if the model does not know it yet.
        owner: Whose inputs they are, at the beginning of a sentence.
        of_any_size: Whether they are scaled first thing, so that raw pixels are fine.
        one_feature: Whether x of one dimension is one feature of many samples, if the
            model does not know their shape yet.

    Raises:
        TypeError: x is missing or does not hold real numbers.
        ValueError: Its shape does not fit.
    """
    if x is None:
        raise TypeError("There are no inputs: pass x.")
    array = real_numbers("x", x)
    if one_feature and shape is None and array.ndim == 1:
        shape = (1,)
    array = _in_rank(array, shape)
    _refuse_other_shape(array, shape, owner)
    if not of_any_size and array.dtype.kind in "iuf":
        warn_of_unscaled_pixels(array)
    return array


def _in_rank(array: NDArray[Any], shape: tuple[int, ...] | None) -> NDArray[Any]:
    """Return x with an axis of length 1 at its end, or without, if that is missing.

    So does Keras: a column of numbers is what a model of one input takes.
    """
    if shape is None or array.shape[1:] == shape or not array.ndim:
        return array
    if (*array.shape[1:], 1) == shape:
        return array[..., None]
    if array.shape[1:] == (*shape, 1):
        return array[..., 0]
    return array


def checked_rows(
    x: Any,
    shape: tuple[int, ...] | None,
    *,
    of_any_size: bool = False,
    one_feature: bool = False,
) -> NDArray[Any] | SparseRows:
    """Return the same, or what scipy.sparse has as rows without their zeros."""
    if not is_sparse(x):
        return checked_inputs(
            x, shape, of_any_size=of_any_size, one_feature=one_feature
        )
    _refuse_other_shape(x, shape, "The model")
    rows = sparse_rows("x", x)
    if not of_any_size:
        warn_of_unscaled_pixels(rows.data)
    return rows


def _refuse_other_shape(x: Any, shape: tuple[int, ...] | None, owner: str) -> None:
    """Refuse inputs that are no rows of samples of that shape, or that have none."""
    found = x.shape[1:]
    if not found or (shape is not None and len(found) != len(shape)):
        raise ValueError(_wrong_dimensions(x, shape))
    if 0 in found:
        raise ValueError(f"x has no features: its shape is {x.shape}.")
    if shape is not None and found != shape:
        if len(shape) > 1:
            raise ValueError(
                f"{owner} expects samples of shape {shape}, but x has shape {x.shape}."
            )
        raise ValueError(
            f"{owner} expects {shape[0]} features, but x has {x.shape[1]} "
            f"(shape {x.shape}). Give x {shape[0]} columns, or build anew with "
            f"input_shape=({x.shape[1]},)."
        )


class Loss(Protocol):
    """What a loss says of the targets that it takes."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def targets(self) -> str:
        """What they are: labels, distributions, probabilities, signs or numbers."""

    @property
    def ignore_class(self) -> int | None:
        """The label of rows that do not count, or None."""

    @property
    def target_range(self) -> tuple[float, float]:
        """Between which numbers they may lie."""


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
    # The losses take dense targets: as many numbers as there are outputs.
    array = real_numbers("y", y.toarray() if is_sparse(y) else y)
    if array.ndim == 0 or len(array) != rows:
        found = "a single number" if array.ndim == 0 else f"{len(array)} rows"
        raise ValueError(f"x has {rows} rows, but y has {found}; they must be as many.")
    if loss.targets == "labels":
        return labels_or_rows("y", array, outputs, loss.ignore_class)
    if loss.targets == "any" and outputs > 1:
        if array.ndim == 1:
            return None, as_labels("y", array, outputs)
        if array.shape == (rows, 1):  # A number a row, for all its outputs.
            array = np.repeat(array, outputs, axis=1)
    looks_like_labels = array.ndim == 1 or (array.shape[1:] == (1,) and outputs > 1)
    if loss.targets == "distributions":
        # A column of ones is a distribution over one class, if a poor one.
        is_column = array.shape[1:] == (1,) and not (array == 1).all()
        if outputs == 1 and (array.ndim == 1 or is_column):
            raise ValueError(
                f"y has shape {array.shape} and the model has 1 output, but the loss "
                f"{loss.name!r} chooses between classes. {ONE_OUTPUT}"
            )
        if looks_like_labels and array.dtype.kind in "biuf":
            raise ValueError(
                f"y has shape {array.shape}: it looks like integer labels, but the "
                f"loss {loss.name!r} takes one-hot rows. Use "
                "loss='sparse_categorical_crossentropy', or y = "
                f"fastmlp.utils.to_categorical(y, {outputs})."
            )
    elif array.ndim == 1 and outputs == 1:
        array = array.reshape(-1, 1)
    _check_columns(array, outputs)
    if loss.targets in ("numbers", "any"):
        t = as_float32("y", array)
        refuse_out_of_range("y", t, loss)
        return t, None
    t = as_float32("y", array, finite=False)
    if loss.targets == "distributions":
        refuse_no_distributions("y", t, loss.name)
    elif loss.targets == "signs":
        refuse_no_signs("y", t, loss.name)
    else:
        refuse_no_probabilities("y", t, loss.name)
    return t, None


def labels_or_rows(
    name: str, y: Any, classes: int, ignored: int | None
) -> tuple[Float32 | None, Any]:
    """Return labels, or, where some rows have none, one-hot rows and rows of zeros.

    Args:
        name: What y is called in messages.
        y: What the user gave.
        classes: How many there are.
        ignored: The label of rows that do not count, or None; it may be no class.

    Returns:
        (None, labels) or (t, None).

    Raises:
        TypeError: y does not hold real numbers.
        ValueError: y is not one label a row, or a label is not one of the classes.
    """
    if ignored is None or 0 <= ignored < classes:
        return None, as_labels(name, y, classes)
    array = real_numbers(name, y)
    unknown = array == ignored
    labels = as_labels(name, np.where(unknown, 0, array), classes)
    if not unknown.any():
        return None, labels
    t = one_hot(labels, classes)
    t[unknown.reshape(-1)] = 0
    return t, None


def refuse_no_distributions(name: str, t: Float32, loss: str) -> None:
    """Refuse rows that are no distributions over the classes.

    Raises:
        ValueError: A value is not finite or negative, or a row does not sum to 1.
    """
    if not t.size:
        return
    sums = np.add.reduce(t, axis=-1)
    (least, _), (lowest, highest) = span(t), span(sums)
    # Finite as well: NaN and infinity would be in the sums.
    # Of float32, as the sums are.
    low, high = np.float32(1 - _ROUNDED_BY), np.float32(1 + _ROUNDED_BY)
    if least >= 0 and lowest >= low and highest <= high:
        return
    refuse_lost_values(name, t)
    if least < 0:
        row = int((t < 0).any(axis=-1).argmax())
        raise ValueError(
            f"One-hot targets cannot be negative, but row {row} of {name} has a "
            "negative value."
        )
    row = int((np.abs(sums - 1) > _ROUNDED_BY).argmax())
    raise ValueError(
        f"The loss {loss!r} takes rows that sum to 1, one-hot ones or probabilities, "
        f"but row {row} of {name} sums to {sums.flat[row]:.3g}. If no class or several "
        "may be right, use 'binary_crossentropy' after a sigmoid; if these are counts "
        "or percentages, divide each row by its sum."
    )


def refuse_no_probabilities(name: str, t: Float32, loss: str) -> None:
    """Refuse targets that are not from 0 for no to 1 for yes.

    Raises:
        ValueError: A value is not finite, or not between them.
    """
    least, most = span(t) if t.size else (0, 1)
    if 0 <= least <= most <= 1:
        return
    refuse_lost_values(name, t)
    row = int(((t < 0) | (t > 1)).any(axis=-1).argmax())
    raise ValueError(
        f"The loss {loss!r} takes 0 for no and 1 for yes, but row {row} of {name} "
        "has a value that is not between them. If there are several classes, use "
        "'sparse_categorical_crossentropy' and a softmax over one unit a class."
    )


def refuse_no_signs(name: str, t: Float32, loss: str) -> None:
    """Refuse targets that are not -1 for no and 1 for yes, nor 0 for no and 1 for yes.

    Raises:
        ValueError: A value is another, or there are -1 and 0.
    """
    fits = (t == 1) | (t == (0 if t.size and t.min() == 0 else -1))
    if fits.all():
        return
    refuse_lost_values(name, t)
    row = int((~fits).any(axis=-1).argmax())
    raise ValueError(
        f"The loss {loss!r} takes -1 for no and 1 for yes, or 0 and 1, but not both "
        f"nor other numbers, as in row {row} of {name}. If there are several classes, "
        "use 'categorical_hinge' and one-hot rows."
    )


def refuse_out_of_range(name: str, t: Float32, loss: Loss) -> None:
    """Refuse targets that a loss would take for the nearest number that it can take.

    Raises:
        ValueError: One is; the message says where the first is.
    """
    least, most = loss.target_range
    found = span(t) if t.size else loss.target_range
    if least <= found[0] <= found[1] <= most:
        return
    row = int(((t < least) | (t > most)).any(axis=-1).argmax())
    wanted = (
        f"of at least {least:g}" if math.isinf(most) else f"from {least:g} to {most:g}"
    )
    raise ValueError(
        f"The loss {loss.name!r} takes targets {wanted}, but row {row} of {name} has "
        "another. Scale them, or use 'mse'."
    )


def as_weights(sample_weight: Any, rows: int) -> Float32:
    """Return how much each row counts, (rows,).

    Raises:
        TypeError: It does not hold real numbers.
        ValueError: There is not one finite weight of at least 0 for each row.
    """
    array = real_numbers("sample_weight", sample_weight)
    if array.shape == (rows, 1):
        array = array.reshape(-1)
    if array.shape != (rows,):
        raise ValueError(
            f"sample_weight must have shape ({rows},), one weight for each row of x, "
            f"but it has shape {array.shape}."
        )
    weights = as_float32("sample_weight", array)
    refuse_negative_weights(weights)
    return weights


def refuse_negative_weights(weights: Float32) -> None:
    """Refuse weights of samples of which one is negative.

    Raises:
        ValueError: One is; the message says where the first is.
    """
    if weights.size and span(weights)[0] < 0:
        raise ValueError(
            f"sample_weight[{int((weights < 0).argmax())}] is negative, but a weight "
            "says how much a row counts: at least 0, where 0 leaves it out."
        )


def weights_of_classes(
    class_weight: Any,
    t: Float32 | None,
    labels: NDArray[np.intc] | None,
    loss: Loss,
    outputs: int,
) -> Float32:
    """Return how much each row counts, by its class.

    Args:
        class_weight: {class: weight}; a class that is missing counts 1.
        t: The targets as rows, one-hot, or a single column, rounded; or None.
        labels: The targets as labels, or None.
        loss: The loss: with "probabilities", one output tells two classes apart.
        outputs: How many outputs the model has.

    Raises:
        TypeError: It is no dictionary of numbers.
        ValueError: There is no such class, or its weight is negative or not finite.
    """
    if not isinstance(class_weight, Mapping):
        raise TypeError(
            "class_weight must be a dictionary, such as {0: 1.0, 1: 5.0}, not "
            f"{describe(class_weight)}."
        )
    classes: NDArray[Any]
    if labels is not None:
        classes = labels
    else:
        assert t is not None
        classes = np.rint(t[:, 0]) if t.shape[1] == 1 else t.argmax(axis=1)
        if loss.targets == "signs":
            classes = np.maximum(classes, 0)  # -1 is no, as 0 is.
    known = outputs
    if outputs == 1 and labels is None:
        is_yes_or_no = loss.targets in ("probabilities", "signs")
        known = 2 if is_yes_or_no else sys.maxsize
    weights = np.ones(len(classes), np.float32)
    for key, weight in class_weight.items():
        # Of labels that are booleans or floats: Keras looks them up, and True is 1.
        is_label = isinstance(key, (bool, np.bool_, float, np.floating))
        label = int(key) if is_label and float(key).is_integer() else key
        place = as_count("A class in class_weight", label, 0)
        if place >= known:
            raise ValueError(
                f"class_weight has a weight for class {place}, but the classes are "
                f"0..{known - 1}. Leave it out, or count the classes from 0."
            )
        name = f"The weight of class {place} in class_weight"
        number_from_0(name, weight)
        weights[classes == place] = finite_float32(name, weight)
    return weights


def _check_columns(array: NDArray[Any], outputs: int) -> None:
    """Check that the targets have one column for each output."""
    if array.ndim == 2 and array.shape[1] == outputs:
        return
    columns = math.prod(array.shape[1:])
    remedy = ""
    if array.ndim <= 2 and columns:
        remedy = f", or give the last layer {columns} unit{'s' if columns > 1 else ''}"
    raise ValueError(
        f"y has shape {array.shape}, but the model has {outputs} "
        f"output{'s' if outputs > 1 else ''}. Give y the shape "
        f"({len(array)}, {outputs}){remedy}."
    )


def _wrong_dimensions(array: Any, shape: tuple[int, ...] | None) -> str:
    """Say how to give x the right number of dimensions."""
    sizes = ["features"] if shape is None else [str(size) for size in shape]
    if array.ndim == 0:
        hint = "It is a single number."
    elif array.ndim == 1:
        hint = (
            "Use x[None] if it is one sample, or x.reshape(-1, 1) if it is one feature "
            "of many samples."
        )
    elif len(sizes) == 1:
        hint = "Make each sample a row: x.reshape(len(x), -1)."
    else:
        hint = f"Give each sample its shape: x.reshape(len(x), {', '.join(sizes)})."
    wanted = ", ".join(["rows", *sizes])
    return f"x must have shape ({wanted}), but it has shape {array.shape}. {hint}"


def warn_of_unscaled_pixels(array: NDArray[Any]) -> None:
    """Warn if x looks like pixels that are not from 0 to 1, which train badly."""
    some = array[:256]
    if not some.size:
        return
    largest = float(some.item(some.argmax()))
    if _RAW_PIXELS[0] <= largest <= _RAW_PIXELS[1]:
        if some.min() >= 0 and (some == np.floor(some)).all():
            warn(
                f"x holds whole numbers up to {largest:.0f}. If they are pixels, "
                "divide by 255: networks learn best from numbers around 1.",
                UserWarning,
            )
    elif _TINY_PIXELS[0] <= largest <= _TINY_PIXELS[1] and some.min() >= 0:
        steps = some / _STEP
        if (np.abs(steps - np.rint(steps)) < 0.01).all():
            warn(
                f"x holds numbers up to {largest:.4f}, as pixels that were divided by "
                "255 twice: was that line run two times? Networks learn best from "
                "numbers around 1.",
                UserWarning,
            )
