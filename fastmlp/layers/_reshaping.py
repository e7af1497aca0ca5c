"""Layers that change the shape of a sample, or the order of its numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from fastmlp import kernels
from fastmlp._check.numbers import as_count, describe, positive_whole
from fastmlp.layers._layer import Layer
from fastmlp.layers._shapes import Shape, row_size, sizes_of
from fastmlp.plan import Float32

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fastmlp.typing import LayerOptions

__all__ = ["Flatten", "Permute", "RepeatVector", "Reshape"]


class _Reshaping(Layer):
    """What these layers have in common: the numbers of a sample stay where they are."""

    kind: ClassVar[str | None] = None

    def call(self, x: Float32, training: bool) -> Float32:
        """Return x as it is: its samples are rows already."""
        return x


class Flatten(_Reshaping):
    """Makes each sample a row: (None, 28, 28) becomes (None, 784).

    It costs nothing: the numbers of a sample lie one after the other anyway.

    Args:
        data_format: Accepted as None or "channels_last" only.
        **common: What all layers take: see `Layer`.

    Raises:
        ValueError: The format is another.

    Example:
        >>> Flatten()([[[1, 2], [3, 4]]])
        array([[1., 2., 3., 4.]], dtype=float32)
    """

    def __init__(
        self,
        data_format: Literal["channels_last"] | None = None,
        **common: Unpack[LayerOptions],
    ) -> None:
        if data_format not in (None, "channels_last"):
            raise ValueError(
                f"data_format must be 'channels_last', not {data_format!r}."
            )
        self.data_format = "channels_last"
        super().__init__(**common)

    def output_shape_for(self, shape: Shape) -> Shape:
        """Return (None, numbers of a sample)."""
        return (None, row_size(shape))


class Reshape(_Reshaping):
    """Gives each sample another shape: (None, 784) becomes (None, 28, 28).

    It costs nothing: the numbers of a sample keep their order.

    Args:
        target_shape: The shape of a sample; -1 once, for what follows from the others.
        **common: What all layers take: see `Layer`.

    Raises:
        TypeError: It is no tuple of whole numbers.
        ValueError: Samples have not as many numbers.

    Example:
        >>> Reshape((2, -1))([[1, 2, 3, 4]])
        array([[[1., 2.],
                [3., 4.]]], dtype=float32)
    """

    counted_at_once = True

    def __init__(
        self, target_shape: Sequence[int], **common: Unpack[LayerOptions]
    ) -> None:
        if isinstance(target_shape, int):  # As Keras takes it.
            target_shape = (target_shape,)
        if not isinstance(target_shape, (tuple, list)) or not target_shape:
            raise TypeError(
                "target_shape must be a tuple, such as (28, 28), not "
                f"{describe(target_shape)}."
            )
        sizes = tuple(
            as_count("A size in target_shape", one, -1) for one in target_shape
        )
        if 0 in sizes or sizes.count(-1) > 1:
            raise ValueError(
                f"target_shape must have positive sizes, and -1 at most once, not "
                f"{sizes}."
            )
        self.target_shape: tuple[int, ...] = sizes
        super().__init__(**common)

    def output_shape_for(self, shape: Shape) -> Shape:
        """Return (None, *target_shape), with a size in the place of -1."""
        size = row_size(shape)
        known = math.prod(one for one in self.target_shape if one != -1)
        if size % known or (size != known and -1 not in self.target_shape):
            raise ValueError(
                f"Layer {self.name!r} cannot give samples of shape {sizes_of(shape)}, "
                f"{size} numbers, the shape {self.target_shape}."
            )
        return (
            None,
            *(size // known if one == -1 else one for one in self.target_shape),
        )


class Permute(Layer):
    """Puts the axes of a sample into another order: turns a table around.

    Args:
        dims: The axes in their new order, counted from 1: (2, 1) of a table.
        **common: What all layers take: see `Layer`.

    Raises:
        TypeError: It is no tuple of whole numbers.
        ValueError: An axis is missing, or there twice.

    Example:
        >>> Permute((2, 1))([[[1, 2, 3], [4, 5, 6]]])
        array([[[1., 4.],
                [2., 5.],
                [3., 6.]]], dtype=float32)
    """

    kind: ClassVar[str | None] = "transpose"

    def __init__(self, dims: Sequence[int], **common: Unpack[LayerOptions]) -> None:
        if not isinstance(dims, (tuple, list)):
            raise TypeError(
                f"dims must be a tuple, such as (2, 1), not {describe(dims)}."
            )
        axes = tuple(as_count("An axis in dims", one, 1) for one in dims)
        if sorted(axes) != list(range(1, len(axes) + 1)):
            raise ValueError(
                f"dims must name each axis of a sample once, counted from 1, such as "
                f"(2, 1), not {axes}."
            )
        self.dims: tuple[int, ...] = axes
        super().__init__(**common)

    def output_shape_for(self, shape: Shape) -> Shape:
        """Return the sizes in their new order."""
        if len(shape) != len(self.dims) + 1:
            raise ValueError(
                f"Layer {self.name!r} orders {len(self.dims)} axes, but here it gets "
                f"shape {shape}."
            )
        return (None, *(shape[axis] for axis in self.dims))

    def turns(self) -> list[tuple[int, int]]:
        """Return how to get there: one after the other, tables that are turned around.

        Returns:
            For each turn how many tables a sample is, and how many rows each of them
            has: from the first axis on, the axes that are left go round until the
            right one comes first.
        """
        left = [*enumerate(sizes_of(self.input_shape), 1)]
        found, tables = [], 1
        for axis in self.dims:
            at = next(k for k, (one, _) in enumerate(left) if one == axis)
            if at:
                found.append((tables, math.prod(size for _, size in left[:at])))
                left = left[at:] + left[:at]
            tables *= left.pop(0)[1]
        return found

    def call(self, x: Float32, training: bool) -> Float32:
        """Return the samples, their axes in another order."""
        for tables, height in self.turns():
            rows = x.reshape(len(x) * tables, x.shape[1] // tables)
            x = kernels.transpose(rows, height).reshape(x.shape)
        return x


class RepeatVector(Layer):
    """Repeats each row: (None, features) becomes (None, n, features).

    Args:
        n: How often.
        **common: What all layers take: see `Layer`.

    Raises:
        TypeError: n is no whole number.
        ValueError: n is not positive.

    Example:
        >>> RepeatVector(2)([[1, 2]])
        array([[[1., 2.],
                [1., 2.]]], dtype=float32)
    """

    # Side by side with itself.
    kind: ClassVar[str | None] = "concatenate"

    def __init__(self, n: int, **common: Unpack[LayerOptions]) -> None:
        self.n: int = positive_whole("n", n)
        super().__init__(**common)

    def output_shape_for(self, shape: Shape) -> Shape:
        """Return (None, n, features)."""
        if len(shape) != 2:
            raise ValueError(
                f"Layer {self.name!r} repeats rows of numbers, (rows, features), but "
                f"here it gets shape {shape}."
            )
        return (None, self.n, shape[1])

    def call(self, x: Float32, training: bool) -> Float32:
        """Return each row several times."""
        return np.tile(x, self.n)
