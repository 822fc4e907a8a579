"""Times as Graph says them: a wall clock with the name of a zone, a Windows one or one of the IANA database."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, timedelta
from functools import cache

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

CUSTOM = "tzone://Microsoft/Custom"
"""What Graph calls a zone of which it knows only the rules (resource event, originalStartTimeZone)."""


class UnknownZone(ValueError):
    """The name is of no zone."""


@cache
def zone(name: str) -> zoneinfo.ZoneInfo:
    """Return the zone of a Windows or IANA name, or raise UnknownZone."""
    if name == CUSTOM:
        return zoneinfo.ZoneInfo("UTC")
    try:
        return zoneinfo.ZoneInfo(WINDOWS_TO_OLSON.get(name, name))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnknownZone(name) from error


def wall(text: str) -> datetime:
    """Return a dateTime as a naive time; Graph gives seven digits of a second. Raises ValueError."""
    whole, _, digits = text.partition(".")
    moment = datetime.fromisoformat(whole)
    if moment.tzinfo is not None or (digits and not digits.isdecimal()):
        raise ValueError(text)
    return moment


def seconds(moment: datetime, name: str) -> int:
    """Return a naive time of a zone as UTC seconds; of an hour that comes twice the first, without a gap (PEP 495)."""
    return int(moment.replace(tzinfo=zone(name)).timestamp())


def local(at: int, name: str) -> datetime:
    """Return UTC seconds as a naive time of a zone."""
    return datetime.fromtimestamp(at, zone(name)).replace(tzinfo=None)


def dated(moment: datetime, name: str) -> dict[str, str]:
    """Return a dateTimeTimeZone."""
    return {"dateTime": moment.strftime("%Y-%m-%dT%H:%M:%S.0000000"), "timeZone": name}


def stamp(at: float) -> str:
    """Return UTC seconds as a DateTimeOffset."""
    return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parsed(text: str) -> int:
    """Return a DateTimeOffset as UTC seconds; without an offset it is UTC. Raises ValueError."""
    whole, dot, rest = text.partition(".")
    if dot:
        whole += rest.lstrip("0123456789")
    moment = datetime.fromisoformat(whole.replace("Z", "+00:00"))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp())


def days(moment: datetime, number: int) -> datetime:
    """Return the same wall clock so many days later."""
    return moment + timedelta(days=number)
