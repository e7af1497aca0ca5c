"""Words as numbers, as scripts for Keras 1 and 2 have it; Keras 3 hides it.

`layers.TextVectorization` is what Keras has today.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from fastmlp._check.names import as_text
from fastmlp._check.numbers import as_count, describe
from fastmlp._util.keywords import suggesting

__all__ = ["Tokenizer", "text_to_word_sequence"]

Mode = Literal["binary", "count", "tfidf", "freq"]

_FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'


def __dir__() -> list[str]:
    return __all__


@suggesting
def text_to_word_sequence(
    input_text: str, filters: str = _FILTERS, lower: bool = True, split: str = " "
) -> list[str]:
    """Return the words of a text.

    Args:
        input_text: The text.
        filters: Characters that part words, as `split` does.
        lower: Whether capitals become small letters.
        split: What parts words.

    Raises:
        TypeError: It is no text.

    Example:
        >>> text_to_word_sequence("Good, very good!")
        ['good', 'very', 'good']
    """
    text = as_text("input_text", input_text)
    text = text.lower() if lower else text
    text = text.translate(dict.fromkeys(map(ord, filters), split))
    return [word for word in text.split(split) if word]


class Tokenizer:
    """Numbers the words of texts, the most frequent first, from 1 on.

    Args:
        num_words: Words whose number is below count, others do not. Default: all.
        filters: Characters that part words, as `split` does.
        lower: Whether capitals become small letters.
        split: What parts words.
        char_level: Whether each character is a word.
        oov_token: What stands for words that are not known, as word 1. Default None:
            they are left out.
        analyzer: A function that makes words of a text.

    Attributes:
        word_counts, word_docs: How often a word, and in how many texts.
        word_index, index_word: The number of a word, and the word of a number.
        index_docs: In how many texts, by number.
        document_count: How many texts there were.

    Example:
        >>> tokenizer = Tokenizer(num_words=3)
        >>> tokenizer.fit_on_texts(["good film", "bad film"])
        >>> tokenizer.texts_to_sequences(["A good film"])
        [[2, 1]]
        >>> tokenizer.texts_to_matrix(["good good"], mode="count")
        array([[0., 0., 2.]])
    """

    def __init__(
        self,
        num_words: int | None = None,
        filters: str = _FILTERS,
        lower: bool = True,
        split: str = " ",
        char_level: bool = False,
        oov_token: str | None = None,
        analyzer: Callable[[str], Sequence[str]] | None = None,
    ) -> None:
        self.num_words: int | None = None
        if num_words:
            self.num_words = as_count("num_words", num_words, 1)
        self.filters = filters
        self.lower = lower
        self.split = split
        self.char_level = char_level
        self.oov_token = oov_token
        self.analyzer = analyzer
        self.document_count: int = 0
        self.word_counts: Counter[str] = Counter()
        self.word_docs: Counter[str] = Counter()
        self.index_docs: Counter[int] = Counter()
        self.word_index: dict[str, int] = {}
        self.index_word: dict[int, str] = {}

    def _words(self, text: str | Sequence[str]) -> Sequence[str]:
        """Return the words of a text, or of what is words already."""
        if self.char_level or isinstance(text, list):
            return [one.lower() for one in text] if self.lower else list(text)
        if self.analyzer is not None:
            return self.analyzer(text)  # type: ignore[arg-type]
        return text_to_word_sequence(
            text,  # type: ignore[arg-type]
            self.filters,
            self.lower,
            self.split,
        )

    def fit_on_texts(self, texts: Iterable[str | Sequence[str]]) -> None:
        """Count the words of texts, or of lists of words, and number them anew."""
        for text in texts:
            words = self._words(text)
            self.document_count += 1
            self.word_counts.update(words)
            self.word_docs.update(set(words))
        known = [] if self.oov_token is None else [self.oov_token]
        known += [word for word, _ in self.word_counts.most_common()]
        self.word_index = {word: at for at, word in enumerate(known, 1)}
        self.index_word = dict(enumerate(known, 1))
        for word, count in self.word_docs.items():
            self.index_docs[self.word_index[word]] = count

    def fit_on_sequences(self, sequences: Iterable[Sequence[int]]) -> None:
        """Count in how many sequences a number is, for "tfidf"."""
        for sequence in sequences:
            self.document_count += 1
            self.index_docs.update(set(sequence))

    def texts_to_sequences(
        self, texts: Iterable[str | Sequence[str]]
    ) -> list[list[int]]:
        """Return the numbers of the words of each text."""
        other = None if self.oov_token is None else self.word_index[self.oov_token]
        found = []
        for text in texts:
            numbers = [self._number(word, other) for word in self._words(text)]
            found.append([one for one in numbers if one is not None])
        return found

    def _number(self, word: str, other: int | None) -> int | None:
        number = self.word_index.get(word)
        counts = number is not None and not (
            self.num_words and number >= self.num_words
        )
        return number if counts else other

    def sequences_to_texts(self, sequences: Iterable[Sequence[int]]) -> list[str]:
        """Return the words of numbers, with blanks between them."""
        known = self.index_word.items()
        kept = {n: w for n, w in known if not self.num_words or n < self.num_words}
        found = [[kept.get(one, self.oov_token) for one in row] for row in sequences]
        return [" ".join(word for word in row if word is not None) for row in found]

    def texts_to_matrix(
        self, texts: Iterable[str | Sequence[str]], mode: Mode = "binary"
    ) -> NDArray[np.float64]:
        """Return a row for each text, as `sequences_to_matrix` does."""
        return self.sequences_to_matrix(self.texts_to_sequences(texts), mode)

    def sequences_to_matrix(
        self, sequences: Iterable[Sequence[int]], mode: Mode = "binary"
    ) -> NDArray[np.float64]:
        """Return a row for each sequence, with a column for each number.

        Args:
            sequences: Numbers of words.
            mode: What stands there: "binary", whether the word is there; "count", how
                often; "freq", its share of the words; "tfidf", (1 + log(count)) log(1 +
                texts / (1 + texts with it)).

        Raises:
            ValueError: There is no such mode, or nothing was counted before.
        """
        if mode not in get_args(Mode):
            raise ValueError(
                f"mode must be one of {', '.join(get_args(Mode))}, not "
                f"{describe(mode)}."
            )
        if not (self.num_words or self.word_index):
            raise ValueError("Give the Tokenizer num_words, or call fit_on_texts.")
        if mode == "tfidf" and not self.document_count:
            raise ValueError('"tfidf" counts texts: call fit_on_texts before.')
        rows, width = list(sequences), self.num_words or len(self.word_index) + 1
        matrix = np.zeros((len(rows), width))
        for row, sequence in zip(matrix, rows, strict=True):
            for number, count in Counter(sequence).items():
                if number < width:
                    row[number] = self._entry(mode, number, count, len(sequence))
        return matrix

    def _entry(self, mode: Mode, number: int, count: int, words: int) -> float:
        if mode == "tfidf":
            texts = 1 + self.index_docs[number]
            rarity = math.log(1 + self.document_count / texts)
            return (1 + math.log(count)) * rarity
        return {"binary": 1.0, "count": float(count), "freq": count / words}[mode]

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this tokenizer again, but for `analyzer`."""
        names = ("num_words", "filters", "lower", "split", "char_level", "oov_token")
        return {name: getattr(self, name) for name in names}
