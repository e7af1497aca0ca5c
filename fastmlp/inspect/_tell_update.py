"""Update: what the optimizer makes of the gradients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from fastmlp import tables
from fastmlp.inspect._blocks import Block, Heading, Line, Table, number
from fastmlp.inspect._equations import (
    equation_of,
    optimizer_steps,
    rate_in_words,
    with_numbers,
)
from fastmlp.inspect._telling import MOST_PLACES, Teller, first_places, index_of
from fastmlp.reference import Array
from fastmlp.reference.batch import Weights
from fastmlp.reference.update import learnt_by


def tell_update(teller: Teller, optimizer: str) -> Iterator[Block]:
    """Tell how each weight is changed.

    Args:
        teller: The step.
        optimizer: The optimizer as it is written.
    """
    replay = teller.replay
    plan, batch = replay.plan, replay.batch
    yield Heading(2, "Update")
    kernel = list(tables.OPTIMIZERS)[plan.optimizer]
    letters = [one for one in plan.memory_letters if one not in tables.SHARED_MEMORY]
    steps = optimizer_steps(kernel, plan.optimizer_settings, dict.fromkeys(letters))
    yield Line("note", f"{optimizer}, for each number w of each weight:")
    for step in steps:
        yield Line("equation", step)
    named = " ".join(steps)
    values = {**plan.optimizer_settings, **replay.rates}
    values = {
        name: one
        for name, one in values.items()
        if name in named or name == "learning_rate"
    }
    yield teller.settings(values)
    for rate in ("step", "gradient_step", "correction"):
        if rate in values:
            n = batch.iteration // max(int(plan.averaging.gradient_steps), 1) + 1
            text = rate_in_words(kernel, rate)
            yield Line("equation", f"{rate} = {text}, n = {n}")
    yield from _tell_limits(teller)
    count = int(plan.averaging.gradient_steps)
    takes_step = not count or (batch.iteration + 1) % count == 0
    if count:
        yield Line("note", _accumulated(count, takes_step))
    for one in learnt_by(replay.layers):
        yield from _tell_weight(teller, one, steps if takes_step else [], values)
    yield from _tell_moving(teller)
    if not replay.after:
        yield Line("note", "No layer learns: nothing is changed.")
        return
    yield Heading(3, "The same batch once more")
    before, after = number(replay.loss), number(replay.new_loss)
    yield Line("equation", f"loss = {after} with these weights, {before} before")


def _accumulated(count: int, takes_step: bool) -> str:
    if takes_step:
        return f"dw is the mean of the gradients of {count} batches, this the last one."
    return f"A step comes after {count} batches: dw is added to those before, no more."


def _tell_limits(teller: Teller) -> Iterator[Block]:
    """Tell how gradients are clipped, and how weights decay."""
    plan = teller.replay.plan
    clipping = plan.clipping
    if clipping.clipvalue:
        limit = number(clipping.clipvalue)
        yield Line("note", f"Before, each number of dw is held to ±{limit}.")
    if clipping.clipnorm:
        limit = number(clipping.clipnorm)
        yield Line("note", f"Before, dw is scaled down to a norm of at most {limit}.")
    if clipping.global_clipnorm:
        squares = [np.square(np.float64(dw)).sum() for dw in _before_clipping(teller)]
        norm, limit = float(np.sqrt(sum(squares))), number(clipping.global_clipnorm)
        yield Line(
            "note",
            "Before, all gradients together are scaled down to a norm of at most "
            f"{limit}; it is {number(norm)}.",
        )
    if clipping.weight_decay:
        rate = clipping.weight_decay * teller.replay.rates["learning_rate"]
        yield Line("note", "Weights decay, before each step:")
        text = equation_of("decay_weights", {"rate": number(rate)}).split(": ")[1]
        yield Line("equation", text)


def _before_clipping(teller: Teller) -> list[Array]:
    return list(teller.replay.penalized.values())


def _tell_weight(
    teller: Teller, one: Weights, steps: list[str], settings: Mapping[str, float]
) -> Iterator[Block]:
    """Tell the step of one weight, with some of its numbers."""
    replay, place = teller.replay, one.place
    letter, path = teller.choice.array_name(place), replay.paths[place]
    yield Heading(3, f"{letter}: {path}")
    if any(one.regularizer):
        text = equation_of("penalty_backward", {"w": letter}).split(",")[0]
        l1, l2 = map(number, one.regularizer)
        added = text.split(" = ")[1].replace("l1", l1).replace("2 l2", f"2 · {l2}")
        added = added.replace(f"0 sign({letter}) + ", "") if l1 == "0" else added
        added = added.split(" + ")[0] if l2 == "0" else added
        yield Line("equation", f"d{letter} <- d{letter} + {added}, of its regularizer")
    elif not np.array_equal(replay.of_loss[place], replay.penalized[place]):
        text = f"d{letter} gets what your regularizer adds."
        yield Line("note", text)
    shown = _places(teller, one)
    before = {
        "w": replay.before[place],
        "dw": replay.applied[place],
        **replay.memory_before[place],
    }
    after = {"w": replay.after[place], **replay.memory_after[place]}
    values = {**settings, **{name: float(of[shown[0]]) for name, of in before.items()}}
    decays = replay.plan.clipping.weight_decay and place not in replay.plan.undecayed
    if decays:
        rate = replay.plan.clipping.weight_decay * replay.rates["learning_rate"]
        values["w"] -= rate * values["w"]
    for step in steps:
        target, right = step.split(" <- ")
        result = float(after[target][shown[0]])
        text = with_numbers(right, values)
        name = letter if target == "w" else target
        here = f"{name}{index_of(shown[0])}"
        yield Line("numbers", f"{here} <- {text} = {number(result)}")
        values[target] = result
    yield _table(teller, letter, shown, place, before, after)
    kind = tables.CONSTRAINTS[int(one.constraint.kind)]
    function = replay.plan.array_functions.get(place)
    if kind != "none" or (function is not None and function.constraint is not None):
        yield Line("note", f"A constraint then moves {letter} to where it may be.")
    if "average" in replay.plan.memory_letters:
        momentum = number(replay.plan.averaging.ema_momentum)
        text = f"The running average of {letter} follows, with momentum {momentum}."
        yield Line("note", text)


def _places(teller: Teller, one: Weights) -> list[tuple[int, ...]]:
    """Return which numbers of a weight are shown."""
    replay = teller.replay
    op = next(k for k, row in enumerate(replay.layers) if one.place in _placed(row))
    w = replay.before[one.place]
    if replay.layers[op].kind == "function":
        return first_places(w)
    columns = teller.columns_of(op, w)
    if w.ndim == 1:
        return [(k,) for k in columns[:MOST_PLACES]]
    rows = teller.rows_of(op, w)
    found: list[tuple[int, ...]] = [(i, k) for i in rows for k in columns]
    return found[:MOST_PLACES]


def _placed(row: object) -> list[int]:
    weights = getattr(row, "weights", [])
    return [one.place for one in weights if one is not None]


def _table(
    teller: Teller,
    letter: str,
    shown: list[tuple[int, ...]],
    place: int,
    before: Mapping[str, Array],
    after: Mapping[str, Array],
) -> Table:
    """Return what some numbers of a weight were, and what they have become."""
    replay = teller.replay

    def row(name: str, numbers: Array) -> list[str]:
        return [name, *(number(numbers[one]) for one in shown)]

    rows = [["", *map(index_of, shown)], row(f"d{letter}", replay.of_loss[place])]
    for name, gradients in (
        ("with its penalty", replay.penalized),
        (
            "averaged" if replay.plan.averaging.gradient_steps else "clipped",
            replay.applied,
        ),
    ):
        earlier = replay.of_loss if gradients is replay.penalized else replay.penalized
        if not np.array_equal(gradients[place], earlier[place]):
            rows.append(row(name, gradients[place]))
    for name in before:
        if name not in ("w", "dw"):
            rows.append(row(f"{name} before", before[name]))
            rows.append(row(f"{name} after", after[name]))
    rows.append(row(f"{letter} before", before["w"]))
    rows.append(row(f"{letter} after", after["w"]))
    return Table(rows)


def _tell_moving(teller: Teller) -> Iterator[Block]:
    """Tell how the moving averages of batch normalization follow."""
    replay = teller.replay
    for _, layer, span in teller.calls():
        for op in span:
            row = replay.layers[op]
            if row.kind != "batch_normalization" or not row.op.trainable:
                continue
            yield Heading(3, f"moving averages: {layer.name}")
            text = equation_of("move_towards", {}).split(": ")[1]
            yield Line("equation", text)
            yield teller.settings({"momentum": row.settings.momentum})
            columns = [k for k in teller.choice.units(op) if k < row.state[0].size]
            rows = [["", *(f"unit {k}" for k in columns)]]
            for k, name in enumerate(("mean", "variance")):
                old = replay.arrays[row.op.state + k]
                for when, of in (("before", old), ("after", row.state[k])):
                    rows.append([f"{name} {when}", *(number(of[c]) for c in columns)])
            yield Table(rows)
