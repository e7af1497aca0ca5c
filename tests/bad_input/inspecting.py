"""Mistakes in looking inside a model: fastmlp.inspect."""

import numpy as np

from bad_input.values import LABELS, ONE_HOT, X


def _not_compiled(library):
    return library.Sequential([library.layers.Dense(3)])


def _frozen(library):
    # Without chance, which a refused call must not have drawn from.
    layer = library.layers.Dense(3, kernel_initializer="zeros", trainable=False)
    model = library.Sequential([layer])
    model.compile("sgd", "mse")
    return model


def _batches():
    yield X, ONE_HOT


# What no other library has.
OWN = {
    "inspect.source: a function": (
        lambda k: k.inspect.source(k.reference.relu),
        TypeError,
        "takes the name of a function|such as 'relu'",
    ),
    "inspect.source: misspelled": (
        lambda k: k.inspect.source("dense_foward"),
        ValueError,
        "no function 'dense_foward'|Did you mean 'dense_forward'",
    ),
    "inspect.trace: of a class": (
        lambda k: k.inspect.trace(k.Sequential, X),
        TypeError,
        "takes a model first|Sequential is a class: give an object",
    ),
    "inspect.trace: of data": (
        lambda k: k.inspect.trace(X, X),
        TypeError,
        "takes a model first|ndarray",
    ),
    "inspect.trace: of a layer": (
        lambda k: k.inspect.trace(k.layers.Dense(3), X),
        TypeError,
        "takes a model first|put it into a Sequential",
    ),
    "inspect.trace: x of 3 columns": (
        lambda k, m: k.inspect.trace(m, X[:, :3]),
        ValueError,
        "expects 4 features|Give x 4 columns",
    ),
    "inspect.trace: x in words": (
        lambda k, m: k.inspect.trace(m, np.array([["a"] * 4])),
        TypeError,
        "x holds text|np.asarray(",
    ),
    "inspect.trace: of batches": (
        lambda k, m: k.inspect.trace(m, _batches()),
        TypeError,
        "x|generator",
    ),
    "inspect.count_dead_units: of a number": (
        lambda k: k.inspect.count_dead_units(3, X),
        TypeError,
        "count_dead_units takes a model first|not 3",
    ),
    "inspect.count_dead_units: of no rows": (
        lambda k, m: k.inspect.count_dead_units(m, X[:0]),
        ValueError,
        "x has 0 samples|at least one row",
    ),
    "inspect.gradients: of a number": (
        lambda k: k.inspect.gradients(3, X, ONE_HOT),
        TypeError,
        "gradients takes a model first|not 3",
    ),
    "inspect.gradients: without compile": (
        lambda k: k.inspect.gradients(_not_compiled(k), X, ONE_HOT),
        ValueError,
        "call `compile()`|model.compile(optimizer=",
    ),
    "inspect.gradients: without y": (
        lambda k, m: k.inspect.gradients(m, X),
        TypeError,
        "There are no targets|pass y",
    ),
    "inspect.gradients: labels for one-hot targets": (
        lambda k, m: k.inspect.gradients(m, X, LABELS),
        ValueError,
        "sparse_categorical_crossentropy|to_categorical",
    ),
    "inspect.gradients: weights of 2 rows": (
        lambda k, m: k.inspect.gradients(m, X, ONE_HOT, sample_weight=[1, 2]),
        ValueError,
        "sample_weight|6",
    ),
    "inspect.check_gradients: of a number": (
        lambda k: k.inspect.check_gradients(3, X, ONE_HOT),
        TypeError,
        "check_gradients takes a model first|not 3",
    ),
    "inspect.check_gradients: without compile": (
        lambda k: k.inspect.check_gradients(_not_compiled(k), X, ONE_HOT),
        ValueError,
        "call `compile()`|model.compile(optimizer=",
    ),
    "inspect.check_gradients: without y": (
        lambda k, m: k.inspect.check_gradients(m, X),
        TypeError,
        "There are no targets|pass y",
    ),
    "inspect.check_gradients: no entries": (
        lambda k, m: k.inspect.check_gradients(m, X, ONE_HOT, entries=0),
        ValueError,
        "entries|at least 1",
    ),
    "inspect.check_gradients: of a frozen model": (
        lambda k: k.inspect.check_gradients(_frozen(k), X, ONE_HOT),
        ValueError,
        "No layer of model|Set `trainable`",
    ),
    "inspect.explain_step: of a number": (
        lambda k: k.inspect.explain_step(3, X, ONE_HOT),
        TypeError,
        "explain_step takes a model first|not 3",
    ),
    "inspect.explain_step: without compile": (
        lambda k: k.inspect.explain_step(_not_compiled(k), X, ONE_HOT),
        ValueError,
        "call `compile()`|model.compile(optimizer=",
    ),
    "inspect.explain_step: without y": (
        lambda k, m: k.inspect.explain_step(m, X),
        TypeError,
        "There are no targets|pass y",
    ),
    "inspect.explain_step: y of 2 columns": (
        lambda k, m: k.inspect.explain_step(m, X, ONE_HOT[:, :2]),
        ValueError,
        "(6, 2)|(6, 3)",
    ),
    "inspect.explain_step: row 6 of 6": (
        lambda k, m: k.inspect.explain_step(m, X, ONE_HOT, rows=[6]),
        ValueError,
        "rows names 6|has 6 rows",
    ),
    "inspect.explain_step: no rows": (
        lambda k, m: k.inspect.explain_step(m, X, ONE_HOT, rows=0),
        ValueError,
        "rows|at least 1",
    ),
    "inspect.explain_step: rows=[]": (
        lambda k, m: k.inspect.explain_step(m, X, ONE_HOT, rows=[]),
        ValueError,
        "rows is empty|rows=[0]",
    ),
    "inspect.explain_step: unit 5 of 5": (
        lambda k, m: k.inspect.explain_step(m, X, ONE_HOT, units=[5]),
        ValueError,
        "units names 5|no layer has more than 5",
    ),
    "inspect.explain_step: units in words": (
        lambda k, m: k.inspect.explain_step(m, X, ONE_HOT, units="all"),
        TypeError,
        "units|whole number",
    ),
    "inspect.explain_step: half a row": (
        lambda k, m: k.inspect.explain_step(m, X, ONE_HOT, rows=[0.5]),
        TypeError,
        "rows|whole number",
    ),
}
