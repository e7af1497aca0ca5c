"""Groups of arrays in HDF5, by class, as Keras 3 writes them."""

import io
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastmlp._saving._damage import damage_named
from fastmlp._saving._groups import Group, Reader, refuse_names
from fastmlp._saving._hdf5 import H5File, new_file, put


def pack_weights(groups: Sequence[Group], name: str) -> bytes:
    """Return a file with groups of arrays; `name` is the model's."""
    content = io.BytesIO()
    with new_file(content) as h5:
        for group in groups:
            variables = h5.create_group(f"{group.path}/vars")
            variables.attrs["name"] = group.name
            for number, array in enumerate(group.arrays):
                put(variables, str(number), array)
        h5.create_group("vars").attrs["name"] = name
    return content.getvalue()


# Until TensorFlow 2.13, this was the folder of the layers.
_OLD_LAYERS = "_layer_checkpoint_dependencies"


class H5Reader(H5File):
    """The weights that Keras keeps by class: `.weights.h5`, and those in `.keras`."""

    def weights(self, layers: Sequence[Any], by_name: bool = False) -> Reader:
        """Return what reads the weights of some layers.

        Raises:
            UnfitFile: They are to be found by name.
        """
        refuse_names(self._source, by_name)
        return self

    def shapes(self, path: str) -> list[tuple[int, ...]]:
        """Return the shapes of a group's arrays, in order; none are read."""
        with damage_named(self._what(path)):
            place = self._entries(path)
            count = 0 if place is None else len(place)
            return [self._array(place, path, at).shape for at in range(count)]

    def read(self, path: str, number: int) -> NDArray[Any]:
        """Return an array of a group."""
        with damage_named(self._what(path, number)):
            return np.asarray(self._array(self._entries(path), path, number)[()])

    def _array(self, place: Any, path: str, number: int) -> Any:
        return self.array(place, str(number), self._what(path, number))

    def _what(self, path: str, number: int | None = None) -> str:
        array = "" if number is None else f"array {number} of "
        return f"In {self._source}, {array}{path!r}"

    def _entries(self, path: str) -> Any:
        place, steps = self.root, path.split("/")
        for step in steps:
            if _OLD_LAYERS in self.root and step == "layers":
                step = _OLD_LAYERS
            elif place is not None and place.name.endswith(_OLD_LAYERS):
                step = _counted_by_twos(step, place)
            place = None if place is None else self.group(place, step)
        return None if place is None else self.group(place, "vars")


def _counted_by_twos(name: str, names: Iterable[str]) -> str:
    """Return what TensorFlow 2.13 called a layer: it counted those with weights twice.

    Example:
        >>> _counted_by_twos("dense_1", ["add", "dense", "dense_2", "dense_4"])
        'dense_2'
    """
    kind, _, number = name.rpartition("_")
    kind, at = (kind, int(number)) if kind and number.isdigit() else (name, 0)
    numbers = [one[len(kind) + 1 :] for one in names if one.startswith(f"{kind}_")]
    places = sorted(int(one) for one in numbers if one.isdigit())
    return f"{kind}_{places[at - 1]}" if 0 < at <= len(places) else name
