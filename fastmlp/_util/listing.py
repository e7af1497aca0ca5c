"""What dir() and the Tab key of a notebook list of a module."""

from collections.abc import Callable


def listing(names: list[str]) -> Callable[[], list[str]]:
    """Return a module's `__dir__`, which lists its public names and no helper.

    Nothing is loaded for it, neither what a module imports when it is first asked for.

    Example:
        >>> listing(["Dense", "Dropout"])()
        ['Dense', 'Dropout']
    """
    return lambda: names
