"""What is kept of a connection after it is disconnected, how much and until when: known before, and true afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import func, select

from hub.actions.calendars import own_connection
from hub.core.errors import PluginBroken
from hub.core.provider import Revocation
from hub.parts import Hub
from hub.store.booking import BookingEvent
from hub.store.calendar import Calendar
from hub.store.connection import DISCONNECTED, Credential
from hub.store.consent import Consent
from hub.store.ending import forget_calendars
from hub.store.key_use import CallRefusal, KeyUse
from hub.store.ledger import LedgerContent
from hub.store.outage import HealthChange
from hub.store.outbox import Outbox
from hub.store.security import SecurityEvent
from hub.store.watch import Watch

CALENDAR_DAYS = 30
"""Days after a disconnect for which the names of its calendars are kept."""

_DAY = 86_400
_SECURITY_DAYS = 400


@dataclass(frozen=True, slots=True)
class Kept:
    """One kind of thing that stays. ``until`` is in UTC seconds, or None: then ``how_long`` says until what.

    ``count`` is None for what goes on growing: each attempt at the provider is one more.
    """

    what: str
    title: str
    count: int | None
    until: int | None
    how_long: str


def residue(hub: Hub, business_id: str, connection_id: str, *, holder_id: str | None = None) -> tuple[Kept, ...]:
    """Return what stays of a connection: of a live one, what would stay if it were disconnected now.

    With ``holder_id`` only that staff member's own connections. Raises UnknownId.
    """
    with hub.database.reading() as conn:
        row = own_connection(conn, business_id, connection_id, holder_id)
        ended = row.health == DISCONNECTED
        at = row.health_at if ended else hub.clock()
        counts = {name: count(conn, business_id, connection_id) for name, count in COUNTS.items()}
        ends = {"watches": _last_watch(conn, business_id, connection_id)}
    if not ended:
        counts["permission"] = int(_is_revoked_there(hub, row.provider))
    days = {"calendars": CALENDAR_DAYS, "security": _SECURITY_DAYS}
    found = []
    for what, title, how_long in _KINDS:
        count = None if what in _GROWING else counts.get(what, 1)
        if count != 0:
            until = at + days[what] * _DAY if what in days else ends.get(what)
            found.append(Kept(what, title, count, until, how_long))
    return tuple(found)


def forget_old_calendars(hub: Hub) -> None:
    """Delete the names and ids of calendars whose connection ended 30 days ago, and has not come back."""
    before = hub.clock() - CALENDAR_DAYS * _DAY
    while True:
        with hub.database.writing() as conn:
            if not forget_calendars(conn, before):
                return


def _is_revoked_there(hub: Hub, provider: str) -> bool:
    try:
        return hub.registry.provider(provider).revocation is not Revocation.NONE
    except PluginBroken:
        return True


_Count = Callable[[sa.Connection, str, str], int]


def _of(table: Any, *more: Any) -> _Count:
    def count(conn: sa.Connection, business_id: str, connection_id: str) -> int:
        mine = table.business_id == business_id, table.connection_id == connection_id
        return conn.execute(select(func.count()).select_from(table).where(*mine, *more)).scalar_one()

    return count


def _events(conn: sa.Connection, business_id: str, connection_id: str) -> int:
    mine = Calendar.business_id == business_id, Calendar.connection_id == connection_id
    events = BookingEvent.business_id == business_id, BookingEvent.calendar_id == Calendar.id
    return conn.execute(select(func.count()).select_from(BookingEvent).where(*mine, *events)).scalar_one()


def _noted(conn: sa.Connection, business_id: str, connection_id: str) -> int:
    mine = SecurityEvent.within == business_id, SecurityEvent.about == connection_id
    return conn.execute(select(func.count()).select_from(SecurityEvent).where(*mine)).scalar_one()


def _last_watch(conn: sa.Connection, business_id: str, connection_id: str) -> int | None:
    mine = Watch.business_id == business_id, Watch.connection_id == connection_id
    until: int | None = conn.execute(select(func.max(Watch.until)).where(*mine)).scalar_one()
    return until


def _tasks(conn: sa.Connection, business_id: str, connection_id: str) -> int:
    mine = Outbox.business_id == business_id, Outbox.key.endswith(f":{connection_id}")
    return conn.execute(select(func.count()).select_from(Outbox).where(*mine)).scalar_one()


COUNTS: dict[str, _Count] = {
    "permission": _of(Credential),
    "bookings": _events,
    "calendars": _of(Calendar, Calendar.ref_hash != ""),
    "watches": _of(Watch),
    "consents": _of(Consent),
    "uses": _of(KeyUse),
    "refusals": _of(CallRefusal),
    "health": _of(HealthChange),
    "ledger": _of(LedgerContent),
    "security": _noted,
    "tasks": _tasks,
}
"""How much of each kind there is now."""

_GROWING = frozenset({"consents", "uses", "refusals", "health", "ledger", "security", "tasks"})

_KINDS = (
    (
        "permission",
        "The sealed permission, to end it at the provider and for nothing else",
        "until the provider has ended it",
    ),
    ("bookings", "Bookings whose event stands in one of its calendars, and those events", "with each booking"),
    ("calendars", "Names of its calendars, and their ids at the provider", "unless it is connected again before"),
    (
        "watches",
        "Notices that one of its calendars changed, which the provider may go on sending; the hub does not read them",
        "until they run out there",
    ),
    (
        "connection",
        "That there was this connection: provider, name of the account, who connected it, when it ended",
        "as long as the business is a client",
    ),
    (
        "consents",
        "What its owner agreed to, and that this ended: the proof of both",
        "as long as the business is a client",
    ),
    ("uses", "How often it was used, in which minutes and for what", "as long as the business is a client"),
    ("refusals", "How often a use was refused, in which minutes and why", "as long as the business is a client"),
    ("health", "When it worked and when not, and why not", "as long as the business is a client"),
    ("ledger", "Entries of the ledger that prove what was done with it", "as long as the installation"),
    ("security", "Security events: who connected and disconnected it", "400 days after each"),
    ("tasks", "Tasks that came from it", "30 days after each is done"),
)
