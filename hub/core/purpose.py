"""Why data is touched: the closed list, taken from the privacy policy.

The first eight are the only purposes for which calendar data of a connected account may be used
(policy, "Google Calendar Data"; the hub applies them to every calendar provider alike). The last one is for accounts
that send messages (policy, "How we use information": communicate with customers, notify staff).
"""

from __future__ import annotations

from enum import StrEnum


class Purpose(StrEnum):
    """A reason named in the policy. A new one needs a new policy version and new consent."""

    CONNECT = "connect"
    SHOW_CALENDARS = "show_calendars"
    CHECK_AVAILABILITY = "check_availability"
    PREVENT_CONFLICTS = "prevent_conflicts"
    CREATE_EVENT = "create_event"
    UPDATE_EVENT = "update_event"
    CANCEL_EVENT = "cancel_event"
    PROTECT = "protect"
    SEND_MESSAGE = "send_message"


CALENDAR_PURPOSES: frozenset[Purpose] = frozenset(Purpose) - {Purpose.SEND_MESSAGE}
