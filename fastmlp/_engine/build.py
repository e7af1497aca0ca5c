"""What `compile` does: layers, loss, metrics and optimizer become a flat plan.

This is the one place where the words of Keras turn into the letters of the kernels.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from fastmlp import losses, metrics, optimizers
from fastmlp._util.warn import warn
from fastmlp.layers import Layer
from fastmlp.layers._layer import row_size
from fastmlp.metrics import Metric, Named
from fastmlp.plan import (
    ACTIVATIONS,
    ACTIVATIONS_OF_INPUT,
    KINDS,
    LOSSES,
    METRICS,
    OPTIMIZERS,
    REDUCTIONS,
    Float32,
    Numbers,
    Plan,
    Step,
    aligned_zeros,
)


class Training(NamedTuple):
    """What `compile` was told."""

    optimizer: optimizers.Optimizer
    loss: losses.Loss
    metrics: list[Named]

    def metrics_for(self, outputs: int) -> list[Metric]:
        """Return the metrics of a network with that many outputs."""
        return [metrics.resolve(one.metric, outputs) for one in self.metrics]


class Laid(NamedTuple):
    """A step of the plan, and its settings."""

    step: Step
    numbers: Numbers


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


def lay_out(
    layers: list[Layer],
    parameters: Float32,
    constants: Float32,
    training: Training | None,
    trainable: bool = True,
) -> Plan:
    """Return the plan; without training, one that can only predict.

    Args:
        layers: The layers, built, with their weights side by side in `parameters`.
        parameters: All weights.
        constants: All center, scale and offset, of the layers that have them.
        training: What `compile` was told, or None.
        trainable: Whether the model learns; if not, no layer does.
    """
    laid = _steps(layers, trainable)
    size = parameters.size if training else 0
    settings: list[float] = []
    clipping = [0.0] * 4
    rows: list[tuple[float, float, bool]] = []
    memory_arrays = 0
    # Numbers of kernels, at which nobody looks who only predicts.
    loss = optimizer = reduction = 0
    loss_setting = 0.0
    if training is not None:
        kernel = _loss_kernel(training.loss, laid[-1])
        if _applies_twice(training.loss, laid[-1]):
            laid.append(_copy_of(laid[-1].step))
        loss, loss_setting = LOSSES[kernel], training.loss.setting()
        reduction = REDUCTIONS[str(training.loss.reduction)]
        optimizer = OPTIMIZERS[training.optimizer.kernel]
        settings = training.optimizer.settings()
        clipping = training.optimizer.clipping()
        memory_arrays = len(training.optimizer.memory_names())
        found = training.metrics_for(laid[-1].step.outputs)
        rows = [
            (METRICS[metric.kernel], metric.setting() or 0.0, named.weighted)
            for metric, named in zip(found, training.metrics, strict=True)
        ]
    return Plan(
        steps=np.array([one.step for one in laid], np.intp),
        numbers=np.array([one.numbers.row() for one in laid], np.float64),
        constants=constants if constants.size else None,
        parameters=parameters,
        gradients=aligned_zeros(size),
        memory=aligned_zeros(memory_arrays, size),
        loss=loss,
        loss_setting=loss_setting,
        reduction=reduction,
        metrics=np.array(rows, np.float64).reshape(len(rows), 3),
        optimizer=optimizer,
        clipping=np.array(clipping, np.float64),
        settings=np.array(settings, np.float64),
    )


def _steps(layers: list[Layer], trainable: bool) -> list[Laid]:
    """Return the steps of all layers; weights lie in the order of the layers."""
    laid: list[Laid] = []
    weights = constants = widths = 0
    for layer in layers:
        places = {}
        for name, array in zip(layer.weight_names, layer.weights, strict=True):
            places[name] = weights
            weights += array.size
        if layer.constants is not None:
            places["constants"] = constants
            constants += layer.constants.size
        for step, numbers in _steps_of(layer, places, trainable and layer.trainable):
            laid.append(Laid(step._replace(offset=widths), numbers))
            widths += step.outputs
    if not laid:
        size = row_size(layers[0].input_shape)
        laid.append(Laid(Step(KINDS["activation"], size, size), Numbers()))
    return laid


def _steps_of(layer: Layer, places: dict[str, int], learns: bool) -> list[Laid]:
    """Return the steps of one layer: none, one, or two.

    A dense layer has two where the derivative of its activation needs x w + b.
    """
    if layer.kind is None:
        return []
    kernel = layer.activation_kernel()
    bend = (*kernel.settings, 0.0, 0.0, 0.0)[:3]
    numbers = layer.numbers()
    if not learns:
        # As in Keras, weights that do not learn add nothing to the loss.
        numbers = numbers._replace(kernel=(0.0, 0.0), bias=(0.0, 0.0))
    outputs = row_size(layer.output_shape)
    step = Step(
        kind=KINDS[layer.kind],
        inputs=row_size(layer.input_shape),
        outputs=outputs,
        kernel=places.get("kernel", places.get("gamma", -1)),
        bias=places.get("bias", places.get("beta", -1)),
        state=places.get("moving_mean", places.get("constants", -1)),
        activation=ACTIVATIONS[kernel.name],
        learns=int(learns),
        seed=layer.start,
    )
    if layer.kind != "dense" or kernel.name not in ACTIVATIONS_OF_INPUT:
        return [Laid(step, numbers._replace(bend=bend))]
    activating = Step(KINDS["activation"], outputs, outputs, activation=step.activation)
    return [
        Laid(step._replace(activation=0), numbers._replace(activity=(0.0, 0.0))),
        Laid(activating, Numbers(bend=bend, activity=numbers.activity)),
    ]


def _activation_name(step: Step) -> str:
    return next(n for n, code in ACTIVATIONS.items() if code == step.activation)


def _activation_of(last: Laid) -> str:
    """Return what the loss may compute along with it: the last activation, if any."""
    if any(last.numbers.activity):
        return ""  # Its regularizer needs the gradient of what comes out of it.
    if last.step.kind not in (KINDS["dense"], KINDS["activation"]):
        return ""
    return _activation_name(last.step)


def _loss_kernel(loss: losses.Loss, last: Laid) -> str:
    """Return the kernel of a loss behind the last step.

    Softmax and cross-entropy are computed in one, from the logits, whether the softmax
    is the layer's or, `from_logits`, the loss's own.
    """
    return loss.kernel(_activation_of(last))


def _applies_twice(loss: losses.Loss, last: Laid) -> bool:
    """Tell whether the outputs are probabilities, and logits to the loss."""
    return loss.from_logits and _activation_name(last.step) == loss.activation


def _copy_of(step: Step) -> Laid:
    """Return a step that passes on what it gets."""
    offset = step.offset + step.outputs
    copy = Step(KINDS["activation"], step.outputs, step.outputs, offset=offset)
    return Laid(copy, Numbers())


def last_activation(layers: list[Layer]) -> tuple[Layer, str]:
    """Return the last layer that computes something, and its activation."""
    for layer in reversed(layers):
        if layer.kind is not None:
            return layer, layer.activation_kernel().name
    return layers[-1], "linear"


def warn_of_odd_loss(loss: losses.Loss, layers: list[Layer]) -> None:
    """Warn if loss and last layer do not go together; training is possible."""
    if loss.targets == "numbers":
        return
    last, name = last_activation(layers)
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
