"""A weight as users see it: an array that knows its name, and where it belongs."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from fastmlp.layers._checks import checked_weights
from fastmlp.plan import Float32

if TYPE_CHECKING:
    from fastmlp.layers._layer import Layer

Self = TypeVar("Self", bound="Assignable")


class Assignable:
    """What holds numbers that can be replaced: the methods that Keras's have.

    Attributes:
        value: The numbers, in their place.
    """

    __slots__ = ()

    if TYPE_CHECKING:

        @property
        def value(self) -> NDArray[Any]:
            """The numbers, in their place."""

    def assign(self: Self, value: Any) -> Self:
        """Take other numbers, and return itself."""
        raise NotImplementedError

    def assign_add(self: Self, value: Any) -> Self:
        """Add numbers, and return itself; errors are those of `assign`."""
        return self.assign(self.value + np.asarray(value))

    def assign_sub(self: Self, value: Any) -> Self:
        """Subtract numbers, and return itself; errors are those of `assign`."""
        return self.assign(self.value - np.asarray(value))

    def numpy(self) -> NDArray[Any]:
        """Return a copy of the numbers."""
        return np.array(self.value)


class Weight(Assignable, np.ndarray[Any, np.dtype[np.float32]]):
    """A weight of a layer: an array like any other, in the layer's own memory.

    What is written into it, the layer has; what NumPy computes from it is an array.

    Attributes:
        name: Its name in the layer, such as "kernel".

    Example:
        >>> from fastmlp.layers import Dense
        >>> layer = Dense(2, name="first", bias_initializer="ones", input_shape=(3,))
        >>> layer.build((None, 3))
        >>> layer.bias.path, layer.bias.trainable
        ('first/bias', True)
        >>> layer.bias.assign_add([0.5, 1.5])
        <Variable path=first/bias, shape=(2,), dtype=float32, value=[1.5 2.5]>
        >>> layer.bias.numpy()
        array([1.5, 2.5], dtype=float32)
    """

    name: str = ""
    # None of what NumPy makes of it, which is no longer the weight of a layer. Weak,
    # since the layer holds its weights, and neither would ever be freed.
    _owner: weakref.ref[Layer] | None = None
    _path: str = ""

    @property
    def value(self) -> Float32:
        """The numbers, in their place."""
        return self.view(np.ndarray)

    @property
    def path(self) -> str:
        """Its name, behind that of its layer and of the model that built this."""
        layer = self._layer
        return self._path if layer is None else f"{layer.path}/{self.name}"

    @property
    def trainable(self) -> bool:
        """Whether the optimizer may change it: its layer decides."""
        layer = self._layer
        return layer is not None and any(self is one for one in layer.trainable_weights)

    @property
    def constraint(self) -> Any:
        """Where it may be: its layer's constraint of that name, or None."""
        return getattr(self._layer, f"{self.name}_constraint", None)

    def assign(self, value: Any) -> Weight:
        """Take other numbers, and return itself.

        Raises:
            TypeError: They are no numbers.
            ValueError: Their shape does not fit.
            RuntimeError: A model with its layer is being trained by another thread.
        """
        layer = self._layer
        if layer is None:
            self[...] = checked_weights(self.name, [self.value], [value])[0]
        else:
            layer.set_weights([value if one is self else one for one in layer.weights])
        return self

    @property
    def _layer(self) -> Layer | None:
        return None if self._owner is None else self._owner()

    def __repr__(self) -> str:
        """Return name and numbers; of what NumPy made of it, the numbers."""
        if self._owner is None:
            return repr(self.value)
        return (
            f"<Variable path={self.path}, shape={self.shape}, dtype={self.dtype}, "
            f"value={self.value}>"
        )

    def __reduce__(self) -> Any:
        """Make a plain array for a copy: its layer has one of its own."""
        return self.value.copy().__reduce__()

    def __deepcopy__(self, memo: Any) -> Any:
        """Return the same."""
        return self.value.copy()


def weight_of(layer: Layer, name: str, array: Float32) -> Weight:
    """Return an array of a layer as its weight of that name."""
    weight = array.view(Weight)
    weight.name = name
    weight._owner = weakref.ref(layer)
    weight._path = weight.path
    return weight
