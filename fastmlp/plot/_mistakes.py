"""What a model gets wrong, although it is sure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastmlp._check.numbers import as_count, real_numbers
from fastmlp._check.sparse import filled, is_sparse
from fastmlp.plot._answers import Answers, answers_of
from fastmlp.plot._axes import axes_for, bare, grey_map
from fastmlp.plot._images import (
    columns_of,
    frame_images,
    image_shape_of,
    in_color,
    mosaic,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["mistakes"]

_COLUMNS = 5
_LABEL = 0.32  # how high one is, of the height of its image
_LINES = 2  # of a label


def mistakes(
    model: Any,
    x: Any,
    y: Any,
    count: int = 25,
    class_names: Sequence[str] | None = None,
    image_shape: Sequence[int] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the samples that a model gets wrong and is surest of, the surest first.

    Above each stands what the model said and how sure it was, what it is, and where it
    is in x.

    Args:
        model: A trained model, with an output a class, or one for yes and no.
        x: Inputs, as `predict` takes them: images, or rows of their pixels.
        y: What they are: labels, or one-hot rows.
        count: How many to show at most. Default 25.
        class_names: What the classes are called; None, the default, for their numbers.
        image_shape: (rows, columns) of an image, or (rows, columns, 3) with colors;
            None, the default, tells it by the shape of x.
        ax: Where to draw; None, the default, makes a new figure.

    Returns:
        The axes.

    Raises:
        ImportError: matplotlib is missing: `pip install 'fastmlp[plot]'`.
        TypeError: It is no model, or the data hold no numbers.
        ValueError: The data do not fit each other or the model, it has several inputs,
            samples are no images, or there is not one name a class.

    Example:
        >>> from fastmlp import Sequential, layers
        >>> model = Sequential([layers.Dense(2, "softmax", input_shape=(4,))])
        >>> model.set_weights([[[5, 0], [0, 5], [0, 5], [5, 0]], [0, 0]])
        >>> ax = mistakes(model, [[1, 0, 0, 1], [0, 1, 1, 0]], [0, 0])
        >>> print(ax.texts[0].get_text())
        said 1, >99.9%
        is 0, x[1]
    """
    most = as_count("count", count, 1)
    answers = answers_of(model, x, y, class_names)
    if not isinstance(model.input_shape, tuple):
        raise ValueError(
            f"plot.mistakes draws the input of a model, but {model.name!r} has "
            "several. plot.confusion_matrix shows what it takes for what."
        )
    array: Any = x.tocsr() if is_sparse(x) else real_numbers("x", x)
    shape = image_shape_of(array.shape[1:], image_shape)
    found = surest_mistakes(answers)
    rows = found[:most]
    columns = min(_COLUMNS, max(len(rows), 1))
    down = -(-len(rows) // columns)
    ax = axes_for(ax, 0.3 + 1.2 * max(columns, 3), 0.7 + 1.5 * max(down, 1))
    if len(rows):
        images = filled(array[rows])
        _draw(answers, rows, images.reshape(-1, *shape), ax)
    ax.set_title(_title(len(rows), len(found), len(answers.true)))
    bare(ax)
    return ax


def surest_mistakes(answers: Answers) -> NDArray[np.intp]:
    """Return the rows that are wrong, those that the model is surest of first."""
    wrong = np.flatnonzero(~answers.right)
    how_sure = answers.scores.values[wrong].max(axis=1)
    return np.asarray(wrong[np.argsort(-how_sure, kind="stable")])


def _title(shown: int, found: int, samples: int) -> str:
    if not found:
        return f"No mistake in {samples:,} samples"
    noun = "mistake" if found == 1 else "mistakes"
    of = f"{found:,} {noun} in {samples:,} samples"
    if shown == found:
        return of
    return f"The surest of\n{of}" if shown == 1 else f"The {shown:,} surest of\n{of}"


def _draw(
    answers: Answers,
    rows: NDArray[np.intp],
    images: NDArray[Any],
    ax: Axes,
) -> None:
    height, width = images.shape[1:3]
    columns = columns_of(ax, len(images), width, (1 + _LABEL) * height)
    picture = mosaic(ax, images, columns, _LABEL)
    if images.ndim == 4:
        ax.imshow(in_color(picture.pixels), interpolation="none")
    else:
        ax.imshow(picture.pixels, cmap=grey_map(ax), interpolation="none")
    labels = [_label(answers, row) for row in rows]
    longest = max(len(line) for label in labels for line in label.split("\n"))
    frame_images(picture, ax)
    size = min(
        10.0,
        picture.points * width / (0.56 * longest),
        picture.points * height * _LABEL / (1.25 * _LINES),
    )
    for label, (top, left) in zip(labels, picture.corners, strict=True):
        ax.text(
            left + width / 2 - 0.5,
            top - 0.5 - 0.03 * height,
            label,
            size=size,
            ha="center",
            va="bottom",
            linespacing=1.1,
        )


def _label(answers: Answers, row: int) -> str:
    said, true = (answers.names[one[row]] for one in (answers.said, answers.true))
    return f"said {said}, {answers.scores.said(row)}\nis {true}, x[{row}]"
