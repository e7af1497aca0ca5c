"""Several panels in the place of one, however large that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from fastmlp.plot._axes import size_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Grid(NamedTuple):
    """How panels are laid out: in rows, with gaps for the labels, in points.

    Attributes:
        total: How many panels there are.
        columns: How many are in a row.
        across: Between two of a row.
        down: Between two rows.
    """

    total: int
    columns: int
    across: float
    down: float

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return -(-self.total // self.columns)

    def panel_size(self, width: float, height: float) -> tuple[float, float]:
        """Return how wide and how high a panel is, in points, of the whole's points."""
        # Never less than a third of the room, however small that is.
        across = max(width - (self.columns - 1) * self.across, width / 3)
        down = max(height - (self.rows - 1) * self.down, height / 3)
        return across / self.columns, down / self.rows

    def whole_size(self, width: float, height: float) -> tuple[float, float]:
        """Return how wide and how high the whole is, in inches, of a panel's points."""
        across = self.columns * width + (self.columns - 1) * self.across
        down = self.rows * height + (self.rows - 1) * self.down
        return across / 72, down / 72


def fitted(grid: Grid, host: Axes, aspect: float = 1.0) -> Grid:
    """Return a grid of so many columns that its panels get largest.

    Args:
        grid: What is wanted where there is room.
        host: The axes whose place they take.
        aspect: How much wider than high a panel is at best.
    """

    def side(one: Grid) -> float:
        width, height = one.panel_size(*size_of(host))
        return min(width / aspect, height)

    grids = [grid._replace(columns=n + 1) for n in range(grid.total)]
    return max([grid, *grids], key=side)


class _Place:
    """Where a panel lies within its host.

    matplotlib asks for it at each drawing, so that gaps keep their width.
    """

    def __init__(self, host: Axes, grid: Grid, number: int) -> None:
        self._host, self._grid, self._number = host, grid, number

    def __call__(self, panel: Any, renderer: Any) -> Any:
        from matplotlib.transforms import Bbox

        grid, box = self._grid, self._host.bbox
        pixels = self._host.figure.dpi / 72
        width, height = grid.panel_size(box.width / pixels, box.height / pixels)
        width, height = width * pixels, height * pixels
        row, column = divmod(self._number, grid.columns)
        left = box.x0 + column * (box.width - width) / max(grid.columns - 1, 1)
        top = box.y1 - row * (box.height - height) / max(grid.rows - 1, 1)
        here = Bbox.from_bounds(left, top - height, width, height)
        return here.transformed(panel.figure.transSubfigure.inverted())


def panels_in(host: Axes, grid: Grid) -> list[Axes]:
    """Return panels in the place of axes, of which only the title is left."""
    host.set_axis_off()
    panels = [host.inset_axes((0.0, 0.0, 1.0, 1.0)) for _ in range(grid.total)]
    for number, panel in enumerate(panels):
        panel.set_axes_locator(_Place(host, grid, number))
    return panels
