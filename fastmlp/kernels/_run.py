"""The binding of src/network.pxi: batches through the whole network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp import tables
from fastmlp.kernels import _loading
from fastmlp.kernels._threads import go_on_alone
from fastmlp.plan import (
    EVALUATE,
    PREDICT,
    TRAIN,
    Csr,
    Float32,
    Plan,
    Samples,
    Workspace,
)

_FLOAT32, _FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)


def run(
    plan: Plan,
    samples: Samples,
    workspace: Workspace,
    mode: int,
    first: int,
    last: int,
    totals: NDArray[np.float64] | None,
    predictions: Sequence[Float32] = (),
    threads: int = 1,
    iteration: int = 0,
    rates: NDArray[np.float64] | None = None,
    loss_rows: int | None = None,
    add_gradients: Callable[[Float32], None] | None = None,
) -> None:
    """Send batches `first` to `last` through the network.

    Args:
        plan: The network; training changes its parameters, gradients and memory.
        samples: The data.
        workspace: Room for one batch, from `fastmlp.plan.make_workspace`.
        mode: `fastmlp.plan.PREDICT`, `EVALUATE` or `TRAIN`.
        first: The first batch; batch k begins at sample k times the batch size.
        last: One more than the last batch.
        totals: (plan.layout.totals,): of each loss and of each metric, a sum over all
            rows, and what it is to be divided by, or what else the metric keeps, are
            added to it, in the order of `plan.split`; None where `PREDICT` needs none.
        predictions: Of each output of the network (count, outputs): where `PREDICT`
            puts it.
        threads: How many threads share the work.
        iteration: How many batches the network has learnt from before.
        rates: (last - first, rates): for each batch the learning rate, and what else
            `fastmlp.tables.RATES` has, which `TRAIN` needs.
        loss_rows: Rows that are one batch to a loss. Default: the workspace's, which
            may have others where nothing is learnt: the totals then keep, too, what is
            known of a batch that has not ended.
        add_gradients: Called in each batch of `TRAIN` with the gradients of all that is
            learnt, before they are used: other processes, which have the other rows of
            `samples.share`, add theirs.

    Raises:
        ValueError: An argument is missing, out of its range, or made for others.
        TypeError: An argument is of another class.
        BaseException: What an equation in Python raised, as it was. Plan and totals are
            as after the batch before.
    """
    _check_made_for(plan, samples, workspace, threads)
    # What is read twice, is read once: a prediction for a row takes few microseconds.
    count, batch_size = samples.count, workspace.batch_size
    batches = -(-count // batch_size)
    if samples.share is not None:
        batches = len(samples.share.rows)
        if np.diff(samples.share.begins).max(initial=0) > batch_size:
            raise ValueError("A batch has more rows than the workspace has room for.")
    if not 0 <= first <= last <= batches:
        raise ValueError(
            f"Batches {first} to {last} are not among the {batches} that there are."
        )
    if mode == PREDICT:
        outputs = plan.layout.outputs
        if len(predictions) != len(outputs):
            raise ValueError(
                f"predictions must be a tuple of {len(outputs)}, an array an output."
            )
        for k, columns in enumerate(outputs):
            _check_array("predictions", predictions[k], count, columns)
    elif mode in (EVALUATE, TRAIN):
        _check_array("totals", totals, plan.layout.totals)
        if totals is not None and totals.dtype != _FLOAT64:
            raise TypeError(f"totals must hold float64, not {totals.dtype}.")
        _check_targets(plan, samples)
    else:
        raise ValueError(f"mode must be PREDICT, EVALUATE or TRAIN, not {mode!r}.")
    if mode == TRAIN:
        _check_array("rates", rates, last - first, len(tables.RATES))
        if plan.optimizer < 0:
            raise ValueError("The plan has no optimizer to train with.")
    loss_rows = loss_rows or batch_size
    if loss_rows != batch_size:
        _check_blocks(plan, mode, loss_rows)
    compiled = _loading.compiled
    if compiled is None:
        from fastmlp.reference import network

        network.run(
            plan, samples, workspace, mode, first, last, iteration, rates, totals,
            predictions, add_gradients,
        )  # fmt: skip
        return
    if plan.gradients.dtype != _FLOAT32:
        raise TypeError("Compiled code works on plans of float32; NumPy takes others.")
    answers = None
    if plan.asks or add_gradients is not None:
        # Only here: few networks have equations of the user's own.
        from fastmlp.kernels._answers import Answers

        answers = Answers(plan, samples, workspace, mode, totals, add_gradients)
    started = compiled.py_run(
        plan, samples, workspace, mode, first, last, iteration, rates, totals,
        predictions, loss_rows, threads, answers,
    )  # fmt: skip
    if answers is not None:
        answers.raise_error()
    if started < threads:
        go_on_alone()


def _check_blocks(plan: Plan, mode: int, loss_rows: int) -> None:
    """Require that rows may be worked on in other batches than those of the loss."""
    if loss_rows < 1:
        raise ValueError(f"loss_rows must be at least 1, not {loss_rows}.")
    if mode == TRAIN or not works_in_blocks(plan):
        raise ValueError("Here, batches of the loss are those that are worked on.")


def works_in_blocks(plan: Plan) -> bool:
    """Tell whether the rows that are worked on at a time are nobody's business.

    They are NumPy's, and that of what is asked about whole batches.
    """
    return _loading.compiled is not None and plan.is_by_rows


def _check_made_for(
    plan: Plan, samples: Samples, workspace: Workspace, threads: int
) -> None:
    """Require that the three go together; each was checked when it was made."""
    if not (
        type(plan) is Plan and type(samples) is Samples and type(workspace) is Workspace
    ):
        given = ", ".join(type(one).__name__ for one in (plan, samples, workspace))
        raise TypeError(f"run takes a Plan, a Samples and a Workspace, not {given}.")
    layout = plan.layout
    if samples.widths != layout.inputs:
        raise ValueError(
            f"The samples have {_in_words(samples.widths)} inputs, but the plan takes "
            f"{_in_words(layout.inputs)}."
        )
    for k in samples.sparse:
        if isinstance(samples.inputs[k], Csr) and not layout.takes_csr[k]:
            raise ValueError("Only a dense layer takes pairs of columns.")
    if workspace.layout != layout or workspace.kind != samples.kind:
        raise ValueError("The workspace was made for another plan, or other samples.")
    if not 1 <= threads <= workspace.threads:
        raise ValueError(
            f"threads must be 1 to {workspace.threads}, as the workspace has it."
        )


def _in_words(widths: Sequence[int]) -> str:
    return " and ".join(map(str, widths))


def _check_targets(plan: Plan, samples: Samples) -> None:
    """Require targets that fit the outputs."""
    if not plan.heads:
        raise ValueError("The plan can only predict: it has no heads.")
    if len(samples.targets) != len(plan.heads):
        raise ValueError(
            f"There are {len(samples.targets)} targets, but {len(plan.heads)} outputs."
        )
    for k, target in enumerate(samples.targets):
        if target.t is None and target.labels is None and plan.heads[k].is_scored:
            raise ValueError("There are neither targets nor labels.")
    if not samples.targets_fit(plan.layout):
        raise ValueError(
            f"The plan has {_in_words(plan.layout.outputs)} outputs, but the targets "
            f"want {_in_words(samples.columns)}."
        )


def _check_array(name: str, array: NDArray[Any] | None, *shape: int) -> None:
    """Require an array of that shape, in which numbers lie side by side."""
    if array is None or array.shape != shape or not array.flags.carray:
        raise ValueError(
            f"{name} must be an aligned, writable, C-contiguous array of shape {shape}."
        )
