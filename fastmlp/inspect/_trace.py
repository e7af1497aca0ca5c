"""What each layer makes of some inputs."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fastmlp._engine.build import build_plan
from fastmlp._engine.runs import Run, WorkspacePool
from fastmlp._model.network import Network
from fastmlp._model.samples import to_samples
from fastmlp._model.stack import while_building
from fastmlp._util.columns import in_columns
from fastmlp._util.keywords import suggesting
from fastmlp.inspect._by_name import ByName
from fastmlp.inspect._model import call_names, network_of
from fastmlp.layers import Layer
from fastmlp.layers._shapes import sizes_of
from fastmlp.plan import KINDS, PREDICT, Float32, Plan

if TYPE_CHECKING:
    from fastmlp.models import Model

# As many rows at a time as `predict` takes.
_BATCH_SIZE = 32

# The kinds of layers that are nothing but an activation.
_ACTIVATIONS = ("activation", "prelu")


class LayerTrace(NamedTuple):
    """What one layer made of the inputs.

    Attributes:
        pre_activation: What its activation got, (rows, *shape of a sample): x w + b of
            a dense layer, the inputs of an `Activation`; None for a layer that has no
            activation.
        output: What came out of it, (rows, *shape of a sample).
    """

    pre_activation: Float32 | None
    output: Float32


class Trace(ByName[LayerTrace]):
    """What each layer made of some inputs, by the layer's name, in their order.

    Printed, it is a table of shapes and sizes.
    """

    def __repr__(self) -> str:
        rows = [["layer", "output", "least", "mean", "largest", "zeros"]]
        for name, (_, y) in self._found.items():
            numbers = [""] * 4
            if y.size:
                ends = (y.min(), y.mean(dtype=np.float64), y.max())
                numbers = [*(f"{end:.4g}" for end in ends), f"{np.mean(y == 0):.0%}"]
            rows.append([name, str(y.shape), *numbers])
        return in_columns(rows, left=2)


@suggesting
def trace(model: Model, x: Any) -> Trace:
    """Return what each layer of a model makes of some inputs, as in `predict`.

    Args:
        model: The model; it need not be compiled.
        x: Inputs, as `predict` takes them: (rows, inputs); of several inputs, a list,
            or a dictionary by name.

    Returns:
        By the name of each layer, in the order of their work, its `pre_activation` and
        its `output`. A layer that is called twice has both calls, "twin[0]" and
        "twin[1]"; one of an inner model has the name of that before its own if another
        is called the same. What comes out last is what `predict` returns, to the bit.

    Raises:
        TypeError: It is no model, or x does not hold real numbers.
        ValueError: The shape of x does not fit.

    Example:
        >>> from fastmlp import Sequential
        >>> from fastmlp.layers import Dense, Input
        >>> model = Sequential([Input((2,)), Dense(2, "relu", name="hidden")])
        >>> model.set_weights([[[1, -1], [0, 1]], [0, 0.5]])
        >>> hidden = trace(model, [[3, 2]])["hidden"]
        >>> hidden.pre_activation, hidden.output
        (array([[ 3. , -0.5]], dtype=float32), array([[3., 0.]], dtype=float32))
    """
    network = network_of("trace", model)
    given = to_samples(network.graph, x, training=None, batch_size=_BATCH_SIZE)
    tracer = while_building(_tracer_for, network, network.pool_for(*given.shapes))
    run = Run(tracer.pool, given.samples, given.batch_size, PREDICT)
    run.work()
    return tracer.named(run.all_outputs())


class _Tracer:
    """A plan with outputs wherever a layer has something to show."""

    def __init__(self, network: Network) -> None:
        wiring, calls = network.wiring(), network.graph.calls
        self._names = call_names(network)
        learning = dict.fromkeys(network.graph.leaves, False)
        # What an activation gets stands behind what all layers give.
        places = [*self._names]
        before = [n for n in places if calls[n].layer.kind in _ACTIVATIONS]
        ends = [*places, *(calls[n].sources[0] for n in before)]
        wiring = wiring._replace(outputs=ends, steps=[1] * len(ends))
        plan = build_plan(wiring, None, learning, apart=True)
        outputs = list(plan.graph.outputs)
        self._pre_activation = {n: len(places) + k for k, n in enumerate(before)}
        for at, number in enumerate(places):
            if calls[number].layer.kind == "dense":
                self._pre_activation[number] = len(outputs)
                outputs.append(_product_before(plan, outputs[at]))
        self._layers: list[Layer] = [calls[n].layer for n in places]
        self.pool = WorkspacePool(plan._replace(outputs=tuple(outputs)), None)

    def named(self, arrays: list[Float32]) -> Trace:
        """Return the outputs by the names of their layers."""
        found = {}
        for at, (number, name) in enumerate(self._names.items()):
            shape = (-1, *sizes_of(self._layers[at].output_shape))
            place = self._pre_activation.get(number)
            found[name] = LayerTrace(
                None if place is None else arrays[place].reshape(shape),
                arrays[at].reshape(shape),
            )
        return Trace(found)


# One for each plan, which the model makes anew when something of it is changed.
_tracers: weakref.WeakKeyDictionary[WorkspacePool, _Tracer] = (
    weakref.WeakKeyDictionary()
)


def _tracer_for(network: Network, pool: WorkspacePool) -> _Tracer:
    if pool not in _tracers:
        _tracers[pool] = _Tracer(network)
    return _tracers[pool]


def _product_before(plan: Plan, place: int) -> int:
    """Return which operation of a dense layer computes x w + b."""
    while plan.ops[place].kind != KINDS["dense"]:
        (place,) = plan.graph.sources[place]
    return place
