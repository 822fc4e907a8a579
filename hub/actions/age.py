"""How old what is known of a calendar may be, and when it is looked at: by whether its provider tells of changes."""

from __future__ import annotations

from typing import Any

from hub.parts import Hub
from hub.settings import Settings


def oldest_fresh(hub: Hub, row: Any, now: int) -> int:
    """Return the seconds since the last look up to which a calendar's row is fresh.

    Longer while its watch lives. Notifications can be lost, so it is never without end: the safety poll finds what
    they did not tell.
    """
    return hub.settings.push_max_age if row.pushed_until > now else hub.settings.calendar_max_age


def pauses(settings: Settings) -> tuple[int, int]:
    """Return the seconds after which a pushed and a polled calendar is looked at, well before it is too old."""
    return settings.push_max_age * 3 // 4, settings.calendar_max_age // 2


def is_known(row: Any) -> bool:
    """Tell whether all that was announced of a calendar's row was read."""
    return bool(row.known >= row.announced)
