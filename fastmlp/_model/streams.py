"""Batches that come one by one: from a generator, a loader, or a `PyDataset`."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from fastmlp._check.numbers import describe
from fastmlp._check.sparse import is_sparse
from fastmlp._engine.runs import Run, Work, WorkspacePool, warn_of_end
from fastmlp._model.samples import Given
from fastmlp._util.batches import batch_count, begin_batches, is_indexed
from fastmlp._util.warn import warn
from fastmlp.plan import PREDICT, Float32, Samples


def to_stream(
    x: Any,
    y: Any,
    sample_weight: Any,
    to_samples: Callable[..., Given],
    *,
    batch_size: int | None = None,
    share: float = 0.0,
    shuffle: bool = False,
) -> "Stream":
    """Return x as a stream, whose batches have to bring along what belongs to them.

    Raises:
        ValueError: Something was given beside it.
    """
    if y is not None or sample_weight is not None:
        raise ValueError(
            "x gives batches, so they must hold the targets and weights too: leave y "
            "and sample_weight out, and let x give tuples (x, y, sample_weight)."
        )
    if share:
        raise ValueError(
            "validation_split needs all samples at once, but x gives batches: pass "
            "validation_data instead."
        )
    if batch_size is not None:
        warn("batch_size is not used: x gives batches, which have their own sizes.")
    return Stream(x, to_samples, shuffle=shuffle)


class Stream:
    """What gives batches: each epoch begins it anew, and a generator goes on.

    Args:
        batches: An iterable, or what is asked for batches by number (see
            `fastmlp.utils.PyDataset`); a batch is x, or (x,), (x, y) or
            (x, y, sample_weight).
        to_samples: Makes samples of what a batch has.
        name: What the user calls it, for messages.
        shuffle: Whether batches that are asked for by number come in another order in
            each epoch.
    """

    def __init__(
        self,
        batches: Any,
        to_samples: Callable[..., Given],
        name: str = "x",
        shuffle: bool = False,
    ) -> None:
        self._batches = batches
        self._to_samples = to_samples
        self._name = name
        self._shuffles = shuffle and is_indexed(batches)
        self._iterator: Iterator[Any] | None = None
        self._shapes: tuple[tuple[int, ...], ...] | None = None
        self._peeked: list[Given] = []
        self._count = 0
        self._in_epoch = False

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """The shapes of one sample, as the first batch has it, which is yet to come.

        Raises:
            ValueError: There is no batch, or it is no batch.
        """
        if self._shapes is None:
            self.begin_epoch()
            if not self._shuffles:
                first = self._next()
            elif batch_count(self._batches) == 0:
                first = None
            else:  # Their order is drawn once all is checked.
                first = self._read(self._batches[0])
                self._count = 0
            if first is None:
                raise ValueError(f"{self._name} gives no batches: it is empty.")
            if not self._shuffles:
                self._peeked.append(first)
            self._shapes = first.shapes
        return self._shapes

    @property
    def batch_count(self) -> int | None:
        """How many batches an epoch has, if anybody knows."""
        return batch_count(self._batches)

    def refuse_no_end(self) -> None:
        """Refuse batches by number that have no end.

        Raises:
            ValueError: They have none.
        """
        if is_indexed(self._batches) and self.batch_count is None:
            raise ValueError(
                f"{self._name} has no end, since its num_batches is None: say how many "
                "batches to take at a time, with steps_per_epoch or validation_steps "
                "of fit, or with steps of evaluate and predict."
            )

    def begin_epoch(self) -> None:
        """Tell what gives the batches that an epoch begins, unless it knows."""
        if not self._in_epoch:
            self._in_epoch = True
            getattr(self._batches, "on_epoch_begin", _do_nothing)()

    def end_epoch(self) -> None:
        """Tell what gives the batches that an epoch has ended."""
        self._in_epoch = False
        getattr(self._batches, "on_epoch_end", _do_nothing)()

    def rewind(self) -> None:
        """Begin anew where that is possible: a generator goes on where it is."""
        if not self._peeked:
            self._iterator = None

    def next_batches(self, steps: int | None) -> Iterator[Samples]:
        """Give the next batches: at most `steps`, or all that are left.

        An epoch of all batches begins with the first; one of some steps goes on where
        the one before ended, and begins anew if that was the end.
        """
        self.begin_epoch()
        if steps is None:
            self.rewind()
        done = 0
        while done != steps:
            batch = self._next()
            if batch is None and not done:
                self.rewind()
                batch = self._next()
            if batch is None:
                return
            done += 1
            yield batch.samples

    def _next(self) -> Given | None:
        """Return the next batch as samples, or None if there is none."""
        if self._peeked:
            return self._peeked.pop()
        if self._iterator is None:
            self._iterator = begin_batches(self._batches, self._shuffles)
        try:
            batch = next(self._iterator)
        except StopIteration:
            return None
        return self._read(batch)

    def _read(self, batch: Any) -> Given:
        """Return a batch as samples."""
        parts = tuple(batch) if _is_parts(batch) else (batch,)
        if not 1 <= len(parts) <= 3:
            raise ValueError(
                f"{self._name} must give batches as tuples (x, y) or "
                f"(x, y, sample_weight), not {describe(type(batch).__name__)} of "
                f"{len(parts)}."
            )
        try:
            given = self._to_samples(*parts)
        except (TypeError, ValueError) as error:
            raise type(error)(
                f"In batch {self._count} of {self._name}: {error}"
            ) from None
        self._count += 1
        return given


def _do_nothing() -> None:
    pass


def _is_parts(batch: Any) -> bool:
    """Tell whether a batch is x, y and so on, and not a list of rows."""
    return isinstance(batch, tuple) or (
        isinstance(batch, list) and all(_is_part(part) for part in batch)
    )


def _is_part(part: Any) -> bool:
    """Tell whether a list may hold it as x or y: arrays, also of several inputs."""
    if isinstance(part, (list, tuple)):
        return len(part) > 0 and all(_is_array(one) for one in part)
    return part is None or _is_array(part) or isinstance(part, Mapping)


def _is_array(value: Any) -> bool:
    return hasattr(value, "__array__") or is_sparse(value)


class StreamRun(Work):
    """The work on batches that come one by one.

    Args:
        pool: The plan.
        stream: The batches.
        mode: `fastmlp.plan.PREDICT`, `EVALUATE` or `TRAIN`.
        steps: How many batches to work on at a time; None: all.

    Attributes:
        batches: How many batches `work` works on; None while that is not known.

    Raises:
        ValueError: There is no end to them.
    """

    def __init__(
        self, pool: WorkspacePool, stream: Stream, mode: int, steps: int | None = None
    ) -> None:
        if steps is None:
            stream.refuse_no_end()
        super().__init__(pool, mode)
        self.stream = stream
        self.batches = steps or stream.batch_count
        self._outputs: list[tuple[Float32, ...]] = []
        self._chunk = 1  # how many batches the last one has so far
        self._steps = steps

    def work(
        self,
        every: int | None = None,
        before: Callable[[int], None] | None = None,
        after: Callable[[int], Any] | None = None,
        shuffle: bool | str = False,
    ) -> None:
        """Work through the batches; the arguments are those of `Run.work`.

        A chunk is one batch if they do not say how many, and the order is that in
        which the stream gives them. If there are none, nothing happens.
        """
        every = every or 1
        done = 0
        for samples in self.stream.next_batches(self._steps):
            if before is not None and done % every == 0:
                before(done)
            outputs = self.run_batch(samples)
            if self.mode == PREDICT:
                self._outputs.append(outputs)
            done += 1
            self._chunk = (done - 1) % every + 1
            if after is not None and done % every == 0 and after(done - 1):
                self.stream.end_epoch()
                return
        if after is not None and done % every:
            after(done - 1)
        if self._steps is not None and 0 < done < self._steps:
            warn_of_end(done, self._steps)
        self.batches = self.batches or done
        self.stream.end_epoch()

    def rewind(self) -> None:
        """Begin with the first batch again, where that is possible."""
        self.stream.rewind()

    def latest_outputs(self) -> list[Float32]:
        """Return what was predicted for the last chunk."""
        chunk = self._outputs[-self._chunk :]
        return [np.concatenate(parts) for parts in zip(*chunk, strict=True)]

    def all_outputs(self) -> list[Float32]:
        """Return what was predicted for all batches."""
        return [np.concatenate(parts) for parts in zip(*self._outputs, strict=True)]


AnyRun = Run | StreamRun


def make_run(
    pool: WorkspacePool, given: Given | Stream, mode: int, steps: int | None
) -> AnyRun:
    """Return the work on what was given: samples that are all there, or a stream."""
    if isinstance(given, Stream):
        return StreamRun(pool, given, mode, steps)
    return Run(pool, given.samples, given.batch_size, mode, steps)
