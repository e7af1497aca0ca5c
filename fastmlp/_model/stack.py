"""A stack of layers: putting it together, and finding what is in it.

It knows nothing of training. Weights belong to their layers, so that a layer may be in
several stacks.
"""

import numbers
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import Any

from fastmlp._check.numbers import describe
from fastmlp._util.locks import Lock, Result, hold, wait
from fastmlp._util.random import generator
from fastmlp._util.warn import warn
from fastmlp.layers import KNOWN, Dense, InputLayer, Layer
from fastmlp.layers._layer import output_shape_of
from fastmlp.layers._shapes import Shape, batch_shape, sizes_of

# Layers that can bring inputs of any size to numbers around 1.
_SCALING_KINDS = ("affine", "batch_normalization")

_building = Lock()


def while_building(work: Callable[..., Result], *arguments: Any) -> Result:
    """Return work(*arguments), which makes weights or a plan, for one thread at a time.

    Two threads whose data come first must not make them twice.
    """
    return hold([_building], wait, work, *arguments)


class Stack:
    """Layers in a row: the outputs of one are the inputs of the next.

    Args:
        name: The name of the model, for messages.

    Attributes:
        name: The same.
        layers: The layers, without `Input`.
        sample: The shape of one sample, or None while it is not known.
        input_name: The name of the `Input`, or None if there was none.
        first_units: The units of the layer that gets the samples; 0 if it has none.
        scales_inputs: Whether that layer scales the inputs, as it is meant to.
        outputs: The shape of one sample's outputs, once the layers are built.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.layers: list[Layer] = []
        self.sample: tuple[int, ...] | None = None
        self.input_name: str | None = None
        self.first_units = 0
        self.scales_inputs = False
        self.outputs: tuple[int, ...] = ()

    @property
    def built(self) -> bool:
        """Whether the layers have their weights."""
        return bool(self.layers) and self.sample is not None

    def require_layers(self) -> None:
        """Refuse to go on without layers."""
        if not self.layers:
            raise ValueError(
                f"Model {self.name!r} has no layers yet. Call `model.add(layer)`."
            )

    def extend(self, layers: Iterable[Layer]) -> None:
        """Put layers behind the others: all, or after an error none.

        Raises:
            ValueError: As in `Sequential.add`.
        """
        whole, sample, input_name = list(self.layers), self.sample, self.input_name
        by_name = {layer.name: layer for layer in whole}
        for layer in layers:
            _refuse_foreign(layer)
            if isinstance(layer, InputLayer):
                if sample is not None or whole:
                    raise ValueError(
                        f"Model {self.name!r} has already been configured: `Input` can "
                        "only be the first layer. If a cell of `add` was run twice, "
                        "run the one that makes the model, too."
                    )
                sample, input_name = layer.declared_shape, layer.name
                continue
            _refuse_repeated(layer, by_name.get(layer.name))
            by_name[layer.name] = layer
            if sample is None and not whole:
                sample = layer.declared_shape
                if layer.built:
                    sample = sizes_of(layer.input_shape)
            whole.append(layer)
        if sample is not None:
            given = self.outputs if self.layers else sample
            self._build(whole[len(self.layers) :], (None, *given))
        self.layers, self.input_name = whole, input_name
        self._take_note(sample)

    def pop(self) -> Layer:
        """Take the last layer off and return it.

        Raises:
            IndexError: There is no layer.
        """
        if not self.layers:
            raise IndexError("There is no layer to pop: the model has none.")
        *self.layers, layer = self.layers
        self._take_note(self.sample)
        return layer

    def build(self, input_shape: Sequence[int | None]) -> None:
        """Give all layers their sizes; errors are those of `Sequential.build`."""
        self.require_layers()
        while_building(self._build_once, sizes_of(batch_shape(input_shape)))

    def _build_once(self, sample: tuple[int, ...]) -> None:
        """Build the layers, unless another thread has done so."""
        if self.sample is not None and self.sample != sample:
            raise ValueError(
                f"Model {self.name!r} takes samples of shape {self.sample} already. "
                f"You cannot build it with {sample}."
            )
        if not self.built:
            self._build(self.layers, (None, *sample))
            self._take_note(sample)

    def _build(self, layers: list[Layer], shape: Shape) -> None:
        """Build the layers that are not built yet: all, or after an error none.

        Args:
            layers: Layers in a row.
            shape: Of a batch of what the first of them gets.
        """
        self._output_shape(layers, shape)
        new = [layer for layer in layers if not layer.built]
        state = generator().bit_generator.state
        before = self.layers[-1] if self.built else None
        try:
            for layer in layers:
                if not layer.built:
                    _warn_of_other_inputs(layer, before)
                    layer.build(shape)
                if not layer.built:
                    raise ValueError(
                        f"Layer {layer.name!r} has a `build` of its own, which must "
                        "call `super().build(input_shape)`."
                    )
                shape, before = layer.output_shape, layer
        except BaseException:
            for layer in new:
                layer.unbuild()
            generator().bit_generator.state = state
            raise

    def _take_note(self, sample: tuple[int, ...] | None) -> None:
        """Keep what data are held against, so that no layer is asked for it again."""
        # Last of all, `sample` says that the layers are built.
        first = next((one for one in self.layers if one.kind is not None), None)
        self.first_units = first.units if isinstance(first, Dense) else 0
        self.scales_inputs = first is not None and first.kind in _SCALING_KINDS
        if self.layers and sample is not None:
            self.outputs = sizes_of(self.layers[-1].output_shape)
        self.sample = sample

    def _output_shape(self, layers: list[Layer], shape: Shape) -> Shape:
        """Return the shape of a batch of outputs, if one of inputs has that shape.

        Raises:
            ValueError: A layer cannot take what it would get.
        """
        for layer in layers:
            if layer.built and layer.input_shape != shape:
                raise ValueError(
                    f"Layer {layer.name!r} was built for inputs of shape "
                    f"{layer.input_shape}, but here it gets {shape}."
                )
            shape = output_shape_of(layer, shape)
        return shape

    def count_outputs(self, sample: tuple[int, ...]) -> int:
        """Return how many outputs there are for samples of that shape.

        Raises:
            ValueError: They are no row of numbers, which training needs; or a layer
                cannot take what it would get.
        """
        outputs = self.outputs
        if self.sample is None:
            outputs = sizes_of(self._output_shape(self.layers, (None, *sample)))
        if len(outputs) != 1:
            raise ValueError(
                f"The outputs of model {self.name!r} have shape {(None, *outputs)}, "
                "but training needs rows of numbers. Put layers.Flatten() somewhere "
                "before its end."
            )
        return outputs[0]

    def count_params(self) -> int:
        """Return how many numbers the weights are; errors as in `Sequential`."""
        if not self.built:
            raise ValueError(
                f"You tried to call `count_params` on {self.name!r}, but the model "
                "isn't built. Give it an input shape, or call "
                "`model.build((None, inputs))`."
            )
        return sum(layer.count_params() for layer in self.layers)

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


def refuse_no_list(layers: Any) -> None:
    """Refuse what is no list of layers; in a set, they would have a chance order."""
    unordered = isinstance(layers, (Layer, Set, Mapping, str))
    if unordered or not isinstance(layers or [], Iterable):
        raise TypeError(
            "Sequential takes a list of layers in their order, such as "
            f"Sequential([layer]), not {describe(layers)}."
        )


def _refuse_repeated(layer: Layer, other: Layer | None) -> None:
    """Refuse a layer beside another one of its name, or beside itself."""
    if other is layer:
        raise ValueError(
            f"Layer {layer.name!r} is in this model already. Make a second "
            f"{type(layer).__name__}(...) for another place in it."
        )
    if other is not None:
        raise ValueError(
            "All layers added to a Sequential model should have unique names. "
            f"{layer.name!r} is already the name of a layer in this model. Give "
            "the new layer another `name`."
        )


def _warn_of_other_inputs(layer: Layer, before: Layer | None) -> None:
    """Warn if a layer says of its inputs what the layer before contradicts."""
    declared = layer.declared_shape
    if before is None or declared in (None, sizes_of(before.output_shape)):
        return
    warn(
        f"Layer {layer.name!r} has input_shape={declared}, but here it gets the "
        f"outputs of {before.name!r}, {sizes_of(before.output_shape)}. Only the "
        "first layer needs an input_shape; if a cell of `add` was run twice, run the "
        "one that makes the model, too."
    )


def _refuse_foreign(layer: Any) -> None:
    """Refuse what is no layer, or computes something of its own."""
    if not isinstance(layer, tuple(KNOWN.values())):
        found = f"an object of type {type(layer).__name__}"
        if isinstance(layer, type):
            found = f"a class: make an object, {layer.__name__}(...)"
        raise ValueError(
            "Only layers of `fastmlp.layers` can be added to a Sequential model. "
            f"Received {found}."
        )
    assert isinstance(layer, Layer)
    if not any(type(layer).call is known.call for known in KNOWN.values()):
        raise ValueError(
            f"Layer {layer.name!r} has a `call` of its own, but layers are "
            "compiled: use those of `fastmlp.layers` as they are."
        )
