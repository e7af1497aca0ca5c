"""Each operation on a few arrays, for any library that has them: fastmlp, Keras.

A row is a function of the library and of arrays, and how these are drawn. `DERIVED`
have a gradient in all that they are given; `CONSTANT` let none through.
"""

import numpy as np


def away_from_zero(rng, shape):
    return rng.uniform(0.1, 2, shape) * rng.choice([-1, 1], shape)


def positive(rng, shape):
    return rng.uniform(0.2, 2, shape)


def within_one(rng, shape):
    return rng.uniform(-0.9, 0.9, shape)


def shares(rng, shape):
    p = rng.uniform(0.1, 1, shape)
    return p / p.sum(axis=-1, keepdims=True)


def column(rng, shape):
    """Draw numbers that stand far enough apart to keep their order."""
    return rng.permuted(np.arange(np.prod(shape)) / 2 - 2.2).reshape(shape)


def drawn(seed, *how):
    """Return an array for each (function, shape), or shape alone."""
    rng = np.random.default_rng(seed)
    rows = [one if one and callable(one[0]) else (away_from_zero, one) for one in how]
    return [np.asarray(draw(rng, shape)) for draw, shape in rows]


MATRIX, ROW, COLUMN, CUBE = (3, 4), (4,), (3, 1), (2, 3, 4)
POSITIVE, UNIT, SHARES = (positive, MATRIX), (within_one, MATRIX), (shares, MATRIX)
APART = (column, MATRIX)

LABELS = np.array([2, 0, 3])
MASK = np.array([[True, False, True, False]] * 3)

# fmt: off
DERIVED = {
    # Element by element; shapes that are stretched.
    "add": (lambda ops, a, b: ops.add(a, b), MATRIX, ROW),
    "subtract": (lambda ops, a, b: ops.subtract(a, b), ROW, MATRIX),
    "multiply": (lambda ops, a, b: ops.multiply(a, b), COLUMN, ROW),
    "divide": (lambda ops, a, b: ops.divide(a, b), MATRIX, COLUMN),
    "true_divide": (lambda ops, a, b: ops.true_divide(a, b), CUBE, MATRIX),
    "divide_no_nan": (lambda ops, a, b: ops.divide_no_nan(a, b), MATRIX, ROW),
    "operators": (lambda ops, a, b: (2.0 - a) / b + a * 3.0 - b**2.0, MATRIX, ROW),
    "negative": (lambda ops, x: ops.negative(x), MATRIX),
    "reciprocal": (lambda ops, x: ops.reciprocal(x), MATRIX),
    "mod": (lambda ops, a, b: ops.mod(a, b), MATRIX, POSITIVE),
    "square": (lambda ops, x: ops.square(x), MATRIX),
    "sqrt": (lambda ops, x: ops.sqrt(x), POSITIVE),
    "rsqrt": (lambda ops, x: ops.rsqrt(x), POSITIVE),
    "power": (lambda ops, a, b: ops.power(a, b), POSITIVE, ROW),
    "power: cubes": (lambda ops, x: ops.power(x, 3.0), MATRIX),
    "exp": (lambda ops, x: ops.exp(x), MATRIX),
    "expm1": (lambda ops, x: ops.expm1(x), MATRIX),
    "log": (lambda ops, x: ops.log(x), POSITIVE),
    "log1p": (lambda ops, x: ops.log1p(x), POSITIVE),
    "log2": (lambda ops, x: ops.log2(x), POSITIVE),
    "log10": (lambda ops, x: ops.log10(x), POSITIVE),
    "sin": (lambda ops, x: ops.sin(x), MATRIX),
    "cos": (lambda ops, x: ops.cos(x), MATRIX),
    "tan": (lambda ops, x: ops.tan(x), UNIT),
    "arcsin": (lambda ops, x: ops.arcsin(x), UNIT),
    "arccos": (lambda ops, x: ops.arccos(x), UNIT),
    "arctan": (lambda ops, x: ops.arctan(x), MATRIX),
    "arctan2": (lambda ops, a, b: ops.arctan2(a, b), MATRIX, ROW),
    "sinh": (lambda ops, x: ops.sinh(x), MATRIX),
    "cosh": (lambda ops, x: ops.cosh(x), MATRIX),
    "erf": (lambda ops, x: ops.erf(x), MATRIX),
    "abs": (lambda ops, x: ops.abs(x), MATRIX),
    "absolute": (lambda ops, x: ops.absolute(x), MATRIX),
    "maximum": (lambda ops, a, b: ops.maximum(a, b), MATRIX, ROW),
    "minimum": (lambda ops, a, b: ops.minimum(a, b), MATRIX, ROW),
    "clip": (lambda ops, x: ops.clip(x, -0.75, 1.25), MATRIX),
    "where": (lambda ops, a, b: ops.where(MASK, a, b), MATRIX, ROW),
    "where: of itself": (lambda ops, x: ops.where(x > 0.0, x, 0.1 * x), MATRIX),
    "cast": (lambda ops, x: ops.cast(x, x.dtype) * 2.0, MATRIX),
    "convert_to_tensor": (lambda ops, x: ops.convert_to_tensor(x) * 2.0, MATRIX),
    "array": (lambda ops, x: ops.array(x) * 2.0, MATRIX),
    # Reductions.
    "sum": (lambda ops, x: ops.sum(x), MATRIX),
    "sum: of an axis": (lambda ops, x: ops.sum(x, axis=-1), CUBE),
    "sum: of two axes": (lambda ops, x: ops.sum(x, axis=(0, 2), keepdims=True), CUBE),
    "mean": (lambda ops, x: ops.mean(x), MATRIX),
    "mean: of an axis": (lambda ops, x: ops.mean(x, axis=0), CUBE),
    "mean: of two axes": (lambda ops, x: ops.mean(x, axis=[1, -1]), CUBE),
    "average": (lambda ops, x: ops.average(x, axis=1), MATRIX),
    "average: weighted": (lambda ops, x, w: ops.average(x, axis=-1, weights=w), MATRIX, (positive, ROW)),
    "average: each weighted": (lambda ops, x, w: ops.average(x, weights=w), MATRIX, POSITIVE),
    "var": (lambda ops, x: ops.var(x, axis=0), MATRIX),
    "std": (lambda ops, x: ops.std(x, axis=1, keepdims=True), MATRIX),
    "prod": (lambda ops, x: ops.prod(x, axis=(0, 2)), CUBE),
    "prod: of all": (lambda ops, x: ops.prod(x), ROW),
    "logsumexp": (lambda ops, x: ops.logsumexp(x, axis=1), MATRIX),
    "logsumexp: of all": (lambda ops, x: ops.logsumexp(x, keepdims=True), MATRIX),
    "cumsum": (lambda ops, x: ops.cumsum(x, axis=1), MATRIX),
    "cumsum: of all": (lambda ops, x: ops.cumsum(x), MATRIX),
    "max": (lambda ops, x: ops.max(x, axis=1), APART),
    "max: initial": (lambda ops, x: ops.max(x, axis=1, initial=1.1), APART),
    "min": (lambda ops, x: ops.min(x, keepdims=True), APART),
    "min: initial": (lambda ops, x: ops.min(x, axis=0, initial=-1.1), APART),
    "amax": (lambda ops, x: ops.amax(x, axis=(0, 1)), APART),
    "amin": (lambda ops, x: ops.amin(x, axis=0), APART),
    "sort": (lambda ops, x: ops.sort(x, axis=0), APART),
    "top_k": (lambda ops, x: ops.top_k(x, 2)[0], APART),
    "median": (lambda ops, x: ops.median(x, axis=1), APART),
    "median: of all": (lambda ops, x: ops.median(x, keepdims=True), APART),
    # Shapes.
    "reshape": (lambda ops, x: ops.reshape(x, (2, -1)), MATRIX),
    "ravel": (lambda ops, x: ops.ravel(x), MATRIX),
    "expand_dims": (lambda ops, x: ops.expand_dims(x, 1), MATRIX),
    "squeeze": (lambda ops, x: ops.squeeze(x), COLUMN),
    "squeeze: an axis": (lambda ops, x: ops.squeeze(x, axis=-1), COLUMN),
    "broadcast_to": (lambda ops, x: ops.broadcast_to(x, (3, 4)), COLUMN),
    "transpose": (lambda ops, x: ops.transpose(x), MATRIX),
    "transpose: an order": (lambda ops, x: ops.transpose(x, (1, 2, 0)), CUBE),
    "moveaxis": (lambda ops, x: ops.moveaxis(x, 0, -1), CUBE),
    "swapaxes": (lambda ops, x: ops.swapaxes(x, 0, 2), CUBE),
    "flip": (lambda ops, x: ops.flip(x, axis=1), MATRIX),
    "flip: all": (lambda ops, x: ops.flip(x), MATRIX),
    "roll": (lambda ops, x: ops.roll(x, 2, axis=1), MATRIX),
    "roll: all": (lambda ops, x: ops.roll(x, -1), MATRIX),
    "get_item": (lambda ops, x: ops.get_item(x, 1), MATRIX),
    "get_item: brackets": (lambda ops, x: x[1:, ::2] * x[:2, 1:3], MATRIX),
    "take": (lambda ops, x: ops.take(x, [3, 0, 0], axis=1), MATRIX),
    "take: of all": (lambda ops, x: ops.take(x, [[11, 0], [3, 3]]), MATRIX),
    "take_along_axis": (lambda ops, x: ops.take_along_axis(x, LABELS[:, None], axis=1), MATRIX),
    "repeat": (lambda ops, x: ops.repeat(x, 2, axis=0), MATRIX),
    "repeat: each": (lambda ops, x: ops.repeat(x, np.array([1, 0, 2]), axis=0), MATRIX),
    "tile": (lambda ops, x: ops.tile(x, (2, 3)), ROW),
    "concatenate": (lambda ops, a, b: ops.concatenate([a, b, a], axis=-1), MATRIX, COLUMN),
    "stack": (lambda ops, a, b: ops.stack([a, b], axis=1), ROW, ROW),
    "split": (lambda ops, x: ops.split(x, 2, axis=1)[1], MATRIX),
    "split: where": (lambda ops, x: ops.split(x, [1, 3], axis=1)[1], MATRIX),
    # Linear algebra.
    "matmul": (lambda ops, a, b: ops.matmul(a, b), MATRIX, (4, 2)),
    "matmul: a vector": (lambda ops, a, b: a @ b, MATRIX, ROW),
    "matmul: of a vector": (lambda ops, a, b: ops.matmul(a, b), (3,), MATRIX),
    "matmul: two vectors": (lambda ops, a, b: ops.matmul(a, b), ROW, ROW),
    "matmul: stacks": (lambda ops, a, b: ops.matmul(a, b), CUBE, (4, 2)),
    "matmul: stacks and a vector": (lambda ops, a, b: ops.matmul(a, b), CUBE, ROW),
    "dot": (lambda ops, a, b: ops.dot(a, b), MATRIX, ROW),
    "dot: a number": (lambda ops, a, b: ops.dot(a, b), MATRIX, ()),
    "dot: stacks": (lambda ops, a, b: ops.dot(a, b), MATRIX, (2, 4, 3)),
    "outer": (lambda ops, a, b: ops.outer(a, b), ROW, (3,)),
    "tensordot": (lambda ops, a, b: ops.tensordot(a, b), CUBE, MATRIX),
    "tensordot: axes": (lambda ops, a, b: ops.tensordot(a, b, axes=([1, 2], [0, 1])), CUBE, (3, 4, 5)),
    "einsum": (lambda ops, a, b: ops.einsum("ij,jk->ik", a, b), MATRIX, (4, 2)),
    "einsum: rows": (lambda ops, a, b: ops.einsum("ij,ij->i", a, b), MATRIX, MATRIX),
    "einsum: without an arrow": (lambda ops, a, b: ops.einsum("ij,kj", a, b), MATRIX, (2, 4)),
    "einsum: of one": (lambda ops, a: ops.einsum("ij->j", a), MATRIX),
    "einsum: what is in one alone": (lambda ops, a, b: ops.einsum("ij,k->k", a, b), MATRIX, ROW),
    "norm": (lambda ops, x: ops.norm(x), MATRIX),
    "norm: rows": (lambda ops, x: ops.norm(x, axis=1, keepdims=True), MATRIX),
    "norm: fro": (lambda ops, x: ops.norm(x, ord="fro"), MATRIX),
    "norm: 1": (lambda ops, x: ops.norm(x, ord=1, axis=1), MATRIX),
    "norm: 2": (lambda ops, x: ops.norm(x, ord=2, axis=0), MATRIX),
    "norm: 3": (lambda ops, x: ops.norm(x, ord=3, axis=0), MATRIX),
    "norm: infinity": (lambda ops, x: ops.norm(x, ord=np.inf, axis=1), APART),
    "normalize": (lambda ops, x: ops.normalize(x), MATRIX),
    "normalize: 1": (lambda ops, x: ops.normalize(x, axis=0, order=1), MATRIX),
    # Networks.
    "relu": (lambda ops, x: ops.relu(x), MATRIX),
    "relu6": (lambda ops, x: ops.relu6(x * 4.0), MATRIX),
    "leaky_relu": (lambda ops, x: ops.leaky_relu(x, negative_slope=0.3), MATRIX),
    "elu": (lambda ops, x: ops.elu(x, alpha=0.5), MATRIX),
    "selu": (lambda ops, x: ops.selu(x), MATRIX),
    "softplus": (lambda ops, x: ops.softplus(x), MATRIX),
    "sigmoid": (lambda ops, x: ops.sigmoid(x), MATRIX),
    "log_sigmoid": (lambda ops, x: ops.log_sigmoid(x), MATRIX),
    "tanh": (lambda ops, x: ops.tanh(x), MATRIX),
    "silu": (lambda ops, x: ops.silu(x), MATRIX),
    "swish": (lambda ops, x: ops.swish(x), MATRIX),
    "gelu": (lambda ops, x: ops.gelu(x), MATRIX),
    "gelu: exact": (lambda ops, x: ops.gelu(x, approximate=False), MATRIX),
    "softsign": (lambda ops, x: ops.softsign(x), MATRIX),
    "hard_sigmoid": (lambda ops, x: ops.hard_sigmoid(x * 3.0), MATRIX),
    "hard_silu": (lambda ops, x: ops.hard_silu(x * 3.0), MATRIX),
    "hard_swish": (lambda ops, x: ops.hard_swish(x * 3.0), MATRIX),
    "hard_tanh": (lambda ops, x: ops.hard_tanh(x), MATRIX),
    "softmax": (lambda ops, x: ops.softmax(x), MATRIX),
    "softmax: an axis": (lambda ops, x: ops.softmax(x, axis=1), CUBE),
    "log_softmax": (lambda ops, x: ops.log_softmax(x), MATRIX),
    "log_softmax: an axis": (lambda ops, x: ops.log_softmax(x, axis=0), MATRIX),
    "categorical_crossentropy": (lambda ops, t, y: ops.categorical_crossentropy(t, y), SHARES, SHARES),
    "categorical_crossentropy: logits": (lambda ops, t, x: ops.categorical_crossentropy(t, x, from_logits=True), SHARES, MATRIX),
    "categorical_crossentropy: an axis": (lambda ops, t, y: ops.categorical_crossentropy(t, y, axis=0), POSITIVE, POSITIVE),
    "sparse_categorical_crossentropy": (lambda ops, y: ops.sparse_categorical_crossentropy(LABELS, y), SHARES),
    "sparse_categorical_crossentropy: logits": (lambda ops, x: ops.sparse_categorical_crossentropy(LABELS[:, None], x, from_logits=True), MATRIX),
    "binary_crossentropy": (lambda ops, t, y: ops.binary_crossentropy(t, y), SHARES, SHARES),
    "binary_crossentropy: logits": (lambda ops, t, x: ops.binary_crossentropy(t, x, from_logits=True), SHARES, MATRIX),
}
CONSTANT = {
    "sign": (lambda ops, x: ops.sign(x), MATRIX),
    "floor": (lambda ops, x: ops.floor(x), MATRIX),
    "ceil": (lambda ops, x: ops.ceil(x), MATRIX),
    "round": (lambda ops, x: ops.round(x, 1), MATRIX),
    "floor_divide": (lambda ops, a, b: ops.floor_divide(a, b), MATRIX, POSITIVE),
    "stop_gradient": (lambda ops, x: ops.stop_gradient(x), MATRIX),
    "convert_to_numpy": (lambda ops, x: ops.convert_to_numpy(x), MATRIX),
    "cast: to whole numbers": (lambda ops, x: ops.cast(x, "int32"), MATRIX),
    "equal": (lambda ops, a, b: ops.equal(a, b), MATRIX, ROW),
    "not_equal": (lambda ops, a, b: ops.not_equal(a, b), MATRIX, ROW),
    "greater": (lambda ops, a, b: ops.greater(a, b), MATRIX, ROW),
    "greater_equal": (lambda ops, a, b: ops.greater_equal(a, b), MATRIX, ROW),
    "less": (lambda ops, a, b: ops.less(a, b), MATRIX, ROW),
    "less_equal": (lambda ops, a, b: ops.less_equal(a, b), MATRIX, ROW),
    "isclose": (lambda ops, a, b: ops.isclose(a, b), MATRIX, MATRIX),
    "isnan": (lambda ops, x: ops.isnan(x), MATRIX),
    "isinf": (lambda ops, x: ops.isinf(x), MATRIX),
    "isfinite": (lambda ops, x: ops.isfinite(x), MATRIX),
    "logical_and": (lambda ops, a, b: ops.logical_and(a > 0.0, b > 0.0), MATRIX, ROW),
    "logical_or": (lambda ops, a, b: ops.logical_or(a > 0.0, b > 0.0), MATRIX, ROW),
    "logical_xor": (lambda ops, a, b: ops.logical_xor(a > 0.0, b > 0.0), MATRIX, ROW),
    "logical_not": (lambda ops, x: ops.logical_not(x > 0.0), MATRIX),
    "any": (lambda ops, x: ops.any(x > 1.0, axis=1), MATRIX),
    "all": (lambda ops, x: ops.all(x > -1.0, axis=(0, 1), keepdims=True), MATRIX),
    "count_nonzero": (lambda ops, x: ops.count_nonzero(ops.relu(x), axis=1), MATRIX),
    "argmax": (lambda ops, x: ops.argmax(x, axis=-1), MATRIX),
    "argmax: of all": (lambda ops, x: ops.argmax(x), MATRIX),
    "argmin": (lambda ops, x: ops.argmin(x, axis=0, keepdims=True), MATRIX),
    "argsort": (lambda ops, x: ops.argsort(x, axis=1), MATRIX),
    "in_top_k": (lambda ops, y: ops.in_top_k(LABELS, y, k=2), APART),
    "one_hot": (lambda ops, x: ops.one_hot(ops.argmax(x, axis=1), 5), MATRIX),
    "one_hot: an axis": (lambda ops, x: ops.one_hot([-1, 1, 7], 3, axis=0, dtype="int32"), MATRIX),
    "where: places": (lambda ops, x: ops.where(x > 0.0)[1], MATRIX),
    "top_k: places": (lambda ops, x: ops.top_k(x, k=3)[1], APART),
    "zeros_like": (lambda ops, x: ops.zeros_like(x), MATRIX),
    "ones_like": (lambda ops, x: ops.ones_like(x, dtype="int32"), MATRIX),
    "full_like": (lambda ops, x: ops.full_like(x, 2.5), MATRIX),
    "shape": (lambda ops, x: np.array(ops.shape(x), "int32"), CUBE),
    "ndim": (lambda ops, x: np.int32(ops.ndim(x)), CUBE),
    "size": (lambda ops, x: np.int32(ops.size(x)), CUBE),
    "zeros": (lambda ops: ops.zeros((2, 3)),),
    "ones": (lambda ops: ops.ones((3,), dtype="int32"),),
    "full": (lambda ops: ops.full((2,), 3),),
    "arange": (lambda ops: ops.arange(5),),
    "arange: floats": (lambda ops: ops.arange(1.0, 2.0, 0.25),),
    "linspace": (lambda ops: ops.linspace(0.0, 2.0, 5),),
    "eye": (lambda ops: ops.eye(2, 3, k=1),),
    "identity": (lambda ops: ops.identity(3),),
    "sum: of truths": (lambda ops, x: ops.sum(x > 0.0, axis=1), MATRIX),
    "mean: of truths": (lambda ops, x: ops.mean(x > 0.0), MATRIX),
    "max: of truths": (lambda ops, x: ops.max(x > 0.0, axis=0), MATRIX),
    "mean: of whole numbers": (lambda ops: ops.mean(ops.convert_to_tensor([1, 2])),),
    "lists": (lambda ops: ops.add([1, 2], [0.5, 0.5]),),
    "whole numbers and a fraction": (lambda ops: ops.multiply(ops.convert_to_tensor([1, 2]), 0.5),),
}
# fmt: on
