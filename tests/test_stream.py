"""Batches from generators and other iterables, in `fit`, `evaluate` and `predict`."""

import itertools

import numpy as np
import pytest

from fastmlp import callbacks, layers, models, optimizers, utils
from fastmlp._util.random import generator

ROWS, FEATURES, CLASSES = 10, 4, 3
RNG = np.random.default_rng(0)
X = RNG.random((ROWS, FEATURES)).astype(np.float32)
LABELS = RNG.integers(0, CLASSES, ROWS)
Y = np.eye(CLASSES, dtype=np.float32)[LABELS]
WEIGHTS = np.linspace(0.5, 2, ROWS, dtype=np.float32)


def a_model(built=True, loss="categorical_crossentropy", **compiled):
    utils.set_random_seed(1)
    inputs = [layers.Input((FEATURES,))] if built else []
    model = models.Sequential(
        [*inputs, layers.Dense(5, "relu"), layers.Dense(CLASSES, "softmax")]
    )
    model.compile("rmsprop", loss, **{"metrics": ["accuracy"], **compiled})
    return model


def bits(model):
    return [weight.tobytes() for weight in model.get_weights()]


def batches(*arrays, size=4):
    """Give tuples of the arrays' rows, `size` at a time."""
    for first in range(0, len(arrays[0]), size):
        yield tuple(array[first : first + size] for array in arrays)


class Batches:
    """An iterable that begins anew each time, such as a data loader."""

    def __init__(self, *arrays, size=4):
        self.arrays = arrays
        self.size = size

    def __iter__(self):
        return batches(*self.arrays, size=self.size)


# -- What is learnt ---------------------------------------------------------------


def test_an_iterable_teaches_what_its_rows_would():
    streamed, whole = a_model(), a_model()
    history = streamed.fit(Batches(X, Y), epochs=3, verbose=0)
    expected = whole.fit(X, Y, 4, epochs=3, shuffle=False, verbose=0)
    assert history.history == expected.history
    assert bits(streamed) == bits(whole)
    assert streamed.optimizer.iterations == 9


def test_an_endless_generator_goes_on_from_epoch_to_epoch():
    def forever():
        while True:
            yield from batches(X, Y, size=5)

    streamed, whole = a_model(), a_model()
    history = streamed.fit(forever(), steps_per_epoch=2, epochs=3, verbose=0)
    expected = whole.fit(X, Y, 5, epochs=3, shuffle=False, verbose=0)
    assert history.history == expected.history
    assert history.params == {"verbose": 0, "epochs": 3, "steps": 2}
    assert bits(streamed) == bits(whole)


def test_a_generator_is_asked_for_no_more_batches_than_are_used():
    source = itertools.cycle([(X, Y)])
    counted = itertools.count()
    a_model().fit(
        ((x, y) for (x, y), _ in zip(source, counted, strict=False)),
        steps_per_epoch=2,
        epochs=2,
        verbose=0,
    )
    assert next(counted) == 4


def test_batches_may_differ_in_size():
    sizes = [1, 6, 3]
    ends = np.cumsum(sizes)
    parts = [slice(end - size, end) for size, end in zip(sizes, ends, strict=True)]
    streamed, stepped = a_model(), a_model()
    history = streamed.fit(((X[part], Y[part]) for part in parts), verbose=0)
    results = [stepped.train_on_batch(X[part], Y[part])[0] for part in parts]
    assert bits(streamed) == bits(stepped)
    assert history.history["loss"] == [pytest.approx(np.dot(results, sizes) / ROWS)]


def test_batches_bring_their_weights():
    streamed = a_model(weighted_metrics=["mse"])
    whole = a_model(weighted_metrics=["mse"])
    history = streamed.fit(Batches(X, Y, WEIGHTS), epochs=2, verbose=0)
    expected = whole.fit(
        X, Y, 4, epochs=2, sample_weight=WEIGHTS, shuffle=False, verbose=0
    )
    assert history.history == expected.history
    assert bits(streamed) == bits(whole)


def test_the_rows_of_batches_count_by_their_classes():
    streamed, whole = a_model(), a_model()
    weights = {0: 3.0, 2: 0.5}
    streamed.fit(Batches(X, Y), class_weight=weights, verbose=0)
    whole.fit(X, Y, 4, class_weight=weights, shuffle=False, verbose=0)
    assert bits(streamed) == bits(whole)


@pytest.mark.parametrize("dtype", [np.float64, np.uint8, int])
def test_each_batch_is_converted(dtype):
    x = (10 * X).astype(dtype)
    streamed, whole = a_model(), a_model()
    streamed.fit(Batches(x, Y), verbose=0)
    whole.fit(x.astype(np.float32), Y, 4, shuffle=False, verbose=0)
    assert bits(streamed) == bits(whole)


def test_a_batch_may_be_a_list_of_arrays():
    streamed, whole = a_model(), a_model()
    streamed.fit((list(batch) for batch in batches(X, Y)), verbose=0)
    whole.fit(X, Y, 4, shuffle=False, verbose=0)
    assert bits(streamed) == bits(whole)


def test_the_first_batch_builds_the_model():
    model = a_model(built=False)
    model.fit(batches(X, Y), verbose=0)
    assert model.input_shape == (None, FEATURES)


def test_callbacks_see_every_batch_though_nobody_knows_how_many():
    seen = []

    class Watch(callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append((self.params["steps"], batch, sorted(logs)))

    a_model().fit(batches(X, Y), verbose=0, callbacks=[Watch()])
    assert seen == [(None, batch, ["accuracy", "loss"]) for batch in range(3)]


def test_a_callback_may_stop_between_two_batches():
    class Stop(callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = batch == 1

    model = a_model()
    model.fit(Batches(X, Y), epochs=5, verbose=0, callbacks=[Stop()])
    assert model.optimizer.iterations == 2


@pytest.mark.parametrize("verbose", [1, 2])
def test_progress_is_shown(verbose, capsys):
    a_model().fit(Batches(X, Y), epochs=2, verbose=verbose)
    printed = capsys.readouterr().out
    assert "Epoch 2/2" in printed
    assert "3/3" in printed
    assert "accuracy: " in printed


# -- Where the batches come from --------------------------------------------------


class ByNumber:
    """Batches that are asked for by number, as a `PyDataset` gives them."""

    def __init__(self, *arrays, size=4):
        self.arrays = arrays
        self.size = size

    def __len__(self):
        return -(-len(self.arrays[0]) // self.size)

    def __getitem__(self, index):
        part = slice(index * self.size, (index + 1) * self.size)
        return tuple(array[part] for array in self.arrays)


class Dataset(ByNumber, utils.PyDataset):
    """The same, with all that a `PyDataset` has."""

    def __init__(self, *arrays, size=4, **options):
        ByNumber.__init__(self, *arrays, size=size)
        utils.PyDataset.__init__(self, **options)
        self.calls = []

    def __getitem__(self, index):
        self.calls.append(index)
        return super().__getitem__(index)

    def on_epoch_begin(self):
        self.calls.append("begin")

    def on_epoch_end(self):
        self.calls.append("end")


class OwnIterator(Batches):
    """A loader that is its own iterator, and begins anew with each `iter`."""

    def __iter__(self):
        self.left = batches(*self.arrays, size=self.size)
        return self

    def __next__(self):
        return next(self.left)


class Loader(Batches):
    """A loader whose batches are lists of tensors, as those of PyTorch are."""

    def __len__(self):
        return -(-len(self.arrays[0]) // self.size)

    def __iter__(self):
        for batch in batches(*self.arrays, size=self.size):
            yield [Tensor(array) for array in batch]


class Tensor:
    def __init__(self, array):
        self.array = array

    def __len__(self):
        return len(self.array)

    def __array__(self, dtype=None, copy=None):
        return self.array


SOURCES = [Batches, ByNumber, Dataset, OwnIterator, Loader]


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("steps", [None, 3])
def test_what_gives_batches_begins_anew_in_each_epoch(source, steps):
    streamed, whole = a_model(), a_model()
    history = streamed.fit(
        source(X, Y), epochs=3, steps_per_epoch=steps, shuffle=False, verbose=0,
        validation_data=source(X, Y),
    )  # fmt: skip
    expected = whole.fit(X, Y, 4, 3, shuffle=False, verbose=0, validation_data=(X, Y))
    assert bits(streamed) == bits(whole)
    assert history.history == {
        name: pytest.approx(values) for name, values in expected.history.items()
    }


@pytest.mark.parametrize("source", SOURCES)
def test_epochs_of_some_steps_go_on_and_begin_anew_at_the_end(source):
    streamed, stepped = a_model(), a_model()
    with pytest.warns(UserWarning, match="after 1 of 2 steps"):
        streamed.fit(
            source(X, Y), epochs=3, steps_per_epoch=2, shuffle=False, verbose=0
        )
    for first in (0, 4, 8, 0, 4):
        stepped.train_on_batch(X[first : first + 4], Y[first : first + 4])
    assert bits(streamed) == bits(stepped)


@pytest.mark.parametrize("source", SOURCES)
def test_every_source_of_batches_is_evaluated_and_predicted(source):
    model = a_model()
    expected = model.evaluate(X, Y, verbose=0)
    assert model.evaluate(source(X, Y), verbose=0) == pytest.approx(expected)
    outputs = model.predict(X, verbose=0)
    assert model.predict(source(X, Y), verbose=0) == pytest.approx(outputs)
    assert model.predict(source(X), verbose=0) == pytest.approx(outputs)


@pytest.mark.parametrize("source", [ByNumber, Dataset, Loader])
def test_callbacks_know_how_many_batches_there_are_if_the_source_does(source):
    history = a_model().fit(source(X, Y), verbose=0)
    assert history.params["steps"] == 3


def test_a_dataset_is_told_of_every_epoch_before_validation():
    data, tests = Dataset(X, Y), Dataset(X, Y)
    data.calls = tests.calls = []
    a_model().fit(data, epochs=2, shuffle=False, verbose=0, validation_data=tests)
    epoch = ["begin", 0, 1, 2, "end"]
    # What is to be validated on is looked at before anything is learnt.
    assert [one for one in data.calls if one != "begin"] == [
        0, 0, 1, 2, "end", 1, 2, "end", *epoch[1:], *epoch[1:],
    ]  # fmt: skip
    assert data.calls.count("begin") == 4


def test_a_dataset_may_change_between_two_epochs():
    class Halving(Dataset):
        def on_epoch_end(self):
            self.arrays = tuple(array[: len(array) // 2] for array in self.arrays)

    model = a_model()
    model.fit(Halving(X, Y), epochs=2, verbose=0)
    assert model.optimizer.iterations == 3 + 2


def test_batches_by_number_are_shuffled_in_each_epoch():
    data = Dataset(X, Y, size=1)
    a_model().fit(data, epochs=2, verbose=0)
    first, second = " ".join(map(str, data.calls)).split("end")[:2]
    orders = [
        [int(one) for one in text.split() if one.isdigit()] for text in (first, second)
    ]
    assert orders[0].pop(0) == 0  # That one was looked at, for its shapes.
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(ROWS))
    assert orders[0] != orders[1]
    assert orders[1] != list(range(ROWS))


@pytest.mark.parametrize(("workers", "most"), [(2, 3), (5, 3), (5, 0), (0, 0)])
def test_workers_prepare_batches_ahead_in_their_order(workers, most):
    streamed, whole = a_model(), a_model()
    data = Dataset(X, Y, size=1, workers=workers, max_queue_size=most)
    streamed.fit(data, epochs=2, shuffle=False, verbose=0)
    whole.fit(X, Y, 1, epochs=2, shuffle=False, verbose=0)
    assert bits(streamed) == bits(whole)


def test_an_error_of_a_worker_is_that_of_fit():
    class Broken(Dataset):
        def __getitem__(self, index):
            if index == 2:
                raise OSError("no such image")
            return super().__getitem__(index)

    with pytest.raises(OSError, match="no such image"):
        a_model().fit(Broken(X, Y, workers=2), shuffle=False, verbose=0)


def test_a_dataset_without_an_end_needs_a_number_of_steps():
    class Endless(utils.PyDataset):
        num_batches = None

        def __getitem__(self, index):
            return X, Y

    model = a_model()
    for use in (model.fit, model.evaluate, model.predict):
        with pytest.raises(ValueError, match=r"num_batches is None.*steps"):
            use(Endless(), verbose=0)
    with pytest.raises(ValueError, match=r"validation_data has no end.*steps"):
        model.fit(X, Y, validation_data=Endless(), verbose=0)
    model.fit(Endless(), steps_per_epoch=2, epochs=2, verbose=0)
    assert model.optimizer.iterations == 4


def test_a_dataset_is_an_iterable_of_its_batches():
    assert [len(x) for x, _ in Dataset(X, Y)] == [4, 4, 2]
    assert utils.Sequence is utils.PyDataset


def test_processes_are_threads_and_a_warning_says_so():
    with pytest.warns(UserWarning, match="no processes.*threads"):
        Dataset(X, Y, workers=2, use_multiprocessing=True)


def test_what_a_dataset_lacks_is_named():
    class Empty(utils.PyDataset):
        def __len__(self):
            return 1

    class Countless(utils.PyDataset):
        def __getitem__(self, index):
            return X, Y

    with pytest.raises(NotImplementedError, match="Empty needs a method __getitem__"):
        a_model().fit(Empty(), verbose=0)
    with pytest.raises(NotImplementedError, match="Countless needs a method __len__"):
        a_model().fit(Countless(), verbose=0)


def test_a_batch_size_beside_batches_gets_a_warning():
    model = a_model()
    for use in (model.fit, model.evaluate, model.predict):
        with pytest.warns(UserWarning, match="batch_size is not used"):
            use(Batches(X, Y), batch_size=2, verbose=0)


def test_y_by_number_is_refused_instead_of_being_read_without_end():
    with pytest.raises(TypeError, match=r"y must be an array.*ByNumber"):
        a_model().fit(X, ByNumber(Y), verbose=0)


# -- Validation, evaluate and predict ---------------------------------------------


def test_validation_data_may_be_batches():
    streamed, whole = a_model(), a_model()
    history = streamed.fit(
        X, Y, 4, 2, 0, validation_data=Batches(X[:6], Y[:6]), shuffle=False
    )
    expected = whole.fit(X, Y, 4, 2, 0, validation_data=(X[:6], Y[:6]), shuffle=False)
    assert history.history == {
        name: pytest.approx(values) for name, values in expected.history.items()
    }


def test_validation_steps_begin_anew_where_that_is_possible():
    model = a_model()
    model.compile(optimizers.SGD(0.0), "mse")
    history = model.fit(
        Batches(X, Y),
        epochs=2,
        verbose=0,
        validation_data=Batches(X, Y),
        validation_steps=1,
    )
    expected = model.evaluate(X[:4], Y[:4], verbose=0)
    assert history.history["val_loss"] == [pytest.approx(expected)] * 2


def test_evaluate_and_predict_take_batches():
    model = a_model(weighted_metrics=["mse"])
    expected = model.evaluate(X, Y, sample_weight=WEIGHTS, verbose=0)
    for given in (batches(X, Y, WEIGHTS), Batches(X, Y, WEIGHTS)):
        assert model.evaluate(given, verbose=0) == pytest.approx(expected)
    outputs = model.predict(X, verbose=0)
    for given in (batches(X), batches(X, Y), batches(X, Y, WEIGHTS), iter([X])):
        assert model.predict(given, verbose=0) == pytest.approx(outputs)


@pytest.mark.parametrize(
    "convert",
    [
        lambda x: x.astype(np.float64),
        lambda x: x.astype(np.uint8),
        lambda x: x.astype(int),
        lambda x: x.tolist(),
        lambda x: np.asfortranarray(x),
    ],
    ids=["float64", "uint8", "int", "list", "columns first"],
)
def test_batches_to_predict_may_hold_numbers_of_any_kind(convert):
    model = a_model()
    x = RNG.integers(0, 9, (ROWS, FEATURES)).astype(np.float32)
    expected = model.predict(x, verbose=0)
    given = (convert(x[first : first + 4]) for first in range(0, ROWS, 4))
    assert model.predict(given, verbose=0) == pytest.approx(expected)


def test_steps_end_what_has_no_end():
    model = a_model()
    endless = itertools.cycle(batches(X, Y))
    assert model.predict(endless, steps=2, verbose=0).shape == (8, CLASSES)
    model = a_model()
    endless = itertools.cycle(batches(X, Y))
    expected = model.evaluate(X[:8], Y[:8], verbose=0)
    assert model.evaluate(endless, steps=2, verbose=0) == pytest.approx(expected)


def test_the_outputs_of_every_batch_are_shown_to_callbacks():
    seen = []

    class Watch(callbacks.Callback):
        def on_predict_batch_end(self, batch, logs=None):
            seen.append(logs["outputs"].copy())

    outputs = a_model().predict(batches(X), verbose=0, callbacks=[Watch()])
    assert [len(part) for part in seen] == [4, 4, 2]
    assert np.array_equal(np.concatenate(seen), outputs)


# -- Not enough batches -----------------------------------------------------------


def test_a_generator_that_ends_ends_the_training_with_a_warning():
    model = a_model()
    with pytest.warns(UserWarning, match="ran out of data.*before epoch 2 of 4"):
        history = model.fit(batches(X, Y), epochs=4, verbose=0)
    assert model.optimizer.iterations == 3
    assert history.epoch == [0]
    assert len(history.history["loss"]) == 1


def test_what_is_left_of_a_generator_is_an_epoch():
    model = a_model()
    with pytest.warns(UserWarning) as caught:
        history = model.fit(batches(X, Y), steps_per_epoch=2, epochs=5, verbose=0)
    assert ["after 1 of 2 steps" in str(caught[0].message), len(caught)] == [True, 2]
    assert "before epoch 3 of 5" in str(caught[1].message)
    assert history.epoch == [0, 1]


def test_no_result_stands_for_what_was_not_validated(tmp_path):
    log = tmp_path / "log.csv"
    model = a_model()
    stopping = callbacks.EarlyStopping(patience=9, restore_best_weights=True)
    saving = callbacks.ModelCheckpoint(
        tmp_path / "{epoch}.weights.npz", save_best_only=True, save_weights_only=True
    )
    watching = [stopping, saving, callbacks.CSVLogger(log)]
    with pytest.warns(UserWarning) as caught:
        history = model.fit(
            X, Y, epochs=3, verbose=0,
            validation_data=batches(X, Y), callbacks=watching,
        )  # fmt: skip
    said = [str(warning.message) for warning in caught]
    for sentence in ("no `val_` results for epoch 3", "'val_loss', which is not there"):
        assert any(sentence in one for one in said)
    assert history.epoch == [0, 1, 2]
    assert len(history.history["val_loss"]) == 1
    assert stopping.best == saving.best == history.history["val_loss"][0]
    assert "0.0," not in log.read_text().splitlines()[-1]


@pytest.mark.parametrize(
    "use",
    [
        lambda model: model.fit(batches(X, Y), steps_per_epoch=4, verbose=0),
        lambda model: model.evaluate(batches(X, Y), steps=4, verbose=0),
        lambda model: model.predict(batches(X), steps=4, verbose=0),
    ],
    ids=["fit", "evaluate", "predict"],
)
def test_more_steps_than_batches_get_a_warning(use):
    with pytest.warns(UserWarning, match="ran out of data after 3 of 4 steps"):
        use(a_model())


# -- Bad input --------------------------------------------------------------------

WRONG_X = np.ones((4, FEATURES + 1))
# A generator cannot be read twice, so each mistake is made anew.
MISTAKES = {
    "no batches": (lambda: iter([]), ValueError, ["x gives no batches"]),
    "no targets": (lambda: batches(X), TypeError, ["batch 0 of x", "pass y"]),
    "four parts": (
        lambda: iter([(X, Y, WEIGHTS, 1)]),
        ValueError,
        ["tuples (x, y)", "'tuple' of 4"],
    ),
    "no parts": (lambda: iter([()]), ValueError, ["tuples (x, y)", "'tuple' of 0"]),
    "rows instead of batches": (lambda: iter(X), ValueError, ["batch 0 of x", "(4,)"]),
    "text": (lambda: iter(["abc"]), TypeError, ["batch 0 of x", "str"]),
    "other targets": (
        lambda: iter([(X, Y[:, :2])]),
        ValueError,
        ["batch 0 of x", "(10, 2)"],
    ),
    "a bad value": (
        lambda: iter([(X * np.nan, Y)]),
        ValueError,
        ["batch 0 of x", "x[0, 0] is NaN"],
    ),
    "no rows": (lambda: iter([(X[:0], Y[:0])]), ValueError, ["batch 0", "0 samples"]),
}


def assert_nothing_changed(call, model, exception, words):
    before = bits(model), model.optimizer.iterations, model.history, model.built
    random = generator().bit_generator.state
    with pytest.raises(exception) as caught:
        call()
    for word in words:
        assert word in str(caught.value)
    after = bits(model), model.optimizer.iterations, model.history, model.built
    assert after == before
    assert generator().bit_generator.state == random


@pytest.mark.parametrize("built", [True, False], ids=["built", "deferred"])
@pytest.mark.parametrize("call", ["fit", "evaluate"])
@pytest.mark.parametrize(
    ("make", "exception", "words"), MISTAKES.values(), ids=MISTAKES
)
def test_a_bad_first_batch_changes_nothing(call, make, exception, words, built):
    model = a_model(built=built)
    assert_nothing_changed(
        lambda: getattr(model, call)(make(), verbose=0), model, exception, words
    )


@pytest.mark.parametrize("call", ["fit", "evaluate", "predict"])
def test_a_first_batch_of_other_columns_changes_nothing(call):
    model = a_model()
    assert_nothing_changed(
        lambda: getattr(model, call)(batches(WRONG_X, Y[:4]), verbose=0),
        model,
        ValueError,
        ["batch 0 of x", "4 features", "5"],
    )


@pytest.mark.parametrize("built", [True, False], ids=["built", "deferred"])
def test_bad_validation_batches_are_named(built):
    model = a_model(built=built)
    for data, words in [
        (iter([]), ["validation_data gives no batches"]),
        (batches(WRONG_X, Y[:4]), ["validation_data", "5"]),
        (batches(X, Y[:, :2]), ["batch 0 of validation_data", "(4, 2)"]),
    ]:
        assert_nothing_changed(
            lambda data=data: model.fit(X, Y, verbose=0, validation_data=data),
            model,
            ValueError,
            words,
        )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"y": Y}, ["leave y and sample_weight out"]),
        ({"sample_weight": WEIGHTS}, ["leave y and sample_weight out"]),
        ({"validation_split": 0.5}, ["validation_split", "validation_data"]),
        ({"class_weight": [1.0]}, ["class_weight", "dictionary"]),
    ],
)
def test_what_does_not_go_with_batches_is_refused(arguments, words):
    model = a_model()
    exception = TypeError if "class_weight" in arguments else ValueError
    assert_nothing_changed(
        lambda: model.fit(batches(X, Y), **{"verbose": 0, **arguments}),
        model,
        exception,
        words,
    )


def test_weights_of_batches_and_of_classes_exclude_each_other():
    model = a_model()
    assert_nothing_changed(
        lambda: model.fit(batches(X, Y, WEIGHTS), class_weight={0: 2.0}, verbose=0),
        model,
        ValueError,
        ["batch 0 of x", "`class_weight` and `sample_weight`"],
    )


def test_a_bad_batch_later_on_leaves_what_was_learnt_before():
    model, twin = a_model(), a_model()
    with pytest.raises(ValueError, match=r"In batch 1 of x: .*has 5"):
        model.fit(iter([(X[:4], Y[:4]), (WRONG_X, Y[:4])]), verbose=0)
    twin.train_on_batch(X[:4], Y[:4])
    assert bits(model) == bits(twin)
    assert model.fit(batches(X, Y), verbose=0).epoch == [0]


@pytest.mark.parametrize("value", [{1.0}, range(4), bytearray(4)])
def test_what_holds_numbers_is_no_stream_of_batches(value):
    with pytest.raises((TypeError, ValueError), match=r"^x must"):
        a_model().predict(value, verbose=0)
