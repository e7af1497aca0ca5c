"""A stack of layers: putting it together, and its weights.

The half of `Sequential` that knows nothing of training.
"""

import numbers
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from numpy.typing import ArrayLike

from fastmlp._check.numbers import describe
from fastmlp._engine.runs import Bench
from fastmlp._model.summary import render_summary
from fastmlp._util.locks import Lock
from fastmlp._util.names import name_of
from fastmlp._util.random import generator
from fastmlp.layers import KNOWN, InputLayer, Layer
from fastmlp.layers._layer import Shape, batch_shape, set_all, sizes_of
from fastmlp.optimizers import Optimizer
from fastmlp.plan import Float32


class Stack:
    """Layers in a row, and their weights; see `fastmlp.models.Sequential`."""

    def __init__(
        self, layers: Sequence[Layer] | None, trainable: bool, name: str | None
    ) -> None:
        if isinstance(layers, Layer) or not isinstance(layers or [], Iterable):
            raise TypeError(
                "Sequential takes a list of layers, such as Sequential([layer]), not "
                f"{describe(layers)}."
            )
        self.name = name_of(self, name)
        self._input_name: str | None = None
        self._layers: list[Layer] = []
        self._trainable = bool(trainable)
        # The shape of one sample, once it is known.
        self._sample: tuple[int, ...] | None = None
        # The flat plan, with room to work on it; made when it is needed.
        self._bench: Bench | None = None
        # Held while something works with the arrays that all layers share.
        self._busy = Lock()
        try:
            for layer in layers or []:
                self.add(layer)
        except BaseException:
            # The error keeps this model alive, but its layers may go into another.
            for layer in self._layers:
                give_free(layer)
            raise

    # -- Building ---------------------------------------------------------------

    def add(self, layer: Layer) -> None:
        """Put a layer behind the others.

        Args:
            layer: The layer. The first may be `layers.Input`, or have an
                `input_shape`; without either, the model is built from the first data.

        Raises:
            ValueError: It is no layer, belongs to a model already, or has the name of
                another layer.
        """
        if isinstance(layer, Stack):
            raise ValueError(
                "A model cannot be a layer of another: add its layers one by one."
            )
        if not isinstance(layer, tuple(KNOWN.values())):
            found = f"an object of type {type(layer).__name__}"
            if isinstance(layer, type):
                found = f"a class: make an object, {layer.__name__}(...)"
            raise ValueError(
                "Only layers of `fastmlp.layers` can be added to a Sequential model. "
                f"Received {found}."
            )
        if not any(type(layer).call is known.call for known in KNOWN.values()):
            raise ValueError(
                f"Layer {layer.name!r} has a `call` of its own, but layers are "
                "compiled: use those of `fastmlp.layers` as they are."
            )
        with self._alone():
            self._add(layer)
            self._layers_changed()

    def _add(self, layer: Layer) -> None:
        if isinstance(layer, InputLayer):
            self._set_inputs(layer)
            return
        if any(layer is other for other in self._layers):
            raise ValueError(
                f"Layer {layer.name!r} is in this model already. Make a second "
                f"{type(layer).__name__}(...) for another place in it."
            )
        if any(layer.name == other.name for other in self._layers):
            raise ValueError(
                "All layers added to a Sequential model should have unique names. "
                f"{layer.name!r} is already the name of a layer in this model. Give "
                "the new layer another `name`."
            )
        owner = owner_of(layer)
        if owner is not None and owner is not self:
            raise ValueError(
                f"Layer {layer.name!r} belongs to the model {owner.name!r} already. "
                "Make a new layer; `set_weights` gives it the same weights."
            )
        sample = self._sample
        if sample is None and not self._layers:
            sample = layer.declared_shape
            if layer.built:
                sample = sizes_of(layer.input_shape)
        if sample is not None:
            self._build_layers([*self._layers, layer], sample)
        self._layers.append(layer)
        self._sample = sample
        take(layer, self)

    def pop(self) -> Layer:
        """Take the last layer off and return it; it keeps its weights.

        Raises:
            IndexError: There is no layer.
        """
        if not self._layers:
            raise IndexError("There is no layer to pop: the model has none.")
        with self._alone():
            layer = self._layers.pop()
            give_free(layer)
            self._layers_changed()
        return layer

    def _layers_changed(self) -> None:
        """Forget the flat plan, which is that of the layers before."""
        self._bench = None

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Give all layers their sizes and initial weights.

        Args:
            input_shape: (rows, inputs); the number of rows may be None.

        Raises:
            ValueError: There are no layers, or the model has other inputs already.
        """
        self._require_layers()
        sample = sizes_of(batch_shape(input_shape))
        # Two threads whose data come first must not draw two kinds of weights.
        with _building:
            if self._sample is not None and self._sample != sample:
                raise ValueError(
                    f"Model {self.name!r} takes samples of shape {self._sample} "
                    f"already. You cannot build it with {sample}."
                )
            if not self.built:
                self._build_layers(self._layers, sample)
                self._sample = sample

    def _set_inputs(self, layer: InputLayer) -> None:
        """Take the shape of a sample from an `Input`."""
        if self._sample is not None or self._layers:
            raise ValueError(
                f"Model {self.name!r} has already been configured: `Input` can only be "
                "the first layer."
            )
        self._sample = layer.declared_shape
        self._input_name = layer.name

    def _output_shape_for(self, layers: list[Layer], sample: tuple[int, ...]) -> Shape:
        """Return the shape of a batch of outputs, if samples have that shape.

        Raises:
            ValueError: A layer cannot take what it would get.
        """
        shape: Shape = (None, *sample)
        for layer in layers:
            if layer.built and layer.input_shape != shape:
                raise ValueError(
                    f"Layer {layer.name!r} was built for inputs of shape "
                    f"{layer.input_shape}, but here it gets {shape}."
                )
            shape = layer.compute_output_shape(shape)
        return shape

    def _build_layers(self, layers: list[Layer], sample: tuple[int, ...]) -> None:
        """Build the layers that are not built yet, and gather all weights."""
        self._output_shape_for(layers, sample)
        new = [layer for layer in layers if not layer.built]
        state = generator().bit_generator.state
        shape: Shape = (None, *sample)
        try:
            for layer in layers:
                if not layer.built:
                    layer.build(shape)
                shape = layer.output_shape
            self._bench = None
        except BaseException:
            for layer in new:
                layer.unbuild()
            generator().bit_generator.state = state
            raise

    def _take_back_layers(self) -> None:
        """After copying, make the layers those of this model again."""
        for layer in self._layers:
            take(layer, self)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep the model from being changed by two at a time."""
        if not self._busy.acquire(blocking=False):
            raise RuntimeError(
                f"Model {self.name!r} is being trained. Wait for its `fit` to end, or "
                "use another model."
            )
        try:
            yield
        finally:
            self._busy.release()

    @contextmanager
    def _between_batches(self) -> Iterator[None]:
        """Do the same, but let a callback in, which is called between two batches."""
        if self._busy.is_held_here():
            yield
            return
        with self._alone():
            yield

    def _require_layers(self) -> None:
        if not self._layers:
            raise ValueError(
                f"Model {self.name!r} has no layers yet. Call `model.add(layer)`."
            )

    # -- What it is ---------------------------------------------------------------

    @property
    def layers(self) -> list[Layer]:
        """The layers, without `Input`."""
        return list(self._layers)

    @property
    def trainable(self) -> bool:
        """Whether the layers learn; setting it sets it for all of them.

        A change counts from the next `compile`.
        """
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)
        for layer in self._layers:
            layer.trainable = self._trainable

    @property
    def built(self) -> bool:
        """Whether the layers have their weights."""
        return bool(self._layers) and self._sample is not None

    @property
    def input_shape(self) -> Shape:
        """(None, inputs)."""
        if self._sample is None:
            raise AttributeError(f"Model {self.name!r} has no defined input shape yet.")
        return (None, *self._sample)

    @property
    def output_shape(self) -> Shape:
        """(None, outputs)."""
        if not self.built:
            raise AttributeError(
                f"Model {self.name!r} has no defined output shape yet."
            )
        return self._layers[-1].output_shape

    @property
    def weights(self) -> list[Float32]:
        """All arrays of the model, as they are: no copies."""
        return [weight for layer in self._layers for weight in layer.weights]

    @property
    def trainable_weights(self) -> list[Float32]:
        """The arrays that the optimizer changes."""
        if not self._trainable:
            return []
        return [one for layer in self._layers for one in layer.trainable_weights]

    @property
    def non_trainable_weights(self) -> list[Float32]:
        """The arrays that the optimizer leaves alone."""
        if not self._trainable:
            return self.weights
        return [one for layer in self._layers for one in layer.non_trainable_weights]

    # Keras counts the seeds of layers among them, which are no arrays here.
    variables = weights
    trainable_variables = trainable_weights
    non_trainable_variables = non_trainable_weights

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
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
            if not -len(self._layers) <= index < len(self._layers):
                raise ValueError(
                    f"Was asked to retrieve layer at index {index} but model only has "
                    f"{len(self._layers)} layers."
                )
            return self._layers[index]
        for layer in self._layers:
            if layer.name == name:
                return layer
        names = [layer.name for layer in self._layers]
        raise ValueError(
            f"No such layer: {describe(name)}. Existing layers are: {names}."
        )

    def get_weights(self) -> list[Float32]:
        """Return copies of all weights: kernel and bias of each layer in turn."""
        return [weight.copy() for weight in self.weights]

    def set_weights(self, weights: Sequence[ArrayLike]) -> None:
        """Give the model other weights, as `get_weights` returns them.

        Raises:
            ValueError: Number or shape of the arrays do not fit; then none is set.
            RuntimeError: The model is being trained by another thread.
        """
        with self._between_batches():
            set_all(self.name, self.weights, weights)
            for layer in self._layers:
                layer.refresh()

    def count_params(self) -> int:
        """Return how many numbers the model's weights are.

        Raises:
            ValueError: The model is not built yet.
        """
        if not self.built:
            raise ValueError(
                f"You tried to call `count_params` on {self.name!r}, but the model "
                "isn't built. Give it an input shape, or call "
                "`model.build((None, inputs))`."
            )
        return sum(layer.count_params() for layer in self._layers)

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
        text = render_summary(self, line_length, positions, show_trainable, layer_range)
        if print_fn is None:
            print(text, end="" if text.endswith("\n") else "\n")
        else:
            print_fn(text)

    def __repr__(self) -> str:
        """Return class, name and whether the model is built."""
        return f"<Sequential name={self.name}, built={self.built}>"


# A custom initializer may build a model of its own while it holds this.
_building = Lock(again=True)

# Which model a layer or an optimizer belongs to; one that is gone gives them free.
_owners: "weakref.WeakKeyDictionary[Layer | Optimizer, weakref.ref[Stack]]"
_owners = weakref.WeakKeyDictionary()


def owner_of(part: Layer | Optimizer) -> Stack | None:
    """Return the model that a layer or an optimizer belongs to, if it is there."""
    reference = _owners.get(part)
    return None if reference is None else reference()


def take(part: Layer | Optimizer, owner: Stack) -> None:
    """Make a layer or an optimizer belong to a model."""
    _owners[part] = weakref.ref(owner)


def give_free(part: Layer | Optimizer) -> None:
    """Make a layer or an optimizer belong to no model."""
    _owners.pop(part, None)
