"""Locks that Ctrl-C cannot leave shut, and that a forked child finds open."""

import os
import time
import weakref
from _thread import get_ident  # That is all of `threading` that is needed here.
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

Result = TypeVar("Result")

# Who holds a lock, by this name in its dictionary: [the thread].
_HOLD = "hold"


class Lock:
    """What one thread at a time may hold, and that thread as often as it likes.

    A copy is another lock, and free. So is a lock in a forked child, unless the thread
    that forked holds it: of the threads of a process, a child has only that one, and
    what another held, nobody would ever release.

    Example:
        >>> lock = Lock()
        >>> hold([lock], wait, lock.is_held_here), lock.is_held_here()
        (True, False)
    """

    def __init__(self) -> None:
        self._holds: dict[str, list[int]] = {}
        _locks.add(self)

    def is_held_here(self) -> bool:
        """Tell whether this thread holds it."""
        return self._holds.get(_HOLD) == [get_ident()]

    def open(self) -> None:
        """Make it free, whoever holds it."""
        self._holds.clear()

    def __reduce__(self) -> tuple[type["Lock"], tuple[()]]:
        """Make another lock for a copy."""
        return Lock, ()


def hold(
    locks: Iterable[Lock],
    busy: Callable[[Lock], None],
    work: Callable[..., Result],
    *arguments: Any,
) -> Result:
    """Return work(*arguments), which is called while this thread holds some locks.

    Ctrl-C may be served between any two steps of the interpreter: when `with` has
    called `__enter__` and does not yet watch, or before the first step of `__exit__`.
    Here a lock is taken inside of `try`, with a mark of who has it, and is released
    twice, since Ctrl-C can be in the way of one of the two only. And where memory has
    run out, there is none for an iterator: to release it takes none.

    Args:
        locks: The locks.
        busy: Called with one that another thread holds: waits a moment, or raises.
        work: What is to be done.
        *arguments: Its arguments.
    """
    mark, taken = [get_ident()], list[dict[str, list[int]]]()
    try:
        try:
            for lock in locks:
                taken.append(lock._holds)
                _take(lock, mark, busy)
            return work(*arguments)
        finally:
            _release(taken, mark)
    finally:
        _release(taken, mark)


def _take(lock: Lock, mark: list[int], busy: Callable[[Lock], None]) -> None:
    # Not in `hold`: from Python 3.13 on, `try` does not watch the jump of this loop.
    # And in one step: nobody comes between the look and the taking.
    while lock._holds.setdefault(_HOLD, mark) != mark:
        busy(lock)


def _release(taken: list[dict[str, list[int]]], mark: list[int]) -> None:
    while taken:
        # It may be another's, or that of an earlier call in this thread.
        if taken[-1].get(_HOLD) is mark:
            del taken[-1][_HOLD]
        taken.pop()


def wait(lock: Lock) -> None:
    """Wait a moment for who holds a lock: for what is done once, and short."""
    time.sleep(0.001)


_locks: "weakref.WeakSet[Lock]" = weakref.WeakSet()


def _open_what_others_hold() -> None:
    for lock in list(_locks):
        if not lock.is_held_here():
            lock.open()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_open_what_others_hold)
