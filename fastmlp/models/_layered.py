"""The face of a model before it learns: its layers, their shapes and their weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from numpy.typing import ArrayLike

from fastmlp import _model
from fastmlp._check.names import name_of
from fastmlp._check.numbers import describe, true_or_false
from fastmlp._model.network import Network
from fastmlp._model.topology import (
    Topology,
)
from fastmlp.layers import Layer
from fastmlp.layers._checks import checked_weights
from fastmlp.layers._shapes import Shape, with_rows_of
from fastmlp.layers._tensor import KerasTensor, Node, Operation, training_of
from fastmlp.layers._weight import Weight
from fastmlp.plan import Float32


class Layered(Operation):
    """Layers, which a `Model` trains: see there."""

    graph: Topology
    # As a layer of another, it says nothing of its inputs by itself.
    _declared_shape = None
    # All is computed in this.
    dtype = compute_dtype = variable_dtype = "float32"

    def _begin(self, graph: Topology, trainable: bool) -> None:
        """Begin with layers that are put together."""
        self.graph = graph
        self._network = Network(graph, true_or_false("trainable", trainable))

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy is made of: it was never called as a layer."""
        return {name: one for name, one in vars(self).items() if name != "_nodes"}

    @property
    def name(self) -> str:
        """The name of the model."""
        return self.graph.name

    @name.setter
    def name(self, value: str) -> None:
        self.graph.name = name_of(self, value)

    @property
    def layers(self) -> list[Layer]:
        """The layers; a model that is a layer of this one counts as one."""
        return list(self.graph.layers)

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """Return the layer with this name, or at this place.

        Raises:
            ValueError: There is no such layer, or not one of both was given.
        """
        found: Layer = self.graph.get_layer(name, index)
        return found

    @property
    def trainable(self) -> bool:
        """Whether the layers learn; setting it sets it for all of them.

        A change counts from the next `compile`.
        """
        return self._network.trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._network.trainable = true_or_false("trainable", value)
        for layer in self.graph.layers:
            layer.trainable = value

    @property
    def built(self) -> bool:
        """Whether the layers have their weights."""
        return self.graph.built

    @property
    def inputs(self) -> list[KerasTensor]:
        """The symbolic tensors of the inputs, in a flat list."""
        return self.graph.symbolic_inputs()

    @property
    def outputs(self) -> list[KerasTensor]:
        """The symbolic tensors of the outputs, in a flat list."""
        return self.graph.symbolic_outputs()

    @property
    def input(self) -> Any:
        """The symbolic tensors of the inputs, as they were given."""
        return self.graph.input_structure.pack(self.inputs)

    @property
    def output(self) -> Any:
        """The symbolic tensors of the outputs, as they were given."""
        return self.graph.output_structure.pack(self.outputs)

    @property
    def input_names(self) -> list[str]:
        """The names of the inputs, in the order of `inputs`."""
        return [port.name for port in self.graph.inputs]

    @property
    def output_names(self) -> list[str]:
        """The names of the outputs, in the order of `outputs`."""
        return [port.name for port in self.graph.outputs]

    @property
    def input_shape(self) -> Any:
        """(None, inputs); of several inputs, a list of such shapes."""
        return _one_or_all([tensor.shape for tensor in self.inputs])

    @property
    def output_shape(self) -> Any:
        """(None, outputs); of several outputs, a list of such shapes."""
        return _one_or_all([tensor.shape for tensor in self.outputs])

    def compute_output_shape(self, input_shape: Sequence[Any]) -> Any:
        """Return the shapes of a batch of outputs, for those of inputs.

        Args:
            input_shape: (rows, inputs); the number of rows, which may be None, is that
                of the outputs. Of several inputs, a list of such shapes, or a
                dictionary by name.

        Raises:
            ValueError: The model cannot take inputs of these shapes.
        """
        return with_rows_of(input_shape, self.graph.output_shape_for(input_shape))

    def _connect(self, inputs: Any, training: Any = None) -> Any:
        """Take note of a call on symbolic tensors; return those of the outputs."""
        said = training_of(self, training)
        graph = self.graph
        graph.meet(inputs)
        names = [port.name for port in graph.inputs]
        tensors = graph.input_structure.match("inputs", names, inputs)
        for tensor in tensors:
            if not isinstance(tensor, KerasTensor):
                raise ValueError(
                    f"Model {self.name!r} is called on symbolic tensors and on "
                    f"{describe(tensor)}: make each of them an Input."
                )
        graph.build_for([tensor.shape for tensor in tensors])
        shapes: list[Shape] = [(None, *port.shape) for port in graph.outputs]
        places = graph.output_structure.pack(range(len(shapes)))
        return Node(
            self,
            tuple(tensors),
            tuple(shapes),
            structure=places,
            training=said,
            calls=graph.calls,
        ).outputs

    # -- Its weights --------------------------------------------------------------

    @property
    def weights(self) -> list[Weight]:
        """All arrays of the model, as they are: no copies."""
        return [weight for layer in self.graph.leaves for weight in layer.weights]

    @property
    def trainable_weights(self) -> list[Weight]:
        """The arrays that the optimizer changes."""
        learning = self.graph.who_learns(self.trainable)
        return [
            one
            for layer, learns in learning.items()
            if learns
            for one in layer.trainable_weights
        ]

    @property
    def non_trainable_weights(self) -> list[Weight]:
        """The arrays that the optimizer leaves alone."""
        learning = self.graph.who_learns(self.trainable)
        return [
            one
            for layer, learns in learning.items()
            for one in (layer.non_trainable_weights if learns else layer.weights)
        ]

    # Keras counts the seeds of layers among them, which are no arrays here.
    variables = weights
    trainable_variables = trainable_weights
    non_trainable_variables = non_trainable_weights

    def get_weights(self) -> list[Float32]:
        """Return copies of all weights: kernel and bias of each layer in turn."""
        return [array.copy() for array in self._arrays()]

    def set_weights(self, weights: Sequence[ArrayLike]) -> None:
        """Give the model other weights, as `get_weights` returns them.

        Raises:
            ValueError: Number or shape of the arrays do not fit; then none is set.
            RuntimeError: The model is being trained by another thread.
        """
        network = self._network
        network.between_batches(
            network.as_a_whole, self._arrays(), self._set_weights, weights
        )

    def _set_weights(self, weights: Sequence[ArrayLike]) -> None:
        new = iter(checked_weights(self.name, self._arrays(), weights))
        for layer in self.graph.leaves:
            layer.assign([next(new) for _ in layer._weights])

    def _arrays(self) -> list[Float32]:
        return [array for layer in self.graph.leaves for array in layer._weights]

    @property
    def losses(self) -> list[float]:
        """What regularizers add to the loss for the weights that learn."""
        learning = self.graph.who_learns(self.trainable)
        return [
            penalty
            for layer, learns in learning.items()
            if learns
            for penalty in layer.losses
        ]

    def count_params(self) -> int:
        """Return how many numbers the model's weights are.

        Raises:
            ValueError: The model is not built yet.
        """
        return self.graph.count_params()

    def summary(
        self,
        line_length: int | None = None,
        positions: Sequence[float] | None = None,
        print_fn: Callable[[str], Any] | None = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Sequence[str] | None = None,
    ) -> None:
        """Print the layers, their output shapes and their numbers of parameters.

        Args:
            line_length: Width in characters. Default: 88, or what the terminal has.
            positions: Where the columns end, as shares of the width.
            print_fn: Called with the whole text instead of `print`.
            expand_nested: Whether to list the layers of inner models, too.
            show_trainable: Whether to add a column that says what learns.
            layer_range: Names of the first and the last layer to list.
        """
        if not callable(print_fn or print):
            raise TypeError(
                f"print_fn must be a function of a text, not {describe(print_fn)}."
            )
        text = _model.summary.render_summary(
            self, line_length, positions, show_trainable, layer_range, expand_nested
        )
        if print_fn is None:
            from fastmlp._util.screen import say  # Only here: few models print.

            say(text, end="" if text.endswith("\n") else "\n")
        else:
            print_fn(text)


def _one_or_all(shapes: list[Shape]) -> Any:
    return shapes[0] if len(shapes) == 1 else shapes
