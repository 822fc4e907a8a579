"""The state of the whole installation in figures: what metrics and `hub doctor` tell. Counts over all businesses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection as Conn
from sqlalchemy import Select, case, func, select

from hub.store.booking import Booking
from hub.store.calendar import Calendar
from hub.store.connection import DISCONNECTED, Connection
from hub.store.guard import Across
from hub.store.mail import Mail
from hub.store.outbox import DEAD, RUNNING, UNKNOWN, WAITING, Lease, Outbox
from hub.store.security import SecurityEvent

HOUR = 3600

Counts = Mapping[tuple[str, ...], int]


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts by the names of what is counted.

    ``outbox`` by state and kind, without what is done. ``oldest_waiting``: seconds for which the longest due row
    waits, 0 for none. ``bookings`` that end in the future, by state and calendar state. ``connections`` by provider
    and health. ``calendars`` that are checked and not disconnected, by ``fresh``, ``stale``, ``failing``, ``never``
    (read). ``mails`` by kind and state. ``security`` events of the last hour, by kind and outcome. ``leases``:
    seconds until each lapses, negative when it has.
    """

    outbox: Counts
    oldest_waiting: int
    bookings: Counts
    connections: Counts
    calendars: Counts
    mails: Counts
    security: Counts
    leases: Mapping[str, int]


def figures(conn: Conn, *, now: int, calendar_max_age: int, push_max_age: int = 0) -> Figures:
    """Return all figures, in eight queries however many businesses there are.

    ``calendar_max_age``: seconds after which a calendar is no longer fresh; ``push_max_age``, where it is longer: one
    whose watch lives.
    """
    oldest = select(func.min(Outbox.due_at)).where(Outbox.state == WAITING, Outbox.due_at <= now)
    due_at = conn.scalar(oldest.execution_options(across=Across.OPERATOR))
    leases = conn.execute(select(Lease.name, Lease.until).order_by(Lease.name))
    return Figures(
        outbox=outbox_counts(conn),
        oldest_waiting=0 if due_at is None else now - int(due_at),
        bookings=_counts(conn, (Booking.state, Booking.calendar_state), Booking.ends_at > now),
        connections=connection_counts(conn),
        calendars=calendar_counts(conn, now=now, max_age=calendar_max_age, push_max_age=push_max_age),
        mails=_counts(conn, (Mail.kind, Mail.state)),
        security=_counts(conn, (SecurityEvent.kind, SecurityEvent.outcome), SecurityEvent.at > now - HOUR),
        leases={str(name): int(until) - now for name, until in leases},
    )


def outbox_counts(conn: Conn) -> Counts:
    """Count the outbox by state and kind, without what is done: that is the past, and much."""
    open_or_bad = Outbox.state.in_((WAITING, RUNNING, DEAD, UNKNOWN))
    return _counts(conn, (Outbox.state, Outbox.kind), open_or_bad)


def connection_counts(conn: Conn) -> Counts:
    """Count the connections by provider and health."""
    return _counts(conn, (Connection.provider, Connection.health))


def calendar_counts(conn: Conn, *, now: int, max_age: int, push_max_age: int = 0) -> Counts:
    """Count the checked calendars of live connections by what may be offered from them; as `actions.fresh` does.

    One of which something was announced a moment ago counts as what it was before: it is being read.
    """
    oldest = case((Calendar.pushed_until > now, max(max_age, push_max_age)), else_=max_age)
    state = case(
        (Calendar.read_at == 0, "never"),
        (Calendar.problem != "", "failing"),
        (Calendar.read_at >= now - oldest, "fresh"),
        else_="stale",
    )
    statement = (
        select(state, func.count())
        .join(Connection, (Connection.id == Calendar.connection_id) & (Connection.business_id == Calendar.business_id))
        .where(Calendar.checked, Connection.health != DISCONNECTED)
        .group_by(state)
    )
    return _read(conn, statement)


def _counts(conn: Conn, by: Sequence[Any], *where: Any) -> Counts:
    return _read(conn, select(*by, func.count()).where(*where).group_by(*by))


def _read(conn: Conn, statement: Select[Any]) -> Counts:
    rows = conn.execute(statement.execution_options(across=Across.OPERATOR))
    return {tuple(map(str, names)): int(count) for *names, count in rows}
