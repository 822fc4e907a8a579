"""A broker that echoes, and any broker behind a socket in a thread of this process."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from hub.core.ended import Ended, EndState, Probe
from hub.core.provider import Form, Redirect
from hub.core.purpose import Purpose
from hub.run.broker_server import serve_broker
from hub.vault.border import NOWHERE, Answer, Handle, Request, Result, RoundTrip
from hub.vault.door import BrokerDoor
from hub.vault.keycalls import Connected
from hub.vault.provider_settings import Configuration
from hub.vault.remote import RemoteBroker

MAX_BYTES = 200_000
HANDLE = Handle("b" * 26, "c" * 26, 3, Purpose.CHECK_AVAILABILITY, "hub_free_busy")


class Echo:
    """A broker that answers with what it was asked. ``during`` is called within each call."""

    def __init__(self) -> None:
        self.calls: list[object] = []
        self.during: Callable[[], None] = lambda: None
        self.connected: Callable[[], Form | Redirect | Connected] = lambda: Form(())

    def send(self, handle: Handle, request: Request) -> Result:
        self.calls.append((handle, request))
        self.during()
        return Answer(200, "OK", 11, request.headers, request.url.encode() + b"|" + request.body)

    def connect(
        self,
        business: str,
        provider: str,
        level: str,
        answer: Mapping[str, str] | None,
        *,
        connection: str | None = None,
        trip: RoundTrip = NOWHERE,
    ) -> Form | Redirect | Connected:
        self.calls.append((business, provider, level, answer, connection, trip))
        self.during()
        return self.connected()

    def disconnect(self, business: str, connection: str) -> bool:
        self.calls.append(("disconnect", business, connection))
        self.during()
        return False

    def revoke(self, business: str, connection: str) -> Ended:
        self.calls.append(("revoke", business, connection))
        self.during()
        return Ended(EndState.DONE, Probe.REFUSED)

    def configure(self, provider: str, changes: Mapping[str, str], *, user: str = "") -> Configuration:
        self.calls.append(("configure", provider, changes, user))
        return Configuration({}, tuple(changes))

    def configuration(self, provider: str) -> Configuration:
        self.calls.append(("configuration", provider))
        return Configuration({})

    def close(self) -> None:
        self.calls.append("close")


class Served:
    """A broker that is served until `stop`."""

    def __init__(self, broker: BrokerDoor, place: Path, users: Collection[int] = ()) -> None:
        self.place = place
        self.problem: BaseException | None = None
        self._stop, ready = threading.Event(), threading.Event()

        def run() -> None:
            try:
                told = {"stopped": self._stop.is_set, "ready": ready.set}
                serve_broker(broker, place, max_bytes=MAX_BYTES, users=users, **told)
            except BaseException as error:
                self.problem = error
                ready.set()

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()
        assert ready.wait(10)
        if self.problem:
            raise self.problem

    def stop(self) -> float:
        """Stop it, and return how many seconds that took."""
        began = time.monotonic()
        self._stop.set()
        self._thread.join(20)
        assert not self._thread.is_alive()
        return time.monotonic() - began


@contextmanager
def served(broker: BrokerDoor, place: Path, users: Collection[int] = ()) -> Iterator[Served]:
    """Serve a broker for the length of the block."""
    server = Served(broker, place, users)
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def short_folder() -> Iterator[Path]:
    """Give a folder whose path leaves room for a socket's name; pytest's own may not."""
    folder = tempfile.mkdtemp(prefix="hub-")
    yield Path(folder)
    shutil.rmtree(folder)


@contextmanager
def remote(place: Path, timeout: float = 5.0) -> Iterator[RemoteBroker]:
    """Give the near end of a broker's socket."""
    broker = RemoteBroker(place, timeout=timeout, max_bytes=MAX_BYTES)
    yield broker
    broker.close()
