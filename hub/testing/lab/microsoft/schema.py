"""What Graph's calendar resources look like: names, types and choices, and a check of what is sent.

Facts from the metadata of Microsoft Graph v1.0 (namespace microsoft.graph, published by Microsoft under the MIT
licence), reduced to what the lab answers and takes. A type ends with ``[]`` for a list; a name of `CHOICES` is an
enumeration, one of `RESOURCES` an object. Nothing here is required by the metadata: what a request must have is said
where it is handled.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

CHOICES: Mapping[str, frozenset[str]] = {
    "freeBusyStatus": frozenset({"unknown", "free", "tentative", "busy", "oof", "workingElsewhere"}),
    "responseType": frozenset({"none", "organizer", "tentativelyAccepted", "accepted", "declined", "notResponded"}),
    "eventType": frozenset({"singleInstance", "occurrence", "exception", "seriesMaster"}),
    "sensitivity": frozenset({"normal", "personal", "private", "confidential"}),
    "importance": frozenset({"low", "normal", "high"}),
    "bodyType": frozenset({"text", "html"}),
    "attendeeType": frozenset({"required", "optional", "resource"}),
    "locationType": frozenset(
        "default conferenceRoom homeAddress businessAddress geoCoordinates streetAddress hotel restaurant "
        "localBusiness postalAddress".split()
    ),
    "locationUniqueIdType": frozenset({"unknown", "locationStore", "directory", "private", "bing"}),
    "dayOfWeek": frozenset({"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}),
    "weekIndex": frozenset({"first", "second", "third", "fourth", "last"}),
    "recurrencePatternType": frozenset(
        {"daily", "weekly", "absoluteMonthly", "relativeMonthly", "absoluteYearly", "relativeYearly"}
    ),
    "recurrenceRangeType": frozenset({"endDate", "noEnd", "numbered"}),
}

RESOURCES: Mapping[str, Mapping[str, str]] = {
    "event": {
        "id": "string",
        "allowNewTimeProposals": "boolean",
        "attendees": "attendee[]",
        "body": "itemBody",
        "bodyPreview": "string",
        "categories": "string[]",
        "changeKey": "string",
        "createdDateTime": "date-time",
        "end": "dateTimeTimeZone",
        "hasAttachments": "boolean",
        "hideAttendees": "boolean",
        "iCalUId": "string",
        "importance": "importance",
        "isAllDay": "boolean",
        "isCancelled": "boolean",
        "isDraft": "boolean",
        "isOnlineMeeting": "boolean",
        "isOrganizer": "boolean",
        "isReminderOn": "boolean",
        "lastModifiedDateTime": "date-time",
        "location": "location",
        "locations": "location[]",
        "organizer": "recipient",
        "originalEndTimeZone": "string",
        "originalStart": "date-time",
        "originalStartTimeZone": "string",
        "recurrence": "patternedRecurrence",
        "reminderMinutesBeforeStart": "integer",
        "responseRequested": "boolean",
        "responseStatus": "responseStatus",
        "sensitivity": "sensitivity",
        "seriesMasterId": "string",
        "showAs": "freeBusyStatus",
        "start": "dateTimeTimeZone",
        "subject": "string",
        "transactionId": "string",
        "type": "eventType",
        "webLink": "string",
    },
    "calendar": {
        "id": "string",
        "canEdit": "boolean",
        "canShare": "boolean",
        "canViewPrivateItems": "boolean",
        "changeKey": "string",
        "hexColor": "string",
        "isDefaultCalendar": "boolean",
        "isRemovable": "boolean",
        "name": "string",
        "owner": "emailAddress",
    },
    "subscription": {
        "id": "string",
        "applicationId": "string",
        "changeType": "string",
        "clientState": "string",
        "creatorId": "string",
        "encryptionCertificate": "string",
        "encryptionCertificateId": "string",
        "expirationDateTime": "date-time",
        "includeResourceData": "boolean",
        "latestSupportedTlsVersion": "string",
        "lifecycleNotificationUrl": "string",
        "notificationQueryOptions": "string",
        "notificationUrl": "string",
        "notificationUrlAppId": "string",
        "resource": "string",
    },
    "dateTimeTimeZone": {"dateTime": "string", "timeZone": "string"},
    "responseStatus": {"response": "responseType", "time": "date-time"},
    "itemBody": {"content": "string", "contentType": "bodyType"},
    "location": {
        "displayName": "string",
        "locationEmailAddress": "string",
        "locationType": "locationType",
        "locationUri": "string",
        "uniqueId": "string",
        "uniqueIdType": "locationUniqueIdType",
    },
    "emailAddress": {"address": "string", "name": "string"},
    "recipient": {"emailAddress": "emailAddress"},
    "attendee": {"emailAddress": "emailAddress", "type": "attendeeType", "status": "responseStatus"},
    "patternedRecurrence": {"pattern": "recurrencePattern", "range": "recurrenceRange"},
    "recurrencePattern": {
        "dayOfMonth": "integer",
        "daysOfWeek": "dayOfWeek[]",
        "firstDayOfWeek": "dayOfWeek",
        "index": "weekIndex",
        "interval": "integer",
        "month": "integer",
        "type": "recurrencePatternType",
    },
    "recurrenceRange": {
        "endDate": "date",
        "numberOfOccurrences": "integer",
        "recurrenceTimeZone": "string",
        "startDate": "date",
        "type": "recurrenceRangeType",
    },
    "scheduleInformation": {
        "availabilityView": "string",
        "error": "freeBusyError",
        "scheduleId": "string",
        "scheduleItems": "scheduleItem[]",
        "workingHours": "workingHours",
    },
    "freeBusyError": {"message": "string", "responseCode": "string"},
    "scheduleItem": {
        "end": "dateTimeTimeZone",
        "isPrivate": "boolean",
        "location": "string",
        "start": "dateTimeTimeZone",
        "status": "freeBusyStatus",
        "subject": "string",
    },
    "workingHours": {
        "daysOfWeek": "dayOfWeek[]",
        "endTime": "string",
        "startTime": "string",
        "timeZone": "timeZoneBase",
    },
    "timeZoneBase": {"name": "string"},
}

READ_ONLY: Mapping[str, frozenset[str]] = {
    "event": frozenset(
        "id bodyPreview changeKey createdDateTime hasAttachments iCalUId isCancelled isDraft isOnlineMeeting "
        "isOrganizer lastModifiedDateTime organizer originalEndTimeZone originalStart originalStartTimeZone "
        "responseStatus seriesMasterId type webLink".split()
    ),
    "calendar": frozenset(RESOURCES["calendar"].keys() - {"name", "hexColor"}),
    "subscription": frozenset({"id", "applicationId", "creatorId"}),
}
"""What a client may not write; Graph's pages of each resource call it read-only, or the server sets it.

``isOnlineMeeting`` can be written there; meetings of that kind are none of the lab's.
"""

PROPERTIES = "singleValueExtendedProperties"
"""A navigation property, so it is in no list of plain ones; each has an ``id`` and a ``value``, both strings."""

_SPELT = {kind: {one.lower(): one for one in choices} for kind, choices in CHOICES.items()}
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,7})?)?(Z|[+-]\d\d:\d\d)?\Z")
_DATE = re.compile(r"\d{4}-\d\d-\d\d\Z")
_PLAIN: Mapping[str, type] = {"string": str, "boolean": bool, "integer": int, "date-time": str, "date": str}


def problem(kind: str, value: Any, path: str = "") -> str:
    """Return what is wrong with a value of that type, or an empty text. ``path`` names it."""
    here = path or kind
    if value is None:
        return ""
    if kind.endswith("[]"):
        if not isinstance(value, list):
            return f"{here} must be a collection."
        return next((text for one in value if (text := problem(kind.removesuffix("[]"), one, here))), "")
    if kind in CHOICES:
        return "" if isinstance(value, str) and value.lower() in _SPELT[kind] else f"{here} has no member {value!r}."
    if kind in _PLAIN:
        return _plain(kind, value, here)
    if not isinstance(value, dict):
        return f"{here} must be an object."
    fields = RESOURCES[kind]
    for name, one in value.items():
        if name.startswith("@odata."):
            continue
        if name not in fields:
            return f"There is no '{name}' in a '{kind}'."
        if text := problem(fields[name], one, f"{here}.{name}"):
            return text
    return ""


def written(kind: str, body: Mapping[str, Any]) -> str:
    """Return what is wrong with a body that a client sends to write such a resource, or an empty text."""
    plain = {name: value for name, value in body.items() if name != PROPERTIES}
    for name in plain:
        if name in READ_ONLY[kind]:
            return f"'{name}' can only be read."
    return problem(kind, plain) or _properties(body.get(PROPERTIES, []))


def spelt(kind: str, value: Any) -> Any:
    """Return a value as Graph shows it: members of an enumeration may be sent in any letters ("HTML", "Monday")."""
    if value is None or kind in _PLAIN:
        return value
    if kind.endswith("[]"):
        return [spelt(kind.removesuffix("[]"), one) for one in value]
    if kind in CHOICES:
        return _SPELT[kind][value.lower()]
    return {name: spelt(RESOURCES[kind].get(name, "string"), one) for name, one in value.items()}


def _properties(value: Any) -> str:
    rights = isinstance(value, list) and all(
        isinstance(one, dict) and one.keys() == {"id", "value"} and all(isinstance(part, str) for part in one.values())
        for one in value
    )
    return "" if rights else f"{PROPERTIES} must be a collection of id and value."


def _plain(kind: str, value: Any, here: str) -> str:
    if not isinstance(value, _PLAIN[kind]) or (kind == "integer" and isinstance(value, bool)):
        return f"The value of {here} is no '{kind}'."
    if kind == "date-time" and not _DATE_TIME.match(str(value)):
        return f"Cannot convert the value of {here} to the expected type 'Edm.DateTimeOffset'."
    if kind == "date" and not _DATE.match(str(value)):
        return f"Cannot convert the value of {here} to the expected type 'Edm.Date'."
    return ""
