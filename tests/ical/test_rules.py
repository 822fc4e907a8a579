from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.core.calendar import Window
from hub.core.errors import InputError
from hub.ical.budget import BUDGET, Meter
from hub.ical.expand import busy_in
from hub.ical.rules import Rule

Wrap = Callable[..., bytes]

NAMES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kolkata", "UTC")


def walls(text: str, start: str, low: str, high: str, *, days: bool = False, steps: int = 10_000) -> list[str]:
    meter = Meter("steps", steps)
    found = Rule(text).walls(*map(datetime.fromisoformat, (start, low, high)), meter, days=days)
    return [wall.isoformat(sep=" ", timespec="minutes") for wall in found]


# A second, simple-minded opinion: walk over every day and ask whether the rule means it.


@dataclass(frozen=True)
class Series:
    zone: str
    start: date
    at: time
    minutes: int
    frequency: str
    interval: int
    days: frozenset[int]
    count: int | None
    until: date | None
    excluded: frozenset[date]

    def text(self) -> str:
        rule = f"FREQ={self.frequency};INTERVAL={self.interval}"
        if self.days:
            rule += ";BYDAY=" + ",".join(NAMES[day] for day in sorted(self.days))
        if self.count:
            rule += f";COUNT={self.count}"
        elif self.until:
            rule += f";UNTIL={self.until:%Y%m%d}"
        lines = [
            "UID:series",
            f"DTSTART;TZID={self.zone}:{self.start:%Y%m%d}T{self.at:%H%M%S}",
            f"DURATION:PT{self.minutes}M",
            f"RRULE:{rule}",
            *(f"EXDATE;TZID={self.zone}:{day:%Y%m%d}T{self.at:%H%M%S}" for day in self.excluded),
        ]
        return "\n".join(lines)

    def means(self, day: date) -> bool:
        if self.frequency == "DAILY":
            turn = (day - self.start).days
            fits = not self.days or day.weekday() in self.days
        elif self.frequency == "WEEKLY":
            turn = (monday(day) - monday(self.start)).days // 7
            fits = day.weekday() in (self.days or {self.start.weekday()})
        else:
            turn = (day.year - self.start.year) * 12 + day.month - self.start.month
            fits = day.weekday() in self.days if self.days else day.day == self.start.day
        return fits and turn % self.interval == 0

    def dates(self, last: date) -> Iterator[date]:
        day, made = self.start, 0
        while day <= last:
            if self.means(day):
                made += 1
                if (self.count and made > self.count) or (not self.count and self.until and day > self.until):
                    return
                yield day
            elif day == self.start:
                yield day
            day += timedelta(days=1)

    def busy(self, window: Window) -> list[tuple[int, int]]:
        last = datetime.fromtimestamp(window.end, UTC).date() + timedelta(days=2)
        found = []
        for day in self.dates(last):
            start = int(datetime.combine(day, self.at, zoneinfo.ZoneInfo(self.zone)).timestamp())
            end = start + self.minutes * 60
            if self.minutes >= 24 * 60:  # a day may be meant by the clock on the wall: the longer of the two is busy
                wall = datetime.combine(day, self.at) + timedelta(minutes=self.minutes)
                end = max(end, int(wall.replace(tzinfo=zoneinfo.ZoneInfo(self.zone)).timestamp()))
            if day not in self.excluded and start < window.end and end > window.start:
                found.append((start, end))
        return sorted(found)


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


@st.composite
def series_and_windows(draw: st.DrawFn) -> tuple[Series, Window]:
    start = draw(st.dates(date(1999, 1, 1), date(2030, 12, 31)))
    excluded = draw(st.frozensets(st.integers(0, 120), max_size=4))
    series = Series(
        zone=draw(st.sampled_from(ZONES)),
        start=start,
        at=draw(st.times(max_value=time(23, 59)).map(lambda at: at.replace(second=0, microsecond=0))),
        minutes=draw(st.integers(1, 3000)),
        frequency=draw(st.sampled_from(("DAILY", "WEEKLY", "MONTHLY"))),
        interval=draw(st.integers(1, 5)),
        days=draw(st.frozensets(st.integers(0, 6), max_size=3)),
        count=draw(st.none() | st.integers(1, 200)),
        until=draw(st.none() | st.integers(0, 700).map(lambda days: start + timedelta(days=days))),
        excluded=frozenset(start + timedelta(days=days) for days in excluded),
    )
    begin = int(datetime.combine(start, time(), UTC).timestamp()) + draw(st.integers(-20 * 24, 3 * 365 * 24)) * 3600
    return series, Window(begin, begin + draw(st.integers(1, 60 * 24)) * 3600)


@settings(max_examples=150, deadline=None)
@given(series_and_windows())
def test_series_agree_with_walking_over_every_day(wrap: Wrap, pair: tuple[Series, Window]) -> None:
    series, window = pair

    found = busy_in(wrap(series.text()), window, "UTC", frozenset(), BUDGET)

    assert [(busy.start, busy.end) for busy in found] == series.busy(window)


@settings(max_examples=60, deadline=None)
@given(
    frequency=st.sampled_from(("WEEKLY", "DAILY", "HOURLY", "MINUTELY")),
    interval=st.integers(1, 40),
    by=st.sampled_from(("", ";BYDAY=TU,SU", ";BYMONTH=2,3,11", ";BYDAY=MO,WE,FR;BYSETPOS=-1", ";BYMINUTE=0,30")),
    start=st.datetimes(datetime(2024, 1, 1), datetime(2024, 1, 20)),
)
def test_jumping_over_old_times_makes_the_same_times(frequency: str, interval: int, by: str, start: datetime) -> None:
    start = start.replace(second=0, microsecond=0)
    low, high = datetime(2024, 3, 1), datetime(2024, 3, 9)
    text = f"FREQ={frequency};INTERVAL={interval}{by}"

    def times(rule: Rule) -> list[datetime] | None:
        try:
            return list(rule.walls(start, low, high, Meter("steps", 10**6), days=False))
        except ValueError:  # a combination that no time can fulfil
            return None

    slow = Rule(text)
    slow._nearer = lambda start, low: start  # type: ignore[method-assign]

    assert times(Rule(text)) == times(slow)


def test_a_rule_jumps_to_the_span_and_is_charged_for_little() -> None:
    assert walls("FREQ=DAILY", "1970-01-01 10:00", "2026-03-10", "2026-03-12", steps=8) == [
        "2026-03-10 10:00",
        "2026-03-11 10:00",
    ]


def test_a_rule_with_a_count_is_charged_for_each_time_on_the_way() -> None:
    with pytest.raises(InputError) as caught:
        walls("FREQ=DAILY;COUNT=1000000000", "1970-01-01 10:00", "2026-03-10", "2026-03-12", steps=8)

    assert caught.value.code == "over_budget"


def test_a_yearly_rule_from_long_ago_keeps_its_years_and_its_time() -> None:
    assert walls("FREQ=YEARLY;INTERVAL=3;BYMONTH=10;BYDAY=-1SU", "1601-10-31 03:00", "2025-01-01", "2031-12-31") == [
        "2027-10-31 03:00",
        "2030-10-27 03:00",
    ]
    assert walls("FREQ=YEARLY;BYMONTH=2;BYDAY=1SU", "2025-01-31 03:00", "2025-01-01", "2025-12-31") == [
        "2025-02-02 03:00"
    ]


@pytest.mark.parametrize(
    ("rule", "start", "expected"),
    [
        ("FREQ=MONTHLY", "2026-01-31 09:00", ["2026-01-31 09:00", "2026-03-31 09:00"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "2026-01-31 09:00",
         ["2026-01-31 09:00", "2026-02-28 09:00", "2026-03-31 09:00"]),
        ("FREQ=MONTHLY;BYDAY=2TU", "2026-01-13 09:00", ["2026-01-13 09:00", "2026-02-10 09:00", "2026-03-10 09:00"]),
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            "2026-01-30 09:00",
            ["2026-01-30 09:00", "2026-02-27 09:00", "2026-03-31 09:00"],
        ),
        ("FREQ=YEARLY;BYYEARDAY=60", "2026-01-01 09:00", ["2026-03-01 09:00"]),
        ("FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=SU,MO;COUNT=3", "2026-03-01 09:00",
         ["2026-03-01 09:00", "2026-03-02 09:00", "2026-03-15 09:00"]),
        ("freq=weekly;interval=8", "2026-01-05 09:00", ["2026-01-05 09:00", "2026-03-02 09:00"]),
        ("FREQ=YEARLY;COUNT=-1", "2026-02-01 09:00", ["2026-02-01 09:00"]),
        ("FREQ=YEARLY;RSCALE=gregorian;SKIP=OMIT", "2026-02-01 09:00", ["2026-02-01 09:00"]),
    ],
)  # fmt: skip
def test_rules_of_rfc_5545(rule: str, start: str, expected: list[str]) -> None:
    assert walls(rule, start, "2026-01-01", "2026-03-31 23:59") == expected


def test_parts_about_the_time_of_day_mean_nothing_for_dates() -> None:
    rule = "FREQ=DAILY;COUNT=2;BYHOUR=9,15;BYMINUTE=30"

    assert walls(rule, "2026-03-01", "2026-03-01", "2026-03-31", days=True) == ["2026-03-01 00:00", "2026-03-02 00:00"]


@pytest.mark.parametrize(
    "text",
    ["", "INTERVAL=2", "FREQ=SOMETIMES", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;BYDAY=XX", "RSCALE=CHINESE;FREQ=YEARLY"],
)
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises((InputError, ValueError)):
        Rule(text)
