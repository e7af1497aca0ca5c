"""A model as boxes and arrows: a box for each call of a layer."""

from __future__ import annotations

from typing import Any, NamedTuple

from fastmlp._plot.drawing import Drawing, Picture, text, text_width
from fastmlp._plot.layered import Point, lay_out

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
    trainable: bool
    expand_nested: bool
    from_left: bool
    curved: bool


def draw_network(model: Any, options: Options, scale: float) -> Drawing:
    """Return a picture of a model that is built."""
    inner = _picture(model, options)
    moved = _moved(inner, _MARGIN, _MARGIN)
    width, height = inner.width + 2 * _MARGIN, inner.height + 2 * _MARGIN
    title = f"{type(model).__name__} {model.name!r}"
    return Drawing(Picture(width, height, moved), title, scale)


def _picture(model: Any, options: Options) -> Picture:
    nodes, arrows = _calls(model)
    boxes = [_box(node, options) for node in nodes]
    sizes = [(box.width, box.height) for box in boxes]
    if options.from_left:
        sizes = [(height, width) for width, height in sizes]
    centers, routes, width, height = lay_out(sizes, arrows)
    if options.from_left:
        centers = [(y, x) for x, y in centers]
        routes = [[(y, x) for x, y in route] for route in routes]
        width, height = height, width
    shapes = [_arrow(route, options) for route in routes]
    for box, (x, y) in zip(boxes, centers, strict=True):
        shapes += _moved(box, x - box.width / 2, y - box.height / 2)
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
    shapes = [_rounded(width, height, _PAPER if lines else tint)]
    if lines:
        shapes.append(_header(width, tint))
    shapes += _written(title, lines, width / 2, "middle")
    return Picture(width, height, shapes)


def _framed(inner: Picture, title: str, lines: list[str]) -> Picture:
    """Return boxes with a frame around them, whose label says what they are."""
    label_width, label_height = _needed(title, lines)
    width = max(label_width, inner.width + 4 * _PAD)
    top = label_height + 2 * _PAD
    height = top + inner.height + 2 * _PAD
    shapes = [
        f'<rect x="0.5" y="0.5" width="{width - 1:.1f}" height="{height - 1:.1f}" '
        f'rx="6" fill="none" stroke="{_LINE}" stroke-width="1.5" '
        'stroke-dasharray="6 4"/>',
        *_boxed(title, lines, _TINTS["model"]).shapes,
        *_moved(inner, (width - inner.width) / 2, top),
    ]
    return Picture(width, height, shapes)


def _needed(title: str, lines: list[str]) -> tuple[float, float]:
    """Return the room that a title and the lines below it take."""
    widths = [text_width(title, _TITLE, bold=True)]
    widths += [text_width(line, _TEXT) for line in lines]
    below = len(lines) * _LINE_HEIGHT + 8 if lines else 0
    return max(70.0, max(widths) + 2 * _PAD), _HEADER + below


def _rounded(width: float, height: float, fill: str) -> str:
    return (
        f'<rect x="0.5" y="0.5" width="{width - 1:.1f}" height="{height - 1:.1f}" '
        f'rx="4" fill="{fill}" stroke="{_PALE_INK}"/>'
    )


def _header(width: float, tint: str) -> str:
    return (
        f'<path d="M1 {_HEADER} V4.5 Q1 1 4.5 1 H{width - 4.5:.1f} '
        f'Q{width - 1:.1f} 1 {width - 1:.1f} 4.5 V{_HEADER} Z" fill="{tint}"/>'
    )


def _written(title: str, lines: list[str], x: float, anchor: str) -> list[str]:
    written = [text(x, 18, title, _TITLE, color=_INK, bold=True, anchor=anchor)]
    for at, line in enumerate(lines):
        foot = _HEADER + (at + 1) * _LINE_HEIGHT
        written.append(text(x, foot, line, _TEXT, color=_INK, anchor=anchor))
    return written


def _moved(picture: Picture, x: float, y: float) -> list[str]:
    return [f'<g transform="translate({x:.1f} {y:.1f})">', *picture.shapes, "</g>"]


def _arrow(route: list[Point], options: Options) -> str:
    """Return a line along a route, and its head."""
    tip, size = route[-1], 7.0
    across = options.from_left
    # The line ends where the head begins.
    end = (tip[0] - size, tip[1]) if across else (tip[0], tip[1] - size)
    steps = [f"M{_at(route[0])}"]
    for before, after in zip(route, [*route[1:-1], end], strict=False):
        straight = before[1] == after[1] if across else before[0] == after[0]
        if straight or not options.curved:
            steps.append(f"L{_at(after)}")
        else:
            x, y = (before[0] + after[0]) / 2, (before[1] + after[1]) / 2
            bends = (
                [(x, before[1]), (x, after[1])]
                if across
                else [(before[0], y), (after[0], y)]
            )
            steps.append(f"C{_at(bends[0])} {_at(bends[1])} {_at(after)}")
    side = size * 0.55
    corners = (
        [(end[0], end[1] - side), (end[0], end[1] + side)]
        if across
        else [(end[0] - side, end[1]), (end[0] + side, end[1])]
    )
    return (
        f'<path d="{" ".join(steps)}" fill="none" stroke="{_LINE}" stroke-width="1.8"/>'
        f'<path d="M{_at(tip)} L{_at(corners[0])} L{_at(corners[1])} Z" '
        f'fill="{_LINE}"/>'
    )


def _at(point: Point) -> str:
    return f"{point[0]:.1f} {point[1]:.1f}"


def _shapes(shapes: Any) -> str:
    """Return a shape, or several, as text."""
    return ", ".join(
        f"({', '.join(map(str, shape))}{',' * (len(shape) == 1)})" for shape in shapes
    )


def _activation(activation: Any) -> str:
    name = getattr(activation, "name", None) or getattr(activation, "__name__", None)
    return str(name or type(activation).__name__)
