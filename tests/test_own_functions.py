"""Equations of the user's own in the network: what a plan asks Python for.

What holds for compiled networks holds with these in them: the reference in float64
finds the same, gradients are slopes, and neither threads nor zeros that are left out
change a bit. An exception ends the batch as if it had not begun.
"""

import contextlib
import copy
import pickle
import sys
import threading

import numpy as np
import pytest
from test_graph import (
    CROSSENTROPY,
    PLAIN,
    REGULARIZED,
    SQUARES,
    Graph,
    check_bits,
    check_slopes,
    check_training,
    draw_samples,
    predict,
)
from test_network import (
    assert_same_bits,
    copy_of,
    empty_totals,
    no_rates,
    rates_for,
    train,
)

from fastmlp import kernels, layers, models
from fastmlp.plan import (
    EVALUATE,
    KINDS,
    L1L2,
    LOSSES,
    METRICS,
    OWN_LOSS,
    PREDICT,
    TRAIN,
    ArrayFunction,
    Clipping,
    Head,
    LayerSettings,
    Op,
    Plan,
    Target,
    make_workspace,
)

FUNCTION = KINDS["function"]


class Swish:
    """y = x / (1 + e^-x), which knows no array."""

    name = "The layer 'swish'"

    def forward(self, inputs, training):
        [x] = inputs
        s = 1 / (1 + np.exp(-x))
        return x * s, lambda dy: (dy * (s + x * s * (1 - s)),)

    def with_arrays(self, arrays):
        return self


class Bilinear:
    """y = x (z a) + b, with x (rows, m), z (rows, n), a (n, m) and b (1, m, 1)."""

    name = "The layer 'bilinear'"

    def __init__(self, arrays, place):
        self.a, self.b = arrays[place : place + 2]
        self.place = place

    def forward(self, inputs, training):
        x, z = inputs
        # A matrix product of NumPy's rounds by the number of rows.
        factor = (z[:, :, None] * self.a).sum(axis=1)

        def backward(dy):
            dfactor = x * dy
            db = dy.sum(axis=0).reshape(self.b.shape)
            return dy * factor, dfactor @ self.a.T, z.T @ dfactor, db

        return x * factor + self.b.ravel(), backward

    def with_arrays(self, arrays):
        return Bilinear(arrays, self.place)


class OwnSquares:
    """The mean of the squares of the errors of a row."""

    name = "The loss 'squares'"

    def __call__(self, y, t, upstream):
        error = y - t
        losses = np.square(error).mean(axis=1)
        if upstream is None:
            return losses, None
        return losses, 2 / y.shape[1] * error * upstream[:, None]


class OwnLabels:
    """Cross-entropy of logits and labels."""

    name = "The loss 'labels'"

    def __call__(self, y, labels, upstream):
        assert labels.dtype == np.intc
        powers = np.exp(y - y.max(axis=1, keepdims=True))
        p = powers / powers.sum(axis=1, keepdims=True)
        at = np.arange(len(y)), labels
        losses = -np.log(p[at])
        if upstream is None:
            return losses, None
        p[at] -= 1
        return losses, p * upstream[:, None]


class Seen:
    """A metric that keeps all it gets."""

    def __init__(self):
        self.batches = []

    def update(self, *given):
        self.batches.append(given)


def quartic(w):
    return float((w**4).sum()), 4 * w**3


def halved_where_large(w):
    return np.where(np.abs(w) > 0.2, w / 2, w)


OWN = Head(OWN_LOSS, own_loss=OwnSquares())


class OwnGraph(Graph):
    """A network in the making, with functions."""

    def __init__(self, *inputs, seed=0):
        super().__init__(*inputs, seed=seed)
        self.functions = []

    def swish(self, place, settings=PLAIN, **op):
        self.functions.append(Swish())
        columns, state = self.columns(place), len(self.functions) - 1
        return self.add(
            Op(FUNCTION, columns, columns, state=state, **op), settings, place
        )

    def bilinear(self, x, z, **op):
        m, n = self.columns(x), self.columns(z)
        kernel = self.array(n, m)
        self.array(1, m, 1)
        self.functions.append(Bilinear(self.arrays, kernel))
        made = Op(
            FUNCTION, m + n, m, kernel=kernel, state=len(self.functions) - 1, learns=2,
            trainable=1,
        )  # fmt: skip
        return self.add(made._replace(**op), PLAIN, x, z)

    def again(self, number, *places):
        return self.add(self.ops[number], self.settings[number], *places)

    def plan(self, outputs, heads, optimizer="adam", **fields):
        functions = tuple(self.functions)
        return super().plan(outputs, heads, optimizer, functions=functions, **fields)


def own_activation(**fields):
    graph = OwnGraph(130)
    hidden = graph.swish(graph.dense(-1, 33, "linear"))
    return graph.plan([graph.dense(hidden, 5, "softmax")], [CROSSENTROPY], **fields)


def own_loss(**head):
    graph = OwnGraph(20)
    last = graph.dense(graph.dense(-1, 33), 5, "softmax")
    return graph.plan([last], [OWN._replace(**head)])


def loss_beside_built_in(heads):
    graph = OwnGraph(20)
    number = graph.dense(graph.dense(-1, 9), 3, "linear")
    return graph.plan([number, number], heads)


def several_losses():
    graph = OwnGraph(20)
    trunk = graph.dense(-1, 33)
    first = graph.dense(trunk, 3, "linear")
    other = graph.dense(trunk, 2, "sigmoid")
    accuracy = [(METRICS["accuracy"], {}, True)]
    heads = [
        OWN._replace(weight=0.3, reduction=2, metrics=accuracy),
        Head(LOSSES["binary_crossentropy"], {"smoothing": 0.0}, weight=2.0),
        OWN._replace(reduction=1, weight=0.1),
        Head(own_metrics=(Seen(),)),
    ]
    return graph.plan([first, other, graph.dense(trunk, 4), trunk], heads)


def at_the_ends():
    graph = OwnGraph(20, 7)
    first = graph.swish(-2)
    both = graph.bilinear(graph.dense(-1, 9), first)
    return graph.plan([graph.swish(both)], [SQUARES], "sgd")


def on_branches():
    graph = OwnGraph(20)
    trunk = graph.normalization(graph.dense(-1, 17))
    one = graph.bilinear(trunk, trunk)
    other = graph.bilinear(graph.swish(trunk), one)
    both = graph.merge("add", one, trunk, other)
    return graph.plan([graph.dense(both, 3, "linear"), one], [OWN, SQUARES], "rmsprop")


def shared_function():
    graph = OwnGraph(12, 12)
    first = graph.bilinear(-1, -2)
    both = graph.again(first, graph.again(first, -2, first), first)
    return graph.plan([graph.dense(both, 3)], [SQUARES])


def penalized_activity():
    graph = OwnGraph(20)
    hidden = graph.swish(graph.dense(-1, 17), LayerSettings(activity=L1L2(0.1, 0.2)))
    return graph.plan([graph.dense(hidden, 3, "softmax")], [CROSSENTROPY])


def frozen_function():
    graph = OwnGraph(20)
    hidden = graph.dense(-1, 9)
    frozen = graph.bilinear(hidden, hidden, trainable=0)
    return graph.plan([graph.bilinear(frozen, hidden)], [SQUARES])


def frozen_trunk():
    graph = OwnGraph(20)
    hidden = graph.swish(graph.dense(-1, 9, trainable=0))
    return graph.plan([graph.dense(hidden, 3)], [SQUARES])


def clipped(**clipping):
    graph = OwnGraph(20)
    hidden = graph.dense(-1, 9)
    both = graph.bilinear(hidden, hidden)
    last = graph.dense(both, 3)
    clipping = Clipping(**clipping)
    return graph.plan([last], [SQUARES], clipping=clipping)


def held_arrays(**fields):
    """A penalty and a constraint in Python on arrays of all kinds, others built in."""
    graph = OwnGraph(130)
    hidden = graph.normalization(graph.dense(-1, 33, settings=REGULARIZED))
    both = graph.bilinear(hidden, hidden)
    last = graph.dense(both, 3, "linear")
    array_functions = {
        0: ArrayFunction("The regularizer 'quartic'", quartic),
        graph.ops[hidden].bias: ArrayFunction("both", quartic, halved_where_large),
        graph.ops[both].kernel: ArrayFunction("both", quartic, halved_where_large),
        graph.ops[both].kernel + 1: ArrayFunction("halves", None, halved_where_large),
        graph.ops[last].kernel: ArrayFunction("halves", None, halved_where_large),
    }
    fields = {"optimizer": "rmsprop", **fields}
    return graph.plan([last], [OWN], array_functions=array_functions, **fields)


NETWORKS = {
    one.__name__.replace("_", " "): one
    for one in (
        own_activation, own_loss, several_losses, at_the_ends, on_branches,
        shared_function, penalized_activity, frozen_function, frozen_trunk, held_arrays,
    )
}  # fmt: skip
BUILT_IN = Head(LOSSES["huber"], {"delta": 0.5}, weight=0.7)
NETWORKS |= {
    "own loss, then built in": lambda: loss_beside_built_in([OWN, BUILT_IN]),
    "built in, then own loss": lambda: loss_beside_built_in([BUILT_IN, OWN]),
    "norms that are clipped": lambda: clipped(clipnorm=0.01),
    "one norm that is clipped": lambda: clipped(global_clipnorm=0.01),
    "values that are clipped": lambda: clipped(clipvalue=0.001, weight_decay=0.1),
    "weights of the mean": lambda: own_loss(reduction=2),
    "held arrays, clipped": lambda: held_arrays(clipping=Clipping(clipnorm=0.01)),
}


# ---------------------------------------------------------------------------
# What comes out, and what is learnt
# ---------------------------------------------------------------------------


@pytest.mark.parametrize("network", NETWORKS)
def test_it_trains_as_the_reference_does(variant, network):
    check_training(NETWORKS[network]())


@pytest.mark.parametrize("network", [one for one in NETWORKS if "clipped" not in one])
def test_gradients_are_slopes(network):
    check_slopes(NETWORKS[network]())


@pytest.mark.parametrize("network", NETWORKS)
def test_neither_threads_nor_zero_skipping_change_a_bit(compiled_variant, network):
    check_bits(NETWORKS[network]())


@pytest.mark.parametrize("network", NETWORKS)
def test_chunks_change_no_bit(variant, network):
    plan = NETWORKS[network]()
    samples = draw_samples(plan, 50)
    expected = train(plan, samples, 8)
    assert_same_bits(train(plan, samples, 8, chunks=7), expected)


def test_a_loss_in_python_learns_as_the_built_in_one(variant):
    samples = draw_samples(own_loss(), 31)
    for reduction in range(3):
        plan = own_loss(reduction=reduction)
        built_in = plan._replace(heads=[SQUARES._replace(reduction=reduction)])
        found, totals = train(plan, samples, 12)
        wanted, wanted_totals = train(built_in, samples, 12)
        np.testing.assert_allclose(totals, wanted_totals, rtol=1e-6)
        for one, other in zip(found.arrays, wanted.arrays, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_a_loss_gets_labels_where_the_samples_have_labels(variant):
    graph = OwnGraph(6)
    plan = graph.plan([graph.dense(-1, 4, "linear")], [SQUARES])
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 4, 20).astype(np.intc)
    samples = draw_samples(plan, 20)._replace(targets=(Target(labels=labels),))
    own = Head(OWN_LOSS, own_loss=OwnLabels())
    built_in = Head(LOSSES["softmax_crossentropy"], {"smoothing": 0.0})
    found = train(plan._replace(heads=[own]), samples, 8)
    wanted = train(plan._replace(heads=[built_in]), samples, 8)
    np.testing.assert_allclose(found[1], wanted[1], rtol=1e-6)
    for one, other in zip(found[0].arrays, wanted[0].arrays, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("mode", [EVALUATE, TRAIN])
def test_a_metric_sees_activated_outputs_once_a_batch_in_their_order(variant, mode):
    graph = Graph(6)
    metric = Seen()
    head = CROSSENTROPY._replace(own_metrics=(metric, metric))
    plan = graph.plan([graph.dense(-1, 4, "softmax")], [head])
    samples = draw_samples(plan, 20)
    space = make_workspace(plan, samples, 8, 1)
    [y] = predict(plan, samples._replace(targets=()), 8)
    rates = no_rates(3)
    kernels.run(plan, samples, space, mode, 0, 3, empty_totals(plan), rates=rates)
    assert [len(batch[0]) for batch in metric.batches] == [8, 8, 8, 8, 4, 4]
    found = [np.concatenate(parts) for parts in zip(*metric.batches[::2], strict=True)]
    np.testing.assert_allclose(found[0], y, rtol=1e-5, atol=1e-7)
    [target] = samples.targets
    np.testing.assert_array_equal(found[1], target.t[samples.order])
    np.testing.assert_array_equal(found[2], target.weights[samples.order])


def test_where_all_rows_count_the_same_there_are_no_weights(variant):
    metric = Seen()
    plan = own_loss(own_metrics=(metric,))
    samples = draw_samples(plan, 5, weighted=False)
    train(plan, samples, 5)
    assert metric.batches[0][2] is None


def test_functions_know_whether_the_network_learns(variant):
    asked = []

    class Asks(Swish):
        def forward(self, inputs, training):
            asked.append(training)
            y, backward = super().forward(inputs, training)
            return y, backward if training else None

    plan = own_activation()._replace(functions=(Asks(),))
    samples = draw_samples(plan, 4)
    space = make_workspace(plan, samples, 4, 1)
    totals = empty_totals(plan)
    kernels.run(plan, samples, space, EVALUATE, 0, 1, totals)
    kernels.run(plan, samples, space, TRAIN, 0, 1, totals, rates=no_rates(1))
    predict(plan, samples, 4)
    assert asked == [False, True, False]


def test_nobody_goes_back_where_nothing_before_learns(variant):
    class OneWay(Swish):
        def forward(self, inputs, training):
            def backward(dy):
                raise AssertionError("Nobody needs this gradient.")

            return super().forward(inputs, training)[0], backward

    plan = frozen_trunk()._replace(functions=(OneWay(),))
    train(plan, draw_samples(plan, 4), 4)


def test_what_python_gets_is_its_own_and_cannot_be_written_to(variant):
    kept = []

    class Keeps(Swish):
        def forward(self, inputs, training):
            y, backward = super().forward(inputs, training)

            def keeping(dy):
                kept.append(dy)
                return backward(dy)

            kept.extend(inputs)
            return y, keeping

    metric = Seen()
    plan = own_activation()
    head = plan.heads[0]._replace(own_metrics=(metric,))
    plan = plan._replace(functions=(Keeps(),), heads=(head,))
    plan = copy_of_untied(plan)
    samples = draw_samples(plan, 24)
    space = make_workspace(plan, samples, 8, 1)
    rates = rates_for(3)
    run = (plan, samples, space, TRAIN)
    kernels.run(*run, 0, 1, empty_totals(plan), rates=rates[:1])
    kept.extend(metric.batches[0])
    before = [one.copy() for one in kept]
    count = len(kept)
    kernels.run(*run, 1, 3, empty_totals(plan), rates=rates[1:])
    del space, samples, plan
    for one, was in zip(kept[:count], before, strict=True):
        np.testing.assert_array_equal(one, was)
        assert not one.flags.writeable


def copy_of_untied(plan):
    """Return a plan with arrays of its own and the same functions."""
    return plan._replace(arrays=tuple(array.copy() for array in plan.arrays))


# ---------------------------------------------------------------------------
# Exceptions
# ---------------------------------------------------------------------------


class Failing:
    """Calls of a function, the n-th of which raises an exception."""

    def __init__(self, call, at, error):
        self.call, self.left, self.error = call, at, error

    def __call__(self, *given):
        self.left -= 1
        if self.left == 0:
            raise self.error
        return self.call(*given)


class FailingForward(Bilinear):
    def __init__(self, arrays, place, fail):
        super().__init__(arrays, place)
        self.fail = fail

    def forward(self, inputs, training):
        self.fail()
        return super().forward(inputs, training)

    def with_arrays(self, arrays):
        return FailingForward(arrays, self.place, self.fail)


class FailingBackward(FailingForward):
    def forward(self, inputs, training):
        y, backward = Bilinear.forward(self, inputs, training)

        def failing(dy):
            self.fail()
            return backward(dy)

        return y, failing

    def with_arrays(self, arrays):
        return FailingBackward(arrays, self.place, self.fail)


class FailingLoss(OwnSquares):
    def __init__(self, fail):
        self.fail = fail

    def __call__(self, y, t, upstream):
        self.fail()
        return super().__call__(y, t, upstream)


class FailingMetric:
    def __init__(self, fail):
        self.fail = fail

    def update(self, y, t, weights):
        self.fail()


def failing_plan(where, fail):
    """A network with all that Python may do, where one of them fails."""
    plan = held_arrays()
    if where in ("forward", "backward"):
        made = {"forward": FailingForward, "backward": FailingBackward}[where]
        place = plan.functions[0].place
        return plan._replace(functions=(made(plan.arrays, place, fail),))
    if where == "loss":
        return plan._replace(heads=[OWN._replace(own_loss=FailingLoss(fail))])
    if where == "metric":
        return plan._replace(heads=[OWN._replace(own_metrics=[FailingMetric(fail)])])
    functions = dict(plan.array_functions)
    place = max(functions)
    name, penalty, constraint = functions[place]

    def failing_penalty(w):
        fail()
        return quartic(w)

    def failing_constraint(w):
        fail()
        return constraint(w)

    if where == "penalty":
        functions[place] = ArrayFunction(name, failing_penalty, constraint)
    else:
        functions[place] = ArrayFunction(name, penalty, failing_constraint)
    return plan._replace(array_functions=functions)


WHERE = ["forward", "backward", "loss", "metric", "penalty", "constraint"]


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("where", WHERE)
def test_an_exception_leaves_everything_as_after_the_batch_before(
    variant, where, batch, threads
):
    error = KeyboardInterrupt("now") if batch == 1 else MemoryError("no more")
    plan = copy_of(failing_plan(where, Failing(lambda: None, batch, error)))
    samples = draw_samples(plan, 40)
    space = make_workspace(plan, samples, 8, threads)
    totals, rates = empty_totals(plan), rates_for(5)
    run = {"threads": threads}
    with pytest.raises(type(error)) as caught:
        kernels.run(plan, samples, space, TRAIN, 0, 5, totals, rates=rates, **run)
    assert caught.value is error

    whole = copy_of(failing_plan(where, lambda: None))
    wanted = empty_totals(plan)
    before = batch - 1
    kernels.run(
        whole, samples, space, TRAIN, 0, before, wanted, rates=rates[:before], **run
    )
    assert_same_state(plan, totals, whole, wanted)

    # The next run goes on from there.
    rest = {"iteration": before, "rates": rates[before:], **run}
    kernels.run(plan, samples, space, TRAIN, before, 5, totals, **rest)
    kernels.run(whole, samples, space, TRAIN, before, 5, wanted, **rest)
    assert_same_state(plan, totals, whole, wanted)


def assert_same_state(plan, totals, other, other_totals):
    for one, wanted in zip(plan.arrays, other.arrays, strict=True):
        np.testing.assert_array_equal(one, wanted)
    np.testing.assert_array_equal(plan.memory, other.memory)
    np.testing.assert_array_equal(totals, other_totals)


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("where", ["forward", "loss", "metric", "penalty"])
def test_an_exception_ends_an_evaluation_at_its_batch(variant, where, threads):
    error = ZeroDivisionError("by hand")
    plan = copy_of(failing_plan(where, Failing(lambda: None, 2, error)))
    samples = draw_samples(plan, 40)
    space = make_workspace(plan, samples, 8, threads)
    totals, wanted = empty_totals(plan), empty_totals(plan)
    with pytest.raises(ZeroDivisionError, match="by hand"):
        kernels.run(plan, samples, space, EVALUATE, 0, 5, totals, threads=threads)
    kernels.run(plan, samples, space, EVALUATE, 0, 1, wanted, threads=threads)
    np.testing.assert_array_equal(totals, wanted)


@pytest.mark.parametrize("threads", [1, 4])
def test_an_exception_ends_a_prediction_and_writes_nothing_of_its_batch(
    variant, threads
):
    error = ZeroDivisionError("by hand")
    plan = copy_of(failing_plan("forward", Failing(lambda: None, 2, error)))
    samples = draw_samples(plan, 40)
    space = make_workspace(plan, samples, 8, threads)
    found = np.full((40, 3), np.nan, np.float32)
    with pytest.raises(ZeroDivisionError):
        kernels.run(plan, samples, space, PREDICT, 0, 5, None, (found,), threads)
    assert np.isfinite(found[:8]).all()
    assert np.isnan(found[8:]).all()


def test_an_exception_and_what_was_made_for_a_run_are_let_go(compiled_variant):
    def fail():
        raise ValueError("now")

    plan = copy_of(failing_plan("loss", fail))
    samples = draw_samples(plan, 8)
    space = make_workspace(plan, samples, 8, 1)
    before = sys.getrefcount(space)
    for _ in range(3):
        with contextlib.suppress(ValueError):
            kernels.run(plan, samples, space, EVALUATE, 0, 1, empty_totals(plan))
    assert sys.getrefcount(space) == before


@pytest.mark.parametrize("call", [1, 3, 5, 6, 9])
def test_the_optimizer_counts_the_batches_before_an_exception(variant, call):
    # An epoch has five batches, the last of which is smaller.
    model = models.Sequential([layers.Input((6,)), layers.Dense(3)])
    model.compile("rmsprop", "mse")
    x, t = np.ones((36, 6)), np.ones((36, 3))
    model.evaluate(x, t, verbose=0)
    fail = Failing(lambda: None, call, ZeroDivisionError("by hand"))
    pool = model._network._pool
    pool.plan = pool.plan._replace(heads=[OWN._replace(own_loss=FailingLoss(fail))])
    with pytest.raises(ZeroDivisionError, match="by hand"):
        model.fit(x, t, batch_size=8, epochs=2, verbose=0)
    assert model.optimizer.iterations == call - 1


# ---------------------------------------------------------------------------
# Results that are not what they should be
# ---------------------------------------------------------------------------


class Gives:
    """A function that gives what it is told to."""

    name = "The layer 'odd'"

    def __init__(self, answer):
        self.answer = answer

    def forward(self, inputs, training):
        return self.answer(inputs[0])

    def with_arrays(self, arrays):
        return self

    def __call__(self, y, t, upstream):
        return self.answer(y)


def identity(dy):
    return (dy,)


WRONG_FORWARDS = {
    "no pair": (lambda x: x, TypeError, "array of float32 of shape .*tuple of two"),
    "a list": (lambda x: (x.tolist(), identity), TypeError, "a list of 8, .* floats"),
    "other columns": (lambda x: (x[:, 1:], identity), ValueError, r"32\), .*\(8, 33\)"),
    "a row": (lambda x: (x[0], identity), ValueError, r"\(33,\), .*\(8, 33\)"),
    "whole numbers": (lambda x: (x.astype(int), identity), TypeError, "of int"),
    "objects": (lambda x: (x.astype(object), identity), TypeError, "of object"),
    "complex": (lambda x: (x + 1j, identity), TypeError, "of complex"),
    "no way back": (lambda x: (x, None), TypeError, "None as its way back"),
    "no gradients": (lambda x: (x, lambda dy: dy), TypeError, "tuple of 1: a gradient"),
    "too many": (lambda x: (x, lambda dy: (dy, dy)), TypeError, "a tuple of 2, but"),
    "a narrow gradient": (
        lambda x: (x, lambda dy: (dy[:, :1],)), ValueError, r"\(8, 1\), .*\(8, 33\)"
    ),
    "no gradient": (lambda x: (x, lambda dy: (None,)), TypeError, "gave None, but"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG_FORWARDS)
def test_a_function_that_gives_something_else_is_named(variant, wrong):
    answer, error, message = WRONG_FORWARDS[wrong]
    plan = copy_of(own_activation()._replace(functions=(Gives(answer),)))
    check_refused(plan, error, f"The layer 'odd': (forward|back).*{message}")


WRONG_LOSSES = {
    "a mean": (lambda y: (np.float32(1), y), TypeError, "gave a float32, but"),
    "one in all": (lambda y: (y.mean(keepdims=True), y), ValueError, r"\(1, 1\)"),
    "columns": (lambda y: (y, y), ValueError, r"\(8, 5\), .*floats of shape \(8,\)"),
    "no gradient": (lambda y: (y[:, 0], None), TypeError, "its gradient gave None"),
    "a flat one": (lambda y: (y[:, 0], y[:, 0]), ValueError, r"its gradient.*\(8, 5\)"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG_LOSSES)
def test_a_loss_that_gives_something_else_is_named(variant, wrong):
    answer, error, message = WRONG_LOSSES[wrong]
    plan = copy_of(own_loss(own_loss=Gives(answer)))
    check_refused(plan, error, f"The layer 'odd'.*{message}")


WRONG_ARRAY_FUNCTIONS = {
    "a number alone": (lambda w: 1.0, None, TypeError, "a float, but .*tuple of two"),
    "no number": (lambda w: ("1", w), None, TypeError, "a str, but .* a number"),
    "no single number": (lambda w: (w, w), None, TypeError, "give a number"),
    "another gradient": (lambda w: (1.0, w[1:]), None, ValueError, r"129, .*\(130, 33"),
    "nothing": (None, lambda w: None, TypeError, "gave None, but"),
    "other weights": (None, lambda w: w[1:], ValueError, r"\(129, 33\), .*\(130, 33\)"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG_ARRAY_FUNCTIONS)
def test_a_penalty_or_constraint_that_gives_something_else_is_named(variant, wrong):
    penalty, constraint, error, message = WRONG_ARRAY_FUNCTIONS[wrong]
    functions = {0: ArrayFunction("The regularizer 'odd'", penalty, constraint)}
    plan = copy_of(own_activation(array_functions=functions))
    check_refused(plan, error, f"The regularizer 'odd'.*{message}")


def check_refused(plan, error, message):
    samples = draw_samples(plan, 8)
    space = make_workspace(plan, samples, 8, 1)
    totals = empty_totals(plan)
    before = copy_of(plan)
    with pytest.raises(error, match=message):
        kernels.run(plan, samples, space, TRAIN, 0, 1, totals, rates=rates_for(1))
    assert_same_state(plan, totals, before, empty_totals(plan))


def test_floats_of_any_width_are_taken(variant):
    class Wide(Swish):
        def forward(self, inputs, training):
            y, backward = super().forward(inputs, training)
            return np.float64(y), lambda dy: (np.float64(backward(dy)[0]),)

    plan = own_activation()
    samples = draw_samples(plan, 20)
    expected = train(plan, samples, 8)
    assert_same_bits(train(plan._replace(functions=(Wide(),)), samples, 8), expected)


# ---------------------------------------------------------------------------
# Plans that are refused
# ---------------------------------------------------------------------------

A = np.zeros((2, 3), np.float32)


SWISH = Swish()


def one_function(function=SWISH, arrays=(), settings=PLAIN, **op):
    op = Op(FUNCTION, 3, 3, **{"state": 0, **op})
    return Plan([op], [settings], arrays, functions=[function])


WRONG_PLANS = {
    "no function": lambda: one_function(state=-1),
    "a function that is not there": lambda: one_function(state=1),
    "nothing to call": lambda: one_function(function=abs),
    "an activation": lambda: one_function(activation=1),
    "a regularizer": lambda: one_function(
        settings=LayerSettings(kernel=L1L2(1)), arrays=[A], kernel=0, learns=1
    ),
    "a bias": lambda: one_function(arrays=[A[0].copy()], bias=0),
    "an array, but none": lambda: one_function(arrays=[A], kernel=0),
    "none, but an array": lambda: one_function(arrays=[A], learns=1),
    "fewer than none": lambda: one_function(arrays=[A], kernel=0, learns=-1),
    "arrays that are not there": lambda: one_function(
        arrays=[A], kernel=0, learns=2
    ),
    "no source": lambda: Plan(
        [Op(FUNCTION, 0, 3, state=0)], [PLAIN], [], functions=[Swish()], sources=[()],
        inputs=(3,), outputs=[0],
    ),
    "another width": lambda: Plan(
        [Op(FUNCTION, 3, 3, state=0)], [PLAIN], [], functions=[Swish()], inputs=(4,)
    ),
    "arrays that overlap": lambda: Plan(
        [
            Op(FUNCTION, 3, 3, kernel=0, learns=2, state=0),
            Op(FUNCTION, 3, 3, kernel=1, learns=1, state=0, offset=3),
        ],
        [PLAIN] * 2, [A, A.copy()], functions=[Swish()],
    ),
    "a dense layer that says what it learns": lambda: Plan(
        [Op(KINDS["dense"], 2, 3, kernel=0, learns=1)], [PLAIN], [A]
    ),
    "an own loss without a number": lambda: one_head(own_loss=OwnSquares()),
    "a number without an own loss": lambda: one_head(loss=OWN_LOSS),
    "an own loss that nobody can call": lambda: one_head(loss=OWN_LOSS, own_loss=3),
    "an own loss without a name": lambda: one_head(
        loss=OWN_LOSS, own_loss=lambda y, t, upstream: (y, y)
    ),
    "something else than an own loss": lambda: one_head(own_loss=3),
    "a metric without update": lambda: one_head(own_metrics=[abs]),
    "a penalty of what does not learn": lambda: held(0, trainable=0),
    "a penalty of nothing": lambda: held(1),
    "a penalty that is none": lambda: held(0, function=quartic),
    "a penalty that nobody can call": lambda: held(0, function=ArrayFunction("a", 3)),
}  # fmt: skip


def one_head(**fields):
    return Plan([Op(KINDS["activation"], 3, 3)], [PLAIN], [], heads=[Head(**fields)])


QUARTIC = ArrayFunction("quartic", quartic)


def held(place, trainable=1, function=QUARTIC):
    op = Op(KINDS["dense"], 2, 3, kernel=0, trainable=trainable)
    return Plan([op], [PLAIN], [A], array_functions={place: function})


@pytest.mark.parametrize("wrong", WRONG_PLANS)
def test_wrong_plans_are_refused(wrong):
    with pytest.raises(ValueError, match=r"\w+ .*\.$"):
        WRONG_PLANS[wrong]()


def test_what_is_replaced_is_checked_as_well():
    plan = own_activation()
    with pytest.raises(ValueError, match="needs a function"):
        plan._replace(functions=())
    with pytest.raises(ValueError, match="must be OWN_LOSS"):
        plan._replace(heads=[Head(OWN_LOSS)])
    with pytest.raises(ValueError, match="There is no ArrayFunction"):
        plan._replace(array_functions={99: ArrayFunction("far", quartic)})


def test_a_function_takes_no_samples_without_their_zeros(variant):
    graph = OwnGraph(6)
    plan = graph.plan([graph.swish(-1)], [SQUARES])
    samples = draw_samples(plan, 4)
    sparse = samples._replace(inputs=(kernels.compress(samples.inputs[0])[0],))
    space = make_workspace(plan, sparse, 4, 1)
    with pytest.raises(ValueError, match="Only a dense layer"):
        kernels.run(plan, sparse, space, EVALUATE, 0, 1, empty_totals(plan))


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))]
)
def test_copies_of_a_plan_have_functions_of_the_copied_arrays(variant, copied):
    plan = held_arrays()
    plan = plan._replace(functions=(Bilinear(plan.arrays, plan.functions[0].place),))
    other = copied(plan)
    assert other.functions[0].a is other.arrays[plan.functions[0].place]
    samples = draw_samples(plan, 20)
    expected = train(plan, samples, 8)
    assert_same_bits(train(other, samples, 8), expected)


# ---------------------------------------------------------------------------
# Beside others
# ---------------------------------------------------------------------------


def test_several_threads_predict_with_one_plan(variant):
    plan = on_branches()
    samples = draw_samples(plan, 60)._replace(targets=())
    expected = predict(plan, samples, 8)
    found = [None] * 4

    def work(number):
        found[number] = [predict(plan, samples, 8, 1 + number % 2) for _ in range(5)]

    workers = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for results in found:
        for result in results:
            for one, wanted in zip(result, expected, strict=True):
                np.testing.assert_array_equal(one, wanted)


def test_a_function_may_run_a_network_itself(variant):
    inner = own_activation()
    inner_samples = draw_samples(inner, 20)._replace(targets=())
    wanted = predict(inner, inner_samples, 8)
    found = []

    class Runs(Swish):
        def forward(self, inputs, training):
            found.append(predict(inner, inner_samples, 8, threads=2))
            return super().forward(inputs, training)

    plan = own_activation()
    samples = draw_samples(plan, 20)
    expected = train(plan, samples, 8)
    assert_same_bits(
        train(plan._replace(functions=(Runs(),)), samples, 8, threads=4), expected
    )
    assert len(found) == 3
    for one in found:
        np.testing.assert_array_equal(one[0], wanted[0])
