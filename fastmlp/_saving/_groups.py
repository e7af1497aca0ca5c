"""What of a model is kept in a file: its arrays, in groups as Keras has them."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from fastmlp._check.names import snake_case
from fastmlp._check.numbers import finite_number
from fastmlp._saving._sizes import UnfitFile, refuse_more_than_held
from fastmlp._util.warn import warn
from fastmlp.layers import Dense, Layer
from fastmlp.layers._checks import weight_shapes_of
from fastmlp.optimizers import Optimizer
from fastmlp.optimizers._rates import number_of
from fastmlp.plan import Float32

OPTIMIZER = "optimizer"

# More than any layer has.
_MOST_SHOWN = 10

# Files have them as int32.
_MOST_STEPS = np.iinfo(np.int32).max


class Group(NamedTuple):
    """Arrays that belong together: those of a layer, or of the optimizer."""

    path: str
    name: str
    arrays: list[NDArray[Any]]
    names: Sequence[str] = ()  # of the arrays of a layer
    learns: int = 0  # so many of them, the first ones, the optimizer changes


class Reader(Protocol):
    """A file that holds groups of arrays."""

    def shapes(self, path: str) -> list[tuple[int, ...]]:
        """Return the shapes of a group's arrays, and read none of them."""

    def read(self, path: str, number: int) -> NDArray[Any]:
        """Return an array of a group."""


class OpenWeights(Protocol):
    """A file that holds weights."""

    def weights(self, layers: Sequence[Any], by_name: bool) -> Reader:
        """Return what reads the arrays of some layers, in their order or by name."""


class OpenModel(Protocol):
    """A file that holds a whole model.

    Attributes:
        size: How many bytes it has.
    """

    size: int

    def description(self) -> Any:
        """Return what describes the model, as JSON says it."""

    def weights(self, layers: Sequence[Any]) -> Reader:
        """Return what reads the arrays of its layers."""


def refuse_names(source: str, by_name: bool) -> None:
    """Refuse to find layers by name in a file that has them by class.

    Raises:
        UnfitFile: They are to be found so.
    """
    if by_name:
        raise UnfitFile(
            f"{source} knows its layers by their order, not by their names: leave "
            "`by_name` out, and use the same layers in the same order. Names are in "
            "files that end in `.h5`."
        )


def placed(
    layers: Sequence[Any], folder: str = "", known: set[Any] | None = None
) -> Iterator[tuple[str, Any]]:
    """Go through layers, and those of inner models, with the places files keep them at.

    That is by class, and counted in each class. A layer that comes again has a single
    place, the first one.

    Args:
        layers: The layers of a model; some may be models.
        folder: Where they lie: of an inner model, its own place.
        known: What has a place already.

    Example:
        >>> from fastmlp.layers import Dense, Dropout
        >>> layers = [Dense(3, name="first"), Dropout(0.5), Dense(2)]
        >>> [path for path, layer in placed(layers)]
        ['layers/dense', 'layers/dropout', 'layers/dense_1']
    """
    known = set() if known is None else known
    seen: Counter[str] = Counter()
    for layer in layers:
        kind = snake_case(type(layer).__name__)
        path = (
            f"{folder}layers/{kind}_{seen[kind]}"
            if seen[kind]
            else f"{folder}layers/{kind}"
        )
        seen[kind] += 1
        if layer in known:
            continue
        known.add(layer)
        yield path, layer
        if not isinstance(layer, Layer):
            yield from placed(layer.graph.layers, f"{path}/", known)


def groups_of_layers(layers: Sequence[Any]) -> list[Group]:
    """Return the weights of all layers."""
    learns: dict[Any, bool] = {}
    for one in layers:
        alone = isinstance(one, Layer)
        learns |= {one: one.trainable} if alone else one.graph.who_learns(one.trainable)
    found = []
    for path, one in placed(layers):
        arrays = _arrays_of(one)
        names = one.weight_names if arrays else []
        count = min(one.learnable, len(arrays)) if learns.get(one) else 0
        found.append(Group(path, one.name, arrays, names, count))
    return found


def _arrays_of(layer: Any) -> list[NDArray[Any]]:
    """Return the weights of a layer; a model has none but those of its layers."""
    if not isinstance(layer, Layer) or not layer.built:
        return []
    # The only weight that Keras counts in whole numbers.
    return [
        array.astype(np.int32) if name == "count" else array
        for name, array in zip(layer.weight_names, layer._weights, strict=True)
    ]


def group_of_optimizer(optimizer: Optimizer, memory: list[Float32]) -> Group:
    """Return the state of the optimizer, with what `Optimizer.memory` gives."""
    steps = min(optimizer.batches_done, _MOST_STEPS)
    arrays: list[NDArray[Any]] = [np.array(steps, np.int32)]
    if not optimizer.has_schedule:
        arrays.append(np.array(optimizer.learning_rate, np.float32))
    scalars = [np.array(one, np.float32) for one in optimizer.scalars()]
    return Group(OPTIMIZER, optimizer.name, [*arrays, *memory, *scalars])


class Expected(NamedTuple):
    """What a file must have for a layer."""

    path: str
    layer: Layer
    shapes: list[tuple[int, ...]]  # of its weights


def expected_of(layers: Sequence[Any]) -> list[Expected]:
    """Return what a file must hold for these layers, which are built."""
    return [
        Expected(path, one, list(weight_shapes_of(one, one.input_shape).values()))
        for path, one in placed(layers)
        if isinstance(one, Layer)
    ]


def inputs_in(reader: Reader, layers: Sequence[Any]) -> tuple[int, ...] | None:
    """Return the shape of a sample, as far as the weights in a file tell it.

    Args:
        reader: The file.
        layers: The layers that it is for, in a row.

    Returns:
        The shape; or None if the file has no weights, since the model was not built.

    Raises:
        ValueError: It has weights, but they do not tell.
    """
    leaves = [pair for pair in placed(layers) if isinstance(pair[1], Layer)]
    stored = [reader.shapes(path) for path, _ in leaves]
    if not any(stored):
        return None
    first = stored[0][0] if stored[0] else ()
    if isinstance(leaves[0][1], Dense) and first:
        return first[:1]
    raise ValueError(
        "The file has weights, but does not say which shape the inputs have. Put an "
        "`Input` in front of the layers before you save the model."
    )


def check_sizes(
    reader: Reader, expected: Sequence[Expected], outputs: int, held: int
) -> None:
    """Make sure that a file holds the weights of all layers, and read none.

    Args:
        reader: The file.
        expected: What it must have.
        outputs: How many numbers come out of all layers, for one sample.
        held: How many bytes it has.

    Raises:
        ValueError: A weight is missing, or has another shape; or the layers are larger
            than such a file can be for.
    """
    for one in expected:
        found = reader.shapes(one.path)
        if found != one.shapes:
            raise ValueError(_mismatch(one, found))
    # Of each output, a layer may keep four numbers that no file holds.
    numbers = 4 * outputs + sum(sum(map(math.prod, one.shapes)) for one in expected)
    refuse_more_than_held("The model", 4 * numbers, held)


def _mismatch(one: Expected, found: list[tuple[int, ...]]) -> str:
    shown: Any = found or "none"
    if len(found) > _MOST_SHOWN:
        shown = f"{len(found):,} arrays"
    return (
        f"Layer {one.layer.name!r} has weights of the shapes {one.shapes}, but in the "
        f"file, {one.path!r} has {shown}. Build the model with the same "
        "layers as the one that was saved."
    )


def read_weights(
    reader: Reader, expected: Sequence[Expected], skip_mismatch: bool
) -> list[tuple[Layer, list[Float32]]]:
    """Return the weights for each layer; with `skip_mismatch`, for those that fit."""
    read = []
    for one in expected:
        found = reader.shapes(one.path)
        if found == one.shapes:
            read.append((one.layer, _read_all(reader, one.path, 0, len(found))))
        elif skip_mismatch:
            warn(f"Skipped. {_mismatch(one, found)}", UserWarning)
        else:
            raise ValueError(_mismatch(one, found))
    return read


class OptimizerState(NamedTuple):
    """The state of an optimizer, as a file had it."""

    iterations: int
    learning_rate: float | None
    memory: list[Float32]  # Keras's files have none if the optimizer was not used.


def read_optimizer(
    reader: Reader, optimizer: Optimizer, memory: list[Float32]
) -> OptimizerState | None:
    """Return the state of the optimizer, or None if the file has none that fits.

    Args:
        reader: The file.
        optimizer: The optimizer.
        memory: Its memory, as `Optimizer.memory` gives it.
    """
    found = reader.shapes(OPTIMIZER)
    if not found:
        return None
    # What stands behind the memory follows from the steps.
    wanted = [array.shape for array in memory] + [()] * len(optimizer.scalars())
    # A learning rate that is a number stands behind the steps, but not in Keras 2.
    first = len(found) - (len(wanted) if len(found) > 2 else 0)
    scalars, slots = found[:first], found[first:]
    fits = all(shape == () for shape in scalars) and first in (1, 2)
    if not fits or (slots and slots != wanted):
        warn(
            "The optimizer in the file is another one than the model's, so that its "
            "state was not loaded: training starts without memory.",
            UserWarning,
        )
        return None
    steps = finite_number("The steps in the file", reader.read(OPTIMIZER, 0))
    if not 0 <= steps <= _MOST_STEPS:
        raise ValueError(
            f"The steps in the file must be from 0 to {_MOST_STEPS:,}, as many as an "
            f"int32 can count, not {steps:g}."
        )
    rate = None
    if first == 2 and not optimizer.has_schedule:
        given = reader.read(OPTIMIZER, 1)
        rate = number_of("The learning rate in the file", given)
    last = first + len(memory) if slots else first
    remembered = _read_all(reader, OPTIMIZER, first, last)
    return OptimizerState(int(steps), rate, remembered)


def _read_all(reader: Reader, path: str, first: int, last: int) -> list[Float32]:
    """Return some arrays of a group in float32; what is too large is infinite."""
    with np.errstate(over="ignore"):
        return [
            reader.read(path, number).astype(np.float32)
            for number in range(first, last)
        ]
