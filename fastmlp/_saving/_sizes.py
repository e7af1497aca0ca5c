"""How much a file may take in memory: in proportion to what it holds."""

# In bytes: what any file may take in memory, and what describes a network of hundreds
# of layers. A file that holds more may take more: so much compression saves in arrays
# that have been trained, and nothing else is worth the risk.
_SMALL = 1 << 26
_SMALL_DESCRIPTION = 1 << 20
_MOST_COMPRESSION = 100

# In bytes; what describes the largest network layer by layer is smaller.
_LARGEST_DESCRIPTION = 1 << 24


class UnfitFile(ValueError):
    """What is wrong with a file, in a sentence for its user."""


def refuse_more_than_held(what: str, declared: int, held: int) -> None:
    """Refuse what a file cannot sensibly hold, before memory is taken for it.

    Args:
        what: An array, or all of a model.
        declared: How many bytes it is said to have.
        held: How many bytes the file has for it, perhaps compressed.

    Raises:
        UnfitFile: It is large, and not because the file is.
    """
    if declared > max(_SMALL, _MOST_COMPRESSION * held):
        raise UnfitFile(
            f"{what} declares {declared:,} bytes, but the file holds {held:,}."
        )


def refuse_long_description(what: str, declared: int, held: int) -> None:
    """Refuse a description that is longer than any network needs, before it is read.

    Arguments and errors are those of `refuse_more_than_held`.
    """
    if declared > min(_LARGEST_DESCRIPTION, max(_SMALL_DESCRIPTION, held)):
        raise UnfitFile(
            f"{what} declares {declared:,} bytes, and the file holds {held:,}: no "
            "description of a network is so long."
        )
