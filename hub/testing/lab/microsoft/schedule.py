"""getSchedule: when the people of an organisation are busy, and when they work (page: calendar: getSchedule)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.testing.lab.microsoft import moments, schema
from hub.testing.lab.microsoft.failures import Problem
from hub.testing.lab.microsoft.people import Person

LONGEST = 62 * 86_400
"""Seconds; a longer time is refused."""

_WORKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday"]


def schedules(person: Person, body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the schedule of the account itself; others cannot be resolved. Personal accounts have no such thing."""
    if person.personal:
        raise Problem(400, "ErrorInvalidRequest", "Personal accounts have no such thing.")
    names, (since, until) = body.get("schedules"), _bounds(body)
    if not isinstance(names, list) or not names or not 0 < until - since <= LONGEST:
        raise Problem(400, "ErrorInvalidParameter", "schedules, and a time of at most 62 days, are needed.")
    return [_own(person, name, since, until) if name == person.address else _unknown(name) for name in names]


def _own(person: Person, name: str, since: int, until: int) -> dict[str, Any]:
    items = person.mailbox.default().items.values()
    dates = [one for item in items for one in item.within(since, until) if not item.cancelled]
    return {
        "scheduleId": name,
        "availabilityView": "",
        "scheduleItems": [
            {
                "status": one.item.fields["showAs"],
                "start": moments.dated(moments.local(one.start, "UTC"), "UTC"),
                "end": moments.dated(moments.local(one.end, "UTC"), "UTC"),
                "subject": one.item.fields["subject"],
            }
            for one in dates
        ],
        "workingHours": {"daysOfWeek": _WORKDAYS, "timeZone": {"name": person.mailbox.zone}},
    }


def _unknown(name: Any) -> dict[str, Any]:
    error = {"message": "Nobody has this address.", "responseCode": "ErrorMailRecipientNotFound"}
    return {"scheduleId": str(name), "error": error}


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
