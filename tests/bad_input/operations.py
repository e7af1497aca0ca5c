"""Mistakes in equations of one's own: fastmlp.ops, and fastmlp.backend."""

import numpy as np

from bad_input.values import WORD, X

_WORDS = [WORD]
_TEXT = (TypeError, "holds text|np.asarray(")

_OF_ONE = [
    *("abs", "absolute", "all", "amax", "amin", "any", "arccos", "arcsin", "arctan"),
    *("argmax", "argmin", "argsort", "average", "ceil", "convert_to_tensor", "cos"),
    *("convert_to_numpy", "cosh", "count_nonzero", "cumsum", "erf", "exp", "expm1"),
    *("elu", "flip", "floor", "gelu", "hard_sigmoid", "hard_silu", "hard_tanh"),
    *("isfinite", "isinf", "isnan", "leaky_relu", "log", "log10", "log1p", "log2"),
    *("log_sigmoid", "log_softmax", "logical_not", "logsumexp", "max", "mean"),
    *("median", "min", "negative", "norm", "normalize", "ones_like", "prod", "ravel"),
    *("reciprocal", "relu", "relu6", "round", "rsqrt", "selu", "sigmoid", "sign"),
    *("silu", "sin", "sinh", "softmax", "softplus", "softsign", "sort", "sqrt"),
    *("square", "squeeze", "std", "stop_gradient", "sum", "tan", "tanh", "transpose"),
    *("var", "zeros_like"),
]
_OF_TWO = [
    *("add", "arctan2", "divide", "divide_no_nan", "equal", "floor_divide", "greater"),
    *("greater_equal", "isclose", "less", "less_equal", "logical_and", "logical_or"),
    *("logical_xor", "maximum", "minimum", "mod", "multiply", "not_equal", "power"),
    *("subtract",),
]
_OLDER = [
    *("equal", "greater", "greater_equal", "less", "less_equal", "maximum", "minimum"),
    *("not_equal", "pow"),
]


def _one(module, name):
    return lambda k: getattr(getattr(k, module), name)(_WORDS)


def _two(module, name):
    return lambda k: getattr(getattr(k, module), name)(X[0], X[0, :2])


def _meet(name):
    return ValueError, f"ops.{name} of shape (4,) and (2,)|ops.expand_dims"


# fmt: off
OPERATIONS = {
    **{f"ops.{name}: of words": (_one("ops", name), *_TEXT) for name in _OF_ONE},
    **{f"ops.{name}: shapes that do not meet": (_two("ops", name), *_meet(name)) for name in _OF_TWO},
    "ops.divide_no_nan: shapes that do not meet": (_two("ops", "divide_no_nan"), *_meet("divide")),
    "ops.add: a list of rows of two lengths": (lambda k: k.ops.add([[1.0], [1.0, 2.0]], 1.0), ValueError, "x1|differ in length|same number"),
    "ops.subtract: x1 is missing": (lambda k: k.ops.subtract(x2=1.0), TypeError, "ops.subtract|'x1'|help(fastmlp.ops.subtract)"),
    "ops.mean: None": (lambda k: k.ops.mean(None), TypeError, "x must be an array|NoneType"),
    "ops.mean: axis 2": (lambda k: k.ops.mean(X, axis=2), ValueError, "ops.mean of shape (6, 4)|axis 2|-2 to 1"),
    "ops.mean: axis='rows'": (lambda k: k.ops.mean(X, axis="rows"), TypeError, "ops.mean of shape (6, 4)|help(fastmlp.ops.mean)"),
    "ops.mean: dim": (lambda k: k.ops.mean(X, dim=1), TypeError, "ops.mean|'dim'|help(fastmlp.ops.mean)"),
    "ops.mean: complex numbers": (lambda k: k.ops.mean([1j]), TypeError, "x must hold real numbers|np.abs(x)"),
    "ops.mean: masked": (lambda k: k.ops.mean(np.ma.masked_equal([1.0, 2.0], 1.0)), ValueError, "x is a masked array|x.filled(0)"),
    "ops.softmax: axis 2": (lambda k: k.ops.softmax(X, axis=2), ValueError, "ops.moveaxis of shape (6, 4)|axis 2"),
    "ops.arange: words": (lambda k: k.ops.arange(WORD), TypeError, "stop must be an array of numbers|str"),
    "ops.array: words": (lambda k: k.ops.array(_WORDS), *_TEXT),
    "ops.broadcast_to: another length": (lambda k: k.ops.broadcast_to(X[0], (5, 3)), ValueError, "ops.broadcast_to of shape (4,)|ops.expand_dims"),
    "ops.cast: no dtype": (lambda k: k.ops.cast(X, "flaot32"), TypeError, "ops.cast of shape (6, 4)|flaot32|help(fastmlp.ops.cast)"),
    "ops.clip: a word": (lambda k: k.ops.clip(X, 0.0, WORD), TypeError, "x2 must be an array of numbers|str"),
    "ops.where: shapes that do not meet": (lambda k: k.ops.where(X > 0, X[0, :2], 0.0), ValueError, "ops.where of shape (2,)|ops.expand_dims"),
    "ops.where: x1 alone": (lambda k: k.ops.where(X > 0, X), ValueError, "one is None|0.0"),
    "ops.concatenate: one array": (lambda k: k.ops.concatenate(X), TypeError, "xs must be a list of arrays|[a, b]"),
    "ops.concatenate: nothing": (lambda k: k.ops.concatenate([]), ValueError, "xs must hold at least one array|none"),
    "ops.concatenate: other lengths": (lambda k: k.ops.concatenate([X, X[:, :2]]), ValueError, "ops.concatenate of shape (6, 4) and (6, 2)|help(fastmlp.ops.concatenate)"),
    "ops.stack: one array": (lambda k: k.ops.stack(X), TypeError, "xs must be a list of arrays|[a, b]"),
    "ops.split: in 3": (lambda k: k.ops.split(X, 3, axis=1), ValueError, "ops.split of shape (6, 4)|help(fastmlp.ops.split)"),
    "ops.reshape: another size": (lambda k: k.ops.reshape(X, (3, 3)), ValueError, "ops.reshape of shape (6, 4)|(3,3)"),
    "ops.expand_dims: axis 5": (lambda k: k.ops.expand_dims(X, 5), ValueError, "ops.expand_dims of shape (6, 4)|axis 5"),
    "ops.moveaxis: axis 5": (lambda k: k.ops.moveaxis(X, 5, 0), ValueError, "ops.moveaxis of shape (6, 4)|axis 5"),
    "ops.swapaxes: axis 5": (lambda k: k.ops.swapaxes(X, 5, 0), ValueError, "ops.swapaxes of shape (6, 4)|axis"),
    "ops.roll: by None": (lambda k: k.ops.roll(X, None), TypeError, "ops.roll of shape (6, 4)|help(fastmlp.ops.roll)"),
    "ops.repeat: -1 times": (lambda k: k.ops.repeat(X, -1), ValueError, "ops.repeat of shape (6, 4)|help(fastmlp.ops.repeat)"),
    "ops.tile: None": (lambda k: k.ops.tile(X, [None]), TypeError, "ops.tile of shape (6, 4)|help(fastmlp.ops.tile)"),
    "ops.take: beyond the end": (lambda k: k.ops.take(X, [7], axis=0), ValueError, "ops.take of shape (6, 4)|index 7|size 6"),
    "ops.take_along_axis: beyond the end": (lambda k: k.ops.take_along_axis(X, [[7]], axis=0), ValueError, "ops.take_along_axis of shape (6, 4)|index 7|size 6"),
    "ops.get_item: beyond the end": (lambda k: k.ops.get_item(X, 7), ValueError, "ops.get_item of shape (6, 4)|index 7|size 6"),
    "ops.top_k: of words": (lambda k: k.ops.top_k(_WORDS, 1), *_TEXT),
    "ops.in_top_k: a class that is not there": (lambda k: k.ops.in_top_k([7], X[:1], 2), ValueError, "ops.in_top_k of shape (1,) and (1, 4)|index 7"),
    "ops.matmul: other lengths": (lambda k: k.ops.matmul(X, X), ValueError, "ops.matmul of shape (6, 4) and (6, 4)|size 6 is different from 4"),
    "ops.dot: other lengths": (lambda k: k.ops.dot(X, X), ValueError, "ops.matmul of shape (6, 4) and (6, 4)|size 6 is different from 4"),
    "ops.outer: words": (lambda k: k.ops.outer(_WORDS, X), *_TEXT),
    "ops.tensordot: other lengths": (lambda k: k.ops.tensordot(X, X, 1), ValueError, "ops.einsum of shape (6, 4) and (6, 4)|help(fastmlp.ops.einsum)"),
    "ops.tensordot: an axis that is not there": (lambda k: k.ops.tensordot(X, X, ([2], [0])), ValueError, "ops.tensordot of shape (6, 4) and (6, 4)|out of range|help(fastmlp.ops.tensordot)"),
    "ops.einsum: a letter twice": (lambda k: k.ops.einsum("ii->i", X[:4]), ValueError, "'ii->i'|one letter for each axis"),
    "ops.einsum: an ellipsis": (lambda k: k.ops.einsum("...i->i", X), ValueError, "'...i->i'|one letter for each axis"),
    "ops.einsum: three words for two": (lambda k: k.ops.einsum("i,j,k->i", X[0], X[0]), ValueError, "'i,j,k->i' is about 3 arrays, not 2|help(fastmlp.ops.einsum)"),
    "ops.norm: a norm of matrices": (lambda k: k.ops.norm(X, ord=2), ValueError, "ord=2 over 2 axes|'fro'"),
    "ops.one_hot: -1 classes": (lambda k: k.ops.one_hot([1], "3"), TypeError, "ops.one_hot of shape (1,)|help(fastmlp.ops.one_hot)"),
    "ops.categorical_crossentropy: labels": (lambda k: k.ops.categorical_crossentropy([1, 2], X[:2]), ValueError, "target has shape (2,)|(2, 4)|ops.one_hot"),
    "ops.binary_crossentropy: (n,) and (n, 1)": (lambda k: k.ops.binary_crossentropy(X[:, 0], X[:, :1]), ValueError, "target has shape (6,)|(6, 1)|ops.reshape"),
    "ops.sparse_categorical_crossentropy: one-hot": (lambda k: k.ops.sparse_categorical_crossentropy(X, X), ValueError, "target has shape (6, 4)|target.argmax(axis=1)"),
    "ops.sparse_categorical_crossentropy: label 4 of 4": (lambda k: k.ops.sparse_categorical_crossentropy([4], X[:1]), ValueError, "target|0..3|4"),
    "ops.zeros: '3'": (lambda k: k.ops.zeros("3"), TypeError, "ops.full|help(fastmlp.ops.full)"),
    "ops.ones: -1": (lambda k: k.ops.ones(-1), ValueError, "ops.full|negative"),
    "ops.full: '3'": (lambda k: k.ops.full("3", 1.0), TypeError, "ops.full|help(fastmlp.ops.full)"),
    "ops.full_like: words": (lambda k: k.ops.full_like(_WORDS, 1.0), *_TEXT),
    "ops.eye: 2.5": (lambda k: k.ops.eye(2.5), TypeError, "ops.eye|help(fastmlp.ops.eye)"),
    "ops.identity: 2.5": (lambda k: k.ops.identity(2.5), TypeError, "ops.eye|help(fastmlp.ops.eye)"),
    "ops.linspace: 2.5 numbers": (lambda k: k.ops.linspace(0, 1, 2.5), TypeError, "ops.linspace|help(fastmlp.ops.linspace)"),
    "ops.shape: rows of two lengths": (lambda k: k.ops.shape([[1.0], [1.0, 2.0]]), ValueError, "x|differ in length|same number"),
    "ops.ndim: rows of two lengths": (lambda k: k.ops.ndim([[1.0], [1.0, 2.0]]), ValueError, "x|differ in length|same number"),
    "ops.size: rows of two lengths": (lambda k: k.ops.size([[1.0], [1.0, 2.0]]), ValueError, "x|differ in length|same number"),
}
class _Half:
    """A layer that forgot to return, and a loss that sums over the rows."""

    def forward(self, *x):
        return None if len(x) == 1 else x[1].sum()

    def backward(self, *x):
        return np.ones_like(x[-1])


# What no other library has.
OWN = {
    "utils.check_gradient: at nothing": (lambda k: k.utils.check_gradient(k.ops.exp), TypeError, "needs the arrays|check_gradient(thing, x)"),
    "utils.check_gradient: a class": (lambda k: k.utils.check_gradient(_Half, X), TypeError, "_Half is a class|_Half()"),
    "utils.check_gradient: a number": (lambda k: k.utils.check_gradient(3.0, X), TypeError, "3.0 has no gradient|forward and backward"),
    "utils.check_gradient: an array": (lambda k: k.utils.check_gradient(X, X), TypeError, "an object of type ndarray has no gradient|forward and backward"),
    "utils.check_gradient: a loss at one array": (lambda k: k.utils.check_gradient(k.losses.Huber(), X), TypeError, "needs y_true and y_pred|given 1 arrays"),
    "utils.check_gradient: an activation at two arrays": (lambda k: k.utils.check_gradient(k.activations.relu, X, X), TypeError, "needs x here|given 2 arrays"),
    "utils.check_gradient: of words": (lambda k: k.utils.check_gradient(k.ops.exp, _WORDS), *_TEXT),
    "utils.check_gradient: without return": (lambda k: k.utils.check_gradient(_Half(), X), TypeError, "result is None|`return`"),
    "utils.check_gradient: a loss in one number": (lambda k: k.utils.check_gradient(_Half(), X, X), ValueError, "(6,)|returned ()|axis=-1"),
    "utils.check_gradient: where the result is infinite": (lambda k: k.utils.check_gradient(k.ops.log, [0.0]), ValueError, "-inf at [0]|other inputs"),
    "utils.check_gradient: label 4 of 4": (lambda k: k.utils.check_gradient(k.losses.sparse_categorical_crossentropy, [4], X[:1]), ValueError, "y_true|0..3|4"),
    "ops.gradient: of a number": (lambda k: k.ops.gradient(3.0, X), TypeError, "function must be a function|3.0|lambda x"),
    "ops.gradient: at words": (lambda k: k.ops.gradient(k.ops.exp, _WORDS), *_TEXT),
    "ops.gradient: of nothing": (lambda k: k.ops.gradient(lambda x: None, X), TypeError, "the result of the function must be an array|NoneType"),
    "ops.gradient: of two results": (lambda k: k.ops.gradient(lambda x: (x, x), X), TypeError, "does not become a NumPy array|ops.stack"),
    "ops.gradient: in a gradient": (lambda k: k.ops.gradient(lambda x: k.ops.gradient(k.ops.exp, x), X), TypeError, "does not become a NumPy array|fastmlp.ops"),
    "ops.gradient: of what NumPy computes": (lambda k: k.ops.gradient(np.linalg.svd, X), TypeError, "np.svd has no derivative|fastmlp.ops"),
    "ops.gradient: through np.asarray": (lambda k: k.ops.gradient(lambda x: np.asarray(x), X), TypeError, "gradient would be lost|fastmlp.ops"),
    "ops.gradient: of an assignment": (lambda k: k.ops.gradient(lambda x: x.__setitem__(0, 1.0), X), TypeError, "cannot be changed|ops.where"),
    **{f"backend.{name}: shapes that do not meet": (_two("backend", name), ValueError, "of shape (4,) and (2,)|ops.expand_dims") for name in _OLDER},
    **{f"backend.{name}: of words": (_one("backend", name), *_TEXT) for name in ("argmax", "argmin", "variable", "batch_flatten", "cast_to_floatx", "constant", "cumsum", "dtype", "expand_dims", "hard_sigmoid", "l2_normalize", "ones_like", "permute_dimensions", "relu", "reverse", "stop_gradient", "zeros_like")},
    "backend.arange: words": (lambda k: k.backend.arange(WORD), TypeError, "stop must be an array of numbers|str"),
    "backend.batch_dot: other lengths": (lambda k: k.backend.batch_dot(X, X[:, :2]), ValueError, "ops.einsum of shape (6, 4) and (6, 2)|help(fastmlp.ops.einsum)"),
    "backend.clip: a word": (lambda k: k.backend.clip(X, 0.0, max_value=WORD), TypeError, "x2 must be an array of numbers|str"),
    "backend.concatenate: one array": (lambda k: k.backend.concatenate(X), TypeError, "xs must be a list of arrays|[a, b]"),
    "backend.dot: other lengths": (lambda k: k.backend.dot(X, X), ValueError, "ops.matmul of shape (6, 4) and (6, 4)|size 6 is different from 4"),
    "backend.eye: 2.5": (lambda k: k.backend.eye(2.5), TypeError, "ops.eye|help(fastmlp.ops.eye)"),
    "backend.gather: beyond the end": (lambda k: k.backend.gather(X, [7]), ValueError, "ops.take of shape (6, 4)|index 7"),
    "backend.in_top_k: a class that is not there": (lambda k: k.backend.in_top_k(X[:1], [7], 2), ValueError, "ops.in_top_k of shape (1,) and (1, 4)|index 7"),
    "backend.one_hot: '3' classes": (lambda k: k.backend.one_hot([1], "3"), TypeError, "ops.one_hot of shape (1,)|help(fastmlp.ops.one_hot)"),
    "backend.ones: -1": (lambda k: k.backend.ones(-1), ValueError, "ops.full|negative"),
    "backend.zeros: '3'": (lambda k: k.backend.zeros("3"), TypeError, "ops.full|help(fastmlp.ops.full)"),
    "backend.random_normal: '3'": (lambda k: k.backend.random_normal("3"), TypeError, "backend.random_normal|help(fastmlp.backend.random_normal)"),
    "backend.random_uniform: '3'": (lambda k: k.backend.random_uniform("3"), TypeError, "backend.random_uniform|help(fastmlp.backend.random_uniform)"),
    "backend.repeat_elements: -1 times": (lambda k: k.backend.repeat_elements(X, -1, 0), ValueError, "ops.repeat of shape (6, 4)|help(fastmlp.ops.repeat)"),
    "backend.reshape: another size": (lambda k: k.backend.reshape(X, shape=(3, 3)), ValueError, "ops.reshape of shape (6, 4)|(3,3)"),
    "backend.tile: None": (lambda k: k.backend.tile(X, n=[None]), TypeError, "ops.tile of shape (6, 4)|help(fastmlp.ops.tile)"),
    "backend.get_value: ragged": (lambda k: k.backend.get_value([[1.0], [1.0, 2.0]]), ValueError, "x cannot be made|same number"),
    "backend.set_value: of a number": (lambda k: k.backend.set_value(0.1, 0.01), TypeError, "x must be a weight|learning rate of an optimizer|NumPy array|0.1"),
    "backend.set_value: a negative learning rate": (lambda k: k.backend.set_value(k.optimizers.SGD().learning_rate, -1), ValueError, "learning_rate must be at least 0|-1"),
    "backend.switch: of words": (lambda k: k.backend.switch(_WORDS, X, X), *_TEXT),
    "backend.set_epsilon: 1e-5": (lambda k: k.backend.set_epsilon(1e-5), ValueError, "1e-05|Use a number of your own"),
    "config.set_epsilon: a word": (lambda k: k.config.set_epsilon("small"), ValueError, "'small'|Use a number of your own"),
}
# fmt: on
