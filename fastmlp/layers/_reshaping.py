"""Layers that only change the shape of a sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from fastmlp.layers._layer import Layer
from fastmlp.layers._shapes import Shape, row_size
from fastmlp.plan import Float32

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fastmlp.typing import LayerOptions

__all__ = ["Flatten"]


class Flatten(Layer):
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

    kind: ClassVar[str | None] = None

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

    def call(self, x: Float32, training: bool) -> Float32:
        """Return x as it is: its samples are rows already."""
        return x
