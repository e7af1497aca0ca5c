"""Layers and sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from fastmlp._check.numbers import true_or_false
from fastmlp.plot._axes import axes_for
from fastmlp.plot._boxes import Options, draw_network
from fastmlp.plot._drawing import Drawing, Outline, Picture, Text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.patches import PathPatch

__all__ = ["network"]


@overload
def network(
    model: Any,
    ax: None = None,
    *,
    rankdir: Literal["TB", "LR"] = "TB",
    expand_nested: bool = False,
) -> Drawing: ...


@overload
def network(
    model: Any,
    ax: Axes,
    *,
    rankdir: Literal["TB", "LR"] = "TB",
    expand_nested: bool = False,
) -> Axes: ...


def network(
    model: Any,
    ax: Axes | None = None,
    *,
    rankdir: Literal["TB", "LR"] = "TB",
    expand_nested: bool = False,
) -> Drawing | Axes:
    """Draw the layers of a model, their sizes, and what goes where.

    A box is a call of a layer: blue with weights, orange without, green for a model
    within, grey for an input. It takes no matplotlib, unless it is to draw into axes.

    Args:
        model: The model; it has to be built.
        ax: Where to draw; None, the default, makes a drawing of its own.
        rankdir: "TB", the default, from the top to the bottom; "LR" from the left.
        expand_nested: Whether to draw what models within are made of. Default False.

    Returns:
        The axes; without any, a drawing, which a notebook shows, `save` writes as SVG,
        and whose text is `svg`.

    Raises:
        ImportError: There are axes, but no matplotlib.
        TypeError: It is no model, or `ax` are no axes.
        ValueError: The model is not built, or rankdir is neither "TB" nor "LR".

    Example:
        >>> from fastmlp import Sequential, layers
        >>> model = Sequential([layers.Dense(3, input_shape=(4,))], name="small")
        >>> network(model)
        <drawing of Sequential 'small'>
    """
    drawing = draw_network(
        model,
        Options(
            shapes=True,
            dtype=False,
            names=True,
            activations=True,
            parameters=True,
            trainable=False,
            expand_nested=true_or_false("expand_nested", expand_nested),
            rankdir=rankdir,
            curved=True,
        ),
    )
    if ax is None:
        return drawing
    ax = axes_for(ax, 0, 0)
    draw_picture(drawing.picture, ax)
    return ax


def draw_picture(picture: Picture, ax: Axes) -> None:
    """Draw shapes into axes of matplotlib's, as large as those let."""
    for shape in picture.shapes:
        # Limits are known, so that no shape need be measured for them.
        ax.add_artist(_letters(shape) if isinstance(shape, Text) else _line(shape))
    ax.set_xlim(0, picture.width)
    ax.set_ylim(picture.height, 0)
    ax.set_aspect("equal")
    ax.set_axis_off()


def _line(shape: Outline) -> PathPatch:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    codes = {"M": Path.MOVETO, "L": Path.LINETO, "Q": Path.CURVE3, "C": Path.CURVE4}
    points = [point for _, points in shape.steps for point in points]
    kinds = [codes[letter] for letter, points in shape.steps for _ in points]
    if shape.steps[-1][0] == "Z":
        points.append(points[0])
        kinds.append(Path.CLOSEPOLY)
    return PathPatch(
        Path(points, kinds),
        facecolor=shape.fill,
        edgecolor=shape.stroke,
        linewidth=0.8 * shape.width,
        linestyle="--" if shape.is_dashed else "-",
    )


def _letters(shape: Text) -> PathPatch:
    """Return a text as shapes, which grow and shrink with the boxes around it."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.patches import PathPatch
    from matplotlib.textpath import TextPath
    from matplotlib.transforms import Affine2D

    # Of this the widths are known: see `text_width`.
    weight = "bold" if shape.is_bold else "normal"
    font = FontProperties(family="DejaVu Sans", weight=weight)
    letters = TextPath((0, 0), shape.content, size=shape.size, prop=font)
    left, right = letters.get_extents().intervalx
    # Heights of the drawing grow downwards, those of letters upwards.
    place = Affine2D().translate(-(left + right) / 2, 0).scale(1, -1)
    place.translate(shape.x, shape.y)
    return PathPatch(letters.transformed(place), facecolor=shape.color, linewidth=0)
