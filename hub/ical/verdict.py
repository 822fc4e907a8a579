"""Whether an event keeps its owner busy, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator, Set

from hub.core.calendar import BusyKind
from hub.ical.objects import Component, Property

_ANSWERS = {
    "DECLINED": None,
    "NEEDS-ACTION": BusyKind.UNANSWERED,
    "TENTATIVE": BusyKind.TENTATIVE,
}
_SURENESS = (BusyKind.BUSY, BusyKind.TENTATIVE, BusyKind.UNANSWERED, None)


def kind_of_event(event: Component, owner: Set[str]) -> BusyKind | None:
    """Return why a VEVENT is busy, or None if it leaves the time free.

    ``owner``: the calendar owner's addresses, lower case. Free are cancelled and transparent events and those the
    owner declined. Where TRANSP and Microsoft's busy status contradict each other the time is busy.
    """
    status, transparency = event.word("STATUS"), event.word("TRANSP")
    microsoft = event.word("X-MICROSOFT-CDO-BUSYSTATUS")
    answer = _answer(event, owner)
    if status == "CANCELLED" or answer is None:
        return None
    if transparency == "TRANSPARENT" and microsoft in ("", "FREE"):
        return None
    if microsoft == "FREE" and transparency != "OPAQUE":
        return None
    if answer is BusyKind.BUSY and "TENTATIVE" in (status, microsoft):
        return BusyKind.TENTATIVE
    return answer


def kind_of_period(line: Property) -> BusyKind | None:
    """Return why a FREEBUSY period is busy, or None if it is free (FBTYPE, RFC 5545 3.2.9)."""
    types = {"FREE": None, "BUSY-TENTATIVE": BusyKind.TENTATIVE}
    return types.get(line.params.get("FBTYPE", "BUSY").upper(), BusyKind.BUSY)


def _answer(event: Component, owner: Set[str]) -> BusyKind | None:
    """Return the owner's answer; of several addresses the one that is busiest. Who is not invited is busy."""
    answers = [
        _ANSWERS.get(line.params.get("PARTSTAT", "NEEDS-ACTION").upper(), BusyKind.BUSY)
        for line in event.all("ATTENDEE")
        if owner & set(_addresses(line))
    ]
    organizer = event.first("ORGANIZER")
    if organizer and owner & set(_addresses(organizer)):
        # Who invites comes along, also without an answer of their own.
        answers = [BusyKind.BUSY if answer is BusyKind.UNANSWERED else answer for answer in answers]
    return min(answers, key=_SURENESS.index, default=BusyKind.BUSY)


def _addresses(line: Property) -> Iterator[str]:
    """Return the addresses of an attendee; some servers put a principal's URN first and the address in EMAIL."""
    yield line.value.strip().lower().removeprefix("mailto:").strip()
    yield line.params.get("EMAIL", "").strip().lower()
