"""When events take place: moments of one, and the instances of a series with its exceptions."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import takewhile
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dateutil.rrule import rrulestr

from hub.testing.lab.google.errors import bad_request, empty_range, invalid, required
from hub.testing.lab.google.state import Event

_FOREVER = timedelta(days=366 * 3)
_MOST = 5_000


def seconds(moment: Mapping[str, Any], zone: str) -> int:
    """Return a ``start`` or ``end`` in UTC seconds; a date begins at midnight in the calendar's zone."""
    if "dateTime" in moment:
        at = datetime.fromisoformat(moment["dateTime"])
        at = at if at.tzinfo is not None else at.replace(tzinfo=ZoneInfo(moment.get("timeZone", zone)))
        return int(at.timestamp())
    day = date.fromisoformat(moment["date"])
    return int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp())


def check_times(event: Mapping[str, Any], zone: str, unknown: Collection[str] = ()) -> None:
    """Refuse an event without a start and an end that fit each other, or in a zone that nobody knows.

    ``unknown`` are zones that are known on this machine and not at Google.
    """
    moments: dict[str, Mapping[str, Any]] = {name: event.get(name) or {} for name in ("start", "end")}
    for name, moment in moments.items():
        if not moment:
            raise required(f"The {name} is missing.")
        if ("date" in moment) is ("dateTime" in moment):
            raise invalid(f"The {name} must be a date or a time.")
    start, end = moments["start"], moments["end"]
    if ("date" in start) is not ("date" in end):
        raise invalid("The start and the end must both be dates, or both times.")
    strange = [f"The {name} is in an unknown time zone." for name, one in moments.items() if not _knows(one, unknown)]
    if strange:
        raise invalid(*strange)
    for name, moment in moments.items():
        if "dateTime" not in moment or "timeZone" in moment:
            continue
        # EventDateTime.timeZone: "required" for a series, and where the time has no offset.
        if event.get("recurrence") or datetime.fromisoformat(moment["dateTime"]).tzinfo is None:
            raise required(f"The time zone of the {name} is missing.")
    if seconds(end, zone) < seconds(start, zone) or ("date" in start and end["date"] <= start["date"]):
        raise empty_range()


def is_zone(name: str) -> bool:
    """Tell whether this machine knows a zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _knows(moment: Mapping[str, Any], unknown: Collection[str]) -> bool:
    zone = moment.get("timeZone", "UTC")
    return zone not in unknown and is_zone(zone)


def singles(
    events: Mapping[str, Event],
    roots: Iterable[str] | None,
    zone: str,
    start: int | None,
    end: int | None,
    *,
    deleted: bool = False,
) -> dict[str, Event]:
    """Return the single events and instances by id that touch the span; of some ``roots`` only, if they are named.

    Cancelled instances are left out unless ``deleted``; a cancelled single event is in.
    """
    found: dict[str, Event] = {}
    wanted = None if roots is None else set(roots)
    for event in list(events.values()):
        if "recurringEventId" in event or (wanted is not None and event["id"] not in wanted):
            continue
        if not event.get("recurrence"):
            found[event["id"]] = event
        elif deleted or event.get("status") != "cancelled":
            instances = _instances(event, events, zone, start, end)
            found.update((one["id"], one) for one in instances if deleted or one.get("status") != "cancelled")
    return {ref: event for ref, event in found.items() if touches(event, zone, start, end)}


def touches(event: Event, zone: str, start: int | None, end: int | None) -> bool:
    """Tell whether an event is in a span: it ends after its start and begins before its end."""
    if "start" not in event:
        return True
    begins, ends = seconds(event["start"], zone), seconds(event["end"], zone)
    return (start is None or ends > start or begins == ends == start) and (end is None or begins < end)


def instance_id(event: Event, moment: datetime) -> str:
    """Return the id of an instance: the series' and its original start, in UTC or as a date."""
    if "date" in event["start"]:
        return f"{event['id']}_{moment:%Y%m%d}"
    return f"{event['id']}_{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _instances(
    event: Event, events: Mapping[str, Event], zone: str, start: int | None, end: int | None
) -> Iterator[Event]:
    for moment in _moments(event, zone, start, end):
        ref = instance_id(event, moment)
        if ref not in events:
            yield _instance(event, ref, moment)
    for one in events.values():
        if one.get("recurringEventId") == event["id"]:
            yield one


def _instance(event: Event, ref: str, moment: datetime) -> Event:
    one = {name: value for name, value in copy.deepcopy(event).items() if name != "recurrence"}
    place = event["start"].get("timeZone")
    if "date" in event["start"]:
        span = date.fromisoformat(event["end"]["date"]) - date.fromisoformat(event["start"]["date"])
        times = {"date": moment.date().isoformat()}, {"date": (moment.date() + span).isoformat()}
    else:
        lasts = seconds(event["end"], place) - seconds(event["start"], place)
        until = (moment.astimezone(UTC) + timedelta(seconds=lasts)).astimezone(moment.tzinfo)
        times = _with_zone(moment, place), _with_zone(until, place)
    return one | {
        "id": ref,
        "recurringEventId": event["id"],
        "originalStartTime": times[0],
        "start": times[0],
        "end": times[1],
    }


def _with_zone(moment: datetime, place: str) -> dict[str, str]:
    return {"dateTime": moment.isoformat(), "timeZone": place}


def _moments(event: Event, zone: str, start: int | None, end: int | None) -> list[datetime]:
    """Return the original starts that may matter for the span, in the series' own zone."""
    place = ZoneInfo(event["start"].get("timeZone") or zone)
    first = datetime.fromtimestamp(seconds(event["start"], str(place)), place)
    lasts = timedelta(seconds=seconds(event["end"], str(place)) - seconds(event["start"], str(place)))
    rules = rule_set(event["recurrence"], first)
    after = first if start is None else datetime.fromtimestamp(start, place) - lasts - timedelta(days=1)
    before = max(first, datetime.fromtimestamp(end, place)) if end is not None else max(first, after) + _FOREVER
    found: list[datetime] = []
    for wall in takewhile(lambda wall: wall <= before.replace(tzinfo=None), rules):
        if wall >= after.replace(tzinfo=None):
            # A time that a clock change leaves out is moved on by as much (RFC 5545 3.3.5).
            found.append(datetime.fromtimestamp(wall.replace(tzinfo=place).timestamp(), place))
        if len(found) > _MOST:
            break
    return found


def rule_set(lines: list[str], first: datetime) -> Any:
    """Return the rules of a series over wall clock times in its zone, from its first start."""
    walls = [_wall(line, first) for line in lines]
    try:
        return rrulestr("\n".join(walls), dtstart=first.replace(tzinfo=None), forceset=True, ignoretz=True)
    except (ValueError, TypeError):
        raise bad_request("Invalid recurrence rule.") from None


def _wall(line: str, first: datetime) -> str:
    """Rewrite the moments of a line in UTC as wall clock times of the series."""
    name, _, value = line.partition(":")
    parts = []
    for part in value.split(";" if name.upper().startswith(("RRULE", "EXRULE")) else ","):
        key, equals, text = part.rpartition("=")
        if text.endswith("Z") and len(text) == 16:
            moment = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).astimezone(first.tzinfo)
            text = f"{moment:%Y%m%dT%H%M%S}"
        elif not equals and len(text) == 8:
            text += "T000000"
        parts.append(f"{key}{equals}{text}")
    rule = name.upper().startswith(("RRULE", "EXRULE"))
    return f"{name.partition(';')[0].upper()}:{(';' if rule else ',').join(parts)}"
