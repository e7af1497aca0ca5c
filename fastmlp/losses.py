"""Losses: what training makes small.

The equations and their gradients are in src/losses.pxi. Each loss is a class, for
`compile(loss=...)`, and a function that gives the loss of every row.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp import kernels
from fastmlp._lookup import look_up, names_in
from fastmlp._numbers import as_labels, real_numbers
from fastmlp.plan import Float32


def categorical_crossentropy(
    y_true: ArrayLike, y_pred: ArrayLike, from_logits: bool = False
) -> Float32:
    """Return -sum_j t_j log p_j for each row, with one-hot (or soft) targets t.

    Args:
        y_true: Targets, (rows, classes), each row a distribution.
        y_pred: Probabilities, or logits if `from_logits`, (rows, classes).
        from_logits: Whether softmax is still to be applied to `y_pred`.

    Returns:
        The losses, (rows,), in nats.

    Example:
        >>> categorical_crossentropy([[0, 1]], [[0.5, 0.5]]).round(4)
        array([0.6931], dtype=float32)
    """
    t, y = _rows_of(y_true, y_pred)
    if from_logits:
        return kernels.softmax_crossentropy(y, t)[1]
    return kernels.crossentropy(y, t)


def sparse_categorical_crossentropy(
    y_true: ArrayLike, y_pred: ArrayLike, from_logits: bool = False
) -> Float32:
    """Return -log p_label for each row, with integer labels.

    Args:
        y_true: Labels, (rows,) or (rows, 1), from 0 to classes - 1.
        y_pred: Probabilities, or logits if `from_logits`, (rows, classes).
        from_logits: Whether softmax is still to be applied to `y_pred`.

    Returns:
        The losses, (rows,), in nats.

    Raises:
        ValueError: A label is not one of the classes.

    Example:
        >>> sparse_categorical_crossentropy([1], [[0.5, 0.5]]).round(4)
        array([0.6931], dtype=float32)
    """
    y = _outputs(y_pred)
    classes = y.shape[1]
    one_hot = np.eye(classes, dtype=np.float32)[as_labels("y_true", y_true, classes)]
    return categorical_crossentropy(one_hot, y, from_logits)


def mean_squared_error(y_true: ArrayLike, y_pred: ArrayLike) -> Float32:
    """Return the mean over the columns of (y_pred - y_true)^2, for each row.

    Args:
        y_true: Targets, (rows, columns).
        y_pred: Outputs, (rows, columns).

    Returns:
        The losses, (rows,).

    Example:
        >>> mean_squared_error([[0.0, 0.0]], [[1.0, 3.0]])
        array([5.], dtype=float32)
    """
    t, y = _rows_of(y_true, y_pred)
    return kernels.mean_squared_error(y, t)


def _outputs(y_pred: ArrayLike) -> NDArray[Any]:
    """Return outputs as an array, (rows, columns)."""
    y = real_numbers("y_pred", y_pred)
    if y.ndim != 2:
        raise ValueError(
            f"y_pred must have shape (rows, columns), not {y.shape}. For a single "
            "column, use y_pred.reshape(-1, 1)."
        )
    return y


def _rows_of(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return targets and outputs as arrays of one shape, (rows, columns)."""
    t, y = real_numbers("y_true", y_true), _outputs(y_pred)
    if t.shape != y.shape:
        raise ValueError(
            f"y_true must have the shape of y_pred, {y.shape}, but it has {t.shape}."
        )
    return t, y


class Loss:
    """What all losses have in common: called on arrays, they give the mean loss.

    Attributes:
        name: The name that `compile` knows the loss by.
        sparse: Whether the targets are integer labels instead of rows.
        from_logits: Whether the outputs that it takes are logits.
    """

    name: str
    sparse = False
    from_logits = False

    def __call__(self, y_true: ArrayLike, y_pred: ArrayLike) -> float:
        """Return the mean loss over all rows."""
        return float(self.of_rows(y_true, y_pred).mean(dtype=np.float64))

    def of_rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Float32:
        """Return the loss of each row, (rows,)."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this loss again."""
        return {"name": self.name}


class CategoricalCrossentropy(Loss):
    """Cross-entropy with one-hot targets.

    After a softmax layer both are computed in one, from the logits: the loss stays
    finite and its gradient p - t exact however sure the network is.

    Args:
        from_logits: Whether the last layer has no softmax of its own. Default False.
        name: Its name.

    Example:
        >>> loss = CategoricalCrossentropy()
        >>> round(loss([[0, 1]], [[0.5, 0.5]]), 4)
        0.6931
    """

    def __init__(
        self, from_logits: bool = False, *, name: str = "categorical_crossentropy"
    ) -> None:
        self.from_logits = bool(from_logits)
        self.name = name

    def of_rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Float32:
        """Return the loss of each row, (rows,)."""
        return categorical_crossentropy(y_true, y_pred, self.from_logits)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this loss again."""
        return {"name": self.name, "from_logits": self.from_logits}


class SparseCategoricalCrossentropy(Loss):
    """Cross-entropy with integer labels; see `CategoricalCrossentropy`.

    Args:
        from_logits: Whether the last layer has no softmax of its own. Default False.
        name: Its name.

    Example:
        >>> loss = SparseCategoricalCrossentropy()
        >>> round(loss([1], [[0.5, 0.5]]), 4)
        0.6931
    """

    sparse = True

    def __init__(
        self,
        from_logits: bool = False,
        *,
        name: str = "sparse_categorical_crossentropy",
    ) -> None:
        self.from_logits = bool(from_logits)
        self.name = name

    def of_rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Float32:
        """Return the loss of each row, (rows,)."""
        return sparse_categorical_crossentropy(y_true, y_pred, self.from_logits)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this loss again."""
        return {"name": self.name, "from_logits": self.from_logits}


class MeanSquaredError(Loss):
    """The mean of the squared differences, for regression.

    Args:
        name: Its name.

    Example:
        >>> MeanSquaredError()([[0.0], [0.0]], [[1.0], [3.0]])
        5.0
    """

    def __init__(self, *, name: str = "mean_squared_error") -> None:
        self.name = name

    def of_rows(self, y_true: ArrayLike, y_pred: ArrayLike) -> Float32:
        """Return the loss of each row, (rows,)."""
        return mean_squared_error(y_true, y_pred)


_BY_NAME: dict[str, type[Loss]] = {
    "categorical_crossentropy": CategoricalCrossentropy,
    "categoricalcrossentropy": CategoricalCrossentropy,
    "sparse_categorical_crossentropy": SparseCategoricalCrossentropy,
    "sparsecategoricalcrossentropy": SparseCategoricalCrossentropy,
    "mse": MeanSquaredError,
    "mean_squared_error": MeanSquaredError,
    "meansquarederror": MeanSquaredError,
}
_HINTS = {
    "binarycrossentropy": (
        "fastmlp has no binary_crossentropy yet: for two classes, give the last layer "
        "two units with softmax, and use 'sparse_categorical_crossentropy'."
    ),
}
_FUNCTIONS: dict[Any, type[Loss]] = {
    categorical_crossentropy: CategoricalCrossentropy,
    sparse_categorical_crossentropy: SparseCategoricalCrossentropy,
    mean_squared_error: MeanSquaredError,
}


def get(identifier: Any) -> Loss:
    """Return the loss that a name stands for.

    Args:
        identifier: A name, a function or a loss of this module.

    Raises:
        ValueError: There is no such loss, or its class is the user's own.

    Example:
        >>> get("mse").name
        'mean_squared_error'
    """
    if isinstance(identifier, Loss):
        if type(identifier) not in _BY_NAME.values():
            raise ValueError(
                "Losses are compiled, so a class of your own, such as "
                f"{type(identifier).__name__}, cannot be used: choose one of "
                f"{', '.join(names_in(_BY_NAME))}."
            )
        return identifier
    if isinstance(identifier, str):
        return look_up("loss", identifier, _BY_NAME, _HINTS)()
    for function, loss in _FUNCTIONS.items():
        if identifier is function:
            return loss()
    raise ValueError(
        f"Could not interpret loss identifier of type {type(identifier).__name__}: "
        "losses are compiled, so give a name such as 'categorical_crossentropy', or "
        "an object of a class in fastmlp.losses."
    )
