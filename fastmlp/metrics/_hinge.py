"""Hinges: how far scores are from being right by a margin of 1."""

from __future__ import annotations

from fastmlp.metrics._metric import Metric

__all__ = ["CategoricalHinge", "Hinge", "SquaredHinge"]


class Hinge(Metric):
    """The mean of max(1 - y_true y_pred, 0); targets are -1 (or 0) and 1.

    Args:
        name: Its name.
        dtype: Accepted as "float32" only.

    Example:
        >>> Hinge()([[1], [-1]], [[0.25], [0.5]])
        1.125
    """

    kernel = "hinge"
    direction = "down"


class SquaredHinge(Metric):
    """The mean of max(1 - y_true y_pred, 0)^2; targets are -1 (or 0) and 1.

    Args:
        name: Its name.
        dtype: Accepted as "float32" only.

    Example:
        >>> SquaredHinge()([[1], [-1]], [[0.25], [0.5]])
        1.40625
    """

    kernel = "squared_hinge"
    direction = "down"


class CategoricalHinge(Metric):
    """By how much the right class does not lead by 1; targets are one-hot.

    Args:
        name: Its name.
        dtype: Accepted as "float32" only.

    Example:
        >>> CategoricalHinge()([[1, 0, 0], [0, 1, 0]], [[3, 2.5, 0], [0, 4, 1]])
        0.25
    """

    kernel = "categorical_hinge"
    direction = "down"
