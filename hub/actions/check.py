"""The live check: ask the calendars themselves, just before a time is promised."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select

from hub.actions.ask import ask_provider
from hub.actions.schedule import calendars_of, counts_as_busy
from hub.core.calendar import Busy, Calendar, Window
from hub.core.errors import HubError, Tampered
from hub.core.purpose import Purpose
from hub.parts import Hub
from hub.store.booking import BookingEvent
from hub.store.business import Business, find_business
from hub.store.prepared import MANY, prepared
from hub.vault.names import open_calendars
from hub.vault.texts import Opener

_BUDGET = 8.0
"""Seconds: a customer waits for this check."""

_log = logging.getLogger(__name__)


class Verdict(StrEnum):
    """What the live check found."""

    FREE = "free"
    BUSY = "busy"
    OPEN = "open"  # a calendar could not be asked: nobody knows


@dataclass(frozen=True, slots=True)
class Question:
    """Calendars to ask, by connection; events with these uids (``ours``) do not count in the answers.

    There are no calendars for a connection of which a name cannot be read: nobody knows then.
    """

    business: Business
    connections: Mapping[str, Sequence[Calendar]]
    ours: frozenset[str]


def check_live(
    hub: Hub,
    business_id: str,
    holders: Collection[str],
    window: Window,
    *,
    booking_id: str = "",
    moved_to: Window | None = None,
    budget: float = _BUDGET,
) -> Verdict:
    """Ask every checked calendar of these holders for just that window: one call a connection, all at once.

    As `whom_to_ask` and `ask_all`, after one another.
    """
    with hub.database.reading() as conn:
        question = whom_to_ask(hub, conn, business_id, holders, booking_id=booking_id)
    return ask_all(hub, question, window, moved_to=moved_to, budget=budget)


def whom_to_ask(
    hub: Hub, conn: sa.Connection, business_id: str, holders: Collection[str], *, booking_id: str = ""
) -> Question:
    """Return what is asked about the time of these holders.

    The booking's own events do not count, nor do those that the hub is about to change.
    """
    rows = calendars_of(conn, business_id, holders)
    opener, connections = Opener(conn, hub.keyring), dict[str, Sequence[Calendar]]()
    for connection_id, mine in groupby(sorted(rows, key=_connection_of), _connection_of):
        try:
            connections[connection_id] = open_calendars(opener, mine)
        except Tampered:
            connections[connection_id] = ()
    ours = _not_counting(conn, business_id, booking_id, [row.id for row in rows])
    return Question(find_business(conn, business_id), connections, ours)


def ask_all(
    hub: Hub, question: Question, window: Window, *, moved_to: Window | None = None, budget: float = _BUDGET
) -> Verdict:
    """Ask the calendars themselves, all at once, and return what they say of the window.

    ``moved_to`` is where the booking's event was moved by hand: a provider that names no events shows it there as a
    busy time without uid. Holds no transaction and never raises for a provider's fault, nor for one that takes longer
    than the ``budget`` (seconds): that is OPEN. A calendar that is busy is BUSY even if another one could not be asked.
    """
    if not question.connections:
        return Verdict.FREE
    tasks = [hub.callers.submit(_ask, hub, question, one, window, moved_to) for one in question.connections]
    wait(tasks, timeout=budget)
    verdicts = {_verdict(task) for task in tasks}
    return next(verdict for verdict in (Verdict.BUSY, Verdict.OPEN, Verdict.FREE) if verdict in verdicts)


def _verdict(task: Future[Verdict]) -> Verdict:
    if not task.done():
        task.cancel()  # if it has not begun
        return Verdict.OPEN
    problem = task.exception()
    if problem is not None:  # what the plugin answered makes no sense: that is not free
        _log.error("an answer to the live check could not be read: %s", type(problem).__name__)
        return Verdict.OPEN
    return task.result()


def _not_counting(conn: sa.Connection, business_id: str, booking_id: str, calendars: Sequence[str]) -> frozenset[str]:
    """Return the uids of events that say nothing: the claims know better where those bookings are by now.

    Others of ours do count: where one was moved in the calendar by hand, somebody is busy.
    """
    return frozenset(_passing(conn, business_id=business_id, booking_id=booking_id, calendars=calendars).scalars())


@prepared
def _passing(business_id: Any, booking_id: Any, calendars: Any = MANY) -> sa.Executable:
    mine = BookingEvent.business_id == business_id, BookingEvent.calendar_id.in_(calendars)
    passing = sa.or_(BookingEvent.booking_id == booking_id, BookingEvent.wanted != BookingEvent.shown)
    return select(BookingEvent.uid).where(*mine, passing)


def _connection_of(row: sa.Row[Any]) -> str:
    return str(row.connection_id)


def _ask(hub: Hub, question: Question, connection_id: str, window: Window, moved_to: Window | None) -> Verdict:
    business, ours, calendars = question.business, question.ours, question.connections[connection_id]
    if not calendars:
        return Verdict.OPEN
    try:
        answer = ask_provider(
            hub,
            business.id,
            connection_id,
            Purpose.PREVENT_CONFLICTS,
            "hub_free_busy",
            calendars=calendars,
            window=window,
        )
    except HubError:
        return Verdict.OPEN
    if any(one.ref not in answer for one in calendars):
        return Verdict.OPEN
    busy: list[Busy] = [one for found in answer.values() for one in found]
    if moved_to is not None:
        busy = [one for one in busy if one.uid or (one.start, one.end) != (moved_to.start, moved_to.end)]
    blocking = (
        one.end > window.start and one.start < window.end and one.uid not in ours and counts_as_busy(business, one.kind)
        for one in busy
    )
    return Verdict.BUSY if any(blocking) else Verdict.FREE
