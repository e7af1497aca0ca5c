"""What the files of older Keras say of a model, in the words of today.

Keras 2 counted the calls of inner models from 1, wrote what a layer gets as plain
lists, and had other names for some arguments. What is no description of a model comes
out as it is: `fastmlp._model.reading` says what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

_GRAPHS = ("Functional", "Model")

# How Keras 2 called arguments, by class.
_RENAMED = {("LeakyReLU", "alpha"): "negative_slope"}

# What Keras 2 wrote of any optimizer, and which today means nothing.
_OF_OPTIMIZERS = ("jit_compile", "is_legacy_optimizer", "schedule_decay")

_ACCURACIES = (
    "accuracy",
    "binary_accuracy",
    "categorical_accuracy",
    "sparse_categorical_accuracy",
)


def of_today(description: Any) -> Any:
    """Return the description of a model, or of a layer of one, in words of today.

    Example:
        >>> layer = {"name": "leaky", "alpha": 0.5, "dtype": "float32"}
        >>> of_today({"class_name": "LeakyReLU", "config": layer})["config"]
        {'name': 'leaky', 'negative_slope': 0.5, 'dtype': 'float32'}
    """
    if not isinstance(description, Mapping):
        return description
    new = dict(description)
    kind, config = new.get("class_name"), new.get("config")
    if kind == "Sequential" and isinstance(config, list):
        new["config"] = config = {"layers": config}  # Until Keras 2.2.3.
    if not isinstance(config, Mapping):
        return new
    if kind in ("Sequential", *_GRAPHS):
        new["config"] = _model_config(config)
        new["class_name"] = "Functional" if kind in _GRAPHS else kind
    else:
        new["config"] = _layer_config(kind, config)
    if "compile_config" in new:
        new["compile_config"] = training_of_today(new["compile_config"])
    return new


def _model_config(config: Mapping[str, Any]) -> Mapping[str, Any]:
    layers = config.get("layers")
    if not isinstance(layers, list):
        return config
    config = {**config, "layers": [of_today(one) for one in layers]}
    return _with_calls_of_today(config) if "input_layers" in config else config


def _layer_config(kind: Any, config: Mapping[str, Any]) -> dict[str, Any]:
    new = {_RENAMED.get((kind, key), key): _part(one) for key, one in config.items()}
    if kind == "InputLayer" and "batch_input_shape" in new:
        new["batch_shape"] = new.pop("batch_input_shape")
    axis = new.get("axis")
    if isinstance(axis, list) and len(axis) == 1:
        new["axis"] = axis[0]
    return new


def _part(value: Any) -> Any:
    """Return a regularizer, an initializer or the like without its dtype."""
    if not isinstance(value, Mapping) or not isinstance(value.get("config"), Mapping):
        return value
    if value.get("class_name") == "Policy":
        return value["config"].get("name")
    return {**value, "config": _without_dtype(value["config"])}


def _without_dtype(config: Mapping[str, Any]) -> dict[str, Any]:
    return {key: one for key, one in config.items() if (key, one) != _FLOAT32}


_FLOAT32 = ("dtype", "float32")


# -- Which layer gets the outputs of which ---------------------------------------------


def _with_calls_of_today(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the configuration of a graph with calls that are counted from 0."""
    layers = [one for one in config["layers"] if isinstance(one, Mapping)]
    nodes = [one.get("inbound_nodes") for one in layers]
    if not any(isinstance(one, list) and one and _is_old(one[0]) for one in nodes):
        return config
    ends = {key: config.get(key) for key in ("input_layers", "output_layers")}
    references = list(_references([*nodes, *ends.values()]))
    counted_from_0 = {name for name, call, *_ in references if call == 0}
    moved = {
        one.get("name"): one.get("class_name")
        for one in layers
        if one.get("class_name") in ("Sequential", "Functional")
        and one.get("name") not in counted_from_0
    }
    # Among the ends, those of a graph are counted from 1 today, too.
    rows = {name for name, kind in moved.items() if kind == "Sequential"}
    return {
        **config,
        **{key: _renumbered(end, rows) for key, end in ends.items()},
        "layers": [
            {**one, "inbound_nodes": _nodes(one.get("inbound_nodes"), set(moved))}
            if isinstance(one, Mapping)
            else one
            for one in config["layers"]
        ],
    }


def _is_old(node: Any) -> bool:
    return isinstance(node, list)


def _is_reference(value: Any) -> bool:
    """Tell whether it is an output, as in ["layer", 0, 0] or ["layer", 0, 0, {}]."""
    return (
        isinstance(value, list)
        and len(value) in (3, 4)
        and isinstance(value[0], str)
        and isinstance(value[1], int)
    )


def _references(value: Any) -> Iterator[list[Any]]:
    """Go through all outputs that are named in lists in lists."""
    if _is_reference(value):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _references(one)


def _renumbered(value: Any, moved: set[Any]) -> Any:
    """Return the same, with the calls of some layers counted from 0."""
    if _is_reference(value):
        return [value[0], value[1] - (value[0] in moved), value[2]]
    if isinstance(value, list):
        return [_renumbered(one, moved) for one in value]
    return value


def _nodes(nodes: Any, moved: set[Any]) -> Any:
    """Return the calls of a layer, each as a dictionary of what it is given."""
    if not isinstance(nodes, list):
        return nodes
    return [_node(node, moved) if _is_old(node) and node else node for node in nodes]


def _node(node: list[Any], moved: set[Any]) -> dict[str, Any]:
    entries = [node] if _is_reference(node) else node
    given = [_renumbered(one, moved) for one in entries]
    options = entries[0][3] if entries[0][3:] else None
    said = options.get("training") if isinstance(options, Mapping) else None
    return {
        "args": [given[0] if len(given) == 1 else given],
        "kwargs": {"training": True} if said else {},
        **({} if said is None or said else {"training": False}),
    }


# -- What `compile` was told -----------------------------------------------------------


def training_of_today(settings: Any) -> Any:
    """Return compile settings in words of today, from whichever file they come.

    Example:
        >>> adam = {"class_name": "Custom>Adam", "config": {"lr": 0.5, "decay": 0.0}}
        >>> settings = training_of_today({"loss": "mse", "optimizer_config": adam})
        >>> settings["optimizer"]["class_name"], settings["optimizer"]["config"]
        ('Adam', {'learning_rate': 0.5})
    """
    if not isinstance(settings, Mapping):
        return settings
    new = dict(settings)
    if "optimizer_config" in new:
        new["optimizer"] = new.pop("optimizer_config")
    changes: dict[str, Callable[[Any], Any]] = {
        "optimizer": _optimizer,
        "loss": _loss,
        "metrics": _metric,
        "weighted_metrics": _metric,
    }
    for key, change in changes.items():
        if key in new:
            new[key] = _in_each(change, new[key])
    return new


def _in_each(change: Callable[[Any], Any], value: Any) -> Any:
    """Return the same structure, with what `change` makes of each description in it."""
    if isinstance(value, list):
        return [_in_each(change, one) for one in value]
    if isinstance(value, Mapping) and "class_name" not in value:
        return {key: _in_each(change, one) for key, one in value.items()}
    is_described = isinstance(value, Mapping) and isinstance(
        value.get("config"), Mapping
    )
    return change(value) if is_described else value


def _optimizer(described: Mapping[str, Any]) -> Any:
    kind = str(described.get("class_name"))
    config = {
        "learning_rate" if key == "lr" else key: one
        for key, one in described["config"].items()
        if key not in _OF_OPTIMIZERS and (key, one) != ("epsilon", None)
    }
    if not config.get("use_ema"):
        config.pop("ema_overwrite_frequency", None)
    decay = config.pop("decay", 0.0)
    if decay:
        config["learning_rate"] = {
            "class_name": "InverseTimeDecay",
            "config": {
                "initial_learning_rate": config.get("learning_rate"),
                "decay_steps": 1,
                "decay_rate": decay,
            },
        }
    new = {**described, "class_name": kind.removeprefix("Custom>"), "config": config}
    if kind != new["class_name"] or not described.get("registered_name"):
        new["registered_name"] = None
    return new


def _loss(described: Mapping[str, Any]) -> Any:
    config = _without_dtype(described["config"])
    if config.get("reduction") == "auto":
        del config["reduction"]
    return {**described, "config": config}


def _metric(described: Mapping[str, Any]) -> Any:
    config = _without_dtype(described["config"])
    function, name = config.pop("fn", None), config.get("name")
    if described.get("class_name") != "MeanMetricWrapper" or function is None:
        return {**described, "config": config}
    if function in _ACCURACIES and name in ("accuracy", "acc"):
        return name
    return {"class_name": function, "config": {"name": name}}
