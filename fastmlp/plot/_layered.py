"""Where boxes and arrows go: a graph without cycles, laid out in ranks.

The method is that of Sugiyama, Tagawa and Toda (1981), in four steps: each box gets a
rank, one more than the highest of those that lead to it; an arrow that passes a rank
gets a place of its own there; the order within ranks is changed until few arrows cross;
and boxes move to where their neighbours are, as far as the order lets them. So no arrow
passes a box.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

Point = tuple[float, float]

_GAP = 28.0  # between boxes of one rank
_RANK_GAP = 40.0  # between ranks: room for arrows to turn
_LANE = 14.0  # what an arrow takes that passes a rank
_PORT = 16.0  # between arrows that end at one box, or begin there
_SWEEPS = 12
_MOVES = 60


class Layout(NamedTuple):
    """Where all of it lies, from the top left."""

    centers: list[Point]  # of the boxes
    routes: list[list[Point]]  # of the arrows: they turn between ranks, not within
    width: float
    height: float


class _Rank(NamedTuple):
    top: float
    bottom: float


def lay_out(
    sizes: Sequence[tuple[float, float]], arrows: Sequence[tuple[int, int]]
) -> Layout:
    """Return places for boxes, from the top down, and for the arrows between them.

    Args:
        sizes: Width and height of each box.
        arrows: From which box to which; there is no way back to where one was.

    Example:
        >>> layout = lay_out([(40, 20), (40, 20), (60, 20)], [(0, 2), (1, 2)])
        >>> layout.centers
        [(20.0, 10.0), (88.0, 10.0), (54.0, 70.0)]
    """
    ranks = _ranks(len(sizes), arrows)
    rows: list[list[int]] = [[] for _ in range(max(ranks, default=-1) + 1)]
    for box, rank in enumerate(ranks):
        rows[rank].append(box)
    chains = _chains(len(sizes), arrows, ranks, rows)
    links = [link for chain in chains for link in itertools.pairwise(chain)]
    widths = [width for width, _ in sizes]
    widths += [_LANE] * (sum(map(len, rows)) - len(sizes))
    _uncross(rows, links)
    x = _spread(rows, links, widths)
    heights = [max(sizes[one][1] for one in row if one < len(sizes)) for row in rows]
    bounds, y = [], 0.0
    for height in heights:
        bounds.append(_Rank(y, y + height))
        y += height + _RANK_GAP
    middles = [(bound.top + bound.bottom) / 2 for bound in bounds]
    return Layout(
        [(x[box], middles[rank]) for box, rank in enumerate(ranks)],
        _routes(chains, x, sizes, ranks, bounds),
        max((x[one] + widths[one] / 2 for row in rows for one in row), default=0.0),
        max(0.0, y - _RANK_GAP),
    )


def _ranks(boxes: int, arrows: Sequence[tuple[int, int]]) -> list[int]:
    ranks = [0] * boxes
    changed = True
    while changed:
        changed = False
        for start, end in arrows:
            if ranks[end] <= ranks[start]:
                ranks[end] = ranks[start] + 1
                changed = True
    return ranks


def _chains(
    boxes: int,
    arrows: Sequence[tuple[int, int]],
    ranks: list[int],
    rows: list[list[int]],
) -> list[list[int]]:
    """Return each arrow as what it passes; lanes in the ranks between are new."""
    chains, lanes = [], boxes
    for start, end in arrows:
        chain = [start]
        for rank in range(ranks[start] + 1, ranks[end]):
            rows[rank].append(lanes)
            chain.append(lanes)
            lanes += 1
        chains.append([*chain, end])
    return chains


def _uncross(rows: list[list[int]], links: list[tuple[int, int]]) -> None:
    """Order each rank by where its neighbours stand, and keep the best order."""
    above, below = _neighbours(links)
    best, fewest = [list(row) for row in rows], _crossings(rows, below)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        down = sweep % 2 == 0
        for rank in range(1, len(rows)) if down else range(len(rows) - 2, -1, -1):
            place = {one: at for at, one in enumerate(rows[rank + (-1 if down else 1)])}
            near = above if down else below
            own = {one: float(at) for at, one in enumerate(rows[rank])}
            rows[rank].sort(
                key=lambda one, near=near, place=place, own=own: _mean(  # type: ignore[misc]
                    [place[other] for other in near.get(one, [])], own[one]
                )
            )
        crossings = _crossings(rows, below)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
    for row, found in zip(rows, best, strict=True):
        row[:] = found


def _neighbours(
    links: list[tuple[int, int]],
) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    above: dict[int, list[int]] = {}
    below: dict[int, list[int]] = {}
    for start, end in links:
        above.setdefault(end, []).append(start)
        below.setdefault(start, []).append(end)
    return above, below


def _mean(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _crossings(rows: list[list[int]], below: dict[int, list[int]]) -> int:
    count = 0
    for upper, lower in itertools.pairwise(rows):
        place = {one: at for at, one in enumerate(lower)}
        ends = [
            end
            for one in upper
            for end in sorted(place[other] for other in below.get(one, []))
        ]
        count += sum(
            first > second for at, first in enumerate(ends) for second in ends[at + 1 :]
        )
    return count


def _spread(
    rows: list[list[int]], links: list[tuple[int, int]], widths: list[float]
) -> list[float]:
    """Return the x of all, near those of their neighbours; the leftmost begins at 0."""
    above, below = _neighbours(links)
    columns = _columns(rows, above, below)
    lengths = {one: len(column) for column in columns for one in column}
    x = [0.0] * len(widths)
    for row in rows:
        _put(row, x, [0.0] * len(row), [1.0] * len(row), widths)
    for move in range(2 * _MOVES):
        wanted: dict[int, float] = {}
        for column in columns:
            # What lies in a line moves as one: to where its neighbours are, and in the
            # end only so far that it is straight and nothing overlaps.
            near: list[float] = []
            if move < _MOVES:
                inside = set(column)
                near = [
                    x[other]
                    for one in column
                    for other in above.get(one, []) + below.get(one, [])
                    if other not in inside
                ]
            place = _mean(near, _mean([x[one] for one in column], 0.0))
            wanted |= dict.fromkeys(column, place)
        for row in rows:
            weights = [1.0 + (move < _MOVES) * lengths[one] for one in row]
            _put(row, x, [wanted[one] for one in row], weights, widths)
    left = min((x[one] - widths[one] / 2 for row in rows for one in row), default=0.0)
    return [value - left for value in x]


def _columns(
    rows: list[list[int]], above: dict[int, list[int]], below: dict[int, list[int]]
) -> list[list[int]]:
    """Return what can stand in a line: the only one below the only one above."""
    columns: dict[int, list[int]] = {}
    for row in rows:
        for one in row:
            only = above.get(one, [])
            column = [one]
            if len(only) == 1 and len(below[only[0]]) == 1:
                column = columns[only[0]]
                column.append(one)
            columns[one] = column
    return list({id(column): column for column in columns.values()}.values())


def _put(
    row: list[int],
    x: list[float],
    wanted: list[float],
    weights: list[float],
    widths: list[float],
) -> None:
    """Put a rank as near to what is wanted as its order and its gaps let it.

    With the gaps taken off, places may only rise: the least squares of that are means
    of blocks, which merge while one is above the next ("pool adjacent violators").
    """
    offsets, offset = [], 0.0
    for at, one in enumerate(row):
        if at:
            offset += (widths[row[at - 1]] + widths[one]) / 2 + _GAP
        offsets.append(offset)
    blocks: list[tuple[float, float, int]] = []  # mean, weight, how many
    for want, weight, shift in zip(wanted, weights, offsets, strict=True):
        blocks.append((want - shift, weight, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            mean, heavy, many = blocks.pop()
            before, heavier, more = blocks.pop()
            total = heavy + heavier
            mean = (mean * heavy + before * heavier) / total
            blocks.append((mean, total, many + more))
    places = [mean for mean, _, many in blocks for _ in range(many)]
    for one, place, shift in zip(row, places, offsets, strict=True):
        x[one] = place + shift


def _routes(
    chains: list[list[int]],
    x: list[float],
    sizes: Sequence[tuple[float, float]],
    ranks: list[int],
    bounds: list[_Rank],
) -> list[list[Point]]:
    """Return where arrows go: straight through ranks, from port to port."""
    starts = _ports([(chain[0], x[chain[1]]) for chain in chains], x, sizes)
    ends = _ports([(chain[-1], x[chain[-2]]) for chain in chains], x, sizes)
    routes = []
    for chain, start, end in zip(chains, starts, ends, strict=True):
        first, last = ranks[chain[0]], ranks[chain[-1]]
        middle = [sum(bounds[rank]) / 2 for rank in (first, last)]
        route = [(start, middle[0] + sizes[chain[0]][1] / 2)]
        route.append((start, bounds[first].bottom))
        for rank, lane in enumerate(chain[1:-1], first + 1):
            route += [(x[lane], bounds[rank].top), (x[lane], bounds[rank].bottom)]
        route.append((end, bounds[last].top))
        route.append((end, middle[1] - sizes[chain[-1]][1] / 2))
        routes.append(route)
    return routes


def _ports(
    arrows: list[tuple[int, float]],
    x: list[float],
    sizes: Sequence[tuple[float, float]],
) -> list[float]:
    """Return where arrows meet their boxes, side by side, ordered by their ends."""
    at_box: dict[int, list[int]] = {}
    for at, (box, _) in enumerate(arrows):
        at_box.setdefault(box, []).append(at)
    ports = [0.0] * len(arrows)
    for box, them in at_box.items():
        them.sort(key=lambda at: arrows[at][1])
        step = min(_PORT, 0.8 * sizes[box][0] / len(them))
        for place, at in enumerate(them):
            ports[at] = x[box] + step * (place - (len(them) - 1) / 2)
    return ports
