"""From a command to a page: the network, the table of what can be asked, the server."""

from __future__ import annotations

import os
import threading
import time
import webbrowser

from fastmlp import models
from fastmlp._draw.playground import Playground
from fastmlp._draw.reader import Reader, default_model
from fastmlp._draw.server import Routes, Server


def routes(model: models.Model) -> Routes:
    """Return which function answers at which path."""
    return {
        "/draw/read": Reader(model).read,
        **Playground().routes(),
    }


def run(path: str | None, port: int, open_browser: bool) -> None:
    """Serve the page until Ctrl-C.

    Args:
        path: A saved model; None trains a small one.
        port: Where on 127.0.0.1; 0 takes any free port.
        open_browser: Whether to open the page in the user's browser.

    Raises:
        OSError: The file cannot be read, or the port is taken.
        ValueError: The file is no model, or none that reads digits.
    """
    if path is None:
        start = time.perf_counter()
        model: models.Model = default_model()
        print(f"Trained on drawn digits in {time.perf_counter() - start:.1f} seconds.")
    else:
        model = models.load_model(path)
    with Server(port, routes(model)) as server:
        print(f"Draw at {server.address} (Ctrl-C ends it)", flush=True)
        if open_browser:
            # Some browsers return when they are closed.
            threading.Thread(target=_open, args=[server.address], daemon=True).start()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()


def _open(address: str) -> None:
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return
    # One that runs in the terminal would take it, unless it was asked for.
    if type(browser) is not webbrowser.GenericBrowser or "BROWSER" in os.environ:
        browser.open(address)
