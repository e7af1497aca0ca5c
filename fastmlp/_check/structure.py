"""One thing, several in a list, or several by name: inputs and outputs of a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from fastmlp._check.numbers import describe
from fastmlp._util.warn import warn


class Structure(NamedTuple):
    """How the inputs or the outputs of a model are given.

    Attributes:
        size: How many they are.
        kind: What holds them: None for a single one, `list`, `tuple` or `dict`.
        keys: The keys of a dictionary, in the order as it was written.
    """

    size: int
    kind: type | None = None
    keys: tuple[str, ...] = ()

    @classmethod
    def of(cls, what: str, given: Any) -> Structure:
        """Return the structure of what a model is made of.

        Raises:
            TypeError: A key is no name.
            ValueError: It is empty.
        """
        if isinstance(given, Mapping):
            found = cls(len(given), dict, tuple(given))
            if not all(isinstance(key, str) for key in given):
                raise TypeError(f"The keys of {what} must be names.")
        elif isinstance(given, (list, tuple)):
            found = cls(len(given), tuple if isinstance(given, tuple) else list)
        else:
            return cls(1)
        if not given:
            raise ValueError(f"A model needs {what}, but there are none.")
        return found

    def flat(self, given: Any) -> list[Any]:
        """Return in a flat list what has this structure."""
        if self.kind is None:
            return [given]
        return list(given.values() if self.kind is dict else given)

    def in_order_of_names(self) -> list[int]:
        """Return the places, those of a dictionary in the order of Keras."""
        return sorted(range(self.size), key=lambda at: self.keys[at : at + 1])

    def names(self, layers: Sequence[str]) -> list[str]:
        """Return the names that they go under: the keys, or those of their layers."""
        return list(self.keys or layers)

    def pack(self, flat: Sequence[Any]) -> Any:
        """Return in this structure what is in a flat list."""
        if self.kind is None:
            return flat[0]
        if self.kind is dict:
            return dict(zip(self.keys, flat, strict=True))
        return self.kind(flat)

    def results(self, flat: Sequence[Any]) -> Any:
        """Return the same, but what is alone in a list by itself, as Keras does."""
        if self.size == 1 and self.kind is not dict:
            return flat[0]
        return self.pack(flat)

    def match(
        self,
        what: str,
        names: Sequence[str],
        given: Any,
        rows: bool = True,
        more: bool = False,
    ) -> list[Any]:
        """Return what a user gave in the order of the structure.

        A dictionary is matched by name, whatever its order is; a list by its order.

        Args:
            what: What it is for, for messages: "x".
            names: The names of the layers.
            given: A list or a dictionary of what belongs to them; or, if there is one
                only, that by itself.
            rows: Whether a list may be that one, as a list of rows is.
            more: Whether a dictionary may have more, with a warning, as that of all
                columns of a table has.

        Raises:
            ValueError: Something is missing, or there is too much.
        """
        if isinstance(given, Mapping) and (
            self.size > 1 or not rows or not {*self.keys, *names}.isdisjoint(given)
        ):
            return self._by_name(what, names, given, more)
        is_list = isinstance(given, (list, tuple))
        if self.size == 1 and not (self._is_list_of_one(given) if rows else is_list):
            return [given]
        if not is_list:
            raise ValueError(
                f"{what} must be a list of {self.size}, one for each of "
                f"{', '.join(names)}, or a dictionary by these names, not "
                f"{describe(given)}."
            )
        if len(given) != self.size:
            raise ValueError(
                f"{what} has {len(given)} entries, but the model has {self.size}: "
                f"{', '.join(names)}."
            )
        return list(given)

    def _is_list_of_one(self, given: Any) -> bool:
        """Tell whether a list holds one array, and is not an array itself."""
        return (
            isinstance(given, (list, tuple))
            and len(given) == 1
            and (self.kind is not None or getattr(given[0], "ndim", 0) > 1)
        )

    def _by_name(
        self, what: str, names: Sequence[str], given: Mapping[str, Any], more: bool
    ) -> list[Any]:
        wanted = self.keys or tuple(names)
        if set(wanted) != set(given) and set(names) == set(given):
            wanted = tuple(names)
        missing = [name for name in wanted if name not in given]
        surplus = [name for name in given if name not in wanted]
        if more and surplus and not missing:
            warn(
                f"{what} is a dictionary with more than the model asks for: "
                f"{', '.join(map(describe, surplus))} is left out. The names are: "
                f"{', '.join(wanted)}."
            )
        elif missing or surplus:
            found = [f"{one!r} is missing" for one in missing]
            found += [f"{describe(one)} belongs to nothing" for one in surplus]
            raise ValueError(
                f"{what} is a dictionary by name, but {', '.join(found)}. The names "
                f"are: {', '.join(wanted)}."
            )
        return [given[name] for name in wanted]
