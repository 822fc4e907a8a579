"""What the stand-in remembers: people, their calendars with a history of changes, and what they granted."""

from __future__ import annotations

import copy
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hub.testing.lab.google.errors import not_found
from hub.testing.lab.switches import Switches

Event = dict[str, Any]
_MOST_SEEN, _MOST_TOKENS = 100_000, 10_000
ROLES = ("none", "freeBusyReader", "reader", "writerWithoutPrivateAccess", "writer", "owner")
"""What somebody may do with a calendar, the least first (CalendarListEntry, ``accessRole``)."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account. ``sub`` never changes; ``email`` may."""

    sub: str
    email: str
    name: str
    zone: str = "Europe/Berlin"
    note: str = ""


@dataclass(slots=True)
class Past:
    """How an event was before a change; None where there was none."""

    number: int
    id: str
    before: Event | None


@dataclass(slots=True)
class StoredCalendar:
    """A calendar: its events as the API shows them, and how they came to be so.

    ``roles`` says by e-mail address what people may do; ``made_by`` is the client that made it, if one did, and
    ``written_by`` names the application that wrote an event, by the event's id.
    """

    id: str
    owner: str
    summary: str
    zone: str
    primary: bool = False
    made_by: str = ""
    roles: dict[str, str] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)
    written_by: dict[str, str] = field(default_factory=dict)
    past: list[Past] = field(default_factory=list)
    number: int = 0

    def keep(self, event: Event, now: int) -> Event:
        """Store an event in place of the one with its id, with a new entity tag."""
        self.number += 1
        before = self.events.get(event["id"])
        self.past.append(Past(self.number, event["id"], copy.deepcopy(before)))
        event["etag"] = f'"{self.number:x}{secrets.token_hex(4)}"'
        event["updated"] = rfc3339(now)
        self.events[event["id"]] = event
        return event

    def at(self, number: int) -> dict[str, Event]:
        """Return the events as they were after a change."""
        found = dict(self.events)
        for past in reversed(self.past):
            if past.number <= number:
                break
            if past.before is None:
                found.pop(past.id, None)
            else:
                found[past.id] = past.before
        return found


@dataclass(slots=True)
class StoredGrant:
    """What one person allowed one client. ``refresh`` holds the live refresh tokens, the oldest first.

    ``ends_with`` is the error with which a refresh is refused, and its subtype.
    """

    id: str
    sub: str
    client: str
    scopes: tuple[str, ...]
    since: int
    refresh: list[str] = field(default_factory=list)
    ends_with: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """An access token. ``until`` is when it ends, UTC seconds."""

    sub: str
    client: str
    scopes: frozenset[str]
    until: int


@dataclass(frozen=True, slots=True)
class Client:
    """The application as it is registered, with the addresses that owners may be sent back to."""

    id: str
    secret: str
    redirect_urls: tuple[str, ...]
    name: str = "Frontdesk"


class GoogleState:
    """Everything, under one lock. ``clock`` gives UTC seconds, ``folder`` keeps the key of id tokens.

    ``unknown_zones`` are zones that this machine knows and Google does not: its list is older than ours at times.
    """

    def __init__(self, client: Client, people: tuple[Person, ...], clock: Callable[[], int]) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.client = client
        self.switches = Switches()
        self.folder: Path | None = None
        self.people: dict[str, Person] = {person.sub: person for person in people}
        self.calendars: dict[str, StoredCalendar] = {}
        self.grants: dict[tuple[str, str], StoredGrant] = {}
        self.access: dict[str, Access] = {}
        self.codes: dict[str, dict[str, Any]] = {}
        self.asked: dict[str, Mapping[str, str]] = {}
        self.sync: dict[str, tuple[Any, ...]] = {}
        self.pages: dict[str, tuple[Any, ...]] = {}
        self.touched: Callable[[str], None] = lambda calendar: None
        self.lie: Callable[[str, dict[str, Any]], Any] | None = None
        self.seen: list[tuple[str, str]] = []
        self.unknown_zones: set[str] = set()
        for person in people:
            self.add_calendar(person.email, person, person.email, person.zone, primary=True)

    def note(self, method: str, path: str) -> None:
        """Note a request, and forget what is long past: a stand-in may run for days."""
        with self.lock:
            self.seen.append((method, path))
            if len(self.seen) > _MOST_SEEN:
                del self.seen[: _MOST_SEEN // 2]
            for tokens in (self.sync, self.pages):
                for old in list(tokens)[:-_MOST_TOKENS]:
                    del tokens[old]

    def add_calendar(
        self, ref: str, owner: Person, summary: str, zone: str, *, primary: bool = False, made_by: str = ""
    ) -> StoredCalendar:
        """Make a calendar."""
        made = StoredCalendar(ref, owner.email, summary, zone, primary, made_by, {owner.email: "owner"})
        with self.lock:
            self.calendars[ref] = made
        return made

    def calendar(self, ref: str, sub: str) -> StoredCalendar:
        """Return a calendar by its id, or somebody's own by the word ``primary``."""
        found = self.calendars.get(self.people[sub].email if ref == "primary" else ref)
        if found is None:
            raise not_found()
        return found

    def role(self, calendar: StoredCalendar, sub: str) -> str:
        """Return what somebody may do with a calendar, as the API words it."""
        return calendar.roles.get(self.people[sub].email, "none")


def rfc3339(seconds: int) -> str:
    """Return a moment as the API writes it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
