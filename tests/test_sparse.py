"""What scipy.sparse has is data: never made dense, and with the bits of dense data."""

import tracemalloc
import warnings

import numpy as np
import pytest

import fastmlp
from fastmlp import kernels, layers, models, utils
from fastmlp._model.samples import to_samples
from fastmlp.plan import SparseRows

ROWS, FEATURES, CLASSES = 60, 301, 3


class Csr:
    """What scipy.sparse calls a csr_matrix, as far as anybody here knows it."""

    format = "csr"
    ndim = 2

    def __init__(self, data, indices, indptr, shape):
        self.data, self.indices, self.indptr = data, indices, indptr
        self.shape = shape
        self.dtype = data.dtype

    def __len__(self):
        raise TypeError("sparse array length is ambiguous; use getnnz()")

    def tocsr(self):
        return self

    def toarray(self):
        dense = np.zeros(self.shape, self.data.dtype)
        rows = np.repeat(np.arange(self.shape[0]), np.diff(self.indptr))
        np.add.at(dense, (rows, self.indices[: len(rows)]), self.data[: len(rows)])
        return dense


class Coo(Csr):
    """The same in another format."""

    format = "coo"

    def tocsr(self):
        return Csr(self.data, self.indices, self.indptr, self.shape)


def csr(dense, index=np.int32, kind=Csr):
    rows, columns = dense.nonzero()
    starts = np.searchsorted(rows, np.arange(len(dense) + 1)).astype(index)
    return kind(dense[rows, columns], columns.astype(index), starts, dense.shape)


def draw(rows=ROWS, features=FEATURES, share=0.1, dtype=np.float32):
    """Return numbers that are mostly zero; the first row and the last have nothing."""
    rng = np.random.default_rng(features)
    x = rng.integers(1, 9, (rows, features)) * (rng.random((rows, features)) < share)
    x[[0, -1]] = 0
    return x.astype(dtype)


X = draw()
LABELS = np.random.default_rng(0).integers(0, CLASSES, ROWS)
Y = np.eye(CLASSES, dtype=np.float32)[LABELS]


def a_model(first=(), loss="categorical_crossentropy", features=None):
    utils.set_random_seed(3)
    inputs = [] if features is None else [layers.Input((features,), sparse=True)]
    model = models.Sequential(
        [*inputs, *first, layers.Dense(20, "relu"), layers.Dense(CLASSES, "softmax")]
    )
    model.compile("rmsprop", loss, metrics=["accuracy"])
    return model


def trained(*data, make=a_model, **settings):
    """Return the history and the weights that some data leave."""
    model = make()
    history = model.fit(*data, verbose=0, **settings)
    return history.history, [one.tobytes() for one in model.get_weights()]


def results_of(x, first=(), y=Y):
    """Return all that a network makes of some data."""
    model = a_model(first)
    history = model.fit(x, y, 8, epochs=2, verbose=0, validation_data=(x, y))
    return [
        *(weight.tobytes() for weight in model.get_weights()),
        history.history,
        model.evaluate(x, y, 16, verbose=0),
        model.test_on_batch(x, y),
        model.train_on_batch(x, y),
        model.predict(x, 7, verbose=0).tobytes(),
        model.predict_on_batch(x).tobytes(),
        model(x).tobytes(),
    ]


def unsorted(dense):
    given = csr(dense)
    for begin, end in zip(given.indptr[:-1], given.indptr[1:], strict=True):
        given.indices[begin:end] = given.indices[begin:end][::-1].copy()
        given.data[begin:end] = given.data[begin:end][::-1].copy()
    return given


def twice(dense):
    """Every number in two parts, and the order within a row lost."""
    given = csr(dense)
    return Csr(
        np.repeat(given.data / 2, 2), np.repeat(given.indices, 2), given.indptr * 2,
        dense.shape,
    )  # fmt: skip


def with_zeros(dense):
    """Zeros that are written down, and room behind the last entry."""
    given = csr(dense + (dense == 0) * (np.arange(FEATURES) % 7 == 0))
    given.data[given.indices % 7 == 0] = dense[:, ::7].ravel()
    longer = (np.append(one, one[:5]) for one in (given.data, given.indices))
    return Csr(*longer, given.indptr, dense.shape)


FORMS = {
    "float32": lambda: csr(X),
    "float64": lambda: csr(X.astype(np.float64)),
    "int64": lambda: csr(X.astype(np.int64)),
    "uint8": lambda: csr(X.astype(np.uint8)),
    "indices of 64 bits": lambda: csr(X, np.int64),
    "another format": lambda: csr(X, kind=Coo),
    "columns in any order": lambda: unsorted(X),
    "numbers in two parts": lambda: twice(X),
    "zeros that are written down": lambda: with_zeros(X),
    "a list": lambda: [csr(X)],
}


def from_scipy(name):
    sparse = pytest.importorskip("scipy.sparse")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sparse.SparseEfficiencyWarning)
        return getattr(sparse, name)(X)


for _format in ("csr", "csc", "coo", "lil", "dok", "bsr", "dia"):
    for _kind in ("matrix", "array"):
        _name = f"{_format}_{_kind}"
        FORMS[f"scipy's {_name}"] = lambda name=_name: from_scipy(name)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_form_gives_the_bits_of_dense_data(form):
    assert results_of(form()) == results_of(X)


def test_booleans_are_0_and_1():
    assert results_of(csr(X > 0)) == results_of((X > 0).astype(np.float32))


FIRST = {
    "dropout": lambda: [layers.Dropout(0.3, seed=1)],
    "batch normalization": lambda: [layers.BatchNormalization()],
    "rescaling": lambda: [layers.Rescaling(0.1, 1)],
    "an activation": lambda: [layers.Activation("tanh")],
    "flatten": lambda: [layers.Flatten()],
    "noise": lambda: [layers.GaussianNoise(0.1, seed=1)],
    "a function of its own": lambda: [layers.Lambda(lambda x: x * 2)],
}


@pytest.mark.parametrize("first", FIRST.values(), ids=FIRST)
def test_every_layer_may_be_the_first(first):
    assert results_of(csr(X), first()) == results_of(X, first())


@pytest.mark.parametrize("features", [1, 2, 127, 128, 129, 140_001])
def test_every_width_gives_the_bits_of_dense_data(features):
    x = draw(20, features, 0.001 if features > 1000 else 0.3)
    x[3, -1] = 5
    results = []
    for given in (x, csr(x)):
        model = a_model()
        model.fit(given, Y[:20], 6, verbose=0)
        results.append([*model.get_weights(), model.predict(given, verbose=0)])
    assert all(map(np.array_equal, *results))


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_any_number_of_threads_gives_the_same_bits(threads_for_all, threads):
    expected = results_of(X)
    before = fastmlp.config.get_num_threads()
    fastmlp.config.set_num_threads(threads)
    try:
        assert results_of(csr(X)) == expected
    finally:
        fastmlp.config.set_num_threads(before)


SETTINGS = {
    "validation_split": {"validation_split": 0.3},
    "in order": {"shuffle": False},
    "shuffled in batches": {"shuffle": "batch"},
    "class_weight": {"class_weight": {0: 3.0, 2: 0.5}},
    "sample_weight": {"sample_weight": np.linspace(0, 2, ROWS)},
    "steps": {"steps_per_epoch": 4},
}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_settings_of_fit_hold_for_sparse_data(settings):
    given = {"batch_size": 8, "epochs": 3, **settings}
    assert trained(csr(X), Y, **given) == trained(X, Y, **given)


@pytest.mark.parametrize("as_list", [True, False])
def test_a_stream_may_give_sparse_batches(as_list):
    def batches(convert, *arrays):
        for first in range(0, ROWS, 8):
            x, *rest = (array[first : first + 8] for array in arrays)
            yield list((convert(x), *rest)) if as_list else (convert(x), *rest)

    assert trained(batches(csr, X, Y)) == trained(batches(np.asarray, X, Y))
    model = a_model(features=FEATURES)
    found = model.predict(batches(csr, X), verbose=0)
    assert np.array_equal(found, model.predict(X, 8, verbose=0))


@pytest.mark.parametrize("merges", [True, False])
def test_one_of_several_inputs_may_be_sparse(merges):
    def a_graph():
        utils.set_random_seed(1)
        inputs = {name: layers.Input((FEATURES,), name=name) for name in ("a", "b")}
        if merges:
            hidden = layers.Dense(8)(layers.Concatenate()(list(inputs.values())))
        else:
            shared = layers.Dense(8)
            hidden = layers.Add()([shared(one) for one in inputs.values()])
        model = models.Model(inputs, layers.Dense(CLASSES, "softmax")(hidden))
        model.compile("adam", "categorical_crossentropy")
        return model

    expected = trained({"a": X, "b": X[::-1]}, Y, make=a_graph)
    assert trained({"a": csr(X), "b": X[::-1]}, Y, make=a_graph) == expected
    assert trained([csr(X), csr(X[::-1])], Y, make=a_graph) == expected


def test_targets_may_be_sparse():
    assert trained(X, csr(Y)) == trained(X, Y)


def test_training_that_is_called_by_hand_takes_sparse_data():
    for first in (list, FIRST["dropout"]):
        found, expected = (
            a_model(first(), features=FEATURES)(x, training=True) for x in (csr(X), X)
        )
        assert np.array_equal(found, expected)


def test_a_whole_data_set_is_never_dense():
    rng = np.random.default_rng(0)
    rows, features, entries = 2000, 50_000, 50
    columns = np.sort(rng.integers(0, features // entries, (rows, entries)))
    columns += np.arange(0, features, features // entries)
    x = Csr(
        rng.random(rows * entries, np.float32),
        columns.ravel().astype(np.int32),
        np.arange(0, rows * entries + 1, entries, np.int32),
        (rows, features),
    )
    model = models.Sequential([layers.Dense(2, "relu"), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.build((None, features))
    tracemalloc.start()
    model.fit(x, np.zeros(rows), 100, verbose=0)
    model.predict(x, verbose=0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert model.zero_skipping
    # Dense, it would be 400 MB; on the NumPy backend, a batch is.
    assert peak < (8e6 if kernels.backend == "compiled" else 80e6)


def test_numbers_that_are_there_already_are_used_where_they_are():
    given = csr(X)
    made = to_samples(a_model().graph, given, training=None).samples.inputs[0]
    assert np.shares_memory(made.data, given.data)
    assert not np.shares_memory(made.indices, given.indices)


def test_what_comes_in_is_never_changed():
    for make in (unsorted, twice, with_zeros):
        given, before = make(X), make(X)
        results_of(given)
        for name in ("data", "indices", "indptr"):
            assert np.array_equal(getattr(given, name), getattr(before, name))


def test_a_nan_spoils_its_row_only():
    x = X.astype(np.float32)
    x[2, 7] = np.nan
    model = a_model()
    whole, spoilt = model.predict(X, verbose=0), model.predict(csr(x), verbose=0)
    assert np.isnan(spoilt[2]).all()
    others = np.arange(ROWS) != 2
    assert np.array_equal(spoilt[others], whole[others])


def test_sparse_inputs_stay_in_a_configuration():
    model = a_model(features=FEATURES)
    config = model.get_config()
    assert config["layers"][0]["config"]["sparse"] is True
    again = models.Sequential.from_config(config)
    assert again.get_config() == config
    assert again.predict(csr(X), verbose=0).shape == (ROWS, CLASSES)


# -- Bad input --------------------------------------------------------------------


def with_number(number):
    x = X.astype(np.float64)
    x[2, 7] = number
    return csr(x)


def damaged(**arrays):
    given = csr(X)
    vars(given).update(arrays)
    return given


WRONG = {
    "NaN": (lambda: with_number(np.nan), ValueError, r"x\[2, 7\] is NaN"),
    "infinity": (lambda: with_number(-np.inf), ValueError, r"x\[2, 7\] is infinite"),
    "beyond float32": (lambda: with_number(1e300), ValueError, "infinite in float32"),
    "complex": (lambda: csr(X * 1j), TypeError, "real numbers.*complex64"),
    "other columns": (lambda: csr(X[:, 1:]), ValueError, "expects 301 features"),
    "no columns": (lambda: csr(X[:, :0]), ValueError, "no features"),
    "rows": (lambda: csr(X[1:]), ValueError, "x has 59 rows, but y has 60"),
    "no rows": (lambda: csr(X[:0]), ValueError, "x has 0 samples"),
    "raw places": (
        lambda: damaged(indices=csr(X).indices + 1), ValueError, "damaged.*below 301"
    ),
    "falling starts": (
        lambda: damaged(indptr=csr(X).indptr[::-1]), ValueError, "damaged.*indptr"
    ),
    "too few places": (
        lambda: damaged(indices=csr(X).indices[:9]), ValueError, "damaged.*indptr"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("make", "error", "words"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_sparse_data_is_named(make, error, words):
    model = a_model()
    model.build((None, FEATURES))
    before = model.get_weights()
    with pytest.raises(error, match=words):
        model.fit(make(), Y, verbose=0)
    assert all(map(np.array_equal, model.get_weights(), before))


def test_layers_by_hand_and_images_take_dense_data():
    with pytest.raises(TypeError, match=r"sparse matrix.*x.toarray\(\)"):
        layers.Dense(3)(csr(X))
    model = models.Sequential([layers.Input((28, 28)), layers.Flatten()])
    with pytest.raises(ValueError, match=r"x must have shape \(rows, 28, 28\)"):
        model.predict(csr(X), verbose=0)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((X[0], [0], [0, 1], 5), "indptr must say"),
        ((X[0, :2], [0, 1], [1, 2, 1], 5), "indptr must say"),
        ((X[0, :2], [0, 5], [0, 2], 5), "from 0 to below 5"),
        ((X[0, :2], [-1, 2], [0, 2], 5), "from 0 to below 5"),
        ((X[0, :2], [2, 2], [0, 2], 5), "in order"),
        ((X[0, :2], [2, 1], [0, 2], 5), "in order"),
        ((X[0, :2], [0, 1], [0, 2], 0), "1 to 2,147,483,647 inputs"),
        ((X[0, :2].astype(float), [0, 1], [0, 2], 5), "data must be.*float32"),
    ],
)
def test_rows_that_compiled_code_trusts_are_checked(arguments, words):
    with pytest.raises(ValueError, match=words):
        SparseRows(*arguments)
    rows = SparseRows(X[0, :2], [0, 1], [0, 1, 2], 5)
    with pytest.raises(ValueError, match="in order"):
        rows._replace(indices=np.zeros(2, int), indptr=[0, 2])
    with pytest.raises(ValueError, match="read-only"):
        rows.indices[0] = 99
