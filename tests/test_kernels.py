"""Every kernel, on every instruction set of this machine, against float64."""

import importlib
import inspect
import itertools
import math
from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import pytest

from fastmlp import kernels, plan, reference, tables
from fastmlp.kernels import _loading
from fastmlp.kernels._signatures import signature

# Around the tiles' edges (3 or 6 rows; 16 or 64 columns) and the smallest cases.
ROWS = [0, 1, 2, 5, 6, 7, 13]
COLUMNS = [1, 10, 15, 16, 17, 48, 63, 64, 65, 129, 130]
INPUTS = [1, 3, 783, 784]

# More floats than the widest tile; an odd number, so that results are not aligned.
GUARD = 131
SENTINEL = np.float32(12345.0)

# Half the distance from 1 to the next float32: what one rounding may cost.
ROUNDING = 2.0**-24


def normal(rng, *shape):
    return rng.normal(size=shape).astype(np.float32)


def as_float64(*arrays):
    return [None if array is None else np.float64(array) for array in arrays]


@contextmanager
def guarded(*shapes, dtype=np.float32):
    """Lend arrays of NaN that must come back filled, with nothing written around."""
    rooms, results = [], []
    for shape in shapes:
        size = math.prod(shape)
        room = np.full(size + 2 * GUARD, SENTINEL, dtype)
        room[GUARD : GUARD + size] = np.nan
        rooms.append(room)
        results.append(room[GUARD : GUARD + size].reshape(shape))
    yield results
    for room, result in zip(rooms, results, strict=True):
        assert not np.isnan(result).any(), f"{result.shape}: not filled"
        around = np.concatenate([room[:GUARD], room[GUARD + result.size :]])
        assert (around == SENTINEL).all(), f"{result.shape}: written beyond"


def units_in_the_last_place(found, expected):
    return np.abs(found - expected) / np.spacing(np.abs(expected).astype(np.float32))


def test_the_portable_variant_loads():
    # Else every test of a compiled variant would be skipped without a word.
    assert kernels.load_variant("base").KERNELS


@pytest.mark.parametrize(
    ("level", "variants"),
    [(1, ["base"]), (2, ["base"]), (3, ["v3", "base"]), (4, ["v4", "v3", "base"])],
)
def test_a_processor_runs_the_variants_up_to_its_level(monkeypatch, level, variants):
    portable = SimpleNamespace(supported_level=lambda: level)
    monkeypatch.setattr(_loading, "load_variant", lambda variant: portable)
    assert kernels.supported_variants() == variants


def test_kernels_that_were_compiled_for_other_tables_do_not_load(monkeypatch):
    monkeypatch.setattr(tables, "KINDS", ("activation", "dense"))
    with pytest.raises(ImportError, match="compiled for other tables"):
        kernels.load_variant("base")


@pytest.mark.parametrize("change", ["other", "missing"])
def test_kernels_that_were_compiled_for_other_rows_of_a_plan_do_not_load(
    monkeypatch, change
):
    module = importlib.import_module("fastmlp._kernels_base")
    if change == "other":
        rows = {**module.ROWS, "Op": module.ROWS["Op"][:-1]}
        monkeypatch.setattr(module, "ROWS", rows)
    else:
        monkeypatch.delattr(module, "ROWS")
    with pytest.raises(ImportError, match=r"plan/_rows\.py: build them again"):
        kernels.load_variant("base")


def test_compiled_code_and_the_plan_have_rows_of_the_same_width(
    compiled_variant, make_plan
):
    net = make_plan(3, [(2, "relu")])
    assert kernels.load_variant(compiled_variant).row_widths() == {
        "ops": net.op_table.shape[1],
        "settings": net.settings_table.shape[1],
        "links": len(plan.Link._fields),
        "edges": len(plan.Edge._fields),
        "given": len(plan.GivenRows._fields),
        "inputs": plan.INPUT_WORDS,
        "targets": plan.TARGET_WORDS,
        "heads": net.head_table.shape[1],
        "metrics": net.metric_table.shape[1],
        "optimizer": net.optimizer_table.size,
        "plan_arrays": net.addresses.size,
        "space_arrays": len(plan.Workspace._fields[4:]),
        "slots": net.slot_table.size,
        "input_block": plan.INPUT_BLOCK,
        "panel_size": plan.PANEL_SIZE,
        "transposed_rows": plan.TRANSPOSED_ROWS,
    }


# ---------------------------------------------------------------------------
# The dense layer
# ---------------------------------------------------------------------------


def assert_sums_match(found, expected, magnitude, terms):
    """Hold sums of `terms` products to the bound that float32 arithmetic has.

    Each of the terms is rounded at most once as a product and once in each sum after
    it; `magnitude` is the same sum of absolute values.
    """
    bound = (terms + 1) * ROUNDING * magnitude
    worst = np.max(np.abs(found - expected) - bound, initial=0)
    assert worst <= 0, f"{found.shape}, {terms} terms: off by {worst} too much"


@pytest.mark.parametrize("with_bias", [True, False])
@pytest.mark.parametrize("inputs", [0, *INPUTS])
def test_dense_forward_agrees_with_float64(variant, inputs, with_bias):
    rng = np.random.default_rng(inputs)
    for rows in ROWS:
        for units in COLUMNS:
            x, w = normal(rng, rows, inputs), normal(rng, inputs, units)
            b = normal(rng, units) if with_bias else None
            with guarded((rows, units)) as (y,):
                assert kernels.dense_forward(x, w, b, out=y) is y
            expected = reference.dense_forward(*as_float64(x, w, b))
            magnitude = reference.dense_forward(
                *as_float64(abs(x), abs(w), abs(b) if with_bias else None)
            )
            assert_sums_match(y, expected, magnitude, inputs + 1)


@pytest.mark.parametrize("inputs", [0, *INPUTS])
def test_dense_backward_agrees_with_float64(variant, inputs):
    rng = np.random.default_rng(inputs)
    for rows in ROWS:
        for units in COLUMNS:
            x, w = normal(rng, rows, inputs), normal(rng, inputs, units)
            dy = normal(rng, rows, units)
            with guarded(x.shape, w.shape, (units,)) as out:
                kernels.dense_backward(x, w, dy, out=tuple(out))
            expected = reference.dense_backward(*as_float64(x, w, dy))
            magnitudes = reference.dense_backward(*as_float64(abs(x), abs(w), abs(dy)))
            for found, wanted, magnitude, terms in zip(
                out, expected, magnitudes, (units, rows, rows), strict=True
            ):
                assert_sums_match(found, wanted, magnitude, terms)


def test_layers_without_units_are_empty(variant):
    x, w, dy = np.ones((2, 3)), np.ones((3, 0)), np.ones((2, 0))
    assert kernels.dense_forward(x, w, np.ones(0)).shape == (2, 0)
    dx, dw, db = kernels.dense_backward(x, w, dy)
    np.testing.assert_array_equal(dx, np.zeros((2, 3)))
    assert dw.shape == (3, 0)
    assert db.shape == (0,)


def test_a_nan_stays_in_its_row_of_the_product(variant):
    rng = np.random.default_rng(0)
    x, w = normal(rng, 13, 20), normal(rng, 20, 65)
    clean = kernels.dense_forward(x, w, None)
    for row in (0, 5, 12):
        spoilt = x.copy()
        spoilt[row, 3] = np.nan
        y = kernels.dense_forward(spoilt, w, None)
        assert np.isnan(y[row]).all()
        np.testing.assert_array_equal(np.delete(y, row, 0), np.delete(clean, row, 0))


@pytest.mark.parametrize("units", COLUMNS)
def test_the_bits_of_a_product_do_not_depend_on_the_rows_beside(
    compiled_variant, units
):
    rng = np.random.default_rng(units)
    x, w, b = normal(rng, 13, 50), normal(rng, 50, units), normal(rng, units)
    dy = normal(rng, 13, units)
    y = kernels.dense_forward(x, w, b)
    dx, _, _ = kernels.dense_backward(x, w, dy)
    for first, stop in [(i, i + 1) for i in range(13)] + [(0, 5), (5, 13), (3, 10)]:
        part = slice(first, stop)
        np.testing.assert_array_equal(kernels.dense_forward(x[part], w, b), y[part])
        part_dx, _, _ = kernels.dense_backward(x[part], w, dy[part])
        np.testing.assert_array_equal(part_dx, dx[part])


@pytest.mark.parametrize("units", COLUMNS)
def test_the_bits_of_a_product_do_not_depend_on_the_columns_beside(
    compiled_variant, units
):
    rng = np.random.default_rng(units)
    x, w, b = normal(rng, 7, 50), normal(rng, 50, 150), normal(rng, 150)
    dy = normal(rng, 7, 150)
    y = kernels.dense_forward(x, w, b)
    dx, dw, db = kernels.dense_backward(x, w, dy)
    for first in (0, 1, 20):
        part = slice(first, first + units)
        np.testing.assert_array_equal(
            kernels.dense_forward(x, w[:, part], b[part]), y[:, part]
        )
        _, part_dw, part_db = kernels.dense_backward(x, w[:, part], dy[:, part])
        np.testing.assert_array_equal(part_dw, dw[:, part])
        np.testing.assert_array_equal(part_db, db[part])
    for first, stop in [(0, 1), (1, 8), (8, 50)]:
        part = slice(first, stop)
        part_dx, part_dw, _ = kernels.dense_backward(x[:, part], w[part], dy)
        np.testing.assert_array_equal(part_dx, dx[:, part])
        np.testing.assert_array_equal(part_dw, dw[part])


def test_zeros_do_not_change_the_bits_of_a_product(compiled_variant):
    rng = np.random.default_rng(0)
    x, w, dy = normal(rng, 13, 50), normal(rng, 50, 70), normal(rng, 13, 70)
    kept = np.sort(rng.choice(80, 50, replace=False))
    wide_x, wide_w = np.zeros((13, 80), np.float32), normal(rng, 80, 70)
    wide_x[:, kept], wide_w[kept] = x, w
    np.testing.assert_array_equal(
        kernels.dense_forward(wide_x, wide_w, None), kernels.dense_forward(x, w, None)
    )
    _, wide_dw, _ = kernels.dense_backward(wide_x, wide_w, dy)
    _, dw, _ = kernels.dense_backward(x, w, dy)
    np.testing.assert_array_equal(wide_dw[kept], dw)


@pytest.mark.parametrize("rows, inputs, units", [(3, 2100, 70), (300, 500, 2100)])
def test_products_beyond_the_blocks_agree_with_float64(variant, rows, inputs, units):
    rng = np.random.default_rng(rows)
    x, w = normal(rng, rows, inputs), normal(rng, inputs, units)
    dy = normal(rng, rows, units)
    y = kernels.dense_forward(x, w, None)
    dx, dw, _ = kernels.dense_backward(x, w, dy)
    for found, (a, b) in [(y, (x, w)), (dx, (dy, w.T)), (dw, (x.T, dy))]:
        a, b = as_float64(a, b)
        assert_sums_match(found, a @ b, abs(a) @ abs(b), a.shape[1])


def test_sums_go_on_from_block_to_block(compiled_variant):
    # Zeros between the terms move them into other blocks, but change no bit.
    rng = np.random.default_rng(0)
    kept = np.sort(rng.choice(2500, 1500, replace=False))
    x, w = normal(rng, 9, 1500), normal(rng, 1500, 70)
    wide_x, wide_w = np.zeros((9, 2500), np.float32), normal(rng, 2500, 70)
    wide_x[:, kept], wide_w[kept] = x, w
    np.testing.assert_array_equal(
        kernels.dense_forward(wide_x, wide_w, None), kernels.dense_forward(x, w, None)
    )
    # The same for the rows of a batch, with inputs that lie far apart.
    x, dy = normal(rng, 1500, 301), normal(rng, 1500, 70)
    wide_x, wide_dy = np.zeros((2500, 301), np.float32), normal(rng, 2500, 70)
    wide_x[kept], wide_dy[kept] = x, dy
    w = np.zeros((301, 70), np.float32)
    np.testing.assert_array_equal(
        kernels.dense_backward(wide_x, w, wide_dy)[1],
        kernels.dense_backward(x, w, dy)[1],
    )


def test_strided_arrays_and_lists_are_taken(variant):
    rng = np.random.default_rng(0)
    x, w, b = normal(rng, 4, 6), normal(rng, 6, 3), normal(rng, 3)
    y = kernels.dense_forward(x, w, b)
    for same in (np.asfortranarray, np.float64, np.ndarray.tolist):
        np.testing.assert_array_equal(
            kernels.dense_forward(same(x), same(w), same(b)), y
        )
    wide = np.repeat(x, 2, axis=1)
    wide.flags.writeable = False
    np.testing.assert_array_equal(kernels.dense_forward(wide[:, ::2], w, b), y)
    unaligned = np.frombuffer(b"?" + x.tobytes(), np.float32, offset=1)
    assert not unaligned.flags.aligned
    np.testing.assert_array_equal(
        kernels.dense_forward(unaligned.reshape(x.shape), w, b), y
    )


# ---------------------------------------------------------------------------
# Activations, losses and metrics
# ---------------------------------------------------------------------------

SCALE, SMOOTHING = 0.25, 0.1

# The arguments of each kernel, by the names that `draw_arguments` gives them: of
# activations and losses those that they usually have, and then the others.
ARGUMENTS = {}
for name in tables.ACTIVATIONS:
    known = "x" if name in tables.NEED_INPUT else "y"
    ARGUMENTS[name], ARGUMENTS[f"{name}_backward"] = ("x",), (known, "dy")
for name in tables.LOSSES:
    ARGUMENTS[name], ARGUMENTS[f"{name}_backward"] = ("x", "dy"), ("x", "dy", SCALE)
ARGUMENTS |= {
    "sigmoid_backward": ("p", "dy"),
    "softmax_backward": ("p", "dy"),
    "leaky_relu": ("x", 0.3),
    "leaky_relu_backward": ("dy", "dy", 0.3),
    "elu": ("x", 0.7),
    "elu_backward": ("y", "dy", 0.7),
    "softplus_backward": ("positive", "dy"),
    "clipped_relu": ("x", 0.3, 1.5, 0.4),
    "clipped_relu_backward": ("x", "dy", 0.3, 1.5, 0.4),
    "clipped_linear": ("x", 0.3, 1.5, -0.25, 0.75),
    "clipped_linear_backward": ("y", "dy", 0.3, 1.5, -0.25, 0.75),
    "celu": ("x", 0.7),
    "celu_backward": ("y", "dy", 0.7),
    "soft_shrink": ("x", 0.4),
    "soft_shrink_backward": ("y", "dy", 0.4),
    "hard_shrink": ("x", 0.4),
    "hard_shrink_backward": ("y", "dy", 0.4),
    "squareplus": ("x", 3.0),
    "squareplus_backward": ("positive", "dy", 3.0),
    "log_sigmoid_backward": ("negative", "dy"),
    "log_softmax_backward": ("negative", "dy"),
    "sparsemax_backward": ("sparse", "dy"),
    "threshold": ("x", 0.4, -0.5),
    "threshold_backward": ("x", "dy", 0.4, -0.5),
    "softmax_crossentropy": ("x", "t", SMOOTHING),
    "softmax_crossentropy_backward": ("p", "t", SMOOTHING, SCALE),
    "crossentropy": ("positive", "t", SMOOTHING),
    "crossentropy_backward": ("positive", "t", SMOOTHING, SCALE),
    "sigmoid_crossentropy": ("x", "hits", SMOOTHING),
    "sigmoid_crossentropy_backward": ("share", "hits", SMOOTHING, SCALE),
    "binary_crossentropy": ("share", "hits", SMOOTHING),
    "binary_crossentropy_backward": ("share", "hits", SMOOTHING, SCALE),
    "softmax_focal_crossentropy": ("x", "t", 0.4, 1.5, SMOOTHING),
    "softmax_focal_crossentropy_backward": ("p", "t", 0.4, 1.5, SMOOTHING, SCALE),
    "focal_crossentropy": ("positive", "t", 0.4, 1.5, SMOOTHING),
    "focal_crossentropy_backward": ("positive", "t", 0.4, 1.5, SMOOTHING, SCALE),
    "sigmoid_focal_crossentropy": ("x", "hits", True, 0.4, 1.5, SMOOTHING),
    "sigmoid_focal_crossentropy_backward": (
        *("share", "hits", True, 0.4, 1.5, SMOOTHING, SCALE),
    ),
    "binary_focal_crossentropy": ("share", "hits", True, 0.4, 1.5, SMOOTHING),
    "binary_focal_crossentropy_backward": (
        *("share", "hits", True, 0.4, 1.5, SMOOTHING, SCALE),
    ),
    "huber": ("x", "dy", 0.8),
    "huber_backward": ("x", "dy", 0.8, SCALE),
    "mean_squared_logarithmic_error": ("positive", "share"),
    "categorical_hinge": ("positive", "t"),
    "hinge": ("x", "hits"),
    "hinge_backward": ("x", "hits", SCALE),
    "kl_divergence": ("share", "p"),
    "kl_divergence_backward": ("share", "p", SCALE),
    "poisson": ("positive", "hits"),
    "accuracy": ("t", "hits"),
    "categorical_accuracy": ("x", "t"),
    "binary_accuracy": ("share", "hits", 0.4),
    "top_k_accuracy": ("x", "t", 3),
    "confusion": ("x", "hits", "cuts", "weights", 5, 1, -1, True),
    "f_score": ("share", "t", "weights"),
    "class_pairs": ("labels", "labels", "weights", 4, 2, True),
    "r2_score": ("x", "dy", "weights"),
    "correlation": ("x", "dy", "weights", True, True),
    "penalty_backward": ("x", 0.3, 0.2),
    "add": ("x", "dy"),
    "subtract": ("x", "dy"),
    "subtract_backward": ("dy",),
    "multiply": ("x", "dy"),
    "average": ("x", 3),
    "maximum": ("x", "dy"),
    "maximum_backward": ("x", "y", "dy"),
    "minimum": ("x", "dy"),
    "minimum_backward": ("x", "y", "dy"),
    "concatenate_backward": ("dy", 0, 1),
    "dot": ("share", "p"),
    "dot_backward": ("weights", "x"),
    "unit_normalization": ("x",),
    "unit_normalization_backward": ("x", "dy"),
    "global_average_pooling": ("tables", "width"),
    "global_average_pooling_backward": ("dy", "table"),
    "global_max_pooling": ("tables", "width"),
    "global_max_pooling_backward": ("tables", "largest", "dy"),
    "transpose": ("tables", 3),
    "embedding": ("ids", "x"),
    "embedding_backward": ("ids", "dy", 9),
    "dropout": ("x", 0.4, 7, 3),
    "gaussian_noise": ("x", 0.4, 7, 3),
    "gaussian_dropout": ("x", 0.4, 7, 3),
    "alpha_dropout": ("x", 0.4, 7, 3),
    "alpha_dropout_backward": ("x", 0.4, 7, 3),
    "layer_normalization": ("x", "scale", "offset", 1e-2),
    "layer_normalization_backward": ("x", "dy", "scale", 1.0, False),
    "prelu": ("x", "scale"),
    "prelu_backward": ("x", "dy", "scale"),
    "affine": ("x", "center", "scale", "offset"),
    "affine_backward": ("dy", "scale"),
    "normalize": ("x", "center", "scale", "offset", "center", 1e-3),
}
LOSSES = list(tables.LOSSES)
ELEMENTWISE = [name for name in tables.ACTIVATIONS if name not in tables.ROW_WISE]


def draw_arguments(kernel, rows, columns):
    rng = np.random.default_rng(rows * 1000 + columns)
    positive = rng.uniform(0.5, 1.5, (rows, columns)).astype(np.float32)
    tables = normal(rng, rows, 3 * columns)
    arrays = {
        "x": 3 * normal(rng, rows, columns),
        "y": np.maximum(rng.uniform(-1, 1, (rows, columns)), 0).astype(np.float32),
        "dy": normal(rng, rows, columns),
        "positive": positive,
        "negative": -positive,
        "p": positive / positive.sum(axis=1, keepdims=True),
        "sparse": reference.sparsemax(np.log(positive)),
        "share": rng.uniform(0.1, 0.9, (rows, columns)).astype(np.float32),
        "t": rng.dirichlet(np.ones(columns), rows).astype(np.float32),
        "hits": rng.integers(0, 2, (rows, columns)).astype(np.float32),
        "center": normal(rng, columns),
        "scale": rng.uniform(0.5, 2, columns).astype(np.float32),
        "offset": normal(rng, columns),
        "weights": rng.uniform(0, 2, rows).astype(np.float32),
        "ids": rng.integers(0, max(rows, 1), rows).astype(np.float32),
        "tables": tables,
        "largest": tables.reshape(rows, 3, columns).max(axis=1),
        "width": columns,
        "table": 3 * columns,
        "cuts": np.float32([0.1, 0.25, 0.3, 0.9]),
        "labels": rng.uniform(-2, 5, (rows, columns)).astype(np.float32),
    }
    return [arrays.get(name, name) for name in ARGUMENTS[kernel]]


def adds_to_doubles(kernel):
    return any(result.double for result in signature(kernel).results)


def as_tuple(results):
    return results if isinstance(results, tuple) else (results,)


@pytest.mark.parametrize("kernel", ARGUMENTS)
def test_a_kernel_agrees_with_float64(variant, kernel):
    for rows in ROWS:
        for columns in COLUMNS:
            arguments = draw_arguments(kernel, rows, columns)
            exact = [
                np.float64(a) if isinstance(a, np.ndarray) else a for a in arguments
            ]
            expected = as_tuple(getattr(reference, kernel)(*exact))
            dtype = np.float64 if adds_to_doubles(kernel) else np.float32
            with guarded(*(array.shape for array in expected), dtype=dtype) as out:
                getattr(kernels, kernel)(
                    *arguments, out=tuple(out) if len(out) > 1 else out[0]
                )
            for found, wanted in zip(out, expected, strict=True):
                largest = np.abs(wanted).max(initial=0)
                # A sum over the columns, and a handful of roundings besides; and
                # the 1 - 1e-7 that cross-entropy clips at is rounded itself.
                bound = ROUNDING * ((columns + 16) * largest + 1)
                worst = np.abs(found - wanted).max(initial=0)
                assert worst <= bound, f"{rows} x {columns}: {worst} > {bound}"


def every_magnitude(limit):
    """Numbers from -limit to limit, dense around zero."""
    small = np.geomspace(1e-30, 1, 20_000)
    return np.concatenate([np.linspace(-limit, limit, 100_001), -small, small]).astype(
        np.float32
    )


def settings_in_float32(kernel):
    """Return what the kernel is set to as it sees it, not as the test wrote it."""
    return np.float32(ARGUMENTS[kernel][1:]).tolist()


# Here what comes out may be much smaller than what it is the difference of.
OF_ITS_INPUT = ["gelu", "approximate_gelu", "tanh_shrink"]


@pytest.mark.parametrize(
    "kernel", [name for name in ELEMENTWISE if name not in OF_ITS_INPUT]
)
def test_an_activation_errs_by_a_few_units_in_the_last_place(variant, kernel):
    x, settings = every_magnitude(87), settings_in_float32(kernel)
    exact = getattr(reference, kernel)(np.float64(x), *settings)
    found = getattr(kernels, kernel)(x, *settings)
    assert units_in_the_last_place(found, exact).max() < 4


@pytest.mark.parametrize("kernel", OF_ITS_INPUT)
def test_others_err_by_a_few_roundings_of_their_input(variant, kernel):
    # What comes out of far below zero is next to nothing, and has few right digits.
    x = every_magnitude(87)
    error = np.abs(
        getattr(kernels, kernel)(x) - getattr(reference, kernel)(np.float64(x))
    )
    assert (error <= 4 * ROUNDING * np.abs(x)).all()


@pytest.mark.parametrize("kernel", ELEMENTWISE)
def test_a_derivative_errs_by_a_few_roundings_of_what_comes_in(variant, kernel):
    x, settings = every_magnitude(87), settings_in_float32(kernel)
    dy = normal(np.random.default_rng(0), *x.shape)
    backward = f"{kernel}_backward"
    first = next(iter(inspect.signature(getattr(reference, backward)).parameters))
    of = x if first == "x" else getattr(kernels, kernel)(x, *settings)
    exact = getattr(reference, backward)(np.float64(of), np.float64(dy), *settings)
    error = np.abs(getattr(kernels, backward)(of, dy, *settings) - exact)
    assert (error <= 6 * ROUNDING * np.maximum(np.abs(dy), np.abs(exact))).all()


def test_a_nan_stays_in_its_column_of_a_sigmoid_but_in_its_row_of_the_losses(variant):
    x, t, smoothing = draw_arguments("sigmoid_crossentropy", 5, 19)
    clean_p, clean_losses = kernels.sigmoid_crossentropy(x, t, smoothing)
    x[2, 7] = np.nan
    p, losses = kernels.sigmoid_crossentropy(x, t, smoothing)
    assert np.argwhere(np.isnan(p)).tolist() == [[2, 7]]
    assert np.argwhere(np.isnan(losses)).tolist() == [[2]]
    np.testing.assert_array_equal(p[[0, 1, 3, 4]], clean_p[[0, 1, 3, 4]])
    np.testing.assert_array_equal(np.delete(losses, 2), np.delete(clean_losses, 2))


def test_softmax_errs_by_a_few_units_in_the_last_place(variant):
    below = np.linspace(-87, 0, 50_001).astype(np.float32)
    x = np.stack([below, np.zeros_like(below)], axis=1)
    expected = reference.softmax(np.float64(x))
    assert units_in_the_last_place(kernels.softmax(x), expected).max() < 4
    t = np.tile(np.array([1, 0], np.float32), (len(x), 1))
    p, losses = kernels.softmax_crossentropy(x, t)
    assert units_in_the_last_place(p, expected).max() < 4
    exact_losses = np.log1p(np.exp(np.float64(below))) - below
    assert units_in_the_last_place(losses, exact_losses).max() < 4


def test_saturated_sigmoid_and_tanh_reach_their_limits(variant):
    x = np.array([100, 1e30, np.inf], np.float32)
    np.testing.assert_array_equal(kernels.sigmoid(x), [1, 1, 1])
    np.testing.assert_array_equal(kernels.tanh(x), [1, 1, 1])
    np.testing.assert_array_equal(kernels.tanh(-x), [-1, -1, -1])
    np.testing.assert_allclose(kernels.sigmoid(-x), 0, atol=1e-38)


@pytest.mark.parametrize("kernel", ELEMENTWISE)
def test_a_nan_stays_where_it_is(variant, kernel):
    rng = np.random.default_rng(0)
    x = normal(rng, 77)
    clean = getattr(kernels, kernel)(x)
    for i in (0, 5, 63, 64, 76):
        spoilt = x.copy()
        spoilt[i] = np.nan
        y = getattr(kernels, kernel)(spoilt)
        assert np.isnan(y[i])
        np.testing.assert_array_equal(np.delete(y, i), np.delete(clean, i))


@pytest.mark.parametrize(
    "kernel", ["softmax", *(name for name in LOSSES if not name.startswith("sigmoid"))]
)
def test_a_nan_stays_in_its_row(variant, kernel):
    arguments = draw_arguments(kernel, 5, 19)
    clean = as_tuple(getattr(kernels, kernel)(*arguments))
    for row, column in [(0, 0), (2, 7), (4, 18)]:
        spoilt = arguments[0].copy()
        spoilt[row, column] = np.nan
        results = as_tuple(getattr(kernels, kernel)(spoilt, *arguments[1:]))
        for found, wanted in zip(results, clean, strict=True):
            assert np.isnan(found[row]).all()
            np.testing.assert_array_equal(
                np.delete(found, row, 0), np.delete(wanted, row, 0)
            )


@pytest.mark.parametrize(
    "kernel",
    [
        *ELEMENTWISE,
        "softmax",
        *(f"{name}_backward" for name in ELEMENTWISE),
        "dropout",
        "gaussian_noise",
        "affine",
        "affine_backward",
        "normalize",
    ],
)
def test_a_kernel_works_in_place(variant, kernel):
    arguments = draw_arguments(kernel, 7, 65)
    expected = getattr(kernels, kernel)(*arguments)
    # The network overwrites the last array: x going forward, dy going back.
    overwritten = [one for one in arguments if np.shape(one) == (7, 65)][-1]
    result = getattr(kernels, kernel)(*arguments, out=overwritten)
    assert result is overwritten
    np.testing.assert_array_equal(result, expected)


def test_probabilities_and_gradients_may_replace_the_logits(variant):
    logits, t, _ = draw_arguments("softmax_crossentropy", 7, 65)
    p, losses = kernels.softmax_crossentropy(logits, t)
    gradient = kernels.softmax_crossentropy_backward(p, t, scale=SCALE)
    in_place, same_losses = kernels.softmax_crossentropy(
        logits, t, out=(logits, np.empty(7, np.float32))
    )
    np.testing.assert_array_equal(in_place, p)
    np.testing.assert_array_equal(same_losses, losses)
    kernels.softmax_crossentropy_backward(in_place, t, scale=SCALE, out=in_place)
    np.testing.assert_array_equal(in_place, gradient)


@pytest.mark.parametrize("shape", [(), (1,), (77,), (3, 5, 7), (2, 0)])
def test_elementwise_kernels_take_any_shape(variant, shape):
    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    y = kernels.relu(x)
    zero = np.float32(0)
    np.testing.assert_array_equal(y, np.maximum(x, zero), strict=True)
    np.testing.assert_array_equal(
        kernels.relu_backward(y, x), np.where(y > 0, x, zero), strict=True
    )


def test_a_logarithm_errs_by_less_than_a_unit_in_the_last_place(compiled_variant):
    near_1 = 1 - np.geomspace(1e-6, 0.5, 30000)
    q = np.concatenate([np.geomspace(1.1e-7, 0.5, 100000), near_1]).astype(np.float32)
    # All targets are yes: the loss of a column is -log q.
    losses = kernels.binary_crossentropy(q[:, None], np.ones((q.size, 1)), 0.0)
    assert units_in_the_last_place(losses, -np.log(np.float64(q))).max() < 1


@pytest.mark.parametrize("classes", [2, 10, 65])
def test_equal_logits_lose_the_logarithm_of_the_classes(variant, classes):
    logits = np.array([[0], [100], [-100], [1e30], [-1e30]], np.float32)
    x = np.repeat(logits, classes, axis=1)
    t = np.eye(classes, dtype=np.float32)[[0, 1, 0, 1, classes - 1]]
    p, losses = kernels.softmax_crossentropy(x, t)
    np.testing.assert_allclose(losses, math.log(classes), rtol=0, atol=1e-6)
    np.testing.assert_allclose(p, 1 / classes, rtol=1e-6)


@pytest.mark.parametrize("logit", [100, 1e30])
def test_certain_logits_lose_their_difference(variant, logit):
    x = np.array([[logit, -logit], [logit, -logit]], np.float32)
    t = np.array([[1, 0], [0, 1]], np.float32)
    p, losses = kernels.softmax_crossentropy(x, t)
    np.testing.assert_allclose(p, [[1, 0], [1, 0]], rtol=0, atol=1e-37)
    np.testing.assert_allclose(losses, [0, 2 * logit], rtol=1e-6)
    gradient = kernels.softmax_crossentropy_backward(p, t)
    np.testing.assert_allclose(gradient, [[0, 0], [1, -1]], rtol=0, atol=1e-37)


def test_crossentropy_clips_as_keras_does(variant):
    y = np.array([[0, 1], [1, 0], [0.05, 0.15]], np.float32)
    t = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    losses = kernels.crossentropy(y, t)
    expected = [16.118095, 1.1920929e-07, -math.log(0.75)]
    np.testing.assert_allclose(losses, expected, rtol=1e-6)
    np.testing.assert_array_equal(kernels.crossentropy_backward(y, t)[:2], 0)


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_crossentropy_of_nothing_at_all_is_nan(variant):
    y, t = np.zeros((1, 2), np.float32), np.array([[1, 0]], np.float32)
    assert np.isnan(kernels.crossentropy(y, t)).all()


def test_a_nan_is_the_largest_output_and_the_largest_target_as_in_keras(variant):
    y = float32([np.nan, 1, 2], [0, np.nan, np.nan], [np.inf, 0, np.nan], [1, 2, 3])
    first, second, third = np.eye(3, dtype=np.float32)
    hits = kernels.categorical_accuracy(y, np.stack([first, second, third, third]))
    np.testing.assert_array_equal(hits, [1, 1, 1, 1])
    hits = kernels.categorical_accuracy(y, np.stack([third, third, first, first]))
    np.testing.assert_array_equal(hits, [0, 0, 0, 0])
    hits = kernels.categorical_accuracy(y[3:], float32([1, np.nan, 0]))
    np.testing.assert_array_equal(hits, [0])


def test_a_nan_is_not_among_the_k_largest_outputs(variant):
    y = float32([np.nan, 1, 2], [np.nan, np.nan, 2], [np.nan, 1, 2])
    t = np.eye(3, dtype=np.float32)
    np.testing.assert_array_equal(kernels.top_k_accuracy(y, t[[0, 1, 1]], 2), [0, 0, 1])


def test_of_equal_outputs_the_first_is_the_answer(variant):
    y = np.array([[1, 3, 3], [3, 3, 1], [2, 2, 2]], np.float32)
    t = np.array([[0, 1, 0], [0, 1, 0], [1, 0, 0]], np.float32)
    np.testing.assert_array_equal(kernels.categorical_accuracy(y, t), [1, 0, 1])


@pytest.mark.parametrize("loss", LOSSES)
def test_a_nan_output_has_a_gradient_of_nan(variant, loss):
    y, t = float32([0.25, 0.5, 0.25]), float32([0.0, 1.0, 0.0])
    y[0, 1] = np.nan
    assert np.isnan(getattr(kernels, f"{loss}_backward")(y, t)[0, 1])


@pytest.mark.parametrize(
    "kernel", [*LOSSES, *(f"{loss}_backward" for loss in LOSSES), *plan.METRICS]
)
def test_of_nan_a_kernel_makes_what_the_reference_does(compiled_variant, kernel):
    numbers = itertools.product([np.nan, -1.0, 0.0, 0.25, 1.0], repeat=3)
    rows = np.array(list(numbers), np.float32)
    y, t = np.repeat(rows, len(rows), axis=0), np.tile(rows, (len(rows), 1))
    settings = draw_arguments(kernel, *y.shape)[2:]
    with np.errstate(all="ignore"):
        wanted = getattr(reference, kernel)(y, t, *settings)
    found = getattr(kernels, kernel)(y, t, *settings)
    for one, other in zip(as_tuple(found), as_tuple(wanted), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_one_half_is_not_yet_a_yes(variant):
    y = np.array([[0.5, 0.6], [0.5, 0.4]], np.float32)
    t = np.array([[0, 1], [1, 1]], np.float32)
    np.testing.assert_array_equal(kernels.binary_accuracy(y, t), [1, 0])


# ---------------------------------------------------------------------------
# Optimizers
# ---------------------------------------------------------------------------


def float32(*numbers):
    return np.array(numbers, np.float32)


def test_sgd_takes_the_single_step_of_keras(variant):
    w = float32(1, 2, 3, 4)
    kernels.sgd(w, float32(1, 6, 7, 2), np.zeros(4, np.float32), learning_rate=0.5)
    np.testing.assert_allclose(w, [0.5, -1, -0.5, 3], atol=1e-6)


def test_sgd_reaches_the_golden_numbers_of_keras(variant):
    w, m = np.ones(10, np.float32), np.zeros(10, np.float32)
    dw = np.arange(1, 11, dtype=np.float32) / 10
    kernels.sgd(w, np.full(10, 0.01), m, 0.01, nesterov=True)
    np.testing.assert_allclose(w, 0.9999, atol=5e-5)
    for first, last in [(0.9989, 0.9899), (0.9979, 0.9799), (0.9969, 0.9699)]:
        kernels.sgd(w, dw, m, 0.01, nesterov=True)
        np.testing.assert_allclose(w, np.linspace(first, last, 10), atol=5e-5)


def test_momentum_repeats_a_share_of_the_last_step(variant):
    w, m = float32(1), float32(0)
    kernels.sgd(w, float32(2), m, learning_rate=0.25, momentum=0.5)
    np.testing.assert_allclose([w, m], [[0.5], [-0.5]])
    kernels.sgd(w, float32(2), m, learning_rate=0.25, momentum=0.5)
    np.testing.assert_allclose([w, m], [[-0.25], [-0.75]])


def test_nesterov_looks_ahead(variant):
    w, m = float32(1), float32(0)
    kernels.sgd(w, float32(2), m, learning_rate=0.25, momentum=0.5, nesterov=True)
    # m = -0.5, and w moves by 0.5 m - 0.5.
    np.testing.assert_allclose([w, m], [[0.25], [-0.5]])


def test_rmsprop_takes_the_single_step_of_keras(variant):
    w = float32(1, 2, 3, 4)
    kernels.rmsprop(w, float32(1, 6, 7, 2), np.zeros(4, np.float32), learning_rate=0.5)
    np.testing.assert_allclose(w, [-0.5811, 0.4189, 1.4189, 2.4189], atol=1e-4)


def test_rmsprop_has_epsilon_inside_the_root(variant):
    w = np.zeros(4, np.float32)
    dw = float32(1e-4, 1e-3, 1, 0)
    kernels.rmsprop(w, dw, np.zeros(4, np.float32), learning_rate=0.5)
    np.testing.assert_allclose(-w, [0.1573292, 1.1180340, 1.5811381, 0], rtol=1e-6)


def test_centered_rmsprop_reaches_the_golden_numbers_of_keras(variant):
    w, v, a = np.ones(10, np.float32), *np.zeros((2, 10), np.float32)
    kernels.rmsprop(w, np.full(10, 0.01), v, a=a)
    for golden in (0.9967, 0.9933, 0.9908, 0.9885, 0.9864):
        np.testing.assert_allclose(w, golden, rtol=5e-4, atol=5e-4)
        kernels.rmsprop(w, np.arange(1, 11) / 10, v, a=a)


def test_adam_takes_the_single_step_of_keras(variant):
    w, m, v = float32(1, 2, 3, 4), *np.zeros((2, 4), np.float32)
    step = 0.5 * math.sqrt(1 - 0.999) / (1 - 0.9)
    kernels.adam(w, float32(1, 6, 7, 2), m, v, step=step)
    np.testing.assert_allclose(w, [0.5, 1.5, 2.5, 3.5], atol=1e-4)


def test_amsgrad_remembers_the_largest_mean_square(variant):
    w, m, v, v_max = np.zeros((4, 1), np.float32)
    for dw, largest in [(3, 0.9), (0, 0.9), (5, 3.229)]:
        kernels.adam(w, float32(dw), m, v, v_max, beta_2=0.9)
        np.testing.assert_allclose(v_max, largest, rtol=1e-6)
    assert v < 3.3


def letters_of(kernel):
    """Return what an optimizer may remember."""
    return [letter.rstrip("?") for letter in tables.MEMORY[kernel]]


def by_default(kernel):
    """Return a row of OPTIMIZERS: all that it may remember, its numbers by default."""
    parameters = inspect.signature(getattr(reference, kernel)).parameters.values()
    numbers = [one.default for one in parameters if one.annotation in (float, bool)]
    return kernel, letters_of(kernel), numbers


# Which arrays of memory the optimizer has beside w and dw, and its numbers.
OPTIMIZERS = {
    **{kernel: by_default(kernel) for kernel in tables.OPTIMIZERS},
    "momentum": ("sgd", "m", (0.01, 0.9, False)),
    "nesterov": ("sgd", "m", (0.01, 0.9, True)),
    "rmsprop": ("rmsprop", "v", (0.001, 0.9, 1e-7, 0.0)),
    "rmsprop with momentum": ("rmsprop", "vm", (0.001, 0.9, 1e-7, 0.9)),
    "rmsprop, centered": ("rmsprop", "va", (0.001, 0.9, 1e-7, 0.0)),
    "rmsprop with all": ("rmsprop", "vma", (0.01, 0.8, 1e-5, 0.5)),
    "adam": ("adam", ["m", "v"], (0.001, 0.9, 0.999, 1e-7)),
    "amsgrad": ("adam", ["m", "v", "v_max"], (0.01, 0.8, 0.9, 1e-5)),
    "nadam": ("nadam", "mv", (0.001, 0.002, 1.5, 0.8, 0.9, 1e-5)),
    "ftrl with all": ("ftrl", "vz", (0.1, 0.75, 0.01, 0.1, 0.2, 0.1)),
    "ftrl, never shorter": ("ftrl", "vz", (0.1, 0.0, 0.01, 0.0, 0.0, 0.0)),
}


def optimizer_state(name, size, dtype=np.float32):
    """Return w, zeros of memory by name, and the gradients of three steps."""
    rng = np.random.default_rng(size)
    w = rng.normal(size=size).astype(np.float32).astype(dtype)
    memory = {letter: np.zeros(size, dtype) for letter in OPTIMIZERS[name][1]}
    # From tiny to large, as gradients are.
    gradients = rng.normal(size=(3, size)) * 10 ** rng.uniform(-6, 1, (3, size))
    return w, memory, gradients.astype(np.float32).astype(dtype)


def take_step(module, name, w, dw, memory):
    kernel, _, numbers = OPTIMIZERS[name]
    arrays = [memory.get(letter) for letter in letters_of(kernel)]
    getattr(module, kernel)(w, dw, *arrays, *numbers)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_agrees_with_float64(variant, name):
    for size in (0, 1, 15, 16, 17, 1000):
        check_optimizer(name, size)


def check_optimizer(name, size):
    w, memory, gradients = optimizer_state(name, size)
    exact_w, exact_memory, exact_gradients = optimizer_state(name, size, np.float64)
    with guarded(w.shape, *(array.shape for array in memory.values())) as arrays:
        guarded_w, *guarded_memory = arrays
        guarded_w[:] = w
        for room in guarded_memory:
            room[:] = 0
        inside = dict(zip(memory, guarded_memory, strict=True))
        for dw, exact_dw in zip(gradients, exact_gradients, strict=True):
            take_step(kernels, name, guarded_w, dw, inside)
            take_step(reference, name, exact_w, exact_dw, exact_memory)
    np.testing.assert_allclose(guarded_w, exact_w, rtol=0, atol=1e-6)
    for letter, exact in exact_memory.items():
        np.testing.assert_allclose(
            inside[letter], exact, rtol=1e-5, atol=1e-6, err_msg=letter
        )


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_flat_buffer_in_slices_gets_the_same_bits(variant, name):
    size = 1000
    w, memory, gradients = optimizer_state(name, size)
    cut_w, cut_memory, _ = optimizer_state(name, size)
    cuts = [0, 1, 2, 5, 12, 13, 30, 77, 78, 205, 501, 999, size]
    for dw in gradients:
        take_step(kernels, name, w, dw, memory)
        for first, stop in itertools.pairwise(cuts):
            part = {key: array[first:stop] for key, array in cut_memory.items()}
            take_step(kernels, name, cut_w[first:stop], dw[first:stop], part)
    np.testing.assert_array_equal(cut_w, w)
    for letter, array in memory.items():
        np.testing.assert_array_equal(cut_memory[letter], array)


# ---------------------------------------------------------------------------
# What is done to weights and gradients besides
# ---------------------------------------------------------------------------


def test_the_mean_gradient_is_that_of_all_batches(variant):
    dw, total = float32(1, 5), float32(2, -3)
    kernels.mean_gradient(dw, total, 3)
    np.testing.assert_allclose(dw, [1, 2 / 3], rtol=1e-6)
    assert not total.any()


# Its arguments beside the array, of two dimensions or of one.
IN_PLACE = {
    "decay_weights": (1, (0.25,)),
    "clip_value": (1, (0.5,)),
    "clip_norm": (1, (7.0, 2.0)),
    "keep_non_negative": (2, ()),
    "limit_norms": (2, (0.5, 1.5, 0.75)),
}


@pytest.mark.parametrize("kernel", IN_PLACE)
def test_what_changes_an_array_in_place_agrees_with_float64(variant, kernel):
    dimensions, settings = IN_PLACE[kernel]
    rng = np.random.default_rng(0)
    for rows, columns in itertools.product(ROWS, COLUMNS):
        shape = (rows, columns) if dimensions == 2 else (rows * columns,)
        start = normal(rng, *shape)
        exact = np.float64(start)
        getattr(reference, kernel)(exact, *settings)
        with guarded(shape) as (array,):
            array[...] = start
            getattr(kernels, kernel)(array, *settings)
        np.testing.assert_allclose(array, exact, rtol=1e-6, atol=0)


def test_a_norm_below_the_limit_stays(variant):
    dw = float32(3, 4)
    kernels.clip_norm(dw, norm=5.0, clipnorm=5.0)
    np.testing.assert_array_equal(dw, [3, 4])


@pytest.mark.parametrize("shares", [(0.3, 0.0), (0.0, 0.2), (0.3, 0.2)])
@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 1000])
def test_penalty_agrees_with_float64(variant, size, shares):
    w = normal(np.random.default_rng(size), size)
    expected = reference.penalty(np.float64(w), *shares)
    assert kernels.penalty(w, *shares) == pytest.approx(expected, rel=1e-5)


# ---------------------------------------------------------------------------
# Dropout and batch normalization
# ---------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.9])
def test_dropout_leaves_out_its_share(variant, rate):
    y = kernels.dropout(np.ones(100_000), rate, seed=3)
    # Five standard errors.
    bound = 5 * math.sqrt(rate * (1 - rate) / y.size)
    assert abs((y == 0).mean() - rate) <= bound
    np.testing.assert_allclose(y[y != 0], 1 / (1 - rate), rtol=1e-6)


def test_an_id_that_is_none_has_a_vector_of_nan_and_teaches_nothing(variant):
    ids = np.array([-1, 0.5, 2, np.nan, np.inf, 1e30, 1], np.float32)
    w = np.array([[1, 2], [3, 4]], np.float32)
    nothing = [np.nan, np.nan]
    np.testing.assert_array_equal(
        kernels.embedding(ids, w), [nothing, [1, 2], *[nothing] * 4, [3, 4]]
    )
    dy = np.arange(14, dtype=np.float32).reshape(7, 2)
    np.testing.assert_array_equal(
        kernels.embedding_backward(ids, dy, 2), [[2, 3], [12, 13]]
    )


def test_the_largest_of_equals_share_their_gradient(variant):
    x = np.array([[1, 5, 3, 5, 3, 0]], np.float32)
    y = kernels.global_max_pooling(x, 2)
    np.testing.assert_array_equal(y, [[3, 5]])
    dx = kernels.global_max_pooling_backward(x, y, [[4.0, 6.0]])
    np.testing.assert_array_equal(dx, [[0, 3, 2, 3, 2, 0]])


def test_dropout_differs_by_seed_and_by_batch_and_repeats(variant):
    x = np.ones(1000)
    masks = {
        (seed, batch): kernels.dropout(x, 0.5, seed, batch)
        for seed, batch in itertools.product([0, 1, 2**40, 2**63 - 1], [0, 1, 2**35])
    }
    for (one, first), (other, second) in itertools.combinations(masks.items(), 2):
        share = ((first == 0) == (second == 0)).mean()
        assert abs(share - 0.5) < 0.1, f"{one} and {other} have too much in common"
    np.testing.assert_array_equal(kernels.dropout(x, 0.5, 1, 1), masks[1, 1])


def test_neighbours_are_left_out_independently(variant):
    kept = kernels.dropout(np.ones(100_000), 0.5, seed=5) != 0
    for distance in (1, 2, 10, 128):
        share = (kept[distance:] == kept[:-distance]).mean()
        assert abs(share - 0.5) < 0.01


def test_gaussian_noise_is_normally_distributed(variant):
    noise = kernels.gaussian_noise(np.zeros(1_000_000), 0.5, seed=3) / 0.5
    # Five standard errors of the mean, and of the mean of squares and of fourth powers.
    for power, moment, variance in [(1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)]:
        bound = 5 * math.sqrt(variance / noise.size)
        assert abs((np.float64(noise) ** power).mean() - moment) < bound
    for least, share in [(0.6744898, 0.5), (1.959964, 0.05), (3.2905267, 0.001)]:
        bound = 5 * math.sqrt(share * (1 - share) / noise.size)
        assert abs((np.abs(noise) > least).mean() - share) < bound


def test_gaussian_noise_errs_by_a_few_units_in_the_last_place(variant):
    x = np.zeros(1_000_000, np.float32)
    exact = reference.gaussian_noise(np.float64(x), 1.0, 3, 5)
    found = kernels.gaussian_noise(x, 1.0, 3, 5)
    assert units_in_the_last_place(found, exact).max() < 5


def test_gaussian_noise_repeats_and_seeds_batches_and_places_are_independent(variant):
    x = np.zeros(10_000)
    numbers = {
        (seed, batch): kernels.gaussian_noise(x, 1.0, seed, batch)
        for seed, batch in itertools.product([0, 1, 2**40, 2**63 - 1], [0, 1, 2**35])
    }
    pairs = list(itertools.combinations(numbers.values(), 2))
    first = numbers[0, 0]
    pairs += [(first[distance:], first[:-distance]) for distance in (1, 2, 10, 128)]
    kept = kernels.dropout(np.ones(10_000), 0.5, 0, 0) != 0
    pairs += [(kept - 0.5, first), (kept - 0.5, first**2)]
    for one, other in pairs:
        assert abs(np.corrcoef(one, other)[0, 1]) < 0.05
    again = kernels.gaussian_noise(x, 1.0, 0, 0)
    np.testing.assert_array_equal(again, first)
    np.testing.assert_array_equal(
        kernels.gaussian_noise(x[:100], 1.0, 0, 0, place=500), first[500:600]
    )


@pytest.mark.parametrize("columns", COLUMNS)
def test_moments_agree_with_float64(variant, columns):
    rng = np.random.default_rng(columns)
    for rows in (1, 2, 13, 128):
        # Far from zero, where a variance of sums of squares would be nonsense.
        x = 100 + normal(rng, rows, columns)
        with guarded((columns,), (columns,)) as (mean, variance):
            kernels.moments(x, out=(mean, variance))
        exact_mean, exact_variance = reference.moments(np.float64(x))
        np.testing.assert_allclose(mean, exact_mean, rtol=1e-5)
        np.testing.assert_allclose(variance, exact_variance, rtol=1e-4, atol=1e-8)


@pytest.mark.parametrize("columns", COLUMNS)
def test_a_moving_average_agrees_with_float64(variant, columns):
    rng = np.random.default_rng(columns)
    start, now = normal(rng, columns), normal(rng, columns)
    exact = np.float64(start)
    reference.move_towards(exact, np.float64(now), 0.99)
    with guarded((columns,)) as (moving,):
        moving[...] = start
        kernels.move_towards(moving, now, 0.99)
    np.testing.assert_allclose(moving, exact, rtol=0, atol=1e-6)


@pytest.mark.parametrize("with_gamma", [True, False])
@pytest.mark.parametrize("columns", COLUMNS)
def test_the_gradients_of_normalize_agree_with_float64(variant, columns, with_gamma):
    rng = np.random.default_rng(columns)
    for rows in (1, 2, 13, 128):
        x, dy = normal(rng, rows, columns), normal(rng, rows, columns)
        gamma = normal(rng, columns) if with_gamma else None
        numbers = (*reference.moments(x), gamma)
        exact = reference.normalize_backward(*as_float64(x, dy, *numbers), 1e-3)
        with guarded(x.shape, (columns,), (columns,)) as out:
            kernels.normalize_backward(x, dy, *numbers, out=tuple(out))
        for found, wanted in zip(out, exact, strict=True):
            largest = np.abs(wanted).max(initial=1)
            np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-5 * largest)


def test_normalization_takes_more_columns_than_a_product_has_scratch_space(variant):
    x = normal(np.random.default_rng(0), 2, plan.PANEL_SIZE + 7)
    mean, variance = kernels.moments(x)
    y = kernels.normalize(x, mean, variance)
    expected = reference.normalize(x, mean, variance, None, None, 1e-3)
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)
    dx, _, dbeta = kernels.normalize_backward(x, np.ones_like(x), mean, variance)
    # Equal gradients cancel, but for roundings, at most 1 / sqrt(1e-3) times.
    np.testing.assert_allclose(dx, 0, atol=1e-4)
    np.testing.assert_array_equal(dbeta, 2)


# ---------------------------------------------------------------------------
# Data
# ---------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(0, 5), (1, 1), (7, 33), (2, 3, 4)])
def test_convert_copies_into_float32(variant, dtype, shape):
    x = np.random.default_rng(0).uniform(0, 255, shape).astype(dtype)
    x.flags.writeable = False
    y, bad = kernels.convert(x)
    np.testing.assert_array_equal(y, x.astype(np.float32), strict=True)
    assert not np.shares_memory(x, y)
    assert bad == -1


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_convert_finds_the_first_number_that_is_none(variant, dtype, value):
    for place in (0, 16, 63, 98):
        x = np.ones((9, 11), dtype)
        x.flat[[place, 98]] = value
        y, bad = kernels.convert(x)
        assert bad == place
        np.testing.assert_array_equal(y, x.astype(np.float32))


def test_convert_finds_numbers_beyond_float32(variant):
    assert kernels.convert(np.array([1, 3e38, 1e39, 1e300]))[1] == 2


@pytest.mark.parametrize("inputs", [1, 2, 127, 128, 129, 256, 300])
def test_compress_keeps_all_but_zeros(variant, inputs):
    for rows in (0, 1, 5):
        for share in (0, 0.2, 1):
            check_compress(rows, inputs, share)


def check_compress(rows, inputs, share):
    rng = np.random.default_rng(inputs)
    x = rng.uniform(1, 2, (rows, inputs)).astype(np.float32)
    x[rng.uniform(size=x.shape) >= share] = 0
    csr, finite = kernels.compress(x)
    assert finite
    both = np.pad(x, [(0, 0), (0, inputs % 2)]).reshape(rows, (inputs + 1) // 2, 2)
    kept = both.any(axis=2)
    np.testing.assert_array_equal(csr.data, both[kept].ravel(), strict=True)
    pairs_of_a_block = plan.INPUT_BLOCK // 2
    np.testing.assert_array_equal(csr.indices, kept.nonzero()[1] % pairs_of_a_block)
    blocks = range(plan.block_count(inputs) + 1)
    expected = [
        [
            kept[:row].sum() + kept[row, : block * plan.INPUT_BLOCK // 2].sum()
            for block in blocks
        ]
        for row in range(rows)
    ]
    np.testing.assert_array_equal(csr.indptr, np.reshape(expected, (rows, len(blocks))))
    back = reference.decompress(csr, np.arange(rows)[::-1])
    np.testing.assert_array_equal(back, x[::-1], strict=True)


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64", "int16"])
@pytest.mark.parametrize("shape", [(0, 3), (1, 1), (1, 8), (3, 7), (40, 301)])
def test_as_many_pairs_are_counted_as_compress_keeps(variant, shape, dtype):
    rng = np.random.default_rng(0)
    x = (9 * rng.random(shape) * (rng.random(shape) < 0.3)).astype(dtype)
    assert kernels.count_pairs(x) == len(kernels.compress(x)[0].indices)
    assert kernels.count_pairs(x[::2]) == kernels.count_pairs(x[::2].copy())


def test_what_is_no_number_is_a_pair_that_counts(variant):
    assert kernels.count_pairs(float32(np.nan, 0, -0.0, 0, 0, -np.inf)[None]) == 2


def test_compress_keeps_and_tells_what_is_no_number(variant):
    x = float32(np.nan, 0, -0.0, 0, np.inf, -np.inf, 1e-45, 0).reshape(1, 8)
    csr, finite = kernels.compress(x)
    expected = float32(np.nan, 0, np.inf, -np.inf, 1e-45, 0)
    np.testing.assert_array_equal(csr.data, expected)
    np.testing.assert_array_equal(csr.indices, [0, 2, 3])
    assert not finite
    for number, is_finite in [(np.nan, False), (np.inf, False), (3e38, True)]:
        for inputs in (1, 16, 40):
            x = np.ones((3, inputs))
            x[1, -1] = number
            assert kernels.compress(x)[1] is is_finite
    assert not kernels.compress(np.full((1, 3), 1e39))[1], "beyond float32"


@pytest.mark.parametrize("threads", [2, 3, 8])
def test_threads_compress_the_same_entries(variant, threads):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(50, 301)) * (rng.uniform(size=(50, 301)) < 0.2)
    csr, finite = kernels.compress(x, threads)
    assert finite
    back = reference.decompress(csr, np.arange(50))
    np.testing.assert_array_equal(back, x.astype(np.float32))
    x[40, 7] = np.nan
    assert not kernels.compress(x, threads)[1]


@pytest.mark.parametrize("threads", [2, 3, 8])
def test_threads_convert_the_same_numbers(variant, threads):
    x = np.random.default_rng(0).normal(size=(50, 301))
    y, odd = kernels.convert(x, threads)
    np.testing.assert_array_equal(y, x.astype(np.float32))
    assert odd == -1
    x[[20, 40], 7] = np.inf
    assert kernels.convert(x, threads)[1] == 20 * 301 + 7


def test_compress_takes_any_number_of_inputs(variant):
    x = np.zeros((1, 300_001), np.float32)
    x[0, [0, 131_072, 299_999]] = 1, 2, 3
    csr, _ = kernels.compress(x)
    np.testing.assert_array_equal(csr.data, [1, 0, 2, 0, 0, 3])
    back = reference.decompress(csr, np.arange(1))
    np.testing.assert_array_equal(back, x, strict=True)


def test_all_variants_draw_the_same_digits(variant):
    rng = np.random.default_rng(0)
    points = rng.integers(-100, 28 * 256, (5, 20, 2)).astype(np.int16)
    pens = np.tile(np.array([400_000, 60], np.int32), (5, 1))
    np.testing.assert_array_equal(
        kernels.draw_digits(points, pens), reference.draw_digits(points, pens)
    )


# ---------------------------------------------------------------------------
# Refusals
# ---------------------------------------------------------------------------

A23, A34 = np.ones((2, 3), np.float32), np.ones((3, 4), np.float32)
READ_ONLY = np.ones((2, 3), np.float32)
READ_ONLY.flags.writeable = False

# What is called, with what, and what the message is to say.
WRONG_SHAPES = {
    "inputs": ("dense_forward", (A23, A23, None), "w must have shape (3, any), not"),
    "bias": ("dense_forward", (A23, A34, np.ones(3)), "b must have shape (4,), not"),
    "dy": ("dense_backward", (A23, A34, A23), "dy must have shape (2, 4), not (2, 3)"),
    "one dimension": ("softmax", (np.ones(3),), "x must have shape (any, any), not"),
    "three": ("softmax", (np.ones((1, 2, 3)),), "x must have shape (any, any), not"),
    "activation": ("relu_backward", (A23, A34), "dy must have shape (2, 3), not"),
    "softmax": ("softmax_backward", (A23, A34), "dy must have shape (2, 3), not"),
    "targets": ("crossentropy", (A23, A34), "t must have shape (2, 3), not (3, 4)"),
    "labels": ("softmax_crossentropy", (A23, np.ones(2)), "t must have shape (2, 3)"),
    "no broadcast": (
        "mean_squared_error",
        (A23, np.ones((1, 3))),
        "t must have shape (2, 3)",
    ),
    "gradient": (
        "mean_squared_error_backward",
        (A23, A34),
        "t must have shape (2, 3), not",
    ),
    "no classes": ("softmax", (np.ones((2, 0)),), "x must have at least one column"),
    "no logits": (
        "softmax_crossentropy",
        (np.ones((2, 0)), np.ones((2, 0))),
        "x must have at least one column",
    ),
    "no outputs": (
        "mean_squared_error",
        (np.ones((2, 0)), np.ones((2, 0))),
        "y must have at least one column",
    ),
    "samples": ("compress", (np.ones(3, np.float32),), "x must have shape (any, any)"),
    "no inputs": ("compress", (np.zeros((1, 0), np.float32),), "x has no inputs"),
}


@pytest.mark.parametrize("case", WRONG_SHAPES)
def test_a_wrong_shape_is_named(variant, case):
    kernel, arguments, message = WRONG_SHAPES[case]
    with pytest.raises(ValueError) as caught:
        getattr(kernels, kernel)(*arguments)
    assert message in str(caught.value)


@pytest.mark.parametrize("wrong", [A23 * 1j, A23.astype(str), A23.astype("M8[s]")])
@pytest.mark.parametrize("kernel", ["relu", "softmax", "tanh"])
def test_what_is_not_real_is_refused(variant, kernel, wrong):
    with pytest.raises(TypeError, match=r"^x (must hold real numbers|holds text)"):
        getattr(kernels, kernel)(wrong)


def test_convert_names_the_types_that_it_takes(variant):
    with pytest.raises(TypeError, match="uint8, float32 or float64, not int64"):
        kernels.convert(np.ones(3, np.int64))


WRONG_RESULTS = {
    "strided": np.ones((2, 6), np.float32)[:, ::2],
    "Fortran": np.asfortranarray(A23),
    "float64": np.ones((2, 3)),
    "shape": np.ones((3, 2), np.float32),
    "read-only": READ_ONLY,
    "list": A23.tolist(),
}


@pytest.mark.parametrize("wrong", WRONG_RESULTS)
@pytest.mark.parametrize("kernel", ["relu", "softmax"])
def test_an_out_that_cannot_be_written_to_is_refused(variant, kernel, wrong):
    out = WRONG_RESULTS[wrong]
    before = np.copy(out)
    with pytest.raises(ValueError, match=r"^out .*C-contiguous float32.*\(2, 3\)\.$"):
        getattr(kernels, kernel)(A23 * 5, out=out)
    np.testing.assert_array_equal(out, before)


@pytest.mark.parametrize("wrong", WRONG_RESULTS)
def test_a_refused_call_changes_nothing(variant, wrong):
    out = [np.zeros((4, 2), np.float32), np.zeros((2, 3), np.float32), None]
    for kernel, place in [("dense_backward", 0), ("dense_backward", 2)]:
        broken = list(out)
        broken[place] = WRONG_RESULTS[wrong]
        with pytest.raises(ValueError, match="is written to"):
            getattr(kernels, kernel)(np.ones((4, 2)), A23, np.ones((4, 3)), broken)
        assert not out[0].any()
        assert not out[1].any()


@pytest.mark.parametrize(
    "wrong", [np.ones(3), np.ones(4, np.float32), [1.0, 1.0, 1.0], None]
)
def test_an_optimizer_refuses_what_it_cannot_change_in_place(variant, wrong):
    w, dw, v = float32(1, 2, 3), float32(1, 1, 1), np.zeros(3, np.float32)
    with pytest.raises(ValueError, match=r"^m is written to.*shape \(3,\)\.$"):
        kernels.sgd(w, dw, wrong, momentum=0.5)
    with pytest.raises(ValueError, match=r"^v is written to.*shape \(3,\)\.$"):
        kernels.rmsprop(w, dw, wrong)
    with pytest.raises(ValueError, match=r"^w is written to.*shape \(3,\)\.$"):
        kernels.rmsprop(wrong, dw, v)
    np.testing.assert_array_equal(w, [1, 2, 3])
    np.testing.assert_array_equal(v, [0, 0, 0])


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_compress_reads_what_the_user_has_and_keeps_float32(variant, dtype):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 255, (7, 130)) * (rng.random((7, 130)) < 0.3)
    x = (x / 7).astype(dtype) if dtype is not np.uint8 else x.astype(dtype)
    expected, _ = kernels.compress(x.astype(np.float32))
    for found, wanted in zip(kernels.compress(x)[0], expected, strict=True):
        np.testing.assert_array_equal(found, wanted, strict=True)


def test_the_gradients_of_a_dense_layer_are_not_written_over_what_is_still_read():
    x, w, dy = (np.ones((3, 3), np.float32) for _ in range(3))
    db = np.empty(3, np.float32)
    for out in ((x, w.copy(), db), (dy, w.copy(), db), (x.copy(), w, db)):
        with pytest.raises(ValueError, match="written over"):
            kernels.dense_backward(x, w, dy, out)


def test_masks_of_dropout_are_no_parts_of_one_long_row():
    # Were keys added to places, the mask of the second seed would be that of the first
    # from place 1021 on.
    x = np.ones(4096, np.float32)
    first, second = (kernels.dropout(x, 0.5, seed) != 0 for seed in (1, 1_170_226))
    assert 0.4 < (first[1021:] == second[:-1021]).mean() < 0.6


@pytest.mark.parametrize("rate", [-0.1, 1.0])
def test_the_rate_of_dropout_is_a_share(rate):
    with pytest.raises(ValueError, match="at least 0 and below 1"):
        kernels.dropout([1.0], rate)


@pytest.mark.parametrize("kernel", [kernels.limit_norms, kernels.keep_non_negative])
def test_weights_with_a_norm_for_each_column_form_a_table(kernel):
    with pytest.raises(ValueError, match=r"reshape\(len\(w\), -1\)"):
        kernel(np.ones(3, np.float32))


def test_an_output_at_the_threshold_is_a_no(variant):
    y, t = np.full((1, 1), 0.5, np.float32), np.ones((1, 1), np.float32)
    assert kernels.confusion(y, t, [0.5], None, 2).ravel().tolist() == [1, 0, 0, 0]
    assert kernels.f_score(y, t, None, 0.5).ravel().tolist() == [0, 0, 1]
    assert kernels.binary_accuracy(y, t, 0.5)[0] == 0


# An output is sorted between thresholds of any kind, wherever the search begins.
CUTS = [[], [0.5], [0.0, 1.0], [-3.0, -2.0, 7.0], [0.01, 0.02, 0.03, 0.5, 0.5, 0.98]]
SPECIAL = [0.5, 0.02, 0.0, -0.0, 1.0, 7.0, 1e30, -1e30, np.inf, -np.inf, np.nan]


@pytest.mark.parametrize("cuts", CUTS, ids=len)
def test_outputs_are_sorted_between_any_thresholds(variant, cuts):
    rng = np.random.default_rng(0)
    y = np.float32([*SPECIAL, *rng.normal(0.5, 1, 500), *rng.uniform(0, 1, 500)])
    found = kernels.confusion(
        y[:, None], np.ones((len(y), 1)), cuts, None, 1 + len(cuts)
    )
    below = (y[:, None] > np.float32(cuts)).sum(axis=1)
    np.testing.assert_array_equal(
        found[0, 0], np.bincount(below, minlength=1 + len(cuts))
    )


def test_the_k_largest_of_a_row_say_yes_of_equals_the_first(variant):
    y = np.float32([[1, 3, 3, 2], [0, 0, 0, 0], [np.nan, 1, np.nan, np.nan]])
    for top_k, chosen in [
        (1, [[0, 1, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0]]),
        (2, [[0, 1, 1, 0], [1, 1, 0, 0], [0, 1, 0, 0]]),
        (4, [[1, 1, 1, 1], [1, 1, 1, 1], [0, 1, 0, 0]]),
    ]:
        found = kernels.confusion(y, np.ones(y.shape), [-1e10], None, 2, top_k)
        np.testing.assert_array_equal(found[0, :, 1], np.sum(chosen, axis=0))


def test_of_equal_largest_outputs_each_counts_in_a_score_but_none_that_is_0(variant):
    y = np.float32([[0.5, 0.5, 0.1], [0, 0, 0], [-1, -2, -3], [np.nan, 1, 2]])
    found = kernels.f_score(y, np.ones(y.shape))
    assert found.tolist() == [[2, 1, 0], [2, 1, 0], [4, 4, 4]]


@pytest.mark.parametrize(
    "wrong",
    [
        {"thresholds": [0.3, 0.2]}, {"buckets": 2}, {"buckets": 4}, {"top_k": 3},
        {"top_k": -1}, {"class_id": 2}, {"class_id": -2},
    ],
    ids=str,
)  # fmt: skip
def test_a_count_of_mistakes_that_would_reach_too_far_is_refused(wrong):
    given = {"thresholds": [0.2, 0.3], "buckets": 3, **wrong}
    with pytest.raises(ValueError, match="must"):
        kernels.confusion(np.ones((3, 2)), np.ones((3, 2)), **given)
