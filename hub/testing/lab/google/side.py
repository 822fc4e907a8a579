"""The stand-in's other side, for people: what is in the calendars, who was let in, and what was sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from hub.core.errors import NotFound, Refused
from hub.testing.lab.google import events, faults
from hub.testing.lab.google.app import ADA, BEN, GoogleLab, google
from hub.testing.lab.google.errors import GoogleError
from hub.testing.lab.google.expand import seconds, singles
from hub.testing.lab.google.freebusy import takes_time
from hub.testing.lab.google.kept import Kept, remember, remembered
from hub.testing.lab.google.state import ROLES, Client, Event, StoredCalendar, StoredGrant
from hub.testing.lab.google.tokens import end_grant
from hub.testing.lab.keeping import Keeper
from hub.testing.lab.side import (
    Answer,
    LabAccount,
    LabCalendar,
    LabEvent,
    LabGrant,
    LabPush,
    Shown,
    Side,
    Site,
)
from hub.testing.lab.switches import Fault, Switches

_ANSWERS = {
    "needsAction": Answer.OPEN,
    "accepted": Answer.ACCEPTED,
    "tentative": Answer.TENTATIVE,
    "declined": Answer.DECLINED,
}
_RESPONSES = {answer: word for word, answer in _ANSWERS.items()}
_HOST = "office@example.com"


class GoogleSide:
    """A `hub.testing.lab.side.LabProvider` of a stand-in."""

    def __init__(self, lab: GoogleLab) -> None:
        self._lab = lab
        self._state = lab.state

    @property
    def switches(self) -> Switches:
        """The faults."""
        return self._state.switches

    @property
    def faults(self) -> Set[Fault]:
        """Which faults there are."""
        return faults.KNOWN

    def accounts(self) -> Sequence[LabAccount]:
        """Return who has an account."""
        return [LabAccount(one.sub, f"{one.name} ({one.email})", one.note) for one in self._state.people.values()]

    def calendars(self, account: str) -> Sequence[LabCalendar]:
        """Return the calendars that the account may write to."""
        self._person(account)
        with self._state.lock:
            found = [one for one in self._state.calendars.values() if self._state.role(one, account) in _WRITERS]
        return [LabCalendar(one.id, one.summary, one.zone) for one in found]

    def events(self, account: str, calendar: str, start: int, end: int) -> Sequence[LabEvent]:
        """Return what takes place in that time."""
        with self._state.lock:
            where = self._calendar(account, calendar)
            found = singles(where.events, None, where.zone, start, end).values()
            shown = [_shown(one, where) for one in found if one.get("status") != "cancelled"]
        return sorted(shown, key=lambda one: (one.start, one.end, one.id))

    def put(self, account: str, calendar: str, event: LabEvent) -> str:
        """Write an event as the owner would."""
        person = self._person(account)
        with self._state.lock:
            where = self._calendar(account, calendar)
            body = _body(event, where, person.email)
            try:
                if event.id:
                    written = events.patch(self._state, where, event.id, body, "")
                else:
                    written = events.insert(self._state, where, person, body)
            except GoogleError as error:
                raise _ours(error) from None
        self._state.touched(where.id)
        return str(written["id"])

    def delete(self, account: str, calendar: str, event: str) -> None:
        """Delete an event, or one date of a series."""
        with self._state.lock:
            where = self._calendar(account, calendar)
            try:
                events.delete(self._state, where, event, "")
            except GoogleError as error:
                raise _ours(error) from None
        self._state.touched(where.id)

    def grants(self) -> Sequence[LabGrant]:
        """Return what applications may do."""
        with self._state.lock:
            found = sorted(self._state.grants.values(), key=lambda one: one.since)
            return [
                LabGrant(one.id, one.sub, self._state.client.name, one.scopes, one.since, self._live(one))
                for one in found
            ]

    def revoke(self, grant: str) -> None:
        """End a grant, as the owner does under myaccount.google.com/connections."""
        with self._state.lock:
            found = next((one for one in self._state.grants.values() if one.id == grant), None)
            if found is None:
                raise NotFound("There is no such grant any more.")
            end_grant(self._state, found)
        self._lab.pushes.drop(found.sub, found.client)

    def pushes(self) -> Sequence[LabPush]:
        """Return the last notifications."""
        with self._state.lock:
            sent = list(self._lab.pushes.sent)
        return [
            LabPush(one.id, one.at, one.address, f"{one.headers['X-Goog-Resource-State']}, {one.calendar}", one.outcome)
            for one in sent
        ]

    def resend(self, push: str) -> None:
        """Send a notification once more."""
        try:
            self._lab.pushes.resend(push)
        except GoogleError as error:
            raise _ours(error) from None

    def _person(self, account: str) -> Any:
        if account not in self._state.people:
            raise NotFound("There is no such account.")
        return self._state.people[account]

    def _calendar(self, account: str, calendar: str) -> StoredCalendar:
        self._person(account)
        try:
            found = self._state.calendar(calendar, account)
        except GoogleError as error:
            raise _ours(error) from None
        if self._state.role(found, account) not in _WRITERS:
            raise NotFound("There is no such calendar.")
        return found

    def _live(self, grant: StoredGrant) -> int:
        now, key = self._state.clock(), (grant.sub, grant.client)
        access = sum((one.sub, one.client) == key and one.until > now for one in self._state.access.values())
        return access + len(grant.refresh)


_WRITERS = ROLES[-2:]


@contextmanager
def open_side(site: Site) -> Iterator[Side]:
    """Run a stand-in with Ada's and Ben's accounts until the block ends."""
    lab = GoogleLab(Client(site.client_id, site.client_secret, site.redirect_urls))
    lab.state.folder = site.folder
    for person in (ADA, BEN):
        with lab.state.lock:
            lab.state.add_calendar(f"c_{person.name.lower()}@group.calendar.google.com", person, "Private", person.zone)
    keeper = Keeper(site.folder / "state.json", Kept, lambda: remembered(lab))
    if (found := keeper.found()) is not None:
        remember(lab, found)
    keeper.keep()
    lab.pushes.authority = str(site.authority) if site.authority.is_file() else None
    with google(lab, port=site.ports[0], keep=keeper.keep):
        yield Side(
            "google",
            "Google Calendar",
            GoogleSide(lab),
            settings=lab.settings,
            origins=(lab.origin,),
            keep=keeper.keep,
            notes=("Sign in by choosing Ada or Ben; there are no passwords.",),
        )


def _shown(event: Event, calendar: StoredCalendar) -> LabEvent:
    mine = [one.get("responseStatus") for one in event.get("attendees", []) if one.get("self")]
    how = Shown.TENTATIVE if event["status"] == "tentative" else Shown.BUSY
    transparent = event.get("transparency") == "transparent" or event.get("eventType") == "workingLocation"
    answer = _ANSWERS.get(mine[0], Answer.NONE) if mine else Answer.NONE
    return LabEvent(
        event["id"],
        seconds(event["start"], calendar.zone),
        seconds(event["end"], calendar.zone),
        event.get("summary", ""),
        all_day="date" in event["start"],
        shown=Shown.FREE if transparent or (not takes_time(event) and answer is Answer.NONE) else how,
        answer=answer,
        by=calendar.written_by.get(event["id"], ""),
        repeats="in a series" if "recurringEventId" in event else "",
    )


def _body(event: LabEvent, calendar: StoredCalendar, email: str) -> dict[str, Any]:
    body: dict[str, Any] = {
        "summary": event.title,
        "status": "tentative" if event.shown is Shown.TENTATIVE else "confirmed",
        "transparency": "transparent" if event.shown is Shown.FREE else "opaque",
        "start": _moment(event.start, calendar.zone, event.all_day),
        "end": _moment(event.end, calendar.zone, event.all_day),
    }
    if event.answer is not Answer.NONE:
        mine = {"email": email, "self": True, "responseStatus": _RESPONSES[event.answer]}
        body["attendees"] = [mine, {"email": _HOST, "organizer": True, "responseStatus": "accepted"}]
        body["organizer"] = {"email": _HOST}
    elif event.id:
        body["attendees"] = []
    return body


def _moment(at: int, zone: str, all_day: bool) -> dict[str, str]:
    here = datetime.fromtimestamp(at, ZoneInfo(zone))
    return {"date": here.date().isoformat()} if all_day else {"dateTime": here.isoformat(), "timeZone": zone}


def _ours(error: GoogleError) -> NotFound | Refused:
    """Return what the stand-in says in the words of the hub, for the page."""
    if error.status in {404, 410}:
        return NotFound("There is no such event or calendar any more.")
    return Refused(error.reason, error.message)
