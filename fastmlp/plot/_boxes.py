"""A model as boxes and arrows: a box for each call of a layer."""

from __future__ import annotations

from typing import Any, NamedTuple

from fastmlp._check.numbers import describe
from fastmlp.plot._drawing import (
    Drawing,
    Outline,
    Picture,
    Shape,
    Text,
    rectangle,
    text_width,
)
from fastmlp.plot._layered import Point, lay_out

# Text is dark on light tints of its own, and lines are a grey that is seen on white and
# on black. Blue, orange and green of Okabe and Ito (2008), which all eyes tell apart.
_INK, _PALE_INK, _LINE, _PAPER = "#1b1f24", "#4a525c", "#7d8590", "#ffffff"
_TINTS = {
    "input": "#e3e5e8",
    "weights": "#bfdcf2",
    "plain": "#fbe3b3",
    "model": "#b9e3d3",
}
_TITLE, _TEXT = 14.0, 12.0
_PAD, _LINE_HEIGHT, _HEADER = 10.0, 17.0, 26.0
_MARGIN = 6.0


class Options(NamedTuple):
    """What is shown: see `utils.plot_model`."""

    shapes: bool
    dtype: bool
    names: bool
    activations: bool
    parameters: bool
    trainable: bool
    expand_nested: bool
    rankdir: str
    curved: bool


def draw_network(model: Any, options: Options, scale: float = 1.0) -> Drawing:
    """Return a picture of a model.

    Raises:
        TypeError: It is no model.
        ValueError: It is not built, or there is no such rankdir.
    """
    from fastmlp.models import Model  # Only here: few programs draw.

    if not isinstance(model, Model):
        raise TypeError(f"What can be drawn is a model, not {describe(model)}.")
    if options.rankdir not in ("TB", "LR"):
        raise ValueError(
            "rankdir must be 'TB', from the top to the bottom, or 'LR', from the left "
            f"to the right, not {describe(options.rankdir)}."
        )
    if not model.built:
        raise ValueError(
            f"Model {model.name!r} is not built, so nobody knows its shapes. Give its "
            "first layer an input shape, or call model.build((None, inputs))."
        )
    inner = _picture(model, options)
    moved = inner.moved(_MARGIN, _MARGIN)
    width, height = inner.width + 2 * _MARGIN, inner.height + 2 * _MARGIN
    title = f"{type(model).__name__} {model.name!r}"
    return Drawing(Picture(width, height, moved), title, scale)


def _picture(model: Any, options: Options) -> Picture:
    nodes, arrows = _calls(model)
    boxes = [_box(node, options) for node in nodes]
    sizes = [(box.width, box.height) for box in boxes]
    from_left = options.rankdir == "LR"
    if from_left:
        sizes = [(height, width) for width, height in sizes]
    centers, routes, width, height = lay_out(sizes, arrows)
    if from_left:
        centers = [(y, x) for x, y in centers]
        routes = [[(y, x) for x, y in route] for route in routes]
        width, height = height, width
    shapes = [shape for route in routes for shape in _arrow(route, options)]
    for box, (x, y) in zip(boxes, centers, strict=True):
        shapes += box.moved(x - box.width / 2, y - box.height / 2)
    return Picture(width, height, shapes)


def _calls(model: Any) -> tuple[list[Any], list[tuple[int, int]]]:
    """Return the calls that a model is made of, and which gets the outputs of which."""
    graph = model.graph
    found: dict[Any, list[Any]] = {}
    first = [tensor.node for tensor in graph.symbolic_inputs()]
    waiting = [graph.resolve(one).node for one in graph.symbolic_outputs()][::-1]
    while waiting:
        node = waiting.pop()
        if node not in found:
            inputs = () if node in first else node.inputs
            found[node] = [graph.resolve(one).node for one in inputs]
            waiting += found[node][::-1]
    done: dict[Any, int] = {}
    for node in [*first, *found]:
        _number(node, found, done)
    arrows = [(done[one], done[node]) for node in done for one in found[node]]
    return list(done), arrows


def _number(node: Any, found: dict[Any, list[Any]], done: dict[Any, int]) -> None:
    """Number a call after those whose outputs it gets."""
    waiting = [node]
    while waiting:
        missing = [one for one in found[waiting[-1]] if one not in done]
        if missing:
            waiting += missing[::-1]
        else:
            done.setdefault(waiting.pop(), len(done))


def _box(node: Any, options: Options) -> Picture:
    """Return the box of a call; that of a model holds its own boxes, if asked for."""
    layer = node.operation
    is_model = hasattr(layer, "layers")
    title, lines = type(layer).__name__, []
    if options.names:
        lines.append(layer.name)
    if node.number and not is_model:
        lines.append("shared: the same weights" if layer.weights else "the same layer")
    if options.activations and getattr(layer, "activation", None) is not None:
        lines.append(f"activation: {_activation(layer.activation)}")
    if options.shapes and node.inputs:
        lines.append(f"input: {_shapes([one.shape for one in node.inputs])}")
    if options.shapes:
        lines.append(f"output: {_shapes(node.shapes)}")
    if options.parameters and layer.weights:
        count = sum(weight.size for weight in layer.weights)
        lines.append(f"{count:,} parameter{'s' if count != 1 else ''}")
    if options.dtype:
        lines.append(f"dtype: {layer.dtype}")
    if options.trainable and layer.weights:
        lines.append("trainable" if layer.trainable else "not trainable")
    if is_model and options.expand_nested:
        return _framed(_picture(layer, options), title, lines)
    kind = "plain"
    if is_model:
        kind = "model"
    elif not node.inputs:
        kind = "input"
    elif layer.weights:
        kind = "weights"
    return _boxed(title, lines, _TINTS[kind])


def _boxed(title: str, lines: list[str], tint: str) -> Picture:
    width, height = _needed(title, lines)
    around = rectangle(0.5, 0.5, width - 1, height - 1, 4)
    shapes: list[Shape] = [Outline(around, _PAPER if lines else tint, _PALE_INK)]
    if lines:
        shapes.append(_header(width, tint))
    shapes.append(Text(width / 2, 18, title, _TITLE, _INK, is_bold=True))
    for at, line in enumerate(lines):
        foot = _HEADER + (at + 1) * _LINE_HEIGHT
        shapes.append(Text(width / 2, foot, line, _TEXT, _INK))
    return Picture(width, height, shapes)


def _framed(inner: Picture, title: str, lines: list[str]) -> Picture:
    """Return boxes with a frame around them, whose label says what they are."""
    label_width, label_height = _needed(title, lines)
    width = max(label_width, inner.width + 4 * _PAD)
    top = label_height + 2 * _PAD
    height = top + inner.height + 2 * _PAD
    around = rectangle(0.5, 0.5, width - 1, height - 1, 6)
    shapes = [
        Outline(around, stroke=_LINE, width=1.5, is_dashed=True),
        *_boxed(title, lines, _TINTS["model"]).shapes,
        *inner.moved((width - inner.width) / 2, top),
    ]
    return Picture(width, height, shapes)


def _needed(title: str, lines: list[str]) -> tuple[float, float]:
    """Return the room that a title and the lines below it take."""
    widths = [text_width(title, _TITLE, bold=True)]
    widths += [text_width(line, _TEXT) for line in lines]
    below = len(lines) * _LINE_HEIGHT + 8 if lines else 0
    return max(70.0, max(widths) + 2 * _PAD), _HEADER + below


def _header(width: float, tint: str) -> Outline:
    return Outline(
        [
            ("M", [(1, _HEADER)]),
            ("L", [(1, 4.5)]),
            ("Q", [(1, 1), (4.5, 1)]),
            ("L", [(width - 4.5, 1)]),
            ("Q", [(width - 1, 1), (width - 1, 4.5)]),
            ("L", [(width - 1, _HEADER)]),
            ("Z", []),
        ],
        tint,
    )


def _arrow(route: list[Point], options: Options) -> list[Shape]:
    """Return a line along a route, and its head."""
    tip, size = route[-1], 7.0
    across = options.rankdir == "LR"
    # The line ends where the head begins.
    end = (tip[0] - size, tip[1]) if across else (tip[0], tip[1] - size)
    steps = [("M", [route[0]])]
    for before, after in zip(route, [*route[1:-1], end], strict=False):
        straight = before[1] == after[1] if across else before[0] == after[0]
        if straight or not options.curved:
            steps.append(("L", [after]))
        else:
            x, y = (before[0] + after[0]) / 2, (before[1] + after[1]) / 2
            bends = (
                [(x, before[1]), (x, after[1])]
                if across
                else [(before[0], y), (after[0], y)]
            )
            steps.append(("C", [*bends, after]))
    side = size * 0.55
    corners = (
        [(end[0], end[1] - side), (end[0], end[1] + side)]
        if across
        else [(end[0] - side, end[1]), (end[0] + side, end[1])]
    )
    head = [("M", [tip]), ("L", corners), ("Z", [])]
    return [Outline(steps, stroke=_LINE, width=1.8), Outline(head, _LINE)]


def _shapes(shapes: Any) -> str:
    """Return a shape, or several, as text."""
    return ", ".join(
        f"({', '.join(map(str, shape))}{',' * (len(shape) == 1)})" for shape in shapes
    )


def _activation(activation: Any) -> str:
    name = getattr(activation, "name", None) or getattr(activation, "__name__", None)
    return str(name or type(activation).__name__)
