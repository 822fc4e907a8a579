"""How long calls go on after a disconnect, with many workers calling: ``python -m tests.bench.disconnect``.

The provider is a process of its own that notes when each request arrives, so a call counts when it is really there. One
row has the broker in the process, one in a process of its own. The control is what the disconnect is made of, one
durable transaction, waiting for its turn among the same callers.
"""

from __future__ import annotations

import logging
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import requests
import sqlalchemy as sa

from hub.core.errors import HubError
from hub.core.purpose import Purpose
from hub.store.connection import Connection, end_connection
from hub.store.database import Database
from hub.store.key_use import last_use
from hub.vault.accounts import open_account
from hub.vault.door import BrokerDoor
from hub.vault.keys import Keyring
from hub.vault.remote import RemoteBroker
from tests.bench.broker import _broker, _connect, _served

CALLERS = 24
SECONDS = 1.5
MOST = 1000.0
"""Milliseconds after the disconnect was asked for within which the last call must have arrived."""

_SERVER = """
import http.server, json, threading, time
seen = []
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    def do_GET(self):
        arrived = time.time_ns()
        body = b"x" * 400
        if self.path == "/seen":
            body = json.dumps(seen).encode()
        else:
            seen.append(arrived)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
    def log_message(self, *_): pass
class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128
server = Server(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""


class Row(NamedTuple):
    """One disconnect. Times in milliseconds after it was asked for; ``control`` is one transaction under that load."""

    name: str
    per_second: float
    control: float
    stopped: float
    last_arrived: float
    arrived_later: int
    refused: int


def measure() -> list[Row]:
    """Return a row with the broker in the process, and one with it apart."""
    logging.getLogger("hub.vault.work").setLevel(logging.CRITICAL)  # thousands are refused, as they are meant to be
    rows = []
    for apart in (False, True):
        with tempfile.TemporaryDirectory(prefix="hub-") as name, _provider() as origin:
            folder = Path(name)
            broker, database, keyring = _broker(folder, origin)
            which = _connect(broker, database)
            place = folder / "broker" / "socket"
            if not apart:
                rows.append(_run("in the process", broker, (database, keyring), which, origin))
                continue
            with _served(folder, origin, place):
                remote = RemoteBroker(place, timeout=20, max_bytes=8_000_000)
                rows.append(_run("in a process of its own", remote, (database, keyring), which, origin))
                remote.close()
    return rows


def passes(rows: list[Row]) -> bool:
    """Tell whether no call arrived later than it may."""
    return all(row.last_arrived <= MOST for row in rows)


def show(rows: list[Row]) -> str:
    """Return the rows as a table."""
    head = "| broker | callers | calls/s | one transaction ms | stopped ms | last call ms | later than 1 s | refused |"
    lines = [head, "|---|---|---|---|---|---|---|---|"]
    lines += [
        f"| {row.name} | {CALLERS} | {row.per_second:.0f} | {row.control:.1f} | {row.stopped:.1f} | "
        f"{row.last_arrived:.1f} | {row.arrived_later} | {row.refused} |"
        for row in rows
    ]
    return "\n".join(lines)


def _run(name: str, broker: BrokerDoor, parts: tuple[Database, Keyring], which: tuple[str, str], origin: str) -> Row:
    over, refused = threading.Event(), [0] * CALLERS

    def call(number: int) -> None:
        opened = open_account(*parts, broker, *which, Purpose.CHECK_AVAILABILITY, "bench")
        while not over.is_set():
            try:
                opened.account.http.get(f"{origin}/calendar/ada")
                opened.check()
            except (HubError, requests.RequestException):
                refused[number] += 1

    with ThreadPoolExecutor(CALLERS) as pool:
        jobs = [pool.submit(call, number) for number in range(CALLERS)]
        time.sleep(SECONDS)
        controls = [_transaction(parts[0], which) for _ in range(5)]
        asked = time.time_ns()
        with parts[0].writing() as conn:
            end_connection(conn, *which, now=asked // 10**9)
            last_use(conn, *which)
        stopped = time.time_ns()
        time.sleep(1.5)
        over.set()
        for job in jobs:
            job.result()
    seen: list[int] = requests.get(f"{origin}/seen", timeout=10).json()
    before = [one for one in seen if one <= asked]
    later = sum(one > asked + MOST * 1e6 for one in seen)
    last = (max(seen) - asked) / 1e6
    per_second = len(before) / ((asked - min(seen)) / 1e9)
    return Row(name, per_second, statistics.median(controls), (stopped - asked) / 1e6, last, later, sum(refused))


def _transaction(database: Database, which: tuple[str, str]) -> float:
    """Return the milliseconds of one durable transaction that changes one row of the same table."""
    business, connection = which
    began = time.perf_counter()
    with database.writing() as conn:
        mine = Connection.business_id == business, Connection.id == connection
        conn.execute(sa.update(Connection).where(*mine).values(health_at=Connection.health_at + 1))
    return (time.perf_counter() - began) * 1000


@contextmanager
def _provider() -> Iterator[str]:
    with subprocess.Popen([sys.executable, "-c", _SERVER], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


if __name__ == "__main__":
    rows = measure()
    print(show(rows))
    sys.exit(0 if passes(rows) else 1)
