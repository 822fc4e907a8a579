"""Examples about errors, keeping in step, free and busy times, notifications, calendars and partial answers."""

from __future__ import annotations

from typing import Any

from hub.testing.lab.google.app import ADA, BEN
from hub.testing.lab.google.state import rfc3339
from hub.testing.lab.switches import Fault
from tests.testing.lab.google.conftest import NOW, event
from tests.testing.lab.google.documented import Absent, Ask, Example

ALL = "calendars/primary/events"
ONE = f"{ALL}/planning01"
INSERT = Ask("POST", ALL, event(id="planning01"), keep={"etag": "etag"})
MORE = tuple(Ask("POST", ALL, event(hour)) for hour in range(3))
EMPTY = {"timeMin": "2027-03-02T00:00:00Z", "timeMax": "2027-03-01T00:00:00Z"}
DAY = {"timeMin": "2027-03-01T00:00:00Z", "timeMax": "2027-03-02T00:00:00Z"}
OLD = "COldAndLongForgotten="
FIRST = Ask("GET", ALL, query={"singleEvents": "true"}, keep={"sync": "nextSyncToken"})
CHANNEL = {"id": "channel-0001", "type": "web_hook", "address": "https://localhost:1/notices"}
WATCH = Ask("POST", f"{ALL}/watch", CHANNEL, keep={"resource": "resourceId"})
STOP = {"id": "channel-0001", "resourceId": "$resource"}


def since(token: str = "$sync", **more: str) -> Ask:
    return Ask("GET", ALL, query={"singleEvents": "true", "syncToken": token, **more})


def busy(*refs: str, **more: Any) -> Ask:
    return Ask("POST", "freeBusy", {**DAY, "items": [{"id": ref} for ref in refs], **more})


def refused(says: str, ask: Ask, status: int, *error: str, **more: Any) -> Example:
    return Example("errors", says, ask, status, error=error, **more)


ERRORS = (
    refused("an empty span", Ask("GET", ALL, query=EMPTY), 400, "calendar", "timeRangeEmpty", "timeMax"),
    refused(
        *("a token that is none", Ask("GET", ALL, headers={"Authorization": "Bearer none"})),
        *(401, "global", "authError", "Authorization"),
    ),
    refused("an event that never was", Ask("GET", ONE), 404, "global", "notFound"),
    refused("a calendar that is not theirs", Ask("GET", f"calendars/{BEN.email}/events"), 404, "global", "notFound"),
    refused("an id that is taken", INSERT, 409, "global", "duplicate", before=(INSERT,)),
    refused("a token of long ago", since(OLD), 410, "calendar", "fullSyncRequired", "syncToken"),
    refused(
        *("changes since long ago", Ask("GET", ALL, query={"updatedMin": rfc3339(NOW - 400 * 86_400)})),
        *(410, "calendar", "updatedMinTooLongAgo", "updatedMin"),
    ),
    refused("a second deletion", Ask("DELETE", ONE), 410, "global", "deleted", before=(INSERT, Ask("DELETE", ONE))),
    refused(
        *("a tag of before", Ask("PUT", ONE, event(), headers={"If-Match": '"before"'})),
        *(412, "global", "conditionNotMet", "If-Match"),
        before=(INSERT,),
    ),
    refused("the account's limit", Ask("GET", ALL), 403, "usageLimits", "userRateLimitExceeded", fault=Fault.QUOTA),
    refused("too many requests", Ask("GET", ALL), 429, "usageLimits", "rateLimitExceeded", fault=Fault.TOO_MANY),
    refused("a failure inside", INSERT, 500, "global", "backendError", fault=Fault.WRITE_THEN_DOWN),
)

SYNC = (
    Example(
        *("sync", "pages before the last name the next one"),
        Ask("GET", ALL, query={"maxResults": "2"}),
        holds={"items.#": 2, "nextPageToken": str, "nextSyncToken": Absent},
        before=MORE,
    ),
    Example(
        *("sync", "the last page alone has the token"),
        Ask("GET", ALL, query={"maxResults": "2", "pageToken": "$page"}),
        holds={"items.#": 1, "nextPageToken": Absent, "nextSyncToken": str},
        before=(*MORE, Ask("GET", ALL, query={"maxResults": "2"}, keep={"page": "nextPageToken"})),
    ),
    Example(
        *("sync", "what changed holds what was deleted, and a new token"),
        since(),
        holds={"items.#": 1, "items.0.id": "planning01", "items.0.status": "cancelled", "nextSyncToken": str},
        before=(INSERT, FIRST, Ask("DELETE", ONE)),
    ),
    Example("sync", "where nothing changed nothing is listed", since(), 200, {"items.#": 0}, before=(INSERT, FIRST)),
    Example(
        *("sync", "many changes come in pages, asked for with the same token"),
        since(maxResults="2", pageToken="$page"),
        holds={"items.#": 1, "nextPageToken": Absent, "nextSyncToken": str},
        before=(
            *(FIRST, *MORE),
            Ask(
                *("GET", ALL),
                query={"singleEvents": "true", "syncToken": "$sync", "maxResults": "2"},
                keep={"page": "nextPageToken"},
            ),
        ),
    ),
    Example(
        *("sync", "a first reading may be limited to a span, and the next goes without"),
        since(),
        holds={"items.#": 1},
        before=(
            Ask("GET", ALL, query={"singleEvents": "true", **DAY}, keep={"sync": "nextSyncToken"}),
            INSERT,
        ),
    ),
    *(
        Example(
            *("sync", f"{name} does not go with a token"),
            since(**{name: value}),
            400,
            error=("global",),
            before=(FIRST,),
        )
        for name, value in {
            **{"iCalUID": "x", "orderBy": "updated", "q": "x", "privateExtendedProperty": "a=b"},
            **{"sharedExtendedProperty": "a=b", "timeMin": DAY["timeMin"], "timeMax": DAY["timeMax"]},
            **{"updatedMin": DAY["timeMin"], "showDeleted": "false"},
        }.items()
    ),
)

FREE_BUSY = (
    Example(
        *("freebusy", "times are told and nothing else"),
        busy(ADA.email),
        holds={
            **{"kind": "calendar#freeBusy", "timeMin": DAY["timeMin"], "timeMax": DAY["timeMax"]},
            "calendars": {
                ADA.email: {"busy": [{"start": "2027-03-01T09:00:00Z", "end": "2027-03-01T10:00:00Z"}]},
            },
        },
        before=(INSERT,),
    ),
    Example(
        *("freebusy", "in the zone that is asked for"),
        busy(ADA.email, timeZone="Asia/Tokyo"),
        holds={"timeMin": "2027-03-01T09:00:00+09:00"},
    ),
    Example(
        *("freebusy", "what is transparent takes no time"),
        busy(ADA.email),
        holds={"calendars": {ADA.email: {"busy": []}}},
        before=(Ask("POST", ALL, event(transparency="transparent")),),
    ),
    Example(
        *("freebusy", "a calendar that cannot be asked is an error beside the others"),
        busy("nobody@example", ADA.email),
        holds={
            "calendars.nobody@example.errors.0": {"domain": "global", "reason": "notFound"},
            "calendars": dict,
        },
    ),
    Example(
        *("freebusy", "more than fifty calendars are too many"),
        busy(*(f"c{n}" for n in range(51))),
        holds={"calendars.c0.errors.0.reason": "tooManyCalendarsRequested"},
    ),
    Example("freebusy", "a span is needed", Ask("POST", "freeBusy", {"items": []}), 400, error=("global",)),
)

PUSH = (
    Example(
        *("push", "a watch answers with the channel"),
        Ask("POST", f"{ALL}/watch", {**CHANNEL, "token": "kind=check", "expiration": (NOW + 3_600) * 1_000}),
        holds={
            **{"kind": "api#channel", "id": "channel-0001", "resourceId": str, "resourceUri": str},
            **{"token": "kind=check", "expiration": str((NOW + 3_600) * 1_000)},
        },
    ),
    Example(
        *("events", "a channel lives for as long as is asked"),
        Ask("POST", f"{ALL}/watch", {**CHANNEL, "params": {"ttl": "60"}}),
        holds={"expiration": str((NOW + 60) * 1_000), "token": Absent},
    ),
    *(
        Example("push", says, Ask("POST", f"{ALL}/watch", {**CHANNEL, **more}), 400, error=("global",))
        for says, more in {
            "an id has 64 signs at most": {"id": "c" * 65},
            "a token has 256 signs at most": {"token": "t" * 257},
            "an address is https": {"address": "http://hub.example/notices"},
            "the type is web_hook": {"type": "carrier pigeon"},
        }.items()
    ),
    Example("push", "an id is used once", WATCH, 400, error=("global",), before=(WATCH,)),
    Example(
        "push",
        "nobody watches what they may not see",
        Ask("POST", f"calendars/{BEN.email}/events/watch", CHANNEL),
        404,
        error=("global",),
    ),
    Example("push", "a channel is stopped by both its names", Ask("POST", "channels/stop", STOP), 204, before=(WATCH,)),
    Example(
        *("push", "nobody else can stop it"),
        Ask("POST", "channels/stop", STOP, who="ben"),
        404,
        error=("global",),
        before=(WATCH,),
    ),
)

CALENDARS = (
    Example(
        *("calendarlist", "the list says what each is called and what may be done there"),
        Ask("GET", "users/me/calendarList"),
        holds={
            **{"kind": "calendar#calendarList", "etag": str, "nextSyncToken": str, "items.0.id": ADA.email},
            **{"items.0.kind": "calendar#calendarListEntry", "items.0.summary": str, "items.0.primary": True},
            **{"items.0.timeZone": "Europe/Berlin", "items.0.accessRole": "owner"},
        },
    ),
    Example(
        *("calendarlist", "one of them is read by the word primary"),
        Ask("GET", "users/me/calendarList/primary"),
        holds={"id": ADA.email, "accessRole": "owner"},
    ),
    Example(
        *("calendars", "a calendar has a title"),
        Ask("POST", "calendars", {"timeZone": "Europe/Berlin"}),
        400,
        error=("global", "required"),
    ),
    Example(
        *("calendars", "one that is made has an id and a zone"),
        Ask("POST", "calendars", {"summary": "Bookings", "timeZone": "Asia/Tokyo"}),
        holds={"kind": "calendar#calendar", "id": str, "summary": "Bookings", "timeZone": "Asia/Tokyo", "etag": str},
    ),
    Example(
        *("calendars", "one that is deleted is gone"),
        Ask("GET", "calendars/$made"),
        404,
        error=("global", "notFound"),
        before=(
            Ask("POST", "calendars", {"summary": "Bookings"}, keep={"made": "id"}),
            Ask("DELETE", "calendars/$made"),
        ),
    ),
    Example(
        *("fields", "an answer holds the fields that are asked for"),
        Ask("GET", ALL, query={"fields": "kind,items(id,start/dateTime)"}),
        holds={
            **{"kind": "calendar#events", "etag": Absent, "items.0.id": "planning01", "items.0.summary": Absent},
            "items.0.start.timeZone": Absent,
        },
        before=(INSERT,),
    ),
    Example(
        "fields", "a field list that is none", Ask("GET", ALL, query={"fields": "items(id"}), 400, error=("global",)
    ),
)
