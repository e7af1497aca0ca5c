"""Locks, and what a process that was forked finds of them."""

import copy
import itertools
import os
import subprocess
import sys
import threading

import pytest

from fastmlp import layers
from fastmlp._model import network
from fastmlp._util.locks import Lock, hold, wait
from fastmlp.models import Sequential

# Forks happen in a process of their own: other tests may have loaded libraries whose
# threads do not bear one.
IN_A_CHILD = """
import os, signal, threading
from fastmlp._util.locks import Lock, hold

def refuse(lock):
    raise RuntimeError

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


class Held(Exception):
    """A lock is held by another thread."""


def refuse(lock):
    raise Held


def in_another_thread(work, *arguments):
    """Return what a call in another thread returns, or the error that it raises."""
    results = []

    def run():
        try:
            results.append(work(*arguments))
        except Exception as error:
            results.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return results[0]


def test_one_thread_at_a_time_holds_a_lock():
    lock = Lock()

    def tried_meanwhile():
        error = in_another_thread(hold, [lock], refuse, int)
        return lock.is_held_here(), in_another_thread(lock.is_held_here), type(error)

    assert hold([lock], refuse, tried_meanwhile) == (True, False, Held)
    assert not lock.is_held_here()
    assert in_another_thread(hold, [lock], refuse, int) == 0


def test_a_layer_that_comes_before_the_model_is_held_is_held_as_well(monkeypatch):
    model = Sequential([layers.Input((4,)), layers.Dense(3)])
    late = layers.Dense(2)

    def hold_later(*arguments):
        monkeypatch.setattr(network, "hold", hold)
        model.add(late)  # What another thread may do just then.
        return hold(*arguments)

    monkeypatch.setattr(network, "hold", hold_later)
    assert model._network.between_batches(late._lock.is_held_here)


def test_a_thread_may_wait_for_a_lock():
    lock, order = Lock(), []
    begun = threading.Event()

    def first():
        begun.set()
        waiting.start()
        order.append("first")

    waiting = threading.Thread(target=hold, args=([lock], wait, order.append, "second"))
    hold([lock], refuse, first)
    waiting.join()
    assert order == ["first", "second"]


def test_of_several_locks_all_are_held_or_none():
    locks = [Lock(), Lock(), Lock()]

    def tried_meanwhile():
        return in_another_thread(hold, locks, refuse, int)

    assert isinstance(hold(locks[2:], refuse, tried_meanwhile), Held)
    assert in_another_thread(hold, locks, refuse, int) == 0


def test_a_lock_is_released_after_an_error():
    lock = Lock()
    with pytest.raises(KeyError):
        hold([lock], refuse, dict().pop, "nothing")
    assert not lock.is_held_here()


def test_a_lock_that_its_thread_takes_again_is_held_until_the_first_release():
    lock = Lock()

    def again():
        hold([lock], refuse, int)
        return lock.is_held_here()

    assert hold([lock], refuse, again)
    assert not lock.is_held_here()


def test_a_copy_of_a_held_lock_is_free():
    lock = Lock()
    copied = hold([lock], refuse, copy.deepcopy, lock)
    assert in_another_thread(hold, [copied], refuse, int) == 0


def test_no_interruption_leaves_a_lock_held():
    locks = [Lock(), Lock()]
    step = 0
    for step in itertools.count(1):
        # The error keeps the frames that it went through, as it does in a notebook.
        error = interrupted_at(step, lambda: hold(locks, refuse, list))
        assert in_another_thread(hold, locks, refuse, int) == 0, f"at step {step}"
        if error is None:
            break
    assert step > 100


def interrupted_at(step, work):
    """Return what a call does of KeyboardInterrupt before a step of its bytecode."""
    left = iter(range(step))

    def trace(frame, event, argument):
        frame.f_trace_opcodes = True
        if event == "opcode" and next(left, None) == step - 1:
            raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    # Python 3.12 looks, as the tracing begins, whether any frame asks for steps.
    sys._getframe().f_trace_opcodes = True
    sys.settrace(trace)
    try:
        work()
    except KeyboardInterrupt as error:
        return error
    finally:
        sys.settrace(before)
    return None


@needs_fork
def test_what_another_thread_holds_at_a_fork_is_free_in_the_child():
    code = """
lock = Lock()
held, done = threading.Event(), threading.Event()
def keep():
    held.set()
    done.wait()
threading.Thread(target=hold, args=([lock], refuse, keep)).start()
held.wait()
def is_free():
    try:
        return hold([lock], refuse, lambda: True)
    except RuntimeError:
        return False
print(in_a_child(is_free), is_free())
done.set()
"""
    assert printed(code) == ["True", "False"]


@needs_fork
def test_what_the_thread_that_forks_holds_it_holds_in_the_child():
    code = """
lock = Lock()
print(hold([lock], refuse, in_a_child, lock.is_held_here))
"""
    assert printed(code) == ["True"]
