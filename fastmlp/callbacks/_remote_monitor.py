"""The values of a training, sent to a server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastmlp._check.names import as_text
from fastmlp._check.numbers import describe, true_or_false
from fastmlp._util.warn import warn
from fastmlp.callbacks._callback import Callback, Logs

__all__ = ["RemoteMonitor"]

# A server that does not answer must not hold the training up for ever.
_SECONDS = 10


class RemoteMonitor(Callback):
    """Sends the values of every epoch to a server, as HTTP POST.

    A server that cannot be reached gets a warning; the training goes on.

    Args:
        root: The address of the server. Default "http://localhost:9000".
        path: What follows it. Default "/publish/epoch/end/".
        field: The field of the form that holds the values as JSON. Default "data".
        headers: More headers of HTTP, by name. Default None.
        send_as_json: Whether the JSON is sent by itself, and not in a form. Default
            False.

    Raises:
        TypeError: An argument is of the wrong kind.
        ValueError: `root` is no address of HTTP.

    Example:
        >>> monitor = RemoteMonitor("https://example.org", send_as_json=True)
        >>> monitor.root + monitor.path
        'https://example.org/publish/epoch/end/'
    """

    def __init__(
        self,
        root: str = "http://localhost:9000",
        path: str = "/publish/epoch/end/",
        field: str = "data",
        headers: Mapping[str, str] | None = None,
        send_as_json: bool = False,
    ) -> None:
        self.root: str = as_text("root", root)
        if not self.root.startswith(("http://", "https://")):
            raise ValueError(
                "RemoteMonitor needs a root that begins with http:// or https://. "
                f"Received: root={describe(root)}."
            )
        self.path: str = as_text("path", path)
        self.field: str = as_text("field", field)
        if headers is not None and not isinstance(headers, Mapping):
            raise TypeError(
                "headers must be a dictionary of texts by name, not "
                f"{describe(headers)}."
            )
        self.headers = headers
        self.send_as_json: bool = true_or_false("send_as_json", send_as_json)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Send the values of the epoch."""
        # Only here: they load half of the standard library.
        import json
        from urllib.parse import urlencode
        from urllib.request import Request, urlopen

        text = json.dumps({"epoch": epoch, **(logs or {})}, default=_plain)
        kind = "json" if self.send_as_json else "x-www-form-urlencoded"
        if not self.send_as_json:
            text = urlencode({self.field: text})
        headers = {"Content-Type": f"application/{kind}", **(self.headers or {})}
        request = Request(self.root + self.path, text.encode(), headers)
        try:
            with urlopen(request, timeout=_SECONDS):
                pass  # What it answers is of no use here.
        except OSError as error:
            warn(
                f"RemoteMonitor could not reach {self.root}, so that it does not know "
                f"of epoch {epoch + 1}: {error}"
            )


def _plain(value: Any) -> Any:
    """Return numbers and arrays of NumPy as JSON has them."""
    return value.tolist()
