"""From what the user has to samples: the one place that converts it.

`to_samples` checks x, targets and weights against the layers and the loss, before
anything is changed, and makes float32 rows of x, or rows without their zeros (as long
as all numbers are finite, the kernels of src/sparse.pxi give the same results to the
last bit, so that all there is to choose is which is faster). Nobody looks at the
user's arrays afterwards.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp import config, kernels
from fastmlp._check.arguments import batch_size_for
from fastmlp._check.inputs import (
    as_targets,
    as_weights,
    checked_inputs,
    weights_of_classes,
)
from fastmlp._check.numbers import as_float32, refuse_lost_values
from fastmlp._model.stack import Stack
from fastmlp.losses import Loss
from fastmlp.plan import (
    MOST_CSR_INPUTS,
    MOST_CSR_ROWS,
    Csr,
    Float32,
    Samples,
    Target,
)

# What the kernels read as it is.
_READABLE = frozenset(np.dtype(name) for name in ("uint8", "float32", "float64"))

# A pair of inputs without zeros takes nearly twice as long as in a dense product; so
# zeros are skipped if at most this share of the pairs has to be kept.
_MOST_PAIRS = 0.5

# Below these numbers of inputs, rows of a batch and units, skipping has too little to
# gain. What is used once has to earn the compression as well.
_FEWEST_INPUTS = 64
_FEWEST_ROWS = 8
_FEWEST_UNITS = 16
_FEWEST_UNITS_ONCE = 64
_FEWEST_SAMPLES_ONCE = 256

_LOOKED_AT = 256


class Given(NamedTuple):
    """What the user gave, as the kernels take it."""

    samples: Samples
    shape: tuple[int, ...]  # of one sample, as it was given
    batch_size: int


def to_samples(
    stack: Stack,
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    class_weight: Any = None,
    *,
    loss: Loss | None,
    batch_size: int | None = None,
    steps: int | None = 1,
    once: bool = True,
    skipping: bool = True,
) -> Given:
    """Return what the user gave, checked and converted.

    Args:
        stack: The layers that it is for; they need not be built.
        x: Inputs, (rows, *shape of a sample).
        y: Targets.
        sample_weight: How much each row counts, (rows,), or None.
        class_weight: {class: weight}, or None.
        loss: What decides what targets are. None: nothing is learnt or scored, so that
            nobody looks at y, and NaN in x spoils its row only.
        batch_size: Rows of a batch. Default: what makes `steps` batches, or 32.
        steps: Into how many batches the rows are to be cut. Default: one.
        once: Whether the samples are used once, as in `predict`.
        skipping: Whether zeros may be skipped.

    Raises:
        TypeError: Something is missing or does not hold real numbers.
        ValueError: Shapes or values do not fit.
    """
    if loss is None and _is_ready(x, stack.sample):
        # A single row then goes through the network in less time than a check takes.
        array, t, labels, weights = x, None, None, None
        rows, shape = len(array), array.shape[1:]
    else:
        stack.require_layers()
        array = checked_inputs(x, stack.sample, of_any_size=stack.scales_inputs)
        rows, shape = len(array), array.shape[1:]
        t = labels = weights = None
        if loss is not None:
            if not rows:
                raise ValueError("x has 0 samples, but at least one is needed.")
            outputs = stack.count_outputs(shape)
            t, labels = as_targets(y, loss, rows, outputs)
            if sample_weight is not None:
                weights = as_weights(sample_weight, rows)
    batch_size = batch_size_for(batch_size, rows, steps)
    units = stack.first_units if skipping else 0
    inputs = _convert(array, loss is not None, units, batch_size, once)
    targets = () if loss is None else (Target(t, labels, weights),)
    samples = Samples(rows, (inputs,), targets)
    if class_weight is not None and loss is not None:
        samples = weigh_classes(samples, class_weight, loss, stack.count_outputs(shape))
    return Given(samples, shape, batch_size)


def _is_ready(x: Any, shape: tuple[int, ...] | None) -> bool:
    """Tell whether x needs neither a change nor a look at its values."""
    return (
        type(x) is np.ndarray  # no masked array
        and x.dtype == np.float32
        and x.ndim > 1
        and x.shape[1:] == shape
        and x.flags.c_contiguous
        and x.flags.aligned
    )


def _convert(
    x: NDArray[Any], finite: bool, units: int, batch_size: int, once: bool
) -> Float32 | Csr:
    """Return x as float32 rows or, if that is faster, without its zeros.

    Args:
        x: An array of real numbers, (rows, *shape of a sample).
        finite: Whether NaN and infinity are refused.
        units: The units of the first layer, or 0 if it has no weights.
        batch_size: Rows of a batch.
        once: Whether the samples are used once.
    """
    flags = x.flags
    if x.dtype not in _READABLE or not (flags.c_contiguous and flags.aligned):
        x = as_float32("x", x, finite=finite)
    count = len(x)
    rows = x if x.ndim == 2 else x.reshape(count, math.prod(x.shape[1:]))
    if skips_zeros(rows, units, min(batch_size, count), once):
        csr, clean = kernels.compress(rows, kernels.threads_for(x.size))
        if finite and not clean:
            as_float32("x", x)  # raises, and says where
        return csr
    if x.dtype != np.float32:
        rows, odd = kernels.convert(rows, kernels.threads_for(x.size))
        if finite and odd >= 0:
            refuse_lost_values("x", rows.reshape(x.shape))
    elif finite:
        refuse_lost_values("x", x)
    return rows


def skips_zeros(x: NDArray[Any], units: int, batch_size: int, once: bool) -> bool:
    """Choose whether to skip zeros; `fastmlp.config.set_zero_skipping` overrides it.

    Args:
        x: The inputs, (rows, inputs), of which some rows are looked at.
        units: The units of the first layer, or 0 if it has no weights.
        batch_size: Rows of a batch.
        once: Whether the samples are used once.
    """
    rows, inputs = x.shape
    if not units or inputs > MOST_CSR_INPUTS or batch_size > MOST_CSR_ROWS:
        return False
    mode = config.get_zero_skipping()
    if mode != "auto":
        return mode == "on"
    if inputs < _FEWEST_INPUTS or batch_size < _FEWEST_ROWS or units < _FEWEST_UNITS:
        return False
    if once and (units < _FEWEST_UNITS_ONCE or rows < _FEWEST_SAMPLES_ONCE):
        return False
    return share_of_pairs(x) <= _MOST_PAIRS


def share_of_pairs(x: NDArray[Any]) -> float:
    """Return in which share of the pairs of neighbouring columns something is not zero.

    A few hundred rows, evenly spread, stand for all.

    Example:
        >>> share_of_pairs(np.array([[0, 0, 0, 5, 6, 7, 0, 0]]))
        0.5
    """
    some = x[:: max(1, len(x) // _LOOKED_AT)] != 0
    left, right = some[:, ::2], some[:, 1::2]
    kept = left.copy()
    kept[:, : right.shape[1]] |= right
    return float(kept.mean()) if kept.size else 0.0


def weigh_classes(
    samples: Samples, class_weight: Any, loss: Loss, outputs: int
) -> Samples:
    """Return samples of which each counts by its class."""
    (target,) = samples.targets
    if target.weights is not None:
        raise ValueError(
            "You cannot use `class_weight` and `sample_weight` at the same time: "
            "multiply the weights of the rows by those of their classes."
        )
    weights = weights_of_classes(class_weight, target.t, target.labels, loss, outputs)
    return samples._replace(targets=(target._replace(weights=weights),))


def split(samples: Samples, share: float) -> tuple[Samples, Samples]:
    """Keep a share of the rows, the last ones, for validation: views, no copies."""
    kept = math.floor(samples.count * (1 - share))
    if not 0 < kept < samples.count:
        raise ValueError(
            f"{samples.count} samples cannot be split with validation_split={share}: "
            "one of the two parts would be empty."
        )
    return samples.rows(0, kept), samples.rows(kept, samples.count)
