"""What was done in a calendar to the events of a booking, as far as a person is to decide about it."""

from __future__ import annotations

from dataclasses import dataclass

from hub.core.outside import ASKS, OutsideKind, Verdict
from hub.parts import Hub
from hub.store.booking import find_booking
from hub.store.outside import open_changes

_SENTENCES = {
    Verdict.TAKEN: "Its event was moved in the calendar, to a time that is not free.",
    Verdict.UNCLAIMABLE: "Its event was moved in the calendar, to a time at which no appointment can be.",
    Verdict.MANY: "Its event is gone from the calendar, together with many others.",
    Verdict.ELSEWHERE: "Its event was put into another calendar.",
}
_TOLD = {
    OutsideKind.MOVED: "Its event was moved in the calendar.",
    OutsideKind.DELETED: "Its event was deleted in the calendar.",
}


@dataclass(frozen=True, slots=True)
class Outside:
    """What was done to an event, in a sentence, and where it stands now (UTC seconds; None: nowhere)."""

    sentence: str
    start: int | None
    end: int | None


def changed_outside(hub: Hub, business_id: str, booking_id: str) -> tuple[Outside, ...]:
    """Return what waits for a person of a booking as it now is; empty for nothing. Raises UnknownId."""
    with hub.database.reading() as conn:
        row = find_booking(conn, business_id, booking_id)
        found = [one for one in open_changes(conn, business_id, [booking_id]) if one.version == row.version]
    views = []
    for one in found:
        if one.state in ASKS:
            sentence = _SENTENCES.get(Verdict(one.state)) or _TOLD[OutsideKind(one.kind)]
            views.append(Outside(sentence, one.starts_at, one.ends_at))
    return tuple(views)
