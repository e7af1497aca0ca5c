"""The rows of a plan's tables: src/ has the same structs, written from these classes.

src/generate.py reads this file: a field that is an int is a Py_ssize_t there, a float a
double, and one of these classes the struct of that name.
"""

from collections.abc import Mapping
from typing import NamedTuple

from fastmlp import tables

__all__ = [
    "L1L2",
    "Averaging",
    "Clipping",
    "Constraint",
    "Edge",
    "LayerSettings",
    "Link",
    "Op",
    "Settings",
    "params_row",
]

# What a kernel is set to, by the names of its parameters; in src/, a struct with a
# double for each setting that a row of the family's table names.
Settings = Mapping[str, float]
ActivationParams = Settings
NO_SETTINGS: Settings = {}


class Op(NamedTuple):
    """One operation, y = f(x); a row of `Plan.ops`."""

    kind: int
    inputs: int
    outputs: int
    kernel: int = -1  # which of the arrays is w, or gamma; -1: none
    bias: int = -1  # which is b, or beta; -1: none
    # The first moving average, an affine's constants, which function; or how many rows
    # the tables of a transpose have.
    state: int = -1
    activation: int = 0
    trainable: int = 0  # whether the optimizer changes w and b
    seed: int = 0  # of the chance by which outputs are left out
    offset: int = 0  # the sum of `outputs` of the operations before
    learns: int = 0  # of a function: how many arrays, from `kernel` on, it can learn
    steps: int = 1  # how many steps a sample has, each of which it works on by itself


class Link(NamedTuple):
    """What follows for an operation from the graph that it is part of."""

    edge: int  # the first of the edges that lead to it
    edges: int  # how many they are
    is_first_use: int  # whether no operation before it has the same weights
    next_use: int = -1  # the next operation that has, or -1
    learns: int = 0  # whether it, or one that leads to it, has something to learn
    is_fused: int = 0  # whether a loss computes its activation
    is_scored: int = 0  # whether its output gets a gradient from behind
    mean: int = -1  # of an embedding: the mean that is all that anyone asks of it


class Edge(NamedTuple):
    """What an operation gets from one place."""

    source: int  # an operation, or -1 - j for input j
    begin: int  # which of the operation's inputs is the first of these
    columns: int
    learns: int = 0  # whether a gradient goes back
    adds: int = 0  # whether another one went back there before


class L1L2(NamedTuple):
    """What a regularizer asks of an array; 0 is nothing."""

    l1: float = 0.0
    l2: float = 0.0


class Constraint(NamedTuple):
    """Where an array may be: its number, and the limits of a norm."""

    kind: float = 0.0
    min_value: float = 0.0
    max_value: float = 0.0
    rate: float = 0.0


class LayerSettings(NamedTuple):
    """What an operation is set to; a row of `Plan.settings`."""

    activation: ActivationParams = NO_SETTINGS
    rate: float = 0.0  # of the dropouts
    stddev: float = 0.0  # of Gaussian noise
    momentum: float = 0.0  # of the moving averages of batch normalization
    epsilon: float = 0.0
    kernel: L1L2 = L1L2()
    bias: L1L2 = L1L2()
    activity: L1L2 = L1L2()
    kernel_constraint: Constraint = Constraint()
    bias_constraint: Constraint = Constraint()

    def row(self) -> list[float]:
        """Return all of them in one list."""
        parts = (part if isinstance(part, tuple) else (part,) for part in self[1:])
        rest = [float(number) for part in parts for number in part]
        return [*params_row(tables.ACTIVATIONS, self.activation), *rest]


class Clipping(NamedTuple):
    """What gradients are held to, and how weights decay; 0 is no limit."""

    weight_decay: float = 0.0
    clipvalue: float = 0.0
    clipnorm: float = 0.0
    global_clipnorm: float = 0.0


class Averaging(NamedTuple):
    """What is averaged: gradients of several batches, and weights; 0 is nothing."""

    gradient_steps: float = 0.0  # how many batches there are to a step
    ema_momentum: float = 0.0  # how slowly the average of the weights forgets
    ema_overwrite_frequency: float = 0.0  # after how many steps the weights become it


def params_row(family: tables.Family, settings: Settings) -> list[float]:
    """Return settings as compiled code reads them: a number for each of the family's.

    Args:
        family: A table of `fastmlp.tables`.
        settings: What a kernel is set to; all else is 0.

    Raises:
        ValueError: No kernel of the family has such a setting.

    Example:
        >>> params_row({"huber": ("delta",), "focal": ("gamma", "alpha")}, {"gamma": 2})
        [0.0, 2.0, 0.0]
    """
    fields = tables.fields(family)
    unknown = ", ".join(sorted(settings.keys() - set(fields)))
    if unknown:
        raise ValueError(f"Nothing can be set to {unknown}.")
    return [float(settings.get(name, 0.0)) for name in fields]
