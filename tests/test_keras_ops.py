"""The operations of fastmlp and those of Keras: the same numbers, dtypes, gradients."""

import numpy as np
import pytest
from ops_cases import CONSTANT, DERIVED, drawn

from fastmlp import ops

keras = pytest.importorskip(
    "keras", reason="Keras is not installed: pip install keras jax"
)
jax = pytest.importorskip("jax", reason="JAX is not installed: pip install jax")

# JAX compiles each of them anew.
pytestmark = pytest.mark.slow

if keras.backend.backend() != "jax":
    pytest.skip("gradients are those of JAX", allow_module_level=True)


def in_float32(seed, how):
    return [one.astype(np.float32) for one in drawn(seed, *how)]


@pytest.mark.parametrize("name", [*DERIVED, *CONSTANT])
def test_results_and_their_dtypes_are_those_of_keras(name):
    function, *how = (DERIVED | CONSTANT)[name]
    arrays = in_float32(0, how)
    found = function(ops, *arrays)
    expected = np.asarray(function(keras.ops, *map(jax.numpy.asarray, arrays)))
    assert (np.shape(found), found.dtype) == (expected.shape, expected.dtype)
    np.testing.assert_allclose(found, expected, rtol=2e-6, atol=2e-6)


def gradients_in_both(function, arrays, weights):
    """Return the gradients of a weighted sum in all arrays: here, and in JAX."""
    found = ops.gradient(lambda *arrays: function(ops, *arrays) * weights, *arrays)

    def loss(*arrays):
        return jax.numpy.sum(function(keras.ops, *arrays) * weights)

    which = tuple(range(len(arrays)))
    expected = jax.grad(loss, argnums=which)(*map(jax.numpy.asarray, arrays))
    return found if len(arrays) > 1 else [found], expected


@pytest.mark.parametrize("name", DERIVED)
def test_gradients_are_those_of_jax(name):
    function, *how = DERIVED[name]
    arrays = in_float32(1, how)
    shape = np.shape(function(ops, *arrays))
    weights = np.random.default_rng(2).normal(size=shape).astype(np.float32)
    both = gradients_in_both(function, arrays, weights)
    for found, expected in zip(*both, strict=True):
        assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
        np.testing.assert_allclose(found, expected, rtol=5e-6, atol=5e-6)


@pytest.mark.parametrize(
    ("function", "x"),
    [
        (lambda ops, x: ops.relu(x), [-1, 0, 1]),
        (lambda ops, x: ops.relu6(x), [-1, 0, 3, 6, 7]),
        (lambda ops, x: ops.hard_sigmoid(x), [-3, 0, 3]),
        (lambda ops, x: ops.softsign(x), [-1, 1]),
        (lambda ops, x: ops.maximum(x, 0.0), [-1, 0, 1]),
        (lambda ops, x: ops.minimum(x, x[::-1]), [1, 1, 1]),
        (lambda ops, x: ops.clip(x, -1.0, 1.0), [-2, -1, 0, 1, 2]),
        (lambda ops, x: ops.max(x), [1, 3, 3, 2]),
        (lambda ops, x: ops.min(x), [1, 1, 2]),
        (lambda ops, x: ops.prod(x), [0, 2, 3]),
        (lambda ops, x: ops.prod(x), [0, 0, 3]),
        (lambda ops, x: ops.square(x), [-1, 0]),
        (lambda ops, x: x**2.0, [-1, 0]),
        (lambda ops, x: ops.power(0.0, x), [1, 2]),
        (lambda ops, x: ops.power(-2.0, x), [2]),
        (lambda ops, x: ops.sqrt(x), [0, 1]),
        (lambda ops, x: ops.log(x), [0, 1]),
        (lambda ops, x: ops.norm(x), [0, 0]),
        (lambda ops, x: ops.std(x), [2, 2]),
        (lambda ops, x: ops.divide_no_nan(1.0, x), [0, 2]),
        (lambda ops, x: ops.sort(x) * np.float32([1, 2, 3]), [1, 1, 0]),
        (lambda ops, x: ops.top_k(x, 2)[0] * np.float32([1, 2]), [3, 3, 3]),
        (lambda ops, x: ops.where(x > 0.0, ops.log(x), 0.0), [0, 1]),
        (lambda ops, x: ops.logsumexp(x), [1000, 1000, -1000]),
        (lambda ops, x: ops.log_softmax(x), [1000, 0]),
        (lambda ops, x: ops.softmax(x), [1000, 0]),
        (lambda ops, x: ops.log_sigmoid(x), [-1000, 0, 1000]),
        (lambda ops, x: ops.softplus(x), [-1000, 0, 1000]),
    ],
)
def test_slopes_at_kinks_ties_and_far_away_are_those_of_jax(function, x):
    (found,), (expected,) = gradients_in_both(function, [np.float32(x)], 1)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


def test_where_fastmlp_has_a_slope_of_its_own():
    # As that of the hard sigmoid, and as in PyTorch: at a bound there is none.
    (found,), (expected,) = gradients_in_both(
        lambda ops, x: ops.hard_tanh(x), [np.float32([-1, 0, 1])], 1
    )
    assert found.tolist() == [0, 1, 0] and expected.tolist() == [1, 1, 1]
    # 0 at 0, as in the mean absolute error of both, TensorFlow and PyTorch.
    (found,), (expected,) = gradients_in_both(
        lambda ops, x: ops.abs(x), [np.float32([0])], 1
    )
    assert (found, expected) == (0, 1)
    # A constant 1 has slope 0.
    (found,), (expected,) = gradients_in_both(
        lambda ops, x: ops.power(x, 0.0), [np.float32([0])], 1
    )
    assert found == 0 and np.isnan(expected)
    # What has no direction is turned by nothing, and not by NaN.
    (found,), (expected,) = gradients_in_both(
        lambda ops, x: ops.normalize(x)[:1], [np.float32([0, 0])], 1
    )
    assert found[1] == 0 and np.isnan(expected[0])
