import http.server
import json
import threading
from urllib.parse import parse_qs

import numpy as np
import pytest

from fastmlp.callbacks import RemoteMonitor


@pytest.fixture
def server():
    """Return the address of a server, and what was posted to it."""
    posted = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            posted.append((self.path, dict(self.headers), body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}", posted
        running.shutdown()
        thread.join()


LOGS = {"loss": np.float32(0.5), "several": np.array([1.0, 2.0])}
VALUES = {"epoch": 3, "loss": 0.5, "several": [1.0, 2.0]}


def test_an_epoch_is_posted_as_a_form(server):
    root, posted = server
    RemoteMonitor(root, field="values").on_epoch_end(3, LOGS)
    [(path, headers, body)] = posted
    assert path == "/publish/epoch/end/"
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert json.loads(parse_qs(body)["values"][0]) == VALUES


def test_or_as_json_with_headers_of_ones_own(server):
    root, posted = server
    monitor = RemoteMonitor(root, "/here", headers={"X-Run": "7"}, send_as_json=True)
    monitor.on_epoch_end(3, LOGS)
    [(path, headers, body)] = posted
    assert (path, headers["X-Run"]) == ("/here", "7")
    assert headers["Content-Type"] == "application/json"
    assert json.loads(body) == VALUES


def test_a_server_that_is_not_there_gets_a_warning():
    monitor = RemoteMonitor("http://127.0.0.1:1")
    with pytest.warns(UserWarning, match=r"could not reach .*does not know of epoch 1"):
        monitor.on_epoch_end(0, LOGS)


@pytest.mark.parametrize("root", ["localhost:9000", "file:///etc/hosts", ""])
def test_what_is_no_address_of_http_is_refused(root):
    with pytest.raises(ValueError, match="begins with http"):
        RemoteMonitor(root)
