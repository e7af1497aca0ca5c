"""Batches that come one by one: from a generator, or another iterable."""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from typing import Any

import numpy as np

from fastmlp._check.numbers import describe
from fastmlp._engine.build import Training
from fastmlp._engine.runs import Bench, Work, threads_for, warn_of_end
from fastmlp.plan import PREDICT, Float32, Samples


def is_stream(x: Any) -> bool:
    """Tell whether x gives batches one by one, instead of holding all samples.

    Example:
        >>> is_stream(batch for batch in []), is_stream([[1.0, 2.0]])
        (True, False)
    """
    if hasattr(x, "__array__") or isinstance(x, (Sequence, Mapping, Set)):
        return False
    if hasattr(x, "toarray"):  # a sparse matrix, which has a message of its own
        return False
    return hasattr(x, "__iter__")


class Stream:
    """An iterable of batches, read once for a generator, else anew in each epoch.

    Args:
        batches: What gives batches: x, or (x,), (x, y) or (x, y, sample_weight).
        to_samples: Makes samples of what a batch has.
        name: What the user calls it, for messages.
    """

    def __init__(
        self, batches: Any, to_samples: Callable[..., Samples], name: str = "x"
    ) -> None:
        self._batches = batches
        self._to_samples = to_samples
        self._name = name
        self._iterator: Iterator[Any] | None = None
        self._peeked: list[Samples] = []
        self._count = 0

    def peek(self) -> Samples:
        """Return the first batch, which is yet to come.

        Raises:
            ValueError: There is no batch, or it is no batch.
        """
        if not self._peeked:
            first = self._next()
            if first is None:
                raise ValueError(f"{self._name} gives no batches: it is empty.")
            self._peeked.append(first)
        return self._peeked[0]

    def rewind(self) -> None:
        """Begin anew where that is possible: a generator goes on where it is."""
        if not self._peeked and not self._is_generator():
            self._iterator = None

    def take(self, steps: int | None) -> Iterator[Samples]:
        """Give the next batches: at most `steps`, or all that are left."""
        done = 0
        while self._peeked and done != steps:
            done += 1
            yield self._peeked.pop()
        while done != steps:
            batch = self._next()
            if batch is None:
                self._iterator = self._iterator if self._is_generator() else None
                return
            done += 1
            yield batch

    def _is_generator(self) -> bool:
        return hasattr(self._batches, "__next__")

    def _next(self) -> Samples | None:
        """Return the next batch as samples, or None if there is none."""
        if self._iterator is None:
            self._iterator = iter(self._batches)
        try:
            batch = next(self._iterator)
        except StopIteration:
            return None
        parts = tuple(batch) if _is_parts(batch) else (batch,)
        if not 1 <= len(parts) <= 3:
            raise ValueError(
                f"{self._name} must give batches as tuples (x, y) or "
                f"(x, y, sample_weight), not {describe(type(batch).__name__)} of "
                f"{len(parts)}."
            )
        try:
            samples = self._to_samples(*parts)
        except (TypeError, ValueError) as error:
            raise type(error)(
                f"In batch {self._count} of {self._name}: {error}"
            ) from None
        self._count += 1
        return samples


def _is_parts(batch: Any) -> bool:
    """Tell whether a batch is x, y and so on, and not a list of rows."""
    return isinstance(batch, tuple) or (
        isinstance(batch, list) and all(hasattr(part, "__array__") for part in batch)
    )


class StreamRun(Work):
    """The work on batches that come one by one.

    Args:
        bench: Where they are worked on.
        stream: The batches.
        mode: `fastmlp.plan.PREDICT`, `EVALUATE` or `TRAIN`.
        training: What `compile` was told; None where nothing is scored.
        steps: How many batches to work on at a time; None: all.

    Attributes:
        batches: How many batches `work` works on; None while that is not known.
    """

    def __init__(
        self,
        bench: Bench,
        stream: Stream,
        mode: int,
        training: Training | None = None,
        steps: int | None = None,
    ) -> None:
        super().__init__(bench, mode, training)
        self.stream = stream
        self.batches = steps
        self._outputs: list[Float32] = []
        self._steps = steps

    def work(
        self,
        every_batch: bool = False,
        before: Callable[[int], None] | None = None,
        after: Callable[[int], Any] | None = None,
        shuffle: bool | str = False,
    ) -> None:
        """Work through the batches; the arguments are those of `Run.work`.

        Each batch is a chunk, and the order is that in which they come.
        """
        done = 0
        for given in self.stream.take(self._steps):
            samples = given.in_rows()
            self.bench.check(samples)
            if before is not None:
                before(done)
            outputs = None
            if self.mode == PREDICT:
                outputs = np.empty((samples.count, self.bench.outputs), np.float32)
                self._outputs.append(outputs)
            threads = threads_for(self.bench.plan, samples.count)
            space = self.bench.take(samples, samples.count, threads)
            self.run(samples, space, 0, 1, threads, outputs)
            self.bench.give_back(samples, space)
            done += 1
            if after is not None and after(done - 1):
                return
        if self._steps is not None and done < self._steps:
            warn_of_end(done, self._steps)
        elif not done:
            warn_of_end(0, self.batches or 1)
        self.batches = self.batches or done

    def rewind(self) -> None:
        """Begin with the first batch again, where that is possible."""
        self.stream.rewind()

    def latest_outputs(self) -> Float32:
        """Return what was predicted for the last batch."""
        return self._outputs[-1]

    def all_outputs(self) -> Float32:
        """Return what was predicted for all batches."""
        return np.concatenate(self._outputs)
