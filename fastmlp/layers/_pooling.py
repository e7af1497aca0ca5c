"""Pooling: a table of vectors becomes one vector, or an image one number a channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from fastmlp import kernels
from fastmlp._check.numbers import true_or_false
from fastmlp.layers._layer import Layer
from fastmlp.layers._shapes import Shape, row_size
from fastmlp.plan import Float32

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fastmlp.typing import LayerOptions

__all__ = [
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalAvgPool1D",
    "GlobalAvgPool2D",
    "GlobalMaxPool1D",
    "GlobalMaxPool2D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
]


class _GlobalPooling(Layer):
    """What these layers have in common: all places of a sample become one.

    Attributes:
        places: How many axes of a sample are those of its places.
    """

    places: ClassVar[int]
    counted_at_once = True

    def __init__(
        self,
        data_format: Literal["channels_last", "channels_first"] | None = None,
        keepdims: bool = False,
        **common: Unpack[LayerOptions],
    ) -> None:
        if data_format not in (None, "channels_last", "channels_first"):
            raise ValueError(
                "data_format must be 'channels_last' or 'channels_first', not "
                f"{data_format!r}."
            )
        self.data_format: str = data_format or "channels_last"
        self.keepdims: bool = true_or_false("keepdims", keepdims)
        super().__init__(**common)

    def output_shape_for(self, shape: Shape) -> Shape:
        """Return (None, channels), or with keepdims a 1 for each axis of places."""
        if len(shape) != self.places + 2:
            wanted = ["steps"] if self.places == 1 else ["height", "width"]
            wanted.insert(0 if self._is_first else self.places, "channels")
            raise ValueError(
                f"Layer {self.name!r} takes samples of shape ({', '.join(wanted)}), "
                f"but here it gets {shape}."
            )
        channels = shape[1] if self._is_first else shape[-1]
        ones = (1,) * self.places if self.keepdims else ()
        if self._is_first:
            return (None, channels, *ones)
        return (None, *ones, channels)

    @property
    def _is_first(self) -> bool:
        return self.data_format == "channels_first"

    def steps_within(self) -> int:
        """Return how many channels there are, if each of them lies by itself."""
        return row_size(self.output_shape) if self._is_first else 1

    def call(self, x: Float32, training: bool) -> Float32:
        """Return the mean, or the largest number, of all places."""
        width = row_size(self.output_shape) // self.steps_within()
        y: Float32 = getattr(kernels, str(self.kind))(x, width)
        return y


class GlobalAveragePooling1D(_GlobalPooling):
    """The mean of a table's vectors: (None, steps, features) becomes (None, features).

    Behind an `Embedding`, it is a bag of words.

    Args:
        data_format: "channels_last", (steps, features), or "channels_first",
            (features, steps). Default None: "channels_last".
        keepdims: Whether an axis of length 1 stays. Default False.
        **common: What all layers take: see `Layer`.

    Raises:
        ValueError: The format is unknown.

    Example:
        >>> GlobalAveragePooling1D()([[[1, 2], [3, 6]]])
        array([[2., 4.]], dtype=float32)
    """

    kind: ClassVar[str | None] = "global_average_pooling"
    places: ClassVar[int] = 1


class GlobalMaxPooling1D(_GlobalPooling):
    """The largest numbers of a table's vectors, place by place.

    (None, steps, features) becomes (None, features).

    Args:
        data_format: "channels_last", (steps, features), or "channels_first",
            (features, steps). Default None: "channels_last".
        keepdims: Whether an axis of length 1 stays. Default False.
        **common: What all layers take: see `Layer`.

    Raises:
        ValueError: The format is unknown.

    Example:
        >>> GlobalMaxPooling1D()([[[1, 7], [3, 6]]])
        array([[3., 7.]], dtype=float32)
    """

    kind: ClassVar[str | None] = "global_max_pooling"
    places: ClassVar[int] = 1


class GlobalAveragePooling2D(_GlobalPooling):
    """The mean of an image: (None, height, width, channels) becomes (None, channels).

    Args:
        data_format: "channels_last", (height, width, channels), or "channels_first",
            (channels, height, width). Default None: "channels_last".
        keepdims: Whether two axes of length 1 stay. Default False.
        **common: What all layers take: see `Layer`.

    Raises:
        ValueError: The format is unknown.

    Example:
        >>> GlobalAveragePooling2D()([[[[1, 2], [3, 6]]]])
        array([[2., 4.]], dtype=float32)
    """

    kind: ClassVar[str | None] = "global_average_pooling"
    places: ClassVar[int] = 2


class GlobalMaxPooling2D(_GlobalPooling):
    """The largest number of an image's channels.

    (None, height, width, channels) becomes (None, channels).

    Args:
        data_format: "channels_last", (height, width, channels), or "channels_first",
            (channels, height, width). Default None: "channels_last".
        keepdims: Whether two axes of length 1 stay. Default False.
        **common: What all layers take: see `Layer`.

    Raises:
        ValueError: The format is unknown.

    Example:
        >>> GlobalMaxPooling2D()([[[[1, 7], [3, 6]]]])
        array([[3., 7.]], dtype=float32)
    """

    kind: ClassVar[str | None] = "global_max_pooling"
    places: ClassVar[int] = 2


# Keras's other names.
GlobalAvgPool1D = GlobalAveragePooling1D
GlobalAvgPool2D = GlobalAveragePooling2D
GlobalMaxPool1D = GlobalMaxPooling1D
GlobalMaxPool2D = GlobalMaxPooling2D
