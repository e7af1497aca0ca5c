"""Every mistake gets a sentence, and changes nothing.

The tables are the specification: a mistake, the class of the exception, and words that
its message must have. What was found, what was expected, how to mend it.
"""

import numpy as np
import pytest

import fastmlp
from fastmlp import activations, callbacks, layers, losses, metrics, optimizers
from fastmlp._model.files import memory_of
from fastmlp._util.random import generator

ROWS, FEATURES, CLASSES = 6, 4, 3

# Data are full of this number, which no message may show, and text of this word.
SECRET = 0.123454321
SECRET_DIGITS = "0.123"
WORD = "swordfish"


def an_x(*shape, dtype=np.float64):
    return np.full(shape or (ROWS, FEATURES), SECRET, dtype)


def x_with(value, dtype=np.float64):
    """Return an x in which x[2, 1] is something special."""
    x = an_x(dtype=dtype)
    x[2, 1] = value
    return x


LABELS = np.array([0, 1, 2, 0, 1, 2])
ONE_HOT = np.eye(CLASSES)[LABELS]


def y_with(value):
    """Return one-hot targets in which y[2, 1] is something special."""
    y = ONE_HOT.copy()
    y[2, 1] = value
    return y


def labels_with(value, dtype=np.float64):
    """Return labels of which the one at index 2 is something special."""
    labels = LABELS.astype(dtype)
    labels[2] = value
    return labels


def a_model(loss="categorical_crossentropy", built=True):
    """Return a compiled model, trained a little unless it is to wait for its data."""
    model = fastmlp.Sequential(
        [layers.Dense(5, activation="relu"), layers.Dense(CLASSES, "softmax")]
    )
    model.compile(optimizers.RMSprop(momentum=0.5), loss, metrics=["accuracy"])
    if built:
        y = LABELS if model.loss.targets == "labels" else ONE_HOT
        model.fit(an_x(), y, epochs=2, verbose=0)
    return model


def state_of(model):
    """Return all that a failed call must leave as it was."""
    memory = memory_of(model._network) if model.compiled and model.built else []
    return {
        "layers": [(layer.name, layer.built) for layer in model.layers],
        "weights": [weight.tobytes() for weight in model.get_weights()],
        "memory": [array.tobytes() for array in memory],
        "compiled": model.compiled and (model.optimizer, model.loss),
        "iterations": model.compiled and model.optimizer.iterations,
        "metrics": model.metrics_names,
        "history": (model.history, model.history and dict(model.history.history)),
        "random": generator().bit_generator.state,
    }


def assert_refused(call, exception, words, model=None):
    """Assert that a call fails as it should, and that the model is as it was."""
    before = model and state_of(model)
    random = generator().bit_generator.state
    with pytest.raises(exception) as caught:
        call()
    message = str(caught.value)
    for word in words:
        assert word in message
    assert caught.type is exception
    assert message.endswith(".")
    assert SECRET_DIGITS not in message
    assert WORD not in message
    assert len(message) < 400
    assert (model and state_of(model)) == before
    assert generator().bit_generator.state == random


class Sparse:
    """Looks like a matrix of scipy.sparse."""

    shape = (ROWS, FEATURES)

    def toarray(self):
        raise AssertionError("nobody asked for this much memory")


class OnAnotherDevice:
    """Looks like a tensor of PyTorch on a graphics card."""

    class device:
        type = "cuda"


class Liar:
    """Says that it has four features, and has five."""

    shape = (ROWS, FEATURES)

    def __len__(self):
        return ROWS

    def __array__(self, dtype=None, copy=None):
        return an_x(ROWS, 5)


# -- x ----------------------------------------------------------------------------

CALLS_WITH_X = {
    "fit": lambda model, x: model.fit(x, ONE_HOT, verbose=0),
    "evaluate": lambda model, x: model.evaluate(x, ONE_HOT, verbose=0),
    "train_on_batch": lambda model, x: model.train_on_batch(x, ONE_HOT),
    "test_on_batch": lambda model, x: model.test_on_batch(x, ONE_HOT),
    "validation_data": lambda model, x: model.fit(
        an_x(), ONE_HOT, verbose=0, validation_data=(x, ONE_HOT)
    ),
    "predict": lambda model, x: model.predict(x, verbose=0),
    "predict_on_batch": lambda model, x: model.predict_on_batch(x),
    "call": lambda model, x: model(x),
}

# fmt: off
X_MISTAKES = {
    "one feature too many": (
        lambda: an_x(ROWS, 5), ValueError,
        ["(6, 5)", "Give x 4 columns", "input_shape=(5,)"]),
    "one feature too few": (
        lambda: an_x(ROWS, 3), ValueError,
        ["(6, 3)", "Give x 4 columns", "input_shape=(3,)"]),
    "no features": (lambda: an_x(ROWS, 0), ValueError, ["no features", "(6, 0)"]),
    "a single sample": (
        lambda: an_x(FEATURES), ValueError,
        ["(rows, 4)", "(4,)", "x[None]", "x.reshape(-1, 1)"]),
    "images": (
        lambda: an_x(ROWS, 2, 2), ValueError,
        ["(rows, 4)", "(6, 2, 2)", "x.reshape(len(x), -1)"]),
    "a number": (lambda: SECRET, ValueError, ["(rows, 4)", "()", "single number"]),
    "rows of different lengths": (
        lambda: [[SECRET] * 4] * 5 + [[SECRET] * 3], ValueError,
        ["x", "rows differ in length"]),
    "a shape that lies": (Liar, ValueError, ["4", "5", "(6, 5)"]),
    "None": (lambda: None, TypeError, ["no inputs", "pass x"]),
    "a dictionary": (lambda: {"x": an_x()}, TypeError, ["array of numbers", "dict"]),
    "a set": (lambda: {SECRET}, TypeError, ["array of numbers", "set"]),
    "a word": (lambda: WORD, TypeError, ["array of numbers", "str"]),
    "bytes": (lambda: WORD.encode(), TypeError, ["array of numbers", "bytes"]),
    "an object": (object, TypeError, ["array of numbers", "object"]),
    "text": (
        lambda: [[WORD] * FEATURES] * ROWS, TypeError, ["x holds text", "numbers"]),
    "numbers as text": (
        lambda: an_x().astype(str), TypeError, ["x holds text", "numbers"]),
    "text among numbers": (
        lambda: x_with(WORD, object), TypeError, ["x[2, 1]", "str", "numbers"]),
    "a list among numbers": (
        lambda: x_with({WORD: 1}, object), TypeError, ["x[2, 1]", "dict", "numbers"]),
    "a number too large for any float": (
        lambda: x_with(10**400, object), TypeError, ["x[2, 1]", "int", "float"]),
    "complex numbers": (
        lambda: an_x(dtype=complex), TypeError, ["real numbers", "complex128"]),
    "complex objects": (
        lambda: x_with(1j, object), TypeError, ["x[2, 1]", "complex", "numbers"]),
    "dates": (
        lambda: np.zeros((ROWS, FEATURES), "M8[s]"), TypeError,
        ["real numbers", "datetime64"]),
    "a structured array": (
        lambda: np.zeros((ROWS, FEATURES), [("age", "f4")]), TypeError,
        ["real numbers", "age"]),
    "a masked array": (
        lambda: np.ma.masked_greater(an_x(), 0), ValueError, ["masked", "x.filled(0)"]),
    "a sparse matrix": (Sparse, TypeError, ["sparse", "x.toarray()"]),
    "a tensor elsewhere": (OnAnotherDevice, TypeError, ["device", "x.cpu()"]),
}
# fmt: on


@pytest.mark.parametrize("call", CALLS_WITH_X.values(), ids=CALLS_WITH_X)
@pytest.mark.parametrize(
    ("make", "exception", "words"), X_MISTAKES.values(), ids=X_MISTAKES
)
def test_every_call_that_takes_x_refuses(call, make, exception, words):
    model = a_model()
    assert_refused(lambda: call(model, make()), exception, words, model)


@pytest.mark.parametrize("call", ["train_on_batch", "test_on_batch", "call"])
def test_a_single_batch_is_no_generator(call):
    model = a_model()
    assert_refused(
        lambda: CALLS_WITH_X[call](model, (row for row in an_x())),
        TypeError,
        ["x must be an array of numbers", "generator"],
        model,
    )


@pytest.mark.parametrize("name", ["red", 7])
def test_a_column_of_text_is_named(name):
    pandas = pytest.importorskip("pandas")
    x = pandas.DataFrame(an_x(), columns=[*"abc", name])
    x[name] = WORD
    model = a_model()
    words = ["Column", repr(name), "numbers", "Leave it out"]
    assert_refused(lambda: model.predict(x), TypeError, words, model)


@pytest.mark.parametrize("dtype", [object, "Int64"])
def test_a_missing_value_of_pandas_is_found(dtype):
    pandas = pytest.importorskip("pandas")
    x = np.full((ROWS, FEATURES), 1, object)
    x[2, 1] = pandas.NA
    if dtype == "Int64":
        x = pandas.DataFrame(x).astype(dtype)
    model = a_model()
    words = ["x[2, 1] is missing (NA)", "x.fillna(0)"]
    assert_refused(lambda: model.predict(x), ValueError, words, model)


def test_what_an_array_raises_itself_comes_through():
    class Broken:
        def __array__(self, dtype=None, copy=None):
            raise ValueError("The camera is not connected.")

    model = a_model()
    words = ["The camera is not connected."]
    assert_refused(lambda: model.predict(Broken()), ValueError, words, model)


# fmt: off
NOT_FINITE = {
    "NaN": (lambda: x_with(np.nan), ["x[2, 1] is NaN", "finite"]),
    "NaN in float32": (lambda: x_with(np.nan, np.float32), ["x[2, 1] is NaN"]),
    "NaN in float16": (lambda: x_with(np.nan, np.float16), ["x[2, 1] is NaN"]),
    "NaN in Fortran order": (
        lambda: np.asfortranarray(x_with(np.nan)), ["x[2, 1] is NaN"]),
    "None": (lambda: x_with(None, object), ["x[2, 1] is NaN"]),
    "infinity": (lambda: x_with(np.inf), ["x[2, 1] is infinite", "replace"]),
    "minus infinity": (lambda: x_with(-np.inf, np.float32), ["x[2, 1] is infinite"]),
    "two infinities": (
        lambda: np.array([[np.inf, -np.inf, SECRET, 0]] * ROWS, np.float32),
        ["x[0, 0] is infinite"]),
    "too large for float32": (
        lambda: x_with(1e300), ["x[2, 1] is infinite in float32"]),
    "infinity among whole numbers": (
        lambda: np.where(x_with(np.inf) == np.inf, np.inf, 1.0), ["x[2, 1]"]),
}
# fmt: on


@pytest.mark.parametrize("built", [True, False], ids=["built", "deferred"])
@pytest.mark.parametrize(
    "call",
    ["fit", "evaluate", "train_on_batch", "test_on_batch", "validation_data"],
)
@pytest.mark.parametrize(("make", "words"), NOT_FINITE.values(), ids=NOT_FINITE)
def test_nothing_is_learnt_from_numbers_that_are_not_finite(call, make, words, built):
    model = a_model(built=built)
    call = CALLS_WITH_X[call]
    assert_refused(lambda: call(model, make()), ValueError, words, model)


@pytest.mark.parametrize(
    "call",
    ["fit", "evaluate", "train_on_batch", "test_on_batch", "validation_data"],
)
def test_no_samples_are_too_few(call):
    model = a_model()
    calls = {
        **CALLS_WITH_X,
        "fit": lambda model, x: model.fit(x, ONE_HOT[:0], verbose=0),
        "validation_data": lambda model, x: model.fit(
            an_x(), ONE_HOT, verbose=0, validation_data=(x, ONE_HOT[:0])
        ),
    }
    assert_refused(
        lambda: calls[call](model, an_x(0, FEATURES)),
        ValueError,
        ["x has 0 samples", "at least one"],
        model,
    )


# -- y ----------------------------------------------------------------------------

CALLS_WITH_Y = {
    "fit": lambda model, y: model.fit(an_x(), y, verbose=0),
    "evaluate": lambda model, y: model.evaluate(an_x(), y, verbose=0),
    "train_on_batch": lambda model, y: model.train_on_batch(an_x(), y),
    "test_on_batch": lambda model, y: model.test_on_batch(an_x(), y),
    "validation_data": lambda model, y: model.fit(
        an_x(),
        LABELS if model.loss.targets == "labels" else ONE_HOT,
        verbose=0,
        validation_data=(an_x(), y),
    ),
}
CATEGORICAL = "categorical_crossentropy"
SPARSE = "sparse_categorical_crossentropy"
MSE = "mean_squared_error"

# fmt: off
Y_MISTAKES = {
    "no targets": (CATEGORICAL, lambda: None, TypeError, ["no targets", "pass y"]),
    "no labels": (SPARSE, lambda: None, TypeError, ["no targets", "pass y"]),
    "one row less": (CATEGORICAL, lambda: ONE_HOT[1:], ValueError, ["6", "5", "rows"]),
    "one row more": (
        MSE, lambda: np.zeros((7, CLASSES)), ValueError, ["6", "7", "rows"]),
    "one label less": (SPARSE, lambda: LABELS[1:], ValueError, ["6", "5", "rows"]),
    "a number for targets": (
        CATEGORICAL, lambda: SECRET, ValueError, ["6 rows", "single number"]),
    "integer labels for a categorical loss": (
        CATEGORICAL, lambda: LABELS, ValueError,
        ["(6,)", "integer", SPARSE, "to_categorical(y, 3)"]),
    "a column of labels for a categorical loss": (
        CATEGORICAL, lambda: LABELS[:, None], ValueError,
        ["(6, 1)", "integer", SPARSE, "to_categorical(y, 3)"]),
    "too few columns": (
        CATEGORICAL, lambda: ONE_HOT[:, :2], ValueError,
        ["(6, 2)", "3 outputs", "(6, 3)", "give the last layer 2 units."]),
    "too many columns": (
        CATEGORICAL, lambda: np.eye(4)[LABELS], ValueError,
        ["(6, 4)", "3 outputs", "(6, 3)", "give the last layer 4 units."]),
    "no columns": (
        CATEGORICAL, lambda: ONE_HOT[:, :0], ValueError,
        ["(6, 0)", "Give y the shape (6, 3)."]),
    "images for targets": (
        MSE, lambda: an_x(ROWS, 2, 2), ValueError,
        ["(6, 2, 2)", "Give y the shape (6, 3)."]),
    "three axes": (
        CATEGORICAL, lambda: ONE_HOT[None], ValueError, ["6 rows", "1 rows"]),
    "negative one-hot": (
        CATEGORICAL, lambda: y_with(-1), ValueError, ["negative", "row 2"]),
    "NaN one-hot": (CATEGORICAL, lambda: y_with(np.nan), ValueError, ["y[2, 1]"]),
    "text targets": (
        CATEGORICAL, lambda: [WORD] * ROWS, TypeError, ["text", "LabelEncoder"]),
    "text objects": (
        SPARSE, lambda: np.array([WORD] * ROWS, object), TypeError,
        ["y[0]", "str", "LabelEncoder"]),
    "text labels": (SPARSE, lambda: [WORD] * ROWS, TypeError, ["text", "LabelEncoder"]),
    "complex targets": (
        CATEGORICAL, lambda: ONE_HOT * 1j, TypeError, ["real numbers", "complex128"]),
    "a dictionary": (SPARSE, lambda: {"y": LABELS}, TypeError, ["y", "dict"]),
    "a generator": (
        MSE, lambda: (row for row in ONE_HOT), TypeError, ["y", "generator"]),
    "one-hot for a sparse loss": (
        SPARSE, lambda: ONE_HOT, ValueError,
        ["(6, 3)", "one-hot", CATEGORICAL, "y.argmax(axis=1)"]),
    "a label too large": (
        SPARSE, lambda: labels_with(3, int), ValueError, ["0..2", "3", "index 2"]),
    "a label far too large": (
        SPARSE, lambda: labels_with(2**63, np.uint64), ValueError,
        ["0..2", str(2**63), "index 2"]),
    "a negative label": (
        SPARSE, lambda: labels_with(-1, int), ValueError, ["0..2", "-1", "index 2"]),
    "an infinite label": (
        SPARSE, lambda: labels_with(np.inf), ValueError, ["0..2", "inf", "index 2"]),
    "half a label": (
        SPARSE, lambda: labels_with(1.5), ValueError, ["whole numbers", "y[2]", "1.5"]),
    "a NaN label": (
        SPARSE, lambda: labels_with(np.nan), ValueError, ["whole numbers", "y[2]"]),
    "one column for three outputs": (
        MSE, lambda: an_x(ROWS), ValueError,
        ["(6,)", "3 outputs", "(6, 3)", "give the last layer 1 unit."]),
    "two columns for three outputs": (
        MSE, lambda: an_x(ROWS, 2), ValueError,
        ["(6, 2)", "3 outputs", "(6, 3)", "give the last layer 2 units."]),
    "a NaN target": (MSE, lambda: y_with(np.nan), ValueError, ["y[2, 1] is NaN"]),
    "an infinite target": (
        MSE, lambda: y_with(1e39), ValueError, ["y[2, 1] is infinite in float32"]),
}
# fmt: on


@pytest.mark.parametrize("built", [True, False], ids=["built", "deferred"])
@pytest.mark.parametrize("call", CALLS_WITH_Y.values(), ids=CALLS_WITH_Y)
@pytest.mark.parametrize(
    ("loss", "make", "exception", "words"), Y_MISTAKES.values(), ids=Y_MISTAKES
)
def test_every_call_that_takes_y_refuses(call, loss, make, exception, words, built):
    model = a_model(loss, built)
    assert_refused(lambda: call(model, make()), exception, words, model)


# -- Arguments of fit, evaluate and predict ---------------------------------------


class Silent(callbacks.Callback):
    """Does nothing."""


NO_BATCH_SIZE = [
    (0, ValueError, ["batch_size", "at least 1", "0"]),
    (-4, ValueError, ["batch_size", "at least 1", "-4"]),
    (2.5, TypeError, ["batch_size", "whole number", "2.5"]),
    (np.nan, TypeError, ["batch_size", "whole number", "nan"]),
    ("32", TypeError, ["batch_size", "whole number", "'32'"]),
    (an_x(), TypeError, ["batch_size", "whole number", "ndarray"]),
]
NO_VERBOSITY = [
    ("loud", ValueError, ["verbose", "'auto'", "'loud'"]),
    (7, ValueError, ["verbose", "0, 1, 2 or 3", "7"]),
    (-1, ValueError, ["verbose", "0, 1, 2 or 3", "-1"]),
    (None, ValueError, ["verbose", "'auto'", "None"]),
    (an_x(), ValueError, ["verbose", "'auto'", "ndarray"]),
]
NO_CALLBACKS = [
    (3, TypeError, ["callbacks", "Callback", "int"]),
    ("early", TypeError, ["callbacks", "Callback", "str"]),
    ([Silent(), 3], TypeError, ["callbacks", "Callback", "int"]),
    ([Silent], TypeError, ["callbacks", "class Silent", "Silent()"]),
]
NO_STEPS = [
    (0, ValueError, ["at least 1", "0"]),
    (-3, ValueError, ["at least 1", "-3"]),
    (2.5, TypeError, ["whole number", "2.5"]),
    ("3", TypeError, ["whole number", "'3'"]),
    (an_x(), TypeError, ["whole number", "ndarray"]),
]
NO_SAMPLE_WEIGHT = [
    (SECRET, ValueError, ["(6,)", "()"]),
    (an_x(ROWS + 1), ValueError, ["(6,)", "(7,)"]),
    (an_x(ROWS, 2), ValueError, ["(6,)", "(6, 2)"]),
    (an_x(1, ROWS), ValueError, ["(6,)", "(1, 6)"]),
    ([WORD] * ROWS, TypeError, ["text"]),
    ({0: SECRET}, TypeError, ["array of numbers", "dict"]),
    (an_x(ROWS) * 1j, TypeError, ["real numbers", "complex128"]),
    (labels_with(np.nan), ValueError, ["sample_weight[2] is NaN"]),
    (labels_with(1e300), ValueError, ["sample_weight[2] is infinite"]),
]
NO_CLASS_WEIGHT = [
    ([1.0, SECRET], TypeError, ["dictionary", "{0: 1.0, 1: 5.0}", "list"]),
    ("balanced", TypeError, ["dictionary", "'balanced'"]),
    (5.0, TypeError, ["dictionary", "5.0"]),
    ({"cat": 1.0}, TypeError, ["class", "whole number", "'cat'"]),
    ({0.5: 1.0}, TypeError, ["class", "whole number", "0.5"]),
    ({-1: 1.0}, ValueError, ["class", "at least 0", "-1"]),
    ({1: "high"}, TypeError, ["weight of class 1", "number", "'high'"]),
    ({1: None}, TypeError, ["weight of class 1", "number", "None"]),
    ({1: np.nan}, ValueError, ["weight of class 1", "finite", "nan"]),
    ({1: 1e300}, ValueError, ["weight of class 1", "float32"]),
]
FIT_MISTAKES = [
    ("epochs", -1, ValueError, ["epochs", "at least 0", "-1"]),
    ("epochs", 2.5, TypeError, ["epochs", "whole number", "2.5"]),
    ("epochs", None, TypeError, ["epochs", "whole number", "None"]),
    ("epochs", "5", TypeError, ["epochs", "whole number", "'5'"]),
    ("initial_epoch", -1, ValueError, ["initial_epoch", "at least 0", "-1"]),
    ("initial_epoch", 0.5, TypeError, ["initial_epoch", "whole number", "0.5"]),
    ("validation_split", 1.0, ValueError, ["validation_split", "below 1", "1.0"]),
    ("validation_split", 1.5, ValueError, ["validation_split", "below 1", "1.5"]),
    ("validation_split", -0.1, ValueError, ["validation_split", "at least 0", "-0.1"]),
    ("validation_split", np.nan, ValueError, ["validation_split", "nan"]),
    ("validation_split", "0.2", ValueError, ["validation_split", "'0.2'"]),
    ("validation_split", an_x(), ValueError, ["validation_split", "ndarray"]),
    ("validation_split", 0.99, ValueError, ["6 samples", "0.99", "empty"]),
    ("validation_data", an_x(), ValueError, ["validation_data", "(x, y)", "ndarray"]),
    ("validation_data", (an_x(),), ValueError, ["(x, y)", "tuple of 1"]),
    ("validation_data", (an_x(), *[ONE_HOT] * 3), ValueError, ["tuple of 4"]),
    (
        "validation_data",
        (an_x(), ONE_HOT, 1),
        ValueError,
        ["In validation_data", "sample_weight", "(6,)"],
    ),
    ("validation_data", 3, ValueError, ["validation_data", "(x, y)", "int"]),
    (
        "validation_data",
        (an_x(ROWS, 3), ONE_HOT),
        ValueError,
        ["In validation_data", "4", "3"],
    ),
    (
        "validation_data",
        (an_x(), LABELS),
        ValueError,
        ["In validation_data", "integer", "to_categorical"],
    ),
    ("validation_freq", 0, ValueError, ["validation_freq", "at least 1", "0"]),
    ("validation_freq", 1.5, TypeError, ["validation_freq", "whole number", "1.5"]),
    ("validation_freq", ["2"], TypeError, ["validation_freq", "whole number", "'2'"]),
    ("validation_freq", [0], ValueError, ["validation_freq", "at least 1", "0"]),
    ("validation_batch_size", 0, ValueError, ["validation_batch_size", "at least 1"]),
    ("validation_batch_size", "8", TypeError, ["validation_batch_size", "'8'"]),
    *(("batch_size", *row) for row in NO_BATCH_SIZE),
    *(("verbose", *row) for row in NO_VERBOSITY),
    *(("callbacks", *row) for row in NO_CALLBACKS),
    *(("sample_weight", *row) for row in NO_SAMPLE_WEIGHT),
    *(("class_weight", *row) for row in NO_CLASS_WEIGHT),
    *(
        (name, value, exception, [name, *words])
        for name in ("steps_per_epoch", "validation_steps")
        for value, exception, words in NO_STEPS
    ),
]


def as_id(value):
    return repr(value)[:20].split("\n")[0] if not callable(value) else ""


@pytest.mark.parametrize("built", [True, False], ids=["built", "deferred"])
@pytest.mark.parametrize(
    ("argument", "value", "exception", "words"), FIT_MISTAKES, ids=as_id
)
def test_fit_refuses(argument, value, exception, words, built):
    model = a_model(built=built)
    arguments = {"verbose": 0, argument: value}
    assert_refused(
        lambda: model.fit(an_x(), ONE_HOT, **arguments), exception, words, model
    )


@pytest.mark.parametrize("built", [True, False], ids=["built", "deferred"])
@pytest.mark.parametrize("call", ["evaluate", "predict"])
@pytest.mark.parametrize(
    ("argument", "value", "exception", "words"),
    [
        *(("batch_size", *row) for row in NO_BATCH_SIZE),
        *(("verbose", *row) for row in NO_VERBOSITY),
        *(("steps", *row) for row in NO_STEPS),
    ],
    ids=as_id,
)
def test_evaluate_and_predict_refuse(call, argument, value, exception, words, built):
    model = a_model(built=built)
    data = (an_x(), ONE_HOT) if call == "evaluate" else (an_x(),)
    arguments = {"verbose": 0, argument: value}
    assert_refused(
        lambda: getattr(model, call)(*data, **arguments), exception, words, model
    )


@pytest.mark.parametrize("call", ["evaluate", "predict"])
@pytest.mark.parametrize(("value", "exception", "words"), NO_CALLBACKS, ids=as_id)
def test_evaluate_and_predict_refuse_callbacks(call, value, exception, words):
    model = a_model()
    data = (an_x(), ONE_HOT) if call == "evaluate" else (an_x(),)
    assert_refused(
        lambda: getattr(model, call)(*data, verbose=0, callbacks=value),
        exception,
        words,
        model,
    )


@pytest.mark.parametrize("built", [True, False], ids=["built", "deferred"])
@pytest.mark.parametrize("call", ["evaluate", "train_on_batch", "test_on_batch"])
@pytest.mark.parametrize(("value", "exception", "words"), NO_SAMPLE_WEIGHT, ids=as_id)
def test_weights_of_samples_are_refused(call, value, exception, words, built):
    model = a_model(built=built)
    words = ["sample_weight", *words]
    assert_refused(
        lambda: getattr(model, call)(an_x(), ONE_HOT, sample_weight=value),
        exception,
        words,
        model,
    )


@pytest.mark.parametrize(("value", "exception", "words"), NO_CLASS_WEIGHT, ids=as_id)
def test_weights_of_classes_are_refused(value, exception, words):
    model = a_model()
    assert_refused(
        lambda: model.train_on_batch(an_x(), ONE_HOT, class_weight=value),
        exception,
        ["class_weight", *words],
        model,
    )


@pytest.mark.parametrize("call", ["fit", "train_on_batch"])
def test_weights_of_samples_and_of_classes_exclude_each_other(call):
    model = a_model()
    assert_refused(
        lambda: getattr(model, call)(
            an_x(), ONE_HOT, sample_weight=np.ones(ROWS), class_weight={0: 2.0}
        ),
        ValueError,
        ["`class_weight` and `sample_weight`", "multiply"],
        model,
    )


@pytest.mark.parametrize("call", ["fit", "evaluate", "train_on_batch", "test_on_batch"])
def test_a_model_is_compiled_before_it_is_trained_or_measured(call):
    model = fastmlp.Sequential([layers.Dense(CLASSES)])
    assert_refused(
        lambda: getattr(model, call)(an_x(), ONE_HOT),
        ValueError,
        ["compile()", "model.compile("],
        model,
    )


@pytest.mark.parametrize("call", CALLS_WITH_X.values(), ids=CALLS_WITH_X)
def test_a_model_without_layers_says_so(call):
    model = fastmlp.Sequential()
    model.compile("sgd", "mse")
    words = ["no layers", "model.add(layer)"]
    assert_refused(lambda: call(model, an_x()), ValueError, words, model)


# -- compile ----------------------------------------------------------------------


class MyLoss(losses.MeanSquaredError):
    """Would be computed as if it were its base class."""


class MyOptimizer(optimizers.Optimizer):
    """Has no kernel."""


class MySGD(optimizers.SGD):
    """Would step as if it were its base class."""


COMPILE_MISTAKES = [
    ({"optimizer": MySGD()}, ValueError, ["compiled", "MySGD", "rmsprop, sgd)"]),
    (
        {"optimizer": MyOptimizer(0.1)},
        ValueError,
        ["compiled", "MyOptimizer", "rmsprop, sgd)"],
    ),
    ({"loss": MyLoss()}, ValueError, ["compiled", "MyLoss", "mean_squared_error"]),
    (
        {"loss": losses.Loss("mine", "sum", None)},
        ValueError,
        ["compiled", "mean_squared_error"],
    ),
    ({"optimizer": "rmspropp"}, ValueError, ["rmspropp", "mean 'rmsprop'?", "sgd"]),
    ({"optimizer": "xyz"}, ValueError, ["optimizer", "'xyz'", "rmsprop", "sgd"]),
    ({"optimizer": None}, ValueError, ["optimizer", "NoneType", "rmsprop"]),
    ({"optimizer": 3}, ValueError, ["optimizer", "int", "rmsprop"]),
    ({"optimizer": {"lr": 1}}, ValueError, ["optimizer", "class_name", "config"]),
    ({"loss": None}, ValueError, ["needs a loss", "categorical_crossentropy"]),
    ({"loss": "categorical"}, ValueError, ["loss", "'categorical'", "mse"]),
    (
        {"loss": "categorical_crosentropy"},
        ValueError,
        ["Did you mean 'categorical_crossentropy'?"],
    ),
    ({"loss": 3}, ValueError, ["loss", "int", "categorical_crossentropy"]),
    ({"loss": lambda t, y: 0}, ValueError, ["loss", "function", "compiled"]),
    ({"loss": an_x()}, ValueError, ["loss", "ndarray", "compiled"]),
    ({"metrics": "accuracy"}, ValueError, ["list", "['accuracy']", "str"]),
    ({"metrics": {"out": "acc"}}, ValueError, ["list", "['accuracy']", "dict"]),
    ({"metrics": ["acuracy"]}, ValueError, ["'acuracy'", "mean 'accuracy'?"]),
    ({"metrics": ["accuracy", None]}, ValueError, ["metric", "NoneType", "accuracy"]),
    ({"metrics": [["accuracy"]]}, ValueError, ["metric", "list", "accuracy"]),
    ({"metrics": [len]}, ValueError, ["metric", "builtin", "accuracy"]),
    ({"loss_weights": [1]}, ValueError, ["loss_weights", "leave it out"]),
    ({"weighted_metrics": "acc"}, ValueError, ["weighted_metrics", "list", "str"]),
    ({"weighted_metrics": ["acuracy"]}, ValueError, ["mean 'accuracy'?"]),
    (
        {"loss": losses.MeanSquaredError(reduction=None)},
        ValueError,
        ["'mean_squared_error'", "reduction=None", "Leave `reduction` out"],
    ),
]


@pytest.mark.parametrize(("arguments", "exception", "words"), COMPILE_MISTAKES)
def test_compile_refuses(arguments, exception, words):
    model = a_model()
    arguments = {"optimizer": "rmsprop", "loss": "mse", **arguments}
    assert_refused(lambda: model.compile(**arguments), exception, words, model)


@pytest.mark.parametrize(
    ("arguments", "near"),
    [
        ({"loss": "meansquarederorr"}, "mean_squared_error"),
        ({"loss": "mse", "metrics": ["MeanAbsoluteErorr"]}, "mean_absolute_error"),
    ],
)
def test_names_are_suggested_and_listed_in_one_spelling(arguments, near):
    model = a_model()
    with pytest.raises(ValueError, match=f"Did you mean '{near}'") as caught:
        model.compile(**arguments)
    assert near.replace("_", "") not in str(caught.value)


# -- Making layers, models and optimizers -----------------------------------------

# fmt: off
PART_MISTAKES = {
    "Dense(0)": (lambda: layers.Dense(0), ValueError, ["units", "positive", "0"]),
    "Dense(-3)": (lambda: layers.Dense(-3), ValueError, ["units", "positive", "-3"]),
    "Dense(2.5)": (lambda: layers.Dense(2.5), TypeError, ["units", "positive", "2.5"]),
    "Dense('64')": (
        lambda: layers.Dense("64"), TypeError, ["units", "positive", "'64'"]),
    "Dense(None)": (lambda: layers.Dense(None), TypeError, ["units", "None"]),
    "Dense(array)": (lambda: layers.Dense(an_x()), TypeError, ["units", "ndarray"]),
    "Dense(activation)": (
        lambda: layers.Dense(3, "rleu"), ValueError,
        ["activation", "'rleu'", "mean 'relu'?", "softmax"]),
    "Dense(activation function)": (
        lambda: layers.Dense(3, np.tanh), ValueError,
        ["activation", "ufunc", "compiled", "tanh"]),
    "Dense(activation array)": (
        lambda: layers.Dense(3, an_x()), ValueError, ["activation", "ndarray"]),
    "Dense(initializer)": (
        lambda: layers.Dense(3, kernel_initializer="glorot"), ValueError,
        ["initializer", "'glorot'", "glorot_uniform"]),
    "Dense(unknown)": (
        lambda: layers.Dense(3, actvation="relu"), ValueError,
        ["actvation", "activation"]),
    "Dense(name=3)": (lambda: layers.Dense(3, name=3), ValueError, ["name", "3"]),
    "Dense(name=array)": (
        lambda: layers.Dense(3, name=an_x()), ValueError, ["name", "ndarray"]),
    "Dense(name='a/b')": (
        lambda: layers.Dense(3, name="a/b"), ValueError, ["name", "'/'", "'a/b'"]),
    "Dense(input_shape=4)": (
        lambda: layers.Dense(3, input_shape=4), ValueError, ["4", "(784,)"]),
    "Dense(input_dim=0)": (
        lambda: layers.Dense(3, input_dim=0), ValueError, ["(0,)", "positive"]),
    "Dense(input_dim='4')": (
        lambda: layers.Dense(3, input_dim="4"), ValueError, ["('4',)", "whole number"]),
    "Activation('foo')": (
        lambda: layers.Activation("foo"), ValueError, ["activation", "'foo'", "relu"]),
    "Activation(3)": (
        lambda: layers.Activation(3), ValueError, ["activation", "int", "relu"]),
    "Input(4)": (lambda: layers.Input(4), ValueError, ["4", "(784,)"]),
    "Input('4')": (lambda: layers.Input("4"), ValueError, ["'4'", "(784,)"]),
    "Input(array)": (lambda: layers.Input(an_x()), ValueError, ["ndarray", "(784,)"]),
    "Input(())": (lambda: layers.Input(()), ValueError, ["()", "(784,)"]),
    "Input((0,))": (lambda: layers.Input((0,)), ValueError, ["(0,)", "positive"]),
    "Input((-1,))": (lambda: layers.Input((-1,)), ValueError, ["(-1,)", "positive"]),
    "Input((3.0,))": (lambda: layers.Input((3.0,)), ValueError, ["(3.0,)", "whole"]),
    "Input((None,))": (lambda: layers.Input((None,)), ValueError, ["(None,)", "whole"]),
    "Sequential(layer)": (
        lambda: fastmlp.Sequential(layers.Dense(3)), TypeError,
        ["list", "Sequential([layer])", "Dense"]),
    "Sequential(5)": (
        lambda: fastmlp.Sequential(5), TypeError, ["list", "Sequential([layer])", "5"]),
    "Sequential([5])": (
        lambda: fastmlp.Sequential([5]), ValueError, ["fastmlp.layers", "type int"]),
    "Sequential([Dense])": (
        lambda: fastmlp.Sequential([layers.Dense]), ValueError,
        ["class", "Dense(...)"]),
    "Sequential(name=3)": (
        lambda: fastmlp.Sequential(name=3), ValueError, ["name", "3"]),
    "RMSprop(lr)": (
        lambda: optimizers.RMSprop(lr=0.1), ValueError,
        ["RMSprop", "lr", "learning_rate"]),
    "RMSprop(learning_rate=text)": (
        lambda: optimizers.RMSprop("fast"), TypeError, ["learning_rate", "'fast'"]),
    "RMSprop(learning_rate=nan)": (
        lambda: optimizers.RMSprop(np.nan), ValueError, ["learning_rate", "finite"]),
    "RMSprop(learning_rate=1e300)": (
        lambda: optimizers.RMSprop(1e300), ValueError, ["learning_rate", "float32"]),
    "RMSprop(learning_rate=10**400)": (
        lambda: optimizers.RMSprop(10**400), ValueError, ["learning_rate", "finite"]),
    "RMSprop(learning_rate=array)": (
        lambda: optimizers.RMSprop(an_x()), TypeError, ["learning_rate", "ndarray"]),
    "RMSprop(learning_rate=None)": (
        lambda: optimizers.RMSprop(None), TypeError, ["learning_rate", "None"]),
    "RMSprop(learning_rate=True)": (
        lambda: optimizers.RMSprop(True), TypeError, ["learning_rate", "True"]),
    "RMSprop(rho=2)": (
        lambda: optimizers.RMSprop(rho=2), ValueError, ["rho", "below 1", "2.0"]),
    "RMSprop(rho=1)": (
        lambda: optimizers.RMSprop(rho=1), ValueError, ["rho", "below 1", "1.0"]),
    "RMSprop(rho=-0.1)": (
        lambda: optimizers.RMSprop(rho=-0.1), ValueError, ["rho", "at least 0"]),
    "RMSprop(epsilon=0)": (
        lambda: optimizers.RMSprop(epsilon=0), ValueError, ["epsilon", "positive"]),
    "RMSprop(epsilon=-1)": (
        lambda: optimizers.RMSprop(epsilon=-1), ValueError, ["epsilon", "positive"]),
    "RMSprop(epsilon=1e-60)": (
        lambda: optimizers.RMSprop(epsilon=1e-60), ValueError, ["epsilon", "float32"]),
    "RMSprop(momentum=2)": (
        lambda: optimizers.RMSprop(momentum=2), ValueError, ["momentum", "0 to 1"]),
    "SGD(momentum=-1)": (
        lambda: optimizers.SGD(momentum=-1), ValueError, ["momentum", "0 to 1", "-1"]),
    "SGD(momentum=text)": (
        lambda: optimizers.SGD(momentum="a"), TypeError, ["momentum", "'a'"]),
    "SGD(decay)": (lambda: optimizers.SGD(decay=0.1), ValueError, ["SGD", "decay"]),
    "optimizer.lr": (
        lambda: setattr(optimizers.SGD(), "lr", 0.1), AttributeError,
        ["'lr'", "learning_rate"]),
    "optimizer.momentum": (
        lambda: setattr(optimizers.SGD(), "momentum", 0.1), AttributeError,
        ["'momentum'", "learning_rate", "new SGD", "compile"]),
    "optimizer.learning_rate": (
        lambda: setattr(optimizers.SGD(), "learning_rate", "fast"), TypeError,
        ["learning_rate", "number", "'fast'"]),
    "metrics.check": (
        lambda: metrics.check(3), ValueError, ["metrics", "list", "int"]),
}
FUNCTION_MISTAKES = {
    "softmax(number)": (
        lambda: activations.softmax(SECRET), ValueError, ["one axis", "single number"]),
    "softmax(text)": (lambda: activations.softmax([WORD]), TypeError, ["x", "text"]),
    "linear(text)": (lambda: activations.linear([WORD]), TypeError, ["x", "text"]),
    "relu(complex)": (lambda: activations.relu([1j]), TypeError, ["x", "complex128"]),
    "Dense()(text)": (lambda: layers.Dense(2)([[WORD]]), TypeError, ["x", "text"]),
    "Dense()(one axis)": (
        lambda: layers.Dense(2)([SECRET]), ValueError, ["(1,)", "x[None]"]),
    "mse(two shapes)": (
        lambda: losses.MeanSquaredError()([[1, 2]], [[1]]), ValueError,
        ["y_true", "y_pred", "(1, 1)", "(1, 2)"]),
    "crossentropy(text)": (
        lambda: losses.categorical_crossentropy([[WORD]], [[1]]), TypeError,
        ["y_true", "text"]),
    "sparse(number)": (
        lambda: losses.sparse_categorical_crossentropy(0, SECRET), ValueError,
        ["y_pred", "at least one axis"]),
    "sparse(label)": (
        lambda: losses.sparse_categorical_crossentropy([2], [[1, 0]]), ValueError,
        ["0..1", "2", "index 0"]),
    "sparse(rows)": (
        lambda: losses.sparse_categorical_crossentropy([0, 1], [[1, 0]]), ValueError,
        ["y_true", "y_pred"]),
}
# fmt: on


@pytest.mark.parametrize(
    ("call", "exception", "words"), PART_MISTAKES.values(), ids=PART_MISTAKES
)
def test_parts_are_checked_when_they_are_made(call, exception, words):
    assert_refused(call, exception, words)


@pytest.mark.parametrize(
    ("call", "exception", "words"), FUNCTION_MISTAKES.values(), ids=FUNCTION_MISTAKES
)
def test_functions_check_their_arrays(call, exception, words):
    assert_refused(call, exception, words)


# -- Changing a model -------------------------------------------------------------


def other_weights(model, **changed):
    weights = [np.full_like(weight, SECRET) for weight in model.get_weights()]
    for number, weight in changed.items():
        weights[int(number[1:])] = weight
    return weights


OTHER = fastmlp.Sequential([layers.Input((9,)), layers.Dense(2, name="other")])

# fmt: off
CHANGE_MISTAKES = {
    "add a number": (lambda m: m.add(3), ValueError, ["fastmlp.layers", "int"]),
    "add None": (lambda m: m.add(None), ValueError, ["layers", "NoneType"]),
    "add a class": (lambda m: m.add(layers.Dense), ValueError, ["class", "Dense(...)"]),
    "add a model": (
        lambda m: m.add(a_model(built=False)), ValueError, ["model", "one by one"]),
    "add itself": (lambda m: m.add(m), ValueError, ["model", "one by one"]),
    "add a layer twice": (
        lambda m: m.add(m.layers[0]), ValueError,
        ["in this model already", "Make a second Dense"]),
    "add a second Input": (
        lambda m: m.add(layers.Input((4,))), ValueError, ["configured", "first layer"]),
    "add a layer of another model": (
        lambda m: m.add(OTHER.layers[0]), ValueError,
        ["'other' was built for inputs", "(None, 9)"]),
    "add a layer of your own": (
        lambda m: m.add(layers.Layer()), ValueError, ["layers", "type Layer"]),
    "build for other inputs": (
        lambda m: m.build((None, 5)), ValueError, ["(4,)", "(5,)"]),
    "build(5)": (lambda m: m.build(5), ValueError, ["(None, inputs)", "5"]),
    "build(None)": (lambda m: m.build(None), ValueError, ["(None, inputs)", "None"]),
    "build((4,))": (lambda m: m.build((4,)), ValueError, ["(None, inputs)", "(4,)"]),
    "build((None, None))": (
        lambda m: m.build((None, None)), ValueError, ["(None,)", "positive whole"]),
    "build((None, 0))": (
        lambda m: m.build((None, 0)), ValueError, ["(0,)", "positive"]),
    "build((None, 2.5))": (
        lambda m: m.build((None, 2.5)), ValueError, ["(2.5,)", "whole number"]),
    "build a layer again": (
        lambda m: m.layers[0].build((None, 4)), ValueError, ["built already", "4"]),
    "get_layer()": (lambda m: m.get_layer(), ValueError, ["name", "index"]),
    "get_layer(both)": (lambda m: m.get_layer("a", 0), ValueError, ["name", "index"]),
    "get_layer(name)": (
        lambda m: m.get_layer("zzz"), ValueError, ["'zzz'", "Existing", "dense"]),
    "get_layer(index)": (
        lambda m: m.get_layer(index=7), ValueError, ["index 7", "2 layers"]),
    "get_layer(text as index)": (
        lambda m: m.get_layer(index="a"), TypeError, ["index", "whole number", "'a'"]),
    "set_weights(None)": (
        lambda m: m.set_weights(None), TypeError, ["list of arrays", "None"]),
    "set_weights(an array)": (
        lambda m: m.set_weights(an_x()), TypeError, ["list of arrays", "ndarray"]),
    "set_weights(a generator)": (
        lambda m: m.set_weights(w for w in m.weights), TypeError,
        ["list of arrays", "generator"]),
    "set_weights(too few)": (
        lambda m: m.set_weights(other_weights(m)[:3]), ValueError,
        ["length 3", "4 weights"]),
    "set_weights(last one wrong)": (
        lambda m: m.set_weights(other_weights(m, _3=an_x(9))), ValueError,
        ["Weight 3", "(3,)", "(9,)"]),
    "set_weights(transposed)": (
        lambda m: m.set_weights(other_weights(m, _0=an_x(5, 4))), ValueError,
        ["Weight 0", "(4, 5)", "(5, 4)"]),
    "set_weights(text)": (
        lambda m: m.set_weights(other_weights(m, _3=[WORD] * 3)), TypeError,
        ["Weight 3", "text"]),
    "set_weights(complex)": (
        lambda m: m.set_weights(other_weights(m, _3=an_x(3) * 1j)), TypeError,
        ["Weight 3", "complex128"]),
    "set_weights(ragged)": (
        lambda m: m.set_weights(other_weights(m, _2=[[1], [1, 2]])), ValueError,
        ["Weight 2", "rows differ in length"]),
    "layer.set_weights": (
        lambda m: m.layers[0].set_weights([an_x(4, 5), an_x(4)]), ValueError,
        ["Weight 1", "(5,)", "(4,)"]),
}
# fmt: on


@pytest.mark.parametrize(
    ("call", "exception", "words"), CHANGE_MISTAKES.values(), ids=CHANGE_MISTAKES
)
def test_a_change_that_cannot_be_is_refused(call, exception, words):
    model = a_model()
    assert_refused(lambda: call(model), exception, words, model)


def test_a_model_without_layers_has_none_to_pop_or_build():
    model = fastmlp.Sequential()
    assert_refused(model.pop, IndexError, ["no layer"], model)
    words = ["no layers", "model.add(layer)"]
    assert_refused(lambda: model.build((None, 4)), ValueError, words, model)


def test_an_unbuilt_model_has_no_weights_to_count_or_set():
    model = a_model(built=False)
    words = ["count_params", "isn't built", "model.build((None, inputs))"]
    assert_refused(model.count_params, ValueError, words, model)
    words = ["length 1", "0 weights", "not built"]
    assert_refused(lambda: model.set_weights([an_x()]), ValueError, words, model)
    for attribute in ("input_shape", "output_shape"):
        with pytest.raises(AttributeError, match="no defined"):
            getattr(model, attribute)
    with pytest.raises(AttributeError, match="no kernel yet"):
        _ = model.layers[0].kernel


def test_the_layers_of_a_model_that_could_not_be_made_are_free():
    layer = layers.Dense(3)
    with pytest.raises(ValueError, match="type int") as caught:
        fastmlp.Sequential([layer, 5])
    # A notebook keeps the last error, and with it the half-made model.
    assert caught.value is not None
    assert fastmlp.Sequential([layer]).layers == [layer]


# -- Too large for any memory -----------------------------------------------------


@pytest.mark.parametrize("inputs", [10**9, 10**15, 10**18, 10**30])
@pytest.mark.parametrize("units", [10**9, 10**15, 10**18, 10**30])
def test_a_layer_too_large_is_refused_when_it_is_added(inputs, units):
    model = fastmlp.Sequential([layers.Input((inputs,))])
    layer = layers.Dense(units, name="big")
    words = ["'big'", "no room", str((inputs, units)), "fewer units"]
    assert_refused(lambda: model.add(layer), MemoryError, words, model)
    assert not layer.built
    assert not model.built


@pytest.mark.parametrize("units", [10**16, 10**30])
def test_a_deferred_model_too_large_stays_unbuilt(units):
    model = fastmlp.Sequential([layers.Dense(3), layers.Dense(units, name="big")])
    model.compile("sgd", "mse")
    words = ["'big'", "no room", str((3, units))]
    assert_refused(lambda: model.predict(an_x()), MemoryError, words, model)
    assert_refused(lambda: model.build((None, 4)), MemoryError, words, model)
    model.pop()
    assert model.predict(an_x(), verbose=0).shape == (ROWS, 3)


def test_no_room_for_aligned_weights_leaves_the_model_unbuilt(monkeypatch):
    def no_room(*shape):
        raise MemoryError("There is no room.")

    model = a_model(built=False)
    with monkeypatch.context() as patched:
        patched.setattr("fastmlp.layers._layer.aligned_zeros", no_room)
        words = ["no room"]
        assert_refused(lambda: model.build((None, 4)), MemoryError, words, model)
        assert not model.built
    assert model.predict(an_x(), verbose=0).shape == (ROWS, CLASSES)


# -- Initializers are anyone's code -----------------------------------------------

INITIALIZER_MISTAKES = [
    (lambda shape, dtype=None: np.zeros(7), ValueError, ["kernel", "(7,)", "(4, 3)"]),
    (lambda shape, dtype=None: None, TypeError, ["kernel", "NoneType"]),
    (lambda shape, dtype=None: [[WORD] * 3] * 4, TypeError, ["kernel", "text"]),
]


@pytest.mark.parametrize(("initializer", "exception", "words"), INITIALIZER_MISTAKES)
def test_what_an_initializer_returns_is_checked(initializer, exception, words):
    model = fastmlp.Sequential([layers.Input((4,))])
    layer = layers.Dense(3, kernel_initializer=initializer)
    assert_refused(lambda: model.add(layer), exception, words, model)
    assert not layer.built


# -- Odd, but right ---------------------------------------------------------------


def test_a_nan_in_a_row_to_predict_spoils_this_row_only():
    model = a_model()
    x = np.random.default_rng(0).random((ROWS, FEATURES))
    whole = model.predict(x, verbose=0)
    x[2, 1] = np.nan
    spoilt = model.predict(x, verbose=0)
    assert np.isnan(spoilt[2]).all()
    others = np.arange(ROWS) != 2
    assert np.array_equal(spoilt[others], whole[others])


def test_huge_inputs_keep_the_loss_finite():
    model = a_model()
    assert np.isfinite(model.evaluate(np.full((ROWS, 4), 1e30), ONE_HOT, verbose=0)[0])


def test_subnormal_inputs_are_numbers():
    model = a_model()
    x = np.full((ROWS, FEATURES), 1e-42, np.float32)
    assert np.isfinite(model.train_on_batch(x, ONE_HOT)[0])


def test_equal_logits_cost_the_logarithm_of_the_number_of_classes():
    model = a_model()
    loss = model.evaluate(np.zeros((ROWS, FEATURES)), ONE_HOT, verbose=0)
    model.set_weights([np.zeros_like(weight) for weight in model.get_weights()])
    loss = model.evaluate(an_x(), ONE_HOT, verbose=0)[0]
    assert loss == pytest.approx(np.log(CLASSES), abs=1e-6)


@pytest.mark.parametrize("rows", [1, 2])
def test_few_samples_or_a_single_class_can_be_learnt_from(rows):
    model = a_model()
    y = ONE_HOT[[0] * rows]
    losses_ = model.fit(an_x(rows, 4), y, epochs=5, verbose=0).history["loss"]
    assert losses_[-1] < losses_[0]


# -- Suspicious: a warning, and the work is done ----------------------------------

SUSPICIOUS_CALLS = {
    "fit": lambda model, x: model.fit(x, ONE_HOT, verbose=0),
    "evaluate": lambda model, x: model.evaluate(x, ONE_HOT, verbose=0),
    "predict": lambda model, x: model.predict(x, verbose=0),
    "train_on_batch": lambda model, x: model.train_on_batch(x, ONE_HOT),
    "test_on_batch": lambda model, x: model.test_on_batch(x, ONE_HOT),
    "predict_on_batch": lambda model, x: model.predict_on_batch(x),
}


@pytest.mark.parametrize("call", SUSPICIOUS_CALLS.values(), ids=SUSPICIOUS_CALLS)
@pytest.mark.parametrize("dtype", [np.uint8, np.float64, int])
def test_raw_pixels_get_a_warning_where_they_are_given(call, dtype):
    model = a_model()
    with pytest.warns(UserWarning, match="up to 200.*divide by 255") as caught:
        call(model, np.full((ROWS, FEATURES), 200, dtype))
    assert [warning.filename for warning in caught] == [__file__]


@pytest.mark.parametrize("call", ["fit", "evaluate", "train_on_batch"])
def test_raw_pixels_in_float32_get_a_warning_where_a_model_learns(call):
    # `predict` takes float32 as it is: one row is through the network sooner than
    # looked at.
    with pytest.warns(UserWarning, match="up to 200.*divide by 255"):
        x = np.full((ROWS, FEATURES), 200, np.float32)
        SUSPICIOUS_CALLS[call](a_model(), x)


@pytest.mark.parametrize(
    "x",
    [
        an_x() + 200,  # not whole
        np.full((ROWS, FEATURES), -200),
        np.full((ROWS, FEATURES), 99, np.uint8),
        np.full((ROWS, FEATURES), 1e20),
        np.ones((ROWS, FEATURES), bool),
    ],
)
def test_what_cannot_be_pixels_gets_no_warning(x):
    a_model().predict(x, verbose=0)


@pytest.mark.parametrize("loss_class", ["Categorical", "SparseCategorical"])
def test_softmax_twice_gets_a_warning(loss_class):
    loss = getattr(losses, f"{loss_class}Crossentropy")(from_logits=True)
    model = fastmlp.Sequential([layers.Dense(3, "softmax", name="last")])
    with pytest.warns(UserWarning, match="from_logits=True.*'last'.*softmax") as caught:
        model.compile("sgd", loss)
    assert caught[0].filename == __file__


@pytest.mark.parametrize("activation", [None, "sigmoid", "relu"])
@pytest.mark.parametrize("loss", [CATEGORICAL, SPARSE])
def test_no_softmax_before_a_crossentropy_gets_a_warning(activation, loss):
    model = fastmlp.Sequential([layers.Dense(3, activation, name="last")])
    with pytest.warns(UserWarning, match="'last'.*softmax.*from_logits") as caught:
        model.compile("sgd", loss)
    assert caught[0].filename == __file__


def test_a_warning_that_is_made_an_error_changes_nothing():
    model = a_model()
    model.add(layers.Dense(3, name="last"))
    assert_refused(
        lambda: model.compile("sgd", CATEGORICAL), UserWarning, ["softmax"], model
    )


def test_a_loss_that_is_lost_gets_a_warning_that_says_what_to_do():
    model = fastmlp.Sequential([layers.Dense(1)])
    model.compile(optimizers.SGD(1e30), "mse")
    with pytest.warns(RuntimeWarning, match="NaN.*learning rate.*TerminateOnNaN"):
        history = model.fit(an_x(), an_x(ROWS), epochs=3, batch_size=2, verbose=0)
    assert not np.isfinite(history.history["loss"][-1])
