"""Models made anew of another one's layers, by functions of the user's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastmlp._check.numbers import describe
from fastmlp._model.graph import Graph
from fastmlp._model.stack import Stack
from fastmlp.layers import Input, InputLayer, Layer
from fastmlp.layers._shapes import sizes_of
from fastmlp.layers._tensor import KerasTensor, Node, Operation
from fastmlp.models._functional import Functional
from fastmlp.models._sequential import Sequential

# From a layer, or a model that is one, to what takes its place.
Clone = Callable[[Any], Any]


def anew(operation: Any) -> Any:
    """Return a layer or a model with the same arguments, and fresh weights."""
    return type(operation).from_config(operation.get_config())


def cloned(
    model: Any,
    input_tensors: Any,
    clone_function: Clone,
    call_function: Callable[..., Any] | None,
    recursive: bool,
) -> Any:
    """Return a model of other layers; arguments and errors are those of `clone_model`.

    It is not compiled.
    """
    known: dict[Any, Any] = {}

    def clone(operation: Any) -> Any:
        if operation not in known:
            inner = recursive and not isinstance(operation, Layer)
            known[operation] = (
                cloned(operation, None, clone_function, call_function, recursive)
                if inner
                else _checked(clone_function(operation))
            )
        return known[operation]

    if isinstance(model.graph, Stack):
        return _row(model, input_tensors, clone)
    if isinstance(model.graph, Graph):
        return _graph(model, input_tensors, clone, call_function or _called)
    raise ValueError(
        f"Model {model.name!r} has a `call` of its own, which clone_model cannot put "
        "together in another way: leave its other arguments out."
    )


def _checked(found: Any) -> Any:
    if not isinstance(found, Operation):
        raise TypeError(
            f"clone_function must return a layer for each layer, not {describe(found)}."
        )
    return found


def _called(layer: Any, inputs: Any, **options: Any) -> Any:
    return layer(inputs, **options)


def _row(model: Any, input_tensors: Any, clone: Clone) -> Any:
    graph: Stack = model.graph
    layers = [clone(layer) for layer in graph.layers]
    given = input_tensors
    if isinstance(given, (list, tuple)) and len(given) == 1:
        (given,) = given
    if given is not None:
        _require_input(given)
    elif graph.input_name is not None and graph.sample is not None:
        given = Input(graph.sample, name=graph.input_name)
    elif graph.sample is not None:
        given = Input(graph.sample)
    begin = [] if given is None else [given]
    return Sequential([*begin, *layers], model.trainable, model.name)


def _require_input(tensor: Any) -> None:
    if not isinstance(tensor, KerasTensor):
        raise TypeError(
            "input_tensors are symbolic tensors, as Input((784,)) returns them, not "
            f"{describe(tensor)}."
        )
    if not isinstance(tensor.node.operation, InputLayer):
        raise ValueError(
            "The copy of a Sequential begins with an Input, and input_tensors is what "
            "a layer returned: call the copy on it instead."
        )


def _graph(
    model: Any, input_tensors: Any, clone: Clone, call: Callable[..., Any]
) -> Any:
    graph: Graph = model.graph
    inputs, outputs = graph.tensors
    names = [port.name for port in graph.inputs]
    if input_tensors is None:
        given = [
            Input(sizes_of(one.shape), name=one.node.operation.name) for one in inputs
        ]
    else:
        given = graph.input_structure.match("input_tensors", names, input_tensors)
        for tensor in given:
            if not isinstance(tensor, KerasTensor):
                raise TypeError(
                    "input_tensors are symbolic tensors, as Input((784,)) returns "
                    f"them, not {describe(tensor)}."
                )
    found = {(old.node, old.index): new for old, new in zip(inputs, given, strict=True)}
    for node in graph.nodes:
        if not isinstance(node.operation, InputLayer):
            sources = [found[one.node, one.index] for one in graph.sources_of(node)]
            options = {} if node.training is None else {"training": node.training}
            made = call(clone(node.operation), _packed(node, sources), **options)
            found |= {(node, at): one for at, one in enumerate(_flat(node, made))}
    ends = [found[one.node, one.index] for one in map(graph.resolve, outputs)]
    return Functional(
        graph.input_structure.pack(given),
        graph.output_structure.pack(ends),
        model.name,
        model.trainable,
    )


def _packed(node: Node, sources: list[Any]) -> Any:
    """Return what a layer is called on, in the structure in which it was."""
    operation: Any = node.operation
    if not isinstance(operation, Layer):
        return operation.graph.input_structure.pack(sources)
    is_list = operation.merges or len(sources) > 1
    return sources if is_list else sources[0]


def _flat(node: Node, outputs: Any) -> list[Any]:
    operation: Any = node.operation
    if isinstance(operation, Layer):
        return [outputs]
    flat: list[Any] = operation.graph.output_structure.flat(outputs)
    return flat
