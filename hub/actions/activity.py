"""What was done with an account: how often it was asked, for which purpose, when last, and what was refused.

Read from the counts of key uses, so no call is missing: none is made without its count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hub.actions.calendars import own_connection
from hub.core.purpose import Purpose
from hub.core.zones import check_zone
from hub.parts import Hub
from hub.store.business import find_business
from hub.store.key_use import refusals_since, uses_since

DAYS = 7
"""Local days that are shown, today among them."""


@dataclass(frozen=True, slots=True)
class Used:
    """One purpose in these days: ``count`` calls, the last at ``last_at`` (UTC seconds, to the minute)."""

    purpose: str
    count: int
    last_at: int


@dataclass(frozen=True, slots=True)
class RefusedCalls:
    """Calls that were not made. ``reason`` is a machine word (`core.trouble`)."""

    purpose: str
    reason: str
    count: int
    last_at: int


@dataclass(frozen=True, slots=True)
class ActiveDay:
    """A local day: calls by purpose, and how many were refused."""

    day: date
    uses: tuple[tuple[str, int], ...]
    refused: int


@dataclass(frozen=True, slots=True)
class Activity:
    """The last `DAYS` local days of a connection, in the zone of the business; days with nothing are there too."""

    zone: str
    uses: tuple[Used, ...]
    refused: tuple[RefusedCalls, ...]
    days: tuple[ActiveDay, ...]

    @property
    def total(self) -> int:
        """All calls that were made."""
        return sum(one.count for one in self.uses)


def activity(hub: Hub, business_id: str, connection_id: str, *, holder_id: str | None = None) -> Activity:
    """Return what was done with a connection lately; with ``holder_id`` one of somebody else is unknown.

    Raises UnknownId.
    """
    with hub.database.reading() as conn:
        zone = find_business(conn, business_id).zone
        own_connection(conn, business_id, connection_id, holder_id)
        days = _days(hub.clock(), zone)
        since = _minute(days[0], zone)
        uses: Sequence[Any] = uses_since(conn, business_id, connection_id, since)
        refusals: Sequence[Any] = refusals_since(conn, business_id, connection_id, since)
    counted: dict[date, dict[str, int]] = {one: defaultdict(int) for one in days}
    refused: dict[date, int] = dict.fromkeys(days, 0)
    for row in uses:
        counted.setdefault(_day(row.minute, zone), defaultdict(int))[row.purpose] += row.count
    for row in refusals:
        refused[_day(row.minute, zone)] = refused.get(_day(row.minute, zone), 0) + row.count
    return Activity(
        zone,
        tuple(Used(key[0], *found) for key, found in _sums(uses, "purpose")),
        tuple(RefusedCalls(key[0], key[1], *found) for key, found in _sums(refusals, "purpose", "reason")),
        tuple(ActiveDay(one, tuple(_ordered(counted[one])), refused[one]) for one in reversed(days)),
    )


def _sums(rows: Iterable[Any], *names: str) -> list[tuple[tuple[str, ...], tuple[int, int]]]:
    """Return count and last instant of what is the same in these columns, in the order of the purposes."""
    found: dict[tuple[str, ...], tuple[int, int]] = {}
    for row in rows:
        key = tuple(getattr(row, name) for name in names)
        count, last = found.get(key, (0, 0))
        found[key] = count + row.count, max(last, row.minute * 60)
    return sorted(found.items(), key=lambda one: (_place(one[0][0]), one[0]))


def _ordered(counts: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda one: (_place(one[0]), one[0]))


def _place(purpose: str) -> int:
    known = list(map(str, Purpose))
    return known.index(purpose) if purpose in known else len(known)


def _days(now: int, zone: str) -> list[date]:
    today = datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(check_zone(zone))).date()
    return [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]


def _minute(day: date, zone: str) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp()) // 60


def _day(minute: int, zone: str) -> date:
    return datetime.fromtimestamp(minute * 60, UTC).astimezone(ZoneInfo(zone)).date()
