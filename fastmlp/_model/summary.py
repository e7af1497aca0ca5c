"""`Model.summary`: the table of layers, as Keras 3 has it."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from fastmlp._check.numbers import (
    as_count,
    describe,
    if_given,
    number_between,
    true_or_false,
)
from fastmlp._model.graph import Graph
from fastmlp._model.topology import Topology
from fastmlp._util.screen import columns
from fastmlp._util.table import column_widths, draw, inner_prefix
from fastmlp.layers import Layer
from fastmlp.layers._tensor import KerasTensor, Node
from fastmlp.plan import Float32


class Summarized(Protocol):
    """What a summary is made of: a model."""

    name: str

    @property
    def layers(self) -> list[Any]:
        """The layers, and models that are layers."""

    @property
    def weights(self) -> Sequence[Float32]:
        """All arrays."""

    @property
    def trainable_weights(self) -> Sequence[Float32]:
        """What the optimizer changes."""

    @property
    def graph(self) -> Topology:
        """Which layer gets the outputs of which."""


def render_summary(
    model: Summarized,
    line_length: int | None = None,
    positions: Sequence[float] | None = None,
    show_trainable: bool = False,
    layer_range: Sequence[str] | None = None,
    expand_nested: bool = False,
) -> str:
    """Return the summary of a model as text that ends with a line break.

    The parameters of the optimizer are not counted, so that the figures are the
    same before and after training.

    Args:
        model: The model; it need not be built.
        line_length: Width of the table. Default: 88, or 108 with the column of what a
            layer is connected to, and 12 more with that of `show_trainable`; or what
            the terminal has room for.
        positions: Where each column ends, as fractions of `line_length`.
            Default: `[0.45, 0.80, 1.0]`, or `[0.3, 0.56, 0.74, 1.0]`.
        show_trainable: Whether to add a column that tells which layers learn.
        layer_range: Names, or regular expressions for the names, of the first
            and the last layer to show. Default: all. The sums below the table
            always count the whole model.
        expand_nested: Whether to show the layers of inner models, too.

    Raises:
        ValueError: The table has no room for a column, or `layer_range` does not
            name two layers of the model.
    """
    show_trainable = true_or_false("show_trainable", show_trainable)
    expand_nested = true_or_false("expand_nested", expand_nested)
    line_length = if_given(as_count, "line_length", line_length, 1)
    if not isinstance(positions or [], (list, tuple)):
        raise TypeError(
            "positions must be a list of shares of the width, such as [0.45, 0.8, 1.0],"
            f" not {describe(positions)}."
        )
    shown = [(layer, 0) for layer in _layers_between(model, layer_range)]
    if expand_nested:
        shown = list(_with_inner([layer for layer, _ in shown]))
    header, rows = _table(model, shown, show_trainable)
    ends, width = [0.45, 0.8, 1.0], 88
    if "Connected to" in header:
        ends, width = [0.3, 0.56, 0.74, 1.0], 108
    positions = [number_between("A position", end, 0, 1) for end in positions or ends]
    if show_trainable:
        positions = [0.9 * end for end in positions] + [1.0]
        width += 12
    width = line_length or min(width, columns() - 4)
    widths = column_widths(width, positions, len(header))
    counts = "".join(f" {line}\n" for line in count_lines(model))
    return f'Model: "{model.name}"\n{draw(header, rows, widths)}{counts}'


def table_of(model: Summarized) -> tuple[list[str], list[list[str]]]:
    """Return header and rows of the table of a model's own layers."""
    return _table(model, [(layer, 0) for layer in model.layers], False)


def _table(
    model: Summarized, shown: Sequence[tuple[Any, int]], show_trainable: bool
) -> tuple[list[str], list[list[str]]]:
    """Return header and rows of layers, each with how deep it is."""
    connections = _connections(model.graph)
    header = ["Layer (type)", "Output Shape", "Param #"]
    if connections is not None:
        header.append("Connected to")
    if show_trainable:
        header.append("Trainable")
    return header, [_fields(*one, connections, show_trainable) for one in shown]


def _connections(graph: Topology) -> dict[Any, str] | None:
    """Return what each layer is connected to; None if they lie in a row."""
    if not isinstance(graph, Graph) or _is_row(graph):
        return None
    return {
        layer: ", ".join(
            _output_name(source)
            for node in nodes
            for source in graph.sources_by_name(node)
        )
        or "-"
        for layer, nodes in graph.calls_by_layer().items()
    }


def _is_row(graph: Graph) -> bool:
    """Tell whether each layer is called once, and on the outputs of the one before."""
    expected: list[Node] = []
    for node in graph.nodes:
        if [tensor.node for tensor in graph.sources_of(node)] != expected:
            return False
        expected = [node]
    return len(graph.nodes) == len(graph.layers)


def _output_name(tensor: KerasTensor) -> str:
    """Return whose outputs these are, of which call of all, and which of them."""
    node = tensor.node
    place = node.order().index(tensor.index)
    return f"{node.operation.name}[{node.number}][{place}]"


def _with_inner(layers: Sequence[Any], level: int = 0) -> Iterator[tuple[Any, int]]:
    """Go through layers and those of inner models, with how deep they are."""
    for layer in layers:
        yield layer, level
        if not isinstance(layer, Layer):
            yield from _with_inner(layer.layers, level + 1)


def _fields(
    layer: Any, level: int, connections: dict[Any, str] | None, show_trainable: bool
) -> list[str]:
    """Return the fields of a layer's row."""
    parameters = layer.count_params() if layer.built else 0
    fields = [
        f"{inner_prefix(level)}{layer.name} ({type(layer).__name__})",
        _shape_of(layer),
        f"{parameters:,}" if layer.built or layer.counted_at_once else "0 (unbuilt)",
    ]
    if connections is not None:
        fields.append(connections.get(layer, "-"))
    if show_trainable:
        learns = "Y" if layer.trainable else "N"
        fields.append(learns if parameters else "-")
    return fields


def _shape_of(layer: Any) -> str:
    """Return the shape of what came out last, or the list of several."""
    calls = layer._noted()
    if not calls:
        return _text(layer.output_shape) if layer.built else "?"
    shapes = [_text(calls[-1].shapes[place]) for place in calls[-1].order()]
    return shapes[0] if len(shapes) == 1 else f"[{', '.join(shapes)}]"


def _text(shape: Sequence[int | None]) -> str:
    return f"({', '.join(map(str, shape))})"


def _layers_between(model: Summarized, layer_range: Sequence[str] | None) -> Any:
    """Return the layers from the first to the last that `layer_range` names."""
    if layer_range is None:
        return model.layers
    if (
        not isinstance(layer_range, (list, tuple))
        or len(layer_range) != 2
        or not all(isinstance(name, str) for name in layer_range)
    ):
        raise ValueError(
            "layer_range takes a list of two names, those of the first and the last "
            'layer to show, such as ["dense", "dense_1"].'
        )
    try:
        first, last = (
            [at for at, layer in enumerate(model.layers) if re.match(name, layer.name)]
            for name in layer_range
        )
    except re.error as error:
        raise ValueError(
            f"layer_range holds no names, nor patterns of names: {error}."
        ) from None
    if not first or not last:
        names = ", ".join(layer.name for layer in model.layers)
        raise ValueError(
            f"layer_range names {layer_range[0]!r} and {layer_range[1]!r}, but the "
            f"model does not have both. Its layers are: {names or 'none'}."
        )
    if first[0] > last[-1]:
        first, last = last, first
    return model.layers[first[0] : last[-1] + 1]


def count_lines(model: Summarized) -> list[str]:
    """Return the lines with the numbers of parameters below the table."""
    total = sum(weight.size for weight in model.weights)
    trainable = sum(weight.size for weight in model.trainable_weights)
    counts = {
        "Total": total,
        "Trainable": trainable,
        "Non-trainable": total - trainable,
    }
    return [
        f"{kind} params: {count:,} ({_format_size(4.0 * count)})"
        for kind, count in counts.items()
    ]


def _format_size(size: float) -> str:
    """Return a number of bytes as `397.54 KB`."""
    units = ["B", "KB", "MB", "GB", "TB", "PB"]
    while size >= 1024 and len(units) > 1:
        size /= 1024
        del units[0]
    return f"{size:.2f} {units[0]}"
