"""The flat plan: a network, its data and its scratch space as plain arrays.

`compile` turns the layers into a `Plan`; `fit`, `evaluate` and `predict` add `Samples`
and a `Workspace` and hand all three to `kernels.run`, which works on many batches in
one call. Each of them is checked once, when it is made, and stays as it is: compiled
code trusts what it finds there. Kernels know these and nothing of `fastmlp.models`.

The words of Keras become the letters of mathematics here: a layer's kernel is w, its
bias b, its units are the columns of y.
"""

from fastmlp.plan._arrays import Float32, aligned_zeros
from fastmlp.plan._network import (
    ACTIVATIONS,
    CONSTRAINTS,
    EVALUATE,
    KINDS,
    LOSSES,
    METRICS,
    OPTIMIZERS,
    PREDICT,
    REDUCTIONS,
    TRAIN,
    Plan,
)
from fastmlp.plan._rows import (
    L1L2,
    Clipping,
    Constraint,
    LayerSettings,
    Op,
    Settings,
    params_row,
    totals_of,
)
from fastmlp.plan._samples import (
    INPUT_BLOCK,
    MOST_CSR_INPUTS,
    MOST_CSR_ROWS,
    Csr,
    Samples,
    block_count,
    pair_count,
)
from fastmlp.plan._workspace import PANEL_SIZE, Workspace, make_workspace

__all__ = [
    "ACTIVATIONS",
    "CONSTRAINTS",
    "EVALUATE",
    "INPUT_BLOCK",
    "KINDS",
    "L1L2",
    "LOSSES",
    "METRICS",
    "MOST_CSR_INPUTS",
    "MOST_CSR_ROWS",
    "OPTIMIZERS",
    "PANEL_SIZE",
    "PREDICT",
    "REDUCTIONS",
    "TRAIN",
    "Clipping",
    "Constraint",
    "Csr",
    "Float32",
    "LayerSettings",
    "Op",
    "Plan",
    "Samples",
    "Settings",
    "Workspace",
    "aligned_zeros",
    "block_count",
    "make_workspace",
    "pair_count",
    "params_row",
    "totals_of",
]
