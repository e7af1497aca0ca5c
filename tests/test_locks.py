"""Locks, and what a process that was forked finds of them."""

import os
import signal
import threading

import pytest

from fastmlp._util.locks import Lock

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")


def in_a_child(check):
    """Return whether `check` is true in a forked process, which gets ten seconds."""
    child = os.fork()
    if child == 0:
        signal.alarm(10)
        try:
            os._exit(0 if check() else 1)
        except BaseException:
            os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_one_thread_at_a_time_holds_a_lock():
    lock = Lock()
    tried = []
    with lock:
        assert lock.is_held_here()
        other = threading.Thread(
            target=lambda: tried.append(
                (lock.acquire(blocking=False), lock.is_held_here())
            )
        )
        other.start()
        other.join()
    assert tried == [(False, False)]
    assert lock.acquire(blocking=False)


def test_a_lock_is_released_after_an_error():
    lock = Lock()
    with pytest.raises(KeyError), lock:
        raise KeyError
    assert not lock.is_held_here()
    assert lock.acquire(blocking=False)


def test_a_lock_that_may_be_held_again_is_held_until_the_last_release():
    lock = Lock(again=True)
    with lock:
        with lock:
            pass
        assert lock.is_held_here()
    assert not lock.is_held_here()


@needs_fork
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("again", [False, True])
def test_what_another_thread_holds_at_a_fork_is_free_in_the_child(again):
    lock = Lock(again=again)
    held, done = threading.Event(), threading.Event()

    def hold():
        with lock:
            held.set()
            done.wait()

    other = threading.Thread(target=hold)
    other.start()
    held.wait()
    try:
        assert in_a_child(lambda: lock.acquire(blocking=False))
        assert not lock.acquire(blocking=False), "in the parent it is held still"
    finally:
        done.set()
        other.join()


@needs_fork
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_the_thread_that_forks_holds_it_holds_in_the_child():
    lock = Lock()

    def held_until_released():
        held = lock.is_held_here() and not lock.acquire(blocking=False)
        lock.release()
        return held and lock.acquire(blocking=False)

    with lock:
        assert in_a_child(held_until_released)
