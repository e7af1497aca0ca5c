"""From what the user has to samples: the one place that converts it.

`to_samples` checks x, targets and weights against the layers and the loss, before
anything is changed, and makes float32 rows of x, or rows without their zeros (as long
as all numbers are finite, the kernels of src/sparse.pxi give the same results to the
last bit, so that all there is to choose is which is faster). What scipy.sparse has is
never made dense. Nobody looks at the user's arrays once the call is over.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from fastmlp import config, kernels
from fastmlp._check.arguments import batch_size_for
from fastmlp._check.ids import refuse_unknown_ids
from fastmlp._check.inputs import (
    checked_inputs,
    checked_rows,
    warn_of_unscaled_pixels,
    weights_of_classes,
)
from fastmlp._check.numbers import as_float32, refuse_lost_values
from fastmlp._check.sparse import is_sparse, refuse_lost_entries
from fastmlp._check.tables import table_targets, table_weights
from fastmlp._engine.training import HeadTraining, Training
from fastmlp._model.topology import (
    InputPort,
    Topology,
)
from fastmlp.losses import Loss
from fastmlp.losses._own import is_own as is_own_loss
from fastmlp.metrics._own import is_own as is_own_metric
from fastmlp.plan import (
    Csr,
    Float32,
    GivenRows,
    Samples,
    SparseRows,
    Target,
    pair_count,
)

Result = TypeVar("Result")

# What the kernels read as it is.
_READABLE = tuple(np.dtype(name) for name in ("float32", "float64", "uint8"))
_FLOAT32 = _READABLE[0]

# A pair of inputs without zeros takes nearly twice as long as in a dense product; so
# zeros are skipped if at most this share of the pairs has to be kept.
_MOST_PAIRS = 0.5

# Below these numbers of inputs and units, skipping has too little to gain. What is used
# once has to earn the compression as well; to learn, a few rows do.
_FEWEST_INPUTS = 64
_FEWEST_UNITS = 16
_FEWEST_UNITS_ONCE = 64
_FEWEST_SAMPLES_ONCE = 256

_LOOKED_AT = 256


class Given(NamedTuple):
    """What the user gave, as the kernels take it."""

    samples: Samples
    shapes: tuple[tuple[int, ...], ...]  # of one sample of each input, as it was given
    batch_size: int


def to_samples(
    graph: Topology,
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    class_weight: Any = None,
    *,
    training: Training | None,
    batch_size: int | None = None,
    steps: int | None = 1,
    once: bool = True,
    learns: bool = False,
    skipping: bool = True,
) -> Given:
    """Return what the user gave, checked and converted.

    Args:
        graph: The layers that it is for; they need not be built.
        x: Inputs, (rows, *shape of a sample); of several inputs, a list or dictionary.
        y: Targets, in the same way.
        sample_weight: How much each row counts, (rows,), or None; or such for each
            output.
        class_weight: {class: weight}, or None.
        training: What decides what targets are. None: nothing is learnt or scored, so
            that nobody looks at y, and NaN in x spoils its row only.
        batch_size: Rows of a batch. Default: what makes `steps` batches, or 32.
        steps: Into how many batches the rows are to be cut. Default: one.
        once: Whether the samples are used once, as in `predict`.
        learns: Whether the network learns from them.
        skipping: Whether zeros may be skipped.

    Raises:
        TypeError: Something is missing or does not hold real numbers.
        ValueError: Shapes or values do not fit.
    """
    targets: tuple[Target, ...] = ()
    graph.require_layers()
    graph.meet(x)
    if training is not None:
        training.refuse_other_outputs(graph.name, len(graph.outputs))
    arrays = _checked(graph, x, training is not None, y is not None)
    rows = arrays[0].shape[0]
    shapes: tuple[tuple[int, ...], ...] = ()
    for array in arrays:
        shapes += (array.shape[1:],)
    if training is not None:
        if not rows:
            raise ValueError("x has 0 samples, but at least one is needed.")
        targets = _targets(graph, training, y, sample_weight, rows, shapes)
    batch_size = batch_size_for(batch_size, rows, steps)
    finite = training is not None
    inputs: tuple[Float32 | Csr | SparseRows | GivenRows, ...] = ()
    for at, array in enumerate(arrays):
        units = graph.units_for(at, shapes[at]) if skipping else 0
        inputs += (_convert(array, finite, units, once=once, learns=learns),)
    samples = Samples(rows, inputs, targets)
    if class_weight is not None and training is not None:
        shape = graph.shapes_for(shapes)[0]
        samples = weigh_classes(samples, class_weight, training, shape)
    return Given(samples, shapes, batch_size)


def _is_ready(x: Any, port: InputPort) -> bool:
    """Tell whether x is what its input asks for, as it is."""
    return (
        type(x) is np.ndarray  # no masked array
        and x.dtype in _READABLE
        and x.ndim > 1
        and x.shape[1:] == port.shape
        and port.embedding is None  # which looks at values
        and (flags := x.flags).c_contiguous
        and flags.aligned
    )


def _are_several(given: Any) -> bool:
    """Tell whether it may hold an array for each input, or for each output."""
    # An array is none: to ask what a Mapping is takes a microsecond.
    if given is None or isinstance(given, np.ndarray):
        return False
    # A matrix of scipy.sparse may be a dictionary of its entries.
    return isinstance(given, (Mapping, list, tuple)) and not is_sparse(given)


def _checked(
    graph: Topology, x: Any, scored: bool, learns: bool
) -> list[NDArray[Any] | SparseRows]:
    """Return all inputs as arrays of real numbers, not converted yet.

    Args:
        graph: The layers.
        x: What the user gave.
        scored: Whether what comes out is compared with something.
        learns: Whether there are targets.
    """
    if len(graph.inputs) == 1:
        # Without names: to look for them takes as long as a small prediction.
        (port,) = graph.inputs
        if _is_ready(x, port):
            # A row of float32 is predicted in less time than a look at it takes.
            if not port.scales and (scored or x.dtype != _FLOAT32):
                warn_of_unscaled_pixels(x)
            return [x]
        if not _are_several(x):
            return [_checked_input(x, port, scored and learns)]
    names = [port.name for port in graph.inputs]
    arrays: list[NDArray[Any] | SparseRows] = []
    for port, part in zip(
        graph.inputs, graph.input_structure.match("x", names, x, more=True), strict=True
    ):
        check = partial(_checked_input, part, port, scored and learns)
        arrays.append(_naming("input", port.name, len(names), check))
        found, wanted = arrays[-1].shape[0], arrays[0].shape[0]
        if found != wanted:
            raise ValueError(
                f"Input {names[0]!r} has {wanted} rows, but input {port.name!r} has "
                f"{found}; they must be as many."
            )
    return arrays


def _checked_input(x: Any, port: InputPort, learns: bool) -> NDArray[Any] | SparseRows:
    """Return one of the inputs, checked.

    Where there are targets, they say whether a row of numbers is one sample or many.
    """
    embedding = port.embedding
    if embedding is None:
        return checked_rows(x, port.shape, of_any_size=port.scales, one_feature=learns)
    array = checked_inputs(x, port.shape, of_any_size=True)
    refuse_unknown_ids(array, embedding.name, embedding.input_dim)
    return array


def _naming(kind: str, name: str, count: int, work: Callable[[], Result]) -> Result:
    """Return work(); if it fails, say for which of several inputs or outputs."""
    try:
        return work()
    except (TypeError, ValueError) as error:
        if count == 1:
            raise
        raise type(error)(f"For {kind} {name!r}: {error}") from None


def _targets(
    graph: Topology,
    training: Training,
    y: Any,
    sample_weight: Any,
    rows: int,
    shapes: Sequence[tuple[int, ...]],
) -> tuple[Target, ...]:
    """Return what the outputs should be, and how much each row counts."""
    found = graph.shapes_for(shapes)
    if len(found) == 1 and not (_are_several(y) or _are_several(sample_weight)):
        # Without names: to look for them takes as long as a step of a small network.
        return (_target(training.heads[0], y, sample_weight, rows, found[0]),)
    structure = graph.output_structure
    names = [port.name for port in graph.outputs]
    count = len(names)
    parts = structure.match("y", names, _with_nothing(y, training, names))
    weights = [sample_weight] * count
    if _are_several(sample_weight):
        weights = structure.match("sample_weight", names, sample_weight)
    rest = zip(training.heads, parts, weights, [rows] * count, found, strict=True)
    return tuple(
        _naming("output", name, count, partial(_target, *one))
        for name, one in zip(names, rest, strict=True)
    )


def _target(
    head: HeadTraining, y: Any, sample_weight: Any, rows: int, shape: tuple[int, ...]
) -> Target:
    """Return what an output should be, and how much each row counts."""
    if head.loss is None and not head.metrics:
        return Target()
    if len(shape) > 1:
        _refuse_own_on_tables(head, shape)
    kind = _kind_of(head, y, shape)
    target = Target(*table_targets(y, kind, rows, shape))
    if sample_weight is not None:
        target = target._replace(weights=table_weights(sample_weight, rows, shape))
    return target if kind.ignore_class is None else _weigh_known(target, kind, shape)


def _weigh_known(target: Target, loss: Any, shape: tuple[int, ...]) -> Target:
    """Return a target of which rows that a loss ignores do not count."""
    if target.weights is not None and loss.reduction == "sum_over_batch_size":
        raise ValueError(
            f"The loss {loss.name!r} has ignore_class and is a mean over the rows that "
            "have another class, whatever they weigh: with sample_weight, give it "
            "reduction='mean_with_sample_weight' or 'sum'."
        )
    t, labels, weights = target
    if labels is not None:
        counts = (labels != loss.ignore_class).astype(np.float32)
    else:
        assert t is not None
        counts = t.reshape(len(t), -1, shape[-1]).max(axis=-1)
        counts = counts[:, 0] if len(shape) == 1 else counts
    return target._replace(weights=counts if weights is None else counts * weights)


def _refuse_own_on_tables(head: HeadTraining, shape: tuple[int, ...]) -> None:
    """Refuse losses and metrics of the user's, which get rows of numbers."""
    own: list[Any] = [one.metric for one in head.metrics if is_own_metric(one.metric)]
    own += [head.loss] if is_own_loss(head.loss) else []
    if own:
        raise ValueError(
            f"{getattr(own[0], 'name', own[0])!r} is of your own, and gets rows of "
            f"numbers, but what comes out of a sample has shape {shape}. Put "
            "layers.Flatten() at the end of the model, and make each target a row."
        )


class _Scored(NamedTuple):
    """Says what targets are, where no loss does."""

    name: str
    targets: str
    target_range: tuple[float, float] = (-math.inf, math.inf)
    ignore_class: None = None


def _kind_of(head: HeadTraining, y: Any, shape: tuple[int, ...]) -> Loss | _Scored:
    """Return what says what the targets of an output are."""
    if head.loss is None:
        sparse = any(getattr(one.metric, "sparse", False) for one in head.metrics)
        is_sparse = sparse or _are_labels(y, shape)
        return _Scored(head.metrics[0].name, "labels" if is_sparse else "numbers")
    loss = head.loss.for_outputs(shape[-1])
    if loss.targets == "classes":
        is_sparse = _are_labels(y, shape)
        return _Scored(loss.name, "labels" if is_sparse else "distributions")
    return loss


def _are_labels(y: Any, shape: tuple[int, ...]) -> bool:
    """Tell whether targets of such outputs have a class for each row of these."""
    return shape[-1] > 1 and np.shape(y)[len(shape) :] in ((), (1,))


def _with_nothing(y: Any, training: Training, names: list[str]) -> Any:
    """Return y with nothing for outputs of which nothing is learnt, as a dictionary."""
    if not isinstance(y, Mapping):
        return y
    idle = [
        name
        for head, name in zip(training.heads, names, strict=True)
        if head.loss is None and not head.metrics
    ]
    return {**dict.fromkeys(idle), **y} if idle else y


def _convert(
    x: NDArray[Any] | SparseRows, finite: bool, units: int, *, once: bool, learns: bool
) -> Float32 | Csr | SparseRows | GivenRows:
    """Return x as float32 rows or, if that is faster, without its zeros.

    Args:
        x: An array of real numbers, (rows, *shape of a sample), or rows that are
            without zeros already.
        finite: Whether NaN and infinity are refused.
        units: The units of the first layer, or 0 if it has no weights.
        once: Whether the samples are used once.
        learns: Whether the network learns from them.
    """
    if isinstance(x, SparseRows):
        if finite:
            refuse_lost_entries("x", x)
        return x
    flags = x.flags
    if x.dtype not in _READABLE or not (flags.c_contiguous and flags.aligned):
        x = as_float32("x", x, finite=finite)
    count = len(x)
    rows = x if x.ndim == 2 else x.reshape(count, math.prod(x.shape[1:]))
    skips = skips_zeros(rows, units, once=once, learns=learns)
    is_float32 = x.dtype == _FLOAT32
    # To learn from a batch at once, it takes less to look for NaN than to compress it.
    if finite and is_float32 and (not skips or (once and learns)):
        refuse_lost_values("x", x)
        finite = False
    if count and not finite and (skips or not is_float32):
        return GivenRows(rows, skips)
    if skips:
        csr, clean = kernels.compress(rows, kernels.threads_for(x.size))
        if finite and not clean:
            as_float32("x", x)  # raises, and says where
        return csr
    if not is_float32:
        rows, odd = kernels.convert(rows, kernels.threads_for(x.size))
        if finite and odd >= 0:
            refuse_lost_values("x", rows.reshape(x.shape))
    return rows


def skips_zeros(x: NDArray[Any], units: int, *, once: bool, learns: bool) -> bool:
    """Choose whether to skip zeros; `fastmlp.config.set_zero_skipping` overrides it.

    Args:
        x: The inputs, (rows, inputs), of which some rows are looked at.
        units: The units of the first layer, or 0 if it has no weights.
        once: Whether the samples are used once.
        learns: Whether the network learns from them: inputs that are zero in a whole
            batch then spare their weights' update, too.
    """
    rows, inputs = x.shape
    if not units:
        return False
    mode = config.get_zero_skipping()
    if mode != "auto":
        return mode == "on"
    fewest_units = _FEWEST_UNITS_ONCE if once else _FEWEST_UNITS
    if inputs < _FEWEST_INPUTS or units < fewest_units:
        return False
    if once and not learns and rows < _FEWEST_SAMPLES_ONCE:
        return False
    return share_of_pairs(x) <= _MOST_PAIRS


def share_of_pairs(x: NDArray[Any]) -> float:
    """Return in which share of the pairs of neighbouring columns something is not zero.

    A few hundred rows, evenly spread, stand for all.

    Example:
        >>> share_of_pairs(np.array([[0, 0, 0, 5, 6, 7, 0, 0]]))
        0.5
    """
    some = x[:: max(1, len(x) // _LOOKED_AT)]
    pairs = len(some) * pair_count(x.shape[1])
    return kernels.count_pairs(some) / max(pairs, 1)


def weigh_classes(
    samples: Samples, class_weight: Any, training: Training, shape: tuple[int, ...]
) -> Samples:
    """Return samples of which each counts by its class.

    Args:
        samples: The samples.
        class_weight: {class: weight}.
        training: What `compile` was told.
        shape: The shape of what comes out of a sample.
    """
    if len(samples.targets) > 1:
        raise ValueError(
            "`class_weight` works with one output only, since each output has classes "
            "of its own. Use `sample_weight`, a list with weights for each output."
        )
    if getattr(training.heads[0].loss, "ignore_class", None) is not None:
        raise ValueError(
            "`class_weight` does not go with a loss that has ignore_class: give the "
            "class that is to be left out a weight of 0, and leave ignore_class out."
        )
    if len(shape) > 1:
        raise ValueError(
            f"`class_weight` is for outputs that are rows, but what comes out of a "
            f"sample has shape {shape}. Use `sample_weight`, of shape "
            f"{(samples.count, *shape[:-1])}."
        )
    (target,), (head,) = samples.targets, training.heads
    assert head.loss is not None
    if target.weights is not None:
        raise ValueError(
            "You cannot use `class_weight` and `sample_weight` at the same time: "
            "multiply the weights of the rows by those of their classes."
        )
    weights = weights_of_classes(
        *(class_weight, target.t, target.labels),
        *(head.loss.for_outputs(shape[0]), shape[0]),
    )
    return samples._replace(targets=(target._replace(weights=weights),))


def split(
    samples: Samples, share: float, kept: int | None = None
) -> tuple[Samples, Samples]:
    """Keep a share of the rows, the last ones, for validation: views, no copies.

    Args:
        samples: The samples.
        share: The share.
        kept: How many are not kept for it. Default: what the share says.
    """
    if kept is None:
        kept = math.floor(samples.count * (1 - share))
    if not 0 < kept < samples.count:
        raise ValueError(
            f"{samples.count} samples cannot be split with validation_split={share}: "
            "one of the two parts would be empty."
        )
    return samples.rows(0, kept), samples.rows(kept, samples.count)
