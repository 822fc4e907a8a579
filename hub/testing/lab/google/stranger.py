"""Another program at the same account, for the checks: it takes iCalendar text and writes it by the API.

What it writes is what Google makes of an imported file: a series as its rules, each exception as a changed or deleted
instance, an invitation with the owner's answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote

import icalendar
import requests

from hub.core.errors import ProviderError, Refused, Retry
from hub.testing.lab.google.document import SERVICE

_ANSWERS = {
    "NEEDS-ACTION": "needsAction",
    "DECLINED": "declined",
    "TENTATIVE": "tentative",
    "ACCEPTED": "accepted",
}


class GoogleStranger:
    """A `hub.testing.subject.Stranger` at ``origin`` with an access token of its own.

    ``own_ids`` names the ids under which the plugin may have written a uid.
    """

    def __init__(
        self, origin: str, token: str, zone: str, own_ids: Callable[[str], Iterable[str]] = lambda uid: ()
    ) -> None:
        self._base = origin + SERVICE
        self._zone = zone
        self._own_ids = own_ids
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.headers["Authorization"] = f"Bearer {token}"

    def make_calendar(self, name: str) -> str:
        """Make a secondary calendar and return its id."""
        return str(self._done("POST", "calendars", {"summary": name, "timeZone": self._zone})["id"])

    def remove_calendar(self, ref: str) -> None:
        """Remove a calendar."""
        self._send("DELETE", f"calendars/{quote(ref, safe='')}")

    def write(self, calendar: str, uid: str, text: str) -> None:
        """Import the object, in place of the one with this uid."""
        events = list(icalendar.Calendar.from_ical(text).walk("VEVENT"))
        master = next((one for one in events if "RECURRENCE-ID" not in one), None)
        if master is None:
            raise Refused("no_master", "Google takes no exceptions without their series.")
        ref = self._find(calendar, uid)
        body = self._body(master)
        place = self._place(calendar)
        if ref:
            self._done("PUT", f"{place}/{ref}", {"status": "confirmed"} | body)
        else:
            ref = self._done("POST", f"{place}/import", body | {"iCalUID": uid})["id"]
        for one in events:
            if one is not master:
                self._except(place, ref, one)

    def read(self, calendar: str, uid: str) -> str:
        """Return the event as an iCalendar object, or an empty text."""
        ref = self._find(calendar, uid)
        if not ref:
            return ""
        found = self._done("GET", f"{self._place(calendar)}/{ref}")
        event = icalendar.Event()
        event.add("UID", uid)
        for name in ("summary", "description", "location"):
            if found.get(name):
                event.add(name, found[name])
        for name, field in (("DTSTART", "start"), ("DTEND", "end")):
            moment = found[field]
            event.add(name, date.fromisoformat(moment["date"]) if "date" in moment else _moment(moment))
        for one in found.get("attendees", []):
            event.add("ATTENDEE", f"mailto:{one['email']}")
        made = icalendar.Calendar()
        made.add_component(event)
        return str(made.to_ical().decode())

    def remove(self, calendar: str, uid: str) -> None:
        """Delete the event if it is there."""
        ref = self._find(calendar, uid)
        if ref:
            self._send("DELETE", f"{self._place(calendar)}/{ref}")

    def is_empty(self, calendar: str) -> bool:
        """Tell whether no event is left."""
        return not self._done("GET", self._place(calendar), query={"maxResults": "1"})["items"]

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _find(self, calendar: str, uid: str) -> str:
        place = self._place(calendar)
        items = self._done("GET", place, query={"iCalUID": uid})["items"]
        masters = [one["id"] for one in items if "recurringEventId" not in one]
        if masters:
            return str(masters[0])
        for ref in self._own_ids(uid):
            answer = self._send("GET", f"{place}/{ref}")
            if answer.status_code == 200 and answer.json()["status"] != "cancelled":
                return str(ref)
        return ""

    def _except(self, place: str, ref: str, one: Any) -> None:
        original = one["RECURRENCE-ID"].dt
        stamp = f"{original.astimezone(UTC):%Y%m%dT%H%M%SZ}" if isinstance(original, datetime) else f"{original:%Y%m%d}"
        where = f"{place}/{ref}_{stamp}"
        if str(one.get("STATUS", "")) == "CANCELLED":
            self._done("DELETE", where)
        else:
            self._done("PATCH", where, self._body(one))

    def _body(self, one: Any) -> dict[str, Any]:
        start = one["DTSTART"].dt
        lasts = one["DURATION"].dt if "DURATION" in one else timedelta(0 if isinstance(start, datetime) else 1)
        end = one["DTEND"].dt if "DTEND" in one else start + lasts
        body: dict[str, Any] = {"start": self._time(start, one["DTSTART"]), "end": self._time(end, one.get("DTEND"))}
        for name in ("summary", "description", "location"):
            if name in one:
                body[name] = str(one[name])
        if str(one.get("TRANSP", "")) == "TRANSPARENT":
            body["transparency"] = "transparent"
        if "STATUS" in one:
            body["status"] = str(one["STATUS"]).lower()
        people = one.get("ATTENDEE", [])
        people = people if isinstance(people, list) else [people]
        if people:
            body["attendees"] = [_attendee(person) for person in people]
        rules = [_line(name, value) for name in ("RRULE", "RDATE", "EXDATE") for value in _all(one, name)]
        return body | ({"recurrence": rules} if rules else {})

    def _time(self, moment: date, given: Any) -> dict[str, str]:
        if not isinstance(moment, datetime):
            return {"date": moment.isoformat()}
        named = str(given.params.get("TZID", "")) if given is not None else ""
        if named:
            return {"dateTime": moment.replace(tzinfo=None).isoformat(), "timeZone": named}
        if moment.tzinfo is None:
            return {"dateTime": moment.isoformat(), "timeZone": self._zone}
        return {"dateTime": moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "timeZone": "UTC"}

    def _place(self, calendar: str) -> str:
        return f"calendars/{quote(calendar, safe='')}/events"

    def _done(self, method: str, path: str, body: Any = None, query: dict[str, str] | None = None) -> dict[str, Any]:
        answer = self._send(method, path, body, query)
        if answer.status_code not in (200, 204):
            raise Refused(f"http_{answer.status_code}", f"Google answers {answer.status_code} to another program.")
        found: dict[str, Any] = answer.json() if answer.content else {}
        return found

    def _send(self, method: str, path: str, body: Any = None, query: dict[str, str] | None = None) -> requests.Response:
        problem: ProviderError | None = None
        try:
            return self._http.request(method, self._base + path, json=body, params=query, timeout=20)
        except requests.RequestException:
            problem = Retry("The stand-in does not answer another program.")
        raise problem


def _attendee(person: Any) -> dict[str, str]:
    email = str(person).lower().removeprefix("mailto:")
    return {"email": email, "responseStatus": _ANSWERS[str(person.params.get("PARTSTAT", "NEEDS-ACTION"))]}


def _all(one: Any, name: str) -> list[Any]:
    value = one.get(name, [])
    return value if isinstance(value, list) else [value]


def _line(name: str, value: Any) -> str:
    zone = value.params.get("TZID") if hasattr(value, "params") and name != "RRULE" else None
    return f"{name}{f';TZID={zone}' if zone else ''}:{value.to_ical().decode()}"


def _moment(given: dict[str, str]) -> datetime:
    at = datetime.fromisoformat(given["dateTime"])
    return at.astimezone(UTC)
