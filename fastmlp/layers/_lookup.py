"""Layers that look words and whole numbers up in a vocabulary."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from fastmlp._check.arguments import refuse
from fastmlp._check.numbers import (
    as_count,
    describe,
    if_given,
    real_numbers,
    true_or_false,
)
from fastmlp._util.farmhash import fingerprint64
from fastmlp.layers._preprocessing import (
    Array,
    Preprocessing,
    batches_of,
    encoded,
    output_mode_of,
)

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from fastmlp.typing import LayerOptions

__all__ = ["IntegerLookup", "StringLookup"]

_MODES = ("int", "one_hot", "multi_hot", "count", "tf_idf")


class _Lookup(Preprocessing):
    """What these layers have in common: a vocabulary, given or learnt by `adapt`.

    The places are 0 for what is masked, if anything is and the mode is "int"; then
    those of what is not in it; then the vocabulary, the most frequent first.

    Args:
        max_tokens: How many places there are at most. Default None: as many as needed.
        num_oov_indices: How many places are for what is not in the vocabulary. With
            several, a hash chooses. 0: it is an error. Default 1.
        mask_token: What stands for nothing. Default None.
        oov_token: What stands for what is not in the vocabulary.
        vocabulary: The vocabulary, or None, for `adapt`.
        idf_weights: What each is multiplied by, in the mode "tf_idf".
        invert: Whether places become words again. Default False.
        output_mode: "int" (default), "one_hot", "multi_hot", "count" or "tf_idf".
        sparse: Accepted as False only.
        pad_to_max_tokens: Whether rows have `max_tokens` columns. Default False.
        **options: Those of every layer: `name`.
    """

    # What a word is, for messages, and where those come whose counts are equal.
    thing: ClassVar[str] = "word"

    def __init__(
        self,
        max_tokens: int | None,
        num_oov_indices: int,
        mask_token: Any,
        oov_token: Any,
        vocabulary: Any,
        idf_weights: ArrayLike | None,
        invert: bool,
        output_mode: str,
        sparse: bool,
        pad_to_max_tokens: bool,
        **options: Unpack[LayerOptions],
    ) -> None:
        kind = type(self).__name__
        refuse(sparse=sparse or None)
        self.max_tokens: int | None = if_given(as_count, "max_tokens", max_tokens, 2)
        self.num_oov_indices: int = as_count("num_oov_indices", num_oov_indices, 0)
        self.mask_token = mask_token
        self.oov_token = oov_token
        self.invert: bool = true_or_false("invert", invert)
        self.output_mode: str = output_mode_of(kind, output_mode, _MODES)
        self.pad_to_max_tokens: bool = true_or_false(
            "pad_to_max_tokens", pad_to_max_tokens
        )
        if self.invert and self.output_mode != "int":
            raise ValueError(f"{kind}(invert=True) goes with output_mode='int' alone.")
        if self.pad_to_max_tokens and max_tokens is None:
            raise ValueError(f"{kind}(pad_to_max_tokens=True) needs max_tokens.")
        super().__init__(**options)
        self.idf_weights: Array | None = None
        self._tokens: list[Any] | None = None
        self._places: dict[Hashable, int] = {}
        self._was_given = vocabulary is not None
        if self._was_given:
            self.set_vocabulary(vocabulary, idf_weights)
        elif idf_weights is not None:
            raise ValueError("idf_weights go with a vocabulary, of the same length.")

    # -- The vocabulary ---------------------------------------------------------------

    def as_tokens(self, data: Any) -> Array:
        """Return data as an array of tokens: words, or whole numbers."""
        raise NotImplementedError

    def token_in(self, line: str) -> Any:
        """Return the token that a line of a file is."""
        return line

    def order_of(self, token: Any) -> Any:
        """Return by what tokens are ordered, the last first, that are as frequent."""
        return token

    @property
    def _first_oov(self) -> int:
        return int(self.mask_token is not None and self.output_mode == "int")

    @property
    def _first_token(self) -> int:
        return self._first_oov + self.num_oov_indices

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Learn the vocabulary of some data, the most frequent first.

        Args:
            data: Words or numbers: (rows,), or (rows, words of a sample); or batches.
            steps: How many batches to look at. Default: all.

        Raises:
            TypeError: The data are of the wrong kind.
            ValueError: The vocabulary was given.
        """
        rows: list[list[Any]] = []
        for batch in batches_of(data, steps):
            tokens = self.as_tokens(batch)
            tokens = np.atleast_1d(tokens)
            rows += tokens.reshape(len(tokens), -1).tolist()
        self.learn(rows)

    def learn(self, rows: Iterable[Sequence[Any]]) -> None:
        """Learn the vocabulary of samples, each a list of tokens.

        Raises:
            ValueError: The vocabulary was given.
        """
        if self._was_given:
            raise ValueError(
                f"Layer {self.name!r} was given its vocabulary; there is nothing to "
                "adapt. Make a layer without one."
            )
        counts, documents, samples = Counter[Any](), Counter[Any](), 0
        for row in rows:
            counts.update(row)
            documents.update(set(row))
            samples += 1
        for special in (self.mask_token, self.oov_token):
            counts.pop(special, None)

        def rank(token: Any) -> tuple[int, Any]:
            return counts[token], self.order_of(token)

        ranked = sorted(counts, key=rank, reverse=True)
        most = None if self.max_tokens is None else self.max_tokens - self._first_token
        self._take(ranked[:most])
        if self.output_mode == "tf_idf":
            found = np.array([documents[token] for token in ranked[:most]], np.float32)
            weights = np.log(1 + np.float32(samples) / (1 + found))
            self.idf_weights = self._padded(weights, is_whole=False)

    def set_vocabulary(
        self, vocabulary: Any, idf_weights: ArrayLike | None = None
    ) -> None:
        """Take a vocabulary.

        Args:
            vocabulary: The words or numbers, in a list or an array, or the name of a
                file with a word a line. What stands for nothing and for the unknown may
                come first, as `get_vocabulary` has it.
            idf_weights: What each is multiplied by, in the mode "tf_idf".

        Raises:
            ValueError: A word is there twice, there are more than `max_tokens`, or the
                weights do not fit.
        """
        if isinstance(vocabulary, (str, os.PathLike)):
            with open(vocabulary, encoding="utf-8") as file:
                lines = file.read().split("\n")
            lines = lines[:-1] if not lines[-1] else lines
            vocabulary = [self.token_in(line) for line in lines]
        tokens = self.as_tokens(vocabulary).reshape(-1).tolist()
        special = [self.mask_token] * self._first_oov
        special += [self.oov_token] * self.num_oov_indices
        is_whole = bool(special) and tokens[: len(special)] == special
        tokens = tokens[len(special) :] if is_whole else tokens
        if not tokens:
            raise ValueError(f"The vocabulary of {self.name!r} has no {self.thing}.")
        repeated = [token for token, count in Counter(tokens).items() if count > 1]
        if repeated:
            raise ValueError(
                f"The vocabulary has {repeated[0]!r} more than once: name each once."
            )
        for name in ("mask_token", "oov_token"):
            one = getattr(self, name)
            may_be = name == "oov_token" and not self.invert
            if one is not None and one in tokens and not may_be:
                raise ValueError(
                    f"The vocabulary has the {name}, {one!r}, within: leave it out, or "
                    f"begin with {special}."
                )
        size = self._first_token + len(tokens)
        if self.max_tokens is not None and size > self.max_tokens:
            raise ValueError(
                f"The vocabulary needs {size} places, but max_tokens is "
                f"{self.max_tokens}."
            )
        if (self.output_mode == "tf_idf") != (idf_weights is not None):
            raise ValueError(
                "idf_weights go with output_mode='tf_idf': give both, or none."
            )
        if idf_weights is not None:
            weights = real_numbers("idf_weights", idf_weights).astype(np.float32)
            if weights.shape != (len(tokens) + is_whole * len(special),):
                raise ValueError(
                    "idf_weights must be as many as the vocabulary, not of shape "
                    f"{weights.shape}."
                )
            self.idf_weights = self._padded(weights, is_whole)
        self._take(tokens)

    def _padded(self, weights: Array, is_whole: bool) -> Array:
        """Return weights with those of the unknown before them: their mean."""
        front = [] if is_whole else [weights.mean()] * self._first_token
        found = np.concatenate([np.array(front, np.float32), weights])
        back = (self.max_tokens or 0) - len(found) if self.pad_to_max_tokens else 0
        return np.concatenate([found, np.zeros(back, np.float32)])

    def _take(self, tokens: list[Any]) -> None:
        self._tokens = tokens
        first = self._first_token
        self._places = {token: first + at for at, token in enumerate(tokens)}

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[Any]:
        """Return the vocabulary in the order of the places.

        Args:
            include_special_tokens: Whether what stands for nothing and for the unknown
                is among it, at its place. Default True.
        """
        special = [self.mask_token] * self._first_oov
        special += [self.oov_token] * self.num_oov_indices
        tokens = list(self._tokens or [])
        return [*special, *tokens] if include_special_tokens else tokens

    def vocabulary_size(self) -> int:
        """Return how many places there are, those for the unknown among them."""
        return self._first_token + len(self._tokens or [])

    # -- Looking up -------------------------------------------------------------------

    def numbers_for(self, inputs: Any) -> Array:
        """Return the places of some words, in the form of `output_mode`."""
        if self._tokens is None:
            raise ValueError(
                f"Layer {self.name!r} does not know its vocabulary yet: call "
                f"{self.name}.adapt(data), or give it one."
            )
        if self.invert:
            return self._words_at(inputs)
        tokens = self.as_tokens(inputs)
        distinct, at = np.unique(tokens, return_inverse=True)
        places = np.array([self._place_of(one) for one in distinct.tolist()], np.int64)
        return self.in_form(places[at].reshape(tokens.shape))

    @property
    def depth(self) -> int:
        """How many places there are, or are left free for."""
        known = self.vocabulary_size()
        return self.max_tokens or known if self.pad_to_max_tokens else known

    def in_form(self, places: Array) -> Array:
        """Return places in the form of `output_mode`."""
        if self.output_mode == "int":
            return places
        mode = "count" if self.output_mode == "tf_idf" else self.output_mode
        rows = encoded(places, mode, self.depth, np.int64)
        if self.idf_weights is None:
            return rows
        return rows.astype(np.float32) * self.idf_weights

    def _place_of(self, token: Any) -> int:
        if self.mask_token is not None and token == self.mask_token:
            return 0 if self.output_mode == "int" else -1
        if token in self._places:
            return self._places[token]
        if self.num_oov_indices == 0:
            raise ValueError(
                f"{token!r} is not in the vocabulary of {self.name!r}, which has no "
                "place for it, since num_oov_indices is 0."
            )
        return self._first_oov + self.bucket_of(token) % self.num_oov_indices

    def bucket_of(self, token: Any) -> int:
        """Return the number by which the place of an unknown token is chosen."""
        raise NotImplementedError

    def _words_at(self, inputs: Any) -> Array:
        places = real_numbers("inputs", inputs).astype(np.int64)
        words = [*self.get_vocabulary(), self.oov_token]
        beyond = (places < 0) | (places >= len(words))
        return np.array(words)[np.where(beyond, len(words) - 1, places)]

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this layer again, with its vocabulary."""
        words, weights = None, None
        if self._tokens is not None:
            words = self.get_vocabulary()
        if self.idf_weights is not None:
            weights = self.idf_weights[: self.vocabulary_size()].tolist()
        return {**super().get_config(), "vocabulary": words, "idf_weights": weights}


class StringLookup(_Lookup):
    """Makes numbers of words: their places in a vocabulary.

    Args:
        max_tokens: How many places there are at most. Default None: as many as needed.
        num_oov_indices: How many places are for words that are not in the vocabulary;
            with several, a hash chooses. 0: such a word is an error. Default 1.
        mask_token: The word that stands for nothing, at place 0. Default None.
        oov_token: The word that stands for the unknown. Default "[UNK]".
        vocabulary: The words, or the name of a file with a word a line; None (default)
            for `adapt`.
        idf_weights: What each word is multiplied by, in the mode "tf_idf".
        invert: Whether places become words again. Default False.
        output_mode: "int" (default): the places. "one_hot": a row for each word.
            "multi_hot", "count" and "tf_idf": a row for each sample.
        pad_to_max_tokens: Whether rows have `max_tokens` columns. Default False.
        sparse: Accepted as False only.
        encoding: Of words that are bytes. Default "utf-8".
        **options: Those of every layer: `name`.

    Raises:
        TypeError: An argument is of the wrong kind.
        ValueError: Arguments do not fit each other, or a word is there twice.

    Example:
        >>> layer = StringLookup()
        >>> layer.adapt(["cat", "dog", "dog"])
        >>> layer.get_vocabulary()
        ['[UNK]', 'dog', 'cat']
        >>> layer([["dog", "cow"]])
        array([[1, 0]])
    """

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: str | None = None,
        oov_token: str | None = "[UNK]",
        vocabulary: Any = None,
        idf_weights: ArrayLike | None = None,
        invert: bool = False,
        output_mode: str = "int",
        pad_to_max_tokens: bool = False,
        sparse: bool = False,
        encoding: str = "utf-8",
        **options: Unpack[LayerOptions],
    ) -> None:
        self.encoding = encoding
        super().__init__(
            max_tokens, num_oov_indices, mask_token, oov_token, vocabulary, idf_weights,
            invert, output_mode, sparse, pad_to_max_tokens, **options,
        )  # fmt: skip

    def as_tokens(self, data: Any) -> Array:
        """Return data as an array of words."""
        return as_words("inputs", data, self.encoding)

    def order_of(self, token: Any) -> Any:
        """Return the bytes of a word."""
        return token.encode()

    def bucket_of(self, token: Any) -> int:
        """Return a hash of a word."""
        return fingerprint64(token.encode())


class IntegerLookup(_Lookup):
    """Makes places in a vocabulary of whole numbers, such as those of cities.

    Args:
        max_tokens: How many places there are at most. Default None: as many as needed.
        num_oov_indices: How many places are for numbers that are not in the vocabulary.
            0: such a number is an error. Default 1.
        mask_token: The number that stands for nothing, at place 0. Default None.
        oov_token: The number that stands for the unknown. Default -1.
        vocabulary: The numbers; None (default) for `adapt`.
        vocabulary_dtype: Accepted as "int64" only.
        idf_weights: What each number is multiplied by, in the mode "tf_idf".
        invert: Whether places become numbers again. Default False.
        output_mode: As in `StringLookup`. Default "int".
        sparse: Accepted as False only.
        pad_to_max_tokens: Whether rows have `max_tokens` columns. Default False.
        **options: Those of every layer: `name`.

    Raises:
        TypeError: An argument is of the wrong kind.
        ValueError: Arguments do not fit each other, or a number is there twice.

    Example:
        >>> layer = IntegerLookup(vocabulary=[12, 36, 1138], output_mode="one_hot")
        >>> layer([36, 7])
        array([[0, 0, 1, 0],
               [1, 0, 0, 0]])
    """

    thing = "number"

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: int | None = None,
        oov_token: int | None = -1,
        vocabulary: Any = None,
        vocabulary_dtype: str = "int64",
        idf_weights: ArrayLike | None = None,
        invert: bool = False,
        output_mode: str = "int",
        sparse: bool = False,
        pad_to_max_tokens: bool = False,
        **options: Unpack[LayerOptions],
    ) -> None:
        if vocabulary_dtype != "int64":
            raise ValueError(
                "IntegerLookup takes vocabulary_dtype='int64' only, not "
                f"{describe(vocabulary_dtype)}."
            )
        super().__init__(
            max_tokens, num_oov_indices, mask_token, oov_token, vocabulary, idf_weights,
            invert, output_mode, sparse, pad_to_max_tokens, **options,
        )  # fmt: skip

    def as_tokens(self, data: Any) -> Array:
        """Return data as an array of whole numbers."""
        array = real_numbers("inputs", data)
        whole = array.astype(np.int64)
        if not np.array_equal(whole, array):
            raise ValueError(
                "IntegerLookup takes whole numbers, but some have a fraction. "
                "Discretization puts such numbers into bins."
            )
        return whole

    def token_in(self, line: str) -> Any:
        """Return the number in a line of a file."""
        try:
            return int(line)
        except ValueError:
            raise ValueError(
                "A file with the vocabulary of IntegerLookup has a whole number in "
                f"each line, but {line!r} is none."
            ) from None

    def bucket_of(self, token: Any) -> int:
        """Return the number itself."""
        return int(token)


def as_words(name: str, data: Any, encoding: str) -> Array:
    """Return data as an array of texts.

    Raises:
        TypeError: Something in it is no text.
    """
    array = np.asarray(data, object)
    for one in array.reshape(-1):
        if not isinstance(one, (str, bytes)):
            raise TypeError(
                f"{name} must be words, but one is {describe(one)}. Missing values and "
                "numbers need a word: str(value)."
            )
    words = [
        one.decode(encoding) if isinstance(one, bytes) else str(one)
        for one in array.reshape(-1)
    ]
    return np.array(words or [], object).astype(str).reshape(array.shape)
