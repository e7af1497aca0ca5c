"""The reference's gradients against finite differences, all in float64."""

import numpy as np
import pytest

from fastmlp import plan, reference
from fastmlp.plan import EVALUATE, TRAIN, Samples, make_workspace

STEP = 1e-6


def slopes(function, x):
    """Return d function(x) / dx by central differences; function gives one number."""
    gradient = np.empty_like(x)
    for i in range(x.size):
        moved = x.copy()
        moved.flat[i] = x.flat[i] + STEP
        above = function(moved)
        moved.flat[i] = x.flat[i] - STEP
        gradient.flat[i] = (above - function(moved)) / (2 * STEP)
    return gradient


def assert_is_gradient(found, function, x):
    expected = slopes(function, x)
    # Central differences are exact to STEP^2, and lose 2^-53 / STEP to rounding.
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=2e-9, strict=True)


def away_from_zero(rng, *shape):
    """Draw numbers that no difference of STEP moves across ReLU's kink."""
    return rng.uniform(0.1, 2, shape) * rng.choice([-1, 1], shape)


@pytest.mark.parametrize("with_bias", [True, False])
def test_dense_backward_is_the_gradient_of_dense_forward(with_bias):
    rng = np.random.default_rng(0)
    x, w, dy = rng.normal(size=(4, 3)), rng.normal(size=(3, 5)), rng.normal(size=(4, 5))
    b = rng.normal(size=5) if with_bias else None
    dx, dw, db = reference.dense_backward(x, w, dy)
    assert_is_gradient(dx, lambda x: (reference.dense_forward(x, w, b) * dy).sum(), x)
    assert_is_gradient(dw, lambda w: (reference.dense_forward(x, w, b) * dy).sum(), w)
    if with_bias:
        assert_is_gradient(
            db, lambda b: (reference.dense_forward(x, w, b) * dy).sum(), b
        )


@pytest.mark.parametrize("activation", plan.ACTIVATIONS)
def test_the_derivative_of_an_activation(activation):
    rng = np.random.default_rng(0)
    forward = getattr(reference, activation)
    x, dy = away_from_zero(rng, 4, 7), rng.normal(size=(4, 7))
    dx = getattr(reference, f"{activation}_backward")(forward(x), dy)
    assert_is_gradient(dx, lambda x: (forward(x) * dy).sum(), x)


def test_relu_has_no_slope_at_zero():
    y = reference.relu(np.zeros((1, 2)))
    np.testing.assert_array_equal(reference.relu_backward(y, np.ones((1, 2))), 0)


@pytest.mark.parametrize(
    "loss", ["softmax_crossentropy", "crossentropy", "mean_squared_error"]
)
@pytest.mark.parametrize("targets", ["one-hot", "soft", "not a distribution"])
def test_the_gradient_of_a_loss(loss, targets):
    rng = np.random.default_rng(0)
    y = rng.uniform(0.1, 2, (5, 4))
    t = {
        "one-hot": np.eye(4)[[0, 3, 1, 1, 2]],
        "soft": rng.dirichlet(np.ones(4), 5),
        "not a distribution": rng.uniform(0, 2, (5, 4)),
    }[targets]
    scale = 0.2

    def batch_loss(y):
        results = getattr(reference, loss)(y, t)
        losses = results[1] if isinstance(results, tuple) else results
        assert losses.shape == (5,)
        return losses.sum() * scale

    # The fused loss has its gradient in terms of its probabilities.
    given = reference.softmax(y) if loss == "softmax_crossentropy" else y
    dy = getattr(reference, f"{loss}_backward")(given, t, scale)
    assert_is_gradient(dy, batch_loss, y)


def test_crossentropy_of_probabilities_is_that_of_their_logits():
    rng = np.random.default_rng(0)
    logits, t = rng.normal(size=(5, 4)), rng.dirichlet(np.ones(4), 5)
    p, losses = reference.softmax_crossentropy(logits, t)
    np.testing.assert_allclose(p, reference.softmax(logits), rtol=1e-14)
    np.testing.assert_allclose(losses, reference.crossentropy(p, t), rtol=1e-14)
    through_both = reference.softmax_backward(
        p, reference.crossentropy_backward(p, t, 0.5)
    )
    at_once = reference.softmax_crossentropy_backward(p, t, 0.5)
    np.testing.assert_allclose(through_both, at_once, rtol=1e-12, atol=1e-15)


NETWORKS = {
    "relu, softmax": ([(9, "relu"), (4, "softmax")], "softmax_crossentropy"),
    "logits": ([(9, "tanh"), (4, "linear")], "softmax_crossentropy"),
    "softmax twice": ([(4, "softmax"), "linear"], "softmax_crossentropy"),
    "sigmoid": ([(4, "sigmoid")], "crossentropy"),
    "regression": (
        [(9, "tanh", False), "relu", (8, "sigmoid"), (4, "linear")],
        "mean_squared_error",
    ),
    "softmax regression": ([(9, "relu"), (4, "softmax")], "mean_squared_error"),
}


@pytest.mark.parametrize("network", NETWORKS)
def test_a_network_has_the_slope_of_its_gradient_in_any_direction(make_plan, network):
    layers, loss = NETWORKS[network]
    rng = np.random.default_rng(0)
    # A learning rate of zero leaves the gradient behind, and the parameters alone.
    net = make_plan(6, layers, loss, "sgd", (0.0, 0.0, 0), metrics=(), dtype=np.float64)
    rows = 11
    samples = Samples(
        rows, x=rng.normal(size=(rows, 6)), t=rng.dirichlet(np.ones(4), rows)
    )

    def mean_loss(parameters, mode=EVALUATE):
        here = net._replace(parameters=parameters)
        totals = np.zeros(1)
        space = make_workspace(here, samples, rows, 1)
        reference.run(here, samples, space, mode, 0, 1, totals, None)
        return totals[0] / rows

    loss_in_training = mean_loss(net.parameters, TRAIN)
    assert loss_in_training == mean_loss(net.parameters)
    for _ in range(5):
        direction = rng.normal(size=net.parameters.size)
        above = mean_loss(net.parameters + STEP * direction)
        below = mean_loss(net.parameters - STEP * direction)
        slope = (above - below) / (2 * STEP)
        np.testing.assert_allclose(
            net.gradients @ direction, slope, rtol=1e-7, atol=2e-9
        )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_reference_computes_in_the_dtype_of_its_inputs(make_plan, dtype):
    x, t = np.ones((2, 3), dtype), np.full((2, 3), 0.5, dtype)
    results = [
        reference.dense_forward(x, np.ones((3, 4), dtype), np.ones(4, dtype)),
        *reference.dense_backward(x, np.ones((3, 4), dtype), np.ones((2, 4), dtype)),
        *reference.softmax_crossentropy(x, t),
        reference.softmax_crossentropy_backward(x, t, 0.1),
        reference.crossentropy(x, t),
        reference.crossentropy_backward(x, t, 0.1),
        reference.mean_squared_error(x, t),
        reference.mean_squared_error_backward(x, t, 0.1),
        reference.mean_absolute_error(x, t),
        reference.categorical_accuracy(x, t),
        reference.binary_accuracy(x, t),
    ]
    for name in plan.ACTIVATIONS:
        results.append(getattr(reference, name)(x))
        results.append(getattr(reference, f"{name}_backward")(t, x))
    assert {result.dtype for result in results} == {np.dtype(dtype)}
