"""Real Keras reads the same small files: the same numbers in the same order."""

import hashlib

import numpy as np
import pytest
from keras_data_sets import houses_file, texts_file, words_file

keras = pytest.importorskip("keras")

from fastmlp import datasets  # noqa: E402
from fastmlp.datasets import _files  # noqa: E402

FILES = {
    "imdb": texts_file({"_train": 300, "_test": 200}),
    "reuters": texts_file({"": 400}),
    "boston_housing": houses_file(13),
    "california_housing": houses_file(8, dtype="f4"),
}

CALLS = [
    ("imdb", {}),
    ("imdb", {"num_words": 50}),
    ("imdb", {"num_words": 50, "skip_top": 5, "maxlen": 9, "seed": 7}),
    ("imdb", {"oov_char": None, "num_words": 40, "start_char": None}),
    ("imdb", {"start_char": None, "index_from": 0}),
    ("reuters", {}),
    ("reuters", {"num_words": 50, "test_split": 0.35, "maxlen": 9}),
    ("reuters", {"oov_char": None, "skip_top": 20, "index_from": 0, "seed": 0}),
    ("boston_housing", {}),
    ("boston_housing", {"test_split": 0.0, "seed": 5}),
    ("california_housing", {"test_split": 0.1}),
    ("california_housing", {"version": "small"}),
]


@pytest.mark.parametrize(("name", "arguments"), CALLS)
def test_data_are_those_of_keras(name, arguments, tmp_path, monkeypatch):
    path = tmp_path / f"{name}.npz"
    path.write_bytes(FILES[name])
    theirs = getattr(keras.datasets, name)
    load = theirs.load_data
    monkeypatch.setitem(load.__globals__, "get_file", lambda *a, **b: str(path))
    digest = hashlib.sha256(FILES[name]).hexdigest()
    remote = _files.FILES[path.name]._replace(digest=digest)
    monkeypatch.setitem(_files.FILES, path.name, remote)
    ours = getattr(datasets, name).load_data(path=path, **arguments)
    for (x, y), (x_keras, y_keras) in zip(ours, load(**arguments), strict=True):
        np.testing.assert_array_equal(y, y_keras)
        assert y.dtype == y_keras.dtype
        assert x.dtype == x_keras.dtype
        if x.dtype == object:
            assert [*x] == [*x_keras]
        else:
            np.testing.assert_array_equal(x, x_keras)


@pytest.mark.parametrize("name", _files.FILES)
def test_addresses_and_hashes_are_those_of_keras(name):
    """Keras has them in its source alone, and none for Fashion-MNIST."""
    if name.startswith("fashion-mnist"):
        pytest.skip("Keras gives no hash")
    remote = _files.FILES[name]
    module = name.partition(".")[0].removesuffix("_word_index")
    module = module.removesuffix("-python").replace("-", "")
    theirs = getattr(keras.datasets, module)
    asked = {}

    class Asked(Exception):
        pass

    def get_file(fname=None, origin=None, file_hash=None, **_):
        asked.update(origin=origin, file_hash=file_hash)
        raise Asked

    ask = theirs.get_word_index if "word_index" in name else theirs.load_data
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Asked):
        patch.setitem(ask.__globals__, "get_file", get_file)
        ask()
    assert asked == {"origin": remote.url, "file_hash": remote.digest}


@pytest.mark.parametrize("name", ["imdb", "reuters"])
def test_words_and_topics_are_those_of_keras(name, tmp_path, monkeypatch):
    path = tmp_path / "words.json"
    path.write_bytes(words_file())
    load = getattr(keras.datasets, name).get_word_index
    monkeypatch.setitem(load.__globals__, "get_file", lambda *a, **b: str(path))
    file = f"{name}_word_index.json"
    digest = hashlib.md5(words_file()).hexdigest()
    monkeypatch.setitem(_files.FILES, file, _files.FILES[file]._replace(digest=digest))
    assert getattr(datasets, name).get_word_index(path) == load()
    labels = keras.datasets.reuters.get_label_names()
    assert datasets.reuters.get_label_names() == tuple(labels)
