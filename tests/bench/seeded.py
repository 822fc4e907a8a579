"""The seeded sets for slot search: 20 people, 560 busy times each, the same in every language.

Integers only: ``x = 48271 * x mod (2^31 - 1)`` from 20270315, and ``draw(n)`` is the new ``x mod n``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

DAY0 = date(2027, 3, 15)
ZONE = "Europe/Berlin"


def g15() -> dict[str, Any]:
    """Return the set on a 15-minute grid: buffers of 15 minutes before and after."""
    return _seeded(15, (15, 30, 45, 60, 90), before=15, after=15)


def g5() -> dict[str, Any]:
    """Return the set on a 5-minute grid: buffers of 10 minutes before and 5 after."""
    return _seeded(5, (10, 15, 20, 25, 30, 40, 50, 60, 90), before=10, after=5)


def fingerprint(data: dict[str, Any]) -> str:
    """Return the first 16 hex digits of SHA-256 over the busy lists as compact JSON."""
    return hashlib.sha256(json.dumps(data["busy"], separators=(",", ":")).encode()).hexdigest()[:16]


def _seeded(grid: int, lengths: Sequence[int], *, before: int, after: int) -> dict[str, Any]:
    x = 20270315

    def draw(n: int) -> int:
        nonlocal x
        x = 48271 * x % 2147483647
        return x % n

    busy = []
    for _ in range(20):
        spans = []
        for week in range(14):
            for _ in range(40):
                day, start, length = draw(7), 420 + grid * draw(720 // grid), lengths[draw(len(lengths))]
                begin = _minute(DAY0 + timedelta(days=7 * week + day), start)
                spans.append([begin, begin + length])
        busy.append(sorted(spans))
    return {
        "tz": ZONE,
        "now": _minute(DAY0, 8 * 60 + 7),
        "day0": DAY0.isoformat(),
        "grid": grid,
        "durs": list(lengths),
        "before": before,
        "after": after,
        "notice": 120,
        "duration": 30,
        "step": 15,
        "busy": busy,
    }


def _minute(day: date, minute: int) -> int:
    """Return the UTC epoch minute of a local minute after midnight."""
    wall = datetime.combine(day, time(minute // 60, minute % 60), ZoneInfo(ZONE))
    return int(wall.astimezone(UTC).timestamp()) // 60
