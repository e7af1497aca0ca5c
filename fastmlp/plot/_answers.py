"""What a model says of samples, beside what they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp._check.numbers import as_labels, describe, real_numbers
from fastmlp._check.sparse import filled

# A sum of probabilities that are rounded to float32, or that were float16 once.
_ROUNDED_BY = 0.01


class Scores(NamedTuple):
    """What a model makes of samples: a number for each class.

    Attributes:
        values: (rows, classes): the higher, the surer.
        are_shares: Whether they are from 0 to 1, as those of softmax and sigmoid.
    """

    values: NDArray[np.float64]
    are_shares: bool

    def said(self, row: int) -> str:
        """Return how sure the model is of its answer, as text."""
        most = float(self.values[row].max())
        if not self.are_shares:
            return f"{most:.3g}"
        return share_of(most)


class Answers(NamedTuple):
    """What samples are, and what a model says: classes by their numbers."""

    true: NDArray[np.intc]
    said: NDArray[np.intp]
    scores: Scores
    names: list[str]

    @property
    def right(self) -> NDArray[np.bool_]:
        """Which samples the model gets right."""
        return np.asarray(self.true == self.said)

    def title(self) -> str:
        """Return how many are right, as text."""
        return f"{share_of(self.right.mean())} of {len(self.true):,} right"


def share_of(part: float) -> str:
    """Return a share as text, which is 100% or 0% only if it is all or nothing.

    Example:
        >>> share_of(0.97832), share_of(1), share_of(0.99999), share_of(0.0001)
        ('97.8%', '100%', '>99.9%', '<0.1%')
    """
    if part in (0, 1):
        return f"{100 * part:.0f}%"
    if part < 0.0005:
        return "<0.1%"
    return ">99.9%" if part >= 0.9995 else f"{100 * part:.1f}%"


def answers_of(
    model: Any, x: Any, y: Any, class_names: Sequence[str] | None
) -> Answers:
    """Return what samples are, and what a model says of them.

    Args:
        model: A model with one output a class, or with one for yes and no.
        x: Inputs, as `predict` takes them.
        y: Labels, (rows,) or (rows, 1), or one-hot rows.
        class_names: What the classes are called, or None for their numbers.

    Raises:
        TypeError: It is no model, or the data hold no numbers.
        ValueError: The data do not fit each other or the model.
    """
    scores = scores_of(model, x)
    rows, classes = scores.values.shape
    if not rows:
        raise ValueError("x has no samples, so there is nothing to draw: give some.")
    true = _labels_of(y, classes)
    if len(true) != rows:
        raise ValueError(
            f"x has {rows} rows, but y has {len(true)}; they must be as many."
        )
    return Answers(
        true, scores.values.argmax(axis=1), scores, names_of(class_names, classes)
    )


def scores_of(model: Any, x: Any) -> Scores:
    """Return what a model makes of samples, as one number for each class.

    One output is for yes and no: no is class 0, yes is class 1.

    Raises:
        TypeError: It is no model, or x does not hold real numbers.
        ValueError: x does not fit the model, or it does not choose between classes.
    """
    from fastmlp.models import Model  # Only here: few programs draw.

    if not isinstance(model, Model):
        raise TypeError(
            f"The first argument must be a model that was trained, not "
            f"{describe(model)}."
        )
    outputs = model.predict(x, verbose=0)
    if not isinstance(outputs, np.ndarray) or outputs.ndim != 2:
        found = (
            f"gives {len(outputs)} outputs"
            if not isinstance(outputs, np.ndarray)
            else f"gives a sample the shape {outputs.shape[1:]}"
        )
        raise ValueError(
            f"A picture of classes needs a model that gives each sample one row, a "
            f"number a class, but {model.name!r} {found}. Draw a model of the part "
            "that chooses between classes."
        )
    return _scores_from(model, np.asarray(outputs, np.float64))


def _scores_from(model: Any, outputs: NDArray[np.float64]) -> Scores:
    """Return outputs as scores: shares where they are any, after softmax or before."""
    from fastmlp import losses

    loss = losses.get(model.loss) if model.compiled else None
    one = outputs.shape[1] == 1
    if getattr(loss, "from_logits", False):
        # Of one logit, sigmoid is the softmax of it and 0.
        logits = np.hstack([np.zeros_like(outputs), outputs]) if one else outputs
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return Scores(powers / powers.sum(axis=1, keepdims=True), True)
    is_signed = getattr(loss, "targets", None) == "signs"
    are_shares = not is_signed and bool(((outputs >= 0) & (outputs <= 1)).all())
    if one:
        no = 1 - outputs if are_shares else -outputs
        outputs = np.hstack([no, outputs])
    return Scores(outputs, are_shares)


def _labels_of(y: Any, classes: int) -> NDArray[np.intc]:
    """Return labels of what the user gave: labels, a column, or one-hot rows."""
    array = real_numbers("y", filled(y))
    if array.ndim == 2 and array.shape[1] == classes and classes > 1:
        sums = array.sum(axis=1)
        if not len(array) or (
            array.min() >= 0 and np.abs(sums - 1).max() <= _ROUNDED_BY
        ):
            return np.asarray(array.argmax(axis=1), np.intc)
        row = int((np.abs(sums - 1) > _ROUNDED_BY).argmax())
        raise ValueError(
            f"y has a column for each of the {classes} classes, but row {row} is not "
            "one-hot. Give one-hot rows, or one label a row."
        )
    if array.ndim > 2 or (array.ndim == 2 and array.shape[1] != 1):
        raise ValueError(
            f"y has shape {array.shape}, but the model tells {classes} classes apart. "
            f"Give one label a row, or one-hot rows of {classes}."
        )
    if classes == 2 and array.size and array.min() == -1:
        array = np.where(array == -1, 0, array)  # -1 is no, as for the hinge.
    return as_labels("y", array, classes)


def names_of(class_names: Sequence[str] | None, classes: int) -> list[str]:
    """Return what classes are called.

    Raises:
        TypeError: The names are no list.
        ValueError: There are more or fewer of them than classes.
    """
    if class_names is None:
        return [str(number) for number in range(classes)]
    if isinstance(class_names, str) or not hasattr(class_names, "__len__"):
        raise TypeError(
            "class_names must be a list of texts, one a class, not "
            f"{describe(class_names)}."
        )
    if len(class_names) != classes:
        raise ValueError(
            f"There are {classes} classes, but class_names has {len(class_names)}. "
            "Give one name a class, in the order of their numbers."
        )
    return [str(name) for name in class_names]
