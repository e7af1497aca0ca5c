"""Layers, and what `compile` was told, become a flat plan.

This is the one place where the words of Keras turn into the letters of the kernels.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from fastmlp import losses, metrics, optimizers, reference
from fastmlp._util.warn import warn
from fastmlp.layers import Layer
from fastmlp.layers._shapes import row_size
from fastmlp.metrics import Metric, Named
from fastmlp.plan import (
    ACTIVATIONS,
    KINDS,
    L1L2,
    LOSSES,
    METRICS,
    OPTIMIZERS,
    REDUCTIONS,
    Float32,
    Head,
    LayerSettings,
    Op,
    Plan,
)

# Metrics that ask where among the outputs the right class comes.
_RANKING = ("categorical_accuracy", "top_k_accuracy")


class Training(NamedTuple):
    """What `compile` was told."""

    optimizer: optimizers.Optimizer
    loss: losses.Loss
    metrics: list[Named]

    def metrics_for(self, outputs: int) -> list[Metric]:
        """Return the metrics of a network with that many outputs."""
        return [metrics.resolve(one.metric, outputs) for one in self.metrics]


class PlannedOp(NamedTuple):
    """An operation of the plan, and its settings."""

    op: Op
    settings: LayerSettings


def make_training(
    optimizer: Any,
    loss: Any,
    wanted: Sequence[Any] | None,
    weighted: Sequence[Any] | None,
) -> Training:
    """Look up what `compile` was given.

    Raises:
        ValueError: A name is unknown.
    """
    if loss is None:
        raise ValueError(
            "compile needs a loss, such as loss='categorical_crossentropy'."
        )
    names = metrics.check(wanted, weighted)
    found = losses.get(loss)
    if found.reduction is None:
        raise ValueError(
            f"The loss {found.name!r} has reduction=None, so it gives a number for "
            "each row, but training needs one number. Leave `reduction` out."
        )
    return Training(optimizers.get(optimizer), found, names)


def build_plan(
    layers: list[Layer], training: Training | None, learning: list[bool]
) -> Plan:
    """Return the plan; without training, one that can only predict.

    Args:
        layers: The layers, built; the plan points to their weights.
        training: What `compile` was told, or None.
        learning: For each layer, whether it learns.
    """
    arrays: list[Float32] = []
    planned: list[PlannedOp] = []
    for layer, learns in zip(layers, learning, strict=True):
        planned += _ops_of(layer, arrays, learns)
    if not planned:
        size = row_size(layers[0].input_shape)
        planned.append(PlannedOp(Op(KINDS["activation"], size, size), LayerSettings()))
    if training is None:
        return _plan_of(planned, arrays)
    loss, last = training.loss, planned[-1]
    # Softmax and cross-entropy are computed in one, from the logits, whether the
    # softmax is the layer's or, `from_logits`, the loss's own.
    kernel = loss.kernel(_activation_of(last))
    if loss.from_logits and _activation_name(last.op) == loss.activation:
        # The outputs are probabilities, and logits to the loss: it is applied twice.
        outputs = last.op.outputs
        planned.append(
            PlannedOp(Op(KINDS["activation"], outputs, outputs), LayerSettings())
        )
    optimizer = training.optimizer
    found = training.metrics_for(planned[-1].op.outputs)
    return _plan_of(
        planned,
        arrays,
        heads=(
            Head(
                LOSSES[kernel],
                loss.settings(),
                REDUCTIONS[str(loss.reduction)],
                metrics=tuple(
                    (METRICS[metric.kernel], metric.settings(), named.weighted)
                    for metric, named in zip(found, training.metrics, strict=True)
                ),
            ),
        ),
        optimizer=OPTIMIZERS[optimizer.kernel],
        clipping=optimizer.clipping(),
        optimizer_settings=optimizer.settings(),
        memory_letters=tuple(optimizer.memory_names()),
        initial_memory=optimizer.initial_memory(),
    )


def _plan_of(planned: list[PlannedOp], arrays: list[Float32], **training: Any) -> Plan:
    """Return a plan of these operations, each with its place among the outputs."""
    offset, ops = 0, []
    for op, _ in planned:
        ops.append(op._replace(offset=offset))
        offset += op.outputs
    settings = tuple(one.settings for one in planned)
    return Plan(tuple(ops), settings, tuple(arrays), **training)


def _ops_of(layer: Layer, arrays: list[Float32], learns: bool) -> list[PlannedOp]:
    """Return the operations of one layer, none, one, or two; add its arrays.

    A dense layer has two where the derivative of its activation needs x w + b.
    """
    if layer.kind is None:
        return []
    places = {}
    named = dict(zip(layer.weight_names, layer.weights, strict=True))
    if layer.constants is not None:
        named = {"constants": layer.constants}
    for name, array in named.items():
        places[name] = len(arrays)
        arrays.append(array)
    kernel = layer.activation_kernel()
    settings = layer.settings()
    if not learns:
        # As in Keras, weights that do not learn add nothing to the loss.
        settings = settings._replace(kernel=L1L2(), bias=L1L2())
    outputs = row_size(layer.output_shape)
    op = Op(
        kind=KINDS[layer.kind],
        inputs=row_size(layer.input_shape),
        outputs=outputs,
        kernel=places.get("kernel", places.get("gamma", -1)),
        bias=places.get("bias", places.get("beta", -1)),
        state=places.get("moving_mean", places.get("constants", -1)),
        activation=ACTIVATIONS[kernel.name],
        trainable=int(learns),
        seed=layer.start,
    )
    if layer.kind != "dense" or not reference.needs_input(kernel.name):
        return [PlannedOp(op, settings._replace(activation=kernel.settings))]
    activation = Op(KINDS["activation"], outputs, outputs, activation=op.activation)
    return [
        PlannedOp(op._replace(activation=0), settings._replace(activity=L1L2())),
        PlannedOp(
            activation, LayerSettings(kernel.settings, activity=settings.activity)
        ),
    ]


def _activation_name(op: Op) -> str:
    return next(n for n, code in ACTIVATIONS.items() if code == op.activation)


def _activation_of(last: PlannedOp) -> str:
    """Return what the loss may compute along with it: the last activation, if any."""
    if any(last.settings.activity):
        return ""  # Its regularizer needs the gradient of what comes out of it.
    if last.op.kind not in (KINDS["dense"], KINDS["activation"]):
        return ""
    return _activation_name(last.op)


def last_activation(layers: list[Layer]) -> tuple[Layer, str]:
    """Return the last layer that computes something, and its activation."""
    for layer in reversed(layers):
        if layer.kind is not None:
            return layer, layer.activation_kernel().name
    return layers[-1], "linear"


def _warn_of_odd_softmax(last: Layer, layers: list[Layer]) -> None:
    """Warn of a softmax where it makes no sense: of one number, or before the end."""
    for layer in layers:
        if layer.kind is None or layer.activation_kernel().name != "softmax":
            continue
        if layer is last and getattr(layer, "units", 0) == 1:
            warn(
                f"The last layer {layer.name!r} is a softmax over one unit, which is "
                "always 1. Use activation='sigmoid' for yes and no, or one unit a "
                "class.",
                UserWarning,
            )
        elif layer is not last:
            warn(
                f"Layer {layer.name!r} is a softmax, but other layers follow it. If a "
                "cell of `add` was run twice, run the one that makes the model, too; "
                "else use activation='relu' there.",
                UserWarning,
            )


def warn_of_odd_metrics(training: Training, layers: list[Layer]) -> None:
    """Warn of a metric that says nothing of such outputs; training is possible."""
    last, _ = last_activation(layers)
    units = getattr(last, "units", 0)
    chooses = training.loss.targets in ("labels", "distributions")
    for name, metric, _ in training.metrics:
        if not isinstance(metric, Metric):
            continue
        best = metric.settings().get("k", 1)
        if metric.kernel in ("accuracy", "binary_accuracy") and chooses:
            warn(
                f"The metric {name!r} looks at each output by itself, but the loss "
                f"{training.loss.name!r} chooses between classes: use 'accuracy'.",
                UserWarning,
            )
        elif metric.kernel in _RANKING and 0 < units <= best:
            warn(
                f"The metric {name!r} is always 1, since the right class is among the "
                f"{units} outputs of {last.name!r}: use 'accuracy'.",
                UserWarning,
            )


def warn_of_odd_loss(loss: losses.Loss, layers: list[Layer]) -> None:
    """Warn if loss and last layer do not go together; training is possible."""
    last, name = last_activation(layers)
    _warn_of_odd_softmax(last, layers)
    if loss.targets == "numbers":
        return
    if loss.from_logits and name == loss.activation:
        warn(
            f"The loss {loss.name!r} has from_logits=True and applies {name} itself, "
            f"but the last layer {last.name!r} is a {name} already. Leave one out.",
            UserWarning,
        )
    elif not loss.from_logits and name not in (loss.activation, "softmax"):
        warn(
            f"The loss {loss.name!r} expects probabilities, but the last layer "
            f"{last.name!r} has the activation {name!r}. Use "
            f"activation={loss.activation!r}, or a loss object with from_logits=True.",
            UserWarning,
        )
    if loss.targets != "probabilities" and getattr(last, "units", 0) == 1:
        warn(
            f"The loss {loss.name!r} chooses between classes, but the last layer "
            f"{last.name!r} has one unit, so it is always 0. Use one unit a class, or "
            "the loss 'binary_crossentropy' with activation='sigmoid'.",
            UserWarning,
        )
