"""Locks, and what a process that was forked finds of them."""

import os
import subprocess
import sys
import threading

import pytest

from fastmlp._util.locks import Lock

# Forks happen in a process of their own: other tests may have loaded libraries whose
# threads do not bear one.
IN_A_CHILD = """
import os, signal, threading
from fastmlp._util.locks import Lock

def in_a_child(check):
    child = os.fork()
    if child == 0:
        signal.alarm(10)  # a hang ends here
        try:
            os._exit(0 if check() else 1)
        except BaseException:
            os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
"""
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")


def printed(code):
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", IN_A_CHILD + code],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout.split()


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
@pytest.mark.parametrize("again", [False, True])
def test_what_another_thread_holds_at_a_fork_is_free_in_the_child(again):
    code = f"""
lock = Lock(again={again})
held, done = threading.Event(), threading.Event()
def hold():
    with lock:
        held.set()
        done.wait()
other = threading.Thread(target=hold)
other.start()
held.wait()
print(in_a_child(lambda: lock.acquire(blocking=False)))
print(lock.acquire(blocking=False))
done.set()
"""
    free_in_the_child, free_in_the_parent = printed(code)
    assert free_in_the_child == "True"
    assert free_in_the_parent == "False"


@needs_fork
def test_what_the_thread_that_forks_holds_it_holds_in_the_child():
    code = """
lock = Lock()
def held_until_released():
    held = lock.is_held_here() and not lock.acquire(blocking=False)
    lock.release()
    return held and lock.acquire(blocking=False)
with lock:
    print(in_a_child(held_until_released))
"""
    assert printed(code) == ["True"]
