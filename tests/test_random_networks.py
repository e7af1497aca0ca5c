"""Networks that nobody thought of: compiled, beside the reference in float64.

Hypothesis draws what a network is made of, and NumPy, from a seed, the numbers in it:
so Hypothesis finds a small network that goes wrong, and numbers are as they are in
life, seldom zero and seldom equal. A long run is the command in CONTRIBUTING.
"""

import copy
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from fastmlp import (
    activations,
    config,
    kernels,
    layers,
    losses,
    metrics,
    optimizers,
    tables,
)  # fmt: skip
from fastmlp.constraints import MaxNorm, MinMaxNorm, NonNeg, UnitNorm
from fastmlp.models import Sequential
from fastmlp.optimizers.schedules import ExponentialDecay, PiecewiseConstantDecay
from fastmlp.plan import (
    EVALUATE,
    KINDS,
    L1L2,
    PREDICT,
    TRAIN,
    Samples,
    Target,
    make_workspace,
)
from fastmlp.reference import network as reference_network
from fastmlp.reference.batch import Batch, layers_of
from fastmlp.reference.update import update
from fastmlp.regularizers import L1, L2
from fastmlp.regularizers import L1L2 as BothNorms

pytest.importorskip("hypothesis", reason="Hypothesis is not installed")
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

# Networks that nobody would make get warnings, and have to work all the same.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

# Around the widths of tiles, of cache lines, and of blocks of inputs without zeros.
SIZES = st.one_of(
    st.integers(1, 9), st.sampled_from([15, 16, 17, 33, 63, 64, 65, 127, 129, 130])
)
CLASSES = SIZES.filter(lambda size: size > 1)
ACTIVATIONS = [name for name in tables.ACTIVATIONS if name in activations.BY_NAME]
executed: Counter[str] = Counter()


class Case(NamedTuple):
    """A compiled model, data for it, and how they are to be used."""

    model: Sequential
    data: "Data"
    batch_size: int
    threads: int
    skipping: str

    def __repr__(self):
        """Return what it takes to make it again, but the numbers."""
        model, data = self.model, self.data
        stack = [(type(one).__name__, one.get_config()) for one in model.layers]
        return (
            f"{stack}\n{model.get_compile_config()}\nx: {data.x.dtype} {data.x.shape}, "
            f"weighted: {data.weights is not None}, batch_size: {self.batch_size}, "
            f"threads: {self.threads}, skipping: {self.skipping}"
        )


class Data(NamedTuple):
    """Samples as a user has them."""

    x: Any
    y: Any
    weights: Any

    def rows(self, here: slice) -> "Data":
        """Return some of the rows."""
        return Data(*(None if one is None else one[here] for one in self))


# ---------------------------------------------------------------------------
# What is drawn
# ---------------------------------------------------------------------------


def maybe(*values):
    """Draw None half of the time, or one of some values."""
    return st.one_of(st.none(), st.sampled_from(values))


def dense(activation=None, sizes=SIZES):
    return st.builds(
        layers.Dense,
        sizes,
        st.sampled_from(ACTIVATIONS) if activation is None else st.just(activation),
        use_bias=st.booleans(),
        kernel_regularizer=maybe(L2(0.01), BothNorms(0.002, 0.01)),
        bias_regularizer=maybe(L1(0.01)),
        activity_regularizer=maybe(L2(0.01), L1(0.001)),
        kernel_constraint=maybe(MaxNorm(0.9), UnitNorm(), MinMaxNorm(0.4, 1.1, 0.5)),
        bias_constraint=maybe(NonNeg()),
        trainable=st.sampled_from([True, True, True, False]),
    )


def other_layer():
    return st.one_of(
        st.builds(layers.Activation, st.sampled_from(ACTIVATIONS)),
        st.builds(layers.Dropout, st.sampled_from([0, 0.2, 0.7]), seed=st.just(3)),
        st.builds(layers.GaussianNoise, st.sampled_from([0, 0.1]), seed=st.just(5)),
        st.builds(
            layers.BatchNormalization,
            momentum=st.sampled_from([0.5, 0.99]),
            center=st.booleans(),
            scale=st.booleans(),
            gamma_constraint=maybe(MinMaxNorm(0.5, 1.5)),
            beta_regularizer=maybe(L2(0.1)),
            trainable=st.booleans(),
        ),
        st.builds(layers.Rescaling, st.sampled_from([0.5, -1.5]), st.just(0.1)),
        st.builds(layers.LeakyReLU, st.just(0.1)),
        st.builds(layers.ReLU, maybe(1.5), st.just(0.1), st.sampled_from([0, 0.2])),
        st.builds(layers.ELU, st.just(0.5)),
        st.builds(layers.Softmax),
        st.builds(layers.Flatten),
    )


def table_layer():
    return st.one_of(
        st.just(layers.Flatten),
        st.just(layers.GlobalAveragePooling1D),
        st.just(layers.GlobalMaxPooling1D),
        st.just(lambda: layers.GlobalMaxPooling1D("channels_first", keepdims=True)),
        st.just(lambda: layers.Permute((2, 1))),
        st.just(lambda: layers.RepeatVector(3)),
        st.just(lambda: layers.Reshape((-1, 1))),
    ).map(lambda make: make())


def those_that_fit(first, others):
    """Return of layers behind an Input those that can take what they would get."""
    shape, found = first[0].shape, []
    for layer in [*first[1:], *others]:
        try:
            shape = layer.compute_output_shape(shape)
        except ValueError:
            continue
        found.append(layer)
    return found


def optimizer():
    rate = st.sampled_from(
        [0.01, ExponentialDecay(0.02, 2, 0.5), PiecewiseConstantDecay([1], [0.1, 0.01])]
    )
    common = {"learning_rate": rate, "weight_decay": st.sampled_from([0, 0.1])}
    limits = st.sampled_from(
        [{}, {"clipvalue": 0.01}, {"clipnorm": 0.05}, {"global_clipnorm": 0.1}]
    )
    made = st.one_of(
        st.tuples(
            st.just(optimizers.SGD),
            st.fixed_dictionaries(
                {"momentum": st.sampled_from([0, 0.9]), "nesterov": st.booleans()}
                | common
            ),
        ),
        st.tuples(
            st.just(optimizers.RMSprop),
            st.fixed_dictionaries(
                {"momentum": st.sampled_from([0, 0.5]), "centered": st.booleans()}
                | common
            ),
        ),
        st.tuples(
            st.sampled_from([optimizers.Adam, optimizers.AdamW]),
            st.fixed_dictionaries({"amsgrad": st.booleans()} | common),
        ),
        st.tuples(st.just(optimizers.Adagrad), st.fixed_dictionaries(common)),
    )
    return st.builds(lambda one, more: one[0](**one[1], **more), made, limits)


def loss():
    smoothing = st.sampled_from([0, 0.1])
    reduction = st.sampled_from(
        ["sum_over_batch_size", "sum", "mean_with_sample_weight"]
    )
    logits = st.booleans()
    return st.one_of(
        st.builds(
            losses.CategoricalCrossentropy, logits, smoothing, reduction=reduction
        ),
        st.builds(losses.BinaryCrossentropy, logits, smoothing, reduction=reduction),
        st.builds(losses.SparseCategoricalCrossentropy, logits, reduction=reduction),
        st.builds(losses.Huber, st.sampled_from([0.3, 1.0]), reduction=reduction),
        st.builds(losses.LogCosh, reduction=reduction),
        st.builds(losses.MeanSquaredError, reduction=reduction),
        st.builds(losses.MeanAbsoluteError, reduction=reduction),
    )


def metric():
    return st.sampled_from(
        [
            metrics.CategoricalAccuracy(), metrics.BinaryAccuracy(threshold=0.3),
            metrics.TopKCategoricalAccuracy(2), metrics.AUC(5), metrics.Precision(0.2),
            metrics.Recall(0.2), metrics.MeanAbsoluteError(),
            metrics.RootMeanSquaredError(),
        ]
    )  # fmt: skip


@st.composite
def cases(draw):
    """Draw a case."""
    shape = draw(
        st.one_of(SIZES.map(lambda n: (n,)), st.sampled_from([(5, 7), (1, 2)]))
    )
    ids = draw(st.sampled_from([0, 0, 3, 150]))
    first = [layers.Input(shape)]
    if ids:
        first += [
            layers.Embedding(ids, 5, embeddings_regularizer=draw(maybe(L2(0.01))))
        ]
    of_rows, of_tables = st.one_of(dense(), other_layer()), table_layer()
    others = draw(st.lists(st.one_of(of_rows, of_rows, of_tables), max_size=4))
    stack = [first[0], *those_that_fit(first, others)]
    chosen = draw(loss())
    # Probabilities near 0 and 1 are held back where float32 can say it, not float64.
    sure = chosen.targets == "numbers" or chosen.from_logits
    # What chooses between classes has two.
    sizes = SIZES if chosen.targets in ("numbers", "probabilities") else CLASSES
    stack.append(draw(dense(None if sure else chosen.activation, sizes)))
    model = Sequential(stack)
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    weights = [normal_weights(rng, w) for layer in model.layers for w in layer.weights]
    model.set_weights(weights)
    both = draw(st.lists(metric(), max_size=3, unique_by=type))
    model.compile(
        draw(optimizer()), chosen, metrics=both[:1], weighted_metrics=both[1:]
    )
    rows = draw(st.integers(1, 40))
    data = draw_data(draw, rng, rows, shape, model.output_shape[1:], chosen)
    if ids:
        data = data._replace(x=rng.integers(0, ids, (rows, *shape)))
    skipping = draw(st.sampled_from(["on", "off", "auto"]))
    return Case(
        model, data, draw(st.integers(1, 20)), draw(st.integers(1, 4)), skipping
    )


def normal_weights(rng, like):
    """Draw numbers that keep what goes through a layer as large as it is."""
    if like.ndim == 2:
        return rng.normal(0, len(like) ** -0.5, like.shape)
    return rng.uniform(0.5, 1.5, like.shape)  # A variance is one of them.


def draw_data(draw, rng, rows, shape, outputs, chosen):
    x = rng.normal(size=(rows, *shape))
    x *= rng.uniform(size=x.shape) < draw(st.sampled_from([1, 0.3, 0.02]))
    dtype = draw(st.sampled_from(["float32", "float64", "float16", "int8", "bool"]))
    classes = rng.integers(0, outputs[-1], (rows, *outputs[:-1]))
    y = rng.normal(size=(rows, *outputs))
    if chosen.targets == "labels":
        y = classes
    elif chosen.targets == "distributions":
        y = np.eye(outputs[-1])[classes]
    elif chosen.targets == "probabilities":
        y = rng.uniform(size=(rows, *outputs)) < 0.5
    weights = rng.uniform(0, 2, rows) if draw(st.booleans()) else None
    return Data((2 * x).astype(dtype), y, weights)


# ---------------------------------------------------------------------------
# What has to come out
# ---------------------------------------------------------------------------


class State(NamedTuple):
    """A network as float32 has it, at one moment."""

    plan: Any
    arrays: list[np.ndarray]
    memory: np.ndarray

    @classmethod
    def of(cls, plan):
        """Copy what a plan points to."""
        return cls(plan, [array.copy() for array in plan.arrays], plan.memory.copy())

    def exact(self, nudge, **changes):
        """Return its plan in float64, each number as far away as `nudge` says."""
        arrays = tuple(nudge(array) for array in self.arrays)
        plan = self.plan._replace(arrays=arrays, **changes)
        plan.memory[...] = nudge(self.memory)
        return plan


def as_samples(data, plan, nudge):
    """Return samples in float64, converted by other means than the library's own."""
    (outputs,), (steps,) = plan.layout.outputs, plan.layout.steps
    rows = len(data.x)
    x = np.float64(np.float32(data.x)).reshape(rows, -1)
    y = np.eye(outputs // steps)[data.y] if data.y.dtype.kind == "i" else data.y
    weights = None if data.weights is None else np.float32(data.weights)
    if steps > 1 and weights is not None:
        weights = np.repeat(weights[:, None], steps, axis=1)
    target = Target(np.float64(np.float32(y)).reshape(rows, -1), weights=weights)
    are_ids = any(op.kind == KINDS["embedding"] for op in plan.ops)
    return Samples(rows, (x if are_ids else nudge(x),), (target,))


def run_exactly(state, data, mode, nudge, iteration=0, rates=None):
    """Return plan, totals and outputs as the reference computes them, in one batch."""
    plan = state.exact(nudge)
    (columns,) = plan.layout.outputs
    samples = as_samples(data, plan, nudge)
    space = make_workspace(plan, samples, samples.count, 1)
    totals = np.zeros(plan.layout.totals)
    outputs = np.zeros((samples.count, columns))
    reference_network.run(
        plan, samples, space, mode, 0, 1, iteration, rates, totals, (outputs,)
    )
    return plan, totals, outputs


def update_exactly(state, gradients, rates, nudge):
    """Return a plan after the optimizer's step with given gradients, in float64.

    What is added to them, and what they are held to, they have behind them.
    """
    clipping = state.plan.clipping._replace(
        clipvalue=0, clipnorm=0, global_clipnorm=0
    )  # fmt: skip
    rows = tuple(
        one._replace(kernel=L1L2(), bias=L1L2()) for one in state.plan.settings
    )
    plan = state.exact(nudge, clipping=clipping, settings=rows)
    plan.gradients[...] = nudge(gradients)
    batch = Batch(0, [], [], 0, tuple(rates[0]), {}, all_rows=0)
    update(plan, layers_of(plan), batch)
    return plan


def as_is(array):
    return np.float64(array)


def distance(found, exact):
    """Return how far numbers are apart; NaN is as good as NaN."""
    with np.errstate(invalid="ignore"):
        far = np.abs(found - exact)
    far[~np.isfinite(found) & ~np.isfinite(exact)] = 0
    return np.nan_to_num(far, nan=np.inf)


def require_agreement(what, found, compute: Callable[[Any], Any]):
    """Compare float32 numbers with exact ones.

    They may differ as much as exact ones do among each other if what they are computed
    from is off by a few roundings: so much, and more where a number is near a kink, is
    up to the problem and not to who solves it.
    """
    exact = [np.ravel(one) for one in compute(as_is)]
    found = [np.ravel(one) for one in found]
    spread = [np.zeros(one.shape) for one in exact]
    rng = np.random.default_rng(0)

    def nudge(array):
        return array * (1 + 2**-21 * rng.uniform(-1, 1, np.shape(array)))

    for _ in range(40):
        limits = [
            2e-6 + 2e-5 * np.abs(one).max(initial=0) + 8 * far
            for one, far in zip(exact, spread, strict=True)
        ]
        errors = [distance(a, b) for a, b in zip(found, exact, strict=True)]
        if all((e <= most).all() for e, most in zip(errors, limits, strict=True)):
            return
        for far, one, other in zip(spread, exact, compute(nudge), strict=True):
            np.maximum(far, distance(np.ravel(other), one), out=far)
    worst = max(
        (e - most).max(initial=0) for e, most in zip(errors, limits, strict=True)
    )
    raise AssertionError(f"{what} are off by {worst:.2g} more than is allowed.")


def results_of(pool, totals):
    """Return loss and metrics."""
    loss_, *others = pool.plan.split(totals)
    found = zip(pool.metrics.values(), others, strict=True)
    return [loss_[0] / loss_[1], *(metric.value(one) for metric, one in found)]


def learnt_slices(plan, numbers):
    """Return of numbers that lie like gradients those of each array that is learnt."""
    return [
        numbers[..., plan.starts[place] :][..., : plan.arrays[place].size]
        for place in sorted(plan.learnt)
    ]


def gradients_of(state, data, iteration, rates):
    """Return the gradients of a batch: where norms are clipped, all of them are kept"""
    clipping = state.plan.clipping
    if not (clipping.clipnorm or clipping.global_clipnorm):
        clipping = clipping._replace(global_clipnorm=np.inf)
    plan = state.exact(np.copy, clipping=clipping)
    given = as_samples(data, plan, np.copy)
    target = Target(np.float32(given.targets[0].t), weights=given.targets[0].weights)
    samples = Samples(given.count, (np.float32(given.inputs[0]),), (target,))
    space = make_workspace(plan, samples, samples.count, 1)
    totals = np.zeros(plan.layout.totals)
    kernels.run(
        plan, samples, space, TRAIN, 0, 1, totals, iteration=iteration, rates=rates
    )
    return plan.gradients


def check_step(model, data):
    """Train on one batch, and compare gradients, averages, results and the step."""
    pool = model._network.pool_to_learn(data.x.shape[1:])
    plan, before = pool.plan, State.of(pool.plan)
    iteration, rates = int(model.optimizer.iterations), model.optimizer.rates(1)
    gradients = gradients_of(before, data, iteration, rates)
    found = np.atleast_1d(model.train_on_batch(*data))
    averages = [k for k in range(len(plan.arrays)) if k not in plan.learnt]

    def learn(nudge):
        exact, totals, _ = run_exactly(before, data, TRAIN, nudge, iteration, rates)
        return [
            *learnt_slices(exact, exact.gradients),
            *(exact.arrays[k] for k in averages),
            *results_of(pool, totals),
        ]

    require_agreement(
        "gradients, averages or results",
        [
            *learnt_slices(plan, gradients),
            *(plan.arrays[k] for k in averages),
            *found,
        ],
        learn,
    )

    def step(nudge):
        exact = update_exactly(before, gradients, rates, nudge)
        return [*exact.arrays, *learnt_slices(exact, exact.memory)]

    after = [*plan.arrays, *learnt_slices(plan, plan.memory)]
    learnt = [array for k, array in enumerate(after) if k not in averages]
    require_agreement(
        "weights or the optimizer's memory",
        learnt,
        lambda nudge: [a for k, a in enumerate(step(nudge)) if k not in averages],
    )


def check_use(model, data, batch_size):
    """Evaluate and predict, and compare."""
    pool = model._network.pool_to_learn(data.x.shape[1:])
    before = State.of(pool.plan)
    whole = len(data.x)
    found = model.evaluate(
        data.x, data.y, whole, sample_weight=data.weights, verbose=0
    )  # fmt: skip
    require_agreement(
        "results",
        np.atleast_1d(found),
        lambda nudge: results_of(pool, run_exactly(before, data, EVALUATE, nudge)[1]),
    )
    require_agreement(
        "outputs",
        [model.predict(data.x, batch_size, verbose=0)],
        lambda nudge: [run_exactly(before, data, PREDICT, nudge)[2]],
    )
    for array, same in zip(before.arrays, pool.plan.arrays, strict=True):
        assert array.tobytes() == same.tobytes()


# ---------------------------------------------------------------------------
# The test
# ---------------------------------------------------------------------------


@pytest.fixture
def settings_come_back(monkeypatch):
    """Afterwards, settings are as before."""
    monkeypatch.setattr(config, "_threads", None)
    monkeypatch.setattr(config, "_zero_skipping", "auto")


@given(cases())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_network_trains_and_predicts_as_the_reference_does(
    variant, threads_for_all, settings_come_back, case
):
    model, data, batch_size, threads, skipping = case
    executed[f"networks on {variant}"] += 1
    config.set_num_threads(1)
    config.set_zero_skipping("off")
    other = copy.deepcopy(model)
    for begin in range(0, len(data.x), batch_size):
        executed[f"steps on {variant}"] += 1
        check_step(model, data.rows(slice(begin, begin + batch_size)))
        if not all(np.isfinite(weights).all() for weights in model.get_weights()):
            return  # As in the reference: such a network has nothing more to tell.
    config.set_num_threads(threads)
    config.set_zero_skipping(skipping)
    check_use(model, data, batch_size)
    other.fit(
        data.x, data.y, batch_size, 1, 0, sample_weight=data.weights, shuffle=False
    )  # fmt: skip
    for one, same in zip(model.get_weights(), other.get_weights(), strict=True):
        assert one.tobytes() == same.tobytes()
