"""What a model is to who looks inside: its network, and names for its layers."""

from __future__ import annotations

from collections import Counter
from typing import Any

from fastmlp._check.numbers import describe
from fastmlp._engine.build import needed_calls
from fastmlp._model.network import Network
from fastmlp.layers import Layer
from fastmlp.models import Model


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
