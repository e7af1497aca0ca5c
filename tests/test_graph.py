"""Networks that are not a row: against the reference, against slopes, and by the bit.

What holds for a row holds for any graph: the reference in float64 finds the same, its
gradients are slopes, and neither threads nor zeros that are left out change a bit.
"""

import numpy as np
import pytest
from test_network import (
    as_entries,
    assert_same_bits,
    copy_of,
    empty_totals,
    gradients_of,
    in_float64,
    no_rates,
    parameters_of,
    rates_for,
    train,
    with_arrays,
)

from fastmlp import kernels, optimizers
from fastmlp.plan import (
    ACTIVATIONS,
    EVALUATE,
    KINDS,
    L1L2,
    LOSSES,
    METRICS,
    OPTIMIZERS,
    PREDICT,
    TRAIN,
    Constraint,
    Head,
    LayerSettings,
    Op,
    Plan,
    Samples,
    Target,
    make_workspace,
)
from fastmlp.reference import network as reference_network

MERGING = ["add", "multiply", "average", "maximum", "minimum"]
PLAIN = LayerSettings()
REGULARIZED = LayerSettings(
    kernel=L1L2(0.01, 0.02),
    bias=L1L2(0, 0.1),
    kernel_constraint=Constraint(1, 0, 1.5, 1),
)


def draw(rng, shape):
    """Draw numbers from -1 to 1, which are the same on every processor."""
    return 2 * rng.random(shape, np.float32) - np.float32(1)


class Graph:
    """A network in the making: each method adds an operation and returns its number."""

    def __init__(self, *inputs, seed=0):
        self.inputs = inputs
        self.rng = np.random.default_rng(seed)
        self.ops, self.settings, self.sources, self.arrays = [], [], [], []

    def columns(self, place):
        return self.ops[place].outputs if place >= 0 else self.inputs[-1 - place]

    def add(self, op, settings, *places):
        offset = sum(one.outputs for one in self.ops)
        self.ops.append(op._replace(offset=offset))
        self.settings.append(settings)
        self.sources.append(places)
        return len(self.ops) - 1

    def array(self, *shape):
        self.arrays.append(draw(self.rng, shape) * np.float32(2 * shape[0] ** -0.5))
        return len(self.arrays) - 1

    def dense(self, place, units, activation="tanh", settings=PLAIN, steps=1, **op):
        inputs = self.columns(place) // steps
        made = Op(
            KINDS["dense"], inputs * steps, units * steps,
            kernel=self.array(inputs, units), bias=self.array(units),
            activation=ACTIVATIONS[activation], trainable=1, steps=steps,
        )  # fmt: skip
        return self.add(made._replace(**op), settings, place)

    def again(self, number, place):
        """Let an operation's layer work at another place, too."""
        return self.add(self.ops[number], self.settings[number], place)

    def normalization(self, place, steps=1, **op):
        width = self.columns(place)
        columns = width // steps
        made = Op(
            KINDS["batch_normalization"], width, width, kernel=self.array(columns),
            bias=self.array(columns), state=self.array(columns), trainable=1,
            steps=steps,
        )  # fmt: skip
        self.array(columns)
        for array in self.arrays[-4:]:
            array[...] = 1 + draw(self.rng, columns) / 2
        settings = LayerSettings(momentum=0.9, epsilon=1e-3)
        return self.add(made._replace(**op), settings, place)

    def one(self, kind, place, settings=PLAIN, **op):
        columns = self.columns(place)
        return self.add(Op(KINDS[kind], columns, columns, **op), settings, place)

    def embedding(self, place, vocabulary, units, **op):
        ids = self.columns(place)
        made = Op(
            KINDS["embedding"], ids, ids * units, kernel=self.array(vocabulary, units),
            trainable=1, steps=ids,
        )  # fmt: skip
        self.arrays[-1] *= 5  # Looked up, and not summed.
        return self.add(made._replace(**op), REGULARIZED, place)

    def pooling(self, kind, place, outputs, **op):
        inputs = self.columns(place)
        return self.add(Op(KINDS[kind], inputs, outputs, **op), PLAIN, place)

    def merge(self, kind, *places, **op):
        widths = [self.columns(place) for place in places]
        outputs = {"concatenate": sum(widths), "dot": 1}.get(kind, widths[0])
        op = Op(KINDS[kind], sum(widths), outputs, **op)
        return self.add(op, LayerSettings(), *places)

    def plan(self, outputs, heads, optimizer="adam", **fields):
        optimizer = optimizers.get(optimizer)
        return Plan(
            tuple(self.ops), tuple(self.settings), tuple(self.arrays),
            sources=tuple(self.sources), inputs=self.inputs, heads=tuple(heads),
            outputs=tuple(outputs), optimizer=OPTIMIZERS[optimizer.kernel],
            optimizer_settings=optimizer.settings(),
            memory_letters=tuple(optimizer.memory_names()), **fields,
        )  # fmt: skip


SQUARES = Head(LOSSES["mean_squared_error"])
CROSSENTROPY = Head(LOSSES["softmax_crossentropy"], {"smoothing": 0.1})


def residual():
    graph = Graph(20)
    trunk = graph.dense(-1, 33)
    for _ in range(2):
        branch = graph.dense(graph.dense(trunk, 17, "relu"), 33, "linear")
        trunk = graph.merge("add", trunk, branch)
    last = graph.dense(trunk, 5, "softmax")
    return graph.plan([last], [CROSSENTROPY])


def wide_and_deep():
    graph = Graph(130, 7)
    deep = graph.dense(graph.dense(-1, 33, "relu"), 17, "relu")
    both = graph.merge("concatenate", -2, deep, -2)
    return graph.plan([graph.dense(both, 1, "linear")], [SQUARES], "rmsprop")


def three_outputs():
    graph = Graph(20)
    trunk = graph.dense(-1, 33)
    classes = graph.dense(trunk, 5, "softmax")
    number = graph.dense(trunk, 2, "linear")
    also = graph.dense(number, 3, "sigmoid")
    heads = [
        CROSSENTROPY._replace(weight=0.3, metrics=[(METRICS["accuracy"], {}, True)]),
        SQUARES._replace(weight=2.0, reduction=2),
        Head(
            LOSSES["binary_crossentropy"], {"smoothing": 0.0}, 1, 0.5,
            [(METRICS["mean_absolute_error"], {}, False)] * 2,
        ),
    ]  # fmt: skip
    return graph.plan([classes, number, also], heads, "sgd")


def one_output_twice():
    graph = Graph(20)
    number = graph.dense(graph.dense(-1, 9), 3, "linear")
    heads = [SQUARES, Head(LOSSES["huber"], {"delta": 0.5}, weight=0.7)]
    return graph.plan([number, number], heads)


def output_without_loss():
    graph = Graph(20)
    trunk = graph.dense(-1, 9)
    first = graph.dense(trunk, 3, "linear")
    other = graph.dense(
        graph.dense(trunk, 4), 2, "sigmoid", LayerSettings(activity=L1L2(0.1, 0.2))
    )
    alone = graph.dense(graph.dense(-1, 4, settings=REGULARIZED), 2)
    scored = Head(metrics=[(METRICS["mean_squared_error"], {}, True)])
    return graph.plan([first, other, alone], [SQUARES, scored, Head()])


def shared_dense():
    graph = Graph(130, 130, 130)
    left = graph.dense(-1, 33, "relu", REGULARIZED)
    places = [left, graph.again(left, -2), graph.again(left, -3)]
    square = graph.dense(graph.merge("average", *places), 33)
    again = graph.again(square, graph.again(square, square))
    return graph.plan([graph.dense(again, 4, "linear")], [SQUARES], "rmsprop")


def shared_dense_alone():
    graph = Graph(130, 130)
    left = graph.dense(-1, 33, "relu")
    both = graph.merge("concatenate", left, graph.again(left, -2))
    return graph.plan([graph.dense(both, 4, "linear")], [SQUARES], "rmsprop")


def shared_normalization():
    graph = Graph(12, 12)
    first = graph.normalization(-1)
    both = graph.merge("subtract", first, graph.again(first, graph.dense(-2, 12)))
    return graph.plan([graph.dense(graph.again(first, both), 3)], [SQUARES])


def siamese():
    graph = Graph(40, 40)
    left = graph.dense(-1, 17, "relu")
    units = [
        graph.one("unit_normalization", one) for one in (left, graph.again(left, -2))
    ]
    return graph.plan([graph.merge("dot", *units)], [SQUARES])


def frozen_trunk():
    graph = Graph(20, 20)
    trunk = graph.dense(-1, 33, trainable=0)
    both = graph.merge("add", graph.normalization(trunk, trainable=0), trunk)
    both = graph.merge("multiply", both, graph.dense(-2, 33))
    return graph.plan([graph.dense(both, 3, "softmax")], [CROSSENTROPY])


def noise_on_branches():
    graph = Graph(20)
    trunk = graph.dense(-1, 33)
    out = graph.one("dropout", trunk, LayerSettings(rate=0.4), seed=1)
    noisy = graph.one("gaussian_noise", trunk, LayerSettings(stddev=0.3), seed=2)
    both = graph.merge("add", out, noisy, graph.one("activation", trunk, activation=3))
    return graph.plan([graph.dense(both, 3, "softmax")], [CROSSENTROPY])


def tables():
    graph = Graph(20, 10)
    left = graph.dense(-1, 7, "relu", REGULARIZED, steps=5)
    right = graph.dense(-2, 3, "linear", steps=5)
    right = graph.one("activation", right, activation=ACTIVATIONS["silu"], steps=5)
    both = graph.merge("concatenate", left, -2, right, steps=5)
    normal = graph.normalization(both, steps=5)
    units = graph.one("unit_normalization", graph.again(normal, normal), steps=5)
    out = graph.dense(graph.normalization(units, steps=5, trainable=0), 3, "linear")
    return graph.plan([out], [SQUARES], "rmsprop")


def pooled_tables():
    graph = Graph(24, 24)
    left = graph.dense(-1, 5, "relu", steps=6)
    mean = graph.pooling("global_average_pooling", left, 5)
    most = graph.pooling("global_max_pooling", left, 5)
    turned = graph.one("transpose", graph.dense(-2, 10, steps=6), state=3, steps=2)
    turned = graph.dense(turned, 2, steps=12)
    of_channels = graph.pooling("global_average_pooling", turned, 4, steps=4)
    highest = graph.pooling("global_max_pooling", turned, 4, steps=4)
    both = graph.merge("concatenate", mean, most, of_channels, highest)
    return graph.plan([graph.dense(both, 3, "softmax")], [CROSSENTROPY])


def embeddings():
    graph = Graph(6, 1, 6)
    words = graph.embedding(-1, 200, 5)
    also = graph.again(words, -3)
    mean = graph.pooling("global_average_pooling", graph.merge("add", words, also), 5)
    alone = graph.embedding(-2, 4, 3)
    frozen = graph.embedding(-1, 9, 2, trainable=0)
    both = graph.merge("concatenate", mean, alone, frozen, -1)
    return graph.plan([graph.dense(both, 3, "linear")], [SQUARES])


def embedding_of_what_was_computed():
    graph = Graph(6, 6)
    learnt = graph.dense(-1, 6, "sigmoid")
    words = graph.embedding(learnt, 2, 5)
    both = graph.merge("concatenate", words, learnt)
    return graph.plan([graph.dense(both, 3, "linear")], [SQUARES], "rmsprop")


def targets_by_steps():
    graph = Graph(20)
    trunk = graph.dense(-1, 6, steps=4)
    classes = graph.dense(trunk, 5, "softmax", steps=4)
    yes = graph.dense(trunk, 12, "sigmoid")
    accuracy = (METRICS["accuracy"], {}, True)
    heads = [
        CROSSENTROPY._replace(metrics=[accuracy, accuracy], steps=4, reduction=2),
        Head(LOSSES["sigmoid_crossentropy"], {"smoothing": 0.1}, steps=3),
    ]
    return graph.plan([classes, yes], heads)


def rows_of_a_softmax():
    graph = Graph(20)
    softmax = graph.dense(graph.dense(-1, 9), 6, "softmax")
    head = Head(
        LOSSES["crossentropy"], {"smoothing": 0.0}, 1, 0.5,
        [(METRICS["binary_accuracy"], {"threshold": 0.2}, True)], steps=2,
    )  # fmt: skip
    return graph.plan([softmax], [head])


def merging(kind, count):
    graph = Graph(20, 6)
    branches = [graph.dense(-1, 6) for _ in range(count - 2)]
    both = graph.merge(kind, graph.dense(-1, 6), *branches, graph.dense(-2, 6))
    same = graph.merge(kind, both, -2, both) if count > 2 else both
    return graph.plan([graph.dense(same, 3, "linear")], [SQUARES])


NETWORKS = {
    one.__name__.replace("_", " "): one
    for one in (
        residual, wide_and_deep, three_outputs, one_output_twice, output_without_loss,
        shared_dense, shared_dense_alone, shared_normalization, siamese, frozen_trunk,
        noise_on_branches, tables, targets_by_steps, rows_of_a_softmax,
        pooled_tables, embeddings, embedding_of_what_was_computed,
    )
}  # fmt: skip
for kind in MERGING:
    NETWORKS[f"{kind} of two"] = lambda kind=kind: merging(kind, 2)
    NETWORKS[f"{kind} of four"] = lambda kind=kind: merging(kind, 4)
NETWORKS["subtract"] = lambda: merging("subtract", 2)


def draw_samples(plan, count, *, shuffled=True, weighted=True, seed=0):
    """Draw samples that are zero for the most part, and whose edges fade.

    Then they are zero in whole batches, of one input after the other, and the optimizer
    remembers that they were not.
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(count) if shuffled else np.arange(count)
    embedded = {
        -1 - place
        for op, places in zip(plan.ops, plan.graph.sources, strict=True)
        for place in places
        if op.kind == KINDS["embedding"]
    }
    inputs = []
    for j, columns in enumerate(plan.layout.inputs):
        kept = rng.random((count, columns)) < 0.3
        kept[order[count // (2 + j) :], : columns // 8] = False
        inputs.append(2 * draw(rng, kept.shape) * kept)
        if j in embedded:
            inputs[-1] = np.abs(np.rint(inputs[-1]))
    targets = []
    for width, steps in zip(plan.layout.outputs, plan.layout.steps, strict=True):
        columns = width // steps
        classes = np.arange(count * steps).reshape(count, steps) % columns
        t = np.eye(columns, dtype=np.float32)[classes].reshape(count, width)
        shape = (count, steps) if steps > 1 else count
        weights = 1 + draw(rng, shape) if weighted else None
        targets.append(Target(t, weights=weights))
    return Samples(count, tuple(inputs), tuple(targets), order if shuffled else None)


def predict(plan, samples, batch_size, threads=1):
    space = make_workspace(plan, samples, batch_size, threads)
    found = tuple(
        np.full((samples.count, columns), np.nan, np.float32)
        for columns in plan.layout.outputs
    )
    batches = -(-samples.count // batch_size)
    kernels.run(plan, samples, space, PREDICT, 0, batches, None, found, threads)
    return found


# ---------------------------------------------------------------------------
# What comes out, and what is learnt
# ---------------------------------------------------------------------------


@pytest.mark.parametrize("network", NETWORKS)
def test_a_graph_trains_as_the_reference_does(variant, network):
    check_training(NETWORKS[network]())


def check_training(plan, seed=0, batch_size=12):
    samples = draw_samples(plan, 31, seed=seed)
    batches = -(-31 // batch_size)
    trained, totals = train(plan, samples, batch_size)
    exact, exact_totals = copy_of(plan, np.float64), np.zeros_like(totals)
    samples = in_float64(samples)
    space = make_workspace(exact, samples, batch_size, 1)
    reference_network.run(
        exact, samples, space, TRAIN, 0, batches, 0, rates_for(batches), exact_totals,
        (),
    )  # fmt: skip
    np.testing.assert_allclose(totals, exact_totals, rtol=2e-5, atol=1e-6)
    np.testing.assert_allclose(
        parameters_of(trained), parameters_of(exact), rtol=1e-4, atol=2e-5
    )


@pytest.mark.parametrize("network", NETWORKS)
def test_evaluating_and_predicting_agree_with_the_reference(variant, network):
    plan = NETWORKS[network]()
    samples = draw_samples(plan, 31)
    exact = copy_of(plan, np.float64)
    totals, exact_totals = empty_totals(plan), empty_totals(plan)
    space = make_workspace(plan, samples, 12, 1)
    kernels.run(plan, samples, space, EVALUATE, 0, 3, totals)
    reference_network.run(
        exact, samples, space, EVALUATE, 0, 3, 0, None, exact_totals, ()
    )
    np.testing.assert_allclose(totals, exact_totals, rtol=1e-5, atol=1e-6)
    expected = tuple(np.empty((31, columns)) for columns in plan.layout.outputs)
    reference_network.run(exact, samples, space, PREDICT, 0, 3, 0, None, None, expected)
    for found, wanted in zip(predict(plan, samples, 12), expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("network", NETWORKS)
def test_a_graph_has_the_slope_of_its_gradient_in_any_direction(network):
    check_slopes(NETWORKS[network]())


def check_slopes(plan, seed=0):
    """Compare gradients with finite differences, in float64."""
    plan = copy_of(plan, np.float64)
    samples = in_float64(draw_samples(plan, 11, seed=seed))
    space = make_workspace(plan, samples, 11, 1)
    rng = np.random.default_rng(seed)

    def loss(step, directions):
        moved = zip(plan.arrays, directions, strict=True)
        here = with_arrays(
            plan, tuple(w + step * d for w, d in moved),
            optimizer=OPTIMIZERS["sgd"], memory_letters=(),
            optimizer_settings={"momentum": 0, "nesterov": 0},
        )  # fmt: skip
        totals = empty_totals(here)
        reference_network.run(
            here, samples, space, TRAIN, 0, 1, 5, no_rates(1), totals, ()
        )
        return totals[0] / totals[1], here.gradients

    _, gradients = loss(0, [np.zeros_like(array) for array in plan.arrays])
    for _ in range(3):
        directions = [
            rng.normal(size=array.shape) * (place in plan.learnt)
            for place, array in enumerate(plan.arrays)
        ]
        above, below = loss(1e-6, directions)[0], loss(-1e-6, directions)[0]
        wanted = sum(
            (gradients[start:][: one.size] * one.ravel()).sum()
            for start, one in zip(plan.starts, directions, strict=True)
            if start >= 0
        )
        np.testing.assert_allclose(wanted, (above - below) / 2e-6, rtol=1e-5, atol=1e-7)


# ---------------------------------------------------------------------------
# Bits
# ---------------------------------------------------------------------------


@pytest.mark.parametrize("network", NETWORKS)
def test_neither_threads_nor_zero_skipping_change_a_bit(compiled_variant, network):
    check_bits(NETWORKS[network]())


def check_bits(plan, seed=0):
    samples = draw_samples(plan, 80, seed=seed)
    expected = train(plan, samples, 32)
    takes_csr = plan.graph.takes_csr
    kinds = [samples]
    for all_of_them in (True, False):
        skipped = [
            kernels.compress(x)[0] if takes and (all_of_them or not j) else x
            for j, (x, takes) in enumerate(zip(samples.inputs, takes_csr, strict=True))
        ]
        kinds.append(samples._replace(inputs=tuple(skipped)))
    kinds.append(as_entries(samples))
    for kind in kinds:
        for threads in (1, 2, 4, 8):
            assert_same_bits(train(plan, kind, 32, threads), expected)
        for one, other in zip(
            predict(expected[0], kind, 7, 3), predict(expected[0], samples, 80),
            strict=True,
        ):  # fmt: skip
            np.testing.assert_array_equal(one, other)


def test_an_output_is_the_same_whether_or_not_a_loss_computes_its_activation(variant):
    graph = Graph(6)
    last = graph.dense(-1, 4, "softmax")
    samples = draw_samples(graph.plan([last], ()), 9)
    accuracy = (METRICS["mean_absolute_error"], {}, False)
    found = []
    for loss in ("softmax_crossentropy", "crossentropy"):
        head = Head(LOSSES[loss], {"smoothing": 0.0}, metrics=[accuracy])
        plan = graph.plan([last], [head])
        assert plan.graph.links[last].is_fused == (loss == "softmax_crossentropy")
        found.append(train(plan, samples, 9)[1])
    np.testing.assert_allclose(*found, rtol=1e-5)


def test_moving_moments_of_a_layer_that_works_twice_move_twice_in_order(variant):
    graph = Graph(5, 5)
    first = graph.normalization(-1)
    both = graph.merge("add", first, graph.again(first, -2))
    plan = graph.plan([both], [SQUARES])
    samples = draw_samples(plan, 20, shuffled=False)
    moving = plan.arrays[graph.ops[first].state].copy()
    for x in samples.inputs:
        moving = 0.9 * moving + 0.1 * x.mean(axis=0)
    trained, _ = train(plan, samples, 20)
    found = trained.arrays[graph.ops[first].state]
    np.testing.assert_allclose(found, moving, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", ["maximum", "minimum"])
def test_where_sources_are_equal_the_later_takes_half_and_leaves_the_rest(kind):
    graph = Graph(1, 1, 1)
    branches = [graph.dense(place, 1, "linear") for place in (-1, -2, -3)]
    plan = graph.plan([graph.merge(kind, *branches)], [SQUARES], "sgd")
    for array in plan.arrays:
        array[...] = 0
    one = np.ones((1, 1), np.float32)
    samples = Samples(1, (one, one, one), (Target(one),))
    gradients = gradients_of(plan, samples)
    shares = [gradients[plan.starts[2 * k]] / -2 for k in range(3)]
    assert shares == [0.25, 0.25, 0.5]
