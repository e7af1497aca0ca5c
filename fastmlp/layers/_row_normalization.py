"""Layers that normalize each sample by itself, whatever else is in its batch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from fastmlp import constraints, initializers, kernels, regularizers
from fastmlp._check.numbers import describe, positive_number, true_or_false
from fastmlp.constraints import Constraint
from fastmlp.initializers import InitializerFunction
from fastmlp.layers._dense import limits_of, penalty_of
from fastmlp.layers._layer import Layer
from fastmlp.layers._shapes import Shape, row_size, sizes_of
from fastmlp.layers._weight import Weight
from fastmlp.plan import Float32, LayerSettings
from fastmlp.regularizers import Regularizer

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fastmlp.typing import (
        ConstraintLike,
        InitializerLike,
        LayerOptions,
        RegularizerLike,
    )

__all__ = ["LayerNormalization", "RMSNormalization", "UnitNormalization"]


class _ByRows(Layer):
    """What these layers have in common: the last axes of a sample are normalized."""

    def __init__(self, axis: Any, **common: Unpack[LayerOptions]) -> None:
        given = axis if isinstance(axis, (list, tuple)) else [axis]
        if not given or not all(type(one) is int for one in given):
            raise TypeError(
                f"axis must be a whole number or several, not {describe(axis)}."
            )
        self.axis: int | list[int] = axis if isinstance(axis, int) else list(axis)
        super().__init__(**common)

    def output_shape_for(self, shape: Shape) -> Shape:
        """Return the shape as it is, if it has the axes, and they are its last."""
        self._normalized(shape)
        return shape

    def _normalized(self, shape: Shape) -> tuple[int, ...]:
        """Return the sizes of those axes that are normalized together."""
        given = self.axis if isinstance(self.axis, list) else [self.axis]
        axes = sorted(one + len(shape) if one < 0 else one for one in given)
        first = len(shape) - len(axes)
        if first < 1 or axes != list(range(first, len(shape))):
            raise ValueError(
                f"axis={self.axis} of layer {self.name!r} must name the last axes of "
                f"its inputs, which have shape {shape}: -1, or all from one on."
            )
        return sizes_of(shape)[first - 1 :]

    def steps_within(self) -> int:
        """Return how often a sample has numbers that are normalized together."""
        together = math.prod(self._normalized(self.output_shape))
        return row_size(self.output_shape) // together


class LayerNormalization(_ByRows):
    """Normalizes each sample by its own mean and variance, then scales each input.

    y = gamma (x - mean) / sqrt(variance + epsilon) + beta, in training and after.

    Source: J. L. Ba et al., Layer Normalization, 2016.

    Args:
        axis: The axes that are normalized together, the last of a sample. Default -1.
        epsilon: Keeps the root away from zero. Default 0.001.
        center: Whether there is a beta. Default True.
        scale: Whether there is a gamma. Default True.
        beta_initializer: How beta starts. Default "zeros".
        gamma_initializer: How gamma starts. Default "ones".
        beta_regularizer: What the loss adds for large betas. Default None.
        gamma_regularizer: The same for large gammas. Default None.
        beta_constraint: Where beta may be. Default None.
        gamma_constraint: The same for gamma. Default None.
        rms_scaling: Accepted as False only: see `RMSNormalization`.
        **common: What all layers take: see `Layer`.

    Raises:
        TypeError: A setting is no number.
        ValueError: A setting is out of its range, or a name is unknown.

    Example:
        >>> LayerNormalization(epsilon=1e-9)([[1.0, 3.0], [10.0, 30.0]])
        array([[-1.,  1.],
               [-1.,  1.]], dtype=float32)
    """

    kind: ClassVar[str | None] = "layer_normalization"
    beta_initializer: InitializerFunction | None
    gamma_initializer: InitializerFunction | None
    beta_regularizer: Regularizer | None
    gamma_regularizer: Regularizer | None
    beta_constraint: Constraint | None
    gamma_constraint: Constraint | None

    def __init__(
        self,
        axis: int | Sequence[int] = -1,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        beta_initializer: InitializerLike = "zeros",
        gamma_initializer: InitializerLike = "ones",
        beta_regularizer: RegularizerLike = None,
        gamma_regularizer: RegularizerLike = None,
        beta_constraint: ConstraintLike = None,
        gamma_constraint: ConstraintLike = None,
        rms_scaling: bool = False,
        **common: Unpack[LayerOptions],
    ) -> None:
        if true_or_false("rms_scaling", rms_scaling):
            raise ValueError(
                "fastmlp does not support `rms_scaling`, which divides by the variance "
                "without subtracting the mean: take layers.RMSNormalization."
            )
        self.rms_scaling = False
        self.epsilon: float = positive_number("epsilon", epsilon)
        self.center: bool = true_or_false("center", center)
        self.scale: bool = true_or_false("scale", scale)
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)
        super().__init__(axis, **common)

    @property
    def learnable(self) -> int:  # type: ignore[override]
        """How many of its weights the optimizer learns: gamma and beta."""
        return self.scale + self.center

    @property
    def gamma(self) -> Weight | None:
        """What each input is multiplied by, or None."""
        return self._weight("gamma")

    @property
    def beta(self) -> Weight | None:
        """What is added to it then, or None."""
        return self._weight("beta")

    def weight_shapes(self, input_shape: Shape) -> dict[str, tuple[int, ...]]:
        """Return the shapes of gamma and beta, as far as they are."""
        names = ["gamma"] * self.scale + ["beta"] * self.center
        return dict.fromkeys(names, self._normalized(input_shape))

    def settings(self) -> LayerSettings:
        """Return epsilon, and what regularizers and constraints are set to."""
        return LayerSettings(
            epsilon=self.epsilon,
            kernel=penalty_of(self.gamma_regularizer),
            bias=penalty_of(self.beta_regularizer),
            kernel_constraint=limits_of(self.gamma_constraint),
            bias_constraint=limits_of(self.beta_constraint),
        )

    def call(self, x: Float32, training: bool) -> Float32:
        """Return x, normalized row by row."""
        rows = {
            name: array.reshape(-1)
            for name, array in zip(self.weight_names, self._weights, strict=True)
        }
        return kernels.layer_normalization(
            x, rows.get("gamma"), rows.get("beta"), self.epsilon
        )


class RMSNormalization(_ByRows):
    """Divides each sample by its root mean square, then scales each input.

    y = scale x / sqrt(mean(x^2) + epsilon), in training and after.

    Source: B. Zhang and R. Sennrich, Root Mean Square Layer Normalization, 2019.

    Args:
        axis: The axes that are normalized together, the last of a sample. Default -1.
        epsilon: Keeps the root away from zero. Default 0.000001.
        **common: What all layers take: see `Layer`.

    Raises:
        TypeError: A setting is no number.
        ValueError: A setting is out of its range.

    Example:
        >>> RMSNormalization()([[1.0, 7.0]]).round(4)
        array([[0.2, 1.4]], dtype=float32)
    """

    kind: ClassVar[str | None] = "rms_normalization"
    learnable = 1

    def __init__(
        self,
        axis: int | Sequence[int] = -1,
        epsilon: float = 1e-6,
        **common: Unpack[LayerOptions],
    ) -> None:
        self.epsilon: float = positive_number("epsilon", epsilon)
        super().__init__(axis, **common)

    @property
    def scale(self) -> Weight | None:
        """What each input is multiplied by; None before `build`."""
        return self._weight("scale")

    @property
    def scale_initializer(self) -> InitializerFunction:
        """How the scale starts: at 1."""
        return initializers.Ones()

    def weight_shapes(self, input_shape: Shape) -> dict[str, tuple[int, ...]]:
        """Return the shape of the scale."""
        return {"scale": self._normalized(input_shape)}

    def settings(self) -> LayerSettings:
        """Return epsilon."""
        return LayerSettings(epsilon=self.epsilon)

    def call(self, x: Float32, training: bool) -> Float32:
        """Return x, divided by the root mean square of each row."""
        scale = self._weights[0].reshape(-1)
        return kernels.layer_normalization(x, scale, None, self.epsilon, False)


class UnitNormalization(_ByRows):
    """Divides each sample by its length, so that all have length 1.

    Args:
        axis: The axes that are normalized together, the last of a sample. Default -1.
        **common: What all layers take: see `Layer`.

    Raises:
        TypeError: The axis is no whole number.
        ValueError: It is not the last.

    Example:
        >>> UnitNormalization()([[3.0, 4.0]])
        array([[0.6, 0.8]], dtype=float32)
    """

    kind: ClassVar[str | None] = "unit_normalization"
    counted_at_once = True

    def __init__(
        self, axis: int | Sequence[int] = -1, **common: Unpack[LayerOptions]
    ) -> None:
        super().__init__(axis, **common)

    def call(self, x: Float32, training: bool) -> Float32:
        """Return x, each row divided by its length."""
        return kernels.unit_normalization(x)
