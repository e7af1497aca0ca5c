"""The picture of a comparison: how long `fit` takes, a panel a job.

Bars stand apart for each number of threads, the fastest first, and end with their ratio
and seconds; a line goes from the fastest to the slowest run. fastmlp's bar is to be
seen: what takes over 12 times as long is cut, and says so by a gap.
"""

import textwrap
from itertools import groupby
from typing import NamedTuple

from report import as_seconds, conditions, headline

LONGEST = 12  # times the shortest bar of fastmlp in the panel

# All in inches, so that a picture of one job has the same letters as one of ten.
PANEL, NAMES, LABELS, GAP, MARGIN = 5.8, 1.6, 1.3, 0.35, 0.3
LINE, TITLE = 0.235, 0.34
# Points of the letters, and how wide one is on average, as a share of that.
LARGE, MIDDLE, SMALL, NOTE = 17, 10.5, 9, 8.5
LETTER = 0.6

TIMES = "\N{MULTIPLICATION SIGN}"
LEGEND = (
    f"Seconds of fit, fastest first; {TIMES} says how many times fastmlp on as many "
    "threads in the same turn. Lines go from the fastest to the slowest run."
)


class Look(NamedTuple):
    """The colours of a picture."""

    paper: str
    ink: str
    faint: str
    own: str
    peer: str


LIGHT = Look("#ffffff", "#1a1a1a", "#5f6770", "#0072B2", "#c9ced6")
DARK = Look("#14171c", "#f0f2f5", "#a3abb5", "#56B4E9", "#4b5462")


def save(report, folder):
    """Write the picture on light and on dark ground.

    Raises:
        ImportError: There is no matplotlib.
    """
    for name, look in (("comparison.png", LIGHT), ("comparison-dark.png", DARK)):
        draw(report, look).savefig(folder / name, dpi=150)


def draw(report, look=LIGHT):
    """Return the picture as a figure of matplotlib's."""
    from matplotlib.figure import Figure

    panels = [(title, lines_of(report, job)) for job, title in report["jobs"].items()]
    panels = [(title, lines) for title, lines in panels if lines]
    columns = min(2, len(panels))
    grid = [panels[i : i + columns] for i in range(0, len(panels), columns)]
    talls = [
        TITLE + LINE * max(lines[-1].end for _, lines in row) + GAP for row in grid
    ]
    width = 2 * MARGIN + columns * PANEL + (columns - 1) * GAP
    head = paragraph([headline(report)], LARGE, width, weight="bold")
    head += paragraph([LEGEND], NOTE, width, color=look.faint)
    foot = paragraph(conditions(report), NOTE, width, color=look.faint)
    height = sum(talls) + sum(tall for *_, tall in head + foot) + GAP + 2 * MARGIN
    figure = Figure(figsize=(width, height), facecolor=look.paper)
    top = write(figure, head, look, height - MARGIN) - GAP
    for row, tall in zip(grid, talls, strict=True):
        for column, (title, lines) in enumerate(row):
            left = MARGIN + column * (PANEL + GAP)
            draw_panel(figure, title, lines, look, left, top)
        top -= tall
    write(figure, foot, look, top)
    return figure


def paragraph(texts, points, width, **style):
    """Return the lines that texts fill: what they say, their style, and how tall."""
    letters = int((width - 2 * MARGIN) * 72 / points / LETTER)
    lines = [line for text in texts for line in textwrap.wrap(text, letters)]
    return [(line, {"size": points, **style}, points / 72 * 1.5) for line in lines]


def write(figure, lines, look, top):
    """Write lines from a height in inches on; return that of what comes below."""
    width, height = figure.get_size_inches()
    for text, style, tall in lines:
        style = {"color": look.ink, **style}
        figure.text(MARGIN / width, top / height, text, va="top", **style)
        top -= tall
    return top


def draw_panel(figure, title, lines, look, left, top):
    """Draw a job: its title, and a line for each number of threads and each bar."""
    width, height = figure.get_size_inches()
    figure.text(
        left / width,
        top / height,
        title,
        size=MIDDLE,
        weight="bold",
        color=look.ink,
        va="top",
    )
    tall = LINE * lines[-1].end
    axes = figure.add_axes(
        (
            (left + NAMES) / width,
            (top - TITLE - tall) / height,
            (PANEL - NAMES - LABELS) / width,
            tall / height,
        )
    )
    rows = [line.row for line in lines if line.row]
    limit = LONGEST * min(
        row["fit"]["median"] for row in rows if row["peer"] == "fastmlp"
    )
    axes.set_xlim(0, min(limit, max(row["fit"]["max"] for row in rows)))
    axes.set_ylim(lines[-1].end, 0)
    axes.axis("off")
    for line in lines:
        if line.row:
            draw_bar(axes, line, look, limit)
        else:
            point = (0, line.y)
            beside(axes, point, -NAMES, line.text, color=look.faint, weight="bold")


def draw_bar(axes, line, look, limit):
    """Draw how long one took, with its name to the left and its label to the right."""
    y, row = line.y, line.row
    own = row["peer"] == "fastmlp"
    style = {"color": look.ink, "weight": "bold" if own else "normal"}
    end, slowest = row["fit"]["median"], row["fit"]["max"]
    axes.barh(y, min(end, limit), 0.72, color=look.own if own else look.peer)
    if end > limit:
        cut = limit * 0.94
        axes.plot(
            [cut - 0.008 * limit, cut + 0.008 * limit],
            [y + 0.5, y - 0.5],
            color=look.paper,
            linewidth=4,
            solid_capstyle="butt",
        )
    else:
        slowest = min(slowest, limit)
        axes.plot([row["fit"]["min"], slowest], [y, y], color=look.ink, linewidth=1.2)
    beside(axes, (0, y), -0.08, line.text, ha="right", **style)
    beside(axes, (min(slowest, limit), y), 0.08, label_of(row), **style)


def beside(axes, point, inches, text, **style):
    """Write so many inches to the right of a point."""
    axes.annotate(
        text,
        point,
        xytext=(72 * inches, 0),
        textcoords="offset points",
        va="center",
        size=SMALL,
        **style,
    )


class Line(NamedTuple):
    """A line of a panel: a bar with its name, or a heading."""

    y: float  # of its middle, in lines from the top
    text: str
    row: dict | None = None  # of the report

    @property
    def end(self):
        """Return where the line ends."""
        return self.y + 0.5


def lines_of(report, job):
    """Return the lines of a panel: how many threads, below them the rows of the report.

    The most threads come first, and of each number of threads the fastest row.
    """
    rows = [row for row in report["rows"] if row["job"] == job]
    rows.sort(key=lambda row: (-row["threads"], row["fit"]["median"]))
    lines, y = [], 0.5
    for threads, group in groupby(rows, key=lambda row: row["threads"]):
        y += 0.4 if lines else 0
        lines.append(Line(y, "1 thread" if threads == 1 else f"{threads} threads"))
        for row in group:
            y += 1
            lines.append(Line(y, report["peers"][row["peer"]], row))
        y += 1
    return lines


def label_of(row):
    """Return what stands at the end of a bar.

    Example:
        >>> fit = {"median": 2.31, "ratio": {"median": 4.06}}
        >>> label_of({"peer": "numpy", "fit": fit}) == f"4.1 {TIMES}  2.31 s"
        True
    """
    seconds = as_seconds(row["fit"]["median"])
    if row["peer"] == "fastmlp":
        return seconds
    ratio = row["fit"]["ratio"]["median"]
    return f"{ratio:.{1 if ratio < 10 else 0}f} {TIMES}  {seconds}"
