"""Pictures as SVG: shapes with numbers, which any browser and any notebook shows."""

from __future__ import annotations

import html
import os
from typing import NamedTuple

from fastmlp._util import files
from fastmlp.plot._layered import Point

FONT = "Helvetica, Arial, sans-serif"
_NARROW, _WIDE = set("fijlrtI.,:;'!|()[]/ -"), set("mwMW@%&")


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return how wide a text is at most, in the fonts that browsers have for this."""
    ems = 0.0
    for one in text:
        if one in _NARROW:
            ems += 0.36
        elif one in _WIDE:
            ems += 0.95
        else:
            ems += 0.74 if one.isupper() else 0.63
    return ems * size * (1.12 if bold else 1.0)


class Outline(NamedTuple):
    """A line along some steps, closed and filled or not, as SVG knows them.

    A step is a letter and its points: "M" moves, "L" draws a line, "Q" and "C" draw
    curves of one and of two control points, "Z" closes.
    """

    steps: list[tuple[str, list[Point]]]
    fill: str = "none"
    stroke: str = "none"
    width: float = 1.0
    is_dashed: bool = False

    def moved(self, x: float, y: float) -> Outline:
        """Return it elsewhere."""
        steps = [
            (letter, [(a + x, b + y) for a, b in points])
            for letter, points in self.steps
        ]
        return self._replace(steps=steps)

    def svg(self) -> str:
        """Return it as SVG."""
        path = " ".join(
            letter + " ".join(f"{x:.1f} {y:.1f}" for x, y in points)
            for letter, points in self.steps
        )
        dashes = ' stroke-dasharray="6 4"' if self.is_dashed else ""
        return (
            f'<path d="{path}" fill="{self.fill}" stroke="{self.stroke}" '
            f'stroke-width="{self.width:g}"{dashes}/>'
        )


class Text(NamedTuple):
    """A line of text: x is its middle, y its foot."""

    x: float
    y: float
    content: str
    size: float
    color: str
    is_bold: bool = False

    def moved(self, x: float, y: float) -> Text:
        """Return it elsewhere."""
        return self._replace(x=self.x + x, y=self.y + y)

    def svg(self) -> str:
        """Return it as SVG."""
        weight = ' font-weight="bold"' if self.is_bold else ""
        return (
            f'<text x="{self.x:.1f}" y="{self.y:.1f}" font-family="{FONT}" '
            f'font-size="{self.size:g}"{weight} fill="{self.color}" '
            f'text-anchor="middle">{html.escape(self.content)}</text>'
        )


Shape = Outline | Text


class Picture(NamedTuple):
    """Shapes, and the room that they take, from the top left."""

    width: float
    height: float
    shapes: list[Shape]

    def moved(self, x: float, y: float) -> list[Shape]:
        """Return the shapes elsewhere."""
        return [shape.moved(x, y) for shape in self.shapes]


def rectangle(
    left: float, top: float, width: float, height: float, radius: float
) -> list[tuple[str, list[Point]]]:
    """Return the steps around a rectangle with round corners."""
    right, bottom = left + width, top + height
    return [
        ("M", [(left, top + radius)]),
        ("Q", [(left, top), (left + radius, top)]),
        ("L", [(right - radius, top)]),
        ("Q", [(right, top), (right, top + radius)]),
        ("L", [(right, bottom - radius)]),
        ("Q", [(right, bottom), (right - radius, bottom)]),
        ("L", [(left + radius, bottom)]),
        ("Q", [(left, bottom), (left, bottom - radius)]),
        ("Z", []),
    ]


class Drawing:
    """A picture of a model, which a notebook shows and `save` stores.

    Args:
        picture: Its shapes.
        title: What it shows, for those who hear it read.
        scale: How large it is shown.

    Attributes:
        svg: The picture as SVG.
        picture: Its shapes.
    """

    def __init__(self, picture: Picture, title: str, scale: float) -> None:
        self.picture = picture
        width, height = picture.width, picture.height
        self.svg: str = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{scale * width:.0f}" '
            f'height="{scale * height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}" '
            f'role="img"><title>{html.escape(title)}</title>'
            f"{''.join(shape.svg() for shape in picture.shapes)}</svg>"
        )
        self._title = title

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        """Return what it shows."""
        return f"<drawing of {self._title}>"

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture into a file, as SVG.

        Raises:
            ValueError: The name does not end in .svg.
            OSError: The file cannot be written.
        """
        name = files.path_of("path", path)
        if not name.lower().endswith(".svg"):
            raise ValueError(
                f"A drawing is saved as SVG, but the file is called {name!r}. Let its "
                "name end in .svg, or draw into an `ax` of matplotlib's, whose figure "
                "can be saved as PNG or PDF."
            )
        self.write(name)

    def create(self, prog: object = None, format: str = "svg") -> bytes:
        """Return the picture as SVG, as pydot does; `prog` names Graphviz's program.

        Raises:
            ValueError: Another format than "svg" is asked for.
        """
        if format != "svg":
            raise ValueError(
                f"fastmlp draws SVG, not {format!r}. Leave `format` out; a browser and "
                "most editors turn SVG into other formats."
            )
        return self.svg.encode()

    def write(
        self, path: str | os.PathLike[str], prog: object = None, format: str = "svg"
    ) -> bool:
        """Write the picture into a file, as pydot does.

        Raises:
            ValueError: Another format than "svg" is asked for.
            OSError: The file cannot be written.
        """
        content = self.create(prog, format)
        with files.replacing(files.path_of("path", path)) as file:
            file.write(content)
        return True
