"""The doors to src/metrics.pxi: numbers for each row, whose means are reported."""

from numpy.typing import ArrayLike

from fastmlp import reference
from fastmlp.kernels import _door
from fastmlp.kernels._door import as_array, as_result, as_rows
from fastmlp.plan import METRICS, Float32


def _metric(
    name: str,
    y: ArrayLike,
    t: ArrayLike,
    settings: tuple[float, ...],
    values: Float32 | None = None,
    counts: Float32 | None = None,
) -> tuple[Float32, Float32]:
    """Return what a metric sums over the rows, and what each counts as."""
    y = as_rows("y", y)
    t = as_array("t", t, *y.shape)
    values = as_result("out", values, y.shape[0])
    counts = as_result("counts", counts, y.shape[0])
    if _door.compiled is None:
        found = getattr(reference, name)(y, t, *settings)
        values[...], counts[...] = found if isinstance(found, tuple) else (found, 1)
    else:
        setting = settings[0] if settings else 0.0
        _door.compiled.py_metric(METRICS[name], y, t, setting, values, counts)
    return values, counts


def accuracy(y: ArrayLike, t: ArrayLike, out: Float32 | None = None) -> Float32:
    """Compute the share of columns in which y is t, for each row.

    Example:
        >>> accuracy([[1.0, 2.0]], [[1.0, 3.0]])
        array([0.5], dtype=float32)
    """
    return _metric("accuracy", y, t, (), out)[0]


def categorical_accuracy(
    y: ArrayLike, t: ArrayLike, out: Float32 | None = None
) -> Float32:
    """Compute 1 where the largest output is the largest target, else 0, for each row.

    Example:
        >>> categorical_accuracy([[0.1, 0.9]], [[0.0, 1.0]])
        array([1.], dtype=float32)
    """
    return _metric("categorical_accuracy", y, t, (), out)[0]


def binary_accuracy(
    y: ArrayLike, t: ArrayLike, threshold: float = 0.5, out: Float32 | None = None
) -> Float32:
    """Compute the share of columns in which (y > threshold) equals t, for each row.

    Example:
        >>> binary_accuracy([[0.6, 0.4]], [[1.0, 1.0]])
        array([0.5], dtype=float32)
    """
    return _metric("binary_accuracy", y, t, (threshold,), out)[0]


def top_k_accuracy(
    y: ArrayLike, t: ArrayLike, k: int = 5, out: Float32 | None = None
) -> Float32:
    """Compute 1 where the largest target is among the k largest outputs, else 0.

    Example:
        >>> top_k_accuracy([[0.1, 0.6, 0.3]], [[0.0, 0.0, 1.0]], k=2)
        array([1.], dtype=float32)
    """
    return _metric("top_k_accuracy", y, t, (k,), out)[0]


def precision(
    y: ArrayLike,
    t: ArrayLike,
    threshold: float = 0.5,
    out: tuple[Float32, Float32] | None = None,
) -> tuple[Float32, Float32]:
    """Count outputs above the threshold whose target is yes, and all above it.

    Returns:
        Two numbers a row, (rows,) each; precision is the ratio of their sums.

    Example:
        >>> precision([[0.9, 0.8, 0.1]], [[1.0, 0.0, 1.0]])
        (array([1.], dtype=float32), array([2.], dtype=float32))
    """
    return _metric("precision", y, t, (threshold,), *(out or ()))


def recall(
    y: ArrayLike,
    t: ArrayLike,
    threshold: float = 0.5,
    out: tuple[Float32, Float32] | None = None,
) -> tuple[Float32, Float32]:
    """Count targets that are yes and whose output is above the threshold, and all yes.

    Returns:
        Two numbers a row, (rows,) each; recall is the ratio of their sums.

    Example:
        >>> recall([[0.9, 0.8, 0.1]], [[1.0, 0.0, 1.0]])
        (array([1.], dtype=float32), array([2.], dtype=float32))
    """
    return _metric("recall", y, t, (threshold,), *(out or ()))
