"""Layers that make numbers of words and categories, before `fit`: what they share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from fastmlp._check.numbers import describe
from fastmlp.layers._checks import refuse_own_call
from fastmlp.layers._layer import Layer
from fastmlp.layers._tensor import symbolic_in

Self = TypeVar("Self", bound="Preprocessing")
Array = NDArray[Any]

# What Keras's configurations say beside the arguments: what follows from these, and
# what is only taken as it is by default.
_FOLLOWS = ("dtype", "vocabulary_size")
_DEFAULTS = {"oov_method": "floormod", "salt": None}

# What Keras called some of them before.
_OLDER_MODES = {"binary": "multi_hot", "tf-idf": "tf_idf"}


class Preprocessing(Layer):
    """What these layers have in common: they are called on data, before `fit`.

    What they take are words and categories, which a network of numbers has no place
    for: `x = layer(x)`, and then `model.fit(x, y)`.
    """

    kind: ClassVar[str | None] = "preprocessing"
    output_mode: str

    @property
    def depth(self) -> int:
        """How many things there are: the columns of all modes but "int"."""
        raise NotImplementedError

    def compute_output_shape(self, input_shape: Sequence[Any]) -> Any:
        """Return the shape of the numbers that stand for data of some shape.

        Args:
            input_shape: (rows,), or with further axes; the number of rows may be None.

        Example:
            >>> from fastmlp.layers import CategoryEncoding
            >>> CategoryEncoding(4, output_mode="count").compute_output_shape((None, 3))
            (None, 4)
        """
        shape = tuple(input_shape)
        if self.output_mode == "int":
            return shape
        keeps_all = self.output_mode == "one_hot" and (len(shape) < 2 or shape[-1] != 1)
        return (*(shape if keeps_all else shape[:-1]), self.depth)

    def __call__(self, inputs: Any, training: bool | None = None) -> Any:
        """Return the numbers that stand for some data, of any shape.

        Raises:
            TypeError: The data are of the wrong kind.
            ValueError: It is a symbolic tensor, or the data do not fit.
        """
        if symbolic_in(inputs):
            refuse_own_call(self)
        return self.numbers_for(inputs)

    def numbers_for(self, inputs: Any) -> Array:
        """Return the numbers that stand for some data."""
        raise NotImplementedError

    def build(self, input_shape: Sequence[int | None] | None = None) -> None:
        """Refuse to be a layer of a network."""
        refuse_own_call(self)

    @classmethod
    def from_config(cls: type[Self], config: Mapping[str, Any]) -> Self:
        """Return a layer made with what `get_config` gave, here or in Keras."""
        kept = {name: one for name, one in config.items() if name not in _FOLLOWS}
        for name, default in _DEFAULTS.items():
            if kept.get(name, ...) == default:
                del kept[name]
        return super().from_config(kept)


def output_mode_of(owner: str, mode: Any, allowed: Sequence[str]) -> str:
    """Return what form the numbers are to have.

    Raises:
        ValueError: The layer does not know it.
    """
    found = _OLDER_MODES.get(mode, mode) if isinstance(mode, str) else mode
    if found not in allowed:
        raise ValueError(
            f"output_mode of {owner} is one of {', '.join(allowed)}, not "
            f"{describe(mode)}."
        )
    return str(found)


def encoded(
    places: Array, mode: str, depth: int, dtype: Any, weights: Any = None
) -> Array:
    """Return places in a list of `depth` things as rows of that length.

    Args:
        places: Whole numbers; those that are not from 0 to `depth` - 1 stand for
            nothing.
        mode: "one_hot": a row for each place. "multi_hot": a 1 for each place of a
            sample, which lie along the last axis; "count": how many there are.
        depth: How many things there are.
        dtype: The type of the rows.
        weights: What each place counts as, in the shape of `places`.

    Example:
        >>> encoded(np.array([[0, 2, 2]]), "count", 3, "float32")
        array([[1., 0., 2.]], dtype=float32)
    """
    places = np.atleast_1d(places)
    if mode == "one_hot":
        if places.ndim > 1 and places.shape[-1] == 1:
            places = places[..., 0]
        return (places[..., None] == np.arange(depth)).astype(dtype)
    samples = places.reshape(-1, places.shape[-1])
    rows = np.zeros((len(samples), depth), dtype)
    known = (samples >= 0) & (samples < depth)
    at = np.nonzero(known)[0], samples[known]
    if mode == "multi_hot":
        rows[at] = 1
    else:
        counts = np.ones(places.shape, dtype) if weights is None else weights
        np.add.at(rows, at, np.asarray(counts, dtype).reshape(samples.shape)[known])
    return rows.reshape(*places.shape[:-1], depth)


def batches_of(data: Any, steps: int | None) -> Iterator[Any]:
    """Give the parts of what `adapt` is given: arrays and lists whole, else batches."""
    if isinstance(data, (list, tuple, str)) or hasattr(data, "__array__"):
        yield data
        return
    for number, batch in enumerate(data):
        if steps is not None and number >= steps:
            return
        yield batch
