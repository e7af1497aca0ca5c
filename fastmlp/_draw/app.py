"""From a command to a page: the network, the table of what can be asked, the server."""

from __future__ import annotations

import os
import threading
import webbrowser

from fastmlp import models, utils
from fastmlp._draw.playground import Playground
from fastmlp._draw.reader import Reader, trained
from fastmlp._draw.server import Routes, Server


def routes(reader: Reader, playground: Playground) -> Routes:
    """Return which function answers at which path, for both tabs."""
    return {**reader.routes(), **playground.routes()}


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
    # The server comes first: that a port is taken is no news for after a training.
    with Server(port, {}) as server:
        model, about = _network(path)
        server.routes = routes(Reader(model, about), Playground())
        print(about)
        print(f"Draw at {server.address} (Ctrl-C ends it)", flush=True)
        if open_browser:
            # Some browsers return when they are closed.
            threading.Thread(target=_open, args=[server.address], daemon=True).start()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()


def _network(path: str | None) -> tuple[models.Model, str]:
    """Return a saved model, or one that is trained now, and what the page says of it.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is no model.
    """
    if path is None:
        utils.set_random_seed(0)
        return trained()
    model = models.load_model(path)
    return model, f"{os.path.basename(path)}: {model.count_params():,} numbers."


def _open(address: str) -> None:
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return
    # One that runs in the terminal would take it, unless it was asked for.
    if type(browser) is not webbrowser.GenericBrowser or "BROWSER" in os.environ:
        browser.open(address)
