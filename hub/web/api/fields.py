"""What fields of the API are made of: ids, times, days and clock times, read strictly and written one way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from hub.core.zones import DAY, local_day
from hub.store.ids import LENGTH

ID_PATTERN = f"^[0-9abcdefghjkmnpqrstvwxyz]{{{LENGTH}}}$"
_EPOCH = date(1970, 1, 1).toordinal()
_MOMENT = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.0+)?(?:([Zz])|([+-])(\d\d):(\d\d))?", re.ASCII)
_CLOCK = re.compile(r"(\d\d):(\d\d)", re.ASCII)
_MINUTES = tuple(f"{minute // 60:02}:{minute % 60:02}:00" for minute in range(1440))


class Given(BaseModel):
    """What a program sends in a body. Nothing is guessed, and a field that there is not is refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Asked(BaseModel):
    """What a program sends in the address. A parameter that there is not is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Shown(BaseModel):
    """What a program is answered."""

    model_config = ConfigDict(frozen=True, from_attributes=True, json_schema_serialization_defaults_required=True)


def left_out(about: str) -> Any:
    """Return a field that may be left out, which is not the same as being null."""
    return Field(default_factory=lambda: None, description=about or None)


def read_moment(given: object) -> int:
    """Return the UTC second of an RFC 3339 time with its offset; a PydanticCustomError says what is wrong with it."""
    if not isinstance(given, str) or not (found := _MOMENT.fullmatch(given)):
        raise PydanticCustomError(
            "moment", "Give a time of RFC 3339 in whole seconds with its offset, such as 2027-03-15T09:00:00+01:00."
        )
    *numbers, utc, sign, hours, minutes = found.groups()
    if not utc and not sign:
        raise PydanticCustomError(
            "offset", "The time has no offset, so it could mean several moments; add one, such as +01:00 or Z."
        )
    try:
        offset = timedelta(hours=int(hours), minutes=int(minutes)) if sign else timedelta()
        if sign and int(minutes) > 59:
            raise ValueError
        zone = timezone(-offset if sign == "-" else offset)
        seconds = int(datetime(*map(int, numbers), tzinfo=zone).timestamp())  # type: ignore[arg-type,misc]
    except (ValueError, OverflowError):
        raise PydanticCustomError("moment", "There is no such day, time or offset.") from None
    if not DAY <= seconds < 253_370_764_800:
        raise PydanticCustomError("moment", "Give a time of the years 1970 to 9998.")
    return seconds


def read_day(given: object) -> date:
    """Return a day; a PydanticCustomError, which is a ValueError, says what is wrong with it."""
    if isinstance(given, date):
        return given
    try:
        if isinstance(given, str) and len(given) == 10:
            day = date.fromisoformat(given)
            if 1970 <= day.year < 9999:
                return day
    except ValueError:
        pass
    raise PydanticCustomError("day", "Give a day of the years 1970 to 9998, such as 2027-03-15.")


def read_edge(given: object) -> int | date:
    """Return a moment in UTC seconds, or a day."""
    return read_day(given) if isinstance(given, str) and len(given) == 10 else read_moment(given)


def write_moment(seconds: int) -> str:
    """Return the RFC 3339 time of a UTC second, in UTC."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}Z"


def write_local(seconds: list[int], zone: str) -> Iterator[str]:
    """Return RFC 3339 times with the offset that the zone has at each; fast for thousands in order."""
    low = high = shift = 0
    suffix = ""
    for one in seconds:
        if not low <= one < high:
            low, high, shift, suffix = _stretch(one, zone)
        days, rest = divmod(one + shift, DAY)
        minute, odd = divmod(rest, 60)
        clock = _MINUTES[minute] if not odd else f"{_MINUTES[minute][:5]}:{odd:02}"
        yield f"{_day(days)}{clock}{suffix}"


def day_start(zone: str, day: date) -> int:
    """Return the UTC second at which a local day begins; raise ValueError for a day that the zone's calendar skips."""
    stretches = local_day(zone, day.toordinal())
    if not stretches:
        raise ValueError(f"The calendar of {zone} skips {day}; choose another day.")
    return stretches[0].start


def _stretch(instant: int, zone: str) -> tuple[int, int, int, str]:
    offset = datetime.fromtimestamp(instant, UTC).astimezone(_zone(zone)).utcoffset() or timedelta()
    shift = offset.days * DAY + offset.seconds
    for part in local_day(zone, (instant + shift) // DAY + _EPOCH):
        if part.start <= instant < part.end:
            break
    else:
        raise AssertionError("every instant lies in its local day")
    minutes = abs(shift) // 60
    sign = "-" if shift < 0 else "+"
    return part.start, part.end, shift, f"{sign}{minutes // 60:02}:{minutes % 60:02}"


def _zone(zone: str) -> Any:
    from zoneinfo import ZoneInfo

    return ZoneInfo(zone)


@lru_cache(maxsize=4096)
def _day(days: int) -> str:
    return f"{date.fromordinal(days + _EPOCH).isoformat()}T"


def _read_clock(given: object) -> int:
    found = _CLOCK.fullmatch(given) if isinstance(given, str) else None
    minute = int(found[1]) * 60 + int(found[2]) if found and int(found[2]) < 60 else -1
    if not 0 <= minute <= 1440:
        raise PydanticCustomError("clock", "Give a time of day from 00:00 to 24:00, such as 09:30.")
    return minute


def _storable(text: str) -> str:
    if "\0" in text:
        raise PydanticCustomError("text", "It holds a character that no text has; leave it out.")
    return text


def _without_nul(longest: int) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "maxLength": longest, "not": {"pattern": r"\x00"}})


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _whole(given: object) -> object:
    """Return 1 for 1.0: JSON knows one kind of number, and both are the same integer (JSON Schema Core, 4.2.2)."""
    return int(given) if isinstance(given, float) and given.is_integer() else given


_TIME = {"type": "string", "format": "date-time"}
_YEARS = "(197[1-9]|19[89][0-9]|[2-8][0-9]{3}|9[0-8][0-9]{2}|99[0-8][0-9]|999[0-8])"
_CLOCK_24 = "([01][0-9]|2[0-3]):[0-5][0-9]"
_GIVEN_TIME = {
    "type": "string",
    "format": "date-time",
    "pattern": f"^{_YEARS}-[0-9]{{2}}-[0-9]{{2}}[Tt]{_CLOCK_24}:[0-5][0-9]([.]0+)?([Zz]|[+-]{_CLOCK_24})$",
    "examples": ["2027-03-15T09:00:00+01:00"],
}
_CLOCK_SCHEMA = {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$", "examples": ["09:00"]}
DAY_SCHEMA = {
    "type": "string",
    "format": "date",
    "pattern": f"^{_YEARS}-[0-9]{{2}}-[0-9]{{2}}$",
    "examples": ["2027-03-15"],
}
EDGE_SCHEMA = WithJsonSchema(
    {
        "type": "string",
        "anyOf": [{name: one[name] for name in ("format", "pattern")} for one in (_GIVEN_TIME, DAY_SCHEMA)],
    }
)
"""A moment, or a whole day."""

Id = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
"""The id of a thing."""
Text = Annotated[str, StringConstraints(max_length=5000), AfterValidator(_storable), _without_nul(5000)]
"""A text; its rules are with the thing that it belongs to."""
Line = Annotated[str, StringConstraints(max_length=500), AfterValidator(_storable), _without_nul(500)]
"""A short text."""
WHOLE = BeforeValidator(_whole)
"""After the bounds of a number: it may be written as a float."""
Moment = Annotated[int, BeforeValidator(read_moment), WithJsonSchema(_GIVEN_TIME)]
"""A time that a program gives: RFC 3339 with its offset."""
Instant = Annotated[int, PlainSerializer(write_moment, return_type=str), WithJsonSchema(_TIME)]
"""A time that a program is given: RFC 3339 in UTC."""
ClockTime = Annotated[
    int, BeforeValidator(_read_clock), PlainSerializer(_clock, return_type=str), WithJsonSchema(_CLOCK_SCHEMA)
]
"""A time of day on the wall clock, ``09:00``; ``24:00`` is the end of the day. Minutes after midnight inside."""
ShownClock = Annotated[int, PlainSerializer(_clock, return_type=str), WithJsonSchema(_CLOCK_SCHEMA)]
"""The same in an answer."""
Day = Annotated[date, BeforeValidator(read_day), WithJsonSchema(DAY_SCHEMA)]
"""A day."""
Seconds = Annotated[int, Field(ge=0, le=100 * 366 * DAY), WHOLE]
"""A length of time."""
Version = Annotated[int, Field(ge=1, le=2**31 - 1, description="The version that was looked at."), WHOLE]
"""The version of a thing that a change is made to."""
