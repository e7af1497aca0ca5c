"""Pictures as SVG: shapes with numbers, which any browser and any notebook shows."""

from __future__ import annotations

import html
import os
from typing import NamedTuple

from fastmlp._util import files

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


class Picture(NamedTuple):
    """Shapes, and the room that they take, from the top left."""

    width: float
    height: float
    shapes: list[str]


def text(
    x: float,
    y: float,
    content: str,
    size: float,
    *,
    color: str,
    bold: bool = False,
    anchor: str = "middle",
) -> str:
    """Return a line of text whose foot stands at y."""
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-family="{FONT}" font-size="{size:g}"'
        f'{weight} fill="{color}" text-anchor="{anchor}">{html.escape(content)}</text>'
    )


class Drawing:
    """A picture of a model, which a notebook shows and `write` stores.

    Args:
        picture: Its shapes.
        title: What it shows, for those who hear it read.
        scale: How large it is shown.

    Attributes:
        svg: The picture as SVG.
    """

    def __init__(self, picture: Picture, title: str, scale: float) -> None:
        width, height = picture.width, picture.height
        self.svg: str = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{scale * width:.0f}" '
            f'height="{scale * height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}" '
            f'role="img"><title>{html.escape(title)}</title>'
            f"{''.join(picture.shapes)}</svg>"
        )
        self._title = title

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        """Return what it shows."""
        return f"<drawing of {self._title}>"

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
