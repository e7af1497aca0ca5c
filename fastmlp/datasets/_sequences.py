"""Texts as lists of word numbers: what `imdb` and `reuters` have in common."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fastmlp._check.numbers import as_count, if_given
from fastmlp._saving._npy import read_array
from fastmlp._saving._zip import Zip
from fastmlp.datasets._files import opened
from fastmlp.datasets._pickled import read_pickle

# Arrays of lists, and their labels. Checkers are told of no dtype: see mnist.py.
Texts: TypeAlias = NDArray[Any]
Labels: TypeAlias = NDArray[Any]
Split: TypeAlias = tuple[tuple[Texts, Labels], tuple[Texts, Labels]]


class Words(NamedTuple):
    """Which words are kept, and by which numbers; checked by `chosen_words`."""

    num_words: int | None
    skip_top: int
    maxlen: int | None
    start_char: int | None
    oov_char: int | None
    index_from: int


def chosen_words(
    num_words: int | None,
    skip_top: int,
    maxlen: int | None,
    start_char: int | None,
    oov_char: int | None,
    index_from: int,
) -> Words:
    """Return these, each a whole number of 0 or more.

    Raises:
        TypeError: One is no whole number.
        ValueError: One is negative.
    """
    return Words(
        # Keras takes 0 for None in these two.
        as_count("num_words", 0 if num_words is None else num_words, 0) or None,
        as_count("skip_top", skip_top, 0),
        as_count("maxlen", 0 if maxlen is None else maxlen, 0) or None,
        if_given(as_count, "start_char", start_char, 0),
        if_given(as_count, "oov_char", oov_char, 0),
        as_count("index_from", index_from, 0),
    )


def shuffled(
    texts: Sequence[list[int]], labels: NDArray[Any], rng: np.random.RandomState
) -> tuple[list[list[int]], NDArray[Any]]:
    """Return texts and labels in the order that Keras gives them."""
    order = np.arange(len(texts))
    rng.shuffle(order)
    return [texts[i] for i in order.tolist()], labels[order]


def numbered(
    texts: list[list[int]], labels: NDArray[Any], chosen: Words
) -> tuple[list[list[int]], NDArray[Any]]:
    """Return texts that begin with the start's number, without those that are long."""
    start = [] if chosen.start_char is None else [chosen.start_char]
    first = chosen.index_from
    texts = [start + [word + first for word in text] for text in texts]
    if chosen.maxlen is not None:
        short = [len(text) < chosen.maxlen for text in texts]
        texts = [text for text, keep in zip(texts, short, strict=True) if keep]
        labels = labels[short]
        if not texts:
            raise ValueError(
                f"No text is shorter than maxlen={chosen.maxlen}, so none is left. "
                "Give a larger maxlen, or leave it out."
            )
    return texts, labels


def with_words_left_out(texts: list[list[int]], chosen: Words) -> Texts:
    """Return an array of texts without the words that are too rare or too frequent."""
    low, out = chosen.skip_top, chosen.oov_char
    # As in Keras, the highest number of all counts as too rare when none is given.
    high = chosen.num_words or max(map(max, filter(None, texts)), default=0)
    kept = np.empty(len(texts), object)
    for place, text in enumerate(texts):
        if out is None:
            kept[place] = [word for word in text if low <= word < high]
        else:
            kept[place] = [word if low <= word < high else out for word in text]
    return kept


def of_two(
    train: tuple[list[list[int]], NDArray[Any]],
    test: tuple[list[list[int]], NDArray[Any]],
    chosen: Words,
) -> Split:
    """Return training and test texts with the words that were chosen."""
    x_train, y_train = numbered(*train, chosen)
    x_test, y_test = numbered(*test, chosen)
    x = with_words_left_out(x_train + x_test, chosen)
    return (x[: len(x_train)], y_train), (x[len(x_train) :], y_test)


def of_one(
    texts: list[list[int]], labels: NDArray[Any], chosen: Words, test_split: float
) -> Split:
    """Return texts with the words that were chosen, the last of them for testing."""
    numbers, y = numbered(texts, labels, chosen)
    x = with_words_left_out(numbers, chosen)
    at = int(len(x) * (1 - test_split))
    return (x[:at], y[:at]), (x[at:], y[at:])


def read_texts(
    name: str, path: str | os.PathLike[str], *splits: str
) -> list[tuple[list[list[int]], NDArray[Any]]]:
    """Return texts and labels of Keras's file: x and y, of each split."""
    found = opened(name, path)
    with found.file:
        archive = Zip(found.file, found.source)
        read = []
        for split in splits:
            with archive.open(f"x{split}.npy") as member:
                np.lib.format.read_magic(member)
                np.lib.format.read_array_header_1_0(member)
                texts = read_pickle(member).lists()
            labels = read_array(archive, f"y{split}", f"In {found.source}, 'y{split}'")
            read.append((texts, labels))
        return read


def read_word_index(name: str, path: str | os.PathLike[str]) -> dict[str, int]:
    """Return the numbers of all words, from Keras's file."""
    found = opened(name, path)
    with found.file:
        index: dict[str, int] = json.load(found.file)
        return index
