"""What of a model is kept in a file: its arrays, in groups as Keras has them."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from fastmlp._check.names import snake_case
from fastmlp._check.numbers import finite_number
from fastmlp._saving._sizes import refuse_more_than_held
from fastmlp._util.warn import warn
from fastmlp.layers import Dense, Layer
from fastmlp.layers._layer import output_shape_of, weight_shapes_of
from fastmlp.layers._shapes import Shape, row_size
from fastmlp.optimizers import Optimizer
from fastmlp.optimizers._optimizer import learning_rate_of
from fastmlp.plan import Float32, Plan

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


class Reader(Protocol):
    """A file that holds groups of arrays."""

    def shapes(self, path: str) -> list[tuple[int, ...]]:
        """Return the shapes of a group's arrays, and read none of them."""

    def read(self, path: str, number: int) -> NDArray[Any]:
        """Return an array of a group."""


class OpenModel(Protocol):
    """A file that holds a whole model.

    Attributes:
        size: How many bytes it has.
    """

    size: int

    def description(self) -> bytes:
        """Return what describes the model, in JSON."""

    def weights(self) -> Reader:
        """Return its arrays."""


def layer_paths(layers: Sequence[Layer]) -> list[str]:
    """Return where files keep the layers: by class, and counted in each class.

    Example:
        >>> from fastmlp.layers import Dense, Dropout
        >>> layer_paths([Dense(3, name="first"), Dropout(0.5), Dense(2)])
        ['layers/dense', 'layers/dropout', 'layers/dense_1']
    """
    seen: Counter[str] = Counter()
    paths = []
    for layer in layers:
        kind = snake_case(type(layer).__name__)
        paths.append(f"layers/{kind}_{seen[kind]}" if seen[kind] else f"layers/{kind}")
        seen[kind] += 1
    return paths


def groups_of_layers(layers: Sequence[Layer]) -> list[Group]:
    """Return the weights of all layers."""
    return [
        Group(path, layer.name, _arrays_of(layer))
        for path, layer in zip(layer_paths(layers), layers, strict=True)
    ]


def _arrays_of(layer: Layer) -> list[NDArray[Any]]:
    if not layer.built:
        return []
    # The only weight that Keras counts in whole numbers.
    return [
        array.astype(np.int32) if name == "count" else array
        for name, array in zip(layer.weight_names, layer.weights, strict=True)
    ]


def group_of_optimizer(optimizer: Optimizer, memory: list[Float32]) -> Group:
    """Return the state of the optimizer, with what `optimizer_memory` gives."""
    steps = min(optimizer.iterations, _MOST_STEPS)
    arrays: list[NDArray[Any]] = [np.array(steps, np.int32)]
    if not optimizer.has_schedule:
        arrays.append(np.array(optimizer.learning_rate, np.float32))
    return Group(OPTIMIZER, optimizer.name, [*arrays, *memory])


def optimizer_memory(optimizer: Optimizer, plan: Plan) -> list[Float32]:
    """Return views of what the optimizer remembers, in the order that Keras has.

    Frozen weights have no place in a file. Adam's two means of a weight stand
    together; else, one kind comes after the other.
    """
    by_kind: list[list[Float32]] = [
        [
            row[start : start + array.size].reshape(array.shape)
            for place, (array, start) in enumerate(
                zip(plan.arrays, plan.starts, strict=True)
            )
            if place in plan.learnt
        ]
        for row in plan.memory
    ]
    together = optimizer.kinds_together
    pairs = zip(*by_kind[:together], strict=True)
    return [view for pair in pairs for view in pair] + [
        view for kind in by_kind[together:] for view in kind
    ]


class Expected(NamedTuple):
    """What a file must have for a layer."""

    path: str
    layer: Layer
    shapes: list[tuple[int, ...]]  # of its weights
    outputs: int  # for one sample


def expected_of(layers: Sequence[Layer], sample: tuple[int, ...]) -> list[Expected]:
    """Return what a file must hold for these layers, which need not be built."""
    expected = []
    shape: Shape = (None, *sample)
    for path, layer in zip(layer_paths(layers), layers, strict=True):
        shapes = list(weight_shapes_of(layer, shape).values())
        shape = output_shape_of(layer, shape)
        expected.append(Expected(path, layer, shapes, row_size(shape)))
    return expected


def inputs_in(reader: Reader, layers: Sequence[Layer]) -> tuple[int, ...] | None:
    """Return the shape of a sample, as far as the weights in a file tell it.

    Args:
        reader: The file.
        layers: The layers that it is for.

    Returns:
        The shape; or None if the file has no weights, since the model was not built.

    Raises:
        ValueError: It has weights, but they do not tell.
    """
    stored = [reader.shapes(path) for path in layer_paths(layers)]
    if not any(stored):
        return None
    first = stored[0][0] if stored[0] else ()
    if isinstance(layers[0], Dense) and first:
        return first[:1]
    raise ValueError(
        "The file has weights, but does not say which shape the inputs have. Put an "
        "`Input` in front of the layers before you save the model."
    )


def check_sizes(reader: Reader, expected: Sequence[Expected], held: int) -> None:
    """Make sure that a file holds the weights of all layers, and read none.

    Args:
        reader: The file.
        expected: What it must have.
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
    numbers = sum(4 * one.outputs + sum(map(math.prod, one.shapes)) for one in expected)
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
    memory: list[Float32]


def read_optimizer(
    reader: Reader, optimizer: Optimizer, memory: list[Float32]
) -> OptimizerState | None:
    """Return the state of the optimizer, or None if the file has none that fits.

    Args:
        reader: The file.
        optimizer: The optimizer.
        memory: Its memory, as `optimizer_memory` gives it.
    """
    found = reader.shapes(OPTIMIZER)
    if not found:
        return None
    first = 1 if optimizer.has_schedule else 2
    scalars, slots = found[:first], found[first:]
    fits = all(shape == () for shape in scalars) and len(scalars) == first
    if not fits or (slots and slots != [array.shape for array in memory]):
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
    if not optimizer.has_schedule:
        given = reader.read(OPTIMIZER, 1)
        rate = learning_rate_of("The learning rate in the file", given)
    remembered = _read_all(reader, OPTIMIZER, first, len(found))
    return OptimizerState(
        iterations=int(steps),
        learning_rate=rate,
        # Keras's files have none if the optimizer had not been used.
        memory=remembered
        or [np.full_like(array, optimizer.initial_memory()) for array in memory],
    )


def _read_all(reader: Reader, path: str, first: int, last: int) -> list[Float32]:
    """Return some arrays of a group in float32; what is too large is infinite."""
    with np.errstate(over="ignore"):
        return [
            reader.read(path, number).astype(np.float32)
            for number in range(first, last)
        ]
