"""Keep the hub's copy of a calendar's busy times fresh, and see what has come to stand over a booking."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import delete, insert, select, update

from hub.actions.age import oldest_fresh
from hub.actions.ask import ask_provider
from hub.actions.conflicts import find_conflicts
from hub.actions.health import health_after, note_health, reason_of
from hub.actions.outside import lock_ours, note_outside
from hub.core.announced import Marks
from hub.core.calendar import Busy, Calendar, Changes, Window
from hub.core.errors import Gone, HubError, PluginBroken, ProviderError, UnknownId
from hub.core.purpose import Purpose
from hub.parts import Hub
from hub.store import calendar
from hub.store.booking import BookingEvent
from hub.store.booking_event import short_ref
from hub.store.connection import DISCONNECTED, Connection, find_for_account
from hub.store.service import Service
from hub.vault.names import open_calendar
from hub.vault.people import keyed_hashes

_BACK = 86_400
_MARGIN = 3 * 86_400
"""The last start within the horizon needs the time after it as well: a service and its buffer, a day each at most."""
_SPARE = 14 * 86_400
"""Read this much further than the longest horizon, so that a full read is needed every two weeks, not every search."""
QUOTA = "quota"
"""The code of a call that waits because too many were made lately."""
_TRIES = 3
"""Looks that are made when others overtake each, and none of them began after what was announced last."""


def sync_calendar(hub: Hub, business_id: str, calendar_id: str, *, until: int = 0) -> bool:
    """Bring the busy times of one calendar up to date; tell whether they are fresh now.

    Reads what changed since the cursor, or everything when there is none, when it is too old, or when the known window
    ends before ``until`` (UTC seconds). What was announced before the provider is asked counts as read afterwards, and
    nothing that came later. Never raises for the provider's faults: they become the calendar's ``problem`` and the
    connection's health, and its slots are withheld. A result that another sync has overtaken is thrown away; if that
    one began too early to know what was announced, this one looks again.
    """
    for _ in range(_TRIES):
        fresh = _look(hub, business_id, calendar_id, until)
        if fresh is not None:
            return fresh
    return False


def _look(hub: Hub, business_id: str, calendar_id: str, until: int) -> bool | None:
    """Look once; None if another look was faster and does not cover what this one was to."""
    now = hub.clock()
    with hub.database.reading() as conn:
        row = _calendar(conn, business_id, calendar_id)
        which = open_calendar(conn, hub.keyring, row)
        account = find_for_account(conn, business_id, row.connection_id)
        horizon = conn.execute(
            select(sa.func.max(Service.horizon)).where(Service.business_id == business_id, Service.active)
        ).scalar_one()
    begun = _begin(hub, business_id, row)
    needed = max(until, now + (horizon or 0) + _MARGIN)
    if row.cursor is None or needed > row.read_until:
        window, cursor = Window(now - _BACK, needed + _SPARE), None
    else:
        window, cursor = Window(row.read_from, row.read_until), row.cursor
    try:
        changes = _changes(hub, row, which, cursor, window)
    except (ProviderError, PluginBroken) as error:
        _note_problem(hub, business_id, row, error)
        return False
    with hub.database.writing() as conn:
        current = _calendar(conn, business_id, calendar_id, lock=True)
        if not current.checked or current.health == DISCONNECTED:
            return False  # let go meanwhile: what was read of it is to be gone
        if current.cursor != row.cursor or current.read_until != row.read_until:
            covered = current.known >= begun and current.cursor is not None
            return bool(current.problem == "") if covered else None
        marks = marks_of(current).end(begun)
        calendar.change_calendars(
            conn,
            business_id,
            [calendar_id],
            cursor=changes.cursor,
            read_from=window.start,
            read_until=window.end,
            read_at=now,
            tried_at=now,
            problem="",
            known=marks.known,
            taken_for=sorted(account.consent_purposes or ()),
            restricted=hub.registry.provider(account.provider).restricted,
        )
        # The connection is locked before bookings, and those before busy times, as everywhere.
        note_health(conn, business_id, row.connection_id, "ok", "", now)
        ours = _apply(hub, conn, row, which, changes, now)
        note_outside(conn, business_id, calendar_id, ours, window.end, now)
        if row.holder_id is not None:
            find_conflicts(conn, business_id, row.holder_id, now)
    return True


def marks_of(row: Any) -> Marks:
    """Return what was announced of a calendar's row, and what of it was read."""
    return Marks(row.announced, row.begun, row.known)


def _begin(hub: Hub, business_id: str, row: sa.Row[Any]) -> int:
    """Note that a look begins, where an announcement waits for one, and return what it will have read.

    Before the provider is asked: what is announced from now on may not be in its answer.
    """
    if not marks_of(row).is_waiting:
        return int(row.announced)
    table = calendar.Calendar
    mine = table.business_id == business_id, table.id == row.id
    with hub.database.writing() as conn:
        begun = conn.execute(update(table).where(*mine).values(begun=table.announced).returning(table.begun))
        return int(begun.scalar_one())


def _changes(hub: Hub, row: sa.Row[Any], which: Calendar, cursor: str | None, window: Window) -> Changes:
    def ask(cursor: str | None) -> Changes:
        answer = ask_provider(
            hub,
            row.business_id,
            row.connection_id,
            Purpose.CHECK_AVAILABILITY,
            "hub_changes",
            calendar=which,
            cursor=cursor,
            window=window,
        )
        assert isinstance(answer, Changes)
        return answer

    try:
        return ask(cursor)
    except Gone:
        return ask(None)


def _apply(hub: Hub, conn: sa.Connection, row: sa.Row[Any], which: Calendar, changes: Changes, now: int) -> list[str]:
    """Write down what changed, and return the coming bookings, locked, whose events it may concern."""
    business_id, calendar_id = row.business_id, row.id
    table = calendar.BusyTime
    mine = (table.business_id == business_id, table.calendar_id == calendar_id)
    hashed = {
        change.item: keyed_hashes(hub.keyring, business_id, "calendar item", change.item) for change in changes.items
    }
    items = None if changes.complete else [one for some in hashed.values() for one in some]
    gone = [] if changes.complete else [change.item for change in changes.items if not change.busy]
    refs = [short_ref(one, which.ref) for one in gone]
    uids = [busy.uid for change in changes.items for busy in change.busy or () if _is_ours(busy)]
    concerned = lock_ours(conn, business_id, calendar_id, items, refs, uids, now)
    if changes.complete:
        conn.execute(delete(table).where(*mine))
    elif items:
        conn.execute(delete(table).where(*mine, table.item.in_(items)))
    ours = _ours(conn, business_id, [one for change in changes.items for one in change.busy or ()])
    rows = [
        {
            "calendar_id": calendar_id,
            "business_id": business_id,
            "item": hashed[change.item][0],
            "n": n,
            "starts_at": busy.start,
            "ends_at": busy.end,
            "kind": busy.kind,
            "booking_id": ours.get(busy.uid),
        }
        for change in changes.items
        for n, busy in enumerate(change.busy or ())
    ]
    if rows:
        conn.execute(insert(table), rows)
    return concerned


def _ours(conn: sa.Connection, business_id: str, found: Sequence[Busy]) -> dict[str, str]:
    """Return the bookings behind those events that the hub wrote itself, by their uid."""
    uids = [busy.uid for busy in found if _is_ours(busy)]
    if not uids:
        return {}
    statement = select(BookingEvent.uid, BookingEvent.booking_id).where(
        BookingEvent.business_id == business_id, BookingEvent.uid.in_(uids)
    )
    return {row.uid: row.booking_id for row in conn.execute(statement)}


def _is_ours(busy: Busy) -> bool:
    return busy.uid.startswith("frontdesk-")


def _note_problem(hub: Hub, business_id: str, row: sa.Row[Any], error: HubError) -> None:
    now = hub.clock()
    if error.code == QUOTA and now - row.read_at <= oldest_fresh(hub, row, now):  # it waits for its turn: that is all
        with hub.database.writing() as conn:
            calendar.change_calendars(conn, business_id, [row.id], tried_at=now)
        return
    health, reason = health_after(error), reason_of(error)
    with hub.database.writing() as conn:
        if _calendar(conn, business_id, row.id, lock=True).epoch != row.epoch:
            return  # the account was connected again, or ended, since it was asked
        calendar.change_calendars(conn, business_id, [row.id], problem=reason, tried_at=now)
        note_health(conn, business_id, row.connection_id, health, reason, now, epoch=row.epoch)


def _calendar(conn: sa.Connection, business_id: str, calendar_id: str, *, lock: bool = False) -> sa.Row[Any]:
    table = calendar.Calendar
    statement = (
        select(table.__table__, Connection.health, Connection.epoch)
        .join(Connection, Connection.id == table.connection_id)
        .where(table.business_id == business_id, table.id == calendar_id, Connection.business_id == business_id)
    )
    if lock:
        statement = statement.with_for_update(of=table, key_share=True)
    row = conn.execute(statement).one_or_none()
    if row is None:
        raise UnknownId("calendar", calendar_id)
    return row
