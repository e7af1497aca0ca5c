"""Activations as layers of their own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from fastmlp import activations, constraints, initializers, kernels, regularizers
from fastmlp._check.numbers import as_count, if_given, number_from_0
from fastmlp.activations import ActivationFunction, Kernel
from fastmlp.constraints import Constraint
from fastmlp.initializers import InitializerFunction
from fastmlp.layers._dense import limits_of, penalty_of
from fastmlp.layers._layer import Layer
from fastmlp.layers._shapes import Shape, sizes_of
from fastmlp.layers._weight import Weight
from fastmlp.plan import Float32, LayerSettings
from fastmlp.regularizers import Regularizer

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fastmlp.typing import (
        ActivationLike,
        ConstraintLike,
        InitializerLike,
        LayerOptions,
        RegularizerLike,
    )

__all__ = [
    "ELU",
    "Activation",
    "LeakyReLU",
    "PReLU",
    "ReLU",
    "Softmax",
    "ThresholdedReLU",
]


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


class ThresholdedReLU(_Activating):
    """x where it is above theta, else 0: a layer of older scripts.

    Source: K. Konda et al., Zero-Bias Autoencoders and the Benefits of Co-Adapting
    Features, 2014.

    Args:
        theta: What x has to be above. Default 1.
        **common: What all layers take: see `Layer`.

    Raises:
        ValueError: theta is negative.

    Example:
        >>> ThresholdedReLU(theta=1.0)([[0.5, 2.0]])
        array([[0., 2.]], dtype=float32)
    """

    def __init__(self, theta: float = 1.0, **common: Unpack[LayerOptions]) -> None:
        self.theta: float = number_from_0("theta", theta)
        super().__init__(**common)

    def activation_kernel(self) -> Kernel:
        """Return the kernel with this threshold."""
        return activations.relu_kernel(threshold=self.theta)


class PReLU(Layer):
    """x where it is positive, else alpha x, with an alpha of each input that is learnt.

    Source: K. He et al., Delving Deep into Rectifiers, 2015.

    Args:
        alpha_initializer: How alpha starts. Default "zeros".
        alpha_regularizer: What the loss adds for large alphas. Default None.
        alpha_constraint: Where alpha may be. Default None.
        shared_axes: The axes of the inputs along which all have one alpha: 1, or the
            first few of a table, such as (1, 2). Default None: each has its own.
        **common: What all layers take: see `Layer`.

    Raises:
        TypeError: An axis is no whole number.
        ValueError: A name is unknown, or the axes are not the first.

    Example:
        >>> PReLU(alpha_initializer="ones")([[-1.0, 2.0]])
        array([[-1.,  2.]], dtype=float32)
    """

    kind: ClassVar[str | None] = "prelu"
    learnable = 1
    alpha_initializer: InitializerFunction | None
    alpha_regularizer: Regularizer | None
    alpha_constraint: Constraint | None

    def __init__(
        self,
        alpha_initializer: InitializerLike = "zeros",
        alpha_regularizer: RegularizerLike = None,
        alpha_constraint: ConstraintLike = None,
        shared_axes: int | Sequence[int] | None = None,
        **common: Unpack[LayerOptions],
    ) -> None:
        self.alpha_initializer = initializers.get(alpha_initializer)
        self.alpha_regularizer = regularizers.get(alpha_regularizer)
        self.alpha_constraint = constraints.get(alpha_constraint)
        if shared_axes is not None:
            several = isinstance(shared_axes, (list, tuple))
            axes: Any = shared_axes if several else [shared_axes]
            shared_axes = [as_count("An axis in shared_axes", one, 1) for one in axes]
        self.shared_axes: list[int] | None = shared_axes
        super().__init__(**common)

    def output_shape_for(self, shape: Shape) -> Shape:
        """Return the shape as it is, if the first of its axes can share an alpha."""
        shared = sorted(self.shared_axes or [])
        if shared != list(range(1, len(shared) + 1)) or len(shared) >= len(shape):
            raise ValueError(
                f"shared_axes={self.shared_axes} of layer {self.name!r} must be the "
                f"first axes of its inputs, which have shape {shape}: 1, or (1, 2)."
            )
        if self.alpha_constraint is not None and len(shape) - len(shared) > 2:
            raise ValueError(
                f"Layer {self.name!r} has a constraint, and an alpha of several axes: "
                "give it shared_axes, so that one is left."
            )
        return shape

    def weight_shapes(self, input_shape: Shape) -> dict[str, tuple[int, ...]]:
        """Return the shape of alpha: that of a sample, with 1 along shared axes."""
        shared = self.shared_axes or []
        sizes = enumerate(sizes_of(input_shape), 1)
        return {"alpha": tuple(1 if axis in shared else size for axis, size in sizes)}

    def steps_within(self) -> int:
        """Return how often a sample has numbers with the same alphas."""
        return math.prod(sizes_of(self.output_shape)[: len(self.shared_axes or [])])

    @property
    def alpha(self) -> Weight | None:
        """The slopes below zero; None before `build`."""
        return self._weight("alpha")

    def settings(self) -> LayerSettings:
        """Return what regularizer and constraint are set to."""
        return LayerSettings(
            kernel=penalty_of(self.alpha_regularizer),
            kernel_constraint=limits_of(self.alpha_constraint),
        )

    def call(self, x: Float32, training: bool) -> Float32:
        """Return x, or alpha x below zero."""
        return kernels.prelu(x, self._weights[0].reshape(-1))
