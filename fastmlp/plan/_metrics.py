"""The metrics of a plan: what each is set to, and how many totals it keeps."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp import tables
from fastmlp.plan._arrays import Float32, require
from fastmlp.plan._rows import NO_SETTINGS, Settings, params_row

__all__ = ["METRICS", "Asked", "check_totals", "totals_of"]

METRICS = {name: code for code, name in enumerate(tables.METRICS)}


class Asked(NamedTuple):
    """A metric that is asked for.

    Args:
        metric: Its number.
        settings: What it is set to.
        weighted: Whether rows count by their weight.
        thresholds: Those of a metric that has some, ascending.
    """

    metric: int
    settings: Settings = NO_SETTINGS
    weighted: bool = False
    thresholds: Sequence[float] = ()

    @property
    def kernel(self) -> str:
        """The name of its kernel."""
        return list(METRICS)[self.metric]


def totals_of(kernel: str, settings: Settings, columns: int) -> int:
    """Return how many totals a metric keeps, for so many columns.

    Of a mean over rows, they are a sum and what it is divided by.

    Example:
        >>> totals_of("accuracy", {}, 3), totals_of("r2_score", {}, 3)
        (2, 15)
    """
    sizes: Mapping[str, Any] = {"columns": columns, **settings}
    shape = tables.TOTALS.get(kernel, ("2",))
    return math.prod(int(sizes.get(size, size)) for size in shape)


def check_metric(asked: Asked, columns: int) -> None:
    """Check what a metric is set to: compiled code looks where this says.

    Raises:
        ValueError: It cannot be.
    """
    require(
        bool(np.isfinite([*asked.settings.values()]).all()),
        "A metric is set to what is no number.",
    )
    row = tables.METRICS[asked.kernel]
    require(
        asked.settings.keys() == set(row),
        f"{asked.kernel} is set by {', '.join(row) or 'nothing'}.",
    )
    check_totals(asked.kernel, asked.settings, columns, asked.thresholds)


def check_totals(
    kernel: str,
    settings: Settings,
    columns: int,
    thresholds: Sequence[float] | NDArray[Any] = (),
) -> None:
    """Check that what a metric is set to fits its thresholds and its columns.

    Raises:
        ValueError: It does not.
    """
    if kernel == "confusion":
        buckets, top_k = settings["buckets"], settings["top_k"]
        class_id = settings["class_id"]
        require(
            buckets == len(thresholds) + 1,
            f"buckets must be one more than the {len(thresholds)} thresholds, not "
            f"{buckets}.",
        )
        require(bool((np.diff(thresholds) >= 0).all()), "The thresholds must ascend.")
        require(
            top_k == int(top_k) and 0 <= top_k <= columns,
            f"top_k must be a whole number from 0 to {columns}, not {top_k}.",
        )
        require(
            class_id == int(class_id) and -1 <= class_id < columns,
            f"class_id must be a whole number from -1 to below {columns}, not "
            f"{class_id}.",
        )
    if kernel == "class_pairs":
        classes = settings["classes"]
        require(
            classes == int(classes) and classes >= 1,
            f"classes must be a whole number of at least 1, not {classes}.",
        )


def metric_table(asked: Sequence[tuple[Asked, int]]) -> NDArray[np.float64]:
    """Return metrics as compiled code reads them, (metrics, 4 + settings of metrics).

    Args:
        asked: The metrics, and how many columns each looks at.
    """
    rows, threshold = [], 0
    for one, columns in asked:
        kept = totals_of(one.kernel, one.settings, columns)
        params = params_row(tables.METRICS, one.settings)
        rows.append([one.metric, one.weighted, kept, threshold, *params])
        threshold += len(one.thresholds)
    width = 4 + len(tables.fields(tables.METRICS))
    return np.array(rows, np.float64).reshape(-1, width)


def threshold_table(asked: Sequence[Asked]) -> Float32:
    """Return the thresholds of all metrics, one after the other."""
    return np.array([value for one in asked for value in one.thresholds], np.float32)
