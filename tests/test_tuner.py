from itertools import pairwise

import pytest

from fastmlp._engine import tuner
from fastmlp._engine.tuner import ThreadTuner


class Work:
    """A clock, and work whose batches take as long as a test says."""

    def __init__(self, monkeypatch, threads, seconds, **options):
        self.now = 0.0
        monkeypatch.setattr(tuner.time, "perf_counter", lambda: self.now)
        self.seconds = seconds
        self.tuner = ThreadTuner(threads, **options)
        self.counts = []  # of threads, one a chunk
        self.chunks = []  # how long they took

    def go_on(self, until):
        while self.now < until:
            count, batches = self.tuner.next_chunk(1000)
            took = batches * self.seconds[count]
            self.now += took
            self.tuner.learn(count, batches, took)
            self.counts.append(count)
            self.chunks.append(took)

    def most_used(self):
        return max(set(self.counts), key=self.counts.count)


def test_one_thread_alone_has_nothing_to_choose(monkeypatch):
    work = Work(monkeypatch, 1, {1: 0.001})
    work.go_on(1)
    assert set(work.counts) == {1}
    assert 0.04 < max(work.chunks) < 0.051


def test_every_halving_is_tried_the_safest_first_and_the_fastest_kept(monkeypatch):
    work = Work(monkeypatch, 8, {8: 0.002, 4: 0.001, 2: 0.0015, 1: 0.003})
    work.go_on(0.12)
    assert work.counts[:8] == [8, 1, 2, 2, 4, 4, 8, 8]
    assert set(work.counts[8:]) == {4}


def test_the_number_of_threads_follows_the_machine(monkeypatch):
    work = Work(monkeypatch, 2, {2: 0.001, 1: 0.002})
    work.go_on(2)
    assert work.most_used() == 2
    work.seconds[2] = 0.004  # another program has come
    work.counts.clear()
    work.go_on(4)
    assert work.most_used() == 1
    work.seconds[2] = 0.001  # and gone
    work.go_on(14)
    work.counts.clear()
    work.go_on(16)
    assert work.most_used() == 2


def test_trials_are_short_and_the_rarer_the_more_were_in_vain(monkeypatch):
    work = Work(monkeypatch, 2, {2: 0.001, 1: 0.002})
    work.go_on(40)
    trials = [i for i, count in enumerate(work.counts) if count == 1]
    assert max(work.chunks[i] for i in trials) < 0.011, "estimated by two threads' time"
    begun = [sum(work.chunks[:i]) for i in trials]
    pauses = [later - sooner for sooner, later in pairwise(begun)]
    assert pauses == pytest.approx(
        [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 8, 8, 8], abs=0.1
    )
    assert (
        max(round(work.chunks[i] / work.seconds[work.counts[i]]) for i in trials) <= 8
    ), "each batch may have to wait for a core"


def test_no_chunk_is_long_so_that_signals_are_served(monkeypatch):
    work = Work(monkeypatch, 2, {2: 0.001, 1: 0.002})
    work.go_on(2)
    assert 0.04 < max(work.chunks) < 0.051


def test_a_trial_that_had_luck_is_believed_for_a_short_while_only(monkeypatch):
    work = Work(monkeypatch, 2, {2: 0.004, 1: 0.001})
    work.tuner.learn(2, 1, 0.001)
    work.tuner.learn(1, 5, 0.005)
    work.tuner.learn(2, 1, 0.001)
    work.tuner.learn(2, 5, 0.002)
    work.go_on(0.18)
    assert work.counts[0] == 2
    assert set(work.counts[1:]) == {1}
    assert work.chunks[0] < 0.11, "of 50 ms of work it would have made half a second"


def test_where_two_threads_are_much_slower_than_one_no_more_are_tried(monkeypatch):
    work = Work(monkeypatch, 8, {8: 0.02, 4: 0.008, 2: 0.004, 1: 0.001})
    work.go_on(2)
    assert work.counts[:4] == [8, 1, 2, 2]
    assert set(work.counts[1:]) == {1, 2}
    work.seconds.update({8: 0.0002, 4: 0.0004, 2: 0.0007})  # the machine is free again
    work.go_on(8)
    assert work.counts[-1] == 8


def test_two_threads_that_wait_for_cores_are_tried_with_one_batch(monkeypatch):
    work = Work(monkeypatch, 2, {2: 0.01, 1: 0.0001})
    work.go_on(3)
    trials = [work.chunks[i] for i, count in enumerate(work.counts) if count == 2]
    assert trials == pytest.approx([0.01] * len(trials))
    assert sum(trials) < 0.03 * work.now


def test_a_first_batch_that_took_long_says_nothing_about_the_others(monkeypatch):
    work = Work(monkeypatch, 2, {2: 0.002, 1: 0.001})
    work.tuner.learn(2, 1, 0.1)  # It met cold caches, or another program.
    work.go_on(1)
    assert work.counts[:2] == [1, 2]
    assert max(work.chunks[:2]) < 0.01
    assert work.most_used() == 1


def test_long_batches_get_all_threads_at_once(monkeypatch):
    work = Work(monkeypatch, 2, {2: 0.2, 1: 0.1}, all_the_time=True)
    work.go_on(5)
    assert set(work.counts) == {2}
