"""Several sources of one operation: how they are merged, and what goes back to each."""

from functools import reduce
from itertools import accumulate

import numpy as np

from fastmlp import reference
from fastmlp.reference import Array


def merged(kind: str, sources: list[Array]) -> Array:
    """Return what an operation makes of its sources, from the first to the last."""
    if kind == "concatenate":
        return np.concatenate(sources, axis=1)
    if kind == "dot":
        return reference.dot(*sources)[:, None]
    if kind == "average":
        return reference.average(reduce(reference.add, sources), len(sources))
    return reduce(getattr(reference, kind), sources)


def merged_backward(kind: str, sources: list[Array], dy: Array) -> list[Array]:
    """Return the gradient of each source."""
    if kind == "concatenate":
        begins = accumulate((x.shape[1] for x in sources), initial=0)
        return [
            reference.concatenate_backward(dy, begin, x.shape[1])
            for begin, x in zip(begins, sources, strict=False)
        ]
    if kind == "dot":
        x, z = sources
        column = dy[:, 0]
        return [reference.dot_backward(column, z), reference.dot_backward(column, x)]
    if kind == "subtract":
        return [dy, reference.subtract_backward(dy)]
    if kind == "average":
        return [reference.average(dy, len(sources))] * len(sources)
    if kind == "multiply":
        return [
            reduce(reference.multiply, sources[:k] + sources[k + 1 :], dy)
            for k in range(len(sources))
        ]
    if kind in ("maximum", "minimum"):
        return _extremum_backward(kind, sources, dy)
    return [dy] * len(sources)


def _extremum_backward(kind: str, sources: list[Array], dy: Array) -> list[Array]:
    """Each source from the last on takes its share, and leaves the rest."""
    best = list(accumulate(sources, getattr(reference, kind)))
    derivative = getattr(reference, f"{kind}_backward")
    gradients = []
    for k in range(len(sources) - 1, 0, -1):
        dy, dx = derivative(best[k - 1], sources[k], dy)
        gradients.append(dx)
    return [dy, *reversed(gradients)]
