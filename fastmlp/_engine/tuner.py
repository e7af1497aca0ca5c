"""How many threads share the work on a network: as many as pay."""

import time

# In seconds. A chunk of work is so long that signals, callbacks and the progress line
# are served soon; a trial of another number of threads is short, and seldom.
_CHUNK = 0.05
_TRIAL = 0.005
_BETWEEN_TRIALS = 0.5

# Batches that take longer than this are always worth all threads.
_LONG_BATCH = 0.005


class Team:
    """Learns, while the work goes on, how many threads do it fastest.

    The threads of a team hand each other results at every batch. Two cores that share
    no cache do that so slowly that one of them alone may be faster, and so may one
    beside a busy program. On one instruction set, the result is the same to the last
    bit for any number of threads, so that the number may change as the work goes on.

    Args:
        threads: How many threads there may be.

    Attributes:
        sizes: The numbers of threads that are tried, the largest first.

    Example:
        >>> team = Team(2)
        >>> team.learn(2, 1, 0.001)
        >>> team.next_chunk()
        (2, 5)
        >>> team.learn(2, 5, 0.005)
        >>> team.learn(1, 5, 0.004)
        >>> team.next_chunk()
        (1, 62)
    """

    def __init__(self, threads: int) -> None:
        self.sizes = sorted(
            {max(1, threads >> halvings) for halvings in range(threads.bit_length())},
            reverse=True,
        )
        self._seconds: dict[int, float] = {}  # of a batch, by size of the team
        self._first: float | None = None
        self._last_trial = time.perf_counter()

    def next_chunk(self) -> tuple[int, int]:
        """Return how many threads the next chunk gets, and how many batches it is."""
        if self._first is None:
            return self.sizes[0], 1
        size, seconds = self._choose()
        batch = self._seconds.get(size, self._first)
        return size, max(1, int(seconds / batch))

    def _choose(self) -> tuple[int, float]:
        """Return the size of the team, and how long it is to work."""
        untried = [size for size in self.sizes if size not in self._seconds]
        if untried:
            return untried[0], _TRIAL if len(self.sizes) > 1 else _CHUNK
        best = min(self._seconds, key=lambda size: self._seconds[size])
        now = time.perf_counter()
        if len(self.sizes) == 1 or now - self._last_trial < _BETWEEN_TRIALS:
            return best, _CHUNK
        self._last_trial = now
        # Taken out and put in again by `learn`, they take turns.
        return next(size for size in self._seconds if size != best), _TRIAL

    def learn(self, size: int, batches: int, seconds: float) -> None:
        """Take note of how long some batches took."""
        batch = max(seconds, 1e-6) / batches
        if self._first is None:
            # It met cold caches: good to estimate with, not to compare.
            self._first = batch
            if batch > _LONG_BATCH:
                self.sizes = self.sizes[:1]
            return
        self._seconds.pop(size, None)
        self._seconds[size] = batch
