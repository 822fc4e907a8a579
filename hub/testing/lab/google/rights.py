"""Who may do what: the scopes of the access token, and what they reach on this calendar.

Which scopes allow a method is read from the discovery document. What a narrow scope reaches is said by its text there:
``calendar.app.created`` the calendars that the client made, ``calendar.events.owned`` those that the account owns. What
Google answers where such a scope does not reach a calendar is not documented; here the calendar is not found.
"""

from __future__ import annotations

from hub.testing.lab.google.document import SCOPE, Method
from hub.testing.lab.google.errors import forbidden, not_found, out_of_scope
from hub.testing.lab.google.state import ROLES, Access, Event, GoogleState, StoredCalendar

_NEEDED = {
    "calendars.insert": "none",
    "freebusy.query": "none",
    "events.list": "freeBusyReader",
    "events.get": "freeBusyReader",
    "events.watch": "freeBusyReader",
    "events.instances": "freeBusyReader",
    "calendars.get": "freeBusyReader",
    "calendars.delete": "owner",
}
_REDUCED = frozenset({"calendar.events.freebusy"})


def check_method(method: Method, access: Access) -> None:
    """Refuse a method that none of the token's scopes allows."""
    if not method.scopes & _short(access):
        raise out_of_scope()


def check_calendar(state: GoogleState, method: Method, access: Access, calendar: StoredCalendar) -> None:
    """Refuse a calendar that the scopes do not reach, or on which the account may not do this."""
    role = state.role(calendar, access.sub)
    reach = [scope for scope in method.scopes & _short(access) if _reaches(scope, calendar, role, access.client)]
    if not reach or role == "none":
        raise not_found()
    if ROLES.index(role) < ROLES.index(_NEEDED.get(method.name, "writerWithoutPrivateAccess")):
        raise forbidden()


def sees_details(state: GoogleState, method: Method, access: Access, calendar: StoredCalendar) -> bool:
    """Tell whether events are shown whole, or as somebody sees them who may know no more than free and busy."""
    role = state.role(calendar, access.sub)
    reach = {scope for scope in method.scopes & _short(access) if _reaches(scope, calendar, role, access.client)}
    return ROLES.index(role) >= ROLES.index("reader") and bool(reach - _REDUCED)


def sees_private(state: GoogleState, access: Access, calendar: StoredCalendar) -> bool:
    """Tell whether private events are shown like others, and may be changed: for writers and owners."""
    return ROLES.index(state.role(calendar, access.sub)) >= ROLES.index("writer")


def is_private(event: Event) -> bool:
    """Tell whether only those see an event's details who may see private ones."""
    return event.get("visibility") in ("private", "confidential")


def _short(access: Access) -> frozenset[str]:
    return frozenset(scope.removeprefix(SCOPE) for scope in access.scopes)


def _reaches(scope: str, calendar: StoredCalendar, role: str, client: str) -> bool:
    if scope == "calendar.app.created":
        return calendar.made_by == client
    if scope in ("calendar.events.owned", "calendar.events.owned.readonly"):
        return role == "owner"
    return scope != "calendar.events.public.readonly"
