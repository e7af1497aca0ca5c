"""Layers that move and scale what they get: by fixed numbers, or by the batch's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastmlp import constraints, initializers, kernels, regularizers
from fastmlp._check.arguments import refuse
from fastmlp._check.numbers import (
    as_count,
    as_float32,
    describe,
    finite_numbers,
    if_given,
    number_between,
    positive_number,
    real_numbers,
    true_or_false,
)
from fastmlp._util.batches import begin_batches, is_stream
from fastmlp.constraints import Constraint
from fastmlp.initializers import InitializerFunction
from fastmlp.layers._checks import weight_shapes_of
from fastmlp.layers._dense import limits_of, penalty_of
from fastmlp.layers._layer import Layer
from fastmlp.layers._shapes import Shape, row_size, sizes_of
from fastmlp.layers._weight import Weight
from fastmlp.plan import Float32, LayerSettings, aligned_zeros
from fastmlp.regularizers import Regularizer

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fastmlp.typing import (
        ConstraintLike,
        InitializerLike,
        LayerOptions,
        RegularizerLike,
    )

__all__ = ["BatchNormalization", "Normalization", "Rescaling"]


# What Keras divides by at least.
_SMALLEST_DEVIATION = 1e-7


class _Affine(Layer):
    """What these layers have in common: y = (x - center) scale + offset.

    Attributes:
        constants: center, scale and offset for each number of a sample, (3, inputs).
    """

    kind: ClassVar[str | None] = "affine"

    def refresh(self) -> None:
        """Compute center, scale and offset."""
        numbers = self.center_scale_offset()
        shape = sizes_of(self.input_shape)
        spread = [np.broadcast_to(one, shape).reshape(-1) for one in numbers]
        if self._constants is None:
            self._constants: Float32 | None = aligned_zeros(
                3, row_size(self.input_shape)
            )
        self._constants[...] = spread

    def given(self) -> dict[str, Any]:
        """Return the numbers that the layer was given, by their names."""
        raise NotImplementedError

    def output_shape_for(self, shape: Shape) -> Shape:
        """Return the shape as it is, if the numbers that were given fit a sample."""
        sample = sizes_of(shape)
        for name, numbers in self.given().items():
            found = np.shape(numbers)
            try:
                fits = np.broadcast_shapes(found, sample) == sample
            except ValueError:
                fits = False
            if not fits:
                raise ValueError(
                    f"{name} has shape {found}, but a sample of layer {self.name!r} "
                    f"has shape {sample}."
                )
        return shape

    def center_scale_offset(self) -> tuple[ArrayLike, ArrayLike, ArrayLike]:
        """Return what a sample is moved by, multiplied by, and moved by again."""
        raise NotImplementedError

    def call(self, x: Float32, training: bool) -> Float32:
        """Return (x - center) scale + offset."""
        assert self._constants is not None
        return kernels.affine(x, *self._constants)


class Rescaling(_Affine):
    """y = x scale + offset: Rescaling(1/255) brings pixels to 0..1.

    Args:
        scale: What inputs are multiplied by; a number, or one for each of a sample's
            last axis.
        offset: What is added then. Default 0.
        **common: What all layers take: see `Layer`.

    Raises:
        TypeError: It is no number.

    Example:
        >>> Rescaling(0.5, offset=1.0)([[2.0, 4.0]])
        array([[2., 3.]], dtype=float32)
    """

    def __init__(
        self, scale: ArrayLike, offset: ArrayLike = 0.0, **common: Unpack[LayerOptions]
    ) -> None:
        self.scale: Any = finite_numbers("scale", scale)
        self.offset: Any = finite_numbers("offset", offset)
        super().__init__(**common)

    def given(self) -> dict[str, Any]:
        """Return scale and offset."""
        return {"scale": self.scale, "offset": self.offset}

    def center_scale_offset(self) -> tuple[ArrayLike, ArrayLike, ArrayLike]:
        """Return 0, scale and offset."""
        return 0.0, self.scale, self.offset


def _inputs_of(batch: Any) -> Any:
    """Return x of a pair (x, y), or of a batch without targets."""
    return batch[0] if isinstance(batch, tuple) and batch else batch


def _are_batches(data: Any) -> bool:
    """Tell whether a list holds tables, each of several samples."""
    return isinstance(data, (list, tuple)) and all(
        isinstance(one, np.ndarray) and one.ndim > 1 for one in map(_inputs_of, data)
    )


class Normalization(_Affine):
    """y = (x - mean) / sqrt(variance), with moments that `adapt` finds in the data.

    Args:
        axis: The axes that have a mean each; None: one for all. Default -1, the
            last.
        mean: The mean, if it is known already. Default None: `adapt` finds it.
        variance: The variance; with `mean` only.
        invert: Whether to turn normalized numbers into what they were. Default False.
        **common: What all layers take: see `Layer`.

    Raises:
        TypeError: An axis is no whole number.
        ValueError: Only one of mean and variance was given, or an axis is none.

    Example:
        >>> layer = Normalization()
        >>> layer.adapt([[0.0, 10.0], [2.0, 30.0]])
        >>> layer([[2.0, 10.0]])
        array([[ 1., -1.]], dtype=float32)
    """

    def __init__(
        self,
        axis: Any = -1,
        mean: ArrayLike | None = None,
        variance: ArrayLike | None = None,
        invert: bool = False,
        **common: Unpack[LayerOptions],
    ) -> None:
        if (mean is None) != (variance is None):
            raise ValueError(
                "mean and variance go together: give both, or none and call `adapt`."
            )
        axes = axis if isinstance(axis, (list, tuple)) else [axis]
        if axis is None:
            axes = []
        if not all(isinstance(one, (int, np.integer)) for one in axes):
            raise TypeError(
                f"axis must be a whole number or several, not {describe(axis)}."
            )
        self.axis: tuple[int, ...] = tuple(int(one) for one in axes)
        self.input_mean: Any = if_given(finite_numbers, "mean", mean)
        self.input_variance: Any = if_given(finite_numbers, "variance", variance)
        if self.input_variance is not None and np.min(self.input_variance) < 0:
            raise ValueError("variance must be at least 0, but one is negative.")
        self.invert: bool = true_or_false("invert", invert)
        super().__init__(**common)

    def output_shape_for(self, shape: Shape) -> Shape:
        """Return the shape as it is, if it has all axes and the moments fit."""
        self._kept_axes(len(shape))
        return super().output_shape_for(shape)

    def given(self) -> dict[str, Any]:
        """Return mean and variance, if they were given."""
        if self.input_mean is None:
            return {}
        return {"mean": self.input_mean, "variance": self.input_variance}

    def _kept_axes(self, count: int) -> tuple[int, ...]:
        """Return the axes that have a mean each, counted from 0."""
        axes = tuple(
            sorted(axis % count for axis in self.axis if -count <= axis < count)
        )
        if len(set(axes)) != len(self.axis) or 0 in axes:
            raise ValueError(
                f"axis={self.axis} of layer {self.name!r} must name some of the axes 1 "
                f"to {count - 1} of its inputs, each of them once."
            )
        return axes

    def weight_shapes(self, input_shape: Shape) -> dict[str, tuple[int, ...]]:
        """Return the shapes of mean, variance and count, unless they were given."""
        if self.input_mean is not None:
            return {}
        axes = self._kept_axes(len(input_shape))
        shape = tuple(sizes_of(input_shape)[axis - 1] for axis in axes)
        return {"mean": shape, "variance": shape, "count": ()}

    def initial_weights(self, input_shape: Shape) -> list[Float32]:
        """Return mean 0, variance 1 and count 0."""
        arrays = []
        for name, shape in weight_shapes_of(self, input_shape).items():
            arrays.append(aligned_zeros(*shape))
            arrays[-1][...] = name == "variance"
        return arrays

    @property
    def mean(self) -> NDArray[Any]:
        """The mean."""
        return self._moment(0, self.input_mean)

    @property
    def variance(self) -> NDArray[Any]:
        """The variance."""
        return self._moment(1, self.input_variance)

    def _moment(self, place: int, given: Any) -> NDArray[Any]:
        """Return mean or variance, in a shape that fits a sample."""
        if given is not None:
            return np.asarray(given, np.float32)
        if not self.built:
            raise AttributeError(
                f"Layer {self.name!r} has no moments yet: call `adapt` first."
            )
        axes = self._kept_axes(len(self.input_shape))
        shape = [
            size if axis in axes else 1
            for axis, size in enumerate(sizes_of(self.input_shape), 1)
        ]
        return self.weights[place].reshape(shape)

    def adapt(self, data: ArrayLike) -> None:
        """Take mean and variance from some data.

        Args:
            data: Samples, (rows, inputs), or what gives batches of them, as a list of
                arrays does; of a pair (x, y), x counts. With axis=None, numbers in a
                row are one feature of many samples.

        Raises:
            TypeError: It does not hold real numbers.
            ValueError: Its shape does not fit, a value is not finite, or the moments
                were given already.
            RuntimeError: A model that the layer is in is being trained by another
                thread.
        """
        if self.input_mean is not None:
            raise ValueError(
                f"Layer {self.name!r} was given mean and variance; there is nothing "
                "to adapt."
            )
        if is_stream(data) or _are_batches(data):
            batches = begin_batches(data, shuffle=False)
            parts = [real_numbers("data", _inputs_of(one)) for one in batches]
            data = np.concatenate(parts) if parts else parts
        array = real_numbers("data", data)
        if array.ndim == 1 and self.axis == ():
            array = array.reshape(-1, 1)
        if array.ndim < 2 or not len(array):
            raise ValueError(
                f"data must have shape (rows, inputs), but it has shape {array.shape}."
            )
        array = as_float32("data", array)
        self.alone(self._adapt, array)

    def _adapt(self, array: Float32) -> None:
        if not self.built:
            self.build(array.shape)
        if array.shape[1:] != self.input_shape[1:]:
            raise ValueError(
                f"Layer {self.name!r} takes inputs of shape {self.input_shape}, but "
                f"data has shape {array.shape}."
            )
        kept = self._kept_axes(array.ndim)
        others = tuple(axis for axis in range(array.ndim) if axis not in kept)
        self._weights[0][...] = array.mean(axis=others, dtype=np.float64)
        self._weights[1][...] = array.var(axis=others, dtype=np.float64)
        self.refresh()

    def center_scale_offset(self) -> tuple[ArrayLike, ArrayLike, ArrayLike]:
        """Return what normalizes, or undoes it."""
        deviation = np.maximum(np.sqrt(self.variance), _SMALLEST_DEVIATION)
        if self.invert:
            return 0.0, deviation, self.mean
        return self.mean, 1 / deviation, 0.0

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this layer again, without its weights."""
        return {
            **super().get_config(),
            "axis": list(self.axis),
            "mean": self.input_mean,
            "variance": self.input_variance,
        }


class BatchNormalization(Layer):
    """Normalizes each input by its mean and variance in the batch, then scales it.

    y = gamma (x - mean) / sqrt(variance + epsilon) + beta. In `evaluate` and
    `predict`, and where the layer is frozen, moving averages of mean and variance take
    their place: moving <- momentum moving + (1 - momentum) batch.

    Source: S. Ioffe and C. Szegedy, Batch Normalization, 2015.

    Args:
        axis: The axis of the inputs, each of which is normalized by itself: accepted as
            the last one only, -1 or its number. Default -1.
        momentum: How slowly the moving averages forget, from 0 to 1. Default 0.99.
        epsilon: Keeps the root away from zero. Default 0.001.
        center: Whether there is a beta. Default True.
        scale: Whether there is a gamma. Default True.
        beta_initializer: How beta starts. Default "zeros".
        gamma_initializer: How gamma starts. Default "ones".
        moving_mean_initializer: How the moving mean starts. Default "zeros".
        moving_variance_initializer: How the moving variance starts. Default "ones".
        beta_regularizer: What the loss adds for large betas. Default None.
        gamma_regularizer: The same for large gammas. Default None.
        beta_constraint: Where beta may be. Default None.
        gamma_constraint: The same for gamma. Default None.
        synchronized: Accepted as False only.
        renorm: Accepted as False only.
        renorm_clipping: Accepted as None only.
        renorm_momentum: Accepted and ignored: it matters with `renorm` only.
        **common: What all layers take: see `Layer`.

    Raises:
        TypeError: A setting is no number.
        ValueError: A setting is out of its range, or a name is unknown.

    Example:
        >>> layer = BatchNormalization(epsilon=1e-9)
        >>> layer([[1.0], [3.0]], training=True)
        array([[-1.],
               [ 1.]], dtype=float32)
    """

    kind: ClassVar[str | None] = "batch_normalization"
    by_steps = True
    beta_initializer: InitializerFunction | None
    gamma_initializer: InitializerFunction | None
    moving_mean_initializer: InitializerFunction | None
    moving_variance_initializer: InitializerFunction | None
    beta_regularizer: Regularizer | None
    gamma_regularizer: Regularizer | None
    beta_constraint: Constraint | None
    gamma_constraint: Constraint | None

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        beta_initializer: InitializerLike = "zeros",
        gamma_initializer: InitializerLike = "ones",
        moving_mean_initializer: InitializerLike = "zeros",
        moving_variance_initializer: InitializerLike = "ones",
        beta_regularizer: RegularizerLike = None,
        gamma_regularizer: RegularizerLike = None,
        beta_constraint: ConstraintLike = None,
        gamma_constraint: ConstraintLike = None,
        synchronized: bool = False,
        renorm: bool = False,
        renorm_clipping: None = None,
        renorm_momentum: float = 0.99,
        **common: Unpack[LayerOptions],
    ) -> None:
        refuse(
            synchronized=synchronized or None,
            renorm=renorm or None,
            renorm_clipping=renorm_clipping or None,
        )
        if axis == 0:
            raise ValueError("axis must be -1, the last one, not 0, that of the rows.")
        self.axis: int = as_count("axis", axis, -1)
        self.synchronized = False
        self.momentum: float = number_between("momentum", momentum, 0, 1)
        self.epsilon: float = positive_number("epsilon", epsilon)
        self.center: bool = true_or_false("center", center)
        self.scale: bool = true_or_false("scale", scale)
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)
        self.beta_regularizer = regularizers.get(beta_regularizer)
        self.gamma_regularizer = regularizers.get(gamma_regularizer)
        self.beta_constraint = constraints.get(beta_constraint)
        self.gamma_constraint = constraints.get(gamma_constraint)
        super().__init__(**common)

    @property
    def learnable(self) -> int:  # type: ignore[override]
        """How many of its weights the optimizer learns: gamma and beta."""
        return self.scale + self.center

    @property
    def gamma(self) -> Weight | None:
        """What each input is multiplied by, (inputs,), or None."""
        return self._weight("gamma")

    @property
    def beta(self) -> Weight | None:
        """What is added to it then, (inputs,), or None."""
        return self._weight("beta")

    @property
    def moving_mean(self) -> Weight | None:
        """The moving averages of the means, (inputs,); None before `build`."""
        return self._weight("moving_mean")

    @property
    def moving_variance(self) -> Weight | None:
        """The moving averages of the variances, (inputs,); None before `build`."""
        return self._weight("moving_variance")

    def output_shape_for(self, shape: Shape) -> Shape:
        """Return the shape as it is, if its last axis is that of the inputs."""
        if self.axis not in (-1, len(shape) - 1):
            raise ValueError(
                f"axis must be -1, the last one, not {self.axis}: layer {self.name!r} "
                f"gets shape {shape}."
            )
        return shape

    def weight_shapes(self, input_shape: Shape) -> dict[str, tuple[int, ...]]:
        """Return the shapes of gamma and beta, as far as they are, and the averages."""
        learnt = ["gamma"] * self.scale + ["beta"] * self.center
        names = [*learnt, "moving_mean", "moving_variance"]
        return dict.fromkeys(names, sizes_of(input_shape)[-1:])

    def settings(self) -> LayerSettings:
        """Return the settings of the moving averages, regularizers and constraints."""
        return LayerSettings(
            momentum=self.momentum,
            epsilon=self.epsilon,
            kernel=penalty_of(self.gamma_regularizer),
            bias=penalty_of(self.beta_regularizer),
            kernel_constraint=limits_of(self.gamma_constraint),
            bias_constraint=limits_of(self.beta_constraint),
        )

    def call(self, x: Float32, training: bool) -> Float32:
        """Return x, normalized: by the batch's own moments in training."""
        named = dict(zip(self.weight_names, self._weights, strict=True))
        moving_mean, moving_variance = named["moving_mean"], named["moving_variance"]
        mean, variance = moving_mean, moving_variance
        if training and self.trainable:
            mean, variance = kernels.moments(x)
            pairs = [(moving_mean, mean), (moving_variance, variance)]
            self.alone(self._move, pairs)
        gamma, beta = named.get("gamma"), named.get("beta")
        return kernels.normalize(x, mean, variance, gamma, beta, self.epsilon)

    def _move(self, pairs: list[tuple[Float32, Float32]]) -> None:
        for moving, now in pairs:
            kernels.move_towards(moving, now, self.momentum)
