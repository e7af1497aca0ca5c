"""Small helpers around training, under the names that Keras gives them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp._check.names import forget_names
from fastmlp._check.numbers import as_count, refuse_masked
from fastmlp._util.batches import PyDataset
from fastmlp._util.keywords import suggesting
from fastmlp._util.one_hot import one_hot
from fastmlp._util.progress import Progbar
from fastmlp._util.random import seed_generator
from fastmlp._util.registered import (
    CustomObjectScope,
    custom_object_scope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)
from fastmlp._util.warn import warn

if TYPE_CHECKING:
    from fastmlp.ops._check_gradient import GradientReport

__all__ = [
    "CustomObjectScope",
    "Progbar",
    "PyDataset",
    "Sequence",
    "check_gradient",
    "clear_session",
    "custom_object_scope",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "register_keras_serializable",
    "set_random_seed",
    "to_categorical",
]


def __dir__() -> list[str]:
    return __all__


# Its name in Keras 2.
Sequence = PyDataset

# The largest that numpy.random takes.
_LARGEST_SEED = 2**32 - 1


@suggesting
def set_random_seed(seed: int) -> None:
    """Make what follows repeat: initial weights, the shuffling of `fit`, dropout.

    As in Keras, Python's `random` and `numpy.random` are seeded as well, for your own
    use of them: the library draws from a generator of its own.

    Args:
        seed: A whole number from 0 to 2**32 - 1, which is the largest seed that
            `numpy.random` takes.

    Raises:
        TypeError: `seed` is not a whole number.
        ValueError: `seed` is negative or too large.

    Example:
        >>> from fastmlp import initializers
        >>> set_random_seed(42)
        >>> first = initializers.GlorotUniform()((3, 2))
        >>> set_random_seed(42)
        >>> bool((initializers.GlorotUniform()((3, 2)) == first).all())
        True
    """
    import random  # Only here: it takes 3 ms, and few programs need it.

    seed = as_count("seed", seed, 0)
    if seed > _LARGEST_SEED:
        raise ValueError(f"seed must be at most {_LARGEST_SEED}, not {seed}.")
    seed_generator(seed)
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002


def clear_session() -> None:
    """Count automatic names anew: the next `Dense` is called "dense" again.

    Example:
        >>> from fastmlp import layers
        >>> clear_session()
        >>> layers.Dense(3).name, layers.Dense(3).name
        ('dense', 'dense_1')
    """
    forget_names()


@suggesting
def to_categorical(x: ArrayLike, num_classes: int | None = None) -> NDArray[np.float64]:
    """Turn integer labels into one-hot rows.

    Args:
        x: Labels from 0 to `num_classes - 1`, an array of any shape. A last axis
            of length 1 is dropped: shape (n, 1) counts as (n,). Numbers with a
            fraction are cut off (1.9 is class 1) and text is read as numbers.
        num_classes: Number of classes; None (the default) or 0 takes the
            largest label plus one.

    Returns:
        An array of shape `x.shape + (num_classes,)` that holds a single 1 in
        each row, float64 as in Keras.

    Raises:
        ValueError: A label is negative or no number, `num_classes` is negative,
            or there is neither a label nor `num_classes`.
        IndexError: A label is `num_classes` or larger.
        TypeError: `num_classes` is not a whole number.

    Example:
        >>> to_categorical([0, 2, 1])
        array([[1., 0., 0.],
               [0., 0., 1.],
               [0., 1., 0.]])
    """
    labels = _whole_labels(x)
    shape = labels.shape
    if len(shape) == 2 and shape[1] > 1 and _is_one_hot(labels):
        warn(
            f"to_categorical was given shape {shape}, whose rows are one-hot already: "
            f"they become shape {(*shape, 2)}. Was that line run two times? Use them "
            "as they are."
        )
    if len(shape) > 1 and shape[-1] == 1:
        shape = shape[:-1]
    labels = labels.reshape(-1)
    if labels.size and labels.min() < 0:
        raise ValueError(
            "to_categorical needs labels of 0 and above, but the smallest label is "
            f"{labels.min()}. Shift the labels so that they start at 0."
        )
    classes = as_count("num_classes", num_classes, 1) if num_classes else 0
    if classes == 0:
        if labels.size == 0:
            raise ValueError(
                "to_categorical got no labels, so it cannot tell how many classes "
                "there are. Give it num_classes."
            )
        classes = int(labels.max()) + 1
    if labels.size and labels.max() >= classes:
        raise IndexError(
            f"With num_classes={classes} the labels must lie in 0..{classes - 1}, "
            f"but the largest label is {labels.max()}. Raise num_classes, or check "
            "the labels: they count from 0."
        )
    return one_hot(labels.reshape(shape), classes, np.float64)


@suggesting
def check_gradient(thing: Any, *inputs: ArrayLike, seed: int = 0) -> GradientReport:
    """Compare a gradient with finite differences: is what you derived right?

    Each number of the inputs is moved a little up and down, in float64, and the result
    watched. Of arrays with more than 1000 numbers, 1000 are tried one by one, and all
    together along four directions. At a kink, any slope between those of both sides is
    right.

    Args:
        thing: What has a gradient:

            - a function of arrays in terms of `fastmlp.ops`, of which the tape is
              checked;
            - an object with `forward(x)` and `backward(x, y, dy)`, which returns dx,
              and leaves the gradients of weights, if there are any, in `gradients`, by
              the names of the attributes that hold them;
            - a loss with `forward(y_true, y_pred)`, one loss a row, and
              `backward(y_true, y_pred)`, the gradient of their sum in y_pred;
            - an activation or a loss of fastmlp.

        inputs: Where it is checked: x, or y_true and y_pred, or what the function
            takes. Arrays of a few rows, away from where the result is infinite.
        seed: Of dy, which is drawn, and of what is tried of large arrays. Default 0.

    Returns:
        A report that counts as true if the gradient is right. Printed, it says which
        entry is wrong, by how much, and what its sign or factor suggests; `ok`,
        `message` and `parts` hold the same.

    Raises:
        TypeError: The thing has no gradient, or returns nothing.
        ValueError: The result is not finite, or a loss is not one number a row.

    Example:
        >>> class Cube:
        ...     def forward(self, x):
        ...         return x**3
        ...     def backward(self, x, y, dy):
        ...         return x**2 * dy
        >>> report = check_gradient(Cube(), np.array([[1.0, 2.0], [3.0, 4.0]]))
        >>> report.ok
        False
        >>> "It is 0.3333 times what it should be" in report.message
        True
    """
    # Only here: few programs ask for it.
    from fastmlp.ops._check_gradient import check_gradient as check

    return check(thing, *inputs, seed=seed)


def _is_one_hot(labels: NDArray[np.int64]) -> bool:
    """Tell whether each row has a single 1, and 0 elsewhere."""
    return bool(
        labels.size
        and labels.min() >= 0
        and (labels.max(axis=1) == 1).all()
        and (labels.sum(axis=1) == 1).all()
    )


def _whole_labels(x: ArrayLike) -> NDArray[np.int64]:
    """Return labels as int64, cut off after the point, or say why they are none."""
    refuse_masked("x", x)
    labels = np.asarray(x)
    # In float64, since 2**63 is beyond float16.
    if labels.dtype.kind == "f" and not (abs(labels.astype(float)) < 2.0**63).all():
        raise ValueError(
            "to_categorical needs a class number for every label, but some labels are "
            "NaN, infinite or too large. Drop those rows, or number them anew."
        )
    if labels.dtype.kind in "biufUSO":
        with contextlib.suppress(TypeError, ValueError, OverflowError):
            return labels.astype(np.int64)
    raise ValueError(
        "to_categorical needs whole numbers as labels, but it got values of type "
        f"{labels.dtype}. Number the classes first, for example with "
        "numpy.unique(labels, return_inverse=True)[1]."
    )
