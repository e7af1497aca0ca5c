import numpy as np
import pytest

from fastmlp.plan import (
    ACTIVATIONS,
    INPUT_BLOCK,
    KINDS,
    Numbers,
    Samples,
    Step,
    aligned_zeros,
    block_count,
    make_workspace,
)


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


def test_a_row_of_the_table_is_a_step(make_plan):
    plan = make_plan(5, [(7, "relu"), "tanh", (3, "softmax", False)])
    dense, activation = KINDS["dense"], KINDS["activation"]
    relu, tanh, softmax = (ACTIVATIONS[one] for one in ("relu", "tanh", "softmax"))
    assert [Step(*row) for row in plan.steps] == [
        Step(dense, 5, 7, kernel=0, bias=35, activation=relu, learns=1),
        Step(activation, 7, 7, activation=tanh, learns=1, offset=7),
        Step(dense, 7, 3, kernel=42, activation=softmax, learns=1, offset=14),
    ]
    assert plan.parameters.size == 42 + 21


def test_the_settings_of_a_step_are_a_row_of_twenty():
    numbers = Numbers(bend=(1, 2, 3), rate=4, kernel_constraint=(5, 6, 7, 8))
    row = numbers.row()
    assert len(row) == 20
    assert row[:4] == [1, 2, 3, 4]
    assert row[12:16] == [5, 6, 7, 8]


SAMPLES = {
    "in order": {"x": True, "t": True},
    "shuffled": {"x": True, "t": True, "order": True},
    "labels": {"x": True, "labels": True},
    "compressed": {"starts": True, "labels": True, "order": True},
    "inputs alone": {"x": True},
}


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_workspace_holds_one_batch_and_is_never_empty(make_plan, kind):
    plan = make_plan(
        300, [(7, "relu"), (3, "softmax")], metrics=("mean_squared_error",)
    )
    # Only whether an array is there matters, not what is in it.
    there = {name: np.empty(0) for name in SAMPLES[kind]}
    space = make_workspace(plan, Samples(50, **there), batch_size=20, threads=3)
    gathers = kind == "shuffled"
    assert space.batch_size == 20
    assert space.x.size == (20 * 300 if gathers else 1)
    assert space.values.size == (20 * 300 if kind == "compressed" else 1)
    assert space.pairs.size == (20 * 150 if kind == "compressed" else 1)
    assert space.starts.size == (20 * 4 if kind == "compressed" else 1)
    has_own_targets = kind not in ("in order", "inputs alone")
    assert space.t.size == (20 * 3 if has_own_targets else 1)
    assert space.outputs.size == space.deltas.size == 20 * (7 + 3)
    assert space.row_values.size == 2 * 20 * 2
    assert space.weights.size == space.statistics.size == 1
    assert len(space.panels) == 3
