"""One sample on its way through the layers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp._check.numbers import describe, real_numbers
from fastmlp._check.sparse import filled
from fastmlp.plan import Float32
from fastmlp.plot._answers import names_of, share_of
from fastmlp.plot._axes import (
    axes_for,
    bare,
    blend,
    colors_of,
    grey_map,
    ink_on,
    label_step,
    paper_of,
    signed_map,
    size_of,
)
from fastmlp.plot._images import image_shape_of, in_color
from fastmlp.plot._panels import Grid, fitted, panels_in

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["activations"]

_COLUMNS = 4
_SIDE = 140  # of a panel, in points
# More units than these are squares, not bars with names.
_MOST_BARS = 20
_SMALLEST_TEXT = 7  # in points: a line of names


class _Stage(NamedTuple):
    """What there is of a sample behind one layer."""

    title: str
    values: Float32
    names: list[str] | None = None  # of classes
    picture: tuple[int, ...] | None = None  # the shape of an image


def activations(
    model: Any,
    x: Any,
    class_names: Sequence[str] | None = None,
    image_shape: Sequence[int] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw one sample, and what each layer makes of it, to what the model says.

    Few units are bars; many are squares, in rows from the top left: as the page where
    a unit is 0, blue above, orange below. Layers that change no number, such as
    Flatten and, when nothing is learnt, Dropout, are left out.

    Args:
        model: A model of one input; it need not be compiled.
        x: One sample, or an array of one.
        class_names: What the outputs are called; None, the default, for their numbers.
        image_shape: (rows, columns) of the sample, or (rows, columns, 3) with colors;
            None, the default, tells it by its shape.
        ax: Where to draw; None, the default, makes a new figure.

    Returns:
        The axes; the panels lie within them, as `ax.child_axes`.

    Raises:
        ImportError: matplotlib is missing: `pip install 'fastmlp[plot]'`.
        TypeError: It is no model, or x holds no numbers.
        ValueError: x is not one sample of the model's, or there is not one name an
            output.

    Example:
        >>> from fastmlp import Sequential, layers
        >>> hidden = layers.Dense(3, "relu", name="hidden", input_shape=(4,))
        >>> model = Sequential([hidden, layers.Dense(2, "softmax", name="answer")])
        >>> ax = activations(model, [1, 0, 0, 1])
        >>> [panel.get_title().splitlines()[0] for panel in ax.child_axes]
        ['the sample', 'hidden', 'answer']
    """
    sample = _one_sample(model, x)
    stages = _stages(model, sample, class_names, image_shape)
    longest = max((len(name) for name in stages[-1].names or ()), default=0)
    columns = min(len(stages), _COLUMNS)
    wanted = Grid(len(stages), columns, across=24 + 5.6 * longest, down=62)
    width, height = wanted.whole_size(_SIDE, _SIDE)
    ax = axes_for(ax, width + 0.4, height + 0.9)
    grid = fitted(wanted, ax)
    panels = panels_in(ax, grid)
    side = min(grid.panel_size(*size_of(ax)))
    for stage, panel in zip(stages, panels, strict=True):
        panel.set_title(stage.title, size="medium" if side > 0.7 * _SIDE else "small")
        if stage.picture is not None:
            _draw_picture(stage, panel)
        elif stage.values.size <= _MOST_BARS or stage.names is not None:
            _draw_bars(stage, panel, side)
        else:
            _draw_squares(stage, panel)
    for place, panel in enumerate(panels[:-1], 1):
        if place % grid.columns:  # not the last of a row
            panel.annotate(
                "\N{RIGHTWARDS ARROW}",
                (1, 0.5),
                (5, 0),
                xycoords="axes fraction",
                textcoords="offset points",
                size="large",
                va="center",
            )
    return ax


def _one_sample(model: Any, x: Any) -> NDArray[Any]:
    """Return x as an array of one sample of a model.

    Raises:
        TypeError: It is no model, or x holds no numbers.
        ValueError: The model has not one input of a known size, or x is not one sample.
    """
    from fastmlp.models import Model  # Only here: few programs draw.

    if not isinstance(model, Model):
        raise TypeError(
            f"plot.activations draws those of a model, not {describe(model)}."
        )
    shape = model.input_shape if model.built else None
    if not isinstance(shape, tuple):
        raise ValueError(
            f"plot.activations draws a model that is built and has one input, but "
            f"{model.name!r} {'has several' if model.built else 'is not built'}. "
            "fastmlp.inspect.trace shows the numbers of any model that was trained."
        )
    array = real_numbers("x", filled(x))
    if array.ndim == len(shape) and len(array) > 1 and array.shape[1:] == shape[1:]:
        raise ValueError(f"x has {len(array)} samples: choose one, such as x[0].")
    if array.size != math.prod(shape[1:]):
        raise ValueError(
            f"x has shape {array.shape}, but a sample of {model.name!r} has shape "
            f"{shape[1:]}. Give one sample, such as x[0]."
        )
    return array.reshape(1, *shape[1:])


def _stages(model: Any, sample: NDArray[Any], class_names: Any, wanted: Any) -> Any:
    from fastmlp import inspect  # Only here: few programs draw.

    values = np.asarray(sample[0], np.float32)
    stages = [_Stage("the sample", values, picture=_picture(values.shape, wanted))]
    trace = inspect.trace(model, sample)
    for name, layer in trace.items():
        output = layer.output[0]
        if not np.array_equal(output.ravel(), stages[-1].values.ravel()):
            stages.append(_Stage(_title(name, output), output))
    last = stages[-1]
    if len(stages) > 1 and last.values.ndim == 1:
        names = names_of(class_names, last.values.size)
        stages[-1] = last._replace(names=names, title=_answer(last, names))
    elif class_names is not None:
        names_of(class_names, last.values.size)
    return stages


def _picture(shape: tuple[int, ...], wanted: Any) -> tuple[int, ...] | None:
    """Return the shape of a sample as an image, or None if it is none."""
    if wanted is None and math.prod(shape) < 16:
        return None  # A few features, not pixels.
    try:
        return image_shape_of(shape, wanted)
    except ValueError:
        if wanted is not None:
            raise
        return None


def _title(name: str, output: NDArray[Any]) -> str:
    above = int((output > 0).sum())
    noun = "unit" if output.size == 1 else "units"
    zeros = f", {above:,} above 0" if (output == 0).any() else ""
    return f"{name}\n{output.size:,} {noun}{zeros}"


def _answer(stage: _Stage, names: list[str]) -> str:
    """Return the title of the last stage: what the model says, if it chooses."""
    values = stage.values
    if values.size == 1 or values.min() < 0 or values.max() > 1:
        return stage.title
    most = int(values.argmax())
    name = stage.title.partition("\n")[0]
    return f"{name}\nsays {names[most]}, {share_of(float(values[most]))}"


def _draw_picture(stage: _Stage, ax: Axes) -> None:
    assert stage.picture is not None
    pixels = stage.values.reshape(stage.picture)
    if pixels.ndim == 3:
        ax.imshow(in_color(pixels), interpolation="none")
    else:
        ax.imshow(pixels, cmap=grey_map(ax), interpolation="none")
    ax.set_xticks([])
    ax.set_yticks([])
    ax.set_xlabel(" x ".join(map(str, stage.picture)) + " numbers")


def _draw_bars(stage: _Stage, ax: Axes, side: float) -> None:
    values = stage.values.ravel()
    names = stage.names or [str(unit) for unit in range(values.size)]
    plain, best = colors_of(ax)[:2]
    most = int(values.argmax())
    places = range(len(values))
    step = label_step(len(names), side, _SMALLEST_TEXT)
    shown = places[most % step :: step]  # The best has its name in any case.
    colors = [best if unit == most else plain for unit in places]
    ax.barh(places, values, color=colors, height=0.75)
    size = min(10.0, 0.85 * side * step / len(names))
    ax.set_yticks(shown, [names[unit] for unit in shown], size=size)
    ax.get_yticklabels()[most // step].set_fontweight("bold")
    ax.invert_yaxis()
    ax.set_box_aspect(1)
    ax.tick_params(axis="y", length=0)
    ax.axvline(0, color=ink_on(paper_of(ax)), linewidth=0.8)
    if stage.names is not None and values.min() >= 0 and values.max() <= 1:
        ax.set_xlim(0, 1)
        ax.set_xticks([0, 0.5, 1], ["0%", "50%", "100%"])
    for edge in ("top", "right", "left"):
        ax.spines[edge].set_visible(False)


def _draw_squares(stage: _Stage, ax: Axes) -> None:
    values = stage.values.ravel()
    columns = math.ceil(math.sqrt(values.size))
    rows = -(-values.size // columns)
    squares = np.full(rows * columns, np.nan)
    squares[: values.size] = values
    limit = float(np.abs(values).max()) or 1.0
    ax.pcolormesh(
        squares.reshape(rows, columns),
        cmap=signed_map(ax),
        vmin=-limit,
        vmax=limit,
        edgecolors=blend(paper_of(ax), ink_on(paper_of(ax)), 0.2),
        linewidth=0.3,
    )
    # A square, as the other panels are.
    rest = (columns - rows) / 2
    ax.set_ylim(rows + rest, -rest)
    ax.set_aspect("equal")
    bare(ax)
    ax.set_xlabel(f"from {values.min():.2g} to {values.max():.2g}")
