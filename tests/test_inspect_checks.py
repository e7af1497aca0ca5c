"""`fastmlp.inspect.check_gradients` tells right from wrong."""

import numpy as np
import pytest
from keras_graphs import NETWORKS

import fastmlp
from fastmlp import Input, Sequential, layers, ops
from fastmlp.inspect import check_gradients

rng = np.random.default_rng(7)
X = rng.normal(size=(5, 4)).astype(np.float32)
Y = rng.normal(size=(5, 2)).astype(np.float32)


def a_row(*hidden, loss="mse", **last):
    model = Sequential([Input((4,)), *hidden, layers.Dense(2, name="last", **last)])
    model.compile("adam", loss, metrics=["mae"])
    return model


@pytest.mark.parametrize("name", NETWORKS)
def test_every_gradient_is_right(name):
    task = NETWORKS[name](fastmlp)
    report = check_gradients(task.model, task.x, task.y, task.sample_weight, entries=8)
    assert report, report


@pytest.mark.parametrize(
    "hidden",
    [
        [
            layers.Dense(
                6, "gelu", kernel_regularizer="l1_l2", activity_regularizer="l2"
            )
        ],
        [layers.Dense(6, "relu"), layers.Dropout(0.5)],
        [layers.Dense(6), layers.BatchNormalization(), layers.Activation("tanh")],
        [layers.Dense(6), layers.LayerNormalization(), layers.PReLU()],
        [layers.GaussianNoise(0.5), layers.GaussianDropout(0.5), layers.Dense(3)],
        [layers.Dense(3, kernel_constraint="max_norm")],
    ],
)
def test_so_they_are_with_chance_normalization_and_penalties(hidden):
    model = a_row(*[one.from_config(one.get_config()) for one in hidden])
    model.fit(X, Y, verbose=0)
    report = check_gradients(model, X, Y, sample_weight=np.arange(5.0))
    assert report, report
    assert max(part.error for part in report.parts) < 1e-5
    assert max(report.rounding) < 1e-4


class Scaled(layers.Layer):
    """A layer of one's own, by the tape or by hand, right or wrong."""

    factor = 1.0

    def build(self, input_shape):
        self.w = self.add_weight((input_shape[-1],), "ones", regularizer="l2", name="w")

    def forward(self, x):
        return x * self.w

    def backward(self, x, y, dy):
        self.gradients = {"w": (self.factor * x * dy).sum(axis=0)}
        return dy * self.w


def test_a_layer_of_ones_own_is_checked_as_well():
    right, wrong = a_row(Scaled(name="own")), a_row(Scaled(name="own"))
    wrong.layers[0].factor = 2.0
    assert check_gradients(right, X, Y)
    report = check_gradients(wrong, X, Y)
    assert not report
    assert "own/w is wrong" in report.message
    assert [row.split()[-1] for row in repr(report).splitlines()[-3:]] == [
        "NO",
        "yes",
        "yes",
    ]


def test_equations_of_ones_own_are_checked_as_well():
    def swish(x):
        return x * ops.sigmoid(x)

    def cubic(y_true, y_pred):
        return ops.mean(ops.abs(y_true - y_pred) ** 3, axis=-1)

    report = check_gradients(a_row(layers.Dense(3, swish), loss=cubic), X, Y)
    assert report, report
    assert max(part.error for part in report.parts) < 1e-5


def test_kernels_that_are_wrong_are_found(monkeypatch):
    # A reference that is right, and kernels that follow a wrong one.
    from fastmlp.inspect import _check_gradients

    def off(step):
        found = dict(_check_gradients.by_weight(step, step.plan))
        return {name: np.ones_like(dw) for name, dw in found.items()}

    monkeypatch.setattr(_check_gradients, "gradients_of", off)
    report = check_gradients(a_row(), X, Y)
    assert not report
    assert "The kernels' gradient of last/kernel is off by" in report.message


def test_weights_stay_as_they_are():
    model = a_row(Scaled(name="own"), layers.BatchNormalization())
    before = [one.copy() for one in model.get_weights()]
    check_gradients(model, X, Y)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert model.layers[0].w.value.dtype == np.float32


def test_the_report_is_a_small_table():
    report = check_gradients(a_row(), X, Y)
    assert report.message.startswith("The gradients are right: in float64 they agree")
    *_, header, first, _ = repr(report).splitlines()
    assert header.split() == "gradient of shape tried differences kernels ok".split()
    assert first.split()[0] == "last/kernel"
    assert first.split()[3] == "8"
    assert first.split()[-1] == "yes"


def test_of_large_weights_some_are_tried():
    model = a_row(layers.Dense(30, name="wide"))
    report = check_gradients(model, X, Y, entries=9)
    assert [part.tried for part in report.parts] == [9, 9, 9, 2]
