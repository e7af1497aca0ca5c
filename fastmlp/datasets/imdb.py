"""IMDB: 50,000 film reviews, praise or blame, as numbers of words."""

from __future__ import annotations

import os

import numpy as np

from fastmlp._check.numbers import as_count, if_given
from fastmlp._util.keywords import suggesting
from fastmlp.datasets._sequences import (
    Split,
    chosen_words,
    of_two,
    read_texts,
    read_word_index,
    shuffled,
)

__all__ = ["get_word_index", "load_data"]


def __dir__() -> list[str]:
    return __all__


@suggesting
def load_data(
    path: str | os.PathLike[str] = "imdb.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    seed: int | None = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
) -> Split:
    """Return film reviews as lists of word numbers, and whether each is praise.

    Words are numbered by how frequent they are: number 1 is the most frequent, of which
    `get_word_index` tells; in the lists, `index_from` is added to each. Files are
    found, fetched and checked as `mnist.load_data` says. `synthetic_imdb` needs none.

    Args:
        path: File name in the cache, or absolute path of Keras's `imdb.npz`.
        num_words: Only numbers below this are kept. Default None: all but the highest.
        skip_top: Only numbers from this one on are kept. Default 0.
        maxlen: Only reviews that are shorter are kept, start included. Default None.
        seed: Of the order of the reviews. Default 113; None is another each time.
        start_char: The number that each review begins with. Default 1; None for none.
        oov_char: The number that stands for a word that is not kept. Default 2; with
            None such words are left out.
        index_from: What is added to the number of each word. Default 3.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: arrays of 25,000 lists each, and int64
        labels, 0 for blame and 1 for praise.

    Raises:
        ConnectionError: The file is not here and cannot be downloaded.
        ValueError: The file is not Keras's, or no review is short enough.

    Example:
        >>> (x_train, y_train), _ = load_data(num_words=10000)  # doctest: +SKIP
        >>> x_train[0][:5], y_train[0]  # doctest: +SKIP
        ([1, 14, 22, 16, 43], 1)
    """
    chosen = chosen_words(num_words, skip_top, maxlen, start_char, oov_char, index_from)
    seed = if_given(as_count, "seed", seed, 0)
    train, test = read_texts("imdb.npz", path, "_train", "_test")
    rng = np.random.RandomState(seed)
    return of_two(shuffled(*train, rng), shuffled(*test, rng), chosen)


@suggesting
def get_word_index(
    path: str | os.PathLike[str] = "imdb_word_index.json",
) -> dict[str, int]:
    """Return the number of each word of the reviews, from 1, the most frequent.

    The lists of `load_data` have `index_from` added to them.

    Args:
        path: File name in the cache, or absolute path of Keras's file.

    Raises:
        ConnectionError: The file is not here and cannot be downloaded.
        ValueError: The file is not Keras's.

    Example:
        >>> words = get_word_index()  # doctest: +SKIP
        >>> words["film"]  # doctest: +SKIP
        19
    """
    return read_word_index("imdb_word_index.json", path)
