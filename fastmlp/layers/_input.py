"""What a network begins with: the shape of a sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from fastmlp._check.arguments import refuse
from fastmlp._check.numbers import as_count, if_given, true_or_false
from fastmlp._util.keywords import suggesting
from fastmlp.layers._layer import Layer
from fastmlp.layers._tensor import KerasTensor, Node

if TYPE_CHECKING:
    from fastmlp.typing import InputDType

__all__ = ["Input", "InputLayer"]


# What Keras calls the types of whole numbers.
_WHOLE = {f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)}


class InputLayer(Layer):
    """Says what shape the samples of a model have; the first thing in `Sequential`.

    It does not count among the `layers` of a `Sequential`. `Input` makes one, and
    returns its symbolic tensor.

    Args:
        shape: The shape of one sample: (inputs,), or (28, 28) before a `Flatten`.
        batch_size: How many rows a batch has; it changes nothing.
        batch_shape: The shape with the rows before it: (None, inputs).
        name: Its name. Default "input_layer", "input_layer_1" and so on.
        dtype: "float32", or that of whole numbers, such as "int32" of ids: it says what
            is meant, and all become float32. Default "float32".
        sparse: Whether samples are meant to be sparse; it changes nothing. Those of
            scipy.sparse are taken as they are, and zeros are skipped where there are
            many.

    Raises:
        ValueError: The shape is not a tuple of positive whole numbers.

    Example:
        >>> InputLayer((784,))._declared_shape
        (784,)
    """

    kind: ClassVar[str | None] = None

    def __init__(
        self,
        shape: Sequence[int] | None = None,
        batch_size: int | None = None,
        *,
        batch_shape: Sequence[int | None] | None = None,
        name: str | None = None,
        dtype: InputDType = None,
        sparse: bool = False,
    ) -> None:
        for what, said in (("shape", shape), ("batch_size", batch_size)):
            if said is not None and batch_shape is not None:
                raise ValueError(
                    f"{what} and batch_shape say the same: leave one of them out."
                )
        if shape is None and batch_shape is None:
            raise ValueError(
                "Input needs the shape of a sample, such as Input((784,))."
            )
        if_given(as_count, "batch_size", batch_size, 1)
        whole = isinstance(dtype, str) and dtype in _WHOLE
        super().__init__(
            name=name,
            dtype=None if whole else dtype,  # type: ignore[arg-type]
            input_shape=shape,
            batch_input_shape=batch_shape,
        )
        self.sparse: bool = true_or_false("sparse", sparse)
        if whole:
            self.dtype: str = str(dtype)
        self._tensor_name = None if name is None else (self.name,)
        self.build((None, *(self._declared_shape or ())))

    @property
    def batch_shape(self) -> tuple[int | None, ...]:
        """The shape with the rows before it: (None, inputs)."""
        return (None, *(self._declared_shape or ()))

    @property
    def output(self) -> KerasTensor:
        """The symbolic tensor of the samples."""
        nodes = self._noted()
        if nodes:
            return KerasTensor(nodes[0])
        return KerasTensor(Node(self, (), (self.output_shape,), self._tensor_name))

    input = output

    def call(self, x: Any, training: bool) -> Any:
        """Return the samples as they are."""
        return x

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this layer again."""
        shape = self._declared_shape or ()
        return {
            "batch_shape": [None, *shape],
            "dtype": self.dtype,
            "sparse": self.sparse,
            "ragged": False,
            "name": self.name,
            "optional": False,
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> InputLayer:
        """Return a layer made with the arguments that `get_config` gave."""
        known = ("shape", "batch_shape", "name", "dtype", "sparse")
        return cls(**{name: config[name] for name in known if name in config})


@suggesting
def Input(
    shape: Sequence[int] | None = None,
    batch_size: int | None = None,
    dtype: InputDType = None,
    sparse: bool = False,
    batch_shape: Sequence[int | None] | None = None,
    name: str | None = None,
    tensor: None = None,
) -> KerasTensor:
    """Return the symbolic tensor of samples, which a network begins with.

    Args:
        shape: The shape of one sample: (inputs,), or (28, 28) before a `Flatten`.
        batch_size: How many rows a batch has; it changes nothing.
        dtype: "float32", or that of whole numbers, such as "int32" of ids: it says what
            is meant, and all become float32. Default "float32".
        sparse: Whether samples are meant to be sparse; it changes nothing.
        batch_shape: The shape with the rows before it: (None, inputs).
        name: Its name. Default "input_layer", "input_layer_1" and so on.
        tensor: Accepted as None only.

    Raises:
        ValueError: The shape is not a tuple of positive whole numbers.

    Example:
        >>> Input((784,)).shape
        (None, 784)
    """
    refuse(tensor=tensor)
    return InputLayer(
        shape, batch_size, batch_shape=batch_shape, name=name, dtype=dtype,
        sparse=sparse,
    ).output  # fmt: skip
