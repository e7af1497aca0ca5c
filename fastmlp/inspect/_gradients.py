"""What the next step of training would learn from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fastmlp import kernels, tables
from fastmlp._util.columns import in_columns
from fastmlp._util.keywords import suggesting
from fastmlp.inspect._by_name import ByName
from fastmlp.inspect._model import Step, next_step
from fastmlp.optimizers._state import key_of
from fastmlp.plan import (
    NO_FUNCTIONS,
    OPTIMIZERS,
    TRAIN,
    Averaging,
    Clipping,
    Constraint,
    Float32,
    Plan,
    make_workspace,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from fastmlp.models import Model
    from fastmlp.typing import ClassWeight


class Gradients(ByName[Float32]):
    """The gradient of each weight that learns, by name, such as "dense/kernel".

    Printed, it is a table of shapes and sizes.
    """

    def __repr__(self) -> str:
        rows = [["gradient of", "shape", "norm", "largest", "zeros"]]
        for name, dw in self.items():
            numbers = [""] * 3
            if dw.size:
                ends = np.linalg.norm(dw), np.abs(dw).max()
                numbers = [*(f"{end:.4g}" for end in ends), f"{np.mean(dw == 0):.0%}"]
            rows.append([name, str(dw.shape), *numbers])
        return in_columns(rows, left=2)


@suggesting
def gradients(
    model: Model,
    x: Any,
    y: ArrayLike | None = None,
    sample_weight: ArrayLike | None = None,
    class_weight: ClassWeight | None = None,
) -> Gradients:
    """Return what the next step of training would learn from these samples.

    It is the gradient of the loss of all samples as one batch, with what regularizers
    add to it, before it is clipped: in training mode, so that `Dropout` leaves out what
    it would leave out in the next `train_on_batch`. The model stays as it is.

    Args:
        model: The model, compiled.
        x: Inputs, as `train_on_batch` takes them.
        y: Targets.
        sample_weight: How much each row counts in the loss.
        class_weight: {class: weight}: how much the rows of a class count.

    Returns:
        By the name of each weight that learns, such as "dense/kernel", its gradient, in
        the shape of the weight.

    Raises:
        TypeError: It is no model, or an array is missing or does not hold numbers.
        ValueError: The model is not compiled, or shapes or values do not fit.
        RuntimeError: The model is being trained in another thread.

    Example:
        >>> from fastmlp import Sequential
        >>> from fastmlp.layers import Dense, Input
        >>> model = Sequential([Input((2,)), Dense(1, name="line")])
        >>> model.set_weights([[[1], [2]], [0]])
        >>> model.compile("sgd", "mse")
        >>> found = gradients(model, [[3, 1]], [[4]])  # 2 (3 + 2 - 4) = 2
        >>> found["line/kernel"], found["line/bias"]
        (array([[6.],
               [2.]], dtype=float32), array([2.], dtype=float32))
    """
    with next_step("gradients", model, (x, y, sample_weight, class_weight)) as step:
        return gradients_of(step)


def gradients_of(step: Step) -> Gradients:
    """Return the gradients of the next step, as the kernels compute them."""
    plan, samples = without_update(step.plan), step.given.samples
    threads = kernels.threads_for(samples.count * plan.work)
    kernels.run(
        plan,
        samples,
        make_workspace(plan, samples, samples.count, threads),
        TRAIN,
        0,
        1,
        np.zeros(plan.layout.totals),
        (),
        threads,
        step.training.optimizer.batches_done,
        np.zeros((1, len(tables.RATES))),
    )
    return by_weight(step, plan)


def without_update(plan: Plan) -> Plan:
    """Return a plan in which a step leaves gradients, and does nothing with them."""
    own = {
        place: one._replace(constraint=None)
        for place, one in plan.array_functions.items()
    }
    return plan._replace(
        heads=tuple(h._replace(metrics=(), own_metrics=()) for h in plan.heads),
        settings=tuple(
            one._replace(kernel_constraint=Constraint(), bias_constraint=Constraint())
            for one in plan.settings
        ),
        optimizer=OPTIMIZERS["sgd"],
        optimizer_settings={},
        clipping=Clipping(),
        averaging=Averaging(),
        undecayed=(),
        memory_letters=(),
        initial_memory={},
        array_functions=own or NO_FUNCTIONS,
    )


def by_weight(step: Step, plan: Plan) -> Gradients:
    """Return the gradients that a plan holds, by the weights' names."""
    starts = {
        key_of(array): start
        for array, start in zip(step.plan.arrays, plan.starts, strict=True)
    }
    found = {}
    for name, weight in step.weights.items():
        start = starts.get(key_of(weight))
        # Zeros are that of a weight that no output needs.
        dw = np.zeros(weight.shape, plan.gradients.dtype)
        if start is not None:
            dw.ravel()[...] = plan.gradients[start : start + weight.size]
        found[name] = dw
    return Gradients(found)
