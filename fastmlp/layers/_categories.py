"""Layers that make numbers of categories: places, buckets and bins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from fastmlp._check.arguments import refuse
from fastmlp._check.numbers import (
    describe,
    if_given,
    number_between,
    positive_whole,
    real_numbers,
)
from fastmlp._util.farmhash import crossed, fingerprint64
from fastmlp.layers._preprocessing import (
    Array,
    Preprocessing,
    batches_of,
    encoded,
    output_mode_of,
)

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fastmlp.typing import LayerOptions

__all__ = ["CategoryEncoding", "Discretization", "HashedCrossing", "Hashing"]


def _places(name: str, inputs: Any) -> Array:
    """Return whole numbers, of any shape."""
    array = real_numbers(name, inputs)
    whole = array.astype(np.int64)
    if not np.array_equal(whole, array):
        raise ValueError(f"{name} must be whole numbers, but some have a fraction.")
    return whole


class CategoryEncoding(Preprocessing):
    """Makes rows of 0 and 1, or of counts, of whole numbers.

    Args:
        num_tokens: How many categories there are: the numbers are from 0 to
            `num_tokens` - 1.
        output_mode: "one_hot": a row for each number. "multi_hot" (default): a row for
            each sample, with a 1 for each number in it. "count": how often it is there.
        sparse: Accepted as False only.
        **options: Those of every layer: `name`.

    Raises:
        ValueError: `num_tokens` is missing or not positive, or the mode is unknown.

    Example:
        >>> CategoryEncoding(4, output_mode="one_hot")([3, 2, 0])
        array([[0., 0., 0., 1.],
               [0., 0., 1., 0.],
               [1., 0., 0., 0.]], dtype=float32)
    """

    def __init__(
        self,
        num_tokens: int | None = None,
        output_mode: str = "multi_hot",
        sparse: bool = False,
        **options: Unpack[LayerOptions],
    ) -> None:
        if num_tokens is None:
            raise ValueError(
                "CategoryEncoding needs num_tokens, how many categories there are. "
                "IntegerLookup finds them in your data."
            )
        refuse(sparse=sparse or None)
        self.num_tokens: int = positive_whole("num_tokens", num_tokens)
        modes = ("one_hot", "multi_hot", "count")
        self.output_mode: str = output_mode_of("CategoryEncoding", output_mode, modes)
        super().__init__(**options)

    def __call__(
        self, inputs: Any, training: bool | None = None, *, count_weights: Any = None
    ) -> Any:
        """Return the rows for some numbers.

        Args:
            inputs: Whole numbers: (rows,), or (rows, numbers of a sample).
            training: It changes nothing.
            count_weights: What each counts as, in the mode "count".

        Raises:
            TypeError: They are no numbers.
            ValueError: One is no category, or weights go with another mode.
        """
        if count_weights is None:
            return super().__call__(inputs, training)
        if self.output_mode != "count":
            raise ValueError(
                "count_weights are for output_mode='count', not "
                f"{self.output_mode!r}: leave them out."
            )
        return self._rows(inputs, real_numbers("count_weights", count_weights))

    @property
    def depth(self) -> int:
        """How many categories there are."""
        return self.num_tokens

    def numbers_for(self, inputs: Any) -> Array:
        """Return the rows for some numbers."""
        return self._rows(inputs, None)

    def _rows(self, inputs: Any, weights: Any) -> Array:
        places = _places("inputs", inputs)
        if places.size and not 0 <= places.min() <= places.max() < self.num_tokens:
            wrong = places.min() if places.min() < 0 else places.max()
            raise ValueError(
                f"CategoryEncoding knows the categories 0 to {self.num_tokens - 1}, "
                f"but found {wrong}. Make num_tokens larger, or look them up with "
                "IntegerLookup."
            )
        return encoded(places, self.output_mode, self.depth, "float32", weights)


class Hashing(Preprocessing):
    """Puts words or numbers into buckets, by a hash of what they are.

    Nothing has to be learnt of the data, but different words may share a bucket. The
    buckets are those of Keras. Source: G. Pike, FarmHash, 2014.

    Args:
        num_bins: How many buckets there are.
        mask_value: What goes to bucket 0, which is then kept for it. Default None.
        salt: Accepted as None only.
        output_mode: "int" (default): the bucket. Or as in `CategoryEncoding`.
        sparse: Accepted as False only.
        **options: Those of every layer: `name`.

    Raises:
        ValueError: `num_bins` is not positive, or the mode is unknown.

    Example:
        >>> Hashing(num_bins=3)([["A"], ["B"], ["C"]])
        array([[1],
               [0],
               [1]])
    """

    def __init__(
        self,
        num_bins: int,
        mask_value: Any = None,
        salt: None = None,
        output_mode: str = "int",
        sparse: bool = False,
        **options: Unpack[LayerOptions],
    ) -> None:
        refuse(salt=salt, sparse=sparse or None)
        self.num_bins: int = positive_whole("num_bins", num_bins)
        self.mask_value = mask_value
        modes = ("int", "one_hot", "multi_hot", "count")
        self.output_mode: str = output_mode_of("Hashing", output_mode, modes)
        super().__init__(**options)

    @property
    def depth(self) -> int:
        """How many buckets there are."""
        return self.num_bins

    def numbers_for(self, inputs: Any) -> Array:
        """Return the buckets of some words or numbers, of any shape."""
        array = np.asarray(inputs)
        if array.dtype.kind == "f":
            array = array.astype(np.int64)
        keeps = self.mask_value is not None and self.num_bins > 1
        bins = self.num_bins - keeps
        words, at = np.unique(array.astype(str), return_inverse=True)
        found = [fingerprint64(str(word).encode()) % bins + keeps for word in words]
        buckets = np.array(found, np.int64)[at].reshape(array.shape)
        if keeps:
            buckets[array.astype(str) == str(self.mask_value)] = 0
        if self.output_mode == "int":
            return buckets
        return encoded(buckets, self.output_mode, self.depth, "float32")


class HashedCrossing(Preprocessing):
    """Puts pairs of categories into buckets, by a hash of both together.

    What one category means then depends on the other. The buckets are those of Keras.

    Args:
        num_bins: How many buckets there are.
        output_mode: "int" (default): the bucket. "one_hot": a row for each.
        sparse: Accepted as False only.
        **options: Those of every layer: `name`.

    Raises:
        ValueError: `num_bins` is not positive, or the mode is unknown.

    Example:
        >>> HashedCrossing(num_bins=5)((["a", "b"], [1, 2]))
        array([0, 2])
    """

    def __init__(
        self,
        num_bins: int,
        output_mode: str = "int",
        sparse: bool = False,
        **options: Unpack[LayerOptions],
    ) -> None:
        refuse(sparse=sparse or None)
        self.num_bins: int = positive_whole("num_bins", num_bins)
        modes = ("int", "one_hot")
        self.output_mode: str = output_mode_of("HashedCrossing", output_mode, modes)
        super().__init__(**options)

    @property
    def depth(self) -> int:
        """How many buckets there are."""
        return self.num_bins

    def compute_output_shape(self, input_shape: Sequence[Any]) -> Any:
        """Return the shape of the buckets, for a list of the shapes of both columns."""
        return super().compute_output_shape(input_shape[0])

    def numbers_for(self, inputs: Any) -> Array:
        """Return the buckets of some pairs: inputs is a list of two columns or more."""
        if not isinstance(inputs, (list, tuple)) or len(inputs) < 2:
            raise ValueError(
                "HashedCrossing takes a list or tuple of two columns or more, such as "
                f"(cities, countries), not {describe(inputs)}."
            )
        columns = [np.asarray(one) for one in inputs]
        shape = columns[0].shape
        if len(shape) > 2 or shape[1:] not in ((), (1,)):
            raise ValueError(
                f"HashedCrossing takes columns, (rows,) or (rows, 1), not {shape}."
            )
        if any(column.shape != shape for column in columns):
            shapes = ", ".join(str(column.shape) for column in columns)
            raise ValueError(f"The columns must have one shape, not {shapes}.")
        if any(column.dtype.kind not in "USOiub" for column in columns):
            raise ValueError("HashedCrossing takes words and whole numbers.")
        prints = [[_print(one) for one in column.reshape(-1)] for column in columns]
        rows = zip(*prints, strict=True)
        found = [crossed(list(row)) % self.num_bins for row in rows]
        buckets = np.array(found, np.int64).reshape(shape)
        if self.output_mode == "int":
            return buckets
        return encoded(buckets, "one_hot", self.depth, "float32")


def _print(one: Any) -> int:
    """Return the number that stands for a category: whole numbers for themselves."""
    if isinstance(one, (int, np.integer)):
        return int(one)
    return fingerprint64(one if isinstance(one, bytes) else str(one).encode())


class Discretization(Preprocessing):
    """Puts numbers into bins.

    Args:
        bin_boundaries: Where a bin ends and the next begins, ascending.
        num_bins: Or how many bins there are to be, each with as many of the numbers
            that `adapt` is given.
        epsilon: How exact `adapt` is: the share of the numbers between two that it
            remembers. Default 0.01.
        output_mode: "int" (default): the bin. Or as in `CategoryEncoding`.
        sparse: Accepted as False only.
        **options: Those of every layer: `name`.

    Raises:
        ValueError: Neither boundaries nor their number is given, or both.

    Example:
        >>> Discretization(bin_boundaries=[0.0, 1.0])([[-0.5, 0.5], [1.0, 9.0]])
        array([[0, 1],
               [2, 2]], dtype=int32)
    """

    def __init__(
        self,
        bin_boundaries: Sequence[float] | None = None,
        num_bins: int | None = None,
        epsilon: float = 0.01,
        output_mode: str = "int",
        sparse: bool = False,
        **options: Unpack[LayerOptions],
    ) -> None:
        if (bin_boundaries is None) == (num_bins is None):
            raise ValueError(
                "Discretization needs bin_boundaries, such as [0.0, 1.0], or num_bins, "
                "for which `adapt` finds them: give one of them."
            )
        refuse(sparse=sparse or None)
        self.num_bins: int | None = if_given(positive_whole, "num_bins", num_bins)
        self.epsilon: float = number_between("epsilon", epsilon, 1e-6, 1.0)
        modes = ("int", "one_hot", "multi_hot", "count")
        self.output_mode: str = output_mode_of("Discretization", output_mode, modes)
        super().__init__(**options)
        self.bin_boundaries: list[float] | None = None
        if bin_boundaries is not None:
            given = real_numbers("bin_boundaries", bin_boundaries)
            if given.ndim != 1 or not (np.diff(given) >= 0).all():
                raise ValueError("bin_boundaries must be a list that ascends.")
            self.bin_boundaries = given.tolist()

    def adapt(self, data: ArrayLike, steps: int | None = None) -> None:
        """Find the boundaries of `num_bins` bins that hold as many numbers each.

        Args:
            data: Numbers, of any shape; or batches of them.
            steps: How many batches to look at. Default: all.

        Raises:
            TypeError: They are no numbers.
            ValueError: The boundaries were given, or there are no numbers.
        """
        if self.num_bins is None:
            raise ValueError(
                f"Layer {self.name!r} was given bin_boundaries; there is nothing to "
                "adapt. Give it num_bins instead."
            )
        summary = np.zeros((2, 0), np.float32)
        for batch in batches_of(data, steps):
            numbers = real_numbers("data", batch).astype(np.float32)
            summary = _merged(_summary(numbers, self.epsilon), summary, self.epsilon)
        if not summary.size:
            raise ValueError("Discretization cannot find bins where there is no data.")
        found = _compressed(summary, 1.0 / self.num_bins)
        self.bin_boundaries = found[0, :-1].tolist()

    @property
    def depth(self) -> int:
        """How many bins there are; before `adapt`, how many there are to be."""
        if self.bin_boundaries is None:
            return self.num_bins or 1
        return len(self.bin_boundaries) + 1

    def numbers_for(self, inputs: Any) -> Array:
        """Return the bins of some numbers, of any shape."""
        if self.bin_boundaries is None:
            raise ValueError(
                f"Layer {self.name!r} does not know its bins yet: call "
                f"{self.name}.adapt(data), or give it bin_boundaries."
            )
        numbers = real_numbers("inputs", inputs).astype(np.float32)
        bins = np.digitize(numbers, self.bin_boundaries).astype(np.int32)
        if self.output_mode == "int":
            return bins
        return encoded(bins, self.output_mode, self.depth, "float32")

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this layer again."""
        return {**super().get_config(), "bin_boundaries": self.bin_boundaries}

    @classmethod
    def from_config(cls, config: Any) -> Discretization:
        """Return a layer made with what `get_config` gave, also after `adapt`."""
        if config.get("num_bins") is None:
            return super().from_config(config)
        rest = {key: one for key, one in config.items() if key != "bin_boundaries"}
        layer = super().from_config(rest)
        layer.bin_boundaries = config.get("bin_boundaries")
        return layer


# A summary is a few of the numbers, ascending, and how many each stands for.


def _summary(numbers: Array, epsilon: float) -> Array:
    """Return a summary of numbers; Keras's own way to quantiles of a stream."""
    step = max(numbers.size * epsilon, 1)
    kept = np.sort(numbers.reshape(-1))[int(step - 1) :: int(step)]
    return np.stack([kept, np.full_like(kept, step)])


def _merged(one: Array, other: Array, epsilon: float) -> Array:
    both = np.concatenate([one, other], axis=1)
    return _compressed(both[:, np.argsort(both[0])], epsilon)


def _compressed(summary: Array, epsilon: float) -> Array:
    """Return a summary of at most 1 / epsilon numbers."""
    if summary.shape[1] * epsilon < 1:
        return summary
    shares = epsilon + np.arange(0.0, 1.0, epsilon)
    counts = summary[1].cumsum()
    numbers = np.interp(shares, counts / counts[-1], summary[0])
    counts = np.interp(shares, counts / counts[-1], counts)
    weights = counts - np.concatenate([[0], counts[:-1]])
    return np.stack([numbers, weights]).astype(np.float32)
