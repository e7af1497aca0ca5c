"""The door to src/network.pxi: batches through the whole network."""

import numpy as np
from numpy.typing import NDArray

from fastmlp.kernels import _door
from fastmlp.plan import PREDICT, TRAIN, Float32, Plan, Samples, Workspace
from fastmlp.reference import network as reference_network


def run(
    plan: Plan,
    samples: Samples,
    workspace: Workspace,
    mode: int,
    first: int,
    last: int,
    totals: NDArray[np.float64] | None,
    predictions: Float32 | None = None,
    threads: int = 1,
    iteration: int = 0,
    rates: NDArray[np.float64] | None = None,
) -> None:
    """Send batches `first` to `last` through the network.

    Args:
        plan: The network; training changes its parameters, gradients and memory.
        samples: The data.
        workspace: Room for one batch, from `fastmlp.plan.make_workspace`.
        mode: `fastmlp.plan.PREDICT`, `EVALUATE` or `TRAIN`.
        first: The first batch; batch k begins at sample k times the batch size.
        last: One more than the last batch.
        totals: (2 + 2 * metrics,): of the loss and of each metric, a sum over all rows,
            and what it is to be divided by, are added to it; None where `PREDICT`
            needs none.
        predictions: (count, outputs): where `PREDICT` puts the outputs.
        threads: How many threads share the work.
        iteration: How many batches the network has learnt from before.
        rates: (last - first, 2): for each batch the learning rate, and the length of a
            step, which `TRAIN` needs.

    Raises:
        ValueError: There are no rates to train with, or no place for the results.
    """
    if (predictions if mode == PREDICT else totals) is None:
        raise ValueError(
            "A prediction needs `predictions` to write into, and all else `totals`."
        )
    if mode == TRAIN and (rates is None or rates.shape != (last - first, 2)):
        raise ValueError(
            f"To train on {last - first} batches, `rates` must have shape "
            f"({last - first}, 2)."
        )
    if _door.compiled is None:
        reference_network.run(
            plan, samples, workspace, mode, first, last, iteration, rates, totals,
            predictions,
        )  # fmt: skip
    else:
        _door.compiled.py_run(
            plan, samples, workspace, mode, first, last, iteration, rates, totals,
            predictions, threads,
        )  # fmt: skip
