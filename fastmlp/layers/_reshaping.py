"""Layers that only change the shape of a sample."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from fastmlp._check.numbers import as_count, describe
from fastmlp.layers._layer import Layer
from fastmlp.layers._shapes import Shape, row_size, sizes_of
from fastmlp.plan import Float32

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fastmlp.typing import LayerOptions

__all__ = ["Flatten", "Reshape"]


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
