"""Graph v1.0 as far as calendars go: who may ask, what is asked, and what is answered."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

from hub.testing.lab.microsoft import query, schema
from hub.testing.lab.microsoft.failures import Problem, Reply, denied, signed_out, throttled
from hub.testing.lab.microsoft.mailbox import Box, Mailbox
from hub.testing.lab.microsoft.people import Person
from hub.testing.lab.microsoft.query import Query
from hub.testing.lab.microsoft.schedule import schedules
from hub.testing.lab.microsoft.subscriptions import Subscriptions, calendar_of
from hub.testing.lab.microsoft.tokens import Granted, Tokens
from hub.testing.lab.microsoft.views import Views, gone
from hub.testing.lab.switches import Fault, Switches

AT_ONCE = 4
"""Requests of one application to one mailbox that may be under way (page: Microsoft Graph service-specific limits)."""

_READ = frozenset({"Calendars.ReadBasic", "Calendars.Read", "Calendars.ReadWrite"})
_MORE = _READ - {"Calendars.ReadBasic"}
_WRITE = frozenset({"Calendars.ReadWrite"})
_ANY: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Call:
    """A request, as it came in. ``path`` is decoded and without the version; ``here`` is its whole address."""

    method: str
    path: str
    here: str
    query: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> dict[str, Any]:
        """Return the body as an object."""
        try:
            read = json.loads(self.body)
        except ValueError as error:
            raise Problem(400, "BadRequest", "The body is no JSON.") from error
        if not isinstance(read, dict):
            raise Problem(400, "BadRequest", "The body is no object.")
        return read


class Graph:
    """Answers requests of signed-in applications, at most `AT_ONCE` of each to one mailbox."""

    def __init__(
        self,
        people: Mapping[str, Person],
        tokens: Tokens,
        subscriptions: Subscriptions,
        clock: Callable[[], float],
        switches: Switches,
    ) -> None:
        self._tokens, self._subscriptions, self._clock, self._switches = tokens, subscriptions, clock, switches
        self._views = {ref: Views(person.mailbox) for ref, person in people.items()}
        self._under_way: dict[tuple[str, str], int] = {}
        self._counting = threading.Lock()

    def enter(self, call: Call) -> Granted:
        """Count a request of an application to a mailbox, or raise that nobody is signed in or too many are at it."""
        bearer = call.headers.get("authorization", "")
        grant = self._tokens.signed_in(bearer.removeprefix("Bearer ")) if bearer.startswith("Bearer ") else None
        if grant is None:
            raise signed_out()
        with self._counting:
            number = self._under_way.get(_key(grant), 0)
            if number >= AT_ONCE:
                raise throttled(1)
            self._under_way[_key(grant)] = number + 1
        return grant

    def leave(self, grant: Granted) -> None:
        """Count it as done."""
        with self._counting:
            self._under_way[_key(grant)] -= 1

    def answer(self, call: Call, grant: Granted) -> Reply:
        """Return what Graph answers; raises Problem."""
        for method, pattern, scopes, handle in _ROUTES:
            match = pattern.fullmatch(call.path)
            if match is None or method != call.method:
                continue
            if scopes and not scopes & set(grant.scopes):
                raise denied()
            if call.method in ("POST", "PATCH") and "json" not in call.headers.get("content-type", ""):
                raise Problem(400, "BadRequest", "The body is to be sent as application/json.")
            with grant.person.mailbox.lock if handle not in _UNLOCKED else nullcontext():
                return handle(self, call, grant, *match.groups())
        raise Problem(400, "BadRequest", f"There is no '{call.path.rpartition('/')[2]}'.")

    def _me(self, call: Call, grant: Granted) -> Reply:
        Query(call.query, ("$select",))
        if "User.Read" not in grant.scopes:
            raise Problem(403, "Authorization_RequestDenied", "The permission does not reach so far.")
        person = grant.person
        return Reply(200, {"id": person.oid, "displayName": person.name, "userPrincipalName": person.address})

    def _calendars(self, call: Call, grant: Granted) -> Reply:
        asked = Query(call.query, ("$top", "$skip", "$select"))
        names = asked.chosen("calendar")
        size, skip = asked.number("$top", 10, 1000), int(asked.get("$skip", "0"))
        boxes = list(grant.person.mailbox.boxes.values())
        body: dict[str, Any] = {
            "value": [_only(_calendar(grant.person, box), names) for box in boxes[skip : skip + size]]
        }
        if len(boxes) > skip + size:
            chosen = f"&$select={asked.get('$select')}" if names else ""
            body["@odata.nextLink"] = f"{call.here}?$top={size}&$skip={skip + size}{chosen}"
        return Reply(200, body)

    def _calendar(self, call: Call, grant: Granted, ref: str) -> Reply:
        names = Query(call.query, ("$select",)).chosen("calendar")
        return Reply(200, _only(_calendar(grant.person, grant.person.mailbox.box(ref)), names))

    def _make_calendar(self, call: Call, grant: Granted) -> Reply:
        body = call.json()
        if text := schema.written("calendar", body) or ("" if body.get("name") else "name is required."):
            raise Problem(400, "ErrorPropertyValidationFailure", text)
        return Reply(201, _calendar(grant.person, grant.person.mailbox.make(str(body["name"]))))

    def _remove_calendar(self, call: Call, grant: Granted, ref: str) -> Reply:
        mailbox = grant.person.mailbox
        if mailbox.box(ref).default:
            raise Problem(400, "ErrorDeleteDistinguishedFolder", "The first calendar stays.")
        del mailbox.boxes[ref]
        return Reply(204)

    def _view(self, call: Call, grant: Granted, ref: str) -> Reply:
        asked = Query(call.query, ("startDateTime", "endDateTime", "$select", "$top", "$skip"))
        zone = query.zone_preferred(query.preferred(call.headers.get("prefer", "")))
        box = grant.person.mailbox.box(ref)
        return Reply(200, self._views[grant.person.id].view(box, asked, zone, call.here, _basic(grant)))

    def _delta(self, call: Call, grant: Granted, ref: str) -> Reply:
        asked = Query(call.query, ("startDateTime", "endDateTime", "$deltatoken", "$skiptoken"))
        if asked.get("$deltatoken") and self._switches.takes(call.method, call.path, Fault.GONE):
            raise gone()
        wishes = query.preferred(call.headers.get("prefer", ""))
        box, views = grant.person.mailbox.box(ref), self._views[grant.person.id]
        return Reply(200, views.delta(box, asked, wishes, query.zone_preferred(wishes), call.here, _basic(grant)))

    def _find(self, call: Call, grant: Granted, ref: str) -> Reply:
        asked = Query(call.query, ("$filter", "$select", "$expand", "$top"))
        names, wanted, zone = asked.chosen("event"), asked.wanted(), _zone(call)
        size = asked.number("$top", 10, 1000)
        items = grant.person.mailbox.box(ref).items.values()
        found = [one for one in items if wanted is None or one.properties.get(wanted[0]) == wanted[1]][:size]
        owner = grant.person.address
        return Reply(
            200,
            {"value": [query.shown(one.whole().resource(zone, owner), one, names, asked.expanded()) for one in found]},
        )

    def _create(self, call: Call, grant: Granted, ref: str) -> Reply:
        body = call.json()
        if text := schema.written("event", body):
            raise Problem(400, "ErrorPropertyValidationFailure", text)
        item, new = grant.person.mailbox.create(ref, body, by=grant.client)
        return Reply(
            201 if new else 200, query.shown(item.whole().resource(_zone(call), grant.person.address), item, None)
        )

    def _event(self, call: Call, grant: Granted, ref: str) -> Reply:
        asked = Query(call.query, ("$select", "$expand"))
        if asked.get("$expand") and _basic(grant):
            raise denied()
        found = grant.person.mailbox.find(ref)
        resource = found.resource(_zone(call), grant.person.address)
        if _basic(grant):
            resource = {name: value for name, value in resource.items() if name not in ("body", "bodyPreview")}
        return Reply(200, query.shown(resource, found.item, asked.chosen("event"), asked.expanded()))

    def _change(self, call: Call, grant: Granted, ref: str) -> Reply:
        body, condition = call.json(), call.headers.get("if-match", "")
        if text := schema.written("event", body):
            raise Problem(400, "ErrorPropertyValidationFailure", text)
        mailbox = grant.person.mailbox
        found = mailbox.find(ref)
        if condition and self._switches.takes(call.method, call.path, Fault.CHANGED):
            condition = 'W/"another"'
        mailbox.change(found, body, condition)
        changed = mailbox.find(ref)
        return Reply(200, query.shown(changed.resource(_zone(call), grant.person.address), changed.item, None))

    def _delete(self, call: Call, grant: Granted, ref: str) -> Reply:
        mailbox: Mailbox = grant.person.mailbox
        mailbox.delete(mailbox.find(ref))
        return Reply(204)

    def _instances(self, call: Call, grant: Granted, ref: str) -> Reply:
        asked = Query(call.query, ("startDateTime", "endDateTime", "$select", "$top"))
        since, until, names = asked.moment("startDateTime"), asked.moment("endDateTime"), asked.chosen("event")
        item, owner, zone = grant.person.mailbox.find(ref).item, grant.person.address, _zone(call)
        dates = list(item.within(since, until))[: asked.number("$top", 10, 1000)]
        return Reply(200, {"value": [query.shown(one.resource(zone, owner), item, names) for one in dates]})

    def _schedule(self, call: Call, grant: Granted) -> Reply:
        return Reply(200, {"value": schedules(grant.person, call.json())})

    def _subscribe(self, call: Call, grant: Granted) -> Reply:
        body, person = call.json(), grant.person
        calendar = calendar_of(str(body.get("resource", ""))) or person.mailbox.default().id
        person.mailbox.box(calendar)
        made = self._subscriptions.create(person.id, person.tenant.id, grant.client, calendar, body)
        return Reply(201, made.resource())

    def _subscription(self, call: Call, grant: Granted, ref: str) -> Reply:
        return Reply(200, self._subscriptions.find(ref, grant.person.id).resource())

    def _renew(self, call: Call, grant: Granted, ref: str) -> Reply:
        found = self._subscriptions.find(ref, grant.person.id)
        return Reply(200, self._subscriptions.renew(found, call.json()).resource())

    def _unsubscribe(self, call: Call, grant: Granted, ref: str) -> Reply:
        self._subscriptions.end(self._subscriptions.find(ref, grant.person.id).id)
        return Reply(204)


def _key(grant: Granted) -> tuple[str, str]:
    return grant.client, grant.person.id


def _basic(grant: Granted) -> bool:
    return not _MORE & set(grant.scopes)


def _zone(call: Call) -> str:
    return query.zone_preferred(query.preferred(call.headers.get("prefer", "")))


def _calendar(person: Person, box: Box) -> dict[str, Any]:
    return {
        "id": box.id,
        "name": box.name,
        "isDefaultCalendar": box.default,
        "canEdit": box.editable,
        "canShare": True,
        "canViewPrivateItems": True,
        "isRemovable": not box.default,
        "changeKey": box.id[-8:],
        "hexColor": "",
        "owner": {"name": person.name, "address": person.address},
    }


def _only(resource: dict[str, Any], names: frozenset[str] | None) -> dict[str, Any]:
    return {name: value for name, value in resource.items() if names is None or name in names or name == "id"}


_Handle = Callable[..., Reply]
_CALENDAR, _EVENT, _ONE = r"/me/calendars/([^/]+)", r"/me/events/([^/]+)", r"/subscriptions/([^/]+)"
_UNLOCKED = frozenset({Graph._subscribe})  # it asks the subscriber, who may be asking something meanwhile
_ROUTES: tuple[tuple[str, re.Pattern[str], frozenset[str], _Handle], ...] = tuple(
    (method, re.compile(path), scopes, handle)
    for method, path, scopes, handle in (
        ("GET", "/me", _ANY, Graph._me),
        ("GET", "/me/calendars", _READ, Graph._calendars),
        ("POST", "/me/calendars", _WRITE, Graph._make_calendar),
        ("GET", _CALENDAR, _READ, Graph._calendar),
        ("DELETE", _CALENDAR, _WRITE, Graph._remove_calendar),
        ("GET", f"{_CALENDAR}/calendarView", _READ, Graph._view),
        ("GET", f"{_CALENDAR}/calendarView/delta", _READ, Graph._delta),
        ("GET", f"{_CALENDAR}/events", _MORE, Graph._find),
        ("POST", f"{_CALENDAR}/events", _WRITE, Graph._create),
        ("GET", _EVENT, _READ, Graph._event),
        ("PATCH", _EVENT, _WRITE, Graph._change),
        ("DELETE", _EVENT, _WRITE, Graph._delete),
        ("GET", f"{_EVENT}/instances", _READ, Graph._instances),
        ("POST", "/me/calendar/getSchedule", _READ, Graph._schedule),
        ("POST", "/subscriptions", _MORE, Graph._subscribe),
        ("GET", _ONE, _MORE, Graph._subscription),
        ("PATCH", _ONE, _MORE, Graph._renew),
        ("DELETE", _ONE, _MORE, Graph._unsubscribe),
    )
)
