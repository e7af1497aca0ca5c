"""Forward and loss: what the network makes of the rows, and how wrong it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from fastmlp import reference, tables
from fastmlp.inspect._blocks import Block, Heading, Line, Table, number
from fastmlp.inspect._equations import equation_of
from fastmlp.inspect._telling import Teller, forward_kernel, is_merging
from fastmlp.plan import OWN_LOSS, Head, ask_loss, read_only
from fastmlp.reference import Array
from fastmlp.reference.heads import BatchTarget, loss_scale
from fastmlp.reference.steps import by_steps


def tell_forward(teller: Teller) -> Iterator[Block]:
    """Tell what each layer makes of the shown rows."""
    replay = teller.replay
    yield Heading(2, "Forward")
    for j in range(len(replay.batch.inputs)):
        yield teller.outputs(-1 - j)
    for at, layer, span in teller.calls():
        yield Heading(3, f"{at} {layer.name}: {type(layer).__name__}")
        for op in span:
            yield from _tell_operation(teller, op)
        if not span:
            yield Line("note", _why_nothing(layer))
    for op in range(len(replay.layers)):
        if replay.layer_of(op) is None:
            yield Heading(3, "In front of the loss")
            yield from _tell_operation(teller, op)


def _why_nothing(layer: Any) -> str:
    if layer.kind in tables.NOISE:
        return "It is called with training=False, so that it hands on what it gets."
    return "It hands on the numbers as they are, at most in another shape."


def _tell_operation(teller: Teller, op: int) -> Iterator[Block]:
    layer = teller.replay.layers[op]
    if layer.link.is_fused:
        yield Line("note", f"Its {layer.activation} is computed along with the loss.")
        return
    if layer.kind == "function":
        name = teller.replay.plan.functions[layer.op.state].name
        yield Line(
            "note",
            f"{name} is Python code of your own: it is called as in training, but what "
            "equation it has is not known here. This came out of it:",
        )
    elif is_merging(layer):
        yield from _tell_merging(teller, op)
    else:
        yield teller.equation(forward_kernel(layer), op)
        yield from _tell_settings(teller, op)
    if layer.kind == "dense":
        yield from _tell_product(teller, op)
    yield teller.outputs(op)
    activity = [one for one in layer.settings.activity if one]
    if activity:
        yield Line("note", f"The size of {teller.choice.name(op)} is part of the loss.")


def _tell_merging(teller: Teller, op: int) -> Iterator[Block]:
    layer = teller.replay.layers[op]
    names = [teller.choice.name(edge.source) for edge in layer.edges]
    y = teller.choice.name(op)
    if layer.kind == "concatenate":
        yield Line("equation", f"{y} = [{', '.join(names)}], side by side")
    elif layer.kind == "average":
        yield Line("equation", f"{y} = ({' + '.join(names)}) / {len(names)}")
    elif len(names) > 2:
        sign = {"add": " + ", "multiply": " "}.get(layer.kind, ", ")
        text = sign.join(names)
        if layer.kind in ("maximum", "minimum"):
            text = f"{layer.kind[:3]}({text})"
        yield Line("equation", f"{y} = {text}")
    else:
        text = equation_of(layer.kind, teller.letters(op))
        yield Line("equation", text.split(";")[0])


def _tell_settings(teller: Teller, op: int) -> Iterator[Block]:
    """Tell what an operation is set to, and what chance and moments are."""
    layer, settings = teller.replay.layers[op], teller.replay.layers[op].settings
    found = dict(settings.activation) if layer.kind == "activation" else {}
    for name in ("rate", "stddev", "epsilon"):
        if getattr(settings, name):
            found[name] = getattr(settings, name)
    if found:
        yield teller.settings(found)
    if layer.kind in tables.NOISE:
        yield Line(
            "note",
            "Which, and how much, chance decides: a hash of the layer's seed, of "
            f"{teller.replay.batch.iteration}, which is how many batches there were "
            "before, and of the place. The same chance counts on the way back.",
        )
    elif layer.kind == "batch_normalization":
        yield from _tell_moments(teller, op)
    elif layer.kind == "affine":
        names = ("center", "scale", "offset")
        yield _by_columns(teller, op, dict(zip(names, layer.state, strict=True)))


def _tell_moments(teller: Teller, op: int) -> Iterator[Block]:
    layer = teller.replay.layers[op]
    if layer.op.trainable:
        x = teller.choice.numbers_at(layer.edges[0].source)
        mean, variance = reference.moments(by_steps(x, layer.op.steps))
        yield Line("note", "mean and variance are those of the batch, by columns:")
    else:
        mean, variance = teller.replay.arrays[layer.op.state : layer.op.state + 2]
        yield Line("note", "It does not learn: mean and variance are moving averages:")
    arrays = {"mean": mean, "variance": variance}
    for one in layer.weights:
        if one is not None:
            name = teller.choice.array_name(one.place)
            arrays[name] = teller.replay.arrays[one.place].ravel()
    yield _by_columns(teller, op, arrays)


def _by_columns(teller: Teller, op: int, arrays: Mapping[str, Array]) -> Table:
    """Return numbers of the columns of an operation, one kind a row."""
    size = min(len(numbers) for numbers in arrays.values())
    columns = [k for k in teller.choice.units(op) if k < size] or [0]
    rows = [["", *(f"unit {k}" for k in columns)]]
    for name, numbers in arrays.items():
        rows.append([name, *(number(numbers[k]) for k in columns)])
    return Table(rows)


def _tell_product(teller: Teller, op: int) -> Iterator[Block]:
    """Show w and b, and write one number of x w + b as the sum that it is."""
    layer, replay, choice = teller.replay.layers[op], teller.replay, teller.choice
    for one in layer.weights:
        if one is not None:
            name = choice.array_name(one.place)
            yield teller.array(op, replay.arrays[one.place], name)
    w, b = (None if one is None else replay.arrays[one.place] for one in layer.weights)
    assert w is not None
    if layer.op.steps > 1:
        return  # A place of a table, which has w for each of its steps.
    source, row, k = layer.edges[0].source, choice.rows[0], choice.units(op)[0]
    x = choice.numbers_at(source)[row]
    name = f"{choice.name(op)}[{row}, {k}]"
    bias = None if b is None else b[k]
    yield teller.sum_of_products(name, x, w[:, k], choice.units(source), bias)


# -- The loss -----------------------------------------------------------------------


def tell_loss(teller: Teller) -> Iterator[Block]:
    """Tell how wrong the outputs are, and what they are to blame for."""
    replay = teller.replay
    yield Heading(2, "Loss")
    graph, heads = replay.plan.graph, replay.plan.heads
    for at, (head, op, target) in enumerate(
        zip(heads, graph.outputs, replay.batch.targets, strict=True), 1
    ):
        which = f" {at}" if len(heads) > 1 else ""
        if not head.has_loss:
            yield Line("note", f"Output{which} has no loss: nothing is learnt of it.")
            continue
        yield from _tell_head(teller, head, op, target, which)
    penalties = [*_tell_penalties(teller)]
    yield from penalties
    if len(heads) > 1 or heads[0].weight != 1 or penalties:
        yield Line("equation", f"loss of the batch = {number(replay.loss)}, in all")


def _tell_head(
    teller: Teller, head: Head, op: int, target: BatchTarget, which: str
) -> Iterator[Block]:
    """Tell the loss of one output."""
    choice, layer = teller.choice, teller.replay.layers[op]
    y = choice.numbers_at(op)
    given = y
    letters = {"y": choice.name(op), "t": f"t{which.strip()}"}
    if layer.link.is_fused:
        source = layer.edges[0].source
        given = choice.numbers_at(source)
        letters |= {"x": choice.name(source), "p": choice.name(op)}
    t, weights = target.by_steps(head.steps)
    if head.loss == OWN_LOSS:
        assert head.own_loss is not None
        yield Line(
            "note",
            f"{head.own_loss.name} is Python code of your own: it is called as in "
            "training, but what equation it has is not known here.",
        )
        losses, _ = ask_loss(head.own_loss, read_only(y), target.given, None)
    else:
        name = list(tables.LOSSES)[head.loss]
        text = equation_of(name, letters)
        yield Line("equation", text if "loss =" in text else f"loss = {text}")
        if any(head.loss_settings.values()):
            yield teller.settings(head.loss_settings)
        found = getattr(reference, name)(
            by_steps(given, head.steps), t, **head.loss_settings
        )
        losses = found[1] if isinstance(found, tuple) else found
    yield _table_of_losses(teller, op, target, letters["t"], losses)
    rows = len(losses)
    scale = loss_scale(head, rows, weights)
    counted = losses if weights is None else losses * weights
    loss = float(np.float64(counted).sum()) * scale
    yield Line("equation", f"scale = {_scale_in_words(head, rows, weights)}")
    yield _sum_of_losses(teller, counted, scale, loss)
    if head.weight != 1:
        yield Line("numbers", f"It counts {number(head.weight)} times in the whole.")


def _sum_of_losses(teller: Teller, losses: Array, scale: float, loss: float) -> Line:
    """Write the loss as the sum that it is, as far as its rows are shown."""
    shown = [row for row in teller.choice.rows if row < len(losses)]
    terms = [number(losses[row]) for row in shown]
    others = np.delete(np.float64(losses), shown)
    if others.size:
        terms.append(f"{number(float(others.sum()))} (the {others.size} others)")
    text = f"{number(scale)} · ({' + '.join(terms)})"
    return Line("numbers", f"loss = {text} = {number(loss)}")


def _scale_in_words(head: Head, rows: int, weights: Array | None) -> str:
    reduction = tables.REDUCTIONS[head.reduction]
    if reduction == "sum":
        return "1"
    if reduction == "sum_over_batch_size" or weights is None:
        return f"1 / {rows}, the number of rows"
    return f"1 / {number(float(weights.sum()))}, the sum of the rows' weights"


def _table_of_losses(
    teller: Teller,
    op: int,
    target: BatchTarget,
    name: str,
    losses: Array,
) -> Table:
    """Return targets, outputs and loss of the rows, a line for each."""
    columns = teller.choice.units(op)
    t = target.t
    y = teller.choice.numbers_at(op)
    letter = teller.choice.name(op)
    by_row = losses.reshape(len(y), -1).sum(axis=1)
    header = ["", *(f"{name}[{k}]" for k in columns if k < t.shape[1])]
    header += [*(f"{letter}[{k}]" for k in columns), "loss"]
    weighted = target.weights is not None and target.weights.ndim == 1
    rows = [[*header, *(["weight"] if weighted else [])]]
    for row in teller.choice.rows:
        numbers = [t[row, k] for k in columns if k < t.shape[1]]
        numbers += [*(y[row, k] for k in columns), by_row[row]]
        if weighted:
            numbers.append(target.weights[row])  # type: ignore[index]
        rows.append([f"row {row}", *map(number, numbers)])
    return Table(rows)


def _tell_penalties(teller: Teller) -> Iterator[Block]:
    """Tell what regularizers add to the loss."""
    replay = teller.replay
    for op, layer in enumerate(replay.layers):
        for one in layer.weights if layer.link.is_first_use else ():
            if one is not None and any(one.regularizer):
                name = teller.choice.array_name(one.place)
                w = replay.arrays[one.place]
                yield _penalty(one.regularizer, name, reference.penalty(w, *one[3]))
        if any(layer.settings.activity):
            y = replay.passed.outputs[op]
            name = teller.choice.name(op)
            found = reference.penalty(y, *layer.settings.activity) / len(y)
            yield _penalty(layer.settings.activity, name, found, f" / {len(y)} rows")
    for place, (found, _) in replay.passed.penalties.items():
        name = teller.choice.array_name(place)
        text = f"A penalty of your own for {name} adds {number(found)}."
        yield Line("note", text)


def _penalty(factors: Any, name: str, found: float, share: str = "") -> Line:
    parts = [
        f"{number(factor)} sum {size}"
        for factor, size in zip(factors, (f"|{name}|", f"{name}^2"), strict=True)
        if factor
    ]
    text = " + ".join(parts)
    text = f"({text}){share}" if share else text
    return Line("equation", f"+ {text} = {number(found)}, the penalty for {name}")
