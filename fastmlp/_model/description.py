"""A model as words: what Keras's files say about it, and back again.

These are dictionaries that JSON can hold. They name classes and settings, never code,
so that a file from anywhere can be read.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from fastmlp._check.numbers import refuse_other_dtypes, true_or_false
from fastmlp._engine.build import Training
from fastmlp._model.stack import Stack
from fastmlp._util.described import describe_object
from fastmlp._util.warn import warn
from fastmlp.layers import InputLayer, Layer, deserialize
from fastmlp.layers._shapes import Shape, batch_shape, sizes_of
from fastmlp.metrics import Metric, Named


class Parts(NamedTuple):
    """What a description of a model says."""

    name: str | None
    trainable: bool
    layers: list[Layer]  # not built yet; an `Input`, if there is one, comes first
    sample: tuple[int, ...] | None  # the shape of a sample, if it is known


def describe_sequential(
    stack: Stack, config: dict[str, Any], compiled: dict[str, Any] | None
) -> dict[str, Any]:
    """Return configuration and compile settings, as Keras's files have them."""
    description = {
        "module": "keras",
        "class_name": "Sequential",
        "config": config,
        "registered_name": None,
    }
    if stack.sample is not None:
        description["build_config"] = {"input_shape": [None, *stack.sample]}
    if compiled is not None:
        description["compile_config"] = compiled
    return description


def describe_model(stack: Stack, trainable: bool) -> dict[str, Any]:
    """Return what `Sequential.get_config` returns."""
    described = [_describe_layer(layer) for layer in stack.layers]
    config = {"name": stack.name, "trainable": trainable, "dtype": "float32"}
    if stack.sample is None:
        return {**config, "layers": described}
    inputs = InputLayer(stack.sample, name=stack.input_name or "input_layer")
    return {
        **config,
        "layers": [describe_object(inputs), *described],
        "build_input_shape": [None, *stack.sample],
    }


def _describe_layer(layer: Layer) -> dict[str, Any]:
    description: dict[str, Any] = describe_object(layer)
    if layer.built:
        description["build_config"] = {"input_shape": list(layer.input_shape)}
    return description


def describe_training(training: Training) -> dict[str, Any]:
    """Return what `Sequential.get_compile_config` returns."""
    return {
        "optimizer": describe_object(training.optimizer),
        "loss": describe_object(training.loss),
        "loss_weights": None,
        "metrics": _describe_metrics(training.metrics, weighted=False),
        "weighted_metrics": _describe_metrics(training.metrics, weighted=True),
        "run_eagerly": False,
        "steps_per_execution": 1,
        "jit_compile": "auto",
    }


def _describe_metrics(metrics: list[Named], weighted: bool) -> list[Any] | None:
    """Return the metrics of one kind, each with the name that `History` has it under.

    "accuracy" stays the word that was given: what it means depends on the outputs.
    """
    described = []
    for one in metrics:
        if one.weighted != weighted:
            continue
        if isinstance(one.metric, Metric):
            description = describe_object(one.metric)
            description["config"] = {**description["config"], "name": one.name}
            described.append(description)
        else:
            # Without what `compile` may have put before or behind it.
            given = re.search("acc(uracy)?", one.name, re.IGNORECASE)
            described.append(given.group() if given else "accuracy")
    return described or None


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


def read_model(config: Any) -> Parts:
    """Return what a configuration says, with its layers not built yet.

    Args:
        config: What `Sequential.get_config` returned, here or in Keras.

    Raises:
        ValueError: It is no configuration of a Sequential model, or names something
            that fastmlp does not have.
    """
    try:
        return _read_parts(config)
    except TypeError as error:
        raise ValueError(f"The configuration of the model: {error}") from error


def _read_parts(config: Any) -> Parts:
    """Return what it says, or raise TypeError for settings of the wrong kind."""
    if not isinstance(config, Mapping) or not isinstance(config.get("layers"), list):
        raise ValueError(
            "The configuration of a Sequential model is a dictionary with a list of "
            "'layers'; this is none."
        )
    refuse_other_dtypes(config.get("dtype"))
    layers = [_read_layer(description) for description in config["layers"]]
    sample = layers[0].declared_shape if layers else None
    shape = config.get("build_input_shape")
    if not shape and sample is None and layers:
        shape = _built_shape(config["layers"][0])
    if shape:
        # The rows of a batch do not matter, and Keras may have noted them.
        sample = sizes_of(_checked_shape(shape))
    trainable = true_or_false("trainable", config.get("trainable", True))
    return Parts(config.get("name"), trainable, layers, sample)


def _read_layer(description: Any) -> Layer:
    """Return a layer, or say which one cannot be made."""
    if not isinstance(description, Mapping):
        raise ValueError("A layer is described by a dictionary; this one is not.")
    config = description.get("config")
    name = config.get("name") if isinstance(config, Mapping) else None
    try:
        return deserialize(description)
    except (TypeError, ValueError) as error:
        kind = description.get("class_name")
        raise ValueError(
            f"Layer {name!r} of class {kind!r} cannot be made. {error}"
        ) from None


def _built_shape(description: Mapping[str, Any]) -> Any:
    """Return the shape of the inputs that a layer or a model was built for, or None."""
    build = description.get("build_config")
    return build.get("input_shape") if isinstance(build, Mapping) else None


def _checked_shape(shape: Any) -> Shape:
    try:
        return batch_shape(shape)
    except (TypeError, ValueError) as error:
        raise ValueError(f"The shape of a model's inputs: {error}") from None


def read_sequential(description: Any) -> Any:
    """Return the configuration in the description of a whole model.

    Raises:
        ValueError: It does not describe a Sequential model.
    """
    kind = description.get("class_name") if isinstance(description, Mapping) else None
    if kind != "Sequential":
        raise ValueError(
            f"This is a model of class {kind!r}, but fastmlp has Sequential models "
            "only: layers in a row."
        )
    config = description.get("config")
    shape = _built_shape(description)
    if not shape or not isinstance(config, Mapping) or config.get("build_input_shape"):
        return config
    return {**config, "build_input_shape": shape}


def refuse_custom(custom_objects: Mapping[str, Any] | None) -> None:
    """Refuse classes of the user's own."""
    if custom_objects:
        raise ValueError(
            "fastmlp compiles what models are made of, so that `custom_objects` cannot "
            "be used: leave it out."
        )
