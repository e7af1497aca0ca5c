"""What of a network goes into a file, and comes out of one again."""

from fastmlp._model.network import Network
from fastmlp._saving import _files as files
from fastmlp._saving._files import Path
from fastmlp._saving._groups import (
    Expected,
    Group,
    OptimizerState,
    Reader,
    expected_of,
    group_of_optimizer,
    groups_of_layers,
    read_optimizer,
    read_weights,
)
from fastmlp.layers import Layer
from fastmlp.plan import Float32


def save_model(
    network: Network, filepath: Path, overwrite: bool, description: str
) -> None:
    """Write a whole model, which the description says in JSON, to a file."""
    name = network.graph.name
    files.write_model(filepath, overwrite, groups(network), name, description)


def save_weights(network: Network, filepath: Path, overwrite: bool) -> None:
    """Write weights and the state of the optimizer to a file."""
    _require_weights(network, "save_weights")
    network.between_batches(_save_weights, network, filepath, overwrite)


def _save_weights(network: Network, filepath: Path, overwrite: bool) -> None:
    files.write_weights(filepath, overwrite, groups(network), network.graph.name)


def load_weights(
    network: Network, filepath: Path, skip_mismatch: bool, by_name: bool
) -> None:
    """Take weights, and the state of the optimizer, from a file."""
    _require_weights(network, "load_weights")
    network.between_batches(_load_weights, network, filepath, skip_mismatch, by_name)


def _load_weights(
    network: Network, filepath: Path, skip_mismatch: bool, by_name: bool
) -> None:
    layers = network.graph.layers
    expected = expected_of(layers)
    with files.open_weights(filepath) as file:
        reader = file.weights(layers, by_name)
        if by_name:  # The others keep their weights.
            expected = [one for one in expected if reader.shapes(one.path)]
            if not expected:
                raise ValueError(
                    f"No layer of model {network.graph.name!r} has the name of one in "
                    f"{filepath}."
                )
        restore(network, reader, expected, skip_mismatch)


def _require_weights(network: Network, method: str) -> None:
    if not network.graph.built:
        raise ValueError(
            f"Model {network.graph.name!r} has no weights yet, which `{method}` needs: "
            "call `model.build((None, inputs))` first."
        )


def groups(network: Network) -> list[Group]:
    """Return all arrays that a file keeps."""
    found = groups_of_layers(network.graph.layers)
    if network.training is not None and network.graph.built:
        optimizer = network.training.optimizer
        found.append(group_of_optimizer(optimizer, memory_of(network)))
    return found


def memory_of(network: Network) -> list[Float32]:
    """Return what the optimizer remembers, in the order that files have."""
    network.pool_for()
    return network.require_training().optimizer.memory()


def restore(
    network: Network, reader: Reader, expected: list[Expected], skip_mismatch: bool
) -> None:
    """Take everything from a file; or, after an error, nothing."""
    weights = read_weights(reader, expected, skip_mismatch)
    state, memory = None, list[Float32]()
    if network.training is not None:
        optimizer, memory = network.training.optimizer, memory_of(network)
        state = read_optimizer(reader, optimizer, memory)
    changed = [*memory, *(array for layer, _ in weights for array in layer._weights)]
    network.as_a_whole(changed, _set_all, network, weights, memory, state)


def _set_all(
    network: Network,
    weights: list[tuple[Layer, list[Float32]]],
    memory: list[Float32],
    state: OptimizerState | None,
) -> None:
    for layer, arrays in weights:
        layer.assign(arrays)
    if state is not None:
        optimizer = network.require_training().optimizer
        optimizer.batches_done = state.iterations
        if state.learning_rate is not None:
            optimizer.learning_rate = state.learning_rate
        if not state.memory:
            network.pool_for().plan.forget()
        for place, array in zip(memory, state.memory, strict=False):
            place[...] = array
