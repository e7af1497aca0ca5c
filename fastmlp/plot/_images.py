"""Samples, and the weights of units, as images: many of one size in one picture."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastmlp._check.numbers import as_count, describe
from fastmlp.plot._axes import ink_on, paper_of, size_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# What is above is a byte; below, it may be a share of a color that was standardized.
_LARGEST_SHARE = 16


def image_shape_of(
    sample: tuple[int, ...], wanted: Any, what: str = "A sample"
) -> tuple[int, ...]:
    """Return the shape of an image: (rows, columns), or with three colors behind.

    Args:
        sample: The shape of what is to be shown.
        wanted: What the user says that it is, or None to tell it by its shape.
        what: What it is, for the message.

    Raises:
        TypeError: What is wanted is no shape.
        ValueError: It does not fit, or nothing is wanted and it is no image.

    Example:
        >>> image_shape_of((784,), None), image_shape_of((32, 32, 3), None)
        ((28, 28), (32, 32, 3))
    """
    count = math.prod(sample)
    if wanted is not None:
        shape = _wanted_shape(wanted)
        if math.prod(shape) != count:
            raise ValueError(
                f"image_shape={shape} has {math.prod(shape)} numbers, but "
                f"{what.lower()} has {count}. Give rows and columns that fit."
            )
    elif len(sample) == 1:
        side = math.isqrt(count)
        if side * side != count:
            raise ValueError(
                f"{what} has {count} numbers, which are no square image. Say what it "
                "is by image_shape=(rows, columns)."
            )
        shape = (side, side)
    elif len(sample) == 2 or (len(sample) == 3 and sample[2] in (1, 3)):
        shape = sample
    else:
        raise ValueError(
            f"{what} has shape {sample}, which is no image. Say what it is by "
            "image_shape=(rows, columns)."
        )
    return shape[:2] if shape[2:] == (1,) else shape


def _wanted_shape(wanted: Any) -> tuple[int, ...]:
    is_shape = isinstance(wanted, (tuple, list)) and len(wanted) in (2, 3)
    if not is_shape or (len(wanted) == 3 and wanted[2] not in (1, 3)):
        raise TypeError(
            "image_shape must be (rows, columns), such as (28, 28), or (rows, "
            f"columns, 3) of colors, not {describe(wanted)}."
        )
    return tuple(as_count("image_shape", size, 1) for size in wanted)


class Mosaic(NamedTuple):
    """Images of one size in rows, in pixels of theirs, from the top left.

    Attributes:
        pixels: All of them, NaN between them.
        corners: The row and the column at which each begins.
        size: How high and how wide one is.
        points: Points of the page that a pixel takes.
    """

    pixels: NDArray[np.float64]
    corners: list[tuple[int, int]]
    size: tuple[int, int]
    points: float


def columns_of(ax: Axes, count: int, width: float, height: float) -> int:
    """Return how many images of a size are in a row, so that they get largest."""
    room = size_of(ax)

    def scale(columns: int) -> float:
        rows = -(-count // columns)
        return min(room[0] / (columns * width), room[1] / (rows * height))

    return max(range(1, count + 1), key=scale)


def mosaic(
    ax: Axes, images: NDArray[Any], columns: int, label_share: float = 0.0
) -> Mosaic:
    """Return images in rows, with room for a label above each.

    Args:
        ax: Where they go.
        images: (count, rows, columns), or with three colors behind.
        columns: How many are in a row.
        label_share: How high a label is, of an image's height.
    """
    count, height, width = images.shape[:3]
    gap = max(1, round(0.07 * width))
    label = round(label_share * height)
    down, across = height + label + gap, width + gap
    size = (-(-count // columns) * down - gap, columns * across - gap)
    pixels = np.full((*size, *images.shape[3:]), np.nan)
    corners = []
    for place, image in enumerate(images):
        row, column = divmod(place, columns)
        top, left = row * down + label, column * across
        pixels[top : top + height, left : left + width] = image
        corners.append((top, left))
    room = size_of(ax)
    points = min(room[0] / size[1], room[1] / size[0])
    return Mosaic(pixels, corners, (height, width), points)


def in_color(pixels: NDArray[Any]) -> NDArray[np.float64]:
    """Return (rows, columns, 3) as matplotlib takes them, transparent where NaN.

    Numbers are shares of a color, or bytes up to 255. What goes beyond 0 and 1, as
    standardized numbers do, is drawn together until it fits.
    """
    least, most = float(np.nanmin(pixels)), float(np.nanmax(pixels))
    low, high = (0, 255) if most > _LARGEST_SHARE else (min(least, 0), max(most, 1))
    shown = (pixels - low) / (high - low)
    is_there = ~np.isnan(shown[..., :1])
    solid = np.nan_to_num(np.clip(shown, 0, 1))
    return np.concatenate([solid, is_there.astype(float)], axis=-1)


def frame_images(picture: Mosaic, ax: Axes) -> None:
    """Draw a thin frame around each image, which tells labels which they belong to."""
    from matplotlib.patches import Rectangle

    height, width = picture.size
    ink = ink_on(paper_of(ax))
    for top, left in picture.corners:
        place = (left - 0.5, top - 0.5)
        frame = Rectangle(place, width, height, fill=False, ec=ink, lw=0.5, alpha=0.3)
        ax.add_patch(frame)
    # Half of the outermost frames would be cut off.
    rows, columns = picture.pixels.shape[:2]
    ax.set_xlim(-1, columns)
    ax.set_ylim(rows, -1)
