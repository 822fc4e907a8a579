"""What is made of an event of ours that somebody moved or deleted in their calendar.

Whoever moves it by hand has decided, so hours and notice do not count. What does: that the time is free, that it can be
claimed at all, and that it looks like a decision and not like an accident.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hub.core.calendar import Found
from hub.core.cells import CELL

FARTHEST = 366 * 86_400
"""Seconds ahead to which a booking follows: farther away is more likely the wrong year."""

LONGER = 3600
"""Seconds by which an appointment may become longer, or else twice as long: an entry for the whole day is none."""

DELAY = 60
"""Seconds for which a deleted event is left alone: a program may delete one and write it anew to move it."""

TOGETHER = 3600
"""Seconds within which deletions in one calendar count together."""

_FEW = 3
_MANY = 10


class OutsideKind(StrEnum):
    """What was done to an event."""

    MOVED = "moved"
    DELETED = "deleted"


class Verdict(StrEnum):
    """What becomes of it."""

    BACK = "back"  # it stands as it was written
    PAST = "past"  # the appointment has begun: nothing is changed any more
    OVERTAKEN = "overtaken"  # the booking or its event was changed meanwhile
    GONE = "gone"  # its whole calendar cannot be found: that says nothing of the booking
    FOLLOWED = "followed"  # the booking moves with it
    CANCELLED = "cancelled"  # the booking is cancelled, as by the staff
    TAKEN = "taken"  # moved to a time that is not free
    UNCLAIMABLE = "unclaimable"  # moved to where no appointment can be
    TOLD = "told"  # the business wants to be told and nothing else
    MANY = "many"  # one of many that vanished at once
    ELSEWHERE = "elsewhere"  # it stands in another calendar of the account


ASKS = frozenset({Verdict.TAKEN, Verdict.UNCLAIMABLE, Verdict.TOLD, Verdict.MANY, Verdict.ELSEWHERE})
"""Those that wait for a person: the booking stays where the customer knows it, and its calendar is in conflict."""

SHOWN = ASKS | {Verdict.FOLLOWED, Verdict.CANCELLED, Verdict.BACK, "written_back"}
"""What a booking's history names."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known when it is judged. Times in UTC seconds.

    ``start`` and ``end`` are the booking's, ``found`` its event as read just now. ``follows``: the business wants its
    bookings to follow the calendar. ``vanished`` counts the events that were deleted in this calendar lately, this one
    included, ``coming`` all that should stand there. ``elsewhere``: the event is in another calendar of the account.
    """

    start: int
    end: int
    found: Found | None
    follows: bool = True
    vanished: int = 1
    coming: int = 1
    elsewhere: bool = False

    @property
    def kind(self) -> OutsideKind | None:
        """What was done to the event, None if nothing was."""
        if self.found is None or self.found.cancelled:
            return OutsideKind.DELETED
        return None if (self.found.start, self.found.end) == (self.start, self.end) else OutsideKind.MOVED


def judge(seen: Seen, now: int) -> Verdict:
    """Return what becomes of an event. `Verdict.FOLLOWED` only if the time turns out to be free."""
    if seen.start <= now:
        return Verdict.PAST
    if seen.kind is None:
        return Verdict.BACK
    if seen.kind is OutsideKind.MOVED:
        assert seen.found is not None
        if not can_be_claimed(seen.found.start, seen.found.end, seen.end - seen.start, now):
            return Verdict.UNCLAIMABLE
        return Verdict.FOLLOWED if seen.follows else Verdict.TOLD
    if seen.elsewhere:
        return Verdict.ELSEWHERE
    if are_many(seen.vanished, seen.coming):
        return Verdict.MANY
    return Verdict.CANCELLED if seen.follows else Verdict.TOLD


def can_be_claimed(start: int, end: int, agreed: int, now: int) -> bool:
    """Tell whether an appointment of ``agreed`` seconds can be at a time: to come, in whole cells, not much longer."""
    in_time = now < start < end and start <= now + FARTHEST
    return in_time and start % CELL == 0 == end % CELL and end - start <= max(2 * agreed, agreed + LONGER)


def are_many(vanished: int, coming: int) -> bool:
    """Tell whether so many deletions look like an accident: ten, or three that are half of what should stand there."""
    return vanished >= _MANY or (vanished >= _FEW and vanished * 2 >= coming)
