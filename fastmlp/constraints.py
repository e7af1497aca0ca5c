"""Constraints: where weights may be; each step of the optimizer ends with them.

The equations are in src/regularizers.pxi. The norm is that of each unit's weights: of
a column of a kernel, or of a whole bias.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from fastmlp import kernels
from fastmlp._check.lookup import find, is_function, own_or_same, spelled_small
from fastmlp._check.numbers import (
    as_float32,
    number_between,
    number_from_0,
    real_numbers,
)
from fastmlp._util.described import Described, describe_object
from fastmlp._util.keywords import suggesting
from fastmlp._util.on_demand import import_on_demand
from fastmlp._util.registered import CustomObjectScope
from fastmlp.plan import Float32

if TYPE_CHECKING:
    from fastmlp.typing import ConstraintLike

__all__ = [
    "Constraint",
    "MaxNorm",
    "MinMaxNorm",
    "NonNeg",
    "UnitNorm",
    "deserialize",
    "get",
    "max_norm",
    "maxnorm",
    "min_max_norm",
    "non_neg",
    "nonneg",
    "serialize",
    "unit_norm",
    "unitnorm",
]


def __dir__() -> list[str]:
    return __all__


class Constraint(Described):
    """What all constraints have in common.

    Attributes:
        kernel: The name by which `fastmlp.plan` knows what it does.
        limits: The least and the most that a norm may be, and how far it is moved.
    """

    kernel: ClassVar[str] = "limited_norm"
    limits: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def __call__(self, w: ArrayLike) -> Float32:
        """Return weights, moved to where they may be."""
        weights = as_float32("w", real_numbers("w", w), finite=False).copy()
        kernels.limit_norms(weights.reshape(len(weights), -1), *self.limits)
        return weights


class MaxNorm(Constraint):
    """Each unit's weights have a norm of at most `max_value`.

    Source: N. Srivastava et al., Dropout, 2014.

    Args:
        max_value: The largest norm. Default 2.
        axis: Accepted as 0 only: along the inputs of a unit.

    Raises:
        TypeError: A limit is no number.
        ValueError: A limit is negative or not finite, or the axis is another.

    Example:
        >>> MaxNorm(1.0)([[3.0], [4.0]]).round(4).ravel()
        array([0.6, 0.8], dtype=float32)
    """

    def __init__(self, max_value: float = 2, axis: int = 0) -> None:
        self.max_value: float = number_from_0("max_value", max_value)
        self.axis: int = _along_inputs(axis)
        self.limits: tuple[float, float, float] = (0.0, self.max_value, 1.0)


class MinMaxNorm(Constraint):
    """Each unit's weights have a norm between two limits, or are moved towards them.

    Args:
        min_value: The smallest norm. Default 0.
        max_value: The largest norm. Default 1.
        rate: How far a norm is moved in each step, 1 is all the way. Default 1.
        axis: Accepted as 0 only: along the inputs of a unit.

    Raises:
        TypeError: A limit is no number.
        ValueError: A limit is negative or not finite, the rate is not from 0 to 1, or
            the axis is another.

    Example:
        >>> MinMaxNorm(min_value=10.0, max_value=20.0)([[3.0], [4.0]]).round(4).ravel()
        array([6., 8.], dtype=float32)
    """

    def __init__(
        self,
        min_value: float = 0.0,
        max_value: float = 1.0,
        rate: float = 1.0,
        axis: int = 0,
    ) -> None:
        self.min_value: float = number_from_0("min_value", min_value)
        self.max_value: float = number_from_0("max_value", max_value)
        if self.min_value > self.max_value:
            raise ValueError(
                f"min_value must not be above max_value, but {self.min_value} is above "
                f"{self.max_value}."
            )
        self.rate: float = number_between("rate", rate, 0, 1)
        self.axis: int = _along_inputs(axis)
        self.limits: tuple[float, float, float] = (
            self.min_value,
            self.max_value,
            self.rate,
        )


class UnitNorm(Constraint):
    """Each unit's weights have the norm 1.

    Args:
        axis: Accepted as 0 only: along the inputs of a unit.

    Raises:
        ValueError: The axis is another.

    Example:
        >>> UnitNorm()([[3.0], [4.0]]).round(4).ravel()
        array([0.6, 0.8], dtype=float32)
    """

    limits: tuple[float, float, float] = (1.0, 1.0, 1.0)

    def __init__(self, axis: int = 0) -> None:
        self.axis: int = _along_inputs(axis)


class NonNeg(Constraint):
    """No weight is below zero.

    Example:
        >>> NonNeg()([3.0, -4.0])
        array([3., 0.], dtype=float32)
    """

    kernel = "non_negative"

    def __call__(self, w: ArrayLike) -> Float32:
        """Return weights, moved to where they may be."""
        weights = as_float32("w", real_numbers("w", w), finite=False)
        return np.maximum(weights, 0)


# As in Keras, they are spelled in small letters too; in Keras 1 without underscores.
max_norm = maxnorm = MaxNorm
min_max_norm = MinMaxNorm
unit_norm = unitnorm = UnitNorm
non_neg = nonneg = NonNeg

_BY_NAME = spelled_small(globals(), Constraint)

_OWN = "One of your own is a function, or a Constraint with a `__call__`."


def get(identifier: ConstraintLike) -> Constraint | None:
    """Return the constraint that a name stands for; None is none.

    Args:
        identifier: A name, a configuration, or an object of this module. Or of your
            own: a `Constraint` with a `__call__`, or a function, from weights to those
            that take their place.

    Raises:
        ValueError: There is no such constraint.

    Example:
        >>> get("non_neg")
        NonNeg()
    """
    if identifier is None:
        return None
    identifier = own_or_same("constraint", identifier, _BY_NAME)
    if is_own(identifier):
        return identifier  # type: ignore[return-value]
    return find("constraint", identifier, _BY_NAME, own=_OWN)


def is_own(constraint: Any) -> bool:
    """Tell whether a constraint is the user's, and computed in Python."""
    if isinstance(constraint, Constraint):
        return type(constraint) not in _BY_NAME.values()
    return is_function(constraint)


def _along_inputs(axis: Any) -> int:
    """Return the axis, which must be 0."""
    if axis not in (0, [0], (0,)):
        raise ValueError(
            f"axis must be 0, not {axis!r}: fastmlp takes the norm of the weights of "
            "each unit, along its inputs."
        )
    return 0


def serialize(constraint: ConstraintLike) -> Any:
    """Return the description of a constraint, as JSON can hold it.

    Raises:
        ValueError: There is no such constraint.

    Example:
        >>> serialize('non_neg')["class_name"]
        'NonNeg'
    """
    return describe_object(get(constraint))


@suggesting
def deserialize(
    config: ConstraintLike, custom_objects: Mapping[str, Any] | None = None
) -> Constraint | None:
    """Return the constraint that a description, or a name, stands for.

    Args:
        config: What `serialize` returned, or a name.
        custom_objects: What of your own it may name, by name.

    Raises:
        ValueError: There is no such constraint.

    Example:
        >>> serialize(deserialize('non_neg'))["class_name"]
        'NonNeg'
    """
    with CustomObjectScope(custom_objects):
        return get(config)


import_on_demand(__name__)
