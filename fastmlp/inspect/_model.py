"""What a model is to who looks inside: its network, and names for its layers."""

from __future__ import annotations

import contextlib
import copy
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from fastmlp._check.numbers import describe
from fastmlp._engine.build import needed_calls
from fastmlp._engine.training import Training
from fastmlp._model.network import Network
from fastmlp._model.samples import Given, to_samples
from fastmlp._util.random import preserve_rng_state
from fastmlp.layers import Layer
from fastmlp.models import Model
from fastmlp.optimizers._state import key_of
from fastmlp.plan import Float32, Plan


def network_of(caller: str, model: Any) -> Network:
    """Return the network of a model.

    Args:
        caller: The function that it was given to, for the message.
        model: The model.

    Raises:
        TypeError: It is no model.
    """
    if isinstance(model, Model):
        return model._network
    hint = ""
    if isinstance(model, type):
        hint = f" {model.__name__} is a class: give an object of it."
    elif isinstance(model, Layer):
        hint = " A layer alone has no loss: put it into a Sequential."
    raise TypeError(
        f"{caller} takes a model first, such as a Sequential, not "
        f"{describe(model)}.{hint}"
    )


def call_names(network: Network) -> dict[int, str]:
    """Return names for the calls that an output needs, in the order of their work.

    That of a layer is its name, or its path where an inner model has another layer of
    the same name. One that is called more than once has the number of the call behind
    it, as `summary` has it: "twin[0]" and "twin[1]".
    """
    calls = network.graph.calls
    needed = sorted(needed_calls(network.wiring()))
    names = layer_names(network)
    uses = Counter(calls[number].layer for number in needed)
    done = Counter[Layer]()
    found = {}
    for number in needed:
        layer = calls[number].layer
        name = names[layer]
        found[number] = f"{name}[{done[layer]}]" if uses[layer] > 1 else name
        done[layer] += 1
    return found


def layer_names(network: Network) -> dict[Layer, str]:
    """Return a name for each layer, which no other of the network's has."""
    leaves = network.graph.leaves
    seen = Counter(layer.name for layer in leaves)
    return {
        layer: layer.name if seen[layer.name] == 1 else layer.path for layer in leaves
    }


class Step(NamedTuple):
    """The next step of training, as a copy of a model would take it.

    Attributes:
        network: That of the copy, which is nobody else's.
        given: What it learns from.
        weights: What it would change, by name: those of the copy.
    """

    network: Network
    given: Given
    weights: dict[str, Float32]

    @property
    def training(self) -> Training:
        """What `compile` was told."""
        return self.network.require_training()

    @property
    def plan(self) -> Plan:
        """The plan of the copy."""
        return self.network.pool_for(*self.given.shapes).plan


@contextlib.contextmanager
def next_step(
    caller: str, model: Any, data: tuple[Any, Any, Any, Any]
) -> Iterator[Step]:
    """Prepare the next step of training, on a copy: whatever is done, the model stays.

    Args:
        caller: The function that was called, for messages.
        model: The model. It is built if it is not yet, as by `predict`.
        data: x, y, sample_weight and class_weight, as `train_on_batch` takes them.

    Raises:
        TypeError: It is no model, an array is missing or holds no numbers, or something
            of the model's cannot be copied.
        ValueError: It is not compiled, or shapes or values do not fit.
        RuntimeError: It is being trained in another thread.
    """
    network = network_of(caller, model)
    training = network.require_training()
    given = to_samples(network.graph, *data, training=training)
    pool = network.pool_to_learn(*given.shapes)
    copied: Model = network.between_batches(_copied, caller, model)
    # Equations of the user's own may draw, too.
    with preserve_rng_state() if pool.plan.asks else contextlib.nullcontext():
        yield Step(copied._network, given, _weights_of(copied._network))


def _copied(caller: str, model: Model) -> Model:
    try:
        return copy.deepcopy(model)
    except Exception as error:  # Whatever the user's objects raise.
        raise TypeError(
            f"{caller} takes the step on a copy, so that the model stays as it is, but "
            f"model {model.name!r} holds something that cannot be copied: {error}. Let "
            "its class have a __deepcopy__, or keep it outside of the model."
        ) from error


def all_weights(network: Network) -> dict[str, Float32]:
    """Return all weights, by the names of layers and weights: "dense/kernel"."""
    return {
        f"{name}/{weight.name}": weight.value
        for layer, name in layer_names(network).items()
        for weight in layer.weights
    }


def _weights_of(network: Network) -> dict[str, Float32]:
    """Return what the optimizer changes, in the same way."""
    learnt = {key_of(weight.value) for weight in network.learnt()}
    found = all_weights(network).items()
    return {name: array for name, array in found if key_of(array) in learnt}
