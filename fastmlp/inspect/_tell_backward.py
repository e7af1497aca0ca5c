"""Backward: from the loss to the gradient of each weight."""

from __future__ import annotations

from collections.abc import Iterator

from fastmlp import tables
from fastmlp.inspect._blocks import Block, Heading, Line
from fastmlp.inspect._equations import equation_of
from fastmlp.inspect._telling import Teller, backward_kernel, is_merging
from fastmlp.plan import OWN_LOSS


def tell_backward(teller: Teller) -> Iterator[Block]:
    """Tell which gradients go back, from the last layer to the first."""
    replay = teller.replay
    yield Heading(2, "Backward")
    yield from _tell_heads(teller)
    for op in reversed(range(len(replay.layers))):
        if replay.layer_of(op) is None:
            yield from _tell_operation(teller, op)
    for at, layer, span in reversed([*teller.calls()]):
        yield Heading(3, f"{at} {layer.name}: {type(layer).__name__}")
        if not span:
            yield Line("note", "It hands on the gradients as they are.")
        elif not any(replay.layers[op].link.learns for op in span):
            yield Line("note", "Neither it nor what comes before it learns: all ends.")
        else:
            for op in reversed(span):
                yield from _tell_operation(teller, op)


def _tell_heads(teller: Teller) -> Iterator[Block]:
    """Tell the gradients that the losses give."""
    replay, choice = teller.replay, teller.choice
    heads = replay.plan.heads
    for at, (head, op) in enumerate(
        zip(heads, replay.plan.graph.outputs, strict=True), 1
    ):
        if not head.has_loss:
            continue
        which = str(at) if len(heads) > 1 else ""
        letters = {"y": choice.name(op), "t": f"t{which}", "p": choice.name(op)}
        if replay.layers[op].link.is_fused:
            letters["x"] = choice.name(replay.layers[op].edges[0].source)
        if head.loss == OWN_LOSS:
            assert head.own_loss is not None
            yield Line("note", f"{head.own_loss.name} gives its gradient itself.")
        else:
            name = list(tables.LOSSES)[head.loss]
            yield Line("equation", equation_of(f"{name}_backward", letters))
        if head.weight != 1:
            yield Line("note", f"scale is {head.weight:g} times that of the loss.")
        yield _delta(teller, op)


def _gradient_name(teller: Teller, op: int) -> str:
    """Return the letter of the gradient of what comes out of an operation."""
    layer = teller.replay.layers[op]
    # A loss that computes the activation gives the gradient of what that gets.
    place = layer.edges[0].source if layer.link.is_fused else op
    return f"d{teller.choice.name(place)}"


def _delta(teller: Teller, op: int) -> Block:
    deltas = teller.replay.passed.deltas[op]
    return teller.grid(_gradient_name(teller, op), deltas, teller.choice.units(op))


def _tell_operation(teller: Teller, op: int) -> Iterator[Block]:
    """Tell what an operation makes of its gradient: of its sources, and its arrays."""
    replay, choice = teller.replay, teller.choice
    layer = replay.layers[op]
    if layer.link.is_fused or not layer.link.learns:
        return
    activity = [one for one in layer.settings.activity if one]
    if activity:
        text = f"The penalty for {choice.name(op)} adds its part:"
        yield Line("note", text)
        yield _delta(teller, op)
    learning = [edge.source for edge in layer.edges if edge.learns]
    if layer.kind == "dense":
        yield from _tell_product(teller, op, bool(learning))
    elif layer.kind == "function":
        name = replay.plan.functions[layer.op.state].name
        yield Line("note", f"{name} gives its gradients itself:")
        yield from _tell_arrays(teller, op)
    elif is_merging(layer):
        yield Line("equation", _merged_backward(teller, op))
    else:
        yield from _tell_kernel(teller, op)
    for place in dict.fromkeys(learning):
        # Once all who use it have said what they have to say.
        if op == min(replay.users_of(place)) and place in replay.passed.deltas:
            count = len(replay.users_of(place))
            count += list(replay.plan.graph.outputs).count(place)
            if count > 1:
                text = f"d{choice.name(place)} is the sum of what {count} places say."
                yield Line("note", text)
            yield _delta(teller, place)


def _tell_kernel(teller: Teller, op: int) -> Iterator[Block]:
    layer = teller.replay.layers[op]
    letters = teller.letters(op)
    x, y = letters["x"], letters["y"]
    if layer.kind == "transpose":
        yield Line("equation", f"d{x} = d{y}, turned back")
    elif layer.kind in ("dropout", "gaussian_dropout"):
        # The same function, with the gradient for x.
        swapped = {"x": f"d{y}", "y": f"d{x}"}
        yield Line("equation", equation_of(layer.kind, swapped))
    elif layer.kind == "gaussian_noise":
        yield Line("equation", f"d{x} = d{y}")
    elif layer.kind == "batch_normalization" and not layer.op.trainable:
        gamma = letters.get("gamma", "1")
        text = f"d{x} = {gamma} d{y} / sqrt(variance + epsilon)"
        yield Line("equation", text)
    else:
        yield teller.equation(backward_kernel(layer), op)
    yield from _tell_arrays(teller, op)
    if not any(edge.learns for edge in layer.edges):
        yield Line("note", f"Nothing before it learns: no d{x} is needed.")


def _merged_backward(teller: Teller, op: int) -> str:
    """Say what goes back to each of several sources that learn."""
    layer, dy = teller.replay.layers[op], f"d{teller.choice.name(op)}"
    names = [teller.choice.name(edge.source) for edge in layer.edges]
    learning = [k for k, edge in enumerate(layer.edges) if edge.learns]
    gradients = [f"d{names[k]}" for k in learning]
    if layer.kind == "concatenate":
        if len(gradients) == 1:
            return f"{gradients[0]} is its part of {dy}"
        return f"{', '.join(gradients)} are the parts of {dy}"
    if layer.kind in ("add", "average"):
        share = f"{dy} / {len(names)}" if layer.kind == "average" else dy
        return " = ".join([*gradients, share])
    if layer.kind == "subtract":
        return ", ".join(f"d{names[k]} = {('', '-')[k]}{dy}" for k in learning)
    if layer.kind in ("maximum", "minimum"):
        return f"{dy} goes to the one of {', '.join(names)} that was taken"
    return ", ".join(
        " ".join([f"d{names[k]} = {dy}", *names[:k], *names[k + 1 :]]) for k in learning
    )


def _tell_product(teller: Teller, op: int, hands_on: bool) -> Iterator[Block]:
    """Tell what a dense layer makes of dz: dw, db and, if someone wants it, dx."""
    replay, choice = teller.replay, teller.choice
    layer = replay.layers[op]
    w, b = layer.weights
    assert w is not None
    source = layer.edges[0].source
    x, dz = choice.name(source), f"d{choice.name(op)}"
    name = choice.array_name(w.place)
    parts = [f"d{x} = {dz} {name}^T"] if hands_on else []
    if layer.op.trainable:
        parts.append(f"d{name} = {x}^T {dz}")
        if b is not None:
            bias = choice.array_name(b.place)
            parts.append(f"d{bias} = the sum of the rows of {dz}")
    for part in parts:
        yield Line("equation", part)
    if layer.op.steps == 1 and layer.op.trainable:
        row, k = choice.units(source)[0], choice.units(op)[0]
        deltas = replay.passed.deltas[op][:, k]
        given = choice.numbers_at(source)[:, row]
        here = f"d{name}[{row}, {k}]"
        yield teller.sum_of_products(here, given, deltas, choice.rows, None)
    yield from _tell_arrays(teller, op)
    if not layer.op.trainable:
        yield Line("note", "It does not learn: it has no gradient of its own.")
    if not hands_on:
        yield Line("note", f"Nothing before it learns: no d{x} is needed.")
    elif layer.op.steps == 1:
        row, k = choice.rows[0], choice.units(source)[0]
        here = f"d{x}[{row}, {k}]"
        kernel = replay.arrays[w.place]
        shown = choice.units(op)
        deltas = replay.passed.deltas[op][row]
        if len(replay.users_of(source)) == 1:
            yield teller.sum_of_products(here, deltas, kernel[k], shown, None)


def _tell_arrays(teller: Teller, op: int) -> Iterator[Block]:
    """Show the gradients of what an operation learns, of the loss alone."""
    replay = teller.replay
    layer = replay.layers[op]
    if not layer.op.trainable:
        return
    for one in layer.weights:
        if one is None:
            continue
        name = f"d{teller.choice.array_name(one.place)}"
        if layer.link.next_use >= 0 or not layer.link.is_first_use:
            if not layer.link.is_first_use:
                yield Line("note", f"Its part of {name} is added at its first call.")
                continue
            yield Line("note", f"{name} is the sum over all calls of the layer:")
        yield teller.array(op, replay.of_loss[one.place], name)
