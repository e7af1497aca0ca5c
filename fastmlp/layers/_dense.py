"""The dense layer: every unit sees every input."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from fastmlp import activations, constraints, initializers, kernels, plan, regularizers
from fastmlp._check.numbers import positive_whole, true_or_false
from fastmlp.activations import ActivationFunction, Kernel
from fastmlp.constraints import Constraint
from fastmlp.initializers import InitializerFunction
from fastmlp.layers._layer import Layer
from fastmlp.layers._shapes import Shape, sizes_of
from fastmlp.layers._weight import Weight
from fastmlp.plan import Float32, LayerSettings
from fastmlp.regularizers import Regularizer

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fastmlp.typing import (
        ActivationLike,
        BareLayerOptions,
        ConstraintLike,
        InitializerLike,
        RegularizerLike,
    )

__all__ = ["Dense"]


class Dense(Layer):
    """A layer in which every unit sees every input: y = activation(x kernel + bias).

    Of tables of vectors, (rows, steps, inputs), each vector goes through it by itself:
    (rows, steps, units).

    Args:
        units: How many outputs it has.
        activation: The function applied to x kernel + bias, by name or from
            `fastmlp.activations`. Default None: none.
        use_bias: Whether there is a bias. Default True.
        kernel_initializer: How the kernel, (inputs, units), starts.
            Default "glorot_uniform".
        bias_initializer: How the bias, (units,), starts. Default "zeros".
        kernel_regularizer: What the loss adds for large kernels, by name or from
            `fastmlp.regularizers`. Default None.
        bias_regularizer: The same for large biases. Default None.
        activity_regularizer: The same for large outputs; it is divided by the rows of
            the batch. Default None.
        kernel_constraint: Where the kernel may be, by name or from
            `fastmlp.constraints`. Default None: anywhere.
        bias_constraint: The same for the bias. Default None.
        **common: What all layers take: see `Layer`.

    Raises:
        TypeError: `units` is not a whole number.
        ValueError: `units` is not positive, or a name is unknown.

    Example:
        >>> layer = Dense(3, activation="relu", input_shape=(4,))
        >>> layer.build((None, 4))
        >>> layer.kernel.shape, layer.bias.shape, layer.count_params()
        ((4, 3), (3,), 15)
    """

    kind: ClassVar[str | None] = "dense"
    learnable = 2
    by_steps = True
    kernel_initializer: InitializerFunction | None
    bias_initializer: InitializerFunction | None
    kernel_regularizer: Regularizer | None
    bias_regularizer: Regularizer | None
    kernel_constraint: Constraint | None
    bias_constraint: Constraint | None

    def __init__(
        self,
        units: int,
        activation: ActivationLike = None,
        use_bias: bool = True,
        kernel_initializer: InitializerLike = "glorot_uniform",
        bias_initializer: InitializerLike = "zeros",
        kernel_regularizer: RegularizerLike = None,
        bias_regularizer: RegularizerLike = None,
        activity_regularizer: RegularizerLike = None,
        kernel_constraint: ConstraintLike = None,
        bias_constraint: ConstraintLike = None,
        **common: Unpack[BareLayerOptions],
    ) -> None:
        self.units: int = positive_whole("units", units)
        self.activation: ActivationFunction = activations.get(activation)
        self.use_bias: bool = true_or_false("use_bias", use_bias)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        super().__init__(activity_regularizer=activity_regularizer, **common)

    def output_shape_for(self, shape: Shape) -> Shape:
        """Return (None, units); of a table, that of each vector of inputs."""
        return (*shape[:-1], self.units)

    def weight_shapes(self, input_shape: Shape) -> dict[str, tuple[int, ...]]:
        """Return the shapes of kernel and, where it is used, bias."""
        shapes: dict[str, tuple[int, ...]] = {
            "kernel": (sizes_of(input_shape)[-1], self.units)
        }
        if self.use_bias:
            shapes["bias"] = (self.units,)
        return shapes

    @property
    def kernel(self) -> Weight:
        """The kernel, (inputs, units)."""
        if not self.built:
            raise AttributeError(
                f"Layer {self.name!r} has no kernel yet: it is made when the number "
                "of inputs is known. Give the model an input shape, or call `build`."
            )
        return self.weights[0]

    @property
    def bias(self) -> Weight | None:
        """The bias, (units,), or None."""
        return self._weight("bias")

    def activation_kernel(self) -> Kernel:
        """Return the kernel of the activation."""
        return activations.kernel_of(self.activation)

    def settings(self) -> LayerSettings:
        """Return what regularizers and constraints are set to."""
        return LayerSettings(
            kernel=penalty_of(self.kernel_regularizer),
            bias=penalty_of(self.bias_regularizer),
            activity=penalty_of(self.activity_regularizer),
            kernel_constraint=limits_of(self.kernel_constraint),
            bias_constraint=limits_of(self.bias_constraint),
        )

    def call(self, x: Float32, training: bool) -> Float32:
        """Return activation(x kernel + bias)."""
        kernel, bias = (*self._weights, None)[:2]
        product = kernels.dense_forward(x, kernel, bias)
        return activations.called(self.activation, product)


def penalty_of(regularizer: Regularizer | None) -> plan.L1L2:
    """Return l1 and l2 of a regularizer, as the plan has them."""
    if regularizer is None or regularizers.is_own(regularizer):
        return plan.L1L2()
    return plan.L1L2(regularizer.l1, regularizer.l2)


def limits_of(constraint: Constraint | None) -> plan.Constraint:
    """Return number and limits of a constraint, as the plan has them."""
    if constraint is None or constraints.is_own(constraint):
        return plan.Constraint(plan.CONSTRAINTS["none"])
    return plan.Constraint(plan.CONSTRAINTS[constraint.kernel], *constraint.limits)
