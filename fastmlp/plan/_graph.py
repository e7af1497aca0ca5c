"""The graph: which operation works on what, and how gradients find their way back.

All that compiled code has to know of it is found here, once: an `Edge` for each place
that an operation gets something from, and a `Link` for each operation.
"""

from collections.abc import Sequence
from typing import NamedTuple

from fastmlp import tables
from fastmlp.plan._arrays import require
from fastmlp.plan._heads import Head
from fastmlp.plan._rows import Edge, LayerSettings, Link, Op

__all__: list[str] = []

# Where the operations get their inputs: k is operation k, -1 - j is input j.
Sources = Sequence[Sequence[int]]

_KINDS = list(tables.KINDS)
_MERGING = _KINDS[_KINDS.index("concatenate") :]


class Graph(NamedTuple):
    """A network as a graph; what was left out of a plan is filled in."""

    sources: Sources
    inputs: Sequence[int]
    outputs: Sequence[int]
    links: list[Link]
    edges: list[Edge]
    takes_csr: list[bool]  # of each input: whether its zeros may be left out
    spare: int  # columns of the widest gradient that is added to another


def make_graph(
    ops: Sequence[Op],
    settings: Sequence[LayerSettings],
    sources: Sources | None,
    inputs: Sequence[int] | None,
    outputs: Sequence[int] | None,
    heads: Sequence[Head],
) -> Graph:
    """Check how operations, inputs and outputs hang together, and say what follows.

    Raises:
        ValueError: An operation works on what is not there before it, or on too much,
            or what comes out of it goes nowhere; or a head has no output.
    """
    if sources is None:
        sources = [(number - 1,) for number in range(len(ops))]
    inputs = (ops[0].inputs,) if inputs is None else inputs
    outputs = (len(ops) - 1,) if outputs is None else outputs
    require(len(sources) == len(ops), "Each operation needs its sources.")
    require(
        len(inputs) > 0 and all(columns > 0 for columns in inputs),
        "A plan needs inputs, and each of them a column.",
    )
    require(
        len(outputs) > 0 and all(0 <= one < len(ops) for one in outputs),
        "A plan needs outputs, each of them the number of an operation.",
    )
    require(
        not heads or len(heads) == len(outputs),
        f"There must be no head, or one for each of the {len(outputs)} outputs.",
    )
    for at, head in zip(outputs, heads, strict=bool(heads)):
        require(
            ops[at].outputs % head.steps == 0,
            f"Operation {at} must have outputs for each of {head.steps} steps.",
        )
    for number, op in enumerate(ops):
        _check_sources(number, op, ops, sources[number], inputs)
    used = {source for places in sources for source in places}
    for number in range(len(ops)):
        require(
            number in used or number in outputs,
            f"Nobody uses what comes out of operation {number}.",
        )
    fused = _fused(ops, settings, used, outputs, heads)
    links, edges, spare = _ways_back(ops, sources, inputs, outputs, heads)
    means = _means(ops, settings, sources, outputs)
    links = [
        link._replace(is_fused=int(number in fused), mean=means.get(number, -1))
        for number, link in enumerate(links)
    ]
    takes_csr = [
        all(
            _KINDS[op.kind] == "dense" and op.steps == 1
            for op, places in zip(ops, sources, strict=True)
            if -1 - j in places
        )
        for j in range(len(inputs))
    ]
    return Graph(sources, inputs, outputs, links, edges, takes_csr, spare)


def _check_sources(
    number: int,
    op: Op,
    ops: Sequence[Op],
    places: Sequence[int],
    inputs: Sequence[int],
) -> None:
    """Check what an operation works on: is it there before, and as wide as it says?"""
    what, kind = f"Operation {number}", _KINDS[op.kind]
    require(
        all(-len(inputs) <= place < number for place in places),
        f"{what} must work on inputs, or on operations before it.",
    )
    widths = [_columns(place, ops, inputs) for place in places]
    if kind == "function":
        require(len(widths) > 0, f"{what} must have a source.")
    elif kind in _MERGING:
        few = 2 if kind in ("subtract", "dot") else max(2, len(widths))
        require(len(widths) == few, f"{what} must have two sources, or more.")
    else:
        require(len(widths) == 1, f"{what} must have one source.")
    require(
        op.inputs == sum(widths) and op.outputs > 0,
        f"{what} must have the {sum(widths)} inputs that it gets, and an output.",
    )
    require(
        kind != "transpose" or (op.state > 0 and op.inputs // op.steps % op.state == 0),
        f"{what} must have tables of `state` rows.",
    )
    if kind in _MERGING and kind != "concatenate":
        require(len(set(widths)) == 1, f"{what} must have sources of one width.")
    if kind in ("global_average_pooling", "global_max_pooling"):
        require(op.inputs % op.outputs == 0, f"{what} must pool whole vectors.")
    elif kind == "embedding":
        require(op.inputs == op.steps, f"{what} must have a step for each id.")
    elif kind not in ("dense", "function"):
        wanted = {"dot": 1, "concatenate": op.inputs}.get(kind, widths[0])
        require(op.outputs == wanted, f"{what} must have {wanted} outputs.")


def _columns(place: int, ops: Sequence[Op], inputs: Sequence[int]) -> int:
    return ops[place].outputs if place >= 0 else inputs[-1 - place]


def _fused(
    ops: Sequence[Op],
    settings: Sequence[LayerSettings],
    used: set[int],
    outputs: Sequence[int],
    heads: Sequence[Head],
) -> set[int]:
    """Return the operations whose activation is left to a loss, which does both."""
    fused = set()
    for op, head in zip(outputs, heads, strict=bool(heads)):
        activation = list(tables.ACTIVATIONS)[ops[op].activation]
        if head.fuses(activation):
            require(
                op not in used
                and [*outputs].count(op) == 1
                and not any(settings[op].activity)
                and (activation != "softmax" or ops[op].steps == head.steps),
                f"The loss computes the activation of operation {op}, which others "
                "need as well: name a loss that takes what comes out of it.",
            )
            fused.add(op)
    return fused


def _means(
    ops: Sequence[Op],
    settings: Sequence[LayerSettings],
    sources: Sources,
    outputs: Sequence[int],
) -> dict[int, int]:
    """Return the embeddings of which only a mean is asked, and what computes it.

    A bag of words: compiled code then sums vectors where they lie, and copies none.
    """
    users: dict[int, list[int]] = {}
    for number, places in enumerate(sources):
        for place in places:
            users.setdefault(place, []).append(number)
    found = {}
    for number, op in enumerate(ops):
        if _KINDS[op.kind] != "embedding" or number in outputs:
            continue
        (user, *others) = users[number]
        mean = ops[user]
        if (
            not others
            and _KINDS[mean.kind] == "global_average_pooling"
            and mean.steps == 1
            and mean.outputs == op.outputs // op.steps
            and not any(settings[number].activity)
        ):
            found[number] = user
    return found


def _ways_back(
    ops: Sequence[Op],
    sources: Sources,
    inputs: Sequence[int],
    outputs: Sequence[int],
    heads: Sequence[Head],
) -> tuple[list[Link], list[Edge], int]:
    """Return links, edges, and the widest gradient that is added to another.

    Nothing goes back to where nothing is learnt, nor to ids. Of what is used more than
    once, the gradient is the sum of what comes back: first from losses, in the order of
    the heads, then from its users, the last one first.
    """
    links: list[Link] = []
    edges: list[Edge] = []
    for op, places in zip(ops, sources, strict=True):
        first, begin = len(edges), 0
        are_ids = _KINDS[op.kind] == "embedding"
        for place in places:
            columns = _columns(place, ops, inputs)
            learns = place >= 0 and links[place].learns and not are_ids
            edges.append(Edge(place, begin, columns, int(learns)))
            begin += columns
        own = op.trainable and (op.kernel >= 0 or op.bias >= 0)
        learns = own or any(edge.learns for edge in edges[first:])
        links.append(Link(first, len(places), 1, learns=int(learns)))
    _link_uses(ops, links)
    scored = [
        op for op, head in zip(outputs, heads, strict=bool(heads)) if head.has_loss
    ]
    widest = max((ops[op].outputs for op in scored if scored.count(op) > 1), default=0)
    known = set(scored)
    for link in reversed(links):
        for k in range(link.edge, link.edge + link.edges):
            edge = edges[k]
            if edge.learns and edge.source in known:
                edges[k] = edge._replace(adds=1)
                widest = max(widest, edge.columns)
            known.add(edge.source)
    links = [one._replace(is_scored=int(k in known)) for k, one in enumerate(links)]
    return links, edges, widest


def _link_uses(ops: Sequence[Op], links: list[Link]) -> None:
    """Tell operations of the same weights of each other."""
    latest: dict[tuple[int, ...], int] = {}
    for number, op in enumerate(ops):
        weights = (op.kernel, op.bias)
        if max(weights) < 0:
            continue
        if weights in latest:
            before = latest[weights]
            links[before] = links[before]._replace(next_use=number)
            links[number] = links[number]._replace(is_first_use=0)
        latest[weights] = number
