"""What crosses the border about calendars. Times are UTC seconds; intervals are half open, ``[start, end)``.

Nothing here can carry a title, an attendee or a body of somebody else's event: such data is never read into
the hub (policy: free-busy data to check availability and avoid conflicts).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hub.core.errors import InputError

LAST = 253_402_300_799
"""The last second of the year 9999, in UTC."""


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A half-open span of time, UTC seconds."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise InputError("window", f"The end ({self.end}) must come after the start ({self.start}).")
        if not self.start >= -LAST or not self.end <= LAST:
            raise InputError("window", "It leaves the years that calendars know; give seconds since 1970, to 9999.")


class BusyKind(StrEnum):
    """Why a time is busy. Only BUSY is certain; the business's policy decides about the other two."""

    BUSY = "busy"
    TENTATIVE = "tentative"  # STATUS:TENTATIVE, or PARTSTAT=TENTATIVE of the calendar's owner
    UNANSWERED = "unanswered"  # PARTSTAT=NEEDS-ACTION of the calendar's owner
    UNREADABLE = "unreadable"  # could not be understood within the budget: counts as busy, always


@dataclass(frozen=True, slots=True, order=True)
class Busy:
    """A busy interval. ``uid`` is the event's own id, by which the hub knows the events that it wrote."""

    start: int
    end: int
    kind: BusyKind = BusyKind.BUSY
    uid: str = ""


@dataclass(frozen=True, slots=True)
class Calendar:
    """A calendar of an account. ``ref`` is how the provider names it; ``zone`` an IANA name or empty."""

    ref: str
    name: str
    zone: str = ""
    writable: bool = True
    primary: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """An event of ours, to be written. ``uid`` is set by the hub and makes a repeat safe.

    ``summary``, ``description`` and ``location`` are plain text; the plugin's library does the escaping.
    ``sequence`` grows with each change (RFC 5545 3.8.7.4). ``zone`` is the IANA zone to show it in.
    """

    uid: str
    start: int
    end: int
    zone: str
    summary: str
    description: str = ""
    location: str = ""
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class Written:
    """Where an event of ours stands at the provider."""

    uid: str
    ref: str
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """An event of ours as read back: only times, sequence and place, to compare with the booking."""

    written: Written
    start: int
    end: int
    sequence: int = 0
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class ItemChange:
    """One changed item of a calendar. ``busy`` replaces what was known of it; None: it was deleted."""

    item: str
    busy: tuple[Busy, ...] | None


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed since a cursor. ``complete``: this is everything, forget what is not in it."""

    items: tuple[ItemChange, ...]
    cursor: str
    complete: bool
