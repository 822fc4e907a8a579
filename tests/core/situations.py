"""Random but valid situations for availability, gathered around days on which clocks change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import strategies as st

from hub.core.calendar import Window
from hub.core.hours import DayWindow, Override, WeeklyHours
from hub.core.interval import Span
from hub.core.reason import Reason
from hub.core.service import Anchor, Service, StaffRule
from tests.core.oracle import Person

DAYS = tuple(
    (zone, date.fromisoformat(day))
    for zone, days in {
        "Europe/Berlin": "2027-03-28 2027-10-31 2027-06-16",
        "America/New_York": "2027-03-14 2027-11-07",
        "America/Santiago": "2027-04-04 2027-09-05",
        "America/Havana": "2027-03-14 2027-11-07",
        "Asia/Beirut": "2027-03-28 2027-10-31",
        "Australia/Lord_Howe": "2027-04-04 2027-10-03",
        "Asia/Kathmandu": "2027-05-05",
        "Asia/Kolkata": "2027-05-05",
    }.items()
    for day in days.split()
)
USUAL: tuple[tuple[Span, ...], ...] = (
    ((0, 1440),),
    ((540, 720), (780, 1020)),
    ((0, 150), (150, 300), (1320, 1440)),
    ((60, 1380),),
)
STEPS = (300, 600, 900, 1500, 1800, 2700, 3600)


@dataclass(frozen=True)
class Situation:
    """A service, the people and rooms it needs, what is searched, and the time at which that is done."""

    service: Service
    people: dict[str, Person]
    window: Window
    now: int


@st.composite
def cuts(draw: st.DrawFn, granularity: int = 15) -> tuple[Span, ...]:
    """Draw windows of a day in minutes, some of which touch."""
    marks = draw(st.sets(st.integers(0, 1440 // granularity).map(lambda part: part * granularity), max_size=5))
    return tuple(pair for pair in pairwise(sorted(marks)) if draw(st.integers(0, 3)))


@st.composite
def people(draw: st.DrawFn, name: str, zone: str, day: date, seconds: int = 60) -> Person:
    """Draw a holder whose times lie around the day; spans are multiples of ``seconds``."""
    middle = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    spans = st.tuples(st.integers(-86_400 // seconds, 2 * 86_400 // seconds), st.integers(1, 4 * 3600 // seconds)).map(
        lambda pair: (middle + pair[0] * seconds, middle + (pair[0] + pair[1]) * seconds)
    )
    near = st.integers(-1, 2).map(lambda days: day + timedelta(days=days))
    week = draw(st.lists(st.one_of(st.sampled_from(USUAL), cuts()), min_size=2, max_size=2))
    windows = tuple(DayWindow(weekday, *cut) for weekday in range(7) for cut in week[weekday % 2])
    claimed = draw(st.lists(spans, max_size=2))
    away = draw(st.sampled_from((0, 0, 1))) * [draw(spans)]
    return Person(
        name,
        WeeklyHours(zone, windows),
        overrides=(draw(st.builds(Override, near, cuts())),) if draw(st.integers(0, 3)) == 3 else (),
        time_off=tuple((start // 60 * 60, -(-end // 60) * 60) for start, end in away),
        holidays=tuple(draw(st.sampled_from(((), (), (), (day,))))),
        busy=tuple(sorted(draw(st.lists(spans, max_size=4)))),
        claimed=tuple(sorted(claimed)),
        booked=tuple(sorted(claimed)),
        withheld=draw(st.sampled_from([None] * 9 + [Reason.CALENDAR_STALE])),
    )


@st.composite
def situations(draw: st.DrawFn, seconds: int = 60) -> Situation:
    """Draw a whole situation; not all that the service names need be there."""
    zone, day = draw(st.sampled_from(DAYS))
    middle = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    start = middle + draw(st.integers(-18, 6)) * 3600 + draw(st.sampled_from((0, 0, 1234)))
    staff = ("ada", "ben", "cyd")[: draw(st.sampled_from((1, 1, 2, 2, 3, 3, 0)))]
    group = st.lists(st.sampled_from(("room", "chair", "van")), min_size=1, unique=True)
    groups = [draw(group) for _ in range(draw(st.sampled_from((0, 0, 1, 2))))]
    service = Service(
        id="visit",
        duration=draw(st.sampled_from((300, 900, 1800, 3600, 7200, 14_400))),
        step=draw(st.sampled_from(STEPS)),
        horizon=draw(st.sampled_from((86_400, 30 * 86_400))),
        before=draw(st.sampled_from((0, 0, 300, 900))),
        after=draw(st.sampled_from((0, 0, 600, 1800))),
        notice=draw(st.sampled_from((0, 7200))),
        anchor=draw(st.sampled_from(Anchor)),
        staff_rule=draw(st.sampled_from(StaffRule)),
        staff=staff,
        resources=tuple(tuple(one) for one in groups),
    )
    known = {}
    for name in [*staff, *dict.fromkeys(one for group in groups for one in group)]:
        other = draw(st.sampled_from((zone, zone, "Asia/Kathmandu")))
        if draw(st.integers(0, 15)) != 15:
            known[name] = draw(people(name, other, day, seconds))
    now = start + draw(st.sampled_from((-3 * 86_400, -3600, 0, 5000)))
    return Situation(service, known, Window(start, start + draw(st.integers(6, 40)) * 3600), now)
