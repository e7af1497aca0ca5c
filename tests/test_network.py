"""The compiled network as a whole: against the reference, and against itself.

On one instruction set, a run must give the same bits for any number of threads, with
zero-skipping on and off, in one chunk or in many: the tests of that compare bits, not
numbers.
"""

import itertools
import threading
from functools import partial

import numpy as np
import pytest

from fastmlp import activations, config, kernels, layers, models, tables
from fastmlp._model.samples import to_samples
from fastmlp.constraints import MaxNorm, MinMaxNorm, NonNeg, UnitNorm
from fastmlp.layers import (
    AlphaDropout,
    BatchNormalization,
    Dense,
    Dropout,
    GaussianDropout,
    GaussianNoise,
)
from fastmlp.optimizers import SGD, Adadelta, Adam, Ftrl, RMSprop
from fastmlp.plan import (
    EVALUATE,
    KINDS,
    LOSSES,
    PREDICT,
    REDUCTIONS,
    TRAIN,
    TRANSPOSED_ROWS,
    GivenRows,
    Samples,
    SparseRows,
    Target,
    make_workspace,
)
from fastmlp.reference import network as reference_network
from fastmlp.regularizers import L1, L1L2, L2

# Inputs, layers as `make_plan` takes them, and the loss.
# Much of what these give is 0: a deep network of others would learn nothing of it.
SPARSE = ("soft_shrink", "sparse_plus", "tanh_shrink", "hard_shrink", "sparsemax")

NETWORKS = {
    "one layer": (300, [(10, "softmax")], "softmax_crossentropy"),
    "the notebook's": (200, [(128, "relu"), (10, "softmax")], "softmax_crossentropy"),
    "odd sizes": (17, [(13, "tanh"), (5, "softmax")], "softmax_crossentropy"),
    "beyond the tiles": (
        130, [(129, "relu"), (10, "linear")], "softmax_crossentropy"
    ),
    "no bias": (130, [(33, "relu", False), (7, "sigmoid", False)], "crossentropy"),
    "activation steps": (
        131,
        [(20, "linear"), "relu", (20, "linear"), "tanh", (6, "linear"), "softmax"],
        "softmax_crossentropy",
    ),
    "activation first": (40, ["tanh", (17, "sigmoid"), (3, "linear")],
                         "mean_squared_error"),
    "softmax twice": (50, [(9, "softmax"), "linear"], "softmax_crossentropy"),
    "softmax regression": (
        257, [(65, "relu"), (31, "softmax"), (4, "softmax")], "mean_squared_error"
    ),
    "four layers": (
        129,
        [(70, "relu"), (40, "tanh"), (16, "sigmoid"), (1, "linear")],
        "mean_squared_error",
    ),
    "all activations": (
        30,
        [(10 + i, name) for i, name in enumerate(tables.ACTIVATIONS)
         if name in activations.BY_NAME and name not in SPARSE],
        "mean_squared_error",
    ),
    "bounded activations": (
        30,
        [(21, "hard_sigmoid"), (20, "hard_tanh"), (19, "relu6"), (18, "exponential"),
         (17, "sparse_sigmoid"), (3, "log_softmax")],
        "mean_squared_error",
    ),
    "sparse activations": (
        30, [(12 + i, name) for i, name in enumerate(SPARSE)], "mean_squared_error",
    ),
    "bent activations": (
        131,
        [(21, "leaky_relu"), (20, "elu"), (19, "selu"), (18, "softplus"),
         layers.LeakyReLU(0.1), layers.ReLU(1.5, 0.25, 0.1), (4, "linear")],
        "mean_absolute_error",
    ),
    "derivatives of inputs": (131, [(33, "silu"), (17, "gelu"), (3, "sigmoid")],
                              "sigmoid_crossentropy"),
    "probabilities": (40, [(17, "relu"), (3, "sigmoid")], "binary_crossentropy"),
    "dropout": (
        130, [(65, "relu"), Dropout(0.5, seed=1), (10, "softmax")],
        "softmax_crossentropy",
    ),
    "dropout first": (
        130, [Dropout(0.2, seed=2**62), (65, "relu"), Dropout(0.0), (10, "softmax")],
        "softmax_crossentropy",
    ),
    "other noise": (
        130,
        [GaussianDropout(0.2, seed=1), (65, "selu"), AlphaDropout(0.3, seed=2**62),
         (10, "softmax")],
        "softmax_crossentropy",
    ),
    "normalized rows": (
        40,
        [layers.LayerNormalization(), (33, "relu"),
         layers.LayerNormalization(scale=False, beta_regularizer="l2"), (17, "tanh"),
         layers.RMSNormalization(), (9, "linear"),
         layers.LayerNormalization(center=False, gamma_constraint="non_neg"),
         (8, "linear"), layers.UnitNormalization(), (4, "softmax")],
        "softmax_crossentropy",
    ),
    "learnt ramps": (
        40,
        [(33, "linear"), layers.PReLU("ones"), (17, "linear"),
         layers.PReLU(alpha_regularizer="l1_l2"), (3, "linear")],
        "mean_squared_error",
    ),
    "penalties of outputs": (
        40,
        [(17, "tanh"), layers.ActivityRegularization(0.01, 0.02), layers.Identity(),
         layers.LayerNormalization(activity_regularizer="l2"), (3, "linear")],
        "mean_squared_error",
    ),
    "gaussian noise": (
        130,
        [GaussianNoise(0.2, seed=1), (65, "relu"), GaussianNoise(0.5, seed=2**62),
         (10, "softmax")],
        "softmax_crossentropy",
    ),
    "batch normalization": (
        130,
        [(65, "linear", False), BatchNormalization(), "relu",
         BatchNormalization(scale=False, center=False), (10, "softmax")],
        "softmax_crossentropy",
    ),
    "normalized samples": (
        33, [BatchNormalization(momentum=0.5), (16, "tanh"), (4, "linear")],
        "mean_squared_error",
    ),
    "rescaling": (
        50,
        [layers.Rescaling(2.0, 0.5), (17, "tanh"), layers.Normalization(),
         (5, "softmax")],
        "softmax_crossentropy",
    ),
    "frozen layers": (
        50,
        [Dense(33, "tanh", trainable=False), (20, "tanh"),
         BatchNormalization(trainable=False), Dense(9, "relu", trainable=False),
         (5, "softmax")],
        "softmax_crossentropy",
    ),
    "regularizers": (
        130,
        [Dense(33, "silu", kernel_regularizer=L1L2(0.001, 0.002),
               bias_regularizer=L1(0.01), activity_regularizer=L2(0.01)),
         BatchNormalization(gamma_regularizer=L2(0.01), beta_regularizer=L2(0.1)),
         Dense(10, "softmax", kernel_regularizer=L2(0.01))],
        "softmax_crossentropy",
    ),
    "constraints": (
        130,
        [Dense(33, "tanh", kernel_constraint=MaxNorm(0.8), bias_constraint=NonNeg()),
         BatchNormalization(gamma_constraint=MinMaxNorm(0.5, 2.0, 0.5)),
         Dense(17, "tanh", kernel_constraint=UnitNorm()),
         Dense(10, "softmax", kernel_constraint=NonNeg())],
        "softmax_crossentropy",
    ),
}  # fmt: skip
# What a plan says besides; clipping is weight decay, then the limits of values, of
# norms, and of the global norm.
FIELDS = {
    "weight decay": {"clipping": (0.1, 0, 0, 0)},
    "limited values": {"clipping": (0, 0.002, 0, 0)},
    "limited norms": {"clipping": (0, 0, 0.02, 0)},
    "a limited global norm": {"clipping": (0.1, 0, 0, 0.03)},
    "label smoothing": {"loss_settings": {"smoothing": 0.2}},
    "sum of losses": {"reduction": REDUCTIONS["sum"]},
    "mean by weights": {"reduction": REDUCTIONS["mean_with_sample_weight"]},
    "huber": {"loss": LOSSES["huber"], "loss_settings": {"delta": 0.3}},
    **{
        loss: {
            "loss": LOSSES[loss],
            "loss_settings": {"alpha": 0.4, "gamma": 1.5, "smoothing": 0.1},
        }
        for loss in ("softmax_focal_crossentropy", "focal_crossentropy")
    },
    **{
        loss: {
            "loss": LOSSES[loss],
            "loss_settings": {"balanced": 1, "alpha": 0.4, "gamma": 1.5},
        }
        for loss in ("sigmoid_focal_crossentropy", "binary_focal_crossentropy")
    },
    **{
        loss: {"loss": LOSSES[loss]}
        for loss, settings in tables.LOSSES.items()
        if not settings
    },
}
OPTIMIZERS = {
    **{name: name for name in tables.OPTIMIZERS},
    "adadelta": Adadelta(epsilon=1e-3),  # By default, it learns too slowly for a test.
    "rmsprop, all": RMSprop(momentum=0.5, centered=True),
    "rmsprop, centered": RMSprop(centered=True),
    "nesterov": SGD(momentum=0.9, nesterov=True),
    "amsgrad": Adam(amsgrad=True),
    "an average": SGD(use_ema=True, ema_momentum=0.5),
    "an average that takes over": Adam(
        use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=2, weight_decay=0.1
    ),
    "steps of two batches": RMSprop(gradient_accumulation_steps=2, clipvalue=0.002),
    "averages, clipped": Adam(
        use_ema=True,
        ema_overwrite_frequency=2,
        gradient_accumulation_steps=2,
        global_clipnorm=0.03,
    ),
    "ftrl, all": Ftrl(
        learning_rate_power=-0.75,
        l1_regularization_strength=0.01,
        l2_regularization_strength=0.1,
        l2_shrinkage_regularization_strength=0.1,
        beta=0.1,
    ),
}
THREADS = [2, 3, 4, 8]


def sizes_of(plan):
    """Return how many inputs and outputs a network has that has one of each."""
    (inputs,), (outputs,) = plan.layout.inputs, plan.layout.outputs
    return inputs, outputs


def with_fields(plan, fields):
    """Return a plan with other fields of its own, or of its only head."""
    own = {name: value for name, value in fields.items() if name in plan._fields}
    head = {name: value for name, value in fields.items() if name not in own}
    return plan._replace(**own, heads=(plan.heads[0]._replace(**head),))


def parameters_of(plan):
    """Return all numbers of a plan's arrays, one after the other."""
    return np.concatenate([array.ravel() for array in plan.arrays])


def empty_totals(plan):
    return np.zeros(plan.layout.totals)


def rates_for(batches):
    """Return what `tables.RATES` names, other numbers for each batch."""
    first, last = [0.01, 0.005, 0.002, 1.5], [0.002, 0.003, 0.004, 1.0]
    return np.linspace(first, last, 7)[np.arange(batches) % 7]


def no_rates(batches):
    """Return rates of 0, for which nothing is learnt."""
    return 0 * rates_for(batches)


def draw_samples(
    plan,
    count,
    *,
    labels=False,
    shuffled=False,
    weighted=False,
    edge=0,
    dtype=np.float32,
):
    """Draw samples that are zero for the most part; an edge fades in the second half.

    Then it is zero in whole batches, and the optimizer remembers that it was not.
    """
    rng = np.random.default_rng(count)
    inputs, outputs = sizes_of(plan)
    x = rng.uniform(-1, 1, (count, inputs)) * (rng.uniform(size=(count, inputs)) < 0.2)
    chosen = rng.integers(0, outputs, count).astype(np.intc)
    one_hot = np.eye(outputs, dtype=dtype)[chosen]
    weights = rng.uniform(0, 2, count).astype(np.float32) if weighted else None
    order = rng.permutation(count) if shuffled else np.arange(count)
    x[order[count // 2 :], :edge] = 0
    target = Target(None if labels else one_hot, chosen if labels else None, weights)
    return Samples(
        count,
        (x.astype(np.float32).astype(dtype),),
        (target,),
        order=order if shuffled else None,
    )


def without_zeros(samples):
    inputs = tuple(kernels.compress(x)[0] for x in samples.inputs)
    return samples._replace(inputs=inputs)


def as_entries(samples):
    """Return samples whose inputs are as scipy.sparse has them."""
    inputs = []
    for x in samples.inputs:
        rows, columns = x.nonzero()
        starts = np.searchsorted(rows, np.arange(len(x) + 1))
        inputs.append(SparseRows(x[rows, columns], columns, starts, x.shape[1]))
    return samples._replace(inputs=tuple(inputs))


def in_float64(samples):
    targets = [
        one if one.t is None else one._replace(t=np.float64(one.t))
        for one in samples.targets
    ]
    inputs = tuple(np.float64(x) for x in samples.inputs)
    return samples._replace(inputs=inputs, targets=tuple(targets))


def batches_of(samples, batch_size):
    return -(-samples.count // batch_size)


def with_arrays(plan, arrays, **fields):
    """Return a plan with other arrays, which its functions work with as well."""
    functions = tuple(one.with_arrays(arrays) for one in plan.functions)
    return plan._replace(arrays=arrays, functions=functions, **fields)


def copy_of(plan, dtype=np.float32):
    copy = with_arrays(plan, tuple(array.astype(dtype) for array in plan.arrays))
    copy.memory[...] = plan.memory
    return copy


def train(plan, samples, batch_size, threads=1, chunks=1, epochs=1):
    """Train a copy of the plan; return it and the totals."""
    plan = copy_of(plan)
    space = make_workspace(plan, samples, batch_size, threads)
    totals = empty_totals(plan)
    batches = batches_of(samples, batch_size)
    rates = rates_for(batches)
    ends = np.linspace(0, batches, chunks + 1).astype(int)
    for epoch in range(epochs):
        for first, last in itertools.pairwise(ends):
            kernels.run(
                plan, samples, space, TRAIN, first, last, totals,
                threads=threads, iteration=epoch * batches + first,
                rates=rates[first:last],
            )  # fmt: skip
    return plan, totals


def gradients_of(plan, samples):
    """Return the gradients of all samples as one batch, which other processes see."""
    plan, found = copy_of(plan), []
    kernels.run(
        plan, samples, make_workspace(plan, samples, samples.count, 1), TRAIN, 0, 1,
        empty_totals(plan), rates=rates_for(1),
        add_gradients=lambda gradients: found.append(gradients.copy()),
    )  # fmt: skip
    return found[0]


def predict(plan, samples, batch_size, threads=1):
    space = make_workspace(plan, samples, batch_size, threads)
    predictions = np.full((samples.count, sizes_of(plan)[1]), np.nan, np.float32)
    kernels.run(
        plan, samples, space, PREDICT, 0, batches_of(samples, batch_size),
        None, (predictions,), threads,
    )  # fmt: skip
    return predictions


def bits(array):
    """Return the bits of floats as integers, so that even 0.0 and -0.0 differ."""
    return array.view(f"u{array.itemsize}")


def assert_same_bits(found, expected):
    """Compare what `train` returns: parameters, memory and totals."""
    np.testing.assert_array_equal(
        bits(parameters_of(found[0])), bits(parameters_of(expected[0])), "parameters"
    )
    np.testing.assert_array_equal(
        bits(found[0].memory), bits(expected[0].memory), "memory"
    )
    np.testing.assert_array_equal(bits(found[1]), bits(expected[1]), "totals")


def two_and_a_half(batch_size):
    """How many samples make two batches and a last one that is smaller."""
    return 2 * batch_size + (batch_size + 1) // 2


# ---------------------------------------------------------------------------
# Against the reference in float64
# ---------------------------------------------------------------------------


@pytest.mark.parametrize("network", NETWORKS)
def test_every_network_trains_as_the_reference_does(variant, make_plan, network):
    check_training(make_plan(*NETWORKS[network]))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_trains_as_the_reference_does(variant, make_plan, optimizer):
    check_training(make_plan(*NETWORKS["odd sizes"], OPTIMIZERS[optimizer]))


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("fields", FIELDS)
def test_every_setting_trains_as_the_reference_does(
    variant, make_plan, fields, weighted
):
    plan = with_fields(make_plan(*NETWORKS["odd sizes"]), FIELDS[fields])
    check_training(plan, weighted)


# Behind a softmax, a divergence has the gradient of cross-entropy.
@pytest.mark.parametrize("fields", [name for name in FIELDS if name != "kl_divergence"])
def test_every_setting_makes_a_difference(variant, make_plan, fields):
    plan = make_plan(*NETWORKS["odd sizes"])
    samples = draw_samples(plan, 82, weighted=True)
    without, _ = train(plan, samples, 32)
    changed, _ = train(with_fields(plan, FIELDS[fields]), samples, 32)
    assert np.abs(parameters_of(changed) - parameters_of(without)).max() > 1e-5


def check_training(plan, weighted=False):
    """Train in float32, and by the reference in float64."""
    samples = draw_samples(plan, 82, shuffled=True, weighted=weighted)
    trained, totals = train(plan, samples, batch_size=32, epochs=2)

    exact = copy_of(plan, np.float64)
    exact_samples = in_float64(samples)
    exact_totals = np.zeros_like(totals)
    space = make_workspace(exact, exact_samples, 32, 1)
    for epoch in range(2):
        reference_network.run(
            exact, exact_samples, space, TRAIN, 0, 3, 3 * epoch, rates_for(3),
            exact_totals, (),
        )  # fmt: skip

    found, expected = parameters_of(trained), parameters_of(exact)
    moved = np.abs(found - parameters_of(plan)).max()
    assert moved > 1e-4, "nothing was learnt, so nothing was tested"
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)
    np.testing.assert_allclose(totals, exact_totals, rtol=1e-6)


CONFUSION = {"buckets": 3, "top_k": 0, "class_id": -1, "from_logits": 0}


@pytest.mark.parametrize("labels", [True, False])
@pytest.mark.parametrize(
    "network",
    [
        "the notebook's", "beyond the tiles", "no bias", "dropout",
        "batch normalization", "rescaling", "regularizers",
    ],
)  # fmt: skip
def test_evaluating_and_predicting_agree_with_the_reference(
    variant, make_plan, network, labels
):
    metrics = [
        "categorical_accuracy", ("top_k_accuracy", {"k": 3}, 1),
        ("binary_accuracy", {"threshold": 0.1}, 1),
        ("confusion", {**CONFUSION, "top_k": 2}, 1, (0.1, 0.4)),
        ("f_score", {"threshold": 0}, 1), ("f_score", {"threshold": 0.2}, 0),
        ("confusion", {**CONFUSION, "from_logits": 1, "class_id": 1}, 0, (0.5, 0.6)),
        ("class_pairs", {"classes": 4, "ignored": 1, "entries": 0}, 1),
        ("r2_score", {}, 1), ("correlation", {"by_columns": 0, "concordance": 0}, 1),
        ("correlation", {"by_columns": 1, "concordance": 1}, 0),
        ("mean_absolute_error", {}, 1),
    ]  # fmt: skip
    plan = make_plan(*NETWORKS[network], metrics=metrics)
    samples = draw_samples(plan, 50, labels=labels, weighted=True)
    exact = copy_of(plan, np.float64)
    totals, exact_totals = empty_totals(plan), empty_totals(plan)
    space = make_workspace(plan, samples, 32, 1)
    before = copy_of(plan)
    kernels.run(plan, samples, space, EVALUATE, 0, 2, totals)
    reference_network.run(
        exact, samples, space, EVALUATE, 0, 2, 0, None, exact_totals, ()
    )
    np.testing.assert_allclose(totals, exact_totals, rtol=1e-5, atol=1e-5)
    outputs = np.empty((50, sizes_of(plan)[1]))
    reference_network.run(
        exact, samples, space, PREDICT, 0, 2, 0, None, None, (outputs,)
    )
    np.testing.assert_allclose(predict(plan, samples, 32), outputs, atol=1e-6)
    assert_same_bits((plan, totals), (before, totals))


def test_labels_are_one_hot_targets(variant, make_plan):
    plan = make_plan(*NETWORKS["the notebook's"])
    for shuffled in (False, True):
        with_labels = draw_samples(plan, 80, labels=True, shuffled=shuffled)
        with_targets = draw_samples(plan, 80, labels=False, shuffled=shuffled)
        assert_same_bits(train(plan, with_labels, 32), train(plan, with_targets, 32))


def test_totals_are_sums_over_all_rows(variant, make_plan):
    plan = make_plan(
        *NETWORKS["odd sizes"], metrics=("categorical_accuracy", "mean_squared_error")
    )
    samples = draw_samples(plan, 7)
    y = predict(plan, samples, 7)
    totals = empty_totals(plan)
    space = make_workspace(plan, samples, 3, 1)
    kernels.run(plan, samples, space, EVALUATE, 0, 3, totals)
    t = samples.targets[0].t
    sums = [
        kernels.crossentropy(y, t).sum(),
        kernels.categorical_accuracy(y, t).sum(),
        kernels.mean_squared_error(y, t).sum(),
    ]
    np.testing.assert_allclose(totals[:6:2], sums, rtol=1e-5)
    np.testing.assert_array_equal(totals[1:6:2], [7, 7, 7])


# ---------------------------------------------------------------------------
# Against itself, bit by bit
# ---------------------------------------------------------------------------


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("block", [1, 3, 32, 47, 100])
def test_the_rows_that_are_worked_on_at_a_time_change_no_bit_of_a_score(
    compiled_variant, make_plan, block, reduction
):
    plan = make_plan(
        *NETWORKS["odd sizes"],
        metrics=("categorical_accuracy",),
        reduction=REDUCTIONS[reduction],
    )
    samples = draw_samples(plan, 100, labels=True, weighted=True)
    wanted, found = empty_totals(plan), empty_totals(plan)
    space = make_workspace(plan, samples, 32, 1)
    kernels.run(plan, samples, space, EVALUATE, 0, 4, wanted)
    space = make_workspace(plan, samples, block, 2)
    for number in range(-(-100 // block)):
        kernels.run(
            plan, samples, space, EVALUATE, number, number + 1, found,
            threads=2, loss_rows=32,
        )  # fmt: skip
    np.testing.assert_array_equal(found, wanted)
    assert not found[-3:].any()


def test_what_is_asked_of_whole_batches_is_worked_on_batch_by_batch(make_plan):
    plan = make_plan(
        *NETWORKS["odd sizes"],
        metrics=[("correlation", {"by_columns": 1, "concordance": 0})],
    )
    samples = draw_samples(plan, 100)
    space = make_workspace(plan, samples, 50, 1)
    with pytest.raises(ValueError, match="batches of the loss are those"):
        kernels.run(
            plan, samples, space, EVALUATE, 0, 1, empty_totals(plan), loss_rows=10
        )


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8"])
@pytest.mark.parametrize("in_pairs", [True, False])
def test_rows_are_converted_batch_by_batch_as_they_are_all_at_once(
    variant, make_plan, dtype, in_pairs
):
    plan = make_plan(*NETWORKS["beyond the tiles"])
    samples = draw_samples(plan, 50, shuffled=True)
    (x,) = samples.inputs
    given = (x * 100).clip(0).astype(dtype)
    as_float32 = samples._replace(inputs=(given.astype(np.float32),))
    as_given = samples._replace(inputs=(GivenRows(given, in_pairs),))
    wanted = predict(plan, as_float32, 16)
    assert np.array_equal(predict(plan, as_given, 16), wanted)


@pytest.mark.parametrize("network", NETWORKS)
def test_neither_threads_nor_zero_skipping_change_a_bit(
    compiled_variant, make_plan, network
):
    check_bits(make_plan(*NETWORKS[network]), batch_size=32)


@pytest.mark.parametrize("batch_size", [1, 3, 128, 300])
@pytest.mark.parametrize("network", ["the notebook's", "beyond the tiles", "no bias"])
def test_that_holds_for_every_batch_size(
    compiled_variant, make_plan, network, batch_size
):
    check_bits(make_plan(*NETWORKS[network]), batch_size)


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("fields", FIELDS)
def test_that_holds_for_every_setting(compiled_variant, make_plan, fields, weighted):
    plan = with_fields(make_plan(*NETWORKS["beyond the tiles"]), FIELDS[fields])
    check_bits(plan, 32, weighted)


def check_bits(plan, batch_size, weighted=False):
    """Train with and without zeros, by any number of threads."""
    count = two_and_a_half(batch_size)
    edge = sizes_of(plan)[0] // 8
    samples = draw_samples(plan, count, shuffled=True, weighted=weighted, edge=edge)
    expected = train(plan, samples, batch_size)
    assert np.isfinite(parameters_of(expected[0])).all()
    for threads in THREADS:
        assert_same_bits(train(plan, samples, batch_size, threads), expected)
    if plan.ops[0].kind != KINDS["dense"]:
        return  # Zeros are skipped in a product, and the first step has none.
    for threads in (1, *THREADS):
        assert_same_bits(
            train(plan, without_zeros(samples), batch_size, threads), expected
        )


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("shuffled", [True, False])
def test_samples_of_scipy_give_the_bits_of_dense_ones(
    compiled_variant, make_plan, network, shuffled
):
    plan = make_plan(*NETWORKS[network])
    samples = draw_samples(plan, 80, shuffled=shuffled)
    expected = train(plan, samples, 32)
    for threads in (1, *THREADS):
        assert_same_bits(train(plan, as_entries(samples), 32, threads), expected)


def test_batches_that_are_sorted_in_parts_give_the_bits_of_dense_ones(
    compiled_variant, make_plan
):
    plan = make_plan(*NETWORKS["no bias"])
    samples = draw_samples(plan, 2 * TRANSPOSED_ROWS + 100, shuffled=True)
    expected = train(plan, samples, samples.count)
    for kind in (without_zeros(samples), as_entries(samples)):
        for threads in (1, 3):
            found = train(plan, kind, samples.count, threads)
            assert_same_bits(found, expected)


@pytest.mark.parametrize("batch_size", [2, 32])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_that_holds_for_every_optimizer(
    compiled_variant, make_plan, optimizer, batch_size
):
    # Of two rows, most inputs are zero in some batches only.
    plan = make_plan(*NETWORKS["the notebook's"], OPTIMIZERS[optimizer])
    samples = draw_samples(plan, 2 * batch_size + 16, labels=True, edge=100)
    expected = train(plan, samples, batch_size)
    for threads in (1, 2, 3):
        for kind in (samples, without_zeros(samples)):
            assert_same_bits(train(plan, kind, batch_size, threads), expected)


@pytest.mark.parametrize("threads", [1, 3])
def test_many_chunks_are_one(variant, make_plan, threads):
    plan = make_plan(*NETWORKS["beyond the tiles"])
    samples = draw_samples(plan, 100, shuffled=True)
    for kind in (samples, without_zeros(samples)):
        expected = train(plan, kind, 8, threads)
        for chunks in (2, 5, 13):
            assert_same_bits(train(plan, kind, 8, threads, chunks), expected)


@pytest.mark.parametrize("labels", [True, False])
def test_an_order_is_a_permutation_of_the_data(variant, make_plan, labels):
    plan = make_plan(*NETWORKS["the notebook's"])
    shuffled = draw_samples(plan, 80, labels=labels, shuffled=True)
    permuted = shuffled._replace(
        inputs=(shuffled.inputs[0][shuffled.order],),
        targets=(shuffled.targets[0].rows(shuffled.order),),
        order=None,
    )
    expected = train(plan, permuted, 32)
    assert_same_bits(train(plan, shuffled, 32), expected)
    assert_same_bits(train(plan, without_zeros(shuffled), 32), expected)
    assert_same_bits(train(plan, without_zeros(permuted), 32), expected)


@pytest.mark.parametrize("threads", [1, 3])
def test_every_batch_leaves_out_other_outputs(variant, make_plan, threads):
    # One sample again and again, and nothing learnt: only chance makes a difference.
    plan = make_plan(*NETWORKS["dropout"], metrics=())
    sample = draw_samples(plan, 1)
    x, t = sample.inputs[0], sample.targets[0].t
    samples = Samples(8, (np.repeat(x, 8, axis=0),), (Target(np.repeat(t, 8, axis=0)),))
    space = make_workspace(plan, samples, 1, threads)

    def losses(iteration):
        found = []
        for batch in range(8):
            totals = empty_totals(plan)
            kernels.run(
                plan, samples, space, TRAIN, batch, batch + 1, totals,
                threads=threads, iteration=iteration + batch, rates=no_rates(1),
            )  # fmt: skip
            found.append(totals[0])
        return found

    assert len(set(losses(0))) == 8
    assert losses(0)[1:] == losses(1)[:-1]


def test_moving_averages_follow_the_moments_of_the_batches(variant, make_plan):
    plan = make_plan(*NETWORKS["normalized samples"])
    samples = draw_samples(plan, 20)
    state = plan.ops[0].state
    moving = np.stack(plan.arrays[state : state + 2])
    trained, _ = train(plan, samples, 20)
    found = np.stack(trained.arrays[state : state + 2])
    (x,) = samples.inputs
    moments = np.stack([x.mean(axis=0), x.var(axis=0)])
    np.testing.assert_allclose(found, (moving + moments) / 2, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("network", NETWORKS)
def test_a_prediction_does_not_depend_on_the_rows_beside(
    compiled_variant, make_plan, network
):
    plan = make_plan(*NETWORKS[network])
    samples = draw_samples(plan, 61)
    expected = predict(plan, samples, 61)
    assert np.isfinite(expected).all()
    for batch_size in (1, 2, 7, 32, 60):
        for threads in (1, 3):
            np.testing.assert_array_equal(
                predict(plan, samples, batch_size, threads), expected
            )


def test_a_nan_stays_in_its_row_of_the_predictions(variant, make_plan):
    plan = make_plan(*NETWORKS["the notebook's"])
    samples = draw_samples(plan, 20)
    clean = predict(plan, samples, 8)
    samples.inputs[0][5, 7] = np.nan
    spoilt = predict(plan, samples, 8)
    assert np.isnan(spoilt[5]).all()
    np.testing.assert_array_equal(np.delete(spoilt, 5, 0), np.delete(clean, 5, 0))


@pytest.mark.parametrize("mode", [EVALUATE, TRAIN])
def test_more_threads_than_rows_add_up_the_same_totals(
    compiled_variant, make_plan, mode
):
    plan = make_plan(*NETWORKS["odd sizes"], metrics=[
        "mean_squared_error", ("confusion", CONFUSION, 1, (0.1, 0.2))
    ])  # fmt: skip
    samples = draw_samples(plan, 5, weighted=True)
    expected = None
    for threads in (1, 2, 8, 16):
        totals = empty_totals(plan)
        space = make_workspace(plan, samples, 2, threads)
        kernels.run(
            copy_of(plan), samples, space, mode, 0, 3, totals,
            threads=threads, rates=rates_for(3),
        )  # fmt: skip
        expected = totals if expected is None else expected
        np.testing.assert_array_equal(totals, expected)


# ---------------------------------------------------------------------------
# What a run may touch
# ---------------------------------------------------------------------------

GUARD = 131


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("skipping", [True, False])
@pytest.mark.parametrize(
    "network",
    [
        "beyond the tiles", "softmax regression", "four layers", "one layer",
        "batch normalization", "constraints", "regularizers", "dropout",
    ],
)  # fmt: skip
def test_a_run_reads_nothing_stale_and_stays_in_its_workspace(
    compiled_variant, make_plan, network, skipping, threads
):
    plan = make_plan(*NETWORKS[network])
    samples = draw_samples(plan, 80, shuffled=True)
    if skipping:
        check_workspace(plan, without_zeros(samples), 32, threads)
        samples = as_entries(samples)
    check_workspace(plan, samples, 32, threads)


@pytest.mark.parametrize("threads", [1, 3])
def test_so_does_a_run_with_thousands_of_rows_a_batch(
    compiled_variant, make_plan, threads
):
    # What a first layer without zeros takes grows with them, beyond a product's share.
    plan = make_plan(*NETWORKS["no bias"])
    samples = draw_samples(plan, 2100, shuffled=True)
    for kind in (without_zeros(samples), as_entries(samples)):
        check_workspace(plan, kind, 2100, threads)


def check_workspace(plan, samples, batch_size, threads):
    """Train with arrays that lie between others, and are full of nonsense."""
    expected = train(plan, samples, batch_size, threads)
    before = plan
    rooms = []

    def guarded(array):
        """Return the array's like in the middle of a larger one, full of nonsense."""
        nonsense = np.nan if array.dtype.kind == "f" else 7
        room = np.full(array.size + 2 * GUARD, nonsense, array.dtype)
        room[:GUARD] = room[-GUARD:] = 99
        rooms.append(room)
        return room[GUARD:-GUARD].reshape(array.shape)

    space = make_workspace(plan, samples, batch_size, threads)
    parts = space._asdict()
    space = type(space)(
        **{
            name: guarded(part) if isinstance(part, np.ndarray) else part
            for name, part in parts.items()
        }
    )
    plan = plan._replace(arrays=tuple(guarded(array) for array in plan.arrays))
    for own, array in zip(plan.arrays, before.arrays, strict=True):
        own[...] = array
    plan.gradients[...] = np.nan
    totals = empty_totals(plan)
    batches = batches_of(samples, batch_size)
    kernels.run(
        plan, samples, space, TRAIN, 0, batches, totals,
        threads=threads, rates=rates_for(batches),
    )  # fmt: skip

    assert_same_bits((plan, totals), expected)
    for room in rooms:
        assert (room[:GUARD] == 99).all()
        assert (room[-GUARD:] == 99).all()


def test_predictions_fill_their_rows_and_nothing_else(compiled_variant, make_plan):
    plan = make_plan(*NETWORKS["odd sizes"])
    samples = draw_samples(plan, 13)
    expected = predict(plan, samples, 13)
    room = np.full((33, 5), 99, np.float32)
    space = make_workspace(plan, samples, 4, 3)
    kernels.run(plan, samples, space, PREDICT, 1, 4, None, (room[10:23],), 3)
    np.testing.assert_array_equal(room[14:23], expected[4:])
    assert (room[:14] == 99).all()
    assert (room[23:] == 99).all()


# ---------------------------------------------------------------------------
# Through the model
# ---------------------------------------------------------------------------


def dense_model(inputs, hidden, outputs):
    return models.Sequential(
        [
            layers.Input((inputs,)),
            layers.Dense(hidden, "relu"),
            layers.Dense(outputs, "softmax"),
        ]
    )


@pytest.mark.parametrize("rows", [1, 300])
def test_zeros_of_few_rows_are_skipped_to_learn_but_not_to_predict(make_plan, rows):
    plan = make_plan(*NETWORKS["the notebook's"])
    (x,) = draw_samples(plan, rows).inputs
    read = partial(to_samples, dense_model(200, 128, 10).graph, x, training=None)
    assert bool(read(learns=True).samples.sparse)
    assert bool(read(learns=False).samples.sparse) is (rows > 1)


def test_models_train_to_the_same_bits_whatever_the_threads_and_zeros(
    compiled_variant, make_plan, monkeypatch
):
    plan = make_plan(*NETWORKS["the notebook's"])
    samples = draw_samples(plan, 300, labels=True)
    (x,), labels = samples.inputs, samples.targets[0].labels
    dense = x + (x == 0) * np.float32(1e-3)

    def skips_zeros(x):
        graph = dense_model(200, 128, 10).graph
        given = to_samples(graph, x, training=None, batch_size=100, once=False)
        return bool(given.samples.sparse)

    assert skips_zeros(x), "these samples are not sparse enough to test this"
    assert not skips_zeros(dense)

    def fit(threads, mode):
        monkeypatch.setenv("FASTMLP_NUM_THREADS", str(threads))
        config.set_zero_skipping(mode)
        model = dense_model(200, 128, 10)
        model.compile("rmsprop", "sparse_categorical_crossentropy", metrics=["acc"])
        model.set_weights(list(plan.arrays))
        history = model.fit(x, labels, 100, 2, verbose=0, shuffle=False).history
        return history, model.get_weights()

    monkeypatch.setattr(config, "_zero_skipping", "auto")
    history, weights = fit(1, "auto")
    for threads, mode in [(1, "off"), (2, "on"), (3, "off"), (8, "on")]:
        same_history, same_weights = fit(threads, mode)
        assert same_history == history
        for found, expected in zip(same_weights, weights, strict=True):
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("units", [64, 33])
def test_evaluate_and_predict_give_the_same_bits_without_zeros(
    variant, make_plan, monkeypatch, units
):
    plan = make_plan(131, [(units, "relu"), (10, "softmax")])
    samples = draw_samples(plan, 300, labels=True)
    model = dense_model(131, units, 10)
    model.compile("rmsprop", "sparse_categorical_crossentropy", metrics=["acc"])
    monkeypatch.setattr(config, "_zero_skipping", "off")
    (x,), labels = samples.inputs, samples.targets[0].labels
    results = model.evaluate(x, labels, 100, verbose=0)
    outputs = model.predict(x, 100, verbose=0)
    spoilt = x.copy()
    spoilt[7, 3] = np.nan
    config.set_zero_skipping("on")
    np.testing.assert_array_equal(
        np.delete(model.predict(spoilt, 100, verbose=0), 7, 0),
        np.delete(outputs, 7, 0),
    )
    assert np.isnan(model.predict(spoilt, verbose=0)[7]).all()
    for mode in ("on", "auto"):
        config.set_zero_skipping(mode)
        assert model.evaluate(x, labels, 100, verbose=0) == results
        np.testing.assert_array_equal(model.predict(x, 100, verbose=0), outputs)


@pytest.mark.parametrize("units", [64, 33])
def test_a_model_predicts_the_same_in_batches_of_any_size(variant, units):
    model = dense_model(131, units, 10)
    model.compile("sgd", "mse")
    rng = np.random.default_rng(units)
    x = rng.normal(size=(300, 131)).astype(np.float32)
    t = rng.uniform(size=(300, 10)).astype(np.float32)
    outputs = model.predict(x, 100, verbose=0)
    loss = model.evaluate(x, t, 100, verbose=0)
    for batch_size in (1, 7, 32, 300):
        found = model.predict(x, batch_size, verbose=0)
        assert model.evaluate(x, t, batch_size, verbose=0) == pytest.approx(loss, 1e-6)
        if variant == "numpy":
            # How a product is rounded is up to NumPy's BLAS, and goes by its shape.
            np.testing.assert_allclose(found, outputs, rtol=1e-4, atol=1e-7)
        else:
            np.testing.assert_array_equal(found, outputs)


def test_an_infinite_weight_shows_unless_its_zeros_are_skipped(
    compiled_variant, monkeypatch
):
    model = dense_model(131, 64, 10)
    x = np.random.default_rng(0).normal(size=(100, 131)).astype(np.float32)
    x[:, :2] = 0
    weights = model.get_weights()
    weights[0][0] = np.inf
    with pytest.warns(RuntimeWarning, match="Weight 0 .* NaN or infinity"):
        model.set_weights(weights)
    monkeypatch.setattr(config, "_zero_skipping", "off")
    assert np.isnan(model.predict(x, verbose=0)).all()
    config.set_zero_skipping("on")
    assert np.isfinite(model.predict(x, verbose=0)).all()


def test_four_threads_may_predict_at_once(variant, monkeypatch):
    monkeypatch.setenv("FASTMLP_NUM_THREADS", "2")
    model = dense_model(100, 64, 10)
    rng = np.random.default_rng(0)
    inputs = [rng.normal(size=(300, 100)).astype(np.float32) for _ in range(4)]
    expected = [model.predict(x, batch_size=100, verbose=0) for x in inputs]
    found = [[] for _ in inputs]
    all_here = threading.Barrier(len(inputs))

    def work(x, results):
        all_here.wait()
        for _ in range(10):
            results.append(model.predict(x, batch_size=100, verbose=0))

    workers = [
        threading.Thread(target=work, args=pair)
        for pair in zip(inputs, found, strict=True)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for results, wanted in zip(found, expected, strict=True):
        assert len(results) == 10
        for result in results:
            np.testing.assert_array_equal(result, wanted)
