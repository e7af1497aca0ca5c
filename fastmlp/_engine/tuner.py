"""How many threads share batches: of those that they are worth, as many as pay.

What work is worth at most, `kernels.threads_for` says.
"""

import time

# In seconds. A chunk of work is so long that signals, callbacks and the progress line
# are served soon; a trial of another number of threads is short, and the seldomer the
# more of them were in vain. It is a few batches at most: beside busy programs each may
# wait for a thread that waits for a core.
_CHUNK = 0.05
_TRIAL = 0.005
_TRIAL_BATCHES = 8
_FIRST_TRIAL_BATCHES = 4  # of a number that nothing is known of
_TRIAL_SHARE = 16  # of what is left, one in so many
# Where threads are so much slower than fewer, more of them are not tried; and so far
# slower in a first batch, which wakes them, they are not tried with others.
_MUCH_SLOWER, _FAR_SLOWER = 1.5, 8.0
_SOONEST_TRIAL = 0.1
_LATEST_TRIAL = 8.0


class ThreadTuner:
    """Learns, while the work goes on, how many threads do it fastest.

    Threads hand each other results at every batch. Two cores that share no cache do
    that so slowly that one of them alone may be faster, and so may one beside a busy
    program. The result is the same to the last bit for any number of threads, so that
    the number may change as the work goes on.

    Args:
        threads: How many threads there may be.
        all_the_time: Whether batches are so long that they are worth all of them.

    Attributes:
        counts: The numbers of threads that are tried, the largest first.

    Example:
        >>> tuner = ThreadTuner(2)
        >>> tuner.learn(2, 1, 0.001)
        >>> tuner.next_chunk(100)
        (1, 4)
        >>> tuner.learn(1, 4, 0.0032)
        >>> tuner.next_chunk(100)
        (2, 1)
        >>> tuner.learn(2, 1, 0.002)
        >>> tuner.next_chunk(100)
        (2, 4)
        >>> tuner.learn(2, 4, 0.004)
        >>> tuner.next_chunk(100)
        (1, 12)
    """

    def __init__(self, threads: int, *, all_the_time: bool = False) -> None:
        halvings = range(1 if all_the_time else threads.bit_length())
        self.counts = sorted({max(1, threads >> one) for one in halvings}, reverse=True)
        self._seconds: dict[int, float] = {}  # of a batch, by number of threads
        self._awake: set[int] = set()  # numbers of threads that have had a first batch
        self._first: float | None = None
        self._chosen = 0  # the best number so far
        self._chunk = _TRIAL  # how long it is to work next
        self._pause = _SOONEST_TRIAL
        self._last_trial = time.perf_counter()

    def next_chunk(self, left: int) -> tuple[int, int]:
        """Return how many threads the next chunk gets, and how many batches it is.

        Args:
            left: How many batches are left.
        """
        if self._first is None:
            return self.counts[0], 1
        threads, seconds = self._choose()
        batches = int(seconds / self._seconds.get(threads, self._first))
        if len(self.counts) > 1 and threads != self._chosen:
            if threads not in self._seconds:
                is_look = bool(self._seconds) and threads not in self._awake
                batches = 1 if is_look else _FIRST_TRIAL_BATCHES
            batches = min(batches, _TRIAL_BATCHES, left // _TRIAL_SHARE)
        return threads, max(1, batches)

    def _choose(self) -> tuple[int, float]:
        """Return the number of threads, and how long they are to work."""
        if len(self.counts) == 1:
            return self.counts[0], _CHUNK
        untried = [count for count in self.counts if count not in self._seconds]
        if untried and not self._are_too_many():
            return untried[-1], _TRIAL
        best = min(self._seconds, key=lambda count: self._seconds[count])
        now = time.perf_counter()
        if best != self._chosen:
            # A trial may have had luck: at first it is believed for a short while only.
            self._chosen, self._chunk, self._pause = best, _TRIAL, _SOONEST_TRIAL
            self._last_trial = now
        elif now - self._last_trial >= self._pause:
            self._last_trial = now
            self._pause = min(2 * self._pause, _LATEST_TRIAL)
            # Taken out and put in again by `learn`, they take turns.
            return next(count for count in self._seconds if count != best), _TRIAL
        self._chunk = min(2 * self._chunk, _CHUNK)
        return best, self._chunk

    def _are_too_many(self) -> bool:
        """Tell whether the most threads that were tried are much slower than others.

        Beside busy programs, even more of them would each wait for a core.
        """
        seconds = self._seconds
        return bool(seconds) and (
            seconds[max(seconds)] > _MUCH_SLOWER * min(seconds.values())
        )

    def learn(self, threads: int, batches: int, seconds: float) -> None:
        """Take note of how long some batches took."""
        batch = max(seconds, 1e-6) / batches
        if self._first is None:
            # It met cold caches, or another program: nothing to compare with.
            self._first = batch
            return
        if self._seconds and threads not in self._seconds.keys() | self._awake:
            self._awake.add(threads)
            if batch < _FAR_SLOWER * min(self._seconds.values()):
                # To wake threads takes a while; beside busy programs, far longer.
                return
        self._seconds.pop(threads, None)
        self._seconds[threads] = batch
