from fastmlp._engine import tuner
from fastmlp._engine.tuner import Team


class Work:
    """A clock, and work whose batches take as long as a test says."""

    def __init__(self, monkeypatch, threads, seconds):
        self.now = 0.0
        monkeypatch.setattr(tuner.time, "perf_counter", lambda: self.now)
        self.seconds = seconds
        self.team = Team(threads)
        self.sizes = []  # of the team, one a chunk
        self.chunks = []  # how long they took

    def go_on(self, until):
        while self.now < until:
            size, batches = self.team.next_chunk()
            took = batches * self.seconds[size]
            self.now += took
            self.team.learn(size, batches, took)
            self.sizes.append(size)
            self.chunks.append(took)

    def most_used(self):
        return max(set(self.sizes), key=self.sizes.count)


def test_one_thread_alone_has_nothing_to_choose(monkeypatch):
    work = Work(monkeypatch, 1, {1: 0.001})
    work.go_on(1)
    assert set(work.sizes) == {1}


def test_every_halving_is_tried_and_the_fastest_kept(monkeypatch):
    work = Work(monkeypatch, 8, {8: 0.002, 4: 0.001, 2: 0.0015, 1: 0.003})
    work.go_on(0.4)
    assert work.sizes[:5] == [8, 8, 4, 2, 1]
    assert set(work.sizes[5:]) == {4}


def test_the_number_of_threads_follows_the_machine(monkeypatch):
    work = Work(monkeypatch, 2, {2: 0.001, 1: 0.002})
    work.go_on(2)
    assert work.most_used() == 2
    work.seconds[2] = 0.004  # another program has come
    work.sizes.clear()
    work.go_on(4)
    assert work.most_used() == 1
    work.seconds[2] = 0.001  # and gone
    work.sizes.clear()
    work.go_on(6)
    assert work.most_used() == 2


def test_trials_are_few_and_short_and_no_chunk_is_long(monkeypatch):
    work = Work(monkeypatch, 2, {2: 0.001, 1: 0.002})
    work.go_on(10)
    trials = [
        took for size, took in zip(work.sizes, work.chunks, strict=True) if size == 1
    ]
    assert 10 < len(trials) < 25
    assert max(trials) < 0.011, "the first is estimated by two threads' time"
    assert 0.04 < max(work.chunks) < 0.051


def test_long_batches_get_all_threads_at_once(monkeypatch):
    work = Work(monkeypatch, 2, {2: 0.2, 1: 0.1})
    work.go_on(5)
    assert set(work.sizes) == {2}
