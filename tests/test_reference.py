"""The reference's gradients against finite differences, all in float64."""

import numpy as np
import pytest

from fastmlp import constraints, layers, plan, reference, tables
from fastmlp.layers import Dense
from fastmlp.plan import EVALUATE, TRAIN, Samples, Target, make_workspace
from fastmlp.reference import network as reference_network
from fastmlp.regularizers import L1, L1L2, L2

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
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=2e-9)


def away_from_zero(rng, *shape):
    """Draw numbers that no difference of STEP moves across ReLU's kink."""
    return rng.uniform(0.1, 2, shape) * rng.choice([-1, 1], shape)


def parameters(kernel):
    """Return what a kernel of the reference takes, and whether it may be None."""
    kinds = getattr(reference, kernel).__annotations__
    return {name: kind == reference.Array | None for name, kind in kinds.items()}


def test_the_tables_say_what_kernels_take():
    for name in tables.ACTIVATIONS:
        given = "x" if name in tables.NEED_INPUT else "y"
        assert given in parameters(f"{name}_backward")
    for name in tables.LOSSES:
        assert ("x" in parameters(name)) == (name in tables.FUSED)
    for name, memory in tables.MEMORY.items():
        taken = parameters(name)
        letters = list(taken)[2 : 2 + len(memory)]
        marked = [f"{one}?" if taken[one] else one for one in letters]
        assert [*taken][:2] == ["w", "dw"]
        assert marked == list(memory)
        assert not any(taken[one] for one in taken if one not in letters)
    assert tables.MEMORY.keys() == tables.OPTIMIZERS.keys()
    assert tables.MOST_MEMORY == max(map(len, tables.MEMORY.values()))


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


# What an activation is set to, where its defaults would not do.
SETTINGS = {"clipped_relu": (0.25, 1.5, 0.4)}


@pytest.mark.parametrize("activation", tables.ACTIVATIONS)
def test_the_derivative_of_an_activation(activation):
    rng = np.random.default_rng(0)
    settings = SETTINGS.get(activation, ())
    forward = getattr(reference, activation)
    x, dy = away_from_zero(rng, 4, 7), rng.normal(size=(4, 7))
    known = x if activation in tables.NEED_INPUT else forward(x, *settings)
    dx = getattr(reference, f"{activation}_backward")(known, dy, *settings)
    assert_is_gradient(dx, lambda x: (forward(x, *settings) * dy).sum(), x)


def test_relu_has_no_slope_at_zero():
    y = reference.relu(np.zeros((1, 2)))
    np.testing.assert_array_equal(reference.relu_backward(y, np.ones((1, 2))), 0)


# What a loss is set to, and which probabilities it computes along with it.
LOSSES = {
    **dict.fromkeys(tables.LOSSES, ((), None)),
    "softmax_crossentropy": ((0.0,), reference.softmax),
    "softmax_crossentropy, smoothed": ((0.3,), reference.softmax),
    "crossentropy, smoothed": ((0.3,), None),
    "sigmoid_crossentropy": ((0.0,), reference.sigmoid),
    "sigmoid_crossentropy, smoothed": ((0.3,), reference.sigmoid),
    "binary_crossentropy, smoothed": ((0.3,), None),
    "huber": ((0.6,), None),
    "softmax_focal_crossentropy": ((0.4, 1.5, 0.2), reference.softmax),
    "focal_crossentropy": ((0.4, 1.5, 0.2), None),
    "sigmoid_focal_crossentropy": ((True, 0.4, 1.5, 0.2), reference.sigmoid),
    "binary_focal_crossentropy": ((True, 0.4, 1.5, 0.2), None),
    "binary_focal_crossentropy, unbalanced": ((False, 0.4, 2.0, 0.0), None),
}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("targets", ["one-hot", "soft", "not a distribution"])
def test_the_gradient_of_a_loss(loss, targets):
    settings, activation = LOSSES[loss]
    name = loss.partition(",")[0]
    rng = np.random.default_rng(0)
    # The probabilities of some losses stay below one.
    y = rng.uniform(0.1, 0.9 if "binary" in loss else 2, (5, 4))
    t = {
        "one-hot": np.eye(4)[[0, 3, 1, 1, 2]],
        "soft": rng.dirichlet(np.ones(4), 5),
        "not a distribution": rng.uniform(0, 1 if "focal" in loss else 2, (5, 4)),
    }[targets]
    if "percentage" in name:
        t = t + 0.5  # Of nothing, any error is millions of percent.
    scale = 0.2

    def batch_loss(y):
        results = getattr(reference, name)(y, t, *settings)
        losses = results[1] if isinstance(results, tuple) else results
        assert losses.shape == (5,)
        return losses.sum() * scale

    # The fused loss has its gradient in terms of its probabilities.
    given = y if activation is None else activation(y)
    dy = getattr(reference, f"{name}_backward")(given, t, *settings, scale=scale)
    assert_is_gradient(dy, batch_loss, y)


@pytest.mark.parametrize(
    "name",
    [
        "softmax_crossentropy",
        "sigmoid_crossentropy",
        "softmax_focal_crossentropy",
        "sigmoid_focal_crossentropy",
    ],
)
def test_a_fused_loss_gives_its_probabilities(name):
    x = np.random.default_rng(0).normal(size=(3, 4))
    p, _ = getattr(reference, name)(x, np.full((3, 4), 0.25))
    activation = name.partition("_")[0]
    np.testing.assert_allclose(p, getattr(reference, activation)(x), rtol=1e-14)


@pytest.mark.parametrize("shares", [(0.3, 0.0), (0.0, 0.2), (0.3, 0.2)])
def test_the_gradient_of_a_penalty(shares):
    w = away_from_zero(np.random.default_rng(0), 3, 4)
    dw = reference.penalty_backward(w, *shares)
    assert_is_gradient(dw, lambda w: reference.penalty(w, *shares), w)


def test_without_its_shares_a_penalty_is_nothing():
    w = np.ones(3)
    assert reference.penalty(w) == 0
    assert not reference.penalty_backward(w).any()


def test_the_gradients_of_batch_normalization():
    rng = np.random.default_rng(0)
    x, dy = rng.normal(size=(6, 4)), rng.normal(size=(6, 4))
    gamma, beta = rng.normal(size=4), rng.normal(size=4)

    def forward(x, gamma, beta):
        mean, variance = reference.moments(x)
        y = reference.normalize(x, mean, variance, gamma, beta, 1e-3)
        return (y * dy).sum()

    dx, dgamma, dbeta = reference.normalize_backward(
        x, dy, *reference.moments(x), gamma, 1e-3
    )
    assert_is_gradient(dx, lambda x: forward(x, gamma, beta), x)
    assert_is_gradient(dgamma, lambda gamma: forward(x, gamma, beta), gamma)
    assert_is_gradient(dbeta, lambda beta: forward(x, gamma, beta), beta)


def test_the_gradient_of_an_affine_layer():
    rng = np.random.default_rng(0)
    x, dy = rng.normal(size=(2, 5, 3))
    center, scale, offset = rng.normal(size=(3, 3))
    dx = reference.affine_backward(dy, scale)
    assert_is_gradient(
        dx, lambda x: (reference.affine(x, center, scale, offset) * dy).sum(), x
    )


def test_the_gradient_of_dropout_is_dropout_of_the_gradient():
    rng = np.random.default_rng(0)
    x, dy = rng.normal(size=(2, 5, 3))
    dx = reference.dropout(dy, 0.4, 7, 3)
    assert_is_gradient(dx, lambda x: (reference.dropout(x, 0.4, 7, 3) * dy).sum(), x)


def test_crossentropy_of_probabilities_is_that_of_their_logits():
    rng = np.random.default_rng(0)
    logits, t = rng.normal(size=(5, 4)), rng.dirichlet(np.ones(4), 5)
    p, losses = reference.softmax_crossentropy(logits, t)
    np.testing.assert_allclose(p, reference.softmax(logits), rtol=1e-14)
    np.testing.assert_allclose(losses, reference.crossentropy(p, t), rtol=1e-14)
    through_both = reference.softmax_backward(
        p, reference.crossentropy_backward(p, t, scale=0.5)
    )
    at_once = reference.softmax_crossentropy_backward(p, t, scale=0.5)
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
    "yes or no": ([(9, "silu"), (4, "sigmoid")], "sigmoid_crossentropy"),
    "yes or no, logits": ([(9, "gelu"), (4, "linear")], "sigmoid_crossentropy"),
    "probabilities": ([(4, "sigmoid")], "binary_crossentropy"),
    "errors": ([(9, "softplus"), (4, "elu")], "mean_absolute_error"),
    "huber": ([(9, "selu"), (4, "leaky_relu")], "huber"),
    "dropout": (
        [layers.Dropout(0.3, seed=1), (9, "relu"), layers.Dropout(0.5, seed=2),
         (4, "softmax")],
        "softmax_crossentropy",
    ),
    "gaussian noise": (
        [layers.GaussianNoise(0.3, seed=1), (9, "tanh"),
         layers.GaussianNoise(0.5, seed=2), (4, "softmax")],
        "softmax_crossentropy",
    ),
    "batch normalization": (
        [(9, "linear"), layers.BatchNormalization(), "relu",
         layers.BatchNormalization(scale=False), (4, "softmax"),
         layers.BatchNormalization(center=False)],
        "mean_squared_error",
    ),
    "rescaling": (
        [layers.Rescaling(2.0, 1.0), (9, "tanh"), layers.Normalization(),
         (4, "softmax")],
        "softmax_crossentropy",
    ),
    "regularizers": (
        [Dense(9, "tanh", kernel_regularizer=L1L2(0.02, 0.01), bias_regularizer=L2(0.1),
               activity_regularizer=L1(0.03)),
         layers.BatchNormalization(gamma_regularizer="l2", beta_regularizer="l1"),
         Dense(4, "softmax", activity_regularizer=L2(0.1))],
        "crossentropy",
    ),
    "activity after gelu": (
        [Dense(9, "gelu", activity_regularizer=L2(0.1)), (4, "softmax")],
        "softmax_crossentropy",
    ),
    "a frozen layer": (
        [(9, "tanh"), layers.BatchNormalization(trainable=False),
         layers.ELU(0.5), layers.ReLU(1.0, 0.3, 0.2), (4, "softmax")],
        "softmax_crossentropy",
    ),
}  # fmt: skip
# A learning rate of zero leaves the gradient behind, and the parameters alone.
NO_RATES = np.zeros((1, len(tables.RATES)))
# What weighs the rows of a batch, and how their losses become one.
REDUCTIONS = {
    "mean": (False, "sum_over_batch_size"),
    "weights": (True, "sum_over_batch_size"),
    "sum": (True, "sum"),
    "mean of weights": (True, "mean_with_sample_weight"),
}


@pytest.mark.parametrize("network", NETWORKS)
def test_a_network_has_the_slope_of_its_gradient_in_any_direction(make_plan, network):
    check_slopes(make_plan, *NETWORKS[network])


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("network", ["relu, softmax", "huber", "regularizers"])
def test_that_holds_however_rows_are_weighted(make_plan, network, reduction):
    check_slopes(make_plan, *NETWORKS[network], *REDUCTIONS[reduction])


def check_slopes(make_plan, network, loss, weighted=False, reduction=None):
    rng = np.random.default_rng(0)
    net = make_plan(
        6, network, loss, "sgd", metrics=(), dtype=np.float64,
        loss_settings=dict.fromkeys(tables.LOSSES[loss], 0.1),
        reduction=plan.REDUCTIONS[reduction or "sum_over_batch_size"],
    )  # fmt: skip
    rows = 11
    samples = Samples(
        rows,
        (rng.normal(size=(rows, 6)),),
        (
            Target(
                rng.dirichlet(np.ones(4), rows),
                weights=rng.uniform(0, 2, rows) if weighted else None,
            ),
        ),
    )
    # The mode matters to dropout and batch normalization, so it is TRAIN throughout.

    def batch_loss(step, directions):
        arrays = zip(net.arrays, directions, strict=True)
        here = net._replace(arrays=tuple(w + step * d for w, d in arrays))
        totals = np.zeros(2)
        space = make_workspace(here, samples, rows, 1)
        reference_network.run(
            here,
            samples,
            space,
            TRAIN,
            0,
            1,
            5,
            np.zeros((1, len(tables.RATES))),
            totals,
            (),
        )
        return totals[0] / rows, gradients_of(here)

    zeros = [np.zeros_like(array) for array in net.arrays]
    _, gradients = batch_loss(0, zeros)
    assert any(gradient.any() for gradient in gradients)
    for _ in range(5):
        directions = [
            rng.normal(size=array.shape) * (place in net.learnt)
            for place, array in enumerate(net.arrays)
        ]
        above, _ = batch_loss(STEP, directions)
        below, _ = batch_loss(-STEP, directions)
        slope = (above - below) / (2 * STEP)
        wanted = sum(
            (gradient * direction).sum()
            for gradient, direction in zip(gradients, directions, strict=True)
        )
        np.testing.assert_allclose(wanted, slope, rtol=1e-6, atol=5e-9)


def gradients_of(net):
    """Return the gradient of each array, zero for those that are not learnt."""
    return [
        net.gradients[start : start + array.size].reshape(array.shape)
        if place in net.learnt
        else np.zeros_like(array)
        for place, (array, start) in enumerate(zip(net.arrays, net.starts, strict=True))
    ]


def test_evaluating_gives_the_loss_of_training_where_nothing_is_left_to_chance(
    make_plan,
):
    network, loss = NETWORKS["activity after gelu"]
    net = make_plan(6, network, loss, "sgd", metrics=(), dtype=np.float64)
    rng = np.random.default_rng(0)
    x, t = rng.normal(size=(7, 6)), rng.dirichlet(np.ones(4), 7)
    samples = Samples(7, (x,), (Target(t),))
    space = make_workspace(net, samples, 7, 1)
    losses = []
    for mode in (TRAIN, EVALUATE):
        totals = np.zeros(2)
        reference_network.run(
            net,
            samples,
            space,
            mode,
            0,
            1,
            0,
            np.zeros((1, len(tables.RATES))),
            totals,
            (),
        )
        losses.append(totals[0])
    assert losses[0] == losses[1]


@pytest.mark.parametrize("constraint", [
    constraints.MaxNorm(0.8), constraints.UnitNorm(),
    constraints.MinMaxNorm(0.5, 0.9, rate=0.4),
])  # fmt: skip
def test_norms_are_moved_into_their_limits(constraint):
    w = np.random.default_rng(0).normal(size=(3, 5))
    norms = np.sqrt((w * w).sum(axis=0))
    min_value, max_value, rate = constraint.limits
    moved = w.copy()
    reference.limit_norms(moved, min_value, max_value, rate)
    wanted = norms + rate * (np.clip(norms, min_value, max_value) - norms)
    np.testing.assert_allclose(np.sqrt((moved**2).sum(axis=0)), wanted, rtol=1e-6)
    np.testing.assert_allclose(moved / w, (wanted / norms) * np.ones_like(w), rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_reference_computes_in_the_dtype_of_its_inputs(make_plan, dtype):
    x, t = np.ones((2, 3), dtype), np.full((2, 3), 0.5, dtype)
    results = [
        reference.dense_forward(x, np.ones((3, 4), dtype), np.ones(4, dtype)),
        *reference.dense_backward(x, np.ones((3, 4), dtype), np.ones((2, 4), dtype)),
        reference.categorical_accuracy(x, t),
        reference.binary_accuracy(x, t),
        reference.top_k_accuracy(x, t, 2),
        reference.dropout(x, 0.5, 1, 0),
        reference.gaussian_noise(x, 0.5, 1, 0),
        reference.affine(x, *t, *t[:1]),
        *reference.moments(x),
        reference.normalize(x, *t, None, None, 1e-3),
        *reference.normalize_backward(x, x, *t, None, 1e-3),
        reference.penalty_backward(x, 0.1, 0.1),
    ]
    for name in tables.ACTIVATIONS:
        settings = SETTINGS.get(name, ())
        results.append(getattr(reference, name)(x, *settings))
        results.append(getattr(reference, f"{name}_backward")(t, x, *settings))
    for name in tables.LOSSES:
        found = getattr(reference, name)(x, t)
        results += found if isinstance(found, tuple) else [found]
        results.append(getattr(reference, f"{name}_backward")(t, t, scale=0.1))
    assert {result.dtype for result in results} == {np.dtype(dtype)}
