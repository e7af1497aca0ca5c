"""The calls of a graph that is described: whose outputs each layer gets.

Keras writes down a symbolic tensor as the layer that it comes out of, which of the
calls of this layer, and which of its outputs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from fastmlp._check.numbers import describe
from fastmlp.layers import InputLayer
from fastmlp.layers._tensor import KerasTensor


class Source(NamedTuple):
    """Whose output a symbolic tensor is."""

    layer: str
    call: int
    output: int


# A call: the name of a layer, and which of its calls.
Key = tuple[str, int]


class DescribedCall(NamedTuple):
    """A call of a layer."""

    given: Any  # descriptions of symbolic tensors, as the layer gets them
    training: bool | None
    needs: list[Key]  # the calls before it


def calls_in(name: str, layer: Any, nodes: Any) -> dict[Key, DescribedCall]:
    """Return the calls that a configuration has of a layer."""
    if not isinstance(nodes, list):
        raise ValueError(
            f"Layer {name!r} has no list of 'inbound_nodes', which says whose outputs "
            "it gets."
        )
    if isinstance(layer, InputLayer) and nodes:
        raise ValueError(f"Layer {name!r} is an Input, and gets no outputs of others.")
    calls = {}
    for number, node in enumerate(nodes):
        given, sources = _given_to(name, layer, node), list[Source]()
        with_tensors(f"What layer {name!r} gets", given, sources.append)
        if not sources:
            raise ValueError(f"Layer {name!r} is called on nothing.")
        needs = [(source.layer, source.call) for source in sources]
        if number:  # Calls of a layer keep their order, too.
            needs.append((name, number - 1))
        calls[name, number] = DescribedCall(given, _training_of(node), needs)
    return calls


def _given_to(name: str, layer: Any, node: Any) -> Any:
    """Return what a layer is called on: the description of a tensor, or of several."""
    options = node.get("kwargs") if isinstance(node, Mapping) else None
    options = options if isinstance(options, Mapping) else {}
    given = node.get("args") if isinstance(node, Mapping) else None
    if isinstance(given, list) and "inputs" in options:
        given = [*given, options["inputs"]]
    if isinstance(given, list) and layer.merges and len(given) > 1:
        return given  # Of `a + b`, which Keras has under the name of the layer.
    if not isinstance(given, list) or len(given) != 1:
        raise ValueError(
            f"Layer {name!r} must be called on one thing, a symbolic tensor or a list "
            f"of them, but the configuration has {describe(given)}."
        )
    if options.get("training"):
        raise ValueError(
            f"Layer {name!r} is called with training=True, but in `predict`, no layer "
            "of fastmlp behaves as in `fit`."
        )
    return given[0]


def _training_of(node: Any) -> bool | None:
    """Return what fastmlp noted of the argument `training` of a call."""
    is_noted = isinstance(node, Mapping) and node.get("training") is False
    return False if is_noted else None


def with_tensors(what: str, given: Any, find: Callable[[Source], Any]) -> Any:
    """Return a structure of descriptions of tensors, with find(source) for each."""
    source = _source_of(what, given)
    if source is not None:
        return find(source)
    if isinstance(given, Mapping):
        return {name: with_tensors(what, one, find) for name, one in given.items()}
    if isinstance(given, (list, tuple)):
        return type(given)([with_tensors(what, one, find) for one in given])
    raise ValueError(
        f"{what} should be the outputs of other layers, but the configuration has "
        f"{describe(given)}."
    )


def _source_of(what: str, given: Any) -> Source | None:
    """Return what describes a tensor as such; None if it is something else."""
    if isinstance(given, Mapping) and given.get("class_name") == "__keras_tensor__":
        config = given.get("config")
        given = config.get("keras_history") if isinstance(config, Mapping) else None
    elif not (isinstance(given, list) and given and isinstance(given[0], str)):
        return None
    kinds = [type(one) for one in given[:3]] if isinstance(given, list) else []
    if kinds != [str, int, int] or min(given[1:3]) < 0:
        raise ValueError(
            f"{what} should be outputs such as ['layer', 0, 0], which is the layer, "
            "which of its calls, and which of what comes out; not "
            f"{given!r:.60}."
        )
    return Source(*given[:3])


def call_all(
    layers: Mapping[str, Any], calls: Mapping[Key, DescribedCall]
) -> dict[Key, list[KerasTensor]]:
    """Call all layers, each after those whose outputs it gets; return all outputs."""
    from graphlib import CycleError, TopologicalSorter  # Only here: 1 ms.

    found = {
        (name, 0): [layer.output]
        for name, layer in layers.items()
        if isinstance(layer, InputLayer)
    }
    for (name, _), call in calls.items():
        for key in call.needs:
            if key not in found and key not in calls:
                raise ValueError(
                    f"Layer {name!r} gets the outputs of call {key[1]} of layer "
                    f"{key[0]!r}, which the configuration does not have."
                )
    try:
        order = list(
            TopologicalSorter(
                {key: call.needs for key, call in calls.items()}
            ).static_order()
        )
    except CycleError as error:
        circle = ", ".join(repr(name) for name, _ in error.args[1])
        raise ValueError(
            f"The layers lie in a circle, so that none can be first: {circle}."
        ) from None
    for key in order:
        if key in calls:
            found[key] = _called(key[0], layers[key[0]], calls[key], found)
    return found


def _called(
    name: str, layer: Any, call: DescribedCall, found: Mapping[Key, list[KerasTensor]]
) -> list[KerasTensor]:
    """Return what comes out of a call, in the order in which Keras counts it."""
    try:
        inputs = with_tensors("", call.given, lambda source: output_of(found, source))
        outputs = layer(inputs, training=call.training)
    except (TypeError, ValueError) as error:
        raise ValueError(f"Layer {name!r} cannot be called so. {error}") from None
    node = layer._noted()[-1]
    del outputs  # Until now, nobody else kept the call.
    return [KerasTensor(node, place) for place in node.order()]


def output_of(found: Mapping[Key, list[KerasTensor]], source: Source) -> KerasTensor:
    outputs = found.get((source.layer, source.call), [])
    if source.output >= len(outputs):
        raise ValueError(
            f"The configuration names output {source.output} of call {source.call} of "
            f"layer {source.layer!r}, which is not there."
        )
    return outputs[source.output]
