"""Choose what the calendars of a connection stand for: whose busy times they are, and where bookings are written."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select, update

from hub.actions.conflicts import find_conflicts
from hub.actions.unwatch import end_watches
from hub.core.changes import changed_meanwhile, state_word
from hub.core.errors import InputError, StateError, UnknownId
from hub.core.purpose import Purpose
from hub.parts import Hub
from hub.store.calendar import UNREAD, Calendar, calendars_of_connections, change_calendars, forget_busy
from hub.store.claim import lock_holders
from hub.store.connection import DISCONNECTED, find_connection, find_for_account
from hub.store.ids import is_id

MOST_CALENDARS = 50
"""The most calendars that are checked for one holder: each is asked before every booking."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What one calendar stands for. With neither ``checked`` nor ``written`` it stands for nobody."""

    holder_id: str
    checked: bool = True
    written: bool = False


def choose_calendars(
    hub: Hub,
    business_id: str,
    connection_id: str,
    choices: Mapping[str, Choice | tuple[str, bool, bool]],
    *,
    holder_id: str | None = None,
    version: str = "",
) -> None:
    """Let calendars of a connection stand for staff members or resources: all of the choices, or none.

    ``choices`` maps a calendar's id to ``(holder, checked, written)``; calendars that are not named stay as they are.
    One calendar a holder is written to, over all connections: choosing another one lets the first go. With
    ``holder_id`` only that staff member's own connections, and for nobody else. With a ``version``
    (`choices_version` of what was looked at) raises StateError (``changed``) when somebody else chose meanwhile.
    Raises InputError for a calendar that cannot be written, two to write for one holder or too many to check,
    StateError for a connection that ended, UnknownId.
    """
    given = {one: what if isinstance(what, Choice) else Choice(*what) for one, what in choices.items()}
    with hub.database.writing() as conn:
        own_connection(conn, business_id, connection_id, holder_id)
        set_choices(conn, business_id, connection_id, given, hub.clock(), only=holder_id, version=version)


def choices_version(calendars: Iterable[Any]) -> str:
    """Return what stands for how the calendars of a connection are chosen: rows, or what people see of them."""
    return state_word(sorted((one.id, one.holder_id or "", one.checked, one.written) for one in calendars))


def unchoose(
    hub: Hub, business_id: str, connection_id: str, calendar_ids: Collection[str], *, holder_id: str | None = None
) -> None:
    """Let calendars of a connection stand for nobody, and forget what was read of them. Raises UnknownId."""
    with hub.database.writing() as conn:
        own_connection(conn, business_id, connection_id, holder_id)
        given = {one: Choice("", checked=False) for one in calendar_ids}
        set_choices(conn, business_id, connection_id, given, hub.clock())


def own_connection(conn: sa.Connection, business_id: str, connection_id: str, holder_id: str | None) -> sa.Row[Any]:
    """Return a connection's row. With ``holder_id`` one of somebody else is unknown: raises UnknownId."""
    row = find_connection(conn, business_id, connection_id)
    if holder_id is not None and row.holder_id != holder_id:
        raise UnknownId("connection", connection_id)
    return row


def set_choices(
    conn: sa.Connection,
    business_id: str,
    connection_id: str,
    choices: Mapping[str, Choice],
    now: int,
    *,
    only: str | None = None,
    version: str = "",
) -> None:
    """Set the choices in a writing transaction; see `choose_calendars`. ``only`` is whom they may stand for."""
    used = {one: what for one, what in choices.items() if what.checked or what.written}
    for what in used.values():
        if not is_id(what.holder_id) or (only is not None and what.holder_id != only):
            raise UnknownId("staff member or resource", what.holder_id)
    lock_holders(conn, business_id, {what.holder_id for what in used.values()})
    known = {row.id: row for row in calendars_of_connections(conn, business_id, [connection_id], lock=True)}
    for one in choices:
        if one not in known:
            raise UnknownId("calendar", one)
    if version and choices_version(known.values()) != version:
        raise changed_meanwhile("choice of calendars")
    connection = find_for_account(conn, business_id, connection_id)  # its calendars are locked: it does not end now
    if used and connection.health == DISCONNECTED:
        raise StateError("This account is disconnected; connect it again first.", code="ended")
    if any(what.written for what in used.values()) and Purpose.CREATE_EVENT not in (connection.consent_purposes or ()):
        raise InputError("calendar", "Nobody agreed to writing bookings into this account; connect it again to agree.")
    _check_written([(known[one], what) for one, what in used.items() if what.written])
    before = {known[one].holder_id for one in choices} - {None}
    for what in used.values():
        if what.written:
            _let_go(conn, business_id, what.holder_id)
    for one, what in used.items():
        values = {"holder_id": what.holder_id, "checked": what.checked, "written": what.written}
        change_calendars(conn, business_id, [one], **values)
    unused = [one for one in choices if one not in used]
    change_calendars(conn, business_id, unused, holder_id=None, checked=False, written=False)
    _check_many(conn, business_id, {what.holder_id for what in used.values()})
    _settle(conn, business_id, choices, before | {what.holder_id for what in used.values()}, now)


def release(conn: sa.Connection, business_id: str, calendars: Sequence[sa.Row[Any]], now: int) -> None:
    """Stop checking and writing locked calendars, and forget what was read. Whom they stood for is kept for later."""
    ids = [row.id for row in calendars]
    change_calendars(conn, business_id, ids, checked=False, written=False)
    _settle(conn, business_id, ids, {row.holder_id for row in calendars} - {None}, now)


def _check_written(wanted: Sequence[tuple[sa.Row[Any], Choice]]) -> None:
    taken: set[str] = set()
    for row, what in wanted:
        if not row.writable:
            raise InputError("calendar", "A calendar is read only; choose another one to write bookings to.")
        if what.holder_id in taken:
            raise InputError(
                "calendar", "Two calendars are to be written to for one staff member or resource; choose one of them."
            )
        taken.add(what.holder_id)


def _check_many(conn: sa.Connection, business_id: str, holders: Collection[str]) -> None:
    """Raise InputError if more calendars are checked for one of these locked holders than may be."""
    count = sa.func.count().label("many")
    mine = Calendar.business_id == business_id, Calendar.holder_id.in_(holders), Calendar.checked
    for row in conn.execute(select(Calendar.holder_id, count).where(*mine).group_by(Calendar.holder_id)):
        if row.many > MOST_CALENDARS:
            raise InputError(
                "calendar",
                f"{MOST_CALENDARS} calendars at most are checked for one staff member or resource; leave some out.",
            )


def _let_go(conn: sa.Connection, business_id: str, holder_id: str) -> None:
    """Take the mark off the calendar that is written to for a holder now."""
    mine = Calendar.business_id == business_id, Calendar.holder_id == holder_id
    conn.execute(update(Calendar).where(*mine, Calendar.written).values(written=False))


def _settle(
    conn: sa.Connection, business_id: str, calendars: Collection[str], holders: Collection[str], now: int
) -> None:
    """Forget what was read of those calendars that are not checked any more, and look for conflicts anew."""
    table = Calendar
    mine = table.business_id == business_id, table.id.in_(calendars)
    unchecked = list(conn.execute(select(table.id).where(*mine, ~table.checked)).scalars())
    end_watches(conn, business_id, unchecked, now)
    change_calendars(conn, business_id, unchecked, **UNREAD)
    for one in sorted(holders):
        find_conflicts(conn, business_id, one, now)  # bookings are locked before busy times, as everywhere
    forget_busy(conn, business_id, unchecked)
