"""What `compile` does: layers, loss, metrics and optimizer become a flat plan.

This is the one place where the words of Keras turn into the letters of the kernels.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from fastmlp import losses, metrics, optimizers
from fastmlp._warn import warn
from fastmlp.layers import Dense, Layer
from fastmlp.plan import (
    ACTIVATIONS,
    LOSSES,
    METRICS,
    OPTIMIZERS,
    Float32,
    Plan,
    Step,
    aligned_zeros,
)


class Training(NamedTuple):
    """What `compile` was told."""

    optimizer: optimizers.Optimizer
    loss: losses.Loss
    metrics: list[str]
    metric_names: list[str]  # under which History has them


def make_training(optimizer: Any, loss: Any, wanted: Sequence[str] | None) -> Training:
    """Look up what `compile` was given.

    Raises:
        ValueError: A name is unknown.
    """
    if loss is None:
        raise ValueError(
            "compile needs a loss, such as loss='categorical_crossentropy'."
        )
    names = metrics.check(wanted)
    return Training(
        optimizers.get(optimizer), losses.get(loss), list(wanted or []), names
    )


def lay_out(
    layers: list[Layer], parameters: Float32, training: Training | None
) -> Plan:
    """Return the plan; without training, one that can only predict.

    Args:
        layers: The layers, built, with their weights side by side in `parameters`.
        parameters: All weights.
        training: What `compile` was told, or None.
    """
    steps = _steps(layers)
    last = steps[-1]
    outputs = last.outputs
    size = parameters.size if training else 0
    settings: list[float] = []
    codes: list[int] = []
    loss, optimizer, memory = 0, 0, 0
    if training is not None:
        if training.loss.from_logits and last.activation == ACTIVATIONS["softmax"]:
            # The outputs are probabilities, and logits to the loss: two softmaxes.
            offset = last.offset + outputs
            steps.append(Step(outputs, outputs, -1, -1, ACTIVATIONS["linear"], offset))
        loss = LOSSES[_loss_kernel(training.loss, layers[-1])]
        optimizer = OPTIMIZERS[training.optimizer.kernel]
        settings = training.optimizer.settings()
        memory = training.optimizer.memory_count()
        codes = [METRICS[metrics.resolve(name, outputs)] for name in training.metrics]
    return Plan(
        steps=np.array(steps, np.intp),
        parameters=parameters,
        gradients=aligned_zeros(size),
        memory=aligned_zeros(memory, size),
        loss=loss,
        metrics=np.array(codes, np.intc),
        optimizer=optimizer,
        settings=np.array(settings, np.float64),
    )


def _steps(layers: list[Layer]) -> list[Step]:
    """Return one step a layer; the weights lie in the order of the layers."""
    steps = []
    offset = widths = 0
    for layer in layers:
        inputs, outputs = layer.input_shape[1], layer.output_shape[1]
        assert inputs is not None
        assert outputs is not None
        kernel = bias = -1
        if isinstance(layer, Dense):
            kernel = offset
            bias = -1 if layer.bias is None else offset + layer.kernel.size
            offset += layer.count_params()
        activation = ACTIVATIONS[activation_name(layer)]
        steps.append(Step(inputs, outputs, kernel, bias, activation, widths))
        widths += outputs
    return steps


def activation_name(layer: Layer) -> str:
    """Return the name of what a layer applies last."""
    name: str = layer.activation.__name__
    return name


def _loss_kernel(loss: losses.Loss, last: Layer) -> str:
    """Return the kernel of a loss behind a layer.

    Softmax and cross-entropy are computed in one, from the logits, whether the softmax
    is the layer's or, `from_logits`, the loss's own.
    """
    if isinstance(loss, losses.MeanSquaredError):
        return "mean_squared_error"
    if loss.from_logits or activation_name(last) == "softmax":
        return "softmax_crossentropy"
    return "crossentropy"


def warn_of_odd_loss(loss: losses.Loss, last: Layer) -> None:
    """Warn if loss and last layer do not go together; training is possible."""
    if isinstance(loss, losses.MeanSquaredError):
        return
    name = activation_name(last)
    if loss.from_logits and name == "softmax":
        warn(
            f"The loss {loss.name!r} has from_logits=True and applies softmax itself, "
            f"but the last layer {last.name!r} is a softmax already. Leave one out.",
            UserWarning,
        )
    elif not loss.from_logits and name != "softmax":
        warn(
            f"The loss {loss.name!r} expects probabilities, but the last layer "
            f"{last.name!r} has the activation {name!r}. Use activation='softmax', or "
            "a loss object with from_logits=True.",
            UserWarning,
        )
    if isinstance(last, Dense) and last.units == 1:
        warn(
            f"The loss {loss.name!r} chooses between classes, but the last layer "
            f"{last.name!r} has one unit, so it is always 0. Use one unit a class.",
            UserWarning,
        )
