"""What each connect level may see and do, and what is left of it when less was granted.

Scopes: Calendar API, "Choose Google Calendar API scopes"; which method each one allows is in the discovery document of
google-api-python-client, against which the tests check every level.
"""

from __future__ import annotations

from hub.plugin import CALENDAR_PURPOSES, ConnectLevel

SCOPE = "https://www.googleapis.com/auth/"
FREE_BUSY = SCOPE + "calendar.freebusy"
OWN = SCOPE + "calendar.app.created"
LIST = SCOPE + "calendar.calendarlist.readonly"
OWNED = SCOPE + "calendar.events.owned"
EVENTS = SCOPE + "calendar.events"
WHO = ("openid", "email")

SHIELD, STANDARD, SHARED = "shield", "standard", "shared"
BOOKINGS = "Bookings"
"""The name of the calendar that the hub makes at the level Shield."""

LEVELS = (
    ConnectLevel(
        SHIELD,
        "Only free and busy times",
        CALENDAR_PURPOSES,
        (*WHO, FREE_BUSY, OWN),
        sees=(
            "When you are busy, without what, where or with whom.",
            "Your e-mail address, to show which account is connected.",
            f"A calendar named {BOOKINGS}, which it makes in your account and writes appointments to.",
        ),
        cannot=(
            "See the title, place, guests or text of any event of yours.",
            "See which calendars you have.",
            "Change or delete anything in your other calendars.",
        ),
        lists_calendars=False,
    ),
    ConnectLevel(
        STANDARD,
        "Your own calendars",
        CALENDAR_PURPOSES,
        (*WHO, FREE_BUSY, LIST, OWNED),
        sees=(
            "Which calendars you have, so that you can choose.",
            "When you are busy. It asks Google for times alone, never for titles, places, guests or texts.",
            "Your e-mail address, to show which account is connected.",
            "It writes appointments to a calendar of yours, and changes and removes the ones it wrote.",
        ),
        cannot=("Write to calendars that others share with you.", "Share or delete a calendar."),
    ),
    ConnectLevel(
        SHARED,
        "Your own calendars and those shared with you",
        CALENDAR_PURPOSES,
        (*WHO, FREE_BUSY, LIST, EVENTS),
        sees=(
            "Which calendars you have and which are shared with you, so that you can choose.",
            "When you are busy. It asks Google for times alone, never for titles, places, guests or texts.",
            "Your e-mail address, to show which account is connected.",
            "It writes appointments to a calendar that you may write to, and changes and removes the ones it wrote.",
        ),
        cannot=("Share or delete a calendar.",),
    ),
)

_WITHOUT = {
    FREE_BUSY: "Busy times of calendars whose events it may not read are not checked.",
    OWN: f"No {BOOKINGS} calendar was made, so appointments are not written to your calendar.",
    LIST: "Your calendars cannot be shown, so only your main calendar can be used.",
    OWNED: "Appointments are not written to your calendars, and changes are noticed later.",
    EVENTS: "Appointments are not written to your calendars, and changes are noticed later.",
}


def useful(level: ConnectLevel, granted: tuple[str, ...]) -> tuple[str, ...]:
    """Return what was both asked for and granted: what was granted beyond that is never used."""
    return tuple(scope for scope in level.scopes if scope in granted)


def limits(level: ConnectLevel, granted: tuple[str, ...]) -> tuple[str, ...]:
    """Return in sentences what cannot be done because less was granted than asked."""
    return tuple(_WITHOUT[scope] for scope in level.scopes if scope in _WITHOUT and scope not in granted)


def can_see_anything(granted: tuple[str, ...]) -> bool:
    """Tell whether any busy time can be read: without that there is nothing to connect for."""
    return any(scope in granted for scope in (FREE_BUSY, OWNED, EVENTS))
