"""What the plugin declares: every request that it may make, and for what."""

from __future__ import annotations

from hub.plugin import (
    CALENDAR_PURPOSES,
    CONNECTION_HOST,
    ConnectLevel,
    DataCategory,
    Operation,
    Provider,
    Purpose,
    Revocation,
)

_ASK = frozenset({Purpose.CHECK_AVAILABILITY, Purpose.PREVENT_CONFLICTS})
_LOOK = frozenset({Purpose.CONNECT, Purpose.SHOW_CALENDARS})
_WRITE = frozenset({Purpose.CREATE_EVENT, Purpose.UPDATE_EVENT})
_CANCEL = frozenset({Purpose.CANCEL_EVENT})


def _operation(name: str, method: str, purposes: frozenset[Purpose], data: DataCategory) -> Operation:
    return Operation(name, method, CONNECTION_HOST, "/{rest+}", purposes, data)


PROVIDER = Provider(
    name="caldav",
    title="CalDAV",
    operations=(
        _operation("list_calendars", "PROPFIND", _LOOK | _ASK, DataCategory.CALENDAR_LIST),
        # The report finds an event of ours by its UID when the server keeps it under a name of its own.
        _operation("read_busy", "REPORT", _ASK | _WRITE | _CANCEL, DataCategory.AVAILABILITY),
        _operation("read_event", "GET", _ASK | _WRITE | _CANCEL, DataCategory.EVENTS),
        _operation("write_event", "PUT", _WRITE, DataCategory.EVENTS),
        _operation("delete_event", "DELETE", _CANCEL, DataCategory.EVENTS),
    ),
    levels=(ConnectLevel("calendar", "Read free and busy times, and write own events", CALENDAR_PURPOSES),),
    revocation=Revocation.NONE,
    keeps="The events that were written stay in the calendar, and the password stays valid until its owner changes it.",
)
