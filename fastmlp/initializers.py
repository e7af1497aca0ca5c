"""Initializers: the values that a layer's kernel and bias start from.

Every initializer is called with a shape and returns a float32 array. The rules
of Glorot, He and LeCun are one class, `VarianceScaling`, with three settings:
they all ask that the signal keep its variance on its way through the layer.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from fastmlp._check.lookup import from_description, look_up, own_or_same, spelled_small
from fastmlp._check.numbers import (
    as_count,
    describe,
    finite_number,
    finite_numbers,
    if_given,
    number_from_0,
    positive_number,
    whole_number_between,
)
from fastmlp._util.described import Described, describe_object
from fastmlp._util.keywords import suggesting
from fastmlp._util.on_demand import import_on_demand
from fastmlp._util.random import generator
from fastmlp._util.registered import CustomObjectScope

if TYPE_CHECKING:
    from fastmlp.typing import InitializerLike

__all__ = [
    "Constant", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "Identity",
    "IdentityInitializer", "Initializer", "LecunNormal", "LecunUniform", "Ones",
    "Orthogonal", "OrthogonalInitializer", "RandomNormal", "RandomUniform",
    "TruncatedNormal", "VarianceScaling", "Zeros", "constant", "deserialize", "get",
    "glorot_normal", "glorot_uniform", "he_normal", "he_uniform", "identity",
    "lecun_normal", "lecun_uniform", "ones", "orthogonal", "random_normal",
    "random_uniform", "serialize", "truncated_normal", "variance_scaling", "zeros",
]  # fmt: skip


def __dir__() -> list[str]:
    return __all__


# What a layer calls to make its weights: an `Initializer`, or a function of yours.
InitializerFunction: TypeAlias = Callable[..., NDArray[Any]]

Mode = Literal["fan_in", "fan_out", "fan_avg"]
Distribution = Literal["uniform", "truncated_normal", "untruncated_normal"]

# The standard deviation of a standard normal cut off at -2 and 2. Dividing by it
# gives the values that remain the standard deviation that was asked for.
_STDDEV_OF_TRUNCATED_NORMAL = 0.87962566103423978


class Initializer(Described):
    """Base class: a subclass defines `__call__`, and keeps its arguments by name.

    Example:
        >>> import numpy as np
        >>> class Ramp(Initializer):
        ...     def __call__(self, shape, dtype=None):
        ...         return np.linspace(0, 1, math.prod(shape)).reshape(shape)
        >>> Ramp()((3,))
        array([0. , 0.5, 1. ])
    """

    def __call__(
        self, shape: Sequence[int], dtype: DTypeLike | None = None
    ) -> NDArray[Any]:
        """Return an array of the given shape.

        Args:
            shape: Shape of the array; `(inputs, units)` for the kernel of a
                Dense layer, `(units,)` for its bias.
            dtype: Type of the values; None is float32.

        Raises:
            NotImplementedError: The subclass does not define this method.
        """
        raise NotImplementedError(
            f"{type(self).__name__} must define __call__(self, shape, dtype=None) "
            "and return an array of that shape."
        )


def checked_shape(shape: Any) -> tuple[int, ...]:
    """Return the shape of weights.

    Raises:
        TypeError: It is no tuple of whole numbers.
        ValueError: One of them is negative.
    """
    if not isinstance(shape, (tuple, list)):
        raise TypeError(
            f"shape must be a tuple of whole numbers, such as (784, 128), not "
            f"{describe(shape)}."
        )
    return tuple(as_count("A number in shape", size, 0) for size in shape)


class Zeros(Initializer):
    """All values are 0: the usual start of a bias.

    Example:
        >>> Zeros()((3,))
        array([0., 0., 0.], dtype=float32)
    """

    def __call__(
        self, shape: Sequence[int], dtype: DTypeLike | None = None
    ) -> NDArray[Any]:
        """Return zeros; see `Initializer.__call__`."""
        return np.zeros(checked_shape(shape), dtype or np.float32)


class Ones(Initializer):
    """All values are 1.

    Example:
        >>> Ones()((3,))
        array([1., 1., 1.], dtype=float32)
    """

    def __call__(
        self, shape: Sequence[int], dtype: DTypeLike | None = None
    ) -> NDArray[Any]:
        """Return ones; see `Initializer.__call__`."""
        return np.ones(checked_shape(shape), dtype or np.float32)


class Constant(Initializer):
    """All values are the same number, or those of an array.

    Args:
        value: The number; or an array that has the shape of the weights, or can be
            stretched to it, such as one number for each unit. Default 0.0.

    Raises:
        TypeError: It is no number.
        ValueError: It is not finite, or, in a call, does not fit the shape.

    Example:
        >>> Constant(0.5)((2, 2))
        array([[0.5, 0.5],
               [0.5, 0.5]], dtype=float32)
        >>> Constant([1, 2])((2, 2))
        array([[1., 2.],
               [1., 2.]], dtype=float32)
    """

    def __init__(self, value: ArrayLike = 0.0) -> None:
        self.value: Any = finite_numbers("value", value)

    def __call__(
        self, shape: Sequence[int], dtype: DTypeLike | None = None
    ) -> NDArray[Any]:
        """Return `value` everywhere; see `Initializer.__call__`."""
        sizes = checked_shape(shape)
        try:
            return np.full(sizes, self.value, dtype or np.float32)
        except ValueError:
            raise ValueError(
                f"The value of Constant has shape {np.shape(self.value)}, which does "
                f"not fit weights of shape {tuple(sizes)}. Give a number, or one for "
                "each unit."
            ) from None


class Identity(Initializer):
    """The identity matrix, scaled: the layer starts by passing its input on.

    Args:
        gain: The number on the diagonal. Default 1.0.

    Example:
        >>> Identity(gain=2.0)((2, 3))
        array([[2., 0., 0.],
               [0., 2., 0.]], dtype=float32)
    """

    def __init__(self, gain: float = 1.0) -> None:
        self.gain: float = finite_number("gain", gain)

    def __call__(
        self, shape: Sequence[int], dtype: DTypeLike | None = None
    ) -> NDArray[Any]:
        """Return the scaled identity matrix; see `Initializer.__call__`.

        Raises:
            ValueError: `shape` does not have two dimensions.
        """
        shape = checked_shape(shape)
        if len(shape) != 2:
            raise ValueError(
                "Identity makes a matrix, so the shape must have two dimensions, "
                f"but it is {tuple(shape)}."
            )
        rows, columns = shape
        return np.asarray(self.gain * np.eye(rows, columns), dtype or np.float32)


class _RandomInitializer(Initializer):
    """What the random initializers share: a seed, and a generator to draw from."""

    def __init__(self, seed: int | None = None) -> None:
        self.seed: int | None = if_given(as_count, "seed", seed, 0)

    def __call__(
        self, shape: Sequence[int], dtype: DTypeLike | None = None
    ) -> NDArray[Any]:
        """Return random values; see `Initializer.__call__`.

        They are drawn from a fresh generator for a seed, the library's own without one.
        """
        random = generator() if self.seed is None else np.random.default_rng(self.seed)
        values = self._draw(random, checked_shape(shape))
        return np.asarray(values, dtype or np.float32)

    def _draw(self, random: np.random.Generator, shape: Sequence[int]) -> Any:
        """Return values of that shape, in float64."""
        raise NotImplementedError


class _Normal(_RandomInitializer):
    """What both normal distributions share: mean and standard deviation."""

    def __init__(
        self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None
    ) -> None:
        super().__init__(seed)
        self.mean: float = finite_number("mean", mean)
        self.stddev: float = number_from_0("stddev", stddev)


class RandomNormal(_Normal):
    """Normally distributed values.

    Args:
        mean: Mean of the values. Default 0.0.
        stddev: Their standard deviation. Default 0.05.
        seed: With a seed, every call returns the same values for the same
            shape. None (the default) draws on from the library's generator,
            which `fastmlp.utils.set_random_seed` starts anew.

    Raises:
        TypeError: `seed` is not a whole number.
        ValueError: `seed` is negative.

    Example:
        >>> round(float(RandomNormal(stddev=0.01, seed=1)((784, 128)).std()), 3)
        0.01
    """

    def _draw(self, random: np.random.Generator, shape: Sequence[int]) -> Any:
        return self.mean + self.stddev * random.standard_normal(shape)


class RandomUniform(_RandomInitializer):
    """Values that are equally likely anywhere between two bounds.

    Args:
        minval: Lower bound. Default -0.05.
        maxval: Upper bound. Default 0.05.
        seed: As for `RandomNormal`.

    Raises:
        TypeError: `seed` is not a whole number.
        ValueError: `seed` is negative.

    Example:
        >>> values = RandomUniform(0.0, 1.0, seed=1)((1000,))
        >>> bool(values.min() >= 0.0 and values.max() <= 1.0)
        True
    """

    def __init__(
        self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None
    ) -> None:
        super().__init__(seed)
        self.minval: float = finite_number("minval", minval)
        self.maxval: float = finite_number("maxval", maxval)
        if self.minval > self.maxval:
            raise ValueError(
                f"minval must not be above maxval, but {self.minval:g} is above "
                f"{self.maxval:g}."
            )

    def _draw(self, random: np.random.Generator, shape: Sequence[int]) -> Any:
        return _uniform(random, self.minval, self.maxval, shape)


class TruncatedNormal(_Normal):
    """Normally distributed values, none further from the mean than 2 `stddev`.

    What falls outside is drawn again, so the values that come back spread a
    little less than `stddev` says: 0.88 of it.

    Args:
        mean: Mean of the values. Default 0.0.
        stddev: Standard deviation before the cut. Default 0.05.
        seed: As for `RandomNormal`.

    Raises:
        TypeError: `seed` is not a whole number.
        ValueError: `seed` is negative.

    Example:
        >>> values = TruncatedNormal(stddev=1.0, seed=1)((100, 100))
        >>> bool(abs(values).max() <= 2.0)
        True
    """

    def _draw(self, random: np.random.Generator, shape: Sequence[int]) -> Any:
        return self.mean + self.stddev * truncated_normal_of(random, shape)


def _uniform(
    random: np.random.Generator, low: float, high: float, shape: Sequence[int]
) -> Any:
    """Draw what `random.uniform` does, with the same rounding on every processor."""
    return low + (high - low) * random.random(shape)


def truncated_normal_of(
    random: np.random.Generator, shape: Sequence[int]
) -> NDArray[np.float64]:
    """Draw standard normal values, again and again until all lie in [-2, 2]."""
    values = np.asarray(random.standard_normal(shape))
    while (outside := np.abs(values) > 2.0).any():
        values[outside] = random.standard_normal(np.count_nonzero(outside))
    return values


class VarianceScaling(_RandomInitializer):
    """Random values whose variance is `scale / fan`, whatever the distribution.

    A sum of `fan` products with such weights has `scale` times the variance of
    its inputs. `fan` is the number of inputs of the layer (`fan_in`: the signal
    keeps its size on the way forward), of its outputs (`fan_out`: the gradient
    does on the way back), or the mean of both (`fan_avg`).

    - `"uniform"` draws from `[-limit, limit]` with `limit = sqrt(3 scale / fan)`;
    - `"truncated_normal"` draws from a normal that is cut off at two standard
      deviations and widened so that `sqrt(scale / fan)` remains after the cut;
    - `"untruncated_normal"` has the standard deviation `sqrt(scale / fan)`.

    Args:
        scale: Positive factor. Default 1.0.
        mode: `"fan_in"` (default), `"fan_out"` or `"fan_avg"`.
        distribution: `"truncated_normal"` (default; `"normal"` is the same),
            `"untruncated_normal"` or `"uniform"`.
        seed: As for `RandomNormal`.
        input_axes: Axes of the weights that count as inputs; only used
            together with `output_axes`. None (the default) takes the last axis
            but one, times all axes before it.
        output_axes: Axes of the weights that count as outputs; None takes the
            last axis, times all axes before the last two.

    Raises:
        TypeError: `seed` is not a whole number.
        ValueError: An unknown mode or distribution, a scale that is not
            positive, or a negative seed.

    Example:
        >>> init = VarianceScaling(2.0, "fan_in", "untruncated_normal", seed=1)
        >>> round(float(init((200, 300)).std()), 3)  # sqrt(2 / 200)
        0.1
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: Mode = "fan_in",
        distribution: Distribution | Literal["normal"] = "truncated_normal",
        seed: int | None = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        if mode not in get_args(Mode):
            raise ValueError(
                f"mode must be one of {', '.join(get_args(Mode))}, but it is {mode!r}."
            )
        if distribution == "normal":
            distribution = "truncated_normal"
        if distribution not in get_args(Distribution):
            raise ValueError(
                f"distribution must be one of {', '.join(get_args(Distribution))}, "
                f"but it is {distribution!r}."
            )
        super().__init__(seed)
        self.scale: float = positive_number("scale", scale)
        self.mode = mode
        self.distribution = distribution
        self.input_axes: Sequence[int] | None = _axes("input_axes", input_axes)
        self.output_axes: Sequence[int] | None = _axes("output_axes", output_axes)
        if (input_axes is None) != (output_axes is None):
            raise ValueError(
                "input_axes and output_axes go together: give both, or none."
            )

    def _draw(self, random: np.random.Generator, shape: Sequence[int]) -> Any:
        fan_in, fan_out = compute_fans(shape, self.input_axes, self.output_axes)
        fans = {
            "fan_in": fan_in,
            "fan_out": fan_out,
            "fan_avg": (fan_in + fan_out) / 2.0,
        }
        variance = self.scale / max(1.0, fans[self.mode])
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * variance)
            return _uniform(random, -limit, limit, shape)
        if self.distribution == "untruncated_normal":
            return math.sqrt(variance) * random.standard_normal(shape)
        stddev = math.sqrt(variance) / _STDDEV_OF_TRUNCATED_NORMAL
        return stddev * truncated_normal_of(random, shape)


def _axes(name: str, axes: Any) -> Sequence[int] | None:
    """Return a list of axes, or None; whether weights have them is not known yet."""
    if axes is not None and not isinstance(axes, (list, tuple)):
        raise TypeError(f"{name} must be a list of axes, not {describe(axes)}.")
    return axes


def compute_fans(
    shape: Sequence[int],
    input_axes: Sequence[int] | None = None,
    output_axes: Sequence[int] | None = None,
) -> tuple[int, int]:
    """Return how many inputs and how many outputs weights of this shape join.

    Example:
        >>> compute_fans((784, 128))
        (784, 128)
    """
    if input_axes is not None and output_axes is not None:
        for axis in (*input_axes, *output_axes):
            whole_number_between("An axis", axis, -len(shape), len(shape) - 1)
        return (
            math.prod(shape[axis] for axis in input_axes),
            math.prod(shape[axis] for axis in output_axes),
        )
    if len(shape) < 2:
        size = math.prod(shape)
        return size, size
    field = math.prod(shape[:-2])
    return shape[-2] * field, shape[-1] * field


class _NamedScaling(VarianceScaling):
    """A `VarianceScaling` with a name: the subclass fixes the three settings."""

    _scale: float
    _mode: Mode
    _distribution: Distribution

    def __init__(
        self,
        seed: int | None = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ) -> None:
        super().__init__(
            self._scale, self._mode, self._distribution, seed, input_axes, output_axes
        )


class GlorotUniform(_NamedScaling):
    """Uniform in `[-limit, limit]`, `limit = sqrt(6 / (fan_in + fan_out))`.

    The default for the kernel of a Dense layer; also called Xavier uniform.

    Args:
        seed: As for `RandomNormal`.
        input_axes: As for `VarianceScaling`.
        output_axes: As for `VarianceScaling`.

    Source:
        Glorot and Bengio, "Understanding the difficulty of training deep
        feedforward neural networks", 2010, equation 16.

    Example:
        >>> kernel = GlorotUniform(seed=1)((784, 128))
        >>> round(float(abs(kernel).max()), 3)  # sqrt(6 / 912) = 0.0811
        0.081
    """

    _scale, _mode, _distribution = 1.0, "fan_avg", "uniform"


class GlorotNormal(_NamedScaling):
    """Truncated normal of standard deviation `sqrt(2 / (fan_in + fan_out))`.

    Args:
        seed: As for `RandomNormal`.
        input_axes: As for `VarianceScaling`.
        output_axes: As for `VarianceScaling`.

    Source:
        Glorot and Bengio, "Understanding the difficulty of training deep
        feedforward neural networks", 2010, equation 12.

    Example:
        >>> round(float(GlorotNormal(seed=1)((400, 400)).std()), 3)  # sqrt(2 / 800)
        0.05
    """

    _scale, _mode, _distribution = 1.0, "fan_avg", "truncated_normal"


class HeUniform(_NamedScaling):
    """Uniform in `[-limit, limit]` with `limit = sqrt(6 / fan_in)`.

    Args:
        seed: As for `RandomNormal`.
        input_axes: As for `VarianceScaling`.
        output_axes: As for `VarianceScaling`.

    Source:
        He et al., "Delving deep into rectifiers", 2015, equation 10.

    Example:
        >>> round(float(abs(HeUniform(seed=1)((600, 50))).max()), 3)  # sqrt(6 / 600)
        0.1
    """

    _scale, _mode, _distribution = 2.0, "fan_in", "uniform"


class HeNormal(_NamedScaling):
    """Truncated normal of standard deviation `sqrt(2 / fan_in)`, made for ReLU.

    Args:
        seed: As for `RandomNormal`.
        input_axes: As for `VarianceScaling`.
        output_axes: As for `VarianceScaling`.

    Source:
        He et al., "Delving deep into rectifiers", 2015, equation 10.

    Example:
        >>> round(float(HeNormal(seed=1)((200, 500)).std()), 3)  # sqrt(2 / 200)
        0.1
    """

    _scale, _mode, _distribution = 2.0, "fan_in", "truncated_normal"


class LecunUniform(_NamedScaling):
    """Uniform in `[-limit, limit]` with `limit = sqrt(3 / fan_in)`.

    Args:
        seed: As for `RandomNormal`.
        input_axes: As for `VarianceScaling`.
        output_axes: As for `VarianceScaling`.

    Source:
        LeCun et al., "Efficient BackProp", 1998, section 4.6.

    Example:
        >>> round(float(abs(LecunUniform(seed=1)((300, 50))).max()), 3)  # sqrt(3 / 300)
        0.1
    """

    _scale, _mode, _distribution = 1.0, "fan_in", "uniform"


class LecunNormal(_NamedScaling):
    """Truncated normal of standard deviation `sqrt(1 / fan_in)`.

    Args:
        seed: As for `RandomNormal`.
        input_axes: As for `VarianceScaling`.
        output_axes: As for `VarianceScaling`.

    Source:
        LeCun et al., "Efficient BackProp", 1998, section 4.6.

    Example:
        >>> round(float(LecunNormal(seed=1)((100, 900)).std()), 3)  # sqrt(1 / 100)
        0.1
    """

    _scale, _mode, _distribution = 1.0, "fan_in", "truncated_normal"


class Orthogonal(_RandomInitializer):
    """A random matrix whose columns (or rows, if they are fewer) are orthonormal.

    It is the Q of the QR decomposition of a matrix of normal values. More than
    two dimensions are taken as a matrix of shape (all but the last, the last).

    Args:
        gain: Factor on the matrix. Default 1.0.
        seed: As for `RandomNormal`.

    Raises:
        TypeError: `seed` is not a whole number.
        ValueError: `seed` is negative, or, in a call, the shape has fewer than two
            dimensions.

    Source:
        Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear dynamics
        of learning in deep linear neural networks", 2014.

    Example:
        >>> q = Orthogonal(seed=1)((5, 3))
        >>> bool(np.allclose(q.T @ q, np.eye(3), atol=1e-6))
        True
    """

    def __init__(self, gain: float = 1.0, seed: int | None = None) -> None:
        super().__init__(seed)
        self.gain: float = finite_number("gain", gain)

    def _draw(self, random: np.random.Generator, shape: Sequence[int]) -> Any:
        if len(shape) < 2:
            raise ValueError(
                "Orthogonal makes a matrix, so the shape must have at least two "
                f"dimensions, but it is {tuple(shape)}."
            )
        rows, columns = math.prod(shape[:-1]), shape[-1]
        tall = (max(rows, columns), min(rows, columns))
        q, r = np.linalg.qr(random.standard_normal(tall))
        # QR leaves the sign of each column open. A positive diagonal of R settles
        # it, and with that every orthogonal matrix is equally likely.
        q = q * np.sign(np.diag(r))
        if rows < columns:
            q = q.T
        return self.gain * q.reshape(shape)


# Keras spells every initializer both ways, and these two a third one.
constant = Constant
glorot_normal = GlorotNormal
glorot_uniform = GlorotUniform
he_normal = HeNormal
he_uniform = HeUniform
identity = Identity
lecun_normal = LecunNormal
lecun_uniform = LecunUniform
ones = Ones
orthogonal = Orthogonal
random_normal = RandomNormal
random_uniform = RandomUniform
truncated_normal = TruncatedNormal
variance_scaling = VarianceScaling
zeros = Zeros
IdentityInitializer = Identity
OrthogonalInitializer = Orthogonal

_BY_NAME: dict[str, type[Initializer]] = {
    **spelled_small(globals(), Initializer),
    "normal": RandomNormal,
    "one": Ones,
    "uniform": RandomUniform,
    "zero": Zeros,
}


def get(identifier: InitializerLike) -> InitializerFunction | None:
    """Return the initializer that `identifier` stands for.

    Args:
        identifier: None (returned as it is), a name in either of Keras's
            spellings (`"he_normal"` or `"HeNormal"`), a configuration such as
            `{"class_name": "HeNormal", "config": {"seed": 1}}`, an initializer
            or its class, or any function that takes a shape and a dtype and
            returns an array.

    Returns:
        An initializer, a function, or None.

    Raises:
        TypeError: `identifier` is none of these.
        ValueError: No initializer has that name.

    Example:
        >>> get("glorot_uniform").get_config()
        {'seed': None, 'input_axes': None, 'output_axes': None}
    """
    if identifier is None:
        return None
    identifier = own_or_same("initializer", identifier, _BY_NAME)
    if isinstance(identifier, str):
        name = re.sub("(?i)_?initializer$", "", identifier)
        return look_up("initializer", name, _BY_NAME)()
    if isinstance(identifier, Mapping):
        return from_description("initializer", identifier, _BY_NAME)
    if isinstance(identifier, type) and issubclass(identifier, Initializer):
        return identifier()
    if callable(identifier):
        return identifier  # type: ignore[return-value]
    raise TypeError(
        'An initializer is given by its name, such as "glorot_uniform", or as an '
        "object such as initializers.HeNormal(), "
        f"but this one is of type {type(identifier).__name__}."
    )


def serialize(initializer: InitializerLike) -> Any:
    """Return the description of an initializer, as JSON can hold it.

    Raises:
        ValueError: There is no such initializer.

    Example:
        >>> serialize('he_normal')["class_name"]
        'HeNormal'
    """
    return describe_object(get(initializer))


@suggesting
def deserialize(
    config: InitializerLike, custom_objects: Mapping[str, Any] | None = None
) -> InitializerFunction | None:
    """Return the initializer that a description, or a name, stands for.

    Args:
        config: What `serialize` returned, or a name.
        custom_objects: What of your own it may name, by name.

    Raises:
        ValueError: There is no such initializer.

    Example:
        >>> serialize(deserialize('he_normal'))["class_name"]
        'HeNormal'
    """
    with CustomObjectScope(custom_objects):
        return get(config)


import_on_demand(__name__)
