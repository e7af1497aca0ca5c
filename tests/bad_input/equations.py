"""Mistakes in layers, losses and metrics of one's own."""

import numpy as np

from bad_input.values import ONE_HOT, SECRET, X

# fmt: off


def _layer(k, **methods):
    """Return a layer of one's own with these methods."""
    return type("Mine", (k.layers.Layer,), methods)(name="mine")


def _trained(k, layer):
    """Train a layer of one's own, before one that draws nothing."""
    first = k.layers.Dense(4, kernel_initializer="ones")
    last = k.layers.Dense(3, "softmax", kernel_initializer="zeros")
    model = k.Sequential([k.layers.Input((4,)), first, layer, last])
    model.compile("sgd", "categorical_crossentropy")
    return model.fit(X, ONE_HOT, shuffle=False, verbose=0)


def _by_hand(backward):
    """Return a call that trains a layer with this backward."""
    return lambda k: _trained(k, _layer(k, forward=lambda self, x: x * 2, backward=backward))


def _compiled(loss, metrics=None):
    """Return a call that trains a model with this loss and these metrics."""

    def call(k):
        dense = k.layers.Dense(3, kernel_initializer="zeros")
        model = k.Sequential([k.layers.Input((4,)), dense])
        model.compile("sgd", loss, metrics=metrics)
        return model.fit(X, ONE_HOT, shuffle=False, verbose=0)

    return call


def _nameless(k):
    """Give a layer two weights of one name."""
    layer = _layer(k, call=lambda self, x: x)
    layer.add_weight((2,), "zeros", name="w")
    layer.add_weight((2,), "zeros", name="w")


EQUATIONS = {
    "layers.Lambda: a number": (lambda k: k.layers.Lambda(3), TypeError, "a function of an array|3"),
    "layers.Lambda: it gives a number": (lambda k: k.layers.Lambda(lambda x: 3.0)(k.layers.Input((4,))), ValueError, "a row of outputs for each row|3.0"),
    "layers.Lambda: it sums the rows": (lambda k: k.layers.Lambda(lambda x: x.sum(axis=0, keepdims=True))(k.layers.Input((4,))), ValueError, "a row of outputs for each row|(1, 4)"),
    "layers.Layer: a weight of a compiled layer": (lambda k: k.layers.Dense(3).add_weight((2,)), TypeError, "compiled|a subclass of layers.Layer"),
    "layers.Layer: two weights of one name": (_nameless, ValueError, "'mine'|a weight 'w' already|another name"),
    "layers.Layer: a backward of another shape": (_by_hand(lambda self, x, y, dy: dy[:, :2]), ValueError, "'mine'|backward|(6, 2)|(6, 4)"),
    "layers.Layer: a backward of whole numbers": (_by_hand(lambda self, x, y, dy: dy.astype(int)), TypeError, "'mine'|backward|int64|floats"),
    "layers.Layer: a backward that gives NaN": (_by_hand(lambda self, x, y, dy: dy * np.nan), ValueError, "'mine'|NaN|division by zero"),
    "layers.Layer: a backward that gives nothing": (_by_hand(lambda self, x, y, dy: None), TypeError, "'mine'|backward|None"),
    "layers.Layer: a call that gives nothing": (lambda k: _trained(k, _layer(k, call=lambda self, x: None)), ValueError, "'mine'|a row of outputs|None"),
    "Sequential.compile: a loss that sums over the rows": (_compiled(lambda t, y: ((t - y) ** 2).sum(axis=0)), ValueError, "(3,)|6 rows|(6,)|axis=-1"),
    "Sequential.compile: a loss without a slope": (_compiled(lambda t, y: (t * 0).sum(axis=-1)), TypeError, "no gradient|y_pred"),
    "Sequential.compile: a metric that sums over the rows": (_compiled("mse", [lambda t, y: (t - y).sum(axis=0)]), ValueError, "(3,)|6 rows|axis=-1"),
    "Sequential.compile: a loss that gives text": (_compiled(lambda t, y: str(SECRET)), TypeError, "loss|floats"),
}
