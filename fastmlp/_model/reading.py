"""Words become a model again; a file from anywhere is no reason to trust them.

What is wrong in a description is said in a sentence, whatever it is; and it makes
nothing that is larger than itself: not even by models in models that are called twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from fastmlp._check.lookup import ClassesByName
from fastmlp._check.numbers import describe, refuse_other_dtypes, true_or_false
from fastmlp._model.calls import (
    DescribedCall,
    Key,
    Source,
    call_all,
    calls_in,
    output_of,
    with_tensors,
)
from fastmlp._model.description import counted_from
from fastmlp._model.older import of_today, training_of_today
from fastmlp._util.warn import warn
from fastmlp.layers import deserialize
from fastmlp.layers._shapes import Shape, batch_shape, sizes_of
from fastmlp.layers._tensor import KerasTensor

# The classes of models, by the names that descriptions have; of Keras 2, `Model` is a
# graph as well.
MODELS: Mapping[str, Any] = ClassesByName(
    "fastmlp.models", ["Functional", "Sequential"], str, {"Model": "Functional"}
)

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
    described = _guarded(of_today, description)
    return Read(_guarded(reading.model, described), reading.compiled)


def read_config(kind: str, config: Any) -> Any:
    """Return the model of that class that a configuration makes.

    Args:
        kind: "Sequential" or "Functional".
        config: What `get_config` returned, here or in Keras.

    Raises:
        ValueError: It is none, or has what fastmlp has not.
    """
    described = _guarded(of_today, {"class_name": kind, "config": config})
    return _guarded(_Reading().model_of, kind, described["config"])


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
    config = training_of_today(config)
    if config.get("loss") is None:
        warn(
            "The compile settings have no loss, so that the model was not "
            "compiled. Call `compile` to train it.",
            UserWarning,
        )
        return None
    names = (
        "optimizer", "loss", "loss_weights", "metrics", "weighted_metrics",
        "steps_per_execution",
    )  # fmt: skip
    return {name: config[name] for name in names if config.get(name)}


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
        if ("input_layers" in config) != (kind != "Sequential"):
            raise ValueError(
                "Only of a graph, a Functional model, a configuration says which "
                "layers are its 'input_layers'. For layers in a row there is "
                "Sequential.from_config, and Model.from_config for a graph."
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
        calls: dict[Key, DescribedCall] = {}
        for description in config["layers"]:
            layer = self.layer(description)
            name = description.get("name", layer.name)
            if not isinstance(name, str) or name in layers:
                raise ValueError(
                    f"Each layer needs a name of its own; {describe(name)} is none."
                )
            layers[name] = layer
            calls |= calls_in(name, layer, description.get("inbound_nodes"))
        size = self._count([layers[name] for name, _ in calls])
        found = call_all(layers, calls)

        def end(source: Source) -> KerasTensor:
            first = counted_from(layers[source.layer]) if source.layer in layers else 0
            return output_of(found, source._replace(call=source.call - first))

        model = MODELS["Functional"](
            with_tensors("The inputs of the model", config.get("input_layers"), end),
            with_tensors("The outputs of the model", config.get("output_layers"), end),
            config.get("name"),
            trainable,
        )
        reached = set(model.layers)
        for name, layer in layers.items():
            if layer not in reached:
                raise ValueError(f"Nothing leads from layer {name!r} to an output.")
        self._sizes[model] = size
        return model


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
