"""Fetch a file over the network without ever waiting for ever."""

from __future__ import annotations

import http.client
import queue
import threading
import urllib.error
import urllib.request

from fastmlp._util.progress import Progbar

# A network that is there answers in a second or so; users get 5 seconds at most.
FIRST_BYTE_SECONDS = 4.0
# Later on a pause is more likely a busy classroom network than a dead one.
STALL_SECONDS = 20.0

# Some bytes, and how many there are in all, if the server says so.
Arrival = tuple[bytes, "int | None"]


def fetch(url: str, max_bytes: int) -> bytes:
    """Return what `url` holds, and show how much of it has come.

    The transfer runs in a thread of its own, because no time limit that Python
    offers covers the look-up of a host name. A slow transfer may take as long as
    it likes, as long as bytes keep coming.

    Args:
        url: The address; proxies are taken from the environment, as `urllib` does.
        max_bytes: Most that is accepted.

    Raises:
        OSError: No connection, no first byte in `FIRST_BYTE_SECONDS`, no further
            byte in `STALL_SECONDS`, or more than `max_bytes`.
    """
    arrivals: queue.SimpleQueue[Arrival | OSError] = queue.SimpleQueue()
    given_up = threading.Event()
    threading.Thread(
        target=_transfer, args=(url, arrivals, given_up), daemon=True
    ).start()
    content = bytearray()
    bar = Progbar(None, unit_name="kB")
    try:
        while True:
            some, total = _next(arrivals, len(content))
            if not some:
                break
            content += some
            if len(content) > max_bytes:
                raise OSError(f"more than {max_bytes:,} bytes came")
            bar.target = total and _kilobytes(total)
            bar.update(_kilobytes(len(content)), finalize=False)
    finally:
        given_up.set()
        if content:
            bar.update(_kilobytes(len(content)), finalize=True)
    return bytes(content)


def _kilobytes(size: int) -> int:
    return -(-size // 1000)


def _next(arrivals: queue.SimpleQueue[Arrival | OSError], received: int) -> Arrival:
    patience = STALL_SECONDS if received else FIRST_BYTE_SECONDS
    try:
        arrival = arrivals.get(timeout=patience)
    except queue.Empty:
        raise TimeoutError(
            f"nothing came for {patience:g} seconds, after {received:,} bytes"
        ) from None
    if isinstance(arrival, OSError):
        raise arrival
    return arrival


def _transfer(
    url: str,
    arrivals: queue.SimpleQueue[Arrival | OSError],
    given_up: threading.Event,
) -> None:
    """Put the bytes of `url` on the queue, then none, or the error that ended it."""
    # The time limit only makes the thread end one day; `fetch` gives up before.
    try:
        with urllib.request.urlopen(url, timeout=2 * STALL_SECONDS) as response:
            total = getattr(response, "length", None)  # a file: has none
            while chunk := response.read1(1 << 16):
                arrivals.put((chunk, total))
                if given_up.is_set():
                    return
        arrivals.put((b"", total))
    except urllib.error.HTTPError as error:
        error.close()
        arrivals.put(OSError(f"the server answered {error.code} {error.reason}"))
    except urllib.error.URLError as error:
        arrivals.put(OSError(f"{error.reason}"))
    except OSError as error:
        arrivals.put(error)
    except (http.client.HTTPException, ValueError) as error:
        arrivals.put(OSError(f"the answer makes no sense: {error!r}"))
