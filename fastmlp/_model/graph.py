"""Any graph of layers, made from both ends of symbolic calls.

Layers that lie in a row are the `Stack` of `fastmlp._model.stack`, and those that the
`call` of a model puts together are `fastmlp._model.traced`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from fastmlp._check.structure import Structure
from fastmlp._model.topology import (
    OutputPort,
    Topology,
    leaves_of,
    port_of,
    put_in,
    readers_of,
    refuse_changed,
)
from fastmlp.layers import InputLayer, Layer
from fastmlp.layers._shapes import Shape, batch_shape, sizes_of
from fastmlp.layers._tensor import KerasTensor, Node


class Graph(Topology):
    """Layers between symbolic inputs and outputs.

    Args:
        inputs: Symbolic tensors: one, a list, or a dictionary.
        outputs: The same, of what the network computes.
        name: The name of the model, for messages.

    Attributes:
        tensors: The symbolic tensors of inputs and outputs, in flat lists.
        nodes: The calls between them, in the order of Keras.

    Raises:
        TypeError: They are no symbolic tensors.
        ValueError: An output needs an input that is not among them, an input leads
            nowhere, or two layers have one name.
    """

    built = True

    def __init__(self, inputs: Any, outputs: Any, name: str) -> None:
        self.name = name
        self.input_structure = Structure.of("inputs", inputs)
        self.output_structure = Structure.of("outputs", outputs)
        given = _tensors("inputs", self.input_structure, inputs)
        found = _tensors("outputs", self.output_structure, outputs)
        _refuse_repeated_inputs(given)
        self._stand_ins = {
            (one.node, one.index): one
            if _is_input(one)
            else InputLayer(sizes_of(one.shape)).output
            for one in given
        }
        self.tensors = (list(self._stand_ins.values()), found)
        self.nodes, self.layers = _in_order(
            self, [found[at] for at in self.output_structure.in_order_of_names()]
        )
        self._refuse_loose_ends()
        _refuse_one_name_twice(self)
        self.refuse_changed()
        self.leaves = leaves_of(self.layers)
        self._lay_out()

    def sources_of(self, node: Node) -> list[KerasTensor]:
        """Return what a call gets; what is an input of the model is where it ends."""
        return [self.resolve(one) for one in node.inputs]

    def sources_by_name(self, node: Node) -> list[KerasTensor]:
        """Return them as Keras counts them: those of a dictionary by name."""
        operation: Any = node.operation
        sources = self.sources_of(node)
        if isinstance(operation, Layer):
            return sources
        structure: Structure = operation.graph.input_structure
        return [sources[at] for at in structure.in_order_of_names()]

    def resolve(self, tensor: KerasTensor) -> KerasTensor:
        """Return a tensor, or, if it is an input of the model, that of its `Input`."""
        return self._stand_ins.get((tensor.node, tensor.index), tensor)

    def calls_by_layer(self) -> dict[Any, list[Node]]:
        """Return the calls of each layer in this model, the first one first."""
        inside = set(self.nodes)
        return {
            layer: [node for node in layer._noted() if node in inside]
            for layer in self.layers
        }

    def _refuse_loose_ends(self) -> None:
        given = dict.fromkeys(one.node for one in self.tensors[0])
        reached = set(self.nodes)
        for node in self.nodes:
            if isinstance(node.operation, InputLayer) and node not in given:
                raise ValueError(
                    f"The outputs of model {self.name!r} need the input "
                    f"{node.operation.name!r}, which is not among its inputs: "
                    f"{_names(given)}. Add its tensor to `inputs`."
                )
        for node in given:
            if node not in reached:
                raise ValueError(
                    f"Nothing leads from the input {node.operation.name!r} to the "
                    f"outputs of model {self.name!r}: leave it out of `inputs`, or "
                    "call a layer on it."
                )

    def _lay_out(self) -> None:
        """Write down all layers with the places of their inputs."""
        inputs, outputs = self.tensors
        places = {(one.node, one.index): -1 - at for at, one in enumerate(inputs)}
        self.calls = []
        for node in self.nodes:
            if isinstance(node.operation, InputLayer):
                continue
            sources = [places[one.node, one.index] for one in self.sources_of(node)]
            found = put_in(self.calls, node.operation, sources, node.training)
            places |= {(node, index): place for index, place in enumerate(found)}
        names = self.input_structure.names([_name(one) for one in inputs])
        readers = readers_of(self.calls, len(inputs))
        self.inputs = [
            port_of(name, sizes_of(one.shape), layers)
            for name, one, layers in zip(names, inputs, readers, strict=True)
        ]
        layers = [_name(one) for one in outputs]
        names = _each_once(self.output_structure.names(layers))
        self.outputs = [
            OutputPort(name, sizes_of(one.shape), places[one.node, one.index])
            for name, one in zip(names, map(self.resolve, outputs), strict=True)
        ]

    def refuse_changed(self) -> None:
        """Refuse calls of models that got other layers since.

        Raises:
            ValueError: There is one.
        """
        refuse_changed(self.name, self.nodes)

    def symbolic_inputs(self) -> list[KerasTensor]:
        """Return the symbolic tensors of the inputs, in a flat list."""
        return list(self.tensors[0])

    def symbolic_outputs(self) -> list[KerasTensor]:
        """Return the symbolic tensors of the outputs, in a flat list."""
        return list(self.tensors[1])

    def output_shape_for(self, input_shape: Any) -> Any:
        """Return the shapes of a batch of outputs, for those of one of inputs."""
        given = self.input_structure.match(
            "input_shape", [port.name for port in self.inputs], input_shape
        )
        self.build_for([batch_shape(shape) for shape in given])
        shapes = [one.shape for one in self.tensors[1]]
        return self.output_structure.pack(shapes)

    def build_for(self, shapes: Sequence[Shape]) -> None:
        """See to it that inputs have the shapes that they had from the start.

        Raises:
            ValueError: They have others.
        """
        for port, shape in zip(self.inputs, shapes, strict=True):
            if shape != (None, *(port.shape or ())):
                raise ValueError(
                    f"Input {port.name!r} of model {self.name!r} takes shape "
                    f"{(None, *(port.shape or ()))}, but here it gets {shape}."
                )

    def shapes_for(self, samples: Sequence[tuple[int, ...]]) -> list[tuple[int, ...]]:
        """Return the shapes of one sample's outputs, for those of its inputs."""
        self.build_for([(None, *sample) for sample in samples])
        return [port.shape for port in self.outputs]


def _name(tensor: KerasTensor) -> str:
    return tensor.node.operation.name


def _names(nodes: Iterable[Node]) -> str:
    return ", ".join(repr(node.operation.name) for node in nodes)


def _each_once(names: list[str]) -> list[str]:
    """Return names, with a number behind one that comes again.

    Example:
        >>> _each_once(["a", "b", "a"])
        ['a', 'b', 'a_1']
    """
    found: dict[str, None] = {}
    again = Counter[str]()
    for name in names:
        other = name
        while other in found:
            again[name] += 1
            other = f"{name}_{again[name]}"
        found[other] = None
    return list(found)


def _is_input(tensor: KerasTensor) -> bool:
    return isinstance(tensor.node.operation, InputLayer)


def _tensors(what: str, structure: Structure, given: Any) -> list[KerasTensor]:
    """Return symbolic tensors in a flat list."""
    found = structure.flat(given)
    for one in found:
        if not isinstance(one, KerasTensor):
            hint = ""
            if isinstance(one, InputLayer):
                hint = " An InputLayer is a layer: use Input((784,)), or its `output`."
            raise TypeError(
                f"The {what} of a model must be symbolic tensors, as Input((784,)) and "
                f"layers that are called on one return them, not an object of type "
                f"{type(one).__name__}.{hint}"
            )
    return found


def _refuse_repeated_inputs(given: list[KerasTensor]) -> None:
    seen = set[tuple[Node, int]]()
    for one in given:
        if (one.node, one.index) in seen:
            raise ValueError(
                f"The input {one.node.operation.name!r} stands in `inputs` twice: name "
                "it once."
            )
        seen.add((one.node, one.index))


def _refuse_one_name_twice(graph: Graph) -> None:
    seen: dict[str, Any] = {}
    for layer in graph.layers:
        if seen.setdefault(layer.name, layer) is not layer:
            raise ValueError(
                f"Two layers of model {graph.name!r} have the name {layer.name!r}. "
                "Give one of them another `name`."
            )


def _in_order(graph: Graph, outputs: list[KerasTensor]) -> tuple[list[Node], list[Any]]:
    """Return the calls of a graph, and its layers, in the order that Keras has.

    That is by their depth, the longest way to an output; where that is the same, layers
    come in the order in which they are met on the way back from the outputs. The order
    of the weights, and the places of layers in files, follow from it.
    """
    visited, met = _on_the_way_back(graph, outputs)
    depths: dict[Node, int] = {}
    of_layers: dict[Any, int] = {}
    for node in reversed(visited):
        depth = max(depths.get(node, 0), of_layers.get(node.operation, 0))
        depths[node] = of_layers[node.operation] = depth
        for source in graph.sources_of(node):
            depths[source.node] = max(depths.get(source.node, 0), depth + 1)
    nodes = sorted(depths, key=lambda node: -depths[node])
    layers = sorted(met, key=lambda layer: (-of_layers[layer], met[layer]))
    return nodes, layers


def _on_the_way_back(
    graph: Graph, outputs: list[KerasTensor]
) -> tuple[list[Node], dict[Any, int]]:
    """Return the calls, each after those that it needs, and when each layer was met."""
    visited: dict[Node, None] = {}
    met: dict[Any, int] = {}
    # Not by recursion: there may be more calls in a row than Python can nest.
    waiting: list[tuple[Node, bool]] = []
    for output in outputs:
        waiting.append((graph.resolve(output).node, False))
        while waiting:
            node, is_done = waiting.pop()
            if is_done:
                visited[node] = None
            elif node not in visited:
                met.setdefault(node.operation, len(met))
                waiting.append((node, True))
                sources = [source.node for source in graph.sources_by_name(node)]
                waiting += [(one, False) for one in reversed(sources)]
    return list(visited), met
