"""Layers of one's own: a `call` in terms of `fastmlp.ops`, or both ways by hand.

By hand, a layer has `forward(x)`, which returns y, and `backward(x, y, dy)`, which
returns dx and leaves the gradients of its weights in `self.gradients`, by name.
"""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fastmlp._check.lookup import own_or_same
from fastmlp._check.names import as_text, next_name
from fastmlp._check.numbers import as_float32, describe, real_numbers, true_or_false
from fastmlp.layers._layer import Layer
from fastmlp.layers._shapes import Shape, batch_shape, sizes_of
from fastmlp.layers._tensor import KerasTensor
from fastmlp.plan import Float32

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fastmlp.layers._variable import Variable
    from fastmlp.typing import LayerOptions

__all__ = ["Lambda"]

Array = NDArray[Any]

# From the gradient of the outputs to those of the inputs, and then of the weights.
WayBack = Callable[[Array], list[Array]]

# How many rows a call is tried with, to learn the shape of what comes out.
_TRIED_ROWS = 7


def add_weight(
    layer: Layer,
    shape: Sequence[int],
    initializer: Any,
    trainable: bool,
    regularizer: Any,
    constraint: Any,
    name: str | None,
) -> Variable:
    """Give a layer a weight; the arguments are those of `Layer.add_weight`."""
    from fastmlp import constraints, initializers, regularizers
    from fastmlp.layers._variable import Variable

    name = as_text("name", name or next_name("variable"))
    sizes = (shape,) if isinstance(shape, int) else tuple(shape)
    trainable = true_or_false("trainable", trainable)
    if initializer is None:
        initializer = "glorot_uniform" if len(sizes) > 1 else "zeros"
    drawn = layer._initial_array(name, initializers.get(initializer), sizes)
    variable = Variable(drawn, name, trainable)
    if name in layer._weight_names:
        raise ValueError(
            f"Layer {layer.name!r} has a weight {name!r} already: give this one "
            "another name."
        )
    # Those that learn come first, as everywhere.
    at = layer.learnable if trainable else len(layer._weights)
    layer._weights.insert(at, drawn)
    layer._weight_names.insert(at, name)
    layer._shown = []
    layer._variables.insert(at, variable)
    layer.learnable += int(trainable)
    layer._array_functions[name] = (
        regularizers.get(regularizer),
        constraints.get(constraint),
    )
    return variable


def complete(build: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    """Return a `build` after which the layer knows its shapes, whatever it does."""

    @functools.wraps(build)
    def whole(layer: Any, input_shape: Any) -> None:
        if layer._is_building:  # It calls that of its base class.
            build(layer, input_shape)
            return
        shape = checked_shape(input_shape)
        before = {
            name: copy.copy(value) if isinstance(value, (list, dict)) else value
            for name, value in vars(layer).items()
        }
        layer._is_building = True
        try:
            build(layer, input_shape)
            vars(layer)["input_shape"] = shape
            vars(layer)["output_shape"] = batch_shape(layer.compute_output_shape(shape))
        except BaseException:
            vars(layer).clear()
            vars(layer).update(before)
            raise
        else:
            layer._before_build = before
        finally:
            layer._is_building = False
        layer.built = True

    return whole


def checked_shape(shape: Any) -> Any:
    """Return the shape of the inputs, or the list of those of several."""
    if isinstance(shape, (list, tuple)) and all(
        isinstance(one, (list, tuple)) for one in shape
    ):
        return [batch_shape(one) for one in shape]
    return batch_shape(shape)


def tried_shape(layer: Layer, shape: Any) -> Shape:
    """Return the shape of a batch of outputs: what comes out for some zeros."""
    shapes = shape if isinstance(shape, list) else [shape]
    zeros = [np.zeros((_TRIED_ROWS, *sizes_of(one)), np.float32) for one in shapes]
    kept = [one.value.copy() for one in layer._variables]
    y = run(layer, zeros, False)[0]
    for variable, value in zip(layer._variables, kept, strict=True):
        variable.value[...] = value
    if not isinstance(y, np.ndarray) or y.ndim < 2 or len(y) != _TRIED_ROWS:
        found = f"shape {np.shape(y)}" if isinstance(y, np.ndarray) else describe(y)
        raise ValueError(
            f"Layer {layer.name!r} must return a row of outputs for each row of its "
            f"inputs: for {_TRIED_ROWS} rows it returned {found}."
        )
    return (None, *y.shape[1:])


def run(
    layer: Any, inputs: Sequence[Array], training: bool, learns: bool = False
) -> tuple[Array, WayBack | None]:
    """Return what a layer makes of its inputs, and, in training, the way back.

    Args:
        layer: The layer.
        inputs: Each (rows, *shape of a sample).
        training: Whether it is to behave as in `fit`.
        learns: Whether the gradients of its weights are asked for.
    """
    # Only here: to import the operations takes longer than most programs need.
    from fastmlp.ops._tape import pull_back
    from fastmlp.ops._traced import Traced, untraced

    variables = layer._variables[: layer.learnable] if learns else []
    if hasattr(layer, "forward"):
        return _by_hand(layer, list(inputs), [one.name for one in variables])
    traced = [Traced(x) for x in inputs]
    kind: Any = type(layer)
    options = {"training": training} if takes_training(kind) else {}
    y = layer.call(traced if len(traced) > 1 else traced[0], **options)

    def back(dy: Array) -> list[Array]:
        return pull_back([y], [dy], [*traced, *variables])

    return untraced(y), back if training else None


def _by_hand(
    layer: Any, inputs: list[Array], names: list[str]
) -> tuple[Array, WayBack]:
    # Computed with a variable, such as x @ self.w, results remember how: no need here.
    from fastmlp.ops._traced import untraced

    x = inputs if len(inputs) > 1 else inputs[0]
    y = untraced(layer.forward(x))

    def back(dy: Array) -> list[Array]:
        dx = layer.backward(x, y, dy)
        gradients = layer.gradients
        missing = [name for name in names if name not in gradients]
        if missing:
            raise ValueError(
                f"`backward` of layer {layer.name!r} must leave the gradient of its "
                f"weight {missing[0]!r} in self.gradients[{missing[0]!r}]."
            )
        own = list(dx) if isinstance(dx, (list, tuple)) else [dx]
        return list(map(untraced, [*own, *(gradients[name] for name in names)]))

    return y, back


@functools.cache
def takes_training(kind: type) -> bool:
    """Tell whether `call` of a class has the argument `training`."""
    return "training" in inspect.signature(kind.call).parameters  # type: ignore[attr-defined]


def evaluate(layer: Layer, inputs: Any, training: bool) -> Float32:
    """Return the outputs of a layer alone."""
    several = isinstance(inputs, (list, tuple)) and len(inputs) > 0
    several = several and all(getattr(one, "ndim", 0) > 1 for one in inputs)
    arrays = [
        as_float32("x", real_numbers("x", one), finite=False)
        for one in (inputs if several else [inputs])
    ]
    # As in a model: nothing writes to what the user has.
    arrays = [one.view() for one in arrays]
    for one in arrays:
        one.flags.writeable = False
    shapes: list[Shape] = [(None, *one.shape[1:]) for one in arrays]
    if not layer.built:
        given: Any = shapes if several else shapes[0]
        layer.build(given)
    return as_float32("y", run(layer, arrays, training)[0], finite=False)


def noted(
    operation: Callable[..., Any], arguments: tuple[Any, ...], settings: dict[str, Any]
) -> KerasTensor:
    """Note an operation on symbolic tensors as the call of a layer.

    Args:
        operation: A function of `fastmlp.ops`.
        arguments: Its arguments, symbolic tensors and lists of such among them.
        settings: The same, by name.
    """
    found: list[KerasTensor] = []

    def hidden(value: Any) -> Any:
        if isinstance(value, KerasTensor):
            found.append(value)
            return _Place(len(found) - 1)
        if isinstance(value, (list, tuple)):
            return type(value)(hidden(one) for one in value)
        return value

    def shown(value: Any, tensors: Any) -> Any:
        if isinstance(value, _Place):
            return tensors[value.number]
        if isinstance(value, (list, tuple)):
            return type(value)(shown(one, tensors) for one in value)
        return value

    places = [hidden(one) for one in arguments]
    named = {name: hidden(one) for name, one in settings.items()}
    tensors, count = tuple(found), len(found)
    found.clear()  # They are inputs of the layer, which keeps none of them.

    def function(x: Any) -> Any:
        given = x if count > 1 else [x]
        y = operation(
            *(shown(one, given) for one in places),
            **{name: shown(one, given) for name, one in named.items()},
        )
        # What is true or a place, such as of `x > 0`, has no gradient: 1.0, 0.0.
        is_whole = isinstance(y, np.ndarray) and y.dtype.kind in "biu"
        return y.astype(np.float32) if is_whole else y

    # What a message calls it that cannot be in a file.
    function.__name__ = operation.__name__
    layer = Lambda(function, name=next_name(operation.__name__))
    layer.noted = f"{operation.__name__}{places!r}{named!r}"
    return layer._connect(list(tensors))


class _Place:
    """Where a symbolic tensor stood."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __repr__(self) -> str:
        return f"input {self.number}"


class Lambda(Layer):
    """A function as a layer, in terms of `fastmlp.ops`, operators or NumPy's functions.

    Args:
        function: From x, (rows, *shape of a sample), to y, (rows, ...). Called on a
            list of inputs, it gets a list.
        output_shape: Accepted for the sake of Keras; it is found by trying.
        **common: What all layers take: see `Layer`.

    Raises:
        TypeError: It is no function.

    Example:
        >>> Lambda(lambda x: x**2)([[1, 2, 3]])
        array([[1., 4., 9.]], dtype=float32)
    """

    kind: ClassVar[str | None] = "function"
    # Of an operation that was noted: what it is, for comparison.
    noted: str = ""

    def __init__(
        self,
        function: Callable[..., Any],
        output_shape: Any = None,
        **common: Unpack[LayerOptions],
    ) -> None:
        if not callable(function):
            raise TypeError(
                f"Lambda takes a function of an array, not {describe(function)}."
            )
        self.function: Callable[..., Any] = function
        super().__init__(**common)

    def call(self, x: Any, training: bool = False) -> Any:
        """Return what the function makes of x."""
        return self.function(x)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this layer again."""
        config = super().get_config()
        # The shape that was found has this name, too.
        config.pop("output_shape", None)
        return config

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Lambda:
        """Return a layer made with the arguments that `get_config` gave.

        Raises:
            ValueError: The function is code in the file, or is not registered.
        """
        given = {**config, "function": own_or_same("function", config["function"], {})}
        # What Keras's files say beside; none of it changes what is computed.
        for name in ("arguments", "mask", "output_shape"):
            if not given.get(name):
                given.pop(name, None)
        made: Lambda = super().from_config(given)
        return made
