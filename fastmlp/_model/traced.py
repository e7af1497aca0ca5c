"""The graph of a model whose `call` is the user's own: found by calling it once."""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fastmlp import tables
from fastmlp._check.numbers import describe, real_numbers
from fastmlp._check.sparse import is_sparse
from fastmlp._check.structure import Structure
from fastmlp._model.graph import Graph
from fastmlp._model.topology import (
    InputPort,
    OutputPort,
    Topology,
    all_or_none,
    leaves_of,
)
from fastmlp.layers import Input, Layer
from fastmlp.layers._shapes import Shape, batch_shape, sizes_of
from fastmlp.layers._tensor import (
    KerasTensor,
    Operation,
    TracedTraining,
    symbolic_in,
)


class Traced(Topology):
    """What `call` of a model does with its layers, once the shapes of inputs are known.

    `call` is called a single time, on symbolic tensors: what comes out is the graph.

    Args:
        model: The model.
        name: Its name.

    Attributes:
        built: Whether that was done.
    """

    is_traced = True

    def __init__(self, model: Any, name: str) -> None:
        self.name = name
        # Not the model itself: it holds this graph, and neither would ever be freed.
        self.belong_to(model)
        self.forget()

    def forget(self) -> None:
        """Know nothing yet of what `call` does."""
        self._found: Graph | None = None
        self._noted: list[Any] = []  # The layers that it was found with.
        self.input_structure = self.output_structure = Structure(1)
        self.inputs = [InputPort("input_layer", None)]
        self.outputs = [OutputPort("output", (), -1)]
        self.calls = []

    @property
    def built(self) -> bool:  # type: ignore[override]
        """Whether the graph is known."""
        return self._found is not None

    @property
    def outlined(self) -> bool:
        """The same: before, nobody knows what `call` does."""
        return self.built

    @property
    def layers(self) -> list[Any]:  # type: ignore[override]
        """The layers that are attributes of the model, in the order of their making."""
        model = self._model()
        if model is None:  # This is a copy, and that of the model is not there yet.
            return self._noted
        return operations_in(vars(model).values())

    @property
    def leaves(self) -> list[Any]:  # type: ignore[override]
        """All layers, those of inner models instead of these, each once."""
        noted = [] if self._found is None else self._found.leaves
        return list(dict.fromkeys([*leaves_of(self.layers), *noted]))

    def meet(self, x: Any) -> None:
        """Find the graph for inputs such as x, if it is not known yet."""
        if self._found is None:
            structure = _structure_of(x)
            self._trace(structure, list(map(_shape_of, structure.flat(x))))
        elif len(self.input_structure.keys) > 1 and not isinstance(x, Mapping):
            raise ValueError(
                f"`call` of model {self.name!r} gets its inputs by name: give it a "
                f"dictionary with {', '.join(self.input_structure.keys)}, not "
                f"{describe(type(x).__name__)}, whose order says nothing."
            )

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy is made of: the copy of the model makes itself known."""
        return {name: one for name, one in vars(self).items() if name != "_model"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Be the graph of nobody, until the copy of the model comes."""
        self.__dict__.update(state, _model=lambda: None)

    def belong_to(self, model: Any) -> None:
        """Be the graph of that model."""
        self._model = weakref.ref(model)

    def _trace(self, structure: Structure, shapes: list[Shape]) -> None:
        """Call `call` on symbolic tensors, in training and not; keep what it does."""
        names = structure.keys or (None,) * structure.size
        tensors = [
            Input(sizes_of(shape), name=name)
            for shape, name in zip(shapes, names, strict=True)
        ]
        inputs = structure.pack(tensors)
        with all_or_none(self.name, self.layers):
            used, trained = (self._called(inputs, value) for value in (False, True))
            self._refuse_others(used, trained)
        self._found, self._noted = trained, self.layers
        self.input_structure = trained.input_structure
        self.output_structure = trained.output_structure
        self.calls = trained.calls
        self.inputs, self.outputs = trained.inputs, trained.outputs

    def _refuse_others(self, used: Graph, trained: Graph) -> None:
        """Refuse a `call` that does what cannot be compiled."""
        self._refuse_new_layers(trained)
        known = set(self.leaves)
        if _without_noise(used, known) != _without_noise(trained, known):
            raise ValueError(
                f"`call` of model {self.name!r} does something else in training, "
                "beside Dropout and GaussianNoise, which do nothing elsewhere anyway: "
                "call all other layers whatever `training` is."
            )

    def _called(self, inputs: Any, training: bool) -> Graph:
        model = self._model()
        assert model is not None
        options = {}
        if "training" in inspect.signature(model.call).parameters:
            options["training"] = TracedTraining(training)
        outputs = model.call(inputs, **options)
        if not symbolic_in(outputs):
            raise TypeError(
                f"`call` of model {self.name!r} must return what its layers return, "
                f"not {describe(outputs)}."
            )
        return Graph(inputs, outputs, self.name)

    def _refuse_new_layers(self, graph: Graph) -> None:
        """Refuse layers that are no attributes: each call would make others."""
        known = set(self.leaves)
        for layer in graph.leaves:
            # Sums and the like, which operators note, have nothing to keep.
            if layer not in known and (layer._weights or layer.kind in tables.NOISE):
                raise ValueError(
                    f"`call` of model {self.name!r} uses layer {layer.name!r}, which "
                    "is no attribute of the model: make it in `__init__`, "
                    "self.hidden = layers.Dense(...), so that it is made once."
                )

    def refuse_changed(self) -> None:
        """Refuse attributes that are other layers than when `call` was looked at."""
        if self._found is None:
            return
        self._found.refuse_changed()
        if self.layers != self._noted:
            raise ValueError(
                f"The layers that are attributes of model {self.name!r} are others "
                "than when its `call` was looked at, which happens once. Make a new "
                f"{type(self._model()).__name__}(...) that has them from the start."
            )

    def build_for(self, shapes: Sequence[Shape]) -> None:
        """Find the graph for inputs of these shapes, or see to it that they fit."""
        if self._found is None:
            structure = Structure(len(shapes), list if len(shapes) > 1 else None)
            self._trace(structure, list(shapes))
        else:
            self._found.build_for(shapes)

    def shapes_for(self, samples: Sequence[tuple[int, ...]]) -> list[tuple[int, ...]]:
        """Return the shapes of one sample's outputs, for those of its inputs."""
        self.build_for([(None, *sample) for sample in samples])
        return [port.shape for port in self.outputs]

    def output_shape_for(self, input_shape: Any) -> Any:
        """Return the shapes of a batch of outputs, for those of one of inputs."""
        if self._found is None:
            structure = _structure_of_shapes(input_shape)
            flat = structure.flat(input_shape)
            self._trace(structure, [batch_shape(shape) for shape in flat])
        return self._whole("output shape").output_shape_for(input_shape)

    def resolve(self, tensor: KerasTensor) -> KerasTensor:
        """Return a tensor, or, if it is an input of the model, that of its `Input`."""
        return self._whole("input").resolve(tensor)

    def symbolic_inputs(self) -> list[KerasTensor]:
        """Return the symbolic tensors of the inputs, in a flat list."""
        return self._whole("input").symbolic_inputs()

    def symbolic_outputs(self) -> list[KerasTensor]:
        """Return the symbolic tensors of the outputs, in a flat list."""
        return self._whole("output").symbolic_outputs()

    def last_layer(self, at: int) -> Layer:
        """Return the last layer that computes something on the way to an output."""
        return self._whole("output").last_layer(at)

    def _whole(self, what: str) -> Graph:
        if self._found is None:
            raise AttributeError(
                f"Model {self.name!r} has no defined {what} yet: its `call` is looked "
                "at when the first data come, or by `model.build((None, inputs))`."
            )
        return self._found


def _in_words(layer: Layer) -> str:
    """Return what a layer without weights does, whatever it is called."""
    config = {
        key: value
        for key, value in layer.get_config().items()
        if key not in ("name", "function")
    }
    return f"{type(layer).__name__}{getattr(layer, 'noted', '')}{config}"


def operations_in(values: Iterable[Any]) -> list[Any]:
    """Return the layers and models among values, and in lists and dictionaries."""
    found: dict[Any, None] = {}
    _note_operations(values, found, set())
    return list(found)


def _note_operations(
    values: Iterable[Any], found: dict[Any, None], entered: set[int]
) -> None:
    """Note what `operations_in` returns; a list may have itself within."""
    for value in values:
        if isinstance(value, Operation):
            found[value] = None
        elif isinstance(value, (list, tuple, dict)) and id(value) not in entered:
            entered.add(id(value))
            inner = value.values() if isinstance(value, dict) else value
            _note_operations(inner, found, entered)


def _structure_of(x: Any) -> Structure:
    """Return the structure of the first inputs: a list of arrays is several inputs."""
    if isinstance(x, Mapping):
        return Structure.of("x", x)
    if isinstance(x, (list, tuple)) and all(getattr(one, "ndim", 0) > 1 for one in x):
        return Structure.of("x", x)
    return Structure(1)


def _shape_of(x: Any) -> Shape:
    """Return the shape of a batch of one of the first inputs."""
    if isinstance(x, KerasTensor):
        return x.shape
    return (None, *(x if is_sparse(x) else real_numbers("x", x)).shape[1:])


def _structure_of_shapes(shapes: Any) -> Structure:
    """Return the structure of inputs, of which the shapes are given."""
    several = isinstance(shapes, (list, tuple)) and all(
        isinstance(one, (list, tuple)) for one in shapes
    )
    if several or isinstance(shapes, Mapping):
        return Structure.of("input_shape", shapes)
    return Structure(1)


def _without_noise(graph: Graph, known: set[Layer]) -> Any:
    """Return what a graph computes where it does not learn, to compare it.

    Args:
        graph: The graph.
        known: The layers that are always the same; others were made in the call.
    """
    same: dict[int, int] = {}
    rows: dict[int, Any] = {}
    for number, (layer, sources, _) in enumerate(graph.calls):
        places = tuple(same.get(source, source) for source in sources)
        if layer.kind in tables.NOISE:
            same[number] = places[0]
        else:
            same[number] = len(rows)
            what = layer if layer in known else _in_words(layer)
            rows[len(rows)] = (what, places)
    outputs = [same.get(port.place, port.place) for port in graph.outputs]
    return list(rows.values()), outputs
