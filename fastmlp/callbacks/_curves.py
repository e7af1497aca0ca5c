"""A history in a notebook: what it begins with, comes to at best, and ends with."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from fastmlp._util.html_table import Markup, table
from fastmlp.callbacks._monitor import direction_in

# Okabe and Ito's blue and vermillion, which differ for every eye.
_CURVE, _BEST = "#0072B2", "#D55E00"
_WIDTH, _HEIGHT, _MARGIN = 180, 28, 4


def as_html(
    history: Mapping[str, Sequence[Any]], epochs: Sequence[int], model: Any
) -> str:
    """Return the table, of a row for each metric.

    Args:
        history: The values of each metric.
        epochs: The epochs' numbers, from 0.
        model: What was trained, whose metrics know which way is better; or None.
    """
    rows = []
    for name, values in history.items():
        if not values:
            continue
        best = _best(values, direction_in(model, name))
        top = at = ""
        if best is not None:
            top = _number(values[best])
            # Validation may have left epochs out.
            at = str(epochs[best] + 1) if len(values) == len(epochs) else ""
        first, last = _number(values[0]), _number(values[-1])
        rows.append([name, first, last, top, at, Markup(_curve(values, best))])
    header = ["", "first", "last", "best", "at epoch", "curve"]
    return (
        '<div style="overflow-x:auto;max-width:100%">'
        f"<div><strong>History</strong> {len(epochs)} epochs</div>"
        f"{table(header, rows, header[1:-1])}</div>"
    )


def _best(values: Sequence[Any], direction: str | None) -> int | None:
    """Return where the best value is, if any is and it is known which way is better."""
    finite = [at for at, value in enumerate(values) if _is_finite(value)]
    if direction is None or not finite:
        return None
    return (max if direction == "up" else min)(finite, key=lambda at: float(values[at]))


def _is_finite(value: Any) -> bool:
    """Tell whether it is a number; callbacks may log anything."""
    try:
        return math.isfinite(value)
    except TypeError:
        return False


def _number(value: Any) -> str:
    """Return a value as the progress bar shows it."""
    if not _is_finite(value):
        return str(value)
    return f"{value:.4f}" if abs(value) > 1e-3 else f"{value:.4e}"


def _curve(values: Sequence[Any], best: int | None) -> str:
    """Return a small curve without axes, with a dot at the best value."""
    known = {at: float(one) for at, one in enumerate(values) if _is_finite(one)}
    if len(known) < 2:
        return ""
    least, most = min(known.values()), max(known.values())
    across = (_WIDTH - 2 * _MARGIN) / (len(values) - 1)
    upwards = (_HEIGHT - 2 * _MARGIN) / ((most - least) or 1.0)
    points = {
        at: f"{_MARGIN + across * at:.1f},{_MARGIN + upwards * (most - value):.1f}"
        for at, value in known.items()
    }
    dot = ""
    if best is not None:
        x, y = points[best].split(",")
        dot = f'<circle cx="{x}" cy="{y}" r="3" fill="{_BEST}"/>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="its curve">'
        f'<polyline points="{" ".join(points.values())}" fill="none" '
        f'stroke="{_CURVE}" stroke-width="1.8"/>{dot}</svg>'
    )
