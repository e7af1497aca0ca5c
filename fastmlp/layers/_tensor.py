"""Symbolic tensors: what layers are called on to draw a network.

A layer that is called on a symbolic tensor computes nothing. It takes note of the call,
as a `Node`, and returns the symbolic tensor of what would come out. From both ends of
such notes, `fastmlp.models.Model` makes a network.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar, NoReturn

import numpy as np

from fastmlp._check.names import next_name
from fastmlp._check.numbers import true_or_false
from fastmlp._util.operators import OPERATIONS, Operators
from fastmlp.layers._shapes import Shape


class NoNumbersYet(TypeError):
    """Something asks a symbolic tensor for its numbers: maybe it can be noted."""


# What has a layer of its own, and so can be kept in a file.
_MERGES = {"add": "Add", "subtract": "Subtract", "multiply": "Multiply"}


def _merged(name: str, left: Any, right: Any, **settings: Any) -> Any:
    """Return the symbolic tensor of a sum, a difference or a product."""
    from fastmlp import layers

    both = isinstance(left, KerasTensor) and isinstance(right, KerasTensor)
    if both and left.shape == right.shape and not settings:
        return getattr(layers, _MERGES[name])()([left, right])
    tensor, number = (left, right) if isinstance(left, KerasTensor) else (right, left)
    is_number = isinstance(number, (int, float)) and not isinstance(number, bool)
    if is_number and not settings:
        scale, offset = {
            "add": (1.0, number),
            "subtract": (1.0, -number) if tensor is left else (-1.0, number),
            "multiply": (number, 0.0),
        }[name]
        return layers.Rescaling(scale, offset)(tensor)
    return OPERATIONS[name](left, right, **settings)


class KerasTensor(Operators):
    """Stands for numbers that are not there yet: inputs, or outputs of a layer.

    `Input` makes the first one, and layers and models that are called on it the others.

    Args:
        node: The call that it comes out of.
        index: Which of its outputs it is.

    Attributes:
        shape: (None, outputs): the shape of a batch, whose rows are not counted yet.
        dtype: "float32", or what an `Input` was told.
        name: Its name.

    Example:
        >>> from fastmlp.layers import Dense, Input
        >>> Dense(3)(Input((4,))).shape
        (None, 3)
    """

    def __init__(self, node: Node, index: int = 0) -> None:
        if not isinstance(node, Node):
            raise TypeError(
                "A symbolic tensor is nothing that you make by itself: Input((784,)) "
                "returns one, and so does a layer that is called on one."
            )
        self.node = node
        self.index = index
        self.shape: Shape = node.shapes[index]
        self.name: str = node.names[index]
        self.dtype: str = getattr(node.operation, "dtype", "float32")

    @staticmethod
    def _operation(name: str, /) -> Callable[..., Any]:
        # Only here: to import the operations takes longer than most programs need.
        import fastmlp.ops  # noqa: F401

        return partial(_merged, name) if name in _MERGES else OPERATIONS[name]

    def __neg__(self) -> Any:
        """Return the symbolic tensor of its negative."""
        return self * -1.0

    @property
    def ndim(self) -> int:
        """How many axes it has, that of the rows among them."""
        return len(self.shape)

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        """Say that there are no numbers."""
        raise NoNumbersYet(
            f"{self!r} is a symbolic tensor, which has no numbers: make a model of it, "
            "Model(inputs, outputs), and give that model arrays."
        )

    def __bool__(self) -> NoReturn:
        """Say that there are no numbers to ask."""
        raise TypeError(
            f"{self!r} is a symbolic tensor: whether it is true, no one knows before "
            "there are numbers."
        )

    def __repr__(self) -> str:
        """Return shape and name."""
        return (
            f"<KerasTensor shape={self.shape}, dtype={self.dtype}, sparse=False, "
            f"ragged=False, name={self.name}>"
        )


class Node:
    """One call of a layer or of a model: what it got, and what comes out of it.

    Attributes:
        operation: What was called.
        inputs: What it was called on; of an `InputLayer`, nothing.
        shapes: The shapes of what comes out.
        names: The names of that.
        structure: How what comes out is given to the user: one tensor, or those in a
            list or dictionary, by their places.
        training: False if the call said so: then the layer does not behave as in `fit`
            even there. None: as the model does.
        number: Which of all calls it is, counted from 0.
        calls: Of a model, what it was made of when it was called.
    """

    def __init__(
        self,
        operation: Operation,
        inputs: tuple[KerasTensor, ...],
        shapes: tuple[Shape, ...],
        names: tuple[str, ...] | None = None,
        structure: Any = 0,
        training: bool | None = None,
        calls: Any = None,
    ) -> None:
        self.training = training
        self.calls = calls
        self.operation = operation
        self.inputs = inputs
        self.shapes = shapes
        self.names: tuple[str, ...] = names or tuple(
            next_name("keras_tensor") for _ in shapes
        )
        self.structure = structure
        self.number: int = operation._called
        operation._called += 1
        operation._note(self)

    @property
    def outputs(self) -> Any:
        """What comes out: a symbolic tensor, or a list or dictionary of them."""
        if isinstance(self.structure, int):
            return KerasTensor(self, self.structure)
        if isinstance(self.structure, Mapping):
            places = self.structure.items()
            return {name: KerasTensor(self, place) for name, place in places}
        return [KerasTensor(self, place) for place in self.structure]

    def order(self) -> list[int]:
        """Return the places of what comes out as Keras counts them: names in order."""
        if isinstance(self.structure, Mapping):
            return [self.structure[name] for name in sorted(self.structure)]
        return list(range(len(self.shapes)))

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Make a copy, of which the copy of the operation takes note."""
        self.__dict__.update(state)
        self.operation._note(self)


class Operation:
    """What can be called on symbolic tensors: a layer, or a model.

    Attributes:
        name: Its name.
        graph: Of a model, what it is made of.
    """

    name: str
    graph: Any
    # Whether Keras counts its parameters before it knows the inputs: there are none.
    counted_at_once: ClassVar[bool] = False
    # Whether it brings several inputs together, which it is given as a list.
    merges: ClassVar[bool] = False
    # How often it was called.
    _called: int = 0
    # Its calls; whoever has a tensor of one keeps it, and else it is forgotten.
    _nodes: tuple[weakref.ref[Node], ...] = ()

    def _note(self, node: Node) -> None:
        """Remember a call."""
        self._nodes = (*(one for one in self._nodes if one()), weakref.ref(node))

    def _noted(self) -> list[Node]:
        """Return its calls whose tensors are still in use, the first one first."""
        return [node for one in self._nodes if (node := one()) is not None]

    @property
    def input(self) -> Any:
        """The symbolic tensor that it was first called on, or the list of them."""
        inputs = self._first_call("input").inputs
        return inputs[0] if len(inputs) == 1 else list(inputs)

    @property
    def output(self) -> Any:
        """The symbolic tensor that came out of its first call."""
        return self._first_call("output").outputs

    def _first_call(self, what: str) -> Node:
        nodes = self._noted()
        if not nodes:
            raise AttributeError(
                f"The layer {self.name} has never been called and thus has no defined "
                f"{what}: call it on a symbolic tensor, such as Input((784,)), or put "
                "it into a model that knows its inputs."
            )
        return nodes[0]


class TracedTraining:
    """Stands for `training` while `call` of a model is traced: as the model does.

    Args:
        value: What it is in an `if`.
    """

    def __init__(self, value: bool) -> None:
        self.value = value

    def __bool__(self) -> bool:
        """Return the value."""
        return self.value


def as_in_training(operation: Operation, training: Any) -> bool:
    """Tell whether a call says that something is to behave as in `fit`.

    Raises:
        TypeError: `training` is neither True, False nor None, but perhaps a second
            input.
    """
    if training is None or isinstance(training, TracedTraining):
        return bool(training)
    if isinstance(training, (KerasTensor, list, tuple)) or np.ndim(training):
        raise TypeError(
            f"{operation.name!r} is called on one thing, and then told `training`: "
            "give it several in a list, layer([a, b])."
        )
    return true_or_false("training", training)


def training_of(operation: Operation, training: Any) -> bool | None:
    """Return what a symbolic call says of `training`: False, or nothing.

    Raises:
        TypeError: It is neither True, False nor None, but perhaps a second input.
        ValueError: It is True: a model that is used does not behave as in `fit`.
    """
    if training is None or isinstance(training, TracedTraining):
        return None
    if as_in_training(operation, training):
        raise ValueError(
            f"{operation.name!r} is called with training=True, but in `predict` no "
            "layer behaves as in `fit`. Leave it out here, and call "
            "model(x, training=True) where you want that."
        )
    return False


def symbolic_in(inputs: Any) -> bool:
    """Tell whether inputs are symbolic tensors, or some of them are."""
    if isinstance(inputs, KerasTensor):
        return True
    if isinstance(inputs, Mapping):
        inputs = inputs.values()
    elif not isinstance(inputs, (list, tuple)):
        return False
    return any(isinstance(one, KerasTensor) for one in inputs)
