"""Activations as layers of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from fastmlp import activations
from fastmlp._check.numbers import if_given, number_from_0
from fastmlp.activations import ActivationFunction, Kernel
from fastmlp.layers._layer import Layer
from fastmlp.plan import Float32

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fastmlp.typing import ActivationLike, LayerOptions

__all__ = ["ELU", "Activation", "LeakyReLU", "ReLU", "Softmax"]


class _Activating(Layer):
    """What these layers have in common: they apply a kernel, and learn nothing."""

    kind: ClassVar[str | None] = "activation"
    by_steps = True
    counted_at_once = True

    def call(self, x: Float32, training: bool) -> Float32:
        """Return what the activation makes of x."""
        return activations.apply(self.activation_kernel(), x)


class Activation(_Activating):
    """A layer that applies an activation and learns nothing.

    Args:
        activation: A name, a function of `fastmlp.activations`, or one of your own:
            see `fastmlp.activations.get`.
        **common: What all layers take: see `Layer`.

    Raises:
        ValueError: There is no such activation.

    Example:
        >>> Activation("relu")([[-1.0, 2.0]])
        array([[0., 2.]], dtype=float32)
    """

    def __init__(
        self, activation: ActivationLike, **common: Unpack[LayerOptions]
    ) -> None:
        self.activation: ActivationFunction = activations.get(activation)
        super().__init__(**common)

    def activation_kernel(self) -> Kernel:
        """Return the kernel of the activation."""
        return activations.kernel_of(self.activation)

    def call(self, x: Float32, training: bool) -> Float32:
        """Return what the activation makes of x."""
        return activations.called(self.activation, x)


class ReLU(_Activating):
    """max(x, 0), or a line with other bends: see `fastmlp.activations.relu`.

    Args:
        max_value: What no output exceeds. Default None: there is no limit.
        negative_slope: The slope below the threshold. Default 0.
        threshold: x counts as it is above. Default 0.
        **common: What all layers take: see `Layer`.

    Raises:
        ValueError: A number is negative.

    Example:
        >>> ReLU(max_value=6.0)([[-1.0, 2.0, 9.0]])
        array([[0., 2., 6.]], dtype=float32)
    """

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **common: Unpack[LayerOptions],
    ) -> None:
        self.max_value: float | None = if_given(number_from_0, "max_value", max_value)
        self.negative_slope: float = number_from_0("negative_slope", negative_slope)
        self.threshold: float = number_from_0("threshold", threshold)
        super().__init__(**common)

    def activation_kernel(self) -> Kernel:
        """Return the kernel that bends like this."""
        return activations.relu_kernel(
            self.negative_slope, self.max_value, self.threshold
        )


class LeakyReLU(_Activating):
    """x where it is positive, else negative_slope x.

    Source: A. Maas et al., Rectifier Nonlinearities Improve Neural Network Acoustic
    Models, 2013.

    Args:
        negative_slope: The slope below zero. Default 0.3.
        **common: What all layers take: see `Layer`.

    Raises:
        ValueError: The slope is negative.

    Example:
        >>> LeakyReLU(0.5)([[-1.0, 2.0]])
        array([[-0.5,  2. ]], dtype=float32)
    """

    def __init__(
        self, negative_slope: float = 0.3, **common: Unpack[LayerOptions]
    ) -> None:
        self.negative_slope: float = number_from_0("negative_slope", negative_slope)
        super().__init__(**common)

    def activation_kernel(self) -> Kernel:
        """Return the kernel with this slope."""
        return activations.relu_kernel(self.negative_slope)


class ELU(_Activating):
    """x where it is positive, else alpha (e^x - 1).

    Args:
        alpha: How far below zero it goes. Default 1.
        **common: What all layers take: see `Layer`.

    Raises:
        ValueError: alpha is negative.

    Example:
        >>> ELU()([[-1.0, 2.0]]).round(4)
        array([[-0.6321,  2.    ]], dtype=float32)
    """

    def __init__(self, alpha: float = 1.0, **common: Unpack[LayerOptions]) -> None:
        self.alpha: float = number_from_0("alpha", alpha)
        super().__init__(**common)

    def activation_kernel(self) -> Kernel:
        """Return the kernel with this alpha."""
        return Kernel("elu", {"alpha": self.alpha})


class Softmax(_Activating):
    """e^x_j / sum_k e^x_k: each row becomes a distribution.

    Args:
        axis: Accepted as -1 only: along the last axis.
        **common: What all layers take: see `Layer`.

    Raises:
        ValueError: The axis is another.

    Example:
        >>> Softmax()([[1.0, 1.0]])
        array([[0.5, 0.5]], dtype=float32)
    """

    def __init__(self, axis: int = -1, **common: Unpack[LayerOptions]) -> None:
        if axis != -1:
            raise ValueError(f"axis must be -1, the last one, not {axis!r}.")
        self.axis = axis
        super().__init__(**common)

    def activation_kernel(self) -> Kernel:
        """Return the kernel."""
        return Kernel("softmax")
