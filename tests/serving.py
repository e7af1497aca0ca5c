"""A server of the page to draw on, while a test asks it."""

import contextlib
import threading

from fastmlp._draw.server import Server


@contextlib.contextmanager
def serving(routes):
    """Serve these routes at a free port, and give the server."""
    with Server(0, routes) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
