"""The security events for those who may read them: everybody their own, an auditor those of their businesses."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, or_

from hub.actions.account import require
from hub.actions.sessions import User
from hub.core.network import network_of
from hub.core.page import Page, check_limit, cut, read_cursor
from hub.core.role import Right
from hub.core.security import Kind, Outcome
from hub.parts import Hub
from hub.store import security as store
from hub.store.ids import is_id
from hub.store.security import SecurityEvent
from hub.store.sign_in import key_names
from hub.store.user import user_names

_LIST = "security_events"
_EXPORTED = 500
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # the wide ones count in some programs
_ENDS = ("\t", "\r", "\n")
COLUMNS = ("time", "kind", "outcome", "actor", "actor_id", "about", "within", "route", "detail", "network", "device")


@dataclass(frozen=True, slots=True)
class Event:
    """One security event as `store.security.SecurityEvent` tells. ``address`` may be a network by now."""

    id: str
    at: int
    kind: str
    outcome: str
    actor: str
    actor_id: str
    about: str
    within: str
    route: str
    detail: str
    address: str
    device: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events: of a kind, with an outcome, by or about a user, in a business, from an instant until before one."""

    kind: Kind | None = None
    outcome: Outcome | None = None
    user_id: str = ""
    business_id: str = ""
    since: int | None = None
    until: int | None = None


def list_events(hub: Hub, by: User, wanted: Wanted = Wanted(), *, after: str = "", limit: int = 50) -> Page[Event]:
    """Return a page of events that ``by`` may see, newest first. Raises StateError (``not_allowed``) without the right.

    Who is limited to some businesses sees the events within those, and their own.
    """
    require(by, Right.AUDIT)
    return _page(hub, [*_conditions(wanted), *_visible(by)], after, limit)


def list_own_events(hub: Hub, by: User, *, after: str = "", limit: int = 50) -> Page[Event]:
    """Return a page of what a user did, and of what was tried at their account, newest first."""
    return _page(hub, [_own(by)], after, limit)


def export_events(hub: Hub, by: User, wanted: Wanted = Wanted()) -> Iterator[str]:
    """Give the events as lines of CSV, with the heading, as `list_events`; addresses are cut to their networks.

    The right is looked at before the first line. Read page by page: it may be a long list.
    """
    require(by, Right.AUDIT)
    return _lines(hub, [*_conditions(wanted), *_visible(by)])


def names_in(hub: Hub, events: Iterable[Event]) -> dict[str, str]:
    """Return the names of the console users and API keys that events tell of, by id."""
    ids = {one for event in events for one in (event.actor_id, event.about) if is_id(one)}
    with hub.database.reading() as conn:
        return {**user_names(conn, ids), **key_names(conn, ids)}


def _lines(hub: Hub, where: list[ColumnElement[bool]]) -> Iterator[str]:
    yield _line(COLUMNS)
    last: tuple[int, str] | None = None
    while True:
        with hub.database.reading() as conn:
            rows = store.list_events(conn, *where, after=last, limit=_EXPORTED)
        for row in rows:
            time = datetime.fromtimestamp(row.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            who = (row.actor, row.actor_id, row.about, row.within, row.route, row.detail)
            yield _line((time, row.kind, row.outcome, *who, network_of(row.address), row.device))
        if len(rows) < _EXPORTED:
            return
        last = (rows[-1].at, rows[-1].id)


def _page(hub: Hub, where: list[ColumnElement[bool]], after: str, limit: int) -> Page[Event]:
    place = read_cursor(_LIST, after, int, str)
    with hub.database.reading() as conn:
        rows = store.list_events(conn, *where, after=place, limit=check_limit(limit) + 1)
    return cut(_LIST, [_event(row) for row in rows], limit, lambda event: (event.at, event.id))


def _conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.kind is not None:
        yield SecurityEvent.kind == wanted.kind
    if wanted.outcome is not None:
        yield SecurityEvent.outcome == wanted.outcome
    if wanted.user_id:
        yield or_(SecurityEvent.actor_id == wanted.user_id, SecurityEvent.about == wanted.user_id)
    if wanted.business_id:
        yield SecurityEvent.within == wanted.business_id
    if wanted.since is not None:
        yield SecurityEvent.at >= wanted.since
    if wanted.until is not None:
        yield SecurityEvent.at < wanted.until


def _visible(by: User) -> Iterator[ColumnElement[bool]]:
    if not by.everywhere:
        yield or_(SecurityEvent.within.in_(sorted(by.businesses)), _own(by))


def _own(by: User) -> ColumnElement[bool]:
    return or_(SecurityEvent.actor_id == by.id, SecurityEvent.about == by.id)


def _event(row: Row[Any]) -> Event:
    who = (row.actor, row.actor_id, row.about, row.within, row.route, row.detail)
    return Event(row.id, row.at, row.kind, row.outcome, *who, row.address, row.device)


def _line(values: tuple[str, ...]) -> str:
    """Return a line of CSV. What a table program would take for a formula begins with an apostrophe."""
    out = io.StringIO()
    csv.writer(out).writerow([f"'{one}" if one.lstrip()[:1] in _FORMULA or one[:1] in _ENDS else one for one in values])
    return out.getvalue()
