"""Every mistake gets a sentence, and changes nothing.

The rows of `bad_input/` are the specification: a mistake, the class of the exception or
of the warning, and what its sentence must say: what was found, what was expected, how
to mend it. `python -m bad_input` asks Keras and scikit-learn the same.
"""

import inspect
import operator
from types import ModuleType

import numpy as np
import pytest
from bad_input import data
from bad_input.catalogue import CATALOGUE
from bad_input.values import (
    BINARY,
    CATEGORICAL,
    CLASSES,
    FEATURES,
    LABELS,
    MSE,
    ONE_HOT,
    ROWS,
    SECRET,
    SPARSE,
    WORD,
    a_model,
    an_x,
)

import fastmlp
from fastmlp import layers, losses
from fastmlp._model.files import memory_of
from fastmlp._util.random import generator

SECRET_DIGITS = str(SECRET)[:5]


def state_of(model):
    """Return all that a failed call must leave as it was."""
    memory = memory_of(model._network) if model.compiled and model.built else []
    return {
        "layers": [(layer.name, layer.built) for layer in model.layers],
        "weights": [weight.tobytes() for weight in model.get_weights()],
        "memory": [array.tobytes() for array in memory],
        "configuration": model.get_config(),
        "compiled": model.compiled and (model.optimizer, model.loss),
        "settings": model.get_compile_config(),
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
    message = str(caught.value.args[0])
    for word in words:
        assert word in message
    assert caught.type is exception
    assert message.endswith((".", "?"))
    assert SECRET_DIGITS not in message
    assert WORD not in message
    assert len(message) < 400
    assert (model and state_of(model)) == before
    assert generator().bit_generator.state == random


# -- The catalogue ----------------------------------------------------------------


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_mistake_gets_a_sentence_and_changes_nothing(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    row = CATALOGUE[name]
    model = a_model(fastmlp, row.loss)
    words = row.words.split("|")
    assert len(words) > 1, "what was found, and what to do"
    assert_refused(row.mistake(fastmlp, model), row.error, words, model)
    assert not list(tmp_path.iterdir())


def test_the_catalogue_is_long():
    assert len(CATALOGUE) >= 250
    assert len({row.error for row in CATALOGUE.values()}) > 5


def public_callables(module, prefix=""):
    """Return what users call with arguments, by the name that they write."""
    found = {}
    for name in dir(module) if prefix.startswith("datasets.") else module.__all__:
        one = getattr(module, name)
        if isinstance(one, ModuleType):
            found |= public_callables(one, f"{prefix}{name}.")
        elif callable(one) and takes_arguments(one):
            found[f"{prefix}{name}"] = one
    return found


def takes_arguments(function):
    names = list(inspect.signature(function).parameters)
    return bool(names) and names != ["self"]


def test_every_public_name_has_a_row():
    called = public_callables(fastmlp)
    for name in dir(fastmlp.Sequential):
        method = getattr(fastmlp.Sequential, name)
        is_public = not name.startswith("_") or name == "__call__"
        if is_public and callable(method) and takes_arguments(method):
            called[f"Sequential.{name}"] = method
    with_row = {name.partition(": ")[0] for name in CATALOGUE}
    # An alias is the thing itself: initializers.he_normal is HeNormal.
    tried = {id(one) for name, one in called.items() if name in with_row}
    assert [name for name, one in called.items() if id(one) not in tried] == []
    for name in with_row:
        assert callable(operator.attrgetter(name)(fastmlp))


# -- Every call that takes x or y -------------------------------------------------

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
CALLS_THAT_SCORE = list(CALLS_WITH_X)[:5]
CALLS_WITH_Y = {
    "fit": lambda model, y: model.fit(an_x(), y, verbose=0),
    "evaluate": lambda model, y: model.evaluate(an_x(), y, verbose=0),
    "train_on_batch": lambda model, y: model.train_on_batch(an_x(), y),
    "test_on_batch": lambda model, y: model.test_on_batch(an_x(), y),
    "validation_data": lambda model, y: model.fit(
        an_x(),
        LABELS if losses.get(model.loss).targets == "labels" else ONE_HOT,
        verbose=0,
        validation_data=(an_x(), y),
    ),
}


@pytest.mark.parametrize("call", CALLS_WITH_X)
@pytest.mark.parametrize("mistake", data.X_MISTAKES)
def test_every_call_that_takes_x_refuses(call, mistake):
    make, exception, words = data.X_MISTAKES[mistake]
    model = a_model(fastmlp)
    mistaken = CALLS_WITH_X[call]
    assert_refused(lambda: mistaken(model, make()), exception, words.split("|"), model)


@pytest.mark.parametrize("built", [True, False], ids=["built", "deferred"])
@pytest.mark.parametrize("call", CALLS_THAT_SCORE)
@pytest.mark.parametrize("mistake", data.NOT_FINITE)
def test_nothing_is_learnt_from_numbers_that_are_not_finite(call, mistake, built):
    make, exception, words = data.NOT_FINITE[mistake]
    model = a_model(fastmlp, built=built)
    mistaken = CALLS_WITH_X[call]
    assert_refused(lambda: mistaken(model, make()), exception, words.split("|"), model)


@pytest.mark.parametrize("built", [True, False], ids=["built", "deferred"])
@pytest.mark.parametrize("call", CALLS_WITH_Y)
@pytest.mark.parametrize("mistake", data.Y_MISTAKES)
def test_every_call_that_takes_y_refuses(call, mistake, built):
    loss, make, exception, words = data.Y_MISTAKES[mistake]
    model = a_model(fastmlp, loss, built)
    mistaken = CALLS_WITH_Y[call]
    assert_refused(lambda: mistaken(model, make()), exception, words.split("|"), model)


@pytest.mark.parametrize(
    ("loss", "y"),
    [
        (CATEGORICAL, ONE_HOT * 0.9 + 0.1 / CLASSES),  # smoothed by hand
        (CATEGORICAL, np.full((ROWS, CLASSES), 0.33)),  # soft and rounded
        (CATEGORICAL, ONE_HOT.astype(np.float16)),
        (CATEGORICAL, ONE_HOT.astype(bool)),
        (SPARSE, LABELS[:, None]),
        (SPARSE, LABELS.astype(float)),
        (BINARY, np.full((ROWS, CLASSES), 0.5)),
        (MSE, -ONE_HOT),
    ],
)
def test_targets_that_are_meant_like_that_are_learnt_from(loss, y):
    model = a_model(fastmlp, loss)
    assert np.isfinite(model.fit(an_x(), y, verbose=0).history["loss"][0])


@pytest.mark.parametrize("name", ["red", 7])
def test_a_column_of_text_is_named(name):
    pandas = pytest.importorskip("pandas")
    x = pandas.DataFrame(an_x(), columns=[*"abc", name])
    x[name] = WORD
    model = a_model(fastmlp)
    words = ["Column", repr(name), "numbers", "Leave it out"]
    assert_refused(lambda: model.predict(x), TypeError, words, model)


@pytest.mark.parametrize("dtype", [object, "Int64"])
def test_a_missing_value_of_pandas_is_found(dtype):
    pandas = pytest.importorskip("pandas")
    x = np.full((ROWS, FEATURES), 1, object)
    x[2, 1] = pandas.NA
    if dtype == "Int64":
        x = pandas.DataFrame(x).astype(dtype)
    model = a_model(fastmlp)
    place = "x[2, 1] is" if dtype is object else "Column 1 of x is"
    words = [f"{place} missing (NA)", "x.fillna(0)"]
    assert_refused(lambda: model.predict(x), ValueError, words, model)


def test_what_an_array_raises_itself_comes_through():
    class Broken:
        def __array__(self, dtype=None, copy=None):
            raise ValueError("The camera is not connected.")

    model = a_model(fastmlp)
    words = ["The camera is not connected."]
    assert_refused(lambda: model.predict(Broken()), ValueError, words, model)


@pytest.mark.parametrize(
    "call",
    ["fit", "evaluate", "train_on_batch", "test_on_batch", "validation_data"],
)
def test_no_samples_are_too_few(call):
    model = a_model(fastmlp)
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


@pytest.mark.parametrize("call", CALLS_WITH_X.values(), ids=CALLS_WITH_X)
def test_a_model_without_layers_says_so(call):
    model = fastmlp.Sequential()
    model.compile("sgd", "mse")
    words = ["no layers", "model.add(layer)"]
    assert_refused(lambda: call(model, an_x()), ValueError, words, model)


def test_an_unbuilt_model_has_no_weights_to_count_or_set():
    model = a_model(fastmlp, built=False)
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

    model = a_model(fastmlp, built=False)
    with monkeypatch.context() as patched:
        patched.setattr("fastmlp.layers._layer.aligned_zeros", no_room)
        words = ["no room"]
        assert_refused(lambda: model.build((None, 4)), MemoryError, words, model)
        assert not model.built
    assert model.predict(an_x(), verbose=0).shape == (ROWS, CLASSES)


def test_a_warning_that_is_made_an_error_changes_nothing():
    model = a_model(fastmlp)
    model.add(layers.Dense(3, name="last"))
    assert_refused(
        lambda: model.compile("sgd", CATEGORICAL), UserWarning, ["softmax"], model
    )
