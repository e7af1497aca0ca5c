"""Which classes are taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastmlp.plot._answers import answers_of, share_of
from fastmlp.plot._axes import (
    SKY,
    axes_for,
    blend,
    colors_of,
    ink_on,
    label_step,
    paper_of,
    size_of,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["confusion_matrix"]

# Numbers in more cells than these could not be read.
_MOST_WITH_NUMBERS = 20
_LINE, _SIGN = 14, 8  # what a label takes, in points


def confusion_matrix(
    model: Any,
    x: Any,
    y: Any,
    class_names: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw how many samples of each class are taken for which.

    A row is what samples are, a column what the model says. What is right, on the
    diagonal, is blue, and the share of the class is beside its row; what is wrong is
    orange, the more the stronger, so that a few mistakes among many right answers are
    seen.

    Args:
        model: A trained model, with an output a class, or one for yes and no.
        x: Inputs, as `predict` takes them.
        y: What they are: labels, or one-hot rows.
        class_names: What the classes are called; None, the default, for their numbers.
        ax: Where to draw; None, the default, makes a new figure.

    Returns:
        The axes.

    Raises:
        ImportError: matplotlib is missing: `pip install 'fastmlp[plot]'`.
        TypeError: It is no model, or the data hold no numbers.
        ValueError: The data do not fit each other or the model, or there is not one
            name a class.

    Example:
        >>> from fastmlp import Sequential, layers
        >>> model = Sequential([layers.Dense(2, "softmax", input_shape=(2,))])
        >>> model.set_weights([[[5, 0], [0, 5]], [0, 0]])
        >>> ax = confusion_matrix(model, [[1, 0], [0, 1], [0, 1]], [0, 1, 0])
        >>> [text.get_text() for text in ax.texts], ax.get_title()
        (['1', '1', '1'], '66.7% of 3 right')
    """
    answers = answers_of(model, x, y, class_names)
    classes = len(answers.names)
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (answers.true, answers.said), 1)
    longest = max(len(name) for name in answers.names)
    size = 1.5 + 0.4 * min(max(classes, 4), 24) + 0.08 * longest
    ax = axes_for(ax, size + 0.5, size)
    colors = _colors(counts, ax)
    ax.imshow(colors, interpolation="none")
    if classes <= _MOST_WITH_NUMBERS:
        _write(counts, colors, ax)
    _label(counts, answers.names, ax)
    ax.set_title(answers.title())
    return ax


def _colors(counts: NDArray[np.int_], ax: Axes) -> NDArray[np.float64]:
    """Return a color for each cell: a share of its row, or of the worst mistake."""
    is_right = np.eye(len(counts), dtype=bool)
    wrong = np.where(is_right, 0, counts)
    wrong_color = colors_of(ax)[1]
    paper = paper_of(ax)
    of_its_row = np.diag(counts) / np.maximum(counts.sum(axis=1), 1)
    # From the palest that is told from paper: one mistake is a mistake.
    strength = np.where(wrong > 0, 0.12 + 0.88 * wrong / max(wrong.max(), 1), 0)
    colors = blend(paper, wrong_color, strength)
    # On this blue, numbers are black wherever most of a class is right.
    colors[is_right] = blend(paper, SKY, of_its_row)
    return colors


def _write(counts: NDArray[np.int_], colors: NDArray[np.float64], ax: Axes) -> None:
    """Write the numbers into the cells that have any."""
    size = _text_size(ax, len(counts), len(str(counts.max())))
    for row, column in np.argwhere(counts > 0):
        ax.text(
            column,
            row,
            f"{counts[row, column]:d}",
            color=ink_on(colors[row, column]),
            size=size,
            ha="center",
            va="center",
        )


def _text_size(ax: Axes, cells: int, digits: int) -> float:
    """Return in points how large a number can be in a cell."""
    points = min(size_of(ax)) / cells
    return max(4.0, min(10.0, 0.8 * points / (0.65 * digits), 0.6 * points))


def _label(counts: NDArray[np.int_], names: list[str], ax: Axes) -> None:
    """Write which class is where, and which share of each is right."""
    longest = max(map(len, names))
    is_long = longest > 3
    needed = _LINE if is_long else max(_LINE, _SIGN * longest)
    step = label_step(len(names), min(size_of(ax)), needed)
    ticks = range(0, len(names), step)
    shown = names[::step]
    turned: dict[str, Any] = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}
    ax.set_xticks(ticks, shown, **(turned if is_long else {}))
    ax.set_yticks(ticks, shown)
    ax.set_xlabel("what the model says")
    ax.set_ylabel("what it is")
    ax.tick_params(length=0)
    if len(names) > _MOST_WITH_NUMBERS:
        return
    beside = ax.secondary_yaxis("right")
    totals = counts.sum(axis=1)
    shares = [
        share_of(counts[row, row] / total) if total else "none"
        for row, total in enumerate(totals)
    ]
    beside.set_yticks(ticks, shares)
    beside.set_ylabel("right, of each class")
    beside.tick_params(length=0)
