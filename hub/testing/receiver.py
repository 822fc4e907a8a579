"""A receiver of notifications on loopback: what arrives goes through the plugin's `hub_receive`, as in the hub."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl

from hub.core.errors import InputError
from hub.core.push import Echo, Incoming, Notice
from hub.testing.lab.serve import serve

Receive = Callable[[Incoming], Echo | Sequence[Notice]]
"""The plugin's `hub_receive`."""

_LARGEST = 1_000_000


class Receiver:
    """What arrived: ``requests`` as they came in, ``notices`` as the plugin read them; ``url`` is where to send."""

    def __init__(self, receive: Receive) -> None:
        self.url = ""
        self.requests: list[Incoming] = []
        self.notices: list[Notice] = []
        self._receive = receive
        self._turn = threading.Condition()

    def wait(self, holds: Callable[[Notice], bool], seconds: float = 5.0, *, times: int = 1) -> Notice | None:
        """Return the notice that is like this for so many times, or None if it has not come in that time."""
        deadline = time.monotonic() + seconds
        with self._turn:
            while True:
                found = [one for one in self.notices if holds(one)]
                if len(found) >= times:
                    return found[times - 1]
                if not self._turn.wait(max(0.0, deadline - time.monotonic())) and time.monotonic() >= deadline:
                    return None

    def take(self, request: Incoming) -> tuple[int, str]:
        """Return status and text for a request, as the hub answers it."""
        try:
            read = self._receive(request)
        except InputError:
            return 400, ""
        with self._turn:
            self.requests.append(request)
            if not isinstance(read, Echo):
                self.notices += read
            self._turn.notify_all()
        return 200, read.text if isinstance(read, Echo) else ""


@contextmanager
def receiving(receive: Receive) -> Iterator[Receiver]:
    """Run a receiver until the block ends."""
    receiver = Receiver(receive)

    def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        status, text = receiver.take(_incoming(environ))
        start(f"{status} {'OK' if status == 200 else 'Bad Request'}", [("Content-Type", "text/plain")])
        return [text.encode()]

    with serve(application) as origin:
        receiver.url = f"{origin}/push/check"
        yield receiver


def _incoming(environ: dict[str, Any]) -> Incoming:
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") or name in {"CONTENT_TYPE", "CONTENT_LENGTH"}
    }
    length = min(int(environ.get("CONTENT_LENGTH") or 0), _LARGEST)
    body = environ["wsgi.input"].read(length)
    query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
    return Incoming(environ["REQUEST_METHOD"], query, headers, body)
