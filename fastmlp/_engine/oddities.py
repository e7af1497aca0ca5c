"""Warnings of what does not go together, though training is possible."""

from collections.abc import Sequence

from fastmlp._check.numbers import ONE_OUTPUT
from fastmlp._engine.training import HeadTraining
from fastmlp._util.warn import warn
from fastmlp.layers import Layer
from fastmlp.losses import Loss
from fastmlp.metrics import Metric
from fastmlp.metrics._own import is_own

# Targets of losses that choose between classes.
_CHOOSING = ("labels", "distributions", "classes")

# Metrics that look at each output by itself, and those that ask where among the
# outputs the right class comes.
_EACH_BY_ITSELF = ("accuracy", "binary_accuracy")
_RANKING = ("categorical_accuracy", "top_k_accuracy")


def warn_of_oddities(head: HeadTraining, last: Layer) -> None:
    """Warn if the loss or a metric of an output says nothing about it.

    Args:
        head: What `compile` was told of it.
        last: The last layer on the way to it that computes something.
    """
    _warn_of_odd_metrics(head, last)
    if head.loss is not None:
        loss = head.loss.for_outputs(getattr(last, "units", 0))
        _warn_of_odd_loss(loss, last)


def _last_activation(last: Layer) -> str:
    return last.activation_kernel().name if last.kind is not None else "linear"


def warn_of_odd_softmax(last: Layer, layers: Sequence[Layer]) -> None:
    """Warn of a softmax where it makes no sense: of one number, or before the end.

    Args:
        last: The last layer that computes something.
        layers: Layers in a row.
    """
    for layer in layers:
        if layer.kind is None or layer.activation_kernel().name != "softmax":
            continue
        if layer is last and getattr(layer, "units", 0) == 1:
            warn(
                f"The last layer {layer.name!r} is a softmax over one unit, which is "
                f"always 1. {ONE_OUTPUT}",
                UserWarning,
            )
        elif layer is not last:
            warn(
                f"Layer {layer.name!r} is a softmax, but other layers follow it. If a "
                "cell of `add` was run twice, run the one that makes the model, too; "
                "else use activation='relu' there.",
                UserWarning,
            )


def _warn_of_odd_metrics(head: HeadTraining, last: Layer) -> None:
    """Warn of a metric that says nothing of such outputs; training is possible."""
    units = getattr(last, "units", 0)
    loss = head.loss
    chooses = loss is not None and loss.targets in _CHOOSING
    for name, metric, _ in head.metrics:
        if not isinstance(metric, Metric) or is_own(metric):
            continue
        best = getattr(metric, "k", 1)
        if loss is not None and chooses and metric.kernel in _EACH_BY_ITSELF:
            warn(
                f"The metric {name!r} looks at each output by itself, but the loss "
                f"{loss.name!r} chooses between classes: use 'accuracy'.",
                UserWarning,
            )
        elif loss is not None and chooses and getattr(metric, "sparse_y_pred", False):
            warn(
                f"The metric {name!r} takes outputs for classes, but with the loss "
                f"{loss.name!r} they are probabilities: give it sparse_y_pred=False.",
                UserWarning,
            )
        elif metric.kernel in _RANKING and 1 < units <= best:
            warn(
                f"The metric {name!r} is always 1, since the right class is among the "
                f"{units} outputs of {last.name!r}: use 'accuracy'.",
                UserWarning,
            )


def _warn_of_odd_loss(loss: Loss, last: Layer) -> None:
    """Warn if loss and last layer do not go together; training is possible."""
    name = _last_activation(last)
    if loss.activation is None:
        pass  # It takes whatever comes.
    elif loss.from_logits and name == loss.activation:
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
    chooses = loss.targets in _CHOOSING
    if chooses and getattr(last, "units", 0) == 1:
        warn(
            f"The loss {loss.name!r} chooses between classes, but the last layer "
            f"{last.name!r} has one unit, so it is always 0. {ONE_OUTPUT}",
            UserWarning,
        )
