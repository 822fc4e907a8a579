"""Notifications over HTTP, each kind beside an empty route of the same application, and 20,000 of them in a burst.

``python -m tests.bench.push`` runs on SQLite, and on PostgreSQL when an address is given. The product's own server runs
the product's application in a process of its own; a second one does what clock and worker do. The provider is the one
of the tests, in memory: its answers take no time.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
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
from hub.testing.servers import free_port
from tests.bench.push_server import now
from tests.bench.race import Place, prepare
from tests.world import World, make_world

MOST = 3.0
"""The 99th percentile of a notification may be this many times that of the empty route."""
CALENDARS = 400
ROUNDS = 5
BURST = 20_000
LINES = 16


class Row(NamedTuple):
    """One kind of request: milliseconds."""

    database: str
    name: str
    requests: int
    median: float
    p99: float


class Burst(NamedTuple):
    """A burst: how it was answered, and what it led to."""

    database: str
    sent: int
    answered: Counter[int]
    seconds: float
    p99: float
    calendars: int
    looks: int
    unread: int
    until_read: float


@dataclass(frozen=True, slots=True)
class Watched:
    """A hub at a place whose calendars are watched: path and headers of a notification for each."""

    kind: str
    place: Place
    notices: Sequence[tuple[str, dict[str, str]]]


def measure(places: Mapping[str, Place]) -> list[tuple[list[Row], Burst]]:
    """Return what one notification costs, and what a burst of them does, on each database."""
    found = []
    for kind, place in places.items():
        watched = furnish(kind, place, CALENDARS)
        with served(place) as port:
            found.append((endpoint(watched, port), burst(watched, port)))
    return found


def furnish(kind: str, place: Place, calendars: int) -> Watched:
    """Make a hub with so many calendars, each watched and read a moment ago."""
    database, keystore = open_database(place.database), open_database(place.keystore)
    world = make_world(database, keystore, Path(place.folder))
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
    return Watched(kind, place, notices)


def endpoint(watched: Watched, port: int) -> list[Row]:
    """Ask each kind in turn, one client on one line: so all kinds see the same machine."""
    line = HTTPConnection("127.0.0.1", port)
    marked, unmarked = watched.notices[0], watched.notices[1:]
    unknown = f"{marked[0][:-6]}zzzzzz"
    spent: dict[str, list[float]] = {}
    for number in range(ROUNDS * len(unmarked)):
        if number % len(unmarked) == 0:
            _as_if_read(watched.place)
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
    return [Row(watched.kind, name, len(all_), statistics.median(all_), _p99(all_)) for name, all_ in spent.items()]


def burst(watched: Watched, port: int) -> Burst:
    """Send very many at once while a worker looks, and wait until everything that was announced is read."""
    place = watched.place
    command = [sys.executable, "-m", "tests.bench.push_server", "worker", place.database, place.keystore, place.folder]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        _until_read(place)
        began = time.perf_counter()
        with ThreadPoolExecutor(LINES) as pool:
            parts = list(pool.map(lambda part: _storm(watched, port, part), range(LINES)))
        seconds = time.perf_counter() - began
        until_read = _until_read(place)
        unread = _unread(place)
        worker.stdin.close()
        looks = int(worker.stdout.readline())
    statuses: Counter[int] = Counter()
    spent: list[float] = []
    for found, times in parts:
        statuses += found
        spent += times
    # The calendars that the endpoint's rows had marked were looked at once before the burst.
    return Burst(watched.kind, BURST, statuses, seconds, _p99(spent), CALENDARS, looks - CALENDARS, unread, until_read)


def show(found: Sequence[tuple[list[Row], Burst]]) -> str:
    """Return both tables in Markdown."""
    lines = [
        "| a notification | database | requests | p50 ms | p99 ms | p99, times the control |",
        "|---|---|---|---|---|---|",
        *(
            f"| {row.name} | {row.database} | {row.requests} | {row.median:.2f} | {row.p99:.2f} "
            f"| {row.p99 / rows[0].p99:.2f} |"
            for rows, _ in found
            for row in rows
        ),
        "",
        "| burst | database | lines | calendars | answered | seconds | p99 ms | looks | left unread "
        "| seconds until all is read |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for _, one in found:
        answered = ", ".join(f"{many} x {status}" for status, many in sorted(one.answered.items()))
        lines.append(
            f"| {one.sent} | {one.database} | {LINES} | {one.calendars} | {answered} | {one.seconds:.1f} "
            f"| {one.p99:.1f} | {one.looks} | {one.unread} | {one.until_read:.1f} |"
        )
    return "\n".join(lines)


def passes(found: Sequence[tuple[list[Row], Burst]]) -> bool:
    """Tell whether the goals are met on each database."""
    quick = all(row.p99 <= MOST * rows[0].p99 for rows, _ in found for row in rows)
    return quick and all(one.answered == Counter({202: one.sent}) and not one.unread for _, one in found)


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


def _storm(watched: Watched, port: int, part: int) -> tuple[Counter[int], list[float]]:
    line, statuses, spent = HTTPConnection("127.0.0.1", port), Counter[int](), []
    for number in range(part, BURST, LINES):
        took, status = _send(line, *watched.notices[number % len(watched.notices)])
        statuses[status] += 1
        spent.append(took)
    line.close()
    return statuses, spent


def _p99(spent: Sequence[float]) -> float:
    return statistics.quantiles(spent, n=100, method="inclusive")[98]


def _as_if_read(place: Place) -> None:
    database = open_database(place.database)
    read = update(Calendar).values(begun=Calendar.announced, known=Calendar.announced)
    with database.writing() as conn:
        conn.execute(read.execution_options(across=Across.OPERATOR))
    database.close()


def _unread(place: Place) -> int:
    database = open_database(place.database)
    unread = select(func.count()).select_from(Calendar).where(Calendar.announced > Calendar.known)
    with database.reading() as conn:
        count = int(conn.execute(unread.execution_options(across=Across.OPERATOR)).scalar_one())
    database.close()
    return count


def _until_read(place: Place, longest: float = 120) -> float:
    """Wait until nothing is unread, and return the seconds that took."""
    began = time.monotonic()
    while _unread(place) and time.monotonic() - began < longest:
        time.sleep(0.1)
    return time.monotonic() - began


@contextmanager
def served(place: Place) -> Iterator[int]:
    """Serve the hub of a place until the block ends, and give the port."""
    port, server = free_port(), "tests.bench.push_server"
    command = [sys.executable, "-m", server, "web", place.database, place.keystore, place.folder, str(port)]
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
    with tempfile.TemporaryDirectory(prefix="hub-push-") as name:
        (Path(name) / "p").mkdir()
        places = {"SQLite": prepare(Path(name))}
        if sys.argv[1:]:
            places["PostgreSQL"] = prepare(Path(name) / "p", sys.argv[1])
        measured = measure(places)
    print(show(measured))
    sys.exit(0 if passes(measured) else 1)
