"""Poll the calendars that are not pushed, at half of the age at which they would no longer be fresh."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import select

from hub.actions.effect import Effect, Repeat, Work
from hub.actions.sync import sync_calendar
from hub.core.errors import UnknownId
from hub.parts import Hub
from hub.store.calendar import Calendar
from hub.store.connection import DISCONNECTED, Connection
from hub.store.guard import Across
from hub.store.outbox import RUNNING, WAITING, Outbox, add_effect

_AT_ONCE = 500
_AFTER_FAILURE = 60
"""Seconds after which a calendar that could not be read is tried again."""


def poll_calendars(hub: Hub) -> int:
    """Put a look at each calendar that is due into the outbox, unless one waits there already; return how many."""
    now = hub.clock()
    waiting = select(Outbox.key).where(Outbox.kind == SYNC_CALENDAR.name, Outbox.state.in_((WAITING, RUNNING)))
    statement = (
        select(Calendar.business_id, Calendar.id)
        .join(Connection, Connection.id == Calendar.connection_id)
        .where(
            Calendar.checked,
            Calendar.read_at <= now - hub.settings.calendar_max_age // 2,
            sa.or_(Calendar.problem == "", Calendar.tried_at <= now - _AFTER_FAILURE),
            Connection.health != DISCONNECTED,
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
                payload, key = {"calendar_id": calendar_id}, f"sync:{calendar_id}"
                add_effect(
                    conn,
                    business_id=business_id,
                    kind=SYNC_CALENDAR.name,
                    key=key,
                    payload=payload,
                    due_at=now,
                    now=now,
                )
    return len(due)


def _sync(hub: Hub, work: Work) -> None:
    try:
        sync_calendar(hub, work.business_id, work.payload["calendar_id"])
    except UnknownId:
        return  # the calendar is gone: nothing is left to look at


SYNC_CALENDAR = Effect("sync_calendar", Repeat.SAFE, _sync)
