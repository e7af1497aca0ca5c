"""The server behind the page: the standard library's, for this computer alone.

It listens on loopback, and answers nobody who asks by another name than that: a web
page elsewhere, which has its own name lead here (DNS rebinding), gets no answer, and
neither does one that sends requests from its own address (its Origin).
"""

from __future__ import annotations

import errno
import importlib.resources
import json
import os
import socketserver
import sys
import traceback
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NoReturn, TypeAlias

Routes: TypeAlias = Mapping[str, Callable[[Any], Any]]

# What a browser may load by GET, and nothing beside it.
FILES = {
    "/": ("index.html", "text/html"),
    "/page.css": ("page.css", "text/css"),
    "/page.js": ("page.js", "text/javascript"),
    "/ask.js": ("ask.js", "text/javascript"),
    "/draw.js": ("draw.js", "text/javascript"),
    "/sheet.js": ("sheet.js", "text/javascript"),
    "/lights.js": ("lights.js", "text/javascript"),
    "/playground.css": ("playground.css", "text/css"),
    "/playground.js": ("playground.js", "text/javascript"),
    "/charts.js": ("charts.js", "text/javascript"),
    "/colors.js": ("colors.js", "text/javascript"),
    "/controls.js": ("controls.js", "text/javascript"),
    "/digits.js": ("digits.js", "text/javascript"),
    "/dom.js": ("dom.js", "text/javascript"),
    "/network.js": ("network.js", "text/javascript"),
    "/plane.js": ("plane.js", "text/javascript"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}

HEADERS = {
    # The page loads what lies here, and nothing from any other host.
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

LONGEST_BODY = 4 << 20  # bytes; a table of one's own as CSV has room
# What is too long is read and thrown away up to here: a client that still sends would
# not read why it is refused.
LONGEST_REFUSED = 16 << 20
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class Server(ThreadingHTTPServer):
    """The page at `address`, with a function for each path that the page may ask.

    Each connection has a thread of its own, so the functions have to bear that.

    Args:
        port: Where to listen on 127.0.0.1; 0 takes any free port.
        routes: For each path, the function that answers a POST: it takes what the
            JSON says, and returns what becomes JSON. Where it raises ValueError, its
            sentence is the answer, with status 400. They can be set later, too, until
            it serves.

    Raises:
        OSError: The port is taken, or not allowed.
    """

    daemon_threads = True
    # On Windows the address of a server that runs would be taken from it.
    allow_reuse_address = os.name != "nt"
    allow_reuse_port = False
    # A page asks for its files at once, and another one, too.
    request_queue_size = 64

    def __init__(self, port: int, routes: Routes) -> None:
        self.routes = routes
        folder = importlib.resources.files(__package__) / "page"
        self.files = {
            path: ((folder / name).read_bytes(), f"{kind}; charset=utf-8")
            for path, (name, kind) in FILES.items()
        }
        try:
            super().__init__(("127.0.0.1", port), Handler)
        except OSError as error:
            raise OSError(_why_not(port, error)) from error
        self.address = f"http://127.0.0.1:{self.server_address[1]}/"

    def server_bind(self) -> None:
        """Listen, without asking the network what this computer is called."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing about a browser that left before it had its answer."""
        if not isinstance(sys.exc_info()[1], OSError):
            traceback.print_exc()


def _why_not(port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} is taken by another program, or by a page that still runs. "
            "Choose another one by --port, or leave it out: any free one will do."
        )
    return (
        f"The page cannot be served at port {port} ({error.strerror or error}). "
        "Choose another one by --port, or leave it out: any free one will do."
    )


class _Refused(Exception):
    """A request that gets no other answer than a status and a sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class Handler(BaseHTTPRequestHandler):
    """One connection: GET for the page's files, POST for what it asks."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "fastmlp", ""
    # An answer is small and leaves at once.
    disable_nagle_algorithm = True
    # Seconds that a connection may be silent.
    timeout = 60

    def do_GET(self) -> None:
        """Answer with a file of the page."""
        self._answer(self._file)

    do_HEAD = do_GET

    def do_POST(self) -> None:
        """Answer with what the path's function returns, as JSON."""
        self._answer(self._asked)

    def do_PUT(self) -> None:
        """Refuse it, as any method but GET, HEAD and POST."""
        self._answer(self._no_method)

    do_DELETE = do_PATCH = do_OPTIONS = do_TRACE = do_CONNECT = do_PUT

    def _answer(self, content: Callable[[], tuple[bytes, str]]) -> None:
        try:
            self._refuse_strangers()
            body, kind = content()
        except _Refused as refused:
            self.send_error(refused.status, str(refused))
        except (ConnectionError, TimeoutError):
            raise
        except Exception as error:
            traceback.print_exc()
            name = type(error).__name__
            self.send_error(500, f"That went wrong: {name}. The terminal says where.")
        else:
            self._send(200, body, kind)

    def _refuse_strangers(self) -> None:
        hosts = self.headers.get_all("Host", [])
        host = hosts[0].lower() if len(hosts) == 1 else ""
        name, _, port = host.rpartition(":")
        if (name if port.isdecimal() else host) not in LOOPBACK:
            raise _Refused(
                403,
                f"The page is at {self.server.address} and answers to no other name: "
                "open it there.",
            )
        # A tunnel may have another port than the server, but page and requests share
        # theirs.
        origins = self.headers.get_all("Origin", [])
        if any(origin.lower() != f"http://{host}" for origin in origins):
            raise _Refused(403, "Requests of pages from elsewhere are not answered.")

    def _file(self) -> tuple[bytes, str]:
        path = self.path.partition("?")[0]
        if path in self.server.routes:
            raise _Refused(405, f"{path} is asked by POST, with JSON.")
        if path not in self.server.files:
            raise _Refused(404, f"There is no such page. Open {self.server.address}.")
        return self.server.files[path]

    def _asked(self) -> tuple[bytes, str]:
        content = self._content()
        if self.path in self.server.files:
            raise _Refused(405, f"{self.path} is a file of the page, for GET.")
        if self.path not in self.server.routes:
            known = ", ".join(self.server.routes)
            raise _Refused(404, f"Nothing is asked there; what can be: {known}.")
        try:
            answer = self.server.routes[self.path](content)
        except ValueError as error:
            raise _Refused(400, str(error)) from error
        body = json.dumps(answer, separators=(",", ":"), allow_nan=False)
        return body.encode(), "application/json"

    def _content(self) -> Any:
        """Return what the JSON of the body says."""
        body = self._body()
        if self.headers.get_content_type() != "application/json":
            raise _Refused(415, "What is asked has to be JSON (application/json).")
        try:
            return json.loads(body.decode(), parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise _Refused(400, f"What is asked is no JSON: {error}.") from error

    def _body(self) -> bytes:
        lengths = self.headers.get_all("Content-Length", [])
        if "Transfer-Encoding" in self.headers or len(lengths) != 1:
            raise _Refused(411, "Say how long the body is, by one Content-Length.")
        if not (lengths[0].isascii() and lengths[0].isdecimal()):
            raise _Refused(400, "Content-Length has to be a whole number.")
        length = int(lengths[0][:20])
        if length > LONGEST_BODY:
            left = min(length, LONGEST_REFUSED)
            while left > 0 and (part := self.rfile.read(min(left, 1 << 16))):
                left -= len(part)
            raise _Refused(
                413,
                f"That is {length:,} bytes long; at most {LONGEST_BODY:,} are read.",
            )
        body = self.rfile.read(length)
        if len(body) < length:
            raise _Refused(400, f"The body ends after {len(body)} of {length} bytes.")
        return body

    def _no_method(self) -> NoReturn:
        raise _Refused(405, "The page knows GET, HEAD and POST alone.")

    def send_error(
        self, code: int, message: str | None = None, explain: str | None = None
    ) -> None:
        """Answer with a sentence, and close: what else was sent may be unread."""
        self.close_connection = True
        body = json.dumps({"error": message or self.responses[code][1]})
        self._send(code, body.encode(), "application/json")

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if status == 405:
            self.send_header("Allow", "GET, HEAD, POST")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the terminal free of a line for each request."""


def part_of(asked: Any, name: str) -> Any:
    """Return a part of what the page asks.

    Raises:
        ValueError: It has no such part.
    """
    if not isinstance(asked, dict) or name not in asked:
        raise ValueError(f"The request must be a JSON object that has {name!r}.")
    return asked[name]


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON's")
