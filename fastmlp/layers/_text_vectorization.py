"""A layer that makes numbers of texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from fastmlp._check.arguments import refuse
from fastmlp._check.numbers import as_count, describe, if_given
from fastmlp.layers._lookup import StringLookup, as_words
from fastmlp.layers._preprocessing import Array, Preprocessing, batches_of

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fastmlp.typing import LayerOptions

__all__ = ["TextVectorization"]

# As in Keras, the letters and marks of ASCII alone.
_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
_PUNCTUATION = re.compile(r"""[!"#$%&()*+,\-./:;<=>?@\[\\\]^_`{|}~']""")
_STANDARDIZE = (None, "lower_and_strip_punctuation", "lower", "strip_punctuation")
_SPLIT = (None, "whitespace", "character")


class TextVectorization(Preprocessing):
    """Makes rows of numbers of texts: bags of words, or the places of the words.

    A dense network takes bags of words, "multi_hot", "count" or "tf_idf", which say
    what is in a text and not where; or "int" before an `Embedding`.

    Args:
        max_tokens: How many places there are at most. Default None: as many as needed.
        standardize: "lower_and_strip_punctuation" (default), "lower",
            "strip_punctuation", None, or a function of an array of texts.
        split: "whitespace" (default), "character", None, or a function of an array of
            texts that returns a list of words for each.
        ngrams: Up to how many words in a row count as one, or a tuple of such numbers.
            Default None: each word by itself.
        output_mode: "int" (default): the places of the words, 0 behind the last.
            "multi_hot", "count", "tf_idf": a row for each text.
        output_sequence_length: How many places a text gets in the mode "int". Default
            None: as many as the longest has.
        pad_to_max_tokens: Whether rows have `max_tokens` columns. Default False.
        vocabulary: The words, or the name of a file; None (default) for `adapt`.
        idf_weights: What each word is multiplied by, in the mode "tf_idf".
        sparse: Accepted as False only.
        ragged: Accepted as False only.
        encoding: Of texts that are bytes. Default "utf-8".
        **options: Those of every layer: `name`.

    Raises:
        TypeError: An argument is of the wrong kind.
        ValueError: Arguments do not fit each other.

    Example:
        >>> layer = TextVectorization(output_mode="count")
        >>> layer.adapt(["The cat, the dog!"])
        >>> layer.get_vocabulary()
        ['[UNK]', 'the', 'dog', 'cat']
        >>> layer(["the dog of the house"])
        array([[2, 2, 1, 0]])
    """

    def __init__(
        self,
        max_tokens: int | None = None,
        standardize: str | Callable[..., Any] | None = "lower_and_strip_punctuation",
        split: str | Callable[..., Any] | None = "whitespace",
        ngrams: int | tuple[int, ...] | None = None,
        output_mode: str = "int",
        output_sequence_length: int | None = None,
        pad_to_max_tokens: bool = False,
        vocabulary: Any = None,
        idf_weights: ArrayLike | None = None,
        sparse: bool = False,
        ragged: bool = False,
        encoding: str = "utf-8",
        **options: Unpack[LayerOptions],
    ) -> None:
        for name, value, known in [
            ("standardize", standardize, _STANDARDIZE),
            ("split", split, _SPLIT),
        ]:
            if not callable(value) and value not in known:
                words = ", ".join(map(repr, known[1:]))
                raise ValueError(
                    f"{name} must be {words}, None or a function, not "
                    f"{describe(value)}."
                )
        refuse(ragged=ragged or None, sparse=sparse or None)
        if output_sequence_length is not None and output_mode != "int":
            raise ValueError("output_sequence_length goes with output_mode='int'.")
        self.standardize = standardize
        self.split = split
        self.ngrams = ngrams
        self.output_sequence_length: int | None = if_given(
            as_count, "output_sequence_length", output_sequence_length, 1
        )
        self.encoding = encoding
        super().__init__(**options)
        self._widths = _widths_of(ngrams)
        self._lookup = StringLookup(
            max_tokens,
            mask_token="",
            vocabulary=vocabulary,
            idf_weights=idf_weights,
            output_mode=output_mode,
            pad_to_max_tokens=pad_to_max_tokens,
            encoding=encoding,
            name=f"{self.name}_lookup",
        )

    def adapt(
        self, data: Any, batch_size: int | None = None, steps: int | None = None
    ) -> None:
        """Learn the vocabulary of some texts, the most frequent words first.

        Args:
            data: Texts, (rows,) or (rows, 1); or batches of them.
            batch_size: It changes nothing.
            steps: How many batches to look at. Default: all.

        Raises:
            TypeError: The data are no texts.
            ValueError: The vocabulary was given.
        """
        rows = [self._split(batch) for batch in batches_of(data, steps)]
        self._lookup.learn([words for batch in rows for words in batch])

    def set_vocabulary(
        self, vocabulary: Any, idf_weights: ArrayLike | None = None
    ) -> None:
        """Take a vocabulary; the arguments are those of `StringLookup`'s."""
        self._lookup.set_vocabulary(vocabulary, idf_weights)

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[str]:
        """Return the vocabulary in the order of the places."""
        return self._lookup.get_vocabulary(include_special_tokens)

    def vocabulary_size(self) -> int:
        """Return how many places there are, that of the unknown among them."""
        return self._lookup.vocabulary_size()

    def compute_output_shape(self, input_shape: Sequence[Any]) -> Any:
        """Return the shape of the numbers of texts of shape (rows,) or (rows, 1)."""
        is_int = self._lookup.output_mode == "int"
        columns = self.output_sequence_length if is_int else self._lookup.depth
        return (input_shape[0], columns)

    def numbers_for(self, inputs: Any) -> Array:
        """Return the numbers of some texts, a row for each."""
        rows = self._split(inputs)
        is_int = self._lookup.output_mode == "int"
        length = self.output_sequence_length if is_int else None
        width = max([len(row) for row in rows], default=0) if length is None else length
        words = np.full((len(rows), max(width, 1)), "", object)
        for at, row in enumerate(rows):
            words[at, : len(row[:width])] = row[:width]
        found: Array = self._lookup(words.astype(str))[:, : width if is_int else None]
        return found[0] if np.ndim(inputs) == 0 else found

    def _split(self, data: Any) -> list[list[str]]:
        """Return the words of each text."""
        texts = as_words("inputs", data, self.encoding)
        if texts.ndim > 1 and texts.shape[-1] != 1:
            raise ValueError(
                f"TextVectorization takes texts of shape (rows,) or (rows, 1), not "
                f"{texts.shape}."
            )
        texts = texts.reshape(-1)
        if callable(self.standardize):
            texts = np.asarray(self.standardize(texts)).astype(str)
        words = (
            [list(row) for row in self.split(texts)]
            if callable(self.split)
            else [self._words_of(str(text)) for text in texts]
        )
        return [
            [gram for width in self._widths for gram in _grams(row, width)]
            for row in words
        ]

    def _words_of(self, text: str) -> list[str]:
        if self.standardize in ("lower", "lower_and_strip_punctuation"):
            text = text.translate(_LOWER)
        if self.standardize in ("strip_punctuation", "lower_and_strip_punctuation"):
            text = _PUNCTUATION.sub("", text)
        if self.split == "character":
            return list(text)
        # Of bytes, the blanks are those of ASCII, as in Keras.
        words = text.encode().split() if self.split == "whitespace" else [text.encode()]
        return [word.decode() for word in words]

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this layer again, with its vocabulary."""
        lookup = self._lookup.get_config()
        names = ("max_tokens", "output_mode", "pad_to_max_tokens")
        kept = {name: lookup[name] for name in (*names, "vocabulary", "idf_weights")}
        return {**super().get_config(), **kept}


def _widths_of(ngrams: Any) -> tuple[int, ...]:
    """Return how many words in a row count as one."""
    if ngrams is None:
        return (1,)
    if isinstance(ngrams, (list, tuple)):
        return tuple(as_count("ngrams", one, 1) for one in ngrams)
    return tuple(range(1, as_count("ngrams", ngrams, 1) + 1))


def _grams(words: list[str], width: int) -> list[str]:
    """Return each so many words in a row as one.

    Example:
        >>> _grams(["a", "b", "c"], 2)
        ['a b', 'b c']
    """
    return [" ".join(words[at : at + width]) for at in range(len(words) - width + 1)]
