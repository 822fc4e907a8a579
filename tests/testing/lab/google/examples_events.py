"""Examples about events: written, read, changed under a condition, repeated, with properties of the client's own."""

from __future__ import annotations

from typing import Any

from hub.testing.lab.google.app import ADA, BEN
from hub.testing.lab.google.state import rfc3339
from tests.testing.lab.google.conftest import NOW, event
from tests.testing.lab.google.documented import Absent, Ask, Example

ALL = "calendars/primary/events"
ONE = f"{ALL}/planning01"


def insert(**more: Any) -> Ask:
    return Ask("POST", ALL, event(**{"id": "planning01", **more}), keep={"etag": "etag"})


def zoned(day: int, hour: int = 10, zone: str = "America/Los_Angeles") -> dict[str, str]:
    return {"dateTime": f"2027-03-{day:02}T{hour:02}:00:00", "timeZone": zone}


WEEKLY = insert(start=zoned(5), end=zoned(5, 11), recurrence=["RRULE:FREQ=WEEKLY;UNTIL=20270402T170000Z"])
SINGLE = {"singleEvents": "true", "orderBy": "startTime"}
SECOND = f"{ONE}_20270312T180000Z"
MOVED = {"start": {"dateTime": "2027-03-12T14:00:00-08:00"}, "end": {"dateTime": "2027-03-12T15:00:00-08:00"}}
PROPERTIES = {"private": {"petsAllowed": "no", "parking": "yes"}, "shared": {"room": "2"}}

EVENTS = (
    Example(
        *("events", "an event of the client's own id comes back with what the server adds"),
        insert(),
        holds={
            **{"kind": "calendar#event", "id": "planning01", "status": "confirmed", "etag": str, "iCalUID": str},
            **{"created": str, "updated": str, "creator.email": ADA.email, "organizer.self": True, "sequence": 0},
            **{"start.dateTime": str, "end.dateTime": str, "eventType": "default"},
        },
    ),
    Example("events", "without an id the server makes one", Ask("POST", ALL, event()), holds={"id": str}),
    Example("events", "an id holds base32hex signs alone", insert(id="PLANNING"), 400, error=("global", "invalid")),
    Example("events", "an id has five signs at least", insert(id="abcd"), 400, error=("global", "invalid")),
    Example("events", "an event has a start", Ask("POST", ALL, {"end": event()["end"]}), 400, error=("global",)),
    Example(
        *("events", "a time without an offset needs a zone"),
        insert(start={"dateTime": "2027-03-01T09:00:00"}),
        400,
        error=("global",),
    ),
    Example("events", "a series needs a zone", insert(recurrence=["RRULE:FREQ=DAILY"]), 400, error=("global",)),
    Example(
        *("events", "a zone is a name of the IANA database"),
        insert(start=zoned(1, zone="Olympus Mons"), end=zoned(1, 11, zone="Olympus Mons")),
        400,
        {"error.errors.#": 2},
        error=("global", "invalid"),
    ),
    Example(
        *("events", "a whole day ends on the day after"),
        insert(start={"date": "2027-03-01"}, end={"date": "2027-03-02"}),
        holds={"start.date": "2027-03-01", "start.dateTime": Absent},
    ),
    Example(
        *("events", "a list names its calendar"),
        Ask("GET", ALL),
        holds={
            **{"kind": "calendar#events", "etag": str, "summary": str, "timeZone": "Europe/Berlin", "items": list},
            **{"accessRole": "owner", "defaultReminders": list, "nextSyncToken": str},
        },
    ),
    Example(
        *("events", "a deleted event is read as cancelled"),
        Ask("GET", ONE),
        holds={"status": "cancelled"},
        before=(insert(), Ask("DELETE", ONE)),
    ),
    Example(
        *("events", "it is not listed"), Ask("GET", ALL), 200, {"items.#": 0}, before=(insert(), Ask("DELETE", ONE))
    ),
    Example(
        *("events", "it is listed where deleted ones are asked for"),
        Ask("GET", ALL, query={"showDeleted": "true"}),
        holds={"items.0.status": "cancelled"},
        before=(insert(), Ask("DELETE", ONE)),
    ),
    Example(
        *("events", "it is listed among what changed since a moment"),
        Ask("GET", ALL, query={"updatedMin": rfc3339(NOW - 60)}),
        holds={"items.0.status": "cancelled"},
        before=(insert(), Ask("DELETE", ONE)),
    ),
    Example(
        *("events", "what changed before that moment is not"),
        Ask("GET", ALL, query={"updatedMin": rfc3339(NOW + 60)}),
        holds={"items.#": 0},
        before=(insert(),),
    ),
    Example(
        *("events", "it is restored by its status"),
        Ask("PATCH", ONE, {"status": "confirmed"}),
        holds={"status": "confirmed", "summary": "Something"},
        before=(insert(), Ask("DELETE", ONE)),
    ),
    Example(
        *("events", "more guests than are asked for leave the account's own"),
        Ask("GET", ONE, query={"maxAttendees": "1"}),
        holds={"attendees.#": 1, "attendees.0.self": True, "attendeesOmitted": True},
        before=(insert(attendees=[{"email": ADA.email}, {"email": BEN.email}]),),
    ),
    Example(
        *("events", "the starts of single events alone are an order"),
        Ask("GET", ALL, query={"orderBy": "startTime"}),
        400,
        error=("global",),
    ),
    Example(
        *("events", "words are searched in the texts"),
        Ask("GET", ALL, query={"q": "ANNUAL"}),
        holds={"items.#": 1, "items.0.id": "planning01"},
        before=(insert(summary="Annual review"), Ask("POST", ALL, event())),
    ),
    Example(
        "versions",
        "a change is let through by the tag",
        Ask("PATCH", ONE, {"summary": "New"}, headers={"If-Match": "$etag"}),
        before=(insert(),),
        holds={"summary": "New", "etag": str},
    ),
    Example("versions", "so is a deletion", Ask("DELETE", ONE, headers={"If-Match": "$etag"}), 204, before=(insert(),)),
    Example(
        *("versions", "what changed meanwhile is left alone"),
        Ask("DELETE", ONE, headers={"If-Match": "$etag"}),
        412,
        error=("global", "conditionNotMet", "If-Match"),
        before=(insert(), Ask("PATCH", ONE, {"summary": "New"})),
    ),
    Example(
        *("versions", "what did not change is not sent again"),
        Ask("GET", ONE, headers={"If-None-Match": "$etag"}),
        304,
        before=(insert(),),
    ),
    Example(
        *("versions", "what did is"),
        Ask("GET", ONE, headers={"If-None-Match": "$etag"}),
        holds={"summary": "New"},
        before=(insert(), Ask("PATCH", ONE, {"summary": "New"})),
    ),
    Example(
        "recurring",
        "a series keeps its rules",
        WEEKLY,
        holds={"recurrence.0": "RRULE:FREQ=WEEKLY;UNTIL=20270402T170000Z"},
    ),
    Example(
        *("recurring", "its instances name it, and when they were to be"),
        Ask("GET", ALL, query=SINGLE),
        holds={
            **{"items.#": 5, "items.1.id": "planning01_20270312T180000Z", "items.1.recurringEventId": "planning01"},
            **{"items.1.originalStartTime.dateTime": "2027-03-12T10:00:00-08:00", "items.1.recurrence": Absent},
        },
        before=(WEEKLY,),
    ),
    Example(
        *("recurring", "an instance that is moved keeps its original start"),
        Ask("PATCH", SECOND, MOVED),
        holds={
            **{"recurringEventId": "planning01", "start.dateTime": "2027-03-12T14:00:00-08:00"},
            **{"originalStartTime.dateTime": "2027-03-12T10:00:00-08:00"},
        },
        before=(WEEKLY,),
    ),
    Example(
        *("recurring", "an instance is cancelled by its status"),
        Ask("GET", ALL, query=SINGLE),
        holds={"items.#": 4, "items.1.id": "planning01_20270319T170000Z"},
        before=(WEEKLY, Ask("PATCH", SECOND, {"status": "cancelled"})),
    ),
    Example(
        *("events", "an instance that is cancelled is listed beside its series"),
        Ask("GET", ALL),
        holds={"items.#": 2, "items.1.status": "cancelled", "items.1.recurringEventId": "planning01"},
        before=(WEEKLY, Ask("DELETE", SECOND)),
    ),
    Example(
        *("events", "of what is deleted, single events are listed and no series"),
        Ask("GET", ALL, query={"showDeleted": "true", "singleEvents": "true"}),
        holds={"items.#": 5, "items.0.status": "cancelled", "items.0.recurringEventId": "planning01"},
        before=(WEEKLY, Ask("DELETE", ONE)),
    ),
    Example(
        *("recurring", "a series ends before an instance by its rule"),
        Ask("GET", ALL, query=SINGLE),
        holds={"items.#": 2},
        before=(WEEKLY, Ask("PATCH", ONE, {"recurrence": ["RRULE:FREQ=WEEKLY;UNTIL=20270314T000000Z"]})),
    ),
    Example(
        *("properties", "a patch leaves the other ones"),
        Ask("PATCH", ONE, {"extendedProperties": {"private": {"petsAllowed": "yes"}}}),
        holds={
            **{"extendedProperties.private.petsAllowed": "yes", "extendedProperties.private.parking": "yes"},
            **{"extendedProperties.shared.room": "2"},
        },
        before=(insert(extendedProperties=PROPERTIES),),
    ),
    Example(
        *("properties", "null takes one away"),
        Ask("PATCH", ONE, {"extendedProperties": {"private": {"petsAllowed": None}}}),
        holds={"extendedProperties.private.petsAllowed": Absent, "extendedProperties.private.parking": "yes"},
        before=(insert(extendedProperties=PROPERTIES),),
    ),
    Example(
        *("properties", "an update without them takes all away"),
        Ask("PUT", ONE, event()),
        holds={"extendedProperties": Absent},
        before=(insert(extendedProperties=PROPERTIES),),
    ),
    *(
        Example(
            *("properties", f"events are found by them: {says}"),
            Ask("GET", ALL, query=query),
            holds={"items.#": many},
            before=(insert(extendedProperties=PROPERTIES), Ask("POST", ALL, event())),
        )
        for says, many, query in (
            ("a private one", 1, [("privateExtendedProperty", "parking=yes")]),
            ("none of that value", 0, [("privateExtendedProperty", "parking=no")]),
            ("one of two private ones", 1, [("privateExtendedProperty", one) for one in ("parking=yes", "roof=yes")]),
            (
                "a private and a shared one",
                1,
                {"privateExtendedProperty": "parking=yes", "sharedExtendedProperty": "room=2"},
            ),
            (
                "not a private one alone",
                0,
                {"privateExtendedProperty": "parking=yes", "sharedExtendedProperty": "room=3"},
            ),
        )
    ),
    Example(
        *("properties", "long names are dropped and long values cut"),
        insert(extendedProperties={"private": {"n" * 45: "x", "n" * 44: "v" * 1_030}}),
        holds={f"extendedProperties.private.{'n' * 45}": Absent, f"extendedProperties.private.{'n' * 44}": "v" * 1_024},
    ),
)
