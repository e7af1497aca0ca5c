"""Keras's data sets: small files of the same formats stand for the real ones."""

import hashlib
import io
import pickle
import re

import numpy as np
import pytest
from keras_data_sets import (
    WORDS,
    cifar_file,
    houses_file,
    idx_file,
    texts_file,
    words_file,
)

from fastmlp import datasets
from fastmlp.datasets import _files, cifar10, cifar100, fashion_mnist, imdb, reuters
from fastmlp.datasets._pickled import read_pickle

NAMES = [name for name in datasets.__all__ if not name.startswith("synthetic")]


@pytest.fixture
def put(tmp_path, monkeypatch):
    """Put a file into the cache, and let its hash be the one that is expected."""
    monkeypatch.setenv("FASTMLP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))

    def put(name, content, digest="sha256", at=None):
        path = at or tmp_path / "home" / "datasets" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        expected = hashlib.new(digest, content).hexdigest()
        remote = _files.FILES[name]._replace(digest=expected)
        monkeypatch.setitem(_files.FILES, name, remote)
        return path

    return put


@pytest.fixture
def raw_imdb(put):
    """The texts of a small imdb.npz as they stand in it."""
    content = texts_file({"_train": 40, "_test": 30})
    put("imdb.npz", content)
    return np.load(io.BytesIO(content), allow_pickle=True)


# Texts


def test_reviews_are_lists_in_an_order_of_chance_that_repeats(raw_imdb):
    (x_train, y_train), (x_test, y_test) = imdb.load_data()
    assert (x_train.shape, x_test.shape) == ((40,), (30,))
    assert x_train.dtype == object
    assert type(x_train[0]) is list
    assert y_train.dtype == y_test.dtype == np.int64
    order = np.arange(40)
    np.random.RandomState(113).shuffle(order)
    np.testing.assert_array_equal(y_train, raw_imdb["y_train"][order])
    assert x_train[0] == [1, *(w + 3 for w in raw_imdb["x_train"][order[0]])]
    assert [*imdb.load_data()[0][0]] == [*x_train]
    assert [*imdb.load_data(seed=1)[0][0]] != [*x_train]


@pytest.mark.usefixtures("raw_imdb")
def test_words_that_are_rare_or_frequent_are_replaced_or_left_out():
    (plain, _), _ = imdb.load_data(index_from=0, start_char=None)
    chosen = {"num_words": 60, "skip_top": 10, "index_from": 0, "start_char": None}
    (replaced, _), _ = imdb.load_data(**chosen)
    (left_out, _), _ = imdb.load_data(**chosen, oov_char=None)
    for text, with_marks, without in zip(plain, replaced, left_out, strict=True):
        assert with_marks == [w if 10 <= w < 60 else 2 for w in text]
        assert without == [w for w in text if 10 <= w < 60]


@pytest.mark.usefixtures("raw_imdb")
def test_long_reviews_are_left_out_with_their_labels():
    (x, y), _ = imdb.load_data(num_words=100)
    (short, y_short), _ = imdb.load_data(num_words=100, maxlen=6)
    keep = [len(text) < 6 for text in x]
    assert [*short] == [*x[keep]]
    np.testing.assert_array_equal(y_short, y[keep])
    with pytest.raises(ValueError, match="No text is shorter than maxlen=2"):
        imdb.load_data(maxlen=2)


def test_texts_of_one_length_stay_an_array_of_lists(put):
    x = np.empty(4, object)
    x[:] = [[1, 2]] * 4
    file = io.BytesIO()
    np.savez(file, x=x, y=np.arange(4))
    put("reuters.npz", file.getvalue())
    (x_train, _), (x_test, _) = reuters.load_data(test_split=0.5)
    assert x_train.shape == x_test.shape == (2,)


def test_newswires_are_split(put):
    put("reuters.npz", texts_file({"": 50}))
    (x_train, y_train), (x_test, y_test) = reuters.load_data(test_split=0.3)
    assert len(x_train) == len(y_train) == 35
    assert len(x_test) == len(y_test) == 15


@pytest.mark.parametrize("module", [imdb, reuters])
def test_the_words_have_their_numbers(module, put):
    name = f"{module.__name__.rpartition('.')[2]}_word_index.json"
    put(name, words_file(), "md5")
    assert module.get_word_index() == WORDS


def test_the_topics_are_those_of_keras():
    names = reuters.get_label_names()
    assert len(names) == 46
    assert (names[0], names[-1]) == ("cocoa", "lead")


# Pictures


@pytest.fixture
def clothes(put):
    held = {}
    for split, count in (("train", 60), ("t10k", 10)):
        for kind, shape in (
            ("images-idx3", (count, 28, 28)),
            ("labels-idx1", (count,)),
        ):
            content, held[split, kind] = idx_file(shape)
            put(f"fashion-mnist/{split}-{kind}-ubyte.gz", content, "md5")
    return held


def test_clothes_are_read_from_their_four_files(clothes):
    (x_train, y_train), (x_test, y_test) = fashion_mnist.load_data()
    for found, expected in zip(
        (x_train, y_train, x_test, y_test), clothes.values(), strict=True
    ):
        np.testing.assert_array_equal(found, expected)
        assert found.flags.writeable


def test_pictures_of_cifar_have_their_colours_last(put, monkeypatch):
    batches = dict.fromkeys([f"data_batch_{n}" for n in range(1, 6)], 4)
    monkeypatch.setattr(cifar10, "_TRAIN", batches)
    monkeypatch.setattr(cifar10, "_TEST", {"test_batch": 3})
    members = {**batches, "batches.meta": 1, "test_batch": 3}
    content, held = cifar_file("cifar-10-batches-py", members, ["labels"])
    put("cifar-10-python.tar.gz", content)
    (x_train, y_train), (x_test, y_test) = cifar10.load_data()
    assert (x_train.shape, y_train.shape) == ((20, 32, 32, 3), (20, 1))
    assert (x_test.shape, y_test.shape) == ((3, 32, 32, 3), (3, 1))
    assert {a.dtype for a in (x_train, y_train, x_test, y_test)} == {np.dtype("u1")}
    red_first = held["data_batch_2"][b"data"].reshape(4, 3, 32, 32)
    np.testing.assert_array_equal(x_train[5, ..., 0], red_first[1, 0])
    np.testing.assert_array_equal(x_train[5, ..., 2], red_first[1, 2])
    assert y_train[4:8, 0].tolist() == held["data_batch_2"][b"labels"]


@pytest.fixture
def cifar100_file(monkeypatch):
    batches = {"train": 8, "test": 5}
    monkeypatch.setattr(cifar100, "_BATCHES", batches)
    return cifar_file("cifar-100-python", batches, ["fine_labels", "coarse_labels"])


@pytest.mark.parametrize("mode", ["fine", "coarse"])
def test_cifar_100_has_two_kinds_of_labels(mode, put, cifar100_file):
    content, held = cifar100_file
    put("cifar-100-python.tar.gz", content)
    (x_train, y_train), (x_test, y_test) = cifar100.load_data(mode)
    assert (x_train.shape, x_test.shape) == ((8, 32, 32, 3), (5, 32, 32, 3))
    assert y_train.dtype == np.int64
    assert y_train[:, 0].tolist() == held["train"][f"{mode}_labels".encode()]
    assert y_test[:, 0].tolist() == held["test"][f"{mode}_labels".encode()]


# Houses


@pytest.mark.parametrize("name", ["boston_housing", "california_housing"])
def test_tables_are_shuffled_and_split(name, put):
    content = houses_file(13)
    put(f"{name}.npz", content)
    raw = np.load(io.BytesIO(content))
    (x_train, y_train), (x_test, y_test) = getattr(datasets, name).load_data()
    order = np.arange(700)
    np.random.RandomState(113).shuffle(order)
    x, y = raw["x"][order], raw["y"][order]
    np.testing.assert_array_equal(np.concatenate([x_train, x_test]), x)
    np.testing.assert_array_equal(np.concatenate([y_train, y_test]), y)
    assert len(x_train) == 560


def test_the_small_table_of_california_is_the_beginning_of_the_large_one(put):
    put("california_housing.npz", houses_file(8, dtype="f4"))
    (x_train, y_train), (x_test, _) = datasets.california_housing.load_data("small")
    assert (len(x_train), len(x_test)) == (480, 120)
    assert x_train.dtype == y_train.dtype == np.float32


# What is not accepted


@pytest.mark.parametrize("name", NAMES)
def test_without_a_network_a_sentence_names_cause_folder_and_stand_in(name, tmp_path):
    stand_in = "digits" if name == "mnist" else name
    with pytest.raises(ConnectionError, match="could not be downloaded") as caught:
        getattr(datasets, name).load_data()
    for words in ("no-cache", "datasets", f"synthetic_{stand_in}.load_data()"):
        assert words in str(caught.value)
    assert hasattr(datasets, f"synthetic_{stand_in}")


def test_a_file_with_another_hash_is_refused(put):
    path = put("imdb.npz", texts_file({"_train": 4, "_test": 3}))
    path.write_bytes(texts_file({"_train": 4, "_test": 3}, seed=1))
    with pytest.raises(ValueError, match=r"SHA-256 is .* Delete it") as caught:
        imdb.load_data()
    assert str(path) in str(caught.value)


def test_a_file_in_the_cache_of_keras_is_found_by_its_name_there(
    put, tmp_path, cifar100_file
):
    there = tmp_path / "keras" / "datasets" / "cifar-100-python-target_archive"
    put("cifar-100-python.tar.gz", cifar100_file[0], at=there)
    assert len(cifar100.load_data()[0][0]) == 8


class Exploit:
    def __reduce__(self):
        return (print, ("This ran.",))


@pytest.mark.parametrize(
    "thing",
    [Exploit(), np.float64(3), {1, 2}, re.compile("x"), np.array([Exploit()])],
    ids=lambda thing: type(thing).__name__,
)
def test_a_pickle_that_names_anything_else_is_refused_and_nothing_runs(thing, capsys):
    with pytest.raises(ValueError, match="which no data set does"):
        read_pickle(io.BytesIO(pickle.dumps(thing, 2)))
    assert capsys.readouterr().out == ""


def test_a_pickled_array_of_something_else_is_refused():
    file = io.BytesIO(pickle.dumps(np.array([1, "two"], object), 2))
    with pytest.raises(ValueError, match="lists of whole numbers"):
        read_pickle(file).lists()
    file = io.BytesIO(pickle.dumps(np.zeros((2, 3), np.float32), 2))
    with pytest.raises(ValueError, match=r"bytes of shape \(2, 3\)"):
        read_pickle(file).bytes_of(2, 3)
