"""A small world for tests: a hub on real databases, a business, and calendars in memory that can be made to fail.

The calendars behave like a provider that knows client-set ids; the contract tests say the same of the real ones. Ada
owns the business, Ben works for another one, Cyd is nobody's.
"""

from __future__ import annotations

import itertools
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection as Conn
from sqlalchemy import select

from hub.actions.agency import ensure_agency
from hub.actions.businesses import create_business
from hub.actions.connect import choose_calendar, list_calendars
from hub.actions.consent import consent_about
from hub.actions.consent_state import allow
from hub.actions.holders import add_staff
from hub.actions.hours import every_weekday
from hub.actions.people import Customer
from hub.actions.services import add_service
from hub.core.hours import WeeklyHours
from hub.core.security import OPERATOR
from hub.core.service import Service
from hub.parts import Hub
from hub.plugin import (
    CALENDAR_PURPOSES,
    Account,
    Busy,
    Calendar,
    Changes,
    Channel,
    ConnectLevel,
    Echo,
    Event,
    Found,
    Gone,
    Incoming,
    InputError,
    ItemChange,
    NotFound,
    Notice,
    NoticeKind,
    Provider,
    Retry,
    Revocation,
    Watching,
    Window,
    Written,
    hookimpl,
)
from hub.registry import Candidate, Registry
from hub.settings import Settings
from hub.store.connection import Connection, Granted, add_connection, find_connection
from hub.store.database import Database
from hub.store.ids import new_id
from hub.vault.broker import Broker
from hub.vault.keys import Keyring
from hub.vault.names import account_names, name_account, open_calendars
from hub.vault.roots import check_roots, load_roots, make_roots
from hub.vault.texts import Opener

MONDAY = 1_805_094_000
"""2027-03-15, 08:00 in Berlin, in UTC seconds: a Monday, the day of the seeded set."""

MINUTE, HOUR, DAY = 60, 3600, 86_400
ADA = Customer("Ada Lovelace", email="ada@example.com")
BEN = Customer("Ben Barnes", phone="+49 30 901820")


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now: int = MONDAY

    def __call__(self) -> int:
        return self.now


@dataclass
class Calendars:
    """The fake provider: accounts with calendars, whose foreign events tests write, and switches for faults."""

    busy: dict[str, list[Busy]] = field(default_factory=lambda: defaultdict(list))
    events: dict[str, dict[str, Event]] = field(default_factory=lambda: defaultdict(dict))
    calls: list[str] = field(default_factory=list)
    fail: Callable[[str], Exception | None] = lambda hook: None
    writes: int = 0
    watches: dict[str, tuple[str, Channel]] = field(default_factory=dict)
    lifetime: int = DAY
    renews: bool = True
    lock: threading.Lock = field(default_factory=threading.Lock)

    def candidate(self) -> Candidate:
        """Return the fake as a plugin to register."""
        return Candidate("fake", "tests", lambda: _Plugin(self))  # type: ignore[arg-type,return-value]

    def event_times(self, ref: str) -> list[tuple[int, int]]:
        """Return the times of the events of ours in a calendar."""
        return sorted((event.start, event.end) for event in self.events[ref].values())

    def notices(self, ref: str, kind: NoticeKind = NoticeKind.CHANGED, number: int = 0) -> list[tuple[str, Notice]]:
        """Return what this provider sends when a calendar changed: channel and notification, for each watch of it."""
        return [
            (channel.id, Notice(kind, name, channel.secret, number))
            for name, (watched, channel) in self.watches.items()
            if watched == ref
        ]

    def called(self, hook: str) -> None:
        with self.lock:
            self.calls.append(hook)
        problem = self.fail(hook)
        if problem:
            raise problem

    def all(self, ref: str) -> list[Busy]:
        own = [Busy(event.start, event.end, uid=uid) for uid, event in self.events[ref].items()]
        return [*self.busy[ref], *own]


class _Plugin:
    __name__ = "tests.fake"

    def __init__(self, calendars: Calendars) -> None:
        self.calendars = calendars

    @hookimpl
    def hub_provider(self) -> Provider:
        level = ConnectLevel("all", "All", CALENDAR_PURPOSES)
        return Provider("fake", "Fake", (), (level,), Revocation.NONE, "nothing")

    @hookimpl
    def hub_list_calendars(self, account: Account) -> Sequence[Calendar]:
        self.calendars.called("hub_list_calendars")
        return [Calendar(account.name, account.name, "Europe/Berlin")]

    @hookimpl
    def hub_free_busy(
        self, account: Account, calendars: Sequence[Calendar], window: Window
    ) -> Mapping[str, Sequence[Busy]]:
        self.calendars.called("hub_free_busy")
        return {
            one.ref: [b for b in self.calendars.all(one.ref) if b.end > window.start and b.start < window.end]
            for one in calendars
        }

    @hookimpl
    def hub_changes(self, account: Account, calendar: Calendar, cursor: str | None, window: Window) -> Changes:
        self.calendars.called("hub_changes")
        if cursor == "old":
            raise Gone("too old")
        found = self.calendars.all(calendar.ref)
        items = tuple(ItemChange(f"item {n}", (busy,)) for n, busy in enumerate(found))
        return Changes(items, f"cursor {len(self.calendars.calls)}", complete=True)

    @hookimpl
    def hub_watch(self, account: Account, calendar: Calendar, channel: Channel, watching: Watching | None) -> Watching:
        self.calendars.called("hub_watch")
        until = channel.until - 7 * DAY + self.calendars.lifetime
        if watching is not None and self.calendars.renews and watching.ref in self.calendars.watches:
            return Watching(watching.channel, watching.ref, until)
        name = f"watch by {channel.id}"
        self.calendars.watches[name] = calendar.ref, channel
        problem = self.calendars.fail("after watch")
        if problem:
            raise problem
        return Watching(channel.id, name, until)

    @hookimpl
    def hub_unwatch(self, account: Account, calendar: Calendar, watching: Watching) -> None:
        self.calendars.called("hub_unwatch")
        if self.calendars.watches.pop(watching.ref, None) is None:
            raise NotFound("gone")

    @hookimpl
    def hub_receive(self, request: Incoming) -> Echo | Sequence[Notice]:
        if "token" in request.query:
            return Echo(request.query["token"])
        if request.body == b"nonsense":
            raise InputError("body", "It is no notification.")
        if request.body == b"broken":
            raise ZeroDivisionError
        sent = {name: request.headers.get(f"x-fake-{name}", "") for name in ("kind", "ref", "secret", "number")}
        return [Notice(NoticeKind(sent["kind"]), sent["ref"], sent["secret"], int(sent["number"] or 0))]

    @hookimpl
    def hub_create_event(self, account: Account, calendar: Calendar, event: Event) -> Written:
        self.calendars.called("hub_create_event")
        return self._write(calendar, event)

    @hookimpl
    def hub_update_event(self, account: Account, calendar: Calendar, written: Written, event: Event) -> Written:
        self.calendars.called("hub_update_event")
        if written.uid not in self.calendars.events[calendar.ref]:
            raise NotFound("gone")
        return self._write(calendar, event)

    @hookimpl
    def hub_cancel_event(self, account: Account, calendar: Calendar, written: Written) -> None:
        self.calendars.called("hub_cancel_event")
        self.calendars.events[calendar.ref].pop(written.uid, None)

    @hookimpl
    def hub_read_event(self, account: Account, calendar: Calendar, written: Written) -> Found | None:
        self.calendars.called("hub_read_event")
        event = self.calendars.events[calendar.ref].get(written.uid)
        return Found(written, event.start, event.end, event.sequence) if event else None

    def _write(self, calendar: Calendar, event: Event) -> Written:
        with self.calendars.lock:
            self.calendars.writes += 1
            self.calendars.events[calendar.ref][event.uid] = event
        problem = self.calendars.fail("after write")
        if problem:
            raise problem
        return Written(event.uid, f"/{event.uid}.ics", f'"{self.calendars.writes}"')


def make_hub(database: Database, keystore: Database, folder: Path, calendars: Calendars, clock: Any) -> Hub:
    """Return a hub on these databases with the fake provider as its only plugin."""
    make_roots(_settings(folder), database)
    hub = open_hub(database, keystore, folder, calendars, clock)
    check_roots(database, load_roots(hub.settings))
    ensure_agency(database, hub.keyring, clock())
    return hub


def open_hub(database: Database, keystore: Database, folder: Path, calendars: Calendars, clock: Any) -> Hub:
    """Return a hub on what `make_hub` made in databases and folder, which it does not look at."""
    settings, registry = _settings(folder), Registry([calendars.candidate()])
    keyring = Keyring(database, keystore, load_roots(settings), clock=clock)
    broker = Broker(settings=settings, database=database, keyring=keyring, registry=registry, clock=clock)
    return Hub(settings, registry, database, keystore, keyring, broker, clock)


def _settings(folder: Path) -> Settings:
    # On a loaded machine the threads that read calendars start late; only tests of the budget want it short.
    return Settings(data_dir=folder, password_memory=1024, refresh_budget=30)


@dataclass
class World:
    """A hub with one business in Berlin, to which staff and services are added."""

    hub: Hub
    calendars: Calendars
    clock: Clock
    business: str
    names: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def staff(self, hours: WeeklyHours | None = None, *, connected: bool = True) -> str:
        """Add a staff member who works 9 to 17 on weekdays, with a calendar named like the id."""
        hours = hours or every_weekday("Europe/Berlin", (9 * 60, 17 * 60))
        staff_id = add_staff(self.hub, self.business, f"Staff {next(self.names)}", hours)
        if connected:
            self.connect(staff_id)
        return staff_id

    def connect(self, holder_id: str) -> str:
        """Connect a calendar for a holder, and return its ref; it is checked and written."""
        hub, connection_id = self.hub, new_id()
        granted = Granted("all", (), sorted(CALENDAR_PURPOSES))
        with hub.database.writing() as conn:
            add_connection(conn, self.business, connection_id, "fake", granted, self.clock())
            name_account(conn, hub.keyring, self.business, connection_id, holder_id, {})
            consent_to(hub, conn, self.business, connection_id)
        for row in list_calendars(hub, self.business, connection_id):
            choose_calendar(hub, self.business, row.id, holder_id, checked=True, written=True)
        return holder_id

    def service(self, *staff: str, **rules: Any) -> str:
        """Add a service of 30 minutes every 15, up to 60 days ahead, unless the rules say otherwise."""
        plain = Service("new", 30 * MINUTE, 15 * MINUTE, 60 * DAY, staff=tuple(staff))
        return add_service(self.hub, self.business, "Check-up", replace(plain, **rules))


def make_world(database: Database, keystore: Database, folder: Path) -> World:
    """Return a world with an empty business."""
    calendars, clock = Calendars(), Clock()
    hub = make_hub(database, keystore, folder, calendars, clock)
    return World(hub, calendars, clock, create_business(hub, "Ada's Practice", "Europe/Berlin"))


def open_world(database: Database, keystore: Database, folder: Path, business: str) -> World:
    """Return a world on what `make_world` made, whose business was this one."""
    calendars, clock = Calendars(), Clock()
    return World(open_hub(database, keystore, folder, calendars, clock), calendars, clock, business)


def consent_to(hub: Hub, conn: Conn, business_id: str, connection_id: str) -> str:
    """Give the operator's consent to the use of a connection that was made past the hub, and return its id."""
    row = find_connection(conn, business_id, connection_id)
    return allow(hub, conn, OPERATOR, consent_about(hub, business_id, row.provider, row.level), connection_id)


def connection_named(world: World, name: str) -> str:
    """Return the connection whose account has that name."""
    with world.hub.database.reading() as conn:
        rows = conn.execute(select(Connection.__table__).where(Connection.business_id == world.business)).all()
        (found,) = (one for one, called in account_names(conn, world.hub.keyring, rows).items() if called == name)
    return found


def with_names(hub: Hub, rows: Iterable[Any]) -> list[SimpleNamespace]:
    """Return rows of calendars with their names, as ``ref`` and ``name``, by the latter."""
    rows = list(rows)
    with hub.database.reading() as conn:
        named = open_calendars(Opener(conn, hub.keyring), rows)
    both = [SimpleNamespace(**row._mapping, ref=one.ref, name=one.name) for row, one in zip(rows, named, strict=True)]
    return sorted(both, key=lambda one: (one.name, one.id))


def down(*hooks: str) -> Callable[[str], Exception | None]:
    """Return a switch that makes these hooks (all, if none is named) fail as a server that is down does."""
    return lambda hook: Retry("down", code="unreachable") if not hooks or hook in hooks else None
