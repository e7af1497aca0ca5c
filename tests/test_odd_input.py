"""What looks odd: what is right all the same, and what gets a warning and is done."""

import io

import numpy as np
import pytest
from bad_input.values import (
    CATEGORICAL,
    CLASSES,
    FEATURES,
    ONE_HOT,
    ROWS,
    SPARSE,
    a_model,
    an_x,
)

import fastmlp
from fastmlp import callbacks, layers, losses, optimizers

# -- Odd, but right ---------------------------------------------------------------


def test_a_nan_in_a_row_to_predict_spoils_this_row_only():
    model = a_model(fastmlp)
    x = np.random.default_rng(0).random((ROWS, FEATURES))
    whole = model.predict(x, verbose=0)
    x[2, 1] = np.nan
    spoilt = model.predict(x, verbose=0)
    assert np.isnan(spoilt[2]).all()
    others = np.arange(ROWS) != 2
    assert np.array_equal(spoilt[others], whole[others])


def test_huge_inputs_keep_the_loss_finite():
    model = a_model(fastmlp)
    assert np.isfinite(model.evaluate(np.full((ROWS, 4), 1e30), ONE_HOT, verbose=0)[0])


def test_subnormal_inputs_are_numbers():
    model = a_model(fastmlp)
    x = np.full((ROWS, FEATURES), 1e-42, np.float32)
    assert np.isfinite(model.train_on_batch(x, ONE_HOT)[0])


def test_equal_logits_cost_the_logarithm_of_the_number_of_classes():
    model = a_model(fastmlp)
    loss = model.evaluate(np.zeros((ROWS, FEATURES)), ONE_HOT, verbose=0)
    model.set_weights([np.zeros_like(weight) for weight in model.get_weights()])
    loss = model.evaluate(an_x(), ONE_HOT, verbose=0)[0]
    assert loss == pytest.approx(np.log(CLASSES), abs=1e-6)


@pytest.mark.parametrize("rows", [1, 2])
def test_few_samples_or_a_single_class_can_be_learnt_from(rows):
    model = a_model(fastmlp)
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
    model = a_model(fastmlp)
    with pytest.warns(UserWarning, match="up to 200.*divide by 255") as caught:
        call(model, np.full((ROWS, FEATURES), 200, dtype))
    assert [warning.filename for warning in caught] == [__file__]


@pytest.mark.parametrize("call", ["fit", "evaluate", "train_on_batch"])
def test_raw_pixels_in_float32_get_a_warning_where_a_model_learns(call):
    # `predict` takes float32 as it is: one row is through the network sooner than
    # looked at.
    with pytest.warns(UserWarning, match="up to 200.*divide by 255"):
        x = np.full((ROWS, FEATURES), 200, np.float32)
        SUSPICIOUS_CALLS[call](a_model(fastmlp), x)


@pytest.mark.parametrize(
    "x",
    [
        an_x() + 200,  # not whole
        np.full((ROWS, FEATURES), -200),
        np.full((ROWS, FEATURES), 99, np.uint8),
        np.full((ROWS, FEATURES), 1e20),
        np.full((ROWS, FEATURES), 0.003),  # no step of 1 / 255 / 255
        np.ones((ROWS, FEATURES), bool),
    ],
)
def test_what_cannot_be_pixels_gets_no_warning(x):
    a_model(fastmlp).predict(x, verbose=0)


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


def test_a_loss_that_is_lost_gets_a_warning_that_says_what_to_do():
    model = fastmlp.Sequential([layers.Dense(1)])
    model.compile(optimizers.SGD(1e30), "mse")
    with pytest.warns(RuntimeWarning, match="NaN.*learning rate.*TerminateOnNaN"):
        history = model.fit(an_x(), an_x(ROWS), epochs=3, batch_size=2, verbose=0)
    assert not np.isfinite(history.history["loss"][-1])


@pytest.mark.parametrize("verbose", [1, 2, 3])
def test_a_model_trains_where_the_output_is_closed(monkeypatch, verbose):
    output = io.StringIO()
    output.close()
    monkeypatch.setattr("sys.stdout", output)
    model = a_model(fastmlp)
    stopping = callbacks.EarlyStopping("loss", verbose=1)
    model.fit(an_x(), ONE_HOT, epochs=3, verbose=verbose, callbacks=[stopping])
    model.evaluate(an_x(), ONE_HOT, verbose=verbose)
    model.summary()
    assert model.history.epoch
