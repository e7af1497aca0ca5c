"""Words become a model again; a file from anywhere is no reason to trust them.

What is wrong in a description is said in a sentence, whatever it is; and it makes
nothing that is larger than itself: not even by models in models that are called twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from fastmlp._check.numbers import describe, refuse_other_dtypes, true_or_false
from fastmlp._model.description import counted_from
from fastmlp._util.warn import warn
from fastmlp.layers import InputLayer, deserialize
from fastmlp.layers._shapes import Shape, batch_shape, sizes_of
from fastmlp.layers._tensor import KerasTensor

# The classes of models, by the names that descriptions have: `fastmlp.models`, which
# builds on what is here, puts them in.
MODELS: dict[str, Any] = {}

# More calls of layers than any network has; inner models are counted at each call.
_MOST_CALLS = 200_000


class Read(NamedTuple):
    """What a description says.

    Attributes:
        model: The model, with fresh weights.
        compiled: Compile settings, and the model that they are for: the model itself
            comes last, after those inside it.
    """

    model: Any
    compiled: list[tuple[Any, Any]]


def read_whole(description: Any) -> Read:
    """Return what the description of a whole model says.

    Raises:
        ValueError: It does not describe a model, or one that has what fastmlp has not.
    """
    reading = _Reading()
    return Read(_guarded(reading.model, description), reading.compiled)


def read_config(kind: str, config: Any) -> Any:
    """Return the model of that class that a configuration makes.

    Args:
        kind: "Sequential" or "Functional".
        config: What `get_config` returned, here or in Keras.

    Raises:
        ValueError: It is none, or has what fastmlp has not.
    """
    return _guarded(_Reading().model_of, kind, config)


def _guarded(read: Callable[..., Any], *arguments: Any) -> Any:
    """Return read(*arguments), which raises nothing but ValueError."""
    try:
        return read(*arguments)
    except TypeError as error:
        raise ValueError(f"The configuration of the model: {error}") from error
    except RecursionError:
        raise ValueError(
            "The configuration of the model has too many models in models to be read."
        ) from None


def read_compile_config(config: Any) -> dict[str, Any] | None:
    """Return what `compile` is to be told; None, with a warning, if there is no loss.

    Raises:
        ValueError: It is no dictionary.
    """
    if not isinstance(config, Mapping):
        raise ValueError(
            "Compile settings are a dictionary, such as {'optimizer': 'adam', "
            f"'loss': 'mse'}}, not an object of type {type(config).__name__}."
        )
    if config.get("loss") is None:
        warn(
            "The compile settings have no loss, so that the model was not "
            "compiled. Call `compile` to train it.",
            UserWarning,
        )
        return None
    names = ("optimizer", "loss", "loss_weights", "metrics", "weighted_metrics")
    return {name: config[name] for name in names if config.get(name)}


def refuse_custom(custom_objects: Mapping[str, Any] | None) -> None:
    """Refuse classes of the user's own."""
    if custom_objects:
        raise ValueError(
            "fastmlp compiles what models are made of, so that `custom_objects` cannot "
            "be used: leave it out."
        )


class _Source(NamedTuple):
    """Whose output a symbolic tensor is."""

    layer: str
    call: int
    output: int


# The name of a layer, and which of its calls.
_Key = tuple[str, int]


class _Call(NamedTuple):
    """A call of a layer."""

    given: Any  # descriptions of symbolic tensors, as the layer gets them
    training: bool | None
    needs: list[_Key]  # the calls before it


class _Reading:
    """A description while it is read.

    Attributes:
        compiled: As in `Read`.
    """

    def __init__(self) -> None:
        self.compiled: list[tuple[Any, Any]] = []
        # What has a place in several models, by the number that Keras gave it.
        self._shared: dict[int, Any] = {}
        # How many calls of layers each model is, and all together.
        self._sizes: dict[Any, int] = {}
        self._calls = 0

    def model(self, description: Any) -> Any:
        """Return the model that is described."""
        is_known = isinstance(description, Mapping)
        kind = description.get("class_name") if is_known else None
        if not isinstance(kind, str) or kind not in MODELS:
            raise ValueError(
                f"This is a model of class {describe(kind)}, but fastmlp has "
                "Sequential and Functional models: graphs of its layers."
            )
        config, shape = description.get("config"), _built_shape(description)
        if shape and isinstance(config, Mapping) and kind == "Sequential":
            shape = config.get("build_input_shape") or shape
            config = {**config, "build_input_shape": shape}
        model = self.model_of(kind, config)
        if description.get("compile_config"):
            self.compiled.append((model, description["compile_config"]))
        return model

    def model_of(self, kind: str, config: Any) -> Any:
        """Return the model of that class that a configuration makes."""
        if not isinstance(config, Mapping) or not isinstance(
            config.get("layers"), list
        ):
            raise ValueError(
                f"The configuration of a {kind} model is a dictionary with a list of "
                "'layers'; this is none."
            )
        refuse_other_dtypes(config.get("dtype"))
        trainable = true_or_false("trainable", config.get("trainable", True))
        make = self._row if kind == "Sequential" else self._graph
        return make(config, trainable)

    def layer(self, description: Any) -> Any:
        """Return a layer, or a model that is one, or say which cannot be made."""
        if not isinstance(description, Mapping):
            raise ValueError("A layer is described by a dictionary; this one is not.")
        number = description.get("shared_object_id")
        number = number if isinstance(number, int) else None
        if number in self._shared:
            return self._shared[number]
        kind = description.get("class_name")
        is_model = isinstance(kind, str) and kind in MODELS
        try:
            found = self.model(description) if is_model else deserialize(description)
        except (TypeError, ValueError) as error:
            config = description.get("config")
            name = config.get("name") if isinstance(config, Mapping) else None
            name = description.get("name", name)
            raise ValueError(
                f"Layer {describe(name)} of class {describe(kind)} cannot be made. "
                f"{error}"
            ) from None
        if number is not None:
            self._shared[number] = found
        return found

    def _count(self, layers: list[Any]) -> int:
        """Return how many calls of layers these are, unless there are too many."""
        calls = sum(self._sizes.get(layer, 1) for layer in layers)
        self._calls += calls
        if self._calls > _MOST_CALLS:
            raise ValueError(
                f"The model calls its layers {self._calls:,} times, since models in it "
                "are called many times: no network does."
            )
        return calls

    # -- Layers in a row ---------------------------------------------------------------

    def _row(self, config: Mapping[str, Any], trainable: bool) -> Any:
        layers = [self.layer(description) for description in config["layers"]]
        calls = self._count(layers)
        model = MODELS["Sequential"](layers, trainable, config.get("name"))
        shape = config.get("build_input_shape")
        if not shape and not model.built and layers:
            shape = _built_shape(config["layers"][0])
        if shape:
            # The rows of a batch do not matter, and Keras may have noted them.
            sample = sizes_of(_checked_shape(shape))
            if model.layers:
                model.build((None, *sample))
        self._sizes[model] = calls
        return model

    # -- Layers in a graph -------------------------------------------------------------

    def _graph(self, config: Mapping[str, Any], trainable: bool) -> Any:
        layers: dict[str, Any] = {}
        calls: dict[_Key, _Call] = {}
        for description in config["layers"]:
            layer = self.layer(description)
            name = description.get("name", layer.name)
            if not isinstance(name, str) or name in layers:
                raise ValueError(
                    f"Each layer needs a name of its own; {describe(name)} is none."
                )
            layers[name] = layer
            calls |= _calls_in(name, layer, description.get("inbound_nodes"))
        size = self._count([layers[name] for name, _ in calls])
        found = _call_all(layers, calls)

        def end(source: _Source) -> KerasTensor:
            first = counted_from(layers[source.layer]) if source.layer in layers else 0
            return _output(found, source._replace(call=source.call - first))

        model = MODELS["Functional"](
            _with_tensors("The inputs of the model", config.get("input_layers"), end),
            _with_tensors("The outputs of the model", config.get("output_layers"), end),
            config.get("name"),
            trainable,
        )
        reached = set(model.layers)
        for name, layer in layers.items():
            if layer not in reached:
                raise ValueError(f"Nothing leads from layer {name!r} to an output.")
        self._sizes[model] = size
        return model


def _calls_in(name: str, layer: Any, nodes: Any) -> dict[_Key, _Call]:
    """Return the calls that a configuration has of a layer."""
    if not isinstance(nodes, list):
        raise ValueError(
            f"Layer {name!r} has no list of 'inbound_nodes', which says whose outputs "
            "it gets."
        )
    if isinstance(layer, InputLayer) and nodes:
        raise ValueError(f"Layer {name!r} is an Input, and gets no outputs of others.")
    calls = {}
    for number, node in enumerate(nodes):
        given, sources = _given_to(name, node), list[_Source]()
        _with_tensors(f"What layer {name!r} gets", given, sources.append)
        if not sources:
            raise ValueError(f"Layer {name!r} is called on nothing.")
        needs = [(source.layer, source.call) for source in sources]
        if number:  # Calls of a layer keep their order, too.
            needs.append((name, number - 1))
        calls[name, number] = _Call(given, _training_of(node), needs)
    return calls


def _given_to(name: str, node: Any) -> Any:
    """Return what a layer is called on: the description of a tensor, or of several."""
    if isinstance(node, list) and node:  # As Keras 2 wrote it.
        return node[0] if len(node) == 1 else node
    options = node.get("kwargs") if isinstance(node, Mapping) else None
    options = options if isinstance(options, Mapping) else {}
    given = node.get("args") if isinstance(node, Mapping) else None
    if isinstance(given, list) and "inputs" in options:
        given = [*given, options["inputs"]]
    if not isinstance(given, list) or len(given) != 1:
        raise ValueError(
            f"Layer {name!r} must be called on one thing, a symbolic tensor or a list "
            f"of them, but the configuration has {describe(given)}."
        )
    if options.get("training"):
        raise ValueError(
            f"Layer {name!r} is called with training=True, but in `predict`, no layer "
            "of fastmlp behaves as in `fit`."
        )
    return given[0]


def _training_of(node: Any) -> bool | None:
    """Return what fastmlp noted of the argument `training` of a call."""
    is_noted = isinstance(node, Mapping) and node.get("training") is False
    return False if is_noted else None


def _with_tensors(what: str, given: Any, find: Callable[[_Source], Any]) -> Any:
    """Return a structure of descriptions of tensors, with find(source) for each."""
    source = _source_of(what, given)
    if source is not None:
        return find(source)
    if isinstance(given, Mapping):
        return {name: _with_tensors(what, one, find) for name, one in given.items()}
    if isinstance(given, (list, tuple)):
        return type(given)([_with_tensors(what, one, find) for one in given])
    raise ValueError(
        f"{what} should be the outputs of other layers, but the configuration has "
        f"{describe(given)}."
    )


def _source_of(what: str, given: Any) -> _Source | None:
    """Return what describes a tensor as such; None if it is something else."""
    if isinstance(given, Mapping) and given.get("class_name") == "__keras_tensor__":
        config = given.get("config")
        given = config.get("keras_history") if isinstance(config, Mapping) else None
    elif not (isinstance(given, list) and given and isinstance(given[0], str)):
        return None
    kinds = [type(one) for one in given[:3]] if isinstance(given, list) else []
    if kinds != [str, int, int] or min(given[1:3]) < 0:
        raise ValueError(
            f"{what} should be outputs such as ['layer', 0, 0], which is the layer, "
            "which of its calls, and which of what comes out; not "
            f"{given!r:.60}."
        )
    return _Source(*given[:3])


def _call_all(
    layers: Mapping[str, Any], calls: Mapping[_Key, _Call]
) -> dict[_Key, list[KerasTensor]]:
    """Call all layers, each after those whose outputs it gets; return all outputs."""
    from graphlib import CycleError, TopologicalSorter  # Only here: 1 ms.

    found = {
        (name, 0): [layer.output]
        for name, layer in layers.items()
        if isinstance(layer, InputLayer)
    }
    for (name, _), call in calls.items():
        for key in call.needs:
            if key not in found and key not in calls:
                raise ValueError(
                    f"Layer {name!r} gets the outputs of call {key[1]} of layer "
                    f"{key[0]!r}, which the configuration does not have."
                )
    try:
        order = list(
            TopologicalSorter(
                {key: call.needs for key, call in calls.items()}
            ).static_order()
        )
    except CycleError as error:
        circle = ", ".join(repr(name) for name, _ in error.args[1])
        raise ValueError(
            f"The layers lie in a circle, so that none can be first: {circle}."
        ) from None
    for key in order:
        if key in calls:
            found[key] = _called(key[0], layers[key[0]], calls[key], found)
    return found


def _called(
    name: str, layer: Any, call: _Call, found: Mapping[_Key, list[KerasTensor]]
) -> list[KerasTensor]:
    """Return what comes out of a call, in the order in which Keras counts it."""
    try:
        inputs = _with_tensors("", call.given, lambda source: _output(found, source))
        outputs = layer(inputs, training=call.training)
    except (TypeError, ValueError) as error:
        raise ValueError(f"Layer {name!r} cannot be called so. {error}") from None
    node = layer._noted()[-1]
    del outputs  # Until now, nobody else kept the call.
    return [KerasTensor(node, place) for place in node.order()]


def _output(found: Mapping[_Key, list[KerasTensor]], source: _Source) -> KerasTensor:
    outputs = found.get((source.layer, source.call), [])
    if source.output >= len(outputs):
        raise ValueError(
            f"The configuration names output {source.output} of call {source.call} of "
            f"layer {source.layer!r}, which is not there."
        )
    return outputs[source.output]


# -- Shapes ----------------------------------------------------------------------------


def _built_shape(description: Mapping[str, Any]) -> Any:
    """Return the shape of the inputs that a layer or a model was built for, or None."""
    build = description.get("build_config")
    return build.get("input_shape") if isinstance(build, Mapping) else None


def _checked_shape(shape: Any) -> Shape:
    try:
        return batch_shape(shape)
    except (TypeError, ValueError) as error:
        raise ValueError(f"The shape of a model's inputs: {error}") from None
