"""What the units of a layer look for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastmlp._check.lookup import nearest
from fastmlp._check.numbers import as_count, describe
from fastmlp.plot._axes import axes_for, bare, signed_map
from fastmlp.plot._images import columns_of, image_shape_of, in_color, mosaic

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["weights"]

# The few largest weights would make all others pale.
_SHOWN_SHARE = 0.998


def weights(
    model: Any,
    layer: Any = None,
    count: int = 64,
    image_shape: Sequence[int] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the weights of each unit of a layer as an image, in the shape of its input.

    A weight above 0 is blue, one below 0 is orange, and one that is 0 is as the page:
    blue is where a unit wants ink, orange where it wants none. All units have the same
    scale, so that they can be compared. Where inputs have colors, weights do as well,
    and one that is 0 is grey.

    Args:
        model: A model that is built.
        layer: The layer, or its name; None, the default, for the first with weights
            for each input and unit, as Dense has them.
        count: How many units to show at most, the first ones. Default 64.
        image_shape: (rows, columns) of an input, or (rows, columns, 3) with colors;
            None, the default, tells it by the shape of the inputs.
        ax: Where to draw; None, the default, makes a new figure.

    Returns:
        The axes.

    Raises:
        ImportError: matplotlib is missing: `pip install 'fastmlp[plot]'`.
        TypeError: It is no model.
        ValueError: The model is not built, has no such layer, or inputs are no images.

    Example:
        >>> from fastmlp import Sequential, layers
        >>> model = Sequential([layers.Dense(3, name="hidden", input_shape=(4,))])
        >>> weights(model).get_title()
        'hidden: 3 units'
    """
    most = as_count("count", count, 1)
    chosen, kernel = _kernel_of(model, layer)
    sample = kernel.shape[:1]
    inputs = tuple(model.input_shape[1:]) if _is_first(model, kernel) else sample
    shape = image_shape_of(inputs, image_shape, "An input of this layer")
    units = kernel.shape[1]
    images = kernel[:, :most].T.reshape(-1, *shape)
    columns = math.ceil(math.sqrt(len(images) * shape[0] / shape[1]))
    rows = -(-len(images) // columns)
    width = min(max(0.7 * columns, 2.5), 5.6)
    height = width * rows * shape[0] / (columns * shape[1])
    ax = axes_for(ax, width + 1.9, height + 0.5)
    _draw(images, columns_of(ax, len(images), shape[1], shape[0]), ax)
    first = f"the first {len(images)} of " if len(images) < units else ""
    noun = "unit" if units == 1 else "units"
    ax.set_title(f"{chosen.name}: {first}{units:,} {noun}")
    return ax


def _draw(images: NDArray[Any], columns: int, ax: Axes) -> None:
    top = float(np.quantile(np.abs(images), _SHOWN_SHARE)) or 1.0
    picture = mosaic(ax, images, columns)
    bare(ax)
    if images.ndim == 4:
        shares = np.clip(0.5 + picture.pixels / (2 * top), 0, 1)
        ax.imshow(in_color(shares), interpolation="none")
    else:
        shown = ax.imshow(
            picture.pixels,
            cmap=signed_map(ax),
            vmin=-top,
            vmax=top,
            interpolation="none",
        )
        bar = ax.figure.colorbar(shown, ax=ax, shrink=0.8, extend="both")
        bar.set_label("weight")
    # Which unit a row begins with.
    height = picture.size[0]
    starts = list(enumerate(picture.corners))[::columns]
    ax.set_yticks(
        [top + height / 2 - 0.5 for _, (top, _) in starts],
        [str(unit) for unit, _ in starts],
    )
    ax.tick_params(length=0)
    ax.set_ylabel("unit")


def _is_first(model: Any, kernel: NDArray[Any]) -> bool:
    """Tell whether a layer may get what the model gets, flattened or not."""
    shape = model.input_shape
    return isinstance(shape, tuple) and kernel.shape[0] == math.prod(
        size or 0 for size in shape[1:]
    )


def _kernel_of(model: Any, layer: Any) -> tuple[Any, NDArray[Any]]:
    """Return a layer and its weights, (inputs, units).

    Raises:
        TypeError: It is no model, or what is asked for is neither a layer nor a name.
        ValueError: The model is not built, or has no such layer.
    """
    from fastmlp.layers import Layer
    from fastmlp.models import Model  # Only here: few programs draw.

    if not isinstance(model, Model):
        raise TypeError(f"plot.weights draws those of a model, not {describe(model)}.")
    if not model.built:
        raise ValueError(
            f"Model {model.name!r} is not built, so it has no weights yet. Give its "
            "first layer an input shape, or train it."
        )
    found = {one.name: one for one in model.layers if hasattr(one, "kernel")}
    known = f"Layers with such weights: {', '.join(found) or 'none'}."
    if layer is None:
        if not found:
            raise ValueError(
                f"Model {model.name!r} has no layer with weights for each input and "
                "unit, as Dense has them. Give it one."
            )
        layer = next(iter(found))
    name = layer.name if isinstance(layer, Layer) else layer
    if not isinstance(name, str):
        raise TypeError(f"layer must be a layer or its name, not {describe(layer)}.")
    if name not in found or (isinstance(layer, Layer) and found[name] is not layer):
        hint = nearest(name, found) if isinstance(layer, str) else ""
        raise ValueError(
            f"Model {model.name!r} has no layer {name!r} with weights for each input "
            f"and unit. {hint or known}"
        )
    return found[name], np.asarray(found[name].kernel)
