"""The health of a connection: noted where it is seen, told to plugins when it changes, and to people when it matters.

The rules are those of `core.health`. Whoever calls has locked calendars before, if any; the connection is locked here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import func, select, update

from hub.actions.tell import tell
from hub.core.errors import HubError, NeedsReconnect
from hub.core.health import Condition, Health, News, Step, ended, failed, passed, warned, worked
from hub.core.trouble import known_reason
from hub.store.calendar import Calendar
from hub.store.connection import Connection
from hub.store.outage import add_change, add_outage, change_outage, drop_outage, open_outage
from hub.store.outbox import add_effect
from hub.store.outside import is_judging

_JUDGED = 3600
"""Seconds for which an event that seems to be changed may take to be judged, before people are told without it."""

TELL_HEALTH = "tell_health"
"""The kind of the effect that tells people (`actions.trouble`)."""


def health_after(error: HubError) -> str:
    """Return what an error of a call makes of the account's health: lost, when only its owner can mend it."""
    lost = isinstance(error, NeedsReconnect) or error.code == "consent"
    return Health.NEEDS_RECONNECT if lost else Health.FAILING


def reason_of(error: HubError) -> str:
    """Return the machine word for an error that health is noted with: of the list, whatever a plugin said."""
    return known_reason(error.code, type(error).code)


def note_health(
    conn: sa.Connection,
    business_id: str,
    connection_id: str,
    health: str,
    reason: str,
    now: int,
    *,
    epoch: int | None = None,
) -> None:
    """Note how a look at a connection, or a call of it, ended: ``ok``, ``failing`` or ``needs_reconnect``.

    What is found at one calendar says nothing of the others, so ``ok`` counts only when none of the checked ones has a
    problem. With an ``epoch`` nothing is noted of a connection that was ended or connected again since.
    """
    if health == Health.OK and (problem := _problem(conn, business_id, connection_id)):
        health, reason = Health.FAILING, problem
    known = _row(conn, business_id, connection_id)
    if known is None or (known.health, known.health_reason) == (health, reason):
        return  # as nearly always, and nobody waits for it
    row = _locked(conn, business_id, connection_id)
    if row is None or (epoch is not None and row.epoch != epoch):
        return
    before = _condition(conn, row)
    lost = health == Health.NEEDS_RECONNECT
    step = worked(before, now) if health == Health.OK else failed(before, reason, now, lost=lost)
    save(conn, business_id, connection_id, before, step, now)


def note_warning(conn: sa.Connection, business_id: str, connection_id: str, reason: str, now: int) -> bool:
    """Note what a provider said of an account: it is lost for that reason. False if it was so, or is disconnected."""
    row = _locked(conn, business_id, connection_id)
    if row is None or (row.health, row.health_reason) == (Health.NEEDS_RECONNECT, reason):
        return False
    before = _condition(conn, row)
    step = warned(before, reason, now)
    save(conn, business_id, connection_id, before, step, now)
    return bool(step[1])


def note_end(conn: sa.Connection, business_id: str, connection_id: str, now: int) -> None:
    """Note that a connection, which is marked as ended already, has no trouble any more."""
    row = _locked(conn, business_id, connection_id)
    if row is not None:
        before = replace(_condition(conn, row), health=Health.OK)
        after, _ = ended(before, row.health_reason, now)
        save(conn, business_id, connection_id, before, (after, ()), now)


def note_time(conn: sa.Connection, business_id: str, connection_id: str, now: int, patience: int) -> None:
    """Note that time passed: a trouble that lasts, and the end of one, become news."""
    row = _locked(conn, business_id, connection_id)
    if row is not None:
        before = _condition(conn, row)
        is_read = _is_read(conn, business_id, connection_id, before.since, now)
        step = passed(before, now, patience=patience, is_read=is_read)
        save(conn, business_id, connection_id, before, step, now)


def condition_of(conn: sa.Connection, business_id: str, connection_id: str) -> Condition | None:
    """Return how a connection is, locked; None for no such connection."""
    row = _locked(conn, business_id, connection_id)
    return None if row is None else _condition(conn, row)


def save(
    conn: sa.Connection, business_id: str, connection_id: str, before: Condition, step: Step, now: int
) -> str | None:
    """Write a step down and put its news into the outbox; return the id of the trouble that is open, if one is."""
    after, news = step
    if after == before and not news:
        return None
    if (after.health, after.reason, after.since) != (before.health, before.reason, before.since):
        mine = Connection.business_id == business_id, Connection.id == connection_id
        values = {"health": after.health, "health_reason": after.reason, "health_at": after.since}
        conn.execute(update(Connection).where(*mine).values(**values))
    if after.health is not before.health:
        add_change(conn, business_id, connection_id, after.health, after.reason, now)
    outage_id = _save_outage(conn, business_id, connection_id, after, now)
    if News.CHANGED in news:
        facts = {"business": business_id, "connection": connection_id, "health": str(after.health)}
        tell(conn, business_id, "hub_connection_changed", facts, now)
    for one in news:
        if one is not News.CHANGED and outage_id is not None:
            payload, key = {"outage": outage_id, "news": str(one)}, f"health:{connection_id}"
            add_effect(conn, business_id=business_id, kind=TELL_HEALTH, key=key, payload=payload, due_at=now, now=now)
    return outage_id


def _save_outage(conn: sa.Connection, business_id: str, connection_id: str, after: Condition, now: int) -> str | None:
    row = open_outage(conn, business_id, connection_id)
    if after.trouble_at is None:
        if row is None:
            return None
        if row.told_at is None:
            drop_outage(conn, business_id, row.id)
            return None
        change_outage(conn, business_id, row.id, ended_at=now)
        return str(row.id)
    values: dict[str, Any] = {"told_at": after.told_at, "settles_at": after.settles_at}
    values |= {"reason": after.reason} if after.reason else {}
    if row is not None:
        change_outage(conn, business_id, row.id, **values)
        return str(row.id)
    blind = _last_look(conn, business_id, connection_id) or after.trouble_at
    values |= {"began_at": after.trouble_at, "blind_from": min(blind, after.trouble_at)}
    return add_outage(conn, business_id, connection_id, **values)


def _locked(conn: sa.Connection, business_id: str, connection_id: str) -> sa.Row[*tuple[Any, ...]] | None:
    return _row(conn, business_id, connection_id, lock=True)


def _row(
    conn: sa.Connection, business_id: str, connection_id: str, *, lock: bool = False
) -> sa.Row[*tuple[Any, ...]] | None:
    mine = Connection.business_id == business_id, Connection.id == connection_id
    columns = Connection.business_id, Connection.id, Connection.epoch
    statement = select(*columns, Connection.health, Connection.health_reason, Connection.health_at).where(*mine)
    return conn.execute(statement.with_for_update(key_share=True) if lock else statement).one_or_none()


def _condition(conn: sa.Connection, row: sa.Row[*tuple[Any, ...]]) -> Condition:
    trouble = open_outage(conn, row.business_id, row.id)
    known = (trouble.began_at, trouble.told_at, trouble.settles_at) if trouble is not None else (None, None, None)
    return Condition(Health(row.health), row.health_reason, row.health_at, *known)


def _checked(business_id: str, connection_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    return Calendar.business_id == business_id, Calendar.connection_id == connection_id, Calendar.checked.is_(True)


def _problem(conn: sa.Connection, business_id: str, connection_id: str) -> str:
    """Return the problem of one of the checked calendars, empty if none has any."""
    query = select(Calendar.problem).where(*_checked(business_id, connection_id), Calendar.problem != "")
    return conn.execute(query.order_by(Calendar.id).limit(1)).scalar_one_or_none() or ""


def _is_read(conn: sa.Connection, business_id: str, connection_id: str, since: int, now: int) -> bool:
    """Tell whether all calendars were looked at, and each event in them that seemed changed was judged."""
    late = sa.or_(Calendar.read_at < since, Calendar.problem != "")
    if conn.execute(select(Calendar.id).where(*_checked(business_id, connection_id), late)).first() is not None:
        return False
    return not is_judging(conn, business_id, connection_id, now - _JUDGED)


def _last_look(conn: sa.Connection, business_id: str, connection_id: str) -> int | None:
    read = select(func.min(Calendar.read_at)).where(*_checked(business_id, connection_id), Calendar.read_at > 0)
    found: int | None = conn.execute(read).scalar_one_or_none()
    return found
