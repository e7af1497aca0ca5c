"""What was found, by the names of layers or of their weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

from fastmlp._check.lookup import nearest
from fastmlp._check.numbers import describe

Found = TypeVar("Found")


class ByName(Mapping[str, Found], Generic[Found]):
    """A dictionary that cannot be changed, and says which names it has.

    Args:
        found: What was found, in its order.
    """

    def __init__(self, found: dict[str, Found]) -> None:
        self._found = found

    def __getitem__(self, name: str) -> Found:
        """Return what was found under a name.

        Raises:
            KeyError: There is no such name.
        """
        if name in self._found:
            return self._found[name]
        calls = [one for one in self._found if one.startswith(f"{name}[")]
        if calls:
            hint = f"It is called {len(calls)} times: ask for {' or '.join(calls)}."
        else:
            hint = nearest(str(name), self._found)
            hint = hint or f"There are: {', '.join(self._found) or 'none'}."
        raise KeyError(f"Nothing here is called {describe(name)}. {hint}")

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)
