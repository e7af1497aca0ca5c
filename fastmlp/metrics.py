"""Metrics: what `fit` and `evaluate` report beside the loss.

Each is a mean over the rows of one number a row; the equations are in src/losses.pxi.
"""

from collections.abc import Sequence
from typing import Any

from fastmlp._lookup import look_up, names_in

# The kernel behind each name. "accuracy" depends on the outputs: see `resolve`.
_BY_NAME = {
    "accuracy": "accuracy",
    "acc": "accuracy",
    "categorical_accuracy": "categorical_accuracy",
    "categoricalaccuracy": "categorical_accuracy",
    "sparse_categorical_accuracy": "categorical_accuracy",
    "sparsecategoricalaccuracy": "categorical_accuracy",
    "binary_accuracy": "binary_accuracy",
    "binaryaccuracy": "binary_accuracy",
    "mse": "squared_error",
    "mean_squared_error": "squared_error",
    "meansquarederror": "squared_error",
    "mae": "absolute_error",
    "mean_absolute_error": "absolute_error",
    "meanabsoluteerror": "absolute_error",
}


def check(metrics: Sequence[Any] | None) -> list[str]:
    """Return the names under which `History` is to have the metrics.

    They are the strings as they were given; a repeated one gets "_1" and so on.

    Args:
        metrics: Names of metrics, in a list or tuple, or None.

    Raises:
        ValueError: It is no list, or a name is unknown.

    Example:
        >>> check(["accuracy", "mse", "mse"])
        ['accuracy', 'mse', 'mse_1']
    """
    if metrics is None:
        return []
    if not isinstance(metrics, (list, tuple)):
        raise ValueError(
            f"Expected `metrics` to be a list or tuple, such as ['accuracy'], but "
            f"received an object of type {type(metrics).__name__}."
        )
    names: list[str] = []
    for metric in metrics:
        if not isinstance(metric, str):
            raise ValueError(
                f"Could not interpret metric identifier of type "
                f"{type(metric).__name__}: metrics are compiled, so give a name: "
                f"{', '.join(names_in(_BY_NAME))}."
            )
        look_up("metric", metric, _BY_NAME)
        name, repeat = metric, 0
        while name in names:
            repeat += 1
            name = f"{metric}_{repeat}"
        names.append(name)
    return names


def resolve(metric: str, outputs: int) -> str:
    """Return the kernel that computes a metric.

    Args:
        metric: Its name; "accuracy" is binary for a single output, else categorical.
        outputs: How many outputs the network has.

    Example:
        >>> resolve("accuracy", outputs=1)
        'binary_accuracy'
    """
    kernel = look_up("metric", metric, _BY_NAME)
    if kernel != "accuracy":
        return kernel
    return "binary_accuracy" if outputs == 1 else "categorical_accuracy"
