"""Graph v1.0 as far as calendars go: who may ask, what is asked, and what is answered."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any

from hub.testing.lab.microsoft import query, schema
from hub.testing.lab.microsoft.call import Call
from hub.testing.lab.microsoft.failures import Problem, Reply, denied, signed_out
from hub.testing.lab.microsoft.limits import Limits
from hub.testing.lab.microsoft.mailbox import Box, Mailbox
from hub.testing.lab.microsoft.people import Person
from hub.testing.lab.microsoft.query import Query
from hub.testing.lab.microsoft.schedule import schedules
from hub.testing.lab.microsoft.subscriptions import Subscriptions, calendar_of
from hub.testing.lab.microsoft.tokens import Granted, Tokens
from hub.testing.lab.microsoft.views import Views, gone
from hub.testing.lab.switches import Fault, Switches

_READ = frozenset({"Calendars.ReadBasic", "Calendars.Read", "Calendars.ReadWrite"})
_MORE = _READ - {"Calendars.ReadBasic"}
_WRITE = frozenset({"Calendars.ReadWrite"})
_ANY: frozenset[str] = frozenset()


class Graph:
    """Answers requests of signed-in applications, as many as `Limits` let them ask."""

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
        self._limits = Limits(clock)

    def enter(self, call: Call) -> Granted:
        """Count a request of an application to a mailbox, or raise that nobody is signed in or too many are at it."""
        bearer = call.headers.get("authorization", "")
        grant = self._tokens.signed_in(bearer.removeprefix("Bearer ")) if bearer.startswith("Bearer ") else None
        if grant is None:
            raise signed_out()
        self._limits.enter(_key(grant))
        return grant

    def leave(self, grant: Granted) -> None:
        """Count it as done."""
        self._limits.leave(_key(grant))

    def answer(self, call: Call, grant: Granted) -> Reply:
        """Return what Graph answers; raises Problem."""
        path = call.meant(grant.person.mailbox.default().id)
        for method, pattern, scopes, handle in _ROUTES:
            match = pattern.fullmatch(path)
            if match is None or method != call.method:
                continue
            if scopes and not scopes & set(grant.scopes):
                raise denied()
            if call.body and "json" not in call.headers.get("content-type", ""):
                raise Problem(400, "BadRequest", "The body is to be sent as application/json.")
            with grant.person.mailbox.lock if handle not in _UNLOCKED else nullcontext():
                reply = handle(self, call, grant, *match.groups())
            if isinstance(reply.body, dict):
                reply.body["@odata.context"] = call.context(grant.person.oid, "value" in reply.body)
            return reply
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
        box = grant.person.mailbox.box(ref)
        return Reply(200, self._views[grant.person.id].view(box, asked, call.zone, call.here, _basic(grant)))

    def _delta(self, call: Call, grant: Granted, ref: str) -> Reply:
        asked = Query(call.query, ("startDateTime", "endDateTime", "$deltatoken", "$skiptoken"))
        if asked.get("$deltatoken") and self._switches.takes(call.method, call.path, Fault.GONE):
            raise gone(call.here)
        box, views = grant.person.mailbox.box(ref), self._views[grant.person.id]
        return Reply(200, views.delta(box, asked, call.wishes, call.zone, call.here, _basic(grant)))

    def _find(self, call: Call, grant: Granted, ref: str) -> Reply:
        asked = Query(call.query, ("$filter", "$select", "$expand", "$top"))
        names, zone, owner = asked.chosen("event"), call.zone, grant.person.address
        size = asked.number("$top", 10, 1000)
        found = [one for one in grant.person.mailbox.box(ref).items.values() if asked.wants(one)][:size]
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
            201 if new else 200, query.shown(item.whole().resource(call.zone, grant.person.address), item, None)
        )

    def _event(self, call: Call, grant: Granted, ref: str) -> Reply:
        asked = Query(call.query, ("$select", "$expand"))
        if asked.get("$expand") and _basic(grant):
            raise denied()
        found = grant.person.mailbox.find(ref)
        resource = found.resource(call.zone, grant.person.address)
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
        return Reply(200, query.shown(changed.resource(call.zone, grant.person.address), changed.item, None))

    def _delete(self, call: Call, grant: Granted, ref: str) -> Reply:
        mailbox: Mailbox = grant.person.mailbox
        mailbox.delete(mailbox.find(ref))
        return Reply(204)

    def _instances(self, call: Call, grant: Granted, ref: str) -> Reply:
        asked = Query(call.query, ("startDateTime", "endDateTime", "$select", "$top"))
        since, until, names = asked.moment("startDateTime"), asked.moment("endDateTime"), asked.chosen("event")
        item, owner, zone = grant.person.mailbox.find(ref).item, grant.person.address, call.zone
        dates = list(item.within(since, until))[: asked.number("$top", 10, 1000)]
        return Reply(200, {"value": [query.shown(one.resource(zone, owner), item, names) for one in dates]})

    def _schedule(self, call: Call, grant: Granted, ref: str) -> Reply:
        grant.person.mailbox.box(ref)
        return Reply(200, {"value": schedules(grant.person, call.json(), call.zone)})

    def _subscribe(self, call: Call, grant: Granted) -> Reply:
        body, person = call.json(), grant.person
        calendar = calendar_of(str(body.get("resource", ""))) or person.mailbox.default().id
        person.mailbox.box(calendar)
        made = self._subscriptions.create(person, grant.client, calendar, body)
        return Reply(201, made.resource())

    def _subscription(self, call: Call, grant: Granted, ref: str) -> Reply:
        return Reply(200, self._subscriptions.find(ref, grant.person.id).resource())

    def _renew(self, call: Call, grant: Granted, ref: str) -> Reply:
        found = self._subscriptions.find(ref, grant.person.id)
        return Reply(200, self._subscriptions.renew(found, call.json()).resource())

    def _reauthorize(self, call: Call, grant: Granted, ref: str) -> Reply:
        self._subscriptions.find(ref, grant.person.id)
        return Reply(204)

    def _unsubscribe(self, call: Call, grant: Granted, ref: str) -> Reply:
        self._subscriptions.end(self._subscriptions.find(ref, grant.person.id).id)
        return Reply(204)


def _key(grant: Granted) -> tuple[str, str]:
    return grant.client, grant.person.id


def _basic(grant: Granted) -> bool:
    return not _MORE & set(grant.scopes)


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
        ("POST", f"{_CALENDAR}/getSchedule", _READ, Graph._schedule),
        ("POST", "/subscriptions", _MORE, Graph._subscribe),
        ("GET", _ONE, _MORE, Graph._subscription),
        ("PATCH", _ONE, _MORE, Graph._renew),
        ("POST", f"{_ONE}/reauthorize", _MORE, Graph._reauthorize),
        ("DELETE", _ONE, _MORE, Graph._unsubscribe),
    )
)
