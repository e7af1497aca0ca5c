"""What a model is made of, whatever puts it together: layers, calls and ends."""

from __future__ import annotations

import numbers
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from fastmlp._check.numbers import describe
from fastmlp._check.structure import Structure
from fastmlp._util.random import generator
from fastmlp.layers import Dense, Layer
from fastmlp.layers._shapes import Shape
from fastmlp.layers._tensor import KerasTensor, Node

if TYPE_CHECKING:
    from fastmlp.layers import Embedding

# Layers that can bring inputs of any size to numbers around 1.
SCALING_KINDS = ("affine", "batch_normalization")


class Call(NamedTuple):
    """A layer, and where its inputs lie."""

    layer: Layer
    sources: tuple[int, ...]  # k: the outputs of call k; -1 - j: input j
    training: bool | None = None  # False: it does not behave as in `fit` even there


class InputPort(NamedTuple):
    """One of the inputs of a network."""

    name: str
    shape: tuple[int, ...] | None  # of one sample; None while it is not known
    units: int = 0  # of the dense layers that get its rows; 0: others get it, too
    scales: bool = False  # whether what gets it scales it, as it is meant to
    # Of the embeddings that get its ids, that which knows the fewest.
    embedding: Embedding | None = None


class OutputPort(NamedTuple):
    """One of the outputs of a network."""

    name: str
    shape: tuple[int, ...]  # of one sample
    place: int  # as in `Call.sources`


class Topology(ABC):
    """What `Graph` and `Stack` have in common.

    Attributes:
        name: The name of the model.
        is_traced: Whether a `call` of the user's says what the layers do.
        layers: Its layers; a model that is a layer of it counts as one.
        leaves: All layers, those of inner models instead of these, each once.
        calls: The same, as often as they are called, in the order of their work.
        inputs: The inputs.
        outputs: The outputs.
        input_structure: How the user gives the inputs: one, a list or by name.
        output_structure: How the user gets the outputs.
    """

    name: str
    is_traced = False
    built: bool
    layers: list[Any]
    leaves: list[Layer]
    calls: list[Call]
    inputs: list[InputPort]
    outputs: list[OutputPort]
    input_structure: Structure
    output_structure: Structure

    def who_learns(self, trainable: bool) -> dict[Layer, bool]:
        """Return for each of the leaves whether it learns.

        Args:
            trainable: Whether the model does.
        """
        leaves = self.leaves
        if leaves == self.layers:  # No model among them: this is asked in each step.
            return {layer: trainable and layer.trainable for layer in leaves}
        learning = set(_learning(self.layers)) if trainable else set()
        return {layer: layer in learning for layer in leaves}

    @property
    def outlined(self) -> bool:
        """Whether it is known which layers the outputs come from."""
        return bool(self.leaves)

    def belong_to(self, model: Any) -> None:  # noqa: B027  # Most know no model.
        """Be the graph of a model, of its attributes and of its `call`."""

    def require_layers(self) -> None:  # noqa: B027  # Most have them.
        """Refuse to go on without layers."""

    def meet(self, x: Any) -> None:  # noqa: B027  # Most know them from the start.
        """Learn from the first inputs what they are like, before they are converted."""

    def resolve(self, tensor: KerasTensor) -> KerasTensor:
        """Return a tensor, or, if it is an input of the model, that of its `Input`."""
        return tensor

    @abstractmethod
    def refuse_changed(self) -> None:
        """Refuse inner models that got other layers since they were called.

        Raises:
            ValueError: There is one.
        """

    def last_layer(self, at: int) -> Layer:
        """Return the last layer that computes something on the way to an output.

        If there is none, it is the one whose outputs these are.
        """
        place, layer = self.outputs[at].place, self.leaves[-1]
        while place >= 0:
            layer, sources, _ = self.calls[place]
            if layer.kind is not None or len(sources) > 1:
                break
            place = sources[0]
        return layer

    def units_for(self, at: int, sample: tuple[int, ...]) -> int:
        """Return of how many units dense layers are that get the rows of an input.

        Args:
            at: Which input.
            sample: The shape of one of its samples.
        """
        return self.inputs[at].units

    def forget(self) -> None:  # noqa: B027  # A Graph is built from the start.
        """Be as it was before it was built, when what is around it could not be."""

    @abstractmethod
    def build_for(self, shapes: Sequence[Shape]) -> None:
        """Build the layers for inputs of these shapes, or see to it that they are.

        Raises:
            ValueError: They were built for others, or cannot take them.
        """

    @abstractmethod
    def shapes_for(self, samples: Sequence[tuple[int, ...]]) -> list[tuple[int, ...]]:
        """Return the shapes of one sample's outputs, for those of its inputs.

        Raises:
            ValueError: A layer cannot take what it would get.
        """

    @abstractmethod
    def output_shape_for(self, input_shape: Any) -> Any:
        """Return the shapes of a batch of outputs, for those of one of inputs."""

    @abstractmethod
    def symbolic_inputs(self) -> list[KerasTensor]:
        """Return the symbolic tensors of the inputs, in a flat list."""

    @abstractmethod
    def symbolic_outputs(self) -> list[KerasTensor]:
        """Return the symbolic tensors of the outputs, in a flat list."""

    def count_params(self) -> int:
        """Return how many numbers the weights are; errors as in `Sequential`."""
        if not self.built:
            raise ValueError(
                f"You tried to call `count_params` on {self.name!r}, but the model "
                "isn't built. Give it an input shape, or call "
                "`model.build((None, inputs))`."
            )
        return sum(layer.count_params() for layer in self.leaves)

    def get_layer(self, name: str | None = None, index: int | None = None) -> Any:
        """Return the layer with this name, or at this place.

        Raises:
            ValueError: There is no such layer, or not one of both was given.
        """
        if (name is None) == (index is None):
            raise ValueError("Provide either a layer name or a layer index.")
        if index is not None:
            if not isinstance(index, numbers.Integral):
                raise TypeError(
                    f"The index of a layer must be a whole number, not "
                    f"{describe(index)}."
                )
            if not -len(self.layers) <= index < len(self.layers):
                raise ValueError(
                    f"Was asked to retrieve layer at index {index} but model only has "
                    f"{len(self.layers)} layers."
                )
            return self.layers[index]
        for layer in self.layers:
            if layer.name == name:
                return layer
        names = [layer.name for layer in self.layers]
        raise ValueError(
            f"No such layer: {describe(name)}. Existing layers are: {names}."
        )


def refuse_changed(name: str, nodes: Iterable[Node]) -> None:
    """Refuse calls of models that got other layers since.

    Args:
        name: The name of the model around them.
        nodes: The calls within it.
    """
    for node in nodes:
        if node.calls is None:  # Of a layer.
            continue
        inner = node.operation
        if node.calls is not inner.graph.calls:
            raise ValueError(
                f"Model {inner.name!r} got other layers since it was called, so "
                f"that model {name!r} has another one within. Call it again, "
                "and make the model of what it returns."
            )
        inner.graph.refuse_changed()


def leaves_of(layers: Sequence[Any]) -> list[Layer]:
    """Return all layers, those of inner models instead of these, each once."""
    found: dict[Layer, None] = {}
    for one in layers:
        inner = [one] if isinstance(one, Layer) else one.graph.leaves
        found |= dict.fromkeys(inner)
    return list(found)


def graphs_of(layers: Iterable[Any]) -> Iterator[Topology]:
    """Go through the graphs of the models among layers, and of those within them."""
    for one in layers:
        if not isinstance(one, Layer):
            yield one.graph
            yield from graphs_of(one.graph.layers)


@contextmanager
def all_or_none(owner: str, layers: Sequence[Any]) -> Iterator[None]:
    """Build within all of some layers and models, or after an error none.

    Args:
        owner: The name of the model around them.
        layers: The layers and models.
    """
    new = [one for one in leaves_of(layers) if not one.built]
    graphs = [one for one in graphs_of(layers) if not one.built]
    state = generator().bit_generator.state
    try:
        yield
    except BaseException:
        for layer in new:
            layer.unbuild()
        for graph in graphs:
            graph.forget()
        generator().bit_generator.state = state
        raise
    for layer in new:
        layer.put_in(owner)


def _learning(layers: Sequence[Any]) -> Iterator[Layer]:
    """Go through the layers that learn: all models around them do, and they do."""
    for one in layers:
        if isinstance(one, Layer) and one.trainable:
            yield one
        elif one.trainable:
            yield from _learning(one.graph.layers)


def port_of(
    name: str, shape: tuple[int, ...] | None, readers: list[Layer]
) -> InputPort:
    """Return an input, and what the layers that get it make of it."""
    units = 0
    if all(isinstance(one, Dense) and len(one.input_shape) == 2 for one in readers):
        units = sum(one.units for one in readers if isinstance(one, Dense))
    scales = all(one.kind in SCALING_KINDS for one in readers) and bool(readers)
    return InputPort(name, shape, units, scales, fewest_ids(readers))


def fewest_ids(readers: Iterable[Layer]) -> Embedding | None:
    """Return of the embeddings among layers that which knows the fewest ids."""
    found: list[Any] = [one for one in readers if one.kind == "embedding"]
    return min(found, key=lambda one: one.input_dim, default=None)


def readers_of(calls: Sequence[Call], inputs: int = 1) -> list[list[Layer]]:
    """Return for each of so many inputs the layers that compute something of it."""
    readers: list[list[Layer]] = [[] for _ in range(inputs)]
    # Where inputs lie as they are, perhaps in another shape.
    same = {-1 - at: at for at in range(inputs)}
    for number, call in enumerate(calls):
        for at in {same[source] for source in call.sources if source in same}:
            if call.layer.kind is None:
                same[number] = at
            else:
                readers[at].append(call.layer)
    return readers


def calls_in_a_row(layers: Sequence[Any]) -> tuple[list[Call], int]:
    """Return the calls of layers in a row, and where the outputs of the last lie."""
    calls: list[Call] = []
    place = -1
    for layer in layers:
        (place,) = put_in(calls, layer, [place])
    return calls, place


def put_in(
    calls: list[Call],
    operation: Any,
    sources: list[int],
    training: bool | None = None,
) -> list[int]:
    """Put the calls of a layer, or of an inner model, behind others.

    Returns:
        Where its outputs lie.
    """
    if isinstance(operation, Layer):
        calls.append(Call(operation, tuple(sources), training))
        return [len(calls) - 1]
    begin = len(calls)

    def place(within: int) -> int:
        return sources[-1 - within] if within < 0 else begin + within

    calls += [
        Call(
            layer, tuple(place(one) for one in within), training if own is None else own
        )
        for layer, within, own in operation.graph.calls
    ]
    return [place(one.place) for one in operation.graph.outputs]
