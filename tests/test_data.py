"""Whatever holds real numbers works, and is converted once or not at all."""

import copy
import threading
from fractions import Fraction

import numpy as np
import pytest

import fastmlp
from fastmlp import config, layers, losses
from fastmlp._check import inputs, numbers
from fastmlp._model.samples import to_samples

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
