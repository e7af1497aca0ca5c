"""Labels of any kind, as the numbers that a network learns, and back."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp import losses
from fastmlp.models import Model


class Classes:
    """What the labels of a classifier are.

    Args:
        y: Labels: one a row, (n,) or (n, 1), of any type; or zeros and ones, a column
            a class, one-hot or several a row.

    Attributes:
        kind: scikit-learn's word for them, or "multiclass-onehot".
        classes: The labels that there are, or the numbers of the columns.

    Raises:
        ValueError: They are none, or there is only one class.
    """

    def __init__(self, y: NDArray[Any]) -> None:
        from sklearn.utils.multiclass import type_of_target

        kind = type_of_target(y, input_name="y")
        if kind == "multilabel-indicator" and (np.sum(y, axis=1) == 1).all():
            kind = "multiclass-onehot"
        if kind not in (*_OF_LABELS, "multilabel-indicator", "multiclass-onehot"):
            raise ValueError(
                f"Unknown label type: {kind}. A classifier learns classes: one label a "
                "row, or a column of zeros and ones for each class. For numbers, take "
                "the regressor."
            )
        self.kind = kind
        self._shape = y.shape[1:]
        if kind in _OF_LABELS:
            self.classes: NDArray[Any] = np.unique(y)
        else:
            self.classes = np.arange(y.shape[1])
        if len(self.classes) == 1:
            raise ValueError(
                "A classifier cannot learn from only one class: all labels are "
                f"{self.classes.tolist()[0]!r}. Give it rows of at least two."
            )

    def encode(self, y: NDArray[Any], *, one_hot: bool) -> NDArray[Any]:
        """Return numbers of classes, or one-hot rows; columns stay what they are."""
        if self.kind not in _OF_LABELS:
            return y
        labels = y.reshape(len(y))
        numbers = np.searchsorted(self.classes, labels)
        numbers = np.minimum(numbers, len(self.classes) - 1)
        unknown = self.classes[numbers] != labels
        if unknown.any():
            first = labels[unknown].tolist()[0]
            raise ValueError(
                f"The label {first!r} is not among those of the first fit, which were "
                f"{', '.join(map(repr, self.classes.tolist()))}."
            )
        if one_hot:
            return np.eye(len(self.classes), dtype=np.float32)[numbers]
        return numbers

    def decode(self, outputs: NDArray[Any]) -> NDArray[Any]:
        """Return labels in the form in which y was."""
        if self.kind == "multilabel-indicator":
            return (outputs > 0.5).astype(int)
        numbers = self.probabilities(outputs).argmax(axis=1)
        if self.kind == "multiclass-onehot":
            rows: NDArray[Any] = np.eye(len(self.classes), dtype=int)[numbers]
            return rows
        labels: NDArray[Any] = self.classes[numbers]
        return labels.reshape(len(outputs), *self._shape)

    def probabilities(self, outputs: NDArray[Any]) -> NDArray[Any]:
        """Return outputs with a column a class: of one sigmoid, both."""
        outputs = outputs.reshape(len(outputs), -1)
        if outputs.shape[1] == 1 and len(self.classes) == 2:
            return np.concatenate([1 - outputs, outputs], axis=1)
        return outputs


_OF_LABELS = ("binary", "multiclass")


def wants_one_hot(model: Model) -> bool:
    """Tell whether a compiled model learns from one-hot rows, not from numbers."""
    loss = model.loss[0] if isinstance(model.loss, list) else model.loss
    return model.output_shape[-1] != 1 and losses.get(loss).targets != "labels"


def refuse_uncompiled(model: Model) -> None:
    """Refuse a model that has no loss to learn from."""
    if not isinstance(model, Model):
        raise TypeError(
            "The function has to return a model, not an object of type "
            f"{type(model).__name__}. End it with `return model`."
        )
    if not model.compiled:
        raise RuntimeError(
            "Given model needs to be compiled, and have a loss and an optimizer: call "
            "model.compile(optimizer, loss) before you return it."
        )
