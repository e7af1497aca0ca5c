"""What an optimizer remembers: the weights that it changes, and its arrays for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from fastmlp import tables
from fastmlp._check.numbers import describe
from fastmlp.plan import Float32, Plan, aligned_zeros

# Where an array lies, and its size: other views of it are the same weight, in another
# shape as well, since a plan has some of them as rows.
Key = tuple[int, int]


class State:
    """The weights that an optimizer changes, and what it remembers of each.

    Args:
        variables: The weights, as the user has them.
        memory: By letter, an array for each weight.

    Attributes:
        arrays: Their numbers.
        averages_in_place: Whether `swap` has put the averages where the weights were.
    """

    def __init__(
        self, variables: Sequence[Any], memory: Mapping[str, Sequence[Float32]]
    ) -> None:
        self.variables: list[Any] = list(variables)
        self.arrays: list[Float32] = [array_of(one) for one in variables]
        self.memory: dict[str, Sequence[Float32]] = dict(memory)
        self.averages_in_place: bool = False
        self._places = {key_of(array): at for at, array in enumerate(self.arrays)}

    @classmethod
    def anew(
        cls,
        variables: Sequence[Any],
        letters: Iterable[str],
        initial: Mapping[str, Any],
    ) -> State:
        """Return the state that an optimizer begins with.

        Args:
            variables: The weights.
            letters: What it remembers of each.
            initial: What that begins with, by letter, where it is not 0.
        """
        arrays = [array_of(one) for one in variables]
        memory = {
            letter: [aligned_zeros(*array.shape) for array in arrays]
            for letter in letters
        }
        for letter, number in initial.items():
            for array in memory[letter]:
                array[...] = number
        return cls(variables, memory)

    @classmethod
    def of_plan(cls, plan: Plan, variables: Sequence[Any]) -> State:
        """Return the state that a plan has, which training changes.

        Of weights that no output needs, it is what it begins with; their average is
        what they are.
        """
        arrays = [array_of(one) for one in variables]
        starts = {
            key_of(array): start
            for array, start in zip(plan.arrays, plan.starts, strict=True)
        }
        memory: dict[str, list[Float32]] = {}
        for letter, row in zip(plan.memory_letters, plan.memory, strict=True):
            memory[letter] = []
            for array in arrays:
                start, initial = starts.get(key_of(array)), array
                if letter != "average":
                    number = plan.initial_memory.get(letter, 0)
                    initial = np.full_like(array, number)
                memory[letter].append(
                    initial
                    if start is None
                    else row[start : start + array.size].reshape(array.shape)
                )
        return cls(variables, memory)

    def take(self, other: State) -> None:
        """Remember what another state does; the average of a new weight is itself."""
        self.averages_in_place = other.averages_in_place
        for letter, arrays in self.memory.items():
            for array, one in zip(self.arrays, arrays, strict=True):
                at = other._places.get(key_of(array))
                if at is not None:
                    one[...] = other.memory[letter][at]
                elif letter == "average":
                    one[...] = array

    def place_of(self, variable: Any) -> int:
        """Return which weight a variable is.

        Raises:
            ValueError: It is none of them.
        """
        at = self._places.get(key_of(array_of(variable)))
        if at is None:
            raise ValueError(
                f"Unknown variable: {name_of(variable)}. This optimizer remembers what "
                f"it did with {len(self.variables)} others: make a new one for new "
                "variables."
            )
        return at

    def of(self, at: int) -> dict[str, Float32]:
        """Return what the optimizer itself remembers of a weight, by letter, flat."""
        return {
            letter: arrays[at].reshape(-1)
            for letter, arrays in self.memory.items()
            if letter not in tables.SHARED_MEMORY
        }

    def in_order(self, together: int) -> list[tuple[int, str]]:
        """Return place and letter of all arrays, in the order of Keras's files.

        What all optimizers may remember comes first. Then, Adam's two means of a weight
        stand together; else, one kind comes after the other.

        Args:
            together: How many kinds stand together.
        """
        shared = [letter for letter in self.memory if letter in tables.SHARED_MEMORY]
        own = [letter for letter in self.memory if letter not in tables.SHARED_MEMORY]
        groups = [*([one] for one in shared), own[:together]]
        groups += [[one] for one in own[together:]]
        places = range(len(self.arrays))
        return [(at, letter) for group in groups for at in places for letter in group]

    def swap(self) -> None:
        """Put the averages where the weights are, and the weights where those were."""
        for array, average in zip(self.arrays, self.memory["average"], strict=True):
            weights = array.copy()
            array[...] = average
            average[...] = weights
        self.averages_in_place = not self.averages_in_place

    def finalize(self, places: Iterable[int]) -> None:
        """Let weights become their averages, for good."""
        for at in places:
            weights, average = self.arrays[at], self.memory["average"][at]
            if self.averages_in_place:
                average[...] = weights
            else:
                weights[...] = average
        self.averages_in_place = False


def array_of(variable: Any) -> Float32:
    """Return the numbers of a variable, in their place.

    Raises:
        TypeError: It is no variable, and no array of float32 that can be written into.
    """
    array = getattr(variable, "value", variable)
    if not (
        isinstance(array, np.ndarray)
        and array.dtype == np.float32
        and array.flags.carray
    ):
        raise TypeError(
            "An optimizer changes weights of models and variables, or NumPy arrays of "
            f"float32, in their places: {describe(variable)} is none."
        )
    return array.view(np.ndarray)


def name_of(variable: Any) -> str:
    """Return what the user calls a variable, as far as it has a name."""
    return str(getattr(variable, "path", "") or getattr(variable, "name", "variable"))


def key_of(array: Float32) -> Key:
    return array.ctypes.data, array.size
