"""Reuters: 11,228 newswires on 46 topics, as numbers of words."""

from __future__ import annotations

import os

import numpy as np

from fastmlp._check.numbers import as_count, if_given
from fastmlp._util.keywords import suggesting
from fastmlp.datasets._sequences import (
    Split,
    chosen_words,
    of_one,
    read_texts,
    read_word_index,
    shuffled,
)
from fastmlp.datasets._splitting import fraction

__all__ = ["get_label_names", "get_word_index", "load_data"]

_TOPICS = (
    "cocoa grain veg-oil earn acq wheat copper housing money-supply coffee sugar trade "
    "reserves ship cotton carcass crude nat-gas cpi money-fx interest gnp meal-feed "
    "alum oilseed gold tin strategic-metal livestock retail ipi iron-steel rubber heat "
    "jobs lei bop zinc orange pet-chem dlr gas silver wpi hog lead"
)


def __dir__() -> list[str]:
    return __all__


@suggesting
def load_data(
    path: str | os.PathLike[str] = "reuters.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    test_split: float = 0.2,
    seed: int | None = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
) -> Split:
    """Return newswires as lists of word numbers, and the topic of each.

    Words are numbered by how frequent they are: number 1 is the most frequent, of which
    `get_word_index` tells; in the lists, `index_from` is added to each. Files are
    found, fetched and checked as `mnist.load_data` says. `synthetic_reuters` needs
    none.

    Args:
        path: File name in the cache, or absolute path of Keras's `reuters.npz`.
        num_words: Only numbers below this are kept. Default None: all but the highest.
        skip_top: Only numbers from this one on are kept. Default 0.
        maxlen: Only newswires that are shorter are kept, start included. Default None.
        test_split: The part that is for testing, from 0 to below 1. Default 0.2.
        seed: Of the order in which they come. Default 113; None is another each time.
        start_char: The number that each begins with. Default 1; None for none.
        oov_char: The number that stands for a word that is not kept. Default 2; with
            None such words are left out.
        index_from: What is added to the number of each word. Default 3.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: arrays of 8,982 and 2,246 lists, and
        int64 topics, 0 to 45, named by `get_label_names`.

    Raises:
        ConnectionError: The file is not here and cannot be downloaded.
        ValueError: The file is not Keras's, or no newswire is short enough.

    Example:
        >>> (x_train, y_train), _ = load_data(num_words=10000)  # doctest: +SKIP
        >>> len(x_train), get_label_names()[y_train[0]]  # doctest: +SKIP
        (8982, 'earn')
    """
    chosen = chosen_words(num_words, skip_top, maxlen, start_char, oov_char, index_from)
    test_split = fraction("test_split", test_split)
    seed = if_given(as_count, "seed", seed, 0)
    (all_of_them,) = read_texts("reuters.npz", path, "")
    rng = np.random.RandomState(seed)
    return of_one(*shuffled(*all_of_them, rng), chosen, test_split)


@suggesting
def get_word_index(
    path: str | os.PathLike[str] = "reuters_word_index.json",
) -> dict[str, int]:
    """Return the number of each word of the newswires, from 1, the most frequent.

    The lists of `load_data` have `index_from` added to them.

    Args:
        path: File name in the cache, or absolute path of Keras's file.

    Raises:
        ConnectionError: The file is not here and cannot be downloaded.
        ValueError: The file is not Keras's.

    Example:
        >>> get_word_index()["the"]  # doctest: +SKIP
        1
    """
    return read_word_index("reuters_word_index.json", path)


def get_label_names() -> tuple[str, ...]:
    """Return the names of the 46 topics, by their numbers.

    Example:
        >>> get_label_names()[3:5]
        ('earn', 'acq')
    """
    return tuple(_TOPICS.split())
