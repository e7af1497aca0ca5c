"""One step of training, told with its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fastmlp._util.keywords import suggesting
from fastmlp.inspect._as_html import as_html
from fastmlp.inspect._blocks import Block, Heading, Line, as_text
from fastmlp.inspect._by_name import ByName
from fastmlp.inspect._choice import Choice
from fastmlp.inspect._gradients import Gradients
from fastmlp.inspect._model import Step, next_step
from fastmlp.inspect._replay import Replay
from fastmlp.inspect._tell_backward import tell_backward
from fastmlp.inspect._tell_forward import tell_forward, tell_loss
from fastmlp.inspect._tell_update import tell_update
from fastmlp.inspect._telling import Teller, all_of
from fastmlp.plan import Float32

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from fastmlp.models import Model
    from fastmlp.typing import ClassWeight


class Explanation:
    """One step of training: printed, its story; in a notebook, the same as a page.

    Attributes:
        loss: The loss of the batch before the step, with penalties.
        gradients: What the optimizer learnt from, by the names of the weights: averaged
            and clipped, if it does that.
        weights: The weights after the step, by their names.
    """

    def __init__(
        self,
        blocks: Sequence[Block],
        loss: float,
        gradients: Gradients,
        weights: ByName[Float32],
    ) -> None:
        self._blocks = blocks
        self.loss = loss
        self.gradients = gradients
        self.weights = weights

    def __repr__(self) -> str:
        return as_text(self._blocks)

    def _repr_html_(self) -> str:
        return as_html(self._blocks)


@suggesting
def explain_step(
    model: Model,
    x: Any,
    y: ArrayLike | None = None,
    sample_weight: ArrayLike | None = None,
    class_weight: ClassWeight | None = None,
    rows: int | Sequence[int] = 3,
    units: int | Sequence[int] = 4,
) -> Explanation:
    """Explain the next step of training, equation by equation, with its numbers.

    The step that `train_on_batch` would take with these samples is taken on the NumPy
    reference, in float32: forward, loss, backward and update, with the mask that
    `Dropout` would have, and what the optimizer remembers. The numbers are those of
    training but for roundings, and on the NumPy backend to the last bit. Roundings are
    all that there is of a gradient that should be 0, as that of a bias in front of a
    batch normalization; Adam and others that divide by its size move that weight all
    the same, and not as training does. The model stays as it is.

    Args:
        model: The model, compiled.
        x: Inputs, as `train_on_batch` takes them.
        y: Targets.
        sample_weight: How much each row counts in the loss.
        class_weight: {class: weight}: how much the rows of a class count.
        rows: Which rows of the batch to show, such as [0, 7], or how many, the first
            ones. Default 3.
        units: Which units of each layer to show, or how many: those with the largest
            gradients, and of the inputs the largest. Default 4.

    Returns:
        The explanation: print it, or look at it in a notebook. It has the `loss`, the
        `gradients` and the new `weights` as well.

    Raises:
        TypeError: It is no model, or an array is missing or does not hold numbers.
        ValueError: The model is not compiled, shapes or values do not fit, or there are
            no such rows or units.
        RuntimeError: The model is being trained in another thread.

    Example:
        >>> from fastmlp import Sequential
        >>> from fastmlp.layers import Dense, Input
        >>> model = Sequential([Input((2,)), Dense(1, name="line")])
        >>> model.set_weights([[[1], [2]], [0]])
        >>> model.compile("sgd", "mse")
        >>> step = explain_step(model, [[3, 1]], [[4]])
        >>> for line in repr(step).splitlines():
        ...     if "[0, 0] " in line and "=" in line:
        ...         print(line.strip())
        h1[0, 0] = 3 · 1 + 1 · 2 + 0 = 5
        dw1[0, 0] = 3 · 2 = 6
        w1[0, 0] <- 1 - 0.01 · 6 = 0.94
    """
    data = (x, y, sample_weight, class_weight)
    with next_step("explain_step", model, data) as step:
        replay = Replay(step)
        teller = Teller(replay, Choice(replay, rows, units))
        blocks = all_of(
            _head(teller, step),
            [*tell_forward(teller)],
            [*tell_loss(teller)],
            [*tell_backward(teller)],
            [*tell_update(teller, type(step.training.optimizer).__name__)],
        )
    applied, weights = {}, {}
    for place, w in replay.after.items():
        path = replay.paths[place]
        shape = step.weights[path].shape  # A plan has some of them as rows.
        applied[path] = replay.applied[place].reshape(shape)
        weights[path] = w.reshape(shape).copy()
    return Explanation(blocks, replay.loss, Gradients(applied), ByName(weights))


def _head(teller: Teller, step: Step) -> list[Block]:
    """Say what is explained, and which numbers are shown."""
    batch = teller.replay.batch
    rows = ", ".join(map(str, teller.choice.rows))
    count = "1 row" if batch.rows == 1 else f"{batch.rows} rows"
    return [
        Heading(1, f"One step of {step.network.graph.name!r} with a batch of {count}"),
        Line(
            "note",
            f"Batch number {batch.iteration + 1} of this training. Of the rows, {rows} "
            "are shown, counted from 0, and of each layer some units. Numbers are "
            "float32, rounded to four digits. A row of x is a sample; a column of w "
            "belongs to a unit.",
        ),
    ]
