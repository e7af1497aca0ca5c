"""Texts that are drawn: what `synthetic_imdb` and `synthetic_reuters` have in common.

Frequencies of words fall as they do in any language (Zipf's law: the k-th most frequent
word is 1/k as frequent as the first). Each class likes some words more and others less
than the rest do, each text follows its class more or less, and lengths differ as those
of real texts do. So a bag of words tells the class of most texts, never of all.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# Each chunk of texts has a random generator of its own, so that the first texts are the
# same however many are asked for.
_CHUNK = 1000
# The most frequent words are those that say nothing: the, a, of.
_NEUTRAL = 50
# How far texts of a class differ in how much they follow it; of the logarithm.
_CONVICTION_SPREAD = 0.6

_CONSONANTS, _VOWELS = "bdfgklmnprstvz", "aeiou"


class Nature(NamedTuple):
    """What texts are like."""

    vocabulary: int  # how many words there are
    shares: tuple[float, ...]  # how frequent each class is, beside the others
    taste: float  # how much classes differ in what they like, 0 for not at all
    conviction: float  # the part of a text that is in its class's taste: the median
    length: tuple[float, float]  # the median, and the spread of the logarithm


def draw_texts(
    entropy: tuple[int, int], count: int, nature: Nature
) -> tuple[list[list[int]], NDArray[np.int64]]:
    """Return texts as lists of word numbers, from 1, and the class of each.

    Args:
        entropy: The seed, and the number of the split.
        count: How many.
        nature: What they are like.
    """
    shares, length = np.array(nature.shares), nature.length
    seed, split = entropy
    # What classes like is the same for both splits, and for every seed.
    liking = np.random.default_rng(0).standard_normal((len(shares), nature.vocabulary))
    liking[:, :_NEUTRAL] = 0
    zipf = 1 / np.arange(1, nature.vocabulary + 1)
    plain = np.cumsum(zipf) / zipf.sum()
    liked = np.cumsum(zipf * np.exp(nature.taste * liking), axis=1)
    liked /= liked[:, -1:]
    texts: list[list[int]] = []
    labels: list[NDArray[np.int64]] = []
    for chunk in range(-(-count // _CHUNK)):
        sequence = np.random.SeedSequence(seed, spawn_key=(split, chunk))
        rng = np.random.Generator(np.random.Philox(sequence))
        classes = rng.choice(len(shares), _CHUNK, p=shares / shares.sum())
        convictions = nature.conviction * np.exp(_spread(rng, _CONVICTION_SPREAD))
        lengths = np.clip(length[0] * np.exp(_spread(rng, length[1])), 10, 2500)
        ends = np.cumsum(lengths.astype(int))
        text = np.repeat(np.arange(_CHUNK), np.diff(ends, prepend=0))
        at, chance = rng.random((2, ends[-1]))
        of_class = chance < convictions[text]
        words = np.searchsorted(plain, at)
        for kind, its_own in enumerate(liked):
            chosen = of_class & (classes[text] == kind)
            words[chosen] = np.searchsorted(its_own, at[chosen])
        for part in np.split(words + 1, ends[:-1])[: count - len(texts)]:
            texts.append(part.tolist())
        labels.append(classes)
    return texts, np.concatenate([*labels, np.empty(0, np.int64)])[:count]


def _spread(rng: np.random.Generator, spread: float) -> NDArray[np.float64]:
    return spread * rng.standard_normal(_CHUNK)


def made_up_words(vocabulary: int) -> dict[str, int]:
    """Return a made-up word for each number, frequent ones the shortest.

    Example:
        >>> list(made_up_words(73))[-4:]
        ['zu', 'baba', 'babe', 'babi']
    """
    syllables = [first + second for first in _CONSONANTS for second in _VOWELS]
    words: dict[str, int] = {}
    for number in range(1, vocabulary + 1):
        word, rest = "", number
        while rest:
            rest, syllable = divmod(rest - 1, len(syllables))
            word = syllables[syllable] + word
        words[word] = number
    return words
