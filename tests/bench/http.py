"""The API over HTTP, one client on loopback, each call beside a bare route of the same application.

``python -m tests.bench.http``. The product's own server (gunicorn) runs the product's application in a process of its
own, with one more room behind the same guard: a route that answers with the same bytes, and one that makes as many
durable commits, of one row each, through the product's own store. Twenty staff have the calendars of the
seeded set g15.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import requests

from hub.actions.account import OPERATOR_USER
from hub.actions.api_keys import make_key
from hub.actions.connections import list_connections
from hub.actions.invite import accept_invitation, invite
from hub.actions.sessions import find_session
from hub.actions.sign_in import sign_in
from hub.actions.sync import sync_calendar
from hub.core.calendar import Busy
from hub.core.role import API_RIGHTS
from hub.core.security import OPERATOR, Visit
from hub.store.database import open_database
from hub.store.schema import migrate
from hub.testing.servers import free_port
from tests.bench import slots
from tests.bench.seeded import ZONE, g15
from tests.world import DAY, MINUTE, World, make_world

MOST = 2.0
"""Free times over HTTP may cost this many times the bare route and the engine together."""
LEAST = 0.6
"""Bookings over HTTP reach at least this part of the rate of the bare commits."""


class Row(NamedTuple):
    """One query: medians in milliseconds over HTTP, of the bare route with the same bytes, and of the engine alone."""

    name: str
    starts: int
    api: float
    bare: float
    engine: float
    calls: int

    @property
    def ratio(self) -> float:
        """How many times the bare route and the engine together it costs."""
        return self.api / (self.bare + self.engine)


class Written(NamedTuple):
    """Bookings: milliseconds each over HTTP, and of the bare route with as many durable commits.

    What others take of a shared machine is added to both. So the fastest tenth says more than the median.
    """

    bookings: int
    commits: float
    api: list[float]
    bare: list[float]

    @property
    def part(self) -> float:
        """Which part of the bare route's rate it reaches."""
        return statistics.quantiles(self.bare, n=10)[0] / statistics.quantiles(self.api, n=10)[0]


@dataclass(frozen=True, slots=True)
class Place:
    """A furnished hub in a folder, to be served by another process."""

    folder: Path
    business: str
    single: str
    union: str
    token: str
    now: int


def measure(rounds: int = 60, bookings: int = 60) -> tuple[list[Row], Written]:
    """Return what free times and bookings cost over HTTP."""
    with tempfile.TemporaryDirectory(prefix="hub-http-") as name:
        place = furnish(Path(name))
        with served(place) as origin:
            found = [_read(place, origin, *one, rounds) for one in (("single", 30), ("union", 90))]
            return found, _write(place, origin, bookings)


def furnish(folder: Path) -> Place:
    """Make a hub in a folder: a business with twenty staff, whose calendars were read a moment ago, and a key."""
    data = g15()
    database, keystore = (open_database(f"sqlite:///{folder / name}.sqlite") for name in ("hub", "keystore"))
    migrate(database, keystore)
    world = make_world(database, keystore, folder)
    world.clock.now = data["now"] * MINUTE
    staff = [world.staff() for _ in data["busy"]]
    for one, spans in zip(staff, data["busy"], strict=True):
        world.calendars.busy[one] = [Busy(start * MINUTE, end * MINUTE, uid=f"{start}") for start, end in spans]
    for connection in list_connections(world.hub, world.business):
        for calendar in connection.calendars:
            sync_calendar(world.hub, world.business, calendar.id, until=world.clock.now + 130 * DAY)
    names = ("before", "after", "notice", "duration", "step")
    rules = {name: data[name] * MINUTE for name in names} | {"horizon": 366 * DAY}
    single, union = world.service(staff[0], **rules), world.service(*staff, **rules)
    place = Place(folder, world.business, single, union, _key(world), world.clock.now)
    for one in (world.hub.broker, database, keystore):
        one.close()
    return place


@contextmanager
def served(place: Place) -> Iterator[str]:
    """Serve the hub of a place by the product's own server, with the bench's room in it, and give its address."""
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.http_server", str(place.folder), str(port), str(place.now)]
    with subprocess.Popen(command) as process:
        try:
            origin = f"http://127.0.0.1:{port}"
            until = time.monotonic() + 60
            while not _answers(f"{origin}/health/live"):
                if process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError("the server did not start")
                time.sleep(0.05)
            yield origin
        finally:
            process.terminate()
            process.wait(20)


def show(rows: list[Row], written: Written) -> str:
    """Return both tables in Markdown."""
    lines = [
        "| free times | starts | API p50 ms | bare route, same bytes ms | engine ms | ratio | provider calls |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.name} | {row.starts} | {row.api:.2f} | {row.bare:.2f} | {row.engine:.2f} | {row.ratio:.2f} "
        f"| {row.calls} |"
        for row in rows
    ]
    lines += [
        "",
        "| bookings | durable commits each | | p10 ms | p50 ms | part of its rate, by p10 |",
        "|---|---|---|---|---|---|",
        f"| {written.bookings} | {written.commits:.2f} | API | {_p10_p50(written.api)} | {written.part:.0%} |",
        f"| | | bare route, as many commits | {_p10_p50(written.bare)} | |",
    ]
    return "\n".join(lines)


def _read(place: Place, origin: str, query: str, days: int, rounds: int) -> Row:
    session, base = _session(place), f"{origin}/api/v1/businesses/{place.business}"
    data = g15()
    first = date.fromisoformat(data["day0"])
    service = place.single if query == "single" else place.union
    asked = {"service_id": service, "from": first, "until": first + timedelta(days=days - 1), "zone": ZONE}
    whole = session.get(f"{base}/availability", params=asked)  # type: ignore[arg-type]
    whole.raise_for_status()
    put = session.put(f"{origin}/bench/{place.business}/bytes", data=whole.content)
    put.raise_for_status()
    calls = session.get(f"{origin}/bench/{place.business}/calls").json()["calls"]
    engine = slots.engine(data, days, query)
    ways: dict[str, Callable[[], object]] = {
        "api": lambda: session.get(f"{base}/availability", params=asked).content,  # type: ignore[arg-type]
        "bare": lambda: session.get(f"{origin}/bench/{place.business}/bytes").content,
        "engine": engine,
    }
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 5):
        for name, call in ways.items():
            began = time.perf_counter()
            call()
            if number >= 5:
                spent[name].append((time.perf_counter() - began) * 1000)
    assert ways["bare"]() == ways["api"]() == whole.content
    calls = session.get(f"{origin}/bench/{place.business}/calls").json()["calls"] - calls
    title = "one staff, 30 days" if query == "single" else "any of 20 staff, 90 days"
    medians = [statistics.median(spent[name]) for name in ("api", "bare", "engine")]
    return Row(title, len(whole.json()["starts"]), *medians, calls)


def _write(place: Place, origin: str, bookings: int) -> Written:
    session, base = _session(place), f"{origin}/api/v1/businesses/{place.business}"
    first = date.fromisoformat(g15()["day0"])
    asked = {"service_id": place.union, "from": first, "until": first + timedelta(days=60), "zone": ZONE}
    starts = session.get(f"{base}/availability", params=asked).json()["starts"]  # type: ignore[arg-type]
    starts = starts[20 :: max(1, len(starts) // (bookings + 30))]  # each its own, weeks apart at first and last
    given: dict[str, Any] = {"service_id": place.union, "zone": ZONE, "customer": {"name": "Ada", "email": "ada@x.org"}}
    api, bare = [], []
    commits = 0
    for number in range(bookings + 5):
        before = session.get(f"{origin}/bench/{place.business}/calls").json()["commits"]
        began = time.perf_counter()
        answer = session.post(f"{base}/bookings", json=given | {"start": starts[number]})
        took = (time.perf_counter() - began) * 1000
        assert answer.status_code == 201, answer.text
        made = session.get(f"{origin}/bench/{place.business}/calls").json()["commits"] - before
        began = time.perf_counter()
        session.post(f"{origin}/bench/{place.business}/commits/{made}").raise_for_status()
        if number >= 5:
            api.append(took)
            bare.append((time.perf_counter() - began) * 1000)
            commits += made
    return Written(bookings, commits / bookings, api, bare)


def _p10_p50(spent: list[float]) -> str:
    return f"{statistics.quantiles(spent, n=10)[0]:.2f} | {statistics.median(spent):.2f}"


def _key(world: World) -> str:
    given = invite(world.hub, OPERATOR, OPERATOR_USER, "ada@example.com", "owner", everywhere=True)
    password = "seven green parrots sing"
    accept_invitation(world.hub, OPERATOR, given.token, "Ada", password)
    session = find_session(world.hub, sign_in(world.hub, Visit(address="127.0.0.1"), "ada@example.com", password).token)
    assert session is not None
    return make_key(world.hub, OPERATOR, session.user, "Bench", API_RIGHTS, businesses=[world.business]).token


def _session(place: Place) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = f"Bearer {place.token}"
    return session


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).status_code == 200
    except requests.RequestException:
        return False


if __name__ == "__main__":
    rows, written = measure()
    print(show(rows, written))
    print(json.dumps({"reads": all(row.ratio <= MOST for row in rows), "writes": written.part >= LEAST}))
    sys.exit(0 if all(row.ratio <= MOST and not row.calls for row in rows) and written.part >= LEAST else 1)
