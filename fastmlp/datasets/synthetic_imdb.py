"""Synthetic reviews: IMDB's format, drawn by the package itself.

For a lesson where IMDB is out of reach, and for tests: nothing is downloaded. The words
mean nothing, and results on them are not results on IMDB. `_drawn_texts.py` says how
they are drawn.
"""

from __future__ import annotations

from fastmlp._check.numbers import as_count
from fastmlp._util.keywords import suggesting
from fastmlp.datasets._drawn_texts import Nature, draw_texts, made_up_words
from fastmlp.datasets._sequences import Split, chosen_words, of_two

__all__ = ["get_word_index", "load_data"]

# As many words as IMDB has, and reviews as long.
_NATURE = Nature(
    vocabulary=88584,
    shares=(0.5, 0.5),
    taste=0.65,
    conviction=0.3,
    length=(180.0, 0.7),
)


def __dir__() -> list[str]:
    return __all__


@suggesting
def load_data(
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    seed: int = 0,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
    n_train: int = 25000,
    n_test: int = 25000,
) -> Split:
    """Return drawn texts of two classes in the format of IMDB, made from a seed.

    The same seed gives the same texts; the first do not depend on how many are asked
    for. A network of 16 units on a bag of 10,000 words tells the class of about 84 % of
    the test texts after a few epochs, and then learns the training texts by heart.

    Args:
        num_words: Only numbers below this are kept. Default None: all but the highest.
        skip_top: Only numbers from this one on are kept. Default 0.
        maxlen: Only texts that are shorter are kept, start included. Default None.
        seed: Any whole number of 0 or more.
        start_char: The number that each text begins with. Default 1; None for none.
        oov_char: The number that stands for a word that is not kept. Default 2; with
            None such words are left out.
        index_from: What is added to the number of each word. Default 3.
        n_train: Number of training texts; 25,000 as in IMDB by default.
        n_test: Number of test texts; 25,000 as in IMDB by default.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: arrays of lists, and int64 labels, 0
        and 1.

    Raises:
        TypeError: An argument is not a whole number.
        ValueError: An argument is negative, or no text is short enough.

    Example:
        >>> (x_train, y_train), _ = load_data(num_words=1000, n_train=10, n_test=0)
        >>> x_train.shape, x_train[0][0], max(x_train[0]) < 1000
        ((10,), 1, True)
    """
    chosen = chosen_words(num_words, skip_top, maxlen, start_char, oov_char, index_from)
    seed = as_count("seed", seed, 0)
    counts = as_count("n_train", n_train, 0), as_count("n_test", n_test, 0)
    train, test = (
        draw_texts((seed, split), count, _NATURE) for split, count in enumerate(counts)
    )
    return of_two(train, test, chosen)


def get_word_index() -> dict[str, int]:
    """Return a made-up word for each number, from 1, the most frequent.

    Example:
        >>> get_word_index()["du"]
        10
    """
    return made_up_words(_NATURE.vocabulary)
