"""Locks that a forked child finds open."""

import os
import threading
import weakref
from types import TracebackType
from typing import Any


class Lock:
    """A lock that is free in a forked child, unless the thread that forked holds it.

    Of the threads of a process, a child has only the one that forked. What another
    thread holds at that moment, nobody would ever release.

    Args:
        again: Whether the thread that holds it may acquire it again.

    Example:
        >>> lock = Lock()
        >>> with lock:
        ...     lock.acquire(blocking=False), lock.is_held_here()
        (False, True)
        >>> lock.is_held_here()
        False
    """

    def __init__(self, *, again: bool = False) -> None:
        self._again = again
        self._open()
        _locks.add(self)

    def _open(self) -> None:
        self._lock: Any = threading.RLock() if self._again else threading.Lock()
        self._holder: int | None = None
        self._depth = 0

    def acquire(self, blocking: bool = True) -> bool:
        """Return whether this thread holds the lock now, which it may wait for."""
        acquired = self._lock.acquire(blocking)
        if acquired:
            self._holder = threading.get_ident()
            self._depth += 1
        return bool(acquired)

    def release(self) -> None:
        """Let another thread have the lock."""
        self._depth -= 1
        if not self._depth:
            self._holder = None
        self._lock.release()

    def is_held_here(self) -> bool:
        """Tell whether this thread holds it."""
        return self._holder == threading.get_ident()

    def __enter__(self) -> None:
        """Acquire it."""
        self.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Release it."""
        self.release()


_locks: "weakref.WeakSet[Lock]" = weakref.WeakSet()


def _open_what_others_hold() -> None:
    for lock in list(_locks):
        if not lock.is_held_here():
            lock._open()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_open_what_others_hold)
