"""One training in several processes, by MPI: they learn what one learns of all rows.

Threads with a communicator of their own stand for the processes; at the end the real
thing, where mpi4py and `mpiexec` are installed.
"""

import os
import shutil
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from communicators import Comm, Ended, Hub, on_all_ranks

import fastmlp
from fastmlp import (
    callbacks,
    constraints,
    kernels,
    layers,
    models,
    ops,
    optimizers,
    regularizers,
    tables,
)
from fastmlp.plan import TRAIN, Samples, Share, Target, make_workspace
from fastmlp.utils import set_random_seed

ROWS, FEATURES, CLASSES = 331, 20, 3
RNG = np.random.default_rng(0)
X = RNG.random((ROWS, FEATURES)) * (RNG.random((ROWS, FEATURES)) < 0.4)
Y = (X @ RNG.normal(size=(FEATURES, CLASSES))).argmax(axis=1)
SETTINGS = {"batch_size": 32, "epochs": 10, "verbose": 0}  # 110 steps


def dense(units=8, **settings):
    return layers.Dense(units, "tanh", **settings)


MODELS = {
    "the notebook's": ([dense()], "rmsprop"),
    "adam": ([dense()], "adam"),
    "momentum": ([dense()], lambda: optimizers.SGD(0.05, momentum=0.9)),
    "clipped norms": ([dense()], lambda: optimizers.SGD(0.1, global_clipnorm=0.1)),
    "clipped values": ([dense()], lambda: optimizers.SGD(0.1, clipvalue=0.01)),
    "weight decay": ([dense()], lambda: optimizers.AdamW(0.01, weight_decay=0.1)),
    "steps of two batches": (
        [dense()], lambda: optimizers.SGD(0.1, gradient_accumulation_steps=2)
    ),
    "penalties": ([dense(kernel_regularizer="l2", bias_regularizer="l1")], "sgd"),
    "penalties of outputs": (
        [dense(activity_regularizer=regularizers.L2(0.01))], "sgd"
    ),
    "constraints": ([dense(kernel_constraint=constraints.MaxNorm(0.5))], "sgd"),
    "row normalization": ([dense(), layers.LayerNormalization()], "sgd"),
    "slopes that are learnt": ([dense(), layers.PReLU()], "sgd"),
}  # fmt: skip


def a_model(hidden, optimizer, seed=1):
    set_random_seed(seed)
    last = layers.Dense(CLASSES, "softmax", name="last")
    made = [layers.Input((FEATURES,)), *hidden, last]
    made = [
        type(one).from_config(one.get_config()) if hasattr(one, "get_config") else one
        for one in made
    ]
    model = models.Sequential(made)
    model.compile(
        optimizer() if callable(optimizer) else optimizer,
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def shares(comm, *arrays):
    return [array[comm.rank :: comm.size] for array in arrays]


def trained(size, hidden, optimizer, **settings):
    """Return history and weights of each rank, or of one process."""
    settings = {**SETTINGS, **settings}
    if size == 1:
        model = a_model(hidden, optimizer)
        return [(model.fit(X, Y, **settings).history, model.get_weights())]
    # Which thread draws first is chance: rank 0 draws what one process does.
    built = [a_model(hidden, optimizer, seed=rank + 2) for rank in range(1, size)]
    built.insert(0, a_model(hidden, optimizer))

    def work(comm):
        model = built[comm.rank]
        history = model.fit(*shares(comm, X, Y), comm=comm, **settings)
        return history.history, model.get_weights()

    return on_all_ranks(size, work)


def assert_alike(found, wanted, atol=1e-5):
    assert list(found[0]) == list(wanted[0])
    for name, values in wanted[0].items():
        np.testing.assert_allclose(found[0][name], values, rtol=1e-5, atol=atol)
    for one, other in zip(found[1], wanted[1], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=atol)


@pytest.mark.parametrize("name", MODELS)
def test_ranks_learn_what_one_process_learns(name):
    [wanted] = trained(1, *MODELS[name])
    for found in trained(3, *MODELS[name]):
        assert_alike(found, wanted)


@pytest.mark.parametrize("size", [2, 3, 5])
@pytest.mark.parametrize("shuffle", [True, False, "batch"])
def test_whatever_the_order_and_however_many_ranks(size, shuffle):
    [wanted] = trained(1, [dense()], "adam", shuffle=shuffle)
    results = trained(size, [dense()], "adam", shuffle=shuffle)
    for found in results:
        assert_alike(found, wanted)
        assert all(map(np.array_equal, found[1], results[0][1]))


def test_a_batch_may_have_no_row_of_a_rank():
    settings = {"batch_size": 2, "epochs": 1}
    [wanted] = trained(1, [dense()], "sgd", **settings)
    for found in trained(5, [dense()], "sgd", **settings):
        assert_alike(found, wanted)


def test_the_same_ranks_give_the_same_bits_again():
    first, second = (trained(3, [dense()], "rmsprop") for _ in range(2))
    assert first[0][0] == second[0][0]
    assert all(map(np.array_equal, first[0][1], second[0][1]))


def test_weights_of_rows_and_validation_are_shared_too():
    weights = np.linspace(0, 2, ROWS)
    rest = (X[:50], Y[:50])
    wanted = (
        a_model([dense()], "adam")
        .fit(X, Y, sample_weight=weights, validation_data=rest, **SETTINGS)
        .history
    )
    other = a_model([dense()], "adam", seed=5)
    # The last one, so that rank 0 goes on with the chance of its seed.
    built = [a_model([dense()], "adam"), other]

    def work(comm):
        x, y, weight = shares(comm, X, Y, weights)
        return built[comm.rank].fit(
            x, y, sample_weight=weight, validation_data=shares(comm, *rest),
            comm=comm, **SETTINGS,
        ).history  # fmt: skip

    for found in on_all_ranks(2, work):
        assert_alike((found, []), (wanted, []))


@pytest.mark.parametrize("layer", [layers.Dropout, layers.AlphaDropout])
def test_chance_leaves_out_other_outputs_on_each_rank(make_plan, variant, layer):
    x = np.ones((4, 6), np.float32)
    target = Target(np.eye(3, dtype=np.float32)[[0, 1, 2, 0]])

    def learnt(noise_begin):
        plan = make_plan(6, [layer(0.5, seed=1), (3, "softmax")], metrics=())
        share = Share(np.array([0, 4]), np.array([8]), noise_begin)
        samples = Samples(4, (x,), (target,), share=share)
        space = make_workspace(plan, samples, 4, 1)
        totals = np.zeros(plan.layout.totals)
        rates = np.full((1, len(tables.RATES)), 0.1)
        gradients = []
        kernels.run(
            plan, samples, space, TRAIN, 0, 1, totals, rates=rates,
            add_gradients=gradients.extend,
        )  # fmt: skip
        return [totals[0], *gradients]

    assert learnt(0) == learnt(0) != learnt(2**31)


def test_a_communicator_of_one_is_none():
    [wanted] = trained(1, [dense()], "adam")
    model = a_model([dense()], "adam")
    history = model.fit(X, Y, comm=Comm(Hub(1), 0), **SETTINGS).history
    assert history == wanted[0]


# ---------------------------------------------------------------------------
# Rank 0 has the say
# ---------------------------------------------------------------------------


def with_callbacks(make, size=2, **settings):
    """Return history and model of each rank, each with callbacks of its own."""
    built = [a_model([dense()], "sgd", seed=rank) for rank in range(size)]
    given = [make() for _ in range(size)]

    def work(comm):
        model = built[comm.rank]
        history = model.fit(
            *shares(comm, X, Y), comm=comm, callbacks=given[comm.rank],
            **{**SETTINGS, **settings},
        )  # fmt: skip
        return history.history, model

    return on_all_ranks(size, work), given


def test_callbacks_are_called_on_rank_0_alone(tmp_path, capsys):
    def make():
        return [callbacks.ModelCheckpoint(tmp_path / "{epoch}.weights.npz",
                save_weights_only=True), callbacks.LambdaCallback(
                    on_epoch_end=lambda epoch, logs: seen.append(epoch))]  # fmt: skip

    seen = []
    with_callbacks(make, verbose=2, epochs=3)
    assert seen == [0, 1, 2]
    assert len(list(tmp_path.iterdir())) == 3
    assert capsys.readouterr().out.count("Epoch 1/3") == 1


@pytest.mark.parametrize("hook", ["on_epoch_end", "on_train_batch_end"])
def test_what_ends_the_training_of_rank_0_ends_it_everywhere(hook):
    class Stops(callbacks.Callback):
        pass

    def stop(self, number, logs=None):
        self.model.stop_training = True

    setattr(Stops, hook, stop)
    results, _ = with_callbacks(Stops)
    assert [len(history["loss"]) for history, _ in results] == [1, 1]


def test_a_rate_that_a_callback_of_rank_0_sets_is_that_of_all():
    def make():
        return callbacks.LearningRateScheduler(lambda epoch: 0.0 if epoch else 0.1)

    results, _ = with_callbacks(make, epochs=2)
    (_, one), (_, other) = results
    assert all(map(np.array_equal, one.get_weights(), other.get_weights()))


def test_weights_that_a_callback_of_rank_0_restores_are_those_of_all():
    def make():
        return callbacks.EarlyStopping(
            "loss", patience=1, mode="max", restore_best_weights=True
        )

    ((history, one), (_, other)), _ = with_callbacks(make)
    assert len(history["loss"]) == 2
    assert all(map(np.array_equal, one.get_weights(), other.get_weights()))


# ---------------------------------------------------------------------------
# What cannot be
# ---------------------------------------------------------------------------


def fit_on(size, model=None, part=shares, **settings):
    """Fit on all ranks; what goes wrong is raised."""
    built = [(model or (lambda: a_model([dense()], "sgd")))() for _ in range(size)]

    def work(comm):
        given = {**SETTINGS, **settings}
        return built[comm.rank].fit(*part(comm, X, Y), comm=comm, **given)

    return on_all_ranks(size, work)


def test_a_comm_that_cannot_talk_is_refused():
    with pytest.raises(TypeError, match=r"communicator of mpi4py.*has no rank and no"):
        a_model([dense()], "sgd").fit(X, Y, comm="world")


def test_a_process_without_a_part_in_comm_is_refused():
    class Null:
        @property
        def rank(self):
            raise RuntimeError("MPI_ERR_COMM: invalid communicator")

    with pytest.raises(ValueError, match=r"no part in comm \(MPI_ERR_COMM"):
        a_model([dense()], "sgd").fit(X, Y, comm=Null())


def test_shares_that_are_none_are_refused(capsys):
    def part(comm, *arrays):
        return [array[: 100 + comm.rank] for array in arrays]

    with pytest.raises(ValueError, match=r"x\[comm.rank::comm.size\]"):
        fit_on(2, part=part)
    assert "ends all" in capsys.readouterr().err


def test_the_same_rows_everywhere_get_a_warning():
    with pytest.warns(UserWarning, match="All ranks seem to have the same rows"):
        fit_on(2, part=lambda comm, *arrays: arrays, epochs=1)


def with_normalization():
    return a_model([dense(), layers.BatchNormalization()], "sgd")


def with_own_loss():
    model = a_model([dense()], "sgd")
    model.compile("sgd", lambda t, y: ops.mean(ops.square(y - ops.one_hot(t, 3)), -1))
    return model


def with_weighted_mean():
    model = a_model([dense()], "sgd")
    loss = fastmlp.losses.SparseCategoricalCrossentropy(
        reduction="mean_with_sample_weight"
    )
    model.compile("sgd", loss)
    return model


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (with_normalization, "BatchNormalization"),
        (with_own_loss, "written in Python"),
        (with_weighted_mean, "mean_with_sample_weight"),
    ],
)
def test_what_has_to_know_of_all_rows_is_refused(make, sentence, capsys):
    with pytest.raises(ValueError, match=sentence):
        fit_on(2, make)
    capsys.readouterr()


def test_streams_and_steps_are_refused(capsys):
    with pytest.raises(ValueError, match="have to be arrays"):
        fit_on(2, part=lambda comm, x, y: [iter([(x, y)])])
    for steps in (
        {"steps_per_epoch": 3},
        {"validation_split": 0.2, "validation_steps": 1},
    ):
        with pytest.raises(
            ValueError, match="leave steps_per_epoch and validation_steps"
        ):
            fit_on(2, **steps)
    capsys.readouterr()


def test_validation_is_everywhere_or_nowhere(capsys):
    built = [a_model([dense()], "sgd") for _ in range(2)]

    def work(comm):
        validation = (X, Y) if comm.rank else None
        return built[comm.rank].fit(
            *shares(comm, X, Y), validation_data=validation, comm=comm, **SETTINGS
        )

    with pytest.raises(ValueError, match="validation_data is not the same on all"):
        on_all_ranks(2, work)
    capsys.readouterr()


def test_a_rank_that_fails_ends_all_with_its_error(capsys):
    hub = Hub(2)
    errors = []

    def run(rank):
        y = Y[rank::2] + 7 * rank  # classes that there are not
        try:
            a_model([dense()], "sgd").fit(X[rank::2], y, comm=Comm(hub, rank))
        except BaseException as error:
            errors.append(type(error))

    threads = [threading.Thread(target=run, args=(rank,)) for rank in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (1, 1) in hub.aborted_by
    assert set(errors) == {ValueError, Ended}
    shown = capsys.readouterr().err
    assert "rank 1 of 2 ends all" in shown
    assert "labels" in shown


@pytest.mark.parametrize(
    ("begins", "rows", "sentence"),
    [
        ([0, 3, 2], [4, 4], "ascend"),
        ([1, 3, 4], [4, 4], "ascend"),
        ([0, 3, 9], [4, 9], "ascend"),
        ([0, 3, 4], [2, 4], "all that are here"),
        ([0, 0, 4], [0, 4], "a row at least"),
        ([0, 3], [4, 4], "begins"),
    ],
)
def test_a_share_that_cannot_be_is_refused(begins, rows, sentence):
    share = Share(np.array(begins), np.array(rows))
    with pytest.raises(ValueError, match=sentence):
        Samples(5, (np.zeros((5, 2), np.float32),), share=share)


# ---------------------------------------------------------------------------
# The real thing
# ---------------------------------------------------------------------------

JOB = """
import os, sys, threading, time
import numpy as np
from mpi4py import MPI
import fastmlp
from fastmlp import layers, models

comm = MPI.COMM_WORLD
fastmlp.utils.set_random_seed(1)
rng = np.random.default_rng(0)
x, y = rng.random((400, 30)), rng.integers(0, 4, 400)
model = models.Sequential(
    [layers.Input((30,)), layers.Dense(16, "relu"), layers.Dense(4, "softmax")]
)
model.compile("rmsprop", "sparse_categorical_crossentropy", metrics=["accuracy"])
if "die" in sys.argv and comm.rank == 1:
    def die():
        print("killed at", time.time(), flush=True)
        os.kill(os.getpid(), 9)

    threading.Timer(0.5, die).start()
history = model.fit(
    x[comm.rank :: comm.size], y[comm.rank :: comm.size], batch_size=16, verbose=0,
    epochs=10**6 if "die" in sys.argv else 5, comm=comm,
)
print(comm.rank, [round(loss, 5) for loss in history.history["loss"]])
"""


def mpiexec(size, *arguments):
    pytest.importorskip("mpi4py")
    program = shutil.which("mpiexec", path=os.pathsep.join(
        [str(Path(sys.executable).parent), os.environ.get("PATH", "")]
    ))  # fmt: skip
    if program is None:
        pytest.skip("mpiexec is not installed")
    root = Path(fastmlp.__file__).parents[1]
    return subprocess.run(
        [program, "--oversubscribe", "-n", str(size), sys.executable, "-c",
         textwrap.dedent(JOB), *arguments],
        capture_output=True, text=True, timeout=120, check=False,
        env={
            **os.environ, "PYTHONPATH": str(root), "OMPI_ALLOW_RUN_AS_ROOT": "1",
            "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "FASTMLP_NUM_THREADS": "1",
        },
    )  # fmt: skip


def test_processes_of_mpi_learn_what_one_learns():
    losses = set()
    for size in (1, 2, 3):
        done = mpiexec(size)
        assert done.returncode == 0, done.stderr
        lines = done.stdout.splitlines()
        assert sorted(line.split()[0] for line in lines) == list(map(str, range(size)))
        losses |= {line.split(maxsplit=1)[1] for line in lines}
    assert len(losses) == 1


def test_a_process_that_is_killed_ends_the_job():
    done = mpiexec(2, "die")
    assert time.time() - float(done.stdout.split("killed at ")[1].split()[0]) < 10
    assert done.returncode != 0
    assert "signal 9" in done.stdout + done.stderr
