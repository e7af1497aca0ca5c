"""The update of a batch in NumPy, as src/step.pxi has it: a step of the optimizer."""

from collections.abc import Mapping

import numpy as np

from fastmlp import reference, tables
from fastmlp.plan import Plan
from fastmlp.reference import Array
from fastmlp.reference.batch import Batch, Layer, Weights, sources_of


def move_averages(layers: list[Layer], outputs: list[Array], batch: Batch) -> None:
    """Let the moving averages of batch normalization take a step to the moments."""
    for layer in layers:
        if layer.kind == "batch_normalization" and layer.op.trainable:
            [x] = sources_of(layer, outputs, batch)
            for moving, moment in zip(layer.state, reference.moments(x), strict=True):
                reference.move_towards(moving, moment, layer.settings.momentum)


def learnt_by(layers: list[Layer]) -> list[Weights]:
    """The arrays that learn, each once."""
    learning = [
        layer.weights
        for layer in layers
        if layer.op.trainable and layer.link.is_first_use
    ]
    return [one for weights in learning for one in weights if one is not None]


def add_penalties(
    layers: list[Layer], penalties: Mapping[int, tuple[float, Array]]
) -> None:
    """Add what regularizers ask of the arrays to their gradients."""
    for place, w, dw, regularizer, _ in learnt_by(layers):
        if any(regularizer):
            dw += reference.penalty_backward(w.ravel(), *regularizer)
        if place in penalties:
            dw += penalties[place][1].ravel()


def update(plan: Plan, layers: list[Layer], batch: Batch) -> None:
    """Let the optimizer take one step with every array that learns."""
    weight_decay, clipvalue, clipnorm, global_clipnorm = plan.clipping
    arrays = learnt_by(layers)
    steps = int(plan.averaging.gradient_steps)
    takes_step = not steps or (batch.iteration + 1) % steps == 0
    for place, _, dw, _, _ in arrays:
        if steps:
            total = memory_at(plan, place)["gradient_sum"]
            if takes_step:
                reference.mean_gradient(dw, total, steps)
            else:
                total += dw
    norms = [float(np.sqrt(np.square(one.dw).sum())) for one in arrays]
    total_norm = float(np.sqrt(np.square(norms).sum()))
    for (place, w, dw, _, constraint), own_norm in zip(arrays, norms, strict=True):
        if clipnorm:
            reference.clip_norm(dw, own_norm, clipnorm)
        elif global_clipnorm:
            reference.clip_norm(dw, total_norm, global_clipnorm)
        if takes_step:
            if clipvalue:
                reference.clip_value(dw, clipvalue)
            if weight_decay and place not in plan.undecayed:
                reference.decay_weights(w, weight_decay * batch.rates[0])
            _optimize(plan, place, w.reshape(-1), dw, batch)
        if "average" in plan.memory_letters:
            _average(plan, place, w.reshape(-1), batch)
        kind = tables.CONSTRAINTS[int(constraint.kind)]
        if kind == "limited_norm":
            reference.limit_norms(w.reshape(len(w), -1), *constraint[1:])
        elif kind == "non_negative":
            reference.keep_non_negative(w)


def _optimize(plan: Plan, place: int, w: Array, dw: Array, batch: Batch) -> None:
    """One step of the optimizer with one array."""
    name = list(tables.OPTIMIZERS)[plan.optimizer]
    memory = {
        letter: array
        for letter, array in memory_at(plan, place).items()
        if letter not in tables.SHARED_MEMORY
    }
    optimizer = getattr(reference, name)
    rates = {
        name: rate
        for name, rate in zip(tables.RATES, batch.rates, strict=True)
        if name in optimizer.__annotations__
    }
    optimizer(w, dw, **memory, **rates, **plan.optimizer_settings)


def _average(plan: Plan, place: int, w: Array, batch: Batch) -> None:
    """The running average of one array, which the array may become."""
    steps, momentum, every = plan.averaging
    done = batch.iteration // max(int(steps), 1)
    average = memory_at(plan, place)["average"]
    reference.move_towards(average, w, momentum if done else 0.0)
    if every and (done + 1) % int(every) == 0:
        w[...] = average


def memory_at(plan: Plan, place: int) -> dict[str, Array]:
    """What the optimizer remembers of one array, by letter."""
    begin, size = plan.starts[place], plan.arrays[place].size
    return {
        letter: array[begin : begin + size]
        for letter, array in zip(plan.memory_letters, plan.memory, strict=True)
    }
