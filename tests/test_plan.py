import numpy as np
import pytest

from fastmlp.plan import (
    INPUT_BLOCK,
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
    assert [Step(*row) for row in plan.steps] == [
        Step(inputs=5, outputs=7, kernel=0, bias=35, activation=1, offset=0),
        Step(inputs=7, outputs=7, kernel=-1, bias=-1, activation=3, offset=7),
        Step(inputs=7, outputs=3, kernel=42, bias=-1, activation=4, offset=14),
    ]
    assert plan.parameters.size == 42 + 21


SAMPLES = {
    "in order": {"x": True, "t": True},
    "shuffled": {"x": True, "t": True, "order": True},
    "labels": {"x": True, "labels": True},
    "compressed": {"starts": True, "labels": True, "order": True},
    "inputs alone": {"x": True},
}


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_workspace_holds_one_batch_and_is_never_empty(make_plan, kind):
    plan = make_plan(300, [(7, "relu"), (3, "softmax")], metrics=("squared_error",))
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
    assert space.row_values.size == 20 * 2
    assert len(space.panels) == 3
