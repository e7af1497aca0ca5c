"""The server of `fastmlp draw`: whom it answers, with what, and how it ends."""

import http.client
import importlib.resources
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import webbrowser

import pytest
from serving import serving

from fastmlp import layers, models
from fastmlp.__main__ import main
from fastmlp._draw import app, reader, server

JSON = {"Content-Type": "application/json"}


def echo(asked):
    return {"heard": asked}


def refuse(asked):
    raise ValueError("That is no digit.")


def fail(asked):
    raise KeyError("a fault")


def no_number(asked):
    return float("nan")


@pytest.fixture
def running():
    routes = {"/echo": echo, "/refuse": refuse, "/fail": fail, "/nan": no_number}
    with serving(routes) as page:
        yield page


@pytest.fixture
def connection(running):
    connection = http.client.HTTPConnection(*running.server_address, timeout=10)
    yield connection
    connection.close()


def answer(connection, method, path, body=None, headers=JSON):
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    return response, response.read()


def refusal(connection, *args, **options):
    response, body = answer(connection, *args, **options)
    return response.status, json.loads(body)["error"]


def raw(running, request):
    """Return what the server answers to bytes that no client would send."""
    with socket.create_connection(running.server_address, timeout=10) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        parts = iter(lambda: connection.recv(1 << 16), b"")
        return b"".join(parts)


# What it answers


def test_it_listens_on_loopback_alone(running):
    assert running.server_address[0] == "127.0.0.1"


@pytest.mark.parametrize("path", server.FILES)
def test_each_file_of_the_page_is_served_under_a_strict_policy(path, connection):
    response, body = answer(connection, "GET", path)
    name, kind = server.FILES[path]
    folder = importlib.resources.files("fastmlp._draw") / "page"
    assert response.status == 200
    assert body == (folder / name).read_bytes()
    assert response.headers["Content-Type"] == f"{kind}; charset=utf-8"
    assert response.headers["Content-Security-Policy"].startswith("default-src 'self';")
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_every_file_in_the_folder_is_one_of_the_page():
    folder = importlib.resources.files("fastmlp._draw") / "page"
    assert {file.name for file in folder.iterdir()} == {
        name for name, _ in server.FILES.values()
    }


def test_the_page_names_no_other_host():
    folder = importlib.resources.files("fastmlp._draw") / "page"
    for file in folder.iterdir():
        text = file.read_text("utf-8").replace("http://www.w3.org/", "")
        assert not re.search(r"(https?:)?//\w+\.\w", text), file.name


def test_a_head_has_no_body(connection):
    response, body = answer(connection, "HEAD", "/")
    assert (response.status, body) == (200, b"")
    assert int(response.headers["Content-Length"]) > 100


def test_a_function_answers_json_with_json(connection):
    response, body = answer(
        connection, "POST", "/echo", '{"x": [1, 2.5, "ü"]}'.encode()
    )
    assert response.status == 200
    assert response.headers["Content-Type"] == "application/json"
    assert json.loads(body) == {"heard": {"x": [1, 2.5, "ü"]}}


def test_one_connection_bears_many_requests(connection):
    for number in range(50):
        assert answer(connection, "POST", "/echo", str(number))[0].status == 200


def test_two_clients_are_answered_at_once():
    both = threading.Barrier(2, timeout=10)
    with serving({"/meet": lambda asked: both.wait()}) as page:
        clients = [
            http.client.HTTPConnection(*page.server_address, timeout=10)
            for _ in range(2)
        ]
        for client in clients:
            client.request("POST", "/meet", "{}", JSON)
        assert [client.getresponse().status for client in clients] == [200, 200]
        for client in clients:
            client.close()


# Whom it does not answer


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:80",
        "127.0.0.1.evil.example",
        "localhost.evil.example:8000",
        "evil.example:localhost",
        "",
        "192.168.0.1:8000",
        "0.0.0.0",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_host_is_refused(method, host, connection):
    headers = {**JSON, "Host": host}
    status, sentence = refusal(connection, method, "/", "{}", headers)
    assert status == 403
    assert "answers to no other name" in sentence


def test_no_host_or_two_are_refused(running):
    for hosts in (b"", b"Host: localhost\r\nHost: evil.example\r\n"):
        assert b"403" in raw(running, b"GET / HTTP/1.1\r\n" + hosts + b"\r\n")[:20]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
@pytest.mark.parametrize("port", ["", ":8000"])
def test_any_name_of_this_computer_and_a_tunnels_port_will_do(host, port, connection):
    headers = {**JSON, "Host": host + port, "Origin": f"http://{host}{port}"}
    response, _ = answer(connection, "POST", "/echo", "{}", headers)
    assert response.status == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost:1", "https://localhost"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_origin_is_refused(method, origin, connection):
    headers = {**JSON, "Host": "localhost", "Origin": origin}
    status, sentence = refusal(connection, method, "/echo", "{}", headers)
    assert status == 403
    assert "from elsewhere" in sentence


# What makes no sense


@pytest.mark.parametrize(
    ("method", "path", "status", "words"),
    [
        ("GET", "/missing", 404, "no such page"),
        ("GET", "/../server.py", 404, "no such page"),
        ("GET", "/page/page.js", 404, "no such page"),
        ("GET", "/%2e%2e/app.py", 404, "no such page"),
        ("POST", "/missing", 404, "/echo"),
        ("GET", "/echo", 405, "by POST"),
        ("POST", "/page.js", 405, "for GET"),
        ("PUT", "/echo", 405, "GET, HEAD and POST"),
        ("DELETE", "/", 405, "GET, HEAD and POST"),
        ("OPTIONS", "/echo", 405, "GET, HEAD and POST"),
        ("BREW", "/", 501, "BREW"),
    ],
)
def test_other_paths_and_methods_are_refused(method, path, status, words, connection):
    found, sentence = refusal(connection, method, path, "{}")
    assert found == status
    assert words in sentence


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ("", 400, "no JSON"),
        ("{", 400, "no JSON"),
        (b"\xff\xfe", 400, "no JSON"),
        ("[NaN]", 400, "NaN"),
        ("[Infinity]", 400, "Infinity"),
        ("[" * 100_000, 400, "no JSON"),
        ("9" * 10_000, 400, "no JSON"),
        (b" " * (server.LONGEST_BODY + 1), 413, "at most"),
    ],
    ids=["empty", "open", "bytes", "nan", "infinity", "deep", "digits", "long"],
)
def test_a_body_that_is_no_json_or_too_long_is_refused(body, status, words, connection):
    found, sentence = refusal(connection, "POST", "/echo", body)
    assert found == status
    assert words in sentence


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
def test_what_a_form_elsewhere_could_send_is_refused(kind, connection):
    headers = {"Content-Type": kind}
    status, sentence = refusal(connection, "POST", "/echo", "{}", headers)
    assert status == 415
    assert "application/json" in sentence


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (b"", 411),
        (b"Transfer-Encoding: chunked\r\n", 411),
        (b"Content-Length: 2\r\nContent-Length: 3\r\n", 411),
        (b"Content-Length: -1\r\n", 400),
        (b"Content-Length: 1e3\r\n", 400),
        (b"Content-Length: \xb2\r\n", 400),
        (b"Content-Length: 100\r\n", 400),
        (b"Content-Length: " + b"9" * 5000 + b"\r\n", 413),
    ],
)
def test_a_length_that_makes_no_sense_is_refused(lines, status, running):
    head = (
        b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    )
    found = raw(running, head + lines + b"\r\n{}")
    assert found.startswith(b"HTTP/1.1 %d " % status), found
    assert json.loads(found.partition(b"\r\n\r\n")[2])["error"]


@pytest.mark.parametrize(
    "request_",
    [b"\x16\x03\x01\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\r\n"],
)
def test_what_is_no_http_does_no_harm(request_, running, connection):
    raw(running, request_)
    assert answer(connection, "GET", "/")[0].status == 200


def test_a_sentence_of_a_function_is_the_answer(connection):
    assert refusal(connection, "POST", "/refuse", "{}") == (400, "That is no digit.")


@pytest.mark.parametrize(("path", "word"), [("/fail", "KeyError"), ("/nan", "Value")])
def test_a_fault_is_said_here_and_in_the_terminal(path, word, connection, capsys):
    status, sentence = refusal(connection, "POST", path, "{}")
    assert (status, word in sentence) == (500, True)
    assert word in capsys.readouterr().err
    assert answer(connection, "POST", "/echo", "{}")[0].status == 200


def test_a_browser_that_leaves_is_not_worth_a_word(running, connection, capsys):
    with socket.create_connection(running.server_address) as left:
        # Closed by a reset, in the middle of a body.
        at_once = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
        left.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
        left.sendall(
            b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n"
        )
    assert answer(connection, "GET", "/")[0].status == 200
    assert capsys.readouterr().err == ""


# The program


@pytest.fixture
def a_short_lesson(monkeypatch):
    monkeypatch.setattr(reader, "DIGITS", 100)


def interrupt(*args):
    raise KeyboardInterrupt


def test_the_page_is_opened_in_the_browser(monkeypatch, capsys, a_short_lesson):
    class Browser:
        def open(self, address):
            opened.append(address)
            is_open.set()

    opened, is_open = [], threading.Event()
    monkeypatch.setattr(webbrowser, "get", Browser)
    monkeypatch.setattr(server.Server, "serve_forever", lambda _: is_open.wait(10))
    assert main(["draw"]) == 0
    assert f"Draw at {opened[0]} (Ctrl-C ends it)" in capsys.readouterr().out


@pytest.mark.parametrize("is_asked_for", [True, False])
def test_a_browser_for_the_terminal_has_to_be_asked_for(is_asked_for, monkeypatch):
    opened = []
    monkeypatch.setattr(
        webbrowser.GenericBrowser, "open", lambda _, url: opened.append(url)
    )
    monkeypatch.setattr(webbrowser, "get", lambda: webbrowser.GenericBrowser("lynx"))
    monkeypatch.delenv("BROWSER", raising=False)
    if is_asked_for:
        monkeypatch.setenv("BROWSER", "lynx")
    app._open("http://127.0.0.1:1/")
    assert len(opened) == is_asked_for


def test_no_browser_at_all_is_no_fault(monkeypatch):
    def get():
        raise webbrowser.Error("could not locate runnable browser")

    monkeypatch.setattr(webbrowser, "get", get)
    app._open("http://127.0.0.1:1/")


def test_a_saved_model_is_named_on_the_page(monkeypatch, tmp_path, capsys):
    model = models.Sequential([layers.Input((784,)), layers.Dense(10)])
    model.save(tmp_path / "mine.npz")
    monkeypatch.setattr(server.Server, "serve_forever", interrupt)
    file = str(tmp_path / "mine.npz")
    assert main(["draw", "--no-browser", "--model", file]) == 0
    assert "mine.npz: 7,850 numbers." in capsys.readouterr().out


def test_a_port_that_is_taken_is_one_sentence_before_any_training(
    running, capsys, monkeypatch
):
    monkeypatch.setattr(app, "trained", fail)
    port = running.server_address[1]
    assert main(["draw", "--no-browser", "--port", str(port)]) == 1
    complaint = capsys.readouterr().err
    assert complaint.count("\n") == 1
    assert f"Port {port} is taken" in complaint


@pytest.mark.parametrize("port", ["-1", "65536", "eighty"])
def test_a_port_that_is_none_is_refused(port, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["draw", "--port", port])
    assert ended.value.code == 2
    complaint = capsys.readouterr().err
    assert "--port" in complaint
    assert "from 0 to 65535" in complaint


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot send Ctrl-C to one process")
def test_ctrl_c_ends_the_program_without_complaint(tmp_path):
    # A shell that starts a job in the background may have it ignore SIGINT.
    program = (
        "import runpy, signal\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "runpy.run_module('fastmlp', run_name='__main__', alter_sys=True)\n"
    )
    model = models.Sequential([layers.Input((784,)), layers.Dense(10)])
    model.save(tmp_path / "digits.npz")
    with subprocess.Popen(
        [sys.executable, "-c", program, "draw", "--no-browser", "--model=digits.npz"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        address = next(
            found
            for line in process.stdout
            if (found := re.search(r"http://\S+", line))
        )
        host, port = address[0].removeprefix("http://").rstrip("/").split(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=10)
        assert answer(connection, "GET", "/")[0].status == 200
        process.send_signal(signal.SIGINT)
        # The browser still holds its connection.
        _, complaints = process.communicate(timeout=10)
        connection.close()
    assert (process.returncode, complaints) == (0, "")
