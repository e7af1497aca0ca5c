"""One step by gradients that somebody else found, as src/step.pxi takes it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fastmlp import kernels, tables
from fastmlp._check.numbers import as_float32, real_numbers
from fastmlp._util.warn import warn
from fastmlp.kernels._signatures import signature
from fastmlp.optimizers._state import State, name_of
from fastmlp.plan import Float32

if TYPE_CHECKING:
    from fastmlp.optimizers._optimizer import Optimizer

# The place of a weight in the state, and its gradient in one row.
Gradients = list[tuple[int, Float32]]


def checked(state: State, places: Sequence[int], grads: Sequence[Any]) -> Gradients:
    """Return the gradients that there are, each with the place of its weight.

    Raises:
        TypeError: A gradient does not hold numbers.
        ValueError: There is none, or one that does not fit its weight.
    """
    if len(places) != len(grads):
        raise ValueError(
            f"There are {len(grads)} gradients, but {len(places)} variables: give one "
            "for each."
        )
    found, missing = [], []
    for at, gradient in zip(places, grads, strict=True):
        if gradient is None:
            missing.append(name_of(state.variables[at]))
            continue
        name = f"The gradient of {name_of(state.variables[at])}"
        dw = as_float32(name, real_numbers(name, gradient), finite=False).copy()
        if dw.shape != state.arrays[at].shape:
            raise ValueError(
                f"{name} must have its shape, {state.arrays[at].shape}, not {dw.shape}."
            )
        found.append((at, dw.reshape(-1)))
    if not found:
        raise ValueError("No gradients provided for any variable.")
    if missing:
        warn(f"Without gradients, these stay as they are: {', '.join(missing)}.")
    return found


def take_step(optimizer: Optimizer, state: State, gradients: Gradients) -> None:
    """Change weights, and what is remembered of them, by their gradients."""
    if optimizer.takes_step:
        if optimizer.gradient_accumulation_steps:
            for at, dw in gradients:
                kernels.mean_gradient(
                    dw,
                    state.memory["gradient_sum"][at].reshape(-1),
                    optimizer.gradient_accumulation_steps,
                )
        _clip(optimizer, gradients)
        _optimize(optimizer, state, gradients)
    else:
        for at, dw in gradients:
            total = state.memory["gradient_sum"][at].reshape(-1)
            kernels.add(total, dw, out=total)
    if optimizer.use_ema:
        _average(optimizer, state)
    for at, _ in gradients:
        constraint = getattr(state.variables[at], "constraint", None)
        if constraint is not None:
            state.arrays[at][...] = constraint(state.arrays[at])


def _clip(optimizer: Optimizer, gradients: Gradients) -> None:
    """Hold gradients, or their norms, to their limits."""
    if optimizer.clipvalue:
        for _, dw in gradients:
            kernels.clip_value(dw, optimizer.clipvalue)
        return
    limit = optimizer.clipnorm or optimizer.global_clipnorm
    if limit:
        norms = [math.sqrt(kernels.penalty(dw, l2=1.0)) for _, dw in gradients]
        if optimizer.global_clipnorm:
            norms = [math.hypot(*norms)] * len(norms)
        for (_, dw), norm in zip(gradients, norms, strict=True):
            kernels.clip_norm(dw, norm, limit)


def _optimize(optimizer: Optimizer, state: State, gradients: Gradients) -> None:
    kernel = getattr(kernels, optimizer.kernel)
    rates = dict(zip(tables.RATES, optimizer.rates(1)[0].tolist(), strict=True))
    taken = signature(optimizer.kernel).numbers
    numbers = {name: rates[name] for name in taken if name in rates}
    numbers |= optimizer.settings()
    for at, dw in gradients:
        w = state.arrays[at].reshape(-1)
        if optimizer.weight_decay and not optimizer.excludes(
            getattr(state.variables[at], "name", ""), state.arrays[at]
        ):
            kernels.decay_weights(w, optimizer.weight_decay * rates["learning_rate"])
        kernel(w, dw, **state.of(at), **numbers)


def _average(optimizer: Optimizer, state: State) -> None:
    """Move the running averages; every so many steps, the weights become them."""
    done, every = int(optimizer.iterations), optimizer.ema_overwrite_frequency
    momentum = optimizer.ema_momentum if done else 0.0
    for array, average in zip(state.arrays, state.memory["average"], strict=True):
        kernels.move_towards(average.reshape(-1), array.reshape(-1), momentum)
        if every and (done + 1) % every == 0:
            array[...] = average
