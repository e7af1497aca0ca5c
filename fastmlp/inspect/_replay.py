"""One step of training on the NumPy reference, of which nothing is thrown away."""

from __future__ import annotations

from typing import Any

import numpy as np

from fastmlp import tables
from fastmlp._engine.build import build_plan, spans_of_calls
from fastmlp.inspect._model import Step, all_weights
from fastmlp.layers import Layer
from fastmlp.optimizers._state import key_of
from fastmlp.plan import TRAIN, OwnConstraints
from fastmlp.reference import Array
from fastmlp.reference.batch import gather, layers_of
from fastmlp.reference.network import Passed, add_up, pass_back, pass_forward
from fastmlp.reference.update import (
    add_penalties,
    learnt_by,
    memory_at,
    move_averages,
    update,
)


class Replay:
    """The next step of a model, taken on a copy, with all that comes up on the way.

    Args:
        step: The step.

    Attributes:
        plan: The plan of the copy, in which x w + b stands apart; after the step.
        layers: Its operations.
        batch: What it learnt from.
        passed: What came out of each operation, and which gradients went back.
        loss, new_loss: The loss of the batch, with penalties, before and after.
        spans: For each call of a layer its operations.
        paths: For each array of the plan its name, such as "dense/kernel".
        before, after: The weights, by their places in the plan.
        memory_before, memory_after: What the optimizer remembers of each, by letter.
        of_loss: The gradients of the loss alone.
        penalized: The same, with what regularizers add.
        applied: The gradients as the optimizer got them: averaged and clipped.
    """

    def __init__(self, step: Step) -> None:
        network, training = step.network, step.training
        wiring, learning = network.wiring(), network.who_learnt()
        plan = build_plan(wiring, training, learning, apart=True)
        self.plan = plan._replace(
            heads=tuple(h._replace(metrics=(), own_metrics=()) for h in plan.heads)
        )
        self.plan.memory[...] = step.plan.memory
        self.spans = spans_of_calls(wiring, learning)
        self.calls = network.graph.calls
        keys = {key_of(array): name for name, array in all_weights(network).items()}
        self.paths = {
            place: keys[key_of(array)]
            for place, array in enumerate(self.plan.arrays)
            if key_of(array) in keys
        }
        self.layers = layers_of(self.plan)
        samples, optimizer = step.given.samples, training.optimizer
        rates = tuple(optimizer.rates(1)[0])
        here = slice(0, samples.count)
        self.batch = gather(
            self.plan, samples, here, TRAIN, optimizer.batches_done, rates
        )
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            self._take()

    def _take(self) -> None:
        plan, layers, batch = self.plan, self.layers, self.batch
        self.arrays = [array.copy() for array in plan.arrays]  # As they were.
        places = [one.place for one in learnt_by(layers)]
        self.before = {place: self.arrays[place] for place in places}
        self.memory_before = self._memory()
        self.passed = pass_forward(plan, layers, batch, TRAIN)
        pass_back(plan, layers, batch, self.passed)
        self.of_loss = self._gradients()
        self.loss = self._loss_of(self.passed)
        move_averages(layers, self.passed.outputs, batch)
        add_penalties(layers, self.passed.penalties)
        self.penalized = self._gradients()
        update(plan, layers, batch)
        self.applied = self._gradients()
        OwnConstraints(plan.array_functions, plan.arrays).apply()
        self.after = {place: plan.arrays[place] for place in places}
        self.memory_after = self._memory()
        self.new_loss = self._loss_of(pass_forward(plan, layers, batch, TRAIN))

    def _loss_of(self, passed: Passed) -> float:
        totals = np.zeros(self.plan.layout.totals)
        add_up(self.plan, self.layers, self.batch, passed, totals)
        return float(totals[0] / totals[1])

    def _gradients(self) -> dict[int, Array]:
        found = {}
        for one in learnt_by(self.layers):
            found[one.place] = one.dw.reshape(one.w.shape).copy()
        return found

    def _memory(self) -> dict[int, dict[str, Array]]:
        return {
            one.place: {
                letter: array.reshape(one.w.shape).copy()
                for letter, array in memory_at(self.plan, one.place).items()
            }
            for one in learnt_by(self.layers)
        }

    @property
    def rates(self) -> dict[str, float]:
        """The learning rate, and what the optimizer makes of it in this step."""
        return dict(zip(tables.RATES, self.batch.rates, strict=True))

    def layer_of(self, op: int) -> Layer | None:
        """Return whose operation that is; None: it was added for the loss."""
        for number, span in self.spans.items():
            if op in span:
                return self.calls[number].layer
        return None

    def users_of(self, place: int) -> list[int]:
        """Return the operations that get what lies at a place."""
        sources: Any = self.plan.graph.sources
        return [op for op, places in enumerate(sources) if place in places]
