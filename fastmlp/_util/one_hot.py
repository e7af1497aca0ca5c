"""Labels as one-hot rows: a 1 at the place of the label, 0 elsewhere."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


def one_hot(
    labels: NDArray[np.integer[Any]], classes: int, dtype: DTypeLike = np.float32
) -> NDArray[Any]:
    """Return an array of shape `labels.shape + (classes,)`.

    Nothing of the size classes x classes is made, as by rows of an identity matrix:
    of 20,000 classes, one would take 1.5 GiB.

    Example:
        >>> one_hot(np.array([1, 0]), classes=2)
        array([[0., 1.],
               [1., 0.]], dtype=float32)
    """
    rows = np.zeros((*labels.shape, classes), dtype)
    np.put_along_axis(rows, labels[..., None], 1, axis=-1)
    return rows
