"""What the broker costs: ``python -m tests.bench.broker``.

Beside each brokered call the same session makes the same request without a broker, and one durable commit of the same
kind (SQLite, synchronous FULL, the same disk) follows: a call that leaves a record, without any of the checks. A third
row makes the call through a broker in a process of its own. All are interleaved in one run, against a loopback server
in another process.
"""

from __future__ import annotations

import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import requests

from hub.core.provider import (
    CONNECTION_HOST,
    AuthScheme,
    ConnectLevel,
    DataCategory,
    Grant,
    Operation,
    Provider,
    Revocation,
)
from hub.core.purpose import Purpose
from hub.run.broker_server import serve_broker
from hub.settings import load_settings
from hub.store.business import add_business
from hub.store.database import Database, open_database
from hub.store.schema import migrate
from hub.vault.accounts import open_account
from hub.vault.broker import Broker
from hub.vault.door import BrokerDoor
from hub.vault.keycalls import Connected
from hub.vault.keys import Keyring
from hub.vault.remote import RemoteBroker
from hub.vault.roots import load_roots, make_roots
from tests.consents import give

MOST = 2.0
"""A brokered call may cost this many times the plain call with its commit; over the socket, the one in the process."""

_SERVER = """
import base64, http.server
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    def do_GET(self):
        known = self.headers.get("Authorization") == "Basic " + base64.b64encode(b"ada:correct horse battery").decode()
        body = b"x" * 400
        self.send_response(200 if known else 401)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
    def log_message(self, *_): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""
_GRANT = {"username": "ada", "password": "correct horse battery"}


class Row(NamedTuple):
    """One way of making a call: its median in microseconds, and how many times the first one's that is."""

    name: str
    microseconds: float
    ratio: float


class _Plugins:
    """A registry with one provider, whose key hook takes any password."""

    def __init__(self, origin: str) -> None:
        everything = frozenset(Purpose)
        read = Operation("read", "GET", CONNECTION_HOST, "/{rest+}", everything, DataCategory.EVENTS)
        levels = (ConnectLevel("full", "Full", everything),)
        self._provider = Provider("bench", "Bench", (read,), levels, Revocation.NONE, "Nothing.")
        self._origin = origin

    def provider(self, name: str) -> Provider:
        return self._provider

    def keys(self, provider: str) -> Any:
        return self

    def hub_connect(self, setup: object, answer: Mapping[str, str] | None) -> Grant:
        return Grant(AuthScheme.BASIC, _GRANT, (self._origin,), "ada")


def measure(calls: int = 400) -> list[Row]:
    """Return the rows: plain, brokered in the process, brokered over the socket."""
    with tempfile.TemporaryDirectory(prefix="hub-") as name, _server() as origin:
        folder = Path(name)
        broker, database, keyring = _broker(folder, origin)
        connection = _connect(broker, database)
        place = folder / "broker" / "socket"
        with _served(folder, origin, place):
            remote = RemoteBroker(place, timeout=20, max_bytes=8_000_000)
            ways = [
                _plain(folder, origin),
                ("brokered", _brokered(broker, database, keyring, connection, origin)),
                ("brokered, the broker apart", _brokered(remote, database, keyring, connection, origin)),
            ]
            spent = _spent(ways, calls)
            remote.close()
    medians = {name: statistics.median(times) for name, times in spent.items()}
    return [Row(name, medians[name], medians[name] / medians[ways[0][0]]) for name, _ in ways]


def passes(rows: list[Row]) -> bool:
    """Tell whether neither way through the broker costs more than it may."""
    _, here, apart = rows
    return here.ratio <= MOST and apart.microseconds <= MOST * here.microseconds


def _spent(ways: list[tuple[str, Callable[[], None]]], calls: int) -> dict[str, list[float]]:
    spent: dict[str, list[float]] = {}
    for number in range(calls + 50):
        turn = number % len(ways)
        for name, call in ways[turn:] + ways[:turn]:
            started = time.perf_counter()
            call()
            if number >= 50:  # the first calls open connections and compile statements
                spent.setdefault(name, []).append((time.perf_counter() - started) * 1e6)
    return spent


def _plain(folder: Path, origin: str) -> tuple[str, Callable[[], None]]:
    session = requests.Session()
    session.trust_env = False
    session.auth = (_GRANT["username"], _GRANT["password"])
    disk = sqlite3.connect(folder / "plain.sqlite", isolation_level=None)
    disk.execute("PRAGMA journal_mode=WAL")
    disk.execute("PRAGMA synchronous=FULL")
    disk.execute("CREATE TABLE uses (id TEXT PRIMARY KEY, uses INTEGER)")

    def call() -> None:
        disk.execute("BEGIN IMMEDIATE")
        disk.execute("INSERT INTO uses VALUES ('one', 1) ON CONFLICT (id) DO UPDATE SET uses = uses + 1")
        disk.execute("COMMIT")
        assert session.get(f"{origin}/calendar/ada").status_code == 200

    return "requests and one durable commit", call


def _broker(folder: Path, origin: str) -> tuple[Broker, Database, Keyring]:
    settings = load_settings({}, data_dir=folder / "data", egress_allow=(origin,))
    database, keystore = open_database(settings.database), open_database(settings.keystore)
    migrate(database, keystore)
    make_roots(settings, database)
    keyring = Keyring(database, keystore, load_roots(settings), clock=_now)
    broker = Broker(settings=settings, database=database, keyring=keyring, registry=_Plugins(origin), clock=_now)
    return broker, database, keyring


def _connect(broker: Broker, database: Database) -> tuple[str, str]:
    with database.writing() as conn:
        business = add_business(conn, "Bench", "Europe/Berlin", _now())
    made = broker.connect(business, "bench", "full", {})
    assert isinstance(made, Connected)
    with database.writing() as conn:
        give(conn, business, made.connection, _now())
    return business, made.connection


def _brokered(
    broker: BrokerDoor, database: Database, keyring: Keyring, which: tuple[str, str], origin: str
) -> Callable[[], None]:
    opened = open_account(database, keyring, broker, *which, Purpose.CHECK_AVAILABILITY, "bench")

    def call() -> None:
        assert opened.account.http.get(f"{origin}/calendar/ada").status_code == 200
        opened.check()

    return call


@contextmanager
def _served(folder: Path, origin: str, place: Path) -> Iterator[None]:
    """Run a broker on the same databases in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.broker", str(folder), origin, str(place)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield
        finally:
            process.kill()


def _serve(folder: str, origin: str, place: str) -> None:
    broker, _, _ = _broker(Path(folder), origin)
    never, ready = (lambda: False), (lambda: print("ready", flush=True))
    serve_broker(broker, Path(place), max_bytes=8_000_000, stopped=never, ready=ready)


@contextmanager
def _server() -> Iterator[str]:
    with subprocess.Popen([sys.executable, "-c", _SERVER], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


def _now() -> int:
    return int(time.time())


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _serve(*sys.argv[1:])
    rows = measure()
    for row in rows:
        print(f"{row.name:<34} {row.microseconds:8.0f} us  {row.ratio:5.2f}")
    sys.exit(0 if passes(rows) else 1)
