"""getSchedule: when the people of an organisation are busy, and when they work (page: calendar: getSchedule)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hub.testing.lab.microsoft import moments, schema
from hub.testing.lab.microsoft.failures import Problem
from hub.testing.lab.microsoft.items import Date
from hub.testing.lab.microsoft.people import Person

LONGEST = 62 * 86_400
"""Seconds; a longer time is refused."""

_WORKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday"]
_DIGITS = {"free": "0", "tentative": "1", "busy": "2", "oof": "3", "workingElsewhere": "4"}
_RANKS = ("free", "workingElsewhere", "tentative", "busy", "oof")
"""Of several in one slot the last one is shown."""


def schedules(person: Person, body: Mapping[str, Any], zone: str) -> list[dict[str, Any]]:
    """Return the schedule of the account itself, times in that zone; others cannot be resolved.

    Personal accounts have no such thing.
    """
    if person.personal:
        raise Problem(400, "ErrorInvalidRequest", "Personal accounts have no such thing.")
    names, (since, until), minutes = body.get("schedules"), _bounds(body), body.get("availabilityViewInterval", 30)
    if not isinstance(names, list) or not names or not 0 < until - since <= LONGEST:
        raise Problem(400, "ErrorInvalidParameter", "schedules, and a time of at most 62 days, are needed.")
    if not isinstance(minutes, int) or not 5 <= minutes <= 1440:
        raise Problem(400, "ErrorInvalidParameter", "availabilityViewInterval is from 5 to 1440 minutes.")
    slots = range(since, until, minutes * 60)
    return [_own(person, name, slots, until, zone) if name == person.address else _unknown(name) for name in names]


def _own(person: Person, name: str, slots: range, until: int, zone: str) -> dict[str, Any]:
    items = person.mailbox.default().items.values()
    dates = [one for item in items for one in item.within(slots.start, until) if not item.cancelled]
    return {
        "scheduleId": name,
        "availabilityView": "".join(_digit(dates, at, min(at + slots.step, until)) for at in slots),
        "scheduleItems": [_shown(one, zone) for one in sorted(dates, key=lambda one: one.start)],
        "workingHours": {
            "daysOfWeek": _WORKDAYS,
            "startTime": "08:00:00.0000000",
            "endTime": "17:00:00.0000000",
            "timeZone": {"name": person.mailbox.zone},
        },
    }


def _shown(one: Date, zone: str) -> dict[str, Any]:
    fields = one.item.fields
    return {
        "isPrivate": fields["sensitivity"] == "private",
        "status": fields["showAs"],
        "subject": fields["subject"],
        "location": (fields["location"] or {}).get("displayName", ""),
        "start": moments.dated(moments.local(one.start, zone), zone),
        "end": moments.dated(moments.local(one.end, zone), zone),
    }


def _digit(dates: Iterable[Date], since: int, until: int) -> str:
    shown = [str(one.item.fields["showAs"]) for one in dates if one.start < until and one.end > since]
    return _DIGITS[max((one for one in shown if one in _RANKS), key=_RANKS.index, default="free")]


def _unknown(name: Any) -> dict[str, Any]:
    error = {"message": "Nobody has this address.", "responseCode": "ErrorMailRecipientNotFound"}
    return {"scheduleId": str(name), "availabilityView": "", "error": error}


def _bounds(body: Mapping[str, Any]) -> tuple[int, int]:
    try:
        since, until = (body["startTime"], body["endTime"])
        if schema.problem("dateTimeTimeZone", since) or schema.problem("dateTimeTimeZone", until):
            raise ValueError("startTime or endTime is no dateTimeTimeZone.")
        return (
            moments.seconds(moments.wall(since["dateTime"]), since["timeZone"]),
            moments.seconds(moments.wall(until["dateTime"]), until["timeZone"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Problem(400, "ErrorInvalidParameter", "startTime and endTime are needed.") from error
