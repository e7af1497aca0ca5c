"""Are the gradients right that a model learns from?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastmlp._check.numbers import as_count
from fastmlp._util.keywords import suggesting
from fastmlp.inspect._gradients import (
    by_weight,
    gradients_of,
    without_update,
)
from fastmlp.inspect._model import Step, next_step
from fastmlp.ops._check_gradient import GradientReport
from fastmlp.ops._differences import Arrays, Part, Subject, compared
from fastmlp.optimizers._state import key_of
from fastmlp.plan import TRAIN
from fastmlp.reference.batch import gather, layers_of
from fastmlp.reference.network import add_up, pass_back, pass_forward
from fastmlp.reference.update import add_penalties

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from fastmlp.models import Model
    from fastmlp.typing import ClassWeight

# How far the kernels' float32 may be off, as a share of the largest entry: sums over
# many rows lose some digits.
_ROUNDING = 1e-3


class ModelGradientReport(GradientReport):
    """What `check_gradients` has found: true if all gradients are right.

    Attributes:
        ok: Whether they are.
        message: What was found, in a sentence.
        parts: For each weight its name, its shape, how many entries were tried, and the
            largest error against differences, as a share of the largest slope.
        rounding: For each weight how far the kernels' gradient is off that in float64,
            as a share of the largest entry.
    """

    def __init__(
        self, message: str, parts: list[Part], rounding: list[float], ok: bool
    ) -> None:
        super().__init__(message, parts, ok)
        self.rounding = rounding

    def _rows(self) -> list[list[str]]:
        rows = [["gradient of", "shape", "tried", "differences", "kernels", "ok"]]
        for part, off in zip(self.parts, self.rounding, strict=True):
            ok = not part.complaint and off <= _ROUNDING
            numbers = [str(part.tried), f"{part.error:.0e}", f"{off:.0e}"]
            rows.append([part.name, str(part.shape), *numbers, "yes" if ok else "NO"])
        return rows


@suggesting
def check_gradients(
    model: Model,
    x: Any,
    y: ArrayLike | None = None,
    sample_weight: ArrayLike | None = None,
    class_weight: ClassWeight | None = None,
    entries: int = 20,
    seed: int = 0,
) -> ModelGradientReport:
    """Compare the gradients that a model learns from with finite differences.

    Twice: the NumPy reference computes them in float64, and is compared with what the
    loss does when a weight is moved a little up and down ("differences"); then what
    the kernels compute in float32, and training uses, is compared with that, entry by
    entry ("kernels"). Errors are shares of the largest entry of a weight's gradient,
    or, where that is less, of a hundredth of the largest of all: roundings are all that
    there is of a gradient that should be 0, as that of a bias in front of a batch
    normalization. The loss is that of training, with regularizers, and with the mask
    that `Dropout` has in the next step. The model stays as it is.

    Args:
        model: The model, compiled.
        x: Inputs, as `train_on_batch` takes them; a few rows are enough.
        y: Targets.
        sample_weight: How much each row counts in the loss.
        class_weight: {class: weight}: how much the rows of a class count.
        entries: Of a weight with more numbers, this many are tried one by one, and all
            together along four directions. Default 20.
        seed: Of which numbers are tried. Default 0.

    Returns:
        A report that counts as true if all gradients are right. Printed, it is a table
        with the largest relative error of each weight.

    Raises:
        TypeError: It is no model, or an array is missing or does not hold numbers.
        ValueError: The model is not compiled, or shapes or values do not fit; the loss
            is not finite, so that it has no slope; or no layer learns.
        RuntimeError: The model is being trained in another thread.

    Example:
        >>> from fastmlp import Sequential
        >>> from fastmlp.layers import Dense, Input
        >>> model = Sequential([Input((3,)), Dense(4, "tanh"), Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> bool(check_gradients(model, [[1, 2, 3], [3, 1, 2]], [[1], [0]]))
        True
    """
    entries = as_count("entries", entries, 1)
    rng = np.random.default_rng(as_count("seed", seed, 0))
    data = (x, y, sample_weight, class_weight)
    with next_step("check_gradients", model, data) as step:
        if not step.weights:
            raise ValueError(
                f"No layer of model {step.network.graph.name!r} learns, so that there "
                "are no gradients to check. Set `trainable` of a layer to True, and "
                "call `compile` again."
            )
        given = gradients_of(step)
        exact = _ExactStep(step)
        loss = exact.loss(exact.arrays)
        if not np.isfinite(loss):
            raise ValueError(
                f"The loss is {loss}, which has no slope: check the gradients with "
                "other inputs, or with smaller weights."
            )
        subject = Subject(exact.arrays, exact.loss, lambda *_: {}, draws=False)
        exact.leave_gradients()
        found = by_weight(step, exact.plan)
        # Of a gradient that should be 0, as that of a bias before a batch normalization
        # is, a share of itself says nothing: a hundredth of the others' size will do.
        least = 0.01 * max(map(_size, found.values()))
        one = np.ones(())
        parts = [
            compared(subject, name, found[name], loss, one, rng, entries, least)
            for name in exact.arrays
        ]
    rounding = [
        _size(given[name] - dw) / (max(_size(dw), least) or 1.0)
        for name, dw in found.items()
    ]
    ok = not any(part.complaint for part in parts) and max(rounding) <= _ROUNDING
    return ModelGradientReport(_message(parts, rounding), parts, rounding, ok)


def _size(dw: NDArray[Any]) -> float:
    return float(np.abs(dw).max(initial=0))


def _message(parts: Sequence[Part], rounding: Sequence[float]) -> str:
    for part, off in zip(parts, rounding, strict=True):
        if part.complaint:
            return part.complaint
        if not off <= _ROUNDING:
            return (
                f"The kernels' gradient of {part.name} is off by {off:.0e} of its "
                "largest entry: with numbers as large, or as near each other, as here, "
                "float32 has too few digits."
            )
    error = max(part.error for part in parts)
    return (
        f"The gradients are right: in float64 they agree with differences to "
        f"{error:.0e}, and the kernels' float32 with those to {max(rounding):.0e}."
    )


class _ExactStep:
    """The next step on the NumPy reference, in float64.

    Attributes:
        arrays: What its gradients are asked of, by name: copies of the weights.
        plan: Where `leave_gradients` leaves them.
    """

    def __init__(self, step: Step) -> None:
        plan = step.plan
        self.arrays: Arrays = {
            name: weight.astype(np.float64) for name, weight in step.weights.items()
        }
        places = {key_of(array): place for place, array in enumerate(plan.arrays)}
        self._places = {
            name: places.get(key_of(weight)) for name, weight in step.weights.items()
        }
        self.plan = without_update(plan)._replace(
            arrays=tuple(array.astype(np.float64) for array in plan.arrays)
        )
        for layer in step.network.graph.leaves:  # Those of the user's have their own.
            for variable in layer._variables:
                place = places.get(key_of(variable.value))
                if place is not None:
                    variable.value = self.plan.arrays[place]
        samples = step.given.samples
        inputs: Any = tuple(
            one.astype(np.float64) if isinstance(one, np.ndarray) else one
            for one in samples.inputs
        )
        self._seen = dict(self.arrays)
        self._layers = layers_of(self.plan)
        self._batch = gather(
            self.plan,
            samples._replace(inputs=inputs),
            slice(0, samples.count),
            TRAIN,
            step.training.optimizer.batches_done,
            (),
        )

    def loss(self, arrays: Arrays) -> NDArray[np.float64]:
        """Return the loss of the batch with these weights."""
        for name, place in self._places.items():
            # What was moved is another array; that is moved back, too.
            if place is not None and self._seen[name] is not arrays[name]:
                array = self.plan.arrays[place]
                array[...] = arrays[name].reshape(array.shape)
                self._seen[name] = arrays[name]
        totals = np.zeros(self.plan.layout.totals)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            passed = pass_forward(self.plan, self._layers, self._batch, TRAIN)
            add_up(self.plan, self._layers, self._batch, passed, totals)
        return np.asarray(totals[0] / totals[1])

    def leave_gradients(self) -> None:
        """Leave the gradients in the plan."""
        passed = pass_forward(self.plan, self._layers, self._batch, TRAIN)
        pass_back(self.plan, self._layers, self._batch, passed)
        add_penalties(self._layers, passed.penalties)
