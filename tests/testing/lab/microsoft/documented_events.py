"""Events and calendars as Graph's pages document them. Values are ours; names, types, statuses and codes are theirs.

Pages are named by their place below https://learn.microsoft.com/graph/.
"""

from __future__ import annotations

import re
from typing import Any

from tests.testing.lab.microsoft.documented import ABSENT, Step, Story

PACIFIC = "Pacific Standard Time"
COLOUR = "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name Colour"
MOMENT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
ETAG = re.compile(r'^W/".+"$')
JSON = re.compile("^application/json")


def at(wall: str, zone: str = "UTC") -> dict[str, str]:
    return {"dateTime": wall, "timeZone": zone}


def event(day: str = "2026-11-02", **more: Any) -> dict[str, Any]:
    times = {"start": at(f"{day}T09:00:00"), "end": at(f"{day}T10:00:00")}
    return {"subject": "Fitting", **times, **more}


def refused(code: str | re.Pattern[str]) -> dict[str, Any]:
    """The body of an error (page: errors)."""
    return {
        "error/code": code,
        "error/message": str,
        "error/innerError/date": re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$"),
        "error/innerError/request-id": str,
    }


LUNCH = {
    "subject": "Lunch with the team",
    "body": {"contentType": "HTML", "content": "At noon?"},
    "start": at("2026-11-04T12:00:00", PACIFIC),
    "end": at("2026-11-04T14:00:00", PACIFIC),
    "location": {"displayName": "Corner Café", "locationType": "Default"},
    "attendees": [{"emailAddress": {"address": "ben@studio.example", "name": "Ben"}, "type": "Required"}],
    "transactionId": "4b7f0d0e-1d3a-4a8b-9d57-0c5b3a0f6f10",
}
MONDAYS = {
    "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["Monday"]},
    "range": {"type": "endDate", "startDate": "2026-11-02", "endDate": "2026-11-30"},
}
MONTH = {"startDateTime": "2026-11-01T00:00:00.0000000", "endDateTime": "2026-12-01T00:00:00.0000000"}
VIEW, EVENTS = "GET <calendar>/calendarView", "POST <calendar>/events"


def found(filter_: str, *subjects: str) -> Step:
    """Ask for the events whose property is like that."""
    wanted = f"singleValueExtendedProperties/{filter_}".replace("COLOUR", COLOUR)
    shows = {f"value/{n}/subject": subject for n, subject in enumerate(subjects)}
    shows |= {f"value/{len(subjects)}": ABSENT}
    if subjects:
        shows["value/0/singleValueExtendedProperties"] = ABSENT
    return Step("GET <calendar>/events", 200, shows, query={"$filter": wanted})


STORIES = (
    Story(
        "api/calendar-post-events",
        "an event in a calendar, with a transactionId",
        (
            Step(
                EVENTS,
                201,
                {
                    "@odata.context": re.compile(r"/\$metadata#.+/\$entity$"),
                    "@odata.etag": ETAG,
                    "id": str,
                    "createdDateTime": MOMENT,
                    "lastModifiedDateTime": MOMENT,
                    "changeKey": str,
                    "categories": [],
                    "originalStartTimeZone": PACIFIC,
                    "originalEndTimeZone": PACIFIC,
                    "iCalUId": str,
                    "reminderMinutesBeforeStart": 15,
                    "isReminderOn": True,
                    "hasAttachments": False,
                    "hideAttendees": False,
                    "importance": "normal",
                    "sensitivity": "normal",
                    "isAllDay": False,
                    "isCancelled": False,
                    "isDraft": False,
                    "isOrganizer": True,
                    "isOnlineMeeting": False,
                    "responseRequested": True,
                    "seriesMasterId": None,
                    "transactionId": LUNCH["transactionId"],
                    "showAs": "busy",
                    "type": "singleInstance",
                    "recurrence": None,
                    "responseStatus": {"response": "organizer", "time": "0001-01-01T00:00:00Z"},
                    "body/contentType": "html",
                    "start": at("2026-11-04T12:00:00.0000000", PACIFIC),
                    "location/displayName": "Corner Café",
                    "locations/0/locationType": "default",
                    "attendees/0/type": "required",
                    "attendees/0/status": {"response": "none", "time": "0001-01-01T00:00:00Z"},
                    "organizer/emailAddress/address": "ada@studio.example",
                },
                body=LUNCH,
                headers={"Prefer": f'outlook.timezone="{PACIFIC}"'},
                answers={"Content-Type": JSON},
                keeps={"event": "id"},
            ),
            Step(EVENTS, 200, {"id": re.compile(".")}, body=LUNCH, keeps={"again": "id"}),
            Step("GET /me/events/<event>", 200, {"start": at("2026-11-04T20:00:00.0000000")}),
            Step("GET <calendar>/events/<again>", 200, {"transactionId": LUNCH["transactionId"]}),
            Step(VIEW, 200, {"value/0/id": str, "value/1": ABSENT}, query=MONTH),
        ),
    ),
    Story(
        "api/user-post-events",
        "an event in the default calendar, by each of its addresses",
        tuple(
            Step(f"POST {path}", 201, {"type": "singleInstance", "showAs": "free"}, body=event(showAs="Free"))
            for path in ("/me/events", "/me/calendar/events")
        ),
    ),
    Story(
        "api/user-post-events",
        "a weekly series until a day, and what Graph makes of its dates",
        (
            Step(
                EVENTS,
                201,
                {
                    "type": "seriesMaster",
                    "recurrence/pattern/daysOfWeek": ["monday"],
                    "recurrence/range/endDate": "2026-11-30",
                    "seriesMasterId": None,
                },
                body=event(recurrence=MONDAYS),
                keeps={"series": "id"},
            ),
            Step(
                "GET /me/events/<series>/instances",
                200,
                {
                    "value/0/type": "occurrence",
                    "value/0/recurrence": None,
                    "value/0/seriesMasterId": str,
                    "value/0/@odata.etag": ETAG,
                    "value/4/start": at("2026-11-30T09:00:00.0000000"),
                    "value/5": ABSENT,
                    "value/0/showAs": ABSENT,
                },
                query=MONTH | {"$select": "subject,bodyPreview,seriesMasterId,type,recurrence,start,end"},
                keeps={"second": "value/1/id"},
            ),
            Step(
                "PATCH /me/events/<second>",
                200,
                {"type": "exception"},
                body={"start": at("2026-11-10T09:00:00"), "end": at("2026-11-10T10:00:00")},
            ),
            Step(
                "PATCH /me/events/<second>",
                400,
                refused("ErrorOccurrenceCrossingBoundary"),
                body={"start": at("2026-11-16T12:00:00"), "end": at("2026-11-16T13:00:00")},
            ),
        ),
    ),
    Story(
        "outlook-schedule-recurring-events",
        "what a series must have",
        tuple(
            Step(EVENTS, 400, refused(re.compile(".")), body=event(recurrence={"pattern": pattern, "range": span}))
            for pattern, span in (
                ({"type": "weekly", "interval": 1}, MONDAYS["range"]),
                ({"type": "daily"}, MONDAYS["range"]),
                (MONDAYS["pattern"], {"type": "noEnd", "startDate": "2026-11-03"}),
                (MONDAYS["pattern"], {"type": "numbered", "startDate": "2026-11-02"}),
                (MONDAYS["pattern"] | {"index": "fifth"}, MONDAYS["range"]),
            )
        ),
    ),
    Story(
        "api/event-update, api/event-delete",
        "a change, one that comes too late, and the end",
        (
            Step(EVENTS, 201, body=event(), keeps={"event": "id", "etag": "@odata.etag"}),
            Step("PATCH /me/events/<event>", 200, {"categories": ["Red"]}, body={"categories": ["Red"]}),
            Step(
                "PATCH /me/events/<event>",
                412,
                refused("ErrorIrresolvableConflict"),
                body={"subject": "Late"},
                headers={"If-Match": "<etag>"},
            ),
            Step("PATCH <calendar>/events/<event>", 200, {"showAs": "oof"}, body={"showAs": "oof"}),
            Step("DELETE /me/events/<event>", 204),
            Step("DELETE /me/events/<event>", 404, refused("ErrorItemNotFound")),
        ),
    ),
    Story(
        "api/calendar-list-calendarview",
        "a time with an offset, with none, by pages, in a zone, and what it must have",
        (
            Step(EVENTS, 201, body=event()),
            Step(EVENTS, 201, body=event("2026-11-03")),
            Step(
                VIEW,
                200,
                {"value/0/start": at("2026-11-02T01:00:00.0000000", PACIFIC), "value/1": ABSENT},
                query={"startDateTime": "2026-11-02T01:30:00-08:00", "endDateTime": "2026-11-02T03:00:00-08:00"},
                headers={"Prefer": f'outlook.timezone="{PACIFIC}"'},
            ),
            Step(VIEW, 200, {"value/1/id": str, "@odata.nextLink": ABSENT}, query=MONTH),
            Step(
                VIEW,
                200,
                {"value/1": ABSENT, "@odata.nextLink": re.compile("calendarView")},
                query=MONTH | {"$top": "1"},
                keeps={"next": "@odata.nextLink"},
            ),
            Step("GET <next>", 200, {"value/0/start": at("2026-11-03T09:00:00.0000000"), "value/1": ABSENT}),
            Step(VIEW, 400, refused(re.compile(".")), query=MONTH | {"$top": "1001"}),
            Step(VIEW, 400, refused(re.compile("."))),
            Step("GET /me/calendar/calendarView", 200, {"value": list}, query=MONTH),
            Step("GET /me/calendarView", 200, {"value": list}, query=MONTH),
        ),
    ),
    Story(
        "api/singlevaluelegacyextendedproperty-get",
        "events by an extended property, with it and without",
        (
            Step(
                EVENTS, 201, body=event(subject="A", singleValueExtendedProperties=[{"id": COLOUR, "value": "Green"}])
            ),
            Step(
                EVENTS,
                201,
                body=event(subject="B", singleValueExtendedProperties=[{"id": COLOUR, "value": "Light green"}]),
                keeps={"event": "id"},
            ),
            Step(EVENTS, 201, body=event(subject="C")),
            Step(
                "GET /me/events/<event>",
                200,
                {"singleValueExtendedProperties": [{"id": COLOUR, "value": "Light green"}], "subject": "B"},
                query={"$expand": f"singleValueExtendedProperties($filter=id eq '{COLOUR}')"},
            ),
            Step("GET /me/events/<event>", 200, {"singleValueExtendedProperties": ABSENT}),
            found("Any(ep: ep/id eq 'COLOUR' and ep/value eq 'green')", "A"),
            found("any(ep:ep/Id eq 'COLOUR' and contains(ep/Value, 'green'))", "A", "B"),
            found("Any(ep: ep/id eq 'COLOUR' and startswith(ep/value, 'light'))", "B"),
            found("Any(ep: ep/id eq 'COLOUR' and ep/value ne 'Green')", "B"),
            found(
                "Any(ep: ep/id eq 'String {66f5a359-4659-4830-9070-00047ec6ac6e} Name colour' and ep/value eq 'Green')"
            ),
        ),
    ),
)
