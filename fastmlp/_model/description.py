"""A model as words: what Keras's files say about it.

These are dictionaries that JSON can hold. They name classes and settings, never code,
so that a file from anywhere can be read: `fastmlp._model.reading` makes a model again.
"""

import re
from collections import Counter
from typing import Any

from fastmlp._check.structure import Structure
from fastmlp._engine.training import Training
from fastmlp._model.graph import Graph
from fastmlp._model.stack import Stack
from fastmlp._util.described import describe_object
from fastmlp.layers import InputLayer, Layer
from fastmlp.layers._tensor import KerasTensor, Node
from fastmlp.losses import Loss
from fastmlp.losses._crossentropy import Crossentropy
from fastmlp.losses._own import LossFunction
from fastmlp.metrics import Metric, Named
from fastmlp.metrics._loss_metric import LossMetric
from fastmlp.metrics._own import MetricFunction


def describe_model(model: Any) -> dict[str, Any]:
    """Return what `get_config` of a model returns."""
    return _config_of(model, _places_in_several_models(model))


def describe_whole(model: Any) -> dict[str, Any]:
    """Return configuration and compile settings, as Keras's files have them."""
    return _whole(model, _places_in_several_models(model))


def _places_in_several_models(model: Any) -> dict[Any, int]:
    """Return a number for each layer that a model and one inside it both have.

    It is described in both, and the number says that it is the same.
    """
    places = Counter[Any]()
    waiting = [model]
    while waiting:
        graph = waiting.pop().graph
        graph.refuse_changed()
        for one in graph.layers:
            places[one] += 1
            if not isinstance(one, Layer) and places[one] == 1:
                waiting.append(one)
    several = [
        one
        for one, count in places.items()
        if count > 1 and not isinstance(one, InputLayer)
    ]
    return {one: number for number, one in enumerate(several, 1)}


def _whole(model: Any, numbers: dict[Any, int]) -> dict[str, Any]:
    """Return the description of a model, which may be a layer of another."""
    is_row = isinstance(model.graph, Stack)
    description = {
        "module": "keras" if is_row else "keras.src.models.functional",
        "class_name": "Sequential" if is_row else "Functional",
        "config": _config_of(model, numbers),
        "registered_name": None if is_row else "Functional",
    }
    if not is_row:
        description["build_config"] = {"input_shape": None}
    elif model.graph.sample is not None:
        description["build_config"] = {"input_shape": [None, *model.graph.sample]}
    compiled = model.get_compile_config()
    if compiled is not None:
        description["compile_config"] = compiled
    return description


def _config_of(model: Any, numbers: dict[Any, int]) -> dict[str, Any]:
    if isinstance(model.graph, Stack):
        return _config_of_row(model, numbers)
    if isinstance(model.graph, Graph):
        return _config_of_graph(model, numbers)
    raise ValueError(
        f"Model {model.name!r} has a `call` of its own, and a description holds no "
        "code. Once it is built, Model(model.inputs, model.outputs) is a model of the "
        "same layers that can be described."
    )


def _config_of_row(model: Any, numbers: dict[Any, int]) -> dict[str, Any]:
    graph: Stack = model.graph
    config = {"name": model.name, "trainable": model.trainable, "dtype": "float32"}
    described = [_describe_layer(layer, numbers) for layer in graph.layers]
    if graph.sample is None:
        return {**config, "layers": described}
    inputs = InputLayer(
        graph.sample,
        name=graph.input_name or "input_layer",
        sparse=graph.input_is_sparse,
    )
    return {
        **config,
        "layers": [describe_object(inputs), *described],
        "build_input_shape": [None, *graph.sample],
    }


def _describe_layer(layer: Any, numbers: dict[Any, int]) -> dict[str, Any]:
    """Return the description of a layer, or of a model that is one."""
    description: dict[str, Any]
    if isinstance(layer, Layer):
        description = describe_object(layer)
        if layer.built and not isinstance(layer, InputLayer):
            description["build_config"] = {"input_shape": list(layer.input_shape)}
    else:
        description = _whole(layer, numbers)
    if layer in numbers:
        description["shared_object_id"] = numbers[layer]
    return description


# -- Which layer gets the outputs of which ---------------------------------------------


def _config_of_graph(model: Any, numbers: dict[Any, int]) -> dict[str, Any]:
    graph: Graph = model.graph
    by_layer = graph.calls_by_layer()
    calls = {node: at for nodes in by_layer.values() for at, node in enumerate(nodes)}
    described = [
        {
            **_describe_layer(layer, numbers),
            "name": layer.name,
            "inbound_nodes": [
                _describe_call(graph, calls, node) for node in nodes if node.inputs
            ],
        }
        for layer, nodes in by_layer.items()
    ]
    inputs, outputs = graph.tensors
    return {
        "name": model.name,
        "trainable": model.trainable,
        "layers": described,
        "input_layers": graph.input_structure.pack(
            [_end_of(one, calls) for one in inputs]
        ),
        "output_layers": graph.output_structure.pack(
            [_end_of(graph.resolve(one), calls) for one in outputs]
        ),
    }


def _describe_call(graph: Graph, calls: dict[Node, int], node: Node) -> dict[str, Any]:
    """Return what a call gets, in the structure in which it does."""
    operation: Any = node.operation
    given: Any = [_describe_tensor(one, calls) for one in graph.sources_of(node)]
    if not isinstance(operation, Layer):
        given = operation.graph.input_structure.pack(given)
    elif not operation.merges:
        (given,) = given
    described: dict[str, Any] = {"args": [given], "kwargs": {}}
    if node.training is not None:
        # Among Keras's own arguments, False would say nothing: each `Dropout` has it.
        described["training"] = node.training
    return described


def _describe_tensor(tensor: KerasTensor, calls: dict[Node, int]) -> dict[str, Any]:
    return {
        "class_name": "__keras_tensor__",
        "config": {
            "shape": list(tensor.shape),
            "dtype": tensor.dtype,
            "keras_history": _history_of(tensor, calls),
        },
    }


def _history_of(tensor: KerasTensor, calls: dict[Node, int]) -> list[Any]:
    """Return whose output it is, of which call, and which of them."""
    node = tensor.node
    return [node.operation.name, calls[node], node.order().index(tensor.index)]


def _end_of(tensor: KerasTensor, calls: dict[Node, int]) -> list[Any]:
    """Return the same for an input or an output of the model."""
    name, number, index = _history_of(tensor, calls)
    return [name, number + counted_from(tensor.node.operation), index]


def counted_from(layer: Any) -> int:
    """Return where Keras begins to count calls, for the inputs and outputs of a model.

    A model that is a graph has had one call when it was made.
    """
    is_graph = not isinstance(layer, Layer) and not isinstance(layer.graph, Stack)
    return int(is_graph)


# -- What `compile` was told -----------------------------------------------------------


def describe_training(training: Training, outputs: Structure) -> dict[str, Any]:
    """Return what `get_compile_config` of a model returns.

    Args:
        training: What `compile` was told.
        outputs: How the model gives its outputs: losses and metrics stand likewise.
    """
    heads = training.heads
    weights = [head.weight for head in heads]
    plain = [_describe_metrics(head.metrics, weighted=False) for head in heads]
    weighing = [_describe_metrics(head.metrics, weighted=True) for head in heads]
    return {
        "optimizer": describe_object(training.optimizer),
        "loss": outputs.pack([_describe_loss(head.loss) for head in heads]),
        "loss_weights": None if set(weights) == {1.0} else outputs.pack(weights),
        "metrics": outputs.pack(plain) if any(plain) else None,
        "weighted_metrics": outputs.pack(weighing) if any(weighing) else None,
        "run_eagerly": False,
        "steps_per_execution": training.steps_per_execution,
        "jit_compile": "auto",
    }


def _describe_loss(loss: Loss | None) -> Any:
    if isinstance(loss, LossFunction):
        return describe_object(loss.function)
    if type(loss) is Crossentropy:
        return loss.name  # The word that `compile` was given, which is no class.
    return describe_object(loss)


def _describe_metrics(metrics: list[Named], weighted: bool) -> list[Any]:
    """Return the metrics of one kind, each with the name that `History` has it under.

    "accuracy" stays the word that was given: what it means depends on the outputs.
    """
    described = []
    for one in metrics:
        if one.weighted != weighted:
            continue
        if isinstance(one.metric, MetricFunction):
            described.append(describe_object(one.metric.function))
        elif isinstance(one.metric, Metric):
            # Any loss is itself in a file, unless it has a class among the metrics.
            is_loss = type(one.metric) is LossMetric
            thing: Any = one.metric
            description = describe_object(thing.loss if is_loss else thing)
            if "name" in description["config"]:  # One of the user's may have none.
                description["config"] = {**description["config"], "name": one.name}
            described.append(description)
        else:
            # Without what `compile` may have put before or behind it.
            given = re.search("acc(uracy)?", one.name, re.IGNORECASE)
            described.append(given.group() if given else "accuracy")
    return described
