"""Time zones: what a TZID means, and which instants a wall clock time can be.

Order of lookup for a TZID: an IANA name, a Windows name, the VTIMEZONE of the same object, an IANA name at the end of
a path (``/mozilla.org/20050126_1/Europe/Berlin``). A TZID that none of them knows could be any zone of the world, so
its times are widened to all of them.
"""

from __future__ import annotations

import re
import zoneinfo
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Protocol

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

_EPOCH = datetime(1970, 1, 1)
_SECOND = timedelta(seconds=1)

_EASTMOST = timedelta(hours=14)
_WESTMOST = timedelta(hours=-12)

_LONGEST_ZONE_TEXT = 64 * 1024
_ZONE_LINE = re.compile(r"^(?:TZID|X-LIC-LOCATION)(?:;[^:\r\n]*)?:([^\r\n]*)", re.IGNORECASE | re.MULTILINE)


class Zone(Protocol):
    """Tells which instants a wall clock time can be."""

    def utc(self, wall: datetime) -> tuple[int, int]:
        """Return the earliest and the latest UTC second; they are the same unless the zone is unknown."""


@dataclass(frozen=True, slots=True)
class NamedZone:
    """A zone of the IANA database.

    A time that the clock skips keeps the offset from before the gap, one that it shows twice is the
    first (RFC 5545 3.3.5): what ``fold=0`` means in Python (PEP 495).
    """

    rules: zoneinfo.ZoneInfo

    def utc(self, wall: datetime) -> tuple[int, int]:
        """Return the instant, twice."""
        offset = wall.replace(tzinfo=self.rules, fold=0).utcoffset()
        instant = seconds(wall - (offset or timedelta()))
        return instant, instant


@dataclass(frozen=True, slots=True)
class UnknownZone:
    """A zone of which only the name is known, or not even that."""

    name: str

    def utc(self, wall: datetime) -> tuple[int, int]:
        """Return the span of all zones of the world."""
        return seconds(wall - _EASTMOST), seconds(wall - _WESTMOST)


def seconds(wall: datetime) -> int:
    """Return a naive time as seconds since 1970, without any zone."""
    return (wall - _EPOCH) // _SECOND


def naive(instant: int) -> datetime:
    """Return UTC seconds as a naive time, at most the last one that Python can name."""
    return _EPOCH + timedelta(seconds=min(instant, 253_402_214_400))


UTC = NamedZone(zoneinfo.ZoneInfo("UTC"))


def zone_named(tzid: str) -> NamedZone | None:
    """Return the zone of an IANA name (in any case) or a Windows name, or None."""
    name = tzid.strip().strip("/")
    key = _iana_names().get(name.lower()) or _iana_names().get(WINDOWS_TO_OLSON.get(name, "").lower())
    return NamedZone(zoneinfo.ZoneInfo(key)) if key else None


def zone_at_end_of(tzid: str) -> NamedZone | None:
    """Return the zone whose IANA name ends the path, the longest that fits, or None (RFC 5545 3.2.19)."""
    parts = tzid.strip().strip("/").split("/")[-6:]
    for start in range(1, len(parts)):
        # One last word alone is too little, except where a slash in front says that this is such a path.
        if start < len(parts) - 1 or tzid.lstrip().startswith("/"):
            zone = zone_named("/".join(parts[start:]))
            if zone is not None:
                return zone
    return None


def zone_of_calendar(text: str | bytes) -> str:
    """Return the IANA name in a CALDAV:calendar-timezone property, or an empty string.

    The property holds an iCalendar object with one VTIMEZONE (RFC 4791 5.2.2); a bare name is understood too. Rules
    are never expanded here, so this is safe for any text.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    text = re.sub(r"\r?\n[ \t]", "", text[:_LONGEST_ZONE_TEXT])
    names = [match[1] for match in _ZONE_LINE.finditer(text)] or [text]
    for find in (zone_named, zone_at_end_of):
        for name in names[:4]:
            zone = find(name[:200])
            if zone is not None:
                return zone.rules.key
    return ""


@cache
def _iana_names() -> dict[str, str]:
    # Only listed names are opened: ZoneInfo would read any file below its search path.
    return {name.lower(): name for name in zoneinfo.available_timezones() - {"localtime", "Factory", "posixrules"}}
