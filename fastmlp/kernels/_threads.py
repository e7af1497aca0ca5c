"""How many threads an amount of work is worth, at most.

While batches are run, `fastmlp._engine.tuner` finds out how many of them pay.
"""

import os

from fastmlp import config
from fastmlp._util.warn import warn
from fastmlp.kernels import _loading

# To wake a thread takes as long as this many multiplications, or to start one of
# Python's as long as the conversion of this many numbers: less is no help to get.
_WORK_OF_A_THREAD = 200_000

# Whether this process has one thread to work with.
_alone = False


def _be_alone() -> None:
    """Use one thread from now on."""
    global _alone
    _alone = True


if hasattr(os, "register_at_fork"):
    # GNU OpenMP hangs in a forked child whose parent has used it.
    os.register_at_fork(after_in_child=_be_alone)


def go_on_alone() -> None:
    """Use one thread from now on, since no other could be started, and say so."""
    if not _alone:
        _be_alone()
        warn(
            "No thread could be started: the process has reached the number of them "
            "(`ulimit -u`, or that of its container), or its memory (`ulimit -v`). "
            "fastmlp goes on with one, which gives the same results.",
            RuntimeWarning,
        )


def num_threads() -> int:
    """Return how many threads share large work: see `fastmlp.config`.

    There are no more of them than OpenMP may start at the moment, which
    `threadpoolctl.threadpool_limits` sets. It is 1 in a process that was forked or
    could not start a thread, and where nothing compiled is in use.

    Example:
        >>> num_threads() >= 1
        True
    """
    compiled = _loading.compiled
    if compiled is None or _alone or not compiled.has_openmp():
        return 1
    limit: int = compiled.openmp_limit()
    wanted = config.get_num_threads()
    # Without a limit it is what OMP_NUM_THREADS says, which `config` knows and may
    # overrule, or else all processors.
    return wanted if limit >= _USUAL_LIMIT else min(wanted, limit)


def threads_for(work: int) -> int:
    """Return how many threads an amount of work is worth.

    Args:
        work: Multiplications of a batch, or numbers to convert or to compress.

    Example:
        >>> threads_for(1000)
        1
    """
    worth = work // _WORK_OF_A_THREAD
    # Where a single row is predicted, a microsecond counts.
    return 1 if worth < 2 else min(num_threads(), worth)


def _usual_limit() -> int:
    """Return how many threads OpenMP starts while nothing limits it."""
    compiled = _loading.compiled
    if compiled is None:
        return 1
    return config.omp_num_threads() or int(compiled.openmp_processors())


_USUAL_LIMIT = _usual_limit()
