"""Poll the calendars: those that are not pushed at half of the age at which they would no longer be fresh.

Pushed ones are looked at from time to time as well, because notifications can be lost, and whenever something was
announced of them that nobody has read.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import select

from hub.actions.age import pauses
from hub.actions.effect import Effect, Repeat, Work
from hub.actions.sync import marks_of, sync_calendar
from hub.core.errors import UnknownId
from hub.core.trouble import MENDS_ITSELF
from hub.parts import Hub
from hub.store.calendar import Calendar
from hub.store.connection import DISCONNECTED, Connection
from hub.store.guard import Across
from hub.store.outbox import RUNNING, WAITING, Outbox, add_effect

_AT_ONCE = 500
AFTER_FAILURE = 60
"""Seconds after which a calendar that could not be read is tried again, and..."""
AFTER_LOSS = 3600
"""...where the password was not taken. Servers lock accounts that are tried too often."""


def poll_calendars(hub: Hub) -> int:
    """Put a look at each calendar that is due into the outbox, unless one waits there already; return how many."""
    now = hub.clock()
    waiting = select(Outbox.key).where(Outbox.kind == SYNC_CALENDAR.name, Outbox.state.in_((WAITING, RUNNING)))
    pushed, polled = pauses(hub.settings)
    old = Calendar.read_at <= now - sa.case((Calendar.pushed_until > now, pushed), else_=polled)
    failed = sa.or_(Calendar.problem != "", Calendar.tried_at > Calendar.read_at)
    statement = (
        select(Calendar.business_id, Calendar.id)
        .join(Connection, Connection.id == Calendar.connection_id)
        .where(
            Calendar.checked,
            sa.or_(old, Calendar.announced > Calendar.known),
            sa.or_(~failed, Calendar.tried_at <= now - AFTER_FAILURE),
            sa.or_(Connection.health.not_in((DISCONNECTED, "needs_reconnect")), _may_mend(now)),
            (sa.literal("sync:") + Calendar.id).not_in(waiting),
        )
        .order_by(Calendar.read_at)
        .limit(_AT_ONCE)
        .execution_options(across=Across.SWEEP)
    )
    with hub.database.reading() as conn:
        due = conn.execute(statement).all()
    if due:
        with hub.database.writing() as conn:
            for business_id, calendar_id in due:
                add_look(conn, business_id, calendar_id, now, now)
    return len(due)


def _may_mend(now: int) -> sa.ColumnElement[bool]:
    """Lost because a server did not take a password: that may have been the server's own trouble."""
    lost = Connection.health == "needs_reconnect"
    return sa.and_(lost, Connection.health_reason.in_(MENDS_ITSELF), Calendar.tried_at <= now - AFTER_LOSS)


def add_look(conn: sa.Connection, business_id: str, calendar_id: str, due_at: int, now: int) -> None:
    """Put a look at one calendar into the outbox. It is not made if another one has made it needless by then."""
    add_effect(
        conn,
        business_id=business_id,
        kind=SYNC_CALENDAR.name,
        key=f"sync:{calendar_id}",
        payload={"calendar_id": calendar_id},
        due_at=due_at,
        now=now,
    )


def _sync(hub: Hub, work: Work) -> None:
    calendar_id, now = work.payload["calendar_id"], hub.clock()
    mine = Calendar.business_id == work.business_id, Calendar.id == calendar_id
    with hub.database.reading() as conn:
        row: Any = conn.execute(select(Calendar.__table__).where(*mine)).one_or_none()
    if row is None:
        return  # the calendar is gone: nothing is left to look at
    pause = pauses(hub.settings)[0 if row.pushed_until > now else 1]
    if row.read_at > now - pause and not marks_of(row).is_behind and not row.problem:
        return  # somebody looked meanwhile
    try:
        sync_calendar(hub, work.business_id, calendar_id)
    except UnknownId:
        return


SYNC_CALENDAR = Effect("sync_calendar", Repeat.SAFE, _sync)
