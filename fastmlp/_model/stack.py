"""A stack of layers: the graph that is a row, put together layer by layer.

It knows nothing of training. Weights belong to their layers, so that a layer may be in
several stacks.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import Any

from fastmlp._check.numbers import describe
from fastmlp._check.structure import Structure
from fastmlp._model.topology import (
    SCALING_KINDS,
    Call,
    InputPort,
    OutputPort,
    Topology,
    all_or_none,
    calls_in_a_row,
    fewest_ids,
    leaves_of,
    port_of,
    readers_of,
    refuse_changed,
)
from fastmlp._util.locks import Lock, Result, hold, wait
from fastmlp._util.warn import warn
from fastmlp.layers import Dense, InputLayer, Layer
from fastmlp.layers._checks import output_shape_of, refuse_own_call
from fastmlp.layers._shapes import Shape, batch_shape, sizes_of
from fastmlp.layers._tensor import KerasTensor, Node, Operation

_building = Lock()


def while_building(work: Callable[..., Result], *arguments: Any) -> Result:
    """Return work(*arguments), which makes weights or a plan, for one thread at a time.

    Two threads whose data come first must not make them twice.
    """
    return hold([_building], wait, work, *arguments)


class Stack(Topology):
    """Layers in a row: the outputs of one are the inputs of the next.

    Args:
        name: The name of the model, for messages.

    Attributes:
        name: The same.
        layers: The layers, without `Input`.
        sample: The shape of one sample, or None while it is not known.
    """

    leaves: list[Layer]
    calls: list[Call]
    inputs: list[InputPort]
    outputs: list[OutputPort]
    input_structure: Structure
    output_structure: Structure

    def __init__(self, name: str) -> None:
        self.name = name
        self.layers: list[Any] = []
        self.sample: tuple[int, ...] | None = None
        self.input_structure = self.output_structure = Structure(1)
        # The tensors between the layers: the first is that of the `Input`.
        self._drawn: list[KerasTensor] = []
        self._take_note(None)

    @property
    def built(self) -> bool:  # type: ignore[override]
        """Whether the layers have their weights."""
        return bool(self.layers) and self.sample is not None

    @property
    def input_name(self) -> str | None:
        """The name of the `Input`, once there is one."""
        return self._drawn[0].node.operation.name if self._drawn else None

    @property
    def input_is_sparse(self) -> bool:
        """Whether there is an `Input` that says so."""
        return any(getattr(one.node.operation, "sparse", False) for one in self._drawn)

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
        whole, sample, drawn = list(self.layers), self.sample, self._drawn
        by_name = {layer.name: layer for layer in whole}
        for given in layers:
            layer = _layer_of(given)
            if getattr(layer, "graph", None) is self:
                raise ValueError(
                    f"Model {self.name!r} cannot be a layer of itself. Add the layers "
                    "of another model, or that model."
                )
            if isinstance(layer, InputLayer):
                if sample is not None or whole:
                    raise ValueError(
                        f"Model {self.name!r} has already been configured: `Input` can "
                        "only be the first layer. If a cell of `add` was run twice, "
                        "run the one that makes the model, too."
                    )
                sample, drawn = layer._declared_shape, [layer.output]
                continue
            _refuse_repeated(layer, by_name.get(layer.name))
            by_name[layer.name] = layer
            if sample is None and not whole:
                sample = layer._declared_shape
                if layer.built:
                    sample = sizes_of(layer.input_shape)
            whole.append(layer)
        if sample is not None:
            start = self.outputs[0].shape if self.layers else sample
            self._build(whole[len(self.layers) :], (None, *start))
        self.layers, self._drawn = whole, drawn
        self._take_note(sample)

    def pop(self) -> Any:
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
        before = self.layers[-1] if self.built else None
        with all_or_none(self.name, layers):
            self._output_shape(layers, shape)
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

    def _take_note(self, sample: tuple[int, ...] | None) -> None:
        """Keep what data are held against, so that no layer is asked for it again."""
        # Last of all, `sample` says that the layers are built.
        self.leaves = leaves_of(self.layers)
        name = self.input_name or "input_layer"
        if self.layers and sample is not None:
            self._draw(sample)
            self.calls, place = calls_in_a_row(self.layers)
            self.inputs = [port_of(name, sample, *readers_of(self.calls))]
            last = self.layers[-1]
            self.outputs = [OutputPort(last.name, sizes_of(last.output_shape), place)]
        else:
            first = self._first_leaves()[-1:]
            scales = any(one.kind in SCALING_KINDS for one in first)
            port = InputPort(name, sample, 0, scales, fewest_ids(first))
            self.inputs = [port]
            self.calls, self.outputs = [], [OutputPort("output", (), -1)]
        self.sample = sample

    def _first_leaves(self) -> list[Layer]:
        """Return the layers up to the first one that computes something."""
        count = 0
        for layer in self.leaves:
            count += 1
            if layer.kind is not None:
                break
        return self.leaves[:count]

    def units_for(self, at: int, sample: tuple[int, ...]) -> int:
        """Return of how many units a dense layer is that gets the rows of the input."""
        if self.sample is not None or not self.leaves:
            return self.inputs[at].units
        *before, first = self._first_leaves()
        shape = self._output_shape(before, (None, *sample))
        return first.units if isinstance(first, Dense) and len(shape) == 2 else 0

    def _draw(self, sample: tuple[int, ...]) -> None:
        """Call the layers on symbolic tensors, as far as that was not done."""
        drawn = self._drawn[:1] or [InputLayer(sample).output]
        for layer, known in zip(self.layers, self._drawn[1:], strict=False):
            if known.node.operation is not layer:
                break
            drawn.append(known)
        for layer in self.layers[len(drawn) - 1 :]:
            if isinstance(layer, Layer):
                drawn.append(Node(layer, (drawn[-1],), (layer.output_shape,)).outputs)
            else:
                drawn.append(layer._connect(drawn[-1]))
        self._drawn = drawn

    def refuse_changed(self) -> None:
        """Refuse models among the layers that got other layers since."""
        refuse_changed(self.name, [tensor.node for tensor in self._drawn])

    def symbolic_inputs(self) -> list[KerasTensor]:
        """Return the symbolic tensor of the samples, in a list."""
        if not self.built:
            raise AttributeError(
                f"Model {self.name!r} has no defined input yet: give it an input "
                "shape, or call `model.build((None, inputs))`."
            )
        return self._drawn[:1]

    def symbolic_outputs(self) -> list[KerasTensor]:
        """Return the symbolic tensor of the last layer's outputs, in a list."""
        if not self.built:
            raise AttributeError(
                f"Model {self.name!r} has no defined output yet: give it an input "
                "shape, or call `model.build((None, inputs))`."
            )
        return self._drawn[-1:]

    def output_shape_for(self, input_shape: Any) -> Shape:
        """Return the shape of a batch of outputs, for that of one of inputs."""
        return self._output_shape(self.layers, batch_shape(input_shape))

    def build_for(self, shapes: Sequence[Shape]) -> None:
        """Build the layers for inputs of that shape, or see to it that they are."""
        (shape,) = shapes
        self.build(shape)

    def forget(self) -> None:
        """Be as it was before it was built, when what is around it could not be."""
        if self.layers:  # If not, all it knows is its `Input`.
            self._drawn = []
            self._take_note(None)

    def _output_shape(self, layers: list[Layer], shape: Shape) -> Shape:
        """Return the shape of a batch of outputs, if one of inputs has that shape.

        Raises:
            ValueError: A layer cannot take what it would get.
        """
        for layer in layers:
            if _is_own(layer) and not layer.built:
                break  # What comes out of it, nobody knows before it has its weights.
            if layer.built and layer.input_shape != shape:
                raise ValueError(
                    f"Layer {layer.name!r} was built for inputs of shape "
                    f"{layer.input_shape}, but here it gets {shape}."
                )
            shape = output_shape_of(layer, shape)
        return shape

    def last_layer(self, at: int) -> Layer:
        """Return the last layer that computes something, even if it is not built."""
        return next(
            (one for one in reversed(self.leaves) if one.kind is not None),
            self.leaves[-1],
        )

    def shapes_for(self, samples: Sequence[tuple[int, ...]]) -> list[tuple[int, ...]]:
        """Return the shapes of one sample's outputs, for those of its inputs.

        Raises:
            ValueError: A layer cannot take what it would get.
        """
        if self.sample is None and any(map(_is_own, self.leaves)):
            self.build((None, *samples[0]))
        if self.sample is not None:
            return [port.shape for port in self.outputs]
        return [sizes_of(self._output_shape(self.layers, (None, *samples[0])))]


def _is_own(layer: Any) -> bool:
    """Tell whether it is a layer of the user's, whose `call` is called."""
    return getattr(layer, "kind", None) == "function"


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
    declared = layer._declared_shape
    if before is None or declared in (None, sizes_of(before.output_shape)):
        return
    warn(
        f"Layer {layer.name!r} has input_shape={declared}, but here it gets the "
        f"outputs of {before.name!r}, {sizes_of(before.output_shape)}. Only the "
        "first layer needs an input_shape; if a cell of `add` was run twice, run the "
        "one that makes the model, too."
    )


def _layer_of(given: Any) -> Any:
    """Return a layer, or a model as one; refuse what is none."""
    if isinstance(given, KerasTensor) and isinstance(given.node.operation, InputLayer):
        return given.node.operation
    if not isinstance(given, Operation):
        found = f"an object of type {type(given).__name__}"
        if isinstance(given, type):
            found = f"a class: make an object, {given.__name__}(...)"
        elif isinstance(given, KerasTensor):
            found = "what a layer returned that was called: put in the layer itself"
        raise ValueError(
            "Only layers of `fastmlp.layers` can be added to a Sequential model. "
            f"Received {found}."
        )
    if given.merges:
        raise ValueError(
            f"Layer {given.name!r} takes several inputs, so that it cannot stand in a "
            "row: call it on symbolic tensors, and make Model(inputs, outputs)."
        )
    if isinstance(given, Layer):
        refuse_own_call(given)
    elif len(given.graph.inputs) + len(given.graph.outputs) > 2:
        raise ValueError(
            f"Model {given.name!r} has several inputs or outputs, so that it cannot "
            "stand in a row: call it on symbolic tensors, and make "
            "Model(inputs, outputs)."
        )
    return given
