"""Mistakes in looking inside a model: fastmlp.inspect."""

import numpy as np

from bad_input.values import X

# What no other library has.
OWN = {
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
}
