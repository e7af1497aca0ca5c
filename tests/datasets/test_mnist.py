"""mnist.load_data: where the file comes from, and what is not accepted as MNIST."""

import contextlib
import hashlib
import http.server
import io
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time
import tracemalloc
import urllib.request
import warnings
import zipfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from fastmlp.datasets import _download, _files, mnist

SMALL = {
    "x_train": (600, 28, 28),
    "y_train": (600,),
    "x_test": (100, 28, 28),
    "y_test": (100,),
}
REAL = dict(mnist.SHAPES)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Let a hundredth of MNIST pass for it, for the sake of speed."""
    monkeypatch.setattr(mnist, "SHAPES", SMALL)


@pytest.fixture
def real_size(small, monkeypatch):
    monkeypatch.setattr(mnist, "SHAPES", REAL)


def arrays():
    rng = np.random.default_rng(0)
    return {
        name: rng.integers(0, 10, shape, dtype=np.uint8)
        for name, shape in SMALL.items()
    }


def npz(save=np.savez_compressed, **changed):
    content = io.BytesIO()
    save(content, **{**arrays(), **changed})
    return content.getvalue()


@pytest.fixture(scope="session")
def good():
    return npz()


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Return the folder that downloads go to; no process has made it yet."""
    folder = tmp_path / "home"
    monkeypatch.setenv("FASTMLP_HOME", str(folder))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(_files, "_kept", {})
    return folder


def files_in(folder):
    return sorted(p.name for p in folder.rglob("*") if p.is_file())


def assert_is_the_test_data(data):
    (x_train, y_train), (x_test, y_test) = data
    for (name, expected), found in zip(
        arrays().items(), (x_train, y_train, x_test, y_test), strict=True
    ):
        assert found.dtype == np.uint8, name
        assert found.flags.writeable, name
        np.testing.assert_array_equal(found, expected)


@contextlib.contextmanager
def server(answer):
    """Serve with `answer(handler)`, and yield the address and the request count."""
    requests = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            requests.append(self.path)
            with contextlib.suppress(ConnectionError):
                answer(self)

        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{running.server_port}/mnist.npz", requests
        finally:
            running.shutdown()
            thread.join()


def send(content, length=None):
    def answer(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", str(length or len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def place_at(monkeypatch, url, digest=""):
    remote = _files.FILES["mnist.npz"]._replace(url=url, digest=digest)
    monkeypatch.setitem(_files.FILES, "mnist.npz", remote)


@contextlib.contextmanager
def mnist_at(monkeypatch, answer, content):
    """Let `load_data` download from a server of our own that should send `content`."""
    with server(answer) as (url, requests):
        place_at(monkeypatch, url, hashlib.sha256(content).hexdigest())
        yield requests


# Downloads that work


@pytest.mark.parametrize("says_its_length", [True, False])
def test_a_download_shows_how_much_has_come(
    says_its_length, home, monkeypatch, good, capsys
):
    def send_without_length(handler):
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(good)

    answer = send(good) if says_its_length else send_without_length
    with mnist_at(monkeypatch, answer, good):
        mnist.load_data()
    first, bar = capsys.readouterr().out.splitlines()
    size = -(-len(good) // 1000)
    assert first.startswith("Downloading data from http://")
    assert bar.split()[0] == f"{size}/{size if says_its_length else 'Unknown'}"
    assert bar.endswith("/kB")


def test_a_download_is_checked_kept_and_not_repeated(home, monkeypatch, good):
    with mnist_at(monkeypatch, send(good), good) as requests:
        assert_is_the_test_data(mnist.load_data())
        assert_is_the_test_data(mnist.load_data())
    assert len(requests) == 1
    assert (home / "datasets" / "mnist.npz").read_bytes() == good
    assert files_in(home) == ["mnist.npz"]


def test_a_download_gets_the_name_that_was_asked_for(home, monkeypatch, good):
    with mnist_at(monkeypatch, send(good), good):
        mnist.load_data("course/digits.npz")
    assert (home / "datasets" / "course" / "digits.npz").read_bytes() == good


def test_others_may_read_what_one_user_downloaded(home, monkeypatch, good):
    usual = home.parent / "usual"
    usual.touch()
    with mnist_at(monkeypatch, send(good), good):
        mnist.load_data()
    cached = home / "datasets" / "mnist.npz"
    assert cached.stat().st_mode == usual.stat().st_mode


def test_a_slow_transfer_is_not_cut_off(home, monkeypatch, good):
    monkeypatch.setattr(_download, "FIRST_BYTE_SECONDS", 0.5)
    monkeypatch.setattr(_download, "STALL_SECONDS", 0.5)

    def trickle(handler):
        handler.send_response(200)
        handler.end_headers()
        size = len(good) // 10 + 1
        for start in range(0, len(good), size):
            handler.wfile.write(good[start : start + size])
            time.sleep(0.1)

    with mnist_at(monkeypatch, trickle, good):
        assert_is_the_test_data(mnist.load_data())


def test_two_threads_may_download_at_once(home, monkeypatch, good):
    with (
        mnist_at(monkeypatch, send(good), good),
        ThreadPoolExecutor(2) as pool,
    ):
        for data in pool.map(lambda _: mnist.load_data(), range(2)):
            assert_is_the_test_data(data)
    assert files_in(home) == ["mnist.npz"]


def test_two_processes_may_download_at_once(home, monkeypatch, good):
    both_asked = threading.Barrier(2, timeout=30)

    def answer(handler):
        both_asked.wait()
        send(good)(handler)

    with mnist_at(monkeypatch, answer, good):
        program = (
            "from fastmlp.datasets import _files, mnist\n"
            f"_files.FILES['mnist.npz'] = _files.{_files.FILES['mnist.npz']!r}\n"
            f"mnist.SHAPES = {SMALL!r}\n"
            "print(mnist.load_data()[1][1].sum())\n"
        )
        running = [
            subprocess.Popen(
                [sys.executable, "-c", program],
                stdout=subprocess.PIPE,
                cwd=home.parent,
            )
            for _ in range(2)
        ]
        for process in running:
            printed, _ = process.communicate(timeout=60)
            assert process.returncode == 0
            assert int(printed.split()[-1]) == arrays()["y_test"].sum()
    assert files_in(home) == ["mnist.npz"]


def test_without_a_writable_cache_the_data_stays_in_memory(home, monkeypatch, good):
    home.write_text("a file where the folder should be")
    with mnist_at(monkeypatch, send(good), good) as requests:
        with pytest.warns(UserWarning, match="FASTMLP_HOME") as warned:
            assert_is_the_test_data(mnist.load_data())
            digits, source = mnist.load_with_source("mnist.npz")
    assert_is_the_test_data(digits)
    assert source == _files.FILES["mnist.npz"].url
    assert len(warned) == 1
    assert warned[0].filename == __file__
    assert len(requests) == 1
    assert files_in(home.parent) == ["home"]


# Files that are there already


def test_a_file_in_the_cache_of_keras_is_used_as_it_is(home, monkeypatch, good):
    datasets = home.parent / "keras" / "datasets"
    datasets.mkdir(parents=True)
    (datasets / "mnist.npz").write_bytes(good)
    assert_is_the_test_data(mnist.load_data())
    assert not home.exists()


@pytest.mark.parametrize("cache", [".fastmlp", ".keras"])
def test_the_caches_are_in_the_home_folder(cache, tmp_path, monkeypatch, good):
    monkeypatch.delenv("FASTMLP_HOME")
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setattr(pathlib.Path, "home", lambda: tmp_path)
    (tmp_path / cache / "datasets").mkdir(parents=True)
    (tmp_path / cache / "datasets" / "mnist.npz").write_bytes(good)
    assert_is_the_test_data(mnist.load_data())


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_an_absolute_path_loads_the_same_arrays_from_any_zip(save, tmp_path):
    path = tmp_path / "mine.npz"
    path.write_bytes(npz(save, note=np.array("a fifth array does no harm")))
    assert_is_the_test_data(mnist.load_data(path))
    assert_is_the_test_data(mnist.load_data(str(path)))


def test_fortran_order_makes_no_difference(tmp_path):
    path = tmp_path / "mnist.npz"
    path.write_bytes(npz(x_test=np.asfortranarray(arrays()["x_test"])))
    assert_is_the_test_data(mnist.load_data(path))


def test_digits_of_the_same_shapes_are_not_taken_for_mnist(tmp_path, good):
    path = tmp_path / "mnist.npz"
    path.write_bytes(good)
    assert not mnist.is_mnist(mnist.load_data(path))


@pytest.mark.usefixtures("real_size")
def test_the_real_mnist_is_known_by_its_content(real_mnist_path):
    digits = mnist.load_data(real_mnist_path)
    assert digits[0][1][:5].tolist() == [5, 0, 4, 1, 9]
    assert mnist.is_mnist(digits)


@pytest.mark.usefixtures("real_size")
def test_an_accepted_file_has_the_shapes_of_mnist(tmp_path):
    path = tmp_path / "mnist.npz"
    path.write_bytes(npz())
    with pytest.raises(ValueError, match=r"\(600, 28, 28\).*\(60000, 28, 28\)"):
        mnist.load_data(path)
    path.write_bytes(
        npz(
            x_train=np.zeros((60000, 28, 28), np.uint8),
            y_train=np.zeros(60000, np.uint8),
            x_test=np.zeros((10000, 28, 28), np.uint8),
            y_test=np.zeros(10000, np.uint8),
        )
    )
    (x_train, y_train), (x_test, y_test) = mnist.load_data(path)
    assert x_train.shape == (60000, 28, 28)
    assert y_train.shape == (60000,)
    assert x_test.shape == (10000, 28, 28)
    assert y_test.shape == (10000,)


# Downloads that fail


def assert_download_fails(home, cause):
    started = time.monotonic()
    with pytest.raises(ConnectionError, match=cause) as raised:
        mnist.load_data()
    assert time.monotonic() - started < 5
    assert str(home / "datasets") in str(raised.value)
    assert "synthetic_digits.load_data()" in str(raised.value)
    assert not home.exists()


def test_something_else_than_mnist_is_not_kept(home, monkeypatch, good):
    login = b"<html>Welcome to the campus network. Please log in.</html>"
    with mnist_at(monkeypatch, send(login), good):
        assert_download_fails(home, "SHA-256")


def test_a_transfer_that_is_cut_short_is_not_kept(home, monkeypatch, good):
    answer = send(good[: len(good) // 2], length=len(good))
    with mnist_at(monkeypatch, answer, good):
        assert_download_fails(home, "cut short")


def test_a_transfer_without_an_end_is_ended(home, monkeypatch):
    def pour(handler):
        handler.send_response(200)
        handler.end_headers()
        while True:
            handler.wfile.write(bytes(1 << 16))

    with mnist_at(monkeypatch, pour, b""):
        remote = _files.FILES["mnist.npz"]._replace(most=1 << 20)
        monkeypatch.setitem(_files.FILES, "mnist.npz", remote)
        assert_download_fails(home, "more than 1,048,576 bytes")


def test_the_answer_of_the_server_is_named(home, monkeypatch):
    with mnist_at(monkeypatch, lambda handler: handler.send_error(404), b""):
        assert_download_fails(home, "404 Not Found")


def test_an_answer_that_is_not_http_is_reported(home, monkeypatch):
    def chatter(handler):
        handler.wfile.write(b"220 mail.example.org ESMTP\r\n")

    with mnist_at(monkeypatch, chatter, b""):
        assert_download_fails(home, "makes no sense")


def test_a_refused_connection_is_reported(home, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    place_at(monkeypatch, f"http://127.0.0.1:{port}/mnist.npz")
    assert_download_fails(home, "refused")


def test_the_proxy_of_the_environment_is_used(home, monkeypatch, request):
    # urllib asks the environment once in a process, unless it is told to forget.
    request.addfinalizer(lambda: urllib.request.install_opener(None))
    urllib.request.install_opener(None)
    with server(lambda handler: handler.send_error(407)) as (url, requests):
        monkeypatch.setenv("http_proxy", url.removesuffix("/mnist.npz"))
        place_at(monkeypatch, "http://example.invalid/mnist.npz")
        assert_download_fails(home, "407")
    assert requests == ["http://example.invalid/mnist.npz"]


def test_an_unknown_host_name_is_reported(home, monkeypatch):
    def unknown(*args, **kwargs):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    place_at(monkeypatch, "http://example.invalid/mnist.npz")
    assert_download_fails(home, "Name or service not known")


@pytest.mark.slow
def test_a_name_look_up_that_hangs_ends_within_five_seconds(home, monkeypatch):
    test_is_over = threading.Event()

    def hang(*args, **kwargs):
        test_is_over.wait(60)
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    place_at(monkeypatch, "http://example.invalid/mnist.npz")
    try:
        assert_download_fails(home, "nothing came for 4 seconds, after 0 bytes")
    finally:
        test_is_over.set()


@pytest.mark.parametrize("sent", [0, 1000])
def test_a_stalled_transfer_is_given_up(sent, home, monkeypatch, good):
    monkeypatch.setattr(_download, "FIRST_BYTE_SECONDS", 0.3)
    monkeypatch.setattr(_download, "STALL_SECONDS", 0.2)
    test_is_over = threading.Event()

    def stall(handler):
        send(good[:sent], length=len(good))(handler)
        test_is_over.wait(60)

    with mnist_at(monkeypatch, stall, good):
        try:
            assert_download_fails(home, f"nothing came for .* after {sent:,} bytes")
        finally:
            test_is_over.set()


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot send Ctrl-C to one process")
def test_ctrl_c_ends_a_download_and_leaves_nothing(home, monkeypatch, good):
    asked, test_is_over = threading.Event(), threading.Event()

    def stall(handler):
        send(good[:1000], length=len(good))(handler)
        asked.set()
        test_is_over.wait(60)

    with mnist_at(monkeypatch, stall, good):
        # A shell that starts a job in the background may have it, and its children,
        # ignore SIGINT.
        program = (
            "import signal\n"
            "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
            "from fastmlp.datasets import _files, mnist\n"
            f"_files.FILES['mnist.npz'] = _files.{_files.FILES['mnist.npz']!r}\n"
            "mnist.load_data()\n"
        )
        with subprocess.Popen(
            [sys.executable, "-c", program], stderr=subprocess.PIPE, cwd=home.parent
        ) as process:
            assert asked.wait(30)
            process.send_signal(signal.SIGINT)
            _, printed = process.communicate(timeout=5)
        test_is_over.set()
    assert b"KeyboardInterrupt" in printed
    assert files_in(home.parent) == []


# Files that are not MNIST


def assert_refused(path, kind, *words):
    with pytest.raises(kind) as raised:
        mnist.load_data(path)
    for word in (str(path), *words):
        assert word in str(raised.value)
    return str(raised.value)


def test_a_missing_file_is_named(tmp_path):
    assert_refused(tmp_path / "mnist.npz", FileNotFoundError, "no file")


def test_a_folder_is_refused(tmp_path):
    assert_refused(tmp_path, IsADirectoryError, "folder")


@pytest.mark.parametrize("path", ["", ".", ".."])
def test_a_path_without_a_name_is_refused(path, home):
    with pytest.raises(ValueError, match=r"names no file|is empty"):
        mnist.load_data(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    assert_refused(path, ValueError, "pipe")


@pytest.mark.parametrize("kept", [0, 1, 100, 0.5, -1])
def test_a_truncated_file_is_refused(kept, tmp_path, good):
    end = int(kept * len(good)) if isinstance(kept, float) else kept
    path = tmp_path / "mnist.npz"
    path.write_bytes(good[:end])
    assert_refused(path, ValueError, "truncated", "Give the path of an intact")


def test_a_damaged_file_in_the_cache_says_what_to_do(home, good):
    cached = home / "datasets" / "mnist.npz"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(good[:1000])
    with pytest.raises(ValueError, match="Delete it") as raised:
        mnist.load_data()
    assert str(cached) in str(raised.value)


def test_flipped_bytes_never_pass_for_data_or_raise_anything_else():
    content, rng = npz(np.savez), np.random.default_rng(0)
    sound = mnist._read(io.BytesIO(content), "", "")
    refused = 0
    # Where the headers are, of the zip and of the arrays.
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        starts = [member.header_offset for member in archive.infolist()]
    places = [start + i for start in starts for i in range(250)]
    places += range(len(content) - 300, len(content))
    for place in rng.choice(places, 600, replace=False):
        damaged = bytearray(content)
        damaged[place] ^= int(rng.integers(1, 256))
        try:
            found = mnist._read(io.BytesIO(damaged), "", "")
        except ValueError:
            refused += 1
            continue
        for (x, y), (x_sound, y_sound) in zip(found, sound, strict=True):
            np.testing.assert_array_equal(x, x_sound)
            np.testing.assert_array_equal(y, y_sound)
    assert refused > 300


def test_a_missing_array_is_named(tmp_path):
    content = io.BytesIO()
    np.savez(content, x_train=arrays()["x_train"], labels=arrays()["y_train"])
    path = tmp_path / "mnist.npz"
    path.write_bytes(content.getvalue())
    assert_refused(path, ValueError, "no array 'y_train'")


@pytest.mark.parametrize(
    ("name", "array", "found"),
    [
        ("x_train", np.zeros((600, 784), np.uint8), "(600, 784)"),
        ("x_test", np.zeros((100, 28, 28), np.float32), "float32"),
        ("y_train", np.zeros(600, np.int64), "int64"),
        ("y_test", np.zeros((100, 1), np.uint8), "(100, 1)"),
    ],
)
def test_other_shapes_and_dtypes_are_named(name, array, found, tmp_path):
    path = tmp_path / "mnist.npz"
    path.write_bytes(npz(**{name: array}))
    message = assert_refused(path, ValueError, name, found, "uint8")
    assert str(mnist.SHAPES[name]) in message


class Pickled:
    """Leaves a trace when it is unpickled."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return os.mkdir, (self.trace,)


def test_a_pickle_in_the_file_is_not_run(tmp_path):
    path, trace = tmp_path / "mnist.npz", tmp_path / "trace"
    path.write_bytes(npz(x_train=np.array([Pickled(str(trace))], dtype=object)))
    assert_refused(path, ValueError, "x_train", "does not hold numbers")
    assert not trace.exists()


def header(shape):
    content = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        content, {"descr": "|u1", "fortran_order": False, "shape": shape}
    )
    return content.getvalue()


@pytest.mark.parametrize(
    ("start", "zeros"),
    [
        (header((600, 28, 28)), 10),
        (header((600, 28, 28)), 50_000_000),
        (header((10**12, 28, 28)), 0),
        (b"\x93NUMPY\x02\x00\xff\xff\xff\xff", 50_000_000),
        (b"", 50_000_000),
    ],
    ids=["too short", "too long", "terabytes", "endless header", "no header"],
)
def test_a_file_that_lies_about_its_size_costs_nothing(start, zeros, tmp_path):
    path = tmp_path / "mnist.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x_train.npy", start + bytes(zeros))
        for name in ("y_train", "x_test", "y_test"):
            archive.writestr(f"{name}.npy", header(SMALL[name]))
    tracemalloc.start()
    try:
        assert_refused(path, ValueError)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000


def test_loading_warns_of_nothing(tmp_path, good):
    path = tmp_path / "mnist.npz"
    path.write_bytes(good)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mnist.load_data(path)
