"""Lists of changes, schedules, subscriptions and errors as Graph's pages document them, and what it sends by itself."""

from __future__ import annotations

import re
from typing import Any

from hub.testing.lab.switches import Fault
from tests.testing.lab.microsoft.documented import ABSENT, Step, Story
from tests.testing.lab.microsoft.documented_events import (
    ETAG,
    EVENTS,
    MOMENT,
    MONTH,
    PACIFIC,
    at,
    event,
    refused,
)

DELTA = "GET <calendar>/calendarView/delta"
GUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
ANY = re.compile(".")
TWO = {"Prefer": "odata.maxpagesize=2"}
SUBSCRIPTION = {
    "changeType": "created,updated,deleted",
    "notificationUrl": "<hook>?from=graph",
    "lifecycleNotificationUrl": "<hook>",
    "resource": "<resource>",
    "expirationDateTime": "2026-11-02T08:00:00.0000000Z",
    "clientState": "a-secret-of-ours",
}
ASKED = {
    "schedules": ["ada@studio.example", "nobody@studio.example"],
    "startTime": at("2026-11-02T09:00:00", PACIFIC),
    "endTime": at("2026-11-02T18:00:00", PACIFIC),
    "availabilityViewInterval": 60,
}


def busy(start: str, end: str, shown: str, **more: Any) -> Step:
    times = {"start": at(f"2026-11-02T{start}", PACIFIC), "end": at(f"2026-11-02T{end}", PACIFIC)}
    return Step("POST /me/calendar/events", 201, body=event(showAs=shown) | times | more)


STORIES = (
    Story(
        "delta-query-events",
        "five events in pages of two, and the next round",
        (
            *(Step(EVENTS, 201, body=event(f"2026-11-0{day}"), keeps={"event": "id"}) for day in range(2, 7)),
            Step(
                DELTA,
                200,
                {
                    "@odata.context": str,
                    "@odata.nextLink": re.compile(r"/calendarView/delta\?\$skiptoken=.+"),
                    "@odata.deltaLink": ABSENT,
                    "value/0/@odata.type": "#microsoft.graph.event",
                    "value/0/@odata.etag": ETAG,
                    "value/0/start/timeZone": "UTC",
                    "value/2": ABSENT,
                },
                query={"startdatetime": "2026-11-01T00:00:00Z", "enddatetime": "2026-12-01T00:00:00Z"},
                headers=TWO,
                keeps={"next": "@odata.nextLink"},
            ),
            Step("GET <next>", 200, {"value/1/id": str}, headers=TWO, keeps={"next": "@odata.nextLink"}),
            Step(
                "GET <next>",
                200,
                {"value/1": ABSENT, "@odata.deltaLink": re.compile(r"/calendarView/delta\?\$deltatoken=.+")},
                headers=TWO,
                keeps={"delta": "@odata.deltaLink"},
            ),
            Step("DELETE /me/events/<event>", 204),
            Step(EVENTS, 201, body=event("2027-02-01"), keeps={"outside": "id"}),
            Step(
                "GET <delta>",
                200,
                {
                    "value/0/id": str,
                    "value/0/@removed": {"reason": "deleted"},
                    "value/1/@removed": {"reason": "deleted"},  # it changed outside of the time
                    "value/2": ABSENT,
                    "@odata.deltaLink": str,
                },
            ),
            Step("GET /me/calendarView/delta", 200, {"@odata.deltaLink": str}, query=MONTH),
        ),
    ),
    Story(
        "api/event-delta, delta-query-overview, errors",
        "what a round does not take, and one that is forgotten",
        (
            *(
                Step(DELTA, 400, refused(ANY), query=MONTH | {name: value})
                for name, value in (
                    ("$select", "subject"),
                    ("$filter", "isAllDay eq true"),
                    ("$orderby", "subject"),
                    ("$expand", "calendar"),
                    ("$search", "subject"),
                )
            ),
            Step(
                DELTA,
                410,
                refused(re.compile("(?i)^syncStateNotFound$")),
                query={"$deltatoken": "of-last-year"},
                answers={"Location": re.compile(r"/calendarView/delta\?\$deltatoken=$")},
            ),
        ),
    ),
    Story(
        "api/calendar-getschedule",
        "what is seen of an account, slot by slot, and of nobody",
        (
            busy("12:00:00", "14:00:00", "busy", location={"displayName": "Corner Café"}, sensitivity="private"),
            busy("12:00:00", "13:00:00", "tentative"),
            busy("16:00:00", "17:00:00", "oof"),
            busy("17:30:00", "18:00:00", "workingElsewhere"),
            busy("10:00:00", "11:00:00", "free"),
            Step(
                "POST /me/calendar/getSchedule",
                200,
                {
                    "value/0/scheduleId": "ada@studio.example",
                    "value/0/availabilityView": "000220034",
                    "value/0/scheduleItems/0/status": "free",
                    "value/0/scheduleItems/1/isPrivate": True,
                    "value/0/scheduleItems/1/location": "Corner Café",
                    "value/0/scheduleItems/1/start": at("2026-11-02T12:00:00.0000000", PACIFIC),
                    "value/0/workingHours/daysOfWeek/4": "friday",
                    "value/0/workingHours/startTime": "08:00:00.0000000",
                    "value/0/workingHours/endTime": "17:00:00.0000000",
                    "value/0/workingHours/timeZone/name": str,
                    "value/1/error/message": str,
                    "value/1/error/responseCode": str,
                    "value/1/scheduleItems": ABSENT,
                },
                body=ASKED,
                headers={"Prefer": f'outlook.timezone="{PACIFIC}"'},
            ),
            Step("POST /me/calendar/getSchedule", 400, refused(ANY), body=ASKED | {"availabilityViewInterval": 4}),
        ),
    ),
    Story(
        "api/user-post-calendars, api/user-list-calendars, api/calendar-get, api/calendar-delete",
        "a calendar from its beginning to its end",
        (
            Step("POST /me/calendars", 201, {"name": "Volunteers", "canEdit": True}, body={"name": "Volunteers"}),
            Step("POST /me/calendars", 409, refused(ANY), body={"name": "Volunteers"}),
            Step("GET /me/calendars", 200, {"value/0/isDefaultCalendar": True, "value/0/owner/address": str}),
            Step("GET /me/calendar", 200, {"isDefaultCalendar": True, "isRemovable": False}),
            Step("GET <calendar>", 200, {"isDefaultCalendar": False, "changeKey": str, "canShare": bool}),
            Step("DELETE <calendar>", 204),
            Step("GET <calendar>", 404, refused("ErrorItemNotFound")),
        ),
    ),
    Story(
        "api/subscription-post-subscriptions, -get, -update, -reauthorize, -delete",
        "a subscription from its beginning to its end",
        (
            Step(
                "POST /subscriptions",
                201,
                {
                    "@odata.context": re.compile(r"/\$metadata#subscriptions/\$entity$"),
                    "id": GUID,
                    "resource": ANY,
                    "applicationId": str,
                    "creatorId": GUID,
                    "clientState": "a-secret-of-ours",
                    "changeType": "created,updated,deleted",
                    "notificationUrl": re.compile(r"\?from=graph$"),
                    "lifecycleNotificationUrl": ANY,
                    "expirationDateTime": re.compile("^2026-11-02T08:00:00"),
                    "latestSupportedTlsVersion": "v1_2",
                    "includeResourceData": None,
                    "encryptionCertificate": None,
                },
                body=SUBSCRIPTION,
                keeps={"subscription": "id"},
            ),
            Step("GET /subscriptions/<subscription>", 200, {"id": GUID}),
            Step(
                "PATCH /subscriptions/<subscription>",
                200,
                {"expirationDateTime": re.compile("^2026-11-03T08:00:00"), "resource": ANY},
                body={"expirationDateTime": "2026-11-03T08:00:00.0000000Z"},
            ),
            Step("POST /subscriptions/<subscription>/reauthorize", 204),
            Step("DELETE /subscriptions/<subscription>", 204),
            Step("DELETE /subscriptions/<subscription>", 404, refused(ANY)),
            Step("POST /subscriptions/<subscription>/reauthorize", 404, refused(ANY)),
        ),
    ),
    Story(
        "resources/subscription",
        "what a subscription may not be",
        tuple(
            Step("POST /subscriptions", 400, refused(ANY), body={**SUBSCRIPTION, **change})
            for change in (
                {"expirationDateTime": "2026-11-04T10:00:00Z"},  # 4,230 minutes are the most for events
                {"changeType": "moved"},
                {"notificationUrl": "http://hub.example/push"},
                {"clientState": "x" * 129},
                {"resource": ""},
            )
        ),
    ),
    Story(
        "errors",
        "who is nobody, and who asks for what there is not",
        (
            Step(
                "GET /me/calendars",
                401,
                refused("InvalidAuthenticationToken"),
                headers={"Authorization": "Bearer none"},
                answers={"WWW-Authenticate": re.compile("^Bearer ")},
            ),
            Step("GET /me/events/none", 404, refused("ErrorItemNotFound")),
            Step("GET /me/nothing", 400, refused(ANY)),
        ),
    ),
)

FAULTS: tuple[tuple[Fault, Story], ...] = (
    (
        Fault.TOO_MANY,
        Story(
            "throttling",
            "too many requests, and when to come again",
            (Step("GET /me/calendars", 429, refused(ANY), answers={"Retry-After": re.compile(r"^\d+$")}),),
        ),
    ),
    (Fault.DOWN, Story("errors", "out of order", (Step("GET /me/calendars", 503, refused("serviceNotAvailable")),))),
    (Fault.FORBIDDEN, Story("errors", "not allowed", (Step("GET /me/calendars", 403, refused("ErrorAccessDenied")),))),
    (
        Fault.CLAIMS,
        Story(
            "entra/identity-platform/claims-challenge",
            "a token that lacks claims",
            (
                Step(
                    "GET /me/calendars",
                    401,
                    refused(ANY),
                    answers={
                        "WWW-Authenticate": re.compile(
                            r'^Bearer realm="", authorization_uri="https://[^"]+", error="insufficient_claims", '
                            r'claims="[A-Za-z0-9+/]+=*"$'
                        )
                    },
                ),
            ),
        ),
    ),
)

CHANGE = {
    "value/0/subscriptionId": GUID,
    "value/0/subscriptionExpirationDateTime": MOMENT,
    "value/0/clientState": "a-secret-of-ours",
    "value/0/changeType": "created",
    "value/0/tenantId": GUID,
    "value/0/resource": re.compile(r"^Users/[0-9a-f-]{36}/Events/.+"),
    "value/0/resourceData/@odata.type": "#Microsoft.Graph.Event",
    "value/0/resourceData/@odata.id": re.compile(r"^Users/[0-9a-f-]{36}/Events/.+"),
    "value/0/resourceData/@odata.etag": ETAG,
    "value/0/resourceData/id": str,
    "value/0/lifecycleEvent": ABSENT,
}
"""A change notification (page: change-notifications-delivery-webhooks, outlook-change-notifications-overview)."""

LIFECYCLE = {
    "value/0/subscriptionId": GUID,
    "value/0/subscriptionExpirationDateTime": MOMENT,
    "value/0/clientState": "a-secret-of-ours",
    "value/0/tenantId": GUID,
    "value/0/changeType": ABSENT,
    "value/0/resourceData": ABSENT,
}
"""A lifecycle notification (page: change-notifications-lifecycle-events)."""
