"""Layers that give what they get: for the sake of a name, or of a penalty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from fastmlp._check.numbers import number_from_0
from fastmlp.layers._layer import Layer
from fastmlp.plan import Float32
from fastmlp.regularizers import L1L2

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fastmlp.typing import BareLayerOptions, LayerOptions

__all__ = ["ActivityRegularization", "Identity"]


class Identity(Layer):
    """Gives what it gets: a place in a model, with a name, where nothing happens.

    Args:
        **common: What all layers take: see `Layer`.

    Example:
        >>> Identity()([[1.0, 2.0]])
        array([[1., 2.]], dtype=float32)
    """

    kind: ClassVar[str | None] = None
    counted_at_once = True

    def __init__(self, **common: Unpack[LayerOptions]) -> None:
        super().__init__(**common)

    def call(self, x: Float32, training: bool) -> Float32:
        """Return x."""
        return x


class ActivityRegularization(Identity):
    """Gives what it gets, and adds a penalty for large numbers among it to the loss.

    The loss of a batch gets (l1 sum |x| + l2 sum x^2) / rows more.

    Args:
        l1: The weight of the sum of sizes. Default 0.
        l2: The weight of the sum of squares. Default 0.
        **common: What all layers take: see `Layer`.

    Raises:
        TypeError: One is no number.
        ValueError: One is negative or not finite.

    Example:
        >>> ActivityRegularization(l2=0.01)([[1.0, 2.0]])
        array([[1., 2.]], dtype=float32)
    """

    def __init__(
        self, l1: float = 0.0, l2: float = 0.0, **common: Unpack[BareLayerOptions]
    ) -> None:
        self.l1: float = number_from_0("l1", l1)
        self.l2: float = number_from_0("l2", l2)
        super().__init__(activity_regularizer=L1L2(self.l1, self.l2), **common)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this layer again."""
        config = super().get_config()
        del config["activity_regularizer"]
        return config
