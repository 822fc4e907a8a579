"""Slot search beside the plain sweep: ``python -m tests.bench.slots [FILE.json]``.

The file has ``tz``, ``now`` (epoch minutes), ``day0``, ``before``, ``after``, ``notice``, ``duration`` and ``step``
(minutes) and ``busy``: a list of ``[start, end]`` in epoch minutes for each staff member. Work is Monday to Friday,
09:00 to 17:00 local. Without a file the seeded set g15 is used.

*engine* is what an offer costs with the rows in memory: weekly hours to UTC, holders, `offer`. *cold* is the same
with an empty cache of local days, once. *control* is a two-pointer sweep over candidates that it is given ready-made,
in the same run, taken in turns with the engine. Figures are medians. Exit status 1 if the two ever disagree.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

from hub.core.availability import Holder, offer
from hub.core.calendar import Window
from hub.core.hours import DayWindow, WeeklyHours, open_spans
from hub.core.interval import Span
from hub.core.service import Anchor, Service, StaffRule
from hub.core.zones import local_day
from tests.bench.seeded import g15

QUERIES: dict[str, tuple[int | None, StaffRule]] = {
    "single": (1, StaffRule.ANY),
    "union": (None, StaffRule.ANY),
    "union3": (3, StaffRule.ANY),
    "collective": (5, StaffRule.ALL),
    "pairs": (None, StaffRule.ANY),
}
"""How many of the staff each query asks for (None: all there are), and how."""

Pair = tuple[int, str]
Answer = list[int] | list[Pair]


@dataclass(frozen=True, slots=True)
class Row:
    """One query over one horizon: the answer's size and hash, and medians in milliseconds."""

    days: int
    query: str
    count: int
    digest: str
    engine: float
    cold: float
    control: float
    agree: bool

    @property
    def ratio(self) -> float:
        """How many times the control's time the engine takes."""
        return self.engine / self.control


def rows(data: dict[str, Any], days: Sequence[int] = (30, 90), rounds: int = 31) -> list[Row]:
    """Run every query on the data and return a row for each."""
    return [_row(data, horizon, query, rounds) for horizon in days for query in QUERIES]


def engine(data: dict[str, Any], days: int, query: str, anchor: Anchor = Anchor.CLOCK) -> Callable[[], Answer]:
    """Return a call that answers the query through `offer`; only reading the rows is done beforehand."""
    size, rule = QUERIES[query]
    window, busy = _window(data, days), _touching(data, days)[:size]
    names = tuple(str(index) for index in range(len(busy)))
    weekly = WeeklyHours(data["tz"], tuple(DayWindow(weekday, 9 * 60, 17 * 60) for weekday in range(5)))
    service = Service(
        id=query,
        duration=data["duration"] * 60,
        step=data["step"] * 60,
        before=data["before"] * 60,
        after=data["after"] * 60,
        notice=data["notice"] * 60,
        horizon=366 * 86_400,
        anchor=anchor,
        staff_rule=rule,
        staff=names,
    )
    now = data["now"] * 60

    def run() -> Answer:
        holders = [Holder(name, open_spans(weekly, window), spans) for name, spans in zip(names, busy, strict=True)]
        found = offer(service, holders, window, now)
        return found.pairs() if query == "pairs" else found.starts

    return run


def control(data: dict[str, Any], days: int, query: str) -> Callable[[], Answer]:
    """Return a call that answers the query by sweeping each staff member's candidates and busy times together."""
    size, rule = QUERIES[query]
    candidates, busy = _candidates(data, days), _touching(data, days)[:size]
    before, tail = data["before"] * 60, (data["duration"] + data["after"]) * 60

    def sweep(spans: list[Span]) -> list[int]:
        free = []
        index, count, taken = 0, len(spans), 0
        for start in candidates:
            while index < count and spans[index][0] < start + tail:
                if spans[index][1] > taken:
                    taken = spans[index][1]
                index += 1
            if taken <= start - before:
                free.append(start)
        return free

    def run() -> Answer:
        each = [sweep(spans) for spans in busy]
        if query == "single":
            return each[0]
        if query == "pairs":
            return [(start, str(name)) for name, starts in enumerate(each) for start in starts]
        if rule is StaffRule.ALL:
            return sorted(set(each[0]).intersection(*each[1:]))
        return sorted(set().union(*each))

    return run


def digest(answer: Answer) -> str:
    """Return the first 16 hex digits of SHA-256 over the lines ``start`` or ``start|staff``."""
    lines = [_iso(one) if isinstance(one, int) else f"{_iso(one[0])}|{one[1]}" for one in answer]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.slots", description="Slot search beside a sweep.")
    parser.add_argument("file", nargs="?", type=Path, help="a data file; without one the seeded set g15")
    parser.add_argument("--rounds", type=int, default=31, help="runs of each query, taken in turns (31)")
    options = parser.parse_args(arguments)
    table = rows(json.loads(options.file.read_text()) if options.file else g15(), rounds=options.rounds)
    print(
        f"{'days':>4} {'query':<10} {'count':>6} {'hash':<16} {'engine ms':>9} {'cold ms':>8} {'control ms':>10} ratio"
    )
    for row in table:
        print(
            f"{row.days:>4} {row.query:<10} {row.count:>6} {row.digest} {row.engine:>9.3f} {row.cold:>8.3f}"
            f" {row.control:>10.3f} {row.ratio:>5.2f}{'' if row.agree else '  DISAGREE'}"
        )
    return 0 if all(row.agree for row in table) else 1


def _row(data: dict[str, Any], days: int, query: str, rounds: int) -> Row:
    ours, plain = engine(data, days, query), control(data, days, query)
    local_day.cache_clear()
    cold, answer = _timed(ours)
    agree = answer == plain()
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        taken[0].append(_timed(ours)[0])
        taken[1].append(_timed(plain)[0])
    return Row(days, query, len(answer), digest(answer), median(taken[0]), cold, median(taken[1]), agree)


def _timed(call: Callable[[], Answer]) -> tuple[float, Answer]:
    begin = perf_counter()
    answer = call()
    return (perf_counter() - begin) * 1000, answer


def _window(data: dict[str, Any], days: int) -> Window:
    first = date.fromisoformat(data["day0"])
    return Window(_midnight(first, data["tz"]), _midnight(first + timedelta(days=days), data["tz"]))


def _touching(data: dict[str, Any], days: int) -> list[list[Span]]:
    window = _window(data, days)
    seconds = [[(start * 60, end * 60) for start, end in spans] for spans in data["busy"]]
    return [[span for span in spans if span[0] < window.end and span[1] > window.start] for spans in seconds]


def _candidates(data: dict[str, Any], days: int) -> list[int]:
    """Return the marks of all working days, minute by minute from the wall clock: slow, plain and not timed."""
    zone, step = ZoneInfo(data["tz"]), data["step"]
    earliest = (data["now"] + data["notice"]) * 60
    found = []
    for offset in range(days):
        day = date.fromisoformat(data["day0"]) + timedelta(days=offset)
        if day.weekday() > 4:
            continue
        opens, closes = (int(datetime.combine(day, time(hour), zone).timestamp()) for hour in (9, 17))
        for start in range(opens, closes - data["duration"] * 60 + 1, 60):
            wall = datetime.fromtimestamp(start, zone)
            if start >= earliest and (wall.hour * 60 + wall.minute) % step == 0:
                found.append(start)
    return found


def _midnight(day: date, zone: str) -> int:
    return int(datetime.combine(day, time(), ZoneInfo(zone)).timestamp())


def _iso(instant: int) -> str:
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:00Z")


if __name__ == "__main__":
    sys.exit(main())
