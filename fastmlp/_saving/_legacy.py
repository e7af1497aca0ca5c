"""Models and weights in HDF5 by the names of layers, as Keras 2 writes them.

Keras 3 has this as its `.h5`. Each layer has a group of its name; in it, attributes say
which arrays it has, in which order. A model that is a layer has one group for all of
its layers: what they learn comes first.
"""

import io
import json
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from fastmlp._saving._archive import FORMAT
from fastmlp._saving._damage import damage_named, parsed
from fastmlp._saving._groups import OPTIMIZER, Group, Reader, placed
from fastmlp._saving._h5 import H5Reader
from fastmlp._saving._hdf5 import H5File, new_file, put, refuse_damaged_heaps
from fastmlp._saving._sizes import UnfitFile, refuse_long_description
from fastmlp.layers import Layer
from fastmlp.layers._checks import weight_shapes_of

_CONFIG, _TRAINING = "model_config", "training_config"
_WEIGHTS, _OPTIMIZER = "model_weights", "optimizer_weights"
_LAYERS, _ARRAYS = "layer_names", "weight_names"

# Arrays of the optimizer by these names stand side by side today, as m and v of Adam.
_FIRST, _SECOND = "/m:0", "/v:0"


# -- Writing ---------------------------------------------------------------------------


def pack_model(groups: Sequence[Group], name: str, description: str) -> bytes:
    """Return a file with a model: its groups of arrays and its description."""
    described = json.loads(description)
    content = io.BytesIO()
    with new_file(content) as h5:
        told = {_CONFIG: {key: described[key] for key in ("class_name", "config")}}
        if "compile_config" in described:
            training = dict(described["compile_config"])
            training["optimizer_config"] = training.pop("optimizer")
            told[_TRAINING] = training
        for key, value in told.items():
            # Not as a text of any length, for which HDF5 has no sum.
            h5.attrs[key] = np.bytes_(json.dumps(value).encode())
        _sign(h5)
        _put_layers(h5.create_group(_WEIGHTS), groups)
        for group in groups:
            if group.path == OPTIMIZER:
                _put_optimizer(h5.create_group(_OPTIMIZER), group)
    return content.getvalue()


def pack_weights(groups: Sequence[Group], name: str) -> bytes:
    """Return a file with the weights of layers alone."""
    content = io.BytesIO()
    with new_file(content) as h5:
        _put_layers(h5, groups)
    return content.getvalue()


def _sign(place: Any) -> None:
    """Say in whose format it is, and who wrote it, in bytes, as Keras 2 reads it."""
    place.attrs["keras_version"] = np.bytes_(FORMAT.encode())
    place.attrs["backend"] = np.bytes_(b"fastmlp")


def _put_layers(place: Any, groups: Sequence[Group]) -> None:
    """Put the weights of the layers of a model into a group of the file."""
    by_layer: dict[str, list[Group]] = {}
    for group in groups:
        if group.path != OPTIMIZER:
            # That of the outermost model which is a layer.
            top = "/".join(group.path.split("/")[:2])
            by_layer.setdefault(top, []).append(group)
    _sign(place)
    place.attrs[_LAYERS] = _texts([found[0].name for found in by_layer.values()])
    for found in by_layer.values():
        learnt = {
            f"{group.name}/{name}": array
            for group in found
            for name, array in _named(group)[: group.learns]
        }
        others = {
            f"{group.name}/{name}": array
            for group in found
            for name, array in _named(group)[group.learns :]
        }
        _put_arrays(place.create_group(found[0].name), {**learnt, **others})
    _put_arrays(place.create_group("top_level_model_weights"), {})


def _named(group: Group) -> list[tuple[str, NDArray[Any]]]:
    return list(zip(group.names, group.arrays, strict=True))


def _put_optimizer(place: Any, group: Group) -> None:
    numbers = sum(array.ndim == 0 for array in group.arrays[:2])
    names = ["iteration", "learning_rate"][:numbers]
    names += [f"memory_{at}" for at in range(len(group.arrays) - numbers)]
    named = zip(names, group.arrays, strict=True)
    _put_arrays(place, {f"{group.name}/{name}": array for name, array in named})


def _put_arrays(place: Any, arrays: dict[str, NDArray[Any]]) -> None:
    place.attrs[_ARRAYS] = _texts(list(arrays))
    for name, array in arrays.items():
        put(place, name, array)


def _texts(names: list[str]) -> NDArray[Any]:
    """Return names as HDF5 keeps a list of them."""
    encoded = [name.encode() for name in names]
    return np.array(encoded) if names else np.zeros(0, "S1")


# -- Reading ---------------------------------------------------------------------------


class LegacyFile(H5File):
    """Such a file: a whole model, or weights alone.

    Args:
        file: The file, at its beginning.
        source: Its name, for messages.

    Raises:
        UnfitFile: It is no HDF5 file.
    """

    def __init__(self, file: BinaryIO, source: str) -> None:
        refuse_damaged_heaps(file, source)
        super().__init__(file, source)
        self._layers: Sequence[Any] = ()
        self._by_name = True

    @property
    def is_one(self) -> bool:
        """Whether the file is in this format, and not in that of Keras 3."""
        with damage_named(self._source):
            return _WEIGHTS in self.root or bool(self._texts(self.root, _LAYERS))

    def description(self) -> Any:
        """Return the description of the model."""
        described = self._told(_CONFIG)
        if not isinstance(described, dict):
            raise UnfitFile(
                f"{self._source} has no description of a model: it may hold weights "
                "alone. Make the model, and call model.load_weights(...)."
            )
        training = self._told(_TRAINING)
        if training is None:
            return described
        return {**described, "compile_config": training}

    def _told(self, name: str) -> Any:
        """Return what the file says in JSON, or None."""
        with damage_named(self._source):
            text = self.attribute(self.root, name)
        if text is None:
            return None
        content = text if isinstance(text, bytes) else str(text).encode()
        what = f"In {self._source}, {name!r}"
        refuse_long_description(what, len(content), self.size)
        return parsed(content, self._source)

    def weights(self, layers: Sequence[Any], by_name: bool = True) -> Reader:
        """Return what reads the weights of some layers.

        Args:
            layers: The layers; they need not be built yet, but those of inner models.
            by_name: Whether the layers have the names of those in the file. Else, they
                stand in the same order.
        """
        self._layers, self._by_name = layers, by_name
        return self

    def shapes(self, path: str) -> list[tuple[int, ...]]:
        """Return the shapes of a layer's arrays, in order; none are read."""
        with damage_named(self._source):
            return [self.array(*one).shape for one in self._entries(path)]

    def read(self, path: str, number: int) -> NDArray[Any]:
        """Return an array of a layer."""
        with damage_named(self._source):
            place, name, what = self._entries(path)[number]
        with damage_named(what):
            return np.asarray(self.array(place, name, what)[()])

    def _entries(self, path: str) -> list[tuple[Any, str, str]]:
        """Return where the arrays are, and what to call them in messages."""
        if path == OPTIMIZER:
            place = self.group(self.root, _OPTIMIZER)
            return [] if place is None else self._arrays(place, _side_by_side)
        layer = dict(placed(self._layers))[path]
        for group, slots in self._pairs():
            found = self._arrays(group)
            if slots == [(layer, None)]:
                return found
            if len(found) == len(slots) and any(one is layer for one, _ in slots):
                at = {slot: place for place, slot in enumerate(slots)}
                return [found[at[one, number]] for one, number in slots if one is layer]
        return []

    def _arrays(self, place: Any, order: Any = list) -> list[tuple[Any, str, str]]:
        """Return the arrays that a group says it has."""
        found = []
        for name in order(self._texts(place, _ARRAYS)):
            *steps, last = name.split("/")
            what = f"In {self._source}, {name!r} of {place.name!r}"
            found.append((self.group(place, *steps), last, what))
        return found

    def _pairs(self) -> Iterator[tuple[Any, list[tuple[Layer, int | None]]]]:
        """Go through groups of the file, and what their arrays are for."""
        place = self.group(self.root, _WEIGHTS) or self.root
        names = self._texts(place, _LAYERS)
        groups = {name: self.group(place, *name.split("/")) for name in names}
        if self._by_name:
            layers = [one for one in self._layers if groups.get(one.name) is not None]
            for layer in layers:
                yield groups[layer.name], _slots(layer)
            return
        filled = [
            name
            for name, group in groups.items()
            if group is not None and self._texts(group, _ARRAYS)
        ]
        layers = [layer for layer in self._layers if _slots(layer)]
        if len(filled) != len(layers):
            raise UnfitFile(
                f"{self._source} has weights of {len(filled)} layers, but the model "
                f"has {len(layers)} that have any. Build the model with the same "
                "layers as the one that was saved; or take those of the same names, "
                "by_name=True."
            )
        for name, layer in zip(filled, layers, strict=True):
            yield groups[name], _slots(layer)

    def _texts(self, place: Any, name: str) -> list[str]:
        """Return a list of texts that a group has, in one attribute or in several."""
        found = self.attribute(place, name)
        if found is not None:
            return _decoded(found)
        texts: list[str] = []
        while (part := self.attribute(place, f"{name}{len(texts)}")) is not None:
            texts += _decoded(part)
        return texts


def _decoded(texts: Any) -> list[str]:
    return [one.decode() if isinstance(one, bytes) else str(one) for one in texts]


def _slots(layer: Any) -> list[tuple[Layer, int | None]]:
    """Return the weights of a layer, or of a model, in the order of such files.

    Of a layer that is not built yet, it is not known how many they are: None.
    """
    if not isinstance(layer, Layer):
        learning = layer.graph.who_learns(layer.trainable)
    elif not layer.built:
        return [(layer, None)]
    else:
        learning = {layer: layer.trainable}
    learnt, others = [], []
    for one, learns in learning.items():
        count = len(weight_shapes_of(one, one.input_shape))
        first = min(one.learnable, count) if learns else 0
        learnt += [(one, at) for at in range(first)]
        others += [(one, at) for at in range(first, count)]
    return [*learnt, *others]


def _side_by_side(names: list[str]) -> list[str]:
    """Return the optimizer's arrays in the order of today.

    Example:
        >>> _side_by_side(["iter:0", "a/m:0", "b/m:0", "a/v:0", "b/v:0"])
        ['iter:0', 'a/m:0', 'a/v:0', 'b/m:0', 'b/v:0']
    """
    second = {one.removesuffix(_SECOND): one for one in names if one.endswith(_SECOND)}
    ordered: dict[str, None] = {}
    for name in names:
        ordered[name] = None
        if name.endswith(_FIRST) and name.removesuffix(_FIRST) in second:
            ordered[second[name.removesuffix(_FIRST)]] = None
    return list(ordered)


open_model = LegacyFile


def open_weights(file: BinaryIO, source: str) -> Any:
    """Return a file with weights in HDF5, whichever Keras wrote them.

    Args:
        file: The file, at its beginning.
        source: Its name, for messages.

    Raises:
        UnfitFile: It is no HDF5 file.
    """
    found = LegacyFile(file, source)
    if found.is_one:
        return found
    found.close()
    return H5Reader(file, source)
