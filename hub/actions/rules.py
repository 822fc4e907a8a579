"""What decides the times of a service and rarely changes: its rules, its holders, and when these work.

To read that takes seven statements and more time than the rest of a search for one time. So it is kept in memory, under
the word in the row of its business that every change of it replaces, in its own transaction
(`hub.store.business.rules_changed`). Who reads the row in the same transaction never gets an older state.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from threading import Lock
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select

from hub.core.calendar import Window
from hub.core.errors import UnknownId
from hub.core.hours import DayWindow, Openings, Override, WeeklyHours, always_open, open_spans
from hub.core.interval import Span
from hub.core.reason import Reason
from hub.core.service import Service
from hub.store import service
from hub.store.business import Business
from hub.store.holder import DayOverride, Holder, Holiday, TimeOff, WorkingHours
from hub.store.prepared import MANY, prepared

_DAY = 86_400
_MOST = 500
"""So many services are kept; the one that was not wanted for longest goes."""
_EVERY_HOUR = tuple(DayWindow(weekday, 0, 1440) for weekday in range(7))


@dataclass(frozen=True, slots=True)
class HolderHours:
    """When one holder works, in all times; ``withheld`` if nothing of theirs is offered at all.

    Holders with the same ``week`` share one object.
    """

    id: str
    always_open: bool
    withheld: Reason | None
    week: WeeklyHours
    overrides: tuple[Override, ...]
    time_off: tuple[Span, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Hours:
    """When holders of a business work, and the days on which it is closed."""

    holders: tuple[HolderHours, ...]
    holidays: frozenset[date]

    def openings(self, span: Window) -> dict[str, Openings]:
        """Return the openings of each of them that touch a span."""
        found: dict[str, Openings] = {}
        plain: dict[int, Openings] = {}  # by the week, which many share
        for one in self.holders:
            away = [(start, end) for start, end in one.time_off if end > span.start and start < span.end]
            if away or one.overrides:
                closed = frozenset[date]() if one.always_open else self.holidays
                found[one.id] = open_spans(one.week, span, overrides=one.overrides, time_off=away, holidays=closed)
                continue
            week = id(one.week)
            if week not in plain:
                plain[week] = always_open() if one.always_open else open_spans(one.week, span, holidays=self.holidays)
            found[one.id] = plain[week]
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """A service as it is offered, and when its holders work."""

    service: Service
    hours: Hours

    def openings(self, span: Window) -> dict[str, Openings]:
        """Return the openings of each holder for a span, and of the rest of its first and last day."""
        start, end = span.start // _DAY * _DAY, -(-span.end // _DAY) * _DAY
        return _openings(self.hours, Window(start, end))


def rules_of(conn: sa.Connection, business: Business, service_id: str) -> Rules:
    """Return a service of the business with everything about it that rarely changes.

    ``business`` is its row as this transaction, which sees one state of the data, read it. Raises UnknownId for a
    service of another business, and for one that is switched off.
    """
    key = business.id, service_id
    with _lock:
        stamp, rules = _kept.get(key, ("", None))
        if rules is not None and stamp == business.rules:
            _kept.move_to_end(key)
            return rules
    found = read_service(conn, business.id, service_id)
    holders = [*found.staff, *(one for group in found.resources for one in group)]
    rules = Rules(found, read_hours(conn, business.id, holders))
    if business.rules:  # one that never changed since there are such words has none
        with _lock:
            _kept[key] = business.rules, rules
            while len(_kept) > _MOST:
                _kept.popitem(last=False)
    return rules


def read_service(conn: sa.Connection, business_id: str, service_id: str, *, also_inactive: bool = False) -> Service:
    """Return a service; raise UnknownId if it is of another business, or switched off."""
    row = service.find_service(conn, business_id, service_id)
    if not (row.active or also_inactive):
        raise UnknownId("service", service_id)
    return service.rules_of(row, service.members_of(conn, business_id, [row.id])[row.id])


def read_hours(conn: sa.Connection, business_id: str, holders: Sequence[str]) -> Hours:
    """Return when these holders work, in one query a table."""
    given = {"business_id": business_id, "holders": list(holders)}
    days: dict[str, list[DayWindow]] = defaultdict(list)
    for one, weekday, starts, ends in _working_hours(conn, **given):
        days[one].append(DayWindow(weekday, starts, ends))
    exceptions: dict[str, list[Override]] = defaultdict(list)
    for one, day, windows in _overrides(conn, **given):
        exceptions[one].append(Override(day, tuple((start, end) for start, end in windows)))
    away: dict[str, list[Span]] = defaultdict(list)
    for one, start, end in _time_off(conn, **given):
        away[one].append((start, end))
    holidays = frozenset(_holidays(conn, business_id=business_id).scalars())
    weeks: dict[Any, WeeklyHours] = {}
    found = tuple(
        HolderHours(
            id=row.id,
            always_open=row.always_open,
            withheld=None if row.active else Reason.INACTIVE,
            week=_shared(weeks, row.zone, row.always_open, tuple(days[row.id])),
            overrides=tuple(exceptions[row.id]),
            time_off=tuple(away[row.id]),
        )
        for row in _holders(conn, **given)
    )
    return Hours(found, holidays)


def _shared(weeks: dict[Any, WeeklyHours], zone: str, always: bool, windows: tuple[DayWindow, ...]) -> WeeklyHours:
    key = zone, always, windows
    if key not in weeks:
        weeks[key] = WeeklyHours(zone, _EVERY_HOUR if always else windows)
    return weeks[key]


_kept: OrderedDict[tuple[str, str], tuple[str, Rules]] = OrderedDict()
_lock = Lock()


@lru_cache(maxsize=256)
def _openings(hours: Hours, span: Window) -> dict[str, Openings]:
    return hours.openings(span)


@prepared
def _working_hours(business_id: Any, holders: Any = MANY) -> sa.Executable:
    table = WorkingHours
    mine = table.business_id == business_id, table.holder_id.in_(holders)
    return select(table.holder_id, table.weekday, table.starts, table.ends).where(*mine)


@prepared
def _overrides(business_id: Any, holders: Any = MANY) -> sa.Executable:
    mine = DayOverride.business_id == business_id, DayOverride.holder_id.in_(holders)
    return select(DayOverride.holder_id, DayOverride.day, DayOverride.windows).where(*mine)


@prepared
def _time_off(business_id: Any, holders: Any = MANY) -> sa.Executable:
    mine = TimeOff.business_id == business_id, TimeOff.holder_id.in_(holders)
    return select(TimeOff.holder_id, TimeOff.starts_at, TimeOff.ends_at).where(*mine)


@prepared
def _holidays(business_id: Any) -> sa.Executable:
    return select(Holiday.day).where(Holiday.business_id == business_id)


@prepared
def _holders(business_id: Any, holders: Any = MANY) -> sa.Executable:
    table = Holder
    return select(table.id, table.zone, table.always_open, table.active).where(
        table.business_id == business_id, table.id.in_(holders)
    )
