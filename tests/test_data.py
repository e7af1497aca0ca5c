"""Whatever holds real numbers works, and is converted once or not at all."""

import copy
import pickle
import threading
from fractions import Fraction

import numpy as np
import pytest

import fastmlp
from fastmlp import config, layers, losses
from fastmlp._check import inputs, numbers
from fastmlp._model.samples import to_samples
from fastmlp.plan import GivenRows
from fastmlp.reference import dense_rows

ROWS, FEATURES = 13, 4


def whole_numbers(dtype=np.float32):
    """Return numbers that every dtype holds exactly, bool apart."""
    numbers = np.random.default_rng(0).integers(0, 3, (ROWS, FEATURES))
    return numbers.astype(dtype)


def fractions(dtype=np.float32):
    return np.random.default_rng(0).random((ROWS, FEATURES)).astype(dtype)


def read_only(array):
    array.setflags(write=False)
    return array


def on_disk(array, folder):
    path = folder / "x.npy"
    np.save(path, array)
    return np.load(path, mmap_mode="r")


def unaligned(array):
    buffer = bytearray(array.nbytes + 1)
    inside = np.frombuffer(buffer, array.dtype, offset=1).reshape(array.shape)
    inside[...] = array
    return inside


def as_objects(array, kind):
    objects = np.empty(array.shape, object)
    objects[...] = [[kind(float(value)) for value in row] for row in array]
    return objects


class Tensor:
    """Something that is no array, but can be made one."""

    def __init__(self, array):
        self.array = array

    def __len__(self):
        return len(self.array)

    def __array__(self, dtype=None, copy=None):
        return self.array


ARRAYS = {
    "float32": fractions,
    "float64": lambda: fractions(np.float64),
    "longdouble": lambda: fractions(np.longdouble),
    "float16": lambda: fractions(np.float16),
    "bool": lambda: whole_numbers() > 1,
    **{
        dtype: lambda dtype=dtype: whole_numbers(dtype)
        for dtype in ("int8", "uint8", "int16", "uint16", "int32", "int64", "uint64")
    },
    "another byte order": lambda: fractions(">f4"),
    "another byte order, float64": lambda: fractions(">f8"),
    "a list of lists": lambda: fractions().tolist(),
    "a tuple of lists": lambda: tuple(fractions().tolist()),
    "a list of arrays": lambda: list(fractions()),
    "Fortran order": lambda: np.asfortranarray(fractions()),
    "Fortran order, float64": lambda: np.asfortranarray(fractions(np.float64)),
    "negative strides": lambda: fractions()[::-1, ::-1],
    "every second row": lambda: np.repeat(fractions(), 2, axis=0)[::2],
    "every second column": lambda: np.repeat(fractions(), 2, axis=1)[:, ::2],
    "every second column, uint8": lambda: np.repeat(whole_numbers(np.uint8), 2, axis=1)[
        :, ::2
    ],
    "one row over and over": lambda: np.broadcast_to(fractions()[0], (ROWS, FEATURES)),
    "one column over and over": lambda: np.broadcast_to(
        fractions()[:, :1], (ROWS, FEATURES)
    ),
    "one number over and over": lambda: np.broadcast_to(
        np.float32(0.7), (ROWS, FEATURES)
    ),
    "read-only": lambda: read_only(fractions()),
    "read-only, float64": lambda: read_only(fractions(np.float64)),
    "not aligned": lambda: unaligned(fractions()),
    "not aligned, float64": lambda: unaligned(fractions(np.float64)),
    "a masked array without a mask": lambda: np.ma.array(fractions()),
    "floats as objects": lambda: as_objects(fractions(), float),
    "fractions as objects": lambda: as_objects(fractions(), Fraction),
    "integers as objects": lambda: as_objects(whole_numbers(), int),
    "something with __array__": lambda: Tensor(fractions(np.float64)),
}


def plain(x):
    """Return the contiguous float32 copy that every other form must agree with."""
    array = np.array(x.array if isinstance(x, Tensor) else x)
    return np.ascontiguousarray(array.astype(np.float64), np.float32)


def results_of(x, y, loss="categorical_crossentropy"):
    """Return all that a network makes of some data."""
    fastmlp.utils.set_random_seed(3)
    model = fastmlp.Sequential(
        [layers.Dense(5, "relu"), layers.Dense(3, None if loss == "mse" else "softmax")]
    )
    model.compile("rmsprop", loss, metrics=["accuracy"])
    history = model.fit(
        x, y, 4, epochs=2, verbose=0, validation_data=(x, y), validation_batch_size=5
    )
    return [
        *(weight.tobytes() for weight in model.get_weights()),
        history.history,
        model.evaluate(x, y, verbose=0),
        model.test_on_batch(x, y),
        model.train_on_batch(x, y),
        model.predict(x, verbose=0).tobytes(),
        model.predict_on_batch(x).tobytes(),
        model(x).tobytes(),
    ]


ONE_HOT = np.eye(3)[np.random.default_rng(1).integers(0, 3, ROWS)]


@pytest.mark.parametrize("make", ARRAYS.values(), ids=ARRAYS)
def test_every_form_of_x_gives_the_bits_of_its_plain_copy(make):
    assert results_of(make(), ONE_HOT) == results_of(plain(make()), ONE_HOT)


@pytest.mark.parametrize("make", ARRAYS.values(), ids=ARRAYS)
def test_every_form_of_y_gives_the_bits_of_its_plain_copy(make):
    def targets(y):
        # Three of the four columns, in the form that is looked at.
        if isinstance(y, Tensor):
            return Tensor(y.array[:, :3])
        if isinstance(y, (list, tuple)):
            return [list(row[:3]) for row in y]
        return y[:, :3]

    y = targets(make())
    expected = results_of(fractions(), plain(y), "mse")
    assert results_of(fractions(), y, "mse") == expected


def test_a_file_mapped_into_memory_gives_the_bits_of_its_plain_copy(tmp_path):
    x = on_disk(fractions(), tmp_path)
    assert results_of(x, ONE_HOT) == results_of(fractions(), ONE_HOT)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "Int64", "boolean"])
def test_data_frames_give_the_bits_of_their_plain_copy(dtype):
    pandas = pytest.importorskip("pandas")
    array = whole_numbers() if dtype != "boolean" else whole_numbers() > 1
    x = pandas.DataFrame(array, columns=list("abcd")).astype(dtype)
    y = pandas.DataFrame(ONE_HOT, index=range(100, 100 + ROWS))
    expected = results_of(np.ascontiguousarray(array, np.float32), ONE_HOT)
    assert results_of(x, y) == expected


@pytest.mark.parametrize(
    "form",
    [
        np.asarray,
        list,
        lambda labels: labels.reshape(-1, 1),
        lambda labels: labels.astype(np.uint8),
        lambda labels: labels.astype(np.float64),
        lambda labels: labels.astype(object),
        lambda labels: read_only(labels.copy())[::-1][::-1],
        lambda labels: pytest.importorskip("pandas").Series(labels, range(9, 9 + ROWS)),
    ],
)
def test_every_form_of_labels_gives_the_same_bits(form):
    labels = ONE_HOT.argmax(axis=1)
    loss = "sparse_categorical_crossentropy"
    x = fractions()
    assert results_of(x, form(labels), loss) == results_of(x, labels, loss)


def test_labels_and_one_hot_rows_teach_the_same():
    sparse = results_of(
        fractions(), ONE_HOT.argmax(axis=1), "sparse_categorical_crossentropy"
    )
    assert sparse == results_of(fractions(), ONE_HOT)


def test_a_single_output_takes_targets_in_a_row():
    def weights_for(y):
        fastmlp.utils.set_random_seed(3)
        model = fastmlp.Sequential([layers.Dense(1)])
        model.compile("sgd", "mse")
        model.fit(fractions(), y, verbose=0)
        return model.get_weights()[0].tobytes()

    y = fractions()[:, 0]
    assert weights_for(y) == weights_for(y[:, None])


# -- One feature, and axes of length 1 --------------------------------------------

COLUMN = np.arange(8, dtype=np.float32)


def a_line(*first):
    fastmlp.utils.set_random_seed(3)
    model = fastmlp.Sequential([*first, layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


@pytest.mark.parametrize("first", [[], [layers.Input((1,))]], ids=["deferred", "built"])
@pytest.mark.parametrize(
    "form",
    [
        np.asarray,
        np.ndarray.tolist,
        lambda column: tuple(column.tolist()),
        lambda column: pytest.importorskip("pandas").Series(column, range(3, 11)),
    ],
    ids=["array", "list", "tuple", "Series"],
)
def test_numbers_in_a_row_are_one_feature_of_many_samples(form, first):
    x, y, table = form(COLUMN), form(2 * COLUMN), COLUMN[:, None]
    results = []
    for given, targets in ((x, y), (table, 2 * table)):
        model = a_line(*first)
        history = model.fit(
            given, targets, epochs=2, verbose=0, validation_data=(given, targets)
        )
        results.append((history.history, model.predict(given, verbose=0).tobytes()))
    assert results[0] == results[1]
    assert model.predict([10.0], verbose=0).shape == (1, 1)


def test_one_sample_is_still_told_from_a_feature_where_it_can_be():
    model = a_line(layers.Input((FEATURES,)))
    with pytest.raises(ValueError, match=r"x\[None\] if it is one sample"):
        model.predict(fractions()[0], verbose=0)
    with pytest.raises(ValueError, match=r"x\[None\] if it is one sample"):
        a_line().predict(fractions()[0], verbose=0)


def test_an_axis_of_length_1_at_the_end_may_be_there_or_not():
    model = a_line(layers.Input((FEATURES,)))
    expected = model.predict(fractions(), verbose=0)
    found = model.predict(fractions()[..., None], verbose=0)
    assert np.array_equal(found, expected)


def test_normalization_adapts_to_batches_and_to_a_column():
    x = fractions(np.float64)
    expected = layers.Normalization()
    expected.adapt(x)
    found = layers.Normalization()
    found.adapt(x[k : k + 4] for k in range(0, ROWS, 4))
    assert np.array_equal(found.mean, expected.mean)
    column = layers.Normalization(axis=None)
    column.adapt(x[:, 0])
    assert column.mean.item() == pytest.approx(x[:, 0].mean())


# -- Results ----------------------------------------------------------------------


def test_what_a_call_returns_is_an_array_and_a_tensor_of_keras():
    model = a_line(layers.Input((FEATURES,)))
    for y in (
        model(fractions()),
        model(fractions(), True),
        layers.Dense(2)(fractions()),
    ):
        assert isinstance(y, np.ndarray)
        assert type(y.numpy()) is np.ndarray
        assert np.array_equal(y.numpy(), y)
        for computed in (y + 1, -y, np.tanh(y), y @ y.T, y == y):
            assert type(computed.numpy()) is np.ndarray
            assert np.array_equal(computed.numpy(), computed)
        assert type(np.sum(y)) is np.float32
        assert type(pickle.loads(pickle.dumps(y))) is np.ndarray
        assert repr(y) == repr(y.numpy())
    assert float(model(fractions()[:1])) == model(fractions()[:1])[0, 0]
    assert int(layers.Dense(1, use_bias=False)(np.zeros((1, 2)))) == 0


def test_several_results_are_tensors_as_well():
    inputs = layers.Input((FEATURES,))
    outputs = {"a": layers.Dense(2)(inputs), "b": layers.Dense(1)(inputs)}
    found = fastmlp.Model(inputs, outputs)(fractions())
    assert {name: one.numpy().shape for name, one in found.items()} == {
        "a": (ROWS, 2),
        "b": (ROWS, 1),
    }


# -- Which column is wrong --------------------------------------------------------


@pytest.mark.parametrize(
    ("dtype", "values", "words"),
    [
        (object, [1, 2, "three", 4], "'c' of x does not hold numbers only: row 2.*str"),
        (object, [1, None, "three", 4], "'c' of x does not hold numbers only: row 2"),
        ("category", list("abab"), "'c' of x does not hold numbers .*category"),
        ("str", list("abab"), "'c' of x does not hold numbers .its dtype is"),
        ("Int64", [1, None, 2, 3], r"'c' of x is missing \(NA\) in row 1"),
        ("boolean", [True, None, True, True], r"'c' of x is missing \(NA\) in row 1"),
        ("datetime64[ns]", [1, 2, 3, 4], "'c' of x does not hold numbers.*counts time"),
    ],
)
def test_the_column_that_is_no_numbers_is_named(dtype, values, words):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(np.ones((4, FEATURES)), columns=list("abcd"))
    frame["a"] = frame["a"].astype("category")
    frame["b"] = frame["b"].astype(object)
    frame["c"] = pandas.Series(values, dtype=dtype)
    with pytest.raises((TypeError, ValueError), match=f"^Column {words}"):
        a_line().predict(frame, verbose=0)


# -- No copy that is not needed ---------------------------------------------------


def samples_of(x):
    """Return x as a model converts it."""
    model = fastmlp.Sequential([layers.Input((FEATURES,)), layers.Dense(1)])
    return to_samples(model.graph, x, training=None).samples.inputs[0]


def test_float32_in_the_right_order_is_used_where_it_is():
    x = fractions()
    assert np.shares_memory(samples_of(x), x)
    t, labels = inputs.as_targets(x, losses.MeanSquaredError(), ROWS, FEATURES)
    assert np.shares_memory(t, x)
    assert labels is None


def test_a_file_mapped_into_memory_is_used_where_it_is(tmp_path):
    x = on_disk(fractions(), tmp_path)
    assert np.shares_memory(samples_of(x), x)


@pytest.mark.parametrize("make", ARRAYS.values(), ids=ARRAYS)
def test_what_comes_out_is_plain_float32(make):
    made = samples_of(make())
    if isinstance(made, GivenRows):  # They are converted batch by batch.
        made = dense_rows(made, np.arange(ROWS))
    assert type(made) is np.ndarray
    assert made.dtype == np.float32
    assert made.flags.c_contiguous
    assert made.flags.aligned


@pytest.mark.parametrize("make", ARRAYS.values(), ids=ARRAYS)
def test_what_comes_in_is_never_changed(make):
    x = make()
    before = copy.deepcopy(x)
    results_of(x, ONE_HOT)
    assert np.array_equal(plain(x), plain(before))


def test_labels_are_copied_so_that_nobody_can_change_them_during_the_training():
    labels = np.array([0, 1], np.intc)
    _, copied = inputs.as_targets(
        labels, losses.get("sparse_categorical_crossentropy"), 2, 2
    )
    assert not np.shares_memory(copied, labels)


def test_a_row_of_float64_starts_no_thread(monkeypatch):
    def starts(thread):
        raise AssertionError("A thread was started for a single row.")

    monkeypatch.setattr(config, "_threads", 8)
    monkeypatch.setattr(threading.Thread, "start", starts)
    model = fastmlp.Sequential([layers.Input((FEATURES,)), layers.Dense(1)])
    x = fractions(np.float64)[:1]
    assert np.array_equal(model.predict(x, verbose=0), model(x.astype(np.float32)))


# -- Pieces -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        (2.5, "2.5"),
        ("64", "'64'"),
        (None, "None"),
        ((None, 4), "(None, 4)"),
        ([1.0, 2.0], "an object of type list"),
        (np.zeros(3), "an object of type ndarray"),
        ("a" * 100, "an object of type str"),
        (tuple(range(784)), "an object of type tuple"),
    ],
)
def test_a_message_shows_a_setting_but_no_data(value, text):
    assert numbers.describe(value) == text


def test_rounding_is_that_of_numpy():
    halfway = 1 + np.arange(64) * 2.0**-25  # between two neighbors in float32
    x = np.concatenate([halfway, -halfway, halfway * 1e-44, halfway * 1e38])[None]
    converted = numbers.as_float32("x", x)
    assert converted.tobytes() == x.astype(np.float32).tobytes()


def test_a_place_is_found_in_any_order_of_axes():
    x = np.zeros((3, 5))
    x[1, 4] = np.nan
    for array in (x, np.asfortranarray(x), x.astype(np.float32), x.astype(np.float16)):
        with pytest.raises(ValueError, match=r"^x\[1, 4\] is NaN"):
            numbers.as_float32("x", array)


def test_the_largest_float32_numbers_are_finite():
    largest = np.full((2, 2), np.finfo(np.float32).max)
    assert numbers.as_float32("x", largest) is largest
