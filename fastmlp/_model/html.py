"""A model in a notebook: the table of its layers, beside their drawing."""

from __future__ import annotations

import html
from typing import Any

from fastmlp._model import summary
from fastmlp._util.html_table import table

# A drawing of more boxes is larger than what it stands beside.
_MOST_LAYERS = 60


def as_html(model: Any) -> str:
    """Return a model as HTML that needs nothing else.

    Args:
        model: The model; one that is not built has no drawing.
    """
    header, rows = summary.table_of(model)
    title = f"{type(model).__name__} {model.name}"
    return (
        '<div style="display:flex;flex-wrap:wrap;gap:1em 2em;align-items:flex-start">'
        '<div style="overflow-x:auto;max-width:100%">'
        f"<div><strong>{html.escape(title)}</strong></div>"
        f"{table(header, rows, ['Param #'])}"
        f"<div>{'<br/>'.join(summary.count_lines(model))}</div></div>"
        f'<div style="overflow:auto;max-width:100%;max-height:40em">{_drawing(model)}'
        "</div></div>"
    )


def _drawing(model: Any) -> str:
    if not model.built:
        return "<em>Not built yet: nobody knows its shapes.</em>"
    if len(model.layers) > _MOST_LAYERS:
        return "<em>fastmlp.plot.network draws its layers.</em>"
    # Only here: few programs draw. Shapes stand in the table.
    from fastmlp.utils import plot_model

    return plot_model(model, None, show_layer_names=True, dpi=160).svg
