"""Layers: the pieces of a network.

A layer describes itself: its sizes, its initial weights, its activation. It does not
loop over samples; `fastmlp.models` turns all layers into one flat plan for that.
"""

import math
import operator
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from numpy.typing import ArrayLike

from fastmlp import activations, initializers, kernels
from fastmlp._data import as_inputs
from fastmlp._names import name_of
from fastmlp._numbers import as_float32, describe, real_numbers
from fastmlp.plan import Float32

Shape = tuple[int | None, ...]

# Attributes that a layer gets once.
_LASTING = frozenset({"activation", "input_shape", "output_shape", "units", "use_bias"})

# More float64 numbers than any memory can have addresses for.
_MOST_WEIGHTS = sys.maxsize // 8


class Layer:
    """What all layers have in common.

    Attributes:
        name: Its name, unique in a model.
        built: Whether its sizes are known, so that it has its weights.
        input_shape: (None, inputs) once it is built.
        output_shape: (None, outputs) once it is built.
    """

    activation: activations.ActivationFunction

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute, unless compiled code relies on it to last."""
        if name in _LASTING and name in self.__dict__:
            raise AttributeError(
                f"A layer keeps its {name}: make a new {type(self).__name__} instead."
            )
        super().__setattr__(name, value)

    def __init__(
        self,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
        input_dim: int | None = None,
    ) -> None:
        self.name = name_of(self, name)
        if input_dim is not None:
            input_shape = (input_dim,)
        self.declared_inputs = None if input_shape is None else features_of(input_shape)
        self.built = False

    def output_width(self, inputs: int) -> int:
        """Return how many outputs the layer has for that many inputs."""
        return inputs

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Give the layer its sizes and initial weights.

        Args:
            input_shape: (rows, inputs); the number of rows may be None.

        Raises:
            ValueError: The number of inputs is missing, or the layer is built already.
            MemoryError: There is no room for so many weights.
        """
        inputs = inputs_of(input_shape)
        if self.built:
            raise ValueError(
                f"Layer {self.name!r} is built already, for {self.input_shape[1]} "
                "inputs. Make a new layer, or give this one `set_weights`."
            )
        self.use_arrays(self.initial_weights(inputs))
        self.input_shape: Shape = (None, inputs)
        self.output_shape: Shape = (None, self.output_width(inputs))
        self.built = True

    def initial_weights(self, inputs: int) -> list[Float32]:
        """Return the arrays that the layer is to learn, for that many inputs."""
        return []

    def unbuild(self) -> None:
        """Forget sizes and weights, when another layer could not be built."""
        self.use_arrays([])
        self.built = False
        self.__dict__.pop("input_shape", None)
        self.__dict__.pop("output_shape", None)

    @property
    def trainable(self) -> bool:
        """Always True: all layers learn."""
        return True

    @trainable.setter
    def trainable(self, value: bool) -> None:
        if not value:
            raise ValueError(
                f"Layer {self.name!r} cannot be frozen: in fastmlp all layers learn."
            )

    @property
    def weights(self) -> list[Float32]:
        """The arrays that the layer learns, as they are: no copies."""
        return []

    def use_arrays(self, arrays: Sequence[Float32]) -> None:
        """Keep the weights in these arrays from now on."""

    def get_weights(self) -> list[Float32]:
        """Return copies of the layer's weights: [kernel, bias] for `Dense`."""
        return [weight.copy() for weight in self.weights]

    def set_weights(self, weights: Sequence[ArrayLike]) -> None:
        """Give the layer other weights, as `get_weights` returns them.

        Raises:
            ValueError: Number or shape of the arrays do not fit; then none is set.
        """
        set_all(self.name, self.weights, weights)

    def count_params(self) -> int:
        """Return how many numbers the layer learns.

        Raises:
            ValueError: The layer is not built yet.
        """
        if not self.built:
            raise ValueError(
                f"You tried to call `count_params` on layer {self.name!r}, but the "
                "layer isn't built: it does not know its number of inputs yet."
            )
        return sum(weight.size for weight in self.weights)

    def __call__(self, inputs: ArrayLike) -> Float32:
        """Return the outputs of this layer alone, (rows, outputs)."""
        if isinstance(inputs, Input):
            refuse_functional_api()
        expected = self.input_shape[1] if self.built else None
        owner = f"Layer {self.name!r}"
        x = as_inputs(inputs, expected, finite=False, owner=owner)
        if not self.built:
            self.build(x.shape)
        return self.call(x)

    def call(self, x: Float32) -> Float32:
        """Return the outputs for checked inputs."""
        raise NotImplementedError

    def __repr__(self) -> str:
        """Return class, name and whether the layer is built."""
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"


class Input(Layer):
    """Says how many inputs a model has; the first thing in `Sequential`.

    It does not count among `model.layers`.

    Args:
        shape: The shape of one sample: (inputs,).
        name: Its name.

    Raises:
        ValueError: The shape is not a tuple with one positive number.

    Example:
        >>> Input((784,)).declared_inputs
        784
    """

    def __init__(self, shape: Sequence[int], *, name: str | None = None) -> None:
        super().__init__(name, shape)


InputLayer = Input


class Dense(Layer):
    """A layer in which every unit sees every input: y = activation(x kernel + bias).

    Args:
        units: How many outputs it has.
        activation: The function applied to x kernel + bias, by name or from
            `fastmlp.activations`. Default None: none.
        use_bias: Whether there is a bias. Default True.
        kernel_initializer: How the kernel, (inputs, units), starts.
            Default "glorot_uniform".
        bias_initializer: How the bias, (units,), starts. Default "zeros".
        name: Its name. Default "dense", "dense_1" and so on.
        input_shape: The shape of one sample, for a model's first layer: (inputs,).
        input_dim: The same as a number.

    Raises:
        TypeError: `units` is not a whole number.
        ValueError: `units` is not positive, or a name is unknown.

    Example:
        >>> layer = Dense(3, activation="relu", input_shape=(4,))
        >>> layer.build((None, 4))
        >>> layer.kernel.shape, layer.bias.shape, layer.count_params()
        ((4, 3), (3,), 15)
    """

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
        input_dim: int | None = None,
        **extra: Any,
    ) -> None:
        if extra:
            raise ValueError(
                "Unrecognized keyword arguments passed to Dense: "
                f"{', '.join(extra)}. It knows units, activation, use_bias, "
                "kernel_initializer, bias_initializer, name and input_shape."
            )
        self.units = _positive_whole("units", units)
        self.activation = activations.get(activation)
        self.use_bias = bool(use_bias)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self._weights: list[Float32] = []
        super().__init__(name, input_shape, input_dim)

    def output_width(self, inputs: int) -> int:
        """Return `units`."""
        return self.units

    def initial_weights(self, inputs: int) -> list[Float32]:
        """Return kernel and bias as the initializers make them."""
        kernel = self._initial("kernel", self.kernel_initializer, (inputs, self.units))
        if not self.use_bias:
            return [kernel]
        return [kernel, self._initial("bias", self.bias_initializer, (self.units,))]

    def _initial(self, name: str, initializer: Any, shape: tuple[int, ...]) -> Float32:
        """Return initial weights, checked: an initializer may be anyone's code."""
        try:
            if math.prod(shape) > _MOST_WEIGHTS:
                raise MemoryError
            values = initializer(shape, dtype="float32")
        except MemoryError:
            raise MemoryError(
                f"There is no room for the {name} of layer {self.name!r}, of shape "
                f"{shape}. Use fewer units."
            ) from None
        what = f"The initial {name} of layer {self.name!r}"
        array = as_float32(what, real_numbers(what, values), finite=False)
        if array.shape != shape:
            raise ValueError(
                f"{what} has shape {array.shape}, but it must have shape {shape}. "
                "Mend its initializer."
            )
        return array if array.flags.writeable else array.copy()

    @property
    def weights(self) -> list[Float32]:
        """[kernel, bias], or [kernel] without bias; as they are, no copies."""
        return list(self._weights)

    def use_arrays(self, arrays: Sequence[Float32]) -> None:
        """Keep kernel and bias in these arrays from now on."""
        self._weights = list(arrays)

    @property
    def kernel(self) -> Float32:
        """The kernel, (inputs, units)."""
        if not self.built:
            raise AttributeError(
                f"Layer {self.name!r} has no kernel yet: it is made when the number "
                "of inputs is known. Give the model an input shape, or call `build`."
            )
        return self._weights[0]

    @property
    def bias(self) -> Float32 | None:
        """The bias, (units,), or None."""
        return self._weights[1] if len(self._weights) > 1 else None

    def call(self, x: Float32) -> Float32:
        """Return activation(x kernel + bias)."""
        return self.activation(kernels.dense_forward(x, self.kernel, self.bias))


class Activation(Layer):
    """A layer that applies an activation and learns nothing.

    Args:
        activation: A name, or a function of `fastmlp.activations`.
        name: Its name. Default "activation", "activation_1" and so on.
        input_shape: The shape of one sample, for a model's first layer: (inputs,).

    Raises:
        ValueError: There is no such activation.

    Example:
        >>> Activation("relu")([[-1.0, 2.0]])
        array([[0., 2.]], dtype=float32)
    """

    def __init__(
        self,
        activation: Any,
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        self.activation = activations.get(activation)
        super().__init__(name, input_shape)

    def call(self, x: Float32) -> Float32:
        """Return activation(x)."""
        return self.activation(x)


def refuse_functional_api() -> NoReturn:
    """Say that layers cannot be called on `Input`."""
    raise TypeError(
        "fastmlp builds networks as a stack of layers; the functional API, in which a "
        "layer is called on an Input, is not part of it. Write "
        "models.Sequential([layers.Input((784,)), layers.Dense(10), ...])."
    )


def inputs_of(input_shape: Any) -> int:
    """Return the number of inputs in the shape of a batch, (rows, inputs).

    Raises:
        ValueError: There are not two numbers, or the second is not positive.
    """
    if not isinstance(input_shape, (tuple, list)) or len(input_shape) != 2:
        raise ValueError(
            f"input_shape must be (None, inputs), such as (None, 784), not "
            f"{describe(input_shape)}."
        )
    return features_of(input_shape[1:])


def features_of(shape: Any) -> int:
    """Return the number of inputs in the shape of one sample.

    Raises:
        ValueError: The shape is not a tuple with one positive whole number.
    """
    if not isinstance(shape, (tuple, list)):
        raise ValueError(
            f"Cannot convert {describe(shape)} to a shape: write a tuple, such as "
            "(784,)."
        )
    if len(shape) != 1:
        raise ValueError(
            f"The shape of one sample must have one number, such as (784,), not "
            f"{describe(tuple(shape))}. Flatten each sample first: "
            "x.reshape(len(x), -1)."
        )
    try:
        features = operator.index(shape[0])
    except TypeError:
        features = 0
    if features < 1:
        raise ValueError(
            f"Cannot convert {describe(tuple(shape))} to a shape: the number of inputs "
            "must be a positive whole number."
        )
    return features


def set_all(owner: str, arrays: Sequence[Float32], values: Sequence[ArrayLike]) -> None:
    """Copy values into arrays: all of them, or, if one does not fit, none."""
    if not isinstance(values, (list, tuple)):
        raise TypeError(
            f"`set_weights` of {owner!r} takes a list of arrays, as `get_weights` "
            f"returns them, not {describe(values)}."
        )
    if len(values) != len(arrays):
        hint = "" if arrays else " If it is not built yet, give it an input shape."
        raise ValueError(
            f"You called `set_weights(weights)` on {owner!r} with a weight list of "
            f"length {len(values)}, but it was expecting {len(arrays)} weights.{hint}"
        )
    new = []
    for number, (array, value) in enumerate(zip(arrays, values, strict=True)):
        what = f"Weight {number} of {owner!r}"
        given = real_numbers(what, value)
        if given.shape != array.shape:
            raise ValueError(
                f"{what} has shape {array.shape}, which is not compatible with the "
                f"shape {given.shape} that was given."
            )
        # Copied: these may be the very arrays that are about to change.
        new.append(as_float32(what, given, finite=False).copy())
    for array, value in zip(arrays, new, strict=True):
        array[...] = value


def _positive_whole(name: str, value: Any) -> int:
    """Return a positive whole number, or say what is wrong with it."""
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(
            f"Received an invalid value for `{name}`, expected a positive integer. "
            f"Received: {describe(value)}."
        ) from None
    if number < 1:
        raise ValueError(
            f"Received an invalid value for `{name}`, expected a positive integer. "
            f"Received: {number}."
        )
    return number
