"""Words as numbers, as older scripts have it."""

import numpy as np
import pytest

from fastmlp.preprocessing.text import Tokenizer, text_to_word_sequence

TEXTS = ["Good film, GOOD cast!", "A bad film", ["bad", "end"], ""]
SEQUENCES = [[1, 2, 1, 1], [3], [], [9, 2]]


def test_the_most_frequent_word_is_number_1():
    tokenizer = Tokenizer()
    tokenizer.fit_on_texts(TEXTS)
    assert tokenizer.word_index["good"] == 1
    assert tokenizer.word_counts["bad"] == tokenizer.word_docs["film"] == 2
    assert tokenizer.document_count == 4


def test_words_that_are_not_known_are_left_out_or_one_word():
    for oov, numbers in ((None, [[1]]), ("?", [[1, 2]])):
        tokenizer = Tokenizer(oov_token=oov)
        tokenizer.fit_on_texts(["good"])
        assert tokenizer.texts_to_sequences(["new good"]) == numbers
    assert tokenizer.sequences_to_texts([[2, 7]]) == ["good ?"]


def test_what_was_never_counted_is_asked_for():
    with pytest.raises(ValueError, match=r"num_words, or call fit_on_texts"):
        Tokenizer().sequences_to_matrix(SEQUENCES)
    with pytest.raises(ValueError, match=r"fit_on_texts before"):
        Tokenizer(5).sequences_to_matrix(SEQUENCES, "tfidf")
    with pytest.raises(ValueError, match=r"binary, count, tfidf, freq, not 'some'"):
        Tokenizer(5).sequences_to_matrix(SEQUENCES, "some")


@pytest.mark.parametrize("mode", ["binary", "count", "freq", "tfidf"])
@pytest.mark.parametrize(
    "options",
    [{}, {"num_words": 4}, {"oov_token": "?"}, {"char_level": True}, {"lower": False},
     {"num_words": 3, "oov_token": "?"}, {"analyzer": str.split}],
)  # fmt: skip
def test_tokenizers_count_as_those_of_keras(options, mode):
    keras = pytest.importorskip("keras.src.legacy.preprocessing.text")
    ours, theirs = Tokenizer(**options), keras.Tokenizer(**options)
    for one in (ours, theirs):
        one.fit_on_texts(TEXTS)
    assert ours.word_index == theirs.word_index
    assert ours.index_docs == theirs.index_docs
    numbers = ours.texts_to_sequences(TEXTS)
    assert numbers == theirs.texts_to_sequences(TEXTS)
    assert ours.sequences_to_texts(numbers) == theirs.sequences_to_texts(numbers)
    found = ours.texts_to_matrix(TEXTS, mode)
    np.testing.assert_array_equal(found, theirs.texts_to_matrix(TEXTS, mode))
    for one in (ours, theirs):
        one.fit_on_sequences(SEQUENCES)
    np.testing.assert_array_equal(
        ours.sequences_to_matrix(SEQUENCES, mode),
        theirs.sequences_to_matrix(SEQUENCES, mode),
    )


def test_a_text_falls_into_words_as_in_keras():
    keras = pytest.importorskip("keras.src.legacy.preprocessing.text")
    for text in ("Good, very good!", "a\tb\nc", ""):
        assert text_to_word_sequence(text) == keras.text_to_word_sequence(text)
