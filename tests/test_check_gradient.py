"""`utils.check_gradient` tells right from wrong, and what the mistake may be."""

import re

import numpy as np
import pytest

from fastmlp import activations, losses, ops, tables
from fastmlp.utils import check_gradient

rng = np.random.default_rng(0)
X = rng.normal(size=(4, 3))
ONE_HOT = np.eye(3)[[0, 2, 1, 0]]


class Tanh:
    """An activation by hand, right or wrong."""

    def __init__(self, backward=lambda x, y, dy: (1 - y * y) * dy):
        self.derivative = backward

    def forward(self, x):
        return np.tanh(x)

    def backward(self, x, y, dy):
        return self.derivative(x, y, dy)


class Dense:
    """A layer by hand: y = x w + b, float32 as layers are."""

    def __init__(self, dw=lambda x, dy: x.T @ dy, db=lambda dy: dy.sum(axis=0)):
        self.w = rng.normal(size=(3, 5)).astype(np.float32)
        self.b = np.ones(5, np.float32)
        self.dw, self.db = dw, db

    def forward(self, x):
        return x @ self.w + self.b

    def backward(self, x, y, dy):
        self.gradients = {"w": self.dw(x, dy), "b": self.db(dy)}
        return dy @ self.w.T


class MeanSquaredError:
    """A loss by hand."""

    def __init__(self, backward=lambda t, y: 2 * (y - t) / 3):
        self.derivative = backward

    def forward(self, y_true, y_pred):
        return np.square(y_pred - y_true).mean(axis=-1)

    def backward(self, y_true, y_pred):
        return self.derivative(y_true, y_pred)


# -- What is right ----------------------------------------------------------------


def test_what_is_right_counts_as_true():
    for thing in (Tanh(), Dense()):
        report = check_gradient(thing, X)
        assert report and report.ok
        assert report.message.startswith("The gradient is right")
    assert check_gradient(MeanSquaredError(), ONE_HOT, X)


@pytest.mark.parametrize("name", activations.BY_NAME)
def test_every_activation_is_right(name):
    assert check_gradient(activations.get(name), X)


LOSSES = [
    *(losses.get(name) for name in losses._BY_NAME),
    losses.Huber(delta=0.3),
    losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1),
    losses.BinaryCrossentropy(from_logits=True),
    losses.BinaryFocalCrossentropy(True, from_logits=True),
    losses.CategoricalFocalCrossentropy(from_logits=True),
    losses.SparseCategoricalCrossentropy(from_logits=True),
    losses.mean_absolute_error,
]


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_is_right(loss):
    y_true = [0, 2, 1, 0] if "sparse" in str(getattr(loss, "name", "")) else ONE_HOT
    y_pred = rng.uniform(0.1, 0.9, (4, 3))
    assert check_gradient(loss, y_true, y_pred)


def test_every_kernel_of_a_loss_was_among_them():
    kernels = {one.kernel("") for one in map(losses.get, LOSSES)}
    assert kernels == set(tables.LOSSES)


def test_a_function_in_terms_of_operations_is_right():
    def loss(y_true, y_pred):
        return ops.mean(ops.abs(y_pred - y_true) ** 1.5, axis=-1)

    report = check_gradient(loss, ONE_HOT, X)
    assert report
    assert [part.name for part in report.parts] == ["y_true", "y_pred"]
    labels = np.array([0, 2, 1, 0])
    report = check_gradient(ops.sparse_categorical_crossentropy, labels, abs(X))
    assert [part.name for part in report.parts] == ["output"]


def test_a_function_need_not_tell_its_arguments():
    assert check_gradient(np.exp, X)
    report = check_gradient(lambda *both: ops.multiply(*both), X, X + 1)
    assert [part.name for part in report.parts] == ["input 0", "input 1"]


def test_an_object_with_a_call_in_terms_of_operations_is_right():
    class Squared:
        def call(self, x):
            return ops.square(x)

    assert check_gradient(Squared(), X)


@pytest.mark.parametrize("slope", [0, 0.3, 1])
def test_at_a_kink_any_slope_in_between_is_right(slope):
    class Relu:
        def forward(self, x):
            return np.maximum(x, 0)

        def backward(self, x, y, dy):
            return np.where(x == 0, slope, x > 0) * dy

    assert check_gradient(Relu(), np.float64([[-1, 0], [0, 2]]))


def test_what_computes_in_float32_is_given_more_room():
    class Single:
        def forward(self, x):
            return np.exp(x.astype(np.float32))

        def backward(self, x, y, dy):
            return y * dy

    assert check_gradient(Single(), X)


def test_weights_are_as_they_were():
    dense = Dense()
    w, b = dense.w, dense.b
    check_gradient(dense, X)
    assert dense.w is w and dense.b is b and w.dtype == np.float32


def test_whole_numbers_are_a_place_as_good_as_any():
    assert check_gradient(Tanh(), [[1, 2], [3, 0]])


# -- What is wrong ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("derivative", "words"),
    [
        (lambda x, y, dy: (y * y - 1) * dy, "12 of 12|Its sign is wrong"),
        (lambda x, y, dy: (1 - y * y) * dy / 2, "0.5 times|is a 2 missing"),
        (lambda x, y, dy: -5 * (1 - y * y) * dy, "5 times|with the wrong sign"),
        (lambda x, y, dy: 4 * (1 - y * y) * dy, "4 times|number of rows"),
        (lambda x, y, dy: (1 - y * y) * dy / 4, "0.25 times|1 / rows"),
        (lambda x, y, dy: 3 * (1 - y * y) * dy, "3 times|number of columns"),
        (lambda x, y, dy: 1 - y * y, "right but for dy|chain rule"),
        (lambda x, y, dy: (1 - y) * dy, "No sign and no factor|term missing"),
        (lambda x, y, dy: (1 - y * y) * dy + 1, "too large by 1|a term too much in it"),
        (lambda x, y, dy: 0 * dy, "0 everywhere|something missing"),
        (lambda x, y, dy: np.where(x < 0, 0, (1 - y * y) * dy), "0, where x is neg"),
        (
            lambda x, y, dy: np.where(x < 0, -1, 1) * (1 - y * y) * dy,
            "sign is wrong, where x is negative",
        ),
        (lambda x, y, dy: ((1 - y * y) * dy).T, "shape (3, 4), not (4, 3)|transposed"),
        (
            lambda x, y, dy: ((1 - y * y) * dy).T.reshape(4, 3),
            "order of the transpose",
        ),
        (lambda x, y, dy: dy[0], "shape (3,), not (4, 3)|has the shape of"),
        (lambda x, y, dy: None, "is None|does not return it"),
        (lambda x, y, dy: np.full((4, 3), np.nan), "is nan at [0, 0]"),
        (lambda x, y, dy: dy * 1j, "complex128|real numbers"),
    ],
)
def test_the_report_says_what_the_mistake_may_be(derivative, words):
    report = check_gradient(Tanh(derivative), X)
    assert not report.ok and not report
    assert report.message.startswith("The gradient of x ")
    for word in words.split("|"):
        assert word in report.message


def off_at(place, by):
    """Return a derivative of tanh that is wrong in a single entry."""

    def derivative(x, y, dy):
        dx = (1 - y * y) * dy
        dx[place] += by
        return dx

    return derivative


def test_the_report_says_where_and_by_how_much():
    message = check_gradient(Tanh(off_at((2, 1), by=1e-3)), X).message
    assert "wrong in 1 of 12 entries. At [2, 1] it is" in message
    found, slope = re.search(
        r"it is (\S+), but differences give (\S+)\. ", message
    ).groups()
    assert float(found) - float(slope) == pytest.approx(1e-3, abs=1e-5)


@pytest.mark.parametrize(
    ("dense", "words"),
    [
        (Dense(dw=lambda x, dy: -x.T @ dy), "gradient of w|15 of 15|sign is wrong"),
        (Dense(dw=lambda x, dy: x.T @ dy / 4), "gradient of w|0.25 times"),
        (Dense(dw=lambda x, dy: dy.T @ x), "w has shape (5, 3)|looks transposed"),
        (Dense(db=lambda dy: dy), "b has shape (4, 5), not (5,)|.sum(axis=0)"),
        (Dense(db=lambda dy: dy.mean(axis=0)), "gradient of b|0.25 times"),
    ],
)
def test_weights_are_named(dense, words):
    report = check_gradient(dense, X)
    for word in words.split("|"):
        assert word in report.message


@pytest.mark.parametrize(
    ("derivative", "words"),
    [
        (lambda t, y: 2 * (t - y) / 3, "gradient of y_pred|sign is wrong"),
        (lambda t, y: (y - t) / 3, "0.5 times|is a 2 missing"),
        (lambda t, y: 2 * (y - t), "3 times|number of columns"),
        (lambda t, y: 2 * (y - t) / 12, "0.25 times|1 / rows"),
    ],
)
def test_losses_by_hand_are_told_what_is_missing(derivative, words):
    report = check_gradient(MeanSquaredError(derivative), ONE_HOT, X)
    for word in words.split("|"):
        assert word in report.message


class InPlace:
    """A ReLU that writes into what it is given."""

    def __init__(self, spoilt):
        self.spoilt = spoilt

    def forward(self, x):
        y = x if self.spoilt == "x" else x.copy()
        y[x < 0] = 0
        return y

    def backward(self, x, y, dy):
        if self.spoilt == "dy":
            dy *= y > 0
            return dy
        y += self.spoilt == "y"
        return dy * (y > 0)


@pytest.mark.parametrize("name", ["x", "y", "dy"])
def test_what_is_written_into_is_named(name):
    assert check_gradient(InPlace(""), X)
    before = X.copy()
    report = check_gradient(InPlace(name), X)
    assert not report
    assert f"changes {name} itself" in report.message
    assert "changes" in repr(report)
    assert (X == before).all()


def test_what_the_result_does_not_depend_on_has_gradient_0():
    class Floor:
        def forward(self, x):
            return np.floor(x)

        def backward(self, x, y, dy):
            return dy

    report = check_gradient(Floor(), X)
    assert "It must be 0 there: the result does not depend on it" in report.message


def test_what_stops_the_gradient_is_found():
    report = check_gradient(lambda x: ops.square(ops.stop_gradient(x)), X)
    assert "0 everywhere" in report.message and "stop_gradient" in report.message


def test_a_mistake_in_a_single_entry_of_a_large_array_is_found():
    x = rng.normal(size=(60, 50))
    reports = [check_gradient(Tanh(off_at((row, 7), by=1)), x) for row in range(10)]
    assert not any(reports)
    assert reports[0].parts[0].tried == 1000
    # Some were tried one by one, the others only in sums.
    assert {"wrong somewhere" in one.message for one in reports} == {True, False}


# -- The report -------------------------------------------------------------------


def test_the_same_seed_gives_the_same_report():
    wrong = Tanh(lambda x, y, dy: dy)
    assert repr(check_gradient(wrong, X)) == repr(check_gradient(wrong, X))
    assert repr(check_gradient(wrong, X)) != repr(check_gradient(wrong, X, seed=1))


def test_the_report_prints_a_row_for_each_array():
    lines = str(check_gradient(Dense(), X)).splitlines()
    assert [line.split()[0] for line in lines] == ["The", "gradient", "x", "w", "b"]
    assert "(4, 3)" in lines[2] and "15" in lines[3]
