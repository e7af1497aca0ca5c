"""Mistakes in putting layers together, and in what models of several ends get."""

import numpy as np

from bad_input.values import X, an_x

# fmt: off
A, B = an_x(), an_x()[:, :3]
PRICES, KINDS = np.zeros((len(A), 1)), np.zeros((len(A), 2))


def dense(k, units, name=None):
    """Return a layer that draws nothing, since a mistake must leave chance alone."""
    return k.layers.Dense(units, kernel_initializer="zeros", name=name)


def two_inputs(k):
    """Return the symbolic tensors of two inputs of other widths."""
    return k.layers.Input((A.shape[1],), name="a"), k.layers.Input((3,), name="b")


def two_ends(k):
    """Return a compiled model of two inputs and two outputs."""
    a, b = two_inputs(k)
    both = k.layers.Concatenate()([a, b])
    price, kind = dense(k, 1, name="price")(both), dense(k, 2, name="kind")(both)
    model = k.Model([a, b], [price, kind])
    model.compile("sgd", "mse")
    return model


def compiled(k, *arguments, **options):
    """Compile a model of two outputs."""
    return two_ends(k).compile(*arguments, **options)


def fitted(k, x, y, **options):
    """Train a model of two inputs and two outputs."""
    return two_ends(k).fit(x, y, verbose=0, **options)


def merged(k, kind, *widths, **options):
    """Call a layer on symbolic tensors of these widths."""
    return getattr(k.layers, kind)(**options)([k.layers.Input((width,)) for width in widths])


def cut(k):
    """Return a model whose output needs an input that it was not given."""
    a, b = two_inputs(k)
    return k.Model(a, k.layers.Concatenate()([a, b]))


def loose(k):
    """Return a model of which one input leads nowhere."""
    a, b = two_inputs(k)
    return k.Model([a, b], dense(k, 2)(a))


def called_twice(k):
    """Call a layer on tensors of two widths."""
    layer = dense(k, 2, name="h")
    return layer(k.layers.Input((3,))), layer(k.layers.Input((5,)))


def given_twice(k):
    """Return a model of the same input twice."""
    a = k.layers.Input((3,), name="a")
    return k.Model([a, a], dense(k, 2)(a))


def named_badly(k):
    """Return a model with a slash in its name."""
    a = k.layers.Input((3,))
    return k.Model(a, dense(k, 2)(a), name="a/b")


def named_alike(k):
    """Return a model in which two layers have one name."""
    a = k.layers.Input((3,))
    return k.Model(a, dense(k, 2, name="h")(dense(k, 3, name="h")(a)))


GRAPHS = {
    "Model: an input is missing": (cut, ValueError, "'b'|not among its inputs|Add its tensor"),
    "Model: an input leads nowhere": (loose, ValueError, "'b'|Nothing leads from|leave it out"),
    "Model: a name twice": (named_alike, ValueError, "'h'|another `name`"),
    "Model: layers instead of tensors": (lambda k: k.Model(k.layers.InputLayer((3,)), k.layers.Dense(2)), TypeError, "symbolic tensors|Input((784,))"),
    "Model: arrays": (lambda k: k.Model(X, X), TypeError, "symbolic tensors|ndarray"),
    "Model: nothing goes in": (lambda k: k.Model([], k.layers.Input((3,))), ValueError, "inputs|none"),
    "Model: nothing comes out": (lambda k: k.Model(k.layers.Input((3,)), []), ValueError, "outputs|none"),
    "Model: an input twice": (given_twice, ValueError, "'a'|twice"),
    "Model: a slash in the name": (named_badly, ValueError, "`name`|'a/b'"),
    "layers.Dense: two tensors go in": (lambda k: dense(k, 2)(list(two_inputs(k))), ValueError, "one symbolic tensor|Concatenate"),
    "layers.Dense: a tensor of another width": (called_twice, ValueError, "'h'|(None, 3)|(None, 5)"),
    "layers.Add: widths that do not meet": (lambda k: merged(k, "Add", 3, 4), ValueError, "add|(None, 3), (None, 4)|one shape"),
    "layers.Add: a tensor alone": (lambda k: k.layers.Add()(k.layers.Input((3,))), ValueError, "a list of inputs|Add()([a, b])"),
    "layers.Add: nothing": (lambda k: k.layers.Add()([]), ValueError, "a list of inputs|gets 0"),
    "layers.Add: rows that do not meet": (lambda k: k.layers.Add()([X, X[:2]]), ValueError, "same number of rows|6, 2"),
    "layers.Add: tensors and arrays": (lambda k: k.layers.Add()([k.layers.Input((4,)), X]), ValueError, "symbolic tensors and others|an Input"),
    "layers.Multiply: widths that do not meet": (lambda k: merged(k, "Multiply", 3, 4), ValueError, "multiply|(None, 3), (None, 4)"),
    "layers.Average: widths that do not meet": (lambda k: merged(k, "Average", 3, 4), ValueError, "average|(None, 3), (None, 4)"),
    "layers.Maximum: widths that do not meet": (lambda k: merged(k, "Maximum", 3, 4), ValueError, "maximum|(None, 3), (None, 4)"),
    "layers.Minimum: widths that do not meet": (lambda k: merged(k, "Minimum", 3, 4), ValueError, "minimum|(None, 3), (None, 4)"),
    "layers.Subtract: three": (lambda k: merged(k, "Subtract", 3, 3, 3), ValueError, "subtract|2 inputs|gets 3"),
    "layers.Concatenate: axis 0": (lambda k: k.layers.Concatenate(axis=0), ValueError, "axis must be 1|0"),
    "layers.Concatenate: axis 'last'": (lambda k: k.layers.Concatenate(axis="last"), TypeError, "axis must be a whole number|'last'"),
    "layers.Dot: axes 0": (lambda k: k.layers.Dot(axes=0), ValueError, "axes must be 1|0"),
    "layers.Dot: normalize='yes'": (lambda k: k.layers.Dot(axes=1, normalize="yes"), TypeError, "normalize must be True or False|'yes'"),
    "layers.Dot: widths that do not meet": (lambda k: merged(k, "Dot", 3, 4, axes=1), ValueError, "dot|(None, 3), (None, 4)"),
    "layers.add: widths that do not meet": (lambda k: k.layers.add([k.layers.Input((3,)), k.layers.Input((4,))]), ValueError, "(None, 3)|(None, 4)"),
    "layers.subtract: one": (lambda k: k.layers.subtract([k.layers.Input((3,))]), ValueError, "2 inputs|gets 1"),
    "layers.multiply: nothing": (lambda k: k.layers.multiply([]), ValueError, "a list of|inputs"),
    "layers.average: a tensor alone": (lambda k: k.layers.average(k.layers.Input((3,))), ValueError, "a list of|inputs"),
    "layers.maximum: a tensor alone": (lambda k: k.layers.maximum(k.layers.Input((3,))), ValueError, "a list of|inputs"),
    "layers.minimum: a tensor alone": (lambda k: k.layers.minimum(k.layers.Input((3,))), ValueError, "a list of|inputs"),
    "layers.concatenate: axis 2": (lambda k: k.layers.concatenate(list(two_inputs(k)), axis=2), ValueError, "along axis 2|(None, 4), (None, 3)"),
    "layers.dot: axes 2": (lambda k: k.layers.dot(list(two_inputs(k)), axes=2), ValueError, "axes must be 1|2"),
    "Sequential.add: a layer of several inputs": (lambda k, m: m.add(k.layers.Add()), ValueError, "several inputs|Model(inputs, outputs)"),
    "Sequential.add: what a layer returned": (lambda k, m: m.add(dense(k, 2)(k.layers.Input((3,)))), ValueError, "a layer returned|the layer itself"),
    "Sequential.add: a model of two inputs": (lambda k, m: m.add(two_ends(k)), ValueError, "several inputs or outputs|Model(inputs, outputs)"),
    "Sequential.__call__: a tensor of another width": (lambda k, m: m(k.layers.Input((9,))), ValueError, "(9,)|(4,)"),
    "Sequential.compute_output_shape: another width": (lambda k, m: m.compute_output_shape((None, 9)), ValueError, "(None, 9)|(None, 4)"),
    "Model: an entry of losses is missing": (lambda k: compiled(k, "sgd", {"price": "mse"}), ValueError, "'kind' is missing|price, kind"),
    "Model: a loss too many": (lambda k: compiled(k, "sgd", ["mse", "mse", "mae"]), ValueError, "loss has 3 entries|price, kind"),
    "Model: a loss of another output": (lambda k: compiled(k, "sgd", {"price": "mse", "kind": "mse", "x": "mse"}), ValueError, "'x' belongs to nothing|price, kind"),
    "Model: no loss at all": (lambda k: compiled(k, "sgd", [None, None]), ValueError, "compile needs a loss|categorical_crossentropy"),
    "Model: one weight for two losses": (lambda k: compiled(k, "sgd", "mse", loss_weights=2.0), ValueError, "loss_weights must be a list of 2|price, kind"),
    "Model: a weight that is no number": (lambda k: compiled(k, "sgd", "mse", loss_weights=[1.0, None]), TypeError, "weight of a loss|None"),
    "Model: metrics of one output": (lambda k: compiled(k, "sgd", "mse", metrics=["mae"]), ValueError, "metrics has 1 entries|2 outputs|price, kind"),
    "Model: metrics of another output": (lambda k: compiled(k, "sgd", "mse", metrics={"cost": "mae"}), ValueError, "'cost'|price, kind"),
    "Model: one input of two": (lambda k: fitted(k, A, [PRICES, KINDS]), ValueError, "x must be a list of 2|a, b"),
    "Model: three inputs": (lambda k: fitted(k, [A, B, B], [PRICES, KINDS]), ValueError, "x has 3 entries|a, b"),
    "Model: inputs in the wrong order": (lambda k: fitted(k, [B, A], [PRICES, KINDS]), ValueError, "input 'a'|features"),
    "Model: an input is missing in a dictionary": (lambda k: fitted(k, {"a": A}, [PRICES, KINDS]), ValueError, "'b' is missing|a, b"),
    "Model: a surplus input": (lambda k: fitted(k, {"0": B, "a": A, "b": B}, [PRICES, KINDS]), UserWarning, "'0' is left out|a, b"),
    "Model: inputs of other lengths": (lambda k: fitted(k, [A, B[:2]], [PRICES, KINDS]), ValueError, "'a'|'b'|rows"),
    "Model: one target of two": (lambda k: fitted(k, [A, B], PRICES), ValueError, "y must be a list of 2|price, kind"),
    "Model: targets of another width": (lambda k: fitted(k, [A, B], [PRICES, PRICES]), ValueError, "output 'kind'|2 outputs"),
    "Model: weights of one output": (lambda k: fitted(k, [A, B], [PRICES, KINDS], sample_weight=[np.ones(len(A))]), ValueError, "sample_weight has 1 entries|price, kind"),
    "Model: class_weight": (lambda k: fitted(k, [A, B], [PRICES, KINDS], class_weight={0: 1.0}), ValueError, "class_weight|one output|sample_weight"),
}
