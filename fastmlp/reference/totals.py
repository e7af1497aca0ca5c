"""Metrics that are no mean over rows: what each keeps of a batch."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.reference._array import Array
from fastmlp.reference.activations import sigmoid

Totals = NDArray[np.float64]


def _counts(weights: Array | None, rows: int) -> Totals:
    """Return how much each row counts."""
    return np.ones(rows) if weights is None else np.asarray(weights, np.float64)


def confusion(
    y: Array,
    t: Array,
    thresholds: Array = (),  # type: ignore[assignment]
    weights: Array | None = None,
    buckets: int = 1,
    top_k: int = 0,
    class_id: int = -1,
    from_logits: bool = False,
) -> Totals:
    """Add up the weights of outputs between each threshold and the next.

    Args:
        y: Outputs, (rows, columns).
        t: Targets, (rows, columns); what is not 0 is a yes.
        thresholds: Ascending, (buckets - 1,).
        weights: How much each row counts, (rows,).
        buckets: One more than there are thresholds; bucket k has the outputs above k of
            them.
        top_k: How many outputs of a row can be above any threshold, the largest ones;
            0: all.
        class_id: The only column that counts; -1: all do.
        from_logits: Whether outputs are logits, of which the sigmoid is taken.

    Returns:
        Those whose target is a yes, then the others, (2, columns, buckets).

    Example:
        >>> y, t = np.float32([[0.2], [0.5], [0.7]]), np.float32([[1], [0], [1]])
        >>> confusion(y, t, np.float32([0.5]), None, 2)
        array([[[1., 1.]],
        <BLANKLINE>
               [[1., 0.]]])
    """
    p = sigmoid(y) if from_logits else y
    cuts = np.asarray(thresholds, p.dtype)
    found = np.searchsorted(cuts, np.nan_to_num(p, nan=-np.inf), side="left")
    if top_k:
        order = np.argsort(-y, axis=1, kind="stable")  # NaN comes last.
        chosen = np.zeros(y.shape, bool)
        np.put_along_axis(chosen, order[:, :top_k], True, axis=1)
        found = np.where(chosen, found, 0)
    rows, columns = y.shape
    heavy = np.repeat(_counts(weights, rows), columns).reshape(y.shape)
    if class_id >= 0:
        heavy = np.where(np.arange(columns) == class_id, heavy, 0)
    place = (np.where(t != 0, 0, columns) + np.arange(columns)) * buckets + found
    totals: Any = np.bincount(place.ravel(), heavy.ravel(), 2 * columns * buckets)
    kept: Totals = totals.reshape(2, columns, buckets)
    return kept


def f_score(
    y: Array, t: Array, weights: Array | None = None, threshold: float = 0.0
) -> Totals:
    """Count hits, chosen outputs and yeses of each column.

    An output is chosen if it is above the threshold or, if that is 0, the largest of
    its row and not 0.

    Returns:
        Sums over the rows, (3, columns): the targets of the chosen, how many are
        chosen, and the targets of all.

    Example:
        >>> f_score(np.float32([[0.9, 0.1], [0.7, 0.3]]), np.float32([[1, 0], [0, 1]]))
        array([[1., 0.],
               [2., 0.],
               [1., 1.]])
    """
    if threshold > 0:
        chosen = y > threshold
    else:
        chosen = (y >= y.max(axis=1, keepdims=True)) & (np.abs(y) > 1e-9)
    heavy = _counts(weights, len(y))[:, None]
    t = t.astype(np.float64)
    return np.stack([(heavy * one).sum(axis=0) for one in (chosen * t, chosen, t)])


def class_pairs(
    y: Array,
    t: Array,
    weights: Array | None = None,
    classes: int = 2,
    ignored: int = -1,
    entries: bool = False,
) -> Totals:
    """Count how often each class is taken for each: the confusion matrix.

    Args:
        y: Outputs, (rows, columns).
        t: Targets, (rows, columns).
        weights: How much each row counts, (rows,).
        classes: How many there are; what is none of them counts nowhere.
        ignored: A class whose targets do not count; -1: none.
        entries: Whether each entry is a class. Else that of a row is the place of its
            largest number.

    Returns:
        (classes, classes): rows are targets, columns outputs.

    Example:
        >>> class_pairs(np.float32([[0, 1]]), np.float32([[0, 0]]), entries=True)
        array([[1., 1.],
               [0., 0.]])
    """
    heavy = _counts(weights, len(y))
    if entries:
        heavy = np.repeat(heavy, y.shape[1])
        pairs = [np.nan_to_num(one.ravel(), nan=-1) for one in (t, y)]
        pairs = [np.where((-1 < one) & (one < classes), one, -1) for one in pairs]
    else:
        pairs = [t.argmax(axis=1), y.argmax(axis=1)]
    target, guess = (one.astype(np.intp) for one in pairs)
    counted = (target >= 0) & (guess >= 0) & (target != ignored)
    counted &= (target < classes) & (guess < classes)
    place = (target * classes + guess)[counted]
    totals: Any = np.bincount(place, heavy[counted], classes**2)
    kept: Totals = totals.reshape(classes, classes)
    return kept


def r2_score(y: Array, t: Array, weights: Array | None = None) -> Totals:
    """Add up what a coefficient of determination is made of, for each column.

    Returns:
        Sums over the rows, (5, columns): of targets, of their squares, of the squared
        errors and of 1, weighted; and how many rows there are.

    Example:
        >>> r2_score(np.float32([[2], [4]]), np.float32([[1], [4]]))
        array([[ 5.],
               [17.],
               [ 1.],
               [ 2.],
               [ 2.]])
    """
    heavy = _counts(weights, len(y))[:, None]
    t = t.astype(np.float64)
    ones = np.ones(t.shape)
    parts = [heavy * one for one in (t, t**2, (t - y) ** 2, ones)]
    return np.stack([one.sum(axis=0) for one in [*parts, ones]])


def correlation(
    y: Array,
    t: Array,
    weights: Array | None = None,
    by_columns: bool = False,
    concordance: bool = False,
) -> Totals:
    """Add up the correlation of each row, or of each column.

    Args:
        y: Outputs, (rows, columns).
        t: Targets, (rows, columns).
        weights: How much each row counts, (rows,); columns all count as one.
        by_columns: Whether it is that of each column.
        concordance: Whether it is Lin's concordance instead of Pearson's correlation.

    Returns:
        The sum, and how many there are, (2,).

    Example:
        >>> correlation(np.float32([[2, 4, 6]]), np.float32([[1, 2, 3]]))
        array([1., 1.])
    """
    heavy = _counts(weights, len(y))
    y, t = y.astype(np.float64), t.astype(np.float64)
    if by_columns:
        y, t, heavy = y.T, t.T, np.ones(y.shape[1])
    if not y.size:
        return np.zeros(2)
    mean_t, mean_y = t.mean(axis=1), y.mean(axis=1)
    dt, dy = t - mean_t[:, None], y - mean_y[:, None]
    cov, var_t, var_y = ((one).mean(axis=1) for one in (dt * dy, dt**2, dy**2))
    below = np.sqrt(var_t) * np.sqrt(var_y)
    if concordance:
        cov, below = 2 * cov, var_t + var_y + (mean_t - mean_y) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        r = cov / below
    return np.array([(heavy * r).sum(), heavy.sum()])
