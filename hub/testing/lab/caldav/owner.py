"""The owner of calendars on a CalDAV server, who changes them past the hub as with a telephone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from urllib.parse import quote, unquote, urljoin
from xml.etree import ElementTree

import requests

from hub.core.errors import NotFound, Refused, Retry
from hub.testing.lab.caldav import objects
from hub.testing.lab.caldav.faults import CaldavFaults
from hub.testing.lab.side import LabAccount, LabCalendar, LabEvent, LabGrant, LabPush
from hub.testing.lab.switches import Fault, Switches

_D, _C = "{DAV:}", "{urn:ietf:params:xml:ns:caldav}"
_NAMES = (
    '<?xml version="1.0"?><D:propfind xmlns:D="DAV:"><D:prop><D:displayname/><D:resourcetype/></D:prop></D:propfind>'
)
_ALL = (
    '<?xml version="1.0"?><C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop>'
    '<C:calendar-data/></D:prop><C:filter><C:comp-filter name="VCALENDAR"/></C:filter></C:calendar-query>'
)


class CaldavOwner:
    """The calendars of the users of one server (`LabProvider`), asked anew each time.

    ``users`` maps each name to a password; their address is the name at example.com. Without ``faults`` none can be
    switched on. CalDAV knows no grants and no notifications.
    """

    def __init__(self, origin: str, users: Mapping[str, str], zone: str, faults: CaldavFaults | None = None) -> None:
        self._origin, self._users, self._zone = origin, users, zone
        self._faults = faults
        self.switches: Switches = _Passing(faults) if faults is not None else Switches()

    @property
    def faults(self) -> Set[Fault]:
        """What can be switched on."""
        return self._faults.known if self._faults is not None else frozenset()

    def accounts(self) -> Sequence[LabAccount]:
        """Return the users."""
        return [LabAccount(name, f"{name}@example.com") for name in self._users]

    def calendars(self, account: str) -> Sequence[LabCalendar]:
        """Return the collections that are calendars."""
        tree = ElementTree.fromstring(self._ask(account, "PROPFIND", f"/{account}/", _NAMES, "1"))  # noqa: S314 - ours
        found = []
        for item in tree.iter(f"{_D}response"):
            if item.find(f".//{_D}resourcetype/{_C}calendar") is not None:
                path = item.findtext(f"{_D}href", "")
                name = item.findtext(f".//{_D}displayname") or unquote(path).rstrip("/").rpartition("/")[2]
                found.append(LabCalendar(path, name, self._zone))
        return found

    def events(self, account: str, calendar: str, start: int, end: int) -> Sequence[LabEvent]:
        """Return what takes place in that time; an object that cannot be read is left out."""
        tree = ElementTree.fromstring(self._ask(account, "REPORT", calendar, _ALL, "1"))  # noqa: S314 - ours
        found: list[LabEvent] = []
        for text in (one.text or "" for one in tree.iter(f"{_C}calendar-data")):
            try:
                found += objects.events_of(text, start, end, self._zone, self._address(account))
            except Refused:
                continue
        return sorted(found, key=lambda one: (one.start, one.title))

    def put(self, account: str, calendar: str, event: LabEvent) -> str:
        """Write the event."""
        if event.end <= event.start:
            raise Refused("times", "An event must end after it begins.")
        owner = self._address(account)
        if not event.id:
            uid, text = objects.new_object(event, self._zone, owner)
            self._ask(account, "PUT", _place(calendar, uid), text)
            return uid
        uid, _moment = objects.parts_of(event.id)
        place, text = self._object(account, calendar, uid)
        self._ask(account, "PUT", place, objects.changed_object(text, event, self._zone, owner))
        return event.id

    def delete(self, account: str, calendar: str, event: str) -> None:
        """Delete the object, or one date of it."""
        uid, _moment = objects.parts_of(event)
        place, text = self._object(account, calendar, uid)
        left = objects.without(text, event)
        self._ask(account, "PUT" if left else "DELETE", place, left)

    def grants(self) -> Sequence[LabGrant]:
        """Return nothing: whoever has the password may do everything."""
        return ()

    def revoke(self, grant: str) -> None:
        """Raise NotFound."""
        raise NotFound("CalDAV knows no grants.")

    def pushes(self) -> Sequence[LabPush]:
        """Return nothing: CalDAV is polled."""
        return ()

    def resend(self, push: str) -> None:
        """Raise NotFound."""
        raise NotFound("CalDAV sends no notifications.")

    def _address(self, account: str) -> str:
        return f"{account}@example.com"

    def _object(self, account: str, calendar: str, uid: str) -> tuple[str, str]:
        """Return place and text of the object with this uid; other programs name them as they like."""
        tree = ElementTree.fromstring(self._ask(account, "REPORT", calendar, _ALL, "1"))  # noqa: S314 - ours
        for item in tree.iter(f"{_D}response"):
            text = item.findtext(f".//{_C}calendar-data") or ""
            if f"UID:{uid}" in text.replace("\r\n ", "").replace("\n ", "").splitlines():
                return item.findtext(f"{_D}href", ""), text
        raise NotFound("The event is not in the calendar any more.")

    def _ask(self, account: str, method: str, path: str, body: str = "", depth: str = "0") -> str:
        if account not in self._users:
            raise NotFound("There is no such account.")
        kind = "text/calendar" if method == "PUT" else "application/xml"
        headers = {"Content-Type": f"{kind}; charset=utf-8", "Depth": depth}
        with requests.Session() as session:
            session.trust_env = False
            try:
                answer = session.request(
                    method,
                    urljoin(self._origin, path),
                    data=body.encode(),
                    headers=headers,
                    auth=(account, self._users[account]),
                    timeout=10,
                )
            except requests.RequestException:
                raise Retry("The calendar server does not answer.") from None
        if answer.status_code == 404:
            raise NotFound("The calendar or event is not there any more.")
        if not answer.ok:
            raise Refused(f"http_{answer.status_code}", f"The calendar server answers {answer.status_code}.")
        return answer.text


class _Passing(Switches):
    """Switches that pass on to the front what is switched."""

    def __init__(self, faults: CaldavFaults) -> None:
        super().__init__()
        self._passed = faults

    def turn(
        self, fault: Fault | None, *, path: str = "", methods: frozenset[str] = frozenset(), times: int | None = None
    ) -> None:
        """Switch here and there."""
        super().turn(fault, path=path, methods=methods, times=times)
        self._passed.turn(fault, methods=methods, times=times)


def _place(calendar: str, uid: str) -> str:
    return f"{calendar.rstrip('/')}/{quote(uid, safe='')}.ics"
