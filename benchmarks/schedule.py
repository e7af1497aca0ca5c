"""Which runs there are, in which order, and how long they will take."""

import statistics
from typing import NamedTuple

from jobs import JOBS

# A guess at what fastmlp reaches on one core, to begin with.
OPERATIONS_PER_SECOND = 80e9


class Run(NamedTuple):
    """A job done once by a library, on so many threads."""

    job: str
    peer: str
    threads: int


def plan(jobs, contestants, repeats):
    """Return the runs in their order: the contestants of a job take turns.

    Args:
        jobs: Names of jobs.
        contestants: Pairs of a peer's name and its threads.
        repeats: How many turns there are.

    Example:
        >>> [run.peer for run in plan(["seed"], [("fastmlp", 1), ("numpy", 1)], 2)]
        ['fastmlp', 'numpy', 'fastmlp', 'numpy']
    """
    return [
        Run(job, peer, threads)
        for job in jobs
        for _ in range(repeats)
        for peer, threads in contestants
    ]


def guess_seconds(run, quick=False):
    """Return about how long a run takes, when nothing is known of the machine."""
    from peers import PEERS

    job = JOBS[run.job].quick() if quick else JOBS[run.job]
    peer = PEERS[run.peer]
    # Forward and two gradients, a multiplication and an addition each.
    operations = 6 * job.parameters * job.rows * (job.epochs + 1)
    return peer.start + peer.pace * operations / OPERATIONS_PER_SECOND / run.threads


class TimeLeft:
    """How long the runs that are left will take: known better after each of them.

    A run takes as long as the same one did before. One that is new takes its guess,
    times how far the guesses of the same library were off so far.

    Args:
        runs: All of them.
        guess: A function from a run to seconds.

    Example:
        >>> runs = plan(["seed"], [("fastmlp", 1), ("numpy", 1)], 2)
        >>> left = TimeLeft(runs, lambda run: 10.0)
        >>> left.seconds()
        40.0
        >>> left.note(runs[0], 5.0)
        >>> left.seconds()
        25.0
    """

    def __init__(self, runs, guess):
        self.runs = list(runs)
        self.guess = guess
        self.taken = {}

    def note(self, run, seconds):
        """Take down that the run is done, and how long it took."""
        self.runs.remove(run)
        self.taken.setdefault(run, []).append(seconds)

    def drop(self, run):
        """Forget the runs that are like this one."""
        self.runs = [other for other in self.runs if other != run]

    def seconds(self):
        """Return how long the runs that are left will take."""
        return sum(map(self._expect, self.runs))

    def _expect(self, run):
        if run in self.taken:
            return statistics.median(self.taken[run])
        known = [other for other in self.taken if other.peer == run.peer]
        if not known:
            return self.guess(run)
        taken = sum(statistics.median(self.taken[other]) for other in known)
        return self.guess(run) * taken / sum(map(self.guess, known))


def in_words(seconds):
    """Return a time as one says it.

    Example:
        >>> in_words(7.2), in_words(100), in_words(1000), in_words(5000)
        ('7 s', '1 min 40 s', '17 min', '1 h 23 min')
    """
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 600:
        return f"{seconds // 60} min {seconds % 60} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"
