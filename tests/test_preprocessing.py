"""Layers that make numbers of words and categories: values as real Keras has them.

Those were computed with Keras 3.15.1 on TensorFlow 2.21.
"""

import pathlib

import numpy as np
import pytest

import fastmlp
from fastmlp import layers
from fastmlp._util.farmhash import crossed, fingerprint64

WORDS = (["a", "b", "z"], [["a"], ["b"], ["z"]], [["a", "b"], ["z", "a"]])
LOOKED_UP = {
    "int": ([1, 2, 0], [[1], [2], [0]], [[1, 2], [0, 1]]),
    "one_hot": (
        [[0, 1, 0], [0, 0, 1], [1, 0, 0]],
        [[0, 1, 0], [0, 0, 1], [1, 0, 0]],
        [[[0, 1, 0], [0, 0, 1]], [[1, 0, 0], [0, 1, 0]]],
    ),
    "multi_hot": (
        [1, 1, 1],
        [[0, 1, 0], [0, 0, 1], [1, 0, 0]],
        [[0, 1, 1], [1, 1, 0]],
    ),
    "count": ([1, 1, 1], [[0, 1, 0], [0, 0, 1], [1, 0, 0]], [[0, 1, 1], [1, 1, 0]]),
}


def assert_is(array, values, dtype=np.int64):
    assert array.dtype == dtype
    assert array.tolist() == values


# -- Words and numbers in a vocabulary ----------------------------------------------


@pytest.mark.parametrize("mode", LOOKED_UP)
@pytest.mark.parametrize("case", range(3))
def test_words_become_their_places_in_each_form(mode, case):
    layer = layers.StringLookup(vocabulary=["a", "b"], output_mode=mode)
    assert_is(layer(WORDS[case]), LOOKED_UP[mode][case])


def test_a_vocabulary_is_learnt_the_most_frequent_first():
    layer = layers.StringLookup(max_tokens=5, num_oov_indices=2, mask_token="")
    layer.adapt(["x", "y", "y", "z", "z", "q", ""])
    assert layer.get_vocabulary() == ["", "[UNK]", "[UNK]", "z", "y"]
    assert layer.get_vocabulary(include_special_tokens=False) == ["z", "y"]
    assert layer.vocabulary_size() == 5
    assert_is(layer(["y", "q", "", "nope", "other"]), [4, 2, 0, 2, 1])


@pytest.mark.parametrize("kind", [str, pathlib.Path])
def test_a_vocabulary_may_lie_in_a_file_a_line_for_each(tmp_path, kind):
    path = tmp_path / "vocabulary.txt"
    path.write_text("10\n20\n30\n")
    words = layers.StringLookup(vocabulary=kind(path))
    assert_is(words(["20", "x"]), [2, 0])
    numbers = layers.IntegerLookup(vocabulary=kind(path))
    assert_is(numbers([20, 999]), [2, 0])
    path.write_text("10\nten\n")
    with pytest.raises(ValueError, match="'ten' is none"):
        layers.IntegerLookup(vocabulary=kind(path))


def test_bins_that_are_not_known_yet_have_a_shape():
    layer = layers.Discretization(num_bins=4, output_mode="one_hot")
    assert layer.compute_output_shape((None, 3)) == (None, 3, 4)
    layer.adapt(np.arange(100.0))
    assert layer(np.ones((2, 3))).shape == (2, 3, 4)


def test_words_are_weighed_by_in_how_few_samples_they_are():
    layer = layers.StringLookup(output_mode="tf_idf")
    layer.adapt([["a b", "b"], ["c", "b"]])
    assert layer.get_vocabulary() == ["[UNK]", "b", "c", "a b"]
    found = layer([["b", "c"]])
    assert found.dtype == np.float32
    assert found[0] == pytest.approx([0, 0.51082563, 0.6931472, 0])


def test_a_vocabulary_is_learnt_batch_by_batch():
    layer = layers.StringLookup()
    layer.adapt(iter([["a"], ["b", "b"], ["c"]]), steps=2)
    assert layer.get_vocabulary() == ["[UNK]", "b", "a"]


def test_whole_numbers_are_looked_up_too():
    layer = layers.IntegerLookup()
    layer.adapt([5, 7, 7, -2, 9])
    assert layer.get_vocabulary() == [-1, 7, 9, 5, -2]
    assert_is(layer([[7, 1], [9, 5]]), [[1, 0], [2, 3]])
    several = layers.IntegerLookup(vocabulary=[3, 4], num_oov_indices=3)
    assert_is(several([3, 4, 5, 6, 7, -1]), [3, 4, 2, 0, 1, 2])


def test_places_become_words_again():
    layer = layers.StringLookup(vocabulary=["a", "b"], invert=True)
    assert layer([0, 1, 2, 7]).tolist() == ["[UNK]", "a", "b", "[UNK]"]


def test_a_vocabulary_may_be_a_file(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("cat\ndog\n", encoding="utf-8")
    layer = layers.StringLookup(vocabulary=str(path))
    assert layer.get_vocabulary() == ["[UNK]", "cat", "dog"]


# -- Texts --------------------------------------------------------------------------

TEXTS = {
    "multi_hot": (
        {"output_mode": "multi_hot"},
        ["[UNK]", "the", "dog", "runs", "cat", "a"],
        [[1, 1, 1, 1, 0, 0], [0, 0, 0, 0, 1, 0]],
    ),
    "grams of two": (
        {"output_mode": "count", "ngrams": 2},
        ["[UNK]", "the", "dog", "the dog", "the cat", "runs", "dog runs", "cat the",
         "cat", "a dog", "a"],
        [[2, 1, 1, 1, 0, 1, 1, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0]],
    ),
    "three places": (
        {"output_sequence_length": 3},
        ["", "[UNK]", "the", "dog", "runs", "cat", "a"],
        [[2, 3, 4], [5, 0, 0]],
    ),
    "letters": (
        {"split": "character"},
        ["", "[UNK]", " ", "t", "o", "h", "g", "e", "d", "a", "u", "s", "r", "n", "c"],
        [[3, 5, 7, 2, 8, 4, 6, 2, 12, 10, 13, 11, 2, 9, 1, 9, 1],
         [14, 9, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
    ),
    "padded": (
        {"output_mode": "multi_hot", "max_tokens": 10, "pad_to_max_tokens": True},
        ["[UNK]", "the", "dog", "runs", "cat", "a"],
        [[1, 1, 1, 1, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 1, 0, 0, 0, 0, 0]],
    ),
    "pairs alone": (
        {"ngrams": (2,)},
        ["", "[UNK]", "the dog", "the cat", "dog runs", "cat the", "a dog"],
        [[2, 4, 1], [0, 0, 0]],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TEXTS)
@pytest.mark.parametrize("column", [False, True])
def test_texts_become_rows_of_numbers(case, column):
    options, vocabulary, rows = TEXTS[case]
    layer = layers.TextVectorization(**options)
    layer.adapt(["The cat, the dog!", "A dog runs"])
    assert layer.get_vocabulary() == vocabulary
    texts = ["the dog runs away", "cat"]
    assert_is(layer([[one] for one in texts] if column else texts), rows)


def test_letters_beyond_ascii_stay_as_they_are():
    layer = layers.TextVectorization()
    layer.adapt(["The cat, the dog!", "A dogÉ runs"])
    assert layer.get_vocabulary()[2:] == ["the", "runs", "dogÉ", "dog", "cat", "a"]


def test_texts_are_weighed_by_in_how_few_of_them_a_word_is():
    layer = layers.TextVectorization(output_mode="tf_idf")
    layer.adapt(["The cat, the dog!", "A dog runs"])
    found = layer(["the dog runs away", "cat"])
    expected = [[0.65668285, 0.6931472, 0.5108256, 0.6931472, 0, 0]]
    assert found[:1] == pytest.approx(np.array(expected))


def test_functions_of_ones_own_standardize_and_split():
    layer = layers.TextVectorization(
        standardize=lambda texts: np.char.replace(texts, "-", " "),
        split=lambda texts: [str(text).split() for text in texts],
    )
    layer.adapt(["a-b b"])
    assert layer.get_vocabulary() == ["", "[UNK]", "b", "a"]


# -- Categories ---------------------------------------------------------------------


def test_categories_become_rows():
    encode = layers.CategoryEncoding
    rows = [[0, 0, 0, 1], [0, 0, 1, 0], [1, 0, 0, 0]]
    assert_is(encode(4, "one_hot")([3, 2, 0]), rows, np.float32)
    assert_is(encode(4)([[0, 1], [0, 0]]), [[1, 1, 0, 0], [1, 0, 0, 0]], np.float32)
    assert_is(encode(4)([1, 2]), [0, 1, 1, 0], np.float32)
    weighed = encode(4, "count")([[0, 1], [0, 0]], count_weights=[[1, 2], [1, 0.5]])
    assert_is(weighed, [[1, 2, 0, 0], [1.5, 0, 0, 0]], np.float32)


def test_bins_hold_as_many_numbers_each():
    layer = layers.Discretization(num_bins=4)
    layer.adapt(np.arange(100.0))
    assert layer.bin_boundaries == pytest.approx([23.99998, 48.99998, 73.99998])
    assert_is(layer([[1.0, 50.0, 99.0]]), [[0, 2, 3]], np.int32)
    again = layers.Discretization.from_config(layer.get_config())
    assert again.bin_boundaries == layer.bin_boundaries


def test_bins_become_rows():
    layer = layers.Discretization(bin_boundaries=[0.0, 1.0], output_mode="one_hot")
    rows = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert_is(layer([[-1.0], [0.0], [2.0]]), rows, np.float32)


def test_buckets_are_those_of_keras():
    assert_is(layers.Hashing(3)([["A"], ["B"], ["C"]]), [[1], [0], [1]])
    assert_is(layers.Hashing(3)([[1], [2], [3.7]]), [[0], [1], [0]])
    assert_is(layers.Hashing(3, mask_value="A")([["A"], ["B"]]), [[0], [1]])
    one_hot = layers.Hashing(3, output_mode="one_hot")([["A"], ["B"]])
    assert_is(one_hot, [[0, 1, 0], [1, 0, 0]], np.float32)


def test_buckets_of_pairs_are_those_of_keras():
    words, numbers = [["a"], ["b"], ["c"]], [[1], [2], [3]]
    cross = layers.HashedCrossing(2**40)
    assert_is(cross((words, numbers)), [[102112895485], [422000637165], [474653153198]])
    assert_is(
        cross((numbers, numbers)), [[135583393833], [442916463195], [486195577089]]
    )
    assert_is(layers.HashedCrossing(5)((words, words)), [[0], [2], [2]])


@pytest.mark.parametrize(
    ("size", "number"),
    [
        (1, 12917804110809363939),
        (8, None),
        (20, None),
        (50, None),
        (64, None),
        (65, None),
        (200, None),
    ],
)
def test_a_fingerprint_depends_on_every_byte(size, number):
    text = b"a" * size
    found = fingerprint64(text)
    assert number in (None, found)
    others = {fingerprint64(text[:at] + b"b" + text[at + 1 :]) for at in range(size)}
    assert len(others | {found}) == size + 1
    assert crossed([found, 1]) != crossed([1, found])


# -- What they all have in common ---------------------------------------------------

ALL = [
    layers.CategoryEncoding(3),
    layers.Discretization([0.5]),
    layers.Hashing(3),
    layers.HashedCrossing(3),
    layers.IntegerLookup(vocabulary=[3, 4]),
    layers.StringLookup(vocabulary=["a", "b"]),
    layers.TextVectorization(vocabulary=["a", "b"], output_mode="count"),
]


@pytest.mark.parametrize("layer", ALL, ids=lambda one: type(one).__name__)
def test_no_layer_of_a_network(layer):
    with pytest.raises(ValueError, match=r"before `fit`.*call it on them"):
        layer(layers.Input((1,)))
    with pytest.raises(ValueError, match=r"before `fit`.*call it on them"):
        fastmlp.Sequential([layers.Input((1,)), layer, layers.Dense(1)])


@pytest.mark.parametrize("layer", ALL, ids=lambda one: type(one).__name__)
def test_a_configuration_makes_it_again(layer):
    config = layer.get_config()
    again = type(layer).from_config(config), layers.deserialize(layers.serialize(layer))
    assert [type(one) for one in again] == [type(layer)] * 2
    assert [one.get_config() for one in again] == [config] * 2


MODES = ("int", "one_hot", "multi_hot", "count")
OF_EACH_MODE = {
    "categories": lambda mode: layers.CategoryEncoding(3, output_mode=mode),
    "bins": lambda mode: layers.Discretization([0.5], output_mode=mode),
    "buckets": lambda mode: layers.Hashing(3, output_mode=mode),
    "places": lambda mode: layers.IntegerLookup(vocabulary=[3, 4], output_mode=mode),
    "places left free": lambda mode: layers.IntegerLookup(
        7, vocabulary=[3, 4], output_mode=mode, pad_to_max_tokens=mode != "int"
    ),
}


@pytest.mark.parametrize("shape", [(4, 1), (4, 3), (4, 2, 1), (4, 2, 3), (4,)])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("make", OF_EACH_MODE.values(), ids=OF_EACH_MODE)
def test_it_says_the_shape_of_its_numbers(make, mode, shape):
    if mode == "int" and make is OF_EACH_MODE["categories"]:
        pytest.skip("It has no such mode.")
    layer = make(mode)
    found = layer(np.ones(shape, int)).shape
    assert layer.compute_output_shape(shape) == found
    if len(shape) > 1:
        assert layer.compute_output_shape((None, *shape[1:])) == (None, *found[1:])


@pytest.mark.parametrize(
    ("settings", "shape"),
    [
        ({}, (2, None)),
        ({"output_sequence_length": 5}, (2, 5)),
        ({"output_mode": "count"}, (2, 3)),
        ({"output_mode": "count", "max_tokens": 9, "pad_to_max_tokens": True}, (2, 9)),
    ],
)
def test_texts_say_the_shape_of_their_numbers(settings, shape):
    layer = layers.TextVectorization(vocabulary=["a", "b"], **settings)
    assert layer.compute_output_shape((2, 1)) == shape
    assert shape in (layer([["a"], ["b a"]]).shape, (2, None))


def test_pairs_say_the_shape_of_their_numbers():
    layer = layers.HashedCrossing(5, output_mode="one_hot")
    assert layer.compute_output_shape([(4, 1), (4, 1)]) == (4, 5)
    assert layer((np.ones((4, 1), int),) * 2).shape == (4, 5)


def test_a_configuration_keeps_what_adapt_has_learnt():
    layer = layers.TextVectorization(output_mode="tf_idf")
    layer.adapt(["a b", "b c c"])
    again = layers.TextVectorization.from_config(layer.get_config())
    assert np.array_equal(again(["a c d"]), layer(["a c d"]))


def test_a_configuration_of_keras_is_read():
    config = {
        "name": "lookup", "trainable": True, "dtype": {"class_name": "DTypePolicy"},
        "invert": False, "max_tokens": None, "num_oov_indices": 1, "salt": None,
        "oov_token": "[UNK]", "mask_token": None, "output_mode": "int", "sparse": False,
        "pad_to_max_tokens": False, "idf_weights": None, "vocabulary": ["a"],
        "vocabulary_size": 2, "oov_method": "floormod", "encoding": "utf-8",
    }  # fmt: skip
    assert_is(layers.StringLookup.from_config(config)(["a"]), [1])


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: layers.StringLookup()(["a"]), r"does not know its vocabulary.*adapt"),
        (
            lambda: layers.StringLookup(vocabulary=["a"], num_oov_indices=0)(["z"]),
            "'z' is not in the vocabulary",
        ),
        (lambda: layers.StringLookup(vocabulary=["a", "a"]), "'a' more than once"),
        (
            lambda: layers.StringLookup(vocabulary=["a"]).adapt(["b"]),
            "nothing to adapt",
        ),
        (lambda: layers.StringLookup(max_tokens=2, vocabulary=["a", "b"]), "3 places"),
        (lambda: layers.StringLookup(vocabulary=[]), "has no word"),
        (
            lambda: layers.StringLookup(output_mode="tfidf"),
            "output_mode of StringLookup",
        ),
        (lambda: layers.StringLookup(vocabulary=["a"], output_mode="tf_idf"), "both"),
        (lambda: layers.StringLookup(invert=True, output_mode="count"), "invert"),
        (lambda: layers.StringLookup(pad_to_max_tokens=True), "needs max_tokens"),
        (lambda: layers.IntegerLookup().adapt([0.5]), "have a fraction"),
        (lambda: layers.CategoryEncoding(), "needs num_tokens"),
        (lambda: layers.CategoryEncoding(3)([[5]]), "categories 0 to 2, but found 5"),
        (lambda: layers.CategoryEncoding(3)([0], count_weights=[1]), "'count'"),
        (lambda: layers.Discretization(), "bin_boundaries.*or num_bins"),
        (lambda: layers.Discretization([2, 1]), "ascends"),
        (lambda: layers.Discretization(num_bins=2)([1]), "does not know its bins"),
        (lambda: layers.Discretization([1]).adapt([1]), "nothing to adapt"),
        (lambda: layers.HashedCrossing(3)(["a"]), "two columns or more"),
        (lambda: layers.HashedCrossing(3)((["a"], ["b", "c"])), "one shape"),
        (lambda: layers.TextVectorization(split="words"), "'whitespace', 'character'"),
        (lambda: layers.TextVectorization()([["a", "b"]]), r"\(rows,\) or \(rows, 1\)"),
    ],
)
def test_what_does_not_fit_gets_a_sentence(make, sentence):
    with pytest.raises(ValueError, match=sentence):
        make()


def test_words_must_be_words():
    with pytest.raises(TypeError, match=r"one is 3.*need a word"):
        layers.StringLookup().adapt(["a", 3])
