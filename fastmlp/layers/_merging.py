"""Layers that bring several inputs together: side by side, or number by number."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from fastmlp import kernels
from fastmlp._check.inputs import checked_inputs
from fastmlp._check.numbers import as_count, as_float32, describe, true_or_false
from fastmlp._util.keywords import suggesting
from fastmlp._util.result import as_result
from fastmlp.layers._layer import Layer
from fastmlp.layers._shapes import (
    Shape,
    batch_shape,
    row_size,
    sizes_of,
    with_rows_of,
)
from fastmlp.layers._tensor import KerasTensor, Node, symbolic_in
from fastmlp.plan import Float32

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fastmlp.typing import LayerOptions

__all__ = [
    "Add",
    "Average",
    "Concatenate",
    "Dot",
    "Maximum",
    "Minimum",
    "Multiply",
    "Subtract",
    "add",
    "average",
    "concatenate",
    "dot",
    "maximum",
    "minimum",
    "multiply",
    "subtract",
]


# One number for all of a row, such as a gate.
_SINGLE: Shape = (None, 1)


class Merge(Layer):
    """What layers of several inputs have in common: they are called on a list.

    Attributes:
        input_shape: The list of the shapes of its inputs, once it is built.
    """

    merges: ClassVar[bool] = True
    fewest: ClassVar[int] = 1
    most: ClassVar[int | None] = None

    def compute_output_shape(self, input_shape: Sequence[Any]) -> Shape:
        """Return the shape of a batch of outputs, for a list of those of inputs.

        Raises:
            ValueError: The layer cannot bring inputs of these shapes together.
        """
        shape = self.merged_shape(self._checked_shapes(input_shape))
        return with_rows_of(input_shape, shape)

    def merged_shape(self, shapes: list[Shape]) -> Shape:
        """Return the shape of a batch of outputs, for those of inputs."""
        widest = max(shapes, key=row_size)
        if any(shape not in (widest, _SINGLE) for shape in shapes):
            raise ValueError(
                f"Layer {self.name!r} works number by number, so that its inputs must "
                "have one shape, or be a single number a row, but they have "
                f"{_listed(shapes)}."
            )
        return widest

    def build(self, input_shape: Sequence[Any]) -> None:
        """Give the layer the shapes of its inputs; it has no weights.

        Raises:
            ValueError: The layer cannot bring such inputs together, or is built.
        """
        shapes = self._checked_shapes(input_shape)
        if self.built:
            raise ValueError(
                f"Layer {self.name!r} is built already, for inputs of the shapes "
                f"{_listed(self.input_shape)}. Make a new layer."
            )
        self.output_shape: Shape = self.merged_shape(shapes)
        self.input_shape: Any = shapes
        self.built = True

    def _checked_shapes(self, input_shape: Any) -> list[Shape]:
        shapes = input_shape if isinstance(input_shape, (list, tuple)) else [None]
        if not all(isinstance(shape, (list, tuple)) for shape in shapes):
            raise ValueError(
                f"Layer {self.name!r} takes a list of shapes, such as "
                f"[(None, 3), (None, 3)], not {describe(input_shape)}."
            )
        if len(shapes) < self.fewest or len(shapes) > (self.most or len(shapes)):
            raise ValueError(
                f"Layer {self.name!r} takes {self._how_many()}, but it gets "
                f"{len(shapes)}."
            )
        return [batch_shape(shape) for shape in shapes]

    def _how_many(self) -> str:
        return f"a list of {self.fewest} inputs" if self.most else "a list of inputs"

    def __call__(self, inputs: Any, training: bool | None = None) -> Any:
        """Return what the layer makes of several inputs.

        Args:
            inputs: A list of arrays, (rows, inputs) each, or of symbolic tensors.
            training: Accepted for the sake of other layers; it changes nothing.

        Raises:
            TypeError: The inputs are of the wrong kind.
            ValueError: Their shapes do not go together.
        """
        if not isinstance(inputs, (list, tuple)):
            raise ValueError(
                f"Layer {self.name!r} takes {self._how_many()}, such as "
                f"{type(self).__name__}()([a, b]), not "
                f"{describe(type(inputs).__name__)} alone."
            )
        if symbolic_in(inputs):
            return self._connect(inputs, training)
        owner = f"Layer {self.name!r}"
        arrays = [
            as_float32("x", checked_inputs(one, None, owner=owner, of_any_size=True))
            for one in inputs
        ]
        if len({len(one) for one in arrays}) > 1:
            raise ValueError(
                f"The inputs of layer {self.name!r} must have the same number of rows, "
                f"but they have {', '.join(str(len(one)) for one in arrays)}."
            )
        shapes: list[Shape] = [(None, *one.shape[1:]) for one in arrays]
        shape = self.compute_output_shape(shapes)
        if not self.built:
            self.build(shapes)
        rows = [one.reshape(len(one), -1) for one in arrays]
        if len(rows) == 1:
            return as_result(arrays[0])
        return as_result(self.merged(rows).reshape(len(arrays[0]), *sizes_of(shape)))

    def merged(self, rows: list[Float32]) -> Float32:
        """Return the outputs for several checked inputs, (rows, inputs) each."""
        return _folded(str(self.kind), rows)

    def _connect(self, inputs: Any, training: Any = None) -> KerasTensor:
        if not all(isinstance(one, KerasTensor) for one in inputs):
            raise ValueError(
                f"Layer {self.name!r} gets symbolic tensors and others in one list: "
                "make each of them an Input."
            )
        shapes = [one.shape for one in inputs]
        shape = self.compute_output_shape(shapes)
        if not self.built:
            self.build(shapes)
        return KerasTensor(Node(self, tuple(inputs), (shape,)))


class Add(Merge):
    """Adds its inputs, number by number: the shortcut of a residual network.

    Args:
        **common: What all layers take: see `Layer`.

    Example:
        >>> Add()([[[1, 2]], [[10, 20]]])
        array([[11., 22.]], dtype=float32)
    """

    kind: ClassVar[str | None] = "add"


class Subtract(Merge):
    """Subtracts its second input from its first, number by number.

    Args:
        **common: What all layers take: see `Layer`.

    Example:
        >>> Subtract()([[[1, 2]], [[10, 20]]])
        array([[ -9., -18.]], dtype=float32)
    """

    kind: ClassVar[str | None] = "subtract"
    fewest: ClassVar[int] = 2
    most: ClassVar[int | None] = 2


class Multiply(Merge):
    """Multiplies its inputs, number by number: a gate, if one is between 0 and 1.

    Args:
        **common: What all layers take: see `Layer`.

    Example:
        >>> Multiply()([[[1, 2]], [[10, 20]]])
        array([[10., 40.]], dtype=float32)
    """

    kind: ClassVar[str | None] = "multiply"


class Average(Merge):
    """Takes the mean of its inputs, number by number.

    Args:
        **common: What all layers take: see `Layer`.

    Example:
        >>> Average()([[[1, 2]], [[3, 6]]])
        array([[2., 4.]], dtype=float32)
    """

    kind: ClassVar[str | None] = "average"

    def merged(self, rows: list[Float32]) -> Float32:
        """Return the mean of several checked inputs."""
        found: Float32 = kernels.average(_folded("add", rows), len(rows))
        return found


class Maximum(Merge):
    """Takes the largest of its inputs, number by number.

    Args:
        **common: What all layers take: see `Layer`.

    Example:
        >>> Maximum()([[[1, 5]], [[3, 2]]])
        array([[3., 5.]], dtype=float32)
    """

    kind: ClassVar[str | None] = "maximum"


class Minimum(Merge):
    """Takes the smallest of its inputs, number by number.

    Args:
        **common: What all layers take: see `Layer`.

    Example:
        >>> Minimum()([[[1, 5]], [[3, 2]]])
        array([[1., 2.]], dtype=float32)
    """

    kind: ClassVar[str | None] = "minimum"


class Concatenate(Merge):
    """Puts its inputs side by side: (None, 3) and (None, 4) become (None, 7).

    Args:
        axis: Along which axis; that of the rows is 0, the last one -1. Default -1.
        **common: What all layers take: see `Layer`.

    Raises:
        TypeError: The axis is no whole number.
        ValueError: It is 0, or one that the inputs do not have.

    Example:
        >>> Concatenate()([[[1, 2]], [[3]]])
        array([[1., 2., 3.]], dtype=float32)
    """

    kind: ClassVar[str | None] = "concatenate"

    def __init__(self, axis: int = -1, **common: Unpack[LayerOptions]) -> None:
        self.axis: int = as_count("axis", axis, -sys.maxsize)
        if axis == 0:
            raise ValueError(
                "axis must be 1 or more, or -1, the last one: 0 is that of the rows."
            )
        super().__init__(**common)

    def merged_shape(self, shapes: list[Shape]) -> Shape:
        """Return the shape of all of them side by side."""
        first = shapes[0]
        axis = self._axis_of(first)
        others = {(*shape[:axis], *shape[axis + 1 :]) for shape in shapes}
        if not 0 < axis < len(first) or len(others) > 1:
            raise ValueError(
                f"Layer {self.name!r} puts inputs side by side along axis {self.axis}; "
                f"all others must agree, but the shapes are {_listed(shapes)}. "
                "layers.Flatten() makes rows of all."
            )
        total = sum(int(shape[axis] or 0) for shape in shapes)
        return (*first[:axis], total, *first[axis + 1 :])

    def _axis_of(self, shape: Shape) -> int:
        """Return the axis, counted from 0."""
        return self.axis + len(shape) if self.axis < 0 else self.axis

    def steps_within(self) -> int:
        """Return how many parts of a sample get their neighbours: the axes before."""
        axis = self._axis_of(self.output_shape)
        return math.prod(sizes_of(self.output_shape)[: axis - 1])

    def merged(self, rows: list[Float32]) -> Float32:
        """Return several checked inputs side by side."""
        steps = self.steps_within()
        parts = [one.reshape(len(one) * steps, one.shape[1] // steps) for one in rows]
        return np.concatenate(parts, axis=1)


class Dot(Merge):
    """Multiplies two inputs row by row, and sums: how alike they are, (None, 1).

    Args:
        axes: Along which axis; accepted as 1, or the last one, -1, of rows of numbers.
        normalize: Whether each row is divided by its length before, so that the result
            is the cosine of the angle between both.
        **common: What all layers take: see `Layer`.

    Raises:
        TypeError: `normalize` is neither True nor False.
        ValueError: The axes are others.

    Example:
        >>> Dot(axes=1)([[[1, 2]], [[10, 20]]])
        array([[50.]], dtype=float32)
    """

    kind: ClassVar[str | None] = "dot"
    fewest: ClassVar[int] = 2
    most: ClassVar[int | None] = 2

    def __init__(
        self,
        axes: int | tuple[int, int],
        normalize: bool = False,
        **common: Unpack[LayerOptions],
    ) -> None:
        both = tuple(axes) if isinstance(axes, (list, tuple)) else (axes, axes)
        if len(both) != 2 or any(one not in (1, -1) for one in both):
            raise ValueError(
                f"axes must be 1, that of the numbers of a row, or -1, not "
                f"{describe(axes)}."
            )
        self.axes: int | tuple[int, int] = axes
        self.normalize: bool = true_or_false("normalize", normalize)
        super().__init__(**common)

    def merged_shape(self, shapes: list[Shape]) -> Shape:
        """Return (None, 1)."""
        if shapes[0] != shapes[1] or len(shapes[0]) != 2:
            raise ValueError(
                f"Layer {self.name!r} takes two inputs that are rows of as many "
                f"numbers, but they have the shapes {_listed(shapes)}."
            )
        return (None, 1)

    def merged(self, rows: list[Float32]) -> Float32:
        """Return the products of the rows."""
        if self.normalize:
            rows = [kernels.unit_normalization(one) for one in rows]
        products: Float32 = kernels.dot(*rows)
        return products[:, None]


def _folded(kernel: str, rows: list[Float32]) -> Float32:
    """Return what a kernel of two arrays makes of several, from the first to the last.

    A single column is there for all columns of the others.
    """
    shape = np.broadcast_shapes(*(one.shape for one in rows))
    wide = [np.ascontiguousarray(np.broadcast_to(one, shape)) for one in rows]
    return reduce(getattr(kernels, kernel), wide)


def _listed(shapes: Sequence[Shape]) -> str:
    return ", ".join(map(str, shapes))


def add(inputs: Sequence[Any], **options: Unpack[LayerOptions]) -> Any:
    """Return Add(**options)(inputs): see `Add`."""
    return Add(**options)(inputs)


def subtract(inputs: Sequence[Any], **options: Unpack[LayerOptions]) -> Any:
    """Return Subtract(**options)(inputs): see `Subtract`."""
    return Subtract(**options)(inputs)


def multiply(inputs: Sequence[Any], **options: Unpack[LayerOptions]) -> Any:
    """Return Multiply(**options)(inputs): see `Multiply`."""
    return Multiply(**options)(inputs)


def average(inputs: Sequence[Any], **options: Unpack[LayerOptions]) -> Any:
    """Return Average(**options)(inputs): see `Average`."""
    return Average(**options)(inputs)


def maximum(inputs: Sequence[Any], **options: Unpack[LayerOptions]) -> Any:
    """Return Maximum(**options)(inputs): see `Maximum`."""
    return Maximum(**options)(inputs)


def minimum(inputs: Sequence[Any], **options: Unpack[LayerOptions]) -> Any:
    """Return Minimum(**options)(inputs): see `Minimum`."""
    return Minimum(**options)(inputs)


@suggesting
def concatenate(
    inputs: Sequence[Any], axis: int = -1, **options: Unpack[LayerOptions]
) -> Any:
    """Return Concatenate(axis, **options)(inputs): see `Concatenate`."""
    return Concatenate(axis, **options)(inputs)


@suggesting
def dot(
    inputs: Sequence[Any],
    axes: int | tuple[int, int] = -1,
    normalize: bool = False,
    **options: Unpack[LayerOptions],
) -> Any:
    """Return Dot(axes, normalize, **options)(inputs): see `Dot`."""
    return Dot(axes, normalize, **options)(inputs)
