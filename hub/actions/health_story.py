"""How a connection has been, for its page: the turns of its health, the bookings at risk now, and what was missed."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from hub.actions.at_risk import AtRisk, coming_bookings, holders_of_connection
from hub.actions.calendars import own_connection
from hub.actions.missed import Line, lines_of
from hub.core.health import Health
from hub.core.trouble import sentence
from hub.parts import Hub
from hub.store.outage import changes_of, last_outage
from hub.store.outside import gone_together

_TURNS = 8
_SHOWN_DAYS = 14 * 86_400
"""Seconds for which the page says what was missed."""


@dataclass(frozen=True, slots=True)
class Turn:
    """When a connection came into a health (UTC seconds), and what that means, empty for none."""

    at: int
    health: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Story:
    """How a connection has been. Times in UTC seconds.

    ``turns`` are the last changes, the newest first. ``at_risk`` are the next of ``at_risk_count`` coming bookings that
    nobody watches now: none while it works. ``missed`` is what came of its last long trouble, which was over at
    ``missed_at`` and had begun at ``missed_from``; None if there was none lately. ``gone`` is how many coming bookings
    lost their events in its calendars together with others, and wait for a person.
    """

    turns: tuple[Turn, ...]
    at_risk: tuple[AtRisk, ...]
    at_risk_count: int
    missed: tuple[Line, ...]
    missed_from: int | None
    missed_at: int | None
    gone: int


def health_story(hub: Hub, business_id: str, connection_id: str, *, holder_id: str | None = None) -> Story:
    """Return how a connection has been; with ``holder_id`` only that staff member's own, and their own bookings.

    Raises UnknownId.
    """
    with hub.database.reading() as conn:
        row = own_connection(conn, business_id, connection_id, holder_id)
        turns = [
            Turn(one.at, one.health, sentence(one.reason))
            for one in changes_of(conn, business_id, connection_id, _TURNS)
        ]
        risky: tuple[AtRisk, ...] = ()
        count = 0
        if row.health in (Health.FAILING, Health.NEEDS_RECONNECT):
            holders = holders_of_connection(conn, business_id, connection_id)
            mine = holders if holder_id is None else [one for one in holders if one == holder_id]
            risky, count = coming_bookings(conn, business_id, mine, hub.clock())
        missed, since, until = _missed(hub, conn, business_id, connection_id, holder_id)
        gone = len(gone_together(conn, business_id, connection_id, hub.clock()))
    return Story(tuple(turns), risky, count, missed, since, until, gone)


def _missed(
    hub: Hub, conn: sa.Connection, business_id: str, connection_id: str, holder_id: str | None
) -> tuple[tuple[Line, ...], int | None, int | None]:
    last = last_outage(conn, business_id, connection_id)
    if last is None or last.report is None or last.ended_at < hub.clock() - _SHOWN_DAYS:
        return (), None, None
    lines = lines_of(conn, business_id, last.report, holder_id or "")
    return tuple(lines), last.began_at, last.ended_at
