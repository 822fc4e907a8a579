"""Notifications over HTTP, each kind beside an empty route of the same application, and 20,000 of them in a burst.

``python -m tests.bench.push``. The product's own server runs the product's application in a process of its own; a
second one does what clock and worker do. The provider is the one of the tests, in memory: its answers take no time.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import func, select, update

from hub.actions.effects import EFFECTS
from hub.actions.watch import keep_watches
from hub.jobs.perform import drain
from hub.store.calendar import Calendar
from hub.store.database import open_database
from hub.store.guard import Across
from hub.store.schema import migrate
from hub.testing.servers import free_port
from tests.bench.push_server import now
from tests.world import World, make_world

MOST = 3.0
"""The 99th percentile of a notification may be this many times that of the empty route."""
CALENDARS = 400
ROUNDS = 5
BURST = 20_000
LINES = 16


class Row(NamedTuple):
    """One kind of request: milliseconds."""

    name: str
    requests: int
    median: float
    p99: float


class Burst(NamedTuple):
    """A burst: how it was answered, and what it led to."""

    sent: int
    answered: Counter[int]
    seconds: float
    p99: float
    calendars: int
    looks: int
    unread: int
    until_read: float


@dataclass(frozen=True, slots=True)
class Place:
    """A hub in a folder whose calendars are watched: path and headers of a notification for each."""

    folder: Path
    notices: Sequence[tuple[str, dict[str, str]]]


def measure() -> tuple[list[Row], Burst]:
    """Return what one notification costs, and what a burst of them does."""
    with tempfile.TemporaryDirectory(prefix="hub-push-") as name:
        place = furnish(Path(name), CALENDARS)
        with served(place.folder) as port:
            return endpoint(place, port), burst(place, port)


def furnish(folder: Path, calendars: int) -> Place:
    """Make a hub with so many calendars, each watched and read a moment ago."""
    database, keystore = (open_database(f"sqlite:///{folder / name}.sqlite") for name in ("hub", "keystore"))
    migrate(database, keystore)
    world = make_world(database, keystore, folder)
    world.clock.now = now()
    for _ in range(calendars):
        world.staff()
    _watch(world)
    notices = []
    for ref, channel in world.calendars.watches.items():
        headers = {"X-Fake-Kind": "changed", "X-Fake-Ref": ref, "X-Fake-Secret": channel[1].secret}
        notices.append((channel[1].url.split("example.com")[1], headers))
    assert len(notices) == calendars
    for one in (world.hub.broker, database, keystore):
        one.close()
    return Place(folder, notices)


def endpoint(place: Place, port: int) -> list[Row]:
    """Ask each kind in turn, one client on one line: so all kinds see the same machine."""
    line = HTTPConnection("127.0.0.1", port)
    marked, unmarked = place.notices[0], place.notices[1:]
    unknown = f"{marked[0][:-6]}zzzzzz"
    spent: dict[str, list[float]] = {}
    for number in range(ROUNDS * len(unmarked)):
        if number % len(unmarked) == 0:
            _as_if_read(place.folder)
            _send(line, *marked)
        one = unmarked[number % len(unmarked)]
        kinds = {
            "control: a route that does nothing": ("/bench/empty", marked[1]),
            "the calendar is marked already": marked,
            "the first one: a durable write": one,
            "no such channel": (unknown, marked[1]),
            "a wrong secret": (marked[0], {**marked[1], "X-Fake-Secret": "guess"}),
        }
        for name, (path, headers) in kinds.items():
            took, status = _send(line, path, headers)
            assert status == 202, (name, status)
            if number >= 20:
                spent.setdefault(name, []).append(took)
    line.close()
    return [Row(name, len(all_), statistics.median(all_), _p99(all_)) for name, all_ in spent.items()]


def burst(place: Place, port: int) -> Burst:
    """Send very many at once while a worker looks, and wait until everything that was announced is read."""
    command = [sys.executable, "-m", "tests.bench.push_server", "worker", str(place.folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        _until_read(place.folder)
        began = time.perf_counter()
        with ThreadPoolExecutor(LINES) as pool:
            parts = list(pool.map(lambda part: _storm(place, port, part), range(LINES)))
        seconds = time.perf_counter() - began
        until_read = _until_read(place.folder)
        unread = _unread(place.folder)
        worker.stdin.close()
        looks = int(worker.stdout.readline())
    statuses: Counter[int] = Counter()
    spent: list[float] = []
    for found, times in parts:
        statuses += found
        spent += times
    # The calendars that the endpoint's rows had marked were looked at once before the burst.
    return Burst(BURST, statuses, seconds, _p99(spent), CALENDARS, looks - CALENDARS, unread, until_read)


def show(rows: list[Row], found: Burst) -> str:
    """Return both tables in Markdown."""
    control = rows[0]
    lines = ["| a notification | requests | p50 ms | p99 ms | p99, times the control |", "|---|---|---|---|---|"]
    lines += [
        f"| {row.name} | {row.requests} | {row.median:.2f} | {row.p99:.2f} | {row.p99 / control.p99:.2f} |"
        for row in rows
    ]
    answered = ", ".join(f"{many} x {status}" for status, many in sorted(found.answered.items()))
    lines += [
        "",
        "| burst | lines | calendars | answered | seconds | p99 ms | looks | left unread | seconds until all is read |",
        "|---|---|---|---|---|---|---|---|---|",
        f"| {found.sent} | {LINES} | {found.calendars} | {answered} | {found.seconds:.1f} | {found.p99:.1f} "
        f"| {found.looks} | {found.unread} | {found.until_read:.1f} |",
    ]
    return "\n".join(lines)


def passes(rows: list[Row], found: Burst) -> bool:
    """Tell whether the goals are met."""
    quick = all(row.p99 <= MOST * rows[0].p99 for row in rows)
    return quick and found.answered == Counter({202: found.sent}) and not found.unread


def _watch(world: World) -> None:
    public = world.hub.settings.model_copy(update={"public_url": "https://hub.example.com"})
    hub = replace(world.hub, settings=public)
    while keep_watches(hub):
        drain(hub, EFFECTS)
    world.clock.now = now()


def _send(line: HTTPConnection, path: str, headers: dict[str, str]) -> tuple[float, int]:
    began = time.perf_counter()
    line.request("POST", path, b"", headers)
    answer = line.getresponse()
    answer.read()
    return (time.perf_counter() - began) * 1000, answer.status


def _storm(place: Place, port: int, part: int) -> tuple[Counter[int], list[float]]:
    line, statuses, spent = HTTPConnection("127.0.0.1", port), Counter[int](), []
    for number in range(part, BURST, LINES):
        took, status = _send(line, *place.notices[number % len(place.notices)])
        statuses[status] += 1
        spent.append(took)
    line.close()
    return statuses, spent


def _p99(spent: Sequence[float]) -> float:
    return statistics.quantiles(spent, n=100, method="inclusive")[98]


def _as_if_read(folder: Path) -> None:
    database = open_database(f"sqlite:///{folder / 'hub.sqlite'}")
    read = update(Calendar).values(begun=Calendar.announced, known=Calendar.announced)
    with database.writing() as conn:
        conn.execute(read.execution_options(across=Across.OPERATOR))
    database.close()


def _unread(folder: Path) -> int:
    database = open_database(f"sqlite:///{folder / 'hub.sqlite'}")
    unread = select(func.count()).select_from(Calendar).where(Calendar.announced > Calendar.known)
    with database.reading() as conn:
        count = int(conn.execute(unread.execution_options(across=Across.OPERATOR)).scalar_one())
    database.close()
    return count


def _until_read(folder: Path, longest: float = 120) -> float:
    """Wait until nothing is unread, and return the seconds that took."""
    began = time.monotonic()
    while _unread(folder) and time.monotonic() - began < longest:
        time.sleep(0.1)
    return time.monotonic() - began


@contextmanager
def served(folder: Path) -> Iterator[int]:
    """Serve the hub of a folder until the block ends, and give the port."""
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.push_server", "web", str(folder), str(port)]
    with subprocess.Popen(command) as process:
        try:
            until = time.monotonic() + 60
            while not _answers(port):
                if process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError("the server did not start")
                time.sleep(0.05)
            yield port
        finally:
            process.terminate()
            process.wait(20)


def _answers(port: int) -> bool:
    line = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        line.request("GET", "/health/live")
        return line.getresponse().status == 200
    except OSError:
        return False
    finally:
        line.close()


if __name__ == "__main__":
    rows, found = measure()
    print(show(rows, found))
    sys.exit(0 if passes(rows, found) else 1)
