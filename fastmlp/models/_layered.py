"""The face of a model before it learns: its layers, their shapes and their weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from numpy.typing import ArrayLike

from fastmlp._check.names import name_of
from fastmlp._check.numbers import describe, true_or_false
from fastmlp._model.network import Network
from fastmlp._model.stack import refuse_no_list
from fastmlp._model.summary import render_summary
from fastmlp._util.progress import say
from fastmlp.layers import Layer
from fastmlp.layers._layer import checked_weights
from fastmlp.layers._shapes import Shape
from fastmlp.plan import Float32


class Layered:
    """Layers in a row, which `Sequential` trains: see there."""

    def __init__(
        self, layers: Sequence[Layer] | None, trainable: bool, name: str | None
    ) -> None:
        refuse_no_list(layers)
        self._network = Network(
            name_of(self, name), true_or_false("trainable", trainable)
        )
        self._stack = self._network.stack
        self._extend(list(layers or []))

    # -- Putting it together ------------------------------------------------------

    def add(self, layer: Layer) -> None:
        """Put a layer behind the others.

        Args:
            layer: The layer. The first may be `layers.Input`, or have an
                `input_shape`; without either, the model is built from the first data.

        Raises:
            ValueError: It is no layer, is in this model already, or has the name of
                another layer.
        """
        self._extend([layer])

    def _extend(self, layers: list[Layer]) -> None:
        if any(isinstance(layer, Layered) for layer in layers):
            raise ValueError(
                "A model cannot be a layer of another: add its layers one by one."
            )
        self._network.extend(layers)

    def pop(self) -> Layer:
        """Take the last layer off and return it; it keeps its weights.

        Raises:
            IndexError: There is no layer.
        """
        return self._network.pop()

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Give all layers their sizes and initial weights.

        Args:
            input_shape: (rows, inputs); the number of rows may be None.

        Raises:
            ValueError: There are no layers, or the model has other inputs already.
        """
        self._stack.build(input_shape)

    @property
    def name(self) -> str:
        """The name of the model."""
        return self._stack.name

    @name.setter
    def name(self, value: str) -> None:
        self._stack.name = name_of(self, value)

    @property
    def layers(self) -> list[Layer]:
        """The layers, without `Input`."""
        return list(self._stack.layers)

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """Return the layer with this name, or at this place.

        Raises:
            ValueError: There is no such layer, or not one of both was given.
        """
        return self._stack.get_layer(name, index)

    @property
    def trainable(self) -> bool:
        """Whether the layers learn; setting it sets it for all of them.

        A change counts from the next `compile`.
        """
        return self._network.trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._network.trainable = true_or_false("trainable", value)
        for layer in self._stack.layers:
            layer.trainable = value

    @property
    def built(self) -> bool:
        """Whether the layers have their weights."""
        return self._stack.built

    @property
    def input_shape(self) -> Shape:
        """(None, inputs)."""
        if self._stack.sample is None:
            raise AttributeError(f"Model {self.name!r} has no defined input shape yet.")
        return (None, *self._stack.sample)

    @property
    def output_shape(self) -> Shape:
        """(None, outputs)."""
        if not self.built:
            raise AttributeError(
                f"Model {self.name!r} has no defined output shape yet."
            )
        return (None, *self._stack.outputs)

    # -- Its weights --------------------------------------------------------------

    @property
    def weights(self) -> list[Float32]:
        """All arrays of the model, as they are: no copies."""
        return [weight for layer in self._stack.layers for weight in layer.weights]

    @property
    def trainable_weights(self) -> list[Float32]:
        """The arrays that the optimizer changes."""
        if not self.trainable:
            return []
        return [one for layer in self._stack.layers for one in layer.trainable_weights]

    @property
    def non_trainable_weights(self) -> list[Float32]:
        """The arrays that the optimizer leaves alone."""
        if not self.trainable:
            return self.weights
        layers = self._stack.layers
        return [one for layer in layers for one in layer.non_trainable_weights]

    # Keras counts the seeds of layers among them, which are no arrays here.
    variables = weights
    trainable_variables = trainable_weights
    non_trainable_variables = non_trainable_weights

    def get_weights(self) -> list[Float32]:
        """Return copies of all weights: kernel and bias of each layer in turn."""
        return [weight.copy() for weight in self.weights]

    def set_weights(self, weights: Sequence[ArrayLike]) -> None:
        """Give the model other weights, as `get_weights` returns them.

        Raises:
            ValueError: Number or shape of the arrays do not fit; then none is set.
            RuntimeError: The model is being trained by another thread.
        """
        network = self._network
        network.between_batches(
            network.as_a_whole, self.weights, self._set_weights, weights
        )

    def _set_weights(self, weights: Sequence[ArrayLike]) -> None:
        new = checked_weights(self.name, self.weights, weights)
        for layer in self._stack.layers:
            own, new = new[: len(layer.weights)], new[len(layer.weights) :]
            layer.assign(own)

    def count_params(self) -> int:
        """Return how many numbers the model's weights are.

        Raises:
            ValueError: The model is not built yet.
        """
        return self._stack.count_params()

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
            expand_nested: Accepted for the sake of Keras; there are no nested models.
            show_trainable: Whether to add a column that says what learns.
            layer_range: Names of the first and the last layer to list.
        """
        if not callable(print_fn or print):
            raise TypeError(
                f"print_fn must be a function of a text, not {describe(print_fn)}."
            )
        text = render_summary(self, line_length, positions, show_trainable, layer_range)
        if print_fn is None:
            say(text, end="" if text.endswith("\n") else "\n")
        else:
            print_fn(text)
