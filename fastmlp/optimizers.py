"""Optimizers: how a gradient changes the parameters.

The equations are in src/optimizers.pxi; here are their settings, with Keras's names
and defaults.
"""

import math
import numbers
from typing import Any, ClassVar

import numpy as np

from fastmlp._lookup import look_up, names_in
from fastmlp._numbers import describe

# All other settings decide how much memory an optimizer needs, or were checked
# together: they stay as they were made.
_CHANGEABLE = ("learning_rate", "_learning_rate", "iterations")


class Optimizer:
    """What all optimizers have in common.

    Attributes:
        learning_rate: The length of a step; it may be changed at any time.
        iterations: How many batches it has been used for since `compile`.
    """

    kernel: ClassVar[str]

    def __init__(self, learning_rate: float, name: str, extra: dict[str, Any]) -> None:
        if extra:
            hint = " `lr` is called `learning_rate`." if "lr" in extra else ""
            raise ValueError(
                f"Argument(s) not recognized by {type(self).__name__}: "
                f"{', '.join(extra)}.{hint}"
            )
        self.name = name
        self.learning_rate = learning_rate
        self.iterations = 0  # Last of all: from now on, settings are fixed.

    def __setattr__(self, name: str, value: Any) -> None:
        """Change the learning rate, or refuse to change another setting."""
        if name not in _CHANGEABLE and hasattr(self, "iterations"):
            hint = " `lr` is called `learning_rate`." if name == "lr" else ""
            raise AttributeError(
                f"Only the learning_rate of an optimizer can be changed, not {name!r}."
                f"{hint} For other settings, make a new {type(self).__name__} and "
                "compile the model again."
            )
        super().__setattr__(name, value)

    @property
    def learning_rate(self) -> float:
        """The length of a step, as float32 has it."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        self._learning_rate = float(_float32("learning_rate", value))

    def settings(self) -> list[float]:
        """Return the numbers that the kernel takes, in its order."""
        raise NotImplementedError

    def memory_count(self) -> int:
        """Return how many arrays, each as large as all parameters, it remembers."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this optimizer again."""
        raise NotImplementedError

    def __repr__(self) -> str:
        """Return the call that makes this optimizer."""
        arguments = ", ".join(
            f"{key}={value!r}" for key, value in self.get_config().items()
        )
        return f"{type(self).__name__}({arguments})"


class RMSprop(Optimizer):
    """Divide each gradient by the root of the running mean of its square.

    v <- rho v + (1 - rho) g^2, w <- w - learning_rate g / sqrt(v + epsilon).

    Source: G. Hinton, Neural Networks for Machine Learning, lecture 6e. As in Keras 3,
    epsilon stands inside the root.

    Args:
        learning_rate: The length of a step. Default 0.001.
        rho: How slowly the running mean forgets, from 0 to below 1. Default 0.9.
        momentum: The share of the last step that is taken again, from 0 to 1.
            Default 0.
        epsilon: Keeps the root away from zero. Default 1e-7.
        centered: Whether the root is taken of the variance v - mean(g)^2, which costs
            one more array. Default False.
        name: Its name.

    Raises:
        TypeError: A setting is not a number.
        ValueError: A setting is out of its range or unknown.

    Example:
        >>> optimizer = RMSprop(learning_rate=0.01)
        >>> optimizer.learning_rate = 0.5
        >>> optimizer.learning_rate
        0.5
    """

    kernel = "rmsprop"

    def __init__(
        self,
        learning_rate: float = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        *,
        name: str = "rmsprop",
        **extra: Any,
    ) -> None:
        self.rho = _number("rho", rho)
        if not 0 <= self.rho < 1:
            raise ValueError(f"rho must be at least 0 and below 1, not {self.rho}.")
        self.momentum = _share("momentum", momentum)
        self.epsilon = _number("epsilon", epsilon)
        if _float32("epsilon", epsilon) <= 0:
            raise ValueError(
                f"epsilon must be positive in float32, not {self.epsilon}."
            )
        self.centered = bool(centered)
        super().__init__(learning_rate, name, extra)

    def settings(self) -> list[float]:
        """Return learning_rate, rho, epsilon, momentum and centered."""
        return [
            self.learning_rate, self.rho, self.epsilon, self.momentum, self.centered
        ]  # fmt: skip

    def memory_count(self) -> int:
        """One array for v, one for momentum, one for the mean gradient."""
        return 1 + (self.momentum > 0) + self.centered

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this optimizer again."""
        return {
            "learning_rate": self.learning_rate,
            "rho": self.rho,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "centered": self.centered,
            "name": self.name,
        }


class SGD(Optimizer):
    """Go down the gradient: w <- w - learning_rate g.

    With momentum: m <- momentum m - learning_rate g, then w <- w + m, or with
    `nesterov` w <- w + momentum m - learning_rate g.

    Source: I. Sutskever et al., On the importance of initialization and momentum in
    deep learning, 2013.

    Args:
        learning_rate: The length of a step. Default 0.01.
        momentum: The share of the last step that is taken again, from 0 to 1.
            Default 0.
        nesterov: Whether the momentum looks ahead. Default False.
        name: Its name.

    Raises:
        TypeError: A setting is not a number.
        ValueError: A setting is out of its range or unknown.

    Example:
        >>> SGD(momentum=0.9).momentum
        0.9
    """

    kernel = "sgd"

    def __init__(
        self,
        learning_rate: float = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        *,
        name: str = "SGD",
        **extra: Any,
    ) -> None:
        self.momentum = _share("momentum", momentum)
        self.nesterov = bool(nesterov)
        super().__init__(learning_rate, name, extra)

    def settings(self) -> list[float]:
        """Return learning_rate, momentum and nesterov."""
        return [self.learning_rate, self.momentum, self.nesterov]

    def memory_count(self) -> int:
        """One array for momentum."""
        return int(self.momentum > 0)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this optimizer again."""
        return {
            "learning_rate": self.learning_rate,
            "momentum": self.momentum,
            "nesterov": self.nesterov,
            "name": self.name,
        }


def _number(name: str, value: Any) -> float:
    """Return a finite number, or say what is wrong with it."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} must be a number, not {describe(value)}.")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"{name} must be finite, not {number}.")
    return number


def _float32(name: str, value: Any) -> np.float32:
    """Return a number that is finite in float32, or say what is wrong with it."""
    number = _number(name, value)
    if abs(number) > float(np.finfo(np.float32).max):
        raise ValueError(f"{name} must be finite in float32, not {number}.")
    return np.float32(number)


def _share(name: str, value: Any) -> float:
    """Return a number from 0 to 1, or say what is wrong with it."""
    number = _number(name, value)
    if not 0 <= number <= 1:
        raise ValueError(f"`{name}` must be a number from 0 to 1, not {number}.")
    return number


_BY_NAME: dict[str, type[Optimizer]] = {"rmsprop": RMSprop, "sgd": SGD}
_HINTS = {"adam": "fastmlp has no Adam yet; 'rmsprop' is its nearest relative."}


def get(identifier: str | Optimizer) -> Optimizer:
    """Return the optimizer that a name stands for, with its default settings.

    Args:
        identifier: A name or an optimizer.

    Raises:
        ValueError: There is no such optimizer, or its class is the user's own.

    Example:
        >>> get("rmsprop").learning_rate == RMSprop().learning_rate
        True
    """
    if isinstance(identifier, Optimizer):
        if type(identifier) not in _BY_NAME.values():
            raise ValueError(
                "Optimizers are compiled, so a class of your own, such as "
                f"{type(identifier).__name__}, cannot be used: choose one of "
                f"{', '.join(names_in(_BY_NAME))}."
            )
        return identifier
    if isinstance(identifier, str):
        found = look_up("optimizer", identifier, _BY_NAME, _HINTS)
        # The abstract base class would have no defaults for its settings.
        return found()  # type: ignore[call-arg]
    raise ValueError(
        f"Could not interpret optimizer identifier of type "
        f"{type(identifier).__name__}: give a name such as 'rmsprop' or an object such "
        "as fastmlp.optimizers.RMSprop(learning_rate=0.01)."
    )
