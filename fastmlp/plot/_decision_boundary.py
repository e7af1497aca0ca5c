"""Which class a model sees where in the plane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastmlp._check.numbers import as_float32, describe, real_numbers
from fastmlp._check.sparse import filled
from fastmlp.plot._answers import Answers, answers_of, scores_of
from fastmlp.plot._axes import MARKERS, axes_for, blend, colors_of, ink_on, paper_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["decision_boundary"]

# How finely the plane is asked, in each direction.
_STEPS = 240
_MARGIN = 0.08
_SHADES = 12


def decision_boundary(
    model: Any,
    x: Any,
    y: Any,
    class_names: Sequence[str] | None = None,
    feature_names: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw which class a model sees where, and samples of two features on top.

    The surer it is, the stronger is the color; a line stands where two classes are as
    likely, and the name of a class in the middle of its region. Samples of a class have
    a color and a marker of its own, and those that are on the wrong side have a thick
    edge.

    Args:
        model: A trained model of two inputs, with an output a class, or one for yes
            and no.
        x: Inputs, (rows, 2).
        y: What they are: labels, or one-hot rows.
        class_names: What the classes are called; None, the default, for their numbers.
        feature_names: What the two features are called; None, the default, for the
            names of columns that x may have, else x[:, 0] and x[:, 1].
        ax: Where to draw; None, the default, makes a new figure.

    Returns:
        The axes.

    Raises:
        ImportError: matplotlib is missing: `pip install 'fastmlp[plot]'`.
        TypeError: It is no model, or the data hold no numbers.
        ValueError: Samples have not two features, the data do not fit each other or
            the model, or there is not one name a class and a feature.

    Example:
        >>> from fastmlp import Sequential, layers
        >>> model = Sequential([layers.Dense(2, "softmax", input_shape=(2,))])
        >>> model.set_weights([[[5, 0], [0, 5]], [0, 0]])
        >>> ax = decision_boundary(model, [[1, 0], [0, 1]], [0, 1], ["left", "top"])
        >>> [text.get_text() for text in ax.get_legend().get_texts()]
        ['left', 'top']
    """
    names = _feature_names(x, feature_names)
    points = real_numbers("x", filled(x))
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(
            f"x has shape {points.shape}, but a plane has two features: give x two "
            "columns, and the model two inputs."
        )
    as_float32("x", points)  # It refuses what is not finite.
    answers = answers_of(model, points, y, class_names)
    is_new = ax is None
    ax = axes_for(ax, 6.8, 4.8)
    _draw_plane(model, points, answers.names, ax)
    _draw_points(points, answers, ax)
    if is_new:  # There is room beside it.
        ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    else:  # To look for the best place among many points takes long.
        ax.legend(loc="best" if len(points) <= 2000 else "upper right")
    ax.set_xlabel(names[0])
    ax.set_ylabel(names[1])
    ax.set_title(answers.title())
    return ax


def _feature_names(x: Any, given: Sequence[str] | None) -> list[str]:
    if given is None:
        columns = getattr(x, "columns", None)  # of a DataFrame
        if columns is None or len(columns) != 2:
            return ["x[:, 0]", "x[:, 1]"]
        given = list(columns)
    if isinstance(given, str) or len(given) != 2:
        raise ValueError(
            f"feature_names must be two texts, not {describe(given)}: one for each "
            "column of x."
        )
    return [str(name) for name in given]


def _draw_plane(model: Any, points: NDArray[Any], names: list[str], ax: Axes) -> None:
    least, most = points.min(axis=0).astype(float), points.max(axis=0).astype(float)
    # Of points in one line, the plane is wide all the same.
    margin = np.where(most > least, _MARGIN * (most - least), 1.0)
    (left, bottom), (right, top) = least - margin, most + margin
    across = np.linspace(left, right, _STEPS)
    up = np.linspace(bottom, top, _STEPS)
    grid = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    values = scores_of(model, grid).values.reshape(_STEPS, _STEPS, len(names))
    said = values.argmax(axis=-1)
    ax.imshow(
        _shaded(values, said, ax),
        origin="lower",
        extent=(left, right, bottom, top),
        aspect="auto",
        interpolation="none",
        zorder=0,
    )
    for one, name in enumerate(names):
        # Where a class has as much as the best of the others; of two, once is enough.
        lead = values[..., one] - np.delete(values, one, axis=-1).max(axis=-1)
        if lead.min() < 0 < lead.max() and (one or len(names) > 2):
            ax.contour(across, up, lead, [0], colors="0.5", linewidths=1.2, zorder=1)
        middle = middle_of(said == one)
        if middle is not None:
            _write(name, across[middle[1]], up[middle[0]], ax)


def _shaded(
    values: NDArray[np.float64], said: NDArray[np.intp], ax: Axes
) -> NDArray[np.float64]:
    """Return the color of each place: that of its class, the surer the stronger."""
    ranked = np.sort(values, axis=-1)
    # How far the first is before the second, of how far that is anywhere.
    ahead = ranked[..., -1] - ranked[..., -2]
    # Few shades: a file that is vector graphics holds them in little room.
    share = 0.12 + 0.38 * np.rint(_SHADES * ahead / (ahead.max() or 1)) / _SHADES
    colors, paper = colors_of(ax), paper_of(ax)
    picture = np.empty((*said.shape, 3))
    for one in range(values.shape[-1]):
        here = said == one
        picture[here] = blend(paper, colors[one % len(colors)], share[here])
    return picture


def middle_of(region: NDArray[np.bool_]) -> tuple[int, int] | None:
    """Return the place that is farthest from the edge of a region, if it has any.

    Example:
        >>> middle_of(np.ones((3, 5), bool)), middle_of(np.zeros((3, 5), bool))
        ((1, 2), None)
    """
    left, found = np.pad(region, 1), None
    while left.any():
        places = np.argwhere(left)
        found = places[len(places) // 2]
        # What is left are the places whose four neighbours were left, too.
        inner = left[1:-1, 1:-1] & left[:-2, 1:-1] & left[2:, 1:-1]
        left = np.pad(inner & left[1:-1, :-2] & left[1:-1, 2:], 1)
    return None if found is None else (int(found[0]) - 1, int(found[1]) - 1)


def _write(name: str, x: float, y: float, ax: Axes) -> None:
    """Write the name of a class into its region, so that colors need not be told."""
    from matplotlib.patheffects import withStroke

    paper = tuple(paper_of(ax))
    ax.text(
        x,
        y,
        name,
        size="large",
        weight="bold",
        ha="center",
        va="center",
        path_effects=[withStroke(linewidth=3, foreground=paper)],
        clip_on=True,
        zorder=4,
    )


def _draw_points(points: NDArray[Any], answers: Answers, ax: Axes) -> None:
    colors = colors_of(ax)
    ink = ink_on(paper_of(ax))
    size = float(np.clip(8000 / len(points), 8, 36))
    thick = 0.25 * size**0.5
    for one, name in enumerate(answers.names):
        for right in (True, False):
            chosen = (answers.true == one) & (answers.right == right)
            ax.scatter(
                points[chosen, 0],
                points[chosen, 1],
                s=size,
                color=colors[one % len(colors)],
                marker=MARKERS[one % len(MARKERS)],
                edgecolors=ink,
                linewidths=0.3 if right else thick,
                label=name if right else None,
                zorder=2 if right else 3,
            )
    if not answers.right.all():
        ax.scatter(
            [],
            [],
            s=size,
            color="none",
            edgecolors=ink,
            linewidths=thick,
            label="wrong",
        )
