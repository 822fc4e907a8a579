"""What foreign iCalendar text says: the times somebody is busy, and where an event of ours stands now.

The text is read in a child process under a budget (`hub.ical.child`). Only times, kinds and ids come back.
"""

from __future__ import annotations

import time
from collections.abc import Sequence, Set
from dataclasses import dataclass

from hub.core.calendar import Busy, BusyKind, Window
from hub.ical.budget import BUDGET, Budget
from hub.ical.child import Expander, shared_expander


@dataclass(frozen=True, slots=True)
class FoundTimes:
    """When an event of ours takes place as its calendar has it; UTC seconds."""

    start: int
    end: int
    sequence: int
    cancelled: bool


def busy_from_ical(
    texts: Sequence[bytes | str],
    window: Window,
    *,
    zone: str,
    owner: Set[str] = frozenset(),
    budget: Budget = BUDGET,
    expander: Expander | None = None,
) -> list[list[Busy]]:
    """Return for each iCalendar object its busy times that touch the window, sorted; they may overlap and reach out.

    An object is one CalDAV resource (a series with its exceptions), a free-busy answer or a whole feed. ``zone`` is the
    calendar's IANA zone, where dates and floating times belong; without one they are widened to all zones of the
    world and UNREADABLE. ``owner``: e-mail addresses of whose calendar it is, to find their answer among the attendees.

    Never raises for bad data: an object that cannot be understood or passes the budget is busy for the
    whole window, of the kind UNREADABLE, and spoils no other. Raises Unavailable if no child process can be started.
    """
    expander = expander or shared_expander()
    deadline = time.monotonic() + budget.call_seconds
    head = {
        "ask": "busy",
        "start": window.start,
        "end": window.end,
        "zone": zone,
        "owner": sorted({address.strip().lower().removeprefix("mailto:") for address in owner} - {""}),
    }
    unreadable = Busy(window.start, window.end, BusyKind.UNREADABLE)
    found: list[list[Busy]] = []
    for text in texts:
        data = _bytes(text)
        answer = expander.ask(head, data, budget, deadline) if len(data) <= budget.input_bytes else None
        if answer is None or "busy" not in answer:
            found.append([unreadable])
        else:
            found.append([Busy(start, end, BusyKind(kind), uid) for start, end, kind, uid in answer["busy"]])
    return found


def event_from_ical(
    data: bytes | str, uid: str, *, zone: str = "", budget: Budget = BUDGET, expander: Expander | None = None
) -> FoundTimes | None:
    """Return where the event of ours with this uid stands, or None if it is not there or cannot be read.

    Understands what servers make of an event: times in UTC or another zone, properties added, lines folded anew.
    """
    expander = expander or shared_expander()
    data = _bytes(data)
    if len(data) > budget.input_bytes:
        return None
    head = {"ask": "event", "uid": uid, "zone": zone}
    answer = expander.ask(head, data, budget, time.monotonic() + budget.call_seconds)
    event = answer.get("event") if answer else None
    return FoundTimes(*event) if event else None


def _bytes(text: bytes | str) -> bytes:
    return text.encode("utf-8", "replace") if isinstance(text, str) else text
