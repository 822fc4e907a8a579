"""Why data is touched: the closed list, taken from the privacy policy.

The first eight are the only purposes for which calendar data of a connected account may be used
(policy, "Google Calendar Data"; the hub applies them to every calendar provider alike). The last one is for accounts
that send messages (policy, "How we use information": communicate with customers, notify staff).
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from hub.core.errors import Refused


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


def check_use(taken_for: Collection[str], purpose: Purpose, *, restricted: bool) -> None:
    """See that what was taken from an account for some purposes is used for one of them. Raises Refused (``purpose``).

    What is ``restricted`` by its provider's policy is used for the purposes of calendars alone, whatever was agreed to.
    """
    if purpose not in taken_for or (restricted and purpose not in CALENDAR_PURPOSES):
        raise Refused(
            "purpose", f"What was read of this account was not read for {purpose!r}, so it is not used for that."
        )
