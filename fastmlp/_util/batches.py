"""What gives batches by number, and the order in which they are asked for."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Any

from fastmlp._check.numbers import as_count, true_or_false
from fastmlp._util.random import generator
from fastmlp._util.warn import warn


class PyDataset:
    """Batches by number: a subclass says how many there are, and what each one is.

    `fit`, `evaluate` and `predict` take it as x, and `fit` as `validation_data`. Where
    `fit` shuffles, as it does by default, the batches come in another order in each
    epoch.

    Args:
        workers: How many threads prepare batches ahead of their use. Default 1: each
            is prepared when it is its turn, by the thread that trains.
        use_multiprocessing: Accepted for the sake of Keras: batches are prepared by
            threads, and a warning says so.
        max_queue_size: How many batches are prepared ahead at most, one at least.
            Default 10.

    Raises:
        TypeError: An argument is of the wrong kind.
        ValueError: A number is negative.

    Example:
        >>> import numpy as np
        >>> from fastmlp import layers, models
        >>> class Squares(PyDataset):
        ...     def __len__(self):
        ...         return 3
        ...
        ...     def __getitem__(self, index):
        ...         x = np.arange(4 * index, 4 * index + 4).reshape(-1, 1)
        ...         return x, x**2
        >>> model = models.Sequential([layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> model.predict(Squares(), verbose=0).shape
        (12, 1)
    """

    workers: int = 1
    use_multiprocessing: bool = False
    max_queue_size: int = 10

    def __init__(
        self,
        workers: int = 1,
        use_multiprocessing: bool = False,
        max_queue_size: int = 10,
    ) -> None:
        self.workers = as_count("workers", workers, 0)
        self.use_multiprocessing = true_or_false(
            "use_multiprocessing", use_multiprocessing
        )
        self.max_queue_size = as_count("max_queue_size", max_queue_size, 0)
        if use_multiprocessing:
            warn(
                "use_multiprocessing=True starts no processes here: batches are "
                "prepared by as many threads as there are workers."
            )

    def __getitem__(self, index: int) -> Any:
        """Return batch `index`: (x, y), (x, y, sample_weight), or x to predict."""
        raise NotImplementedError(
            f"{type(self).__name__} needs a method __getitem__(self, index) that "
            "returns a batch, (x, y)."
        )

    @property
    def num_batches(self) -> int | None:
        """How many batches there are: what `__len__` says; None: there is no end."""
        count = getattr(self, "__len__", None)
        if count is None:
            raise NotImplementedError(
                f"{type(self).__name__} needs a method __len__(self) that returns how "
                "many batches there are."
            )
        found: int = count()
        return found

    def on_epoch_begin(self) -> None:
        """Do nothing; called before the first batch of each epoch."""

    def on_epoch_end(self) -> None:
        """Do nothing; called after the last batch of each epoch."""

    def __iter__(self) -> Iterator[Any]:
        """Give the batches in their order."""
        return in_turn(self, range_of(self))


def is_indexed(x: Any) -> bool:
    """Tell whether batches are asked for by number.

    That is a `PyDataset`, Keras's own, and all that looks like one.

    Example:
        >>> is_indexed(PyDataset()), is_indexed(iter([]))
        (True, False)
    """
    if not hasattr(x, "__getitem__"):
        return False
    if hasattr(x, "__iter__"):
        return hasattr(x, "on_epoch_end")
    return hasattr(x, "__len__")


def is_stream(x: Any) -> bool:
    """Tell whether x gives batches one by one, instead of holding all samples.

    Example:
        >>> is_stream(batch for batch in []), is_stream([[1.0, 2.0]])
        (True, False)
    """
    if hasattr(x, "__array__") or isinstance(x, (Sequence, Mapping, Set, type)):
        return False
    if hasattr(x, "toarray"):  # a sparse matrix, of scipy.sparse or another library
        return False
    return hasattr(x, "__iter__") or is_indexed(x)


def batch_count(x: Any) -> int | None:
    """Return how many batches something gives, if it tells, and if there is an end."""
    if is_indexed(x) and hasattr(x, "num_batches"):
        return None if x.num_batches is None else int(x.num_batches)
    try:
        return len(x)
    except TypeError:
        return None


def range_of(x: Any) -> Iterable[int]:
    """Return the numbers of all batches of what is asked for them by number."""
    count = batch_count(x)
    return itertools.count() if count is None else range(count)


def begin_batches(x: Any, shuffle: bool) -> Iterator[Any]:
    """Return what gives the batches of x from the first on.

    Args:
        x: An iterable, or what is asked for batches by number.
        shuffle: Whether these come in an order that is drawn.
    """
    if not is_indexed(x):
        return iter(x)
    numbers = range_of(x)
    if shuffle and isinstance(numbers, range):
        numbers = generator().permutation(len(numbers)).tolist()
    if getattr(x, "workers", 1) > 1:
        return _ahead(x, iter(numbers))
    return in_turn(x, numbers)


def in_turn(x: Any, numbers: Iterable[int]) -> Iterator[Any]:
    """Give some batches, each prepared when it is its turn."""
    for number in numbers:
        yield x[number]


def _ahead(x: Any, numbers: Iterator[int]) -> Iterator[Any]:
    """Give some batches in their order, which threads prepare before their turn."""
    from concurrent.futures import ThreadPoolExecutor  # Only here: few ask for it.

    pool = ThreadPoolExecutor(x.workers)
    try:
        most = itertools.islice(numbers, max(x.max_queue_size, 1))
        waiting = deque([pool.submit(x.__getitem__, number) for number in most])
        while waiting:
            batch = waiting.popleft().result()
            for number in itertools.islice(numbers, 1):
                waiting.append(pool.submit(x.__getitem__, number))
            yield batch
    finally:
        pool.shutdown(cancel_futures=True)
