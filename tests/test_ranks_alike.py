"""Whatever is trained, and whatever callbacks do: ranks do what one process does."""

import copy
import threading
import traceback

import numpy as np
import pytest
from communicators import Comm, Ended, Hub, on_all_ranks

from fastmlp import (
    callbacks,
    config,
    constraints,
    layers,
    losses,
    metrics,
    models,
    optimizers,
)
from fastmlp.utils import set_random_seed

ROWS, FEATURES = 101, 12
RNG = np.random.default_rng(0)
X = RNG.random((ROWS, FEATURES)) * (RNG.random((ROWS, FEATURES)) < 0.4)
LABELS = (X @ RNG.normal(size=(FEATURES, 3))).argmax(axis=1)
NUMBERS = X @ RNG.normal(size=(FEATURES, 2))
TESTS = 31


def compiled(hidden=(), out=None, loss="sparse_categorical_crossentropy", **told):
    out = out or layers.Dense(3, "softmax")
    model = models.Sequential([layers.Input((FEATURES,)), *hidden, out])
    model.compile(**{"optimizer": "adam", "loss": loss, **told})
    return model


def part(data, comm):
    """Return a rank's share of arrays, or of what holds some."""
    if isinstance(data, (list, tuple)):
        return type(data)(part(one, comm) for one in data)
    return data[comm.rank :: comm.size]


def assert_alike(make, size, data=(X, LABELS), listening=list, atol=1e-5, **settings):
    """Fit on one process and on some ranks; return the model of one.

    Args:
        make: What makes the model, with other weights each time.
        size: How many ranks.
        data: x and y.
        listening: What makes the callbacks.
        atol: How far histories and weights may differ.
        **settings: Of `fit`.
    """
    settings = {"batch_size": 16, "epochs": 4, "verbose": 0, **settings}
    set_random_seed(3)
    others = [make() for _ in range(size - 1)]
    set_random_seed(1)
    first = make()
    alone, heard = copy.deepcopy(first), [listening() for _ in range(size + 1)]
    set_random_seed(1)
    wanted = alone.fit(*data, callbacks=heard.pop(), **settings).history

    def work(comm):
        model = [first, *others][comm.rank]
        given = dict(settings)
        for name in ("validation_data", "sample_weight"):
            if name in given:
                given[name] = part(given[name], comm)
        return model, model.fit(
            *part(data, comm), comm=comm, callbacks=heard[comm.rank], **given
        )

    set_random_seed(1)
    results = on_all_ranks(size, work)
    for rank, (model, history) in enumerate(results):
        # Each name of a layer or a metric is another in one process; what callbacks add
        # to the logs, rank 0 alone has.
        assert len(history.history) == len(wanted) or rank > 0
        for values, expected in zip(
            history.history.values(), wanted.values(), strict=rank == 0
        ):
            np.testing.assert_allclose(values, expected, 1e-5, atol)
        assert model.optimizer.iterations == alone.optimizer.iterations
        assert model.optimizer.learning_rate == alone.optimizer.learning_rate
        found = [*model.get_weights(), *model.optimizer.memory()]
        expected = [*alone.get_weights(), *alone.optimizer.memory()]
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, 1e-4, atol)
    return alone


def regression():
    return compiled(
        [layers.Dense(5, "tanh")], layers.Dense(2), "mse",
        metrics=["mae", metrics.R2Score(), metrics.PearsonCorrelation()],
    )  # fmt: skip


def counting():
    counted = [
        metrics.AUC(), metrics.Precision(), metrics.Recall(),
        metrics.F1Score(threshold=0.5), metrics.TrueNegatives(),
        metrics.PrecisionAtRecall(0.5), metrics.BinaryIoU(),
    ]  # fmt: skip
    out = layers.Dense(1, "sigmoid")
    return compiled([], out, "binary_crossentropy", metrics=counted)


def with_two_outputs():
    x = layers.Input((FEATURES,))
    hidden = layers.Dense(5, "relu", kernel_regularizer="l2")(x)
    heads = [layers.Dense(3, "softmax")(hidden), layers.Dense(2)(hidden)]
    model = models.Model(x, heads)
    model.compile(
        "sgd", ["sparse_categorical_crossentropy", "mse"], loss_weights=[1, 0.3],
        metrics=[["accuracy"], ["mae"]],
    )  # fmt: skip
    return model


def with_penalized_outputs():
    return compiled([layers.Dense(5, "tanh", activity_regularizer="l2")])


def with_summed_loss():
    loss = losses.SparseCategoricalCrossentropy(reduction="sum")
    return compiled([], None, loss, optimizer=optimizers.SGD(0.001))


def with_averages(**settings):
    optimizer = optimizers.Adam(0.01, use_ema=True, ema_momentum=0.8, **settings)
    return compiled([], None, optimizer=optimizer)


def with_weighted_metrics():
    return compiled(metrics=["accuracy"], weighted_metrics=["accuracy"])


REST = {"validation_data": (X[:TESTS], LABELS[:TESTS])}
YES = NUMBERS[:, :1] > np.median(NUMBERS[:, 0])
CASES = {
    "numbers": (regression, {"data": (X, NUMBERS), "validation_split": 0.3}),
    "counts": (counting, {
        "data": (X, YES), "validation_data": (X[:TESTS], YES[:TESTS])
    }),
    "two outputs": (with_two_outputs, {
        "data": (X, [LABELS, NUMBERS]),
        "validation_data": (X[:TESTS], [LABELS[:TESTS], NUMBERS[:TESTS]]),
    }),
    "penalties of outputs": (with_penalized_outputs, REST),
    "a loss that is a sum": (with_summed_loss, REST),
    "weights of rows": (with_weighted_metrics, {
        "sample_weight": np.linspace(0, 2, ROWS)
    }),
    "weights of classes": (compiled, {"class_weight": {0: 1, 1: 2, 2: 0.5}}),
    "a split that leaves a rest": (compiled, {"validation_split": 0.37}),
    "validation now and then": (compiled, {"validation_freq": 3, **REST}),
    "another first epoch": (compiled, {"initial_epoch": 2}),
    "averages": (with_averages, REST),
    "averages that come back": (
        lambda: with_averages(ema_overwrite_frequency=3), REST
    ),
    "a single row": (compiled, {"data": (X[:3], LABELS[:3])}),
}  # fmt: skip


@pytest.mark.parametrize("size", [2, 3])
@pytest.mark.parametrize("name", CASES)
def test_all_is_as_in_one_process(name, size):
    make, settings = CASES[name]
    assert_alike(make, size, **settings)


def test_rows_without_zeros():
    sparse = pytest.importorskip("scipy.sparse")
    assert_alike(compiled, 2, data=(sparse.csr_matrix(X), LABELS))


HIDDEN = {
    "PReLU": lambda: [layers.PReLU()],
    "row normalization": lambda: [layers.LayerNormalization(), layers.Dense(4)],
    "unit norms": lambda: [layers.Dense(4, "relu"), layers.UnitNormalization()],
    "pooling": lambda: [
        layers.Reshape((4, 3)), layers.Dense(5), layers.GlobalMaxPooling1D()
    ],
    "penalties": lambda: [
        layers.Dense(4, activity_regularizer="l1", kernel_regularizer="l2")
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", HIDDEN)
def test_layers_of_a_rank_without_a_row_of_the_batch(name):
    atol = 1e-4  # The first step of a batch of one may be large.
    rows = (X[:17], LABELS[:17])
    assert_alike(
        lambda: compiled(HIDDEN[name](), metrics=["accuracy"], optimizer="sgd"), 3,
        data=rows, batch_size=1, epochs=1, atol=atol,
    )  # fmt: skip


def test_vectors_of_a_rank_without_a_row_of_the_batch():
    def make():
        model = models.Sequential([
            layers.Input((4,)), layers.Embedding(7, 3), layers.Flatten(),
            layers.Dense(3, "softmax"),
        ])  # fmt: skip
        model.compile("adam", "sparse_categorical_crossentropy")
        return model

    ids = RNG.integers(0, 7, (17, 4))
    assert_alike(make, 3, data=(ids, LABELS[:17]), batch_size=2, epochs=1)


@pytest.mark.parametrize(
    "settings",
    [{}, {"clipnorm": 0.01}, {"global_clipnorm": 0.01}, {"use_ema": True}],
    ids=lambda settings: next(iter(settings), "plain"),
)
@pytest.mark.parametrize("density", [0.1, 1.0])
def test_no_bit_depends_on_the_threads_of_a_rank(settings, density):
    rng = np.random.default_rng(4)
    x = rng.random((600, 300)) * (rng.random((600, 300)) < density)
    y = rng.integers(0, 3, 600)

    def weights(threads):
        set_random_seed(5)
        built = []
        for _ in range(2):
            model = models.Sequential([
                layers.Input((300,)),
                layers.Dense(
                    160, "relu", kernel_regularizer="l2",
                    kernel_constraint=constraints.MaxNorm(2),
                ),
                layers.Dropout(0.1), layers.Dense(3, "softmax"),
            ])  # fmt: skip
            optimizer = optimizers.RMSprop(**settings)
            model.compile(optimizer, "sparse_categorical_crossentropy")
            built.append(model)

        def work(comm):
            built[comm.rank].fit(
                *part((x, y), comm), batch_size=200, epochs=2, verbose=0, comm=comm
            )
            return built[comm.rank].get_weights()

        config.set_num_threads(threads)
        try:
            return on_all_ranks(2, work)
        finally:
            config.set_num_threads(None)

    alone, shared = weights(1), weights(3)
    for found in (*alone, *shared):
        for one, other in zip(found, alone[0], strict=True):
            np.testing.assert_array_equal(one, other)


# ---------------------------------------------------------------------------
# What callbacks of rank 0 see and do
# ---------------------------------------------------------------------------


class Halving(callbacks.Callback):
    """Halves the weights in the middle of an epoch."""

    def on_train_batch_end(self, batch, logs=None):
        if batch == 2:
            self.model.set_weights([w / 2 for w in self.model.get_weights()])


class HalvingBefore(callbacks.Callback):
    def on_train_batch_begin(self, batch, logs=None):
        if batch == 2:
            self.model.set_weights([w / 2 for w in self.model.get_weights()])


class Slowing(callbacks.Callback):
    def on_train_batch_begin(self, batch, logs=None):
        self.model.optimizer.learning_rate = 0.1 / (batch + 1)


class Stopping(callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        self.model.stop_training = batch == 3


class StoppingEarly(callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        self.model.stop_training = epoch == 2


ACTS = {
    "other weights after a batch": Halving,
    "other weights before a batch": HalvingBefore,
    "a rate for each batch": Slowing,
    "a rate for each epoch": lambda: callbacks.LearningRateScheduler(
        lambda epoch: 0.1 / (epoch + 1)
    ),
    "a rate that falls": lambda: callbacks.ReduceLROnPlateau(
        "loss", patience=1, min_delta=10
    ),
    "an end within an epoch": Stopping,
    "an end before an epoch": StoppingEarly,
}


@pytest.mark.parametrize("name", ACTS)
def test_what_a_callback_of_rank_0_does_is_done_everywhere(name):
    def make():
        return compiled(optimizer=optimizers.SGD(0.1))

    assert_alike(make, 3, listening=lambda: [ACTS[name]()])


@pytest.mark.parametrize("stay", [True, False])
def test_averages_are_evaluated_where_a_callback_swaps_them(stay):
    assert_alike(
        with_averages, 2, listening=lambda: [callbacks.SwapEMAWeights(stay)], **REST
    )


def test_logs_of_batches_are_those_of_all_rows():
    heard = []

    def listening():
        heard.append([])
        keep, keep_test = heard[-1].append, heard[-1].append
        return [
            callbacks.LambdaCallback(
                on_train_batch_end=lambda batch, logs: keep((batch, logs)),
                on_test_batch_end=lambda batch, logs: keep_test((batch, logs)),
            )
        ]

    assert_alike(lambda: compiled(metrics=["accuracy"]), 2, listening=listening, **REST)
    *ranks, alone = heard
    assert ranks[1] == []
    assert len(ranks[0]) == len(alone)
    for (batch, logs), (wanted_batch, wanted) in zip(ranks[0], alone, strict=True):
        assert batch == wanted_batch
        assert logs == pytest.approx(wanted, abs=1e-5)


def test_a_training_that_rank_0_has_kept_goes_on_everywhere(tmp_path):
    class Interrupting(callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise KeyboardInterrupt

    settings = {"batch_size": 16, "epochs": 4, "verbose": 0}
    set_random_seed(1)
    begun = compiled()
    alone = copy.deepcopy(begun)
    wanted = alone.fit(X, LABELS, **settings)
    backup = callbacks.BackupAndRestore(tmp_path / "kept")
    set_random_seed(1)
    compiled()
    with pytest.raises(KeyboardInterrupt):
        begun.fit(X, LABELS, callbacks=[backup, Interrupting()], **settings)
    built = [compiled(), compiled()]

    def work(comm):
        model = built[comm.rank]
        found = model.fit(
            *part((X, LABELS), comm), comm=comm, callbacks=[backup], **settings
        )
        return found.history["loss"], found.epoch, model.get_weights()

    for loss, epochs, weights in on_all_ranks(2, work):
        assert epochs == [2, 3]
        np.testing.assert_allclose(loss, wanted.history["loss"][2:], 1e-5)
        for one, other in zip(weights, alone.get_weights(), strict=True):
            np.testing.assert_allclose(one, other, 1e-4, 1e-5)


def test_a_second_training_goes_on_where_the_first_ended():
    settings = {"batch_size": 16, "epochs": 2, "verbose": 0}
    set_random_seed(1)
    alone, other = compiled(), compiled()
    first = copy.deepcopy(alone)
    set_random_seed(2)
    wanted = [alone.fit(X, LABELS, **settings).history for _ in range(2)]

    def work(comm):
        model = [first, other][comm.rank]
        data = part((X, LABELS), comm)
        return [model.fit(*data, comm=comm, **settings).history for _ in range(2)]

    set_random_seed(2)
    for found in on_all_ranks(2, work):
        for one, history in zip(found, wanted, strict=True):
            np.testing.assert_allclose(one["loss"], history["loss"], 1e-5)


# ---------------------------------------------------------------------------
# What goes wrong
# ---------------------------------------------------------------------------


def failing(act, size=2):
    """Return what each rank raised, and which ranks ended all, in their order."""
    hub = Hub(size)
    errors = [None] * size

    def run(rank):
        try:
            act(Comm(hub, rank))
        except BaseException as error:
            errors[rank] = error

    threads = [threading.Thread(target=run, args=(rank,)) for rank in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors, [rank for rank, _ in hub.aborted_by]


def fit_with(comm, model, **settings):
    model.fit(
        *part((X, LABELS), comm), comm=comm, **{"verbose": 0, "epochs": 2, **settings}
    )


@pytest.mark.parametrize(
    "hook", ["train_begin", "epoch_begin", "train_batch_end", "epoch_end", "train_end"]
)
@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, MemoryError])
def test_a_callback_that_fails_ends_all(hook, error, capsys):
    def fail(*_, **__):
        raise error("no more")

    built = [compiled(), compiled()]
    heard = callbacks.LambdaCallback(**{f"on_{hook}": fail})
    errors, ended = failing(
        lambda comm: fit_with(comm, built[comm.rank], callbacks=[heard])
    )
    assert [type(one) for one in errors][:1] == [error]
    assert isinstance(errors[1], (Ended, type(None)))
    assert ended[0] == 0
    assert "no more" in capsys.readouterr().err


def test_a_wrong_argument_of_one_rank_ends_all(capsys):
    built = [compiled(), compiled()]
    errors, ended = failing(
        lambda comm: fit_with(comm, built[comm.rank], epochs=3 - 3.5 * comm.rank)
    )
    assert isinstance(errors[1], (TypeError, ValueError))
    assert 1 in ended
    assert "epochs" in capsys.readouterr().err


def test_others_end_even_if_nothing_can_be_said(monkeypatch):
    def fail(*_, **__):
        raise MemoryError

    monkeypatch.setattr(traceback, "print_exc", fail)
    built = [compiled(), compiled()]
    heard = callbacks.LambdaCallback(on_epoch_begin=fail)
    errors, ended = failing(
        lambda comm: fit_with(comm, built[comm.rank], callbacks=[heard])
    )
    assert isinstance(errors[0], MemoryError)
    assert ended[0] == 0


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("batch_size", [16, 32]),
        ("epochs", [2, 3]),
        ("shuffle", [True, False]),
        ("validation_split", [0.2, 0.0]),
        ("sample_weight", [None, np.ones(ROWS // 2)]),
    ],
)
def test_ranks_that_were_told_differently_are_refused(name, values, capsys):
    built = [compiled(), compiled()]
    errors, _ = failing(
        lambda comm: fit_with(comm, built[comm.rank], **{name: values[comm.rank]})
    )
    capsys.readouterr()
    wrong = [str(one) for one in errors if isinstance(one, ValueError)]
    assert wrong
    assert all(one.startswith(f"{name} is not the same on all ranks") for one in wrong)


@pytest.mark.parametrize(
    "other",
    [
        lambda: compiled([layers.Dense(4)]),
        lambda: compiled(optimizer=optimizers.Adam(beta_1=0.8)),
        lambda: compiled(optimizer="sgd"),
        lambda: compiled(metrics=["accuracy"]),
        lambda: compiled(out=layers.Dense(3, "softmax", kernel_regularizer="l2")),
    ],
)
def test_models_that_differ_are_refused(other, capsys):
    built = [compiled(), other()]
    errors, _ = failing(lambda comm: fit_with(comm, built[comm.rank]))
    capsys.readouterr()
    wrong = [str(one) for one in errors if isinstance(one, ValueError)]
    assert wrong
    assert all("models of the ranks differ" in one for one in wrong)


def test_rank_0_alone_warns_of_a_loss_that_is_none():
    def work(comm):
        data = part((X, NUMBERS), comm)
        built[comm.rank].fit(*data, batch_size=16, verbose=0, comm=comm)

    built = [
        compiled(out=layers.Dense(2), loss="mse", optimizer=optimizers.SGD(1e30))
        for _ in range(3)
    ]
    with pytest.warns(RuntimeWarning, match="NaN or infinite") as warned:
        on_all_ranks(3, work)
    assert len(warned) == 1


def test_validation_data_of_all_on_each_rank_get_a_warning():
    def work(comm):
        fit_with(comm, built[comm.rank], **REST)

    built = [compiled(), compiled()]
    with pytest.warns(UserWarning, match="same rows of validation_data"):
        on_all_ranks(2, work)


def test_shares_of_the_validation_data_that_are_none_are_refused(capsys):
    def work(comm):
        kept = 20 - 10 * comm.rank
        fit_with(comm, built[comm.rank], validation_data=(X[:kept], LABELS[:kept]))

    built = [compiled(), compiled()]
    with pytest.raises(ValueError, match="Rank 0 has 20 rows of validation_data"):
        on_all_ranks(2, work)
    capsys.readouterr()


def test_ranks_may_have_other_numbers_of_threads(monkeypatch):
    from fastmlp._engine.ranks import Ranks

    monkeypatch.setattr(Ranks, "most_threads", lambda self: 1 + 2 * self.rank)
    data = (np.tile(X, (20, 1)), np.tile(LABELS, 20))
    assert_alike(compiled, 3, data=data, validation_split=0.5, epochs=2)


def test_processes_on_the_same_cores_divide_them(monkeypatch):
    from fastmlp import config
    from fastmlp._engine import ranks

    for module in (ranks, config):
        monkeypatch.setattr(module, "usable_cores", lambda: 8)
    for wanted, expected in [(None, 4), (3, 3)]:
        monkeypatch.setattr(
            ranks.kernels, "num_threads", lambda wanted=wanted: wanted or 8
        )
        assert on_all_ranks(2, lambda comm: ranks.Ranks(comm).most_threads()) == [
            expected, expected
        ]  # fmt: skip
