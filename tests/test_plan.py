"""What plans, samples and workspaces are checked for, before compiled code runs."""

import copy

import numpy as np
import pytest
from test_network import no_rates

from fastmlp import kernels, layers, models, optimizers, tables
from fastmlp.plan import (
    ACTIVATIONS,
    EVALUATE,
    INPUT_BLOCK,
    KINDS,
    L1L2,
    LOSSES,
    PREDICT,
    TRAIN,
    Averaging,
    Constraint,
    GivenRows,
    Head,
    LayerSettings,
    Op,
    Plan,
    Samples,
    Target,
    aligned_zeros,
    block_count,
    make_workspace,
)

DENSE, ACTIVATION = KINDS["dense"], KINDS["activation"]


@pytest.mark.parametrize(
    ("inputs", "blocks"), [(1, 1), (127, 1), (128, 1), (129, 2), (256, 2), (784, 7)]
)
def test_blocks_cover_all_inputs(inputs, blocks):
    assert block_count(inputs) == blocks
    assert (blocks - 1) * INPUT_BLOCK < inputs <= blocks * INPUT_BLOCK


@pytest.mark.parametrize("shape", [(0,), (1,), (17,), (3, 5), (0, 4), (2, 0)])
def test_aligned_zeros_begin_at_a_cache_line(shape):
    arrays = [aligned_zeros(*shape) for _ in range(8)]
    for array in arrays:
        np.testing.assert_array_equal(array, np.zeros(shape, np.float32), strict=True)
        assert array.flags.c_contiguous
        if array.size:
            assert array.ctypes.data % 64 == 0
            array += 1
    assert all(array.sum() == array.size for array in arrays)


def test_a_row_of_the_table_is_an_operation(make_plan):
    plan = make_plan(5, [(7, "relu"), "tanh", (3, "softmax", False)])
    relu, tanh, softmax = (ACTIVATIONS[one] for one in ("relu", "tanh", "softmax"))
    assert plan.ops == (
        Op(DENSE, 5, 7, kernel=0, bias=1, activation=relu, trainable=1),
        Op(ACTIVATION, 7, 7, activation=tanh, trainable=1, offset=7),
        Op(DENSE, 7, 3, kernel=2, activation=softmax, trainable=1, offset=14),
    )
    np.testing.assert_array_equal(plan.op_table, plan.ops)
    assert [array.size for array in plan.arrays] == [35, 7, 21]
    assert plan.starts == [0, 48, 64], "gradients begin at a cache line"


def test_the_settings_of_an_operation_are_a_row_of_numbers():
    bends = {"threshold": 3, "slope": 1, "max_value": 2}
    settings = LayerSettings(bends, rate=0.4, kernel_constraint=(5, 6, 7, 8))
    row = settings.row()
    names = tables.fields(tables.ACTIVATIONS)
    assert row[: len(names)] == [bends.get(name, 0) for name in names]
    assert row[len(names)] == 0.4
    assert row[-8:] == [5, 6, 7, 8, 0, 0, 0, 0]


@pytest.mark.parametrize("wrong", [["m"], ["v", "v"], ["v", "w"], []])
def test_an_optimizer_remembers_what_its_kernel_has(make_plan, wrong):
    plan = make_plan(4, [(3, "softmax")])
    with pytest.raises(ValueError, match="remembers v, m, a, not"):
        plan._replace(memory_letters=wrong)


def test_what_an_optimizer_remembers_begins_with_a_number_of_its_own(make_plan):
    plan = make_plan(4, [(3, "softmax")])
    assert not plan.memory.any()
    plan = plan._replace(initial_memory={"v": 0.5})
    assert (plan.memory == 0.5).all()
    plan.memory[...] = 3
    plan.forget()
    assert (plan.memory == 0.5).all()


def test_gradients_are_summed_up_where_a_step_has_several_batches(make_plan):
    plan = make_plan(4, [(3, "softmax")])
    with pytest.raises(ValueError, match="need their gradients' sum"):
        plan._replace(averaging=Averaging(gradient_steps=2))
    with pytest.raises(ValueError, match="need their gradients' sum"):
        plan._replace(memory_letters=("gradient_sum", "v"))


def test_a_setting_that_no_kernel_has_is_refused(make_plan):
    plan = make_plan(4, [(3, "softmax")])
    with pytest.raises(ValueError, match="set to smoothness"):
        plan._replace(heads=(Head(0, {"smoothness": 0.1}),))


# ---------------------------------------------------------------------------
# A plan is checked row by row
# ---------------------------------------------------------------------------

W, B = aligned_zeros(4, 3), aligned_zeros(3)
SQUARE = aligned_zeros(3, 3)
SETTINGS = LayerSettings()
READ_ONLY = W.copy()
READ_ONLY.flags.writeable = False

WRONG_PLANS = {
    "no operation": ([], [], []),
    "no settings": ([Op(DENSE, 4, 3, kernel=0)], [], [W]),
    "no outputs": ([Op(DENSE, 4, 0, kernel=0)], [SETTINGS], [W]),
    "negative inputs": ([Op(DENSE, -4, 3, kernel=0)], [SETTINGS], [W]),
    "a kernel that is missing": ([Op(DENSE, 4, 3)], [SETTINGS], [W]),
    "a kernel that is too small": ([Op(DENSE, 5, 3, kernel=0)], [SETTINGS], [W]),
    "a place beyond the arrays": ([Op(DENSE, 4, 3, kernel=2)], [SETTINGS], [W]),
    "a place before the arrays": ([Op(DENSE, 4, 3, kernel=-2)], [SETTINGS], [W]),
    "a kernel of another shape": ([Op(DENSE, 3, 4, kernel=0)], [SETTINGS], [W]),
    "a bias of another size": ([Op(DENSE, 4, 3, kernel=0, bias=1)], [SETTINGS], [W, W]),
    "an activation with something to learn": (
        [Op(ACTIVATION, 3, 3, bias=0)], [SETTINGS], [B]
    ),
    "an array that another operation has": (
        [Op(DENSE, 3, 3, kernel=0, bias=1), Op(DENSE, 3, 3, 2, 1, offset=3)],
        [SETTINGS] * 2, [SQUARE, B, SQUARE.copy()],
    ),
    "other settings where the array is shared": (
        [Op(DENSE, 3, 3, kernel=0), Op(DENSE, 3, 3, kernel=0, offset=3)],
        [SETTINGS, LayerSettings(kernel=L1L2(0.1))], [SQUARE],
    ),
    "one array at two places": (
        [Op(DENSE, 3, 3, kernel=0), Op(DENSE, 3, 3, kernel=1, offset=3)],
        [SETTINGS] * 2, [SQUARE, SQUARE],
    ),
    "one array twice": ([Op(DENSE, 1, 1, kernel=0, bias=0)], [SETTINGS], [B[:1]]),
    "float64 beside float32": (
        [Op(DENSE, 4, 3, kernel=0, bias=1)], [SETTINGS], [W, np.zeros(3)]
    ),
    "whole numbers": ([Op(DENSE, 4, 3, kernel=0)], [SETTINGS], [np.zeros(12, int)]),
    "a transpose": ([Op(DENSE, 3, 4, kernel=0)], [SETTINGS], [W.T]),
    "a read-only array": ([Op(DENSE, 4, 3, kernel=0)], [SETTINGS], [READ_ONLY]),
    "an unknown kind": ([Op(99, 4, 4)], [SETTINGS], []),
    "an unknown activation": ([Op(ACTIVATION, 4, 4, activation=99)], [SETTINGS], []),
    "other sizes in the middle": (
        [Op(ACTIVATION, 4, 4), Op(ACTIVATION, 5, 5, offset=4)], [SETTINGS] * 2, []
    ),
    "outputs that overlap": (
        [Op(ACTIVATION, 4, 4), Op(ACTIVATION, 4, 4, offset=3)], [SETTINGS] * 2, []
    ),
    "an activation that grows": ([Op(ACTIVATION, 4, 5)], [SETTINGS], []),
    "a dense layer with an activation that needs its input": (
        [Op(DENSE, 4, 3, kernel=0, activation=ACTIVATIONS["silu"])], [SETTINGS], [W]
    ),
    "moving averages of another size": (
        [Op(KINDS["batch_normalization"], 3, 3, state=0)], [SETTINGS], [B, W]
    ),
    "one moving average": (
        [Op(KINDS["batch_normalization"], 3, 3, state=0)], [SETTINGS], [B]
    ),
    "constants of another size": (
        [Op(KINDS["affine"], 3, 3, state=0)], [SETTINGS], [B]
    ),
    "an activation without what sets it": (
        [Op(ACTIVATION, 3, 3, activation=ACTIVATIONS["leaky_relu"])], [SETTINGS], []
    ),
    "an unknown constraint": (
        [Op(ACTIVATION, 3, 3)], [LayerSettings(bias_constraint=Constraint(9))], []
    ),
    "a rate of one": ([Op(KINDS["dropout"], 3, 3)], [LayerSettings(rate=1)], []),
    "a rate that is no number": (
        [Op(KINDS["dropout"], 3, 3)], [LayerSettings(rate=np.nan)], []
    ),
}  # fmt: skip


@pytest.mark.parametrize("fields", WRONG_PLANS.values(), ids=WRONG_PLANS)
def test_a_plan_that_does_not_fit_its_arrays_is_refused(fields):
    with pytest.raises(ValueError, match=r"\w+ .*\.$"):
        Plan(*fields)


def graph(*rows, inputs=(4,), **fields):
    """Make a plan of operations: their kind, inputs, outputs and sources."""
    ops, sources, offset = [], [], 0
    for kind, width, outputs, *places in rows:
        ops.append(Op(KINDS[kind], width, outputs, offset=offset))
        sources.append(places)
        offset += outputs
    return Plan(ops, [SETTINGS] * len(ops), [], sources, inputs, **fields)


ONE = ("activation", 4, 4, -1)
SOFTMAX = Op(ACTIVATION, 4, 4, activation=ACTIVATIONS["softmax"])
WRONG_GRAPHS = {
    "a source that comes later": [("activation", 4, 4, 1), ("activation", 4, 4, -1)],
    "an operation that is its own source": [("activation", 4, 4, 0)],
    "an input that is not there": [("activation", 4, 4, -2)],
    "no source": [("activation", 4, 4)],
    "two sources of what takes one": [("activation", 8, 8, -1, -1)],
    "one source of what merges": [("add", 4, 4, -1)],
    "three sources of a difference": [("subtract", 12, 4, -1, -1, -1)],
    "three sources of a dot": [("dot", 12, 1, -1, -1, -1)],
    "more inputs than its sources have": [ONE, ("activation", 5, 5, 0)],
    "a sum of other widths": [ONE, ("concatenate", 8, 8, 0, -1), ("add", 12, 4, 0, 1)],
    "a sum that grows": [("add", 8, 8, -1, -1)],
    "a dot of two columns": [("dot", 8, 2, -1, -1)],
    "a concatenation that shrinks": [("concatenate", 8, 4, -1, -1)],
    "a normalization that grows": [("unit_normalization", 4, 5, -1)],
    "an output that nobody uses": [ONE, ONE],
}


@pytest.mark.parametrize("rows", WRONG_GRAPHS.values(), ids=WRONG_GRAPHS)
def test_a_graph_that_does_not_hang_together_is_refused(rows):
    with pytest.raises(ValueError, match=r"\w+ .*\.$"):
        graph(*rows)


@pytest.mark.parametrize(
    "fields",
    [
        {"inputs": ()}, {"inputs": (0,)}, {"inputs": (5,)}, {"outputs": ()},
        {"outputs": (1,)}, {"outputs": (-1,)}, {"outputs": (0, 0), "heads": [Head(0)]},
    ],
)  # fmt: skip
def test_inputs_and_outputs_that_are_not_there_are_refused(fields):
    with pytest.raises(ValueError, match=r"\w+ .*\.$"):
        graph(ONE, **fields)


def test_a_loss_computes_no_activation_that_others_need():
    head = Head(LOSSES["softmax_crossentropy"], {"smoothing": 0})
    used = ([SOFTMAX, Op(ACTIVATION, 4, 4, offset=4)], [SETTINGS] * 2, [])
    penalized = LayerSettings(activity=L1L2(0.1))
    for plan in (
        lambda: Plan(*used, heads=[head, Head()], outputs=(0, 1)),
        lambda: Plan([SOFTMAX], [SETTINGS], [], heads=[head, head], outputs=(0, 0)),
        lambda: Plan([SOFTMAX], [penalized], [], heads=[head]),
    ):
        with pytest.raises(ValueError, match="operation 0, which others need"):
            plan()


def test_graphs_of_chance_are_refused_or_run(variant):
    rng = np.random.default_rng(0)
    x = np.ones((3, 4), np.float32)
    # These need arrays, or an epsilon.
    others = ("dense", "affine", "batch_normalization", "function")
    others += ("layer_normalization", "rms_normalization")
    kinds = [kind for kind in KINDS if kind not in others]
    made = 0
    for _ in range(9000):
        count = rng.choice([1, 2, 2, 3, 3, 4])
        rows = []
        for number in range(count):
            places = rng.integers(-2, number + 1, rng.choice([1, 2, 2, 3])).tolist()
            width = 4 * len(places)
            outputs = int(rng.choice([4, 4, 4, width, 1]))
            rows.append((rng.choice(kinds), width, outputs, *places))
        outputs = [count - 1, *rng.integers(-1, count + 1, rng.integers(0, 2)).tolist()]
        head = Head(LOSSES["mean_squared_error"])
        heads = [head] * rng.choice([len(outputs), len(outputs), 0, 1])
        try:
            plan = graph(*rows, inputs=(4, 4), outputs=outputs, heads=heads)
        except ValueError:
            continue
        made += 1
        targets = tuple(
            Target(np.ones((3, n), np.float32)) for n in plan.layout.outputs
        )
        samples = Samples(3, (x, x), targets)
        space = make_workspace(plan, samples, 2, 1)
        outputs = tuple(np.empty((3, n), np.float32) for n in plan.layout.outputs)
        kernels.run(plan, samples, space, PREDICT, 0, 2, None, outputs)
        assert all(np.isfinite(one).all() for one in outputs)
        if heads:
            totals = np.zeros(plan.layout.totals)
            kernels.run(plan, samples, space, EVALUATE, 0, 2, totals)
            assert np.isfinite(totals).all()
    assert made > 100


@pytest.mark.parametrize(
    "fields",
    [
        {"heads": [Head(99)]}, {"heads": [Head(-2)]}, {"heads": [Head(0, {}, 7)]},
        {"heads": [Head(0, weight=np.inf)]},
        {"heads": [Head(metrics=[(99, {}, 0)])]},
        {"heads": [Head(metrics=[(1, {"threshold": np.nan}, 0)])]},
        {"heads": [Head(0), Head(0)]},
        {"optimizer": 9}, {"clipping": (0,)},
    ],
)  # fmt: skip
def test_a_plan_that_names_what_nobody_knows_is_refused(make_plan, fields):
    with pytest.raises(ValueError, match=r"\w+ .*\.$"):
        make_plan(4, [(3, "softmax")])._replace(**fields)


class Lying(layers.Dense):
    """A layer whose shapes are not those of its weights."""

    def compute_output_shape(self, input_shape):
        return (None, 5000)


class Short(layers.Dense):
    def weight_shapes(self, input_shape):
        return {"kernel": (1, 1), "bias": (1,)}


@pytest.mark.parametrize("kind", [Lying, Short])
def test_a_layer_that_lies_about_its_shapes_never_reaches_compiled_code(kind):
    model = models.Sequential([layers.Input((4,)), kind(3), layers.Dense(2)])
    with pytest.raises(ValueError, match=r"needs an array of its own|must have the"):
        model.predict(np.ones((2, 4)), verbose=0)


CONFUSION = {"buckets": 3, "top_k": 0, "class_id": -1, "from_logits": 0}
PAIRS = {"classes": 3, "ignored": -1, "entries": 0}
WRONG_METRICS = {
    "a setting too few": ("confusion", {"buckets": 3}, "is set by buckets, top_k"),
    "a bucket too many": ("confusion", {**CONFUSION, "buckets": 4}, "one more than"),
    "half a bucket": ("confusion", {**CONFUSION, "buckets": 2.5}, "one more than"),
    "more than all": ("confusion", {**CONFUSION, "top_k": 4}, "from 0 to 3"),
    "half an output": ("confusion", {**CONFUSION, "top_k": 0.5}, "whole number"),
    "no such column": ("confusion", {**CONFUSION, "class_id": 3}, "below 3"),
    "no number": ("confusion", {**CONFUSION, "class_id": np.nan}, "no number"),
    "no class": ("class_pairs", {**PAIRS, "classes": 0}, "at least 1"),
    "half a class": ("class_pairs", {**PAIRS, "classes": 2.5}, "whole number"),
}


@pytest.mark.parametrize("wrong", WRONG_METRICS)
def test_a_metric_that_would_reach_too_far_is_no_part_of_a_plan(make_plan, wrong):
    kernel, settings, message = WRONG_METRICS[wrong]
    thresholds = (0.2, 0.3) if kernel == "confusion" else ()
    with pytest.raises(ValueError, match=message):
        make_plan(4, [(3, "softmax")], metrics=[(kernel, settings, 0, thresholds)])


def test_thresholds_of_a_metric_ascend(make_plan):
    with pytest.raises(ValueError, match="must ascend"):
        make_plan(
            4, [(3, "softmax")], metrics=[("confusion", CONFUSION, 0, (0.3, 0.2))]
        )


# ---------------------------------------------------------------------------
# Samples are checked against themselves
# ---------------------------------------------------------------------------

X = np.ones((3, 4), np.float32)
UNALIGNED = np.frombuffer(b"\0" * 49, np.uint8)[1:].view(np.float32).reshape(3, 4)


def with_target(**arrays):
    return (X,), (Target(**arrays),)


WRONG_SAMPLES = {
    "no inputs": ((),),
    "no array": ((None,),),
    "another number of rows": ((X[:2],),),
    "another number of rows in one": ((X, X[:2]),),
    "a transpose": ((np.ones((4, 3), np.float32).T,),),
    "unaligned": ((UNALIGNED,),),
    "too few targets": with_target(t=X[:2]),
    "targets and labels": with_target(t=X, labels=np.zeros(3, np.intc)),
    "too few labels": with_target(labels=np.zeros(2, np.intc)),
    "a negative label": with_target(labels=np.array([0, -1, 0], np.intc)),
    "labels of another type": with_target(labels=np.zeros(3)),
    "too few weights": with_target(weights=np.ones(2, np.float32)),
    "an order beyond the samples": ((X,), (), np.array([0, 1, 3])),
    "a negative place": ((X,), (), np.array([0, 1, -1])),
    "an order that is too short": ((X,), (), np.array([0, 1])),
}


@pytest.mark.parametrize("arrays", WRONG_SAMPLES.values(), ids=WRONG_SAMPLES)
def test_samples_whose_arrays_do_not_fit_are_refused(arrays):
    with pytest.raises(ValueError, match=r"\w+ .*\.$"):
        Samples(3, *arrays)


@pytest.mark.parametrize(
    ("arrays", "shape"),
    [
        (((X[:2],),), r"\(3, columns\)"),
        (with_target(labels=np.zeros(3)), r"\(3,\)"),
    ],
)
def test_samples_are_told_the_shape_that_they_need(arrays, shape):
    with pytest.raises(ValueError, match=f"of shape {shape} and of"):
        Samples(3, *arrays)


def test_rows_without_zeros_are_made_by_compress_alone():
    rows, _ = kernels.compress(np.eye(3, 200, dtype=np.float32))
    for wrong in (lambda: type(rows)(*rows), lambda: rows._replace(inputs=300)):
        with pytest.raises(TypeError, match=r"made by kernels\.compress"):
            wrong()
    with pytest.raises(ValueError, match="read-only"):
        rows.indices[0] = 99
    part = rows.rows(1, 3)
    assert (part.inputs, len(part.indptr)) == (200, 2)


# ---------------------------------------------------------------------------
# A run is checked against all three
# ---------------------------------------------------------------------------

SAMPLES = {
    "in order": {"t": True},
    "shuffled": {"t": True, "order": True},
    "labels": {"labels": True},
    "without zeros": {"csr": True, "labels": True, "order": True},
    "inputs alone": {},
}


def draw(kind, inputs, outputs, rows=50):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, inputs)).astype(np.float32)
    wanted = SAMPLES[kind]
    targets = ()
    if "t" in wanted:
        targets = (Target(rng.random((rows, outputs), np.float32)),)
    elif "labels" in wanted:
        targets = (Target(labels=rng.integers(0, outputs, rows).astype(np.intc)),)
    return Samples(
        rows,
        (kernels.compress(x)[0] if "csr" in wanted else x,),
        targets,
        order=rng.permutation(rows) if "order" in wanted else None,
    )


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_workspace_holds_one_batch_and_is_never_empty(make_plan, kind):
    plan = make_plan(
        300, [(7, "relu"), (3, "softmax")], metrics=("mean_squared_error",)
    )
    space = make_workspace(plan, draw(kind, 300, 3), batch_size=20, threads=3)
    assert space.batch_size == 20
    assert space.x.size == (20 * 300 if kind == "shuffled" else 1)
    sparse = kind == "without zeros"
    assert space.data.size == (20 * 300 if sparse else 1)
    assert space.indices.size == (20 * 150 if sparse else 1)
    assert space.indptr.size == (20 * 4 if sparse else 1)
    has_own_targets = kind not in ("in order", "inputs alone")
    assert space.t.size == (20 * 3 if has_own_targets else 1)
    assert space.outputs.size == space.deltas.size == 20 * (7 + 3)
    assert space.row_values.size == 3 * 20
    assert space.weights.size == space.statistics.size == 1
    assert len(space.scratch) == 3


def test_a_workspace_with_too_little_room_is_refused(make_plan):
    plan = make_plan(4, [(3, "softmax")])
    space = make_workspace(plan, draw("in order", 4, 3), 20, 1)
    for name in ("outputs", "deltas", "row_values", "scratch"):
        parts = {**space._asdict(), name: aligned_zeros(1)}
        with pytest.raises(ValueError, match=rf"{name} must have shape"):
            type(space)(**parts)


RATES, TOTALS = no_rates(5), np.zeros(9)
RIGHT = {
    "mode": TRAIN, "first": 0, "last": 5, "totals": TOTALS, "rates": RATES, "threads": 1
}  # fmt: skip
WRONG_RUNS = {
    "an unknown mode": {"mode": 7},
    "a batch before the first": {"first": -1},
    "a batch beyond the last": {"last": 6, "rates": no_rates(6)},
    "an end before the beginning": {"first": 3, "last": 2},
    "no rates": {"rates": None},
    "too few rates": {"rates": RATES[:2]},
    "no totals": {"totals": None},
    "too few totals": {"totals": TOTALS[:2]},
    "totals of another type": {"totals": TOTALS.astype(np.float32)},
    "no predictions": {"mode": PREDICT},
    "too few predictions": {"mode": PREDICT, "predictions": (aligned_zeros(10, 3),)},
    "a prediction too many": {
        "mode": PREDICT,
        "predictions": (aligned_zeros(50, 3),) * 2,
    },
    "no threads": {"threads": 0},
    "more threads than there is room for": {"threads": 2},
}


def test_arrays_that_compiled_code_knows_stay_in_their_places(make_plan):
    plan = make_plan(4, [(3, "softmax")])
    space = make_workspace(plan, draw("labels", 4, 3), 10, 1)
    known = (plan.table, plan.head_table, plan.gradients, space.outputs, space.notes)
    for array in known:
        owner = array if array.base is None else array.base
        with pytest.raises(ValueError, match="cannot resize"):
            owner.resize(1, refcheck=False)


@pytest.mark.parametrize("wrong", WRONG_RUNS.values(), ids=WRONG_RUNS)
def test_a_run_that_does_not_fit_is_refused(variant, make_plan, wrong):
    plan = make_plan(4, [(3, "softmax")])
    samples = draw("labels", 4, 3)
    space = make_workspace(plan, samples, 10, 1)
    kernels.run(plan, samples, space, **RIGHT)
    before = [array.copy() for array in plan.arrays]
    with pytest.raises((ValueError, TypeError)):
        kernels.run(plan, samples, space, **{**RIGHT, **wrong})
    for array, unchanged in zip(plan.arrays, before, strict=True):
        np.testing.assert_array_equal(array, unchanged)


def test_a_run_with_what_was_made_for_another_plan_is_refused(variant, make_plan):
    plan = make_plan(4, [(3, "softmax")])
    samples = draw("labels", 4, 3)
    space = make_workspace(plan, samples, 10, 1)
    others = {
        "inputs": (plan, draw("labels", 5, 3), space),
        "classes": (plan, draw("labels", 4, 9), space),
        "targets": (plan, draw("in order", 4, 2), space),
        "no targets": (plan, draw("inputs alone", 4, 3), space),
        "layout": (make_plan(4, [(9, "relu"), (3, "softmax")]), samples, space),
        "kind": (plan, draw("without zeros", 4, 3), space),
        "no optimizer": (
            plan._replace(optimizer=-1, memory_letters=()),
            samples,
            space,
        ),
    }
    for wrong in others.values():
        with pytest.raises(ValueError, match=r"\w+ .*\.$"):
            kernels.run(*wrong, **RIGHT)
    with pytest.raises(TypeError, match=r"takes a Plan, .*not tuple, Samples"):
        kernels.run(tuple(plan), samples, space, **RIGHT)


def test_only_a_dense_layer_takes_samples_without_their_zeros(variant, make_plan):
    plan = make_plan(4, ["tanh", (3, "softmax")])
    samples = draw("without zeros", 4, 3)
    space = make_workspace(plan, samples, 10, 1)
    with pytest.raises(ValueError, match="Only a dense layer"):
        kernels.run(plan, samples, space, EVALUATE, 0, 5, TOTALS)


def test_what_was_checked_stays_as_it_is(make_plan):
    plan, samples = make_plan(4, [(3, "softmax")]), draw("labels", 4, 3)
    shuffled = draw("shuffled", 4, 3)
    labels = samples.targets[0].labels
    for checked in (plan.op_table, plan.array_table, labels, shuffled.order):
        with pytest.raises(ValueError, match="read-only"):
            checked[...] = 10**7
    space = make_workspace(plan, samples, 10, 1)
    with pytest.raises(ValueError, match="must have shape"):
        space._replace(batch_size=1000)


def test_an_optimizer_with_momentum_remembers_it(make_plan):
    net = make_plan(4, [(3, "softmax")], optimizer=optimizers.SGD(0.1))
    with pytest.raises(ValueError, match="does not remember m"):
        net._replace(optimizer_settings={"momentum": 0.9, "nesterov": 0})


def test_a_copy_of_a_plan_has_arrays_of_its_own(variant):
    w = aligned_zeros(4, 3)
    plan = Plan([Op(DENSE, 4, 3, kernel=0)], [LayerSettings(activation={})], [w])
    copied = copy.deepcopy(plan)
    copied.arrays[0][...] = 5
    samples = draw("inputs alone", 4, 3)
    for net, expected in ((plan, 0), (copied, 5)):
        outputs = np.empty((50, 3), np.float32)
        space = make_workspace(net, samples, 50, 1)
        kernels.run(net, samples, space, PREDICT, 0, 1, None, (outputs,))
        wanted = expected * samples.inputs[0].sum(axis=1)
        np.testing.assert_allclose(outputs[:, 0], wanted, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_samples_can_be_copied(copied):
    given = GivenRows(np.ones((50, 4)), in_pairs=True)
    samples = copied(draw("inputs alone", 4, 3)._replace(inputs=(given,)))
    assert samples.pairs == (2,)
    with pytest.raises(ValueError, match="resize"):
        samples.inputs[0].data.resize(1, refcheck=False)


@pytest.mark.parametrize("one", [Samples, GivenRows])
def test_what_follows_from_arrays_is_not_set_alone(one):
    samples = draw("inputs alone", 4, 3)
    given = samples if one is Samples else GivenRows(np.ones((50, 4)), in_pairs=True)
    with pytest.raises(ValueError, match=r"^kind cannot be set: it follows"):
        given._replace(kind=2)


def test_compiled_code_takes_no_plan_of_float64(compiled_variant, make_plan):
    plan = make_plan(4, [(3, "softmax")], dtype=np.float64)
    samples = draw("inputs alone", 4, 3)
    outputs = np.empty((50, 3), np.float32)
    space = make_workspace(plan, samples, 50, 1)
    with pytest.raises(TypeError, match="float32"):
        kernels.run(plan, samples, space, PREDICT, 0, 1, None, (outputs,))
