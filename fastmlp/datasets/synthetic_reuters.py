"""Synthetic newswires: Reuters's format, drawn by the package itself.

For a lesson where Reuters is out of reach, and for tests: nothing is downloaded. The
words mean nothing, and results on them are not results on Reuters. `_drawn_texts.py`
says how they are drawn.
"""

from __future__ import annotations

from fastmlp._check.numbers import as_count
from fastmlp._util.keywords import suggesting
from fastmlp.datasets._drawn_texts import Nature, draw_texts, made_up_words
from fastmlp.datasets._sequences import Split, chosen_words, of_one
from fastmlp.datasets._splitting import fraction

__all__ = ["get_label_names", "get_word_index", "load_data"]

# As many words and topics as Reuters has, and newswires as long; some topics are rare.
_TOPICS = 46
_NATURE = Nature(
    vocabulary=30980,
    shares=tuple((topic + 2) ** -1.3 for topic in range(_TOPICS)),
    taste=1.5,
    conviction=0.35,
    length=(95.0, 0.8),
)


def __dir__() -> list[str]:
    return __all__


@suggesting
def load_data(
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    test_split: float = 0.2,
    seed: int = 0,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
    n: int = 11228,
) -> Split:
    """Return drawn texts on 46 topics in the format of Reuters, made from a seed.

    The same seed gives the same texts; the first do not depend on how many are asked
    for. A network of 64 units on a bag of 10,000 words tells the topic of about 70 % of
    the test texts, and learns the training texts by heart.

    Args:
        num_words: Only numbers below this are kept. Default None: all but the highest.
        skip_top: Only numbers from this one on are kept. Default 0.
        maxlen: Only texts that are shorter are kept, start included. Default None.
        test_split: The part that is for testing, from 0 to below 1. Default 0.2.
        seed: Any whole number of 0 or more.
        start_char: The number that each text begins with. Default 1; None for none.
        oov_char: The number that stands for a word that is not kept. Default 2; with
            None such words are left out.
        index_from: What is added to the number of each word. Default 3.
        n: Number of texts; 11,228 as in Reuters by default.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: arrays of lists, and int64 topics, 0
        to 45.

    Raises:
        TypeError: An argument is not a number of its kind.
        ValueError: An argument is out of its range, or no text is short enough.

    Example:
        >>> (x_train, y_train), (x_test, y_test) = load_data(num_words=1000, n=100)
        >>> len(x_train), len(x_test), max(x_train[0]) < 1000
        (80, 20, True)
    """
    chosen = chosen_words(num_words, skip_top, maxlen, start_char, oov_char, index_from)
    test_split = fraction("test_split", test_split)
    seed, n = as_count("seed", seed, 0), as_count("n", n, 0)
    texts = draw_texts((seed, 0), n, _NATURE)
    return of_one(*texts, chosen, test_split)


def get_word_index() -> dict[str, int]:
    """Return a made-up word for each number, from 1, the most frequent.

    Example:
        >>> get_word_index()["du"]
        10
    """
    return made_up_words(_NATURE.vocabulary)


def get_label_names() -> tuple[str, ...]:
    """Return a name for each topic, by its number; they are no topics of Reuters.

    Example:
        >>> get_label_names()[:2]
        ('topic 0', 'topic 1')
    """
    return tuple(f"topic {number}" for number in range(_TOPICS))
