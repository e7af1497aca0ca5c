"""Where pictures go, and the colors of all of them; the one place that has matplotlib.

Colors are those of Okabe and Ito (2008), which all eyes tell apart, and what is paper
and what is ink is asked of the axes, so that pictures fit every style, dark ones too.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastmlp._check.numbers import describe

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

# Those that are seen best come first: on white the darker, on black the lighter. Behind
# the seven are three more, for ten digits.
SKY = "#56B4E9"
_ON_WHITE = (
    *("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", SKY, "#6B6B6B"),
    *("#8C510A", "#5E3C99", "#808000"),
)
_ON_BLACK = (
    *(SKY, "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#0072B2", "#A8A8A8"),
    *("#D8B365", "#B2ABD2", "#CCCC66"),
)
# Of numbers with a sign: a few need little room in a file of vector graphics.
_SHADES = 33
# One more than there are colors, so that both together repeat late.
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*", "p", "<", ">")


def pyplot() -> Any:
    """Return matplotlib.pyplot.

    Raises:
        ImportError: matplotlib is not installed.
    """
    try:
        import matplotlib.pyplot
    except ImportError:
        raise ImportError(
            "Pictures take matplotlib, which is not there. Install it with: "
            "pip install 'fastmlp[plot]'"
        ) from None
    return matplotlib.pyplot


def axes_for(ax: Axes | None, width: float, height: float) -> Axes:
    """Return the axes to draw into: those given, or those of a new figure, in inches.

    Raises:
        ImportError: matplotlib is not installed.
        TypeError: What is given are no axes.
    """
    plt = pyplot()
    if ax is None:
        new: Axes = plt.subplots(figsize=(width, height), layout="constrained")[1]
        return new
    from matplotlib.axes import Axes

    if not isinstance(ax, Axes):
        raise TypeError(
            "ax must be one Axes of matplotlib's, such as the second of what "
            f"plt.subplots() returns, not {describe(ax)}."
        )
    return ax


def label_step(count: int, room: float, needed: float) -> int:
    """Return of how many labels in a line one is written, so that none touch.

    Args:
        count: How many there could be.
        room: How long the line is, in points.
        needed: How many points one takes.

    Example:
        >>> label_step(10, 100, 10), label_step(100, 100, 10)
        (1, 10)
    """
    return max(1, math.ceil(count * needed / room))


def size_of(ax: Axes) -> tuple[float, float]:
    """Return how wide and how high axes are, in points."""
    box = ax.get_window_extent()
    points = 72 / ax.figure.dpi
    return box.width * points, box.height * points


def paper_of(ax: Axes) -> NDArray[np.float64]:
    """Return the color behind a picture, red, green and blue from 0 to 1."""
    from matplotlib.colors import to_rgba

    for color in (ax.get_facecolor(), ax.figure.get_facecolor()):
        rgba = np.array(to_rgba(color))
        if rgba[3] > 0:
            return rgba[:3]
    return np.ones(3)  # It is transparent: most pages are white.


def is_dark(ax: Axes) -> bool:
    """Tell whether pictures are light on dark."""
    return ink_on(paper_of(ax)) == "white"


def colors_of(ax: Axes) -> tuple[str, ...]:
    """Return the colors of lines, points and classes, in their order."""
    return _ON_BLACK if is_dark(ax) else _ON_WHITE


def ink_on(paper: Any) -> str:
    """Return black or white, whichever is told better from a color.

    Source: contrast is the ratio of relative luminances of WCAG 2.1.

    Example:
        >>> ink_on("yellow"), ink_on("#0072B2")
        ('black', 'white')
    """
    from matplotlib.colors import to_rgb

    rgb = np.array(to_rgb(paper))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    luminance = float(linear @ [0.2126, 0.7152, 0.0722])
    # The contrast with white is 1.05 / (l + 0.05), with black (l + 0.05) / 0.05.
    return "black" if (luminance + 0.05) ** 2 > 0.05 * 1.05 else "white"


def blend(paper: Any, color: str, share: Any) -> NDArray[np.float64]:
    """Return colors between the paper (share 0) and another (share 1)."""
    from matplotlib.colors import to_rgb

    part = np.asarray(share, float)[..., None]
    return np.asarray((1 - part) * np.array(to_rgb(paper)) + part * to_rgb(color))


def grey_map(ax: Axes) -> Colormap:
    """Return the colors of a picture in grey: paper for the least, ink for the most."""
    from matplotlib.colors import LinearSegmentedColormap

    paper = paper_of(ax)
    ends = [tuple(paper), ink_on(paper)]
    return LinearSegmentedColormap.from_list("fastmlp.grey", ends)


def signed_map(ax: Axes) -> Colormap:
    """Return the colors of numbers with a sign: orange below 0, paper at 0, blue above.

    So are they in the playground. The farther from 0, the farther from the paper,
    whether that is white or black.
    """
    from matplotlib.colors import LinearSegmentedColormap

    # An odd number, so that 0 is the paper.
    below, above = ("#FFD2A8", "#A6DCFF") if is_dark(ax) else ("#6B2A00", "#00304F")
    steps = [below, "#D55E00", tuple(paper_of(ax)), "#0072B2", above]
    return LinearSegmentedColormap.from_list("fastmlp.signed", steps, _SHADES)


def bare(ax: Axes) -> None:
    """Leave axes without ticks and frame, but with their labels and their title."""
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)
