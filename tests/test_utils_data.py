"""Data that are put together and taken apart, and files from the network."""

import hashlib
import http.server
import io
import tarfile
import threading
import zipfile

import numpy as np
import pytest

from fastmlp import Input, layers, utils

# Arrays


def test_columns_are_normalized_along_their_own_axis():
    x = np.arange(6.0).reshape(2, 3)
    np.testing.assert_allclose(np.linalg.norm(utils.normalize(x, 0), axis=0), 1)
    np.testing.assert_allclose(utils.normalize([3.0, 4.0], None), [0.6, 0.8])
    np.testing.assert_array_equal(utils.normalize(np.zeros((2, 3))), np.zeros((2, 3)))


def test_padded_entries_may_be_vectors():
    rows = utils.pad_sequences([[[1, 2]], [[3, 4], [5, 6]]], padding="post")
    assert rows.tolist() == [[[1, 2], [0, 0]], [[3, 4], [5, 6]]]
    assert utils.pad_sequences([], maxlen=3).shape == (0, 3)
    with pytest.raises(ValueError, match="alike"):
        utils.pad_sequences([[[1, 2]], [[3]]])


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [((0.8,), (8, 2)), ((3,), (3, 7)), ((None, 0.25), (8, 2)), ((3, 4), (3, 4))],
)
def test_arrays_are_split_by_fractions_or_numbers(sizes, expected):
    x, y = np.arange(10), np.arange(10) * 2
    left, right = utils.split_dataset({"x": x, "y": y}, *sizes)
    assert (len(left["x"]), len(right["y"])) == expected
    np.testing.assert_array_equal(left["y"], 2 * left["x"])
    np.testing.assert_array_equal(np.r_[left["x"], right["x"]], x[: sum(expected)])


def test_a_split_is_shuffled_by_its_seed():
    x = np.arange(50)
    (first, rest), (again, _) = (
        utils.split_dataset(x, 0.5, shuffle=True, seed=3) for _ in range(2)
    )
    np.testing.assert_array_equal(first, again)
    assert sorted([*first, *rest]) == [*x]
    assert [*first] != [*range(25)]


def test_symbolic_tensors_are_told_from_arrays():
    assert utils.is_keras_tensor(layers.Dense(2)(Input((3,))))
    assert not utils.is_keras_tensor(np.zeros(3))


# Files

CONTENT = b"sepal,petal\n5.1,1.4\n"


@pytest.fixture
def address(tmp_path, monkeypatch):
    """Serve files by their names; return the address, and what was asked for."""
    monkeypatch.setenv("FASTMLP_HOME", str(tmp_path / "home"))
    served, asked = {"iris.csv": CONTENT}, []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(served[self.path.partition("?")[0][1:]])

        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", served, asked
        finally:
            server.shutdown()
            thread.join()


def test_a_file_is_downloaded_once(address, tmp_path):
    url, _, asked = address
    paths = [utils.get_file(origin=f"{url}/iris.csv?raw=1") for _ in range(2)]
    assert paths == [str(tmp_path / "home" / "datasets" / "iris.csv")] * 2
    assert (tmp_path / "home" / "datasets" / "iris.csv").read_bytes() == CONTENT
    assert len(asked) == 1
    utils.get_file("iris.csv", f"{url}/iris.csv", force_download=True)
    assert len(asked) == 2


def test_folders_are_those_that_were_asked_for(address, tmp_path):
    url, *_ = address
    path = utils.get_file(
        "flowers.csv",
        f"{url}/iris.csv",
        cache_dir=tmp_path / "here",
        cache_subdir="a/b",
    )
    assert path == str(tmp_path / "here" / "a" / "b" / "flowers.csv")


@pytest.mark.parametrize("algorithm", ["md5", "sha256"])
def test_a_file_with_another_hash_is_downloaded_anew_or_refused(
    algorithm, address, tmp_path
):
    url, _, asked = address
    folder = tmp_path / "home" / "datasets"
    folder.mkdir(parents=True)
    (folder / "iris.csv").write_bytes(b"something else")
    right = hashlib.new(algorithm, CONTENT).hexdigest()
    utils.get_file("iris.csv", f"{url}/iris.csv", file_hash=right.upper())
    assert (folder / "iris.csv").read_bytes() == CONTENT
    utils.get_file("iris.csv", f"{url}/iris.csv", file_hash=right)
    assert len(asked) == 1
    wrong = "0" * len(right)
    with pytest.raises(ConnectionError, match=wrong):
        utils.get_file("iris.csv", f"{url}/iris.csv", file_hash=wrong)
    assert (folder / "iris.csv").read_bytes() == CONTENT


def archive(kind, name="folder/iris.csv"):
    file = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(file, "w") as held:
            held.writestr(name, CONTENT)
    else:
        with tarfile.open(fileobj=file, mode="w:gz") as held:
            entry = tarfile.TarInfo(name)
            entry.size = len(CONTENT)
            held.addfile(entry, io.BytesIO(CONTENT))
    return file.getvalue()


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
@pytest.mark.parametrize("named", [True, False])
def test_archives_are_unpacked_beside_themselves(kind, named, address, tmp_path):
    url, served, _ = address
    served[f"data.{kind}"] = archive(kind)
    name = f"mine.{kind}" if named else None
    path = utils.get_file(name, f"{url}/data.{kind}", extract=True)
    folder = tmp_path / "home" / "datasets"
    assert path == str(folder / ("mine_extracted" if named else f"data.{kind}"))
    unpacked = folder / path / "folder" / "iris.csv"
    assert unpacked.read_bytes() == CONTENT


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_no_member_lands_elsewhere(kind, address, tmp_path):
    url, served, _ = address
    served["data"] = archive(kind, "../../../../evil.csv")
    try:
        utils.get_file("data", f"{url}/data", extract=True)
    except tarfile.FilterError:
        assert kind == "tar.gz"
    assert not (tmp_path / "evil.csv").exists()
    inside = tmp_path / "home" / "datasets" / "data"
    assert all(inside in one.parents for one in tmp_path.rglob("evil.csv"))


def test_what_is_no_archive_is_not_unpacked(address):
    url, *_ = address
    with pytest.raises(OSError, match="no archive"):
        utils.get_file("iris.csv", f"{url}/iris.csv", untar=True)
