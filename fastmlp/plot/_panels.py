"""Several panels in the place of one, however large that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class _Place:
    """Where a panel lies within its host: a cell of a grid with gaps in points.

    matplotlib asks for it at each drawing, so that gaps keep their width.
    """

    def __init__(
        self, host: Axes, cell: tuple[int, int], shape: tuple[int, int], gaps: Any
    ) -> None:
        self._host, self._cell, self._shape, self._gaps = host, cell, shape, gaps

    def __call__(self, panel: Any, renderer: Any) -> Any:
        from matplotlib.transforms import Bbox

        (row, column), (rows, columns) = self._cell, self._shape
        pixels = self._host.figure.dpi / 72
        across, down = (gap * pixels for gap in self._gaps)
        box = self._host.bbox
        # Never less than a third of its room, in however small a host.
        width = max(box.width - (columns - 1) * across, box.width / 3) / columns
        height = max(box.height - (rows - 1) * down, box.height / 3) / rows
        left = box.x0 + column * (box.width - width) / max(columns - 1, 1)
        top = box.y1 - row * (box.height - height) / max(rows - 1, 1)
        here = Bbox.from_bounds(left, top - height, width, height)
        return here.transformed(panel.figure.transSubfigure.inverted())


def panels_in(
    host: Axes, count: int, columns: int, across: float, down: float
) -> list[Axes]:
    """Return panels in rows, from the left and from the top.

    Args:
        host: The axes whose place they take; only its title is left of it.
        count: How many.
        columns: How many are in a row.
        across: Points between two of a row, for the labels there.
        down: Points between two rows.
    """
    host.set_axis_off()
    shape = (-(-count // columns), columns)
    panels = [host.inset_axes((0.0, 0.0, 1.0, 1.0)) for _ in range(count)]
    for place, panel in enumerate(panels):
        at = _Place(host, divmod(place, columns), shape, (across, down))
        panel.set_axes_locator(at)
    return panels
