"""Units that have stopped learning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp import activations, reference, tables
from fastmlp._util.columns import in_columns
from fastmlp._util.keywords import suggesting
from fastmlp.inspect._by_name import ByName
from fastmlp.inspect._model import call_names, layer_names, network_of
from fastmlp.inspect._trace import LayerTrace, trace
from fastmlp.layers import Layer

if TYPE_CHECKING:
    from fastmlp.models import Model


class UnitCount(NamedTuple):
    """How many units of a layer are dead.

    Attributes:
        dead: That number.
        units: How many units the layer has.
        which: The dead ones, counted from 0.
    """

    dead: int
    units: int
    which: NDArray[np.intp]


class DeadUnits(ByName[UnitCount]):
    """How many units are dead, by the name of their layer; printed, it is a table."""

    def __repr__(self) -> str:
        rows = [["layer", "units", "dead", "share"]]
        for name, (dead, units, _) in self.items():
            rows.append([name, str(units), str(dead), f"{dead / units:.0%}"])
        return in_columns(rows)


@suggesting
def count_dead_units(model: Model, x: Any) -> DeadUnits:
    """Count the units that learn nothing from any of some inputs.

    A unit is dead if the slope of its activation is 0 for all rows of x: then no
    gradient gets through it, and the weights before it stay as they are.

    - With relu, that is a unit whose output is 0 for all rows; so with `ReLU`,
      `ThresholdedReLU`, soft_shrink and hard_shrink.
    - With relu6, hard_sigmoid, hard_tanh and a `max_value`, each row may be at either
      end: there, the unit is stuck, whatever its output is.
    - leaky_relu and a `PReLU` with a slope never die. Nor do sigmoid, tanh, elu, gelu
      and others that only come near a line, unless they are so far out that float32
      rounds the slope to 0.
    - With an activation of your own, it is a unit whose output is 0 for all rows.

    Layers without an activation, or with one of whole rows, as softmax is, are left
    out. A unit is a place on the last axis; that of a layer which is called twice is
    dead if it is so in both.

    Args:
        model: The model; it need not be compiled.
        x: Inputs, as `predict` takes them, at least one row. The more, the surer:
            training data tell whether a unit can learn at all.

    Returns:
        By the name of each layer with an activation, how many of its `units` are
        `dead`, and `which`.

    Raises:
        TypeError: It is no model, or x does not hold real numbers.
        ValueError: The shape of x does not fit, or it has no rows.

    Source: L. Lu et al., Dying ReLU and Initialization, 2019.

    Example:
        >>> from fastmlp import Sequential
        >>> from fastmlp.layers import Dense, Input
        >>> model = Sequential([Input((1,)), Dense(3, "relu", name="hidden")])
        >>> model.set_weights([[[1, -1, 1]], [0, 0, -9]])
        >>> count_dead_units(model, [[1], [2], [3]])
        layer   units  dead  share
        hidden      3     2    67%
    """
    network = network_of("count_dead_units", model)
    traced, names = trace(model, x), layer_names(network)
    dead: dict[str, NDArray[np.bool_]] = {}
    for number, call in call_names(network).items():
        layer = network.graph.calls[number].layer
        silent = _is_silent(layer, traced[call])
        if silent is not None:
            if not len(silent):
                raise ValueError(
                    "x has 0 samples, but whether a unit is dead shows in what it "
                    "makes of some: give it at least one row."
                )
            here = np.all(silent.reshape(-1, silent.shape[-1]), axis=0)
            name = names[layer]
            dead[name] = dead[name] & here if name in dead else here
    return DeadUnits(
        {
            name: UnitCount(int(one.sum()), len(one), one.nonzero()[0])
            for name, one in dead.items()
        }
    )


def _is_silent(layer: Layer, traced: LayerTrace) -> NDArray[np.bool_] | None:
    """Return where no gradient gets through an activation; None: there is none."""
    x, y = traced
    if x is None:
        return None
    kernel, ones = layer.activation_kernel(), np.ones_like(y)
    if layer.kind == "prelu":
        slopes, _ = reference.prelu_backward(x, ones, layer.weights[0].value)
    elif kernel == activations.OWN:
        slopes = y
    elif kernel.name == "linear" or kernel.name in tables.ROW_WISE:
        return None
    else:
        given = x if kernel.name in tables.NEED_INPUT else y
        backward = getattr(reference, f"{kernel.name}_backward")
        slopes = backward(given, ones, **kernel.settings)
    return np.asarray(slopes == 0)
