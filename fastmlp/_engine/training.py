"""What `compile` was told: an optimizer, and a loss and metrics for each output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from fastmlp import losses, metrics, optimizers
from fastmlp._check.numbers import as_count, describe, finite_number
from fastmlp._check.structure import Structure
from fastmlp.metrics import Named
from fastmlp.metrics._own import keeps_totals

_BUILD_FIRST = (
    "That takes a look at its `call`: model.build((None, inputs)), or build it with "
    "the shapes of several inputs in a list, and then compile it."
)


class HeadTraining(NamedTuple):
    """What `compile` was told of an output."""

    name: str  # before the names of its loss and metrics; "" if there is one output
    loss: losses.Loss | None  # None: nothing is learnt of it
    weight: float
    metrics: list[Named]

    def key(self, name: str) -> str:
        """Return the name that `History` has a loss or a metric of this output under.

        Example:
            >>> HeadTraining("price", None, 1.0, []).key("mae")
            'price_mae'
        """
        return f"{self.name}_{name}" if self.name else name


class Training(NamedTuple):
    """What `compile` was told."""

    optimizer: optimizers.Optimizer
    heads: list[HeadTraining]
    steps_per_execution: int = 1  # batches between two calls of who looks at each
    loss: Any = None  # as `compile` was given it

    def losses_of_heads(self) -> list[str]:
        """Return the names of the losses of several outputs; of one, it is the loss."""
        if len(self.heads) == 1:
            return []
        return [head.key("loss") for head in self.heads if head.loss is not None]

    def refuse_other_outputs(self, name: str, outputs: int) -> None:
        """Refuse a model that turned out to have more outputs than it was told for.

        Args:
            name: Its name.
            outputs: How many it has.

        Raises:
            ValueError: It has a `call` of its own, which was looked at only now.
        """
        if outputs != len(self.heads):
            raise ValueError(
                f"Model {name!r} has {outputs} outputs, which `compile` could not "
                f"know. {_BUILD_FIRST}"
            )

    def names(self) -> list[str]:
        """Return the names of what is reported, in the order in which it is.

        That is the loss; of several outputs, the loss of each; and metrics, those that
        weigh rows last.
        """
        found = ["loss", *self.losses_of_heads()]
        for weighted in (False, True):
            found += [
                head.key(one.name)
                for head in self.heads
                for one in head.metrics
                if one.weighted == weighted
            ]
        return found

    def metrics(self, shapes: Sequence[tuple[int, ...]] | None) -> list[metrics.Metric]:
        """Return the metrics in the order of their names.

        Args:
            shapes: Those of the outputs; None: nobody knows yet, so that "accuracy" is
                left out.
        """
        return [
            metrics.resolve(one.metric, shapes[at][-1] if shapes else 1)
            for weighted in (False, True)
            for at, head in enumerate(self.heads)
            for one in head.metrics
            if one.weighted == weighted and (shapes or one.metric != "accuracy")
        ]


class Outputs(NamedTuple):
    """The outputs of a model, for which `compile` is told something."""

    structure: Structure
    names: list[str]
    known: bool = True  # Or nobody knows yet how many they are.


def make_training(
    optimizer: Any,
    loss: Any,
    loss_weights: Any,
    wanted: Any,
    weighted: Any,
    outputs: Outputs,
    steps_per_execution: int,
) -> Training:
    """Look up what `compile` was given.

    Raises:
        TypeError: A weight of a loss is no number, or the steps are no whole number.
        ValueError: A name is unknown, there is not one entry for each output, or a
            metric that counts in itself stands in two places.
    """
    found = _losses_for(outputs, loss)
    weights = _weights_for(outputs, loss_weights)
    lists = _metrics_for(outputs, "metrics", wanted)
    weighted_lists = _metrics_for(outputs, "weighted_metrics", weighted)
    names = outputs.names if len(outputs.names) > 1 else [""]
    heads = [
        HeadTraining(name, one, weight, metrics.check(plain, weighing))
        for name, one, weight, plain, weighing in zip(
            names, found, weights, lists, weighted_lists, strict=True
        )
    ]
    _refuse_counting_twice(heads)
    steps = as_count("steps_per_execution", steps_per_execution, 1)
    given = outputs.structure.pack(found) if _is_described(loss) else loss
    training = Training(optimizers.get(optimizer), heads, steps, given)
    _refuse_lost_names(training.names())
    return training


def _refuse_lost_names(names: list[str]) -> None:
    """Refuse a metric under whose name something else is reported.

    Those of one output have names of their own already; but others, the losses, and
    what `fit` reports of validation may be called so.
    """
    for at, name in enumerate(names):
        if name in names[:at] or name.removeprefix("val_") in set(names) - {name}:
            raise ValueError(
                f"A metric would be reported as {name!r}, as something else is, and "
                "one of the two be lost. Give it another name: name=..., or that of "
                "its function."
            )


def _is_described(loss: Any) -> bool:
    """Tell whether a loss, or one of several, is one that a file describes."""
    if isinstance(loss, Mapping) and "class_name" not in loss:
        loss = list(loss.values())
    each = loss if isinstance(loss, (list, tuple)) else [loss]
    return any(isinstance(one, Mapping) for one in each)


def _refuse_counting_twice(heads: list[HeadTraining]) -> None:
    """Refuse a metric of the user's in two places, both of which it would count."""
    counting: list[Any] = [
        one.metric for head in heads for one in head.metrics if keeps_totals(one.metric)
    ]
    for at, metric in enumerate(counting):
        if any(metric is other for other in counting[:at]):
            raise ValueError(
                f"The metric {metric.name!r} stands in two places, but what it "
                f"counts is its own: make a second {type(metric).__name__}(...)."
            )


def _losses_for(outputs: Outputs, given: Any) -> list[losses.Loss | None]:
    """Return the loss of each output."""
    if _is_for_each(given):
        if not outputs.known and len(given) > 1:
            raise ValueError(
                f"These are {len(given)} losses, but which outputs the model has is "
                f"not known yet. {_BUILD_FIRST}"
            )
        each = outputs.structure.match("loss", outputs.names, given, rows=False)
    else:
        each = [given] * len(outputs.names)
    found = [None if one is None else _loss_of(one) for one in map(_alone, each)]
    if not any(found):
        raise ValueError(
            "compile needs a loss, such as loss='categorical_crossentropy'."
        )
    return found


def _loss_of(identifier: Any) -> losses.Loss:
    found = losses.get(identifier)
    if found.reduction is None:
        raise ValueError(
            f"The loss {found.name!r} has reduction=None, so it gives a number for "
            "each row, but training needs one number. Leave `reduction` out."
        )
    return found


def _is_for_each(given: Any) -> bool:
    """Tell whether there is an entry for each output, and not one for all."""
    if isinstance(given, Mapping):
        return "class_name" not in given
    return isinstance(given, (list, tuple))


def _alone(given: Any) -> Any:
    """Return what is alone in a list, as Keras lets it be."""
    return given[0] if isinstance(given, (list, tuple)) and len(given) == 1 else given


def _weights_for(outputs: Outputs, given: Any) -> list[float]:
    """Return what the loss of each output is multiplied by."""
    if given is None:
        return [1.0] * len(outputs.names)
    if "str" in {type(one).__name__ for one in _as_list(given)}:
        raise ValueError(
            "`loss_weights`, the third argument of compile, takes a number for each "
            "output. Metrics are given by name: metrics=[...]."
        )
    each = outputs.structure.match("loss_weights", outputs.names, given, rows=False)
    return [finite_number("A weight of a loss", one) for one in map(_alone, each)]


def _metrics_for(outputs: Outputs, argument: str, given: Any) -> list[Any]:
    """Return the metrics of each output, in a list, or what is no list of them."""
    count = len(outputs.names)
    if given is None:
        return [None] * count
    if isinstance(given, Mapping):
        surplus = [name for name in given if name not in outputs.names]
        if surplus:
            raise ValueError(
                f"{argument} names {describe(surplus[0])}, but the outputs are: "
                f"{', '.join(outputs.names)}. "
                "Use one of these names, or give a list, such as ['accuracy']."
            )
        return [_as_list(given.get(name)) for name in outputs.names]
    if not isinstance(given, (list, tuple)):
        raise ValueError(
            f"Expected `{argument}` to be a list or tuple, such as ['accuracy'], "
            f"but received an object of type {type(given).__name__}."
        )
    if count == 1:
        return [_flat(given)]
    if len(given) not in (0, count):
        raise ValueError(
            f"{argument} has {len(given)} entries, but the model has {count} outputs: "
            f"{', '.join(outputs.names)}. Give a list with an entry for each, such as "
            "[['mae'], None], or a dictionary by these names."
        )
    return [_as_list(one) for one in given] or [None] * count


def _flat(given: Sequence[Any]) -> list[Any]:
    """Return the metrics of the only output, whatever lists they lie in."""
    found: list[Any] = []
    for one in given:
        found += _flat(one) if isinstance(one, (list, tuple)) else [one]
    return found


def _as_list(given: Any) -> Any:
    """Return the metrics of an output as a list: it may be a single one."""
    if given is None or isinstance(given, (list, tuple)):
        return given
    return [given]


def metrics_of(head: HeadTraining, outputs: int) -> Sequence[metrics.Metric]:
    """Return the metrics of a head with that many outputs."""
    return [metrics.resolve(one.metric, outputs) for one in head.metrics]
