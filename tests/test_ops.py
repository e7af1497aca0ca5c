"""Operations and their gradients: against differences, at kinks, of odd input."""

import inspect

import numpy as np
import pytest
from ops_cases import CONSTANT, DERIVED, drawn

from fastmlp import kernels, ops
from fastmlp._util.operators import OPERATIONS
from fastmlp.ops._tape import pull_back, trace
from fastmlp.ops._traced import Traced

STEP = 1e-6


def slopes(function, arrays, which):
    """Return d function(*arrays) / d arrays[which] by central differences."""
    x = arrays[which]
    gradient = np.empty_like(x)
    for i in range(x.size):
        ends = []
        for step in (STEP, -STEP):
            moved = [one.copy() for one in arrays]
            moved[which].flat[i] += step
            ends.append(float(function(*moved)))
        gradient.flat[i] = (ends[0] - ends[1]) / (2 * STEP)
    return gradient


def weighted_sum(function, arrays):
    """Return the sum of what a function makes of arrays, each with another weight."""
    weights = np.random.default_rng(5).normal(size=np.shape(function(ops, *arrays)))
    return lambda *arrays: ops.sum(function(ops, *arrays) * weights)


def gradients(function, *arrays):
    """Return the gradients in all arrays, as a list."""
    found = ops.gradient(function, *arrays)
    return found if len(arrays) > 1 else [found]


# -- Every operation --------------------------------------------------------------


def test_every_operation_has_a_row():
    with_row = {name.partition(":")[0] for name in (*DERIVED, *CONSTANT)}
    assert {name for name in ops.__all__ if name != "gradient"} <= with_row


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("name", DERIVED)
def test_a_gradient_is_what_differences_say(name, seed):
    function, *how = DERIVED[name]
    arrays = drawn(seed, *how)
    scalar = weighted_sum(function, arrays)
    for i, found in enumerate(gradients(scalar, *arrays)):
        assert (found.shape, found.dtype) == (arrays[i].shape, np.float64)
        expected = slopes(scalar, arrays, i)
        np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("name", DERIVED)
def test_float32_stays_float32(name):
    function, *how = DERIVED[name]
    arrays = [one.astype(np.float32) for one in drawn(0, *how)]
    result = function(ops, *arrays)
    assert result.dtype == np.float32
    found = gradients(lambda *arrays: function(ops, *arrays), *arrays)
    assert {one.dtype for one in found} == {np.dtype(np.float32)}


@pytest.mark.parametrize("name", [*DERIVED, *CONSTANT])
def test_plain_arrays_come_out_where_plain_arrays_go_in(name):
    function, *how = (DERIVED | CONSTANT)[name]
    result = function(ops, *drawn(0, *how))
    assert isinstance(result, (np.ndarray, np.generic))


@pytest.mark.parametrize("name", CONSTANT)
def test_what_has_no_slope_lets_no_gradient_through(name):
    function, *how = CONSTANT[name]
    traced = [Traced(one) for one in drawn(0, *how)]
    result = function(ops, *traced)
    assert not isinstance(result, Traced)
    for dx in pull_back([result], [np.ones_like(result)], traced):
        assert not dx.any()


# -- Kinks and ties ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "x", "slope"),
    [
        (ops.abs, [-2, 0, 2], [-1, 0, 1]),
        (ops.relu, [-1, 0, 1], [0, 0, 1]),
        (ops.relu6, [0, 3, 6], [0, 1, 0]),
        (lambda x: ops.leaky_relu(x, 0.5), [-1, 0, 1], [0.5, 0.5, 1]),
        (lambda x: ops.maximum(x, 0.0), [-1, 0, 1], [0, 0.5, 1]),
        (lambda x: ops.minimum(x, 0.0), [-1, 0, 1], [1, 0.5, 0]),
        (lambda x: ops.maximum(x, x), [1, 2], [1, 1]),
        (lambda x: ops.clip(x, -1.0, 1.0), [-2, -1, 0, 1, 2], [0, 0.5, 1, 0.5, 0]),
        (ops.hard_tanh, [-2, -1, 0, 1, 2], [0, 0, 1, 0, 0]),
        (ops.max, [1, 3, 3, 2], [0, 0.5, 0.5, 0]),
        (ops.min, [1, 1, 1, 2], [1 / 3, 1 / 3, 1 / 3, 0]),
        (ops.prod, [0, 2, 3], [6, 0, 0]),
        (ops.prod, [0, 0, 3], [0, 0, 0]),
        (lambda x: ops.power(x, 2.0), [-1, 0], [-2, 0]),
        (lambda x: ops.power(x, 0.0), [0, 1], [0, 0]),
        (lambda x: ops.power(0.0, x), [1, 2], [0, 0]),
        (lambda x: ops.divide_no_nan(1.0, x), [0, 2], [0, -0.25]),
        (lambda x: ops.top_k(x, 1)[0], [3, 3], [1, 0]),
        (lambda x: ops.normalize(x)[0], [0, 0], [1e7, 0]),
        (ops.logsumexp, [1000, 1000], [0.5, 0.5]),
        (ops.log_sigmoid, [-1000, 1000], [1, 0]),
        (ops.log_softmax, [0, 1000], [1, -1]),
    ],
)
def test_the_slope_at_a_kink_or_a_tie_or_far_away(function, x, slope):
    found = ops.gradient(function, np.float64(x))
    np.testing.assert_allclose(found, slope, rtol=1e-12, atol=1e-12)


def test_cross_entropies_of_logits_are_finite_far_away():
    logits = np.float32([[1000, -1000, 0]])
    assert ops.categorical_crossentropy([[0.0, 1.0, 0.0]], logits, True) == [2000]
    target = np.float32([[0, 1, 1]])
    losses = ops.binary_crossentropy(target, logits, True)
    np.testing.assert_allclose(losses, [[1000, 1000, np.log(2)]], rtol=1e-6)


# -- The tape ---------------------------------------------------------------------


def test_what_is_used_twice_gets_both_gradients():
    def function(x):
        y = ops.exp(x)
        return y * y + y

    x = np.float64([0.5, -1.0])
    np.testing.assert_allclose(
        ops.gradient(function, x), 2 * np.exp(2 * x) + np.exp(x), rtol=1e-15
    )


def test_python_decides_and_repeats():
    def function(x):
        y = x
        for _ in range(3):
            y = y * 2.0 if float(ops.sum(y)) > 0 else y * 5.0
        return y

    np.testing.assert_array_equal(ops.gradient(function, np.ones(2)), [8, 8])
    np.testing.assert_array_equal(ops.gradient(function, -np.ones(2)), [125, 125])


def test_what_the_result_does_not_depend_on_has_gradient_0():
    dx, dw = ops.gradient(lambda x, w: x * 2.0, np.ones((2, 3)), np.ones(3))
    assert (dx == 2).all()
    assert dw.shape == (3,) and not dw.any()
    assert not ops.gradient(lambda x: np.ones(3), np.ones(2)).any()


def test_a_result_that_is_an_input_has_gradient_1():
    assert (ops.gradient(lambda x: x, np.ones(2)) == 1).all()


def test_several_outputs_add_up():
    x = Traced(np.float64([1.0, 2.0]))
    outputs = [x * 3.0, np.ones(2), ops.square(x)]
    (dx,) = pull_back(outputs, [np.ones(2), np.ones(2), np.float64([1, 10])], [x])
    assert dx.tolist() == [5, 43]


def test_what_goes_in_and_comes_out_shares_no_memory():
    x, dy = Traced(np.ones(3)), np.ones(3)
    (dx,) = pull_back([x + 1.0], [dy], [x])
    dx[...] = 7
    assert (dy == 1).all() and (x.value == 1).all()


def test_long_tapes_need_no_recursion():
    def function(x):
        for _ in range(5000):
            x = x + 1.0
        return x

    assert ops.gradient(function, np.ones(1)) == [1]


def test_the_same_bits_every_time():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(50, 30)).astype(np.float32)

    def function(x):
        return ops.mean(ops.softmax(x) * ops.tanh(x) + ops.take(x, [1, 1, 2] * 10, 1))

    found = {ops.gradient(function, x).tobytes() for _ in range(5)}
    assert len(found) == 1


def test_a_tape_is_gone_when_nobody_holds_it():
    import gc
    import weakref

    class Watched(Traced):
        __slots__ = ("__weakref__",)

    x = Watched(np.ones(3))
    seen = weakref.ref(x)
    y = ops.sum(x * x)
    gc.disable()
    try:
        del x, y
        assert seen() is None
    finally:
        gc.enable()


# -- As an array ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "same"),
    [
        (lambda x: -x, ops.negative),
        (lambda x: abs(x), ops.abs),
        (lambda x: 2.0 + x, lambda x: ops.add(2.0, x)),
        (lambda x: 2.0 - x, lambda x: ops.subtract(2.0, x)),
        (lambda x: 2.0 / x, lambda x: ops.divide(2.0, x)),
        (lambda x: 2.0**x, lambda x: ops.power(2.0, x)),
        (lambda x: x % 2.0, lambda x: ops.mod(x, 2.0)),
        (lambda x: np.ones((2, 3)) @ x, lambda x: ops.matmul(np.ones((2, 3)), x)),
        (lambda x: np.ones((3, 4)) * x, lambda x: ops.multiply(1.0, x)),
        (lambda x: np.float64(2) * x, lambda x: ops.multiply(2.0, x)),
        (lambda x: x.T, ops.transpose),
        (lambda x: x.transpose(1, 0), ops.transpose),
        (lambda x: x.transpose((1, 0)), ops.transpose),
        (lambda x: x.reshape(4, 3), lambda x: ops.reshape(x, (4, 3))),
        (lambda x: x.reshape((4, -1)), lambda x: ops.reshape(x, (4, 3))),
        (lambda x: x.reshape(-1), ops.ravel),
        (lambda x: x.flatten(), ops.ravel),
        (lambda x: x.sum(axis=0), lambda x: ops.sum(x, 0)),
        (lambda x: x.mean(), ops.mean),
        (lambda x: x.std(0, keepdims=True), lambda x: ops.std(x, 0, True)),
        (lambda x: x.max(1), lambda x: ops.max(x, 1)),
        (lambda x: x.clip(0.5, 1.0), lambda x: ops.clip(x, 0.5, 1.0)),
        (lambda x: x.astype("float64"), lambda x: x),
        (lambda x: np.stack(list(x)), lambda x: x),
        (lambda x: x[x > 1.0], lambda x: ops.get_item(x, np.where(x.value > 1))),
        (lambda x: np.exp(x), ops.exp),
        (lambda x: np.mean(x, axis=-1), lambda x: ops.mean(x, -1)),
        (lambda x: np.max(x), ops.max),
        (lambda x: np.maximum(x, 1.0), lambda x: ops.maximum(x, 1.0)),
        (lambda x: np.remainder(x, 2.0), lambda x: ops.mod(x, 2.0)),
        (lambda x: np.where(x > 1.0, x, 0.0), lambda x: ops.where(x > 1.0, x, 0.0)),
        (lambda x: np.concatenate([x, x]), lambda x: ops.concatenate([x, x])),
        (lambda x: np.linalg.norm(x, axis=1), lambda x: ops.norm(x, axis=1)),
        (lambda x: np.clip(x, 0.5, 1.0), lambda x: ops.clip(x, 0.5, 1.0)),
        (lambda x: np.einsum("ij->j", x), lambda x: ops.sum(x, 0)),
        (lambda x: np.zeros_like(x) + x, lambda x: x),
    ],
)
def test_operators_methods_and_functions_of_numpy_are_operations(function, same):
    x = np.random.default_rng(3).uniform(0.5, 2, (3, 4))
    one, other = function(Traced(x)), same(Traced(x))
    assert isinstance(one, Traced)
    np.testing.assert_array_equal(one.value, other.value)
    np.testing.assert_array_equal(ops.gradient(function, x), ops.gradient(same, x))


def test_assignments_with_an_operator_make_something_new():
    def function(x):
        y = x
        y += 1.0
        y *= x
        return y

    np.testing.assert_array_equal(ops.gradient(function, np.float64([3])), [7])


def test_what_a_function_is_given_stays_as_it_is():
    def function(x):
        x /= 2.0
        return x

    x = np.ones(3)
    np.testing.assert_array_equal(ops.gradient(function, x), [0.5] * 3)
    assert (x == 1).all()
    result, (traced,) = trace(function, [x])
    assert result.value.tolist() == [0.5] * 3 and traced.value is x


def test_a_traced_array_tells_what_an_array_tells():
    x = Traced(np.float32([[1, 2, 3], [4, 5, 6]]))
    assert (x.shape, x.ndim, x.size, x.dtype, len(x)) == ((2, 3), 2, 6, np.float32, 2)
    assert (np.shape(x), np.ndim(x), np.size(x)) == ((2, 3), 2, 6)
    assert repr(x).startswith("Traced(array([[1., 2., 3.]")
    first = x[0, 0]
    assert (float(first), int(first), bool(first)) == (1.0, 1, True)
    assert [float(one[2]) for one in x] == [3, 6]
    assert (x == 2.0).tolist() == [[False, True, False], [False] * 3]
    assert (x != 2.0).any() and (x >= 1.0).all() and not (x < 1.0).any()
    assert (2.0 < x).sum() == 4 and (x <= 2.0).sum() == 2
    assert np.argmax(x) == 5 and (x // 2.0).tolist() == [[0, 1, 1], [2, 2, 3]]
    assert {x: 1}[x] == 1


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (np.asarray, "does not become a NumPy array|ops.convert_to_numpy"),
        (lambda x: np.array([x, x]), "does not become a NumPy array|ops.stack"),
        (np.linalg.svd, "np.svd has no derivative|fastmlp.ops|by hand"),
        (np.sinc, "np.sinc has no derivative|fastmlp.ops|by hand"),
        (np.add.reduce, "np.add.reduce has no derivative|fastmlp.ops|by hand"),
        (np.cbrt, "np.cbrt has no derivative|fastmlp.ops|by hand"),
        (lambda x: x.__setitem__(0, 1.0), "cannot be changed|ops.where"),
        (lambda x: np.add(x, x, out=np.ones(3)), "ops.add|out"),
        (lambda x: x.ptp(), "ptp|fastmlp.ops"),
    ],
)
def test_what_would_lose_the_gradient_is_refused(function, words):
    with pytest.raises((TypeError, AttributeError)) as caught:
        ops.gradient(function, np.ones(3))
    for word in words.split("|"):
        assert word in str(caught.value)


# -- Dtypes -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("result", "dtype"),
    [
        (lambda: ops.add(np.float32([1]), 2.5), "float32"),
        (lambda: ops.add(np.float32(1), 2.5), "float32"),
        (lambda: ops.add(np.float64([1]), 2), "float64"),
        (lambda: ops.add(np.array([1, 2]), np.float32([1, 2])), "float32"),
        (lambda: ops.add(np.array([True]), 1), "int32"),
        (lambda: ops.add(np.array([1], np.int64), 2), "int64"),
        (lambda: ops.add(np.array([1], np.int64), 2.0), "float32"),
        (lambda: ops.add(np.float32([1]), np.float64([1])), "float64"),
        (lambda: ops.add([1.0], np.float64([1])), "float64"),
        (lambda: ops.exp(np.array([1, 2])), "float32"),
        (lambda: ops.exp(1), "float32"),
        (lambda: ops.sqrt(np.float64(4)), "float64"),
        (lambda: ops.where([True], 1.0, np.float64([2])), "float64"),
        (lambda: ops.concatenate([np.float32([1]), [2]]), "float32"),
    ],
)
def test_dtypes_are_those_of_keras(result, dtype):
    assert result().dtype == dtype


def test_gradients_have_the_dtypes_of_their_inputs():
    da, db = ops.gradient(lambda a, b: a * b, np.float32([1, 2]), np.float64([3, 4]))
    assert (da.dtype, db.dtype) == ("float32", "float64")


def test_of_float32_activations_are_the_bits_of_the_kernels():
    x = np.random.default_rng(0).normal(0, 3, (20, 7)).astype(np.float32)
    for name in ("relu", "sigmoid", "tanh", "softmax", "selu", "softplus", "silu"):
        kernel = getattr(kernels, name)
        np.testing.assert_array_equal(getattr(ops, name)(x), kernel(x))


def test_nothing_warns_of_infinities():
    x = np.float32([0, -1, np.inf])
    assert np.isneginf(ops.log(x)[0]) and np.isnan(ops.log(x)[1])
    assert np.isinf(ops.gradient(ops.log, x)[0])
    assert np.isinf(ops.exp(np.float32(1000)))


# -- Documentation and loading ----------------------------------------------------


def test_every_operation_shows_what_it_takes_and_an_example():
    for name in ops.__all__:
        function = getattr(ops, name)
        assert ">>> " in function.__doc__, name
        for argument in list(inspect.signature(function).parameters):
            several = len(inspect.signature(function).parameters) > 2
            assert not several or argument in function.__doc__, (name, argument)


def test_the_table_has_every_operation():
    assert set(ops.__all__) <= set(OPERATIONS)


def test_the_tape_is_a_short_chapter():
    import fastmlp.ops._tape as tape

    assert len(inspect.getsource(tape).splitlines()) < 300
