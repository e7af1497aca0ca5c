"""Precision and recall: which mistakes are made, where yes is rare."""

from typing import Any

from fastmlp._check.names import name_of
from fastmlp._check.numbers import number_between
from fastmlp.metrics._metric import Metric

__all__ = ["Precision", "Recall"]


class _OfYes(Metric):
    """What both have in common: the threshold above which an output says yes."""

    def __init__(
        self,
        thresholds: float | None = None,
        top_k: None = None,
        class_id: None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        for argument, value in [("top_k", top_k), ("class_id", class_id)]:
            if value is not None:
                raise ValueError(
                    f"fastmlp does not support `{argument}`; leave it out."
                )
        if isinstance(thresholds, (list, tuple)):
            raise ValueError(
                "fastmlp takes a single number for `thresholds`: make a metric for "
                "each of them."
            )
        super().__init__(name_of(self, name), dtype)
        self.thresholds = (
            None
            if thresholds is None
            else number_between("thresholds", thresholds, 0, 1)
        )

    def settings(self) -> dict[str, float]:
        """Return the threshold."""
        return {"threshold": 0.5 if self.thresholds is None else self.thresholds}

    def own_config(self) -> dict[str, Any]:
        """Return the arguments that only this metric has."""
        return {"thresholds": self.thresholds, "top_k": None, "class_id": None}


class Precision(_OfYes):
    """Of the outputs that say yes, the share that is right.

    Args:
        thresholds: What yes is larger than. Default None: 0.5.
        top_k: Accepted as None only.
        class_id: Accepted as None only.
        name: Its name. Default "precision", "precision_1" and so on.
        dtype: Accepted as "float32" only.

    Raises:
        ValueError: The threshold is not one number from 0 to 1.

    Example:
        >>> Precision()([[1], [0], [1]], [[0.9], [0.8], [0.1]])
        0.5
    """

    kernel = "precision"


class Recall(_OfYes):
    """Of the targets that are yes, the share that the outputs say yes to.

    Args:
        thresholds: What yes is larger than. Default None: 0.5.
        top_k: Accepted as None only.
        class_id: Accepted as None only.
        name: Its name. Default "recall", "recall_1" and so on.
        dtype: Accepted as "float32" only.

    Raises:
        ValueError: The threshold is not one number from 0 to 1.

    Example:
        >>> Recall()([[1], [0], [1]], [[0.9], [0.8], [0.1]])
        0.5
    """

    kernel = "recall"
