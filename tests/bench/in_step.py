"""From a notification to the changed offer, calls to the provider by what people do, and many large calendars.

``python -m tests.bench.in_step``. The provider is the one of the tests, in memory; where it says so, each of its
answers takes as long as one of a far server. The large calendars are read by a process of its own, so that its memory
is theirs; what a plugin needs to read them page by page comes on top.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select

from hub.actions.book import book
from hub.actions.effects import EFFECTS
from hub.actions.hold import hold
from hub.actions.offer import offer
from hub.actions.sync import sync_calendar
from hub.jobs.perform import drain
from hub.plugin import Account, Busy, Calendar, Changes, ItemChange, Window, hookimpl
from hub.registry import Candidate
from hub.store import calendar as stored
from hub.store.database import open_database
from hub.store.schema import migrate
from hub.web.app import create_app
from hub.web.limits import Limiter
from tests.pushing import PUBLIC, announce, watched
from tests.world import ADA, DAY, HOUR, MONDAY, Calendars, World, _Plugin, make_world, with_names

FAR = 0.15
"""Seconds that an answer of a far server takes."""
MOST = 2.0
"""Seconds after the notification within which an offer must be changed."""
TEN = MONDAY + 2 * HOUR
APART = 660
"""Seconds from one event of a large calendar to the next: ten thousand of them fill the window that is read."""


class Changed(NamedTuple):
    """A change outside: milliseconds until the notification is answered and the offer is changed, and the calls."""

    name: str
    notified: float
    offered: float
    calls: dict[str, int]


class Large(NamedTuple):
    """Large calendars: how many of how many events, and what a first read and one change of each cost.

    ``busy`` and ``change_busy`` are the seconds of processor time among the ``seconds``.
    """

    calendars: int
    events: int
    calls: int
    seconds: float
    busy: float
    change_calls: int
    change_seconds: float
    change_busy: float
    megabytes: float
    disk: float


def changed() -> list[Changed]:
    """Return how long a change takes to be seen, by a search at once and by one after the worker."""
    rows = []
    for name, far in (("provider at hand", 0.0), (f"each answer takes {FAR * 1000:.0f} ms", FAR)):
        for who in ("the next search", "the worker"):
            with tempfile.TemporaryDirectory() as folder:
                rows.append(_change(_world(Path(folder)), f"{who} reads, {name}", far, by_worker=who == "the worker"))
    return rows


def calls() -> dict[str, dict[str, int]]:
    """Return which calls a search and a booking make while calendars are fresh."""
    with tempfile.TemporaryDirectory() as folder:
        world = _world(Path(folder))
        ada = watched(world)
        service, found = world.service(ada), {}
        offer(world.hub, world.business, service, Window(MONDAY, MONDAY + 30 * DAY))  # reads as far as the service goes
        for name, act in (
            ("a search", lambda: offer(world.hub, world.business, service, Window(MONDAY, MONDAY + 30 * DAY))),
            ("a booking", lambda: _book(world, service)),
        ):
            world.calendars.calls.clear()
            act()
            found[name] = dict(Counter(world.calendars.calls))
        return found


def large(calendars: int = 1000, events: int = 10_000) -> Large:
    """Read so many calendars of so many events each, then one change in each."""
    with tempfile.TemporaryDirectory(prefix="hub-large-") as folder:
        command = [sys.executable, "-m", "tests.bench.in_step", "large", folder, str(calendars), str(events)]
        return Large(*json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))


def show(rows: list[Changed], made: dict[str, dict[str, int]]) -> str:
    """Return the tables in Markdown."""
    lines = [
        "| a change outside | notification answered ms | offer changed ms | calls to the provider |",
        "|---|---|---|---|",
    ]
    lines += [f"| {row.name} | {row.notified:.1f} | {row.offered:.0f} | {_words(row.calls)} |" for row in rows]
    lines += ["", "| while calendars are fresh | calls to the provider |", "|---|---|"]
    lines += [f"| {name} | {_words(found)} |" for name, found in made.items()]
    return "\n".join(lines)


def show_large(big: Large) -> str:
    """Return the table in Markdown."""
    read = "first read: calls, s, s of processor | one change in each: calls, s, s of processor"
    head = f"| calendars | events each | {read} | most memory MB | database MB |"
    line = (
        f"| {big.calendars} | {big.events} | {big.calls}, {big.seconds:.0f}, {big.busy:.0f} "
        f"| {big.change_calls}, {big.change_seconds:.0f}, {big.change_busy:.0f} "
        f"| {big.megabytes:.0f} | {big.disk:.0f} |"
    )
    return "\n".join([head, "|---|---|---|---|---|---|", line])


def passes(rows: list[Changed], made: dict[str, dict[str, int]]) -> bool:
    """Tell whether the goals are met."""
    booked = {"hub_free_busy": 1, "hub_create_event": 1, "hub_read_event": 1}
    quick = all(row.offered <= MOST * 1000 and row.calls == {"hub_changes": 1} for row in rows)
    return quick and made == {"a search": {}, "a booking": booked}


def _words(found: dict[str, int]) -> str:
    return ", ".join(f"{many} {hook}" for hook, many in sorted(found.items())) or "none"


def _world(folder: Path) -> World:
    database, keystore = (open_database(f"sqlite:///{folder / name}.sqlite") for name in ("hub", "keystore"))
    migrate(database, keystore)
    return make_world(database, keystore, folder)


def _book(world: World, service: str) -> None:
    held = hold(world.hub, world.business, service, TEN, zone="Europe/Berlin")
    book(world.hub, world.business, held.booking_id, ADA)
    drain(world.hub, EFFECTS)


def _change(world: World, name: str, far: float, *, by_worker: bool) -> Changed:
    ada = watched(world)
    service, window = world.service(ada), Window(MONDAY, MONDAY + DAY)
    client = create_app(world.hub, Limiter("")).test_client()
    ((channel, notice),) = world.calendars.notices(ada)
    headers = {"X-Fake-Kind": "changed", "X-Fake-Ref": notice.ref, "X-Fake-Secret": notice.secret}
    announce(world, ada)
    world.clock.now += 60
    drain(world.hub, EFFECTS)  # so that everything was used once
    assert TEN in offer(world.hub, world.business, service, window).starts
    world.calendars.fail = lambda hook: time.sleep(far)
    world.calendars.busy[ada].append(Busy(TEN, TEN + HOUR))
    world.calendars.calls.clear()
    began = time.perf_counter()
    answer = client.post(f"/webhooks/fake/{channel}", base_url=PUBLIC, headers=headers)
    notified = time.perf_counter() - began
    assert answer.status_code == 202
    if by_worker:
        drain(world.hub, EFFECTS)
    starts = offer(world.hub, world.business, service, window).starts
    offered = time.perf_counter() - began
    assert TEN not in starts
    drain(world.hub, EFFECTS)
    return Changed(name, notified * 1000, offered * 1000, dict(Counter(world.calendars.calls)))


@dataclass
class Many(Calendars):
    """Calendars with many events, which answer with what changed since the cursor."""

    events: int = 0
    moved: dict[str, int] = field(default_factory=dict)

    def candidate(self) -> Candidate:
        """Return them as a plugin to register."""
        return Candidate("fake", "tests", lambda: _Large(self))  # type: ignore[arg-type,return-value]


class _Large(_Plugin):
    @hookimpl
    def hub_changes(self, account: Account, calendar: Calendar, cursor: str | None, window: Window) -> Changes:
        many = self.calendars
        assert isinstance(many, Many)
        many.called("hub_changes")
        moved = many.moved.get(calendar.ref, 0)
        first = MONDAY - DAY
        if cursor is not None:
            busy = Busy(first, first + 300 + moved)
            return Changes((ItemChange("event 0", (busy,)),), f"cursor {moved}", complete=False)
        times = (first + n * APART for n in range(many.events))
        items = tuple(ItemChange(f"event {n}", (Busy(start, start + 300),)) for n, start in enumerate(times))
        return Changes(items, f"cursor {moved}", complete=True)


def _read_large(folder: Path, calendars: int, events: int) -> Large:
    world = _world(folder)
    many = Many(events=events)
    world.calendars = many
    world.hub = replace(world.hub, registry=type(world.hub.registry)([many.candidate()]))
    for _ in range(calendars):
        world.staff()
    with world.hub.database.reading() as conn:
        mine = stored.Calendar.business_id == world.business
        found = conn.execute(select(stored.Calendar.__table__).where(mine)).all()
    rows = [(row.id, row.ref) for row in with_names(world.hub, found)]

    def look() -> tuple[int, float, float]:
        many.calls.clear()
        began, busy = time.perf_counter(), time.process_time()
        assert all(sync_calendar(world.hub, world.business, identifier) for identifier, _ in rows)
        return many.calls.count("hub_changes"), time.perf_counter() - began, time.process_time() - busy

    first = look()
    many.moved = {ref: 60 for _, ref in rows}
    changes = look()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    disk = sum(one.stat().st_size for one in folder.glob("hub.sqlite*")) / 1e6
    return Large(calendars, events, *first, *changes, memory, disk)


if __name__ == "__main__":
    if sys.argv[1:2] == ["large"]:
        print(json.dumps(_read_large(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))))
        sys.exit(0)
    figures = changed(), calls()
    print(show(*figures))
    sys.exit(0 if passes(*figures) else 1)
