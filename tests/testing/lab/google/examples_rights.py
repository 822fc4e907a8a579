"""Examples about what somebody may do with a calendar of somebody else, by the role that they have there."""

from __future__ import annotations

from typing import Any

from hub.testing.lab.google.app import ADA
from tests.testing.lab.google.conftest import event
from tests.testing.lab.google.documented import Absent, Ask, Example

SHARED = f"calendars/{ADA.email}/events"
PRIVATE = Ask("POST", "calendars/primary/events", event(id="planning01", visibility="private"))


def shared(says: str, role: str, ask: Ask, status: int = 200, **more: Any) -> Example:
    return Example("calendarlist", f"{role}: {says}", ask, status, before=(PRIVATE,), role=role, **more)


def by_ben(method: str, path: str = SHARED, body: Any = None) -> Ask:
    return Ask(method, path, body, who="ben")


BARE = {"items.0.start.dateTime": str, "items.0.summary": Absent}
RIGHTS = (
    shared("times alone are seen", "freeBusyReader", by_ben("GET"), holds=BARE),
    shared("of private events times alone are seen", "reader", by_ben("GET"), holds=BARE),
    shared("nothing is written", "reader", by_ben("POST", body=event()), 403, error=("calendar",)),
    shared("events are written", "writerWithoutPrivateAccess", by_ben("POST", body=event())),
    shared("of private events times alone are seen", "writerWithoutPrivateAccess", by_ben("GET"), holds=BARE),
    shared(
        *("private events are left alone", "writerWithoutPrivateAccess", by_ben("DELETE", f"{SHARED}/planning01")),
        403,
        error=("calendar",),
    ),
    shared("private events are seen", "writer", by_ben("GET"), holds={"items.0.summary": "Something"}),
    shared("and changed", "writer", by_ben("DELETE", f"{SHARED}/planning01"), 204),
    Example(
        *("calendarlist", "the list says what somebody may do"),
        Ask("GET", "users/me/calendarList", query={"minAccessRole": "writerWithoutPrivateAccess"}, who="ben"),
        holds={"items.0.accessRole": "writerWithoutPrivateAccess", "items.1.accessRole": "owner", "items.#": 2},
        role="writerWithoutPrivateAccess",
    ),
)
