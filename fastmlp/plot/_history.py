"""How a training went."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastmlp._check.lookup import nearest
from fastmlp._check.numbers import describe, real_numbers
from fastmlp.plot._axes import axes_for, colors_of
from fastmlp.plot._panels import Grid, fitted, panels_in

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["history"]

_MOST_MARKERS = 20


def history(
    history: Any, metrics: str | Sequence[str] | None = None, ax: Axes | None = None
) -> Axes:
    """Draw loss and metrics of each epoch, in training and in validation.

    Training is a blue line with circles, validation a dashed orange one with squares.

    Args:
        history: What `fit` returns, or its dictionary.
        metrics: The names of what to draw, such as "loss" or ["loss", "accuracy"];
            None, the default, draws all, each in a panel of its own.
        ax: Where to draw; None, the default, makes a new figure.

    Returns:
        The axes. Several panels lie within them, as `ax.child_axes`.

    Raises:
        ImportError: matplotlib is missing: `pip install 'fastmlp[plot]'`.
        TypeError: It is no history.
        ValueError: It is empty, or has no such name.

    Example:
        >>> ax = history({"loss": [0.9, 0.4], "val_loss": [0.8, 0.5]})
        >>> ax.get_ylabel(), [line.get_label() for line in ax.lines]
        ('loss', ['training', 'validation'])
    """
    curves = _curves_of(history)
    names = _chosen(curves, metrics)
    lines = {name: _lines_of(curves, name, history) for name in names}
    wanted = Grid(len(names), _columns_of(len(names)), across=54, down=46)
    width, height = wanted.whole_size(225, 190)
    ax = axes_for(ax, width + 0.8, height + 0.7)
    panels = [ax]
    if len(names) > 1:
        panels = panels_in(ax, fitted(wanted, ax, aspect=1.3))
    for name, panel in zip(names, panels, strict=True):
        _draw(panel, name, lines[name])
    return ax


def _columns_of(count: int) -> int:
    return count if count <= 3 else math.ceil(math.sqrt(count))


def _curves_of(history: Any) -> dict[str, Any]:
    curves = getattr(history, "history", history)
    if not isinstance(curves, Mapping):
        raise TypeError(
            "plot.history draws what `fit` returns, or its dictionary of lists, not "
            f"{describe(history)}."
        )
    if not curves or not any(len(values) for values in curves.values()):
        raise ValueError(
            "This history is empty: no epoch has ended. Train with `fit`, and draw "
            "what it returns."
        )
    return dict(curves)


def _chosen(curves: dict[str, Any], metrics: Any) -> list[str]:
    """Return the names to draw, without those of validation, which are beside them."""
    known = list(dict.fromkeys(name.removeprefix("val_") for name in curves))
    known.sort(key=lambda name: name != "loss")  # Keras lists it last of all.
    if metrics is None:
        return known
    names = [metrics] if isinstance(metrics, str) else list(metrics)
    for name in names:
        if name in known:
            continue
        advice = nearest(str(name), known) or f"It has {', '.join(known)}."
        if name in curves:
            advice = f"It is drawn beside {name.removeprefix('val_')!r}: name that."
        raise ValueError(f"The history has no curve {describe(name)}. {advice}")
    if not names:
        raise ValueError(
            f"metrics is empty, so there is nothing to draw. Name some of "
            f"{', '.join(known)}, or leave it out for all."
        )
    return names


def _lines_of(
    curves: dict[str, Any], name: str, history: Any
) -> dict[str, tuple[NDArray[Any], NDArray[Any]]]:
    """Return epochs and values of a name, in training and in validation."""
    total = max(len(values) for values in curves.values())
    epochs = np.arange(1, total + 1)
    counted = getattr(history, "epoch", None)
    if counted is not None and len(counted) == total:
        epochs = np.array(counted) + 1
    lines = {}
    for label, key in (("training", name), ("validation", f"val_{name}")):
        if key in curves:
            values = real_numbers(key, curves[key])
            if values.ndim != 1:
                raise ValueError(
                    f"{key} has shape {values.shape}, but a curve is one number an "
                    "epoch. Leave it out, by `metrics`."
                )
            lines[label] = (_epochs_of(key, len(values), epochs), values)
    return lines


def _epochs_of(key: str, count: int, epochs: NDArray[Any]) -> NDArray[Any]:
    """Return the epochs of a curve; validation may be each second, or each third."""
    total = len(epochs)
    frequency = total // count if count else 1
    if count and total // frequency != count:
        raise ValueError(
            f"{key} has {count} values for {total} epochs, so that nobody can tell "
            "which epochs they are of. Leave it out of the dictionary, or draw it "
            "over the epochs with matplotlib."
        )
    return epochs[frequency - 1 :: frequency][:count]


def _draw(
    ax: Axes, name: str, lines: dict[str, tuple[NDArray[Any], NDArray[Any]]]
) -> None:
    from matplotlib.ticker import MaxNLocator

    first, second = colors_of(ax)[:2]
    styles = {"training": (first, "-", "o"), "validation": (second, "--", "s")}
    for label, (epochs, values) in lines.items():
        color, line, marker = styles[label]
        lost = ~np.isfinite(values)
        if lost.any():
            label += f" (not finite from epoch {epochs[lost.argmax()]} on)"
        ax.plot(
            epochs,
            values,
            line,
            color=color,
            marker=marker,
            markersize=5,
            markevery=-(-len(values) // _MOST_MARKERS) or 1,
            label=label,
        )
    ax.set_xlabel("epoch")
    ax.set_ylabel(name)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    ax.grid(alpha=0.25)
    ax.legend()
